//! One-time links in notification mail: what the mail carries, what is stored of it, and when it still opens something.
//!
//! A link is bound to an approval, to the digest of the mail that waits, and to a person. It is no credential: it opens
//! one page, and takes one decision from it. Looking at it changes nothing, however often a mail scanner does.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::base::secret::LinkEnd;
use crate::gate::approval::{Approval, Decision, Voter};
use crate::people::access::{Actor, Credential, Principal, Scope};
use crate::people::organization::Member;
use crate::{ApprovalId, MemberId, OrganizationId};

/// What a link ends with. Never printed, never stored.
///
/// A kind of its own, not a [`crate::people::credential::Secret`]: nothing that asks for a token or a session reads it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LinkSecret(LinkEnd);

/// A text that can't be the end of a link of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a link of ours, or is cut short or altered")]
pub struct InvalidLink;

impl LinkSecret {
    /// What it begins with.
    pub const PREFIX: &'static str = "cs_link_";

    /// Makes a secret from 32 random bytes.
    pub fn new(organization_id: OrganizationId, random: [u8; 32]) -> Self {
        Self(LinkEnd::new(organization_id, random))
    }

    /// Reads the end of a link. Only the exact form that [`Self::reveal`] writes is taken.
    pub fn parse(text: &str) -> Result<Self, InvalidLink> {
        LinkEnd::parse(Self::PREFIX, text).map(Self).ok_or(InvalidLink)
    }

    /// The organization that it says it belongs to; the stored record proves it.
    pub fn organization_id(&self) -> OrganizationId {
        self.0.organization_id
    }

    /// The text itself, to be mailed once.
    pub fn reveal(&self) -> String {
        self.0.reveal(Self::PREFIX)
    }

    /// What is stored of it.
    pub fn hash(&self) -> Digest {
        Digest::of(self.reveal().as_bytes())
    }

    /// What a form of the link's page must carry: proves that the page came from us, and is worth nothing without the
    /// link. Derived from the secret, so that nobody who reads the table can write it.
    pub fn form_token(&self) -> String {
        Digest::of_parts(&[b"countersign link form", self.reveal().as_bytes()]).hex()
    }
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", Self::PREFIX)
    }
}

/// A link, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What the secret hashes to.
    pub hash: Digest,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The approval that it opens.
    pub approval_id: ApprovalId,
    /// Of the mail that it was made for.
    pub digest: Digest,
    /// The person that it was mailed to.
    pub member_id: MemberId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it opens something.
    pub expires_at: Timestamp,
    /// When a decision was taken through it.
    pub used_at: Option<Timestamp>,
    /// Counts changes.
    pub version: u64,
}

/// Why a link opens nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkClosed {
    /// There is none, or the approval is gone.
    #[error("there is no such link")]
    Unknown,
    /// The person has lost their seat or the right to decide about this mail.
    #[error("the person that it was made for may not decide about this mail")]
    NotEntitled,
    /// A decision was taken through it.
    #[error("it was used")]
    Used,
    /// The approval is not pending any more: its status.
    #[error("the approval is {0}")]
    Decided(&'static str),
    /// The mail was changed after the link was made.
    #[error("the mail was changed")]
    Changed,
    /// Its time is over, and the approval still waits.
    #[error("it has expired")]
    Expired,
}

impl Link {
    /// A link holds for so long at most, and never longer than its approval waits.
    pub const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

    /// The link of a person to an approval, as both stand now.
    pub fn new(secret: &LinkSecret, approval: &Approval, member_id: MemberId, now: Timestamp) -> Self {
        Self {
            hash: secret.hash(),
            organization_id: approval.organization_id,
            approval_id: approval.id,
            digest: approval.digest,
            member_id,
            created_at: now,
            expires_at: approval.expires_at.min(now + Self::LIFE),
            used_at: None,
            version: 1,
        }
    }

