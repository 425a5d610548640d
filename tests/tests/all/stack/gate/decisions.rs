//! The gate through the API: policies, votes, edits, cancelling, pauses, budgets, sending again, and the crowd.
//! Policies here hold for mails with a word of the test's own, so that no other test meets them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};
use tests::{Stack, in_seconds, unique};

const OK: &str = "success@simulator.amazonses.com";

/// A policy for mails with one word in their subject alone, which is deleted at the end: no other test meets it.
struct Ruled<'a> {
    stack: &'a Stack,
    word: String,
    policy: Option<String>,
}

impl<'a> Ruled<'a> {
    /// Rules that match only mails with the word: each is `(name, condition, outcome, terms)`.
    fn new(stack: &'a Stack, rules: &[(&str, Value, &str, Value)]) -> Self {
        let word = unique("gate").replace(|c: char| !c.is_ascii_alphanumeric(), "");
        let marked = json!({"keyword": {"in": ["subject"], "any_of": [word]}});
        let rules: Vec<_> = rules
            .iter()
            .map(|(name, when, outcome, terms)| {
                let mut rule = json!({"name": name, "when": {"all": [marked, when]}, "outcome": outcome});
                if !terms.is_null() {
                    rule["terms"] = terms.clone();
                }
                rule
            })
            .collect();
        let policy = (!rules.is_empty()).then(|| {
            let body = json!({"name": word, "rules": rules});
            let made = stack.post("/v1/policies", stack.text("/owner/session"), &body).expect(201);
            text(&made, "/id").to_owned()
        });
        Self { stack, word, policy }
    }

    fn mail(&self) -> Value {
        json!({"to": [OK], "subject": unique(&self.word), "text": "Hello\n"})
    }
}

impl Drop for Ruled<'_> {
    fn drop(&mut self) {
        if let Some(id) = &self.policy {
            self.stack.call("DELETE", &format!("/v1/policies/{id}"), self.stack.text("/owner/session"), None);
        }
    }
}

/// Two persons of those who decide.
fn two() -> (&'static str, Value, &'static str, Value) {
    let terms = json!({"requirements": [{"quorum": 2, "roles": ["owner", "approver"]}]});
    ("two", json!({"always": true}), "hold", terms)
}

fn submit(stack: &Stack, inbox: &str, token: &str, body: &Value) -> Value {
    let answer = stack.post(&format!("/v1/inboxes/{inbox}/messages/send"), token, body);
    assert!([201, 202].contains(&answer.status), "{} {}", answer.status, answer.body);
    answer.body
}

/// An inbox of the test's own, with a token that sends from it; the owner made that, so the owner does not approve.
fn own_inbox(stack: &Stack) -> (String, String) {
    let owner = stack.text("/owner/session");
    let inbox = text(&stack.post("/v1/inboxes", owner, &json!({})).expect(201), "/id").to_owned();
    let body = json!({"name": "own", "scopes": ["messages.read", "messages.send"], "inbox_ids": [inbox]});
    let token = text(&stack.post("/v1/tokens", owner, &body).expect(201), "/token").to_owned();
    (inbox, token)
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} of {value}"))
}

fn act(stack: &Stack, approval: &Value, action: &str, token: &str) -> tests::Answer {
    let path = format!("/v1/approvals/{}/{action}", text(approval, "/id"));
    let body = if action == "cancel" { json!({}) } else { json!({"digest": text(approval, "/digest")}) };
    stack.post(&path, token, &body)
}

fn status(stack: &Stack, inbox: &str, id: &str) -> String {
    let path = format!("/v1/inboxes/{inbox}/messages/{id}");
    stack.get(&path, stack.text("/owner/session")).expect(200)["status"].as_str().unwrap().to_owned()
}

fn until(stack: &Stack, inbox: &str, id: &str, wanted: &str) {
    stack.until(wanted, || (status(stack, inbox, id) == wanted).then_some(()));
}

