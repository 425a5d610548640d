//! Events told to a receiver on this machine, checked with the reference library of Standard Webhooks.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::conformance::root;
use crate::stack::mailbox::corpus::side_by_side;
use app::base::ports::Clock as _;
use domain::EventId;
use runtime::environment::{SystemClock, stopwatch};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tests::listener::Listener;
use tests::{Stack, unique};

/// What a receiver got: headers in lower case, and the body.
type Call = (Vec<(String, String)>, String);

/// A receiver that answers the first `failures` calls about each event with 500 and the others with 204.
struct Receiver {
    url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Receiver {
    fn start(failures: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}/events", listener.local_addr().unwrap().port());
        let calls = Arc::new(Mutex::new(vec![]));
        let seen = Arc::clone(&calls);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut bytes = vec![];
                let mut buffer = [0; 4096];
                let call = loop {
                    let n = stream.read(&mut buffer).unwrap_or(0);
                    bytes.extend_from_slice(&buffer[..n]);
                    if let Some(call) = parse(&bytes) {
                        break Some(call);
                    }
                    if n == 0 {
                        break None;
                    }
                };
                let Some(call) = call else { continue };
                let mut calls = seen.lock().unwrap();
                let id = |call: &Call| {
                    call.0.iter().find(|(name, _)| name == "webhook-id").map(|(_, id)| id.clone())
                };
                let before = calls.iter().filter(|known| id(known) == id(&call)).count();
                calls.push(call);
                let status = if before < failures { "500 Down" } else { "204 Fine" };
                let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        });
        Self { url, calls }
    }

    /// The calls about one mail, parsed.
    fn about(&self, id: &str) -> Vec<(Call, Value)> {
        let calls = self.calls.lock().unwrap().clone();
        let parsed = calls.into_iter().map(|call| (serde_json::from_str::<Value>(&call.1).unwrap(), call));
        parsed
            .filter(|(event, _)| event.to_string().contains(id))
            .map(|(event, call)| (call, event))
            .collect()
    }
}

fn parse(bytes: &[u8]) -> Option<Call> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let headers: Vec<_> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length: usize = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    (body.len() >= length).then(|| (headers, body.to_owned()))
}

