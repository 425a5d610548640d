//! Amounts of money in a text: a number beside the name or sign of a currency.
//!
//! People write numbers in many ways, and `1.000` is a thousand in one country and one in another. So an amount has a
//! least and a most that it may mean: what holds or blocks goes by the most, what lets mail go by the least.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use super::words::plain;

/// A currency, by its code of three letters (ISO 4217), such as `EUR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Reads the code.
    pub fn parse(text: &str) -> Option<Self> {
        let code: [u8; 3] = text.as_bytes().try_into().ok()?;
        code.iter().all(u8::is_ascii_uppercase).then_some(Self(code))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The amounts of a text.
#[derive(Debug, Default)]
pub(super) struct Amounts {
    /// In small letters, with plain digits.
    text: String,
    numbers: Vec<Number>,
    /// There are more numbers than are looked at.
    more: bool,
}

/// A number in a text.
#[derive(Debug)]
struct Number {
    /// The least that it may mean, in hundredths.
    least: u64,
    /// The most that it may mean, in hundredths.
    most: u64,
    /// Where what stands before it ends.
    before: usize,
    /// Where what stands behind it begins.
    after: usize,
}

/// So many numbers of a text are looked at.
const MOST_NUMBERS: usize = 10_000;

/// A currency's own names and signs, and those that it shares with others, in small letters.
const NAMES: &[(&str, &[&str], &[&str])] = &[
    ("EUR", &["€", "euro", "euros", "eur"], &[]),
    ("USD", &["us$", "$", "dollar", "dollars"], &[]),
    ("CAD", &["c$", "ca$"], &["$", "dollar", "dollars"]),
    ("AUD", &["a$", "au$"], &["$", "dollar", "dollars"]),
    ("NZD", &["nz$"], &["$", "dollar", "dollars"]),
    ("SGD", &["s$"], &["$", "dollar", "dollars"]),
    ("HKD", &["hk$"], &["$", "dollar", "dollars"]),
    ("MXN", &["mx$"], &["$", "peso", "pesos"]),
    ("GBP", &["£", "pound", "pounds", "quid"], &[]),
    ("CHF", &["sfr", "fr.", "franken"], &["fr", "franc", "francs"]),
    ("JPY", &["円", "yen"], &["¥"]),
    ("CNY", &["元", "yuan", "rmb"], &["¥"]),
    ("INR", &["₹", "rupee", "rupees"], &["rs", "rs."]),
    ("BRL", &["r$", "reais"], &["$"]),
    ("SEK", &["kronor"], &["kr", "kr."]),
    ("NOK", &["kroner"], &["kr", "kr."]),
    ("DKK", &[], &["kr", "kr.", "kroner"]),
    ("PLN", &["zł", "zloty", "złoty", "złotych"], &[]),
    ("CZK", &["kč"], &[]),
    ("HUF", &["forint"], &[]),
    ("RUB", &["₽", "руб", "руб."], &[]),
    ("UAH", &["₴"], &[]),
    ("TRY", &["₺", "tl"], &[]),
    ("ILS", &["₪"], &[]),
    ("KRW", &["₩", "원"], &[]),
    ("THB", &["฿", "baht"], &[]),
    ("VND", &["₫"], &[]),
    ("PHP", &["₱"], &[]),
    ("NGN", &["₦"], &[]),
    ("ZAR", &["rand"], &[]),
    ("AED", &["dirham", "dirhams"], &[]),
    ("SAR", &["﷼"], &["riyal", "riyals"]),
];

/// Words behind a number that make it larger.
const SCALES: &[(&str, u64)] = &[
    ("thousand", 1_000),
    ("tausend", 1_000),
    ("tsd", 1_000),
    ("mille", 1_000),
    ("mil", 1_000),
    ("k", 1_000),
    ("millionen", 1_000_000),
    ("millions", 1_000_000),
    ("million", 1_000_000),
    ("mio", 1_000_000),
    ("mn", 1_000_000),
    ("m", 1_000_000),
    ("milliarden", 1_000_000_000),
    ("billion", 1_000_000_000),
    ("mrd", 1_000_000_000),
    ("bn", 1_000_000_000),
];

static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // Groups of two or three digits as people part them, and what stands behind a point or comma.
    Regex::new(r"[0-9]+(?:[.,'’\u{a0}\u{202f}\u{2009} ][0-9]{2,3}\b)*(?:[.,][0-9]+)?").ok()
});

