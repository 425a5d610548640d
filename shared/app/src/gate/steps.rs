//! What the steps of a mail on its way out have in common: how it moves on, what is written down and who is told.

use std::collections::BTreeSet;

use domain::Timestamp;
use domain::base::address::EmailAddress;
use domain::delivery::event::{Event, EventKind, Subject};
use domain::gate::approval::{Approval, Decision, Deed, reason_digest};
use domain::gate::seal::Ticket;
use domain::ledger::audit::{AuditEntry, action};
use domain::mailbox::lifecycle::{Outbound, State, Status};
use domain::mailbox::message::{Counts, Direction, Message, Shows, ThreadUpdate};
use domain::people::access::Actor;

use crate::base::ports::{FlowError, Ports, Workflow};
use crate::base::store::{Change, Contact, Expect, ThreadPointer, Write};
use crate::mailbox::conversation::provider_pointer;

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

/// Tells the workflow of a decision. Whatever goes wrong here is found by the sweeper: the decision stands.
pub(crate) async fn wake(workflow: &dyn Workflow, decided: &Approval) {
    let ticket = ticket(decided);
    let approved = match decided.decision {
        Decision::Pending => return,
        Decision::Approved { .. } => true,
        _ => false,
    };
    let told = match (&decided.task_token, approved) {
        (Some(token), true) => match workflow.resume(token, &ticket, decided.wakes_at()).await {
            Err(FlowError::Gone) => workflow.start(&ticket, decided.wakes_at(), run(decided) + 1).await,
            other => other,
        },
        // It has not parked yet, and will find that it need not, or it was never started.
        (None, true) => workflow.start(&ticket, decided.wakes_at(), run(decided)).await,
        (Some(token), false) => workflow.close(token).await,
        (None, false) => Ok(()),
    };
    match told {
        Ok(()) | Err(FlowError::Gone) => {}
        Err(error) => {
            tracing::warn!(approval_id = %decided.id, %error, "the workflow was not told of the decision");
        }
    }
}

/// Which run of its workflow waits for a decision: another for each time that a vote was taken back, or that it waited for signatures, since the one before may have gone
/// on. Its end finds a mail that waits, or that was claimed, and does nothing.
fn run(approval: &Approval) -> u32 {
    let taken_back = u32::try_from(approval.taken_back.len()).unwrap_or(u32::MAX / 4);
    taken_back.saturating_add(approval.waits).saturating_mul(2)
}

/// Starts the workflow of an approval that waits again, which parks in it. One that was started already stays the one. Where it can't be
/// started the next decision does.
pub(crate) async fn park(workflow: &dyn Workflow, waits: &Approval) {
    if let Err(error) = workflow.start(&ticket(waits), waits.send_at, run(waits)).await {
        tracing::warn!(approval_id = %waits.id, %error, "the workflow could not be started yet");
    }
}

/// An event about an approval as it stands.
pub(crate) fn approval_event(ports: &Ports, kind: EventKind, approval: &Approval) -> Event {
    ports.event(approval.organization_id, kind, Subject::Approval(Box::new(approval.clone())))
}

/// An event about a mail as it stands.
pub(crate) fn message_event(ports: &Ports, kind: EventKind, message: &Message) -> Event {
    ports.event(message.organization_id, kind, Subject::Message(Box::new(message.clone())))
}

/// The audit entry of an approval that is called off, as it was before.
pub(crate) fn cancelled_entry(
    ports: &Ports,
    approval: &Approval,
    by: &Actor,
    reason: &str,
    now: Timestamp,
) -> AuditEntry {
    let entry = ports.audit(approval.organization_id, by, action::CANCEL, approval.id);
    AuditEntry {
        details: vec![
            ("digest", approval.digest.to_string()),
            ("message_id", approval.message_id.to_string()),
            ("status", approval.status(now).to_owned()),
            ("reason_digest", reason_digest(reason).to_string()),
        ],
        ..entry.telling_of(Deed::Ended, approval.id, now)
    }
}

/// The `Message-ID` under which a mail went, by what its provider calls it. SES leaves its own domain out; of another provider it is known
/// where the provider says it, and where it does not its id begins with the provider's name and a colon.
fn internet_id(provider_id: &str, ses_domain: &str) -> Option<String> {
    match provider_id {
        whole if whole.contains('@') => Some(whole.to_owned()),
        unknown if unknown.contains(':') => None,
        of_ses => Some(format!("{of_ses}@{ses_domain}")),
    }
}

/// The change that moves a mail on, with the event and the audit entry where its status changed.
pub(crate) fn move_on(ports: &Ports, mut message: Message, outbound: Outbound, before: Status) -> Change {
    let organization_id = message.organization_id;
    let status = outbound.status();
    let mut change = Change::new(organization_id);
    if let State::Accepted { provider_id, .. } = &outbound.state
        && message.internet_message_id.is_none()
        && !before.went()
    {
        // Answers name the id that the provider gave: it leads them to this conversation.
        message.internet_message_id = internet_id(provider_id, &ports.settings.message_id_domain);
        let pointer = ThreadPointer {
            inbox_id: message.inbox_id,
            hash: provider_pointer(provider_id),
            thread_id: message.thread_id,
            at: ports.now(),
        };
        change = change.write(Write::put(pointer, Expect::Anything));
        // It went out: from now on it is what its conversation shows.
        let shown = ThreadUpdate {
            at: ports.now(),
            counts: Counts::Already,
            shows: Shows::Now,
            ..message.thread_update()
        };
        change = change.write(Write::Thread(shown));
        if outbound.first_contact {
            // Whoever got a mail that was let out is a stranger no more.
            let recipients = message.to.iter().chain(&message.cc).chain(&message.bcc);
            let addresses = recipients.filter_map(|party| EmailAddress::parse(&party.address).ok());
            let hashes: BTreeSet<_> = addresses.map(|address| Contact::hash_of(&address)).collect();
            for hash in hashes {
                let contact = Contact { hash, first_at: ports.now() };
                change = change.write(Write::put(contact, Expect::Anything));
            }
        }
    }
    message.direction = Direction::Outbound(outbound);
    if status != before {
        let mut entry = ports.audit(organization_id, &Actor::System, action::STATUS, message.id);
        entry.details = vec![("from", before.as_str().to_owned()), ("to", status.as_str().to_owned())];
        if let Direction::Outbound(outbound) = &message.direction {
            entry.details.push(("digest", outbound.digest.to_string()));
            let came = match &outbound.state {
                State::Accepted { provider_id, .. } => Some(("provider_id", provider_id.clone())),
                State::Failed { reason, .. } => Some(("reason", reason.clone())),
                _ => None,
            };
            entry.details.extend(came);
        }
        change = change.audit(entry);
        if let Some(kind) = EventKind::of_status(status) {
            let went = status.went() && !before.went();
            change = change.event(Event { went, ..message_event(ports, kind, &message) });
        }
    }
    change.update(message)
}
