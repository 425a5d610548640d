//! A mail as a caller describes it, checked, with its files at hand, and sealed.

use std::sync::Arc;

use std::collections::BTreeSet;

use bytes::Bytes;
use domain::base::address::{EmailAddress, HeaderText, Mailbox};
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::gate::approval::{Approval, HtmlChange};
use domain::gate::draft::SavedDraft;
use domain::gate::seal::{Envelope, MAX_RECIPIENTS, Sealed};
use domain::mailbox::inbox::Inbox;
use domain::mailbox::lifecycle::{Outbound, Status};
use domain::mailbox::message::{Attachment, AttachmentRef, Direction, Message, Party};
use domain::people::access::{Permit, scope};
use domain::{ApprovalId, AttachmentId, InboxId, MemberId, MessageId, OrganizationId, Timestamp};
use futures_util::future::try_join_all;
use jiff::SignedDuration;
use percent_encoding::percent_decode_str;

use crate::base::error::{FieldError, Refusal};
use crate::base::ports::{BlobError, BlobKey, Blobs, Ports, Workflow};
use crate::base::store::{Directory, key, load};
use crate::mailbox::attachments::read_name;

/// What asking for a mail to be sent takes of the world. Nothing of it sends.
#[derive(Clone)]
pub struct Sending {
    /// What every use case may touch.
    pub ports: Ports,
    /// Uploads to read; sealed objects and files to store.
    pub blobs: Arc<dyn Blobs>,
    /// Which addresses are inboxes.
    pub directory: Arc<dyn Directory>,
    /// Where the mail waits until it is decided and due.
    pub workflow: Arc<dyn Workflow>,
}

impl Sending {
    /// The same over ports that have at hand what was read with a credential.
    #[must_use]
    pub fn over(&self, ports: &Ports) -> Self {
        Self { ports: ports.clone(), ..self.clone() }
    }
}

/// A mail as a caller describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Recipients.
    pub to: Vec<Mailbox>,
    /// Recipients of copies.
    pub cc: Vec<Mailbox>,
    /// Recipients that the others don't see.
    pub bcc: Vec<Mailbox>,
    /// Where answers go, if not to the inbox.
    pub reply_to: Vec<Mailbox>,
    /// The subject; a reply takes that of the mail it answers.
    pub subject: Option<HeaderText>,
    /// The body as text, at most [`MAX_BODY`] bytes.
    pub text: Option<String>,
    /// The body as HTML, at most [`MAX_BODY`] bytes. What is sealed is its normal form ([`mail::normal`]).
    pub html: Option<String>,
    /// Whether HTML that is not in its normal form is refused, not changed.
    pub strict_html: bool,
    /// Files.
    pub attachments: Vec<DraftAttachment>,
    /// Not before this.
    pub send_at: Option<Timestamp>,
}

/// A file of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftAttachment {
    /// Its name; that of the upload where none is given.
    pub filename: Option<String>,
    /// Its media type; that of the upload where none is given.
    pub content_type: Option<String>,
    /// For `cid:` references in the HTML.
    pub content_id: Option<String>,
    /// Where its bytes are.
    pub source: Source,
}

/// Where the bytes of a file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// In the request.
    Inline(Bytes),
    /// In an upload.
    Upload(AttachmentId),
}

/// Upper bound of a body of either kind, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;
/// Upper bound of files.
pub const MAX_ATTACHMENTS: usize = 20;
/// Upper bound of addresses for answers.
const MAX_REPLY_TO: usize = 5;
/// A mail may be scheduled so far ahead: a workflow lives at most a year.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 300);
/// A `send_at` this far in the past still counts as now: clocks differ.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// How a mail answers another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answering {
    /// The mail that is answered.
    pub message_id: MessageId,
    /// Whether its other recipients get the answer too.
    pub all: bool,
}

/// A draft that was checked, with everything that it takes to seal it.
pub(crate) struct Prepared {
    pub(crate) draft: Draft,
    pub(crate) files: Vec<File>,
    /// The mail that it answers.
    pub(crate) parent: Option<Message>,
    /// The mail of which it is a new attempt.
    pub(crate) resends: Option<Original>,
    /// To whom the revision before it was to go, and when: it was counted so.
    pub(crate) revises: Option<(Vec<EmailAddress>, Timestamp)>,
    /// The draft that it is made of, which is used up with it.
    pub(crate) saved: Option<SavedDraft>,
    /// Why it needs a person, whatever policies say of it, as a stable code.
    pub(crate) always: Option<&'static str>,
    /// What bringing its HTML into the normal form changed.
    pub(crate) html_changes: Vec<HtmlChange>,
}

