//! `PATCH /v1/me/notifications`: chooses what one is told of by mail, and when one is left alone.
//!
//! Needs any good credential.

use app::Ports;
use app::people::{notifications, sessions};
use assembly::Aws;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::people::notifications::{NotificationsView, UpdateNotifications};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-notifications-update",
    method: "PATCH",
    path: "/v1/me/notifications",
    access: Access::Credential,
    says: "in a session; suspicious mail and security alerts come all the same",
    example: r#"{"mails": "hourly", "time_zone": "Europe/Berlin", "quiet_hours": {"from": "22:00", "to": "07:00"}}"#,
    query: None,
    body: Some(Shape::of::<UpdateNotifications>()),
    response: Some(schema::of::<NotificationsView>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        let choice = wire::people::notifications::update(&request.body)?;
        let chosen = notifications::choose(&entered.ports, &own, &choice).await?;
        Ok(Response::json(200, &wire::people::notifications::notifications(&chosen)))
    })
}
