use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use domain::mailbox::account::Transport;
use domain::{MessageId, OrganizationId};
use futures_util::future::BoxFuture;
use http::{Response, StatusCode};
use hyper::body::Bytes;
use jiff::Timestamp;
use mail::{Addr, Outgoing, OutgoingAttachment};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

const SECRET: &str = "key_that_nobody_may_see";

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn key(provider: Provider) -> ProviderKey {
    ProviderKey { provider, region: Region::Us, server: None, secret: Zeroizing::new(SECRET.to_owned()) }
}

fn envelope(to: &[&str], cc: &[&str], bcc: &[&str]) -> Envelope {
    let list = |all: &[&str]| all.iter().map(|one| address(one)).collect();
    Envelope {
        organization_id: OrganizationId::new(Timestamp::UNIX_EPOCH, [1; 10]),
        message_id: MessageId::new(Timestamp::UNIX_EPOCH, [2; 10]),
        transport: Transport::Ses,
        from: address("ann@example.com"),
        to: list(to),
        cc: list(cc),
        bcc: list(bcc),
        send_at: None,
    }
}

/// A mail from Ann to Bob, of one text.
fn plain() -> Outgoing<'static> {
    const BOB: &[Addr<'static>] = &[Addr { name: Some("Bob"), address: "bob@example.org" }];
    Outgoing {
        from: Addr { name: Some("Ann"), address: "ann@example.com" },
        reply_to: &[],
        to: BOB,
        cc: &[],
        subject: "Lunch",
        text: Some("At noon?\nA."),
        html: None,
        in_reply_to: None,
        references: &[],
        headers: &[],
        attachments: &[],
        boundary_seed: [7; 16],
    }
}

fn to_bob() -> Envelope {
    envelope(&["bob@example.org"], &[], &[])
}

fn fields(mail: &Outgoing<'_>) -> Option<Fields> {
    Fields::of(&to_bob(), &mail::compose(mail).unwrap())
}

fn sealed(mail: &Outgoing<'_>) -> Sealed {
    Sealed::new(to_bob(), &mail::compose(mail).unwrap())
}

const PDF: OutgoingAttachment<'static> = OutgoingAttachment {
    filename: "offer.pdf",
    content_type: "application/pdf",
    content_id: None,
    inline: false,
    contents: b"%PDF-1.7 and more",
};

const LOGO: OutgoingAttachment<'static> = OutgoingAttachment {
    filename: "logo.png",
    content_type: "image/png",
    content_id: Some("logo@example.com"),
    inline: true,
    contents: b"\x89PNG\r\n\x1a\n picture",
};

/// Answers in their order, and says what it was asked.
#[derive(Default)]
struct Script {
    answers: Mutex<VecDeque<Result<Response<Bytes>, CallFailed>>>,
    asked: Mutex<Vec<Request<Bytes>>>,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = Result<Response<Bytes>, CallFailed>>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into_iter().collect()), asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<Request<Bytes>> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Caller for Script {
    fn call(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> BoxFuture<'_, Result<Response<Bytes>, CallFailed>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let answer = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        Box::pin(async move {
            if let Some(answer) = answer {
                return answer;
            }
            // Nobody answers any more.
            tokio::time::sleep(limit).await;
            Err(CallFailed::TimedOut)
        })
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as a caller answers")]
fn says(status: u16, body: &Value) -> Result<Response<Bytes>, CallFailed> {
    let mut response =
        Response::new(Bytes::from(if body.is_null() { String::new() } else { body.to_string() }));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    Ok(response)
}

fn providers(script: &Arc<Script>) -> Providers {
    let caller = Arc::clone(script);
    Providers::with_caller(caller, None)
}

/// What becomes of the plain mail under these answers.
async fn sends(
    provider: Provider,
    answers: Vec<Result<Response<Bytes>, CallFailed>>,
) -> (SendOutcome, usize) {
    let script = Script::new(answers);
    let outcome =
        providers(&script).send_sealed(&sealed(&plain()), &key(provider), Timestamp::UNIX_EPOCH).await;
    (outcome, script.asked().len())
}

