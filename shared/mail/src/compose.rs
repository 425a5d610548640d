//! Message to bytes: the bytes that a person approves and that a provider then sends unchanged.
//!
//! Deterministic: boundaries come from [`Outgoing::boundary_seed`], and there is no `Date`, no `Message-ID`
//! and never a `Bcc` field (SES stamps the first two, which therefore stand outside the digest; blind copies
//! exist in the envelope only).
//!
//! Nothing that a caller passes can start a new header line: control characters are refused, not removed,
//! because what is silently removed is not what was approved.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mail_builder::{
    headers::{
        Header as _, HeaderType,
        address::{Address, EmailAddress},
        content_type::ContentType,
        message_id::MessageId,
        raw::Raw,
        text::Text,
    },
    mime::{BodyPart, MimePart},
};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::parse::parameters::has_extended_form;
use crate::text::{hex, is_unsafe_in_header};
use crate::thread::shorten_references;

/// Longest subject, in bytes of UTF-8.
pub const MAX_SUBJECT: usize = 2_000;
/// Longest display name, in bytes of UTF-8.
pub const MAX_NAME: usize = 256;
/// Longest file name, in bytes of UTF-8.
pub const MAX_FILENAME: usize = 200;
/// Longest value of an extra header field, in bytes.
pub const MAX_HEADER_VALUE: usize = 2_000;
/// Most extra header fields.
pub const MAX_HEADERS: usize = 50;
/// Longest run without a space in an extra header field or a message id, in bytes: it cannot be folded, and
/// a line ends at 998 (RFC 5322 §2.1.1).
pub const MAX_UNFOLDABLE: usize = 900;
/// Most message ids in `References`: the first, which began the thread, and the latest. See
/// [`shorten_references`], which also bounds their bytes.
pub const MAX_REFERENCES: usize = 50;

/// A mailbox to write into a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Addr<'a> {
    /// The display name; surrounding spaces are dropped.
    pub name: Option<&'a str>,
    /// The address: ASCII, its domain already in punycode (RFC 5890), its local part a dot-atom
    /// (RFC 5322 §3.4.1).
    pub address: &'a str,
}

/// A file to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutgoingAttachment<'a> {
    /// The name that the recipient sees, at most [`MAX_FILENAME`] bytes, without `/` and `\`.
    pub filename: &'a str,
    /// `type/subtype`, with parameters if need be (`text/calendar; method=REQUEST`).
    pub content_type: &'a str,
    /// What `cid:` links in the HTML name, without angle brackets (RFC 2392).
    pub content_id: Option<&'a str>,
    /// Shown inside the HTML (needs a `content_id`), not beside it.
    pub inline: bool,
    /// The bytes.
    pub contents: &'a [u8],
}

/// Everything that becomes a mail. Blind copies are deliberately not in here.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// The author.
    pub from: Addr<'a>,
    /// Where answers go, if not to the author.
    pub reply_to: &'a [Addr<'a>],
    /// The recipients.
    pub to: &'a [Addr<'a>],
    /// Those who get a copy.
    pub cc: &'a [Addr<'a>],
    /// The subject, at most [`MAX_SUBJECT`] bytes; surrounding spaces are dropped.
    pub subject: &'a str,
    /// The text; see [`canonical_text`] for the one thing that is changed.
    pub text: Option<&'a str>,
    /// The HTML; see [`canonical_text`].
    pub html: Option<&'a str>,
    /// The message id that this answers, with or without angle brackets.
    pub in_reply_to: Option<&'a str>,
    /// The message ids of the thread, oldest first, with or without angle brackets. Of too many, the first and the
    /// latest are written: see [`shorten_references`].
    pub references: &'a [String],
    /// Further fields, name and value. See [`is_allowed_header`].
    pub headers: &'a [(String, String)],
    /// The files.
    pub attachments: &'a [OutgoingAttachment<'a>],
    /// Randomness for the MIME boundaries: the same seed gives the same bytes.
    pub boundary_seed: [u8; 16],
}

