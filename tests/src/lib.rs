//! A client of a running stack, for end-to-end tests and the bench.

pub mod approvers;
pub mod crowd;
pub mod listener;
pub mod openapi;
pub mod schemas;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_types::SdkConfig;
use aws_types::region::Region;
use domain::Timestamp;
use runtime::http::Endpoint;
use serde_json::{Value, json};

/// The routes of all groups, by their names.
pub fn endpoints() -> &'static [Endpoint] {
    static ALL: LazyLock<Vec<Endpoint>> = LazyLock::new(|| {
        let mut all = [api::ENDPOINTS, accounts::ENDPOINTS, domains::ENDPOINTS, keys::ENDPOINTS].concat();
        all.sort_by_key(|endpoint| endpoint.name.trim_start_matches("api-"));
        all
    });
    &ALL
}

/// The answer to a call.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, if it is JSON; a string otherwise.
    pub body: Value,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Answer {
    /// The code of an error, or the empty text.
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// The body of an answer with this status.
    ///
    /// # Panics
    /// Where the status is another.
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Asserts status and error code.
    ///
    /// # Panics
    /// Where it is another.
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// A text that no other test and no earlier run has used.
pub fn unique(text: &str) -> String {
    let mut bytes = [0; 32];
    app::base::ports::Random::fill(&runtime::environment::SystemRandom, &mut bytes);
    format!("{text} {}", &domain::base::digest::Digest::from_bytes(bytes).hex()[..12])
}

/// A time some seconds from now, as the API takes it.
pub fn in_seconds(seconds: i64) -> String {
    let now = app::base::ports::Clock::now(&runtime::environment::SystemClock);
    (now + jiff::SignedDuration::from_secs(seconds)).to_string()
}

/// How an AWS of this machine is called.
pub fn aws_config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(endpoint)
        .build()
}

/// A running stack, from its `stack.json`.
#[derive(Debug, Clone)]
pub struct Stack {
    /// What `stack.json` says.
    pub json: Value,
    agent: ureq::Agent,
}

