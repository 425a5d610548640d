//! Connected accounts.

use std::borrow::Cow;

use app::base::error::Refusal;
use app::mailbox::accounts::{AccountChanges, Connected, NewAccount, Secret, ServerGiven};
use domain::base::address::{EmailAddress, HeaderText};
use domain::base::code::Code;
use domain::mailbox::account::{AccountNotice, AccountStatus, MAX_KEY, MIN_KEY, Provider, Region, Trouble};
use domain::mailbox::mail_server::{InvalidMailServer, MailServer, Security};
use domain::{AccountId, InboxId, MemberId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::base::request::{self, Faults, Field, request};
use crate::base::values::{Choice, Email, IdOf, Line, Named, Text, Time, schema};
use crate::people::organization::{PauseView, pause};

impl Named for Provider {
    const ALL: &'static [Self] = Provider::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for Region {
    const ALL: &'static [Self] = Region::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for Security {
    const ALL: &'static [Self] = Security::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

impl Named for Trouble {
    const ALL: &'static [Self] = Trouble::ALL;
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        self.as_str()
    }
}

/// A provider's key. What surrounds it, as where it was copied with a line's end, is left out.
pub struct SecretKey(Zeroizing<String>);

impl Field for SecretKey {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let text = Zeroizing::new(Text::<2_000>::read(value, faults)?.0);
        let key = text.trim();
        let plain = key.bytes().all(|byte| byte.is_ascii_graphic());
        if !plain || !(MIN_KEY..=MAX_KEY).contains(&key.len()) {
            let message = format!(
                "must be a key as the provider shows it: {MIN_KEY} to {MAX_KEY} letters, digits and signs"
            );
            faults.note(Code::ApiKeyRefused, message);
            return None;
        }
        Some(Self(Zeroizing::new(key.to_owned())))
    }
}

schema!([] SecretKey, "SecretKey", _generator => json_schema!({
    "type": "string", "minLength": MIN_KEY, "maxLength": MAX_KEY, "writeOnly": true,
}));

/// A password to a mail server, as it is.
pub struct ServerPassword(Zeroizing<String>);

impl Field for ServerPassword {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let password = Zeroizing::new(Text::<MAX_KEY>::read(value, faults)?.0);
        if password.is_empty() || password.chars().any(char::is_control) {
            faults.note(
                Code::PasswordRefused,
                "must be a password without line breaks and other control characters",
            );
            return None;
        }
        Some(Self(password))
    }
}

schema!([] ServerPassword, "ServerPassword", _generator => json_schema!({
    "type": "string", "minLength": 1, "maxLength": MAX_KEY, "writeOnly": true,
}));

request! {
    /// Where a mail server takes outgoing mail.
    pub struct SmtpServer {
        /// Its name, such as `smtp.example.com`; a public one.
        host: Text<{ MailServer::MAX_HOST }>,
        /// 465 where it is left out; not 25.
        port: Option<u64>,
        /// `tls` from the first byte, `starttls` before anything else is said; what the port says where it is left out. Never without.
        security: Option<Choice<Security>>,
    }
}

request! {
    /// An account that is to be connected: `api_key` of a provider, or `smtp` and `password` of a mail server.
    pub struct CreateAccount {
        /// Whose it is.
        provider: Choice<Provider>,
        /// The address that it sends from, which the provider knows as yours.
        email: Email,
        /// The name beside the address, in mails that go out.
        display_name: Option<Line>,
        /// Where the provider keeps your data: of `sendgrid` and `mailgun`, `us` where it is left out.
        region: Option<Choice<Region>>,
        /// A key that may send. Its last four characters are shown, and nothing else of it ever.
        api_key: Option<SecretKey>,
        /// Of `smtp`: the server.
        smtp: Option<SmtpServer>,
        /// Of `smtp`, where that is left out: have the server looked up, among large providers and where the domain of `email` tells programs.
        autodiscover: Option<bool>,
        /// Of `smtp`: the name by which the server lets you in, `email` where it is left out.
        username: Option<Line>,
        /// Of `smtp`: the password, often one for programs alone. Nothing of it is ever shown.
        password: Option<ServerPassword>,
    }
    check one_secret
}

