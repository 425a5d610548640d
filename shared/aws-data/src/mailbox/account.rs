//! Connected accounts.

use domain::base::address::EmailAddress;
use domain::mailbox::account::{Account, AccountNotice, AccountStatus, Provider, Region, Trouble};
use domain::mailbox::mail_server::MailServer;
use domain::{AccountId, MemberId, OrganizationId, Timestamp};

use crate::base::field::{Corrupt, record};
use crate::base::item::{Kind, Place, place};

record! {
    Account as AccountRecord {
        id: AccountId,
        organization_id: OrganizationId,
        provider: Provider,
        region: Region,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        server: Option<MailServer>,
        address: EmailAddress,
        sealed_secret: Vec<u8> as binary,
        last_four: String,
        connected_by: MemberId,
        created_at: Timestamp,
        version: u64,
        [status: split_status, join_status] {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            trouble: Option<Trouble>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            trouble_since: Option<Timestamp>,
        }
    }
}

record! {
    AccountNotice as AccountNoticeRecord {
        id: AccountId,
        provider: Provider,
        [status: split_status, join_status] {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            trouble: Option<Trouble>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            trouble_since: Option<Timestamp>,
        }
    }
}

type StatusParts = (Option<Trouble>, Option<Timestamp>);

fn split_status(status: &AccountStatus) -> StatusParts {
    match *status {
        AccountStatus::Active => (None, None),
        AccountStatus::Error { why, since } => (Some(why), Some(since)),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_status((why, since): StatusParts) -> Result<AccountStatus, Corrupt> {
    Ok(match (why, since) {
        (Some(why), Some(since)) => AccountStatus::Error { why, since },
        _ => AccountStatus::Active,
    })
}

impl Kind for Account {
    const NAME: &'static str = "account";
}

/// Where an account lies.
pub(crate) fn at(organization: OrganizationId, id: AccountId) -> Place {
    place(list(organization), id.to_string())
}

/// The partition of an organization's accounts.
pub(crate) fn list(organization: OrganizationId) -> String {
    format!("{organization}/accounts")
}
