//! `GET /v1/accounts/{account_id}`: one connected account.
//!
//! Needs the scope `accounts.read`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::accounts;
use assembly::Aws;
use domain::AccountId;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::mailbox::accounts::{AccountView, account};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "accounts-get",
    method: "GET",
    path: "/v1/accounts/{account_id}",
    access: Access::Scope(Scope::AccountsRead),
    says: "`status` is `error` where its provider takes the key or password no more: `error` says since when",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<AccountView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id: AccountId = request.id("account_id")?;
        let wanted = [Key::Account(id), Key::Inbox(id.inbox_id())];
        let call = request.enter::<scope::AccountsRead>(ports, &wanted).await?;
        Ok(Response::json(200, &account(&accounts::get(&call.ports, &call.permit, id).await?)))
    })
}
