//! What is shown to whoever decides is what is sealed, though somebody has changed the rows of the table.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::base::digest::Digest;
use serde_json::{Value, json};
use tests::{Held, Stack, unique};

use super::notify::Organization;
use crate::stack::mailbox::inbound::bytes;

/// Changes an item of the table, past every function.
fn tamper(stack: &Stack, pk: &str, sk: &str, change: impl FnOnce(&mut Value)) {
    let key = json!({"pk": {"S": format!("{}/{pk}", stack.text("/organization_id"))}, "sk": {"S": sk}});
    let mut item = stack.dynamodb("GetItem", json!({"Key": key}))["Item"].clone();
    assert!(item.is_object(), "{pk} {sk}");
    change(&mut item);
    stack.dynamodb("PutItem", json!({"Item": item}));
}

#[test]
fn whoever_decides_sees_subject_names_and_files_as_they_are_sealed() {
    let organization = Organization::new(&Stack::running());
    let stack = &organization.stack;
    let (subject, forged) = (unique("sealed"), unique("forged"));
    let contract = b"the contract".as_slice();
    let body = json!({
        "to": [{"address": "success@simulator.amazonses.com", "name": "Ann Anderson"}],
        "subject": subject,
        "text": "As agreed.",
        "attachments": [
            {"filename": "contract.txt", "content_type": "text/plain", "content": BASE64.encode(contract)},
            {"filename": "other.txt", "content_type": "text/plain", "content": BASE64.encode("another")},
        ],
    });
    let path = format!("/v1/inboxes/{}/messages/send", organization.inbox);
    let held = Held::of(&stack.post(&path, &organization.agent, &body).expect(202));
    let approval = format!("/v1/approvals/{}", held.approval);
    let before = stack.get(&approval, &organization.owner).expect(200);
    let mailed = organization.notified(&subject);

    let other = before["message"]["attachments"][1]["id"].clone();
    tamper(stack, &format!("{}/messages", organization.inbox), &held.message, |row| {
        for field in ["subject", "preview"] {
            row[field]["S"] = json!(forged);
        }
        row["to"]["L"][0]["M"]["name"]["S"] = json!("The Bank");
        let file = &mut row["attachments"]["L"][0]["M"];
        file["filename"]["S"] = json!("invoice.exe");
        file["digest"]["S"] = json!(Digest::of(b"invoice").to_string());
        file["id"]["S"] = other.clone();
    });
    tamper(stack, &held.approval, "approval", |row| {
        for field in ["subject", "preview"] {
            row[field]["S"] = json!(forged);
        }
        row["recipients"]["L"][0]["M"]["name"]["S"] = json!("The Bank");
        row["attachment_count"]["N"] = json!("0");
    });

    // A list shows the row.
    let listed = stack.get("/v1/approvals?limit=100", &organization.owner).expect(200);
    assert!(listed.to_string().contains(&forged), "{listed}");
    // What is decided about is as it was.
    let after = stack.get(&approval, &organization.owner).expect(200);
    for field in ["subject", "preview", "recipients", "attachment_count"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    for field in ["subject", "preview", "to", "text", "size"] {
        assert_eq!(after["message"][field], before["message"][field], "{field}");
    }
    let files = |seen: &Value| {
        let mut files = seen["message"]["attachments"].as_array().unwrap().clone();
        files.sort_by_key(|file| file["filename"].as_str().unwrap().to_owned());
        files
    };
    assert_eq!(files(&after), files(&before));
    assert!(!after.to_string().contains(&forged) && !after.to_string().contains("The Bank"), "{after}");
    // So is the page, and each file on it leads to its own bytes.
    let page = stack.get(&mailed.link, "").body.as_str().unwrap().to_owned();
    for (said, unsaid) in
        [(&*subject, &*forged), ("Ann Anderson", "The Bank"), ("contract.txt", "invoice.exe")]
    {
        assert!(page.contains(said) && !page.contains(unsaid), "{said}: {page}");
    }
    let file = format!("{}/attachments/{}", mailed.link, files(&after)[0]["id"].as_str().unwrap());
    let led = stack.get(&file, "");
    assert_eq!(led.status, 303, "{}", led.body);
    assert_eq!(bytes(led.header("location").unwrap()), (200, contract.to_vec()));
    // Under another name it is not given.
    let id = files(&after)[0]["id"].as_str().unwrap().to_owned();
    tamper(stack, &id, "attachment", |row| row["filename"]["S"] = json!("invoice.exe"));
    assert_eq!(stack.get(&file, "").status, 500);
    stack.get(&format!("/v1/attachments/{id}"), &organization.owner).refused(500, "internal_error");

    let done = organization.press(&mailed.link, &page, "approve");
    assert_eq!(done.status, 200, "{}", done.body);
    let sent = stack.until("mail in the outbox", || stack.accepted(&held.message).pop());
    let eml = format!("{}/{}.eml", stack.text("/outbox"), sent["message_id"].as_str().unwrap());
    let eml = std::fs::read(eml).unwrap();
    let left = mail::parse(&eml);
    assert_eq!((left.subject.as_str(), left.to[0].name.as_deref()), (&*subject, Some("Ann Anderson")));
    assert_eq!(left.attachments[0].contents.as_ref(), contract);
}
