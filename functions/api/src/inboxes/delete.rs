//! `DELETE /v1/inboxes/{inbox_id}`: deletes an inbox with all its mail; its address stays taken, and what waits is called off.
//!
//! Needs the scope `inboxes.manage`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::inboxes;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-inboxes-delete",
    method: "DELETE",
    path: "/v1/inboxes/{inbox_id}",
    access: Access::Scope(Scope::InboxesManage),
    says: "with all its mail, for good; its address is never given again",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("inbox_id")?;
        let call = request.enter::<scope::InboxesManage>(ports, &[Key::Inbox(id)]).await?;
        inboxes::delete(&call.ports, &call.permit, id).await?;
        Ok(Response::empty(204))
    })
}
