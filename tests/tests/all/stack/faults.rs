//! Things go wrong at every place where they can: SES, the table, the bucket, the workflow, the functions themselves.
//! After each: at most one mail left, it was the approved one, nothing stands still for good, nothing received is lost.
//!
//! Fault rules concern the whole stack, so these tests run alone and one by one. Here is the main job; `changes` has all
//! other routes, `consumers` what works behind them.

mod changes;
mod consumers;
mod uploads;

use std::time::Duration;

use domain::base::digest::Digest;
use domain::gate::seal::Sealed;
use serde_json::{Value, json};
use tests::listener::Listener;
use tests::{Fault, Held, Stack, in_seconds, unique};

use super::mailbox::inbound;

const SUBMIT: &str = "countersign-api-messages-send";
const APPROVE: &str = "countersign-api-approvals-approve";
const DISPATCH: &str = "countersign-dispatch-send";
const RECEIVE: &str = "countersign-inbound-receive";
const SWEEP: &str = "countersign-background-sweep";

/// So often a call is made to fail that no SDK and no loop of ours gets through.
const ALWAYS: u32 = 1000;

// ------------------------------------------------------------------ helpers

/// What the workflow gives the dispatcher.
fn ticket(stack: &Stack, held: &Held) -> Value {
    json!({
        "organization_id": stack.text("/organization_id"), "inbox_id": stack.inbox(),
        "message_id": held.message, "approval_id": held.approval, "digest": held.digest,
        "send_at": "1970-01-01T00:00:00Z",
    })
}

fn submit(stack: &Stack, subject: &str) -> Held {
    stack.submit("success@simulator.amazonses.com", subject, "text")
}

fn status(stack: &Stack, held: &Held) -> String {
    let path = format!("/v1/inboxes/{}/messages/{}", stack.inbox(), held.message);
    stack.get(&path, stack.text("/owner/token")).expect(200)["status"].as_str().unwrap().to_owned()
}

/// Lets five minutes go by for a mail that is due or claimed, and the sweeper look after it.
fn five_minutes_later(stack: &Stack, held: &Held, status: &str) {
    let passed = if status == "sending" {
        "outbound.#at = outbound.#at - :t"
    } else {
        "outbound.due = outbound.due - :t, outbound.look_at = outbound.look_at - :t"
    };
    let request = json!({
        "Key": {
            "pk": {"S": format!("{}/{}/messages", stack.text("/organization_id"), stack.inbox())},
            "sk": {"S": held.message},
        },
        "UpdateExpression": format!("SET watch_at = watch_at - :t, {passed}"),
        // It may have moved on by itself: then time has no business with it.
        "ConditionExpression": "outbound.#state = :state AND outbound.#at <> :never",
        "ExpressionAttributeNames": {"#state": "state", "#at": "at"},
        "ExpressionAttributeValues": {":t": {"N": "300000"}, ":state": {"S": status}, ":never": {"N": "0"}},
    });
    stack.dynamodb("UpdateItem", request);
    let swept = stack.invoke(SWEEP, &json!({}));
    assert!(swept["lost"].is_number(), "{swept}");
}

/// Where the mail comes to rest. What stands still for some seconds is left to the sweeper, minutes later.
fn rest(stack: &Stack, held: &Held) -> String {
    let resting = |stack: &Stack| {
        let status = status(stack, held);
        let settled = match status.as_str() {
            "delivered" | "failed" => true,
            // SES's report is on its way where it accepted the mail.
            "unknown" => stack.accepted(&held.message).is_empty(),
            _ => false,
        };
        (settled, status)
    };
    let waited = runtime::environment::stopwatch();
    let mut swept_at = 0;
    stack.until("rest of a mail", || {
        let (settled, status) = resting(stack);
        // A claimed mail may be in the hands of an SDK that makes its three attempts.
        let patience = if status == "sending" { 5000 } else { 3000 };
        if !settled && waited() - swept_at > patience && ["sending", "scheduled"].contains(&status.as_str()) {
            five_minutes_later(stack, held, &status);
            swept_at = waited();
        }
        settled.then_some(status)
    })
}

