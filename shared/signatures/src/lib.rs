//! Whether a person's key signed a text (W3C Web Authentication, Level 3, §7.2, steps 10 to 23).
//!
//! The text's SHA-256 is the challenge. The key is one of the key log, where it lies in the form in which it is used here, so nothing of a
//! stranger's is read but the browser's few words as JSON and the first 37 bytes of what the authenticator says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::base::digest::Digest;
use domain::people::key_log::{MAX_FIELD, NewKey};
use domain::people::signing::{Algorithm, Assertion};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use serde::Deserialize;

/// Where people see the pages on which they sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site<'a> {
    /// Scheme, host and port, such as `https://mail.example.com`.
    pub origin: &'a str,
    /// The host alone: what their keys are for.
    pub host: &'a str,
}

impl<'a> Site<'a> {
    /// That of this origin; none for one that has no host, or more behind it.
    pub fn of(origin: &'a str) -> Option<Self> {
        let (scheme, authority) = origin.split_once("://")?;
        let host = authority.split_once(':').map_or(authority, |(host, _)| host);
        let is_plain = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'))
        };
        (matches!(scheme, "http" | "https") && !host.is_empty() && is_plain(authority))
            .then_some(Self { origin, host })
    }
}

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadSignature {
    /// It is not of the form, or larger than it may be.
    #[error("what the key answered can't be read")]
    Malformed,
    /// The browser was asked for something else.
    #[error("the key answered something else")]
    Challenge,
    /// It was another page that asked.
    #[error("another page asked the key")]
    Origin,
    /// The key was not asked to verify its person, or did not.
    #[error("the key did not verify its person")]
    NotVerified,
    /// The key says that it may be handed on, and was registered as one that stays in its device.
    #[error("the key is not bound to its device any more")]
    HandedOn,
    /// It was not this key, or over something else.
    #[error("the signature is not that of this key")]
    Signature,
}

/// What the authenticator says beside its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// How often the key was used; 0 where it does not count.
    pub sign_count: u32,
}

/// What the browser says that it did.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    top_origin: Option<String>,
}

/// Its flags (§6.1).
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const MAY_BE_HANDED_ON: u8 = 0x08;
const HANDED_ON: u8 = 0x10;

/// The SHA-256 of the site, flags, and how often the key was used.
const HEAD: usize = 37;

/// Whether this key signed this text, on a page of its site, with its person verified.
pub fn check(key: &NewKey, text: &str, assertion: &Assertion) -> Result<Answered, BadSignature> {
    let site = Site::of(&key.site).ok_or(BadSignature::Origin)?;
    let Assertion { client_data, authenticator_data, signature } = assertion;
    if [client_data, authenticator_data, signature].iter().any(|part| part.len() > MAX_FIELD) {
        return Err(BadSignature::Malformed);
    }
    let said: ClientData = serde_json::from_slice(client_data).map_err(|_| BadSignature::Malformed)?;
    if said.r#type != "webauthn.get" {
        return Err(BadSignature::Malformed);
    }
    let challenge = URL_SAFE_NO_PAD.encode(Digest::of(text.as_bytes()).as_bytes());
    if said.challenge != challenge {
        return Err(BadSignature::Challenge);
    }
    if said.origin != site.origin || said.cross_origin || said.top_origin.is_some() {
        return Err(BadSignature::Origin);
    }
    let head = authenticator_data.get(..HEAD).ok_or(BadSignature::Malformed)?;
    let (host, rest) = head.split_at(32);
    if host != Digest::of(site.host.as_bytes()).as_bytes() {
        return Err(BadSignature::Origin);
    }
    let [flags, a, b, c, d] = rest else { return Err(BadSignature::Malformed) };
    if flags & PRESENT == 0 || flags & VERIFIED == 0 {
        return Err(BadSignature::NotVerified);
    }
    if key.device_bound && flags & MAY_BE_HANDED_ON != 0 {
        return Err(BadSignature::HandedOn);
    }
    if flags & HANDED_ON != 0 && flags & MAY_BE_HANDED_ON == 0 {
        return Err(BadSignature::Malformed);
    }
    let mut signed = authenticator_data.clone();
    signed.extend_from_slice(Digest::of(client_data).as_bytes());
    let algorithm: &dyn VerificationAlgorithm = match key.algorithm {
        Algorithm::Es256 => &signature::ECDSA_P256_SHA256_ASN1,
        Algorithm::EdDsa => &signature::ED25519,
        Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
    };
    UnparsedPublicKey::new(algorithm, &key.public_key)
        .verify(&signed, signature)
        .map_err(|_| BadSignature::Signature)?;
    Ok(Answered { sign_count: u32::from_be_bytes([*a, *b, *c, *d]) })
}

