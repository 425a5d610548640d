//! `/console/links/{secret}`: where the link in a notification mail leads. No sign-in: the link is bound to one person,
//! one approval and one digest, and takes one decision.
//!
//! Programs follow links in mail before people do. So a `GET` changes nothing here, and the link stays good.

use app::Refusal;
use app::base::store::{key, load};
use app::gate::approvals::{Ballot, Verdict};
use app::gate::links::{self, LinkRefusal};
use app::mailbox::attachments;
use app::people::members;
use askama::Template;
use domain::base::code::Code;
use domain::gate::approval::{Approval, Decision, Voter};
use domain::gate::link::{LinkClosed, LinkSecret};
use domain::mailbox::message::Attachment;
use domain::people::access::scope;
use domain::{ApprovalId, AttachmentId};
use runtime::http::{Request, Response};
use wire::mailbox::previews::MAX_FILE;

use super::approval::{self, Alert, Reader, Typed};
use super::{decide, render, signer};
use crate::Context;
use crate::guard::{self, Form};
use crate::page::{Audience, Get, Page, Trust};
use crate::route;
use crate::shell::{Paused, Shell};
use crate::words::Names;

/// The page of a link, its two forms, and its files.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: LINK,
        get: Get::Page(|context, request, at| {
            Box::pin(async move { show(context, request, &at.read(LinkSecret::parse)?).await })
        }),
        ..BELOW
    },
    Page {
        path: "/links/{link}/approve",
        get: Get::To(LINK),
        post: Some(|context, request, at| {
            Box::pin(async move {
                submit(context, request, &at.read(LinkSecret::parse)?, |_| Verdict::Approve).await
            })
        }),
        ..BELOW
    },
    Page {
        path: "/links/{link}/reject",
        get: Get::To(LINK),
        post: Some(|context, request, at| {
            Box::pin(
                async move { submit(context, request, &at.read(LinkSecret::parse)?, Verdict::Reject).await },
            )
        }),
        ..BELOW
    },
    Page {
        path: "/links/{link}/attachments/{attachment_id}",
        get: Get::Page(|context, request, at| {
            Box::pin(
                async move { attachment(context, request, &at.read(LinkSecret::parse)?, at.id()?).await },
            )
        }),
        ..BELOW
    },
    Page {
        path: "/links/{link}/attachments/{attachment_id}/preview",
        get: Get::Page(|context, request, at| {
            Box::pin(async move { preview(context, request, &at.read(LinkSecret::parse)?, at.id()?).await })
        }),
        ..BELOW
    },
];

const LINK: &str = "/links/{link}";

/// What is below a link.
const BELOW: Page = Page { trust: Trust::Decide, audience: Audience::Secret, ..Page::NEW };

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage<'a> {
    shell: Shell,
    title: &'a str,
    message: &'a str,
    /// Where to go on.
    address: String,
    button: &'static str,
}

/// The mail, and the forms that decide about it.
pub(super) async fn show(
    context: &Context,
    request: &Request,
    secret: &LinkSecret,
) -> Result<Response, Refusal> {
    page(context, request, secret, None, Typed::default()).await
}

async fn page(
    context: &Context,
    request: &Request,
    secret: &LinkSecret,
    alert: Option<Alert>,
    typed: Typed,
) -> Result<Response, Refusal> {
    let Context { ports, powers, .. } = context;
    let found = async {
        let opened = links::open(ports, secret).await?;
        let view = links::view(ports, powers.blobs()?, &opened).await?;
        let reading = opened.permit::<scope::ApprovalsRead>()?;
        let members = members::list(ports, &reading).await?;
        let organization = load(&*ports.store, opened.link.organization_id, key::Organization);
        let names = Names::new(Some(opened.member.id), &members);
        let paused =
            organization.await?.and_then(|organization| Paused::of(&organization, &names, ports.now()));
        Ok((opened, view, names, paused))
    };
    let (opened, mut view, names, paused) = match found.await {
        Ok(found) => found,
        Err(refusal) => return refused(refusal, request, context),
    };
    let address = route::link(secret);
    let logs = powers.key_logs()?;
    view.approval = signer::demanded(logs, view.approval, &view.message.message.from, ports.now()).await?;
    let reader = Reader {
        last: None,
        among: None,
        list: String::new(),
        compared: None,
        paused: paused.is_some(),
        ports,
        blobs: powers.blobs()?,
        principal: &opened.principal,
        // A link opens for nobody else.
        may_decide: true,
        csrf: secret.form_token(),
        signer: signer::of(ports, logs, (opened.link.organization_id, opened.member.id), &[&view.approval])
            .await?,
        voter: Voter { member_id: opened.member.id, role: opened.member.role },
        names,
        members: vec![],
        shell: Shell { paused, ..Shell::bare() },
        guest: Some(opened.member.email.as_str().to_owned()),
        files: format!("{address}/attachments"),
        address,
    };
    approval::written(reader, &view, "", alert, typed).await
}

