//! How AWS is called: credentials and region from the environment, one HTTPS client for all SDKs, Amazon's roots alone.
//!
//! No provider chain, no profile, no instance metadata: a Lambda has its credentials in its environment.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::app_name::AppName;
use aws_types::region::Region;
use std::time::Duration;

use crate::environment::{require, setting};

/// The roots that `build.rs` picked.
const ROOTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/amazon-roots.pem"));

/// Whoever asks for another limit gets, and pays for, a connector of its own.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// A call and its repetitions end before the 15 seconds that a function has, so that it can still answer 503.
const CALL_LIMIT: Duration = Duration::from_secs(12);
/// One of at least three tries.
const TRY_LIMIT: Duration = Duration::from_secs(4);
/// The same for calls that carry a mail or a file of up to 40 MB. Functions that make them have at least 29 seconds.
const LARGE_CALL_LIMIT: Duration = Duration::from_secs(25);
/// One of at least two tries.
const LARGE_TRY_LIMIT: Duration = Duration::from_secs(12);

/// The settings that all SDK clients share.
///
/// # Panics
/// Where the environment is not that of a Lambda function.
pub fn config() -> SdkConfig {
    let credentials = Credentials::new(
        require("AWS_ACCESS_KEY_ID"),
        require("AWS_SECRET_ACCESS_KEY"),
        setting("AWS_SESSION_TOKEN"),
        None,
        "environment",
    );
    let endpoint = setting("AWS_ENDPOINT_URL");
    let mut config = SdkConfig::builder()
        .behavior_version(aws_smithy_runtime_api_version())
        .region(Region::new(require("AWS_REGION")))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(aws_smithy_async::time::SharedTimeSource::new(
            aws_smithy_async::time::SystemTimeSource::new(),
        ))
        .retry_config(RetryConfig::standard())
        // The Rust SDK has no read time-out by default: a call that hangs would take the whole invocation.
        .timeout_config(limits(TRY_LIMIT, CALL_LIMIT))
        .http_client(https());
    config.set_endpoint_url(endpoint);
    // Names the function in the user agent, so that a trace of AWS calls tells who made them.
    config.set_app_name(setting("AWS_LAMBDA_FUNCTION_NAME").and_then(|name| AppName::new(name).ok()));
    config.build()
}

fn limits(attempt: Duration, call: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_LIMIT)
        .operation_attempt_timeout(attempt)
        .operation_timeout(call)
        .build()
}

/// The same for calls that carry a mail or a file.
pub fn large(config: &SdkConfig) -> SdkConfig {
    config.to_builder().timeout_config(limits(LARGE_TRY_LIMIT, LARGE_CALL_LIMIT)).build()
}

/// The same for SES, which a local stack serves elsewhere.
pub fn ses_config(config: &SdkConfig) -> SdkConfig {
    let config = large(config);
    match setting("AWS_ENDPOINT_URL_SESV2") {
        Some(url) => config.to_builder().endpoint_url(url).build(),
        None => config,
    }
}

fn aws_smithy_runtime_api_version() -> aws_smithy_runtime_api::client::behavior_version::BehaviorVersion {
    aws_smithy_runtime_api::client::behavior_version::BehaviorVersion::latest()
}

/// The HTTPS client of all SDKs. It makes a connector at the first call and keeps it. The one it stands around makes one more
/// for each SDK client, looks whether that worked, and throws it away: each time Amazon's roots are decoded anew.
#[derive(Debug)]
struct Https(SharedHttpClient);

impl HttpClient for Https {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }
}

fn https() -> SharedHttpClient {
    let roots = TrustStore::empty().with_pem_certificate(ROOTS);
    let context = TlsContext::builder().with_trust_store(roots).build();
    let builder = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    SharedHttpClient::new(Https(match context {
        Ok(context) => builder.tls_context(context).build_https(),
        // Without our roots the client trusts the system's: slower to start, no less safe.
        Err(_) => builder.build_https(),
    }))
}
