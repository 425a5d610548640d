//! S3 tells that a key log was written: the audit log says so too, and people are alerted by that.

use std::sync::Arc;

use app::Ports;
use app::base::ports::KeyLogs;
use app::gate::signing_keys::tell;
use assembly::Aws;
use domain::OrganizationId;
use domain::base::id::Id as _;
use futures_util::future::BoxFuture;
use runtime::task::{Task, TaskError, batch_failures, messages};
use serde_json::Value;

/// What the function needs.
pub struct Context {
    ports: Ports,
    logs: Arc<dyn KeyLogs>,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "background-key-log", context, handle };

/// From the environment.
pub fn context() -> Context {
    let aws = Aws::from_environment();
    Context { ports: aws.ports(), logs: aws.key_logs() }
}

fn handle(Context { ports, logs }: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let mut failed = vec![];
        for (message_id, body) in messages(event)? {
            for organization_id in organizations(&body) {
                if let Err(error) = tell(ports, &**logs, organization_id).await {
                    tracing::warn!(%organization_id, %error, "the audit log does not say yet what the key log says");
                    failed.push(message_id.clone());
                }
            }
        }
        failed.dedup();
        Ok(batch_failures(&failed))
    })
}

/// Whose logs were written, as S3 says
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>). What it says at first, when the
/// notification is set up, names none.
fn organizations(body: &str) -> Vec<OrganizationId> {
    let said: Value = serde_json::from_str(body).unwrap_or_default();
    let records = said["Records"].as_array().cloned().unwrap_or_default();
    let named = records.iter().filter_map(|record| record["s3"]["object"]["key"].as_str());
    named.filter_map(|key| OrganizationId::parse(key.strip_prefix("keys/")?).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_names_the_log_that_was_written() {
        let id = "org_01kc1x5e3r0000000000000001";
        let body = format!(
            r#"{{"Records": [{{"s3": {{"object": {{"key": "keys/{id}"}}}}}}, {{"s3": {{"object": {{"key": "senders"}}}}}}]}}"#
        );
        assert_eq!(organizations(&body), vec![OrganizationId::parse(id).unwrap()]);
        for other in ["", "{}", r#"{"Event": "s3:TestEvent"}"#, r#"{"Records": [{}]}"#] {
            assert_eq!(organizations(other), vec![], "{other}");
        }
    }
}
