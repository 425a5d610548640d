//! Forms that the API's own rules read: what is wrong stands beside each field, all of it at once, and what was typed stays.

use std::collections::BTreeMap;

use app::base::error::FieldError;
use domain::Timestamp;
use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// What is wrong with the fields of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wrong(BTreeMap<String, String>);

impl Wrong {
    /// What the rules found. `scopes[2]` is said of `scopes`.
    pub(crate) fn new(errors: &[FieldError]) -> Self {
        let mut all: BTreeMap<String, String> = BTreeMap::new();
        for error in errors {
            let field = error.field.split(['[', '.']).next().unwrap_or_default();
            let said = all.entry(field.to_owned()).or_default();
            let sentence = sentence(&error.message);
            if !said.contains(&sentence) {
                said.push_str(if said.is_empty() { "" } else { " " });
                said.push_str(&sentence);
            }
        }
        Self(all)
    }

    /// One thing that is wrong.
    pub(crate) fn with(field: &str, sentence: &str) -> Self {
        Self([(field.to_owned(), sentence.to_owned())].into())
    }

    /// One thing more that is wrong.
    pub(crate) fn note(&mut self, field: &str, sentence: &str) {
        self.0.insert(field.to_owned(), sentence.to_owned());
    }

    /// All that is wrong with others more.
    pub(crate) fn join(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// What is wrong with a field; empty where nothing is.
    pub(crate) fn at(&self, field: &str) -> &str {
        self.0.get(field).map(String::as_str).unwrap_or_default()
    }

    /// Whether something is wrong with a field.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// Whether something is wrong.
    pub(crate) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// What is wrong with what is no field of the form, for the top of the page.
    pub(crate) fn beside(&self, fields: &[&str]) -> String {
        let others = self.0.iter().filter(|(field, _)| !fields.contains(&field.as_str()));
        others.map(|(_, said)| said.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// What a rule says of a field, such as `must be 1 to 100 characters`, as a sentence.
pub(crate) fn sentence(message: &str) -> String {
    let message = message.trim_end_matches('.');
    let first = message.split(' ').next().unwrap_or_default();
    if ["must", "is", "has", "lies", "can't", "needs", "takes", "holds", "contains", "names"].contains(&first)
    {
        return format!("This {message}.");
    }
    let mut letters = message.chars();
    let first = letters.next().map(char::to_uppercase);
    format!("{}{}.", first.map(String::from_iter).unwrap_or_default(), letters.as_str())
}

/// The end of a day of UTC, as the field for a date gives it.
pub(crate) fn end_of(day: &str) -> Option<Timestamp> {
    start_of(day)?.checked_add(SignedDuration::from_hours(24)).ok()
}

/// The beginning of a day of UTC.
pub(crate) fn start_of(day: &str) -> Option<Timestamp> {
    let day: Date = day.trim().parse().ok()?;
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use domain::base::code::Code;

    use super::*;

    #[test]
    fn what_a_rule_says_becomes_a_sentence_beside_its_field() {
        let errors = [
            FieldError::new("name", Code::TooLong, "must be 1 to 100 characters"),
            FieldError::new("inbox_ids[0]", Code::UnknownInbox, "no such inbox"),
            FieldError::new("inbox_ids[1]", Code::UnknownInbox, "no such inbox"),
        ];
        let wrong = Wrong::new(&errors);
        assert_eq!(wrong.at("name"), "This must be 1 to 100 characters.");
        assert_eq!(wrong.at("inbox_ids"), "No such inbox.");
        assert!(wrong.any() && !wrong.has("scopes") && wrong.at("scopes").is_empty());
        assert_eq!(wrong.beside(&["name"]), "No such inbox.");
        assert!(!Wrong::new(&[]).any());
    }

    #[test]
    fn a_day_ends_when_the_next_begins() {
        assert_eq!(end_of("2026-12-01"), "2026-12-02T00:00:00Z".parse().ok());
        assert_eq!(end_of("tomorrow"), None);
    }
}
