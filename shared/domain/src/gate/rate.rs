//! The rate at which SES takes mail from the account of AWS, which all organizations share; and that of each connected account, which is one organization's.
//!
//! Each second has so many places, and each recipient of a mail takes one, as the provider counts them. A mail goes where one is left;
//! what it takes beyond them is missing in the seconds that follow. In the first half of a second an organization has at most a quarter of
//! its places, in the second half whatever is left: so one that has much to send leaves room for others, and none where nobody else
//! sends.

use std::num::NonZeroU32;

use jiff::Timestamp;

use crate::AccountId;
use crate::mailbox::account::Provider;

/// Whose rate it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// That of SES, by recipients.
    Ses,
    /// That of a connected account, by calls.
    Account(AccountId),
}

/// So many recipients, or calls, a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendRate {
    lane: Lane,
    a_second: NonZeroU32,
}

/// The places of a second, as they are to be had now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Second {
    /// Of which rate.
    pub lane: Lane,
    /// Which, in Unix seconds.
    pub number: i64,
    /// So many, for all organizations together.
    pub places: u32,
    /// So many for one of them.
    pub share: u32,
}

/// What a mail takes of a second after its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Later {
    /// Of which rate.
    pub lane: Lane,
    /// Which, in Unix seconds.
    pub number: i64,
    /// So many of its places.
    pub places: u32,
    /// As if its organization had had so many.
    pub own: u32,
}

impl SendRate {
    /// No account has more.
    const MAX: u32 = 100_000;
    /// In the first half of a second nobody has more than one in so many of its places.
    const PARTS: u32 = 4;

    /// A rate of SES of 1 to 100,000.
    pub fn new(a_second: u32) -> Option<Self> {
        let a_second = NonZeroU32::new(a_second).filter(|rate| rate.get() <= Self::MAX)?;
        Some(Self { lane: Lane::Ses, a_second })
    }

    /// That of an account: what its provider takes of everybody, or as much as one organization needs.
    pub fn of_account(id: AccountId, provider: Provider) -> Self {
        Self { lane: Lane::Account(id), a_second: provider.calls_a_second() }
    }

    /// Of how many places a mail to so many takes.
    pub const fn wanted(self, recipients: u32) -> u32 {
        match self.lane {
            Lane::Ses => recipients,
            Lane::Account(_) => 1,
        }
    }

    /// How many recipients a second.
    pub const fn places(self) -> u32 {
        self.a_second.get()
    }

    /// What there is to be had at this time.
    pub fn at(self, now: Timestamp) -> Second {
        let (places, number) = (self.places(), now.as_millisecond().div_euclid(1_000));
        // An account has one organization, which keeps nobody else waiting.
        let early = self.lane == Lane::Ses && now.as_millisecond().rem_euclid(1_000) < 500;
        let share = if early { places.div_ceil(Self::PARTS) } else { places };
        Second { lane: self.lane, number, places, share }
    }

    /// What a mail takes of later seconds, where its second has come to so many places taken with it. Its organization is kept out for twice
    /// as many as it fills, so that mails to many leave half of the time to others.
    pub fn beyond(self, second: Second, taken: u64) -> Vec<Later> {
        let over = u32::try_from(taken).unwrap_or(u32::MAX).saturating_sub(self.places());
        let filled = over.div_ceil(self.places());
        let later = |n: u32| Later {
            lane: self.lane,
            number: second.number + 1 + i64::from(n),
            places: over.saturating_sub(n.saturating_mul(self.places())).min(self.places()),
            own: self.places(),
        };
        (0..2 * filled).map(later).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(a_second: u32) -> SendRate {
        SendRate::new(a_second).unwrap()
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(millis).unwrap()
    }

    #[test]
    fn half_a_second_long_an_organization_has_a_quarter_and_then_what_is_left() {
        let share = |a_second, millis| rate(a_second).at(at(millis)).share;
        for (a_second, early) in [(1, 1), (2, 1), (4, 1), (5, 2), (14, 4), (200, 50)] {
            assert_eq!((share(a_second, 7_000), share(a_second, 7_499)), (early, early));
            assert_eq!((share(a_second, 7_500), share(a_second, 7_999)), (a_second, a_second));
        }
        assert_eq!(rate(14).at(at(7_999)).number, 7);
        assert_eq!(rate(14).at(at(8_000)), Second { lane: Lane::Ses, number: 8, places: 14, share: 4 });
        assert_eq!(rate(14).at(at(-1)).number, -1);
    }

    #[test]
    fn a_mail_to_many_takes_the_seconds_that_follow_and_keeps_its_organization_out_for_as_many_more() {
        let beyond = |a_second, taken| -> Vec<_> {
            let later = rate(a_second).beyond(rate(a_second).at(at(7_000)), taken);
            assert!(later.iter().all(|it| it.own == a_second));
            later.into_iter().map(|it| (it.number, it.places)).collect()
        };
        assert_eq!(beyond(14, 14), []);
        assert_eq!(beyond(14, 15), [(8, 1), (9, 0)]);
        assert_eq!(beyond(14, 14 + 14), [(8, 14), (9, 0)]);
        assert_eq!(beyond(14, 14 + 36), [(8, 14), (9, 14), (10, 8), (11, 0), (12, 0), (13, 0)]);
        let all: u32 = beyond(1, 50).iter().map(|(_, part)| part).sum();
        assert_eq!((beyond(1, 50).len(), all), (98, 49));
    }

    #[test]
    fn an_account_has_all_of_its_rate_for_itself_and_each_mail_is_one_call() {
        let id = AccountId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        for provider in Provider::ALL {
            let rate = SendRate::of_account(id, *provider);
            assert_eq!(rate.at(at(7_000)).share, rate.places());
            assert_eq!(rate.wanted(50), 1);
        }
        assert_eq!(SendRate::of_account(id, Provider::Resend).places(), 2);
        assert_eq!(rate(14).wanted(50), 50);
    }

    #[test]
    fn a_rate_lets_something_through() {
        assert_eq!(SendRate::new(0), None);
        assert_eq!(SendRate::new(SendRate::MAX + 1), None);
        assert_eq!(SendRate::new(1).map(SendRate::places), Some(1));
    }
}
