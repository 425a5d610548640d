//! The reading half of the transactional outbox: events out of the table's stream are laid into their organization's feed, and
//! go to the bus, in order.

use std::sync::Arc;

use app::base::feed::Feed;
use app::base::ports::{EventBus, PublishedEvent};
use app::delivery::feed::{self, Laid};
use assembly::Aws;
use aws_flow::EventBridgeBus;
use domain::OrganizationId;
use domain::delivery::event::Event;
use futures_util::future::{BoxFuture, join_all};
use runtime::environment::{SystemClock, require};
use runtime::task::{Task, TaskError, batch_failures};
use serde_json::Value;

use crate::patience::patiently;

/// What the function needs.
pub struct Context {
    bus: Arc<dyn EventBus>,
    feed: Arc<dyn Feed>,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "background-publish", context, handle };

/// `PutEvents` takes so many at once.
const BATCH: usize = 10;

/// A request to `EventBridge` is at most 256 KB with everything in it.
const MAX_BYTES: usize = 200 * 1024;

/// The feeds of so many organizations are written side by side.
const SIDE_BY_SIDE: usize = 10;

/// An event with its position in the stream.
type Told = (String, Event);

/// The events in batches that `EventBridge` takes, in order.
fn batches(events: &[(String, PublishedEvent)]) -> Vec<&[(String, PublishedEvent)]> {
    let (mut batches, mut start, mut bytes) = (vec![], 0, 0);
    for (i, (_, event)) in events.iter().enumerate() {
        if i > start && (i - start == BATCH || bytes + event.body.len() > MAX_BYTES) {
            batches.push(&events[start..i]);
            (start, bytes) = (i, 0);
        }
        bytes += event.body.len();
    }
    if start < events.len() {
        batches.push(&events[start..]);
    }
    batches
}

/// From the environment.
pub fn context() -> Context {
    let aws = Aws::from_environment();
    Context { bus: Arc::new(EventBridgeBus::new(&aws.config, require("EVENT_BUS"))), feed: aws.feed() }
}

fn handle(context: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let stream: aws_lambda_events::dynamodb::Event =
            serde_json::from_value(event).map_err(TaskError::permanent)?;
        let mut events: Vec<Told> = vec![];
        for record in &stream.records {
            let position = aws_data::delivery::stream::position(record);
            match aws_data::delivery::stream::event(record) {
                Some(Ok(event)) => events.push((position, event)),
                // It would never be read: it goes past, and the log says so.
                Some(Err(error)) => tracing::error!(position, %error, "an event in the stream can't be read"),
                None => {}
            }
        }
        // First the feed, where what comes again is known again; on the bus it would be told again. What is not in the feed yet does not
        // go on, nor what stands behind it: the stream comes again from there.
        let laid = lay_down(&*context.feed, &events).await;
        let failed = match publish(&*context.bus, &events[..laid]).await {
            None if laid < events.len() => Some(events[laid].0.clone()),
            failed => failed,
        };
        Ok(batch_failures(failed.as_slice()))
    })
}

/// Lays events into the feeds of their organizations. Returns how many of them, from the first on, are there.
async fn lay_down(feed: &dyn Feed, events: &[Told]) -> usize {
    let mut laid = events.len();
    for some in by_organization(events).chunks(SIDE_BY_SIDE) {
        let appended = some.iter().map(|(organization_id, first, laid)| async move {
            let append = || feed::append(&SystemClock, feed, *organization_id, laid);
            patiently(append).await.map_err(|error| (*organization_id, *first, error))
        });
        for failed in join_all(appended).await.into_iter().filter_map(Result::err) {
            let (organization_id, first, error) = failed;
            tracing::warn!(%organization_id, %error, "events could not be laid into the feed yet");
            // One organization's trouble does not keep the others out of their feeds.
            laid = laid.min(first);
        }
    }
    laid
}

/// The events by organization, in the order in which the stream names them, with the place of the first among all.
fn by_organization(events: &[Told]) -> Vec<(OrganizationId, usize, Vec<Laid>)> {
    let mut batches: Vec<(OrganizationId, usize, Vec<Laid>)> = vec![];
    for (i, (_, event)) in events.iter().enumerate() {
        match batches.iter_mut().find(|batch| batch.0 == event.organization_id) {
            Some(batch) => batch.2.push(event.into()),
            None => batches.push((event.organization_id, i, vec![event.into()])),
        }
    }
    batches
}

/// Puts events on the bus. Returns the position of the first that is not there.
async fn publish(bus: &dyn EventBus, events: &[Told]) -> Option<String> {
    let mut taken = vec![];
    for (position, event) in events {
        let published = wire::delivery::events::publish(event);
        if published.body.len() > MAX_BYTES {
            // EventBridge would never take it, and the stream would stand still behind it for a day.
            tracing::error!(event_id = %event.id, size = published.body.len(), "an event is too large");
        } else {
            taken.push((position.clone(), published));
        }
    }
    for batch in batches(&taken) {
        let published: Vec<_> = batch.iter().map(|(_, event)| event.clone()).collect();
        let failed = match bus.publish(&published).await {
            Ok(failed) => failed.first().copied(),
            Err(error) => {
                tracing::warn!(%error, "events could not be published yet");
                Some(0)
            }
        };
        if let Some(first) = failed {
            // The stream comes again from the first that failed.
            return Some(batch[first].0.clone());
        }
    }
    None
}
