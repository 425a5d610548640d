//! `/console/live`: what happened since a page was made, as one event of a stream that ends at once.
//!
//! API Gateway's HTTP APIs hand on whole answers and no streams. So the answer says when to ask again, and `EventSource` does that by itself.
//! It costs three reads: the session with its organization (and the approval that is looked at), the seat, and the first hundred that wait;
//! one more for names where somebody decided. Of more than a hundred it says that there are more, and not what is new behind them. It prolongs no session: a page that is left open is nobody's use of it.

use std::fmt::Write as _;

use app::Refusal;
use app::base::store::Key;
use app::gate::approvals::{self, Waiting};
use app::people::members;
use domain::base::digest::Digest;
use domain::base::id::Id as _;
use domain::gate::approval::{Approval, Decision, Voter};
use domain::people::access::{Permit, Scope, scope};
use domain::{ApprovalId, Timestamp};
use runtime::http::{Request, Response};
use serde_json::json;

use super::queue;
use crate::Context;
use crate::guard;
use crate::page::{Audience, Get, Page, Trust};
use crate::visit::Visit;
use crate::words::{Names, count, short};

/// What the script of every page asks for.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/live",
    trust: Trust::Decide,
    audience: Audience::With(Scope::ApprovalsRead),
    get: Get::Page(|context, request, _| Box::pin(show(context, request))),
    ..Page::NEW
}];

/// After so many milliseconds a browser asks again.
const RETRY: u32 = 5_000;

/// What a page of the list asks with: since when, and what it shows.
pub(super) fn of_queue(waiting: &Waiting, now: Timestamp) -> String {
    format!("since={}&seen={}", now.as_millisecond(), version_of(waiting))
}

/// What the page of a mail asks with.
pub(super) fn of_approval(approval: &Approval, now: Timestamp) -> String {
    format!("approval={}&seen={}", approval.id, version(approval, now))
}

/// So many are looked at each time: every page that is open asks.
const LOOKED_AT: usize = 100;

/// Another where the first of the list, or how far one of them has come, is another.
fn version_of(waiting: &Waiting) -> String {
    let mut text = String::new();
    let mut first: Vec<&Approval> = waiting.items.iter().collect();
    first.sort_by_key(|one| one.id);
    for one in first.into_iter().take(LOOKED_AT) {
        let _ = write!(text, "{} {} {} ", one.id, one.votes.len(), one.delegations.len());
    }
    short(&Digest::of(text.as_bytes()).hex())
}

/// Another where somebody decided, voted, edited or let it expire. What a workflow notes of it changes nothing.
fn version(approval: &Approval, now: Timestamp) -> String {
    let asked = usize::from(approval.revision_asked.is_some());
    let counts = [approval.votes.len(), approval.delegations.len(), approval.taken_back.len(), asked];
    short(&Digest::of(format!("{} {counts:?}", approval.status(now)).as_bytes()).hex())
}

async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let asked = |name: &str| request.query.get(name).map(String::as_str).unwrap_or_default();
    let approval_id = ApprovalId::parse(asked("approval")).ok();
    let keys: Vec<_> = approval_id.map(Key::Approval).into_iter().collect();
    let visit = Visit::at_a_glance(context, request, &keys).await?;
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let waiting = approvals::first_waiting(&visit.ports, &permit, None, LOOKED_AT).await?;
    let (now, session) = (visit.ports.now(), &visit.session);
    let voter = Voter { member_id: session.member_id, role: session.role };
    let mine = queue::mine(&waiting, &voter, visit.may_decide(), now).count();
    let since = asked("since").parse().ok().and_then(|at| Timestamp::from_millisecond(at).ok());
    let said = match (approval_id, since) {
        (Some(id), _) => said_of(&visit, &permit, id, asked("seen")).await?,
        (None, Some(since)) => new_in(&waiting, since, asked("seen")),
        (None, None) => String::new(),
    };
    let event = json!({
        "mine": short_count(mine, waiting.complete),
        "waiting": waiting.items.len(),
        "version": version_of(&waiting),
        "said": said,
    });
    Ok(guard::events(format!("retry: {RETRY}\nevent: queue\ndata: {event}\n\n")))
}

/// At most three characters: the page keeps room for no more (`.badge` in `style.css`). There may be more where not all was looked at.
fn short_count(count: usize, complete: bool) -> String {
    match (count, complete) {
        (100.., _) => "99+".to_owned(),
        (1.., false) => format!("{count}+"),
        _ => count.to_string(),
    }
}

/// What is new in the list since a page of it was made.
fn new_in(waiting: &Waiting, since: Timestamp, seen: &str) -> String {
    if version_of(waiting) == seen {
        return String::new();
    }
    let is_new = |approval: &&Approval| approval.id.at() > since;
    match waiting.items.iter().filter(is_new).count() {
        0 => "The list has changed.".to_owned(),
        1 => "1 new mail waits.".to_owned(),
        n => format!("{} wait.", count(n, "new mail", "new mails")),
    }
}

/// What became of a mail since its page was made, and by whom.
async fn said_of(
    visit: &Visit,
    permit: &Permit<scope::ApprovalsRead>,
    id: ApprovalId,
    seen: &str,
) -> Result<String, Refusal> {
    let now = visit.ports.now();
    let approval = match approvals::look_up(&visit.ports, permit, id).await {
        Ok(approval) => approval,
        Err(Refusal::NotFound(_)) => return Ok(String::new()),
        Err(refusal) => return Err(refusal),
    };
    if version(&approval, now) == seen {
        return Ok(String::new());
    }
    let members = members::list(&visit.ports, permit).await?;
    let names = Names::new(Some(visit.session.member_id), &members);
    Ok(became(&approval, &names, now))
}

fn became(approval: &Approval, names: &Names, now: Timestamp) -> String {
    match &approval.decision {
        Decision::Pending if approval.status(now) == "expired" => expired(),
        Decision::Pending => "Somebody\u{2019}s vote changed meanwhile.".to_owned(),
        Decision::Approved { by: Some(by), .. } => {
            format!("Approved by {} meanwhile.", names.member(*by).short)
        }
        Decision::Approved { by: None, .. } => "Approved meanwhile.".to_owned(),
        Decision::Rejected { by, .. } => {
            format!("Rejected by {} meanwhile: it is never sent.", names.member(*by).short)
        }
        Decision::Expired { .. } => expired(),
        Decision::Cancelled { by, .. } => {
            format!("Cancelled by {} meanwhile: it is never sent.", names.doer(by).short)
        }
        Decision::Superseded { by, .. } => {
            format!("Edited by {} meanwhile: the edited mail waits in its place.", names.member(*by).short)
        }
    }
}

fn expired() -> String {
    "It expired meanwhile: it is never sent.".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_fits_into_its_place_and_says_where_there_may_be_more() {
        let shown = [
            (0, true),
            (0, false),
            (7, true),
            (7, false),
            (99, true),
            (99, false),
            (100, true),
            (5_000, false),
        ];
        let shown = shown.map(|(count, complete)| short_count(count, complete));
        assert_eq!(shown, ["0", "0", "7", "7+", "99", "99+", "99+", "99+"]);
    }
}
