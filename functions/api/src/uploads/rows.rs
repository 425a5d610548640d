//! `GET /v1/uploads/{upload_id}/rows`: its rows, as the plan has them that was tried out or confirmed last, and what became of them.
//!
//! Needs the scope `uploads.manage`.

use app::Ports;
use app::base::store::Key;
use app::gate::uploads::Planning;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::uploads::{RowsQuery, RowsView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-uploads-rows",
    method: "GET",
    path: "/v1/uploads/{upload_id}/rows",
    access: Access::Scope(Scope::UploadsManage),
    says: "its rows with what is wrong with each, and what became of them; `status` is `ready`, `error` or `imported`",
    example: "status=error",
    query: Some(Shape::of::<RowsQuery>()),
    body: None,
    response: Some(schema::of::<RowsView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.planning()), handle),
};

fn handle<'a>((ports, planning): &'a (Ports, Planning), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("upload_id")?;
        let (status, part) = request.query::<RowsQuery>()?.part()?;
        let call = request.enter::<scope::UploadsManage>(ports, &[Key::Upload(id)]).await?;
        let planner = planning.over(&call.ports);
        let (upload, rows, more) = Box::pin(planner.rows(&call.permit, id, status, part)).await?;
        Ok(Response::json(200, &wire::gate::uploads::rows(&upload, &rows, more)))
    })
}
