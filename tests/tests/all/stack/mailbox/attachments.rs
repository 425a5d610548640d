//! Files: in the request, by upload URL, in received mail; whole, for whom they are, and never changed after submission.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::base::digest::Digest;
use serde_json::{Value, json};
use tests::{Held, Stack, unique};

use super::inbound::{Mailbox, bytes};

const MEGABYTE: usize = 1024 * 1024;

/// Bytes that no compression and no charset survives by chance.
fn noise(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed | 1;
    std::iter::repeat_with(|| {
        // Xorshift: the same bytes for the same seed, all values.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    })
    .take(length)
    .collect()
}

fn hex(bytes: &[u8]) -> String {
    Digest::of(bytes).hex()
}

fn announce(stack: &Stack, filename: &str, content_type: &str, size: usize) -> Value {
    let body = json!({"filename": filename, "content_type": content_type, "size": size});
    stack.post("/v1/attachments", stack.text("/agent_token"), &body).expect(201)
}

/// Puts bytes to the URL of an announced file; gives the status.
fn put(stack: &Stack, announced: &Value, content_type: &str, bytes: &[u8]) -> u16 {
    let headers = vec![("content-type", content_type.to_owned())];
    let url = announced["upload_url"].as_str().unwrap();
    assert_eq!(announced["upload_method"], "PUT");
    stack.raw("PUT", url, "", headers, bytes).status
}

fn uploaded(stack: &Stack, filename: &str, content_type: &str, bytes: &[u8]) -> String {
    let announced = announce(stack, filename, content_type, bytes.len());
    assert_eq!(put(stack, &announced, content_type, bytes), 200);
    announced["id"].as_str().unwrap().to_owned()
}

/// What a file's download URL gives.
fn downloaded(stack: &Stack, token: &str, id: &Value) -> Vec<u8> {
    let file = stack.get(&format!("/v1/attachments/{}", id.as_str().unwrap()), token).expect(200);
    let (status, bytes) = bytes(file["download_url"].as_str().unwrap());
    assert_eq!(status, 200);
    assert_eq!(file["size"], bytes.len());
    bytes
}

/// Name, media type, whether inline, and hash of each file of the one mail that SES accepted for this message.
fn sent_files(stack: &Stack, held: &Held) -> Vec<(String, String, bool, String)> {
    let accepted = stack.accepted(&held.message);
    assert_eq!(accepted.len(), 1);
    let eml = accepted[0]["message_id"].as_str().unwrap();
    let eml = std::fs::read(format!("{}/{eml}.eml", stack.text("/outbox"))).unwrap();
    assert_eq!(hex(&eml), accepted[0]["sha256"].as_str().unwrap());
    let parsed = mail::parse(&eml);
    let file = |file: &mail::ParsedAttachment<'_>| {
        (
            file.filename.clone().unwrap_or_default(),
            file.content_type.clone(),
            file.inline,
            hex(&file.contents),
        )
    };
    parsed.attachments.iter().map(file).collect()
}

fn with_files(subject: &str, files: &Value) -> Value {
    json!({"to": ["success@simulator.amazonses.com"], "subject": subject, "text": "See the files.", "attachments": files})
}

#[test]
fn files_in_the_request_go_out_as_they_are_and_the_approver_can_fetch_them() {
    let stack = Stack::running();
    let (report, logo) = (noise(100_000, 1), noise(2_000, 2));
    let mut body = with_files(
        "with files",
        &json!([
            {"filename": "Bericht für Ann.pdf", "content_type": "application/pdf", "content": BASE64.encode(&report)},
            {"filename": "logo.png", "content_type": "image/png", "content_id": "logo@x", "content": BASE64.encode(&logo)},
        ]),
    );
    body["html"] = json!("<p>See <img src=\"cid:logo@x\"></p>");
    let held = stack.submit_body(&body);
    let approver = stack.text("/approver/session");
    let seen = stack.get(&format!("/v1/approvals/{}", held.approval), approver).expect(200);
    assert_eq!(seen["attachment_count"], 2);
    let files = seen["message"]["attachments"].as_array().unwrap();
    for (file, bytes, name) in [(&files[0], &report, "Bericht für Ann.pdf"), (&files[1], &logo, "logo.png")]
    {
        assert_eq!((file["filename"].as_str(), file["sha256"].as_str()), (Some(name), Some(&*hex(bytes))));
        assert_eq!(&downloaded(&stack, approver, &file["id"]), bytes, "{name}");
    }
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    let mut sent = sent_files(&stack, &held);
    sent.sort();
    let expected = vec![
        ("Bericht für Ann.pdf".to_owned(), "application/pdf".to_owned(), false, hex(&report)),
        ("logo.png".to_owned(), "image/png".to_owned(), true, hex(&logo)),
    ];
    assert_eq!(sent, expected);
}

#[test]
fn a_file_of_24_mb_is_uploaded_sent_and_received_whole() {
    let stack = Stack::running();
    let large = noise(24 * MEGABYTE, 3);
    let id = uploaded(&stack, "film.bin", "application/octet-stream", &large);
    let inbox = Mailbox::new(&stack);
    let mut body = with_files("large", &json!([{"attachment_id": id}]));
    body["to"] = json!([inbox.address]);
    let held = stack.submit_body(&body);
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    let hash = hex(&large);
    let file = ("film.bin".to_owned(), "application/octet-stream".to_owned(), false, hash.clone());
    assert_eq!(sent_files(&stack, &held), [file]);
    let received = inbox.filled(1).remove(0);
    let file = &received["attachments"][0];
    assert_eq!((file["filename"].as_str(), file["sha256"].as_str()), (Some("film.bin"), Some(&*hash)));
    assert_eq!(hex(&downloaded(&stack, stack.text("/owner/token"), &file["id"])), hash);
}

#[test]
fn an_upload_url_takes_what_was_announced_and_nothing_else() {
    let stack = Stack::running();
    let path = format!("/v1/inboxes/{}/messages/send", stack.inbox());
    let agent = stack.text("/agent_token");
    let right = noise(5_000, 4);
    let announced = announce(&stack, "right.txt", "text/plain", right.len());
    let body = with_files("uploads", &json!([{"attachment_id": announced["id"]}]));
    let refused = |what: &str| {
        let answer = stack.post(&path, agent, &body);
        answer.refused(422, "unknown_upload");
        println!("{what}: {}", answer.body["error"]["message"]);
    };
    refused("before the upload");
    for (what, content_type, bytes) in [
        ("longer", "text/plain", noise(5_001, 4)),
        ("shorter", "text/plain", noise(4_999, 4)),
        ("empty", "text/plain", vec![]),
        ("of another type", "text/html", right.clone()),
    ] {
        let status = put(&stack, &announced, content_type, &bytes);
        assert!((400..500).contains(&status), "{what}: {status}");
        refused(what);
    }
    // The URL of one file is not that of another, nor one for longer.
    let url = announced["upload_url"].as_str().unwrap();
    let id = announced["id"].as_str().unwrap();
    let other = announce(&stack, "other.txt", "text/plain", right.len());
    for altered in [
        url.replacen(id, other["id"].as_str().unwrap(), 1),
        url.replacen("X-Amz-Expires=900", "X-Amz-Expires=86400", 1),
    ] {
        assert_ne!(altered, url);
        let headers = vec![("content-type", "text/plain".to_owned())];
        let status = stack.raw("PUT", &altered, "", headers, &right).status;
        assert!((400..500).contains(&status), "{altered}: {status}");
    }
    refused("after altered URLs");
    assert_eq!(put(&stack, &announced, "text/plain", &right), 200);
    let held = stack.submit_body(&body);
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    assert_eq!(sent_files(&stack, &held), [("right.txt".into(), "text/plain".into(), false, hex(&right))]);
}

#[test]
fn a_file_that_is_too_large_is_refused_before_anything_is_stored() {
    let stack = Stack::running();
    let agent = stack.text("/agent_token");
    for size in [30 * MEGABYTE, 25 * MEGABYTE + 1] {
        let answer = stack.post("/v1/attachments", agent, &json!({"filename": "x.bin", "size": size}));
        answer.refused(422, "attachment_too_large");
        assert!(!answer.body.to_string().contains("att_") && !answer.body.to_string().contains("http"));
    }
    announce(&stack, "limit.bin", "application/octet-stream", 25 * MEGABYTE);
    // Each is small enough; together they are not.
    let half = uploaded(&stack, "half.bin", "application/octet-stream", &noise(13 * MEGABYTE, 5));
    let subject = unique("two halves");
    let twice = with_files(&subject, &json!([{"attachment_id": half}, {"attachment_id": half}]));
    let path = format!("/v1/inboxes/{}/messages", stack.inbox());
    stack.post(&format!("{path}/send"), agent, &twice).refused(422, "attachment_too_large");
    let listed = stack.get(&format!("{path}?limit=100"), agent).expect(200);
    assert!(!listed.to_string().contains(&subject), "nothing was stored");
    let pending = stack.get("/v1/approvals?limit=100", stack.text("/approver/session")).expect(200);
    assert!(!pending.to_string().contains(&subject), "nobody is asked");
}

/// A mail with these files: header lines of each part, and its bytes in base64.
fn mail_with(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut text = "From: ann@example.org\r\nSubject: Files\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"b0\"\r\n\r\n\
         --b0\r\nContent-Type: text/plain\r\n\r\nSee the files.\r\n"
        .to_owned();
    for (headers, bytes) in parts {
        let encoded = BASE64.encode(bytes);
        let lines: Vec<&str> =
            encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        for line in ["--b0", headers, "Content-Transfer-Encoding: base64", "", &lines.join("\r\n")] {
            text.push_str(line);
            text.push_str("\r\n");
        }
    }
    (text + "--b0--\r\n").into_bytes()
}

#[test]
fn received_files_come_out_as_they_went_in_under_harmless_names() {
    let stack = Stack::running();
    let inbox = Mailbox::new(&stack);
    let (picture, page) = (noise(200_000, 6), b"<script>alert(1)</script>".to_vec());
    let parts: [(&str, &[u8], &str, &str); 6] = [
        (
            "Content-Type: image/png\r\nContent-Disposition: attachment; filename=\"picture.png\"",
            &picture,
            "picture.png",
            "image/png",
        ),
        (
            "Content-Type: text/html\r\nContent-Disposition: attachment; filename=page.html",
            &page,
            "page.html",
            "text/html",
        ),
        (
            "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''R%C3%A9sum%C3%A9.pdf",
            b"%PDF",
            "Résumé.pdf",
            "application/pdf",
        ),
        (
            "Content-Type: application/zip; name=\"=?utf-8?Q?B=C3=BCcher.zip?=\"\r\nContent-Disposition: attachment",
            b"PK",
            "Bücher.zip",
            "application/zip",
        ),
        (
            "Content-Type: text/x-sh\r\nContent-Disposition: attachment; filename=\"../../etc/cron.d/run:me\"",
            b"#!",
            "run_me",
            "text/x-sh",
        ),
        (
            "Content-Type: application/octet-stream\r\nContent-Disposition: attachment",
            b"",
            "unnamed",
            "application/octet-stream",
        ),
    ];
    let sent: Vec<_> = parts.iter().map(|(headers, bytes, _, _)| (*headers, *bytes)).collect();
    let received = inbox.take(&mail_with(&sent));
    assert_eq!(received["defects"], json!([]));
    let files = received["attachments"].as_array().unwrap();
    assert_eq!(files.len(), parts.len(), "{files:?}");
    let owner = stack.text("/owner/token");
    for (file, (_, sent, name, content_type)) in files.iter().zip(&parts) {
        assert_eq!(
            (file["filename"].as_str(), file["content_type"].as_str(), file["sha256"].as_str()),
            (Some(*name), Some(*content_type), Some(&*hex(sent)))
        );
        assert_eq!(file["size"], sent.len());
        assert_eq!(downloaded(&stack, owner, &file["id"]), *sent, "{name}");
        // Whatever it says it is, a browser stores it.
        let fetched =
            stack.get(&format!("/v1/attachments/{}", file["id"].as_str().unwrap()), owner).expect(200);
        assert_eq!(fetched["message_id"], received["id"]);
        let answer = stack.get(fetched["download_url"].as_str().unwrap(), "");
        assert_eq!(answer.header("content-type"), Some("application/octet-stream"), "{name}");
        assert!(answer.header("content-disposition").unwrap().starts_with("attachment;"), "{name}");
    }
}

#[test]
fn nobody_gets_files_of_another_organization_or_of_an_inbox_that_is_not_theirs() {
    let stack = Stack::running();
    let (inbox, other) = (Mailbox::new(&stack), Mailbox::new(&stack));
    let received =
        inbox.take(&mail_with(&[("Content-Type: image/png\r\nContent-Disposition: attachment", b"secret")]));
    let received = received["attachments"][0]["id"].as_str().unwrap().to_owned();
    let upload = uploaded(&stack, "upload.txt", "text/plain", b"not yours either");
    let owner = stack.text("/owner/token");
    let limited = |inbox: &Mailbox<'_>| {
        let body =
            json!({"name": "limited", "scopes": ["messages.read", "messages.send"], "inbox_ids": [inbox.id]});
        stack.post("/v1/tokens", owner, &body).expect(201)["token"].as_str().unwrap().to_owned()
    };
    let path = |id: &str| format!("/v1/attachments/{id}");
    stack.get(&path(&received), &limited(&inbox)).expect(200);
    stack.get(&path(&received), &limited(&other)).refused(404, "not_found");
    stack.get(&path(&received), "").refused(401, "missing_credential");

    let stranger = crate::stack::people::access::stranger(&stack);
    for id in [&received, &upload] {
        stack.get(&path(id), &stranger).refused(404, "not_found");
    }
    // Nor can they send what they can't see.
    let own = stack.post("/v1/inboxes", &stranger, &json!({})).expect(201);
    let body = json!({"name": "sender", "scopes": ["messages.send"], "inbox_ids": [own["id"]]});
    let sender = stack.post("/v1/tokens", &stranger, &body).expect(201)["token"].as_str().unwrap().to_owned();
    let send = format!("/v1/inboxes/{}/messages/send", own["id"].as_str().unwrap());
    for id in [&received, &upload] {
        let body = with_files("stolen", &json!([{"attachment_id": id}]));
        stack.post(&send, &sender, &body).refused(422, "unknown_upload");
    }
    // A received file is sent on by its id by those who can read it, and by nobody else.
    let body = with_files("passed on", &json!([{"attachment_id": received}]));
    let send = |inbox: &Mailbox<'_>, token: &str| {
        stack.post(&format!("/v1/inboxes/{}/messages/send", inbox.id), token, &body)
    };
    send(&inbox, &limited(&inbox)).expect(202);
    send(&other, &limited(&other)).refused(422, "unknown_upload");
    let blind = json!({"name": "blind", "scopes": ["messages.send"], "inbox_ids": [inbox.id]});
    let blind = stack.post("/v1/tokens", owner, &blind).expect(201);
    send(&inbox, blind["token"].as_str().unwrap()).refused(422, "unknown_upload");
}

