//! People's own sending providers: Resend, `SendGrid`, Mailgun and Brevo, called over HTTPS with their key; and mail servers, which take
//! mail by SMTP from whoever shows a password.
//!
//! | provider | takes | sent twice |
//! | --- | --- | --- |
//! | Resend | fields | never within 24 hours, under a key of the call: an answer that was lost is asked for again |
//! | `SendGrid` | fields | possible: one call, and what can't be known is called ambiguous |
//! | Mailgun | MIME | as `SendGrid` |
//! | Brevo | fields | as `SendGrid` |
//! | SMTP | MIME | as `SendGrid`, where the connection breaks behind the last byte of a mail; before it a mail is certainly not taken |
//!
//! A mail whose MIME says something that the fields of its provider can't say is refused before any call, as `not_expressible`
//! ([`expressible`]). What a provider writes in words is never repeated: it may name people.

mod autoconfig;
mod brevo;
mod call;
mod fields;
mod mailgun;
mod resend;
mod sendgrid;
mod smtp;
#[cfg(test)]
mod tests;
mod types;

use std::sync::Arc;
use std::time::Duration;

use app::base::ports::{
    Carriage, KeyVerdict, ProviderKey, ProviderKeys, ProviderSender, SendOutcome, TestMail,
};
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use domain::base::address::EmailAddress;
use domain::gate::seal::{Countersigned, Envelope, Sealed};
use domain::mailbox::account::{Provider, Region};
use domain::mailbox::mail_server::MailServer;
use http::header::{ACCEPT, AUTHORIZATION, USER_AGENT};
use http::{HeaderName, HeaderValue, Request};
use zeroize::Zeroizing;

use call::{Answer, Ask};
pub use call::{CallFailed, Caller, Outside};
use fields::{Fields, NOT_EXPRESSIBLE};
use smtp::{Letter, Servers};

/// A mail is given so long, repeated calls included. The dispatcher's own limit is longer, so that the outcome is written down.
const LIMIT: Duration = Duration::from_secs(20);

/// A call that may be repeated has so long, so that there is time left for that.
const REPEATABLE: Duration = Duration::from_secs(8);

/// A body of more bytes than this may need all the time there is.
const LARGE: usize = 2 * 1024 * 1024;

/// A call that may be repeated is made so often at most.
const CALLS: usize = 3;

/// Between two calls: whoever is still busy with the first has time to end it.
const PAUSE: Duration = Duration::from_secs(1);

/// A question about a key has so long; somebody waits for the answer.
const ASK_LIMIT: Duration = Duration::from_secs(8);

/// Most pages of domains that are looked through.
const PAGES: usize = 10;

/// The providers.
#[derive(Clone)]
pub struct Providers {
    caller: Arc<dyn Caller>,
    servers: Arc<Servers>,
    endpoint: Option<String>,
}

/// A provider that is called over HTTPS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Api {
    Resend,
    SendGrid,
    Mailgun,
    Brevo,
}

impl Api {
    /// None of a mail server.
    const fn of(provider: Provider) -> Option<Self> {
        match provider {
            Provider::Resend => Some(Api::Resend),
            Provider::SendGrid => Some(Api::SendGrid),
            Provider::Mailgun => Some(Api::Mailgun),
            Provider::Brevo => Some(Api::Brevo),
            Provider::Smtp => None,
        }
    }
}

impl Providers {
    /// As an environment says. `PROVIDER_ENDPOINT`, such as `http://127.0.0.1:14571`, is where a stack on this machine has what stands for
    /// the providers, as `{endpoint}/{provider}/{us|eu}{path}`; else they are under their own hosts. `MAIL_SERVER_ROOT`, a certificate in
    /// DER and base 64, is an authority that mail servers may have a certificate of beside the public ones.
    pub fn of(setting: impl Fn(&str) -> Option<String>) -> Self {
        let endpoint = setting("PROVIDER_ENDPOINT");
        let caller = Arc::new(Outside::new(endpoint.is_some()));
        let servers = Servers::new(endpoint.is_some(), setting("MAIL_SERVER_ROOT"));
        Self { caller, servers: Arc::new(servers), endpoint }
    }

    /// The providers, called by `caller`; and no mail servers but public ones.
    pub fn with_caller(caller: Arc<dyn Caller>, endpoint: Option<String>) -> Self {
        Self { caller, servers: Arc::new(Servers::new(false, None)), endpoint }
    }

    fn url(&self, api: Api, key: &ProviderKey, path: &str) -> String {
        match &self.endpoint {
            Some(endpoint) => {
                let endpoint = endpoint.trim_end_matches('/');
                format!("{endpoint}/{}/{}{path}", key.provider.as_str(), key.region.as_str())
            }
            None => format!("https://{}{path}", host(api, key.region)),
        }
    }

