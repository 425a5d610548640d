//! `POST /v1/approvals/{approval_id}/approve`: lets exactly the bytes with this `digest` go.
//!
//! Needs the scope `approvals.decide`.

use app::Ports;
use app::base::store::Key;
use app::gate::approvals::{Verdict, decide};
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::gate::approvals;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-approve",
    method: "POST",
    path: "/v1/approvals/{approval_id}/approve",
    access: Access::Scope(Scope::ApprovalsDecide),
    says: "`digest`",
    example: r#"{"digest": "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}"#,
    ports: crate::ports,
    handle,
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("approval_id")?;
        let call = request.enter::<scope::ApprovalsDecide>(ports, &[Key::Approval(id)]).await?;
        let (digest, _) = approvals::decision(&request.body, false)?;
        let decided = decide(&call.ports, &call.permit, id, digest, &Verdict::Approve).await?;
        Ok(Response::json(200, &approvals::approval(&decided, ports.now())))
    })
}