fn register(stack: &Stack, receiver: &Receiver, events: &Value) -> (String, String) {
    let body = json!({"url": receiver.url, "events": events});
    let made = stack.post("/v1/webhooks", stack.text("/owner/token"), &body).expect(201);
    (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
}

fn remove(stack: &Stack, id: &str) {
    let answer = stack.call("DELETE", &format!("/v1/webhooks/{id}"), stack.text("/owner/token"), None);
    assert_eq!(answer.status, 204);
}

fn verified(secret: &str, call: &Call) {
    let mut headers = ureq::http::HeaderMap::new();
    for (name, value) in &call.0 {
        if let (Ok(name), Ok(value)) =
            (name.parse::<ureq::http::HeaderName>(), value.parse::<ureq::http::HeaderValue>())
        {
            headers.insert(name, value);
        }
    }
    Webhook::new(secret).unwrap().verify(call.1.as_bytes(), &headers).expect("the reference library refuses");
    let altered = call.1.replacen("evt_", "evt-", 1);
    assert!(Webhook::new(secret).unwrap().verify(altered.as_bytes(), &headers).is_err());
}

#[test]
fn every_step_of_a_mail_is_told_signed_and_recorded() {
    let stack = Stack::running();
    let receiver = Receiver::start(0);
    let (webhook, secret) = register(&stack, &receiver, &json!([]));
    let held = stack.submit("success@simulator.amazonses.com", "told", "text");
    stack.approve(&held).expect(200);
    let expected = ["approval.requested", "approval.approved", "message.sent", "message.delivered"];
    let told = stack.until("four events", || {
        let about = receiver.about(&held.message);
        let types: Vec<_> =
            about.iter().map(|(_, event)| event["type"].as_str().unwrap_or_default()).collect();
        expected.iter().all(|kind| types.contains(kind)).then_some(about)
    });
    for (call, event) in &told {
        verified(&secret, call);
        assert_eq!(
            event["id"].as_str(),
            call.0.iter().find(|(n, _)| n == "webhook-id").map(|(_, v)| v.as_str())
        );
        assert!(!event.to_string().contains("task_token"));
        assert!(event["data"].get("text").is_none() && event["data"]["message"].get("text").is_none());
    }
    let deliveries = format!("/v1/webhooks/{webhook}/deliveries?limit=100");
    let recorded = stack.get(&deliveries, stack.text("/owner/token")).expect(200);
    for (_, event) in &told {
        let attempts: Vec<_> =
            recorded["data"].as_array().unwrap().iter().filter(|a| a["event_id"] == event["id"]).collect();
        assert_eq!(attempts.len(), 1, "{recorded}");
        assert_eq!(
            (attempts[0]["response_status"].as_u64(), attempts[0]["attempt"].as_u64()),
            (Some(204), Some(1))
        );
    }
    remove(&stack, &webhook);
}

#[test]
fn a_failed_delivery_is_repeated_with_the_same_id() {
    // Endpoints of other tests take the places for calls that may take long.
    let stack = Stack::running().organization();
    let receiver = Receiver::start(1);
    let (webhook, secret) = register(&stack, &receiver, &json!(["approval.requested"]));
    let held = stack.submit("success@simulator.amazonses.com", "told twice", "text");
    let told = stack.until("a second attempt", || {
        let about = receiver.about(&held.message);
        (about.len() >= 2).then_some(about)
    });
    let id = |call: &Call| call.0.iter().find(|(name, _)| name == "webhook-id").unwrap().1.clone();
    assert_eq!(id(&told[0].0), id(&told[1].0));
    verified(&secret, &told[1].0);
    let deliveries = format!("/v1/webhooks/{webhook}/deliveries");
    let recorded = stack.until("both attempts", || {
        let recorded = stack.get(&deliveries, stack.text("/owner/token")).expect(200);
        let ours: Vec<_> = recorded["data"]
            .as_array()?
            .iter()
            .filter(|a| a["event_id"] == id(&told[0].0))
            .cloned()
            .collect();
        (ours.len() == 2).then_some(ours)
    });
    assert_eq!(
        (recorded[1]["response_status"].as_u64(), recorded[1]["delivered"].as_bool()),
        (Some(500), Some(false))
    );
    assert!(recorded[1]["next_attempt_at"].is_string());
    assert_eq!((recorded[0]["attempt"].as_u64(), recorded[0]["delivered"].as_bool()), (Some(2), Some(true)));
    remove(&stack, &webhook);
}

#[test]
fn a_webhook_hears_only_what_it_asked_for_and_its_secret_is_shown_once() {
    let stack = Stack::running();
    let receiver = Receiver::start(0);
    let (webhook, secret) = register(&stack, &receiver, &json!(["approval.rejected"]));
    let owner = stack.text("/owner/session");
    let seen = stack.get(&format!("/v1/webhooks/{webhook}"), owner).expect(200);
    assert!(seen.get("secret").is_none() && secret.ends_with(seen["secret_last_four"].as_str().unwrap()));
    let held = stack.submit("success@simulator.amazonses.com", "rejected and told", "text");
    let path = format!("/v1/approvals/{}/reject", held.approval);
    stack.post(&path, owner, &json!({"digest": held.digest, "reason": "no"})).expect(200);
    let told = stack
        .until("the rejection", || Some(receiver.about(&held.message)).filter(|about| !about.is_empty()));
    assert!(told.iter().all(|(_, event)| event["type"] == "approval.rejected"), "{told:?}");
    remove(&stack, &webhook);
    stack.get(&format!("/v1/webhooks/{webhook}"), owner).refused(404, "not_found");
}

#[test]
fn an_organization_has_twenty_webhooks_however_many_are_asked_for_at_once() {
    let stack = Stack::running().organization();
    let made = Mutex::new(vec![]);
    side_by_side(40, |n| {
        let body = json!({"url": format!("https://example.com/{n}"), "events": ["inbox.created"]});
        let answer = stack.post("/v1/webhooks", stack.text("/owner/session"), &body);
        match answer.status {
            201 => made.lock().unwrap().push(answer.body["id"].as_str().unwrap().to_owned()),
            // Who meets too many others is asked to come again.
            503 => {}
            _ => answer.refused(409, "too_many_webhooks"),
        }
    });
    let made = made.into_inner().unwrap();
    assert!(!made.is_empty() && made.len() <= 20, "{} were made", made.len());
    let listed = stack.get("/v1/webhooks?limit=100", stack.text("/owner/session")).expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), made.len());
    let path = format!("/v1/webhooks/{}", made[0]);
    assert_eq!(stack.call("DELETE", &path, stack.text("/owner/session"), None).status, 204);
    stack.call("DELETE", &path, stack.text("/owner/session"), None).refused(404, "not_found");
}

