//! Drafts: mails that somebody is still writing. One is made, changed, submitted as [`submit`](crate::gate::submit) has it,
//! deleted, or left of a mail that was rejected.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use bytes::Bytes;
use domain::base::address::{EmailAddress, HeaderText, Mailbox};
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::gate::approval::{Approval, Decision};
use domain::gate::draft::{DraftContent, DraftFile, DraftObject, DraftState, Rejected, SavedDraft};
use domain::mailbox::message::{Message, Party};
use domain::mailbox::notes::{Notes, Tag};
use domain::people::access::{Permit, scope};
use domain::{ApprovalId, DraftId, InboxId, MessageId, Timestamp};

use crate::base::enter::Once;
use crate::base::error::Refusal;
use crate::base::ports::{BlobKey, Blobs, Ports, Workflow};
use crate::base::retry::{Try, retry_apart};
use crate::base::store::{
    Change, Conflict, DraftPointer, Expect, Key, List, Page, PageRequest, StoreError, Write, key, load, typed,
};
use crate::gate::approvals::Ballot;
use crate::gate::approvals::{self, Beside};
use crate::gate::draft::{Body, File, Prepared, check, fetch_files, too_large_to_show};
use crate::gate::edit::reopen;
use crate::gate::submit::{
    Answering, Asked, Draft, DraftAttachment, How, MAX_BODY, Sending, Source, Submitted, submit_saved,
};
use crate::mailbox::inboxes;
use crate::mailbox::messages::open_sealed_at;

/// So many drafts an inbox has at most, counted exactly.
pub const MAX_DRAFTS: u64 = 1_000;
/// A change that loses against another is made anew at most so often.
const TRIES: usize = 5;
/// Upper bound of what a draft says, in bytes: 25 MB of files, and both bodies, of which HTML in its normal form may be larger than
/// it was given.
const MAX_OBJECT: usize = 25 * 1024 * 1024 + 8 * MAX_BODY;
/// What keeps a draft from being stored: what is only missing, or not as it can be sent, is said when it is submitted.
const BOUNDS: [Code; 5] = [
    Code::TooManyRecipients,
    Code::TooMany,
    Code::BodyTooLarge,
    Code::ControlCharacter,
    Code::TooManyAttachments,
];

/// What becomes of a part of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Part<T> {
    /// It stays.
    #[default]
    Kept,
    /// It is taken out.
    Emptied,
    /// It is this from now on.
    Given(T),
}

impl<T> Part<T> {
    fn over(self, before: Option<T>) -> Option<T> {
        match self {
            Part::Kept => before,
            Part::Emptied => None,
            Part::Given(value) => Some(value),
        }
    }

    fn is_kept(&self) -> bool {
        matches!(self, Part::Kept)
    }
}

/// What a draft is to say, or what changes of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DraftChange {
    /// Recipients.
    pub to: Part<Vec<Mailbox>>,
    /// Recipients of copies.
    pub cc: Part<Vec<Mailbox>>,
    /// Recipients that the others don't see.
    pub bcc: Part<Vec<Mailbox>>,
    /// Where answers go, if not to the inbox.
    pub reply_to: Part<Vec<Mailbox>>,
    /// The subject.
    pub subject: Part<HeaderText>,
    /// The body as text.
    pub text: Part<String>,
    /// The body as HTML.
    pub html: Part<String>,
    /// Whether HTML that is not in its normal form is refused when it is submitted.
    pub strict_html: Part<bool>,
    /// Whether its one recipient is to be able to unsubscribe with one click.
    pub unsubscribe: Part<bool>,
    /// All its files.
    pub attachments: Part<Vec<DraftAttachment>>,
    /// All its further header fields.
    pub headers: Part<BTreeMap<String, String>>,
    /// All values that a program keeps with it.
    pub metadata: Part<BTreeMap<Tag, String>>,
    /// All words that a program keeps with it.
    pub tags: Part<BTreeSet<Tag>>,
    /// Not before this.
    pub send_at: Part<Timestamp>,
    /// The mail that it answers, of the same inbox.
    pub answers: Part<MessageId>,
    /// Whether that mail's other recipients get the answer too.
    pub reply_all: Part<bool>,
}

