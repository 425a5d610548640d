//! `GET /v1/threads`: the conversations of all inboxes, those with the latest mail first.
//!
//! Needs the scope `messages.read`.

use app::Ports;
use app::mailbox::threads;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageView};
use wire::base::schema::{self, Shape};
use wire::mailbox::threads::{ThreadView, ThreadsQuery};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-threads-list-all",
    method: "GET",
    path: "/v1/threads",
    access: Access::Scope(Scope::MessagesRead),
    says: "over all inboxes",
    example: "unread=true",
    query: Some(Shape::of::<ThreadsQuery>()),
    body: None,
    response: Some(schema::of::<PageView<ThreadView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (filter, page) = request.query::<ThreadsQuery>()?.list();
        let call = request.enter::<scope::MessagesRead>(ports, &[]).await?;
        let threads = threads::list(&call.ports, &call.permit, None, &filter, &page).await?;
        Ok(Response::json(200, &pages::page(&threads, wire::mailbox::threads::thread)))
    })
}
