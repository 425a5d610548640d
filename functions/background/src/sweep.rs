//! Every minute: whatever stands still is moved on, and the attempts to tell webhooks that are due are asked for.

use std::sync::Arc;

use app::Ports;
use app::base::ports::{Queue, Workflow};
use app::base::store::Watch;
use app::delivery::webhooks::ask_for_due;
use app::gate::sweep::sweep;
use assembly::Aws;
use aws_flow::SqsQueue;
use futures_util::future::BoxFuture;
use runtime::environment::require;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};

/// What the function needs.
pub struct Context {
    ports: Ports,
    workflow: Arc<dyn Workflow>,
    watch: Arc<dyn Watch>,
    webhooks: Arc<dyn Queue>,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "background-sweep", context, handle };

/// From the environment.
pub fn context() -> Context {
    let aws = Aws::from_environment();
    let webhooks = Arc::new(SqsQueue::new(&aws.config, require("WEBHOOK_QUEUE_URL")));
    Context { ports: aws.ports(), workflow: aws.workflow(), watch: aws.watch(), webhooks }
}

fn handle(context: &Context, _event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let Context { ports, workflow, watch, webhooks } = context;
        let encode = wire::delivery::events::write_next;
        // Side by side: each has a bound of its own, and neither keeps the other from its work.
        let swept = sweep(ports, &**workflow, &**watch);
        let (swept, asked) =
            futures_util::future::join(swept, ask_for_due(ports, &**watch, &**webhooks, encode)).await;
        let (swept, asked) = (swept?, asked?);
        tracing::info!(
            expired = swept.expired,
            restarted = swept.restarted,
            lost = swept.lost,
            asked,
            "swept"
        );
        Ok(json!({
            "expired": swept.expired, "restarted": swept.restarted, "lost": swept.lost, "asked": asked,
        }))
    })
}
