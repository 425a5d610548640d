//! Events: one is written with the change that it tells of, and read from the table's stream.

use domain::delivery::event::{Event, EventKind, Subject};
use domain::gate::approval::Approval;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::listed::Suppression;
use domain::mailbox::message::Message;
use domain::mailbox::screening::HeldNotice;
use domain::{EventId, OrganizationId, Timestamp};

use crate::base::field::{Corrupt, record};
use crate::base::item::{IndexKeys, Kind, Place, days_after, place};

/// Events are kept for so long.
const KEPT_DAYS: i64 = 30;

record! {
    Event as EventRecord {
        id: EventId,
        organization_id: OrganizationId,
        #[serde(rename = "event_type")]
        kind: EventKind,
        created_at: Timestamp,
        [subject: split_subject, join_subject] {
            #[serde(skip_serializing_if = "Option::is_none")]
            message: Option<Message>,
            #[serde(skip_serializing_if = "Option::is_none")]
            approval: Option<Approval>,
            #[serde(skip_serializing_if = "Option::is_none")]
            inbox: Option<Inbox>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            suppression: Option<Suppression>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            held: Option<HeldNotice>,
        }
    }
}

type SubjectParts =
    (Option<Message>, Option<Approval>, Option<Inbox>, Option<Suppression>, Option<HeldNotice>);

fn split_subject(subject: &Subject) -> SubjectParts {
    let mut parts = SubjectParts::default();
    match subject.clone() {
        Subject::Message(message) => parts.0 = Some(*message),
        // The place where a workflow waits is nobody's business.
        Subject::Approval(approval) => parts.1 = Some(Approval { task_token: None, ..*approval }),
        Subject::Inbox(inbox) => parts.2 = Some(*inbox),
        Subject::Suppression(suppression) => parts.3 = Some(*suppression),
        Subject::Held(held) => parts.4 = Some(*held),
    }
    parts
}

fn join_subject(parts: SubjectParts) -> Result<Subject, Corrupt> {
    match parts {
        (Some(message), None, None, None, None) => Ok(Subject::Message(Box::new(message))),
        (None, Some(approval), None, None, None) => Ok(Subject::Approval(Box::new(approval))),
        (None, None, Some(inbox), None, None) => Ok(Subject::Inbox(Box::new(inbox))),
        (None, None, None, Some(suppression), None) => Ok(Subject::Suppression(Box::new(suppression))),
        (None, None, None, None, Some(held)) => Ok(Subject::Held(Box::new(held))),
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
