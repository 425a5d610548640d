//! Inboxes.

use app::base::error::Refusal;
use app::mailbox::inboxes::NewInbox;
use domain::base::address::HeaderText;
use domain::mailbox::inbox::Inbox;
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::request::{self, request};
use crate::base::values::{IdOf, Line, Text, Time};
use crate::people::organization::{PauseView, pause};

request! {
    /// An inbox that is to be made on the installation's mail domain.
    pub struct CreateInbox {
        /// What stands before the `@`: 1 to 64 letters, digits, `.`, `_` and `-`. Left out, it is made up. Names that speak
        /// for the domain, such as `postmaster`, are not to be had.
        username: Option<Text<64>>,
        /// The name beside the address, in mails that go out.
        display_name: Option<Line>,
    }
}

/// Reads [`CreateInbox`].
pub fn new(body: &[u8]) -> Result<NewInbox, Refusal> {
    let CreateInbox { username, display_name } = request::body_or_nothing(body)?;
    Ok(NewInbox { username: username.map(|name| name.0), display_name: display_name.map(|name| name.0) })
}

/// An inbox.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Inbox")]
pub struct InboxView<'a> {
    id: IdOf<domain::InboxId>,
    address: &'a str,
    display_name: Option<&'a str>,
    /// While nothing leaves it.
    paused: Option<PauseView<'a>>,
    created_at: Time,
}

/// An inbox.
pub fn inbox(inbox: &Inbox) -> InboxView<'_> {
    InboxView {
        id: IdOf(inbox.id),
        address: inbox.address.as_str(),
        display_name: inbox.display_name.as_ref().map(HeaderText::as_str),
        paused: inbox.paused.as_ref().map(pause),
        created_at: Time(inbox.created_at),
    }
}
