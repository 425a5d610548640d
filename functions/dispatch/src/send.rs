//! The last step of a workflow: sends the mail of a ticket, if it is approved, due, and nobody has claimed it.

use std::sync::Arc;

use app::Ports;
use app::base::ports::{Blobs, Departures, MailSender};
use app::base::store::StoreError;
use app::gate::dispatch::{DispatchError, Dispatched, dispatch};
use app::gate::rate::{Pace, Places};
use app::gate::transports::Transports;
use assembly::Aws;
use aws_mail::SesSender;
use domain::base::digest::Digest;
use domain::base::id::Id;
use domain::gate::rate::SendRate;
use domain::gate::seal::Ticket;
use futures_util::future::BoxFuture;
use providers::Providers;
use runtime::environment::{require, setting};
use runtime::task::{Task, TaskError};
use serde_json::{Value, json};

/// What the function needs.
pub struct Context {
    ports: Ports,
    blobs: Arc<dyn Blobs>,
    sender: Arc<dyn MailSender>,
    key_logs: Arc<dyn Departures>,
    places: Arc<dyn Places>,
    rate: SendRate,
}

/// The function.
pub const TASK: Task<Context> = Task { name: "dispatch-send", context, handle };

/// From the environment.
///
/// # Panics
/// Where the rate is none: the template checks it.
pub fn context() -> Context {
    let aws = Aws::from_environment();
    let ses = SesSender::new(&runtime::aws::ses_config(&aws.config), require("CONFIGURATION_SET"));
    let sender = Transports {
        ports: aws.ports(),
        ses: Arc::new(ses),
        providers: Arc::new(Providers::of(setting)),
        data_keys: aws.data_keys(),
    };
    let rate = require("SEND_RATE").parse().ok().and_then(SendRate::new);
    Context {
        ports: aws.ports(),
        blobs: aws.blobs(),
        sender: Arc::new(sender),
        key_logs: aws.departures(),
        places: aws.places(),
        rate: rate.unwrap_or_else(|| panic!("SEND_RATE is no rate")),
    }
}

fn handle(context: &Context, event: Value) -> BoxFuture<'_, Result<Value, TaskError>> {
    Box::pin(async move {
        let ticket = ticket(&event).ok_or_else(|| TaskError::permanent("not a ticket"))?;
        let keys = &*context.key_logs;
        let pace = Pace { places: &*context.places, rate: context.rate };
        let dispatched =
            dispatch(&context.ports, &*context.blobs, &*context.sender, keys, pace, &ticket).await;
        let dispatched = dispatched.map_err(|error| match error {
            DispatchError::Store(StoreError::Permanent(text)) => TaskError::permanent(text),
            DispatchError::NoPlace => TaskError::throttled(error),
            other => TaskError::transient(other),
        })?;
        let (moved, status) = match dispatched {
            Dispatched::Now(status) => (true, status.as_str()),
            Dispatched::Already(status) => (false, status.as_str()),
            Dispatched::Gone => (false, "gone"),
        };
        tracing::info!(message_id = %ticket.message_id, moved, status, "dispatched");
        Ok(json!({ "moved": moved, "status": status }))
    })
}

fn ticket(event: &Value) -> Option<Ticket> {
    let text = |name: &str| event.get(name)?.as_str();
    Some(Ticket {
        organization_id: Id::parse(text("organization_id")?).ok()?,
        inbox_id: Id::parse(text("inbox_id")?).ok()?,
        message_id: Id::parse(text("message_id")?).ok()?,
        approval_id: Id::parse(text("approval_id")?).ok()?,
        digest: Digest::parse(text("digest")?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_event_is_a_ticket_and_half_of_it_is_not() {
        let mut event: Value =
            serde_json::from_str(include_str!("../../../events/dispatch-send.json")).unwrap();
        assert!(ticket(&event).is_some());
        event["digest"] = "sha256:00".into();
        assert!(ticket(&event).is_none());
    }
}
