//! `/console/audit`: what was done, by whom, newest first.

use app::Refusal;
use app::ledger::audit::{self, Filter};
use askama::Template;
use domain::base::id::Id as _;
use domain::ledger::audit::ChainedEntry;
use domain::people::access::{Scope, scope};
use domain::{ApprovalId, Timestamp};
use futures_util::future::try_join;
use runtime::http::{Request, Response};

use super::{older, render};
use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Doer, Moment, Names, encode, visible};

/// The page.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/audit",
    audience: Audience::With(Scope::AuditRead),
    menu: Menu::Setting(80, "Audit log"),
    get: Get::Page(|context, request, _| Box::pin(show(context, request))),
    back: Back::Here(&[]),
    ..Page::NEW
}];

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    shell: Shell,
    action: String,
    target: String,
    rows: Vec<Row>,
    older: Option<String>,
    /// Whether this is not the first page.
    further: bool,
}

struct Row {
    sequence: u64,
    at: Moment,
    by: Doer,
    action: String,
    target: String,
    /// The page of the target, where it has one.
    address: Option<String>,
    details: Vec<(String, String)>,
}

impl Row {
    fn new(link: &ChainedEntry, names: &Names, now: Timestamp) -> Self {
        let entry = &link.entry;
        let details = entry.details.iter().map(|(name, value)| (visible(name), visible(value)));
        Self {
            sequence: link.sequence,
            at: Moment::new(entry.at, now),
            by: names.doer(&entry.actor),
            action: visible(&entry.action),
            target: visible(&entry.target),
            address: ApprovalId::parse(&entry.target).ok().map(route::approval),
            details: details.collect(),
        }
    }
}

/// A page of the log.
pub(super) async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let page = request.page()?;
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::AuditRead>()?;
    let asked = |name: &str| {
        let value = request.query.get(name).map(|value| value.trim().to_owned());
        value.filter(|value| !value.is_empty())
    };
    let filter = Filter { action: asked("action"), target: asked("target"), ..Filter::default() };
    let (frame, found) =
        try_join(Frame::of(&visit), audit::list(visit.powers.trail()?, &permit, &filter, &page)).await?;
    let now = visit.ports.now();
    let (action, target) = (filter.action.unwrap_or_default(), filter.target.unwrap_or_default());
    let here = format!("{}?action={}&target={}", route::AUDIT, encode(&action), encode(&target));
    let page = AuditPage {
        rows: found.items.iter().map(|link| Row::new(link, &frame.names, now)).collect(),
        older: older(&here, found.next),
        further: page.cursor.is_some(),
        action,
        target,
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}