/// The body that a provider is given of a mail.
fn body(provider: Provider, mail: &Outgoing<'_>) -> Result<Value, &'static str> {
    let sealed = sealed(mail);
    let ask = request(Api::of(provider).unwrap(), sealed.envelope(), sealed.mime(), "msg_x", "msg_x/0")?;
    Ok(serde_json::from_slice(&ask.body).unwrap())
}

fn refused(code: &str) -> SendOutcome {
    SendOutcome::Refused(code.to_owned())
}

#[test]
fn fields_say_what_the_mail_says() {
    let cc = [
        Addr { name: Some("Zoë, Dr."), address: "zoe@example.net" },
        Addr { name: None, address: "x@example.net" },
    ];
    let headers = [
        ("X-Ref".to_owned(), "42".to_owned()),
        ("List-Unsubscribe".to_owned(), "<https://example.com/u>".to_owned()),
    ];
    let references = ["a@example.org".to_owned(), "b@example.org".to_owned()];
    let mail = Outgoing {
        reply_to: &[Addr { name: Some("Desk"), address: "desk@example.com" }],
        cc: &cc,
        subject: "Größe: 5 €",
        html: Some("<p>At <img src=\"cid:logo@example.com\"> noon?</p>"),
        in_reply_to: Some("b@example.org"),
        references: &references,
        headers: &headers,
        attachments: &[LOGO, PDF],
        ..plain()
    };
    let envelope =
        envelope(&["bob@example.org"], &["zoe@example.net", "x@example.net"], &["secret@example.net"]);
    let fields = Fields::of(&envelope, &mail::compose(&mail).unwrap()).unwrap();
    let people = |list: &[fields::Person]| {
        list.iter().map(|one| (one.name.clone(), one.address.clone())).collect::<Vec<_>>()
    };
    let named = |name: &str, address: &str| (Some(name.to_owned()), address.to_owned());
    assert_eq!(people(std::slice::from_ref(&fields.from)), [named("Ann", "ann@example.com")]);
    assert_eq!(people(&fields.to), [named("Bob", "bob@example.org")]);
    assert_eq!(
        people(&fields.cc),
        [named("Zoë, Dr.", "zoe@example.net"), (None, "x@example.net".to_owned())]
    );
    assert_eq!(people(&fields.bcc), [(None, "secret@example.net".to_owned())]);
    assert_eq!(people(&fields.reply_to), [named("Desk", "desk@example.com")]);
    assert_eq!(fields.subject, "Größe: 5 €");
    assert_eq!(fields.text.as_deref(), Some("At noon?\nA.\n"));
    assert_eq!(fields.html.as_deref(), Some("<p>At <img src=\"cid:logo@example.com\"> noon?</p>\n"));
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        fields.headers,
        [
            header("In-Reply-To", "<b@example.org>"),
            header("References", "<a@example.org> <b@example.org>"),
            header("X-Ref", "42"),
            header("List-Unsubscribe", "<https://example.com/u>"),
        ]
    );
    let files: Vec<_> = fields
        .files
        .iter()
        .map(|file| {
            (&*file.filename, &*file.content_type, file.content_id.as_deref(), file.inline, &*file.contents)
        })
        .collect();
    let expected = [LOGO, PDF]
        .map(|file| (file.filename, file.content_type, file.content_id, file.inline, file.contents));
    assert_eq!(files, expected);
}

#[test]
fn the_same_mail_gives_the_same_fields() {
    let mail = Outgoing { html: Some("<p>x</p>"), attachments: &[PDF], ..plain() };
    assert_eq!(fields(&mail), fields(&mail));
    let other_boundaries = Outgoing { boundary_seed: [9; 16], ..mail };
    assert_eq!(fields(&mail), fields(&other_boundaries));
}

#[test]
fn types_and_names_of_files_are_kept_as_they_are() {
    let invitation = OutgoingAttachment {
        filename: "call: tomorrow.ics",
        content_type: "text/calendar; method=\"REQUEST\"",
        contents: b"BEGIN:VCALENDAR",
        ..PDF
    };
    let other = OutgoingAttachment { filename: "Jahresabschluß.pdf", ..PDF };
    let fields = fields(&Outgoing { attachments: &[invitation, other], ..plain() }).unwrap();
    assert_eq!(fields.files[0].filename, "call: tomorrow.ics");
    assert_eq!(fields.files[0].content_type, "text/calendar; method=\"REQUEST\"");
    assert_eq!(fields.files[1].filename, "Jahresabschluß.pdf");
}

#[test]
fn what_has_no_field_gives_no_fields() {
    let composed = mail::compose(&Outgoing { html: Some("<p>x</p>"), ..plain() }).unwrap();
    let composed = String::from_utf8(composed).unwrap();
    assert!(Fields::of(&to_bob(), composed.as_bytes()).is_some());
    let changed = [
        composed.replacen("Subject:", "Date: Mon, 1 Jan 2024 00:00:00 +0000\r\nSubject:", 1),
        composed.replacen("Subject:", "Message-ID: <x@example.com>\r\nSubject:", 1),
        composed.replacen("Subject:", "Sender: eve@example.com\r\nSubject:", 1),
        composed.replacen("Subject:", "X-Twice: 1\r\nX-Twice: 2\r\nSubject:", 1),
        composed.replacen("multipart/alternative", "multipart/mixed", 1),
        composed.replacen("charset=\"utf-8\"", "charset=\"iso-8859-1\"", 1),
        composed.replacen("text/html", "text/calendar", 1),
    ];
    for mime in changed {
        assert_ne!(mime, composed, "nothing was changed");
        assert_eq!(Fields::of(&to_bob(), mime.as_bytes()), None, "{mime}");
    }
    let nested = "From: ann@example.com\r\nTo: bob@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
                  Content-Type: multipart/mixed; boundary=\"=_a\"\r\n\r\n--=_a\r\nContent-Type: multipart/mixed; \
                  boundary=\"=_b\"\r\n\r\n--=_b\r\n\r\ntext\r\n--=_b--\r\n--=_a--\r\n";
    assert_eq!(Fields::of(&to_bob(), nested.as_bytes()), None);
    assert_eq!(Fields::of(&to_bob(), b"no mail"), None);
}

