//! Bytes to message. Never fails, whatever the bytes are, and everything it returns is bounded.

use std::{borrow::Cow, panic::catch_unwind};

use jiff::Timestamp;
use mail_parser::{
    Encoding, Header as HeaderField, HeaderForm, HeaderName, Message, MessageParser, MessagePart, PartFlags,
    PartKind,
};
use sha2::{Digest, Sha256};

mod charset;
mod cms;
pub(crate) mod date;
mod flowed;
pub(crate) mod parameters;
mod tnef;
mod transfer;
pub(crate) mod words;

use crate::{
    compose::is_message_id,
    markup,
    report::{self, Report},
    sanitise::sanitise_html,
    text::{clean_line, cut, has_bidirectional, is_unsafe_in_header, to_lf},
};

/// Most bytes of a mail that are looked at. SES delivers at most 40 MB.
pub const MAX_MESSAGE: usize = 64 << 20;
/// Most MIME parts.
pub const MAX_PARTS: usize = 1_000;
/// Deepest MIME nesting.
pub const MAX_DEPTH: usize = 32;
/// Most header fields in [`ParsedMail::headers`].
pub const MAX_HEADERS: usize = 500;
/// Longest decoded header value in [`ParsedMail::headers`], in bytes.
pub const MAX_HEADER_VALUE: usize = 8 * 1024;
/// All decoded header values together, in bytes.
pub const MAX_HEADER_BYTES: usize = 256 * 1024;
/// Most bytes of one address or message id field that are read.
const MAX_FIELD: usize = 128 * 1024;
/// Most bytes of one `Content-…` field, of which every part of a mail may have several.
const MAX_CONTENT_FIELD: usize = 16 * 1024;
/// Most bytes of all `Content-…` fields together.
const MAX_CONTENT_FIELDS: usize = 1 << 20;
/// Most addresses kept of each address field.
pub const MAX_ADDRESSES: usize = 1_000;
/// Longest address, in bytes: 64 for the local part, `@`, 255 for the domain (RFC 5321 §4.5.3.1).
pub const MAX_ADDRESS: usize = 320;
/// Longest display name, in bytes.
pub const MAX_NAME: usize = 256;
/// Most message ids kept of `References` and of `In-Reply-To`: the first, which began the conversation, and the last.
pub const MAX_REFERENCES: usize = 50;
/// Longest message id, in bytes: what fits a line (RFC 5322 §2.1.1).
pub const MAX_MESSAGE_ID: usize = 990;
/// Longest subject, in bytes.
pub const MAX_SUBJECT: usize = 2_000;
/// Longest text and longest HTML, in bytes each.
pub const MAX_BODY: usize = 1 << 20;
/// Most envelopes within envelopes that are opened: signed mail within signed mail.
const MAX_ENVELOPES: usize = 3;
/// Most texts in [`ParsedMail::disguised`].
pub const MAX_DISGUISED: usize = 10;
/// Longest file name, in bytes.
pub const MAX_FILENAME: usize = 200;

/// What a mail says, as far as it can be told.
///
/// Everything in it was written by a stranger: the header fields may lie, the HTML is not sanitised, and a
/// verdict about who sent it is found nowhere in here.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParsedMail<'a> {
    /// `Message-ID` without angle brackets (RFC 5322 §3.6.4).
    pub message_id: Option<String>,
    /// `In-Reply-To` without angle brackets: the first and the last, [`MAX_REFERENCES`] at most.
    pub in_reply_to: Vec<String>,
    /// `References` without angle brackets, oldest first: the first and the last, [`MAX_REFERENCES`] at most. Of a field beyond
    /// 128 KB, what stands in its last 128 KB.
    pub references: Vec<String>,
    /// The first mailbox of the first `From`. More than one: see [`Defect::SeveralFrom`].
    pub from: Option<ParsedAddress>,
    /// The first mailbox of `Sender`.
    pub sender: Option<ParsedAddress>,
    /// All mailboxes of `Reply-To`, at most [`MAX_ADDRESSES`].
    pub reply_to: Vec<ParsedAddress>,
    /// All mailboxes of `To`, groups flattened, at most [`MAX_ADDRESSES`].
    pub to: Vec<ParsedAddress>,
    /// All mailboxes of `Cc`, at most [`MAX_ADDRESSES`].
    pub cc: Vec<ParsedAddress>,
    /// All mailboxes of `Bcc`, at most [`MAX_ADDRESSES`]. Normally removed before delivery.
    pub bcc: Vec<ParsedAddress>,
    /// The decoded subject on one line, without control characters, at most [`MAX_SUBJECT`] bytes.
    pub subject: String,
    /// `Date`, as the sender's clock had it.
    pub date: Option<Timestamp>,
    /// The text, decoded, line ends as LF, at most [`MAX_BODY`] bytes. Made from the HTML when there is no
    /// text part. `None` only when the mail has neither.
    pub text: Option<String>,
    /// Whether [`text`](Self::text) was made from the HTML.
    pub text_from_html: bool,
    /// The HTML, decoded, line ends as LF, at most [`MAX_BODY`] bytes. **Not sanitised**: see
    /// [`sanitise_html`].
    pub html: Option<String>,
    /// The header fields in order, at most [`MAX_HEADERS`] and [`MAX_HEADER_BYTES`].
    pub headers: Vec<Header>,
    /// Everything that is not the text or the HTML, in order, at most [`MAX_PARTS`]. What was inside of an envelope
    /// ([`Defect::InsideTnef`], [`Defect::InsideSignature`]) follows the envelope.
    pub attachments: Vec<ParsedAttachment<'a>>,
    /// Names, subjects and names of files as they were written, where they have controls that turn letters
    /// around: everything else here has lost these. At most [`MAX_DISGUISED`], of at most [`MAX_NAME`] bytes.
    pub disguised: Vec<String>,
    /// Whether a program, not a person, sent this: answering it by a program risks a loop. True for
    /// `Auto-Submitted` other than `no` (RFC 3834 §5), list fields (RFC 2369, RFC 2919), `Precedence: bulk`,
    /// `list`, `junk` or `auto_reply`, an empty `Return-Path`, reports and senders such as `MAILER-DAEMON`,
    /// `owner-…` and `…-request` (RFC 3834 §2) or `no-reply`, and the older `X-Auto-Response-Suppress`,
    /// `X-Autoreply` and `X-Autorespond`. `Feedback-ID` is no sign of it: SES puts one on every mail, a person's too.
    pub automatic: bool,
    /// What it says about another mail, if it is a report: that it was not delivered, complained about, read. The parts
    /// that say so are among the attachments, and their text is not in [`text`](Self::text).
    pub report: Option<Report>,
    /// What was wrong or was cut, each kind once, in the order of [`Defect`].
    pub defects: Vec<Defect>,
}

