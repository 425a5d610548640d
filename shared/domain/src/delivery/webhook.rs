//! Endpoints that are told of events, and when they are told again.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::delivery::event::EventKind;
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
    /// How it has answered lately.
    pub health: Health,
    /// Counts changes.
    pub version: u64,
}

impl Webhook {
    /// Whether it wants events of this type.
    pub fn wants(&self, kind: EventKind) -> bool {
        self.events.is_empty() || self.events.contains(&kind)
    }
}

/// How an endpoint has answered lately: a circuit breaker. One that fails again and again is held back: it is called by
/// one probe after each pause, and the pauses grow until a call succeeds. So an endpoint that hangs costs seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// Calls that failed since the last one that succeeded, at most [`Health::FAILURES`].
    pub failures: u32,
    /// Pauses since then.
    pub pauses: u32,
    /// While it is held back: the end of the pause, or of the time that a probe has.
    pub held_until: Option<Timestamp>,
    /// It was slow a short while ago, and counts as slow until then.
    pub slow_until: Option<Timestamp>,
    /// A call of it was quick once. Until then it counts as slow: whoever makes endpoints anew gains nothing by it.
    pub quick: bool,
}

/// What may be done with an endpoint now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It may be called.
    Call,
    /// Its pause is over: whoever writes [`Health::probed`] first may call it.
    Probe,
    /// Not before this.
    Wait(Timestamp),
}

impl Health {
    /// So many failures in a row hold an endpoint back.
    pub const FAILURES: u32 = 5;
    /// A call that takes longer than this is slow.
    pub const QUICK: SignedDuration = SignedDuration::from_secs(3);
    /// An endpoint that was slow counts as slow for so long.
    const SLOW_FOR: SignedDuration = SignedDuration::from_mins(10);
    /// The first pause. Each is twice as long as the one before it.
    const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(30);
    /// The longest pause.
    pub const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(15);
    /// Nobody else calls an endpoint for so long after a probe has begun: longer than a call can take.
    const PROBE: SignedDuration = SignedDuration::from_secs(15);

    /// What may be done now.
    pub fn turn(&self, now: Timestamp) -> Turn {
        match self.held_until {
            None => Turn::Call,
            Some(until) if until <= now => Turn::Probe,
            Some(until) => Turn::Wait(until),
        }
    }

    /// Whether a call is likely to be slow.
    pub fn is_slow(&self, now: Timestamp) -> bool {
        !self.quick || self.slow_until.is_some_and(|until| now < until)
    }

    /// After a call that came to an end within [`Health::QUICK`], whatever it was.
    #[must_use]
    pub fn quick(&self) -> Self {
        Self { quick: true, ..self.clone() }
    }

    /// While a probe is on its way.
    #[must_use]
    pub fn probed(&self, now: Timestamp) -> Self {
        Self { held_until: Some(now + Self::PROBE), ..self.clone() }
    }

    /// After a call that was answered, or failed. One that began before the endpoint was held back says nothing new
    /// where it failed.
    #[must_use]
    pub fn after(&self, delivered: bool, probe: bool, now: Timestamp) -> Self {
        if delivered {
            return Self { slow_until: self.slow_until, quick: self.quick, ..Self::default() };
        }
        if self.held_until.is_some() && !probe {
            return self.clone();
        }
        let failures = (self.failures + 1).min(Self::FAILURES);
        if failures < Self::FAILURES {
            return Self { failures, ..self.clone() };
        }
        let pause = Self::FIRST_PAUSE * 2_i32.pow(self.pauses.min(5));
        let held_until = Some(now + pause.min(Self::LONGEST_PAUSE));
        Self { failures, pauses: self.pauses.saturating_add(1), held_until, ..self.clone() }
    }

    /// After a call that took long. What is known already is not written again at each.
    #[must_use]
    pub fn slow(&self, now: Timestamp) -> Self {
        if self.slow_until.is_some_and(|until| until.duration_since(now) > Self::SLOW_FOR / 2) {
            return self.clone();
        }
        Self { slow_until: Some(now + Self::SLOW_FOR), ..self.clone() }
    }
}

