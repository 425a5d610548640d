//! `GET /v1/uploads/{upload_id}`: a spreadsheet: where it stands, its columns, what they are probably for, and how far its mails are.
//!
//! Needs the scope `uploads.manage`.

use app::Ports;
use app::base::store::Key;
use app::gate::uploads;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::uploads::UploadView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-uploads-get",
    method: "GET",
    path: "/v1/uploads/{upload_id}",
    access: Access::Scope(Scope::UploadsManage),
    says: "where it stands, its columns, what they are probably for, and how far its mails are",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<UploadView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("upload_id")?;
        let call = request.enter::<scope::UploadsManage>(ports, &[Key::Upload(id)]).await?;
        let upload = uploads::get(&call.ports, &call.permit, id).await?;
        Ok(Response::json(200, &wire::gate::uploads::upload(&upload)))
    })
}
