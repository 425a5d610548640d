//! `GET /v1/signing-keys`: the keys that sign votes, and for which mail they are demanded.
//!
//! Needs the scope `approvals.read`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::KeyLogs;
use app::gate::signing_keys;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::signing_keys::SigningKeysView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-signing-keys-list",
    method: "GET",
    path: "/v1/signing-keys",
    access: Access::Scope(Scope::ApprovalsRead),
    says: "as the key log has them, with what is demanded",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<SigningKeysView>),
    open: || crate::open(|aws| (aws.ports(), aws.key_logs()), handle),
};

fn handle<'a>((ports, logs): &'a (Ports, Arc<dyn KeyLogs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter::<scope::ApprovalsRead>(ports, &[]).await?;
        let log = signing_keys::read(&**logs, &call.permit).await?;
        Ok(Response::json(200, &wire::gate::signing_keys::signing_keys(&log, ports.now())))
    })
}
