//! Notifications that were sent, and how much of them a member has had.

use domain::base::digest::Digest;
use domain::gate::notice::{Notice, NoticeState, Pace};
use domain::{MemberId, OrganizationId, Timestamp};

use crate::base::field::{Corrupt, record};
use crate::base::item::{IndexKeys, Kind, Place, place};

record! {
    /// Without a claim and not done it is free.
    Notice as NoticeRecord {
        key: Digest,
        organization_id: OrganizationId,
        member_id: MemberId,
        created_at: Timestamp,
        version: u64,
        [state: split_state, join_state] {
            claimed_at: Option<Timestamp>,
            done: bool,
        }
    }
}

fn split_state(state: &NoticeState) -> (Option<Timestamp>, bool) {
    match state {
        NoticeState::Claimed(at) => (Some(*at), false),
        NoticeState::Free => (None, false),
        NoticeState::Done => (None, true),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_state(parts: (Option<Timestamp>, bool)) -> Result<NoticeState, Corrupt> {
    Ok(match parts {
        (_, true) => NoticeState::Done,
        (Some(at), false) => NoticeState::Claimed(at),
        (None, false) => NoticeState::Free,
    })
}

impl Kind for Notice {
    const NAME: &'static str = "notice";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some((self.created_at + Notice::KEPT).as_second()), ..IndexKeys::default() }
    }
}

/// Where the notice of this hash lies.
pub(crate) fn at(organization: OrganizationId, hash: Digest) -> Place {
    place(format!("{organization}/notice/{}", hash.hex()), "notice")
}

record! {
    Pace as PaceRecord {
        organization_id: OrganizationId,
        member_id: MemberId,
        singles: Vec<Timestamp>,
        digest_due: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        alerts: Vec<Timestamp>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        owner_alerts: Vec<Timestamp>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        signed_in: bool,
        version: u64,
    }
}

impl Kind for Pace {
    const NAME: &'static str = "pace";
}

/// Where a member's pace lies.
pub(crate) fn pace_at(organization: OrganizationId, member: MemberId) -> Place {
    place(format!("{organization}/{member}/pace"), "pace")
}
