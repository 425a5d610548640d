//! `GET /v1/groups/{group_id}`: one group of members.
//!
//! Needs the scope `policies.manage`.

use app::Ports;
use app::base::store::Key;
use app::gate::groups;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::groups::GroupView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-groups-get",
    method: "GET",
    path: "/v1/groups/{group_id}",
    access: Access::Scope(Scope::PoliciesManage),
    says: "",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<GroupView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("group_id")?;
        let call = request.enter::<scope::PoliciesManage>(ports, &[Key::Policies]).await?;
        let group = groups::get(&call.ports, &call.permit, id).await?;
        Ok(super::tagged(Response::json(200, &wire::gate::groups::group(&group)), &group))
    })
}
