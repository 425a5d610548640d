//! `/console/approvals/{id}`: one mail as its recipients would see it, why it is held, and what can be done about it.

use app::base::ports::Blobs;
use app::base::store::Key;
use app::gate::approvals::{self, View};
use app::gate::html::explain;
use app::mailbox::messages;
use app::{Ports, Refusal};
use askama::Template;
use domain::gate::approval::{Approval, Decision, Verdict, Voter};
use domain::mailbox::message::Message;
use domain::people::access::{Actor, Principal, Scope, scope};
use domain::people::organization::Member;
use domain::{ApprovalId, Timestamp};
use futures_util::future::{join, try_join};
use runtime::http::{Request, Response};

use super::gate::{Acts, Changed, Gate, changed, kept, still_missing};
use super::mail::{Answered, HtmlPart, Mail, Turn, answered, mail, origin, pictures, turn};
use super::render;
use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{
    self, Doer, Moment, Names, Standing, body, called_off, short, standing, subject, visible,
};

/// The page.
pub(super) const PAGES: &[Page] = &[Page {
    path: ADDRESS,
    trust: Trust::Decide,
    audience: Audience::With(Scope::ApprovalsRead),
    get: Get::Page(|context, request, at| Box::pin(async move { show(context, request, at.id()?).await })),
    back: Back::Here(&[]),
    ..Page::NEW
}];

/// Where the page is: what its forms do lies below.
pub(super) const ADDRESS: &str = "/approvals/{approval_id}";

/// A conversation with so many mails may go on beyond what the use case gives.
const FULL_THREAD: usize = 50;

/// What somebody is told whose decision was not taken.
pub(crate) struct Alert {
    /// The answer's status.
    pub status: u16,
    /// One or two sentences.
    pub text: String,
}

/// What somebody typed into a form that was not taken.
#[derive(Default)]
pub(crate) struct Typed {
    /// Why they reject.
    pub reason: String,
    /// Why they call it off.
    pub cancel: String,
}

#[derive(Template)]
#[template(path = "approval.html")]
struct ApprovalPage {
    shell: Shell,
    /// Whom a one-time link is for; nobody where somebody has signed in.
    guest: Option<String>,
    address: String,
    title: String,
    /// `pending`, `approved`, `rejected`, `expired`, `cancelled` or `superseded`.
    status: &'static str,
    /// The status in a word.
    word: &'static str,
    alert: String,
    notice: String,
    mail: Mail,
    why: Vec<String>,
    asked_by: Doer,
    /// Who owns the token that asked.
    asked_for: Option<Doer>,
    asked_at: Moment,
    gate: Gate,
    acts: Acts,
    revision: u32,
    edited_by: Option<Doer>,
    /// The page of the revision before.
    before: Option<String>,
    /// What the last edit changed.
    changes: Vec<Changed>,
    /// What its HTML was changed in before it was sealed.
    html_changes: Vec<HtmlChanged>,
    /// The page of the revision that has taken its place.
    next: Option<String>,
    /// The page of the mail of which it is a new attempt.
    attempt_of: Option<String>,
    digest: String,
    digest_short: String,
    decision: Panel,
    standing: Standing,
    /// What each recipient's server said.
    outcomes: Vec<(String, &'static str)>,
    answers: Option<Answered>,
    /// Whether it passes that mail on, and is no answer to it.
    forward: bool,
    thread: Vec<Turn>,
    /// Whether the conversation may go on beyond what is listed.
    thread_full: bool,
}

impl ApprovalPage {
    /// What gives the frame of the mail its height.
    fn script() -> &'static str {
        guard::FRAME_SCRIPT
    }
}

/// What the decision panel shows.
enum Panel {
    /// Buttons.
    Open {
        /// What the approving button does.
        approve: Option<String>,
        /// Why it is not there.
        instead: String,
        /// Whether they may reject.
        reject: bool,
        /// What was typed before.
        reason: String,
        csrf: String,
    },
    /// A role that only reads.
    ReadOnly,
    /// It is over.
    Decided {
        /// By what or whom, as the beginning of a sentence.
        how: &'static str,
        /// By whom, where it was somebody.
        by: Option<Doer>,
        at: Moment,
        reason: String,
    },
}

