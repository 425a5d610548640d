//! `POST /v1/approvals/{approval_id}/ask-to-revise`: asks whoever asked for the mail with this `digest` to write it otherwise.
//!
//! Needs the scope `approvals.decide`.

use app::Ports;
use app::base::store::Key;
use app::gate::comments::ask_to_revise;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::approvals::{self, ApprovalView, AskToRevise};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-ask-to-revise",
    method: "POST",
    path: "/v1/approvals/{approval_id}/ask-to-revise",
    access: Access::Scope(Scope::ApprovalsDecide),
    says: "it waits on, and nobody is asked to decide about it until it is revised",
    example: r#"{"digest": "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "note": "Leave out the price."}"#,
    query: None,
    body: Some(Shape::of::<AskToRevise>()),
    response: Some(schema::of::<ApprovalView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("approval_id")?;
        let call = request.enter::<scope::ApprovalsDecide>(ports, &[Key::Approval(id)]).await?;
        let (digest, note) = approvals::ask_to_revise(&request.body)?;
        let asked = ask_to_revise(&call.ports, &call.permit, id, digest, &note).await?;
        Ok(Response::json(200, &approvals::approval(&asked, ports.now())))
    })
}
