//! `PUT /v1/screening`: puts other rules in the place of those with the `version` that it names.
//!
//! Needs the scope `policies.manage`.

use app::Ports;
use app::mailbox::screening;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::mailbox::screening::{ReplaceScreening, ScreeningView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-screening-replace",
    method: "PUT",
    path: "/v1/screening",
    access: Access::Scope(Scope::PoliciesManage),
    says: "all of them, with the `version` that they replace",
    example: r#"{"version": 0, "rules": [{"name": "Strangers", "when": {"listed": false, "authenticated": false}, "outcome": "hold"}]}"#,
    query: None,
    body: Some(Shape::of::<ReplaceScreening>()),
    response: Some(schema::of::<ScreeningView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter::<scope::PoliciesManage>(ports, &[]).await?;
        let (version, rules) = wire::mailbox::screening::replacement(&request.body)?;
        let written = screening::replace(&call.ports, &call.permit, version, rules).await?;
        Ok(Response::json(200, &wire::mailbox::screening::screening(&written)))
    })
}
