//! `GET /v1/messages`: the organization's mails that have not come to an end: `scheduled` or `unknown`.
//!
//! Needs the scope `messages.read`.

use app::Ports;
use app::mailbox::messages;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-open",
    method: "GET",
    path: "/v1/messages",
    access: Access::Scope(Scope::MessagesRead),
    says: "`?status=scheduled` or `unknown`, over all inboxes",
    example: "",
    ports: crate::ports,
    handle,
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let page = request.page()?;
        let status = request.query.get("status").map_or("scheduled", String::as_str);
        let call = request.enter::<scope::MessagesRead>(ports, &[]).await?;
        let messages = messages::open(&call.ports, &call.permit, status, &page).await?;
        Ok(Response::json(200, &pages::page(&messages, wire::mailbox::messages::message)))
    })
}
