//! `GET /v1/domains/{domain_id}/zone-file`: the records of a domain as lines of a zone file.
//!
//! Needs the scope `domains.manage`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::domains;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "domains-zone-file",
    method: "GET",
    path: "/v1/domains/{domain_id}/zone-file",
    access: Access::Scope(Scope::DomainsManage),
    says: "as BIND and others import them",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("domain_id")?;
        let call = request.enter::<scope::DomainsManage>(ports, &[Key::Domain(id)]).await?;
        let found = domains::get(&call.ports, &call.permit, id).await?;
        Ok(Response::text("text/plain; charset=utf-8", wire::mailbox::domains::zone_file(&found)))
    })
}