    /// Whether it still opens its approval. `approval` and `member` are what is stored now under the ids that it names.
    ///
    /// Who has no right any more is told nothing of the mail, so that comes first.
    pub fn opens(
        &self,
        approval: Option<&Approval>,
        member: Option<&Member>,
        now: Timestamp,
    ) -> Result<(), LinkClosed> {
        let approval = approval
            .filter(|approval| {
                approval.id == self.approval_id && approval.organization_id == self.organization_id
            })
            .ok_or(LinkClosed::Unknown)?;
        member
            .filter(|member| member.id == self.member_id && member.organization_id == self.organization_id)
            .filter(|member| is_entitled(approval, member))
            .ok_or(LinkClosed::NotEntitled)?;
        if self.used_at.is_some() {
            return Err(LinkClosed::Used);
        }
        if matches!(approval.decision, Decision::Superseded { .. }) {
            return Err(LinkClosed::Changed);
        }
        if !approval.is_pending(now) {
            return Err(LinkClosed::Decided(approval.status(now)));
        }
        if approval.digest != self.digest {
            return Err(LinkClosed::Changed);
        }
        if now >= self.expires_at {
            return Err(LinkClosed::Expired);
        }
        Ok(())
    }

    /// After a decision was taken through it.
    #[must_use]
    pub fn used(&self, now: Timestamp) -> Self {
        Self { used_at: Some(now), ..self.clone() }
    }
}

/// Whether a member may let this mail go, whatever became of it: by their role, and as somebody who did not ask for it.
fn is_entitled(approval: &Approval, member: &Member) -> bool {
    member.organization_id == approval.organization_id && approval.is_for(&voter(member))
}

/// The member with the role that they have now.
fn voter(member: &Member) -> Voter {
    Voter { member_id: member.id, role: member.role }
}

/// Whether a member is to be told of this mail now: their vote is wanted.
pub fn awaits(approval: &Approval, member: &Member, now: Timestamp) -> bool {
    member.organization_id == approval.organization_id && approval.awaits(&voter(member), now)
}

