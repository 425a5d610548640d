//! `GET /v1/me/totp`: whether one's own sign-in asks for a second factor.
//!
//! Needs any good credential.

use app::Ports;
use app::people::{second_factor, sessions};
use assembly::Aws;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::people::second_factor::{TotpView, totp};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-totp-get",
    method: "GET",
    path: "/v1/me/totp",
    access: Access::Credential,
    says: "in a session",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<TotpView>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        let factor = second_factor::get(&entered.ports, &own).await?;
        Ok(Response::json(200, &totp(factor.as_ref())))
    })
}
