//! Says what a file looks like. The console invokes it with the file's bytes, and waits.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::BoxFuture;
use runtime::apart::{self, Ended};
use runtime::task::{Task, TaskError};
use serde_json::Value;
use tokio::process::Command;
use wire::mailbox::previews::{self, Preview, Why};

use crate::CHILD;

/// An answer has at most so many bytes: as many as Lambda gives back.
const MAX_ANSWER: u64 = 6 * 1024 * 1024;
/// A file has so long. Lambda ends the function two seconds later.
const LIMIT: Duration = Duration::from_secs(8);

/// What the function needs: itself.
pub struct Context {
    program: PathBuf,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "preview-draw", context, handle };

fn context() -> Context {
    let program = std::env::current_exe().unwrap_or_else(|error| panic!("where this program is: {error}"));
    Context { program }
}

fn handle(context: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let order = event.to_string();
        drop(event);
        let mut child = Command::new(&context.program);
        // It knows nothing of where it runs, least of all the credentials of the role, little as that may do.
        child.arg(CHILD).env_clear();
        let preview = match apart::run(child, order.as_bytes(), MAX_ANSWER, LIMIT).await {
            Ended::Answered(answer) => previews::read(&answer),
            Ended::Late => Preview::nothing(Why::TooSlow),
            Ended::Broken => Preview::nothing(Why::Broken),
            Ended::NeverBegan => return Err(TaskError::transient("no process could be started")),
        };
        tracing::info!(shown = word(&preview), bytes = order.len(), "looked at a file");
        Ok(preview.to_json())
    })
}

/// What came of it, for the log.
fn word(preview: &Preview) -> &'static str {
    use wire::mailbox::previews::Shown;
    match &preview.shown {
        Shown::Pictures { .. } => "pictures",
        Shown::Sheets { .. } => "sheets",
        Shown::Text { .. } => "text",
        Shown::Names { .. } => "names",
        Shown::Nothing { why: Why::TooSlow } => "too_slow",
        Shown::Nothing { why: Why::Broken } => "broken",
        Shown::Nothing { .. } => "nothing",
    }
}
