//! `GET /v1/me/passkeys`: one's own passkeys, oldest first.
//!
//! Needs any good credential.

use app::Ports;
use app::people::{passkeys, sessions};
use assembly::Aws;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::people::passkeys::PasskeysView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-passkeys-list",
    method: "GET",
    path: "/v1/me/passkeys",
    access: Access::Credential,
    says: "in a session",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<PasskeysView>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        let keys = passkeys::list(&entered.ports, &own).await?;
        Ok(Response::json(200, &wire::people::passkeys::passkeys(&keys)))
    })
}
