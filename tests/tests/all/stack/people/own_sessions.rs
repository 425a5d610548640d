//! One's own sessions and password on the running stack.

use serde_json::{Value, json};
use tests::Stack;

fn sign_in(stack: &Stack, role: &str, password: &str) -> tests::Answer {
    let body = json!({"email": stack.text(&format!("/{role}/email")), "password": password});
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    let headers = vec![("content-type", "application/json".to_owned()), ("user-agent", agent.to_owned())];
    stack.raw("POST", "/v1/sessions", "", headers, body.to_string())
}

fn opened(stack: &Stack, role: &str, password: &str) -> String {
    sign_in(stack, role, password).expect(201)["token"].as_str().unwrap().to_owned()
}

fn listed(stack: &Stack, session: &str) -> Vec<Value> {
    stack.get("/v1/me/sessions", session).expect(200)["data"].as_array().unwrap().clone()
}

#[test]
fn somebody_sees_where_they_are_signed_in_and_signs_out_there_and_everywhere() {
    let stack = Stack::running().organization();
    let password = stack.text("/viewer/password").to_owned();
    let (one, two) = (opened(&stack, "viewer", &password), opened(&stack, "viewer", &password));
    let shown = listed(&stack, &one);
    assert_eq!(shown.len(), 3, "{shown:?}");
    let current: Vec<_> = shown.iter().filter(|session| session["current"] == true).collect();
    assert_eq!((current.len(), &current[0]["browser"]), (1, &json!("Firefox on Linux")));
    assert_eq!(current[0]["opened_with"], "password");
    assert!(shown.iter().all(|session| session.get("token").is_none()), "{shown:?}");
    stack.get("/v1/me/sessions?limit=1", &one).expect(200);
    stack.get("/v1/me/sessions?limit=0", &one).refused(422, "invalid_limit");

    let others = listed(&stack, &two);
    let id = others.iter().find(|session| session["current"] == true).unwrap()["id"].as_str().unwrap();
    let path = format!("/v1/me/sessions/{id}");
    stack.call("DELETE", &path, stack.text("/owner/session"), None).refused(404, "not_found");
    assert_eq!(stack.call("DELETE", &path, &one, None).status, 204);
    stack.get("/v1/me", &two).refused(401, "invalid_credential");
    stack.call("DELETE", &path, &one, None).refused(404, "not_found");

    assert_eq!(stack.call("DELETE", "/v1/me/sessions", &one, None).status, 204);
    stack.get("/v1/me", stack.text("/viewer/session")).refused(401, "invalid_credential");
    assert_eq!(listed(&stack, &one).len(), 1);
    stack.call("DELETE", "/v1/me/sessions?everywhere=true", &one, None).refused(422, "unknown_field");
    let three = opened(&stack, "viewer", &password);
    assert_eq!(stack.call("DELETE", "/v1/me/sessions?current=true", &one, None).status, 204);
    for ended in [&one, &three] {
        stack.get("/v1/me", ended).refused(401, "invalid_credential");
    }
    stack.get("/v1/me", stack.text("/owner/session")).expect(200);
}

#[test]
fn a_token_has_no_sessions_and_no_password() {
    let stack = Stack::running().organization();
    let token = stack.text("/agent_token");
    stack.get("/v1/me/sessions", token).refused(403, "person_required");
    stack.call("DELETE", "/v1/me/sessions", token, None).refused(403, "person_required");
    let id = "/v1/me/sessions/ses_01kc1x5e3r0000000000000016";
    stack.call("DELETE", id, token, None).refused(403, "person_required");
    let change = json!({"current_password": "x", "new_password": "y"});
    stack.post("/v1/me/password", token, &change).refused(403, "person_required");
}

#[test]
fn another_password_ends_the_old_one_and_every_other_session() {
    let stack = Stack::running().organization();
    let (first, second) = (stack.text("/editor/password"), "seven words that nobody would expect here");
    let own = opened(&stack, "editor", first);
    let change = |current: &str, new: &str| {
        stack.post("/v1/me/password", &own, &json!({"current_password": current, "new_password": new}))
    };
    change("not the password at all", second).refused(422, "wrong_password");
    let weak = change(first, "password1234");
    weak.refused(422, "password_guessable");
    let said = weak.body.to_string();
    assert!(said.contains("very common") && !said.contains("password1234"), "{said}");
    change(first, "short").refused(422, "password_length");
    change(first, first).refused(422, "password_unchanged");
    assert_eq!(change(first, second).status, 204);
    stack.get("/v1/me", &own).expect(200);
    stack.get("/v1/me", stack.text("/editor/session")).refused(401, "invalid_credential");
    sign_in(&stack, "editor", first).refused(401, "wrong_email_or_password");
    sign_in(&stack, "editor", second).expect(201);
}

/// More sessions than anybody has: a program that signs in for every call leaves a hundred.
#[test]
fn the_hundred_and_first_session_ends_the_oldest() {
    let stack = Stack::running().organization();
    let password = stack.text("/approver/password").to_owned();
    for _ in 0..25 {
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..4).map(|_| scope.spawn(|| opened(&stack, "approver", &password))).collect();
            for one in all {
                drop(one.join().unwrap());
            }
        });
    }
    // Of those that sign in at the same moment none sees the others: the next one makes up for it.
    let last = opened(&stack, "approver", &password);
    stack.get("/v1/me", stack.text("/approver/session")).refused(401, "invalid_credential");
    let shown = stack.get("/v1/me/sessions?limit=100", &last).expect(200)["data"].as_array().unwrap().len();
    assert!((90..=104).contains(&shown), "{shown}");
}
