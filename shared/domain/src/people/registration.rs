//! Signing up: an organization is made by whoever asks for one, and belongs to nobody until the person at an address has claimed it.
//!
//! The secret of the claim's link is drawn by whoever mails it, and its hash lies in the registration: a later mail puts another in its
//! place. Until it is claimed nobody can sign in to the organization, so nobody decides there, and nothing leaves it.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

use crate::base::address::EmailAddress;
use crate::base::digest::Digest;
use crate::base::secret::{LinkEnd, ends_a_link};
use crate::{InboxId, MemberId, OrganizationId, TokenId};

/// Whether whoever likes may make an organization: what an operator decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignUp {
    /// Nobody does: people are invited.
    #[default]
    Invite,
    /// Anybody does, within bounds.
    Open,
}

impl SignUp {
    /// As `template.yaml` has it. Whatever is not `open` is closed.
    pub fn parse(text: &str) -> Self {
        if text == "open" { SignUp::Open } else { SignUp::Invite }
    }
}

/// What the link of a claim ends with. Never printed, never stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClaimSecret(LinkEnd);

ends_a_link!(ClaimSecret: LinkEnd, "cs_claim_", form b"countersign claim form");

impl ClaimSecret {
    /// Makes a secret from 32 random bytes.
    pub fn new(organization_id: OrganizationId, random: [u8; 32]) -> Self {
        Self(LinkEnd::new(organization_id, random))
    }
}

/// That an organization was asked for: one of each organization that was made so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The organization.
    pub organization_id: OrganizationId,
    /// Who is to own it: the link goes there, and they sign in with it then.
    pub email: EmailAddress,
    /// The seat that is theirs once they claimed it.
    pub member_id: MemberId,
    /// The inbox that was made with it, where a program asked.
    pub inbox_id: Option<InboxId>,
    /// The token that was made with it, where a program asked.
    pub token_id: Option<TokenId>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Until when it can be claimed.
    pub expires_at: Timestamp,
    /// What the secret of the last mail hashes to; none until that mail is sent.
    pub secret: Option<Digest>,
    /// So many mails were asked for.
    pub mails: u32,
    /// What became of it.
    pub end: Option<RegistrationEnd>,
    /// Counts changes, from 1.
    pub version: u64,
}

/// What became of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationEnd {
    /// Somebody is the owner since then.
    Claimed(Timestamp),
    /// Nobody came, and since then the organization is no more.
    Expired(Timestamp),
}

/// Why a link claims nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimClosed {
    /// It is not the link of the last mail. Whoever has another learns no more.
    #[error("is not the link of the last mail")]
    Unknown,
    /// The organization has its owner.
    #[error("was used")]
    Used,
    /// Its time is over.
    #[error("has expired")]
    Expired,
}

impl Registration {
    /// It can be claimed for so long.
    pub const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
    /// What is left of one that came to an end is kept for so long, so that its page can say so.
    pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
    /// So many mails with a link are sent of one.
    pub const MAILS: u32 = 4;
    /// So many mails a day its organization may ask for while nobody has claimed it.
    pub const SENDS_PER_DAY: u64 = 20;

    /// Whether a secret that hashes to this claims it. Who has no link that was mailed is told nothing, so that comes first.
    pub fn opens(&self, secret: Digest, now: Timestamp) -> Result<(), ClaimClosed> {
        if !self.secret.is_some_and(|known| known.is(&secret)) {
            return Err(ClaimClosed::Unknown);
        }
        match self.end {
            Some(RegistrationEnd::Claimed(_)) => Err(ClaimClosed::Used),
            Some(RegistrationEnd::Expired(_)) => Err(ClaimClosed::Expired),
            None if now >= self.expires_at => Err(ClaimClosed::Expired),
            None => Ok(()),
        }
    }

