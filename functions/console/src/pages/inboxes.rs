//! `/console/inboxes`: the inboxes, their conversations, each mail as text and in its sanitised HTML, and finding mail by its words.

use app::Refusal;
use app::base::store::Key;
use app::mailbox::threads::{self, Turn};
use app::mailbox::{inboxes, messages, search};
use askama::Template;
use domain::mailbox::filter::ThreadFilter;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::message::{AttachmentRef, Message, Party, Thread};
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
];

const READING: Page = Page {
    trust: Trust::Mail,
    audience: Audience::With(Scope::MessagesRead),
    back: Back::Here(&[]),
    ..Page::NEW
};

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
    let page = InboxPage {
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
    let page = ThreadPage {
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
    let page = MessagePage {
        thread: thread_at(inbox_id, message.thread_id),
        row: MailRow::new(message, "", now),
        cc: names(&message.cc),
        mail: answered(&detail, now),
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

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    shell: Shell,
    query: String,
    /// Why the query can't be read; empty where it can.
    alert: String,
    rows: Vec<MailRow>,
    /// Whether all mails were looked through.
    complete: bool,
    older: Option<String>,
}

/// Finds mail by its words.
async fn find(context: &Context, request: &Request) -> Result<Response, Refusal> {
    let visit = Visit::of(context, request, &[]).await?;
    let permit = visit.principal.permit::<scope::MessagesRead>()?;
    let query = request.query.get("q").map(|query| query.trim().to_owned()).unwrap_or_default();
    let cursor = request.query.get("cursor");
    let now = visit.ports.now();
    let (mut rows, mut next, mut complete, mut wrong) = (vec![], None, true, Wrong::default());
    if !query.is_empty() {
        let looked = async {
            let mut wanted = json!({ "query": query, "limit": 25 });
            if let Some(cursor) = cursor {
                wanted["cursor"] = json!(cursor);
            }
            let wanted = wire::mailbox::search::wanted(wanted.to_string().as_bytes())?;
            Box::pin(search::search(&visit.ports, visit.powers.blobs()?, &permit, &wanted)).await
        };
        match looked.await {
            Ok(found) => {
                let row = |one: &search::FoundMail| {
                    let piece = one.text.first().map_or(&one.message.preview, |piece| &piece.text);
                    MailRow::new(&one.message, &visible(piece), now)
                };
                rows = found.page.items.iter().map(row).collect();
                (next, complete) = (found.page.next, found.complete);
            }
            Err(Refusal::Invalid(errors)) => wrong = Wrong::new(&errors),
            Err(refusal) => return Err(refusal),
        }
    }
    let frame = Frame::of(&visit).await?;
    let status = if wrong.any() { 422 } else { 200 };
    let page = SearchPage {
        older: older(&format!("{}/search?q={}", route::INBOXES, encode(&query)), next),
        query,
        alert: wrong.beside(&[]),
        rows,
        complete,
        shell: frame.shell,
    };
    Ok(guard::html(status, render(&page)?))
}
