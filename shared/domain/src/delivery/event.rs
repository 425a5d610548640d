//! What receivers are told.

use jiff::Timestamp;

use crate::gate::approval::Approval;
use crate::mailbox::message::Message;
use crate::{EventId, OrganizationId};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// The types of event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventKind { $($(#[$doc])* $name,)* }

        impl EventKind {
            /// All types.
            pub const ALL: &[EventKind] = &[$(EventKind::$name),*];

            /// The name in the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(EventKind::$name => $text,)* }
            }

            /// Reads the name.
            pub fn parse(text: &str) -> Option<EventKind> {
                EventKind::ALL.iter().copied().find(|kind| kind.as_str() == text)
            }
        }
    };
}

kinds! {
    /// A mail came in.
    MessageReceived = "message.received";
    /// The provider accepted a mail.
    MessageSent = "message.sent";
    /// Every recipient's server accepted it.
    MessageDelivered = "message.delivered";
    /// A recipient's server asked to wait.
    MessageDeferred = "message.deferred";
    /// A recipient's server refused it for good.
    MessageBounced = "message.bounced";
    /// A recipient called it spam.
    MessageComplained = "message.complained";
    /// The provider refused it.
    MessageFailed = "message.failed";
    /// Nobody knows whether it went.
    MessageUnknown = "message.unknown";
    /// A mail waits for a person.
    ApprovalRequested = "approval.requested";
    /// A person let it go.
    ApprovalApproved = "approval.approved";
    /// A person stopped it.
    ApprovalRejected = "approval.rejected";
    /// Nobody decided in time.
    ApprovalExpired = "approval.expired";
    /// It was called off before it went.
    ApprovalCancelled = "approval.cancelled";
    /// A mail still waits for a person.
    ApprovalReminder = "approval.reminder";
    /// An inbox was made.
    InboxCreated = "inbox.created";
    /// An inbox was deleted.
    InboxDeleted = "inbox.deleted";
}

impl EventKind {
    /// The event of a status that an outbound mail comes to, where there is one.
    pub fn of_status(status: crate::mailbox::lifecycle::Status) -> Option<Self> {
        use crate::mailbox::lifecycle::Status;
        match status {
            Status::Sent => Some(EventKind::MessageSent),
            Status::Delivered => Some(EventKind::MessageDelivered),
            Status::Deferred => Some(EventKind::MessageDeferred),
            Status::Bounced => Some(EventKind::MessageBounced),
            Status::Complained => Some(EventKind::MessageComplained),
            Status::Failed => Some(EventKind::MessageFailed),
            Status::Unknown => Some(EventKind::MessageUnknown),
            Status::PendingApproval
            | Status::Scheduled
            | Status::Sending
            | Status::Rejected
            | Status::Expired
            | Status::Cancelled => None,
        }
    }
}

/// What an event is about. Bodies are never part of it: a receiver reads them through the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A mail, as it stood.
    Message(Box<Message>),
    /// An approval, as it stood.
    Approval(Box<Approval>),
    /// An inbox, as it stood.
    Inbox(Box<crate::mailbox::inbox::Inbox>),
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id: the same for every attempt to tell of it.
    pub id: EventId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// What kind.
    pub kind: EventKind,
    /// When.
    pub created_at: Timestamp,
    /// About what.
    pub subject: Subject,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.as_str()), Some(*kind));
        }
    }
}