/// How many mails SES accepted. Never more than one, and byte for byte what was approved.
fn left(stack: &Stack, held: &Held) -> usize {
    let organization = stack.text("/organization_id");
    let hex = held.digest.strip_prefix("sha256:").unwrap();
    let object = stack.aws(
        &format!("/{}/sealed/{organization}/{hex}", stack.text("/bucket")),
        "s3",
        None,
        &Value::Null,
    );
    let digest = Digest::parse(&held.digest).unwrap();
    let sealed = Sealed::open(object.as_str().unwrap().as_bytes().to_vec(), digest).unwrap();
    assert_eq!(sealed.envelope().message_id.to_string(), held.message);
    let accepted = stack.accepted(&held.message);
    assert!(accepted.len() <= 1, "left {} times: {accepted:?}", accepted.len());
    for mail in &accepted {
        assert_eq!(mail["sha256"].as_str().unwrap(), Digest::of(sealed.mime()).hex(), "other bytes left");
        let recipients: Vec<_> = sealed.envelope().recipients().map(ToString::to_string).collect();
        assert_eq!(mail["destinations"], json!(recipients), "to others than was approved");
    }
    accepted.len()
}

/// Runs `work` with the first, second, third … AWS call of a function going wrong, until it makes no such call.
fn at_each_call(stack: &Stack, function: &str, kind: &str, mut work: impl FnMut(&Fault<'_>, &str)) -> u32 {
    for skip in 0..60 {
        let fault = stack.fault(&json!({"kind": kind, "function": function, "skip": skip}));
        work(&fault, &format!("{kind} at call {skip} of {function}"));
        if fault.fired() == 0 {
            return skip;
        }
    }
    panic!("{function} makes more calls than any function should");
}

/// Calls of one function since the ledger stood at `since`.
fn calls(stack: &Stack, since: u64, function: &str) -> Vec<Value> {
    let ledger = stack.control("GET", &format!("/ledger?since={since}&function={function}"), None);
    ledger["calls"].as_array().cloned().unwrap_or_default()
}

fn now(stack: &Stack) -> u64 {
    stack.control("GET", "/ledger", None)["last"].as_u64().unwrap()
}

/// Mails of the demo inbox with this subject.
fn listed(stack: &Stack, subject: &str) -> Vec<Value> {
    let path = format!("/v1/inboxes/{}/messages?limit=100", stack.inbox());
    let list = stack.get(&path, stack.text("/owner/token")).expect(200);
    let same = |message: &&Value| message["subject"] == subject;
    list["data"].as_array().unwrap().iter().filter(same).cloned().collect()
}

// ------------------------------------------------------------------ SES

#[test]
fn whatever_ses_does_a_mail_leaves_at_most_once_and_its_status_says_what_is_known() {
    let stack = Stack::running();
    // The fault, where it leaves the mail, and how many mails SES accepted.
    let cases = [
        (json!({"kind": "slow", "seconds": 1}), "delivered", 1),
        // Accepted, but nobody was told: SES's own report settles it.
        (json!({"kind": "accept_then_drop"}), "delivered", 1),
        (json!({"kind": "accept_then_500"}), "delivered", 1),
        // Not accepted, which nobody can know: it stays unknown, and is never tried again.
        (json!({"kind": "drop_before"}), "unknown", 0),
        (json!({"kind": "error_500"}), "unknown", 0),
        (json!({"kind": "error_503"}), "unknown", 0),
        // Certainly not accepted: tried again later.
        (json!({"kind": "throttle"}), "delivered", 1),
        (json!({"kind": "refuse_connection", "seconds": 2}), "delivered", 1),
        (json!({"kind": "refuse"}), "failed", 0),
    ];
    for (mut rule, status, accepted) in cases {
        rule["service"] = "ses".into();
        let held = submit(&stack, &unique("SES"));
        let fault = stack.fault(&rule);
        stack.approve(&held).expect(200);
        let rested = rest(&stack, &held);
        assert_eq!((rested.as_str(), left(&stack, &held)), (status, accepted), "{rule}");
        assert_eq!(fault.fired(), 1, "{rule}");
        drop(fault);
        let again = stack.invoke(DISPATCH, &ticket(&stack, &held));
        assert_eq!(again["moved"], false, "{rule}: {again}");
        assert_eq!(left(&stack, &held), accepted, "{rule}");
    }
}

#[test]
fn a_report_that_comes_before_the_answer_stands_when_the_answer_never_comes() {
    let stack = Stack::running();
    let held = submit(&stack, &unique("hanging"));
    let since = now(&stack);
    let fault = stack.fault(&json!({"service": "ses", "kind": "accept_then_hang", "seconds": 30}));
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    // The dispatcher gives up after its own limit.
    stack.until("end of the hanging call", || {
        calls(&stack, since, DISPATCH)
            .iter()
            .any(|call| call["operation"] == "SendEmail" && call["latency_ms"].as_f64() > Some(1000.0))
            .then_some(())
    });
    let again = stack.invoke(DISPATCH, &ticket(&stack, &held));
    assert_eq!((again["moved"].as_bool(), again["status"].as_str()), (Some(false), Some("delivered")));
    assert_eq!((fault.fired(), left(&stack, &held), status(&stack, &held).as_str()), (1, 1, "delivered"));
}

#[test]
fn a_mail_that_ses_throttles_is_tried_again_at_growing_pauses_and_leaves_once_ses_takes_it() {
    let stack = Stack::running();
    let held = submit(&stack, &unique("throttled"));
    let fault = stack.fault(&json!({"service": "ses", "kind": "throttle", "times": ALWAYS}));
    stack.approve(&held).expect(200);
    stack.until("three calls", || (fault.fired() >= 3).then_some(()));
    let waiting = stack.message_with_status(&held.message, "scheduled");
    assert!(waiting["attempts"].as_u64() >= Some(3), "{waiting}");
    let before = fault.fired();
    for _ in 0..5 {
        stack.invoke(DISPATCH, &ticket(&stack, &held));
    }
    assert!(fault.fired() <= before + 1, "not before its pause is over");
    drop(fault);
    assert_eq!((rest(&stack, &held).as_str(), left(&stack, &held)), ("delivered", 1));
}

// ------------------------------------------------------------------ the dispatcher is killed

#[test]
fn a_dispatcher_killed_after_ses_accepted_leaves_a_mail_that_the_report_settles() {
    let stack = Stack::running();
    let held = submit(&stack, &unique("killed"));
    let fault = stack.fault(&json!({"service": "ses", "kind": "kill_after"}));
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    assert_eq!((fault.fired(), left(&stack, &held)), (1, 1));
}

#[test]
fn a_killed_dispatcher_and_lost_reports_end_in_unknown_until_a_report_comes_again() {
    let stack = Stack::running();
    let held = submit(&stack, &unique("killed in silence"));
    let killed = stack.fault(&json!({"service": "ses", "kind": "kill_after"}));
    let silent = stack.fault(&json!({"kind": "events_drop"}));
    stack.approve(&held).expect(200);
    stack.until("loss of the reports", || (silent.fired() == 1).then_some(()));
    assert_eq!(killed.fired(), 1);
    // The task is delivered again and again: the claim stands, and nothing leaves a second time.
    for _ in 0..3 {
        let again = stack.invoke(DISPATCH, &ticket(&stack, &held));
        assert_eq!((again["moved"].as_bool(), again["status"].as_str()), (Some(false), Some("sending")));
    }
    five_minutes_later(&stack, &held, "sending");
    assert_eq!(status(&stack, &held), "unknown");
    let again = stack.invoke(DISPATCH, &ticket(&stack, &held));
    assert_eq!((again["moved"].as_bool(), left(&stack, &held)), (Some(false), 1));
    let accepted = stack.accepted(&held.message)[0]["message_id"].clone();
    stack.control("POST", "/redeliver", Some(&json!({"message_id": accepted})));
    stack.message_with_status(&held.message, "delivered");
    assert_eq!(left(&stack, &held), 1);
}

/// Every call that a dispatch makes: what its ticket names, a place, the claim, the last look, and beside it the sealed object, the key log and
/// the list of who alone sends from where; then the provider, and the outcome.
const DISPATCH_CALLS: [&str; 9] = [
    "BatchGetItem",
    "UpdateItem",
    "UpdateItem",
    "BatchGetItem",
    "GetObject",
    "GetObject",
    "GetObject",
    "SendEmail",
    "TransactWriteItems",
];
/// The claim among them.
const CLAIM: usize = 2;

#[test]
fn a_dispatcher_killed_at_any_call_sends_at_most_once_and_leaves_nothing_stuck() {
    let stack = Stack::running();
    // A workflow that another test made repeat itself would be killed in place of ours.
    let (mut since, mut quiet) = (now(&stack), runtime::environment::stopwatch());
    stack.until("end of what went before", || {
        if !calls(&stack, since, DISPATCH).is_empty() {
            (since, quiet) = (now(&stack), runtime::environment::stopwatch());
        }
        (quiet() > 3000).then_some(())
    });
    let held = submit(&stack, &unique("undisturbed"));
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    let made = stack.until("a whole dispatch", || {
        let made = calls(&stack, since, DISPATCH);
        (made.len() >= DISPATCH_CALLS.len()).then_some(made)
    });
    let mut made: Vec<_> = made.iter().map(|call| call["operation"].as_str().unwrap()).collect();
    assert_eq!(made[..=CLAIM], DISPATCH_CALLS[..=CLAIM], "a place before the claim, and nothing else");
    assert_eq!(made[7..], DISPATCH_CALLS[7..], "the provider comes after every look");
    made.sort_unstable();
    let mut known = DISPATCH_CALLS;
    known.sort_unstable();
    assert_eq!(made, known, "another call is another place to be killed at");
    for (n, operation) in DISPATCH_CALLS.into_iter().enumerate() {
        let skip = DISPATCH_CALLS[..n].iter().filter(|earlier| **earlier == operation).count();
        for kind in ["kill_before", "kill_after"] {
            let held = submit(&stack, &unique(operation));
            let rule = json!({"operation": operation, "kind": kind, "function": DISPATCH, "skip": skip});
            let fault = stack.fault(&rule);
            stack.approve(&held).expect(200);
            let outcome = (rest(&stack, &held), left(&stack, &held));
            // Between claim and acceptance nobody can know: it is said so. Elsewhere it goes on.
            let expected = match (operation, kind) {
                _ if n < CLAIM => ("delivered", 1),
                ("UpdateItem", "kill_before") | ("SendEmail", "kill_after") | ("TransactWriteItems", _) => {
                    ("delivered", 1)
                }
                _ => ("unknown", 0),
            };
            assert_eq!((outcome.0.as_str(), outcome.1), expected, "{kind} {operation}, call {n}");
            assert_eq!(fault.fired(), 1, "{kind} {operation}");
        }
    }
}

// ------------------------------------------------------------------ told twice

#[test]
fn the_same_ticket_ten_times_at_once_sends_once() {
    let stack = Stack::running();
    for _ in 0..3 {
        let held = submit(&stack, &unique("ten at once"));
        let event = ticket(&stack, &held);
        let before = stack.invoke(DISPATCH, &event);
        assert_eq!(
            (before["moved"].as_bool(), before["status"].as_str()),
            (Some(false), Some("pending_approval"))
        );
        stack.approve(&held).expect(200);
        let moved: Vec<bool> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..10).map(|_| scope.spawn(|| stack.invoke(DISPATCH, &event))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()["moved"] == true).collect()
        });
        // The workflow itself may have been first.
        assert!(moved.iter().filter(|moved| **moved).count() <= 1, "{moved:?}");
        stack.message_with_status(&held.message, "delivered");
        assert_eq!(stack.invoke(DISPATCH, &event), json!({"moved": false, "status": "delivered"}));
        assert_eq!(left(&stack, &held), 1);
    }
}

