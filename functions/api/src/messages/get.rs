//! `GET /v1/inboxes/{inbox_id}/messages/{message_id}`: one mail with its body.
//!
//! Needs the scope `messages.read`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Blobs;
use app::mailbox::messages;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::mailbox::messages::DetailView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-get",
    method: "GET",
    path: "/v1/inboxes/{inbox_id}/messages/{message_id}",
    access: Access::Scope(Scope::MessagesRead),
    says: "with body, findings and where it stands",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<DetailView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.blobs()), handle),
};

fn handle<'a>((ports, blobs): &'a (Ports, Arc<dyn Blobs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (inbox_id, id) = (request.id("inbox_id")?, request.id("message_id")?);
        let call = request.enter::<scope::MessagesRead>(ports, &messages::keys(inbox_id, id)).await?;
        let detail = messages::get(&call.ports, &**blobs, &call.permit, inbox_id, id).await?;
        Ok(Response::json(200, &wire::mailbox::messages::detail(&detail)))
    })
}
