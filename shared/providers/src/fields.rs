//! A mail as fields, for providers that write the mail themselves.
//!
//! The fields are read from the sealed MIME and envelope, and then the mail is composed of them once more: unless the very same bytes
//! come out, something in the MIME has no field, and there are none. So nothing that somebody approved is dropped in silence.

use base64::Engine as _;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use domain::base::address::EmailAddress;
use domain::gate::seal::Envelope;
use mail::{Addr, Outgoing, OutgoingAttachment, ParsedAddress, ParsedMail};
use mail_parser::{MessageParser, MessagePart};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

/// Somebody, as a header shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) name: Option<String>,
    pub(crate) address: String,
}

impl Person {
    fn bare(address: &EmailAddress) -> Self {
        Self { name: None, address: address.to_string() }
    }

    fn addr(&self) -> Addr<'_> {
        Addr { name: self.name.as_deref(), address: &self.address }
    }
}

impl From<&ParsedAddress> for Person {
    fn from(parsed: &ParsedAddress) -> Self {
        Self { name: parsed.name.clone(), address: parsed.address.clone() }
    }
}

/// A file of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) filename: String,
    /// `type/subtype`, with parameters if it has any.
    pub(crate) content_type: String,
    /// Without angle brackets.
    pub(crate) content_id: Option<String>,
    pub(crate) inline: bool,
    pub(crate) contents: Vec<u8>,
}

impl File {
    /// The part of its name behind the last dot, in lower case.
    pub(crate) fn extension(&self) -> Option<String> {
        let (stem, extension) = self.filename.rsplit_once('.')?;
        (!stem.is_empty() && !extension.is_empty()).then(|| extension.to_ascii_lowercase())
    }
}

/// Everything that a provider is given of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) from: Person,
    pub(crate) to: Vec<Person>,
    pub(crate) cc: Vec<Person>,
    /// These stand in the envelope alone, and have no names.
    pub(crate) bcc: Vec<Person>,
    pub(crate) reply_to: Vec<Person>,
    pub(crate) subject: String,
    pub(crate) text: Option<String>,
    pub(crate) html: Option<String>,
    /// `In-Reply-To`, `References`, and those that whoever asked for the mail may set, in the order of the mail; all of them ASCII.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) files: Vec<File>,
    /// Of the MIME, in bytes.
    pub(crate) size: usize,
}

/// Header fields for which there are fields, and those of which MIME consists.
const STRUCTURE: [&str; 6] = ["from", "reply-to", "to", "cc", "subject", "mime-version"];

impl Fields {
    /// A mail of one text.
    pub(crate) fn of_text(from: &EmailAddress, to: &EmailAddress, subject: &str, text: &str) -> Self {
        Self {
            from: Person::bare(from),
            to: vec![Person::bare(to)],
            cc: vec![],
            bcc: vec![],
            reply_to: vec![],
            subject: subject.to_owned(),
            text: Some(mail::canonical_text(text)),
            html: None,
            headers: vec![],
            files: vec![],
            size: text.len(),
        }
    }

    /// The fields of a mail; none where they can't say all that its MIME says.
    pub(crate) fn of(envelope: &Envelope, mime: &[u8]) -> Option<Self> {
        let parsed = mail::parse(mime);
        let from = one(&envelope.from, parsed.from.as_ref()?)?;
        let (headers, extra) = headers(&parsed)?;
        let fields = Self {
            from,
            to: all(&envelope.to, &parsed.to)?,
            cc: all(&envelope.cc, &parsed.cc)?,
            bcc: envelope.bcc.iter().map(Person::bare).collect(),
            reply_to: parsed.reply_to.iter().map(Person::from).collect(),
            files: files(&parsed, mime)?,
            subject: parsed.subject,
            text: parsed.text.filter(|_| !parsed.text_from_html),
            html: parsed.html,
            headers,
            size: mime.len(),
        };
        let says_all =
            fields.composed(parsed.in_reply_to.first().map(String::as_str), &parsed.references, &extra);
        is_same_mail(&says_all?, mime).then_some(fields)
    }

