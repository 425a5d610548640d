//! The bus tells that somebody confirmed or deleted an upload, and a clock every minute: mails are made of rows, and those go whose upload was
//! deleted. It also tells of mail that came in or came back: what was to follow a mail that is answered is called off.

use std::sync::Arc;

use app::base::ports::Sheets;
use app::base::store::Watch;
use app::gate::submit::Sending;
use app::gate::uploads::followers::end_followers;
use app::gate::uploads::work::{TIME, Worker};
use assembly::Aws;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use futures_util::future::BoxFuture;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};
use wire::delivery::events::{read_message, read_upload};

/// What the function needs.
pub struct Context {
    sending: Sending,
    sheets: Arc<dyn Sheets>,
    watch: Arc<dyn Watch>,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "background-uploads", context, handle };

/// From the environment.
pub fn context() -> Context {
    let aws = Aws::from_environment();
    Context { sending: aws.sending(), sheets: aws.sheets(), watch: aws.watch() }
}

fn handle(context: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let Context { sending, sheets, watch } = context;
        // The clock names none: then it is all that are due.
        let event: EventBridgeEvent = serde_json::from_value(event).map_err(TaskError::permanent)?;
        if let Some((organization_id, inbox_id, message_id)) = read_message(&event.detail) {
            let mail = (inbox_id, message_id);
            let ended = end_followers(&sending.ports, &*sending.workflow, organization_id, mail).await?;
            return Ok(json!({ "ended": ended }));
        }
        let named = read_upload(&event.detail);
        let worker = Worker { sending, sheets: &**sheets, watch: &**watch };
        let until = sending.ports.now() + TIME;
        let worked = Box::pin(worker.work(named, until)).await?;
        Ok(json!({ "worked": worked }))
    })
}