/// What came of making a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It is new.
    New(SavedDraft),
    /// The inbox had one of this name, which stays as it is.
    Known(SavedDraft),
}

/// A draft with what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftDetail {
    /// What the list shows.
    pub draft: SavedDraft,
    /// Its bodies and the bytes of its files.
    pub content: DraftContent,
}

/// What came of submitting a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmittedDraft {
    /// A mail was made of it.
    Now(Box<Submitted>),
    /// One was made of it before: this one, as it stands.
    Before(Box<Submitted>),
}

/// Makes a draft. Where the inbox has one of this `client_id`, that is given, and nothing changes.
pub async fn create(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::DraftsManage>,
    inbox_id: InboxId,
    (client_id, change): (Option<String>, DraftChange),
    once: &Once,
    answer: impl Fn(&SavedDraft) -> (u16, String),
) -> Result<Created, Refusal> {
    let organization_id = permit.organization_id();
    inboxes::find(ports, permit, inbox_id).await?;
    let hash = client_id.as_deref().map(SavedDraft::name_hash);
    retry_apart(ports, TRIES, "the drafts of the inbox kept changing", || async {
        let mut expect = Expect::Absent;
        if let Some(hash) = hash
            && let Some(pointer) =
                load(&*ports.store, organization_id, key::DraftPointer(inbox_id, hash)).await?
        {
            match load(&*ports.store, organization_id, key::Draft(pointer.draft_id)).await? {
                Some(known) if pointer.expires_at.is_none_or(|at| ports.now() < at) => {
                    return Ok(Try::Done(Created::Known(as_open(known)?)));
                }
                // Time to live deletes late: it is overwritten, by one of those who find it.
                _ => expect = pointer.expires_at.map_or(Expect::Anything, Expect::Until),
            }
        }
        let new = SavedDraft::new(ports.draft_id(), organization_id, inbox_id, ports.now());
        let new = SavedDraft { client_id: client_id.clone(), ..new };
        let (draft, content) = apply(ports, blobs, permit, new, change.clone()).await?;
        store_content(blobs, &draft, content).await?;
        let mut written = Change::new(organization_id).create(draft.clone()).write(count(inbox_id));
        if let Some(hash) = hash {
            let pointer = DraftPointer { inbox_id, hash, draft_id: draft.id, expires_at: None };
            written = written.write(Write::put(pointer, expect));
        }
        let written = once.save(written, ports.now(), || answer(&draft));
        match once.try_commit(ports, written).await {
            Ok(Ok(())) => Ok(Try::Done(Created::New(draft))),
            Ok(Err(conflicts)) => {
                remove_content(blobs, &draft).await;
                if conflicts.iter().any(|it| matches!(it, Conflict::Record(Key::DraftPointer(..)))) {
                    return Ok(Try::Again);
                }
                Err(refuse_conflicts(inbox_id, conflicts))
            }
            Err(refusal) => {
                // Nobody knows whether it was written, but for a request that was answered meanwhile.
                if matches!(refusal, Refusal::Answered(_)) {
                    remove_content(blobs, &draft).await;
                }
                Err(refusal)
            }
        }
    })
    .await
}

/// The drafts of an inbox that can be changed still, the one that was made last first.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::DraftsManage>,
    inbox_id: InboxId,
    page: &PageRequest,
) -> Result<Page<SavedDraft>, Refusal> {
    inboxes::find(ports, permit, inbox_id).await?;
    let list = List::Drafts(inbox_id);
    let mut found = typed::<SavedDraft>(ports.store.list(permit.organization_id(), &list, page).await?);
    found.items.retain(|draft| may_see(permit, draft));
    Ok(found)
}

/// One draft with what it says.
pub async fn get(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::DraftsManage>,
    id: DraftId,
) -> Result<DraftDetail, Refusal> {
    retry_apart(ports, TRIES, "the draft kept changing", || async {
        let draft = as_open(find(ports, permit, id).await?)?;
        let read = read_content(blobs, &draft).await;
        let read = unless_overtaken(ports, permit, &draft, read).await?;
        Ok(read.map_or(Try::Again, |content| Try::Done(DraftDetail { draft, content })))
    })
    .await
}