#[test]
fn reports_that_come_twice_or_in_reverse_change_nothing() {
    let stack = Stack::running();
    for kind in ["events_duplicate", "events_reorder"] {
        let held = submit(&stack, &unique(kind));
        let fault = stack.fault(&json!({"kind": kind}));
        stack.approve(&held).expect(200);
        let first = stack.message_with_status(&held.message, "delivered");
        assert_eq!(fault.fired(), 1, "{kind}");
        let accepted = stack.accepted(&held.message)[0]["message_id"].clone();
        let told = |event_type: &str| {
            let since = now(&stack);
            let body = json!({"message_id": accepted, "event_type": event_type});
            assert_eq!(stack.control("POST", "/redeliver", Some(&body))["events"], 1);
            stack.until("look at the report", || {
                (!calls(&stack, since, "countersign-background-settle").is_empty()).then_some(())
            });
        };
        // Delivered before Sent, and each once more.
        for event_type in ["Delivery", "Send", "Delivery", "Send"] {
            told(event_type);
        }
        let path = format!("/v1/inboxes/{}/messages/{}", stack.inbox(), held.message);
        assert_eq!(stack.get(&path, stack.text("/owner/token")).body, first, "{kind}");
        assert_eq!(left(&stack, &held), 1);
    }
}

#[test]
fn an_event_that_is_published_twice_keeps_its_id() {
    let stack = Stack::running();
    let listener = Listener::start();
    let owner = stack.text("/owner/token");
    let webhook = stack.post("/v1/webhooks", owner, &json!({"url": listener.url})).expect(201);
    for kind in ["duplicate", "kill_after", "drop_after", "error_500", "throttle"] {
        let fault = stack.fault(&json!({"service": "events", "operation": "PutEvents", "kind": kind}));
        let held = submit(&stack, &unique(kind));
        stack.approve(&held).expect(200);
        stack.message_with_status(&held.message, "delivered");
        let expected = ["approval.requested", "approval.approved", "message.sent", "message.delivered"];
        let told = stack.until("four events", || {
            let told = listener.about(&held.message);
            expected.iter().all(|kind| told.iter().any(|told| told.event["type"] == *kind)).then_some(told)
        });
        assert_eq!(fault.fired(), 1, "{kind}");
        for event_type in expected {
            let mut ids: Vec<_> =
                told.iter().filter(|told| told.event["type"] == event_type).map(|told| &told.id).collect();
            ids.dedup();
            assert_eq!(ids.len(), 1, "{kind}: {event_type} came with other ids: {ids:?}");
        }
    }
    stack.call("DELETE", &format!("/v1/webhooks/{}", webhook["id"].as_str().unwrap()), owner, None);
}