/// When a call is due that could not be made: after the pause of its endpoint, or a while from now where there was no
/// room. It was put off so many `times` before: each time what waits is spread over twice the time, from 10 seconds to
/// [`Health::LONGEST_PAUSE`], so that it does not come back all at once. `jitter` is random.
pub fn put_off(held_until: Option<Timestamp>, times: u32, jitter: u8, now: Timestamp) -> Timestamp {
    let step = (SignedDuration::from_secs(10) * 2_i32.pow(times.min(7))).min(Health::LONGEST_PAUSE);
    held_until.unwrap_or(now + step) + step * i32::from(jitter) / 255
}

/// Receivers are told of an event for so long: longer than its attempts take where its endpoint is never held back and has
/// room.
pub const KEPT: SignedDuration = SignedDuration::from_hours(36);

/// An event that an endpoint is to be told of, and when. It is stored while it waits for a later attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingDelivery {
    /// The endpoint.
    pub webhook_id: WebhookId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Which event.
    pub event_id: EventId,
    /// Its type.
    pub kind: EventKind,
    /// The public JSON, byte for byte as it is signed: every attempt has the same.
    pub body: String,
    /// Which attempt is next, counted from 1.
    pub number: u32,
    /// How often that attempt was put off.
    pub put_off: u32,
    /// Not before this.
    pub due: Timestamp,
    /// When somebody must look after it.
    pub look_at: Timestamp,
    /// Counts changes; 0 where it was never stored.
    pub version: u64,
}

impl WaitingDelivery {
    /// Whoever was asked to make an attempt has so long, before somebody else is asked: longer than the queue waits before it
    /// gives a message to another.
    pub const ASKED_FOR: SignedDuration = SignedDuration::from_mins(10);

    /// Until when receivers are told of the event.
    pub fn kept_until(&self) -> Timestamp {
        self.event_id.at().saturating_add(KEPT).unwrap_or(Timestamp::MAX)
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
    /// It did not answer, or was not called: a stable code such as `timeout` or `held_back`.
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

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn an_endpoint_that_fails_is_held_back_for_pauses_that_grow_until_a_probe_succeeds() {
        let mut health = Health::default();
        for n in 1..Health::FAILURES {
            health = health.after(false, false, at(0));
            assert_eq!((health.failures, health.turn(at(0))), (n, Turn::Call));
        }
        let mut now = 0;
        health = health.after(false, false, at(now));
        let mut pauses = vec![];
        for _ in 0..8 {
            let Turn::Wait(until) = health.turn(at(now)) else { panic!("{health:?}") };
            pauses.push(until.duration_since(at(now)).as_secs());
            assert_eq!(
                health.after(false, false, at(now)),
                health,
                "a call that began before it tells nothing"
            );
            now = until.as_second();
            assert_eq!(health.turn(at(now)), Turn::Probe);
            health = health.probed(at(now));
            assert_eq!(health.turn(at(now)), Turn::Wait(at(now + 15)), "one probe at a time");
            assert_eq!(health.turn(at(now + 15)), Turn::Probe, "a probe that nobody heard of again");
            health = health.after(false, true, at(now));
        }
        assert_eq!(pauses, [30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(health.after(true, true, at(now)), Health::default());
        assert_eq!(health.after(true, false, at(now)).turn(at(now)), Turn::Call, "it answers again");
        assert_eq!(Health::default().after(false, false, at(0)).after(true, false, at(0)), Health::default());
    }

    #[test]
    fn what_was_slow_counts_as_slow_for_a_while_and_is_written_down_now_and_then() {
        let slow = Health::default().slow(at(0));
        assert!(slow.is_slow(at(600)), "nothing was quick yet");
        let slow = slow.quick();
        assert!(slow.is_slow(at(0)) && slow.is_slow(at(599)) && !slow.is_slow(at(600)));
        assert_eq!(slow.slow(at(60)), slow);
        assert!(slow.slow(at(400)).is_slow(at(900)));
        assert!(slow.after(true, false, at(1)).is_slow(at(2)), "an answer alone does not make it quick");
    }

    #[test]
    fn what_is_put_off_waits_longer_each_time() {
        let waits: Vec<_> = (0..9).map(|times| put_off(None, times, 0, at(0)).as_second()).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!(put_off(None, 0, 255, at(0)), at(20));
        let held = Some(at(100));
        assert_eq!((put_off(held, 2, 0, at(0)), put_off(held, u32::MAX, 255, at(0))), (at(100), at(1_000)));
        let attempts: SignedDuration = (1..MAX_ATTEMPTS).filter_map(|n| backoff(n, 255)).sum();
        assert!(KEPT > attempts, "{attempts}");
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
