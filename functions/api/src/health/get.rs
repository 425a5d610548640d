//! `GET /healthz`: whether the API answers. Reads nothing.
//!
//! Needs no credential.

use app::Ports;
use assembly::Aws;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::HealthView;
use wire::base::schema;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-health-get",
    method: "GET",
    path: "/healthz",
    access: Access::Public,
    says: "whether it answers",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<HealthView>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let _ = (ports, request);
        Ok(Response::json(200, &HealthView::OK))
    })
}
