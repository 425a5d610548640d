//! `GET /v1/suppressions`: whom no mail goes to, newest first.
//!
//! Needs the scope `lists.manage`.

use app::Ports;
use app::mailbox::suppressions;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageQuery, PageView};
use wire::base::schema::{self, Shape};
use wire::mailbox::listed::{self, SuppressionView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-suppressions-list",
    method: "GET",
    path: "/v1/suppressions",
    access: Access::Scope(Scope::ListsManage),
    says: "",
    example: "limit=20",
    query: Some(Shape::of::<PageQuery>()),
    body: None,
    response: Some(schema::of::<PageView<SuppressionView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let page = request.query::<PageQuery>()?.page();
        let call = request.enter::<scope::ListsManage>(ports, &[]).await?;
        let found = suppressions::list(&call.ports, &call.permit, &page).await?;
        Ok(Response::json(200, &pages::page(&found, listed::suppression)))
    })
}
