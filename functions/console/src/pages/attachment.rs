//! `/console/attachments/{id}`: to the file itself, which never passes through here.

use app::Refusal;
use app::base::store::Key;
use app::mailbox::attachments;
use domain::AttachmentId;
use domain::people::access::{Scope, scope};
use runtime::http::{Request, Response};

use crate::Context;
use crate::guard;
use crate::page::{Audience, Get, Page, Trust};
use crate::visit::Visit;

/// The way to the file.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/attachments/{attachment_id}",
    trust: Trust::Mail,
    audience: Audience::With(Scope::MessagesRead),
    get: Get::Page(|context, request, at| Box::pin(async move { show(context, request, at.id()?).await })),
    ..Page::NEW
}];

/// Leads to an address that gives the file as a download for 15 minutes.
pub(crate) async fn show(
    context: &Context,
    request: &Request,
    id: AttachmentId,
) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Attachment(id)]).await?;
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let (_, url) = attachments::download(&visit.ports, visit.powers.blobs()?, &permit, id).await?;
    // The address is a credential for as long as it holds: no other site may learn it.
    Ok(guard::see_other(&url).header("referrer-policy", "no-referrer"))
}
