//! `GET /v1/policies/{policy_id}/versions`: what a policy says and what it said before, also of a deleted one.
//!
//! Needs the scope `policies.manage`.

use app::Ports;
use app::base::store::Key;
use app::gate::policies;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::policies::HistoryView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-policies-versions",
    method: "GET",
    path: "/v1/policies/{policy_id}/versions",
    access: Access::Scope(Scope::PoliciesManage),
    says: "the last 50, the latest first",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<HistoryView>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("policy_id")?;
        let call = request.enter::<scope::PoliciesManage>(ports, &[Key::Policies]).await?;
        let history = policies::history(&call.ports, &call.permit, id).await?;
        Ok(Response::json(200, &wire::gate::policies::history(&history)))
    })
}
