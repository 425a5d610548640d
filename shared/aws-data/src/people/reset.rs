//! Resets of passwords: one of a member.

use domain::base::digest::Digest;
use domain::people::reset::Reset;
use domain::{MemberId, OrganizationId, Timestamp};

use crate::base::field::record;
use crate::base::item::{IndexKeys, Kind, Place, place};

record! {
    Reset as ResetRecord {
        organization_id: OrganizationId,
        member_id: MemberId,
        secret: Digest,
        created_at: Timestamp,
        expires_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        used_at: Option<Timestamp>,
        version: u64,
    }
}

impl Kind for Reset {
    const NAME: &'static str = "reset";
    fn index_keys(&self) -> IndexKeys {
        let ttl = self.expires_at.as_second() + Reset::KEPT.as_secs();
        IndexKeys { ttl: Some(ttl), ..IndexKeys::default() }
    }
}

/// Where the reset of a member lies.
pub(crate) fn at(organization: OrganizationId, member: MemberId) -> Place {
    place(format!("{organization}/{member}/reset"), "reset")
}