// ------------------------------------------------------------------ asking to send, and deciding

#[test]
fn a_request_killed_at_any_call_and_repeated_holds_one_mail_that_leaves_once() {
    let stack = Stack::running();
    let path = format!("/v1/inboxes/{}/messages/send", stack.inbox());
    for kind in ["kill_before", "kill_after", "drop_after", "throttle"] {
        let mut all = vec![];
        let calls = at_each_call(&stack, SUBMIT, kind, |_, name| {
            let subject = unique(name);
            let body = json!({"to": ["success@simulator.amazonses.com"], "subject": subject, "text": "text"});
            let key = subject.replace(' ', "-");
            let mut tries = 0;
            let answer = stack.until("held mail", || {
                tries += 1;
                let headers =
                    vec![("content-type", "application/json".into()), ("idempotency-key", key.clone())];
                let answer = stack.raw("POST", &path, stack.text("/agent_token"), headers, body.to_string());
                assert!([202, 500, 502, 503, 504].contains(&answer.status), "{name}: {}", answer.body);
                (answer.status == 202).then_some(answer.body)
            });
            // A killed function is the caller's to repeat; everything else is ours.
            assert!(tries <= if kind.starts_with("kill") { 2 } else { 1 }, "{name}: {tries} requests");
            assert_eq!(listed(&stack, &subject).len(), 1, "{name}");
            all.push((name.to_owned(), Held::of(&answer)));
        });
        assert!(calls >= 4, "{kind}: {calls}");
        for (_, held) in &all {
            stack.approve(held).expect(200);
        }
        for (name, held) in &all {
            assert_eq!((rest(&stack, held).as_str(), left(&stack, held)), ("delivered", 1), "{name}");
        }
    }
}

