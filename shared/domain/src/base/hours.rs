//! Parts of the week, on the clock of one place.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Time;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

/// Days as they are written, Monday first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A part of the week, on the clock of one time zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hours {
    /// Days, Monday is 1 and Sunday 7, never empty.
    pub days: BTreeSet<i8>,
    /// From this minute of the day.
    pub from: u16,
    /// Until before this minute of the day, at most 1440. Where it is before `from`, the time runs past midnight and
    /// belongs to the day on which it began.
    pub to: u16,
    /// A name of the IANA time zone database, such as `Europe/Berlin`.
    pub time_zone: String,
}

impl Hours {
    /// The time zone; none where nobody knows it.
    pub fn zone(&self) -> Option<TimeZone> {
        TimeZoneDatabase::bundled().get(&self.time_zone).ok()
    }

    /// Whether a time lies within them; none where nobody knows the time zone.
    pub fn contain(&self, at: Timestamp) -> Option<bool> {
        let local = at.to_zoned(self.zone()?);
        let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
        let (from, to) = (i32::from(self.from), i32::from(self.to));
        let on = |day: jiff::civil::Weekday| self.days.contains(&day.to_monday_one_offset());
        let (today, yesterday) = (local.weekday(), local.weekday().previous());
        Some(if from < to {
            on(today) && (from..to).contains(&minute)
        } else {
            (on(today) && minute >= from) || (on(yesterday) && minute < to)
        })
    }

    /// Whether they are the whole week, and never end.
    pub fn are_always(&self) -> bool {
        self.days.len() == 7 && self.from == 0 && self.to == 1_440
    }

