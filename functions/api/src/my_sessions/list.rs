//! `GET /v1/me/sessions`: one's own open sessions, newest first.
//!
//! Needs any good credential.

use app::Ports;
use app::people::sessions;
use assembly::Aws;
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageQuery, PageView};
use wire::base::schema::{self, Shape};
use wire::people::sessions::{OpenSessionView, open_session};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-my-sessions-list",
    method: "GET",
    path: "/v1/me/sessions",
    access: Access::Credential,
    says: "in a session",
    example: "limit=20",
    query: Some(Shape::of::<PageQuery>()),
    body: None,
    response: Some(schema::of::<PageView<OpenSessionView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let page = request.query::<PageQuery>()?.page();
        let entered = request.enter_any(ports).await?;
        let own = sessions::own(entered.session)?;
        let found = sessions::list(&entered.ports, &own, &page).await?;
        Ok(Response::json(200, &pages::page(&found, |session| open_session(&own, session))))
    })
}
