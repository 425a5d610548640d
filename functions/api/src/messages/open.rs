//! `GET /v1/messages`: the organization's mails that have not come to an end: `scheduled` or `unknown`.
//!
//! Needs the scope `messages.read`.

use app::Ports;
use app::mailbox::messages;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageView};
use wire::base::schema::{self, Shape};
use wire::mailbox::messages::{MessageView, OpenQuery};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-open",
    method: "GET",
    path: "/v1/messages",
    access: Access::Scope(Scope::MessagesRead),
    says: "over all inboxes",
    example: "",
    query: Some(Shape::of::<OpenQuery>()),
    body: None,
    response: Some(schema::of::<PageView<MessageView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (status, page) = request.query::<OpenQuery>()?.list();
        let call = request.enter::<scope::MessagesRead>(ports, &[]).await?;
        let messages = messages::open(&call.ports, &call.permit, status, &page).await?;
        Ok(Response::json(200, &pages::page(&messages, wire::mailbox::messages::message)))
    })
}
