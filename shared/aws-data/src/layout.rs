//! Where a record lies in the table.
//!
//! Every partition key but those of the directory and the watch begins with the organization. Busy things have a
//! partition of their own (a token, an inbox's mails, a conversation), so that no organization meets the limits of one
//! partition (3,000 reads and 1,000 writes a second, `DynamoDB` developer guide, "partition key design").
//!
//! | record | `pk` | `sk` | `list` / `list_at` (index `lists`) |
//! | --- | --- | --- | --- |
//! | organization | `org` | `organization` | |
//! | member | `org/mem` | `member` | `org/members` / `mem` |
//! | token | `org/token/hash` | `token` | `org/tokens` / `tok` |
//! | session | `org/session/hash` | `session` | |
//! | inbox | `org/inb` | `inbox` | `org/inboxes` / `inb` |
//! | message | `org/inb/messages` | `msg` | `org/thr` / `msg` |
//! | thread | `org/thr` | `thread` | `org/inb/threads` / time and `thr` |
//! | thread pointer | `org/inb/pointer/hash` | `pointer` | |
//! | approval | `org/apr` | `approval` | `org/approvals/status` / `apr` |
//! | standing approval | `org/standing` | `sta` | |
//! | attachment | `org/att` | `attachment` | |
//! | webhook | `org/webhooks` | `whk` | |
//! | attempt | `org/whk/attempts` | time, `evt`, number | |
//! | answer | `org/answer/hash` | `answer` | |
//! | link | `org/link/hash` | `link` | |
//! | notice | `org/notice/hash` | `notice` | |
//! | pace | `org/mem/pace` | `pace` | |
//! | policies | `org/policies` | `policies` | |
//! | contact | `org/contact/hash` | `contact` | |
//! | counter | `org/counter/hash` | `counter` | |
//! | event | `org/evt` | `event` | |
//! | audit entry | `org/aud` | `audit` | |
//! | link of the audit chain | `org/audit` | sequence | |
//! | head of the audit chain | `org/audit-head` | `head` | |
//! | login | `login/hash` | `login` | |
//! | address | `address/hash` | `address` | |
//!
//! Mails that move also lie in the sparse index `watch`: `watch` (a shard) / `watch_at` (Unix milliseconds); those that
//! are scheduled or unknown in the sparse index `open`: `open` (`org/status`) / `open_at` (time and `msg`).
//! Audit entries lie in the index `watch` until they are chained.

use app::store::{Key, List};
use domain::address::EmailAddress;
use domain::digest::Digest;
use domain::lifecycle::State;
use domain::{AuditId, MessageId, OrganizationId, Timestamp};

/// The index behind lists that are not one partition of the table.
pub(crate) const LISTS: &str = "lists";
/// The index of mails that have not come to an end. It holds keys alone.
pub(crate) const OPEN: &str = "open";
/// The index of what somebody must look after.
pub(crate) const WATCH: &str = "watch";
/// The watch is spread over so many partitions: a sweep queries each.
pub(crate) const WATCH_SHARDS: u8 = 4;

/// `pk` and `sk` of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

fn place(pk: String, sk: impl Into<String>) -> Place {
    Place { pk, sk: sk.into() }
}

/// Where the record of a key lies.
pub(crate) fn of_key(organization: OrganizationId, key: &Key) -> Place {
    match key {
        Key::Organization => place(organization.to_string(), "organization"),
        Key::Member(id) => place(format!("{organization}/{id}"), "member"),
        Key::Token(hash) => place(format!("{organization}/token/{}", hash.hex()), "token"),
        Key::Session(hash) => place(format!("{organization}/session/{}", hash.hex()), "session"),
        Key::Inbox(id) => place(format!("{organization}/{id}"), "inbox"),
        Key::Message(inbox, id) => place(format!("{organization}/{inbox}/messages"), id.to_string()),
        Key::Thread(id) => place(format!("{organization}/{id}"), "thread"),
        Key::ThreadPointer(inbox, hash) => {
            place(format!("{organization}/{inbox}/pointer/{}", hash.hex()), "pointer")
        }
        Key::Approval(id) => place(format!("{organization}/{id}"), "approval"),
        Key::StandingApproval(id) => place(format!("{organization}/standing"), id.to_string()),
        Key::Attachment(id) => place(format!("{organization}/{id}"), "attachment"),
        Key::Webhook(id) => place(format!("{organization}/webhooks"), id.to_string()),
        Key::Answer(hash) => place(format!("{organization}/answer/{}", hash.hex()), "answer"),
        Key::Link(hash) => place(format!("{organization}/link/{}", hash.hex()), "link"),
        Key::Notice(hash) => place(format!("{organization}/notice/{}", hash.hex()), "notice"),
        Key::Pace(member) => place(format!("{organization}/{member}/pace"), "pace"),
        Key::Policies => place(format!("{organization}/policies"), "policies"),
        Key::Contact(hash) => place(format!("{organization}/contact/{}", hash.hex()), "contact"),
        Key::Counter(hash) => place(format!("{organization}/counter/{}", hash.hex()), "counter"),
    }
}

