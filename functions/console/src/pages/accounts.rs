//! `/console/accounts`: sending providers and mail servers of one's own, connected by their keys and passwords: adding one, trying it,
//! giving it another key, and disconnecting it.

use app::Refusal;
use app::base::enter::Once;
use app::base::error::FieldError;
use app::base::store::Key;
use app::mailbox::accounts::{self, Connected, ServerGiven};
use askama::Template;
use domain::base::address::HeaderText;
use domain::base::code::Class;
use domain::mailbox::account::{Account, AccountStatus, MAX_KEY, Provider, Region, Trouble};
use domain::mailbox::mail_server::{MailServer, Security};
use domain::people::access::{Scope, scope};
use domain::{AccountId, Timestamp};
use futures_util::future::try_join;
use runtime::http::{Request, Response};
use serde_json::json;

use super::{conflict, older, render};
use crate::Context;
use crate::fields::Wrong;
use crate::guard::{self, Form};
use crate::page::{Audience, Back, Get, Menu, Page};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Moment, visible};

/// The list, a new one, one of them, and its forms.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: LIST,
        menu: Menu::Setting(35, "Accounts"),
        get: Get::Page(|context, request, _| Box::pin(list(context, request))),
        back: Back::Here(&[]),
        audience: Audience::With(Scope::AccountsRead),
        ..ACCOUNTS
    },
    Page {
        path: "/accounts/new",
        get: Get::Page(|context, request, _| Box::pin(blank(context, request))),
        post: Some(|context, request, _| Box::pin(make(context, request))),
        back: Back::Here(&[]),
        ..ACCOUNTS
    },
    Page {
        path: ONE,
        get: Get::Page(|context, request, at| {
            Box::pin(async move { show(context, request, at.id()?).await })
        }),
        post: Some(|context, request, at| Box::pin(async move { change(context, request, at.id()?).await })),
        back: Back::Here(&[]),
        ..ACCOUNTS
    },
    Page {
        path: "/accounts/{account_id}/test-send",
        post: Some(|context, request, at| Box::pin(async move { test(context, request, at.id()?).await })),
        ..FORM
    },
    Page {
        path: "/accounts/{account_id}/disconnect",
        get: Get::To(LIST),
        post: Some(|context, request, at| {
            Box::pin(async move { disconnect(context, request, at.id()?).await })
        }),
        ..FORM
    },
];

const ACCOUNTS: Page = Page { audience: Audience::With(Scope::AccountsManage), ..Page::NEW };
const FORM: Page = Page { get: Get::To(ONE), back: Back::To(ONE), ..ACCOUNTS };
const LIST: &str = "/accounts";
const ONE: &str = "/accounts/{account_id}";

/// The fields of the forms.
const FIELDS: &[&str] = &[
    "provider",
    "email",
    "display_name",
    "region",
    "api_key",
    "host",
    "port",
    "security",
    "username",
    "password",
];

#[derive(Template)]
#[template(path = "accounts.html")]
struct ListPage {
    shell: Shell,
    notice: &'static str,
    rows: Vec<Row>,
    manages: bool,
    older: Option<String>,
    further: bool,
}

/// An account, as a person reads it.
struct Row {
    address: String,
    id: String,
    inbox: String,
    email: String,
    name: String,
    provider: &'static str,
    region: &'static str,
    /// Its server and its user there, where it has one.
    server: Option<(String, String)>,
    /// Where its mail leaves, as people call it.
    outside: String,
    works: bool,
    /// What is wrong; empty where nothing is.
    trouble: String,
    since: Option<Moment>,
    last_four: String,
    takes_fields: bool,
    made: Moment,
}

impl Row {
    fn new((account, inbox): &Connected, now: Timestamp) -> Self {
        let (trouble, since) = match account.status {
            AccountStatus::Active => (String::new(), None),
            AccountStatus::Error { why, since } => {
                (said_of_trouble(why, account), Some(Moment::new(since, now)))
            }
        };
        let region = match account.region {
            _ if !account.provider.has_regions() => "",
            Region::Us => "United States",
            Region::Eu => "European Union",
        };
        Self {
            address: format!("{}/{}", route::ACCOUNTS, account.id),
            id: account.id.to_string(),
            inbox: format!("{}/{}", route::INBOXES, inbox.id),
            email: visible(account.address.as_str()),
            name: inbox.display_name.as_ref().map(HeaderText::as_str).map(visible).unwrap_or_default(),
            provider: account.provider.name(),
            region,
            server: account.server.as_ref().map(|server| {
                (visible(&format!("{}:{}", server.host(), server.port())), visible(server.username()))
            }),
            outside: visible(account.outside()),
            works: since.is_none(),
            trouble,
            since,
            last_four: visible(&account.last_four),
            takes_fields: !account.provider.takes_mime(),
            made: Moment::new(account.created_at, now),
        }
    }
}

