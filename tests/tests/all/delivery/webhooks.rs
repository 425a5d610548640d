//! Endpoints in memory: what they want, who manages them, when they are disabled, how their secrets change, and telling them again.

use std::collections::VecDeque;

use app::Refusal;
use app::base::enter::Once;
use app::base::ports::PublishedEvent;
use app::base::store::{Change, Key, PageRequest, key, load};
use app::delivery::again::{self, Again, Redelivery, Resent};
use app::delivery::feed::{self, Laid};
use app::delivery::webhooks::{self, Asked, AttemptFilter, Deliverer, NewWebhook, OpenedKeys, ask_for_due};
use domain::base::code::Code;
use domain::delivery::event::{Event, EventKind, EventPattern, Subject, WebhookStatus, WhyDisabled};
use domain::delivery::webhook::{Attempt, AttemptResult, ResponseHead, Webhook, WebhookChanges};
use domain::mailbox::message::Message;
use domain::people::access::{Permit, Role, Scope, scope};
use domain::people::credential::Token;
use domain::{EventId, InboxId, Timestamp, WebhookId};
use serde_json::{Value, json};
use testkit::samples::{self, NOW, inbox_id, organization_id};
use testkit::world::{PlainKeys, World};

type Manage = Permit<scope::WebhooksManage>;

const HOUR: i64 = 3_600;

fn owner() -> Manage {
    samples::session(1, Role::Owner).0.principal(NOW).unwrap().permit().unwrap()
}

/// A token that is limited to these inboxes.
fn limited(inboxes: &[u8]) -> Manage {
    let token = samples::token(1, Role::Owner, &[Scope::WebhooksManage]).0;
    let inboxes = inboxes.iter().map(|n| inbox_id(*n)).collect();
    Token { inboxes: Some(inboxes), ..token }.principal().permit().unwrap()
}

/// With the inboxes 1 and 2.
async fn world() -> World {
    let world = World::default();
    let change = Change::new(organization_id(1))
        .create(samples::organization(1))
        .create(samples::inbox(1))
        .create(samples::inbox(2));
    world.ports.store.commit(change).await.unwrap();
    world
}

fn patterns(texts: &[&str]) -> std::collections::BTreeSet<EventPattern> {
    texts.iter().map(|text| EventPattern::parse(text).unwrap()).collect()
}

fn inboxes(ids: &[u8]) -> std::collections::BTreeSet<InboxId> {
    ids.iter().map(|n| inbox_id(*n)).collect()
}

async fn try_make(
    world: &World,
    by: &Manage,
    url: &str,
    events: &[&str],
    of: &[u8],
) -> Result<(Webhook, String), Refusal> {
    let new = NewWebhook { url: url.to_owned(), events: patterns(events), inbox_ids: inboxes(of) };
    let answer = |_: &Webhook| (201, String::new());
    let made = webhooks::create(&world.ports, &PlainKeys, by, new, &Once::default(), answer).await;
    made.map(|(webhook, secret)| (webhook, secret.to_string()))
}

async fn make(world: &World, events: &[&str], of: &[u8]) -> (Webhook, String) {
    try_make(world, &owner(), "https://example.com/hook", events, of).await.unwrap()
}

async fn stored(world: &World, id: WebhookId) -> Webhook {
    load(&*world.ports.store, organization_id(1), key::Webhook(id)).await.unwrap().unwrap()
}

async fn change(world: &World, id: WebhookId, changes: WebhookChanges) -> Webhook {
    webhooks::update(&world.ports, &owner(), id, changes).await.unwrap()
}

fn told(yes: bool) -> WebhookChanges {
    WebhookChanges { told: Some(yes), ..WebhookChanges::default() }
}

/// The `n`-th event, which is about an inbox and happens now: it is written, and laid into the feed.
async fn happen(world: &World, n: u8, kind: EventKind, inbox: u8) -> Event {
    let message = Message { inbox_id: inbox_id(inbox), ..samples::inbound(1) };
    let event = Event {
        id: EventId::new(world.ports.now(), [n; 10]),
        kind,
        created_at: world.ports.now(),
        subject: Subject::Message(Box::new(message)),
        ..samples::event(1)
    };
    world.store.contents().events.push(event.clone());
    lay(world, &event).await;
    event
}

