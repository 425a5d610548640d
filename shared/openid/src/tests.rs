//! A provider in memory: what it says is signed as it may be signed, and as it must not.

use std::sync::atomic::{AtomicI64, Ordering};

use app::delivery::webhooks::check_url;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use openidconnect::core::{CoreHmacKey, CoreRsaPrivateSigningKey};
use openidconnect::{JsonWebKeyId, PrivateSigningKey};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

const ISSUER: &str = "https://accounts.example.org";
const BACK: &str = "https://console.example.com/console/openid/return";
const NOW: i64 = 1_767_225_600;

/// What a token says that is good.
fn good(secret: &OpenIdSecret) -> Value {
    json!({
        "iss": ISSUER, "aud": "client-1", "sub": "subject-1", "exp": NOW + 3_600, "iat": NOW,
        "nonce": secret.nonce(), "email": "ada@example.com", "email_verified": true,
    })
}

fn key(name: &str) -> CoreRsaPrivateSigningKey {
    let pem = if name == "one" { include_str!("tests/key.pem") } else { include_str!("tests/other.pem") };
    CoreRsaPrivateSigningKey::from_pem(pem, Some(JsonWebKeyId::new(name.to_owned()))).unwrap()
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token with this head, signed by `sign`.
fn token(head: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let said = format!("{}.{}", encoded(head.to_string()), encoded(claims.to_string()));
    let signature = sign(said.as_bytes());
    format!("{said}.{}", encoded(signature))
}

/// A token that is signed with this key, under this name.
fn signed(name: &str, claims: &Value) -> String {
    let algorithm = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
    token(&json!({"alg": "RS256", "kid": name}), claims, |said| key(name).sign(&algorithm, said).unwrap())
}

/// A provider, and how often it was asked for what.
struct Fake {
    token: Mutex<String>,
    keys: Mutex<Vec<&'static str>>,
    asked: Mutex<Vec<(String, String)>>,
    metadata: Value,
}

impl Default for Fake {
    fn default() -> Self {
        let metadata = json!({
            "issuer": ISSUER,
            "authorization_endpoint": format!("{ISSUER}/auth"),
            "token_endpoint": format!("{ISSUER}/token"),
            "jwks_uri": format!("{ISSUER}/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            // It may say that it signs so: it is not taken all the same.
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        });
        let keys = Mutex::new(vec!["one"]);
        Self { token: Mutex::default(), keys, asked: Mutex::default(), metadata }
    }
}

impl Caller for Fake {
    fn call(&self, request: Request<Vec<u8>>) -> BoxFuture<'_, Result<Response<Vec<u8>>, CallFailed>> {
        let path = request.uri().path().to_owned();
        let said = String::from_utf8(request.body().clone()).unwrap();
        self.asked.lock().unwrap().push((path.clone(), said));
        let body = match path.as_str() {
            "/.well-known/openid-configuration" => self.metadata.clone(),
            "/keys" => {
                let names = self.keys.lock().unwrap().clone();
                let keys: Vec<_> = names.iter().map(|name| json!(key(name).as_verification_key())).collect();
                json!({"keys": keys})
            }
            "/token" => {
                let token = self.token.lock().unwrap().clone();
                json!({"access_token": "x", "token_type": "Bearer", "id_token": token})
            }
            other => panic!("{other}"),
        };
        let answer = Response::builder().header("content-type", "application/json");
        let answer = answer.body(body.to_string().into_bytes()).unwrap();
        Box::pin(async move { Ok(answer) })
    }
}

#[derive(Default)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW + self.0.load(Ordering::SeqCst)).unwrap()
    }

    fn wait(&self, _: u64) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

struct House {
    fake: Arc<Fake>,
    clock: Arc<Hands>,
    provider: Provider,
    secret: OpenIdSecret,
}

impl House {
    fn of(fake: Fake) -> Self {
        let (fake, clock) = (Arc::new(fake), Arc::new(Hands::default()));
        let registered =
            Registered { issuer: ISSUER.to_owned(), client_id: "client-1".to_owned(), secret: None };
        let (caller, hands) = (Arc::<Fake>::clone(&fake), Arc::<Hands>::clone(&clock));
        let provider = Provider::new(registered, caller, hands, false);
        Self { fake, clock, provider, secret: OpenIdSecret::new([7; 32]) }
    }