#[test]
fn whom_the_header_shows_is_whom_it_is_sent_to() {
    let mime = mail::compose(&plain()).unwrap();
    for other in [
        envelope(&["eve@example.org"], &[], &[]),
        envelope(&["bob@example.org", "eve@example.org"], &[], &[]),
        envelope(&[], &["bob@example.org"], &[]),
        Envelope { from: address("eve@example.com"), ..to_bob() },
    ] {
        assert_eq!(Fields::of(&other, &mime), None);
    }
    assert!(Fields::of(&envelope(&["bob@example.org"], &[], &["eve@example.org"]), &mime).is_some());
}

#[test]
fn resend_is_given_what_it_documents() {
    let cc = [Addr { name: Some("Zoë, Dr."), address: "zoe@example.net" }];
    let mail = Outgoing { html: Some("<p>x</p>"), text: None, attachments: &[PDF], ..plain() };
    assert_eq!(
        body(Provider::Resend, &mail),
        Ok(json!({
            "from": "Ann <ann@example.com>",
            "to": ["Bob <bob@example.org>"],
            "subject": "Lunch",
            "text": "",
            "html": "<p>x</p>\n",
            "attachments": [{ "filename": "offer.pdf", "content": "JVBERi0xLjcgYW5kIG1vcmU=", "content_type": "application/pdf" }],
            "tags": [{ "name": "message_id", "value": "msg_x" }],
        }))
    );
    let mime = mail::compose(&Outgoing { cc: &cc, ..plain() }).unwrap();
    let envelope = envelope(&["bob@example.org"], &["zoe@example.net"], &["secret@example.net"]);
    let ask = request(Api::Resend, &envelope, &mime, "msg_x", "msg_x/0").unwrap();
    let body: Value = serde_json::from_slice(&ask.body).unwrap();
    assert_eq!(body["cc"], json!(["=?utf-8?B?Wm/DqywgRHIu?= <zoe@example.net>"]));
    assert_eq!(body["bcc"], json!(["secret@example.net"]));
}

#[test]
fn sendgrid_is_given_what_it_documents() {
    let to = [Addr { name: Some("Bob, \"the\" one"), address: "bob@example.org" }];
    let mail = Outgoing { to: &to, html: Some("<p>x</p>"), attachments: &[LOGO], ..plain() };
    let body = body(Provider::SendGrid, &mail).unwrap();
    assert_eq!(
        body["personalizations"],
        json!([{
            "to": [{ "email": "bob@example.org", "name": "\"Bob, \\\"the\\\" one\"" }],
            "custom_args": { "message_id": "msg_x" },
        }])
    );
    assert_eq!(body["from"], json!({ "email": "ann@example.com", "name": "Ann" }));
    assert_eq!(
        body["content"],
        json!([{ "type": "text/plain", "value": "At noon?\nA.\n" }, { "type": "text/html", "value": "<p>x</p>\n" }])
    );
    assert_eq!(body["attachments"][0]["content_id"], "logo@example.com");
    assert_eq!(body["attachments"][0]["disposition"], "inline");
    for tracking in ["click_tracking", "open_tracking", "subscription_tracking", "ganalytics"] {
        assert_eq!(body["tracking_settings"][tracking]["enable"], false, "{tracking}");
    }
    let settings = json!({ "footer": { "enable": false }, "sandbox_mode": { "enable": false } });
    assert_eq!(body["mail_settings"], settings);
}

#[test]
fn mailgun_is_given_the_very_bytes() {
    let mime = mail::compose(&Outgoing { attachments: &[PDF], ..plain() }).unwrap();
    let envelope = envelope(&["bob@example.org"], &[], &["secret@example.net"]);
    let ask = request(Api::Mailgun, &envelope, &mime, "msg_x", "").unwrap();
    assert_eq!(ask.path, "/v3/example.com/messages.mime");
    let form = &ask.body[..];
    let has = |part: &[u8]| form.windows(part.len()).any(|window| window == part);
    assert!(has(&mime), "byte for byte");
    for (name, value) in [
        ("to", "bob@example.org"),
        ("to", "secret@example.net"),
        ("v:message_id", "msg_x"),
        ("o:tracking", "no"),
        ("o:tracking-clicks", "no"),
        ("o:tracking-opens", "no"),
    ] {
        let part =
            format!("content-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--countersign-");
        assert!(has(part.as_bytes()), "{name} {value}");
    }
    let order = ("X-Mailgun-Drop-Message".to_owned(), "yes".to_owned());
    let mime = mail::compose(&Outgoing { headers: &[order], ..plain() }).unwrap();
    assert_eq!(expressible(Provider::Mailgun, &to_bob(), &mime), Err("not_expressible"));
}

#[test]
fn brevo_is_given_what_it_documents() {
    let to = [Addr { name: Some("Zoë, Dr."), address: "bob@example.org" }];
    let mail = Outgoing {
        to: &to,
        html: Some("<p>x</p>"),
        attachments: &[PDF],
        reply_to: &[Addr { name: None, address: "desk@example.com" }],
        ..plain()
    };
    assert_eq!(
        body(Provider::Brevo, &mail),
        Ok(json!({
            "sender": { "email": "ann@example.com", "name": "Ann" },
            "to": [{ "email": "bob@example.org", "name": "=?utf-8?B?Wm/DqywgRHIu?=" }],
            "replyTo": { "email": "desk@example.com" },
            "subject": "Lunch",
            "textContent": "At noon?\nA.\n",
            "htmlContent": "<p>x</p>\n",
            "attachment": [{ "name": "offer.pdf", "content": "JVBERi0xLjcgYW5kIG1vcmU=" }],
            "tags": ["msg_x"],
        }))
    );
}

