//! Organizations: the orders to make one and to draw a link by which one is made, and how a pause is shown, be it of one or of an inbox or
//! token in it.

use app::base::error::Refusal;
use app::base::store::Amendment;
use app::people::provision::NewMember;
use app::people::setup::NewOrganization;
use domain::OrganizationId;
use domain::people::access::Role;
use domain::people::organization::{Organization, Pause};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::parts::{ActorView, actor};
use crate::base::request::{self, request};
use crate::base::values::{Choice, DailyLimit, Email, Filled, IdOf, List, MAX_ENTRIES, OrNull, Text, Time};

request! {
    /// An operator's order to make an organization.
    pub struct Provision {
        /// What it is called.
        organization_name: Filled<100>,
        /// Its first members, 1 to 20, an owner among them.
        members: Option<List<ProvisionMember, MAX_ENTRIES>>,
    }
}

request! {
    /// A first member of an organization.
    pub struct ProvisionMember {
        /// Their address, which nobody else signs in with.
        email: Email,
        /// What they may do.
        role: Choice<Role>,
        /// At least 12 characters.
        password: Text<200>,
    }
}

/// Reads [`Provision`].
pub fn provision(body: &[u8]) -> Result<(String, Vec<NewMember>), Refusal> {
    let Provision { organization_name, members } = request::body(body)?;
    let members = List::entries(members)
        .into_iter()
        .map(|ProvisionMember { email, role, password }| NewMember {
            email: email.0,
            role: role.0,
            password: password.0,
        })
        .collect();
    Ok((organization_name.0, members))
}

request! {
    /// An operator's order to draw a set-up link.
    pub struct DrawSetup {
        /// Whether one is drawn though there is an organization already.
        another: Option<bool>,
    }
}

/// Reads [`DrawSetup`]: whether another organization is to be made. Nothing stands for an order that says nothing.
pub fn draw_setup(body: &[u8]) -> Result<bool, Refusal> {
    let DrawSetup { another } = request::body_or_nothing(body)?;
    Ok(another.unwrap_or_default())
}

request! {
    /// What whoever has a set-up link says of the organization that they make.
    pub struct SetUp {
        /// What it is called.
        organization_name: Filled<100>,
        /// The address that its owner signs in with.
        email: Email,
        /// At least 12 characters.
        password: Text<200>,
    }
}

/// Reads [`SetUp`].
pub fn set_up(body: &[u8]) -> Result<NewOrganization, Refusal> {
    let SetUp { organization_name, email, password } = request::body(body)?;
    Ok(NewOrganization { name: organization_name.0, email: email.0, password: password.0 })
}

request! {
    /// What changes of an organization; what is left out stays.
    pub struct UpdateOrganization {
        /// What it is called.
        name: Option<Filled<100>>,
        /// How many mails all of it may ask for on one day (UTC); `null` for as many as there are.
        sends_per_day: Option<OrNull<DailyLimit>>,
        /// Whether whoever decides has to sign in with a second factor: an owner who has one sets it.
        require_second_factor: Option<bool>,
    }
}

/// Reads [`UpdateOrganization`].
pub fn update(body: &[u8]) -> Result<Amendment, Refusal> {
    let UpdateOrganization { name, sends_per_day, require_second_factor } = request::body(body)?;
    let sends_per_day = sends_per_day.map(|limit| limit.0.map(|limit| limit.0));
    Ok(Amendment { name: name.map(|name| name.0), sends_per_day, require_second_factor, claimed: false })
}

/// An organization.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Organization")]
pub struct OrganizationView<'a> {
    id: IdOf<OrganizationId>,
    name: &'a str,
    /// While nothing leaves it.
    paused: Option<PauseView<'a>>,
    /// How many mails all of it may ask for on one day (UTC); `null` for as many as there are.
    sends_per_day: Option<DailyLimit>,
    /// Whether whoever decides has to sign in with a second factor.
    require_second_factor: bool,
    /// While nobody has claimed it: nobody decides there, and nothing leaves it.
    unclaimed: bool,
}

/// An organization.
pub fn organization(organization: &Organization) -> OrganizationView<'_> {
    OrganizationView {
        id: IdOf(organization.id),
        name: &organization.name,
        paused: organization.paused.as_ref().map(pause),
        sends_per_day: organization.sends_per_day.map(DailyLimit),
        require_second_factor: organization.require_second_factor,
        unclaimed: organization.unclaimed,
    }
}

/// A pause.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Pause")]
pub struct PauseView<'a> {
    by: ActorView,
    at: Time,
    reason: &'a str,
}

/// A pause.
pub fn pause(pause: &Pause) -> PauseView<'_> {
    PauseView { by: actor(&pause.by), at: Time(pause.at), reason: &pause.reason }
}