/// A receiver that takes every call and answers none.
struct Hanging {
    url: String,
    held: Arc<Mutex<Vec<TcpStream>>>,
}

impl Hanging {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port());
        let held = Arc::new(Mutex::new(vec![]));
        let keep = Arc::clone(&held);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                keep.lock().unwrap().push(stream);
            }
        });
        Self { url, held }
    }

    fn calls(&self) -> usize {
        self.held.lock().unwrap().len()
    }
}

/// Puts events of an organization on the bus, as many as a busy one may have at once.
fn publish(stack: &Stack, count: u16) {
    let bus = stack.control("GET", "/outputs", None)["EventBusName"].clone();
    let event = |n: u16| {
        let mut entropy = [0; 10];
        entropy[..2].copy_from_slice(&n.to_be_bytes());
        let id = EventId::new(SystemClock.now(), entropy).to_string();
        let event =
            json!({"id": id, "type": "message.complained", "created_at": tests::in_seconds(0), "data": {}});
        let detail = json!({"organization_id": stack.text("/organization_id"), "event": event});
        json!({
            "EventBusName": bus, "Source": "countersign", "DetailType": "message.complained",
            "Detail": detail.to_string(),
        })
    };
    let all: Vec<_> = (0..count).map(event).collect();
    for entries in all.chunks(10) {
        let put = stack.aws("/", "events", Some("AWSEvents.PutEvents"), &json!({"Entries": entries}));
        assert_eq!(put["FailedEntryCount"], 0, "{put}");
    }
}

/// Alone, since what is measured is who waits for whom.
#[test]
fn alone_five_hundred_events_for_an_endpoint_that_hangs_keep_no_other_organization_waiting() {
    let stack = Stack::running();
    let (busy, quiet) = (stack.organization(), stack.organization());
    let (hanging, listener) = (Hanging::start(), Listener::start());
    let hook = json!({"url": hanging.url, "events": ["message.complained"]});
    let hook = busy.post("/v1/webhooks", busy.text("/owner/token"), &hook).expect(201);
    let other = json!({"url": listener.url, "events": ["approval.requested"]});
    quiet.post("/v1/webhooks", quiet.text("/owner/token"), &other).expect(201);

    publish(&busy, 500);
    stack.until("first call that hangs", || (hanging.calls() > 0).then_some(()));
    let mut waits = vec![];
    let elapsed = stopwatch();
    while elapsed() < 30_000 {
        let took = stopwatch();
        let held = quiet.submit("success@simulator.amazonses.com", &unique("told"), "text");
        stack.until("webhook of the quiet organization", || {
            (!listener.about(&held.approval).is_empty()).then_some(())
        });
        waits.push(took());
    }
    println!("the quiet organization waited {waits:?} ms; {} calls hung", hanging.calls());
    assert!(waits.iter().all(|wait| *wait < 15_000), "the quiet organization waited {waits:?} ms");
    // What hangs is held back: of 500 events few were tried.
    let path = format!("/v1/webhooks/{}", hook["id"].as_str().unwrap());
    stack.within(Duration::from_mins(2), "endpoint that is held back", || {
        let hook = busy.get(&path, busy.text("/owner/token")).expect(200);
        (hook["held_until"].is_string() && hook["failures"] == 5).then_some(())
    });
    assert!(hanging.calls() < 100, "{} calls", hanging.calls());
    assert_eq!(busy.call("DELETE", &path, busy.text("/owner/token"), None).status, 204);
}

