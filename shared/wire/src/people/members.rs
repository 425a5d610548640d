//! Members of an organization.

use app::people::sessions::Me;
use domain::people::access::{Credential, Principal, Scope};
use domain::{InboxId, MemberId, OrganizationId, TokenId, UserId};
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
    /// The token that calls; none in a session.
    token_id: Option<IdOf<TokenId>>,
    /// What the credential may do.
    scopes: Vec<Choice<Scope>>,
    /// The inboxes that the credential reaches; `null` for all of them.
    inbox_ids: Option<Vec<IdOf<InboxId>>>,
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

/// Who somebody is, and what they call with.
pub fn me<'a>(me: &'a Me, principal: &Principal) -> MeView<'a> {
    let token_id = match &principal.credential {
        Credential::Token { id, .. } => Some(IdOf(*id)),
        Credential::Session(_) | Credential::Link(_) => None,
    };
    MeView {
        member_id: IdOf(me.member.id),
        user_id: IdOf(me.member.user_id),
        email: me.member.email.as_str(),
        role: Choice(me.member.role),
        token_id,
        scopes: principal.scopes.iter().copied().map(Choice).collect(),
        inbox_ids: principal.inboxes.as_ref().map(|ids| ids.iter().copied().map(IdOf).collect()),
        organization: OrganizationView {
            id: IdOf(me.organization.id),
            name: &me.organization.name,
            paused: me.organization.paused.as_ref().map(pause),
        },
    }
}
