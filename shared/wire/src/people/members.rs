//! Members of an organization.

use app::people::sessions::Me;
use domain::{MemberId, OrganizationId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::values::{Choice, IdOf};
use crate::people::organization::{PauseView, pause};

/// Who somebody is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Me")]
pub struct MeView<'a> {
    member_id: IdOf<MemberId>,
    user_id: IdOf<UserId>,
    email: &'a str,
    role: Choice<domain::people::access::Role>,
    organization: OrganizationView<'a>,
}

/// An organization.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Organization")]
struct OrganizationView<'a> {
    id: IdOf<OrganizationId>,
    name: &'a str,
    /// While nothing leaves it.
    paused: Option<PauseView<'a>>,
}

/// Who somebody is.
pub fn me(me: &Me) -> MeView<'_> {
    MeView {
        member_id: IdOf(me.member.id),
        user_id: IdOf(me.member.user_id),
        email: me.member.email.as_str(),
        role: Choice(me.member.role),
        organization: OrganizationView {
            id: IdOf(me.organization.id),
            name: &me.organization.name,
            paused: me.organization.paused.as_ref().map(pause),
        },
    }
}
