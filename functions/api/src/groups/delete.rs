//! `DELETE /v1/groups/{group_id}`: removes a group that no policy asks for votes.
//!
//! Needs the scope `policies.manage`.

use app::Ports;
use app::base::store::Key;
use app::gate::groups;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-groups-delete",
    method: "DELETE",
    path: "/v1/groups/{group_id}",
    access: Access::Scope(Scope::PoliciesManage),
    says: "`409 group_in_use` names the policies that ask it for votes",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("group_id")?;
        let call = request.enter::<scope::PoliciesManage>(ports, &[Key::Policies]).await?;
        groups::delete(&call.ports, &call.permit, id).await?;
        Ok(Response::empty(204))
    })
}
