//! Header fields to text: encoded words (RFC 2047) and bytes beyond ASCII, as they are really written.
//!
//! Each word is decoded on its own. Only where that leaves half letters, adjacent words of one character set are joined
//! first: RFC 2047 §5 forbids to split a letter, and many programs do.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mail_parser::Charset;

use super::charset;

/// Longest name of a character set, in bytes.
const MAX_CHARSET: usize = 60;
/// So many bytes of text go into one word that is written here: mail-parser reads no longer ones than 998 bytes.
const WRITTEN: usize = 600;

/// A word of a field that is not decoded yet.
struct Word {
    charset: String,
    bytes: Vec<u8>,
}

/// The text of a field: unfolded, words decoded, without blanks around. `declared` is the character set that the mail
/// declares for its text: bytes beyond ASCII that are not UTF-8 are mostly in it.
pub(crate) fn to_text(raw: &[u8], declared: Option<&str>) -> String {
    let mut out = String::with_capacity(raw.len());
    read(
        raw,
        |_| true,
        |piece| match piece {
            Piece::Plain(bytes) => push_unfolded(&plain(bytes, declared), &mut out),
            Piece::Words(words) => push_decoded(&words, &mut out),
        },
    );
    out.trim_matches([' ', '\t', '\r', '\n']).to_owned()
}

/// The field with all words in UTF-8, and all bytes too: for a parser that splits it first. Words keep being words, so
/// that nothing in them is taken for a comma, a quote or an address.
pub(super) fn to_utf8<'a>(raw: &'a [u8], declared: Option<&str>) -> Cow<'a, [u8]> {
    if charset::is_plain(raw) && !raw.windows(2).any(|two| two == b"=?") {
        return Cow::Borrowed(raw);
    }
    let mut out = Vec::with_capacity(raw.len() + raw.len() / 2);
    // Where a parser would not look for a word, none is made: `a=?utf-8?q?b?=@x.test` is an address.
    let begins = |before: Option<u8>| {
        before.is_none_or(|byte| byte.is_ascii_whitespace() || b"\"(,:;>".contains(&byte))
    };
    read(raw, begins, |piece| match piece {
        Piece::Plain(bytes) => out.extend_from_slice(plain(bytes, declared).as_bytes()),
        Piece::Words(words) => {
            let mut text = String::new();
            push_decoded(&words, &mut text);
            let mut rest = text.as_str();
            let mut first = true;
            while !rest.is_empty() || first {
                let (now, later) = rest.split_at(rest.floor_char_boundary(WRITTEN));
                if !first {
                    out.push(b' ');
                }
                out.extend_from_slice(format!("=?utf-8?B?{}?=", STANDARD.encode(now)).as_bytes());
                (rest, first) = (later, false);
            }
        }
    });
    Cow::Owned(out)
}

/// What a field is made of.
enum Piece<'a> {
    /// Bytes as they stand.
    Plain(&'a [u8]),
    /// Words with nothing but blanks between them.
    Words(Vec<Word>),
}

/// Takes a field apart. `begins` says after which byte a word may begin. Linear: no byte is looked at more than a few times.
fn read(raw: &[u8], begins: impl Fn(Option<u8>) -> bool, mut take: impl FnMut(Piece<'_>)) {
    let mut ends = Ends { raw, next: 0 };
    let (mut at, mut plain) = (0, 0);
    let mut words: Vec<Word> = vec![];
    while at < raw.len() {
        let allowed = (!words.is_empty() && plain == at) || begins(at.checked_sub(1).map(|last| raw[last]));
        let word = if allowed && raw[at..].starts_with(b"=?") { word(raw, at, &mut ends) } else { None };
        let Some((word, end)) = word else {
            at += 1;
            continue;
        };
        if !raw[plain..at].iter().all(u8::is_ascii_whitespace) || words.is_empty() {
            if !words.is_empty() {
                take(Piece::Words(std::mem::take(&mut words)));
            }
            take(Piece::Plain(&raw[plain..at]));
        }
        words.push(word);
        (at, plain) = (end, end);
    }
    if !words.is_empty() {
        take(Piece::Words(words));
    }
    take(Piece::Plain(&raw[plain..]));
}

/// Where words may end: asked for places that only go on, so that a field is searched once.
struct Ends<'a> {
    raw: &'a [u8],
    /// What lies before was searched.
    next: usize,
}

impl Ends<'_> {
    /// The first `?=` at or after `from`.
    fn after(&mut self, from: usize) -> Option<usize> {
        self.next = self.next.max(from);
        match self.raw.get(self.next..)?.windows(2).position(|two| two == b"?=") {
            Some(found) => self.next += found,
            None => self.next = self.raw.len(),
        }
        (self.next < self.raw.len()).then_some(self.next)
    }
}

