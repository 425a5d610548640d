//! The mail on an approval's page: what its recipients would see, in a frame that loads and runs nothing, and whether the
//! page could show all of it.

use app::Ports;
use app::base::ports::Blobs;
use app::gate::html::{self, MAX_HTML_WEIGHT, MAX_TEXT_WEIGHT, says_the_same, weight};
use app::gate::submit::is_caller_header;
use app::mailbox::attachments;
use app::mailbox::messages::Detail;
use domain::Timestamp;
use domain::mailbox::finding::{Finding, FindingKind};
use domain::mailbox::media::{self, Harm, Mismatch};
use domain::mailbox::message::{AttachmentRef, Direction, Message, Verdicts};
use domain::people::access::{Principal, scope};
use futures_util::future::join_all;

use crate::words::{Moment, Person, body, count, people, size, standing, subject, visible};

/// Links that a page lists.
const MAX_LINKS: usize = 50;
/// Bytes of a link's address that a page shows.
const MAX_ADDRESS: usize = 500;
/// Bytes of decoded headers that a page lists.
const MAX_HEADERS: usize = 64 * 1024;
/// Bytes of the answered mail's text that a page shows.
const MAX_ANSWERED: usize = 64 * 1024;
/// How heavy the answered mail's HTML may be that a page shows.
const MAX_ANSWERED_HTML: usize = 128 * 1024;
/// Bytes of a mail of the conversation that a page shows.
const MAX_TURN: usize = 16 * 1024;
/// Lines beyond which a frame scrolls by itself.
const MAX_LINES: usize = 400;

pub(super) struct Mail {
    pub from: Vec<Person>,
    pub reply_to: Vec<Person>,
    pub to: Vec<Person>,
    pub cc: Vec<Person>,
    pub bcc: Vec<Person>,
    /// How many addresses at how many domains; empty for a single one.
    pub reach: String,
    pub subject: String,
    /// Not before this.
    pub send_at: Option<SendAt>,
    pub files: Vec<File>,
    pub files_size: String,
    pub html: HtmlPart,
    pub text: Option<Text>,
    /// Whether the text part says what the HTML says, where there are both.
    pub same_words: bool,
    pub links: Vec<Link>,
    /// How many there are, in words.
    pub links_count: String,
    pub links_mislead: bool,
    /// So many more than are listed.
    pub links_unlisted: usize,
    pub headers: Vec<(String, String)>,
    pub headers_cut: bool,
    /// `open` where whoever asked for the mail gave some of them.
    pub headers_open: &'static str,
    pub size: String,
}

pub(super) struct SendAt {
    pub at: Moment,
    pub past: bool,
}

/// The HTML of a mail.
pub(super) enum HtmlPart {
    Absent,
    Shown(Html),
    /// A page can't carry it, or not show it faithfully.
    NotShown,
}

/// The text of a mail, or its beginning.
pub(super) struct Text {
    pub text: String,
    pub cut: bool,
}

impl Mail {
    pub(super) fn has_html(&self) -> bool {
        !matches!(self.html, HtmlPart::Absent)
    }

    /// Whether the page shows all of the mail: only then it may be approved here.
    pub(super) fn is_whole(&self) -> bool {
        !matches!(self.html, HtmlPart::NotShown) && self.text.as_ref().is_none_or(|text| !text.cut)
    }
}

pub(super) struct Html {
    pub document: String,
    pub lines_wide: usize,
    pub lines_narrow: usize,
    /// Pictures on the web, in words; empty for none.
    pub remote: String,
    /// Where they lie.
    pub hosts: Vec<String>,
    /// What stands in their place where they are not loaded.
    pub words: Vec<String>,
}

pub(super) struct File {
    pub address: String,
    pub name: String,
    pub kind: String,
    /// What its first bytes say that it is, where that is something else; empty otherwise.
    pub detected: String,
    /// Whether that is a program, a script or a web page, and the name or the type says otherwise.
    pub disguised: bool,
    /// What opening it may do; nothing where it is said already that it is disguised, or where it does nothing.
    pub harm: Option<Harm>,
    pub size: String,
    pub sha256: String,
    pub inline: bool,
}

impl File {
    /// The same in a sentence; empty where it does nothing.
    pub(super) fn harms(&self) -> &'static str {
        match self.harm {
            Some(Harm::Program) => "It is a program: whoever opens it runs it.",
            Some(Harm::Active) => "It runs something where it is opened.",
            None => "",
        }
    }
}

pub(super) struct Link {
    pub text: String,
    pub address: String,
    pub misleads: bool,
}

pub(super) struct Answered {
    pub from: Person,
    pub at: Moment,
    pub subject: String,
    /// What its sender has just written.
    pub text: String,
    /// All of it, where that is more.
    pub whole: String,
    pub cut: bool,
    /// What the receiving server could not confirm, as sentences.
    pub doubts: Vec<String>,
    /// What is only good to know of it.
    pub asides: Vec<String>,
    pub files: String,
    pub file_list: Vec<File>,
    /// As its reader saw it, where it has HTML and not too much of it.
    pub html: Option<Html>,
}

