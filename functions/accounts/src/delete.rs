//! `DELETE /v1/accounts/{account_id}`: disconnects an account. Its key or password is gone at once, and what waits in its inbox is called off.
//!
//! Needs the scope `accounts.manage`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::accounts;
use assembly::Aws;
use domain::AccountId;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "accounts-delete",
    method: "DELETE",
    path: "/v1/accounts/{account_id}",
    access: Access::Scope(Scope::AccountsManage),
    says: "its key or password is forgotten at once; what waits in its inbox is called off, and that inbox is deleted with its mail",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id: AccountId = request.id("account_id")?;
        let wanted = [Key::Account(id), Key::Inbox(id.inbox_id())];
        let call = request.enter::<scope::AccountsManage>(ports, &wanted).await?;
        accounts::disconnect(&call.ports, &call.permit, id).await?;
        Ok(Response::empty(204))
    })
}
