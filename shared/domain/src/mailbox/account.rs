//! Connected accounts: mailboxes and sending providers that people have elsewhere.
//!
//! An account has an inbox of the same bits, `inb_x` of `acc_x`, in which its mails lie. So whatever is done with inboxes is done with
//! accounts as well, and a mail that leaves through an account passes the same gate.

use std::fmt;
use std::num::NonZeroU32;

use jiff::Timestamp;

use crate::base::address::EmailAddress;
use crate::base::id::Id as _;
use crate::base::named::named;
use crate::mailbox::mail_server::MailServer;
use crate::{AccountId, InboxId, MemberId, OrganizationId};

named! {
    /// Who sends what leaves through an account.
    Provider {
        /// <https://resend.com>
        Resend = "resend";
        /// <https://sendgrid.com>
        SendGrid = "sendgrid";
        /// <https://www.mailgun.com>
        Mailgun = "mailgun";
        /// <https://www.brevo.com>
        Brevo = "brevo";
        /// A mail server that takes mail from whoever shows a password (RFC 6409).
        Smtp = "smtp";
    }
}

impl Provider {
    /// As it calls itself.
    pub const fn name(self) -> &'static str {
        match self {
            Provider::Resend => "Resend",
            Provider::SendGrid => "SendGrid",
            Provider::Mailgun => "Mailgun",
            Provider::Brevo => "Brevo",
            Provider::Smtp => "SMTP",
        }
    }

    /// Whether it takes a mail byte for byte. Others take fields, and write the mail themselves.
    pub const fn takes_mime(self) -> bool {
        matches!(self, Provider::Mailgun | Provider::Smtp)
    }

    /// Whether it is a server that somebody names, entered by a name and a password; others have one place, and keys.
    pub const fn has_server(self) -> bool {
        matches!(self, Provider::Smtp)
    }

    /// So many calls a second go to it from one account. Resend takes two of a team (<https://resend.com/docs/api-reference/rate-limit>), and of
    /// somebody's own server nobody knows; others take more than anybody here needs, and say so by `429` where they don't.
    pub const fn calls_a_second(self) -> NonZeroU32 {
        const FEW: NonZeroU32 = NonZeroU32::MIN.saturating_add(1);
        const MANY: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
        match self {
            Provider::Resend | Provider::Smtp => FEW,
            Provider::SendGrid | Provider::Mailgun | Provider::Brevo => MANY,
        }
    }

    /// Whether it keeps data of its customers in one of two regions, under hosts of their own.
    pub const fn has_regions(self) -> bool {
        matches!(self, Provider::SendGrid | Provider::Mailgun)
    }
}

named! {
    /// Where a provider keeps data of its customers.
    Region {
        /// The United States.
        Us = "us";
        /// The European Union.
        Eu = "eu";
    }
}

named! {
    /// Why nothing leaves through an account.
    Trouble {
        /// The provider takes its key no more, or gave it fewer rights.
        CredentialsRefused = "credentials_refused";
        /// Its key does not open here: another has to be given.
        CredentialsUnreadable = "credentials_unreadable";
        /// Nothing is left of what is paid for at the provider.
        QuotaReached = "quota_reached";
        /// The provider has not activated the account, or has suspended it.
        AccountNotActive = "account_not_active";
        /// The account takes calls from listed addresses of the network alone.
        IpNotAuthorized = "ip_not_authorized";
        /// The certificate of the mail server has ended, or is not one for its name.
        CertificateRefused = "certificate_refused";
    }
}

/// How an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStatus {
    /// It is in use.
    Active,
    /// The provider refused it the last time. Mail that waits is tried again all the same.
    Error {
        /// Why.
        why: Trouble,
        /// Since when.
        since: Timestamp,
    },
}

impl AccountStatus {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            AccountStatus::Active => "active",
            AccountStatus::Error { .. } => "error",
        }
    }
}

