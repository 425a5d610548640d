//! Resets of passwords: how a link is asked for and used, and what is queued meanwhile.

use app::base::error::Refusal;
use app::people::resets::AskedReset;
use domain::base::address::EmailAddress;
use serde_json::json;

use crate::base::request::{self, request};
use crate::base::values::{Email, Text};

request! {
    /// Who forgot their password.
    pub struct AskForReset {
        /// The address that they sign in with: the link goes there.
        email: Email,
    }
}

/// Reads [`AskForReset`].
pub fn ask(body: &[u8]) -> Result<EmailAddress, Refusal> {
    let AskForReset { email } = request::body(body)?;
    Ok(email.0)
}

request! {
    /// Another password.
    pub struct ConfirmReset {
        /// What the link in the mail ends with.
        reset: Text<200>,
        /// The password that they are to sign in with from now on.
        password: Text<200>,
    }
}

/// Reads [`ConfirmReset`]: the secret, and the password.
pub fn confirm(body: &[u8]) -> Result<(String, String), Refusal> {
    let ConfirmReset { reset, password } = request::body(body)?;
    Ok((reset.0, password.0))
}

/// A request for a link as a message of the queue of notifications, in the form of an event of the bus.
pub fn write(asked: &AskedReset) -> String {
    let reset = json!({ "member_id": asked.member_id.to_string(), "id": asked.id.to_string() });
    json!({ "detail": { "organization_id": asked.organization_id.to_string(), "password_reset": reset } })
        .to_string()
}
