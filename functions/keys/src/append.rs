//! `POST /v1/signing-keys/entries`: adds an entry to the key log, signed by whoever vouches for it.
//!
//! Needs no credential: the signature is one.

use std::sync::Arc;

use app::Ports;
use app::base::ports::KeyLogWriter;
use app::base::store::Directory;
use app::gate::signing_keys;
use assembly::Aws;
use runtime::http::{Access, Endpoint, Handling, Request, Response, handler};
use wire::base::schema::{self, Shape};
use wire::gate::signing_keys::{AppendEntry, SigningKeysView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "keys-append",
    method: "POST",
    path: "/v1/signing-keys/entries",
    access: Access::Public,
    says: "signed by a key that vouches for it, or with a link",
    example: r#"{"text": "countersign-key-1\n…", "signature": {"client_data": "e30=", "authenticator_data": "AA==", "signature": "AA=="}}"#,
    query: None,
    body: Some(Shape::of::<AppendEntry>()),
    response: Some(schema::of::<SigningKeysView>),
    open: || handler(open(&Aws::from_environment()), handle),
};

type World = (Ports, Arc<dyn KeyLogWriter>, Arc<dyn Directory>);

fn open(aws: &Aws) -> World {
    (aws.ports(), aws.key_log_writer(), aws.directory())
}

fn handle<'a>((ports, logs, directory): &'a World, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let order = wire::gate::signing_keys::append(&request.body)?;
        let origin = request.origin(ports);
        let stored = signing_keys::append(ports, &**logs, &**directory, &origin, order).await?;
        Ok(Response::json(201, &wire::gate::signing_keys::signing_keys(&stored.log, ports.now())))
    })
}
