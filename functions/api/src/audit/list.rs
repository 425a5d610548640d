//! `GET /v1/audit`: what was done, by whom, newest first.
//!
//! Needs the scope `audit.read`.

use app::Ports;
use app::ledger::audit;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-audit-list",
    method: "GET",
    path: "/v1/audit",
    access: Access::Scope(Scope::AuditRead),
    says: "`infra/docs/AUDIT.md`",
    example: "action=approval.&limit=20",
    ports: crate::ports,
    handle,
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (filter, page) = (wire::ledger::audit::filter(&request.query)?, request.page()?);
        let call = request.enter::<scope::AuditRead>(ports, &[]).await?;
        let links = audit::list(&call.ports, &call.permit, &filter, &page).await?;
        Ok(Response::json(200, &pages::page(&links, wire::ledger::audit::link)))
    })
}
