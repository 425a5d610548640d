//! Drafts: written bit by bit, by several at once, submitted once, left of what was rejected.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::InboxId;
use domain::base::digest::Digest;
use domain::base::id::Id as _;
use domain::gate::draft::SavedDraft;
use serde_json::{Value, json};
use tests::listener::Listener;
use tests::{Answer, Held, Stack, unique};

use super::inbound::Mailbox;
use crate::stack::people::access::stranger;

const ANN: &str = "success@simulator.amazonses.com";

/// A token that writes drafts, and whatever else these scopes say.
fn token(stack: &Stack, more: &[&str], inboxes: Option<&str>) -> String {
    let scopes: Vec<_> = ["drafts.manage"].iter().chain(more).collect();
    let mut body = json!({"name": "writes drafts", "scopes": scopes});
    if let Some(inbox) = inboxes {
        body["inbox_ids"] = json!([inbox]);
    }
    let made = stack.post("/v1/tokens", stack.text("/editor/token"), &body).expect(201);
    made["token"].as_str().unwrap().to_owned()
}

fn drafts(stack: &Stack) -> String {
    format!("/v1/inboxes/{}/drafts", stack.inbox())
}

fn path(draft: &Value) -> String {
    format!("/v1/drafts/{}", draft["id"].as_str().unwrap())
}

/// Calls with `If-Match`.
fn seen(stack: &Stack, method: &str, path: &str, token: &str, tag: &str, body: &Value) -> Answer {
    let mut headers = vec![("if-match", tag.to_owned())];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    if !body.is_empty() {
        headers.push(("content-type", "application/json".to_owned()));
    }
    stack.raw(method, path, token, headers, body)
}

/// The drafts of the inbox, once there are so many: the index follows the table.
fn listed(stack: &Stack, token: &str, count: usize) -> Vec<Value> {
    stack.until("the list of drafts", || {
        let list = stack.get(&drafts(stack), token).expect(200)["data"].as_array().unwrap().clone();
        (list.len() == count).then_some(list)
    })
}

