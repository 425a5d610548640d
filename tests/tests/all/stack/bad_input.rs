//! Bad input: a stable code that says which field and why, and nothing stored.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::Stack;
use wire::base::schema::Shape;

use super::people::access::filled;

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
fn a_request_that_no_route_takes_is_refused_in_the_form_of_all_errors() {
    let stack = Stack::running();
    for (method, path, status, code) in [
        ("GET", "/v1/nothing", 404, "route_not_found"),
        ("GET", "/nothing", 404, "route_not_found"),
        ("DELETE", "/v1/approvals", 405, "method_not_allowed"),
        ("PUT", "/v1/inboxes/inb_x", 405, "method_not_allowed"),
    ] {
        let answer = stack.call(method, path, stack.text("/agent_token"), None);
        answer.refused(status, code);
        assert!(
            answer.body["error"]["request_id"].as_str().is_some_and(|id| !id.is_empty()),
            "{}",
            answer.body
        );
        assert_eq!(answer.header("allow").is_some(), status == 405, "{path}");
    }
    assert_eq!(stack.call("DELETE", "/v1/approvals", "", None).header("allow"), Some("GET"));
    let root = stack.raw("GET", &format!("{}/", stack.text("/api_url")), "", vec![], "");
    assert_eq!((root.status, root.header("location")), (303, Some("/console")));
}