    /// Makes one call. A key that no header can hold is none, which a provider would say as well.
    async fn ask(&self, api: Api, key: &ProviderKey, ask: &Ask, limit: Duration) -> Result<Answer, Unasked> {
        let (name, value) = authorization(api, key).ok_or(Unasked::BadKey)?;
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(self.url(api, key, &ask.path))
            .header(name, value)
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, concat!("Countersign/", env!("CARGO_PKG_VERSION")));
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        let request = request.body(ask.body.clone()).map_err(|_| Unasked::NotConstructed)?;
        let answer = self.caller.call(request, limit).await.map_err(Unasked::Failed)?;
        Ok(Answer::of(answer))
    }

    /// Gives a mail once. `id` is ours.
    async fn once(&self, api: Api, key: &ProviderKey, ask: &Ask, id: &str, limit: Duration) -> SendOutcome {
        let answer = match self.ask(api, key, ask, limit).await {
            Ok(answer) => answer,
            Err(Unasked::BadKey) => return SendOutcome::NotAccepted("credentials_refused"),
            Err(Unasked::NotConstructed) => return SendOutcome::Refused("not_constructed".to_owned()),
            Err(Unasked::Failed(failed)) => return failed.outcome(),
        };
        let outcome = match api {
            Api::Resend => resend::outcome(&answer),
            Api::SendGrid => sendgrid::outcome(&answer, id),
            Api::Mailgun => mailgun::outcome(&answer),
            Api::Brevo => brevo::outcome(&answer, id),
        };
        let (provider, status) = (key.provider.as_str(), answer.status.as_u16());
        match &outcome {
            SendOutcome::Accepted(_) => {}
            SendOutcome::Refused(code) => tracing::warn!(provider, status, code, "a provider refused a mail"),
            SendOutcome::NotAccepted(code) | SendOutcome::Ambiguous(code) => {
                tracing::warn!(provider, status, code, "a provider did not take a mail");
            }
        }
        outcome
    }

    /// Gives a mail that the provider sends once however often it is given.
    async fn until_known(&self, api: Api, key: &ProviderKey, ask: &Ask, id: &str) -> SendOutcome {
        let limit = if ask.body.len() > LARGE { LIMIT } else { REPEATABLE };
        let mut unsure = None;
        let calls = async {
            for call in 0..CALLS {
                if call > 0 {
                    tokio::time::sleep(PAUSE).await;
                }
                match self.once(api, key, ask, id, limit).await {
                    SendOutcome::Accepted(id) => return SendOutcome::Accepted(id),
                    SendOutcome::Ambiguous(code) => unsure = Some(code),
                    // That it does not take this call says nothing about the one before.
                    _ if unsure.is_some() => {}
                    known => return known,
                }
            }
            SendOutcome::Ambiguous(unsure.unwrap_or("timeout"))
        };
        tokio::time::timeout(LIMIT, calls).await.unwrap_or(SendOutcome::Ambiguous("timeout"))
    }

    async fn send_sealed(&self, sealed: &Sealed, key: &ProviderKey, now: Timestamp) -> SendOutcome {
        let envelope = sealed.envelope();
        let Some(api) = Api::of(key.provider) else {
            let letter = Letter::of_sealed(sealed);
            return self
                .to_server(key, async |server| self.servers.send(server, &key.secret, &letter, now).await)
                .await;
        };
        let id = envelope.message_id.to_string();
        // The same mail has the same key, and a mail that was edited another one.
        let once = format!("{id}/{}", &sealed.digest().hex()[..16]);
        match request(api, envelope, sealed.mime(), &id, &once) {
            Err(code) => SendOutcome::Refused(code.to_owned()),
            Ok(ask) if api == Api::Resend => self.until_known(api, key, &ask, &id).await,
            Ok(ask) => self.once(api, key, &ask, &id, LIMIT).await,
        }
    }

    async fn send_text(&self, key: &ProviderKey, fields: &Fields, mail: Test<'_>) -> SendOutcome {
        let mime = || fields.mime().ok_or("not_constructed");
        let Some(api) = Api::of(key.provider) else {
            return match mime() {
                Ok(mime) => {
                    let letter = Letter::of_test(mail, &mime);
                    let sent = self.to_server(key, async |server| {
                        self.servers.send(server, &key.secret, &letter, mail.at).await
                    });
                    // Somebody waits, and a gateway before them for half a minute.
                    tokio::time::timeout(LIMIT, sent).await.unwrap_or(SendOutcome::Ambiguous("timeout"))
                }
                Err(code) => SendOutcome::Refused(code.to_owned()),
            };
        };
        let ask = match api {
            Api::Resend => resend::request(fields, None, None),
            Api::SendGrid => sendgrid::request(fields, None),
            Api::Mailgun => {
                mime().and_then(|mime| mailgun::request(mail.from, std::iter::once(mail.to), &mime, None))
            }
            Api::Brevo => brevo::request(fields, None),
        };
        match ask {
            Ok(ask) => self.once(api, key, &ask, "test", LIMIT).await,
            Err(code) => SendOutcome::Refused(code.to_owned()),
        }
    }

    /// What becomes of a mail at the server of an account, which it always has.
    async fn to_server(
        &self,
        key: &ProviderKey,
        send: impl AsyncFnOnce(&MailServer) -> SendOutcome,
    ) -> SendOutcome {
        match &key.server {
            Some(server) => send(server).await,
            None => SendOutcome::Refused("not_constructed".to_owned()),
        }
    }

    /// Asks about a key.
    async fn answer(&self, api: Api, key: &ProviderKey, ask: &Ask) -> Result<Answer, KeyVerdict> {
        self.ask(api, key, ask, ASK_LIMIT).await.map_err(|unasked| match unasked {
            Unasked::BadKey => KeyVerdict::Refused,
            Unasked::NotConstructed => KeyVerdict::Unreachable("not_constructed"),
            Unasked::Failed(failed) => KeyVerdict::Unreachable(failed.code()),
        })
    }

    async fn check_resend(&self, key: &ProviderKey, from: &EmailAddress) -> Result<KeyVerdict, KeyVerdict> {
        let mut after = None;
        for _ in 0..PAGES {
            let answer = self.answer(Api::Resend, key, &resend::domains(after.as_deref())).await?;
            match resend::verdict(&answer, from) {
                Ok(verdict) => return Ok(verdict),
                Err(last) => after = Some(last),
            }
        }
        // The key is good, and whoever has a thousand domains knows them better than we do.
        Ok(KeyVerdict::Fine)
    }

    async fn check_sendgrid(&self, key: &ProviderKey, from: &EmailAddress) -> Result<KeyVerdict, KeyVerdict> {
        let scopes = self.answer(Api::SendGrid, key, &sendgrid::scopes()).await?;
        if let Some(verdict) = sendgrid::verdict_by_scopes(&scopes) {
            return Ok(verdict);
        }
        let rehearsal = sendgrid::rehearsal(from).map_err(KeyVerdict::Unreachable)?;
        Ok(sendgrid::verdict_by_rehearsal(&self.answer(Api::SendGrid, key, &rehearsal).await?, from))
    }

    async fn check_mailgun(&self, key: &ProviderKey, from: &EmailAddress) -> Result<KeyVerdict, KeyVerdict> {
        let domain = self.answer(Api::Mailgun, key, &mailgun::domain(from)).await?;
        if let Some(verdict) = mailgun::verdict_by_domain(&domain, from) {
            return Ok(verdict);
        }
        Ok(mailgun::verdict_by_nothing(&self.answer(Api::Mailgun, key, &mailgun::nothing(from)).await?, from))
    }

    async fn check_brevo(&self, key: &ProviderKey, from: &EmailAddress) -> Result<KeyVerdict, KeyVerdict> {
        let account = self.answer(Api::Brevo, key, &brevo::account()).await?;
        if let Some(verdict) = brevo::verdict_by_account(&account) {
            return Ok(verdict);
        }
        let known = brevo::has_sender(&self.answer(Api::Brevo, key, &brevo::senders(from)).await?, from)?
            || brevo::has_domain(&self.answer(Api::Brevo, key, &brevo::domains()).await?, from)?;
        Ok(if known { KeyVerdict::Fine } else { brevo::wrong_sender(from) })
    }
}

