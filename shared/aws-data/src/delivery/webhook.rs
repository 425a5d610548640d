//! Webhooks, and the attempts to tell them.

use std::collections::BTreeSet;

use domain::delivery::event::EventKind;
use domain::delivery::webhook::{Attempt, AttemptResult, Health, Webhook};
use domain::{EventId, OrganizationId, Timestamp, WebhookId};

use crate::base::field::{Corrupt, record};
use crate::base::item::{IndexKeys, Kind, Place, days_after, place};

/// Attempts to tell a webhook are kept for so long.
const ATTEMPT_DAYS: i64 = 90;

record! {
    Webhook as WebhookRecord {
        id: WebhookId,
        organization_id: OrganizationId,
        url: String,
        events: BTreeSet<EventKind> as event_kinds,
        sealed_secret: Vec<u8> as binary,
        secret_last_four: String,
        created_at: Timestamp,
        #[serde(default)]
        version: u64,
        [health: split_health, join_health] {
            #[serde(default)]
            failures: u32,
            #[serde(default)]
            pauses: u32,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            held_until: Option<Timestamp>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            slow_until: Option<Timestamp>,
            #[serde(default)]
            quick: bool,
        }
    }
}

type HealthParts = (u32, u32, Option<Timestamp>, Option<Timestamp>, bool);

fn split_health(health: &Health) -> HealthParts {
    (health.failures, health.pauses, health.held_until, health.slow_until, health.quick)
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_health((failures, pauses, held_until, slow_until, quick): HealthParts) -> Result<Health, Corrupt> {
    Ok(Health { failures, pauses, held_until, slow_until, quick })
}

impl Kind for Webhook {
    const NAME: &'static str = "webhook";
}

/// Where a webhook lies.
pub(crate) fn at(organization: OrganizationId, id: WebhookId) -> Place {
    place(list(organization), id.to_string())
}

/// The partition of an organization's webhooks.
pub(crate) fn list(organization: OrganizationId) -> String {
    format!("{organization}/webhooks")
}

record! {
    Attempt as AttemptRecord {
        webhook_id: WebhookId,
        organization_id: OrganizationId,
        event_id: EventId,
        #[serde(rename = "event_type")]
        kind: EventKind,
        number: u32,
        at: Timestamp,
        duration_ms: u64,
        retry_at: Option<Timestamp>,
        [result: split_result, join_result] {
            status: Option<u16>,
            no_answer: Option<String>,
        }
    }
}

/// What an endpoint that did not answer did instead.
const NO_ANSWER: &[&str] = &["timeout", "not_connected", "not_public", "broken_answer", "held_back"];

fn split_result(result: &AttemptResult) -> (Option<u16>, Option<String>) {
    match result {
        AttemptResult::Answered(status) => (Some(*status), None),
        AttemptResult::NoAnswer(code) => (None, Some((*code).to_owned())),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_result((status, no_answer): (Option<u16>, Option<String>)) -> Result<AttemptResult, Corrupt> {
    let code = no_answer.unwrap_or_default();
    let known = NO_ANSWER.iter().copied().find(|known| *known == code);
    Ok(match status {
        Some(status) => AttemptResult::Answered(status),
        None => AttemptResult::NoAnswer(known.unwrap_or("not_connected")),
    })
}

impl Kind for Attempt {
    const NAME: &'static str = "attempt";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some(days_after(self.at, ATTEMPT_DAYS)), ..IndexKeys::default() }
    }
}

/// Where an attempt lies.
pub(crate) fn attempt_at(attempt: &Attempt) -> Place {
    let sk = format!("{:013}/{}/{}", attempt.at.as_millisecond(), attempt.event_id, attempt.number);
    place(attempts(attempt.organization_id, attempt.webhook_id), sk)
}

/// The partition of the attempts to tell a webhook.
pub(crate) fn attempts(organization: OrganizationId, webhook: WebhookId) -> String {
    format!("{organization}/{webhook}/attempts")
}
