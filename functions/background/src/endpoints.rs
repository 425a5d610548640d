//! Posting to endpoints that strangers named, without being led anywhere inside.
//!
//! The name is resolved by us, every address it leads to must be public, and the connection goes to one of these very
//! addresses: there is no second look-up that could answer otherwise. Redirects are not followed. What an endpoint
//! answers beyond its status and its head is not read.

use std::pin::pin;
use std::time::Duration;

use app::base::ports::{Called, Endpoints};
use async_trait::async_trait;
use domain::delivery::webhook::{AttemptResult, Health, ResponseHead};
use egress::{Connector, refused_address};
use futures_util::future::BoxFuture;
use http::Request;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// An endpoint has so long to answer, connecting included.
const LIMIT: Duration = Duration::from_secs(10);

/// The client.
pub(crate) struct Https {
    client: Client<HttpsConnector<Connector>, Full<Bytes>>,
    allow_loopback: bool,
}

impl Https {
    pub(crate) fn new(allow_loopback: bool) -> Self {
        let https = HttpsConnectorBuilder::new().with_webpki_roots();
        let https = if allow_loopback { https.https_or_http() } else { https.https_only() };
        let connector = egress::connector(allow_loopback, Duration::from_secs(5));
        let connector = https.enable_http1().wrap_connector(connector);
        // A frozen environment holds dead connections: none is kept.
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Self { client, allow_loopback }
    }

    async fn call(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> (AttemptResult, ResponseHead) {
        let ended = |code| (AttemptResult::NoAnswer(code), ResponseHead::default());
        // A webhook that was registered before a rule became stricter is held to the rule of today.
        let Ok(url) = app::delivery::webhooks::check_url(url, self.allow_loopback) else {
            return ended("not_public");
        };
        let mut request = Request::post(url)
            .header("content-type", "application/json")
            .header("user-agent", concat!("Countersign/", env!("CARGO_PKG_VERSION")));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let Ok(request) = request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))) else {
            return ended("invalid_url");
        };
        match self.client.request(request).await {
            Ok(response) => {
                let fields = response.headers().iter();
                let fields = fields.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
                (AttemptResult::Answered(response.status().as_u16()), ResponseHead::of(fields))
            }
            Err(error) if refused_address(&error) => ended("not_public"),
            Err(error) if error.is_connect() => ended("not_connected"),
            Err(_) => ended("broken_answer"),
        }
    }
}

#[async_trait]
impl Endpoints for Https {
    async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: &str,
        longer: BoxFuture<'_, bool>,
    ) -> Called {
        let took = runtime::environment::stopwatch();
        let mut call = pin!(self.call(url, headers, body));
        let quick = Health::QUICK.unsigned_abs();
        let called = match tokio::time::timeout(quick, &mut call).await {
            Ok(called) => Some(called),
            Err(_) if !longer.await => None,
            Err(_) => {
                let called = tokio::time::timeout(LIMIT.saturating_sub(quick), call).await;
                let silent = || (AttemptResult::NoAnswer("timeout"), ResponseHead::default());
                Some(called.unwrap_or_else(|_| silent()))
            }
        };
        let (result, head) = called.unzip();
        Called { result, head: head.unwrap_or_default(), duration_ms: took() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn an_endpoint_on_this_machine_is_not_called() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
        for url in [&*url, "https://127.0.0.1/"] {
            let called = Https::new(false).post(url, &[], "{}", Box::pin(async { true })).await;
            assert_eq!(called.result, Some(AttemptResult::NoAnswer("not_public")));
        }
    }

    /// A server on this machine that answers each call with `head` and then writes until nobody listens; gives its URL and a count of what
    /// it got rid of.
    async fn answering(head: String, part: Vec<u8>) -> (String, Arc<AtomicUsize>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port());
        let written = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&written);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(head.as_bytes()).await;
                while !part.is_empty() && stream.write_all(&part).await.is_ok() {
                    count.fetch_add(part.len(), Ordering::SeqCst);
                }
            }
        });
        (url, written)
    }

    #[tokio::test]
    async fn a_redirect_to_an_address_inside_is_an_answer_and_not_followed() {
        let (inside, reached) =
            answering("HTTP/1.1 204 Fine\r\ncontent-length: 0\r\n\r\n".into(), vec![]).await;
        for status in [301, 302, 303, 307, 308] {
            for location in [&*inside, "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/"] {
                let head = format!(
                    "HTTP/1.1 {status} Over there\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
                );
                let (url, _) = answering(head, vec![]).await;
                let called = Https::new(true).post(&url, &[], "{}", Box::pin(async { true })).await;
                assert_eq!(called.result, Some(AttemptResult::Answered(status)), "{location}");
                assert!(!called.result.unwrap().delivered() && called.duration_ms < 2_900);
            }
        }
        assert_eq!(reached.load(Ordering::SeqCst), 0, "nobody went there");
    }

    #[tokio::test]
    async fn an_answer_of_two_gigabytes_is_taken_by_its_head_and_not_read() {
        for length in ["content-length: 2147483648", "transfer-encoding: chunked"] {
            let part =
                if length.starts_with('c') { vec![b'x'; 65_536] } else { b"4\r\nxxxx\r\n".repeat(4_096) };
            let (url, written) = answering(format!("HTTP/1.1 200 Fine\r\n{length}\r\n\r\n"), part).await;
            let called = Https::new(true).post(&url, &[], "{}", Box::pin(async { true })).await;
            assert_eq!(called.result, Some(AttemptResult::Answered(200)), "{length}");
            assert!(called.duration_ms < 2_900, "{}", called.duration_ms);
            tokio::time::sleep(Duration::from_millis(300)).await;
            let written = written.load(Ordering::SeqCst);
            assert!(written < 32 << 20, "{length}: {written} bytes fit into buffers");
        }
    }

    #[tokio::test]
    async fn a_head_without_an_end_is_broken_off() {
        let line = format!("x-more: {}\r\n", "x".repeat(8_000));
        let (url, written) = answering("HTTP/1.1 200 Fine\r\n".into(), line.into_bytes()).await;
        let called = Https::new(true).post(&url, &[], "{}", Box::pin(async { true })).await;
        assert_eq!(called.result, Some(AttemptResult::NoAnswer("broken_answer")));
        assert!(called.duration_ms < 2_900, "{}", called.duration_ms);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(written.load(Ordering::SeqCst) < 32 << 20);
    }

    /// It hangs for as long as it is allowed to.
    #[tokio::test]
    async fn a_call_that_takes_long_is_broken_off_unless_it_may_go_on() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://127.0.0.1:{}/", listener.local_addr().unwrap().port());
        let https = Https::new(true);
        for (may, expected, at_least, at_most) in
            [(false, None, 2_900, 9_000), (true, Some(AttemptResult::NoAnswer("timeout")), 9_900, 60_000)]
        {
            let called = https.post(&url, &[], "{}", Box::pin(async move { may })).await;
            assert_eq!(called.result, expected);
            let took = called.duration_ms;
            assert!((at_least..at_most).contains(&took), "{took}");
        }
        drop(listener);
    }
}