impl ParsedMail<'_> {
    /// Copies what is borrowed from the mail's bytes: attachments that were not encoded.
    pub fn into_owned(self) -> ParsedMail<'static> {
        let own = |file: ParsedAttachment<'_>| ParsedAttachment {
            filename: file.filename,
            content_type: file.content_type,
            content_id: file.content_id,
            inline: file.inline,
            size: file.size,
            sha256: file.sha256,
            contents: Cow::Owned(file.contents.into_owned()),
        };
        ParsedMail { attachments: self.attachments.into_iter().map(own).collect(), ..self }
    }
}

/// A mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ParsedAddress {
    /// The display name, decoded, on one line, at most [`MAX_NAME`] bytes. Anybody can write anything here.
    pub name: Option<String>,
    /// The address as written, at most [`MAX_ADDRESS`] bytes: something before and something after its last
    /// `@`, no white space, no control characters.
    pub address: String,
}

/// A header field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name as written.
    pub name: String,
    /// The value on one line, encoded words decoded (RFC 2047), at most [`MAX_HEADER_VALUE`] bytes. For
    /// showing; structured fields have their own members in [`ParsedMail`].
    pub value: String,
}

/// A file in a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedAttachment<'a> {
    /// The name, made safe: no folders, no control characters, none of `<>:"|?*`, at most [`MAX_FILENAME`]
    /// bytes, the extension kept.
    pub filename: Option<String>,
    /// `type/subtype` in lower case, as the sender declared it; `application/octet-stream` when that is
    /// missing or malformed.
    pub content_type: String,
    /// `Content-ID` without angle brackets: what `cid:` links in the HTML name (RFC 2392).
    pub content_id: Option<String>,
    /// Meant to be shown inside the HTML, not beside it.
    pub inline: bool,
    /// Length of [`contents`](Self::contents) in bytes.
    pub size: usize,
    /// SHA-256 of [`contents`](Self::contents).
    pub sha256: [u8; 32],
    /// The decoded bytes; borrowed from the mail when they were not encoded. An attached mail
    /// (`message/rfc822`) is kept whole.
    pub contents: Cow<'a, [u8]>,
}

/// Something wrong with a mail. Codes are stable: they are stored and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Defect {
    /// Not a mail at all, or the parser gave up: everything but the raw bytes is empty.
    NotParseable,
    /// Longer than [`MAX_MESSAGE`]: the end was not looked at.
    MessageTooLarge,
    /// More than [`MAX_PARTS`] parts: the rest is one attachment or missing.
    TooManyParts,
    /// Nested deeper than [`MAX_DEPTH`], or more signatures in each other than are opened: the rest is one attachment.
    TooDeep,
    /// Missing or misplaced boundaries, a header block without end, or a broken `winmail.dat`.
    DamagedStructure,
    /// Base64 or quoted-printable with errors, or an unknown transfer encoding.
    BadEncoding,
    /// An unknown character set, or bytes that it does not have: read as another one where they make sense in it, else
    /// shown as U+FFFD.
    BadCharset,
    /// The text or the HTML was longer than [`MAX_BODY`].
    TruncatedBody,
    /// The text was made from HTML of which a part is missing (too deep or too many elements).
    TruncatedText,
    /// No usable address in `From`.
    NoFrom,
    /// More than one `From` field or mailbox: programs differ in which one they show (a way of spoofing).
    SeveralFrom,
    /// A field that may occur once (RFC 5322 §3.6) occurs again. Of address fields, ids, subject and date the
    /// first one was taken, of `Content-Type` and `Content-Transfer-Encoding` the last one.
    DuplicateHeader,
    /// The display name in `From` holds an address, and not the one that it stands for (a way of spoofing).
    AddressInName,
    /// `Date` is missing or not a date.
    NoDate,
    /// A mailbox without a usable address was left out.
    BadAddress,
    /// A header line without a proper name (RFC 5322 §2.2): programs differ in what they make of it, some
    /// take it for the beginning of the text.
    BadHeader,
    /// More than [`MAX_ADDRESSES`] in one field.
    TooManyAddresses,
    /// More than [`MAX_REFERENCES`] message ids: some between the first and the last are missing.
    TooManyReferences,
    /// More than [`MAX_HEADERS`] header fields.
    TooManyHeaders,
    /// A header value longer than [`MAX_HEADER_VALUE`], or all together longer than [`MAX_HEADER_BYTES`].
    HeaderTooLarge,
    /// Text or files were inside of an envelope with a signature (S/MIME, RFC 8551). Nobody has checked the signature.
    InsideSignature,
    /// Text or files were inside of a `winmail.dat` (TNEF), which few programs show.
    InsideTnef,
}

