//! Endpoints that are told of events, and when they are told again.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::delivery::event::{EventKind, EventPattern, WebhookStatus, WhyDisabled};
use crate::{EventId, InboxId, OrganizationId, WebhookId};

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
    pub events: BTreeSet<EventPattern>,
    /// The inboxes whose events it wants; empty means all, and what is about none.
    pub inbox_ids: BTreeSet<InboxId>,
    /// Whether it is told of events.
    pub status: WebhookStatus,
    /// The signing secret, sealed under the organization's data key.
    pub sealed_secret: Vec<u8>,
    /// The secret's last four characters.
    pub secret_last_four: String,
    /// The secret before it, which signs as well for a while.
    pub former_secret: Option<FormerSecret>,
    /// When it was made.
    pub created_at: Timestamp,
    /// How it has answered lately.
    pub health: Health,
    /// Counts changes.
    pub version: u64,
}

/// A secret that another has taken the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerSecret {
    /// As it is sealed.
    pub sealed: Vec<u8>,
    /// Until when it signs.
    pub until: Timestamp,
}

/// What changes of an endpoint; what is not given stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WebhookChanges {
    /// Where.
    pub url: Option<String>,
    /// The types of event that it wants; empty means all.
    pub events: Option<BTreeSet<EventPattern>>,
    /// The inboxes whose events it wants; empty means all.
    pub inbox_ids: Option<BTreeSet<InboxId>>,
    /// Whether it is told of events.
    pub told: Option<bool>,
}

/// What a call told of its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// How it ended.
    pub result: AttemptResult,
    /// Whether it found out if the endpoint answers again.
    pub probe: bool,
    /// Whether it took long.
    pub slow: bool,
    /// For how long the endpoint asked not to be called.
    pub wait: Option<SignedDuration>,
}

impl Webhook {
    /// A secret signs for so long after another took its place.
    pub const FORMER_SECRET: SignedDuration = SignedDuration::from_hours(24);
    /// An endpoint is disabled where nothing but failures came of it for so long.
    pub const FAILING: SignedDuration = SignedDuration::from_hours(72);

    /// Whether it wants events of this type, about this inbox or none.
    pub fn wants(&self, kind: EventKind, inbox_id: Option<InboxId>) -> bool {
        let names = |pattern: &EventPattern| pattern.as_str() == kind.as_str();
        let of_kind = if kind.is_for_people() {
            self.events.iter().any(names)
        } else {
            self.events.is_empty() || self.events.iter().any(|pattern| pattern.takes(kind))
        };
        let of_inbox = self.inbox_ids.is_empty() || inbox_id.is_some_and(|id| self.inbox_ids.contains(&id));
        // A test goes to the endpoint that it is about, whatever that wants.
        kind != EventKind::WebhookTest && of_kind && of_inbox
    }

    /// Whether it is disabled.
    pub fn is_disabled(&self) -> bool {
        matches!(self.status, WebhookStatus::Disabled { .. })
    }

    /// As it is after these changes. What is known of how it answered is forgotten where it leads elsewhere, or is told again.
    #[must_use]
    pub fn changed(&self, changes: WebhookChanges) -> Self {
        let status = match changes.told {
            None => self.status,
            Some(true) => WebhookStatus::Active,
            Some(false) => WebhookStatus::Paused,
        };
        let url = changes.url.unwrap_or_else(|| self.url.clone());
        let anew = url != self.url || (self.is_disabled() && status != self.status);
        Self {
            url,
            events: changes.events.unwrap_or_else(|| self.events.clone()),
            inbox_ids: changes.inbox_ids.unwrap_or_else(|| self.inbox_ids.clone()),
            status,
            health: if anew { Health::default() } else { self.health.clone() },
            ..self.clone()
        }
    }

    /// With another secret in the place of its own, which signs as well for [`Webhook::FORMER_SECRET`].
    #[must_use]
    pub fn with_secret(&self, sealed_secret: Vec<u8>, secret_last_four: String, now: Timestamp) -> Self {
        let former = FormerSecret { sealed: self.sealed_secret.clone(), until: now + Self::FORMER_SECRET };
        Self { sealed_secret, secret_last_four, former_secret: Some(former), ..self.clone() }
    }

