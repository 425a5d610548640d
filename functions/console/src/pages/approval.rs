//! `/console/approvals/{id}`: one mail as its recipients would see it, why it is held, and what can be done about it.

use app::base::ports::Blobs;
use app::base::store::Key;
use app::gate::approvals::{self, View, Waiting};
use app::gate::diff::Difference;
use app::gate::html::explain;
use app::mailbox::messages;
use app::{Ports, Refusal};
use askama::Template;
use domain::base::id::Id as _;
use domain::gate::approval::{Approval, Decision, Verdict, Voter};
use domain::gate::comment::Comment;
use domain::gate::policy::By;
use domain::gate::risk::{Level, Risk};
use domain::mailbox::account::Provider;
use domain::mailbox::lifecycle::{Outbound, State};
use domain::mailbox::media::Harm;
use domain::mailbox::message::Message;
use domain::people::access::{Actor, Permit, Principal, Scope, scope};
use domain::people::organization::Member;
use domain::{ApprovalId, Timestamp};
use futures_util::FutureExt as _;
use futures_util::future::{join3, try_join4};
use runtime::http::{Request, Response};
use serde_json::json;

use super::gate::{Acts, Changed, Gate, changed, kept, still_missing};
use super::mail::{Answered, HtmlPart, Mail, Turn, answered, mail, origin, pictures, turn};
use super::queue::{self, Filter};
use super::signer::{self, Signer};
use super::{live, render};
use crate::Context;
use crate::guard;
use crate::page::{Audience, Back, Get, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{
    self, Doer, Moment, Names, Standing, body, called_off, count, short, standing, subject, visible,
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

/// Reasons that stand above the mail, as what deserves a look.
const SAID_ABOVE: [&str; 3] = [Approval::TAINTED, "disguised_file", "foreign_reply_to"];
/// Of so many recipients a page says since when they are known.
const MAX_KNOWN: usize = 10;

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
    /// What is to be otherwise.
    pub note: String,
    /// What they say about it.
    pub comment: String,
}

/// What was said, as a page shows it.
struct Said {
    by: Doer,
    at: Moment,
    text: String,
    asks_revision: bool,
    /// Of which revision, where that is an earlier one.
    of: Option<u32>,
}

/// An earlier revision.
struct Earlier {
    id: String,
    number: u32,
    at: Moment,
    address: String,
    /// Whether what differs from it is shown.
    compared: bool,
}

#[derive(Template)]
#[template(path = "approval.html")]
struct ApprovalPage {
    shell: Shell,
    /// Whom a one-time link is for; nobody where somebody has signed in.
    guest: Option<String>,
    address: String,
    id: String,
    title: String,
    /// `pending`, `approved`, `rejected`, `expired`, `cancelled` or `superseded`.
    status: &'static str,
    /// The status in a word.
    word: &'static str,
    alert: String,
    /// What its script asks with whether anybody decided meanwhile; empty where it asks nothing.
    live: String,
    notice: String,
    /// What came of the decision before this one: what is said, and the page of that mail.
    last: Option<(String, String)>,
    /// Where it stands among those that the reader decides.
    among: Option<Among>,
    /// The list that the reader came from, as its address names it.
    list: String,
    /// What deserves a look, the worst first.
    heeds: Vec<Heed>,
    /// The same in few words, without what is only good to know; empty for nothing.
    warned: String,
    /// How bad the worst is: `danger`, `caution`, `note` or nothing.
    worst: &'static str,
    /// Since when each recipient is known.
    known: Vec<(String, Option<Moment>)>,
    mail: Mail,
    why: Vec<String>,
    asked_by: Doer,
    /// Who owns the token that asked.
    asked_for: Option<Doer>,
    /// Whose connected account it leaves through; none where it is SES.
    provider: Option<Provider>,
    asked_at: Moment,
    gate: Gate,
    acts: Acts,
    revision: u32,
    edited_by: Option<Doer>,
    /// The page of the revision before.
    before: Option<String>,
    /// Who asked for a revision of one that waits, when, and what is to be otherwise.
    asked: Option<(Doer, Moment, String)>,
    /// What was said about it.
    comments: Vec<Said>,
    /// The revisions before it, the last first.
    revisions: Vec<Earlier>,
    /// What differs from one of them, and which.
    compared: Option<(u32, Vec<Changed>)>,
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
    /// What asks a key to sign.
    fn signing() -> &'static str {
        guard::SIGN_SCRIPT
    }

    /// The mail, as it is signed.
    fn signed(&self) -> String {
        json!({ "approval": self.id, "revision": self.revision.to_string(), "digest": self.digest })
            .to_string()
    }

    /// What gives the frame of the mail its height.
    fn script() -> &'static str {
        guard::FRAME_SCRIPT
    }

    /// What lets keys lead to its buttons.
    fn keys() -> &'static str {
        guard::KEYS_SCRIPT
    }
}