#[test]
fn two_votes_of_two_persons_then_one_mail() {
    let stack = Stack::running();
    let (ruled, inbox) = (Ruled::new(&stack, &[two()]), stack.inbox());
    let held = submit(&stack, inbox, stack.text("/agent_token"), &ruled.mail());
    let (approval, id) = (&held["approval"], text(&held, "/message/id"));
    assert_eq!(text(approval, "/policy_trace/0/rule_name"), "two");
    let first = act(&stack, approval, "approve", stack.text("/approver/session")).expect(200);
    assert_eq!(
        (text(&first, "/status"), &first["terms"]["requirements"][0]["votes"]),
        ("pending", &json!(1))
    );
    assert_eq!(status(&stack, inbox, id), "pending_approval");
    let second = act(&stack, approval, "approve", stack.text("/owner/session")).expect(200);
    assert_eq!(text(&second, "/status"), "approved");
    until(&stack, inbox, id, "delivered");
    assert_eq!(stack.accepted(id).len(), 1);
}

#[test]
fn an_edited_mail_goes_as_it_was_edited_and_only_after_another_person_read_it() {
    let stack = Stack::running();
    let (ruled, inbox) = (Ruled::new(&stack, &[]), stack.inbox());
    let held = submit(&stack, inbox, stack.text("/agent_token"), &ruled.mail());
    let (old, id) = (&held["approval"], text(&held, "/message/id"));
    let path = format!("/v1/approvals/{}/edit", text(old, "/id"));
    let change = json!({"digest": text(old, "/digest"), "text": "Goodbye\n"});
    let edited = stack.post(&path, stack.text("/approver/session"), &change).expect(202);
    let new = &edited["approval"];
    act(&stack, old, "approve", stack.text("/owner/session")).refused(409, "approval_superseded");
    act(&stack, new, "approve", stack.text("/approver/session")).refused(403, "editor_cannot_decide");
    let seen =
        stack.get(&format!("/v1/approvals/{}", text(new, "/id")), stack.text("/owner/session")).expect(200);
    assert_eq!(text(&seen, "/differences/0/field"), "text");
    act(&stack, new, "approve", stack.text("/owner/session")).expect(200);
    until(&stack, inbox, id, "delivered");
    let left = stack.accepted(id);
    assert_eq!(left.len(), 1);
    let receipt = stack.receipt(text(new, "/id"), stack.text("/owner/session")).expect(200);
    let receipt: Value = serde_json::from_str(text(&receipt, "/receipt")).unwrap();
    assert_eq!(text(&receipt, "/approval/digest"), text(new, "/digest"));
    assert_eq!(receipt["approval"]["revision"], "2");
}

#[test]
fn an_approval_is_taken_back_and_the_mail_goes_once_after_it_is_given_anew() {
    let stack = Stack::running();
    let (ruled, inbox) = (Ruled::new(&stack, &[]), stack.inbox());
    let (agent, approver) = (stack.text("/agent_token"), stack.text("/approver/session"));
    let mut mail = ruled.mail();
    mail["send_at"] = json!(in_seconds(3_600));
    let held = submit(&stack, inbox, agent, &mail);
    let (approval, id) = (&held["approval"], text(&held, "/message/id"));
    let path = format!("/v1/approvals/{}/take-back", text(approval, "/id"));
    act(&stack, approval, "approve", approver).expect(200);
    assert_eq!(status(&stack, inbox, id), "scheduled");
    stack.call("POST", &path, stack.text("/owner/session"), None).refused(409, "no_vote");
    stack.call("POST", &path, stack.text("/approver/token"), None).refused(403, "person_required");
    let waits = stack.call("POST", &path, approver, None).expect(200);
    assert_eq!((text(&waits, "/status"), waits["taken_back"].as_array().unwrap().len()), ("pending", 1));
    assert_eq!(status(&stack, inbox, id), "pending_approval");

    // One that is due at once: whichever write is first, it leaves at most once, and never without a vote.
    let soon = submit(&stack, inbox, agent, &ruled.mail());
    let (approval, id) = (&soon["approval"], text(&soon, "/message/id"));
    act(&stack, approval, "approve", approver).expect(200);
    let path = format!("/v1/approvals/{}/take-back", text(approval, "/id"));
    let back = stack.call("POST", &path, approver, None);
    if back.status == 200 {
        std::thread::sleep(std::time::Duration::from_secs(3));
        assert!(stack.accepted(id).is_empty());
        act(&stack, approval, "approve", stack.text("/owner/session")).expect(200);
    } else {
        back.refused(409, "message_not_waiting");
    }
    until(&stack, inbox, id, "delivered");
    assert_eq!(stack.accepted(id).len(), 1);
    let receipt = stack.receipt(text(approval, "/id"), stack.text("/owner/session")).expect(200);
    let receipt: Value = serde_json::from_str(text(&receipt, "/receipt")).unwrap();
    assert_eq!(text(&receipt, "/approval/status"), "approved");
}

