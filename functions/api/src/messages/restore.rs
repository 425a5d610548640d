//! `POST /v1/inboxes/{inbox_id}/messages/{message_id}/restore`: takes a mail out of the trash, into its conversation, with its labels.
//!
//! Needs the scope `messages.modify`.

use app::Ports;
use app::mailbox::{messages::keys, trash};
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::mailbox::messages::{self, MessageView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-restore",
    method: "POST",
    path: "/v1/inboxes/{inbox_id}/messages/{message_id}/restore",
    access: Access::Scope(Scope::MessagesModify),
    says: "out of the trash, as it was",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<MessageView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (inbox_id, id) = (request.id("inbox_id")?, request.id("message_id")?);
        let call = request.enter::<scope::MessagesModify>(ports, &keys(inbox_id, id)).await?;
        let message = trash::restore(&call.ports, &call.permit, inbox_id, id).await?;
        Ok(Response::json(200, &messages::message(&message)))
    })
}
