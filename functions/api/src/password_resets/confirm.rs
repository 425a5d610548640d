//! `POST /v1/password-resets/confirm`: chooses another password, and ends all sessions of the person.
//!
//! Needs no credential.

use std::sync::Arc;

use app::Ports;
use app::base::store::Directory;
use app::people::resets;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::Shape;
use wire::people::resets::ConfirmReset;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-password-resets-confirm",
    method: "POST",
    path: "/v1/password-resets/confirm",
    access: Access::Public,
    says: "once, within an hour, with what the link of the last mail ends with",
    example: r#"{"reset": "cs_reset_01kc1x5e3r000000000000001601kc1x5e3r00000000000000010000000000000000000000000000000000000000000000000000000000000000", "password": "four words nobody puts together"}"#,
    query: None,
    body: Some(Shape::of::<ConfirmReset>()),
    response: None,
    open: || crate::open(|aws| (aws.ports(), aws.directory()), handle),
};

fn handle<'a>((ports, directory): &'a (Ports, Arc<dyn Directory>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (reset, password) = wire::people::resets::confirm(&request.body)?;
        resets::confirm(ports, &**directory, &reset, &password).await?;
        Ok(Response::empty(204))
    })
}
