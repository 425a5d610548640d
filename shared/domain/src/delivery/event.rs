//! What receivers are told.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::gate::approval::Approval;
use crate::mailbox::listed::Suppression;
use crate::mailbox::message::Message;
use crate::mailbox::screening::HeldNotice;
use crate::{EventId, InboxId, OrganizationId};

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
    /// A mail came in that waits for a person: nothing else is told of it.
    MessageHeld = "message.held";
    /// A person let a held mail in.
    MessageReleased = "message.released";
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
    /// No mail goes to somebody any more.
    SuppressionCreated = "suppression.created";
    /// Mail may go to them again.
    SuppressionDeleted = "suppression.deleted";
}

impl EventKind {
    /// The types that a pattern names: `message.sent` itself, `message.*` all that begin so, `*` all. None where there is no such type.
    pub fn matching(pattern: &str) -> BTreeSet<Self> {
        let takes = |kind: &Self| match pattern.strip_suffix('*') {
            Some("") => true,
            Some(group) => group.ends_with('.') && kind.as_str().starts_with(group),
            None => kind.as_str() == pattern,
        };
        Self::ALL.iter().copied().filter(takes).collect()
    }

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
    /// Whom no mail goes to.
    Suppression(Box<Suppression>),
    /// That a mail is held, without a word of it.
    Held(Box<HeldNotice>),
}

impl Subject {
    /// The inbox that it is about, if it is about one.
    pub fn inbox_id(&self) -> Option<InboxId> {
        match self {
            Subject::Message(message) => Some(message.inbox_id),
            Subject::Approval(approval) => Some(approval.inbox_id),
            Subject::Inbox(inbox) => Some(inbox.id),
            Subject::Suppression(_) => None,
            Subject::Held(held) => Some(held.inbox_id),
        }
    }
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

impl Event {
    /// So long after it happened an event can be read.
    pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
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

    #[test]
    fn a_pattern_names_one_type_a_group_or_all() {
        assert_eq!(EventKind::matching("message.sent"), [EventKind::MessageSent].into());
        assert_eq!(EventKind::matching("inbox.*"), [EventKind::InboxCreated, EventKind::InboxDeleted].into());
        assert_eq!(EventKind::matching("*"), EventKind::ALL.iter().copied().collect());
        let (message, approval) = (EventKind::matching("message.*"), EventKind::matching("approval.*"));
        assert!(
            message.contains(&EventKind::MessageUnknown) && approval.contains(&EventKind::ApprovalReminder)
        );
        assert!(message.is_disjoint(&approval));
        for pattern in [
            "",
            ".*",
            "**",
            "message",
            "message*",
            "mess*",
            "message.",
            "message.se*",
            "message.sent.*",
            "*.sent",
        ] {
            assert_eq!(EventKind::matching(pattern), [].into(), "{pattern}");
        }
    }
}
