//! Tokens on the running stack: another secret for the same token, when it was used, what it is called, and how much it may ask for.

use serde_json::{Value, json};
use tests::{Held, Stack, unique};

fn made(stack: &Stack, body: &Value) -> (String, String) {
    let made = stack.post("/v1/tokens", stack.text("/editor/session"), body).expect(201);
    (made["token"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
}

fn agent(stack: &Stack, sends_per_day: Option<u32>) -> (String, String) {
    let scopes = ["messages.read", "messages.send", "approvals.read"];
    made(stack, &json!({"name": unique("agent"), "scopes": scopes, "sends_per_day": sends_per_day}))
}

fn mail() -> Value {
    json!({"to": ["success@simulator.amazonses.com"], "subject": unique("Mail"), "text": "Hello"})
}

fn send(stack: &Stack, secret: &str) -> tests::Answer {
    stack.post(&format!("/v1/inboxes/{}/messages/send", stack.inbox()), secret, &mail())
}

#[test]
fn what_was_asked_for_with_the_first_secret_goes_after_that_has_ended() {
    let stack = Stack::running().organization();
    let editor = stack.text("/editor/session");
    let (first, id) = agent(&stack, None);
    let held = Held::of(&send(&stack, &first).expect(202));
    let path = format!("/v1/tokens/{id}");
    let rotate = |overlap: u32| {
        let body = json!({"overlap": overlap});
        let rotated = stack.post(&format!("{path}/rotate"), editor, &body).expect(200);
        rotated["token"].as_str().unwrap().to_owned()
    };
    let second = rotate(3_600);
    for secret in [&first, &second] {
        let me = stack.get("/v1/me", secret).expect(200);
        assert_eq!((&me["id"], &me["type"]), (&json!(id), &json!("token")));
    }
    let third = rotate(0);
    for ended in [&first, &second] {
        stack.get("/v1/me", ended).refused(401, "invalid_credential");
    }
    let seen = stack.get(&path, editor).expect(200);
    assert!(seen["last_used_at"].is_string() && seen["rotated_at"].is_string(), "{seen}");
    assert!(seen["token"].is_null(), "{seen}");
    let approval = stack.get(&format!("/v1/approvals/{}", held.approval), &third).expect(200);
    assert_eq!(approval["requested_by"]["name"], seen["name"], "{approval}");
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");

    // Whose token it is has the secret, and nobody else.
    stack
        .post(&format!("{path}/rotate"), stack.text("/owner/session"), &json!({}))
        .refused(403, "owner_of_token_required");
    stack.post(&format!("{path}/rotate"), editor, &json!({"overlap": 604_801})).refused(422, "out_of_range");
    stack.call("DELETE", &path, editor, None).expect(204);
    stack.get("/v1/me", &third).refused(401, "invalid_credential");
}

#[test]
fn a_day_has_as_many_mails_as_its_limits_say() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/session");
    let (limited, id) = agent(&stack, Some(2));
    let (free, _) = agent(&stack, None);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..5).map(|_| scope.spawn(|| send(&stack, &limited).status)).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 202).count(), 2, "{answers:?}");
    let refused = send(&stack, &limited);
    assert!(refused.header("retry-after").is_some());
    refused.refused(429, "daily_limit_reached");

    let path = format!("/v1/tokens/{id}");
    for (value, code) in
        [(json!(0), "limit_of_zero"), (json!(10_000_001), "out_of_range"), (json!("2"), "wrong_type")]
    {
        let body = json!({"sends_per_day": value});
        stack.call("PATCH", &path, owner, Some(&body)).refused(422, code);
        stack.call("PATCH", "/v1/organization", owner, Some(&body)).refused(422, code);
    }
    let raised = stack.call("PATCH", &path, owner, Some(&json!({"sends_per_day": 3}))).expect(200);
    assert_eq!(raised["sends_per_day"], 3, "{raised}");
    send(&stack, &limited).expect(202);
    send(&stack, &limited).refused(429, "daily_limit_reached");

    stack.call("PATCH", "/v1/organization", owner, Some(&json!({"sends_per_day": 1}))).expect(200);
    send(&stack, &free).expect(202);
    send(&stack, &free).refused(429, "daily_limit_reached");
    let free_again =
        stack.call("PATCH", "/v1/organization", owner, Some(&json!({"sends_per_day": null}))).expect(200);
    assert!(free_again["sends_per_day"].is_null(), "{free_again}");
    send(&stack, &free).expect(202);
    let editor = stack.text("/editor/session");
    stack
        .call("PATCH", "/v1/organization", editor, Some(&json!({"sends_per_day": 9})))
        .refused(403, "missing_scope");
}

#[test]
fn each_response_says_how_fast_its_caller_may_ask() {
    let stack = Stack::running();
    let answer = stack.get("/v1/me", stack.text("/agent_token"));
    assert_eq!(
        answer.header("ratelimit-policy"),
        Some("\"credential\";q=6000;w=60, \"organization\";q=30000;w=60")
    );
    assert!(answer.header("ratelimit").is_some_and(|left| left.starts_with("\"credential\";r=")));
    let unknown = stack.get("/v1/me", "cs_live_x");
    assert_eq!((unknown.status, unknown.header("ratelimit")), (401, None));
}
