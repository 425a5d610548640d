//! `POST /v1/standing-approvals`: approves mails ahead: so many to a conversation, a recipient or a domain, until a time.
//!
//! Needs the scope `approvals.decide`.

use app::Ports;
use app::gate::standing;
use assembly::Aws;
use domain::gate::standing::StandingApproval;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::gate::standing_approvals::{self, CreateStandingApproval, StandingApprovalView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-standing-approvals-create",
    method: "POST",
    path: "/v1/standing-approvals",
    access: Access::Scope(Scope::ApprovalsDecide),
    says: "",
    example: r#"{"recipient": "ann@example.com", "budget": 5, "expires_at": "2026-12-04T18:00:00Z"}"#,
    query: None,
    body: Some(Shape::of::<CreateStandingApproval>()),
    response: Some(schema::of::<StandingApprovalView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter_once::<scope::ApprovalsDecide>(ports, &[]).await?;
        let new = standing_approvals::new(&request.body)?;
        let saved =
            |made: &StandingApproval| (201, text(&standing_approvals::standing_approval(made, ports.now())));
        let made = standing::create(&call.ports, &call.permit, new, &call.once, saved).await?;
        Ok(Response::json(201, &standing_approvals::standing_approval(&made, ports.now())))
    })
}
