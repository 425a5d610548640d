//! Brevo (<https://developers.brevo.com/reference/sendtransacemail>).
//!
//! It takes at most 99 recipients of each kind and 20 MB a mail. Its idempotency lasts a quarter of an hour, which is less than a mail may
//! wait between two attempts, and is not used.

use app::base::ports::{KeyVerdict, SendOutcome};
use domain::base::address::EmailAddress;
use serde::Serialize;
use serde_json::Value;

use crate::call::{Answer, Ask, bare_id};
use crate::fields::{Encoded, Fields, Headers, NOT_EXPRESSIBLE, Person, encoded_words, has_specials};
use crate::types::name_fits;

/// Upper bound of a mail, in bytes of its MIME.
const MAX_SIZE: usize = 20 * 1024 * 1024;

/// Longest name of a sender, in characters.
const MAX_SENDER: usize = 70;

/// What the names of files may end with.
#[rustfmt::skip] // a table
const EXTENSIONS: [&str; 33] = [
    "bmp", "cgm", "css", "csv", "doc", "docm", "docx", "eps", "ez", "gif", "htm", "html", "ics", "jpeg", "jpg", "mobi",
    "msg", "ods", "pdf", "png", "ppt", "pptx", "pub", "rtf", "shtml", "tar", "tif", "tiff", "txt", "xls", "xlsx", "xml",
    "zip",
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Mail<'a> {
    sender: Named<'a>,
    to: Vec<Named<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cc: Vec<Named<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bcc: Vec<Named<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Named<'a>>,
    subject: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    html_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Headers::is_empty")]
    headers: Headers<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachment: Vec<Attachment<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'a str>,
}

#[derive(Serialize)]
struct Named<'a> {
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

#[derive(Serialize)]
struct Attachment<'a> {
    name: &'a str,
    content: Encoded<'a>,
}

/// Whether it can be given a mail.
pub(crate) fn check(fields: &Fields) -> Result<(), &'static str> {
    fields.check(MAX_SIZE)?;
    // It knows one address for answers, and drops its name or sends it unencoded where it has both of these.
    let mangled =
        |person: &Person| person.name.as_deref().is_some_and(|name| !name.is_ascii() && has_specials(name));
    let replies = fields.reply_to.len() <= 1 && !fields.reply_to.iter().any(mangled);
    let sender = fields.from.name.as_deref().is_none_or(|name| name.chars().count() <= MAX_SENDER);
    // It takes a file's type from its name, sends names in other letters unencoded, and shows nothing within the HTML.
    let files = fields.files.iter().all(|file| {
        let known = file.extension().is_some_and(|extension| EXTENSIONS.contains(&&*extension));
        let plain = file.filename.is_ascii() && !file.content_type.contains(';');
        known && plain && name_fits(file) != Some(false) && !file.inline && file.content_id.is_none()
    });
    // These are its own, and orders to it.
    let own = ["x-mailin-", "x-sib-", "sender.ip", "idempotencykey"].iter().any(|own| fields.has_header(own));
    // What stands within these it takes for the name of something that it knows better, and puts that in its place.
    let has_places = |text: &str| ["{{", "{%", "{#"].iter().any(|place| text.contains(place));
    let texts = [Some(&fields.subject), fields.text.as_ref(), fields.html.as_ref()];
    let places = texts.into_iter().flatten().any(|text| has_places(text));
    if replies && sender && files && !own && !places { Ok(()) } else { Err(NOT_EXPRESSIBLE) }
}

/// The call that sends a mail. `id` is ours, under which it is found there.
pub(crate) fn request(fields: &Fields, id: Option<&str>) -> Result<Ask, &'static str> {
    check(fields)?;
    let attachment =
        fields.files.iter().map(|file| Attachment { name: &file.filename, content: Encoded(&file.contents) });
    let mail = Mail {
        sender: named(&fields.from),
        to: list(&fields.to),
        cc: list(&fields.cc),
        bcc: list(&fields.bcc),
        reply_to: fields.reply_to.first().map(named),
        subject: &fields.subject,
        text_content: fields.text.as_deref(),
        html_content: fields.html.as_deref(),
        headers: Headers(&fields.headers),
        attachment: attachment.collect(),
        tags: id.into_iter().collect(),
    };
    Ask::json("/v3/smtp/email", &mail)
}

fn list(people: &[Person]) -> Vec<Named<'_>> {
    people.iter().map(named).collect()
}

fn named(person: &Person) -> Named<'_> {
    Named { email: &person.address, name: written(person) }
}

/// A name that has other letters as well as commas and the like it drops, unless they are encoded words.
fn written(person: &Person) -> Option<String> {
    let name = person.name.as_deref()?;
    Some(if !name.is_ascii() && has_specials(name) { encoded_words(name) } else { name.to_owned() })
}

