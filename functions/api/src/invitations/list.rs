//! `GET /v1/invitations`: invitations that nobody has accepted.
//!
//! Needs the scope `members.manage`.

use app::Ports;
use app::gate::invitations;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageQuery, PageView};
use wire::base::schema::{self, Shape};
use wire::gate::invitations::InvitationView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-invitations-list",
    method: "GET",
    path: "/v1/invitations",
    access: Access::Scope(Scope::MembersManage),
    says: "also those whose time is over, for 30 days",
    example: "limit=20",
    query: Some(Shape::of::<PageQuery>()),
    body: None,
    response: Some(schema::of::<PageView<InvitationView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let page = request.query::<PageQuery>()?.page();
        let call = request.enter::<scope::MembersManage>(ports, &[]).await?;
        let found = invitations::list(&call.ports, &call.permit, &page).await?;
        let now = call.ports.now();
        Ok(Response::json(200, &pages::page(&found, |one| wire::gate::invitations::invitation(one, now))))
    })
}