impl Defect {
    /// The code that is stored and shown: snake case, never changed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotParseable => "not_parseable",
            Self::MessageTooLarge => "message_too_large",
            Self::TooManyParts => "too_many_parts",
            Self::TooDeep => "too_deep",
            Self::DamagedStructure => "damaged_structure",
            Self::BadEncoding => "bad_encoding",
            Self::BadCharset => "bad_charset",
            Self::TruncatedBody => "truncated_body",
            Self::TruncatedText => "truncated_text",
            Self::NoFrom => "no_from",
            Self::SeveralFrom => "several_from",
            Self::DuplicateHeader => "duplicate_header",
            Self::AddressInName => "address_in_name",
            Self::NoDate => "no_date",
            Self::BadAddress => "bad_address",
            Self::BadHeader => "bad_header",
            Self::TooManyAddresses => "too_many_addresses",
            Self::TooManyReferences => "too_many_references",
            Self::TooManyHeaders => "too_many_headers",
            Self::HeaderTooLarge => "header_too_large",
            Self::InsideSignature => "inside_signature",
            Self::InsideTnef => "inside_tnef",
        }
    }
}

impl std::fmt::Display for Defect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// Reads a mail. Never fails: what is wrong is named in [`ParsedMail::defects`].
///
/// Linear in the length of `raw`, at most [`MAX_MESSAGE`] bytes of which are looked at; uses little stack.
pub fn parse(raw: &[u8]) -> ParsedMail<'_> {
    let (bytes, too_large) = if raw.len() > MAX_MESSAGE { (&raw[..MAX_MESSAGE], true) } else { (raw, false) };
    // A panic in third-party code must not turn one hostile mail into an event that fails for ever. The closure
    // shares nothing but immutable bytes, so no half-changed state can be seen afterwards.
    let mut mail = catch_unwind(|| read(bytes, 0))
        .unwrap_or_default()
        .unwrap_or_else(|| ParsedMail { defects: vec![Defect::NotParseable], ..ParsedMail::default() });
    if too_large {
        mail.defects.push(Defect::MessageTooLarge);
    }
    mail.defects.sort_unstable();
    mail.defects.dedup();
    mail
}

/// Reads a mail that stands within so many envelopes.
fn read(raw: &[u8], depth: usize) -> Option<ParsedMail<'_>> {
    let mut defects = Vec::new();
    let tamed = tame(raw);
    if matches!(tamed, Cow::Owned(_)) {
        defects.push(Defect::HeaderTooLarge);
    }
    let message = parser().parse(&tamed)?;
    let source = Source { raw, declared: declared_charset(&message) };
    let mut mail = ParsedMail::default();
    read_headers(&message, source, &mut mail, &mut defects);
    read_bodies(&message, source, depth, &mut mail, &mut defects);
    mail.automatic = mail.report.is_some() || is_automatic(&message) || is_sent_by_a_program(&mail, &message);
    mail.defects = defects;
    Some(mail)
}

/// The parser for the structure alone. Fields are left to us, who read only as much of each as we keep: an
/// address field of 30 MB of unfinished encoded words takes mail-parser eight seconds.
fn parser() -> MessageParser {
    use HeaderName as N;
    let fields = [
        N::Subject,
        N::Comments,
        N::ContentDescription,
        N::ContentLocation,
        N::ContentId,
        N::ContentLanguage,
        N::Keywords,
        N::From,
        N::To,
        N::Cc,
        N::Bcc,
        N::ReplyTo,
        N::Sender,
        N::ResentTo,
        N::ResentFrom,
        N::ResentBcc,
        N::ResentCc,
        N::ResentSender,
        N::ResentDate,
        N::ResentMessageId,
        N::ListArchive,
        N::ListHelp,
        N::ListId,
        N::ListOwner,
        N::ListPost,
        N::ListSubscribe,
        N::ListUnsubscribe,
        N::Date,
        N::MessageId,
        N::References,
        N::InReplyTo,
        N::ReturnPath,
        N::Received,
    ];
    let parser = MessageParser::new()
        .max_parts(MAX_PARTS)
        .max_depth(MAX_DEPTH)
        // Attached mails are kept as files; what is inside them is not ours to interpret.
        .max_encoded_nesting(0)
        .unknown_headers(HeaderForm::Ignore);
    fields.into_iter().fold(parser, |parser, name| parser.header(name, HeaderForm::Ignore))
}

/// The mail with overlong `Content-…` fields made harmless. The parser reads these itself, and slowly when
/// they are hostile. Nothing moves: what is too much is overwritten, in a copy, so that offsets into it are
/// offsets into the mail. No honest mail is copied: boundaries, names and parameters take a few hundred bytes.
fn tame(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut tamed = Cow::Borrowed(raw);
    let mut budget = MAX_CONTENT_FIELDS;
    let mut at = 0;
    while at < raw.len() {
        // A line may begin after a lone CR for some programs, and fields end at LF for all.
        let begins = at == 0 || matches!(raw[at - 1], b'\n' | b'\r');
        if !begins || !raw[at..].get(..8).is_some_and(|name| name.eq_ignore_ascii_case(b"content-")) {
            at += 1;
            continue;
        }
        let end = field_end(raw, at);
        let kept = (end - at).min(MAX_CONTENT_FIELD).min(budget);
        budget -= kept;
        if at + kept < end {
            for byte in &mut tamed.to_mut()[at + kept..end] {
                if !matches!(byte, b'\r' | b'\n' | b' ' | b'\t') {
                    *byte = b'x';
                }
            }
        }
        at = end;
    }
    tamed
}

/// Where the header field that begins at `at` ends: before a line that doesn't begin with white space.
fn field_end(raw: &[u8], at: usize) -> usize {
    let mut end = at;
    while let Some(line) = raw[end..].iter().position(|&byte| byte == b'\n') {
        end += line + 1;
        if !matches!(raw.get(end), Some(b' ' | b'\t')) {
            return end;
        }
    }
    raw.len()
}

/// What a mail is read from.
#[derive(Clone, Copy)]
struct Source<'a, 'm> {
    /// Its bytes.
    raw: &'a [u8],
    /// The character set that it declares for its text.
    declared: Option<&'m str>,
}