    async fn told(&self, token: String) -> Result<OpenIdClaims, ProviderError> {
        *self.fake.token.lock().unwrap() = token;
        self.provider.identify("code-1", &self.secret, BACK).await
    }

    fn asked(&self, path: &str) -> usize {
        self.fake.asked.lock().unwrap().iter().filter(|(asked, _)| asked == path).count()
    }
}

#[tokio::test]
async fn a_browser_is_sent_there_with_state_nonce_and_a_challenge_and_the_code_is_exchanged_with_the_verifier()
 {
    let house = House::of(Fake::default());
    let address = house.provider.address(&house.secret, BACK).await.unwrap();
    assert!(address.starts_with("https://accounts.example.org/auth?response_type=code&client_id=client-1&"));
    let (state, nonce) = (house.secret.state(), house.secret.nonce());
    for part in [
        format!("state={state}"),
        format!("nonce={nonce}"),
        "code_challenge_method=S256".to_owned(),
        "scope=openid+email".to_owned(),
        "redirect_uri=https%3A%2F%2Fconsole.example.com%2Fconsole%2Fopenid%2Freturn".to_owned(),
    ] {
        assert!(address.contains(&part), "{part}: {address}");
    }
    assert!(!address.contains(&house.secret.verifier()) && !address.contains(&house.secret.reveal()));
    let claims = house.told(signed("one", &good(&house.secret))).await.unwrap();
    assert_eq!((claims.issuer.as_str(), claims.subject.as_str()), (ISSUER, "subject-1"));
    assert_eq!(claims.email.unwrap().as_str(), "ada@example.com");
    let asked = house.fake.asked.lock().unwrap().last().unwrap().1.clone();
    assert!(asked.contains(&format!("code_verifier={}", house.secret.verifier())), "{asked}");
    assert_eq!((house.asked("/keys"), house.asked("/.well-known/openid-configuration")), (1, 1), "kept");
}

#[tokio::test]
async fn what_is_not_said_now_to_us_for_this_sign_in_is_not_taken() {
    let house = House::of(Fake::default());
    let but = |name: &str, value: Value| {
        let mut claims = good(&house.secret);
        claims[name] = value;
        claims
    };
    for (claims, why) in [
        (but("aud", json!("client-2")), "the token is for another client"),
        (but("aud", json!(["client-1", "client-2"])), "the token is for another client"),
        (but("azp", json!("client-2")), "the token is for another client"),
        (but("iss", json!("https://accounts.example.net")), "the token is of another issuer"),
        (but("nonce", json!(OpenIdSecret::new([8; 32]).nonce())), "the token is of another sign-in"),
        (but("nonce", Value::Null), "the token is of another sign-in"),
        (but("exp", json!(NOW)), "the token is too old"),
        (but("iat", json!(NOW - 601)), "the token is too old"),
        (but("iat", json!(NOW + 601)), "the token is too old"),
        (but("sub", json!("x".repeat(256))), "its subject is too long"),
    ] {
        let told = house.told(signed("one", &claims)).await;
        assert_eq!(told, Err(ProviderError::Refused(why)), "{claims}");
    }
    // Whose address it is, is a question of its own: without it nobody accepts an invitation.
    let mut silent = good(&house.secret);
    silent.as_object_mut().unwrap().remove("email_verified");
    for claims in [but("email_verified", json!(false)), silent] {
        assert_eq!(house.told(signed("one", &claims)).await.unwrap().email, None);
    }
}

