//! Telling people of what waits for them: once each, and not more often than they can bear.

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::people::notifications::When;
use crate::{MemberId, OrganizationId};

/// How far a notification has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeState {
    /// Somebody is sending it, since this time.
    Claimed(Timestamp),
    /// The provider certainly did not take it: it may be tried again at once.
    Free,
    /// Sent, refused for good, or left to a digest. Never again.
    Done,
}

/// The record that keeps one notification from being sent twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Hash of what it is about and whom it is for.
    pub key: Digest,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// For whom.
    pub member_id: MemberId,
    /// How far it has come.
    pub state: NoticeState,
    /// When it was first looked at.
    pub created_at: Timestamp,
    /// Counts changes.
    pub version: u64,
}

/// What is to be done about a notification that was looked at before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Nothing.
    Done,
    /// It is being sent at this moment: look again later.
    Busy,
    /// Whoever had it did not come to an end: send it.
    Take,
}

impl Notice {
    /// Longer than a sender can live: after so long a claim is that of one who died. The person then may get the same
    /// notification twice, which is better than none.
    pub const CLAIM_LIMIT: SignedDuration = SignedDuration::from_mins(3);
    /// Notices are kept for so long: longer than a queue holds a message.
    pub const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

    /// What a second look at it leads to.
    pub fn again(&self, now: Timestamp) -> Again {
        match self.state {
            NoticeState::Done => Again::Done,
            NoticeState::Claimed(at) if now.duration_since(at) < Self::CLAIM_LIMIT => Again::Busy,
            NoticeState::Claimed(_) | NoticeState::Free => Again::Take,
        }
    }
}

/// How much notification mail a member has had lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose.
    pub member_id: MemberId,
    /// When single notifications went out within the last hour, oldest first.
    pub singles: Vec<Timestamp>,
    /// When the digest is due that is under way.
    pub digest_due: Option<Timestamp>,
    /// When security alerts went out within the last day, oldest first.
    pub alerts: Vec<Timestamp>,
    /// When they were told, as an owner, of what others did, within the last day, oldest first.
    pub owner_alerts: Vec<Timestamp>,
    /// Whether they are known to have signed in once: one's first session alerts nobody.
    pub signed_in: bool,
    /// Counts changes.
    pub version: u64,
}

/// How a member is told of one more mail that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// By a mail of its own.
    Single,
    /// By a digest, which is due then and has to be queued.
    Digest(Timestamp),
    /// By the digest that is queued already.
    Queued,
    /// Not by mail: it waits in the console.
    Never,
}

impl Pace {
    /// So many single notifications a member gets within [`Self::WINDOW`].
    pub const SINGLES: usize = 5;
    /// So many of all kinds within [`Self::WINDOW`], those among them that press: a flood of more would bury whoever gets it, and take
    /// the account's rate from mail that was approved.
    pub const MOST: usize = 60;
    /// See [`Self::SINGLES`].
    pub const WINDOW: SignedDuration = SignedDuration::from_hours(1);
    /// So many security alerts a member gets within [`Self::ALERT_WINDOW`].
    pub const ALERTS: usize = 10;
    /// Of these so many tell of sessions that were opened: whoever opens many must not silence what tells of the rest.
    pub const SIGN_INS: usize = 7;
    /// See [`Self::ALERTS`].
    pub const ALERT_WINDOW: SignedDuration = SignedDuration::from_hours(24);
    /// So many mails about what others did an owner gets within [`Self::ALERT_WINDOW`]; the last one says that there is more. They are
    /// counted apart: whoever makes many things must not silence what tells somebody of their own way in.
    pub const OWNER_ALERTS: usize = 20;
    /// A digest gathers for so long where nothing else was chosen. No more than a queue can hold a message back.
    pub const DELAY: SignedDuration = SignedDuration::from_mins(15);
    /// A digest that is overdue for so long was lost: the next one is queued anew.
    const LOST: SignedDuration = SignedDuration::from_hours(1);

    /// Of a member who has had none.
    pub fn new(organization_id: OrganizationId, member_id: MemberId) -> Self {
        Self {
            organization_id,
            member_id,
            singles: vec![],
            digest_due: None,
            alerts: vec![],
            owner_alerts: vec![],
            signed_in: false,
            version: 1,
        }
    }

