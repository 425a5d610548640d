//! The receipt of an approval: who asked, who decided about which bytes, what became of them, and where the audit chain
//! stood when that was signed.

use std::collections::BTreeMap;

use domain::access::{Permit, scope};
use domain::approval::{Approval, Decision};
use domain::audit::Head;
use domain::message::Message;
use domain::organization::Member;
use domain::{ApprovalId, MemberId, Timestamp};

use crate::error::Refusal;
use crate::ports::{Ports, Signature};
use crate::store::{Key, load};

/// What a receipt tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The request and what was decided.
    pub approval: Approval,
    /// The mail, with what became of it.
    pub message: Message,
    /// Everybody who is named in it and still has a seat.
    pub people: BTreeMap<MemberId, Member>,
    /// Where the organization's audit chain ended.
    pub head: Head,
    /// When all this was so.
    pub at: Timestamp,
}

/// Gathers what the receipt of an approval tells. One that waits has one too, which says so.
pub async fn gather(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsRead>,
    id: ApprovalId,
) -> Result<Receipt, Refusal> {
    let organization_id = permit.organization_id();
    let approval = load::<Approval>(&*ports.store, organization_id, Key::Approval(id))
        .await?
        .filter(|approval| permit.over(approval.inbox_id).is_ok())
        .ok_or(Refusal::NotFound("approval"))?;
    let mut keys = vec![Key::Message(approval.inbox_id, approval.message_id)];
    keys.extend(named(&approval).into_iter().map(Key::Member));
    let mut found = ports.store.load(organization_id, &keys).await?.into_iter().flatten();
    let message = found.next().and_then(|record| Message::try_from(record).ok());
    let message = message.ok_or(Refusal::NotFound("message"))?;
    let people = found.filter_map(|record| Member::try_from(record).ok()).map(|member| (member.id, member));
    let head = ports.trail.head(organization_id).await?;
    let head = head.ok_or_else(|| Refusal::Internal("the head of the audit chain can't be read".into()))?;
    Ok(Receipt { approval, message, people: people.collect(), head, at: ports.now() })
}

/// The members that a receipt names.
fn named(approval: &Approval) -> Vec<MemberId> {
    let decided = match &approval.decision {
        Decision::Cancelled { by, .. } => by.member(),
        _ => None,
    };
    let mut all: Vec<_> = domain::gate::members_of(approval).into_iter().collect();
    all.extend(approval.delegations.iter().map(|delegation| delegation.to));
    all.extend(decided.into_iter().chain(approval.edited_by));
    all.sort_unstable();
    all.dedup();
    all
}

/// Signs the text of a receipt.
pub async fn sign(ports: &Ports, text: &str) -> Result<Signature, Refusal> {
    Ok(ports.signer.sign(text.as_bytes()).await?)
}
