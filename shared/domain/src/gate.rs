//! The last look before the provider is called.
//!
//! A dispatcher claims a mail, then reads everything that could still stop it, strongly consistent, and asks
//! [`check`]. What was paused, revoked or removed before the claim is seen here without fail; what
//! happens between the claim and this look stops the mail as well. Only a mail that passes becomes a
//! [`crate::seal::Claim`].

use std::collections::BTreeSet;

use crate::MemberId;
use crate::access::Actor;
use crate::approval::{Approval, Verdict, Vote};
use crate::credential::Token;
use crate::digest::Digest;
use crate::inbox::Inbox;
use crate::organization::{Member, Organization};
use crate::standing::StandingApproval;

/// What could still stop a mail, as it stands after the claim.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Around {
    /// The tenant.
    pub organization: Option<Organization>,
    /// The sending inbox.
    pub inbox: Option<Inbox>,
    /// The token that asked for the mail.
    pub token: Option<Token>,
    /// The members that [`members_of`] names.
    pub members: Vec<Member>,
    /// The standing approvals among the votes.
    pub standing: Vec<StandingApproval>,
    /// Something in the conversation looks wrong.
    pub tainted: bool,
    /// One of the mails of which this is a new attempt has gone after all.
    pub original_sent: bool,
}

/// Why a claimed mail does not go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hindrance {
    /// Somebody pulled a brake: it waits until that is released.
    Paused(Brake),
    /// What let it go holds no more: it is called off, for this reason.
    Withdrawn(&'static str),
}

/// Where a brake is pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Brake {
    /// For the whole organization.
    Organization,
    /// For one inbox.
    Inbox,
    /// For what one token asked for.
    Token,
}

/// The members without whom an approval does not hold: whoever asked, voted for it, or handed a vote on.
pub fn members_of(approval: &Approval) -> BTreeSet<MemberId> {
    let voters = approval.votes.iter().map(|vote| vote.member_id);
    let handed = approval.delegations.iter().map(|d| d.from);
    approval.requested_by.member().into_iter().chain(voters).chain(handed).collect()
}

/// The first thing that keeps a claimed mail from going.
pub fn check(approval: Option<&Approval>, digest: Digest, around: &Around) -> Result<(), Hindrance> {
    let withdrawn = |reason| Err(Hindrance::Withdrawn(reason));
    let Some(approval) = approval.filter(|approval| approval.releases(digest)) else {
        return withdrawn("approval_not_valid");
    };
    let Some(organization) = &around.organization else { return withdrawn("organization_gone") };
    let Some(inbox) = &around.inbox else { return withdrawn("inbox_gone") };
    let token = match (&approval.requested_by, &around.token) {
        (Actor::Token { token_id, .. }, Some(token)) if token.id == *token_id => Some(token),
        (Actor::Token { .. }, _) => return withdrawn("token_deleted"),
        _ => None,
    };
    let requester = approval.requested_by.member();
    if requester.is_some_and(|id| !around.members.iter().any(|member| member.id == id)) {
        return withdrawn("requester_removed");
    }
    if approval.terms.is_some() && !still_met(approval, around) {
        return withdrawn("approver_removed");
    }
    if !approval.resends.is_empty() && around.original_sent {
        return withdrawn("original_was_sent");
    }
    let by_hand = |vote: &Vote| vote.verdict == Verdict::Approve && vote.standing.is_none();
    if around.tainted && !approval.votes.iter().any(by_hand) {
        return withdrawn("thread_tainted");
    }
    let held = |brake| Err(Hindrance::Paused(brake));
    if organization.paused.is_some() {
        return held(Brake::Organization);
    }
    if inbox.paused.is_some() {
        return held(Brake::Inbox);
    }
    if token.is_some_and(|token| token.paused.is_some()) {
        return held(Brake::Token);
    }
    Ok(())
}

/// Whether the votes suffice of those who are still members, in the role in which they voted, and whose standing
/// approval was not revoked.
fn still_met(approval: &Approval, around: &Around) -> bool {
    let holds = |id: MemberId, role| around.members.iter().any(|m| m.id == id && m.role == role);
    let mut left = approval.clone();
    left.delegations.retain(|d| holds(d.from, d.role));
    left.votes.retain(|vote| {
        let standing = |id| around.standing.iter().any(|s| s.id == id && s.revoked_at.is_none());
        holds(vote.member_id, vote.role) && vote.standing.is_none_or(standing)
    });
    left.releases(approval.digest)
}