/// One of the mails that are attempts at the same.
#[derive(Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) id: MessageId,
    /// What decides about it.
    pub(crate) approval_id: Option<ApprovalId>,
    /// Where it stands.
    pub(crate) status: Status,
}

impl Attempt {
    /// One whose record is gone may have gone itself.
    pub(crate) fn of(id: MessageId, message: Option<&Message>) -> Self {
        let outbound = message.and_then(Message::outbound);
        let status = outbound.map_or(Status::Unknown, Outbound::status);
        Self { id, approval_id: outbound.map(|outbound| outbound.approval_id), status }
    }
}

/// A mail that did not go, or of which nobody knows, and all attempts at it so far.
pub(crate) struct Original {
    /// The first mail of all.
    pub(crate) root: Message,
    /// The attempts after it, the first first.
    pub(crate) earlier: Vec<Attempt>,
    /// The one of them that is to be sent again.
    pub(crate) named: MessageId,
    /// Whoever asked for one of them, or edited it.
    pub(crate) authors: BTreeSet<MemberId>,
}

impl Original {
    /// All attempts so far, the first mail of all first.
    pub(crate) fn attempts(&self) -> impl Iterator<Item = MessageId> {
        std::iter::once(self.root.id).chain(self.earlier.iter().map(|attempt| attempt.id))
    }

    /// The first mail, as one that `attempt` goes in the place of.
    pub(crate) fn sent_again_as(&self, attempt: MessageId) -> Result<Message, Refusal> {
        let outbound = self.root.outbound().cloned().ok_or(Refusal::NotFound("message"))?;
        if self.attempts().count() >= Approval::ATTEMPTS {
            let message = "it was tried again too often: look at why, and write a new mail".to_owned();
            return Err(Refusal::because(Code::TooManyAttempts, message));
        }
        let stand: Vec<_> = self.earlier.iter().map(|attempt| attempt.status).collect();
        let first = Attempt::of(self.root.id, Some(&self.root));
        let knowing = self.attempts().last() == Some(self.named);
        if let Ok(outbound) = outbound.send_again(attempt, &stand, knowing) {
            return Ok(Message { direction: Direction::Outbound(outbound), ..self.root.clone() });
        }
        // Whichever went, or else the last.
        let all = || std::iter::once(first).chain(self.earlier.iter().copied());
        let Attempt { id, approval_id, status } =
            all().find(|attempt| attempt.status.went()).or(all().last()).unwrap_or(first);
        let mut details = vec![("message_id", id.to_string()), ("status", status.as_str().to_owned())];
        details.extend(approval_id.map(|id| ("approval_id", id.to_string())));
        Err(if id == self.named {
            let message = format!("a mail that is {} can't be sent again", status.as_str());
            Refusal::Because { code: Code::MessageNotEnded, message, details }
        } else {
            let message = format!(
                "another attempt at it, {id}, is {}: there is one attempt at a time",
                status.as_str()
            );
            Refusal::Because { code: Code::SentAgainAlready, message, details }
        })
    }
}

impl Prepared {
    /// Checks a draft and fetches its uploads.
    pub(crate) async fn new(
        sending: &Sending,
        permit: &Permit<scope::MessagesSend>,
        inbox_id: InboxId,
        mut draft: Draft,
        parent: Option<Message>,
    ) -> Result<Self, Refusal> {
        let ports = &sending.ports;
        let html_changes = check(&mut draft, &[], ports.now())?;
        let mut files =
            fetch_files(ports, &*sending.blobs, permit.organization_id(), inbox_id, &draft).await?;
        place(&draft, &mut files)?;
        Ok(Self {
            draft,
            files,
            parent,
            resends: None,
            revises: None,
            saved: None,
            always: None,
            html_changes,
        })
    }

    /// Recipients of all kinds.
    pub(crate) fn recipients(&self) -> impl Iterator<Item = &Mailbox> {
        self.draft.to.iter().chain(&self.draft.cc).chain(&self.draft.bcc)
    }

    /// About how large it is, in bytes: what it says and its files, as base64.
    pub(crate) fn size(&self) -> u64 {
        let words =
            [&self.draft.text, &self.draft.html].into_iter().flatten().map(String::len).sum::<usize>();
        let files = self.files.iter().map(|file| file.size() / 3 * 4).sum::<u64>();
        words as u64 + files
    }

