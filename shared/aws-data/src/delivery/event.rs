//! Events: one is written with the change that it tells of, and read from the table's stream.

use domain::delivery::event::{
    Blocked, Bounce, BouncedRecipient, Endpoint, Event, EventKind, Halt, InvitationNotice, SeatNotice,
    Subject,
};
use domain::gate::approval::Approval;
use domain::gate::upload::UploadNotice;
use domain::mailbox::account::AccountNotice;
use domain::mailbox::domains::DomainNotice;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::listed::Suppression;
use domain::mailbox::message::Message;
use domain::mailbox::screening::HeldNotice;
use domain::people::access::{Actor, Role};
use domain::people::organization::Pause;
use domain::{EventId, InboxId, InvitationId, MemberId, OrganizationId, Timestamp, TokenId, WebhookId};

use crate::base::field::{Corrupt, Field, record};
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
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        went: bool,
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
            #[serde(default, skip_serializing_if = "Option::is_none")]
            suppression: Option<Suppression>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            held: Option<HeldNotice>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            domain: Option<DomainNotice>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            person: Option<Person>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            upload: Option<UploadNotice>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            account: Option<AccountNotice>,
        }
    }
}

/// A seat, or that somebody is invited: neither says who it is.
#[derive(Clone, Copy)]
enum Person {
    Seat(SeatNotice),
    Invitation(InvitationNotice),
}

/// A [`Person`] as it is stored: exactly one of the ids is there.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct PersonRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    member_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invitation_id: Option<String>,
    role: String,
}

impl Field for Person {
    type Form = PersonRecord;
    fn write(&self) -> PersonRecord {
        match self {
            Person::Seat(SeatNotice { id, role }) => {
                PersonRecord { member_id: Some(id.write()), invitation_id: None, role: role.write() }
            }
            Person::Invitation(InvitationNotice { id, role }) => {
                PersonRecord { member_id: None, invitation_id: Some(id.write()), role: role.write() }
            }
        }
    }
    fn read(form: PersonRecord) -> Result<Self, Corrupt> {
        let role = Role::read(form.role)?;
        match (form.member_id, form.invitation_id) {
            (Some(id), None) => Ok(Person::Seat(SeatNotice { id: MemberId::read(id)?, role })),
            (None, Some(id)) => {
                Ok(Person::Invitation(InvitationNotice { id: InvitationId::read(id)?, role }))
            }
            _ => Err(Corrupt("event")),
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
    Option<Suppression>,
    Option<HeldNotice>,
    Option<DomainNotice>,
    Option<Person>,
    Option<UploadNotice>,
    Option<AccountNotice>,
);

fn split_subject(subject: &Subject) -> SubjectParts {
    let mut parts: SubjectParts =
        (None, None, None, None, None, None, None, None, None, None, None, None, None);
    match subject.clone() {
        Subject::Message(message) => parts.0 = Some(*message),
        Subject::Bounced(message, bounce) => {
            parts.0 = Some(*message);
            parts.3 = Some(bounce);
        }
        // The place where a workflow waits is nobody's business.
        Subject::Approval(approval) => parts.1 = Some(Approval { task_token: None, ..*approval }),
        Subject::Inbox(inbox) => parts.2 = Some(*inbox),
        Subject::Blocked(blocked) => parts.4 = Some(*blocked),
        Subject::Halt(halt) => parts.5 = Some(*halt),
        Subject::Endpoint(endpoint) => parts.6 = Some(endpoint),
        Subject::Suppression(suppression) => parts.7 = Some(*suppression),
        Subject::Held(held) => parts.8 = Some(*held),
        Subject::Domain(domain) => parts.9 = Some(*domain),
        Subject::Seat(seat) => parts.10 = Some(Person::Seat(seat)),
        Subject::Invitation(invitation) => parts.10 = Some(Person::Invitation(invitation)),
        Subject::Upload(upload) => parts.11 = Some(*upload),
        Subject::Account(account) => parts.12 = Some(account),
    }
    parts
}

fn join_subject(parts: SubjectParts) -> Result<Subject, Corrupt> {
    Ok(match parts {
        (Some(message), None, None, None, None, None, None, None, None, None, None, None, None) => {
            Subject::Message(Box::new(message))
        }
        (Some(message), None, None, Some(bounce), None, None, None, None, None, None, None, None, None) => {
            Subject::Bounced(Box::new(message), bounce)
        }
        (None, Some(approval), None, None, None, None, None, None, None, None, None, None, None) => {
            Subject::Approval(Box::new(approval))
        }
        (None, None, Some(inbox), None, None, None, None, None, None, None, None, None, None) => {
            Subject::Inbox(Box::new(inbox))
        }
        (None, None, None, None, Some(blocked), None, None, None, None, None, None, None, None) => {
            Subject::Blocked(Box::new(blocked))
        }
        (None, None, None, None, None, Some(halt), None, None, None, None, None, None, None) => {
            Subject::Halt(Box::new(halt))
        }
        (None, None, None, None, None, None, Some(endpoint), None, None, None, None, None, None) => {
            Subject::Endpoint(endpoint)
        }
        (None, None, None, None, None, None, None, Some(suppression), None, None, None, None, None) => {
            Subject::Suppression(Box::new(suppression))
        }
        (None, None, None, None, None, None, None, None, Some(held), None, None, None, None) => {
            Subject::Held(Box::new(held))
        }
        (None, None, None, None, None, None, None, None, None, Some(domain), None, None, None) => {
            Subject::Domain(Box::new(domain))
        }
        (None, None, None, None, None, None, None, None, None, None, Some(person), None, None) => {
            match person {
                Person::Seat(seat) => Subject::Seat(seat),
                Person::Invitation(invitation) => Subject::Invitation(invitation),
            }
        }
        (None, None, None, None, None, None, None, None, None, None, None, Some(upload), None) => {
            Subject::Upload(Box::new(upload))
        }
        (None, None, None, None, None, None, None, None, None, None, None, None, Some(account)) => {
            Subject::Account(account)
        }
        _ => return Err(Corrupt("event")),
    })
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
