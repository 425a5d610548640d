//! `GET /v1/me`: who calls: the person behind the credential and their organization.
//!
//! Needs any good credential.

use app::Ports;
use app::people::sessions;
use assembly::Aws;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::people::members::{self, MeView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-me-get",
    method: "GET",
    path: "/v1/me",
    access: Access::Credential,
    says: "who the credential is, what it may do, and whether mail is paused",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<MeView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let me = sessions::me(&entered.ports, &entered.principal).await?;
        Ok(Response::json(200, &members::me(&me, &entered.principal)))
    })
}
