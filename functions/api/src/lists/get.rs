//! `GET /v1/lists/{list_entry_id}`: one entry of a list.
//!
//! Needs the scope `lists.manage`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::entries;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::mailbox::listed::{self, ListEntryView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-lists-get",
    method: "GET",
    path: "/v1/lists/{list_entry_id}",
    access: Access::Scope(Scope::ListsManage),
    says: "",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<ListEntryView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("list_entry_id")?;
        let call = request.enter::<scope::ListsManage>(ports, &[Key::ListEntry(id)]).await?;
        let found = entries::get(&call.ports, &call.permit, id).await?;
        Ok(Response::json(200, &listed::entry(&found)))
    })
}
