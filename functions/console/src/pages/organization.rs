//! `/console/organization`: what the organization is called, and how many mails a day it may ask for.

use app::Refusal;
use app::base::store::Key;
use app::people::organization;
use askama::Template;
use domain::people::access::{Scope, scope};
use runtime::http::{Request, Response};
use serde_json::json;

use super::{number, render};
use crate::Context;
use crate::fields::Wrong;
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page};
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::Moment;

/// The page and its form.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/organization",
    audience: Audience::With(Scope::PoliciesManage),
    menu: Menu::Setting(85, "Organization"),
    get: Get::Page(|context, request, _| Box::pin(show(context, request))),
    post: Some(|context, request, _| Box::pin(change(context, request))),
    back: Back::Here(&[]),
    ..Page::NEW
}];

#[derive(Template)]
#[template(path = "organization.html")]
struct OrganizationPage {
    shell: Shell,
    notice: &'static str,
    csrf: String,
    wrong: Wrong,
    id: String,
    made: Moment,
    name: String,
    sends_per_day: String,
}

async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Organization]).await?;
    visit.principal.permit::<scope::PoliciesManage>()?;
    let saved = request.query.get("notice").is_some_and(|notice| notice == "saved");
    page(&visit, 200, if saved { "It is saved." } else { "" }, Wrong::default(), None).await
}

async fn page(
    visit: &Visit,
    status: u16,
    notice: &'static str,
    wrong: Wrong,
    typed: Option<(String, String)>,
) -> Result<Response, Refusal> {
    let frame = Frame::of(visit).await?;
    let organization = &frame.me.organization;
    let limit = organization.sends_per_day.map(|limit| limit.get().to_string()).unwrap_or_default();
    let (name, sends_per_day) = typed.unwrap_or_else(|| (organization.name.clone(), limit));
    let page = OrganizationPage {
        notice,
        csrf: visit.session.form_token(),
        wrong,
        id: organization.id.to_string(),
        made: Moment::new(organization.created_at, visit.ports.now()),
        name,
        sends_per_day,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

async fn change(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[Key::Organization]).await?;
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let typed = (form.field("name").to_owned(), form.field("sends_per_day").trim().to_owned());
    let body = json!({ "name": typed.0.trim(), "sends_per_day": number(&typed.1) }).to_string();
    let changed = async {
        let amendment = wire::people::organization::update(body.as_bytes())?;
        organization::amend(&visit.ports, &permit, amendment).await
    };
    match changed.await {
        Ok(_) => Ok(guard::see_other("/console/organization?notice=saved")),
        Err(Refusal::Invalid(errors)) => page(&visit, 422, "", Wrong::new(&errors), Some(typed)).await,
        Err(refusal) => Err(refusal),
    }
}
