//! A member's passkeys (W3C Web Authentication, Level 3): keys that their devices hold, and that open a session without a password.
//!
//! A passkey is used with the person verified by the device, so it counts as both factors. Whose it is its device tells by a handle that
//! names seat and organization, so nobody types an address.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::base::id::{BODY_LENGTH, Id as _};
use crate::people::key_log::NewKey;
use crate::people::signing::{Algorithm, Assertion, KeyId};
use crate::{MemberId, OrganizationId, PasskeyId};

/// A passkey, without the key that its device keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its id here.
    pub id: PasskeyId,
    /// What its person calls it, 1 to [`Self::MAX_NAME`] characters.
    pub name: String,
    /// Its id as the device tells it, at most [`Self::MAX_CREDENTIAL_ID`] bytes.
    pub credential_id: Vec<u8>,
    /// Its public key and what else its answers are checked with, in the form of whoever checks them.
    pub credential: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When somebody was let in by it, or showed it.
    pub last_used_at: Option<Timestamp>,
    /// Whether its device may hand it on to others of its person ("backup eligible"); one that may not stays in that device.
    pub synced: bool,
    /// How often its device says that it was used; 0 where it doesn't count.
    pub sign_count: u32,
    /// What it signed so that its person's votes can be signed with it, last.
    pub offer: Option<Offer>,
}

/// That somebody wants to sign votes with a passkey. It waits for whoever manages keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// When, in whole seconds.
    pub at: Timestamp,
    /// How it signs.
    pub algorithm: Algorithm,
    /// What its signatures are checked with.
    pub public_key: Vec<u8>,
    /// On whose pages.
    pub site: String,
    /// What it signed.
    pub assertion: Assertion,
}

impl Passkey {
    /// So long is its name at most, in characters.
    pub const MAX_NAME: usize = 100;
    /// So long is the id that a device gives it at most, in bytes (§4, "credential id").
    pub const MAX_CREDENTIAL_ID: usize = 1_023;

    /// What the key log calls it.
    pub fn key_id(&self) -> KeyId {
        Digest::of(&self.credential_id)
    }

    /// The key that its person offers, without any right, and what it signed to do so.
    pub fn offered_key(&self, member_id: MemberId) -> Option<(NewKey, Assertion)> {
        let Offer { at, algorithm, public_key, site, assertion } = self.offer.clone()?;
        let new = NewKey {
            member_id,
            id: self.key_id(),
            algorithm,
            public_key,
            site,
            device_bound: !self.synced,
            decides: false,
            manages: false,
            offered: at,
            from: at,
        };
        Some((new, assertion))
    }
}

/// The passkeys of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkeys {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose.
    pub member_id: MemberId,
    /// Oldest first.
    pub keys: Vec<Passkey>,
    /// Counts changes.
    pub version: u64,
}

impl Passkeys {
    /// So many a member has at most.
    pub const MAX: usize = 10;

    /// None yet.
    pub fn none(organization_id: OrganizationId, member_id: MemberId) -> Self {
        Self { organization_id, member_id, keys: vec![], version: 1 }
    }

    /// Whether there are as many as there may be.
    pub fn is_full(&self) -> bool {
        self.keys.len() >= Self::MAX
    }

    /// Their ids, as devices tell them.
    pub fn credential_ids(&self) -> Vec<Vec<u8>> {
        self.keys.iter().map(|key| key.credential_id.clone()).collect()
    }

    /// That with the id that a device tells.
    pub fn by_credential(&self, credential_id: &[u8]) -> Option<&Passkey> {
        self.keys.iter().find(|key| key.credential_id == credential_id)
    }

    /// With one more.
    #[must_use]
    pub fn with(&self, key: Passkey) -> Self {
        let mut next = self.clone();
        next.keys.push(key);
        next
    }

    /// Without this one; none where it is not among them.
    pub fn without(&self, id: PasskeyId) -> Option<Self> {
        let mut next = self.clone();
        next.keys.retain(|key| key.id != id);
        (next.keys.len() < self.keys.len()).then_some(next)
    }

