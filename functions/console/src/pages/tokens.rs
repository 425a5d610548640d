//! `/console/tokens`: what programs show. Whoever may make tokens sees their own here; owners and admins see all.

use std::collections::{BTreeMap, BTreeSet};

use app::Refusal;
use app::base::enter::Once;
use app::base::store::PageRequest;
use app::mailbox::inboxes;
use app::people::tokens;
use askama::Template;
use domain::people::access::{Scope, scope};
use domain::people::credential::{Secret, Standing, Token};
use domain::people::limit::SendsPerDay;
use domain::{InboxId, Timestamp, TokenId};
use futures_util::future::{try_join, try_join3};
use runtime::http::{Request, Response};
use serde_json::{Map, Value, json};

use super::{conflict, number, older, render};
use crate::Context;
use crate::fields::{Wrong, end_of};
use crate::guard::{self, Form};
use crate::page::{Audience, Back, Get, Menu, Page};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Doer, Moment, Names, visible};

/// The list, a new one, one of them, and its forms.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: LIST,
        menu: Menu::Setting(40, "API tokens"),
        get: Get::Page(|context, request, _| Box::pin(list(context, request))),
        back: Back::Here(&[]),
        ..TOKENS
    },
    Page {
        path: "/tokens/new",
        get: Get::Page(|context, request, _| Box::pin(blank(context, request))),
        post: Some(|context, request, _| Box::pin(make(context, request))),
        back: Back::Here(&[("for", &["agent", "reader", "monitor"])]),
        ..TOKENS
    },
    Page {
        path: ONE,
        get: Get::Page(|context, request, at| {
            Box::pin(async move { show(context, request, at.id()?).await })
        }),
        post: Some(|context, request, at| Box::pin(async move { change(context, request, at.id()?).await })),
        back: Back::Here(&[]),
        ..TOKENS
    },
    Page {
        path: "/tokens/{token_id}/rotate",
        get: Get::To(ONE),
        post: Some(|context, request, at| Box::pin(async move { rotate(context, request, at.id()?).await })),
        back: Back::To(ONE),
        ..TOKENS
    },
    Page {
        path: "/tokens/{token_id}/delete",
        // What was deleted is not there any more.
        get: Get::To(LIST),
        post: Some(|context, request, at| Box::pin(async move { delete(context, request, at.id()?).await })),
        back: Back::To(ONE),
        ..TOKENS
    },
];

const TOKENS: Page = Page { audience: Audience::With(Scope::TokensManage), ..Page::NEW };
const LIST: &str = "/tokens";
const ONE: &str = "/tokens/{token_id}";

/// What a token may do, in words, in the order of the form. What nothing here asks for yet is not offered.
const WORDS: &[(&str, &[(Scope, &str)])] = &[
    (
        "Mail",
        &[
            (Scope::MessagesRead, "Read mail, conversations and files"),
            (Scope::MessagesModify, "Label mail, mark it as read, put it into the trash and delete it"),
            (Scope::DraftsManage, "Write drafts"),
            (Scope::MessagesSend, "Ask for mail to be sent. Your policies and people decide whether it goes"),
        ],
    ),
    (
        "What happens",
        &[
            (Scope::ApprovalsRead, "See what waits for approval, and what became of it"),
            (
                Scope::EventsRead,
                "Read events: mail that came, went or bounced, decisions, changes of inboxes",
            ),
            (Scope::UsageRead, "See how much was used"),
            (Scope::LogsRead, "Read the log of requests"),
            (Scope::AuditRead, "Read the audit log"),
        ],
    ),
    (
        "Set-up",
        &[
            (Scope::InboxesManage, "Make, change and delete inboxes"),
            (Scope::WebhooksManage, "Make and change webhooks, and see their deliveries"),
            (Scope::DomainsManage, "Add, verify and remove domains"),
            (Scope::ListsManage, "Say whom no mail goes to, and from whom none is taken"),
            (Scope::PoliciesManage, "Make and change policies: the rules that let mail out"),
            (Scope::ApprovalsDecide, "Approve and reject, where a policy lets programs vote; pause mail"),
            (Scope::TokensManage, "Make and delete tokens with no more rights than its own"),
        ],
    ),
];

/// What a token is often made for.
const PURPOSES: &[(&str, &str, &[Scope])] = &[
    (
        "agent",
        "An agent that reads mail and asks to send",
        &[Scope::MessagesRead, Scope::DraftsManage, Scope::MessagesSend, Scope::ApprovalsRead],
    ),
    ("reader", "A program that only reads mail", &[Scope::MessagesRead]),
    (
        "monitor",
        "Monitoring: events, usage and logs",
        &[Scope::EventsRead, Scope::UsageRead, Scope::LogsRead],
    ),
];

/// So many inboxes the form lists.
const INBOXES: u16 = 100;

