//! `POST /v1/approvals/{approval_id}/reject`: stops the mail with this `digest`, for a `reason`; with `revise`, its words are left as a draft.
//!
//! Needs the scope `approvals.decide`.

use app::base::store::Key;
use app::gate::approvals::{Ballot, Verdict, decide};
use app::gate::drafts;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::approvals::{self, ApprovalView, Reject};

use crate::deciding::World;

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
    open: || crate::open(World::of, handle),
};

fn handle<'a>(World { ports, blobs, workflow, logs }: &'a World, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("approval_id")?;
        let call = request.enter::<scope::ApprovalsDecide>(ports, &[Key::Approval(id)]).await?;
        let (digest, reason, revise, signature) = approvals::reject(&request.body)?;
        let (ports, permit) = (&call.ports, &call.permit);
        let verdict = Verdict::Reject(reason);
        let ballot = Ballot::new(digest, &verdict).signed(&**logs, signature.as_ref());
        let decided = if revise {
            drafts::reject(ports, &**blobs, &**workflow, permit, id, &ballot).await?
        } else {
            decide(ports, &**workflow, permit, id, &ballot).await?
        };
        Ok(Response::json(200, &approvals::approval(&decided, ports.now())))
    })
}
