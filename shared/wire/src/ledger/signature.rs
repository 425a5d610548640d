//! What is signed, beside its signature.

use app::base::ports::Signature;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use schemars::JsonSchema;
use serde::Serialize;

/// A text that was signed, under its name, with its signature. What checks it is no part of it: who believes a key that
/// lies beside a signature believes whoever put both there.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Signed")]
pub struct SignedView<'a> {
    /// What is signed, byte for byte.
    #[serde(flatten)]
    text: SignedText<'a>,
    /// In base64.
    signature: String,
    algorithm: &'static str,
    key_id: &'a str,
}

/// The text, under the name of what it is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SignedText<'a> {
    /// Of an approval.
    Receipt(&'a str),
    /// Of an audit chain.
    Anchor(&'a str),
}

/// A text that was signed, with its signature.
pub fn signed<'a>(text: SignedText<'a>, signature: &'a Signature) -> SignedView<'a> {
    SignedView {
        text,
        signature: BASE64.encode(&signature.signature),
        algorithm: "ECDSA_SHA_256",
        key_id: &signature.key_id,
    }
}
