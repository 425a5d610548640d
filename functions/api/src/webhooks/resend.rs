//! `POST /v1/webhooks/{webhook_id}/resend`: tells an endpoint again of what it has not taken since a time.
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
use wire::base::schema::{self, Shape};
use wire::delivery::webhooks::{Resend, ResentView, resent};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-webhooks-resend",
    method: "POST",
    path: "/v1/webhooks/{webhook_id}/resend",
    access: Access::Scope(Scope::WebhooksManage),
    says: "40 events at a time, also those that it was not told of while it was disabled: repeat with `next_cursor` while there is one",
    example: r#"{"since": "2026-12-01T09:00:00Z"}"#,
    query: None,
    body: Some(Shape::of::<Resend>()),
    response: Some(schema::of::<ResentView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.feed()), handle),
};

fn handle<'a>((ports, feed): &'a (Ports, Arc<dyn Feed>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("webhook_id")?;
        let call = request.enter_once::<scope::WebhooksManage>(ports, &[Key::Webhook(id)]).await?;
        let (since, cursor) = wire::delivery::webhooks::resend(&request.body)?;
        let answer = |told: &again::Resent| (202, text(&resent(told)));
        let again = crate::again(&call.ports, &**feed);
        let part = (since, cursor.as_deref());
        let told = again::resend(again, &call.permit, id, part, &call.once, answer).await?;
        Ok(Response::json(202, &resent(&told)))
    })
}
