//! `GET /v1/me/notifications`: what one is told of by mail, and when one is left alone.
//!
//! Needs any good credential.

use app::Ports;
use app::people::{notifications, sessions};
use assembly::Aws;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::people::notifications::NotificationsView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-notifications-get",
    method: "GET",
    path: "/v1/me/notifications",
    access: Access::Credential,
    says: "in a session",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<NotificationsView>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        let found = notifications::get(&entered.ports, &own).await?;
        Ok(Response::json(200, &wire::people::notifications::notifications(&found)))
    })
}
