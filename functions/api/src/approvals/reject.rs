//! `POST /v1/approvals/{approval_id}/reject`: stops the mail with this `digest`, for a `reason`; with `revise`, its words are left as a draft.
//!
//! Needs the scope `approvals.decide`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::{Blobs, Workflow};
use app::base::store::Key;
use app::gate::approvals::{Verdict, decide};
use app::gate::drafts;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::approvals::{self, ApprovalView, Reject};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-reject",
    method: "POST",
    path: "/v1/approvals/{approval_id}/reject",
    access: Access::Scope(Scope::ApprovalsDecide),
    says: "with `revise` its words are left as a draft, `draft_id`",
    example: r#"{"digest": "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "reason": "The price is wrong."}"#,
    query: None,
    body: Some(Shape::of::<Reject>()),
    response: Some(schema::of::<ApprovalView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.blobs(), aws.workflow()), handle),
};

fn handle<'a>(
    (ports, blobs, workflow): &'a (Ports, Arc<dyn Blobs>, Arc<dyn Workflow>),
    request: &'a Request,
) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("approval_id")?;
        let call = request.enter::<scope::ApprovalsDecide>(ports, &[Key::Approval(id)]).await?;
        let (digest, reason, revise) = approvals::reject(&request.body)?;
        let (ports, permit) = (&call.ports, &call.permit);
        let decided = if revise {
            drafts::reject(ports, &**blobs, &**workflow, permit, id, digest, reason).await?
        } else {
            decide(ports, &**workflow, permit, id, digest, &Verdict::Reject(reason)).await?
        };
        Ok(Response::json(200, &approvals::approval(&decided, ports.now())))
    })
}
