//! `DELETE /v1/lists/{list_entry_id}`: takes somebody off a list.
//!
//! Needs the scope `lists.manage`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::entries;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-lists-delete",
    method: "DELETE",
    path: "/v1/lists/{list_entry_id}",
    access: Access::Scope(Scope::ListsManage),
    says: "",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("list_entry_id")?;
        let call = request.enter::<scope::ListsManage>(ports, &[Key::ListEntry(id)]).await?;
        entries::delete(&call.ports, &call.permit, id).await?;
        Ok(Response::empty(204))
    })
}
