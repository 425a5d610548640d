//! `/console/approvals/{id}`: one mail as its recipients would see it, why it is held, and what can be done about it.

use app::approvals::{self, View};
use app::messages::{self, Detail};
use app::store::Key;
use app::{Ports, Refusal, attachments};
use askama::Template;
use domain::access::{Actor, Principal, scope};
use domain::approval::{Approval, Decision, Verdict, Voter};
use domain::finding::{Finding, FindingKind};
use domain::message::{AttachmentRef, Direction, Message, Verdicts};
use domain::organization::Member;
use domain::{ApprovalId, Timestamp};
use futures_util::future::{join, join_all, try_join};
use runtime::http::{Request, Response};

use super::gate::{Acts, Changed, Gate, changed, kept, still_missing};
use super::render;
use crate::guard;
use crate::markup::{self, says_the_same};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{
    self, Doer, Moment, Names, Person, Standing, body, called_off, count, people, short, size, standing,
    subject, visible,
};

/// Links that a page lists.
const MAX_LINKS: usize = 50;
/// Octets of a link's address that a page shows.
const MAX_ADDRESS: usize = 500;
/// Octets of decoded headers that a page lists.
const MAX_HEADERS: usize = 64 * 1024;
/// Octets of the answered mail's text that a page shows.
const MAX_ANSWERED: usize = 64 * 1024;
/// An answer of a Lambda function has at most 6 MB. This is the part of the HTML, as it is escaped; with the text and
/// the bounded rest of a page, there is room to spare.
const MAX_HTML: usize = 2_600_000;
/// As [`MAX_HTML`].
pub(super) const MAX_TEXT: usize = 1_600_000;
/// A conversation with so many mails may go on beyond what the use case gives.
const FULL_THREAD: usize = 50;
/// Lines beyond which a frame scrolls by itself.
const MAX_LINES: usize = 400;

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
    thread: Vec<Turn>,
    /// Whether the conversation may go on beyond what is listed.
    thread_full: bool,
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

struct Mail {
    from: Vec<Person>,
    reply_to: Vec<Person>,
    to: Vec<Person>,
    cc: Vec<Person>,
    bcc: Vec<Person>,
    /// How many addresses at how many domains; empty for a single one.
    reach: String,
    subject: String,
    /// Not before this.
    send_at: Option<SendAt>,
    files: Vec<File>,
    files_size: String,
    html: HtmlPart,
    text: Option<Text>,
    /// Whether the text part says what the HTML says, where there are both.
    same_words: bool,
    links: Vec<Link>,
    /// How many there are, in words.
    links_count: String,
    links_mislead: bool,
    headers: Vec<(String, String)>,
    headers_cut: bool,
    size: String,
}

struct SendAt {
    at: Moment,
    past: bool,
}

/// The HTML of a mail.
enum HtmlPart {
    Absent,
    Shown(Html),
    /// A page can't carry it.
    TooLarge,
}

/// The text of a mail, or its beginning.
struct Text {
    text: String,
    cut: bool,
}

impl Mail {
    fn has_html(&self) -> bool {
        !matches!(self.html, HtmlPart::Absent)
    }

    /// Whether the page shows all of the mail: only then it may be approved here.
    fn is_whole(&self) -> bool {
        let html = match &self.html {
            HtmlPart::Absent => true,
            HtmlPart::Shown(html) => !html.truncated,
            HtmlPart::TooLarge => false,
        };
        html && self.text.as_ref().is_none_or(|text| !text.cut)
    }
}

struct Html {
    document: String,
    lines_wide: usize,
    lines_narrow: usize,
    /// Pictures on the web, in words; empty for none.
    remote: String,
    /// It goes on beyond what is shown.
    truncated: bool,
    /// It has text that is made invisible.
    hidden_text: bool,
}

struct File {
    address: String,
    name: String,
    kind: String,
    size: String,
    sha256: String,
    inline: bool,
}

struct Link {
    text: String,
    address: String,
    misleads: bool,
}

struct Answered {
    from: Person,
    at: Moment,
    subject: String,
    /// What its sender has just written.
    text: String,
    /// All of it, where that is more.
    whole: String,
    cut: bool,
    /// What the receiving server could not confirm, as sentences.
    doubts: Vec<String>,
    files: String,
}

