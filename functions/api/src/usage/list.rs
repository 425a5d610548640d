//! `GET /v1/usage`: what was used by the day, of the whole organization or of each inbox or token.
//!
//! Needs the scope `usage.read`.

use app::Ports;
use app::people::usage;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageView};
use wire::base::schema::{self, Shape};
use wire::people::usage::{UsageQuery, UsageView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-usage-list",
    method: "GET",
    path: "/v1/usage",
    access: Access::Scope(Scope::UsageRead),
    says: "a minute behind, for the most part; a day without any has no row",
    example: "by=token&limit=20",
    query: Some(Shape::of::<UsageQuery>()),
    body: None,
    response: Some(schema::of::<PageView<UsageView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (by, days, page) = request.query::<UsageQuery>()?.read();
        let call = request.enter::<scope::UsageRead>(ports, &[]).await?;
        let rows = usage::list(&call.ports, &call.permit, by, days, &page).await?;
        Ok(Response::json(200, &pages::page(&rows, wire::people::usage::row)))
    })
}
