//! Mail.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use domain::base::digest::Digest;
use domain::gate::seal::Ticket;
use domain::mailbox::finding::{Finding, FindingKind};
use domain::mailbox::label::Label;
use domain::mailbox::lifecycle::{Nonce, Outbound, State};
use domain::mailbox::message::{AttachmentRef, Direction, Mark, Message, Party, Sibling, Trash, Verdicts};
use domain::mailbox::notes::{Notes, Tag};
use domain::{ApprovalId, AttachmentId, InboxId, MessageId, OrganizationId, ThreadId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::base::field::{Corrupt, Field, missing, record};
use crate::base::item::{IndexKeys, Item, Kind, Listing, Place, key, number, place, shard, text};

record! {
    Message as MessageRecord {
        id: MessageId,
        organization_id: OrganizationId,
        inbox_id: InboxId,
        thread_id: ThreadId,
        from: Party,
        reply_to: Vec<Party>,
        to: Vec<Party>,
        cc: Vec<Party>,
        bcc: Vec<Party>,
        subject: String,
        preview: String,
        internet_message_id: Option<String>,
        references: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_reply_to: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        date: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        labels: BTreeSet<Label>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unread: bool,
        #[serde(default, skip_serializing_if = "NotesRecord::is_empty")]
        notes: Notes,
        attachments: Vec<AttachmentRef>,
        size: u64,
        created_at: Timestamp,
        version: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trash: Option<Trash>,
        [direction: split_direction, join_direction] {
            #[serde(skip_serializing_if = "Option::is_none")]
            inbound: Option<Inbound>,
            #[serde(skip_serializing_if = "Option::is_none")]
            outbound: Option<Outbound>,
        }
    }
}

record! {
    Notes as NotesRecord {
        metadata: BTreeMap<Tag, String>,
        tags: BTreeSet<Tag>,
    }
}

impl Default for NotesRecord {
    fn default() -> Self {
        Notes::default().write()
    }
}

impl NotesRecord {
    fn is_empty(&self) -> bool {
        self.metadata.is_empty() && self.tags.is_empty()
    }
}

record! {
    Trash as TrashRecord {
        at: Timestamp,
        deletes_at: Timestamp,
    }
}

record! {
    #[expect(clippy::struct_field_names, reason = "it is named by three ids")]
    Sibling as SiblingRecord {
        organization_id: OrganizationId,
        inbox_id: InboxId,
        message_id: MessageId,
    }
}

record! {
    Party as PartyRecord {
        name: Option<String>,
        address: String,
    }
}

record! {
    AttachmentRef as FileRecord {
        id: AttachmentId,
        filename: String,
        content_type: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detected_type: Option<String>,
        size: u64,
        digest: Digest,
        content_id: Option<String>,
        inline: bool,
    }
}

/// What is known of a mail that came in: [`Direction::Inbound`] as a value of its own.
struct Inbound {
    raw_key: String,
    verdicts: Verdicts,
    defects: Vec<String>,
    automatic: bool,
    findings: Vec<Finding>,
    authenticated: bool,
    siblings: Option<Vec<Sibling>>,
}

record! {
    Inbound as InboundRecord {
        raw_key: String,
        defects: Vec<String>,
        automatic: bool,
        /// Mail that was filed before there were findings has none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        findings: Vec<Finding>,
        #[serde(default)]
        authenticated: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        siblings: Option<Vec<Sibling>>,
        [verdicts: split_verdicts, join_verdicts] {
            spam: String,
            virus: String,
            spf: String,
            dkim: String,
            dmarc: String,
        }
    }
}

type FiveVerdicts = (String, String, String, String, String);

fn split_verdicts(verdicts: &Verdicts) -> FiveVerdicts {
    let Verdicts { spam, virus, spf, dkim, dmarc } = verdicts.clone();
    (spam, virus, spf, dkim, dmarc)
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_verdicts((spam, virus, spf, dkim, dmarc): FiveVerdicts) -> Result<Verdicts, Corrupt> {
    Ok(Verdicts { spam, virus, spf, dkim, dmarc })
}

record! {
    Finding as FindingRecord {
        evidence: String,
        [kind: split_kind, join_kind] { code: String, }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as every field is written")]
fn split_kind(kind: &FindingKind) -> (String,) {
    (kind.as_str().to_owned(),)
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_kind((code,): (String,)) -> Result<FindingKind, Corrupt> {
    // A kind that this version does not know is still a reason to look.
    Ok(FindingKind::parse(&code).unwrap_or(FindingKind::NotInspected))
}

fn split_direction(direction: &Direction) -> (Option<Inbound>, Option<Outbound>) {
    match direction.clone() {
        Direction::Outbound(outbound) => (None, Some(outbound)),
        Direction::Inbound { raw_key, verdicts, defects, automatic, findings, authenticated, siblings } => {
            (Some(Inbound { raw_key, verdicts, defects, automatic, findings, authenticated, siblings }), None)
        }
    }
}

fn join_direction(parts: (Option<Inbound>, Option<Outbound>)) -> Result<Direction, Corrupt> {
    match parts {
        (None, Some(outbound)) => Ok(Direction::Outbound(outbound)),
        (Some(inbound), None) => {
            let Inbound { raw_key, verdicts, defects, automatic, findings, authenticated, siblings } =
                inbound;
            Ok(Direction::Inbound {
                raw_key,
                verdicts,
                defects,
                automatic,
                findings,
                authenticated,
                siblings,
            })
        }
        _ => Err(Corrupt("direction")),
    }
}

/// Flat, so that a claim can be one conditional update: see [`claim`].
#[derive(Serialize, Deserialize)]
pub(crate) struct OutboundRecord {
    approval_id: String,
    digest: String,
    send_at: Option<i64>,
    recipients: u32,
    #[serde(default)]
    first_contact: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    forward: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sent_again_as: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_id: Option<String>,
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

impl Field for Outbound {
    type Form = OutboundRecord;
    fn write(&self) -> OutboundRecord {
        let mut record = OutboundRecord {
            approval_id: self.approval_id.write(),
            digest: self.digest.write(),
            send_at: self.send_at.write(),
            recipients: self.recipients,
            first_contact: self.first_contact,
            forward: self.forward,
            sent_again_as: self.sent_again_as.write(),
            token_id: self.token_id.write(),
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
        let (state, at) = match &self.state {
            State::PendingApproval { expires_at, remind_at } => {
                (record.expires_at, record.remind_at) = (Some(expires_at.write()), remind_at.write());
                ("pending_approval", None)
            }
            State::Scheduled { due, attempt, look_at } => {
                (record.due, record.attempt) = (Some(due.write()), *attempt);
                record.look_at = Some(look_at.write());
                ("scheduled", None)
            }
            State::Sending { claimed_at, attempt, claim } => {
                (record.attempt, record.claim) = (*attempt, Some(hex(*claim)));
                ("sending", Some(claimed_at))
            }
            State::Accepted { provider_id, at, outcomes } => {
                record.provider_id = Some(provider_id.clone());
                record.outcomes = outcomes.write();
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
        record.at = at.map(Timestamp::write);
        record
    }
    fn read(form: OutboundRecord) -> Result<Self, Corrupt> {
        let at = || Timestamp::read(missing(form.at)?);
        let attempt = form.attempt;
        let state = match form.state.as_str() {
            "pending_approval" => State::PendingApproval {
                expires_at: Field::read(missing(form.expires_at)?)?,
                remind_at: Field::read(form.remind_at)?,
            },
            "scheduled" => State::Scheduled {
                due: Field::read(missing(form.due)?)?,
                attempt,
                look_at: Field::read(missing(form.look_at)?)?,
            },
            "sending" => State::Sending { claimed_at: at()?, attempt, claim: nonce(&missing(form.claim)?)? },
            "accepted" => State::Accepted {
                at: at()?,
                outcomes: Field::read(form.outcomes)?,
                provider_id: missing(form.provider_id)?,
            },
            "failed" => State::Failed { at: at()?, reason: missing(form.reason)? },
            "rejected" => State::Rejected { at: at()? },
            "expired" => State::Expired { at: at()? },
            "cancelled" => State::Cancelled { at: at()?, reason: missing(form.reason)?, attempt },
            "unknown" => State::Unknown { since: at()?, told: form.told },
            _ => return Err(Corrupt("state")),
        };
        Ok(Outbound {
            approval_id: ApprovalId::read(form.approval_id)?,
            digest: Digest::read(form.digest)?,
            send_at: Field::read(form.send_at)?,
            recipients: form.recipients,
            first_contact: form.first_contact,
            forward: form.forward,
            sent_again_as: Field::read(form.sent_again_as)?,
            token_id: Field::read(form.token_id)?,
            state,
        })
    }
}

/// A nonce as lower-case hexadecimal digits.
fn hex(bytes: Nonce) -> String {
    format!("{:016x}", u64::from_be_bytes(bytes))
}

fn nonce(text: &str) -> Result<Nonce, Corrupt> {
    u64::from_str_radix(text, 16).map(u64::to_be_bytes).map_err(|_| Corrupt("nonce"))
}

impl Kind for Message {
    const NAME: &'static str = "message";
    fn index_keys(&self) -> IndexKeys {
        let partition = thread_list(self.organization_id, self.thread_id);
        let watch_at = self.outbound().and_then(Outbound::watch_at);
        IndexKeys {
            list: Some(Listing { partition, order: self.id.to_string() }),
            watch: watch_at.map(|at| (shard("watch", self.id.body()), at)),
            recent: Some(Listing {
                partition: shard(&recent_list(self.organization_id), self.id.body()),
                order: self.id.to_string(),
            }),
            open: open(self),
            ttl: None,
        }
    }
}

/// Where a mail lies.
pub(crate) fn at(organization: OrganizationId, inbox: InboxId, id: MessageId) -> Place {
    place(list(organization, inbox), id.to_string())
}

/// The partition of an inbox's mails.
pub(crate) fn list(organization: OrganizationId, inbox: InboxId) -> String {
    format!("{organization}/{inbox}/messages")
}

/// The list of a conversation's mails.
pub(crate) fn thread_list(organization: OrganizationId, thread: ThreadId) -> String {
    format!("{organization}/{thread}")
}

/// The partition of the index `open` in which an organization's mails of a status lie.
pub(crate) fn open_list(organization: OrganizationId, status: &str) -> String {
    format!("{organization}/{status}")
}

/// The partitions of the index `recent` in which an organization's mails lie begin so.
pub(crate) fn recent_list(organization: OrganizationId) -> String {
    format!("{organization}/messages")
}

/// The partition of the index `open` in which the mails of an inbox lie that nobody has read.
pub(crate) fn unread_list(organization: OrganizationId, inbox: InboxId) -> String {
    format!("{organization}/{inbox}/unread")
}

/// Where a mail lies in the index `open`: while it is scheduled, unknown or unread.
fn open(message: &Message) -> Option<Listing> {
    if message.unread {
        let partition = unread_list(message.organization_id, message.inbox_id);
        return Some(Listing { partition, order: message.id.to_string() });
    }
    let outbound = message.outbound()?;
    let at = match &outbound.state {
        State::Scheduled { due, .. } => due,
        State::Unknown { since, .. } => since,
        _ => return None,
    };
    let partition = open_list(message.organization_id, outbound.status().as_str());
    Some(Listing { partition, order: format!("{:013}/{}", at.as_millisecond(), message.id) })
}

record! {
    Mark as MarkRecord {
        inbox_id: InboxId,
        label: Label,
        message_id: MessageId,
    }
}

impl Kind for Mark {
    const NAME: &'static str = "mark";
}

/// Where a mail's mark lies: beside those of all labels of its inbox, by label and mail.
pub(crate) fn mark_at(organization: OrganizationId, inbox: InboxId, label: &Label, id: MessageId) -> Place {
    place(marks(organization, inbox), format!("{}{id}", mark_prefix(label)))
}

/// The partition of an inbox's marks.
pub(crate) fn marks(organization: OrganizationId, inbox: InboxId) -> String {
    format!("{organization}/{inbox}/labels")
}

/// What the sort keys of a label's marks begin with. No label has a tabulator.
pub(crate) fn mark_prefix(label: &Label) -> String {
    format!("{label}\t")
}

/// The label of a mark's item, by its sort key.
pub(crate) fn label_of(item: &Item) -> Option<&str> {
    Some(item.get("sk")?.as_s().ok()?.split_once('\t')?.0)
}

/// The first and the last sort key that a mark of a later label can have: the line feed sorts next to the tabulator, and no label
/// has one either.
pub(crate) fn marks_behind(label: &str) -> (String, String) {
    (format!("{label}\n"), char::MAX.to_string().repeat(Label::MAX + 1))
}

/// Takes a scheduled, due mail with the ticket's digest: the same transition as [`Outbound::claim`], in one write. The
/// contract suite holds the two together.
pub(crate) fn claim(
    request: UpdateItemFluentBuilder,
    ticket: &Ticket,
    claim: Nonce,
    now: Timestamp,
) -> UpdateItemFluentBuilder {
    request
        .set_key(Some(key(&at(ticket.organization_id, ticket.inbox_id, ticket.message_id))))
        .update_expression(
            "SET outbound.#state = :sending, outbound.#at = :now, watch_at = :watch_at, \
             outbound.attempt = outbound.attempt + :one, outbound.claim = :claim, version = version + :one \
             REMOVE outbound.due, outbound.look_at, #open, open_at",
        )
        .condition_expression(
            "outbound.#state = :scheduled AND outbound.due <= :now AND outbound.digest = :digest \
             AND outbound.approval_id = :approval",
        )
        .expression_attribute_names("#state", "state")
        .expression_attribute_names("#at", "at")
        .expression_attribute_names("#open", "open")
        .expression_attribute_values(":sending", text("sending"))
        .expression_attribute_values(":scheduled", text("scheduled"))
        .expression_attribute_values(":now", number(now.as_millisecond()))
        .expression_attribute_values(":watch_at", number((now + Outbound::CLAIM_LIMIT).as_millisecond()))
        .expression_attribute_values(":one", number(1))
        .expression_attribute_values(":claim", text(hex(claim)))
        .expression_attribute_values(":digest", text(ticket.digest))
        .expression_attribute_values(":approval", text(ticket.approval_id))
}

/// Whether a mail is claimed by this very claim: an earlier try of it was written, and its answer lost.
pub(crate) fn is_claimed_by(message: &Message, nonce: Nonce) -> bool {
    message
        .outbound()
        .is_some_and(|outbound| matches!(outbound.state, State::Sending { claim, .. } if claim == nonce))
}