struct Turn {
    from: String,
    at: Moment,
    preview: String,
    word: &'static str,
    /// The one that is decided about.
    current: bool,
    ours: bool,
}

/// The page.
pub(crate) async fn show(ports: &Ports, request: &Request, id: ApprovalId) -> Result<Response, Refusal> {
    let visit = Visit::of(ports, request, &[Key::Approval(id)]).await?;
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
    let (frame, view) = try_join(Frame::of(visit), approvals::get(&visit.ports, &permit, id)).await?;
    let reader = Reader {
        ports: &visit.ports,
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
    let (pictures, attempt_of) = join(pictures(&reader, &view.message), attempt_of(&reader, approval)).await;
    let mail = mail(&view.message, &pictures, &reader.files, now);
    let status = alert.as_ref().map_or(200, |alert| alert.status);
    let names = &reader.names;
    let acts = if reader.guest.is_some() {
        Acts::none()
    } else {
        let outbound = view.message.message.outbound();
        let csrf = reader.csrf.clone();
        let acts = Acts::of(approval, outbound, &reader.voter, reader.may_decide, &reader.members, csrf, now);
        Acts { cancel_reason: typed.cancel, ..acts }
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
        thread: view.thread.iter().map(|message| turn(message, approval.message_id, now)).collect(),
        thread_full: view.thread.len() >= FULL_THREAD,
        mail,
        guest: reader.guest,
        address: reader.address,
        shell: reader.shell,
    };
    let origins: Vec<String> = pictures.iter().filter_map(|(_, url)| origin(url)).collect();
    Ok(guard::html_with_images(status, render(&page)?, &origins))
}

/// The page of the mail of which this is a new attempt. Without it the page says no less than that it is one.
async fn attempt_of(reader: &Reader<'_>, approval: &Approval) -> Option<String> {
    let resends = *approval.resends.last().filter(|_| reader.guest.is_none())?;
    let permit = reader.principal.permit::<scope::MessagesRead>().ok()?;
    let found = messages::get(reader.ports, &permit, approval.inbox_id, resends).await.ok()?;
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
            decided("By", Some(names.doer(by)), *at, called_off(reason))
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
    let voted = approval.clone().vote(reader.voter, approval.digest, Verdict::Approve, None, now);
    let missing = voted.ok().as_ref().and_then(still_missing);
    let approve = match (&mail.send_at, missing) {
        (_, Some(missing)) => format!("Approve; it then waits for {missing}"),
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
    let Some(domain::lifecycle::State::Accepted { outcomes, .. }) =
        message.outbound().map(|outbound| &outbound.state)
    else {
        return vec![];
    };
    outcomes.iter().map(|(address, outcome)| (visible(address), words::outcome(*outcome))).collect()
}

/// The pictures within the HTML, each with an address under which it can be fetched now. One that can't be had is
/// missing in the frame; its file is listed all the same.
async fn pictures(reader: &Reader<'_>, detail: &Detail) -> Vec<(String, String)> {
    let Some(html) = &detail.html else { return vec![] };
    let Ok(permit) = reader.principal.permit::<scope::MessagesRead>() else { return vec![] };
    let shown: Vec<(&str, &AttachmentRef)> = detail
        .message
        .attachments
        .iter()
        .filter_map(|file| Some((file.content_id.as_deref()?, file)))
        .filter(|(id, _)| !id.is_empty() && html.contains("cid:"))
        .collect();
    let found =
        join_all(shown.iter().map(|(_, file)| attachments::download(reader.ports, &permit, file.id))).await;
    shown.into_iter().zip(found).filter_map(|((id, _), found)| Some((id.to_owned(), found.ok()?.1))).collect()
}

/// Scheme, host and port of an address, as a content security policy names them.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    (matches!(scheme, "https" | "http") && !host.is_empty() && host.chars().all(plain))
        .then(|| format!("{scheme}://{host}"))
}

/// How many octets a text takes in a page, escaped for HTML and then for the JSON that an answer travels in.
pub(super) fn weight(text: &str) -> usize {
    text.chars()
        .map(|c| match c {
            '<' | '>' | '&' | '"' | '\'' => 5,
            '\n' | '\r' | '\t' | '\\' => 2,
            c if c.is_control() => 6,
            c => c.len_utf8(),
        })
        .sum()
}

/// The beginning of a text, at most so heavy, and whether that is all of it.
fn cut(text: &str, most: usize) -> (&str, bool) {
    if weight(text) <= most {
        return (text, false);
    }
    // A character weighs at most six octets for each of its own.
    let mut end = most / 6;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    (&text[..end], true)
}

/// A link's address. Where it leads stands at its beginning; what is left out is marked.
fn shortened(address: &str) -> String {
    if address.len() <= MAX_ADDRESS {
        return visible(address);
    }
    let mut end = MAX_ADDRESS;
    while !address.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}\u{2026}", visible(&address[..end]))
}

