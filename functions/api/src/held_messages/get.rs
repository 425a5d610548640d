//! `GET /v1/inboxes/{inbox_id}/held-messages/{message_id}`: one held mail, with its body.
//!
//! Needs the scope `messages.read`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Blobs;
use app::mailbox::held;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::mailbox::screening::{self, HeldDetailView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-held-messages-get",
    method: "GET",
    path: "/v1/inboxes/{inbox_id}/held-messages/{message_id}",
    access: Access::Scope(Scope::MessagesRead),
    says: "in a session",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<HeldDetailView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.blobs()), handle),
};

fn handle<'a>((ports, blobs): &'a (Ports, Arc<dyn Blobs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (inbox_id, id) = (request.id("inbox_id")?, request.id("message_id")?);
        let call = request.enter::<scope::MessagesRead>(ports, &held::keys(inbox_id, id)).await?;
        let (found, detail) = held::get(&call.ports, &**blobs, &call.permit, inbox_id, id).await?;
        Ok(Response::json(200, &screening::held_detail(&found, &detail)))
    })
}
