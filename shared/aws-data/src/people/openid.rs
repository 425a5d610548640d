//! Signing in with a provider: ways there and back, accounts there, and which seats they are connected with.

use aws_sdk_dynamodb::types::Delete;
use aws_sdk_dynamodb::types::builders::DeleteBuilder;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::people::openid::{OpenIdAccount, OpenIdLink, OpenIdPurpose, OpenIdTrip};
use domain::{InvitationId, MemberId, OrganizationId, SessionId, Timestamp};

use crate::base::field::{Corrupt, missing, record};
use crate::base::item::{IndexKeys, Kind, Place, key, place, text};

record! {
    OpenIdTrip as OpenIdTripRecord {
        hash: Digest,
        next: String,
        expires_at: Timestamp,
        [purpose: split, join] {
            purpose: String,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            organization_id: Option<OrganizationId>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            member_id: Option<MemberId>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            session_id: Option<SessionId>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            invitation_id: Option<InvitationId>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            secret: Option<Digest>,
        }
    }
}

/// What a purpose is stored as.
type Parts = (
    String,
    Option<OrganizationId>,
    Option<MemberId>,
    Option<SessionId>,
    Option<InvitationId>,
    Option<Digest>,
);

fn split(purpose: &OpenIdPurpose) -> Parts {
    let name = purpose.as_str().to_owned();
    match *purpose {
        OpenIdPurpose::SignIn => (name, None, None, None, None, None),
        OpenIdPurpose::Connect { organization_id, member_id, session_id } => {
            (name, Some(organization_id), Some(member_id), Some(session_id), None, None)
        }
        OpenIdPurpose::Accept { organization_id, invitation_id, secret } => {
            (name, Some(organization_id), None, None, Some(invitation_id), Some(secret))
        }
    }
}

fn join((name, organization, member, session, invitation, secret): Parts) -> Result<OpenIdPurpose, Corrupt> {
    Ok(match name.as_str() {
        "sign_in" => OpenIdPurpose::SignIn,
        "connect" => OpenIdPurpose::Connect {
            organization_id: missing(organization)?,
            member_id: missing(member)?,
            session_id: missing(session)?,
        },
        "accept" => OpenIdPurpose::Accept {
            organization_id: missing(organization)?,
            invitation_id: missing(invitation)?,
            secret: missing(secret)?,
        },
        _ => return Err(Corrupt("purpose")),
    })
}

impl Kind for OpenIdTrip {
    const NAME: &'static str = "openid_trip";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some(self.expires_at.as_second()), ..IndexKeys::default() }
    }
}

/// Where the way of this hash lies.
pub(crate) fn trip_at(hash: Digest) -> Place {
    place(format!("openid-trip/{}", hash.hex()), "trip")
}

record! {
    OpenIdAccount as OpenIdAccountRecord {
        hash: Digest,
        organization_id: OrganizationId,
        member_id: MemberId,
        email: EmailAddress,
    }
}

impl Kind for OpenIdAccount {
    const NAME: &'static str = "openid_account";
}

/// Where an account at a provider lies.
pub(crate) fn account_at(hash: Digest) -> Place {
    place(format!("openid-account/{}", hash.hex()), "account")
}

/// That an account opens this seat no more. One that opens none, or opens another by now, is as it is to be.
pub(crate) fn end_account(hash: Digest, member_id: MemberId) -> DeleteBuilder {
    Delete::builder()
        .set_key(Some(key(&account_at(hash))))
        .condition_expression("attribute_not_exists(pk) OR member_id = :member")
        .expression_attribute_values(":member", text(member_id))
}

record! {
    OpenIdLink as OpenIdLinkRecord {
        organization_id: OrganizationId,
        member_id: MemberId,
        account: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shown: Option<EmailAddress>,
        linked_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        drawn: Option<Digest>,
        version: u64,
    }
}

impl Kind for OpenIdLink {
    const NAME: &'static str = "openid_link";
}

/// Where it lies which account a member's seat is connected with.
pub(crate) fn link_at(organization: OrganizationId, member: MemberId) -> Place {
    place(format!("{organization}/{member}/openid"), "openid")
}
