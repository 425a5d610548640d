//! What lets a recipient of list mail ask for no more of it (RFC 8058): a secret in the mail's `List-Unsubscribe`, and what is stored of it.
//!
//! It is no credential: it ends mail of one organization to one address, and can do nothing else. Looking at its page changes nothing,
//! however often a mail scanner does.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::base::address::EmailAddress;
use crate::base::digest::Digest;
use crate::base::secret::LinkEnd;
use crate::{InboxId, MessageId, OrganizationId};

/// What the address in `List-Unsubscribe` ends with. It names its organization and nobody else, and is stored in the sealed mail alone.
///
/// A kind of its own: nothing that asks for a token, a session or a one-time link reads it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OptOutSecret(LinkEnd);

/// A text that can't be the end of such an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no address to unsubscribe at, or is cut short or altered")]
pub struct InvalidOptOut;

impl OptOutSecret {
    /// What it begins with.
    pub const PREFIX: &'static str = "cs_leave_";
    /// What stands before it in the path of its address.
    pub const PATH: &'static str = "/unsubscribe/";

    /// Makes a secret from 32 random bytes.
    pub fn new(organization_id: OrganizationId, random: [u8; 32]) -> Self {
        Self(LinkEnd::new(organization_id, random))
    }

    /// Reads one. Only the exact form that [`Self::reveal`] writes is taken.
    pub fn parse(text: &str) -> Result<Self, InvalidOptOut> {
        LinkEnd::parse(Self::PREFIX, text).map(Self).ok_or(InvalidOptOut)
    }

    /// The one in a `List-Unsubscribe` that we wrote.
    pub fn in_header(value: &str) -> Option<Self> {
        let url = value.strip_prefix('<')?.strip_suffix('>')?;
        let (_, secret) = url.rsplit_once(Self::PATH)?;
        Self::parse(secret).ok()
    }

    /// The organization that it says it belongs to; the stored record proves it.
    pub fn organization_id(&self) -> OrganizationId {
        self.0.organization_id
    }

    /// The text itself, to be sealed into one mail.
    pub fn reveal(&self) -> String {
        self.0.reveal(Self::PREFIX)
    }

    /// What is stored of it.
    pub fn hash(&self) -> Digest {
        Digest::of(self.reveal().as_bytes())
    }

    /// Its address, below what people reach the installation under.
    pub fn url(&self, public_url: &str) -> String {
        format!("{public_url}{}{}", Self::PATH, self.reveal())
    }
}

impl fmt::Debug for OptOutSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", Self::PREFIX)
    }
}

/// Who is not written to any more where somebody uses the secret of this hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptOut {
    /// What the secret hashes to.
    pub hash: Digest,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The inbox that the mail leaves.
    pub inbox_id: InboxId,
    /// The mail.
    pub message_id: MessageId,
    /// Its one recipient.
    pub address: EmailAddress,
    /// From then on the secret leads nowhere.
    pub expires_at: Timestamp,
}

impl OptOut {
    /// It holds for so long from when the mail is asked for, which may be 300 days before it goes.
    pub const LIFE: SignedDuration = SignedDuration::from_hours(400 * 24);

    /// That of a mail to this one recipient.
    pub fn new(
        secret: &OptOutSecret,
        (inbox_id, message_id): (InboxId, MessageId),
        address: EmailAddress,
        now: Timestamp,
    ) -> Self {
        Self {
            hash: secret.hash(),
            organization_id: secret.organization_id(),
            inbox_id,
            message_id,
            address,
            expires_at: now + Self::LIFE,
        }
    }

    /// The address as it may be shown to whoever has the secret, which may have been passed on with the mail.
    pub fn masked(&self) -> String {
        let (local, domain) = self.address.as_str().rsplit_once('@').unwrap_or_default();
        let first: String = local.chars().take(1).collect();
        format!("{first}\u{2026}@{domain}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn secret(n: u8) -> OptOutSecret {
        OptOutSecret::new(OrganizationId::new(NOW, [n; 10]), [7; 32])
    }

    #[test]
    fn a_secret_reads_back_and_nothing_else_is_read() {
        let text = secret(1).reveal();
        assert_eq!(OptOutSecret::parse(&text), Ok(secret(1)));
        assert_ne!(secret(1).hash(), secret(2).hash(), "the organization is part of what is stored");
        assert!(!format!("{:?}", secret(1)).contains(&text[12..]));
        for other in [
            text.to_uppercase(),
            format!("{text}0"),
            text[..text.len() - 1].to_owned(),
            text.replace("cs_leave_", "cs_link_"),
            text.replace("cs_leave_", "cs_live_"),
            format!(" {text}"),
            String::new(),
        ] {
            assert_eq!(OptOutSecret::parse(&other), Err(InvalidOptOut), "{other}");
        }
    }

    #[test]
    fn the_address_holds_nobody_s_address_and_is_found_in_a_header() {
        let url = secret(1).url("https://mail.example.com");
        assert!(url.starts_with("https://mail.example.com/unsubscribe/cs_leave_") && !url.contains('@'));
        assert_eq!(OptOutSecret::in_header(&format!("<{url}>")), Some(secret(1)));
        for other in [url.clone(), format!("<{url}>, <mailto:a@b.test>"), format!("<{url}?x>"), "<>".into()] {
            assert_eq!(OptOutSecret::in_header(&other), None, "{other}");
        }
    }

    #[test]
    fn it_holds_for_sixty_days_after_the_last_time_that_its_mail_may_go() {
        let address = EmailAddress::parse("ann@example.org").unwrap();
        let ids = (InboxId::new(NOW, [1; 10]), MessageId::new(NOW, [1; 10]));
        let made = OptOut::new(&secret(1), ids, address, NOW);
        assert!(made.expires_at >= NOW + SignedDuration::from_hours((300 + 60) * 24));
        assert_eq!(made.masked(), "a\u{2026}@example.org");
        assert_eq!((made.hash, made.organization_id), (secret(1).hash(), secret(1).organization_id()));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_the_same(text in "(cs_leave_)?[0-9a-z]{80,100}") {
            if let Ok(secret) = OptOutSecret::parse(&text) {
                prop_assert_eq!(secret.reveal(), text);
            }
        }
    }
}
