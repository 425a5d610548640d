//! `POST /v1/sessions/passkey`: signs a person in with a passkey, which counts as both factors.
//!
//! Needs no credential.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Authenticators;
use app::base::store::Directory;
use app::people::passkeys::{self, Answered, Site};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::people::passkeys::{ShowPasskey, show};
use wire::people::sessions::SessionView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-sessions-passkey",
    method: "POST",
    path: "/v1/sessions/passkey",
    access: Access::Public,
    says: "with what the browser gave to the options; the session is as one of `POST /v1/sessions`",
    example: r#"{"ceremony_id": "cs_ceremony_0000000000000000000000000000000000000000000000000000000000000000", "credential": {}}"#,
    query: None,
    body: Some(Shape::of::<ShowPasskey>()),
    response: Some(schema::of::<SessionView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.directory(), aws.authenticators()), handle),
};

type World = (Ports, Arc<dyn Directory>, Arc<dyn Authenticators>);

fn handle<'a>((ports, directory, authenticators): &'a World, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (ceremony, credential) = show(&request.body)?;
        let origin = request.origin(ports);
        let site = Site { directory: &**directory, authenticators: &**authenticators, origin: &origin };
        let answered = Answered { ceremony: &ceremony, credential: &credential };
        let (session, secret) = passkeys::sign_in(ports, &site, answered, request.browser()).await?;
        Ok(Response::json(201, &wire::people::sessions::session(&session, secret.reveal())))
    })
}
