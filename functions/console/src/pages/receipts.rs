//! `/console/receipts/{approval_id}`: the signed receipt of an approval, as a file.

use app::Refusal;
use app::base::store::Key;
use app::ledger::receipts;
use domain::ApprovalId;
use domain::people::access::{Scope, scope};
use runtime::http::{Request, Response};
use wire::ledger::signature::{self, SignedText};

use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Page, Trust};
use crate::visit::Visit;

/// The file. Signing has a function of its own, which can do nothing else.
pub(super) const PAGES: &[Page] = &[Page {
    path: "/receipts/{approval_id}",
    trust: Trust::Sign,
    audience: Audience::With(Scope::ApprovalsRead),
    get: Get::Page(|context, request, at| {
        Box::pin(async move { download(context, request, at.id()?).await })
    }),
    back: Back::To("/approvals/{approval_id}"),
    ..Page::NEW
}];

/// Who asked, who decided about which bytes, and what became of them, as the API signs it.
async fn download(context: &Context, request: &Request, id: ApprovalId) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Approval(id)]).await?;
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let receipt =
        receipts::gather(&visit.ports, visit.powers.trail()?, visit.powers.key_logs()?, &permit, id).await?;
    let text = wire::ledger::receipts::receipt(&receipt);
    let signed = receipts::sign(visit.powers.signer()?, &text).await?;
    let body = serde_json::to_string(&signature::signed(SignedText::Receipt(&text), &signed))
        .map_err(|error| Refusal::Internal(format!("a receipt as JSON: {error}")))?;
    Ok(guard::file("application/json", &format!("receipt-{id}.json"), body))
}
