//! `/console/webhooks`: the endpoints that are told of events, what they answered, and telling them again.

use std::collections::{BTreeMap, BTreeSet};

use app::Refusal;
use app::base::enter::Once;
use app::base::store::{Key, PageRequest};
use app::delivery::again::{self, Again};
use app::delivery::webhooks::{self, AttemptFilter};
use app::mailbox::inboxes;
use askama::Template;
use domain::delivery::event::{Event, EventKind, WebhookStatus, WhyDisabled};
use domain::delivery::webhook::{Attempt, AttemptResult, Webhook};
use domain::mailbox::inbox::Inbox;
use domain::people::access::{Scope, scope};
use domain::{EventId, Timestamp, WebhookId};
use futures_util::future::{try_join, try_join3};
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

/// The list, a new one, one of them with its deliveries, and its forms.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: LIST,
        menu: Menu::Setting(50, "Webhooks"),
        get: Get::Page(|context, request, _| Box::pin(list(context, request))),
        back: Back::Here(&[]),
        ..WEBHOOKS
    },
    Page {
        path: "/webhooks/new",
        get: Get::Page(|context, request, _| Box::pin(blank(context, request))),
        post: Some(|context, request, _| Box::pin(make(context, request))),
        back: Back::Here(&[]),
        ..WEBHOOKS
    },
    Page {
        path: ONE,
        get: Get::Page(|context, request, at| {
            Box::pin(async move { show(context, request, at.id()?).await })
        }),
        post: Some(|context, request, at| Box::pin(async move { change(context, request, at.id()?).await })),
        back: Back::Here(&[("failed", &["true"])]),
        ..WEBHOOKS
    },
    Page {
        path: "/webhooks/{webhook_id}/status",
        post: Some(|context, request, at| Box::pin(async move { switch(context, request, at.id()?).await })),
        ..FORM
    },
    Page {
        path: "/webhooks/{webhook_id}/test",
        post: Some(|context, request, at| Box::pin(async move { test(context, request, at.id()?).await })),
        ..FORM
    },
    Page {
        path: "/webhooks/{webhook_id}/rotate-secret",
        post: Some(|context, request, at| Box::pin(async move { rotate(context, request, at.id()?).await })),
        ..FORM
    },
    Page {
        path: "/webhooks/{webhook_id}/deliveries/{event_id}/resend",
        post: Some(|context, request, at| {
            Box::pin(async move { resend(context, request, at.id()?, at.id()?).await })
        }),
        ..FORM
    },
    Page {
        path: "/webhooks/{webhook_id}/delete",
        get: Get::To(LIST),
        post: Some(|context, request, at| Box::pin(async move { delete(context, request, at.id()?).await })),
        ..FORM
    },
];

const WEBHOOKS: Page = Page { audience: Audience::With(Scope::WebhooksManage), ..Page::NEW };
const FORM: Page = Page { get: Get::To(ONE), back: Back::To(ONE), ..WEBHOOKS };
const LIST: &str = "/webhooks";
const ONE: &str = "/webhooks/{webhook_id}";

/// So many inboxes the form lists.
const INBOXES: u16 = 100;

#[derive(Template)]
#[template(path = "webhooks.html")]
struct ListPage {
    shell: Shell,
    notice: &'static str,
    rows: Vec<Row>,
    older: Option<String>,
    further: bool,
}

/// An endpoint, as a person reads it.
struct Row {
    address: String,
    id: String,
    url: String,
    /// Which events; empty for all of them.
    events: Vec<String>,
    /// How many inboxes it is limited to.
    inboxes: usize,
    /// `active`, `paused`, `disabled` or `failing`.
    standing: &'static str,
    /// Why it is told of nothing, or how it fails; empty where all is well.
    trouble: String,
    made: Moment,
    secret_last_four: String,
    /// Until when the secret before signs as well.
    overlaps: Option<Moment>,
}

