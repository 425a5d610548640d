//! `POST /v1/inboxes/{inbox_id}/messages/{message_id}/send-again`: asks for a mail that did not go, or of which nobody knows, to be sent again, as a new one that a person decides about.
//!
//! Needs the scope `messages.send`.

use app::base::store::Key;
use app::gate::edit::send_again;
use app::gate::submit::Sending;
use app::gate::submit::Submitted;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::drafts::{self, SubmittedView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-send-again",
    method: "POST",
    path: "/v1/inboxes/{inbox_id}/messages/{message_id}/send-again",
    access: Access::Scope(Scope::MessagesSend),
    says: "a new attempt at one that did not go, or that nobody knows of",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<SubmittedView<'static>>),
    open: || crate::open(Aws::sending, handle),
};

fn handle<'a>(sending: &'a Sending, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (id, message_id) = (request.id("inbox_id")?, request.id("message_id")?);
        let keys = [Key::Inbox(id), Key::Policies, Key::Organization, Key::Message(id, message_id)];
        let call = request.enter_once::<scope::MessagesSend>(&sending.ports, &keys).await?;
        let respond = |submitted: &Submitted| drafts::respond(submitted, sending.ports.now());
        let submitted =
            send_again(&sending.over(&call.ports), &call.permit, id, message_id, &call.once, respond).await?;
        let (status, body) = respond(&submitted);
        Ok(Response::json_text(status, body))
    })
}
