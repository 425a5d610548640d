//! `GET /v1/accounts`: the connected accounts.
//!
//! Needs the scope `accounts.read`.

use app::Ports;
use app::mailbox::accounts;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageQuery, PageView};
use wire::base::schema::{self, Shape};
use wire::mailbox::accounts::{AccountView, account};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "accounts-list",
    method: "GET",
    path: "/v1/accounts",
    access: Access::Scope(Scope::AccountsRead),
    says: "oldest first; of each key the last four characters, of a password none",
    example: "limit=20",
    query: Some(Shape::of::<PageQuery>()),
    body: None,
    response: Some(schema::of::<PageView<AccountView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let page = request.query::<PageQuery>()?.page();
        let call = request.enter::<scope::AccountsRead>(ports, &[]).await?;
        let listed = accounts::list(&call.ports, &call.permit, &page).await?;
        Ok(Response::json(200, &pages::page(&listed, account)))
    })
}