/// Something that deserves a look.
pub(super) struct Heed {
    /// `danger`, `caution` or `note`.
    pub level: &'static str,
    pub text: String,
}

/// Where a mail stands among those that wait for its reader.
pub(crate) struct Among {
    /// `3 of 14`, or how many others wait.
    pub words: String,
    /// The page of the next one.
    pub next: Option<String>,
    /// That of the one before.
    pub before: Option<String>,
    /// The id of the next, for the forms.
    pub next_id: String,
    /// Which list it is of, for the forms.
    pub list: String,
}

impl Among {
    fn of(
        (waiting, filter): (&Waiting, &Filter),
        voter: &Voter,
        may_decide: bool,
        id: ApprovalId,
        now: Timestamp,
    ) -> Option<Self> {
        let mine = queue::mine(waiting, voter, may_decide, now).filter(|it| filter.leads_to(it));
        let all: Vec<ApprovalId> = mine.map(|it| it.id).collect();
        let place = all.iter().position(|one| *one == id);
        let more = if waiting.complete { "" } else { "+" };
        // Behind the last the first follows, as long as there is another.
        let others: Vec<ApprovalId> = match place {
            Some(place) => all[place + 1..].iter().chain(&all[..place]).copied().collect(),
            None => all.clone(),
        };
        let words = match (place, all.len()) {
            (_, 0) => return may_decide.then(Self::nothing),
            (Some(place), n) => format!("{} of {n}{more}", place + 1),
            (None, 1) if waiting.complete => "1 waits for you".to_owned(),
            (None, n) => format!("{n}{more} wait for you"),
        };
        let page = |id| queue::page_in(id, filter);
        let before = place.and_then(|place| place.checked_sub(1)).map(|place| page(all[place]));
        let next = others.first();
        Some(Self {
            words,
            before,
            next: next.map(|id| page(*id)),
            next_id: next.map(ToString::to_string).unwrap_or_default(),
            list: filter.name(),
        })
    }

