//! `POST /v1/tokens`: makes an API token. Its secret is in this answer and nowhere else.
//!
//! Needs the scope `tokens.manage`.

use app::Ports;
use app::people::tokens;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use domain::people::credential::Token;
use runtime::http::{Access, Endpoint, Handling, In, Request, Response};
use wire::base::parts::{id_in, text};
use wire::base::schema::{self, Shape};
use wire::people::tokens::{CreateToken, TokenView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-tokens-create",
    method: "POST",
    path: "/v1/tokens",
    access: Access::Scope(Scope::TokensManage),
    says: "its secret is shown this once; repeated within ten minutes, another secret for the same token ends the first",
    example: r#"{"name": "Support agent", "scopes": ["messages.read", "messages.send"], "inbox_ids": ["inb_01kc1x5e3r0000000000000002"]}"#,
    query: None,
    body: Some(Shape::of::<CreateToken>()),
    response: Some(schema::of::<TokenView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter_for_secret::<scope::TokensManage>(ports, &[]).await?;
        let new = wire::people::tokens::new(&request.body)?;
        // What is saved for a repeated request lacks the secret: it is shown once.
        let saved = |token: &Token| (201, text(&wire::people::tokens::token(token, None)));
        let In { permit, ports, once } = &call;
        let (token, secret) = match once.answered().and_then(|answer| id_in(&answer.body)) {
            None => tokens::create(ports, permit, new, once, saved).await?,
            Some(id) => tokens::replace_secret(ports, permit, id, once, saved).await?,
        };
        Ok(Response::json(201, &wire::people::tokens::token(&token, Some(secret.reveal()))))
    })
}
