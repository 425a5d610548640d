//! What is known of the search index of an inbox.

use domain::base::digest::Digest;
use domain::mailbox::index::{Index, Retired, Segment};
use domain::{InboxId, MessageId, OrganizationId, Timestamp};

use crate::base::field::record;
use crate::base::item::{IndexKeys, Kind, Place, place, shard};

record! {
    Segment as SegmentRecord {
        name: Digest,
        mails: u32,
        size: u64,
        tail: u64,
        newest: MessageId,
        oldest: MessageId,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        gone: Vec<MessageId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gone_at: Option<Timestamp>,
    }
}

record! {
    Retired as RetiredRecord {
        name: Digest,
        at: Timestamp,
    }
}

record! {
    Index as IndexRecord {
        organization_id: OrganizationId,
        inbox_id: InboxId,
        segments: Vec<Segment>,
        through: Timestamp,
        known: Vec<MessageId>,
        retired: Vec<Retired>,
        behind: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        look_at: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sweep_at: Option<Timestamp>,
        version: u64,
    }
}

/// What the partitions of the watch begin with in which indexes lie that somebody must look after.
pub(crate) const WATCH: &str = "search";

impl Kind for Index {
    const NAME: &'static str = "search_index";
    fn index_keys(&self) -> IndexKeys {
        let watch = self.look_at.map(|at| (shard(WATCH, self.inbox_id.body()), at));
        IndexKeys { watch, ..IndexKeys::default() }
    }
}

/// Where the search index of an inbox lies.
pub(crate) fn at(organization: OrganizationId, inbox: InboxId) -> Place {
    place(format!("{organization}/{inbox}/search"), "search")
}