#[derive(Template)]
#[template(path = "tokens.html")]
struct ListPage {
    shell: Shell,
    notice: &'static str,
    rows: Vec<Row>,
    older: Option<String>,
    further: bool,
}

/// A token in the list, and at the top of its page.
struct Row {
    address: String,
    id: String,
    name: String,
    last_four: String,
    owner: Doer,
    /// `active`, `paused` or `ended`.
    standing: &'static str,
    scopes: Vec<&'static str>,
    /// The addresses of the inboxes that it is limited to; empty for all.
    inboxes: Vec<String>,
    made: Moment,
    used: Option<Moment>,
    expires: Option<Moment>,
    /// Until when the secret before is taken as well.
    overlaps: Option<Moment>,
    sends_per_day: Option<u32>,
}

impl Row {
    fn new(
        (token, standing): &(Token, Standing),
        names: &Names,
        addresses: &Addresses,
        now: Timestamp,
    ) -> Self {
        let inboxes = token.inboxes.iter().flatten();
        let overlaps = token.rotation.as_ref().map(|it| it.previous_until).filter(|until| *until > now);
        Self {
            address: format!("{}/{}", route::TOKENS, token.id),
            id: token.id.to_string(),
            name: visible(&token.name),
            last_four: visible(&token.last_four),
            owner: names.member(token.member_id),
            standing: standing.as_str(),
            scopes: token.scopes.iter().map(|scope| scope.as_str()).collect(),
            inboxes: inboxes.map(|id| addresses.of(*id)).collect(),
            made: Moment::new(token.created_at, now),
            used: token.last_used_at.map(|at| Moment::new(at, now)),
            expires: token.expires_at.map(|at| Moment::new(at, now)),
            overlaps: overlaps.map(|at| Moment::new(at, now)),
            sends_per_day: token.sends_per_day.map(SendsPerDay::get),
        }
    }
}

/// The addresses of the first inboxes, by their id.
struct Addresses(BTreeMap<InboxId, String>);

impl Addresses {
    async fn read(visit: &Visit) -> Result<Self, Refusal> {
        let permit = visit.principal.permit::<scope::MessagesRead>()?;
        let page = PageRequest { limit: INBOXES, cursor: None };
        let found = inboxes::list(&visit.ports, &permit, &page).await?;
        Ok(Self(found.items.into_iter().map(|inbox| (inbox.id, inbox.address.to_string())).collect()))
    }

    fn of(&self, id: InboxId) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }
}