/// Changes a draft, of this revision where one is named, and gives it as it is then.
pub async fn update(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::DraftsManage>,
    id: DraftId,
    revision: Option<u64>,
    change: DraftChange,
) -> Result<SavedDraft, Refusal> {
    retry_apart(ports, TRIES, "the draft kept changing", || async {
        let before = as_open(find(ports, permit, id).await?)?;
        check_revision(&before, revision)?;
        let applied = apply(ports, blobs, permit, before.clone(), change.clone()).await;
        let Some((draft, content)) = unless_overtaken(ports, permit, &before, applied).await? else {
            return Ok(Try::Again);
        };
        store_content(blobs, &draft, content).await?;
        let is_other = draft.object != before.object;
        let written = ports.store.commit(Change::new(draft.organization_id).update(draft.clone())).await;
        let draft = SavedDraft { version: before.version + 1, ..draft };
        let done = match written {
            Ok(()) => true,
            // A put of one record that is repeated, since its answer was lost, meets what it wrote itself.
            Err(StoreError::Conflict(_)) => {
                let stored = find(ports, permit, id).await?;
                let done = is_written(&stored, &draft);
                if !done && stored.object == draft.object {
                    // It was written, and others changed the rest since: what it says is theirs now.
                    return Ok(Try::Again);
                }
                done
            }
            Err(error) => return Err(error.into()),
        };
        // What no record names any more goes.
        if is_other {
            remove_content(blobs, if done { &before } else { &draft }).await;
        }
        Ok(if done { Try::Done(draft) } else { Try::Again })
    })
    .await
}

/// Whether this is how a draft was written; a record keeps whole milliseconds.
fn is_written(stored: &SavedDraft, draft: &SavedDraft) -> bool {
    *stored == SavedDraft { updated_at: stored.updated_at, ..draft.clone() }
}

/// Deletes a draft, of this revision where one is named, and what it said.
pub async fn delete(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::DraftsManage>,
    id: DraftId,
    revision: Option<u64>,
) -> Result<(), Refusal> {
    retry_apart(ports, TRIES, "the draft kept changing", || async {
        let draft = find(ports, permit, id).await?;
        if draft.state == DraftState::Deleted {
            // Whoever asks again may do so because we crashed before what it said was removed.
            remove_content(blobs, &draft).await;
        }
        let draft = as_open(draft)?;
        check_revision(&draft, revision)?;
        let written = ports.store.commit(ended(&draft, ports.now())).await;
        if written.is_ok() {
            remove_content(blobs, &draft).await;
        }
        Try::of(written, ())
    })
    .await
}

/// What deletes a draft from the table.
pub(crate) fn ended(draft: &SavedDraft, now: Timestamp) -> Change {
    let change = Change::new(draft.organization_id)
        .update(draft.ended(DraftState::Deleted, now))
        .write(Write::Uncount { key: SavedDraft::count_hash(draft.inbox_id), by: 1 });
    let Some(client_id) = &draft.client_id else { return change };
    // Its name is free again.
    let hash = SavedDraft::name_hash(client_id);
    change.write(Write::Delete(Key::DraftPointer(draft.inbox_id, hash)))
}

