//! Sessions: signing in, one's own sessions, and one's password.

use app::base::error::Refusal;
use domain::base::address::EmailAddress;
use domain::people::access::Role;
use domain::people::browser::Browser;
use domain::people::credential::{OpenedWith, Session};
use domain::{MemberId, OrganizationId, SessionId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::request::{self, request};
use crate::base::values::{Choice, Email, Flag, IdOf, Text, Time};

request! {
    /// Who signs in.
    pub struct CreateSession {
        /// Their address.
        email: Email,
        /// Their password.
        password: Text<200>,
        /// A code of their second factor, or one of its recovery codes: where one is set up.
        code: Option<Text<64>>,
    }
}

/// Reads [`CreateSession`].
pub fn sign_in(body: &[u8]) -> Result<(EmailAddress, String, Option<String>), Refusal> {
    let CreateSession { email, password, code } = request::body(body)?;
    Ok((email.0, password.0, code.map(|code| code.0)))
}

request! {
    /// Another password.
    pub struct ChangePassword {
        /// The one that is to end.
        current_password: Text<200>,
        /// The one in its place: 12 to 200 characters that are not easily guessed.
        new_password: Text<1000>,
    }
}

/// Reads [`ChangePassword`]: the current one and the new one.
pub fn change_password(body: &[u8]) -> Result<(String, String), Refusal> {
    let ChangePassword { current_password, new_password } = request::body(body)?;
    Ok((current_password.0, new_password.0))
}

request! {
    /// Which sessions end.
    pub struct EndSessions {
        /// Whether the one that calls ends as well.
        current: Option<Flag>,
    }
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
    /// What was shown to open it.
    opened_with: Choice<OpenedWith>,
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
        opened_with: Choice(session.opened_with),
    }
}

/// A session of whoever calls, without its secret.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OpenSession")]
pub struct OpenSessionView<'a> {
    id: IdOf<SessionId>,
    /// Whether it is the one that calls.
    current: bool,
    /// When it was opened.
    created_at: Time,
    /// When it was used last, to the hour (UTC).
    last_used_at: Time,
    /// When it ends without use; use moves it on.
    expires_at: Time,
    /// When it ends whatever happens.
    ends_at: Time,
    /// What it was opened in, as far as that said so: `Firefox on Linux`; at most 40 characters.
    browser: Option<&'a str>,
    /// What was shown to open it.
    opened_with: Choice<OpenedWith>,
}

/// A session of whoever calls with `own`.
pub fn open_session<'a>(own: &Session, session: &'a Session) -> OpenSessionView<'a> {
    OpenSessionView {
        id: IdOf(session.id),
        current: session.id == own.id,
        created_at: Time(session.created_at),
        last_used_at: Time(session.last_used_at()),
        expires_at: Time(session.expires_at),
        ends_at: Time(session.ends_at),
        browser: session.browser.as_ref().map(Browser::as_str),
        opened_with: Choice(session.opened_with),
    }
}
