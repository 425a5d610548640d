//! `POST /v1/accounts/{account_id}/test-send`: a mail of fixed words goes through the account to whoever asks.
//!
//! Needs the scope `accounts.manage`, in a session.

use app::base::store::Key;
use app::mailbox::accounts;
use domain::AccountId;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::mailbox::accounts::{TestSendView, test_send};

use crate::Asking;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "accounts-test-send",
    method: "POST",
    path: "/v1/accounts/{account_id}/test-send",
    access: Access::Scope(Scope::AccountsManage),
    says: "in a session: a mail of fixed words goes to your own proven address, twenty times a day at most",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<TestSendView<'static>>),
    open: || crate::open(Asking::open, handle),
};

fn handle<'a>(asking: &'a Asking, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id: AccountId = request.id("account_id")?;
        let wanted = [Key::Account(id), Key::Inbox(id.inbox_id()), Key::Organization];
        let call = request.enter::<scope::AccountsManage>(&asking.ports, &wanted).await?;
        let (to, provider_id) = accounts::test_send(&call.ports, asking.outside(), &call.permit, id).await?;
        Ok(Response::json(200, &test_send(&to, &provider_id)))
    })
}
