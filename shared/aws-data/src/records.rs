//! The stored form of each domain type, and the way there and back.
//!
//! Field names here are the table's: they change only together with the data. Times are Unix milliseconds.

use std::collections::{BTreeMap, BTreeSet};

use app::base::store::{AddressEntry, Answer, Contact, Counter, Record, ThreadPointer, TokenPointer};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::MemberId;
use domain::base::address::{EmailAddress, HeaderText};
use domain::base::digest::Digest;
use domain::base::id::Id;
use domain::delivery::event::{Event, EventKind, Subject};
use domain::delivery::webhook::{Attempt, AttemptResult, Health, Webhook};
use domain::gate::approval::{Approval, Decision, Delegation, HtmlChange, Verdict, Vote, Voter};
use domain::gate::link::Link;
use domain::gate::notice::{Notice, NoticeState, Pace};
use domain::gate::policy::{By, Late, Links, Requirement, Step, Terms};
use domain::gate::policy::{Policy, PolicyBook, PolicyContent, Tree, Unreadable};
use domain::gate::standing::{StandingApproval, Target};
use domain::ledger::audit::{ChainedEntry, Entry, Head};
use domain::mailbox::finding::{Finding, FindingKind};
use domain::mailbox::inbox::Inbox;
use domain::mailbox::lifecycle::{Nonce, Outbound, Outcome, State};
use domain::mailbox::message::{Attachment, AttachmentRef, Direction, Message, Party, Thread, Verdicts};
use domain::people::access::{Actor, Credential, Role, Scope};
use domain::people::credential::{Login, Session, Token};
use domain::people::organization::{Member, Organization, Pause};
use jiff::{SignedDuration, Timestamp};
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

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(octets: Nonce) -> String {
    format!("{:016x}", u64::from_be_bytes(octets))
}

fn nonce(text: &str) -> Result<Nonce, Corrupt> {
    u64::from_str_radix(text, 16).map(u64::to_be_bytes).map_err(|_| Corrupt("nonce"))
}

fn missing<T>(value: Option<T>) -> Result<T, Corrupt> {
    value.ok_or(Corrupt("field"))
}

