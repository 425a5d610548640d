//! The feed of events: read in pages, one by one and as a stream.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::listener::Listener;
use tests::{Answer, Stack, unique};

use crate::stack::mailbox::corpus::side_by_side;
use crate::stack::people::access::stranger;

/// What is there behind a cursor, the oldest first, and where that ends.
fn follow(stack: &Stack, token: &str, query: &str, cursor: &str) -> (Vec<Value>, String) {
    let (mut all, mut cursor) = (vec![], cursor.to_owned());
    loop {
        let behind = if cursor.is_empty() { String::new() } else { format!("&cursor={cursor}") };
        let path = format!("/v1/events?order=asc&limit=3&{query}{behind}");
        let page = stack.get(&path, token).expect(200);
        let next = page["next_cursor"].as_str().expect("oldest first there is always a cursor").to_owned();
        let found = page["data"].as_array().unwrap();
        let is_end = found.is_empty() && next == cursor;
        all.extend(found.iter().cloned());
        cursor = next;
        if is_end {
            return (all, cursor);
        }
    }
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// A token of an organization that reads events alone, of some inboxes or all.
fn reader(stack: &Stack, inboxes: Option<&[&str]>) -> String {
    let mut new = json!({"name": "reader", "scopes": ["events.read"]});
    if let Some(inboxes) = inboxes {
        new["inbox_ids"] = json!(inboxes);
    }
    let made = stack.post("/v1/tokens", stack.text("/owner/token"), &new).expect(201);
    made["token"].as_str().unwrap().to_owned()
}

fn mail(subject: &str) -> String {
    format!("From: Ann <ann@example.org>\r\nTo: agent@example.com\r\nSubject: {subject}\r\n\r\nHello\r\n")
}

fn deliver(stack: &Stack, subject: &str) {
    stack.smtp("ann@example.org", &[stack.text("/inbox/address")], mail(subject).as_bytes());
}

#[test]
fn every_step_of_a_mail_is_in_the_feed_once_as_webhooks_are_told_of_it() {
    let stack = Stack::running().organization();
    let (owner, token, listener) = (stack.text("/owner/token"), reader(&stack, None), Listener::start());
    let webhook = json!({"url": listener.url, "events": []});
    stack.post("/v1/webhooks", owner, &webhook).expect(201);
    let held = stack.submit("success@simulator.amazonses.com", "in the feed", "text");
    stack.until("the request", || {
        kinds(&follow(&stack, &token, "", "").0).contains(&"approval.requested").then_some(())
    });
    stack.approve(&held).expect(200);
    let steps = ["approval.requested", "approval.approved", "message.sent", "message.delivered"];
    let all = stack.until("all steps", || {
        let all = follow(&stack, &token, "", "").0;
        steps.iter().all(|kind| kinds(&all).contains(kind)).then_some(all)
    });
    let mut expected = vec!["inbox.created"];
    expected.extend(steps);
    let mut found = kinds(&all);
    assert_eq!(found.iter().position(|kind| *kind == steps[0]), Some(1), "{found:?}");
    assert!(found.iter().position(|kind| *kind == steps[1]) > Some(1), "{found:?}");
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected, "each once");

    let told = stack.until("the webhook", || {
        let told = listener.about(&held.message);
        (told.iter().map(|told| &told.id).collect::<BTreeSet<_>>().len() == 4).then_some(told)
    });
    for event in &all[1..] {
        let heard = told.iter().find(|told| Some(told.id.as_str()) == event["id"].as_str());
        assert_eq!(heard.map(|told| &told.event), Some(event), "the same as webhooks get");
        let path = format!("/v1/events/{}", event["id"].as_str().unwrap());
        assert_eq!(&stack.get(&path, &token).expect(200), event);
        assert!(!event.to_string().contains("task_token"));
    }
    let newest_first = stack.get("/v1/events?limit=100", &token).expect(200);
    let mut reversed = newest_first["data"].as_array().unwrap().clone();
    reversed.reverse();
    assert_eq!((reversed, &newest_first["next_cursor"]), (all.clone(), &Value::Null));
    let first = stack.get("/v1/events?limit=2", &token).expect(200);
    let second = format!("/v1/events?limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
    let second = stack.get(&second, &token).expect(200);
    let pages =
        [first["data"].as_array().unwrap().clone(), second["data"].as_array().unwrap().clone()].concat();
    assert_eq!(pages, newest_first["data"].as_array().unwrap()[..4]);

    for (query, wanted) in [
        ("types=approval.*", &steps[..2]),
        ("types=message.sent,message.delivered", &steps[2..]),
        ("types=inbox.created", &["inbox.created"][..]),
        ("types=message.bounced", &[][..]),
        ("after=2999-01-01T00:00:00Z", &[][..]),
    ] {
        let mut found = kinds_of(&follow(&stack, &token, query, "").0);
        let mut wanted: Vec<_> = wanted.iter().map(|kind| (*kind).to_owned()).collect();
        found.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{query}");
    }
    let (_, end) = follow(&stack, &token, "", "");
    deliver(&stack, &unique("later"));
    let later = stack.until("what came later", || {
        Some(follow(&stack, &token, "", &end).0).filter(|later| !later.is_empty())
    });
    assert_eq!(kinds(&later), ["message.received"]);
}

fn kinds_of(events: &[Value]) -> Vec<String> {
    kinds(events).into_iter().map(str::to_owned).collect()
}

#[test]
fn a_follower_loses_none_of_twenty_mails_that_arrive_at_once() {
    let stack = Stack::running().organization();
    let token = reader(&stack, None);
    let (_, start) = follow(&stack, &token, "types=message.received", "");
    let subjects: Vec<_> = (0..20).map(|n| unique(&format!("at once {n}"))).collect();
    let seen = std::thread::scope(|scope| {
        let follower = scope.spawn(|| {
            let (mut seen, mut cursor) = (vec![], start.clone());
            stack.until("twenty mails", || {
                let (found, next) = follow(&stack, &token, "types=message.received", &cursor);
                seen.extend(found);
                cursor = next;
                (seen.len() >= 20).then_some(())
            });
            // Nothing comes twice, nor anything else.
            seen.extend(follow(&stack, &token, "types=message.received", &cursor).0);
            seen
        });
        side_by_side(20, |n| deliver(&stack, &subjects[n]));
        follower.join().unwrap()
    });
    let text = |event: &Value| event["data"]["message"]["subject"].as_str().unwrap().to_owned();
    let mut found: Vec<_> = seen.iter().map(text).collect();
    let mut sent = subjects.clone();
    found.sort_unstable();
    sent.sort_unstable();
    assert_eq!(found, sent);
    assert_eq!(
        follow(&stack, &token, "types=message.*", &start).0,
        seen,
        "in the order that they have for good"
    );
}

/// The lines of a slice of a stream, by their fields, one message after the other.
fn messages(answer: &Answer) -> Vec<Vec<(String, String)>> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let text = answer.body.as_str().unwrap();
    assert!(text.starts_with("retry: 1000\n") && text.ends_with("\n\n"), "{text}");
    let fields = |message: &str| {
        let pairs =
            message.lines().filter_map(|line| line.split_once(": ")).filter(|(name, _)| *name != "retry");
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    text.trim_end().split("\n\n").map(fields).collect()
}

fn field<'a>(message: &'a [(String, String)], name: &str) -> Option<&'a str> {
    message.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

