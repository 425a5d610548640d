//! `POST /v1/approvals/{approval_id}/take-back`: takes the caller's approval back before the mail is claimed.
//!
//! Needs the scope `approvals.decide`, and a session: a person thinks again.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Workflow;
use app::base::store::Key;
use app::gate::approvals::take_back;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::approvals::{self, ApprovalView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-take-back",
    method: "POST",
    path: "/v1/approvals/{approval_id}/take-back",
    access: Access::Scope(Scope::ApprovalsDecide),
    says: "in a session; where the votes that are left are not enough, the mail waits again",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<ApprovalView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.workflow()), handle),
};

fn handle<'a>((ports, workflow): &'a (Ports, Arc<dyn Workflow>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("approval_id")?;
        let call = request.enter::<scope::ApprovalsDecide>(ports, &[Key::Approval(id)]).await?;
        let waits = take_back(&call.ports, &**workflow, &call.permit, id).await?;
        Ok(Response::json(200, &approvals::approval(&waits, ports.now())))
    })
}
