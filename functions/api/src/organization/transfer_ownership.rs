//! `POST /v1/organization/transfer-ownership`: makes another member owner, and the caller admin.
//!
//! Needs the scope `members.manage`.

use app::Ports;
use app::gate::seats;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::seats::{MemberView, TransferOwnership};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-organization-transfer-ownership",
    method: "POST",
    path: "/v1/organization/transfer-ownership",
    access: Access::Scope(Scope::MembersManage),
    says: "an owner does it, in a session",
    example: r#"{"member_id": "mem_01kc1x5e3r0000000000000016"}"#,
    query: None,
    body: Some(Shape::of::<TransferOwnership>()),
    response: Some(schema::of::<MemberView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter::<scope::MembersManage>(ports, &[]).await?;
        let to = wire::gate::seats::transfer(&request.body)?;
        let seated = seats::transfer(&call.ports, &call.permit, to).await?;
        Ok(Response::json(200, &wire::gate::seats::member(&seated, call.permit.principal())))
    })
}
