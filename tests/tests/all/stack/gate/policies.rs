//! Policies on the real template: made, changed, tried out, removed. Each test limits its policies to an inbox of its own,
//! so that no other test's mail is judged by them.

use serde_json::{Value, json};
use tests::{Stack, unique};

fn inbox(stack: &Stack) -> String {
    let made = stack.post("/v1/inboxes", stack.text("/owner/token"), &json!({})).expect(201);
    made["id"].as_str().unwrap().to_owned()
}

fn policy(inbox: &str, when: &Value, outcome: &str) -> Value {
    json!({
        "name": unique("policy"),
        "inbox_ids": [inbox],
        "rules": [{"name": "a rule", "when": when, "outcome": outcome}],
    })
}

fn tried(stack: &Stack, inbox: &str, draft: &Value) -> Value {
    let body = json!({"inbox_id": inbox, "draft": draft});
    stack.post("/v1/policies/simulate", stack.text("/owner/token"), &body).expect(200)
}

#[test]
fn a_policy_from_its_first_version_to_its_end() {
    let stack = Stack::running();
    let (owner, inbox) = (stack.text("/owner/token"), inbox(&stack));
    let draft = json!({"to": ["someone@new.example"], "subject": "Hello", "text": "Hello"});
    let before = tried(&stack, &inbox, &draft);
    assert_eq!((&before["outcome"], &before["reasons"]), (&json!("hold"), &json!(["no_policy_allows_it"])));

    let body = policy(&inbox, &json!({"any_recipient": {"first_contact": true}}), "block");
    let made = stack.post("/v1/policies", owner, &body).expect(201);
    let path = format!("/v1/policies/{}", made["id"].as_str().unwrap());
    assert_eq!(
        (&made["version"], &made["rules"], &made["enabled"]),
        (&json!(1), &body["rules"], &json!(true))
    );
    assert_eq!(stack.get(&path, owner).expect(200), made);
    let listed = stack.get("/v1/policies", owner).expect(200);
    assert!(listed["data"].as_array().unwrap().contains(&made), "{listed}");

    let found = tried(&stack, &inbox, &draft);
    assert_eq!(found["outcome"], "block", "{found}");
    assert_eq!(found["trace"][0]["because"], "to someone@new.example: never written to before");
    assert_eq!(found["facts"]["recipients"][0]["first_contact"], true);

    let mut next = policy(&inbox, &json!({"size_over": 1}), "allow");
    next["version"] = json!(1);
    let changed = stack.call("PUT", &path, owner, Some(&next)).expect(200);
    assert_eq!(changed["version"], 2);
    let stale = stack.call("PUT", &path, owner, Some(&next));
    assert_eq!((stale.status, stale.code()), (409, "policy_changed"));
    assert_eq!(stale.body["error"]["details"]["version"], "2");
    assert_eq!(tried(&stack, &inbox, &draft)["outcome"], "allow");

    let versions = stack.get(&format!("{path}/versions"), owner).expect(200);
    let data = versions["data"].as_array().unwrap();
    let told: Vec<_> = data.iter().map(|one| (&one["version"], one["ended_at"].is_null())).collect();
    assert_eq!(told, [(&json!(2), true), (&json!(1), false)], "{versions}");
    assert_eq!(data[1]["sentences"], json!(["When a recipient was never written to before: block it."]));

    assert_eq!(stack.call("DELETE", &path, owner, None).status, 204);
    stack.get(&path, owner).refused(404, "not_found");
    let versions = stack.get(&format!("{path}/versions"), owner).expect(200);
    assert_eq!(versions["data"][0]["version"], 2, "{versions}");
    assert_eq!(tried(&stack, &inbox, &draft)["outcome"], "hold");
}

