//! `GET /v1/domains/{domain_id}`: one domain, with its records as they should be and as they were found.
//!
//! Needs the scope `domains.manage`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::domains;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::mailbox::domains::{DomainView, domain};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "domains-get",
    method: "GET",
    path: "/v1/domains/{domain_id}",
    access: Access::Scope(Scope::DomainsManage),
    says: "as the last look found it",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<DomainView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("domain_id")?;
        let call = request.enter::<scope::DomainsManage>(ports, &[Key::Domain(id)]).await?;
        let found = domains::get(&call.ports, &call.permit, id).await?;
        Ok(Response::json(200, &domain(&found)))
    })
}
