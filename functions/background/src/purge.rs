//! Every minute: organizations that nobody claimed in their time come to an end; mail whose time in the trash is over, that somebody deleted, that was held and nobody let in, or whose inbox was
//! deleted, is deleted for good; and segments of search indexes that nobody reads any more.

use std::sync::Arc;

use app::Ports;
use app::base::ports::{Eraser, Queue, Workflow};
use app::base::store::Watch;
use app::gate::{purge, registrations};
use app::mailbox::{held, index, trash};
use assembly::Aws;
use futures_util::future::BoxFuture;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};

/// What the function needs.
pub struct Context {
    ports: Ports,
    eraser: Arc<dyn Eraser>,
    workflow: Arc<dyn Workflow>,
    queue: Arc<dyn Queue>,
    watch: Arc<dyn Watch>,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "background-purge", context, handle };

/// From the environment.
pub fn context() -> Context {
    let aws = Aws::from_environment();
    Context {
        ports: aws.ports(),
        eraser: aws.eraser(),
        workflow: aws.workflow(),
        queue: aws.index_queue(),
        watch: aws.watch(),
    }
}

fn handle(context: &Context, _event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let Context { ports, eraser, workflow, queue, watch } = context;
        let unclaimed = registrations::end(ports, &**watch).await?;
        let moved = purge::purge(ports, &**eraser, &**workflow, &**watch).await?;
        let ended = held::end(ports, &**watch).await?;
        let deleted = trash::empty(ports, &**eraser, &**queue, &**watch).await?;
        let segments = index::sweep(ports, &**eraser, &**watch).await?;
        tracing::info!(unclaimed, moved, ended, deleted, segments, "purged");
        Ok(json!({ "moved": moved, "ended": ended, "deleted": deleted, "segments": segments }))
    })
}