#[test]
fn many_make_and_remove_policies_at_once_and_each_does() {
    let stack = Stack::running();
    let (owner, inbox) = (stack.text("/owner/token"), inbox(&stack));
    let at_once = |work: &(dyn Fn(usize) -> Value + Sync)| -> Vec<Value> {
        std::thread::scope(|scope| {
            let running: Vec<_> = (0..5).map(|n| scope.spawn(move || work(n))).collect();
            running.into_iter().map(|one| one.join().unwrap()).collect()
        })
    };
    let made = at_once(&|_| {
        let body = policy(&inbox, &json!({"size_over": 1}), "block");
        stack.post("/v1/policies", owner, &body).expect(201)
    });
    let path = |n: usize| format!("/v1/policies/{}", made[n]["id"].as_str().unwrap());
    for (n, policy) in made.iter().enumerate() {
        assert_eq!(&stack.get(&path(n), owner).expect(200), policy);
    }
    let gone = at_once(&|n| json!(stack.call("DELETE", &path(n), owner, None).status));
    assert_eq!(gone, vec![json!(204); made.len()]);
    for n in 0..made.len() {
        stack.get(&path(n), owner).refused(404, "not_found");
    }
}

#[test]
fn bad_policies_are_refused_with_everything_that_is_wrong() {
    let stack = Stack::running();
    let (owner, inbox) = (stack.text("/owner/token"), inbox(&stack));
    for (when, code, field) in [
        (json!({"policy": "pol_01kc1x5e3r0000000000000009"}), "unknown_condition", "rules[0].when.policy"),
        (json!({"colour": "red"}), "unknown_condition", "rules[0].when.colour"),
        (json!({"pattern": {"regex": "(a{1000}){1000}"}}), "pattern_too_large", "rules[0].when.pattern"),
        (json!({"time": {"time_zone": "Mars/Crater"}}), "unknown_time_zone", "rules[0].when.time.time_zone"),
        (json!({"all": []}), "empty_list", "rules[0].when.all"),
    ] {
        let answer = stack.post("/v1/policies", owner, &policy(&inbox, &when, "block"));
        assert_eq!((answer.status, answer.code()), (422, code), "{when}: {}", answer.body);
        assert_eq!(answer.body["error"]["details"]["fields"][0]["field"], field);
    }
    let rule = json!({"name": "r", "when": {"always": true}, "outcome": "hold"});
    let many = json!({"name": "p", "rules": vec![rule; 10_000]});
    stack.post("/v1/policies", owner, &many).refused(422, "too_many_rules");
    let long = policy(&inbox, &json!({"keyword": {"any_of": ["a".repeat(1_000_000)]}}), "block");
    stack.post("/v1/policies", owner, &long).refused(422, "too_long");
}

#[test]
fn a_stored_mail_is_judged_as_it_is() {
    let stack = Stack::running();
    let owner = stack.text("/owner/token");
    let held = stack.submit("success@simulator.amazonses.com", &unique("judged"), "the word is xyzzy");
    let rules = json!([{"name": "p", "rules": [
        {"name": "word", "when": {"keyword": {"any_of": ["XYZZY"], "in": ["body"]}}, "outcome": "block"},
        {"name": "program", "when": {"sender": {"kind": "token"}}, "outcome": "hold"},
    ]}]);
    let body = json!({"inbox_id": stack.inbox(), "message_id": held.message, "policies": rules});
    let found = stack.post("/v1/policies/simulate", owner, &body).expect(200);
    assert_eq!(
        (&found["outcome"], found["trace"].as_array().unwrap().len()),
        (&json!("block"), 2),
        "{found}"
    );
}

#[test]
fn a_saved_draft_is_judged_as_submitting_it_would() {
    let stack = Stack::running();
    let (owner, inbox) = (stack.text("/owner/session"), stack.inbox());
    let path = format!("/v1/inboxes/{inbox}/drafts");
    let draft = json!({"to": ["success@simulator.amazonses.com"], "subject": unique("tried"), "text": "the word is xyzzy"});
    let saved = stack.post(&path, owner, &draft).expect(201);
    let rules = json!([{"name": "p", "rules": [
        {"name": "word", "when": {"keyword": {"any_of": ["XYZZY"], "in": ["body"]}}, "outcome": "block"},
    ]}]);
    let body = json!({"inbox_id": inbox, "draft_id": saved["id"], "policies": rules});
    let found = stack.post("/v1/policies/simulate", owner, &body).expect(200);
    assert_eq!(found["outcome"], "block", "{found}");
    let own = format!("/v1/drafts/{}", saved["id"].as_str().unwrap());
    stack.call("DELETE", &own, owner, None).expect(204);
    stack.post("/v1/policies/simulate", owner, &body).refused(422, "unknown_draft");
    let both = json!({"inbox_id": inbox, "draft_id": saved["id"], "draft": draft});
    stack.post("/v1/policies/simulate", owner, &both).refused(422, "draft_or_message");
}

