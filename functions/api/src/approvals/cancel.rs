//! `POST /v1/approvals/{approval_id}/cancel`: calls a mail off before it is claimed, decided or not.
//!
//! Needs the scope `messages.read`, and to be whoever asked for the mail or to hold `approvals.decide`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Workflow;
use app::base::store::Key;
use app::gate::approvals::cancel;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::approvals::{self, ApprovalView, Reason};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-cancel",
    method: "POST",
    path: "/v1/approvals/{approval_id}/cancel",
    access: Access::Scope(Scope::MessagesRead),
    says: "whoever asked, or somebody who decides",
    example: r#"{"reason": "Sent by telephone."}"#,
    query: None,
    body: Some(Shape::of::<Reason>()),
    response: Some(schema::of::<ApprovalView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.workflow()), handle),
};

fn handle<'a>((ports, workflow): &'a (Ports, Arc<dyn Workflow>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("approval_id")?;
        let call = request.enter::<scope::MessagesRead>(ports, &[Key::Approval(id)]).await?;
        let reason = approvals::reason(&request.body)?;
        let cancelled = cancel(&call.ports, &**workflow, &call.permit, id, &reason).await?;
        Ok(Response::json(200, &approvals::approval(&cancelled, ports.now())))
    })
}
