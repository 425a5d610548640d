//! `POST /v1/sessions`: signs a person in with `email`, `password` and, where a second factor is set up, `code`.
//!
//! Needs no credential.

use std::sync::Arc;

use app::Ports;
use app::base::ports::DataKeys;
use app::base::store::Directory;
use app::people::sessions::{self, Doors, SignIn};
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
    open: || crate::open(|aws| (aws.ports(), aws.directory(), aws.data_keys()), handle),
};

type World = (Ports, Arc<dyn Directory>, Arc<dyn DataKeys>);

fn handle<'a>((ports, directory, data_keys): &'a World, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (email, password, code) = wire::people::sessions::sign_in(&request.body)?;
        let (code, browser) = (code.as_deref(), request.browser());
        let shown = SignIn { email: &email, password: &password, code, browser };
        let doors = Doors { directory: &**directory, data_keys: &**data_keys };
        let (session, secret) = sessions::sign_in(ports, &doors, &shown).await?;
        Ok(Response::json(201, &wire::people::sessions::session(&session, secret.reveal())))
    })
}
