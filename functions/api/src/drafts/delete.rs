//! `DELETE /v1/drafts/{draft_id}`: deletes a draft, with what it says.
//!
//! Needs the scope `drafts.manage`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::Blobs;
use app::base::store::Key;
use app::gate::drafts;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-drafts-delete",
    method: "DELETE",
    path: "/v1/drafts/{draft_id}",
    access: Access::Scope(Scope::DraftsManage),
    says: "`If-Match` may name its revision",
    example: "",
    query: None,
    body: None,
    response: None,
    open: || crate::open(|aws| (aws.ports(), aws.blobs()), handle),
};

fn handle<'a>((ports, blobs): &'a (Ports, Arc<dyn Blobs>), request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("draft_id")?;
        let call = request.enter::<scope::DraftsManage>(ports, &[Key::Draft(id)]).await?;
        drafts::delete(&call.ports, &**blobs, &call.permit, id, request.if_match()?).await?;
        Ok(Response::empty(204))
    })
}