pub(super) struct Turn {
    pub from: String,
    pub at: Moment,
    pub preview: String,
    /// What it says, where it is unfolded.
    pub text: String,
    pub word: &'static str,
    /// The one that is decided about.
    pub current: bool,
    pub ours: bool,
}

/// The pictures within the HTML, each with an address under which it can be fetched now. One that can't be had is
/// missing in the frame; its file is listed all the same.
pub(super) async fn pictures(
    ports: &Ports,
    blobs: &dyn Blobs,
    principal: &Principal,
    detail: &Detail,
) -> Vec<(String, String)> {
    let Some(html) = &detail.html else { return vec![] };
    let Ok(permit) = principal.permit::<scope::MessagesRead>() else { return vec![] };
    let shown: Vec<(&str, &AttachmentRef)> = detail
        .message
        .attachments
        .iter()
        .filter_map(|file| Some((file.content_id.as_deref()?, file)))
        .filter(|(id, _)| !id.is_empty() && html.contains("cid:"))
        .collect();
    let found =
        join_all(shown.iter().map(|(_, file)| attachments::download(ports, blobs, &permit, file.id))).await;
    shown.into_iter().zip(found).filter_map(|((id, _), found)| Some((id.to_owned(), found.ok()?.1))).collect()
}

/// Scheme, host and port of an address, as a content security policy names them.
pub(super) fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    (matches!(scheme, "https" | "http") && !host.is_empty() && host.chars().all(plain))
        .then(|| format!("{scheme}://{host}"))
}