/// What each of those that take fields can't be given.
#[test]
fn each_provider_has_its_own_gaps() {
    use Provider::{Brevo, Resend, SendGrid};
    let none = |mail: &Outgoing<'_>, gaps: &[Provider]| {
        let mime = mail::compose(mail).unwrap();
        for provider in [Resend, SendGrid, Brevo] {
            let expected = if gaps.contains(&provider) { Err("not_expressible") } else { Ok(()) };
            assert_eq!(
                expressible(provider, &to_bob(), &mime),
                expected,
                "{}: {}",
                provider.as_str(),
                String::from_utf8_lossy(&mime)
            );
        }
    };
    let file = |file: OutgoingAttachment<'static>, gaps: &[Provider]| {
        none(&Outgoing { attachments: &[file], html: Some("<p>x</p>"), ..plain() }, gaps);
    };
    let header = |name: &str, value: &str, gaps: &[Provider]| {
        none(&Outgoing { headers: &[(name.to_owned(), value.to_owned())], ..plain() }, gaps);
    };
    none(&plain(), &[]);
    none(&Outgoing { subject: "", ..plain() }, &[Resend, SendGrid, Brevo]);
    none(&Outgoing { text: None, ..plain() }, &[Resend, SendGrid, Brevo]);
    none(&Outgoing { from: Addr { name: Some("Ann, Dr."), ..plain().from }, ..plain() }, &[Resend]);
    none(&Outgoing { from: Addr { name: Some(&"A".repeat(71)), ..plain().from }, ..plain() }, &[Brevo]);
    let two = [Addr { name: None, address: "a@example.com" }, Addr { name: None, address: "b@example.com" }];
    none(&Outgoing { reply_to: &two, ..plain() }, &[Brevo]);
    none(&Outgoing { text: Some("Dear {{ contact.NAME }}"), ..plain() }, &[Brevo]);
    file(PDF, &[]);
    file(LOGO, &[Brevo]);
    file(OutgoingAttachment { content_id: Some("x@example.com"), ..PDF }, &[Resend, Brevo]);
    file(OutgoingAttachment { filename: "offer.txt", ..PDF }, &[Resend, Brevo]);
    file(OutgoingAttachment { filename: "offer.xyz", ..PDF }, &[Brevo]);
    file(OutgoingAttachment { filename: "größe.pdf", ..PDF }, &[SendGrid, Brevo]);
    file(OutgoingAttachment { contents: b"", ..PDF }, &[Resend, SendGrid, Brevo]);
    file(OutgoingAttachment { content_type: "application/pdf; version=2", ..PDF }, &[SendGrid, Brevo]);
    file(
        OutgoingAttachment {
            filename: "a.eml",
            content_type: "message/rfc822",
            contents: b"Subject: x\r\n\r\nx\r\n",
            ..PDF
        },
        &[Resend, SendGrid, Brevo],
    );
    header("X-Ref", "42", &[]);
    header("X-Ref", "größer", &[Resend, SendGrid, Brevo]);
    header("X-SG-EID", "1", &[SendGrid]);
    header("X-SMTPAPI", "{}", &[SendGrid]);
    header("X-Mailin-Custom", "1", &[Brevo]);
}

#[test]
fn what_is_too_large_is_known_before() {
    let contents = vec![b'x'; 16 * 1024 * 1024];
    let mail = Outgoing { attachments: &[OutgoingAttachment { contents: &contents, ..PDF }], ..plain() };
    let mime = mail::compose(&mail).unwrap();
    for (provider, expected) in [
        (Provider::Resend, Ok(())),
        (Provider::SendGrid, Ok(())),
        (Provider::Mailgun, Ok(())),
        (Provider::Brevo, Err("too_large")),
    ] {
        assert_eq!(expressible(provider, &to_bob(), &mime), expected, "{}", provider.as_str());
    }
}

#[tokio::test]
async fn sendgrid_is_given_nobody_twice() {
    let mime = mail::compose(&plain()).unwrap();
    let envelope = envelope(&["bob@example.org"], &[], &["Bob@example.org"]);
    assert_eq!(expressible(Provider::SendGrid, &envelope, &mime), Err("not_expressible"));
    assert_eq!(expressible(Provider::Resend, &envelope, &mime), Ok(()));
}

#[tokio::test]
async fn what_is_not_expressible_calls_nobody() {
    let script = Script::new([]);
    let mail = sealed(&Outgoing { subject: "", ..plain() });
    for provider in [Provider::Resend, Provider::SendGrid, Provider::Brevo] {
        assert_eq!(
            providers(&script).send_sealed(&mail, &key(provider), Timestamp::UNIX_EPOCH).await,
            refused("not_expressible")
        );
    }
    assert!(script.asked().is_empty());
}