/// Asks for the mail that a draft describes to be sent, of this revision where one is named. One mail is made of a draft,
/// however often it is submitted.
pub async fn submit(
    sending: &Sending,
    (permit, sends): (&Permit<scope::DraftsManage>, &Permit<scope::MessagesSend>),
    id: DraftId,
    revision: Option<u64>,
    once: &Once,
    answer: impl Fn(&Submitted) -> (u16, String),
) -> Result<SubmittedDraft, Refusal> {
    let (ports, blobs) = (&sending.ports, &*sending.blobs);
    retry_apart(ports, TRIES, "the draft kept changing", || async {
        let draft = find(ports, permit, id).await?;
        if let DraftState::Submitted { message_id, approval_id } = draft.state {
            remove_content(blobs, &draft).await;
            let wanted = (key::Message(draft.inbox_id, message_id), key::Approval(approval_id));
            let (message, approval) = load(&*ports.store, draft.organization_id, wanted).await?;
            let (Some(message), Some(approval)) = (message, approval) else {
                return Err(already_submitted(message_id, approval_id));
            };
            return Ok(Try::Done(SubmittedDraft::Before(Box::new(Submitted { message, approval }))));
        }
        let draft = as_open(draft)?;
        check_revision(&draft, revision)?;
        let read = read_content(blobs, &draft).await;
        let Some(content) = unless_overtaken(ports, permit, &draft, read).await? else {
            return Ok(Try::Again);
        };
        let mail = asked(draft.clone(), content);
        match Box::pin(submit_saved(sending, sends, draft.inbox_id, mail, once, &answer)).await {
            Ok(submitted) => {
                remove_content(blobs, &draft).await;
                Ok(Try::Done(SubmittedDraft::Now(Box::new(submitted))))
            }
            // Perhaps it is the draft that changed: what it is now is judged anew.
            Err(refusal) if refusal.code() == Code::ChangedMeanwhile => Ok(Try::Again),
            Err(refusal) => Err(refusal),
        }
    })
    .await
}

/// The mail that submitting a draft would ask for now, if it is one of this inbox.
pub(crate) async fn asked_for(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::DraftsManage>,
    inbox_id: InboxId,
    id: DraftId,
) -> Result<Asked, Refusal> {
    let unknown = || Refusal::field("draft_id", Code::UnknownDraft, "no such draft in this inbox");
    match get(ports, blobs, permit, id).await {
        Ok(DraftDetail { draft, content }) if draft.inbox_id == inbox_id => Ok(asked(draft, content)),
        Ok(_) | Err(Refusal::NotFound(_)) => Err(unknown()),
        Err(refusal) => Err(refusal),
    }
}

fn asked(draft: SavedDraft, content: DraftContent) -> Asked {
    let answering = draft.answers.map(|message_id| Answering {
        message_id,
        how: if draft.reply_all { How::ReplyAll { quote: false } } else { How::Reply { quote: false } },
    });
    (as_mail(&draft, content), answering, Some(draft))
}

/// Decides as [`approvals::decide`] does; where that rejects the mail, what it says is left as a draft of its inbox, in the same transaction.
pub async fn reject(
    ports: &Ports,
    blobs: &dyn Blobs,
    workflow: &dyn Workflow,
    permit: &Permit<scope::ApprovalsDecide>,
    id: ApprovalId,
    ballot: &Ballot<'_>,
) -> Result<Approval, Refusal> {
    let left = Left { ports, blobs };
    Ok(approvals::vote(ports, workflow, permit, id, ballot, &left).await?.0)
}

/// The draft that is left of a rejected mail.
struct Left<'a> {
    ports: &'a Ports,
    blobs: &'a dyn Blobs,
}

#[async_trait]
impl Beside for Left<'_> {
    async fn writes(&self, decided: &mut Approval, message: &Message) -> Result<Vec<Write>, Refusal> {
        let Decision::Rejected { reason, .. } = &decided.decision else { return Ok(vec![]) };
        if !decided.resends.is_empty() {
            // A draft would not know the earlier attempts, one of which may still prove to have gone.
            let message =
                "a mail that is sent again leaves no draft: reject it without, and have it sent again";
            return Err(Refusal::field("revise", Code::UnknownChoice, message));
        }
        let (ports, now) = (self.ports, self.ports.now());
        let sealed = open_sealed_at(self.blobs, decided.organization_id, decided.digest).await?;
        // A conversation that had hostile mail since it was asked for has it still.
        let thread = load(&*ports.store, decided.organization_id, key::Thread(decided.thread_id)).await?;
        let tainted = decided.is_tainted() || thread.is_some_and(|thread| thread.tainted);
        let Prepared { draft: mail, files, .. } = reopen(message, &sealed, tainted);
        let new = SavedDraft::new(ports.draft_id(), decided.organization_id, decided.inbox_id, now);
        let content = DraftContent {
            text: mail.text,
            html: mail.html,
            files: files.iter().map(|file| file.contents.to_vec()).collect(),
        };
        let (object, bytes) = as_object(ports, &content);
        let draft = SavedDraft {
            to: parties(&mail.to),
            cc: parties(&mail.cc),
            bcc: parties(&mail.bcc),
            reply_to: parties(&mail.reply_to),
            subject: mail.subject,
            unsubscribe: mail.unsubscribe,
            preview: preview(&content),
            files: files.iter().map(described).collect(),
            send_at: mail.send_at.filter(|at| *at > now),
            // What passed a mail on stays no answer to it.
            answers: decided.answers.filter(|_| !decided.forward),
            headers: mail.headers.into_iter().collect(),
            notes: mail.notes,
            tainted: decided.is_tainted(),
            object,
            rejected: Some(Rejected {
                approval_id: decided.id,
                message_id: decided.message_id,
                reason: reason.clone(),
            }),
            authors: decided
                .authors
                .iter()
                .copied()
                .chain(decided.requested_by.member())
                .chain(decided.edited_by)
                .collect(),
            ..new
        };
        store_content(self.blobs, &draft, bytes).await?;
        decided.draft_id = Some(draft.id);
        Ok(vec![count(draft.inbox_id), Write::put(draft, Expect::Absent)])
    }

    fn refuse(&self, conflicts: Vec<Conflict>) -> Refusal {
        let is_full = conflicts.iter().any(|it| matches!(it, Conflict::Record(Key::Counter(_))));
        if is_full { too_many() } else { StoreError::Conflict(conflicts).into() }
    }
}

