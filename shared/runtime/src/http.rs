//! A route: what it takes, what it answers, and the loop that serves it behind an HTTP API (payload format 2.0).

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use app::base::enter::{Entered, Once, Repeatable, identify, rates_left};
use app::base::error::Refusal;
use app::base::ports::{Clock as _, Ports};
use app::base::store::{Key, PageRequest};
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use domain::base::code::{Class, Code};
use domain::base::digest::Digest;
use domain::base::id::Id;
use domain::people::access::{Permit, Principal, Scope, ScopeType};
use domain::people::browser::Browser;
use domain::people::credential::Secret;
use domain::people::limit::Left;
use domain::{InboxId, MemberId, OrganizationId, Timestamp};
use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue};
use lambda_runtime::{LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::{Value, json};
use wire::base::pages::PageQuery;
use wire::base::request::Field;
use wire::base::schema::{SchemaOf, Shape};

use crate::Function;
use crate::environment::SystemClock;

/// Who may call a route. A test calls every route without and with too few rights and compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Public,
    /// Any good credential.
    Credential,
    /// A credential with this scope.
    Scope(Scope),
}

/// What an invocation is answered with.
pub type Handling<'a> = BoxFuture<'a, Result<Response, Refusal>>;

/// A route.
#[derive(Clone, Copy)]
pub struct Endpoint {
    /// Its function's name, which is its file's.
    pub name: &'static str,
    /// `GET`, `POST`, …
    pub method: &'static str,
    /// As the template writes it.
    pub path: &'static str,
    /// Who may.
    pub access: Access,
    /// What it takes and answers, beside what its name says, for `infra/docs/API.md`.
    pub says: &'static str,
    /// An example of its body, or of its query: `events/` and the tests call it so. Empty where it takes neither.
    pub example: &'static str,
    /// What its query may say; where it takes none, one is refused.
    pub query: Option<Shape>,
    /// What its body may say.
    pub body: Option<Shape>,
    /// The JSON that it answers with; none where it answers with none, or with something else.
    pub response: Option<SchemaOf>,
    /// Makes what handles its requests, from the environment. What it takes of the world is named there.
    pub open: fn() -> Handler,
}

/// What handles the requests of a route.
pub trait Handle: Send + Sync {
    /// Handles one.
    fn handle<'a>(&'a self, request: &'a Request) -> Handling<'a>;
}

/// What handles the requests of a route.
pub type Handler = Box<dyn Handle>;

/// A function that handles requests with what it takes of the world.
pub type HandlerOf<C> = for<'a> fn(&'a C, &'a Request) -> Handling<'a>;

/// Ties what a route takes of the world to the function that handles its requests with it.
pub fn handler<C: Send + Sync + 'static>(context: C, handle: HandlerOf<C>) -> Handler {
    struct With<C>(C, HandlerOf<C>);
    impl<C: Send + Sync> Handle for With<C> {
        fn handle<'a>(&'a self, request: &'a Request) -> Handling<'a> {
            (self.1)(&self.0, request)
        }
    }
    Box::new(With(context, handle))
}

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path, as it was called.
    pub path: String,
    /// The parts of the path that the route names.
    pub parameters: HashMap<String, String>,
    /// The query.
    pub query: HashMap<String, String>,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Cookies.
    pub cookies: HashMap<String, String>,
    /// The body.
    pub body: Bytes,
    /// The address of the network that the gateway was called from: of whoever stands before it, where something does.
    pub source: Option<IpAddr>,
    /// API Gateway's id of the request.
    pub id: String,
    /// API Gateway's id of the API that was called.
    pub api_id: String,
    /// What is left of the caller's rates, once they are let in or refused.
    pub rates: OnceLock<Vec<Left>>,
    /// Who calls, once their credential was found to be good.
    pub caller: OnceLock<Caller>,
}

/// Who calls, by ids alone: for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// What names the credential.
    pub credential: String,
    /// The member behind it.
    pub member_id: Option<MemberId>,
}

impl From<&Principal> for Caller {
    fn from(principal: &Principal) -> Self {
        Self {
            organization_id: principal.organization_id,
            credential: principal.credential.name(),
            member_id: principal.actor.member(),
        }
    }
}

/// The pairs of a query or of a form's body.
pub fn form_pairs(text: &str) -> HashMap<String, String> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