    /// When they end that a time lies within: always later than that.
    fn end(&self, at: Timestamp) -> Timestamp {
        let soon = at + SignedDuration::from_mins(1);
        let Some(zone) = self.zone() else { return at + SignedDuration::from_hours(1) };
        let local = at.to_zoned(zone.clone());
        let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
        // They end today, but for those that run past midnight from here on.
        let tomorrow = self.to == 1_440 || (self.from > self.to && minute >= i32::from(self.to));
        let date = if tomorrow { local.date().tomorrow().unwrap_or(local.date()) } else { local.date() };
        let (hour, minute) = ((self.to % 1_440) / 60, self.to % 60);
        let time = Time::new(i8::try_from(hour).unwrap_or(0), i8::try_from(minute).unwrap_or(0), 0, 0);
        let end = time.ok().and_then(|time| zone.to_ambiguous_zoned(date.to_datetime(time)).later().ok());
        end.map_or(soon, |end| end.timestamp().max(soon))
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<_> =
            (1_i8..).zip(DAYS).filter(|(day, _)| self.days.contains(day)).map(|(_, name)| name).collect();
        let (from, to) = (self.from, self.to);
        let clock = format!("{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60);
        write!(f, "{} {clock} {}", days.join("+"), self.time_zone)
    }
}

/// The next time after `now` at which the clock of a time zone shows this minute of the day: the later one where it shows it twice, and
/// after the gap where it skips it. A time zone that nobody knows is UTC.
pub fn next_at(time_zone: &str, minute: u16, now: Timestamp) -> Timestamp {
    let zone = TimeZoneDatabase::bundled().get(time_zone).unwrap_or(TimeZone::UTC);
    let (hour, minute) =
        (i8::try_from(minute / 60 % 24).unwrap_or(0), i8::try_from(minute % 60).unwrap_or(0));
    let mut date = now.to_zoned(zone.clone()).date();
    // Today, tomorrow, or the day behind one that a time zone left out.
    for _ in 0..3 {
        let at = zone.to_ambiguous_zoned(date.at(hour, minute, 0, 0)).later().map(|at| at.timestamp());
        match (at, date.tomorrow()) {
            (Ok(at), _) if at > now => return at,
            (_, Ok(tomorrow)) => date = tomorrow,
            (_, Err(_)) => break,
        }
    }
    now + SignedDuration::from_hours(24)
}

/// `09:00` as minutes of the day, at most 24:00.
pub fn read_clock(text: &str) -> Option<u16> {
    let bytes = text.as_bytes();
    let digits = |i: usize| bytes[i].is_ascii_digit() && bytes[i + 1].is_ascii_digit();
    if bytes.len() != 5 || bytes[2] != b':' || !digits(0) || !digits(3) {
        return None;
    }
    let (hour, minute): (u16, u16) = (text[..2].parse().ok()?, text[3..].parse().ok()?);
    (minute < 60 && hour * 60 + minute <= 1_440).then_some(hour * 60 + minute)
}

/// Minutes of the day as `09:00`.
pub fn write_clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Whether a name is one of the IANA time zone database, as it is compiled in.
pub fn is_time_zone(name: &str) -> bool {
    TimeZoneDatabase::bundled().get(name).is_ok()
}

/// So often a time is put off within one look: hours that leave no time between them put off again at the next.
const STEPS: usize = 50;

/// The first time from `at` on that lies within none of these hours. What nobody can tell is put off.
pub fn first_outside(hours: &[Hours], at: Timestamp) -> Timestamp {
    let mut time = at;
    for _ in 0..STEPS {
        match hours.iter().find(|hours| hours.contain(time).unwrap_or(true)) {
            Some(hours) => time = hours.end(time),
            None => break,
        }
    }
    time
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn hours(days: &[i8], from: u16, to: u16) -> Hours {
        Hours { days: days.iter().copied().collect(), from, to, time_zone: "Europe/Berlin".to_owned() }
    }

    #[test]
    fn what_lies_within_is_put_off_until_the_end() {
        let night = hours(&[1, 2, 3, 4, 5, 6, 7], 20 * 60, 7 * 60);
        let weekend = hours(&[6, 7], 0, 1_440);
        let all = [night.clone(), weekend];
        for (asked, goes) in [
            // A Wednesday in summer: Berlin is two hours ahead.
            ("2026-07-15T10:00:00Z", "2026-07-15T10:00:00Z"),
            ("2026-07-15T17:59:59Z", "2026-07-15T17:59:59Z"),
            ("2026-07-15T18:00:00Z", "2026-07-16T05:00:00Z"),
            ("2026-07-16T02:00:00Z", "2026-07-16T05:00:00Z"),
            ("2026-07-16T05:00:00Z", "2026-07-16T05:00:00Z"),
            // Friday evening: the night, then the weekend, then the night to Monday.
            ("2026-07-17T19:00:00Z", "2026-07-20T05:00:00Z"),
            // The clock goes forward on Sunday, 29 March, and back on 25 October.
            ("2026-03-28T20:00:00Z", "2026-03-30T05:00:00Z"),
            ("2026-10-25T00:30:00Z", "2026-10-26T06:00:00Z"),
        ] {
            assert_eq!(first_outside(&all, at(asked)), at(goes), "{asked}");
        }
        // An end that the clock shows twice is the later one, and one that it skips comes after the gap.
        let twice = hours(&[7], 0, 150);
        assert_eq!(first_outside(&[twice], at("2026-10-25T00:10:00Z")), at("2026-10-25T01:30:00Z"));
        let skipped = hours(&[7], 0, 150);
        assert_eq!(first_outside(&[skipped], at("2026-03-29T00:10:00Z")), at("2026-03-29T01:30:00Z"));
    }

    #[test]
    fn hours_that_never_end_put_off_and_come_back() {
        let (one, two) = (hours(&[1, 2, 3, 4, 5, 6, 7], 0, 720), hours(&[1, 2, 3, 4, 5, 6, 7], 720, 1_440));
        let asked = at("2026-07-15T10:00:00Z");
        assert!(first_outside(&[one, two], asked) > asked + SignedDuration::from_hours(24));
        let unknown = Hours { time_zone: "Mars/Crater".to_owned(), ..hours(&[1], 0, 60) };
        assert!(first_outside(&[unknown], asked) > asked);
        assert!(hours(&[1, 2, 3, 4, 5, 6, 7], 0, 1_440).are_always());
    }

    #[test]
    fn they_print_as_one_word_each() {
        assert_eq!(hours(&[1, 5], 1_200, 420).to_string(), "mon+fri 20:00-07:00 Europe/Berlin");
    }
}
