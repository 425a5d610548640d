//! A mail as a caller describes it, checked, with its files at hand, and sealed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use domain::base::address::{EmailAddress, HeaderText, Mailbox};
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::gate::approval::{Approval, HtmlChange};
use domain::gate::draft::SavedDraft;
use domain::gate::policy::FileFact;
use domain::gate::seal::{Envelope, MAX_RECIPIENTS, Sealed};
use domain::mailbox::inbox::Inbox;
use domain::mailbox::lifecycle::{Outbound, State, Status};
use domain::mailbox::media::{self, Harm, Mismatch};
use domain::mailbox::message::{Attachment, AttachmentRef, Direction, Message, Party};
use domain::mailbox::notes::Notes;
use domain::mailbox::opt_out::{OptOut, OptOutSecret};
use domain::people::access::{Principal, scope};
use domain::people::limit::Daily;
use domain::{ApprovalId, AttachmentId, InboxId, MemberId, MessageId, Timestamp};
use futures_util::future::try_join_all;
use jiff::SignedDuration;
use percent_encoding::percent_decode_str;

use crate::base::error::{FieldError, Refusal};
use crate::base::ports::{BlobError, BlobKey, Blobs, Carriage, KeyLogs, Ports, Workflow};
use crate::base::store::{Directory, key, load};
use crate::gate::rows::RowPlace;
use crate::mailbox::attachments::{detect, read_name};

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
    /// For which mail signed votes are demanded.
    pub logs: Arc<dyn KeyLogs>,
    /// What providers of connected accounts can be given.
    pub carriage: Arc<dyn Carriage>,
}

impl Sending {
    /// The same over ports that have at hand what was read with a credential.
    #[must_use]
    pub fn over(&self, ports: &Ports) -> Self {
        Self { ports: ports.clone(), ..self.clone() }
    }
}

/// A mail as a caller describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Whether its one recipient is to be able to unsubscribe with one click (RFC 8058).
    pub unsubscribe: bool,
    /// Files.
    pub attachments: Vec<DraftAttachment>,
    /// Further header fields, at most [`MAX_HEADERS`]: see [`mail::is_caller_header`].
    pub headers: Vec<(String, String)>,
    /// What a program keeps with the mail: no recipient sees it.
    pub notes: Notes,
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
    /// In an upload, or in a mail that has come in or gone.
    Stored(AttachmentId),
}

/// Upper bound of a body of either kind, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;
/// Upper bound of files.
pub const MAX_ATTACHMENTS: usize = 20;
/// Upper bound of header fields that a caller sets.
pub const MAX_HEADERS: usize = 20;
/// Upper bound of addresses for answers.
const MAX_REPLY_TO: usize = 5;
/// A mail may be scheduled so far ahead: a workflow lives at most a year.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 300);
/// A `send_at` this far in the past still counts as now: clocks differ.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// How a mail answers another, or passes it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answering {
    /// The mail that is answered or passed on.
    pub message_id: MessageId,
    /// How.
    pub how: How,
}

/// What a mail is to the one that it takes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// An answer to its author.
    Reply {
        /// With the mail quoted below it.
        quote: bool,
    },
    /// An answer that its other recipients get too.
    ReplyAll {
        /// With the mail quoted below it.
        quote: bool,
    },
    /// It is passed on to others, below what its sender says of it.
    Forward {
        /// With its files.
        files: bool,
    },
}

impl How {
    /// Whether it repeats what the other mail says.
    pub(crate) fn takes_over(self) -> bool {
        match self {
            How::Reply { quote } | How::ReplyAll { quote } => quote,
            How::Forward { .. } => true,
        }
    }

    /// Whether it is no answer.
    pub(crate) fn is_forward(self) -> bool {
        matches!(self, How::Forward { .. })
    }
}

