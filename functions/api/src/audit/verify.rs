//! `GET /v1/audit/verify`: computes the chain of the audit log anew and compares.
//!
//! Needs the scope `audit.read`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Anchors;
use app::base::trail::Trail;
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
    open: || crate::open(|aws| (aws.ports(), aws.trail(), aws.anchors()), handle),
};

fn handle<'a>(
    (ports, trail, anchors): &'a (Ports, Arc<dyn Trail>, Arc<dyn Anchors>),
    request: &'a Request,
) -> Handling<'a> {
    Box::pin(async move {
        let (from, to) = request.query::<VerifyQuery>()?.part()?;
        let call = request.enter::<scope::AuditRead>(ports, &[]).await?;
        let verified = audit::verify(&*ports.clock, &**trail, &**anchors, &call.permit, from, to).await?;
        Ok(Response::json(200, &wire::ledger::audit::verified(&verified)))
    })
}
