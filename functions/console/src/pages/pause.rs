//! `/console/pause`: pausing all mail of the organization, that of an inbox, or what a token asks for.

use app::Refusal;
use app::base::store::PageRequest;
use app::gate::pause::{self, Covered};
use app::mailbox::inboxes;
use app::people::tokens;
use askama::Template;
use domain::MessageId;
use domain::base::code::{Class, Code};
use domain::base::id::Id as _;
use domain::mailbox::message::Message;
use domain::people::access::{Scope, scope};
use futures_util::future::try_join4;
use runtime::http::{Request, Response};

use super::render;
use super::unsettled::Mail;
use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page, Trust};
use crate::route;
use crate::shell::{Frame, Paused, Shell};
use crate::visit::Visit;
use crate::words::{count, visible};

/// The brake, and what is paused by itself: an inbox, or a token with what it asked for. Each with the form that ends its pause.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: BRAKE,
        menu: Menu::Brake,
        get: Get::Page(|context, request, _| Box::pin(show(context, request, Covered::Organization))),
        post: Some(|context, request, _| Box::pin(pull(context, request, Covered::Organization))),
        ..PAUSE
    },
    Page {
        path: "/resume",
        post: Some(|context, request, _| Box::pin(release(context, request, Covered::Organization))),
        get: Get::To(BRAKE),
        back: Back::To(BRAKE),
        ..RESUME
    },
    Page {
        path: INBOX,
        get: Get::Page(|context, request, at| {
            Box::pin(async move { show(context, request, Covered::Inbox(at.id()?)).await })
        }),
        post: Some(|context, request, at| {
            Box::pin(async move { pull(context, request, Covered::Inbox(at.id()?)).await })
        }),
        ..PAUSE
    },
    Page {
        path: "/resume/inboxes/{inbox_id}",
        post: Some(|context, request, at| {
            Box::pin(async move { release(context, request, Covered::Inbox(at.id()?)).await })
        }),
        get: Get::To(INBOX),
        back: Back::To(INBOX),
        ..RESUME
    },
    Page {
        path: TOKEN,
        // Whether a token is paused, whoever may pause it sees.
        audience: Audience::With(Scope::ApprovalsDecide),
        get: Get::Page(|context, request, at| {
            Box::pin(async move { show(context, request, Covered::Token(at.id()?)).await })
        }),
        post: Some(|context, request, at| {
            Box::pin(async move { pull(context, request, Covered::Token(at.id()?)).await })
        }),
        ..PAUSE
    },
    Page {
        path: "/resume/tokens/{token_id}",
        post: Some(|context, request, at| {
            Box::pin(async move { release(context, request, Covered::Token(at.id()?)).await })
        }),
        get: Get::To(TOKEN),
        back: Back::To(TOKEN),
        ..RESUME
    },
];

const PAUSE: Page = Page {
    trust: Trust::Decide,
    audience: Audience::With(Scope::MessagesRead),
    back: Back::Here(&[]),
    ..Page::NEW
};
const RESUME: Page =
    Page { trust: Trust::Decide, audience: Audience::With(Scope::PoliciesManage), ..Page::NEW };
const BRAKE: &str = "/pause";
const INBOX: &str = "/pause/inboxes/{inbox_id}";
const TOKEN: &str = "/pause/tokens/{token_id}";

/// The page of a pause, and where its end is asked for.
fn addresses(covered: Covered) -> (String, String) {
    let below = match covered {
        Covered::Organization => String::new(),
        Covered::Inbox(id) => format!("/inboxes/{id}"),
        Covered::Token(id) => format!("/tokens/{id}"),
    };
    (format!("{}{below}", route::PAUSE), format!("/console/resume{below}"))
}

/// Longest reason, in characters.
const MAX_REASON: usize = 500;
/// Mails that the page lists.
const LISTED: u16 = 100;

#[derive(Template)]
#[template(path = "pause.html")]
struct PausePage {
    shell: Shell,
    /// `organization`, `inbox` or `token`.
    kind: &'static str,
    /// What an inbox or a token is called.
    name: String,
    /// The page of the inbox or the token, where there is one.
    address: Option<String>,
    paused: Option<Paused>,
    /// Where the forms go.
    pull: String,
    release: String,
    alert: String,
    notice: &'static str,
    csrf: String,
    /// Whether the reader may pause it.
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

/// Whether it is paused, and what waits.
async fn show(context: &Context, request: &Request, covered: Covered) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let notice = request.query.get("notice").map(String::as_str).unwrap_or_default();
    page(&visit, 200, covered, notice, (String::new(), String::new())).await
}

