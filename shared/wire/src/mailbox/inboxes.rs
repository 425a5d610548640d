//! Inboxes.

use app::base::error::{FieldError, Refusal};
use app::mailbox::inboxes::NewInbox;
use domain::AccountId;
use domain::base::address::HeaderText;
use domain::base::code::Code;
use domain::mailbox::account::Provider;
use domain::mailbox::inbox::Inbox;
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::request::{self, request};
use crate::base::values::{Choice, IdOf, Line, OwnDomain, Text, Time};
use crate::people::organization::{PauseView, pause};

request! {
    /// An inbox that is to be made.
    pub struct CreateInbox {
        /// What stands before the `@`: 1 to 64 letters, digits, `.`, `_` and `-`. Left out, it is made up. Names that speak
        /// for the domain, such as `postmaster`, are not to be had.
        username: Option<Text<64>>,
        /// The name beside the address, in mails that go out.
        display_name: Option<Line>,
        /// A verified domain of your organization that it is to be on. Left out, it is on the installation's mail domain.
        domain: Option<OwnDomain>,
    }
}

/// Reads [`CreateInbox`].
pub fn new(body: &[u8]) -> Result<NewInbox, Refusal> {
    let CreateInbox { username, display_name, domain } = request::body_or_nothing(body)?;
    Ok(NewInbox {
        username: username.map(|name| name.0),
        display_name: display_name.map(|name| name.0),
        domain: domain.map(|domain| domain.0),
    })
}

request! {
    /// What changes of an inbox. Its address is its own for ever.
    pub struct UpdateInbox {
        /// The name beside the address, in mails that go out; an empty one takes it away.
        display_name: Line,
    }
}

/// What is said to whoever wants to change an address.
const KEEPS_ITS_ADDRESS: &str =
    "can't be changed: an inbox keeps its address; make another inbox with the new one";

/// Reads [`UpdateInbox`]: the name, or none.
pub fn update(body: &[u8]) -> Result<Option<HeaderText>, Refusal> {
    let read: Result<UpdateInbox, _> = request::body(body);
    match read {
        Ok(UpdateInbox { display_name }) => {
            Ok(Some(display_name.0).filter(|name| !name.as_str().trim().is_empty()))
        }
        Err(Refusal::Invalid(mut errors)) => {
            let of_address = |error: &&mut FieldError| {
                error.code == Code::UnknownField && ["address", "username"].contains(&error.field.as_str())
            };
            for error in errors.iter_mut().filter(of_address) {
                KEEPS_ITS_ADDRESS.clone_into(&mut error.message);
            }
            Err(Refusal::Invalid(errors))
        }
        Err(other) => Err(other),
    }
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
    /// The connected account that its mail leaves through; `null` where it is an address of ours.
    account_id: Option<IdOf<AccountId>>,
    /// Whose account that is.
    provider: Option<Choice<Provider>>,
}

/// An inbox.
pub fn inbox(inbox: &Inbox) -> InboxView<'_> {
    InboxView {
        id: IdOf(inbox.id),
        address: inbox.address.as_str(),
        display_name: inbox.display_name.as_ref().map(HeaderText::as_str),
        paused: inbox.paused.as_ref().map(pause),
        created_at: Time(inbox.created_at),
        account_id: inbox.provider.map(|_| IdOf(inbox.id.account_id())),
        provider: inbox.provider.map(Choice),
    }
}
