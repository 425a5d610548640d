//! `POST /v1/inboxes/{inbox_id}/messages/{message_id}/forward`: asks for a mail to be passed on, as its reader saw it. `202` where it is held, `201` where policies let it go.
//!
//! Needs the scopes `messages.send` and `messages.read`.

use app::base::store::Key;
use app::gate::submit::{Answering, Sending, Submitted, submit};
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::drafts::{self, Forward, SubmittedView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-forward",
    method: "POST",
    path: "/v1/inboxes/{inbox_id}/messages/{message_id}/forward",
    access: Access::Scope(Scope::MessagesSend),
    says: "the same, to new recipients; that mail stands below, with its files. Needs `messages.read` too",
    example: r#"{"to": ["Ann <ann@example.com>"], "text": "For your files."}"#,
    query: None,
    body: Some(Shape::of::<Forward>()),
    response: Some(schema::of::<SubmittedView<'static>>),
    open: || crate::open(Aws::sending, handle),
};

fn handle<'a>(sending: &'a Sending, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (id, message_id) = (request.id("inbox_id")?, request.id("message_id")?);
        let keys = [Key::Inbox(id), Key::Policies, Key::Organization, Key::Message(id, message_id)];
        let call = request.enter_once::<scope::MessagesSend>(&sending.ports, &keys).await?;
        let (draft, how) = drafts::forward(&request.body)?;
        let answering = Some(Answering { message_id, how });
        let respond = |submitted: &Submitted| drafts::respond(submitted, sending.ports.now());
        let submitted =
            submit(&sending.over(&call.ports), &call.permit, id, draft, answering, &call.once, respond)
                .await?;
        let (status, body) = respond(&submitted);
        Ok(Response::json_text(status, body))
    })
}
