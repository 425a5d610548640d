//! `/console/approvals/{id}/approve`, `/reject` and `/ask-to-revise`: the forms that decide, and that one which asks for another mail.

use app::Refusal;
use app::base::store::Key;
use app::gate::approvals::{self, Ballot, Verdict};
use app::gate::attest::VoteSignature;
use app::gate::comments;
use askama::Template;
use domain::ApprovalId;
use domain::base::code::{Class, Code};
use domain::base::digest::Digest;
use domain::base::id::Id as _;
use domain::gate::approval::{Approval, Voter};
use domain::people::access::{Scope, scope};
use runtime::http::{Request, Response};
use wire::gate::approvals::signature_of_form;

use super::approval::{self, Alert, Typed};
use super::queue::{self, Filter};
use super::render;
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{Audience, Back, Get, Page, Trust};
use crate::route;
use crate::shell::Shell;
use crate::visit::Visit;

/// The forms. A decision's address in the browser's bar, opened again, shows the mail and decides nothing.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/approvals/{approval_id}/approve",
        post: Some(|context, request, at| {
            Box::pin(async move { Box::pin(submit(context, request, at.id()?, |_| Verdict::Approve)).await })
        }),
        ..FORM
    },
    Page {
        path: "/approvals/{approval_id}/reject",
        post: Some(|context, request, at| {
            Box::pin(async move { Box::pin(submit(context, request, at.id()?, Verdict::Reject)).await })
        }),
        ..FORM
    },
    Page {
        path: "/approvals/{approval_id}/ask-to-revise",
        post: Some(|context, request, at| {
            Box::pin(async move { ask_to_revise(context, request, at.id()?).await })
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
    let (visit, form) = match Visit::of_form(context, request, &[Key::Approval(id)]).await {
        Ok(found) => found,
        Err(refusal) => return keep_words(context, request, id, refusal).await,
    };
    let reason = reason(&form);
    let refusal = match decide(&visit, id, &form, &verdict(reason.clone())).await {
        Ok(decided) => return Ok(onward(&visit, id, &form, decided.decision.as_str()).await),
        Err(refusal) => refusal,
    };
    let Some(alert) = told(&refusal) else { return Err(refusal) };
    // Nothing was decided: the person sees the mail as it stands now, and why.
    approval::page(&visit, request, id, Some(alert), Typed { reason, ..Typed::default() }).await
}

/// Asks for a revision of the mail with the digest that the page showed.
async fn ask_to_revise(context: &Context, request: &Request, id: ApprovalId) -> Result<Response, Refusal> {
    let (visit, form) = match Visit::of_form(context, request, &[Key::Approval(id)]).await {
        Ok(found) => found,
        Err(refusal) => return keep_words(context, request, id, refusal).await,
    };
    let note = form.text("reason");
    let done = async {
        let permit = visit
            .principal
            .permit::<scope::ApprovalsDecide>()
            .map_err(|_| Refusal::because(Code::RoleCannotDecide, ""))?;
        let digest = check_digest(&form, &Verdict::Reject(note.clone()))?;
        if note.is_empty() {
            return Err(Refusal::field("note", Code::Required, "say what is to be otherwise"));
        }
        comments::ask_to_revise(&visit.ports, &permit, id, digest, &note).await
    };
    let Err(refusal) = done.await else { return Ok(onward(&visit, id, &form, "revision").await) };
    let Some(alert) = told(&refusal) else { return Err(refusal) };
    approval::page(&visit, request, id, Some(alert), Typed { note, ..Typed::default() }).await
}

/// Where somebody goes who has decided: to what waits for them next, if they go through a list, or back to the mail.
async fn onward(visit: &Visit, id: ApprovalId, form: &Form, notice: &str) -> Response {
    let filter = Filter::named(form.field("in"));
    if form.field("then") == "next"
        && let Some(next) = next(visit, id, form.field("next"), &filter).await
    {
        let next = queue::page_in(next, &filter);
        let and = if next.contains('?') { '&' } else { '?' };
        return guard::see_other(&format!("{next}{and}after={id}&notice={notice}"));
    }
    guard::see_other(&format!("{}?notice={notice}", route::approval(id)))
}

/// The mail that waits for this person next: the one that the page named, where it still does, or the first that does of those that they
/// go through.
async fn next(visit: &Visit, id: ApprovalId, named: &str, filter: &Filter) -> Option<ApprovalId> {
    let permit = visit.principal.permit::<scope::ApprovalsRead>().ok()?;
    let waiting = approvals::waiting(&visit.ports, &permit, filter.behind()).await.ok()?;
    let voter = Voter { member_id: visit.principal.actor.member()?, role: visit.principal.role };
    let now = visit.ports.now();
    let mine = queue::mine(&waiting, &voter, visit.may_decide(), now).filter(|it| filter.leads_to(it));
    let mine: Vec<_> = mine.map(|it| it.id).filter(|it| *it != id).collect();
    let named = ApprovalId::parse(named).ok().filter(|named| mine.contains(named));
    named.or(mine.first().copied())
}

/// Where the session of whoever sent a form has ended, or is another than the page's: nothing was done, and what they wrote is not lost.
/// Of a form that another site sent nothing is shown.
pub(super) async fn keep_words(
    context: &Context,
    request: &Request,
    id: ApprovalId,
    refusal: Refusal,
) -> Result<Response, Refusal> {
    if guard::same_origin(request).is_err() {
        return Err(refusal);
    }
    let form = Form::of(request)?;
    let words = reason(&form);
    if words.is_empty() || words.chars().count() > MAX_REASON {
        return Err(refusal);
    }
    if refusal.class() == Class::Unauthenticated {
        let address = route::approval(id);
        let page = KeptPage {
            shell: Shell::bare(),
            sign_in: route::sign_in(&address),
            action: &request.path,
            words,
        };
        return Ok(guard::html(401, render(&page)?));
    }
    if refusal.code() != Code::ForeignForm {
        return Err(refusal);
    }
    let visit = Visit::of(context, request, &[Key::Approval(id)]).await?;
    let text = "You have signed in anew since that page was opened, so nothing was done. What you wrote is kept: send it \
                again from here.";
    let alert = Alert { status: 403, text: text.to_owned() };
    let typed = match request.path.rsplit('/').next() {
        Some("cancel") => Typed { cancel: words, ..Typed::default() },
        Some("ask-to-revise") => Typed { note: words, ..Typed::default() },
        Some("comment") => Typed { comment: words, ..Typed::default() },
        _ => Typed { reason: words, ..Typed::default() },
    };
    approval::page(&visit, request, id, Some(alert), typed).await
}

/// What somebody sees whose session had ended when they sent words.
#[derive(Template)]
#[template(path = "kept.html")]
struct KeptPage<'a> {
    shell: Shell,
    /// Where to sign in, which leads back to the mail.
    sign_in: String,
    /// Where the words go once they are signed in.
    action: &'a str,
    words: String,
}

async fn decide(visit: &Visit, id: ApprovalId, form: &Form, verdict: &Verdict) -> Result<Approval, Refusal> {
    let permit = visit
        .principal
        .permit::<scope::ApprovalsDecide>()
        .map_err(|_| Refusal::because(Code::RoleCannotDecide, ""))?;
    let signature = signature(form, verdict)?;
    let ballot = Ballot::new(check_digest(form, verdict)?, verdict)
        .signed(visit.powers.key_logs()?, signature.as_ref());
    approvals::decide(&visit.ports, visit.powers.workflow()?, &permit, id, &ballot).await
}

/// What the reader's key signed, as a form has it. Where their page asks their key and it signed nothing, they are told, and no vote is
/// taken that lets nothing go: their browser may run no scripts. To stop a mail takes no key.
pub(super) fn signature(form: &Form, verdict: &Verdict) -> Result<Option<VoteSignature>, Refusal> {
    let signature = signature_of_form(form.field("signature"))?;
    if signature.is_none() && *verdict == Verdict::Approve && form.has("signature") {
        return Err(Refusal::because(Code::SignatureRequired, ""));
    }
    Ok(signature)
}

/// The reason in a form: what was chosen, and what was written beside that.
pub(super) fn reason(form: &Form) -> String {
    reason_in(form, "reason")
}

/// As [`reason`], where what was written has this name.
pub(super) fn reason_in(form: &Form, name: &str) -> String {
    let chosen = approval::QUICK.iter().find(|quick| **quick == form.field("quick"));
    match (chosen, form.text(name)) {
        (None, words) => words,
        (Some(chosen), words) if words.is_empty() => format!("{chosen}."),
        (Some(chosen), words) => format!("{chosen}. {words}"),
    }
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
            alert(409, "You voted already, and a vote that was given can\u{2019}t be delegated.")
        }
        Refusal::Because { code: Code::SignatureRequired, .. } => alert(
            409,
            "This mail goes only with votes that people\u{2019}s own keys signed, and yours signed nothing. Allow scripts for this site and \
             approve it again, with a key that is registered under Settings, Signing keys. Nothing was decided.",
        ),
        Refusal::Because { code: Code::SignatureRefused | Code::OpenRowsFirst, message, .. } => {
            alert(409, &format!("Nothing was decided: {message}."))
        }
        Refusal::Because { code: Code::LookFirst, .. } => {
            alert(409, "Something about it deserves a look: open it, and approve it alone.")
        }
        Refusal::Because { code: Code::NoVote, .. } => {
            alert(409, "There is no approval of yours to take back. Nothing was done.")
        }
        Refusal::Because { code: Code::VotedBefore, .. } => {
            alert(409, "You voted about this mail: take your approval back before you ask for a revision.")
        }
        Refusal::Because { code: Code::TooManyComments, .. } => alert(
            409,
            "There are as many comments about this mail as there may be. Decide about it, or edit it.",
        ),
        Refusal::Because { code: Code::TooLateToTakeBack, .. } => alert(
            409,
            "Its time to go is over, and its policy lets nobody decide about it after that, so your approval stays. Cancel \
             the mail to stop it, if it has not gone.",
        ),
        Refusal::Because { code: Code::TakenBackTooOften, .. } => alert(
            409,
            "Approvals of this mail were taken back too often. Cancel it instead, or reject it while it waits.",
        ),
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
            alert(403, "You delegated your vote to another member, who decides instead. Nothing was decided.")
        }
        Refusal::Invalid(errors) if errors.iter().any(|error| error.field == "note") => {
            alert(422, "Nothing was done: say what is to be otherwise.")
        }
        Refusal::Invalid(errors) if errors.iter().any(|error| error.field == "reason") => alert(
            422,
            "The reason is longer than 2,000 characters. Nothing was done: shorten it and send it again.",
        ),
        _ => None,
    }
}
