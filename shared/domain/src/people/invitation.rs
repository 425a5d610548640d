//! Invitations: somebody is asked by mail to take a seat in an organization.
//!
//! The secret of the mail's link is drawn by whoever sends the mail. What is stored of it is its hash, in the invitation itself: a
//! later mail puts another in its place, and the link before holds no more.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::base::address::EmailAddress;
use crate::base::digest::Digest;
use crate::base::secret::{NamedEnd, ends_a_link};
use crate::people::access::{Actor, Role};
use crate::{GroupId, InvitationId, MemberId, OrganizationId};

/// What the link of an invitation ends with. Never printed, never stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct InvitationSecret(NamedEnd<InvitationId>);

ends_a_link!(InvitationSecret: NamedEnd, "cs_invitation_", form b"countersign invitation form");

impl InvitationSecret {
    /// Makes a secret from 32 random bytes.
    pub fn new(invitation: &Invitation, random: [u8; 32]) -> Self {
        Self(NamedEnd::new(invitation.organization_id, invitation.id, random))
    }

    /// The invitation that it says it opens.
    pub fn invitation_id(&self) -> InvitationId {
        self.0.id
    }
}

/// That somebody is invited to an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whom it is mailed to, and who signs in with it then.
    pub email: EmailAddress,
    /// The role that they are to have.
    pub role: Role,
    /// The groups that they are to belong to; one that is gone by then is left out.
    pub groups: BTreeSet<GroupId>,
    /// Who invited them, or had it sent again last: they answer for it.
    pub invited_by: Actor,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// What the secret of the last mail hashes to; none until that mail is sent.
    pub secret: Option<Digest>,
    /// What became of it.
    pub accepted: Option<Accepted>,
    /// Counts changes, from 1.
    pub version: u64,
}

/// That an invitation was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// When.
    pub at: Timestamp,
    /// The seat that came of it.
    pub member_id: MemberId,
}

/// Why a link does not open an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvitationClosed {
    /// It is not the link of the last mail. Whoever has another learns no more.
    #[error("is not the link of the last mail")]
    Unknown,
    /// It was accepted.
    #[error("was accepted")]
    Used,
    /// Its time is over.
    #[error("has expired")]
    Expired,
    /// Whoever invited them may not do so any more.
    #[error("whoever invited you may not do so any more")]
    Withdrawn,
}

/// How an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationStatus {
    /// It can be accepted.
    Pending,
    /// Its time is over.
    Expired,
    /// It was accepted.
    Accepted,
}

impl InvitationStatus {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            InvitationStatus::Pending => "pending",
            InvitationStatus::Expired => "expired",
            InvitationStatus::Accepted => "accepted",
        }
    }
}

impl Invitation {
    /// An invitation holds for so long since it was sent last.
    pub const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
    /// One that has expired is kept for so long, so that its page can say so.
    pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
    /// So many invitations an organization sends on one day (UTC), those that are sent again among them.
    pub const A_DAY: u64 = 100;
    /// So many of them to one address.
    pub const TO_ONE: u64 = 5;

    /// How it stands.
    pub fn status(&self, now: Timestamp) -> InvitationStatus {
        match self.accepted {
            Some(_) => InvitationStatus::Accepted,
            None if now >= self.expires_at => InvitationStatus::Expired,
            None => InvitationStatus::Pending,
        }
    }

    /// Whether a secret that hashes to this opens it. `inviter` is the role that the member has now who invited, if they have a seat.
    ///
    /// Who has no link that was mailed is told nothing, so that comes first.
    pub fn opens(
        &self,
        secret: Digest,
        inviter: Option<Role>,
        now: Timestamp,
    ) -> Result<(), InvitationClosed> {
        if !self.secret.is_some_and(|known| known.is(&secret)) {
            return Err(InvitationClosed::Unknown);
        }
        match self.status(now) {
            InvitationStatus::Accepted => Err(InvitationClosed::Used),
            InvitationStatus::Expired => Err(InvitationClosed::Expired),
            InvitationStatus::Pending if !inviter.is_some_and(|role| role.gives(self.role)) => {
                Err(InvitationClosed::Withdrawn)
            }
            InvitationStatus::Pending => Ok(()),
        }
    }