/// The word that begins at `at`, and where it ends. A charset may have a language (RFC 2231 §5), which says nothing here.
/// More than the standard allows is taken for a word: blanks and folds in it, padding anywhere, any length.
fn word(raw: &[u8], at: usize, ends: &mut Ends<'_>) -> Option<(Word, usize)> {
    let rest = &raw[at + 2..];
    let length = rest.iter().take(MAX_CHARSET).position(|&byte| byte == b'?')?;
    let charset = rest[..length].split(|&byte| byte == b'*').next()?;
    if charset.is_empty() || !charset.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let is_base64 = match rest.get(length + 1..length + 3)? {
        [b'B' | b'b', b'?'] => true,
        [b'Q' | b'q', b'?'] => false,
        _ => return None,
    };
    let begin = at + 2 + length + 3;
    let end = ends.after(begin)?;
    let payload = &raw[begin..end];
    // Another word begins before this one ends: this one has no end.
    if payload.windows(2).any(|two| two == b"=?") {
        return None;
    }
    let bytes = if is_base64 { base64(payload)? } else { quoted(payload) };
    Some((Word { charset: String::from_utf8_lossy(charset).into_owned(), bytes }, end + 2))
}

/// Base64 of a word: padding ends a group, wherever it stands; blanks mean nothing. `None`: something else is in it.
fn base64(payload: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(payload.len() / 4 * 3 + 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for &byte in payload {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                (bits, held) = (0, 0);
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xff) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(out)
}

/// Q of a word (RFC 2047 §4.2): an escape that is none stays as it is, and a fold in the word is nothing.
fn quoted(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len());
    let mut at = 0;
    while at < payload.len() {
        let rest = &payload[at..];
        at += match rest {
            [b'=', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(super::transfer::hex_value(*high) << 4 | super::transfer::hex_value(*low));
                3
            }
            [b'\r', b'\n', b' ' | b'\t', ..] => 3,
            [b'\n', b' ' | b'\t', ..] => 2,
            [b'_', ..] => {
                out.push(b' ');
                1
            }
            _ => {
                out.push(rest[0]);
                1
            }
        };
    }
    out
}

/// The text of adjacent words.
fn push_decoded(words: &[Word], out: &mut String) {
    for group in words.chunk_by(|a, b| a.charset.eq_ignore_ascii_case(&b.charset)) {
        let label = group[0].charset.as_str();
        let alone: Vec<_> = group.iter().map(|word| charset::decode_as(&word.bytes, label)).collect();
        // Where a word leaves the Japanese letters open, the next one goes on in them.
        let open = group[..group.len() - 1].iter().any(|word| is_open(&word.bytes));
        if group.len() == 1 || !(open || alone.iter().any(|(_, wrong)| *wrong)) {
            // As one text, which tells more: what is UTF-8 under another label is seen then.
            let whole: Vec<u8> = group.iter().flat_map(|word| &word.bytes).copied().collect();
            let (text, doubt) = charset::decode(&whole, Some(label));
            if doubt && !text.contains(char::REPLACEMENT_CHARACTER) {
                out.push_str(&text);
            } else {
                out.extend(alone.iter().map(|(text, _)| text.as_ref()));
            }
        } else {
            let joined: Vec<u8> = group.iter().flat_map(|word| &word.bytes).copied().collect();
            out.push_str(&charset::decode(&joined, Some(label)).0);
        }
    }
}

/// Whether bytes end within Japanese letters of ISO-2022-JP.
fn is_open(bytes: &[u8]) -> bool {
    bytes.iter().rposition(|&byte| byte == 0x1b).is_some_and(|at| bytes[at..].starts_with(b"\x1b$"))
}

/// Bytes of a field that are no words.
fn plain<'a>(bytes: &'a [u8], declared: Option<&str>) -> Cow<'a, str> {
    let is_usual = |label: &&str| {
        let charset = charset::lookup(label);
        !matches!(
            charset,
            None | Some(
                Charset::Utf7 | Charset::Utf16 | Charset::Utf16Le | Charset::Utf16Be | Charset::Replacement
            )
        )
    };
    if str::from_utf8(bytes).is_err()
        && let Some(label) = declared.filter(is_usual)
    {
        let (text, doubt) = charset::decode(bytes, Some(label));
        if !doubt {
            return text;
        }
    }
    charset::decode(bytes, None).0
}

/// Appends text without its line ends: a fold is one blank.
fn push_unfolded(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['\r', '\n']) {
        out.push_str(rest[..at].trim_end_matches([' ', '\t']));
        out.push(' ');
        rest = rest[at..].trim_start_matches([' ', '\t', '\r', '\n']);
    }
    out.push_str(rest);
}
