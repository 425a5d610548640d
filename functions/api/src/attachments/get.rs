//! `GET /v1/attachments/{attachment_id}`: where to get a file, for 15 minutes.
//!
//! Needs the scope `messages.read`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Blobs;
use app::base::store::Key;
use app::mailbox::attachments;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::mailbox::attachments::DownloadView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-attachments-get",
    method: "GET",
    path: "/v1/attachments/{attachment_id}",
    access: Access::Scope(Scope::MessagesRead),
    says: "a URL for 15 minutes, of files of inboxes that the credential reaches",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<DownloadView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.blobs()), handle),
};

fn handle<'a>((ports, blobs): &'a (Ports, Arc<dyn Blobs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("attachment_id")?;
        let call = request.enter::<scope::MessagesRead>(ports, &[Key::Attachment(id)]).await?;
        let (file, url) = attachments::download(&call.ports, &**blobs, &call.permit, id).await?;
        Ok(Response::json(200, &wire::mailbox::attachments::download(&file, &url)))
    })
}
