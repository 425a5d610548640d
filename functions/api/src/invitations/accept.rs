//! `POST /v1/invitations/accept`: takes the seat that somebody was invited to, and signs them in.
//!
//! Needs no credential.

use app::Ports;
use app::gate::invitations;
use assembly::Aws;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::invitations::AcceptInvitation;
use wire::people::sessions::SessionView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-invitations-accept",
    method: "POST",
    path: "/v1/invitations/accept",
    access: Access::Public,
    says: "once, with what the link of the last mail ends with",
    example: r#"{"invitation": "cs_invitation_01kc1x5e3r000000000000001701kc1x5e3r00000000000000010000000000000000000000000000000000000000000000000000000000000000", "password": "four words nobody puts together"}"#,
    query: None,
    body: Some(Shape::of::<AcceptInvitation>()),
    response: Some(schema::of::<SessionView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (invitation, password) = wire::gate::invitations::accept(&request.body)?;
        let (session, secret) = invitations::accept(ports, &invitation, &password, request.browser()).await?;
        Ok(Response::json(201, &wire::people::sessions::session(&session, secret.reveal())))
    })
}
