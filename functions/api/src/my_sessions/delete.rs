//! `DELETE /v1/me/sessions/{session_id}`: ends one of one's own sessions, at once.
//!
//! Needs any good credential.

use app::Ports;
use app::people::sessions;
use assembly::Aws;
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-sessions-delete",
    method: "DELETE",
    path: "/v1/me/sessions/{session_id}",
    access: Access::Credential,
    says: "in a session; also the one that calls",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("session_id")?;
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        sessions::end(&entered.ports, &own, id).await?;
        Ok(Response::empty(204))
    })
}
