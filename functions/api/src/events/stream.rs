//! `GET /v1/events/stream`: events as they come, for `EventSource` and its like, without a URL that we could call.
//!
//! The gateway hands a response over as a whole and ends a request after 30 seconds, so the stream comes in slices: a response waits for
//! the first events, has all that there are, and ends; the client comes again with the last `id`. Who brings none is told at once where
//! the feed ends, so that nothing is lost though the next request never gets its response.
//!
//! Needs the scope `events.read`.

use std::sync::Arc;
use std::time::Duration;

use app::Ports;
use app::base::feed::Feed;
use app::base::store::PageRequest;
use app::delivery::feed::{self, Order};
use domain::people::access::{Scope, scope};
use runtime::environment::stopwatch;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::Shape;
use wire::delivery::events::StreamQuery;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-events-stream",
    method: "GET",
    path: "/v1/events/stream",
    access: Access::Scope(Scope::EventsRead),
    says: "`text/event-stream` in slices of 25 seconds at most; goes on behind `Last-Event-ID`",
    example: "types=message.received,approval.*",
    query: Some(Shape::of::<StreamQuery>()),
    body: None,
    response: None,
    open: || crate::open(|aws| (aws.ports(), aws.feed()), handle),
};

/// So long a slice waits for its first event, in milliseconds: the gateway ends a request after 30 seconds.
const WAIT: u64 = 25_000;
/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// A slice has at most so many events.
const LIMIT: u16 = 100;

fn handle<'a>((ports, feed): &'a (Ports, Arc<dyn Feed>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let waited = stopwatch();
        let (filter, cursor) = request.query::<StreamQuery>()?.filter();
        let call = request.enter::<scope::EventsRead>(ports, &[]).await?;
        let last = request.headers.get("last-event-id").filter(|id| !id.is_empty()).cloned();
        let cursor = last.or(cursor);
        let is_new = cursor.is_none();
        let cursor = match cursor {
            Some(cursor) => cursor,
            None => feed::end(&**feed, &call.permit).await?,
        };
        let mut page = PageRequest { limit: LIMIT, cursor: Some(cursor) };
        loop {
            let order = Order::OldestFirst;
            let told = feed::list(&*ports.clock, &**feed, &call.permit, &filter, order, &page).await?;
            if is_new || !told.items.is_empty() || waited() >= WAIT {
                return Ok(Response::event_stream(wire::delivery::events::stream(told)));
            }
            page.cursor = told.next;
            tokio::time::sleep(PAUSE).await;
        }
    })
}