/// The character set of the first text that declares one.
fn declared_charset<'m>(message: &'m Message<'_>) -> Option<&'m str> {
    let mut texts = message.root().parts().filter(MessagePart::is_text);
    texts.find_map(|part| part.content_type()?.attribute("charset"))
}

/// A field's value as it stands in the mail.
fn raw_value<'a>(header: HeaderField<'_>, raw: &'a [u8]) -> &'a [u8] {
    raw.get(header.offset_start() as usize..header.offset_end() as usize).unwrap_or_default()
}

fn read_headers(
    message: &Message<'_>,
    source: Source<'_, '_>,
    mail: &mut ParsedMail<'_>,
    defects: &mut Vec<Defect>,
) {
    let Source { raw, declared } = source;
    let headers = message.headers();
    let first = |name: HeaderName<'static>| headers.all(name).next().map(|header| raw_value(header, raw));

    let once = [
        HeaderName::Date,
        HeaderName::From,
        HeaderName::Sender,
        HeaderName::ReplyTo,
        HeaderName::To,
        HeaderName::Cc,
        HeaderName::Bcc,
        HeaderName::MessageId,
        HeaderName::InReplyTo,
        HeaderName::References,
        HeaderName::Subject,
        // Not in RFC 5322, but programs differ just as much in which one they follow.
        HeaderName::ContentType,
        HeaderName::ContentTransferEncoding,
    ];
    if once.iter().any(|name| headers.all(name.clone()).nth(1).is_some()) {
        defects.push(Defect::DuplicateHeader);
    }

    for name in
        [HeaderName::Subject, HeaderName::From, HeaderName::Sender, HeaderName::ReplyTo, HeaderName::To]
    {
        let value = first(name).unwrap_or_default();
        // Encoded words come apart in any field when it is read as text.
        let text = words::to_text(&value[..value.len().min(MAX_HEADER_VALUE)], declared);
        note_disguise(&text, &mut mail.disguised);
    }

    let mut list = |name| first(name).map(|value| addresses(value, declared, defects)).unwrap_or_default();
    let mut from = list(HeaderName::From);
    mail.sender = list(HeaderName::Sender).into_iter().next();
    mail.reply_to = list(HeaderName::ReplyTo);
    mail.to = list(HeaderName::To);
    mail.cc = list(HeaderName::Cc);
    mail.bcc = list(HeaderName::Bcc);
    if from.len() > 1 || headers.all(HeaderName::From).nth(1).is_some() {
        defects.push(Defect::SeveralFrom);
    }
    mail.from = (!from.is_empty()).then(|| from.swap_remove(0));
    match &mail.from {
        None => defects.push(Defect::NoFrom),
        Some(from) if names_another_address(from) => defects.push(Defect::AddressInName),
        Some(_) => {}
    }

    mail.subject = first(HeaderName::Subject)
        .map(|value| clean_line(&decode(value, MAX_SUBJECT * 4, declared).0, MAX_SUBJECT))
        .unwrap_or_default();
    mail.date = first(HeaderName::Date).and_then(date::read);
    if mail.date.is_none() {
        defects.push(Defect::NoDate);
    }

    let mut ids = |name| first(name).map(|value| message_ids(value, defects)).unwrap_or_default();
    mail.message_id = ids(HeaderName::MessageId).pop();
    mail.in_reply_to = ids(HeaderName::InReplyTo);
    mail.references = ids(HeaderName::References);

    let mut bytes = 0;
    for header in headers {
        if mail.headers.len() == MAX_HEADERS {
            defects.push(Defect::TooManyHeaders);
            break;
        }
        let room = MAX_HEADER_VALUE.min(MAX_HEADER_BYTES - bytes);
        let (value, mut too_large) = decode(raw_value(header, raw), room, declared);
        let (name, long_name) = cut(header.raw_name(), 200);
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            defects.push(Defect::BadHeader);
        }
        too_large |= long_name;
        bytes += value.len() + name.len();
        mail.headers.push(Header { name: clean_line(name, 200), value });
        if too_large {
            defects.push(Defect::HeaderTooLarge);
        }
        if bytes >= MAX_HEADER_BYTES {
            defects.push(Defect::HeaderTooLarge);
            break;
        }
    }
}

/// A header value on one line, encoded words decoded, at most `max` bytes. The flag: something was cut.
fn decode(raw: &[u8], max: usize, declared: Option<&str>) -> (String, bool) {
    // An encoded word takes at most a dozen bytes for one; more of a long field is not worth decoding.
    let (raw, cut_off) = if raw.len() > max * 4 { (&raw[..max * 4], true) } else { (raw, false) };
    let text = words::to_text(raw, declared);
    (clean_line(&text, max), cut_off || text.len() > max)
}

fn addresses(value: &[u8], declared: Option<&str>, defects: &mut Vec<Defect>) -> Vec<ParsedAddress> {
    let cut_off = value.len() > MAX_FIELD;
    let value = words::to_utf8(&value[..value.len().min(MAX_FIELD)], declared);
    let parsed = HeaderForm::Addresses.parse(&value);
    let mut out = Vec::new();
    let mailboxes = parsed.value();
    for mailbox in mailboxes.as_address().iter().flat_map(mail_parser::AddressList::mailboxes) {
        if out.len() == MAX_ADDRESSES {
            defects.push(Defect::TooManyAddresses);
            return out;
        }
        let address = mailbox.address().unwrap_or_default().trim();
        if is_address(address) {
            let name = mailbox.name().map(|name| clean_line(name, MAX_NAME)).filter(|name| !name.is_empty());
            out.push(ParsedAddress { name, address: address.to_owned() });
        } else {
            defects.push(Defect::BadAddress);
        }
    }
    if cut_off {
        // The last one may be half an address, which is another one.
        out.pop();
        defects.push(Defect::TooManyAddresses);
    }
    out
}

