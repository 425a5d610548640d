//! `PATCH /v1/organization`: gives the organization another name, another limit of mails a day, or another rule about second factors.
//!
//! Needs the scope `policies.manage`.

use app::Ports;
use app::base::store::Key;
use app::people::organization;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::people::organization::{OrganizationView, UpdateOrganization};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-organization-update",
    method: "PATCH",
    path: "/v1/organization",
    access: Access::Scope(Scope::PoliciesManage),
    says: "owners and admins, in a session",
    example: r#"{"sends_per_day": 2000}"#,
    query: None,
    body: Some(Shape::of::<UpdateOrganization>()),
    response: Some(schema::of::<OrganizationView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter::<scope::PoliciesManage>(ports, &[Key::Organization]).await?;
        let amendment = wire::people::organization::update(&request.body)?;
        let organization = organization::amend(&call.ports, &call.permit, amendment).await?;
        Ok(Response::json(200, &wire::people::organization::organization(&organization)))
    })
}
