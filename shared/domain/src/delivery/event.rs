//! What receivers are told.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::gate::approval::Approval;
use crate::gate::upload::UploadNotice;
use crate::mailbox::account::AccountNotice;
use crate::mailbox::domains::DomainNotice;
use crate::mailbox::listed::Suppression;
use crate::mailbox::message::{Direction, Message};
use crate::mailbox::screening::HeldNotice;
use crate::people::access::{Actor, Role};
use crate::people::organization::Pause;
use crate::people::usage::{Amounts, Used};
use crate::{EventId, InboxId, InvitationId, MemberId, MessageId, OrganizationId, TokenId, WebhookId};

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
    /// A person deleted a held mail for good: nobody is told of it any more.
    MessageDiscarded = "message.discarded";
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
    /// A person changed it while it waited.
    MessageEdited = "message.edited";
    /// A policy refused to take it: nothing of it is stored.
    MessageBlocked = "message.blocked";
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
    /// The mail was edited: another approval is asked for in its place.
    ApprovalSuperseded = "approval.superseded";
    /// A person handed their vote on.
    ApprovalDelegated = "approval.delegated";
    /// Somebody who decides asked for a revision of the mail.
    ApprovalRevisionRequested = "approval.revision_requested";
    /// Somebody said something about a mail that waits: what, its comments say.
    ApprovalCommented = "approval.commented";
    /// A person took their approval back before the mail was claimed.
    ApprovalTakenBack = "approval.taken_back";
    /// A mail still waits for a person.
    ApprovalReminder = "approval.reminder";
    /// An inbox was made.
    InboxCreated = "inbox.created";
    /// An inbox was deleted.
    InboxDeleted = "inbox.deleted";
    /// Nothing leaves an inbox until somebody resumes it.
    InboxPaused = "inbox.paused";
    /// Mail leaves an inbox again.
    InboxResumed = "inbox.resumed";
    /// A token is refused, and what it asked for is held back.
    TokenPaused = "token.paused";
    /// A token holds again.
    TokenResumed = "token.resumed";
    /// Nothing leaves the organization until somebody resumes it.
    OrganizationPaused = "organization.paused";
    /// Mail leaves the organization again.
    OrganizationResumed = "organization.resumed";
    /// An endpoint is told of nothing any more, since it answered so or failed for days.
    WebhookDisabled = "webhook.disabled";
    /// Somebody tries an endpoint: it alone is told.
    WebhookTest = "webhook.test";
    /// No mail goes to somebody any more.
    SuppressionCreated = "suppression.created";
    /// Mail may go to them again.
    SuppressionDeleted = "suppression.deleted";
    /// The file of an upload was read: it can be confirmed.
    UploadReady = "upload.ready";
    /// Somebody had mails made of an upload.
    UploadConfirmed = "upload.confirmed";
    /// Mails were made of all rows of an upload that can become one.
    UploadCompleted = "upload.completed";
    /// An upload could not be read, or came to an end before all its mails were made.
    UploadFailed = "upload.failed";
    /// Somebody deleted an upload: none of its mails goes any more that has not gone.
    UploadDeleted = "upload.deleted";
    /// The records of a domain are there: inboxes can be made on it.
    DomainVerified = "domain.verified";
    /// The records of a domain are gone, or were not there for too long.
    DomainFailed = "domain.failed";
    /// An account was connected.
    AccountConnected = "account.connected";
    /// The provider of an account refuses it: mail that leaves through it waits.
    AccountError = "account.error";
    /// The provider takes it again.
    AccountRecovered = "account.recovered";
    /// An account was disconnected: nothing leaves through it any more.
    AccountDisconnected = "account.disconnected";
    /// Somebody accepted an invitation: they have a seat.
    MemberCreated = "member.created";
    /// Somebody has another role, or belongs to other groups.
    MemberUpdated = "member.updated";
    /// Somebody has no seat any more: they left, or were removed.
    MemberDeleted = "member.deleted";
    /// Somebody was invited.
    InvitationCreated = "invitation.created";
    /// An invitation is sent again: the link of the mail before holds no more.
    InvitationResent = "invitation.resent";
    /// An invitation was taken back.
    InvitationDeleted = "invitation.deleted";
}

impl EventKind {
    /// The types that a pattern names: `message.sent` itself, `message.*` all that begin so, `*` all. None where there is no such type.
    pub fn matching(pattern: &str) -> BTreeSet<Self> {
        Self::ALL.iter().copied().filter(|kind| kind.is_of(pattern)).collect()
    }

    /// Whether it is for people to know, and no program is told of it that a person has not named it to: that a mail is held, or was and
    /// is gone.
    pub const fn is_for_people(self) -> bool {
        matches!(self, Self::MessageHeld | Self::MessageDiscarded)
    }

