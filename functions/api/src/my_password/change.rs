//! `POST /v1/me/password`: gives oneself another password, and ends all one's own sessions but the one that calls.
//!
//! Needs any good credential.

use std::sync::Arc;

use app::Ports;
use app::base::store::Directory;
use app::people::{account, sessions};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::Shape;
use wire::people::sessions::ChangePassword;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-password-change",
    method: "POST",
    path: "/v1/me/password",
    access: Access::Credential,
    says: "in a session",
    example: r#"{"current_password": "a long first password", "new_password": "seven words that nobody would expect here"}"#,
    query: None,
    body: Some(Shape::of::<ChangePassword>()),
    response: None,
    open: || crate::open(|aws| (aws.ports(), aws.directory()), handle),
};

fn handle<'a>((ports, directory): &'a (Ports, Arc<dyn Directory>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        let (current, new) = wire::people::sessions::change_password(&request.body)?;
        account::change_password(&entered.ports, &**directory, &own, &current, &new).await?;
        Ok(Response::empty(204))
    })
}
