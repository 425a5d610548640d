//! Calling our own API, and nothing else but the storage that it signs URLs of.

use std::time::Duration;

use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self, Client as Pool};
use hyper_util::rt::TokioExecutor;

/// A call has so long, connecting included: a function of the API ends before, and this one after it, at 29 seconds.
const LIMIT: Duration = Duration::from_secs(28);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// What a function of Lambda can answer (Lambda developer guide, "Quotas").
pub(crate) const MAX_ANSWER: usize = 6 * 1024 * 1024;

/// The client.
pub(crate) struct Client(Pool<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Nothing came back that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failed {
    /// The request was not taken.
    NotConnected,
    /// Whether the request was taken is not known.
    Lost,
}

impl Client {
    /// `plain` allows HTTP without TLS, for a stack on this machine.
    pub(crate) fn new(plain: bool) -> Self {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_connect_timeout(Some(CONNECT_LIMIT));
        let https = HttpsConnectorBuilder::new().with_webpki_roots();
        let https = if plain { https.https_or_http() } else { https.https_only() };
        let connector = https.enable_http1().wrap_connector(connector);
        // A frozen environment holds dead connections: none is kept.
        Self(Pool::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector))
    }

    /// Calls, and reads at most `limit` bytes of the body. Redirects are not followed.
    pub(crate) async fn call(&self, request: Request<Full<Bytes>>, limit: usize) -> Result<Answer, Failed> {
        let call = async {
            let response = self.0.request(request).await.map_err(|error| failed(&error))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, limit).collect().await.map_err(|_| Failed::Lost)?;
            Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
        };
        tokio::time::timeout(LIMIT, call).await.unwrap_or(Err(Failed::Lost))
    }
}

fn failed(error: &legacy::Error) -> Failed {
    if error.is_connect() { Failed::NotConnected } else { Failed::Lost }
}