#[test]
fn a_file_of_a_mail_is_sent_on_by_its_id_whole() {
    let stack = Stack::running();
    let agent = stack.text("/agent_token");
    let (subject, report) = (unique("Report"), noise(60_000, 21));
    let mail = format!(
        "From: ann@example.org\r\nTo: {}\r\nSubject: {subject}\r\nContent-Type: application/pdf\r\n\
         Content-Disposition: attachment; filename=report.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        stack.text("/inbox/address"),
        // Lines of 76 (RFC 2045).
        BASE64
            .encode(&report)
            .as_bytes()
            .chunks(76)
            .map(|line| String::from_utf8_lossy(line) + "\r\n")
            .collect::<String>(),
    );
    let received = stack.receive(&mail, &subject);
    let file = json!([{"attachment_id": received["attachments"][0]["id"]}]);
    let held = stack.submit_body(&with_files("sent on", &file));
    // An answer takes it too, under another name, and an edit.
    let reply = format!("/v1/inboxes/{}/messages/{}/reply", stack.inbox(), received["id"].as_str().unwrap());
    let mut renamed = file.clone();
    renamed[0]["filename"] = json!("again.pdf");
    let answer =
        stack.post(&reply, agent, &json!({"text": "Yours again.", "attachments": renamed})).expect(202);
    assert_eq!(answer["message"]["attachments"][0]["filename"], "again.pdf");
    let reply = Held::of(&answer);
    let edit = json!({"digest": reply.digest, "attachments": file});
    let path = format!("/v1/approvals/{}/edit", reply.approval);
    let edited = stack.post(&path, stack.text("/approver/session"), &edit).expect(202);
    assert_eq!(edited["message"]["attachments"].as_array().unwrap().len(), 2);
    // One of ours is one once the mail went.
    let path = format!("/v1/inboxes/{}/messages/{}", stack.inbox(), held.message);
    let own = json!([{"attachment_id": stack.get(&path, agent).expect(200)["attachments"][0]["id"]}]);
    let send = format!("/v1/inboxes/{}/messages/send", stack.inbox());
    stack.post(&send, agent, &with_files("too early", &own)).refused(422, "unknown_upload");
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    let sent = ("report.pdf".to_owned(), "application/pdf".to_owned(), false, hex(&report));
    assert_eq!(sent_files(&stack, &held), [sent]);
    stack.post(&send, agent, &with_files("and on", &own)).expect(202);
}

