//! `POST /v1/me/proof`: shows once more that it is oneself, before what can do great harm.
//!
//! Needs any good credential.

use std::sync::Arc;

use app::Ports;
use app::base::ports::{Authenticators, DataKeys};
use app::base::store::Directory;
use app::people::passkeys::{Answered, Site};
use app::people::proof;
use app::people::sessions::{self, Doors};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::people::proof::{ProofView, Prove, Shown, prove};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-proof-create",
    method: "POST",
    path: "/v1/me/proof",
    access: Access::Credential,
    says: "in a session: by the password, with a code where a second factor is set up, or by a passkey; fresh for ten minutes",
    example: r#"{"password": "a long first password"}"#,
    query: None,
    body: Some(Shape::of::<Prove>()),
    response: Some(schema::of::<ProofView>),
    open: || crate::open(|aws| (aws.ports(), aws.directory(), aws.data_keys(), aws.authenticators()), handle),
};

type World = (Ports, Arc<dyn Directory>, Arc<dyn DataKeys>, Arc<dyn Authenticators>);

fn handle<'a>(
    (ports, directory, data_keys, authenticators): &'a World,
    request: &'a Request,
) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        let (ports, directory) = (&entered.ports, &**directory);
        let until = match prove(&request.body)? {
            Shown::Password(password, code) => {
                let doors = Doors { directory, data_keys: &**data_keys };
                proof::by_password(ports, &doors, &own, (&password, code.as_deref())).await?
            }
            Shown::Passkey((ceremony, credential)) => {
                let origin = request.origin(ports);
                let site = Site { directory, authenticators: &**authenticators, origin: &origin };
                let answered = Answered { ceremony: &ceremony, credential: &credential };
                proof::by_passkey(ports, &site, &own, answered).await?
            }
        };
        Ok(Response::json(200, &wire::people::proof::proof(until)))
    })
}
