//! How much callers may ask for: requests a minute, near enough, and mails a day, exactly.
//!
//! Requests are counted in the memory of whatever answers them, which spares a call: where many instances answer, each gives a
//! caller the whole rate. Mails are counted in the transaction that stores them.

use std::collections::HashMap;
use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::{DomainId, OrganizationId, TokenId};

/// A bucket that holds so many requests, and is full again so long after it was empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Its name in responses.
    pub name: &'static str,
    /// So many requests at once.
    pub quota: u32,
    /// So long until an empty one is full, in seconds.
    pub window: u32,
}

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Those with this credential, by what its secret hashes to.
    Credential(Digest),
    /// Those of everybody in this organization.
    Organization(OrganizationId),
}

impl Caller {
    /// How fast it may ask.
    pub const fn rate(self) -> Rate {
        match self {
            Caller::Credential(_) => Rate { name: "credential", quota: 6_000, window: 60 },
            Caller::Organization(_) => Rate { name: "organization", quota: 30_000, window: 60 },
        }
    }
}

impl Rate {
    /// How long it takes until one more request fits in.
    fn one(self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.window)) / i32::try_from(self.quota).unwrap_or(i32::MAX)
    }

    fn left(self, full_at: Timestamp, now: Timestamp) -> Left {
        let missing = full_at.duration_since(now).max(SignedDuration::ZERO).as_micros().unsigned_abs();
        let requests = missing.div_ceil(self.one().as_micros().unsigned_abs().max(1));
        let seconds = missing.div_ceil(1_000_000);
        Left {
            rate: self,
            requests: self.quota.saturating_sub(u32::try_from(requests).unwrap_or(u32::MAX)),
            full_in: u32::try_from(seconds).unwrap_or(u32::MAX),
        }
    }
}

/// What is left of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Of which.
    pub rate: Rate,
    /// So many requests fit in at once.
    pub requests: u32,
    /// In so many seconds the bucket is full.
    pub full_in: u32,
}

/// The buckets of those who asked lately. Of each, when it is full: one that is not here is.
#[derive(Debug, Default)]
pub struct Buckets(HashMap<Caller, Timestamp>);

impl Buckets {
    /// At most so many: what a stranger sends takes no memory without bound.
    pub const MAX: usize = 10_000;

    /// Takes one request out; where none is left, says when there is one.
    pub fn take(&mut self, caller: Caller, now: Timestamp) -> Result<(), Timestamp> {
        let rate = caller.rate();
        let window = SignedDuration::from_secs(i64::from(rate.window));
        // A clock that was set back must not keep anybody out.
        let full_at = self.0.get(&caller).map_or(now, |at| (*at).clamp(now, now + window)) + rate.one();
        if full_at > now + window {
            return Err(full_at - window);
        }
        if self.0.len() >= Self::MAX {
            self.0.retain(|_, at| *at > now);
        }
        if self.0.len() >= Self::MAX {
            self.0.clear();
        }
        self.0.insert(caller, full_at);
        Ok(())
    }

    /// What is left for a caller.
    pub fn left(&self, caller: Caller, now: Timestamp) -> Left {
        caller.rate().left(self.0.get(&caller).copied().unwrap_or(now), now)
    }
}

/// How many mails may be asked for on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SendsPerDay(NonZeroU32);

impl SendsPerDay {
    /// No limit is larger.
    pub const MAX: u32 = 10_000_000;

    /// A limit of 1 to [`Self::MAX`].
    pub fn new(limit: u64) -> Option<Self> {
        let limit = u32::try_from(limit).ok().filter(|limit| *limit <= Self::MAX)?;
        NonZeroU32::new(limit).map(Self)
    }

    /// How many.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

/// A day of 24 hours, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(i64);

impl Day {
    const SECONDS: i64 = 86_400;

    /// The day of this time.
    pub fn of(now: Timestamp) -> Self {
        Self(now.as_second().div_euclid(Self::SECONDS))
    }

    /// How many days it comes after another one; 0 where it comes before.
    pub fn after(self, other: Self) -> u32 {
        u32::try_from(self.0.saturating_sub(other.0).max(0)).unwrap_or(u32::MAX)
    }