/// The page.
pub(crate) async fn show(context: &Context, request: &Request, id: ApprovalId) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Approval(id)]).await?;
    page(&visit, request, id, None, Typed::default()).await
}

/// The page, with what somebody is told whose decision was not taken, and what they typed.
pub(crate) async fn page(
    visit: &Visit,
    request: &Request,
    id: ApprovalId,
    alert: Option<Alert>,
    typed: Typed,
) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let (frame, view) =
        try_join(Frame::of(visit), approvals::get(&visit.ports, visit.powers.blobs()?, &permit, id)).await?;
    let reader = Reader {
        ports: &visit.ports,
        blobs: visit.powers.blobs()?,
        principal: &visit.principal,
        voter: Voter { member_id: frame.me.member.id, role: frame.me.member.role },
        may_decide: visit.may_decide(),
        csrf: visit.session.form_token(),
        shell: frame.shell,
        names: frame.names,
        members: frame.members,
        guest: None,
        address: route::approval(id),
        files: "/console/attachments".to_owned(),
    };
    let notice = request.query.get("notice").map(String::as_str).unwrap_or_default();
    written(reader, &view, notice, alert, typed).await
}

/// Who reads the page of a mail, and by which way they came.
pub(crate) struct Reader<'a> {
    pub ports: &'a Ports,
    pub blobs: &'a dyn Blobs,
    pub principal: &'a Principal,
    /// Their seat and role, as they stand now.
    pub voter: Voter,
    /// Whether they may approve and reject at all.
    pub may_decide: bool,
    /// What the forms carry.
    pub csrf: String,
    pub shell: Shell,
    pub names: Names,
    /// Everybody to whom a vote might be handed on.
    pub members: Vec<Member>,
    /// Whom a one-time link is for; nobody where somebody has signed in.
    pub guest: Option<String>,
    /// Of the page; its forms are below.
    pub address: String,
    /// What the addresses of its files begin with.
    pub files: String,
}

/// The page of a mail, for whoever reads it.
pub(crate) async fn written(
    reader: Reader<'_>,
    view: &View,
    notice: &str,
    alert: Option<Alert>,
    typed: Typed,
) -> Result<Response, Refusal> {
    let now = reader.ports.now();
    let approval = &view.approval;
    let (pictures, attempt_of) = join(
        pictures(reader.ports, reader.blobs, reader.principal, &view.message),
        attempt_of(&reader, approval),
    )
    .await;
    let mail = mail(&view.message, &pictures, &reader.files, now);
    let status = alert.as_ref().map_or(200, |alert| alert.status);
    let names = &reader.names;
    let acts = if reader.guest.is_some() {
        Acts::none()
    } else {
        let outbound = view.message.message.outbound();
        let acts = Acts::of(
            approval,
            outbound,
            &reader.voter,
            reader.principal,
            reader.may_decide,
            &reader.members,
            now,
        );
        Acts { csrf: reader.csrf.clone(), cancel_reason: typed.cancel, ..acts }
    };
    // A link opens one approval: whoever has only that is led nowhere else.
    let page_of = |id: &ApprovalId| reader.guest.is_none().then(|| route::approval(*id));
    let page = ApprovalPage {
        title: subject(&approval.subject),
        status: approval.status(now),
        word: words::status(approval.status(now)),
        alert: alert.map(|alert| alert.text).unwrap_or_default(),
        notice: noticed(notice, approval, &reader),
        why: approval.reasons.iter().map(|code| words::reason(code)).collect(),
        asked_by: names.doer(&approval.requested_by),
        asked_for: match &approval.requested_by {
            Actor::Token { member_id, .. } => Some(names.member(*member_id)),
            Actor::Member { .. } | Actor::System => None,
        },
        asked_at: Moment::new(approval.requested_at, now),
        gate: Gate::of(approval, names, now),
        acts,
        revision: approval.revision,
        edited_by: approval.edited_by.map(|by| names.member(by)),
        before: approval.supersedes.as_ref().and_then(page_of),
        changes: view.differences.as_deref().map(|all| changed(all, now)).unwrap_or_default(),
        html_changes: html_changes(approval),
        next: match &approval.decision {
            Decision::Superseded { next, .. } => page_of(next),
            _ => None,
        },
        attempt_of,
        digest: approval.digest.to_string(),
        digest_short: short(&approval.digest.hex()),
        decision: panel(&reader, approval, &mail, &typed.reason, now),
        standing: stands(view, now),
        outcomes: outcomes(&view.message.message),
        answers: view.answers.as_ref().map(|detail| answered(detail, now)),
        forward: approval.forward,
        thread: view.thread.iter().map(|message| turn(message, approval.message_id, now)).collect(),
        thread_full: view.thread.len() >= FULL_THREAD,
        mail,
        guest: reader.guest,
        address: reader.address,
        shell: reader.shell,
    };
    let origins: Vec<String> = pictures.iter().filter_map(|(_, url)| origin(url)).collect();
    Ok(guard::html_with_mail(status, render(&page)?, &origins))
}

