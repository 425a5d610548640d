//! `GET /v1/inboxes/{inbox_id}/labels`: the labels that mails of an inbox have, in the order of their letters.
//!
//! Needs the scope `messages.read`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::marks;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageQuery, PageView};
use wire::base::schema::{self, Shape};
use wire::mailbox::messages::{LabelView, label};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-inboxes-labels",
    method: "GET",
    path: "/v1/inboxes/{inbox_id}/labels",
    access: Access::Scope(Scope::MessagesRead),
    says: "a label that no mail has any more is not among them",
    example: "limit=20",
    query: Some(Shape::of::<PageQuery>()),
    body: None,
    response: Some(schema::of::<PageView<LabelView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("inbox_id")?;
        let page = request.query::<PageQuery>()?.page();
        let call = request.enter::<scope::MessagesRead>(ports, &[Key::Inbox(id)]).await?;
        let labels = marks::labels(&call.ports, &call.permit, id, &page).await?;
        Ok(Response::json(200, &pages::page(&labels, label)))
    })
}