async fn lay(world: &World, event: &Event) {
    let clock = &*world.ports.clock;
    feed::append(clock, &*world.store, organization_id(1), &[Laid::from(event)]).await.unwrap();
}

/// What the bus hands to the deliverer.
fn on_the_bus(event: &Event) -> Asked {
    let PublishedEvent { organization_id, body, .. } = wire::delivery::events::publish(event);
    let event: Value = serde_json::from_str(&body).unwrap();
    let detail = json!({"organization_id": organization_id.to_string(), "event": event});
    wire::delivery::events::read_asked(&json!({ "detail": detail }).to_string()).unwrap()
}

async fn deliver(world: &World, asked: Asked) {
    let deliverer = Deliverer {
        ports: &world.ports,
        data_keys: &PlainKeys,
        endpoints: &world.outside,
        queue: &world.outside,
        encode: wire::delivery::events::write_next,
        opened: &OpenedKeys::default(),
    };
    deliverer.deliver(asked).await.unwrap();
}

/// Makes the attempts that are due now, and says of how many the table told.
async fn look(world: &World) -> u32 {
    world.outside.queued.lock().unwrap().clear();
    // What is due at this moment is looked for a moment later.
    world.pass(1);
    let encode = wire::delivery::events::write_next;
    let asked = ask_for_due(&world.ports, &*world.store, &world.outside, encode).await.unwrap();
    let queued = std::mem::take(&mut *world.outside.queued.lock().unwrap());
    for (body, _) in queued {
        deliver(world, wire::delivery::events::read_asked(&body).unwrap()).await;
    }
    asked
}

fn answer_next(world: &World, answers: &[AttemptResult]) {
    *world.outside.answers.lock().unwrap() = VecDeque::from(answers.to_vec());
}

/// The ids of events of all calls so far.
fn called(world: &World) -> Vec<String> {
    let called = world.outside.called.lock().unwrap();
    called.iter().map(|(headers, _)| header(headers, "webhook-id")).collect()
}

