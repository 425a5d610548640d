//! `GET /v1/drafts/{draft_id}`: one draft with its bodies.
//!
//! Needs the scope `drafts.manage`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Blobs;
use app::base::store::Key;
use app::gate::drafts;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::saved_drafts::{self, DraftDetailView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-drafts-get",
    method: "GET",
    path: "/v1/drafts/{draft_id}",
    access: Access::Scope(Scope::DraftsManage),
    says: "",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<DraftDetailView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.blobs()), handle),
};

fn handle<'a>((ports, blobs): &'a (Ports, Arc<dyn Blobs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("draft_id")?;
        let call = request.enter::<scope::DraftsManage>(ports, &[Key::Draft(id)]).await?;
        let found = drafts::get(&call.ports, &**blobs, &call.permit, id).await?;
        Ok(super::tagged(Response::json(200, &saved_drafts::detail(&found)), &found.draft))
    })
}
