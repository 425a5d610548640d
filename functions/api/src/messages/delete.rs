//! `DELETE /v1/inboxes/{inbox_id}/messages/{message_id}`: puts a mail into the trash; with `permanent=true`, deletes it for good.
//!
//! Needs the scope `messages.modify`.

use app::Ports;
use app::mailbox::{messages::keys, trash};
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::mailbox::messages::{self, DeleteMessageQuery, MessageView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-delete",
    method: "DELETE",
    path: "/v1/inboxes/{inbox_id}/messages/{message_id}",
    access: Access::Scope(Scope::MessagesModify),
    says: "into the trash for 30 days; with `permanent=true` for good",
    example: "",
    query: Some(Shape::of::<DeleteMessageQuery>()),
    body: None,
    response: Some(schema::of::<MessageView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (inbox_id, id) = (request.id("inbox_id")?, request.id("message_id")?);
        let permanent = request.query::<DeleteMessageQuery>()?.permanent.is_some_and(|flag| flag.0);
        let call = request.enter::<scope::MessagesModify>(ports, &keys(inbox_id, id)).await?;
        if permanent {
            trash::delete(&call.ports, &call.permit, inbox_id, id).await?;
            return Ok(Response::empty(204));
        }
        let message = trash::trash(&call.ports, &call.permit, inbox_id, id).await?;
        Ok(Response::json(200, &messages::message(&message)))
    })
}
