//! `DELETE /v1/members/{member_id}`: removes a member, from the next request on; one's own id is leaving.
//!
//! Needs any good credential: the scope `members.manage` to remove somebody else.

use app::Ports;
use app::gate::seats;
use assembly::Aws;
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-members-delete",
    method: "DELETE",
    path: "/v1/members/{member_id}",
    access: Access::Credential,
    says: "with `members.manage`; without it one's own, in a session. Sessions and tokens end, and what waits with their vote does not leave",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("member_id")?;
        let entered = request.enter_any(ports).await?;
        seats::remove(&entered.ports, &entered.principal, id).await?;
        Ok(Response::empty(204))
    })
}
