//! Labels: words by which people and programs sort mail.

use std::fmt;

use crate::base::text::{is_invisible, is_joiner};

/// A label, as it was written: `Invoice` and `invoice` are two.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(String);

/// Why a text is no label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLabel {
    /// It is empty or too long.
    #[error("must be 1 to {} characters", Label::MAX)]
    Length,
    /// Somebody who sees it must be able to type it.
    #[error("must not have control characters, invisible characters, or white space at an end")]
    Character,
    /// It would say something that is not a label's to say.
    #[error("is not a label: whether a mail was read is set by `read`")]
    Reserved,
    /// Where a mail is, and not what somebody calls it.
    #[error(
        "is not a label to set: `DELETE` puts a mail into the trash, `POST …/restore` takes it out, and lists of messages take it"
    )]
    System,
}

impl Label {
    /// The most characters of a label.
    pub const MAX: usize = 64;
    /// The most labels of one mail.
    pub const MOST: usize = 20;
    /// What lists call the trash.
    pub const TRASH: &str = "trash";
    /// What lists already say in a way of their own.
    const RESERVED: [&str; 2] = ["read", "unread"];

    /// Reads a label.
    pub fn parse(text: &str) -> Result<Self, InvalidLabel> {
        let label = Self::stored(text)?;
        if Self::RESERVED.iter().any(|word| word.eq_ignore_ascii_case(text)) {
            return Err(InvalidLabel::Reserved);
        }
        if Self::TRASH.eq_ignore_ascii_case(text) {
            return Err(InvalidLabel::System);
        }
        Ok(label)
    }

    /// Reads a label that a mail has: it may be from a time when it could be had.
    pub fn stored(text: &str) -> Result<Self, InvalidLabel> {
        if text.is_empty() || text.chars().count() > Self::MAX {
            return Err(InvalidLabel::Length);
        }
        let unseen = |c: char| {
            c.is_control() || is_invisible(c) && !is_joiner(c) || matches!(c, '\u{2028}' | '\u{2029}')
        };
        if text.trim() != text || text.chars().any(unseen) {
            return Err(InvalidLabel::Character);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_what_somebody_can_see_and_type() {
        for good in ["a", "To do", "Größe/2026", "请求", "x".repeat(64).as_str(), "\u{2764}\u{fe0f}"] {
            assert_eq!(Label::parse(good).unwrap().as_str(), good);
        }
        for (bad, why) in [
            ("", InvalidLabel::Length),
            ("x".repeat(65).as_str(), InvalidLabel::Length),
            (" a", InvalidLabel::Character),
            ("a\u{a0}", InvalidLabel::Character),
            ("a\nb", InvalidLabel::Character),
            ("a\u{202e}b", InvalidLabel::Character),
            ("a\u{200b}b", InvalidLabel::Character),
            ("a\u{2028}b", InvalidLabel::Character),
            ("Unread", InvalidLabel::Reserved),
            ("Trash", InvalidLabel::System),
        ] {
            assert_eq!(Label::parse(bad), Err(why), "{bad:?}");
        }
    }
}
