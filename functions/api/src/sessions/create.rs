//! `POST /v1/sessions`: signs a person in with `email` and `password`.
//!
//! Needs no credential.

use app::Ports;
use app::people::sessions;
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-sessions-create",
    method: "POST",
    path: "/v1/sessions",
    access: Access::Public,
    says: "`email`, `password` -> a session's `token`, for 12 hours without use and at most seven days (`ends_at`)",
    example: r#"{"email": "owner@demo.test", "password": "a long first password"}"#,
    ports: crate::ports,
    handle,
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (email, password) = wire::people::sessions::sign_in(&request.body)?;
        let (session, secret) = sessions::sign_in(ports, &email, &password).await?;
        Ok(Response::json(201, &wire::people::sessions::session(&session, secret.reveal())))
    })
}
