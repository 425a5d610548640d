//! What lies beside the key logs, where nothing that writes the table can write: links that begin a log, and whose a sender is.

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use crate::OrganizationId;
use crate::base::address::EmailAddress;
use crate::base::digest::Digest;
use crate::base::id::Id as _;
use crate::people::key_log::{Scope, senders};
use crate::people::setup::SetupSecret;

/// What a link ends with that registers a key. Never printed, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyLinkSecret(String);

impl KeyLinkSecret {
    /// What it begins with.
    pub const PREFIX: &'static str = "cs_keylink_";

    /// Makes a secret from 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(format!("{}{}", Self::PREFIX, Digest::from_bytes(random).hex()))
    }

    /// Reads the end of a link. A set-up link registers a key as well.
    pub fn parse(text: &str) -> Option<Self> {
        let own = text
            .strip_prefix(Self::PREFIX)
            .and_then(|random| Digest::parse(&format!("sha256:{random}")).ok());
        (own.is_some() || SetupSecret::parse(text).is_some()).then(|| Self(text.to_owned()))
    }

    /// The text itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn hash(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }
}

impl fmt::Debug for KeyLinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", Self::PREFIX)
    }
}

/// A link that registers one key, as whoever operates the installation had it drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyLink {
    /// What its secret hashes to.
    pub hash: Digest,
    /// Of which organization. That which is made with a set-up link has its id from the link.
    pub organization_id: OrganizationId,
    /// Until when it opens something.
    pub expires_at: Timestamp,
}

impl KeyLink {
    /// It holds for so long.
    pub const LIFE: SignedDuration = SignedDuration::from_hours(24);

    /// As it is stored: two lines.
    pub fn text(&self) -> String {
        format!("organization {}\nexpires {}\n", self.organization_id, self.expires_at)
    }

    /// Reads what [`Self::text`] writes.
    pub fn read(hash: Digest, text: &str) -> Option<Self> {
        let (of, rest) = text.strip_prefix("organization ")?.split_once('\n')?;
        let organization_id = OrganizationId::parse(of).ok()?;
        let expires_at = rest.strip_prefix("expires ")?.strip_suffix('\n')?.parse().ok()?;
        Some(Self { hash, organization_id, expires_at })
    }

    /// Whether it registers a key of this organization.
    pub fn opens(&self, organization_id: OrganizationId, now: Timestamp) -> bool {
        now < self.expires_at && self.organization_id == organization_id
    }
}

/// Who alone may send from a domain or an address, in an installation of many organizations: a demand takes what it is about. It binds
/// others as long as the key log of whoever has it demands a signed vote for mail from there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Senders(BTreeMap<String, OrganizationId>);

impl Senders {
    /// So many there are at most.
    pub const MAX: usize = 10_000;
    /// So many one organization has at most.
    pub const MAX_OF_ONE: usize = 1_000;
    /// So many bytes their text has at most: an address of 320, an organization, a space and an end of the line for each.
    pub const MAX_TEXT: usize = Self::MAX * 360;

