//! `GET /v1/approvals`: what waits for a decision; with `status`, what was decided.
//!
//! Needs the scope `approvals.read`.

use app::Ports;
use app::gate::approvals;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageView};
use wire::base::schema::{self, Shape};
use wire::gate::approvals::{ApprovalView, ApprovalsQuery};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-list",
    method: "GET",
    path: "/v1/approvals",
    access: Access::Scope(Scope::ApprovalsRead),
    says: "newest first",
    example: "limit=20",
    query: Some(Shape::of::<ApprovalsQuery>()),
    body: None,
    response: Some(schema::of::<PageView<ApprovalView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (status, page) = request.query::<ApprovalsQuery>()?.list();
        let call = request.enter::<scope::ApprovalsRead>(ports, &[]).await?;
        let approvals = approvals::list(&call.ports, &call.permit, status, &page).await?;
        Ok(Response::json(
            200,
            &pages::page(&approvals, |approval| wire::gate::approvals::approval(approval, ports.now())),
        ))
    })
}
