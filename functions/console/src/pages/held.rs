//! `/console/held-messages`: received mail that is held or blocked. A person reads it as text alone, and lets it in or deletes it.

use app::Refusal;
use app::mailbox::held;
use askama::Template;
use domain::mailbox::screening::{Held, Reason, Screened};
use domain::people::access::{Scope, scope};
use domain::{InboxId, MessageId, Timestamp};
use futures_util::future::try_join;
use runtime::http::{Request, Response};

use super::mail::{Answered, answered};
use super::{older, render};
use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Moment, Person, subject, visible};

/// The list, a mail, and the two forms of its page.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: LIST,
        trust: Trust::Mail,
        audience: Audience::With(Scope::MessagesRead),
        menu: Menu::Daily(40, "Held mail"),
        get: Get::Page(|context, request, _| Box::pin(list(context, request))),
        back: Back::Here(&[]),
        ..Page::NEW
    },
    Page {
        path: MAIL,
        trust: Trust::Mail,
        audience: Audience::With(Scope::MessagesRead),
        get: Get::Page(|context, request, at| {
            Box::pin(async move { show(context, request, at.id()?, at.id()?).await })
        }),
        back: Back::Here(&[]),
        ..Page::NEW
    },
    Page {
        path: "/inboxes/{inbox_id}/held-messages/{message_id}/release",
        post: Some(|context, request, at| {
            Box::pin(async move { release(context, request, at.id()?, at.id()?).await })
        }),
        ..FORM
    },
    Page {
        path: "/inboxes/{inbox_id}/held-messages/{message_id}/discard",
        post: Some(|context, request, at| {
            Box::pin(async move { discard(context, request, at.id()?, at.id()?).await })
        }),
        ..FORM
    },
];

/// What both forms have in common. What they were about may be gone when their address is opened again.
const FORM: Page = Page {
    trust: Trust::Mail,
    audience: Audience::With(Scope::MessagesModify),
    get: Get::To(LIST),
    back: Back::To(MAIL),
    ..Page::NEW
};

const LIST: &str = "/held-messages";
const MAIL: &str = "/inboxes/{inbox_id}/held-messages/{message_id}";

#[derive(Template)]
#[template(path = "held_list.html")]
struct HeldList {
    shell: Shell,
    notice: &'static str,
    rows: Vec<Row>,
    older: Option<String>,
}

#[derive(Template)]
#[template(path = "held.html")]
struct HeldPage {
    shell: Shell,
    row: Row,
    mail: Answered,
    csrf: String,
    /// Whether the reader may let it in or delete it.
    may_change: bool,
}

/// A held mail in a list.
struct Row {
    address: String,
    subject: String,
    from: Person,
    /// To whom it was written, as its sender says.
    to: Vec<Person>,
    preview: String,
    /// Held or blocked.
    word: &'static str,
    why: Vec<String>,
    at: Moment,
    gone: Moment,
}

impl Row {
    fn new(held: &Held, now: Timestamp) -> Self {
        let message = &held.message;
        Self {
            address: route::held_mail(held.inbox_id, held.message_id),
            subject: subject(&message.subject),
            from: Person::from(&message.from),
            to: message.to.iter().take(2).map(Person::from).collect(),
            preview: visible(&message.preview),
            word: if held.outcome == Screened::Block { "Blocked" } else { "Held" },
            why: held.reasons.iter().map(why).collect(),
            at: Moment::new(message.created_at, now),
            gone: Moment::new(held.expires_at, now),
        }
    }
}

fn why(reason: &Reason) -> String {
    match reason {
        Reason::Rule(name) => format!("The rule \u{201C}{}\u{201D}", visible(name)),
        Reason::Entry(id) => format!("An entry of your lists, {id}"),
    }
}

/// The list.
pub(super) async fn list(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let page = request.page()?;
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let (frame, found) = try_join(Frame::of(&visit), held::list(&visit.ports, &permit, &page)).await?;
    let now = visit.ports.now();
    let notice = match request.query.get("notice").map(String::as_str) {
        Some("released") => {
            "It was let in: it is in its inbox now, and everybody is told of it as of a new mail."
        }
        Some("discarded") => {
            "It was deleted for good. Its bytes go within minutes, if no other inbox has them."
        }
        _ => "",
    };
    let page = HeldList {
        notice,
        rows: found.items.iter().map(|held| Row::new(held, now)).collect(),
        older: older(route::HELD, found.next),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

/// One mail. Its text alone is shown, and of its files how many there are: it was written by somebody whom nobody let in.
pub(super) async fn show(
    context: &Context,
    request: &Request,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &held::keys(inbox_id, id)).await?;
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let read = held::get(&visit.ports, visit.powers.blobs()?, &permit, inbox_id, id);
    let (frame, (held, detail)) = try_join(Frame::of(&visit), read).await?;
    let now = visit.ports.now();
    let page = HeldPage {
        row: Row::new(&held, now),
        mail: answered(&detail, "", now),
        csrf: visit.session.form_token(),
        may_change: visit.principal.scopes.contains(&Scope::MessagesModify),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

/// Lets it in.
pub(super) async fn release(
    context: &Context,
    request: &Request,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &held::keys(inbox_id, id)).await?;
    let permit = visit.principal.permit::<scope::MessagesModify>()?;
    held::release(&visit.ports, visit.powers.blobs()?, &permit, inbox_id, id).await?;
    Ok(guard::see_other(&format!("{}?notice=released", route::HELD)))
}

/// Deletes it for good.
pub(super) async fn discard(
    context: &Context,
    request: &Request,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &held::keys(inbox_id, id)).await?;
    let permit = visit.principal.permit::<scope::MessagesModify>()?;
    held::discard(&visit.ports, &permit, inbox_id, id).await?;
    Ok(guard::see_other(&format!("{}?notice=discarded", route::HELD)))
}
