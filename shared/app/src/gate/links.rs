//! One-time links: opening one, and deciding through it.

use domain::ApprovalId;
use domain::base::code::Code;
use domain::gate::approval::{Approval, DecisionRefused};
use domain::gate::link::{self, Link, LinkClosed, LinkSecret};
use domain::people::access::{Permit, Principal, ScopeType, scope};
use domain::people::organization::Member;

use crate::base::error::Refusal;
use crate::base::ports::{Blobs, Ports, Workflow};
use crate::base::store::{Expect, StoreError, Write, key, load};
use crate::gate::approvals::{self, Ballot, View};

/// A link that opens its approval now.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The link.
    pub link: Link,
    /// Whose it is.
    pub member: Member,
    /// What it opens, as it stands now.
    pub approval: Approval,
    /// The caller that it stands for.
    pub principal: Principal,
}

/// Why nothing came of a link.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LinkRefusal {
    /// It opens nothing any more. The approval is named to whom it may be told.
    #[error("the link is closed: {0}")]
    Closed(LinkClosed, Option<ApprovalId>),
    /// It does, and what was asked can't be done.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<StoreError> for LinkRefusal {
    fn from(error: StoreError) -> Self {
        LinkRefusal::Refused(error.into())
    }
}

impl Opened {
    /// The proof that the link's person holds a right, as far as the link gives it.
    pub fn permit<S: ScopeType>(&self) -> Result<Permit<S>, Refusal> {
        Ok(self.principal.permit()?)
    }
}

/// Looks behind a link. Changes nothing, so that mail scanners and browsers that look ahead may do it as often as they
/// like. The link, its person and its approval are read anew, strongly consistent.
pub async fn open(ports: &Ports, secret: &LinkSecret) -> Result<Opened, LinkRefusal> {
    let organization_id = secret.organization_id();
    let unknown = || LinkRefusal::Closed(LinkClosed::Unknown, None);
    let link = load(&*ports.store, organization_id, key::Link(secret.hash())).await?.ok_or_else(unknown)?;
    let wanted = (key::Approval(link.approval_id), key::Member(link.member_id), key::Organization);
    let (approval, member, organization) = load(&*ports.store, organization_id, wanted).await?;
    link.opens(approval.as_ref(), member.as_ref(), ports.now()).map_err(|closed| {
        let told = !matches!(closed, LinkClosed::Unknown | LinkClosed::NotEntitled);
        LinkRefusal::Closed(closed, told.then_some(link.approval_id))
    })?;
    let (Some(approval), Some(member)) = (approval, member) else { return Err(unknown()) };
    if organization.is_some_and(|organization| organization.require_second_factor) {
        let message =
            "Your organization asks whoever decides for a second factor: sign in, and decide there.";
        return Err(Refusal::because(Code::SignInRequired, message).into());
    }
    let principal = link::principal(&link, &approval, &member);
    Ok(Opened { link, member, approval, principal })
}

/// What the person sees before they decide.
pub async fn view(ports: &Ports, blobs: &dyn Blobs, opened: &Opened) -> Result<View, LinkRefusal> {
    Ok(approvals::get(ports, blobs, &opened.permit()?, opened.link.approval_id).await?)
}

/// Takes a decision about exactly the bytes with this digest, and uses the link up in the same transaction.
pub async fn decide(
    ports: &Ports,
    workflow: &dyn Workflow,
    secret: &LinkSecret,
    ballot: &Ballot<'_>,
) -> Result<Approval, LinkRefusal> {
    let opened = open(ports, secret).await?;
    let permit = opened.permit::<scope::ApprovalsDecide>()?;
    if ballot.digest != opened.link.digest {
        let refused = DecisionRefused::DigestMismatch { current: opened.link.digest };
        return Err(Refusal::from(refused).into());
    }
    let used = Write::put(opened.link.used(ports.now()), Expect::Version(opened.link.version));
    let id = opened.link.approval_id;
    let decided = approvals::vote(ports, workflow, &permit, id, ballot, &[used]).await;
    if let Ok((decided, true)) = decided {
        return Ok(decided);
    }
    // Somebody was faster, perhaps the same person with the same link: what closed it is the answer.
    open(ports, secret).await?;
    Ok(decided?.0)
}
