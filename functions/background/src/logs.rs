//! Lines that the API's functions wrote of requests, as `CloudWatch` hands them over, become the log of requests and counts of use.

use std::sync::Arc;

use app::base::ports::Clock as _;
use app::base::store::Store;
use app::ledger::requests::record;
use assembly::Aws;
use futures_util::future::BoxFuture;
use runtime::environment::SystemClock;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};

use crate::batch;
use crate::patience::patiently;

/// What the function needs.
pub struct Context {
    store: Arc<dyn Store>,
}

/// The function. What it writes to its own log must not be a line about a request: it would be called for it, and so on.
pub const TASK: Task<Context> = Task { name: "background-logs", context, handle };

/// From the environment.
pub fn context() -> Context {
    Context { store: Aws::from_environment().store() }
}

fn handle(context: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let batch = batch::read(&event).map_err(TaskError::permanent)?;
        let now = SystemClock.now();
        let recorded = patiently(|| record(&*context.store, now, batch.lines.clone())).await?;
        if batch.others + recorded.stale > 0 {
            let (others, stale) = (batch.others, recorded.stale);
            tracing::warn!(others, stale, "lines of the log were passed over");
        }
        Ok(json!({ "new": recorded.new, "known": recorded.known }))
    })
}
