//! Endpoints that are told of events, and when they are told again.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::event::EventKind;
use crate::{EventId, OrganizationId, WebhookId};

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Where.
    pub url: String,
    /// The types of event that it wants; empty means all.
    pub events: BTreeSet<EventKind>,
    /// The signing secret, sealed under the organization's data key.
    pub sealed_secret: Vec<u8>,
    /// The secret's last four characters.
    pub secret_last_four: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Webhook {
    /// Whether it wants events of this type.
    pub fn wants(&self, kind: EventKind) -> bool {
        self.events.is_empty() || self.events.contains(&kind)
    }
}

/// One attempt to tell a webhook of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which endpoint.
    pub webhook_id: WebhookId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Which event.
    pub event_id: EventId,
    /// Its type.
    pub kind: EventKind,
    /// Counted from 1.
    pub number: u32,
    /// When.
    pub at: Timestamp,
    /// How it ended.
    pub result: AttemptResult,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// When it is tried again; none after a success or the last attempt.
    pub retry_at: Option<Timestamp>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptResult {
    /// The endpoint answered with this HTTP status.
    Answered(u16),
    /// It did not answer: a stable code such as `timeout`.
    NoAnswer(&'static str),
}

impl AttemptResult {
    /// Only a 2xx counts (Standard Webhooks): a redirect is a failure.
    pub fn delivered(&self) -> bool {
        matches!(self, AttemptResult::Answered(200..=299))
    }
}

/// Attempts at one event.
pub const MAX_ATTEMPTS: u32 = 8;

/// Waiting time before attempt `n + 1`, in seconds: 8 attempts over 25.6 hours.
const BACKOFF: [i64; MAX_ATTEMPTS as usize - 1] = [5, 300, 1_800, 7_200, 18_000, 28_800, 36_000];

/// How long to wait after attempt `number` failed; `None` after the last.
///
/// `jitter` is random: the wait grows by up to a fifth, so that receivers that fail together don't come back together.
pub fn backoff(number: u32, jitter: u8) -> Option<SignedDuration> {
    let base = *BACKOFF.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
    Some(SignedDuration::from_millis(base * 1000 + base * 200 * i64::from(jitter) / 255))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_attempts_over_at_least_a_day() {
        let waits: Vec<_> = (1..=MAX_ATTEMPTS).map(|n| backoff(n, 0)).collect();
        assert_eq!(waits.last(), Some(&None));
        let total: i64 = waits.iter().flatten().map(SignedDuration::as_secs).sum();
        assert!(total >= 24 * 3600, "{total}");
        assert_eq!(backoff(0, 0), None);
        assert_eq!(backoff(1, 255), Some(SignedDuration::from_secs(6)));
    }

    #[test]
    fn only_2xx_is_delivered() {
        for (status, delivered) in
            [(200, true), (204, true), (299, true), (301, false), (410, false), (500, false)]
        {
            assert_eq!(AttemptResult::Answered(status).delivered(), delivered);
        }
        assert!(!AttemptResult::NoAnswer("timeout").delivered());
    }
}
