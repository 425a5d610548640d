//! Which mails and which conversations a list shows.

use jiff::Timestamp;

use crate::mailbox::label::Label;
use crate::mailbox::message::{Direction, Message, Party, Thread};

/// Which way a mail goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It came in.
    Inbound,
    /// It goes out, or was to.
    Outbound,
}

/// A span of time, half open: from `after`, before `before`. Each end may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Not earlier.
    pub after: Option<Timestamp>,
    /// Earlier than this.
    pub before: Option<Timestamp>,
}

impl Span {
    /// Whether a time is in it.
    pub fn takes(&self, at: Timestamp) -> bool {
        self.after.is_none_or(|after| after <= at) && self.before.is_none_or(|before| at < before)
    }
}

/// Which mails are wanted: all that is named must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageFilter {
    /// Which way it goes.
    pub direction: Option<Way>,
    /// Its status, as the API names it.
    pub status: Option<String>,
    /// A label that it has.
    pub label: Option<Label>,
    /// Whether nobody has read it.
    pub unread: Option<bool>,
    /// A part of its author's name or address, in any case.
    pub from: Option<String>,
    /// A part of a recipient's name or address, in any case; copies and blind copies count.
    pub to: Option<String>,
    /// A part of its subject, in any case.
    pub subject: Option<String>,
    /// Whether it has a file.
    pub has_attachment: Option<bool>,
    /// When it came in or was asked for.
    pub span: Span,
    /// Those in the trash, and not those outside of it.
    pub trash: bool,
}

/// Which conversations are wanted: all that is named must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThreadFilter {
    /// A label that one of its mails has.
    pub label: Option<Label>,
    /// Whether nobody has read one of its mails.
    pub unread: Option<bool>,
    /// A part of the name or address of its last author, in any case.
    pub from: Option<String>,
    /// A part of its subject, in any case.
    pub subject: Option<String>,
    /// When its last mail came.
    pub span: Span,
}

fn has_part(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}

fn is_named(party: &Party, part: &str) -> bool {
    has_part(&party.address, part) || party.name.as_deref().is_some_and(|name| has_part(name, part))
}

impl MessageFilter {
    /// Whether it wants this one.
    pub fn takes(&self, message: &Message) -> bool {
        let way = match message.direction {
            Direction::Inbound { .. } => Way::Inbound,
            Direction::Outbound(_) => Way::Outbound,
        };
        let mut recipients = message.to.iter().chain(&message.cc).chain(&message.bcc);
        self.trash == message.trash.is_some()
            && self.span.takes(message.created_at)
            && self.direction.is_none_or(|wanted| wanted == way)
            && self.status.as_deref().is_none_or(|wanted| wanted == message.status())
            && self.label.as_ref().is_none_or(|label| message.labels.contains(label))
            && self.unread.is_none_or(|wanted| wanted == message.unread)
            && self.from.as_deref().is_none_or(|part| is_named(&message.from, part))
            && self.to.as_deref().is_none_or(|part| recipients.any(|party| is_named(party, part)))
            && self.subject.as_deref().is_none_or(|part| has_part(&message.subject, part))
            && self.has_attachment.is_none_or(|wanted| wanted != message.attachments.is_empty())
    }
}

impl ThreadFilter {
    /// Whether it wants this one.
    pub fn takes(&self, thread: &Thread) -> bool {
        self.span.takes(thread.last_message_at)
            && self.label.as_ref().is_none_or(|label| thread.labels.contains_key(label))
            && self.unread.is_none_or(|wanted| wanted == (thread.unread_count > 0))
            && self.from.as_deref().is_none_or(|part| is_named(&thread.last_from, part))
            && self.subject.as_deref().is_none_or(|part| has_part(&thread.subject, part))
    }
}
