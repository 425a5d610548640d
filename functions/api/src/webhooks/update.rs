//! `PATCH /v1/webhooks/{webhook_id}`: changes an endpoint: where it is, what it wants, whether it is told.
//!
//! Needs the scope `webhooks.manage`.

use app::Ports;
use app::base::store::Key;
use app::delivery::webhooks;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::delivery::webhooks::{UpdateWebhook, WebhookView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-webhooks-update",
    method: "PATCH",
    path: "/v1/webhooks/{webhook_id}",
    access: Access::Scope(Scope::WebhooksManage),
    says: "`status` pauses it, and tells one again that was disabled",
    example: r#"{"events": ["message.*", "approval.requested"], "status": "active"}"#,
    query: None,
    body: Some(Shape::of::<UpdateWebhook>()),
    response: Some(schema::of::<WebhookView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("webhook_id")?;
        let call = request.enter::<scope::WebhooksManage>(ports, &[Key::Webhook(id)]).await?;
        let changes = wire::delivery::webhooks::update(&request.body)?;
        let webhook = webhooks::update(&call.ports, &call.permit, id, changes).await?;
        Ok(Response::json(200, &wire::delivery::webhooks::webhook(&webhook, None)))
    })
}
