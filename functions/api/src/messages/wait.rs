//! `GET /v1/inboxes/{inbox_id}/messages/wait`: answers as soon as a mail comes in, or with none when the time is up.
//!
//! Needs the scope `messages.read`.

use std::time::Duration;

use app::Ports;
use app::base::store::Key;
use app::mailbox::messages;
use assembly::Aws;
use domain::Timestamp;
use domain::people::access::{Scope, scope};
use jiff::SignedDuration;
use runtime::environment::stopwatch;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::mailbox::messages::{ArrivedView, WaitQuery};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-wait",
    method: "GET",
    path: "/v1/inboxes/{inbox_id}/messages/wait",
    access: Access::Scope(Scope::MessagesRead),
    says: "as soon as a mail comes in, the first of them first; none when the time is up",
    example: "from=ann@example.com&timeout=5",
    query: Some(Shape::of::<WaitQuery>()),
    body: None,
    response: Some(schema::of::<ArrivedView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

/// A mail is filed at most so long after it came, as far as a later look knows.
const LATE: SignedDuration = SignedDuration::from_secs(60);
/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (id, waited) = (request.id("inbox_id")?, stopwatch());
        let (since, filter, seconds) = request.query::<WaitQuery>()?.wait(ports.now());
        let call = request.enter::<scope::MessagesRead>(ports, &[Key::Inbox(id)]).await?;
        // What stood there at the first look is not read again and again; a mail may be filed a while after it came.
        let mut from = Timestamp::UNIX_EPOCH;
        loop {
            let found = messages::arrived(&call.ports, &call.permit, id, (since, from), &filter).await?;
            from = ports.now() - LATE;
            if !found.is_empty() || waited() >= u64::from(seconds) * 1_000 {
                return Ok(Response::json(200, &wire::mailbox::messages::arrived(&found)));
            }
            tokio::time::sleep(PAUSE).await;
        }
    })
}
