//! `Date` (RFC 5322 §3.3 and §4.3), as it is really written.

use jiff::{Timestamp, civil};

/// Longest date that is read, in bytes: the longest honest one has some 40 characters, and a comment.
const MAX_DATE: usize = 500;
/// Most words of a date.
const MAX_WORDS: usize = 20;

/// The instant that a date names; `None` where it names none, or names it in a way that can be read in two
/// (`11/10/2026`).
///
/// Read are the form of RFC 5322 with all that is obsolete in it, the same with the month first (as C's `asctime` and
/// JavaScript write it), and ISO 8601. A zone that nobody knows, or none, is UTC: what RFC 5322 §4.3 makes of it.
pub(crate) fn read(value: &[u8]) -> Option<Timestamp> {
    let text = String::from_utf8_lossy(&value[..value.len().min(MAX_DATE)]);
    let text = without_comments(&text);
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control() || c == ',')
        .filter(|word| !word.is_empty())
        .take(MAX_WORDS)
        .collect();
    let mut date = Date::default();
    let mut at = 0;
    while at < words.len() {
        at += date.take(words[at], &words[at + 1..])?;
    }
    date.instant()
}

/// What has been read of a date.
#[derive(Default)]
struct Date {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    time: Option<(i8, i8, i8)>,
    /// Seconds east of UTC.
    zone: Option<i64>,
}