fn header(headers: &[(&'static str, String)], name: &str) -> String {
    headers.iter().find(|(known, _)| *known == name).unwrap().1.clone()
}

fn attempts(world: &World, event: EventId) -> Vec<Attempt> {
    let contents = world.store.contents();
    contents.attempts.iter().filter(|attempt| attempt.event_id == event).cloned().collect()
}

fn waiting(world: &World) -> usize {
    let contents = world.store.contents();
    contents.records.keys().filter(|(_, key)| matches!(key, Key::WaitingDelivery(..))).count()
}

fn again(world: &World) -> Again<'_> {
    let encode = |event: &Event| wire::delivery::events::publish(event).body;
    Again { ports: &world.ports, feed: &*world.store, encode }
}

async fn redeliver(world: &World, event: EventId, to: Option<WebhookId>) -> Result<Redelivery, Refusal> {
    let answer = |_: &Redelivery| (202, String::new());
    again::redeliver(again(world), &owner(), event, to, &Once::default(), answer).await
}

async fn resend(
    world: &World,
    id: WebhookId,
    since: Timestamp,
    cursor: Option<&str>,
) -> Result<Resent, Refusal> {
    let answer = |_: &Resent| (202, String::new());
    again::resend(again(world), &owner(), id, (since, cursor), &Once::default(), answer).await
}

fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> Code {
    result.unwrap_err().code()
}

#[tokio::test]
async fn it_is_told_of_the_types_and_inboxes_that_it_names() {
    let world = world().await;
    make(&world, &["message.*"], &[1]).await;
    let mut expected = vec![];
    for (n, (kind, inbox, is_told)) in [
        (EventKind::MessageReceived, 1, true),
        (EventKind::MessageEdited, 1, true),
        (EventKind::MessageReceived, 2, false),
        (EventKind::ApprovalRequested, 1, false),
    ]
    .into_iter()
    .enumerate()
    {
        let event = happen(&world, u8::try_from(n).unwrap() + 1, kind, inbox).await;
        deliver(&world, on_the_bus(&event)).await;
        expected.extend(is_told.then(|| event.id.to_string()));
    }
    assert_eq!(called(&world), expected);
}

#[tokio::test]
async fn all_that_is_wrong_with_one_is_named_and_nothing_is_stored() {
    let world = world().await;
    let refused = try_make(&world, &owner(), "http://10.0.0.1/", &[], &[1, 7, 8]).await.unwrap_err();
    let Refusal::Invalid(errors) = refused else { panic!("{refused:?}") };
    let codes: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code)).collect();
    let unknown = ("inbox_ids", Code::UnknownInbox);
    assert_eq!(codes, [("url", Code::InvalidUrl), unknown, unknown]);
    let (webhook, _) = make(&world, &[], &[]).await;
    let changes = WebhookChanges { url: Some("https://localhost/".into()), ..told(false) };
    let refused = webhooks::update(&world.ports, &owner(), webhook.id, changes).await;
    assert_eq!(code(refused), Code::InvalidUrl);
    assert_eq!(stored(&world, webhook.id).await, webhook);
    let body =
        br#"{"url": 1, "events": ["message.sung", "*"], "inbox_ids": ["inb_x"], "status": "disabled"}"#;
    let Err(Refusal::Invalid(errors)) = wire::delivery::webhooks::update(body) else { panic!("it is read") };
    let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["url", "events[0]", "inbox_ids[0]", "status"]);
}

#[tokio::test]
async fn a_limited_token_manages_what_is_about_its_inboxes_alone() {
    let world = world().await;
    let (all, _) = make(&world, &[], &[]).await;
    let (both, _) = make(&world, &[], &[1, 2]).await;
    let url = "https://example.com/hook";
    let by = limited(&[1]);
    assert_eq!(code(try_make(&world, &by, url, &[], &[]).await), Code::Required);
    assert_eq!(code(try_make(&world, &by, url, &[], &[2]).await), Code::UnknownInbox);
    let (own, _) = try_make(&world, &by, url, &[], &[1]).await.unwrap();
    let page = PageRequest { limit: 100, cursor: None };
    let listed = webhooks::list(&world.ports, &by, &page).await.unwrap().items;
    assert_eq!(listed.iter().map(|it| it.id).collect::<Vec<_>>(), [own.id]);
    for id in [all.id, both.id] {
        assert_eq!(code(webhooks::get(&world.ports, &by, id).await), Code::NotFound);
        let changes = WebhookChanges { url: Some("https://evil.example/".into()), ..told(true) };
        assert_eq!(code(webhooks::update(&world.ports, &by, id, changes).await), Code::NotFound);
        assert_eq!(code(webhooks::delete(&world.ports, &by, id).await), Code::NotFound);
    }
    let wider = WebhookChanges { inbox_ids: Some([].into()), ..told(true) };
    assert_eq!(code(webhooks::update(&world.ports, &by, own.id, wider).await), Code::Required);
    let elsewhere = happen(&world, 1, EventKind::MessageReceived, 2).await;
    let answer = |_: &Redelivery| (202, String::new());
    let refused = again::redeliver(again(&world), &by, elsewhere.id, None, &Once::default(), answer).await;
    assert_eq!(code(refused), Code::NotFound);
}

