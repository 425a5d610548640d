//! `GET /v1/threads/{thread_id}`: a conversation with a page of its mails, oldest first, each with what it says that is new.
//!
//! Needs the scope `messages.read`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Blobs;
use app::base::store::Key;
use app::mailbox::threads;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::PageQuery;
use wire::base::schema::{self, Shape};
use wire::mailbox::threads::ThreadDetailView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-threads-get",
    method: "GET",
    path: "/v1/threads/{thread_id}",
    access: Access::Scope(Scope::MessagesRead),
    says: "its mails, each with what it says that is new",
    example: "",
    query: Some(Shape::of::<PageQuery>()),
    body: None,
    response: Some(schema::of::<ThreadDetailView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.blobs()), handle),
};

fn handle<'a>((ports, blobs): &'a (Ports, Arc<dyn Blobs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (id, page) = (request.id("thread_id")?, request.query::<PageQuery>()?.page());
        let call = request.enter::<scope::MessagesRead>(ports, &[Key::Thread(id)]).await?;
        let (thread, messages) = threads::get(&call.ports, &**blobs, &call.permit, id, &page).await?;
        Ok(Response::json(200, &wire::mailbox::threads::thread_detail(&thread, &messages)))
    })
}
