//! `POST /v1/invitations`: invites somebody by mail.
//!
//! Needs the scope `members.manage`.

use std::sync::Arc;

use app::Ports;
use app::base::store::Directory;
use app::gate::invitations;
use domain::people::access::{Scope, scope};
use domain::people::invitation::Invitation;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::gate::invitations::{CreateInvitation, InvitationView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-invitations-create",
    method: "POST",
    path: "/v1/invitations",
    access: Access::Scope(Scope::MembersManage),
    says: "for seven days; owners invite owners and admins; whoever is to decide is invited in a session",
    example: r#"{"email": "grace@example.com", "role": "approver", "groups": ["legal"]}"#,
    query: None,
    body: Some(Shape::of::<CreateInvitation>()),
    response: Some(schema::of::<InvitationView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.directory()), handle),
};

fn handle<'a>((ports, directory): &'a (Ports, Arc<dyn Directory>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter_once::<scope::MembersManage>(ports, &[]).await?;
        let new = wire::gate::invitations::new(&request.body)?;
        let now = call.ports.now();
        let saved = |made: &Invitation| (201, text(&wire::gate::invitations::invitation(made, now)));
        let made =
            invitations::create(&call.ports, &**directory, &call.permit, new, &call.once, saved).await?;
        Ok(Response::json(201, &wire::gate::invitations::invitation(&made, now)))
    })
}
