//! `GET /v1/audit/verify`: computes the chain of the audit log anew and compares.
//!
//! Needs the scope `audit.read`.

use app::Ports;
use app::ledger::audit;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::ledger::audit::{VerifiedView, VerifyQuery};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-audit-verify",
    method: "GET",
    path: "/v1/audit/verify",
    access: Access::Scope(Scope::AuditRead),
    says: "the chain computed anew, and compared with its anchors",
    example: "",
    query: Some(Shape::of::<VerifyQuery>()),
    body: None,
    response: Some(schema::of::<VerifiedView>),
    ports: crate::anchored_ports,
    handle,
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (from, to) = request.query::<VerifyQuery>()?.part()?;
        let call = request.enter::<scope::AuditRead>(ports, &[]).await?;
        let verified = audit::verify(&call.ports, &call.permit, from, to).await?;
        Ok(Response::json(200, &wire::ledger::audit::verified(&verified)))
    })
}
