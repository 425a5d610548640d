//! The last look before the provider is called.
//!
//! A dispatcher claims a mail, then reads everything that could still stop it, strongly consistent, and asks
//! [`check`]. What was paused, revoked or removed before the claim is seen here without fail; what
//! happens between the claim and this look stops the mail as well. Only a mail that passes becomes a
//! [`crate::gate::seal::Claim`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::MemberId;
use crate::base::digest::Digest;
use crate::gate::approval::{Approval, Vote};
use crate::gate::standing::StandingApproval;
use crate::gate::statement::SignedVote;
use crate::gate::upload::RowHindrance;
use crate::mailbox::inbox::Inbox;
use crate::people::access::{Actor, Credential, Role};
use crate::people::credential::Token;
use crate::people::organization::{Member, Organization};
use crate::people::signing::SignedVotes;

/// What could still stop a mail, as it stands after the claim.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Around {
    /// The tenant.
    pub organization: Option<Organization>,
    /// The sending inbox.
    pub inbox: Option<Inbox>,
    /// Those of the tokens that [`tokens_of`] names that are there.
    pub tokens: Vec<Token>,
    /// The members that [`members_of`] names.
    pub members: Vec<Member>,
    /// The standing approvals among the votes.
    pub standing: Vec<StandingApproval>,
    /// Something in the conversation looks wrong.
    pub tainted: bool,
    /// One of the mails of which this is a new attempt has gone after all.
    pub original_sent: bool,
    /// When it would go.
    pub at: Timestamp,
    /// The domain that the inbox is on is not verified any more.
    pub domain_lost: bool,
    /// Why a mail that was made of a row of a spreadsheet does not go.
    pub row: Option<RowHindrance>,
    /// Why no mail may go to one of its recipients.
    pub barred: Option<&'static str>,
    /// Whose votes for these very bytes a key signed that counts in the key log, and whether that stays in its device.
    pub signed: BTreeMap<MemberId, bool>,
    /// How many votes must be so, as the key log says: whatever terms the table gives the approval.
    pub floor: SignedVotes,
    /// Why these bytes may not go, whatever the table says: another organization alone sends from there, or it is too early.
    pub unfit: Option<&'static str>,
}

/// Why a claimed mail does not go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hindrance {
    /// Somebody paused mail: it waits until that ends.
    Paused(Paused),
    /// It would go within quiet hours, or too soon after the mail that it follows: it waits until then.
    Early(Timestamp),
    /// What let it go holds no more: it is called off, for this reason.
    Withdrawn(&'static str),
    /// Fewer votes are signed by keys that count than must be: it waits for more.
    Unsigned,
}

/// What is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Paused {
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

/// What the secrets hash to of the tokens without which an approval does not hold: those that it was asked for, voted for
/// or handed on with, and those that these were made with.
pub fn tokens_of(approval: &Approval) -> BTreeSet<Digest> {
    let votes = approval.votes.iter().map(|vote| &vote.with);
    let handed = approval.delegations.iter().map(|d| &d.with);
    let all = std::iter::once(&approval.requested_with).chain(votes).chain(handed);
    all.flat_map(Credential::tokens).copied().collect()
}

