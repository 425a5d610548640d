//! What somebody looks for, as they write it.
//!
//! Words stand side by side, and all of them must be found: `invoice from:acme has:attachment -draft`. A phrase stands in quotes, an
//! operator before a word or a phrase, and a minus before what must not be found.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::words::{Field, wanted};

/// A query has at most so many characters.
pub const MAX_CHARS: usize = 2_000;
/// And at most so many words, those of phrases counted one by one.
pub const MAX_TERMS: usize = 64;

/// A query: everything it says must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// What is looked for.
    pub clauses: Vec<Clause>,
    /// Not before this time.
    pub after: Option<Timestamp>,
    /// Before this time.
    pub before: Option<Timestamp>,
}

/// One thing that must hold, or must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What.
    pub condition: Condition,
    /// It must not hold.
    pub negated: bool,
    /// Where it stands in the query, in characters from 0.
    pub position: usize,
}

/// What may hold of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// It has these words, each so far behind the first of them, in one field.
    Words {
        /// The field; none where any does.
        field: Option<Field>,
        /// How far behind the first, and the form that it is found by.
        words: Vec<(u32, String)>,
    },
    /// It has a file.
    HasAttachment,
    /// It has this label: what labels there are is for the caller to say.
    Label(String),
    /// Whether nobody has read it.
    Unread(bool),
}

impl Condition {
    /// The words that an index has of it, each so far behind the first.
    pub(crate) fn words(&self) -> Vec<(u32, String)> {
        let Condition::Words { field, words } = self else { return vec![] };
        let own = |word: &String| field.and_then(|field| field.own(word)).unwrap_or_else(|| word.clone());
        words.iter().map(|(at, word)| (*at, own(word))).collect()
    }
}

impl Query {
    /// The words that mails are ranked by, each once, in their order.
    pub fn words(&self) -> BTreeSet<String> {
        let wanted = self.clauses.iter().filter(|clause| !clause.negated);
        wanted.flat_map(|clause| clause.condition.words()).map(|(_, word)| word).collect()
    }
}

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (at character {})", position + 1)]
pub struct InvalidQuery {
    /// Where, in characters from 0.
    pub position: usize,
    /// What.
    pub problem: Problem,
}

