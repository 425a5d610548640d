//! Bytes to text, whatever their label says.

use std::borrow::Cow;

use mail_parser::Charset;

/// What shifts to Japanese letters in ISO-2022-JP (RFC 1468): nothing else has these.
const SHIFTS: [&[u8]; 5] = [b"\x1b$B", b"\x1b$@", b"\x1b(J", b"\x1b(I", b"\x1b$(D"];

/// The text of `bytes`, and whether it is in doubt: the label is unknown or wrong, or some bytes mean nothing (U+FFFD).
///
/// A label is believed unless the bytes speak against it: what is UTF-8 throughout, and not ASCII, is UTF-8 under the
/// label of a Latin or Cyrillic character set too; what shifts to Japanese letters is ISO-2022-JP where nothing is
/// declared but ASCII. UTF-7 (RFC 2152) is only read where it is declared: elsewhere it hides markup from filters.
pub(super) fn decode<'a>(bytes: &'a [u8], label: Option<&str>) -> (Cow<'a, str>, bool) {
    let Some(label) = label.map(str::trim).filter(|label| !label.is_empty()) else {
        return guess(bytes, false);
    };
    let Some(charset) = lookup(label) else { return (guess(bytes, false).0, true) };
    if is_ascii(label) || charset == Charset::Utf8 {
        let (text, doubt) = guess(bytes, charset == Charset::Utf8);
        return (text, doubt || (is_ascii(label) && !bytes.is_ascii()));
    }
    match charset {
        // A shift sequence that is still open at the end ends there: the reader drops it, so it is closed.
        Charset::Utf7 => {
            let closed = [bytes, b"\n"].concat();
            let (text, malformed) = charset.decode_checked(&closed);
            (Cow::Owned(text.strip_suffix('\n').unwrap_or(&text).to_owned()), malformed)
        }
        Charset::Iso2022Jp => {
            let (text, malformed) = japanese(bytes);
            if malformed { or_utf8(bytes, text) } else { (text, false) }
        }
        _ => {
            if is_told_from_utf8(charset) {
                if bytes.is_ascii() && has_shift(bytes) {
                    let (text, malformed) = japanese(bytes);
                    if !malformed {
                        return (text, true);
                    }
                }
                if let Ok(text) = str::from_utf8(bytes)
                    && text.contains(is_usual)
                {
                    return (Cow::Borrowed(text), true);
                }
            }
            let (text, malformed) = charset.decode_checked(bytes);
            if malformed { or_utf8(bytes, text) } else { (text, false) }
        }
    }
}

/// The text of bytes in the character set of that name, and whether it is wrong; the name is believed. For parts of a
/// text, which may begin or end within a letter.
pub(super) fn decode_as<'a>(bytes: &'a [u8], label: &str) -> (Cow<'a, str>, bool) {
    match lookup(label) {
        Some(Charset::Iso2022Jp) => japanese(bytes),
        Some(Charset::Utf7) => decode(bytes, Some(label)),
        Some(charset) if !is_ascii(label) => charset.decode_checked(bytes),
        _ => decode(bytes, Some(label)),
    }
}

/// Whether the bytes are ASCII and mean it: no shifts to Japanese letters.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    bytes.is_ascii() && !has_shift(bytes)
}

/// The character set that a label names.
pub(super) fn lookup(label: &str) -> Option<Charset> {
    let lower = label.to_ascii_lowercase();
    match lower.as_str() {
        "unicode-1-1-utf-7" | "csunicode11utf7" | "x-unicode-2-0-utf-7" => Some(Charset::Utf7),
        "iso-2022-jp-1" | "iso-2022-jp-2" | "iso-2022-jp-3" | "iso-2022-jp-2004" | "iso-2022-jp-ms"
        | "cp50220" | "cp50221" | "cp50222" => Some(Charset::Iso2022Jp),
        "cp932" | "windows-932" | "ms932" => Some(Charset::ShiftJis),
        "cp936" | "windows-936" | "ms936" => Some(Charset::Gbk),
        "cp949" | "ms949" | "uhc" => Some(Charset::EucKr),
        "cp950" | "ms950" => Some(Charset::Big5),
        "unknown-8bit" | "x-unknown" | "unknown" | "default" | "binary" => None,
        _ => Charset::from_label(label.as_bytes()),
    }
}

