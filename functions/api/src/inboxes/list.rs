//! `GET /v1/inboxes`: the inboxes that the credential may see.
//!
//! Needs the scope `messages.read`.

use app::Ports;
use app::mailbox::inboxes;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageQuery, PageView};
use wire::base::schema::{self, Shape};
use wire::mailbox::inboxes::InboxView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-inboxes-list",
    method: "GET",
    path: "/v1/inboxes",
    access: Access::Scope(Scope::MessagesRead),
    says: "oldest first",
    example: "limit=20",
    query: Some(Shape::of::<PageQuery>()),
    body: None,
    response: Some(schema::of::<PageView<InboxView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let page = request.query::<PageQuery>()?.page();
        let call = request.enter::<scope::MessagesRead>(ports, &[]).await?;
        let inboxes = inboxes::list(&call.ports, &call.permit, &page).await?;
        Ok(Response::json(200, &pages::page(&inboxes, wire::mailbox::inboxes::inbox)))
    })
}