fn one_secret(has: &dyn Fn(&str) -> bool, faults: &mut Faults) {
    let of_server = ["smtp", "autodiscover", "username"].into_iter().any(has);
    match (has("api_key"), has("password")) {
        (true, true) => faults.note_at("password", Code::NotOfProvider, ONE_SECRET),
        (false, false) if of_server => faults.note_at("password", Code::Required, "is required"),
        (false, false) => {
            faults.note_at("api_key", Code::Required, "is required; of smtp, a password and smtp are");
        }
        _ => {}
    }
}

const ONE_SECRET: &str = "an account has an api_key or a password: give one of them";

/// Reads [`CreateAccount`].
pub fn new(body: &[u8]) -> Result<NewAccount, Refusal> {
    let CreateAccount {
        provider,
        email,
        display_name,
        region,
        api_key,
        smtp,
        autodiscover,
        username,
        password,
    } = request::body(body)?;
    let (provider, address) = (provider.0, email.0);
    if username.is_some() && !provider.has_server() {
        let message = format!("{} knows you by your key: leave this out", provider.name());
        return Err(Refusal::field("username", Code::NotOfProvider, message));
    }
    let server = match (smtp, autodiscover.unwrap_or_default()) {
        (Some(_), true) => {
            let message = "a server that is named is not looked up: leave one of them out";
            return Err(Refusal::field("autodiscover", Code::NotOfProvider, message));
        }
        (Some(smtp), false) => {
            let username = username.as_ref().map_or(address.as_str(), |name| name.0.as_str());
            Some(ServerGiven::Named(server(&smtp, username)?))
        }
        (None, true) => {
            if let Some(name) = &username {
                MailServer::check_username(name.0.as_str())
                    .map_err(|wrong| Refusal::field("username", Code::InvalidMailServer, wrong))?;
            }
            Some(ServerGiven::Looked(username.map(|name| name.0)))
        }
        (None, false) => None,
    };
    let secret =
        secret(api_key, password)?.ok_or_else(|| Refusal::field("api_key", Code::Required, "is required"))?;
    Ok(NewAccount {
        provider,
        region: region.map(|region| region.0),
        server,
        address,
        display_name: display_name.and_then(|name| named(name.0)),
        secret,
    })
}

fn server(smtp: &SmtpServer, username: &str) -> Result<MailServer, Refusal> {
    // What is no port is none of a server's either.
    let port = smtp.port.map_or(MailServer::PORT, |port| u16::try_from(port).unwrap_or(0));
    let security = smtp.security.as_ref().map_or(Security::of_port(port), |security| security.0);
    MailServer::new(&smtp.host.0, port, security, username).map_err(|wrong| {
        let field = match wrong {
            InvalidMailServer::Host => "smtp.host",
            InvalidMailServer::Port => "smtp.port",
            InvalidMailServer::Username => "username",
        };
        Refusal::field(field, Code::InvalidMailServer, wrong)
    })
}

/// The one secret of two fields.
fn secret(api_key: Option<SecretKey>, password: Option<ServerPassword>) -> Result<Option<Secret>, Refusal> {
    match (api_key, password) {
        (Some(_), Some(_)) => Err(Refusal::field("password", Code::NotOfProvider, ONE_SECRET)),
        (Some(key), None) => Ok(Some(Secret::ApiKey(key.0))),
        (None, Some(password)) => Ok(Some(Secret::Password(password.0))),
        (None, None) => Ok(None),
    }
}

request! {
    /// What changes of an account. What is left out stays.
    pub struct UpdateAccount {
        /// The name beside the address, in mails that go out; an empty one takes it away.
        display_name: Option<Line>,
        /// Another key of the same provider: the one before is forgotten.
        api_key: Option<SecretKey>,
        /// Another password of the same mail server: the one before is forgotten.
        password: Option<ServerPassword>,
    }
}

/// Reads [`UpdateAccount`].
pub fn update(body: &[u8]) -> Result<AccountChanges, Refusal> {
    let UpdateAccount { display_name, api_key, password } = request::body(body)?;
    let secret = secret(api_key, password)?;
    Ok(AccountChanges { display_name: display_name.map(|name| named(name.0)), secret })
}

