//! Webhooks, and the attempts to tell them of events.

use std::collections::BTreeMap;

use app::base::error::Refusal;
use app::base::store::PageRequest;
use app::delivery::again::Resent;
use app::delivery::webhooks::{AttemptFilter, NewWebhook};
use domain::base::code::Code;
use domain::delivery::event::{EventKind, WebhookStatus};
use domain::delivery::webhook::{Attempt, AttemptResult, Webhook, WebhookChanges};
use domain::{EventId, InboxId, Timestamp, WebhookId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::pages::page_request;
use crate::base::request::{self, request};
use crate::base::values::{Choice, EventsOf, Flag, IdOf, Limit, List, Named, Text, Time};
use crate::delivery::events::{disabled_reason, status_name};

request! {
    /// An endpoint that is to be told of events.
    pub struct CreateWebhook {
        /// `https`, on port 443, in a public network.
        url: Text<2_000>,
        /// Which events: types, groups such as `message.*`, or `*`; left out or empty, all of them. A group takes types that are added to
        /// it later.
        events: Option<List<EventsOf, 100>>,
        /// Only events about these inboxes; left out or empty, about all, and about none.
        inbox_ids: Option<List<IdOf<InboxId>, 100>>,
    }
}

/// Reads [`CreateWebhook`].
pub fn new(body: &[u8]) -> Result<NewWebhook, Refusal> {
    let CreateWebhook { url, events, inbox_ids } = request::body(body)?;
    let events = List::entries(events).into_iter().map(|pattern| pattern.0).collect();
    let inbox_ids = List::entries(inbox_ids).into_iter().map(|id| id.0).collect();
    Ok(NewWebhook { url: url.0, events, inbox_ids })
}

/// Whether an endpoint is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedStatus {
    /// It is.
    Active,
    /// Events wait.
    Paused,
}

impl Named for WantedStatus {
    const ALL: &'static [Self] = &[WantedStatus::Active, WantedStatus::Paused];
    const UNKNOWN: Code = Code::UnknownChoice;

    fn name(&self) -> &'static str {
        match self {
            WantedStatus::Active => "active",
            WantedStatus::Paused => "paused",
        }
    }
}

request! {
    /// What changes of a webhook; what is left out stays.
    pub struct UpdateWebhook {
        /// `https`, on port 443, in a public network.
        url: Option<Text<2_000>>,
        /// Which events: types, groups such as `message.*`, or `*`; empty, all of them.
        events: Option<List<EventsOf, 100>>,
        /// Only events about these inboxes; empty, about all, and about none.
        inbox_ids: Option<List<IdOf<InboxId>, 100>>,
        /// `paused`: events wait for it, up to a day and a half each. `active`: it is told, also where it was disabled.
        status: Option<Choice<WantedStatus>>,
    }
}

/// Reads [`UpdateWebhook`].
pub fn update(body: &[u8]) -> Result<WebhookChanges, Refusal> {
    let UpdateWebhook { url, events, inbox_ids, status } = request::body(body)?;
    Ok(WebhookChanges {
        url: url.map(|url| url.0),
        events: events.map(|List(events)| events.into_iter().map(|pattern| pattern.0).collect()),
        inbox_ids: inbox_ids.map(|List(ids)| ids.into_iter().map(|id| id.0).collect()),
        told: status.map(|status| status.0 == WantedStatus::Active),
    })
}

/// A webhook.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
pub struct WebhookView<'a> {
    id: IdOf<WebhookId>,
    url: &'a str,
    /// Which events it is told of; all of them where it is empty.
    events: Vec<EventsOf>,
    /// The inboxes about which it is told; all of them where it is empty.
    inbox_ids: Vec<IdOf<InboxId>>,
    /// `active`; `paused`: events wait; `disabled`: it is told of nothing until it is made active again.
    status: &'static str,
    /// `gone`: it answered with 410. `failing`: every call of it failed for three days.
    disabled_reason: Option<&'static str>,
    disabled_at: Option<Time>,
    secret_last_four: &'a str,
    /// Until when the secret before this one signs as well.
    former_secret_until: Option<Time>,
    created_at: Time,
    /// Attempts in a row that were not taken, up to 5: then it is held back.
    failures: u32,
    /// When the first of them was made.
    failing_since: Option<Time>,
    /// Until when it is asked no more.
    held_until: Option<Time>,
    /// What signs the events, only in the response to its creation and to `rotate-secret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

