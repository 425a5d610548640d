//! The rate at which the provider takes mail from the account, which all organizations share.
//!
//! Each second has so many places, and each recipient of a mail takes one, as the provider counts them. A mail goes where one is left;
//! what it takes beyond that is missing in the seconds that follow. In the first half of a second an organization has at most a quarter of
//! its places, in the second half whatever is left: so one that has much to send leaves room for others, and none where nobody else
//! sends.

use std::num::NonZeroU32;

use jiff::Timestamp;

/// So many recipients a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendRate(NonZeroU32);

/// The places of a second, as they are to be had now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Second {
    /// Which, in Unix seconds.
    pub number: i64,
    /// So many, for all organizations together.
    pub places: u32,
    /// So many for one of them.
    pub share: u32,
}

impl SendRate {
    /// No account has more.
    const MAX: u32 = 100_000;
    /// In the first half of a second nobody has more than one in so many of its places.
    const PARTS: u32 = 4;

    /// A rate of 1 to 100,000.
    pub fn new(a_second: u32) -> Option<Self> {
        NonZeroU32::new(a_second).filter(|rate| rate.get() <= Self::MAX).map(Self)
    }

    /// How many recipients a second.
    pub const fn places(self) -> u32 {
        self.0.get()
    }

    /// What there is to be had at this time.
    pub fn at(self, now: Timestamp) -> Second {
        let (places, number) = (self.places(), now.as_millisecond().div_euclid(1_000));
        let early = now.as_millisecond().rem_euclid(1_000) < 500;
        let share = if early { places.div_ceil(Self::PARTS) } else { places };
        Second { number, places, share }
    }

    /// What a mail takes of later seconds, where its second has come to so many places taken with it: of each, how many.
    pub fn beyond(self, second: Second, taken: u64) -> Vec<(i64, u32)> {
        let mut over = u32::try_from(taken).unwrap_or(u32::MAX).saturating_sub(self.places());
        let mut later = vec![];
        let mut number = second.number;
        while over > 0 {
            number += 1;
            let part = over.min(self.places());
            later.push((number, part));
            over -= part;
        }
        later
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
        assert_eq!(rate(14).at(at(8_000)), Second { number: 8, places: 14, share: 4 });
        assert_eq!(rate(14).at(at(-1)).number, -1);
    }

    #[test]
    fn a_mail_to_many_takes_the_seconds_that_follow() {
        let beyond = |a_second, taken| rate(a_second).beyond(rate(a_second).at(at(7_000)), taken);
        assert_eq!(beyond(14, 14), []);
        assert_eq!(beyond(14, 15), [(8, 1)]);
        assert_eq!(beyond(14, 14 + 50), [(8, 14), (9, 14), (10, 14), (11, 8)]);
        let all: u32 = beyond(1, 50).iter().map(|(_, part)| part).sum();
        assert_eq!((beyond(1, 50).len(), all), (49, 49));
    }

    #[test]
    fn a_rate_lets_something_through() {
        assert_eq!(SendRate::new(0), None);
        assert_eq!(SendRate::new(SendRate::MAX + 1), None);
        assert_eq!(SendRate::new(1).map(SendRate::places), Some(1));
    }
}