#[test]
fn several_mails_are_approved_at_once_and_a_risky_one_is_not() {
    let stack = Stack::running();
    let (ruled, inbox) = (Ruled::new(&stack, &[]), stack.inbox());
    let (agent, approver) = (stack.text("/agent_token"), stack.text("/approver/session"));
    let mut mails: Vec<_> = (0..3).map(|_| submit(&stack, inbox, agent, &ruled.mail())).collect();
    let mut risky = ruled.mail();
    risky["html"] = json!("<p><a href=\"https://evil.example\">https://bank.example</a></p>");
    mails.push(submit(&stack, inbox, agent, &risky));
    assert_eq!(text(&mails[3], "/approval/risks/0/code"), "links_differ");
    let item = |held: &Value| json!({"approval_id": text(held, "/approval/id"), "digest": text(held, "/approval/digest")});
    let mut items: Vec<_> = mails.iter().map(item).collect();
    items.push(json!({"approval_id": "apr_01kc1x5e3r0000000000000004", "digest": items[0]["digest"]}));
    let batch = |items: &[Value]| json!({"verdict": "approve", "items": items});
    let path = "/v1/approvals/batch";
    stack.post(path, stack.text("/approver/token"), &batch(&items)).refused(403, "person_required");
    let twice = [items[0].clone(), items[1].clone(), items[0].clone()];
    let refused = stack.post(path, approver, &batch(&twice));
    refused.refused(422, "named_twice");
    assert_eq!(status(&stack, inbox, text(&mails[0], "/message/id")), "pending_approval");
    let done = stack.post(path, approver, &batch(&items)).expect(200);
    let said: Vec<_> = done["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["status"].as_str().or_else(|| one["error"]["code"].as_str()).unwrap())
        .collect();
    assert_eq!(said, ["approved", "approved", "approved", "look_first", "not_found"]);
    for held in &mails[..3] {
        let id = text(held, "/message/id");
        until(&stack, inbox, id, "delivered");
        assert_eq!(stack.accepted(id).len(), 1);
    }
    act(&stack, &mails[3]["approval"], "reject", approver).expect(200);
}

#[test]
fn a_revision_is_asked_for_read_in_the_event_and_made_by_the_program_that_asked() {
    let stack = Stack::running();
    let (ruled, inbox) = (Ruled::new(&stack, &[]), stack.inbox());
    let (agent, approver) = (stack.text("/agent_token"), stack.text("/approver/session"));
    let held = submit(&stack, inbox, agent, &ruled.mail());
    let path = format!("/v1/approvals/{}", text(&held, "/approval/id"));
    let said = stack.post(&format!("{path}/comments"), agent, &json!({"text": "It is urgent."})).expect(201);
    assert_eq!(text(&said, "/by/type"), "token");
    let note = json!({"digest": text(&held, "/approval/digest"), "note": "Leave out the price."});
    stack.post(&format!("{path}/ask-to-revise"), agent, &note).refused(403, "missing_scope");
    let asked = stack.post(&format!("{path}/ask-to-revise"), approver, &note).expect(200);
    assert_eq!(
        (text(&asked, "/status"), text(&asked, "/revision_requested/note")),
        ("pending", "Leave out the price.")
    );
    let all = stack.get(&format!("{path}/comments"), agent).expect(200);
    assert_eq!(all["data"].as_array().unwrap().len(), 2);
    let event = stack.until("its event", || {
        let page =
            stack.get("/v1/events?types=approval.revision_requested&limit=100", stack.text("/owner/token"));
        let about = |event: &&Value| event["data"]["approval"]["id"] == held["approval"]["id"];
        page.expect(200)["data"].as_array()?.iter().find(about).cloned()
    });
    assert_eq!(text(&event, "/data/approval/revision_requested/note"), "Leave out the price.");
    let change = json!({"digest": text(&held, "/approval/digest"), "text": "Without it."});
    let revised = stack.post(&format!("{path}/revise"), agent, &change).expect(202);
    assert_eq!(revised["approval"]["supersedes"], held["approval"]["id"]);
    act(&stack, &revised["approval"], "approve", approver).expect(200);
    let id = text(&held, "/message/id");
    until(&stack, inbox, id, "delivered");
    assert_eq!(stack.accepted(id).len(), 1);
}

#[test]
fn a_paused_inbox_sends_nothing_until_it_is_resumed_without_what_was_dropped() {
    let stack = Stack::running();
    let ((inbox, token), owner) = (own_inbox(&stack), stack.text("/owner/session"));
    let ruled = Ruled::new(&stack, &[]);
    let mails: Vec<_> = (0..2).map(|_| submit(&stack, &inbox, &token, &ruled.mail())).collect();
    let pause = json!({"reason": "to be sure"});
    stack.post(&format!("/v1/inboxes/{inbox}/pause"), stack.text("/approver/session"), &pause).expect(200);
    for held in &mails {
        act(&stack, &held["approval"], "approve", stack.text("/approver/session")).expect(200);
    }
    let ids: Vec<_> = mails.iter().map(|held| text(held, "/message/id")).collect();
    let resume = format!("/v1/inboxes/{inbox}/resume");
    let waiting = stack.until("both wait", || {
        let preview = stack.post(&resume, owner, &json!({"preview": true})).expect(200);
        (preview["will_send"]["data"].as_array().unwrap().len() == 2).then_some(preview)
    });
    assert_eq!(waiting["resumed"], false);
    // The dispatcher has been there and stood back.
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert!(ids.iter().all(|id| stack.accepted(id).is_empty()));
    stack.post(&resume, stack.text("/approver/session"), &json!({})).refused(403, "missing_scope");
    let resumed = stack.post(&resume, owner, &json!({"drop": [ids[1]]})).expect(200);
    assert_eq!(resumed["dropped"], json!([ids[1]]));
    until(&stack, &inbox, ids[0], "delivered");
    assert_eq!(status(&stack, &inbox, ids[1]), "cancelled");
    assert_eq!((stack.accepted(ids[0]).len(), stack.accepted(ids[1]).len()), (1, 0));
}

#[test]
fn what_a_policy_allows_goes_by_itself_and_what_it_blocks_is_not_stored() {
    let stack = Stack::running();
    let secrets = json!({"keyword": {"in": ["body"], "any_of": ["secret"]}});
    let rules =
        [("all", json!({"always": true}), "allow", Value::Null), ("secrets", secrets, "block", Value::Null)];
    let (ruled, inbox) = (Ruled::new(&stack, &rules), stack.inbox());
    let went = submit(&stack, inbox, stack.text("/agent_token"), &ruled.mail());
    assert_eq!(text(&went, "/approval/status"), "approved");
    until(&stack, inbox, text(&went, "/message/id"), "delivered");
    let path = format!("/v1/inboxes/{inbox}/messages/send");
    let blocked = stack.post(
        &path,
        stack.text("/agent_token"),
        &json!({"to": [OK], "subject": ruled.word, "text": "a secret"}),
    );
    assert_eq!((blocked.status, blocked.code()), (403, "blocked_by_policy"));
    let trace = blocked.body["error"]["details"]["policy_trace"].as_array().unwrap();
    assert!(
        trace.iter().any(|step| step["rule_name"] == "secrets" && step["outcome"] == "block"),
        "{trace:?}"
    );
}

#[test]
fn a_budget_is_spent_exactly_by_a_crowd() {
    let stack = Stack::running();
    let (inbox, owner) = (stack.inbox(), stack.text("/owner/session"));
    let address = format!("{}@{}", unique("bud").replace(' ', "-").to_lowercase(), "simulator.amazonses.com");
    let body = json!({"inbox_id": inbox, "recipient": address, "budget": 5, "expires_at": in_seconds(3600)});
    let made = stack.post("/v1/standing-approvals", owner, &body).expect(201);
    let statuses: Mutex<BTreeMap<String, u32>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                let sent = json!({"to": [address], "subject": unique("budget"), "text": "x"});
                let path = format!("/v1/inboxes/{inbox}/messages/send");
                // Whoever loses too often against others is told to repeat.
                let answer = stack.until("an answer", || {
                    let answer = stack.post(&path, stack.text("/agent_token"), &sent);
                    (answer.status < 300).then_some(answer)
                });
                let status = text(&answer.body, "/approval/status").to_owned();
                *statuses.lock().unwrap().entry(status).or_default() += 1;
            });
        }
    });
    let statuses = statuses.into_inner().unwrap();
    assert_eq!(statuses, BTreeMap::from([("approved".to_owned(), 5), ("pending".to_owned(), 7)]));
    let listed = stack.get("/v1/standing-approvals?limit=100", owner).expect(200);
    let mine = listed["data"].as_array().unwrap().iter().find(|one| one["id"] == made["id"]).unwrap();
    assert_eq!((&mine["used"], text(mine, "/status")), (&json!(5), "used_up"));
    stack.call("DELETE", &format!("/v1/standing-approvals/{}", text(&made, "/id")), owner, None).expect(204);
}