/// A webhook, with its secret only in the response to what made that.
pub fn webhook<'a>(webhook: &'a Webhook, secret: Option<&'a str>) -> WebhookView<'a> {
    let disabled_at = match webhook.status {
        WebhookStatus::Disabled { at, .. } => Some(Time(at)),
        WebhookStatus::Active | WebhookStatus::Paused => None,
    };
    WebhookView {
        id: IdOf(webhook.id),
        url: &webhook.url,
        events: webhook.events.iter().cloned().map(EventsOf).collect(),
        inbox_ids: webhook.inbox_ids.iter().copied().map(IdOf).collect(),
        status: status_name(webhook.status),
        disabled_reason: disabled_reason(webhook.status),
        disabled_at,
        secret_last_four: &webhook.secret_last_four,
        former_secret_until: webhook.former_secret.as_ref().map(|former| Time(former.until)),
        created_at: Time(webhook.created_at),
        failures: webhook.health.failures,
        failing_since: webhook.health.failing_since.map(Time),
        held_until: webhook.health.held_until.map(Time),
        secret,
    }
}

request! {
    /// Which attempts. All that is named must hold. Where few of many do, a page may be short, or even empty, and have a `next_cursor`.
    pub struct DeliveriesQuery {
        /// How many entries at most; 50 where it is left out.
        limit: Option<Limit>,
        /// The `next_cursor` of the page before.
        cursor: Option<String>,
        /// Whether the webhook took the event.
        delivered: Option<Flag>,
        /// The event.
        event_id: Option<IdOf<EventId>>,
    }
}

impl DeliveriesQuery {
    /// The filter, and the page.
    pub fn list(self) -> (AttemptFilter, PageRequest) {
        let filter = AttemptFilter {
            delivered: self.delivered.map(|it| it.0),
            event_id: self.event_id.map(|id| id.0),
        };
        (filter, page_request(self.limit, self.cursor))
    }
}

/// An attempt to tell a webhook of an event.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Attempt")]
pub struct AttemptView<'a> {
    event_id: IdOf<EventId>,
    event_type: Choice<EventKind>,
    /// From 1.
    attempt: u32,
    at: Time,
    delivered: bool,
    /// What was sent, without its signature and its body, which is the event; `null` where nobody was called.
    request: Option<RequestHeadView<'a>>,
    /// The HTTP status, where there was a response.
    response_status: Option<u16>,
    /// Header fields of the response: of a few that help to find out why it failed, each at most 100 characters.
    response_headers: BTreeMap<&'a str, &'a str>,
    /// Why there was none, as a stable code.
    error: Option<&'static str>,
    duration_ms: u64,
    /// When it is tried again.
    next_attempt_at: Option<Time>,
}

/// The head of a request to a webhook.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RequestHead")]
struct RequestHeadView<'a> {
    /// Always `POST`.
    method: &'static str,
    /// The first 300 characters.
    url: &'a str,
    headers: BTreeMap<&'static str, String>,
}

/// An attempt to tell a webhook of an event.
pub fn attempt(attempt: &Attempt) -> AttemptView<'_> {
    let (status, error) = match attempt.result {
        AttemptResult::Answered(status) => (Some(status), None),
        AttemptResult::NoAnswer(code) => (None, Some(code)),
    };
    let headers = || {
        BTreeMap::from([
            ("content-type", "application/json".to_owned()),
            ("webhook-id", attempt.event_id.to_string()),
            ("webhook-timestamp", attempt.at.as_second().to_string()),
        ])
    };
    let url = &*attempt.url;
    AttemptView {
        event_id: IdOf(attempt.event_id),
        event_type: Choice(attempt.kind),
        attempt: attempt.number,
        at: Time(attempt.at),
        delivered: attempt.result.delivered(),
        request: (!url.is_empty()).then(|| RequestHeadView { method: "POST", url, headers: headers() }),
        response_status: status,
        response_headers: attempt.head.fields().iter().map(|(name, value)| (&**name, &**value)).collect(),
        error,
        duration_ms: attempt.duration_ms,
        next_attempt_at: attempt.retry_at.map(Time),
    }
}

request! {
    /// From when on a webhook is to be told again of what it has not taken.
    pub struct Resend {
        /// Events that happened then or later, within 30 days.
        since: Time,
        /// The `next_cursor` of the response before.
        cursor: Option<String>,
    }
}

/// Reads [`Resend`].
pub fn resend(body: &[u8]) -> Result<(Timestamp, Option<String>), Refusal> {
    let Resend { since, cursor } = request::body(body)?;
    Ok((since.0, cursor))
}

/// What a webhook is told again within a minute.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Resent")]
pub struct ResentView<'a> {
    /// The events, the oldest first.
    event_ids: Vec<IdOf<EventId>>,
    /// Where there may be more: repeat the request with it as `cursor`.
    next_cursor: Option<&'a str>,
}

/// What a webhook is told again.
pub fn resent(told: &Resent) -> ResentView<'_> {
    let event_ids = told.event_ids.iter().copied().map(IdOf).collect();
    ResentView { event_ids, next_cursor: told.next.as_deref() }
}