/// A draft that was checked, with everything that it takes to seal it.
pub(crate) struct Prepared {
    pub(crate) draft: Draft,
    pub(crate) files: Vec<File>,
    /// The mail that it answers or passes on.
    pub(crate) parent: Option<Message>,
    /// Whether it passes that mail on, and is no answer to it.
    pub(crate) forward: bool,
    /// The mail of which it is a new attempt.
    pub(crate) resends: Option<Original>,
    /// To whom the revision before it was to go, and when: it was counted so.
    pub(crate) revises: Option<(Vec<EmailAddress>, Timestamp)>,
    /// The draft that it is made of, which is used up with it.
    pub(crate) saved: Option<SavedDraft>,
    /// The row of a spreadsheet that it is made of.
    pub(crate) row: Option<RowPlace>,
    /// Whether what it was made of, an earlier revision or attempt, carried something out of a conversation that is tainted.
    pub(crate) tainted: bool,
    /// Why it needs a person, whatever policies say of it, as a stable code.
    pub(crate) always: Option<&'static str>,
    /// What bringing its HTML into the normal form changed.
    pub(crate) html_changes: Vec<HtmlChange>,
    /// The limits of mails a day that it counts towards, whoever asks for it.
    pub(crate) limits: Vec<Daily>,
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
    /// The mail that it answers; none where it passes one on.
    pub(crate) fn answered(&self) -> Option<&Message> {
        self.parent.as_ref().filter(|_| !self.forward)
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

    /// What lets its one recipient unsubscribe, where it is to: what the mail says, and what is stored of it.
    pub(crate) fn unsubscribe_link(
        &self,
        ports: &Ports,
        inbox: &Inbox,
        message_id: MessageId,
    ) -> Result<Option<UnsubscribeLink>, Refusal> {
        let Some(recipient) = self.recipients().next().filter(|_| self.draft.unsubscribe) else {
            return Ok(None);
        };
        let public_url = ports.settings.public_url.as_deref().ok_or_else(|| {
            let message = "this installation knows no address under which a recipient could reach it";
            Refusal::field("unsubscribe", Code::UnsubscribeUnavailable, message)
        })?;
        let secret = OptOutSecret::new(inbox.organization_id, ports.bytes());
        let url = secret.url(public_url);
        let ids = (inbox.id, message_id);
        Ok(Some(UnsubscribeLink {
            url,
            opt_out: OptOut::new(&secret, ids, recipient.address.clone(), ports.now()),
        }))
    }

    /// Composes and seals it. `automatic` is what RFC 3834 §5 has a mail say of itself that no person looks at.
    pub(crate) fn seal(
        &self,
        ports: &Ports,
        inbox: &Inbox,
        message_id: MessageId,
        (automatic, leave): (Option<&str>, Option<&UnsubscribeLink>),
    ) -> Result<Sealed, Refusal> {
        let mime = compose(ports, inbox, self, automatic, leave)?;
        let addresses =
            |list: &[Mailbox]| list.iter().map(|m| m.address.clone()).collect::<Vec<EmailAddress>>();
        let envelope = Envelope {
            organization_id: inbox.organization_id,
            message_id,
            transport: inbox.transport(),
            from: inbox.address.clone(),
            to: addresses(&self.draft.to),
            cc: addresses(&self.draft.cc),
            bcc: addresses(&self.draft.bcc),
            send_at: self.draft.send_at,
        };
        Ok(Sealed::new(envelope, &mime))
    }
}

/// Refuses a mail that the provider of its account can't be given as it is.
pub(crate) fn check_carried(carriage: &dyn Carriage, sealed: &Sealed) -> Result<(), Refusal> {
    let envelope = sealed.envelope();
    let Some(provider) = envelope.transport.provider() else { return Ok(()) };
    carriage.carries(provider, envelope, sealed.mime()).map_err(|code| {
        let name = provider.name();
        let message = if code == "too_large" {
            format!("{name} takes no mail of {} bytes", sealed.mime().len())
        } else if provider.takes_mime() {
            format!("{name} would read something in this mail as a command to itself: infra/docs/ACCOUNTS.md says what")
        } else {
            format!("{name} takes the fields of a mail, and something of this one has no place there: infra/docs/ACCOUNTS.md says what it may be")
        };
        Refusal::because(Code::NotCarried, message)
    })
}

/// What lets a recipient unsubscribe from one mail.
pub(crate) struct UnsubscribeLink {
    /// Where.
    url: String,
    /// What is stored of it.
    pub(crate) opt_out: OptOut,
}

impl UnsubscribeLink {
    /// The two fields of RFC 8058 §3.1.
    fn fields(&self) -> [(String, String); 2] {
        let values = [format!("<{}>", self.url), "List-Unsubscribe=One-Click".to_owned()];
        let mut values = values.into_iter();
        UNSUBSCRIBE.map(|name| (name.to_owned(), values.next().unwrap_or_default()))
    }
}

/// The header fields by which a recipient unsubscribes.
pub(crate) const UNSUBSCRIBE: [&str; 2] = ["List-Unsubscribe", "List-Unsubscribe-Post"];

/// Whether a header field is one by which a recipient unsubscribes.
pub(crate) fn is_to_unsubscribe(name: &str) -> bool {
    UNSUBSCRIBE.iter().any(|ours| ours.eq_ignore_ascii_case(name))
}

/// What list mail must be: to one recipient, whose link to unsubscribe we write.
fn check_list_mail(draft: &Draft, recipients: usize) -> Vec<FieldError> {
    if !draft.unsubscribe {
        return vec![];
    }
    let own = draft.headers.iter().filter(|(name, _)| is_to_unsubscribe(name)).map(|(name, _)| {
        let message = "is written for you where unsubscribe is true: leave one of them out";
        FieldError::new(format!("headers.{name}"), Code::HeaderNotAllowed, message)
    });
    let mut errors: Vec<_> = own.collect();
    if recipients > 1 {
        let message = format!("takes a mail to one recipient, and this one has {recipients}");
        errors.push(FieldError::new("unsubscribe", Code::OneRecipientNeeded, message));
    }
    errors
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
    draft.subject.get_or_insert_with(|| HeaderText::lossy(&mail::reply_subject(&parent.subject)));
    Ok(())
}

/// Whether a mail may be without words of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// It says something.
    Needed,
    /// It passes on what somebody else said.
    Optional,
}

