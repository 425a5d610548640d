//! `POST /v1/webhooks/{webhook_id}/deliveries/{event_id}/retry`: tells an endpoint of one event again.
//!
//! Needs the scope `webhooks.manage`.

use std::sync::Arc;

use app::Ports;
use app::base::feed::Feed;
use app::base::store::Key;
use app::delivery::again;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema;
use wire::delivery::events::{RedeliveryView, redelivery};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-webhooks-retry",
    method: "POST",
    path: "/v1/webhooks/{webhook_id}/deliveries/{event_id}/retry",
    access: Access::Scope(Scope::WebhooksManage),
    says: "a delivery is named by its event; it begins anew within a minute, with the same `webhook-id`",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<RedeliveryView>),
    open: || crate::open(|aws| (aws.ports(), aws.feed()), handle),
};

fn handle<'a>((ports, feed): &'a (Ports, Arc<dyn Feed>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (id, event_id) = (request.id("webhook_id")?, request.id("event_id")?);
        let call = request.enter_once::<scope::WebhooksManage>(ports, &[Key::Webhook(id)]).await?;
        let answer = |told: &again::Redelivery| (202, text(&redelivery(told)));
        let again = crate::again(&call.ports, &**feed);
        let told = again::redeliver(again, &call.permit, event_id, Some(id), &call.once, answer).await?;
        Ok(Response::json(202, &redelivery(&told)))
    })
}
