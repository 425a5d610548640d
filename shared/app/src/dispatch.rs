//! Sending what was approved: claim, hash again, call the provider once, write down what came of it.

use domain::event::{Event, EventKind, Subject};
use domain::lifecycle::{InvalidTransition, Outbound, Status};
use domain::message::{Direction, Message};
use domain::seal::{Claim, MAX_MIME, Ticket};
use domain::{access::Actor, digest::Digest};

use crate::ports::{BlobError, BlobKey, MailSender, Ports, SendOutcome};
use crate::store::{Change, Expect, Key, StoreError, ThreadPointer, Write, audit, load};

/// What a dispatch came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dispatched {
    /// This call moved the mail to this status.
    Now(Status),
    /// The mail was not there to be claimed: it stands here, and was not touched.
    Already(Status),
    /// There is no such mail.
    Gone,
}

/// Why a dispatch is to be called again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DispatchError {
    /// The mail certainly was not accepted, and is scheduled: call again after a pause.
    #[error("not accepted: {0}")]
    NotAccepted(&'static str),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A write that loses against a provider's event is repeated at most so often.
const TRIES: usize = 8;

/// Sends the mail of a ticket, if it is approved, due, and nobody has claimed it.
///
/// Between the claim and the last write nothing here is repeated. A crash leaves the mail `sending`; the sweeper
/// makes that `unknown`, and the provider's event settles it.
pub async fn dispatch(
    ports: &Ports,
    sender: &dyn MailSender,
    ticket: &Ticket,
) -> Result<Dispatched, DispatchError> {
    let Some(message) = ports.store.claim(ticket, ports.now()).await? else {
        let key = Key::Message(ticket.inbox_id, ticket.message_id);
        let message = load::<Message>(&*ports.store, ticket.organization_id, key).await?;
        let Some(outbound) = message.as_ref().and_then(Message::outbound) else {
            return Ok(Dispatched::Gone);
        };
        let ours = outbound.digest == ticket.digest && outbound.approval_id == ticket.approval_id;
        return match outbound.status() {
            // Approved as the ticket says, so it is only our clock that is behind the workflow's.
            Status::Scheduled if ours => Err(DispatchError::NotAccepted("not_due")),
            status => Ok(Dispatched::Already(status)),
        };
    };
    let Some(claim) = Claim::of(&message) else { return Ok(Dispatched::Gone) };
    let key = BlobKey::Sealed(ticket.organization_id, ticket.digest);
    let outcome = match ports.blobs.get(&key, MAX_MIME + 64 * 1024).await {
        Err(BlobError::Missing | BlobError::TooLarge) => {
            SendOutcome::Refused("sealed_object_missing".to_owned())
        }
        // Even what looks permanent, such as a key that is disabled, may be mended within a day.
        Err(BlobError::Transient(_) | BlobError::Permanent(_)) => {
            SendOutcome::NotAccepted("storage_unavailable")
        }
        Ok(bytes) => match claim.countersign(bytes.into()) {
            Err(_) => SendOutcome::Refused("sealed_object_altered".to_owned()),
            Ok(countersigned) => sender.send(&countersigned).await,
        },
    };
    if !matches!(outcome, SendOutcome::Accepted(_)) {
        tracing::warn!(message_id = %message.id, outcome = ?outcome, "the provider did not accept a mail");
    }
    let status = record(ports, message, &outcome).await?;
    match outcome {
        SendOutcome::NotAccepted(code) if status == Status::Scheduled => {
            Err(DispatchError::NotAccepted(code))
        }
        _ => Ok(Dispatched::Now(status)),
    }
}

fn next(
    outbound: Outbound,
    outcome: &SendOutcome,
    now: jiff::Timestamp,
) -> Result<Outbound, InvalidTransition> {
    match outcome {
        SendOutcome::Accepted(id) => outbound.accept(now, id),
        SendOutcome::NotAccepted(code) => outbound.hold_off(now, code),
        SendOutcome::Refused(code) => outbound.fail(now, code),
        SendOutcome::Ambiguous(_) => outbound.lose(now),
    }
}

async fn record(ports: &Ports, claimed: Message, outcome: &SendOutcome) -> Result<Status, DispatchError> {
    let (organization_id, key) = (claimed.organization_id, Key::Message(claimed.inbox_id, claimed.id));
    let mut message = claimed;
    let mut last = StoreError::Transient("the message kept changing".to_owned());
    for _ in 0..TRIES {
        let Some(outbound) = message.outbound().cloned() else { break };
        let before = outbound.status();
        // A provider's event may have moved it on already: then that stands.
        let Ok(outbound) = next(outbound, outcome, ports.now()) else { return Ok(before) };
        let change = moved(ports, message, outbound.clone(), before);
        match ports.store.commit(change).await {
            Ok(()) => return Ok(outbound.status()),
            Err(StoreError::Permanent(text)) => return Err(StoreError::Permanent(text).into()),
            // A commit may be repeated: it is conditional on the version.
            Err(error) => last = error,
        }
        match load::<Message>(&*ports.store, organization_id, key.clone()).await {
            Ok(Some(current)) => message = current,
            Ok(None) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Err(last.into())
}

/// The change that moves a mail on, with the event and the audit entry where its status changed.
pub(crate) fn moved(ports: &Ports, mut message: Message, outbound: Outbound, before: Status) -> Change {
    let organization_id = message.organization_id;
    let status = outbound.status();
    let mut change = Change::new(organization_id);
    if let domain::lifecycle::State::Accepted { provider_id, .. } = &outbound.state
        && message.internet_message_id.is_none()
    {
        // Answers name the id that SES gave: it leads them to this conversation.
        message.internet_message_id = Some(format!("{provider_id}@{}", ports.settings.message_id_domain));
        let pointer = ThreadPointer {
            inbox_id: message.inbox_id,
            hash: provider_pointer(provider_id),
            thread_id: message.thread_id,
            at: ports.now(),
        };
        change = change.write(Write::Put(pointer.into(), Expect::Anything));
    }
    message.direction = Direction::Outbound(outbound);
    if status != before {
        let mut entry = audit(ports, organization_id, &Actor::System, "message.status", message.id);
        entry.details = vec![("from", before.as_str().to_owned()), ("to", status.as_str().to_owned())];
        change = change.audit(entry);
        if let Some(kind) = EventKind::of_status(status) {
            change = change.event(Event {
                id: ports.event_id(),
                organization_id,
                kind,
                created_at: ports.now(),
                subject: Subject::Message(Box::new(message.clone())),
            });
        }
    }
    change.update(message)
}

/// The pointer of a `Message-ID`. SES ids are unique before the `@`, and the part behind it differs by region.
pub(crate) fn provider_pointer(message_id: &str) -> Digest {
    let local = match message_id.rsplit_once('@') {
        Some((local, domain)) if domain == "email.amazonses.com" || domain.ends_with(".amazonses.com") => {
            local
        }
        _ => message_id,
    };
    Digest::of_parts(&[b"message-id", local.as_bytes()])
}
