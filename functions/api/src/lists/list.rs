//! `GET /v1/lists`: who stands on one of the four lists, newest first.
//!
//! Needs the scope `lists.manage`.

use app::Ports;
use app::mailbox::entries;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageView};
use wire::base::schema::{self, Shape};
use wire::mailbox::listed::{self, ListEntriesQuery, ListEntryView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-lists-list",
    method: "GET",
    path: "/v1/lists",
    access: Access::Scope(Scope::ListsManage),
    says: "",
    example: "direction=send&kind=block",
    query: Some(Shape::of::<ListEntriesQuery>()),
    body: None,
    response: Some(schema::of::<PageView<ListEntryView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        // Who may not ask is not told what is missing.
        let call = request.enter::<scope::ListsManage>(ports, &[]).await?;
        let (list, page) = request.query::<ListEntriesQuery>()?.list();
        let found = entries::list(&call.ports, &call.permit, list, &page).await?;
        Ok(Response::json(200, &pages::page(&found, listed::entry)))
    })
}