/// Why a mail can't be written. `field` names the culprit the way a caller knows it: `subject`, `to[2].name`,
/// `attachments[0].filename`, `headers[1].value`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// A line break, NUL, another control character, U+2028, U+2029, or a character that turns text around.
    #[error("{field} contains a control character")]
    Control {
        /// The culprit.
        field: String,
    },
    /// Longer than this kind of field may be.
    #[error("{field} is too long")]
    TooLong {
        /// The culprit.
        field: String,
    },
    /// Reads like an RFC 2047 encoded word, or a file name like RFC 2231: recipients would see something else than what was written.
    #[error("{field} reads like an encoded word")]
    EncodedWord {
        /// The culprit.
        field: String,
    },
    /// Not an address that can be written without SMTPUTF8, which SES does not offer.
    #[error("{field} is not an address that can be used")]
    Address {
        /// The culprit.
        field: String,
    },
    /// Not a message id (RFC 5322 §3.6.4).
    #[error("{field} is not a message id")]
    MessageId {
        /// The culprit.
        field: String,
    },
    /// Not a field that a caller may set; see [`is_allowed_header`].
    #[error("{field} is not a header field that may be set")]
    HeaderName {
        /// The culprit.
        field: String,
    },
    /// Set twice.
    #[error("{field} sets a header field again")]
    DuplicateHeader {
        /// The culprit.
        field: String,
    },
    /// A value that must be ASCII is not.
    #[error("{field} must be ASCII")]
    NotAscii {
        /// The culprit.
        field: String,
    },
    /// Not a content type, or one that can't be attached: `multipart/*`, `message/*` other than a 7-bit
    /// `message/rfc822` (RFC 2046 §5.2.1 forbids to encode it; send others as `application/octet-stream`).
    #[error("{field} is not a content type that can be attached")]
    ContentType {
        /// The culprit.
        field: String,
    },
    /// A file name that is empty or has folders in it.
    #[error("{field} is not a file name")]
    Filename {
        /// The culprit.
        field: String,
    },
    /// What came out broke the rules of a mail (CRLF, 7 bit, 998 bytes a line). A fault of this crate.
    #[error("the mail could not be written")]
    Internal,
}

/// Header fields that a caller may set besides `X-…`.
#[rustfmt::skip] // a table
const ALLOWED_HEADERS: &[&str] = &[
    "auto-submitted", "comments", "feedback-id", "importance", "keywords", "list-archive", "list-help",
    "list-id", "list-owner", "list-post", "list-subscribe", "list-unsubscribe", "list-unsubscribe-post",
    "organization", "precedence", "priority", "sensitivity",
];

/// Whether a caller may set the header field `name`.
///
/// Allowed are `X-…` fields and a list of harmless standard fields. Refused is whatever this module writes
/// itself, whatever belongs to trace, transport or signatures, and `X-SES-…` and `X-Amz…`, with which a mail
/// gives orders to SES.
pub fn is_allowed_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let well_formed = !name.is_empty()
        && name.len() <= 76
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    let ours = ["x-ses-", "x-amz"].iter().any(|prefix| name.starts_with(prefix));
    well_formed
        && !ours
        && (ALLOWED_HEADERS.contains(&name.as_str()) || (name.len() > 2 && name.starts_with("x-")))
}

/// Whether whoever asks for a mail may set the header field `name`: of those that [`is_allowed_header`] allows `X-…` and `List-…`.
/// What a mail says of itself as a program's is not the caller's to say.
pub fn is_caller_header(name: &str) -> bool {
    let begins = |with: &str| name.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with));
    is_allowed_header(name) && (begins("x-") || begins("list-"))
}

/// The text as a recipient gets it: line ends are LF here (CRLF in the mail), and text that does not end with a
/// line break gets one, because a mail ends with one anyway (RFC 5321 §4.1.1.4). Everything else, trailing
/// spaces too, stays. [`parse`](crate::parse()) gives exactly this back.
pub fn canonical_text(text: &str) -> String {
    let mut text = crate::text::to_lf(text).into_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Writes the mail: CRLF line ends, 7-bit, no line over 998 bytes (RFC 5322 §2.1.1).
///
/// Text and HTML become `multipart/alternative`, images that the HTML names `multipart/related`, other files
/// `multipart/mixed`; a lone text is a single part.
///
/// # Errors
/// See [`ComposeError`]: everything that would end up in a header and can't be written as it is.
pub fn compose(mail: &Outgoing<'_>) -> Result<Vec<u8>, ComposeError> {
    let mut out = Vec::with_capacity(4096);
    write(&mut out, "From", &address("from", &mail.from)?.into());
    for (name, field, list) in
        [("Reply-To", "reply_to", mail.reply_to), ("To", "to", mail.to), ("Cc", "cc", mail.cc)]
    {
        let list = list
            .iter()
            .enumerate()
            .map(|(at, addr)| address(&format!("{field}[{at}]"), addr))
            .collect::<Result<Vec<_>, _>>()?;
        if !list.is_empty() {
            write(&mut out, name, &Address::new_list(list).into());
        }
    }
    let subject = human("subject", mail.subject, MAX_SUBJECT)?;
    write(&mut out, "Subject", &Text::new(subject).into());

    if let Some(id) = mail.in_reply_to {
        write(&mut out, "In-Reply-To", &MessageId::new(message_id("in_reply_to", id)?).into());
    }
    let references = mail
        .references
        .iter()
        .enumerate()
        .map(|(at, id)| message_id(&format!("references[{at}]"), id))
        .collect::<Result<Vec<_>, _>>()?;
    let references = shorten_references(references);
    if !references.is_empty() {
        write(&mut out, "References", &MessageId::from(references).into());
    }
    extra_headers(&mut out, mail.headers)?;
    out.extend_from_slice(b"MIME-Version: 1.0\r\n");

    body(mail)?.write_part(&mut out);
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    check(&out)?;
    Ok(out)
}

fn write(out: &mut Vec<u8>, name: &str, value: &HeaderType<'_>) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    value.write_header(out, name.len() + 2);
}

/// Checks a value that people read and that is encoded if need be.
fn human<'a>(field: &str, value: &'a str, max: usize) -> Result<&'a str, ComposeError> {
    let value = value.trim_matches(' ');
    if value.contains(is_unsafe_in_header) {
        return Err(ComposeError::Control { field: field.to_owned() });
    }
    if value.len() > max {
        return Err(ComposeError::TooLong { field: field.to_owned() });
    }
    if has_encoded_word(value) {
        return Err(ComposeError::EncodedWord { field: field.to_owned() });
    }
    Ok(value)
}

