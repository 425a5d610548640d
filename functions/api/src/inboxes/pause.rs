//! `POST /v1/inboxes/{inbox_id}/pause`: holds back all mail of an inbox that is not claimed yet.
//!
//! Needs the scope `approvals.decide`.

use app::Ports;
use app::base::store::Key;
use app::gate::pause::Covered;
use assembly::Aws;
use domain::people::access;
use runtime::http::{Access, Endpoint, Handling, Request};
use wire::base::schema::{self, Shape};
use wire::gate::approvals::Reason;
use wire::gate::pauses::PausedView;

use crate::pausing;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-inboxes-pause",
    method: "POST",
    path: "/v1/inboxes/{inbox_id}/pause",
    access: Access::Scope(access::Scope::ApprovalsDecide),
    says: "",
    example: r#"{"reason": "It wrote to the wrong customers."}"#,
    query: None,
    body: Some(Shape::of::<Reason>()),
    response: Some(schema::of::<PausedView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("inbox_id")?;
        pausing::pause(ports, request, Covered::Inbox(id), vec![Key::Inbox(id)]).await
    })
}