#[tokio::test]
async fn changes_are_written_down_and_what_is_the_same_is_not_written() {
    let world = world().await;
    let (webhook, _) = make(&world, &["message.sent"], &[]).await;
    let audited = |world: &World| world.store.contents().audit.len();
    let before = audited(&world);
    let same = WebhookChanges { events: Some(patterns(&["message.sent"])), ..told(true) };
    assert_eq!(change(&world, webhook.id, same).await, webhook);
    assert_eq!(audited(&world), before);
    let changes = WebhookChanges {
        url: Some("https://example.com/other".into()),
        inbox_ids: Some(inboxes(&[2])),
        ..told(false)
    };
    change(&world, webhook.id, changes).await;
    let changed = stored(&world, webhook.id).await;
    assert_eq!((&*changed.url, changed.status), ("https://example.com/other", WebhookStatus::Paused));
    assert_eq!((changed.inbox_ids, changed.events), (inboxes(&[2]), webhook.events));
    let entry = world.store.contents().audit.last().cloned().unwrap();
    assert_eq!((entry.action, &*entry.details[0].1), ("webhook.update", "url inbox_ids status"));
}

/// Whether one of the signatures of a call is the one that the reference library makes of this secret.
fn verifies(secret: &str, (headers, body): &testkit::world::Call) -> bool {
    let at = header(headers, "webhook-timestamp").parse().unwrap();
    let reference = standardwebhooks::Webhook::new(secret).unwrap();
    let expected = reference.sign(&header(headers, "webhook-id"), at, body.as_bytes()).unwrap();
    header(headers, "webhook-signature").split(' ').any(|signature| signature == expected)
}

#[tokio::test]
async fn after_a_rotation_both_secrets_verify_for_a_day_and_then_the_new_one_alone() {
    let world = world().await;
    let (webhook, first) = make(&world, &[], &[]).await;
    let once = Once::default();
    let answer = |_: &Webhook| (200, String::new());
    let rotated =
        webhooks::rotate_secret(&world.ports, &PlainKeys, &owner(), webhook.id, &once, answer).await;
    let (rotated, second) = rotated.unwrap();
    assert!(second.ends_with(&rotated.secret_last_four) && first != *second);
    for (n, hours, both) in [(1, 0, true), (2, 23, true), (3, 2, false)] {
        world.pass(hours * HOUR);
        let event = happen(&world, n, EventKind::MessageReceived, 1).await;
        deliver(&world, on_the_bus(&event)).await;
        let call = world.outside.called.lock().unwrap().pop().unwrap();
        assert!(verifies(&second, &call), "{n}");
        assert_eq!(verifies(&first, &call), both, "{n}");
    }
    // Whoever lost the answer gets a third in the place of the second; the first stands as it did.
    let replaced =
        webhooks::replace_secret(&world.ports, &PlainKeys, &owner(), webhook.id, &once, answer).await;
    let (replaced, third) = replaced.unwrap();
    assert_eq!(replaced.former_secret, rotated.former_secret);
    let event = happen(&world, 4, EventKind::MessageReceived, 1).await;
    deliver(&world, on_the_bus(&event)).await;
    let call = world.outside.called.lock().unwrap().pop().unwrap();
    assert!(verifies(&third, &call) && !verifies(&second, &call));
}

#[test]
fn of_each_event_on_the_bus_the_inbox_is_known() {
    let held = Subject::Held(Box::new(samples::held(1).notice()));
    for subject in samples::subjects().into_iter().chain([held]) {
        let event = Event { subject, ..samples::event(1) };
        let Asked::All(delivery) = on_the_bus(&event) else { panic!("an event") };
        assert_eq!(delivery.inbox_id, event.subject.inbox_id(), "{:?}", event.subject);
    }
}

#[tokio::test]
async fn what_comes_while_it_is_paused_waits_and_is_told_once_it_is_active() {
    let world = world().await;
    let (webhook, _) = make(&world, &[], &[]).await;
    change(&world, webhook.id, told(false)).await;
    let event = happen(&world, 1, EventKind::MessageReceived, 1).await;
    deliver(&world, on_the_bus(&event)).await;
    world.pass(HOUR);
    look(&world).await;
    assert_eq!((called(&world).len(), waiting(&world)), (0, 1));
    assert!(attempts(&world, event.id).is_empty(), "waiting is no attempt");
    change(&world, webhook.id, told(true)).await;
    world.pass(HOUR);
    look(&world).await;
    assert_eq!((called(&world), waiting(&world)), (vec![event.id.to_string()], 0));
}