    fn nothing() -> Self {
        let words = "Nothing else waits for you".to_owned();
        Self { words, next: None, before: None, next_id: String::new(), list: String::new() }
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
        /// Their own keys, where the mail asks for a signed vote.
        signer: Option<Signer>,
        /// What is often said, and can be chosen.
        quick: Vec<&'static str>,
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
    let filter = Filter::named(request.query.get("in").map(String::as_str).unwrap_or_default());
    let (frame, mut view, waiting, last) = try_join4(
        Frame::of(visit),
        approvals::get(&visit.ports, visit.powers.blobs()?, &permit, id),
        // What else waits must not keep anybody from this one.
        approvals::waiting(&visit.ports, &permit, filter.behind()).map(|found| Ok(found.ok())),
        last(visit, request).map(Ok),
    )
    .await?;
    let voter = Voter { member_id: frame.me.member.id, role: frame.me.member.role };
    let (may_decide, now) = (visit.may_decide(), visit.ports.now());
    let logs = visit.powers.key_logs()?;
    let from = &view.message.message.from;
    view.approval = Box::pin(signer::demanded(logs, view.approval, from, now)).await?;
    let among = waiting.and_then(|waiting| Among::of((&waiting, &filter), &voter, may_decide, id, now));
    let last = last.and_then(|last| Some((came(&last, &voter, now)?, route::approval(last.id))));
    let compared = match request.query.get("compare").and_then(|id| ApprovalId::parse(id).ok()) {
        Some(other) => compared(visit, &permit, &view, other).await?,
        None => None,
    };
    let reader = Reader {
        last,
        among,
        list: filter.name(),
        compared,
        paused: frame.me.organization.paused.is_some(),
        ports: &visit.ports,
        blobs: visit.powers.blobs()?,
        principal: &visit.principal,
        voter,
        may_decide,
        csrf: visit.session.form_token(),
        signer: signer::of(
            &visit.ports,
            logs,
            (view.approval.organization_id, voter.member_id),
            &[&view.approval],
        )
        .await?,
        shell: frame.shell,
        names: frame.names,
        members: frame.members,
        guest: None,
        address: route::approval(id),
        files: "/console/attachments".to_owned(),
    };
    let notice = request.query.get("notice").map(String::as_str).unwrap_or_default();
    Box::pin(written(reader, &view, notice, alert, typed)).await
}

/// What differs between a mail and an earlier revision of it, as the address names that.
async fn compared(
    visit: &Visit,
    permit: &Permit<scope::ApprovalsRead>,
    view: &View,
    other: ApprovalId,
) -> Result<Option<(u32, Vec<Difference>)>, Refusal> {
    let Some(one) = view.revisions.iter().find(|one| one.id == other) else { return Ok(None) };
    let blobs = visit.powers.blobs()?;
    let all = Box::pin(approvals::compare(&visit.ports, blobs, permit, other, view.approval.id)).await?;
    Ok(Some((one.revision, all)))
}

/// The mail that was decided about before this one, as the address names it.
async fn last(visit: &Visit, request: &Request) -> Option<Approval> {
    let id = ApprovalId::parse(request.query.get("after")?).ok()?;
    let permit = visit.principal.permit::<scope::ApprovalsRead>().ok()?;
    approvals::look_up(&visit.ports, &permit, id).await.ok()
}

/// What came of a reader's decision about another mail. Only what is true: an address alone makes no page say anything else.
fn came(approval: &Approval, voter: &Voter, now: Timestamp) -> Option<String> {
    let name = subject(&approval.subject);
    if approval.is_pending(now) && approval.revision_asked.as_ref().is_some_and(|it| it.by == voter.member_id)
    {
        return Some(format!("You asked for a revision of \u{201C}{name}\u{201D}."));
    }
    let own = approval.votes.iter().find(|vote| vote.member_id == voter.member_id)?;
    Some(match (&own.verdict, approval.status(now)) {
        (Verdict::Approve, "approved") => format!("You approved \u{201C}{name}\u{201D}."),
        (Verdict::Reject(_), "rejected") => format!("You rejected \u{201C}{name}\u{201D}. It is never sent."),
        (Verdict::Approve, "pending") => {
            let missing = still_missing(approval).unwrap_or_else(|| "others".to_owned());
            format!("Your vote for \u{201C}{name}\u{201D} counts. It waits for {missing}.")
        }
        (Verdict::Reject(_), "pending") => {
            format!("Your rejection of \u{201C}{name}\u{201D} counts. It waits for others.")
        }
        _ => return None,
    })
}

/// Who reads the page of a mail, and by which way they came.
pub(crate) struct Reader<'a> {
    /// What came of the decision before, and the page of that mail.
    pub last: Option<(String, String)>,
    /// Where the mail stands among those that wait for them.
    pub among: Option<Among>,
    /// The list that they came from, as its address names it.
    pub list: String,
    /// The revision that they compare it with, and what differs.
    pub compared: Option<(u32, Vec<Difference>)>,
    /// Whether all mail is paused.
    pub paused: bool,
    pub ports: &'a Ports,
    pub blobs: &'a dyn Blobs,
    pub principal: &'a Principal,
    /// Their seat and role, as they stand now.
    pub voter: Voter,
    /// Whether they may approve and reject at all.
    pub may_decide: bool,
    /// What the forms carry.
    pub csrf: String,
    /// Their own keys, where the mail asks for a signed vote and they have any.
    pub signer: Option<Signer>,
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
    let (pictures, attempt_of, said) = join3(
        pictures(reader.ports, reader.blobs, reader.principal, &view.message),
        attempt_of(&reader, approval),
        approvals::conversation(reader.blobs, view),
    )
    .await;
    let mail = mail(&view.message, &pictures, &reader.files, now);
    let mut answers = view.answers.as_ref().map(|detail| answered(detail, &reader.files, now));
    let heeds = heeds(approval, &mail, answers.as_mut());
    let paused = reader.paused || view.inbox_paused;
    let status = alert.as_ref().map_or(200, |alert| alert.status);
    let names = &reader.names;
    let reason = typed.reason.clone();
    let acts = acts(&reader, view, typed, now);
    // A link opens one approval: whoever has only that is led nowhere else.
    let page_of = |id: &ApprovalId| reader.guest.is_none().then(|| route::approval(*id));
    let page = ApprovalPage {
        id: approval.id.to_string(),
        title: subject(&approval.subject),
        status: approval.status(now),
        word: words::status(approval.status(now)),
        alert: alert.map(|alert| alert.text).unwrap_or_default(),
        live: if reader.guest.is_none() { live::of_approval(approval, now) } else { String::new() },
        notice: noticed(notice, approval, &reader, paused),
        warned: warned(approval, &heeds),
        worst: heeds.first().map_or("", |heed| heed.level),
        heeds,
        known: known(view, now),
        // What deserves a look is said above the mail, and not again.
        why: approval
            .reasons
            .iter()
            .filter(|code| !SAID_ABOVE.contains(&code.as_str()))
            .map(|code| words::reason(code))
            .collect(),
        asked_by: names.doer(&approval.requested_by),
        provider: approval.provider,
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
        asked: approval
            .revision_asked
            .as_ref()
            .filter(|_| approval.is_pending(now))
            .map(|asked| (names.member(asked.by), Moment::new(asked.at, now), body(&asked.note))),
        comments: said_of(view, names, now),
        revisions: revisions(&reader, view, now),
        compared: reader.compared.as_ref().map(|(number, all)| (*number, changed(all, now))),
        changes: view.differences.as_deref().map(|all| changed(all, now)).unwrap_or_default(),
        html_changes: html_changes(approval),
        next: match &approval.decision {
            Decision::Superseded { next, .. } => page_of(next),
            _ => None,
        },
        attempt_of,
        digest: approval.digest.to_string(),
        digest_short: short(&approval.digest.hex()),
        decision: panel(&reader, view, &mail, &reason, now),
        standing: stands(view, paused, now),
        outcomes: outcomes(&view.message.message),
        answers,
        forward: approval.forward,
        thread: view
            .thread
            .iter()
            .map(|message| turn(message, said.get(&message.id), approval.message_id, now))
            .collect(),
        thread_full: view.thread.len() >= FULL_THREAD,
        mail,
        last: reader.last,
        among: reader.among,
        list: reader.list,
        guest: reader.guest,
        address: reader.address,
        shell: reader.shell,
    };
    let origins: Vec<String> = pictures.iter().filter_map(|(_, url)| origin(url)).collect();
    Ok(guard::html_with_mail(status, render(&page)?, &origins))
}

