//! Organizations: the order to make one, and how a pause is shown, be it of one or of an inbox or token in it.

use app::base::error::Refusal;
use app::people::provision::NewMember;
use domain::people::access::Role;
use domain::people::organization::Pause;
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::parts::{ActorView, actor};
use crate::base::request::{self, request};
use crate::base::values::{Choice, Email, Filled, List, MAX_ENTRIES, Text, Time};

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
