//! Inboxes.

use app::base::error::Refusal;
use app::mailbox::inboxes::NewInbox;
use domain::mailbox::inbox::Inbox;
use serde_json::{Value, json};

use crate::base::fields::Fields;
use crate::base::parts::time;
use crate::people::organization::pause;

/// `username` and `display_name` of an inbox.
pub fn new(body: &[u8]) -> Result<NewInbox, Refusal> {
    let mut fields = if body.is_empty() { Fields::empty() } else { Fields::of_body(body)? };
    let new = NewInbox { username: fields.text("username", 64), display_name: fields.line("display_name") };
    fields.finish()?;
    Ok(new)
}

/// An inbox.
pub fn inbox(inbox: &Inbox) -> Value {
    json!({
        "id": inbox.id.to_string(),
        "address": inbox.address.as_str(),
        "display_name": inbox.display_name.as_ref().map(domain::base::address::HeaderText::as_str),
        "paused": inbox.paused.as_ref().map(pause),
        "created_at": time(inbox.created_at),
    })
}
