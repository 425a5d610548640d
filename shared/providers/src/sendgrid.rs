//! `SendGrid` (<https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send>).
//!
//! It takes at most 1,000 recipients, each once, and 30 MB a mail. It has no idempotency.

use app::base::ports::{KeyVerdict, SendOutcome};
use domain::base::address::EmailAddress;
use serde::Serialize;
use serde_json::{Value, json};

use crate::call::{Answer, Ask, bare_id};
use crate::fields::{Encoded, Fields, Headers, NOT_EXPRESSIBLE, Person};

/// Upper bound of a mail, in bytes of its MIME.
const MAX_SIZE: usize = 30 * 1024 * 1024;

#[derive(Serialize)]
struct Mail<'a> {
    personalizations: [Personalization<'a>; 1],
    from: Named<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reply_to_list: Vec<Named<'a>>,
    subject: &'a str,
    content: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
    #[serde(skip_serializing_if = "Headers::is_empty")]
    headers: Headers<'a>,
    tracking_settings: Value,
    #[serde(rename = "mail_settings")]
    settings: Value,
}

#[derive(Serialize)]
struct Personalization<'a> {
    to: Vec<Named<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cc: Vec<Named<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bcc: Vec<Named<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_args: Option<Args<'a>>,
}

#[derive(Serialize)]
struct Args<'a> {
    message_id: &'a str,
}

#[derive(Serialize)]
struct Named<'a> {
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

#[derive(Serialize)]
struct Content<'a> {
    r#type: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
struct Attachment<'a> {
    content: Encoded<'a>,
    r#type: &'a str,
    filename: &'a str,
    disposition: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_id: Option<&'a str>,
}

/// Whether it can be given a mail.
pub(crate) fn check(fields: &Fields) -> Result<(), &'static str> {
    fields.check(MAX_SIZE)?;
    let mut addresses: Vec<_> = fields.recipients().map(|one| one.address.to_ascii_lowercase()).collect();
    addresses.sort_unstable();
    let once = addresses.windows(2).all(|two| two[0] != two[1]);
    // It sends names of files in other letters unencoded, and takes no parameters of types.
    let files = fields.files.iter().all(|file| file.filename.is_ascii() && !file.content_type.contains(';'));
    // These are its own, and orders to it.
    let own = ["x-sg-", "x-smtpapi"].iter().any(|own| fields.has_header(own));
    let empty = |body: &Option<String>| body.as_deref().is_some_and(str::is_empty);
    let bodies = !empty(&fields.text) && !empty(&fields.html);
    if once && files && !own && bodies { Ok(()) } else { Err(NOT_EXPRESSIBLE) }
}

/// The call that sends a mail. `id` is ours, under which it is found there.
pub(crate) fn request(fields: &Fields, id: Option<&str>) -> Result<Ask, &'static str> {
    check(fields)?;
    asked(fields, id, false)
}

/// The call that has it look at a mail as if it were sent
/// (<https://www.twilio.com/docs/sendgrid/for-developers/sending-email/sandbox-mode>).
pub(crate) fn rehearsal(from: &EmailAddress) -> Result<Ask, &'static str> {
    let fields = Fields::of_text(from, from, "Test", "Test");
    asked(&fields, None, true)
}