impl Amounts {
    /// Finds the numbers of a text.
    pub(super) fn of(text: &str) -> Self {
        // Digits of other scripts are digits.
        let digits = text.chars().map(|c| if c.is_numeric() { plain(c) } else { c });
        let text: String = digits.flat_map(char::to_lowercase).collect();
        let mut numbers = vec![];
        let mut more = false;
        for found in NUMBER.iter().flat_map(|number| number.find_iter(&text)) {
            if numbers.len() == MOST_NUMBERS {
                more = true;
                break;
            }
            let (scale, after) = scaled(&text[found.end()..]);
            let (least, most) = readings(found.as_str());
            numbers.push(Number {
                least: least.saturating_mul(scale),
                most: most.saturating_mul(scale),
                before: text[..found.start()].trim_end().len(),
                after: text.len() - after.len(),
            });
        }
        Self { text, numbers, more }
    }

    /// Whether one may be more than so many of a currency, or of any; where it must be so without doubt, `strict`. Nothing
    /// where that can't be said.
    pub(super) fn any_over(&self, over: u64, currency: Option<Currency>, strict: bool) -> Option<bool> {
        let over = over.saturating_mul(100);
        let found = self.numbers.iter().any(|number| {
            let value = if strict { number.least } else { number.most };
            value > over && self.is_of(number, currency, strict)
        });
        (found || !self.more).then_some(found)
    }

    fn is_of(&self, number: &Number, currency: Option<Currency>, strict: bool) -> bool {
        let of = |(code, own, shared): &(&str, &[&str], &[&str])| {
            self.is_beside(number, &code.to_lowercase())
                || own.iter().any(|name| self.is_beside(number, name))
                || (!strict && shared.iter().any(|name| self.is_beside(number, name)))
        };
        match currency {
            None => NAMES.iter().any(of),
            Some(currency) => {
                let known = NAMES.iter().find(|(code, ..)| *code == currency.as_str());
                known.map_or_else(|| self.is_beside(number, &currency.as_str().to_lowercase()), of)
            }
        }
    }

    /// Whether this name or sign stands right before or behind a number, and is no part of a longer one.
    fn is_beside(&self, number: &Number, name: &str) -> bool {
        let joins = |c: Option<char>, own: Option<char>| {
            c.is_some_and(char::is_alphabetic) && own.is_some_and(char::is_alphabetic)
        };
        // As in `CA$`: that sign is another one.
        let is_longer = |rest: &str| name == "$" && rest.ends_with(|c: char| c.is_ascii_alphabetic());
        let ends = self.text[..number.before]
            .strip_suffix(name)
            .is_some_and(|rest| !joins(rest.chars().next_back(), name.chars().next()) && !is_longer(rest));
        let begins = self.text[number.after..]
            .strip_prefix(name)
            .is_some_and(|rest| !joins(rest.chars().next(), name.chars().next_back()));
        ends || begins
    }
}

/// How many times larger what stands behind a number makes it, and what stands behind that.
fn scaled(after: &str) -> (u64, &str) {
    // `1.000,- EUR`: nothing stands behind the comma.
    let rest = [",-", ".-", ",–", ".–"].iter().find_map(|dash| after.strip_prefix(dash)).unwrap_or(after);
    let rest = rest.trim_start();
    for (word, scale) in SCALES {
        let Some(behind) = rest.strip_prefix(word) else { continue };
        if !behind.starts_with(char::is_alphanumeric) {
            return (*scale, behind.trim_start_matches('.').trim_start());
        }
    }
    (1, rest)
}

