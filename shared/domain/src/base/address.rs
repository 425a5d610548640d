//! Mail addresses as they may stand in an envelope.

use std::fmt;

/// An address that SES and every SMTP server takes: ASCII, `local@domain`, at most 254 bytes
/// (RFC 5321 §4.5.3.1), compared without regard to the domain's case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress(String);

/// Why a text is no [`EmailAddress`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// A character beyond ASCII before the `@`. SES has no SMTPUTF8.
    #[error("has characters beyond ASCII before the @, which can't be sent to")]
    NotAscii,
    /// Longer than RFC 5321 allows.
    #[error("is longer than an address may be (64 bytes before the @, 254 in all)")]
    TooLong,
    /// Anything else that is not `local@domain`.
    #[error("is not an address of the form name@example.com")]
    Malformed,
}

impl EmailAddress {
    /// Reads an address. The domain is lower-cased, and brought into its ASCII form where people typed it in their own letters
    /// (UTS 46, RFC 5891); the local part is kept as it is.
    ///
    /// Quoted local parts, address literals and domains without a dot are refused: none is deliverable
    /// through SES, and each is a way to write one address in two forms.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        // No name of 253 bytes in ASCII takes more than this in other letters.
        if text.len() > 1_100 {
            return Err(InvalidAddress::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidAddress::Malformed)?;
        if !local.is_ascii() {
            return Err(InvalidAddress::NotAscii);
        }
        let domain = if domain.is_ascii() {
            domain.to_ascii_lowercase()
        } else {
            idna::domain_to_ascii_strict(domain).map_err(|_| InvalidAddress::Malformed)?
        };
        if local.len() > 64 || local.len() + 1 + domain.len() > 254 {
            return Err(InvalidAddress::TooLong);
        }
        let atom = |part: &str| !part.is_empty() && part.bytes().all(is_atext);
        let label = |part: &str| {
            !part.is_empty()
                && part.len() <= 63
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !part.starts_with('-')
                && !part.ends_with('-')
        };
        if !local.split('.').all(atom) || !domain.contains('.') || !domain.split('.').all(label) {
            return Err(InvalidAddress::Malformed);
        }
        Ok(Self(format!("{local}@{domain}")))
    }

    /// The address as it is written to the envelope.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part behind the `@`, in lower case.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The form under which two spellings count as one mailbox: all in lower case.
    pub fn mailbox_key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// Characters of an atom, RFC 5322 §3.2.3.
fn is_atext(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b)
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Mail addresses stay out of logs: this prints the domain alone.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress(…@{})", self.domain())
    }
}

/// An address with the name that is shown for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name, without control characters.
    pub name: Option<HeaderText>,
    /// The address.
    pub address: EmailAddress,
}

impl Mailbox {
    /// A mailbox without a name.
    pub fn bare(address: EmailAddress) -> Self {
        Self { name: None, address }
    }
}

/// One line of text that may stand in a header: no CR, LF, NUL, other control character or
/// Unicode line separator, and at most [`HeaderText::MAX`] characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HeaderText(String);

/// Why a text may not stand in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeaderText {
    /// It could end the header line and begin another.
    #[error("has a line break or another control character")]
    ControlCharacter,
    /// Longer than [`HeaderText::MAX`].
    #[error("is longer than 998 characters")]
    TooLong,
}

impl HeaderText {
    /// Upper bound in characters: the line length of RFC 5322 §2.1.1.
    pub const MAX: usize = 998;

