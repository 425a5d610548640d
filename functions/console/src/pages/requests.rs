//! `/console/requests`: the calls of the API that were answered, and what became of a mail that was asked for, step by step.
//!
//! The steps are told by records alone, and what a mail says is none of them: so the page stands where no mail is read.

use std::collections::{BTreeMap, BTreeSet};

use app::Refusal;
use app::base::store::{Key, PageRequest};
use app::delivery::feed::{self, Order};
use app::delivery::webhooks::{self, AttemptFilter};
use app::gate::approvals;
use app::ledger::requests::{self, Shown};
use app::mailbox::messages;
use askama::Template;
use domain::delivery::event::{Event, EventKind, Subject};
use domain::delivery::webhook::{Attempt, Webhook};
use domain::gate::approval::{Approval, Decision, Verdict};
use domain::mailbox::filter::Span;
use domain::mailbox::lifecycle::{Outbound, State};
use domain::mailbox::message::Message;
use domain::people::access::{Actor, Scope, scope};
use domain::{ApprovalId, EventId, Timestamp};
use futures_util::future::{try_join, try_join_all};
use jiff::SignedDuration;
use runtime::http::{Request, Response};
use serde_json::json;

use super::docs::quote;
use super::gate::still_missing;
use super::{older, render};
use crate::Context;
use crate::fields::Wrong;
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{
    Doer, Moment, Names, body, called_off, encode, failure, outcome, reason, standing, subject, visible,
};

/// The log, and the steps of one mail.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/requests",
        audience: Audience::With(Scope::LogsRead),
        menu: Menu::Setting(55, "API requests"),
        get: Get::Page(|context, request, _| Box::pin(list(context, request))),
        back: Back::Here(&[]),
        ..Page::NEW
    },
    Page {
        path: "/requests/{approval_id}",
        audience: Audience::With(Scope::ApprovalsRead),
        get: Get::Page(|context, request, at| {
            Box::pin(async move { timeline(context, request, at.id()?).await })
        }),
        back: Back::Here(&[]),
        ..Page::NEW
    },
];

#[derive(Template)]
#[template(path = "requests.html")]
struct ListPage {
    shell: Shell,
    fields: Fields,
    wrong: Wrong,
    rows: Vec<Line>,
    older: Option<String>,
    further: bool,
}

/// What is looked for, as it was typed.
struct Fields {
    status: String,
    route: String,
    token: String,
}

impl Fields {
    fn of(request: &Request) -> Self {
        let asked = |name: &str| {
            let value = request.query.get(name).map(|value| value.trim()).unwrap_or_default();
            value.chars().take(100).collect()
        };
        Self { status: asked("status"), route: asked("route"), token: asked("token_id") }
    }

    /// As a query, of the page and of the API.
    fn query(&self) -> String {
        let pairs = [("status", &self.status), ("route", &self.route), ("token_id", &self.token)];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        pairs.map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
    }

    fn is_empty(&self) -> bool {
        self.query().is_empty()
    }
}

/// A call that was answered.
struct Line {
    at: Moment,
    method: String,
    path: String,
    /// The name of the operation.
    route: String,
    status: u16,
    bad: bool,
    code: String,
    /// What made it.
    with: String,
    /// The page of its token.
    token: Option<String>,
    took: u64,
    request_id: String,
}

impl Line {
    fn new(shown: &Shown, names: &Names, now: Timestamp) -> Self {
        let line = &shown.line;
        let token = line.with.token_id();
        let person = || line.member_id.map_or_else(|| "a session".to_owned(), |id| names.member(id).short);
        Self {
            at: Moment::new(line.at, now),
            method: visible(&line.method),
            path: visible(&line.path),
            route: visible(&line.operation),
            status: line.status,
            bad: line.status >= 400,
            code: line.code.as_deref().map(visible).unwrap_or_default(),
            with: match (&shown.name, token) {
                (Some(name), _) => visible(name),
                (None, Some(_)) => "a token that is gone".to_owned(),
                (None, None) => person(),
            },
            token: token.map(|id| format!("{}/{id}", route::TOKENS)),
            took: line.duration_ms,
            request_id: visible(&line.request_id),
        }
    }
}

