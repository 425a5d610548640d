//! `POST /v1/uploads`: announces a spreadsheet; the answer says where to `PUT` it. It is read by itself when it is there.
//!
//! Needs the scope `uploads.manage`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Sheets;
use app::gate::uploads;
use domain::gate::upload::Upload;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::gate::uploads::{CreateUpload, UploadCreatedView, created};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-uploads-create",
    method: "POST",
    path: "/v1/uploads",
    access: Access::Scope(Scope::UploadsManage),
    says: "CSV, TSV or XLSX of at most 20 MB and 10,000 rows: an upload URL, for 15 minutes; the file is read when it is there",
    example: r#"{"inbox_id": "inb_01kc1x5e3r0000000000000001", "filename": "clients.csv", "content_type": "text/csv", "size": 48213}"#,
    query: None,
    body: Some(Shape::of::<CreateUpload>()),
    response: Some(schema::of::<UploadCreatedView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.sheets()), handle),
};

fn handle<'a>((ports, sheets): &'a (Ports, Arc<dyn Sheets>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter_once::<scope::UploadsManage>(ports, &[]).await?;
        let new = wire::gate::uploads::new(&request.body)?;
        let saved = |upload: &Upload, url: &str| (201, text(&created(upload, url)));
        let (upload, url) =
            uploads::announce(&call.ports, &**sheets, &call.permit, new, &call.once, saved).await?;
        Ok(Response::json(201, &created(&upload, &url)))
    })
}