impl Row {
    fn new(webhook: &Webhook, now: Timestamp) -> Self {
        let health = &webhook.health;
        let relative = |at: Timestamp| Moment::new(at, now).relative;
        let (standing, trouble) = match webhook.status {
            WebhookStatus::Disabled { why: WhyDisabled::Gone, at } => {
                let trouble = format!(
                    "It answered {} that it is gone for good (410), and is told of nothing since.",
                    relative(at)
                );
                ("disabled", trouble)
            }
            WebhookStatus::Disabled { why: WhyDisabled::Failing, at } => {
                let trouble =
                    format!("Every call failed for days: since {} it is told of nothing.", relative(at));
                ("disabled", trouble)
            }
            WebhookStatus::Paused => {
                ("paused", "Events wait for it, each for up to a day and a half.".to_owned())
            }
            WebhookStatus::Active if health.failures > 0 => {
                let since = health.failing_since.map(|at| format!(" since {}", relative(at)));
                let held = health.held_until.filter(|until| *until > now);
                let held = held.map(|until| format!(" It is called again {}.", relative(until)));
                let trouble = format!(
                    "The last calls failed{}.{}",
                    since.unwrap_or_default(),
                    held.unwrap_or_default()
                );
                ("failing", trouble)
            }
            WebhookStatus::Active => ("active", String::new()),
        };
        let overlaps = webhook.former_secret.as_ref().map(|former| former.until).filter(|it| *it > now);
        Self {
            address: format!("{}/{}", route::WEBHOOKS, webhook.id),
            id: webhook.id.to_string(),
            url: visible(&webhook.url),
            events: webhook.events.iter().map(|pattern| visible(pattern.as_str())).collect(),
            inboxes: webhook.inbox_ids.len(),
            standing,
            trouble,
            made: Moment::new(webhook.created_at, now),
            secret_last_four: visible(&webhook.secret_last_four),
            overlaps: overlaps.map(|at| Moment::new(at, now)),
        }
    }
}

