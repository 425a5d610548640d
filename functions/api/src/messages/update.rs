//! `PATCH /v1/inboxes/{inbox_id}/messages/{message_id}`: labels a mail, and says whether it was read.
//!
//! Needs the scope `messages.modify`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::marks;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::mailbox::messages::{self, MessageView, UpdateMessage};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-update",
    method: "PATCH",
    path: "/v1/inboxes/{inbox_id}/messages/{message_id}",
    access: Access::Scope(Scope::MessagesModify),
    says: "its labels, and whether it was read",
    example: r#"{"add_labels": ["To do"], "read": true}"#,
    query: None,
    body: Some(Shape::of::<UpdateMessage>()),
    response: Some(schema::of::<MessageView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (inbox_id, id) = (request.id("inbox_id")?, request.id("message_id")?);
        let call = request
            .enter::<scope::MessagesModify>(ports, &[Key::Inbox(inbox_id), Key::Message(inbox_id, id)])
            .await?;
        let marking = messages::marks(&request.body)?;
        let message = marks::mark(&call.ports, &call.permit, inbox_id, id, &marking).await?;
        Ok(Response::json(200, &messages::message(&message)))
    })
}
