//! Many events for endpoints of which some hang, in virtual time: the deliverers' own code over a store in memory, as many at once as
//! `template.yaml` lets run, with calls that take as long as real ones do. It takes seconds, and is the same in every run.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use app::Ports;
use app::base::enter::Once;
use app::base::ports::{Called, Clock, Endpoints, FlowError, Queue};
use app::base::store::{
    Change, Key, List, ListError, Page, PageRequest, Record, Store, StoreError, Write, key, load,
};
use app::delivery::webhooks::{self, Deliverer, NewWebhook, OpenedKeys, ask_for_due};
use async_trait::async_trait;
use domain::base::id::Id as _;
use domain::delivery::webhook::{AttemptResult, Health, Webhook};
use domain::gate::seal::Ticket;
use domain::mailbox::lifecycle::Nonce;
use domain::mailbox::message::Message;
use domain::people::access::{Permit, Role, scope};
use domain::{EventId, OrganizationId, Timestamp, WebhookId};
use futures_util::future::{BoxFuture, join, join_all};
use serde_json::{Value, json};
use testkit::memory::MemoryStore;
use testkit::samples::{self, NOW, organization_id};
use testkit::world::{PlainKeys, World};

/// `MaximumConcurrency` and `BatchSize` of `BackgroundDeliver` in `template.yaml`.
const DELIVERERS: usize = 5;
const BATCH: usize = 10;
/// What calls take, in milliseconds: of AWS, and of an endpoint that answers.
const AWS: i64 = 5;
const ANSWER: i64 = 50;
/// An endpoint that hangs is waited for so long.
const LIMIT: i64 = 10_000;
const MINUTE: i64 = 60_000;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A clock that goes on to the next thing that somebody waits for, once nobody has anything else to do.
struct Time {
    now: AtomicI64,
    waiting: Mutex<BTreeMap<(i64, u64), Waker>>,
    places: AtomicU64,
}

impl Time {
    fn millis(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    async fn pass(&self, millis: i64) {
        let until = self.millis() + millis;
        let place = (until, self.places.fetch_add(1, Ordering::SeqCst));
        poll_fn(|context| {
            if self.millis() >= until {
                return Poll::Ready(());
            }
            lock(&self.waiting).insert(place, context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Runs to the end.
    fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        let (waker, mut work) = (Waker::from(Arc::clone(&woken)), pin!(work));
        loop {
            while woken.0.swap(false, Ordering::SeqCst) {
                if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return done;
                }
            }
            let (place, next) = lock(&self.waiting).pop_first().unwrap_or_else(|| panic!("nobody waits"));
            self.now.fetch_max(place.0, Ordering::SeqCst);
            next.wake();
        }
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.millis()).unwrap_or(NOW)
    }

    fn wait(&self, millis: u64) -> BoxFuture<'_, ()> {
        Box::pin(self.pass(i64::try_from(millis).unwrap_or(i64::MAX)))
    }
}

/// What was done.
#[derive(Default)]
struct Counts {
    calls: BTreeMap<&'static str, u64>,
    attempts: u64,
    hung: u64,
    told: BTreeMap<(WebhookId, EventId), u64>,
    waits: Vec<i64>,
}

/// The store, the queue and the outside, which take their time and count.
struct Surroundings {
    time: Arc<Time>,
    store: Arc<MemoryStore>,
    webhooks: Mutex<Vec<WebhookId>>,
    queued: Mutex<BTreeMap<(i64, u64), String>>,
    counts: Mutex<Counts>,
}

impl Surroundings {
    async fn called(&self, what: &'static str) {
        *lock(&self.counts).calls.entry(what).or_default() += 1;
        self.time.pass(AWS).await;
    }

    fn put(&self, body: String, delay: i64) {
        let place = self.time.places.fetch_add(1, Ordering::SeqCst);
        lock(&self.queued).insert((self.time.millis() + delay, place), body);
    }

    fn take(&self) -> Vec<String> {
        let mut queued = lock(&self.queued);
        let now = self.time.millis();
        let is_due = |queued: &BTreeMap<(i64, u64), String>| {
            queued.first_key_value().is_some_and(|((due, _), _)| *due <= now)
        };
        let mut taken = vec![];
        while taken.len() < BATCH && is_due(&queued) {
            taken.extend(queued.pop_first().map(|(_, body)| body));
        }
        taken
    }
}

#[async_trait]
impl Store for Surroundings {
    async fn load(
        &self,
        organization_id: OrganizationId,
        keys: &[Key],
    ) -> Result<Vec<Option<Record>>, StoreError> {
        self.called("BatchGetItem").await;
        self.store.load(organization_id, keys).await
    }

    async fn list(
        &self,
        organization_id: OrganizationId,
        list: &List,
        page: &PageRequest,
    ) -> Result<Page<Record>, ListError> {
        self.called("Query").await;
        if *list != List::Webhooks {
            return self.store.list(organization_id, list, page).await;
        }
        // What the store in memory would look through everything for.
        let keys: Vec<_> = lock(&self.webhooks).iter().map(|id| Key::Webhook(*id)).collect();
        let items = self.store.load(organization_id, &keys).await?.into_iter().flatten().collect();
        Ok(Page { items, next: None })
    }

