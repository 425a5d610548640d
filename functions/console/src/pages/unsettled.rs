//! `/console/unsettled`: mails of which nobody knows whether they went, and mails that are yet to go.

use app::Refusal;
use app::base::enter::Once;
use app::gate::edit::send_again;
use app::mailbox::messages;
use askama::Template;
use domain::base::code::Code;
use domain::base::id::Id as _;
use domain::mailbox::filter::MessageFilter;
use domain::mailbox::lifecycle::State;
use domain::mailbox::message::Message;
use domain::people::access::{Scope, scope};
use domain::{ApprovalId, InboxId, MessageId, Timestamp};
use futures_util::future::try_join;
use runtime::http::{Request, Response};

use super::{older, render};
use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Moment, people, subject, visible};

/// Both lists, and the form that asks for a mail once more.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: LISTS,
        trust: Trust::Decide,
        audience: Audience::With(Scope::MessagesRead),
        menu: Menu::Daily(20, "Needs attention"),
        get: Get::Page(|context, request, _| Box::pin(show(context, request))),
        back: Back::Here(&[("status", &["scheduled"])]),
        ..Page::NEW
    },
    Page {
        path: "/unsettled/{inbox_id}/{message_id}/send-again",
        trust: Trust::Decide,
        audience: Audience::With(Scope::MessagesSend),
        get: Get::To(LISTS),
        post: Some(|context, request, at| {
            Box::pin(async move { again(context, request, at.id()?, at.id()?).await })
        }),
        back: Back::To(LISTS),
        ..Page::NEW
    },
];

const LISTS: &str = "/unsettled";

/// Recipients that a row names.
const NAMED: usize = 2;

#[derive(Template)]
#[template(path = "unsettled.html")]
struct UnsettledPage {
    shell: Shell,
    /// `unknown` or `scheduled`.
    status: &'static str,
    csrf: String,
    rows: Vec<Mail>,
    /// Whether the reader may ask for mail.
    may_ask: bool,
    /// Whether they may call any mail off.
    may_cancel: bool,
    older: Option<String>,
}

/// An outbound mail in a list.
pub(super) struct Mail {
    pub id: String,
    /// The page of its approval.
    pub address: String,
    /// Where it is asked for again.
    pub again: String,
    pub from: String,
    pub subject: String,
    pub recipients: Vec<String>,
    /// How many more recipients there are.
    pub more: usize,
    /// When it is due, or since when nobody knows.
    pub at: Moment,
    /// Whether it is due already.
    pub due: bool,
}

impl Mail {
    /// Nothing of a mail that came in.
    pub(super) fn new(message: &Message, now: Timestamp) -> Option<Self> {
        let outbound = message.outbound()?;
        let at = match &outbound.state {
            State::Scheduled { due, .. } => *due,
            State::Unknown { since, .. } => *since,
            _ => message.created_at,
        };
        let all = [&message.to, &message.cc, &message.bcc].into_iter().flat_map(|list| people(list));
        let recipients: Vec<String> = all.map(|person| person.address).collect();
        Some(Self {
            id: message.id.to_string(),
            address: route::approval(outbound.approval_id),
            again: format!("{}/{}/{}/send-again", route::UNSETTLED, message.inbox_id, message.id),
            from: visible(&message.from.address),
            subject: subject(&message.subject),
            more: recipients.len().saturating_sub(NAMED),
            recipients: recipients.into_iter().take(NAMED).collect(),
            at: Moment::new(at, now),
            due: at <= now,
        })
    }
}

/// A page of either list.
pub(super) async fn show(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let status = match request.query.get("status").map(String::as_str) {
        None | Some("unknown") => "unknown",
        Some("scheduled") => "scheduled",
        Some(_) => return Err(Refusal::NotFound("page")),
    };
    let page = request.page()?;
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let filter = MessageFilter { status: Some(status.to_owned()), ..MessageFilter::default() };
    let open = messages::list(&visit.ports, &permit, None, &filter, &page);
    let (frame, found) = try_join(Frame::of(&visit), open).await?;
    let now = visit.ports.now();
    let page = UnsettledPage {
        status,
        csrf: visit.session.form_token(),
        rows: found.items.iter().filter_map(|message| Mail::new(message, now)).collect(),
        may_ask: visit.principal.scopes.contains(&Scope::MessagesSend),
        may_cancel: visit.may_decide(),
        older: older(&format!("{}?status={status}", route::UNSETTLED), found.next),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

/// Asks for a mail once more, and leads to the approval that this needs.
pub(super) async fn again(
    context: &Context,
    request: &Request,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::MessagesSend>()?;
    let saved = |_: &_| (303, String::new());
    match send_again(&visit.sending()?, &permit, inbox_id, id, &Once::default(), saved).await {
        Ok(asked) => Ok(guard::see_other(&format!("{}?notice=again", route::approval(asked.approval.id)))),
        Err(Refusal::Because { code: Code::SentAgainAlready, details, message }) => {
            let other = details.iter().find(|(name, _)| *name == "approval_id");
            match other.and_then(|(_, id)| ApprovalId::parse(id).ok()) {
                Some(other) => Ok(guard::see_other(&format!("{}?notice=attempt", route::approval(other)))),
                None => Err(Refusal::Because { code: Code::SentAgainAlready, details, message }),
            }
        }
        Err(refusal) => Err(refusal),
    }
}