#[tokio::test]
async fn a_token_is_signed_with_a_key_pair_of_the_provider_or_not_taken() {
    let house = House::of(Fake::default());
    let claims = good(&house.secret);
    let refused = |why| Err(ProviderError::Refused(why));
    let unsigned = token(&json!({"alg": "none"}), &claims, |_| vec![]);
    assert_eq!(house.told(unsigned).await, refused("the token is not signed"));
    // With what everybody has of the key pair, as if it were a secret.
    let public = serde_json::to_vec(&key("one").as_verification_key()).unwrap();
    for secret in [public, include_bytes!("tests/key.pem").to_vec(), vec![]] {
        let hmac = CoreHmacKey::new(secret);
        let algorithm = CoreJwsSigningAlgorithm::HmacSha256;
        let sign = |said: &[u8]| hmac.sign(&algorithm, said).unwrap();
        let shared = token(&json!({"alg": "HS256", "kid": "one"}), &claims, sign);
        assert_eq!(house.told(shared).await, refused("the token is signed in a way that is not taken"));
    }
    let algorithm = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
    let other = |said: &[u8]| key("other").sign(&algorithm, said).unwrap();
    let forged = token(&json!({"alg": "RS256", "kid": "one"}), &claims, other);
    assert_eq!(house.told(forged).await, refused("the signature of the token is wrong"));
    let altered = signed("one", &claims).replace(
        &encoded(claims.to_string()),
        &encoded(good(&house.secret).to_string().replace("subject-1", "subject-2")),
    );
    assert_eq!(house.told(altered).await, refused("the signature of the token is wrong"));
}

#[tokio::test]
async fn a_key_that_is_not_known_has_the_keys_fetched_again_once_a_minute() {
    let house = House::of(Fake::default());
    let claims = good(&house.secret);
    let unknown =
        Err(ProviderError::Refused("the token is signed with a key that the provider does not have"));
    house.told(signed("one", &claims)).await.unwrap();
    for _ in 0..3 {
        assert_eq!(house.told(signed("other", &claims)).await, unknown);
    }
    assert_eq!(house.asked("/keys"), 1, "not within a minute");
    house.clock.0.store(60, Ordering::SeqCst);
    assert_eq!(house.told(signed("other", &claims)).await, unknown);
    assert_eq!(house.asked("/keys"), 2);
    // It has another key by now.
    *house.fake.keys.lock().unwrap() = vec!["other"];
    house.clock.0.store(120, Ordering::SeqCst);
    house.told(signed("other", &claims)).await.unwrap();
    assert_eq!(house.asked("/keys"), 3);
    house.clock.0.store(130, Ordering::SeqCst);
    assert_eq!(house.told(signed("one", &claims)).await, unknown, "the old one is good no more");
}

#[tokio::test]
async fn a_provider_that_names_what_is_inside_is_not_followed() {
    for (name, value) in [
        ("jwks_uri", "https://169.254.169.254/latest/meta-data"),
        ("jwks_uri", "http://accounts.example.org/keys"),
        ("authorization_endpoint", "https://localhost/auth"),
        ("token_endpoint", "https://10.0.0.1/token"),
        ("issuer", "https://accounts.example.net"),
    ] {
        let mut fake = Fake::default();
        fake.metadata[name] = json!(value);
        let house = House::of(fake);
        let told = house.told(signed("one", &good(&house.secret))).await;
        assert!(matches!(told, Err(ProviderError::Unavailable(_))), "{name}: {told:?}");
        let outside = house.fake.asked.lock().unwrap().iter().any(|(path, _)| path.contains("meta-data"));
        assert!(!outside, "{name}");
    }
}

#[tokio::test]
async fn an_answer_without_an_end_and_a_redirect_are_not_followed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port());
    assert!(check_url(&url, true).is_ok() && check_url(&url, false).is_err());
    tokio::spawn(async move {
        for head in [
            "HTTP/1.1 200 Fine\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 302 There\r\nlocation: /\r\ncontent-length: 0\r\n\r\n",
        ] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4_096]).await;
            let _ = stream.write_all(head.as_bytes()).await;
            while head.contains("chunked") && stream.write_all(&b"4\r\nxxxx\r\n".repeat(4_096)).await.is_ok()
            {
            }
        }
    });
    let outside = Outside::new(true);
    let call = || outside.call_once(&url);
    assert_eq!(call().await.unwrap_err(), CallFailed("its answer is too long, or breaks off"));
    assert_eq!(call().await.unwrap().status(), 302);
    assert!(Outside::new(false).call_once(&url.replace("127.0.0.1", "localhost")).await.is_err());
}

impl Outside {
    async fn call_once(&self, url: &str) -> Result<Response<Vec<u8>>, CallFailed> {
        self.call(Request::get(url).body(vec![]).unwrap()).await
    }
}
