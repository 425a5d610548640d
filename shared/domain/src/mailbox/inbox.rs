//! Addresses that send and receive.

use jiff::{SignedDuration, Timestamp};

use crate::base::address::{EmailAddress, HeaderText, Mailbox};
use crate::mailbox::account::{Provider, Transport};
use crate::people::organization::Pause;
use crate::{DomainId, InboxId, OrganizationId};

/// An address that sends and receives on a domain of ours, or that of a connected account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    /// Its id.
    pub id: InboxId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Its address.
    pub address: EmailAddress,
    /// The organization's domain that it is on; none where that is the installation's.
    pub domain_id: Option<DomainId>,
    /// The name that recipients see.
    pub display_name: Option<HeaderText>,
    /// Whether its mail is held back.
    pub paused: Option<Pause>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whose account it is that its mail leaves through; none where it is an address of ours.
    pub provider: Option<Provider>,
}

/// A deleted inbox whose mail is still being deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purge {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// When somebody must look after it.
    pub look_at: Timestamp,
    /// Counts changes.
    pub version: u64,
}

impl Purge {
    /// What began before the inbox was deleted has ended so long after it: then nothing is filed in it any more.
    pub const SETTLES: SignedDuration = SignedDuration::from_hours(1);

    /// Of an inbox that is deleted now.
    pub fn of(inbox: &Inbox, now: Timestamp) -> Self {
        let Inbox { id, organization_id, .. } = *inbox;
        Self { organization_id, inbox_id: id, deleted_at: now, look_at: now, version: 1 }
    }

    /// What follows where nothing of it was found: it is looked at once more when it has settled, and then no more.
    #[must_use]
    pub fn empty(self, now: Timestamp) -> Option<Self> {
        let settled = self.deleted_at + Self::SETTLES;
        (now < settled).then_some(Self { look_at: settled, ..self })
    }
}

/// The inbox that a mail leaves, as policies know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Its id.
    pub id: InboxId,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Inbox {
    /// Through what its mail leaves.
    pub fn transport(&self) -> Transport {
        self.provider.map_or(Transport::Ses, |provider| Transport::Account(provider, self.id.account_id()))
    }

    /// What policies know of it.
    pub fn origin(&self) -> Origin {
        Origin { id: self.id, created_at: self.created_at }
    }

    /// The `From` of what it sends.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox { name: self.display_name.clone(), address: self.address.clone() }
    }
}

/// The local part that Countersign's own notifications come from: who could send from it could imitate them.
pub const NOTIFICATIONS: &str = "notifications";

/// Names that no inbox may take, written without dots, hyphens and underscores: a person reads `post.master` as `postmaster`.
///
/// Three kinds, and no more: names that sound official but that nobody acts upon are free.
pub const RESERVED_USERNAMES: &[&str] = &[
    // RFC 2142: business functions, networks, services, and the two that its introduction and section 6 mention.
    "abuse",
    "ftp",
    "hostmaster",
    "info",
    "listserv",
    "majordomo",
    "marketing",
    "news",
    "noc",
    "postmaster",
    "sales",
    "security",
    "support",
    "trouble",
    "usenet",
    "uucp",
    "webmaster",
    "www",
    // Whoever reads their mail gets a certificate for the domain: the first two, with three of the above, by the Baseline
    // Requirements of the CA/Browser Forum (3.2.2.4.4), the others because authorities have taken them in the past.
    "admin",
    "administrator",
    "it",
    "is",
    "mis",
    "root",
    "ssladmin",
    "ssladministrator",
    "sslwebmaster",
    "sysadmin",
    // What people and programs take for the mail system or for Countersign itself.
    "bounce",
    "bounces",
    "countersign",
    "daemon",
    "donotreply",
    "mailerdaemon",
    "noreply",
    NOTIFICATIONS,
    "system",
];

/// Behind the name of a mailing list, the address of whoever runs it (RFC 2142, section 6).
const LIST_OWNER: &str = "request";
/// Names of business functions (RFC 2142, section 3): who has the domain to themselves may be reached under them, and no tenant of the
/// installation's domain may speak for all.
const BUSINESS: [&str; 4] = ["info", "marketing", "sales", "support"];

/// Whose domain an inbox is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainOf {
    /// The installation's, which all organizations share.
    Installation,
    /// One that its organization proved to be its own.
    Organization,
}