fn said_of_trouble(why: Trouble, account: &Account) -> String {
    let (provider, secret) =
        (visible(account.outside()), if account.server.is_some() { "password" } else { "key" });
    match why {
        Trouble::CredentialsRefused => format!("{provider} takes this {secret} no more"),
        Trouble::CredentialsUnreadable => {
            format!("This {secret} can\u{2019}t be opened here: give the account another")
        }
        Trouble::QuotaReached => format!("Nothing is left of what is paid for at {provider}"),
        Trouble::AccountNotActive => format!("{provider} has not activated the account, or has suspended it"),
        Trouble::CertificateRefused => {
            format!(
                "The certificate of {provider} has ended, or is not one for this name: no password goes there"
            )
        }
        Trouble::IpNotAuthorized => {
            format!("At {provider} this account takes calls from listed addresses of the network alone")
        }
    }
}

/// The list.
async fn list(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let page = request.page()?;
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::AccountsRead>()?;
    let found = accounts::list(&visit.ports, &permit, &page);
    let (frame, found) = Box::pin(try_join(Frame::of(&visit), found)).await?;
    let now = visit.ports.now();
    let page = ListPage {
        notice: match request.query.get("notice").map(String::as_str) {
            Some("disconnected") => {
                "It is disconnected: its key or password is forgotten, and what waited in its inbox is called off."
            }
            _ => "",
        },
        rows: found.items.iter().map(|one| Row::new(one, now)).collect(),
        manages: visit.principal.permit::<scope::AccountsManage>().is_ok(),
        older: older(route::ACCOUNTS, found.next),
        further: page.cursor.is_some(),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

/// What somebody typed. A key is typed anew: no page shows one.
#[derive(Default)]
struct Typed {
    provider: String,
    email: String,
    display_name: String,
    region: String,
    host: String,
    port: String,
    security: String,
    username: String,
}

impl Typed {
    fn of(form: &Form) -> Self {
        let field = |name: &str| form.field(name).trim().to_owned();
        Self {
            provider: field("provider"),
            email: field("email"),
            display_name: field("display_name"),
            region: field("region"),
            host: field("host"),
            port: field("port"),
            security: field("security"),
            username: field("username"),
        }
    }

    /// Whether it is of a mail server.
    fn has_server(&self) -> bool {
        Provider::parse(&self.provider).is_some_and(Provider::has_server)
    }

    /// The same as the API is told it. Where a provider has one region, what was chosen of two is of no meaning.
    fn body(&self, secret: &str) -> Vec<u8> {
        let has_regions = Provider::parse(&self.provider).is_some_and(Provider::has_regions);
        let mut body = json!({ "provider": self.provider, "email": self.email });
        if self.has_server() {
            if self.host.is_empty() {
                body["autodiscover"] = json!(true);
            } else {
                body["smtp"] = json!({ "host": self.host });
            }
            if !self.host.is_empty() && !self.port.is_empty() {
                // What is no number is told as it is, and refused as that.
                body["smtp"]["port"] =
                    self.port.parse::<u64>().map_or_else(|_| json!(self.port), |port| json!(port));
            }
            if !self.host.is_empty() && !self.security.is_empty() {
                body["smtp"]["security"] = json!(self.security);
            }
            if !self.username.is_empty() {
                body["username"] = json!(self.username);
            }
            body["password"] = json!(secret);
        } else {
            body["api_key"] = json!(secret);
        }
        if has_regions && !self.region.is_empty() {
            body["region"] = json!(self.region);
        }
        if !self.display_name.is_empty() {
            body["display_name"] = json!(self.display_name);
        }
        body.to_string().into_bytes()
    }
}

#[derive(Template)]
#[template(path = "account_new.html")]
struct NewPage {
    shell: Shell,
    notice: &'static str,
    csrf: String,
    wrong: Wrong,
    alert: String,
    typed: Typed,
    providers: Vec<(&'static str, &'static str)>,
    securities: [(&'static str, &'static str); 2],
    max_key: usize,
    max_username: usize,
}

/// The form: of a provider, and with `?provider=smtp` of a mail server.
async fn blank(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    visit.principal.permit::<scope::AccountsManage>()?;
    let provider = request.query.get("provider").and_then(|name| Provider::parse(name));
    let provider = provider.map(|provider| provider.as_str().to_owned()).unwrap_or_default();
    form(&visit, 200, Typed { provider, ..Typed::default() }, Said::default()).await
}

async fn form(visit: &Visit, status: u16, typed: Typed, said: Said) -> Result<Response, Refusal> {
    let frame = Frame::of(visit).await?;
    let beside = said.wrong.beside(FIELDS);
    let page = NewPage {
        notice: said.notice,
        csrf: visit.session.form_token(),
        alert: if said.alert.is_empty() { beside } else { said.alert },
        wrong: said.wrong,
        typed,
        providers: Provider::ALL
            .iter()
            .filter(|one| !one.has_server())
            .map(|one| (one.as_str(), one.name()))
            .collect(),
        securities: [
            (Security::Tls.as_str(), "TLS from the start (465)"),
            (Security::StartTls.as_str(), "STARTTLS (587)"),
        ],
        max_key: MAX_KEY,
        max_username: MailServer::MAX_USERNAME,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// What came of the form.
enum Made {
    /// It is connected.
    Connected(AccountId),
    /// The server was looked up, and no password went there.
    Found(MailServer),
}

/// Connects one.
async fn make(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, sent) = Visit::of_form(context, request, &[Key::Organization]).await?;
    let permit = visit.principal.permit::<scope::AccountsManage>()?;
    let typed = Typed::of(&sent);
    let secret = if typed.has_server() { "password" } else { "api_key" };
    let body = zeroize::Zeroizing::new(typed.body(sent.field(secret)));
    let outside = (visit.powers.data_keys()?, visit.powers.provider_keys()?);
    let made = async {
        let new = wire::mailbox::accounts::new(&body)?;
        if let Some(ServerGiven::Looked(username)) = new.server {
            let server = accounts::look_up(outside.1, &permit, &new.address, username).await?;
            return Ok(Made::Found(server));
        }
        accounts::connect(&visit.ports, outside, &permit, new, &Once::default(), |_| (201, String::new()))
            .await
            .map(|(account, _)| Made::Connected(account.id))
    };
    match Box::pin(made).await {
        Ok(Made::Found(server)) => found(&visit, typed, &server).await,
        Ok(Made::Connected(id)) => {
            Ok(guard::see_other(&format!("{}/{}?notice=connected", route::ACCOUNTS, id)))
        }
        Err(Refusal::Invalid(errors)) => {
            let said = Said { wrong: wrong(errors), ..Said::default() };
            form(&visit, 422, typed, said).await
        }
        Err(refusal) => match said_of(&refusal) {
            Some((status, alert)) => form(&visit, status, typed, Said { alert, ..Said::default() }).await,
            None => Err(refusal),
        },
    }
}

/// The form with the server that was found: whoever types a password sees first whom it goes to.
async fn found(visit: &Visit, typed: Typed, server: &MailServer) -> Result<Response, Refusal> {
    let typed = Typed {
        host: server.host().to_owned(),
        port: server.port().to_string(),
        security: server.security().as_str().to_owned(),
        username: server.username().to_owned(),
        ..typed
    };
    let notice = "This server was found for the address. If it is yours, type the password once more.";
    form(visit, 200, typed, Said { notice, ..Said::default() }).await
}

/// What is wrong, at the fields of the form: what is said of `smtp.port` stands at the port, and what is said of all of it at the host.
fn wrong(errors: Vec<FieldError>) -> Wrong {
    let at_form = errors.into_iter().map(|error| {
        let field = match error.field.as_str() {
            "smtp" | "smtp.host" => "host".to_owned(),
            other => other.trim_start_matches("smtp.").to_owned(),
        };
        FieldError { field, ..error }
    });
    Wrong::new(&at_form.collect::<Vec<_>>())
}

/// What is said on the page that was sent, and with which status, where that is of more use than a page of its own.
fn said_of(refusal: &Refusal) -> Option<(u16, String)> {
    match refusal {
        Refusal::Because { code, message, .. } if code.class() == Class::Upstream => {
            Some((502, format!("{message}.")))
        }
        Refusal::Because { code, message, .. } if code.class() == Class::Unavailable => {
            Some((503, format!("Nothing was done: {message}. Try again in a minute.")))
        }
        Refusal::NotBefore { message, .. } => Some((429, format!("{message}."))),
        other => conflict(other).map(|alert| (409, alert)),
    }
}

/// What is said on a page beside what an account is.
#[derive(Default)]
struct Said {
    notice: &'static str,
    alert: String,
    wrong: Wrong,
    name: Option<String>,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    shell: Shell,
    notice: &'static str,
    alert: String,
    csrf: String,
    row: Row,
    name: String,
    wrong: Wrong,
    max_key: usize,
}

/// One of them.
async fn show(context: &Context, request: &Request, id: AccountId) -> Result<Response, Refusal> {
    let wanted = [Key::Account(id), Key::Inbox(id.inbox_id())];
    let visit = Visit::of(context, request, &wanted).await?;
    let notice = match request.query.get("notice").map(String::as_str) {
        Some("connected") => {
            "It is connected. Send yourself a test, and see what your policies ask of its mail."
        }
        Some("changed") => "It is changed.",
        Some("tested") => "The test was taken. It should be in your own mail within a minute.",
        _ => "",
    };
    page(&visit, 200, id, Said { notice, ..Said::default() }).await
}

async fn page(visit: &Visit, status: u16, id: AccountId, said: Said) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::AccountsManage>()?;
    let connected = accounts::get(&visit.ports, &permit, id);
    let (frame, connected) = Box::pin(try_join(Frame::of(visit), connected)).await?;
    let row = Row::new(&connected, visit.ports.now());
    let page = AccountPage {
        notice: said.notice,
        alert: said.alert,
        csrf: visit.session.form_token(),
        name: said.name.unwrap_or_else(|| row.name.clone()),
        wrong: said.wrong,
        max_key: MAX_KEY,
        row,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// What came of a form: back to the page with a notice, or the page with what stands in the way.
async fn back<T>(
    visit: &Visit,
    id: AccountId,
    done: Result<T, Refusal>,
    notice: &str,
) -> Result<Response, Refusal> {
    let Err(refusal) = done else {
        return Ok(guard::see_other(&format!("{}/{id}?notice={notice}", route::ACCOUNTS)));
    };
    match said_of(&refusal) {
        Some((status, alert)) => page(visit, status, id, Said { alert, ..Said::default() }).await,
        None => Err(refusal),
    }
}

/// Gives it another name, and another key where one was typed.
async fn change(context: &Context, request: &Request, id: AccountId) -> Result<Response, Refusal> {
    let wanted = [Key::Account(id), Key::Inbox(id.inbox_id()), Key::Organization];
    let (visit, sent) = Visit::of_form(context, request, &wanted).await?;
    let permit = visit.principal.permit::<scope::AccountsManage>()?;
    let name = sent.field("display_name").trim().to_owned();
    let mut body = json!({ "display_name": name });
    for secret in ["api_key", "password"].into_iter().filter(|field| !sent.field(field).is_empty()) {
        body[secret] = json!(sent.field(secret));
    }
    let body = zeroize::Zeroizing::new(body.to_string());
    let outside = (visit.powers.data_keys()?, visit.powers.provider_keys()?);
    let changed = async {
        let changes = wire::mailbox::accounts::update(body.as_bytes())?;
        accounts::update(&visit.ports, outside, &permit, id, changes).await
    };
    match Box::pin(changed).await {
        Err(Refusal::Invalid(errors)) => {
            let said = Said { wrong: Wrong::new(&errors), name: Some(name), ..Said::default() };
            page(&visit, 422, id, said).await
        }
        done => back(&visit, id, done, "changed").await,
    }
}

/// Sends whoever asks a mail of fixed words through it.
async fn test(context: &Context, request: &Request, id: AccountId) -> Result<Response, Refusal> {
    let wanted = [Key::Account(id), Key::Inbox(id.inbox_id()), Key::Organization];
    let (visit, _) = Visit::of_form(context, request, &wanted).await?;
    let permit = visit.principal.permit::<scope::AccountsManage>()?;
    let outside = (visit.powers.data_keys()?, visit.powers.provider_keys()?);
    let done = Box::pin(accounts::test_send(&visit.ports, outside, &permit, id)).await;
    back(&visit, id, done, "tested").await
}

/// Ends it.
async fn disconnect(context: &Context, request: &Request, id: AccountId) -> Result<Response, Refusal> {
    let wanted = [Key::Account(id), Key::Inbox(id.inbox_id())];
    let (visit, _) = Visit::of_form(context, request, &wanted).await?;
    let permit = visit.principal.permit::<scope::AccountsManage>()?;
    match accounts::disconnect(&visit.ports, &permit, id).await {
        Ok(()) => Ok(guard::see_other(&format!("{}?notice=disconnected", route::ACCOUNTS))),
        refused => back(&visit, id, refused, "").await,
    }
}