#[test]
fn a_draft_is_written_bit_by_bit_and_becomes_one_mail() {
    let stack = Stack::running().organization();
    let token = token(&stack, &["messages.send", "messages.read"], None);
    let subject = unique("from a draft");
    let made = stack.post(&drafts(&stack), &token, &json!({}));
    assert_eq!(made.header("etag"), Some("\"1\""));
    let made = made.expect(201);
    assert_eq!((&made["revision"], &made["to"], &made["subject"]), (&json!(1), &json!([]), &Value::Null));
    let path = path(&made);
    let patch = |body: &Value| stack.call("PATCH", &path, &token, Some(body));

    let to = json!({"to": [format!("Ann <{ANN}>")], "subject": subject});
    let changed = seen(&stack, "PATCH", &path, &token, "\"1\"", &to);
    assert_eq!(changed.header("etag"), Some("\"2\""));
    assert_eq!(changed.expect(200)["revision"], 2);
    let stale = seen(&stack, "PATCH", &path, &token, "\"1\"", &json!({"text": "Hello"}));
    stale.refused(412, "revision_mismatch");
    assert_eq!(stale.body["error"]["details"]["revision"], "2");
    seen(&stack, "DELETE", &path, &token, "\"1\"", &Value::Null).refused(412, "revision_mismatch");
    let submit = format!("{path}/submit");
    seen(&stack, "POST", &submit, &token, "\"1\"", &Value::Null).refused(412, "revision_mismatch");
    for tag in ["1", "W/\"2\"", "\"2\", \"3\"", "\"x\""] {
        seen(&stack, "PATCH", &path, &token, tag, &to).refused(422, "invalid_if_match");
    }
    // What is submitted is checked as what is sent, and stays where it is refused.
    stack.call("POST", &submit, &token, None).refused(422, "empty_body");

    let both = json!({"text": "Hello Ann,\nit left today.", "html": "<p onclick=x>Hello</p>"});
    assert_eq!(seen(&stack, "PATCH", &path, &token, "*", &both).expect(200)["revision"], 3);
    let cc =
        patch(&json!({"html": null, "cc": "bob@example.com", "send_at": "2020-01-01T00:00:00Z"})).expect(200);
    assert_eq!((&cc["cc"][0]["address"], &cc["revision"]), (&json!("bob@example.com"), &json!(4)));
    stack.call("POST", &submit, &token, None).refused(422, "send_at_in_the_past");
    patch(&json!({"cc": null, "send_at": null})).expect(200);
    let found = stack.get(&path, &token);
    assert_eq!(found.header("etag"), Some("\"5\""));
    let found = found.expect(200);
    for (field, value) in [
        ("text", json!("Hello Ann,\nit left today.")),
        ("html", Value::Null),
        ("cc", json!([])),
        ("send_at", Value::Null),
        ("to", json!([{"name": "Ann", "address": ANN}])),
        ("subject", json!(subject)),
        ("preview", json!("Hello Ann, it left today.")),
    ] {
        assert_eq!(found[field], value, "{field}");
    }
    let list = listed(&stack, &token, 1);
    assert_eq!(list[0]["id"], made["id"]);
    assert!(list[0].get("text").is_none() && list[0].get("html").is_none(), "{list:?}");

    let submitted = seen(&stack, "POST", &submit, &token, "\"5\"", &Value::Null).expect(202);
    let held = Held::of(&submitted);
    assert_eq!(submitted["message"]["subject"], subject);
    // Once more, with the revision that it had, and without: it is the same mail.
    for tag in ["\"5\"", "\"4\"", "*"] {
        let again = seen(&stack, "POST", &submit, &token, tag, &Value::Null).expect(200);
        assert_eq!(Held::of(&again).message, held.message);
    }
    for (method, body) in [("GET", None), ("PATCH", Some(json!({"text": "x"}))), ("DELETE", None)] {
        let gone = stack.call(method, &path, &token, body.as_ref());
        gone.refused(409, "already_submitted");
        assert_eq!(gone.body["error"]["details"]["message_id"], held.message, "{method}");
    }
    listed(&stack, &token, 0);
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    assert_eq!(stack.accepted(&held.message).len(), 1);
    let after = stack.call("POST", &submit, &token, None).expect(200);
    assert_eq!(
        (&after["message"]["status"], &after["approval"]["status"]),
        (&json!("delivered"), &json!("approved"))
    );
}