/// The gateway refuses these itself, as on AWS: no function is asked.
#[test]
fn what_the_gateway_passes_on_is_bounded() {
    let stack = Stack::running();
    let long = vec![("x-long", "x".repeat(10_240))];
    assert_eq!(stack.raw("GET", "/v1/me", stack.text("/agent_token"), long, "").status, 431);
    let large =
        stack.raw("POST", &send_path(&stack), stack.text("/agent_token"), vec![], vec![b' '; 6_300_000]);
    assert_eq!(large.status, 413);
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
        (with("cc", json!(["ann@-exämple.com"])), "cc[0]", "invalid_address"),
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
fn html_that_has_no_form_has_a_code_and_a_place_and_stores_nothing() {
    let stack = Stack::running().organization();
    let (path, token) = (send_path(&stack), stack.text("/agent_token"));
    let asked = |html: &str, mode: &str| {
        let body = json!({"to": ["a@example.com"], "subject": "s", "html": html, "html_mode": mode});
        stack.post(&path, token, &body)
    };
    let deep = format!("<p>x</p>{}", "<div>".repeat(40_000));
    let long = format!("<p title=\"{}\">x</p>", "y".repeat(1_000_000));
    let wide = "<b>x</b>".repeat(60_000);
    let sheet = format!("<style>{}</style><p>x</p>", "p{color:red}".repeat(30_000));
    let cases = [
        ("<p>x</p><base href=https://evil.example/>", "html_base"),
        ("<p>x</p>\n<a href=javascript:alert(1)>y</a>", "html_scheme"),
        ("<a href=\"&#106;ava&Tab;script:alert(1)\">y</a>", "html_scheme"),
        ("<img src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\">", "html_scheme"),
        (
            "<a href=\"https://evil.test&num;@good.test/\">y</a><a href=\"https://a@b.test/\">z</a>",
            "html_link_credentials",
        ),
        ("<p>x<img src=cid:logo></p>", "html_unknown_content_id"),
        ("<!-- nothing -->", "html_empty"),
        ("<style>p{color:red}</style>", "html_empty"),
        ("<meta charset=utf-7>+ADw-script+AD4-", "html_charset"),
        (&*deep, "html_too_deep"),
        (&*long, "html_attribute_too_long"),
        (&*wide, "html_too_many_elements"),
        (&*sheet, "html_style_sheet_too_large"),
    ];
    for (html, code) in cases {
        let shown: String = html.chars().take(80).collect();
        let answer = asked(html, "normal");
        assert_eq!((answer.status, answer.code()), (422, code), "{shown}: {}", answer.body);
        assert_eq!(fields(&answer), [("html".to_owned(), code.to_owned())], "{shown}");
        let message = answer.body["error"]["details"]["fields"][0]["message"].as_str().unwrap();
        let placed = message.contains("line ")
            || matches!(
                code,
                "html_empty"
                    | "html_unknown_content_id"
                    | "html_style_sheet_too_large"
                    | "html_link_credentials"
            );
        assert!(placed && message.len() < 500, "{shown}: {message}");
    }
    // What can be brought into the form is changed, or refused where its sender asks for that.
    let answer = asked("<p onclick=x>Hello<script>y</script></p>", "strict");
    assert_eq!(fields(&answer), [("html".to_owned(), "html_would_change".to_owned())], "{}", answer.body);
    let answer = asked("<p>x</p>", "loose");
    assert_eq!(fields(&answer), [("html_mode".to_owned(), "unknown_choice".to_owned())]);
    // A null byte can stand in JSON, and in no mail.
    let answer = asked("<p>a\u{0}b</p>", "normal");
    assert_eq!(fields(&answer), [("html".to_owned(), "control_character".to_owned())]);
    let list = stack.get(&format!("/v1/inboxes/{}/messages", stack.inbox()), token).expect(200);
    assert_eq!(list["data"], json!([]), "nothing was stored");
    let done = asked("<p onclick=x>Hello<script>y</script></p>", "normal").expect(202);
    let changes: Vec<_> =
        done["changes"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(changes, ["element_removed", "attribute_removed"], "{done}");
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
fn a_name_that_stands_twice_in_an_object_is_refused() {
    let stack = Stack::running();
    let body = r#"{"to": ["a@example.com"], "subject": "s", "text": "t", "html_mode": "strict", "html_mode": "normal"}"#;
    let headers = vec![("content-type", "application/json".to_owned())];
    let answer = stack.raw("POST", &send_path(&stack), stack.text("/agent_token"), headers, body);
    answer.refused(400, "invalid_json");
    assert!(answer.body.to_string().contains("html_mode"), "{}", answer.body);
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
    let approver = stack.text("/approver/session");
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
    stack
        .post("/v1/tokens", owner, &json!({"name": "", "scopes": ["messages.read"]}))
        .refused(422, "required");
    let hook =
        json!({"url": "https://example.com/", "events": ["inbox.created"], "inbox_ids": [stack.inbox()]});
    let hook = stack.post("/v1/webhooks", owner, &hook).expect(201);
    let path = format!("/v1/webhooks/{}", hook["id"].as_str().unwrap());
    let change = |body: &Value| stack.call("PATCH", &path, owner, Some(body));
    for url in
        ["http://example.com/", "https://169.254.169.254/", "https://10.0.0.1/", "ftp://x.example/", "x"]
    {
        stack.post("/v1/webhooks", owner, &json!({"url": url})).refused(422, "invalid_url");
        change(&json!({"url": url, "status": "paused"})).refused(422, "invalid_url");
    }
    for (field, bad, code) in [
        ("events", json!(["message.eaten"]), "unknown_event"),
        ("events", json!(["message.*", "mess*"]), "unknown_event"),
        ("inbox_ids", json!(["inb_01kc1x5e3r0000000000000002"]), "unknown_inbox"),
    ] {
        let body = json!({"url": "https://example.com/", field: bad});
        stack.post("/v1/webhooks", owner, &body).refused(422, code);
        change(&body).refused(422, code);
    }
    change(&json!({"status": "disabled"})).refused(422, "unknown_choice");
    let mut seen = stack.get(&path, owner).expect(200);
    seen["secret"] = hook["secret"].clone();
    assert_eq!(seen, hook, "nothing was changed");
    assert_eq!(stack.call("DELETE", &path, owner, None).status, 204);
}

/// What a route reads is what it says that it takes, for its body and its query.
#[test]
fn every_route_names_what_it_takes_where_it_is_asked_for_something_else() {
    let stack = Stack::running();
    let takes = |shape: &Shape| {
        let schema = tests::schemas::document(shape.schema, tests::schemas::requests());
        let name = schema["allOf"][0]["$ref"].as_str().unwrap().trim_start_matches("#/$defs/").to_owned();
        let fields = schema["$defs"][name]["properties"].as_object().unwrap().keys().cloned();
        fields.collect::<BTreeSet<_>>()
    };
    let named = |answer: &tests::Answer| {
        assert_eq!(answer.status, 422, "{}", answer.body);
        let list = answer.body["error"]["details"]["fields"].as_array().unwrap().clone();
        let unknown = list.iter().find(|field| field["field"] == "no_such_field").unwrap().clone();
        assert_eq!(unknown["code"], "unknown_field");
        // What a policy says is the domain's to read, which says the same in other words.
        let message = unknown["message"].as_str().unwrap().to_owned();
        let (_, fields) = message.split_once("it has ").or(message.split_once("there are ")).unwrap();
        fields.split(", ").map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let mut asked = 0;
    for endpoint in tests::endpoints() {
        let path = filled(&stack, endpoint.path);
        let token = stack.text("/owner/session");
        if let Some(query) = &endpoint.query {
            let answer = stack.call(endpoint.method, &format!("{path}?no_such_field=1"), token, None);
            assert_eq!(named(&answer), takes(query), "{}", endpoint.name);
            asked += 1;
        } else {
            stack
                .call(endpoint.method, &format!("{path}?no_such_field=1"), token, None)
                .refused(422, "unknown_field");
        }
        if let Some(body) = &endpoint.body {
            let answer = stack.call(endpoint.method, &path, token, Some(&json!({"no_such_field": 1})));
            let mut takes = takes(body);
            takes.retain(|field| endpoint.name != "api-policies-replace" || field != "version");
            assert_eq!(named(&answer), takes, "{}", endpoint.name);
            asked += 1;
        }
    }
    assert!(asked > 30, "{asked}");
}
