//! `GET /v1/uploads/{upload_id}/rows/{number}`: a row, with its mails as its reader will see them and what policies say of them.
//!
//! Needs the scope `uploads.manage`.

use app::Ports;
use app::base::error::Refusal;
use app::base::store::Key;
use app::gate::uploads::{self, Planning};
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::uploads::{RowDetailView, row_detail};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-uploads-row",
    method: "GET",
    path: "/v1/uploads/{upload_id}/rows/{number}",
    access: Access::Scope(Scope::UploadsManage),
    says: "a row with its mails as their reader will see them, and what policies say of them",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<RowDetailView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.planning()), handle),
};

fn handle<'a>((ports, planning): &'a (Ports, Planning), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("upload_id")?;
        let number = request.parameters.get("number").and_then(|text| text.parse().ok());
        let number = number.ok_or(Refusal::NotFound("row"))?;
        let call = request.enter::<scope::UploadsManage>(ports, &[Key::Upload(id)]).await?;
        let planner = planning.over(&call.ports);
        let (row, preview) = Box::pin(planner.row(&call.permit, id, number)).await?;
        let upload = uploads::get(&call.ports, &call.permit, id).await?;
        Ok(Response::json(200, &row_detail(&upload, &row, preview.as_ref())))
    })
}
