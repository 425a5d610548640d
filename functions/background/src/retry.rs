//! Every minute: the attempts to tell webhooks that are due are asked for, through the queue of all attempts.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Queue;
use app::base::store::Watch;
use app::delivery::webhooks::ask_for_due;
use aws_flow::SqsQueue;
use futures_util::future::BoxFuture;
use runtime::environment::required;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};

/// What the function needs.
pub struct Context {
    ports: Ports,
    watch: Arc<dyn Watch>,
    queue: Arc<dyn Queue>,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "background-retry", context, handle };

/// From the environment.
pub fn context() -> Context {
    let config = runtime::aws::config();
    let queue = Arc::new(SqsQueue::new(&config, required("WEBHOOK_QUEUE_URL")));
    Context { ports: assembly::ports(&config), watch: Arc::new(assembly::table(&config)), queue }
}

fn handle(context: &Context, _event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let encode = wire::delivery::events::write_next;
        let asked = ask_for_due(&context.ports, &*context.watch, &*context.queue, encode).await?;
        tracing::info!(asked, "asked for later attempts");
        Ok(json!({ "asked": asked }))
    })
}