pub(crate) fn message_ids(value: &[u8], defects: &mut Vec<Defect>) -> Vec<String> {
    // Of a field beyond all measure, only the end is read, from where an id begins.
    let start = value.len().saturating_sub(MAX_FIELD);
    let start =
        start + value[start..].iter().position(|&byte| start == 0 || byte == b'<').unwrap_or_default();
    let parsed = HeaderForm::MessageIds.parse(&value[start..]);
    let list = parsed.value();
    let Some(list) = list.as_text_list() else { return Vec::new() };
    if start > 0 || list.len() > MAX_REFERENCES {
        defects.push(Defect::TooManyReferences);
    }
    let mut ids: Vec<String> = list.iter().filter_map(message_id).collect();
    // The first began the conversation; the last are the closest.
    if ids.len() > MAX_REFERENCES {
        ids.drain(1..=ids.len() - MAX_REFERENCES);
    }
    ids
}

fn names_another_address(from: &ParsedAddress) -> bool {
    // "ann@x.test via Shop" counts as well: a quick reader sees the first word.
    let is_other = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        is_address(word) && !word.eq_ignore_ascii_case(&from.address)
    };
    from.name.as_deref().is_some_and(|name| name.split_whitespace().any(is_other))
}

pub(crate) fn is_address(address: &str) -> bool {
    address.len() <= MAX_ADDRESS
        && !address.contains(|c: char| c.is_whitespace() || is_unsafe_in_header(c) || matches!(c, '<' | '>'))
        && address.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

pub(crate) fn message_id(id: &str) -> Option<String> {
    let id = id.trim().trim_start_matches('<').trim_end_matches('>');
    let clean = !id.is_empty()
        && id.len() <= MAX_MESSAGE_ID
        && !id.contains(|c: char| c.is_whitespace() || is_unsafe_in_header(c));
    // A quoted part may have spaces.
    (clean || is_message_id(id)).then(|| id.to_owned())
}

/// RFC 3834 §2 and §5, and what became custom. See [`ParsedMail::automatic`].
fn is_automatic(message: &Message<'_>) -> bool {
    let headers = message.headers();
    let values = |name: &'static str| {
        headers.all(name).map(|header| {
            let raw = header.raw_value();
            String::from_utf8_lossy(&raw[..raw.len().min(200)]).trim().to_ascii_lowercase()
        })
    };
    // `auto-replied; x=y (comment)`: the first word counts.
    let word = |value: &str| value.split([';', '(', ' ', '\t', '\r']).next().unwrap_or_default().to_owned();

    values("Auto-Submitted").any(|value| !word(&value).is_empty() && word(&value) != "no")
        || values("Precedence")
            .any(|value| matches!(word(&value).as_str(), "bulk" | "list" | "junk" | "auto_reply"))
        || values("X-Auto-Response-Suppress").any(|value| !matches!(word(&value).as_str(), "" | "none"))
        || values("Return-Path").any(|value| value.replace(char::is_whitespace, "") == "<>")
        || [
            "List-Id",
            "List-Unsubscribe",
            "List-Post",
            "List-Help",
            "List-Owner",
            "List-Archive",
            "List-Subscribe",
            "X-Autoreply",
            "X-Autorespond",
            "X-Autoresponder",
        ]
        .into_iter()
        .any(|name| headers.contains(name))
        || message.root().is_content_type("multipart", "report")
}

/// Whether the address that the mail came from is one behind which nobody reads answers: RFC 3834 §2 names those of
/// mail servers and of lists, and custom has added the rest.
fn is_sent_by_a_program(mail: &ParsedMail<'_>, message: &Message<'_>) -> bool {
    let returned = message.headers().all("Return-Path").filter_map(|header| {
        let raw = header.raw_value();
        let path = String::from_utf8_lossy(&raw[..raw.len().min(MAX_ADDRESS)]).into_owned();
        path.trim().trim_matches(['<', '>']).rsplit_once('@').map(|(local, _)| local.to_owned())
    });
    let author = [&mail.from, &mail.sender].into_iter().flatten();
    let author =
        author.filter_map(|person| person.address.rsplit_once('@').map(|(local, _)| local.to_owned()));
    returned.chain(author).any(|local| {
        let local = local.to_ascii_lowercase();
        let plain: String =
            local.split('+').next().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
        matches!(
            plain.as_str(),
            "mailerdaemon"
                | "noreply"
                | "donotreply"
                | "dontreply"
                | "nepasrepondre"
                | "nichtantworten"
                | "noresponder"
                | "autoreply"
                | "autoresponder"
                | "listserv"
                | "majordomo"
        ) || local.starts_with("owner-")
            || local.ends_with("-request")
            || local.ends_with("-bounces")
            || local.contains("-bounces+")
    })
}

/// Keeps a name or a subject as it was written if it reads differently from what it says.
fn note_disguise(text: &str, disguised: &mut Vec<String>) {
    let (text, _) = cut(text, MAX_NAME);
    if disguised.len() < MAX_DISGUISED && has_bidirectional(text) {
        disguised.push(text.to_owned());
    }
}

