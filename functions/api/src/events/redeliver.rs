//! `POST /v1/events/{event_id}/redeliver`: tells one webhook of an event again, or all that want it.
//!
//! Needs the scope `webhooks.manage`.

use std::sync::Arc;

use app::Ports;
use app::base::feed::Feed;
use app::delivery::again;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::delivery::events::{Redeliver, RedeliveryView, redelivery};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-events-redeliver",
    method: "POST",
    path: "/v1/events/{event_id}/redeliver",
    access: Access::Scope(Scope::WebhooksManage),
    says: "within a minute, with the same `webhook-id`",
    example: r#"{"webhook_id": "whk_01kc1x5e3r0000000000000007"}"#,
    query: None,
    body: Some(Shape::of::<Redeliver>()),
    response: Some(schema::of::<RedeliveryView>),
    open: || crate::open(|aws| (aws.ports(), aws.feed()), handle),
};

fn handle<'a>((ports, feed): &'a (Ports, Arc<dyn Feed>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let event_id = request.id("event_id")?;
        let call = request.enter_once::<scope::WebhooksManage>(ports, &[]).await?;
        let to = wire::delivery::events::redeliver(&request.body)?;
        let answer = |told: &again::Redelivery| (202, text(&redelivery(told)));
        let again = crate::again(&call.ports, &**feed);
        let told = again::redeliver(again, &call.permit, event_id, to, &call.once, answer).await?;
        Ok(Response::json(202, &redelivery(&told)))
    })
}
