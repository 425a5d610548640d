//! `DELETE /v1/webhooks/{webhook_id}`: removes an endpoint: it is told of nothing any more.
//!
//! Needs the scope `webhooks.manage`.

use app::Ports;
use app::base::store::Key;
use app::delivery::webhooks;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-webhooks-delete",
    method: "DELETE",
    path: "/v1/webhooks/{webhook_id}",
    access: Access::Scope(Scope::WebhooksManage),
    says: "",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("webhook_id")?;
        let call = request.enter::<scope::WebhooksManage>(ports, &[Key::Webhook(id)]).await?;
        webhooks::delete(&call.ports, &call.permit, id).await?;
        Ok(Response::empty(204))
    })
}
