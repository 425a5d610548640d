//! `GET /v1/uploads`: spreadsheets and what became of them, the newest first.
//!
//! Needs the scope `uploads.manage`.

use app::Ports;
use app::gate::uploads;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageQuery, PageView};
use wire::base::schema::{self, Shape};
use wire::gate::uploads::UploadView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-uploads-list",
    method: "GET",
    path: "/v1/uploads",
    access: Access::Scope(Scope::UploadsManage),
    says: "spreadsheets and what became of them, the newest first",
    example: "limit=20",
    query: Some(Shape::of::<PageQuery>()),
    body: None,
    response: Some(schema::of::<PageView<UploadView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let page = request.query::<PageQuery>()?.page();
        let call = request.enter::<scope::UploadsManage>(ports, &[]).await?;
        let found = uploads::list(&call.ports, &call.permit, &page).await?;
        Ok(Response::json(200, &pages::page(&found, wire::gate::uploads::upload)))
    })
}
