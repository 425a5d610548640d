//! Events: one is written with the change that it tells of, and read from the table's stream.

use domain::delivery::event::{Blocked, Bounce, BouncedRecipient, Endpoint, Event, EventKind, Halt, Subject};
use domain::gate::approval::Approval;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::message::Message;
use domain::people::access::Actor;
use domain::people::organization::Pause;
use domain::{EventId, InboxId, OrganizationId, Timestamp, TokenId, WebhookId};

use crate::base::field::{Corrupt, record};
use crate::base::item::{IndexKeys, Kind, Place, days_after, place};
use crate::delivery::webhook::{join_status, split_status};

/// Events are kept for so long.
const KEPT_DAYS: i64 = 30;

record! {
    Event as EventRecord {
        id: EventId,
        organization_id: OrganizationId,
        #[serde(rename = "event_type")]
        kind: EventKind,
        created_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sequence: Option<u64>,
        [subject: split_subject, join_subject] {
            #[serde(skip_serializing_if = "Option::is_none")]
            message: Option<Message>,
            #[serde(skip_serializing_if = "Option::is_none")]
            approval: Option<Approval>,
            #[serde(skip_serializing_if = "Option::is_none")]
            inbox: Option<Inbox>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            bounce: Option<Bounce>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            blocked: Option<Blocked>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            halt: Option<Halt>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            endpoint: Option<Endpoint>,
        }
    }
}

record! {
    Bounce as BounceRecord {
        kind: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        subtype: Option<String>,
        recipients: Vec<BouncedRecipient>,
    }
}

record! {
    BouncedRecipient as BouncedRecipientRecord {
        address: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        diagnostic: Option<String>,
    }
}

record! {
    Blocked as BlockedRecord {
        inbox_id: InboxId,
        requested_by: Actor,
        reasons: Vec<String>,
    }
}

record! {
    Halt as HaltRecord {
        #[serde(skip_serializing_if = "Option::is_none")]
        token_id: Option<TokenId>,
        #[serde(skip_serializing_if = "Option::is_none")]
        paused: Option<Pause>,
    }
}

record! {
    Endpoint as EndpointRecord {
        id: WebhookId,
        [status: split_status, join_status] {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            status: Option<String>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            disabled_at: Option<Timestamp>,
        }
    }
}

type SubjectParts = (
    Option<Message>,
    Option<Approval>,
    Option<Inbox>,
    Option<Bounce>,
    Option<Blocked>,
    Option<Halt>,
    Option<Endpoint>,
);

fn split_subject(subject: &Subject) -> SubjectParts {
    match subject.clone() {
        Subject::Message(message) => (Some(*message), None, None, None, None, None, None),
        Subject::Bounced(message, bounce) => (Some(*message), None, None, Some(bounce), None, None, None),
        // The place where a workflow waits is nobody's business.
        Subject::Approval(approval) => {
            (None, Some(Approval { task_token: None, ..*approval }), None, None, None, None, None)
        }
        Subject::Inbox(inbox) => (None, None, Some(*inbox), None, None, None, None),
        Subject::Blocked(blocked) => (None, None, None, None, Some(*blocked), None, None),
        Subject::Halt(halt) => (None, None, None, None, None, Some(*halt), None),
        Subject::Endpoint(endpoint) => (None, None, None, None, None, None, Some(endpoint)),
    }
}

fn join_subject(parts: SubjectParts) -> Result<Subject, Corrupt> {
    match parts {
        (Some(message), None, None, None, None, None, None) => Ok(Subject::Message(Box::new(message))),
        (Some(message), None, None, Some(bounce), None, None, None) => {
            Ok(Subject::Bounced(Box::new(message), bounce))
        }
        (None, Some(approval), None, None, None, None, None) => Ok(Subject::Approval(Box::new(approval))),
        (None, None, Some(inbox), None, None, None, None) => Ok(Subject::Inbox(Box::new(inbox))),
        (None, None, None, None, Some(blocked), None, None) => Ok(Subject::Blocked(Box::new(blocked))),
        (None, None, None, None, None, Some(halt), None) => Ok(Subject::Halt(Box::new(halt))),
        (None, None, None, None, None, None, Some(endpoint)) => Ok(Subject::Endpoint(endpoint)),
        _ => Err(Corrupt("event")),
    }
}

impl Kind for Event {
    const NAME: &'static str = "event";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some(days_after(self.created_at, KEPT_DAYS)), ..IndexKeys::default() }
    }
}

/// Where an event lies.
pub(crate) fn at(organization: OrganizationId, id: EventId) -> Place {
    place(format!("{organization}/{id}"), "event")
}