#[test]
fn a_stream_goes_on_where_it_ended() {
    let stack = Stack::running().organization();
    let token = reader(&stack, None);
    stack.until("the first event", || {
        Some(follow(&stack, &token, "", "").0).filter(|events| !events.is_empty())
    });
    let ask = |query: &str, last: &str| {
        let headers = if last.is_empty() { vec![] } else { vec![("last-event-id", last.to_owned())] };
        stack.raw("GET", &format!("/v1/events/stream?{query}"), &token, headers, "")
    };
    // A new one is told at once where it begins: now.
    let opened = messages(&ask("", ""));
    assert_eq!(opened.len(), 1, "{opened:?}");
    assert_eq!((field(&opened[0], "data"), field(&opened[0], "event")), (None, None));
    let start = field(&opened[0], "id").unwrap().to_owned();
    let subject = unique("streamed");
    let first = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| messages(&ask("types=message.*", &start)));
        deliver(&stack, &subject);
        waiting.join().unwrap()
    });
    let event: Value = serde_json::from_str(field(&first[0], "data").unwrap()).unwrap();
    assert_eq!((field(&first[0], "event"), first.len()), (Some("message.received"), 1), "{first:?}");
    assert_eq!(
        (&event["data"]["message"]["subject"], &event["type"]),
        (&json!(subject), &json!("message.received"))
    );
    assert_eq!(
        follow(&stack, &token, "types=message.*", &start).0,
        std::slice::from_ref(&event),
        "an id is a cursor"
    );
    // Who never got it asks again, and gets it again; the header goes before the address, which a browser keeps.
    let id = field(&first[0], "id").unwrap();
    assert_eq!(messages(&ask("", &start))[0], first[0]);
    assert_eq!(messages(&ask(&format!("cursor={start}"), ""))[0], first[0]);
    let next = unique("streamed next");
    deliver(&stack, &next);
    let second = messages(&ask(&format!("cursor={start}"), id));
    let event: Value = serde_json::from_str(field(&second[0], "data").unwrap()).unwrap();
    assert_eq!(event["data"]["message"]["subject"], json!(next));
    let both = stack.until("both in one slice", || {
        Some(messages(&ask("", &start))).filter(|messages| messages.len() >= 2)
    });
    assert_eq!(both, [first[0].clone(), second[0].clone()]);
    // What is passed over is not waited for again.
    let passed = messages(&ask("types=message.bounced", &start));
    assert_eq!(
        (passed.len(), field(&passed[0], "data"), field(&passed[0], "id")),
        (1, None, field(&second[0], "id"))
    );
    for bad in ["1", &start.replacen('.', "0.", 1), &format!("{start}0")] {
        ask("", bad).refused(422, "invalid_cursor");
        ask(&format!("cursor={bad}"), "").refused(422, "invalid_cursor");
    }
}

