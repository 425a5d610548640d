//! A sign-in of which the password was right and the second factor is still to be shown: for a page that asks for it on a second form,
//! and must not hold the password meanwhile.

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::base::secret::{LinkEnd, ends_a_link};
use crate::people::credential::Login;
use crate::{MemberId, OrganizationId};

/// What a browser shows to go on with a sign-in. Never printed, never stored. It is no credential: it opens nothing without a code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PendingSecret(LinkEnd);

ends_a_link!(PendingSecret: LinkEnd, "cs_pending_", form b"countersign pending form");

impl PendingSecret {
    /// Makes a secret from 32 random bytes.
    pub fn new(organization_id: OrganizationId, random: [u8; 32]) -> Self {
        Self(LinkEnd::new(organization_id, random))
    }
}

/// Such a sign-in, without its secret. It is used once, by the code that opens the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingSignIn {
    /// What the secret hashes to.
    pub hash: Digest,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose seat.
    pub member_id: MemberId,
    /// Of the login as it was when its password was shown: another password ends this.
    pub login: Digest,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl PendingSignIn {
    /// So long may somebody look for their authenticator.
    pub const LIFE: SignedDuration = SignedDuration::from_mins(5);

    /// Of somebody who showed the right password.
    pub fn new(secret: &PendingSecret, login: &Login, now: Timestamp) -> Self {
        Self {
            hash: secret.hash(),
            organization_id: login.organization_id,
            member_id: login.member_id,
            login: Self::mark(login),
            expires_at: now + Self::LIFE,
        }
    }

    /// Whether a code may still follow the password that was shown.
    pub fn goes_on(&self, login: &Login, now: Timestamp) -> bool {
        now < self.expires_at && self.login == Self::mark(login) && self.member_id == login.member_id
    }

    fn mark(login: &Login) -> Digest {
        Digest::of_parts(&[b"countersign pending login", login.password_hash.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UserId;
    use crate::base::address::EmailAddress;
    use crate::people::credential::Secret;

    fn login(password_hash: &str) -> Login {
        let at = Timestamp::UNIX_EPOCH;
        Login {
            user_id: UserId::new(at, [1; 10]),
            email: EmailAddress::parse("a@example.com").unwrap(),
            password_hash: password_hash.to_owned(),
            organization_id: OrganizationId::new(at, [1; 10]),
            member_id: MemberId::new(at, [1; 10]),
        }
    }

    #[test]
    fn it_ends_after_five_minutes_and_with_the_password() {
        let now = Timestamp::UNIX_EPOCH;
        let secret = PendingSecret::new(login("one").organization_id, [7; 32]);
        let pending = PendingSignIn::new(&secret, &login("one"), now);
        let end = now + PendingSignIn::LIFE;
        assert!(pending.goes_on(&login("one"), end - SignedDuration::from_millis(1)));
        assert!(!pending.goes_on(&login("one"), end) && !pending.goes_on(&login("two"), now));
    }

    #[test]
    fn its_secret_reads_back_is_not_printed_and_is_no_session() {
        let secret = PendingSecret::new(login("").organization_id, [7; 32]);
        let text = secret.reveal();
        assert_eq!(PendingSecret::parse(&text), Some(secret));
        assert!(PendingSecret::parse(&format!("{text}0")).is_none());
        assert!(Secret::parse(&text).is_err() && Secret::parse(&secret.form_token()).is_err());
        assert_eq!(format!("{secret:?}"), "cs_pending_…");
    }
}
