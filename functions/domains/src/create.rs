//! `POST /v1/domains`: asks for a domain, and says which DNS records it takes. `200` with the one that is there.
//!
//! Needs the scope `domains.manage`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Identities;
use app::base::store::Directory;
use app::mailbox::domains;
use app::mailbox::suppressions::Made;
use domain::mailbox::domains::Domain;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::mailbox::domains::{CreateDomain, DomainView, domain};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "domains-create",
    method: "POST",
    path: "/v1/domains",
    access: Access::Scope(Scope::DomainsManage),
    says: "`infra/docs/DOMAINS.md`",
    example: r#"{"name": "example.com"}"#,
    query: None,
    body: Some(Shape::of::<CreateDomain>()),
    response: Some(schema::of::<DomainView<'static>>),
    open: || crate::open(|aws| (aws.ports(), crate::identities(aws), aws.directory()), handle),
};

type Context = (Ports, Arc<dyn Identities>, Arc<dyn Directory>);

fn handle<'a>((ports, identities, directory): &'a Context, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter_once::<scope::DomainsManage>(ports, &[]).await?;
        let asked = wire::mailbox::domains::new(&request.body)?;
        let saved = |made: &Made<Domain>| match made {
            Made::New(one) => (201, text(&domain(one))),
            Made::Known(one) => (200, text(&domain(one))),
        };
        let (identities, directory) = (&**identities, &**directory);
        let made =
            domains::create(&call.ports, identities, directory, &call.permit, asked, &call.once, saved)
                .await?;
        Ok(match &made {
            Made::New(one) => Response::json(201, &domain(one)),
            Made::Known(one) => Response::json(200, &domain(one)),
        })
    })
}
