//! S3 tells that a key log was written: the audit log says so too, and people are alerted by that. And the bus tells that a mail is over, or
//! a vote for it taken back: signatures for it count no more.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Departures;
use app::gate::departures::note;
use app::gate::signing_keys::tell;
use assembly::Aws;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use domain::OrganizationId;
use domain::base::id::Id as _;
use futures_util::future::BoxFuture;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};
use wire::delivery::events::read_turn;

/// What the function needs.
pub struct Context {
    ports: Ports,
    logs: Arc<dyn Departures>,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "background-key-log", context, handle };

/// From the environment.
pub fn context() -> Context {
    let aws = Aws::from_environment();
    Context { ports: aws.ports(), logs: aws.departures() }
}

fn handle(Context { ports, logs }: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let event: EventBridgeEvent = serde_json::from_value(event).map_err(TaskError::permanent)?;
        if let Some(organization_id) = written(&event.detail) {
            tell(ports, &**logs, organization_id).await?;
        } else if let Some(turn) = read_turn(&event.detail) {
            note(&**logs, &turn).await?;
        } else {
            tracing::error!("an event that names no key log, and no mail that is over");
        }
        Ok(json!({}))
    })
}

/// Whose log was written, as S3 says (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>).
fn written(detail: &Value) -> Option<OrganizationId> {
    OrganizationId::parse(detail["object"]["key"].as_str()?.strip_prefix("keys/")?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_names_the_log_that_was_written() {
        let id = "org_01kc1x5e3r0000000000000001";
        let detail = json!({ "object": { "key": format!("keys/{id}") } });
        assert_eq!(written(&detail), OrganizationId::parse(id).ok());
        for other in
            [json!({}), json!({ "object": { "key": "senders" } }), json!({ "object": { "key": "keys/x" } })]
        {
            assert_eq!(written(&other), None, "{other}");
        }
    }
}