fn read_bodies<'a>(
    message: &Message<'_>,
    source: Source<'a, '_>,
    depth: usize,
    mail: &mut ParsedMail<'a>,
    defects: &mut Vec<Defect>,
) {
    let root = message.root();
    let part_limit = message.parts().len() >= MAX_PARTS;
    let report = find_report(message);
    let is_reported = |part: MessagePart<'_>| report.as_ref().is_some_and(|report| report.holds(part));

    let mut has_html = false;
    let mut begins_with_file = None;
    for part in root.parts() {
        let flags = part.flags();
        if flags.contains(PartFlags::LIMIT_REACHED) {
            defects.push(if part_limit { Defect::TooManyParts } else { Defect::TooDeep });
        }
        if flags.intersects(
            PartFlags::MISSING_DELIMITER
                | PartFlags::FALLBACK_DELIMITER
                | PartFlags::NO_BLANK_LINE
                | PartFlags::UNTERMINATED,
        ) {
            defects.push(Defect::DamagedStructure);
        }
        if part.is_multipart() {
            continue;
        }
        let in_body = part.is_text() && (part.in_text_body() || part.in_html_body()) && !is_reported(part);
        begins_with_file.get_or_insert(!in_body);
        if in_body {
            has_html |= is_html(part);
        } else {
            let name = file_name(part, source.declared);
            note_disguise(name.as_deref().unwrap_or_default(), &mut mail.disguised);
            mail.attachments.push(attachment(part, name, source.raw, defects));
        }
    }

    let mut text = Body::default();
    for part in root.text_body().filter(|part| part.is_text() && !is_html(*part) && !is_reported(*part)) {
        let (content, cut_off) = body_text(part, defects);
        text.add((&content, cut_off));
    }
    let mut html = Body::default();
    if has_html {
        for part in root.html_body().filter(|part| part.is_text() && !is_reported(*part)) {
            let (content, cut_off) = body_text(part, defects);
            if is_html(part) {
                html.add((&content, cut_off));
            } else if !content.is_empty() {
                // A footer that a list added as plain text below the HTML.
                html.add((&as_html(&content), cut_off));
            }
        }
    }
    if text.content.is_none() && html.content.is_none() {
        // No part is *the* text (an unusual kind of text, a type without subtype): the first text that is
        // not declared a file is better than none. It stays an attachment as well.
        let declared = |part: &MessagePart<'_>| part.content_disposition().is_some_and(|d| d.is_attachment());
        if let Some(part) = root.parts().find(|part| part.is_text() && !declared(part) && !is_reported(*part))
        {
            let body = if is_html(part) { &mut html } else { &mut text };
            let (content, cut_off) = body_text(part, defects);
            body.add((&content, cut_off));
        }
    }
    mail.report = report.map(|report| report.read());
    if text.cut || html.cut {
        defects.push(Defect::TruncatedBody);
    }
    mail.html = html.content;
    mail.text = text.content;
    // What is within an envelope with a signature has been opened on its own.
    open_tnef(mail, defects);
    if begins_with_file == Some(true) {
        open_signed(depth, mail, defects);
    }
    if let (Some(html), true) = (&mail.html, mail.text.as_deref().is_none_or(|text| text.trim().is_empty())) {
        let safe = sanitise_html(html);
        let (text, cut_off) = markup::to_text(&safe.html, MAX_BODY);
        if safe.truncated || cut_off {
            defects.push(Defect::TruncatedText);
        }
        mail.text = Some(text);
        mail.text_from_html = true;
    }
}

/// Where a report stands in a mail.
struct FoundReport<'m> {
    kind: report::Kind,
    /// The parts of the multipart that it is.
    parts: Vec<MessagePart<'m>>,
    /// The part for machines: its place among them.
    machine: usize,
    /// The mail that it is about, or its header.
    enclosed: Option<usize>,
}

impl FoundReport<'_> {
    /// Whether a part belongs to what is reported, not to what is said about it to people.
    fn holds(&self, part: MessagePart<'_>) -> bool {
        let mut at = part;
        for _ in 0..=MAX_DEPTH {
            if let Some(place) = self.parts.iter().position(|held| held.id() == at.id()) {
                // In the right order, all that follows is reported.
                return place == self.machine
                    || Some(place) == self.enclosed
                    || (place > self.machine && self.machine > 0);
            }
            let Some(parent) = at.parent() else { return false };
            at = parent;
        }
        false
    }

    fn read(&self) -> Report {
        let bytes = |place: usize| beginning(self.parts[place]);
        report::read(self.kind, &bytes(self.machine), self.enclosed.map(bytes).as_deref())
    }
}

/// The beginning of a part, decoded: as much as is read of a report.
fn beginning(part: MessagePart<'_>) -> Cow<'_, [u8]> {
    let raw = part.raw_body();
    // What is wrong with its encoding is noted where the part is listed as a file.
    decode_part(part, &raw[..raw.len().min(2 * report::MAX_PART)], &mut vec![])
}

/// Looks for a report: a `multipart/report` (RFC 6522), itself or as the first part of something that was put around it, or
/// any other multipart that has a part which only reports have.
fn find_report<'m>(message: &'m Message<'_>) -> Option<FoundReport<'m>> {
    let root = message.root().root_part();
    let is_report = |part: &MessagePart<'_>| part.is_content_type("multipart", "report");
    let within = root.children().next().filter(|part| !is_report(&root) && is_report(part));
    let container = within.unwrap_or(root);
    let parts: Vec<_> = container.children().take(20).collect();
    let typed = |part: &MessagePart<'_>| report::Kind::of_type(&content_type(*part));
    let by_type = parts.iter().enumerate().find_map(|(place, part)| Some((place, typed(part)?)));
    let by_content = || {
        let texts = parts.iter().enumerate().filter(|(_, part)| part.is_text() && is_report(&container));
        texts
            .into_iter()
            .find_map(|(place, part)| Some((place, report::Kind::of_content(&beginning(*part))?)))
    };
    let (machine, kind) = by_type.or_else(by_content)?;
    let is_mail = |part: &MessagePart<'_>| {
        matches!(
            content_type(*part).as_str(),
            "message/rfc822"
                | "message/global"
                | "text/rfc822-headers"
                | "message/rfc822-headers"
                | "message/global-headers"
                | "text/rfc822"
        )
    };
    let enclosed = parts
        .iter()
        .position(is_mail)
        // Labelled as text it is what follows.
        .or_else(|| (is_report(&container) && parts.len() > machine + 1).then_some(machine + 1));
    Some(FoundReport { kind, parts, machine, enclosed })
}