#[test]
fn one_draft_of_an_inbox_has_a_client_s_name() {
    let stack = Stack::running().organization();
    let token = token(&stack, &["messages.send"], None);
    let make = |body: &Value| stack.post(&drafts(&stack), &token, body);
    let first = make(&json!({"client_id": "order 1", "subject": "one"})).expect(201);
    let again = make(&json!({"client_id": "order 1", "subject": "two"}));
    assert_eq!(again.header("etag"), Some("\"1\""));
    let again = again.expect(200);
    assert_eq!(
        (&again["id"], &again["subject"], &again["client_id"]),
        (&first["id"], &json!("one"), &json!("order 1"))
    );
    // Of many at once, one makes it.
    let made: Vec<_> = std::thread::scope(|scope| {
        let side = || make(&json!({"client_id": "raced", "text": "t"}));
        let sides: Vec<_> = (0..6).map(|_| scope.spawn(side)).collect();
        sides.into_iter().map(|side| side.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|answer| answer.status == 201).count(), 1);
    assert!(made.iter().all(|answer| [200, 201].contains(&answer.status)), "{made:?}");
    let raced: BTreeSet<_> = made.iter().map(|answer| answer.body["id"].to_string()).collect();
    assert_eq!(raced.len(), 1);
    listed(&stack, &token, 2);
    // A name of a deleted draft is free; another inbox has names of its own.
    assert_eq!(stack.call("DELETE", &path(&first), &token, None).status, 204);
    stack.call("DELETE", &path(&first), &token, None).refused(404, "not_found");
    stack.get(&path(&first), &token).refused(404, "not_found");
    let next = make(&json!({"client_id": "order 1", "to": ANN, "text": "t"})).expect(201);
    assert_ne!(next["id"], first["id"]);
    let other = stack.post("/v1/inboxes", stack.text("/owner/token"), &json!({})).expect(201);
    let elsewhere = format!("/v1/inboxes/{}/drafts", other["id"].as_str().unwrap());
    stack.post(&elsewhere, &token, &json!({"client_id": "order 1"})).expect(201);
    // Whoever begins anew after a crash learns that it was submitted, and makes no second mail.
    let submitted = stack.call("POST", &format!("{}/submit", path(&next)), &token, None).expect(202);
    let known = make(&json!({"client_id": "order 1", "to": ANN, "text": "t"}));
    known.refused(409, "already_submitted");
    assert_eq!(known.body["error"]["details"]["message_id"], submitted["message"]["id"]);
    for (name, code) in [("", "required"), (&*"x".repeat(129), "too_long")] {
        make(&json!({"client_id": name})).refused(422, code);
    }
    make(&json!({"client_id": "x".repeat(128)})).expect(201);
    // The same request is answered as the first.
    let keyed = || {
        let headers =
            vec![("idempotency-key", "a-key".to_owned()), ("content-type", "application/json".to_owned())];
        stack.raw("POST", &drafts(&stack), &token, headers, r#"{"text": "keyed"}"#)
    };
    let (one, two) = (keyed(), keyed());
    assert_eq!(two.header("idempotent-replay"), Some("true"));
    assert_eq!(one.expect(201), two.expect(201));
}

#[test]
fn many_at_once_change_it_one_after_the_other_and_submit_it_once() {
    let stack = Stack::running().organization();
    let token = token(&stack, &["messages.send"], None);
    let made = stack.post(&drafts(&stack), &token, &json!({"to": ANN, "text": "0"})).expect(201);
    let path = path(&made);
    let changed: Vec<_> = std::thread::scope(|scope| {
        let (stack, token, path) = (&stack, &token, &path);
        let side = move |n: usize| stack.call("PATCH", path, token, Some(&json!({"text": n.to_string()})));
        let sides: Vec<_> = (1..=4).map(|n| scope.spawn(move || side(n))).collect();
        sides.into_iter().map(|side| side.join().unwrap()).collect()
    });
    let done: BTreeSet<_> = changed.iter().filter_map(|it| it.body["revision"].as_u64()).collect();
    assert!(changed.iter().all(|answer| [200, 503].contains(&answer.status)), "{changed:?}");
    assert_eq!(done, (2..2 + done.len() as u64).collect::<BTreeSet<_>>());
    let found = stack.get(&path, &token).expect(200);
    assert_eq!(found["revision"].as_u64(), done.last().copied());
    assert_ne!(found["text"], "0");
    // Of those who saw the same revision one is first.
    let tag = format!("\"{}\"", found["revision"]);
    let raced: Vec<_> = std::thread::scope(|scope| {
        let (stack, token, path, tag) = (&stack, &token, &path, &tag);
        let side = move |n: usize| {
            seen(stack, "PATCH", path, token, tag, &json!({"subject": format!("of {n}")})).status
        };
        let sides: Vec<_> = (0..4).map(|n| scope.spawn(move || side(n))).collect();
        sides.into_iter().map(|side| side.join().unwrap()).collect()
    });
    assert_eq!(raced.iter().filter(|status| **status == 200).count(), 1, "{raced:?}");
    assert_eq!(raced.iter().filter(|status| **status == 412).count(), 3, "{raced:?}");

    let submitted: Vec<_> = std::thread::scope(|scope| {
        let side = || stack.call("POST", &format!("{path}/submit"), &token, None);
        let sides: Vec<_> = (0..5).map(|_| scope.spawn(side)).collect();
        sides.into_iter().map(|side| side.join().unwrap()).collect()
    });
    assert_eq!(submitted.iter().filter(|answer| answer.status == 202).count(), 1, "{submitted:?}");
    assert!(submitted.iter().all(|answer| [200, 202].contains(&answer.status)), "{submitted:?}");
    let mails: BTreeSet<_> =
        submitted.iter().map(|answer| answer.body["message"]["id"].to_string()).collect();
    assert_eq!(mails.len(), 1);
    let all =
        stack.get(&format!("/v1/inboxes/{}/messages", stack.inbox()), stack.text("/owner/token")).expect(200);
    assert_eq!(all["data"].as_array().unwrap().len(), 1, "{all}");
}

#[test]
fn drafts_are_for_whoever_may_see_their_inbox_and_sending_takes_its_own_right() {
    let stack = Stack::running().organization();
    let all = token(&stack, &["messages.send"], None);
    let other = stack.post("/v1/inboxes", stack.text("/owner/token"), &json!({})).expect(201);
    let limited = token(&stack, &["messages.send"], other["id"].as_str());
    let writes = token(&stack, &[], None);
    let stranger = stranger(&stack);
    let made = stack.post(&drafts(&stack), &writes, &json!({"to": ANN, "text": "t"})).expect(201);
    let (path, submit) = (path(&made), format!("{}/submit", path(&made)));
    let text = json!({"text": "x"});
    for token in [&limited, &stranger] {
        for (method, path, body) in [
            ("GET", &path, None),
            ("PATCH", &path, Some(&text)),
            ("DELETE", &path, None),
            ("POST", &submit, None),
            ("GET", &drafts(&stack), None),
            ("POST", &drafts(&stack), Some(&text)),
        ] {
            let answer = stack.call(method, path, token, body);
            assert_eq!(
                (answer.status, answer.code()),
                (404, "not_found"),
                "{method} {path}: {}",
                answer.body
            );
        }
    }
    stack.call("POST", &submit, stack.text("/agent_token"), None).refused(403, "missing_scope");
    let refused = stack.call("POST", &submit, &writes, None);
    refused.refused(403, "missing_scope");
    assert!(refused.body.to_string().contains("messages.send"), "{}", refused.body);
    assert_eq!(stack.get(&path, &all).expect(200)["revision"], 1, "nobody changed it");
    // Another token of the organization with access deletes it.
    assert_eq!(stack.call("DELETE", &path, &all, None).status, 204);
    let own = format!("/v1/inboxes/{}/drafts", other["id"].as_str().unwrap());
    stack.post(&own, &limited, &text).expect(201);
    stack.until("the list of drafts", || {
        let list = stack.get(&own, &limited).expect(200);
        (list["data"].as_array().unwrap().len() == 1).then_some(())
    });
}

#[test]
fn what_no_mail_may_have_is_in_no_draft() {
    let stack = Stack::running().organization();
    let token = token(&stack, &["messages.send"], None);
    let announce =
        json!({"inbox_id": stack.inbox(), "filename": "a.txt", "content_type": "text/plain", "size": 1});
    let announced = stack.post("/v1/attachments", stack.text("/agent_token"), &announce).expect(201);
    let many: Vec<_> = (0..51).map(|n| format!("r{n}@example.com")).collect();
    let file = json!({"filename": "a.txt", "content": "aGk="});
    let cases = [
        (json!({"to": ["x"]}), "to[0]", "invalid_address"),
        (json!({"cc": many}), "to", "too_many_recipients"),
        (json!({"reply_to": many[..6]}), "reply_to", "too_many"),
        (json!({"subject": "a\r\nBcc: b@example.com"}), "subject", "control_character"),
        (json!({"text": "a\u{0}b"}), "text", "control_character"),
        (json!({"text": "x".repeat(1_100_000)}), "text", "body_too_large"),
        (json!({"html": "<".repeat(1_000_000)}), "html", "too_large_to_show"),
        (json!({"attachments": vec![&file; 21]}), "attachments", "too_many_attachments"),
        (
            json!({"attachments": [{"attachment_id": announced["id"]}]}),
            "attachments[0].attachment_id",
            "unknown_upload",
        ),
        (
            json!({"reply_to_message_id": "msg_01kc1x5e3r0000000000000003"}),
            "reply_to_message_id",
            "unknown_message",
        ),
        (json!({"colour": "red"}), "colour", "unknown_field"),
    ];
    let draft = stack.post(&drafts(&stack), &token, &json!({"text": "as it was"})).expect(201);
    for (body, field, code) in &cases {
        for (method, path) in [("POST", drafts(&stack)), ("PATCH", path(&draft))] {
            let answer = stack.call(method, &path, &token, Some(body));
            let found = &answer.body["error"]["details"]["fields"];
            let named =
                found.as_array().unwrap().iter().any(|it| it["field"] == *field && it["code"] == *code);
            assert!(answer.status == 422 && named, "{method} {field} {code}: {}", answer.body);
        }
    }
    // Nothing was stored.
    listed(&stack, &token, 1);
    let found = stack.get(&path(&draft), &token).expect(200);
    assert_eq!((&found["text"], &found["revision"]), (&json!("as it was"), &json!(1)));
}

#[test]
fn a_draft_answers_a_mail_and_keeps_its_files() {
    let stack = Stack::running().organization();
    let token = token(&stack, &["messages.send", "messages.read"], None);
    let mailbox = Mailbox::new(&stack);
    let received = mailbox.take(
        format!(
            "From: Ann <ann@example.org>\r\nTo: {}\r\nCc: bob@example.net\r\nSubject: The offer\r\n\r\nHow much?\r\n",
            mailbox.address
        )
        .as_bytes(),
    );
    let announce = json!({"inbox_id": mailbox.id, "filename": "offer.pdf", "content_type": "application/pdf", "size": 5});
    let upload = stack.post("/v1/attachments", &token, &announce).expect(201);
    let headers = vec![("content-type", "application/pdf".to_owned())];
    let put = stack.raw("PUT", upload["upload_url"].as_str().unwrap(), "", headers, b"%PDF-");
    assert_eq!(put.status, 200);
    let body = json!({
        "reply_to_message_id": received["id"], "reply_all": true, "text": "As attached.",
        "attachments": [
            {"attachment_id": upload["id"]},
            {"filename": "b.txt", "content_type": "text/plain", "content": BASE64.encode("two")},
        ],
    });
    let made = stack.post(&format!("/v1/inboxes/{}/drafts", mailbox.id), &token, &body).expect(201);
    let files = |draft: &Value| -> Vec<(String, String)> {
        let text = |file: &Value, name: &str| file[name].as_str().unwrap().to_owned();
        let list = draft["attachments"].as_array().unwrap();
        list.iter().map(|file| (text(file, "filename"), text(file, "sha256"))).collect()
    };
    let expected = vec![
        ("offer.pdf".to_owned(), Digest::of(b"%PDF-").hex()),
        ("b.txt".to_owned(), Digest::of(b"two").hex()),
    ];
    assert_eq!(files(&made), expected);
    // They stay where words change, and are as they were when it is submitted.
    let changed = stack.call("PATCH", &path(&made), &token, Some(&json!({"text": "Attached."}))).expect(200);
    assert_eq!((files(&changed), &changed["reply_all"]), (expected.clone(), &json!(true)));
    let submitted = stack.call("POST", &format!("{}/submit", path(&made)), &token, None).expect(202);
    let message = &submitted["message"];
    assert_eq!(message["thread_id"], received["thread_id"]);
    assert_eq!(submitted["approval"]["answers"], received["id"]);
    assert_eq!(message["subject"], "Re: The offer");
    assert_eq!(message["to"][0]["address"], "ann@example.org");
    assert_eq!(message["cc"][0]["address"], "bob@example.net");
    assert_eq!(files(message), expected);
    // Taken out, they are gone.
    let body = json!({"attachments": [{"filename": "b.txt", "content": "dHdv"}], "text": "t"});
    let made = stack.post(&drafts(&stack), &token, &body).expect(201);
    let emptied = json!({"attachments": null, "text": null});
    let changed = stack.call("PATCH", &path(&made), &token, Some(&emptied)).expect(200);
    assert_eq!((&changed["attachments"], &changed["preview"]), (&json!([]), &json!("")));
    assert_eq!(stack.get(&path(&made), &token).expect(200)["text"], Value::Null);
}

#[test]
fn a_rejection_leaves_a_draft_that_its_authors_do_not_approve() {
    let stack = Stack::running().organization();
    let token = token(&stack, &["messages.send", "messages.read"], None);
    let listener = Listener::start();
    stack.post("/v1/webhooks", stack.text("/owner/token"), &json!({"url": listener.url})).expect(201);
    let asked = json!({
        "to": [format!("Ann <{ANN}>")], "cc": ["bob@example.com"], "bcc": ["eve@example.com"],
        "subject": "The price", "text": "It costs 5.", "html": "<p>It costs 5.</p>",
        "attachments": [{"filename": "a.txt", "content_type": "text/plain", "content": "b25l"}],
    });
    let held = stack.submit_body(&asked);
    let (approver, owner) = (stack.text("/approver/session"), stack.text("/owner/session"));
    let reject = format!("/v1/approvals/{}/reject", held.approval);
    let verdict = json!({"digest": held.digest, "reason": "It costs 6.", "revise": true});
    let wrong = json!({"digest": format!("sha256:{}", "0".repeat(64)), "revise": true});
    stack.post(&reject, approver, &wrong).refused(409, "digest_mismatch");
    let rejected = stack.post(&reject, approver, &verdict).expect(200);
    assert_eq!(
        (&rejected["status"], &rejected["decision_reason"]),
        (&json!("rejected"), &json!("It costs 6."))
    );
    // Again, it is the same draft.
    assert_eq!(stack.post(&reject, approver, &verdict).expect(200)["draft_id"], rejected["draft_id"]);
    let list = listed(&stack, &token, 1);
    assert_eq!(list[0]["id"], rejected["draft_id"]);
    let draft = stack.get(&path(&list[0]), &token).expect(200);
    for (field, value) in [
        ("to", json!([{"name": "Ann", "address": ANN}])),
        ("cc", json!([{"name": null, "address": "bob@example.com"}])),
        ("bcc", json!([{"name": null, "address": "eve@example.com"}])),
        ("subject", json!("The price")),
        ("rejection_reason", json!("It costs 6.")),
        ("approval_id", json!(held.approval)),
        ("message_id", json!(held.message)),
        ("revision", json!(1)),
    ] {
        assert_eq!(draft[field], value, "{field}");
    }
    // A text that says what is made of the HTML follows the HTML.
    assert!(draft["text"].is_null(), "{draft}");
    assert!(draft["html"].as_str().unwrap().contains("It costs 5."), "{draft}");
    assert_eq!(draft["attachments"][0]["filename"], "a.txt");
    assert_eq!(draft["attachments"][0]["sha256"], Digest::of(b"one").hex());
    let told = stack.until("event of the rejection", || {
        let told = listener.about(&held.approval);
        told.into_iter().find(|told| told.event["type"] == "approval.rejected")
    });
    assert_eq!(told.event["data"]["approval"]["draft_id"], rejected["draft_id"]);

    // Whoever writes in it is an author of what is submitted, whoever submits it.
    let better = json!({"text": "It costs 6.", "html": null});
    stack.call("PATCH", &path(&draft), owner, Some(&better)).expect(200);
    let held = Held::of(&stack.call("POST", &format!("{}/submit", path(&draft)), &token, None).expect(202));
    let approve = format!("/v1/approvals/{}/approve", held.approval);
    stack.post(&approve, owner, &json!({"digest": held.digest})).refused(403, "author_cannot_decide");
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    assert_eq!(stack.accepted(&held.message).len(), 1);

    let held = stack.submit_body(&asked);
    let reject = format!("/v1/approvals/{}/reject", held.approval);
    let rejected = stack.post(&reject, approver, &json!({"digest": held.digest})).expect(200);
    assert!(rejected.get("draft_id").is_none(), "{rejected}");
    listed(&stack, &token, 0);
}

#[test]
fn an_inbox_has_a_thousand_drafts_at_most_counted_exactly() {
    let stack = Stack::running().organization();
    let token = token(&stack, &["messages.send"], None);
    let make = || stack.post(&drafts(&stack), &token, &json!({"to": ANN, "text": "t"}));
    let first = make().expect(201);
    let hash = SavedDraft::count_hash(InboxId::parse(stack.inbox()).unwrap());
    let pk = format!("{}/counter/{}", stack.text("/organization_id"), hash.hex());
    let key = json!({"pk": {"S": pk}, "sk": {"S": "counter"}});
    let counted = || {
        let item = stack.dynamodb("GetItem", json!({"ConsistentRead": true, "Key": key}));
        item["Item"]["count"]["N"].as_str().unwrap().to_owned()
    };
    assert_eq!(counted(), "1");
    stack.dynamodb(
        "UpdateItem",
        json!({
            "Key": key, "UpdateExpression": "SET #count = :full", "ExpressionAttributeNames": {"#count": "count"},
            "ExpressionAttributeValues": {":full": {"N": "999"}},
        }),
    );
    make().expect(201);
    make().refused(409, "too_many_drafts");
    // A rejection that can't leave a draft says so, and is not done.
    let held = stack.submit(ANN, "no room for it", "text");
    let reject = format!("/v1/approvals/{}/reject", held.approval);
    let verdict = json!({"digest": held.digest, "revise": true});
    stack.post(&reject, stack.text("/approver/session"), &verdict).refused(409, "too_many_drafts");
    stack.call("POST", &format!("{}/submit", path(&first)), &token, None).expect(202);
    assert_eq!(counted(), "999");
    let last = make().expect(201);
    make().refused(409, "too_many_drafts");
    assert_eq!(stack.call("DELETE", &path(&last), &token, None).status, 204);
    stack.call("DELETE", &path(&last), &token, None).refused(404, "not_found");
    assert_eq!(counted(), "999");
    let verdict = stack.post(&reject, stack.text("/approver/session"), &verdict).expect(200);
    assert!(verdict["draft_id"].is_string(), "{verdict}");
    assert_eq!(counted(), "1000");
}

#[test]
fn drafts_are_listed_page_by_page_the_last_one_first() {
    let stack = Stack::running().organization();
    let token = token(&stack, &[], None);
    let mut made: Vec<String> = (0..5)
        .map(|n| {
            let draft = stack.post(&drafts(&stack), &token, &json!({"subject": format!("{n}")})).expect(201);
            draft["id"].as_str().unwrap().to_owned()
        })
        .collect();
    made.sort();
    made.reverse();
    listed(&stack, &token, 5);
    for limit in 1..=6 {
        let (mut all, mut cursor) = (vec![], String::new());
        loop {
            let page = stack.get(&format!("{}?limit={limit}{cursor}", drafts(&stack)), &token).expect(200);
            let some = page["data"].as_array().unwrap();
            assert!(some.len() <= limit);
            all.extend(some.iter().map(|draft| draft["id"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(all, made, "by {limit}");
    }
    let page = stack.get(&format!("{}?limit=2", drafts(&stack)), &token).expect(200);
    let other = stack.post("/v1/inboxes", stack.text("/owner/token"), &json!({})).expect(201);
    let elsewhere = format!(
        "/v1/inboxes/{}/drafts?cursor={}",
        other["id"].as_str().unwrap(),
        page["next_cursor"].as_str().unwrap()
    );
    stack.get(&elsewhere, &token).refused(422, "invalid_cursor");
}
