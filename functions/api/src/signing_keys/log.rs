//! `GET /v1/signing-keys/log`: the key log itself, for whoever checks it.
//!
//! Needs the scope `audit.read`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::KeyLogs;
use app::gate::signing_keys;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-signing-keys-log",
    method: "GET",
    path: "/v1/signing-keys/log",
    access: Access::Scope(Scope::AuditRead),
    says: "the log itself, as text: `infra/docs/KEYS.md` says how it is checked",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(|aws| (aws.ports(), aws.key_logs()), handle),
};

fn handle<'a>((ports, logs): &'a (Ports, Arc<dyn KeyLogs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter::<scope::AuditRead>(ports, &[]).await?;
        let log = signing_keys::text(&**logs, &call.permit).await?;
        Ok(Response::text("text/plain; charset=utf-8", log))
    })
}