    /// To be mailed once more: the link of the mail before holds no more. Its time stays. None where it had its mails, or came to an end.
    #[must_use]
    pub fn again(&self, now: Timestamp) -> Option<Self> {
        let waits = self.end.is_none() && now < self.expires_at && self.mails < Self::MAILS;
        waits.then(|| Self { mails: self.mails + 1, secret: None, ..self.clone() })
    }

    /// When somebody has to look whether it was claimed; never once it came to an end.
    pub fn look_at(&self) -> Option<Timestamp> {
        self.end.is_none().then_some(self.expires_at)
    }

    /// After its end.
    #[must_use]
    pub fn ended(&self, end: RegistrationEnd) -> Self {
        Self { end: Some(end), ..self.clone() }
    }
}

/// What is counted of registrations before anything is looked at. Each count is of a window of time, aligned to 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bound {
    /// Those that came from an address of the network, by the hour.
    Client,
    /// Those for one owner, by the day.
    Owner,
    /// Those for one owner that nobody claimed, by the week, which is as long as they live: claiming one forgives the others of its week.
    Unclaimed,
}

impl Bound {
    /// All there are.
    pub const ALL: [Bound; 3] = [Bound::Client, Bound::Owner, Bound::Unclaimed];

    /// The name in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Bound::Client => "client",
            Bound::Owner => "owner",
            Bound::Unclaimed => "unclaimed",
        }
    }

    /// So many are taken within a window.
    pub const fn limit(self) -> u64 {
        match self {
            Bound::Client => 20,
            Bound::Owner => 3,
            Bound::Unclaimed => 5,
        }
    }

    /// How long a window is.
    pub const fn length(self) -> SignedDuration {
        SignedDuration::from_hours(match self {
            Bound::Client => 1,
            Bound::Owner => 24,
            Bound::Unclaimed => 7 * 24,
        })
    }

    /// The window of this time.
    pub fn window(self, now: Timestamp) -> BoundWindow {
        let length = self.length().as_secs();
        let begun = now.as_second().div_euclid(length) * length;
        BoundWindow { bound: self, begins_at: Timestamp::from_second(begun).unwrap_or(now) }
    }
}

/// A window within which registrations are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoundWindow {
    /// What is counted.
    pub bound: Bound,
    /// When it began.
    pub begins_at: Timestamp,
}

impl BoundWindow {
    /// When the next begins.
    pub fn ends_at(self) -> Timestamp {
        self.begins_at + self.bound.length()
    }
}

/// What stands for whoever is to own an organization, where that is counted.
pub fn owner_hash(email: &EmailAddress) -> Digest {
    Digest::of_parts(&[b"registration owner", email.mailbox_key().as_bytes()])
}

/// What stands for where a request came from: the address, or of IPv6 its first 64 bits, since a household has as many addresses as it
/// likes behind these (RFC 6177). All that say none are one.
pub fn client_hash(address: Option<IpAddr>) -> Digest {
    let name = match address {
        None => "none".to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            let network = || format!("{a:x}:{b:x}:{c:x}:{d:x}");
            address.to_ipv4_mapped().map_or_else(network, |address| address.to_string())
        }
    };
    Digest::of_parts(&[b"registration client", name.as_bytes()])
}

