//! Tells webhooks of events: what fails waits in the table for its next attempt, which `background-sweep` asks for.

use std::sync::Arc;

use app::Ports;
use app::base::ports::{DataKeys, Endpoints, Queue};
use app::delivery::webhooks::{Asked, Deliverer, OpenedKeys};
use assembly::Aws;
use aws_flow::SqsQueue;
use futures_util::future::{BoxFuture, join_all};
use runtime::environment::require;
use runtime::task::{Task, TaskError, batch_failures, messages};
use serde_json::Value;

use crate::endpoints::Https;

/// What the function needs.
pub struct Context {
    ports: Ports,
    data_keys: Arc<dyn DataKeys>,
    endpoints: Arc<dyn Endpoints>,
    queue: Arc<dyn Queue>,
    opened: OpenedKeys,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "background-deliver", context, handle };

/// From the environment.
pub fn context() -> Context {
    let aws = Aws::from_environment();
    let ports = aws.ports();
    let endpoints = Arc::new(Https::new(ports.settings.allow_loopback_webhooks));
    let queue = Arc::new(SqsQueue::new(&aws.config, require("WEBHOOK_QUEUE_URL")));
    Context { ports, data_keys: aws.data_keys(), endpoints, queue, opened: OpenedKeys::default() }
}

fn handle(context: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let messages = messages(event)?;
        let deliverer = &Deliverer {
            ports: &context.ports,
            data_keys: &*context.data_keys,
            endpoints: &*context.endpoints,
            queue: &*context.queue,
            encode: wire::delivery::events::write_next,
            opened: &context.opened,
        };
        let told = messages.iter().map(|(message_id, body)| async move {
            let Some(asked) = wire::delivery::events::read_asked(body) else {
                tracing::error!(message_id, "a message of the queue can't be read");
                return Some(message_id.clone());
            };
            let event_id = match &asked {
                Asked::All(delivery) => delivery.event_id,
                Asked::Next(next) => next.of.event_id,
            };
            match deliverer.deliver(asked).await {
                Ok(()) => None,
                Err(error) => {
                    tracing::warn!(%event_id, %error, "a delivery could not be made");
                    Some(message_id.clone())
                }
            }
        });
        let failed: Vec<_> = join_all(told).await.into_iter().flatten().collect();
        Ok(batch_failures(&failed))
    })
}
