//! `DELETE /v1/tokens/{token_id}`: revokes a token, at once.
//!
//! Needs the scope `tokens.manage`.

use app::Ports;
use app::people::tokens;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-tokens-delete",
    method: "DELETE",
    path: "/v1/tokens/{token_id}",
    access: Access::Scope(Scope::TokensManage),
    says: "ends it at once",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("token_id")?;
        let call = request.enter::<scope::TokensManage>(ports, &[]).await?;
        tokens::delete(&call.ports, &call.permit, id).await?;
        Ok(Response::empty(204))
    })
}