/// The list.
async fn list(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let page = request.page()?;
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::WebhooksManage>()?;
    let (frame, found) =
        Box::pin(try_join(Frame::of(&visit), webhooks::list(&visit.ports, &permit, &page))).await?;
    let now = visit.ports.now();
    let page = ListPage {
        notice: match request.query.get("notice").map(String::as_str) {
            Some("deleted") => "It was deleted: it is told of nothing any more.",
            _ => "",
        },
        rows: found.items.iter().map(|one| Row::new(one, now)).collect(),
        older: older(route::WEBHOOKS, found.next),
        further: page.cursor.is_some(),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

/// What somebody typed, or what an endpoint is.
#[derive(Default)]
struct Typed {
    url: String,
    /// Patterns; every event where it is not limited.
    events: BTreeSet<String>,
    some_events: bool,
    inboxes: BTreeSet<String>,
    some_inboxes: bool,
}

impl Typed {
    fn of(form: &Form) -> Self {
        let checked = |prefix: &str| form.checked(prefix).into_iter().map(str::to_owned).collect();
        Self {
            url: form.field("url").trim().to_owned(),
            events: checked("event-"),
            some_events: form.field("events") == "some",
            inboxes: checked("inbox-"),
            some_inboxes: form.field("inboxes") == "some",
        }
    }

    fn as_it_is(webhook: &Webhook) -> Self {
        Self {
            url: webhook.url.clone(),
            events: webhook.events.iter().map(|pattern| pattern.as_str().to_owned()).collect(),
            some_events: !webhook.events.is_empty(),
            inboxes: webhook.inbox_ids.iter().map(ToString::to_string).collect(),
            some_inboxes: !webhook.inbox_ids.is_empty(),
        }
    }

    /// The same as the API is told it. Some of nothing would be all of it there: that is not what whoever chose so meant.
    fn body(&self) -> Result<Vec<u8>, Wrong> {
        if self.some_events && self.events.is_empty() {
            return Err(Wrong::with("events", "Check at least one, or choose every event."));
        }
        if self.some_inboxes && self.inboxes.is_empty() {
            return Err(Wrong::with("inbox_ids", "Check at least one, or choose every inbox."));
        }
        let none = BTreeSet::new();
        let body = json!({
            "url": self.url,
            "events": if self.some_events { &self.events } else { &none },
            "inbox_ids": if self.some_inboxes { &self.inboxes } else { &none },
        });
        Ok(body.to_string().into_bytes())
    }
}

/// The fields of an endpoint.
struct Fields {
    url: String,
    some_events: bool,
    groups: Vec<Group>,
    some_inboxes: bool,
    inboxes: Vec<Choice>,
    more: bool,
}

struct Group {
    title: String,
    choices: Vec<Choice>,
}

/// A box to check.
struct Choice {
    name: String,
    word: String,
    checked: bool,
}

impl Fields {
    async fn of(visit: &Visit, typed: Typed) -> Result<Self, Refusal> {
        let permit = visit.principal.permit::<scope::MessagesRead>()?;
        let first = PageRequest { limit: INBOXES, cursor: None };
        let found = inboxes::list(&visit.ports, &permit, &first).await?;
        let event = |pattern: String, word: String| Choice {
            checked: typed.events.contains(&pattern),
            name: format!("event-{pattern}"),
            word,
        };
        let mut groups: BTreeMap<&str, Vec<Choice>> = BTreeMap::new();
        for kind in EventKind::ALL {
            let group = kind.as_str().split_once('.').map_or("", |(group, _)| group);
            let choices = groups.entry(group).or_insert_with(|| {
                vec![event(format!("{group}.*"), "All of these, also those that are added later".to_owned())]
            });
            // No group and no "every event" takes those.
            let aside = if kind.is_for_people() {
                " (told only where it is checked here: it is for people)"
            } else {
                ""
            };
            choices.push(event(kind.as_str().to_owned(), format!("{}{aside}", kind.as_str())));
        }
        let inbox = |inbox: &Inbox| Choice {
            name: format!("inbox-{}", inbox.id),
            word: visible(inbox.address.as_str()),
            checked: typed.inboxes.contains(&inbox.id.to_string()),
        };
        // What it is told of already stays checked, however many inboxes there are.
        let listed = |id: &&String| found.items.iter().all(|inbox| inbox.id.to_string() != **id);
        let unlisted = typed.inboxes.iter().filter(listed).map(|id| Choice {
            name: format!("inbox-{id}"),
            word: id.clone(),
            checked: true,
        });
        let titled = |(title, choices): (&str, Vec<Choice>)| Group { title: title.to_owned(), choices };
        Ok(Self {
            url: typed.url,
            some_events: typed.some_events,
            groups: groups.into_iter().map(titled).collect(),
            some_inboxes: typed.some_inboxes,
            inboxes: found.items.iter().map(inbox).chain(unlisted).collect(),
            more: found.next.is_some(),
        })
    }
}

#[derive(Template)]
#[template(path = "webhook_new.html")]
struct NewPage {
    shell: Shell,
    csrf: String,
    wrong: Wrong,
    alert: String,
    fields: Fields,
}

/// The form.
async fn blank(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    visit.principal.permit::<scope::WebhooksManage>()?;
    form(&visit, 200, Typed::default(), Wrong::default()).await
}

async fn form(visit: &Visit, status: u16, typed: Typed, wrong: Wrong) -> Result<Response, Refusal> {
    let (frame, fields) = Box::pin(try_join(Frame::of(visit), Fields::of(visit, typed))).await?;
    let page = NewPage {
        csrf: visit.session.form_token(),
        alert: wrong.beside(&["url", "events", "inbox_ids"]),
        wrong,
        fields,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

#[derive(Template)]
#[template(path = "webhook_secret.html")]
struct SecretPage {
    shell: Shell,
    title: &'static str,
    row: Row,
    secret: String,
}

async fn shown(
    visit: &Visit,
    title: &'static str,
    webhook: &Webhook,
    secret: &str,
) -> Result<Response, Refusal> {
    let frame = Frame::of(visit).await?;
    let row = Row::new(webhook, visit.ports.now());
    let page = SecretPage { title, row, secret: secret.to_owned(), shell: frame.shell };
    Ok(guard::html(200, render(&page)?))
}

/// Makes one, and shows the secret that signs what it is told, this once.
async fn make(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, sent) = Visit::of_form(context, request, &[Key::Organization]).await?;
    let permit = visit.principal.permit::<scope::WebhooksManage>()?;
    let typed = Typed::of(&sent);
    let body = match typed.body() {
        Ok(body) => body,
        Err(wrong) => return form(&visit, 422, typed, wrong).await,
    };
    let made = async {
        let new = wire::delivery::webhooks::new(&body)?;
        let saved = |_: &_| (201, String::new());
        let data_keys = visit.powers.data_keys()?;
        webhooks::create(&visit.ports, data_keys, &permit, new, &Once::default(), saved).await
    };
    match made.await {
        Ok((webhook, secret)) => shown(&visit, "The webhook is made", &webhook, &secret).await,
        Err(Refusal::Invalid(errors)) => form(&visit, 422, typed, Wrong::new(&errors)).await,
        Err(refusal) => match conflict(&refusal) {
            Some(sentence) => form(&visit, 409, typed, Wrong::with("", &sentence)).await,
            None => Err(refusal),
        },
    }
}

#[derive(Template)]
#[template(path = "webhook.html")]
struct WebhookPage {
    shell: Shell,
    notice: &'static str,
    alert: String,
    csrf: String,
    row: Row,
    wrong: Wrong,
    fields: Fields,
    attempts: Vec<Told>,
    /// Whether only those that failed are listed.
    failed: bool,
    older: Option<String>,
    further: bool,
}

/// An attempt to tell it of an event.
struct Told {
    /// Where it is told again.
    again: String,
    kind: &'static str,
    event: String,
    number: u32,
    at: Moment,
    delivered: bool,
    /// What came of it, in words.
    result: String,
    took: u64,
    next: Option<Moment>,
    /// The head of the request and of the response.
    url: String,
    timestamp: i64,
    head: Vec<(String, String)>,
}

/// What came of an attempt, in words.
pub(super) fn result(attempt: &Attempt) -> String {
    match attempt.result {
        AttemptResult::Answered(status) => format!("It answered {status}"),
        AttemptResult::NoAnswer("timeout") => "It did not answer in time".to_owned(),
        AttemptResult::NoAnswer("not_connected") => "It could not be reached".to_owned(),
        AttemptResult::NoAnswer("not_public") => "Its address is in a private network".to_owned(),
        AttemptResult::NoAnswer("invalid_url") => "Its address can\u{2019}t be called".to_owned(),
        AttemptResult::NoAnswer("broken_answer") => "Its answer broke off".to_owned(),
        AttemptResult::NoAnswer("held_back") => "It was not called: too many calls failed".to_owned(),
        AttemptResult::NoAnswer("disabled") => "It was not called: it is disabled".to_owned(),
        AttemptResult::NoAnswer(code) => format!("No answer: {}", code.replace('_', " ")),
    }
}

impl Told {
    fn new(attempt: &Attempt, now: Timestamp) -> Self {
        let result = result(attempt);
        let field = |(name, value): &(String, String)| (visible(name), visible(value));
        Self {
            again: format!(
                "{}/{}/deliveries/{}/resend",
                route::WEBHOOKS,
                attempt.webhook_id,
                attempt.event_id
            ),
            kind: attempt.kind.as_str(),
            event: attempt.event_id.to_string(),
            number: attempt.number,
            at: Moment::new(attempt.at, now),
            delivered: attempt.result.delivered(),
            result,
            took: attempt.duration_ms,
            next: attempt.retry_at.map(|at| Moment::new(at, now)),
            url: visible(&attempt.url),
            timestamp: attempt.at.as_second(),
            head: attempt.head.fields().iter().map(field).collect(),
        }
    }
}

/// One of them, and the latest that it was told.
async fn show(context: &Context, request: &Request, id: WebhookId) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Webhook(id)]).await?;
    let notice = match request.query.get("notice").map(String::as_str) {
        Some("changed") => "It is changed.",
        Some("active") => "It is told of events again.",
        Some("paused") => "Events wait for it from now on.",
        Some("tested") => {
            "A test event is on its way to it. It appears below within seconds: look again then."
        }
        Some("resent") => "It is told of the event again within a minute.",
        _ => "",
    };
    page(&visit, request, 200, id, Said { notice, ..Said::default() }).await
}