impl Date {
    /// Reads a word, and says how many words that took. `None`: it has no place in a date.
    fn take(&mut self, word: &str, later: &[&str]) -> Option<usize> {
        let word = word.trim_end_matches(['.', ';']);
        if word.is_empty() {
            return Some(1);
        }
        if let Some(rest) = self.take_iso(word) {
            return if rest.is_empty() { Some(1) } else { self.take(rest, later) };
        }
        if word.contains(':') && self.time.is_none() {
            return self.take_time(word, later);
        }
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            self.take_number(word)?;
            return Some(1);
        }
        // `10-Nov-2026`, and with blanks or dots in the place of dashes.
        if self.day.is_none() && self.month.is_none() && word.contains(['-', '/', '.']) {
            let parts: Vec<&str> = word.split(['-', '/', '.']).collect();
            if let [day, name, year] = parts[..] {
                self.month = Some(month(name)?);
                self.take_number(day)?;
                self.take_number(year)?;
                return Some(1);
            }
        }
        let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
        if self.month.is_none()
            && let Some(month) = month(word)
        {
            self.month = Some(month);
            return Some(1);
        }
        if self.time.is_none() {
            // The name of the day, in whatever language: it says nothing that the date does not.
            let is_name = !word.contains(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '/' | ':'));
            return (is_name && (self.month.is_none() || self.day.is_none())).then_some(1);
        }
        self.take_zone(word, letters)?;
        Some(1)
    }

    /// `2026-11-10`, `2026-11-10T09:15:24Z`: what is left of the word after the date.
    fn take_iso<'a>(&mut self, word: &'a str) -> Option<&'a str> {
        let bytes = word.as_bytes();
        let digits = |range: std::ops::Range<usize>| {
            word.get(range).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let (year, month, day) = (digits(0..4)?, digits(5..7)?, digits(8..10)?);
        if self.day.is_some() || self.month.is_some() || bytes[4] != b'-' || bytes[7] != b'-' {
            return None;
        }
        let rest = &word[10..];
        let rest = rest.strip_prefix(['T', 't']).unwrap_or(rest);
        self.year = Some(year.parse().ok()?);
        self.month = Some(month.parse().ok()?);
        self.day = Some(day.parse().ok()?);
        Some(rest)
    }

    /// `9:15`, `09:15:24`, `09:15:24.123`, with `AM` or `PM` behind, with a zone behind without a blank.
    fn take_time(&mut self, word: &str, later: &[&str]) -> Option<usize> {
        let end = word.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.'))).unwrap_or(word.len());
        let (clock, zone) = word.split_at(end);
        let (clock, _) = clock.split_once('.').unwrap_or((clock, ""));
        let mut parts = clock.split(':');
        let mut part = |longest: usize| {
            parts.next().map(|part| part.parse::<i8>().ok().filter(|_| part.len() <= longest))
        };
        let (hour, minute, second) = (part(2)??, part(2)??, part(2).unwrap_or(Some(0))?);
        if parts.next().is_some() {
            return None;
        }
        let half = if zone.is_empty() { later.first().copied().unwrap_or_default() } else { zone };
        let after_noon = match half.to_ascii_lowercase().as_str() {
            "am" => Some(false),
            "pm" => Some(true),
            _ => None,
        };
        let hour = match after_noon {
            Some(_) if !(1..=12).contains(&hour) => return None,
            Some(after) => hour % 12 + if after { 12 } else { 0 },
            None => hour,
        };
        self.time = Some((hour, minute, second));
        match (after_noon, zone.is_empty()) {
            (Some(_), true) => Some(2),
            (None, false) => {
                self.take_zone(zone, zone.bytes().take_while(u8::is_ascii_alphabetic).count())?;
                Some(1)
            }
            _ => Some(1),
        }
    }

    fn take_number(&mut self, digits: &str) -> Option<()> {
        let is_day = digits.len() <= 2 && self.day.is_none();
        if is_day {
            self.day = Some(digits.parse().ok()?);
        } else if self.year.is_none() {
            let year: i16 = digits.parse().ok()?;
            // RFC 5322 §4.3.
            self.year = Some(match digits.len() {
                2 if year < 50 => year + 2000,
                2 | 3 => year + 1900,
                4 => year,
                _ => return None,
            });
        } else if self.zone.is_none() && self.time.is_some() && digits.len() == 4 {
            // A zone whose sign was lost on the way to a blank.
            self.take_zone(&format!("+{digits}"), 0)?;
        } else {
            return None;
        }
        Some(())
    }

    /// An offset, a name, or a name with an offset behind. The first one that is known counts.
    fn take_zone(&mut self, word: &str, letters: usize) -> Option<()> {
        let (name, offset) = word.split_at(letters);
        if !name.is_empty() {
            let hours = match name.to_ascii_uppercase().as_str() {
                "EDT" => -4,
                "EST" | "CDT" => -5,
                "CST" | "MDT" => -6,
                "MST" | "PDT" => -7,
                "PST" => -8,
                // UT, UTC, GMT, Z; and what nobody knows, or was never meant alike (military letters).
                _ => 0,
            };
            let is_universal = ["UT", "UTC", "GMT"].iter().any(|zone| name.eq_ignore_ascii_case(zone));
            if !is_universal || offset.is_empty() {
                // A name behind an offset, or behind another name, says the same again.
                self.zone.get_or_insert(hours * 3600);
                return Some(());
            }
        }
        let (sign, digits) = match offset.split_at_checked(1)? {
            ("+", digits) => (1, digits),
            ("-" | "\u{2212}", digits) => (-1, digits),
            _ => return None,
        };
        let (hours, minutes) = match digits.split_once(':') {
            Some(parts) => parts,
            None if digits.len() <= 2 => (digits, "0"),
            None => digits.split_at_checked(digits.len() - 2)?,
        };
        let number = |part: &str, most: i64| {
            let fits = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<i64>().ok().filter(|number| fits && *number <= most)
        };
        let (hours, minutes) = (number(hours, 23)?, number(minutes, 59)?);
        self.zone.get_or_insert(sign * (hours * 3600 + minutes * 60));
        Some(())
    }

    fn instant(&self) -> Option<Timestamp> {
        let year = self.year.filter(|year| *year >= 1900)?;
        let (hour, minute, second) = self.time?;
        // A leap second is the last second of its minute.
        let second = if second == 60 { 59 } else { second };
        let date = civil::DateTime::new(year, self.month?, self.day?, hour, minute, second, 0).ok()?;
        let utc = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
        Timestamp::from_second(utc - self.zone.unwrap_or_default()).ok()
    }
}

/// The number of a month by its English name: three letters of it, or more.
fn month(name: &str) -> Option<i8> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = name.to_ascii_lowercase();
    let at = NAMES.iter().position(|full| name.len() >= 3 && full.starts_with(&name))?;
    // `sept` is in use as well, and is a beginning of the name.
    i8::try_from(at + 1).ok()
}

/// A date without its comments (RFC 5322 §3.2.2), which may nest. What follows an open one is lost with it.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut depth, mut escaped) = (0_usize, false);
    for c in text.chars() {
        match c {
            _ if std::mem::take(&mut escaped) => {}
            '\\' if depth > 0 => escaped = true,
            '(' => depth += 1,
            ')' => {
                depth = depth.saturating_sub(1);
                out.push(' ');
            }
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}
