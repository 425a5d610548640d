//! Asking for a mail to be sent: it is composed once, sealed, and held for a person.

use bytes::Bytes;
use domain::access::{Actor, Permit, scope};
use domain::address::{EmailAddress, HeaderText, Mailbox};
use domain::approval::{Approval, Decision};
use domain::digest::Digest;
use domain::event::{Event, EventKind, Subject};
use domain::inbox::Inbox;
use domain::lifecycle::{Outbound, State};
use domain::message::{Attachment, AttachmentRef, Direction, Message, Party};
use domain::seal::{Envelope, MAX_RECIPIENTS, Sealed, Ticket};
use domain::{AttachmentId, InboxId, MessageId, ThreadId, Timestamp};
use futures_util::future::try_join_all;
use jiff::SignedDuration;

use crate::enter::Once;
use crate::error::{FieldError, Refusal};
use crate::ports::{BlobError, BlobKey, Ports};
use crate::store::{Change, Expect, Key, ThreadPointer, Write, audit, load};

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
    /// The body as text, at most [`MAX_BODY`] octets.
    pub text: Option<String>,
    /// The body as HTML, at most [`MAX_BODY`] octets.
    pub html: Option<String>,
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
    /// For `cid:` references in the HTML: makes it an inline file.
    pub content_id: Option<String>,
    /// Where its octets are.
    pub source: Source,
}

/// Where the octets of a file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// In the request.
    Inline(Bytes),
    /// In an upload.
    Upload(AttachmentId),
}

/// Upper bound of a body of either kind, in octets.
pub const MAX_BODY: usize = 1024 * 1024;
/// Upper bound of files.
pub const MAX_ATTACHMENTS: usize = 20;
/// A mail may be scheduled so far ahead: a workflow lives at most a year.
pub const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 300);
/// A `send_at` this far in the past still counts as now: clocks differ.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What came of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The mail.
    pub message: Message,
    /// What it waits for.
    pub approval: Approval,
}

/// How a mail answers another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answering {
    /// The mail that is answered.
    pub message_id: MessageId,
    /// Whether its other recipients get the answer too.
    pub all: bool,
}

/// Composes, seals and holds a mail. Nothing is stored where anything is wrong with it.
pub async fn submit(
    ports: &Ports,
    permit: &Permit<scope::MessagesSend>,
    inbox_id: InboxId,
    mut draft: Draft,
    answering: Option<Answering>,
    once: &Once,
    answer: impl FnOnce(&Submitted) -> (u16, String),
) -> Result<Submitted, Refusal> {
    let organization_id = permit.organization_id();
    permit.over(inbox_id)?;
    let mut keys = vec![Key::Inbox(inbox_id)];
    keys.extend(answering.map(|a| Key::Message(inbox_id, a.message_id)));
    let mut found = ports.store.load(organization_id, &keys).await?.into_iter();
    let mut next = || found.next().flatten();
    let inbox = next().and_then(|r| Inbox::try_from(r).ok()).ok_or(Refusal::NotFound("inbox"))?;
    let parent = next().and_then(|r| Message::try_from(r).ok());
    if answering.is_some() && parent.is_none() {
        return Err(Refusal::NotFound("message"));
    }
    if let (Some(parent), Some(answering)) = (&parent, answering) {
        address_answer(&mut draft, parent, &inbox, answering.all)?;
    }
    let now = ports.now();
    check(&draft, now)?;
    let files = fetch_files(ports, permit, &draft).await?;

    let message_id = ports.message_id();
    let mime = compose(ports, &inbox, &draft, &files, parent.as_ref())?;
    let addresses = |list: &[Mailbox]| list.iter().map(|m| m.address.clone()).collect::<Vec<EmailAddress>>();
    let sealed = Sealed::new(
        Envelope {
            organization_id,
            message_id,
            from: inbox.address.clone(),
            to: addresses(&draft.to),
            cc: addresses(&draft.cc),
            bcc: addresses(&draft.bcc),
            send_at: draft.send_at,
        },
        &mime,
    );
    let submitted = hold(ports, permit.actor(), &inbox, &draft, &files, parent.as_ref(), &sealed);
    store_objects(ports, &submitted, &sealed, files).await?;

    let Submitted { message, approval } = &submitted;
    let mut change = Change::new(organization_id)
        .create(message.clone())
        .create(approval.clone())
        .write(Write::Thread(message.thread_update()))
        .audit(audit(ports, organization_id, permit.actor(), "message.submit", message.id))
        .event(Event {
            id: ports.event_id(),
            organization_id,
            kind: EventKind::ApprovalRequested,
            created_at: now,
            subject: Subject::Approval(Box::new(approval.clone())),
        });
    for attachment in &message.attachments {
        change = change.create(stored(message, attachment));
    }
    if parent.is_none() {
        let pointer = subject_pointer(&inbox, message);
        change = change.write(Write::Put(pointer.into(), Expect::Anything));
    }
    let change = once.save(change, now, || answer(&submitted));
    once.commit(ports, change).await?;

    // The table is the truth: if the clock can't be started now, deciding starts it.
    if let Err(error) = ports.workflow.start(&ticket(approval), approval.send_at, 0).await {
        tracing::warn!(message_id = %message.id, %error, "the workflow could not be started yet");
    }
    Ok(submitted)
}

