//! Signing up, as JSON, and what is queued meanwhile.

use app::base::error::Refusal;
use app::gate::registrations::{AskedClaim, NewRegistration, Registered};
use domain::OrganizationId;
use domain::people::registration::Registration;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::base::request::{self, request};
use crate::base::values::{Email, Filled, IdOf, Time};
use crate::mailbox::inboxes::{InboxView, inbox};
use crate::people::tokens::{TokenView, token};

request! {
    /// An organization that is asked for.
    pub struct CreateRegistration {
        /// What it is called.
        name: Filled<100>,
        /// Who is to own it: a person's own address. The link to claim it is mailed there.
        owner_email: Email,
    }
}

/// Reads [`CreateRegistration`].
pub fn new(body: &[u8]) -> Result<NewRegistration, Refusal> {
    let CreateRegistration { name, owner_email } = request::body(body)?;
    Ok(NewRegistration { name: name.0, email: owner_email.0 })
}

/// An organization that was signed up for. Until its owner has claimed it, mail comes in, and nothing leaves.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Registration")]
pub struct RegistrationView<'a> {
    organization_id: IdOf<OrganizationId>,
    /// Until when its owner can claim it; then it is deleted, with its mail.
    expires_at: Time,
    /// So many mails with a link were asked for, of four.
    mails: u32,
    /// Its inbox. Only in the response that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    inbox: Option<InboxView<'a>>,
    /// Its token, with the secret, which is shown this once: it reads the inbox, writes drafts and asks for mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<TokenView<'a>>,
}

/// A registration as it stands.
pub fn registration(registration: &Registration) -> RegistrationView<'static> {
    RegistrationView {
        organization_id: IdOf(registration.organization_id),
        expires_at: Time(registration.expires_at),
        mails: registration.mails,
        inbox: None,
        token: None,
    }
}

/// One that was made, with what its program needs.
pub fn registered(made: &Registered) -> RegistrationView<'_> {
    RegistrationView {
        inbox: made.agent.as_ref().map(|agent| inbox(&agent.inbox)),
        token: made.agent.as_ref().map(|agent| token(&agent.token, Some(agent.secret.reveal()))),
        ..registration(&made.registration)
    }
}

/// That a link is to be mailed, as a message of the queue of notifications, in the form of an event of the bus.
pub fn write(asked: &AskedClaim) -> String {
    let claim = json!({ "id": asked.id.to_string() });
    json!({ "detail": { "organization_id": asked.organization_id.to_string(), "claim": claim } }).to_string()
}
