//! What works behind the API, killed after each of its AWS calls, and with the answer to each of them lost: SES's reports, events,
//! webhooks, the sweeper, one-time links, receipts.

use app::base::ports::Clock as _;
use domain::Timestamp;
use domain::base::digest::Digest;
use runtime::environment::SystemClock;
use serde_json::json;
use tests::listener::Listener;
use tests::{Stack, in_seconds, unique};

use super::{ALWAYS, SWEEP, at_each_call, left, rest, status, submit};
use crate::stack::gate::notify::Organization;
use crate::stack::ledger::logs;

/// How often the audit log of the stack's organization tells of this action on this target.
fn logged(stack: &Stack, action: &str, target: &str) -> usize {
    let path = format!("/v1/audit?action={action}&target={target}");
    let page = stack.get(&path, stack.text("/owner/token")).expect(200);
    page["data"].as_array().unwrap().len()
}

#[test]
fn reports_that_kill_whoever_reads_them_still_settle_a_mail() {
    let stack = Stack::running();
    for kind in ["kill_after", "drop_after"] {
        let calls = at_each_call(&stack, "countersign-background-settle", kind, |_, name| {
            let held = submit(&stack, &unique(name));
            stack.approve(&held).expect(200);
            assert_eq!((rest(&stack, &held).as_str(), left(&stack, &held)), ("delivered", 1), "{name}");
        });
        assert!(calls >= 2, "{kind}: {calls}");
    }
}

/// The queue would give a message of a dead function to the next one six minutes later: here it is given again at once.
#[test]
fn a_webhook_is_told_under_one_id_though_whoever_tells_it_dies() {
    const DELIVER: &str = "countersign-background-deliver";
    let stack = Stack::running().organization();
    let (listener, owner) = (Listener::start(), stack.text("/owner/token"));
    let webhook = json!({"url": listener.url, "events": ["message.complained"]});
    let webhook = stack.post("/v1/webhooks", owner, &webhook).expect(201);
    for kind in ["kill_after", "drop_after", "throttle"] {
        let calls = at_each_call(&stack, DELIVER, kind, |fault, name| {
            let (subject, mut bytes) = (unique(name), [0; 10]);
            bytes.copy_from_slice(&Digest::of(subject.as_bytes()).as_bytes()[..10]);
            let id = domain::EventId::new(Timestamp::UNIX_EPOCH, bytes).to_string();
            let event =
                json!({"id": id, "type": "message.complained", "created_at": in_seconds(0), "data": {}});
            let organization = stack.text("/organization_id");
            let body = json!({"detail": {"organization_id": organization, "event": event}}).to_string();
            let queued = json!({"Records": [{"messageId": "1", "body": body}]});
            let first = stack.invoke(DELIVER, &queued);
            if first != json!({"batchItemFailures": []}) {
                assert_eq!(fault.fired(), 1, "{name}: {first}");
                assert_eq!(stack.invoke(DELIVER, &queued), json!({"batchItemFailures": []}), "{name}");
            }
            let told = listener.about(&id);
            assert!((1..=2).contains(&told.len()), "{name}: told {} times", told.len());
            assert!(told.iter().all(|one| one.id == id), "{name}: {told:?}");
            let path = format!("/v1/webhooks/{}/deliveries", webhook["id"].as_str().unwrap());
            let known = stack.get(&path, owner).expect(200);
            assert!(known.to_string().contains(&id), "{name}: {known}");
        });
        assert!(calls >= 2, "{kind}: {calls}");
    }
}