#[tokio::test]
async fn each_provider_is_called_at_its_host_with_its_header() {
    let basic = format!("Basic {}", STANDARD.encode(format!("api:{SECRET}")));
    let bearer = format!("Bearer {SECRET}");
    for (provider, region, url, header, value) in [
        (Provider::Resend, Region::Eu, "https://api.resend.com/emails", "authorization", &*bearer),
        (Provider::SendGrid, Region::Us, "https://api.sendgrid.com/v3/mail/send", "authorization", &bearer),
        (
            Provider::SendGrid,
            Region::Eu,
            "https://api.eu.sendgrid.com/v3/mail/send",
            "authorization",
            &bearer,
        ),
        (
            Provider::Mailgun,
            Region::Us,
            "https://api.mailgun.net/v3/example.com/messages.mime",
            "authorization",
            &basic,
        ),
        (
            Provider::Mailgun,
            Region::Eu,
            "https://api.eu.mailgun.net/v3/example.com/messages.mime",
            "authorization",
            &basic,
        ),
        (Provider::Brevo, Region::Us, "https://api.brevo.com/v3/smtp/email", "api-key", SECRET),
    ] {
        let script = Script::new([says(400, &Value::Null)]);
        let key = ProviderKey { region, ..key(provider) };
        let _ = providers(&script).send_sealed(&sealed(&plain()), &key, Timestamp::UNIX_EPOCH).await;
        let [asked] = &script.asked()[..] else { panic!("one call") };
        assert_eq!(asked.uri().to_string(), url);
        assert_eq!(asked.headers()[header], value);
        assert!(asked.headers()[header].is_sensitive());
        assert!(!format!("{asked:?}").contains(SECRET), "{asked:?}");
    }
    let local =
        Providers::of(|name| (name == "PROVIDER_ENDPOINT").then(|| "http://127.0.0.1:14571/".to_owned()));
    let url = local.url(Api::Mailgun, &ProviderKey { region: Region::Eu, ..key(Provider::Mailgun) }, "/v3/x");
    assert_eq!(url, "http://127.0.0.1:14571/mailgun/eu/v3/x");
}

#[tokio::test]
async fn a_key_that_no_header_holds_is_refused() {
    let bad = ProviderKey { secret: Zeroizing::new("two\r\nlines".to_owned()), ..key(Provider::Brevo) };
    let script = Script::new([]);
    let outcome = providers(&script).send_sealed(&sealed(&plain()), &bad, Timestamp::UNIX_EPOCH).await;
    assert_eq!(outcome, SendOutcome::NotAccepted("credentials_refused"));
    assert_eq!(providers(&script).check(&bad, &address("ann@example.com")).await, KeyVerdict::Refused);
    assert!(script.asked().is_empty());
}