/// Whether a name in lower case means something to mail servers, to certificate authorities or to people.
fn is_reserved(name: &str, of: DomainOf) -> bool {
    let folded: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    // The mailbox of an autonomous system (RFC 2142, section 8), such as `as3333`.
    let network =
        folded.strip_prefix("as").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    // `list-request`, however the two are parted; `request` alone is a word.
    let list = name.strip_suffix(LIST_OWNER).is_some_and(|list| list.ends_with(['-', '.', '_']));
    let numbered = folded.trim_end_matches(|c: char| c.is_ascii_digit());
    let notifies = [NOTIFICATIONS, NOTIFICATIONS.trim_end_matches('s')].contains(&numbered);
    let own = of == DomainOf::Organization && BUSINESS.contains(&folded.as_str());
    (RESERVED_USERNAMES.contains(&folded.as_str()) && !own) || list || notifies || network
}

/// Why a name can't be an inbox's local part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUsername {
    /// Characters or length.
    #[error("must be 1 to 64 characters of a-z 0-9 . _ - and begin and end with a letter or digit")]
    Malformed,
    /// It means something to mail servers, to certificate authorities or to people.
    #[error(
        "is reserved: mail systems, certificate authorities or people take it for somebody in charge of the domain"
    )]
    Reserved,
}

/// The address of a new inbox. `username` is lower-cased. There is no `+` in it: a tag behind a name is an address of its own,
/// which nobody can have.
pub fn new_address(username: &str, domain: &str, of: DomainOf) -> Result<EmailAddress, InvalidUsername> {
    let name = username.to_ascii_lowercase();
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = name.as_bytes();
    let ends = bytes.first().copied().is_some_and(plain) && bytes.last().copied().is_some_and(plain);
    if !ends || !bytes.iter().all(|b| plain(*b) || b"._-".contains(b)) {
        return Err(InvalidUsername::Malformed);
    }
    if is_reserved(&name, of) {
        return Err(InvalidUsername::Reserved);
    }
    EmailAddress::parse(&format!("{name}@{domain}")).map_err(|_| InvalidUsername::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_address(username: &str, domain: &str) -> Result<EmailAddress, InvalidUsername> {
        super::new_address(username, domain, DomainOf::Installation)
    }

    #[test]
    fn usernames() {
        assert_eq!(new_address("Agent-1", "m.example").unwrap().as_str(), "agent-1@m.example");
        for (name, why) in [
            ("", InvalidUsername::Malformed),
            ("a b", InvalidUsername::Malformed),
            (".a", InvalidUsername::Malformed),
            ("a..b", InvalidUsername::Malformed),
            ("a@b", InvalidUsername::Malformed),
            ("é", InvalidUsername::Malformed),
            ("admin+1", InvalidUsername::Malformed),
            ("Postmaster", InvalidUsername::Reserved),
        ] {
            assert_eq!(new_address(name, "m.example"), Err(why), "{name:?}");
        }
    }

    #[test]
    fn names_that_speak_for_the_domain_are_reserved_however_they_are_written() {
        // RFC 2142, sections 3 to 5 and 7.
        let rfc_2142 = "info marketing sales support abuse noc security postmaster hostmaster usenet news webmaster www uucp ftp";
        // CA/Browser Forum, Baseline Requirements, 3.2.2.4.4.
        let certificates = "admin administrator webmaster hostmaster postmaster";
        let ours = "notifications mailer-daemon no-reply noreply do-not-reply root ssl-admin";
        for name in [rfc_2142, certificates, ours].join(" ").split(' ') {
            let (first, rest) = name.split_at(1);
            for form in [
                name.to_owned(),
                name.to_ascii_uppercase(),
                format!("{}{rest}", first.to_ascii_uppercase()),
                format!("{first}.{rest}"),
                format!("{first}-{rest}"),
                format!("{first}__{rest}"),
            ] {
                assert_eq!(new_address(&form, "m.example"), Err(InvalidUsername::Reserved), "{form}");
            }
        }
        for name in ["orders-request", "a.list-REQUEST", "as3333", "AS-1"] {
            assert_eq!(new_address(name, "m.example"), Err(InvalidUsername::Reserved), "{name}");
        }
        for name in [
            "administration",
            "sales-eu",
            "it-agent",
            "request",
            "ask",
            "as",
            "as-is",
            "newsroom",
            "supporter",
        ] {
            assert!(new_address(name, "m.example").is_ok(), "{name}");
        }
        // On a domain of its own an organization is reached under names of business functions, and under no other of these.
        for name in RESERVED_USERNAMES {
            let own = super::new_address(name, "shop.example", DomainOf::Organization).is_ok();
            assert_eq!(own, BUSINESS.contains(name), "{name}");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase()), "{name} is not written as it is compared");
        }
    }
}