/// Decides, and uses the link up.
pub(super) async fn submit(
    context: &Context,
    request: &Request,
    secret: &LinkSecret,
    verdict: fn(String) -> Verdict,
) -> Result<Response, Refusal> {
    let form = Form::of_link(request, secret)?;
    let reason = decide::reason(&form);
    let verdict = verdict(reason.clone());
    let decided = match decide::check_digest(&form, &verdict) {
        Ok(digest) if let Ok(signature) = decide::signature(&form, &verdict) => {
            let ballot = Ballot::new(digest, &verdict).signed(context.powers.key_logs()?, signature.as_ref());
            links::decide(&context.ports, context.powers.workflow()?, secret, &ballot).await
        }
        Ok(_) => Err(Refusal::because(Code::SignatureRequired, "").into()),
        Err(refusal) => Err(refusal.into()),
    };
    match decided {
        Ok(approval) => done(&approval, &verdict),
        Err(LinkRefusal::Refused(refusal)) => match decide::told(&refusal) {
            // Nothing was decided: the person sees the mail as it stands now, and why.
            Some(alert) => {
                page(context, request, secret, Some(alert), Typed { reason, ..Typed::default() }).await
            }
            None => Err(refusal),
        },
        Err(closed) => refused(closed, request, context),
    }
}

/// The file of the mail that is decided about, and no other.
pub(super) async fn attachment(
    context: &Context,
    request: &Request,
    secret: &LinkSecret,
    id: AttachmentId,
) -> Result<Response, Refusal> {
    let Context { ports, powers, .. } = context;
    let found = async {
        let opened = links::open(ports, secret).await?;
        let permit = opened.permit::<scope::MessagesRead>()?;
        let (file, url) = attachments::download(ports, powers.blobs()?, &permit, id).await?;
        belongs(&file, &opened.approval)?;
        Ok(url)
    };
    match found.await {
        Ok(url) => Ok(guard::see_other(&url)),
        Err(refusal) => refused(refusal, request, context),
    }
}

/// What such a file looks like.
async fn preview(
    context: &Context,
    request: &Request,
    secret: &LinkSecret,
    id: AttachmentId,
) -> Result<Response, Refusal> {
    let Context { ports, powers, .. } = context;
    let found = async {
        let opened = links::open(ports, secret).await?;
        let permit = opened.permit::<scope::MessagesRead>()?;
        let file = attachments::open(ports, powers.blobs()?, &permit, id, MAX_FILE).await?;
        belongs(&file.file, &opened.approval)?;
        Ok(file)
    };
    match found.await {
        Ok(file) => {
            let address = route::link(secret);
            let download = format!("{address}/attachments/{id}");
            super::preview::written(Shell::bare(), powers, file, address, download).await
        }
        Err(refusal) => refused(refusal, request, context),
    }
}

/// Whether a file is one of the mail that is decided about, or of the one that it answers, which is read with it.
fn belongs(file: &Attachment, approval: &Approval) -> Result<(), Refusal> {
    let of = file.message.map(|(message_id, _)| message_id);
    if of.is_some() && (of == Some(approval.message_id) || of == approval.answers) {
        return Ok(());
    }
    Err(Refusal::NotFound("attachment"))
}

/// What is said after a decision. The page stands under the address of the form: sent again, it finds a used link.
fn done(approval: &Approval, verdict: &Verdict) -> Result<Response, Refusal> {
    let (title, message) = match (verdict, &approval.decision) {
        (Verdict::Reject(_), Decision::Rejected { .. }) => {
            ("Rejected", "You rejected this mail. It is never sent.")
        }
        (Verdict::Approve, Decision::Approved { .. }) => {
            ("Approved", "You approved this mail. Exactly these bytes go out.")
        }
        _ => ("Counted", "Your decision counts. Others have to decide as well."),
    };
    written(200, title, message, Some(approval.id))
}

/// What is said of a link that opens nothing any more.
fn refused(refusal: LinkRefusal, request: &Request, context: &Context) -> Result<Response, Refusal> {
    let (closed, approval) = match refusal {
        LinkRefusal::Closed(closed, approval) => (closed, approval),
        LinkRefusal::Refused(refusal) => {
            return Ok(super::problem::page(&refusal, request, context));
        }
    };
    let (status, title, message) = match closed {
        LinkClosed::Unknown => (
            404,
            "No such link",
            "It may be cut short, or too old to be known. Sign in to see what waits for you.",
        ),
        LinkClosed::NotEntitled => {
            (410, "This link is closed", "It opens nothing any more. Sign in to see what waits for you.")
        }
        LinkClosed::Used => (
            410,
            "This link was used",
            "A decision was taken through it, and it takes no second one. Sign in to see what became of the mail.",
        ),
        LinkClosed::Decided("approved") => (
            410,
            "Approved already",
            "The mail that this link was for was approved. Sign in to see what became of it.",
        ),
        LinkClosed::Decided("rejected") => (
            410,
            "Rejected already",
            "The mail that this link was for was rejected: it is never sent. Sign in to read it.",
        ),
        LinkClosed::Decided("expired") => (
            410,
            "Too late",
            "Nobody decided in time, so the mail that this link was for is never sent. Sign in to read it.",
        ),
        LinkClosed::Decided(_) => (
            410,
            "Nothing waits here any more",
            "The mail that this link was for does not wait for a decision any more. Sign in to see what became of it.",
        ),
        LinkClosed::Changed => (
            410,
            "The mail was changed",
            "It is no longer the one that this link was made for. Sign in to read it as it is now and decide.",
        ),
        LinkClosed::Expired => {
            (410, "This link has expired", "The mail still waits. Sign in to read it and decide.")
        }
    };
    written(status, title, message, approval)
}

fn written(
    status: u16,
    title: &str,
    message: &str,
    approval: Option<ApprovalId>,
) -> Result<Response, Refusal> {
    let address = approval.map_or_else(|| route::QUEUE.to_owned(), route::approval);
    let button = "Go to the console";
    let page = LinkPage { shell: Shell::bare(), title, message, address, button };
    Ok(guard::html(status, render(&page)?))
}
