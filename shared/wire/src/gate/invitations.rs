//! Invitations, as JSON.

use app::base::error::Refusal;
use app::gate::invitations::NewInvitation;
use domain::people::access::Role;
use domain::people::invitation::{Invitation, InvitationStatus};
use domain::{GroupId, InvitationId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::parts::{ActorView, actor};
use crate::base::request::{self, request};
use crate::base::values::{Choice, Email, IdOf, Named, Text, Time};
use crate::gate::seats::{GroupNamed, Groups};

impl Named for InvitationStatus {
    const ALL: &'static [Self] =
        &[InvitationStatus::Pending, InvitationStatus::Expired, InvitationStatus::Accepted];
    const UNKNOWN: domain::base::code::Code = domain::base::code::Code::UnknownStatus;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

request! {
    /// Who is to be invited.
    pub struct CreateInvitation {
        /// Their own address: the mail with the link goes there, and they sign in with it.
        email: Email,
        /// What they may do: an owner invites owners and admins, and a person whoever decides.
        role: Choice<Role>,
        /// The groups that they are to belong to, by ids or names; needs `policies.manage` as well.
        groups: Option<Groups>,
    }
}

/// Reads [`CreateInvitation`].
pub fn new(body: &[u8]) -> Result<NewInvitation, Refusal> {
    let CreateInvitation { email, role, groups } = request::body(body)?;
    let groups = groups.map(|groups| groups.0.into_iter().map(GroupNamed::group).collect());
    Ok(NewInvitation { email: email.0, role: role.0, groups: groups.unwrap_or_default() })
}

request! {
    /// Who accepts an invitation.
    pub struct AcceptInvitation {
        /// What the link in the mail ends with.
        invitation: Text<200>,
        /// The password that they are to sign in with.
        password: Text<200>,
    }
}

/// Reads [`AcceptInvitation`]: the secret, and the password.
pub fn accept(body: &[u8]) -> Result<(String, String), Refusal> {
    let AcceptInvitation { invitation, password } = request::body(body)?;
    Ok((invitation.0, password.0))
}

/// That somebody is invited.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Invitation")]
pub struct InvitationView<'a> {
    id: IdOf<InvitationId>,
    email: &'a str,
    role: Choice<Role>,
    /// The groups that they are to belong to.
    groups: Vec<IdOf<GroupId>>,
    status: Choice<InvitationStatus>,
    /// Who invited them, or had it sent again last: it ends with their right to do so.
    invited_by: ActorView,
    created_at: Time,
    /// Until when it can be accepted.
    expires_at: Time,
}

/// An invitation, as it stands now.
pub fn invitation(invitation: &Invitation, now: Timestamp) -> InvitationView<'_> {
    InvitationView {
        id: IdOf(invitation.id),
        email: invitation.email.as_str(),
        role: Choice(invitation.role),
        groups: invitation.groups.iter().copied().map(IdOf).collect(),
        status: Choice(invitation.status(now)),
        invited_by: actor(&invitation.invited_by),
        created_at: Time(invitation.created_at),
        expires_at: Time(invitation.expires_at),
    }
}