    fn cursor(&self, organization_id: OrganizationId, list: &List, record: &Record) -> Option<String> {
        self.store.cursor(organization_id, list, record)
    }

    async fn commit(&self, mut change: Change) -> Result<(), StoreError> {
        self.called(if change.writes.len() > 1 { "TransactWriteItems" } else { "a write of one item" }).await;
        // Counted instead of kept.
        let is_attempt =
            |write: &Write| matches!(write, Write::Put(it, _) if matches!(**it, Record::Attempt(_)));
        let all = change.writes.len();
        change.writes.retain(|write| !is_attempt(write));
        lock(&self.counts).attempts += u64::try_from(all - change.writes.len()).unwrap_or_default();
        self.store.commit(change).await
    }

    async fn claim(
        &self,
        ticket: &Ticket,
        nonce: Nonce,
        now: Timestamp,
    ) -> Result<Option<Message>, StoreError> {
        self.store.claim(ticket, nonce, now).await
    }
}

#[async_trait]
impl Queue for Surroundings {
    async fn send(&self, _: OrganizationId, body: String, delay_seconds: u16) -> Result<(), FlowError> {
        self.called("SendMessage").await;
        self.put(body, i64::from(delay_seconds) * 1_000);
        Ok(())
    }
}

#[async_trait]
impl Endpoints for Surroundings {
    async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        _: &str,
        longer: BoxFuture<'_, bool>,
    ) -> Called {
        let header = headers.iter().find(|(name, _)| *name == "webhook-id");
        let event = header.and_then(|(_, id)| EventId::parse(id).ok());
        if url.contains("hangs") {
            lock(&self.counts).hung += 1;
            let quick = i64::try_from(Health::QUICK.as_millis()).unwrap_or_default();
            self.time.pass(quick).await;
            if !longer.await {
                return Called::new(None, quick.unsigned_abs());
            }
            self.time.pass(LIMIT - quick).await;
            return Called::new(Some(AttemptResult::NoAnswer("timeout")), LIMIT.unsigned_abs());
        }
        self.time.pass(ANSWER).await;
        let webhook = url.rsplit('/').next().and_then(|n| n.parse::<usize>().ok());
        let webhook = webhook.and_then(|n| lock(&self.webhooks).get(n).copied());
        if let Some((webhook, event)) = webhook.zip(event) {
            let mut counts = lock(&self.counts);
            *counts.told.entry((webhook, event)).or_default() += 1;
            counts.waits.push(self.time.millis() - event.at().as_millisecond());
        }
        Called::new(Some(AttemptResult::Answered(204)), ANSWER.unsigned_abs())
    }
}

/// What happens.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    /// So many events of one organization.
    pub events: u16,
    /// So many of them a second.
    pub a_second: u16,
    /// So many endpoints, each of which wants all events.
    pub endpoints: u16,
    /// So many of them take every call and answer none, from one moment on.
    pub hang: u16,
    /// It is looked at for so many minutes.
    pub minutes: u16,
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Of each event that an endpoint took, how long after it happened, in milliseconds, the shortest first.
    pub waits: Vec<i64>,
    /// Deliveries to healthy endpoints that were not made, or made more than once.
    pub wrong: u64,
    /// Calls of endpoints that hang.
    pub hung: u64,
    /// Attempts that were written down.
    pub attempts: u64,
    /// Deliveries that wait in the table at the end.
    pub left: usize,
    /// Calls of AWS, by their name.
    pub calls: BTreeMap<&'static str, u64>,
}

impl Report {
    /// So long has a part of a thousand waited, in milliseconds.
    pub fn waited(&self, per_mille: usize) -> i64 {
        let place = (self.waits.len() * per_mille / 1_000).min(self.waits.len().saturating_sub(1));
        self.waits.get(place).copied().unwrap_or(i64::MAX)
    }

    /// What is not as it has to be.
    pub fn broken(&self, crowd: Crowd) -> Vec<String> {
        let hang = u64::from(crowd.hang);
        let all = u64::from(crowd.events) * u64::from(crowd.endpoints);
        let gates = [
            ("deliveries that were not made once", self.wrong, 0),
            ("ms until half had come", self.waited(500).unsigned_abs(), 500),
            ("ms until all had come", self.waited(1_000).unsigned_abs(), 6_000),
            // Those that are on their way when an endpoint begins to hang, its failures, and its probes.
            ("calls that hung", self.hung, hang * 70),
            ("calls of AWS", self.all_calls(), all * 3),
        ];
        let over = gates.into_iter().filter(|(_, count, most)| count > most);
        over.map(|(what, count, most)| format!("{count} {what}, and {most} are allowed")).collect()
    }

    /// All calls of AWS.
    pub fn all_calls(&self) -> u64 {
        self.calls.values().sum()
    }
}

