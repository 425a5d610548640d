//! `GET /v1/inboxes/{inbox_id}/messages`: the mails of an inbox, newest first, without their bodies.
//!
//! Needs the scope `messages.read`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::messages;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageView};
use wire::base::schema::{self, Shape};
use wire::mailbox::messages::{MessageView, MessagesQuery};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-list",
    method: "GET",
    path: "/v1/inboxes/{inbox_id}/messages",
    access: Access::Scope(Scope::MessagesRead),
    says: "newest first",
    example: "unread=true&limit=20",
    query: Some(Shape::of::<MessagesQuery>()),
    body: None,
    response: Some(schema::of::<PageView<MessageView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("inbox_id")?;
        let (filter, page) = request.query::<MessagesQuery>()?.list();
        let call = request.enter::<scope::MessagesRead>(ports, &[Key::Inbox(id)]).await?;
        let messages = messages::list(&call.ports, &call.permit, Some(id), &filter, &page).await?;
        Ok(Response::json(200, &pages::page(&messages, wire::mailbox::messages::message)))
    })
}
