//! Organizations: the order to make one, and how a pause is shown, be it of one or of an inbox or token in it.

use app::base::error::Refusal;
use app::people::provision::NewMember;
use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::people::access::Role;
use domain::people::organization::Pause;
use serde_json::{Value, json};

use crate::base::fields::Fields;
use crate::base::parts::{actor, time};

/// An operator's order to make an organization.
pub fn provision(body: &[u8]) -> Result<(String, Vec<NewMember>), Refusal> {
    let mut fields = Fields::of_body(body)?;
    let name = fields.text("organization_name", 100).filter(|name| !name.trim().is_empty());
    let name = fields.require("organization_name", name);
    let members = fields.objects("members", |member| {
        let email = member.parsed("email", Code::InvalidAddress, |text| {
            EmailAddress::parse(text).map_err(|error| error.to_string())
        });
        let email = member.require("email", email);
        let role = member.parsed("role", Code::UnknownRole, |text| {
            let all = Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
            Role::parse(text).ok_or(format!("must be one of {all}"))
        });
        let role = member.require("role", role);
        let password = member.text("password", 200);
        let password = member.require("password", password);
        Some(NewMember { email: email?, role: role?, password: password? })
    });
    fields.finish()?;
    Ok((name.unwrap_or_default(), members))
}

/// A pause.
pub fn pause(pause: &Pause) -> Value {
    json!({ "by": actor(&pause.by), "at": time(pause.at), "reason": pause.reason })
}