/// The name of an inbox after the name of its organization, with something made up behind it, so that nobody takes names ahead of others.
pub fn inbox_name(organization: &str, made_up: &str) -> String {
    let mut name = String::new();
    for c in organization.chars() {
        if name.len() >= 32 {
            break;
        }
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { made_up.to_owned() } else { format!("{name}-{made_up}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::credential::{InvalidSecret, Secret};
    use crate::people::reset::ResetSecret;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn secret(n: u8) -> ClaimSecret {
        ClaimSecret::new(OrganizationId::new(NOW, [1; 10]), [n; 32])
    }

    fn registration() -> Registration {
        Registration {
            organization_id: OrganizationId::new(NOW, [1; 10]),
            email: EmailAddress::parse("ann@example.com").unwrap(),
            member_id: MemberId::new(NOW, [2; 10]),
            inbox_id: None,
            token_id: None,
            created_at: NOW,
            expires_at: NOW + Registration::LIFE,
            secret: Some(secret(1).hash()),
            mails: 1,
            end: None,
            version: 1,
        }
    }

    #[test]
    fn a_secret_reads_back_and_is_nothing_else() {
        let text = secret(7).reveal();
        let read = ClaimSecret::parse(&text).unwrap();
        assert_eq!((read.organization_id(), read.hash()), (registration().organization_id, secret(7).hash()));
        assert_eq!(Secret::parse(&text), Err(InvalidSecret::Prefix));
        assert_eq!(ResetSecret::parse(&text), None);
        assert_eq!(format!("{read:?}"), "cs_claim_…");
        for altered in ["", &text[1..], &format!("{text}0"), &text.to_uppercase()] {
            assert_eq!(ClaimSecret::parse(altered), None, "{altered}");
        }
    }

    #[test]
    fn the_link_of_the_last_mail_claims_it_once_for_seven_days() {
        let (known, own) = (registration(), secret(1).hash());
        let last = known.expires_at - SignedDuration::from_millis(1);
        assert_eq!((known.opens(own, NOW), known.opens(own, last)), (Ok(()), Ok(())));
        assert_eq!(known.opens(secret(2).hash(), NOW), Err(ClaimClosed::Unknown));
        assert_eq!(known.opens(own, known.expires_at), Err(ClaimClosed::Expired));
        let claimed = known.ended(RegistrationEnd::Claimed(NOW));
        assert_eq!((claimed.opens(own, last), claimed.look_at()), (Err(ClaimClosed::Used), None));
        let expired = known.ended(RegistrationEnd::Expired(last));
        assert_eq!(expired.opens(own, NOW), Err(ClaimClosed::Expired));
        let again = known.again(last).unwrap();
        assert_eq!((again.opens(own, last), again.expires_at), (Err(ClaimClosed::Unknown), known.expires_at));
    }

    #[test]
    fn it_is_mailed_a_few_times() {
        let mut known = registration();
        let mut sent = 1;
        while let Some(again) = known.again(NOW) {
            (known, sent) = (again, sent + 1);
        }
        assert_eq!(sent, Registration::MAILS);
        assert_eq!(registration().again(known.expires_at), None);
        assert_eq!(registration().ended(RegistrationEnd::Claimed(NOW)).again(NOW), None);
    }

    #[test]
    fn windows_follow_each_other_and_are_told_apart() {
        for bound in Bound::ALL {
            let window = bound.window(NOW + SignedDuration::from_mins(5));
            assert_eq!((window.begins_at, window.ends_at()), (NOW, NOW + bound.length()));
            assert_eq!(bound.window(window.ends_at()).begins_at, window.ends_at());
        }
    }

    #[test]
    fn a_household_is_one_client() {
        let hash = |text: &str| client_hash(Some(text.parse().unwrap()));
        assert_eq!(hash("2001:db8:1:2:3:4:5:6"), hash("2001:db8:1:2::9"));
        assert_ne!(hash("2001:db8:1:2::9"), hash("2001:db8:1:3::9"));
        assert_eq!(hash("::ffff:192.0.2.1"), hash("192.0.2.1"));
        assert_ne!(hash("192.0.2.1"), hash("192.0.2.2"));
        assert_ne!(hash("192.0.2.1"), client_hash(None));
    }

    #[test]
    fn the_name_of_an_inbox_follows_that_of_the_organization() {
        for (organization, name) in [
            ("Lamps & Co", "lamps-co-x1"),
            ("  ", "x1"),
            ("Ünïcode", "n-code-x1"),
            ("postmaster", "postmaster-x1"),
            ("a@b.example", "a-b-example-x1"),
            (&"long ".repeat(20), "long-long-long-long-long-long-lo-x1"),
        ] {
            assert_eq!(inbox_name(organization, "x1"), name, "{organization:?}");
        }
    }
}