/// A name, where it has letters.
fn named(name: HeaderText) -> Option<HeaderText> {
    Some(name).filter(|name| !name.as_str().trim().is_empty())
}

/// A connected account.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Account")]
pub struct AccountView<'a> {
    id: IdOf<AccountId>,
    /// The inbox in which its mails lie. Wherever the API takes an inbox's id it takes the account's as well.
    inbox_id: IdOf<InboxId>,
    provider: Choice<Provider>,
    /// Where the provider keeps its data; `null` where it has one region.
    region: Option<Choice<Region>>,
    /// Of `smtp`: the server that takes its mail.
    smtp: Option<SmtpView<'a>>,
    /// Of `smtp`: the name by which the server lets it in.
    username: Option<&'a str>,
    email: &'a str,
    display_name: Option<&'a str>,
    /// `active` or `error`.
    status: &'static str,
    /// Why mail that leaves through it waits, where it does.
    error: Option<TroubleView>,
    /// Of the key; `null` of a password, of which nothing is shown.
    last_four: Option<&'a str>,
    /// Whether it sends and never reads.
    send_only: bool,
    /// While nothing leaves it.
    paused: Option<PauseView<'a>>,
    connected_by: IdOf<MemberId>,
    created_at: Time,
}

/// Where a mail server takes outgoing mail.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SmtpOfAccount")]
struct SmtpView<'a> {
    host: &'a str,
    port: u16,
    security: Choice<Security>,
}

/// What is wrong with an account.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AccountError")]
struct TroubleView {
    /// `credentials_refused`: its provider takes the key no more, or its server the password. `credentials_unreadable`: another has to be given. `quota_reached`,
    /// `account_not_active` and `ip_not_authorized`: something is to be set right at the provider. `certificate_refused`: the mail server's
    /// certificate has ended, is not one for its name, or it offers no TLS.
    reason: Choice<Trouble>,
    since: Time,
}

fn trouble(status: AccountStatus) -> Option<TroubleView> {
    match status {
        AccountStatus::Active => None,
        AccountStatus::Error { why, since } => Some(TroubleView { reason: Choice(why), since: Time(since) }),
    }
}

/// A connected account.
pub fn account((account, inbox): &Connected) -> AccountView<'_> {
    AccountView {
        id: IdOf(account.id),
        inbox_id: IdOf(inbox.id),
        provider: Choice(account.provider),
        region: account.provider.has_regions().then_some(Choice(account.region)),
        smtp: account.server.as_ref().map(|server| SmtpView {
            host: server.host(),
            port: server.port(),
            security: Choice(server.security()),
        }),
        username: account.server.as_ref().map(MailServer::username),
        email: account.address.as_str(),
        display_name: inbox.display_name.as_ref().map(HeaderText::as_str),
        status: account.status.as_str(),
        error: trouble(account.status),
        last_four: Some(account.last_four.as_str()).filter(|shown| !shown.is_empty()),
        send_only: true,
        paused: inbox.paused.as_ref().map(pause),
        connected_by: IdOf(account.connected_by),
        created_at: Time(account.created_at),
    }
}

/// A mail by which somebody tried an account.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TestSend")]
pub struct TestSendView<'a> {
    /// Where it went: your own address.
    to: &'a str,
    /// What the provider calls it.
    provider_id: &'a str,
}

/// A mail by which somebody tried an account.
pub fn test_send<'a>(to: &'a EmailAddress, provider_id: &'a str) -> TestSendView<'a> {
    TestSendView { to: to.as_str(), provider_id }
}

/// An account, as events tell of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AccountNotice")]
pub(crate) struct AccountNoticeView {
    id: IdOf<AccountId>,
    inbox_id: IdOf<InboxId>,
    provider: Choice<Provider>,
    /// `active` or `error`.
    status: &'static str,
    /// Why mail that leaves through it waits, where it does.
    error: Option<TroubleView>,
}

