//! Signing in with a provider (`OpenID` Connect Core 1.0): the way there and back, and whose account there opens which seat.
//!
//! Somebody is known by issuer and subject, never by their address: an address changes hands, and what a provider says of one that
//! is not its own was true when it looked (`OpenID` Connect Core 1.0, section 5.7).

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::base::address::EmailAddress;
use crate::base::digest::Digest;
use crate::people::credential::Login;
use crate::{InvitationId, MemberId, OrganizationId, SessionId};

/// What a browser holds while it is on its way to the provider and back. Never printed, never stored. All that the way takes is derived
/// from it, so that only this browser can end what it began: the provider sees `state` and `nonce`, from which nothing follows of the rest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OpenIdSecret(Digest);

impl OpenIdSecret {
    /// What it begins with.
    pub const PREFIX: &'static str = "cs_openid_";

    /// Makes a secret from 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(Digest::from_bytes(random))
    }

    /// Reads what a browser shows. Only the exact form that [`Self::reveal`] writes is taken.
    pub fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(Self::PREFIX)?;
        Digest::parse(&format!("sha256:{random}")).ok().map(Self)
    }

    /// The text itself, for a cookie.
    pub fn reveal(&self) -> String {
        format!("{}{}", Self::PREFIX, self.0.hex())
    }

    /// What is stored of it.
    pub fn hash(&self) -> Digest {
        Digest::of(self.reveal().as_bytes())
    }

    /// `state` (RFC 6749, section 10.12): what the provider sends back with the browser.
    pub fn state(&self) -> String {
        self.derived(b"countersign openid state")
    }

    /// `nonce`: what the ID token must say, so that one of another sign-in is none of this.
    pub fn nonce(&self) -> String {
        self.derived(b"countersign openid nonce")
    }

    /// The code verifier (RFC 7636, section 4.1): without it the code that the browser brings back is worth nothing.
    pub fn verifier(&self) -> String {
        self.derived(b"countersign openid verifier")
    }

    fn derived(&self, what: &[u8]) -> String {
        Digest::of_parts(&[what, self.reveal().as_bytes()]).hex()
    }
}

impl fmt::Debug for OpenIdSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", Self::PREFIX)
    }
}

/// What somebody goes to the provider for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenIdPurpose {
    /// To sign in.
    SignIn,
    /// To connect their account there with their seat. They are signed in with this session, and come back with it.
    Connect {
        /// The tenant.
        organization_id: OrganizationId,
        /// Whose seat.
        member_id: MemberId,
        /// The session that asked.
        session_id: SessionId,
    },
    /// To accept an invitation.
    Accept {
        /// The tenant.
        organization_id: OrganizationId,
        /// The invitation.
        invitation_id: InvitationId,
        /// What the secret of its link hashes to.
        secret: Digest,
    },
}

impl OpenIdPurpose {
    /// The name in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            OpenIdPurpose::SignIn => "sign_in",
            OpenIdPurpose::Connect { .. } => "connect",
            OpenIdPurpose::Accept { .. } => "accept",
        }
    }
}

/// A way to the provider and back, without its secret. It is gone once, whatever comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenIdTrip {
    /// What the secret hashes to.
    pub hash: Digest,
    /// What for.
    pub purpose: OpenIdPurpose,
    /// The page of ours that they come to afterwards.
    pub next: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl OpenIdTrip {
    /// So long may somebody take to sign in at the provider.
    pub const LIFE: SignedDuration = SignedDuration::from_mins(10);

    /// The address of a page of ours has at most so many bytes.
    pub const MAX_NEXT: usize = 1_000;

    /// One that begins now.
    pub fn new(secret: &OpenIdSecret, purpose: OpenIdPurpose, next: &str, now: Timestamp) -> Self {
        let next = if next.len() <= Self::MAX_NEXT { next } else { "" };
        Self { hash: secret.hash(), purpose, next: next.to_owned(), expires_at: now + Self::LIFE }
    }
}

/// What a provider says of somebody, in a token whose signature, issuer, audience, nonce and time were checked.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenIdClaims {
    /// Who says it.
    pub issuer: String,
    /// Whom it means: the same for ever, and different for each (at most 255 characters).
    pub subject: String,
    /// Their address, where the provider says that it is theirs.
    pub email: Option<EmailAddress>,
}

impl OpenIdClaims {
    /// Issuers and subjects are long at most.
    pub const MAX_SUBJECT: usize = 255;

    /// What the account is found by.
    pub fn hash(&self) -> Digest {
        Digest::of_parts(&[b"openid account", self.issuer.as_bytes(), self.subject.as_bytes()])
    }
}

impl fmt::Debug for OpenIdClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenIdClaims").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Leads from an account at the provider to a login: found before any organization is known, unique over all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenIdAccount {
    /// [`OpenIdClaims::hash`] of it.
    pub hash: Digest,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose seat.
    pub member_id: MemberId,
    /// The address that they have here, which the login lies under.
    pub email: EmailAddress,
}

/// That a member's seat is connected with an account at the provider. A member has one at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenIdLink {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose seat.
    pub member_id: MemberId,
    /// [`OpenIdClaims::hash`] of the account.
    pub account: Digest,
    /// The address that the account had when it was connected: so people tell accounts apart.
    pub shown: Option<EmailAddress>,
    /// When it was connected.
    pub linked_at: Timestamp,
    /// Of the login as it was made: with a password that nobody knows. None where whoever connected it had one.
    pub drawn: Option<Digest>,
    /// Counts changes, from 1.
    pub version: u64,
}

impl OpenIdLink {
    /// Whether this is the only way in: the login has the password still that was drawn for it and shown to nobody.
    pub fn is_only_way(&self, login: &Login) -> bool {
        self.drawn == Some(Self::mark(login))
    }

    /// What a login is known by, as long as it has this password.
    pub fn mark(login: &Login) -> Digest {
        Digest::of_parts(&[b"countersign drawn password", login.password_hash.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::credential::Secret;

    #[test]
    fn a_secret_reads_back_and_all_that_follows_from_it_differs() {
        let secret = OpenIdSecret::new([7; 32]);
        let text = secret.reveal();
        assert_eq!(OpenIdSecret::parse(&text), Some(secret));
        for other in ["", "cs_openid_", &text[1..], &format!("{text}0"), &text.to_uppercase()] {
            assert_eq!(OpenIdSecret::parse(other), None, "{other}");
        }
        let mut all =
            vec![text.clone(), secret.state(), secret.nonce(), secret.verifier(), secret.hash().hex()];
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 5);
        // As RFC 7636 asks for it: 43 to 128 unreserved characters.
        assert!(secret.verifier().len() == 64 && OpenIdSecret::new([8; 32]).state() != secret.state());
        assert!(Secret::parse(&text).is_err());
        assert_eq!(format!("{secret:?}"), "cs_openid_…");
    }

    #[test]
    fn accounts_of_two_issuers_are_two_and_nobody_is_printed() {
        let of = |issuer: &str, subject: &str| OpenIdClaims {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            email: EmailAddress::parse("ada@example.com").ok(),
        };
        let one = of("https://a.example", "1");
        assert_ne!(one.hash(), of("https://b.example", "1").hash());
        assert_ne!(one.hash(), of("https://a.example", "2").hash());
        assert_eq!(
            one.hash(),
            OpenIdClaims { email: None, ..one.clone() }.hash(),
            "the address is no part of it"
        );
        assert!(!format!("{one:?}").contains("ada"));
    }
}
