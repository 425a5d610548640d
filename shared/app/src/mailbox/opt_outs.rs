//! Recipients of list mail who ask for no more of it, by the secret in that mail (RFC 8058).

use domain::mailbox::inbox::Inbox;
use domain::mailbox::lifecycle::Status;
use domain::mailbox::listed::Source;
use domain::mailbox::message::Message;
use domain::mailbox::opt_out::{OptOut, OptOutSecret};

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{key, load};
use crate::mailbox::index::recipients;
use crate::mailbox::suppressions;

/// What a secret leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Who would not be written to any more.
    pub opt_out: OptOut,
    /// The inbox that writes to them, while it is there.
    pub inbox: Option<Inbox>,
}

/// Looks behind a secret. Changes nothing, so that mail scanners may do it as often as they like.
pub async fn open(ports: &Ports, secret: &OptOutSecret) -> Result<Found, Refusal> {
    let organization_id = secret.organization_id();
    let found = load(&*ports.store, organization_id, key::OptOut(secret.hash())).await?;
    let opt_out = found.filter(|it| ports.now() < it.expires_at).ok_or(Refusal::NotFound("address"))?;
    let wanted = (key::Inbox(opt_out.inbox_id), key::Message(opt_out.inbox_id, opt_out.message_id));
    let (inbox, message) = load(&*ports.store, organization_id, wanted).await?;
    // Whoever asked for the mail can read the secret in it; the recipient has it once it went. A mail that was deleted since may have.
    if message.is_some_and(|message| !may_have_reached(&message, &opt_out)) {
        return Err(Refusal::NotFound("address"));
    }
    Ok(Found { opt_out, inbox })
}

/// Whether the mail may have gone out to whom the secret is of: an edit may have taken them out of it.
fn may_have_reached(message: &Message, opt_out: &OptOut) -> bool {
    let went = message.outbound().is_some_and(|outbound| {
        let status = outbound.status();
        !status.did_not_go() && !matches!(status, Status::PendingApproval | Status::Scheduled)
    });
    went && recipients(message).any(|party| party.address == opt_out.address.as_str())
}

/// Sees to it that no mail of the organization goes to the recipient any more. Asked again, it is so still.
pub async fn unsubscribe(ports: &Ports, secret: &OptOutSecret) -> Result<Found, Refusal> {
    let found = open(ports, secret).await?;
    let OptOut { organization_id, message_id, ref address, .. } = found.opt_out;
    let recipients = std::slice::from_ref(address);
    suppressions::suppress(ports, organization_id, recipients, (Source::Unsubscribed, message_id)).await?;
    Ok(found)
}