/// The first thing that keeps a claimed mail from going.
pub fn check(approval: Option<&Approval>, digest: Digest, around: &Around) -> Result<(), Hindrance> {
    let withdrawn = |reason| Err(Hindrance::Withdrawn(reason));
    let Some(approval) = approval.filter(|approval| approval.releases(digest)) else {
        return withdrawn("approval_not_valid");
    };
    let Some(organization) = &around.organization else { return withdrawn("organization_gone") };
    if organization.unclaimed {
        return withdrawn("organization_unclaimed");
    }
    let Some(inbox) = &around.inbox else { return withdrawn("inbox_gone") };
    if around.domain_lost {
        return withdrawn("domain_not_verified");
    }
    let token = |hash: &Digest| around.tokens.iter().find(|token| token.hash == *hash);
    let asked_with = approval.requested_with.tokens();
    // A token that asked is named twice, and both must agree.
    let is_named = match &approval.requested_by {
        Actor::Token { token_id, .. } => {
            asked_with.first().and_then(token).is_some_and(|token| token.id == *token_id)
        }
        Actor::Member { .. } | Actor::System => asked_with.is_empty(),
    };
    if !is_named || asked_with.iter().any(|hash| token(hash).is_none()) {
        return withdrawn("token_deleted");
    }
    let requester = approval.requested_by.member();
    if requester.is_some_and(|id| !around.members.iter().any(|member| member.id == id)) {
        return withdrawn("requester_removed");
    }
    if approval.terms.is_some() {
        if !still_met(approval, around, |_| true, |vote| holds(vote, around)) {
            return withdrawn("approver_removed");
        }
        let valid = |with: &Credential| is_valid(with, around);
        if !still_met(approval, around, valid, |vote| holds(vote, around) && valid(&vote.with)) {
            return withdrawn("credential_revoked");
        }
    }
    if let Some(reason) = around.unfit {
        return withdrawn(reason);
    }
    if !approval.resends.is_empty() && around.original_sent {
        return withdrawn("original_was_sent");
    }
    if let Some(RowHindrance::Over(reason)) = around.row {
        return withdrawn(reason);
    }
    if let Some(reason) = around.barred {
        // Not to the others alone either: what goes is what was approved.
        return withdrawn(reason);
    }
    if around.tainted {
        // Persons who looked at this very mail, and no fewer than the terms ask for.
        let by_hand = |vote: &Vote| {
            holds(vote, around)
                && is_valid(&vote.with, around)
                && vote.standing.is_none()
                && !vote.unseen
                && vote.with.is_person()
        };
        let valid = |with: &Credential| is_valid(with, around);
        if approval.terms.is_none() || !still_met(approval, around, valid, by_hand) {
            return withdrawn("thread_tainted");
        }
    }
    let held = |paused| Err(Hindrance::Paused(paused));
    if organization.paused.is_some() {
        return held(Paused::Organization);
    }
    if inbox.paused.is_some() {
        return held(Paused::Inbox);
    }
    if asked_with.iter().filter_map(token).any(|token| token.paused.is_some()) {
        return held(Paused::Token);
    }
    // After the pauses: a key that is suspended meanwhile may be resumed.
    if !is_signed(approval, around) {
        return Err(Hindrance::Unsigned);
    }
    // It was late: approved by day, paused or not accepted until night.
    let until = approval.due(around.at);
    if until > around.at && !approval.quiet.is_empty() {
        return Err(Hindrance::Early(until));
    }
    if let Some(RowHindrance::Early(until)) = around.row {
        return Err(Hindrance::Early(until));
    }
    Ok(())
}

/// Whether as many votes are signed as the terms and the key log ask for, by keys that count. What the table says of a signature it is not
/// asked: those that hold are in `around`.
fn is_signed(approval: &Approval, around: &Around) -> bool {
    let mut left = approval.clone();
    if left.terms.is_none() {
        return around.floor.votes == 0;
    }
    // What the row says of the demand is not asked either.
    left.demanded = around.floor;
    if !left.asks_for_signatures() {
        return true;
    }
    left.votes.retain(|vote| holds(vote, around) && is_valid(&vote.with, around));
    for vote in &mut left.votes {
        let bound = around.signed.get(&vote.member_id).copied();
        vote.signed =
            vote.signed.take().zip(bound).map(|(signed, device_bound)| SignedVote { device_bound, ..signed });
    }
    left.releases(approval.digest)
}

/// Whether a vote is that of somebody who is still a member, in the role in which they voted, and whose standing approval,
/// where it was given by one, still stands.
fn holds(vote: &Vote, around: &Around) -> bool {
    let standing = |id| around.standing.iter().any(|s| s.id == id && s.stands());
    is_member(around, vote.member_id, vote.role) && vote.standing.is_none_or(standing)
}

fn is_member(around: &Around, id: MemberId, role: Role) -> bool {
    around.members.iter().any(|m| m.id == id && m.role == role)
}

/// Whether nobody deleted or paused what somebody decided with.
fn is_valid(with: &Credential, around: &Around) -> bool {
    let is_there =
        |hash: &Digest| around.tokens.iter().any(|token| token.hash == *hash && token.paused.is_none());
    with.tokens().iter().all(is_there)
}

/// Whether those votes suffice that count, and those that were handed on with what is valid.
fn still_met(
    approval: &Approval,
    around: &Around,
    valid: impl Fn(&Credential) -> bool,
    counts: impl Fn(&Vote) -> bool,
) -> bool {
    let mut left = approval.clone();
    left.delegations.retain(|d| is_member(around, d.from, d.role) && valid(&d.with));
    left.votes.retain(|vote| counts(vote));
    left.releases(approval.digest)
}
