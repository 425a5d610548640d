//! `PATCH /v1/members/{member_id}`: gives a member another role or other groups, from the next request on.
//!
//! Needs the scope `members.manage`.

use app::Ports;
use app::gate::seats;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::seats::{MemberView, UpdateMember};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-members-update",
    method: "PATCH",
    path: "/v1/members/{member_id}",
    access: Access::Scope(Scope::MembersManage),
    says: "owners make and change owners and admins; a role that decides is given in a session; an organization keeps an owner",
    example: r#"{"role": "approver", "groups": ["legal"]}"#,
    query: None,
    body: Some(Shape::of::<UpdateMember>()),
    response: Some(schema::of::<MemberView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("member_id")?;
        let call = request.enter::<scope::MembersManage>(ports, &[]).await?;
        let change = wire::gate::seats::change(&request.body)?;
        let seated = seats::update(&call.ports, &call.permit, id, change).await?;
        Ok(Response::json(200, &wire::gate::seats::member(&seated, call.permit.principal())))
    })
}
