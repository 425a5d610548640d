//! `/console/approvals`: what waits for a person, and what was decided.

use std::collections::BTreeMap;

use app::Refusal;
use app::base::store;
use app::gate::approvals;
use app::mailbox::inboxes;
use askama::Template;
use domain::gate::approval::{Approval, Decision};
use domain::people::access::{Scope, scope};
use domain::{InboxId, Timestamp};
use futures_util::future::{join_all, try_join};
use jiff::SignedDuration;
use runtime::http::{Request, Response};

use super::{older, render};
use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{self, Doer, Moment, Names, count, people, subject, visible};

/// The page.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/approvals",
    trust: Trust::Decide,
    audience: Audience::With(Scope::ApprovalsRead),
    menu: Menu::Daily(10, "Approvals"),
    get: Get::Page(|context, request, _| Box::pin(show(context, request))),
    back: Back::Here(&[("status", &["approved", "rejected", "expired", "cancelled", "superseded"])]),
    ..Page::NEW
}];

/// An approval that expires within this is marked.
const SOON: SignedDuration = SignedDuration::from_hours(24);

/// Recipients that a row names.
const NAMED: usize = 2;

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    shell: Shell,
    tabs: Vec<Tab>,
    status: &'static str,
    /// The status in a word.
    word: &'static str,
    rows: Vec<Row>,
    /// The address of the next page.
    older: Option<String>,
    /// The address of the first page, from any other.
    newest: Option<String>,
}

struct Tab {
    title: &'static str,
    address: String,
    current: bool,
}

struct Row {
    address: String,
    subject: String,
    preview: String,
    /// The first recipients.
    recipients: Vec<String>,
    /// How many more there are.
    more: usize,
    from: String,
    asked_by: Doer,
    asked_at: Moment,
    expires: Moment,
    soon: bool,
    send_at: Option<Moment>,
    files: Option<String>,
    decided: Option<Decided>,
}

struct Decided {
    by: Option<Doer>,
    at: Moment,
    reason: Option<String>,
}

/// A page of the queue.
pub(crate) async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let asked = request.query.get("status").map_or("pending", String::as_str);
    let status =
        Decision::STATUSES.into_iter().find(|status| *status == asked).ok_or(Refusal::NotFound("page"))?;
    let page = request.page()?;
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let listed = approvals::list(&visit.ports, &permit, status, &page);
    let (frame, found) = try_join(Frame::of(&visit), listed).await?;
    let senders = senders(&visit, &found).await;
    let now = visit.ports.now();
    let rows = found
        .items
        .iter()
        .map(|approval| {
            let from = senders.get(&approval.inbox_id).cloned();
            Row::new(approval, from.unwrap_or_else(|| approval.inbox_id.to_string()), &frame.names, now)
        })
        .collect();
    let here = route::queue(status);
    let older = older(&here, found.next);
    let tabs = Decision::STATUSES
        .map(|name| Tab { title: words::status(name), address: route::queue(name), current: name == status })
        .into();
    let shell = frame.shell;
    let newest = page.cursor.is_some().then(|| here.clone());
    Ok(guard::html(
        200,
        render(&QueuePage { shell, tabs, status, word: words::status(status), rows, older, newest })?,
    ))
}

/// The addresses of the inboxes that a page names. One that is gone, or that can't be had now, is shown by its id.
async fn senders(visit: &Visit, page: &store::Page<Approval>) -> BTreeMap<InboxId, String> {
    let Ok(permit) = visit.principal.permit::<scope::MessagesRead>() else { return BTreeMap::new() };
    let mut ids: Vec<InboxId> = page.items.iter().map(|approval| approval.inbox_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = join_all(ids.iter().map(|id| inboxes::get(&visit.ports, &permit, *id))).await;
    found.into_iter().flatten().map(|inbox| (inbox.id, inbox.address.as_str().to_owned())).collect()
}

impl Row {
    fn new(approval: &Approval, from: String, names: &Names, now: Timestamp) -> Self {
        let recipients: Vec<String> =
            people(&approval.recipients).into_iter().map(|person| person.address).collect();
        let files = usize::try_from(approval.attachment_count).unwrap_or(usize::MAX);
        let decided = match &approval.decision {
            Decision::Pending => None,
            Decision::Approved { by, at } => {
                Some(Decided { by: by.map(|by| names.member(by)), at: Moment::new(*at, now), reason: None })
            }
            Decision::Cancelled { by, at, reason } => Some(Decided {
                by: Some(names.doer(by)),
                at: Moment::new(*at, now),
                reason: (!reason.is_empty()).then(|| words::called_off(reason, by)),
            }),
            Decision::Superseded { by, at, .. } => {
                Some(Decided { by: Some(names.member(*by)), at: Moment::new(*at, now), reason: None })
            }
            Decision::Rejected { by, at, reason } => Some(Decided {
                by: Some(names.member(*by)),
                at: Moment::new(*at, now),
                reason: (!reason.is_empty()).then(|| visible(reason)),
            }),
            Decision::Expired { at } => Some(Decided { by: None, at: Moment::new(*at, now), reason: None }),
        };
        Self {
            address: route::approval(approval.id),
            subject: subject(&approval.subject),
            preview: visible(&approval.preview),
            more: recipients.len().saturating_sub(NAMED),
            recipients: recipients.into_iter().take(NAMED).collect(),
            from,
            asked_by: names.doer(&approval.requested_by),
            asked_at: Moment::new(approval.requested_at, now),
            expires: Moment::new(approval.expires_at, now),
            soon: approval.expires_at.duration_since(now) < SOON,
            send_at: approval.send_at.filter(|at| *at > now).map(|at| Moment::new(at, now)),
            files: (files > 0).then(|| count(files, "file", "files")),
            decided,
        }
    }
}
