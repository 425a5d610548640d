//! Calling the provider: what it names of itself is as little trusted as what strangers name.

use std::sync::Arc;
use std::time::Duration;

use app::delivery::webhooks::check_url;
use egress::Connector;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

/// A call has so long, connecting included: of the five that a sign-in may take all fit into the function's time.
const LIMIT: Duration = Duration::from_secs(5);
const CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// Metadata, keys and tokens have some kilobytes.
const MAX_ANSWER: usize = 256 * 1024;

/// A call that came to nothing, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CallFailed(pub &'static str);

/// Calls over HTTP.
pub trait Caller: Send + Sync {
    /// Makes one call. Redirects are not followed.
    fn call(&self, request: Request<Vec<u8>>) -> BoxFuture<'_, Result<Response<Vec<u8>>, CallFailed>>;
}

/// The world outside: public addresses alone.
pub struct Outside {
    client: Client<HttpsConnector<Connector>, Full<Bytes>>,
}

impl Outside {
    /// `allow_loopback` takes this machine as well, over plain HTTP, for a stack on it.
    pub fn new(allow_loopback: bool) -> Self {
        let https = HttpsConnectorBuilder::new().with_webpki_roots();
        let https = if allow_loopback { https.https_or_http() } else { https.https_only() };
        let connector = https.enable_http1().wrap_connector(egress::connector(allow_loopback, CONNECT_LIMIT));
        // A frozen environment holds dead connections: none is kept.
        Self { client: Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector) }
    }
}

impl Caller for Outside {
    fn call(&self, request: Request<Vec<u8>>) -> BoxFuture<'_, Result<Response<Vec<u8>>, CallFailed>> {
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let call = async move {
            let response = self.client.request(request).await;
            let (head, body) = response.map_err(|_| CallFailed("it can't be reached"))?.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await;
            let body = body.map_err(|_| CallFailed("its answer is too long, or breaks off"))?;
            Ok(Response::from_parts(head, body.to_bytes().to_vec()))
        };
        Box::pin(async move {
            tokio::time::timeout(LIMIT, call).await.unwrap_or(Err(CallFailed("it does not answer in time")))
        })
    }
}

/// What `openidconnect` calls with.
pub(crate) struct Http {
    pub(crate) caller: Arc<dyn Caller>,
    pub(crate) allow_loopback: bool,
}

impl Http {
    /// Whether an address may be called, or browsers sent to. One that stands in it as digits never reaches the resolver.
    pub(crate) fn may_call(&self, address: &str) -> bool {
        check_url(address, self.allow_loopback).is_ok()
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = CallFailed;
    type Future = BoxFuture<'c, Result<HttpResponse, CallFailed>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        if self.may_call(&request.uri().to_string()) {
            self.caller.call(request)
        } else {
            Box::pin(async { Err(CallFailed("it names an address that is not public")) })
        }
    }
}
