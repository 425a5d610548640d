//! The forms of an approval's page beside those that decide: saying something about a mail, calling it off, handing a vote on, and approving
//! mails like it ahead.

use app::Refusal;
use app::base::enter::Once;
use app::base::store::Key;
use app::gate::approvals;
use app::gate::comments;
use app::gate::standing::{self, NewStanding};
use domain::base::address::EmailAddress;
use domain::base::code::{Class, Code};
use domain::base::id::Id as _;
use domain::gate::comment::Comments;
use domain::gate::standing::Target;
use domain::people::access::{Scope, scope};
use domain::{ApprovalId, MemberId};
use runtime::http::{Request, Response};

use super::approval::{self, Alert, Typed};
use super::decide::{FORM, MAX_REASON, keep_words, told};
use crate::Context;
use crate::fields::end_of;
use crate::guard;
use crate::page::{Audience, Page};
use crate::route;
use crate::visit::Visit;

/// The forms.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/approvals/{approval_id}/cancel",
        // Whoever asked for a mail may call it off.
        audience: Audience::With(Scope::MessagesRead),
        post: Some(|context, request, at| Box::pin(async move { cancel(context, request, at.id()?).await })),
        ..FORM
    },
    Page {
        path: "/approvals/{approval_id}/comment",
        audience: Audience::With(Scope::ApprovalsRead),
        post: Some(|context, request, at| Box::pin(async move { comment(context, request, at.id()?).await })),
        ..FORM
    },
    Page {
        path: "/approvals/{approval_id}/take-back",
        post: Some(|context, request, at| {
            Box::pin(async move { take_back(context, request, at.id()?).await })
        }),
        ..FORM
    },
    Page {
        path: "/approvals/{approval_id}/delegate",
        post: Some(|context, request, at| {
            Box::pin(async move { delegate(context, request, at.id()?).await })
        }),
        ..FORM
    },
    Page {
        path: "/approvals/{approval_id}/ahead",
        post: Some(|context, request, at| Box::pin(async move { ahead(context, request, at.id()?).await })),
        ..FORM
    },
];

/// Calls a mail off.
pub(super) async fn cancel(
    context: &Context,
    request: &Request,
    id: ApprovalId,
) -> Result<Response, Refusal> {
    let (visit, form) = match Visit::of_form(context, request, &[Key::Approval(id)]).await {
        Ok(found) => found,
        Err(refusal) => return keep_words(context, request, id, refusal).await,
    };
    let reason = form.text("reason");
    let done = async {
        if reason.chars().count() > MAX_REASON {
            return Err(Refusal::field("reason", Code::TooLong, "too long"));
        }
        let permit = visit.principal.permit::<scope::MessagesRead>()?;
        approvals::cancel(&visit.ports, visit.powers.workflow()?, &permit, id, &reason).await
    };
    let Err(refusal) = done.await else {
        return Ok(guard::see_other(&format!("{}?notice=cancelled", route::approval(id))));
    };
    let alert = match &refusal {
        Refusal::Because { code: Code::MessageNotWaiting, details, .. } => {
            let status = details.first().map_or("", |(_, status)| status.as_str());
            Some(Alert {
                status: 409,
                text: format!(
                    "It is too late to cancel it: the mail is {} already.",
                    status.replace('_', " ")
                ),
            })
        }
        Refusal::Because { code: Code::ApprovalNotPending, .. } => Some(Alert {
            status: 409,
            text: "There is nothing left to cancel: what became of the mail is shown here.".to_owned(),
        }),
        _ => told(&refusal),
    };
    let typed = Typed { cancel: reason, ..Typed::default() };
    shown(&visit, request, id, refusal, alert, typed).await
}

/// Says something about a mail that waits.
pub(super) async fn comment(
    context: &Context,
    request: &Request,
    id: ApprovalId,
) -> Result<Response, Refusal> {
    let (visit, form) = match Visit::of_form(context, request, &[Key::Approval(id)]).await {
        Ok(found) => found,
        Err(refusal) => return keep_words(context, request, id, refusal).await,
    };
    let text = form.text("reason");
    let done = async {
        if text.is_empty() {
            return Err(Refusal::field("comment", Code::Required, "say something"));
        }
        if text.chars().count() > Comments::MAX_TEXT {
            return Err(Refusal::field("reason", Code::TooLong, "too long"));
        }
        let permit = visit.principal.permit::<scope::MessagesRead>()?;
        let saved = |_: &_| (303, String::new());
        comments::comment(&visit.ports, &permit, id, &text, &Once::default(), saved).await
    };
    let Err(refusal) = done.await else {
        return Ok(guard::see_other(&format!("{}#comments", route::approval(id))));
    };
    let alert = match &refusal {
        Refusal::Invalid(errors) if errors.iter().any(|error| error.field == "comment") => {
            Some(Alert { status: 422, text: "Nothing was said: write something first.".to_owned() })
        }
        _ => told(&refusal),
    };
    let typed = Typed { comment: text, ..Typed::default() };
    shown(&visit, request, id, refusal, alert, typed).await
}

