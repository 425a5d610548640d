//! Makes an organization with its first people. A refusal is an answer, not a failed invocation: the operator reads it.

use std::sync::Arc;

use app::base::ports::DataKeys;
use app::people::provision;
use app::{Ports, Refusal};
use assembly::Aws;
use futures_util::future::BoxFuture;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};

/// What the function needs.
pub struct Context {
    ports: Ports,
    data_keys: Arc<dyn DataKeys>,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "operator-provision", context, handle };

fn context() -> Context {
    let aws = Aws::from_environment();
    Context { ports: aws.ports(), data_keys: aws.data_keys() }
}

fn handle(context: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        match make(context, &event).await {
            Ok(answer) => Ok(answer),
            Err(refusal @ (Refusal::Unavailable(_) | Refusal::Internal(_))) => Err(refusal.into()),
            Err(refusal) => Ok(wire::base::problem::problem(&refusal, "", context.ports.now()).body),
        }
    })
}

async fn make(Context { ports, data_keys }: &Context, event: &Value) -> Result<Value, Refusal> {
    let (name, members) = wire::people::organization::provision(event.to_string().as_bytes())?;
    let (organization, members) = provision::organization(ports, &**data_keys, name, &members).await?;
    let members: Vec<_> = members
        .iter()
        .map(|member| json!({"member_id": member.id.to_string(), "role": member.role.as_str()}))
        .collect();
    Ok(json!({ "organization_id": organization.id.to_string(), "members": members }))
}
