//! Every five minutes: mail whose time in the trash is over, or that somebody deleted, is deleted for good.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Eraser;
use app::base::store::Watch;
use app::mailbox::trash;
use assembly::Aws;
use futures_util::future::BoxFuture;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};

/// What the function needs.
pub struct Context {
    ports: Ports,
    eraser: Arc<dyn Eraser>,
    watch: Arc<dyn Watch>,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "background-purge", context, handle };

/// From the environment.
pub fn context() -> Context {
    let aws = Aws::from_environment();
    Context { ports: aws.ports(), eraser: aws.eraser(), watch: aws.watch() }
}

fn handle(context: &Context, _event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let Context { ports, eraser, watch } = context;
        let deleted = trash::empty(ports, &**eraser, &**watch).await?;
        tracing::info!(deleted, "purged");
        Ok(json!({ "deleted": deleted }))
    })
}
