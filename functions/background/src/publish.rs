//! The reading half of the transactional outbox: events out of the table's stream go to the bus, in order.

use std::sync::Arc;

use app::base::ports::{EventBus, PublishedEvent};
use aws_flow::EventBridgeBus;
use futures_util::future::BoxFuture;
use runtime::environment::require;
use runtime::task::{Task, TaskError, batch_failures};
use serde_json::Value;

/// What the function needs.
pub struct Context {
    bus: Arc<dyn EventBus>,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "background-publish", context, handle };

/// `PutEvents` takes so many at once.
const BATCH: usize = 10;

/// A request to `EventBridge` is at most 256 KB with everything in it.
const MAX_BYTES: usize = 200 * 1024;

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
    Context { bus: Arc::new(EventBridgeBus::new(&runtime::aws::config(), require("EVENT_BUS"))) }
}

fn handle(context: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let stream: aws_lambda_events::dynamodb::Event =
            serde_json::from_value(event).map_err(TaskError::permanent)?;
        let mut events: Vec<(String, PublishedEvent)> = vec![];
        for record in &stream.records {
            let position = aws_data::delivery::stream::position(record);
            match aws_data::delivery::stream::event(record) {
                Some(Ok(event)) => {
                    let published = wire::delivery::events::publish(&event);
                    if published.body.len() > MAX_BYTES {
                        // EventBridge would never take it, and the stream would stand still behind it for a day.
                        tracing::error!(event_id = %event.id, size = published.body.len(), "an event is too large");
                    } else {
                        events.push((position, published));
                    }
                }
                // It would never be read: it goes past, and the log says so.
                Some(Err(error)) => tracing::error!(position, %error, "an event in the stream can't be read"),
                None => {}
            }
        }
        for batch in batches(&events) {
            let published: Vec<_> = batch.iter().map(|(_, event)| event.clone()).collect();
            let failed = match context.bus.publish(&published).await {
                Ok(failed) => failed.first().copied(),
                Err(error) => {
                    tracing::warn!(%error, "events could not be published yet");
                    Some(0)
                }
            };
            if let Some(first) = failed {
                // The stream comes again from the first that failed.
                return Ok(batch_failures(&[batch[first].0.clone()]));
            }
        }
        Ok(batch_failures(&[]))
    })
}
