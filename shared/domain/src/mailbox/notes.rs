//! What a program keeps with a mail that it sends: for itself, its webhooks and its reports. No recipient sees any of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::base::text::is_invisible;

/// A word that programs sort mail by, and the name of a value in [`Notes::metadata`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

/// Why a text is no [`Tag`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {} letters of a to z, digits, dots, hyphens, colons and underscores", Tag::MAX)]
pub struct InvalidTag;

impl Tag {
    /// The most characters of a tag.
    pub const MAX: usize = 64;

    /// Reads a tag.
    ///
    /// # Errors
    /// [`InvalidTag`] for what is not 1 to [`Tag::MAX`] of `A-Z a-z 0-9 . - : _`.
    pub fn parse(text: &str) -> Result<Self, InvalidTag> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'_');
        let good = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(plain);
        if good { Ok(Self(text.to_owned())) } else { Err(InvalidTag) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a program keeps with a mail. It is no part of the mail, and not of what is approved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Values by name, at most [`Notes::MOST_VALUES`].
    pub metadata: BTreeMap<Tag, String>,
    /// Words, at most [`Notes::MOST_TAGS`].
    pub tags: BTreeSet<Tag>,
}

impl Notes {
    /// The most values of one mail.
    pub const MOST_VALUES: usize = 20;
    /// The most characters of a value.
    pub const MAX_VALUE: usize = 200;
    /// The most tags of one mail.
    pub const MOST_TAGS: usize = 10;

    /// Whether somebody who reads a value sees all of it: lists and events show it as it is.
    pub fn is_value(text: &str) -> bool {
        text.chars().count() <= Self::MAX_VALUE && !text.chars().any(|c| c.is_control() || is_invisible(c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_a_word_that_every_program_can_write() {
        for good in ["a", "order-42", "crm:lead.7_x", &"x".repeat(64)] {
            assert_eq!(Tag::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", " a", "a b", "größe", "a\n", "a=b", &"x".repeat(65)] {
            assert_eq!(Tag::parse(bad), Err(InvalidTag), "{bad:?}");
        }
    }

    #[test]
    fn a_value_is_what_somebody_sees() {
        assert!(Notes::is_value("") && Notes::is_value("Größe 42") && Notes::is_value(&"é".repeat(200)));
        assert!(
            !Notes::is_value("a\nb") && !Notes::is_value("a\u{202e}b") && !Notes::is_value(&"é".repeat(201))
        );
    }
}
