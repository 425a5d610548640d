//! What the provider reports after it was called: acceptance, delivery, bounce, complaint.

use std::collections::{BTreeMap, BTreeSet};

use domain::base::address::EmailAddress;
use domain::delivery::event::{Bounce, Event, EventKind, Subject};
use domain::mailbox::lifecycle::Outcome;
use domain::mailbox::listed::Source;
use domain::mailbox::message::{Fate, Message, Trashed};
use domain::{InboxId, MessageId, OrganizationId};

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, Expect, Record, Write};
use crate::gate::steps::move_on;
use crate::mailbox::suppressions::suppress;
use crate::mailbox::trash::load_wherever;

/// One report, named by the tags that we gave the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// The mail.
    pub message_id: MessageId,
    /// The provider's id of it.
    pub provider_id: String,
    /// What happened.
    pub what: What,
}

/// What a report says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The provider accepted the mail.
    Accepted,
    /// A recipient's server said this.
    Outcome(Outcome, Vec<String>),
    /// The mail bounced at these recipients.
    Bounced(Bounce),
}

/// A report that loses against another is repeated at most so often.
const TRIES: usize = 8;

/// Writes a report down. The same report again changes nothing, in whatever order reports come.
pub async fn settle(ports: &Ports, report: &Report) -> Result<(), Refusal> {
    retry(TRIES, "the message kept changing", || async {
        let (message, trashed) =
            load_wherever(ports, report.organization_id, report.inbox_id, report.message_id).await?;
        let kept = trashed.as_ref().and_then(|it| match &it.fate {
            Fate::Kept(message) => Some((**message).clone()),
            Fate::Going(_) | Fate::Gone(_) => None,
        });
        let Some(message) = message.or(kept) else {
            tracing::warn!(message_id = %report.message_id, "a report names a mail that does not exist");
            return Ok(Try::Done(()));
        };
        let Some(outbound) = message.outbound().cloned() else { return Ok(Try::Done(())) };
        let before = outbound.status();
        let now = ports.now();
        let after = match &report.what {
            What::Accepted => outbound.clone().accept(now, &report.provider_id),
            What::Outcome(outcome, recipients) => {
                outbound.clone().report(now, &report.provider_id, *outcome, recipients)
            }
            What::Bounced(bounce) => {
                let recipients: Vec<_> =
                    bounce.recipients.iter().map(|recipient| recipient.address.clone()).collect();
                outbound.clone().report(now, &report.provider_id, Outcome::Bounced, &recipients)
            }
        };
        if after.is_ok() {
            // Before the report is written down: told of it again, we would not come here.
            suppress_recipients(ports, &message, &report.what).await?;
        }
        let after = match after {
            Ok(after) if after == outbound => return Ok(Try::Done(())),
            Ok(after) => after,
            Err(error) => {
                // The provider sent what we never gave it: somebody else uses our tags, or we have a defect.
                tracing::error!(message_id = %message.id, %error, "a report contradicts the table");
                return Ok(Try::Done(()));
            }
        };
        let change = move_on(ports, message, after, before);
        let change = match &report.what {
            What::Bounced(bounce) => telling(ports, change, bounce),
            What::Accepted | What::Outcome(..) => change,
        };
        let change = match trashed {
            Some(trashed) => in_trash(change, &trashed),
            None => change,
        };
        Try::of(ports.store.commit(change).await, ())
    })
    .await
}

/// The same change, which tells how the mail bounced: also where it had bounced before, at somebody else.
fn telling(ports: &Ports, mut change: Change, bounce: &Bounce) -> Change {
    let went = change.events.iter().any(|event| event.went);
    change.events.retain(|event| event.kind != EventKind::MessageBounced);
    let message = change.writes.iter().find_map(|write| match write {
        Write::Put(record, _) => match &**record {
            Record::Message(message) => Some(message.clone()),
            _ => None,
        },
        _ => None,
    });
    let Some(message) = message else { return change };
    let subject = Subject::Bounced(message, bounce.clone());
    let event = ports.event(change.organization_id, EventKind::MessageBounced, subject);
    change.event(Event { went, ..event })
}

/// Suppresses those of a mail's recipients who will not have any more.
async fn suppress_recipients(ports: &Ports, message: &Message, what: &What) -> Result<(), Refusal> {
    let (source, named): (_, Vec<String>) = match what {
        // A transient bounce says nothing of the next mail.
        What::Bounced(bounce) if bounce.kind == "permanent" => {
            (Source::Bounce, bounce.recipients.iter().map(|one| one.address.clone()).collect())
        }
        What::Outcome(Outcome::Complained, recipients) => (Source::Complaint, recipients.clone()),
        What::Accepted | What::Bounced(_) | What::Outcome(..) => return Ok(()),
    };
    let parties = message.to.iter().chain(&message.cc).chain(&message.bcc);
    let parties: BTreeSet<_> = parties
        .filter_map(|party| EmailAddress::parse(&party.address).ok())
        .map(|address| address.mailbox_key())
        .collect();
    // Whom the mail did not go to, a report says nothing of.
    let named = named.iter().filter_map(|text| EmailAddress::parse(text).ok());
    let named: BTreeMap<_, _> = named.map(|address| (address.mailbox_key(), address)).collect();
    let named: Vec<_> =
        named.into_iter().filter(|(key, _)| parties.contains(key)).map(|(_, address)| address).collect();
    suppress(ports, message.organization_id, &named, (source, message.id)).await
}

/// The same change of a mail in the trash: its conversation does not show it.
fn in_trash(mut change: Change, trashed: &Trashed) -> Change {
    change.writes.retain(|write| !matches!(write, Write::Thread(_)));
    for write in &mut change.writes {
        if let Write::Put(record, expect) = write
            && let Record::Message(message) = &**record
        {
            let kept = Message { version: message.version + 1, ..(**message).clone() };
            let trashed = Trashed { fate: Fate::Kept(Box::new(kept)), ..trashed.clone() };
            *expect = Expect::Version(trashed.version);
            **record = trashed.into();
        }
    }
    change
}
