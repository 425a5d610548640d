//! Everything but HTTP that invokes a function: queues, streams, schedules, workflows, SES.

use std::sync::Arc;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use futures_util::future::BoxFuture;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::{Value, json};

use crate::Function;

/// A failed invocation. The name is what `Retry` and `Catch` of a workflow match on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskError {
    /// The class: `Transient` and `Throttled` may be repeated, `Permanent` may not.
    pub name: &'static str,
    /// For the log: ids and codes, never content.
    pub message: String,
}

impl TaskError {
    /// May succeed when it is repeated.
    pub const TRANSIENT: &'static str = "Transient";
    /// There is no room for it now: it may be repeated for a while.
    pub const THROTTLED: &'static str = "Throttled";
    /// Never will.
    pub const PERMANENT: &'static str = "Permanent";

    /// May succeed when it is repeated.
    pub fn transient(message: impl ToString) -> Self {
        Self { name: Self::TRANSIENT, message: message.to_string() }
    }

    /// There is no room for it now.
    pub fn throttled(message: impl ToString) -> Self {
        Self { name: Self::THROTTLED, message: message.to_string() }
    }

    /// Never will.
    pub fn permanent(message: impl ToString) -> Self {
        Self { name: Self::PERMANENT, message: message.to_string() }
    }
}

impl From<app::Refusal> for TaskError {
    fn from(refusal: app::Refusal) -> Self {
        match refusal {
            app::Refusal::Unavailable(text) => Self::transient(text),
            other => Self::permanent(other),
        }
    }
}

impl From<TaskError> for lambda_runtime::Diagnostic {
    fn from(error: TaskError) -> Self {
        Self { error_type: error.name.to_owned(), error_message: error.message }
    }
}

/// What handles an invocation.
pub type TaskHandler<C> = for<'a> fn(&'a C, Value) -> BoxFuture<'a, Result<Value, TaskError>>;

/// A function that is invoked by something other than HTTP. `events/<name>.json` is its example.
pub struct Task<C: 'static> {
    /// Its function's name, which is its group's and its file's.
    pub name: &'static str,
    /// What it needs of the world, from its environment.
    pub context: fn() -> C,
    /// What handles it.
    pub handle: TaskHandler<C>,
}

impl<C: Send + Sync + 'static> Function for Task<C> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn serve(&'static self) {
        let context = Arc::new((self.context)());
        let handler = service_fn(move |event: LambdaEvent<Value>| {
            let context = Arc::clone(&context);
            async move {
                let result = (self.handle)(&context, event.payload).await;
                if let Err(error) = &result {
                    tracing::error!(function = self.name, class = error.name, error = %error.message, "invocation failed");
                }
                result.map_err(lambda_runtime::Diagnostic::from)
            }
        });
        block_on(lambda_runtime::run(handler));
    }
}

/// Runs the loop on one thread: a function has less than one core.
pub(crate) fn block_on(future: impl Future<Output = Result<(), lambda_runtime::Error>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map(|runtime| runtime.block_on(future)) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the runtime stopped"),
        Err(error) => tracing::error!(%error, "no runtime"),
    }
}

/// The messages of a queue that an invocation brings: the id of each, by which it is told of as failed, and its body.
pub fn messages(event: Value) -> Result<Vec<(String, String)>, TaskError> {
    let event: SqsEvent = serde_json::from_value(event).map_err(TaskError::permanent)?;
    let message =
        |message: SqsMessage| (message.message_id.unwrap_or_default(), message.body.unwrap_or_default());
    Ok(event.records.into_iter().map(message).collect())
}

/// The answer to a batch of queue or stream records: those that failed come again, the others don't.
pub fn batch_failures(ids: &[String]) -> Value {
    json!({ "batchItemFailures": ids.iter().map(|id| json!({"itemIdentifier": id})).collect::<Vec<_>>() })
}