    /// Composes and seals it. `automatic` is what RFC 3834 §5 has a mail say of itself that no person looks at.
    pub(crate) fn seal(
        &self,
        ports: &Ports,
        inbox: &Inbox,
        message_id: MessageId,
        automatic: Option<&str>,
    ) -> Result<Sealed, Refusal> {
        let mime = compose(ports, inbox, self, automatic)?;
        let addresses =
            |list: &[Mailbox]| list.iter().map(|m| m.address.clone()).collect::<Vec<EmailAddress>>();
        let envelope = Envelope {
            organization_id: inbox.organization_id,
            message_id,
            from: inbox.address.clone(),
            to: addresses(&self.draft.to),
            cc: addresses(&self.draft.cc),
            bcc: addresses(&self.draft.bcc),
            send_at: self.draft.send_at,
        };
        Ok(Sealed::new(envelope, &mime))
    }
}

/// Fills in what an answer takes from the mail that it answers.
pub(crate) fn address_answer(
    draft: &mut Draft,
    parent: &Message,
    inbox: &Inbox,
    all: bool,
) -> Result<(), Refusal> {
    let is_own = |mailbox: &Mailbox| mail::is_own_address(&inbox.address, &mailbox.address);
    let sent_by_us = parent.outbound().is_some();
    let back = if sent_by_us {
        &parent.to
    } else if parent.reply_to.is_empty() {
        std::slice::from_ref(&parent.from)
    } else {
        &parent.reply_to
    };
    let mailbox = |party: &Party| {
        let address = EmailAddress::parse(&party.address).ok()?;
        Some(Mailbox { name: party.name.as_deref().map(HeaderText::lossy), address })
    };
    if draft.to.is_empty() {
        draft.to = back.iter().filter_map(mailbox).collect();
        if all && !draft.to.iter().all(is_own) {
            draft.to.retain(|mailbox| !is_own(mailbox));
        }
        if draft.to.is_empty() {
            return Err(Refusal::field(
                "to",
                Code::NoAnswerableAddress,
                "the mail has no address to answer to: give one",
            ));
        }
    }
    if all {
        let others = parent.to.iter().chain(&parent.cc).filter_map(mailbox);
        draft.cc.extend(others.filter(|mailbox| !is_own(mailbox)));
    }
    if draft.subject.is_none() {
        let subject = parent.subject.trim();
        let begins_re = subject.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("re:"));
        draft.subject =
            Some(HeaderText::lossy(&if begins_re { subject.to_owned() } else { format!("Re: {subject}") }));
    }
    Ok(())
}

/// Refuses what could never be sent, all of it at once, and brings the HTML into its normal form. `kept` are files that the
/// mail has already; a recipient who is named twice stays where they are named first. Says what was changed.
pub(crate) fn check(draft: &mut Draft, kept: &[File], now: Timestamp) -> Result<Vec<HtmlChange>, Refusal> {
    let mut errors = vec![];
    // Whoever is named twice gets one mail.
    mail::dedupe_recipients([&mut draft.to, &mut draft.cc, &mut draft.bcc]);
    let recipients = draft.to.len() + draft.cc.len() + draft.bcc.len();
    if recipients == 0 {
        errors.push(FieldError::new(
            "to",
            Code::NoRecipients,
            "give at least one recipient in to, cc or bcc",
        ));
    } else if recipients > MAX_RECIPIENTS {
        let message =
            format!("has {recipients} recipients with cc and bcc: a mail takes at most {MAX_RECIPIENTS}");
        errors.push(FieldError::new("to", Code::TooManyRecipients, message));
    }
    if draft.reply_to.len() > MAX_REPLY_TO {
        let message = format!("has more than {MAX_REPLY_TO} addresses");
        errors.push(FieldError::new("reply_to", Code::TooMany, message));
    }
    let blank = |body: &Option<String>| body.as_deref().is_none_or(|body| body.trim().is_empty());
    if blank(&draft.text) && blank(&draft.html) {
        errors.push(FieldError::new("text", Code::EmptyBody, "give a body in text, html or both"));
    }
    for (field, body) in [("text", &draft.text), ("html", &draft.html)] {
        if body.as_deref().is_some_and(|body| body.len() > MAX_BODY) {
            errors.push(FieldError::new(
                field,
                Code::BodyTooLarge,
                "is larger than 1 MB: attach it as a file",
            ));
        }
        let odd = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n');
        if body.as_deref().is_some_and(|body| body.contains(odd)) {
            let message = "has a control character other than tab and line breaks: no program shows it";
            errors.push(FieldError::new(field, Code::ControlCharacter, message));
        }
    }
    if draft.attachments.len() > MAX_ATTACHMENTS {
        let message =
            format!("has {} files: a mail takes at most {MAX_ATTACHMENTS}", draft.attachments.len());
        errors.push(FieldError::new("attachments", Code::TooManyAttachments, message));
    }
    if let Some(send_at) = draft.send_at {
        if send_at < now - CLOCK_SKEW {
            errors.push(FieldError::new(
                "send_at",
                Code::SendAtInThePast,
                "lies in the past: leave it out to send now",
            ));
        } else if send_at > now + MAX_AHEAD {
            errors.push(FieldError::new("send_at", Code::SendAtTooFar, "lies more than 300 days ahead"));
        }
    }
    let mut changes = vec![];
    // Of HTML that is refused already no more is said.
    if let Some(html) = draft.html.take().filter(|html| !html.trim().is_empty()) {
        if errors.iter().any(|error| error.field == "html") {
            draft.html = Some(html);
        } else {
            match normalise(draft, kept, &html) {
                Ok((html, changed)) => (draft.html, changes) = (Some(html), changed),
                Err(error) => errors.push(error),
            }
        }
    }
    errors.extend(too_large_to_show(draft));
    if errors.is_empty() { Ok(changes) } else { Err(Refusal::Invalid(errors)) }
}

