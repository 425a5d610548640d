//! File names in `Content-Disposition` and `Content-Type` (RFC 2183, RFC 2045 §5.1), as they are really written.

use super::{charset, words};

/// Most parameters of a field that are looked at.
const MAX_PARAMETERS: usize = 200;
/// Most pieces of a name (RFC 2231 §3).
const MAX_PIECES: usize = 100;

/// The parameter `name` of a field, decoded. `declared` is the character set of the mail's text. Pieces of a name are
/// joined before anything is decoded: encoded words, which RFC 2047 §5 forbids here and everybody writes, are cut anywhere.
///
/// A name in the form of RFC 2231 comes before one that is not: it is there for those who can read it.
pub(super) fn parameter(value: &[u8], name: &str, declared: Option<&str>) -> Option<String> {
    let mut plain = None;
    let mut extended = None;
    let mut pieces: Vec<Piece> = vec![];
    for (key, value) in split(value).take(MAX_PARAMETERS) {
        let key = key.to_ascii_lowercase();
        let Some(rest) = key.strip_prefix(name) else { continue };
        if rest.is_empty() {
            plain.get_or_insert(value);
        } else if rest == "*" {
            extended.get_or_insert(value);
        } else if let Some(number) = rest.strip_prefix('*') {
            let (number, encoded) = number.strip_suffix('*').map_or((number, false), |number| (number, true));
            if let Ok(number) = number.parse::<u32>()
                && pieces.len() < MAX_PIECES
            {
                pieces.push(Piece { number, encoded, value });
            }
        }
    }
    let name = match (extended, plain) {
        (Some(value), _) => extended_text(&[Piece { number: 0, encoded: true, value }], declared),
        (None, plain) if !pieces.is_empty() => {
            pieces.sort_by_key(|piece| piece.number);
            pieces.dedup_by_key(|piece| piece.number);
            // A piece is missing: what follows it would stand in the wrong place.
            let whole = pieces.iter().zip(0..).take_while(|(piece, at)| piece.number == *at).count();
            match (whole, plain) {
                (0, Some(plain)) => words::to_text(&plain, declared),
                // Some begin to count at one.
                (0, None) => extended_text(&pieces, declared),
                (whole, _) => extended_text(&pieces[..whole], declared),
            }
        }
        (None, Some(plain)) => {
            if has_extended_form(&plain) {
                extended_text(&[Piece { number: 0, encoded: true, value: plain }], declared)
            } else {
                words::to_text(&plain, declared)
            }
        }
        (None, None) => return None,
    };
    (!name.trim().is_empty()).then_some(name)
}

/// Whether a name is written in the form of RFC 2231, `charset'language'percent-encoded`, under the name of the plain one. Programs read it,
/// ours among them.
pub(crate) fn has_extended_form(plain: &[u8]) -> bool {
    let mut form = plain.splitn(3, |byte| *byte == b'\'');
    let (charset, _, text) = (form.next(), form.next(), form.next());
    let known = charset.is_some_and(|label| charset::lookup(&String::from_utf8_lossy(label)).is_some());
    known && text.is_some_and(|text| text.contains(&b'%'))
}

struct Piece {
    number: u32,
    encoded: bool,
    value: Vec<u8>,
}

/// Joins the pieces of a name and decodes them: `charset'language'percent-encoded` (RFC 2231 §4), or words.
fn extended_text(pieces: &[Piece], declared: Option<&str>) -> String {
    let mut label = None;
    let mut bytes = vec![];
    for (at, piece) in pieces.iter().enumerate() {
        let mut value = piece.value.as_slice();
        if !piece.encoded {
            bytes.extend_from_slice(value);
            continue;
        }
        let mut parts = value.splitn(3, |byte| *byte == b'\'');
        if let (0, Some(charset), Some(_), Some(rest)) = (at, parts.next(), parts.next(), parts.next()) {
            label = Some(String::from_utf8_lossy(charset).into_owned());
            value = rest;
        }
        bytes.extend(percent_encoding::percent_decode(value));
    }
    match label.filter(|label| !label.is_empty()) {
        Some(label) => {
            let text = charset::decode(&bytes, Some(&label)).0;
            // Encoded twice, by a program that did not look.
            if text.contains("=?") { words::to_text(text.as_bytes(), None) } else { text.into_owned() }
        }
        None => words::to_text(&bytes, declared),
    }
}

/// The parameters of a field in order: name and value, quotes and folds taken away.
fn split(value: &[u8]) -> impl Iterator<Item = (String, Vec<u8>)> {
    let mut at = end_of_value(value, 0).1;
    std::iter::from_fn(move || {
        while at < value.len() {
            // Behind a `;`, or behind a fold where it was forgotten.
            at += value[at..].iter().take_while(|&&byte| byte == b';' || byte.is_ascii_whitespace()).count();
            let length = value[at..].iter().take_while(|&&byte| !b"=;\"".contains(&byte)).count();
            let key = String::from_utf8_lossy(&value[at..at + length]).trim().to_owned();
            at += length;
            if value.get(at) == Some(&b'=') {
                let (text, end) = end_of_value(value, at + 1);
                at = end;
                return Some((key, text));
            }
            at = end_of_value(value, at).1.max(at + 1);
        }
        None
    })
}

/// The value that begins at `at`, and where the `;` after it is. Names with blanks in them are often not quoted, and
/// quotes inside encoded words are none.
fn end_of_value(raw: &[u8], at: usize) -> (Vec<u8>, usize) {
    let mut out = vec![];
    let mut at = at + raw[at.min(raw.len())..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let mut quoted = false;
    // Blanks that are not quoted are dropped at the end.
    let mut kept = 0;
    let mut comment = 0_usize;
    while at < raw.len() {
        let rest = &raw[at..];
        if quoted {
            kept = out.len();
        }
        at += match rest {
            [b'"', ..] if comment == 0 => {
                quoted = !quoted;
                1
            }
            // A path of Windows has backslashes that quote nothing.
            [b'\\', next @ (b'"' | b'\\'), ..] if quoted => {
                out.push(*next);
                2
            }
            // A fold in quotes is one blank, or none where a word is cut.
            [b'\r', b'\n', ..] | [b'\n', ..] if quoted => {
                rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count()
            }
            [b'(', ..] if !quoted && (out.is_empty() || comment > 0) => {
                comment += 1;
                1
            }
            [b')', ..] if comment > 0 => {
                comment -= 1;
                1
            }
            _ if comment > 0 => 1,
            [b';', ..] if !quoted => break,
            // A forgotten `;`: a line that begins with `name=`.
            [b'\r' | b'\n', ..] if !quoted && begins_parameter(rest) => break,
            [b'\r' | b'\n', ..] => 1,
            [byte, ..] => {
                out.push(*byte);
                if !byte.is_ascii_whitespace() {
                    kept = out.len();
                }
                1
            }
            [] => break,
        };
    }
    if !quoted {
        out.truncate(kept);
    }
    (out, at)
}

/// Whether a folded line begins with a parameter.
fn begins_parameter(rest: &[u8]) -> bool {
    let line: Vec<u8> = rest.iter().take(80).skip_while(|byte| byte.is_ascii_whitespace()).copied().collect();
    let name =
        line.iter().take_while(|&&byte| byte.is_ascii_alphanumeric() || b"*-_".contains(&byte)).count();
    name > 0 && line.get(name) == Some(&b'=') && line.get(name + 1) != Some(&b'?')
}
