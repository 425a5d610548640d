//! One's own second factor: setting it up, its recovery codes, and taking it away.

use app::base::error::Refusal;
use app::people::second_factor::{Proof, Started};
use domain::base::code::Code;
use domain::people::second_factor::{RecoveryCode, SecondFactor};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::request::{self, Faults, request};
use crate::base::values::{Text, Time};

request! {
    /// A first code, by which a second factor is enabled.
    pub struct ConfirmTotp {
        /// The six digits that the authenticator shows.
        code: Text<64>,
        /// One's own password.
        password: Text<200>,
    }
}

/// Reads [`ConfirmTotp`].
pub fn confirm(body: &[u8]) -> Result<(String, String), Refusal> {
    let ConfirmTotp { code, password } = request::body(body)?;
    Ok((code.0, password.0))
}

request! {
    /// What is shown once more before a second factor is changed: one of both.
    pub struct ProveTotp {
        /// A code of the authenticator, or one of the recovery codes.
        code: Option<Text<64>>,
        /// One's own password.
        password: Option<Text<200>>,
    }
    check one_of_both
}

fn one_of_both(has: &dyn Fn(&str) -> bool, faults: &mut Faults) {
    if has("code") == has("password") {
        faults.note(Code::CodeOrPassword, "give one of code and password");
    }
}

/// Reads [`ProveTotp`].
pub fn proof(body: &[u8]) -> Result<Proof, Refusal> {
    match request::body_or_nothing(body)? {
        ProveTotp { code: Some(code), password: None } => Ok(Proof::Code(code.0)),
        ProveTotp { code: None, password: Some(password) } => Ok(Proof::Password(password.0)),
        _ => Err(Refusal::field("", Code::CodeOrPassword, "give one of code and password")),
    }
}

/// One's own second factor.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Totp")]
pub struct TotpView {
    /// Whether a code is asked for at signing in.
    enabled: bool,
    /// Since when.
    since: Option<Time>,
    /// How many recovery codes were not used yet.
    recovery_codes_left: usize,
}

/// One's own second factor, where it is asked for.
pub fn totp(factor: Option<&SecondFactor>) -> TotpView {
    TotpView {
        enabled: factor.is_some(),
        since: factor.and_then(|factor| factor.enabled_at).map(Time),
        recovery_codes_left: factor.map_or(0, |factor| factor.recovery.len()),
    }
}

/// What an authenticator needs. It is shown this once.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StartedTotp")]
pub struct StartedTotpView<'a> {
    /// To be typed into an authenticator: base 32, for codes of six digits every 30 seconds (SHA-1).
    secret: &'a str,
    /// The same as an address that authenticators read, and that a picture for their camera may be made of.
    otpauth_uri: &'a str,
}

/// What an authenticator needs.
pub fn started(started: &Started) -> StartedTotpView<'_> {
    StartedTotpView { secret: &started.secret, otpauth_uri: &started.uri }
}

/// Ten codes, each of which stands once for the authenticator. They are shown this once.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RecoveryCodes")]
pub struct RecoveryCodesView {
    recovery_codes: Vec<String>,
}

/// Recovery codes, this once.
pub fn recovery_codes(codes: &[RecoveryCode]) -> RecoveryCodesView {
    RecoveryCodesView { recovery_codes: codes.iter().map(RecoveryCode::reveal).collect() }
}
