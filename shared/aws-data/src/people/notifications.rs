//! What members want to be told of.

use std::collections::BTreeSet;

use domain::people::notifications::{Mails, Notifications, Quiet};
use domain::{MemberId, OrganizationId};

use crate::base::field::{Corrupt, record};
use crate::base::item::{Kind, Place, place};

record! {
    /// Without days there are no quiet hours.
    Notifications as NotificationsRecord {
        organization_id: OrganizationId,
        member_id: MemberId,
        mails: Mails,
        daily_at: u16,
        time_zone: String,
        version: u64,
        [quiet: split_quiet, join_quiet] {
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            quiet_days: BTreeSet<i8>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            quiet_from: Option<u16>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            quiet_to: Option<u16>,
        }
    }
}

#[expect(clippy::ref_option, reason = "as every field is written")]
fn split_quiet(quiet: &Option<Quiet>) -> (BTreeSet<i8>, Option<u16>, Option<u16>) {
    quiet
        .as_ref()
        .map_or_else(Default::default, |quiet| (quiet.days.clone(), Some(quiet.from), Some(quiet.to)))
}

fn join_quiet(parts: (BTreeSet<i8>, Option<u16>, Option<u16>)) -> Result<Option<Quiet>, Corrupt> {
    match parts {
        (_, None, None) => Ok(None),
        (days, Some(from), Some(to)) => Ok(Some(Quiet { days, from, to })),
        _ => Err(Corrupt("hours")),
    }
}

impl Kind for Notifications {
    const NAME: &'static str = "notifications";
}

/// Where what a member wants to be told of lies.
pub(crate) fn at(organization: OrganizationId, member: MemberId) -> Place {
    place(format!("{organization}/{member}/notifications"), "notifications")
}
