//! `POST /v1/me/proof/options`: what a browser is to be asked to show one of one's own passkeys once more.
//!
//! Needs any good credential.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Authenticators;
use app::base::store::Directory;
use app::people::passkeys::Site;
use app::people::{proof, sessions};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::people::passkeys::{OptionsView, options};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-proof-options",
    method: "POST",
    path: "/v1/me/proof/options",
    access: Access::Credential,
    says: "in a session of whoever has a passkey",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<OptionsView>),
    open: || crate::open(|aws| (aws.ports(), aws.directory(), aws.authenticators()), handle),
};

type World = (Ports, Arc<dyn Directory>, Arc<dyn Authenticators>);

fn handle<'a>((ports, directory, authenticators): &'a World, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        let origin = request.origin(ports);
        let site = Site { directory: &**directory, authenticators: &**authenticators, origin: &origin };
        let asked = proof::ask(&entered.ports, &site, &own).await?;
        Ok(Response::json(201, &options(asked)))
    })
}
