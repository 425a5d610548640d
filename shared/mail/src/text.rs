//! Small helpers on characters and lines that several modules share.

use std::{borrow::Cow, fmt::Write as _};

/// Whether a character may change what a header line or a file name *is* or *looks like* without being seen:
/// control characters (C0, DEL, C1), line and paragraph separators, and the bidirectional overrides and
/// isolates that let `gpj.exe` be read as `exe.jpg` (Unicode TR 36 §3.3). Left-to-right and right-to-left
/// marks stay allowed: they are needed for honest mixed-direction text and cannot reverse a run.
pub(crate) fn is_unsafe_in_header(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_bidirectional(c)
}

/// Embeddings, overrides and isolates (Unicode TR 9). The two marks are none of them: they can't turn a run around.
fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether a text has controls that turn letters around: whatever is shown of it has lost them.
pub(crate) fn has_bidirectional(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(is_bidirectional)
}

/// Cuts `text` to at most `max` bytes at a character boundary. The flag says whether something was cut.
pub(crate) fn cut(text: &str, max: usize) -> (&str, bool) {
    if text.len() <= max { (text, false) } else { (&text[..text.floor_char_boundary(max)], true) }
}

/// One clean line for names and subjects: unsafe characters become spaces where they separate words and
/// vanish otherwise, runs of spaces collapse, and at most `max` bytes are kept.
pub(crate) fn clean_line(text: &str, max: usize) -> String {
    // The input itself is cut first (generously), so a 30 MB subject costs nothing.
    let (text, _) = cut(text, max.saturating_mul(4));
    let mut out = String::with_capacity(text.len().min(max));
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}') {
            gap = true;
        } else if !is_unsafe_in_header(c) {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            if out.len() + c.len_utf8() > max {
                break;
            }
            out.push(c);
        }
    }
    out
}

/// Turns CRLF and lone CR into LF. Borrows when there is nothing to do.
pub(crate) fn to_lf(text: &str) -> Cow<'_, str> {
    if !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\r' {
            chars.next_if_eq(&'\n');
            out.push('\n');
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a String never fails.
        let _ = write!(out, "{byte:02x}");
        out
    })
}