/// What may be wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// More than [`MAX_CHARS`].
    #[error("a query has at most {MAX_CHARS} characters")]
    TooLong,
    /// More than [`MAX_TERMS`].
    #[error("a query has at most {MAX_TERMS} words: name fewer")]
    TooManyTerms,
    /// A quote that nothing closes.
    #[error("this quote is never closed: write a second \" behind the phrase")]
    Unclosed,
    /// An operator with nothing behind it.
    #[error("nothing stands behind {0}: write what to look for, without a space")]
    NoValue(&'static str),
    /// An operator takes other values.
    #[error("{0}: takes {1}")]
    Value(&'static str, &'static str),
    /// Times have no opposite that is not one of them.
    #[error("no minus stands before {0}: write before: for after:, and after: for before:")]
    Negated(&'static str),
    /// Nothing in it can be found.
    #[error("the query has no word: write what to look for")]
    Nothing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    In(Field),
    Label,
    Has,
    Is,
    Before,
    After,
}

/// The operators, as they are written.
const OPERATORS: [(&str, Operator); 9] = [
    ("from:", Operator::In(Field::From)),
    ("to:", Operator::In(Field::To)),
    ("subject:", Operator::In(Field::Subject)),
    ("filename:", Operator::In(Field::File)),
    ("label:", Operator::Label),
    ("has:", Operator::Has),
    ("is:", Operator::Is),
    ("before:", Operator::Before),
    ("after:", Operator::After),
];

/// The operator that a text begins with, and its name.
fn operator(rest: &[char]) -> Option<(&'static str, Operator)> {
    OPERATORS.into_iter().find(|(name, _)| {
        let written = rest.iter().take(name.len());
        rest.len() >= name.len()
            && written.zip(name.chars()).all(|(c, known)| c.to_ascii_lowercase() == known)
    })
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”')
}

/// Reads a query.
pub fn parse(text: &str) -> Result<Query, InvalidQuery> {
    let wrong = |position, problem| InvalidQuery { position, problem };
    let chars: Vec<char> = text.chars().take(MAX_CHARS + 1).collect();
    if chars.len() > MAX_CHARS {
        return Err(wrong(MAX_CHARS, Problem::TooLong));
    }
    let mut query = Query::default();
    let (mut at, mut terms) = (0, 0);
    while at < chars.len() {
        if chars[at].is_whitespace() {
            at += 1;
            continue;
        }
        let position = at;
        let negated = chars[at] == '-' && chars.get(at + 1).is_some_and(|c| !c.is_whitespace());
        at += usize::from(negated);
        let named = operator(&chars[at..]);
        at += named.map_or(0, |(name, _)| name.len());
        let (value, end, quoted) = value(&chars, at).map_err(|at| wrong(at, Problem::Unclosed))?;
        at = end;
        let Some((name, operator)) = named else {
            let words = wanted(&value);
            terms += words.len();
            if !words.is_empty() {
                let condition = Condition::Words { field: None, words };
                query.clauses.push(Clause { condition, negated, position });
            }
            if terms > MAX_TERMS {
                return Err(wrong(position, Problem::TooManyTerms));
            }
            continue;
        };
        if value.trim().is_empty() {
            return Err(wrong(position, Problem::NoValue(name)));
        }
        let condition = match operator {
            Operator::In(field) => {
                let words = wanted(&value);
                if words.is_empty() {
                    return Err(wrong(position, Problem::Value(name, "words or an address")));
                }
                terms += words.len();
                Condition::Words { field: Some(field), words }
            }
            Operator::Label => Condition::Label(value),
            Operator::Has => match value.to_ascii_lowercase().as_str() {
                "attachment" if !quoted => Condition::HasAttachment,
                _ => return Err(wrong(position, Problem::Value("has", "attachment"))),
            },
            Operator::Is => match value.to_ascii_lowercase().as_str() {
                "unread" => Condition::Unread(true),
                "read" => Condition::Unread(false),
                _ => return Err(wrong(position, Problem::Value("is", "unread or read"))),
            },
            Operator::Before | Operator::After => {
                if negated {
                    return Err(wrong(position, Problem::Negated(name)));
                }
                let takes = "a date such as 2026-01-31, or a time such as 2026-01-31T09:00:00Z";
                let name = name.trim_end_matches(':');
                let at = instant(&value).ok_or_else(|| wrong(position, Problem::Value(name, takes)))?;
                if operator == Operator::Before {
                    query.before = Some(query.before.map_or(at, |known| known.min(at)));
                } else {
                    query.after = Some(query.after.map_or(at, |known| known.max(at)));
                }
                continue;
            }
        };
        query.clauses.push(Clause { condition, negated, position });
        if terms > MAX_TERMS || query.clauses.len() > MAX_TERMS {
            return Err(wrong(position, Problem::TooManyTerms));
        }
    }
    if query.clauses.is_empty() && query.before.is_none() && query.after.is_none() {
        return Err(wrong(0, Problem::Nothing));
    }
    Ok(query)
}

/// What stands from here to the next space, or between quotes, where it ends, and whether it was quoted; or where a quote begins that
/// nothing closes.
fn value(chars: &[char], from: usize) -> Result<(String, usize, bool), usize> {
    if chars.get(from).copied().is_some_and(is_quote) {
        let inside = &chars[from + 1..];
        let length = inside.iter().position(|&c| is_quote(c)).ok_or(from)?;
        return Ok((inside[..length].iter().collect(), from + length + 2, true));
    }
    let length = chars[from..].iter().take_while(|c| !c.is_whitespace() && !is_quote(**c)).count();
    // A quote in the middle of a word begins a phrase of its own.
    Ok((chars[from..from + length].iter().collect(), from + length, false))
}

/// A day begins at midnight UTC.
fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let is_date = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date: Date = is_date.then(|| text.parse().ok())??;
    date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(field: Option<Field>, words: &[&str]) -> Condition {
        let numbered = words.iter().zip(0..).map(|(word, at)| (at, (*word).to_owned())).collect();
        Condition::Words { field, words: numbered }
    }

    fn clauses(text: &str) -> Vec<(Condition, bool)> {
        parse(text).unwrap().clauses.into_iter().map(|it| (it.condition, it.negated)).collect()
    }

    fn problem(text: &str) -> (usize, Problem) {
        let error = parse(text).unwrap_err();
        (error.position, error.problem)
    }

    #[test]
    fn everything_that_can_be_asked() {
        let text = r#"invoice "due Friday" from:ann@acme.example -subject:"Re your" has:attachment is:unread -label:done FROM:bob filename:q3.pdf"#;
        assert_eq!(
            clauses(text),
            [
                (words(None, &["invoice"]), false),
                (words(None, &["due", "friday"]), false),
                (words(Some(Field::From), &["ann", "acme", "example"]), false),
                (words(Some(Field::Subject), &["re", "your"]), true),
                (Condition::HasAttachment, false),
                (Condition::Unread(true), false),
                (Condition::Label("done".to_owned()), true),
                (words(Some(Field::From), &["bob"]), false),
                (words(Some(Field::File), &["q3", "pdf"]), false),
            ]
        );
        // What is no operator is words; a minus inside a word is none.
        assert_eq!(
            clauses("https://a.example e-mail -"),
            [(words(None, &["https", "a", "example"]), false), (words(None, &["e", "mail"]), false)]
        );
        assert_eq!(
            clauses("“Grüße” 東京都"),
            [(words(None, &["grusse"]), false), (words(None, &["東京", "京都"]), false)]
        );
    }

    #[test]
    fn times_are_days_or_instants() {
        let query = parse("after:2026-01-31 before:2026-03-01T10:00:00+02:00 before:2027-01-01").unwrap();
        assert_eq!(query.after.unwrap().to_string(), "2026-01-31T00:00:00Z");
        assert_eq!(query.before.unwrap().to_string(), "2026-03-01T08:00:00Z");
        assert_eq!(query.clauses, []);
        for bad in [
            "after:yesterday",
            "before:2026-13-01",
            "after:2026-1-1",
            "before:20260101",
            "after:2026-01-01T10:00",
        ] {
            let (position, problem) = problem(&format!("x {bad}"));
            assert!(matches!(problem, Problem::Value(..)), "{bad}: {problem:?}");
            assert_eq!(position, 2, "{bad}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        assert_eq!(problem("a \"b c"), (2, Problem::Unclosed));
        assert_eq!(problem("größe from:\"b"), (11, Problem::Unclosed));
        assert_eq!(problem("has:stars"), (0, Problem::Value("has", "attachment")));
        assert_eq!(problem("x is:open"), (2, Problem::Value("is", "unread or read")));
        assert_eq!(problem("x from: y"), (2, Problem::NoValue("from:")));
        assert_eq!(problem("-after:2026-01-01"), (0, Problem::Negated("after:")));
        for nothing in ["", "   ", "-", "!!! ???", "\"\""] {
            assert_eq!(problem(nothing), (0, Problem::Nothing), "{nothing:?}");
        }
        assert_eq!(problem(&"word ".repeat(65)), (64 * 5, Problem::TooManyTerms));
        assert_eq!(problem(&"word ".repeat(10_000)), (MAX_CHARS, Problem::TooLong));
        assert_eq!(problem(&"a ".repeat(900)).1, Problem::TooManyTerms);
        assert_eq!(problem(&"label:a ".repeat(65)).1, Problem::TooManyTerms);
        let text = problem_text("x is:open");
        assert_eq!(text, "is: takes unread or read (at character 3)");
    }

    fn problem_text(query: &str) -> String {
        parse(query).unwrap_err().to_string()
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,300}") {
            if let Ok(query) = parse(&text) {
                prop_assert!(query.clauses.len() <= MAX_TERMS);
            }
        }

        #[test]
        fn nor_one_made_of_parts(parts in prop::collection::vec(
            prop::sample::select(vec!["from:", "\"", "-", " ", "is:read", "before:", "2026-01-01", "a", "東京", "“", ":"]), 0..40)) {
            let text = parts.concat();
            match parse(&text) {
                Ok(query) => prop_assert!(query.clauses.iter().all(|it| it.position < text.chars().count())),
                Err(error) => prop_assert!(error.position <= text.chars().count()),
            }
        }
    }
}
