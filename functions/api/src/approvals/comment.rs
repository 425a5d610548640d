//! `POST /v1/approvals/{approval_id}/comments`: says something about a mail that waits.
//!
//! Needs the scope `messages.read`, and a person who decides about mail or may ask for it, or the token that asked for the mail.

use app::Ports;
use app::base::store::Key;
use app::gate::comments;
use assembly::Aws;
use domain::gate::comment::Comment;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::gate::comments::{CommentView, NewComment, comment, new};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-comment",
    method: "POST",
    path: "/v1/approvals/{approval_id}/comments",
    access: Access::Scope(Scope::MessagesRead),
    says: "by a person, or by the token that asked for the mail; at most 50 of an approval",
    example: r#"{"text": "Is the price right?"}"#,
    query: None,
    body: Some(Shape::of::<NewComment>()),
    response: Some(schema::of::<CommentView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("approval_id")?;
        let call = request.enter_once::<scope::MessagesRead>(ports, &[Key::Approval(id)]).await?;
        let words = new(&request.body)?;
        let saved = |said: &Comment| (201, text(&comment(said, None)));
        let said = comments::comment(&call.ports, &call.permit, id, &words, &call.once, saved).await?;
        Ok(Response::json(201, &comment(&said, None)))
    })
}