/// Why there is no answer.
enum Unasked {
    /// No header can hold the key.
    BadKey,
    /// There was no request to be made.
    NotConstructed,
    /// It was called in vain.
    Failed(CallFailed),
}

/// From whom, to whom and when a mail goes by which somebody tries their key.
#[derive(Clone, Copy)]
struct Test<'a> {
    from: &'a EmailAddress,
    to: &'a EmailAddress,
    at: Timestamp,
}

/// The hosts: <https://resend.com/docs/api-reference/introduction>,
/// <https://www.twilio.com/docs/sendgrid/api-reference/mail-send>,
/// <https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun>, <https://developers.brevo.com/docs/how-it-works>.
const fn host(api: Api, region: Region) -> &'static str {
    match (api, region) {
        (Api::Resend, _) => "api.resend.com",
        (Api::SendGrid, Region::Us) => "api.sendgrid.com",
        (Api::SendGrid, Region::Eu) => "api.eu.sendgrid.com",
        (Api::Mailgun, Region::Us) => "api.mailgun.net",
        (Api::Mailgun, Region::Eu) => "api.eu.mailgun.net",
        (Api::Brevo, _) => "api.brevo.com",
    }
}

/// The header that shows the key; none where it can't be in one.
fn authorization(api: Api, key: &ProviderKey) -> Option<(HeaderName, HeaderValue)> {
    let (name, text) = match api {
        Api::Resend | Api::SendGrid => {
            (AUTHORIZATION, Zeroizing::new(format!("Bearer {}", key.secret.as_str())))
        }
        Api::Mailgun => {
            let pair = Zeroizing::new(format!("api:{}", key.secret.as_str()));
            let pair = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
            (AUTHORIZATION, Zeroizing::new(format!("Basic {}", pair.as_str())))
        }
        Api::Brevo => (HeaderName::from_static("api-key"), key.secret.clone()),
    };
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}

