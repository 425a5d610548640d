//! Webhooks, and the attempts to tell them.

use std::collections::{BTreeMap, BTreeSet};

use domain::delivery::event::{EventKind, EventPattern, WebhookStatus, WhyDisabled};
use domain::delivery::webhook::{Attempt, AttemptResult, FormerSecret, Health, ResponseHead, Webhook};
use domain::{EventId, InboxId, OrganizationId, Timestamp, WebhookId};

use crate::base::field::{Corrupt, record};
use crate::base::item::{IndexKeys, Kind, Place, days_after, place};

/// Attempts to tell a webhook are kept for so long.
const ATTEMPT_DAYS: i64 = 90;

record! {
    Webhook as WebhookRecord {
        id: WebhookId,
        organization_id: OrganizationId,
        url: String,
        events: BTreeSet<EventPattern>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        inbox_ids: BTreeSet<InboxId>,
        sealed_secret: Vec<u8> as binary,
        secret_last_four: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        former_secret: Option<FormerSecret>,
        created_at: Timestamp,
        #[serde(default)]
        version: u64,
        [status: split_status, join_status] {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            status: Option<String>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            disabled_at: Option<Timestamp>,
        }
        [health: split_health, join_health] {
            #[serde(default)]
            failures: u32,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            failing_since: Option<Timestamp>,
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

record! {
    FormerSecret as FormerSecretRecord {
        sealed: Vec<u8> as binary,
        until: Timestamp,
    }
}

type StatusParts = (Option<String>, Option<Timestamp>);

/// An endpoint that is told of events has none.
pub(crate) fn split_status(status: &WebhookStatus) -> StatusParts {
    match status {
        WebhookStatus::Active => (None, None),
        WebhookStatus::Paused => (Some("paused".to_owned()), None),
        WebhookStatus::Disabled { why, at } => (Some(why.as_str().to_owned()), Some(*at)),
    }
}

/// A status that this version does not know is told of nothing, and loses nothing while events are kept.
#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
pub(crate) fn join_status((status, at): StatusParts) -> Result<WebhookStatus, Corrupt> {
    let Some(status) = status else { return Ok(WebhookStatus::Active) };
    let why = WhyDisabled::ALL.iter().copied().find(|why| why.as_str() == status);
    Ok(match (why, at) {
        (Some(why), Some(at)) => WebhookStatus::Disabled { why, at },
        _ => WebhookStatus::Paused,
    })
}

type HealthParts = (u32, Option<Timestamp>, u32, Option<Timestamp>, Option<Timestamp>, bool);

fn split_health(health: &Health) -> HealthParts {
    let Health { failures, failing_since, pauses, held_until, slow_until, quick } = *health;
    (failures, failing_since, pauses, held_until, slow_until, quick)
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_health(
    (failures, failing_since, pauses, held_until, slow_until, quick): HealthParts,
) -> Result<Health, Corrupt> {
    Ok(Health { failures, failing_since, pauses, held_until, slow_until, quick })
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
        #[serde(default, skip_serializing_if = "String::is_empty")]
        url: String,
        duration_ms: u64,
        retry_at: Option<Timestamp>,
        [result: split_result, join_result] {
            status: Option<u16>,
            no_answer: Option<String>,
        }
        [head: split_head, join_head] {
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            head: BTreeMap<String, String>,
        }
    }
}

fn split_head(head: &ResponseHead) -> (BTreeMap<String, String>,) {
    (head.fields().iter().cloned().collect(),)
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_head((fields,): (BTreeMap<String, String>,)) -> Result<ResponseHead, Corrupt> {
    Ok(ResponseHead::of(fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))))
}

/// What an endpoint that did not answer did instead.
const NO_ANSWER: &[&str] =
    &["timeout", "not_connected", "not_public", "broken_answer", "invalid_url", "held_back", "disabled"];

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