#[test]
fn an_upload_belongs_to_one_inbox() {
    let stack = Stack::running();
    let owner = stack.text("/owner/token");
    let (inbox, other) = (Mailbox::new(&stack), Mailbox::new(&stack));
    let token = |inboxes: &[&str]| {
        let scopes = ["messages.read", "messages.send"];
        let body = json!({"name": "uploads", "scopes": scopes, "inbox_ids": inboxes});
        stack.post("/v1/tokens", owner, &body).expect(201)["token"].as_str().unwrap().to_owned()
    };
    let (one, two) = (token(&[&inbox.id]), token(&[&inbox.id, &other.id]));
    let file = json!({"filename": "a.txt", "content_type": "text/plain", "size": 1});
    let with = |inbox_id: &str| {
        let mut file = file.clone();
        file["inbox_id"] = json!(inbox_id);
        file
    };
    // A credential that reaches one inbox means that one; any other has to name it.
    let made = stack.post("/v1/attachments", &one, &file).expect(201);
    assert_eq!(made["inbox_id"], inbox.id);
    stack.post("/v1/attachments", &two, &file).refused(422, "required");
    stack.post("/v1/attachments", &one, &with(&other.id)).refused(422, "unknown_inbox");
    stack
        .post("/v1/attachments", &two, &with("inb_01kc1x5e3r0000000000000001"))
        .refused(422, "unknown_inbox");
    let theirs = stack.post("/v1/attachments", &two, &with(&other.id)).expect(201);
    for announced in [&made, &theirs] {
        assert_eq!(put(&stack, announced, "text/plain", b"x"), 200);
    }
    // Neither sends nor sees the other's, whoever knows its id.
    let send = |inbox: &Mailbox<'_>, token: &str, file: &Value| {
        let body = with_files("upload", &json!([{"attachment_id": file["id"]}]));
        stack.post(&format!("/v1/inboxes/{}/messages/send", inbox.id), token, &body)
    };
    for token in [&one, &two] {
        send(&inbox, token, &theirs).refused(422, "unknown_upload");
    }
    send(&other, &two, &made).refused(422, "unknown_upload");
    let path = format!("/v1/attachments/{}", theirs["id"].as_str().unwrap());
    stack.get(&path, &one).refused(404, "not_found");
    assert_eq!(downloaded(&stack, &two, &theirs["id"]), b"x");
    let held = Held::of(&send(&other, &two, &theirs).expect(202));
    send(&inbox, &one, &made).expect(202);
    // Nor does an edit bring it into a mail of another inbox.
    let edit = json!({"digest": held.digest, "attachments": [{"attachment_id": made["id"]}]});
    let path = format!("/v1/approvals/{}/edit", held.approval);
    stack.post(&path, stack.text("/approver/session"), &edit).refused(422, "unknown_upload");
}