/// Whether a recipient's program may take a part of this for an encoded word: `=?`, a character set, `?B?` or
/// `?Q?`. Laxer than RFC 2047 §2, because programs are.
pub(crate) fn has_encoded_word(value: &str) -> bool {
    value.match_indices("=?").any(|(at, _)| {
        let mut rest = value[at + 2..].split('?');
        rest.next().is_some_and(|charset| !charset.is_empty())
            && rest.next().is_some_and(|encoding| matches!(encoding, "b" | "B" | "q" | "Q"))
            && rest.next().is_some()
    })
}

fn address<'a>(field: &str, addr: &Addr<'a>) -> Result<Address<'a>, ComposeError> {
    let name = match addr.name {
        Some(name) => Some(human(&format!("{field}.name"), name, MAX_NAME)?).filter(|name| !name.is_empty()),
        None => None,
    };
    if !is_address(addr.address) {
        return Err(ComposeError::Address { field: format!("{field}.address") });
    }
    Ok(Address::Address(EmailAddress { name: name.map(Into::into), email: addr.address.into() }))
}

/// A dot-atom before the `@`, a host name of letters, digits and hyphens after it (RFC 5321 §4.1.2, without
/// quoted local parts and address literals, which nobody has).
fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let atom = |atom: &str| {
        !atom.is_empty()
            && atom.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    local.len() <= 64 && local.split('.').all(atom) && domain.len() <= 253 && domain.split('.').all(label)
}

fn message_id<'a>(field: &str, id: &'a str) -> Result<&'a str, ComposeError> {
    if is_message_id(id) { Ok(bare_id(id)) } else { Err(ComposeError::MessageId { field: field.to_owned() }) }
}

/// The message id without its angle brackets.
pub(crate) fn bare_id(id: &str) -> &str {
    id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(id)
}

/// Whether [`compose`] can write this message id, with or without angle brackets, as it is.
///
/// Programs write ids of any shape, with and without `@`; what counts is that nothing leaves the angle brackets, and
/// that the id is still the same where it is read: at most [`MAX_UNFOLDABLE`] bytes of ASCII, spaces only within quotes
/// (RFC 5322 §4.5.4 allows a quoted local part), no angle bracket and no control character anywhere.
pub fn is_message_id(id: &str) -> bool {
    let id = bare_id(id);
    if id.is_empty() || id.len() > MAX_UNFOLDABLE {
        return false;
    }
    let (mut quoted, mut escaped) = (false, false);
    for byte in id.bytes() {
        let good = match byte {
            b'<' | b'>' => false,
            b' ' => quoted,
            byte => byte.is_ascii_graphic(),
        };
        if !good {
            return false;
        }
        // A quote after a backslash is one of the letters (RFC 5322 §3.2.4).
        quoted ^= byte == b'"' && !escaped;
        escaped = quoted && byte == b'\\' && !escaped;
    }
    // A lone quote is a letter like any other, as long as it holds no spaces together.
    !quoted || !id.contains(' ')
}

