//! `GET /v1/audit`: what was done, by whom, newest first.
//!
//! Needs the scope `audit.read`.

use std::sync::Arc;

use app::Ports;
use app::base::trail::Trail;
use app::ledger::audit;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageView};
use wire::base::schema::{self, Shape};
use wire::ledger::audit::{AuditQuery, LinkView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-audit-list",
    method: "GET",
    path: "/v1/audit",
    access: Access::Scope(Scope::AuditRead),
    says: "`infra/docs/AUDIT.md`",
    example: "action=approval.&limit=20",
    query: Some(Shape::of::<AuditQuery>()),
    body: None,
    response: Some(schema::of::<PageView<LinkView<'static>>>),
    open: || crate::open(|aws| (aws.ports(), aws.trail()), handle),
};

fn handle<'a>((ports, trail): &'a (Ports, Arc<dyn Trail>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (filter, page) = request.query::<AuditQuery>()?.filter();
        let call = request.enter::<scope::AuditRead>(ports, &[]).await?;
        let links = audit::list(&**trail, &call.permit, &filter, &page).await?;
        Ok(Response::json(200, &pages::page(&links, wire::ledger::audit::link)))
    })
}
