//! `POST /v1/inboxes/{inbox_id}/messages/send`: asks for a new mail to be sent. `202` where it is held, `201` where policies let it go.
//!
//! Needs the scope `messages.send`.

use app::base::store::Key;
use app::gate::submit::{Sending, Submitted, submit};
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::drafts::{self, Mail, SubmittedView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-messages-send",
    method: "POST",
    path: "/v1/inboxes/{inbox_id}/messages/send",
    access: Access::Scope(Scope::MessagesSend),
    says: "below",
    example: r#"{"to": ["Ann <ann@example.com>"], "subject": "Your order", "text": "It left today."}"#,
    query: None,
    body: Some(Shape::of::<Mail>()),
    response: Some(schema::of::<SubmittedView<'static>>),
    open: || crate::open(Aws::sending, handle),
};

fn handle<'a>(sending: &'a Sending, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("inbox_id")?;
        let call = request
            .enter_once::<scope::MessagesSend>(
                &sending.ports,
                &[Key::Inbox(id), Key::Policies, Key::Organization],
            )
            .await?;
        let draft = drafts::draft(&request.body)?;
        let respond = |submitted: &Submitted| drafts::respond(submitted, sending.ports.now());
        let submitted =
            submit(&sending.over(&call.ports), &call.permit, id, draft, None, &call.once, respond).await?;
        let (status, body) = respond(&submitted);
        Ok(Response::json_text(status, body))
    })
}
