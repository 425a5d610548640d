//! Received mail is screened on the real template: it is nowhere until a person lets it in, and then it is a mail like any other.

use serde_json::{Value, json};
use tests::{Stack, unique};

/// A mail with a file, which is stored apart once it is let in.
fn mail(subject: &str) -> String {
    format!(
        "From: Ann <ann@example.org>\r\nSubject: {subject}\r\nMessage-ID: <{}@example.org>\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello\r\n\
         --b\r\nContent-Type: text/plain; name=\"a.txt\"\r\nContent-Disposition: attachment; filename=\"a.txt\"\r\n\r\n\
         A file\r\n--b--\r\n",
        subject.replace(' ', "-")
    )
}

fn rules(stack: &Stack, version: u64, rules: &Value) -> tests::Answer {
    let body = json!({"version": version, "rules": rules});
    stack.call("PUT", "/v1/screening", stack.text("/owner/session"), Some(&body))
}

fn held(stack: &Stack, subject: &str) -> Value {
    stack.until("held mail", || {
        let all = stack.get("/v1/held-messages?limit=100", stack.text("/owner/session")).expect(200);
        all["data"].as_array()?.iter().find(|one| one["subject"] == subject).cloned()
    })
}

#[test]
fn a_held_mail_is_invisible_until_a_person_releases_it() {
    let stack = Stack::running().organization();
    let (owner, agent) = (stack.text("/owner/session"), stack.text("/agent_token"));
    assert_eq!(stack.get("/v1/screening", owner).expect(200)["version"], 0);
    let rule = json!([{"name": "Everybody", "when": {"senders": ["*"]}, "outcome": "hold"}]);
    let written = rules(&stack, 0, &rule).expect(200);
    assert_eq!((&written["version"], &written["rules"]), (&json!(1), &rule));
    rules(&stack, 0, &rule).refused(409, "policy_changed");

    let subject = unique("held");
    stack.smtp("ann@example.org", &[stack.text("/inbox/address")], mail(&subject).as_bytes());
    let one = held(&stack, &subject);
    assert_eq!(one["held"]["outcome"], "hold");
    assert_eq!(one["held"]["reasons"], json!([{"list_entry_id": null, "rule": "Everybody"}]));
    let (inbox, id) = (stack.inbox(), one["id"].as_str().unwrap());
    let own = format!("/v1/inboxes/{inbox}/held-messages/{id}");
    assert_eq!(stack.get(&own, owner).expect(200)["text"].as_str().unwrap().trim(), "Hello");

    let path = format!("/v1/inboxes/{inbox}/messages");
    for list in [path.as_str(), "/v1/messages", &format!("/v1/inboxes/{inbox}/threads")] {
        assert_eq!(stack.get(list, agent).expect(200)["data"], json!([]), "{list}");
    }
    stack.get(&format!("{path}/{id}"), agent).refused(404, "not_found");
    stack.get(&format!("{path}/{id}/raw"), agent).refused(404, "not_found");
    stack.get("/v1/held-messages", agent).refused(403, "person_required");
    stack.get(&own, agent).refused(403, "person_required");
    stack.call("POST", &format!("{own}/release"), agent, None).refused(403, "missing_scope");
    let body = json!({"query": subject});
    assert_eq!(stack.post("/v1/messages/search", agent, &body).expect(200)["data"], json!([]));

    let released = stack.call("POST", &format!("{own}/release"), owner, None).expect(200);
    assert_eq!(released["id"], id);
    assert_eq!(stack.listed(&subject)["id"], id);
    assert_eq!(
        stack.get(&format!("{path}/{id}"), agent).expect(200)["text"].as_str().unwrap().trim(),
        "Hello"
    );
    let file = &released["attachments"][0];
    let path = format!("/v1/attachments/{}", file["id"].as_str().unwrap());
    assert_eq!(stack.get(&path, agent).expect(200)["filename"], "a.txt");
    stack.call("POST", &format!("{own}/release"), owner, None).refused(404, "not_found");
    stack.until("all three events", || {
        let events = stack.get("/v1/events?types=message.*", owner).expect(200);
        let kinds: Vec<_> = events["data"].as_array()?.iter().map(|event| event["type"].clone()).collect();
        ["message.held", "message.received", "message.released"]
            .iter()
            .all(|kind| kinds.contains(&json!(kind)))
            .then_some(())
    });
}

