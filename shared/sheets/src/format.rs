//! Formats of numbers (ECMA-376 part 1, 18.8.30 and 18.8.31): which are those of dates, and how the others show a number.
//!
//! What is understood of them are digits, points, thousands, percents, and text around and between them. A number whose format
//! asks for more (fractions, exponents, conditions) is shown as one without a format: not as the sheet shows it, but not wrong.

use crate::decimal::Decimal;

/// A format has at most so many characters, as in Excel: a longer one is none.
const MAX_CODE: usize = 255;

/// How a number is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Format {
    /// As it is.
    General,
    /// As a date, or as a time.
    Moment(Moment),
    /// By one of these: the first for those above zero, then those below it, then zero.
    Number(Vec<Section>),
}

/// What of a moment a format shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// A year, a month or a day.
    pub(crate) day: bool,
    /// An hour, a minute or a second.
    pub(crate) clock: bool,
    /// How many hours, minutes or seconds there are in all (`[h]`).
    pub(crate) elapsed: bool,
}

/// One of the sections of a format, which semicolons part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Section {
    parts: Vec<Part>,
    /// Commas between its thousands.
    grouped: bool,
    /// How often it is multiplied by ten.
    power: i32,
    /// Whether it has a colour, which may be all that says that a number is below zero.
    coloured: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Literal(char),
    /// A digit, which is shown also where it is a zero that does not count, or is not.
    Digit(bool),
    Point,
    /// The number as it is.
    General,
}

/// A piece of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(char),
    Letter(char),
    /// `0`, `#` or `?`.
    Digit(char),
    Point,
    Comma,
    Percent,
    Bracket(String),
    General,
    /// `AM/PM` or `A/P`.
    Noon,
    /// What nothing here understands in a number: `/` of fractions, `E+`, `@`.
    Other,
}

/// The format that this id stands for where a workbook does not say itself: ECMA-376 part 1, 18.8.30. Those of
/// money depend on where the workbook is read, so a number has none of them.
pub(crate) fn built_in(id: u32) -> Format {
    let code = match id {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        9 => "0%",
        10 => "0.00%",
        14..=17 => "d-m-yy",
        18..=21 | 45 | 47 => "h:mm:ss",
        // Those from 27 on are dates and times of East Asia: which of both depends on the country.
        22 | 27..=36 | 50..=58 => "m/d/yy h:mm",
        37 | 38 => "#,##0 ;(#,##0)",
        39 | 40 => "#,##0.00;(#,##0.00)",
        46 => "[h]:mm:ss",
        _ => return Format::General,
    };
    Format::of(code)
}

impl Format {
    /// The format that this code stands for.
    pub(crate) fn of(code: &str) -> Self {
        if code.chars().nth(MAX_CODE).is_some() {
            return Self::General;
        }
        let sections = pieces(code);
        if let Some(moment) = sections.first().and_then(|first| moment(first)) {
            return Self::Moment(moment);
        }
        // The fourth is for text, which is shown as it is.
        let numbers =
            if sections.len() > 4 { None } else { sections.iter().take(3).map(|it| section(it)).collect() };
        let numbers: Vec<Section> = numbers.unwrap_or_default();
        let nothing = |it: &Section| it.parts.is_empty() || it.parts == [Part::General];
        if numbers.iter().all(nothing) { Self::General } else { Self::Number(numbers) }
    }

    /// What a cell with this format shows of a number.
    pub(crate) fn show(&self, number: &Decimal) -> String {
        let Self::Number(sections) = self else { return number.general() };
        let (section, sign) = match (sections.as_slice(), number.is_negative(), number.is_zero()) {
            ([_, below, ..], true, _) => (below, below.sign()),
            ([_, _, zero], _, true) => (zero, ""),
            ([first, ..], true, _) => (first, "-"),
            ([first, ..], _, _) => (first, ""),
            ([], _, _) => return number.general(),
        };
        let shown = section.show(&number.absolute());
        // What is rounded to nothing is not less than it.
        if shown.bytes().any(|byte| matches!(byte, b'1'..=b'9')) { format!("{sign}{shown}") } else { shown }
    }
}

