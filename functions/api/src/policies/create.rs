//! `POST /v1/policies`: makes a policy. It counts from the next mail on.
//!
//! Needs the scope `policies.manage`.

use app::Ports;
use app::base::store::Key;
use app::gate::policies;
use assembly::Aws;
use domain::gate::policy::Policy;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::gate::policies::{PolicyGiven, PolicyView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-policies-create",
    method: "POST",
    path: "/v1/policies",
    access: Access::Scope(Scope::PoliciesManage),
    says: "",
    example: r#"{"name": "First contacts", "rules": [{"name": "Known recipients", "when": {"every_recipient": {"first_contact": false}}, "outcome": "allow"}]}"#,
    query: None,
    body: Some(Shape::of::<PolicyGiven>()),
    response: Some(schema::of::<PolicyView>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter_once::<scope::PoliciesManage>(ports, &[Key::Policies]).await?;
        let content = wire::gate::policies::content(&request.body)?;
        let answer = |policy: &Policy| (201, text(&wire::gate::policies::policy(policy)));
        let policy = policies::create(&call.ports, &call.permit, content, &call.once, answer).await?;
        Ok(Response::json(201, &wire::gate::policies::policy(&policy)))
    })
}
