//! Endpoints, and telling them of events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::delivery::event::{Endpoint, Event, EventKind, EventPattern, Subject, WebhookStatus};
use domain::delivery::webhook::{
    Attempt, AttemptResult, Health, KEPT, ResponseHead, Told, Turn, WaitingDelivery, Webhook, WebhookChanges,
    backoff, put_off,
};
use domain::people::access::{Actor, Permit, scope};
use domain::{EventId, InboxId, OrganizationId, Timestamp, WebhookId};
use futures_util::future::BoxFuture;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::SignedDuration;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::base::enter::Once;
use crate::base::error::{FieldError, Refusal};
use crate::base::ports::{Called, DataKey, DataKeys, Endpoints, Ports, Queue};
use crate::base::retry::{Try, retry};
use crate::base::store::{
    Change, Conflict, DueDelivery, Expect, Key, List, Page, PageRequest, StoreError, Watch, Write, key, load,
    typed,
};
use crate::base::vault::{self, Context, data_key};

/// What a new webhook is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// Where: `https`, and no address of a private network.
    pub url: String,
    /// The types of event that it wants; empty means all.
    pub events: BTreeSet<EventPattern>,
    /// The inboxes whose events it wants; empty means all, and what is about none.
    pub inbox_ids: BTreeSet<InboxId>,
}

/// So many endpoints an organization may have: each event reads them in one query.
pub const MAX_WEBHOOKS: u64 = 20;

/// What a signing secret begins with (Standard Webhooks).
const SECRET_PREFIX: &str = "whsec_";

fn context(organization_id: OrganizationId, record_id: &str) -> Context<'_> {
    Context { organization_id, kind: "webhook", record_id }
}

/// Checks the form of an endpoint's URL, and gives it as it is called: in ASCII, without what surrounds it. Where its name leads is
/// checked at each call.
pub fn check_url(text: &str, allow_loopback: bool) -> Result<String, &'static str> {
    let url = url::Url::parse(text).map_err(|_| "is not a URL of the form https://example.com/path")?;
    if text.len() > 2_000 {
        return Err("is longer than 2,000 characters");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a username or password: the signature proves who calls");
    }
    if url.fragment().is_some() {
        return Err("must not have a fragment");
    }
    let loopback = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => return Err("has no host"),
    };
    if loopback && allow_loopback {
        return Ok(url.into());
    }
    if url.scheme() != "https" {
        return Err("must begin with https://");
    }
    if url.port().is_some_and(|port| port != 443) {
        return Err("must use port 443");
    }
    if !matches!(url.host(), Some(url::Host::Domain(name)) if name.contains('.') && !name.ends_with(".localhost"))
    {
        return Err("must name a public host, not an IP address");
    }
    Ok(url.into())
}

/// Checks what an endpoint is to be, where it is given: all that is wrong with it is named. Gives it with its URL as it is called.
async fn check(
    ports: &Ports,
    permit: &Permit<scope::WebhooksManage>,
    mut wanted: WebhookChanges,
) -> Result<WebhookChanges, Refusal> {
    let mut errors = vec![];
    if let Some(url) = &mut wanted.url {
        match check_url(url, ports.settings.allow_loopback_webhooks) {
            Ok(called) => *url = called,
            Err(message) => errors.push(FieldError::new("url", Code::InvalidUrl, message)),
        }
    }
    let names = |kind: EventKind| wanted.events.iter().flatten().any(|it| it.as_str() == kind.as_str());
    for kind in EventKind::ALL.iter().filter(|kind| kind.is_for_people() && names(**kind)) {
        if !permit.principal().credential.is_person() {
            let message = format!("{}: a person names it, in a session", kind.as_str());
            errors.push(FieldError::new("events", Code::PersonRequired, message));
        }
    }
    if let Some(inbox_ids) = &wanted.inbox_ids {
        if inbox_ids.is_empty() && permit.is_limited() {
            let message = "name inboxes: this token is limited to some, and its webhooks are as well";
            errors.push(FieldError::new("inbox_ids", Code::Required, message));
        }
        let wanted: Vec<_> = inbox_ids.iter().copied().map(key::Inbox).collect();
        let found = load(&*ports.store, permit.organization_id(), wanted).await?;
        for (id, inbox) in inbox_ids.iter().zip(found) {
            if inbox.is_none() || permit.over(*id).is_err() {
                let message = format!("there is no inbox {id}, or this credential may not see it");
                errors.push(FieldError::new("inbox_ids", Code::UnknownInbox, message));
            }
        }
    }
    if errors.is_empty() { Ok(wanted) } else { Err(Refusal::Invalid(errors)) }
}