/// A connected account.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose it is.
    pub provider: Provider,
    /// Where the provider keeps its data.
    pub region: Region,
    /// The server, where it has one of its own.
    pub server: Option<MailServer>,
    /// The address that it sends from.
    pub address: EmailAddress,
    /// How it stands.
    pub status: AccountStatus,
    /// The provider's key or password, sealed.
    pub sealed_secret: Vec<u8>,
    /// The last four characters of that key; nothing of a password, or where it is too short for any to be shown.
    pub last_four: String,
    /// Who connected it.
    pub connected_by: MemberId,
    /// When.
    pub created_at: Timestamp,
    /// Counts changes.
    pub version: u64,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, provider, region, status, version, .. } = self;
        f.debug_struct("Account")
            .field("id", id)
            .field("provider", provider)
            .field("region", region)
            .field("status", status)
            .field("version", version)
            .finish_non_exhaustive()
    }
}

/// Keys of providers have at most so many characters; the longest that any of them gives today has 90.
pub const MAX_KEY: usize = 500;
/// Keys of providers have at least so many characters: of a shorter one the last four would say too much.
pub const MIN_KEY: usize = 16;

impl Account {
    /// What is shown of a key: of one shorter than [`MIN_KEY`] nothing, and of a password that a person may have thought of.
    pub fn last_four(provider: Provider, key: &str) -> String {
        if provider.has_server() || key.chars().count() < MIN_KEY {
            return String::new();
        }
        let start = key.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        key[start..].to_owned()
    }

    /// What people call where its mail leaves: the host of its own server, or the provider.
    pub fn outside(&self) -> &str {
        self.server.as_ref().map_or(self.provider.name(), MailServer::host)
    }

    /// The account after the provider refused its key, where that is news.
    #[must_use]
    pub fn refused(&self, why: Trouble, now: Timestamp) -> Option<Self> {
        match self.status {
            AccountStatus::Error { why: known, .. } if known == why => None,
            _ => Some(Self { status: AccountStatus::Error { why, since: now }, ..self.clone() }),
        }
    }

    /// The account after the provider took its key, where that is news.
    #[must_use]
    pub fn taken(&self) -> Option<Self> {
        (self.status != AccountStatus::Active).then(|| Self { status: AccountStatus::Active, ..self.clone() })
    }

    /// Whether its mail server, which let nobody in, is not asked again now. Each mail that waits would try the password a hundred times a
    /// day, and servers lock out whoever fails so often: they are asked in one minute of each half hour. A new password, or a test that
    /// goes, ends that.
    pub fn is_left_alone(&self, now: Timestamp) -> bool {
        match self.status {
            AccountStatus::Error { why: Trouble::CredentialsRefused, since } if self.server.is_some() => {
                now.duration_since(since).as_secs().rem_euclid(30 * 60) >= 60
            }
            _ => false,
        }
    }

    /// What events tell of it.
    pub fn notice(&self) -> AccountNotice {
        let Self { id, provider, status, .. } = *self;
        AccountNotice { id, provider, status }
    }
}

/// An account, as events tell of it: no word of whose mail it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountNotice {
    /// Its id.
    pub id: AccountId,
    /// Whose it is.
    pub provider: Provider,
    /// How it stands.
    pub status: AccountStatus,
}

impl AccountId {
    /// The inbox in which its mails lie.
    pub fn inbox_id(self) -> InboxId {
        InboxId::from_bits(self.bits())
    }
}

impl InboxId {
    /// The account whose inbox it is, where it is one's.
    pub fn account_id(self) -> AccountId {
        AccountId::from_bits(self.bits())
    }
}

/// Through what a mail leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// SES in the installation's own AWS account.
    Ses,
    /// A connected account.
    Account(Provider, AccountId),
}

impl Transport {
    /// The provider of the account, where it is one.
    pub const fn provider(self) -> Option<Provider> {
        match self {
            Transport::Ses => None,
            Transport::Account(provider, _) => Some(provider),
        }
    }

