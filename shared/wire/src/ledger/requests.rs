//! The log of requests: which part of it is asked for, its lines as they are shown, and as functions write them.

use app::base::store::PageRequest;
use app::ledger::requests::{Filter, Shown};
use domain::base::digest::Digest;
use domain::base::id::Id as _;
use domain::ledger::requests::{RequestLine, With};
use domain::mailbox::filter::Span;
use domain::{InboxId, MemberId, OrganizationId, SessionId, TokenId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base::pages::page_request;
use crate::base::request::request;
use crate::base::values::{Filled, IdOf, Limit, StatusOf, Time};

request! {
    /// Which part of the log of requests.
    pub struct LogsQuery {
        /// How many lines at most; 50 where it is left out.
        limit: Option<Limit>,
        /// The `next_cursor` of the page before.
        cursor: Option<String>,
        /// Not older than this.
        after: Option<Time>,
        /// Older than this.
        before: Option<Time>,
        /// A status such as `429`, or `4xx` for all of its class.
        status: Option<StatusOf>,
        /// The name of an operation, as the `OpenAPI` document has it: `messages_send`.
        route: Option<Filled<100>>,
        /// The token that made the request.
        token_id: Option<IdOf<TokenId>>,
    }
}

impl LogsQuery {
    /// What is asked for, and which page of it.
    pub fn filter(self) -> (Filter, PageRequest) {
        let filter = Filter {
            span: Span { after: self.after.map(|at| at.0), before: self.before.map(|at| at.0) },
            status: self.status.map(|status| status.0),
            operation: self.route.map(|route| route.0),
            token_id: self.token_id.map(|id| id.0),
        };
        (filter, page_request(self.limit, self.cursor))
    }
}

/// A request that was answered.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LogLine")]
pub struct LineView<'a> {
    /// When it was answered.
    at: Time,
    /// The name of the operation, as the `OpenAPI` document has it.
    route: &'a str,
    method: &'a str,
    /// The path, with the names of ids in their places.
    path: &'a str,
    status: u16,
    /// The `code` of the error, where it was refused.
    code: Option<&'a str>,
    credential: ShownView<'a>,
    /// The member who made it, or who owns the token that did.
    member_id: Option<IdOf<MemberId>>,
    /// The inbox that its path names.
    inbox_id: Option<IdOf<InboxId>>,
    duration_ms: u64,
    request_id: &'a str,
}

/// With what a request was made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LogCredential")]
struct ShownView<'a> {
    /// `session` or `token`.
    r#type: &'static str,
    /// The session's or token's id.
    id: String,
    /// What the token is called now; `null` where it is gone, and for sessions.
    name: Option<&'a str>,
}

/// A request that was answered.
pub fn line(shown: &Shown) -> LineView<'_> {
    let RequestLine { at, operation, method, path, status, code, with, .. } = &shown.line;
    let (kind, id) = match with {
        With::Token(id) => ("token", id.to_string()),
        With::Session(id) => ("session", id.to_string()),
    };
    LineView {
        at: Time(*at),
        route: operation,
        method,
        path,
        status: *status,
        code: code.as_deref(),
        credential: ShownView { r#type: kind, id, name: shown.name.as_deref() },
        member_id: shown.line.member_id.map(IdOf),
        inbox_id: shown.line.inbox_id.map(IdOf),
        duration_ms: shown.line.duration_ms,
        request_id: &shown.line.request_id,
    }
}

/// What a function writes of a request (`runtime::http::answer`), as far as the log of requests wants it.
#[derive(Deserialize)]
struct Written {
    message: String,
    request_id: String,
    organization_id: String,
    credential: String,
    #[serde(default)]
    member_id: Option<String>,
    #[serde(default)]
    inbox_id: Option<String>,
    method: String,
    operation: String,
    route: String,
    status: u16,
    #[serde(default)]
    code: Option<String>,
    took_ms: u64,
}

/// A line is at most so long, in bytes.
const MAX_LINE: usize = 4 * 1024;

