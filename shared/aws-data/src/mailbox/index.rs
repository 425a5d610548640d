//! What is known of the search index of an inbox.

use domain::base::digest::Digest;
use domain::mailbox::index::{Index, Retired, Segment};
use domain::{InboxId, MessageId, OrganizationId, Timestamp};

use crate::base::field::record;
use crate::base::item::{Kind, Place, place};

record! {
    Segment as SegmentRecord {
        name: Digest,
        mails: u32,
        size: u64,
        tail: u64,
        newest: MessageId,
        oldest: MessageId,
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
        recent: Vec<MessageId>,
        retired: Vec<Retired>,
        version: u64,
    }
}

impl Kind for Index {
    const NAME: &'static str = "search_index";
}

/// Where the search index of an inbox lies.
pub(crate) fn at(organization: OrganizationId, inbox: InboxId) -> Place {
    place(format!("{organization}/{inbox}/search"), "search")
}