fn is_ascii(label: &str) -> bool {
    ["us-ascii", "ascii", "ansi_x3.4-1968", "646", "iso646-us", "us"]
        .iter()
        .any(|ascii| label.eq_ignore_ascii_case(ascii))
}

/// Whether words in this character set hardly ever look like UTF-8: its letters stand together from 0xC0 on, and UTF-8
/// would want a byte below between any two. Not so in Greek, Hebrew, Arabic and Thai ones, nor where letters take two bytes.
fn is_told_from_utf8(charset: Charset) -> bool {
    matches!(
        charset,
        Charset::Iso8859_2
            | Charset::Iso8859_3
            | Charset::Iso8859_4
            | Charset::Iso8859_5
            | Charset::Iso8859_9
            | Charset::Iso8859_10
            | Charset::Iso8859_13
            | Charset::Iso8859_14
            | Charset::Iso8859_15
            | Charset::Iso8859_16
            | Charset::Windows1250
            | Charset::Windows1251
            | Charset::Windows1252
            | Charset::Windows1254
            | Charset::Windows1257
            | Charset::Koi8R
            | Charset::Koi8U
    )
}

/// Whether a letter beyond ASCII is one that people write. Two bytes of Latin text that happen to be UTF-8 (`É` and a
/// no-break space) are one that nobody does.
fn is_usual(c: char) -> bool {
    matches!(
        c,
        '\u{80}'..='\u{17f}' | '\u{386}'..='\u{3ce}' | '\u{400}'..='\u{45f}' | '\u{5d0}'..='\u{5ea}' | '\u{620}'..='\u{64a}' | '\u{900}'..
    )
}

/// Text about which nothing is known but that it may be UTF-8, or is said to be.
fn guess(bytes: &[u8], declared: bool) -> (Cow<'_, str>, bool) {
    if let Ok(text) = str::from_utf8(bytes) {
        if bytes.is_ascii() && has_shift(bytes) {
            let (japanese, malformed) = japanese(bytes);
            if !malformed {
                return (japanese, false);
            }
        }
        return (Cow::Borrowed(text), false);
    }
    // A text that is UTF-8 for the most part has been damaged. One that is nowhere is something else, and of all
    // others windows-1252 is the most usual, which browsers fall back on too.
    let (mut letters, mut broken) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        letters += chunk.valid().chars().filter(|c| is_usual(*c)).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    if letters >= broken || (declared && letters > 0) {
        (String::from_utf8_lossy(bytes), true)
    } else {
        (Charset::Windows1252.decode(bytes), true)
    }
}

/// `text`, unless the bytes are UTF-8 after all.
fn or_utf8<'a>(bytes: &'a [u8], text: Cow<'a, str>) -> (Cow<'a, str>, bool) {
    match str::from_utf8(bytes) {
        Ok(utf8) if !bytes.is_ascii() => (Cow::Borrowed(utf8), true),
        _ => (text, true),
    }
}

fn has_shift(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|&byte| byte == 0x1b) {
        at += found;
        if SHIFTS.iter().any(|shift| bytes[at..].starts_with(shift)) {
            return true;
        }
        at += 1;
    }
    false
}

/// Reads ISO-2022-JP. A shift that another one follows at once says nothing and is left out: joined words and lines have
/// such, and the decoder takes them for an attack.
fn japanese(bytes: &[u8]) -> (Cow<'_, str>, bool) {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let shift = shift_at(&bytes[at..]);
        if shift == 0 {
            plain.push(bytes[at]);
            at += 1;
            continue;
        }
        if shift_at(&bytes[at + shift..]) == 0 {
            plain.extend_from_slice(&bytes[at..at + shift]);
        }
        at += shift;
    }
    let (text, malformed) = Charset::Iso2022Jp.decode_checked(&plain);
    (Cow::Owned(text.into_owned()), malformed)
}

/// The length of the shift at the beginning of `bytes`; none is 0.
fn shift_at(bytes: &[u8]) -> usize {
    let shift = SHIFTS.iter().find(|shift| bytes.starts_with(shift)).map(|shift| shift.len());
    shift.or_else(|| bytes.starts_with(b"\x1b(B").then_some(3)).unwrap_or(0)
}
