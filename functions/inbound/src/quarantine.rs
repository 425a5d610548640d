//! A mail whose filing has failed again and again: it is listed with what SES says of it, flagged `not_processed`, and
//! its bytes stay where they are. The queue holds the events that `inbound-receive` gave up on.

use app::mailbox::receive::Reading;
use futures_util::future::BoxFuture;
use runtime::task::{Task, TaskError, batch_failures, messages};
use serde_json::Value;

use crate::Context;

/// The function.
pub const TASK: Task<Context> = Task { name: "inbound-quarantine", context: crate::context, handle };

fn handle(context: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let mut failed = vec![];
        for (message_id, body) in messages(event)? {
            let filed = match original(&body) {
                Some(event) => crate::receive::file(context, event, Reading::Quarantine).await,
                None => Err(TaskError::permanent("no event of SES in this message")),
            };
            if let Err(error) = filed {
                tracing::error!(class = error.name, error = %error.message, "a mail could not be quarantined");
                failed.push(message_id);
            }
        }
        Ok(batch_failures(&failed))
    })
}

/// The event that failed: an on-failure destination wraps it as `requestPayload`, a dead-letter queue does not.
fn original(body: &str) -> Option<Value> {
    let mut value: Value = serde_json::from_str(body).ok()?;
    match value.get_mut("requestPayload") {
        Some(payload) => Some(payload.take()),
        None => value.get("Records").is_some().then_some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_failed_event_are_read() {
        assert!(original(r#"{"requestPayload":{"Records":[]},"requestContext":{}}"#).is_some());
        assert!(original(r#"{"Records":[]}"#).is_some());
        assert!(original(r#"{"else":1}"#).is_none());
        assert!(original("not JSON").is_none());
    }
}