    /// A line for each: domain or address, and organization.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (sender, of) in &self.0 {
            // Writing to a text never fails.
            let _ = writeln!(text, "{sender} {of}");
        }
        text
    }

    /// Reads what [`Self::text`] writes.
    pub fn read(text: &str) -> Option<Self> {
        let one = |line: &str| {
            let (sender, of) = line.split_once(' ')?;
            Scope::sender(sender)?;
            Some((sender.to_owned(), OrganizationId::parse(of).ok()?))
        };
        let all: BTreeMap<_, _> = text.lines().map(one).collect::<Option<_>>()?;
        let read = Self(all);
        (read.0.len() <= Self::MAX && read.text() == text).then_some(read)
    }

    /// Who else has it: the address, its domain, or one that this lies below. All organizations have inboxes on the `shared` domain, so who
    /// has a domain above that has nothing of them.
    pub fn others(
        &self,
        from: &EmailAddress,
        organization_id: OrganizationId,
        shared: &str,
    ) -> Vec<OrganizationId> {
        let is_shared = from.domain().eq_ignore_ascii_case(shared);
        let looked_at = if is_shared { 2 } else { usize::MAX };
        let of = senders(from).into_iter().take(looked_at).filter_map(|sender| self.of(&sender));
        of.filter(|of| *of != organization_id).collect()
    }

    /// Whose a domain or an address is.
    pub fn of(&self, sender: &str) -> Option<OrganizationId> {
        self.0.get(sender).copied()
    }

    /// With some more, or in the place of whoever had them. None where there are too many.
    pub fn with(&self, senders: &[String], organization_id: OrganizationId) -> Option<Self> {
        let mut next = self.clone();
        next.0.extend(senders.iter().map(|sender| (sender.clone(), organization_id)));
        let own = next.0.values().filter(|of| **of == organization_id).count();
        (next.0.len() <= Self::MAX && own <= Self::MAX_OF_ONE).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn organization(n: u8) -> OrganizationId {
        OrganizationId::new(NOW, [n; 10])
    }

    #[test]
    fn a_link_reads_back_and_opens_for_its_organization_within_a_day() {
        let secret = KeyLinkSecret::new([7; 32]);
        assert_eq!(KeyLinkSecret::parse(secret.reveal()), Some(secret.clone()));
        assert!(KeyLinkSecret::parse(&SetupSecret::new([7; 32]).reveal()).is_some());
        for wrong in
            ["", "cs_keylink_", "cs_session_00", &secret.reveal()[1..], &secret.reveal().to_uppercase()]
        {
            assert_eq!(KeyLinkSecret::parse(wrong), None, "{wrong}");
        }
        assert_eq!(format!("{secret:?}"), "cs_keylink_…");
        let end = NOW + KeyLink::LIFE;
        let link = KeyLink { hash: secret.hash(), organization_id: organization(1), expires_at: end };
        assert_eq!(KeyLink::read(secret.hash(), &link.text()), Some(link));
        assert!(link.opens(organization(1), NOW) && !link.opens(organization(1), end));
        assert!(!link.opens(organization(2), NOW));
        let one = format!("organization {}\n", organization(1));
        for wrong in
            ["", &one, "organization any\nexpires 1970-01-01T00:00:00Z\n", &format!("{one}expires x\n")]
        {
            assert_eq!(KeyLink::read(secret.hash(), wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_sender_is_of_whoever_took_it_last() {
        let none = Senders::default();
        let with = |all: &Senders, sender: &str, n| all.with(&[sender.to_owned()], organization(n));
        let all = with(&with(&none, "a.example", 1).unwrap(), "x@b.example", 2).unwrap();
        assert_eq!(Senders::read(&all.text()), Some(all.clone()));
        let foreign = |from: &str, n| {
            !all.others(&EmailAddress::parse(from).unwrap(), organization(n), "mail.a.example").is_empty()
        };
        assert!(foreign("Any@A.example", 2) && !foreign("any@a.example", 1));
        assert!(foreign("x@B.example", 1) && !foreign("y@b.example", 1));
        assert!(!foreign("any@mail.A.example", 2), "where everybody has inboxes");
        assert!(foreign("any@pay.A.example", 2) && !foreign("any@ba.example", 2));
        assert_eq!(with(&all, "a.example", 2).unwrap().of("a.example"), Some(organization(2)));
        assert_eq!(with(&all, "a.example", 1), Some(all.clone()));
        let many: Vec<_> = (0..=Senders::MAX_OF_ONE).map(|n| format!("n{n}.example")).collect();
        assert!(
            all.with(&many, organization(3)).is_none() && all.with(&many[1..], organization(3)).is_some()
        );
        for wrong in ["a.example", "A.example org_1", "a.example  x\n", &all.text()[1..]] {
            assert_eq!(Senders::read(wrong), None, "{wrong}");
        }
        assert_eq!(Senders::read(""), Some(none));
    }
}