#[test]
fn bad_decisions_have_stable_codes_and_change_nothing() {
    let stack = Stack::running();
    let (inbox, owner) = (stack.inbox(), stack.text("/owner/session"));
    let held = submit(&stack, inbox, stack.text("/agent_token"), &Ruled::new(&stack, &[]).mail());
    let approval = &held["approval"];
    let path = |action: &str| format!("/v1/approvals/{}/{action}", text(approval, "/id"));
    stack.post(&path("approve"), owner, &json!({})).refused(422, "required");
    let other = format!("sha256:{}", "0".repeat(64));
    stack.post(&path("approve"), owner, &json!({"digest": other})).refused(409, "digest_mismatch");
    act(&stack, approval, "approve", stack.text("/viewer/token")).refused(403, "missing_scope");
    act(&stack, approval, "approve", stack.text("/agent_token")).refused(403, "missing_scope");
    let nobody = json!({"member_id": "mem_01kc1x5e3r0000000000000005"});
    stack.post(&path("delegate"), owner, &nobody).refused(422, "unknown_member");
    let nothing = json!({"digest": text(approval, "/digest")});
    stack.post(&path("edit"), owner, &nothing).refused(422, "nothing_changed");
    let invalid = json!({"digest": text(approval, "/digest"), "to": ["nobody"]});
    stack.post(&path("edit"), owner, &invalid).refused(422, "invalid_address");
    let past = json!({"to": [OK], "text": "x", "send_at": "2020-01-01T00:00:00Z"});
    let send = format!("/v1/inboxes/{inbox}/messages/send");
    stack.post(&send, stack.text("/agent_token"), &past).refused(422, "send_at_in_the_past");
    let far = json!({"to": [OK], "text": "x", "send_at": "2036-01-01T00:00:00Z"});
    stack.post(&send, stack.text("/agent_token"), &far).refused(422, "send_at_too_far");
    stack.get("/v1/messages?status=gone", owner).refused(422, "unknown_status");
    let two = json!({"recipient": OK, "domain": "a.example", "budget": 1, "expires_at": in_seconds(3600)});
    stack.post("/v1/standing-approvals", owner, &two).refused(422, "one_target");
    let again = format!("/v1/inboxes/{inbox}/messages/{}/send-again", text(&held, "/message/id"));
    stack.post(&again, stack.text("/agent_token"), &json!({})).refused(409, "message_not_ended");
    let seen = stack.get(&format!("/v1/approvals/{}", text(approval, "/id")), owner).expect(200);
    assert_eq!((text(&seen, "/status"), &seen["votes"]), ("pending", &json!([])));
    // Cancelled by whoever asked; then nothing more is decided.
    stack.post(&path("cancel"), stack.text("/agent_token"), &json!({"reason": "no need"})).expect(200);
    act(&stack, approval, "approve", owner).refused(409, "approval_not_pending");
}

