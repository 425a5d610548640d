//! The stored form of each domain type, and the way there and back.
//!
//! Field names here are the table's: they change only together with the data. Times are Unix milliseconds.

use std::collections::{BTreeMap, BTreeSet};

use app::store::{AddressEntry, Answer, Record, ThreadPointer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::access::{Actor, Role, Scope};
use domain::address::{EmailAddress, HeaderText};
use domain::approval::{Approval, Decision};
use domain::audit::AuditEntry;
use domain::credential::{Login, Session, Token};
use domain::digest::Digest;
use domain::event::{Event, EventKind, Subject};
use domain::id::Id;
use domain::inbox::Inbox;
use domain::lifecycle::{Outbound, Outcome, State};
use domain::message::{Attachment, AttachmentRef, Direction, Message, Party, Thread, Verdicts};
use domain::organization::{Member, Organization};
use domain::webhook::{Attempt, AttemptResult, Webhook};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A stored item that is not what its kind says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a stored {0} can't be read")]
pub(crate) struct Corrupt(pub(crate) &'static str);

fn id<T: Id>(text: &str) -> Result<T, Corrupt> {
    T::parse(text).map_err(|_| Corrupt("id"))
}

fn time(millis: i64) -> Result<Timestamp, Corrupt> {
    Timestamp::from_millisecond(millis).map_err(|_| Corrupt("time"))
}

fn times(millis: Option<i64>) -> Result<Option<Timestamp>, Corrupt> {
    millis.map(time).transpose()
}

fn address(text: &str) -> Result<EmailAddress, Corrupt> {
    EmailAddress::parse(text).map_err(|_| Corrupt("address"))
}

fn digest(text: &str) -> Result<Digest, Corrupt> {
    Digest::parse(text).map_err(|_| Corrupt("digest"))
}

fn binary(text: &str) -> Result<Vec<u8>, Corrupt> {
    BASE64.decode(text).map_err(|_| Corrupt("binary"))
}

fn role(text: &str) -> Result<Role, Corrupt> {
    Role::parse(text).ok_or(Corrupt("role"))
}

fn missing<T>(value: Option<T>) -> Result<T, Corrupt> {
    value.ok_or(Corrupt("field"))
}

#[derive(Serialize, Deserialize)]
pub(crate) struct OrganizationRecord {
    id: String,
    name: String,
    data_key: String,
    created_at: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct MemberRecord {
    id: String,
    organization_id: String,
    user_id: String,
    email: String,
    role: String,
    created_at: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct TokenRecord {
    id: String,
    organization_id: String,
    hash: String,
    last_four: String,
    name: String,
    member_id: String,
    role: String,
    scopes: Vec<String>,
    inboxes: Option<Vec<String>>,
    created_at: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct SessionRecord {
    id: String,
    organization_id: String,
    hash: String,
    member_id: String,
    role: String,
    created_at: i64,
    expires_at: i64,
    pub(crate) version: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct InboxRecord {
    id: String,
    organization_id: String,
    address: String,
    display_name: Option<String>,
    created_at: i64,
}

#[derive(Serialize, Deserialize)]
struct PartyRecord {
    name: Option<String>,
    address: String,
}

#[derive(Serialize, Deserialize)]
struct FileRecord {
    id: String,
    filename: String,
    content_type: String,
    size: u64,
    digest: String,
    content_id: Option<String>,
    inline: bool,
}

#[derive(Serialize, Deserialize)]
struct InboundRecord {
    raw_key: String,
    spam: String,
    virus: String,
    spf: String,
    dkim: String,
    dmarc: String,
    defects: Vec<String>,
    automatic: bool,
}

/// Flat, so that a claim can be one conditional update: see `table`.
#[derive(Serialize, Deserialize)]
pub(crate) struct OutboundRecord {
    approval_id: String,
    digest: String,
    send_at: Option<i64>,
    recipients: u32,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<i64>,
    attempt: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    outcomes: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct MessageRecord {
    id: String,
    organization_id: String,
    inbox_id: String,
    thread_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    inbound: Option<InboundRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outbound: Option<OutboundRecord>,
    from: PartyRecord,
    reply_to: Vec<PartyRecord>,
    to: Vec<PartyRecord>,
    cc: Vec<PartyRecord>,
    bcc: Vec<PartyRecord>,
    subject: String,
    preview: String,
    internet_message_id: Option<String>,
    references: Vec<String>,
    attachments: Vec<FileRecord>,
    size: u64,
    created_at: i64,
    pub(crate) version: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ThreadRecord {
    id: String,
    organization_id: String,
    inbox_id: String,
    subject: String,
    preview: String,
    last_from_name: Option<String>,
    last_from_address: String,
    message_count: u64,
    created_at: i64,
    last_message_at: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PointerRecord {
    inbox_id: String,
    hash: String,
    thread_id: String,
    at: i64,
}

#[derive(Serialize, Deserialize)]
struct ActorRecord {
    kind: String,
    member_id: Option<String>,
    token_id: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ApprovalRecord {
    id: String,
    organization_id: String,
    inbox_id: String,
    message_id: String,
    thread_id: String,
    answers: Option<String>,
    digest: String,
    requested_by: ActorRecord,
    requested_at: i64,
    expires_at: i64,
    send_at: Option<i64>,
    reasons: Vec<String>,
    recipients: Vec<PartyRecord>,
    subject: String,
    preview: String,
    attachment_count: u32,
    status: String,
    decided_by: Option<String>,
    decided_at: Option<i64>,
    decision_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_token: Option<String>,
    message_version: u64,
    pub(crate) version: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct AttachmentRecord {
    id: String,
    organization_id: String,
    inbox_id: Option<String>,
    message_id: Option<String>,
    filename: String,
    content_type: String,
    size: u64,
    created_at: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct WebhookRecord {
    id: String,
    organization_id: String,
    url: String,
    events: Vec<String>,
    sealed_secret: String,
    secret_last_four: String,
    created_at: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct AttemptRecord {
    webhook_id: String,
    organization_id: String,
    event_id: String,
    event_type: String,
    number: u32,
    at: i64,
    status: Option<u16>,
    no_answer: Option<String>,
    duration_ms: u64,
    retry_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct AnswerRecord {
    key: String,
    request: String,
    status: u16,
    body: String,
    expires_at: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct LoginRecord {
    user_id: String,
    email: String,
    password_hash: String,
    organization_id: String,
    member_id: String,
    failures: u32,
    locked_until: Option<i64>,
    pub(crate) version: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct AddressRecord {
    address: String,
    organization_id: String,
    inbox_id: String,
}

#[derive(Serialize)]
pub(crate) struct AuditRecord {
    id: String,
    organization_id: String,
    at: i64,
    actor: ActorRecord,
    action: String,
    target: String,
    details: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct EventRecord {
    id: String,
    organization_id: String,
    event_type: String,
    created_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<ApprovalRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inbox: Option<InboxRecord>,
}

/// A stored form with its domain type.
pub(crate) trait Stored: Sized {
    /// The domain type.
    type Domain;
    /// To be stored.
    fn write(value: &Self::Domain) -> Self;
    /// As it was stored.
    fn read(self) -> Result<Self::Domain, Corrupt>;
}

impl Stored for OrganizationRecord {
    type Domain = Organization;
    fn write(value: &Organization) -> Self {
        Self {
            id: value.id.to_string(),
            name: value.name.clone(),
            data_key: BASE64.encode(&value.data_key),
            created_at: value.created_at.as_millisecond(),
        }
    }
    fn read(self) -> Result<Organization, Corrupt> {
        Ok(Organization {
            id: id(&self.id)?,
            name: self.name,
            data_key: binary(&self.data_key)?,
            created_at: time(self.created_at)?,
        })
    }
}

impl Stored for MemberRecord {
    type Domain = Member;
    fn write(value: &Member) -> Self {
        Self {
            id: value.id.to_string(),
            organization_id: value.organization_id.to_string(),
            user_id: value.user_id.to_string(),
            email: value.email.to_string(),
            role: value.role.as_str().to_owned(),
            created_at: value.created_at.as_millisecond(),
        }
    }
    fn read(self) -> Result<Member, Corrupt> {
        Ok(Member {
            id: id(&self.id)?,
            organization_id: id(&self.organization_id)?,
            user_id: id(&self.user_id)?,
            email: address(&self.email)?,
            role: role(&self.role)?,
            created_at: time(self.created_at)?,
        })
    }
}

impl Stored for TokenRecord {
    type Domain = Token;
    fn write(value: &Token) -> Self {
        Self {
            id: value.id.to_string(),
            organization_id: value.organization_id.to_string(),
            hash: value.hash.to_string(),
            last_four: value.last_four.clone(),
            name: value.name.clone(),
            member_id: value.member_id.to_string(),
            role: value.role.as_str().to_owned(),
            scopes: value.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
            inboxes: value.inboxes.as_ref().map(|set| set.iter().map(ToString::to_string).collect()),
            created_at: value.created_at.as_millisecond(),
        }
    }
    fn read(self) -> Result<Token, Corrupt> {
        let inboxes =
            |list: Vec<String>| list.iter().map(|text| id(text)).collect::<Result<BTreeSet<_>, _>>();
        Ok(Token {
            id: id(&self.id)?,
            organization_id: id(&self.organization_id)?,
            hash: digest(&self.hash)?,
            last_four: self.last_four,
            name: self.name,
            member_id: id(&self.member_id)?,
            role: role(&self.role)?,
            // A scope that this version does not know grants nothing.
            scopes: self.scopes.iter().filter_map(|text| Scope::parse(text)).collect(),
            inboxes: self.inboxes.map(inboxes).transpose()?,
            created_at: time(self.created_at)?,
        })
    }
}

impl Stored for SessionRecord {
    type Domain = Session;
    fn write(value: &Session) -> Self {
        Self {
            id: value.id.to_string(),
            organization_id: value.organization_id.to_string(),
            hash: value.hash.to_string(),
            member_id: value.member_id.to_string(),
            role: value.role.as_str().to_owned(),
            created_at: value.created_at.as_millisecond(),
            expires_at: value.expires_at.as_millisecond(),
            version: value.version,
        }
    }
    fn read(self) -> Result<Session, Corrupt> {
        Ok(Session {
            id: id(&self.id)?,
            organization_id: id(&self.organization_id)?,
            hash: digest(&self.hash)?,
            member_id: id(&self.member_id)?,
            role: role(&self.role)?,
            created_at: time(self.created_at)?,
            expires_at: time(self.expires_at)?,
            version: self.version,
        })
    }
}

impl Stored for InboxRecord {
    type Domain = Inbox;
    fn write(value: &Inbox) -> Self {
        Self {
            id: value.id.to_string(),
            organization_id: value.organization_id.to_string(),
            address: value.address.to_string(),
            display_name: value.display_name.as_ref().map(|name| name.as_str().to_owned()),
            created_at: value.created_at.as_millisecond(),
        }
    }
    fn read(self) -> Result<Inbox, Corrupt> {
        Ok(Inbox {
            id: id(&self.id)?,
            organization_id: id(&self.organization_id)?,
            address: address(&self.address)?,
            display_name: self.display_name.as_deref().map(HeaderText::lossy),
            created_at: time(self.created_at)?,
        })
    }
}

impl PartyRecord {
    fn write(party: &Party) -> Self {
        Self { name: party.name.clone(), address: party.address.clone() }
    }
    fn write_all(parties: &[Party]) -> Vec<Self> {
        parties.iter().map(Self::write).collect()
    }
    fn read(self) -> Party {
        Party { name: self.name, address: self.address }
    }
    fn read_all(records: Vec<Self>) -> Vec<Party> {
        records.into_iter().map(Self::read).collect()
    }
}

impl Stored for FileRecord {
    type Domain = AttachmentRef;
    fn write(value: &AttachmentRef) -> Self {
        Self {
            id: value.id.to_string(),
            filename: value.filename.clone(),
            content_type: value.content_type.clone(),
            size: value.size,
            digest: value.digest.to_string(),
            content_id: value.content_id.clone(),
            inline: value.inline,
        }
    }
    fn read(self) -> Result<AttachmentRef, Corrupt> {
        Ok(AttachmentRef {
            id: id(&self.id)?,
            filename: self.filename,
            content_type: self.content_type,
            size: self.size,
            digest: digest(&self.digest)?,
            content_id: self.content_id,
            inline: self.inline,
        })
    }
}

impl Stored for OutboundRecord {
    type Domain = Outbound;
    fn write(value: &Outbound) -> Self {
        let mut record = Self {
            approval_id: value.approval_id.to_string(),
            digest: value.digest.to_string(),
            send_at: value.send_at.map(Timestamp::as_millisecond),
            recipients: value.recipients,
            state: String::new(),
            expires_at: None,
            due: None,
            attempt: 0,
            at: None,
            provider_id: None,
            reason: None,
            outcomes: BTreeMap::new(),
        };
        let (state, at) = match &value.state {
            State::PendingApproval { expires_at } => {
                record.expires_at = Some(expires_at.as_millisecond());
                ("pending_approval", None)
            }
            State::Scheduled { due, attempt } => {
                (record.due, record.attempt) = (Some(due.as_millisecond()), *attempt);
                ("scheduled", None)
            }
            State::Sending { claimed_at, attempt } => {
                record.attempt = *attempt;
                ("sending", Some(claimed_at))
            }
            State::Accepted { provider_id, at, outcomes } => {
                record.provider_id = Some(provider_id.clone());
                record.outcomes = outcomes.iter().map(|(k, v)| (k.clone(), v.as_str().to_owned())).collect();
                ("accepted", Some(at))
            }
            State::Failed { reason, at } => {
                record.reason = Some(reason.clone());
                ("failed", Some(at))
            }
            State::Rejected { at } => ("rejected", Some(at)),
            State::Expired { at } => ("expired", Some(at)),
            State::Unknown { since } => ("unknown", Some(since)),
        };
        state.clone_into(&mut record.state);
        record.at = at.map(|at| at.as_millisecond());
        record
    }
    fn read(self) -> Result<Outbound, Corrupt> {
        let at = || time(missing(self.at)?);
        let state = match self.state.as_str() {
            "pending_approval" => State::PendingApproval { expires_at: time(missing(self.expires_at)?)? },
            "scheduled" => State::Scheduled { due: time(missing(self.due)?)?, attempt: self.attempt },
            "sending" => State::Sending { claimed_at: at()?, attempt: self.attempt },
            "accepted" => State::Accepted {
                at: at()?,
                outcomes: self
                    .outcomes
                    .iter()
                    .map(|(k, v)| Ok((k.clone(), missing(Outcome::parse(v))?)))
                    .collect::<Result<_, Corrupt>>()?,
                provider_id: missing(self.provider_id)?,
            },
            "failed" => State::Failed { at: at()?, reason: missing(self.reason)? },
            "rejected" => State::Rejected { at: at()? },
            "expired" => State::Expired { at: at()? },
            "unknown" => State::Unknown { since: at()? },
            _ => return Err(Corrupt("state")),
        };
        Ok(Outbound {
            approval_id: id(&self.approval_id)?,
            digest: digest(&self.digest)?,
            send_at: times(self.send_at)?,
            recipients: self.recipients,
            state,
        })
    }
}

impl Stored for InboundRecord {
    type Domain = Direction;
    fn write(value: &Direction) -> Self {
        let Direction::Inbound { raw_key, verdicts, defects, automatic } = value else {
            unreachable!("only called for inbound mail")
        };
        Self {
            raw_key: raw_key.clone(),
            spam: verdicts.spam.clone(),
            virus: verdicts.virus.clone(),
            spf: verdicts.spf.clone(),
            dkim: verdicts.dkim.clone(),
            dmarc: verdicts.dmarc.clone(),
            defects: defects.clone(),
            automatic: *automatic,
        }
    }
    fn read(self) -> Result<Direction, Corrupt> {
        let Self { spam, virus, spf, dkim, dmarc, .. } = self;
        Ok(Direction::Inbound {
            raw_key: self.raw_key,
            verdicts: Verdicts { spam, virus, spf, dkim, dmarc },
            defects: self.defects,
            automatic: self.automatic,
        })
    }
}

impl Stored for MessageRecord {
    type Domain = Message;
    fn write(value: &Message) -> Self {
        let inbound = matches!(value.direction, Direction::Inbound { .. });
        Self {
            id: value.id.to_string(),
            organization_id: value.organization_id.to_string(),
            inbox_id: value.inbox_id.to_string(),
            thread_id: value.thread_id.to_string(),
            inbound: inbound.then(|| InboundRecord::write(&value.direction)),
            outbound: value.outbound().map(OutboundRecord::write),
            from: PartyRecord::write(&value.from),
            reply_to: PartyRecord::write_all(&value.reply_to),
            to: PartyRecord::write_all(&value.to),
            cc: PartyRecord::write_all(&value.cc),
            bcc: PartyRecord::write_all(&value.bcc),
            subject: value.subject.clone(),
            preview: value.preview.clone(),
            internet_message_id: value.internet_message_id.clone(),
            references: value.references.clone(),
            attachments: value.attachments.iter().map(FileRecord::write).collect(),
            size: value.size,
            created_at: value.created_at.as_millisecond(),
            version: value.version,
        }
    }
    fn read(self) -> Result<Message, Corrupt> {
        let direction = match (self.inbound, self.outbound) {
            (Some(inbound), None) => inbound.read()?,
            (None, Some(outbound)) => Direction::Outbound(outbound.read()?),
            _ => return Err(Corrupt("direction")),
        };
        Ok(Message {
            id: id(&self.id)?,
            organization_id: id(&self.organization_id)?,
            inbox_id: id(&self.inbox_id)?,
            thread_id: id(&self.thread_id)?,
            direction,
            from: self.from.read(),
            reply_to: PartyRecord::read_all(self.reply_to),
            to: PartyRecord::read_all(self.to),
            cc: PartyRecord::read_all(self.cc),
            bcc: PartyRecord::read_all(self.bcc),
            subject: self.subject,
            preview: self.preview,
            internet_message_id: self.internet_message_id,
            references: self.references,
            attachments: self.attachments.into_iter().map(FileRecord::read).collect::<Result<_, _>>()?,
            size: self.size,
            created_at: time(self.created_at)?,
            version: self.version,
        })
    }
}

impl Stored for ThreadRecord {
    type Domain = Thread;
    fn write(value: &Thread) -> Self {
        Self {
            id: value.id.to_string(),
            organization_id: value.organization_id.to_string(),
            inbox_id: value.inbox_id.to_string(),
            subject: value.subject.clone(),
            preview: value.preview.clone(),
            last_from_name: value.last_from.name.clone(),
            last_from_address: value.last_from.address.clone(),
            message_count: value.message_count,
            created_at: value.created_at.as_millisecond(),
            last_message_at: value.last_message_at.as_millisecond(),
        }
    }
    fn read(self) -> Result<Thread, Corrupt> {
        Ok(Thread {
            id: id(&self.id)?,
            organization_id: id(&self.organization_id)?,
            inbox_id: id(&self.inbox_id)?,
            subject: self.subject,
            preview: self.preview,
            last_from: Party { name: self.last_from_name, address: self.last_from_address },
            message_count: self.message_count,
            created_at: time(self.created_at)?,
            last_message_at: time(self.last_message_at)?,
        })
    }
}

impl Stored for PointerRecord {
    type Domain = ThreadPointer;
    fn write(value: &ThreadPointer) -> Self {
        Self {
            inbox_id: value.inbox_id.to_string(),
            hash: value.hash.to_string(),
            thread_id: value.thread_id.to_string(),
            at: value.at.as_millisecond(),
        }
    }
    fn read(self) -> Result<ThreadPointer, Corrupt> {
        Ok(ThreadPointer {
            inbox_id: id(&self.inbox_id)?,
            hash: digest(&self.hash)?,
            thread_id: id(&self.thread_id)?,
            at: time(self.at)?,
        })
    }
}

impl Stored for ActorRecord {
    type Domain = Actor;
    fn write(value: &Actor) -> Self {
        let (kind, token) = match value {
            Actor::Member { .. } => ("member", None),
            Actor::Token { token_id, .. } => ("token", Some(token_id.to_string())),
            Actor::System => ("system", None),
        };
        Self { kind: kind.to_owned(), member_id: value.member().map(|id| id.to_string()), token_id: token }
    }
    fn read(self) -> Result<Actor, Corrupt> {
        match (self.kind.as_str(), self.member_id, self.token_id) {
            ("member", Some(member), _) => Ok(Actor::Member { member_id: id(&member)? }),
            ("token", Some(member), Some(token)) => {
                Ok(Actor::Token { token_id: id(&token)?, member_id: id(&member)? })
            }
            ("system", _, _) => Ok(Actor::System),
            _ => Err(Corrupt("actor")),
        }
    }
}

impl Stored for ApprovalRecord {
    type Domain = Approval;
    fn write(value: &Approval) -> Self {
        let (by, at, reason) = match &value.decision {
            Decision::Pending => (None, None, None),
            Decision::Approved { by, at } => (Some(by), Some(at), None),
            Decision::Rejected { by, at, reason } => (Some(by), Some(at), Some(reason)),
            Decision::Expired { at } => (None, Some(at), None),
        };
        Self {
            id: value.id.to_string(),
            organization_id: value.organization_id.to_string(),
            inbox_id: value.inbox_id.to_string(),
            message_id: value.message_id.to_string(),
            thread_id: value.thread_id.to_string(),
            answers: value.answers.map(|id| id.to_string()),
            digest: value.digest.to_string(),
            requested_by: ActorRecord::write(&value.requested_by),
            requested_at: value.requested_at.as_millisecond(),
            expires_at: value.expires_at.as_millisecond(),
            send_at: value.send_at.map(Timestamp::as_millisecond),
            reasons: value.reasons.clone(),
            recipients: PartyRecord::write_all(&value.recipients),
            subject: value.subject.clone(),
            preview: value.preview.clone(),
            attachment_count: value.attachment_count,
            status: value.decision.as_str().to_owned(),
            decided_by: by.map(ToString::to_string),
            decided_at: at.map(|at| at.as_millisecond()),
            decision_reason: reason.cloned(),
            task_token: value.task_token.clone(),
            message_version: value.message_version,
            version: value.version,
        }
    }
    fn read(self) -> Result<Approval, Corrupt> {
        let by = || id(missing(self.decided_by.as_deref())?);
        let at = || time(missing(self.decided_at)?);
        let decision = match self.status.as_str() {
            "pending" => Decision::Pending,
            "approved" => Decision::Approved { by: by()?, at: at()? },
            "rejected" => {
                Decision::Rejected { by: by()?, at: at()?, reason: self.decision_reason.unwrap_or_default() }
            }
            "expired" => Decision::Expired { at: at()? },
            _ => return Err(Corrupt("approval status")),
        };
        Ok(Approval {
            id: id(&self.id)?,
            organization_id: id(&self.organization_id)?,
            inbox_id: id(&self.inbox_id)?,
            message_id: id(&self.message_id)?,
            thread_id: id(&self.thread_id)?,
            answers: self.answers.as_deref().map(id).transpose()?,
            digest: digest(&self.digest)?,
            requested_by: self.requested_by.read()?,
            requested_at: time(self.requested_at)?,
            expires_at: time(self.expires_at)?,
            send_at: times(self.send_at)?,
            reasons: self.reasons,
            recipients: PartyRecord::read_all(self.recipients),
            subject: self.subject,
            preview: self.preview,
            attachment_count: self.attachment_count,
            decision,
            task_token: self.task_token,
            message_version: self.message_version,
            version: self.version,
        })
    }
}

impl Stored for AttachmentRecord {
    type Domain = Attachment;
    fn write(value: &Attachment) -> Self {
        Self {
            id: value.id.to_string(),
            organization_id: value.organization_id.to_string(),
            inbox_id: value.message.map(|(inbox, _)| inbox.to_string()),
            message_id: value.message.map(|(_, message)| message.to_string()),
            filename: value.filename.clone(),
            content_type: value.content_type.clone(),
            size: value.size,
            created_at: value.created_at.as_millisecond(),
        }
    }
    fn read(self) -> Result<Attachment, Corrupt> {
        let message = match (&self.inbox_id, &self.message_id) {
            (Some(inbox), Some(message)) => Some((id(inbox)?, id(message)?)),
            _ => None,
        };
        Ok(Attachment {
            id: id(&self.id)?,
            organization_id: id(&self.organization_id)?,
            message,
            filename: self.filename,
            content_type: self.content_type,
            size: self.size,
            created_at: time(self.created_at)?,
        })
    }
}

impl Stored for WebhookRecord {
    type Domain = Webhook;
    fn write(value: &Webhook) -> Self {
        Self {
            id: value.id.to_string(),
            organization_id: value.organization_id.to_string(),
            url: value.url.clone(),
            events: value.events.iter().map(|kind| kind.as_str().to_owned()).collect(),
            sealed_secret: BASE64.encode(&value.sealed_secret),
            secret_last_four: value.secret_last_four.clone(),
            created_at: value.created_at.as_millisecond(),
        }
    }
    fn read(self) -> Result<Webhook, Corrupt> {
        Ok(Webhook {
            id: id(&self.id)?,
            organization_id: id(&self.organization_id)?,
            url: self.url,
            events: self.events.iter().filter_map(|text| EventKind::parse(text)).collect(),
            sealed_secret: binary(&self.sealed_secret)?,
            secret_last_four: self.secret_last_four,
            created_at: time(self.created_at)?,
        })
    }
}

/// What an endpoint that did not answer did instead.
const NO_ANSWER: &[&str] = &["timeout", "not_connected", "not_public", "broken_answer"];

impl Stored for AttemptRecord {
    type Domain = Attempt;
    fn write(value: &Attempt) -> Self {
        let (status, no_answer) = match &value.result {
            AttemptResult::Answered(status) => (Some(*status), None),
            AttemptResult::NoAnswer(code) => (None, Some((*code).to_owned())),
        };
        Self {
            webhook_id: value.webhook_id.to_string(),
            organization_id: value.organization_id.to_string(),
            event_id: value.event_id.to_string(),
            event_type: value.kind.as_str().to_owned(),
            number: value.number,
            at: value.at.as_millisecond(),
            status,
            no_answer,
            duration_ms: value.duration_ms,
            retry_at: value.retry_at.map(Timestamp::as_millisecond),
        }
    }
    fn read(self) -> Result<Attempt, Corrupt> {
        let known =
            |code: &str| NO_ANSWER.iter().copied().find(|known| *known == code).unwrap_or("not_connected");
        Ok(Attempt {
            webhook_id: id(&self.webhook_id)?,
            organization_id: id(&self.organization_id)?,
            event_id: id(&self.event_id)?,
            kind: missing(EventKind::parse(&self.event_type))?,
            number: self.number,
            at: time(self.at)?,
            result: match self.status {
                Some(status) => AttemptResult::Answered(status),
                None => AttemptResult::NoAnswer(known(self.no_answer.as_deref().unwrap_or_default())),
            },
            duration_ms: self.duration_ms,
            retry_at: times(self.retry_at)?,
        })
    }
}

impl Stored for AnswerRecord {
    type Domain = Answer;
    fn write(value: &Answer) -> Self {
        Self {
            key: value.key.to_string(),
            request: value.request.to_string(),
            status: value.status,
            body: value.body.clone(),
            expires_at: value.expires_at.as_millisecond(),
        }
    }
    fn read(self) -> Result<Answer, Corrupt> {
        Ok(Answer {
            key: digest(&self.key)?,
            request: digest(&self.request)?,
            status: self.status,
            body: self.body,
            expires_at: time(self.expires_at)?,
        })
    }
}

impl Stored for LoginRecord {
    type Domain = Login;
    fn write(value: &Login) -> Self {
        Self {
            user_id: value.user_id.to_string(),
            email: value.email.to_string(),
            password_hash: value.password_hash.clone(),
            organization_id: value.organization_id.to_string(),
            member_id: value.member_id.to_string(),
            failures: value.failures,
            locked_until: value.locked_until.map(Timestamp::as_millisecond),
            version: value.version,
        }
    }
    fn read(self) -> Result<Login, Corrupt> {
        Ok(Login {
            user_id: id(&self.user_id)?,
            email: address(&self.email)?,
            password_hash: self.password_hash,
            organization_id: id(&self.organization_id)?,
            member_id: id(&self.member_id)?,
            failures: self.failures,
            locked_until: times(self.locked_until)?,
            version: self.version,
        })
    }
}

impl Stored for AddressRecord {
    type Domain = AddressEntry;
    fn write(value: &AddressEntry) -> Self {
        Self {
            address: value.address.to_string(),
            organization_id: value.organization_id.to_string(),
            inbox_id: value.inbox_id.to_string(),
        }
    }
    fn read(self) -> Result<AddressEntry, Corrupt> {
        Ok(AddressEntry {
            address: address(&self.address)?,
            organization_id: id(&self.organization_id)?,
            inbox_id: id(&self.inbox_id)?,
        })
    }
}

impl AuditRecord {
    pub(crate) fn write(value: &AuditEntry) -> Self {
        Self {
            id: value.id.to_string(),
            organization_id: value.organization_id.to_string(),
            at: value.at.as_millisecond(),
            actor: ActorRecord::write(&value.actor),
            action: value.action.to_owned(),
            target: value.target.clone(),
            details: value.details.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
        }
    }
}

impl Stored for EventRecord {
    type Domain = Event;
    fn write(value: &Event) -> Self {
        let mut record = Self {
            id: value.id.to_string(),
            organization_id: value.organization_id.to_string(),
            event_type: value.kind.as_str().to_owned(),
            created_at: value.created_at.as_millisecond(),
            message: None,
            approval: None,
            inbox: None,
        };
        match &value.subject {
            Subject::Message(message) => record.message = Some(MessageRecord::write(message)),
            Subject::Approval(approval) => {
                // The place where a workflow waits is nobody's business.
                let approval = Approval { task_token: None, ..(**approval).clone() };
                record.approval = Some(ApprovalRecord::write(&approval));
            }
            Subject::Inbox(inbox) => record.inbox = Some(InboxRecord::write(inbox)),
        }
        record
    }
    fn read(self) -> Result<Event, Corrupt> {
        let subject = match (self.message, self.approval, self.inbox) {
            (Some(message), None, None) => Subject::Message(Box::new(message.read()?)),
            (None, Some(approval), None) => Subject::Approval(Box::new(approval.read()?)),
            (None, None, Some(inbox)) => Subject::Inbox(Box::new(inbox.read()?)),
            _ => return Err(Corrupt("event")),
        };
        Ok(Event {
            id: id(&self.id)?,
            organization_id: id(&self.organization_id)?,
            kind: missing(EventKind::parse(&self.event_type))?,
            created_at: time(self.created_at)?,
            subject,
        })
    }
}

/// The kinds of item, as the table names them.
pub(crate) fn kind(record: &Record) -> &'static str {
    match record {
        Record::Organization(_) => "organization",
        Record::Member(_) => "member",
        Record::Token(_) => "token",
        Record::Session(_) => "session",
        Record::Inbox(_) => "inbox",
        Record::Message(_) => "message",
        Record::Thread(_) => "thread",
        Record::ThreadPointer(_) => "pointer",
        Record::Approval(_) => "approval",
        Record::Attachment(_) => "attachment",
        Record::Webhook(_) => "webhook",
        Record::Answer(_) => "answer",
        Record::Attempt(_) => "attempt",
    }
}