    /// To be sent once more: the link of the mail before holds no more, and its time begins anew.
    #[must_use]
    pub fn again(&self, by: Actor, now: Timestamp) -> Self {
        Self { invited_by: by, expires_at: now + Self::LIFE, secret: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::credential::{InvalidSecret, Secret};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn invitation() -> Invitation {
        Invitation {
            id: InvitationId::new(NOW, [1; 10]),
            organization_id: OrganizationId::new(NOW, [2; 10]),
            email: EmailAddress::parse("ann@example.com").unwrap(),
            role: Role::Approver,
            groups: [].into(),
            invited_by: Actor::System,
            created_at: NOW,
            expires_at: NOW + Invitation::LIFE,
            secret: None,
            accepted: None,
            version: 1,
        }
    }

    fn mailed(n: u8) -> (Invitation, Digest) {
        let secret = InvitationSecret::new(&invitation(), [n; 32]).hash();
        (Invitation { secret: Some(secret), ..invitation() }, secret)
    }

    #[test]
    fn a_secret_reads_back_and_is_no_credential() {
        let secret = InvitationSecret::new(&invitation(), [7; 32]);
        let text = secret.reveal();
        let read = InvitationSecret::parse(&text).unwrap();
        assert_eq!(
            (read.organization_id(), read.invitation_id()),
            (invitation().organization_id, invitation().id)
        );
        assert_eq!(read.hash(), secret.hash());
        assert_eq!(format!("{secret:?}"), "cs_invitation_…");
        assert_eq!(Secret::parse(&text), Err(InvalidSecret::Prefix));
        for altered in
            ["", "cs_invitation_", &text[..text.len() - 1], &format!("{text}0"), &text.to_uppercase()]
        {
            assert_eq!(InvitationSecret::parse(altered), None, "{altered}");
        }
    }

    #[test]
    fn the_link_of_the_last_mail_opens_it_for_seven_days() {
        let (known, secret) = mailed(1);
        let last = NOW + Invitation::LIFE - SignedDuration::from_secs(1);
        let opens = |known: &Invitation, now| known.opens(secret, Some(Role::Admin), now);
        assert_eq!((opens(&known, NOW), opens(&known, last)), (Ok(()), Ok(())));
        assert_eq!(opens(&known, known.expires_at), Err(InvitationClosed::Expired));
        assert_eq!(known.opens(mailed(2).1, Some(Role::Owner), NOW), Err(InvitationClosed::Unknown));
        assert_eq!(opens(&invitation(), NOW), Err(InvitationClosed::Unknown), "no mail was sent");
        let again = known.again(Actor::System, last);
        assert_eq!(
            (opens(&again, last), again.expires_at),
            (Err(InvitationClosed::Unknown), last + Invitation::LIFE)
        );
        let accepted = Accepted { at: NOW, member_id: MemberId::new(NOW, [1; 10]) };
        let used = Invitation { accepted: Some(accepted), ..known };
        assert_eq!(opens(&used, known_end()), Err(InvitationClosed::Used));
    }

    fn known_end() -> Timestamp {
        NOW + Invitation::LIFE
    }

    #[test]
    fn it_ends_with_the_right_of_whoever_made_it() {
        let (known, secret) = mailed(1);
        let closed = Err(InvitationClosed::Withdrawn);
        for inviter in [None, Some(Role::Viewer), Some(Role::Editor), Some(Role::Approver)] {
            assert_eq!(known.opens(secret, inviter, NOW), closed, "{inviter:?}");
        }
        let of_admin = Invitation { role: Role::Admin, ..known };
        assert_eq!(of_admin.opens(secret, Some(Role::Admin), NOW), closed);
        assert_eq!(of_admin.opens(secret, Some(Role::Owner), NOW), Ok(()));
    }
}