/// It waits for five minutes and more: here its time is set back, as if they were over.
#[test]
fn a_later_attempt_waits_in_the_table_until_the_schedule_asks_for_it() {
    let stack = Stack::running().organization();
    let receiver = Receiver::start(2);
    let (webhook, _) = register(&stack, &receiver, &json!(["approval.requested"]));
    let held = stack.submit("success@simulator.amazonses.com", "told three times", "text");
    let told = |times| {
        stack.until("an attempt", || {
            let about = receiver.about(&held.message);
            (about.len() >= times).then_some(about)
        })
    };
    told(2);
    let place = json!({":pk": {"S": format!("{}/{webhook}/waiting", stack.text("/organization_id"))}});
    let waiting = || {
        let query = json!({"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": place});
        stack.dynamodb("Query", query)["Items"].as_array().unwrap().clone()
    };
    let stored = stack
        .until("what waits for the third", || waiting().into_iter().find(|item| item["number"]["N"] == "3"));
    let due: i64 = stored["watch_at"]["N"].as_str().unwrap().parse().unwrap();
    let now = SystemClock.now().as_millisecond();
    assert!((240_000..400_000).contains(&(due - now)), "{}", due - now);
    let mut over = stored.clone();
    for name in ["watch_at", "due", "look_at"] {
        over[name] = json!({"N": (now - 1_000).to_string()});
    }
    stack.dynamodb("PutItem", json!({"Item": over}));
    assert!(stack.invoke("countersign-background-sweep", &json!({}))["asked"].is_number());
    let told = told(3);
    let id = |call: &Call| call.0.iter().find(|(name, _)| name == "webhook-id").unwrap().1.clone();
    assert_eq!(
        (id(&told[0].0), told[0].0.1.clone()),
        (id(&told[2].0), told[2].0.1.clone()),
        "the same, word for word"
    );
    stack.until("nothing that waits", || waiting().is_empty().then_some(()));
    remove(&stack, &webhook);
}

/// The calls of a receiver about one event.
fn calls_of(receiver: &Receiver, event: &str) -> Vec<Call> {
    let is_of = |call: &Call| call.0.iter().any(|(name, id)| name == "webhook-id" && id == event);
    receiver.calls.lock().unwrap().iter().filter(|call| is_of(call)).cloned().collect()
}

