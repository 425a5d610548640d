//! `POST /v1/accounts`: connects a sending provider of one's own by its key, or a mail server by a password. It is asked first whether that may send from the
//! address.
//!
//! Needs the scope `accounts.manage`.

use app::base::store::Key;
use app::mailbox::accounts::{self, Connected};
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::mailbox::accounts::{AccountView, CreateAccount, account};

use crate::Asking;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "accounts-create",
    method: "POST",
    path: "/v1/accounts",
    access: Access::Scope(Scope::AccountsManage),
    says: "`infra/docs/ACCOUNTS.md`; the provider or mail server is asked whether key or password may send from the address",
    example: r#"{"provider": "resend", "email": "hello@example.com", "api_key": "re_0123456789abcdef"}"#,
    query: None,
    body: Some(Shape::of::<CreateAccount>()),
    response: Some(schema::of::<AccountView<'static>>),
    open: || crate::open(Asking::open, handle),
};

fn handle<'a>(asking: &'a Asking, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let call = request.enter_once::<scope::AccountsManage>(&asking.ports, &[Key::Organization]).await?;
        let new = wire::mailbox::accounts::new(&request.body)?;
        let saved = |connected: &Connected| (201, text(&account(connected)));
        let connected =
            accounts::connect(&call.ports, asking.outside(), &call.permit, new, &call.once, saved).await?;
        Ok(Response::json(201, &account(&connected)))
    })
}