/// What is left of a rejected mail is for whoever may read mail.
fn may_see(permit: &Permit<scope::DraftsManage>, draft: &SavedDraft) -> bool {
    draft.rejected.is_none() || permit.principal().permit::<scope::MessagesRead>().is_ok()
}

async fn find(
    ports: &Ports,
    permit: &Permit<scope::DraftsManage>,
    id: DraftId,
) -> Result<SavedDraft, Refusal> {
    let draft = load(&*ports.store, permit.organization_id(), key::Draft(id)).await?;
    let draft = draft.filter(|draft| permit.over(draft.inbox_id).is_ok());
    let draft = draft.filter(|draft| may_see(permit, draft)).ok_or(Refusal::NotFound("draft"))?;
    // Of an inbox that was deleted none is left.
    inboxes::find(ports, permit, draft.inbox_id).await.map_err(|_| Refusal::NotFound("draft"))?;
    Ok(draft)
}

/// The draft, where it did not come to an end.
fn as_open(draft: SavedDraft) -> Result<SavedDraft, Refusal> {
    match draft.state {
        DraftState::Open => Ok(draft),
        DraftState::Submitted { message_id, approval_id } => Err(already_submitted(message_id, approval_id)),
        DraftState::Deleted => Err(Refusal::NotFound("draft")),
    }
}

fn already_submitted(message_id: MessageId, approval_id: ApprovalId) -> Refusal {
    Refusal::Because {
        code: Code::AlreadySubmitted,
        message: format!("this draft was submitted: the mail is {message_id}"),
        details: vec![("message_id", message_id.to_string()), ("approval_id", approval_id.to_string())],
    }
}

fn check_revision(draft: &SavedDraft, seen: Option<u64>) -> Result<(), Refusal> {
    if seen.is_none_or(|seen| seen == draft.version) {
        return Ok(());
    }
    Err(Refusal::Because {
        code: Code::RevisionMismatch,
        message: format!("the draft was changed meanwhile: its revision is {}", draft.version),
        details: vec![("revision", draft.version.to_string())],
    })
}

fn count(inbox_id: InboxId) -> Write {
    Write::Count {
        key: SavedDraft::count_hash(inbox_id),
        by: 1,
        limit: Some(MAX_DRAFTS),
        // It counts for as long as there are drafts.
        expires_at: Timestamp::MAX,
    }
}

fn too_many() -> Refusal {
    let message = format!("an inbox has at most {MAX_DRAFTS} drafts: submit or delete one first");
    Refusal::because(Code::TooManyDrafts, message)
}

fn refuse_conflicts(inbox_id: InboxId, conflicts: Vec<Conflict>) -> Refusal {
    let counted = Conflict::Record(Key::Counter(SavedDraft::count_hash(inbox_id)));
    if conflicts.contains(&counted) { too_many() } else { StoreError::Conflict(conflicts).into() }
}

