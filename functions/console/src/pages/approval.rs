//! `/console/approvals/{id}`: one mail as its recipients would see it, why it is held, and the two buttons.

use app::approvals::{self, View};
use app::messages::Detail;
use app::store::Key;
use app::{Ports, Refusal, attachments};
use askama::Template;
use domain::access::{Actor, scope};
use domain::approval::{Approval, Decision};
use domain::message::{AttachmentRef, Direction, Message, Verdicts};
use domain::{ApprovalId, MemberId, Timestamp};
use futures_util::future::{join_all, try_join};
use runtime::http::{Request, Response};

use super::render;
use crate::guard;
use crate::markup::{self, says_the_same};
use crate::route;
use crate::shell::Shell;
use crate::visit::Visit;
use crate::words::{
    self, Doer, Moment, Person, Standing, body, count, doer, member, people, short, size, standing, subject,
    visible,
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
const MAX_TEXT: usize = 1_600_000;
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

#[derive(Template)]
#[template(path = "approval.html")]
struct ApprovalPage {
    shell: Shell,
    address: String,
    title: String,
    /// `pending`, `approved`, `rejected` or `expired`.
    status: &'static str,
    alert: String,
    notice: String,
    mail: Mail,
    why: Vec<String>,
    asked_by: Doer,
    asked_at: Moment,
    expires: Moment,
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
        instead: &'static str,
        /// What was typed before.
        reason: String,
        csrf: String,
    },
    /// A role that only reads.
    ReadOnly,
    /// It is over.
    Decided {
        /// Who; nobody where it expired.
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
    doubts: Vec<&'static str>,
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
    page(&visit, request, id, None, "").await
}

/// The page, with what somebody is told whose decision was not taken, and the reason that they typed.
pub(crate) async fn page(
    visit: &Visit,
    request: &Request,
    id: ApprovalId,
    alert: Option<Alert>,
    reason: &str,
) -> Result<Response, Refusal> {
    let permit = visit.principal.permit::<scope::ApprovalsRead>()?;
    let (me, view) = try_join(visit.me(), approvals::get(&visit.ports, &permit, id)).await?;
    let now = visit.ports.now();
    let mine = visit.principal.actor.member();
    let pictures = pictures(visit, &view.message).await;
    let mail = mail(&view.message, &pictures, now);
    let status = alert.as_ref().map_or(200, |alert| alert.status);
    let notice = request.query.get("notice").map(String::as_str).unwrap_or_default();
    let page = ApprovalPage {
        address: route::approval(id),
        title: subject(&view.approval.subject),
        status: view.approval.status(now),
        alert: alert.map(|alert| alert.text).unwrap_or_default(),
        notice: noticed(notice, &view.approval, mine),
        why: view.approval.reasons.iter().map(|code| words::reason(code)).collect(),
        asked_by: doer(&view.approval.requested_by, mine),
        asked_at: Moment::new(view.approval.requested_at, now),
        expires: Moment::new(view.approval.expires_at, now),
        digest: view.approval.digest.to_string(),
        digest_short: short(&view.approval.digest.hex()),
        decision: panel(visit, &view.approval, &mail, reason, now),
        standing: stands(&view, now),
        outcomes: outcomes(&view.message.message),
        answers: view.answers.as_ref().map(|detail| answered(detail, now)),
        thread: view.thread.iter().map(|message| turn(message, view.approval.message_id, now)).collect(),
        thread_full: view.thread.len() >= FULL_THREAD,
        mail,
        shell: Shell::of(visit, &me),
    };
    let origins: Vec<String> = pictures.iter().filter_map(|(_, url)| origin(url)).collect();
    Ok(guard::html_with_images(status, render(&page)?, &origins))
}

/// What is said after a decision. Only what is true: the address alone can't make this page say that a mail was
/// approved.
fn noticed(notice: &str, approval: &Approval, mine: Option<MemberId>) -> String {
    match (&approval.decision, notice) {
        (Decision::Approved { by, .. }, "approved") if Some(*by) == mine => {
            "You approved this mail. Exactly these bytes go out.".to_owned()
        }
        (Decision::Rejected { by, .. }, "rejected") if Some(*by) == mine => {
            "You rejected this mail. It is never sent.".to_owned()
        }
        _ => String::new(),
    }
}

fn panel(visit: &Visit, approval: &Approval, mail: &Mail, reason: &str, now: Timestamp) -> Panel {
    let mine = visit.principal.actor.member();
    match &approval.decision {
        Decision::Pending if !approval.is_pending(now) => {
            Panel::Decided { by: None, at: Moment::new(approval.expires_at, now), reason: String::new() }
        }
        Decision::Pending if !visit.may_decide() => Panel::ReadOnly,
        Decision::Pending => {
            let own = matches!(approval.requested_by, Actor::Member { member_id } if Some(member_id) == mine);
            let instead = if own {
                "You asked for this mail, so somebody else must approve it. You may reject it."
            } else if !mail.is_whole() {
                // Whoever countersigns must have seen all of it.
                "This mail is larger than this page can show, so it can\u{2019}t be approved here. You may reject it, or \
                 read and approve it whole through the API."
            } else {
                ""
            };
            let approve = match &mail.send_at {
                Some(send_at) if !send_at.past => format!("Approve; it goes out on {}", send_at.at.exact),
                _ => "Approve and send".to_owned(),
            };
            Panel::Open {
                approve: instead.is_empty().then_some(approve),
                instead,
                reason: reason.to_owned(),
                csrf: visit.session.form_token(),
            }
        }
        Decision::Approved { by, at } => {
            Panel::Decided { by: Some(member(*by, mine)), at: Moment::new(*at, now), reason: String::new() }
        }
        Decision::Rejected { by, at, reason } => {
            Panel::Decided { by: Some(member(*by, mine)), at: Moment::new(*at, now), reason: body(reason) }
        }
        Decision::Expired { at } => {
            Panel::Decided { by: None, at: Moment::new(*at, now), reason: String::new() }
        }
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
async fn pictures(visit: &Visit, detail: &Detail) -> Vec<(String, String)> {
    let Some(html) = &detail.html else { return vec![] };
    let Ok(permit) = visit.principal.permit::<scope::MessagesRead>() else { return vec![] };
    let shown: Vec<(&str, &AttachmentRef)> = detail
        .message
        .attachments
        .iter()
        .filter_map(|file| Some((file.content_id.as_deref()?, file)))
        .filter(|(id, _)| !id.is_empty() && html.contains("cid:"))
        .collect();
    let found =
        join_all(shown.iter().map(|(_, file)| attachments::download(&visit.ports, &permit, file.id))).await;
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
fn weight(text: &str) -> usize {
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

fn mail(detail: &Detail, pictures: &[(String, String)], now: Timestamp) -> Mail {
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
        files: message.attachments.iter().map(file).collect(),
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

fn file(file: &AttachmentRef) -> File {
    File {
        address: format!("/console/attachments/{}", file.id),
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
            Direction::Inbound { verdicts, defects, automatic, .. } => doubts(verdicts, defects, *automatic),
            Direction::Outbound(_) => vec![],
        },
        files: match message.attachments.len() {
            0 => String::new(),
            n => count(n, "file", "files"),
        },
    }
}

/// What an approver should know of a received mail before somebody answers it.
fn doubts(verdicts: &Verdicts, defects: &[String], automatic: bool) -> Vec<&'static str> {
    let mut doubts = vec![];
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
    doubts
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