/// What a reader may do beside deciding; by a link nothing.
fn acts(reader: &Reader<'_>, view: &View, typed: Typed, now: Timestamp) -> Acts {
    if reader.guest.is_some() {
        return Acts::none();
    }
    let (approval, outbound) = (&view.approval, view.message.message.outbound());
    let Reader { voter, principal, may_decide, members, .. } = reader;
    Acts {
        csrf: reader.csrf.clone(),
        cancel_reason: typed.cancel,
        note: typed.note,
        comment_text: typed.comment,
        ..Acts::of(approval, outbound, voter, principal, *may_decide, members, now)
    }
}

/// What was said about a mail and its earlier revisions.
fn said_of(view: &View, names: &Names, now: Timestamp) -> Vec<Said> {
    let said = |(revision, comment): &(u32, Comment)| Said {
        by: names.doer(&comment.by),
        at: Moment::new(comment.at, now),
        text: body(&comment.text),
        asks_revision: comment.asks_revision,
        of: Some(*revision).filter(|of| *of != view.approval.revision),
    };
    view.comments.iter().map(said).collect()
}

/// The revisions before a mail, for whoever may open them.
fn revisions(reader: &Reader<'_>, view: &View, now: Timestamp) -> Vec<Earlier> {
    if reader.guest.is_some() {
        return vec![];
    }
    let earlier = |one: &Approval| Earlier {
        id: one.id.to_string(),
        number: one.revision,
        at: Moment::new(one.id.at(), now),
        address: route::approval(one.id),
        compared: reader.compared.as_ref().is_some_and(|(number, _)| *number == one.revision),
    };
    view.revisions.iter().map(earlier).collect()
}

