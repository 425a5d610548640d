//! `/console/policies/new` and `/console/policies/{policy_id}`: a policy from a template or from nothing, filled in rule by rule, read as
//! sentences before it is saved. Each button of the form brings the whole form back, so that it works without a script.

use app::Refusal;
use app::base::enter::Once;
use app::base::store::Key;
use app::gate::policies;
use askama::Template;
use domain::PolicyId;
use domain::base::code::Code;
use domain::gate::policy::{Policy, PolicyContent};
use domain::people::access::scope;
use runtime::http::{Request, Response};
use serde_json::Value;

use super::policies::{POLICIES, Rule, differences, rules, sources};
use super::policy_form::{Faults, FormView, KINDS, Kind, PolicyForm};
use super::{conflict, render};
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{Back, Get, Page};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Doer, Moment, visible};

/// A new one, and one that there is.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/policies/new",
        get: Get::Page(|context, request, _| Box::pin(blank(context, request))),
        post: Some(|context, request, _| Box::pin(make(context, request))),
        back: Back::Here(&[]),
        ..POLICIES
    },
    Page {
        path: "/policies/{policy_id}",
        get: Get::Page(|context, request, at| {
            Box::pin(async move { open(context, request, at.id()?).await })
        }),
        post: Some(|context, request, at| Box::pin(async move { save(context, request, at.id()?).await })),
        back: Back::Here(&[]),
        ..POLICIES
    },
];

#[derive(Template)]
#[template(path = "policy_new.html")]
struct GalleryPage {
    shell: Shell,
    templates: Vec<Start>,
}

/// A template to start from.
struct Start {
    address: String,
    title: String,
    about: String,
    change: String,
    rules: Vec<Rule>,
}

#[derive(Template)]
#[template(path = "policy_edit.html")]
struct EditPage {
    shell: Shell,
    csrf: String,
    /// Where the form is sent.
    action: String,
    /// The policy; empty for a new one.
    id: String,
    title: String,
    notice: &'static str,
    alert: String,
    form: FormView,
    /// What it says as it is filled in; empty where something is wrong.
    rules: Vec<Rule>,
    /// What somebody else saved meanwhile.
    meanwhile: Option<Meanwhile>,
    kinds: &'static [Kind],
}

/// What somebody else saved while this was filled in.
struct Meanwhile {
    by: Doer,
    at: Moment,
    version: u64,
    /// What it says now, compared with what this form would make it say: what is marked as gone is theirs, what is new is of this form.
    rules: Vec<Rule>,
}

/// What is said on the page beside the form.
#[derive(Default)]
struct Said {
    notice: &'static str,
    alert: String,
    faults: Faults,
    meanwhile: Option<Policy>,
}

/// The templates as they are written: their ids, and what the API is told.
fn gallery() -> Vec<Value> {
    let all = serde_json::to_value(wire::gate::templates::templates()).unwrap_or_default();
    all["data"].as_array().cloned().unwrap_or_default()
}

/// What a template makes.
fn of_template(template: &Value) -> Result<PolicyContent, Refusal> {
    wire::gate::policies::content(template["policy"].to_string().as_bytes())
}

/// The templates; or the form, with one of them or with nothing.
async fn blank(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Policies]).await?;
    visit.principal.permit::<scope::PoliciesManage>()?;
    let all = gallery();
    if let Some(wanted) = request.query.get("template") {
        let found = all.iter().find(|one| one["id"].as_str() == Some(wanted));
        let form = match found {
            Some(template) => PolicyForm::of(&of_template(template)?, 0),
            None => PolicyForm::blank(),
        };
        return page(&visit, 200, None, &form, Said::default()).await;
    }
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let mut templates = vec![];
    for one in &all {
        templates.push(Start {
            address: format!("{}/new?template={}", route::POLICIES, text(one, "id")),
            title: text(one, "title"),
            about: text(one, "about"),
            change: text(one, "change"),
            rules: rules(&of_template(one)?, &super::policies::Called::new()),
        });
    }
    let shell = Frame::of(&visit).await?.shell;
    Ok(guard::html(200, render(&GalleryPage { shell, templates })?))
}

/// The form of a policy as it is, or as an old version was.
async fn open(context: &Context, request: &Request, id: PolicyId) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Policies]).await?;
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let policy = policies::get(&visit.ports, &permit, id).await?;
    let mut form = PolicyForm::of(&policy.content, policy.version);
    let mut notice = match request.query.get("notice").map(String::as_str) {
        Some("saved") => "It is saved, and counts from the next mail on.",
        _ => "",
    };
    if let Some(wanted) = request.query.get("version").and_then(|version| version.parse::<u64>().ok()) {
        let history = policies::history(&visit.ports, &permit, id).await?;
        if let Some(former) = history.former.iter().find(|one| one.version == wanted) {
            form = PolicyForm::of(&former.content, policy.version);
            notice = match request.query.get("notice").map(String::as_str) {
                Some("look") => {
                    "Something that this version names is not there any more, or too few can give the votes that it asks for: it was not \
                     restored. Here it is to be changed."
                }
                _ => "This is what an old version said. It counts once it is saved.",
            };
        }
    }
    page(&visit, 200, Some(id), &form, Said { notice, ..Said::default() }).await
}

