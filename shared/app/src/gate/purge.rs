//! What a deleted inbox leaves: what waits in it is called off, and all that it had goes the way of deleted mail.

use domain::delivery::event::EventKind;
use domain::gate::draft::SavedDraft;
use domain::mailbox::filter::Span;
use domain::mailbox::lifecycle::{Outbound, Status};
use domain::mailbox::message::{Fate, Message, Trashed};
use domain::mailbox::screening::Held;
use domain::people::access::Actor;
use domain::{InboxId, OrganizationId};
use futures_util::future::join_all;
use jiff::SignedDuration;

use crate::base::error::Refusal;
use crate::base::ports::{Eraser, Ports, Workflow};
use crate::base::retry::commit_first;
use crate::base::store::{Change, Key, List, PageRequest, Watch, Write, key, load, typed};
use crate::gate::drafts::{ended, object_key};
use crate::gate::steps::{approval_event, cancelled_entry, move_on, wake};
use crate::mailbox::held;
use crate::mailbox::index::erase;

/// So many deleted inboxes are looked at in one run.
const INBOXES: u16 = 20;
/// Others are begun for so long; the next run goes on.
const TIME: SignedDuration = SignedDuration::from_secs(20);
/// So many mails are moved side by side.
const SIDE_BY_SIDE: usize = 10;
/// One that could not be purged is looked at again after this.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_mins(5);
/// Why what waited was called off.
const REASON: &str = "inbox_deleted";

/// Moves on what is left of deleted inboxes, and says how many mails. One that can't be moved on does not keep the others.
pub async fn purge(
    ports: &Ports,
    eraser: &dyn Eraser,
    workflow: &dyn Workflow,
    watch: &dyn Watch,
) -> Result<u32, Refusal> {
    let (mut moved, started) = (0, ports.now());
    for (organization_id, inbox_id) in watch.purges(started, INBOXES).await? {
        if ports.now().duration_since(started) >= TIME {
            break;
        }
        match purge_one(ports, (eraser, workflow), organization_id, inbox_id, started + TIME).await {
            Ok(count) => moved += count,
            Err(error) => {
                tracing::warn!(%inbox_id, %error, "a deleted inbox could not be purged");
                put_off(ports, organization_id, inbox_id).await?;
            }
        }
    }
    Ok(moved)
}

/// Lets the others go first for a while.
async fn put_off(ports: &Ports, organization_id: OrganizationId, inbox_id: InboxId) -> Result<(), Refusal> {
    let Some(purge) = load(&*ports.store, organization_id, key::Purge(inbox_id)).await? else {
        return Ok(());
    };
    let later = domain::mailbox::inbox::Purge { look_at: ports.now() + AFTER_FAILURE, ..purge };
    commit_first(ports, Change::new(organization_id).update(later)).await.map(drop)
}

/// What came of one mail.
enum Step {
    /// It is on its way out.
    Moved,
    /// It is still there: it was called off, is being sent, or changed meanwhile.
    Left,
}

