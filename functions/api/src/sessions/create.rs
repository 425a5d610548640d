//! `POST /v1/sessions`: signs a person in with `email` and `password`.
//!
//! Needs no credential.

use std::sync::Arc;

use app::Ports;
use app::base::store::Directory;
use app::people::sessions::{self, SignIn};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::people::sessions::{CreateSession, SessionView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-sessions-create",
    method: "POST",
    path: "/v1/sessions",
    access: Access::Public,
    says: "for 12 hours without use and at most seven days",
    example: r#"{"email": "owner@demo.test", "password": "a long first password"}"#,
    query: None,
    body: Some(Shape::of::<CreateSession>()),
    response: Some(schema::of::<SessionView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.directory()), handle),
};

fn handle<'a>((ports, directory): &'a (Ports, Arc<dyn Directory>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (email, password) = wire::people::sessions::sign_in(&request.body)?;
        let browser = request.browser();
        let shown = SignIn { email: &email, password: &password, browser };
        let (session, secret) = sessions::sign_in(ports, &**directory, &shown).await?;
        Ok(Response::json(201, &wire::people::sessions::session(&session, secret.reveal())))
    })
}
