//! Drafts: mails that somebody is still writing.

use std::collections::BTreeMap;

use app::base::error::Refusal;
use app::gate::drafts::{DraftChange, DraftDetail, Part};
use domain::base::address::HeaderText;
use domain::gate::draft::{DraftFile, SavedDraft};
use domain::mailbox::notes::{Notes, Tag};
use domain::{ApprovalId, DraftId, InboxId, MessageId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::request::{self, request};
use crate::base::values::{
    Choice, Filled, Headers, IdOf, Line, List, MAX_ENTRIES, Mailboxes, Metadata, Named as _, OrNull, TagOf,
    Time,
};
use crate::gate::drafts::{FileGiven, HtmlMode, files};
use crate::mailbox::messages::{PartyView, metadata, parties};

request! {
    /// A mail to go on with later. Any part may be missing until it is submitted.
    pub struct CreateDraft {
        /// A name of yours: where the inbox has a draft of this name, that is given as it stands, with `200`.
        client_id: Option<Filled<128>>,
        /// Recipients: with `cc` and `bcc` at most 50.
        to: Option<Mailboxes>,
        /// Recipients of copies.
        cc: Option<Mailboxes>,
        /// Recipients that the others don't see.
        bcc: Option<Mailboxes>,
        /// Where answers go, if not to the inbox: at most 5.
        reply_to: Option<Mailboxes>,
        /// Of a reply, that of the mail that it answers where it is left out.
        subject: Option<Line>,
        /// The body as text, at most 1 MB.
        text: Option<String>,
        /// The body as HTML, at most 1 MB. It is brought into its form when it is submitted.
        html: Option<String>,
        /// What becomes of HTML beyond that form when it is submitted: `normal` changes and names it, `strict` refuses the mail.
        html_mode: Option<Choice<HtmlMode>>,
        /// Whether its one recipient can unsubscribe with one click, as of a mail.
        unsubscribe: Option<bool>,
        /// At most 20, with at most 25 MB together. The draft keeps their bytes.
        attachments: Option<List<FileGiven, MAX_ENTRIES>>,
        /// Further header fields, by name, as of a mail.
        headers: Option<Headers>,
        /// What a program keeps with the mail, by name.
        metadata: Option<Metadata>,
        /// Words that a program keeps with the mail.
        tags: Option<List<TagOf, { Notes::MOST_TAGS }>>,
        /// Not before this, at most 300 days ahead when it is submitted.
        send_at: Option<Time>,
        /// The mail of this inbox that it answers.
        reply_to_message_id: Option<IdOf<MessageId>>,
        /// Whether the other recipients of that mail get the answer too.
        reply_all: Option<bool>,
    }
}

request! {
    /// What changes of a draft. What is left out stays, what is `null` is taken out.
    pub struct UpdateDraft {
        /// Recipients, in the place of those that it has.
        to: Option<OrNull<Mailboxes>>,
        /// Recipients of copies, in the place of those that it has.
        cc: Option<OrNull<Mailboxes>>,
        /// Recipients that the others don't see, in the place of those that it has.
        bcc: Option<OrNull<Mailboxes>>,
        /// Where answers go, if not to the inbox.
        reply_to: Option<OrNull<Mailboxes>>,
        /// The subject.
        subject: Option<OrNull<Line>>,
        /// The body as text.
        text: Option<OrNull<String>>,
        /// The body as HTML.
        html: Option<OrNull<String>>,
        /// As of a new draft.
        html_mode: Option<OrNull<Choice<HtmlMode>>>,
        /// As of a new draft.
        unsubscribe: Option<OrNull<bool>>,
        /// All its files, in the place of those that it has.
        attachments: Option<OrNull<List<FileGiven, MAX_ENTRIES>>>,
        /// All further header fields, in the place of those that it has.
        headers: Option<OrNull<Headers>>,
        /// All that a program keeps with it by name, in the place of what it has.
        metadata: Option<OrNull<Metadata>>,
        /// All words that a program keeps with it, in the place of those that it has.
        tags: Option<OrNull<List<TagOf, { Notes::MOST_TAGS }>>>,
        /// Not before this.
        send_at: Option<OrNull<Time>>,
        /// The mail of its inbox that it answers.
        reply_to_message_id: Option<OrNull<IdOf<MessageId>>>,
        /// Whether the other recipients of that mail get the answer too.
        reply_all: Option<OrNull<bool>>,
    }
}

fn given<T, U>(value: Option<T>, read: impl FnOnce(T) -> U) -> Part<U> {
    value.map_or(Part::Kept, |value| Part::Given(read(value)))
}

fn changed<T, U>(value: Option<OrNull<T>>, read: impl FnOnce(T) -> U) -> Part<U> {
    match value {
        None => Part::Kept,
        Some(OrNull(None)) => Part::Emptied,
        Some(OrNull(Some(value))) => Part::Given(read(value)),
    }
}

fn is_strict(mode: Choice<HtmlMode>) -> bool {
    mode == Choice(HtmlMode::Strict)
}

/// Reads [`CreateDraft`]: the client's name for it, and what it says.
pub fn new(body: &[u8]) -> Result<(Option<String>, DraftChange), Refusal> {
    let new: CreateDraft = request::body(body)?;
    let says = DraftChange {
        to: given(new.to, |list| list.0),
        cc: given(new.cc, |list| list.0),
        bcc: given(new.bcc, |list| list.0),
        reply_to: given(new.reply_to, |list| list.0),
        subject: given(new.subject, |line| line.0),
        text: given(new.text, |text| text),
        html: given(new.html, |html| html),
        strict_html: given(new.html_mode, is_strict),
        unsubscribe: given(new.unsubscribe, |flag| flag),
        attachments: given(new.attachments, |list| files(Some(list))),
        headers: given(new.headers, |headers| headers.0.into_iter().collect()),
        metadata: given(new.metadata, |metadata| metadata.0),
        tags: given(new.tags, |list| list.0.into_iter().map(|tag| tag.0).collect()),
        send_at: given(new.send_at, Time::whole_second),
        answers: given(new.reply_to_message_id, |id| id.0),
        reply_all: given(new.reply_all, |all| all),
    };
    Ok((new.client_id.map(|text| text.0), says))
}

/// Reads [`UpdateDraft`].
pub fn change(body: &[u8]) -> Result<DraftChange, Refusal> {
    let change: UpdateDraft = request::body(body)?;
    Ok(DraftChange {
        to: changed(change.to, |list| list.0),
        cc: changed(change.cc, |list| list.0),
        bcc: changed(change.bcc, |list| list.0),
        reply_to: changed(change.reply_to, |list| list.0),
        subject: changed(change.subject, |line| line.0),
        text: changed(change.text, |text| text),
        html: changed(change.html, |html| html),
        strict_html: changed(change.html_mode, is_strict),
        unsubscribe: changed(change.unsubscribe, |flag| flag),
        attachments: changed(change.attachments, |list| files(Some(list))),
        headers: changed(change.headers, |headers| headers.0.into_iter().collect()),
        metadata: changed(change.metadata, |metadata| metadata.0),
        tags: changed(change.tags, |list| list.0.into_iter().map(|tag| tag.0).collect()),
        send_at: changed(change.send_at, Time::whole_second),
        answers: changed(change.reply_to_message_id, |id| id.0),
        reply_all: changed(change.reply_all, |all| all),
    })
}

/// A draft as a list shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Draft")]
pub struct DraftView<'a> {
    id: IdOf<DraftId>,
    /// Counts its changes, from 1. `If-Match` names it as `ETag` gives it.
    revision: u64,
    inbox_id: IdOf<InboxId>,
    /// The name that its client gave it.
    client_id: Option<&'a str>,
    to: Vec<PartyView<'a>>,
    cc: Vec<PartyView<'a>>,
    bcc: Vec<PartyView<'a>>,
    /// Where answers go, if not to the inbox.
    reply_to: Vec<PartyView<'a>>,
    subject: Option<&'a str>,
    /// The first words of the text, at most 200 characters.
    preview: &'a str,
    /// What becomes of HTML beyond its form when it is submitted.
    html_mode: &'static str,
    /// Whether its one recipient can unsubscribe with one click.
    unsubscribe: bool,
    attachments: Vec<DraftFileView<'a>>,
    /// Further header fields, by name.
    headers: BTreeMap<&'a str, &'a str>,
    /// What a program keeps with it, by name.
    metadata: BTreeMap<&'a str, &'a str>,
    /// Words that a program keeps with it, in the order of the alphabet.
    tags: Vec<&'a str>,
    /// Not before.
    send_at: Option<Time>,
    /// The mail that it answers.
    reply_to_message_id: Option<IdOf<MessageId>>,
    /// Whether the other recipients of that mail get the answer too.
    reply_all: bool,
    /// Why the mail was rejected of which it was left.
    rejection_reason: Option<&'a str>,
    /// The approval of that mail.
    approval_id: Option<IdOf<ApprovalId>>,
    /// That mail.
    message_id: Option<IdOf<MessageId>>,
    created_at: Time,
    updated_at: Time,
}