impl Request {
    /// Reads the event of an HTTP API.
    pub fn from_event(event: Value) -> Result<Self, String> {
        let event: ApiGatewayV2httpRequest =
            serde_json::from_value(event).map_err(|error| error.to_string())?;
        let body = event.body.unwrap_or_default();
        let body = if event.is_base64_encoded {
            BASE64.decode(body).map_err(|error| error.to_string())?.into()
        } else {
            body.into_bytes().into()
        };
        let header = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let headers: BTreeMap<String, String> = event.headers.iter().map(header).collect();
        Ok(Self {
            method: event.request_context.http.method.as_str().to_owned(),
            path: event.raw_path.unwrap_or_default(),
            parameters: event.path_parameters,
            query: form_pairs(event.raw_query_string.as_deref().unwrap_or_default()),
            // API Gateway takes cookies out of the headers; a gateway that does not is understood as well.
            cookies: event
                .cookies
                .iter()
                .flatten()
                .chain(headers.get("cookie"))
                .flat_map(|line| line.split(';'))
                .filter_map(|pair| pair.trim().split_once('='))
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect(),
            headers,
            body,
            source: event.request_context.http.source_ip.as_deref().and_then(|text| text.parse().ok()),
            id: event.request_context.request_id.unwrap_or_default(),
            api_id: event.request_context.apiid.unwrap_or_default(),
            rates: OnceLock::new(),
            caller: OnceLock::new(),
        })
    }

    /// An id in the path. One of another kind, or none, names nothing that exists.
    pub fn id<T: Id>(&self, name: &'static str) -> Result<T, Refusal> {
        let text = self.parameters.get(name).map(String::as_str).unwrap_or_default();
        T::of_caller(text).map_err(|error| Refusal::field(name, Code::InvalidId, error))
    }

    /// The query. One that has more than the route takes is refused: a filter that is misspelt must not list everything.
    pub fn query<T: Field>(&self) -> Result<T, Refusal> {
        wire::base::request::query(&self.query)
    }

    /// `limit` and `cursor` of a page of the console, whatever else stands in its address.
    pub fn page(&self) -> Result<PageRequest, Refusal> {
        let asked = self.query.iter().filter(|(name, _)| ["limit", "cursor"].contains(&name.as_str()));
        let asked: HashMap<_, _> = asked.map(|(name, value)| (name.clone(), value.clone())).collect();
        wire::base::request::query::<PageQuery, _>(&asked).map(PageQuery::page)
    }

