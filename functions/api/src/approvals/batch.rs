//! `POST /v1/approvals/batch`: approves or rejects up to 50 mails, each for itself and for exactly the bytes with its `digest`.
//!
//! Needs the scope `approvals.decide`, and a session.

use app::gate::approvals::decide_several;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::approvals::{self, ApprovalBatchView, BatchApprovals};

use crate::deciding::World;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-batch",
    method: "POST",
    path: "/v1/approvals/batch",
    access: Access::Scope(Scope::ApprovalsDecide),
    says: "in a session; one about which something deserves a look is not approved so, and the others are",
    example: r#"{"verdict": "approve", "items": [{"approval_id": "apr_01kc1x5e3r0000000000000004", "digest": "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}]}"#,
    query: None,
    body: Some(Shape::of::<BatchApprovals>()),
    response: Some(schema::of::<ApprovalBatchView>),
    open: || crate::open(World::of, handle),
};

fn handle<'a>(World { ports, blobs, workflow, logs }: &'a World, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter::<scope::ApprovalsDecide>(ports, &[]).await?;
        let (items, verdict, signature) = approvals::batch(&request.body)?;
        let (ports, permit) = (&call.ports, &call.permit);
        let signed = (&**logs, signature.as_ref());
        let all = decide_several(ports, &**blobs, &**workflow, permit, &items, &verdict, signed).await?;
        Ok(Response::json(200, &approvals::batched(&all, ports.now())))
    })
}