    /// When the next begins.
    pub fn ends_at(self) -> Timestamp {
        Timestamp::from_second((self.0 + 1) * Self::SECONDS).unwrap_or(Timestamp::MAX)
    }
}

/// Whose mails are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// All of the organization's.
    Organization,
    /// Those that this token asks for.
    Token(TokenId),
    /// Those from inboxes on this domain.
    Domain(DomainId),
}

/// A limit of mails a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Daily {
    /// Of whom.
    pub sender: Sender,
    /// How many.
    pub limit: SendsPerDay,
}

impl Daily {
    /// Under which the mails of a day are counted, within the organization.
    pub fn count_hash(&self, day: Day) -> Digest {
        let sender = match self.sender {
            Sender::Organization => "organization".to_owned(),
            Sender::Token(id) => id.to_string(),
            Sender::Domain(id) => id.to_string(),
        };
        Digest::of_parts(&[b"sends", sender.as_bytes(), &day.0.to_be_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn caller(n: u8) -> Caller {
        Caller::Credential(Digest::of(&[n]))
    }

    fn later(millis: i64) -> Timestamp {
        NOW + SignedDuration::from_millis(millis)
    }

    #[test]
    fn a_full_bucket_gives_its_quota_at_once_and_then_as_fast_as_it_fills() {
        let mut buckets = Buckets::default();
        let quota = caller(1).rate().quota;
        assert_eq!(buckets.left(caller(1), NOW).requests, quota);
        for taken in 1..=quota {
            assert_eq!(buckets.take(caller(1), NOW), Ok(()));
            assert_eq!(buckets.left(caller(1), NOW).requests, quota - taken);
        }
        assert_eq!(buckets.take(caller(1), NOW), Err(later(10)));
        assert_eq!(buckets.take(caller(1), later(9)), Err(later(10)));
        assert_eq!(buckets.take(caller(1), later(10)), Ok(()));
        assert_eq!(buckets.left(caller(1), later(10)).full_in, 60);
        assert_eq!(buckets.take(caller(2), NOW), Ok(()), "another has their own");
        assert_eq!(buckets.left(caller(1), later(60_010)).requests, quota);
    }

    #[test]
    fn what_is_refused_takes_nothing_and_a_clock_set_back_keeps_nobody_out() {
        let mut buckets = Buckets::default();
        let organization = Caller::Organization(OrganizationId::new(NOW, [1; 10]));
        let quota = i64::from(organization.rate().quota);
        for _ in 0..quota {
            assert_eq!(buckets.take(organization, later(600_000)), Ok(()));
        }
        for _ in 0..100 {
            assert_eq!(buckets.take(organization, later(600_000)), Err(later(600_002)));
        }
        assert_eq!(buckets.take(organization, NOW), Err(later(2)));
        assert_eq!(buckets.take(organization, later(2)), Err(later(4)), "as if it had been emptied then");
    }

    #[test]
    fn strangers_fill_no_memory() {
        let mut buckets = Buckets::default();
        for n in 0..u32::try_from(Buckets::MAX).unwrap() * 3 {
            let stranger = Caller::Credential(Digest::of(&n.to_be_bytes()));
            assert_eq!(buckets.take(stranger, NOW), Ok(()));
            assert!(buckets.0.len() <= Buckets::MAX);
        }
    }

    #[test]
    fn a_limit_lets_something_through_and_a_day_is_one_of_utc() {
        assert_eq!(SendsPerDay::new(0), None);
        assert_eq!(SendsPerDay::new(u64::from(SendsPerDay::MAX) + 1), None);
        assert_eq!(SendsPerDay::new(1).map(SendsPerDay::get), Some(1));
        let day = Day::of(later(86_399_999));
        assert_eq!((day, day.ends_at()), (Day::of(NOW), later(86_400_000)));
        assert_ne!(day, Day::of(day.ends_at()));
        let limit = SendsPerDay::new(5).unwrap();
        let daily = |sender| Daily { sender, limit };
        let token = daily(Sender::Token(TokenId::new(NOW, [1; 10])));
        let all = daily(Sender::Organization);
        assert_ne!(token.count_hash(day), all.count_hash(day));
        assert_ne!(all.count_hash(day), all.count_hash(Day::of(day.ends_at())));
        // A limit that is changed goes on with the same count.
        let more = Daily { limit: SendsPerDay::new(9).unwrap(), ..all };
        assert_eq!(more.count_hash(day), all.count_hash(day));
    }
}