fn is_html(part: MessagePart<'_>) -> bool {
    matches!(part.kind(), PartKind::Html)
}

/// The text of a body part with LF line ends, and whether its end is missing.
fn body_text(part: MessagePart<'_>, defects: &mut Vec<Defect>) -> (String, bool) {
    // So much has a megabyte of text in it however it is encoded, but by someone who wants to hide it.
    const ENOUGH: usize = 8 * MAX_BODY;
    let whole = part.raw_body();
    let long = whole.len() > ENOUGH;
    let raw = if long { &whole[..last_line_end(&whole[..ENOUGH])] } else { whole };
    let bytes = decode_part(part, raw, defects);
    let attribute = |name| part.content_type().and_then(|declared| declared.attribute(name));
    let (text, doubt) = charset::decode(&bytes, attribute("charset"));
    // What was cut by us may end within a letter.
    if doubt && !long {
        defects.push(Defect::BadCharset);
    }
    let (text, cut_off) = cut(&text, MAX_BODY);
    let text = to_lf(text);
    let is = |name, value: &str| {
        attribute(name).is_some_and(|found: &str| found.trim().eq_ignore_ascii_case(value))
    };
    let text = if !is_html(part) && is("format", "flowed") {
        flowed::unflow(&text, is("delsp", "yes"))
    } else {
        text.into_owned()
    };
    (text, cut_off || long)
}

/// Behind the last line end, or everything.
fn last_line_end(raw: &[u8]) -> usize {
    raw.iter().rposition(|&byte| byte == b'\n').map_or(raw.len(), |at| at + 1)
}

/// The bytes of a part, or of the beginning of one, without their transfer encoding.
fn decode_part<'b>(part: MessagePart<'_>, raw: &'b [u8], defects: &mut Vec<Defect>) -> Cow<'b, [u8]> {
    let (bytes, malformed) = match part.encoding() {
        Encoding::QuotedPrintable => {
            let (bytes, malformed) = transfer::decode_quoted(raw);
            (Cow::Owned(bytes), malformed)
        }
        encoding => encoding.decode_checked(raw),
    };
    if malformed || !part.has_known_transfer_encoding() {
        defects.push(Defect::BadEncoding);
    }
    bytes
}

/// The name of a file: of its disposition, or else of its type.
fn file_name(part: MessagePart<'_>, declared: Option<&str>) -> Option<String> {
    let named = |field: HeaderName<'static>, name| {
        let value = part.headers().all(field).last()?.raw_value();
        parameters::parameter(&value[..value.len().min(MAX_CONTENT_FIELD)], name, declared)
    };
    named(HeaderName::ContentDisposition, "filename").or_else(|| named(HeaderName::ContentType, "name"))
}

/// A body put together from several parts.
#[derive(Default)]
struct Body {
    content: Option<String>,
    cut: bool,
}

impl Body {
    fn add(&mut self, (text, cut_off): (&str, bool)) {
        self.cut |= cut_off;
        let content = self.content.get_or_insert_default();
        if text.is_empty() {
            return;
        }
        if !content.is_empty() && !content.ends_with('\n') && content.len() < MAX_BODY {
            content.push('\n');
        }
        let (text, cut_off) = cut(text, MAX_BODY.saturating_sub(content.len()));
        content.push_str(text);
        self.cut |= cut_off;
    }
}

/// Opens an envelope with a signature, which the mail begins with: its text comes before what a list may have added, its
/// files behind it. The envelope stays listed.
fn open_signed(depth: usize, mail: &mut ParsedMail<'_>, defects: &mut Vec<Defect>) {
    let is_envelope = |file: &&ParsedAttachment<'_>| {
        matches!(file.content_type.as_str(), "application/pkcs7-mime" | "application/x-pkcs7-mime")
            || is_named(file, ".p7m")
    };
    let envelope = mail.attachments.first().filter(is_envelope);
    let Some(content) = envelope.and_then(|file| cms::signed_content(&file.contents)) else { return };
    if depth == MAX_ENVELOPES {
        defects.push(Defect::TooDeep);
        return;
    }
    let Some(inside) = read(&content, depth + 1).map(ParsedMail::into_owned) else { return };
    defects.push(Defect::InsideSignature);
    // What is wrong with its fields says nothing: it has none but those of its content.
    defects.extend(inside.defects.into_iter().filter(|defect| {
        matches!(
            defect,
            Defect::TooManyParts
                | Defect::TooDeep
                | Defect::DamagedStructure
                | Defect::BadEncoding
                | Defect::BadCharset
                | Defect::TruncatedBody
                | Defect::InsideTnef
        )
    }));
    let room = MAX_DISGUISED.saturating_sub(mail.disguised.len());
    mail.disguised.extend(inside.disguised.into_iter().take(room));

    let text = inside.text.filter(|_| !inside.text_from_html);
    let parts = [(text, inside.html), (mail.text.take(), mail.html.take())];
    let parts: Vec<_> = parts.into_iter().filter(|(text, html)| text.is_some() || html.is_some()).collect();
    let (mut plain, mut html) = (Body::default(), Body::default());
    // Where one part is HTML alone, the text is made from all of the HTML.
    if parts.iter().all(|(text, _)| text.is_some()) {
        parts.iter().flat_map(|(text, _)| text).for_each(|text| plain.add((text, false)));
    }
    if parts.iter().any(|(_, html)| html.is_some()) {
        for (text, part) in &parts {
            match part {
                Some(part) => html.add((part, false)),
                None => html.add((&as_html(text.as_deref().unwrap_or_default()), false)),
            }
        }
    }
    if plain.cut || html.cut {
        defects.push(Defect::TruncatedBody);
    }
    (mail.text, mail.html) = (plain.content, html.content);

    let room = MAX_PARTS.saturating_sub(mail.attachments.len());
    if inside.attachments.len() > room {
        defects.push(Defect::TooManyParts);
    }
    let files: Vec<_> = inside.attachments.into_iter().take(room).collect();
    mail.attachments.splice(1..1, files);
}