#[test]
fn events_are_seen_by_whom_they_are_for() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/token");
    let other = stack.post("/v1/inboxes", owner, &json!({})).expect(201);
    let other = other["id"].as_str().unwrap();
    let (all, one, two) =
        (reader(&stack, None), reader(&stack, Some(&[other])), reader(&stack, Some(&[other, stack.inbox()])));
    let held = stack.submit("success@simulator.amazonses.com", "for some", "text");
    let events = stack
        .until("three events", || Some(follow(&stack, &all, "", "").0).filter(|events| events.len() == 3));
    assert_eq!(follow(&stack, &two, "", "").0, events);
    let seen = follow(&stack, &one, "", "").0;
    assert_eq!((seen.len(), &seen[0]["data"]["inbox"]["id"]), (1, &json!(other)));
    let about_other = format!("inbox_id={other}");
    assert_eq!(follow(&stack, &all, &about_other, "").0, seen);
    let about = format!("inbox_id={}", stack.inbox());
    assert_eq!(follow(&stack, &all, &about, "").0.len(), 2);
    for path in ["/v1/events", "/v1/events/stream"] {
        stack.get(&format!("{path}?{about}"), &one).refused(404, "not_found");
    }
    for event in &events {
        let path = format!("/v1/events/{}", event["id"].as_str().unwrap());
        let is_own = event == &seen[0];
        assert_eq!(stack.get(&path, &one).status, if is_own { 200 } else { 404 });
        assert_eq!(&stack.get(&path, &two).expect(200), event);
    }
    assert!(events.iter().any(|event| event.to_string().contains(&held.message)));

    let stranger = stranger(&stack);
    assert_eq!(follow(&stack, &stranger, "", "").0, Vec::<Value>::new());
    let (_, cursor) = follow(&stack, &all, "", "");
    for path in ["/v1/events", "/v1/events?order=asc", "/v1/events/stream"] {
        let mark = if path.contains('?') { '&' } else { '?' };
        stack.get(&format!("{path}{mark}cursor={cursor}"), &stranger).refused(422, "invalid_cursor");
        // A token that reads mail reads no events by that alone.
        stack.get(path, stack.text("/agent_token")).refused(403, "missing_scope");
    }
    for role in ["approver", "editor", "viewer"] {
        assert_eq!(follow(&stack, stack.text(&format!("/{role}/token")), "", "").0, events, "{role}");
    }
    for (query, code) in [
        ("types=message", "unknown_event"),
        ("types=message.*,x.*", "unknown_event"),
        ("types=", "unknown_event"),
        ("order=up", "unknown_choice"),
        ("limit=101", "invalid_limit"),
        ("after=soon", "invalid_time"),
        ("inbox_id=inb_x", "invalid_id"),
        ("cursor=MTIz", "invalid_cursor"),
        ("type=message.*", "unknown_field"),
    ] {
        stack.get(&format!("/v1/events?{query}"), &all).refused(422, code);
    }
    let named = stack.get("/v1/events/stream?types=mail.*", &all);
    named.refused(422, "unknown_event");
    assert!(named.body["error"]["message"].as_str().unwrap().contains("message.received"), "{}", named.body);
    let both = stack.get("/v1/events?types=x&limit=0", &all);
    assert_eq!(both.body["error"]["details"]["fields"].as_array().unwrap().len(), 2, "{}", both.body);
}
