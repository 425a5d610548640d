//! `POST /v1/inboxes/{inbox_id}/held-messages/{message_id}/release`: lets a held mail in, and tells of it now.
//!
//! Needs the scope `messages.modify`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Blobs;
use app::mailbox::held;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::mailbox::messages::{self, MessageView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-held-messages-release",
    method: "POST",
    path: "/v1/inboxes/{inbox_id}/held-messages/{message_id}/release",
    access: Access::Scope(Scope::MessagesModify),
    says: "in a session",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<MessageView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.blobs()), handle),
};

fn handle<'a>((ports, blobs): &'a (Ports, Arc<dyn Blobs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (inbox_id, id) = (request.id("inbox_id")?, request.id("message_id")?);
        let call = request.enter::<scope::MessagesModify>(ports, &held::keys(inbox_id, id)).await?;
        let message = held::release(&call.ports, &**blobs, &call.permit, inbox_id, id).await?;
        Ok(Response::json(200, &messages::message(&message)))
    })
}