/// What the workflow of an approval carries.
pub(crate) fn ticket(approval: &Approval) -> Ticket {
    Ticket {
        organization_id: approval.organization_id,
        inbox_id: approval.inbox_id,
        message_id: approval.message_id,
        approval_id: approval.id,
        digest: approval.digest,
    }
}

/// The record of a file that belongs to a mail.
pub(crate) fn stored(message: &Message, file: &AttachmentRef) -> Attachment {
    Attachment {
        id: file.id,
        organization_id: message.organization_id,
        message: Some((message.inbox_id, message.id)),
        filename: file.filename.clone(),
        content_type: file.content_type.clone(),
        size: file.size,
        created_at: message.created_at,
    }
}

/// The pointer by which an answer without `References` finds its conversation.
pub(crate) fn subject_pointer(inbox: &Inbox, message: &Message) -> ThreadPointer {
    let parties = std::iter::once(&message.from).chain(&message.to).chain(&message.cc);
    let key = mail::participants_key(&message.subject, parties.map(|party| party.address.as_str()));
    ThreadPointer {
        inbox_id: inbox.id,
        hash: Digest::of_parts(&[b"subject", key.as_bytes()]),
        thread_id: message.thread_id,
        at: message.created_at,
    }
}

fn address_answer(draft: &mut Draft, parent: &Message, inbox: &Inbox, all: bool) -> Result<(), Refusal> {
    let own = inbox.address.mailbox_key();
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
        if draft.to.is_empty() {
            return Err(Refusal::field(
                "to",
                "no_answerable_address",
                "the mail has no address to answer to: give one",
            ));
        }
    }
    if all {
        let known: Vec<_> = draft.to.iter().chain(&draft.cc).map(|m| m.address.mailbox_key()).collect();
        let others = parent.to.iter().chain(&parent.cc).filter_map(mailbox);
        draft.cc.extend(others.filter(|m| {
            let key = m.address.mailbox_key();
            key != own && !known.contains(&key)
        }));
    }
    if draft.subject.is_none() {
        let subject = parent.subject.trim();
        let begins_re = subject.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("re:"));
        draft.subject =
            Some(HeaderText::lossy(&if begins_re { subject.to_owned() } else { format!("Re: {subject}") }));
    }
    Ok(())
}