/// What is said on the page of an endpoint beside what it is.
#[derive(Default)]
struct Said {
    notice: &'static str,
    alert: String,
    wrong: Wrong,
    typed: Option<Typed>,
}

async fn page(
    visit: &Visit,
    request: &Request,
    status: u16,
    id: WebhookId,
    said: Said,
) -> Result<Response, Refusal> {
    let asked = request.page()?;
    let failed = request.query.get("failed").is_some_and(|failed| failed == "true");
    let permit = visit.principal.permit::<scope::WebhooksManage>()?;
    let webhook = webhooks::get(&visit.ports, &permit, id).await?;
    let typed = said.typed.unwrap_or_else(|| Typed::as_it_is(&webhook));
    let filter = AttemptFilter { delivered: failed.then_some(false), event_id: None };
    let attempts = webhooks::attempts(&visit.ports, &permit, id, filter, &asked);
    let (frame, fields, found) =
        Box::pin(try_join3(Frame::of(visit), Fields::of(visit, typed), attempts)).await?;
    let now = visit.ports.now();
    let row = Row::new(&webhook, now);
    let here = if failed { format!("{}?failed=true", row.address) } else { row.address.clone() };
    let page = WebhookPage {
        notice: said.notice,
        alert: said.alert,
        csrf: visit.session.form_token(),
        row,
        wrong: said.wrong,
        fields,
        attempts: found.items.iter().map(|attempt| Told::new(attempt, now)).collect(),
        failed,
        older: older(&here, found.next),
        further: asked.cursor.is_some(),
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// What came of a form: back to the page with a notice, or the page with what stands in the way.
async fn back<T>(
    visit: &Visit,
    request: &Request,
    id: WebhookId,
    done: Result<T, Refusal>,
    notice: &str,
) -> Result<Response, Refusal> {
    let Err(refusal) = done else {
        return Ok(guard::see_other(&format!("{}/{id}?notice={notice}", route::WEBHOOKS)));
    };
    let Some(alert) = conflict(&refusal) else { return Err(refusal) };
    page(visit, request, 409, id, Said { alert, ..Said::default() }).await
}

/// Changes where it is, or what it is told.
async fn change(context: &Context, request: &Request, id: WebhookId) -> Result<Response, Refusal> {
    let (visit, sent) = Visit::of_form(context, request, &[Key::Webhook(id)]).await?;
    let permit = visit.principal.permit::<scope::WebhooksManage>()?;
    let typed = Typed::of(&sent);
    let body = match typed.body() {
        Ok(body) => body,
        Err(wrong) => {
            let said = Said { wrong, typed: Some(typed), ..Said::default() };
            return page(&visit, request, 422, id, said).await;
        }
    };
    let changed = async {
        let changes = wire::delivery::webhooks::update(&body)?;
        webhooks::update(&visit.ports, &permit, id, changes).await
    };
    match changed.await {
        Err(Refusal::Invalid(errors)) => {
            let said = Said { wrong: Wrong::new(&errors), typed: Some(typed), ..Said::default() };
            page(&visit, request, 422, id, said).await
        }
        done => back(&visit, request, id, done, "changed").await,
    }
}

/// Pauses it, or has it told again.
async fn switch(context: &Context, request: &Request, id: WebhookId) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[Key::Webhook(id)]).await?;
    let permit = visit.principal.permit::<scope::WebhooksManage>()?;
    let wanted = if form.field("status") == "paused" { "paused" } else { "active" };
    let changes = wire::delivery::webhooks::update(json!({ "status": wanted }).to_string().as_bytes())?;
    let done = webhooks::update(&visit.ports, &permit, id, changes).await;
    back(&visit, request, id, done, wanted).await
}