async fn page(
    visit: &Visit,
    status: u16,
    id: Option<PolicyId>,
    form: &PolicyForm,
    said: Said,
) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let frame = Frame::of(visit).await?;
    let sources = Box::pin(sources(visit, &frame)).await?;
    let content = form.content();
    let read = content.as_ref().ok();
    let known: Vec<_> = read.into_iter().chain(said.meanwhile.iter().map(|policy| &policy.content)).collect();
    let called = policies::names(&visit.ports, &permit, &known).await?;
    let now = visit.ports.now();
    let meanwhile = said.meanwhile.as_ref().map(|policy| {
        let theirs = rules(&policy.content, &called);
        Meanwhile {
            by: frame.names.doer(&policy.updated_by),
            at: Moment::new(policy.updated_at, now),
            version: policy.version,
            rules: match read {
                Some(own) => differences(theirs, rules(own, &called)),
                None => theirs,
            },
        }
    });
    let shown = form.view(&sources, said.faults);
    let name = visible(&shown.name);
    let page = EditPage {
        csrf: visit.session.form_token(),
        action: id
            .map_or_else(|| format!("{}/new", route::POLICIES), |id| format!("{}/{id}", route::POLICIES)),
        id: id.map(|id| id.to_string()).unwrap_or_default(),
        title: match id {
            None => "Make a policy".to_owned(),
            Some(_) if name.is_empty() => "Change a policy".to_owned(),
            Some(_) => format!("Change {name}"),
        },
        notice: said.notice,
        alert: said.alert,
        form: shown,
        rules: read.map(|content| rules(content, &called)).unwrap_or_default(),
        meanwhile,
        kinds: KINDS,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// The form after one of its buttons that doesn't save. What is to be tried on mail is sent on, as it was sent here, to the function that
/// reads mail.
async fn pressed(
    visit: &Visit,
    id: Option<PolicyId>,
    mut typed: PolicyForm,
    form: &Form,
    button: &str,
) -> Result<Response, Refusal> {
    typed.press(button, form);
    // To look at it, or to try it, is what asks what is wrong.
    let asks = ["check", "try"].contains(&button);
    let faults = if asks { typed.content().err().unwrap_or_default() } else { Faults::default() };
    if button == "try" && !faults.any() {
        // A 307 keeps method and body (RFC 9110, 15.4.8).
        return Ok(guard::html(307, String::new()).header("location", "/console/simulate"));
    }
    let status = if faults.any() { 422 } else { 200 };
    page(visit, status, id, &typed, Said { faults, ..Said::default() }).await
}

/// Makes one.
async fn make(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[Key::Policies]).await?;
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let typed = PolicyForm::typed(&form);
    let button = form.field("do");
    if button != "save" {
        return pressed(&visit, None, typed, &form, button).await;
    }
    let content = match typed.content() {
        Ok(content) => content,
        Err(faults) => return page(&visit, 422, None, &typed, Said { faults, ..Said::default() }).await,
    };
    let saved = |_: &Policy| (201, String::new());
    match policies::create(&visit.ports, &permit, content, &Once::default(), saved).await {
        Ok(_) => Ok(guard::see_other(&format!("{}?notice=made", route::POLICIES))),
        Err(refusal) => refused(&visit, None, &typed, refusal).await,
    }
}

/// What the rules of the API say of it stands beside its field; nothing that was typed is lost.
async fn refused(
    visit: &Visit,
    id: Option<PolicyId>,
    typed: &PolicyForm,
    refusal: Refusal,
) -> Result<Response, Refusal> {
    if let Refusal::Invalid(errors) = &refusal {
        let faults = Faults::of(errors);
        return page(visit, 422, id, typed, Said { faults, ..Said::default() }).await;
    }
    let Some(alert) = conflict(&refusal) else { return Err(refusal) };
    page(visit, 409, id, typed, Said { alert, ..Said::default() }).await
}

/// Saves a change, where nobody changed it meanwhile.
async fn save(context: &Context, request: &Request, id: PolicyId) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[Key::Policies]).await?;
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let mut typed = PolicyForm::typed(&form);
    let button = form.field("do");
    if button != "save" {
        return pressed(&visit, Some(id), typed, &form, button).await;
    }
    let content = match typed.content() {
        Ok(content) => content,
        Err(faults) => return page(&visit, 422, Some(id), &typed, Said { faults, ..Said::default() }).await,
    };
    let done = policies::replace(&visit.ports, &permit, id, typed.version, content).await;
    let Err(refusal) = done else {
        return Ok(guard::see_other(&format!("{}/{id}?notice=saved", route::POLICIES)));
    };
    if matches!(refusal, Refusal::NotFound(_)) {
        let alert = "Nothing was saved: somebody deleted this policy meanwhile. What you filled in is here still; to save it makes it again, \
                     as a new policy.";
        return page(&visit, 409, None, &typed, Said { alert: alert.to_owned(), ..Said::default() }).await;
    }
    if refusal.code() != Code::PolicyChanged {
        return refused(&visit, Some(id), &typed, refusal).await;
    }
    let meanwhile = policies::current(&visit.ports, &permit, id).await?;
    typed.version = meanwhile.version;
    page(&visit, 409, Some(id), &typed, Said { meanwhile: Some(meanwhile), ..Said::default() }).await
}