fn extra_headers(out: &mut Vec<u8>, headers: &[(String, String)]) -> Result<(), ComposeError> {
    if headers.len() > MAX_HEADERS {
        return Err(ComposeError::TooLong { field: "headers".to_owned() });
    }
    for (at, (name, value)) in headers.iter().enumerate() {
        let field = || format!("headers[{at}].name");
        if !is_allowed_header(name) {
            return Err(ComposeError::HeaderName { field: field() });
        }
        if headers[..at].iter().any(|(earlier, _)| earlier.eq_ignore_ascii_case(name)) {
            return Err(ComposeError::DuplicateHeader { field: field() });
        }
        let field = format!("headers[{at}].value");
        let value = human(&field, value, MAX_HEADER_VALUE)?;
        let prose =
            ["comments", "keywords", "organization"].iter().any(|prose| prose.eq_ignore_ascii_case(name))
                || name.as_bytes()[..2].eq_ignore_ascii_case(b"x-");
        if prose {
            write(out, name, &Text::new(value).into());
        } else if !value.is_ascii() {
            // Encoded words have no place in structured fields (RFC 2047 §5).
            return Err(ComposeError::NotAscii { field });
        } else if value.split(' ').any(|word| word.len() > MAX_UNFOLDABLE) {
            return Err(ComposeError::TooLong { field });
        } else {
            write(out, name, &Raw::new(value).into());
        }
    }
    Ok(())
}

/// The MIME tree.
fn body<'a>(mail: &'a Outgoing<'a>) -> Result<MimePart<'a>, ComposeError> {
    let mut related = Vec::new();
    let mut mixed = Vec::new();
    for (at, file) in mail.attachments.iter().enumerate() {
        let part = attachment(&format!("attachments[{at}]"), file)?;
        if file.inline && file.content_id.is_some() && mail.html.is_some() {
            related.push(part);
        } else {
            mixed.push(part);
        }
    }

    let text = mail.text.map(crlf);
    let html = mail.html.map(crlf);
    let verbatim = mail.attachments.iter().filter(|file| is_message(file)).map(|file| file.contents);
    let written = text.iter().chain(&html).map(String::as_bytes).chain(verbatim).collect::<Vec<_>>();
    let boundaries = Boundaries::new(mail.boundary_seed, &written);

    let html = html.map(|html| text_part("text/html", html)).map(|html| {
        if related.is_empty() {
            return html;
        }
        related.insert(0, html);
        let kind = boundaries.multipart("related").attribute("type", "text/html");
        MimePart::new(kind, related)
    });
    let text = text.map(|text| text_part("text/plain", text));
    let content = match (text, html) {
        (Some(text), Some(html)) => MimePart::new(boundaries.multipart("alternative"), vec![text, html]),
        (Some(part), None) | (None, Some(part)) => part,
        (None, None) => text_part("text/plain", String::new()),
    };
    if mixed.is_empty() {
        return Ok(content);
    }
    mixed.insert(0, content);
    Ok(MimePart::new(boundaries.multipart("mixed"), mixed))
}

/// CRLF line ends, one of them at the end. See [`canonical_text`].
fn crlf(text: &str) -> String {
    canonical_text(text).replace('\n', "\r\n")
}

fn text_part(kind: &'static str, text: String) -> MimePart<'static> {
    let kind = ContentType::new(kind).attribute("charset", "utf-8");
    // mail-builder writes control characters as they are when all else is plain; 7-bit text has none
    // (RFC 2045 §2.7 for NUL, and transports drop or replace the others).
    if text.contains(|c: char| c.is_ascii_control() && !matches!(c, '\t' | '\r' | '\n')) {
        return MimePart::new(kind, base64_lines(text.as_bytes())).transfer_encoding("base64");
    }
    MimePart::new(kind, BodyPart::Text(text.into()))
}

fn attachment<'a>(field: &str, file: &OutgoingAttachment<'a>) -> Result<MimePart<'a>, ComposeError> {
    let kind = content_type(&format!("{field}.content_type"), file.content_type)?;
    let name_field = format!("{field}.filename");
    let name = human(&name_field, file.filename, MAX_FILENAME)?;
    if name.is_empty() || name.contains(['/', '\\']) || matches!(name, "." | "..") {
        return Err(ComposeError::Filename { field: name_field });
    }
    // It would be read as another name than whoever approves it is shown.
    if has_extended_form(name.as_bytes()) {
        return Err(ComposeError::EncodedWord { field: name_field });
    }
    let disposition = if file.inline { "inline" } else { "attachment" };
    let part = if is_message(file) {
        if !is_seven_bit(file.contents) {
            return Err(ComposeError::ContentType { field: format!("{field}.content_type") });
        }
        MimePart::new(kind, file.contents).transfer_encoding("7bit")
    } else {
        MimePart::new(kind, base64_lines(file.contents)).transfer_encoding("base64")
    };
    let part = part
        .header("Content-Disposition", ContentType::new(disposition).attribute("filename", name.to_owned()));
    Ok(match file.content_id {
        Some(id) => part.cid(message_id(&format!("{field}.content_id"), id)?),
        None => part,
    })
}

