//! `POST /v1/approvals/{approval_id}/revise`: makes a new revision of a mail that the caller asked for, where somebody who decides asked for that.
//!
//! Needs the scope `messages.send`.

use app::base::store::Key;
use app::gate::edit::revise_as_asked;
use app::gate::submit::Sending;
use app::gate::submit::Submitted;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::drafts::{self, EditMail, SubmittedView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-revise",
    method: "POST",
    path: "/v1/approvals/{approval_id}/revise",
    access: Access::Scope(Scope::MessagesSend),
    says: "by whoever asked for the mail, while `revision_requested` says that it is to be written otherwise",
    example: r#"{"digest": "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "text": "As agreed, 90 euros.\n"}"#,
    query: None,
    body: Some(Shape::of::<EditMail>()),
    response: Some(schema::of::<SubmittedView<'static>>),
    open: || crate::open(Aws::sending, handle),
};

fn handle<'a>(sending: &'a Sending, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("approval_id")?;
        let call = request.enter_once::<scope::MessagesSend>(&sending.ports, &[Key::Approval(id)]).await?;
        let (digest, change) = drafts::edit(&request.body)?;
        let respond = |submitted: &Submitted| drafts::respond(submitted, sending.ports.now());
        let over = sending.over(&call.ports);
        let submitted = revise_as_asked(&over, &call.permit, id, digest, change, &call.once, respond).await?;
        let (status, body) = respond(&submitted);
        Ok(Response::json_text(status, body))
    })
}