/// Media types of pictures that HTML can show from the mail itself. Not SVG: it is a document of its own.
const PICTURES: [&str; 4] = ["image/gif", "image/jpeg", "image/png", "image/webp"];

fn is_picture(content_type: &str) -> bool {
    PICTURES.contains(&content_type.trim().to_ascii_lowercase().as_str())
}

/// Whether `cid:` followed by `written` names the file with this content id (RFC 2392: percent-encoded).
fn names(written: &str, content_id: &str) -> bool {
    let bare = content_id.trim().trim_start_matches('<').trim_end_matches('>');
    !bare.is_empty() && (written == bare || percent_decode_str(written).decode_utf8_lossy() == bare)
}

/// The HTML of a draft in its normal form, and what that changed.
fn normalise(draft: &Draft, kept: &[File], html: &str) -> Result<(String, Vec<HtmlChange>), FieldError> {
    let given = draft.attachments.iter().filter_map(|file| {
        // Of an upload the media type is not known yet: it is checked when its content is.
        let is_shown = file.content_type.as_deref().is_none_or(is_picture);
        file.content_id.as_deref().filter(|_| is_shown)
    });
    let stay = kept
        .iter()
        .filter(|file| is_picture(&file.content_type))
        .filter_map(|file| file.content_id.as_deref());
    let ids: Vec<&str> = given.chain(stay).collect();
    let normal = mail::normal::normalise(html, &|written| ids.iter().any(|id| names(written, id)));
    let normal = normal.map_err(|refused| FieldError::new("html", refused.reason.code(), refused))?;
    if draft.strict_html && !normal.changes.is_empty() {
        let told: Vec<_> =
            normal.changes.iter().take(10).map(|it| format!("{} ({})", it.kind.as_str(), it.what)).collect();
        let message =
            format!("would be changed before it is sealed, and html_mode is strict: {}", told.join(", "));
        return Err(FieldError::new("html", Code::HtmlWouldChange, message));
    }
    let changes = normal.changes.into_iter().map(|change| HtmlChange {
        kind: change.kind.as_str().to_owned(),
        what: change.what,
        count: change.count,
    });
    Ok((normal.html, changes.collect()))
}

/// Lambda answers with at most 6 MB: the mail that somebody decides about must fit into it whole, in the API and on a page.
pub(crate) fn too_large_to_show(draft: &Draft) -> Option<FieldError> {
    let (text, html) = [&draft.text, &draft.html].map(|body| body.as_deref().unwrap_or_default()).into();
    let pictures = html.matches("cid:").count() * PICTURE_WEIGHT;
    if weight(text) > MAX_TEXT_WEIGHT {
        let message =
            "takes more room on an approver\u{2019}s page than that has: shorten it, or attach it as a file";
        return Some(FieldError::new("text", Code::TooLargeToShow, message));
    }
    (weight(html) + pictures > MAX_HTML_WEIGHT).then(|| {
        let message =
            "takes more room on an approver\u{2019}s page than that has: shorten it, or attach it as a file";
        FieldError::new("html", Code::TooLargeToShow, message)
    })
}

