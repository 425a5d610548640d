//! `POST /v1/me/totp/confirm`: enables the second factor by a first code, and answers ten recovery codes.
//!
//! Needs any good credential.

use std::sync::Arc;

use app::Ports;
use app::base::ports::DataKeys;
use app::base::store::Directory;
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
    says: "in a session, which all other sessions end for; shown this once",
    example: r#"{"code": "123456", "password": "correct horse battery staple"}"#,
    query: None,
    body: Some(Shape::of::<ConfirmTotp>()),
    response: Some(schema::of::<RecoveryCodesView>),
    open: || crate::open(|aws| (aws.ports(), aws.directory(), aws.data_keys()), handle),
};

type World = (Ports, Arc<dyn Directory>, Arc<dyn DataKeys>);

fn handle<'a>((ports, directory, data_keys): &'a World, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        let (code, password) = confirm(&request.body)?;
        let shown = (&*code, &*password);
        let codes = second_factor::confirm(&entered.ports, &**directory, &**data_keys, &own, shown).await?;
        Ok(Response::json(200, &recovery_codes(&codes)))
    })
}
