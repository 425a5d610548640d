//! Draws a set-up link, by which the first organization is made in a browser. A refusal is an answer, not a failed invocation: the operator
//! reads it.

use std::sync::Arc;

use app::base::ports::KeyLinks;
use app::base::store::Directory;
use app::base::trail::Trail;
use app::gate::signing_keys::bind_setup;
use app::people::setup;
use app::{Ports, Refusal};
use assembly::Aws;
use futures_util::future::BoxFuture;
use runtime::environment::require;
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};

/// What the function needs.
pub struct Context {
    ports: Ports,
    directory: Arc<dyn Directory>,
    trail: Arc<dyn Trail>,
    links: Arc<dyn KeyLinks>,
    /// Where people open the console.
    public_url: String,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "operator-setup", context, handle };

fn context() -> Context {
    let aws = Aws::from_environment();
    let ports = aws.ports();
    let public_url = ports.settings.public_url.clone().unwrap_or_else(|| require("API_URL"));
    Context { ports, directory: aws.directory(), trail: aws.trail(), links: aws.key_links(), public_url }
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
    // Who invokes it without a payload asks for nothing in particular.
    let order = if event.is_null() { String::new() } else { event.to_string() };
    let another = wire::people::organization::draw_setup(order.as_bytes())?;
    let (setup, secret) = setup::draw(&context.ports, &*context.directory, &*context.trail, another).await?;
    // The owner's first key is bound to the very link by which the organization is made.
    bind_setup(&*context.links, &setup).await?;
    let url = format!("{}/console/setup/{}", context.public_url, secret.reveal());
    Ok(json!({ "url": url, "expires_at": setup.expires_at.to_string() }))
}