/// The least and the most that a number as it is written may mean, in hundredths.
fn readings(text: &str) -> (u64, u64) {
    let plain: String = text.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
    let last = plain.rfind(['.', ',']);
    let Some(at) = last else {
        let whole = hundredths(&plain, "");
        return (whole, whole);
    };
    let sign = &plain[at..=at];
    let (before, behind) = (&plain[..at], &plain[at + 1..]);
    let digits = |text: &str| text.replace(['.', ','], "");
    let grouped = hundredths(&digits(&plain), "");
    let decimal = hundredths(&digits(before), behind);
    if before.contains(sign) {
        // The same sign twice parts groups.
        (grouped, grouped)
    } else if before.contains(['.', ',']) || behind.len() != 3 {
        (decimal, decimal)
    } else {
        (decimal.min(grouped), decimal.max(grouped))
    }
}

/// So many whole ones and parts, in hundredths; what is too large is the largest.
fn hundredths(whole: &str, part: &str) -> u64 {
    let cents: String = part.chars().chain("00".chars()).take(2).collect();
    let whole = whole.trim_start_matches('0');
    if whole.len() > 16 {
        return u64::MAX;
    }
    format!("{whole}{cents}").parse().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(text: &str, over: u64, currency: Option<&str>, strict: bool) -> bool {
        let currency = currency.map(|code| Currency::parse(code).unwrap());
        Amounts::of(text).any_over(over, currency, strict).unwrap()
    }

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for text in [
            "1500 EUR",
            "EUR 1500",
            "€1,500.00",
            "1.500,00 €",
            "1 500,00 €",
            "1'500.- EUR",
            "we pay 1500 euros today",
            "1.5k €",
            "2 Tsd. Euro",
            "€1.5 million",
            "EUR1500",
            "１５００ EUR",
            "1\u{202f}500 €",
            "12,50,000 eur",
        ] {
            assert!(over(text, 1_000, Some("EUR"), true), "{text}");
            assert!(over(text, 1_000, None, true), "{text}");
            assert!(!over(text, 1_000, Some("USD"), false), "{text}");
        }
        for text in [
            "1000 EUR",
            "€999.99",
            "999,99 €",
            "1500",
            "order 1500, EUR",
            "room 1500 europe",
            "€10.00",
            "2026-12-01 EUR",
            "",
        ] {
            assert!(!over(text, 1_000, Some("EUR"), true), "{text}");
        }
        assert!(over("€1000.01", 1_000, Some("EUR"), true));
        // More numbers than anyone reads: what can't be said is said.
        let many = "1 ".repeat(MOST_NUMBERS + 1);
        assert_eq!(Amounts::of(&many).any_over(1, None, false), None);
        assert_eq!(Amounts::of(&format!("€5 {many}")).any_over(1, None, false), Some(true));
        assert!(over(&format!("EUR {}", "9".repeat(500)), u64::MAX / 200, None, true));
    }

    #[test]
    fn what_has_two_readings_is_the_stricter_one() {
        assert!(over("€1.500", 1_000, Some("EUR"), false) && !over("€1.500", 1_000, Some("EUR"), true));
        for (text, of, not) in [("$1500", "USD", "EUR"), ("$1500", "CAD", "EUR"), ("1500 kr", "SEK", "USD")] {
            assert!(over(text, 1_000, Some(of), false) && !over(text, 1_000, Some(not), false), "{text}");
        }
        assert!(over("$1500", 1_000, Some("USD"), true) && !over("$1500", 1_000, Some("CAD"), true));
        assert!(over("CA$1500", 1_000, Some("CAD"), true) && !over("CA$1500", 1_000, Some("USD"), true));
        assert!(over("XAF 1500", 1_000, Some("XAF"), true) && !over("XAF 1500", 1_000, None, true));
    }
}
