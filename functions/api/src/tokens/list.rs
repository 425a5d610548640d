//! `GET /v1/tokens`: the tokens of the organization, without their secrets.
//!
//! Needs the scope `tokens.manage`.

use app::Ports;
use app::people::tokens;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageQuery, PageView};
use wire::base::schema::{self, Shape};
use wire::people::tokens::TokenView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-tokens-list",
    method: "GET",
    path: "/v1/tokens",
    access: Access::Scope(Scope::TokensManage),
    says: "one's own; all of them for owners and admins",
    example: "limit=20",
    query: Some(Shape::of::<PageQuery>()),
    body: None,
    response: Some(schema::of::<PageView<TokenView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let page = request.query::<PageQuery>()?.page();
        let call = request.enter::<scope::TokensManage>(ports, &[]).await?;
        let tokens = tokens::list(&call.ports, &call.permit, &page).await?;
        Ok(Response::json(200, &pages::page(&tokens, wire::people::tokens::standing)))
    })
}