impl Section {
    /// What goes before a number below zero, of which this section shows nothing but a colour.
    fn sign(&self) -> &'static str {
        let shown = self.parts.iter().any(|part| matches!(part, Part::Literal('-' | '\u{2212}' | '(')));
        if self.coloured && !shown { "-" } else { "" }
    }

    fn show(&self, number: &Decimal) -> String {
        let point = self.parts.iter().position(|part| *part == Part::Point).unwrap_or(self.parts.len());
        let (before, behind) = self.parts.split_at(point);
        let digits = |parts: &[Part]| parts.iter().filter(|part| matches!(part, Part::Digit(_))).count();
        let places = i32::try_from(digits(behind)).unwrap_or_default();
        let number = number.as_kept().times_ten(self.power);
        let number = if self.parts.contains(&Part::General) { number } else { number.rounded(places) };
        let mut shown = String::new();
        let whole = number.whole();
        let mut left = digits(before);
        // What has no digits before its point shows those that there are all the same: `.5` as `12.5`.
        let mut first = true;
        if left == 0 && point < self.parts.len() {
            shown.push_str(&whole);
        }
        for part in before {
            match part {
                Part::Literal(c) => shown.push(*c),
                Part::General => shown.push_str(&number.general()),
                Part::Point => {}
                Part::Digit(always) => {
                    self.put_whole(&mut shown, &whole, left, first, *always);
                    (left, first) = (left - 1, false);
                }
            }
        }
        put_fraction(&mut shown, &number.fraction(places), behind);
        shown
    }

    /// The digit at this place from the right, and before the first all that have no place of their own.
    fn put_whole(&self, shown: &mut String, whole: &str, place: usize, first: bool, always: bool) {
        let from = if first { place.max(whole.len()) } else { place };
        for place in (place..=from).rev() {
            let digit = whole.len().checked_sub(place).and_then(|at| whole.as_bytes().get(at));
            match digit {
                Some(digit) => shown.push(char::from(*digit)),
                None if always => shown.push('0'),
                None => continue,
            }
            if self.grouped && place > 1 && place % 3 == 1 {
                shown.push(',');
            }
        }
    }
}

/// The point and the digits behind it: zeros at their end only where the format wants them.
fn put_fraction(shown: &mut String, fraction: &str, parts: &[Part]) {
    let digits = fraction.chars().zip(parts.iter().filter_map(|part| match part {
        Part::Digit(always) => Some(*always),
        _ => None,
    }));
    let count = digits.enumerate().filter(|(_, (digit, always))| *always || *digit != '0').last();
    let count = count.map_or(0, |(at, _)| at + 1);
    let mut digits = fraction.chars().take(count);
    for part in parts {
        match part {
            Part::Point if count > 0 => shown.push('.'),
            Part::Literal(c) => shown.push(*c),
            Part::Digit(_) => shown.extend(digits.next()),
            Part::Point | Part::General => {}
        }
    }
}

/// The pieces of each section of a format.
fn pieces(code: &str) -> Vec<Vec<Piece>> {
    let (mut sections, mut section) = (vec![], vec![]);
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let word = ["general", "am/pm", "a/p"].into_iter().find(|word| {
            rest.get(..word.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(word))
        });
        let mut length = word.map_or(c.len_utf8(), str::len);
        let behind = &rest[c.len_utf8()..];
        match (word, c) {
            (Some("general"), _) => section.push(Piece::General),
            (Some(_), _) => section.push(Piece::Noon),
            (None, ';') => sections.push(std::mem::take(&mut section)),
            (None, '"') => {
                let quoted = behind.split('"').next().unwrap_or_default();
                section.extend(quoted.chars().map(Piece::Literal));
                length = (quoted.len() + 2).min(rest.len());
            }
            (None, '[') => {
                let inside = behind.split(']').next().unwrap_or_default();
                section.push(Piece::Bracket(inside.to_owned()));
                length = (inside.len() + 2).min(rest.len());
            }
            // What stands behind these is shown as it is, is as wide as a space, or fills the cell.
            (None, '\\' | '_' | '*') => {
                let next = behind.chars().next();
                if c == '\\' {
                    section.extend(next.map(Piece::Literal));
                }
                length += next.map_or(0, char::len_utf8);
            }
            (None, '0' | '#' | '?') => section.push(Piece::Digit(c)),
            (None, '.') => section.push(Piece::Point),
            (None, ',') => section.push(Piece::Comma),
            (None, '%') => section.push(Piece::Percent),
            (None, '/' | '@') => section.push(Piece::Other),
            (None, 'e' | 'E') if behind.starts_with(['+', '-']) => section.push(Piece::Other),
            (None, c) if c.is_ascii_alphabetic() => section.push(Piece::Letter(c.to_ascii_lowercase())),
            (None, c) => section.push(Piece::Literal(c)),
        }
        rest = &rest[length..];
    }
    sections.push(section);
    sections
}