#[test]
fn an_upload_that_is_overwritten_after_submission_changes_nothing_of_what_is_shown_or_sent() {
    let stack = Stack::running();
    let (approved, swapped) = (noise(40_000, 7), noise(40_000, 8));
    let announced = announce(&stack, "contract.pdf", "application/pdf", approved.len());
    assert_eq!(put(&stack, &announced, "application/pdf", &approved), 200);
    let body = with_files("contract", &json!([{"attachment_id": announced["id"]}]));
    let held = stack.submit_body(&body);
    // The URL still holds: S3 takes the other bytes, of the announced size and type.
    assert_eq!(put(&stack, &announced, "application/pdf", &swapped), 200);
    let approver = stack.text("/approver/session");
    assert_eq!(downloaded(&stack, approver, &announced["id"]), swapped, "the upload itself was changed");
    let seen = stack.get(&format!("/v1/approvals/{}", held.approval), approver).expect(200);
    assert_eq!(seen["digest"], held.digest);
    let file = &seen["message"]["attachments"][0];
    assert_ne!(file["id"], announced["id"], "the mail has a copy of its own");
    assert_eq!(file["sha256"], hex(&approved).as_str());
    assert_eq!(downloaded(&stack, approver, &file["id"]), approved);
    stack.approve(&held).expect(200);
    assert_eq!(put(&stack, &announced, "application/pdf", &swapped), 200);
    stack.message_with_status(&held.message, "delivered");
    let sent = ("contract.pdf".to_owned(), "application/pdf".to_owned(), false, hex(&approved));
    assert_eq!(sent_files(&stack, &held), [sent]);
}
