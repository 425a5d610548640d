//! `GET /v1/inboxes/{inbox_id}/threads`: the conversations of an inbox, those with the latest mail first.
//!
//! Needs the scope `messages.read`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::threads;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageView};
use wire::base::schema::{self, Shape};
use wire::mailbox::threads::{ThreadView, ThreadsQuery};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-threads-list",
    method: "GET",
    path: "/v1/inboxes/{inbox_id}/threads",
    access: Access::Scope(Scope::MessagesRead),
    says: "",
    example: "limit=20",
    query: Some(Shape::of::<ThreadsQuery>()),
    body: None,
    response: Some(schema::of::<PageView<ThreadView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("inbox_id")?;
        let (filter, page) = request.query::<ThreadsQuery>()?.list();
        let call = request.enter::<scope::MessagesRead>(ports, &[Key::Inbox(id)]).await?;
        let threads = threads::list(&call.ports, &call.permit, Some(id), &filter, &page).await?;
        Ok(Response::json(200, &pages::page(&threads, wire::mailbox::threads::thread)))
    })
}