fn mail(detail: &Detail, pictures: &[(String, String)], files: &str, now: Timestamp) -> Mail {
    let message = &detail.message;
    let outbound = message.outbound();
    let send_at = outbound.and_then(|outbound| outbound.send_at);
    let (links, links_count) =
        detail.html.as_deref().map_or((vec![], 0), |html| markup::links(html, MAX_LINKS));
    let html = match detail.html.as_deref().map(|html| framed(html, detail, pictures)) {
        None => HtmlPart::Absent,
        // Weighed with its pictures' addresses, which a mail can repeat as often as it likes.
        Some(html) if weight(&html.document) > MAX_HTML => HtmlPart::TooLarge,
        Some(html) => HtmlPart::Shown(html),
    };
    let text = detail.text.as_deref().map(|text| {
        let (text, cut) = cut(text, MAX_TEXT);
        Text { text: body(text), cut }
    });
    let same_words = match (&detail.html, &detail.text) {
        (Some(html), Some(text)) => says_the_same(html, text),
        _ => true,
    };
    let total: u64 = message.attachments.iter().map(|file| file.size).sum();
    let mut headers_size = 0;
    let headers: Vec<(String, String)> = detail
        .headers
        .iter()
        .take_while(|(name, value)| {
            headers_size += name.len() + value.len();
            headers_size <= MAX_HEADERS
        })
        .map(|(name, value)| (visible(name), visible(value)))
        .collect();
    let links: Vec<Link> = links
        .iter()
        .map(|link| Link {
            text: visible(&link.text),
            address: shortened(&link.address),
            misleads: markup::misleads(link),
        })
        .collect();
    Mail {
        from: people(std::slice::from_ref(&message.from)),
        reply_to: people(&message.reply_to),
        to: people(&message.to),
        cc: people(&message.cc),
        bcc: people(&message.bcc),
        reach: reach(message),
        subject: subject(&message.subject),
        send_at: send_at.map(|at| SendAt { at: Moment::new(at, now), past: at <= now }),
        files: message.attachments.iter().map(|attachment| file(attachment, files)).collect(),
        files_size: size(total),
        html,
        text,
        same_words,
        links_mislead: links.iter().any(|link| link.misleads),
        links,
        links_count: count(links_count, "link", "links"),
        headers_cut: headers.len() < detail.headers.len(),
        headers,
        size: size(message.size),
    }
}

/// The document of the sandboxed frame. It loads nothing by itself: it inherits the page's policy.
fn framed(html: &str, detail: &Detail, pictures: &[(String, String)]) -> Html {
    let html = markup::with_pictures(html, |id| {
        pictures.iter().find(|(known, _)| known == id).map(|(_, url)| url.clone())
    });
    let lines = |length| markup::lines(&html, length).clamp(4, MAX_LINES);
    let remote = match detail.remote_images {
        0 => String::new(),
        n => count(n, "picture", "pictures"),
    };
    let (lines_wide, lines_narrow) = (lines(80), lines(36));
    // Mail is written for a white page and dark letters, whatever the reader's own colours are.
    let document = format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light\"></head>\
         <body style=\"margin:0;padding:8px 16px;background-color:#fff;color:#1c2024;\
         font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere\">{html}</body></html>"
    );
    let (truncated, hidden_text) = (detail.html_truncated, detail.hidden_text);
    Html { document, lines_wide, lines_narrow, remote, truncated, hidden_text }
}

