//! `/console/drafts/inboxes/{inbox_id}`: the drafts of an inbox, and deleting one.

use app::Refusal;
use app::base::store::Key;
use app::gate::drafts;
use app::mailbox::inboxes;
use askama::Template;
use domain::base::address::HeaderText;
use domain::base::code::Code;
use domain::gate::draft::SavedDraft;
use domain::people::access::{Scope, scope};
use domain::{DraftId, InboxId, Timestamp};
use futures_util::future::try_join3;
use runtime::http::{Request, Response};

use super::writing::file_count;
use super::{older, render};
use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Moment, Names, body, people, subject, visible};

/// The list, and the form that deletes.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/drafts/inboxes/{inbox_id}",
        get: Get::Page(|context, request, at| {
            Box::pin(async move { list(context, request, at.id()?).await })
        }),
        back: Back::Here(&[]),
        ..DRAFTS
    },
    Page {
        path: "/drafts/{draft_id}/delete",
        get: Get::To(ONE),
        post: Some(|context, request, at| Box::pin(async move { delete(context, request, at.id()?).await })),
        back: Back::To(ONE),
        ..DRAFTS
    },
];

const ONE: &str = "/drafts/{draft_id}";

const DRAFTS: Page =
    Page { trust: Trust::Decide, audience: Audience::With(Scope::DraftsManage), ..Page::NEW };

#[derive(Template)]
#[template(path = "drafts.html")]
struct DraftsPage {
    shell: Shell,
    notice: &'static str,
    /// The page of the inbox.
    inbox: String,
    mailbox: String,
    /// Where a mail is written.
    compose: String,
    rows: Vec<Row>,
    older: Option<String>,
    further: bool,
}

struct Row {
    address: String,
    subject: String,
    to: String,
    preview: String,
    files: String,
    /// Who wrote in it.
    by: String,
    at: Moment,
    was_rejected: bool,
    /// Why.
    rejected: String,
}

impl Row {
    fn new(draft: &SavedDraft, names: &Names, now: Timestamp) -> Self {
        let all = [&draft.to, &draft.cc, &draft.bcc].into_iter().flat_map(|list| people(list));
        let to: Vec<_> = all.map(|person| person.address).collect();
        let by: Vec<_> = draft.writers.iter().map(|actor| names.called(actor)).collect();
        let rejected = draft.rejected.as_ref();
        Self {
            address: route::draft(draft.id),
            subject: subject(draft.subject.as_ref().map(HeaderText::as_str).unwrap_or_default()),
            to: to.join(", "),
            preview: visible(&draft.preview),
            files: file_count(draft.files.len()),
            by: if by.is_empty() { "what was rejected".to_owned() } else { by.join(", ") },
            at: Moment::new(draft.updated_at, now),
            was_rejected: rejected.is_some(),
            rejected: rejected.map(|it| body(&it.reason)).unwrap_or_default(),
        }
    }
}

/// The list.
async fn list(context: &Context, request: &Request, id: InboxId) -> Result<Response, Refusal> {
    let page = request.page()?;
    let visit = Visit::of(context, request, &[Key::Inbox(id)]).await?;
    let permit = visit.principal.permit::<scope::DraftsManage>()?;
    let inbox = inboxes::find(&visit.ports, &permit, id);
    let listed = drafts::list(&visit.ports, &permit, id, &page);
    let (frame, inbox, found) = Box::pin(try_join3(Frame::of(&visit), inbox, listed)).await?;
    let now = visit.ports.now();
    let page = DraftsPage {
        notice: match request.query.get("notice").map(String::as_str) {
            Some("deleted") => "The draft is deleted.",
            _ => "",
        },
        inbox: format!("{}/{id}", route::INBOXES),
        mailbox: visible(inbox.address.as_str()),
        compose: route::compose(id),
        rows: found.items.iter().map(|draft| Row::new(draft, &frame.names, now)).collect(),
        older: older(&route::drafts(id), found.next),
        further: page.cursor.is_some(),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

/// Deletes a draft as it was shown.
async fn delete(context: &Context, request: &Request, id: DraftId) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[Key::Draft(id)]).await?;
    let permit = visit.principal.permit::<scope::DraftsManage>()?;
    let blobs = visit.powers.blobs()?;
    let found = drafts::get(&visit.ports, blobs, &permit, id).await?;
    let seen = form.field("revision").parse().ok();
    match drafts::delete(&visit.ports, blobs, &permit, id, seen).await {
        Ok(()) => {
            let address = route::drafts(found.draft.inbox_id);
            Ok(guard::see_other(&format!("{address}?notice=deleted")))
        }
        Err(Refusal::Because { code: Code::RevisionMismatch, .. }) => {
            Ok(guard::see_other(&format!("{}?notice=changed", route::draft(id))))
        }
        Err(refusal) => Err(refusal),
    }
}
