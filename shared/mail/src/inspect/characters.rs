//! Characters that are not drawn, and characters that turn the order of letters around.

use std::fmt::Write as _;

use domain::base::text::is_invisible;
use domain::mailbox::finding::Finding;

/// So many invisible characters in a row can carry something.
const RUN: usize = 8;
/// A pattern of at most this length that repeats is padding: a newsletter fills its preview line so.
const PERIOD: usize = 6;
/// So many variation selectors in a row carry bytes: an honest one stands alone.
const SELECTORS: usize = 4;
/// So many words that are split by something invisible are meant to get past a filter.
const SPLIT_WORDS: usize = 4;

/// The Unicode tag characters: a copy of ASCII that nothing draws.
fn is_tag(c: char) -> bool {
    matches!(c, '\u{E0000}'..='\u{E007F}')
}

fn is_selector_supplement(c: char) -> bool {
    matches!(c, '\u{E0100}'..='\u{E01EF}')
}

fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}') || is_selector_supplement(c)
}

/// A piece of a text as evidence: on one line, at most [`Finding::MAX_EVIDENCE`] characters, what can't be seen as
/// `U+200B`, a text in tag characters as what it says.
pub(super) fn evidence(text: &str) -> String {
    let mut out = String::new();
    let (mut length, mut gap) = (0, false);
    for c in text.chars().take(4 * Finding::MAX_EVIDENCE) {
        if c.is_whitespace() {
            gap = length > 0;
            continue;
        }
        let mut shown = String::new();
        if is_invisible(c) || c.is_control() {
            let _ = write!(shown, "U+{:04X} ", u32::from(c));
        } else {
            shown.push(c);
        }
        let width = shown.len().min(shown.chars().count()) + usize::from(gap);
        if length + width >= Finding::MAX_EVIDENCE {
            out.push('…');
            break;
        }
        if std::mem::take(&mut gap) {
            out.push(' ');
        }
        out.push_str(&shown);
        length += width;
    }
    out.trim_end().to_owned()
}

/// What a text in tag characters says.
fn spoken(run: &[char]) -> String {
    run.iter()
        .filter_map(|c| char::from_u32(u32::from(*c).wrapping_sub(0xE0000)))
        .filter(|c| !c.is_control())
        .collect()
}

/// Whether a run of invisible characters says nothing because it is one short pattern again and again.
fn is_padding(run: &[char]) -> bool {
    (1..=PERIOD).any(|period| run.len() >= period && run.iter().zip(&run[period..]).all(|(a, b)| a == b))
}

/// Evidence of characters that carry something unseen.
pub(super) fn invisible(text: &str) -> Option<String> {
    // Nearly every mail: nothing to look for.
    if text.is_ascii() {
        return None;
    }
    let mut run: Vec<char> = Vec::new();
    let (mut before, mut split, mut first_split) = (' ', 0, String::new());
    let mut base = ' ';
    for c in text.chars().chain([' ']) {
        if is_invisible(c) {
            if run.is_empty() {
                base = before;
            }
            run.push(c);
            continue;
        }
        if !run.is_empty() {
            if let Some(found) = judge(&run, base) {
                return Some(found);
            }
            // Between two letters of ASCII nothing invisible is ever needed, a soft hyphen aside.
            if base.is_ascii_alphabetic() && c.is_ascii_alphabetic() && run.iter().any(|c| *c != '\u{AD}') {
                split += 1;
                if first_split.is_empty() {
                    first_split = format!("{base}{}{c}", run.iter().collect::<String>());
                }
                if split >= SPLIT_WORDS {
                    return Some(evidence(&format!("words split by something unseen: {first_split}")));
                }
            }
            run.clear();
        }
        before = c;
    }
    None
}

/// Whether one run carries something, after the character `base`.
fn judge(run: &[char], base: char) -> Option<String> {
    let tags = run.iter().filter(|c| is_tag(**c)).count();
    if tags > 0 {
        // The flags of England, Scotland and Wales are a black flag with a region in tag characters.
        let flag = base == '\u{1F3F4}' && tags == run.len() && tags <= 7 && run.last() == Some(&'\u{E007F}');
        return (!flag).then(|| {
            let said = format!("{tags} tag characters that say \u{201C}{}\u{201D}", spoken(run));
            evidence(&said)
        });
    }
    let selectors = run.iter().filter(|c| is_selector(**c)).count();
    let carries = selectors >= SELECTORS || (run.len() >= RUN && !is_padding(run));
    carries.then(|| {
        let shown: String = run.iter().take(12).collect();
        evidence(&format!("{} in a row: {shown}", run.len()))
    })
}

/// Evidence of an override that makes a text read differently from what it says. Embeddings and isolates are the way
/// to write honest text in two directions: they count in names of files alone.
pub(super) fn bidirectional(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let at = text.char_indices().find(|(at, c)| match c {
        '\u{202E}' => true,
        // Address books put telephone numbers between an override and its end.
        '\u{202D}' => !is_number(&text[at + c.len_utf8()..]),
        _ => false,
    });
    at.map(|(at, _)| around(text, at))
}

fn is_number(text: &str) -> bool {
    let number = text.chars().take(40).take_while(|c| *c != '\u{202C}' && *c != '\n');
    number.into_iter().all(|c| c.is_ascii_digit() || c.is_whitespace() || "+()-./\u{2011}".contains(c))
}

/// The evidence around a place in a text.
pub(super) fn around(text: &str, at: usize) -> String {
    evidence(&text[text.floor_char_boundary(at.saturating_sub(40))..])
}
