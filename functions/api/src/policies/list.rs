//! `GET /v1/policies`: all policies.
//!
//! Needs the scope `policies.manage`.

use app::Ports;
use app::base::store::Key;
use app::gate::policies;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::policies::BookView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-policies-list",
    method: "GET",
    path: "/v1/policies",
    access: Access::Scope(Scope::PoliciesManage),
    says: "`infra/docs/POLICIES.md`",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<BookView>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter::<scope::PoliciesManage>(ports, &[Key::Policies]).await?;
        let book = policies::book(&call.ports, &call.permit).await?;
        Ok(Response::json(200, &wire::gate::policies::book(&book)))
    })
}
