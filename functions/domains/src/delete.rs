//! `DELETE /v1/domains/{domain_id}`: deletes a domain that no inbox is on.
//!
//! Needs the scope `domains.manage`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Identities;
use app::base::store::{Directory, Key};
use app::mailbox::domains;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "domains-delete",
    method: "DELETE",
    path: "/v1/domains/{domain_id}",
    access: Access::Scope(Scope::DomainsManage),
    says: "`409 domain_in_use` while inboxes are on it",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(|aws| (aws.ports(), crate::identities(aws), aws.directory()), handle),
};

type Context = (Ports, Arc<dyn Identities>, Arc<dyn Directory>);

fn handle<'a>((ports, identities, directory): &'a Context, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("domain_id")?;
        let call = request.enter::<scope::DomainsManage>(ports, &[Key::Domain(id)]).await?;
        domains::delete(&call.ports, &**identities, &**directory, &call.permit, id).await?;
        Ok(Response::empty(204))
    })
}
