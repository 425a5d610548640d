//! Inboxes, and the addresses that lead to them.

use app::base::store::AddressEntry;
use domain::base::address::{EmailAddress, HeaderText};
use domain::base::digest::Digest;
use domain::mailbox::inbox::Inbox;
use domain::people::organization::Pause;
use domain::{InboxId, OrganizationId, Timestamp};

use crate::base::field::record;
use crate::base::item::{IndexKeys, Kind, Listing, Place, place};

record! {
    Inbox as InboxRecord {
        id: InboxId,
        organization_id: OrganizationId,
        address: EmailAddress,
        display_name: Option<HeaderText>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paused: Option<Pause>,
        created_at: Timestamp,
    }
}

impl Kind for Inbox {
    const NAME: &'static str = "inbox";
    fn index_keys(&self) -> IndexKeys {
        let list = Listing { partition: list(self.organization_id), order: self.id.to_string() };
        IndexKeys { list: Some(list), ..IndexKeys::default() }
    }
}

/// Where an inbox lies.
pub(crate) fn at(organization: OrganizationId, id: InboxId) -> Place {
    place(format!("{organization}/{id}/inbox"), "inbox")
}

/// The list of an organization's inboxes.
pub(crate) fn list(organization: OrganizationId) -> String {
    format!("{organization}/inboxes")
}

record! {
    AddressEntry as AddressRecord {
        address: EmailAddress,
        organization_id: OrganizationId,
        inbox_id: InboxId,
    }
}

impl Kind for AddressEntry {
    const NAME: &'static str = "address";
}

/// Where it is written down whose an address is; it is hashed as a login's is.
pub(crate) fn address_at(address: &EmailAddress) -> Place {
    place(format!("address/{}", Digest::of(address.mailbox_key().as_bytes()).hex()), "address")
}
