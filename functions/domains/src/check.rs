//! Every minute: looks at the records of the domains that are due.

use std::sync::Arc;

use app::Ports;
use app::base::store::Watch;
use app::mailbox::domains;
use assembly::Aws;
use futures_util::future::BoxFuture;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};

use crate::Outside;

/// What the function needs.
pub struct Context {
    ports: Ports,
    outside: Outside,
    watch: Arc<dyn Watch>,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "domains-check", context, handle };

fn context() -> Context {
    let aws = Aws::from_environment();
    Context { ports: aws.ports(), outside: Outside::open(&aws), watch: aws.watch() }
}

fn handle(context: &Context, _event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let Context { ports, outside, watch } = context;
        let checked =
            domains::check(ports, &outside.looking(), &**watch).await.map_err(TaskError::transient)?;
        tracing::info!(looked = checked.looked, failed = checked.failed, "looked at domains");
        Ok(json!({ "looked": checked.looked, "failed": checked.failed }))
    })
}