/// What the stream tells of comes again from where it failed: here at once.
#[test]
fn an_event_is_in_the_feed_once_though_whoever_publishes_it_dies() {
    const PUBLISH: &str = "countersign-background-publish";
    const EXAMPLE: &str = include_str!("../../../../../events/background-publish.json");
    let stack = Stack::running().organization();
    let organization = stack.text("/organization_id");
    let blocks = || {
        let all = json!({
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": format!("{organization}/events")}},
            "ConsistentRead": true,
        });
        stack.dynamodb("Query", all)["Items"].to_string()
    };
    // What the organization's own beginning tells of goes first.
    stack.until("first event", || blocks().contains("inbox.created").then_some(()));
    for kind in ["kill_after", "drop_after", "throttle"] {
        let calls = at_each_call(&stack, PUBLISH, kind, |fault, name| {
            let mut bytes = [0; 10];
            bytes.copy_from_slice(&Digest::of(unique(name).as_bytes()).as_bytes()[..10]);
            let id = domain::EventId::new(SystemClock.now(), bytes).to_string();
            let example: serde_json::Value = serde_json::from_str(EXAMPLE).unwrap();
            let mut record = example["Records"][0].clone();
            let image = &mut record["dynamodb"]["NewImage"];
            image["pk"]["S"] = json!(format!("{organization}/{id}"));
            image["organization_id"]["S"] = json!(organization);
            image["id"]["S"] = json!(id);
            let told = json!({ "Records": [record] });
            let all_done = json!({"batchItemFailures": []});
            if stack.invoke(PUBLISH, &told) != all_done {
                assert_eq!(fault.fired(), 1, "{name}");
                assert_eq!(stack.invoke(PUBLISH, &told), all_done, "{name}");
            }
            if fault.fired() == 1 {
                // Otherwise it waits for a call that only another invocation makes.
                assert_eq!(stack.invoke(PUBLISH, &told), all_done, "{name}");
            }
            assert_eq!(blocks().matches(&id).count(), 1, "{name}");
        });
        assert!(calls >= 3, "{kind}: {calls}");
    }
}

/// Lambda hands a batch over again where the function failed: here at once. Lines of other requests may meet the fault in its place, and
/// are handed over again as well.
#[test]
fn a_request_is_in_the_log_once_though_whoever_records_it_dies() {
    let stack = Stack::running().organization();
    for kind in ["kill_before", "kill_after", "drop_after", "throttle"] {
        let name = unique(kind).replace(' ', "-");
        let batch = logs::batch(&stack, &name);
        let fault = stack.fault(&json!({"kind": kind, "function": logs::LOGS}));
        let first = stack.invoke(logs::LOGS, &batch);
        drop(fault);
        let again = stack.invoke(logs::LOGS, &batch);
        let handed = [first["new"].as_u64(), again["new"].as_u64()];
        assert!(
            handed.iter().flatten().sum::<u64>() <= 2 && again["errorType"].is_null(),
            "{kind}: {first} {again}"
        );
        let lines =
            stack.walk("/v1/logs?token_id=tok_01kc1x5e3r0000000000000008", stack.text("/owner/token"));
        let ours = |line: &&serde_json::Value| line["request_id"].as_str().unwrap().starts_with(&name);
        assert_eq!(lines.iter().filter(ours).count(), 2, "{kind}");
    }
    let rows = stack.walk("/v1/usage?by=token", stack.text("/owner/token"));
    let ours = rows.iter().filter(|row| row["token_id"] == "tok_01kc1x5e3r0000000000000008");
    assert_eq!(ours.filter_map(|row| row["requests"].as_u64()).sum::<u64>(), 8, "{rows:?}");
}

