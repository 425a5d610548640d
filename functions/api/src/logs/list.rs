//! `GET /v1/logs`: the requests of the last 90 days, newest first.
//!
//! Needs the scope `logs.read`.

use app::Ports;
use app::ledger::requests;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageView};
use wire::base::schema::{self, Shape};
use wire::ledger::requests::{LineView, LogsQuery};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-logs-list",
    method: "GET",
    path: "/v1/logs",
    access: Access::Scope(Scope::LogsRead),
    says: "a minute behind, for the most part; `infra/docs/LOGGING.md`",
    example: "status=4xx&limit=20",
    query: Some(Shape::of::<LogsQuery>()),
    body: None,
    response: Some(schema::of::<PageView<LineView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let (filter, page) = request.query::<LogsQuery>()?.filter();
        let call = request.enter::<scope::LogsRead>(ports, &[]).await?;
        let lines = requests::list(&call.ports, &call.permit, &filter, &page).await?;
        Ok(Response::json(200, &pages::page(&lines, wire::ledger::requests::line)))
    })
}
