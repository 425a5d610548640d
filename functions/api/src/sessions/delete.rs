//! `DELETE /v1/sessions/current`: signs out: ends the session that calls.
//!
//! Needs any good credential.

use app::Ports;
use app::Refusal;
use app::people::sessions;
use assembly::Aws;
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-sessions-delete",
    method: "DELETE",
    path: "/v1/sessions/current",
    access: Access::Credential,
    says: "signs out",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let session = entered.session.ok_or(Refusal::NotFound("session"))?;
        sessions::sign_out(&entered.ports, &session).await?;
        Ok(Response::empty(204))
    })
}
