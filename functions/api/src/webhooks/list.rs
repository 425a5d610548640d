//! `GET /v1/webhooks`: all endpoints, without their secrets.
//!
//! Needs the scope `webhooks.manage`.

use app::Ports;
use app::delivery::webhooks;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageQuery, PageView};
use wire::base::schema::{self, Shape};
use wire::delivery::webhooks::WebhookView;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-webhooks-list",
    method: "GET",
    path: "/v1/webhooks",
    access: Access::Scope(Scope::WebhooksManage),
    says: "",
    example: "limit=20",
    query: Some(Shape::of::<PageQuery>()),
    body: None,
    response: Some(schema::of::<PageView<WebhookView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let page = request.query::<PageQuery>()?.page();
        let call = request.enter::<scope::WebhooksManage>(ports, &[]).await?;
        let webhooks = webhooks::list(&call.ports, &call.permit, &page).await?;
        Ok(Response::json(
            200,
            &pages::page(&webhooks, |webhook| wire::delivery::webhooks::webhook(webhook, None)),
        ))
    })
}