async fn purge_one(
    ports: &Ports,
    (eraser, workflow): (&dyn Eraser, &dyn Workflow),
    organization_id: OrganizationId,
    inbox_id: InboxId,
    until: domain::Timestamp,
) -> Result<u32, Refusal> {
    let Some(purge) = load(&*ports.store, organization_id, key::Purge(inbox_id)).await? else { return Ok(0) };
    let (mut moved, mut left, mut all) = (0, false, true);
    let mut page = PageRequest { limit: 100, cursor: None };
    loop {
        let list = List::Messages(inbox_id, Span::default());
        let found = ports.store.list(organization_id, &list, &page).await?;
        page.cursor.clone_from(&found.next);
        for some in typed::<Message>(found).items.chunks(SIDE_BY_SIDE) {
            let steps = some.iter().map(|message| move_out(ports, workflow, message));
            for step in join_all(steps).await {
                match step {
                    Ok(Step::Moved) => moved += 1,
                    Ok(Step::Left) => left = true,
                    Err(error) => {
                        // It is looked at again, and does not keep those behind it.
                        tracing::warn!(%inbox_id, %error, "a mail of a deleted inbox could not be moved on");
                        left = true;
                    }
                }
            }
        }
        if page.cursor.is_none() {
            break;
        }
        if ports.now() >= until {
            all = false;
            break;
        }
    }
    let trash = PageRequest { limit: 100, cursor: None };
    let found = ports.store.list(organization_id, &List::Trash(inbox_id, Span::default()), &trash).await?;
    all &= found.next.is_none();
    for some in typed::<Trashed>(found).items.chunks(SIDE_BY_SIDE) {
        let steps = some.iter().map(|trashed| empty_trash(ports, trashed));
        for step in join_all(steps).await {
            match step {
                Ok(()) => moved += 1,
                Err(error) => {
                    tracing::warn!(%inbox_id, %error, "a mail of a deleted inbox could not be deleted yet");
                    left = true;
                }
            }
        }
    }
    let some_held = PageRequest { limit: 100, cursor: None };
    let found = ports.store.list(organization_id, &List::HeldIn(inbox_id), &some_held).await?;
    all &= found.next.is_none();
    for some in typed::<Held>(found).items.chunks(SIDE_BY_SIDE) {
        let changes = some.iter().map(|held| held::removal(organization_id, held, ports.now()));
        for done in join_all(changes.map(|change| commit_first(ports, change))).await {
            match done {
                Ok(true) => moved += 1,
                // A person let it in or deleted it meanwhile.
                Ok(false) => left = true,
                Err(error) => {
                    tracing::warn!(%inbox_id, %error, "a held mail of a deleted inbox could not be deleted yet");
                    left = true;
                }
            }
        }
    }
    let drafts = PageRequest { limit: 100, cursor: None };
    let found = ports.store.list(organization_id, &List::Drafts(inbox_id), &drafts).await?;
    all &= found.next.is_none();
    for draft in typed::<SavedDraft>(found).items {
        if let Some(key) = object_key(&draft) {
            // First what it says: its row leads the next run here again.
            eraser.erase(&key).await?;
        }
        commit_first(ports, ended(&draft, ports.now())).await?;
        moved += 1;
    }
    // What names a segment in between is refused: the purge is written down.
    all &= erase(ports, eraser, organization_id, inbox_id).await?;
    let now = ports.now();
    let change = Change::new(organization_id);
    let change = if moved > 0 || left || !all {
        // Looked at again in the next run, behind those that wait longer.
        change.update(domain::mailbox::inbox::Purge { look_at: now, ..purge })
    } else {
        let version = purge.version;
        match purge.empty(now) {
            Some(later) => change.update(later),
            None => change.write(Write::RemoveVersion(Key::Purge(inbox_id), version)),
        }
    };
    commit_first(ports, change).await?;
    Ok(moved)
}

/// Calls a mail off that waits; deletes one that has come to an end, or of which nobody knows, with its conversation.
async fn move_out(ports: &Ports, workflow: &dyn Workflow, message: &Message) -> Result<Step, Refusal> {
    match message.outbound().map(Outbound::status) {
        Some(Status::PendingApproval | Status::Scheduled) => {
            call_off(ports, workflow, message, REASON).await.map(|()| Step::Left)
        }
        Some(Status::Sending) => Ok(Step::Left),
        _ => {
            let going = Trashed::delete(message, ports.now());
            let place = Key::Message(message.inbox_id, message.id);
            let mut change = Change::new(message.organization_id)
                .write(Write::RemoveVersion(place, message.version))
                .create(going)
                .write(Write::Delete(Key::Thread(message.thread_id)));
            for label in &message.labels {
                let mark = Key::Mark(message.inbox_id, label.clone(), message.id);
                change = change.write(Write::Delete(mark));
            }
            Ok(if commit_first(ports, change).await? { Step::Moved } else { Step::Left })
        }
    }
}

/// Calls off a mail that waits, with its approval. Where its time is over the sweeper ends it.
pub(crate) async fn call_off(
    ports: &Ports,
    workflow: &dyn Workflow,
    message: &Message,
    reason: &'static str,
) -> Result<(), Refusal> {
    let Some(outbound) = message.outbound().cloned() else { return Ok(()) };
    let (organization_id, now, before) = (message.organization_id, ports.now(), outbound.status());
    let approval = load(&*ports.store, organization_id, key::Approval(outbound.approval_id)).await?;
    let Some(approval) = approval else { return Ok(()) };
    let entry = cancelled_entry(ports, &approval, &Actor::System, reason, now);
    let (Ok(cancelled), Ok(outbound)) =
        (approval.cancel(&Actor::System, reason, now), outbound.cancel(now, reason))
    else {
        return Ok(());
    };
    let change = move_on(ports, message.clone(), outbound, before)
        .update(cancelled.clone())
        .audit(entry)
        .event(approval_event(ports, EventKind::ApprovalCancelled, &cancelled));
    if commit_first(ports, change).await? {
        wake(workflow, &cancelled).await;
    }
    Ok(())
}

/// Deletes a mail that is in the trash.
async fn empty_trash(ports: &Ports, trashed: &Trashed) -> Result<(), Refusal> {
    let Fate::Kept(message) = &trashed.fate else { return Ok(()) };
    let thread = Key::Thread(message.thread_id);
    let going = trashed.clone().going(ports.now());
    let change = Change::new(trashed.organization_id).update(going).write(Write::Delete(thread));
    commit_first(ports, change).await.map(drop)
}
