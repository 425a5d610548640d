//! `GET /v1/approvals/{approval_id}/comments`: what was said about a mail that waits, or did, the first first.
//!
//! Needs the scope `messages.read`, and that the caller may see the approval, or asked for the mail.

use app::Ports;
use app::base::store::Key;
use app::gate::comments;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::comments::CommentsView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-comments",
    method: "GET",
    path: "/v1/approvals/{approval_id}/comments",
    access: Access::Scope(Scope::MessagesRead),
    says: "for whoever may see the approval, and for the token that asked for the mail; at most 50",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<CommentsView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("approval_id")?;
        let call = request.enter::<scope::MessagesRead>(ports, &[Key::Approval(id)]).await?;
        let all = comments::list(&call.ports, &call.permit, id).await?;
        Ok(Response::json(200, &wire::gate::comments::comments(&all)))
    })
}
