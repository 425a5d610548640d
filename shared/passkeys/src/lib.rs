//! What browsers and authenticators say of passkeys, checked (W3C Web Authentication, Level 3): the one implementation of
//! [`Authenticators`], on `webauthn-rs`.
//!
//! Nothing is kept between two requests but the challenge, which the caller has: what the library wants to remember beside it follows
//! from what it would ask for now. So no form of the library lies in the table but that of a credential, and a challenge is ours.

use app::base::ports::{Authenticators, Named, PasskeyError, Registered, Verified, WantedPasskey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::base::digest::Digest;
use domain::people::signing::Algorithm;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    COSEAlgorithm, COSEKeyType, Credential, DiscoverableAuthentication, Passkey, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Url, Uuid, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// What people are shown whom a passkey is for.
const NAME: &str = "Countersign";

/// Passkeys of the site that people reach the console under.
#[derive(Debug, Clone, Copy, Default)]
pub struct WebAuthn;

impl Authenticators for WebAuthn {
    fn creation(&self, origin: &str, wanted: &WantedPasskey<'_>) -> Result<String, PasskeyError> {
        let known = Some(wanted.known.to_vec());
        let begun = site(origin)?.start_passkey_registration(Uuid::nil(), wanted.name, wanted.name, known);
        let mut options = public_key(&begun.map_err(|error| refused(&error))?.0)?;
        options["challenge"] = json!(encode(wanted.challenge.as_bytes()));
        options["user"]["id"] = json!(encode(wanted.handle.as_bytes()));
        // Kept by the authenticator with whose it is: nobody types an address to sign in with it.
        options["authenticatorSelection"]["residentKey"] = json!("required");
        options["authenticatorSelection"]["requireResidentKey"] = json!(true);
        Ok(options.to_string())
    }

    fn registered(&self, origin: &str, challenge: Digest, answer: &str) -> Result<Registered, PasskeyError> {
        let site = site(origin)?;
        let begun = site.start_passkey_registration(Uuid::nil(), NAME, NAME, None);
        let state: PasskeyRegistration =
            with_challenge(&begun.map_err(|error| refused(&error))?.1, "rs", challenge)?;
        let answer: RegisterPublicKeyCredential = read(answer)?;
        let passkey = site.finish_passkey_registration(&answer, &state).map_err(|error| refused(&error))?;
        let credential = write(&passkey)?;
        let Credential { cred_id, counter, backup_eligible, .. } = passkey.into();
        Ok(Registered { credential_id: cred_id, credential, synced: backup_eligible, sign_count: counter })
    }

    fn request(&self, origin: &str, challenge: Digest, allowed: &[Vec<u8>]) -> Result<String, PasskeyError> {
        let begun = site(origin)?.start_discoverable_authentication();
        let mut options = public_key(&begun.map_err(|error| refused(&error))?.0)?;
        options["challenge"] = json!(encode(challenge.as_bytes()));
        let one = |id: &Vec<u8>| json!({ "type": "public-key", "id": encode(id) });
        options["allowCredentials"] = allowed.iter().map(one).collect();
        Ok(options.to_string())
    }

    fn public_key(&self, credential: &str) -> Result<(Algorithm, Vec<u8>), PasskeyError> {
        let passkey: Passkey = serde_json::from_str(credential).map_err(broken)?;
        let key = Credential::from(passkey).cred;
        match (key.type_, key.key) {
            (COSEAlgorithm::ES256, COSEKeyType::EC_EC2(point)) => {
                Ok((Algorithm::Es256, [&[4][..], &point.x[..], &point.y[..]].concat()))
            }
            (COSEAlgorithm::EDDSA, COSEKeyType::EC_OKP(point)) => Ok((Algorithm::EdDsa, point.x)),
            (COSEAlgorithm::RS256, COSEKeyType::RSA(key)) => {
                let numbers = [integer(&key.n), integer(&key.e)].concat();
                Ok((Algorithm::Rs256, element(0x30, &numbers)))
            }
            _ => Err(PasskeyError::Refused("algorithm")),
        }
    }

    fn named(&self, answer: &str) -> Result<Named, PasskeyError> {
        let answer: PublicKeyCredential = read(answer)?;
        let handle = answer.get_user_unique_id().and_then(|handle| std::str::from_utf8(handle).ok());
        Ok(Named { handle: handle.map(str::to_owned), credential_id: answer.get_credential_id().to_vec() })
    }

    fn verified(
        &self,
        origin: &str,
        challenge: Digest,
        credential: &str,
        answer: &str,
    ) -> Result<Verified, PasskeyError> {
        let site = site(origin)?;
        let begun = site.start_discoverable_authentication();
        let state: DiscoverableAuthentication =
            with_challenge(&begun.map_err(|error| refused(&error))?.1, "ast", challenge)?;
        let mut passkey: Passkey = serde_json::from_str(credential).map_err(broken)?;
        let answer: PublicKeyCredential = read(answer)?;
        let result = site.finish_discoverable_authentication_v2(&answer, state, &passkey);
        let result = result.map_err(|error| refused(&error))?;
        // It was asked for, and an answer without it is refused: a passkey stands for two factors by this alone.
        if !result.user_verified() {
            return Err(PasskeyError::Refused("not_verified"));
        }
        passkey.update_credential(&result);
        Ok(Verified { credential: write(&passkey)?, sign_count: result.counter() })
    }
}

/// The site that an origin is of: its passkeys are for this host and no other, and an answer names this origin.
fn site(origin: &str) -> Result<Webauthn, PasskeyError> {
    let url = Url::parse(origin).map_err(|_| PasskeyError::NoSite)?;
    let host = url.domain().ok_or(PasskeyError::NoSite)?;
    let site = WebauthnBuilder::new(host, &url).and_then(|builder| builder.rp_name(NAME).build());
    site.map_err(|_| PasskeyError::NoSite)
}

/// What a browser is to be asked, without the frame that `navigator.credentials` takes it in.
fn public_key(options: &impl Serialize) -> Result<Value, PasskeyError> {
    Ok(serde_json::to_value(options).map_err(broken)?["publicKey"].take())
}

/// The state of a ceremony that was begun with this challenge.
fn with_challenge<S: Serialize + DeserializeOwned>(
    state: &S,
    part: &str,
    challenge: Digest,
) -> Result<S, PasskeyError> {
    let mut form = serde_json::to_value(state).map_err(broken)?;
    form[part]["challenge"] = json!(encode(challenge.as_bytes()));
    serde_json::from_value(form).map_err(broken)
}

/// A number of DER, from its bytes, the largest first.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let rest = &bytes[zeros..];
    let positive = if rest.first().is_none_or(|first| first & 0x80 != 0) { &[0][..] } else { &[] };
    element(2, &[positive, rest].concat())
}