/// How long anything may take that goes on by itself.
const PATIENCE: Duration = Duration::from_mins(1);
/// A session of each.
type Sessions = Vec<(&'static str, Value)>;
/// For so long a session of theirs is handed to tests.
const SIGNED_IN: jiff::SignedDuration = jiff::SignedDuration::from_mins(4);
/// The people of an organization.
const ROLES: [&str; 4] = ["owner", "approver", "editor", "viewer"];

impl Stack {
    /// The stack that `COUNTERSIGN_STACK` names, or that of `make run`.
    ///
    /// # Panics
    /// Where none is running.
    #[expect(clippy::disallowed_methods, reason = "tests are told by their environment which stack to use")]
    pub fn running() -> Self {
        // The people are the same for all tests of a run: each signs in once in a few minutes, so that their sessions are fresh enough
        // for what takes a proof of the last ten.
        static SESSIONS: Mutex<Option<(Timestamp, Sessions)>> = Mutex::new(None);
        let path = std::env::var("COUNTERSIGN_STACK").map_or_else(
            |_| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.local/stack.json")),
            PathBuf::from,
        );
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| {
            panic!("no stack is running: {} is missing; `make test` starts one", path.display())
        });
        let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_mins(1)))
            .build();
        let mut stack = Self { json, agent: config.into() };
        let now = app::base::ports::Clock::now(&runtime::environment::SystemClock);
        let mut known = SESSIONS.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = known.take().filter(|(at, _)| now.duration_since(*at) < SIGNED_IN);
        let fresh = fresh.unwrap_or_else(|| (now, ROLES.map(|role| (role, stack.sign_in(role))).into()));
        for (role, session) in &fresh.1 {
            stack.json[*role]["session"] = session.clone();
        }
        *known = Some(fresh);
        stack
    }

    /// A session of whoever has this role.
    fn sign_in(&self, role: &str) -> Value {
        let text = |field: &str| self.text(&format!("/{role}/{field}"));
        let body = json!({"email": text("email"), "password": text("password")});
        self.post("/v1/sessions", "", &body).expect(201)["token"].take()
    }

    /// A text of `stack.json`, by its path.
    ///
    /// # Panics
    /// Where it is missing.
    pub fn text(&self, pointer: &str) -> &str {
        self.json
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("stack.json has no {pointer}"))
    }

    /// A call to the local AWS itself, past the wire and its faults. It checks no signature.
    ///
    /// # Panics
    /// Where it is refused for another reason than an unmet condition.
    pub fn aws(&self, path: &str, service: &str, target: Option<&str>, body: &Value) -> Value {
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=tests/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=x"
        );
        let mut headers =
            vec![("authorization", scope), ("content-type", "application/x-amz-json-1.0".to_owned())];
        headers.extend(target.map(|target| ("x-amz-target", target.to_owned())));
        let url = format!("{}{path}", self.text("/aws_endpoint"));
        let method = if body.is_null() { "GET" } else { "POST" };
        let answer = self.raw(method, &url, "", headers, body.to_string());
        let unmet =
            answer.body["__type"].as_str().is_some_and(|kind| kind.contains("ConditionalCheckFailed"));
        assert!(answer.status < 300 || unmet, "{path}: {} {}", answer.status, answer.body);
        answer.body
    }

    /// A call of the table's service, past every function.
    pub fn dynamodb(&self, operation: &str, mut call: Value) -> Value {
        call["TableName"] = self.text("/table").into();
        self.aws("/", "dynamodb", Some(&format!("DynamoDB_20120810.{operation}")), &call)
    }

    /// A call of the bucket's service, past every function. The bucket is named by its name in `stack.json`.
    pub fn s3(&self, bucket: &str, method: &str, path: &str, body: &str) -> Answer {
        let scope = "AWS4-HMAC-SHA256 Credential=tests/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=x";
        let url = format!("{}/{}{path}", self.text("/aws_endpoint"), self.text(bucket));
        self.raw(method, &url, "", vec![("authorization", scope.to_owned())], body)
    }

    /// Invokes a function and waits for its answer; a failed invocation answers with its error.
    pub fn invoke(&self, function: &str, event: &Value) -> Value {
        self.aws(&format!("/2015-03-31/functions/{function}/invocations"), "lambda", None, event)
    }

    /// The same stack, seen from inside a new organization: with people of its own in each role, an inbox, and a token of
    /// the editor's that sends from it.
    ///
    /// # Panics
    /// Where it can't be made.
    #[must_use]
    pub fn organization(&self) -> Self {
        let name = unique("house").replace(' ', "-");
        let password = "one link for one decision";
        let address = |role: &str| format!("{role}.{name}@example.com");
        let members = ROLES.map(|role| json!({"email": address(role), "password": password, "role": role}));
        let event = json!({"organization_name": name, "members": members});
        let made = self.invoke("countersign-operator-provision", &event);
        assert!(made["organization_id"].is_string(), "{made}");
        let mut inside = self.clone();
        inside.json["organization_id"] = made["organization_id"].clone();
        for role in ROLES {
            inside.json[role] = json!({"email": address(role), "password": password});
            let session = inside.sign_in(role);
            // They have no tokens of their own.
            inside.json[role]["token"] = session.clone();
            inside.json[role]["session"] = session;
        }
        let inbox = json!({"username": name});
        let inbox = self.post("/v1/inboxes", inside.text("/owner/token"), &inbox).expect(201);
        inside.json["inbox"] = json!({"id": inbox["id"], "address": inbox["address"]});
        let token = json!({"name": "agent", "scopes": ["messages.read", "messages.send"]});
        let token = self.post("/v1/tokens", inside.text("/editor/token"), &token).expect(201);
        inside.json["agent_token"] = token["token"].clone();
        inside
    }

    /// The demo inbox's id.
    pub fn inbox(&self) -> &str {
        self.text("/inbox/id")
    }

    /// Calls the API. `path` begins with a slash; an absolute URL goes there.
    ///
    /// # Panics
    /// Where nothing answers.
    pub fn call(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Answer {
        let headers =
            if body.is_some() { vec![("content-type", "application/json".to_owned())] } else { vec![] };
        self.raw(method, path, token, headers, body.map(Value::to_string).unwrap_or_default())
    }

    /// Calls with any headers and any body.
    ///
    /// # Panics
    /// Where nothing answers.
    pub fn raw(
        &self,
        method: &str,
        path: &str,
        token: &str,
        headers: Vec<(&str, String)>,
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.text("/api_url"))
        };
        let mut request = ureq::http::Request::builder().method(method).uri(&url);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(body.as_ref().to_vec()).unwrap_or_else(|error| panic!("{url}: {error}"));
        // Any method may carry a body here: that is for the server to refuse.
        let mut answer = self.agent.run(request).unwrap_or_else(|error| panic!("{method} {url}: {error}"));
        let text = answer.body_mut().with_config().limit(80 << 20).read_to_vec().unwrap_or_default();
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let body = serde_json::from_slice(&text)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&text).into_owned()));
        let status = answer.status().as_u16();
        schemas::check(method, path, status, &body);
        Answer { status, body, headers }
    }

    /// `GET`.
    pub fn get(&self, path: &str, token: &str) -> Answer {
        self.call("GET", path, token, None)
    }

    /// All that a list has, page by page. `path` says how large a page is.
    ///
    /// # Panics
    /// Where a page is refused.
    pub fn walk(&self, path: &str, token: &str) -> Vec<Value> {
        let (mut found, mut cursor) = (vec![], String::new());
        loop {
            let page = self.get(&format!("{path}{cursor}"), token).expect(200);
            found.extend(page["data"].as_array().into_iter().flatten().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    }

    /// `POST` with JSON.
    pub fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        self.call("POST", path, token, Some(body))
    }

    /// Puts the records of a domain into the local DNS, as its zone file has them.
    ///
    /// # Panics
    /// Where they are not taken.
    pub fn set_records(&self, domain: &Value, token: &str) {
        let path = format!("/v1/domains/{}/zone-file", domain["id"].as_str().unwrap_or_default());
        let zone = self.get(&path, token).expect(200);
        self.control("POST", "/dns", Some(&json!({"domain": domain["name"], "zone": zone})));
    }

    /// The exchanger's control interface.
    pub fn control(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        self.call(method, &format!("{}{path}", self.text("/control_url")), "", body).body
    }

    /// Sets a fault; it is taken back when the guard is dropped.
    pub fn fault(&self, rule: &Value) -> Fault<'_> {
        let id = self.control("POST", "/faults", Some(rule))["id"].to_string();
        Fault { stack: self, id: id.trim_matches('"').to_owned() }
    }

    /// Mails that SES accepted which carry this message id in their tags.
    pub fn accepted(&self, message_id: &str) -> Vec<Value> {
        let all = self.control("GET", "/accepted", None);
        let list =
            all.as_array().cloned().or_else(|| all["accepted"].as_array().cloned()).unwrap_or_default();
        list.into_iter().filter(|mail| mail["tags"].to_string().contains(message_id)).collect()
    }

    /// Sends a mail over SMTP, byte for byte.
    ///
    /// # Panics
    /// Where the server refuses.
    pub fn smtp(&self, from: &str, to: &[&str], mail: &[u8]) {
        self.try_smtp(from, to, mail).unwrap_or_else(|error| panic!("smtp: {error}"));
    }

    /// Sends a mail over SMTP; gives the refusal of the server.
    pub fn try_smtp(&self, from: &str, to: &[&str], mail: &[u8]) -> Result<(), String> {
        let stream = TcpStream::connect(self.text("/smtp")).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(Duration::from_mins(1))).map_err(|error| error.to_string())?;
        let mut reader = BufReader::new(stream.try_clone().map_err(|error| error.to_string())?);
        let mut writer = stream;
        let mut say = |line: &[u8], expected: u8| -> Result<(), String> {
            writer.write_all(line).map_err(|error| error.to_string())?;
            loop {
                let mut answer = String::new();
                reader.read_line(&mut answer).map_err(|error| error.to_string())?;
                if answer.as_bytes().first() != Some(&expected) {
                    return Err(answer);
                }
                if answer.as_bytes().get(3) != Some(&b'-') {
                    return Ok(());
                }
            }
        };
        say(b"", b'2')?;
        say(b"EHLO tests.example\r\n", b'2')?;
        say(format!("MAIL FROM:<{from}>\r\n").as_bytes(), b'2')?;
        for recipient in to {
            say(format!("RCPT TO:<{recipient}>\r\n").as_bytes(), b'2')?;
        }
        say(b"DATA\r\n", b'3')?;
        let mut data = Vec::with_capacity(mail.len() + 1024);
        for byte in mail {
            // RFC 5321 §4.5.2: a line that begins with a dot gets another. Only CRLF ends a line.
            if *byte == b'.' && (data.is_empty() || data.ends_with(b"\r\n")) {
                data.push(b'.');
            }
            data.push(*byte);
        }
        if !data.ends_with(b"\r\n") {
            data.extend_from_slice(b"\r\n");
        }
        data.extend_from_slice(b".\r\n");
        say(&data, b'2')?;
        say(b"QUIT\r\n", b'2')
    }

    /// Asks again until there is an answer.
    ///
    /// # Panics
    /// Where there is none within a minute.
    pub fn until<T>(&self, what: &str, ask: impl FnMut() -> Option<T>) -> T {
        self.within(PATIENCE, what, ask)
    }

    /// Asks again until there is an answer or the time is over.
    ///
    /// # Panics
    /// Where the time is over.
    pub fn within<T>(&self, limit: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        let elapsed = runtime::environment::stopwatch();
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            assert!(u128::from(elapsed()) < limit.as_millis(), "no {what} within {limit:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A mail of the demo inbox, when it has this status.
    pub fn message_with_status(&self, id: &str, status: &str) -> Value {
        let path = format!("/v1/inboxes/{}/messages/{id}", self.inbox());
        self.until(&format!("message that is {status}"), || {
            Some(self.get(&path, self.text("/owner/token")).body)
                .filter(|message| message["status"] == status)
        })
    }

    /// Receives a mail in the demo inbox and gives it as the list shows it.
    pub fn receive(&self, mail: &str, subject: &str) -> Value {
        self.smtp("ann@example.org", &[self.text("/inbox/address")], mail.as_bytes());
        self.listed(subject)
    }

    /// The mail of the demo inbox with this subject, once it is listed.
    pub fn listed(&self, subject: &str) -> Value {
        let path = format!("/v1/inboxes/{}/messages?limit=100", self.inbox());
        self.until("received mail", || {
            let list = self.get(&path, self.text("/agent_token")).expect(200);
            list["data"].as_array()?.iter().find(|message| message["subject"] == subject).cloned()
        })
    }

    /// Asks for a mail to be sent from the demo inbox; gives the held mail and its approval.
    pub fn submit(&self, to: &str, subject: &str, text: &str) -> Held {
        let body = json!({"to": [to], "subject": subject, "text": text});
        self.submit_body(&body)
    }

    /// Asks for a mail with any body to be sent.
    pub fn submit_body(&self, body: &Value) -> Held {
        let path = format!("/v1/inboxes/{}/messages/send", self.inbox());
        Held::of(&self.post(&path, self.text("/agent_token"), body).expect(202))
    }

    /// Announces a spreadsheet as the editor, and puts it where the answer says. The upload's id.
    ///
    /// # Panics
    /// Where it is not taken.
    pub fn upload_sheet(&self, filename: &str, file: &[u8]) -> String {
        let new = json!({"inbox_id": self.inbox(), "filename": filename, "content_type": "text/csv", "size": file.len()});
        let made = self.post("/v1/uploads", self.text("/editor/session"), &new).expect(201);
        assert_eq!(made["status"], "uploading", "{made}");
        let headers = vec![("content-type", "text/csv".to_owned())];
        let put = self.raw("PUT", made["upload_url"].as_str().unwrap_or_default(), "", headers, file);
        assert_eq!(put.status, 200, "{}", put.body);
        made["id"].as_str().unwrap_or_default().to_owned()
    }

    /// The receipt of an approval, once all that it tells has its place in the audit chain.
    ///
    /// # Panics
    /// Where it is to wait for anything else, or has no place within a minute.
    pub fn receipt(&self, approval: &str, token: &str) -> Answer {
        let path = format!("/v1/approvals/{approval}/receipt");
        self.until("chained receipt", || {
            let answer = self.get(&path, token);
            if answer.status == 503 {
                answer.refused(503, "not_chained_yet");
                assert!(answer.header("retry-after").is_some(), "{}", answer.body);
                return None;
            }
            Some(answer)
        })
    }

    /// Decides as the approver, who has signed in.
    pub fn approve(&self, held: &Held) -> Answer {
        let path = format!("/v1/approvals/{}/approve", held.approval);
        self.post(&path, self.text("/approver/session"), &json!({"digest": held.digest}))
    }
}

/// A fault that is set.
pub struct Fault<'a> {
    stack: &'a Stack,
    id: String,
}

impl Fault<'_> {
    /// How often it was fired.
    pub fn fired(&self) -> u64 {
        let all = self.stack.control("GET", "/faults", None);
        let list = all.as_array().cloned().or_else(|| all["faults"].as_array().cloned()).unwrap_or_default();
        let ours = |rule: &&Value| rule["id"].to_string().trim_matches('"') == self.id;
        list.iter().find(ours).and_then(|rule| rule["fired"].as_u64()).unwrap_or(0)
    }
}

impl Drop for Fault<'_> {
    fn drop(&mut self) {
        self.stack.control("DELETE", &format!("/faults/{}", self.id), None);
    }
}

/// A held mail.
#[derive(Debug, Clone)]
pub struct Held {
    /// The mail's id.
    pub message: String,
    /// The approval's id.
    pub approval: String,
    /// What is to be approved.
    pub digest: String,
}

impl Held {
    /// From the answer to a submission.
    pub fn of(answer: &Value) -> Self {
        let text =
            |pointer: &str| answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            message: text("/message/id"),
            approval: text("/approval/id"),
            digest: text("/approval/digest"),
        }
    }
}
