//! Quoted-printable (RFC 2045 §6.7), as it is really written.

/// The bytes of quoted-printable, and whether something in it is none. An escape that is none stays as it stands, and
/// what follows its `=` is read anew; blanks before a line end were added on the way; a `=` at the end of a line, or of
/// everything, joins it with the next.
pub(super) fn decode_quoted(raw: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(raw.len());
    let mut malformed = false;
    // Up to here, `out` has what was not blanks: what follows is dropped at a line end.
    let mut solid = 0;
    let mut at = 0;
    while at < raw.len() {
        match raw[at] {
            b' ' | b'\t' => {
                out.push(raw[at]);
                at += 1;
            }
            b'\r' | b'\n' => {
                out.truncate(solid);
                out.push(raw[at]);
                solid = out.len();
                at += 1;
            }
            b'=' => {
                at += 1;
                if let [high, low, ..] = raw[at..]
                    && high.is_ascii_hexdigit()
                    && low.is_ascii_hexdigit()
                {
                    out.push(hex_value(high) << 4 | hex_value(low));
                    at += 2;
                } else if let Some(next) = soft_break(raw, at) {
                    at = next;
                } else {
                    out.push(b'=');
                    malformed = true;
                }
                solid = out.len();
            }
            byte => {
                out.push(byte);
                solid = out.len();
                at += 1;
            }
        }
    }
    out.truncate(solid);
    (out, malformed)
}

/// Where the next line begins, if nothing but blanks is left of this one.
fn soft_break(raw: &[u8], at: usize) -> Option<usize> {
    // A hostile line of blanks is not looked at again and again: each `=` ends the last search.
    let end = raw[at..]
        .iter()
        .position(|byte| !matches!(byte, b' ' | b'\t'))
        .map_or(raw.len(), |blanks| at + blanks);
    match raw[end..] {
        [] => Some(end),
        [b'\r', b'\n', ..] => Some(end + 2),
        [b'\r' | b'\n', ..] => Some(end + 1),
        _ => None,
    }
}

/// The value of a hexadecimal digit of either case; 0 for anything else.
pub(super) fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => 0,
    }
}
