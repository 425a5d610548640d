//! What keeps a signature from letting a mail go twice, or after it was stopped: notes beside the key logs, where nothing that writes the
//! table can write.

use domain::gate::seal::Countersigned;
use domain::mailbox::lifecycle::Nonce;
use domain::{ApprovalId, MemberId, OrganizationId, Timestamp};

use crate::base::error::Refusal;
use crate::base::ports::{Departure, Departures, MailSender, SendOutcome};

/// A note is taken back in so many tries.
const UNDO_TRIES: u32 = 3;

/// Gives a mail to the provider that signed votes let go: once, whatever somebody writes into the table afterwards.
pub(crate) async fn depart(
    keys: &dyn Departures,
    sender: &dyn MailSender,
    (of, id): (OrganizationId, ApprovalId),
    claim: Nonce,
    countersigned: &Countersigned,
) -> SendOutcome {
    let version = match keys.begin(of, id, claim).await {
        Ok(Departure::Begun(version)) => version,
        Ok(Departure::Refused(why)) => return SendOutcome::Refused(why.to_owned()),
        Err(_) => return SendOutcome::NotAccepted("storage_unavailable"),
    };
    let outcome = sender.send(countersigned).await;
    if !matches!(outcome, SendOutcome::NotAccepted(_)) {
        return outcome;
    }
    for _ in 0..UNDO_TRIES {
        match keys.undo(of, id, version.clone()).await {
            Ok(()) => return outcome,
            Err(error) => {
                tracing::error!(%error, "a mail that the provider did not take is noted as given to it");
            }
        }
    }
    // No later attempt could tell it from one that went.
    SendOutcome::Ambiguous("note_not_undone")
}

/// What became of an approval, as its event tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The approval.
    pub approval_id: ApprovalId,
    /// Whether it is over: rejected, called off, edited, or nobody decided in time.
    pub is_over: bool,
    /// Who took their vote back, and when.
    pub taken_back: Vec<(MemberId, Timestamp)>,
}

/// Notes that signatures for a mail count no more. It may be called again.
pub async fn note(keys: &dyn Departures, turn: &Turn) -> Result<(), Refusal> {
    let of = turn.organization_id;
    // Where nobody's key signs there is nothing to end.
    if keys.read(of).await?.log.entries().is_empty() {
        return Ok(());
    }
    for one in &turn.taken_back {
        keys.take_back(of, turn.approval_id, *one).await?;
    }
    if turn.is_over {
        keys.stop(of, turn.approval_id).await?;
    }
    Ok(())
}
