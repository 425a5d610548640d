//! `POST /v1/me/totp`: draws the secret of a second factor, which a first code confirms.
//!
//! Needs any good credential.

use std::sync::Arc;

use app::Ports;
use app::base::ports::DataKeys;
use app::people::{second_factor, sessions};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::people::second_factor::{StartedTotpView, started};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-totp-start",
    method: "POST",
    path: "/v1/me/totp",
    access: Access::Credential,
    says: "in a session; shown this once",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<StartedTotpView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.data_keys()), handle),
};

type World = (Ports, Arc<dyn DataKeys>);

fn handle<'a>((ports, data_keys): &'a World, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        let begun = second_factor::start(&entered.ports, &**data_keys, &own).await?;
        Ok(Response::json(201, &started(&begun)))
    })
}
