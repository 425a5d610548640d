//! `POST /v1/messages/search`: mails by their words, and where in each they stand. Nothing is stored.
//!
//! Needs the scope `messages.read`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Blobs;
use app::mailbox::search;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::mailbox::search::{FoundPageView, SearchMessages};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-search",
    method: "POST",
    path: "/v1/messages/search",
    access: Access::Scope(Scope::MessagesRead),
    says: "by words, phrases and operators (`infra/docs/SEARCH.md`), newest first or by relevance, with highlights",
    example: r#"{"query": "invoice from:acme has:attachment -draft", "limit": 20}"#,
    query: None,
    body: Some(Shape::of::<SearchMessages>()),
    response: Some(schema::of::<FoundPageView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.blobs()), handle),
};

fn handle<'a>((ports, blobs): &'a (Ports, Arc<dyn Blobs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter::<scope::MessagesRead>(ports, &[]).await?;
        let wanted = wire::mailbox::search::wanted(&request.body)?;
        let found = search::search(&call.ports, &**blobs, &call.permit, &wanted).await?;
        Ok(Response::json(200, &wire::mailbox::search::found(&found)))
    })
}
