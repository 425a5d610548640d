//! `GET /v1/members`: the people of the organization, with their roles and groups.
//!
//! Needs the scope `approvals.read`.

use app::Ports;
use app::gate::seats;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageQuery, PageView};
use wire::base::schema::{self, Shape};
use wire::gate::seats::MemberView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-members-list",
    method: "GET",
    path: "/v1/members",
    access: Access::Scope(Scope::ApprovalsRead),
    says: "with addresses for persons, and for tokens that hold `members.manage`",
    example: "limit=20",
    query: Some(Shape::of::<PageQuery>()),
    body: None,
    response: Some(schema::of::<PageView<MemberView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let page = request.query::<PageQuery>()?.page();
        let call = request.enter::<scope::ApprovalsRead>(ports, &[]).await?;
        let members = seats::list(&call.ports, &call.permit, &page).await?;
        let view = |seated| wire::gate::seats::member(seated, call.permit.principal());
        Ok(Response::json(200, &pages::page(&members, view)))
    })
}
