//! `GET /v1/held-messages`: received mail that is held or blocked, newest first.
//!
//! Needs the scope `messages.read`.

use app::Ports;
use app::mailbox::held;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageQuery, PageView};
use wire::base::schema::{self, Shape};
use wire::mailbox::screening::{self, HeldView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-held-messages-list",
    method: "GET",
    path: "/v1/held-messages",
    access: Access::Scope(Scope::MessagesRead),
    says: "in a session",
    example: "limit=20",
    query: Some(Shape::of::<PageQuery>()),
    body: None,
    response: Some(schema::of::<PageView<HeldView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let page = request.query::<PageQuery>()?.page();
        let call = request.enter::<scope::MessagesRead>(ports, &[]).await?;
        let found = held::list(&call.ports, &call.permit, &page).await?;
        Ok(Response::json(200, &pages::page(&found, screening::held)))
    })
}
