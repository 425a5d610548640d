//! Sessions: signing in.

use app::base::error::Refusal;
use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::people::credential::Session;
use serde_json::{Value, json};

use crate::base::fields::Fields;
use crate::base::parts::time;

/// `email` and `password`.
pub fn sign_in(body: &[u8]) -> Result<(EmailAddress, String), Refusal> {
    let mut fields = Fields::of_body(body)?;
    let email = fields.parsed("email", Code::InvalidAddress, |text| {
        EmailAddress::parse(text).map_err(|error| error.to_string())
    });
    let email = fields.require("email", email);
    let password = fields.text("password", 200);
    let password = fields.require("password", password);
    fields.finish()?;
    email.zip(password).ok_or_else(|| Refusal::field("email", Code::Required, "is required"))
}

/// A session that was just opened.
pub fn session(session: &Session, secret: &str) -> Value {
    json!({
        "id": session.id.to_string(),
        "token": secret,
        "organization_id": session.organization_id.to_string(),
        "member_id": session.member_id.to_string(),
        "role": session.role.as_str(),
        "expires_at": time(session.expires_at),
        "ends_at": time(session.ends_at),
    })
}
