//! Webhooks, and the attempts to tell them of events.

use std::collections::BTreeSet;

use app::base::error::Refusal;
use app::delivery::webhooks::NewWebhook;
use domain::base::code::Code;
use domain::delivery::event::EventKind;
use domain::delivery::webhook::{Attempt, AttemptResult, Webhook};
use serde_json::{Value, json};

use crate::base::fields::Fields;
use crate::base::parts::{maybe, time};

/// `url` and `events` of a webhook.
pub fn new(body: &[u8]) -> Result<NewWebhook, Refusal> {
    let mut fields = Fields::of_body(body)?;
    let url = fields.text("url", 2_000);
    let url = fields.require("url", url);
    let mut events = BTreeSet::new();
    for (i, name) in fields.texts("events", 100).unwrap_or_default().iter().enumerate() {
        if let Some(kind) = EventKind::parse(name) {
            _ = events.insert(kind);
        } else {
            let all = EventKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
            fields.error(&format!("events[{i}]"), Code::UnknownEvent, format!("must be one of {all}"));
        }
    }
    fields.finish()?;
    Ok(NewWebhook { url: url.unwrap_or_default(), events })
}

/// A webhook, with its secret only in the answer to its creation.
pub fn webhook(webhook: &Webhook, secret: Option<&str>) -> Value {
    let mut view = json!({
        "id": webhook.id.to_string(),
        "url": webhook.url,
        "events": webhook.events.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
        "secret_last_four": webhook.secret_last_four,
        "created_at": time(webhook.created_at),
        "failures": webhook.health.failures,
        "held_until": maybe(webhook.health.held_until),
    });
    if let Some(secret) = secret {
        view["secret"] = json!(secret);
    }
    view
}

/// An attempt to tell a webhook of an event.
pub fn attempt(attempt: &Attempt) -> Value {
    let (status, error) = match attempt.result {
        AttemptResult::Answered(status) => (Some(status), None),
        AttemptResult::NoAnswer(code) => (None, Some(code)),
    };
    json!({
        "event_id": attempt.event_id.to_string(),
        "event_type": attempt.kind.as_str(),
        "attempt": attempt.number,
        "at": time(attempt.at),
        "delivered": attempt.result.delivered(),
        "response_status": status,
        "error": error,
        "duration_ms": attempt.duration_ms,
        "next_attempt_at": maybe(attempt.retry_at),
    })
}
