//! `DELETE /v1/uploads/{upload_id}`: from now on none of its mails goes that has not gone; they are deleted, and so is all that was read of
//! the file. Mails that went stay.
//!
//! Needs the scope `uploads.manage`.

use app::Ports;
use app::base::store::Key;
use app::gate::uploads;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-uploads-delete",
    method: "DELETE",
    path: "/v1/uploads/{upload_id}",
    access: Access::Scope(Scope::UploadsManage),
    says: "none of its mails goes that has not gone, and they are deleted with it; those that went stay",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("upload_id")?;
        let call = request.enter::<scope::UploadsManage>(ports, &[Key::Upload(id)]).await?;
        uploads::delete(&call.ports, &call.permit, id).await?;
        Ok(Response::empty(204))
    })
}
