//! `GET /v1/approvals/{approval_id}`: one approval with the mail as it would go out and the conversation that it belongs to.
//!
//! Needs the scope `approvals.read`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Blobs;
use app::base::store::Key;
use app::gate::approvals;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::approvals::ApprovalDetailView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-get",
    method: "GET",
    path: "/v1/approvals/{approval_id}",
    access: Access::Scope(Scope::ApprovalsRead),
    says: "the mail as it is sealed under this `digest`, votes, terms, trace, what an edit changed",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<ApprovalDetailView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.blobs()), handle),
};

fn handle<'a>((ports, blobs): &'a (Ports, Arc<dyn Blobs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("approval_id")?;
        let call = request.enter::<scope::ApprovalsRead>(ports, &[Key::Approval(id)]).await?;
        let found = approvals::get(&call.ports, &**blobs, &call.permit, id).await?;
        Ok(Response::json(200, &wire::gate::approvals::approval_detail(&found, ports.now())))
    })
}
