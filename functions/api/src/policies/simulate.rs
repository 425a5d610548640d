//! `POST /v1/policies/simulate`: what would become of a mail, and why. Nothing is stored or sent.
//!
//! Needs the scope `policies.manage` or `messages.send`; for a mail that exists `messages.read` as well, and for
//! a saved draft `drafts.manage`. Whoever sends tries out what
//! they could ask for themselves.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Blobs;
use app::base::store::Directory;
use app::gate::policies::{self, MayTry};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::policies::{EvaluationView, SimulatePolicies};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-policies-simulate",
    method: "POST",
    path: "/v1/policies/simulate",
    access: Access::Credential,
    says: "what the policies would make of a mail; with `policies.manage` or `messages.send`",
    example: r#"{"inbox_id": "inb_01kc1x5e3r0000000000000001", "draft": {"to": ["ann@example.com"], "subject": "Hello", "text": "Hello Ann"}}"#,
    query: None,
    body: Some(Shape::of::<SimulatePolicies>()),
    response: Some(schema::of::<EvaluationView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.blobs(), aws.directory()), handle),
};

fn handle<'a>(
    (ports, blobs, directory): &'a (Ports, Arc<dyn Blobs>, Arc<dyn Directory>),
    request: &'a Request,
) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let may = MayTry::of(&entered.principal)?;
        let trial = wire::gate::policies::trial(&request.body)?;
        let (evaluation, facts, unmatched) =
            policies::simulate(&entered.ports, &**blobs, &**directory, &may, trial).await?;
        Ok(Response::json(200, &wire::gate::policies::evaluation(&evaluation, &facts, &unmatched)))
    })
}
