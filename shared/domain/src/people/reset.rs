//! Resets of passwords: somebody who forgot theirs is mailed a link by which they choose another.
//!
//! The secret of the link is drawn by whoever sends the mail, and its hash is kept. There is one reset of a person: a later mail puts
//! another secret in its place, and the link before holds no more.

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::base::secret::{NamedEnd, ends_a_link};
use crate::{MemberId, OrganizationId};

/// What the link of a reset ends with. Never printed, never stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ResetSecret(NamedEnd<MemberId>);

ends_a_link!(ResetSecret: NamedEnd, "cs_reset_", form b"countersign reset form");

impl ResetSecret {
    /// Makes a secret from 32 random bytes.
    pub fn new(organization_id: OrganizationId, member_id: MemberId, random: [u8; 32]) -> Self {
        Self(NamedEnd::new(organization_id, member_id, random))
    }

    /// The member whose password it says it resets.
    pub fn member_id(&self) -> MemberId {
        self.0.id
    }
}

/// A reset of a member's password, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reset {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose.
    pub member_id: MemberId,
    /// What the secret of the last mail hashes to.
    pub secret: Digest,
    /// When that was drawn.
    pub created_at: Timestamp,
    /// Until when it opens something.
    pub expires_at: Timestamp,
    /// When another password was chosen with it.
    pub used_at: Option<Timestamp>,
    /// Counts changes, from 1.
    pub version: u64,
}

/// Why a link resets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResetClosed {
    /// It is not the link of the last mail. Whoever has another learns no more.
    #[error("is not the link of the last mail")]
    Unknown,
    /// Another password was chosen with it.
    #[error("was used")]
    Used,
    /// Its time is over.
    #[error("has expired")]
    Expired,
}

impl Reset {
    /// A reset holds for so long.
    pub const LIFE: SignedDuration = SignedDuration::from_hours(1);
    /// One that has expired is kept for so long, so that its page can say so.
    pub const KEPT: SignedDuration = SignedDuration::from_hours(24);
    /// So many an address gets in each quarter of an hour; who asks for more is answered alike, and nothing is sent.
    pub const WITHIN_A_WINDOW: u64 = 3;

    /// The reset of a secret that was drawn now. What stands there is replaced by it.
    pub fn new(secret: &ResetSecret, before: Option<&Reset>, now: Timestamp) -> Self {
        Self {
            organization_id: secret.organization_id(),
            member_id: secret.member_id(),
            secret: secret.hash(),
            created_at: now,
            expires_at: now + Self::LIFE,
            used_at: None,
            version: before.map_or(1, |before| before.version),
        }
    }

    /// Whether a secret that hashes to this resets the password. Who has no link that was mailed is told nothing, so that comes first.
    pub fn opens(&self, secret: Digest, now: Timestamp) -> Result<(), ResetClosed> {
        if !self.secret.is(&secret) {
            return Err(ResetClosed::Unknown);
        }
        if self.used_at.is_some() {
            return Err(ResetClosed::Used);
        }
        if now >= self.expires_at { Err(ResetClosed::Expired) } else { Ok(()) }
    }

    /// After another password was chosen with it.
    #[must_use]
    pub fn used(&self, now: Timestamp) -> Self {
        Self { used_at: Some(now), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::credential::{InvalidSecret, Secret};
    use crate::people::invitation::InvitationSecret;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn secret(n: u8) -> ResetSecret {
        ResetSecret::new(OrganizationId::new(NOW, [1; 10]), MemberId::new(NOW, [2; 10]), [n; 32])
    }

    #[test]
    fn a_secret_reads_back_and_is_nothing_else() {
        let text = secret(7).reveal();
        let read = ResetSecret::parse(&text).unwrap();
        assert_eq!((read.member_id(), read.hash()), (secret(7).member_id(), secret(7).hash()));
        assert_eq!(Secret::parse(&text), Err(InvalidSecret::Prefix));
        assert_eq!(InvitationSecret::parse(&text), None);
        assert_eq!(format!("{read:?}"), "cs_reset_…");
    }

    #[test]
    fn the_last_link_opens_once_within_an_hour() {
        let (first, second) = (secret(1), secret(2));
        let reset = Reset::new(&first, None, NOW);
        let last = NOW + Reset::LIFE - SignedDuration::from_millis(1);
        assert_eq!(
            (reset.opens(first.hash(), last), reset.opens(second.hash(), NOW)),
            (Ok(()), Err(ResetClosed::Unknown))
        );
        assert_eq!(reset.opens(first.hash(), reset.expires_at), Err(ResetClosed::Expired));
        assert_eq!(reset.used(NOW).opens(first.hash(), reset.expires_at), Err(ResetClosed::Used));
        let newer = Reset::new(&second, Some(&reset.used(NOW)), last);
        assert_eq!(
            (newer.opens(first.hash(), last), newer.opens(second.hash(), last)),
            (Err(ResetClosed::Unknown), Ok(()))
        );
    }
}