/// The log.
async fn list(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let asked = request.page()?;
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::LogsRead>()?;
    let fields = Fields::of(request);
    // What is looked for is read by the API's own rules.
    let query = Request { query: runtime::http::form_pairs(&fields.query()), ..Request::default() };
    let (filter, wrong) = match query.query::<wire::ledger::requests::LogsQuery>() {
        Ok(query) => (query.filter().0, Wrong::default()),
        Err(Refusal::Invalid(errors)) => (requests::Filter::default(), Wrong::new(&errors)),
        Err(refusal) => return Err(refusal),
    };
    let listed = requests::list(&visit.ports, &permit, &filter, &asked);
    let (frame, found) = Box::pin(try_join(Frame::of(&visit), listed)).await?;
    let now = visit.ports.now();
    let status = if wrong.any() { 422 } else { 200 };
    let page = ListPage {
        rows: found.items.iter().map(|line| Line::new(line, &frame.names, now)).collect(),
        older: older(&format!("{}?{}", route::REQUESTS, fields.query()), found.next),
        further: asked.cursor.is_some(),
        fields,
        wrong,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// Something that happened to a mail.
struct Step {
    when: Timestamp,
    at: Moment,
    /// `good`, `bad`, `busy` or nothing.
    tone: &'static str,
    title: String,
    by: Option<Doer>,
    lines: Vec<String>,
    /// What a person wrote.
    words: String,
    /// What can be looked up elsewhere: what it is, and its id.
    id: Option<(&'static str, String)>,
    /// A page about it.
    link: Option<(&'static str, String)>,
}

impl Step {
    fn new(when: Timestamp, title: impl Into<String>, now: Timestamp) -> Self {
        Self {
            when,
            at: Moment::new(when, now),
            tone: "",
            title: title.into(),
            by: None,
            lines: vec![],
            words: String::new(),
            id: None,
            link: None,
        }
    }

    fn by(self, doer: Doer) -> Self {
        Self { by: Some(doer), ..self }
    }

    fn toned(self, tone: &'static str) -> Self {
        Self { tone, ..self }
    }
}

/// What was told to an endpoint about the mail.
struct Told {
    url: String,
    /// The page of the endpoint.
    page: String,
    /// Where it is told again.
    again: String,
    kind: &'static str,
    number: u32,
    at: Moment,
    delivered: bool,
    result: String,
    next: Option<Moment>,
}

/// A call of the API, for a shell.
struct Call {
    id: &'static str,
    title: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "timeline.html")]
struct TimelinePage {
    shell: Shell,
    notice: String,
    subject: String,
    recipients: String,
    /// Where the mail stands, in a word and a sentence.
    word: &'static str,
    tone: &'static str,
    sentence: String,
    moving: bool,
    here: String,
    approval: String,
    /// The mail itself; none where it was deleted.
    message: Option<String>,
    ids: Vec<(&'static str, String)>,
    steps: Vec<Step>,
    /// Deliveries to endpoints, for whoever looks after those.
    told: Option<Vec<Told>>,
    csrf: String,
    calls: Vec<Call>,
}

impl TimelinePage {
    /// What copies, and says times in the browser's zone.
    fn script() -> &'static str {
        guard::WRITE_SCRIPT
    }
}

/// So many revisions of a mail are followed.
const REVISIONS: usize = 20;

/// All approvals of a mail, the first first: each edit made another.
async fn revisions(visit: &Visit, id: ApprovalId) -> Result<Vec<Approval>, Refusal> {
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let look = async |id: ApprovalId| approvals::look_up(&visit.ports, &permit, id).await;
    let mut all = vec![look(id).await?];
    while let Some(before) = all[0].supersedes
        && all.len() < REVISIONS
    {
        all.insert(0, look(before).await?);
    }
    while let Some(Approval { decision: Decision::Superseded { next, .. }, .. }) = all.last()
        && all.len() < 2 * REVISIONS
    {
        let next = *next;
        all.push(look(next).await?);
    }
    Ok(all)
}

/// So many pages of a hundred events of an inbox are looked through for those of a mail.
const EVENT_PAGES: usize = 5;

/// The events of a mail that are kept, the oldest first.
async fn events(visit: &Visit, approval: &Approval) -> Result<Vec<Event>, Refusal> {
    let permit = visit.principal.permit::<scope::EventsRead>()?;
    let filter = feed::Filter {
        kinds: None,
        inbox_id: Some(approval.inbox_id),
        after: Some(approval.requested_at - SignedDuration::from_secs(1)),
    };
    let (mut found, mut asked) = (vec![], PageRequest { limit: 100, cursor: None });
    for _ in 0..EVENT_PAGES {
        let (clock, feed) = (&*visit.ports.clock, visit.powers.feed()?);
        let page = feed::list(clock, feed, &permit, &filter, Order::OldestFirst, &asked).await?;
        if page.items.is_empty() {
            break;
        }
        found.extend(page.items.into_iter().map(|told| told.event));
        let Some(next) = page.next else { break };
        asked.cursor = Some(next);
    }
    found.retain(|event| event.subject.message_id() == Some(approval.message_id));
    Ok(found)
}

/// Of so many endpoints the deliveries are looked up.
const ENDPOINTS: u16 = 20;

/// What endpoints were told of these events, for whoever looks after endpoints.
async fn deliveries(visit: &Visit, events: &[Event]) -> Result<Option<Vec<(Webhook, Attempt)>>, Refusal> {
    let Ok(permit) = visit.principal.permit::<scope::WebhooksManage>() else { return Ok(None) };
    let wanted: BTreeSet<EventId> = events.iter().map(|event| event.id).collect();
    if wanted.is_empty() {
        return Ok(Some(vec![]));
    }
    let first = PageRequest { limit: ENDPOINTS, cursor: None };
    let webhooks = webhooks::list(&visit.ports, &permit, &first).await?.items;
    let latest = PageRequest { limit: 100, cursor: None };
    let read = webhooks.iter().map(|webhook| {
        webhooks::attempts(&visit.ports, &permit, webhook.id, AttemptFilter::default(), &latest)
    });
    let read = try_join_all(read).await?;
    let of = |(webhook, page): (Webhook, app::base::store::Page<Attempt>)| {
        page.items.into_iter().map(move |attempt| (webhook.clone(), attempt))
    };
    let mut all: Vec<_> = webhooks.into_iter().zip(read).flat_map(of).collect();
    all.retain(|(_, attempt)| wanted.contains(&attempt.event_id));
    all.sort_by_key(|(_, attempt)| attempt.at);
    Ok(Some(all))
}

/// The id of the call that asked for a mail, where the log has exactly one that can be it.
async fn call_of(visit: &Visit, approval: &Approval) -> Result<Option<String>, Refusal> {
    let Ok(permit) = visit.principal.permit::<scope::LogsRead>() else { return Ok(None) };
    let Actor::Token { token_id, .. } = &approval.requested_by else { return Ok(None) };
    let at = approval.requested_at;
    let span = Span {
        after: Some(at - SignedDuration::from_secs(1)),
        before: Some(at + SignedDuration::from_secs(30)),
    };
    let filter = requests::Filter { span, token_id: Some(*token_id), ..requests::Filter::default() };
    let page = PageRequest { limit: 100, cursor: None };
    let found = requests::list(&visit.ports, &permit, &filter, &page).await?;
    let asks = |shown: &&Shown| {
        let line = &shown.line;
        line.method == "POST"
            && matches!(line.status, 201 | 202)
            && ["/send", "/reply", "/reply-all", "/forward", "/send-again", "/submit"]
                .iter()
                .any(|end| line.path.ends_with(end))
    };
    let mut all = found.items.iter().filter(asks);
    Ok(match (all.next(), all.next()) {
        (Some(one), None) => Some(visible(&one.line.request_id)),
        _ => None,
    })
}

/// Who asked, and why it was held or let go.
fn asked(
    approval: &Approval,
    at: Timestamp,
    names: &Names,
    call: Option<String>,
    now: Timestamp,
) -> Vec<Step> {
    let first = approval.supersedes.is_none();
    let title = match (first, approval.answers, approval.forward) {
        (true, _, _) if !approval.resends.is_empty() => "Asked for once more: an earlier attempt did not go",
        (false, _, _) => "Edited: a new revision took its place",
        (true, Some(_), false) => "An answer was asked for",
        (true, Some(_), true) => "Passing a mail on was asked for",
        (true, None, _) => "Asked for",
    };
    let by = match (first, approval.edited_by) {
        (false, Some(member_id)) => names.member(member_id),
        _ => names.doer(&approval.requested_by),
    };
    let mut step = Step { id: call.map(|id| ("Request", id)), ..Step::new(at, title, now).by(by) };
    if let (true, Actor::Token { token_id, member_id, .. }) = (first, &approval.requested_by) {
        step.lines.push(format!("By a token of {}.", names.member(*member_id).short));
        step.link = Some(("The token", format!("{}/{token_id}", route::TOKENS)));
    }
    let mut why = Step::new(at, "", now);
    why.title = match (&approval.terms, &approval.decision) {
        (None, _) => "Let go by policies, without a person".to_owned(),
        (Some(_), Decision::Pending) if approval.is_pending(now) => {
            let missing = still_missing(approval).unwrap_or_else(|| "a decision".to_owned());
            format!("Held: it waits for {missing}")
        }
        (Some(_), _) => "Held for a person".to_owned(),
    };
    why.lines = approval.reasons.iter().map(|code| reason(code)).collect();
    why.lines.extend(approval.trace.iter().map(|step| {
        let does = match step.outcome {
            "allow" => "lets it go",
            "hold" => "holds it",
            "defer" => "puts it off",
            "block" => "blocks it",
            _ => "can\u{2019}t be judged, so it holds",
        };
        let (rule, policy) = (visible(&step.rule_name), visible(&step.policy_name));
        format!("\u{201C}{rule}\u{201D} of {policy} {does}: {}", visible(&step.because))
    }));
    if let Some(send_at) = approval.send_at {
        why.lines.push(format!("It is to leave on {}.", Moment::new(send_at, now).exact));
    }
    if approval.is_pending(now) {
        let expires = Moment::new(approval.expires_at, now);
        why.lines.push(format!("Without a decision it expires on {} ({}).", expires.exact, expires.relative));
        why.tone = "busy";
    }
    vec![step, why]
}

/// What people did about it.
fn decided(approval: &Approval, names: &Names, now: Timestamp) -> Vec<Step> {
    let voted = |verdict: &Verdict, ahead: bool| match (verdict, ahead) {
        (Verdict::Approve, false) => "Approved",
        (Verdict::Approve, true) => "Approved ahead, by a standing approval",
        (Verdict::Reject(_), _) => "Rejected",
    };
    let mut steps = vec![];
    for vote in approval.votes.iter().chain(approval.taken_back.iter().map(|taken| &taken.vote)) {
        let mut step = Step::new(vote.at, voted(&vote.verdict, vote.standing.is_some()), now)
            .by(names.member(vote.member_id));
        step.lines.push(format!("As {}.", vote.role.as_str()));
        step.tone = if vote.verdict == Verdict::Approve { "good" } else { "bad" };
        if let Verdict::Reject(words) = &vote.verdict {
            step.words = body(words);
        }
        steps.push(step);
    }
    for taken in &approval.taken_back {
        let by = names.member(taken.vote.member_id);
        steps.push(Step::new(taken.at, "The approval was taken back: the mail waits again", now).by(by));
    }
    for one in &approval.delegations {
        let title = format!("Vote delegated to {}", names.member(one.to).short);
        steps.push(Step::new(one.at, title, now).by(names.member(one.from)));
    }
    match &approval.decision {
        Decision::Expired { at } => {
            steps.push(
                Step::new(*at, "Expired: nobody decided in time, and it is never sent", now).toned("bad"),
            );
        }
        Decision::Cancelled { by, at, reason } => {
            let mut step = Step::new(*at, "Cancelled: it is never sent", now).by(names.doer(by)).toned("bad");
            step.words = called_off(reason, by);
            steps.push(step);
        }
        Decision::Rejected { at, .. } if approval.votes.len() > 1 => {
            steps.push(Step::new(*at, "Decided: it is never sent", now).toned("bad"));
        }
        Decision::Approved { at, .. } if approval.votes.len() > 1 => {
            steps.push(Step::new(*at, "Decided: all votes that it needed are there", now).toned("good"));
        }
        // That the time is over is written down a moment later.
        Decision::Pending
        | Decision::Approved { .. }
        | Decision::Rejected { .. }
        | Decision::Superseded { .. } => {}
    }
    steps
}

/// What became of it on its way out.
fn went(outbound: &Outbound, events: &[Event], now: Timestamp) -> Vec<Step> {
    let mut steps = vec![];
    match &outbound.state {
        State::Accepted { provider_id, at, .. } => {
            let mut step = Step::new(*at, "Sent: the provider accepted it", now).toned("good");
            step.id = Some(("Message id of the provider", visible(provider_id)));
            steps.push(step);
        }
        State::Failed { reason, at } => {
            let mut step = Step::new(*at, "Not sent", now).toned("bad");
            step.lines.push(failure(reason));
            steps.push(step);
        }
        State::Unknown { since, .. } => {
            let title = "The provider was called, and no clear answer came";
            let mut step = Step::new(*since, title, now).toned("bad");
            step.link = Some(("What can be done", route::UNSETTLED.to_owned()));
            steps.push(step);
        }
        State::Sending { claimed_at, .. } => {
            steps.push(Step::new(*claimed_at, "Being handed to the provider", now).toned("busy"));
        }
        State::PendingApproval { .. }
        | State::Scheduled { .. }
        | State::Rejected { .. }
        | State::Expired { .. }
        | State::Cancelled { .. } => {}
    }
    for event in events {
        let (title, tone) = match event.kind {
            EventKind::MessageDelivered => ("Delivered: every recipient\u{2019}s server accepted it", "good"),
            EventKind::MessageDeferred => {
                ("A recipient\u{2019}s server asked to wait; the provider tries again", "busy")
            }
            EventKind::MessageBounced => ("Bounced: a recipient\u{2019}s server refused it for good", "bad"),
            EventKind::MessageComplained => ("A recipient marked it as spam", "bad"),
            _ => continue,
        };
        let mut step = Step::new(event.created_at, title, now).toned(tone);
        if let Subject::Bounced(_, bounce) = &event.subject {
            step.lines = bounce
                .recipients
                .iter()
                .map(|one| {
                    let said = [one.status.as_deref(), one.diagnostic.as_deref()];
                    let said: Vec<_> = said.into_iter().flatten().map(visible).collect();
                    format!("{}: {}", visible(&one.address), said.join(", "))
                })
                .collect();
        }
        step.id = Some(("Event", event.id.to_string()));
        steps.push(step);
    }
    steps
}

/// What of a mail's recipients is known where its events are gone.
fn known(outbound: &Outbound, now: Timestamp) -> Option<Step> {
    let State::Accepted { at, outcomes, .. } = &outbound.state else { return None };
    if outcomes.is_empty() {
        return None;
    }
    let mut step = Step::new(*at, "Of its recipients is known", now);
    step.lines = outcomes.iter().map(|(who, what)| format!("{}: {}", visible(who), outcome(*what))).collect();
    Some(step)
}

/// The calls by which a program asks for such a mail, and looks what became of it.
fn calls(visit: &Visit, request: &Request, approval: &Approval) -> Vec<Call> {
    let url = route::public_url(&visit.ports, request);
    let call = |method: &str, path: &str, body: Option<String>| {
        let mut text = format!(
            "curl -X {method} {} \\\n  -H \"Authorization: Bearer $COUNTERSIGN_TOKEN\"",
            quote(&format!("{url}{path}"))
        );
        if let Some(body) = body {
            text.push_str(" \\\n  -H 'Content-Type: application/json' \\\n  -H 'Idempotency-Key: A-KEY-OF-YOURS' \\\n  -d ");
            text.push_str(&quote(&body));
        }
        text
    };
    let (inbox, message) = (approval.inbox_id, approval.message_id);
    let to: Vec<_> = approval.recipients.iter().map(|party| party.address.as_str()).collect();
    let new =
        json!({ "to": to, "subject": visible(&approval.subject), "text": "What it is to say." }).to_string();
    let said = json!({ "text": "What it is to say." }).to_string();
    let (path, made) = match (approval.answers, approval.forward) {
        (Some(id), false) => (format!("/v1/inboxes/{inbox}/messages/{id}/reply"), said),
        (Some(id), true) => {
            let on = json!({ "to": to, "text": "What it is to say." }).to_string();
            (format!("/v1/inboxes/{inbox}/messages/{id}/forward"), on)
        }
        (None, _) => (format!("/v1/inboxes/{inbox}/messages/send"), new),
    };
    let id = approval.id;
    vec![
        Call { id: "call-ask", title: "Ask for such a mail", text: call("POST", &path, Some(made)) },
        Call {
            id: "call-look",
            title: "Look where it stands",
            text: call("GET", &format!("/v1/inboxes/{inbox}/messages/{message}"), None),
        },
        Call {
            id: "call-approval",
            title: "Look at its approval, with the reason of a rejection",
            text: call("GET", &format!("/v1/approvals/{id}"), None),
        },
        Call {
            id: "call-receipt",
            title: "Get the receipt, which proves who decided",
            text: call("GET", &format!("/v1/approvals/{id}/receipt"), None),
        },
    ]
}

fn told(found: Vec<(Webhook, Attempt)>, now: Timestamp) -> Vec<Told> {
    let one = |(webhook, attempt): (Webhook, Attempt)| {
        let page = format!("{}/{}", route::WEBHOOKS, webhook.id);
        Told {
            url: visible(&webhook.url),
            again: format!("{page}/deliveries/{}/resend", attempt.event_id),
            page,
            kind: attempt.kind.as_str(),
            number: attempt.number,
            at: Moment::new(attempt.at, now),
            delivered: attempt.result.delivered(),
            result: super::webhooks::result(&attempt),
            next: attempt.retry_at.map(|at| Moment::new(at, now)),
        }
    };
    found.into_iter().map(one).collect()
}

/// What somebody reads who has just asked for it.
fn noticed(approval: &Approval, now: Timestamp) -> String {
    match (&approval.terms, approval.status(now)) {
        (Some(terms), "pending") => {
            let missing = still_missing(approval).unwrap_or_else(|| "a decision".to_owned());
            let whose = if terms.separation { ", and not of yours: somebody else decides" } else { "" };
            format!("It is asked for. It waits for {missing}{whose}.")
        }
        (None, _) => "It is asked for. A policy lets it go without a person.".to_owned(),
        _ => "It is asked for.".to_owned(),
    }
}

/// Where a mail stands: the word, how it is coloured, the sentence, and whether it may change within moments.
fn stands(
    message: Option<&Message>,
    approval: &Approval,
    now: Timestamp,
) -> (&'static str, &'static str, String, bool) {
    match message.and_then(Message::outbound) {
        Some(outbound) => {
            let standing = standing(outbound, now);
            (standing.word, standing.tone, standing.sentence, standing.moving)
        }
        None => (
            crate::words::status(approval.status(now)),
            "idle",
            "The mail itself was deleted.".to_owned(),
            false,
        ),
    }
}

/// What became of a mail that was asked for.
async fn timeline(context: &Context, request: &Request, id: ApprovalId) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Approval(id)]).await?;
    let reading = visit.principal.permit::<scope::MessagesRead>()?;
    let all = revisions(&visit, id).await?;
    let (Some(first), Some(last)) = (all.first(), all.last()) else {
        return Err(Refusal::NotFound("approval"));
    };
    let named = [(last.inbox_id, last.message_id)];
    let found = messages::get_several(&visit.ports, &reading, &named);
    let (frame, found) = Box::pin(try_join(Frame::of(&visit), found)).await?;
    let events = Box::pin(events(&visit, first)).await?;
    let (deliveries, call) = Box::pin(try_join(deliveries(&visit, &events), call_of(&visit, first))).await?;
    let now = visit.ports.now();
    let message = found.found.first();
    let outbound = message.and_then(Message::outbound);
    let mut call = BTreeMap::from([(first.id, call)]);
    let mut steps: Vec<Step> = vec![];
    let mut at = first.requested_at;
    for approval in &all {
        let call = call.remove(&approval.id).flatten();
        steps.extend(asked(approval, at, &frame.names, call, now));
        steps.extend(decided(approval, &frame.names, now));
        // A revision keeps the time at which the mail was asked for: it was made when the one before it ended.
        if let Decision::Superseded { at: edited, .. } = &approval.decision {
            at = *edited;
        }
    }
    if let Some(outbound) = outbound {
        let told = went(outbound, &events, now);
        steps.extend(known(outbound, now).filter(|_| events.is_empty()));
        steps.extend(told);
    }
    // What happened at one moment stays in the order in which it follows from one another.
    steps.sort_by_key(|step| step.when);
    let (word, tone, sentence, moving) = stands(message, last, now);
    let to: Vec<_> = last.recipients.iter().map(|party| visible(&party.address)).collect();
    let page = TimelinePage {
        notice: match request.query.get("notice").map(String::as_str) {
            Some("asked") => noticed(last, now),
            Some("before") => "This form was sent before: this is the mail that it asked for. What was changed in the form since then was not \
                               sent; write it anew."
                .to_owned(),
            _ => String::new(),
        },
        subject: subject(&last.subject),
        recipients: to.join(", "),
        word,
        tone,
        sentence,
        moving,
        here: route::timeline(id),
        approval: route::approval(last.id),
        message: message.map(|it| format!("{}/{}/messages/{}", route::INBOXES, it.inbox_id, it.id)),
        ids: vec![
            ("message_id", last.message_id.to_string()),
            ("approval_id", last.id.to_string()),
            ("inbox_id", last.inbox_id.to_string()),
        ],
        steps,
        told: deliveries.map(|found| told(found, now)),
        csrf: visit.session.form_token(),
        calls: calls(&visit, request, last),
        shell: frame.shell,
    };
    Ok(guard::html_with_writing(200, render(&page)?))
}
