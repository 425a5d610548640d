//! `POST /v1/drafts/{draft_id}/submit`: asks for a draft to be sent, once. `202` where it is held, `201` where policies let it go, `200` with the mail as it stands where it was submitted before.
//!
//! Needs the scopes `drafts.manage` and `messages.send`.

use app::base::store::Key;
use app::gate::drafts::{self, SubmittedDraft};
use app::gate::submit::{Sending, Submitted};
use assembly::Aws;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::gate::drafts::{SubmittedView, respond};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-drafts-submit",
    method: "POST",
    path: "/v1/drafts/{draft_id}/submit",
    access: Access::Scope(Scope::DraftsManage),
    says: "needs `messages.send` too; one mail is made of a draft, however often it is submitted; `If-Match` may name its revision",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<SubmittedView<'static>>),
    open: || crate::open(Aws::sending, handle),
};

fn handle<'a>(sending: &'a Sending, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("draft_id")?;
        let call = request.enter_once::<scope::DraftsManage>(&sending.ports, &[Key::Draft(id)]).await?;
        let sends = call.permit.principal().permit::<scope::MessagesSend>()?;
        let revision = request.if_match()?;
        let respond = |submitted: &Submitted| respond(submitted, sending.ports.now());
        let permits = (&call.permit, &sends);
        let submitted =
            drafts::submit(&sending.over(&call.ports), permits, id, revision, &call.once, respond).await?;
        Ok(match &submitted {
            SubmittedDraft::Now(submitted) => {
                let (status, body) = respond(submitted);
                Response::json_text(status, body)
            }
            SubmittedDraft::Before(submitted) => Response::json_text(200, respond(submitted).1),
        })
    })
}
