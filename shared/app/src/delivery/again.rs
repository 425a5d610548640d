//! Telling endpoints once more, because somebody asked: of one event, or of all that one missed; and trying one.
//!
//! What is asked for is written as a delivery that waits (`org/whk/waiting`), due at once: the look after the table asks for it within a
//! minute. So nobody who asks needs a right to call anybody, or to put messages into the queue that signed calls are made of.

use std::collections::{BTreeMap, BTreeSet};

use domain::base::code::Code;
use domain::delivery::event::{Event, EventKind};
use domain::delivery::feed::Listed;
use domain::delivery::webhook::{Attempt, WaitingDelivery, Webhook};
use domain::people::access::{Permit, scope};
use domain::{EventId, Timestamp, WebhookId};

use crate::base::enter::Once;
use crate::base::error::Refusal;
use crate::base::feed::Feed;
use crate::base::ports::Ports;
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, List, PageRequest, key, load, typed};
use crate::delivery::feed;
use crate::delivery::webhooks::{self, endpoint_event};

/// Asking loses against a deliverer at most so often before it gives up.
const TRIES: usize = 5;
/// So many events are told again by one request: a transaction has room for twice as many writes.
const AT_ONCE: usize = 40;
/// So many attempts are looked through for what an endpoint took since a time.
const LOOKED_THROUGH: usize = 5_000;

/// What telling again takes.
#[derive(Clone, Copy)]
pub struct Again<'a> {
    /// Records and time.
    pub ports: &'a Ports,
    /// The events.
    pub feed: &'a dyn Feed,
    /// Writes an event as receivers get it.
    pub encode: fn(&Event) -> String,
}

/// An event that endpoints are told of again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redelivery {
    /// The event.
    pub event_id: EventId,
    /// The endpoints.
    pub webhook_ids: Vec<WebhookId>,
}

/// A part of what an endpoint is told again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resent {
    /// The events, the oldest first.
    pub event_ids: Vec<EventId>,
    /// Where the next part begins; none where nothing is left.
    pub next: Option<String>,
}

/// Tries an endpoint: an event of its own, which it alone is told of, once.
pub async fn test(
    ports: &Ports,
    permit: &Permit<scope::WebhooksManage>,
    id: WebhookId,
    once: &Once,
    answer: impl FnOnce(&Event) -> (u16, String),
) -> Result<Event, Refusal> {
    let webhook = webhooks::get(ports, permit, id).await?;
    let organization_id = permit.organization_id();
    let event = endpoint_event(ports, EventKind::WebhookTest, &webhook);
    let entry = ports.audit(organization_id, permit.actor(), "webhook.test", id);
    let change = Change::new(organization_id).audit(entry).event(event.clone());
    once.commit(ports, once.save(change, ports.now(), || answer(&event))).await?;
    Ok(event)
}

/// Tells one endpoint of an event again, or all that want it.
pub async fn redeliver(
    again: Again<'_>,
    permit: &Permit<scope::WebhooksManage>,
    event_id: EventId,
    to: Option<WebhookId>,
    once: &Once,
    answer: impl Fn(&Redelivery) -> (u16, String),
) -> Result<Redelivery, Refusal> {
    let Again { ports, feed, encode } = again;
    let event = feed::get(&*ports.clock, feed, permit, event_id).await?;
    let inbox_id = event.subject.inbox_id();
    let webhooks = if let Some(id) = to {
        vec![callable(webhooks::get(ports, permit, id).await?)?]
    } else {
        let page = PageRequest { limit: 100, cursor: None };
        let all = webhooks::list(ports, permit, &page).await?.items;
        all.into_iter().filter(|it| it.wants(event.kind, inbox_id) && !it.is_disabled()).collect()
    };
    if let [webhook] = &webhooks[..]
        && !webhook.wants(event.kind, inbox_id)
    {
        let message = "the webhook is told of no such event: look at its events and inbox_ids";
        return Err(Refusal::because(Code::EventNotWanted, message));
    }
    let body = encode(&event);
    let told = Redelivery { event_id, webhook_ids: webhooks.iter().map(|webhook| webhook.id).collect() };
    let deliveries = told.webhook_ids.iter().map(|id| (*id, &event, body.clone())).collect::<Vec<_>>();
    ask(ports, permit, &deliveries, ("event.redeliver", event_id.to_string()), once, || answer(&told))
        .await?;
    Ok(told)
}

