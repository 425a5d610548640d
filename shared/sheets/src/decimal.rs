//! Numbers as a workbook writes them, digit by digit: nothing is rounded twice, and none becomes another by way of binary.

/// So many digits a spreadsheet keeps of a number, and shows at most.
const SHOWN: i32 = 15;
/// A number with more digits before its point, or with more zeros behind it, is written with an exponent.
const PLAIN: i32 = 40;
/// A number has at most so many characters: a longer one is none.
const MAX_LENGTH: usize = 400;

/// A number: `0.` and its digits, times ten to the power of `point`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    negative: bool,
    /// Each from 0 to 9, without zeros at either end. Of zero there are none.
    digits: Vec<u8>,
    point: i32,
}

impl Decimal {
    /// The number that is written so: digits, a point, an exponent (`1.5E+3`).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        if whole.len() + fraction.len() == 0
            || !all().all(|byte| byte.is_ascii_digit())
            || exponent.abs() > 400
        {
            return None;
        }
        let digits = all().map(|byte| byte - b'0').collect();
        Some(Self { negative, digits, point: i32::try_from(whole.len()).ok()? + exponent }.tidied())
    }

    fn tidied(mut self) -> Self {
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        let zeros = self.digits.iter().take_while(|digit| **digit == 0).count();
        self.digits.drain(..zeros);
        self.point -= i32::try_from(zeros).unwrap_or_default();
        if self.digits.is_empty() {
            (self.negative, self.point) = (false, 0);
        }
        self
    }

    pub(crate) const fn is_negative(&self) -> bool {
        self.negative
    }

    pub(crate) const fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    pub(crate) fn absolute(&self) -> Self {
        Self { negative: false, ..self.clone() }
    }

    /// It times ten to this power.
    pub(crate) fn times_ten(mut self, power: i32) -> Self {
        if !self.is_zero() {
            self.point += power;
        }
        self
    }

    /// Whether it is an integer with more digits than a spreadsheet keeps.
    pub(crate) fn is_long(&self) -> bool {
        self.point > SHOWN && self.is_integer()
    }

    fn is_integer(&self) -> bool {
        self.point >= self.length()
    }

    fn length(&self) -> i32 {
        i32::try_from(self.digits.len()).unwrap_or(i32::MAX)
    }

    /// What is shown of it: at most 15 digits that count, but for integers that were written with more.
    pub(crate) fn as_kept(&self) -> Self {
        if self.is_integer() { self.clone() } else { self.rounded((SHOWN - self.point).max(0)) }
    }

    /// With at most so many digits behind its point: half is rounded up, away from zero.
    pub(crate) fn rounded(&self, places: i32) -> Self {
        let kept = self.point.saturating_add(places);
        if kept >= self.length() {
            return self.clone();
        }
        let Ok(kept) = usize::try_from(kept) else {
            return Self { negative: false, digits: vec![], point: 0 };
        };
        let up = self.digits.get(kept).is_some_and(|digit| *digit >= 5);
        // A zero in front takes what is carried over.
        let mut digits = vec![0];
        digits.extend(&self.digits[..kept]);
        if up {
            for digit in digits.iter_mut().rev() {
                *digit = (*digit + 1) % 10;
                if *digit != 0 {
                    break;
                }
            }
        }
        Self { digits, point: self.point + 1, ..*self }.tidied()
    }

    /// Its digits before the point: none where it is less than one.
    pub(crate) fn whole(&self) -> String {
        (0..self.point).map(|at| self.digit(at)).collect()
    }

    /// So many of its digits behind the point.
    pub(crate) fn fraction(&self, places: i32) -> String {
        (0..places).map(|place| self.digit(self.point + place)).collect()
    }

    fn digit(&self, at: i32) -> char {
        let digit = usize::try_from(at).ok().and_then(|at| self.digits.get(at)).copied();
        char::from(b'0' + digit.unwrap_or_default())
    }

    /// As a cell without a format shows it, but never with an exponent where it can be written out.
    pub(crate) fn general(&self) -> String {
        let kept = self.as_kept();
        let sign = if kept.negative { "-" } else { "" };
        if kept.point > PLAIN || kept.point < -PLAIN {
            let first = Self { negative: false, point: 1, ..kept.clone() };
            return format!("{sign}{}E{:+}", first.general(), kept.point - 1);
        }
        let whole = if kept.point > 0 { kept.whole() } else { "0".to_owned() };
        let places = kept.length() - kept.point;
        if places <= 0 {
            return format!("{sign}{whole}");
        }
        format!("{sign}{whole}.{}", kept.fraction(places))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn general(text: &str) -> String {
        Decimal::parse(text).unwrap().general()
    }

    #[test]
    fn numbers_are_written_as_they_are_meant() {
        for (written, shown) in [
            ("0", "0"),
            ("-0", "0"),
            ("5", "5"),
            ("007", "7"),
            ("5.0", "5"),
            ("-12.50", "-12.5"),
            ("0.1", "0.1"),
            ("0.30000000000000004", "0.3"),
            ("1.0049999999999999", "1.005"),
            ("0.99999999999999999", "1"),
            ("1E-3", "0.001"),
            ("1.5e+3", "1500"),
            ("123456789012345", "123456789012345"),
            ("4915112345678901234", "4915112345678901234"),
            ("4.9151123456789012E+18", "4915112345678901200"),
            ("1234567890123456.7", "1234567890123457"),
            (".5", "0.5"),
            ("1E+300", "1E+300"),
            ("-2.5E-300", "-2.5E-300"),
        ] {
            assert_eq!(general(written), shown, "{written}");
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        let long = "1".repeat(500);
        for text in ["", "-", ".", "1,5", "1.2.3", "1e", "1e999", "NaN", "inf", "٣", "1 2", &long] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn half_is_rounded_up() {
        let rounded = |text: &str, places| Decimal::parse(text).unwrap().rounded(places).general();
        assert_eq!(rounded("2.5", 0), "3");
        assert_eq!(rounded("-2.5", 0), "-3");
        assert_eq!(rounded("0.5", 0), "1");
        assert_eq!(rounded("0.04", 1), "0");
        assert_eq!(rounded("0.0005", 1), "0");
        assert_eq!(rounded("9.995", 2), "10");
        assert_eq!(rounded("1234.5678", 2), "1234.57");
        assert_eq!(rounded("1234", 2), "1234");
    }

    #[test]
    fn an_integer_with_more_than_15_digits_is_long() {
        let long = |text: &str| Decimal::parse(text).unwrap().is_long();
        assert!(long("1234567890123456") && long("1E+15") && long("-1234567890123456"));
        assert!(!long("123456789012345") && !long("0.1234567890123456") && !long("1234567890123456.5"));
    }
}
