//! One file for each page.

mod accounts;
mod act;
mod approval;
mod attachment;
mod audit;
mod compose;
mod decide;
mod docs;
mod domains;
mod drafts;
mod edit;
mod email;
mod gate;
mod groups;
mod held;
mod inboxes;
mod invitation;
mod link;
mod lists;
mod live;
mod mail;
mod notifications;
mod openid;
mod organization;
mod passkeys;
mod pause;
mod people;
mod policies;
mod policy_edit;
mod policy_form;
mod preview;
mod problem;
mod prove;
mod queue;
mod receipts;
mod requests;
mod reset;
mod scheduled;
mod security;
mod settings;
mod setup;
mod sign_in;
mod sign_in_code;
mod sign_out;
mod sign_up;
mod signer;
mod signing_keys;
mod simulate;
mod standing;
mod style;
mod tokens;
mod unsettled;
mod upload_approve;
mod uploads;
mod usage;
mod webhooks;
mod writing;

use app::Refusal;
use askama::Template;
use domain::base::code::{Class, Code};
use runtime::http::{Request, Response};
use serde_json::{Value, json};

use crate::Context;
use crate::guard;
use crate::page::{Audience, Page, Trust};
use crate::route;
use crate::visit::{has_cookie, no_cookie};
use crate::words::encode;

/// What each file declares.
pub(crate) const ALL: &[&[Page]] = &[
    act::PAGES,
    approval::PAGES,
    attachment::PAGES,
    audit::PAGES,
    compose::PAGES,
    decide::PAGES,
    docs::PAGES,
    domains::PAGES,
    drafts::PAGES,
    edit::PAGES,
    groups::PAGES,
    email::PAGES,
    held::PAGES,
    invitation::PAGES,
    inboxes::PAGES,
    link::PAGES,
    lists::PAGES,
    live::PAGES,
    notifications::PAGES,
    openid::PAGES,
    organization::PAGES,
    passkeys::PAGES,
    pause::PAGES,
    people::PAGES,
    policies::PAGES,
    prove::PAGES,
    policy_edit::PAGES,
    preview::PAGES,
    queue::PAGES,
    receipts::PAGES,
    requests::PAGES,
    reset::PAGES,
    scheduled::PAGES,
    settings::PAGES,
    setup::PAGES,
    security::PAGES,
    sign_in::PAGES,
    sign_in_code::PAGES,
    sign_out::PAGES,
    simulate::PAGES,
    sign_up::PAGES,
    signing_keys::PAGES,
    standing::PAGES,
    style::PAGES,
    tokens::PAGES,
    unsettled::PAGES,
    upload_approve::PAGES,
    uploads::PAGES,
    usage::PAGES,
    webhooks::PAGES,
    accounts::PAGES,
];

/// Answers a request to one of the console's functions with a page, whatever happens.
pub(crate) async fn answer(context: &Context, request: &Request) -> Response {
    // What the gateway brings here is what this function may show.
    let found = Page::find(&request.path).filter(|(page, _)| page.trust == context.trust);
    let Some((page, at)) = found else {
        return problem::inside(&Refusal::NotFound("page"), context, request).await;
    };
    let response = match page.answer(context, request, at).await {
        Some(Ok(response)) => response,
        None => problem::method(request).header("allow", page.methods()),
        Some(Err(refusal)) if refusal.class() == Class::Unauthenticated => {
            let sign_in = route::sign_in(&wanted(request));
            // Whoever sent a form is told that nothing came of it.
            let lost = request.method == "POST" && has_cookie(request);
            let join = if sign_in.contains('?') { '&' } else { '?' };
            let sign_in = if lost { format!("{sign_in}{join}notice=ended") } else { sign_in };
            let response = guard::see_other(&sign_in);
            // Only a cookie that was shown is removed: without one this may be a request that another site sent.
            if has_cookie(request) { response.cookie(no_cookie()) } else { response }
        }
        // It is done once they showed that it is them: what they sent is carried there.
        Some(Err(refusal)) if refusal.code() == Code::ProofNeeded => {
            match prove::wanted(context, request).await {
                Ok(response) => response,
                Err(refusal) => problem::inside(&refusal, context, request).await,
            }
        }
        Some(Err(refusal)) if page.audience == Audience::Secret => problem::page(&refusal, request, context),
        Some(Err(refusal)) => problem::inside(&refusal, context, request).await,
    };
    if page.audience == Audience::Secret { guard::private(response) } else { response }
}

/// What was asked for, as its address says it: what of it is kept is the page's to say.
fn wanted(request: &Request) -> String {
    let query: Vec<_> =
        request.query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    format!("{}?{}", request.path, query.join("&"))
}

/// The paths of the gateway below `/console` that lead to another function than [`crate::MANAGE`], and that function's trust.
pub(crate) fn rooms() -> Vec<(&'static str, Trust)> {
    let mut rooms: Vec<_> = Page::all().map(|page| (page.room(), page.trust)).collect();
    rooms.retain(|(_, trust)| *trust != Trust::Manage);
    rooms.sort_unstable();
    rooms.dedup();
    rooms
}

/// Writes a page down.
fn render(page: &impl Template) -> Result<String, Refusal> {
    page.render().map_err(|error| Refusal::Internal(format!("template: {error}")))
}

/// What stands in the way, where it is something that a person can take out of it.
fn conflict(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::Because { code, message, .. } if code.class() == Class::Conflict => {
            Some(format!("Nothing was done: {message}."))
        }
        _ => None,
    }
}

/// A number as it was typed, for the rules of the API; none for an empty field. What is none goes as text: the rules say what would be one.
fn number(typed: &str) -> Option<Value> {
    let typed = typed.trim();
    (!typed.is_empty()).then(|| typed.parse::<u64>().map_or_else(|_| json!(typed), |number| json!(number)))
}

/// The address of the next page of a list.
fn older(here: &str, cursor: Option<String>) -> Option<String> {
    let join = if here.contains('?') { '&' } else { '?' };
    cursor.map(|cursor| format!("{here}{join}cursor={}", encode(&cursor)))
}