fn is_message(file: &OutgoingAttachment<'_>) -> bool {
    is_message_type(file.content_type)
}

fn is_message_type(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("message/rfc822")
}

/// Whether the bytes can stand in the mail as they are.
fn is_seven_bit(bytes: &[u8]) -> bool {
    check(bytes).is_ok() && !bytes.contains(&0)
}

/// Whether [`compose`] takes these bytes as a file of this media type: `type/subtype` and parameters (RFC 2045 §5.1), no
/// `multipart/…`, and of `message/…` only `message/rfc822`, which has to be plain: it is never encoded (RFC 2046 §5.2.1), so its
/// lines are 7-bit, end with CRLF and have at most 998 bytes.
pub fn is_attachable(value: &str, contents: &[u8]) -> bool {
    let is_message = is_message_type(value);
    content_type("", value).is_ok() && (!is_message || is_seven_bit(contents))
}

/// `type/subtype` and parameters (RFC 2045 §5.1), of a kind that can be attached.
fn content_type<'a>(field: &str, value: &'a str) -> Result<ContentType<'a>, ComposeError> {
    let refused = || ComposeError::ContentType { field: field.to_owned() };
    let token = |text: &str| {
        !text.is_empty()
            && text.len() <= 100
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`{|}~".contains(&b))
    };
    let mut pieces = value.split(';');
    let kind = pieces.next().unwrap_or_default().trim();
    let (main, sub) = kind.split_once('/').ok_or_else(refused)?;
    let container = main.eq_ignore_ascii_case("multipart")
        || (main.eq_ignore_ascii_case("message") && !sub.eq_ignore_ascii_case("rfc822"));
    if !token(main) || !token(sub) || container {
        return Err(refused());
    }
    let mut content_type = ContentType::new(kind);
    for piece in pieces.filter(|piece| !piece.trim().is_empty()).take(10) {
        let (key, value) = piece.split_once('=').ok_or_else(refused)?;
        let (key, value) = (key.trim(), value.trim());
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        let plain = value.len() <= 100
            && value.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\');
        let reserved = ["boundary", "name"].iter().any(|reserved| reserved.eq_ignore_ascii_case(key));
        if !token(key) || key.contains('*') || !plain || reserved {
            return Err(refused());
        }
        content_type = content_type.attribute(key, value);
    }
    Ok(content_type)
}

/// Base64 in lines of 76 (RFC 2045 §6.8).
fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 57 * 78 + 80);
    for line in bytes.chunks(57) {
        out.extend_from_slice(STANDARD.encode(line).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// Boundaries made from the seed.
struct Boundaries {
    stem: String,
}

impl Boundaries {
    /// `=_` can't occur in quoted-printable or base64 (RFC 2045 §6.7); in `written`, which goes out as it is,
    /// it may, if somebody knew the seed: then another boundary is derived.
    fn new(seed: [u8; 16], written: &[&[u8]]) -> Self {
        let mut attempt = 0_u32;
        loop {
            let hash = Sha256::new().chain_update(seed).chain_update(attempt.to_be_bytes()).finalize();
            let stem = format!("=_{}", hex(&hash[..12]));
            let used =
                written.iter().any(|bytes| bytes.windows(stem.len()).any(|window| window == stem.as_bytes()));
            if !used {
                return Self { stem };
            }
            attempt += 1;
        }
    }

    /// Each kind occurs once, so its first letters make the boundary unique.
    fn multipart(&self, kind: &str) -> ContentType<'static> {
        ContentType::new(format!("multipart/{kind}"))
            .attribute("boundary", format!("{}_{}", self.stem, &kind[..3]))
    }
}

/// The last line of defence, over the finished bytes.
fn check(out: &[u8]) -> Result<(), ComposeError> {
    let mut line = 0;
    for (at, &byte) in out.iter().enumerate() {
        let next = out.get(at + 1);
        let good = match byte {
            b'\r' => next == Some(&b'\n'),
            b'\n' => at > 0 && out[at - 1] == b'\r',
            _ => byte < 0x80,
        };
        line = if byte == b'\n' { 0 } else { line + 1 };
        // The carriage return is counted, the limit is not.
        if !good || line > 999 {
            return Err(ComposeError::Internal);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
