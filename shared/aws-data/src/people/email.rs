//! What is known of members' addresses: one record of a member.

use domain::base::digest::Digest;
use domain::people::email::EmailProof;
use domain::{MemberId, OrganizationId, Timestamp};

use crate::base::field::record;
use crate::base::item::{Kind, Place, place};

record! {
    EmailProof as EmailProofRecord {
        organization_id: OrganizationId,
        member_id: MemberId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<Digest>,
        expires_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proven_at: Option<Timestamp>,
        version: u64,
    }
}

impl Kind for EmailProof {
    const NAME: &'static str = "email_proof";
}

/// Where it lies of a member.
pub(crate) fn at(organization: OrganizationId, member: MemberId) -> Place {
    place(format!("{organization}/{member}/email"), "email")
}
