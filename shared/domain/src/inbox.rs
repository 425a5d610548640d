//! Addresses that send and receive.

use jiff::Timestamp;

use crate::address::{EmailAddress, HeaderText, Mailbox};
use crate::organization::Pause;
use crate::{InboxId, OrganizationId};

/// An address that sends and receives on a domain of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    /// Its id.
    pub id: InboxId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Its address.
    pub address: EmailAddress,
    /// The name that recipients see.
    pub display_name: Option<HeaderText>,
    /// Whether its mail is held back.
    pub paused: Option<Pause>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Inbox {
    /// The `From` of what it sends.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox { name: self.display_name.clone(), address: self.address.clone() }
    }
}

/// The local part that Countersign's own notifications come from: who could send from it could imitate them.
pub const NOTIFICATIONS: &str = "notifications";

/// Local parts that no inbox may take: RFC 2142, and what SES and mail servers use themselves.
pub const RESERVED_USERNAMES: &[&str] = &[
    "abuse",
    "hostmaster",
    "mailer-daemon",
    "noc",
    "no-reply",
    "noreply",
    NOTIFICATIONS,
    "postmaster",
    "root",
    "security",
    "webmaster",
];

/// Why a name can't be an inbox's local part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUsername {
    /// Characters or length.
    #[error("must be 1 to 64 characters of a-z 0-9 . _ - and begin and end with a letter or digit")]
    Malformed,
    /// On the list of names that mean something to mail servers.
    #[error("is reserved")]
    Reserved,
}

/// The address of a new inbox. `username` is lower-cased.
pub fn new_address(username: &str, domain: &str) -> Result<EmailAddress, InvalidUsername> {
    let name = username.to_ascii_lowercase();
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = name.as_bytes();
    let ends = bytes.first().copied().is_some_and(plain) && bytes.last().copied().is_some_and(plain);
    if !ends || !bytes.iter().all(|b| plain(*b) || b"._-".contains(b)) {
        return Err(InvalidUsername::Malformed);
    }
    if RESERVED_USERNAMES.contains(&name.as_str()) {
        return Err(InvalidUsername::Reserved);
    }
    EmailAddress::parse(&format!("{name}@{domain}")).map_err(|_| InvalidUsername::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("Postmaster", InvalidUsername::Reserved),
        ] {
            assert_eq!(new_address(name, "m.example"), Err(why), "{name:?}");
        }
    }
}
