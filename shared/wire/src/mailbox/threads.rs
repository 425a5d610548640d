//! Conversations.

use app::base::store::Page;
use domain::mailbox::message::{Message, Thread};
use serde_json::{Value, json};

use crate::base::pages::page;
use crate::base::parts::time;
use crate::mailbox::messages::{message, party};

/// A conversation.
pub fn thread(thread: &Thread) -> Value {
    json!({
        "id": thread.id.to_string(),
        "inbox_id": thread.inbox_id.to_string(),
        "subject": thread.subject,
        "preview": thread.preview,
        "last_from": party(&thread.last_from),
        "message_count": thread.message_count,
        "created_at": time(thread.created_at),
        "last_message_at": time(thread.last_message_at),
        "tainted": thread.tainted,
    })
}

/// A conversation with a page of its mails.
pub fn thread_detail(view: &Thread, messages: &Page<Message>) -> Value {
    let mut view = thread(view);
    view["messages"] = page(messages, message);
    view
}
