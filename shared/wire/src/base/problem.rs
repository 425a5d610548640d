//! The error envelope: `{"error": {"code", "message", "request_id", "details"}}`.

use app::base::error::Refusal;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::base::parts::step;

/// An error answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// Seconds for `Retry-After`.
    pub retry_after: Option<i64>,
    /// The body.
    pub body: Value,
}

/// Turns a refusal into its answer. What an internal error says is for the log alone.
pub fn problem(refusal: &Refusal, request_id: &str, now: Timestamp) -> Problem {
    let mut retry_after = None;
    let (status, code, message, details) = match refusal {
        Refusal::Unauthenticated { code, message } => (401, *code, (*message).to_owned(), json!({})),
        Refusal::Forbidden { code, message } => (403, *code, message.clone(), json!({})),
        Refusal::NotFound(what) => (
            404,
            "not_found",
            format!("there is no such {what}, or this credential may not see it"),
            json!({}),
        ),
        Refusal::Invalid(errors) => {
            let fields: Vec<_> = errors
                .iter()
                .map(|error| json!({"field": error.field, "code": error.code, "message": error.message}))
                .collect();
            // One bad field: its code is the answer's. Several: they are listed.
            let (code, message) = match errors.as_slice() {
                [one] if one.field.is_empty() => (one.code, one.message.clone()),
                [one] => (one.code, format!("{} {}", one.field, one.message)),
                _ => (
                    "invalid_request",
                    format!("{} fields are not as they must be: see details.fields", errors.len()),
                ),
            };
            let status = if code == "invalid_json" { 400 } else { 422 };
            (status, code, message, json!({ "fields": fields }))
        }
        Refusal::Conflict { code, message, details } => {
            let details: serde_json::Map<_, _> = details
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Value::from(value.clone())))
                .collect();
            (409, *code, message.clone(), Value::Object(details))
        }
        Refusal::Blocked(trace) => (
            403,
            "blocked_by_policy",
            "a policy of your organization blocks this mail: nothing was stored".to_owned(),
            json!({ "policy_trace": trace.iter().map(step).collect::<Vec<_>>() }),
        ),
        Refusal::TooMany { code, message, retry_at } => {
            retry_after = Some(retry_at.duration_since(now).as_secs().max(1));
            (429, *code, message.clone(), json!({}))
        }
        Refusal::NotYet { code, message } => {
            retry_after = Some(2);
            (503, *code, message.clone(), json!({}))
        }
        Refusal::Answered(_) => (409, "request_in_flight", "repeat the request".to_owned(), json!({})),
        Refusal::Unavailable(_) => {
            retry_after = Some(1);
            (
                503,
                "temporarily_unavailable",
                "something that we need does not answer: repeat the request".to_owned(),
                json!({}),
            )
        }
        Refusal::Internal(_) => {
            (500, "internal_error", "a defect of ours: tell us the request_id".to_owned(), json!({}))
        }
    };
    Problem { status, retry_after, body: envelope(code, &message, request_id, &details) }
}

/// The form of every error answer.
pub fn envelope(code: &str, message: &str, request_id: &str, details: &Value) -> Value {
    json!({"error": {"code": code, "message": message, "request_id": request_id, "details": details}})
}
