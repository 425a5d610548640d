//! `POST /v1/webhooks/{webhook_id}/test`: tells one endpoint, and no other, of an event of type `webhook.test`, once.
//!
//! Needs the scope `webhooks.manage`.

use app::Ports;
use app::base::store::Key;
use app::delivery::again;
use assembly::Aws;
use domain::delivery::event::Event;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema;
use wire::delivery::events::{EventView, event};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-webhooks-test",
    method: "POST",
    path: "/v1/webhooks/{webhook_id}/test",
    access: Access::Scope(Scope::WebhooksManage),
    says: "also while it is paused, disabled or held back; what came of it stands in its deliveries within seconds",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<EventView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("webhook_id")?;
        let call = request.enter_once::<scope::WebhooksManage>(ports, &[Key::Webhook(id)]).await?;
        let answer = |told: &Event| (202, text(&event(told)));
        let told = again::test(&call.ports, &call.permit, id, &call.once, answer).await?;
        Ok(Response::json(202, &event(&told)))
    })
}
