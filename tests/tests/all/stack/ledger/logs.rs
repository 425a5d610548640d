//! The log of requests and counts of use on the running stack: what was asked for is in them, once, a moment later.

use std::collections::BTreeSet;
use std::io::Write as _;

use app::base::ports::Clock as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::write::GzEncoder;
use runtime::environment::SystemClock;
use serde_json::{Value, json};
use tests::{Stack, unique};

/// The function behind the log group.
pub(crate) const LOGS: &str = "countersign-background-logs";

/// Lines of the log that a query asks for, once there are so many of them.
fn logged(stack: &Stack, query: &str, count: usize) -> Vec<Value> {
    stack.until(&format!("{count} lines of {query}"), || {
        let lines = stack.walk(&format!("/v1/logs?limit=3&{query}"), stack.text("/owner/token"));
        (lines.len() >= count).then_some(lines)
    })
}

/// The row that is wanted of those of a query, if there is one.
fn used(stack: &Stack, query: &str, is_wanted: impl Fn(&Value) -> bool) -> Option<Value> {
    let rows = stack.walk(&format!("/v1/usage?limit=2&{query}"), stack.text("/owner/token"));
    // Midnight may be while the test runs: what was counted on two days is added.
    let sum = |name: &str, rows: &[Value]| rows.iter().filter_map(|row| row[name].as_u64()).sum::<u64>();
    let rows: Vec<_> = rows.into_iter().filter(is_wanted).collect();
    let mut row = rows.first().cloned()?;
    for name in ["requests", "sent", "received", "stored_bytes"] {
        row[name] = json!(sum(name, &rows));
    }
    Some(row)
}