/// A file of a draft.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FileOfDraft")]
struct DraftFileView<'a> {
    filename: &'a str,
    content_type: &'a str,
    /// What its first bytes say that it is, as a media type; null where they say nothing, and of what was stored before this was looked
    /// at. Not proven: a file can be made to begin like another.
    detected_type: Option<&'a str>,
    /// For `cid:` references in `html`.
    content_id: Option<&'a str>,
    /// In bytes.
    size: u64,
    /// Of its bytes, in hexadecimal digits.
    sha256: String,
}

/// A draft with its bodies.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DraftDetail")]
pub struct DraftDetailView<'a> {
    #[serde(flatten)]
    draft: DraftView<'a>,
    /// The body as text.
    text: Option<&'a str>,
    /// The body as HTML, as it was given.
    html: Option<&'a str>,
}

/// A draft as a list shows it.
pub fn draft(draft: &SavedDraft) -> DraftView<'_> {
    let rejected = draft.rejected.as_ref();
    let mode = if draft.strict_html { HtmlMode::Strict } else { HtmlMode::Normal };
    DraftView {
        id: IdOf(draft.id),
        revision: draft.version,
        inbox_id: IdOf(draft.inbox_id),
        client_id: draft.client_id.as_deref(),
        to: parties(&draft.to),
        cc: parties(&draft.cc),
        bcc: parties(&draft.bcc),
        reply_to: parties(&draft.reply_to),
        subject: draft.subject.as_ref().map(HeaderText::as_str),
        preview: &draft.preview,
        html_mode: mode.name(),
        unsubscribe: draft.unsubscribe,
        attachments: draft.files.iter().map(file).collect(),
        headers: draft.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
        metadata: metadata(&draft.notes),
        tags: draft.notes.tags.iter().map(Tag::as_str).collect(),
        send_at: draft.send_at.map(Time),
        reply_to_message_id: draft.answers.map(IdOf),
        reply_all: draft.reply_all,
        rejection_reason: rejected.map(|it| it.reason.as_str()),
        approval_id: rejected.map(|it| IdOf(it.approval_id)),
        message_id: rejected.map(|it| IdOf(it.message_id)),
        created_at: Time(draft.created_at),
        updated_at: Time(draft.updated_at),
    }
}

fn file(file: &DraftFile) -> DraftFileView<'_> {
    DraftFileView {
        filename: &file.filename,
        content_type: &file.content_type,
        detected_type: file.detected_type.as_deref(),
        content_id: file.content_id.as_deref(),
        size: file.size,
        sha256: file.digest.hex(),
    }
}

/// A draft with its bodies.
pub fn detail(found: &DraftDetail) -> DraftDetailView<'_> {
    DraftDetailView {
        draft: draft(&found.draft),
        text: found.content.text.as_deref(),
        html: found.content.html.as_deref(),
    }
}
