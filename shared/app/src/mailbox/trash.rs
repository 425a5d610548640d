//! The trash: a mail leaves its inbox's list and its conversation in one transaction, comes back in one, and is deleted for good.
//!
//! Deleting for good is two steps, so that a crash leaves nothing behind: first the mail is gone for everybody, which is one
//! transaction with its audit entry; then a job deletes its bytes, its files and last its record, of which a mark is left: told of the
//! same mail again, we don't file it again.

use std::collections::BTreeSet;

use domain::base::code::Code;
use domain::gate::approval::Approval;
use domain::ledger::audit::AuditEntry;
use domain::mailbox::index::gone_message;
use domain::mailbox::label::Label;
use domain::mailbox::message::{Direction, Fate, Mark, Message, Sibling, Thread, ThreadChange, Trashed};
use domain::people::access::{Actor, Permit, scope};
use domain::{InboxId, MessageId, OrganizationId, ThreadId};
use futures_util::future::join_all;
use jiff::SignedDuration;

use crate::base::error::Refusal;
use crate::base::ports::{BlobKey, Eraser, Ports, Queue};
use crate::base::retry::{Try, commit_first, retry_apart};
use crate::base::store::{
    Change, Expect, Key, List, PageRequest, StoreError, Watch, Watched, Write, key, load, typed,
};

/// A change that loses against another is made anew at most so often.
const TRIES: usize = 8;
const WHY: &str = "the conversation kept changing";
/// So many mails of a conversation are moved in one transaction, which takes 100 writes: each is two, one for each label, and its audit
/// entry.
const AT_ONCE: usize = 4;
/// So many mails of a conversation are moved by one request.
const MOVED: usize = 200;
/// So many mails are looked at for the one that a conversation shows next.
const CANDIDATES: usize = 20;
/// So many labels the mails of a conversation have together.
const THREAD_LABELS: usize = 200;

