//! HTML as pages and answers show it.

pub use mail::normal::{ChangeKind, Link, Picture, Reading, lines, read, says_the_same, with_pictures};

pub use crate::gate::draft::{MAX_HTML_WEIGHT, MAX_TEXT_WEIGHT, weight};

/// What a change of HTML means, in a sentence; nothing for a kind that this version does not know.
pub fn explain(kind: &str) -> Option<&'static str> {
    ChangeKind::ALL.iter().find(|known| known.as_str() == kind).map(|known| known.sentence())
}
