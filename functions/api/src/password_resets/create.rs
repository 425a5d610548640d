//! `POST /v1/password-resets`: has somebody who forgot their password mailed a link.
//!
//! Needs no credential.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Queue;
use app::base::store::Directory;
use app::people::resets::{self, Asking};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::Shape;
use wire::people::resets::AskForReset;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-password-resets-create",
    method: "POST",
    path: "/v1/password-resets",
    access: Access::Public,
    says: "answered alike, whether the address has a login or not",
    example: r#"{"email": "owner@demo.test"}"#,
    query: None,
    body: Some(Shape::of::<AskForReset>()),
    response: None,
    open: || crate::open(|aws| (aws.ports(), aws.directory(), aws.notify_queue()), handle),
};

type Context = (Ports, Arc<dyn Directory>, Arc<dyn Queue>);

fn handle<'a>((ports, directory, queue): &'a Context, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let email = wire::people::resets::ask(&request.body)?;
        let with = Asking { directory: &**directory, queue: &**queue, encode: wire::people::resets::write };
        resets::ask(ports, &with, &email).await?;
        Ok(Response::empty(202))
    })
}