/// Registers an endpoint. The signing secret is returned here and nowhere else.
pub async fn create(
    ports: &Ports,
    data_keys: &dyn DataKeys,
    permit: &Permit<scope::WebhooksManage>,
    new: NewWebhook,
    once: &Once,
    answer: impl FnOnce(&Webhook) -> (u16, String),
) -> Result<(Webhook, Zeroizing<String>), Refusal> {
    let wanted = WebhookChanges {
        url: Some(new.url.clone()),
        events: Some(new.events.clone()),
        inbox_ids: Some(new.inbox_ids.clone()),
        told: None,
    };
    let url = check(ports, permit, wanted).await?.url.unwrap_or(new.url);
    let organization_id = permit.organization_id();
    let id = ports.webhook_id();
    let (secret, sealed_secret) = make_secret(ports, data_keys, organization_id, id).await?;
    let webhook = Webhook {
        id,
        organization_id,
        url,
        events: new.events,
        inbox_ids: new.inbox_ids,
        status: WebhookStatus::Active,
        sealed_secret,
        secret_last_four: secret[secret.len() - 4..].to_owned(),
        former_secret: None,
        created_at: ports.now(),
        health: Health::default(),
        version: 1,
    };
    let (counted, limit) = (count(organization_id), Some(MAX_WEBHOOKS));
    // It counts for as long as it is there.
    let counts = Write::Count { key: counted, by: 1, limit, expires_at: Timestamp::MAX };
    let entry = ports.audit(organization_id, permit.actor(), "webhook.create", id);
    let change = Change::new(organization_id).create(webhook.clone()).write(counts).audit(entry);
    let change = once.save(change, ports.now(), || answer(&webhook));
    once.try_commit(ports, change).await?.map_err(|conflicts| {
        if conflicts.contains(&Conflict::Record(Key::Counter(counted))) {
            let message = format!("an organization has at most {MAX_WEBHOOKS} webhooks: delete one first");
            return Refusal::because(Code::TooManyWebhooks, message);
        }
        StoreError::Conflict(conflicts).into()
    })?;
    Ok((webhook, secret))
}

/// Gives an endpoint a new secret in place of its first, for whoever made it and lost the answer.
pub async fn replace_secret(
    ports: &Ports,
    data_keys: &dyn DataKeys,
    permit: &Permit<scope::WebhooksManage>,
    id: WebhookId,
    once: &Once,
    answer: impl FnOnce(&Webhook) -> (u16, String),
) -> Result<(Webhook, Zeroizing<String>), Refusal> {
    let organization_id = permit.organization_id();
    let first = get(ports, permit, id).await?;
    let (secret, sealed_secret) = make_secret(ports, data_keys, organization_id, id).await?;
    let secret_last_four = secret[secret.len() - 4..].to_owned();
    let webhook = Webhook { sealed_secret, secret_last_four, ..first };
    let change = Change::new(organization_id).update(webhook.clone()).audit(ports.audit(
        organization_id,
        permit.actor(),
        "webhook.replace_secret",
        id,
    ));
    once.commit(ports, once.save(change, ports.now(), || answer(&webhook))).await?;
    Ok((webhook, secret))
}

/// Gives an endpoint another secret; for a day the one before signs as well, so that receivers change without losing an event.
pub async fn rotate_secret(
    ports: &Ports,
    data_keys: &dyn DataKeys,
    permit: &Permit<scope::WebhooksManage>,
    id: WebhookId,
    once: &Once,
    answer: impl Fn(&Webhook) -> (u16, String),
) -> Result<(Webhook, Zeroizing<String>), Refusal> {
    let organization_id = permit.organization_id();
    retry(TRIES, "the webhook kept changing", || async {
        let first = get(ports, permit, id).await?;
        let (secret, sealed_secret) = make_secret(ports, data_keys, organization_id, id).await?;
        let last_four = secret[secret.len() - 4..].to_owned();
        let webhook = first.with_secret(sealed_secret, last_four, ports.now());
        let entry = ports.audit(organization_id, permit.actor(), "webhook.rotate_secret", id);
        let change = Change::new(organization_id).update(webhook.clone()).audit(entry);
        let change = once.save(change, ports.now(), || answer(&webhook));
        let written = once.try_commit(ports, change).await?;
        Ok(if written.is_ok() { Try::Done((webhook, secret)) } else { Try::Again })
    })
    .await
}

/// Changes an endpoint: where it is, what it wants, whether it is told.
pub async fn update(
    ports: &Ports,
    permit: &Permit<scope::WebhooksManage>,
    id: WebhookId,
    changes: WebhookChanges,
) -> Result<Webhook, Refusal> {
    let organization_id = permit.organization_id();
    get(ports, permit, id).await?;
    let changes = check(ports, permit, changes).await?;
    retry(TRIES, "the webhook kept changing", || async {
        let known = get(ports, permit, id).await?;
        let webhook = known.changed(changes.clone());
        if webhook == known {
            return Ok(Try::Done(known));
        }
        let mut entry = ports.audit(organization_id, permit.actor(), "webhook.update", id);
        let what = [
            ("url", webhook.url != known.url),
            ("events", webhook.events != known.events),
            ("inbox_ids", webhook.inbox_ids != known.inbox_ids),
            ("status", webhook.status != known.status),
        ];
        let what: Vec<_> = what.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
        entry.details.push(("changed", what.join(" ")));
        let change = Change::new(organization_id).update(webhook.clone()).audit(entry);
        Try::of(ports.store.commit(change).await, webhook)
    })
    .await
}

