//! Keys that sign what people say: how they are named, what they answer, and how many of their votes a mail takes.

use jiff::SignedDuration;

use crate::base::digest::Digest;

/// So long somebody may take from the page to the touch of their key.
pub const TOUCH: SignedDuration = SignedDuration::from_mins(10);

/// So far a browser's statement may lie in our future: clocks differ.
pub const CLOCK: SignedDuration = SignedDuration::from_mins(1);

/// What a key is named by: the SHA-256 of the id that its device gives it.
pub type KeyId = Digest;

/// How a key signs (the COSE algorithms −7, −8 and −257).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256: the public key is its point, uncompressed, 65 bytes.
    Es256,
    /// Ed25519: 32 bytes.
    EdDsa,
    /// RSASSA-PKCS1-v1_5 with SHA-256, of 2,048 to 4,096 bits: an `RSAPublicKey` of RFC 8017, in DER.
    Rs256,
}

impl Algorithm {
    const ALL: [Algorithm; 3] = [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256];

    /// Its name in COSE.
    pub const fn name(self) -> &'static str {
        match self {
            Algorithm::Es256 => "ES256",
            Algorithm::EdDsa => "EdDSA",
            Algorithm::Rs256 => "RS256",
        }
    }

    /// That of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Whether bytes are of the form of its public keys; whether they are one tells the first signature.
    pub(crate) fn takes(self, public_key: &[u8]) -> bool {
        match self {
            Algorithm::Es256 => public_key.len() == 65 && public_key[0] == 4,
            Algorithm::EdDsa => public_key.len() == 32,
            // A sequence, of 2,048 to 4,096 bits and what stands around them.
            Algorithm::Rs256 => (260..=530).contains(&public_key.len()) && public_key[0] == 0x30,
        }
    }
}

/// What an authenticator signed, as the browser gives it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Assertion {
    /// What the browser did, as JSON: challenge and origin among it.
    pub client_data: Vec<u8>,
    /// For which site, and whether its person was verified.
    pub authenticator_data: Vec<u8>,
    /// Over the authenticator's data and the SHA-256 of the browser's.
    pub signature: Vec<u8>,
}

/// How many of the votes for a mail must be signed by a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SignedVotes {
    /// So many, 0 to 10.
    pub votes: u8,
    /// Whether by keys that stay in their device.
    pub device_bound: bool,
}

impl SignedVotes {
    /// None.
    pub const NONE: Self = Self { votes: 0, device_bound: false };

    /// What the audit log tells of it: `2`, or `1 device-bound`.
    pub fn told(self) -> String {
        let bound = if self.device_bound { " device-bound" } else { "" };
        format!("{}{bound}", self.votes)
    }

    /// Whether so many can be asked for.
    pub const fn is_possible(self) -> bool {
        self.votes <= 10
    }

    /// The stricter of two in each way.
    #[must_use]
    pub fn unite(self, other: Self) -> Self {
        Self { votes: self.votes.max(other.votes), device_bound: self.device_bound || other.device_bound }
    }
}
