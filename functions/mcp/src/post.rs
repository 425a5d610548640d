//! One `POST`: who may, what is read, what is answered.
//!
//! What is wrong with the HTTP request is said as the API says it; what is wrong with the message in it, as JSON-RPC does.

use std::sync::Arc;

use app::base::error::Refusal;
use domain::base::code::Code;
use http::header::{ACCEPT, CONTENT_TYPE, HOST};
use http::{HeaderName, HeaderValue};
use http_body_util::{BodyExt as _, Full};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use runtime::http::{Request, Response};
use serde_json::{Value, json};

use crate::Context;
use crate::client::{Answer, Failed};
use crate::server::{Caller, Server};

/// A message has at most so many bytes. Files go by URL.
const MAX_BODY: usize = 1024 * 1024;

/// Codes of JSON-RPC 2.0 §5.1.
const PARSE_ERROR: i32 = -32_700;
const INVALID_REQUEST: i32 = -32_600;

/// Answers a request.
pub(crate) async fn answer(context: &Context, request: &Request) -> Result<Response, Refusal> {
    if request.method != "POST" {
        let message = format!("/mcp does not take {}: it takes POST, and keeps no session", request.method);
        let details = json!({ "allow": ["POST"] });
        let problem = wire::base::problem::of_code(Code::MethodNotAllowed, &message, &request.id, &details);
        return Ok(Response::json(problem.status, &problem.body).header("allow", "POST"));
    }
    check_origin(request)?;
    let mut caller = Caller::new(Arc::clone(&context.client), context.base(request)?, credential(request)?);
    if request.body.len() > MAX_BODY {
        let message = "a message has at most 1 MB: files go by the URL that create_upload gives";
        return Ok(error(413, INVALID_REQUEST, message));
    }
    let Ok(message) = serde_json::from_slice::<Value>(&request.body) else {
        return Ok(error(400, PARSE_ERROR, "the body is not JSON"));
    };
    if !message.is_object() {
        return Ok(error(400, INVALID_REQUEST, "send one message in each POST, as a JSON object"));
    }
    // A wrong credential is told at once, and not at the first call of a tool.
    if matches!(message["method"].as_str(), Some("initialize" | "server/discover" | "tools/list")) {
        let failed = |failed: Failed| Refusal::Unavailable(format!("the API: {failed:?}"));
        if let Some(answer) = caller.ask_scopes().await.map_err(failed)? {
            return refused(&answer);
        }
    }
    let caller = Arc::new(caller);
    let answered = serve(Arc::clone(&caller), request).await;
    match caller.refused() {
        Some(body) => Ok(unauthenticated(&body)),
        None => Ok(answered),
    }
}

/// A page of another host must not call in the name of whoever looks at it (MCP, "Transports", "Security Warning"). The host is what the
/// gateway found the API by.
fn check_origin(request: &Request) -> Result<(), Refusal> {
    let header = |name: &str| request.headers.get(name).map(String::as_str);
    let Some(origin) = header("origin") else { return Ok(()) };
    let host = header("host").unwrap_or_default();
    let same = origin.split_once("://").is_some_and(|(scheme, it)| {
        ["http", "https"].contains(&scheme) && !host.is_empty() && it.eq_ignore_ascii_case(host)
    });
    if same {
        return Ok(());
    }
    Err(Refusal::because(Code::ForeignOrigin, "pages of other hosts do not call this"))
}

/// The credential, to be shown to the API as it was shown here.
fn credential(request: &Request) -> Result<HeaderValue, Refusal> {
    let message = "send Authorization: Bearer cs_live_… with a token of your organization";
    let bearer = request.bearer().filter(|it| !it.is_empty());
    let bearer = bearer.ok_or_else(|| Refusal::because(Code::MissingCredential, message))?;
    HeaderValue::try_from(format!("Bearer {bearer}"))
        .map_err(|_| Refusal::because(Code::InvalidCredential, "the credential is no text of a header"))
}

/// What the API said of the credential, where that is all that there is to say.
fn refused(answer: &Answer) -> Result<Response, Refusal> {
    match answer.status.as_u16() {
        401 => Ok(unauthenticated(&answer.body)),
        status @ 400..=499 => {
            Ok(Response::json_text(status, String::from_utf8_lossy(&answer.body).into_owned()))
        }
        status => Err(Refusal::Unavailable(format!("the API answers {status}"))),
    }
}

fn unauthenticated(body: &[u8]) -> Response {
    Response::json_text(401, String::from_utf8_lossy(body).into_owned()).header("www-authenticate", "Bearer")
}

/// What is wrong with a message, where nobody knows which it is an answer to.
fn error(status: u16, code: i32, message: &str) -> Response {
    Response::json(
        status,
        &json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code, "message": message } }),
    )
}

/// Hands one message to the SDK, whose service ends with it.
async fn serve(caller: Arc<Caller>, request: &Request) -> Response {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_sse_keep_alive(None)
        .with_sse_retry(None)
        // The gateway has no other; what pages may call was looked at before.
        .disable_allowed_hosts()
        .with_max_request_body_bytes(MAX_BODY);
    let server = move || Ok(Server(Arc::clone(&caller)));
    let service = StreamableHttpService::new(server, Arc::new(NeverSessionManager::default()), config);
    let mut message = http::Request::new(Full::new(request.body.clone()));
    *message.method_mut() = http::Method::POST;
    for (name, value) in &request.headers {
        let told = name == CONTENT_TYPE.as_str() || name.starts_with("mcp-");
        let header = (HeaderName::try_from(name), HeaderValue::try_from(value));
        if let (true, (Ok(name), Ok(value))) = (told, header) {
            message.headers_mut().insert(name, value);
        }
    }
    message.headers_mut().insert(HOST, HeaderValue::from_static("mcp"));
    // Each answer is JSON, whatever else a client would take.
    message.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    let (head, body) = service.handle(message).await.into_parts();
    // It is in memory already: collecting can't fail.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let text = String::from_utf8_lossy(&body);
    let is_json = head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    match head.status.as_u16() {
        status if is_json => Response::json_text(status, text.into_owned()),
        status if status < 400 => Response::empty(status),
        status @ (400 | 406) => error(status, INVALID_REQUEST, &text),
        415 => error(400, INVALID_REQUEST, &text),
        status => error(status, INVALID_REQUEST, "the message can't be served"),
    }
}
