//! The mail within an opaque signature: `application/pkcs7-mime` with `SignedData` (RFC 8551 §3.5.2, RFC 5652 §5).
//!
//! **No signature is checked**, nor who made it: what is found here is as unproven as any mail.

use std::borrow::Cow;

/// `signedData` (RFC 5652 §5.1), as an object identifier in BER.
const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
/// `data` (RFC 5652 §4).
const DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
/// Deepest nesting of what is passed over, and of pieces within pieces.
const MAX_DEPTH: usize = 32;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OCTETS_IN_PIECES: u8 = 0x24;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const FIRST_CONTEXT: u8 = 0xa0;

/// What was signed, if it is enclosed, in DER or in BER (X.690: lengths that are left open, strings in pieces). Linear, and
/// never longer than `bytes`.
pub(super) fn signed_content(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut rest = Reader { bytes, at: 0 };
    rest.enter(SEQUENCE)?;
    if rest.primitive(OBJECT)? != SIGNED_DATA {
        return None;
    }
    rest.enter(FIRST_CONTEXT)?;
    rest.enter(SEQUENCE)?;
    rest.primitive(INTEGER)?;
    // The digests: of no use to who does not check.
    if *rest.bytes.get(rest.at)? != SET {
        return None;
    }
    rest.skip()?;
    rest.enter(SEQUENCE)?;
    if rest.primitive(OBJECT)? != DATA {
        return None;
    }
    rest.enter(FIRST_CONTEXT)?;
    rest.octets()
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// The tag and the length of the next element; no length is one that is left open.
    fn head(&mut self) -> Option<(u8, Option<usize>)> {
        let tag = *self.bytes.get(self.at)?;
        // Tags of several bytes occur nowhere in what is read.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let first = *self.bytes.get(self.at + 1)?;
        self.at += 2;
        let length = match first {
            0x80 => return (tag & 0x20 != 0).then_some((tag, None)),
            0..0x80 => usize::from(first),
            _ => {
                let count = usize::from(first & 0x7f);
                let digits = self.bytes.get(self.at..self.at + count)?;
                self.at += count;
                let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
                if count - zeros > 4 {
                    return None;
                }
                digits.iter().fold(0_usize, |length, &digit| length << 8 | usize::from(digit))
            }
        };
        (length <= self.bytes.len() - self.at).then_some((tag, Some(length)))
    }

    /// Goes into an element of that tag.
    fn enter(&mut self, tag: u8) -> Option<()> {
        (self.head()?.0 == tag).then_some(())
    }

    /// The contents of an element of that tag.
    fn primitive(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, length) = self.head()?;
        let begin = self.at;
        self.at += length.filter(|_| found == tag)?;
        self.bytes.get(begin..self.at)
    }

    /// Passes over an element.
    fn skip(&mut self) -> Option<()> {
        let mut open = 0;
        loop {
            if open > 0 && self.ends() {
                open -= 1;
            } else if let Some(length) = self.head()?.1 {
                self.at += length;
            } else {
                open += 1;
            }
            match open {
                0 => return Some(()),
                MAX_DEPTH.. => return None,
                _ => {}
            }
        }
    }

    /// Whether an element whose length was left open ends here; if so, its end is behind.
    fn ends(&mut self) -> bool {
        let ends = self.bytes.get(self.at..self.at + 2) == Some(&[0, 0]);
        if ends {
            self.at += 2;
        }
        ends
    }

    /// A string of bytes, which may be in pieces, which may be in pieces.
    fn octets(&mut self) -> Option<Cow<'a, [u8]>> {
        let (tag, length) = self.head()?;
        if tag == OCTETS {
            let begin = self.at;
            return self.bytes.get(begin..begin + length?).map(Cow::Borrowed);
        }
        if tag != OCTETS_IN_PIECES {
            return None;
        }
        let mut whole = vec![];
        // Where each open string ends; nothing where that is left open.
        let mut open = vec![length.map(|length| self.at + length)];
        while let Some(end) = open.last().copied() {
            let ended = match end {
                Some(end) => self.at >= end,
                None => self.ends(),
            };
            if ended {
                open.pop();
                continue;
            }
            match self.head()? {
                (OCTETS, Some(length)) => {
                    whole.extend_from_slice(self.bytes.get(self.at..self.at + length)?);
                    self.at += length;
                }
                (OCTETS_IN_PIECES, length) if open.len() < MAX_DEPTH => {
                    open.push(length.map(|length| self.at + length));
                }
                _ => return None,
            }
        }
        Some(Cow::Owned(whole))
    }
}
