//! `POST /v1/attachments`: announces a file; the answer says where to `PUT` it.
//!
//! Needs the scope `messages.send`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Blobs;
use app::mailbox::attachments;
use domain::mailbox::message::Attachment;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::mailbox::attachments::{CreateAttachment, UploadView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-attachments-create",
    method: "POST",
    path: "/v1/attachments",
    access: Access::Scope(Scope::MessagesSend),
    says: "an upload URL, for 15 minutes",
    example: r#"{"filename": "invoice.pdf", "content_type": "application/pdf", "size": 48213}"#,
    query: None,
    body: Some(Shape::of::<CreateAttachment>()),
    response: Some(schema::of::<UploadView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.blobs()), handle),
};

fn handle<'a>((ports, blobs): &'a (Ports, Arc<dyn Blobs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter_once::<scope::MessagesSend>(ports, &[]).await?;
        let new = wire::mailbox::attachments::new(&request.body)?;
        let saved =
            |file: &Attachment, url: &str| (201, text(&wire::mailbox::attachments::upload(file, url)));
        let (file, url) =
            attachments::announce(&call.ports, &**blobs, &call.permit, new, &call.once, saved).await?;
        Ok(Response::json(201, &wire::mailbox::attachments::upload(&file, &url)))
    })
}
