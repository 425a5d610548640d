//! Suppressions, and who stands on lists: each has a partition of its own, so that however many are looked up at once meet no limit.

use domain::mailbox::listed::{ListEntry, Side, Source, Standing, Suppression};
use domain::mailbox::whom::Whom;
use domain::people::access::Actor;
use domain::{ListEntryId, MessageId, OrganizationId, SuppressionId, Timestamp};

use crate::base::field::record;
use crate::base::item::{IndexKeys, Kind, Listing, Place, place};
use crate::mailbox::thread::instant;

record! {
    Suppression as SuppressionRecord {
        id: SuppressionId,
        organization_id: OrganizationId,
        whom: Whom,
        source: Source,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<MessageId>,
        created_at: Timestamp,
        created_by: Actor,
    }
}

record! {
    ListEntry as ListEntryRecord {
        id: ListEntryId,
        organization_id: OrganizationId,
        side: Side,
        standing: Standing,
        whom: Whom,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        created_at: Timestamp,
        created_by: Actor,
    }
}

impl Kind for Suppression {
    const NAME: &'static str = "suppression";
    fn index_keys(&self) -> IndexKeys {
        let order = format!("{}/{}", instant(self.created_at), self.id);
        let list = Listing { partition: suppressions(self.organization_id), order };
        IndexKeys { list: Some(list), ..IndexKeys::default() }
    }
}

impl Kind for ListEntry {
    const NAME: &'static str = "list_entry";
    fn index_keys(&self) -> IndexKeys {
        let order = format!("{}/{}", instant(self.created_at), self.id);
        let list = Listing { partition: entries(self.organization_id, self.side, self.standing), order };
        IndexKeys { list: Some(list), ..IndexKeys::default() }
    }
}

/// Where a suppression lies.
pub(crate) fn suppression_at(organization: OrganizationId, id: SuppressionId) -> Place {
    place(format!("{organization}/{id}"), "suppression")
}

/// The list of an organization's suppressions.
pub(crate) fn suppressions(organization: OrganizationId) -> String {
    format!("{organization}/suppressions")
}

/// Where an entry of a list lies.
pub(crate) fn entry_at(organization: OrganizationId, id: ListEntryId) -> Place {
    place(format!("{organization}/{id}"), "list-entry")
}

/// The list of whom one of an organization's lists has.
pub(crate) fn entries(organization: OrganizationId, side: Side, standing: Standing) -> String {
    format!("{organization}/lists/{}/{}", side.as_str(), standing.as_str())
}
