//! `POST /v1/inboxes/{inbox_id}/drafts`: makes a draft. `200` with the one that is there, where the inbox has one of this `client_id`.
//!
//! Needs the scope `drafts.manage`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Blobs;
use app::base::store::Key;
use app::gate::drafts::{self, Created};
use domain::gate::draft::SavedDraft;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::parts::text;
use wire::base::schema::{self, Shape};
use wire::gate::saved_drafts::{self, CreateDraft, DraftView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-drafts-create",
    method: "POST",
    path: "/v1/inboxes/{inbox_id}/drafts",
    access: Access::Scope(Scope::DraftsManage),
    says: "any part may be missing",
    example: r#"{"to": ["Ann <ann@example.com>"], "subject": "Your order", "client_id": "order 4711"}"#,
    query: None,
    body: Some(Shape::of::<CreateDraft>()),
    response: Some(schema::of::<DraftView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.blobs()), handle),
};

fn handle<'a>((ports, blobs): &'a (Ports, Arc<dyn Blobs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("inbox_id")?;
        let call = request.enter_once::<scope::DraftsManage>(ports, &[Key::Inbox(id)]).await?;
        let new = saved_drafts::new(&request.body)?;
        let saved = |draft: &SavedDraft| (201, text(&saved_drafts::draft(draft)));
        let created = drafts::create(&call.ports, &**blobs, &call.permit, id, new, &call.once, saved).await?;
        Ok(match &created {
            Created::New(draft) => super::tagged(Response::json(201, &saved_drafts::draft(draft)), draft),
            Created::Known(draft) => super::tagged(Response::json(200, &saved_drafts::draft(draft)), draft),
        })
    })
}