/// The caller that an opened link stands for: its person, with the rights to look at one mail and to decide about it,
/// in the one inbox that sends it.
pub fn principal(link: &Link, approval: &Approval, member: &Member) -> Principal {
    let needed = [Scope::ApprovalsRead, Scope::ApprovalsDecide, Scope::MessagesRead];
    let held = member.role.scopes();
    Principal {
        organization_id: member.organization_id,
        actor: Actor::Member { member_id: member.id },
        role: member.role,
        scopes: needed.into_iter().filter(|scope| held.contains(scope)).collect(),
        inboxes: Some([approval.inbox_id].into()),
        credential: Credential::Link(link.hash),
        proved_at: None,
        sends_per_day: None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::address::EmailAddress;
    use crate::gate::policy::Terms;
    use crate::people::access::{CalledThen, Role};
    use crate::people::credential::{InvalidSecret, Secret};
    use crate::{TokenId, UserId};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn organization(n: u8) -> OrganizationId {
        OrganizationId::new(NOW, [n; 10])
    }

    fn member(n: u8, role: Role) -> Member {
        Member {
            id: MemberId::new(NOW, [n; 10]),
            organization_id: organization(1),
            user_id: UserId::new(NOW, [n; 10]),
            email: EmailAddress::parse("ann@example.com").unwrap(),
            role,
            created_at: NOW,
            sessions_since: None,
        }
    }

    fn approval() -> Approval {
        Approval {
            organization_id: organization(1),
            requested_by: Actor::Token {
                token_id: TokenId::new(NOW, [1; 10]),
                member_id: MemberId::new(NOW, [9; 10]),
                name: CalledThen::default(),
            },
            expires_at: NOW + SignedDuration::from_hours(1),
            ..crate::gate::approval::tests::held(Terms::default())
        }
    }

    fn link() -> Link {
        let secret = LinkSecret::new(organization(1), [7; 32]);
        Link::new(&secret, &approval(), member(1, Role::Approver).id, NOW)
    }

    fn opens(link: &Link, approval: &Approval, member: &Member, now: Timestamp) -> Result<(), LinkClosed> {
        link.opens(Some(approval), Some(member), now)
    }

    #[test]
    fn a_good_link_opens_until_its_approval_expires() {
        let (link, approval, person) = (link(), approval(), member(1, Role::Approver));
        let last = approval.expires_at - SignedDuration::from_secs(1);
        assert_eq!(opens(&link, &approval, &person, NOW), Ok(()));
        assert_eq!(opens(&link, &approval, &person, last), Ok(()));
        let over = opens(&link, &approval, &person, approval.expires_at);
        assert_eq!(over, Err(LinkClosed::Decided("expired")));
    }

    #[test]
    fn a_link_holds_for_seven_days_at_most() {
        let approval = Approval { expires_at: NOW + SignedDuration::from_hours(24 * 30), ..approval() };
        let link = Link::new(&LinkSecret::new(organization(1), [7; 32]), &approval, link().member_id, NOW);
        let person = member(1, Role::Owner);
        assert_eq!(link.expires_at, NOW + Link::LIFE);
        assert_eq!(opens(&link, &approval, &person, link.expires_at), Err(LinkClosed::Expired));
    }

    #[test]
    fn every_way_to_be_useless() {
        let (good, wait, person) = (link(), approval(), member(1, Role::Approver));
        let by = MemberId::new(NOW, [3; 10]);
        let decided = |decision| Approval { decision, ..approval() };
        let rejected = decided(Decision::Rejected { by, at: NOW, reason: String::new() });
        let cases = [
            (good.used(NOW), wait.clone(), person.clone(), LinkClosed::Used),
            (
                good.clone(),
                decided(Decision::Approved { by: Some(by), at: NOW }),
                person.clone(),
                LinkClosed::Decided("approved"),
            ),
            (good.clone(), rejected, person.clone(), LinkClosed::Decided("rejected")),
            (
                good.clone(),
                Approval { digest: Digest::of(b"edited"), ..wait.clone() },
                person.clone(),
                LinkClosed::Changed,
            ),
            (
                good.clone(),
                Approval { id: ApprovalId::new(NOW, [2; 10]), ..wait.clone() },
                person.clone(),
                LinkClosed::Unknown,
            ),
            (
                good.clone(),
                Approval { organization_id: organization(2), ..wait.clone() },
                person.clone(),
                LinkClosed::Unknown,
            ),
            (good.clone(), wait.clone(), member(1, Role::Editor), LinkClosed::NotEntitled),
            (good.clone(), wait.clone(), member(2, Role::Owner), LinkClosed::NotEntitled),
            (
                good.clone(),
                Approval { requested_by: Actor::Member { member_id: person.id }, ..wait.clone() },
                person.clone(),
                LinkClosed::NotEntitled,
            ),
        ];
        for (link, approval, person, why) in cases {
            assert_eq!(opens(&link, &approval, &person, NOW), Err(why));
        }
        assert_eq!(good.opens(Some(&wait), None, NOW), Err(LinkClosed::NotEntitled), "a removed member");
        assert_eq!(good.opens(None, Some(&person), NOW), Err(LinkClosed::Unknown));
    }

    #[test]
    fn a_link_is_no_credential() {
        let text = LinkSecret::new(organization(1), [7; 32]).reveal();
        assert_eq!(Secret::parse(&text), Err(InvalidSecret::Prefix));
        let session =
            Secret::new(crate::people::credential::CredentialKind::Session, organization(1), [7; 32]);
        assert_eq!(LinkSecret::parse(session.reveal()), Err(InvalidLink));
        assert_eq!(format!("{:?}", LinkSecret::parse(&text)), "Ok(cs_link_…)");
    }

    #[test]
    fn a_link_gives_no_more_than_it_needs() {
        let principal = principal(&link(), &approval(), &member(1, Role::Owner));
        assert_eq!(principal.scopes.len(), 3);
        assert_eq!(principal.inboxes, Some([approval().inbox_id].into()));
    }

    proptest! {
        #[test]
        fn secrets_read_back_and_nothing_else_does(random: [u8; 32], at in 0_usize..98, with in "[ -~]") {
            let secret = LinkSecret::new(organization(1), random);
            let text = secret.reveal();
            prop_assert_eq!(LinkSecret::parse(&text), Ok(secret));
            prop_assert_eq!(text.len(), 98);
            prop_assert!(LinkSecret::parse(&text[..at]).is_err());
            let mut altered = text.clone();
            altered.replace_range(at..=at, &with);
            if let Ok(other) = LinkSecret::parse(&altered) {
                prop_assert_eq!(other.reveal(), altered);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,120}") {
            if let Ok(secret) = LinkSecret::parse(&text) {
                prop_assert_eq!(secret.reveal(), text);
            }
        }
    }
}
