//! `PATCH /v1/accounts/{account_id}`: gives an account another name, or another key of the same provider, or password of the same server.
//!
//! Needs the scope `accounts.manage`.

use app::base::store::Key;
use app::mailbox::accounts;
use domain::AccountId;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::mailbox::accounts::{AccountView, UpdateAccount, account};

use crate::Asking;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "accounts-update",
    method: "PATCH",
    path: "/v1/accounts/{account_id}",
    access: Access::Scope(Scope::AccountsManage),
    says: "another `api_key` or `password` is asked about first, and ends the one before; what waited for it goes with its next attempt",
    example: r#"{"display_name": "Ann of Example", "api_key": "re_fedcba9876543210"}"#,
    query: None,
    body: Some(Shape::of::<UpdateAccount>()),
    response: Some(schema::of::<AccountView<'static>>),
    open: || crate::open(Asking::open, handle),
};

fn handle<'a>(asking: &'a Asking, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id: AccountId = request.id("account_id")?;
        let wanted = [Key::Account(id), Key::Inbox(id.inbox_id()), Key::Organization];
        let call = request.enter::<scope::AccountsManage>(&asking.ports, &wanted).await?;
        let changes = wire::mailbox::accounts::update(&request.body)?;
        let updated = accounts::update(&call.ports, asking.outside(), &call.permit, id, changes).await?;
        Ok(Response::json(200, &account(&updated)))
    })
}
