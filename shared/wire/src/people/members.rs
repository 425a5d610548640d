//! Who calls.

use app::people::sessions::Me;
use domain::people::access::{Principal, Scope};
use domain::{InboxId, MemberId, OrganizationId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::values::{Choice, DailyLimit, IdOf};
use crate::people::organization::{OrganizationView, organization};

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
    /// What a token is called.
    name: Option<&'a str>,
    /// How many mails a token may ask for on one day (UTC); `null` for as many as its organization.
    sends_per_day: Option<DailyLimit>,
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

/// Who calls, and what the credential may do.
pub fn me<'a>(me: &'a Me, principal: &'a Principal) -> MeView<'a> {
    let Me { member, organization: own } = me;
    let credential = &principal.credential;
    let user = UserView { id: IdOf(member.user_id), email: member.email.as_str() };
    MeView {
        r#type: credential.kind(),
        id: credential.name(),
        organization_id: IdOf(own.id),
        scopes: principal.scopes.iter().copied().map(Choice).collect(),
        inbox_ids: principal.inboxes.as_ref().map(|ids| ids.iter().copied().map(IdOf).collect()),
        name: principal.actor.name(),
        sends_per_day: principal.sends_per_day.map(DailyLimit),
        member_id: IdOf(member.id),
        role: Choice(member.role),
        user: credential.is_person().then_some(user),
        organization: organization(own),
    }
}