pub(crate) fn of_event(organization: OrganizationId, id: domain::EventId) -> Place {
    place(format!("{organization}/{id}"), "event")
}

pub(crate) fn of_audit(organization: OrganizationId, id: AuditId) -> Place {
    place(format!("{organization}/{id}"), "audit")
}

/// One link of an organization's chain.
pub(crate) fn of_link(organization: OrganizationId, sequence: u64) -> Place {
    place(links(organization), link_order(sequence))
}

/// The partition of an organization's chain. It grows by at most a few hundred links a second, and nobody waits for it.
pub(crate) fn links(organization: OrganizationId) -> String {
    format!("{organization}/audit")
}

pub(crate) fn link_order(sequence: u64) -> String {
    format!("{sequence:016}")
}

pub(crate) fn of_head(organization: OrganizationId) -> Place {
    place(format!("{organization}/audit-head"), "head")
}

pub(crate) fn of_attempt(attempt: &domain::webhook::Attempt) -> Place {
    let sk = format!("{:013}/{}/{}", attempt.at.as_millisecond(), attempt.event_id, attempt.number);
    place(format!("{}/{}/attempts", attempt.organization_id, attempt.webhook_id), sk)
}

/// Addresses are hashed: a key is no place for personal data, and it shows in metrics and logs of AWS.
pub(crate) fn of_login(email: &EmailAddress) -> Place {
    place(format!("login/{}", Digest::of(email.mailbox_key().as_bytes()).hex()), "login")
}

pub(crate) fn of_address(address: &EmailAddress) -> Place {
    place(format!("address/{}", Digest::of(address.mailbox_key().as_bytes()).hex()), "address")
}

pub(crate) fn watch_shard(id: MessageId) -> String {
    let last = id.body().as_bytes().last().copied().unwrap_or_default();
    format!("watch/{}", last % WATCH_SHARDS)
}

/// The shard of the watch in which an audit entry waits until it is chained.
pub(crate) fn audit_shard(id: AuditId) -> String {
    let last = id.body().as_bytes().last().copied().unwrap_or_default();
    format!("audit/{}", last % WATCH_SHARDS)
}

/// How a list is read.
pub(crate) struct Reading {
    /// The index; none for the table itself.
    pub(crate) index: Option<&'static str>,
    /// The partition.
    pub(crate) partition: String,
    /// Whether in the order of the sort key.
    pub(crate) forward: bool,
}

impl Reading {
    /// The names of the partition key and of the sort key.
    pub(crate) fn names(&self) -> (&'static str, &'static str) {
        match self.index {
            Some(OPEN) => ("open", "open_at"),
            Some(_) => ("list", "list_at"),
            None => ("pk", "sk"),
        }
    }
}

pub(crate) fn of_list(organization: OrganizationId, list: &List) -> Reading {
    let on = |index, partition, forward| Reading { index, partition, forward };
    match list {
        List::Inboxes => on(Some(LISTS), format!("{organization}/inboxes"), true),
        List::Tokens => on(Some(LISTS), format!("{organization}/tokens"), true),
        List::Webhooks => on(None, format!("{organization}/webhooks"), true),
        List::Members => on(Some(LISTS), format!("{organization}/members"), true),
        List::Messages(inbox) => on(None, format!("{organization}/{inbox}/messages"), false),
        List::ThreadMessages(thread) => on(Some(LISTS), format!("{organization}/{thread}"), true),
        List::LatestInThread(thread) => on(Some(LISTS), format!("{organization}/{thread}"), false),
        List::Threads(inbox) => on(Some(LISTS), format!("{organization}/{inbox}/threads"), false),
        List::Approvals(status) => on(Some(LISTS), format!("{organization}/approvals/{status}"), false),
        List::StandingApprovals => on(None, format!("{organization}/standing"), false),
        List::Open(status) => on(Some(OPEN), format!("{organization}/{}", status.as_str()), true),
        List::Attempts(webhook) => on(None, format!("{organization}/{webhook}/attempts"), false),
    }
}

/// Where a mail lies in the index `open`.
pub(crate) fn of_open(message: &domain::message::Message) -> Option<(String, String)> {
    let outbound = message.outbound()?;
    let at = match &outbound.state {
        State::Scheduled { due, .. } => due,
        State::Unknown { since, .. } => since,
        _ => return None,
    };
    let partition = of_list(message.organization_id, &List::Open(outbound.status())).partition;
    Some((partition, format!("{:013}/{}", at.as_millisecond(), message.id)))
}

pub(crate) fn thread_order(at: Timestamp, id: domain::ThreadId) -> String {
    format!("{:013}/{id}", at.as_millisecond())
}