/// What the HTML of a mail was changed in, as a page tells it.
struct HtmlChanged {
    /// In a sentence.
    sentence: &'static str,
    /// What was changed, and how often.
    what: Vec<(String, u32)>,
}

/// The changes of a mail's HTML, those of one kind together.
fn html_changes(approval: &Approval) -> Vec<HtmlChanged> {
    let mut all: Vec<HtmlChanged> = vec![];
    for change in &approval.html_changes {
        let sentence = explain(&change.kind).unwrap_or("Something was changed.");
        let what = (visible(&change.what), change.count);
        match all.last_mut() {
            Some(last) if last.sentence == sentence => last.what.push(what),
            _ => all.push(HtmlChanged { sentence, what: vec![what] }),
        }
    }
    all
}

/// The page of the mail of which this is a new attempt. Without it the page says no less than that it is one.
async fn attempt_of(reader: &Reader<'_>, approval: &Approval) -> Option<String> {
    let resends = *approval.resends.last().filter(|_| reader.guest.is_none())?;
    let permit = reader.principal.permit::<scope::MessagesRead>().ok()?;
    let found = messages::get(reader.ports, reader.blobs, &permit, approval.inbox_id, resends).await.ok()?;
    found.message.outbound().map(|outbound| route::approval(outbound.approval_id))
}

/// What is said after a form. Only what is true: the address alone can't make this page say that a mail was
/// approved.
fn noticed(notice: &str, approval: &Approval, reader: &Reader<'_>) -> String {
    let mine = Some(reader.voter.member_id);
    let voted = |approves: bool| {
        approval
            .votes
            .iter()
            .any(|vote| Some(vote.member_id) == mine && (vote.verdict == Verdict::Approve) == approves)
    };
    match (&approval.decision, notice) {
        (Decision::Approved { by, .. }, "approved") if by.is_some() && *by == mine => {
            "You approved this mail. Exactly these bytes go out.".to_owned()
        }
        (Decision::Rejected { by, .. }, "rejected") if Some(*by) == mine => {
            "You rejected this mail. It is never sent.".to_owned()
        }
        (Decision::Pending, "pending") if voted(true) => match still_missing(approval) {
            Some(missing) => format!("Your vote counts. The mail waits for {missing}."),
            None => "Your vote counts.".to_owned(),
        },
        (Decision::Pending, "pending") if voted(false) => {
            "Your rejection counts. The mail waits for others.".to_owned()
        }
        (Decision::Cancelled { by, .. }, "cancelled") if by.member() == mine => {
            "You called this mail off. It is never sent.".to_owned()
        }
        (Decision::Pending, "edited") if approval.edited_by == mine => {
            "This is the mail as you edited it, with what you changed. Nobody has voted about it yet."
                .to_owned()
        }
        (Decision::Pending, "delegated") => {
            let to = approval.delegations.iter().find(|d| Some(d.from) == mine);
            to.map(|d| format!("{} votes in your place.", reader.names.member(d.to).short))
                .unwrap_or_default()
        }
        (_, "attempt") if !approval.resends.is_empty() => {
            "This is the attempt that was made already. There is one at a time.".to_owned()
        }
        (Decision::Pending, "again") if !approval.resends.is_empty() => {
            "This is the new attempt. It goes out only if somebody approves it.".to_owned()
        }
        _ => String::new(),
    }
}

