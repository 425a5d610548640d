//! Telling webhooks in memory: endpoints that fail or hang are held back, no event is lost, and no organization takes all
//! places of the deliverer.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use app::base::enter::Once;
use app::base::ports::{Called, DataKeys, Endpoints};
use app::base::store::{Change, DueDelivery, Key, Write, key, load};
use app::delivery::webhooks::{
    self, Asked, Deliverer, Delivery, NewWebhook, NextAttempt, OpenedKeys, SLOW_CALLS,
};
use async_trait::async_trait;
use domain::Timestamp;
use domain::delivery::event::Event;
use domain::delivery::webhook::{Attempt, AttemptResult, Health, WaitingDelivery, Webhook};
use domain::people::access::{Role, scope};
use domain::{EventId, OrganizationId};
use futures_util::future::{BoxFuture, join_all};
use jiff::SignedDuration;
use testkit::samples::{self, NOW, organization_id};
use testkit::world::{PlainKeys, World};

async fn world() -> (World, Webhook) {
    let world = World::default();
    for n in [1, 2] {
        let change = Change::new(organization_id(n)).create(samples::organization(n));
        world.ports.store.commit(change).await.unwrap();
    }
    let permit = samples::session(1, Role::Owner).0.principal(NOW).unwrap();
    let permit = permit.permit::<scope::WebhooksManage>().unwrap();
    let new = NewWebhook { url: "https://example.com/hook".into(), events: [].into(), inbox_ids: [].into() };
    let created =
        webhooks::create(&world.ports, &PlainKeys, &permit, new, &Once::default(), |_| (201, String::new()))
            .await;
    (world, created.unwrap().0)
}

async fn stored(world: &World, webhook: &Webhook) -> Option<Webhook> {
    load(&*world.ports.store, webhook.organization_id, key::Webhook(webhook.id)).await.unwrap()
}

/// The `n`-th event of an organization, made now.
fn event(world: &World, organization: OrganizationId, n: usize) -> Delivery {
    let mut entropy = [0; 10];
    entropy[..8].copy_from_slice(&n.to_be_bytes());
    let event = Event { id: EventId::new(world.ports.now(), entropy), ..samples::event(1) };
    Delivery {
        organization_id: organization,
        event_id: event.id,
        kind: event.kind,
        inbox_id: event.subject.inbox_id(),
        endpoint: None,
        body: wire::delivery::events::publish(&event).body,
    }
}

fn deliverer<'a>(world: &'a World, endpoints: &'a dyn Endpoints, opened: &'a OpenedKeys) -> Deliverer<'a> {
    let encode = wire::delivery::events::write_next;
    Deliverer { ports: &world.ports, data_keys: &PlainKeys, endpoints, queue: &world.outside, encode, opened }
}

fn attempts(world: &World, event: EventId) -> Vec<Attempt> {
    let contents = world.store.contents();
    contents.attempts.iter().filter(|attempt| attempt.event_id == event).cloned().collect()
}

const SILENCE: AttemptResult = AttemptResult::NoAnswer("timeout");

/// An endpoint that answers from a time on, and fails before it.
struct Down<'a> {
    world: &'a World,
    until: Timestamp,
    fails: AttemptResult,
    calls: Mutex<Vec<Timestamp>>,
}