/// What a picture's presigned address takes on a page, in bytes.
const PICTURE_WEIGHT: usize = 2_000;
/// The part of the HTML in an answer of Lambda, in bytes, as [`weight`] counts them: with the text and the bounded rest
/// of a page there is room to spare.
pub const MAX_HTML_WEIGHT: usize = 2_600_000;
/// As [`MAX_HTML_WEIGHT`], for the text.
pub const MAX_TEXT_WEIGHT: usize = 1_600_000;

/// How many bytes a text takes in a page, escaped for HTML and then for the JSON that an answer travels in.
pub fn weight(text: &str) -> usize {
    text.chars()
        .map(|c| match c {
            '<' | '>' | '&' | '"' | '\'' => 6,
            '\n' | '\r' | '\t' | '\\' => 2,
            c if c.is_control() => 6,
            c => c.len_utf8(),
        })
        .sum()
}

/// Decides how each file leaves: as an attachment, unless it is a picture that the HTML shows.
pub(crate) fn place(draft: &Draft, files: &mut [File]) -> Result<(), Refusal> {
    let pictures = draft.html.as_deref().map(mail::normal::read).unwrap_or_default().pictures;
    let shown: BTreeSet<&str> =
        pictures.iter().filter_map(|picture| picture.address.strip_prefix("cid:")).collect();
    for file in files.iter_mut() {
        let id = file.content_id.as_deref();
        let is_shown = id.is_some_and(|id| shown.iter().any(|written| names(written, id)));
        file.inline = is_shown && is_picture(&file.content_type);
    }
    let is_there = |written: &&str| {
        files
            .iter()
            .any(|file| file.inline && file.content_id.as_deref().is_some_and(|id| names(written, id)))
    };
    match shown.iter().find(|written| !is_there(written)) {
        None => Ok(()),
        Some(written) => {
            let message =
                format!("shows cid:{written}, which is no picture (GIF, JPEG, PNG or WebP) of the mail");
            Err(Refusal::field("html", mail::normal::Reason::UnknownContentId.code(), message))
        }
    }
}

/// A file whose bytes are here.
pub(crate) struct File {
    /// As it is given.
    pub(crate) filename: String,
    /// As it is declared.
    pub(crate) content_type: String,
    /// For `cid:` references in the HTML.
    pub(crate) content_id: Option<String>,
    pub(crate) digest: Digest,
    pub(crate) contents: Bytes,
    /// Whether it is a picture that the HTML shows: any other file leaves as an attachment.
    pub(crate) inline: bool,
}

impl File {
    /// In bytes.
    pub(crate) fn size(&self) -> u64 {
        self.contents.len() as u64
    }

    /// What it is called as a file of this mail.
    pub(crate) fn id(&self, message_id: MessageId) -> AttachmentId {
        Attachment::id_in(message_id, &read_name(&self.filename), self.digest)
    }

    /// As the record of this mail lists it.
    pub(crate) fn reference(&self, message_id: MessageId) -> AttachmentRef {
        AttachmentRef {
            id: self.id(message_id),
            filename: self.filename.clone(),
            content_type: self.content_type.clone(),
            size: self.size(),
            digest: self.digest,
            content_id: self.content_id.clone(),
            inline: self.inline,
        }
    }
}

/// The bytes of a draft's files. An upload is for one inbox, and for no other.
pub(crate) async fn fetch_files(
    ports: &Ports,
    blobs: &dyn Blobs,
    organization_id: OrganizationId,
    inbox_id: InboxId,
    draft: &Draft,
) -> Result<Vec<File>, Refusal> {
    let files = try_join_all(draft.attachments.iter().enumerate().map(|(i, attachment)| async move {
        let field = format!("attachments[{i}]");
        let (filename, content_type, contents) = match &attachment.source {
            Source::Inline(contents) => (None, None, contents.clone()),
            Source::Upload(id) => {
                let unknown = || {
                    let message = "no file was uploaded under this id: PUT it to the upload URL first";
                    Refusal::field(format!("attachments[{i}].attachment_id"), Code::UnknownUpload, message)
                };
                let upload = load(&*ports.store, organization_id, key::Attachment(*id)).await?;
                let usable = |file: &Attachment| file.message.is_none() && file.inbox_id == inbox_id;
                let upload = upload.filter(usable).ok_or_else(unknown)?;
                let max = usize::try_from(Attachment::MAX_SIZE).unwrap_or(usize::MAX);
                let contents = match blobs.get(&BlobKey::Upload(organization_id, *id), max).await {
                    Err(BlobError::Missing) => return Err(unknown()),
                    other => other?,
                };
                (Some(upload.filename), Some(upload.content_type), contents)
            }
        };
        let named = attachment.filename.clone().or(filename);
        let filename = named
            .ok_or_else(|| Refusal::field(format!("{field}.filename"), Code::Required, "name the file"))?;
        let content_type = attachment
            .content_type
            .clone()
            .or(content_type)
            .unwrap_or_else(|| "application/octet-stream".to_owned());
        let (content_id, digest) = (attachment.content_id.clone(), Digest::of(&contents));
        Ok::<_, Refusal>(File { filename, content_type, content_id, digest, contents, inline: false })
    }))
    .await?;
    check_total(&files)?;
    Ok(files)
}

