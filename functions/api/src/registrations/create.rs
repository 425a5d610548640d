//! `POST /v1/registrations`: makes an organization with an inbox and a token, which somebody is to claim.
//!
//! Needs no credential, and an installation where signing up is open.

use std::sync::Arc;

use app::Ports;
use app::base::ports::DataKeys;
use app::base::store::Directory;
use app::gate::registrations;
use app::people::sessions::Doors;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::registrations::{CreateRegistration, RegistrationView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-registrations-create",
    method: "POST",
    path: "/v1/registrations",
    access: Access::Public,
    says: "where signing up is open; answered alike, whether the owner's address is known or not; the secret of the token is shown this once",
    example: r#"{"name": "Lamps & Co", "owner_email": "grace@example.org"}"#,
    query: None,
    body: Some(Shape::of::<CreateRegistration>()),
    response: Some(schema::of::<RegistrationView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.directory(), aws.data_keys()), handle),
};

type World = (Ports, Arc<dyn Directory>, Arc<dyn DataKeys>);

fn handle<'a>((ports, directory, data_keys): &'a World, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        // Where it is closed nobody has to get the fields right first.
        registrations::check_open(ports)?;
        let new = wire::gate::registrations::new(&request.body)?;
        let doors = Doors { directory: &**directory, data_keys: &**data_keys };
        let made = registrations::create(ports, &doors, new, request.source, true).await?;
        Ok(Response::json(201, &wire::gate::registrations::registered(&made)))
    })
}
