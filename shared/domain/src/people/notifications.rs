//! What a member is told of by mail, and when they are left alone.
//!
//! What presses is told all the same: see [`crate::gate::approval::Approval::presses`]. Security alerts nobody switches off.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::base::hours::{Hours, first_outside, next_at};
use crate::base::named::named;
use crate::{MemberId, OrganizationId};

named! {
    /// Which of the mails that wait for somebody's vote they are told of by mail.
    Mails {
        /// Each by a mail of its own, and by a digest where they are many.
        Each = "each";
        /// Those of an hour by one digest.
        Hourly = "hourly";
        /// Those of a day by one digest.
        Daily = "daily";
        /// None but those that press.
        Pressing = "pressing";
    }
}

/// A part of the week within which somebody is told of nothing but what presses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quiet {
    /// Days on which it begins, Monday is 1 and Sunday 7, never empty.
    pub days: BTreeSet<i8>,
    /// From this minute of the day.
    pub from: u16,
    /// Until before this minute of the day, at most 1440. Where it is not behind `from`, that of the next day.
    pub to: u16,
}

/// What a member wants to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notifications {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Who.
    pub member_id: MemberId,
    /// Which mails.
    pub mails: Mails,
    /// The minute of the day at which the digest of a day comes.
    pub daily_at: u16,
    /// A name of the IANA time zone database, such as `Europe/Berlin`: the clock of all of this.
    pub time_zone: String,
    /// When they are left alone.
    pub quiet: Option<Quiet>,
    /// Counts changes; 0 where they never chose.
    pub version: u64,
}

/// When a member is told of what doesn't press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At once.
    Now,
    /// By a digest, then.
    At(Timestamp),
    /// Not by mail.
    Never,
}

impl Notifications {
    /// When the digest of a day comes, in minutes from midnight, where nothing else was chosen.
    pub const DAILY_AT: u16 = 8 * 60;

    /// Of a member who chose nothing: each mail at once, at any hour.
    pub fn new(organization_id: OrganizationId, member_id: MemberId) -> Self {
        Self {
            organization_id,
            member_id,
            mails: Mails::Each,
            daily_at: Self::DAILY_AT,
            time_zone: "UTC".to_owned(),
            quiet: None,
            version: 0,
        }
    }

    /// The quiet hours on the clock of the member. None where their time zone is not known any more: nobody is silenced by that.
    pub fn hours(&self) -> Option<Hours> {
        let Quiet { days, from, to } = self.quiet.clone()?;
        let hours = Hours { days, from, to, time_zone: self.time_zone.clone() };
        hours.zone().is_some().then_some(hours)
    }

    /// When the quiet hours end that a time lies within; none where it lies within none.
    pub fn quiet_until(&self, at: Timestamp) -> Option<Timestamp> {
        // They end with a minute, whatever second it is now.
        let end = first_outside(self.hours().as_slice(), at);
        let end = Timestamp::from_second(end.as_second().div_euclid(60) * 60).unwrap_or(end);
        (end > at).then_some(end)
    }

    /// When they are told of what doesn't press and waits from now on.
    pub fn when(&self, now: Timestamp) -> When {
        let told = match self.mails {
            Mails::Pressing => return When::Never,
            Mails::Each => now,
            Mails::Hourly => next_hour(now),
            Mails::Daily => next_at(&self.time_zone, self.daily_at, now),
        };
        let told = self.quiet_until(told).unwrap_or(told);
        if told <= now { When::Now } else { When::At(told) }
    }
}

