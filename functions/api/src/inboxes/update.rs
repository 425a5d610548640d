//! `PATCH /v1/inboxes/{inbox_id}`: gives an inbox another name beside its address.
//!
//! Needs the scope `inboxes.manage`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::inboxes;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::mailbox::inboxes::{InboxView, UpdateInbox};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-inboxes-update",
    method: "PATCH",
    path: "/v1/inboxes/{inbox_id}",
    access: Access::Scope(Scope::InboxesManage),
    says: "its display name; its address is its own for ever",
    example: r#"{"display_name": "Orders"}"#,
    query: None,
    body: Some(Shape::of::<UpdateInbox>()),
    response: Some(schema::of::<InboxView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("inbox_id")?;
        let call = request.enter::<scope::InboxesManage>(ports, &[Key::Inbox(id)]).await?;
        let name = wire::mailbox::inboxes::update(&request.body)?;
        let inbox = inboxes::update(&call.ports, &call.permit, id, name.as_ref()).await?;
        Ok(Response::json(200, &wire::mailbox::inboxes::inbox(&inbox)))
    })
}
