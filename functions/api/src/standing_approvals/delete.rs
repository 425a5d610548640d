//! `DELETE /v1/standing-approvals/{standing_approval_id}`: ends a standing approval at once, also for mails that are not claimed yet.
//!
//! Needs the scope `approvals.decide`.

use app::Ports;
use app::base::store::Key;
use app::gate::standing;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-standing-approvals-delete",
    method: "DELETE",
    path: "/v1/standing-approvals/{standing_approval_id}",
    access: Access::Scope(Scope::ApprovalsDecide),
    says: "ends it at once",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("standing_approval_id")?;
        let keys = [Key::StandingApproval(id)];
        let call = request.enter::<scope::ApprovalsDecide>(ports, &keys).await?;
        standing::revoke(&call.ports, &call.permit, id).await?;
        Ok(Response::empty(204))
    })
}