fn disabled_events(world: &World) -> Vec<Event> {
    let contents = world.store.contents();
    contents.events.iter().filter(|event| event.kind == EventKind::WebhookDisabled).cloned().collect()
}

#[tokio::test]
async fn one_that_says_that_it_is_gone_is_disabled_at_once_with_a_notice_and_what_waits_ends() {
    let world = world().await;
    let (webhook, _) = make(&world, &[], &[]).await;
    let first = happen(&world, 1, EventKind::MessageReceived, 1).await;
    answer_next(&world, &[AttemptResult::Answered(500), AttemptResult::Answered(410)]);
    deliver(&world, on_the_bus(&first)).await;
    assert_eq!(waiting(&world), 1);
    let second = happen(&world, 2, EventKind::MessageReceived, 1).await;
    deliver(&world, on_the_bus(&second)).await;
    assert_eq!(attempts(&world, second.id)[0].retry_at, None, "it is not asked again");
    let status = stored(&world, webhook.id).await.status;
    assert_eq!(status, WebhookStatus::Disabled { why: WhyDisabled::Gone, at: world.ports.now() });
    let notices = disabled_events(&world);
    let data: Value = serde_json::from_str(&wire::delivery::events::publish(&notices[0]).body).unwrap();
    assert_eq!(
        data["data"]["webhook"],
        json!({"id": webhook.id.to_string(), "status": "disabled", "disabled_reason": "gone"})
    );
    let entry = world.store.contents().audit.last().cloned().unwrap();
    assert_eq!((entry.action, entry.target), ("webhook.disable", webhook.id.to_string()));

    // Later events are not even noted, and what waited ends when its time comes.
    let third = happen(&world, 3, EventKind::MessageReceived, 1).await;
    deliver(&world, on_the_bus(&third)).await;
    world.pass(HOUR);
    look(&world).await;
    assert_eq!((called(&world).len(), waiting(&world)), (2, 0));
    let last = attempts(&world, first.id).pop().unwrap();
    assert_eq!(last.result, AttemptResult::NoAnswer("disabled"));
    assert!(attempts(&world, third.id).is_empty());
    assert_eq!(code(redeliver(&world, first.id, Some(webhook.id)).await), Code::WebhookDisabled);
    assert_eq!(code(resend(&world, webhook.id, NOW, None).await), Code::WebhookDisabled);

    // Somebody makes it active again, and has it told of all that it missed.
    change(&world, webhook.id, told(true)).await;
    let resent = resend(&world, webhook.id, NOW, None).await.unwrap();
    assert_eq!(resent.event_ids, [first.id, second.id, third.id]);
    assert_eq!(disabled_events(&world).len(), 1);
}

#[tokio::test]
async fn what_another_url_answered_disables_nothing_and_the_event_is_told_at_the_new_one() {
    let world = world().await;
    let (webhook, _) = make(&world, &[], &[]).await;
    let event = happen(&world, 1, EventKind::MessageReceived, 1).await;
    // Loaded before the change, answered after it.
    let asked = on_the_bus(&event);
    answer_next(&world, &[AttemptResult::Answered(410), AttemptResult::Answered(204)]);
    let url = "https://new.example.com/hook".to_owned();
    let moved = WebhookChanges { url: Some(url), ..WebhookChanges::default() };
    let ports = world.ports.clone();
    *world.outside.meanwhile.lock().unwrap() = Some(Box::pin(async move {
        webhooks::update(&ports, &owner(), webhook.id, moved).await.unwrap();
    }));
    deliver(&world, asked).await;
    assert_eq!(stored(&world, webhook.id).await.status, WebhookStatus::Active);
    assert_eq!(waiting(&world), 1);
    world.pass(HOUR);
    look(&world).await;
    assert_eq!((called(&world).len(), waiting(&world)), (2, 0));
    assert!(disabled_events(&world).is_empty());
}

