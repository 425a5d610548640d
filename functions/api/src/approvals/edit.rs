//! `POST /v1/approvals/{approval_id}/edit`: makes a new revision of a mail that waits, with a new approval.
//!
//! Needs the scope `approvals.decide`.

use app::Ports;
use app::base::store::Key;
use app::gate::edit::edit;
use app::gate::submit::Submitted;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::gate::drafts;

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-edit",
    method: "POST",
    path: "/v1/approvals/{approval_id}/edit",
    access: Access::Scope(Scope::ApprovalsDecide),
    says: "`digest` and what changes of a mail; `remove_attachments`",
    example: r#"{"digest": "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "text": "As agreed, 90 euros.\n"}"#,
    ports: crate::ports,
    handle,
};

fn handle<'a>(ports: &'a Ports, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("approval_id")?;
        let call = request.enter_once::<scope::ApprovalsDecide>(ports, &[Key::Approval(id)]).await?;
        let (digest, change) = drafts::edit(&request.body)?;
        let saved = |submitted: &Submitted| (202, drafts::submitted(submitted, ports.now()).to_string());
        let submitted = edit(&call.ports, &call.permit, id, digest, change, &call.once, saved).await?;
        Ok(Response::json(202, &drafts::submitted(&submitted, ports.now())))
    })
}