    /// The secrets that sign now, as they are sealed, its own first.
    pub fn secrets(&self, now: Timestamp) -> impl Iterator<Item = &[u8]> {
        let former = self.former_secret.as_ref().filter(move |former| now < former.until);
        std::iter::once(&*self.sealed_secret).chain(former.map(|former| &*former.sealed))
    }

    /// As it is known after a call. It is disabled by an answer that says so, and by days of nothing but failures.
    #[must_use]
    pub fn after(&self, told: Told, now: Timestamp) -> Self {
        let health = self.health.after(told.result.delivered(), told.probe, now);
        let health = if told.slow { health.slow(now) } else { health.quick() };
        let health = match told.wait {
            Some(wait) => health.held(now + wait),
            None => health,
        };
        let failing = |since: Timestamp| now.duration_since(since) >= Self::FAILING;
        let why = if told.result == AttemptResult::Answered(410) {
            Some(WhyDisabled::Gone)
        } else if health.failures >= Health::FAILURES && health.failing_since.is_some_and(failing) {
            Some(WhyDisabled::Failing)
        } else {
            None
        };
        let status = match why {
            Some(why) if !self.is_disabled() => WebhookStatus::Disabled { why, at: now },
            _ => self.status,
        };
        Self { status, health, ..self.clone() }
    }
}

/// How an endpoint has answered lately: a circuit breaker. One that fails again and again is held back: it is called by
/// one probe after each pause, and the pauses grow until a call succeeds. So an endpoint that hangs costs seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// Calls that failed since the last one that succeeded, at most [`Health::FAILURES`].
    pub failures: u32,
    /// When the first of them failed.
    pub failing_since: Option<Timestamp>,
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
        !self.quick || self.was_slow(now)
    }

    /// Whether a call was slow a short while ago.
    pub fn was_slow(&self, now: Timestamp) -> bool {
        self.slow_until.is_some_and(|until| now < until)
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
        let failing_since = Some(self.failing_since.unwrap_or(now));
        if failures < Self::FAILURES {
            return Self { failures, failing_since, ..self.clone() };
        }
        let pause = Self::FIRST_PAUSE * 2_i32.pow(self.pauses.min(5));
        let held_until = Some(now + pause.min(Self::LONGEST_PAUSE));
        Self { failures, failing_since, pauses: self.pauses.saturating_add(1), held_until, ..self.clone() }
    }

    /// Held back until this time at least.
    #[must_use]
    fn held(&self, until: Timestamp) -> Self {
        Self { held_until: self.held_until.max(Some(until)), ..self.clone() }
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
    /// When somebody asked for it to be told again; none where it is told for the first time.
    pub asked_at: Option<Timestamp>,
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

    /// Since when its endpoint is to be told.
    pub fn since(&self) -> Timestamp {
        self.asked_at.unwrap_or(self.event_id.at())
    }

    /// Until when its endpoint is told of the event.
    pub fn kept_until(&self) -> Timestamp {
        self.since().saturating_add(KEPT).unwrap_or(Timestamp::MAX)
    }

    /// The same, to be told from its first attempt on, from now on.
    #[must_use]
    pub fn anew(self, now: Timestamp) -> Self {
        Self { number: 1, put_off: 0, asked_at: Some(now), due: now, look_at: now, ..self }
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
    /// Where it was made; empty where nobody was called, or it was not kept.
    pub url: String,
    /// How it ended.
    pub result: AttemptResult,
    /// What the response said beside its status.
    pub head: ResponseHead,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// When it is tried again; none after a success or the last attempt.
    pub retry_at: Option<Timestamp>,
}

impl Attempt {
    /// So much of a URL is kept with each attempt, in characters.
    pub const MAX_URL: usize = 300;
}

/// Header fields of a response that help to find out why an endpoint failed. None of them is a secret, and each is short.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResponseHead(Vec<(String, String)>);

impl ResponseHead {
    /// Those that are kept: what may hold a credential is not among them.
    const KEPT: &[&str] = &[
        "content-length",
        "content-type",
        "date",
        "location",
        "retry-after",
        "server",
        "traceparent",
        "via",
        "x-amzn-requestid",
        "x-correlation-id",
        "x-request-id",
    ];
    /// So much of each, in characters.
    const MAX_VALUE: usize = 100;

    /// Of these fields, whose names are in lower case, those that are kept; of several with one name the first.
    pub fn of<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut kept: Vec<(String, String)> = vec![];
        for (name, value) in fields {
            if !Self::KEPT.contains(&name) || kept.iter().any(|(known, _)| known == name) {
                continue;
            }
            // What stands behind a path may be a secret of whoever is redirected.
            let value = if name == "location" { value.split(['?', '#']).next() } else { Some(value) };
            let value = value.unwrap_or_default().chars().take(Self::MAX_VALUE).collect();
            kept.push((name.to_owned(), value));
        }
        Self(kept)
    }

    /// The fields.
    pub fn fields(&self) -> &[(String, String)] {
        &self.0
    }

    /// For how long whoever answered asks not to be called (RFC 9110 §10.2.3), at most [`MAX_RETRY_AFTER`].
    pub fn retry_after(&self, now: Timestamp) -> Option<SignedDuration> {
        let (_, text) = self.0.iter().find(|(name, _)| name == "retry-after")?;
        let text = text.trim();
        let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            text.parse().map_or(MAX_RETRY_AFTER, SignedDuration::from_secs)
        } else {
            let at = jiff::fmt::rfc2822::parse(text).ok()?;
            at.timestamp().duration_since(now)
        };
        Some(wait.clamp(SignedDuration::ZERO, MAX_RETRY_AFTER))
    }
}