    fn is_of(self, pattern: &str) -> bool {
        match pattern.strip_suffix('*') {
            Some("") => true,
            Some(group) => group.ends_with('.') && self.as_str().starts_with(group),
            None => self.as_str() == pattern,
        }
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

/// Which types of event somebody wants: a type, a group such as `message.*`, or `*`. A group takes types that are added to it later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventPattern(String);

impl EventPattern {
    /// Reads one that names a type at least.
    pub fn parse(text: &str) -> Option<Self> {
        EventKind::ALL.iter().any(|kind| kind.is_of(text)).then(|| Self(text.to_owned()))
    }

    /// One that was stored. Where it names no type that this version knows it takes none, and stays.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// All there are.
    pub fn all() -> Vec<String> {
        let group = |kind: &EventKind| kind.as_str().split_once('.').map(|(group, _)| format!("{group}.*"));
        let groups: BTreeSet<_> = EventKind::ALL.iter().filter_map(group).collect();
        let kinds = EventKind::ALL.iter().map(|kind| kind.as_str().to_owned());
        ["*".to_owned()].into_iter().chain(groups).chain(kinds).collect()
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it names this type.
    pub fn takes(&self, kind: EventKind) -> bool {
        kind.is_of(&self.0)
    }
}

impl From<EventKind> for EventPattern {
    fn from(kind: EventKind) -> Self {
        Self(kind.as_str().to_owned())
    }
}

/// What an event is about. Bodies are never part of it: a receiver reads them through the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A mail, as it stood.
    Message(Box<Message>),
    /// A mail that recipients' servers refused, and what they said.
    Bounced(Box<Message>, Bounce),
    /// A mail that a policy refused to take.
    Blocked(Box<Blocked>),
    /// An approval, as it stood.
    Approval(Box<Approval>),
    /// An inbox, as it stood.
    Inbox(Box<crate::mailbox::inbox::Inbox>),
    /// What is held back, or goes on.
    Halt(Box<Halt>),
    /// An endpoint.
    Endpoint(Endpoint),
    /// Whom no mail goes to.
    Suppression(Box<Suppression>),
    /// That a mail is held, without a word of it.
    Held(Box<HeldNotice>),
    /// An upload, as it stood.
    Upload(Box<UploadNotice>),
    /// A domain, as it stood.
    Domain(Box<DomainNotice>),
    /// A connected account, as it stood.
    Account(AccountNotice),
    /// A seat.
    Seat(SeatNotice),
    /// That somebody is invited.
    Invitation(InvitationNotice),
}

impl Subject {
    /// The inbox that it is about, if it is about one.
    pub fn inbox_id(&self) -> Option<InboxId> {
        match self {
            Subject::Message(message) | Subject::Bounced(message, _) => Some(message.inbox_id),
            Subject::Blocked(blocked) => Some(blocked.inbox_id),
            Subject::Approval(approval) => Some(approval.inbox_id),
            Subject::Inbox(inbox) => Some(inbox.id),
            Subject::Held(held) => Some(held.inbox_id),
            Subject::Upload(upload) => Some(upload.inbox_id),
            Subject::Account(account) => Some(account.id.inbox_id()),
            Subject::Halt(_)
            | Subject::Endpoint(_)
            | Subject::Suppression(_)
            | Subject::Domain(_)
            | Subject::Seat(_)
            | Subject::Invitation(_) => None,
        }
    }

    /// The mail that it is about, if it is about one.
    pub fn message_id(&self) -> Option<MessageId> {
        match self {
            Subject::Message(message) | Subject::Bounced(message, _) => Some(message.id),
            Subject::Approval(approval) => Some(approval.message_id),
            Subject::Blocked(_)
            | Subject::Inbox(_)
            | Subject::Halt(_)
            | Subject::Endpoint(_)
            | Subject::Suppression(_)
            | Subject::Domain(_)
            | Subject::Account(_)
            | Subject::Seat(_)
            | Subject::Invitation(_)
            | Subject::Upload(_)
            | Subject::Held(_) => None,
        }
    }
}

/// How a mail bounced, in the provider's words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bounce {
    /// `permanent`, `transient` or `undetermined`; `rejected` where the provider itself refused it.
    pub kind: String,
    /// More exactly, such as `general` or `mailbox_full`.
    pub subtype: Option<String>,
    /// Where it did, at most [`Bounce::MOST`].
    pub recipients: Vec<BouncedRecipient>,
}

impl Bounce {
    /// A mail has at most so many recipients.
    pub const MOST: usize = 50;
    /// A diagnostic is at most so long, in characters.
    pub const MAX_TEXT: usize = 500;
}

/// What a server said of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BouncedRecipient {
    /// The address.
    pub address: String,
    /// The status of RFC 3463, such as `5.1.1`.
    pub status: Option<String>,
    /// What the server said.
    pub diagnostic: Option<String>,
}

