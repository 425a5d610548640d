//! `POST /v1/tokens/{token_id}/pause`: refuses a token, and holds back what it asked for and is not claimed yet.
//!
//! Needs the scope `approvals.decide`.

use app::Ports;
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
    name: "api-tokens-pause",
    method: "POST",
    path: "/v1/tokens/{token_id}/pause",
    access: Access::Scope(access::Scope::ApprovalsDecide),
    says: "",
    example: r#"{"reason": "The agent runs wild."}"#,
    query: None,
    body: Some(Shape::of::<Reason>()),
    response: Some(schema::of::<PausedView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("token_id")?;
        pausing::pause(ports, request, Covered::Token(id), vec![]).await
    })
}
