//! `DELETE /v1/suppressions/{suppression_id}`: ends a suppression: mail may be asked for again.
//!
//! Needs the scope `lists.manage`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::suppressions;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-suppressions-delete",
    method: "DELETE",
    path: "/v1/suppressions/{suppression_id}",
    access: Access::Scope(Scope::ListsManage),
    says: "what SES itself suppresses stays so",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("suppression_id")?;
        let call = request.enter::<scope::ListsManage>(ports, &[Key::Suppression(id)]).await?;
        suppressions::delete(&call.ports, &call.permit, id).await?;
        Ok(Response::empty(204))
    })
}