/// Sends it a test event.
async fn test(context: &Context, request: &Request, id: WebhookId) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[Key::Webhook(id)]).await?;
    let permit = visit.principal.permit::<scope::WebhooksManage>()?;
    let saved = |_: &Event| (202, String::new());
    let done = again::test(&visit.ports, &permit, id, &Once::default(), saved).await;
    back(&visit, request, id, done, "tested").await
}

/// Gives it another secret, and shows that this once.
async fn rotate(context: &Context, request: &Request, id: WebhookId) -> Result<Response, Refusal> {
    let keys = [Key::Organization, Key::Webhook(id)];
    let (visit, _) = Visit::of_form(context, request, &keys).await?;
    let permit = visit.principal.permit::<scope::WebhooksManage>()?;
    let saved = |_: &Webhook| (200, String::new());
    let data_keys = visit.powers.data_keys()?;
    let rotated =
        webhooks::rotate_secret(&visit.ports, data_keys, &permit, id, &Once::default(), saved).await;
    match rotated {
        Ok((webhook, secret)) => shown(&visit, "The webhook has a new secret", &webhook, &secret).await,
        Err(refusal) => back(&visit, request, id, Err::<(), _>(refusal), "").await,
    }
}

/// Tells it of an event again.
async fn resend(
    context: &Context,
    request: &Request,
    id: WebhookId,
    event_id: EventId,
) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[Key::Webhook(id)]).await?;
    let permit = visit.principal.permit::<scope::WebhooksManage>()?;
    let encode = |event: &Event| wire::delivery::events::publish(event).body;
    let again = Again { ports: &visit.ports, feed: visit.powers.feed()?, encode };
    let saved = |_: &_| (202, String::new());
    let done = again::redeliver(again, &permit, event_id, Some(id), &Once::default(), saved).await;
    back(&visit, request, id, done, "resent").await
}

/// Ends it.
async fn delete(context: &Context, request: &Request, id: WebhookId) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[Key::Webhook(id)]).await?;
    let permit = visit.principal.permit::<scope::WebhooksManage>()?;
    webhooks::delete(&visit.ports, &permit, id).await?;
    Ok(guard::see_other(&format!("{}?notice=deleted", route::WEBHOOKS)))
}
