//! An authenticator in software with the browser before it: what somebody's phone does with a passkey (W3C Web Authentication, Level 3,
//! §5.8.1 and §6.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::MemberId;
use domain::Timestamp;
use domain::base::digest::Digest;
use domain::people::key_log::NewKey;
use domain::people::signing::{Algorithm, Assertion, KeyId};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};

/// A phone with one passkey, and the page that is open in its browser.
pub(super) struct Phone {
    key: SigningKey,
    id: Vec<u8>,
    /// Whose it was told that the passkey is.
    handle: Option<String>,
    /// How often it was used.
    pub(super) count: u32,
    /// Where the page is from.
    pub(super) origin: String,
    /// Whether it asks for a fingerprint.
    pub(super) verifies: bool,
    /// Whether it hands its passkeys on.
    pub(super) synced: bool,
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Phone {
    pub(super) fn new(n: u8, origin: &str) -> Self {
        Self {
            key: SigningKey::from_slice(&[n; 32]).unwrap(),
            id: vec![n; 20],
            handle: None,
            count: 0,
            origin: origin.to_owned(),
            verifies: true,
            synced: false,
        }
    }

    /// What the browser says that it did, and its hash is signed.
    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let data = json!({
            "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false,
        });
        data.to_string().into_bytes()
    }

    /// For which site, with what of the person, and how often.
    fn data(&mut self, site: &Value, made: bool) -> Vec<u8> {
        self.count += 1;
        let flags = 0x01
            | if self.verifies { 0x04 } else { 0 }
            | if self.synced { 0x18 } else { 0 }
            | if made { 0x40 } else { 0 };
        let mut data = Digest::of(site.as_str().unwrap().as_bytes()).as_bytes().to_vec();
        data.push(flags);
        data.extend(self.count.to_be_bytes());
        if made {
            data.extend([0; 16]);
            data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
            data.extend(&self.id);
            let point = self.key.verifying_key().to_sec1_point(false);
            let point = point.as_bytes();
            // COSE: an ES256 key on P-256, in CBOR (RFC 9053 §7.1.1).
            data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
            data.extend(&point[1..33]);
            data.extend([0x22, 0x58, 0x20]);
            data.extend(&point[33..]);
        }
        data
    }

    /// Makes the passkey: what `navigator.credentials.create` gives.
    pub(super) fn make(&mut self, options: &Value) -> Value {
        let handle = URL_SAFE_NO_PAD.decode(options["user"]["id"].as_str().unwrap()).unwrap();
        self.handle = Some(String::from_utf8(handle).unwrap());
        let client = self.client_data("webauthn.create", options);
        let data = self.data(&options["rp"]["id"], true);
        // {"fmt": "none", "attStmt": {}, "authData": …} in CBOR.
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        self.answer(&json!({
            "clientDataJSON": encode(&client), "attestationObject": encode(&object), "transports": ["internal"],
        }))
    }

    /// Shows it: what `navigator.credentials.get` gives.
    pub(super) fn show(&mut self, options: &Value) -> Value {
        let client = self.client_data("webauthn.get", options);
        let data = self.data(&options["rpId"], false);
        let signed = [&data[..], Digest::of(&client).as_bytes()].concat();
        let signature: Signature = self.key.sign(&signed);
        self.answer(&json!({
            "clientDataJSON": encode(&client), "authenticatorData": encode(&data),
            "signature": encode(signature.to_der().as_bytes()),
            "userHandle": self.handle.as_ref().map(|handle| encode(handle.as_bytes())),
        }))
    }

    /// What the key log calls the passkey.
    pub(super) fn key_id(&self) -> KeyId {
        Digest::of(&self.id)
    }

    /// The passkey as the key log has it, as one that decides, and manages, from now on.
    pub(super) fn new_key(&self, member_id: MemberId, now: Timestamp) -> NewKey {
        NewKey {
            member_id,
            id: self.key_id(),
            algorithm: Algorithm::Es256,
            public_key: self.key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            site: self.origin.clone(),
            device_bound: !self.synced,
            decides: true,
            manages: true,
            offered: now,
            from: now,
        }
    }

    /// What the passkey answers that is asked to sign this text on the page that is open.
    pub(super) fn sign(&mut self, text: &str) -> Assertion {
        let challenge = encode(Digest::of(text.as_bytes()).as_bytes());
        let client_data = self.client_data("webauthn.get", &json!({ "challenge": challenge }));
        let (_, host) = self.origin.split_once("://").unwrap();
        let host = host.split(':').next().unwrap().to_owned();
        let authenticator_data = self.data(&json!(host), false);
        let signed = [&authenticator_data[..], Digest::of(&client_data).as_bytes()].concat();
        let signature: Signature = self.key.sign(&signed);
        Assertion { client_data, authenticator_data, signature: signature.to_der().as_bytes().to_vec() }
    }

    fn answer(&self, response: &Value) -> Value {
        json!({
            "id": encode(&self.id), "rawId": encode(&self.id), "type": "public-key", "response": response,
            "clientExtensionResults": {},
        })
    }
}