/// Takes the reader's approval back.
pub(super) async fn take_back(
    context: &Context,
    request: &Request,
    id: ApprovalId,
) -> Result<Response, Refusal> {
    let (visit, _) = Visit::of_form(context, request, &[Key::Approval(id)]).await?;
    let done = async {
        let permit = visit.principal.permit::<scope::ApprovalsDecide>()?;
        approvals::take_back(&visit.ports, visit.powers.workflow()?, &permit, id).await
    };
    let Err(refusal) = done.await else {
        return Ok(guard::see_other(&format!("{}?notice=taken_back", route::approval(id))));
    };
    let alert = match &refusal {
        Refusal::Because { code: Code::MessageNotWaiting, .. } => Some(Alert {
            status: 409,
            text: "It is too late to take your approval back: what became of the mail is shown here."
                .to_owned(),
        }),
        Refusal::Because { code: Code::ApprovalNotPending, .. } => Some(Alert {
            status: 409,
            text: "There is nothing left to take back: what became of the mail is shown here.".to_owned(),
        }),
        _ => told(&refusal),
    };
    shown(&visit, request, id, refusal, alert, Typed::default()).await
}

/// Hands the reader's vote on.
pub(super) async fn delegate(
    context: &Context,
    request: &Request,
    id: ApprovalId,
) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[Key::Approval(id)]).await?;
    let done = async {
        let to = MemberId::parse(form.field("member_id"))
            .map_err(|error| Refusal::field("member_id", Code::InvalidId, error))?;
        let permit = visit.principal.permit::<scope::ApprovalsDecide>()?;
        approvals::delegate(&visit.ports, &permit, id, to).await
    };
    let Err(refusal) = done.await else {
        return Ok(guard::see_other(&format!("{}?notice=delegated", route::approval(id))));
    };
    let alert = match &refusal {
        Refusal::Invalid(_) => Some(Alert {
            status: 422,
            text:
                "This member can\u{2019}t vote about this mail. Your vote was not delegated: choose another."
                    .to_owned(),
        }),
        _ => told(&refusal),
    };
    shown(&visit, request, id, refusal, alert, Typed::default()).await
}

/// Approves the next mails to the only recipient of this one.
pub(super) async fn ahead(context: &Context, request: &Request, id: ApprovalId) -> Result<Response, Refusal> {
    let (visit, form) = Visit::of_form(context, request, &[Key::Approval(id)]).await?;
    let done = async {
        let reading = visit.principal.permit::<scope::ApprovalsRead>()?;
        let permit = visit.principal.permit::<scope::ApprovalsDecide>()?;
        let approval = approvals::get(&visit.ports, visit.powers.blobs()?, &reading, id).await?.approval;
        // The recipient is that of the mail, whatever a form says.
        let recipient = match &approval.recipients[..] {
            [one] => EmailAddress::parse(&one.address).ok(),
            _ => None,
        };
        let recipient = recipient.ok_or_else(|| {
            Refusal::field("recipient", Code::NotOneRecipient, "the mail must have one recipient")
        })?;
        let new = NewStanding {
            inbox_id: Some(approval.inbox_id),
            target: Target::Recipient(recipient),
            budget: form.field("budget").trim().parse().unwrap_or(0),
            expires_at: end_of(form.field("until"))
                .ok_or_else(|| Refusal::field("expires_at", Code::InvalidDate, "must be a day"))?,
        };
        standing::create(&visit.ports, &permit, new, &Once::default(), |_| (303, String::new())).await
    };
    let Err(refusal) = done.await else {
        return Ok(guard::see_other(&format!("{}?notice=made", route::STANDING)));
    };
    let alert = match &refusal {
        Refusal::Invalid(errors) => {
            let wrong = errors.iter().map(|error| match error.field.as_str() {
                "budget" => format!("The number of mails {}.", error.message),
                "expires_at" => format!("The last day {}.", error.message),
                _ => format!("It can\u{2019}t be done: {}.", error.message),
            });
            let wrong: Vec<_> = wrong.collect();
            Some(Alert { status: 422, text: format!("Nothing was approved ahead. {}", wrong.join(" ")) })
        }
        Refusal::Because { code, message, .. } if code.class() == Class::Conflict => {
            Some(Alert { status: 409, text: format!("Nothing was approved ahead: {message}.") })
        }
        _ => None,
    };
    shown(&visit, request, id, refusal, alert, Typed::default()).await
}

/// Nothing was done: the person sees the mail as it stands now, and why.
async fn shown(
    visit: &Visit,
    request: &Request,
    id: ApprovalId,
    refusal: Refusal,
    alert: Option<Alert>,
    typed: Typed,
) -> Result<Response, Refusal> {
    if alert.is_none() {
        return Err(refusal);
    }
    approval::page(visit, request, id, alert, typed).await
}
