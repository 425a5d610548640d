//! One's own passkeys, and signing in with one.

use app::base::error::Refusal;
use app::people::passkeys::Asked;
use domain::PasskeyId;
use domain::base::code::Code;
use domain::people::passkey::{CeremonySecret, Passkey};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::request::{self, Faults, Field, request};
use crate::base::values::{Filled, Foreign, IdOf, Text, Time};

request! {
    /// A new passkey, as the browser gave it.
    pub struct AddPasskey {
        /// Of the options that it answers.
        ceremony_id: Text<200>,
        /// What it is to be called, such as the device that has it.
        name: Filled<100>,
        /// What `navigator.credentials.create` gave, as `PublicKeyCredential.toJSON` writes it.
        credential: Foreign,
    }
}

request! {
    /// A passkey that is shown, as the browser gave it.
    pub struct ShowPasskey {
        /// Of the options that it answers.
        ceremony_id: Text<200>,
        /// What `navigator.credentials.get` gave, as `PublicKeyCredential.toJSON` writes it.
        credential: Foreign,
    }
}

/// An answer of a browser: to which question, and what.
pub type Answer = (CeremonySecret, String);

/// Reads [`AddPasskey`]: the answer, and the name.
pub fn new(body: &[u8]) -> Result<(Answer, String), Refusal> {
    let AddPasskey { ceremony_id, name, credential } = request::body(body)?;
    Ok(((ceremony(&ceremony_id.0)?, credential.0), name.0.trim().to_owned()))
}

/// Reads [`ShowPasskey`].
pub fn show(body: &[u8]) -> Result<Answer, Refusal> {
    let ShowPasskey { ceremony_id, credential } = request::body(body)?;
    Ok((ceremony(&ceremony_id.0)?, credential.0))
}

/// What is none was never given.
pub(crate) fn ceremony(text: &str) -> Result<CeremonySecret, Refusal> {
    let message = "is no id that options were given with: ask for options again";
    CeremonySecret::parse(text).ok_or_else(|| Refusal::field("ceremony_id", Code::PasskeyRefused, message))
}

/// The same of a form of the console, whose field is JSON.
pub fn of_form(ceremony_id: &str, credential: &str) -> Result<Answer, Refusal> {
    let unreadable = || Refusal::field("credential", Code::PasskeyRefused, "is not what a browser gives");
    let value = serde_json::from_str(credential).map_err(|_| unreadable())?;
    let mut faults = Faults::default();
    let Foreign(credential) = Foreign::read(value, &mut faults).ok_or_else(unreadable)?;
    Ok((ceremony(ceremony_id)?, credential))
}

/// What a browser is to be asked.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PasskeyOptions")]
pub struct OptionsView {
    /// To be sent with the answer, within five minutes.
    ceremony_id: String,
    /// What `navigator.credentials` takes as `publicKey`: bytes in it are base64url, as
    /// `PublicKeyCredential.parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` read it.
    options: Foreign,
}

/// What a browser is to be asked.
pub fn options(asked: Asked) -> OptionsView {
    OptionsView { ceremony_id: asked.ceremony.reveal(), options: Foreign(asked.options) }
}

/// A passkey of whoever calls.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Passkey")]
pub struct PasskeyView {
    id: IdOf<PasskeyId>,
    /// What its person calls it.
    name: String,
    created_at: Time,
    /// When it was shown last.
    last_used_at: Option<Time>,
    /// Whether it may be on several devices of its person; one that may not stays in the device that made it.
    synced: bool,
}

/// A passkey of whoever calls.
pub fn passkey(key: &Passkey) -> PasskeyView {
    PasskeyView {
        id: IdOf(key.id),
        name: key.name.clone(),
        created_at: Time(key.created_at),
        last_used_at: key.last_used_at.map(Time),
        synced: key.synced,
    }
}

/// The passkeys of whoever calls, oldest first: at most ten.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Passkeys")]
pub struct PasskeysView {
    data: Vec<PasskeyView>,
}

/// The passkeys of whoever calls.
pub fn passkeys(keys: &[Passkey]) -> PasskeysView {
    PasskeysView { data: keys.iter().map(passkey).collect() }
}
