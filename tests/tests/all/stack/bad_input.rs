//! Bad input: a stable code that says which field and why, and nothing stored.

use serde_json::{Value, json};
use tests::Stack;

fn send_path(stack: &Stack) -> String {
    format!("/v1/inboxes/{}/messages/send", stack.inbox())
}

/// The fields and codes of a refusal.
fn fields(answer: &tests::Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = answer.body["error"]["details"]["fields"].as_array().cloned().unwrap_or_default();
    list.iter().map(|field| (text(&field["field"]), text(&field["code"]))).collect()
}

#[test]
fn every_defect_of_a_mail_has_its_code_and_stores_nothing() {
    let stack = Stack::running();
    // An inbox of its own, so that nothing else is stored beside.
    let inbox = stack.post("/v1/inboxes", stack.text("/owner/token"), &json!({})).expect(201);
    let scopes = json!({"name": "bad input", "scopes": ["messages.read", "messages.send"], "inbox_ids": [inbox["id"]]});
    let made = stack.post("/v1/tokens", stack.text("/owner/token"), &scopes).expect(201);
    let (token, id) = (made["token"].as_str().unwrap(), inbox["id"].as_str().unwrap());
    let path = format!("/v1/inboxes/{id}/messages/send");
    let many: Vec<String> = (0..51).map(|n| format!("r{n}@example.com")).collect();
    let good = json!({"to": ["a@example.com"], "subject": "s", "text": "t"});
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    let cases = [
        (with("to", json!([])), "to", "no_recipients"),
        (with("to", json!(many)), "to", "too_many_recipients"),
        (with("to", json!([1])), "to[0]", "wrong_type"),
        (with("to", json!("nobody")), "to", "invalid_address"),
        (with("to", json!(["änn@example.com"])), "to[0]", "address_not_ascii"),
        (with("cc", json!(["ann@exämple.com"])), "cc[0]", "address_not_ascii"),
        (with("to", json!(["a@example.com\r\nBcc: b@example.com"])), "to[0]", "invalid_address"),
        (
            with("to", json!([{"address": "a@example.com", "name": "A\r\nBcc: b@example.com"}])),
            "to[0]",
            "control_character",
        ),
        (with("subject", json!("Hi\r\nBcc: b@example.com")), "subject", "control_character"),
        (with("subject", json!("Hi\u{2028}there")), "subject", "control_character"),
        (with("subject", json!("x".repeat(3000))), "subject", "too_long"),
        (with("subject", json!(7)), "subject", "wrong_type"),
        (with("text", json!("")), "text", "empty_body"),
        (with("text", json!("   \n ")), "text", "empty_body"),
        (with("text", json!(["t"])), "text", "wrong_type"),
        (with("text", json!("a\u{0}b")), "text", "control_character"),
        (with("text", json!("x".repeat(1_100_000))), "text", "body_too_large"),
        (with("colour", json!("red")), "colour", "unknown_field"),
        (with("send_at", json!("tomorrow")), "send_at", "invalid_time"),
        (with("send_at", json!("2020-01-01T00:00:00Z")), "send_at", "send_at_in_the_past"),
        (with("send_at", json!("2036-11-21T00:00:00Z")), "send_at", "send_at_too_far"),
        (
            with("attachments", json!([{"filename": "a.txt", "content": "not base64!"}])),
            "attachments[0].content",
            "invalid_base64",
        ),
        (with("attachments", json!([{"filename": "a.txt"}])), "attachments[0].content", "required"),
        (with("attachments", json!([{"content": "aGk="}])), "attachments[0].filename", "required"),
        (
            with("attachments", json!([{"filename": "a\r\nb", "content": "aGk="}])),
            "attachments[0].filename",
            "control_character",
        ),
        (
            with("attachments", json!([{"filename": "a.txt", "attachment_id": "msg_1"}])),
            "attachments[0].attachment_id",
            "invalid_id",
        ),
        (
            with("attachments", json!([{"attachment_id": "att_01kc1x5e3r0000000000000006"}])),
            "attachments[0].attachment_id",
            "unknown_upload",
        ),
    ];
    for (body, field, code) in cases {
        let answer = stack.post(&path, token, &body);
        let shown = body.to_string().chars().take(120).collect::<String>();
        assert_eq!(answer.status, 422, "{shown}: {}", answer.body);
        let found = fields(&answer);
        assert!(
            found.iter().any(|(f, c)| f == field && c == code),
            "{shown}: {found:?}, expected {field} {code}"
        );
        assert!(answer.body["error"]["request_id"].as_str().is_some_and(|id| !id.is_empty()));
    }
    let several = json!({"to": ["x"], "subject": "a\nb", "send_at": "soon", "x": 1});
    let answer = stack.post(&path, token, &several);
    answer.refused(422, "invalid_request");
    assert_eq!(fields(&answer).len(), 4, "{}", answer.body);
    let list = stack.get(&format!("/v1/inboxes/{id}/messages"), token).expect(200);
    assert_eq!(list["data"], json!([]), "nothing was stored");
}

