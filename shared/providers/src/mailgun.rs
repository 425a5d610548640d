//! Mailgun (<https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages>).
//!
//! It takes MIME as it is: at most 1,000 recipients and 25 MB. It has no idempotency.

use app::base::ports::{KeyVerdict, SendOutcome};
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use http::HeaderValue;

use crate::call::{Answer, Ask, bare_id};
use crate::fields::NOT_EXPRESSIBLE;

/// Upper bound of a mail, in bytes of its MIME.
const MAX_SIZE: usize = 25 * 1024 * 1024;

/// What was approved has no other links and no picture that counts readers.
const UNTOUCHED: [(&str, &str); 3] =
    [("o:tracking", "no"), ("o:tracking-clicks", "no"), ("o:tracking-opens", "no")];

/// What it puts something else in the place of, in subject and words: addresses by which people unsubscribe, and what a call says of each
/// recipient (<https://documentation.mailgun.com/docs/mailgun/user-manual/tracking-messages/tracking-unsubscribes>).
const PLACES: [&str; 3] = ["unsubscribe_url%", "%unsubscribe_email%", "%recipient"];

/// Whether the subject or the words of a mail have such a place.
fn has_places(mime: &[u8]) -> bool {
    let parsed = mail::parse(mime);
    let texts = [Some(&parsed.subject), parsed.text.as_ref(), parsed.html.as_ref()];
    let of = |text: &String| PLACES.iter().any(|place| text.to_ascii_lowercase().contains(place));
    texts.into_iter().flatten().any(of)
}

/// Whether it can be given a mail.
pub(crate) fn check(mime: &[u8]) -> Result<(), &'static str> {
    if mime.len() > MAX_SIZE {
        return Err("too_large");
    }
    if has_places(mime) {
        return Err(NOT_EXPRESSIBLE);
    }
    // Header fields with such names are orders to it
    // (<https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-smtp>).
    let head = mime.split(|byte| *byte == b'\n').take_while(|line| !matches!(*line, b"" | b"\r"));
    let mut lines = head.map(|line| line.get(..10).unwrap_or_default());
    if lines.any(|name| name.eq_ignore_ascii_case(b"x-mailgun-")) { Err(NOT_EXPRESSIBLE) } else { Ok(()) }
}

/// The call that sends a mail to all of these. `id` is ours, under which it is found there.
pub(crate) fn request<'a>(
    from: &EmailAddress,
    recipients: impl Iterator<Item = &'a EmailAddress>,
    mime: &[u8],
    id: Option<&str>,
) -> Result<Ask, &'static str> {
    check(mime)?;
    let to = recipients.map(|address| ("to", address.as_str()));
    let fields = to.chain(UNTOUCHED).chain(id.map(|id| ("v:message_id", id)));
    // Nobody writes a text that has its own digest in it.
    let boundary = format!("countersign-{}", &Digest::of(mime).hex()[..32]);
    let mut body = Vec::with_capacity(mime.len() + 16 * 1024);
    for (name, value) in fields {
        let part =
            format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let file = "content-disposition: form-data; name=\"message\"; filename=\"message.mime\"\r\n\
                content-type: application/octet-stream\r\n\r\n";
    body.extend_from_slice(format!("--{boundary}\r\n{file}").as_bytes());
    body.extend_from_slice(mime);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let content_type = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"));
    let content_type = content_type.map_err(|_| "not_constructed")?;
    Ok(Ask::post(format!("/v3/{}/messages.mime", from.domain()), content_type, body))
}

/// What became of a mail.
pub(crate) fn outcome(answer: &Answer) -> SendOutcome {
    match answer.status.as_u16() {
        // Under an address that it does not know it greets whoever calls with this status, so that the id alone counts.
        200..=299 => {
            bare_id(answer.text("/id")).map_or(SendOutcome::Ambiguous("broken_answer"), SendOutcome::Accepted)
        }
        400..=499 if answer.says("/message", "limit exceeded") => SendOutcome::NotAccepted("quota_reached"),
        403 if answer.says("/message", "not allowed to send") => {
            SendOutcome::Refused("sender_not_verified".to_owned())
        }
        404 if answer.says("/message", "domain not found") => {
            SendOutcome::Refused("sender_not_verified".to_owned())
        }
        _ => answer.outcome_by_status(),
    }
}

/// The call that reads a domain (<https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/domains>).
pub(crate) fn domain(from: &EmailAddress) -> Ask {
    Ask::get(format!("/v4/domains/{}", from.domain()))
}

/// What a domain says of a key: none where the key may not read it, which one that may only send may not either.
pub(crate) fn verdict_by_domain(answer: &Answer, from: &EmailAddress) -> Option<KeyVerdict> {
    let domain = from.domain();
    let wrong = |words: &str| Some(KeyVerdict::WrongSender(format!("{domain} {words}")));
    match answer.status.as_u16() {
        200..=299 => match answer.text("/domain/state") {
            "active" => Some(KeyVerdict::Fine),
            "unverified" => wrong("is known to Mailgun, but not verified there yet"),
            "disabled" => wrong("is disabled at Mailgun"),
            _ => Some(KeyVerdict::Unreachable("broken_answer")),
        },
        401 | 403 => None,
        404 => wrong("is not among the domains of this account at Mailgun, in the region that was chosen"),
        _ => Some(KeyVerdict::Unreachable(answer.unreachable())),
    }
}

/// The call that sends nothing: a mail without anything, which whoever may send is told.
pub(crate) fn nothing(from: &EmailAddress) -> Ask {
    let content_type = HeaderValue::from_static("application/x-www-form-urlencoded");
    Ask::post(format!("/v3/{}/messages", from.domain()), content_type, vec![])
}

/// What the answer to nothing says of a key.
pub(crate) fn verdict_by_nothing(answer: &Answer, from: &EmailAddress) -> KeyVerdict {
    match answer.status.as_u16() {
        400 => KeyVerdict::Fine,
        403 if answer.says("/message", "not allowed to send") => {
            KeyVerdict::WrongSender(format!("{} may not send at Mailgun yet", from.domain()))
        }
        401 | 403 => KeyVerdict::Refused,
        404 => KeyVerdict::WrongSender(format!(
            "{} is not among the domains of this account at Mailgun",
            from.domain()
        )),
        _ => KeyVerdict::Unreachable(answer.unreachable()),
    }
}
