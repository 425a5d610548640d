//! `DELETE /v1/members/{member_id}/totp`: takes away the second factor of a member who lost it.
//!
//! Needs the scope `members.manage`, in a session.

use app::Ports;
use app::gate::seats;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-members-reset-second-factor",
    method: "DELETE",
    path: "/v1/members/{member_id}/totp",
    access: Access::Scope(Scope::MembersManage),
    says: "in a session, never one's own; of owners and admins an owner; their sessions end, and they are told by mail",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("member_id")?;
        let call = request.enter::<scope::MembersManage>(ports, &[]).await?;
        seats::reset_second_factor(&call.ports, &call.permit, id).await?;
        Ok(Response::empty(204))
    })
}
