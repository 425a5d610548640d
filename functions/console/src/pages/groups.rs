//! `/console/people/groups/{group_id}`: one group: its name, who belongs to it, and which rules ask it for votes.

use std::collections::BTreeSet;

use app::Refusal;
use app::base::store::Key;
use app::gate::groups::{self, Warning};
use app::gate::policies;
use askama::Template;
use domain::GroupId;
use domain::base::code::Code;
use domain::gate::group::Group;
use domain::gate::policy::{Outcome, PolicyBook};
use domain::people::access::{Scope, scope};
use futures_util::future::try_join;
use runtime::http::{Request, Response};
use serde_json::json;

use super::policies::Called;
use super::{conflict, render};
use crate::Context;
use crate::fields::Wrong;
use crate::guard::{self, Form};
use crate::page::{Audience, Back, Get, Page};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Doer, Moment, visible};

/// The page of one group.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/people/groups/{group_id}",
    audience: Audience::With(Scope::PoliciesManage),
    get: Get::Page(|context, request, at| Box::pin(async move { show(context, request, at.id()?).await })),
    post: Some(|context, request, at| Box::pin(async move { change(context, request, at.id()?).await })),
    back: Back::Here(&[]),
    ..Page::NEW
}];

#[derive(Template)]
#[template(path = "group.html")]
struct GroupPage {
    shell: Shell,
    csrf: String,
    notice: &'static str,
    alert: String,
    id: String,
    /// What it is called now.
    name: String,
    /// What was typed.
    typed: String,
    version: u64,
    at: Moment,
    by: Doer,
    members: Vec<Choice>,
    wrong: Wrong,
    /// The rules that ask it.
    uses: Vec<Use>,
    /// Rules that too few can meet since it was changed.
    warnings: Vec<String>,
}

struct Choice {
    id: String,
    email: String,
    role: &'static str,
    checked: bool,
}

/// A rule that asks a group for votes.
struct Use {
    address: String,
    policy: String,
    sentence: String,
    off: bool,
}

/// What somebody typed.
struct Typed {
    name: String,
    members: BTreeSet<String>,
}

/// What is said on the page beside the group.
#[derive(Default)]
struct Said {
    notice: &'static str,
    alert: String,
    wrong: Wrong,
    typed: Option<Typed>,
    warnings: Vec<Warning>,
}

async fn show(context: &Context, request: &Request, id: GroupId) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Policies]).await?;
    let notice = match request.query.get("notice").map(String::as_str) {
        Some("changed") => "It is changed. Mail that waits already asks whom it asked.",
        _ => "",
    };
    page(&visit, 200, id, Said { notice, ..Said::default() }).await
}

/// The rules that ask this group for votes.
fn uses(book: &PolicyBook, group: &Group, called: &Called) -> Vec<Use> {
    let name = |named: &domain::gate::policy::Named| called.get(named).cloned();
    let mut all = vec![];
    for policy in &book.policies {
        for rule in &policy.content.rules {
            let Outcome::Hold(terms) = &rule.outcome else { continue };
            if terms.requirements.iter().any(|one| one.groups.contains(&group.name)) {
                all.push(Use {
                    address: format!("{}/{}", route::POLICIES, policy.id),
                    policy: visible(&policy.content.name),
                    sentence: visible(&rule.sentence(&name)),
                    off: !policy.content.enabled,
                });
            }
        }
    }
    all
}

async fn page(visit: &Visit, status: u16, id: GroupId, said: Said) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let (frame, book) = try_join(Frame::of(visit), policies::book(&visit.ports, &permit)).await?;
    let group = book.group(id).cloned().ok_or(Refusal::NotFound("group"))?;
    let asking: Vec<_> = book
        .policies
        .iter()
        .map(|policy| &policy.content)
        .filter(|content| content.asks(&group.name))
        .collect();
    let called = policies::names(&visit.ports, &permit, &asking).await?;
    let typed = said.typed.unwrap_or_else(|| Typed {
        name: group.name.to_string(),
        members: group.members.iter().map(ToString::to_string).collect(),
    });
    let member = |member: &domain::people::organization::Member| Choice {
        id: member.id.to_string(),
        email: visible(member.email.as_str()),
        role: member.role.as_str(),
        checked: typed.members.contains(&member.id.to_string()),
    };
    let warning = |one: &Warning| {
        let policy = book.get(one.policy_id).map(|policy| visible(&policy.content.name)).unwrap_or_default();
        format!("{policy}, rule {}: {}.", one.rule + 1, one.message)
    };
    let page = GroupPage {
        csrf: visit.session.form_token(),
        notice: said.notice,
        alert: said.alert,
        id: id.to_string(),
        name: group.name.to_string(),
        members: frame.members.iter().map(member).collect(),
        typed: typed.name,
        version: group.version,
        at: Moment::new(group.updated_at, visit.ports.now()),
        by: frame.names.doer(&group.updated_by),
        wrong: said.wrong,
        uses: uses(&book, &group, &called),
        warnings: said.warnings.iter().map(warning).collect(),
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// Gives it another name, or other members.
async fn change(context: &Context, request: &Request, id: GroupId) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[Key::Policies]).await?;
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let typed = typed(&form);
    let body = json!({"name": typed.name, "member_ids": typed.members});
    let seen = form.field("version").parse().ok();
    let changed = async {
        let change = wire::gate::groups::change(body.to_string().as_bytes())?;
        groups::update(&visit.ports, &permit, id, seen, change).await
    };
    let refusal = match changed.await {
        Ok(changed) if changed.warnings.is_empty() => {
            return Ok(guard::see_other(&format!("{}/groups/{id}?notice=changed", route::PEOPLE)));
        }
        Ok(changed) => {
            let notice = "It is changed. Mail that waits already asks whom it asked.";
            return page(&visit, 200, id, Said { notice, warnings: changed.warnings, ..Said::default() })
                .await;
        }
        Err(refusal) => refusal,
    };
    let (status, alert, wrong) = match &refusal {
        Refusal::Invalid(errors) => (422, String::new(), Wrong::new(errors)),
        _ if refusal.code() == Code::RevisionMismatch => {
            let alert = "Nothing was saved: somebody changed this group meanwhile. What you filled in is here still: to save again puts it in \
                         the place of theirs.";
            (409, alert.to_owned(), Wrong::default())
        }
        _ => match conflict(&refusal) {
            Some(alert) => (409, alert, Wrong::default()),
            None => return Err(refusal),
        },
    };
    page(&visit, status, id, Said { alert, wrong, typed: Some(typed), ..Said::default() }).await
}

fn typed(form: &Form) -> Typed {
    Typed {
        name: form.field("name").trim().to_owned(),
        members: form.checked("member-").into_iter().map(str::to_owned).collect(),
    }
}