#[test]
fn no_token_sends_and_writes_the_rules() {
    let stack = Stack::running();
    let both = json!({"name": "both", "scopes": ["messages.send", "policies.manage"]});
    stack.post("/v1/tokens", stack.text("/owner/token"), &both).refused(422, "scopes_not_grantable");
}

#[test]
fn what_is_put_off_waits_and_whoever_sends_may_ask_why() {
    let stack = Stack::running().organization();
    let (owner, inbox) = (stack.text("/owner/session"), inbox(&stack));
    let scopes = json!({"name": "q", "scopes": ["messages.send", "messages.read"], "inbox_ids": [inbox]});
    let agent = stack.post("/v1/tokens", owner, &scopes).expect(201)["token"].as_str().unwrap().to_owned();
    // Whatever the hour is, it is now: all of the week but the time from six to five hours ago.
    let clock = |hours: i64| tests::in_seconds(hours * 3_600)[11..16].to_owned();
    let hours = json!({"from": clock(-5), "to": clock(-6), "time_zone": "UTC"});
    let rules = json!([
        {"name": "all", "when": {"always": true}, "outcome": "allow"},
        {"name": "night", "when": {"always": true}, "outcome": "defer", "quiet_hours": hours},
        {"name": "never", "when": {"words": {"any_of": ["xyzzy"]}}, "outcome": "allow"},
    ]);
    let policy = json!({"name": unique("policy"), "inbox_ids": [inbox], "rules": rules});
    let made = stack.post("/v1/policies", owner, &policy).expect(201);
    assert_eq!(made["rules"][1]["quiet_hours"]["time_zone"], "UTC", "{made}");

    let draft =
        json!({"to": ["success@simulator.amazonses.com"], "subject": unique("quiet"), "text": "Hello"});
    let body = json!({"inbox_id": inbox, "draft": draft});
    let tried = stack.post("/v1/policies/simulate", &agent, &body).expect(200);
    assert_eq!((&tried["outcome"], &tried["quiet_hours"][0]["from"]), (&json!("allow"), &hours["from"]));
    assert_eq!(tried["unmatched"][0]["because"], "none of its words stands there", "{tried}");

    let sent = stack.post(&format!("/v1/inboxes/{inbox}/messages/send"), &agent, &draft).expect(201);
    let sent = tests::Held::of(&sent);
    let path = format!("/v1/inboxes/{inbox}/messages/{}", sent.message);
    let message = stack.get(&path, &agent).expect(200);
    assert_eq!((&message["status"], &message["send_at"]), (&json!("scheduled"), &json!(null)), "{message}");
    assert!(message["not_before"].as_str().unwrap() > tests::in_seconds(3_600).as_str(), "{message}");
    let approval = stack.get(&format!("/v1/approvals/{}", sent.approval), owner).expect(200);
    assert_eq!(
        (&approval["not_before"], &approval["quiet_hours"][0]["to"]),
        (&message["not_before"], &hours["to"])
    );
    let cancel = format!("/v1/approvals/{}/cancel", sent.approval);
    stack.post(&cancel, &agent, &json!({})).expect(200);
    let path = format!("/v1/policies/{}", made["id"].as_str().unwrap());
    assert_eq!(stack.call("DELETE", &path, owner, None).status, 204);
}

#[test]
fn every_template_of_the_gallery_can_be_made() {
    let stack = Stack::running();
    let (owner, inbox) = (stack.text("/owner/token"), inbox(&stack));
    let all = stack.get("/v1/policies/templates", owner).expect(200);
    assert_eq!(all["data"].as_array().unwrap().len(), 11);
    for template in all["data"].as_array().unwrap() {
        let mut policy = template["policy"].clone();
        policy["inbox_ids"] = json!([inbox]);
        let made = stack.post("/v1/policies", owner, &policy).expect(201);
        let path = format!("/v1/policies/{}", made["id"].as_str().unwrap());
        assert_eq!(stack.call("DELETE", &path, owner, None).status, 204);
    }
}
