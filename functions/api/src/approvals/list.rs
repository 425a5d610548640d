//! `GET /v1/approvals`: what waits for a decision; with `status`, what was decided.
//!
//! Needs the scope `approvals.read`.

use app::Ports;
use app::gate::approvals;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-list",
    method: "GET",
    path: "/v1/approvals",
    access: Access::Scope(Scope::ApprovalsRead),
    says: "`?status=pending` (standard) and the others, newest first",
    example: "limit=20",
    ports: crate::ports,
    handle,
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let page = request.page()?;
        let status = request.query.get("status").map_or("pending", String::as_str);
        let call = request.enter::<scope::ApprovalsRead>(ports, &[]).await?;
        let approvals = approvals::list(&call.ports, &call.permit, status, &page).await?;
        Ok(Response::json(
            200,
            &pages::page(&approvals, |approval| wire::gate::approvals::approval(approval, ports.now())),
        ))
    })
}