#[tokio::test]
async fn who_asks_for_an_event_anew_while_its_last_attempt_is_made_is_not_forgotten() {
    let world = world().await;
    let (webhook, _) = make(&world, &[], &[]).await;
    let event = happen(&world, 1, EventKind::MessageReceived, 1).await;
    answer_next(&world, &[AttemptResult::Answered(500), AttemptResult::Answered(204)]);
    deliver(&world, on_the_bus(&event)).await;
    let (key, ports) = (key::WaitingDelivery(webhook.id, event.id), world.ports.clone());
    *world.outside.meanwhile.lock().unwrap() = Some(Box::pin(async move {
        let waiting = load(&*ports.store, organization_id(1), key).await.unwrap().unwrap();
        let change = Change::new(organization_id(1)).update(waiting.anew(ports.now()));
        ports.store.commit(change).await.unwrap();
    }));
    world.pass(HOUR);
    look(&world).await;
    assert_eq!((called(&world).len(), waiting(&world)), (2, 1));
}

#[tokio::test]
async fn that_mail_is_held_is_told_where_a_person_named_it_alone() {
    let world = world().await;
    let (all, _) = make(&world, &["*"], &[]).await;
    let (named, _) = make(&world, &["message.held"], &[]).await;
    for webhook in [&all, &named] {
        let wants = webhook.wants(EventKind::MessageHeld, Some(inbox_id(1)));
        assert_eq!(wants, webhook.id == named.id);
    }
    let by_token = limited(&[1]);
    let new = NewWebhook {
        url: "https://example.com/hook".into(),
        events: patterns(&["message.held"]),
        inbox_ids: inboxes(&[1]),
    };
    let once = Once::default();
    let refused =
        webhooks::create(&world.ports, &PlainKeys, &by_token, new, &once, |_| (201, String::new())).await;
    let Err(Refusal::Invalid(errors)) = refused else { panic!("a token named it") };
    assert_eq!((errors[0].field.as_str(), errors[0].code), ("events", Code::PersonRequired));
}

#[tokio::test]
async fn one_that_fails_for_three_days_is_disabled_and_one_that_answers_once_is_not() {
    for (answers_on, is_disabled) in [(None, true), (Some(2), false)] {
        let world = world().await;
        let (webhook, _) = make(&world, &[], &[]).await;
        for day in 0..4_u8 {
            let event = happen(&world, day + 1, EventKind::MessageReceived, 1).await;
            let answer = if answers_on == Some(day) { 204 } else { 500 };
            answer_next(&world, &[AttemptResult::Answered(answer); 100]);
            deliver(&world, on_the_bus(&event)).await;
            for _ in 0..24 {
                world.pass(HOUR);
                look(&world).await;
            }
        }
        let status = stored(&world, webhook.id).await.status;
        let failing = matches!(status, WebhookStatus::Disabled { why: WhyDisabled::Failing, .. });
        assert_eq!(failing, is_disabled, "{status:?}");
        assert_eq!(disabled_events(&world).len(), usize::from(is_disabled));
        assert!(!is_disabled || waiting(&world) <= 1, "what waits ends once it is looked at");
    }
}

#[tokio::test]
async fn who_asks_to_wait_is_not_called_before_and_not_for_longer_than_an_hour() {
    for (says, waits) in [("120", 120), ("999999999", HOUR)] {
        let world = world().await;
        make(&world, &[], &[]).await;
        *world.outside.head.lock().unwrap() = ResponseHead::of([("retry-after", says)]);
        answer_next(&world, &[AttemptResult::Answered(429)]);
        let first = happen(&world, 1, EventKind::MessageReceived, 1).await;
        deliver(&world, on_the_bus(&first)).await;
        let attempt = attempts(&world, first.id).pop().unwrap();
        let wait = attempt.retry_at.unwrap().duration_since(world.ports.now()).as_secs();
        assert_eq!(wait, waits);
        assert_eq!(attempt.head.fields(), [("retry-after".to_owned(), says.to_owned())]);
        let second = happen(&world, 2, EventKind::MessageReceived, 1).await;
        deliver(&world, on_the_bus(&second)).await;
        world.pass(waits - 10);
        look(&world).await;
        assert_eq!(called(&world).len(), 1, "nor for another event");
        world.pass(HOUR);
        look(&world).await;
        look(&world).await;
        assert!(called(&world).contains(&first.id.to_string()));
        world.pass(HOUR);
        look(&world).await;
        assert_eq!(waiting(&world), 0);
    }
}

