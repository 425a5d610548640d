//! `GET /v1/messages`: the mails of all inboxes, newest first, without their bodies; those that are `scheduled` or `unknown` in the order
//! in which they are due.
//!
//! Needs the scope `messages.read`.

use app::Ports;
use app::mailbox::messages;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageView};
use wire::base::schema::{self, Shape};
use wire::mailbox::messages::{MessageView, MessagesQuery};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-list-all",
    method: "GET",
    path: "/v1/messages",
    access: Access::Scope(Scope::MessagesRead),
    says: "over all inboxes, newest first; with `status=scheduled` or `unknown`, those that are due first",
    example: "unread=true",
    query: Some(Shape::of::<MessagesQuery>()),
    body: None,
    response: Some(schema::of::<PageView<MessageView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (filter, page) = request.query::<MessagesQuery>()?.list();
        let call = request.enter::<scope::MessagesRead>(ports, &[]).await?;
        let messages = messages::list(&call.ports, &call.permit, None, &filter, &page).await?;
        Ok(Response::json(200, &pages::page(&messages, wire::mailbox::messages::message)))
    })
}