#[test]
fn a_request_that_the_table_never_answers_is_refused_as_unavailable_and_leaves_nothing() {
    let stack = Stack::running();
    let path = format!("/v1/inboxes/{}/messages/send", stack.inbox());
    for (operation, kind) in [
        ("BatchGetItem", "throttle"),
        ("TransactWriteItems", "throttle"),
        ("TransactWriteItems", "error_500"),
        ("PutObject", "error_503"),
    ] {
        let subject = unique("never held");
        let body = json!({"to": ["success@simulator.amazonses.com"], "subject": subject, "text": "text"});
        let rule = json!({"operation": operation, "kind": kind, "function": SUBMIT, "times": ALWAYS});
        let fault = stack.fault(&rule);
        let answer = stack.post(&path, stack.text("/agent_token"), &body);
        answer.refused(503, "temporarily_unavailable");
        assert!(answer.header("retry-after").is_some());
        assert!(fault.fired() > 1, "{rule}");
        drop(fault);
        assert!(listed(&stack, &subject).is_empty());
        let pending = stack.get("/v1/approvals?limit=100", stack.text("/approver/session")).expect(200);
        assert!(!pending.to_string().contains(&subject), "half of it is there");
    }
}

#[test]
fn a_decision_killed_at_any_call_and_repeated_stands_and_the_mail_leaves_once() {
    let stack = Stack::running();
    for kind in ["kill_before", "kill_after", "drop_after", "throttle"] {
        let mut all = vec![];
        let calls = at_each_call(&stack, APPROVE, kind, |_, name| {
            let held = submit(&stack, &unique(name));
            let mut tries = 0;
            stack.until("decision", || {
                tries += 1;
                let answer = stack.approve(&held);
                assert!([200, 500, 502, 503, 504].contains(&answer.status), "{name}: {}", answer.body);
                (answer.status == 200).then_some(())
            });
            assert!(tries <= if kind.starts_with("kill") { 2 } else { 1 }, "{name}: {tries} requests");
            all.push((name.to_owned(), held));
        });
        assert!(calls >= 3, "{kind}: {calls}");
        for (name, held) in &all {
            assert_eq!((rest(&stack, held).as_str(), left(&stack, held)), ("delivered", 1), "{name}");
        }
    }
}

