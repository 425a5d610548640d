//! `POST /v1/domains/{domain_id}/verify`: looks at the records of a domain now.
//!
//! Needs the scope `domains.manage`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::domains;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::mailbox::domains::{DomainView, domain};

use crate::Outside;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "domains-verify",
    method: "POST",
    path: "/v1/domains/{domain_id}/verify",
    access: Access::Scope(Scope::DomainsManage),
    says: "every ten seconds at most; one that failed is waited for anew",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<DomainView<'static>>),
    open: || crate::open(|aws| (aws.ports(), Outside::open(aws)), handle),
};

fn handle<'a>((ports, outside): &'a (Ports, Outside), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("domain_id")?;
        let call = request.enter::<scope::DomainsManage>(ports, &[Key::Domain(id)]).await?;
        let found = domains::verify(&call.ports, &outside.looking(), &call.permit, id).await?;
        Ok(Response::json(200, &domain(&found)))
    })
}