/// Statuses and bodies as they are documented, and what they mean.
#[tokio::test]
async fn what_resend_answers() {
    let error = |name: &str, message: &str| json!({ "name": name, "message": message, "statusCode": 0 });
    let credentials = || SendOutcome::NotAccepted("credentials_refused");
    for (status, body, expected) in [
        (
            200,
            json!({ "id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794" }),
            SendOutcome::Accepted("49a3999c-0ce1-4ea6-ab68-afcd6dc2e794".to_owned()),
        ),
        (400, error("validation_error", "API key is invalid"), credentials()),
        (401, error("validation_error", "API key is invalid"), credentials()),
        (401, error("missing_api_key", "Missing API Key"), credentials()),
        (403, error("invalid_api_key", "API key is invalid."), credentials()),
        (403, error("suspended_api_key", ""), credentials()),
        (
            403,
            error(
                "validation_error",
                "The example.com domain is not verified. Please, add and verify your domain",
            ),
            refused("sender_not_verified"),
        ),
        (
            403,
            error(
                "validation_error",
                "You can only send testing emails to your own email address (ann@example.com).",
            ),
            refused("sender_not_verified"),
        ),
        (422, error("validation_error", "Invalid `to` field."), refused("unprocessable")),
        (422, error("missing_required_field", ""), refused("missing_required_field")),
        (422, error("invalid_attachment", ""), refused("invalid_attachment")),
        (409, error("invalid_idempotent_request", ""), refused("invalid_idempotent_request")),
        (429, error("rate_limit_exceeded", ""), SendOutcome::THROTTLED),
        (429, error("daily_quota_exceeded", ""), SendOutcome::NotAccepted("quota_reached")),
        (429, error("monthly_quota_exceeded", ""), SendOutcome::NotAccepted("quota_reached")),
        (451, error("security_error", ""), refused("security_error")),
        (418, Value::Null, refused("refused")),
    ] {
        assert_eq!(
            sends(Provider::Resend, vec![says(status, &body)]).await,
            (expected, 1),
            "{status} {body}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn resend_is_asked_again_until_it_is_known() {
    let error = |status, name: &str| says(status, &json!({ "name": name, "message": "" }));
    let fine = || says(200, &json!({ "id": "r1" }));
    let accepted = SendOutcome::Accepted("r1".to_owned());
    let sent = |answers| sends(Provider::Resend, answers);
    assert_eq!(sent(vec![Err(CallFailed::Lost), fine()]).await, (accepted.clone(), 2));
    assert_eq!(
        sent(vec![error(500, "application_error"), Err(CallFailed::TimedOut), fine()]).await,
        (accepted.clone(), 3)
    );
    assert_eq!(sent(vec![error(409, "concurrent_idempotent_requests"), fine()]).await, (accepted.clone(), 2));
    assert_eq!(sent(vec![says(200, &Value::Null), fine()]).await, (accepted, 2));
    assert_eq!(
        sent(vec![Err(CallFailed::NotConnected)]).await,
        (SendOutcome::NotAccepted("not_connected"), 1)
    );
    // What is said of a later call does not make the first one known.
    let later = vec![Err(CallFailed::Lost), Err(CallFailed::NotConnected), error(429, "rate_limit_exceeded")];
    assert_eq!(sent(later).await, (SendOutcome::Ambiguous("connection_lost"), 3));
    let busy = || error(409, "concurrent_idempotent_requests");
    assert_eq!(sent(vec![busy(), busy(), busy()]).await, (SendOutcome::Ambiguous("in_progress"), 3));
    let start = tokio::time::Instant::now();
    let (outcome, calls) = sent(vec![]).await;
    assert_eq!(outcome, SendOutcome::Ambiguous("timeout"));
    assert!(calls <= CALLS && start.elapsed() < LIMIT + PAUSE, "{calls} {:?}", start.elapsed());
}

#[tokio::test]
async fn the_idempotency_key_is_of_the_sealed_mail() {
    let of = async |mail: &Outgoing<'_>| {
        let script = Script::new([says(200, &json!({ "id": "r1" }))]);
        let _ = providers(&script)
            .send_sealed(&sealed(mail), &key(Provider::Resend), Timestamp::UNIX_EPOCH)
            .await;
        script.asked()[0].headers()["idempotency-key"].to_str().unwrap().to_owned()
    };
    let (first, again) = (of(&plain()).await, of(&plain()).await);
    assert_eq!(first, again);
    let (id, digest) = first.split_once('/').unwrap();
    assert_eq!(id, to_bob().message_id.to_string());
    assert_eq!(digest, &sealed(&plain()).digest().hex()[..16]);
    assert_ne!(first, of(&Outgoing { subject: "Dinner", ..plain() }).await);
}

#[tokio::test]
async fn what_sendgrid_answers() {
    let error = |message: &str, field: Value| json!({ "errors": [{ "message": message, "field": field, "help": null }] });
    let id = to_bob().message_id.to_string();
    let wrong = "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.";
    for (status, body, expected) in [
        (202, Value::Null, SendOutcome::Accepted(id)),
        (
            400,
            error("Does not contain a valid address.", json!("personalizations.0.to.0.email")),
            refused("bad_request"),
        ),
        (
            401,
            error("The provided authorization grant is invalid, expired, or revoked", Value::Null),
            SendOutcome::NotAccepted("credentials_refused"),
        ),
        (401, error("Maximum credits exceeded", Value::Null), SendOutcome::NotAccepted("quota_reached")),
        (403, error(wrong, json!("from")), refused("sender_not_verified")),
        (403, error("access forbidden", Value::Null), SendOutcome::NotAccepted("credentials_refused")),
        (413, error("content too large", Value::Null), refused("too_large")),
        (429, error("too many requests", Value::Null), SendOutcome::THROTTLED),
        (500, error("internal server error", Value::Null), SendOutcome::Ambiguous("provider_error")),
        (503, Value::Null, SendOutcome::Ambiguous("provider_error")),
        (302, Value::Null, SendOutcome::Ambiguous("broken_answer")),
    ] {
        assert_eq!(
            sends(Provider::SendGrid, vec![says(status, &body)]).await,
            (expected, 1),
            "{status} {body}"
        );
    }
    let mut named = says(202, &Value::Null).unwrap();
    named.headers_mut().insert("x-message-id", HeaderValue::from_static("sg-1"));
    assert_eq!(sends(Provider::SendGrid, vec![Ok(named)]).await.0, SendOutcome::Accepted("sg-1".to_owned()));
}

#[tokio::test]
async fn what_mailgun_answers() {
    let says_that = |message: &str| json!({ "message": message });
    for (status, body, expected) in [
        (
            200,
            json!({ "id": "<2026.1@example.com>", "message": "Queued. Thank you." }),
            SendOutcome::Accepted("2026.1@example.com".to_owned()),
        ),
        (200, Value::Null, SendOutcome::Ambiguous("broken_answer")),
        (
            400,
            says_that("to parameter is not a valid address. please check documentation"),
            refused("bad_request"),
        ),
        (401, json!("Forbidden"), SendOutcome::NotAccepted("credentials_refused")),
        (402, says_that("Request Failed"), SendOutcome::NotAccepted("quota_reached")),
        (
            403,
            says_that(
                "Domain example.com is not allowed to send: The domain is unverified and requires DNS configuration.",
            ),
            refused("sender_not_verified"),
        ),
        (403, says_that("Forbidden"), SendOutcome::NotAccepted("credentials_refused")),
        (404, says_that("Domain not found: example.com"), refused("sender_not_verified")),
        (413, Value::Null, refused("too_large")),
        (429, says_that("Too many requests"), SendOutcome::THROTTLED),
        (500, says_that("Internal Server Error"), SendOutcome::Ambiguous("provider_error")),
    ] {
        assert_eq!(
            sends(Provider::Mailgun, vec![says(status, &body)]).await,
            (expected, 1),
            "{status} {body}"
        );
    }
}

#[tokio::test]
async fn what_brevo_answers() {
    let error = |code: &str, message: &str| json!({ "code": code, "message": message });
    let id = to_bob().message_id.to_string();
    for (status, body, expected) in [
        (
            201,
            json!({ "messageId": "<2026.1@smtp-relay.mailin.fr>" }),
            SendOutcome::Accepted("2026.1@smtp-relay.mailin.fr".to_owned()),
        ),
        (201, Value::Null, SendOutcome::Accepted(id)),
        (200, Value::Null, SendOutcome::Ambiguous("broken_answer")),
        (
            400,
            error("invalid_parameter", "Sending has been rejected because the sender you used is not valid."),
            refused("sender_not_verified"),
        ),
        (400, error("invalid_parameter", "email is not valid in to"), refused("invalid_parameter")),
        (400, error("missing_parameter", "subject is missing"), refused("missing_parameter")),
        (401, error("unauthorized", "Key not found"), SendOutcome::NotAccepted("credentials_refused")),
        (
            401,
            error("unauthorized", "We have detected you are using an unrecognised IP address 192.0.2.1."),
            SendOutcome::NotAccepted("ip_not_authorized"),
        ),
        (402, error("not_enough_credits", ""), SendOutcome::NotAccepted("quota_reached")),
        (
            403,
            error("permission_denied", "Unable to send email. Your SMTP account is not yet activated."),
            SendOutcome::NotAccepted("account_not_active"),
        ),
        (403, error("permission_denied", ""), SendOutcome::NotAccepted("credentials_refused")),
        (429, error("too_many_requests", ""), SendOutcome::THROTTLED),
        (500, Value::Null, SendOutcome::Ambiguous("provider_error")),
    ] {
        assert_eq!(sends(Provider::Brevo, vec![says(status, &body)]).await, (expected, 1), "{status} {body}");
    }
}

#[tokio::test]
async fn no_outcome_repeats_what_a_provider_writes() {
    let words = "to bob@example.org of key_that_nobody_may_see";
    let body = json!({ "name": words, "message": words, "code": words, "errors": [{ "message": words, "field": words }] });
    for provider in [Provider::Resend, Provider::SendGrid, Provider::Mailgun, Provider::Brevo] {
        for status in [400, 401, 403, 404, 409, 413, 422, 451] {
            let (outcome, _) = sends(provider, vec![says(status, &body)]).await;
            assert!(!format!("{outcome:?}").contains("bob"), "{outcome:?}");
        }
        assert!(!format!("{:?}", key(provider)).contains(SECRET));
    }
}

#[tokio::test]
async fn what_was_not_answered_was_maybe_sent_but_without_a_connection() {
    for provider in [Provider::SendGrid, Provider::Mailgun, Provider::Brevo] {
        let of = async |failed| sends(provider, vec![Err(failed)]).await;
        assert_eq!(of(CallFailed::NotConnected).await, (SendOutcome::NotAccepted("not_connected"), 1));
        assert_eq!(of(CallFailed::TimedOut).await, (SendOutcome::Ambiguous("timeout"), 1));
        assert_eq!(of(CallFailed::Lost).await, (SendOutcome::Ambiguous("connection_lost"), 1));
    }
}

/// Whose key, what it answers one after the other, and what that says of the key.
type Case = (Provider, Vec<(u16, Value)>, &'static str);

#[tokio::test]
async fn what_providers_say_of_keys() {
    use Provider::{Brevo, Mailgun, Resend, SendGrid};
    let domains = |status: &str| json!({ "has_more": false, "data": [{ "id": "d1", "name": "example.com", "status": status }] });
    let more =
        json!({ "has_more": true, "data": [{ "id": "d0", "name": "example.net", "status": "verified" }] });
    let wrong_from = json!({ "errors": [{ "field": "from", "message": "x" }] });
    let state = |state: &str| json!({ "domain": { "name": "example.com", "state": state } });
    let account = json!({ "email": "x@example.com", "relay": { "enabled": true } });
    let sender = json!({ "senders": [{ "email": "Ann@example.com", "active": true }] });
    let domain = |authenticated: bool| json!({ "domains": [{ "domain_name": "example.com", "authenticated": authenticated }] });
    let scopes = |scope: &str| json!({ "scopes": ["alerts.read", scope] });
    let nothing = Value::Null;
    let cases: Vec<Case> = vec![
        (Resend, vec![(200, domains("verified"))], "fine"),
        (Resend, vec![(200, more), (200, domains("verified"))], "fine"),
        (Resend, vec![(200, domains("pending"))], "wrong sender"),
        (Resend, vec![(200, json!({ "data": [] }))], "wrong sender"),
        (Resend, vec![(401, json!({ "name": "restricted_api_key" }))], "fine"),
        (
            Resend,
            vec![(400, json!({ "name": "validation_error", "message": "API key is invalid" }))],
            "refused",
        ),
        (Resend, vec![(500, nothing.clone())], "provider_error"),
        (SendGrid, vec![(200, scopes("mail.send")), (200, nothing.clone())], "fine"),
        (SendGrid, vec![(200, scopes("mail.send")), (403, wrong_from)], "wrong sender"),
        (SendGrid, vec![(200, scopes("stats.read"))], "refused"),
        (SendGrid, vec![(401, nothing.clone())], "refused"),
        (Mailgun, vec![(200, state("active"))], "fine"),
        (Mailgun, vec![(200, state("unverified"))], "wrong sender"),
        (Mailgun, vec![(404, nothing.clone())], "wrong sender"),
        (
            Mailgun,
            vec![(401, json!("Forbidden")), (400, json!({ "message": "from parameter is missing" }))],
            "fine",
        ),
        (Mailgun, vec![(401, json!("Forbidden")), (401, json!("Forbidden"))], "refused"),
        (Brevo, vec![(200, account.clone()), (200, sender)], "fine"),
        (Brevo, vec![(200, account.clone()), (200, json!({})), (200, domain(true))], "fine"),
        (Brevo, vec![(200, account), (200, json!({})), (200, domain(false))], "wrong sender"),
        (Brevo, vec![(200, json!({ "relay": { "enabled": false } }))], "refused"),
        (Brevo, vec![(401, json!({ "code": "unauthorized", "message": "Key not found" }))], "refused"),
        (Brevo, vec![(429, nothing)], "throttled"),
    ];
    for (provider, answers, expected) in cases {
        let shown = format!("{} {answers:?}", provider.as_str());
        let count = answers.len();
        let script = Script::new(answers.iter().map(|(status, body)| says(*status, body)));
        let verdict = providers(&script).check(&key(provider), &address("ann@example.com")).await;
        let said = match &verdict {
            KeyVerdict::Fine => "fine",
            KeyVerdict::Refused => "refused",
            KeyVerdict::WrongSender(words) => {
                assert!(!words.contains("ann@"), "{words}");
                "wrong sender"
            }
            KeyVerdict::WrongServer(why) => panic!("{why}"),
            KeyVerdict::Unreachable(code) => code,
        };
        assert_eq!(said, expected, "{shown}");
        assert_eq!(script.asked().len(), count, "{shown}");
    }
}

#[tokio::test]
async fn a_test_mail_says_its_words_alone() {
    let (from, to) = (address("ann@example.com"), address("bob@example.org"));
    let fields = Fields::of_text(&from, &to, "A test", "It works.");
    let sent = async |provider| {
        let script = Script::new([says(500, &Value::Null)]);
        let outcome = providers(&script)
            .send_text(&key(provider), &fields, Test { from: &from, to: &to, at: Timestamp::UNIX_EPOCH })
            .await;
        assert_eq!(outcome, SendOutcome::Ambiguous("provider_error"));
        let [asked] = &script.asked()[..] else { panic!("one call") };
        assert!(!asked.headers().contains_key("idempotency-key"));
        asked.body().clone()
    };
    let json = |body: Bytes| serde_json::from_slice::<Value>(&body).unwrap();
    let resend = json!({ "from": "ann@example.com", "to": ["bob@example.org"], "subject": "A test", "text": "It works.\n" });
    assert_eq!(json(sent(Provider::Resend).await), resend);
    assert_eq!(
        json(sent(Provider::SendGrid).await)["content"],
        json!([{ "type": "text/plain", "value": "It works.\n" }])
    );
    assert_eq!(json(sent(Provider::Brevo).await)["textContent"], "It works.\n");
    let mailgun = String::from_utf8(sent(Provider::Mailgun).await.to_vec()).unwrap();
    assert!(
        mailgun.contains("Subject: A test\r\n") && mailgun.contains("\r\n\r\nIt works.\r\n"),
        "{mailgun}"
    );
}

/// A server on this machine that reads a call and then answers so.
async fn answering(answer: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut vec![0; 65_536]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
            // Whoever closes before all is read resets the connection, and the answer is lost.
            while stream.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {}
        }
    });
    url
}

#[tokio::test]
async fn what_comes_over_the_wire() {
    let sent = async |url: String| {
        Providers::of(|name| (name == "PROVIDER_ENDPOINT").then(|| url.clone()))
            .send_sealed(&sealed(&plain()), &key(Provider::SendGrid), Timestamp::UNIX_EPOCH)
            .await
    };
    let fine = answering("HTTP/1.1 202 Accepted\r\nx-message-id: sg-1\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(sent(fine).await, SendOutcome::Accepted("sg-1".to_owned()));
    let gone = answering("").await;
    assert_eq!(sent(gone).await, SendOutcome::Ambiguous("connection_lost"));
    // The head is there, and the body breaks off: what the status says is known.
    let broken = answering("HTTP/1.1 401 No\r\ncontent-length: 500\r\n\r\n{").await;
    assert_eq!(sent(broken).await, SendOutcome::NotAccepted("credentials_refused"));
    let moved =
        answering("HTTP/1.1 307 There\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(sent(moved).await, SendOutcome::Ambiguous("broken_answer"));
    assert_eq!(sent("http://127.0.0.1:1".to_owned()).await, SendOutcome::NotAccepted("not_connected"));
}
