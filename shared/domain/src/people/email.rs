//! Whether a member's address is known to be theirs: they had a mail there, and opened its link.
//!
//! Invitations, claims and resets of passwords prove it by the way. Who was made otherwise asks for a mail; its secret is drawn by whoever
//! sends it, and its hash is kept: a later mail puts another in its place.

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::base::secret::{NamedEnd, ends_a_link};
use crate::{MemberId, OrganizationId};

/// What the link ends with. Never printed, never stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EmailSecret(NamedEnd<MemberId>);

ends_a_link!(EmailSecret: NamedEnd, "cs_email_", form b"countersign email form");

impl EmailSecret {
    /// Makes a secret from 32 random bytes.
    pub fn new(organization_id: OrganizationId, member_id: MemberId, random: [u8; 32]) -> Self {
        Self(NamedEnd::new(organization_id, member_id, random))
    }

    /// The member whose address it says it proves.
    pub fn member_id(&self) -> MemberId {
        self.0.id
    }
}

/// What is known of a member's address. Whose has none of it is not proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailProof {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose.
    pub member_id: MemberId,
    /// What the secret of the last mail hashes to; none where none was sent.
    pub secret: Option<Digest>,
    /// Until when that proves something.
    pub expires_at: Timestamp,
    /// Since when it is known to be theirs.
    pub proven_at: Option<Timestamp>,
    /// Counts changes, from 1.
    pub version: u64,
}

/// Why a link proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailClosed {
    /// It is not the link of the last mail. Whoever has another learns no more.
    #[error("is not the link of the last mail")]
    Unknown,
    /// Its time is over.
    #[error("has expired")]
    Expired,
}

impl EmailProof {
    /// A link holds for so long.
    pub const LIFE: SignedDuration = SignedDuration::from_hours(24);
    /// So many mails a member may ask for on one day (UTC).
    pub const A_DAY: u64 = 10;

    /// Of somebody who just showed what was mailed to them.
    pub fn by_the_way(organization_id: OrganizationId, member_id: MemberId, now: Timestamp) -> Self {
        Self { organization_id, member_id, secret: None, expires_at: now, proven_at: Some(now), version: 1 }
    }

    /// With the secret of a mail that is sent now.
    pub fn mailed(secret: &EmailSecret, before: Option<&EmailProof>, now: Timestamp) -> Self {
        Self {
            organization_id: secret.organization_id(),
            member_id: secret.member_id(),
            secret: Some(secret.hash()),
            expires_at: now + Self::LIFE,
            proven_at: before.and_then(|before| before.proven_at),
            version: before.map_or(1, |before| before.version),
        }
    }

    /// Whether a secret that hashes to this proves it. Who has no link that was mailed is told nothing, so that comes first.
    pub fn opens(&self, secret: Digest, now: Timestamp) -> Result<(), EmailClosed> {
        if !self.secret.is_some_and(|known| known.is(&secret)) {
            return Err(EmailClosed::Unknown);
        }
        // Who opens it again is told that it is proven.
        if self.proven_at.is_none() && now >= self.expires_at { Err(EmailClosed::Expired) } else { Ok(()) }
    }

    /// After it was proven: the first time stands.
    #[must_use]
    pub fn proven(&self, now: Timestamp) -> Self {
        Self { proven_at: self.proven_at.or(Some(now)), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::credential::{InvalidSecret, Secret};
    use crate::people::reset::ResetSecret;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn secret(n: u8) -> EmailSecret {
        EmailSecret::new(OrganizationId::new(NOW, [1; 10]), MemberId::new(NOW, [2; 10]), [n; 32])
    }

    #[test]
    fn a_secret_reads_back_and_is_nothing_else() {
        let text = secret(7).reveal();
        let read = EmailSecret::parse(&text).unwrap();
        assert_eq!((read.member_id(), read.hash()), (secret(7).member_id(), secret(7).hash()));
        assert_eq!(Secret::parse(&text), Err(InvalidSecret::Prefix));
        assert_eq!(ResetSecret::parse(&text), None);
        assert_eq!(format!("{read:?}"), "cs_email_…");
    }

    #[test]
    fn the_last_link_proves_it_within_a_day_and_stays_proven() {
        let (own, other) = (secret(1), secret(2));
        let mailed = EmailProof::mailed(&own, None, NOW);
        let last = mailed.expires_at - SignedDuration::from_millis(1);
        assert_eq!(
            (mailed.opens(own.hash(), last), mailed.opens(other.hash(), NOW)),
            (Ok(()), Err(EmailClosed::Unknown))
        );
        assert_eq!(mailed.opens(own.hash(), mailed.expires_at), Err(EmailClosed::Expired));
        let proven = mailed.proven(NOW);
        assert_eq!(proven.opens(own.hash(), mailed.expires_at), Ok(()), "it is said that it is proven");
        assert_eq!(proven.proven(last).proven_at, Some(NOW));
        assert_eq!(EmailProof::mailed(&other, Some(&proven), last).proven_at, Some(NOW));
        let unmailed = EmailProof::by_the_way(mailed.organization_id, mailed.member_id, NOW);
        assert_eq!(unmailed.opens(own.hash(), NOW), Err(EmailClosed::Unknown));
    }
}
