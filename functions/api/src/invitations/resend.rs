//! `POST /v1/invitations/{invitation_id}/resend`: has an invitation mailed again: the link of the mail before holds no more.
//!
//! Needs the scope `members.manage`.

use app::Ports;
use app::gate::invitations;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::invitations::InvitationView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-invitations-resend",
    method: "POST",
    path: "/v1/invitations/{invitation_id}/resend",
    access: Access::Scope(Scope::MembersManage),
    says: "its seven days begin anew",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<InvitationView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("invitation_id")?;
        let call = request.enter::<scope::MembersManage>(ports, &[]).await?;
        let sent = invitations::resend(&call.ports, &call.permit, id).await?;
        Ok(Response::json(202, &wire::gate::invitations::invitation(&sent, call.ports.now())))
    })
}
