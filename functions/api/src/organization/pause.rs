//! `POST /v1/organization/pause`: holds back all mail of the organization that is not claimed yet.
//!
//! Needs the scope `approvals.decide`.

use app::Ports;
use app::base::store::Key;
use app::gate::pause::Covered;
use assembly::Aws;
use domain::people::access;
use runtime::http::{Access, Endpoint, Handling, Request};
use wire::base::schema::{self, Shape};
use wire::gate::approvals::Reason;
use wire::gate::pauses::PausedView;

use crate::pausing;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-organization-pause",
    method: "POST",
    path: "/v1/organization/pause",
    access: Access::Scope(access::Scope::ApprovalsDecide),
    says: "",
    example: r#"{"reason": "We look into what the agents do."}"#,
    query: None,
    body: Some(Shape::of::<Reason>()),
    response: Some(schema::of::<PausedView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    pausing::pause(ports, request, Covered::Organization, vec![Key::Organization])
}
