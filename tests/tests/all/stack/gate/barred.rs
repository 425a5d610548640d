//! Suppressions and lists on the real template.

use serde_json::{Value, json};
use tests::{Stack, unique};

fn send(stack: &Stack, to: &str) -> tests::Answer {
    let body = json!({"to": [to], "subject": unique("barred"), "text": "Hello"});
    stack.post(&format!("/v1/inboxes/{}/messages/send", stack.inbox()), stack.text("/agent_token"), &body)
}

fn field(answer: &tests::Answer) -> &Value {
    &answer.body["error"]["details"]["fields"][0]["field"]
}

#[test]
fn who_bounced_or_complained_gets_no_second_mail_until_somebody_says_so() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/session");
    for (to, status, source) in [
        ("bounce+one@simulator.amazonses.com", "bounced", "bounce"),
        ("complaint+one@simulator.amazonses.com", "complained", "complaint"),
    ] {
        let held = stack.submit(to, &unique("gone"), "text");
        stack.approve(&held).expect(200);
        stack.message_with_status(&held.message, status);
        let path = "/v1/suppressions?limit=100";
        let one = stack.until("a suppression", || {
            let all = stack.get(path, owner).expect(200)["data"].as_array().unwrap().clone();
            all.into_iter().find(|one| one["address"] == to)
        });
        assert_eq!((&one["source"], &one["message_id"]), (&json!(source), &json!(held.message)));
        assert_eq!(one["created_by"]["type"], "system");
        let path = format!("/v1/suppressions/{}", one["id"].as_str().unwrap());
        assert_eq!(stack.get(&path, owner).expect(200), one);

        let refused = send(&stack, to);
        assert_eq!((refused.status, refused.code()), (422, "recipient_suppressed"), "{}", refused.body);
        assert_eq!(field(&refused), "to[0]");
        assert_eq!(stack.call("DELETE", &path, owner, None).status, 204);
        send(&stack, to).expect(202);
        stack.get(&path, owner).refused(404, "not_found");
    }
    let events = stack.until("both events of both", || {
        let events = stack.get("/v1/events?types=suppression.*", owner).expect(200);
        events["data"].as_array().filter(|all| all.len() == 4).cloned()
    });
    assert!(events.iter().all(|event| event["data"]["suppression"]["address"].is_string()), "{events:?}");
}

#[test]
fn the_same_twice_is_one_and_both_at_once_is_refused() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/session");
    let body = json!({"address": "ann@else.example", "reason": "She asked for no more mail."});
    let made = stack.post("/v1/suppressions", owner, &body).expect(201);
    assert_eq!(stack.post("/v1/suppressions", owner, &body).expect(200), made);
    let refused = send(&stack, "Ann@Else.example");
    refused.refused(422, "recipient_suppressed");
    assert!(refused.body.to_string().contains("She asked for no more mail."), "{}", refused.body);
    for body in [json!({}), json!({"address": "a@b.example", "domain": "b.example"})] {
        stack.post("/v1/suppressions", owner, &body).refused(422, "address_or_domain");
    }
    let editor = stack.text("/editor/session");
    stack.post("/v1/suppressions", editor, &body).refused(403, "missing_scope");
}

#[test]
fn the_most_specific_entry_of_a_list_counts_and_lets_nothing_out_by_itself() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/session");
    let put = |kind: &str, whom: Value| {
        let mut body = json!({"direction": "send", "kind": kind});
        body.as_object_mut().unwrap().extend(whom.as_object().unwrap().clone());
        stack.post("/v1/lists", owner, &body)
    };
    put("block", json!({"everyone": true})).expect(201);
    put("allow", json!({"domain": "friends.example"})).expect(201);
    let eve = put("block", json!({"address": "eve@friends.example", "reason": "She left."})).expect(201);
    put("allow", json!({"address": "eve@friends.example"})).refused(409, "listed_otherwise");
    send(&stack, "a@else.example").refused(422, "recipient_blocked");
    send(&stack, "eve@friends.example").refused(422, "recipient_blocked");
    assert_eq!(send(&stack, "ann@friends.example").expect(202)["approval"]["status"], "pending");

    let path = format!("/v1/lists/{}", eve["id"].as_str().unwrap());
    assert_eq!(stack.get(&path, owner).expect(200), eve);
    let listed = stack.until("both entries", || {
        let listed = stack.get("/v1/lists?direction=send&kind=block", owner).expect(200);
        listed["data"].as_array().filter(|all| all.len() == 2).cloned()
    });
    assert_eq!(listed[0], eve, "the newest first");
    stack.get("/v1/lists?direction=send", owner).refused(422, "required");
    assert_eq!(stack.call("DELETE", &path, owner, None).status, 204);
    send(&stack, "eve@friends.example").expect(202);
}

#[test]
fn who_is_suppressed_after_the_approval_gets_nothing() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/session");
    let to = "late@friends.example";
    let body =
        json!({"to": [to], "subject": unique("late"), "text": "Hello", "send_at": tests::in_seconds(6)});
    let held = stack.submit_body(&body);
    stack.approve(&held).expect(200);
    stack.post("/v1/suppressions", owner, &json!({"address": to})).expect(201);
    stack.message_with_status(&held.message, "cancelled");
    assert!(stack.accepted(&held.message).is_empty());
}
