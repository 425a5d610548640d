//! `GET /v1/inboxes/{inbox_id}`: one inbox.
//!
//! Needs the scope `messages.read`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::inboxes;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::mailbox::inboxes::InboxView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-inboxes-get",
    method: "GET",
    path: "/v1/inboxes/{inbox_id}",
    access: Access::Scope(Scope::MessagesRead),
    says: "",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<InboxView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("inbox_id")?;
        let call = request.enter::<scope::MessagesRead>(ports, &[Key::Inbox(id)]).await?;
        let inbox = inboxes::get(&call.ports, &call.permit, id).await?;
        Ok(Response::json(200, &wire::mailbox::inboxes::inbox(&inbox)))
    })
}