/// What deserves a look, the worst first, each once: what was found when the mail was asked for, what the page sees by itself, and what
/// is wrong with the mail that it answers, which is said here and not again beside that.
fn heeds(approval: &Approval, mail: &Mail, answers: Option<&mut Answered>) -> Vec<Heed> {
    let mut risks = words::risks(approval);
    let seen = [
        (Risk::LinksDiffer, mail.links_mislead),
        (Risk::WordsDiffer, !mail.same_words),
        (Risk::DisguisedFile, mail.files.iter().any(|file| file.disguised)),
        (Risk::ProgramFile, mail.files.iter().any(|file| file.harm == Some(Harm::Program))),
        (Risk::ActiveFile, mail.files.iter().any(|file| file.harm == Some(Harm::Active))),
    ];
    risks.extend(seen.into_iter().filter(|(_, is)| *is).map(|(risk, _)| risk));
    let (doubts, mut asides) = answers
        .map(|it| (std::mem::take(&mut it.doubts), std::mem::take(&mut it.asides)))
        .unwrap_or_default();
    if risks.contains(&Risk::AuthorUnproven) {
        asides.retain(|aside| !aside.starts_with("Nothing proves"));
    }
    risks.sort_unstable();
    risks.dedup();
    let of = |level: Level| {
        let found = risks.iter().filter(move |risk| risk.level() == level);
        found.map(move |risk| Heed { level: level.as_str(), text: words::risk(*risk).sentence.to_owned() })
    };
    let answered = |level: Level, text: String| Heed {
        level: level.as_str(),
        text: format!("The mail it answers: {text}"),
    };
    let mut all: Vec<Heed> = of(Level::Danger).collect();
    // What is hidden or hostile in a mail of somebody else is a reason to look, and no proof against this one.
    all.extend(doubts.into_iter().map(|text| answered(Level::Caution, text)));
    all.extend(of(Level::Caution));
    if approval.risks.is_none() && all.is_empty() {
        let text = "It was asked for before mails were looked through for what deserves a look.".to_owned();
        all.push(Heed { level: Level::Note.as_str(), text });
    }
    all.extend(asides.into_iter().map(|text| answered(Level::Note, text)));
    all.extend(of(Level::Note));
    all
}

