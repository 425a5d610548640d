//! Dates of a workbook, which are numbers: days since an epoch, and parts of a day (ECMA-376 part 1, 18.17.4).

use jiff::civil::{Date, DateTime, Time, date};
use jiff::{Span, Unit};

use crate::format::Moment;

const DAY: i64 = 24 * 60 * 60;
/// Hours that pass are shown up to so many days: a hundred years.
const MAX_ELAPSED: f64 = 36_525.0;
/// The day after the last that there is: 9999-12-31.
const END: f64 = 2_958_466.0;

/// What a cell shows of a moment, and the date that it holds, if any: nothing where the number is none that there is.
pub(crate) fn show(format: Moment, number: f64, since_1904: bool) -> Option<(String, Option<DateTime>)> {
    if !(0.0..END).contains(&number) {
        return None;
    }
    let seconds = seconds(number);
    if format.elapsed {
        return (number < MAX_ELAPSED).then(|| (clock(seconds), None));
    }
    // Day 0 is none before 1904; in a cell for times it is a time alone.
    if number < 1.0 && !(format.day && since_1904) {
        return format.clock.then(|| (clock(seconds.min(DAY - 1)), None));
    }
    let at = civil(seconds, since_1904)?;
    Some((text(at), Some(at)))
}

/// The date of a cell that holds it as text (ISO 8601), and what it shows.
pub(crate) fn iso(written: &str) -> (String, Option<DateTime>) {
    let bare = written.strip_suffix(['Z', 'z']).unwrap_or(written);
    let at = bare.parse::<DateTime>().ok().and_then(|at| at.round(Unit::Second).ok());
    (at.map_or_else(|| written.to_owned(), text), at)
}

/// How many seconds, to the nearest: what a number is short of one comes of its having 15 digits.
#[expect(clippy::cast_possible_truncation, reason = "there are at most 3 million days")]
fn seconds(number: f64) -> i64 {
    let days = number.floor();
    days as i64 * DAY + ((number - days) * 86_400.0).round() as i64
}

fn civil(seconds: i64, since_1904: bool) -> Option<DateTime> {
    let (day, rest) = (seconds / DAY, seconds % DAY);
    let (epoch, day) = match (since_1904, day) {
        (true, day) => (date(1904, 1, 1), day),
        // Excel believes that there was a 29 February 1900, its day 60: it is shown as the 28th.
        (false, day @ ..60) => (date(1899, 12, 31), day),
        (false, 60) => (date(1899, 12, 31), 59),
        (false, day) => (date(1899, 12, 30), day),
    };
    let day: Date = epoch.checked_add(Span::new().try_days(day).ok()?).ok()?;
    let time = Time::midnight().checked_add(Span::new().try_seconds(rest).ok()?).ok()?;
    Some(day.to_datetime(time))
}

/// ISO 8601: the day alone at midnight.
fn text(at: DateTime) -> String {
    if at.time() == Time::midnight() { at.date().to_string() } else { at.to_string() }
}

/// Hours and minutes, and seconds where there are some.
fn clock(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if rest == 0 { format!("{hours:02}:{minutes:02}") } else { format!("{hours:02}:{minutes:02}:{rest:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAYS: Moment = Moment { day: true, clock: false, elapsed: false };
    const BOTH: Moment = Moment { day: true, clock: true, elapsed: false };
    const CLOCK: Moment = Moment { day: false, clock: true, elapsed: false };
    const ELAPSED: Moment = Moment { day: false, clock: true, elapsed: true };

    fn shown(format: Moment, number: f64) -> Option<String> {
        show(format, number, false).map(|(text, _)| text)
    }

    #[test]
    fn days_are_counted_from_1900_or_from_1904() {
        for (number, text) in [
            (1.0, "1900-01-01"),
            (59.0, "1900-02-28"),
            (60.0, "1900-02-28"),
            (61.0, "1900-03-01"),
            (46_336.0, "2026-11-10"),
            (2_958_465.0, "9999-12-31"),
        ] {
            let (shown, at) = show(DAYS, number, false).unwrap();
            assert_eq!((shown.as_str(), at.unwrap().date().to_string().as_str()), (text, text), "{number}");
        }
        for (number, text) in
            [(0.0, "1904-01-01"), (44_874.0, "2026-11-10"), (44_874.5, "2026-11-10T12:00:00")]
        {
            assert_eq!(show(BOTH, number, true).unwrap().0, text, "{number}");
        }
    }

    #[test]
    fn times_are_rounded_to_the_nearest_second() {
        for (number, text) in [
            (46_336.5, "2026-11-10T12:00:00"),
            (46_336.999_988_425_92, "2026-11-10T23:59:59"),
            (46_336.999_988_426, "2026-11-10T23:59:59"),
            (46_336.999_999_9, "2026-11-11"),
            (46_336.041_666_666_664, "2026-11-10T01:00:00"),
        ] {
            assert_eq!(shown(BOTH, number).unwrap(), text, "{number}");
        }
    }

    #[test]
    fn a_time_alone_is_no_date() {
        assert_eq!(show(CLOCK, 0.520_833_333_333_333, false), Some(("12:30".to_owned(), None)));
        assert_eq!(show(CLOCK, 0.520_844_907, false), Some(("12:30:01".to_owned(), None)));
        assert_eq!(show(CLOCK, 0.999_999_999, true), Some(("23:59:59".to_owned(), None)));
        assert_eq!(show(ELAPSED, 1.5, false), Some(("36:00".to_owned(), None)));
        assert_eq!(shown(CLOCK, 46_336.5).unwrap(), "2026-11-10T12:00:00");
        assert_eq!(shown(BOTH, 0.5).unwrap(), "12:00");
    }

    #[test]
    fn numbers_that_are_no_dates_are_none() {
        for number in [-1.0, -0.5, 2_958_466.0, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for format in [DAYS, BOTH, CLOCK, ELAPSED] {
                assert_eq!(
                    (show(format, number, false), show(format, number, true)),
                    (None, None),
                    "{number}"
                );
            }
        }
        assert_eq!(show(DAYS, 0.0, false), None);
        assert_eq!(show(DAYS, 2_958_465.0, true), None);
        assert_eq!(show(BOTH, 2_958_465.999_999_9, false), None);
    }

    #[test]
    fn dates_that_are_written_out_are_read() {
        for (written, text) in [
            ("2026-11-10", "2026-11-10"),
            ("2026-11-10T00:00:00", "2026-11-10"),
            ("2026-11-10T12:00:00.000Z", "2026-11-10T12:00:00"),
            ("2026-11-10T23:59:58.9996", "2026-11-10T23:59:59"),
        ] {
            let (shown, at) = iso(written);
            assert_eq!((shown.as_str(), at.is_some()), (text, true), "{written}");
        }
        assert_eq!(iso("12:30:00"), ("12:30:00".to_owned(), None));
        assert_eq!(iso("some day"), ("some day".to_owned(), None));
    }
}
