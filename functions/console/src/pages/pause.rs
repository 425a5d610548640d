//! `/console/pause`: pausing all mail of the organization.

use app::Refusal;
use app::base::store::PageRequest;
use app::gate::pause::{self, Covered};
use askama::Template;
use domain::MessageId;
use domain::base::code::{Class, Code};
use domain::base::id::Id as _;
use domain::mailbox::message::Message;
use domain::people::access::{Scope, scope};
use futures_util::future::try_join;
use runtime::http::{Request, Response};

use super::render;
use super::unsettled::Mail;
use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::count;

/// The brake, and the form that releases it.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: BRAKE,
        trust: Trust::Decide,
        audience: Audience::With(Scope::MessagesRead),
        menu: Menu::Brake,
        get: Get::Page(|context, request, _| Box::pin(show(context, request))),
        post: Some(|context, request, _| Box::pin(pull(context, request))),
        back: Back::Here(&[]),
    },
    Page {
        path: "/resume",
        trust: Trust::Decide,
        audience: Audience::With(Scope::PoliciesManage),
        get: Get::To(BRAKE),
        post: Some(|context, request, _| Box::pin(release(context, request))),
        back: Back::To(BRAKE),
        ..Page::NEW
    },
];

const BRAKE: &str = "/pause";

/// Longest reason, in characters.
const MAX_REASON: usize = 500;
/// Mails that the page lists.
const LISTED: u16 = 100;

#[derive(Template)]
#[template(path = "pause.html")]
struct PausePage {
    shell: Shell,
    alert: String,
    notice: &'static str,
    csrf: String,
    /// Whether the reader may pause all mail.
    may_pull: bool,
    /// Whether they may release it.
    may_release: bool,
    /// What was typed and not taken.
    reason: String,
    waiting: Vec<Mail>,
    /// How many they are, in words.
    waiting_count: String,
    /// Whether there are more than the page lists.
    more: bool,
}

/// Whether mail is paused, and what waits.
pub(super) async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let notice = request.query.get("notice").map(String::as_str).unwrap_or_default();
    page(&visit, 200, notice, String::new(), String::new()).await
}

async fn page(
    visit: &Visit,
    status: u16,
    notice: &str,
    alert: String,
    reason: String,
) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let first = PageRequest { limit: LISTED, cursor: None };
    let waiting = pause::waiting(&visit.ports, &permit, Covered::Organization, &first);
    let (frame, waiting) = try_join(Frame::of(visit), waiting).await?;
    let now = visit.ports.now();
    let mail = |message: &Message| Mail::new(message, now);
    let notice = match (notice, &frame.shell.paused) {
        ("paused", Some(_)) => "Mail is paused.",
        ("resumed", None) => "Mail goes out again. What was due goes out now.",
        _ => "",
    };
    let page = PausePage {
        alert,
        notice,
        csrf: visit.session.form_token(),
        may_pull: visit.may_decide(),
        may_release: visit.principal.scopes.contains(&Scope::PoliciesManage),
        reason,
        waiting_count: count(waiting.items.len(), "mail", "mails"),
        waiting: waiting.items.iter().filter_map(mail).collect(),
        more: waiting.next.is_some(),
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// Pulls it.
pub(super) async fn pull(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::ApprovalsDecide>()?;
    let reason = form.text("reason");
    if reason.chars().count() > MAX_REASON {
        let alert = "The reason is longer than 500 characters, so nothing was paused: shorten it.".to_owned();
        return page(&visit, 422, "", alert, reason).await;
    }
    pause::pause(&visit.ports, &permit, Covered::Organization, &reason).await?;
    Ok(guard::see_other(&format!("{}?notice=paused", route::PAUSE)))
}

/// Releases it, without the mails that are checked.
pub(super) async fn release(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let reading = visit.principal.permit::<scope::MessagesRead>()?;
    let drop: Result<Vec<_>, _> = form.checked("drop-").into_iter().map(MessageId::parse).collect();
    let drop = drop.map_err(|error| Refusal::field("drop", Code::InvalidId, error))?;
    if drop.len() > pause::MAX_DROPPED {
        return Err(Refusal::field("drop", Code::TooMany, "too many at once"));
    }
    match pause::resume(
        &visit.ports,
        visit.powers.workflow()?,
        &permit,
        &reading,
        Covered::Organization,
        &drop,
    )
    .await
    {
        Ok(_) => Ok(guard::see_other(&format!("{}?notice=resumed", route::PAUSE))),
        Err(refusal) if refusal.class() == Class::Conflict => {
            let alert = "Some of what you wanted to drop does not wait here any more, so nothing was let go. Look at \
                         the list again."
                .to_owned();
            page(&visit, 409, "", alert, String::new()).await
        }
        Err(refusal) => Err(refusal),
    }
}