/// What a section shows of a moment: nothing where it is no format of dates.
fn moment(pieces: &[Piece]) -> Option<Moment> {
    // Each kind of letter once where it stands several times in a row, and whether it stands in brackets.
    let mut letters: Vec<(char, bool)> = vec![];
    for (at, piece) in pieces.iter().enumerate() {
        let found = match piece {
            Piece::Letter(c) => (*c, false),
            Piece::Noon => ('p', false),
            Piece::Bracket(inside) => match elapsed(inside) {
                Some(c) => (c, true),
                None => continue,
            },
            // Parts of a second.
            Piece::Digit('0') if letters.last().is_some_and(|(c, _)| *c == 's') => continue,
            Piece::Digit(_) | Piece::Percent | Piece::General => return None,
            Piece::Literal(_) | Piece::Point | Piece::Comma | Piece::Other => continue,
        };
        let repeated = at > 0 && matches!(&pieces[at - 1], Piece::Letter(c) if *c == found.0);
        if !repeated || found.1 {
            letters.push(found);
        }
    }
    let mut moment =
        Moment { day: false, clock: false, elapsed: letters.iter().any(|(_, elapsed)| *elapsed) };
    let meant: Vec<_> = letters.iter().filter(|(c, _)| *c != 'p').collect();
    for (at, (c, elapsed)) in meant.iter().enumerate() {
        let beside = |at: Option<usize>, c| at.and_then(|at| meant.get(at)).is_some_and(|it| it.0 == c);
        match c {
            'h' | 's' => moment.clock = true,
            // Minutes stand behind hours or before seconds, and are months elsewhere.
            'm' if *elapsed || beside(at.checked_sub(1), 'h') || beside(Some(at + 1), 's') => {
                moment.clock = true;
            }
            'y' | 'd' | 'm' => moment.day = true,
            // Years of emperors and Buddha, days of the week, quarters, and what parts a date from its time in ISO 8601.
            'e' | 'g' | 'b' | 'a' | 'n' | 'q' | 'w' | 't' | 'z' | 'j' => {}
            _ => return None,
        }
    }
    (moment.day || moment.clock).then_some(Moment { elapsed: moment.elapsed && !moment.day, ..moment })
}

/// The letter of which brackets have nothing but several.
fn elapsed(inside: &str) -> Option<char> {
    let first = inside.chars().next()?.to_ascii_lowercase();
    let same = inside.chars().all(|c| c.to_ascii_lowercase() == first);
    (same && matches!(first, 'h' | 'm' | 's')).then_some(first)
}

