//! `DELETE /v1/invitations/{invitation_id}`: takes an invitation back: its link opens nothing any more.
//!
//! Needs the scope `members.manage`.

use app::Ports;
use app::gate::invitations;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-invitations-delete",
    method: "DELETE",
    path: "/v1/invitations/{invitation_id}",
    access: Access::Scope(Scope::MembersManage),
    says: "takes it back, at once",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("invitation_id")?;
        let call = request.enter::<scope::MembersManage>(ports, &[]).await?;
        invitations::delete(&call.ports, &call.permit, id).await?;
        Ok(Response::empty(204))
    })
}
