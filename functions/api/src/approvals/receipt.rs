//! `GET /v1/approvals/{approval_id}/receipt`: who asked, who decided about which bytes, and what became of them, signed.
//!
//! Needs the scope `approvals.read`.

use std::sync::Arc;

use app::Ports;
use app::base::ports::{KeyLogs, Signer};
use app::base::store::Key;
use app::base::trail::Trail;
use app::ledger::receipts;
use domain::people::access::{Scope, scope};
use runtime::http::{Access, Endpoint, Handling, Request, Response};
use wire::base::schema;
use wire::ledger::signature::{self, SignedView};

/// The route.
pub const ENDPOINT: Endpoint = Endpoint {
    name: "api-approvals-receipt",
    method: "GET",
    path: "/v1/approvals/{approval_id}/receipt",
    access: Access::Scope(Scope::ApprovalsRead),
    says: "`infra/docs/AUDIT.md`",
    example: "",
    query: None,
    body: None,
    response: Some(schema::of::<SignedView<'static>>),
    open: || crate::open(|aws| (aws.ports(), aws.trail(), aws.key_logs(), aws.signer()), handle),
};

type World = (Ports, Arc<dyn Trail>, Arc<dyn KeyLogs>, Arc<dyn Signer>);

fn handle<'a>((ports, trail, logs, signer): &'a World, request: &'a Request) -> Handling<'a> {
    Box::pin(async move {
        let id = request.id("approval_id")?;
        let call = request.enter::<scope::ApprovalsRead>(ports, &[Key::Approval(id)]).await?;
        let text = wire::ledger::receipts::receipt(
            &receipts::gather(&call.ports, &**trail, &**logs, &call.permit, id).await?,
        );
        let signature = receipts::sign(&**signer, &text).await?;
        let name = format!("attachment; filename=\"receipt-{id}.json\"");
        Ok(Response::json(200, &signature::signed(signature::SignedText::Receipt(&text), &signature))
            .header("content-disposition", name))
    })
}
