//! Conversations.

use app::base::store::Page;
use domain::mailbox::message::{Message, Thread};
use domain::{InboxId, ThreadId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::pages::{PageView, page};
use crate::base::values::{IdOf, Time};
use crate::mailbox::messages::{MessageView, PartyView, message, party};

/// A conversation.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Thread")]
pub struct ThreadView<'a> {
    id: IdOf<ThreadId>,
    inbox_id: IdOf<InboxId>,
    /// The subject of its first mail.
    subject: &'a str,
    /// The first words of its last mail.
    preview: &'a str,
    /// The author of its last mail.
    last_from: PartyView<'a>,
    message_count: u64,
    created_at: Time,
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
    messages: PageView<MessageView<'a>>,
}

/// A conversation with a page of its mails.
pub fn thread_detail<'a>(view: &'a Thread, messages: &'a Page<Message>) -> ThreadDetailView<'a> {
    ThreadDetailView { thread: thread(view), messages: page(messages, message) }
}