#[tokio::test]
async fn a_test_is_told_to_one_endpoint_once_whatever_state_it_is_in() {
    let world = world().await;
    let (webhook, _) = make(&world, &["inbox.created"], &[1]).await;
    make(&world, &[], &[]).await;
    for state in [
        WebhookStatus::Active,
        WebhookStatus::Paused,
        WebhookStatus::Disabled { why: WhyDisabled::Failing, at: NOW },
    ] {
        let known = Webhook { status: state, ..stored(&world, webhook.id).await };
        world.ports.store.commit(Change::new(organization_id(1)).update(known)).await.unwrap();
        answer_next(&world, &[AttemptResult::Answered(500)]);
        let answer = |_: &Event| (202, String::new());
        let made = again::test(&world.ports, &owner(), webhook.id, &Once::default(), answer).await.unwrap();
        deliver(&world, on_the_bus(&made)).await;
        let [attempt] = &attempts(&world, made.id)[..] else { panic!("one attempt") };
        assert_eq!((attempt.webhook_id, attempt.retry_at), (webhook.id, None));
        assert_eq!(waiting(&world), 0);
        let (_, body) = world.outside.called.lock().unwrap().pop().unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (&body["type"], &body["data"]["webhook"]["id"]),
            (&json!("webhook.test"), &json!(webhook.id.to_string()))
        );
        assert!(world.store.contents().events.iter().any(|event| event.id == made.id), "it is in the outbox");
    }
}

#[tokio::test]
async fn an_event_is_told_again_to_one_or_to_all_that_want_it_with_a_full_set_of_attempts() {
    let world = world().await;
    let (one, _) = make(&world, &["message.received"], &[1]).await;
    let (other, _) = make(&world, &["*"], &[]).await;
    let (neither, _) = make(&world, &["inbox.*"], &[]).await;
    let event = happen(&world, 1, EventKind::MessageReceived, 1).await;
    // Long after it happened: it is kept for as long as somebody waits for it.
    world.pass(20 * 24 * HOUR);
    let both = redeliver(&world, event.id, None).await.unwrap();
    let mut ids = both.webhook_ids.clone();
    ids.sort_unstable();
    let mut expected = vec![one.id, other.id];
    expected.sort_unstable();
    assert_eq!(ids, expected);
    answer_next(&world, &[AttemptResult::Answered(500), AttemptResult::Answered(204)]);
    assert_eq!(look(&world).await, 2);
    assert_eq!((called(&world).len(), waiting(&world)), (2, 1));
    let body = world.outside.called.lock().unwrap()[0].1.clone();
    assert_eq!(body, wire::delivery::events::publish(&event).body);
    assert!(matches!(on_the_bus(&event), Asked::All(first) if first.body == body), "as it was told first");
    world.pass(HOUR);
    look(&world).await;
    assert_eq!(waiting(&world), 0, "and again, until it is taken");
    assert_eq!(code(redeliver(&world, event.id, Some(neither.id)).await), Code::EventNotWanted);
    assert_eq!(code(redeliver(&world, samples::event(9).id, None).await), Code::NotFound);
    // One that waits for a later attempt begins anew, and is told once.
    answer_next(&world, &[AttemptResult::Answered(500); 3]);
    for _ in 0..2 {
        redeliver(&world, event.id, Some(one.id)).await.unwrap();
    }
    assert_eq!((look(&world).await, waiting(&world)), (1, 1));
    redeliver(&world, event.id, Some(one.id)).await.unwrap();
    assert_eq!((look(&world).await, waiting(&world)), (1, 1));
    assert_eq!(attempts(&world, event.id).last().unwrap().number, 1);
    world.pass(11 * 24 * HOUR);
    assert_eq!(code(redeliver(&world, event.id, Some(one.id)).await), Code::NotFound, "it is forgotten");
}