fn asked(fields: &Fields, id: Option<&str>, rehearsed: bool) -> Result<Ask, &'static str> {
    let content = [("text/plain", &fields.text), ("text/html", &fields.html)];
    let content =
        content.into_iter().filter_map(|(r#type, body)| Some(Content { r#type, value: body.as_deref()? }));
    let files = fields.files.iter().map(|file| Attachment {
        content: Encoded(&file.contents),
        r#type: &file.content_type,
        filename: &file.filename,
        disposition: if file.inline { "inline" } else { "attachment" },
        content_id: file.content_id.as_deref(),
    });
    let mail = Mail {
        personalizations: [Personalization {
            to: named(&fields.to, quoted),
            cc: named(&fields.cc, quoted),
            bcc: named(&fields.bcc, quoted),
            custom_args: id.map(|message_id| Args { message_id }),
        }],
        from: one(&fields.from, str::to_owned),
        reply_to_list: named(&fields.reply_to, str::to_owned),
        subject: &fields.subject,
        content: content.collect(),
        attachments: files.collect(),
        headers: Headers(&fields.headers),
        // What was approved has no other links, no picture that counts readers, and no footer.
        tracking_settings: json!({
            "click_tracking": { "enable": false, "enable_text": false },
            "open_tracking": { "enable": false },
            "subscription_tracking": { "enable": false },
            "ganalytics": { "enable": false },
        }),
        settings: json!({ "footer": { "enable": false }, "sandbox_mode": { "enable": rehearsed } }),
    };
    Ask::json("/v3/mail/send", &mail)
}

fn named(people: &[Person], name: fn(&str) -> String) -> Vec<Named<'_>> {
    people.iter().map(|person| one(person, name)).collect()
}

fn one(person: &Person, name: fn(&str) -> String) -> Named<'_> {
    Named { email: &person.address, name: person.name.as_deref().map(name) }
}

/// Names of recipients that have these it takes apart, unless they are in quotes; those of senders it quotes by itself
/// (<https://github.com/sendgrid/sendgrid-python/issues/291>).
fn quoted(name: &str) -> String {
    if name.contains([',', ';']) {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        name.to_owned()
    }
}

/// What became of a mail, ours by this id.
pub(crate) fn outcome(answer: &Answer, id: &str) -> SendOutcome {
    match answer.status.as_u16() {
        // It has no body; that it was taken is all that the status means. Of one that was only looked at it says 200.
        202 => {
            let header = answer.headers.get("x-message-id").and_then(|value| value.to_str().ok());
            SendOutcome::Accepted(header.and_then(bare_id).unwrap_or_else(|| id.to_owned()))
        }
        401 if answer.says("/errors/0/message", "credits exceeded") => {
            SendOutcome::NotAccepted("quota_reached")
        }
        403 if is_wrong_sender(answer) => SendOutcome::Refused("sender_not_verified".to_owned()),
        _ => answer.outcome_by_status(),
    }
}

fn is_wrong_sender(answer: &Answer) -> bool {
    answer.status == 403
        && (answer.text("/errors/0/field") == "from"
            || answer.says("/errors/0/message", "verified sender identity"))
}

/// The call that lists what a key may do (<https://www.twilio.com/docs/sendgrid/api-reference/api-key-permissions>).
pub(crate) fn scopes() -> Ask {
    Ask::get("/v3/scopes")
}

/// What the scopes say of a key: none where it may send, so that the sender is to be looked at.
pub(crate) fn verdict_by_scopes(answer: &Answer) -> Option<KeyVerdict> {
    match answer.status.as_u16() {
        200..=299 => {}
        401 | 403 => return Some(KeyVerdict::Refused),
        _ => return Some(KeyVerdict::Unreachable(answer.unreachable())),
    }
    match answer.json.get("scopes").and_then(Value::as_array) {
        None => Some(KeyVerdict::Unreachable("broken_answer")),
        Some(scopes) if scopes.iter().any(|scope| scope == "mail.send") => None,
        Some(_) => Some(KeyVerdict::Refused),
    }
}

/// What a rehearsal says of a key.
pub(crate) fn verdict_by_rehearsal(answer: &Answer, from: &EmailAddress) -> KeyVerdict {
    match answer.status.as_u16() {
        200..=299 => KeyVerdict::Fine,
        // No credits are left today: the key is good all the same.
        401 if answer.says("/errors/0/message", "credits exceeded") => KeyVerdict::Fine,
        403 if is_wrong_sender(answer) => KeyVerdict::WrongSender(format!(
            "neither this address nor {} is verified as a sender at SendGrid",
            from.domain()
        )),
        400 => KeyVerdict::WrongSender("SendGrid does not take this address as a sender".to_owned()),
        401 | 403 => KeyVerdict::Refused,
        _ => KeyVerdict::Unreachable(answer.unreachable()),
    }
}
