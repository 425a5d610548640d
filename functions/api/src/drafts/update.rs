//! `PATCH /v1/drafts/{draft_id}`: changes a draft: what is left out stays, what is `null` is taken out.
//!
//! Needs the scope `drafts.manage`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Blobs;
use app::base::store::Key;
use app::gate::drafts;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema::{self, Shape};
use wire::gate::saved_drafts::{self, DraftView, UpdateDraft};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-drafts-update",
    method: "PATCH",
    path: "/v1/drafts/{draft_id}",
    access: Access::Scope(Scope::DraftsManage),
    says: "`If-Match` may name its revision",
    example: r#"{"text": "It left today.", "send_at": null}"#,
    query: None,
    body: Some(Shape::of::<UpdateDraft>()),
    response: Some(schema::of::<DraftView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.blobs()), handle),
};

fn handle<'a>((ports, blobs): &'a (Ports, Arc<dyn Blobs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("draft_id")?;
        let call = request.enter::<scope::DraftsManage>(ports, &[Key::Draft(id)]).await?;
        let (revision, change) = (request.if_match()?, saved_drafts::change(&request.body)?);
        let draft = drafts::update(&call.ports, &**blobs, &call.permit, id, revision, change).await?;
        Ok(super::tagged(Response::json(200, &saved_drafts::draft(&draft)), &draft))
    })
}
