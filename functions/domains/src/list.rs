//! `GET /v1/domains`: the domains of the organization.
//!
//! Needs the scope `domains.manage`.

use app::Ports;
use app::mailbox::domains;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageQuery, PageView};
use wire::base::schema::{self, Shape};
use wire::mailbox::domains::{DomainView, domain};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "domains-list",
    method: "GET",
    path: "/v1/domains",
    access: Access::Scope(Scope::DomainsManage),
    says: "oldest first, at most 20",
    example: "limit=20",
    query: Some(Shape::of::<PageQuery>()),
    body: None,
    response: Some(schema::of::<PageView<DomainView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let page = request.query::<PageQuery>()?.page();
        let call = request.enter::<scope::DomainsManage>(ports, &[]).await?;
        let found = domains::list(&call.ports, &call.permit, &page).await?;
        Ok(Response::json(200, &pages::page(&found, domain)))
    })
}
