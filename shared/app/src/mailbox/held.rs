//! Mail that was held or blocked when it came: people look at it and let it in, programs see nothing of it.

use domain::base::code::Code;
use domain::delivery::event::{EventKind, Subject};
use domain::gate::seal::MAX_MIME;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::message::{Direction, Message, Trashed};
use domain::mailbox::screening::{Held, Screened};
use domain::people::access::{Actor, Permit, scope};
use domain::{InboxId, MessageId, OrganizationId, Timestamp};
use jiff::SignedDuration;

use crate::base::error::Refusal;
use crate::base::ports::{BlobKey, Blobs, Ports};
use crate::base::retry::commit_first;
use crate::base::store::{Change, Key, List, Page, PageRequest, Watch, Watched, Write, key, load, typed};
use crate::mailbox::inboxes::without_deleted;
use crate::mailbox::messages::{Detail, read_detail};
use crate::mailbox::receive::{self, Filed};
use crate::mailbox::trash::each_due;

/// What the audit log says where a held mail is deleted for good.
const DISCARD: &str = "message.discard";
/// Others are ended for so long; the next run follows within minutes.
const TIME: SignedDuration = SignedDuration::from_secs(8);

/// What a request about a held mail needs.
pub fn keys(inbox_id: InboxId, id: MessageId) -> [Key; 2] {
    [Key::Inbox(inbox_id), Key::Held(inbox_id, id)]
}

/// Refuses programs: what is held is held from them.
fn check_person<S>(permit: &Permit<S>) -> Result<(), Refusal> {
    if permit.principal().credential.is_person() {
        return Ok(());
    }
    Err(Refusal::because(Code::PersonRequired, "held mail is for people: sign in, and use the session"))
}

/// All that is held or blocked, the newest first.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::MessagesRead>,
    page: &PageRequest,
) -> Result<Page<Held>, Refusal> {
    check_person(permit)?;
    let mut found: Page<Held> = typed(ports.store.list(permit.organization_id(), &List::Held, page).await?);
    let now = ports.now();
    found.items.retain(|held| now < held.expires_at && permit.over(held.inbox_id).is_ok());
    without_deleted(ports, permit.organization_id(), found, |held| held.inbox_id).await
}

async fn find<S>(
    ports: &Ports,
    permit: &Permit<S>,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<(Inbox, Held), Refusal> {
    check_person(permit)?;
    permit.over(inbox_id)?;
    let wanted = (key::Inbox(inbox_id), key::Held(inbox_id, id));
    let (inbox, held) = load(&*ports.store, permit.organization_id(), wanted).await?;
    let inbox = inbox.ok_or(Refusal::NotFound("inbox"))?;
    let held = held.filter(|held| ports.now() < held.expires_at).ok_or(Refusal::NotFound("held mail"))?;
    Ok((inbox, held))
}

/// One held mail, with its body.
pub async fn get(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::MessagesRead>,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<(Held, Detail), Refusal> {
    let (_, held) = find(ports, permit, inbox_id, id).await?;
    let detail = read_detail(blobs, (*held.message).clone()).await?;
    Ok((held, detail))
}

/// Lets a held mail in: it is filed where it stands by the time at which it came, and everybody is told now, as of any mail that comes.
pub async fn release(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::MessagesModify>,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<Message, Refusal> {
    let (inbox, held) = find(ports, permit, inbox_id, id).await?;
    let message = *held.message;
    let Direction::Inbound { raw_key, defects, .. } = &message.direction else {
        return Err(Refusal::Internal("a held mail that did not come in".to_owned()));
    };
    let raw_key = BlobKey::Raw(raw_key.clone());
    // What was held before held mail was purged has a mark by which the bucket deletes it some day.
    blobs.keep(&raw_key).await?;
    let raw = if defects.iter().any(|defect| defect == receive::NOT_PROCESSED) {
        bytes::Bytes::new()
    } else {
        blobs.get(&raw_key, MAX_MIME).await?
    };
    let mail = mail::parse(&raw);
    let entry = ports.audit(permit.organization_id(), permit.actor(), "message.release", id);
    let more = |change: Change, message: &Message| {
        change.write(Write::Remove(Key::Held(inbox_id, id))).audit(entry.clone()).event(receive::event(
            ports,
            EventKind::MessageReleased,
            message,
        ))
    };
    match receive::file_anew(ports, blobs, &inbox, message, &mail, &more).await? {
        Filed::Now(message) => Ok(*message),
        // Somebody else let it in at the same moment.
        Filed::Held | Filed::Before => Err(Refusal::NotFound("held mail")),
    }
}

/// Deletes a held mail for good: it goes the way of deleted mail, so that its bytes go as soon as no other inbox has them, and a mail
/// that is told of again is not held again.
pub async fn discard(
    ports: &Ports,
    permit: &Permit<scope::MessagesModify>,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<(), Refusal> {
    let (_, held) = find(ports, permit, inbox_id, id).await?;
    let organization_id = permit.organization_id();
    let mut change = removal(organization_id, &held, ports.now()).audit(ports.audit(
        organization_id,
        permit.actor(),
        DISCARD,
        id,
    ));
    // Nobody was told that a blocked mail came.
    if held.outcome == Screened::Hold {
        let subject = Subject::Held(Box::new(held.notice()));
        change = change.event(ports.event(organization_id, EventKind::MessageDiscarded, subject));
    }
    if commit_first(ports, change).await? {
        return Ok(());
    }
    // Somebody else let it in or deleted it at the same moment.
    Err(Refusal::NotFound("held mail"))
}

/// The change by which a held mail goes the way of deleted mail. Of two at once, one conflicts.
pub(crate) fn removal(organization_id: OrganizationId, held: &Held, now: Timestamp) -> Change {
    Change::new(organization_id)
        .write(Write::Remove(Key::Held(held.inbox_id, held.message_id)))
        .create(Trashed::delete(&held.message, now))
}

/// Ends what nobody let in or deleted in time, and says how many mails: each goes the way of deleted mail, with its bytes. One that
/// can't be ended now does not keep the others, and is tried again.
pub async fn end(ports: &Ports, watch: &dyn Watch) -> Result<u32, Refusal> {
    let due = |limit| watch.held(ports.now(), limit);
    each_due(ports, TIME, due, |one| async move { end_due(ports, &one).await }).await
}

async fn end_due(ports: &Ports, named: &Watched) -> Result<bool, Refusal> {
    let Watched { organization_id, inbox_id, message_id } = *named;
    let held = load(&*ports.store, organization_id, key::Held(inbox_id, message_id)).await?;
    let Some(held) = held.filter(|held| held.expires_at <= ports.now()) else { return Ok(false) };
    let entry = ports.audit(organization_id, &Actor::System, DISCARD, message_id);
    commit_first(ports, removal(organization_id, &held, ports.now()).audit(entry)).await
}
