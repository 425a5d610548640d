//! `DELETE /v1/policies/{policy_id}`: removes a policy. What it let out is held from the next mail on.
//!
//! Needs the scope `policies.manage`.

use app::Ports;
use app::base::store::Key;
use app::gate::policies;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-policies-delete",
    method: "DELETE",
    path: "/v1/policies/{policy_id}",
    access: Access::Scope(Scope::PoliciesManage),
    says: "",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("policy_id")?;
        let call = request.enter::<scope::PoliciesManage>(ports, &[Key::Policies]).await?;
        policies::delete(&call.ports, &call.permit, id).await?;
        Ok(Response::empty(204))
    })
}
