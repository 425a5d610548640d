//! `/console/standing-approvals`: mails that were approved ahead, and ending that.

use app::Refusal;
use app::gate::standing;
use askama::Template;
use domain::gate::standing::{StandingApproval, Target};
use domain::people::access::{Scope, scope};
use domain::{StandingApprovalId, Timestamp};
use futures_util::future::try_join;
use runtime::http::{Request, Response};

use super::{older, render};
use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Doer, Moment, Names, visible};

/// The list, and the form that ends one.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: LIST,
        trust: Trust::Decide,
        audience: Audience::With(Scope::ApprovalsRead),
        menu: Menu::Daily(30, "Standing approvals"),
        get: Get::Page(|context, request, _| Box::pin(show(context, request))),
        back: Back::Here(&[]),
        ..Page::NEW
    },
    Page {
        path: "/standing-approvals/{standing_approval_id}/revoke",
        trust: Trust::Decide,
        audience: Audience::With(Scope::ApprovalsDecide),
        get: Get::To(LIST),
        post: Some(|context, request, at| Box::pin(async move { revoke(context, request, at.id()?).await })),
        back: Back::To(LIST),
        ..Page::NEW
    },
];

const LIST: &str = "/standing-approvals";

#[derive(Template)]
#[template(path = "standing.html")]
struct StandingPage {
    shell: Shell,
    notice: &'static str,
    csrf: String,
    rows: Vec<Row>,
    older: Option<String>,
}

struct Row {
    /// What it covers, before the address.
    covers: &'static str,
    what: String,
    used: u32,
    budget: u32,
    expires: Moment,
    by: Doer,
    at: Moment,
    /// Why it holds no more; empty where it holds.
    ended: String,
    /// Where it is ended.
    revoke: Option<String>,
}

impl Row {
    fn new(one: &StandingApproval, names: &Names, may_decide: bool, now: Timestamp) -> Self {
        let (covers, what) = match &one.target {
            Target::Thread(id) => ("Answers in the conversation", id.to_string()),
            Target::Recipient(address) => ("Mails to", visible(address.as_str())),
            Target::Domain(domain) => ("Mails to everybody at", visible(domain)),
        };
        let ended = match one.revoked_at {
            Some(at) => format!("Revoked {}", Moment::new(at, now).relative),
            None if now >= one.expires_at => "Its time is over".to_owned(),
            None if one.used >= one.budget => "Used up".to_owned(),
            None => String::new(),
        };
        Self {
            covers,
            what,
            used: one.used,
            budget: one.budget,
            expires: Moment::new(one.expires_at, now),
            by: names.member(one.made_by.member_id),
            at: Moment::new(one.created_at, now),
            // One that is used up is still behind mails that have not gone out: it can be revoked until it ends.
            revoke: (may_decide && one.revoked_at.is_none())
                .then(|| format!("{}/{}/revoke", route::STANDING, one.id)),
            ended,
        }
    }
}

/// The list.
pub(super) async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let page = request.page()?;
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let (frame, found) = try_join(Frame::of(&visit), standing::list(&visit.ports, &permit, &page)).await?;
    let now = visit.ports.now();
    let row = |one: &StandingApproval| Row::new(one, &frame.names, visit.may_decide(), now);
    let notice = match request.query.get("notice").map(String::as_str) {
        Some("made") => {
            "It holds for the next mails: each of them counts as your vote, as long as that would count."
        }
        Some("revoked") => "It is revoked. Mails that it let go and that are not sent yet are cancelled.",
        _ => "",
    };
    let page = StandingPage {
        notice,
        csrf: visit.session.form_token(),
        rows: found.items.iter().map(row).collect(),
        older: older(route::STANDING, found.next),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

/// Ends one.
pub(super) async fn revoke(
    context: &Context,
    request: &Request,
    id: StandingApprovalId,
) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::ApprovalsDecide>()?;
    standing::revoke(&visit.ports, &permit, id).await?;
    Ok(guard::see_other(&format!("{}?notice=revoked", route::STANDING)))
}
