//! `GET /v1/events/{event_id}`: one event, within 30 days.
//!
//! Needs the scope `events.read`.

use std::sync::Arc;

use app::Ports;
use app::base::feed::Feed;
use app::delivery::feed;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::delivery::events::{EventView, event, shortened};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-events-get",
    method: "GET",
    path: "/v1/events/{event_id}",
    access: Access::Scope(Scope::EventsRead),
    says: "",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<EventView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.feed()), handle),
};

fn handle<'a>((ports, feed): &'a (Ports, Arc<dyn Feed>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("event_id")?;
        let call = request.enter::<scope::EventsRead>(ports, &[]).await?;
        let found = feed::get(&*ports.clock, &**feed, &call.permit, id).await?;
        Ok(Response::json(200, &event(&shortened(&found))))
    })
}