/// An endpoint that asks for more waits no longer than this: its attempts still end while the event is kept.
pub const MAX_RETRY_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

    /// Whether the endpoint may say when it is to be called again.
    pub fn may_ask_to_wait(&self) -> bool {
        matches!(self, AttemptResult::Answered(429 | 503))
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
        let longest = |n| backoff(n, 255).map(|wait| wait.max(MAX_RETRY_AFTER));
        let attempts: SignedDuration = (1..MAX_ATTEMPTS).filter_map(longest).sum();
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

    fn webhook() -> Webhook {
        Webhook {
            id: WebhookId::new(at(0), [1; 10]),
            organization_id: OrganizationId::new(at(0), [1; 10]),
            url: "https://example.com/hook".to_owned(),
            events: [].into(),
            inbox_ids: [].into(),
            status: WebhookStatus::Active,
            sealed_secret: vec![1],
            secret_last_four: "abcd".to_owned(),
            former_secret: None,
            created_at: at(0),
            health: Health::default(),
            version: 1,
        }
    }

    fn told(result: AttemptResult) -> Told {
        Told { result, probe: true, slow: false, wait: None }
    }

    #[test]
    fn it_wants_types_and_inboxes_that_it_names_and_all_where_it_names_none() {
        let inbox = |n| InboxId::new(at(0), [n; 10]);
        let all = webhook();
        assert!(all.wants(EventKind::MessageSent, Some(inbox(1))) && all.wants(EventKind::TokenPaused, None));
        assert!(!all.wants(EventKind::WebhookTest, None), "a test is told to the one that it is about");
        let events = ["message.*", "inbox.created"].iter().filter_map(|text| EventPattern::parse(text));
        let some = Webhook { events: events.collect(), inbox_ids: [inbox(1)].into(), ..all };
        assert!(some.wants(EventKind::MessageEdited, Some(inbox(1))));
        assert!(!some.wants(EventKind::MessageEdited, Some(inbox(2))));
        assert!(!some.wants(EventKind::InboxDeleted, Some(inbox(1))));
        assert!(!some.wants(EventKind::MessageEdited, None));
    }

    #[test]
    fn an_endpoint_that_is_gone_or_fails_for_three_days_is_disabled_and_told_again_if_somebody_says_so() {
        let gone = webhook().after(told(AttemptResult::Answered(410)), at(9));
        assert_eq!(gone.status, WebhookStatus::Disabled { why: WhyDisabled::Gone, at: at(9) });
        let (mut failing, day) = (webhook(), 86_400);
        for n in 0..Health::FAILURES {
            failing = failing.after(told(AttemptResult::Answered(500)), at(i64::from(n)));
        }
        failing = failing.after(told(AttemptResult::NoAnswer("timeout")), at(3 * day - 1));
        assert_eq!(failing.status, WebhookStatus::Active);
        let answered = failing.after(told(AttemptResult::Answered(204)), at(3 * day));
        assert_eq!(answered.health, Health::default().quick());
        let failed = failing.after(told(AttemptResult::Answered(500)), at(3 * day));
        assert_eq!(failed.status, WebhookStatus::Disabled { why: WhyDisabled::Failing, at: at(3 * day) });
        let later = failed.after(told(AttemptResult::Answered(410)), at(4 * day));
        assert_eq!(later.status, failed.status, "it stays as it was disabled");
        let again = failed.changed(WebhookChanges { told: Some(true), ..WebhookChanges::default() });
        assert_eq!((again.status, again.health), (WebhookStatus::Active, Health::default()));
        let few = webhook().after(told(AttemptResult::Answered(500)), at(0));
        assert!(
            !few.after(told(AttemptResult::Answered(500)), at(9 * day)).is_disabled(),
            "two calls failed"
        );
    }

    #[test]
    fn who_asks_to_wait_is_held_back_for_an_hour_at_most() {
        let head = |value: &str| ResponseHead::of([("retry-after", value)]);
        let seconds = |value: &str| head(value).retry_after(at(1_700_000_000)).map(|wait| wait.as_secs());
        assert_eq!(
            (seconds("120"), seconds(" 0 "), seconds("99999999999999999999")),
            (Some(120), Some(0), Some(3_600))
        );
        assert_eq!(seconds("Tue, 14 Nov 2023 22:15:20 GMT"), Some(120));
        assert_eq!(seconds("Tue, 14 Nov 2022 22:15:20 GMT"), None, "that was a Monday");
        assert_eq!(seconds("Mon, 14 Nov 2022 22:15:20 GMT"), Some(0));
        assert_eq!((seconds(""), seconds("soon"), seconds("-1")), (None, None, None));
        let wait = Some(SignedDuration::from_secs(120));
        let held = webhook().after(Told { wait, ..told(AttemptResult::Answered(429)) }, at(0));
        assert_eq!(held.health.turn(at(0)), Turn::Wait(at(120)));
    }

    #[test]
    fn of_a_response_is_kept_what_is_no_secret_and_short() {
        let long = "x".repeat(1_000);
        let head = ResponseHead::of([
            ("set-cookie", "a=b"),
            ("authorization", "Bearer x"),
            ("server", &*long),
            ("server", "second"),
            ("location", "https://example.com/login?token=secret#x"),
        ]);
        let location = ("location".to_owned(), "https://example.com/login".to_owned());
        assert_eq!(head.fields(), [("server".to_owned(), "x".repeat(100)), location]);
    }

    #[test]
    fn for_a_day_both_secrets_sign_and_of_three_the_last_two() {
        let second = webhook().with_secret(vec![2], "efgh".to_owned(), at(0));
        let secrets = |it: &Webhook, now| it.secrets(at(now)).map(<[u8]>::to_vec).collect::<Vec<_>>();
        assert_eq!(secrets(&second, 86_399), [vec![2], vec![1]]);
        assert_eq!(secrets(&second, 86_400), [vec![2]]);
        let third = second.with_secret(vec![3], "ijkl".to_owned(), at(60));
        assert_eq!(secrets(&third, 60), [vec![3], vec![2]]);
    }
}
