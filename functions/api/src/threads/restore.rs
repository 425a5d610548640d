//! `POST /v1/threads/{thread_id}/restore`: takes the mails of a conversation out of the trash.
//!
//! Needs the scope `messages.modify`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::trash;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::mailbox::messages::{self, MovedView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-threads-restore",
    method: "POST",
    path: "/v1/threads/{thread_id}/restore",
    access: Access::Scope(Scope::MessagesModify),
    says: "all its mails out of the trash; at most 200 at a time",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<MovedView>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("thread_id")?;
        let call = request.enter::<scope::MessagesModify>(ports, &[Key::Thread(id)]).await?;
        let moved = trash::restore_thread(&call.ports, &call.permit, id).await?;
        Ok(Response::json(200, &messages::moved(&moved)))
    })
}