/// The list.
async fn list(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let page = request.page()?;
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::TokensManage>()?;
    let found = tokens::list(&visit.ports, &permit, &page);
    let (frame, found, addresses) =
        Box::pin(try_join3(Frame::of(&visit), found, Addresses::read(&visit))).await?;
    let now = visit.ports.now();
    let page = ListPage {
        notice: match request.query.get("notice").map(String::as_str) {
            Some("deleted") => "It was deleted: the next request with it is refused.",
            _ => "",
        },
        rows: found.items.iter().map(|one| Row::new(one, &frame.names, &addresses, now)).collect(),
        older: older(route::TOKENS, found.next),
        further: page.cursor.is_some(),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

#[derive(Template)]
#[template(path = "token_new.html")]
struct NewPage {
    shell: Shell,
    csrf: String,
    wrong: Wrong,
    /// What is wrong with no field of the form.
    alert: String,
    name: String,
    expires: String,
    sends_per_day: String,
    purposes: Vec<Purpose>,
    groups: Vec<Group>,
    inboxes: Vec<Choice>,
    /// Whether it is limited to those that are checked.
    limited: bool,
    /// Whether there are more inboxes than the form lists.
    more: bool,
}

/// What a token is often made for.
struct Purpose {
    address: String,
    word: &'static str,
    current: bool,
}

struct Group {
    title: &'static str,
    choices: Vec<Choice>,
}

/// A box to check.
struct Choice {
    /// The name of its field.
    name: String,
    word: String,
    /// As the API calls it.
    code: String,
    checked: bool,
}

/// What somebody typed, or the beginning of it.
#[derive(Default)]
struct Typed {
    name: String,
    expires: String,
    sends_per_day: String,
    scopes: BTreeSet<String>,
    inboxes: BTreeSet<String>,
    limited: bool,
}

impl Typed {
    fn of(form: &Form) -> Self {
        let checked = |prefix: &str| form.checked(prefix).into_iter().map(str::to_owned).collect();
        Self {
            name: form.field("name").to_owned(),
            expires: form.field("expires_at").trim().to_owned(),
            sends_per_day: form.field("sends_per_day").trim().to_owned(),
            scopes: checked("scope-"),
            inboxes: checked("inbox-"),
            limited: form.field("reach") == "some",
        }
    }

    /// The same as the API is told it.
    fn body(&self) -> Result<Vec<u8>, Wrong> {
        let mut body = Map::new();
        body.insert("name".to_owned(), json!(self.name.trim()));
        body.insert("scopes".to_owned(), json!(self.scopes));
        if self.limited {
            body.insert("inbox_ids".to_owned(), json!(self.inboxes));
        }
        if !self.expires.is_empty() {
            let end = end_of(&self.expires)
                .ok_or_else(|| Wrong::with("expires_at", "This is not a day such as 2026-12-01."))?;
            body.insert("expires_at".to_owned(), json!(end.to_string()));
        }
        if let Some(limit) = number(&self.sends_per_day) {
            body.insert("sends_per_day".to_owned(), limit);
        }
        Ok(Value::Object(body).to_string().into_bytes())
    }
}

/// The form.
async fn blank(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    visit.principal.permit::<scope::TokensManage>()?;
    let purpose = request.query.get("for").map_or("agent", String::as_str);
    let wanted = PURPOSES.iter().find(|(name, ..)| *name == purpose).map_or(&[][..], |(.., scopes)| *scopes);
    let held = wanted.iter().filter(|scope| visit.may(**scope));
    let typed = Typed { scopes: held.map(|scope| scope.as_str().to_owned()).collect(), ..Typed::default() };
    form(&visit, 200, typed, Wrong::default(), purpose).await
}

async fn form(
    visit: &Visit,
    status: u16,
    typed: Typed,
    wrong: Wrong,
    purpose: &str,
) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let first = PageRequest { limit: INBOXES, cursor: None };
    let (frame, inboxes) =
        Box::pin(try_join(Frame::of(visit), inboxes::list(&visit.ports, &permit, &first))).await?;
    let choice = |(scope, word): &(Scope, &str)| Choice {
        name: format!("scope-{}", scope.as_str()),
        word: (*word).to_owned(),
        code: scope.as_str().to_owned(),
        checked: typed.scopes.contains(scope.as_str()),
    };
    // A token never has what the role of its maker lacks: that is not offered.
    let group = |&(title, scopes): &(&'static str, &[(Scope, &str)])| Group {
        title,
        choices: scopes.iter().filter(|(scope, _)| visit.may(*scope)).map(&choice).collect(),
    };
    let inbox = |inbox: &domain::mailbox::inbox::Inbox| Choice {
        name: format!("inbox-{}", inbox.id),
        word: visible(inbox.address.as_str()),
        code: inbox.id.to_string(),
        checked: typed.inboxes.contains(&inbox.id.to_string()),
    };
    let page = NewPage {
        csrf: visit.session.form_token(),
        alert: wrong.beside(&["name", "scopes", "inbox_ids", "expires_at", "sends_per_day"]),
        wrong,
        purposes: PURPOSES
            .iter()
            .map(|&(name, word, _)| Purpose {
                address: format!("{}/new?for={name}", route::TOKENS),
                word,
                current: name == purpose,
            })
            .collect(),
        groups: WORDS.iter().map(group).filter(|group| !group.choices.is_empty()).collect(),
        inboxes: inboxes.items.iter().map(inbox).collect(),
        limited: typed.limited,
        more: inboxes.next.is_some(),
        name: typed.name,
        expires: typed.expires,
        sends_per_day: typed.sends_per_day,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

#[derive(Template)]
#[template(path = "token_secret.html")]
struct SecretPage {
    shell: Shell,
    /// What was done, in words.
    title: &'static str,
    name: String,
    address: String,
    secret: String,
    /// A line for a shell that shows whether it works.
    curl: String,
    /// Until when the secret before is taken as well.
    overlaps: Option<Moment>,
}

/// Makes one, and shows its secret this once.
async fn make(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, sent) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::TokensManage>()?;
    let typed = Typed::of(&sent);
    let body = match typed.body() {
        Ok(body) => body,
        Err(wrong) => return form(&visit, 422, typed, wrong, "").await,
    };
    let made = async {
        let new = wire::people::tokens::new(&body)?;
        tokens::create(&visit.ports, &permit, new, &Once::default(), |_| (201, String::new())).await
    };
    match made.await {
        Ok((token, secret)) => shown(&visit, request, "The token is made", &token, &secret).await,
        Err(Refusal::Invalid(errors)) => form(&visit, 422, typed, Wrong::new(&errors), "").await,
        Err(refusal) => match conflict(&refusal) {
            Some(sentence) => form(&visit, 409, typed, Wrong::with("", &sentence), "").await,
            None => Err(refusal),
        },
    }
}

async fn shown(
    visit: &Visit,
    request: &Request,
    title: &'static str,
    token: &Token,
    secret: &Secret,
) -> Result<Response, Refusal> {
    let frame = Frame::of(visit).await?;
    let now = visit.ports.now();
    let until = token.rotation.as_ref().map(|it| it.previous_until).filter(|until| *until > now);
    let page = SecretPage {
        title,
        name: visible(&token.name),
        address: format!("{}/{}", route::TOKENS, token.id),
        secret: secret.reveal().to_owned(),
        curl: format!(
            "curl {}/v1/me -H \"Authorization: Bearer {}\"",
            route::public_url(&visit.ports, request),
            secret.reveal()
        ),
        overlaps: until.map(|at| Moment::new(at, now)),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

#[derive(Template)]
#[template(path = "token.html")]
struct TokenPage {
    shell: Shell,
    notice: &'static str,
    alert: String,
    csrf: String,
    row: Row,
    /// What it may do, in words.
    words: Vec<String>,
    wrong: Wrong,
    name: String,
    sends_per_day: String,
    /// Whether the reader may have a new secret of it.
    may_rotate: bool,
    /// Whether they may pause it.
    may_pause: bool,
}

/// One of them.
async fn show(context: &Context, request: &Request, id: TokenId) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let notice = match request.query.get("notice").map(String::as_str) {
        Some("changed") => "It is changed.",
        _ => "",
    };
    page(&visit, 200, id, notice, None, String::new(), Wrong::default()).await
}

/// What somebody typed: a name and a limit.
type Renamed = (String, String);

async fn page(
    visit: &Visit,
    status: u16,
    id: TokenId,
    notice: &'static str,
    typed: Option<Renamed>,
    alert: String,
    wrong: Wrong,
) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::TokensManage>()?;
    let found = tokens::get(&visit.ports, &permit, id);
    let (frame, found, addresses) =
        Box::pin(try_join3(Frame::of(visit), found, Addresses::read(visit))).await?;
    let row = Row::new(&found, &frame.names, &addresses, visit.ports.now());
    let word = |scope: &Scope| {
        let known = WORDS.iter().flat_map(|(_, scopes)| *scopes).find(|(known, _)| known == scope);
        known.map_or_else(|| scope.as_str().to_owned(), |(_, word)| (*word).to_owned())
    };
    let limit = row.sends_per_day.map(|limit| limit.to_string()).unwrap_or_default();
    let (name, sends_per_day) = typed.unwrap_or_else(|| (found.0.name.clone(), limit));
    let page = TokenPage {
        notice,
        alert,
        csrf: visit.session.form_token(),
        words: found.0.scopes.iter().map(word).collect(),
        may_rotate: found.0.check_rotation(&visit.principal).is_ok(),
        may_pause: visit.may_decide(),
        name,
        sends_per_day,
        wrong,
        row,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// Gives it another name or limit.
async fn change(context: &Context, request: &Request, id: TokenId) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::TokensManage>()?;
    let typed = (form.field("name").to_owned(), form.field("sends_per_day").trim().to_owned());
    let limit = number(&typed.1).unwrap_or(Value::Null);
    let body = json!({ "name": typed.0.trim(), "sends_per_day": limit }).to_string();
    let changed = async {
        let amendment = wire::people::tokens::update(body.as_bytes())?;
        tokens::amend(&visit.ports, &permit, id, amendment).await
    };
    match changed.await {
        Ok(_) => Ok(guard::see_other(&format!("{}/{id}?notice=changed", route::TOKENS))),
        Err(Refusal::Invalid(errors)) => {
            page(&visit, 422, id, "", Some(typed), String::new(), Wrong::new(&errors)).await
        }
        Err(refusal) => Err(refusal),
    }
}

/// Gives it another secret, and shows that this once.
async fn rotate(context: &Context, request: &Request, id: TokenId) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::TokensManage>()?;
    let overlap = number(form.field("overlap")).unwrap_or(Value::Null);
    let body = json!({ "overlap": overlap }).to_string();
    let rotated = async {
        let overlap = wire::people::tokens::rotation(body.as_bytes())?;
        let saved = |_: &_| (200, String::new());
        tokens::rotate(&visit.ports, &permit, id, overlap, &Once::default(), saved).await
    };
    match rotated.await {
        Ok((token, secret)) => shown(&visit, request, "The token has a new secret", &token, &secret).await,
        Err(Refusal::Invalid(errors)) => {
            page(&visit, 422, id, "", None, String::new(), Wrong::new(&errors)).await
        }
        Err(refusal) => match conflict(&refusal) {
            Some(sentence) => page(&visit, 409, id, "", None, sentence, Wrong::default()).await,
            None => Err(refusal),
        },
    }
}

/// Ends it.
async fn delete(context: &Context, request: &Request, id: TokenId) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::TokensManage>()?;
    tokens::delete(&visit.ports, &permit, id).await?;
    Ok(guard::see_other(&format!("{}?notice=deleted", route::TOKENS)))
}
