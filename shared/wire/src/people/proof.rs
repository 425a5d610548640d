//! Showing once more that it is oneself.

use app::base::error::Refusal;
use domain::base::code::Code;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::request::{self, Faults, request};
use crate::base::values::{Foreign, Text, Time};
use crate::people::passkeys::{Answer, ceremony};

request! {
    /// What is shown once more: the password, with a code where a second factor is set up; or a passkey.
    pub struct Prove {
        /// One's own password.
        password: Option<Text<200>>,
        /// A code of the authenticator, or one of the recovery codes: where a second factor is set up.
        code: Option<Text<64>>,
        /// Of the options that the passkey answers.
        ceremony_id: Option<Text<200>>,
        /// What `navigator.credentials.get` gave, as `PublicKeyCredential.toJSON` writes it.
        credential: Option<Foreign>,
    }
    check one_of_both
}

const ONE_OF_BOTH: &str =
    "give `password`, with `code` where you have a second factor, or `ceremony_id` and `credential`";

fn one_of_both(has: &dyn Fn(&str) -> bool, faults: &mut Faults) {
    let passkey = has("ceremony_id") || has("credential");
    if has("password") == passkey || has("ceremony_id") != has("credential") || (passkey && has("code")) {
        faults.note(Code::PasswordOrPasskey, ONE_OF_BOTH);
    }
}

/// What somebody shows once more.
pub enum Shown {
    /// Their password, and a code.
    Password(String, Option<String>),
    /// A passkey.
    Passkey(Answer),
}

/// Reads [`Prove`].
pub fn prove(body: &[u8]) -> Result<Shown, Refusal> {
    match request::body_or_nothing(body)? {
        Prove { password: Some(password), code, ceremony_id: None, credential: None } => {
            Ok(Shown::Password(password.0, code.map(|code| code.0)))
        }
        Prove { password: None, code: None, ceremony_id: Some(id), credential: Some(credential) } => {
            Ok(Shown::Passkey((ceremony(&id.0)?, credential.0)))
        }
        _ => Err(Refusal::field("", Code::PasswordOrPasskey, ONE_OF_BOTH)),
    }
}

/// That somebody showed that it is them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Proof")]
pub struct ProofView {
    /// Until when nobody asks again in this session.
    fresh_until: Time,
}

/// That somebody showed that it is them.
pub fn proof(fresh_until: Timestamp) -> ProofView {
    ProofView { fresh_until: Time(fresh_until) }
}
