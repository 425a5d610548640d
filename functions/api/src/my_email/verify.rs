//! `POST /v1/me/email/verification`: has whoever calls mailed a link that proves their address.
//!
//! Needs any good credential.

use app::Ports;
use app::people::{email, sessions};
use assembly::Aws;
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-email-verify",
    method: "POST",
    path: "/v1/me/email/verification",
    access: Access::Credential,
    says: "in a session, ten times a day; the page of the link confirms it",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        email::ask(&entered.ports, &own).await?;
        Ok(Response::empty(202))
    })
}
