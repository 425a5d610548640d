//! Every minute: whatever stands still is moved on.

use std::sync::Arc;

use app::Ports;
use app::base::store::Watch;
use app::gate::sweep::sweep;
use futures_util::future::BoxFuture;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};

/// What the function needs.
pub struct Context {
    ports: Ports,
    watch: Arc<dyn Watch>,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "background-sweep", context, handle };

/// From the environment.
pub fn context() -> Context {
    let config = runtime::aws::config();
    Context { ports: assembly::ports(&config), watch: Arc::new(assembly::table(&config)) }
}

fn handle(context: &Context, _event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let swept = sweep(&context.ports, &*context.watch).await?;
        tracing::info!(expired = swept.expired, restarted = swept.restarted, lost = swept.lost, "swept");
        Ok(json!({ "expired": swept.expired, "restarted": swept.restarted, "lost": swept.lost }))
    })
}
