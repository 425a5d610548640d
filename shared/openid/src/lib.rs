//! A provider of `OpenID` Connect (Google, say): its metadata and keys, where a browser goes, and what the code means that it brings back.
//!
//! What an ID token must be is checked by `openidconnect`; which signatures are taken is said here: with a key pair of the provider alone,
//! so that neither an unsigned token nor one that is signed with a key that everybody has is any good.

mod outside;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use app::base::ports::Clock;
use app::people::openid::{ClientSecret, OpenIdProvider, ProviderError};
use async_trait::async_trait;
use domain::Timestamp;
use domain::base::address::EmailAddress;
use domain::people::openid::{OpenIdClaims, OpenIdSecret};
use jiff::SignedDuration;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreIdToken, CoreIdTokenClaims,
    CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, ClientId, CsrfToken, DiscoveryError, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, SignatureVerificationError, TokenResponse as _,
};

use outside::Http;
pub use outside::{CallFailed, Caller, Outside};

/// Metadata and keys of the provider are kept for so long.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// A key that is not among those that are kept has them fetched again, but not more often than this: whoever sends tokens makes no
/// flood of it.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// A token that was issued longer ago is of no sign-in that begins now; one from the future is of a clock that is wrong.
const OLD: SignedDuration = SignedDuration::from_mins(10);

/// The signatures that are taken (RFC 7518, section 3.1): all with a key pair. `none` and those with a shared secret are not among them.
const SIGNATURES: [CoreJwsSigningAlgorithm; 4] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EdDsa,
];

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What an operator says of the provider.
#[derive(Clone)]
pub struct Registered {
    /// Its issuer: `https://accounts.google.com`.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// What we show it; none for a client that is public there.
    pub secret: Option<Arc<dyn ClientSecret>>,
}

/// The provider.
pub struct Provider {
    registered: Registered,
    http: Http,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<Kept>>,
}

/// Metadata and keys, as they were at this time.
struct Kept {
    metadata: CoreProviderMetadata,
    at: Timestamp,
}

impl Provider {
    /// The provider, called by `caller`. `allow_loopback` takes one on this machine as well, over plain HTTP.
    pub fn new(
        registered: Registered,
        caller: Arc<dyn Caller>,
        clock: Arc<dyn Clock>,
        allow_loopback: bool,
    ) -> Self {
        Self { registered, http: Http { caller, allow_loopback }, clock, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Metadata and keys that are younger than this, fetched where none are.
    async fn metadata(&self, younger: SignedDuration) -> Result<CoreProviderMetadata, ProviderError> {
        let now = self.clock.now();
        let fresh = |kept: &&Kept| now.duration_since(kept.at) < younger;
        let kept = self.kept().as_ref().filter(fresh).map(|kept| kept.metadata.clone());
        if let Some(metadata) = kept {
            return Ok(metadata);
        }
        let issuer = IssuerUrl::new(self.registered.issuer.clone());
        let issuer = issuer.map_err(|_| ProviderError::Unavailable("its issuer is no URL"))?;
        let found = CoreProviderMetadata::discover_async(issuer, &self.http).await;
        let metadata = found.map_err(|error| undiscovered(&error))?;
        // Browsers are sent there.
        let address = metadata.authorization_endpoint().as_str();
        if !self.http.may_call(address) {
            return Err(ProviderError::Unavailable("its page for signing in is no public address"));
        }
        *self.kept() = Some(Kept { metadata: metadata.clone(), at: now });
        Ok(metadata)
    }

    fn client(&self, metadata: CoreProviderMetadata, back: &str) -> Result<Client, ProviderError> {
        let back = RedirectUrl::new(back.to_owned());
        let back = back.map_err(|_| ProviderError::Unavailable("our own address is no URL"))?;
        let id = ClientId::new(self.registered.client_id.clone());
        Ok(CoreClient::from_provider_metadata(metadata, id, None).set_redirect_uri(back))
    }

    /// What a code stands for, as the provider says it in exchange.
    async fn exchanged(
        &self,
        client: Client,
        code: &str,
        verifier: String,
    ) -> Result<CoreIdToken, ProviderError> {
        let client = match &self.registered.secret {
            Some(secret) => {
                let secret = secret.open().await;
                let secret =
                    secret.map_err(|_| ProviderError::Unavailable("the client's secret can't be opened"))?;
                client.set_client_secret(openidconnect::ClientSecret::new((*secret).clone()))
            }
            None => client,
        };
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let request = request.map_err(|_| ProviderError::Unavailable("it has no token endpoint"))?;
        let answer =
            request.set_pkce_verifier(PkceCodeVerifier::new(verifier)).request_async(&self.http).await;
        let answer = answer.map_err(|error| match error {
            RequestTokenError::ServerResponse(said) => match said.error() {
                CoreErrorResponseType::InvalidGrant => {
                    ProviderError::Refused("the code is not good, or was used")
                }
                _ => ProviderError::Unavailable(
                    "it does not know this client: look at its id, secret and return address",
                ),
            },
            RequestTokenError::Request(CallFailed(why)) => ProviderError::Unavailable(why),
            _ => ProviderError::Unavailable("its answer can't be read"),
        })?;
        answer.id_token().cloned().ok_or(ProviderError::Refused("there is no ID token"))
    }

    /// Whom a token means, if it is one that the provider made now, for us and for this sign-in.
    fn verified<'t>(
        &self,
        token: &'t CoreIdToken,
        metadata: &CoreProviderMetadata,
        nonce: &Nonce,
    ) -> Result<&'t CoreIdTokenClaims, ClaimsVerificationError> {
        let now = self.clock.now();
        let client_id = ClientId::new(self.registered.client_id.clone());
        let (issuer, keys) = (metadata.issuer().clone(), metadata.jwks().clone());
        let verifier = CoreIdTokenVerifier::new_public_client(client_id.clone(), issuer, keys)
            .set_allowed_algs(SIGNATURES)
            .set_time_fn(move || SystemTime::from(now).into())
            .set_issue_time_verifier_fn(move |at| {
                let off = SignedDuration::from_secs(now.as_second().saturating_sub(at.timestamp())).abs();
                if off <= OLD { Ok(()) } else { Err(String::new()) }
            });
        let claims = token.claims(&verifier, nonce)?;
        match claims.authorized_party() {
            Some(party) if *party != client_id => {
                Err(ClaimsVerificationError::InvalidAudience(String::new()))
            }
            _ => Ok(claims),
        }
    }

