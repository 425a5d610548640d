//! `DELETE /v1/inboxes/{inbox_id}/held-messages/{message_id}`: deletes a held mail for good, with its bytes.
//!
//! Needs the scope `messages.modify`.

use app::Ports;
use app::mailbox::held;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-held-messages-discard",
    method: "DELETE",
    path: "/v1/inboxes/{inbox_id}/held-messages/{message_id}",
    access: Access::Scope(Scope::MessagesModify),
    says: "for good; in a session",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (inbox_id, id) = (request.id("inbox_id")?, request.id("message_id")?);
        let call = request.enter::<scope::MessagesModify>(ports, &held::keys(inbox_id, id)).await?;
        held::discard(&call.ports, &call.permit, inbox_id, id).await?;
        Ok(Response::empty(204))
    })
}
