//! `POST /v1/approvals/{approval_id}/approve`: lets exactly the bytes with this `digest` go.
//!
//! Needs the scope `approvals.decide`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::{KeyLogs, Workflow};
use app::base::store::Key;
use app::gate::approvals::{Ballot, Verdict, decide};
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::approvals::{self, ApprovalView, Approve};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-approve",
    method: "POST",
    path: "/v1/approvals/{approval_id}/approve",
    access: Access::Scope(Scope::ApprovalsDecide),
    says: "",
    example: r#"{"digest": "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}"#,
    query: None,
    body: Some(Shape::of::<Approve>()),
    response: Some(schema::of::<ApprovalView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.workflow(), aws.key_logs()), handle),
};

fn handle<'a>(
    (ports, workflow, logs): &'a (Ports, Arc<dyn Workflow>, Arc<dyn KeyLogs>),
    request: &'a Request,
) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("approval_id")?;
        let call = request.enter::<scope::ApprovalsDecide>(ports, &[Key::Approval(id)]).await?;
        let (digest, signature) = approvals::approve(&request.body)?;
        let ballot = Ballot::new(digest, &Verdict::Approve).signed(&**logs, signature.as_ref());
        let decided = decide(&call.ports, &**workflow, &call.permit, id, &ballot).await?;
        Ok(Response::json(200, &approvals::approval(&decided, ports.now())))
    })
}