#[test]
fn each_request_is_in_the_log_once_and_counts() {
    let stack = Stack::running().organization();
    let new = json!({"name": "reader", "scopes": ["messages.read"]});
    let token = stack.post("/v1/tokens", stack.text("/owner/token"), &new).expect(201);
    let (secret, id) = (token["token"].as_str().unwrap(), token["id"].as_str().unwrap());
    let messages = format!("/v1/inboxes/{}/messages", stack.inbox());
    for _ in 0..5 {
        stack.get(&messages, secret).expect(200);
    }
    stack.get("/v1/me", secret).expect(200);
    stack.get("/v1/audit", secret).refused(403, "missing_scope");
    stack.get(&format!("{messages}/msg_01kc1x5e3r0000000000000003"), secret).refused(404, "not_found");
    let lines = logged(&stack, &format!("token_id={id}"), 8);
    assert_eq!(lines.len(), 8, "{lines:?}");
    let ids: BTreeSet<_> = lines.iter().map(|line| line["request_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 8, "each once");
    for line in &lines {
        assert_eq!(line["credential"], json!({"type": "token", "id": id, "name": "reader"}));
        assert_eq!(line["member_id"], token["member_id"]);
        assert!(line["duration_ms"].is_u64() && line["at"].is_string(), "{line}");
        assert!(!line.to_string().contains(secret), "{line}");
    }
    let of = |route: &str| lines.iter().filter(|line| line["route"] == route).collect::<Vec<_>>();
    assert_eq!(of("messages_list").len(), 5);
    let listed = of("messages_list")[0];
    assert_eq!(
        (&listed["method"], &listed["path"]),
        (&json!("GET"), &json!("/v1/inboxes/{inbox_id}/messages"))
    );
    assert_eq!((&listed["inbox_id"], &listed["status"]), (&json!(stack.inbox()), &json!(200)));
    assert_eq!(
        (&of("audit_list")[0]["status"], &of("audit_list")[0]["code"]),
        (&json!(403), &json!("missing_scope"))
    );

    let refused = logged(&stack, &format!("token_id={id}&status=4xx"), 2);
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert_eq!(logged(&stack, &format!("token_id={id}&status=403&route=audit_list"), 1).len(), 1);
    let owner = stack.text("/owner/token");
    let none = |query: &str| stack.walk(&format!("/v1/logs?{query}"), owner).is_empty();
    assert!(none(&format!("token_id={id}&before=2026-01-01T00:00:00Z")));
    assert!(none(&format!("token_id={id}&after=2100-01-01T00:00:00Z")));

    let row = stack.until("counts of the token", || {
        used(&stack, "by=token", |row| row["token_id"] == id).filter(|row| row["requests"] == 8)
    });
    assert_eq!(row["name"], "reader", "{row}");
    let row = used(&stack, "by=inbox", |row| row["inbox_id"] == stack.inbox()).unwrap();
    assert!(row["requests"].as_u64() >= Some(5), "{row}");
    assert!(used(&stack, "by=day", |_| true).unwrap()["requests"].as_u64() >= Some(8));

    // Neither is for everybody, and nobody sees another organization's.
    for path in ["/v1/logs", "/v1/usage"] {
        stack.get(path, secret).refused(403, "missing_scope");
    }
    let other = Stack::running().organization();
    assert!(other.walk(&format!("/v1/logs?token_id={id}"), other.text("/owner/token")).is_empty());
    assert_eq!(used(&other, "by=token", |row| row["token_id"] == id), None);
}

#[test]
fn mail_that_came_and_went_counts_once() {
    let stack = Stack::running().organization();
    let subject = unique("counted");
    let mail = format!(
        "From: Ann <ann@example.org>\r\nTo: agent@example.com\r\nSubject: {subject}\r\n\r\nHello\r\n"
    );
    stack.receive(&mail, &subject);
    let held = stack.submit("success@simulator.amazonses.com", &unique("to be counted"), "text");
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    let row = stack.until("both mails", || {
        let row = used(&stack, "by=inbox", |row| row["inbox_id"] == stack.inbox())?;
        (row["sent"] == 1 && row["received"] == 1).then_some(row)
    });
    assert!(row["stored_bytes"].as_u64() > Some(100), "{row}");
    let all = used(&stack, "", |_| true).unwrap();
    assert_eq!(
        (&all["sent"], &all["received"], &all["stored_bytes"]),
        (&json!(1), &json!(1), &row["stored_bytes"])
    );
    let agent = stack.get("/v1/me", stack.text("/agent_token")).expect(200);
    let row = used(&stack, "by=token", |row| row["token_id"] == agent["id"]).unwrap();
    assert_eq!((&row["sent"], &row["received"]), (&json!(1), &json!(0)), "{row}");
}

/// A batch of two lines about requests of this organization that were answered now, as `CloudWatch` hands it over.
pub(crate) fn batch(stack: &Stack, name: &str) -> Value {
    let event = |n: u8| {
        let line = json!({
            "message": "request", "request_id": format!("{name}-{n}"), "organization_id": stack.text("/organization_id"),
            "credential": "tok_01kc1x5e3r0000000000000008", "method": "GET", "operation": "messages_list",
            "route": "/v1/inboxes/{inbox_id}/messages", "status": 200, "took_ms": n,
        });
        let at = SystemClock.now().as_millisecond();
        json!({"id": format!("{n:056}"), "timestamp": at, "message": line.to_string()})
    };
    let told = json!({
        "messageType": "DATA_MESSAGE", "owner": "000000000000", "logGroup": "/countersign", "logStream": name,
        "subscriptionFilters": ["requests"], "logEvents": [event(1), event(2)],
    });
    let mut encoder = GzEncoder::new(vec![], Compression::fast());
    encoder.write_all(told.to_string().as_bytes()).unwrap();
    json!({"awslogs": {"data": BASE64.encode(encoder.finish().unwrap())}})
}

/// Lambda hands a batch over again where it heard no answer.
#[test]
fn a_batch_that_comes_again_counts_once() {
    let stack = Stack::running().organization();
    let batch = batch(&stack, &unique("batch").replace(' ', "-"));
    assert_eq!(stack.invoke(LOGS, &batch), json!({"new": 2, "known": 0}));
    assert_eq!(stack.invoke(LOGS, &batch), json!({"new": 0, "known": 2}));
    let is_its = |row: &Value| row["token_id"] == "tok_01kc1x5e3r0000000000000008";
    assert_eq!(used(&stack, "by=token", is_its).unwrap()["requests"], 2);
    let refused = stack.invoke(LOGS, &json!({"awslogs": {"data": "bm90IGd6aXA="}}));
    assert_eq!(refused["errorType"], "Permanent", "{refused}");
}