#[test]
fn an_approval_that_nobody_gave_in_time_expires_once_though_the_sweeper_dies() {
    let stack = Stack::running();
    let mut all = vec![];
    let calls = at_each_call(&stack, SWEEP, "kill_after", |fault, name| {
        let body = json!({
            "to": ["success@simulator.amazonses.com"], "subject": unique(name), "text": "x", "send_at": in_seconds(4),
        });
        let held = stack.submit_body(&body);
        let approval = format!("/v1/approvals/{}", held.approval);
        let approval = stack.get(&approval, stack.text("/owner/token")).expect(200);
        assert_eq!(approval["expires_at"], approval["send_at"], "{name}: held in time");
        let expires_at: Timestamp = approval["expires_at"].as_str().unwrap().parse().unwrap();
        stack.until("end of its time", || (SystemClock.now() > expires_at).then_some(()));
        // The schedule may have been there before us, and may be there at the same moment.
        stack.invoke(SWEEP, &json!({}));
        if status(&stack, &held) != "expired" {
            assert_eq!(fault.fired(), 1, "{name}");
            stack.invoke(SWEEP, &json!({}));
            assert_eq!(status(&stack, &held), "expired", "{name}");
        }
        all.push(held);
    });
    assert!(calls >= 2, "{calls}");
    for held in &all {
        stack.until("audit entry", || (logged(&stack, "approval.expire", &held.approval) > 0).then_some(()));
        assert_eq!((logged(&stack, "approval.expire", &held.approval), left(&stack, held)), (1, 0));
        stack.approve(held).refused(409, "approval_not_pending");
    }
}

#[test]
fn a_link_that_is_pressed_while_the_console_dies_decides_once() {
    let stack = Stack::running();
    let mut all = vec![];
    let calls = at_each_call(&stack, "countersign-console-decide", "kill_after", |fault, name| {
        let organization = Organization::new(&stack);
        let subject = unique("pressed");
        let held = organization.hold(&subject);
        let mailed = organization.notified(&subject);
        // Looking at it makes calls of its own; what is killed is the press, where it comes to it.
        let shown = stack.until(name, || {
            let seen = stack.get(&mailed.link, "");
            (seen.status == 200).then(|| seen.body.as_str().unwrap().to_owned())
        });
        let looked = fault.fired() > 0;
        let first = organization.press(&mailed.link, &shown, "approve");
        if looked || first.status < 500 {
            assert_eq!(first.status, 200, "{name}: {}", first.body);
        } else {
            // Pressed again: either it decides now, or it says that it was decided.
            let second = organization.press(&mailed.link, &shown, "approve");
            assert!([200, 410].contains(&second.status), "{name}: {}", second.body);
        }
        all.push((organization, held));
    });
    assert!(calls >= 4, "{calls}");
    for (organization, held) in &all {
        let inside = &organization.stack;
        assert_eq!((rest(inside, held).as_str(), left(inside, held)), ("delivered", 1));
        let approval =
            inside.get(&format!("/v1/approvals/{}", held.approval), &organization.owner).expect(200);
        assert_eq!(approval["votes"].as_array().unwrap().len(), 1, "{approval}");
        assert_eq!(logged(inside, "approval.approve", &held.approval), 1);
    }
}

#[test]
fn a_receipt_waits_for_the_key_and_says_nothing_false_without_it() {
    let stack = Stack::running();
    let held = submit(&stack, &unique("receipt"));
    stack.approve(&held).expect(200);
    stack.message_with_status(&held.message, "delivered");
    stack.receipt(&held.approval, stack.text("/owner/token")).expect(200);
    let path = format!("/v1/approvals/{}/receipt", held.approval);
    let function = "countersign-api-approvals-receipt";
    for (service, operation) in [("kms", "Sign"), ("dynamodb", "*")] {
        for kind in ["error_500", "throttle", "drop_before"] {
            let rule =
                json!({"service": service, "operation": operation, "function": function, "kind": kind});
            // One is the SDK's business; one without end is said to be ours.
            let once = stack.fault(&rule);
            let receipt = stack.get(&path, stack.text("/owner/token")).expect(200);
            assert!(receipt["signature"].is_string(), "{rule}: {receipt}");
            assert_eq!(once.fired(), 1, "{rule}");
            drop(once);
            let mut rule = rule;
            rule["times"] = ALWAYS.into();
            let always = stack.fault(&rule);
            let answer = stack.get(&path, stack.text("/owner/token"));
            answer.refused(503, "temporarily_unavailable");
            assert!(answer.header("retry-after").is_some() && always.fired() > 1, "{rule}");
        }
    }
}
