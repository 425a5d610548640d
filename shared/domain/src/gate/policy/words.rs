//! Words in a text: found at their bounds, also where somebody wrote them with letters that look alike.

use std::borrow::Cow;

use crate::base::text::is_invisible;

pub(super) use crate::base::look::{fold, look, plain};

/// Without characters that nobody sees, which would part a word.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if text.contains(is_invisible) {
        text.chars().filter(|c| !is_invisible(*c)).collect()
    } else {
        text.into()
    }
}

/// Whether a word stands in a text, both folded alike: not as a part of a longer one.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let (Some(first), Some(last)) = (word.chars().next(), word.chars().next_back()) else { return false };
    text.match_indices(word).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        parts(before, first) && parts(after, last)
    })
}

/// Whether a word may begin or end between its own letter and its neighbour.
fn parts(neighbour: Option<char>, own: char) -> bool {
    let joins = |c: char| c.is_alphanumeric() && !is_unspaced(c);
    neighbour.is_none_or(|neighbour| !(joins(neighbour) && joins(own)))
}

/// Letters of scripts that are written without spaces between words: any place between two of them may be a bound.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_their_bounds() {
        for (text, word, found) in [
            ("a first class answer", "ass", false),
            ("what an ass!", "ass", true),
            ("ass", "ass", true),
            ("ass_et.pdf", "ass", true),
            ("class ass", "ass", true),
            ("money back", "money back", true),
            ("money backs", "money back", false),
            ("100% safe", "100%", true),
            ("c++ code", "c++", true),
            // Scripts without spaces have no bounds to look for.
            ("我们保证退款", "保证", true),
            ("", "ass", false),
        ] {
            assert_eq!(has_word(&fold(text), &fold(word)), found, "{text} {word}");
        }
    }
}
