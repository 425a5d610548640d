//! `/console/inboxes`: the inboxes, their conversations, each mail as text and in its sanitised HTML, and finding mail by its words.

use app::Refusal;
use app::base::store::{Key, PageRequest};
use app::mailbox::messages::Raw;
use app::mailbox::threads::{self, Turn};
use app::mailbox::{inboxes, messages, search};
use askama::Template;
use domain::base::digest::Digest;
use domain::mailbox::account::Provider;
use domain::mailbox::filter::ThreadFilter;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::lifecycle::State;
use domain::mailbox::message::{AttachmentRef, Direction, Message, Party, Thread};
use domain::people::access::{Scope, scope};
use domain::{InboxId, MessageId, ThreadId, Timestamp};
use futures_util::future::{try_join, try_join3};
use runtime::http::{Request, Response};
use serde_json::json;

use super::mail::{Answered, answered};
use super::{older, render};
use crate::Context;
use crate::fields::Wrong;
use crate::guard;
use crate::page::{Audience, Back, Get, Menu, Page, Trust};
use crate::route;
use crate::shell::{Frame, Shell};
use crate::visit::Visit;
use crate::words::{Moment, Person, body, encode, people, size, standing, subject, visible};

/// The list, an inbox, a conversation, a mail, and the search.
pub(super) const PAGES: &[Page] = &[
    Page {
        path: "/inboxes",
        menu: Menu::Daily(35, "Inboxes"),
        get: Get::Page(|context, request, _| Box::pin(list(context, request))),
        ..READING
    },
    Page {
        path: "/inboxes/search",
        get: Get::Page(|context, request, _| Box::pin(find(context, request))),
        ..READING
    },
    Page {
        path: "/inboxes/{inbox_id}",
        get: Get::Page(|context, request, at| {
            Box::pin(async move { inbox(context, request, at.id()?).await })
        }),
        ..READING
    },
    Page {
        path: "/inboxes/{inbox_id}/threads/{thread_id}",
        get: Get::Page(|context, request, at| {
            Box::pin(async move { thread(context, request, at.id()?, at.id()?).await })
        }),
        ..READING
    },
    Page {
        path: "/inboxes/{inbox_id}/messages/{message_id}",
        get: Get::Page(|context, request, at| {
            Box::pin(async move { message(context, request, at.id()?, at.id()?).await })
        }),
        ..READING
    },
    Page {
        path: "/inboxes/{inbox_id}/messages/{message_id}/raw",
        get: Get::Page(|context, request, at| {
            Box::pin(async move { raw(context, request, at.id()?, at.id()?).await })
        }),
        back: Back::To("/inboxes/{inbox_id}/messages/{message_id}"),
        ..READING
    },
];

const READING: Page = Page {
    trust: Trust::Mail,
    audience: Audience::With(Scope::MessagesRead),
    back: Back::Here(&[]),
    ..Page::NEW
};

/// So many inboxes the search offers.
const CHOICES: u16 = 100;

/// Longest HTML that a page carries, in bytes: as an attribute it is escaped.
const MAX_HTML: usize = 500_000;

fn address_of(inbox_id: InboxId, message_id: MessageId) -> String {
    format!("{}/{inbox_id}/messages/{message_id}", route::INBOXES)
}

fn thread_at(inbox_id: InboxId, thread_id: ThreadId) -> String {
    format!("{}/{inbox_id}/threads/{thread_id}", route::INBOXES)
}

#[derive(Template)]
#[template(path = "inboxes.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<InboxRow>,
    older: Option<String>,
    further: bool,
}

struct InboxRow {
    address: String,
    mailbox: String,
    /// The name that recipients see.
    name: String,
    /// Whose connected account it is, where it is one's.
    provider: Option<&'static str>,
    paused: bool,
    made: Moment,
    /// Where its mail is paused; empty for whoever may not.
    pause: String,
}

