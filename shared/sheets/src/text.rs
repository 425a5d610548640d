//! Text of files and of cells: character sets, white space, and how much of a text is kept.

use std::borrow::Cow;

use domain::gate::sheet::Unreadable;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// So many bytes say whether a file is UTF-16 that has no mark, and whether it is text.
const LOOKED_AT: usize = 8 * 1024;
/// How text begins that is no table.
const OTHERS: &[&str] = &[
    "<!doctype",
    "<html",
    "<?xml",
    "<head",
    "<body",
    "<table",
    "<meta",
    "<svg",
    "mime-version:",
    "{\\rtf",
    "%pdf-",
    "%!ps",
    "[{",
    "{\"",
];

/// The text of a file without its mark, and the name of its character set where that is another than UTF-8. What is
/// neither marked, nor UTF-8, nor clearly UTF-16 is read as windows-1252, as spreadsheets of western Europe write it.
pub(crate) fn decode(file: &[u8]) -> Result<(Cow<'_, str>, Option<&'static str>), Unreadable> {
    let (marked, length) =
        Encoding::for_bom(file).map_or((None, 0), |(encoding, length)| (Some(encoding), length));
    let bytes = &file[length..];
    let wide = marked.filter(|it| *it != UTF_8).or_else(|| unmarked(bytes));
    let (text, name) = match (wide, std::str::from_utf8(bytes)) {
        (Some(wide), _) => (wide.decode_without_bom_handling(bytes).0, Some(wide.name())),
        (None, Ok(text)) => (Cow::Borrowed(text), None),
        (None, Err(_)) => (WINDOWS_1252.decode_without_bom_handling(bytes).0, Some(WINDOWS_1252.name())),
    };
    if is_text(&text) { Ok((text, name)) } else { Err(Unreadable::OtherKind) }
}

/// UTF-16 without a mark: every other byte of western text is zero in it, and none of the others.
fn unmarked(bytes: &[u8]) -> Option<&'static Encoding> {
    let looked_at = &bytes[..bytes.len().min(LOOKED_AT)];
    let zeros = |odd: usize| looked_at.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let most = |zeros: usize| zeros * 4 > looked_at.len();
    match (even, odd) {
        (0, odd) if most(odd) => Some(UTF_16LE),
        (even, 0) if most(even) => Some(UTF_16BE),
        _ => None,
    }
}

/// No text has a zero in it, and hardly any other characters that control a terminal; markup is text, but no table.
fn is_text(text: &str) -> bool {
    let control = |c: &char| {
        c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1a}' | '\u{85}')
    };
    let controls = text.chars().take(LOOKED_AT).filter(control).count();
    let beginning: String = text.trim_start().chars().take(16).flat_map(char::to_lowercase).collect();
    !text.contains('\0')
        && controls * 100 <= text.len().min(LOOKED_AT)
        && !OTHERS.iter().any(|other| beginning.starts_with(other))
}

/// Whether nobody sees this character: white space, and what is as wide as nothing (U+200B, U+FEFF).
fn is_unseen(c: char) -> bool {
    c.is_whitespace() || is_without_width(c)
}

fn is_without_width(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Whether nobody sees anything of a text.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(is_unseen)
}

/// A text without what nobody sees at both its ends.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(is_unseen)
}

/// A text in one line, with one space wherever there is white space in it.
pub(crate) fn in_one_line(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !is_without_width(*c)).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cuts a text to so many characters. Whether there were more.
pub(crate) fn shorten(text: &mut String, most: usize) -> bool {
    let end = if text.len() <= most { None } else { text.char_indices().nth(most) };
    let Some((end, _)) = end else { return false };
    text.truncate(end);
    true
}

/// A text of which no more is kept than so many characters.
#[derive(Debug)]
pub(crate) struct Kept {
    text: String,
    left: usize,
    most: usize,
}

impl Kept {
    pub(crate) const fn new(most: usize) -> Self {
        Self { text: String::new(), left: most, most }
    }

    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.left = self.most;
    }

    pub(crate) fn add(&mut self, more: &str) {
        if let Some((end, _)) = more.char_indices().nth(self.left) {
            self.text.push_str(&more[..end]);
            self.left = 0;
        } else {
            self.text.push_str(more);
            self.left -= more.chars().count();
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_by_its_mark_or_by_what_it_seems_to_be() {
        let wide = |mark: &[u8], bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            mark.iter().copied().chain("name,Grün\n".encode_utf16().flat_map(bytes)).collect()
        };
        for (file, name) in [
            ("name,Grün\n".as_bytes().to_vec(), None),
            ("\u{feff}name,Grün\n".as_bytes().to_vec(), None),
            (b"name,Gr\xfcn\n".to_vec(), Some("windows-1252")),
            (b"\xef\xbb\xbfname,Gr\xfcn\n".to_vec(), Some("windows-1252")),
            (wide(b"\xff\xfe", u16::to_le_bytes), Some("UTF-16LE")),
            (wide(b"\xfe\xff", u16::to_be_bytes), Some("UTF-16BE")),
            (wide(b"", u16::to_le_bytes), Some("UTF-16LE")),
            (wide(b"", u16::to_be_bytes), Some("UTF-16BE")),
        ] {
            let (text, read_as) = decode(&file).unwrap();
            assert_eq!((text.as_ref(), read_as), ("name,Grün\n", name));
        }
        // What is cut in the middle of a character is read all the same.
        assert_eq!(decode(b"\xff\xfea\0b\0c").unwrap().0, "ab\u{fffd}");
    }

    #[test]
    fn what_is_no_table_is_of_another_kind() {
        let page = "  <!DOCTYPE html><table><tr><td>a</td></tr></table>";
        for file in [
            b"a,b\n\0\n".as_slice(),
            b"%PDF-1.7\n",
            b"\x01\x02\x03\x04",
            page.as_bytes(),
            b"{\\rtf1 a}",
            b"[{\"a\": 1}]",
        ] {
            assert_eq!(decode(file).unwrap_err(), Unreadable::OtherKind);
        }
        assert!(decode(b"[name],<b>,{c}\n").is_ok());
    }

    #[test]
    fn what_nobody_sees_is_nothing() {
        assert!(is_blank("") && is_blank(" \t\u{a0}\u{200b}\u{feff}\r\n") && !is_blank("\u{a0}x"));
        assert_eq!(trimmed("\u{a0}\u{200b} a b\u{feff}"), "a b");
        assert_eq!(in_one_line("\u{feff} First\r\n\u{a0} na\u{200b}me "), "First name");
    }

    #[test]
    fn no_more_is_kept_of_a_text_than_is_asked_for() {
        let mut kept = Kept::new(3);
        for (more, all) in [("ü", "ü"), ("bc", "übc"), ("d", "übc"), ("", "übc")] {
            kept.add(more);
            assert_eq!(kept.as_str(), all);
        }
        kept.clear();
        kept.add("ünder");
        assert_eq!(kept.as_str(), "ünd");
        let mut text = "ünder".to_owned();
        assert!(!shorten(&mut text, 5) && shorten(&mut text, 2));
        assert_eq!(text, "ün");
    }
}