/// Draws a signing secret: as it is shown, and as it is stored.
async fn make_secret(
    ports: &Ports,
    data_keys: &dyn DataKeys,
    organization_id: OrganizationId,
    id: WebhookId,
) -> Result<(Zeroizing<String>, Vec<u8>), Refusal> {
    let key = data_key(ports, data_keys, organization_id).await?;
    let bytes = Zeroizing::new(ports.bytes::<32>());
    let secret = Zeroizing::new(format!("{SECRET_PREFIX}{}", BASE64.encode(&bytes[..])));
    let sealed = vault::seal(ports, &key, context(organization_id, &id.to_string()), &bytes[..])
        .map_err(|error| Refusal::Internal(error.to_string()))?;
    Ok((secret, sealed))
}

/// What counts the endpoints of an organization.
fn count(organization_id: OrganizationId) -> Digest {
    Digest::of_parts(&[b"webhooks", organization_id.to_string().as_bytes()])
}

/// Whether the caller's inboxes are all that an endpoint is told of: a limited token manages no other.
fn may_manage(permit: &Permit<scope::WebhooksManage>, webhook: &Webhook) -> bool {
    let inbox_ids = &webhook.inbox_ids;
    !permit.is_limited() || (!inbox_ids.is_empty() && inbox_ids.iter().all(|id| permit.over(*id).is_ok()))
}

/// All endpoints that the caller manages, oldest first.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::WebhooksManage>,
    page: &PageRequest,
) -> Result<Page<Webhook>, Refusal> {
    let mut page = typed::<Webhook>(ports.store.list(permit.organization_id(), &List::Webhooks, page).await?);
    page.items.retain(|webhook| may_manage(permit, webhook));
    Ok(page)
}

/// One endpoint.
pub async fn get(
    ports: &Ports,
    permit: &Permit<scope::WebhooksManage>,
    id: WebhookId,
) -> Result<Webhook, Refusal> {
    let found = load(&*ports.store, permit.organization_id(), key::Webhook(id)).await?;
    found.filter(|webhook| may_manage(permit, webhook)).ok_or(Refusal::NotFound("webhook"))
}

/// Removes an endpoint: it is told of nothing from the next attempt on.
pub async fn delete(
    ports: &Ports,
    permit: &Permit<scope::WebhooksManage>,
    id: WebhookId,
) -> Result<(), Refusal> {
    get(ports, permit, id).await?;
    let organization_id = permit.organization_id();
    let change = Change::new(organization_id)
        .write(Write::Remove(Key::Webhook(id)))
        .write(Write::Uncount { key: count(organization_id), by: 1 })
        .audit(ports.audit(organization_id, permit.actor(), "webhook.delete", id));
    match ports.store.commit(change).await {
        // Somebody else deleted it at the same moment: it is counted off once.
        Err(StoreError::Conflict(_)) => Err(Refusal::NotFound("webhook")),
        other => Ok(other?),
    }
}

/// Which attempts are wanted. All that is named must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AttemptFilter {
    /// Whether the endpoint took the event.
    pub delivered: Option<bool>,
    /// The event.
    pub event_id: Option<EventId>,
}

/// The attempts to tell an endpoint, latest first. A page of few of them may be short, even empty, and have a cursor.
pub async fn attempts(
    ports: &Ports,
    permit: &Permit<scope::WebhooksManage>,
    id: WebhookId,
    filter: AttemptFilter,
    page: &PageRequest,
) -> Result<Page<Attempt>, Refusal> {
    get(ports, permit, id).await?;
    let list = List::Attempts(id);
    let mut page = typed::<Attempt>(ports.store.list(permit.organization_id(), &list, page).await?);
    page.items.retain(|attempt| {
        filter.delivered.is_none_or(|delivered| attempt.result.delivered() == delivered)
            && filter.event_id.is_none_or(|event_id| attempt.event_id == event_id)
    });
    Ok(page)
}

/// An event about an endpoint as it stands.
pub(crate) fn endpoint_event(ports: &Ports, kind: EventKind, webhook: &Webhook) -> Event {
    let subject = Subject::Endpoint(Endpoint { id: webhook.id, status: webhook.status });
    ports.event(webhook.organization_id, kind, subject)
}

/// An event that receivers are to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Which event.
    pub event_id: EventId,
    /// Its type.
    pub kind: EventKind,
    /// The inbox that it is about, if it is about one.
    pub inbox_id: Option<InboxId>,
    /// The endpoint that it is about, if it is about one.
    pub endpoint: Option<WebhookId>,
    /// The public JSON, byte for byte as it is signed.
    pub body: String,
}

impl Delivery {
    /// Whether an endpoint is to be told of it.
    fn is_for(&self, webhook: &Webhook) -> bool {
        if self.kind == EventKind::WebhookTest {
            return self.endpoint == Some(webhook.id);
        }
        webhook.wants(self.kind, self.inbox_id) && !webhook.is_disabled()
    }
}

/// An attempt that somebody is asked to make: the one that is stored under these names, if it is still that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextAttempt {
    /// What waits.
    pub of: DueDelivery,
    /// Which attempt, counted from 1.
    pub number: u32,
    /// How often it was put off.
    pub put_off: u32,
}

