//! Resend (<https://resend.com/docs/api-reference/emails/send-email>, <https://resend.com/docs/api-reference/errors>).
//!
//! It takes at most 50 recipients and 40 MB a mail, with its files in Base64. A mail that is given again under the same `Idempotency-Key`
//! within 24 hours is not sent again (<https://resend.com/docs/dashboard/emails/idempotency-keys>).

use app::base::ports::{KeyVerdict, SendOutcome};
use domain::base::address::EmailAddress;
use http::{HeaderName, HeaderValue};
use serde::Serialize;

use crate::call::{Answer, Ask, bare_id};
use crate::fields::{Encoded, Fields, Headers, NOT_EXPRESSIBLE, Person, encoded_words, has_specials};
use crate::types::name_fits;

/// Upper bound of a mail, in bytes of its MIME.
const MAX_SIZE: usize = 40 * 1024 * 1024;

/// So many domains are listed at once.
const PAGE: usize = 100;

#[derive(Serialize)]
struct Mail<'a> {
    from: String,
    to: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cc: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bcc: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reply_to: Vec<String>,
    subject: &'a str,
    /// An empty one where there is none: else it makes one of the HTML.
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'a str>,
    #[serde(skip_serializing_if = "Headers::is_empty")]
    headers: Headers<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag<'a>>,
}

#[derive(Serialize)]
struct Attachment<'a> {
    filename: &'a str,
    content: Encoded<'a>,
    content_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Tag<'a> {
    name: &'static str,
    value: &'a str,
}

/// Whether it can be given a mail.
pub(crate) fn check(fields: &Fields) -> Result<(), &'static str> {
    fields.check(MAX_SIZE)?;
    // Its own syntax of `from` has no way to write these; a file with an id is shown within the HTML, and one without is not; and a
    // mail with a file whose name belies its type is taken and never delivered.
    let from = !fields.from.name.as_deref().is_some_and(has_specials);
    let files = fields
        .files
        .iter()
        .all(|file| file.inline == file.content_id.is_some() && name_fits(file) != Some(false));
    if from && files { Ok(()) } else { Err(NOT_EXPRESSIBLE) }
}

/// The call that sends a mail. `id` is ours, under which it is found there; `once` the key under which it is sent once.
pub(crate) fn request(fields: &Fields, id: Option<&str>, once: Option<&str>) -> Result<Ask, &'static str> {
    check(fields)?;
    let list = |people: &[Person]| people.iter().map(written).collect();
    let files = fields.files.iter().map(|file| Attachment {
        filename: &file.filename,
        content: Encoded(&file.contents),
        content_type: &file.content_type,
        content_id: file.content_id.as_deref(),
    });
    let from = match &fields.from.name {
        Some(name) => format!("{name} <{}>", fields.from.address),
        None => fields.from.address.clone(),
    };
    let mail = Mail {
        from,
        to: list(&fields.to),
        cc: list(&fields.cc),
        bcc: list(&fields.bcc),
        reply_to: list(&fields.reply_to),
        subject: &fields.subject,
        text: fields.text.as_deref().unwrap_or_default(),
        html: fields.html.as_deref(),
        headers: Headers(&fields.headers),
        attachments: files.collect(),
        tags: id.into_iter().map(|value| Tag { name: "message_id", value }).collect(),
    };
    let mut ask = Ask::json("/emails", &mail)?;
    if let Some(once) = once {
        let once = HeaderValue::from_str(once).map_err(|_| "not_constructed")?;
        ask.headers.push((HeaderName::from_static("idempotency-key"), once));
    }
    Ok(ask)
}

/// It refuses names in quotes, but takes them as encoded words everywhere but in `from`.
fn written(person: &Person) -> String {
    let Person { name, address } = person;
    match name {
        Some(name) if has_specials(name) || !name.is_ascii() => {
            format!("{} <{address}>", encoded_words(name))
        }
        Some(name) => format!("{name} <{address}>"),
        None => address.clone(),
    }
}