/// Refuses files that are too large together.
pub(crate) fn check_total(files: &[File]) -> Result<(), Refusal> {
    let total: u64 = files.iter().map(File::size).sum();
    if total > Attachment::MAX_SIZE {
        let message =
            format!("are {total} bytes together: a mail takes at most {} (25 MB)", Attachment::MAX_SIZE);
        return Err(Refusal::field("attachments", Code::AttachmentTooLarge, message));
    }
    Ok(())
}

fn addresses(list: &[Mailbox]) -> Vec<mail::Addr<'_>> {
    list.iter()
        .map(|m| mail::Addr { name: m.name.as_ref().map(HeaderText::as_str), address: m.address.as_str() })
        .collect()
}

fn compose(
    ports: &Ports,
    inbox: &Inbox,
    prepared: &Prepared,
    automatic: Option<&str>,
) -> Result<Vec<u8>, Refusal> {
    let Prepared { draft, files, parent, .. } = prepared;
    let from = inbox.mailbox();
    let attachments: Vec<_> = files
        .iter()
        .map(|file| mail::OutgoingAttachment {
            filename: &file.filename,
            content_type: &file.content_type,
            content_id: file.content_id.as_deref(),
            inline: file.inline,
            contents: &file.contents,
        })
        .collect();
    let references = parent.as_ref().map(answer_references).unwrap_or_default();
    let headers: Vec<_> =
        automatic.map(|value| ("Auto-Submitted".to_owned(), value.to_owned())).into_iter().collect();
    mail::compose(&mail::Outgoing {
        from: mail::Addr { name: from.name.as_ref().map(HeaderText::as_str), address: from.address.as_str() },
        reply_to: &addresses(&draft.reply_to),
        to: &addresses(&draft.to),
        cc: &addresses(&draft.cc),
        subject: draft.subject.as_ref().map_or("", HeaderText::as_str),
        text: draft.text.as_deref(),
        html: draft.html.as_deref(),
        in_reply_to: parent.as_ref().and_then(answered_id),
        references: &references,
        headers: &headers,
        attachments: &attachments,
        boundary_seed: ports.bytes(),
    })
    .map_err(|error| refuse(&error))
}

/// What the composer refuses, with the code that the API gives it.
fn refuse(error: &mail::ComposeError) -> Refusal {
    use mail::ComposeError as E;
    let (field, code) = match error {
        E::Control { field } => (field, Code::ControlCharacter),
        E::TooLong { field } => (field, Code::TooLong),
        E::EncodedWord { field } => (field, Code::EncodedWord),
        E::Address { field } => (field, Code::InvalidAddress),
        E::MessageId { field } => (field, Code::InvalidMessageId),
        E::HeaderName { field } | E::DuplicateHeader { field } => (field, Code::HeaderNotAllowed),
        E::NotAscii { field } => (field, Code::NotAscii),
        E::ContentType { field } => (field, Code::InvalidContentType),
        E::Filename { field } => (field, Code::InvalidFilename),
        other => return Refusal::Internal(other.to_string()),
    };
    Refusal::field(field, code, error)
}

/// `In-Reply-To` of an answer (RFC 5322 §3.6.4): the id of the mail that it answers, or none where a header can't carry it; never one
/// before it.
pub(crate) fn answered_id(parent: &Message) -> Option<&str> {
    parent.internet_message_id.as_deref().filter(|id| mail::is_message_id(id))
}

/// `References` of an answer, RFC 5322 §3.6.4: those of the mail, then its own id.
pub(crate) fn answer_references(parent: &Message) -> Vec<String> {
    mail::shorten_references(parent.references.iter().chain(&parent.internet_message_id).map(String::as_str))
}
