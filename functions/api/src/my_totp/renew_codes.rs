//! `POST /v1/me/totp/recovery-codes`: makes ten recovery codes in the place of those before.
//!
//! Needs any good credential.

use std::sync::Arc;

use app::Ports;
use app::base::ports::DataKeys;
use app::base::store::Directory;
use app::people::{second_factor, sessions};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::people::second_factor::{ProveTotp, RecoveryCodesView, proof, recovery_codes};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-totp-renew-codes",
    method: "POST",
    path: "/v1/me/totp/recovery-codes",
    access: Access::Credential,
    says: "in a session; shown this once",
    example: r#"{"code": "123456"}"#,
    query: None,
    body: Some(Shape::of::<ProveTotp>()),
    response: Some(schema::of::<RecoveryCodesView>),
    open: || crate::open(|aws| (aws.ports(), aws.directory(), aws.data_keys()), handle),
};

type World = (Ports, Arc<dyn Directory>, Arc<dyn DataKeys>);

fn handle<'a>((ports, directory, data_keys): &'a World, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        let proof = proof(&request.body)?;
        let codes =
            second_factor::renew_recovery_codes(&entered.ports, &**directory, &**data_keys, &own, &proof)
                .await?;
        Ok(Response::json(201, &recovery_codes(&codes)))
    })
}