    async fn identified(
        &self,
        code: &str,
        secret: &OpenIdSecret,
        back: &str,
    ) -> Result<OpenIdClaims, ProviderError> {
        let metadata = self.metadata(KEPT).await?;
        let client = self.client(metadata.clone(), back)?;
        let token = self.exchanged(client, code, secret.verifier()).await?;
        let nonce = Nonce::new(secret.nonce());
        let mut claims = self.verified(&token, &metadata, &nonce);
        if matches!(
            &claims,
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey))
        ) {
            // Its keys change by and by.
            let metadata = self.metadata(AGAIN).await?;
            claims = self.verified(&token, &metadata, &nonce);
        }
        let claims = claims.map_err(|error| ProviderError::Refused(untrusted(&error)))?;
        let subject = claims.subject().as_str();
        if !(1..=OpenIdClaims::MAX_SUBJECT).contains(&subject.len()) {
            return Err(ProviderError::Refused("its subject is too long"));
        }
        // An address that the provider does not say to be theirs is none.
        let email = claims.email().filter(|_| claims.email_verified() == Some(true));
        Ok(OpenIdClaims {
            issuer: self.registered.issuer.clone(),
            subject: subject.to_owned(),
            email: email.and_then(|email| EmailAddress::parse(email.as_str()).ok()),
        })
    }
}

/// Says in the log what went wrong: nothing of it is about anybody.
fn noted<T>(result: Result<T, ProviderError>) -> Result<T, ProviderError> {
    if let Err(error) = &result {
        tracing::warn!(%error, "signing in with a provider");
    }
    result
}

#[async_trait]
impl OpenIdProvider for Provider {
    fn issuer(&self) -> &str {
        &self.registered.issuer
    }

    async fn address(&self, secret: &OpenIdSecret, back: &str) -> Result<String, ProviderError> {
        let metadata = noted(self.metadata(KEPT).await)?;
        let client = noted(self.client(metadata, back))?;
        let (state, nonce) = (secret.state(), secret.nonce());
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(secret.verifier()));
        let (url, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        Ok(url.into())
    }

    async fn identify(
        &self,
        code: &str,
        secret: &OpenIdSecret,
        back: &str,
    ) -> Result<OpenIdClaims, ProviderError> {
        noted(self.identified(code, secret, back).await)
    }
}

fn undiscovered(error: &DiscoveryError<CallFailed>) -> ProviderError {
    ProviderError::Unavailable(match error {
        DiscoveryError::Request(failed) => failed.0,
        DiscoveryError::Validation(_) => "its metadata are another issuer's",
        DiscoveryError::UrlParse(_) => "its issuer is no URL",
        _ => "its metadata or keys can't be read",
    })
}

/// Why a token is not taken, without a word of it.
fn untrusted(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "the token is too old",
        ClaimsVerificationError::InvalidAudience(_) => "the token is for another client",
        ClaimsVerificationError::InvalidIssuer(_) => "the token is of another issuer",
        ClaimsVerificationError::InvalidNonce(_) => "the token is of another sign-in",
        ClaimsVerificationError::SignatureVerification(why) => match why {
            SignatureVerificationError::NoSignature => "the token is not signed",
            SignatureVerificationError::DisallowedAlg(_) => "the token is signed in a way that is not taken",
            SignatureVerificationError::NoMatchingKey => {
                "the token is signed with a key that the provider does not have"
            }
            _ => "the signature of the token is wrong",
        },
        _ => "the token is not as it must be",
    }
}
