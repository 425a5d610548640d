//! `GET /v1/events`: what happened within 30 days, as webhooks are told of it, in an order in which nobody who follows it loses any.
//!
//! Needs the scope `events.read`.

use std::sync::Arc;

use app::Ports;
use app::base::feed::Feed;
use app::delivery::feed;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageView};
use wire::base::schema::{self, Shape};
use wire::delivery::events::{EventView, EventsQuery};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-events-list",
    method: "GET",
    path: "/v1/events",
    access: Access::Scope(Scope::EventsRead),
    says: "newest first; with `order=asc` there is always a `next_cursor` to go on from",
    example: "order=asc&types=message.*,approval.requested&limit=20",
    query: Some(Shape::of::<EventsQuery>()),
    body: None,
    response: Some(schema::of::<PageView<EventView<'static>>>),
    open: || crate::open(|aws| (aws.ports(), aws.feed()), handle),
};

fn handle<'a>((ports, feed): &'a (Ports, Arc<dyn Feed>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (filter, order, page) = request.query::<EventsQuery>()?.filter();
        let call = request.enter::<scope::EventsRead>(ports, &[]).await?;
        let told = feed::list(&*ports.clock, &**feed, &call.permit, &filter, order, &page).await?;
        let events = wire::delivery::events::fitting(told);
        Ok(Response::json(200, &pages::page(&events, wire::delivery::events::event)))
    })
}
