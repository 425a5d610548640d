//! `DELETE /v1/me/sessions`: ends all one's own sessions but the one that calls; with `current=true` that one as well.
//!
//! Needs any good credential.

use app::Ports;
use app::people::sessions;
use assembly::Aws;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::Shape;
use wire::people::sessions::EndSessions;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-sessions-delete-all",
    method: "DELETE",
    path: "/v1/me/sessions",
    access: Access::Credential,
    says: "in a session: signs out everywhere",
    example: "",
    query: Some(Shape::of::<EndSessions>()),
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let EndSessions { current } = request.query()?;
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        sessions::end_others(&entered.ports, &own, current.is_some_and(|flag| flag.0)).await?;
        Ok(Response::empty(204))
    })
}