#[test]
fn a_held_mail_that_a_person_discards_is_gone() {
    let stack = Stack::running().organization();
    let (owner, agent) = (stack.text("/owner/session"), stack.text("/agent_token"));
    let rule = json!([{"name": "Everybody", "when": {"senders": ["*"]}, "outcome": "hold"}]);
    rules(&stack, 0, &rule).expect(200);
    let subject = unique("discarded");
    stack.smtp("ann@example.org", &[stack.text("/inbox/address")], mail(&subject).as_bytes());
    let one = held(&stack, &subject);
    let own = format!("/v1/inboxes/{}/held-messages/{}", stack.inbox(), one["id"].as_str().unwrap());
    stack.call("DELETE", &own, agent, None).refused(403, "missing_scope");
    stack.call("DELETE", &own, owner, None).expect(204);
    stack.get(&own, owner).refused(404, "not_found");
    stack.call("DELETE", &own, owner, None).refused(404, "not_found");
    stack.call("POST", &format!("{own}/release"), owner, None).refused(404, "not_found");
    purge(&stack, &one);
}

/// Where a mail of the inbox lies, in the partition of this name.
fn key(stack: &Stack, partition: &str, mail: &Value) -> Value {
    let pk = format!("{}/{}/{partition}", stack.text("/organization_id"), stack.inbox());
    json!({"pk": {"S": pk}, "sk": {"S": mail["id"]}})
}

/// Runs the job until nothing is left of a mail but that it was there.
fn purge(stack: &Stack, mail: &Value) {
    let key = key(stack, "trash", mail);
    stack.until("deleted for good", || {
        stack.invoke("countersign-background-purge", &json!({}));
        let item = stack.dynamodb("GetItem", json!({"ConsistentRead": true, "Key": key}));
        Some(()).filter(|()| item["Item"]["state"]["S"] == "gone")
    });
}

#[test]
fn a_held_mail_whose_time_is_over_is_gone() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/session");
    let rule = json!([{"name": "Everybody", "when": {"senders": ["*"]}, "outcome": "hold"}]);
    rules(&stack, 0, &rule).expect(200);
    let subject = unique("over");
    stack.smtp("ann@example.org", &[stack.text("/inbox/address")], mail(&subject).as_bytes());
    let one = held(&stack, &subject);
    stack.dynamodb(
        "UpdateItem",
        json!({
            "Key": key(&stack, "held", &one),
            "UpdateExpression": "SET expires_at = :over, watch_at = :over",
            "ExpressionAttributeValues": {":over": {"N": "1000000000000"}},
        }),
    );
    let own = format!("/v1/inboxes/{}/held-messages/{}", stack.inbox(), one["id"].as_str().unwrap());
    stack.get(&own, owner).refused(404, "not_found");
    purge(&stack, &one);
    let left = stack.dynamodb("GetItem", json!({"ConsistentRead": true, "Key": key(&stack, "held", &one)}));
    assert!(left.get("Item").is_none());
}

#[test]
fn a_person_reads_held_mail_in_the_console_and_decides_about_it_there() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/session");
    let rule = json!([{"name": "Everybody", "when": {"senders": ["*"]}, "outcome": "hold"}]);
    rules(&stack, 0, &rule).expect(200);
    let cookie = || ("cookie", format!("__Host-cs_session={owner}"));
    for (verdict, status) in [("release", 200), ("discard", 404)] {
        let subject = unique(verdict);
        stack.smtp("ann@example.org", &[stack.text("/inbox/address")], mail(&subject).as_bytes());
        let one = held(&stack, &subject);
        let id = one["id"].as_str().unwrap();
        let path = format!("/console/inboxes/{}/held-messages/{id}", stack.inbox());
        assert_eq!(stack.raw("GET", "/console/held-messages", "", vec![cookie()], "").status, 200);
        let page = stack.raw("GET", &path, "", vec![cookie()], "");
        let page = page.body.as_str().unwrap().to_owned();
        assert!(page.contains("Hello"), "{page}");
        let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let form = ("content-type", "application/x-www-form-urlencoded".to_owned());
        let body = format!("csrf={csrf}");
        let done = stack.raw("POST", &format!("{path}/{verdict}"), "", vec![cookie(), form], &body);
        assert_eq!(done.status, 303, "{}", done.body);
        let filed = format!("/v1/inboxes/{}/messages/{id}", stack.inbox());
        assert_eq!(stack.get(&filed, owner).status, status);
    }
    assert_eq!(stack.get("/v1/held-messages", owner).expect(200)["data"], json!([]));
}

#[test]
fn who_is_blocked_comes_nowhere() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/session");
    let entry = json!({"direction": "receive", "kind": "block", "domain": "example.org"});
    let entry = stack.post("/v1/lists", owner, &entry).expect(201);
    let subject = unique("blocked");
    stack.smtp("ann@example.org", &[stack.text("/inbox/address")], mail(&subject).as_bytes());
    let one = held(&stack, &subject);
    assert_eq!(one["held"]["outcome"], "block");
    assert_eq!(one["held"]["reasons"], json!([{"list_entry_id": entry["id"], "rule": null}]));
    let path = format!("/v1/inboxes/{}/messages", stack.inbox());
    assert_eq!(stack.get(&path, stack.text("/agent_token")).expect(200)["data"], json!([]));
}