#[test]
fn a_decision_that_the_table_never_takes_is_refused_and_the_mail_stays_held() {
    let stack = Stack::running();
    let held = submit(&stack, &unique("undecided"));
    for kind in ["throttle", "error_500"] {
        let rule =
            json!({"operation": "TransactWriteItems", "kind": kind, "function": APPROVE, "times": ALWAYS});
        let fault = stack.fault(&rule);
        stack.approve(&held).refused(503, "temporarily_unavailable");
        assert!(fault.fired() > 1);
        assert_eq!((status(&stack, &held).as_str(), left(&stack, &held)), ("pending_approval", 0));
    }
    stack.approve(&held).expect(200);
    assert_eq!((rest(&stack, &held).as_str(), left(&stack, &held)), ("delivered", 1));
}

// ------------------------------------------------------------------ the workflow, the bucket, the table

#[test]
fn a_table_that_hangs_is_answered_for_before_lambda_ends_the_function() {
    let stack = Stack::running();
    let rule = json!({
        "operation": "BatchGetItem", "function": "countersign-api-me-get", "kind": "hang", "seconds": 60, "times": ALWAYS,
    });
    let fault = stack.fault(&rule);
    // The function has 15 seconds: ended, it would be answered for with the gateway's own words.
    stack.get("/v1/me", stack.text("/agent_token")).refused(503, "temporarily_unavailable");
    assert!(fault.fired() > 1, "a call that hangs is made again");
}

#[test]
fn a_write_that_meets_a_transaction_is_made_again_at_once() {
    let stack = Stack::running();
    let held = submit(&stack, &unique("contended"));
    let rule = json!({"operation": "UpdateItem", "function": DISPATCH, "kind": "contend", "times": 3});
    let fault = stack.fault(&rule);
    stack.approve(&held).expect(200);
    stack.until("claim", || (fault.fired() == 3).then_some(()));
    // The workflow's own repetition would begin after two seconds, and find the mail claimed.
    assert_eq!((rest(&stack, &held).as_str(), left(&stack, &held)), ("delivered", 1));
}

#[test]
fn a_mail_whose_sealed_bytes_are_gone_fails_at_once_and_says_so() {
    let stack = Stack::running();
    let held = submit(&stack, &unique("lost object"));
    let hex = held.digest.strip_prefix("sha256:").unwrap();
    let (bucket, organization) = (stack.text("/bucket"), stack.text("/organization_id"));
    let url = format!("{}/{bucket}/sealed/{organization}/{hex}", stack.text("/aws_endpoint"));
    assert_eq!(stack.raw("DELETE", &url, "", vec![], "").status, 204);
    stack.approve(&held).expect(200);
    let path = format!("/v1/inboxes/{}/messages", stack.inbox());
    let failed = stack.until("failure", || {
        let page = stack.get(&format!("{path}?limit=5"), stack.text("/owner/token")).expect(200);
        let row = page["data"].as_array().unwrap().iter().find(|row| row["id"] == *held.message)?.clone();
        (row["status"] == "failed").then_some(row)
    });
    assert!(failed.to_string().contains("sealed_object_missing"), "{failed}");
    assert!(stack.accepted(&held.message).is_empty());
    let shown = stack.get(&format!("{path}/{}", held.message), stack.text("/owner/token"));
    shown.refused(409, "bytes_missing");
}

#[test]
fn a_mail_whose_workflow_never_started_or_was_never_told_leaves_once() {
    let stack = Stack::running();
    for (function, operation) in
        [(SUBMIT, "StartExecution"), (APPROVE, "SendTaskSuccess"), ("*", "StartExecution"), (APPROVE, "*")]
    {
        for kind in ["error_500", "drop_before"] {
            let rule = json!({"service": "states", "operation": operation, "function": function, "kind": kind, "times": ALWAYS});
            let fault = stack.fault(&rule);
            let held = submit(&stack, &unique("no clock"));
            if operation == "SendTaskSuccess" {
                // Its token is there to be called with.
                stack.until("parked workflow", || parked(&stack, &held).then_some(()));
            }
            stack.approve(&held).expect(200);
            assert!(fault.fired() > 0, "{rule}");
            drop(fault);
            assert_eq!((rest(&stack, &held).as_str(), left(&stack, &held)), ("delivered", 1), "{rule}");
        }
    }
}

