//! `POST /v1/approvals/{approval_id}/delegate`: hands the caller's vote on to another member.
//!
//! Needs the scope `approvals.decide`.

use app::Ports;
use app::base::store::Key;
use app::gate::approvals::delegate;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::approvals::{self, ApprovalView, Delegate};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-delegate",
    method: "POST",
    path: "/v1/approvals/{approval_id}/delegate",
    access: Access::Scope(Scope::ApprovalsDecide),
    says: "",
    example: r#"{"member_id": "mem_01kc1x5e3r0000000000000005"}"#,
    query: None,
    body: Some(Shape::of::<Delegate>()),
    response: Some(schema::of::<ApprovalView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("approval_id")?;
        let call = request.enter::<scope::ApprovalsDecide>(ports, &[Key::Approval(id)]).await?;
        let to = approvals::delegate(&request.body)?;
        let handed = delegate(&call.ports, &call.permit, id, to).await?;
        Ok(Response::json(200, &approvals::approval(&handed, ports.now())))
    })
}