/// Tells an endpoint again of what it has not taken since a time: what failed, and what it was not told of, being paused or disabled.
/// The oldest comes first; what more there is the next request tells, from `next` on.
pub async fn resend(
    again: Again<'_>,
    permit: &Permit<scope::WebhooksManage>,
    id: WebhookId,
    (since, cursor): (Timestamp, Option<&str>),
    once: &Once,
    answer: impl Fn(&Resent) -> (u16, String),
) -> Result<Resent, Refusal> {
    let Again { ports, feed, encode } = again;
    let webhook = callable(webhooks::get(ports, permit, id).await?)?;
    let organization_id = permit.organization_id();
    let taken = taken_since(ports, &webhook, since.max(ports.now() - Event::KEPT)).await?;
    let wanted = |listed: &Listed| {
        listed.kind.is_some_and(|kind| webhook.wants(kind, listed.inbox_id))
            && !taken.contains(&listed.event_id)
    };
    let (ids, next) =
        feed::since(&*ports.clock, feed, organization_id, (since, cursor), AT_ONCE, &wanted).await?;
    let found = if ids.is_empty() { vec![] } else { feed.events(organization_id, &ids).await? };
    let mut found: BTreeMap<_, _> = found.into_iter().map(|event| (event.id, event)).collect();
    let events: Vec<_> = ids.into_iter().filter_map(|id| found.remove(&id)).collect();
    let told = Resent { event_ids: events.iter().map(|event| event.id).collect(), next };
    let deliveries: Vec<_> = events.iter().map(|event| (id, event, encode(event))).collect();
    ask(ports, permit, &deliveries, ("webhook.resend", id.to_string()), once, || answer(&told)).await?;
    Ok(told)
}

/// Refuses an endpoint that is told of nothing.
fn callable(webhook: Webhook) -> Result<Webhook, Refusal> {
    if webhook.is_disabled() {
        let message = "the webhook is disabled: change its status to active first";
        return Err(Refusal::because(Code::WebhookDisabled, message));
    }
    Ok(webhook)
}

/// The events that an endpoint took since a time.
async fn taken_since(
    ports: &Ports,
    webhook: &Webhook,
    since: Timestamp,
) -> Result<BTreeSet<EventId>, Refusal> {
    let (mut taken, mut looked_at) = (BTreeSet::new(), 0);
    let mut page = PageRequest { limit: 100, cursor: None };
    loop {
        let list = List::Attempts(webhook.id);
        let found = typed::<Attempt>(ports.store.list(webhook.organization_id, &list, &page).await?);
        looked_at += found.items.len();
        for attempt in found.items {
            // They come latest first.
            if attempt.at < since {
                return Ok(taken);
            }
            if attempt.result.delivered() {
                taken.insert(attempt.event_id);
            }
        }
        if found.next.is_none() {
            return Ok(taken);
        }
        if looked_at >= LOOKED_THROUGH {
            let message = format!(
                "there were more than {LOOKED_THROUGH} attempts since then: give a later time, or redeliver single events"
            );
            return Err(Refusal::field("since", Code::OutOfRange, message));
        }
        page.cursor = found.next;
    }
}

/// Writes deliveries that are due at once. One that waits already begins anew.
async fn ask(
    ports: &Ports,
    permit: &Permit<scope::WebhooksManage>,
    deliveries: &[(WebhookId, &Event, String)],
    (action, target): (&'static str, String),
    once: &Once,
    answer: impl Fn() -> (u16, String),
) -> Result<(), Refusal> {
    let organization_id = permit.organization_id();
    retry(TRIES, "deliveries kept changing", || async {
        let now = ports.now();
        let wanted: Vec<_> =
            deliveries.iter().map(|(id, event, _)| key::WaitingDelivery(*id, event.id)).collect();
        let known = load(&*ports.store, organization_id, wanted).await?;
        let mut entry = ports.audit(organization_id, permit.actor(), action, target.clone());
        entry.details.push(("deliveries", deliveries.len().to_string()));
        let mut change = Change::new(organization_id).audit(entry);
        for ((webhook_id, event, body), known) in deliveries.iter().zip(known) {
            change = match known {
                Some(known) => change.update(known.anew(now)),
                None => change.create(WaitingDelivery {
                    webhook_id: *webhook_id,
                    organization_id,
                    event_id: event.id,
                    kind: event.kind,
                    body: body.clone(),
                    number: 1,
                    put_off: 0,
                    asked_at: Some(now),
                    due: now,
                    look_at: now,
                    version: 1,
                }),
            };
        }
        let written = once.try_commit(ports, once.save(change, now, &answer)).await?;
        Ok(if written.is_ok() { Try::Done(()) } else { Try::Again })
    })
    .await
}