    /// What the caller shows as a bearer token.
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, secret) = self.headers.get("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
    }

    /// What the caller's `User-Agent` says of what it is, in a word or two.
    pub fn browser(&self) -> Option<Browser> {
        self.headers.get("user-agent").map(|text| Browser::of(text))
    }

    /// Scheme, host and port that this installation is reached under: as it says itself, or else as the caller came here. The gateway
    /// brings no request here that names the host of another API.
    pub fn origin(&self, ports: &Ports) -> String {
        let host = || self.headers.get("host").map_or("", String::as_str);
        ports.settings.public_url.clone().unwrap_or_else(|| format!("https://{}", host()))
    }

    /// The revision that `If-Match` names (RFC 9110 §13.1.1): one `ETag` as a response gave it. None where any will do, as without it.
    pub fn if_match(&self) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.headers.get("if-match").map(|text| text.trim()) else { return Ok(None) };
        if text == "*" {
            return Ok(None);
        }
        let number = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let number =
            number.filter(|it| it.bytes().all(|b| b.is_ascii_digit())).and_then(|it| it.parse().ok());
        number.map(Some).ok_or_else(|| {
            let message = "must be one ETag as a response gave it, such as \"3\" with its quotes, or *";
            Refusal::field("If-Match", Code::InvalidIfMatch, message)
        })
    }

    /// Lets a caller in who holds the scope `S`; reads `keys` of their organization in the same call.
    pub async fn enter<S: ScopeType>(&self, ports: &Ports, keys: &[Key]) -> Result<In<S>, Refusal> {
        self.let_in(ports, keys, None).await
    }

    /// As [`Self::enter`], for a request that creates or sends: honours its `Idempotency-Key`.
    pub async fn enter_once<S: ScopeType>(&self, ports: &Ports, keys: &[Key]) -> Result<In<S>, Refusal> {
        self.let_in_once(ports, keys, false).await
    }

    /// As [`Self::enter_once`], for a request whose answer shows a secret. A repeat within ten minutes comes in as well, and finds in
    /// `once` what was answered: it makes another secret for the same thing.
    pub async fn enter_for_secret<S: ScopeType>(
        &self,
        ports: &Ports,
        keys: &[Key],
    ) -> Result<In<S>, Refusal> {
        self.let_in_once(ports, keys, true).await
    }

    async fn let_in_once<S: ScopeType>(
        &self,
        ports: &Ports,
        keys: &[Key],
        shows_secret: bool,
    ) -> Result<In<S>, Refusal> {
        let route = format!("{} {}", self.method, self.path);
        let key = self.headers.get("idempotency-key").map(String::as_str);
        if key.is_some_and(|key| {
            key.is_empty() || key.len() > 256 || !key.bytes().all(|b| b.is_ascii_graphic())
        }) {
            let message = "must be 1 to 256 visible ASCII characters";
            return Err(Refusal::field("Idempotency-Key", Code::InvalidIdempotencyKey, message));
        }
        let repeatable = key.map(|key| Repeatable { key, route: &route, body: &self.body, shows_secret });
        self.let_in(ports, keys, repeatable).await
    }

    async fn let_in<S: ScopeType>(
        &self,
        ports: &Ports,
        keys: &[Key],
        repeatable: Option<Repeatable<'_>>,
    ) -> Result<In<S>, Refusal> {
        let entered = self.enter_with(ports, keys, repeatable).await?;
        let permit = entered.principal.permit::<S>()?;
        Ok(In { permit, ports: entered.ports, once: entered.once })
    }

    /// Lets any caller in who has a good credential.
    pub async fn enter_any(&self, ports: &Ports) -> Result<Entered, Refusal> {
        self.enter_with(ports, &[], None).await
    }

    async fn enter_with(
        &self,
        ports: &Ports,
        keys: &[Key],
        repeatable: Option<Repeatable<'_>>,
    ) -> Result<Entered, Refusal> {
        let entered = identify(ports, self.bearer(), keys, repeatable).await;
        let caller = match &entered {
            Ok(entered) => Some(&entered.principal),
            Err(refused) => refused.principal.as_deref(),
        };
        if let Some(principal) = caller {
            self.caller.get_or_init(|| principal.into());
        }
        let entered = entered.map_err(Refusal::from);
        let tells = |refusal: &Refusal| {
            matches!(refusal, Refusal::Answered(_)) || refusal.code() == Code::RateLimited
        };
        // Whoever has no good credential is told nothing of an organization's rate.
        if entered.as_ref().err().is_none_or(tells) {
            self.rates.get_or_init(|| rates_left(ports, self.bearer()));
        }
        entered
    }
}

/// A caller with the scope `S`.
pub struct In<S> {
    /// The proof.
    pub permit: Permit<S>,
    /// The ports, with what was read at hand.
    pub ports: Ports,
    /// The promise to answer a repeated request as the first.
    pub once: Once,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    status_code: u16,
    headers: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
    body: String,
    is_base64_encoded: bool,
}

impl Response {
    fn new(status: u16, content_type: &str, body: String) -> Self {
        let headers = BTreeMap::from([
            ("cache-control", "no-store".to_owned()),
            ("content-type", content_type.to_owned()),
            ("x-content-type-options", "nosniff".to_owned()),
        ]);
        Self { status_code: status, headers, cookies: vec![], body, is_base64_encoded: false }
    }