/// Refuses what could never be sent, all of it at once, and brings the HTML into its normal form. `kept` are files that the
/// mail has already; a recipient who is named twice stays where they are named first; a blank body is none. Says what was changed.
pub(crate) fn check(
    draft: &mut Draft,
    kept: &[File],
    body: Body,
    now: Timestamp,
) -> Result<Vec<HtmlChange>, Refusal> {
    let mut errors = vec![];
    for words in [&mut draft.text, &mut draft.html] {
        words.take_if(|words| words.trim().is_empty());
    }
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
    if draft.text.is_none() && draft.html.is_none() && body == Body::Needed {
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
    errors.extend(check_list_mail(draft, recipients));
    let mut changes = vec![];
    // Of HTML that is refused already no more is said.
    if let Some(html) = draft.html.take() {
        if errors.iter().any(|error| error.field == "html") {
            draft.html = Some(html);
        } else {
            match normalise(draft, kept, &html) {
                Ok((html, changed)) => (draft.html, changes) = (Some(html), changed),
                Err(error) => errors.push(error),
            }
        }
    }
    errors.extend(too_large_to_show(draft.text.as_deref(), draft.html.as_deref()));
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
pub(crate) fn too_large_to_show(text: Option<&str>, html: Option<&str>) -> Option<FieldError> {
    let (text, html) = (text.unwrap_or_default(), html.unwrap_or_default());
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
    /// Whether it is taken by its id out of a conversation that is tainted.
    pub(crate) tainted: bool,
}

impl File {
    /// In bytes.
    pub(crate) fn size(&self) -> u64 {
        self.contents.len() as u64
    }

    /// What its first bytes say that it is.
    pub(crate) fn detected_type(&self) -> Option<String> {
        detect(&self.contents)
    }

    /// Whether it says that it is harmless, and is a program, a script or a web page.
    pub(crate) fn is_disguised(&self) -> bool {
        let detected = mail::media_type(&self.contents);
        media::mismatch(&self.filename, &self.content_type, detected) == Some(Mismatch::Disguised)
    }

    /// What opening it may do, however honest its name is.
    pub(crate) fn harm(&self) -> Option<Harm> {
        media::harm(&self.filename, &self.content_type, mail::media_type(&self.contents))
    }

    /// As policies look at it.
    pub(crate) fn fact(&self) -> FileFact {
        FileFact {
            filename: self.filename.clone(),
            content_type: self.content_type.clone(),
            detected_type: self.detected_type(),
            size: self.size(),
        }
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
            detected_type: self.detected_type(),
            size: self.size(),
            digest: self.digest,
            content_id: self.content_id.clone(),
            inline: self.inline,
        }
    }
}

/// The bytes of a draft's files. An upload is for one inbox, and for no other; a file of a mail is for whoever may read that mail.
pub(crate) async fn fetch_files(
    ports: &Ports,
    blobs: &dyn Blobs,
    principal: &Principal,
    inbox_id: InboxId,
    draft: &Draft,
) -> Result<Vec<File>, Refusal> {
    let files = try_join_all(draft.attachments.iter().enumerate().map(|(i, attachment)| async move {
        let field = format!("attachments[{i}]");
        let (stored, contents) = match &attachment.source {
            Source::Inline(contents) => (None, contents.clone()),
            Source::Stored(id) => {
                let stored = find_file(ports, blobs, principal, inbox_id, *id).await?;
                let (stored, contents) = stored.ok_or_else(|| {
                    let message = "no such file for this inbox: PUT an upload to its upload URL first; a file of a mail \
                                   takes the scope messages.read, and that the mail has come in or gone";
                    Refusal::field(format!("{field}.attachment_id"), Code::UnknownUpload, message)
                })?;
                (Some(stored), contents)
            }
        };
        let tainted = stored.as_ref().is_some_and(|stored| stored.tainted);
        let (filename, content_type) =
            stored.map(|stored| (stored.filename, leaving_type(&stored.content_type, &contents))).unzip();
        let named = attachment.filename.clone().or(filename);
        let filename = named
            .ok_or_else(|| Refusal::field(format!("{field}.filename"), Code::Required, "name the file"))?;
        let content_type = attachment.content_type.clone().or(content_type).unwrap_or_else(|| UNTYPED.to_owned());
        let (content_id, digest) = (attachment.content_id.clone(), Digest::of(&contents));
        Ok::<_, Refusal>(File {
            filename,
            content_type,
            content_id,
            digest,
            contents,
            inline: false,
            tainted,
        })
    }))
    .await?;
    check_total(&files)?;
    Ok(files)
}

/// What is known of a file that a draft names by its id.
struct Stored {
    filename: String,
    content_type: String,
    tainted: bool,
}

/// A file that a caller may send from an inbox, and its bytes: an upload for that inbox, or a file of a mail that the caller may read.
async fn find_file(
    ports: &Ports,
    blobs: &dyn Blobs,
    principal: &Principal,
    inbox_id: InboxId,
    id: AttachmentId,
) -> Result<Option<(Stored, Bytes)>, Refusal> {
    let organization_id = principal.organization_id;
    let Some(file) = load(&*ports.store, organization_id, key::Attachment(id)).await? else {
        return Ok(None);
    };
    if !file.is_sound() {
        return Err(Refusal::Internal(format!("{id}: the record names another file")));
    }
    let mut tainted = false;
    let key = match file.message {
        None if file.inbox_id == inbox_id => BlobKey::Upload(organization_id, id),
        None => return Ok(None),
        Some((message_id, _)) => {
            let permit = principal.permit::<scope::MessagesRead>();
            if !permit.is_ok_and(|permit| permit.over(file.inbox_id).is_ok()) {
                return Ok(None);
            }
            let message =
                load(&*ports.store, organization_id, key::Message(file.inbox_id, message_id)).await?;
            let Some(message) = message.filter(has_come_or_gone) else { return Ok(None) };
            let approval = message.outbound().map(|outbound| key::Approval(outbound.approval_id));
            let wanted = (key::Inbox(file.inbox_id), key::Thread(message.thread_id), approval);
            let (inbox, thread, approval) = load(&*ports.store, organization_id, wanted).await?;
            if inbox.is_none() {
                return Ok(None);
            }
            // Of a conversation that is gone nobody knows; a mail of ours may carry what came out of another one.
            tainted =
                thread.is_none_or(|thread| thread.tainted) || approval.is_some_and(|it| it.is_tainted());
            BlobKey::Attachment(organization_id, id)
        }
    };
    let max = usize::try_from(Attachment::MAX_SIZE).unwrap_or(usize::MAX);
    let contents = match blobs.get(&key, max).await {
        Err(BlobError::Missing) if file.message.is_none() => return Ok(None),
        Err(BlobError::TooLarge) => return Err(too_large(file.size)),
        other => other?,
    };
    if file.message.is_some_and(|(_, digest)| digest != Digest::of(&contents)) {
        return Err(Refusal::Internal(format!("{id}: the bytes are not those of the mail")));
    }
    Ok(Some((Stored { filename: file.filename, content_type: file.content_type, tainted }, contents)))
}

/// Whether a mail came in, or somebody got it. What has not gone may be what a person refused.
pub(crate) fn has_come_or_gone(message: &Message) -> bool {
    message.outbound().is_none_or(|outbound| matches!(outbound.state, State::Accepted { .. }))
}

/// The media type of a file of which nothing better is known.
const UNTYPED: &str = "application/octet-stream";

/// The media type under which a file of another mail leaves: its own, where a mail of ours can have such a file as it is.
pub(crate) fn leaving_type(declared: &str, contents: &[u8]) -> String {
    let good = mail::compose::is_attachable(declared, contents);
    if good { declared } else { UNTYPED }.to_owned()
}

fn too_large(size: u64) -> Refusal {
    let message = format!("are {size} bytes together: a mail takes at most {} (25 MB)", Attachment::MAX_SIZE);
    Refusal::field("attachments", Code::AttachmentTooLarge, message)
}

/// What is refused of the files of a mail and those that it passes on, by the name of the field that leaves these out.
pub(crate) fn name_passed_on(refusal: Refusal, how: How) -> Refusal {
    match refusal {
        Refusal::Invalid(errors) if how.is_forward() => {
            let errors = errors.into_iter().map(|error| {
                let message =
                    format!("with yours, the files that are passed on {}: set it to false", error.message);
                FieldError::new("include_attachments", error.code, message)
            });
            Refusal::Invalid(errors.collect())
        }
        other => other,
    }
}

/// Refuses files that are too many or too large together.
pub(crate) fn check_total(files: &[File]) -> Result<(), Refusal> {
    if files.len() > MAX_ATTACHMENTS {
        let text = format!("are too many: a mail takes at most {MAX_ATTACHMENTS}");
        return Err(Refusal::field("attachments", Code::TooManyAttachments, text));
    }
    let total: u64 = files.iter().map(File::size).sum();
    if total > Attachment::MAX_SIZE {
        return Err(too_large(total));
    }
    Ok(())
}

/// The text of a mail that was given as HTML alone, where an approver's page has room for it.
pub(crate) fn text_of(html: &str) -> Option<String> {
    mail::normal::text(html, MAX_BODY).filter(|text| weight(text) <= MAX_TEXT_WEIGHT)
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
    leave: Option<&UnsubscribeLink>,
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
    let automatic = automatic.map(|value| ("Auto-Submitted".to_owned(), value.to_owned()));
    let leave = leave.into_iter().flat_map(UnsubscribeLink::fields);
    let headers: Vec<_> = draft.headers.iter().cloned().chain(automatic).chain(leave).collect();
    let text = match &draft.text {
        Some(text) => Some(Cow::from(text)),
        None => draft.html.as_deref().and_then(text_of).map(Cow::from),
    };
    mail::compose(&mail::Outgoing {
        from: mail::Addr { name: from.name.as_ref().map(HeaderText::as_str), address: from.address.as_str() },
        reply_to: &addresses(&draft.reply_to),
        to: &addresses(&draft.to),
        cc: &addresses(&draft.cc),
        subject: draft.subject.as_ref().map_or("", HeaderText::as_str),
        text: text.as_deref(),
        html: draft.html.as_deref(),
        in_reply_to: parent.as_ref().and_then(answered_id),
        references: &references,
        headers: &headers,
        attachments: &attachments,
        boundary_seed: ports.bytes(),
    })
    .map_err(|error| refuse(&error, &headers))
}

/// What the composer refuses of a mail with these header fields, with the code that the API gives it.
fn refuse(error: &mail::ComposeError, headers: &[(String, String)]) -> Refusal {
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
    // A caller knows their header fields by name.
    let at = field.strip_prefix("headers[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
    match at.and_then(|at| headers.get(at)) {
        Some((name, _)) => Refusal::field(format!("headers.{name}"), code, error),
        None => Refusal::field(field, code, error),
    }
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
