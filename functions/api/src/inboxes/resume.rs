//! `POST /v1/inboxes/{inbox_id}/resume`: lets the mail of a paused inbox go, without what is dropped; with `preview` only says what would go.
//!
//! Needs the scope `inboxes.manage`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Workflow;
use app::base::store::Key;
use app::gate::pause::Covered;
use domain::people::access::{self, scope};
use runtime::http::{Access, Endpoint, Handling, Request};
use wire::base::pages::PageQuery;
use wire::base::schema::{self, Shape};
use wire::gate::pauses::{Resume, ResumedView};

use crate::pausing;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-inboxes-resume",
    method: "POST",
    path: "/v1/inboxes/{inbox_id}/resume",
    access: Access::Scope(access::Scope::InboxesManage),
    says: "in a session",
    example: r#"{"preview": true}"#,
    query: Some(Shape::of::<PageQuery>()),
    body: Some(Shape::of::<Resume>()),
    response: Some(schema::of::<ResumedView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.workflow()), handle),
};

fn handle<'a>((ports, workflow): &'a (Ports, Arc<dyn Workflow>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("inbox_id")?;
        pausing::resume::<scope::InboxesManage>(
            (ports, &**workflow),
            request,
            Covered::Inbox(id),
            vec![Key::Inbox(id)],
        )
        .await
    })
}
