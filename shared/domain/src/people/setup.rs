//! Set-up links: with one, whoever deployed an installation makes an organization in a browser, and is its first owner.
//!
//! The link belongs to no organization, since there is none yet. Its secret is drawn for an operator and shown once; its hash is kept.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::OrganizationId;
use crate::base::digest::Digest;

/// What a set-up link ends with. Never printed, never stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SetupSecret(Digest);

impl SetupSecret {
    /// What it begins with.
    pub const PREFIX: &'static str = "cs_setup_";

    /// Makes a secret from 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(Digest::from_bytes(random))
    }

    /// Reads the end of a link. Only the exact form that [`Self::reveal`] writes is taken.
    pub fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(Self::PREFIX)?;
        Digest::parse(&format!("sha256:{random}")).ok().map(Self)
    }

    /// The text itself, to be shown once.
    pub fn reveal(&self) -> String {
        format!("{}{}", Self::PREFIX, self.0.hex())
    }

    /// What is stored of it.
    pub fn hash(&self) -> Digest {
        Digest::of(self.reveal().as_bytes())
    }

    /// What the form of the link's page must carry: proves that the page came from us, and is worth nothing without the link.
    pub fn form_token(&self) -> String {
        Digest::of_parts(&[b"countersign setup form", self.reveal().as_bytes()]).hex()
    }
}

impl fmt::Debug for SetupSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", Self::PREFIX)
    }
}

/// A set-up link, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// What the secret hashes to.
    pub hash: Digest,
    /// When it was drawn.
    pub created_at: Timestamp,
    /// Until when it opens something.
    pub expires_at: Timestamp,
    /// When an organization was made with it.
    pub used_at: Option<Timestamp>,
}

/// Why a link sets nothing up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SetupClosed {
    /// Nobody drew it, or it is long over.
    #[error("is no link that was drawn here")]
    Unknown,
    /// An organization was made with it.
    #[error("was used")]
    Used,
    /// Its time is over.
    #[error("has expired")]
    Expired,
}

impl Setup {
    /// A link holds for so long.
    pub const LIFE: SignedDuration = SignedDuration::from_hours(24);
    /// One that has expired is kept for so long, so that its page can say so.
    pub const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

    /// The link of a secret that was drawn now.
    pub fn new(secret: &SetupSecret, now: Timestamp) -> Self {
        Self { hash: secret.hash(), created_at: now, expires_at: now + Self::LIFE, used_at: None }
    }

    /// The id of the organization that is made with it: so the link can be bound to its key log before there is one.
    pub fn organization_id(&self) -> OrganizationId {
        let digest = Digest::of_parts(&[b"countersign organization of a set-up link", self.hash.as_bytes()]);
        let mut entropy = [0; 10];
        entropy.copy_from_slice(&digest.as_bytes()[..10]);
        OrganizationId::new(self.created_at, entropy)
    }

    /// Whether an organization may be made with it.
    pub fn opens(&self, now: Timestamp) -> Result<(), SetupClosed> {
        if self.used_at.is_some() {
            return Err(SetupClosed::Used);
        }
        if now >= self.expires_at { Err(SetupClosed::Expired) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::credential::{InvalidSecret, Secret};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_secret_reads_back_and_is_nothing_else() {
        let secret = SetupSecret::new([7; 32]);
        let text = secret.reveal();
        assert_eq!(SetupSecret::parse(&text), Some(secret));
        for other in ["", "cs_setup_", &text[1..], &format!("{text}0"), &text.to_uppercase()] {
            assert_eq!(SetupSecret::parse(other), None, "{other}");
        }
        assert_eq!(Secret::parse(&text), Err(InvalidSecret::Prefix));
        assert_eq!(format!("{secret:?}"), "cs_setup_…");
    }

    #[test]
    fn a_link_opens_once_within_a_day() {
        let setup = Setup::new(&SetupSecret::new([7; 32]), NOW);
        assert_eq!(setup.opens(setup.expires_at - SignedDuration::from_millis(1)), Ok(()));
        assert_eq!(setup.opens(setup.expires_at), Err(SetupClosed::Expired));
        let other = Setup::new(&SetupSecret::new([8; 32]), NOW);
        assert_ne!(setup.organization_id(), other.organization_id());
        let used = Setup { used_at: Some(NOW), ..setup.clone() };
        assert_eq!(used.organization_id(), setup.organization_id());
        assert_eq!(used.opens(setup.expires_at), Err(SetupClosed::Used));
    }
}
