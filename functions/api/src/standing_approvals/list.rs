//! `GET /v1/standing-approvals`: what was approved ahead, with what is left of it.
//!
//! Needs the scope `approvals.read`.

use app::Ports;
use app::gate::standing;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageQuery, PageView};
use wire::base::schema::{self, Shape};
use wire::gate::standing_approvals::{self, StandingApprovalView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-standing-approvals-list",
    method: "GET",
    path: "/v1/standing-approvals",
    access: Access::Scope(Scope::ApprovalsRead),
    says: "",
    example: "",
    query: Some(Shape::of::<PageQuery>()),
    body: None,
    response: Some(schema::of::<PageView<StandingApprovalView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let page = request.query::<PageQuery>()?.page();
        let call = request.enter::<scope::ApprovalsRead>(ports, &[]).await?;
        let found = standing::list(&call.ports, &call.permit, &page).await?;
        Ok(Response::json(
            200,
            &pages::page(&found, |one| standing_approvals::standing_approval(one, ports.now())),
        ))
    })
}
