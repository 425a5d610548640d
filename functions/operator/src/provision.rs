//! Makes an organization with its first people. A refusal is an answer, not a failed invocation: the operator reads it.

use app::people::provision;
use app::{Ports, Refusal};
use futures_util::future::BoxFuture;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};

/// The function.
pub const TASK: Task<Ports> = Task { name: "operator-provision", context: crate::ports, handle };

fn handle(ports: &Ports, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        match make(ports, &event).await {
            Ok(answer) => Ok(answer),
            Err(refusal @ (Refusal::Unavailable(_) | Refusal::Internal(_))) => Err(refusal.into()),
            Err(refusal) => Ok(wire::base::problem::problem(&refusal, "", ports.now()).body),
        }
    })
}

async fn make(ports: &Ports, event: &Value) -> Result<Value, Refusal> {
    let (name, members) = wire::people::organization::provision(event.to_string().as_bytes())?;
    let (organization, members) = provision::organization(ports, name, &members).await?;
    let members: Vec<_> = members
        .iter()
        .map(|member| json!({"member_id": member.id.to_string(), "role": member.role.as_str()}))
        .collect();
    Ok(json!({ "organization_id": organization.id.to_string(), "members": members }))
}