/// The beginning of a text, at most so heavy, and whether that is all of it.
fn cut(text: &str, most: usize) -> (&str, bool) {
    if weight(text) <= most {
        return (text, false);
    }
    // A character weighs at most six bytes for each of its own.
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

pub(super) fn mail(detail: &Detail, pictures: &[(String, String)], files: &str, now: Timestamp) -> Mail {
    let message = &detail.message;
    let outbound = message.outbound();
    let send_at = outbound.and_then(|outbound| outbound.send_at);
    let reading = detail.html.as_deref().map(html::read).unwrap_or_default();
    let links_count = reading.links.len();
    let html = match detail.html.as_deref().map(|html| framed(html, &reading, detail, pictures)) {
        // It is not in the form that every program reads alike: nobody may take what a page shows for what goes out.
        None if detail.html_truncated => HtmlPart::NotShown,
        None => HtmlPart::Absent,
        // Weighed with its pictures' addresses, which a mail can repeat as often as it likes.
        Some(html) if weight(&html.document) > MAX_HTML_WEIGHT => HtmlPart::NotShown,
        Some(html) => HtmlPart::Shown(html),
    };
    let text = detail.text.as_deref().map(|text| {
        let (text, cut) = cut(text, MAX_TEXT_WEIGHT);
        Text { text: body(text), cut }
    });
    let same_words = match (&detail.html, &detail.text) {
        (Some(html), Some(text)) => says_the_same(html, text),
        _ => true,
    };
    let total: u64 = message.attachments.iter().map(|file| file.size).sum();
    let mut headers_size = 0;
    // Those first that whoever asked for the mail gave.
    let (given, written): (Vec<_>, Vec<_>) =
        detail.headers.iter().partition(|(name, _)| is_caller_header(name));
    let is_given = !given.is_empty() && message.outbound().is_some();
    let headers_open = if is_given { "open" } else { "" };
    let headers: Vec<(String, String)> = given
        .into_iter()
        .chain(written)
        .take_while(|(name, value)| {
            headers_size += name.len() + value.len();
            headers_size <= MAX_HEADERS
        })
        .map(|(name, value)| (visible(name), visible(value)))
        .collect();
    let (misleading, others): (Vec<_>, Vec<_>) = reading.links.iter().partition(|link| link.misleads());
    let links_mislead = !misleading.is_empty();
    let links: Vec<Link> = misleading
        .into_iter()
        .chain(others)
        .take(MAX_LINKS)
        .map(|link| Link {
            text: visible(&link.text),
            address: shortened(&link.address),
            misleads: link.misleads(),
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
        links_mislead,
        links_unlisted: links_count.saturating_sub(MAX_LINKS),
        links,
        links_count: count(links_count, "link", "links"),
        headers_cut: headers.len() < detail.headers.len(),
        headers_open,
        headers,
        size: size(message.size),
    }
}

/// The document of the frame: the very bytes that are sealed, but for the addresses of pictures that are part of the mail. It
/// loads nothing by itself: it inherits the page's policy.
fn framed(html: &str, reading: &html::Reading, detail: &Detail, pictures: &[(String, String)]) -> Html {
    let document = html::with_pictures(html, |id| {
        pictures.iter().find(|(known, _)| known == id).map(|(_, url)| url.clone())
    });
    let lines = |length| html::lines(&document, length).clamp(4, MAX_LINES);
    let (lines_wide, lines_narrow) = (lines(80), lines(36));
    let elsewhere = reading.pictures.iter().filter(|picture| !picture.address.starts_with("cid:"));
    let words = elsewhere.clone().map(|picture| picture.alt.trim()).filter(|alt| !alt.is_empty());
    let mut words: Vec<String> = words.take(MAX_LINKS).map(visible).collect();
    words.dedup();
    Html {
        lines_wide,
        lines_narrow,
        remote: match elsewhere.count() {
            0 => String::new(),
            n => count(n, "picture", "pictures"),
        },
        hosts: detail.picture_hosts.iter().take(MAX_LINKS).map(|host| visible(host)).collect(),
        words,
        document,
    }
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
    let detected = file.detected_type.as_deref();
    let mismatch = media::mismatch(&file.filename, &file.content_type, detected);
    let other = detected.filter(|it| mismatch.is_some() || !media::agrees(&file.content_type, it));
    File {
        detected: other.map(visible).unwrap_or_default(),
        disguised: mismatch == Some(Mismatch::Disguised),
        harm: media::harm(&file.filename, &file.content_type, detected)
            .filter(|_| mismatch != Some(Mismatch::Disguised)),
        address: format!("{files}/{}", file.id),
        name: visible(&file.filename),
        kind: visible(&file.content_type),
        size: size(file.size),
        sha256: file.digest.hex(),
        inline: file.inline,
    }
}

pub(super) fn answered(detail: &Detail, files: &str, now: Timestamp) -> Answered {
    let message = &detail.message;
    let all = detail.text.as_deref().unwrap_or_default();
    let new = detail.extracted_text.as_deref().filter(|text| !text.trim().is_empty()).unwrap_or(all);
    let ((text, text_cut), (whole, whole_cut)) =
        (cut(new.trim(), MAX_ANSWERED), cut(all.trim(), MAX_ANSWERED));
    let quoted = new.trim() != all.trim();
    let (doubts, asides) = match &message.direction {
        Direction::Inbound { verdicts, defects, automatic, .. } => {
            let (mut doubts, asides) = doubts(verdicts, defects, *automatic);
            doubts.extend(message.findings().iter().filter_map(found));
            (doubts, asides)
        }
        Direction::Outbound(_) => (vec![], vec![]),
    };
    Answered {
        from: Person::from(&message.from),
        at: Moment::new(message.created_at, now),
        subject: subject(&message.subject),
        text: body(text),
        whole: if quoted { body(whole) } else { String::new() },
        cut: text_cut || (quoted && whole_cut),
        doubts,
        asides,
        files: match message.attachments.len() {
            0 => String::new(),
            n => count(n, "file", "files"),
        },
        file_list: message.attachments.iter().map(|attachment| file(attachment, files)).collect(),
        html: answered_html(detail),
    }
}

/// The HTML of a mail of somebody else, made fit to be shown, without its pictures: it is text beside what is decided about.
fn answered_html(detail: &Detail) -> Option<Html> {
    let html = detail.html.as_deref().filter(|html| weight(html) <= MAX_ANSWERED_HTML)?;
    Some(framed(html, &html::Reading::default(), detail, &[]))
}

/// A finding with its evidence; those of the receiving server's verdicts are said already.
fn found(finding: &Finding) -> Option<String> {
    let said = [FindingKind::Virus, FindingKind::Spam, FindingKind::AuthenticationFailed];
    let told = || format!("{} \u{201C}{}\u{201D}", finding.kind.explanation(), finding.evidence);
    (!said.contains(&finding.kind)).then(told)
}

/// What an approver should know of a received mail before somebody answers it, and what is only good to know.
fn doubts(verdicts: &Verdicts, defects: &[String], automatic: bool) -> (Vec<String>, Vec<String>) {
    let (mut doubts, mut asides): (Vec<&str>, Vec<&str>) = (vec![], vec![]);
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
        // Of most mail nothing is proven: it is said, and alarms nobody.
        _ => asides.push("Nothing proves that it came from this address (no DMARC pass)."),
    }
    if automatic {
        asides.push("A program wrote it; it expects no answer.");
    }
    if defects.iter().any(|defect| defect == "not_processed") {
        doubts.push("It could not be read. Fetch it raw through the API.");
    } else if !defects.is_empty() {
        doubts.push("Parts of it were malformed, and may be missing here.");
    }
    let owned = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect();
    (owned(doubts), owned(asides))
}

pub(super) fn turn(
    message: &Message,
    said: Option<&String>,
    current: domain::MessageId,
    now: Timestamp,
) -> Turn {
    let outbound = message.outbound();
    Turn {
        from: visible(&message.from.address),
        at: Moment::new(message.created_at, now),
        preview: visible(&message.preview),
        text: said.map(|text| body(cut(text.trim(), MAX_TURN).0)).unwrap_or_default(),
        word: outbound.map_or("Received", |outbound| standing(outbound, now).word),
        current: message.id == current,
        ours: outbound.is_some(),
    }
}