fn panel(reader: &Reader<'_>, approval: &Approval, mail: &Mail, reason: &str, now: Timestamp) -> Panel {
    let names = &reader.names;
    let decided = |how, by, at, reason: String| Panel::Decided { how, by, at: Moment::new(at, now), reason };
    let none = String::new;
    match &approval.decision {
        Decision::Pending if !approval.is_pending(now) => {
            decided("Nobody decided in time", None, approval.expires_at, none())
        }
        Decision::Pending if !reader.may_decide => Panel::ReadOnly,
        Decision::Pending => open(reader, approval, mail, reason, now),
        Decision::Approved { by: Some(by), at } | Decision::Superseded { by, at, .. } => {
            decided("By", Some(names.member(*by)), *at, none())
        }
        Decision::Approved { by: None, at } => {
            match approval.votes.iter().rfind(|vote| vote.standing.is_some()) {
                Some(vote) => decided(
                    "Ahead, by a standing approval of",
                    Some(names.member(vote.member_id)),
                    *at,
                    none(),
                ),
                None => decided("Let go by a policy, without a person", None, *at, none()),
            }
        }
        Decision::Rejected { by, at, reason } => decided("By", Some(names.member(*by)), *at, body(reason)),
        Decision::Cancelled { by, at, reason } => {
            decided("By", Some(names.doer(by)), *at, called_off(reason, by))
        }
        Decision::Expired { at } => decided("Nobody decided in time", None, *at, none()),
    }
}

/// The panel of somebody who decides.
fn open(reader: &Reader<'_>, approval: &Approval, mail: &Mail, reason: &str, now: Timestamp) -> Panel {
    let kept = kept(approval, &reader.voter, &reader.names, now);
    let mine = approval.votes.iter().find(|vote| vote.member_id == reader.voter.member_id);
    let instead = if !kept.why.is_empty() {
        kept.why
    } else if mine.is_some_and(|vote| vote.verdict == Verdict::Approve) {
        let missing = still_missing(approval).unwrap_or_else(|| "others".to_owned());
        format!("You approved it. It waits for {missing}.")
    } else if !mail.is_whole() {
        // Whoever countersigns must have seen all of it.
        "This mail is larger than this page can show, so it can\u{2019}t be approved here. You may reject it, or \
         read and approve it whole through the API."
            .to_owned()
    } else {
        String::new()
    };
    // What would be missing with this vote.
    let voted = approval.clone().vote(
        reader.voter,
        &reader.principal.credential,
        approval.digest,
        Verdict::Approve,
        None,
        now,
    );
    let missing = voted.ok().as_ref().and_then(still_missing);
    let approve = match (&mail.send_at, missing) {
        (_, Some(missing)) => format!("Approve; it then waits for {missing}"),
        _ if !approval.quiet.is_empty() && approval.due(now) > now => {
            format!("Approve; it goes out on {}", Moment::new(approval.due(now), now).exact)
        }
        (Some(send_at), None) if !send_at.past => format!("Approve; it goes out on {}", send_at.at.exact),
        _ => "Approve and send".to_owned(),
    };
    Panel::Open {
        approve: instead.is_empty().then_some(approve),
        instead,
        reject: kept.may_reject,
        reason: reason.to_owned(),
        csrf: reader.csrf.clone(),
    }
}

fn stands(view: &View, now: Timestamp) -> Standing {
    view.message
        .message
        .outbound()
        .map_or(Standing { tone: "idle", word: "", sentence: String::new(), moving: false }, |outbound| {
            standing(outbound, now)
        })
}

fn outcomes(message: &Message) -> Vec<(String, &'static str)> {
    let Some(domain::mailbox::lifecycle::State::Accepted { outcomes, .. }) =
        message.outbound().map(|outbound| &outbound.state)
    else {
        return vec![];
    };
    outcomes.iter().map(|(address, outcome)| (visible(address), words::outcome(*outcome))).collect()
}
