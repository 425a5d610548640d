//! Webhooks, and the attempts to tell them of events.

use app::base::error::Refusal;
use app::delivery::webhooks::NewWebhook;
use domain::delivery::event::EventKind;
use domain::delivery::webhook::{Attempt, AttemptResult, Webhook};
use domain::{EventId, WebhookId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::request::{self, request};
use crate::base::values::{Choice, IdOf, List, Text, Time};

request! {
    /// An endpoint that is to be told of events.
    pub struct CreateWebhook {
        /// `https`, on port 443, in a public network.
        url: Text<2_000>,
        /// Which events; left out or empty, all of them.
        events: Option<List<Choice<EventKind>, 100>>,
    }
}

/// Reads [`CreateWebhook`].
pub fn new(body: &[u8]) -> Result<NewWebhook, Refusal> {
    let CreateWebhook { url, events } = request::body(body)?;
    let events = List::entries(events).into_iter().map(|kind| kind.0).collect();
    Ok(NewWebhook { url: url.0, events })
}

/// A webhook.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
pub struct WebhookView<'a> {
    id: IdOf<WebhookId>,
    url: &'a str,
    /// Which events it is told of; all of them where it is empty.
    events: Vec<Choice<EventKind>>,
    secret_last_four: &'a str,
    created_at: Time,
    /// Attempts in a row that were not taken, up to 5: then it is held back.
    failures: u32,
    /// Until when it is asked no more.
    held_until: Option<Time>,
    /// What signs the events, only in the response to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

/// A webhook, with its secret only in the response to its creation.
pub fn webhook<'a>(webhook: &'a Webhook, secret: Option<&'a str>) -> WebhookView<'a> {
    WebhookView {
        id: IdOf(webhook.id),
        url: &webhook.url,
        events: webhook.events.iter().copied().map(Choice).collect(),
        secret_last_four: &webhook.secret_last_four,
        created_at: Time(webhook.created_at),
        failures: webhook.health.failures,
        held_until: webhook.health.held_until.map(Time),
        secret,
    }
}

/// An attempt to tell a webhook of an event.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Attempt")]
pub struct AttemptView {
    event_id: IdOf<EventId>,
    event_type: Choice<EventKind>,
    /// From 1.
    attempt: u32,
    at: Time,
    delivered: bool,
    /// The HTTP status, where there was a response.
    response_status: Option<u16>,
    /// Why there was none, as a stable code.
    error: Option<&'static str>,
    duration_ms: u64,
    /// When it is tried again.
    next_attempt_at: Option<Time>,
}

/// An attempt to tell a webhook of an event.
pub fn attempt(attempt: &Attempt) -> AttemptView {
    let (status, error) = match attempt.result {
        AttemptResult::Answered(status) => (Some(status), None),
        AttemptResult::NoAnswer(code) => (None, Some(code)),
    };
    AttemptView {
        event_id: IdOf(attempt.event_id),
        event_type: Choice(attempt.kind),
        attempt: attempt.number,
        at: Time(attempt.at),
        delivered: attempt.result.delivered(),
        response_status: status,
        error,
        duration_ms: attempt.duration_ms,
        next_attempt_at: attempt.retry_at.map(Time),
    }
}