/// What an inbox or a token is called, and where its page is, as far as the reader may see that.
async fn named(visit: &Visit, covered: Covered) -> Result<(String, Option<String>), Refusal> {
    match covered {
        Covered::Organization => Ok((String::new(), None)),
        Covered::Inbox(id) => {
            let permit = visit.principal.permit::<scope::MessagesRead>()?;
            let inbox = inboxes::get(&visit.ports, &permit, id).await?;
            Ok((visible(inbox.address.as_str()), None))
        }
        Covered::Token(id) => {
            let permit = visit.principal.permit::<scope::TokensManage>()?;
            match tokens::get(&visit.ports, &permit, id).await {
                Ok((token, _)) => Ok((visible(&token.name), Some(format!("{}/{id}", route::TOKENS)))),
                // Another member's: its name is not the reader's to see.
                Err(Refusal::NotFound(_)) => Ok((id.to_string(), None)),
                Err(refusal) => Err(refusal),
            }
        }
    }
}

async fn page(
    visit: &Visit,
    status: u16,
    covered: Covered,
    notice: &str,
    (alert, reason): (String, String),
) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    if matches!(covered, Covered::Token(_)) {
        visit.principal.permit::<scope::ApprovalsDecide>()?;
    }
    let first = PageRequest { limit: LISTED, cursor: None };
    let waiting = pause::waiting(&visit.ports, &permit, covered, &first);
    let found = pause::look(&visit.ports, &permit, covered);
    let (frame, waiting, found, (name, address)) =
        Box::pin(try_join4(Frame::of(visit), waiting, found, named(visit, covered))).await?;
    let now = visit.ports.now();
    let mail = |message: &Message| Mail::new(message, now);
    let notice = match (notice, &found) {
        ("paused", Some(_)) => "It is paused.",
        ("resumed", None) => "Mail goes out again. What was due goes out now.",
        _ => "",
    };
    let (pull, release) = addresses(covered);
    let page = PausePage {
        kind: match covered {
            Covered::Organization => "organization",
            Covered::Inbox(_) => "inbox",
            Covered::Token(_) => "token",
        },
        name,
        address,
        paused: found.as_ref().map(|pause| Paused::new(pause, &frame.names, now)),
        pull,
        release,
        alert,
        notice,
        csrf: visit.session.form_token(),
        may_pull: visit.may_decide(),
        may_release: visit.may(Scope::PoliciesManage),
        reason,
        waiting_count: count(waiting.items.len(), "mail", "mails"),
        waiting: waiting.items.iter().filter_map(mail).collect(),
        more: waiting.next.is_some(),
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

/// Pauses it.
async fn pull(context: &Context, request: &Request, covered: Covered) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::ApprovalsDecide>()?;
    let reason = form.text("reason");
    if reason.chars().count() > MAX_REASON {
        let alert = "The reason is longer than 500 characters, so nothing was paused: shorten it.".to_owned();
        return page(&visit, 422, covered, "", (alert, reason)).await;
    }
    pause::pause(&visit.ports, &permit, covered, &reason).await?;
    Ok(guard::see_other(&format!("{}?notice=paused", addresses(covered).0)))
}

/// Ends the pause, without the mails that are checked.
async fn release(context: &Context, request: &Request, covered: Covered) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::PoliciesManage>()?;
    let reading = visit.principal.permit::<scope::MessagesRead>()?;
    let drop: Result<Vec<_>, _> = form.checked("drop-").into_iter().map(MessageId::parse).collect();
    let drop = drop.map_err(|error| Refusal::field("drop", Code::InvalidId, error))?;
    if drop.len() > pause::MAX_DROPPED {
        return Err(Refusal::field("drop", Code::TooMany, "too many at once"));
    }
    let workflow = visit.powers.workflow()?;
    match pause::resume(&visit.ports, workflow, &permit, &reading, covered, &drop).await {
        Ok(_) => Ok(guard::see_other(&format!("{}?notice=resumed", addresses(covered).0))),
        Err(refusal) if refusal.class() == Class::Conflict => {
            let alert = "Some of what you wanted to drop does not wait here any more, so nothing was let go. Look at \
                         the list again."
                .to_owned();
            page(&visit, 409, covered, "", (alert, String::new())).await
        }
        Err(refusal) => Err(refusal),
    }
}
