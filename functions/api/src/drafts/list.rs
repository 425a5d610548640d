//! `GET /v1/inboxes/{inbox_id}/drafts`: the drafts of an inbox, the one that was made last first, without their bodies.
//!
//! Needs the scope `drafts.manage`.

use app::Ports;
use app::base::store::Key;
use app::gate::drafts;
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::pages::{self, PageQuery, PageView};
use wire::base::schema::{self, Shape};
use wire::gate::saved_drafts::{self, DraftView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-drafts-list",
    method: "GET",
    path: "/v1/inboxes/{inbox_id}/drafts",
    access: Access::Scope(Scope::DraftsManage),
    says: "the one that was made last first",
    example: "limit=20",
    query: Some(Shape::of::<PageQuery>()),
    body: None,
    response: Some(schema::of::<PageView<DraftView<'static>>>),
    open: || crate::open(Aws::ports, handle),
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("inbox_id")?;
        let page = request.query::<PageQuery>()?.page();
        let call = request.enter::<scope::DraftsManage>(ports, &[Key::Inbox(id)]).await?;
        let drafts = drafts::list(&call.ports, &call.permit, id, &page).await?;
        Ok(Response::json(200, &pages::page(&drafts, saved_drafts::draft)))
    })
}
