//! The error envelope: `{"error": {"code", "message", "request_id", "details"}}`.

use app::base::error::{FieldError, Refusal};
use domain::base::code::{Class, Code};
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

/// The HTTP status of a class of codes.
pub const fn status(class: Class) -> u16 {
    match class {
        Class::Malformed => 400,
        Class::Unauthenticated => 401,
        Class::Forbidden => 403,
        Class::NotFound => 404,
        Class::NoSuchMethod => 405,
        Class::Conflict => 409,
        Class::Stale => 412,
        Class::Invalid => 422,
        Class::RateLimited => 429,
        Class::Upstream => 502,
        Class::Internal => 500,
        Class::Unavailable => 503,
    }
}

/// Turns a refusal into its answer. What an internal error says is for the log alone.
pub fn problem(refusal: &Refusal, request_id: &str, now: Timestamp) -> Problem {
    let code = refusal.code();
    let retry_after = match refusal {
        Refusal::NotBefore { retry_at, .. } => Some(retry_at.duration_since(now).as_secs().max(1)),
        Refusal::Unavailable(_) => Some(1),
        _ if code.class() == Class::Unavailable => Some(2),
        _ => None,
    };
    let message = words(refusal);
    let details = details(refusal);
    Problem { retry_after, ..of_code(code, &message, request_id, &details) }
}

/// What is said of a refusal, for a person.
pub fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Because { message, .. } | Refusal::NotBefore { message, .. } => message.clone(),
        Refusal::NotFound(what) => format!("there is no such {what}, or this credential may not see it"),
        Refusal::Invalid(errors) => match errors.as_slice() {
            [one] if one.field.is_empty() => one.message.clone(),
            [one] => format!("{} {}", one.field, one.message),
            _ => format!("{} fields are not as they must be: see details.fields", errors.len()),
        },
        Refusal::Blocked(_) => {
            "a policy of your organization blocks this mail: nothing was stored".to_owned()
        }
        Refusal::Answered(_) => "repeat the request".to_owned(),
        Refusal::Unavailable(_) | Refusal::Internal(_) => refusal.code().advice().replace('`', ""),
    }
}

fn details(refusal: &Refusal) -> Value {
    match refusal {
        Refusal::Because { details, .. } => details
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Value::from(value.clone())))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Refusal::Invalid(errors) => {
            let field = |error: &FieldError| json!({"field": error.field, "code": error.code.as_str(), "message": error.message});
            json!({ "fields": errors.iter().map(field).collect::<Vec<_>>() })
        }
        Refusal::Blocked(trace) => json!({ "policy_trace": trace.iter().map(step).collect::<Vec<_>>() }),
        _ => json!({}),
    }
}

/// The answer that a code makes: its class gives the status.
pub fn of_code(code: Code, message: &str, request_id: &str, details: &Value) -> Problem {
    let body = json!({"error": {
        "code": code.as_str(), "message": message, "request_id": request_id, "details": details,
    }});
    Problem { status: status(code.class()), retry_after: None, body }
}