/// The line that a function wrote of a request of the API by somebody who was let in; nothing of any other. `id` names it, and it was written
/// at `at`.
pub fn read_line(id: Digest, at: Timestamp, text: &str) -> Option<RequestLine> {
    if text.len() > MAX_LINE {
        return None;
    }
    let written: Written = serde_json::from_str(text).ok()?;
    let texts = [&written.request_id, &written.method, &written.operation, &written.route];
    let is_bounded = |text: &String| text.len() <= RequestLine::MAX_TEXT;
    let is_ours = written.message == "request" && written.route.starts_with("/v1/");
    if !is_ours || !texts.into_iter().all(is_bounded) || !(100..600).contains(&written.status) {
        return None;
    }
    let code = written.code.as_deref();
    // One that an earlier version had is no code of ours any more: it stands there all the same.
    let code = code.filter(|code| code.len() <= RequestLine::MAX_TEXT && code.bytes().all(is_of_code));
    let token = TokenId::parse(&written.credential).map(With::Token).ok();
    let with = token.or_else(|| SessionId::parse(&written.credential).map(With::Session).ok())?;
    Some(RequestLine {
        id,
        organization_id: OrganizationId::parse(&written.organization_id).ok()?,
        at,
        request_id: written.request_id,
        operation: written.operation,
        method: written.method,
        path: written.route,
        status: written.status,
        code: code.map(str::to_owned),
        with,
        member_id: written.member_id.and_then(|id| MemberId::parse(&id).ok()),
        inbox_id: written.inbox_id.and_then(|id| InboxId::parse(&id).ok()),
        duration_ms: written.took_ms,
    })
}

fn is_of_code(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn written() -> Value {
        json!({
            "level": "INFO", "message": "request", "request_id": "JKJaXmPLvHcESHA=",
            "organization_id": "org_01kc1x5e3r0000000000000001", "credential": "tok_01kc1x5e3r0000000000000008",
            "member_id": "mem_01kc1x5e3r0000000000000009", "inbox_id": "inb_01kc1x5e3r0000000000000002",
            "method": "GET", "operation": "messages_list", "route": "/v1/inboxes/{inbox_id}/messages", "status": 422,
            "code": "invalid_limit", "took_ms": 12,
        })
    }

    fn read(text: &str) -> Option<RequestLine> {
        read_line(Digest::of(b"x"), Timestamp::UNIX_EPOCH, text)
    }

    #[test]
    fn what_a_function_writes_is_read() {
        let line = read(&written().to_string()).unwrap();
        let expected = RequestLine {
            id: Digest::of(b"x"),
            organization_id: OrganizationId::parse("org_01kc1x5e3r0000000000000001").unwrap(),
            at: Timestamp::UNIX_EPOCH,
            request_id: "JKJaXmPLvHcESHA=".into(),
            operation: "messages_list".into(),
            method: "GET".into(),
            path: "/v1/inboxes/{inbox_id}/messages".into(),
            status: 422,
            code: Some("invalid_limit".into()),
            with: With::Token(TokenId::parse("tok_01kc1x5e3r0000000000000008").unwrap()),
            member_id: MemberId::parse("mem_01kc1x5e3r0000000000000009").ok(),
            inbox_id: InboxId::parse("inb_01kc1x5e3r0000000000000002").ok(),
            duration_ms: 12,
        };
        assert_eq!(line, expected);
        let mut other = written();
        other["credential"] = json!("ses_01kc1x5e3r0000000000000008");
        for name in ["member_id", "inbox_id", "code"] {
            other.as_object_mut().unwrap().remove(name);
        }
        let line = read(&other.to_string()).unwrap();
        assert!(matches!(line.with, With::Session(_)));
        assert_eq!((line.member_id, line.inbox_id, line.code), (None, None, None));
    }

    #[test]
    fn lines_of_other_shapes_are_passed_over() {
        for (name, value) in [
            ("message", json!("a sweep")),
            ("message", json!(7)),
            ("organization_id", Value::Null),
            ("organization_id", json!("org_x")),
            ("credential", Value::Null),
            ("credential", json!("cs_live_secret")),
            ("credential", json!("sha256:00")),
            ("route", json!("/console/{proxy+}")),
            ("route", json!("x".repeat(201))),
            ("request_id", json!("x".repeat(201))),
            ("request_id", json!({})),
            ("status", json!(99)),
            ("status", json!(-1)),
            ("status", json!(70_000)),
            ("took_ms", json!(-1)),
            ("took_ms", json!(1.5)),
            ("method", json!([])),
            ("padding", json!("x".repeat(5_000))),
        ] {
            let mut line = written();
            line[name] = value.clone();
            assert_eq!(read(&line.to_string()), None, "{name}: {value}");
        }
        for text in [
            "",
            "null",
            "[]",
            "{}",
            "\u{0}",
            "START RequestId: 1 Version: $LATEST",
            "{\"message\":\"request\"}",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        let twice = written().to_string().replacen('{', "{\"status\":200,", 1);
        assert_eq!(read(&twice), None, "a field that stands twice");
        // What names a thing but can't be read is left out, and the line stands.
        let mut line = written();
        line["inbox_id"] = json!("everything");
        line["code"] = json!("Not a code!");
        let line = read(&line.to_string()).unwrap();
        assert_eq!((line.inbox_id, line.code), (None, None));
    }
}