#[test]
fn a_webhook_is_tried_gets_another_secret_is_paused_and_is_told_again() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/session");
    let (receiver, other) = (Receiver::start(0), Receiver::start(0));
    let (webhook, first) = register(&stack, &receiver, &json!(["message.*"]));
    register(&stack, &other, &json!([]));
    let path = |action: &str| format!("/v1/webhooks/{webhook}{action}");
    let ask = |path: &str| stack.call("POST", path, owner, None);
    let rotated = ask(&path("/rotate-secret")).expect(200);
    let second = rotated["secret"].as_str().unwrap().to_owned();
    assert!(rotated["former_secret_until"].is_string() && first != second);

    // It alone is tried, and for a day both secrets verify.
    let test = ask(&path("/test")).expect(202);
    let test = test["id"].as_str().unwrap();
    let told = stack.until("the test", || calls_of(&receiver, test).pop());
    verified(&first, &told);
    verified(&second, &told);
    assert!(calls_of(&other, test).is_empty());

    // While it is paused events wait; nobody calls it.
    let paused = stack.call("PATCH", &path(""), owner, Some(&json!({"status": "paused"}))).expect(200);
    assert_eq!(paused["status"], "paused");
    let subject = unique("told while paused");
    let mail = format!("From: a@example.org\r\nSubject: {subject}\r\n\r\nHello\r\n");
    let received = stack.receive(&mail, &subject)["id"].as_str().unwrap().to_owned();
    stack.until("the other's call", || other.about(&received).pop());
    assert!(receiver.about(&received).is_empty());

    // Once it is active, it is told of what it missed; and of one event as often as somebody asks.
    stack.call("PATCH", &path(""), owner, Some(&json!({"status": "active"}))).expect(200);
    let resent =
        stack.post(&path("/resend"), owner, &json!({"since": tests::in_seconds(-3_600)})).expect(202);
    let event = other.about(&received)[0].1["id"].as_str().unwrap().to_owned();
    assert!(resent["event_ids"].as_array().unwrap().contains(&json!(event)), "{resent}");
    let asked = |times: usize| {
        stack.until("an event that is told again", || {
            stack.invoke("countersign-background-sweep", &json!({}));
            let calls = calls_of(&receiver, &event);
            (calls.len() >= times).then_some(calls)
        })
    };
    verified(&second, &asked(1)[0]);
    let retried = ask(&path(&format!("/deliveries/{event}/retry"))).expect(202);
    assert_eq!(retried["webhook_ids"], json!([webhook]));
    asked(2);
    let again = json!({ "webhook_id": webhook });
    stack.post(&format!("/v1/events/{event}/redeliver"), owner, &again).expect(202);
    let calls = asked(3);
    let said = |call: &Call| serde_json::from_str::<Value>(&call.1).unwrap();
    assert!(calls.iter().all(|call| said(call) == said(&calls[0])), "{calls:?}");
    let log = stack.get(&path(&format!("/deliveries?event_id={event}&delivered=true")), owner).expect(200);
    assert_eq!(log["data"][0]["request"]["headers"]["webhook-id"], *event);
    remove(&stack, &webhook);
}

#[test]
fn a_webhook_that_is_gone_is_disabled_and_its_owners_are_told() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/session");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    let watching = Listener::start();
    let hook = stack.post("/v1/webhooks", owner, &json!({ "url": url })).expect(201);
    let id = hook["id"].as_str().unwrap();
    stack.post("/v1/webhooks", owner, &json!({"url": watching.url, "events": ["webhook.*"]})).expect(201);
    stack.call("POST", &format!("/v1/webhooks/{id}/test"), owner, None).expect(202);
    let told = stack.until("the notice", || watching.about(id).pop());
    assert_eq!(told.event["type"], "webhook.disabled");
    let seen = stack.get(&format!("/v1/webhooks/{id}"), owner).expect(200);
    assert_eq!((&seen["status"], &seen["disabled_reason"]), (&json!("disabled"), &json!("gone")));
}

/// A call of an endpoint with a secret, and whether that verifies it.
struct Claim<'a> {
    says: String,
    secret: &'a str,
    call: Call,
    holds: bool,
}