/// How far a mail reaches.
fn reach(message: &Message) -> String {
    let all: Vec<&str> = [&message.to, &message.cc, &message.bcc]
        .into_iter()
        .flatten()
        .map(|party| party.address.as_str())
        .collect();
    if all.len() < 2 {
        return String::new();
    }
    let mut domains: Vec<String> =
        all.iter().map(|address| address.rsplit('@').next().unwrap_or_default().to_lowercase()).collect();
    domains.sort_unstable();
    domains.dedup();
    match &domains[..] {
        [one] => format!("{} addresses, all at {}", all.len(), visible(one)),
        many => format!("{} addresses at {} domains", all.len(), many.len()),
    }
}

fn file(file: &AttachmentRef, files: &str) -> File {
    File {
        address: format!("{files}/{}", file.id),
        name: visible(&file.filename),
        kind: visible(&file.content_type),
        size: size(file.size),
        sha256: file.digest.hex(),
        inline: file.inline,
    }
}

fn answered(detail: &Detail, now: Timestamp) -> Answered {
    let message = &detail.message;
    let all = detail.text.as_deref().unwrap_or_default();
    let new = detail.extracted_text.as_deref().filter(|text| !text.trim().is_empty()).unwrap_or(all);
    let ((text, text_cut), (whole, whole_cut)) =
        (cut(new.trim(), MAX_ANSWERED), cut(all.trim(), MAX_ANSWERED));
    let quoted = new.trim() != all.trim();
    Answered {
        from: Person::from(&message.from),
        at: Moment::new(message.created_at, now),
        subject: subject(&message.subject),
        text: body(text),
        whole: if quoted { body(whole) } else { String::new() },
        cut: text_cut || (quoted && whole_cut),
        doubts: match &message.direction {
            Direction::Inbound { verdicts, defects, automatic, .. } => {
                let mut doubts = doubts(verdicts, defects, *automatic);
                doubts.extend(message.findings().iter().filter_map(found));
                doubts
            }
            Direction::Outbound(_) => vec![],
        },
        files: match message.attachments.len() {
            0 => String::new(),
            n => count(n, "file", "files"),
        },
    }
}

/// A finding with its evidence; those of the receiving server's verdicts are said already.
fn found(finding: &Finding) -> Option<String> {
    let said = [FindingKind::Virus, FindingKind::Spam, FindingKind::AuthenticationFailed];
    let told = || format!("{} \u{201C}{}\u{201D}", finding.kind.explanation(), finding.evidence);
    (!said.contains(&finding.kind)).then(told)
}

/// What an approver should know of a received mail before somebody answers it.
fn doubts(verdicts: &Verdicts, defects: &[String], automatic: bool) -> Vec<String> {
    let mut doubts: Vec<&str> = vec![];
    if verdicts.virus == "FAIL" {
        doubts.push("The receiving server found a virus in it.");
    }
    if verdicts.spam == "FAIL" {
        doubts.push("The receiving server takes it for spam.");
    }
    // DMARC ties the visible sender to SPF or DKIM. Anything but a pass leaves the sender unproven.
    match verdicts.dmarc.as_str() {
        "PASS" => {}
        "FAIL" => {
            doubts.push("The sender\u{2019}s domain disowns it (DMARC failed): the address may be forged.");
        }
        _ => doubts.push("Nothing proves that it came from this address (no DMARC pass)."),
    }
    if automatic {
        doubts.push("A program wrote it; it expects no answer.");
    }
    if defects.iter().any(|defect| defect == "not_processed") {
        doubts.push("It could not be read. Fetch it raw through the API.");
    } else if !defects.is_empty() {
        doubts.push("Parts of it were malformed, and may be missing here.");
    }
    doubts.into_iter().map(str::to_owned).collect()
}

fn turn(message: &Message, current: domain::MessageId, now: Timestamp) -> Turn {
    let outbound = message.outbound();
    Turn {
        from: visible(&message.from.address),
        at: Moment::new(message.created_at, now),
        preview: visible(&message.preview),
        word: outbound.map_or("Received", |outbound| standing(outbound, now).word),
        current: message.id == current,
        ours: outbound.is_some(),
    }
}
