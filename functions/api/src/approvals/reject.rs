//! `POST /v1/approvals/{approval_id}/reject`: stops the mail with this `digest`, for a `reason`.
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
    name: "api-approvals-reject",
    method: "POST",
    path: "/v1/approvals/{approval_id}/reject",
    access: Access::Scope(Scope::ApprovalsDecide),
    says: "`digest`, `reason`",
    example: r#"{"digest": "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "reason": "The price is wrong."}"#,
    ports: crate::ports,
    handle,
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("approval_id")?;
        let call = request.enter::<scope::ApprovalsDecide>(ports, &[Key::Approval(id)]).await?;
        let (digest, reason) = approvals::decision(&request.body, true)?;
        let decided = decide(&call.ports, &call.permit, id, digest, &Verdict::Reject(reason)).await?;
        Ok(Response::json(200, &approvals::approval(&decided, ports.now())))
    })
}