/// The call that gives a mail to a provider.
fn request(api: Api, envelope: &Envelope, mime: &[u8], id: &str, once: &str) -> Result<Ask, &'static str> {
    let fields = || Fields::of(envelope, mime).ok_or(NOT_EXPRESSIBLE);
    match api {
        Api::Resend => resend::request(&fields()?, Some(id), Some(once)),
        Api::SendGrid => sendgrid::request(&fields()?, Some(id)),
        Api::Mailgun => mailgun::request(&envelope.from, envelope.recipients(), mime, Some(id)),
        Api::Brevo => brevo::request(&fields()?, Some(id)),
    }
}

/// What the providers can be given ([`expressible`]). It calls nobody.
pub struct Carried;

impl Carriage for Carried {
    fn carries(&self, provider: Provider, envelope: &Envelope, mime: &[u8]) -> Result<(), &'static str> {
        expressible(provider, envelope, mime)
    }
}

/// Whether a provider can be given a mail as it is: else the code under which it would be refused, `not_expressible` or `too_large`.
/// Calls nobody, so that whoever asks for a mail can be told before anybody decides about it.
fn expressible(provider: Provider, envelope: &Envelope, mime: &[u8]) -> Result<(), &'static str> {
    let fields = || Fields::of(envelope, mime).ok_or(NOT_EXPRESSIBLE);
    match provider {
        Provider::Resend => resend::check(&fields()?),
        Provider::SendGrid => sendgrid::check(&fields()?),
        Provider::Mailgun => mailgun::check(mime),
        Provider::Brevo => brevo::check(&fields()?),
        Provider::Smtp => smtp::check(mime),
    }
}

#[async_trait]
impl ProviderSender for Providers {
    async fn send(&self, mail: &Countersigned, key: &ProviderKey, now: Timestamp) -> SendOutcome {
        self.send_sealed(mail.sealed(), key, now).await
    }
}

#[async_trait]
impl ProviderKeys for Providers {
    async fn check(&self, key: &ProviderKey, from: &EmailAddress) -> KeyVerdict {
        let asked = async {
            match Api::of(key.provider) {
                Some(Api::Resend) => self.check_resend(key, from).await,
                Some(Api::SendGrid) => self.check_sendgrid(key, from).await,
                Some(Api::Mailgun) => self.check_mailgun(key, from).await,
                Some(Api::Brevo) => self.check_brevo(key, from).await,
                None => match &key.server {
                    Some(server) => Ok(self.servers.check(server, &key.secret, from).await),
                    None => Err(KeyVerdict::Unreachable("not_constructed")),
                },
            }
        };
        // Somebody waits, and a gateway before them for half a minute.
        match tokio::time::timeout(LIMIT, asked).await {
            Ok(Ok(verdict) | Err(verdict)) => verdict,
            Err(_) => KeyVerdict::Unreachable("timeout"),
        }
    }

    async fn find_server(&self, address: &EmailAddress, username: Option<&str>) -> Option<MailServer> {
        autoconfig::find(&*self.caller, self.endpoint.as_deref(), address, username).await
    }

    async fn test_send(&self, key: &ProviderKey, mail: &TestMail) -> SendOutcome {
        let fields = Fields::of_text(mail.from(), mail.to(), mail.subject(), mail.text());
        self.send_text(key, &fields, Test { from: mail.from(), to: mail.to(), at: mail.at() }).await
    }
}
