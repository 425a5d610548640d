//! `POST /v1/me/totp/confirm`: enables the second factor by a first code, and answers ten recovery codes.
//!
//! Needs any good credential.

use std::sync::Arc;

use app::Ports;
use app::base::ports::DataKeys;
use app::people::{second_factor, sessions};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::people::second_factor::{ConfirmTotp, RecoveryCodesView, confirm, recovery_codes};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-totp-confirm",
    method: "POST",
    path: "/v1/me/totp/confirm",
    access: Access::Credential,
    says: "in a session; shown this once",
    example: r#"{"code": "123456"}"#,
    query: None,
    body: Some(Shape::of::<ConfirmTotp>()),
    response: Some(schema::of::<RecoveryCodesView>),
    open: || crate::open(|aws| (aws.ports(), aws.data_keys()), handle),
};

type World = (Ports, Arc<dyn DataKeys>);

fn handle<'a>((ports, data_keys): &'a World, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        let code = confirm(&request.body)?;
        let codes = second_factor::confirm(&entered.ports, &**data_keys, &own, &code).await?;
        Ok(Response::json(200, &recovery_codes(&codes)))
    })
}