    /// One more mail waits. One that presses waits for no digest; it counts, so that those that don't press make room for it. `when`: when
    /// the member wants to be told of what doesn't press.
    pub fn next(mut self, now: Timestamp, presses: bool, when: When) -> (Self, Step) {
        self.singles.retain(|at| now.duration_since(*at) < Self::WINDOW);
        if presses && self.singles.len() < Self::MOST {
            self.singles.push(now);
            return (self, Step::Single);
        }
        let due = match when {
            When::At(at) if !presses => at,
            When::Never if !presses => return (self, Step::Never),
            // A flood of what presses waits for minutes, whatever they chose.
            _ => now + Self::DELAY,
        };
        if self.digest_due.is_some_and(|under_way| now.duration_since(under_way) >= Self::LOST) {
            self.digest_due = None;
        }
        // One that comes later, since other times were chosen meanwhile, keeps nobody waiting.
        if self.digest_due.is_some_and(|under_way| under_way <= due) {
            return (self, Step::Queued);
        }
        if when == When::Now && self.singles.len() < Self::SINGLES {
            self.singles.push(now);
            return (self, Step::Single);
        }
        self.digest_due = Some(due);
        (self, Step::Digest(due))
    }

    /// The digest that is due comes later, since quiet hours have begun.
    #[must_use]
    pub fn put_off(mut self, until: Timestamp) -> Self {
        self.digest_due = Some(until);
        self
    }

    /// How long a queue holds a digest back on its way to its time, in seconds: it is queued again where that is not enough.
    pub fn delay(now: Timestamp, due: Timestamp) -> u16 {
        let left = u128::try_from(due.duration_since(now).as_millis()).unwrap_or(0);
        let most = Self::DELAY.as_secs().unsigned_abs();
        u16::try_from(left.div_ceil(1_000).min(most.into())).unwrap_or(900)
    }

    /// One more mail goes to an owner about what others did, or none where they had as many as they get. Whether it is the last of them.
    #[must_use]
    pub fn owner_alerted(mut self, now: Timestamp) -> Option<(Self, bool)> {
        self.owner_alerts.retain(|at| now.duration_since(*at) < Self::ALERT_WINDOW);
        (self.owner_alerts.len() < Self::OWNER_ALERTS).then(|| {
            self.owner_alerts.push(now);
            let is_last = self.owner_alerts.len() == Self::OWNER_ALERTS;
            (self, is_last)
        })
    }

    /// One more security alert goes out, or none where the member had as many as they get. `is_sign_in`: it tells of a session that was
    /// opened.
    #[must_use]
    pub fn alerted(mut self, now: Timestamp, is_sign_in: bool) -> Option<Self> {
        self.alerts.retain(|at| now.duration_since(*at) < Self::ALERT_WINDOW);
        let most = if is_sign_in { Self::SIGN_INS } else { Self::ALERTS };
        (self.alerts.len() < most).then(|| {
            self.alerts.push(now);
            self.signed_in |= is_sign_in;
            self
        })
    }

