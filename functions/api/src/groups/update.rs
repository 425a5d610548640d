//! `PATCH /v1/groups/{group_id}`: gives a group another name or other members. Mail that waits already asks whom it asked.
//!
//! Needs the scope `policies.manage`.

use app::Ports;
use app::base::store::Key;
use app::gate::groups;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::groups::{GroupView, UpdateGroup};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-groups-update",
    method: "PATCH",
    path: "/v1/groups/{group_id}",
    access: Access::Scope(Scope::PoliciesManage),
    says: "`If-Match` may name its version",
    example: r#"{"member_ids": ["mem_01kc1x5e3r0000000000000001"]}"#,
    query: None,
    body: Some(Shape::of::<UpdateGroup>()),
    response: Some(schema::of::<GroupView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("group_id")?;
        let call = request.enter::<scope::PoliciesManage>(ports, &[Key::Policies]).await?;
        let (seen, change) = (request.if_match()?, wire::gate::groups::change(&request.body)?);
        let changed = groups::update(&call.ports, &call.permit, id, seen, change).await?;
        Ok(super::tagged(Response::json(200, &wire::gate::groups::changed(&changed)), &changed.group))
    })
}