    /// The mail that these fields make, but for its boundaries.
    fn composed(
        &self,
        in_reply_to: Option<&str>,
        references: &[String],
        extra: &[(String, String)],
    ) -> Option<Vec<u8>> {
        let files: Vec<_> = self
            .files
            .iter()
            .map(|file| OutgoingAttachment {
                filename: &file.filename,
                content_type: &file.content_type,
                content_id: file.content_id.as_deref(),
                inline: file.inline,
                contents: &file.contents,
            })
            .collect();
        mail::compose(&Outgoing {
            from: self.from.addr(),
            reply_to: &addrs(&self.reply_to),
            to: &addrs(&self.to),
            cc: &addrs(&self.cc),
            subject: &self.subject,
            text: self.text.as_deref(),
            html: self.html.as_deref(),
            in_reply_to,
            references,
            headers: extra,
            attachments: &files,
            boundary_seed: [0; 16],
        })
        .ok()
    }

    /// The same fields as a MIME message.
    pub(crate) fn mime(&self) -> Option<Vec<u8>> {
        self.composed(None, &[], &self.headers)
    }

    /// Everybody who gets it.
    pub(crate) fn recipients(&self) -> impl Iterator<Item = &Person> {
        self.to.iter().chain(&self.cc).chain(&self.bcc)
    }

    /// Whether there is a header field whose name, in lower case, begins so.
    pub(crate) fn has_header(&self, begins: &str) -> bool {
        self.headers.iter().any(|(name, _)| name.to_ascii_lowercase().starts_with(begins))
    }

    /// What all providers ask of a mail: somebody to send it to, a subject, and something to read. None takes a mail as a file, which
    /// must not be encoded (RFC 2046, section 5.2.1), and an empty file.
    pub(crate) fn check(&self, max_size: usize) -> Result<(), &'static str> {
        let blank = |body: &Option<String>| body.as_deref().is_none_or(str::is_empty);
        let is_mail = |file: &File| file.content_type.to_ascii_lowercase().starts_with("message/");
        if self.size > max_size {
            return Err("too_large");
        }
        let lacks = self.to.is_empty() || self.subject.is_empty() || (blank(&self.text) && blank(&self.html));
        let bad_file = self.files.iter().any(|file| is_mail(file) || file.contents.is_empty());
        if lacks || bad_file { Err(NOT_EXPRESSIBLE) } else { Ok(()) }
    }
}

/// The code of a mail whose fields can't say all of it.
pub(crate) const NOT_EXPRESSIBLE: &str = "not_expressible";

fn addrs(people: &[Person]) -> Vec<Addr<'_>> {
    people.iter().map(Person::addr).collect()
}

/// Somebody of the envelope, under the name that the header has for them; none if the header shows another address.
fn one(address: &EmailAddress, shown: &ParsedAddress) -> Option<Person> {
    let same = EmailAddress::parse(&shown.address).is_ok_and(|shown| shown == *address);
    same.then(|| Person::from(shown))
}

/// As [`one`]: a provider writes the header from those to whom it sends, so that they must be the same.
fn all(addresses: &[EmailAddress], shown: &[ParsedAddress]) -> Option<Vec<Person>> {
    if addresses.len() != shown.len() {
        return None;
    }
    addresses.iter().zip(shown).map(|(address, shown)| one(address, shown)).collect()
}

type Pairs = Vec<(String, String)>;

/// The header fields that a provider is given, and of these the ones that [`mail::compose`] does not write by itself.
fn headers(parsed: &ParsedMail<'_>) -> Option<(Pairs, Pairs)> {
    let ids = |ids: &[String]| ids.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" ");
    let (mut all, mut extra) = (vec![], vec![]);
    for header in &parsed.headers {
        let name = header.name.to_ascii_lowercase();
        if STRUCTURE.contains(&&*name) || name.starts_with("content-") {
            continue;
        }
        match &*name {
            "in-reply-to" => all.push((header.name.clone(), ids(&parsed.in_reply_to))),
            "references" => all.push((header.name.clone(), ids(&parsed.references))),
            _ => {
                all.push((header.name.clone(), header.value.clone()));
                extra.push((header.name.clone(), header.value.clone()));
            }
        }
    }
    // One provider sends other letters as they are, which no header may have, and of the others nobody knows.
    all.iter().all(|(_, value)| value.is_ascii() && !value.is_empty()).then_some((all, extra))
}