    /// The digest is being sent.
    #[must_use]
    pub fn digested(mut self) -> Self {
        self.digest_due = None;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn after(minutes: i64) -> Timestamp {
        NOW + SignedDuration::from_mins(minutes)
    }

    fn pace() -> Pace {
        Pace::new(OrganizationId::new(NOW, [1; 10]), MemberId::new(NOW, [1; 10]))
    }

    #[test]
    fn five_singles_then_one_digest() {
        let mut pace = pace();
        let mut steps = vec![];
        for minute in 0..8 {
            let (next, step) = pace.next(after(minute), false, When::Now);
            pace = next;
            steps.push(step);
        }
        assert_eq!(steps[..5], [Step::Single; 5]);
        assert_eq!(steps[5..], [Step::Digest(after(20)), Step::Queued, Step::Queued]);
        // After the digest the hour still counts.
        let (pace, step) = pace.digested().next(after(21), false, When::Now);
        assert_eq!(step, Step::Digest(after(36)));
        let (pace, step) = pace.digested().next(after(60), false, When::Now);
        assert_eq!((step, pace.singles.len()), (Step::Single, 5), "the first has left the window");
    }

    #[test]
    fn what_presses_waits_for_no_digest_and_counts() {
        let mut pace = Pace { digest_due: Some(after(15)), ..pace() };
        for n in 1..=Pace::MOST {
            let (next, step) = pace.next(after(1), true, When::Now);
            assert_eq!((step, next.singles.len(), next.digest_due), (Step::Single, n, Some(after(15))));
            pace = next;
        }
        assert_eq!(
            pace.clone().next(after(2), true, When::Now).1,
            Step::Queued,
            "a flood waits, for minutes"
        );
        assert_eq!(
            pace.clone().digested().next(after(16), false, When::Now).1,
            Step::Digest(after(31)),
            "they count"
        );
        assert_eq!(pace.next(after(61), true, When::Now).1, Step::Single);
    }

    #[test]
    fn alerts_are_ten_a_day_and_sign_ins_leave_some_for_the_rest() {
        let mut pace = pace();
        for _ in 0..Pace::SIGN_INS {
            pace = pace.alerted(NOW, true).unwrap();
        }
        assert!(pace.signed_in);
        assert_eq!(pace.clone().alerted(after(1), true), None);
        for _ in Pace::SIGN_INS..Pace::ALERTS {
            pace = pace.alerted(after(1), false).unwrap();
        }
        assert_eq!(pace.clone().alerted(after(2), false), None);
        let pace = pace.alerted(after(24 * 60), true).unwrap();
        assert_eq!(pace.alerts.len(), Pace::ALERTS - Pace::SIGN_INS + 1);
    }

    #[test]
    fn a_lost_digest_does_not_silence_for_ever() {
        let pace = Pace { digest_due: Some(NOW), ..pace() };
        assert_eq!(pace.clone().next(after(59), false, When::Now).1, Step::Queued);
        assert_eq!(pace.next(after(60), false, When::Now).1, Step::Single);
    }

    #[test]
    fn what_somebody_does_not_want_at_once_waits_for_their_own_digest() {
        let tomorrow = after(24 * 60);
        let (waits, step) = pace().next(after(1), false, When::At(tomorrow));
        assert_eq!(step, Step::Digest(tomorrow));
        assert_eq!(waits.clone().next(after(2), false, When::At(tomorrow)).1, Step::Queued);
        assert_eq!(waits.clone().next(after(2), true, When::At(tomorrow)).1, Step::Single, "it presses");
        // They chose to be told at once meanwhile: the digest of before comes all the same, and keeps nothing waiting.
        let (now, step) = waits.clone().next(after(3), false, When::Now);
        assert_eq!((step, now.digest_due), (Step::Single, Some(tomorrow)));
        let sooner = waits.next(after(3), false, When::At(after(60)));
        assert_eq!(sooner.1, Step::Digest(after(60)));
        let (never, step) = pace().next(after(1), false, When::Never);
        assert_eq!((step, never), (Step::Never, pace()));
        let flood = Pace { singles: vec![after(1); Pace::MOST], ..pace() };
        assert_eq!(flood.clone().next(after(2), true, When::Never).1, Step::Digest(after(17)));
        assert_eq!(flood.next(after(2), true, When::At(tomorrow)).1, Step::Digest(after(17)));
    }

    #[test]
    fn a_queue_holds_a_digest_back_for_a_quarter_of_an_hour_at_most() {
        for (due, delay) in [(after(600), 900), (after(15), 900), (after(1), 60), (NOW, 0)] {
            assert_eq!(Pace::delay(NOW, due), delay);
        }
        assert_eq!(Pace::delay(NOW, NOW + SignedDuration::from_millis(1)), 1, "never too early");
        assert_eq!(Pace::delay(after(1), NOW), 0);
    }

    #[test]
    fn owners_are_told_twenty_times_a_day_of_what_others_do() {
        let mut pace = pace();
        for n in 1..=Pace::OWNER_ALERTS {
            let (next, is_last) = pace.owner_alerted(NOW).unwrap();
            assert_eq!(is_last, n == Pace::OWNER_ALERTS);
            pace = next;
        }
        assert_eq!(pace.clone().owner_alerted(after(1)), None);
        assert!(pace.clone().alerted(after(1), false).is_some(), "one's own way in is counted apart");
        assert!(pace.owner_alerted(after(24 * 60)).is_some());
    }

    #[test]
    fn a_claim_is_taken_over_only_from_the_dead() {
        let notice = |state| Notice {
            key: Digest::of(b"x"),
            organization_id: pace().organization_id,
            member_id: pace().member_id,
            state,
            created_at: NOW,
            version: 1,
        };
        assert_eq!(notice(NoticeState::Done).again(after(999)), Again::Done);
        assert_eq!(notice(NoticeState::Free).again(NOW), Again::Take);
        assert_eq!(notice(NoticeState::Claimed(NOW)).again(after(2)), Again::Busy);
        assert_eq!(notice(NoticeState::Claimed(NOW)).again(after(3)), Again::Take);
    }
}
