//! What is signed, beside its signature.

use app::base::ports::Signature;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

/// A text that was signed, under its name, with its signature. What checks it is no part of it: who believes a key that
/// lies beside a signature believes whoever put both there.
pub fn signed(name: &str, text: &str, signature: &Signature) -> Value {
    json!({
        name: text,
        "signature": BASE64.encode(&signature.signature),
        "algorithm": "ECDSA_SHA_256",
        "key_id": signature.key_id,
    })
}
