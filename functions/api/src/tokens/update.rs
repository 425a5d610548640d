//! `PATCH /v1/tokens/{token_id}`: gives a token another name or another limit of mails a day.
//!
//! Needs the scope `tokens.manage`.

use app::Ports;
use app::people::tokens;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::people::tokens::{TokenView, UpdateToken};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-tokens-update",
    method: "PATCH",
    path: "/v1/tokens/{token_id}",
    access: Access::Scope(Scope::TokensManage),
    says: "its name; its limit in a session",
    example: r#"{"name": "Support agent", "sends_per_day": 200}"#,
    query: None,
    body: Some(Shape::of::<UpdateToken>()),
    response: Some(schema::of::<TokenView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("token_id")?;
        let call = request.enter::<scope::TokensManage>(ports, &[]).await?;
        let amendment = wire::people::tokens::update(&request.body)?;
        let token = tokens::amend(&call.ports, &call.permit, id, amendment).await?;
        Ok(Response::json(200, &wire::people::tokens::token(&token, None)))
    })
}