#[cfg(test)]
mod tests {
    use domain::MemberId;
    use domain::Timestamp;
    use proptest::prelude::*;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};

    use super::*;

    const TEXT: &str = "countersign-vote-1\n";

    fn site() -> Site<'static> {
        Site::of("http://localhost:8080").unwrap()
    }

    fn key(algorithm: Algorithm, public_key: &[u8]) -> NewKey {
        NewKey {
            member_id: MemberId::new(Timestamp::UNIX_EPOCH, [1; 10]),
            id: Digest::of(b"credential"),
            algorithm,
            public_key: public_key.to_vec(),
            site: site().origin.to_owned(),
            device_bound: true,
            decides: true,
            manages: false,
            offered: Timestamp::UNIX_EPOCH,
            from: Timestamp::UNIX_EPOCH,
        }
    }

    fn client_data(kind: &str, text: &str, origin: &str) -> Vec<u8> {
        let challenge = URL_SAFE_NO_PAD.encode(Digest::of(text.as_bytes()).as_bytes());
        format!("{{\"type\":\"{kind}\",\"challenge\":\"{challenge}\",\"origin\":\"{origin}\",\"crossOrigin\":false}}")
            .into_bytes()
    }

    fn authenticator_data(host: &str, flags: u8) -> Vec<u8> {
        [Digest::of(host.as_bytes()).as_bytes().as_slice(), &[flags, 0, 0, 1, 2]].concat()
    }

    /// What a key answers that says these.
    fn answer(
        sign: &dyn Fn(&[u8]) -> Vec<u8>,
        client_data: Vec<u8>,
        authenticator_data: Vec<u8>,
    ) -> Assertion {
        let signed = [authenticator_data.as_slice(), Digest::of(&client_data).as_bytes()].concat();
        Assertion { signature: sign(&signed), client_data, authenticator_data }
    }

    fn es256() -> (NewKey, impl Fn(&[u8]) -> Vec<u8>) {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random).unwrap();
        let key = key(Algorithm::Es256, pair.public_key().as_ref());
        (key, move |bytes: &[u8]| pair.sign(&random, bytes).unwrap().as_ref().to_vec())
    }

    #[test]
    fn a_signature_holds_for_its_text_site_and_key_alone() {
        let (key, sign) = es256();
        let right =
            || (client_data("webauthn.get", TEXT, site().origin), authenticator_data("localhost", 0x05));
        let (data, said) = right();
        let good = answer(&sign, data, said);
        assert_eq!(check(&key, TEXT, &good), Ok(Answered { sign_count: 258 }));
        assert_eq!(check(&key, "countersign-vote-1", &good), Err(BadSignature::Challenge));
        let elsewhere = NewKey { site: "http://localhost:8081".to_owned(), ..key.clone() };
        assert_eq!(check(&elsewhere, TEXT, &good), Err(BadSignature::Origin));
        let nowhere = NewKey { site: "localhost".to_owned(), ..key.clone() };
        assert_eq!(check(&nowhere, TEXT, &good), Err(BadSignature::Origin));
        let (other, _) = es256();
        assert_eq!(check(&other, TEXT, &good), Err(BadSignature::Signature));
        let of = |kind: &str, origin: &str, host: &str, flags| {
            let answer = answer(&sign, client_data(kind, TEXT, origin), authenticator_data(host, flags));
            check(&key, TEXT, &answer)
        };
        let origin = site().origin;
        assert_eq!(of("webauthn.create", origin, "localhost", 0x05), Err(BadSignature::Malformed));
        assert_eq!(of("webauthn.get", "https://evil.example", "localhost", 0x05), Err(BadSignature::Origin));
        assert_eq!(of("webauthn.get", origin, "evil.example", 0x05), Err(BadSignature::Origin));
        assert_eq!(of("webauthn.get", origin, "localhost", 0x01), Err(BadSignature::NotVerified));
        assert_eq!(of("webauthn.get", origin, "localhost", 0x04), Err(BadSignature::NotVerified));
        assert_eq!(of("webauthn.get", origin, "localhost", 0x0d), Err(BadSignature::HandedOn));
        assert_eq!(of("webauthn.get", origin, "localhost", 0x15), Err(BadSignature::Malformed));
        let synced = NewKey { device_bound: false, ..key.clone() };
        let answer = answer(&sign, right().0, authenticator_data("localhost", 0x1d));
        check(&synced, TEXT, &answer).unwrap();
    }

    #[test]
    fn a_frame_of_another_site_is_no_page_of_ours() {
        let (key, sign) = es256();
        let plain = String::from_utf8(client_data("webauthn.get", TEXT, site().origin)).unwrap();
        for wrong in [
            plain.replace("false", "true"),
            plain.replace("false", "false,\"topOrigin\":\"https://evil.example\""),
        ] {
            let answer = answer(&sign, wrong.into_bytes(), authenticator_data("localhost", 0x05));
            assert_eq!(check(&key, TEXT, &answer), Err(BadSignature::Origin));
        }
        let twice = plain.replace('{', "{\"origin\":\"https://evil.example\",");
        let answer = answer(&sign, twice.into_bytes(), authenticator_data("localhost", 0x05));
        assert_eq!(check(&key, TEXT, &answer), Err(BadSignature::Malformed));
    }

    #[test]
    fn ed25519_signs_as_well() {
        let random = SystemRandom::new();
        let pair =
            Ed25519KeyPair::from_pkcs8(Ed25519KeyPair::generate_pkcs8(&random).unwrap().as_ref()).unwrap();
        let key = key(Algorithm::EdDsa, pair.public_key().as_ref());
        let sign = |bytes: &[u8]| pair.sign(bytes).as_ref().to_vec();
        let good = answer(
            &sign,
            client_data("webauthn.get", TEXT, site().origin),
            authenticator_data("localhost", 0x05),
        );
        check(&key, TEXT, &good).unwrap();
        let taken_for = NewKey { algorithm: Algorithm::Es256, ..key };
        assert_eq!(check(&taken_for, TEXT, &good), Err(BadSignature::Signature));
    }

    #[test]
    fn a_site_has_a_host_and_nothing_behind_it() {
        assert_eq!(site().host, "localhost");
        assert_eq!(Site::of("https://mail.example.com").unwrap().host, "mail.example.com");
        for wrong in [
            "",
            "https://",
            "mail.example.com",
            "https://a.example/console",
            "ftp://a.example",
            "https://u@a.example",
        ] {
            assert_eq!(Site::of(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_byte_that_is_another_is_no_signature(part in 0u8..3, place in 0usize..1_000, mask in 1u8..=255) {
            let (key, sign) = es256();
            let data = client_data("webauthn.get", TEXT, site().origin);
            let mut answer = answer(&sign, data, authenticator_data("localhost", 0x05));
            let bytes = match part {
                0 => &mut answer.client_data,
                1 => &mut answer.authenticator_data,
                _ => &mut answer.signature,
            };
            let place = place % bytes.len();
            bytes[place] ^= mask;
            prop_assert!(check(&key, TEXT, &answer).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(one: Vec<u8>, two: Vec<u8>, three: Vec<u8>) {
            let (key, _) = es256();
            let answer = Assertion { client_data: one, authenticator_data: two, signature: three };
            prop_assert!(check(&key, TEXT, &answer).is_err());
        }
    }
}
