//! One-time links, by the hash of their secret.

use domain::base::digest::Digest;
use domain::gate::link::Link;
use domain::{ApprovalId, MemberId, OrganizationId, Timestamp};

use crate::base::field::record;
use crate::base::item::{IndexKeys, Kind, Place, days_after, place};

/// A link that has expired is kept for so long, so that its page can say so.
const KEPT_DAYS: i64 = 30;

record! {
    Link as LinkRecord {
        hash: Digest,
        organization_id: OrganizationId,
        approval_id: ApprovalId,
        digest: Digest,
        member_id: MemberId,
        created_at: Timestamp,
        expires_at: Timestamp,
        used_at: Option<Timestamp>,
        version: u64,
    }
}

impl Kind for Link {
    const NAME: &'static str = "link";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some(days_after(self.expires_at, KEPT_DAYS)), ..IndexKeys::default() }
    }
}

/// Where the link of this hash lies.
pub(crate) fn at(organization: OrganizationId, hash: Digest) -> Place {
    place(format!("{organization}/link/{}", hash.hex()), "link")
}
