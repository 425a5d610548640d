//! `GET /v1/inboxes/{inbox_id}/messages/{message_id}/raw`: the bytes of a mail, through a short-lived URL.
//!
//! Needs the scope `messages.read`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Blobs;
use app::mailbox::messages::{self, Raw};
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-raw",
    method: "GET",
    path: "/v1/inboxes/{inbox_id}/messages/{message_id}/raw",
    access: Access::Scope(Scope::MessagesRead),
    says: "the bytes, or `303` to where they are for 15 minutes",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(|aws| (aws.ports(), aws.blobs()), handle),
};

fn handle<'a>((ports, blobs): &'a (Ports, Arc<dyn Blobs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (inbox_id, id) = (request.id("inbox_id")?, request.id("message_id")?);
        let call = request.enter::<scope::MessagesRead>(ports, &messages::keys(inbox_id, id)).await?;
        let raw = messages::raw(&call.ports, &**blobs, &call.permit, inbox_id, id).await?;
        Ok(match raw {
            Raw::Bytes(bytes) => Response::bytes("message/rfc822", &bytes),
            Raw::Url(url) => Response::see_other(&url),
        })
    })
}
