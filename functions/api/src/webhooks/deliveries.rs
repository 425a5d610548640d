//! `GET /v1/webhooks/{webhook_id}/deliveries`: the attempts to tell an endpoint, latest first.
//!
//! Needs the scope `webhooks.manage`.

use app::Ports;
use app::base::store::Key;
use app::delivery::webhooks;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageView};
use wire::base::schema::{self, Shape};
use wire::delivery::webhooks::{AttemptView, DeliveriesQuery};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-webhooks-deliveries",
    method: "GET",
    path: "/v1/webhooks/{webhook_id}/deliveries",
    access: Access::Scope(Scope::WebhooksManage),
    says: "each attempt, latest first, kept for 90 days",
    example: "delivered=false&limit=20",
    query: Some(Shape::of::<DeliveriesQuery>()),
    body: None,
    response: Some(schema::of::<PageView<AttemptView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("webhook_id")?;
        let (filter, page) = request.query::<DeliveriesQuery>()?.list();
        let call = request.enter::<scope::WebhooksManage>(ports, &[Key::Webhook(id)]).await?;
        let attempts = webhooks::attempts(&call.ports, &call.permit, id, filter, &page).await?;
        Ok(Response::json(200, &pages::page(&attempts, wire::delivery::webhooks::attempt)))
    })
}