/// Hundreds of mails, and many hands on each at once: votes of two persons, edits, cancelling, all racing. Alone, since
/// it looks at everything that left.
#[test]
fn alone_a_crowd_of_votes_edits_and_cancels_lets_nothing_unapproved_out() {
    const MAILS: usize = 180;
    let stack = Stack::running();
    let (ruled, inbox) = (Ruled::new(&stack, &[two()]), stack.inbox());
    let (owner, approver) = (stack.text("/owner/session"), stack.text("/approver/session"));
    let mails: Mutex<Vec<(Value, Vec<String>)>> = Mutex::default();
    std::thread::scope(|scope| {
        for worker in 0..6 {
            let (stack, ruled, mails) = (&stack, &ruled, &mails);
            scope.spawn(move || {
                for n in 0..MAILS / 6 {
                    let held = submit(stack, inbox, stack.text("/agent_token"), &ruled.mail());
                    let approval = held["approval"].clone();
                    let edited: Mutex<Option<Value>> = Mutex::default();
                    std::thread::scope(|hands| {
                        for (hand, token) in [owner, approver].into_iter().enumerate() {
                            let approval = &approval;
                            // Now these are first, now those.
                            let pause = u64::try_from((n * 7 + worker * 5 + hand * 3) % 10).unwrap();
                            hands.spawn(move || {
                                std::thread::sleep(std::time::Duration::from_millis(20 * pause));
                                act(stack, approval, "approve", token)
                            });
                        }
                        if (n + worker) % 3 == 0 {
                            let (approval, edited) = (&approval, &edited);
                            hands.spawn(move || {
                                let path = format!("/v1/approvals/{}/edit", text(approval, "/id"));
                                let change = json!({"digest": text(approval, "/digest"), "text": "edited\n"});
                                let answer = stack.post(&path, approver, &change);
                                if answer.status == 202 {
                                    *edited.lock().unwrap() = Some(answer.body["approval"].clone());
                                }
                            });
                        }
                        if (n + worker) % 4 == 0 {
                            let approval = &approval;
                            hands.spawn(move || act(stack, approval, "cancel", owner));
                        }
                    });
                    let mut approvals = vec![text(&approval, "/id").to_owned()];
                    if let Some(new) = edited.into_inner().unwrap() {
                        // One vote is not two: the edited ones wait on, and are cancelled by the half.
                        act(stack, &new, "approve", owner);
                        if n % 2 == 0 {
                            act(stack, &new, "cancel", owner);
                        }
                        approvals.push(text(&new, "/id").to_owned());
                    }
                    mails.lock().unwrap().push((held["message"].clone(), approvals));
                }
            });
        }
    });
    let mails = mails.into_inner().unwrap();
    assert_eq!(mails.len(), MAILS);
    let mut ends: BTreeMap<String, u32> = BTreeMap::new();
    for (message, approvals) in &mails {
        let id = text(message, "/id");
        // Whatever was approved comes to its end.
        let end = stack.until("an end", || {
            let status = status(&stack, inbox, id);
            (!["scheduled", "sending", "sent"].contains(&status.as_str())).then_some(status)
        });
        let left = stack.accepted(id);
        let approved: Vec<_> = approvals
            .iter()
            .map(|id| stack.get(&format!("/v1/approvals/{id}"), owner).expect(200))
            .filter(|approval| approval["status"] == "approved")
            .collect();
        assert!(left.len() <= 1, "{id} left {} times", left.len());
        assert_eq!(left.len(), approved.len(), "{id} is {end}");
        assert_eq!(left.len() == 1, end == "delivered", "{id} is {end}");
        for approval in &approved {
            let voters: std::collections::BTreeSet<_> = approval["votes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|vote| vote["member_id"].to_string())
                .collect();
            assert_eq!(voters.len(), 2, "{approval}");
        }
        *ends.entry(end).or_default() += 1;
    }
    assert!(ends.get("delivered").is_some_and(|n| *n > 10), "{ends:?}");
    assert!(ends.get("cancelled").is_some_and(|n| *n > 0), "{ends:?}");
    eprintln!("crowd: {MAILS} mails came to {ends:?}");
    // Those that wait still are nobody's business any more.
    for (_, approvals) in &mails {
        for id in approvals {
            stack.post(&format!("/v1/approvals/{id}/cancel"), owner, &json!({}));
        }
    }
}
