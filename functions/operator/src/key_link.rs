//! Draws a link by which a member registers a key in their organization's key log: the first one, or one after all that manage were lost.
//! A refusal is an answer, not a failed invocation: the operator reads it.

use std::sync::Arc;

use app::base::ports::KeyLinks;
use app::gate::signing_keys;
use app::{Ports, Refusal};
use assembly::Aws;
use futures_util::future::BoxFuture;
use runtime::environment::require;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};

/// What the function needs.
pub struct Context {
    ports: Ports,
    links: Arc<dyn KeyLinks>,
    /// Where people open the console.
    public_url: String,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "operator-key-link", context, handle };

fn context() -> Context {
    let aws = Aws::from_environment();
    let ports = aws.ports();
    let public_url = ports.settings.public_url.clone().unwrap_or_else(|| require("API_URL"));
    Context { ports, links: aws.key_links(), public_url }
}

fn handle(context: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        match draw(context, &event).await {
            Ok(answer) => Ok(answer),
            Err(refusal @ (Refusal::Unavailable(_) | Refusal::Internal(_))) => Err(refusal.into()),
            Err(refusal) => Ok(wire::base::problem::problem(&refusal, "", context.ports.now()).body),
        }
    })
}

async fn draw(context: &Context, event: &Value) -> Result<Value, Refusal> {
    let organization_id = wire::gate::signing_keys::draw_link(event.to_string().as_bytes())?;
    let (link, secret) = signing_keys::draw_link(&context.ports, &*context.links, organization_id).await?;
    let url = format!("{}/console/signing-keys/link/{}", context.public_url, secret.reveal());
    Ok(json!({ "url": url, "expires_at": link.expires_at.to_string() }))
}