/// What a deliverer is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// To tell all endpoints of an event, for the first time.
    All(Delivery),
    /// To make a later attempt at one.
    Next(NextAttempt),
}

/// So many calls of an organization may take long at the same time. Each can keep one instance of the deliverer busy, of
/// which there are more than twice as many (`MaximumConcurrency` in `template.yaml`): some are left for everybody else.
pub const SLOW_CALLS: u64 = 2;
/// What counts them is made anew so often, in seconds: whoever died with a place holds it no longer.
const SLOW_WINDOW: i64 = 60;
/// What became of a call is written down with the endpoint again at most so often, where others change it as well.
const TRIES: usize = 5;

/// What is due within so many seconds waits in the queue as well, so that it is told in time; the look after the table comes
/// once a minute. What waits for longer must not go from the queue to the queue: Lambda takes that for a loop
/// (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html>).
const SOON: i64 = 60;
/// How what waits comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// Through the queue, where it is due within [`SOON`].
    Soon,
    /// By the look after the table alone: what waits for an endpoint that hangs, or is paused, would stand before the events of all
    /// others, each time that it comes.
    Later,
}

/// So many waiting deliveries are asked for at a time.
const BATCH: u16 = 200;
/// So many of them side by side.
const AT_ONCE: usize = 20;
/// So many of one organization in one look: all others' come in the same minute.
const MOST_OF_ONE: usize = 400;
/// A look begins with others for so long, while there are any; the next follows within a minute.
const TIME: SignedDuration = SignedDuration::from_secs(25);

/// What a deliverer needs beyond the ports of the API.
pub struct Deliverer<'a> {
    /// Records and time.
    pub ports: &'a Ports,
    /// What opens the key that seals the endpoints' secrets.
    pub data_keys: &'a dyn DataKeys,
    /// The outside.
    pub endpoints: &'a dyn Endpoints,
    /// Where attempts are asked for.
    pub queue: &'a dyn Queue,
    /// Writes what is asked for as a message of the queue.
    pub encode: fn(&NextAttempt) -> String,
    /// Data keys that were opened before.
    pub opened: &'a OpenedKeys,
}

/// Data keys that this process has opened, so that KMS is asked once for each organization. Wiped on drop.
#[derive(Default)]
pub struct OpenedKeys(std::sync::Mutex<std::collections::HashMap<OrganizationId, (DataKey, Timestamp)>>);

impl OpenedKeys {
    /// A key is opened again after so long, so that one that KMS no longer opens is soon gone.
    const KEPT: SignedDuration = SignedDuration::from_mins(5);

    async fn get(
        &self,
        ports: &Ports,
        data_keys: &dyn DataKeys,
        organization_id: OrganizationId,
    ) -> Result<DataKey, Refusal> {
        let now = ports.now();
        let known = {
            let keys = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            keys.get(&organization_id)
                .filter(|(_, at)| now.duration_since(*at) < Self::KEPT)
                .map(|(key, _)| key.clone())
        };
        if let Some(key) = known {
            return Ok(key);
        }
        let key = data_key(ports, data_keys, organization_id).await?;
        let mut keys = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // A process serves few organizations at a time: forgetting all of them bounds the memory.
        if keys.len() >= 100 {
            keys.clear();
        }
        keys.insert(organization_id, (key.clone(), now));
        Ok(key)
    }
}