    /// JSON.
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        Self::new(status, "application/json", wire::base::parts::text(body))
    }

    /// JSON that is text already.
    pub fn json_text(status: u16, body: String) -> Self {
        Self::new(status, "application/json", body)
    }

    /// A page.
    pub fn html(status: u16, body: String) -> Self {
        Self::new(status, "text/html; charset=utf-8", body)
    }

    /// Events as `EventSource` reads them (WHATWG HTML, "Server-sent events").
    pub fn event_stream(body: String) -> Self {
        Self::new(200, "text/event-stream; charset=utf-8", body)
    }

    /// A text of this type.
    pub fn text(content_type: &str, body: String) -> Self {
        Self::new(200, content_type, body)
    }

    /// Bytes.
    pub fn bytes(content_type: &str, bytes: &[u8]) -> Self {
        Self { is_base64_encoded: true, ..Self::new(200, content_type, BASE64.encode(bytes)) }
    }

    /// Nothing to say.
    pub fn empty(status: u16) -> Self {
        Self::new(status, "application/json", String::new())
    }

    /// Look there (303: with `GET`).
    pub fn see_other(location: &str) -> Self {
        Self::new(303, "text/plain; charset=utf-8", String::new()).header("location", location)
    }

    /// Adds or replaces a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.insert(name, value.to_string());
        self
    }

    /// Sets a cookie.
    #[must_use]
    pub fn cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// Says how fast the caller may ask, and how much of that is left (draft-ietf-httpapi-ratelimit-headers-10).
    #[must_use]
    pub fn with_rates(self, rates: &[Left]) -> Self {
        if rates.is_empty() {
            return self;
        }
        let list = |say: fn(&Left) -> String| rates.iter().map(say).collect::<Vec<_>>().join(", ");
        let policy = list(|it| format!("\"{}\";q={};w={}", it.rate.name, it.rate.quota, it.rate.window));
        let left = list(|it| format!("\"{}\";r={};t={}", it.rate.name, it.requests, it.full_in));
        self.header("ratelimit-policy", policy).header("ratelimit", left)
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status_code
    }

    /// The headers, names in lower case.
    pub fn headers(&self) -> &BTreeMap<&'static str, String> {
        &self.headers
    }

    /// The body, where it is text.
    pub fn text_body(&self) -> Option<&str> {
        (!self.is_base64_encoded).then_some(self.body.as_str())
    }

    /// The same with another body.
    #[must_use]
    pub fn with_bytes(self, bytes: &[u8]) -> Self {
        Self { is_base64_encoded: true, body: BASE64.encode(bytes), ..self }
    }

    /// What went wrong, as the API says it.
    pub fn refusal(refusal: &Refusal, request: &Request, now: Timestamp) -> Self {
        if let Refusal::Answered(answer) = refusal {
            return Self::json_text(answer.status, answer.body.clone()).header("idempotent-replay", "true");
        }
        let problem = wire::base::problem::problem(refusal, &request.id, now);
        let response = Self::json(problem.status, &problem.body);
        match problem.retry_after {
            Some(seconds) => response.header("retry-after", seconds),
            None if problem.status == 401 => response.header("www-authenticate", "Bearer"),
            None => response,
        }
    }
}

/// Answers one event.
pub async fn answer(endpoint: &Endpoint, handler: &dyn Handle, event: Value) -> Response {
    let request = match Request::from_event(event) {
        Ok(request) => request,
        Err(error) => {
            tracing::error!(%error, "not an event of an HTTP API");
            let message = "the request can't be read";
            let problem = wire::base::problem::of_code(Code::InvalidJson, message, "", &json!({}));
            return Response::json(problem.status, &problem.body);
        }
    };
    let took = crate::environment::stopwatch();
    let query = match endpoint.query {
        None => wire::base::request::no_query(&request.query),
        // It is read where it is needed.
        Some(_) => Ok(()),
    };
    let handled = match query {
        Ok(()) => handler.handle(&request).await,
        Err(refusal) => Err(refusal),
    };
    let mut refused = None;
    let response = match handled {
        Ok(response) => response,
        Err(refusal) => {
            if !matches!(refusal, Refusal::Answered(_)) {
                refused = Some(refusal.code());
            }
            if let Refusal::Internal(error) | Refusal::Unavailable(error) = &refusal {
                tracing::error!(request_id = request.id, route = endpoint.path, %error, "could not be done");
            }
            Response::refusal(&refusal, &request, SystemClock.now())
        }
    };
    let response = response.with_rates(request.rates.get().map_or(&[], Vec::as_slice));
    let caller = whose(&request, refused.map(Code::class));
    log(endpoint, &request, caller.as_ref(), (response.status_code, refused), took());
    response
}

/// Whom this process let in lately, by what their secrets hash to.
static LET_IN: LazyLock<Mutex<HashMap<Digest, Caller>>> = LazyLock::new(Mutex::default);
/// At most so many.
const MOST_LET_IN: usize = 1_000;

