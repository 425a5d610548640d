//! `GET /v1/suppressions/{suppression_id}`: one suppression.
//!
//! Needs the scope `lists.manage`.

use app::Ports;
use app::base::store::Key;
use app::mailbox::suppressions;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::mailbox::listed::{self, SuppressionView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-suppressions-get",
    method: "GET",
    path: "/v1/suppressions/{suppression_id}",
    access: Access::Scope(Scope::ListsManage),
    says: "",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<SuppressionView<'static>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("suppression_id")?;
        let call = request.enter::<scope::ListsManage>(ports, &[Key::Suppression(id)]).await?;
        let found = suppressions::get(&call.ports, &call.permit, id).await?;
        Ok(Response::json(200, &listed::suppression(&found)))
    })
}