/// What the official libraries of other languages say of calls, each in its own program (`tests/webhooks`).
fn judged_by_others(claims: &[Claim<'_>]) {
    let calls = claims.iter().map(|Claim { secret, call: (headers, body), .. }| {
        let headers: serde_json::Map<_, _> =
            headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({"secret": secret, "headers": headers, "body": body})
    });
    let calls = Value::Array(calls.collect()).to_string();
    let folder = root().join("tests/webhooks");
    let python = root().join(".local/venv/bin/python");
    for (program, script) in [("node".into(), "verify.mjs"), (python, "verify.py")] {
        let mut run = Command::new(&program)
            .arg(folder.join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}: `make stack-test` installs it", program.display()));
        run.stdin.take().unwrap().write_all(calls.as_bytes()).unwrap();
        let run = run.wait_with_output().unwrap();
        assert!(run.status.success(), "{script}");
        let verdicts: Vec<bool> = serde_json::from_slice(&run.stdout).unwrap();
        assert_eq!(verdicts.len(), claims.len());
        for (Claim { says, holds, .. }, verdict) in claims.iter().zip(verdicts) {
            assert_eq!(verdict, *holds, "{script}: {says}");
        }
    }
}

#[test]
fn official_libraries_of_two_more_languages_verify_every_kind_of_delivery_and_nothing_else() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/session");
    // The first call about each event fails, so that each is told a second time.
    let (receiver, other) = (Receiver::start(1), Receiver::start(0));
    let (webhook, first) = register(&stack, &receiver, &json!(["message.received"]));
    register(&stack, &other, &json!(["message.received"]));
    let path = |action: &str| format!("/v1/webhooks/{webhook}{action}");
    let subject = format!("{} \u{e9}", unique("verified"));
    let mail = format!("From: a@example.org\r\nSubject: {subject}\r\n\r\nHello\r\n");
    let received = stack.receive(&mail, &subject)["id"].as_str().unwrap().to_owned();
    let told = stack.until("a first call and its repetition", || {
        let about = receiver.about(&received);
        (about.len() >= 2).then_some(about)
    });
    let event = told[0].1["id"].as_str().unwrap().to_owned();

    // With another secret: one that it is tried with, told again, and told of what came while it was paused.
    let rotated = stack.call("POST", &path("/rotate-secret"), owner, None).expect(200);
    let second = rotated["secret"].as_str().unwrap().to_owned();
    let test = stack.call("POST", &path("/test"), owner, None).expect(202);
    let test = test["id"].as_str().unwrap().to_owned();
    stack.post(&format!("/v1/events/{event}/redeliver"), owner, &json!({"webhook_id": webhook})).expect(202);
    stack.call("PATCH", &path(""), owner, Some(&json!({"status": "paused"}))).expect(200);
    let subject = unique("missed");
    let mail = format!("From: a@example.org\r\nSubject: {subject}\r\n\r\nHello\r\n");
    let missed = stack.receive(&mail, &subject)["id"].as_str().unwrap().to_owned();
    let missed = stack.until("the other's call", || other.about(&missed).pop()).1["id"].clone();
    stack.call("PATCH", &path(""), owner, Some(&json!({"status": "active"}))).expect(200);
    let since = json!({"since": tests::in_seconds(-3_600)});
    let resent = stack.post(&path("/resend"), owner, &since).expect(202);
    assert!(resent["event_ids"].as_array().unwrap().contains(&missed), "{resent}");
    let calls = stack.until("all of them", || {
        stack.invoke("countersign-background-sweep", &json!({}));
        let of = |event: &str| calls_of(&receiver, event).len();
        let is_all = of(&event) >= 3 && of(&test) >= 1 && of(missed.as_str().unwrap()) >= 2;
        is_all.then(|| receiver.calls.lock().unwrap().clone())
    });

    let header = |call: &Call, wanted: &str| {
        call.0.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let mut claims = vec![];
    for (n, call) in calls.iter().enumerate() {
        let both = header(call, "webhook-signature").contains(' ');
        let said = format!("call {n}, about {}", header(call, "webhook-id"));
        let mut claim = |what: &str, secret, call: Call, holds| {
            claims.push(Claim { says: format!("{said}: {what}"), secret, call, holds });
        };
        claim("the first secret", &first, call.clone(), true);
        claim("the second secret", &second, call.clone(), both);
        claim("a secret of nobody", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", call.clone(), false);
        for secret in [&first, &second] {
            claim("another body", secret, (call.0.clone(), call.1.replacen("evt_", "evt-", 1)), false);
        }
        let late = call.0.iter().map(|(name, value)| {
            let late = (name == "webhook-timestamp").then(|| (value.parse::<u64>().unwrap() + 1).to_string());
            (name.clone(), late.unwrap_or_else(|| value.clone()))
        });
        claim("another time", &first, (late.collect(), call.1.clone()), false);
    }
    // Two calls before the rotation, and all others with both secrets.
    let both = claims.iter().filter(|it| it.says.ends_with("the second secret") && it.holds).count();
    assert!(both + 2 == calls.len() && both >= 4, "{both} of {}", calls.len());
    judged_by_others(&claims);
    remove(&stack, &webhook);
}