/// Whose a request is, as far as that is known without a call. One that is refused before its credential is looked at, since it can't be
/// read or comes too fast, is theirs whom this process let in with it before.
fn whose(request: &Request, refused: Option<Class>) -> Option<Caller> {
    let caller = request.caller.get();
    let Some(secret) = request.bearer().and_then(|text| Secret::parse(text).ok()) else {
        return caller.cloned();
    };
    let mut known = LET_IN.lock().unwrap_or_else(PoisonError::into_inner);
    match (caller, refused) {
        (Some(caller), _) => {
            if known.len() >= MOST_LET_IN {
                known.clear();
            }
            known.insert(secret.hash(), caller.clone());
            Some(caller.clone())
        }
        // It holds no longer.
        (None, Some(Class::Unauthenticated)) => {
            known.remove(&secret.hash());
            None
        }
        (None, _) => known.get(&secret.hash()).cloned(),
    }
}

/// Writes a line about a request. Of those that name an organization `background-logs` makes its log of requests
/// (`wire::ledger::requests::read_line`).
fn log(
    endpoint: &Endpoint,
    request: &Request,
    caller: Option<&Caller>,
    (status, refused): (u16, Option<Code>),
    took_ms: u64,
) {
    // What stands in its place may be anything.
    let inbox_id: Option<InboxId> = request.id("inbox_id").ok();
    tracing::info!(
        request_id = request.id,
        organization_id = caller.map(|caller| tracing::field::display(caller.organization_id)),
        credential = caller.map(|caller| caller.credential.as_str()),
        member_id = caller.and_then(|caller| caller.member_id).map(tracing::field::display),
        inbox_id = inbox_id.map(tracing::field::display),
        method = endpoint.method,
        operation = endpoint.operation(),
        route = endpoint.path,
        status,
        code = refused.map(Code::as_str),
        took_ms,
        "request"
    );
}

impl Endpoint {
    /// The name of the operation, as the `OpenAPI` document has it.
    pub fn operation(&self) -> String {
        self.name.strip_prefix("api-").unwrap_or(self.name).replace('-', "_")
    }
}

impl Function for Endpoint {
    fn name(&self) -> &'static str {
        self.name
    }

    fn serve(&'static self) {
        let handler: Arc<dyn Handle> = (self.open)().into();
        let service = service_fn(move |event: LambdaEvent<Value>| {
            let handler = Arc::clone(&handler);
            async move { Ok::<_, lambda_runtime::Error>(answer(self, &*handler, event.payload).await) }
        });
        crate::task::block_on(lambda_runtime::run(service));
    }
}

#[cfg(test)]
mod tests {
    use domain::ledger::requests::RequestLine;

    use super::*;

    #[test]
    fn if_match_is_one_revision_or_any() {
        let read = |text: &str| {
            let headers = [("if-match".to_owned(), text.to_owned())].into();
            Request { headers, ..Request::default() }.if_match().map_err(|refusal| refusal.code())
        };
        assert_eq!(Request::default().if_match(), Ok(None));
        for (text, revision) in [("*", None), ("\"3\"", Some(3)), (" \"12\" ", Some(12))] {
            assert_eq!(read(text), Ok(revision), "{text}");
        }
        for text in
            ["", "3", "\"\"", "\"+3\"", "W/\"3\"", "\"1\", \"2\"", "\"99999999999999999999\"", "\"", "\"x\""]
        {
            assert_eq!(read(text), Err(Code::InvalidIfMatch), "{text}");
        }
    }

