//! `POST /v1/sessions/passkey/options`: what a browser is to be asked of whoever signs in with a passkey.
//!
//! Needs no credential.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Authenticators;
use app::base::store::Directory;
use app::people::passkeys::{self, Site};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::people::passkeys::{OptionsView, options};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-sessions-passkey-options",
    method: "POST",
    path: "/v1/sessions/passkey/options",
    access: Access::Public,
    says: "nobody names themselves: the passkey tells whose it is",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<OptionsView>),
    open: || crate::open(|aws| (aws.ports(), aws.directory(), aws.authenticators()), handle),
};

type World = (Ports, Arc<dyn Directory>, Arc<dyn Authenticators>);

fn handle<'a>((ports, directory, authenticators): &'a World, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let origin = request.origin(ports);
        let site = Site { directory: &**directory, authenticators: &**authenticators, origin: &origin };
        let asked = passkeys::ask_who(ports, &site).await?;
        Ok(Response::json(201, &options(asked)))
    })
}
