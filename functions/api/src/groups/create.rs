//! `POST /v1/groups`: puts members under a name, by which policies ask them for votes.
//!
//! Needs the scope `policies.manage`.

use app::Ports;
use app::base::store::Key;
use app::gate::groups::{self, Changed};
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::gate::groups::{CreateGroup, GroupView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-groups-create",
    method: "POST",
    path: "/v1/groups",
    access: Access::Scope(Scope::PoliciesManage),
    says: "",
    example: r#"{"name": "legal", "member_ids": ["mem_01kc1x5e3r0000000000000001"]}"#,
    query: None,
    body: Some(Shape::of::<CreateGroup>()),
    response: Some(schema::of::<GroupView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter_once::<scope::PoliciesManage>(ports, &[Key::Policies]).await?;
        let new = wire::gate::groups::new(&request.body)?;
        let answer = |changed: &Changed| (201, text(&wire::gate::groups::changed(changed)));
        let changed = groups::create(&call.ports, &call.permit, new, &call.once, answer).await?;
        Ok(super::tagged(Response::json(201, &wire::gate::groups::changed(&changed)), &changed.group))
    })
}
