//! `DELETE /v1/me/totp`: takes one's own second factor away, for whoever shows a code of it or their password.
//!
//! Needs any good credential.

use std::sync::Arc;

use app::Ports;
use app::base::ports::DataKeys;
use app::base::store::Directory;
use app::people::{second_factor, sessions};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::Shape;
use wire::people::second_factor::{ProveTotp, proof};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-totp-delete",
    method: "DELETE",
    path: "/v1/me/totp",
    access: Access::Credential,
    says: "in a session; ends all others",
    example: r#"{"password": "a long first password"}"#,
    query: None,
    body: Some(Shape::of::<ProveTotp>()),
    response: None,
    open: || crate::open(|aws| (aws.ports(), aws.directory(), aws.data_keys()), handle),
};

type World = (Ports, Arc<dyn Directory>, Arc<dyn DataKeys>);

fn handle<'a>((ports, directory, data_keys): &'a World, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        let proof = proof(&request.body)?;
        second_factor::remove(&entered.ports, &**directory, &**data_keys, &own, &proof).await?;
        Ok(Response::empty(204))
    })
}