/// The next full hour of UTC: a digest comes on the hour, or on the half of it where clocks are half an hour apart.
fn next_hour(now: Timestamp) -> Timestamp {
    let hour = now.as_second().div_euclid(3_600) + 1;
    Timestamp::from_second(hour * 3_600).unwrap_or(now + SignedDuration::from_hours(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn own(mails: Mails, quiet: Option<(&[i8], u16, u16)>) -> Notifications {
        let quiet = quiet.map(|(days, from, to)| Quiet { days: days.iter().copied().collect(), from, to });
        let new = Notifications::new(
            OrganizationId::new(Timestamp::UNIX_EPOCH, [1; 10]),
            MemberId::new(Timestamp::UNIX_EPOCH, [1; 10]),
        );
        Notifications { mails, quiet, time_zone: "Europe/Berlin".to_owned(), ..new }
    }

    const WEEK: &[i8] = &[1, 2, 3, 4, 5, 6, 7];

    #[test]
    fn whoever_chose_nothing_is_told_at_once() {
        assert_eq!(own(Mails::Each, None).when(at("2026-07-15T01:00:00Z")), When::Now);
        assert_eq!(own(Mails::Pressing, None).when(at("2026-07-15T01:00:00Z")), When::Never);
    }

    #[test]
    fn quiet_hours_run_past_midnight_and_over_changes_of_the_clock() {
        let night = own(Mails::Each, Some((WEEK, 22 * 60, 7 * 60)));
        for (asked, told) in [
            // Berlin is two hours ahead in summer, one in winter.
            ("2026-07-15T19:59:59Z", None),
            ("2026-07-15T20:00:00Z", Some("2026-07-16T05:00:00Z")),
            ("2026-07-16T04:59:59Z", Some("2026-07-16T05:00:00Z")),
            ("2026-07-16T05:00:00Z", None),
            // The clock goes forward on Sunday, 29 March: the night is an hour shorter. And back on 25 October.
            ("2026-03-28T21:30:00Z", Some("2026-03-29T05:00:00Z")),
            ("2026-10-24T20:30:00Z", Some("2026-10-25T06:00:00Z")),
        ] {
            let expected = told.map_or(When::Now, |told| When::At(at(told)));
            assert_eq!(night.when(at(asked)), expected, "{asked}");
        }
        // Those that begin on Friday alone end on Saturday, and no other night is quiet.
        let friday = own(Mails::Each, Some((&[5], 22 * 60, 7 * 60)));
        assert_eq!(friday.when(at("2026-07-17T23:00:00Z")), When::At(at("2026-07-18T05:00:00Z")));
        assert_eq!(friday.when(at("2026-07-18T23:00:00Z")), When::Now);
        // On another clock other hours are quiet, and a clock that nobody knows silences nobody.
        let elsewhere = Notifications { time_zone: "Asia/Kolkata".to_owned(), ..night.clone() };
        assert_eq!(elsewhere.when(at("2026-07-15T16:30:00Z")), When::At(at("2026-07-16T01:30:00Z")));
        let nowhere = Notifications { time_zone: "Mars/Crater".to_owned(), ..night };
        assert_eq!(nowhere.when(at("2026-07-15T23:00:00Z")), When::Now);
    }

    #[test]
    fn digests_come_on_the_hour_or_once_a_day_and_not_within_quiet_hours() {
        let hourly = own(Mails::Hourly, Some((WEEK, 22 * 60, 7 * 60)));
        assert_eq!(hourly.when(at("2026-07-15T12:20:30Z")), When::At(at("2026-07-15T13:00:00Z")));
        assert_eq!(hourly.when(at("2026-07-15T12:00:00Z")), When::At(at("2026-07-15T13:00:00Z")));
        assert_eq!(hourly.when(at("2026-07-15T19:30:00Z")), When::At(at("2026-07-16T05:00:00Z")));
        let daily = own(Mails::Daily, None);
        // Eight in the morning, in summer and in winter.
        assert_eq!(daily.when(at("2026-07-15T05:59:00Z")), When::At(at("2026-07-15T06:00:00Z")));
        assert_eq!(daily.when(at("2026-07-15T06:00:00Z")), When::At(at("2026-07-16T06:00:00Z")));
        assert_eq!(daily.when(at("2026-10-24T07:00:00Z")), When::At(at("2026-10-25T07:00:00Z")));
        let late = own(Mails::Daily, Some((WEEK, 6 * 60, 9 * 60)));
        assert_eq!(late.when(at("2026-07-15T05:59:00Z")), When::At(at("2026-07-15T07:00:00Z")));
    }
}
