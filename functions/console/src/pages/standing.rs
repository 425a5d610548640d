//! `/console/standing-approvals`: mails that were approved ahead, approving some more, and ending that.

use std::collections::BTreeMap;

use app::Refusal;
use app::base::enter::Once;
use app::base::store::PageRequest;
use app::gate::standing;
use askama::Template;
use domain::gate::standing::{StandingApproval, Target};
use domain::people::access::{Scope, scope};
use domain::{InboxId, StandingApprovalId, Timestamp};
use futures_util::future::{try_join, try_join3};
use runtime::http::{Request, Response};
use serde_json::json;

use super::{conflict, number, older, render};
use crate::Context;
use crate::fields::{Wrong, end_of};
use crate::guard::{self, Form};
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
        path: "/standing-approvals/new",
        trust: Trust::Decide,
        audience: Audience::With(Scope::ApprovalsDecide),
        get: Get::Page(|context, request, _| Box::pin(blank(context, request))),
        post: Some(|context, request, _| Box::pin(make(context, request))),
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
    /// Whether the reader may make and end them.
    may_decide: bool,
    older: Option<String>,
}

struct Row {
    /// What it lets go, in a sentence.
    sentence: String,
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

/// The addresses of inboxes.
type Inboxes = BTreeMap<InboxId, String>;

/// What one lets go, as a person says it.
fn sentence(one: &StandingApproval, inboxes: &Inboxes, now: Timestamp) -> String {
    let what = match &one.target {
        Target::Thread(id) => format!("in the conversation {id}"),
        Target::Recipient(address) => format!("to {} alone", visible(address.as_str())),
        Target::Domain(domain) => format!("to people at {} alone", visible(domain)),
    };
    let from = match one.inbox_id {
        None => "any inbox".to_owned(),
        Some(id) => inboxes.get(&id).map_or_else(|| id.to_string(), |address| visible(address)),
    };
    let until = Moment::new(one.expires_at, now).exact;
    match one.budget {
        1 => format!("The next mail {what}, from {from}, until {until}."),
        budget => format!("The next {budget} mails {what}, from {from}, until {until}."),
    }
}

/// The inboxes that the reader sees.
async fn inboxes(visit: &Visit) -> Result<Inboxes, Refusal> {
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let first = PageRequest { limit: 100, cursor: None };
    let found = app::mailbox::inboxes::list(&visit.ports, &permit, &first).await?;
    Ok(found.items.into_iter().map(|inbox| (inbox.id, inbox.address.to_string())).collect())
}

impl Row {
    fn new(
        one: &StandingApproval,
        names: &Names,
        inboxes: &Inboxes,
        may_decide: bool,
        now: Timestamp,
    ) -> Self {
        let ended = match one.revoked_at {
            Some(at) => format!("Revoked {}", Moment::new(at, now).relative),
            None if now >= one.expires_at => "Its time is over".to_owned(),
            None if one.used >= one.budget => "Used up".to_owned(),
            None => String::new(),
        };
        Self {
            sentence: sentence(one, inboxes, now),
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
    let list = standing::list(&visit.ports, &permit, &page);
    let (frame, found, inboxes) = Box::pin(try_join3(Frame::of(&visit), list, inboxes(&visit))).await?;
    let now = visit.ports.now();
    let row = |one: &StandingApproval| Row::new(one, &frame.names, &inboxes, visit.may_decide(), now);
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
        may_decide: visit.may_decide(),
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

#[derive(Template)]
#[template(path = "standing_new.html")]
struct NewPage {
    shell: Shell,
    csrf: String,
    wrong: Wrong,
    alert: String,
    typed: Typed,
    /// What is wrong with whom or what it is for.
    target_wrong: String,
    inboxes: Vec<(String, String)>,
}

/// What somebody typed.
#[derive(Default)]
struct Typed {
    /// `recipient`, `domain` or `thread_id`.
    what: String,
    value: String,
    inbox: String,
    budget: String,
    until: String,
}

/// What an approval ahead may be for.
const TARGETS: [&str; 3] = ["recipient", "domain", "thread_id"];

impl Typed {
    fn of(form: &Form) -> Self {
        let field = |name: &str| form.field(name).trim().to_owned();
        Self {
            what: field("what"),
            value: field("value"),
            inbox: field("inbox"),
            budget: field("budget"),
            until: field("until"),
        }
    }

    /// The same as the API is told it.
    fn body(&self) -> Vec<u8> {
        let mut body = json!({ "budget": number(&self.budget) });
        // A day that is none goes as it was typed: the rules say what would be one.
        let until = end_of(&self.until).map_or_else(|| self.until.clone(), |end| end.to_string());
        if !until.is_empty() {
            body["expires_at"] = json!(until);
        }
        if !self.inbox.is_empty() {
            body["inbox_id"] = json!(self.inbox);
        }
        if TARGETS.contains(&self.what.as_str()) && !self.value.is_empty() {
            body[&self.what] = json!(self.value);
        }
        body.to_string().into_bytes()
    }
}

/// The form; an address may fill in what it is for.
async fn blank(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    visit.principal.permit::<scope::ApprovalsDecide>()?;
    let asked = TARGETS.iter().find_map(|name| Some((*name, request.query.get(*name)?)));
    let (what, value) = asked.map_or(("recipient", String::new()), |(what, value)| (what, value.clone()));
    let value = value.chars().take(320).collect();
    let typed = Typed { what: what.to_owned(), value, budget: "5".to_owned(), ..Typed::default() };
    form(&visit, 200, typed, Wrong::default()).await
}

async fn form(visit: &Visit, status: u16, typed: Typed, wrong: Wrong) -> Result<Response, Refusal> {
    let (frame, inboxes) = Box::pin(try_join(Frame::of(visit), inboxes(visit))).await?;
    let target_wrong: Vec<_> =
        TARGETS.iter().map(|name| wrong.at(name)).filter(|said| !said.is_empty()).collect();
    let page = NewPage {
        csrf: visit.session.form_token(),
        target_wrong: target_wrong.join(" "),
        alert: wrong.beside(&["recipient", "domain", "thread_id", "inbox_id", "budget", "expires_at"]),
        wrong,
        typed,
        inboxes: inboxes.into_iter().map(|(id, address)| (id.to_string(), visible(&address))).collect(),
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// Approves mails ahead.
async fn make(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, sent) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::ApprovalsDecide>()?;
    let typed = Typed::of(&sent);
    let made = async {
        let new = wire::gate::standing_approvals::new(&typed.body())?;
        standing::create(&visit.ports, &permit, new, &Once::default(), |_| (201, String::new())).await
    };
    match made.await {
        Ok(_) => Ok(guard::see_other(&format!("{}?notice=made", route::STANDING))),
        Err(Refusal::Invalid(errors)) => form(&visit, 422, typed, Wrong::new(&errors)).await,
        Err(refusal) => match conflict(&refusal) {
            Some(sentence) => form(&visit, 409, typed, Wrong::with("", &sentence)).await,
            None => Err(refusal),
        },
    }
}
