//! Sessions: signing in.

use app::base::error::Refusal;
use domain::base::address::EmailAddress;
use domain::people::access::Role;
use domain::people::credential::Session;
use domain::{MemberId, OrganizationId, SessionId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::request::{self, request};
use crate::base::values::{Choice, Email, IdOf, Text, Time};

request! {
    /// Who signs in.
    pub struct CreateSession {
        /// Their address.
        email: Email,
        /// Their password.
        password: Text<200>,
    }
}

/// Reads [`CreateSession`].
pub fn sign_in(body: &[u8]) -> Result<(EmailAddress, String), Refusal> {
    let CreateSession { email, password } = request::body(body)?;
    Ok((email.0, password.0))
}

/// A session that was just opened.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub struct SessionView<'a> {
    id: IdOf<SessionId>,
    /// For `Authorization: Bearer`. It is shown this once.
    token: &'a str,
    organization_id: IdOf<OrganizationId>,
    member_id: IdOf<MemberId>,
    role: Choice<Role>,
    /// When it ends without use; use moves it on.
    expires_at: Time,
    /// When it ends whatever happens.
    ends_at: Time,
}

/// A session that was just opened.
pub fn session<'a>(session: &Session, secret: &'a str) -> SessionView<'a> {
    SessionView {
        id: IdOf(session.id),
        token: secret,
        organization_id: IdOf(session.organization_id),
        member_id: IdOf(session.member_id),
        role: Choice(session.role),
        expires_at: Time(session.expires_at),
        ends_at: Time(session.ends_at),
    }
}