/// Whether the workflow has put its token into the approval.
fn parked(stack: &Stack, held: &Held) -> bool {
    let pk = format!("{}/{}", stack.text("/organization_id"), held.approval);
    let request = json!({"ConsistentRead": true, "Key": {"pk": {"S": pk}, "sk": {"S": "approval"}}});
    stack.dynamodb("GetItem", request)["Item"]["task_token"]["S"].is_string()
}

#[test]
fn what_the_table_or_the_bucket_do_to_the_dispatcher_costs_time_and_nothing_else() {
    let stack = Stack::running();
    // The SDK makes three attempts of each call: three failures are an answer, one is a hiccup.
    let cases = [
        // A place, and the claim behind it.
        ("UpdateItem", "throttle", 0, 1),
        ("UpdateItem", "error_500", 0, 3),
        ("UpdateItem", "drop_before", 0, 3),
        ("UpdateItem", "drop_after", 0, 3),
        ("UpdateItem", "throttle", 1, 1),
        ("UpdateItem", "error_500", 1, 3),
        ("UpdateItem", "drop_before", 1, 3),
        // What the ticket names, and the last look behind the claim.
        ("BatchGetItem", "error_500", 0, 3),
        ("BatchGetItem", "throttle", 1, 4),
        ("BatchGetItem", "error_500", 1, 3),
        ("BatchGetItem", "drop_after", 1, 3),
        ("GetObject", "error_500", 0, 1),
        ("GetObject", "error_503", 0, 3),
        ("GetObject", "throttle", 0, 3),
        ("GetObject", "drop_after", 0, 3),
        ("TransactWriteItems", "throttle", 0, 3),
        ("TransactWriteItems", "error_500", 0, 3),
        ("TransactWriteItems", "drop_after", 0, 3),
    ];
    for (operation, kind, skip, times) in cases {
        let rule = json!({
            "operation": operation, "kind": kind, "function": DISPATCH, "skip": skip, "times": times,
        });
        let held = submit(&stack, &unique(operation));
        let fault = stack.fault(&rule);
        stack.approve(&held).expect(200);
        assert_eq!((rest(&stack, &held).as_str(), left(&stack, &held)), ("delivered", 1), "{rule}");
        // SES's report may have settled it before the last attempt.
        assert!((1..=times).contains(&fault.fired()), "{rule}");
    }
}

#[test]
fn a_claim_whose_answer_is_lost_never_sends_twice_and_is_told() {
    let stack = Stack::running();
    let held = submit(&stack, &unique("lost claim"));
    let rule = json!({"operation": "UpdateItem", "kind": "drop_after", "function": DISPATCH, "skip": 1});
    let fault = stack.fault(&rule);
    stack.approve(&held).expect(200);
    let (rested, accepted) = (rest(&stack, &held), left(&stack, &held));
    assert_eq!(fault.fired(), 1);
    // Whether its own claim is recognised or not: what is said is what happened.
    assert_eq!(accepted, usize::from(rested == "delivered"), "{rested}");
}

// ------------------------------------------------------------------ receiving

fn mail(subject: &str) -> String {
    format!(
        "From: Ann <ann@example.org>\r\nSubject: {subject}\r\nMessage-ID: <{}@example.org>\r\n\r\nHello\r\n",
        subject.replace(' ', "-")
    )
}

#[test]
fn a_received_mail_is_listed_once_whatever_happens_to_the_function() {
    let stack = Stack::running();
    for kind in ["kill_before", "kill_after", "drop_after", "error_500", "duplicate"] {
        let mut subjects = vec![];
        let calls = at_each_call(&stack, RECEIVE, kind, |_, name| {
            let subject = unique(name);
            stack.receive(&mail(&subject), &subject);
            subjects.push(subject);
        });
        assert!(calls >= 3, "{kind}: {calls}");
        for subject in &subjects {
            let found = listed(&stack, subject);
            assert_eq!(found.len(), 1, "{subject}");
            assert_eq!(found[0]["from"]["address"], "ann@example.org");
        }
    }
}

