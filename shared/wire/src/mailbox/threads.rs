//! Conversations.

use app::base::store::{Page, PageRequest};
use app::mailbox::threads::Turn;
use domain::mailbox::filter::{Span, ThreadFilter};
use domain::mailbox::label::Label;
use domain::mailbox::message::Thread;
use domain::{InboxId, ThreadId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::pages::{PageView, page, page_request};
use crate::base::request::request;
use crate::base::values::{Filled, Flag, IdOf, LabelOf, Limit, Time};
use crate::mailbox::messages::{MessageView, PartyView, message, party};

request! {
    /// Which conversations. All that is named must hold. Where few of many do, a page may be short, or even empty, and have a
    /// `next_cursor`.
    pub struct ThreadsQuery {
        /// How many entries at most; 50 where it is left out.
        limit: Option<Limit>,
        /// The `next_cursor` of the page before.
        cursor: Option<String>,
        /// A label that one of its mails has.
        label: Option<LabelOf>,
        /// Whether nobody has read one of its mails.
        unread: Option<Flag>,
        /// A part of the name or address of its last author, in any case.
        from: Option<Filled<320>>,
        /// A part of its subject, in any case.
        subject: Option<Filled<998>>,
        /// Its last mail came in, or went out, then or later.
        after: Option<Time>,
        /// Its last mail came in, or went out, before this.
        before: Option<Time>,
    }
}

impl ThreadsQuery {
    /// The filter, and the page.
    pub fn list(self) -> (ThreadFilter, PageRequest) {
        let filter = ThreadFilter {
            label: self.label.map(|it| it.0),
            unread: self.unread.map(|it| it.0),
            from: self.from.map(|it| it.0),
            subject: self.subject.map(|it| it.0),
            span: Span { after: self.after.map(|it| it.0), before: self.before.map(|it| it.0) },
        };
        (filter, page_request(self.limit, self.cursor))
    }
}

/// A conversation.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Thread")]
pub struct ThreadView<'a> {
    id: IdOf<ThreadId>,
    inbox_id: IdOf<InboxId>,
    /// The subject of its first mail.
    subject: &'a str,
    /// The first words of the last mail that came in or went out; before there is one, of the mail that began it.
    preview: &'a str,
    /// The author of that mail.
    last_from: PartyView<'a>,
    /// Of mails of all kinds, also of those that never went.
    message_count: u64,
    /// How many of them nobody has read.
    unread_count: u64,
    /// Those of its mails, in the order of the alphabet.
    labels: Vec<&'a str>,
    created_at: Time,
    /// When its last mail came in, or went out.
    last_message_at: Time,
    /// Whether one of its mails had a finding that taints: then no program decides in it.
    tainted: bool,
}

/// A conversation.
pub fn thread(thread: &Thread) -> ThreadView<'_> {
    ThreadView {
        id: IdOf(thread.id),
        inbox_id: IdOf(thread.inbox_id),
        subject: &thread.subject,
        preview: &thread.preview,
        last_from: party(&thread.last_from),
        message_count: thread.message_count,
        unread_count: thread.unread_count,
        labels: thread.labels.keys().map(Label::as_str).collect(),
        created_at: Time(thread.created_at),
        last_message_at: Time(thread.last_message_at),
        tainted: thread.tainted,
    }
}

/// A conversation with a page of its mails.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ThreadDetail")]
pub struct ThreadDetailView<'a> {
    #[serde(flatten)]
    thread: ThreadView<'a>,
    /// Oldest first.
    messages: PageView<TurnView<'a>>,
}

/// A mail of a conversation with what it says that is new.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ThreadMessage")]
pub struct TurnView<'a> {
    #[serde(flatten)]
    message: MessageView<'a>,
    /// Its text without what it quotes.
    new_text: Option<&'a str>,
    /// Its text is left out: the mails of this page are too large together, or its bytes can't be had. Get the mail itself.
    text_left_out: bool,
}

fn turn(turn: &Turn) -> TurnView<'_> {
    TurnView { message: message(&turn.message), new_text: turn.text.as_deref(), text_left_out: turn.left_out }
}

/// A conversation with a page of its mails.
pub fn thread_detail<'a>(view: &'a Thread, messages: &'a Page<Turn>) -> ThreadDetailView<'a> {
    ThreadDetailView { thread: thread(view), messages: page(messages, turn) }
}
