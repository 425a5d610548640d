//! `DELETE /v1/me/passkeys/{passkey_id}`: takes one of one's own passkeys away.
//!
//! Needs any good credential.

use std::sync::Arc;

use app::Ports;
use app::base::ports::KeyLogs;
use app::people::{passkeys, sessions};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-passkeys-delete",
    method: "DELETE",
    path: "/v1/me/passkeys/{passkey_id}",
    access: Access::Credential,
    says: "in a session, within ten minutes of a proof; ends all others",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(|aws| (aws.ports(), aws.key_logs()), handle),
};

fn handle<'a>((ports, logs): &'a (Ports, Arc<dyn KeyLogs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        passkeys::remove(&entered.ports, &**logs, &own, request.id("passkey_id")?).await?;
        Ok(Response::empty(204))
    })
}