/// Told again after whatever became of the first time, it is marked where nobody has it, and never while somebody has.
#[test]
fn a_mail_for_nobody_is_marked_and_one_that_gets_an_inbox_is_kept_whatever_happens_to_the_function() {
    let stack = Stack::running();
    // In the bucket, as SES names it; the address that it is for; what SES tells of it.
    let for_nobody = || {
        let (id, user) = (unique("mail").replace(' ', ""), unique("nobody").replace(' ', "-"));
        inbound::put(&stack, &id, mail("for nobody").as_bytes());
        let event = inbound::event(&id, &in_seconds(0), &format!("{user}@{}", stack.text("/mail_domain")));
        (id, user, event)
    };
    let tell_again = |first: Value, event: &Value| {
        if first["messages"].is_u64() { first } else { stack.invoke(RECEIVE, event) }
    };
    for kind in ["kill_after", "drop_after", "error_500"] {
        let calls = at_each_call(&stack, RECEIVE, kind, |_, name| {
            let (id, _, event) = for_nobody();
            assert_eq!(tell_again(stack.invoke(RECEIVE, &event), &event)["messages"], 0, "{name}");
            assert!(inbound::is_unclaimed(&stack, &id), "{name}");
        });
        assert!(calls >= 3, "{kind}: {calls}");

        let mut marked: Vec<_> = (0..20).map(|_| for_nobody()).collect();
        for (_, _, event) in &marked {
            assert_eq!(stack.invoke(RECEIVE, event)["messages"], 0);
        }
        let calls = at_each_call(&stack, RECEIVE, kind, |_, name| {
            let (id, user, event) = marked.pop().unwrap();
            let inbox = json!({"username": user});
            let made = stack.post("/v1/inboxes", stack.text("/owner/token"), &inbox).expect(201);
            let path = format!("/v1/inboxes/{}/messages", made["id"].as_str().unwrap());
            let listed = || {
                let list = stack.get(&path, stack.text("/owner/token")).expect(200);
                list["data"].as_array().unwrap().len()
            };
            let first = stack.invoke(RECEIVE, &event);
            assert!(listed() == 0 || !inbound::is_unclaimed(&stack, &id), "{name}: {first}");
            tell_again(first, &event);
            assert_eq!((listed(), inbound::is_unclaimed(&stack, &id)), (1, false), "{name}");
        });
        assert!(calls >= 5, "{kind}: {calls}");
    }
}

#[test]
fn the_same_received_mail_told_again_is_listed_once() {
    let stack = Stack::running();
    let subject = unique("told again");
    let received = stack.receive(&mail(&subject), &subject);
    let path = format!("/v1/inboxes/{}/messages/{}/raw", stack.inbox(), received["id"].as_str().unwrap());
    // A received mail's bytes come from the bucket itself, where SES named them by its own id.
    let answer = stack.get(&path, stack.text("/agent_token"));
    let (_, rest) = answer.header("location").unwrap().split_once("/inbound/").unwrap();
    let (ses_id, _) = rest.split_once('?').unwrap();
    let since = now(&stack);
    for _ in 0..3 {
        let told = stack.control("POST", "/redeliver", Some(&json!({"message_id": ses_id})));
        assert_eq!(told["events"], 1);
    }
    // Each look at it reads the address and the bytes.
    stack.until("three looks", || (calls(&stack, since, RECEIVE).len() >= 6).then_some(()));
    assert_eq!(listed(&stack, &subject).len(), 1);
    let thread = received["thread_id"].as_str().unwrap();
    let thread = stack.get(&format!("/v1/threads/{thread}"), stack.text("/agent_token"));
    assert_eq!(thread.expect(200).to_string().matches(received["id"].as_str().unwrap()).count(), 1);
}

#[test]
fn a_mail_that_can_never_be_read_is_listed_unread() {
    let stack = Stack::running();
    let subject = unique("never read");
    let rule = json!({"operation": "GetObject", "kind": "error_500", "function": RECEIVE, "times": ALWAYS});
    let fault = stack.fault(&rule);
    let body = mail(&subject);
    stack.smtp("ann@example.org", &[stack.text("/inbox/address")], body.as_bytes());
    let found = stack.within(Duration::from_mins(1), "mail that is listed unread", || {
        Some(listed(&stack, &subject)).filter(|found| !found.is_empty())
    });
    assert!(fault.fired() > 3);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["from"]["address"], "ann@example.org");
}
