//! `GET /v1/tokens/{token_id}`: one token, without its secret.
//!
//! Needs the scope `tokens.manage`.

use app::Ports;
use app::people::tokens;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::people::tokens::TokenView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-tokens-get",
    method: "GET",
    path: "/v1/tokens/{token_id}",
    access: Access::Scope(Scope::TokensManage),
    says: "one's own; any for owners and admins",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<TokenView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("token_id")?;
        let call = request.enter::<scope::TokensManage>(ports, &[]).await?;
        let token = tokens::get(&call.ports, &call.permit, id).await?;
        Ok(Response::json(200, &wire::people::tokens::standing(&token)))
    })
}