/// The draft with a change, and the object that it needs beside, where what it says is another. Refuses what can't be stored, all
/// of it at once.
async fn apply(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::DraftsManage>,
    mut draft: SavedDraft,
    change: DraftChange,
) -> Result<(SavedDraft, Option<Bytes>), Refusal> {
    let says_else = !(change.text.is_kept() && change.html.is_kept() && change.attachments.is_kept());
    let mailboxes = |part: Part<Vec<Mailbox>>, before: &mut Vec<Party>| {
        if !part.is_kept() {
            *before = parties(&part.over(None).unwrap_or_default());
        }
    };
    mailboxes(change.to, &mut draft.to);
    mailboxes(change.cc, &mut draft.cc);
    mailboxes(change.bcc, &mut draft.bcc);
    mailboxes(change.reply_to, &mut draft.reply_to);
    draft.subject = change.subject.over(draft.subject);
    draft.strict_html = change.strict_html.over(Some(draft.strict_html)).unwrap_or(false);
    draft.unsubscribe = change.unsubscribe.over(Some(draft.unsubscribe)).unwrap_or(false);
    draft.send_at = change.send_at.over(draft.send_at);
    draft.headers = change.headers.over(Some(draft.headers)).unwrap_or_default();
    draft.notes = Notes {
        metadata: change.metadata.over(Some(draft.notes.metadata)).unwrap_or_default(),
        tags: change.tags.over(Some(draft.notes.tags)).unwrap_or_default(),
    };
    draft.reply_all = change.reply_all.over(Some(draft.reply_all)).unwrap_or(false);
    if let Part::Given(id) = change.answers {
        let answered = load(&*ports.store, draft.organization_id, key::Message(draft.inbox_id, id)).await?;
        if answered.is_none() {
            let message = "is no mail of this inbox";
            return Err(Refusal::field("reply_to_message_id", Code::UnknownMessage, message));
        }
    }
    draft.answers = change.answers.over(draft.answers);
    draft.write_as(permit.actor());
    draft.updated_at = ports.now();

    let keeps = change.text.is_kept() || change.html.is_kept() || change.attachments.is_kept();
    let mut content = DraftContent::default();
    if says_else && keeps {
        content = read_content(blobs, &draft).await?;
    }
    content.text = change.text.over(content.text);
    content.html = change.html.over(content.html);
    let mut mail = as_mail(&draft, DraftContent { files: vec![], ..content.clone() });
    mail.attachments = match &change.attachments {
        Part::Given(files) => files.clone(),
        Part::Kept | Part::Emptied => vec![],
    };
    check_bounds(&mail, ports.now())?;
    if !says_else {
        return Ok((draft, None));
    }
    if !change.attachments.is_kept() {
        let files = fetch_files(ports, blobs, permit.principal(), draft.inbox_id, &mail).await?;
        draft.tainted |= files.iter().any(|file| file.tainted);
        draft.files = files.iter().map(described).collect();
        content.files = files.iter().map(|file| file.contents.to_vec()).collect();
    }
    draft.preview = preview(&content);
    let (object, bytes) = as_object(ports, &content);
    draft.object = object;
    Ok((draft, bytes))
}