/// A section that shows numbers: nothing where it has what is not understood.
fn section(pieces: &[Piece]) -> Option<Section> {
    let mut section = Section::default();
    let is_digit = |piece: Option<&Piece>| matches!(piece, Some(Piece::Digit(_)));
    for (at, piece) in pieces.iter().enumerate() {
        let part = match piece {
            Piece::Literal(c) => Part::Literal(*c),
            Piece::Digit(c) => Part::Digit(*c == '0'),
            Piece::Point if section.parts.contains(&Part::Point) => return None,
            Piece::Point => Part::Point,
            Piece::General => Part::General,
            Piece::Percent => {
                section.power += 2;
                Part::Literal('%')
            }
            Piece::Comma => {
                let before = pieces[..at].iter().rfind(|piece| **piece != Piece::Comma);
                match (is_digit(before), is_digit(pieces.get(at + 1))) {
                    (true, true) => section.grouped = true,
                    // Behind all digits each stands for a thousand.
                    (true, false) => section.power -= 3,
                    (false, _) => return None,
                }
                continue;
            }
            Piece::Bracket(inside) => match inside.strip_prefix('$') {
                // The sign of a currency, and the language of the rest.
                Some(money) => {
                    let sign = money.split('-').next().unwrap_or_default();
                    section.parts.extend(sign.chars().map(Part::Literal));
                    continue;
                }
                None if is_colour(inside) => {
                    section.coloured = true;
                    continue;
                }
                None => return None,
            },
            Piece::Letter(_) | Piece::Noon | Piece::Other => return None,
        };
        section.parts.push(part);
    }
    let twofold =
        section.parts.contains(&Part::General) && is_digit(pieces.iter().find(|it| is_digit(Some(it))));
    (!twofold).then_some(section)
}

