//! Text, by the character set that it declares or seems to have.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use wire::mailbox::previews::{MAX_LINES, MAX_TEXT, Shown};

/// So many bytes say whether a file is text.
const LOOKED_AT: usize = 8 * 1024;

/// Whether a file is text: none of the characters in it is one that no text has.
pub(crate) fn is_text(file: &[u8]) -> bool {
    let beginning = &file[..file.len().min(LOOKED_AT)];
    Encoding::for_bom(beginning).is_some()
        || !beginning.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31))
}

/// The text, and the name of the character set by which it was read.
pub(crate) fn read(file: &[u8], content_type: &str) -> (String, &'static str) {
    let marked = Encoding::for_bom(file).map(|(encoding, _)| encoding);
    let guessed = || if std::str::from_utf8(file).is_ok() { UTF_8 } else { WINDOWS_1252 };
    let encoding = marked.or_else(|| declared(content_type)).unwrap_or_else(guessed);
    let (text, encoding, _) = encoding.decode(file);
    (text.into_owned(), encoding.name())
}

/// The character set that a media type names.
fn declared(content_type: &str) -> Option<&'static Encoding> {
    let mut parameters = content_type.split(';').skip(1).filter_map(|one| one.split_once('='));
    let (_, label) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Encoding::for_label(label.trim().trim_matches('"').as_bytes())
}

/// The beginning of a text.
pub(crate) fn show(text: &str, charset: &str) -> Shown {
    let lines = text.match_indices('\n').nth(MAX_LINES - 1).map(|(at, _)| at);
    let characters = text.char_indices().nth(MAX_TEXT).map(|(at, _)| at);
    let end = lines.unwrap_or(text.len()).min(characters.unwrap_or(text.len()));
    let cut = !text[end..].trim().is_empty();
    Shown::Text { text: text[..end].to_owned(), cut, charset: charset.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_by_its_mark_its_declaration_or_a_guess() {
        let utf16: Vec<u8> =
            [0xFF, 0xFE].into_iter().chain("Gr\u{fc}n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for (bytes, content_type, charset) in [
            ("Gr\u{fc}n".as_bytes(), "text/plain", "UTF-8"),
            (b"Gr\xfcn", "text/plain", "windows-1252"),
            (b"Gr\x81n", "text/plain; charset=ibm866", "IBM866"),
            (b"Gr\xfcn", "text/plain; Charset=\"iso-8859-1\"", "windows-1252"),
            (utf16.as_slice(), "text/plain; charset=utf-8", "UTF-16LE"),
            (b"Gr\xfcn", "text/plain; charset=nonsense", "windows-1252"),
        ] {
            let (text, read_as) = read(bytes, content_type);
            assert_eq!(read_as, charset, "{content_type}");
            assert!(text.starts_with("Gr") && text.ends_with('n'), "{text}");
        }
        assert!(is_text(b"a,b\r\n\tc\x1b[0m") && is_text(&utf16) && !is_text(b"a\0b") && !is_text(b"\x01"));
    }

    #[test]
    fn a_long_text_is_cut() {
        let Shown::Text { text, cut, .. } = show(&"line\n".repeat(500), "UTF-8") else { panic!("no text") };
        assert_eq!((text.lines().count(), cut), (MAX_LINES, true));
        let Shown::Text { text, cut, .. } = show(&"\u{fc}".repeat(100_000), "UTF-8") else {
            panic!("no text")
        };
        assert_eq!((text.chars().count(), cut), (MAX_TEXT, true));
        let Shown::Text { cut, .. } = show("one\ntwo\n", "UTF-8") else { panic!("no text") };
        assert!(!cut);
    }
}