/// An element of DER (X.690, §8.1).
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let head = match (content.len(), u8::try_from(length.len())) {
        (0..=127, _) => vec![tag, length.first().copied().unwrap_or_default()],
        (_, Ok(count)) => [&[tag, 0x80 | count], length].concat(),
        (_, Err(_)) => vec![],
    };
    [head, content.to_vec()].concat()
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn read<T: DeserializeOwned>(answer: &str) -> Result<T, PasskeyError> {
    serde_json::from_str(answer).map_err(|_| PasskeyError::Unreadable)
}

fn write(passkey: &Passkey) -> Result<String, PasskeyError> {
    serde_json::to_string(passkey).map_err(broken)
}

fn broken(error: impl ToString) -> PasskeyError {
    PasskeyError::Broken(error.to_string())
}

/// Why an answer is not taken, in a word for the audit log.
fn refused(error: &WebauthnError) -> PasskeyError {
    PasskeyError::Refused(match error {
        WebauthnError::Configuration => return PasskeyError::NoSite,
        WebauthnError::InvalidRPOrigin
        | WebauthnError::InvalidRPIDHash
        | WebauthnError::CredentialCrossOrigin => "origin",
        WebauthnError::MismatchedChallenge => "challenge",
        WebauthnError::UserNotPresent | WebauthnError::UserNotVerified => "not_verified",
        WebauthnError::CredentialPossibleCompromise => "counter",
        WebauthnError::AuthenticationFailure | WebauthnError::SignatureInvalid => "signature",
        WebauthnError::CredentialNotFound => "unknown_passkey",
        _ => "malformed",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://console.example.com";

    fn wanted() -> WantedPasskey<'static> {
        WantedPasskey {
            handle: "org_1mem_1",
            name: "ann@example.com",
            challenge: Digest::of(b"x"),
            known: &[],
        }
    }

    #[test]
    fn a_browser_is_asked_for_a_key_that_it_finds_again_and_that_knows_its_person() {
        let known = vec![vec![1, 2, 3]];
        let asked = WebAuthn.creation(ORIGIN, &WantedPasskey { known: &known, ..wanted() }).unwrap();
        let asked: Value = serde_json::from_str(&asked).unwrap();
        assert_eq!(asked["rp"], json!({ "name": NAME, "id": "console.example.com" }));
        assert_eq!(asked["user"]["id"], encode(b"org_1mem_1"));
        assert_eq!(asked["challenge"], encode(Digest::of(b"x").as_bytes()));
        assert_eq!(asked["excludeCredentials"][0]["id"], encode(&[1, 2, 3]));
        let selection = &asked["authenticatorSelection"];
        assert_eq!(
            (&selection["residentKey"], &selection["userVerification"]),
            (&json!("required"), &json!("required"))
        );
        assert_eq!(asked["attestation"], "none");
    }

    #[test]
    fn a_browser_is_asked_for_any_key_of_this_site_or_for_one_of_a_few() {
        let asked = WebAuthn.request("http://localhost:8080", Digest::of(b"y"), &[]).unwrap();
        let asked: Value = serde_json::from_str(&asked).unwrap();
        assert_eq!((&asked["rpId"], &asked["userVerification"]), (&json!("localhost"), &json!("required")));
        assert_eq!(asked["allowCredentials"], json!([]));
        assert_eq!(asked["challenge"], encode(Digest::of(b"y").as_bytes()));
        let few = WebAuthn.request(ORIGIN, Digest::of(b"y"), &[vec![7]]).unwrap();
        assert!(few.contains(&encode(&[7])), "{few}");
    }

    /// They are bound to a name (§5.1.3, "effective domain").
    #[test]
    fn a_site_without_a_name_has_no_passkeys() {
        for origin in ["", "console", "http://127.0.0.1:8080", "https://[::1]/", "data:,x"] {
            assert_eq!(WebAuthn.creation(origin, &wanted()), Err(PasskeyError::NoSite), "{origin}");
        }
    }

    #[test]
    fn what_is_no_answer_of_a_browser_is_refused_before_anything_is_looked_at() {
        for answer in ["", "{}", "null", "[]", r#"{"id": "a", "rawId": "%", "type": "public-key"}"#] {
            assert_eq!(WebAuthn.named(answer), Err(PasskeyError::Unreadable), "{answer}");
            let registered = WebAuthn.registered(ORIGIN, Digest::of(b"x"), answer);
            assert_eq!(registered, Err(PasskeyError::Unreadable), "{answer}");
        }
    }
}