/// Refuses what is larger than any mail may be.
fn check_bounds(mail: &Draft, now: Timestamp) -> Result<(), Refusal> {
    let mut errors = match check(&mut mail.clone(), &[], Body::Optional, now) {
        Ok(_) => vec![],
        Err(Refusal::Invalid(errors)) => errors,
        Err(refusal) => return Err(refusal),
    };
    errors.retain(|error| BOUNDS.contains(&error.code));
    // Of HTML that has no form it says nothing more: a draft shows it as it was given.
    errors.extend(too_large_to_show(mail.text.as_deref(), mail.html.as_deref()));
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

/// The mail that a draft describes.
fn as_mail(draft: &SavedDraft, content: DraftContent) -> Draft {
    let mailboxes = |list: &[Party]| {
        let mailbox = |party: &Party| {
            let address = EmailAddress::parse(&party.address).ok()?;
            Some(Mailbox { name: party.name.as_deref().map(HeaderText::lossy), address })
        };
        list.iter().filter_map(mailbox).collect()
    };
    let files = draft.files.iter().zip(content.files).map(|(file, contents)| DraftAttachment {
        filename: Some(file.filename.clone()),
        content_type: Some(file.content_type.clone()),
        content_id: file.content_id.clone(),
        source: Source::Inline(contents.into()),
    });
    Draft {
        to: mailboxes(&draft.to),
        cc: mailboxes(&draft.cc),
        bcc: mailboxes(&draft.bcc),
        reply_to: mailboxes(&draft.reply_to),
        subject: draft.subject.clone(),
        text: content.text,
        html: content.html,
        strict_html: draft.strict_html,
        unsubscribe: draft.unsubscribe,
        attachments: files.collect(),
        headers: draft.headers.clone().into_iter().collect(),
        notes: draft.notes.clone(),
        send_at: draft.send_at,
    }
}

fn parties(list: &[Mailbox]) -> Vec<Party> {
    list.iter().map(Party::from).collect()
}

fn described(file: &File) -> DraftFile {
    DraftFile {
        filename: file.filename.clone(),
        content_type: file.content_type.clone(),
        detected_type: file.detected_type(),
        content_id: file.content_id.clone(),
        size: file.size(),
        digest: file.digest,
    }
}

/// The first words of a draft, as a list shows them.
fn preview(content: &DraftContent) -> String {
    let of_html = || content.html.as_deref().map(|html| mail::normal::read(html).text);
    let text = content.text.clone().or_else(of_html).unwrap_or_default();
    mail::preview(&text, 200)
}

/// An object of a new name that holds this, where it is anything.
fn as_object(ports: &Ports, content: &DraftContent) -> (Option<DraftObject>, Option<Bytes>) {
    if content.is_empty() {
        return (None, None);
    }
    let bytes = content.write();
    let object = DraftObject { name: Digest::from_bytes(ports.bytes()), digest: Digest::of(&bytes) };
    (Some(object), Some(bytes.into()))
}

pub(crate) fn object_key(draft: &SavedDraft) -> Option<BlobKey> {
    let object = draft.object?;
    Some(BlobKey::Draft(draft.organization_id, draft.id, object.name))
}

async fn store_content(blobs: &dyn Blobs, draft: &SavedDraft, bytes: Option<Bytes>) -> Result<(), Refusal> {
    if let (Some(key), Some(bytes)) = (object_key(draft), bytes) {
        blobs.put(&key, bytes, "application/octet-stream").await?;
    }
    Ok(())
}

async fn read_content(blobs: &dyn Blobs, draft: &SavedDraft) -> Result<DraftContent, Refusal> {
    let (Some(key), Some(object)) = (object_key(draft), draft.object) else {
        return Ok(DraftContent::default());
    };
    let bytes = blobs.get(&key, MAX_OBJECT).await?;
    let content = DraftContent::read(&bytes, object.digest);
    let content = content.map_err(|error| Refusal::Internal(format!("{}: {error}", draft.id)))?;
    if content.files.len() != draft.files.len() {
        return Err(Refusal::Internal(format!("{}: the record names other files", draft.id)));
    }
    Ok(content)
}

/// What was made of a draft's words; none where they were missing since somebody wrote other ones after the draft was read.
async fn unless_overtaken<T>(
    ports: &Ports,
    permit: &Permit<scope::DraftsManage>,
    draft: &SavedDraft,
    made: Result<T, Refusal>,
) -> Result<Option<T>, Refusal> {
    match made {
        Err(refusal) if refusal.code() == Code::BytesMissing => {
            let overtaken = find(ports, permit, draft.id).await?.version != draft.version;
            if overtaken { Ok(None) } else { Err(refusal) }
        }
        other => other.map(Some),
    }
}

/// Removes an object that no record names any more. What is left of it here, the bucket deletes when its time is over.
async fn remove_content(blobs: &dyn Blobs, draft: &SavedDraft) {
    let Some(key) = object_key(draft) else { return };
    if let Err(error) = blobs.delete(&key).await {
        tracing::warn!(draft_id = %draft.id, %error, "what a draft said could not be removed yet");
    }
}