#[derive(Serialize, Deserialize)]
struct PauseRecord {
    by: ActorRecord,
    at: i64,
    reason: String,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct OrganizationRecord {
    id: String,
    name: String,
    data_key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paused: Option<PauseRecord>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paused: Option<PauseRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ancestors: Vec<String>,
    created_at: i64,
}

/// What somebody acted with: a session's or a token's id, or what the secret of a one-time link hashes to, and of a token
/// the hashes of those that must hold.
#[derive(Serialize, Deserialize)]
struct CredentialRecord {
    kind: String,
    id: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    chain: Vec<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct TokenPointerRecord {
    id: String,
    hash: String,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends_at: Option<i64>,
    pub(crate) version: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct InboxRecord {
    id: String,
    organization_id: String,
    address: String,
    display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paused: Option<PauseRecord>,
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
    /// Mail that was filed before there were findings has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    findings: Vec<FindingRecord>,
    #[serde(default)]
    authenticated: bool,
}

#[derive(Serialize, Deserialize)]
struct FindingRecord {
    code: String,
    evidence: String,
}

/// Flat, so that a claim can be one conditional update: see `table`.
#[derive(Serialize, Deserialize)]
pub(crate) struct OutboundRecord {
    approval_id: String,
    digest: String,
    send_at: Option<i64>,
    recipients: u32,
    #[serde(default)]
    first_contact: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sent_again_as: Vec<String>,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remind_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    look_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<String>,
    #[serde(default)]
    told: u8,
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
    #[serde(default)]
    tainted: bool,
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attempts: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    authors: Vec<String>,
    digest: String,
    revision: u32,
    supersedes: Option<String>,
    edited_by: Option<String>,
    requested_by: ActorRecord,
    asked_with: CredentialRecord,
    requested_at: i64,
    expires_at: i64,
    send_at: Option<i64>,
    terms: Option<TermsRecord>,
    reasons: Vec<String>,
    trace: Vec<StepRecord>,
    votes: Vec<VoteRecord>,
    delegations: Vec<DelegationRecord>,
    recipients: Vec<PartyRecord>,
    subject: String,
    preview: String,
    attachment_count: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    html_changes: Vec<HtmlChangeRecord>,
    status: String,
    decided_by: Option<ActorRecord>,
    decided_at: Option<i64>,
    decision_reason: Option<String>,
    superseded_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task_token: Option<String>,
    pub(crate) version: u64,
}

#[derive(Serialize, Deserialize)]
struct HtmlChangeRecord {
    kind: String,
    what: String,
    count: u32,
}

#[derive(Serialize, Deserialize)]
struct RequirementRecord {
    quorum: u8,
    roles: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct TermsRecord {
    requirements: Vec<RequirementRecord>,
    separation: bool,
    rejections: u8,
    expires_in: i64,
    late: String,
    remind_after: Option<i64>,
    notify: Vec<String>,
    by: String,
    links: String,
}

#[derive(Serialize, Deserialize)]
struct StepRecord {
    policy_id: String,
    policy_version: u64,
    policy_name: String,
    rule: u32,
    rule_name: String,
    outcome: String,
    because: String,
}

#[derive(Serialize, Deserialize)]
struct VoteRecord {
    member_id: String,
    role: String,
    at: i64,
    reject: Option<String>,
    standing: Option<String>,
    with: CredentialRecord,
}

#[derive(Serialize, Deserialize)]
struct DelegationRecord {
    from: String,
    role: String,
    to: String,
    at: i64,
    with: CredentialRecord,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct StandingApprovalRecord {
    id: String,
    organization_id: String,
    inbox_id: Option<String>,
    target: String,
    value: String,
    budget: u32,
    used: u32,
    expires_at: i64,
    member_id: String,
    role: String,
    made_with: CredentialRecord,
    created_at: i64,
    revoked_at: Option<i64>,
    pub(crate) version: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct AttachmentRecord {
    id: String,
    organization_id: String,
    inbox_id: String,
    message_id: Option<String>,
    digest: Option<String>,
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
    #[serde(default)]
    failures: u32,
    #[serde(default)]
    pauses: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_until: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slow_until: Option<i64>,
    #[serde(default)]
    quick: bool,
    #[serde(default)]
    pub(crate) version: u64,
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
pub(crate) struct LinkRecord {
    hash: String,
    organization_id: String,
    approval_id: String,
    digest: String,
    member_id: String,
    created_at: i64,
    expires_at: i64,
    used_at: Option<i64>,
    pub(crate) version: u64,
}

/// Without a claim and not done it is free.
#[derive(Serialize, Deserialize)]
pub(crate) struct NoticeRecord {
    key: String,
    organization_id: String,
    member_id: String,
    claimed_at: Option<i64>,
    done: bool,
    created_at: i64,
    pub(crate) version: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PaceRecord {
    organization_id: String,
    member_id: String,
    singles: Vec<i64>,
    digest_due: Option<i64>,
    pub(crate) version: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct LoginRecord {
    user_id: String,
    email: String,
    password_hash: String,
    organization_id: String,
    member_id: String,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct AddressRecord {
    address: String,
    organization_id: String,
    inbox_id: String,
}

#[derive(Serialize, Deserialize)]
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
pub(crate) struct ChainedRecord {
    sequence: u64,
    chained_at: i64,
    previous: String,
    hash: String,
    entry: AuditRecord,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct HeadRecord {
    organization_id: String,
    sequence: u64,
    hash: String,
    at: i64,
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
            paused: value.paused.as_ref().map(PauseRecord::write),
            created_at: value.created_at.as_millisecond(),
        }
    }
    fn read(self) -> Result<Organization, Corrupt> {
        Ok(Organization {
            id: id(&self.id)?,
            name: self.name,
            data_key: binary(&self.data_key)?,
            paused: self.paused.map(Stored::read).transpose()?,
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
            paused: value.paused.as_ref().map(PauseRecord::write),
            ancestors: value.ancestors.iter().map(ToString::to_string).collect(),
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
            paused: self.paused.map(Stored::read).transpose()?,
            ancestors: self.ancestors.iter().map(|text| digest(text)).collect::<Result<_, _>>()?,
            created_at: time(self.created_at)?,
        })
    }
}

impl Stored for CredentialRecord {
    type Domain = Credential;
    fn write(value: &Credential) -> Self {
        Self {
            kind: value.kind().to_owned(),
            id: value.name(),
            chain: value.tokens().iter().map(ToString::to_string).collect(),
        }
    }
    fn read(self) -> Result<Credential, Corrupt> {
        Ok(match self.kind.as_str() {
            "session" => Credential::Session(id(&self.id)?),
            "link" => Credential::Link(digest(&self.id)?),
            "token" => Credential::Token {
                id: id(&self.id)?,
                chain: self.chain.iter().map(|text| digest(text)).collect::<Result<_, _>>()?,
            },
            _ => return Err(Corrupt("credential")),
        })
    }
}

impl Stored for TokenPointerRecord {
    type Domain = TokenPointer;
    fn write(value: &TokenPointer) -> Self {
        Self { id: value.id.to_string(), hash: value.hash.to_string() }
    }
    fn read(self) -> Result<TokenPointer, Corrupt> {
        Ok(TokenPointer { id: id(&self.id)?, hash: digest(&self.hash)? })
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
            ends_at: Some(value.ends_at.as_millisecond()),
            version: value.version,
        }
    }
    fn read(self) -> Result<Session, Corrupt> {
        let created_at = time(self.created_at)?;
        Ok(Session {
            id: id(&self.id)?,
            organization_id: id(&self.organization_id)?,
            hash: digest(&self.hash)?,
            member_id: id(&self.member_id)?,
            role: role(&self.role)?,
            created_at,
            expires_at: time(self.expires_at)?,
            ends_at: times(self.ends_at)?.unwrap_or(created_at + Session::LIFE),
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
            paused: value.paused.as_ref().map(PauseRecord::write),
            created_at: value.created_at.as_millisecond(),
        }
    }
    fn read(self) -> Result<Inbox, Corrupt> {
        Ok(Inbox {
            id: id(&self.id)?,
            organization_id: id(&self.organization_id)?,
            address: address(&self.address)?,
            display_name: self.display_name.as_deref().map(HeaderText::lossy),
            paused: self.paused.map(Stored::read).transpose()?,
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
            first_contact: value.first_contact,
            sent_again_as: value.sent_again_as.iter().map(ToString::to_string).collect(),
            state: String::new(),
            expires_at: None,
            remind_at: None,
            due: None,
            look_at: None,
            claim: None,
            told: 0,
            attempt: 0,
            at: None,
            provider_id: None,
            reason: None,
            outcomes: BTreeMap::new(),
        };
        let (state, at) = match &value.state {
            State::PendingApproval { expires_at, remind_at } => {
                record.expires_at = Some(expires_at.as_millisecond());
                record.remind_at = remind_at.map(Timestamp::as_millisecond);
                ("pending_approval", None)
            }
            State::Scheduled { due, attempt, look_at } => {
                (record.due, record.attempt) = (Some(due.as_millisecond()), *attempt);
                record.look_at = Some(look_at.as_millisecond());
                ("scheduled", None)
            }
            State::Sending { claimed_at, attempt, claim } => {
                (record.attempt, record.claim) = (*attempt, Some(hex(*claim)));
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
            State::Cancelled { at, reason, attempt } => {
                (record.reason, record.attempt) = (Some(reason.clone()), *attempt);
                ("cancelled", Some(at))
            }
            State::Unknown { since, told } => {
                record.told = *told;
                ("unknown", Some(since))
            }
        };
        state.clone_into(&mut record.state);
        record.at = at.map(|at| at.as_millisecond());
        record
    }
    fn read(self) -> Result<Outbound, Corrupt> {
        let at = || time(missing(self.at)?);
        let state = match self.state.as_str() {
            "pending_approval" => State::PendingApproval {
                expires_at: time(missing(self.expires_at)?)?,
                remind_at: times(self.remind_at)?,
            },
            "scheduled" => State::Scheduled {
                due: time(missing(self.due)?)?,
                attempt: self.attempt,
                look_at: time(missing(self.look_at)?)?,
            },
            "sending" => State::Sending {
                claimed_at: at()?,
                attempt: self.attempt,
                claim: nonce(&missing(self.claim)?)?,
            },
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
            "cancelled" => {
                State::Cancelled { at: at()?, reason: missing(self.reason)?, attempt: self.attempt }
            }
            "unknown" => State::Unknown { since: at()?, told: self.told },
            _ => return Err(Corrupt("state")),
        };
        Ok(Outbound {
            approval_id: id(&self.approval_id)?,
            digest: digest(&self.digest)?,
            send_at: times(self.send_at)?,
            recipients: self.recipients,
            first_contact: self.first_contact,
            sent_again_as: self.sent_again_as.iter().map(|text| id(text)).collect::<Result<_, _>>()?,
            state,
        })
    }
}

impl Stored for InboundRecord {
    type Domain = Direction;
    fn write(value: &Direction) -> Self {
        let Direction::Inbound { raw_key, verdicts, defects, automatic, findings, authenticated } = value
        else {
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
            findings: findings
                .iter()
                .map(|f| FindingRecord { code: f.kind.as_str().to_owned(), evidence: f.evidence.clone() })
                .collect(),
            authenticated: *authenticated,
        }
    }
    fn read(self) -> Result<Direction, Corrupt> {
        let Self { spam, virus, spf, dkim, dmarc, .. } = self;
        let finding = |record: FindingRecord| Finding {
            // A kind that this version does not know is still a reason to look.
            kind: FindingKind::parse(&record.code).unwrap_or(FindingKind::NotInspected),
            evidence: record.evidence,
        };
        Ok(Direction::Inbound {
            raw_key: self.raw_key,
            verdicts: Verdicts { spam, virus, spf, dkim, dmarc },
            defects: self.defects,
            automatic: self.automatic,
            findings: self.findings.into_iter().map(finding).collect(),
            authenticated: self.authenticated,
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
            tainted: value.tainted,
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
            tainted: self.tainted,
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
        let person = |member_id: &MemberId| Actor::Member { member_id: *member_id };
        let (by, at, reason) = match &value.decision {
            Decision::Pending => (None, None, None),
            Decision::Approved { by, at } => (by.as_ref().map(person), Some(at), None),
            Decision::Rejected { by, at, reason } => (Some(person(by)), Some(at), Some(reason)),
            Decision::Expired { at } => (None, Some(at), None),
            Decision::Cancelled { by, at, reason } => (Some(by.clone()), Some(at), Some(reason)),
            Decision::Superseded { by, at, .. } => (Some(person(by)), Some(at), None),
        };
        let superseded_by = match &value.decision {
            Decision::Superseded { next, .. } => Some(next.to_string()),
            _ => None,
        };
        Self {
            id: value.id.to_string(),
            organization_id: value.organization_id.to_string(),
            inbox_id: value.inbox_id.to_string(),
            message_id: value.message_id.to_string(),
            thread_id: value.thread_id.to_string(),
            answers: value.answers.map(|id| id.to_string()),
            attempts: value.resends.iter().map(ToString::to_string).collect(),
            authors: value.authors.iter().map(ToString::to_string).collect(),
            digest: value.digest.to_string(),
            revision: value.revision,
            supersedes: value.supersedes.map(|id| id.to_string()),
            edited_by: value.edited_by.map(|id| id.to_string()),
            requested_by: ActorRecord::write(&value.requested_by),
            asked_with: CredentialRecord::write(&value.requested_with),
            requested_at: value.requested_at.as_millisecond(),
            expires_at: value.expires_at.as_millisecond(),
            send_at: value.send_at.map(Timestamp::as_millisecond),
            terms: value.terms.as_ref().map(TermsRecord::write),
            reasons: value.reasons.clone(),
            trace: value.trace.iter().map(StepRecord::write).collect(),
            votes: value.votes.iter().map(VoteRecord::write).collect(),
            delegations: value.delegations.iter().map(DelegationRecord::write).collect(),
            recipients: PartyRecord::write_all(&value.recipients),
            subject: value.subject.clone(),
            preview: value.preview.clone(),
            attachment_count: value.attachment_count,
            html_changes: value.html_changes.iter().map(HtmlChangeRecord::write).collect(),
            status: value.decision.as_str().to_owned(),
            decided_by: by.as_ref().map(ActorRecord::write),
            decided_at: at.map(|at| at.as_millisecond()),
            decision_reason: reason.cloned(),
            superseded_by,
            task_token: value.task_token.clone(),
            version: value.version,
        }
    }
    fn read(self) -> Result<Approval, Corrupt> {
        let by = self.decided_by.map(Stored::read).transpose()?;
        let person = || missing(by.as_ref().and_then(Actor::member));
        let at = || time(missing(self.decided_at)?);
        let decision = match self.status.as_str() {
            "pending" => Decision::Pending,
            "approved" => Decision::Approved { by: by.as_ref().and_then(Actor::member), at: at()? },
            "rejected" => Decision::Rejected {
                by: person()?,
                at: at()?,
                reason: self.decision_reason.unwrap_or_default(),
            },
            "cancelled" => Decision::Cancelled {
                by: missing(by)?,
                at: at()?,
                reason: self.decision_reason.unwrap_or_default(),
            },
            "superseded" => {
                Decision::Superseded { by: person()?, at: at()?, next: id(&missing(self.superseded_by)?)? }
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
            resends: self.attempts.iter().map(|text| id(text)).collect::<Result<_, _>>()?,
            authors: self.authors.iter().map(|text| id(text)).collect::<Result<_, _>>()?,
            digest: digest(&self.digest)?,
            revision: self.revision,
            supersedes: self.supersedes.as_deref().map(id).transpose()?,
            edited_by: self.edited_by.as_deref().map(id).transpose()?,
            requested_by: self.requested_by.read()?,
            requested_with: self.asked_with.read()?,
            requested_at: time(self.requested_at)?,
            expires_at: time(self.expires_at)?,
            send_at: times(self.send_at)?,
            terms: self.terms.map(Stored::read).transpose()?,
            reasons: self.reasons,
            trace: all(self.trace)?,
            votes: all(self.votes)?,
            delegations: all(self.delegations)?,
            recipients: PartyRecord::read_all(self.recipients),
            subject: self.subject,
            preview: self.preview,
            attachment_count: self.attachment_count,
            html_changes: all(self.html_changes)?,
            decision,
            task_token: self.task_token,
            version: self.version,
        })
    }
}

fn all<T: Stored>(records: Vec<T>) -> Result<Vec<T::Domain>, Corrupt> {
    records.into_iter().map(T::read).collect()
}

fn roles<C: FromIterator<Role>>(names: &[String]) -> Result<C, Corrupt> {
    names.iter().map(|name| role(name)).collect()
}

fn role_names(roles: &BTreeSet<Role>) -> Vec<String> {
    roles.iter().map(|role| role.as_str().to_owned()).collect()
}

impl Stored for PauseRecord {
    type Domain = Pause;
    fn write(value: &Pause) -> Self {
        let Pause { by, at, reason } = value;
        Self { by: ActorRecord::write(by), at: at.as_millisecond(), reason: reason.clone() }
    }
    fn read(self) -> Result<Pause, Corrupt> {
        Ok(Pause { by: self.by.read()?, at: time(self.at)?, reason: self.reason })
    }
}

impl Stored for TermsRecord {
    type Domain = Terms;
    fn write(value: &Terms) -> Self {
        Self {
            requirements: value
                .requirements
                .iter()
                .map(|r| RequirementRecord { quorum: r.quorum, roles: role_names(&r.roles) })
                .collect(),
            separation: value.separation,
            rejections: value.rejections,
            expires_in: value.expires_in.as_secs(),
            late: value.late.as_str().to_owned(),
            remind_after: value.remind_after.map(|after| after.as_secs()),
            notify: role_names(&value.notify),
            by: value.by.as_str().to_owned(),
            links: value.links.as_str().to_owned(),
        }
    }
    fn read(self) -> Result<Terms, Corrupt> {
        let requirement =
            |r: RequirementRecord| Ok(Requirement { quorum: r.quorum, roles: roles(&r.roles)? });
        Ok(Terms {
            requirements: self.requirements.into_iter().map(requirement).collect::<Result<_, Corrupt>>()?,
            separation: self.separation,
            rejections: self.rejections,
            expires_in: SignedDuration::from_secs(self.expires_in),
            late: missing(Late::parse(&self.late))?,
            remind_after: self.remind_after.map(SignedDuration::from_secs),
            notify: roles(&self.notify)?,
            by: missing(By::parse(&self.by))?,
            links: missing(Links::parse(&self.links))?,
        })
    }
}

impl Stored for HtmlChangeRecord {
    type Domain = HtmlChange;
    fn write(value: &HtmlChange) -> Self {
        let HtmlChange { kind, what, count } = value.clone();
        Self { kind, what, count }
    }
    fn read(self) -> Result<HtmlChange, Corrupt> {
        Ok(HtmlChange { kind: self.kind, what: self.what, count: self.count })
    }
}

impl Stored for StepRecord {
    type Domain = Step;
    fn write(value: &Step) -> Self {
        Self {
            policy_id: value.policy_id.to_string(),
            policy_version: value.policy_version,
            policy_name: value.policy_name.clone(),
            rule: value.rule,
            rule_name: value.rule_name.clone(),
            outcome: value.outcome.to_owned(),
            because: value.because.clone(),
        }
    }
    fn read(self) -> Result<Step, Corrupt> {
        Ok(Step {
            policy_id: id(&self.policy_id)?,
            policy_version: self.policy_version,
            policy_name: self.policy_name,
            rule: self.rule,
            rule_name: self.rule_name,
            outcome: ["allow", "hold", "block"]
                .into_iter()
                .find(|name| *name == self.outcome)
                .unwrap_or("unreadable"),
            because: self.because,
        })
    }
}

impl Stored for VoteRecord {
    type Domain = Vote;
    fn write(value: &Vote) -> Self {
        let reject = match &value.verdict {
            Verdict::Approve => None,
            Verdict::Reject(reason) => Some(reason.clone()),
        };
        Self {
            member_id: value.member_id.to_string(),
            role: value.role.as_str().to_owned(),
            at: value.at.as_millisecond(),
            reject,
            standing: value.standing.map(|id| id.to_string()),
            with: CredentialRecord::write(&value.with),
        }
    }
    fn read(self) -> Result<Vote, Corrupt> {
        Ok(Vote {
            member_id: id(&self.member_id)?,
            role: role(&self.role)?,
            at: time(self.at)?,
            verdict: self.reject.map_or(Verdict::Approve, Verdict::Reject),
            standing: self.standing.as_deref().map(id).transpose()?,
            with: self.with.read()?,
        })
    }
}

impl Stored for DelegationRecord {
    type Domain = Delegation;
    fn write(value: &Delegation) -> Self {
        Self {
            from: value.from.to_string(),
            role: value.role.as_str().to_owned(),
            to: value.to.to_string(),
            at: value.at.as_millisecond(),
            with: CredentialRecord::write(&value.with),
        }
    }
    fn read(self) -> Result<Delegation, Corrupt> {
        Ok(Delegation {
            from: id(&self.from)?,
            role: role(&self.role)?,
            to: id(&self.to)?,
            at: time(self.at)?,
            with: self.with.read()?,
        })
    }
}

impl Stored for StandingApprovalRecord {
    type Domain = StandingApproval;
    fn write(value: &StandingApproval) -> Self {
        let (target, covered) = match &value.target {
            Target::Thread(id) => ("thread", id.to_string()),
            Target::Recipient(address) => ("recipient", address.to_string()),
            Target::Domain(domain) => ("domain", domain.clone()),
        };
        Self {
            id: value.id.to_string(),
            organization_id: value.organization_id.to_string(),
            inbox_id: value.inbox_id.map(|id| id.to_string()),
            target: target.to_owned(),
            value: covered,
            budget: value.budget,
            used: value.used,
            expires_at: value.expires_at.as_millisecond(),
            member_id: value.made_by.member_id.to_string(),
            role: value.made_by.role.as_str().to_owned(),
            made_with: CredentialRecord::write(&value.made_with),
            created_at: value.created_at.as_millisecond(),
            revoked_at: value.revoked_at.map(Timestamp::as_millisecond),
            version: value.version,
        }
    }
    fn read(self) -> Result<StandingApproval, Corrupt> {
        Ok(StandingApproval {
            id: id(&self.id)?,
            organization_id: id(&self.organization_id)?,
            inbox_id: self.inbox_id.as_deref().map(id).transpose()?,
            target: match self.target.as_str() {
                "thread" => Target::Thread(id(&self.value)?),
                "recipient" => Target::Recipient(address(&self.value)?),
                "domain" => Target::Domain(self.value),
                _ => return Err(Corrupt("target")),
            },
            budget: self.budget,
            used: self.used,
            expires_at: time(self.expires_at)?,
            made_by: Voter { member_id: id(&self.member_id)?, role: role(&self.role)? },
            made_with: self.made_with.read()?,
            created_at: time(self.created_at)?,
            revoked_at: times(self.revoked_at)?,
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
            inbox_id: value.inbox_id.to_string(),
            message_id: value.message.map(|(message, _)| message.to_string()),
            digest: value.message.map(|(_, digest)| digest.to_string()),
            filename: value.filename.clone(),
            content_type: value.content_type.clone(),
            size: value.size,
            created_at: value.created_at.as_millisecond(),
        }
    }
    fn read(self) -> Result<Attachment, Corrupt> {
        let message = match (&self.message_id, &self.digest) {
            (Some(message), Some(bytes)) => Some((id(message)?, digest(bytes)?)),
            (None, None) => None,
            _ => return Err(Corrupt("attachment")),
        };
        Ok(Attachment {
            id: id(&self.id)?,
            organization_id: id(&self.organization_id)?,
            inbox_id: id(&self.inbox_id)?,
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
            failures: value.health.failures,
            pauses: value.health.pauses,
            held_until: value.health.held_until.map(Timestamp::as_millisecond),
            slow_until: value.health.slow_until.map(Timestamp::as_millisecond),
            quick: value.health.quick,
            version: value.version,
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
            health: Health {
                failures: self.failures,
                pauses: self.pauses,
                held_until: times(self.held_until)?,
                slow_until: times(self.slow_until)?,
                quick: self.quick,
            },
            version: self.version,
        })
    }
}

/// What an endpoint that did not answer did instead.
const NO_ANSWER: &[&str] = &["timeout", "not_connected", "not_public", "broken_answer", "held_back"];

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

impl Stored for LinkRecord {
    type Domain = Link;
    fn write(value: &Link) -> Self {
        Self {
            hash: value.hash.to_string(),
            organization_id: value.organization_id.to_string(),
            approval_id: value.approval_id.to_string(),
            digest: value.digest.to_string(),
            member_id: value.member_id.to_string(),
            created_at: value.created_at.as_millisecond(),
            expires_at: value.expires_at.as_millisecond(),
            used_at: value.used_at.map(Timestamp::as_millisecond),
            version: value.version,
        }
    }
    fn read(self) -> Result<Link, Corrupt> {
        Ok(Link {
            hash: digest(&self.hash)?,
            organization_id: id(&self.organization_id)?,
            approval_id: id(&self.approval_id)?,
            digest: digest(&self.digest)?,
            member_id: id(&self.member_id)?,
            created_at: time(self.created_at)?,
            expires_at: time(self.expires_at)?,
            used_at: times(self.used_at)?,
            version: self.version,
        })
    }
}

impl Stored for NoticeRecord {
    type Domain = Notice;
    fn write(value: &Notice) -> Self {
        let (claimed_at, done) = match value.state {
            NoticeState::Claimed(at) => (Some(at.as_millisecond()), false),
            NoticeState::Free => (None, false),
            NoticeState::Done => (None, true),
        };
        Self {
            key: value.key.to_string(),
            organization_id: value.organization_id.to_string(),
            member_id: value.member_id.to_string(),
            claimed_at,
            done,
            created_at: value.created_at.as_millisecond(),
            version: value.version,
        }
    }
    fn read(self) -> Result<Notice, Corrupt> {
        Ok(Notice {
            key: digest(&self.key)?,
            organization_id: id(&self.organization_id)?,
            member_id: id(&self.member_id)?,
            state: match (self.done, times(self.claimed_at)?) {
                (true, _) => NoticeState::Done,
                (false, Some(at)) => NoticeState::Claimed(at),
                (false, None) => NoticeState::Free,
            },
            created_at: time(self.created_at)?,
            version: self.version,
        })
    }
}

impl Stored for PaceRecord {
    type Domain = Pace;
    fn write(value: &Pace) -> Self {
        Self {
            organization_id: value.organization_id.to_string(),
            member_id: value.member_id.to_string(),
            singles: value.singles.iter().map(|at| at.as_millisecond()).collect(),
            digest_due: value.digest_due.map(Timestamp::as_millisecond),
            version: value.version,
        }
    }
    fn read(self) -> Result<Pace, Corrupt> {
        Ok(Pace {
            organization_id: id(&self.organization_id)?,
            member_id: id(&self.member_id)?,
            singles: self.singles.into_iter().map(time).collect::<Result<_, _>>()?,
            digest_due: times(self.digest_due)?,
            version: self.version,
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
        }
    }
    fn read(self) -> Result<Login, Corrupt> {
        Ok(Login {
            user_id: id(&self.user_id)?,
            email: address(&self.email)?,
            password_hash: self.password_hash,
            organization_id: id(&self.organization_id)?,
            member_id: id(&self.member_id)?,
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

impl Stored for AuditRecord {
    type Domain = Entry;
    fn write(value: &Entry) -> Self {
        Self {
            id: value.id.to_string(),
            organization_id: value.organization_id.to_string(),
            at: value.at.as_millisecond(),
            actor: ActorRecord::write(&value.actor),
            action: value.action.clone(),
            target: value.target.clone(),
            details: value.details.clone(),
        }
    }
    fn read(self) -> Result<Entry, Corrupt> {
        Ok(Entry {
            id: id(&self.id)?,
            organization_id: id(&self.organization_id)?,
            at: time(self.at)?,
            actor: self.actor.read()?,
            action: self.action,
            target: self.target,
            details: self.details,
        })
    }
}

impl Stored for ChainedRecord {
    type Domain = ChainedEntry;
    fn write(value: &ChainedEntry) -> Self {
        Self {
            sequence: value.sequence,
            chained_at: value.chained_at.as_millisecond(),
            previous: value.previous.to_string(),
            hash: value.hash.to_string(),
            entry: AuditRecord::write(&value.entry),
        }
    }
    fn read(self) -> Result<ChainedEntry, Corrupt> {
        Ok(ChainedEntry {
            sequence: self.sequence,
            chained_at: time(self.chained_at)?,
            previous: digest(&self.previous)?,
            hash: digest(&self.hash)?,
            entry: self.entry.read()?,
        })
    }
}

impl Stored for HeadRecord {
    type Domain = Head;
    fn write(value: &Head) -> Self {
        Self {
            organization_id: value.organization_id.to_string(),
            sequence: value.sequence,
            hash: value.hash.to_string(),
            at: value.at.as_millisecond(),
        }
    }
    fn read(self) -> Result<Head, Corrupt> {
        Ok(Head {
            organization_id: id(&self.organization_id)?,
            sequence: self.sequence,
            hash: digest(&self.hash)?,
            at: time(self.at)?,
        })
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

/// A policy; its content is the written form that the API takes, read by the same reader.
#[derive(Serialize, Deserialize)]
struct PolicyRecord {
    id: String,
    content: String,
    version: u64,
    created_at: i64,
    updated_at: i64,
    updated_by: ActorRecord,
    settled_at: i64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PoliciesRecord {
    policies: Vec<PolicyRecord>,
    pub(crate) version: u64,
}

impl Stored for PolicyRecord {
    type Domain = Policy;
    fn write(value: &Policy) -> Self {
        Self {
            id: value.id.to_string(),
            content: value.content.write().canonical(),
            version: value.version,
            created_at: value.created_at.as_millisecond(),
            updated_at: value.updated_at.as_millisecond(),
            updated_by: ActorRecord::write(&value.updated_by),
            settled_at: value.settled_at.as_millisecond(),
        }
    }
    fn read(self) -> Result<Policy, Corrupt> {
        let content: serde_json::Value =
            serde_json::from_str(&self.content).map_err(|_| Corrupt("policy"))?;
        Ok(Policy {
            id: id(&self.id)?,
            content: PolicyContent::read(&tree(content)).map_err(|_| Corrupt("policy"))?,
            version: self.version,
            created_at: time(self.created_at)?,
            updated_at: time(self.updated_at)?,
            updated_by: self.updated_by.read()?,
            settled_at: time(self.settled_at)?,
        })
    }
}

/// JSON as the tree that the domain reads; the parser bounds its depth.
fn tree(value: serde_json::Value) -> Tree {
    use serde_json::Value;
    match value {
        Value::Null => Tree::Null,
        Value::Bool(yes) => Tree::Bool(yes),
        Value::Number(n) => n.as_u64().map_or(Tree::OtherNumber, Tree::Number),
        Value::String(text) => Tree::Text(text),
        Value::Array(list) => Tree::List(list.into_iter().map(tree).collect()),
        Value::Object(map) => Tree::Map(map.into_iter().map(|(name, value)| (name, tree(value))).collect()),
    }
}

impl Stored for PoliciesRecord {
    type Domain = PolicyBook;
    fn write(value: &PolicyBook) -> Self {
        let unreadable = value.unreadable.iter().map(|one| PolicyRecord {
            id: one.id.map(|id| id.to_string()).unwrap_or_default(),
            content: one.stored.clone(),
            version: 0,
            created_at: 0,
            updated_at: 0,
            updated_by: ActorRecord::write(&Actor::System),
            settled_at: 0,
        });
        let policies = value.policies.iter().map(PolicyRecord::write).chain(unreadable).collect();
        Self { policies, version: value.version }
    }
    /// Never fails: what can't be read holds every mail.
    fn read(self) -> Result<PolicyBook, Corrupt> {
        let mut book = PolicyBook { policies: vec![], unreadable: vec![], version: self.version };
        for record in self.policies {
            let unreadable = Unreadable { id: id(&record.id).ok(), stored: record.content.clone() };
            match record.read() {
                Ok(policy) => book.policies.push(policy),
                Err(_) => book.unreadable.push(unreadable),
            }
        }
        Ok(book)
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ContactRecord {
    hash: String,
    first_at: i64,
}

impl Stored for ContactRecord {
    type Domain = Contact;
    fn write(value: &Contact) -> Self {
        Self { hash: value.hash.to_string(), first_at: value.first_at.as_millisecond() }
    }
    fn read(self) -> Result<Contact, Corrupt> {
        Ok(Contact { hash: digest(&self.hash)?, first_at: time(self.first_at)? })
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct CounterRecord {
    hash: String,
    count: u64,
    expires_at: i64,
}

impl Stored for CounterRecord {
    type Domain = Counter;
    fn write(value: &Counter) -> Self {
        Self {
            hash: value.hash.to_string(),
            count: value.count,
            expires_at: value.expires_at.as_millisecond(),
        }
    }
    fn read(self) -> Result<Counter, Corrupt> {
        Ok(Counter { hash: digest(&self.hash)?, count: self.count, expires_at: time(self.expires_at)? })
    }
}

/// The kinds of item, as the table names them.
pub(crate) fn kind(record: &Record) -> &'static str {
    match record {
        Record::Organization(_) => "organization",
        Record::Member(_) => "member",
        Record::Token(_) => "token",
        Record::TokenPointer(_) => "token_pointer",
        Record::Session(_) => "session",
        Record::Inbox(_) => "inbox",
        Record::Message(_) => "message",
        Record::Thread(_) => "thread",
        Record::ThreadPointer(_) => "pointer",
        Record::Approval(_) => "approval",
        Record::StandingApproval(_) => "standing_approval",
        Record::Attachment(_) => "attachment",
        Record::Webhook(_) => "webhook",
        Record::Answer(_) => "answer",
        Record::Attempt(_) => "attempt",
        Record::Link(_) => "link",
        Record::Notice(_) => "notice",
        Record::Pace(_) => "pace",
        Record::Policies(_) => "policies",
        Record::Contact(_) => "contact",
        Record::Counter(_) => "counter",
    }
}