pub(crate) fn account_notice(notice: &AccountNotice) -> AccountNoticeView {
    AccountNoticeView {
        id: IdOf(notice.id),
        inbox_id: IdOf(notice.id.inbox_id()),
        provider: Choice(notice.provider),
        status: notice.status.as_str(),
        error: trouble(notice.status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> Vec<(String, Code)> {
        match new(body.as_bytes()) {
            Err(Refusal::Invalid(errors)) => errors.into_iter().map(|it| (it.field, it.code)).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_key_is_read_without_what_surrounds_it() {
        let body = r#"{"provider": "resend", "email": "a@example.com", "api_key": " re_0123456789abcdef\n"}"#;
        let read = new(body.as_bytes()).unwrap();
        assert_eq!(read.secret, Secret::ApiKey("re_0123456789abcdef".to_owned().into()));
        assert!(!format!("{read:?}").contains("0123456789"));
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_shown() {
        for key in ["", "short", "re_0123456789 abcdef", "re_0123456789abcdéf", &"x".repeat(501)] {
            let body = format!(r#"{{"provider": "resend", "email": "a@example.com", "api_key": "{key}"}}"#);
            assert_eq!(refused(&body), [("api_key".to_owned(), Code::ApiKeyRefused)], "{key}");
        }
        let all = refused(r#"{"provider": "pigeon", "region": "mars", "x": 1}"#);
        let fields: Vec<_> = all.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["api_key", "provider", "email", "region", "x"]);
    }

    #[test]
    fn a_mail_server_is_read_with_what_its_port_and_the_address_say() {
        let read = |more: &str| {
            let body =
                format!(r#"{{"provider": "smtp", "email": "a@example.com", "password": " p w ", {more}}}"#);
            new(body.as_bytes())
        };
        let server = |more: &str| match read(more).unwrap().server.unwrap() {
            ServerGiven::Named(server) => server.to_string(),
            ServerGiven::Looked(username) => format!("{username:?}"),
        };
        assert_eq!(
            server(r#""smtp": {"host": "Mail.Example.com"}"#),
            "tls mail.example.com:465 a@example.com"
        );
        let more = r#""smtp": {"host": "mail.example.com", "port": 587}, "username": "ann""#;
        assert_eq!(server(more), "starttls mail.example.com:587 ann");
        let more = r#""smtp": {"host": "mail.example.com", "port": 2000, "security": "tls"}"#;
        assert_eq!(server(more), "tls mail.example.com:2000 a@example.com");
        assert_eq!(server(r#""autodiscover": true"#), "None");
        let kept = read(r#""smtp": {"host": "mail.example.com"}"#).unwrap();
        assert_eq!(kept.secret, Secret::Password(" p w ".to_owned().into()), "a password is what it is");
        assert!(!format!("{kept:?}").contains(" p w "));
        for (more, field) in [
            (r#""smtp": {"host": "10.0.0.1"}"#, "smtp.host"),
            (r#""smtp": {"host": "mail.example.com", "port": 25}"#, "smtp.port"),
            (r#""smtp": {"host": "mail.example.com", "port": 465000}"#, "smtp.port"),
            (r#""smtp": {"host": "mail.example.com"}, "username": "a\u0000b""#, "username"),
            (r#""smtp": {"host": "mail.example.com", "security": "none"}"#, "smtp.security"),
            (r#""smtp": {"host": "mail.example.com"}, "autodiscover": true"#, "autodiscover"),
            (r#""autodiscover": true, "username": " ""#, "username"),
            (r#""smtp": {"host": "mail.example.com"}, "api_key": "re_0123456789abcdef""#, "password"),
        ] {
            match read(more) {
                Err(Refusal::Invalid(errors)) => assert_eq!(errors[0].field, field, "{more}"),
                other => panic!("{more}: {other:?}"),
            }
        }
        for (body, field) in [
            (r#"{"provider": "smtp", "email": "a@example.com"}"#, "api_key"),
            (r#"{"provider": "smtp", "email": "a@example.com", "autodiscover": true}"#, "password"),
            (r#"{"provider": "resend", "email": "a@example.com"}"#, "api_key"),
            (
                r#"{"provider": "resend", "email": "a@example.com", "username": "a", "api_key": "re_0123456789abcdef"}"#,
                "username",
            ),
        ] {
            assert_eq!(refused(body)[0].0, field);
        }
    }
}
