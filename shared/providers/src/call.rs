//! Calling a provider: one request, one answer, and an honest word where there is none.

use std::sync::LazyLock;
use std::time::Duration;

use app::base::ports::SendOutcome;
use egress::Connector;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Collected, Full, Limited};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// A connection that did not come about for so long does not.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// Most bytes of an answer that are read: ids and errors have some hundreds, lists of domains some kilobytes.
const MAX_ANSWER: usize = 64 * 1024;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFailed {
    /// No connection came about, so nothing was said.
    NotConnected,
    /// The time was up.
    TimedOut,
    /// The connection broke before the head of an answer was there.
    Lost,
}

impl CallFailed {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            CallFailed::NotConnected => "not_connected",
            CallFailed::TimedOut => "timeout",
            CallFailed::Lost => "connection_lost",
        }
    }

    /// What it means for a mail: only a connection that never came about has certainly carried nothing.
    pub(crate) const fn outcome(self) -> SendOutcome {
        match self {
            CallFailed::NotConnected => SendOutcome::NotAccepted(self.code()),
            CallFailed::TimedOut | CallFailed::Lost => SendOutcome::Ambiguous(self.code()),
        }
    }
}

/// Calls over HTTP.
pub trait Caller: Send + Sync {
    /// Makes one call within this time, connecting included. Redirects are not followed. Of an answer whose body is too long or
    /// breaks off there is the head alone: its status is known.
    fn call(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> BoxFuture<'_, Result<Response<Bytes>, CallFailed>>;
}

/// Made at its first use: most mail leaves otherwise, and most requests ask no provider.
type LazyClient = LazyLock<HttpsClient, Box<dyn FnOnce() -> HttpsClient + Send>>;

type HttpsClient = Client<HttpsConnector<Connector>, Full<Bytes>>;

/// The world outside: public addresses alone.
pub struct Outside {
    client: LazyClient,
}

impl Outside {
    /// `allow_loopback` takes this machine as well, over plain HTTP, for a stack on it.
    pub fn new(allow_loopback: bool) -> Self {
        let client = move || {
            let mut client = Client::builder(TokioExecutor::new());
            // A frozen environment holds dead connections: none is kept. And a mail is not given twice.
            client.pool_max_idle_per_host(0).retry_canceled_requests(false);
            let https = HttpsConnectorBuilder::new().with_webpki_roots();
            let https = if allow_loopback { https.https_or_http() } else { https.https_only() };
            let connector = egress::connector(allow_loopback, CONNECT_LIMIT);
            client.build(https.enable_http1().wrap_connector(connector))
        };
        Self { client: LazyLock::new(Box::new(client)) }
    }
}

impl Caller for Outside {
    fn call(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> BoxFuture<'_, Result<Response<Bytes>, CallFailed>> {
        let call = async move {
            let response = self.client.request(request.map(Full::new)).await.map_err(|error| {
                if error.is_connect() { CallFailed::NotConnected } else { CallFailed::Lost }
            })?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await;
            Ok(Response::from_parts(head, body.map(Collected::to_bytes).unwrap_or_default()))
        };
        Box::pin(async move { tokio::time::timeout(limit, call).await.unwrap_or(Err(CallFailed::TimedOut)) })
    }
}

/// What a provider is asked, but for its host and the key.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

impl Ask {
    /// Reads.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), headers: vec![], body: Bytes::new() }
    }

    /// Posts a body of this type.
    pub(crate) fn post(path: impl Into<String>, content_type: HeaderValue, body: Vec<u8>) -> Self {
        let headers = vec![(http::header::CONTENT_TYPE, content_type)];
        Self { method: Method::POST, path: path.into(), headers, body: body.into() }
    }

    /// Posts JSON. Nothing that is posted here can fail to become JSON; if it did, the code says so.
    pub(crate) fn json(path: impl Into<String>, body: &impl serde::Serialize) -> Result<Self, &'static str> {
        let body = serde_json::to_vec(body).map_err(|_| "not_constructed")?;
        Ok(Self::post(path, HeaderValue::from_static("application/json"), body))
    }
}

/// What a provider answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body, where it is JSON.
    pub(crate) json: Value,
}

impl Answer {
    pub(crate) fn of(response: Response<Bytes>) -> Self {
        let (head, body) = response.into_parts();
        let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Self { status: head.status, headers: head.headers, json }
    }

    /// A text at this place of the body, such as `/errors/0/message`; an empty one where there is none.
    pub(crate) fn text(&self, place: &str) -> &str {
        self.json.pointer(place).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether the text at this place has these words, in whatever case.
    pub(crate) fn says(&self, place: &str, words: &str) -> bool {
        self.text(place).to_ascii_lowercase().contains(words)
    }

    /// What is meant by a status of which the provider says nothing more. What it writes of it in words may name people, and is
    /// never repeated.
    pub(crate) fn outcome_by_status(&self) -> SendOutcome {
        let refused = |code: &str| SendOutcome::Refused(code.to_owned());
        match self.status.as_u16() {
            400 => refused("bad_request"),
            401 | 403 => SendOutcome::NotAccepted("credentials_refused"),
            402 => SendOutcome::NotAccepted("quota_reached"),
            404 => refused("not_found"),
            413 => refused("too_large"),
            422 => refused("unprocessable"),
            429 => SendOutcome::THROTTLED,
            // A server error says nothing about how far it came; and where some proxy waited for the end of the request, nobody knows what
            // came through.
            408 | 500..=599 => SendOutcome::Ambiguous("provider_error"),
            other if (401..=499).contains(&other) => refused("refused"),
            _ => SendOutcome::Ambiguous("broken_answer"),
        }
    }

    /// Why a provider can't be asked about a key now, where its status says so.
    pub(crate) fn unreachable(&self) -> &'static str {
        match self.status.as_u16() {
            429 => "throttled",
            500..=599 => "provider_error",
            _ => "broken_answer",
        }
    }
}

/// An id without the angle brackets in which some write it; none where nothing is left, or more than an id has.
pub(crate) fn bare_id(id: &str) -> Option<String> {
    let id = id.trim();
    let id = id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(id);
    let good = (1..=500).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    good.then(|| id.to_owned())
}