/// The files with their names and types as they are written, which [`mail::parse()`] makes harmless for readers.
fn files(parsed: &ParsedMail<'_>, mime: &[u8]) -> Option<Vec<File>> {
    if parsed.attachments.is_empty() {
        return Some(vec![]);
    }
    let message = MessageParser::new().max_encoded_nesting(0).parse(mime)?;
    let is_body = |part: &MessagePart<'_>| part.is_text() && (part.in_text_body() || part.in_html_body());
    let parts: Vec<_> =
        message.root().parts().filter(|part| !part.is_multipart() && !is_body(part)).collect();
    if parts.len() != parsed.attachments.len() {
        return None;
    }
    let file = |(part, file): (MessagePart<'_>, &mail::ParsedAttachment<'_>)| {
        let declared = part.content_type()?;
        let mut content_type = format!("{}/{}", declared.ctype(), declared.subtype()?);
        for (name, value) in declared.attributes() {
            content_type.push_str("; ");
            content_type.push_str(name);
            content_type.push_str("=\"");
            content_type.push_str(value);
            content_type.push('"');
        }
        Some(File {
            filename: part.attachment_name()?.to_owned(),
            content_type,
            content_id: file.content_id.clone(),
            inline: part.content_disposition().is_some_and(|disposition| disposition.is_inline()),
            contents: file.contents.to_vec(),
        })
    };
    parts.into_iter().zip(&parsed.attachments).map(file).collect()
}

/// Whether two mails are the same but for the stem of their boundaries, which is random in one of them.
fn is_same_mail(ours: &[u8], theirs: &[u8]) -> bool {
    let (our_stem, their_stem) = match (stem(ours), stem(theirs)) {
        (None, None) => return ours == theirs,
        (Some(ours), Some(theirs)) => (ours, theirs),
        _ => return false,
    };
    if ours.len() != theirs.len() || our_stem.len() != their_stem.len() {
        return false;
    }
    let mut at = 0;
    while at < ours.len() {
        if ours[at] == b'=' && ours[at..].starts_with(our_stem) && theirs[at..].starts_with(their_stem) {
            at += our_stem.len();
        } else if ours[at] == theirs[at] {
            at += 1;
        } else {
            return false;
        }
    }
    true
}

/// What the boundaries of a mail of [`mail::compose()`] begin with: `=_` and 24 digits.
fn stem(mime: &[u8]) -> Option<&[u8]> {
    const LENGTH: usize = 26;
    let find = |from: &[u8], what: &[u8]| from.windows(what.len()).position(|window| window == what);
    let head = &mime[..find(mime, b"\r\n\r\n")?];
    let at = find(head, b"boundary=\"=_")? + b"boundary=\"".len();
    head.get(at..at + LENGTH)
}

/// Characters that an atom can't have (RFC 5322, section 3.2.3), but for the dot, which all take.
pub(crate) fn has_specials(name: &str) -> bool {
    name.contains(|letter: char| "()<>[]:;@\\,\"".contains(letter))
}

/// A name as encoded words (RFC 2047), none longer than 75 characters.
pub(crate) fn encoded_words(name: &str) -> String {
    const MOST: usize = 42;
    let mut words = vec![];
    let mut rest = name;
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.floor_char_boundary(MOST));
        words.push(format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
        rest = behind;
    }
    words.join(" ")
}

/// Bytes that become Base64 where they are written into JSON, without a copy of them.
pub(crate) struct Encoded<'a>(pub(crate) &'a [u8]);

impl Serialize for Encoded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.0, &STANDARD))
    }
}

/// Header fields as an object of JSON, in their order.
pub(crate) struct Headers<'a>(pub(crate) &'a [(String, String)]);

impl Headers<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