/// Opens what Outlook wraps its files in: they are listed behind it, and its text is the mail's where that has none.
fn open_tnef(mail: &mut ParsedMail<'_>, defects: &mut Vec<Defect>) {
    let is_envelope = |file: &ParsedAttachment<'_>| {
        matches!(file.content_type.as_str(), "application/ms-tnef" | "application/vnd.ms-tnef")
            || is_named(file, "winmail.dat")
    };
    let mut room = MAX_PARTS.saturating_sub(mail.attachments.len());
    for file in std::mem::take(&mut mail.attachments) {
        let mut files = vec![];
        if let Some(unpacked) = is_envelope(&file).then(|| tnef::unpack(&file.contents)).flatten() {
            if unpacked.cut {
                defects.push(Defect::DamagedStructure);
            }
            if unpacked.full || unpacked.files.len() > room {
                defects.push(Defect::TooManyParts);
            }
            files.extend(unpacked.files.into_iter().take(room).map(unpacked_file));
            room -= files.len();
            let blank = |body: &Option<String>| body.as_deref().is_none_or(|body| body.trim().is_empty());
            let text = unpacked.text.filter(|_| blank(&mail.text) && blank(&mail.html));
            if text.is_some() || !files.is_empty() {
                defects.push(Defect::InsideTnef);
            }
            if let Some(text) = text {
                let (text, cut_off) = cut(&text, MAX_BODY);
                if cut_off {
                    defects.push(Defect::TruncatedBody);
                }
                mail.text = Some(to_lf(text).into_owned());
            }
        }
        for file in &files {
            note_disguise(file.filename.as_deref().unwrap_or_default(), &mut mail.disguised);
        }
        mail.attachments.push(file);
        mail.attachments.extend(files);
    }
}

fn unpacked_file(file: tnef::File<'_>) -> ParsedAttachment<'static> {
    let kind = file.kind.as_deref().and_then(|kind| kind.trim().split_once('/'));
    ParsedAttachment {
        filename: file.name.as_deref().and_then(safe_filename),
        content_type: kind.map_or_else(|| media_type("", ""), |(kind, sub)| media_type(kind, sub)),
        content_id: file.content_id.as_deref().and_then(message_id),
        inline: false,
        size: file.contents.len(),
        sha256: Sha256::digest(file.contents).into(),
        contents: Cow::Owned(file.contents.to_vec()),
    }
}

/// Whether a file's name ends so, in whatever case.
fn is_named(file: &ParsedAttachment<'_>, end: &str) -> bool {
    file.filename.as_deref().is_some_and(|name| name.to_ascii_lowercase().ends_with(end))
}

/// Text below HTML, or above.
fn as_html(text: &str) -> String {
    format!("<pre>{}</pre>", escape(text))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn attachment<'a>(
    part: MessagePart<'_>,
    name: Option<String>,
    raw: &'a [u8],
    defects: &mut Vec<Defect>,
) -> ParsedAttachment<'a> {
    let contents = match decode_part(part, part.raw_body(), defects) {
        // The parser's borrow ends with it; the bytes are ours, at a known place.
        Cow::Borrowed(_) => Cow::Borrowed(
            raw.get(part.offset_body() as usize..part.offset_end() as usize).unwrap_or_default(),
        ),
        Cow::Owned(bytes) => Cow::Owned(bytes),
    };
    ParsedAttachment {
        filename: name.as_deref().and_then(safe_filename),
        content_type: content_type(part),
        content_id: content_id(part, raw),
        inline: part.is_inline(),
        size: contents.len(),
        sha256: Sha256::digest(&contents).into(),
        contents,
    }
}

fn content_id(part: MessagePart<'_>, raw: &[u8]) -> Option<String> {
    let value = raw_value(part.headers().get(HeaderName::ContentId)?, raw);
    let parsed = HeaderForm::MessageIds.parse(&value[..value.len().min(2 * MAX_MESSAGE_ID)]);
    parsed.value().as_text().and_then(message_id)
}

fn content_type(part: MessagePart<'_>) -> String {
    let Some(declared) = part.content_type() else {
        // RFC 2045 §5.2: what declares nothing is text.
        let default = match part.kind() {
            PartKind::Message(_) => "message/rfc822", // in a digest: RFC 2046 §5.1.5
            _ if part.is_text() => "text/plain",
            _ => "application/octet-stream",
        };
        return default.to_owned();
    };
    media_type(declared.ctype(), declared.subtype().unwrap_or_default())
}

/// `type/subtype` in lower case, or what stands for any bytes.
fn media_type(kind: &str, sub: &str) -> String {
    let token = |text: &str| {
        !text.is_empty()
            && text.len() <= 100
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    if token(kind) && token(sub) {
        format!("{kind}/{sub}").to_ascii_lowercase()
    } else {
        "application/octet-stream".to_owned()
    }
}

/// A name that no file system and no person misreads: what [`parse`](parse()) makes of it. `None` when nothing of it is left.
pub fn safe_filename(name: &str) -> Option<String> {
    let name = clean_line(name, 4 * 1024);
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name
        .chars()
        .map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c })
        .collect();
    let name = name.trim().trim_end_matches(['.', ' ']);
    if name.is_empty() || name.chars().all(|c| c == '.') {
        return None;
    }
    if name.len() <= MAX_FILENAME {
        return Some(name.to_owned());
    }
    // The extension says what opens it: keep it when it is one.
    let extension =
        name.rsplit_once('.').map(|(_, ext)| ext).filter(|ext| ext.len() <= 10).unwrap_or_default();
    let (stem, _) = cut(name, MAX_FILENAME - extension.len() - 1);
    Some(if extension.is_empty() { stem.to_owned() } else { format!("{stem}.{extension}") })
}

#[cfg(test)]
mod tests;