#[tokio::test]
async fn what_was_not_taken_since_a_time_is_told_again_part_by_part_and_nothing_else() {
    let world = world().await;
    let (webhook, _) = make(&world, &["message.*"], &[1]).await;
    let mut missed = vec![];
    for n in 0..200_u8 {
        world.pass(60);
        let kind = if n % 10 == 9 { EventKind::ApprovalRequested } else { EventKind::MessageReceived };
        let event = happen(&world, n, kind, 1).await;
        let is_taken = n % 2 == 0;
        if is_taken {
            deliver(&world, on_the_bus(&event)).await;
        }
        if !is_taken && kind == EventKind::MessageReceived && n >= 10 {
            missed.push(event.id);
        }
    }
    let since = NOW + jiff::SignedDuration::from_secs(60 * 10 + 30);
    let first = resend(&world, webhook.id, since, None).await.unwrap();
    assert_eq!(first.event_ids, missed[..40]);
    let mut all = first.event_ids.clone();
    let mut cursor = first.next;
    while let Some(next) = cursor {
        let part = resend(&world, webhook.id, since, Some(&next)).await.unwrap();
        all.extend(part.event_ids);
        cursor = part.next;
    }
    assert_eq!(all, missed);
    let before = called(&world).len();
    assert_eq!(usize::try_from(look(&world).await), Ok(missed.len()));
    assert_eq!(called(&world).len(), before + missed.len());
    let nothing = resend(&world, webhook.id, since, None).await.unwrap();
    assert_eq!(nothing, Resent { event_ids: vec![], next: None });
    assert_eq!(code(resend(&world, webhook.id, since, Some("1.2.3.x")).await), Code::InvalidCursor);
}

#[tokio::test]
async fn the_log_of_an_endpoint_shows_heads_and_can_be_asked_for_what_failed() {
    let world = world().await;
    let (webhook, _) = make(&world, &[], &[]).await;
    *world.outside.head.lock().unwrap() = ResponseHead::of([("server", "x"), ("set-cookie", "secret")]);
    answer_next(&world, &[AttemptResult::Answered(500), AttemptResult::Answered(200)]);
    let mut events = vec![];
    for n in [1, 2] {
        world.pass(1);
        let event = happen(&world, n, EventKind::MessageReceived, 1).await;
        deliver(&world, on_the_bus(&event)).await;
        events.push(event.id);
    }
    let page = PageRequest { limit: 10, cursor: None };
    let listed = async |filter| {
        let page = webhooks::attempts(&world.ports, &owner(), webhook.id, filter, &page).await.unwrap();
        page.items.into_iter().map(|it| it.event_id).collect::<Vec<_>>()
    };
    assert_eq!(listed(AttemptFilter::default()).await, [events[1], events[0]]);
    let failed = AttemptFilter { delivered: Some(false), event_id: None };
    assert_eq!(listed(failed).await, [events[0]]);
    assert_eq!(listed(AttemptFilter { event_id: Some(events[1]), ..failed }).await, []);
    let attempt = attempts(&world, events[0]).pop().unwrap();
    let shown = serde_json::to_value(wire::delivery::webhooks::attempt(&attempt)).unwrap();
    assert_eq!(shown["response_headers"], json!({"server": "x"}));
    assert_eq!(shown["request"]["url"], "https://example.com/hook");
    let sent = &world.outside.called.lock().unwrap()[0].0;
    for name in ["webhook-id", "webhook-timestamp"] {
        assert_eq!(shown["request"]["headers"][name], header(sent, name), "{name}");
    }
    assert!(!shown.to_string().contains("v1,"), "no signature is shown");
}