/// What deserves a look in few words, for beside the buttons.
fn warned(approval: &Approval, heeds: &[Heed]) -> String {
    let grave = heeds.iter().filter(|heed| heed.level != Level::Note.as_str()).count();
    let mut named: Vec<&str> = words::risks(approval)
        .into_iter()
        .filter(|risk| risk.level() > Level::Note)
        .map(|risk| words::risk(risk).short)
        .collect();
    let more = grave.saturating_sub(named.len());
    let rest = if more > 0 { count(more, "more warning", "more warnings") } else { String::new() };
    named.extend((!rest.is_empty()).then_some(rest.as_str()));
    named.join(" \u{B7} ")
}

/// Since when each recipient is known, by their address.
fn known(view: &View, now: Timestamp) -> Vec<(String, Option<Moment>)> {
    let recipients = view.approval.recipients.iter().zip(&view.known_since).take(MAX_KNOWN);
    recipients.map(|(party, since)| (visible(&party.address), since.map(|at| Moment::new(at, now)))).collect()
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
fn noticed(notice: &str, approval: &Approval, reader: &Reader<'_>, paused: bool) -> String {
    let mine = Some(reader.voter.member_id);
    let voted = |approves: bool| {
        approval
            .votes
            .iter()
            .any(|vote| Some(vote.member_id) == mine && (vote.verdict == Verdict::Approve) == approves)
    };
    match (&approval.decision, notice) {
        (Decision::Approved { by, .. }, "approved") if by.is_some() && *by == mine => {
            if paused {
                "You approved this mail. Mail is paused: it goes out when that ends.".to_owned()
            } else {
                "You approved this mail. Exactly these bytes go out.".to_owned()
            }
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
            "You cancelled this mail. It is never sent.".to_owned()
        }
        (Decision::Pending, "taken_back") if took_back(approval, reader.voter) => {
            "You took your approval back. The mail waits for a decision again.".to_owned()
        }
        (Decision::Approved { .. }, "taken_back") if took_back(approval, reader.voter) => {
            "You took your approval back. The votes of others are enough, so the mail goes out all the same: \
             cancel it to stop it."
                .to_owned()
        }
        (Decision::Pending, "revision") if approval.revision_asked.as_ref().map(|it| it.by) == mine => {
            "You asked for a revision. Whoever asked for the mail is told what you wrote.".to_owned()
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

/// Whether a member took an approval of this mail back and gave none since.
fn took_back(approval: &Approval, voter: Voter) -> bool {
    approval.taken_back.iter().any(|one| one.vote.member_id == voter.member_id)
        && !approval.votes.iter().any(|vote| vote.member_id == voter.member_id)
}

fn panel(reader: &Reader<'_>, view: &View, mail: &Mail, reason: &str, now: Timestamp) -> Panel {
    let (names, approval) = (&reader.names, &view.approval);
    let decided = |how, by, at, reason: String| Panel::Decided { how, by, at: Moment::new(at, now), reason };
    let none = String::new;
    match &approval.decision {
        Decision::Pending if !approval.is_pending(now) => {
            decided("Nobody decided in time", None, approval.expires_at, none())
        }
        Decision::Pending if !reader.may_decide => Panel::ReadOnly,
        Decision::Pending => open(reader, view, mail, reason, now),
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
fn open(reader: &Reader<'_>, view: &View, mail: &Mail, reason: &str, now: Timestamp) -> Panel {
    let approval = &view.approval;
    let kept = kept(approval, &reader.voter, &reader.names, now);
    let mine = approval.votes.iter().find(|vote| vote.member_id == reader.voter.member_id);
    // Given without a key, or by one that counts no more.
    let signs_anew = reader.signer.is_some() && mine.is_some_and(|vote| approval.lacks_signature(vote));
    let instead = if !kept.why.is_empty() {
        kept.why
    } else if mine.is_some_and(|vote| vote.verdict == Verdict::Approve) && !signs_anew {
        let missing = still_missing(approval).unwrap_or_else(|| "others".to_owned());
        let no_key = mine.is_some_and(|vote| approval.lacks_signature(vote));
        let how = if no_key {
            " No key of yours signs votes yet: have one registered, under Settings, Signing keys."
        } else {
            ""
        };
        format!("You approved it. It waits for {missing}.{how}")
    } else if !mail.is_whole() {
        // Whoever countersigns must have seen all of it.
        "This mail is larger than this page can show, so it can\u{2019}t be approved here. You may reject it, or \
         read and approve it whole through the API."
            .to_owned()
    } else if approval.terms.as_ref().is_some_and(|terms| terms.by == By::Passkey) && reader.signer.is_none()
    {
        "It goes only with votes that people\u{2019}s own keys signed, and no key of yours counts yet: have one registered, under \
         Settings, Signing keys. You may reject it."
            .to_owned()
    } else {
        String::new()
    };
    // What would be missing with this vote.
    let voted = approval.clone().vote(
        reader.voter,
        (&reader.principal.credential, reader.signer.as_ref().map(|signer| signer.as_if(now))),
        approval.digest,
        Verdict::Approve,
        None,
        now,
    );
    let missing = voted.ok().as_ref().and_then(still_missing);
    let although = although(approval, mail);
    let approve = match (&mail.send_at, missing) {
        (_, Some(missing)) if signs_anew => {
            format!("Sign your approval{although}; it then waits for {missing}")
        }
        _ if signs_anew => format!("Sign your approval{although}"),
        (_, Some(missing)) => format!("Approve{although}; it then waits for {missing}"),
        _ if !approval.quiet.is_empty() && approval.due(now) > now => {
            format!("Approve{although}; it goes out on {}", Moment::new(approval.due(now), now).exact)
        }
        (Some(send_at), None) if !send_at.past => {
            format!("Approve{although}; it goes out on {}", send_at.at.exact)
        }
        _ if reader.paused || view.inbox_paused => {
            format!("Approve{although}; it goes out when the pause ends")
        }
        _ if although.is_empty() => "Approve and send".to_owned(),
        _ => format!("Approve{although}"),
    };
    Panel::Open {
        approve: instead.is_empty().then_some(approve),
        instead,
        reject: kept.may_reject,
        reason: reason.to_owned(),
        quick: QUICK.to_vec(),
        csrf: reader.csrf.clone(),
        signer: reader.signer.clone(),
    }
}

/// Why mails are often rejected.
pub(super) const QUICK: &[&str] = &[
    "Facts are wrong",
    "Wrong recipient",
    "Wrong tone",
    "Something is missing",
    "Not needed any more",
    "Looks like an attack",
];

/// What the approving button says of the worst about a mail; nothing where there is nothing bad.
fn although(approval: &Approval, mail: &Mail) -> String {
    let mut risks = words::risks(approval);
    risks.extend(mail.links_mislead.then_some(Risk::LinksDiffer));
    risks.extend((!mail.same_words).then_some(Risk::WordsDiffer));
    let worst = risks.into_iter().filter(|risk| risk.level() > Level::Note).min();
    worst.map(|risk| format!(" although {}", words::risk(risk).although)).unwrap_or_default()
}

fn stands(view: &View, paused: bool, now: Timestamp) -> Standing {
    let due = |outbound: &Outbound| matches!(outbound.state, State::Scheduled { due, .. } if due <= now);
    if paused && view.message.message.outbound().is_some_and(due) {
        let sentence = "Mail is paused. It goes out when that ends, unless somebody cancels it.".to_owned();
        return Standing { tone: "busy", word: "Paused", sentence, moving: false };
    }
    view.message
        .message
        .outbound()
        .map_or(Standing { tone: "idle", word: "", sentence: String::new(), moving: false }, |outbound| {
            standing(outbound, now)
        })
}

fn outcomes(message: &Message) -> Vec<(String, &'static str)> {
    let Some(State::Accepted { outcomes, .. }) = message.outbound().map(|outbound| &outbound.state) else {
        return vec![];
    };
    outcomes.iter().map(|(address, outcome)| (visible(address), words::outcome(*outcome))).collect()
}
