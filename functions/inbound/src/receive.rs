//! SES tells of a mail that it put into the bucket: it is filed into every inbox it was sent to.

use app::mailbox::receive::{Reading, receive};
use futures_util::future::BoxFuture;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};

use crate::Context;

/// The function.
pub const TASK: Task<Context> = Task { name: "inbound-receive", context: crate::context, handle };

fn handle(context: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(file(context, event, Reading::Parse))
}

/// Files the mails of an event.
pub(crate) async fn file(context: &Context, event: Value, reading: Reading) -> Result<Value, TaskError> {
    let Context { ports, blobs, directory } = context;
    let mut made = 0;
    for received in crate::ses::read_event(event).map_err(TaskError::permanent)? {
        made += receive(ports, &**blobs, &**directory, &received, reading).await?.len();
    }
    // Whatever became of it, SES is to go on with its other rules.
    Ok(json!({ "disposition": "CONTINUE", "messages": made }))
}