#[async_trait]
impl Endpoints for Down<'_> {
    async fn post(&self, _: &str, _: &[(&'static str, String)], _: &str, _: BoxFuture<'_, bool>) -> Called {
        let now = self.world.ports.now();
        self.calls.lock().unwrap().push(now);
        let result = if now < self.until { self.fails } else { AttemptResult::Answered(204) };
        Called::new(Some(result), 10)
    }
}

/// What waits in the queue, by the time at which it comes out.
type Queued = Vec<(Timestamp, String)>;

fn queued(world: &World) -> Queued {
    let now = world.ports.now();
    let messages = std::mem::take(&mut *world.outside.queued.lock().unwrap());
    let due = |delay: u16| now + SignedDuration::from_secs(i64::from(delay));
    messages.into_iter().map(|(body, delay)| (due(delay), body)).collect()
}

/// How many deliveries wait.
fn waiting(world: &World) -> usize {
    let contents = world.store.contents();
    contents.records.keys().filter(|(_, key)| matches!(key, Key::WaitingDelivery(..))).count()
}

/// Gives the deliverer what comes out of the queue, in order of time, and has the table looked after once a minute, until nothing
/// waits any more. Gives how long the longest chain was of messages that led to messages, as Lambda counts them.
async fn run(world: &World, deliverer: &Deliverer<'_>) -> usize {
    let in_row = |row: usize| queued(world).into_iter().map(move |(due, body)| (due, body, row));
    let (mut messages, mut hops, mut longest) = (in_row(1).collect::<Vec<_>>(), 0, 1);
    let mut next_look = world.ports.now() + SignedDuration::from_mins(1);
    while !messages.is_empty() || waiting(world) > 0 {
        let first = (0..messages.len()).min_by_key(|i| messages[*i].0);
        if let Some(first) = first.filter(|i| messages[*i].0 <= next_look) {
            let (due, body, row) = messages.swap_remove(first);
            world.pass(due.duration_since(world.ports.now()).as_secs().max(0));
            deliverer.deliver(wire::delivery::events::read_asked(&body).unwrap()).await.unwrap();
            messages.extend(in_row(row + 1));
            longest = longest.max(row);
        } else {
            world.pass(next_look.duration_since(world.ports.now()).as_secs().max(0));
            next_look += SignedDuration::from_mins(1);
            ask(world).await;
            messages.extend(in_row(1));
        }
        hops += 1;
        assert!(hops < 200_000, "it never ends");
    }
    longest
}

/// Looks after what waits in the table.
async fn ask(world: &World) -> u32 {
    let encode = wire::delivery::events::write_next;
    webhooks::ask_for_due(&world.ports, &*world.store, &world.outside, encode).await.unwrap()
}

#[tokio::test]
async fn an_endpoint_that_is_down_for_hours_is_called_a_few_times_and_told_of_everything_afterwards() {
    let (world, webhook) = world().await;
    let opened = OpenedKeys::default();
    let hours = 3;
    let down = Down {
        world: &world,
        until: NOW + SignedDuration::from_hours(hours),
        fails: SILENCE,
        calls: Mutex::default(),
    };
    let deliverer = deliverer(&world, &down, &opened);
    let events: Vec<_> = (0..200).map(|n| event(&world, organization_id(1), n)).collect();
    for event in &events {
        deliverer.deliver(Asked::All(event.clone())).await.unwrap();
    }
    assert_eq!(down.calls.lock().unwrap().len(), Health::FAILURES as usize, "then it is held back");
    run(&world, &deliverer).await;
    let calls = down.calls.lock().unwrap().clone();
    let failed = calls.iter().filter(|at| **at < down.until).count();
    assert!(failed < 25, "{failed} calls in {hours} hours");
    for event in &events {
        let attempts = attempts(&world, event.event_id);
        let numbers: Vec<_> = attempts.iter().map(|attempt| attempt.number).collect();
        assert_eq!(numbers, (1..).take(attempts.len()).collect::<Vec<_>>(), "each counts once");
        let last = attempts.last().unwrap();
        assert!(last.result.delivered() && last.retry_at.is_none(), "{last:?}");
    }
    assert_eq!(stored(&world, &webhook).await.unwrap().health, Health::default().quick());
}

#[tokio::test]
async fn an_endpoint_that_answers_500_for_a_day_is_called_a_few_times_an_hour_and_told_of_everything_then() {
    let (world, webhook) = world().await;
    let opened = OpenedKeys::default();
    let down = Down {
        world: &world,
        until: NOW + SignedDuration::from_hours(24),
        fails: AttemptResult::Answered(500),
        calls: Mutex::default(),
    };
    let deliverer = deliverer(&world, &down, &opened);
    let events: Vec<_> = (0..30).map(|n| event(&world, organization_id(1), n)).collect();
    for event in &events {
        deliverer.deliver(Asked::All(event.clone())).await.unwrap();
    }
    run(&world, &deliverer).await;
    let calls = down.calls.lock().unwrap().clone();
    let failed: Vec<_> = calls.iter().filter(|at| **at < down.until).collect();
    assert!((60..130).contains(&failed.len()), "{} calls in a day", failed.len());
    for event in &events {
        let attempts = attempts(&world, event.event_id);
        let last = attempts.last().unwrap();
        assert!(last.result.delivered() && last.retry_at.is_none(), "{last:?}");
        assert!(attempts.iter().filter(|it| it.result == AttemptResult::Answered(500)).count() < 8);
    }
    let known = stored(&world, &webhook).await.unwrap();
    assert!(!known.is_disabled() && known.health == Health::default().quick(), "{known:?}");
}

#[tokio::test]
async fn an_endpoint_that_never_answers_ends_each_event_after_a_day_and_a_half_at_most() {
    let (world, _) = world().await;
    let opened = OpenedKeys::default();
    let down = Down { world: &world, until: Timestamp::MAX, fails: SILENCE, calls: Mutex::default() };
    let deliverer = deliverer(&world, &down, &opened);
    let events: Vec<_> = (0..50).map(|n| event(&world, organization_id(1), n)).collect();
    for event in &events {
        deliverer.deliver(Asked::All(event.clone())).await.unwrap();
    }
    let longest = run(&world, &deliverer).await;
    // Lambda ends a chain of its own invocations after about sixteen.
    assert!(longest < 12, "{longest}");
    let lasted = world.ports.now().duration_since(NOW);
    assert!((24..40).contains(&lasted.as_hours()), "{lasted}");
    let calls = down.calls.lock().unwrap().len();
    assert!(calls < 200, "{calls} calls where there would be 400");
    for event in &events {
        let attempts = attempts(&world, event.event_id);
        let last = attempts.last().unwrap();
        assert!(last.retry_at.is_none() && !last.result.delivered(), "{last:?}");
        assert!(last.at.duration_since(NOW).as_hours() >= 24, "told of for a day at least: {last:?}");
    }
    let given_up = |attempt: &&Attempt| attempt.result == AttemptResult::NoAnswer("held_back");
    assert!(world.store.contents().attempts.iter().any(|attempt| given_up(&attempt)), "it is said why");
}

#[tokio::test]
async fn one_call_alone_finds_out_whether_an_endpoint_answers_again() {
    let (world, webhook) = world().await;
    let opened = OpenedKeys::default();
    let down = Down {
        world: &world,
        until: NOW + SignedDuration::from_secs(20),
        fails: SILENCE,
        calls: Mutex::default(),
    };
    let deliverer = deliverer(&world, &down, &opened);
    for n in 0..5 {
        deliverer.deliver(Asked::All(event(&world, organization_id(1), n))).await.unwrap();
    }
    assert!(stored(&world, &webhook).await.unwrap().health.held_until.is_some());
    world.outside.queued.lock().unwrap().clear();
    world.pass(29);
    deliverer.deliver(Asked::All(event(&world, organization_id(1), 6))).await.unwrap();
    assert_eq!(down.calls.lock().unwrap().len(), 5, "not within the pause");
    world.pass(2);
    // It is looked at by all of them before any of them has called.
    let before = stored(&world, &webhook).await.unwrap();
    let retries = (10..20).map(|n| event(&world, organization_id(1), n));
    join_all(retries.map(|event| deliverer.deliver(Asked::All(event)))).await;
    let probes = down.calls.lock().unwrap().len() - 5;
    assert!((1..=10).contains(&probes), "{probes}");
    let probed = Webhook { health: before.health.probed(world.ports.now()), ..before };
    let late = world.ports.store.commit(Change::new(organization_id(1)).update(probed)).await;
    assert!(late.is_err(), "of two who probe, one conflicts");
    assert_eq!(
        stored(&world, &webhook).await.unwrap().health.turn(world.ports.now()),
        domain::delivery::webhook::Turn::Call
    );
}

/// An endpoint that takes as long as it may, and says how many do so at once.
#[derive(Default)]
struct Hangs {
    calls: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl Endpoints for Hangs {
    async fn post(
        &self,
        _: &str,
        _: &[(&'static str, String)],
        _: &str,
        longer: BoxFuture<'_, bool>,
    ) -> Called {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if !longer.await {
            return Called::new(None, 3_001);
        }
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        self.now.fetch_sub(1, Ordering::SeqCst);
        Called::new(Some(AttemptResult::Answered(204)), 9_000)
    }
}

#[tokio::test]
async fn an_endpoint_that_was_never_called_needs_a_place() {
    let (world, webhook) = world().await;
    let (opened, hangs) = (OpenedKeys::default(), Hangs::default());
    let deliverer = deliverer(&world, &hangs, &opened);
    let events: Vec<_> = (0..30).map(|n| event(&world, organization_id(1), n)).collect();
    join_all(events.iter().map(|event| deliverer.deliver(Asked::All(event.clone())))).await;
    let calls = hangs.calls.load(Ordering::SeqCst);
    assert_eq!(calls, usize::try_from(SLOW_CALLS).unwrap(), "nobody finds out twice that it hangs");
    let health = stored(&world, &webhook).await.unwrap().health;
    assert!(!health.quick && health.quick().is_slow(world.ports.now()), "{health:?}");
}

#[tokio::test]
async fn an_organization_has_two_calls_that_take_long_and_another_has_its_own() {
    let (world, webhook) = world().await;
    // It was quick until now.
    let known = stored(&world, &webhook).await.unwrap();
    let known = Webhook { health: known.health.quick(), ..known };
    world.ports.store.commit(Change::new(organization_id(1)).update(known)).await.unwrap();
    let opened = OpenedKeys::default();
    let hangs = Hangs::default();
    let deliverer = deliverer(&world, &hangs, &opened);
    // Another organization's endpoint, as slow.
    let other = Webhook { organization_id: organization_id(2), ..webhook.clone() };
    let (key, _) = PlainKeys.generate(organization_id(2)).await.unwrap();
    let id = other.id.to_string();
    let context =
        app::base::vault::Context { organization_id: organization_id(2), kind: "webhook", record_id: &id };
    let sealed_secret = app::base::vault::seal(&world.ports, &key, context, &[1; 32]).unwrap();
    let other = Webhook { sealed_secret, ..other };
    world.ports.store.commit(Change::new(organization_id(2)).create(other)).await.unwrap();

    let first: Vec<_> = (0..30).map(|n| event(&world, organization_id(1), n)).collect();
    join_all(first.iter().map(|event| deliverer.deliver(Asked::All(event.clone())))).await;
    let most = |hangs: &Hangs| hangs.most.swap(0, Ordering::SeqCst);
    assert_eq!(most(&hangs), usize::try_from(SLOW_CALLS).unwrap());
    let told = first.iter().filter(|event| !attempts(&world, event.event_id).is_empty()).count();
    assert_eq!(told, usize::try_from(SLOW_CALLS).unwrap(), "what was broken off is no attempt");
    assert_eq!(waiting(&world), 28, "it comes again");
    assert!(stored(&world, &webhook).await.unwrap().health.is_slow(world.ports.now()));

    // The first that was broken off told the others, who did not call. From now on nobody does who has no place.
    let calls = hangs.calls.swap(0, Ordering::SeqCst);
    assert_eq!(calls, 3);
    let second: Vec<_> = (100..130).map(|n| event(&world, organization_id(1), n)).collect();
    let others: Vec<_> = (200..202).map(|n| event(&world, organization_id(2), n)).collect();
    join_all(second.iter().chain(&others).map(|event| deliverer.deliver(Asked::All(event.clone())))).await;
    assert_eq!(hangs.calls.load(Ordering::SeqCst), 4, "two of each");
    assert_eq!(most(&hangs), 4);
    assert!(others.iter().all(|event| attempts(&world, event.event_id).len() == 1));

    // In the end all of them are told.
    run(&world, &deliverer).await;
    for event in first.iter().chain(&second) {
        let attempts = attempts(&world, event.event_id);
        assert!(attempts.len() == 1 && attempts[0].result.delivered(), "{attempts:?}");
    }
}

#[tokio::test]
async fn what_was_asked_for_and_not_done_is_asked_for_again_and_done_once() {
    let (world, webhook) = world().await;
    let opened = OpenedKeys::default();
    let down = Down {
        world: &world,
        until: NOW + SignedDuration::from_secs(60),
        fails: SILENCE,
        calls: Mutex::default(),
    };
    let deliverer = deliverer(&world, &down, &opened);
    deliverer.deliver(Asked::All(event(&world, organization_id(1), 1))).await.unwrap();
    let calls = || down.calls.lock().unwrap().len();
    assert_eq!((calls(), waiting(&world)), (1, 1));
    // The queue was asked for the attempt after five seconds, and lost it.
    assert_eq!(queued(&world).len(), 1);
    world.pass(60);
    assert_eq!(ask(&world).await, 0, "whoever was asked has some minutes");
    world.pass(600);
    assert_eq!((ask(&world).await, ask(&world).await), (1, 0), "then another is asked, once");
    let (_, body) = queued(&world).pop().unwrap();
    let asked = || wire::delivery::events::read_asked(&body).unwrap();
    deliverer.deliver(asked()).await.unwrap();
    assert_eq!((calls(), waiting(&world)), (2, 0));
    deliverer.deliver(asked()).await.unwrap();
    assert_eq!(calls(), 2, "a message that comes twice");
    // Where its endpoint is gone, nothing waits any more.
    world.pass(60);
    let never = Down { world: &world, until: Timestamp::MAX, fails: SILENCE, calls: Mutex::default() };
    let deliverer = Deliverer { endpoints: &never, ..deliverer };
    deliverer.deliver(Asked::All(event(&world, organization_id(1), 2))).await.unwrap();
    let removed = Change::new(organization_id(1)).write(Write::Delete(Key::Webhook(webhook.id)));
    world.ports.store.commit(removed).await.unwrap();
    let (_, body) = queued(&world).pop().unwrap();
    deliverer.deliver(wire::delivery::events::read_asked(&body).unwrap()).await.unwrap();
    assert_eq!((never.calls.lock().unwrap().len(), waiting(&world)), (1, 0));
}

#[tokio::test]
async fn an_event_that_is_told_again_begins_nothing_anew_and_a_slower_deliverer_takes_nothing_back() {
    let (world, webhook) = world().await;
    let opened = OpenedKeys::default();
    let down = Down {
        world: &world,
        until: NOW + SignedDuration::from_secs(120),
        fails: SILENCE,
        calls: Mutex::default(),
    };
    let deliverer = deliverer(&world, &down, &opened);
    let first = event(&world, organization_id(1), 1);
    let waits = || {
        let key = (organization_id(1), Key::WaitingDelivery(webhook.id, first.event_id));
        world
            .store
            .contents()
            .records
            .get(&key)
            .cloned()
            .map(|record| WaitingDelivery::try_from(record).unwrap())
    };
    deliverer.deliver(Asked::All(first.clone())).await.unwrap();
    let (_, second) = queued(&world).pop().unwrap();
    world.pass(10);
    let asked = |body: &str| wire::delivery::events::read_asked(body).unwrap();
    deliverer.deliver(asked(&second)).await.unwrap();
    let known = waits().unwrap();
    assert_eq!((known.number, known.version), (3, 2));
    // The bus tells it once more, and the queue gives the second once more.
    deliverer.deliver(Asked::All(first.clone())).await.unwrap();
    deliverer.deliver(asked(&second)).await.unwrap();
    assert_eq!(waits(), Some(known.clone()), "the third still waits");
    // While one makes the third, which fails, another makes it as well, and is done.
    world.pass(400);
    let of =
        DueDelivery { organization_id: organization_id(1), webhook_id: webhook.id, event_id: first.event_id };
    let third = NextAttempt { of, number: 3, put_off: 0 };
    let overtaken = Overtaken { deliverer: &deliverer, by: third };
    let slower = Deliverer { endpoints: &overtaken, ..self::deliverer(&world, &down, &opened) };
    slower.deliver(Asked::Next(third)).await.unwrap();
    assert_eq!(waits(), None, "what was told is not told again");
    let told = attempts(&world, first.event_id);
    let thirds: Vec<_> = told.iter().filter(|it| it.number == 3).map(|it| it.result.delivered()).collect();
    assert_eq!(thirds, [true, false], "{told:?}");
}

/// An endpoint that fails, and while it does another deliverer makes the same attempt.
struct Overtaken<'a> {
    deliverer: &'a Deliverer<'a>,
    by: NextAttempt,
}

#[async_trait]
impl Endpoints for Overtaken<'_> {
    async fn post(&self, _: &str, _: &[(&'static str, String)], _: &str, _: BoxFuture<'_, bool>) -> Called {
        self.deliverer.deliver(Asked::Next(self.by)).await.unwrap();
        Called::new(Some(AttemptResult::Answered(500)), 10)
    }
}

#[tokio::test]
async fn one_organization_s_backlog_keeps_no_other_from_being_asked_for() {
    let (world, _) = world().await;
    let waiting = |organization: u8, n: usize, look_at: i64| WaitingDelivery {
        organization_id: organization_id(organization),
        event_id: event(&world, organization_id(organization), n).event_id,
        look_at: NOW + SignedDuration::from_secs(look_at),
        ..samples::waiting_delivery(1)
    };
    let store = |one: WaitingDelivery| {
        let change = Change::new(one.organization_id).create(one);
        world.ports.store.commit(change)
    };
    for n in 0..1_000 {
        store(waiting(1, n, 0)).await.unwrap();
    }
    store(waiting(2, 1_000, 50)).await.unwrap();
    world.pass(60);
    assert_eq!(ask(&world).await, 401, "of one at most 400, and those of all others");
}

/// An endpoint whose owner removes it while it is called.
struct Removed<'a>(&'a World, &'a Webhook);

#[async_trait]
impl Endpoints for Removed<'_> {
    async fn post(&self, _: &str, _: &[(&'static str, String)], _: &str, _: BoxFuture<'_, bool>) -> Called {
        let removed = Write::Delete(Key::Webhook(self.1.id));
        let change = Change::new(self.1.organization_id).write(removed);
        self.0.ports.store.commit(change).await.unwrap();
        Called::new(Some(AttemptResult::Answered(500)), 4_000)
    }
}

#[tokio::test]
async fn what_a_call_tells_of_an_endpoint_does_not_bring_it_back() {
    let (world, webhook) = world().await;
    let opened = OpenedKeys::default();
    let removed = Removed(&world, &webhook);
    deliverer(&world, &removed, &opened)
        .deliver(Asked::All(event(&world, organization_id(1), 1)))
        .await
        .unwrap();
    assert_eq!(stored(&world, &webhook).await, None);
}