impl InboxRow {
    fn new(inbox: &Inbox, may_pause: bool, now: Timestamp) -> Self {
        Self {
            address: format!("{}/{}", route::INBOXES, inbox.id),
            mailbox: visible(inbox.address.as_str()),
            name: inbox.display_name.as_ref().map(|name| visible(name.as_str())).unwrap_or_default(),
            provider: inbox.provider.map(Provider::name),
            paused: inbox.paused.is_some(),
            made: Moment::new(inbox.created_at, now),
            pause: if may_pause { format!("{}/inboxes/{}", route::PAUSE, inbox.id) } else { String::new() },
        }
    }
}

/// The list.
async fn list(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let page = request.page()?;
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let (frame, found) =
        Box::pin(try_join(Frame::of(&visit), inboxes::list(&visit.ports, &permit, &page))).await?;
    let now = visit.ports.now();
    let page = ListPage {
        rows: found.items.iter().map(|inbox| InboxRow::new(inbox, visit.may_decide(), now)).collect(),
        older: older(route::INBOXES, found.next),
        further: page.cursor.is_some(),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage {
    shell: Shell,
    row: InboxRow,
    rows: Vec<ThreadRow>,
    older: Option<String>,
    further: bool,
    /// For whoever may write.
    writes: Option<Writes>,
    /// What the form for finding mail begins with.
    query: String,
}

/// How mail is written from an inbox.
struct Writes {
    /// Where a mail is written.
    compose: String,
    drafts: String,
    /// Whom a test mail goes to: the reader.
    email: String,
    csrf: String,
    nonce: String,
}

/// A conversation in the list of an inbox.
struct ThreadRow {
    address: String,
    subject: String,
    from: Person,
    preview: String,
    count: u64,
    unread: u64,
    tainted: bool,
    at: Moment,
}

impl ThreadRow {
    fn new(thread: &Thread, now: Timestamp) -> Self {
        Self {
            address: thread_at(thread.inbox_id, thread.id),
            subject: subject(&thread.subject),
            from: Person::from(&thread.last_from),
            preview: visible(&thread.preview),
            count: thread.message_count,
            unread: thread.unread_count,
            tainted: thread.tainted,
            at: Moment::new(thread.last_message_at, now),
        }
    }
}

/// The conversations of an inbox, the last mail first.
async fn inbox(context: &Context, request: &Request, id: InboxId) -> Result<Response, Refusal> {
    let page = request.page()?;
    let visit = Visit::of(context, request, &[Key::Inbox(id)]).await?;
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let filter = ThreadFilter::default();
    let listed = threads::list(&visit.ports, &permit, Some(id), &filter, &page);
    let (frame, one, found) =
        Box::pin(try_join3(Frame::of(&visit), inboxes::get(&visit.ports, &permit, id), listed)).await?;
    let now = visit.ports.now();
    let row = InboxRow::new(&one, visit.may_decide(), now);
    let writes = visit.may(Scope::MessagesSend).then(|| Writes {
        compose: route::compose(id),
        drafts: route::drafts(id),
        email: frame.me.member.email.as_str().to_owned(),
        csrf: visit.session.form_token(),
        nonce: Digest::from_bytes(visit.ports.bytes()).hex(),
    });
    let page = InboxPage {
        writes,
        query: String::new(),
        rows: found.items.iter().map(|thread| ThreadRow::new(thread, now)).collect(),
        older: older(&row.address, found.next),
        further: page.cursor.is_some(),
        row,
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

#[derive(Template)]
#[template(path = "thread.html")]
struct ThreadPage {
    shell: Shell,
    /// The page of the inbox.
    inbox: String,
    subject: String,
    tainted: bool,
    count: u64,
    /// Where its last mail is answered, for whoever may write.
    reply: Option<String>,
    mails: Vec<MailRow>,
    older: Option<String>,
    further: bool,
}

/// A mail in its conversation, or among what was found.
struct MailRow {
    address: String,
    subject: String,
    from: Person,
    to: String,
    /// What it says that is new.
    text: String,
    /// Its text is left out here.
    left_out: bool,
    /// Whether it came in.
    came: bool,
    unread: bool,
    at: Moment,
    /// Where one of ours stands; empty for one that came in.
    state: &'static str,
    tone: &'static str,
    /// The page of its approval.
    approval: Option<String>,
    /// What became of it, step by step.
    timeline: Option<String>,
    files: usize,
    /// Whether something about it looks wrong.
    findings: usize,
}

fn names(parties: &[Party]) -> String {
    people(parties).into_iter().map(|person| person.address).collect::<Vec<_>>().join(", ")
}

impl MailRow {
    fn new(message: &Message, text: &str, now: Timestamp) -> Self {
        let outbound = message.outbound();
        let stands = outbound.map(|outbound| standing(outbound, now));
        Self {
            address: address_of(message.inbox_id, message.id),
            subject: subject(&message.subject),
            from: Person::from(&message.from),
            to: names(&message.to),
            text: text.to_owned(),
            left_out: false,
            came: outbound.is_none(),
            unread: message.unread,
            at: Moment::new(message.created_at, now),
            state: stands.as_ref().map_or("", |stands| stands.word),
            tone: stands.as_ref().map_or("", |stands| stands.tone),
            approval: outbound.map(|outbound| route::approval(outbound.approval_id)),
            timeline: outbound.map(|outbound| route::timeline(outbound.approval_id)),
            files: message.attachments.len(),
            findings: message.findings().len(),
        }
    }

    fn turn(turn: &Turn, now: Timestamp) -> Self {
        let text = body(turn.text.as_deref().unwrap_or_default().trim());
        Self { left_out: turn.left_out, ..Self::new(&turn.message, &text, now) }
    }
}

/// A conversation, oldest first.
async fn thread(
    context: &Context,
    request: &Request,
    inbox_id: InboxId,
    id: ThreadId,
) -> Result<Response, Refusal> {
    let page = request.page()?;
    let visit = Visit::of(context, request, &[Key::Thread(id)]).await?;
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let read = threads::get(&visit.ports, visit.powers.blobs()?, &permit, id, &page);
    let (frame, (thread, mails)) = Box::pin(try_join(Frame::of(&visit), read)).await?;
    if thread.inbox_id != inbox_id {
        return Err(Refusal::NotFound("conversation"));
    }
    let now = visit.ports.now();
    let last = mails.items.last().filter(|_| mails.next.is_none() && visit.may(Scope::MessagesSend));
    let page = ThreadPage {
        reply: last.map(|turn| format!("{}/{}/reply", route::compose(inbox_id), turn.message.id)),
        inbox: format!("{}/{inbox_id}", route::INBOXES),
        subject: subject(&thread.subject),
        tainted: thread.tainted,
        count: thread.message_count,
        mails: mails.items.iter().map(|turn| MailRow::turn(turn, now)).collect(),
        older: older(&thread_at(inbox_id, id), mails.next),
        further: page.cursor.is_some(),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    shell: Shell,
    /// The page of its conversation.
    thread: String,
    row: MailRow,
    cc: String,
    mail: Answered,
    /// Where it stands, in a sentence; empty for one that came in.
    sentence: String,
    /// Its HTML without anything active; empty where it has none, or more than a page carries.
    html: String,
    /// Whether it has more HTML than that.
    html_cut: bool,
    remote_images: usize,
    files: Vec<File>,
    headers: Vec<(String, String)>,
    /// What the receiving server found, in words; empty for one of ours.
    checks: Vec<(&'static str, &'static str)>,
    /// Whether its author is proven.
    authenticated: bool,
    /// Whether what was found makes a person look at each answer in its conversation.
    taints: bool,
    /// How it is answered; none for whoever may not write.
    answer: Option<Answering>,
    /// Where its bytes are.
    raw: String,
}

/// How a mail is answered.
struct Answering {
    /// What the addresses of the pages begin with.
    at: String,
    /// Whether it can be passed on: what nobody got of ours can't.
    passes: bool,
}

impl Answering {
    fn new(message: &Message) -> Self {
        Self {
            at: format!("{}/{}", route::compose(message.inbox_id), message.id),
            passes: message.outbound().is_none_or(|ours| matches!(ours.state, State::Accepted { .. })),
        }
    }
}

/// What a verdict of the receiving server means.
fn verdict(said: &str) -> &'static str {
    match said {
        "PASS" => "passed",
        "FAIL" => "failed",
        "GRAY" => "undecided: it could not be told",
        "PROCESSING_FAILED" => "not checked: the check failed",
        "DISABLED" => "not checked: it is switched off",
        _ => "not known",
    }
}

/// What the receiving server found out about a mail that came in, and whether its author is proven.
fn checks(message: &Message) -> (Vec<(&'static str, &'static str)>, bool) {
    let Direction::Inbound { verdicts, authenticated, .. } = &message.direction else {
        return (vec![], false);
    };
    let checks = vec![
        ("Sender\u{2019}s server (SPF)", verdict(&verdicts.spf)),
        ("Signature (DKIM)", verdict(&verdicts.dkim)),
        ("Sender\u{2019}s domain (DMARC)", verdict(&verdicts.dmarc)),
        ("Spam", verdict(&verdicts.spam)),
        ("Viruses", verdict(&verdicts.virus)),
    ];
    (checks, *authenticated)
}

struct File {
    address: String,
    name: String,
    kind: String,
    size: String,
}

impl File {
    fn new(file: &AttachmentRef) -> Self {
        Self {
            address: format!("/console/attachments/{}", file.id),
            name: visible(&file.filename),
            kind: visible(&file.content_type),
            size: size(file.size),
        }
    }
}

/// One mail.
async fn message(
    context: &Context,
    request: &Request,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[Key::Inbox(inbox_id), Key::Message(inbox_id, id)]).await?;
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let read = messages::get(&visit.ports, visit.powers.blobs()?, &permit, inbox_id, id);
    let (frame, detail) = Box::pin(try_join(Frame::of(&visit), read)).await?;
    let now = visit.ports.now();
    let message = &detail.message;
    let html = detail.html.as_deref().unwrap_or_default();
    let too_long = html.len() > MAX_HTML;
    let header = |(name, value): &(String, String)| (visible(name), visible(value));
    let (checks, authenticated) = checks(message);
    let page = MessagePage {
        checks,
        authenticated,
        taints: message.findings().iter().any(|finding| finding.kind.taints()),
        answer: visit.may(Scope::MessagesSend).then(|| Answering::new(message)),
        raw: format!("{}/raw", address_of(inbox_id, id)),
        thread: thread_at(inbox_id, message.thread_id),
        row: MailRow::new(message, "", now),
        cc: names(&message.cc),
        mail: answered(&detail, "", now),
        sentence: message.outbound().map(|outbound| standing(outbound, now).sentence).unwrap_or_default(),
        html: if too_long { String::new() } else { html.to_owned() },
        html_cut: too_long || detail.html_truncated,
        remote_images: detail.remote_images,
        files: message.attachments.iter().map(File::new).collect(),
        headers: detail.headers.iter().map(header).collect(),
        shell: frame.shell,
    };
    Ok(guard::html(200, render(&page)?))
}

/// The bytes of a mail, as a file to download.
async fn raw(
    context: &Context,
    request: &Request,
    inbox_id: InboxId,
    id: MessageId,
) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &messages::keys(inbox_id, id)).await?;
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    match messages::raw(&visit.ports, visit.powers.blobs()?, &permit, inbox_id, id).await? {
        Raw::Bytes(bytes) => Ok(guard::bytes("message/rfc822", &format!("{id}.eml"), &bytes)),
        // The address is a credential for as long as it holds: no other site may learn it.
        Raw::Url(url) => Ok(guard::see_other(&url).header("referrer-policy", "no-referrer")),
    }
}

/// A piece of a text, and whether it is what was looked for.
struct Piece {
    text: String,
    found: bool,
}

/// A text in pieces.
fn pieces(found: &search::Piece) -> Vec<Piece> {
    let (mut pieces, mut end) = (vec![], 0);
    let letters: Vec<char> = found.text.chars().collect();
    let mut push = |from: usize, to: usize, is_match: bool| {
        let text: String = letters.get(from..to).unwrap_or_default().iter().collect();
        if !text.is_empty() {
            pieces.push(Piece { text: visible(&text), found: is_match });
        }
    };
    for (from, to) in &found.matches {
        push(end, *from, false);
        push(*from, *to, true);
        end = *to;
    }
    push(end, letters.len(), false);
    pieces
}

/// A mail that was found, and where in it.
struct FoundRow {
    row: MailRow,
    subject: Vec<Piece>,
    /// Of its author, its recipients and names of its files, where something was found there.
    others: Vec<(&'static str, Vec<Piece>)>,
    text: Vec<Vec<Piece>>,
}

/// So many pieces of a text are shown.
const PIECES: usize = 3;

impl FoundRow {
    fn new(one: &search::FoundMail, now: Timestamp) -> Self {
        let marked = |found: &&search::Piece| !found.matches.is_empty();
        let first = |found: &[search::Piece]| found.iter().find(marked).map(pieces);
        let others = [("From", &one.from), ("To", &one.to), ("Files", &one.files)];
        let text: Vec<_> = one.text.iter().take(PIECES).map(pieces).collect();
        let preview = || vec![Piece { text: visible(&one.message.preview), found: false }];
        let whole = || vec![Piece { text: subject(&one.message.subject), found: false }];
        Self {
            row: MailRow::new(&one.message, "", now),
            subject: first(&one.subject).unwrap_or_else(whole),
            others: others.into_iter().filter_map(|(name, found)| Some((name, first(found)?))).collect(),
            text: if text.is_empty() { vec![preview()] } else { text },
        }
    }
}

/// What narrows a search beside its words.
#[derive(Default)]
struct Narrow {
    from: String,
    to: String,
    inbox: String,
    file: bool,
    after: String,
    before: String,
}

impl Narrow {
    fn of(request: &Request) -> Self {
        let asked = |name: &str| {
            let value = request.query.get(name).map(|value| value.trim()).unwrap_or_default();
            value.chars().take(200).collect::<String>()
        };
        Self {
            from: asked("from"),
            to: asked("to"),
            inbox: asked("inbox"),
            file: asked("file") == "yes",
            after: asked("after"),
            before: asked("before"),
        }
    }

    fn is_open(&self) -> bool {
        self.file
            || [&self.from, &self.to, &self.inbox, &self.after, &self.before].iter().any(|it| !it.is_empty())
    }

    /// The words with what narrows them, as one query.
    fn query(&self, words: &str) -> String {
        let quoted = |name: &str, value: &str| {
            (!value.is_empty()).then(|| format!("{name}:\"{}\"", value.replace('"', " ")))
        };
        let bare = |name: &str, value: &str| (!value.is_empty()).then(|| format!("{name}:{value}"));
        let parts = [
            (!words.is_empty()).then(|| words.to_owned()),
            quoted("from", &self.from),
            quoted("to", &self.to),
            self.file.then(|| "has:attachment".to_owned()),
            bare("after", &self.after),
            bare("before", &self.before),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    /// As the address of a page has it.
    fn address(&self, words: &str) -> String {
        let file = if self.file { "yes" } else { "" };
        let pairs = [
            ("q", words),
            ("from", self.from.as_str()),
            ("to", self.to.as_str()),
            ("inbox", self.inbox.as_str()),
            ("file", file),
            ("after", self.after.as_str()),
            ("before", self.before.as_str()),
        ];
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<_> = pairs.map(|(name, value)| format!("{name}={}", encode(value))).collect();
        format!("{}/search?{}", route::INBOXES, pairs.join("&"))
    }
}

/// An inbox in which mail is looked for.
struct Choice {
    id: String,
    word: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    shell: Shell,
    /// The words.
    query: String,
    narrow: Narrow,
    inboxes: Vec<Choice>,
    /// Whether anything was asked for.
    asked: bool,
    /// Why the query can't be read; empty where it can.
    alert: String,
    rows: Vec<FoundRow>,
    /// Whether this is not the first page.
    further: bool,
    /// Whether all mails were looked through.
    complete: bool,
    older: Option<String>,
}

/// Finds mail by its words.
async fn find(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let words = request.query.get("q").map(|query| query.trim().to_owned()).unwrap_or_default();
    let narrow = Narrow::of(request);
    let query = narrow.query(&words);
    // An inbox alone is no query: all of its mail is on its page.
    let asked = !query.is_empty();
    let cursor = request.query.get("cursor");
    let now = visit.ports.now();
    let (mut rows, mut next, mut complete, mut wrong) = (vec![], None, true, Wrong::default());
    if asked {
        let looked = async {
            let mut wanted = json!({ "query": query, "limit": 25 });
            if let Some(cursor) = cursor {
                wanted["cursor"] = json!(cursor);
            }
            if !narrow.inbox.is_empty() {
                wanted["inbox_ids"] = json!([narrow.inbox]);
            }
            let wanted = wire::mailbox::search::wanted(wanted.to_string().as_bytes())?;
            Box::pin(search::search(&visit.ports, visit.powers.blobs()?, &permit, &wanted)).await
        };
        match looked.await {
            Ok(found) => {
                rows = found.page.items.iter().map(|one| FoundRow::new(one, now)).collect();
                (next, complete) = (found.page.next, found.complete);
            }
            Err(Refusal::Invalid(errors)) => wrong = Wrong::new(&errors),
            Err(refusal) => return Err(refusal),
        }
    }
    let first = PageRequest { limit: CHOICES, cursor: None };
    let listed = inboxes::list(&visit.ports, &permit, &first);
    let (frame, listed) = Box::pin(try_join(Frame::of(&visit), listed)).await?;
    let choice = |inbox: &Inbox| {
        let id = inbox.id.to_string();
        Choice { current: id == narrow.inbox, word: visible(inbox.address.as_str()), id }
    };
    let status = if wrong.any() { 422 } else { 200 };
    let page = SearchPage {
        older: older(&narrow.address(&words), next),
        query: words,
        inboxes: listed.items.iter().map(choice).collect(),
        narrow,
        asked,
        alert: wrong.beside(&[]),
        rows,
        further: cursor.is_some(),
        complete,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_marked_where_it_stands() {
        let found =
            search::Piece { text: "\u{e4} invoice, paid".to_owned(), matches: vec![(2, 9), (11, 15)] };
        let said: Vec<_> = pieces(&found).into_iter().map(|piece| (piece.text, piece.found)).collect();
        let expected = [("\u{e4} ", false), ("invoice", true), (", ", false), ("paid", true)];
        assert_eq!(said, expected.map(|(text, found)| (text.to_owned(), found)));
    }

    #[test]
    fn filters_become_a_query() {
        let narrow = Narrow {
            from: "ann \"x".to_owned(),
            file: true,
            after: "2026-11-01".to_owned(),
            ..Narrow::default()
        };
        assert_eq!(narrow.query("invoice"), "invoice from:\"ann  x\" has:attachment after:2026-11-01");
        assert_eq!(Narrow::default().query(""), "");
        assert!(narrow.is_open() && !Narrow::default().is_open());
    }
}
