//! `DELETE /v1/threads/{thread_id}`: puts the mails of a conversation into the trash, but for those that may still go.
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
    name: "api-threads-delete",
    method: "DELETE",
    path: "/v1/threads/{thread_id}",
    access: Access::Scope(Scope::MessagesModify),
    says: "all its mails into the trash, but for those that may still go; at most 200 at a time",
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
        let moved = trash::trash_thread(&call.ports, &call.permit, id).await?;
        Ok(Response::json(200, &messages::moved(&moved)))
    })
}
