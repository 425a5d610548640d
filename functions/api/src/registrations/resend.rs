//! `POST /v1/registrations/{organization_id}/resend`: has the link to claim an organization mailed again.
//!
//! Needs any good credential of that organization.

use app::Ports;
use app::gate::registrations;
use assembly::Aws;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::registrations::RegistrationView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-registrations-resend",
    method: "POST",
    path: "/v1/registrations/{organization_id}/resend",
    access: Access::Credential,
    says: "with the token that signing up gave, three times; its seven days go on",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<RegistrationView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("organization_id")?;
        let entered = request.enter_any(ports).await?;
        let sent = registrations::resend(&entered.ports, &entered.principal, id).await?;
        Ok(Response::json(202, &wire::gate::registrations::registration(&sent)))
    })
}