/// A mail, also one in the trash.
pub(crate) async fn load_shown(
    ports: &Ports,
    organization_id: OrganizationId,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<Option<Message>, StoreError> {
    let (message, trashed) = load_wherever(ports, organization_id, inbox_id, id).await?;
    Ok(shown(ports, message, trashed))
}

/// The mail where it is, or as the trash has it.
pub(crate) fn shown(ports: &Ports, message: Option<Message>, trashed: Option<Trashed>) -> Option<Message> {
    message.or_else(|| trashed.and_then(|it| it.shown(ports.now()).cloned()))
}

/// Puts a mail into the trash. One that is there stays as it is.
pub async fn trash(
    ports: &Ports,
    permit: &Permit<scope::MessagesModify>,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<Message, Refusal> {
    permit.over(inbox_id)?;
    retry_apart(ports, TRIES, WHY, || async {
        let (message, trashed) = find(ports, permit, inbox_id, id).await?;
        let Some(message) = message else {
            return Ok(Try::Done(shown(ports, None, trashed).ok_or(Refusal::NotFound("message"))?));
        };
        check_ended(&message)?;
        let trashed = Trashed::keep(&message, ports.now());
        let shown = trashed.shown(ports.now()).cloned().ok_or(Refusal::NotFound("message"))?;
        let change = leave(ports, &[(message, trashed)]).await?.audit(entry(ports, permit, TRASH, id));
        Try::of(ports.store.commit(change).await, shown)
    })
    .await
}

/// Takes a mail out of the trash, with its labels, into its conversation. One that is not in it stays as it is.
pub async fn restore(
    ports: &Ports,
    permit: &Permit<scope::MessagesModify>,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<Message, Refusal> {
    permit.over(inbox_id)?;
    retry_apart(ports, TRIES, WHY, || async {
        let (message, trashed) = find(ports, permit, inbox_id, id).await?;
        if let Some(message) = message {
            return Ok(Try::Done(message));
        }
        let trashed = trashed.ok_or(Refusal::NotFound("message"))?;
        let kept = trashed.shown(ports.now()).ok_or(Refusal::NotFound("message"))?;
        // A later version: whoever saw it before it was in the trash writes nothing of it any more.
        let message = Message { trash: None, version: kept.version + 1, ..kept.clone() };
        let change = come_back(ports, &message, trashed.version).await?;
        let change = change.audit(entry(ports, permit, RESTORE, id));
        Try::of(ports.store.commit(change).await, message)
    })
    .await
}

/// Deletes a mail for good, whether it is in the trash or not: from then on it is not there.
pub async fn delete(
    ports: &Ports,
    permit: &Permit<scope::MessagesModify>,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<(), Refusal> {
    permit.over(inbox_id)?;
    retry_apart(ports, TRIES, WHY, || async {
        let (message, trashed) = find(ports, permit, inbox_id, id).await?;
        let now = ports.now();
        let change = match (message, trashed) {
            (Some(message), _) => {
                check_ended(&message)?;
                let going = Trashed::delete(&message, now);
                leave(ports, &[(message, going)]).await?
            }
            (None, Some(trashed)) if trashed.shown(now).is_some() => {
                Change::new(permit.organization_id()).update(trashed.going(now))
            }
            _ => return Err(Refusal::NotFound("message")),
        };
        let change = change.audit(entry(ports, permit, DELETE, id));
        Try::of(ports.store.commit(change).await, ())
    })
    .await
}

/// What the audit log says where a mail goes into the trash, comes back, and is deleted for good.
const TRASH: &str = "message.trash";
const RESTORE: &str = "message.restore";
const DELETE: &str = "message.delete";

fn entry(
    ports: &Ports,
    permit: &Permit<scope::MessagesModify>,
    action: &'static str,
    id: MessageId,
) -> AuditEntry {
    ports.audit(permit.organization_id(), permit.actor(), action, id)
}

/// The mail where it is, and what the trash has of it.
async fn find(
    ports: &Ports,
    permit: &Permit<scope::MessagesModify>,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<(Option<Message>, Option<Trashed>), Refusal> {
    let wanted = (key::Inbox(inbox_id), key::Message(inbox_id, id), key::Trashed(inbox_id, id));
    let (inbox, message, trashed) = load(&*ports.store, permit.organization_id(), wanted).await?;
    inbox.ok_or(Refusal::NotFound("inbox"))?;
    Ok((message, trashed))
}

/// Refuses to move a mail that waits, is being sent, or may have gone.
fn check_ended(message: &Message) -> Result<(), Refusal> {
    if !message.may_still_go() {
        return Ok(());
    }
    let mut details = vec![("status", message.status().to_owned())];
    details.extend(message.outbound().map(|outbound| ("approval_id", outbound.approval_id.to_string())));
    Err(Refusal::Because {
        code: Code::MessageNotEnded,
        message: format!(
            "this mail is {}: cancel it first (POST /v1/approvals/{{approval_id}}/cancel), or wait until it has come to an end",
            message.status()
        ),
        details,
    })
}

/// Deletes a mail for good that came to an end. Whether it did: somebody else may have changed it meanwhile.
pub(crate) async fn leave_for_good(ports: &Ports, message: &Message) -> Result<bool, Refusal> {
    check_ended(message)?;
    let going = Trashed::delete(message, ports.now());
    let change = leave(ports, &[(message.clone(), going)]).await?;
    commit_first(ports, change).await
}

/// The change by which mails of one conversation leave it.
async fn leave(ports: &Ports, leaving: &[(Message, Trashed)]) -> Result<Change, Refusal> {
    let Some((first, _)) = leaving.first() else {
        return Err(Refusal::Internal("no mail leaves its conversation".to_owned()));
    };
    let (organization_id, thread_id) = (first.organization_id, first.thread_id);
    let mut change = Change::new(organization_id);
    for (message, trashed) in leaving {
        let place = Key::Message(message.inbox_id, message.id);
        change = change.write(Write::RemoveVersion(place, message.version)).create(trashed.clone());
        for label in &message.labels {
            change = change.write(Write::Delete(mark_of(message, label)));
        }
    }
    let thread = load(&*ports.store, organization_id, key::Thread(thread_id)).await?;
    let Some(seen) = thread else { return Ok(change) };
    let messages: Vec<_> = leaving.iter().map(|(message, _)| message.clone()).collect();
    let last = next_shown(ports, &seen, &messages).await?;
    let wanted = seen.without(&messages, last.as_ref());
    let moved = ThreadChange { thread_id, seen: Some(seen), wanted };
    Ok(change.write(Write::Conversation(Box::new(moved))))
}

fn mark_of(message: &Message, label: &Label) -> Key {
    Key::Mark(message.inbox_id, label.clone(), message.id)
}

/// The mail that a conversation shows next, where the one that it shows leaves.
async fn next_shown(ports: &Ports, thread: &Thread, leaving: &[Message]) -> Result<Option<Message>, Refusal> {
    let shown = leaving.iter().any(|message| thread.may_show(message));
    if !shown || thread.message_count <= leaving.len() as u64 {
        return Ok(None);
    }
    let (organization_id, list) = (thread.organization_id, List::LatestInThread(thread.id));
    let page = PageRequest { limit: 100, cursor: None };
    let mut found = typed::<Message>(ports.store.list(organization_id, &list, &page).await?).items;
    found.retain(|message| leaving.iter().all(|leaving| leaving.id != message.id));
    // Those that came in or went out, the latest first; where there is none, the first of all.
    found.sort_by_key(|message| (message.shown_at(), std::cmp::Reverse(message.id)));
    found.reverse();
    // The index may be behind: each is looked at where it lies.
    let wanted: Vec<_> =
        found.iter().take(CANDIDATES).map(|message| key::Message(message.inbox_id, message.id)).collect();
    Ok(load(&*ports.store, organization_id, wanted).await?.into_iter().flatten().next())
}

/// The change by which a mail comes back into its conversation.
async fn come_back(ports: &Ports, message: &Message, version: u64) -> Result<Change, Refusal> {
    let (organization_id, thread_id) = (message.organization_id, message.thread_id);
    let place = Key::Trashed(message.inbox_id, message.id);
    let mut change =
        Change::new(organization_id).create(message.clone()).write(Write::RemoveVersion(place, version));
    for label in &message.labels {
        let mark = Mark { inbox_id: message.inbox_id, label: label.clone(), message_id: message.id };
        change = change.write(Write::put(mark, Expect::Anything));
    }
    let seen = load(&*ports.store, organization_id, key::Thread(thread_id)).await?;
    let wanted = match &seen {
        Some(seen) => seen.clone().with(message),
        None => Thread::of(message),
    };
    let before = seen.as_ref().map_or(0, |seen| seen.labels.len());
    if wanted.labels.len() > THREAD_LABELS.max(before) {
        let text =
            format!("the mails of its conversation have {THREAD_LABELS} labels: remove some of them first");
        return Err(Refusal::because(Code::TooMany, text));
    }
    let moved = ThreadChange { thread_id, seen, wanted: Some(wanted) };
    Ok(change.write(Write::Conversation(Box::new(moved))))
}

/// What became of the mails of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// The conversation.
    pub thread_id: ThreadId,
    /// So many of its mails were moved.
    pub moved: u64,
    /// Those that were not, with the reason of each.
    pub left: Vec<(MessageId, Refusal)>,
    /// All of them were looked at: else the same request goes on with the rest.
    pub complete: bool,
}

/// The inbox of a conversation that has mails, in the trash or not, if the permit reaches it.
async fn find_thread(
    ports: &Ports,
    permit: &Permit<scope::MessagesModify>,
    id: ThreadId,
) -> Result<InboxId, Refusal> {
    let organization_id = permit.organization_id();
    let thread = load(&*ports.store, organization_id, key::Thread(id)).await?;
    let inbox_id = if let Some(thread) = thread {
        Some(thread.inbox_id)
    } else {
        // Of one whose mails are all in the trash there is no more than those.
        let page = PageRequest { limit: 1, cursor: None };
        let found = ports.store.list(organization_id, &List::TrashInThread(id), &page).await?;
        typed::<Trashed>(found).items.first().map(|trashed| trashed.inbox_id)
    };
    let inbox_id = inbox_id.filter(|id| permit.over(*id).is_ok()).ok_or(Refusal::NotFound("thread"))?;
    let inbox = load(&*ports.store, organization_id, key::Inbox(inbox_id)).await?;
    inbox.map(|inbox| inbox.id).ok_or(Refusal::NotFound("thread"))
}

/// Puts the mails of a conversation into the trash, at most 200 of them. It is done part by part: asked again, it goes on.
pub async fn trash_thread(
    ports: &Ports,
    permit: &Permit<scope::MessagesModify>,
    id: ThreadId,
) -> Result<Moved, Refusal> {
    let inbox_id = find_thread(ports, permit, id).await?;
    let mut moved = Moved { thread_id: id, moved: 0, left: vec![], complete: false };
    let mut page = PageRequest { limit: 100, cursor: None };
    for _ in 0..MOVED / 100 {
        let found = ports.store.list(permit.organization_id(), &List::LatestInThread(id), &page).await?;
        page.cursor.clone_from(&found.next);
        // The latest comes last: until then the conversation shows what it showed.
        let ids: Vec<_> = typed::<Message>(found).items.iter().rev().map(|message| message.id).collect();
        for some in ids.chunks(AT_ONCE) {
            let (count, left) = trash_some(ports, permit, inbox_id, some).await?;
            moved.moved += count;
            moved.left.extend(left);
        }
        if page.cursor.is_none() {
            moved.complete = true;
            break;
        }
    }
    Ok(moved)
}

/// Puts mails of one conversation into the trash, in one transaction: those that are there and have come to an end.
async fn trash_some(
    ports: &Ports,
    permit: &Permit<scope::MessagesModify>,
    inbox_id: InboxId,
    ids: &[MessageId],
) -> Result<(u64, Vec<(MessageId, Refusal)>), Refusal> {
    retry_apart(ports, TRIES, WHY, || async {
        let wanted: Vec<_> = ids.iter().map(|id| key::Message(inbox_id, *id)).collect();
        let found = load(&*ports.store, permit.organization_id(), wanted).await?;
        let (mut leaving, mut left) = (vec![], vec![]);
        for message in found.into_iter().flatten() {
            match check_ended(&message) {
                Ok(()) => {
                    let trashed = Trashed::keep(&message, ports.now());
                    leaving.push((message, trashed));
                }
                Err(refusal) => left.push((message.id, refusal)),
            }
        }
        if leaving.is_empty() {
            return Ok(Try::Done((0, left)));
        }
        let change = leave(ports, &leaving).await?;
        let entries = leaving.iter().map(|(message, _)| entry(ports, permit, TRASH, message.id));
        let change = entries.fold(change, Change::audit);
        Try::of(ports.store.commit(change).await, (leaving.len() as u64, left))
    })
    .await
}

/// Takes the mails of a conversation out of the trash, at most 200 of them. It is done one by one: asked again, it goes on.
pub async fn restore_thread(
    ports: &Ports,
    permit: &Permit<scope::MessagesModify>,
    id: ThreadId,
) -> Result<Moved, Refusal> {
    let (organization_id, inbox_id) = (permit.organization_id(), find_thread(ports, permit, id).await?);
    let mut moved = Moved { thread_id: id, moved: 0, left: vec![], complete: false };
    let mut page = PageRequest { limit: 100, cursor: None };
    for _ in 0..MOVED / 100 {
        let found = ports.store.list(organization_id, &List::TrashInThread(id), &page).await?;
        page.cursor.clone_from(&found.next);
        for trashed in typed::<Trashed>(found).items {
            match restore(ports, permit, inbox_id, trashed.message_id).await {
                Ok(_) => moved.moved += 1,
                // Its time was over, or somebody deleted it.
                Err(Refusal::NotFound(_)) => {}
                Err(refusal @ Refusal::Because { .. }) => moved.left.push((trashed.message_id, refusal)),
                Err(refusal) => return Err(refusal),
            }
        }
        if page.cursor.is_none() {
            moved.complete = true;
            break;
        }
    }
    Ok(moved)
}

// ------------------------------------------------------------------ the job

/// So many mails are asked for at a time.
const BATCH: u16 = 200;
/// It begins with others for so long, while there are any; the next run follows within minutes.
const TIME: SignedDuration = SignedDuration::from_secs(25);
/// So many of them side by side.
const SIDE_BY_SIDE: usize = 10;
/// The bytes of a mail that came for several inboxes are kept for so long after it came: until then one of them may still be filing
/// it. Lambda tries for six hours, and the queue of what failed keeps it for 14 days.
const FILED_WITHIN: SignedDuration = SignedDuration::from_hours(15 * 24);
/// So many seconds later its words leave the search index.
const FORGOTTEN_AFTER: u16 = 900;
/// So many revisions of a mail are followed back.
const REVISIONS: usize = 200;
/// So many records are removed in one transaction.
const REMOVED: usize = 90;

/// Deletes what is due for good, and says how many mails. One that can't be deleted now does not keep the others, and is tried again.
pub async fn empty(
    ports: &Ports,
    eraser: &dyn Eraser,
    index: &dyn Queue,
    watch: &dyn Watch,
) -> Result<u32, Refusal> {
    let due = |limit| watch.trash(ports.now(), limit);
    each_due(ports, TIME, due, |one| async move { delete_due(ports, eraser, index, &one).await }).await
}

/// Takes a step for each mail that is due, for so long, and says how many were done. Where one fails the others go on, and it is tried
/// again in the next run.
pub(crate) async fn each_due<D, S>(
    ports: &Ports,
    time: SignedDuration,
    due: impl Fn(u16) -> D,
    step: impl Fn(Watched) -> S,
) -> Result<u32, Refusal>
where
    D: Future<Output = Result<Vec<Watched>, StoreError>>,
    S: Future<Output = Result<bool, Refusal>>,
{
    let (mut done, started) = (0, ports.now());
    let in_time = || ports.now().duration_since(started) < time;
    // What could not be done stands before the others in the next answer.
    let (mut seen, mut limit) = (BTreeSet::new(), BATCH);
    while in_time() {
        let found = due(limit).await?;
        let all = found.len() < usize::from(limit);
        let (again, new): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|one| seen.contains(&(one.inbox_id, one.message_id)));
        for some in new.chunks(SIDE_BY_SIDE).take_while(|_| in_time()) {
            seen.extend(some.iter().map(|one| (one.inbox_id, one.message_id)));
            let results = join_all(some.iter().map(|one| step(one.clone()))).await;
            for (one, result) in some.iter().zip(results) {
                match result {
                    Ok(it) => done += u32::from(it),
                    Err(error) => {
                        tracing::warn!(message_id = %one.message_id, %error, "could not be deleted");
                    }
                }
            }
        }
        if all {
            break;
        }
        limit = BATCH.saturating_add(u16::try_from(again.len()).unwrap_or(u16::MAX));
    }
    Ok(done)
}

/// Deletes one mail for good, if it is due: it is gone for everybody first, its bytes and files go next, its record last.
async fn delete_due(
    ports: &Ports,
    eraser: &dyn Eraser,
    index: &dyn Queue,
    named: &Watched,
) -> Result<bool, Refusal> {
    let Watched { organization_id, inbox_id, message_id } = *named;
    let wanted = (key::Trashed(inbox_id, message_id), key::Inbox(inbox_id));
    let (trashed, inbox) = load(&*ports.store, organization_id, wanted).await?;
    let Some(mut trashed) = trashed else { return Ok(false) };
    let now = ports.now();
    if now < trashed.look_at {
        return Ok(false);
    }
    if matches!(trashed.fate, Fate::Kept(_)) {
        trashed = trashed.going(now);
        let entry = ports.audit(organization_id, &Actor::System, DELETE, trashed.message_id);
        let change = Change::new(organization_id).update(trashed.clone()).audit(entry);
        if !commit_first(ports, change).await? {
            return Ok(false);
        }
        trashed.version += 1;
    }
    let Fate::Going(message) = &trashed.fate else { return Ok(false) };
    // The search index of an inbox that is gone is deleted as a whole. Else its words leave it, when whoever read it before it went has
    // written what they read.
    if inbox.is_some() {
        index
            .send(organization_id, gone_message(organization_id, inbox_id, message_id), FORGOTTEN_AFTER)
            .await?;
    }
    for file in files(message) {
        eraser.erase(&BlobKey::Attachment(organization_id, file)).await?;
    }
    match &message.direction {
        Direction::Inbound { raw_key, siblings, .. } => match siblings.as_deref() {
            // Whether others have the same bytes was not noted in those days.
            None => {}
            Some([]) => eraser.erase(&BlobKey::Raw(raw_key.clone())).await?,
            Some(siblings) => {
                let filed = message.created_at + FILED_WITHIN;
                if now < filed {
                    let later = Trashed { look_at: filed, ..trashed.clone() };
                    return commit_first(ports, Change::new(organization_id).update(later))
                        .await
                        .map(|_| false);
                }
                if !is_kept_elsewhere(ports, siblings).await? {
                    eraser.erase(&BlobKey::Raw(raw_key.clone())).await?;
                }
            }
        },
        Direction::Outbound(outbound) => {
            let mut next = Some(outbound.approval_id);
            for _ in 0..REVISIONS {
                let Some(id) = next else { break };
                let approval: Option<Approval> =
                    load(&*ports.store, organization_id, key::Approval(id)).await?;
                let Some(approval) = approval else { break };
                eraser.erase(&BlobKey::Sealed(organization_id, approval.digest)).await?;
                next = approval.supersedes;
            }
            eraser.erase(&BlobKey::Sealed(organization_id, outbound.digest)).await?;
        }
    }
    let files: Vec<_> = files(message).into_iter().collect();
    for some in files.chunks(REMOVED) {
        let removed = some.iter().map(|id| Write::Delete(Key::Attachment(*id)));
        ports.store.commit(removed.fold(Change::new(organization_id), Change::write)).await?;
    }
    commit_first(ports, Change::new(organization_id).update(trashed.gone(now))).await
}

fn files(message: &Message) -> BTreeSet<domain::AttachmentId> {
    message.attachments.iter().map(|file| file.id).collect()
}

/// A mail, in its list or in the trash. One that moves at this moment may be seen in neither of two reads that are no transaction: then
/// it is looked for once more.
pub(crate) async fn load_wherever(
    ports: &Ports,
    organization_id: OrganizationId,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<(Option<Message>, Option<Trashed>), StoreError> {
    let read = async || {
        let wanted = (key::Message(inbox_id, id), key::Trashed(inbox_id, id));
        load(&*ports.store, organization_id, wanted).await
    };
    let found = read().await?;
    Ok(if found.0.is_none() && found.1.is_none() { read().await? } else { found })
}

/// Whether any of these mails, whose bytes are the same object, is there still, may be let in, or may come back.
async fn is_kept_elsewhere(ports: &Ports, siblings: &[Sibling]) -> Result<bool, Refusal> {
    for sibling in siblings {
        let Sibling { organization_id, inbox_id, message_id } = *sibling;
        // What is held first: where it is let in meanwhile, it is seen as a mail.
        let held = load(&*ports.store, organization_id, key::Held(inbox_id, message_id)).await?;
        let is_held = held.is_some_and(|held| held.needs_bytes(ports.now()));
        let (message, trashed) = load_wherever(ports, organization_id, inbox_id, message_id).await?;
        if is_held || message.is_some() || trashed.is_some_and(|it| matches!(it.fate, Fate::Kept(_))) {
            return Ok(true);
        }
    }
    Ok(false)
}
