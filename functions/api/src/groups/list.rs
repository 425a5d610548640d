//! `GET /v1/groups`: all groups of members.
//!
//! Needs the scope `policies.manage`.

use app::Ports;
use app::base::store::Key;
use app::gate::groups;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::groups::GroupsView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-groups-list",
    method: "GET",
    path: "/v1/groups",
    access: Access::Scope(Scope::PoliciesManage),
    says: "members under a name, whom policies ask for votes",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<GroupsView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter::<scope::PoliciesManage>(ports, &[Key::Policies]).await?;
        let groups = groups::list(&call.ports, &call.permit).await?;
        Ok(Response::json(200, &wire::gate::groups::groups(&groups)))
    })
}