/// A mail that a policy refused to take. Nothing else of it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The inbox that it was to leave.
    pub inbox_id: InboxId,
    /// Who asked for it.
    pub requested_by: Actor,
    /// Why, as stable codes.
    pub reasons: Vec<String>,
}

/// What is held back, or goes on: of a token, or of the whole organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// The token; none where it is the organization.
    pub token_id: Option<TokenId>,
    /// The pause; none where it ended.
    pub paused: Option<Pause>,
}

/// A seat, without a word of who has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeatNotice {
    /// Its id.
    pub id: MemberId,
    /// The role; of one that was removed, the role that it had.
    pub role: Role,
}

/// That somebody is invited, without a word of who.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvitationNotice {
    /// Its id.
    pub id: InvitationId,
    /// The role that they are to have.
    pub role: Role,
}

/// An endpoint. Its URL may hold a secret of its owner's, and is no part of this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id.
    pub id: WebhookId,
    /// Whether it is told of events.
    pub status: WebhookStatus,
}

/// Whether an endpoint is told of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookStatus {
    /// It is.
    Active,
    /// Events wait for it, as long as they are kept.
    Paused,
    /// It is not, until a person says so.
    Disabled {
        /// Why.
        why: WhyDisabled,
        /// Since when.
        at: Timestamp,
    },
}

/// Why an endpoint is told of nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyDisabled {
    /// It answered with 410 (Gone).
    Gone,
    /// Every call of it failed, for days.
    Failing,
}

impl WhyDisabled {
    /// Both.
    pub const ALL: &[Self] = &[Self::Gone, Self::Failing];

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
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
    /// Of what is about one mail: what has a higher one happened later. It grows, with gaps. What was written before there were such has none.
    pub sequence: Option<u64>,
    /// Whether the change that it tells of is the one by which the provider has the mail: there is one such event of each mail that goes,
    /// whatever its type.
    pub went: bool,
    /// About what.
    pub subject: Subject,
}

impl Event {
    /// So long after it happened an event can be read.
    pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

    /// The place of the `n`-th event of the change that gave its mail this version: each change gives it a higher one.
    pub fn sequence_of(version: u64, n: usize) -> u64 {
        let n = u64::try_from(n).unwrap_or(u64::MAX).min(Self::AT_ONCE - 1);
        version.saturating_mul(Self::AT_ONCE).saturating_add(n)
    }

    /// A change tells of fewer events about one mail than this.
    const AT_ONCE: u64 = 10;

    /// What it counts as, where it counts: a mail that came in, or one that went.
    pub fn used(&self) -> Option<Used> {
        let (Subject::Message(message) | Subject::Bounced(message, _)) = &self.subject else { return None };
        let (token_id, amounts) = match &message.direction {
            Direction::Inbound { .. } if self.kind == EventKind::MessageReceived => {
                (None, Amounts::received(message.size))
            }
            Direction::Outbound(outbound) if self.went => (outbound.token_id, Amounts::sent(message.size)),
            Direction::Inbound { .. } | Direction::Outbound(_) => return None,
        };
        Some(Used { at: self.created_at, inbox_id: Some(message.inbox_id), token_id, amounts })
    }
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
        let inbox = [
            EventKind::InboxCreated,
            EventKind::InboxDeleted,
            EventKind::InboxPaused,
            EventKind::InboxResumed,
        ];
        assert_eq!(EventKind::matching("inbox.*"), inbox.into());
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

    #[test]
    fn patterns_take_what_they_name_and_one_that_is_unknown_by_now_takes_nothing() {
        for text in EventPattern::all() {
            let pattern = EventPattern::parse(&text).unwrap_or_else(|| panic!("{text}"));
            let taken: BTreeSet<_> =
                EventKind::ALL.iter().copied().filter(|kind| pattern.takes(*kind)).collect();
            assert_eq!(taken, EventKind::matching(&text));
        }
        assert_eq!(EventPattern::parse("message.sung"), None);
        let old = EventPattern::stored("message.sung".to_owned());
        assert!(EventKind::ALL.iter().all(|kind| !old.takes(*kind)));
    }

    #[test]
    fn a_later_change_has_the_higher_sequence() {
        assert!(Event::sequence_of(1, 0) < Event::sequence_of(1, 1));
        assert!(Event::sequence_of(1, 100) < Event::sequence_of(2, 0));
    }
}
