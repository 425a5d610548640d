//! `POST /v1/inboxes/{inbox_id}/messages/{message_id}/reply-all`: asks for an answer to a mail's author and its other recipients to be sent. `202` where it is held, `201` where policies let it go.
//!
//! Needs the scope `messages.send`.

use app::base::store::Key;
use app::gate::submit::{Answering, How, Sending, Submitted, submit};
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::drafts::{self, Reply, SubmittedView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-reply-all",
    method: "POST",
    path: "/v1/inboxes/{inbox_id}/messages/{message_id}/reply-all",
    access: Access::Scope(Scope::MessagesSend),
    says: "the same, to everybody",
    example: r#"{"text": "Thank you all."}"#,
    query: None,
    body: Some(Shape::of::<Reply>()),
    response: Some(schema::of::<SubmittedView<'static>>),
    open: || crate::open(Aws::sending, handle),
};

fn handle<'a>(sending: &'a Sending, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (id, message_id) = (request.id("inbox_id")?, request.id("message_id")?);
        let keys = [Key::Inbox(id), Key::Policies, Key::Organization, Key::Message(id, message_id)];
        let call = request.enter_once::<scope::MessagesSend>(&sending.ports, &keys).await?;
        let (draft, quote) = drafts::reply(&request.body)?;
        let answering = Some(Answering { message_id, how: How::ReplyAll { quote } });
        let respond = |submitted: &Submitted| drafts::respond(submitted, sending.ports.now());
        let submitted =
            submit(&sending.over(&call.ports), &call.permit, id, draft, answering, &call.once, respond)
                .await?;
        let (status, body) = respond(&submitted);
        Ok(Response::json_text(status, body))
    })
}