#[test]
fn a_body_that_is_no_json_object_is_refused() {
    let stack = Stack::running();
    for body in ["", "{", "[1]", "\"text\"", "null", "<xml/>", "to=a@b.c"] {
        let answer = stack.raw("POST", &send_path(&stack), stack.text("/agent_token"), vec![], body);
        answer.refused(400, "invalid_json");
    }
}

#[test]
fn an_id_of_another_kind_is_named() {
    let stack = Stack::running();
    let owner = stack.text("/owner/token");
    for path in [
        "/v1/inboxes/msg_01kc1x5e3r0000000000000003",
        "/v1/inboxes/inb_1",
        "/v1/approvals/inb_01kc1x5e3r0000000000000002",
        "/v1/threads/x",
        "/v1/attachments/%00",
    ] {
        stack.get(path, owner).refused(422, "invalid_id");
    }
}

#[test]
fn a_decision_without_a_good_digest_decides_nothing() {
    let stack = Stack::running();
    let held = stack.submit("success@simulator.amazonses.com", "for bad decisions", "text");
    let approver = stack.text("/approver/token");
    let path = format!("/v1/approvals/{}/approve", held.approval);
    stack.post(&path, approver, &json!({})).refused(422, "required");
    stack.post(&path, approver, &json!({"digest": "sha256:1"})).refused(422, "invalid_digest");
    stack
        .post(&path, approver, &json!({"digest": held.digest.to_uppercase()}))
        .refused(422, "invalid_digest");
    stack.post(&path, approver, &json!({"digest": held.digest, "force": true})).refused(422, "unknown_field");
    let other = json!({"digest": format!("sha256:{}", "0".repeat(64))});
    let answer = stack.post(&path, approver, &other);
    answer.refused(409, "digest_mismatch");
    assert_eq!(answer.body["error"]["details"]["digest"], held.digest);
    let reject = format!("/v1/approvals/{}/reject", held.approval);
    let long = json!({"digest": held.digest, "reason": "x".repeat(2_001)});
    stack.post(&reject, approver, &long).refused(422, "too_long");
    let seen = stack.get(&format!("/v1/approvals/{}", held.approval), approver).expect(200);
    assert_eq!(seen["status"], "pending");
    assert!(stack.accepted(&held.message).is_empty());
}

#[test]
fn lists_take_their_own_cursors_and_sensible_limits_alone() {
    let stack = Stack::running();
    let owner = stack.text("/owner/token");
    for limit in ["0", "101", "-1", "x", "99999999999"] {
        stack.get(&format!("/v1/inboxes?limit={limit}"), owner).refused(422, "invalid_limit");
    }
    for cursor in ["x", "AAAA", "%27%20OR%201=1"] {
        stack.get(&format!("/v1/inboxes?cursor={cursor}"), owner).refused(422, "invalid_cursor");
    }
    stack.get("/v1/approvals?status=maybe", owner).refused(422, "unknown_status");
}

#[test]
fn an_idempotency_key_that_cannot_be_one_is_refused() {
    let stack = Stack::running();
    let body = json!({"to": ["a@example.com"], "text": "t"}).to_string();
    for key in [String::new(), "k".repeat(257), "ключ".to_owned(), "a b".to_owned()] {
        let headers = vec![("idempotency-key", key.clone())];
        let answer = stack.raw("POST", &send_path(&stack), stack.text("/agent_token"), headers, &body);
        assert_eq!(answer.code(), "invalid_idempotency_key", "{key:?}: {}", answer.body);
    }
}

#[test]
fn names_scopes_urls_and_events_that_do_not_exist_are_refused() {
    let stack = Stack::running();
    let owner = stack.text("/owner/token");
    stack.post("/v1/inboxes", owner, &json!({"username": "post master"})).refused(422, "invalid_username");
    stack.post("/v1/inboxes", owner, &json!({"username": "postmaster"})).refused(422, "invalid_username");
    stack.post("/v1/inboxes", owner, &json!({"username": "agent"})).refused(409, "address_taken");
    stack
        .post("/v1/tokens", owner, &json!({"name": "x", "scopes": ["everything"]}))
        .refused(422, "unknown_scope");
    stack.post("/v1/tokens", owner, &json!({"name": ""})).refused(422, "required");
    for url in
        ["http://example.com/", "https://169.254.169.254/", "https://10.0.0.1/", "ftp://x.example/", "x"]
    {
        stack.post("/v1/webhooks", owner, &json!({"url": url})).refused(422, "invalid_url");
    }
    let hook = json!({"url": "https://example.com/", "events": ["message.eaten"]});
    stack.post("/v1/webhooks", owner, &hook).refused(422, "unknown_event");
}