    /// Takes a text that can't break out of its header line.
    pub fn parse(text: &str) -> Result<Self, InvalidHeaderText> {
        if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return Err(InvalidHeaderText::ControlCharacter);
        }
        if text.chars().count() > Self::MAX {
            return Err(InvalidHeaderText::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// Makes a header text of anything: control characters become spaces, the end is cut.
    pub fn lossy(text: &str) -> Self {
        let clean = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
        Self(text.chars().map(clean).take(Self::MAX).collect())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HeaderText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderText({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_addresses_are_taken() {
        for text in ["a@b.co", "first.last+tag@Example.COM", "x_1@sub.example.org", "o'hara@example.ie"] {
            assert!(EmailAddress::parse(text).is_ok(), "{text}");
        }
        assert_eq!(EmailAddress::parse("A.B@EXAMPLE.com").unwrap().as_str(), "A.B@example.com");
    }

    #[test]
    fn everything_else_names_its_defect() {
        use InvalidAddress::{Malformed, NotAscii, TooLong};
        for (text, why) in [
            ("", Malformed),
            ("a", Malformed),
            ("@example.com", Malformed),
            ("a@", Malformed),
            ("a@localhost", Malformed),
            ("a b@example.com", Malformed),
            ("a..b@example.com", Malformed),
            (".a@example.com", Malformed),
            ("a@example..com", Malformed),
            ("a@-example.com", Malformed),
            ("a@[127.0.0.1]", Malformed),
            ("\"a b\"@example.com", Malformed),
            ("a@example.com\r\nBcc: x@example.com", Malformed),
            ("a@example.com,b@example.com", Malformed),
            ("Ann <a@example.com>", Malformed),
            ("ann@exämple", Malformed),
            ("ann@exä mple.com", Malformed),
            ("ann@ex\u{202e}ämple.com", Malformed),
            ("ann@exämple..com", Malformed),
            ("ann@-exämple.com", Malformed),
            ("änn@example.com", NotAscii),
        ] {
            assert_eq!(EmailAddress::parse(text), Err(why), "{text:?}");
        }
        assert_eq!(EmailAddress::parse(&format!("{}@example.com", "a".repeat(65))), Err(TooLong));
    }

    #[test]
    fn a_domain_is_taken_as_people_type_it() {
        for (typed, sent) in [
            ("ann@B\u{fc}cher.example", "ann@xn--bcher-kva.example"),
            ("ann@bu\u{308}cher.example", "ann@xn--bcher-kva.example"),
            ("ann@\u{4f8b}\u{3048}\u{3002}\u{30c6}\u{30b9}\u{30c8}", "ann@xn--r8jz45g.xn--zckzah"),
            ("ann@stra\u{df}e.example", "ann@xn--strae-oqa.example"),
            ("ann@\u{ff45}xample.com", "ann@example.com"),
        ] {
            assert_eq!(EmailAddress::parse(typed).unwrap().as_str(), sent, "{typed}");
            assert_eq!(EmailAddress::parse(sent).unwrap().as_str(), sent);
        }
        let long = format!("a@{}.example", "\u{fc}".repeat(64));
        assert!(EmailAddress::parse(&long).is_err());
    }

    #[test]
    fn debug_output_hides_the_mailbox() {
        let address = EmailAddress::parse("secret.person@example.com").unwrap();
        assert!(!format!("{address:?}").contains("secret"));
    }

    proptest! {
        #[test]
        fn no_accepted_address_can_break_a_header(text in "\\PC*|[\\x00-\\x7f]{0,40}@[\\x00-\\x7f]{0,40}") {
            if let Ok(address) = EmailAddress::parse(&text) {
                prop_assert!(address.as_str().bytes().all(|b| b.is_ascii_graphic()));
                prop_assert_eq!(address.as_str().matches('@').count(), 1);
                prop_assert_eq!(EmailAddress::parse(address.as_str()), Ok(address.clone()));
            }
        }

        #[test]
        fn header_text_never_holds_a_line_break(text: String) {
            if let Ok(header) = HeaderText::parse(&text) {
                let breaks = header.as_str().contains(['\r', '\n', '\0', '\u{2028}', '\u{85}']);
                prop_assert!(!breaks);
            }
            prop_assert!(HeaderText::parse(HeaderText::lossy(&text).as_str()).is_ok());
        }
    }
}