impl Deliverer<'_> {
    /// Tells endpoints of an event. What fails waits in the table for its next attempt.
    pub async fn deliver(&self, asked: Asked) -> Result<(), Refusal> {
        match asked {
            Asked::All(delivery) => self.tell_all(delivery).await,
            Asked::Next(next) => self.tell_next(next).await,
        }
    }

    async fn tell_all(&self, delivery: Delivery) -> Result<(), Refusal> {
        let Delivery { organization_id, event_id, kind, .. } = delivery;
        let now = self.ports.now();
        let page = PageRequest { limit: 100, cursor: None };
        let webhooks =
            typed::<Webhook>(self.ports.store.list(organization_id, &List::Webhooks, &page).await?);
        let told = webhooks.items.iter().filter(|webhook| delivery.is_for(webhook)).map(async |webhook| {
            let first = WaitingDelivery {
                webhook_id: webhook.id,
                organization_id,
                event_id,
                kind,
                body: delivery.body.clone(),
                number: 1,
                put_off: 0,
                asked_at: None,
                due: now,
                look_at: now,
                version: 0,
            };
            self.attempt(webhook, &first).await
        });
        // One that can't be told does not keep the others from being told.
        futures_util::future::join_all(told).await.into_iter().collect()
    }

    async fn tell_next(&self, next: NextAttempt) -> Result<(), Refusal> {
        let DueDelivery { organization_id, webhook_id, event_id } = next.of;
        let wanted = (key::Webhook(webhook_id), key::WaitingDelivery(webhook_id, event_id));
        let (webhook, waiting) = load(&*self.ports.store, organization_id, wanted).await?;
        // Somebody else was asked as well, and was faster.
        let is_next = |it: &WaitingDelivery| (it.number, it.put_off) == (next.number, next.put_off);
        let Some(waiting) = waiting.filter(is_next) else { return Ok(()) };
        match webhook {
            // What comes out of the queue too early would be sent once more.
            Some(_) if self.ports.now() < waiting.due => self.ask(&waiting).await,
            Some(webhook) => self.attempt(&webhook, &waiting).await,
            None => {
                let key = Key::WaitingDelivery(webhook_id, event_id);
                Ok(self.ports.store.commit(Change::new(organization_id).write(Write::Delete(key))).await?)
            }
        }
    }

    /// Asks for an attempt once it is due.
    async fn ask(&self, waiting: &WaitingDelivery) -> Result<(), Refusal> {
        // In whole seconds, and not too early.
        let wait = waiting.due.duration_since(self.ports.now()) + SignedDuration::from_millis(999);
        let delay = u16::try_from(wait.as_secs().clamp(1, SOON)).unwrap_or(1);
        Ok(self.queue.send(waiting.organization_id, (self.encode)(&next_attempt(waiting)), delay).await?)
    }

    /// Makes an attempt, unless its endpoint is held back, or it may take long and its organization has no place left.
    async fn attempt(&self, webhook: &Webhook, this: &WaitingDelivery) -> Result<(), Refusal> {
        let began = self.ports.now();
        let is_test = this.kind == EventKind::WebhookTest;
        match webhook.status {
            WebhookStatus::Disabled { .. } if !is_test => return self.give_up(this, "disabled").await,
            WebhookStatus::Paused if !is_test => return self.put_off(this, None, Comes::Later).await,
            _ => {}
        }
        // Whoever tries an endpoint wants to know what it answers now.
        let turn = if is_test { Turn::Call } else { webhook.health.turn(began) };
        if let Turn::Wait(until) = turn {
            return self.put_off(this, Some(until), Comes::Later).await;
        }
        let place = Place::new(webhook.organization_id, began);
        if (turn == Turn::Probe || webhook.health.is_slow(began)) && !self.take(&place).await {
            // One of which nothing is known yet is likely to be quick; what waits for others is a crowd.
            let comes = if turn == Turn::Call && !webhook.health.was_slow(began) {
                Comes::Soon
            } else {
                Comes::Later
            };
            return self.put_off(this, None, comes).await;
        }
        let callable = match turn {
            Turn::Probe => self.probe(webhook, began).await,
            _ => Ok(Some(webhook.clone())),
        };
        let told = match callable {
            Ok(Some(webhook)) => self.tell(&webhook, this, turn, &place).await,
            Ok(None) => self.put_off(this, None, Comes::Later).await,
            Err(error) => Err(error),
        };
        self.give_back(&place).await;
        told
    }

    /// Calls the endpoint, and writes down what came of it.
    async fn tell(
        &self,
        webhook: &Webhook,
        this: &WaitingDelivery,
        turn: Turn,
        place: &Place,
    ) -> Result<(), Refusal> {
        let began = self.ports.now();
        let called = self.call(webhook, this, began, Box::pin(self.take(place))).await;
        let Called { result, head, duration_ms } = match called {
            Ok(called) => called,
            // The first message comes again by itself, and is given up after some times. What waits has waits that grow, and an end.
            Err(error) if this.version > 0 => {
                tracing::warn!(event_id = %this.event_id, %error, "an attempt could not be made");
                return self.put_off(this, None, Comes::Soon).await;
            }
            Err(error) => return Err(error),
        };
        let now = self.ports.now();
        let Some(result) = result else {
            let slow = |known: &Webhook| Webhook { health: known.health.slow(now), ..known.clone() };
            self.note(webhook, slow).await;
            return self.put_off(this, None, Comes::Later).await;
        };
        let told = Told {
            result,
            probe: turn == Turn::Probe,
            slow: i128::from(duration_ms) > Health::QUICK.as_millis(),
            wait: head.retry_after(now).filter(|_| result.may_ask_to_wait()),
        };
        let disables = webhook.after(told, now).is_disabled() && self.leads_there_still(webhook).await?;
        let is_last = result.delivered() || this.kind == EventKind::WebhookTest || disables;
        let wait = if is_last { None } else { backoff(this.number, self.ports.bytes::<1>()[0]) };
        let wait = wait.map(|wait| told.wait.map_or(wait, |asked| wait.max(asked)));
        let retry_at = wait.map(|wait| began + wait).filter(|due| *due <= this.kept_until());
        let next =
            retry_at.map(|due| WaitingDelivery { number: this.number + 1, put_off: 0, due, ..this.clone() });
        let url = webhook.url.chars().take(Attempt::MAX_URL).collect();
        let attempt = Attempt { retry_at, url, head, ..last_attempt(this, began, (result, duration_ms)) };
        self.move_on(this, Some(attempt), next, Comes::Soon).await?;
        self.note(webhook, |known| known.after(told, now)).await;
        Ok(())
    }

    /// Writes down an attempt together with what follows it: the next waits, or nothing waits any more. Where somebody else made
    /// the same attempt and was faster, what they wrote stands.
    async fn move_on(
        &self,
        this: &WaitingDelivery,
        attempt: Option<Attempt>,
        next: Option<WaitingDelivery>,
        comes: Comes,
    ) -> Result<(), Refusal> {
        let is_soon = comes == Comes::Soon
            && next.as_ref().is_some_and(|next| next.due.duration_since(self.ports.now()).as_secs() < SOON);
        // Where the queue is asked as well, the table is looked at only if that came to nothing.
        let next = next.map(|next| {
            let look_at = if is_soon { next.due + WaitingDelivery::ASKED_FOR } else { next.due };
            WaitingDelivery { look_at, ..next }
        });
        let mut change = Change::new(this.organization_id);
        change = match &next {
            Some(next) if this.version == 0 => change.create(WaitingDelivery { version: 1, ..next.clone() }),
            Some(next) => change.update(next.clone()),
            None if this.version > 0 => change.write(stop_waiting(this)),
            None => change,
        };
        if let Some(attempt) = &attempt {
            change = change.write(Write::put(attempt.clone(), Expect::Anything));
        }
        match (self.ports.store.commit(change).await, attempt) {
            (Ok(()), _) => {}
            (Err(StoreError::Conflict(_)), Some(attempt)) => {
                let attempt = Attempt { retry_at: None, ..attempt };
                let change = Change::new(this.organization_id).write(Write::put(attempt, Expect::Anything));
                return Ok(self.ports.store.commit(change).await?);
            }
            (Err(StoreError::Conflict(_)), None) => return Ok(()),
            (Err(error), _) => return Err(error.into()),
        }
        if let Some(next) = next.filter(|_| is_soon)
            && let Err(error) = self.ask(&next).await
        {
            tracing::warn!(event_id = %next.event_id, %error, "a later attempt waits for the look after the table");
        }
        Ok(())
    }

    async fn call(
        &self,
        webhook: &Webhook,
        delivery: &WaitingDelivery,
        began: Timestamp,
        longer: BoxFuture<'_, bool>,
    ) -> Result<Called, Refusal> {
        let key = self.opened.get(self.ports, self.data_keys, webhook.organization_id).await?;
        let id = webhook.id.to_string();
        let opened =
            webhook.secrets(began).map(|it| vault::open(&key, context(webhook.organization_id, &id), it));
        let secrets =
            opened.collect::<Result<Vec<_>, _>>().map_err(|error| Refusal::Internal(error.to_string()))?;
        let headers = sign(&secrets, &delivery.event_id.to_string(), began, &delivery.body);
        Ok(self.endpoints.post(&webhook.url, &headers, &delivery.body, longer).await)
    }

    /// Ends what is told of nothing any more. Where it was never stored, nothing is to be written.
    async fn give_up(&self, this: &WaitingDelivery, why: &'static str) -> Result<(), Refusal> {
        if this.version == 0 {
            return Ok(());
        }
        let result = AttemptResult::NoAnswer(why);
        let attempt = last_attempt(this, self.ports.now(), (result, 0));
        self.move_on(this, Some(attempt), None, Comes::Later).await
    }

    /// Lets an attempt wait that was not made: it does not count as one. An event that has waited too long ends here.
    async fn put_off(
        &self,
        this: &WaitingDelivery,
        held_until: Option<Timestamp>,
        comes: Comes,
    ) -> Result<(), Refusal> {
        let now = self.ports.now();
        if now > this.kept_until() {
            let attempt = last_attempt(this, now, (AttemptResult::NoAnswer("held_back"), 0));
            return self.move_on(this, Some(attempt), None, comes).await;
        }
        let due = put_off(held_until, this.put_off, self.ports.bytes::<1>()[0], now);
        let next = WaitingDelivery { due, put_off: this.put_off.saturating_add(1), ..this.clone() };
        self.move_on(this, None, Some(next), comes).await
    }

    /// Takes a place for a call that takes long, unless it is held already. What can't be known counts as none.
    async fn take(&self, place: &Place) -> bool {
        if place.held.load(Ordering::Relaxed) {
            return true;
        }
        let organization_id = place.organization_id;
        let expires_at = self.ports.now() + SignedDuration::from_secs(2 * SLOW_WINDOW);
        let count = Write::Count { key: place.count, by: 1, limit: Some(SLOW_CALLS), expires_at };
        let taken = self.ports.store.commit(Change::new(organization_id).write(count)).await;
        place.held.store(taken.is_ok(), Ordering::Relaxed);
        match taken {
            Ok(()) => true,
            Err(StoreError::Conflict(_)) => false,
            Err(error) => {
                tracing::warn!(%organization_id, %error, "no place could be taken for a slow call");
                false
            }
        }
    }

    async fn give_back(&self, place: &Place) {
        if !place.held.load(Ordering::Relaxed) {
            return;
        }
        let organization_id = place.organization_id;
        let change = Change::new(organization_id).write(Write::Uncount { key: place.count, by: 1 });
        if let Err(error) = self.ports.store.commit(change).await {
            // The count is made anew within a minute.
            tracing::warn!(%organization_id, %error, "a place for slow calls was not given back");
        }
    }

    /// The endpoint as it stands while this call alone finds out whether it answers again; none where another call does.
    async fn probe(&self, webhook: &Webhook, now: Timestamp) -> Result<Option<Webhook>, Refusal> {
        let probed = Webhook { health: webhook.health.probed(now), ..webhook.clone() };
        match self.ports.store.commit(Change::new(webhook.organization_id).update(probed.clone())).await {
            Ok(()) => Ok(Some(Webhook { version: probed.version + 1, ..probed })),
            Err(StoreError::Conflict(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether an endpoint is where it was when it was called.
    async fn leads_there_still(&self, called: &Webhook) -> Result<bool, Refusal> {
        let known = load(&*self.ports.store, called.organization_id, key::Webhook(called.id)).await?;
        Ok(known.is_none_or(|known| known.url == called.url))
    }

    /// Writes down with the endpoint what a call told of it, and tells of it where that disables it. Where that fails, the next call
    /// tells it.
    async fn note(&self, called: &Webhook, told: impl Fn(&Webhook) -> Webhook) {
        let mut known = Some(called.clone());
        for _ in 0..TRIES {
            // Whoever has removed it meanwhile does not find it made anew, and what was called at another URL tells nothing of this one.
            let Some(webhook) = known.filter(|known| known.url == called.url) else { return };
            let (organization_id, id) = (webhook.organization_id, webhook.id);
            let noted = told(&webhook);
            if noted == webhook {
                return;
            }
            let mut change = Change::new(organization_id).update(noted.clone());
            if noted.status != webhook.status
                && let WebhookStatus::Disabled { why, .. } = noted.status
            {
                let mut entry = self.ports.audit(organization_id, &Actor::System, "webhook.disable", id);
                entry.details.push(("reason", why.as_str().to_owned()));
                let event = endpoint_event(self.ports, EventKind::WebhookDisabled, &noted);
                change = change.audit(entry).event(event);
            }
            let failed = match self.ports.store.commit(change).await {
                Ok(()) => return,
                Err(StoreError::Conflict(_)) => {
                    match load(&*self.ports.store, organization_id, key::Webhook(id)).await {
                        Ok(webhook) => {
                            known = webhook;
                            continue;
                        }
                        Err(error) => error,
                    }
                }
                Err(error) => error,
            };
            tracing::warn!(webhook_id = %id, error = %failed, "what a call told of an endpoint was not written down");
            return;
        }
        tracing::warn!(webhook_id = %called.id, "an endpoint kept changing: what a call told of it was not written down");
    }
}

fn next_attempt(waiting: &WaitingDelivery) -> NextAttempt {
    let WaitingDelivery { organization_id, webhook_id, event_id, number, put_off, .. } = *waiting;
    NextAttempt { of: DueDelivery { organization_id, webhook_id, event_id }, number, put_off }
}

/// Ends what waits, unless somebody asked meanwhile for it to be told anew.
fn stop_waiting(waiting: &WaitingDelivery) -> Write {
    Write::RemoveVersion(Key::WaitingDelivery(waiting.webhook_id, waiting.event_id), waiting.version)
}

/// Asks for the attempts that are due, and says for how many. Each is asked for again where it was not made after
/// [`WaitingDelivery::ASKED_FOR`]. Of one organization at most [`MOST_OF_ONE`] are asked for in one look.
pub async fn ask_for_due(
    ports: &Ports,
    watch: &dyn Watch,
    queue: &dyn Queue,
    encode: fn(&NextAttempt) -> String,
) -> Result<u32, Refusal> {
    let (started, mut asked, mut failed) = (ports.now(), 0, None);
    let in_time = || ports.now().duration_since(started) < TIME;
    // What could not be moved, or is too much of one, must not keep the rest from being asked for.
    let (mut seen, mut of_one, mut limit) = (BTreeSet::new(), BTreeMap::new(), BATCH);
    while in_time() {
        let due = watch.waiting(ports.now(), limit).await?;
        let all = due.len() < usize::from(limit);
        let (again, mut new): (Vec<_>, Vec<_>) = due.into_iter().partition(|one| !seen.insert(*one));
        let mut skipped = again.len();
        new.retain(|one| {
            let count: &mut usize = of_one.entry(one.organization_id).or_default();
            *count += 1;
            skipped += usize::from(*count > MOST_OF_ONE);
            *count <= MOST_OF_ONE
        });
        for some in new.chunks(AT_ONCE).take_while(|_| in_time()) {
            let these = some.iter().map(|one| ask_for(ports, queue, encode, *one));
            for (one, did) in some.iter().zip(futures_util::future::join_all(these).await) {
                match did {
                    Ok(did) => asked += u32::from(did),
                    Err(error) => {
                        tracing::warn!(event_id = %one.event_id, %error, "a later attempt was not asked for");
                        failed = Some(error);
                    }
                }
            }
        }
        if all {
            break;
        }
        // What it skips is read again each time: twice as much at a time, so that a long backlog takes few readings.
        limit = BATCH.saturating_add(u16::try_from(2 * skipped).unwrap_or(u16::MAX));
    }
    match failed {
        Some(error) if asked == 0 => Err(error),
        _ => Ok(asked),
    }
}

async fn ask_for(
    ports: &Ports,
    queue: &dyn Queue,
    encode: fn(&NextAttempt) -> String,
    due: DueDelivery,
) -> Result<bool, Refusal> {
    let DueDelivery { organization_id, webhook_id, event_id } = due;
    let waiting = load(&*ports.store, organization_id, key::WaitingDelivery(webhook_id, event_id)).await?;
    let Some(waiting) = waiting else { return Ok(false) };
    let (now, next) = (ports.now(), next_attempt(&waiting));
    // Whoever makes attempts ends it in time. One that they can't end is deleted by its time to live.
    let is_over = now > waiting.kept_until() + SignedDuration::from_hours(12);
    if is_over {
        tracing::error!(%event_id, %webhook_id, "a later attempt is given up: it could not be made for hours");
    }
    let look_at = now + if is_over { KEPT * 10 } else { WaitingDelivery::ASKED_FOR };
    let change = Change::new(organization_id).update(WaitingDelivery { look_at, ..waiting });
    match ports.store.commit(change).await {
        Ok(()) if is_over => return Ok(false),
        Ok(()) => {}
        // Somebody else asks for it, or it was made meanwhile.
        Err(StoreError::Conflict(_)) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    queue.send(organization_id, encode(&next), 0).await?;
    Ok(true)
}

/// One of the places for calls of an organization that take long, held or not.
struct Place {
    organization_id: OrganizationId,
    /// What counts them.
    count: Digest,
    held: AtomicBool,
}

impl Place {
    fn new(organization_id: OrganizationId, now: Timestamp) -> Self {
        let window = now.as_second().div_euclid(SLOW_WINDOW).to_string();
        let count =
            Digest::of_parts(&[b"slow calls", organization_id.to_string().as_bytes(), window.as_bytes()]);
        Self { organization_id, count, held: AtomicBool::new(false) }
    }
}

/// The record of an attempt that no other follows.
fn last_attempt(
    this: &WaitingDelivery,
    at: Timestamp,
    (result, duration_ms): (AttemptResult, u64),
) -> Attempt {
    Attempt {
        webhook_id: this.webhook_id,
        organization_id: this.organization_id,
        event_id: this.event_id,
        kind: this.kind,
        number: this.number,
        at,
        url: String::new(),
        result,
        head: ResponseHead::default(),
        duration_ms,
        retry_at: None,
    }
}

/// The headers of Standard Webhooks 1.0: the id is the event's and the same for every attempt. Of several secrets each signs.
fn sign(secrets: &[impl AsRef<[u8]>], id: &str, now: Timestamp, body: &str) -> Vec<(&'static str, String)> {
    let timestamp = now.as_second().to_string();
    let signature = |secret: &[u8]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
        for part in [id, ".", &timestamp, ".", body] {
            mac.update(part.as_bytes());
        }
        Some(format!("v1,{}", BASE64.encode(mac.finalize().into_bytes())))
    };
    let signatures: Vec<_> = secrets.iter().filter_map(|secret| signature(secret.as_ref())).collect();
    vec![
        ("webhook-id", id.to_owned()),
        ("webhook-signature", signatures.join(" ")),
        ("webhook-timestamp", timestamp),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_could_reach_inside_are_refused() {
        for url in [
            "http://example.com/",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://localhost/",
            "https://a.localhost/",
            "https://intranet/",
            "https://user:pass@example.com/",
            "https://example.com:22/",
            "https://example.com/#x",
            "ftp://example.com/",
            "javascript:alert(1)",
            "",
        ] {
            assert!(check_url(url, false).is_err(), "{url}");
        }
        for (text, called) in [
            ("https://example.com/hook?x=1", "https://example.com/hook?x=1"),
            // What is called is what was looked at: the same host, in ASCII.
            ("https://b\u{fc}cher.example/hook", "https://xn--bcher-kva.example/hook"),
            (" https://example.com/hook\n", "https://example.com/hook"),
            ("https:example.com/hook", "https://example.com/hook"),
        ] {
            assert_eq!(check_url(text, false).as_deref(), Ok(called));
        }
        let local = "http://127.0.0.1:9999/hook";
        assert_eq!(check_url(local, true).as_deref(), Ok(local));
        assert!(check_url("http://169.254.169.254/", true).is_err());
        assert!(check_url("http://10.0.0.1/", true).is_err());
    }

    /// The example of the specification, with its key.
    #[test]
    fn signatures_follow_standard_webhooks() {
        let secret = BASE64.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = |secrets: &[&[u8]]| {
            let at = Timestamp::from_second(1_614_265_330).unwrap();
            let body = r#"{"test": 2432232314}"#;
            let headers = sign(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body);
            headers.into_iter().find(|(name, _)| *name == "webhook-signature").unwrap().1
        };
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signed(&[&secret]), expected);
        let both = signed(&[&[1; 32], &secret]);
        let [other, ours] = both.split(' ').collect::<Vec<_>>()[..] else { panic!("{both}") };
        assert!(other.starts_with("v1,") && other != ours && ours == expected, "{both}");
    }
}