/// Makes the endpoints. All of them were quick until now.
async fn endpoints(ports: &Ports, around: &Surroundings, crowd: Crowd) {
    let organization = organization_id(1);
    let made = Change::new(organization).create(samples::organization(1));
    ports.store.commit(made).await.unwrap_or_else(|error| panic!("{error}"));
    let permit = samples::session(1, Role::Owner).0.principal(NOW).and_then(|it| it.permit().ok());
    let permit: Permit<scope::WebhooksManage> = permit.unwrap_or_else(|| panic!("an owner manages webhooks"));
    for n in 0..crowd.endpoints {
        let name = if n < crowd.hang { "hangs" } else { "answers" };
        let url = format!("https://{name}.example.com/{n}");
        let new = NewWebhook { url, events: BTreeSet::new(), inbox_ids: BTreeSet::new() };
        let once = Once::default();
        let made = webhooks::create(ports, &PlainKeys, &permit, new, &once, |_| (201, String::new())).await;
        let id = made.unwrap_or_else(|error| panic!("{error}")).0.id;
        lock(&around.webhooks).push(id);
        let known = load(&*ports.store, organization, key::Webhook(id)).await.ok().flatten();
        let known: Webhook = known.unwrap_or_else(|| panic!("it was made"));
        let quick = Webhook { health: known.health.quick(), ..known };
        let change = Change::new(organization).update(quick);
        ports.store.commit(change).await.unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Puts the events on the queue as the bus does, each at its time.
async fn happen(around: &Surroundings, crowd: Crowd) {
    let sample = wire::delivery::events::publish(&samples::event(1));
    let mut event: Value = serde_json::from_str(&sample.body).unwrap_or_default();
    let start = around.time.millis();
    for n in 0..crowd.events {
        let at = start + i64::from(n) * 1_000 / i64::from(crowd.a_second);
        around.time.pass(at - around.time.millis()).await;
        let mut entropy = [0; 10];
        entropy[..2].copy_from_slice(&n.to_be_bytes());
        event["id"] = EventId::new(around.time.now(), entropy).to_string().into();
        let detail = json!({"organization_id": organization_id(1).to_string(), "event": event});
        around.put(json!({ "detail": detail }).to_string(), 0);
    }
}

/// One of the deliverers: takes some messages, and others once these are done.
async fn deliver(deliverer: &Deliverer<'_>, around: &Surroundings, end: i64) {
    while around.time.millis() < end {
        let messages = around.take();
        if messages.is_empty() {
            around.time.pass(100).await;
        }
        let done = messages.into_iter().map(async |body| {
            let asked = wire::delivery::events::read_asked(&body);
            let asked = asked.unwrap_or_else(|| panic!("a message that can't be read"));
            if deliverer.deliver(asked).await.is_err() {
                around.put(body, MINUTE);
            }
        });
        join_all(done).await;
    }
}

/// The look after the table, once a minute.
async fn sweep(ports: &Ports, around: &Surroundings, end: i64) {
    while around.time.millis() < end {
        around.time.pass(MINUTE).await;
        let encode = wire::delivery::events::write_next;
        let asked = ask_for_due(ports, &*around.store, around, encode).await;
        asked.unwrap_or_else(|error| panic!("{error}"));
    }
}

impl Crowd {
    /// Lets it happen.
    ///
    /// # Panics
    /// Where the store or a use case fails, which nothing here makes it do.
    pub fn run(self) -> Report {
        let world = World::default();
        let time = Arc::new(Time {
            now: AtomicI64::new(NOW.as_millisecond()),
            waiting: Mutex::default(),
            places: AtomicU64::default(),
        });
        let around = Arc::new(Surroundings {
            time: Arc::clone(&time),
            store: Arc::clone(&world.store),
            webhooks: Mutex::default(),
            queued: Mutex::default(),
            counts: Mutex::default(),
        });
        let (clock, store) = (Arc::<Time>::clone(&time), Arc::<Surroundings>::clone(&around));
        let ports = Ports { clock, store, ..world.ports };
        let opened = OpenedKeys::default();
        let deliverer = Deliverer {
            ports: &ports,
            data_keys: &PlainKeys,
            endpoints: &*around,
            queue: &*around,
            encode: wire::delivery::events::write_next,
            opened: &opened,
        };
        time.run(async {
            endpoints(&ports, &around, self).await;
            *lock(&around.counts) = Counts::default();
            let end = time.millis() + i64::from(self.minutes) * MINUTE;
            let deliverers = join_all((0..DELIVERERS).map(|_| deliver(&deliverer, &around, end)));
            join(join(happen(&around, self), sweep(&ports, &around, end)), deliverers).await;
        });
        let counts = std::mem::take(&mut *lock(&around.counts));
        let (mut waits, told) = (counts.waits, counts.told);
        waits.sort_unstable();
        let healthy = u64::from(self.endpoints - self.hang) * u64::from(self.events);
        let missing = healthy.saturating_sub(told.len() as u64);
        let waiting = |key: &&(OrganizationId, Key)| matches!(key.1, Key::WaitingDelivery(..));
        Report {
            waits,
            wrong: missing + told.values().filter(|times| **times > 1).count() as u64,
            hung: counts.hung,
            attempts: counts.attempts,
            left: around.store.contents().records.keys().filter(waiting).count(),
            calls: counts.calls,
        }
    }
}