    /// What a request by somebody leaves in the log, as it is written and as `background-logs` reads it.
    fn logged(request: &Request, status: u16, refused: Option<Code>) -> (String, Option<RequestLine>) {
        #[derive(Clone, Default)]
        struct Kept(Arc<Mutex<Vec<u8>>>);
        impl std::io::Write for Kept {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        const ENDPOINT: Endpoint = Endpoint {
            name: "api-send-again-list",
            method: "GET",
            path: "/v1/inboxes/{inbox_id}/messages",
            access: Access::Public,
            says: "",
            example: "",
            query: None,
            body: None,
            response: None,
            open: || handler((), |(), _| Box::pin(async { Ok(Response::empty(204)) })),
        };
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = crate::log::subscriber(move || writer.clone(), "info");
        let caller = whose(request, refused.map(Code::class));
        tracing::subscriber::with_default(subscriber, || {
            log(&ENDPOINT, request, caller.as_ref(), (status, refused), 12);
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let line = wire::ledger::requests::read_line(Digest::of(b"x"), Timestamp::UNIX_EPOCH, &text);
        (text, line)
    }

    fn asked(secret: &str, caller: Option<Caller>) -> Request {
        let request = Request {
            id: "JKJaXmPLvHcESHA=".into(),
            parameters: [("inbox_id".into(), "inb_01kc1x5e3r0000000000000002".into())].into(),
            headers: [("authorization".to_owned(), format!("Bearer {secret}"))].into(),
            ..Request::default()
        };
        if let Some(caller) = caller {
            request.caller.set(caller).unwrap();
        }
        request
    }

    fn caller() -> Caller {
        Caller {
            organization_id: OrganizationId::parse("org_01kc1x5e3r0000000000000001").unwrap(),
            credential: "tok_01kc1x5e3r0000000000000008".to_owned(),
            member_id: MemberId::parse("mem_01kc1x5e3r0000000000000009").ok(),
        }
    }

    #[test]
    fn what_is_written_of_a_request_is_what_its_log_is_made_of_and_no_secret() {
        let secret = format!("cs_live_01kc1x5e3r0000000000000001{}", "7".repeat(64));
        let (text, line) = logged(&asked(&secret, Some(caller())), 422, Some(Code::InvalidLimit));
        let line = line.unwrap_or_else(|| panic!("{text}"));
        assert_eq!((&*line.operation, &*line.path), ("send_again_list", "/v1/inboxes/{inbox_id}/messages"));
        assert_eq!((line.status, line.code.as_deref(), line.duration_ms), (422, Some("invalid_limit"), 12));
        assert_eq!(line.organization_id, caller().organization_id);
        assert_eq!(line.member_id, caller().member_id);
        assert_eq!(line.inbox_id.map(|id| id.to_string()).as_deref(), Some("inb_01kc1x5e3r0000000000000002"));
        assert!(!text.contains("7777"), "{text}");
        let stranger = format!("cs_live_01kc1x5e3r0000000000000001{}", "6".repeat(64));
        let (text, line) = logged(&asked(&stranger, None), 401, Some(Code::InvalidCredential));
        assert!(line.is_none() && !text.contains("org_"), "{text}");
        // What stands in the place of an id may be anything, a secret too.
        let mut other = asked(&secret, Some(caller()));
        other.parameters.insert("inbox_id".into(), secret.clone());
        let (text, line) = logged(&other, 404, Some(Code::NotFound));
        assert!(line.is_some_and(|line| line.inbox_id.is_none()) && !text.contains("7777"), "{text}");
    }

    #[test]
    fn what_is_refused_unread_belongs_to_whom_this_process_let_in_with_that_credential() {
        let secret = format!("cs_live_01kc1x5e3r0000000000000001{}", "5".repeat(64));
        let unread = |code| logged(&asked(&secret, None), 422, Some(code)).1;
        assert_eq!(unread(Code::InvalidJson), None, "nobody knows whose it is");
        logged(&asked(&secret, Some(caller())), 200, None);
        for code in [Code::InvalidJson, Code::RateLimited] {
            assert_eq!(unread(code).map(|line| line.organization_id), Some(caller().organization_id));
        }
        let other = asked(&secret.replacen('5', "4", 1), None);
        assert_eq!(logged(&other, 422, Some(Code::InvalidJson)).1, None);
        assert_eq!(unread(Code::InvalidCredential), None);
        assert_eq!(unread(Code::InvalidJson), None, "it holds no longer");
    }

    #[test]
    fn an_event_of_payload_format_2_is_read() {
        let request = Request::from_event(json!({
            "version": "2.0", "rawPath": "/v1/inboxes/inb_x", "rawQueryString": "limit=5&cursor=a%2Fb+c",
            "headers": {"Authorization": "Bearer cs_live_x"}, "cookies": ["a=1; b=2"],
            "pathParameters": {"id": "inb_x"},
            "requestContext": {"requestId": "r1", "apiId": "a1", "http": {"method": "GET"}},
            "body": "e30=", "isBase64Encoded": true,
        }))
        .unwrap();
        assert_eq!(request.bearer(), Some("cs_live_x"));
        assert_eq!(request.query["cursor"], "a/b c");
        assert_eq!(request.cookies["b"], "2");
        assert_eq!(&request.body[..], b"{}");
        assert_eq!((&*request.id, &*request.api_id), ("r1", "a1"));
        assert!(Request::from_event(json!({"version": "1.0"})).is_err());
    }
}