    /// Reads what [`fmt::Display`] writes, and nothing else.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "ses" {
            return Some(Transport::Ses);
        }
        let (provider, id) = text.split_once(' ')?;
        Some(Transport::Account(Provider::parse(provider)?, AccountId::parse(id).ok()?))
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Transport::Ses => f.write_str("ses"),
            Transport::Account(provider, id) => write!(f, "{} {id}", provider.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account {
            id: AccountId::new(Timestamp::UNIX_EPOCH, [3; 10]),
            organization_id: OrganizationId::new(Timestamp::UNIX_EPOCH, [1; 10]),
            provider: Provider::Resend,
            region: Region::Us,
            server: None,
            address: EmailAddress::parse("hello@example.com").unwrap(),
            status: AccountStatus::Active,
            sealed_secret: b"sealed".to_vec(),
            last_four: "wxyz".to_owned(),
            connected_by: MemberId::new(Timestamp::UNIX_EPOCH, [2; 10]),
            created_at: Timestamp::UNIX_EPOCH,
            version: 1,
        }
    }

    #[test]
    fn an_account_and_its_inbox_have_the_same_bits() {
        let id = account().id;
        assert_eq!(id.inbox_id().body(), id.body());
        assert_eq!(id.inbox_id().account_id(), id);
    }

    #[test]
    fn a_transport_is_read_as_it_is_written() {
        let id = account().id;
        let all = Provider::ALL.iter().map(|provider| Transport::Account(*provider, id));
        for transport in all.chain([Transport::Ses]) {
            assert_eq!(Transport::parse(&transport.to_string()), Some(transport));
        }
        for text in ["", "SES", "ses ", "resend", "resend ", &format!("resend  {id}"), &format!("ses {id}")] {
            assert_eq!(Transport::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_refusal_is_news_once_and_so_is_its_end() {
        let now = Timestamp::UNIX_EPOCH;
        let refused = account().refused(Trouble::CredentialsRefused, now).unwrap();
        assert_eq!(refused.status.as_str(), "error");
        assert_eq!(refused.refused(Trouble::CredentialsRefused, now), None);
        assert_eq!(account().taken(), None);
        assert_eq!(refused.taken(), Some(account()));
    }

    #[test]
    fn a_server_that_lets_nobody_in_is_asked_in_one_minute_of_each_half_hour() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let server = MailServer::parse("tls smtp.example.com:465 ann");
        let refused = Account { server, ..account() }.refused(Trouble::CredentialsRefused, at(0)).unwrap();
        let asked = [0, 59, 1_800, 1_859, 86_400];
        assert!(asked.iter().all(|seconds| !refused.is_left_alone(at(*seconds))));
        assert!([60, 1_799, 1_860].iter().all(|seconds| refused.is_left_alone(at(*seconds))));
        // A key costs nobody anything, and other troubles end by themselves.
        let of_key = Account { server: None, ..refused.clone() };
        let other = refused.refused(Trouble::CertificateRefused, at(0)).unwrap();
        assert!(
            !of_key.is_left_alone(at(60)) && !other.is_left_alone(at(60)) && !account().is_left_alone(at(60))
        );
    }

    #[test]
    fn nothing_of_a_key_is_shown_but_its_end() {
        assert_eq!(Account::last_four(Provider::Resend, "re_0123456789abcdef"), "cdef");
        assert_eq!(Account::last_four(Provider::Resend, "re_0123456789äöüß!"), "öüß!");
        assert_eq!(
            Account::last_four(Provider::Resend, "äöüß!"),
            "",
            "four of five would be nearly all of it"
        );
        assert_eq!(Account::last_four(Provider::Smtp, "correct horse battery 2024"), "");
        let shown = format!("{:?}", account());
        assert!(!shown.contains("sealed") && !shown.contains("example.com"), "{shown}");
    }
}