/// What became of a mail.
pub(crate) fn outcome(answer: &Answer) -> SendOutcome {
    if answer.status.is_success() {
        // Without an id it is not its answer; asked again it gives the one that it has.
        return bare_id(answer.text("/id"))
            .map_or(SendOutcome::Ambiguous("broken_answer"), SendOutcome::Accepted);
    }
    let refused = |code: &str| SendOutcome::Refused(code.to_owned());
    if answer.status.is_server_error() {
        return answer.outcome_by_status();
    }
    match answer.text("/name") {
        "concurrent_idempotent_requests" => SendOutcome::Ambiguous("in_progress"),
        "invalid_idempotent_request" => refused("invalid_idempotent_request"),
        "invalid_idempotency_key" => refused("invalid_idempotency_key"),
        "daily_quota_exceeded" | "monthly_quota_exceeded" => SendOutcome::NotAccepted("quota_reached"),
        "rate_limit_exceeded" => SendOutcome::THROTTLED,
        "missing_api_key" | "invalid_api_key" | "restricted_api_key" | "suspended_api_key" => {
            SendOutcome::NotAccepted("credentials_refused")
        }
        // The one name stands for wrong fields, wrong keys and wrong senders.
        "validation_error" if answer.says("/message", "api key") => {
            SendOutcome::NotAccepted("credentials_refused")
        }
        "validation_error" if answer.status == 403 => refused("sender_not_verified"),
        "invalid_from_address" => refused("invalid_from_address"),
        "invalid_attachment" => refused("invalid_attachment"),
        "invalid_parameter" => refused("invalid_parameter"),
        "missing_required_field" => refused("missing_required_field"),
        "security_error" => refused("security_error"),
        _ => answer.outcome_by_status(),
    }
}

/// The call that lists domains, behind the one with this id.
pub(crate) fn domains(after: Option<&str>) -> Ask {
    Ask::get(match after {
        Some(after) => format!("/domains?limit={PAGE}&after={after}"),
        None => format!("/domains?limit={PAGE}"),
    })
}

/// What a list of domains says of a key, or the id behind which the list goes on.
pub(crate) fn verdict(answer: &Answer, from: &EmailAddress) -> Result<KeyVerdict, String> {
    if !answer.status.is_success() {
        return Ok(match answer.text("/name") {
            // It may do nothing but send, which proves it. Whether it may from here, only a mail shows.
            "restricted_api_key" => KeyVerdict::Fine,
            _ if matches!(answer.status.as_u16(), 401 | 403) || answer.says("/message", "api key") => {
                KeyVerdict::Refused
            }
            _ => KeyVerdict::Unreachable(answer.unreachable()),
        });
    }
    let Some(domains) = answer.json.get("data").and_then(serde_json::Value::as_array) else {
        return Ok(KeyVerdict::Unreachable("broken_answer"));
    };
    let text = |domain: &serde_json::Value, name| {
        domain.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let found = domains.iter().find(|domain| text(domain, "name").eq_ignore_ascii_case(from.domain()));
    let more = answer.json.get("has_more").and_then(serde_json::Value::as_bool) == Some(true);
    // An id goes into an address, so that it must look like one.
    let last = domains.last().map(|last| text(last, "id"));
    let last = last
        .filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    match (found.map(|domain| text(domain, "status")).as_deref(), last) {
        // One that sends and does not receive yet is verified in part.
        (Some("verified" | "partially_verified"), _) => Ok(KeyVerdict::Fine),
        (Some(_), _) => Ok(KeyVerdict::WrongSender(format!(
            "{} is known to Resend, but not verified there yet",
            from.domain()
        ))),
        (None, Some(last)) if more => Err(last),
        (None, _) => Ok(KeyVerdict::WrongSender(format!(
            "{} is not among the domains of this account at Resend",
            from.domain()
        ))),
    }
}