fn is_colour(inside: &str) -> bool {
    let named = ["black", "blue", "cyan", "green", "magenta", "red", "white", "yellow"];
    let inside = inside.to_ascii_lowercase();
    named.contains(&inside.as_str()) || inside.starts_with("color")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(code: &str, number: &str) -> String {
        Format::of(code).show(&Decimal::parse(number).unwrap())
    }

    /// Whether it is a format of dates: day, clock, elapsed.
    fn of_moment(code: &str) -> Option<(bool, bool, bool)> {
        match Format::of(code) {
            Format::Moment(it) => Some((it.day, it.clock, it.elapsed)),
            _ => None,
        }
    }

    #[test]
    fn numbers_are_shown_as_their_formats_say() {
        for (code, number, text) in [
            ("General", "46336", "46336"),
            ("@", "46336", "46336"),
            ("00000", "1234", "01234"),
            ("00000", "123456", "123456"),
            ("0", "4915112345678", "4915112345678"),
            ("0", "2.5", "3"),
            ("0.00", "1234.5", "1234.50"),
            ("0.00", "1.0049999999999999", "1.01"),
            ("#,##0.00", "1234567.891", "1,234,567.89"),
            ("#,##0", "999", "999"),
            ("#,##0", "-1234", "-1,234"),
            ("0,000", "5", "0,005"),
            ("0%", "0.1", "10%"),
            ("0.0%", "0.12345", "12.3%"),
            ("0.##", "5", "5"),
            ("0.0#", "5", "5.0"),
            ("#.##", "0.5", ".5"),
            ("#", "0", ""),
            ("\"day \"0", "5", "day 5"),
            ("0\" days\"", "5", "5 days"),
            ("0\\ \\d", "5", "5 d"),
            ("[Red]0", "5", "5"),
            ("[$-409]0", "5", "5"),
            ("[$€-407] #,##0.00", "1234.5", "€ 1,234.50"),
            ("#,##0.00\\ \"€\"", "-3", "-3.00 €"),
            ("$#,##0.00", "-5", "-$5.00"),
            ("#,##0 ;(#,##0)", "-1234", "(1,234)"),
            ("#,##0_);[Red](#,##0)", "-1234", "(1,234)"),
            ("_(* #,##0_);_(* (#,##0);_(* \"-\"_);_(@_)", "0", "-"),
            ("_-* #,##0.00_-;-* #,##0.00_-;_-* \"-\"??_-;_-@_-", "0", "-"),
            ("000-000-0000", "5551234567", "555-123-4567"),
            ("(000) 000", "1555123", "(1555) 123"),
            ("0;-0;;@", "0", ""),
            ("0.00;[Red]0.00", "-5", "-5.00"),
            ("0.00;[Red]-0.00", "-5", "-5.00"),
            ("0.00;0.00", "-5", "5.00"),
            ("0.0,", "12345", "12.3"),
            ("0", "-0.2", "0"),
            ("General\" kg\"", "1.5", "1.5 kg"),
        ] {
            assert_eq!(shown(code, number), text, "{code} of {number}");
        }
    }

    #[test]
    fn what_is_not_understood_is_shown_as_without_a_format() {
        let long = "0".repeat(300);
        for code in
            ["# ?/?", "0.00E+00", "[>100]0;0.0", "[DBNum1]0", "0 kr", "0.0.0", ";;;", "0;0;0;@;0", &long]
        {
            assert_eq!(shown(code, "12.5"), "12.5", "{code}");
        }
    }

    #[test]
    fn a_format_of_dates_is_one_by_what_is_neither_quoted_nor_escaped() {
        for code in [
            "yyyy\\-mm\\-dd",
            "d",
            "MMM",
            "[$-409]d-mmm-yy;@",
            "[Red]dd.mm.yyyy",
            "yyyy\"-\"mm",
            "TT.MM.JJJJ",
        ] {
            assert_eq!(of_moment(code), Some((true, false, false)), "{code}");
        }
        for code in ["dd/mm/yyyy hh:mm", "m/d/yy h:mm AM/PM", "yyyy-mm-ddThh:mm:ss", "[$-F400]d h:mm:ss"] {
            assert_eq!(of_moment(code), Some((true, true, false)), "{code}");
        }
        for code in ["h:mm", "mm:ss", "mm:ss.0", "hh:mm:ss.000", "h:mm AM/PM"] {
            assert_eq!(of_moment(code), Some((false, true, false)), "{code}");
        }
        for code in ["[h]:mm", "[mm]:ss", "[s]", "[hh]:mm:ss"] {
            assert_eq!(of_moment(code), Some((false, true, true)), "{code}");
        }
        for code in [
            "General",
            "@",
            "\"day \"0",
            "0\" days\"",
            "0 days",
            "\\d0",
            "[Red]0",
            "#,##0.00 [$SYP-101]",
            "Standard",
            "_d0",
            "*d0",
            "0%",
        ] {
            assert_eq!(of_moment(code), None, "{code}");
        }
    }

    proptest! {
        #[test]
        fn no_format_makes_it_fall(code in "[-0#?,.%;\"\\\\_*@/eE+hmsdyGg()\\[\\]$€ ]{0,24}", number in "-?[0-9]{1,20}(\\.[0-9]{1,20})?(E[+-]?[0-9]{1,3})?") {
            if let Some(number) = Decimal::parse(&number) {
                let _ = Format::of(&code).show(&number);
            }
            let _ = Format::of(&format!("General{code}"));
        }

        #[test]
        fn a_number_that_a_spreadsheet_keeps_is_shown_as_it_is(number in -1e12_f64..1e12, places in 0..3_i32) {
            let written = format!("{:.*}", usize::try_from(places).unwrap(), number);
            let shown = Decimal::parse(&written).unwrap().general();
            prop_assert_eq!(shown.parse::<f64>().unwrap().to_bits() << 1, written.parse::<f64>().unwrap().to_bits() << 1);
            let code = format!("0.{}", "0".repeat(usize::try_from(places).unwrap()));
            let shown = Format::of(&code).show(&Decimal::parse(&written).unwrap());
            prop_assert_eq!(shown.parse::<f64>().unwrap().to_bits() << 1, written.parse::<f64>().unwrap().to_bits() << 1);
        }
    }

    #[test]
    fn ids_stand_for_formats() {
        for id in [14, 15, 16, 17, 22, 27, 36, 50, 58] {
            assert!(matches!(built_in(id), Format::Moment(Moment { day: true, .. })), "{id}");
        }
        for id in [18, 19, 20, 21, 45, 46, 47] {
            assert!(matches!(built_in(id), Format::Moment(Moment { day: false, clock: true, .. })), "{id}");
        }
        for id in [0, 5, 8, 11, 12, 13, 23, 26, 44, 48, 49, 59, 163, u32::MAX] {
            assert_eq!(built_in(id), Format::General, "{id}");
        }
        assert_eq!(built_in(10).show(&Decimal::parse("0.125").unwrap()), "12.50%");
        assert_eq!(built_in(38).show(&Decimal::parse("-1234").unwrap()), "(1,234)");
    }
}
