//! `PATCH /v1/threads/{thread_id}`: labels all mails of a conversation, and says whether they were read.
//!
//! Needs the scope `messages.modify`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::marks;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::mailbox::messages::{self, UpdateMessage};
use wire::mailbox::threads::{self, ThreadView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-threads-update",
    method: "PATCH",
    path: "/v1/threads/{thread_id}",
    access: Access::Scope(Scope::MessagesModify),
    says: "the labels of all its mails, and whether they were read; of more than 500, the latest; part by part",
    example: r#"{"add_labels": ["To do"], "read": true}"#,
    query: None,
    body: Some(Shape::of::<UpdateMessage>()),
    response: Some(schema::of::<ThreadView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("thread_id")?;
        let call = request.enter::<scope::MessagesModify>(ports, &[Key::Thread(id)]).await?;
        let marking = messages::marks(&request.body)?;
        let thread = marks::mark_thread(&call.ports, &call.permit, id, &marking).await?;
        Ok(Response::json(200, &threads::thread(&thread)))
    })
}
