//! `GET /v1/webhooks/{webhook_id}`: one endpoint.
//!
//! Needs the scope `webhooks.manage`.

use app::Ports;
use app::base::store::Key;
use app::delivery::webhooks;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::delivery::webhooks::WebhookView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-webhooks-get",
    method: "GET",
    path: "/v1/webhooks/{webhook_id}",
    access: Access::Scope(Scope::WebhooksManage),
    says: "`held_until`, below",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<WebhookView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("webhook_id")?;
        let call = request.enter::<scope::WebhooksManage>(ports, &[Key::Webhook(id)]).await?;
        let webhook = webhooks::get(&call.ports, &call.permit, id).await?;
        Ok(Response::json(200, &wire::delivery::webhooks::webhook(&webhook, None)))
    })
}
