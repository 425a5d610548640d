//! Who calls.

use app::people::sessions::Me;
use domain::people::access::{Principal, Scope};
use domain::{InboxId, MemberId, OrganizationId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::values::{Choice, IdOf};
use crate::people::organization::{PauseView, pause};

/// Who calls, and what the credential may do. Of the person behind a token it says no more than whose seat it is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Me")]
pub struct MeView<'a> {
    /// `token` or `session`.
    r#type: &'static str,
    /// The token's or the session's.
    id: String,
    organization_id: IdOf<OrganizationId>,
    /// What the credential may do.
    scopes: Vec<Choice<Scope>>,
    /// The inboxes that the credential reaches; `null` for all of them.
    inbox_ids: Option<Vec<IdOf<InboxId>>>,
    /// The seat of whoever signed in, or made the token and answers for it.
    member_id: IdOf<MemberId>,
    role: Choice<domain::people::access::Role>,
    /// Who signed in; not shown to a token.
    user: Option<UserView<'a>>,
    organization: OrganizationView<'a>,
}

/// A person who signs in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "User")]
struct UserView<'a> {
    id: IdOf<UserId>,
    email: &'a str,
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

/// Who calls, and what the credential may do.
pub fn me<'a>(me: &'a Me, principal: &Principal) -> MeView<'a> {
    let Me { member, organization } = me;
    let credential = &principal.credential;
    let user = UserView { id: IdOf(member.user_id), email: member.email.as_str() };
    MeView {
        r#type: credential.kind(),
        id: credential.name(),
        organization_id: IdOf(organization.id),
        scopes: principal.scopes.iter().copied().map(Choice).collect(),
        inbox_ids: principal.inboxes.as_ref().map(|ids| ids.iter().copied().map(IdOf).collect()),
        member_id: IdOf(member.id),
        role: Choice(member.role),
        user: credential.is_person().then_some(user),
        organization: OrganizationView {
            id: IdOf(organization.id),
            name: &organization.name,
            paused: organization.paused.as_ref().map(pause),
        },
    }
}