fn check(draft: &Draft, now: Timestamp) -> Result<(), Refusal> {
    let mut errors = vec![];
    let recipients = draft.to.len() + draft.cc.len() + draft.bcc.len();
    if recipients == 0 {
        errors.push(FieldError::new("to", "no_recipients", "give at least one recipient in to, cc or bcc"));
    } else if recipients > MAX_RECIPIENTS {
        let message =
            format!("has {recipients} recipients with cc and bcc: a mail takes at most {MAX_RECIPIENTS}");
        errors.push(FieldError::new("to", "too_many_recipients", message));
    }
    let blank = |body: &Option<String>| body.as_deref().is_none_or(|body| body.trim().is_empty());
    if blank(&draft.text) && blank(&draft.html) {
        errors.push(FieldError::new("text", "empty_body", "give a body in text, html or both"));
    }
    for (field, body) in [("text", &draft.text), ("html", &draft.html)] {
        if body.as_deref().is_some_and(|body| body.len() > MAX_BODY) {
            errors.push(FieldError::new(field, "body_too_large", "is larger than 1 MB: attach it as a file"));
        }
        let odd = |c: char| c.is_control() && !matches!(c, '\t' | '\r' | '\n');
        if body.as_deref().is_some_and(|body| body.contains(odd)) {
            let message = "has a control character other than tab and line breaks: no program shows it";
            errors.push(FieldError::new(field, "control_character", message));
        }
    }
    if draft.attachments.len() > MAX_ATTACHMENTS {
        let message =
            format!("has {} files: a mail takes at most {MAX_ATTACHMENTS}", draft.attachments.len());
        errors.push(FieldError::new("attachments", "too_many_attachments", message));
    }
    if let Some(send_at) = draft.send_at {
        if send_at < now - CLOCK_SKEW {
            errors.push(FieldError::new(
                "send_at",
                "send_at_in_the_past",
                "lies in the past: leave it out to send now",
            ));
        } else if send_at > now + MAX_AHEAD {
            errors.push(FieldError::new("send_at", "send_at_too_far", "lies more than 300 days ahead"));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

/// A file whose octets are here.
struct File {
    reference: AttachmentRef,
    contents: Bytes,
}

async fn fetch_files(
    ports: &Ports,
    permit: &Permit<scope::MessagesSend>,
    draft: &Draft,
) -> Result<Vec<File>, Refusal> {
    let organization_id = permit.organization_id();
    let files = try_join_all(draft.attachments.iter().enumerate().map(|(i, attachment)| async move {
        let field = format!("attachments[{i}]");
        let (filename, content_type, contents) = match &attachment.source {
            Source::Inline(contents) => (None, None, contents.clone()),
            Source::Upload(id) => {
                let unknown = || {
                    let message = "no file was uploaded under this id: PUT it to the upload URL first";
                    Refusal::field(format!("attachments[{i}].attachment_id"), "unknown_upload", message)
                };
                let upload = load::<Attachment>(&*ports.store, organization_id, Key::Attachment(*id)).await?;
                let upload = upload.filter(|file| file.message.is_none()).ok_or_else(unknown)?;
                let max = usize::try_from(Attachment::MAX_SIZE).unwrap_or(usize::MAX);
                let contents = match ports.blobs.get(&BlobKey::Upload(organization_id, *id), max).await {
                    Err(BlobError::Missing) => return Err(unknown()),
                    other => other?,
                };
                (Some(upload.filename), Some(upload.content_type), contents)
            }
        };
        let named = attachment.filename.clone().or(filename);
        let filename =
            named.ok_or_else(|| Refusal::field(format!("{field}.filename"), "required", "name the file"))?;
        let content_type = attachment
            .content_type
            .clone()
            .or(content_type)
            .unwrap_or_else(|| "application/octet-stream".to_owned());
        Ok::<_, Refusal>(File {
            reference: AttachmentRef {
                id: ports.attachment_id(),
                filename,
                content_type,
                size: contents.len() as u64,
                digest: Digest::of(&contents),
                content_id: attachment.content_id.clone(),
                inline: attachment.content_id.is_some(),
            },
            contents,
        })
    }))
    .await?;
    let total: u64 = files.iter().map(|file| file.reference.size).sum();
    if total > Attachment::MAX_SIZE {
        let message =
            format!("are {total} octets together: a mail takes at most {} (25 MB)", Attachment::MAX_SIZE);
        return Err(Refusal::field("attachments", "attachment_too_large", message));
    }
    Ok(files)
}

fn compose(
    ports: &Ports,
    inbox: &Inbox,
    draft: &Draft,
    files: &[File],
    parent: Option<&Message>,
) -> Result<Vec<u8>, Refusal> {
    fn addresses(list: &[Mailbox]) -> Vec<mail::Addr<'_>> {
        list.iter()
            .map(|m| mail::Addr {
                name: m.name.as_ref().map(HeaderText::as_str),
                address: m.address.as_str(),
            })
            .collect()
    }
    let from = inbox.mailbox();
    let attachments: Vec<_> = files
        .iter()
        .map(|file| mail::OutgoingAttachment {
            filename: &file.reference.filename,
            content_type: &file.reference.content_type,
            content_id: file.reference.content_id.as_deref(),
            inline: file.reference.inline,
            contents: &file.contents,
        })
        .collect();
    let references = parent.map(answer_references).unwrap_or_default();
    mail::compose(&mail::Outgoing {
        from: mail::Addr { name: from.name.as_ref().map(HeaderText::as_str), address: from.address.as_str() },
        reply_to: &addresses(&draft.reply_to),
        to: &addresses(&draft.to),
        cc: &addresses(&draft.cc),
        subject: draft.subject.as_ref().map_or("", HeaderText::as_str),
        text: draft.text.as_deref(),
        html: draft.html.as_deref(),
        in_reply_to: references.last().map(String::as_str),
        references: &references,
        headers: &[],
        attachments: &attachments,
        boundary_seed: ports.bytes(),
    })
    .map_err(|error| refused(&error))
}

/// What the composer refuses, with the code that the API gives it.
fn refused(error: &mail::ComposeError) -> Refusal {
    use mail::ComposeError as E;
    let (field, code) = match error {
        E::Control { field } => (field, "control_character"),
        E::TooLong { field } => (field, "too_long"),
        E::EncodedWord { field } => (field, "encoded_word"),
        E::Address { field } => (field, "invalid_address"),
        E::MessageId { field } => (field, "invalid_message_id"),
        E::HeaderName { field } | E::DuplicateHeader { field } => (field, "header_not_allowed"),
        E::NotAscii { field } => (field, "not_ascii"),
        E::ContentType { field } => (field, "invalid_content_type"),
        E::Filename { field } => (field, "invalid_filename"),
        other => return Refusal::Internal(other.to_string()),
    };
    Refusal::field(field, code, error)
}

/// `References` of an answer, RFC 5322 §3.6.4: those of the mail, then its own id.
///
/// A stranger's ids that no header could carry are left out: they must not keep us from answering.
fn answer_references(parent: &Message) -> Vec<String> {
    let sound = |id: &&String| {
        id.len() <= 200
            && id.contains('@')
            && id.bytes().all(|b| b.is_ascii_graphic() && !b"<>(),;\"[]".contains(&b))
    };
    let all: Vec<_> =
        parent.references.iter().chain(&parent.internet_message_id).filter(sound).cloned().collect();
    all[all.len().saturating_sub(mail::compose::MAX_REFERENCES)..].to_vec()
}

fn hold(
    ports: &Ports,
    actor: &Actor,
    inbox: &Inbox,
    draft: &Draft,
    files: &[File],
    parent: Option<&Message>,
    sealed: &Sealed,
) -> Submitted {
    let now = ports.now();
    let organization_id = inbox.organization_id;
    let message_id = sealed.envelope().message_id;
    let thread_id: ThreadId = parent.map_or_else(|| ports.thread_id(), |parent| parent.thread_id);
    let parties = |list: &[Mailbox]| list.iter().map(Party::from).collect::<Vec<_>>();
    let subject = draft.subject.as_ref().map(|s| s.as_str().to_owned()).unwrap_or_default();
    // An HTML-only mail has its text from the composed parts, as every received mail has.
    let text = draft.text.clone().or_else(|| mail::parse(sealed.mime()).text).unwrap_or_default();
    let preview = mail::preview(&text, 200);
    let expires_at = now + Approval::DEFAULT_EXPIRY;
    let approval = Approval {
        id: ports.approval_id(),
        organization_id,
        inbox_id: inbox.id,
        message_id,
        thread_id,
        answers: parent.map(|parent| parent.id),
        digest: sealed.digest(),
        requested_by: actor.clone(),
        requested_at: now,
        expires_at,
        send_at: draft.send_at,
        reasons: vec!["no_policy_allows_it".to_owned()],
        recipients: [&draft.to, &draft.cc, &draft.bcc].into_iter().flat_map(|list| parties(list)).collect(),
        subject: subject.clone(),
        preview: preview.clone(),
        attachment_count: u32::try_from(files.len()).unwrap_or(u32::MAX),
        decision: Decision::Pending,
        task_token: None,
        message_version: 1,
        version: 1,
    };
    let message = Message {
        id: message_id,
        organization_id,
        inbox_id: inbox.id,
        thread_id,
        direction: Direction::Outbound(pending(&approval)),
        from: Party::from(&inbox.mailbox()),
        reply_to: parties(&draft.reply_to),
        to: parties(&draft.to),
        cc: parties(&draft.cc),
        bcc: parties(&draft.bcc),
        subject,
        preview,
        internet_message_id: None,
        references: parent.map(answer_references).unwrap_or_default(),
        attachments: files.iter().map(|file| file.reference.clone()).collect(),
        size: sealed.mime().len() as u64,
        created_at: now,
        version: 1,
    };
    Submitted { message, approval }
}

/// Where the mail of a pending approval stands.
pub(crate) fn pending(approval: &Approval) -> Outbound {
    Outbound {
        approval_id: approval.id,
        digest: approval.digest,
        send_at: approval.send_at,
        recipients: u32::try_from(approval.recipients.len()).unwrap_or(u32::MAX),
        state: State::PendingApproval { expires_at: approval.expires_at },
    }
}

async fn store_objects(
    ports: &Ports,
    submitted: &Submitted,
    sealed: &Sealed,
    files: Vec<File>,
) -> Result<(), Refusal> {
    let organization_id = submitted.message.organization_id;
    let key = BlobKey::Sealed(organization_id, sealed.digest());
    ports.blobs.put(&key, Bytes::copy_from_slice(sealed.bytes()), "application/octet-stream").await?;
    // What an approver downloads is a copy of what was sealed, not the upload, which its URL can overwrite.
    try_join_all(files.into_iter().map(|file| async move {
        let key = BlobKey::Attachment(organization_id, file.reference.id);
        ports.blobs.put(&key, file.contents, &file.reference.content_type).await
    }))
    .await?;
    Ok(())
}
