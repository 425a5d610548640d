//! Invitations.

use std::collections::BTreeSet;

use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::people::access::{Actor, Role};
use domain::people::invitation::{Accepted, Invitation};
use domain::{GroupId, InvitationId, MemberId, OrganizationId, Timestamp};

use crate::base::field::record;
use crate::base::item::{IndexKeys, Kind, Listing, Place, place};

record! {
    Invitation as InvitationRecord {
        id: InvitationId,
        organization_id: OrganizationId,
        email: EmailAddress,
        role: Role,
        groups: BTreeSet<GroupId>,
        invited_by: Actor,
        created_at: Timestamp,
        expires_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<Digest>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accepted: Option<Accepted>,
        version: u64,
    }
}

record! {
    Accepted as AcceptedRecord {
        at: Timestamp,
        member_id: MemberId,
    }
}

impl Kind for Invitation {
    const NAME: &'static str = "invitation";
    fn index_keys(&self) -> IndexKeys {
        // One that was accepted is a seat by now.
        let list = self
            .accepted
            .is_none()
            .then(|| Listing { partition: list(self.organization_id), order: self.id.to_string() });
        let ttl = self.expires_at.as_second() + Invitation::KEPT.as_secs();
        IndexKeys { list, ttl: Some(ttl), ..IndexKeys::default() }
    }
}

/// Where an invitation lies.
pub(crate) fn at(organization: OrganizationId, id: InvitationId) -> Place {
    place(format!("{organization}/{id}"), "invitation")
}

/// The list of an organization's invitations.
pub(crate) fn list(organization: OrganizationId) -> String {
    format!("{organization}/invitations")
}
