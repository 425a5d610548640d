//! `POST /v1/me/passkeys`: adds a passkey, which opens sessions from then on.
//!
//! Needs any good credential.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Authenticators;
use app::base::store::Directory;
use app::people::passkeys::{self, Answered, Site};
use app::people::sessions;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::people::passkeys::{AddPasskey, PasskeyView, new, passkey};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-passkeys-create",
    method: "POST",
    path: "/v1/me/passkeys",
    access: Access::Credential,
    says: "in a session, with what the browser gave to the options; at most ten",
    example: r#"{"ceremony_id": "cs_ceremony_0000000000000000000000000000000000000000000000000000000000000000", "name": "Phone", "credential": {}}"#,
    query: None,
    body: Some(Shape::of::<AddPasskey>()),
    response: Some(schema::of::<PasskeyView>),
    open: || crate::open(|aws| (aws.ports(), aws.directory(), aws.authenticators()), handle),
};

type World = (Ports, Arc<dyn Directory>, Arc<dyn Authenticators>);

fn handle<'a>((ports, directory, authenticators): &'a World, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        let ((ceremony, credential), name) = new(&request.body)?;
        let origin = request.origin(ports);
        let site = Site { directory: &**directory, authenticators: &**authenticators, origin: &origin };
        let answered = Answered { ceremony: &ceremony, credential: &credential };
        let key = passkeys::add(&entered.ports, &site, &own, answered, &name).await?;
        Ok(Response::json(201, &passkey(&key)))
    })
}
