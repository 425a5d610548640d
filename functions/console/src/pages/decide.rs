//! `/console/approvals/{id}/approve` and `/reject`: the two forms that decide.

use app::Refusal;
use app::base::store::Key;
use app::gate::approvals::{self, Verdict};
use domain::ApprovalId;
use domain::base::code::{Class, Code};
use domain::base::digest::Digest;
use domain::gate::approval::Approval;
use domain::people::access::{Scope, scope};
use runtime::http::{Request, Response};

use super::approval::{self, Alert, Typed};
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{Audience, Back, Get, Page, Trust};
use crate::route;
use crate::visit::Visit;

/// The two forms. A decision's address in the browser's bar, opened again, shows the mail and decides nothing.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/approvals/{approval_id}/approve",
        post: Some(|context, request, at| {
            Box::pin(async move { submit(context, request, at.id()?, |_| Verdict::Approve).await })
        }),
        ..FORM
    },
    Page {
        path: "/approvals/{approval_id}/reject",
        post: Some(|context, request, at| {
            Box::pin(async move { submit(context, request, at.id()?, Verdict::Reject).await })
        }),
        ..FORM
    },
];

/// What forms of an approval's page have in common.
pub(super) const FORM: Page = Page {
    trust: Trust::Decide,
    audience: Audience::With(Scope::ApprovalsDecide),
    get: Get::To(approval::ADDRESS),
    back: Back::To(approval::ADDRESS),
    ..Page::NEW
};

/// Longest reason, in characters.
pub(crate) const MAX_REASON: usize = 2_000;

/// Decides about the mail with the digest that the page showed. The same decision again is answered as the first time.
pub(crate) async fn submit(
    context: &Context,
    request: &Request,
    id: ApprovalId,
    verdict: fn(String) -> Verdict,
) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[Key::Approval(id)]).await?;
    let reason = reason(&form);
    let refusal = match decide(&visit, id, &form, &verdict(reason.clone())).await {
        Ok(decided) => {
            let notice = decided.decision.as_str();
            return Ok(guard::see_other(&format!("{}?notice={notice}", route::approval(id))));
        }
        Err(refusal) => refusal,
    };
    let Some(alert) = told(&refusal) else { return Err(refusal) };
    // Nothing was decided: the person sees the mail as it stands now, and why.
    approval::page(&visit, request, id, Some(alert), Typed { reason, ..Typed::default() }).await
}

async fn decide(visit: &Visit, id: ApprovalId, form: &Form, verdict: &Verdict) -> Result<Approval, Refusal> {
    let permit = visit
        .principal
        .permit::<scope::ApprovalsDecide>()
        .map_err(|_| Refusal::because(Code::RoleCannotDecide, ""))?;
    approvals::decide(
        &visit.ports,
        visit.powers.workflow()?,
        &permit,
        id,
        check_digest(form, verdict)?,
        verdict,
    )
    .await
}

/// The reason in a form.
pub(super) fn reason(form: &Form) -> String {
    form.text("reason")
}

/// The digest in a form that is not too long.
pub(super) fn check_digest(form: &Form, verdict: &Verdict) -> Result<Digest, Refusal> {
    let digest = Digest::parse(form.field("digest"))
        .map_err(|error| Refusal::field("digest", Code::InvalidDigest, error))?;
    if let Verdict::Reject(reason) = verdict
        && reason.chars().count() > MAX_REASON
    {
        return Err(Refusal::field("reason", Code::TooLong, "too long"));
    }
    Ok(digest)
}

/// What a person is told beside the mail; `None` for what has no mail to show it beside.
pub(super) fn told(refusal: &Refusal) -> Option<Alert> {
    let alert = |status, text: &str| Some(Alert { status, text: text.to_owned() });
    match refusal {
        Refusal::Because { code: Code::DigestMismatch, .. } => alert(
            409,
            "The mail is no longer the one you saw. Nothing was decided. Below is the mail as it stands now: read it \
             again.",
        ),
        Refusal::Because { code: Code::ApprovalNotPending, details, .. } => {
            let expired = details.iter().any(|(name, value)| *name == "status" && value == "expired");
            if expired {
                alert(
                    409,
                    "Your decision came too late: the time to decide had run out. The mail is not sent.",
                )
            } else {
                alert(
                    409,
                    "Somebody else has decided already. Your decision changed nothing; theirs is shown here.",
                )
            }
        }
        Refusal::Because { code: Code::ApprovalSuperseded, .. } => alert(
            409,
            "The mail was edited meanwhile, so nothing was done. The edited mail has an approval of its own: this page \
             leads there.",
        ),
        Refusal::Because { code: Code::AlreadyVoted, .. } => {
            alert(409, "You voted already, and a vote that was given can\u{2019}t be handed on.")
        }
        Refusal::Because { code, .. } if code.class() == Class::Conflict => {
            alert(409, "It changed at the same moment. Nothing was decided: look at it again.")
        }
        Refusal::Because { code: Code::RoleCannotDecide, .. } => {
            alert(403, "Your role may read this mail but not decide about it. Nothing was decided.")
        }
        Refusal::Because { code: Code::RequesterCannotDecide, .. } => alert(
            403,
            "You asked for this mail to be sent, so somebody else must approve it. Nothing was decided.",
        ),
        Refusal::Because { code: Code::AuthorCannotDecide, .. } => alert(
            403,
            "You asked for an earlier attempt at this mail, or edited it, so somebody else must approve it. Nothing was \
             decided.",
        ),
        Refusal::Because { code: Code::EditorCannotDecide, .. } => {
            alert(403, "You edited this mail last, so somebody else must approve it. Nothing was decided.")
        }
        Refusal::Because { code: Code::RoleNotEntitled, message, .. } => {
            alert(403, &format!("Nothing was decided: {message}."))
        }
        Refusal::Because { code: Code::VoteDelegated, .. } => {
            alert(403, "You handed your vote on to another member, who decides instead. Nothing was decided.")
        }
        Refusal::Invalid(errors) if errors.iter().any(|error| error.field == "reason") => alert(
            422,
            "The reason is longer than 2,000 characters. Nothing was done: shorten it and send it again.",
        ),
        _ => None,
    }
}