    /// With what one of them signed so that it can sign votes.
    #[must_use]
    pub fn offering(&self, id: PasskeyId, offer: Offer) -> Self {
        let mut next = self.clone();
        for key in next.keys.iter_mut().filter(|key| key.id == id) {
            key.offer = Some(offer.clone());
        }
        next
    }

    /// After one of them was shown: as it is checked with from now on.
    #[must_use]
    pub fn used(&self, id: PasskeyId, credential: &str, sign_count: u32, now: Timestamp) -> Self {
        let mut next = self.clone();
        for key in next.keys.iter_mut().filter(|key| key.id == id) {
            credential.clone_into(&mut key.credential);
            key.sign_count = sign_count;
            key.last_used_at = Some(now);
        }
        next
    }
}

/// What a device keeps with a passkey and tells of whose it is: at most 64 bytes, and nothing of a person (§5.4.3, `user.id`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserHandle {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose seat.
    pub member_id: MemberId,
}

impl UserHandle {
    /// Reads it. Only the exact form that [`Self::reveal`] writes is taken.
    pub fn parse(text: &str) -> Option<Self> {
        let (organization, member) = text.split_at_checked(OrganizationId::PREFIX.len() + BODY_LENGTH)?;
        Some(Self {
            organization_id: OrganizationId::parse(organization).ok()?,
            member_id: MemberId::parse(member).ok()?,
        })
    }

    /// The text itself.
    pub fn reveal(self) -> String {
        format!("{}{}", self.organization_id, self.member_id)
    }
}

/// What a browser shows to end what it began: a passkey that is added, or shown. Never printed, never stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CeremonySecret(Digest);

impl CeremonySecret {
    /// What it begins with.
    pub const PREFIX: &'static str = "cs_ceremony_";

    /// Makes a secret from 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(Digest::from_bytes(random))
    }

    /// Reads what a browser shows. Only the exact form that [`Self::reveal`] writes is taken.
    pub fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(Self::PREFIX)?;
        Digest::parse(&format!("sha256:{random}")).ok().map(Self)
    }

    /// The text itself.
    pub fn reveal(&self) -> String {
        format!("{}{}", Self::PREFIX, self.0.hex())
    }

    /// What is stored of it.
    pub fn hash(&self) -> Digest {
        Digest::of(self.reveal().as_bytes())
    }

    /// What the device signs. It follows from the secret, so an answer to another question does not fit, and the stored record has no
    /// part of it.
    pub fn challenge(&self) -> Digest {
        Digest::of_parts(&[b"countersign passkey challenge", self.reveal().as_bytes()])
    }
}

impl fmt::Debug for CeremonySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", Self::PREFIX)
    }
}

/// What a passkey is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To open a session; nobody knows yet whose.
    SignIn,
    /// To be added, by this member.
    Add(UserHandle),
    /// To show once more that it is this member who is signed in.
    Prove(UserHandle),
}

impl Purpose {
    /// Its name in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Purpose::SignIn => "sign_in",
            Purpose::Add(_) => "add",
            Purpose::Prove(_) => "prove",
        }
    }

    /// Whose passkey is asked for, where that is known.
    pub const fn whose(self) -> Option<UserHandle> {
        match self {
            Purpose::SignIn => None,
            Purpose::Add(whose) | Purpose::Prove(whose) => Some(whose),
        }
    }

    /// Reads what the others write.
    pub fn parse(name: &str, whose: Option<UserHandle>) -> Option<Self> {
        match (name, whose) {
            ("sign_in", None) => Some(Purpose::SignIn),
            ("add", Some(whose)) => Some(Purpose::Add(whose)),
            ("prove", Some(whose)) => Some(Purpose::Prove(whose)),
            _ => None,
        }
    }
}

