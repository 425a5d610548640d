//! Inboxes, and the addresses that lead to them.

use app::base::store::AddressEntry;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
use domain::base::address::{EmailAddress, HeaderText};
use domain::base::digest::Digest;
use domain::mailbox::account::Provider;
use domain::mailbox::inbox::{Inbox, Purge};
use domain::people::organization::Pause;
use domain::{DomainId, InboxId, OrganizationId, Timestamp};

use crate::base::field::record;
use crate::base::item::{IndexKeys, Item, Kind, Listing, Place, key, place, shard, text};

record! {
    Inbox as InboxRecord {
        id: InboxId,
        organization_id: OrganizationId,
        address: EmailAddress,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        domain_id: Option<DomainId>,
        display_name: Option<HeaderText>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paused: Option<Pause>,
        created_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<Provider>,
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

/// What the partitions of the watch begin with in which deleted inboxes lie.
pub(crate) const WATCH: &str = "purge";

record! {
    Purge as PurgeRecord {
        organization_id: OrganizationId,
        inbox_id: InboxId,
        deleted_at: Timestamp,
        look_at: Timestamp,
        version: u64,
    }
}

impl Kind for Purge {
    const NAME: &'static str = "purge";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { watch: Some((shard(WATCH, self.inbox_id.body()), self.look_at)), ..IndexKeys::default() }
    }
}

/// Where it is written down that an inbox was deleted, until all of it is.
pub(crate) fn purge_at(organization: OrganizationId, id: InboxId) -> Place {
    place(format!("{organization}/{id}/purge"), "purge")
}

/// An address leads nowhere any more, and stays taken.
pub(crate) fn retire(entry: &AddressEntry) -> UpdateBuilder {
    Update::builder()
        .set_key(Some(key(&address_at(&entry.address))))
        .update_expression("SET retired = :retired")
        .condition_expression("inbox_id = :inbox")
        .expression_attribute_values(":retired", AttributeValue::Bool(true))
        .expression_attribute_values(":inbox", text(entry.inbox_id))
}

/// Whether an address leads nowhere any more.
pub(crate) fn is_retired(address: &Item) -> bool {
    address.contains_key("retired")
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