/// What became of a mail, ours by this id.
pub(crate) fn outcome(answer: &Answer, id: &str) -> SendOutcome {
    let refused = |code: &str| SendOutcome::Refused(code.to_owned());
    if answer.status.is_success() {
        // 201 means that it is sent, and 202 that it will be.
        return match bare_id(answer.text("/messageId")) {
            Some(id) => SendOutcome::Accepted(id),
            None if matches!(answer.status.as_u16(), 201 | 202) => SendOutcome::Accepted(id.to_owned()),
            None => SendOutcome::Ambiguous("broken_answer"),
        };
    }
    if answer.status.is_server_error() {
        return answer.outcome_by_status();
    }
    match answer.text("/code") {
        // A key may be bound to addresses of whoever calls, which ours are not among.
        "unauthorized" if answer.says("/message", "ip address") => {
            SendOutcome::NotAccepted("ip_not_authorized")
        }
        "unauthorized" | "permission_denied" | "reseller_permission_denied"
            if answer.says("/message", "not yet activated") =>
        {
            SendOutcome::NotAccepted("account_not_active")
        }
        "unauthorized" | "permission_denied" | "reseller_permission_denied" => {
            SendOutcome::NotAccepted("credentials_refused")
        }
        "account_under_validation" => SendOutcome::NotAccepted("account_not_active"),
        "not_enough_credits" => SendOutcome::NotAccepted("quota_reached"),
        "too_many_requests" => SendOutcome::THROTTLED,
        "invalid_parameter" | "bad_request" if answer.says("/message", "sender") => {
            refused("sender_not_verified")
        }
        "invalid_parameter" => refused("invalid_parameter"),
        "missing_parameter" => refused("missing_parameter"),
        "out_of_range" => refused("out_of_range"),
        "duplicate_parameter" => refused("duplicate_parameter"),
        "not_acceptable" => refused("not_acceptable"),
        "unprocessable_entity" => refused("unprocessable"),
        _ => answer.outcome_by_status(),
    }
}

/// The call that reads the account (<https://developers.brevo.com/reference/getaccount>).
pub(crate) fn account() -> Ask {
    Ask::get("/v3/account")
}

/// What the account says of a key: none where it may send, so that the sender is to be looked at.
pub(crate) fn verdict_by_account(answer: &Answer) -> Option<KeyVerdict> {
    match answer.status.as_u16() {
        200..=299 => {
            let relay = answer.json.pointer("/relay/enabled").and_then(Value::as_bool);
            (relay == Some(false)).then_some(KeyVerdict::Refused)
        }
        401 | 403 => Some(KeyVerdict::Refused),
        _ => Some(KeyVerdict::Unreachable(answer.unreachable())),
    }
}

/// The call that lists senders of a domain (<https://developers.brevo.com/reference/getsenders>).
pub(crate) fn senders(from: &EmailAddress) -> Ask {
    Ask::get(format!("/v3/senders?domain={}", from.domain()))
}

/// The call that lists domains (<https://developers.brevo.com/reference/getdomains>).
pub(crate) fn domains() -> Ask {
    Ask::get("/v3/senders/domains")
}

/// Whether this address is among the senders.
pub(crate) fn has_sender(answer: &Answer, from: &EmailAddress) -> Result<bool, KeyVerdict> {
    has(answer, "senders", |sender| {
        let email = sender.get("email").and_then(Value::as_str).unwrap_or_default();
        let active = sender.get("active").and_then(Value::as_bool) == Some(true);
        active && email.eq_ignore_ascii_case(from.as_str())
    })
}

/// Whether its domain is among those that are authenticated.
pub(crate) fn has_domain(answer: &Answer, from: &EmailAddress) -> Result<bool, KeyVerdict> {
    has(answer, "domains", |domain| {
        let name = domain.get("domain_name").and_then(Value::as_str).unwrap_or_default();
        let authenticated = domain.get("authenticated").and_then(Value::as_bool) == Some(true);
        authenticated && name.eq_ignore_ascii_case(from.domain())
    })
}

fn has(answer: &Answer, list: &str, is_it: impl Fn(&Value) -> bool) -> Result<bool, KeyVerdict> {
    match answer.status.as_u16() {
        200..=299 => match answer.json.get(list).and_then(Value::as_array) {
            Some(list) => Ok(list.iter().any(is_it)),
            // An account without any leaves the list out.
            None if answer.json.is_object() => Ok(false),
            None => Err(KeyVerdict::Unreachable("broken_answer")),
        },
        401 | 403 => Err(KeyVerdict::Refused),
        // There are none.
        404 => Ok(false),
        _ => Err(KeyVerdict::Unreachable(answer.unreachable())),
    }
}

/// What people are told of an address that is no sender.
pub(crate) fn wrong_sender(from: &EmailAddress) -> KeyVerdict {
    let words = format!("neither this address nor {} is verified as a sender at Brevo", from.domain());
    KeyVerdict::WrongSender(words)
}
