//! `POST /v1/tokens/{token_id}/rotate`: gives a token another secret; the one that it has is taken for a while longer.
//!
//! Needs the scope `tokens.manage`.

use app::Ports;
use app::people::tokens;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use domain::people::credential::Token;
use runtime::http::{Access, Endpoint, Handling, In, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::people::tokens::{RotateToken, TokenView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-tokens-rotate",
    method: "POST",
    path: "/v1/tokens/{token_id}/rotate",
    access: Access::Scope(Scope::TokensManage),
    says: "by its owner; the new secret is shown this once; repeated within ten minutes, another ends it",
    example: r#"{"overlap": 3600}"#,
    query: None,
    body: Some(Shape::of::<RotateToken>()),
    response: Some(schema::of::<TokenView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("token_id")?;
        let call = request.enter_for_secret::<scope::TokensManage>(ports, &[]).await?;
        let overlap = wire::people::tokens::rotation(&request.body)?;
        // What is saved for a repeated request lacks the secret: it is shown once.
        let saved = |token: &Token| (200, text(&wire::people::tokens::token(token, None)));
        let In { permit, ports, once } = &call;
        let (token, secret) = tokens::rotate(ports, permit, id, overlap, once, saved).await?;
        Ok(Response::json(200, &wire::people::tokens::token(&token, Some(secret.reveal()))))
    })
}
