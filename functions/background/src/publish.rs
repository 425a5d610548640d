//! The reading half of the transactional outbox: events out of the table's stream go to the bus, in order.

use std::sync::Arc;

use app::ports::{EventBus, PublishedEvent};
use aws_flow::EventBridgeBus;
use futures_util::future::BoxFuture;
use runtime::environment::required;
use runtime::task::{Task, TaskError, batch_failures};
use serde_json::Value;

/// What the function needs.
pub struct Context {
    bus: Arc<dyn EventBus>,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "background-publish", handle };

/// `PutEvents` takes so many at once.
const BATCH: usize = 10;

/// From the environment.
pub fn context() -> Context {
    Context { bus: Arc::new(EventBridgeBus::new(&runtime::aws::config(), required("EVENT_BUS"))) }
}

fn handle(context: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let records = event.get("Records").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut events: Vec<(String, PublishedEvent)> = vec![];
        for record in &records {
            let position = record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default().to_owned();
            match aws_data::stream::event(record) {
                Some(Ok(event)) => events.push((position, wire::events::publish(&event))),
                // It would never be read: it goes past, and the log says so.
                Some(Err(error)) => tracing::error!(position, %error, "an event in the stream can't be read"),
                None => {}
            }
        }
        for batch in events.chunks(BATCH) {
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