/// That a passkey was asked for. It is used once. Who signs in belongs to no organization yet: it lies in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceremony {
    /// What its secret hashes to.
    pub hash: Digest,
    /// What for.
    pub purpose: Purpose,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Ceremony {
    /// So long may somebody look for their device.
    pub const LIFE: SignedDuration = SignedDuration::from_mins(5);

    /// Of a secret that was drawn now.
    pub fn new(secret: &CeremonySecret, purpose: Purpose, now: Timestamp) -> Self {
        Self { hash: secret.hash(), purpose, expires_at: now + Self::LIFE }
    }

    /// Whether an answer for this purpose may end it.
    pub fn takes(&self, purpose: Purpose, now: Timestamp) -> bool {
        now < self.expires_at && self.purpose == purpose
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::credential::Secret;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn whose(n: u8) -> UserHandle {
        UserHandle {
            organization_id: OrganizationId::new(NOW, [1; 10]),
            member_id: MemberId::new(NOW, [n; 10]),
        }
    }

    fn key(n: u8) -> Passkey {
        Passkey {
            id: PasskeyId::new(NOW, [n; 10]),
            name: "Phone".to_owned(),
            credential_id: vec![n],
            credential: "{}".to_owned(),
            created_at: NOW,
            last_used_at: None,
            synced: true,
            sign_count: 0,
            offer: None,
        }
    }

    #[test]
    fn keys_are_found_by_what_a_device_tells_and_taken_away_by_their_id() {
        let none = Passkeys::none(whose(1).organization_id, whose(1).member_id);
        let two = none.with(key(1)).with(key(2));
        assert_eq!(two.by_credential(&[2]).map(|key| key.id), Some(key(2).id));
        assert_eq!(two.by_credential(&[3]), None);
        assert_eq!(two.without(key(1).id).map(|left| left.credential_ids()), Some(vec![vec![2]]));
        assert_eq!(two.without(key(3).id), None);
        let used = two.used(key(2).id, "{\"counter\": 7}", 7, NOW);
        assert_eq!((used.keys[0].last_used_at, used.keys[1].sign_count), (None, 7));
        let full = (0..10).fold(none, |keys, n| keys.with(key(n)));
        assert!(full.is_full() && !two.is_full());
    }

    #[test]
    fn a_handle_reads_back_and_fits_into_a_device() {
        let text = whose(7).reveal();
        assert!(text.len() <= 64, "{}", text.len());
        assert_eq!(UserHandle::parse(&text), Some(whose(7)));
        for other in ["", &text[1..], &format!("{text}0"), &text.to_uppercase(), &text[..30], &text[30..]] {
            assert_eq!(UserHandle::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_ceremony_takes_what_it_asked_for_within_five_minutes() {
        let secret = CeremonySecret::new([7; 32]);
        let asked = Ceremony::new(&secret, Purpose::Add(whose(1)), NOW);
        let end = NOW + Ceremony::LIFE;
        assert!(asked.takes(Purpose::Add(whose(1)), end - SignedDuration::from_millis(1)));
        assert!(!asked.takes(Purpose::Add(whose(1)), end));
        for other in [Purpose::SignIn, Purpose::Add(whose(2)), Purpose::Prove(whose(1))] {
            assert!(!asked.takes(other, NOW), "{other:?}");
        }
        for purpose in [Purpose::SignIn, Purpose::Add(whose(1)), Purpose::Prove(whose(2))] {
            assert_eq!(Purpose::parse(purpose.as_str(), purpose.whose()), Some(purpose));
        }
        assert_eq!(Purpose::parse("add", None), None);
    }

    #[test]
    fn its_secret_reads_back_is_not_printed_and_gives_a_challenge_of_its_own() {
        let (secret, other) = (CeremonySecret::new([7; 32]), CeremonySecret::new([8; 32]));
        let text = secret.reveal();
        assert_eq!(CeremonySecret::parse(&text), Some(secret));
        assert!(CeremonySecret::parse(&format!("{text}0")).is_none() && Secret::parse(&text).is_err());
        assert_eq!(format!("{secret:?}"), "cs_ceremony_…");
        assert!(secret.challenge() != other.challenge() && secret.challenge() != secret.hash());
    }
}
