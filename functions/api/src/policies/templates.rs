//! `GET /v1/policies/templates`: policies to start from.
//!
//! Needs the scope `policies.manage`.

use app::Ports;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::templates::{self, TemplatesView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-policies-templates",
    method: "GET",
    path: "/v1/policies/templates",
    access: Access::Scope(Scope::PoliciesManage),
    says: "ten good ones to start from",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<TemplatesView>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        request.enter::<scope::PoliciesManage>(ports, &[]).await?;
        Ok(Response::json(200, &templates::templates()))
    })
}
