//! `PUT /v1/policies/{policy_id}`: puts a policy in the place of the one with the `version` that it names.
//!
//! Needs the scope `policies.manage`.

use app::Ports;
use app::base::store::Key;
use app::gate::policies;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::policies::{PolicyView, ReplacePolicy};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-policies-replace",
    method: "PUT",
    path: "/v1/policies/{policy_id}",
    access: Access::Scope(Scope::PoliciesManage),
    says: "with the `version` that it replaces",
    example: r#"{"version": 1, "name": "First contacts", "rules": [{"name": "Known recipients", "when": {"every_recipient": {"first_contact": false}}, "outcome": "allow"}]}"#,
    query: None,
    body: Some(Shape::of::<ReplacePolicy>()),
    response: Some(schema::of::<PolicyView>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("policy_id")?;
        let call = request.enter::<scope::PoliciesManage>(ports, &[Key::Policies]).await?;
        let (version, content) = wire::gate::policies::replacement(&request.body)?;
        let policy = policies::replace(&call.ports, &call.permit, id, version, content).await?;
        Ok(Response::json(200, &wire::gate::policies::policy(&policy)))
    })
}
