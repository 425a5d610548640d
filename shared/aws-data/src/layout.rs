//! Where a record lies in the table.
//!
//! Every partition key but those of the directory, the watch and the list of chains begins with the organization. Busy things have a
//! partition of their own (a token, an inbox's mails, a conversation), so that no organization meets the limits of one
//! partition (3,000 reads and 1,000 writes a second, `DynamoDB` developer guide, "partition key design").
//!
//! Each kind has partition keys that one pattern tells from all other kinds' (`org_*/apr_*`): by it a role of
//! `template.yaml` may write approvals, and nothing else. `*` stands for any characters, `/` among them: `org_*/mem_*`
//! would match `org/mem/pace` too, hence `org/mem/member`.
//!
//! | record | `pk` | `sk` | `list` / `list_at` (index `lists`) |
//! | --- | --- | --- | --- |
//! | organization | `org/organization` | `organization` | |
//! | member | `org/mem/member` | `member` | `org/members` / `mem` |
//! | token | `org/token/hash` | `token` | `org/tokens` / `tok` |
//! | token pointer | `org/tok` | `pointer` | |
//! | session | `org/session/hash` | `session` | |
//! | inbox | `org/inb/inbox` | `inbox` | `org/inboxes` / `inb` |
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
//! | that there is a chain | `audit-heads` | `org` | |
//! | login | `login/hash` | `login` | |
//! | address | `address/hash` | `address` | |
//! | attempts at signing in | `sign-in/hash` | `attempts` or `refusals`, window | |
//!
//! Mails that move also lie in the sparse index `watch`: `watch` (a shard) / `watch_at` (Unix milliseconds); those that
//! are scheduled or unknown in the sparse index `open`: `open` (`org/status`) / `open_at` (time and `msg`).
//! Audit entries lie in the index `watch` until they are chained. Links that tell of a mail lie in the index `open` for good:
//! `org/msg/audit` / sequence.

use app::base::store::{Key, List, Tally};
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::ledger::audit::Entry;
use domain::mailbox::lifecycle::State;
use domain::people::credential::SignInWindow;
use domain::{AuditId, MessageId, OrganizationId, Timestamp};

/// The index behind lists that are not one partition of the table.
pub(crate) const LISTS: &str = "lists";
/// The index of mails that have not come to an end, and of links by their mail. It holds keys alone.
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
        Key::Organization => place(format!("{organization}/organization"), "organization"),
        Key::Member(id) => place(format!("{organization}/{id}/member"), "member"),
        Key::Token(hash) => place(format!("{organization}/token/{}", hash.hex()), "token"),
        Key::TokenPointer(id) => place(format!("{organization}/{id}"), "pointer"),
        Key::Session(hash) => place(format!("{organization}/session/{}", hash.hex()), "session"),
        Key::Inbox(id) => place(format!("{organization}/{id}/inbox"), "inbox"),
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

/// The partition that names the organizations with a chain. It is written once for each.
pub(crate) const HEADS: &str = "audit-heads";

/// Where it is written down that an organization has a chain.
pub(crate) fn of_chain(organization: OrganizationId) -> Place {
    place(HEADS.to_owned(), organization.to_string())
}

/// The partition of the index `open` in which the links lie that tell of a mail.
pub(crate) fn links_about(organization: OrganizationId, message: MessageId) -> String {
    format!("{organization}/{message}/audit")
}

/// Where a link lies in the index `open`, if it tells of a mail.
pub(crate) fn of_telling(entry: &Entry, sequence: u64) -> Option<(String, String)> {
    Some((links_about(entry.organization_id, entry.about()?), link_order(sequence)))
}

pub(crate) fn of_head(organization: OrganizationId) -> Place {
    place(format!("{organization}/audit-head"), "head")
}

pub(crate) fn of_attempt(attempt: &domain::delivery::webhook::Attempt) -> Place {
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

/// A window's counts are items of their own: nothing has to be reset, and time to live removes them.
pub(crate) fn of_tally(email: &EmailAddress, tally: Tally, window: SignInWindow) -> Place {
    let name = match tally {
        Tally::Attempts => "attempts",
        Tally::Refusals => "refusals",
    };
    let pk = format!("sign-in/{}", Digest::of(email.mailbox_key().as_bytes()).hex());
    place(pk, format!("{name}/{}", window.begins_at().as_second()))
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
pub(crate) fn of_open(message: &domain::mailbox::message::Message) -> Option<(String, String)> {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const TEMPLATE: &str = include_str!("../../../template.yaml");

    /// As `StringLike` has it: `*` stands for any characters, also for none.
    fn matches(pattern: &str, text: &str) -> bool {
        match pattern.split_once('*') {
            None => pattern == text,
            Some((start, rest)) => text
                .strip_prefix(start)
                .is_some_and(|text| (0..=text.len()).any(|at| matches(rest, &text[at..]))),
        }
    }

    /// Every partition key that there is, with its kind.
    fn partitions() -> Vec<(&'static str, String)> {
        let (at, entropy, hash) = (Timestamp::UNIX_EPOCH, [7; 10], Digest::of(b"x"));
        let organization = OrganizationId::new(at, entropy);
        let (inbox, member) = (domain::InboxId::new(at, entropy), domain::MemberId::new(at, entropy));
        let email = EmailAddress::parse("a@example.com").unwrap();
        let attempt = domain::delivery::webhook::Attempt {
            organization_id: organization,
            webhook_id: domain::WebhookId::new(at, entropy),
            event_id: domain::EventId::new(at, entropy),
            kind: domain::delivery::event::EventKind::MessageReceived,
            number: 1,
            at,
            result: domain::delivery::webhook::AttemptResult::Answered(200),
            duration_ms: 1,
            retry_at: None,
        };
        let key = |kind, key: Key| (kind, of_key(organization, &key));
        let places = [
            key("organization", Key::Organization),
            key("member", Key::Member(member)),
            key("token", Key::Token(hash)),
            key("token pointer", Key::TokenPointer(domain::TokenId::new(at, entropy))),
            key("session", Key::Session(hash)),
            key("inbox", Key::Inbox(inbox)),
            key("message", Key::Message(inbox, MessageId::new(at, entropy))),
            key("thread", Key::Thread(domain::ThreadId::new(at, entropy))),
            key("thread pointer", Key::ThreadPointer(inbox, hash)),
            key("approval", Key::Approval(domain::ApprovalId::new(at, entropy))),
            key("standing approval", Key::StandingApproval(domain::StandingApprovalId::new(at, entropy))),
            key("attachment", Key::Attachment(domain::AttachmentId::new(at, entropy))),
            key("webhook", Key::Webhook(domain::WebhookId::new(at, entropy))),
            key("answer", Key::Answer(hash)),
            key("link", Key::Link(hash)),
            key("notice", Key::Notice(hash)),
            key("pace", Key::Pace(member)),
            key("policies", Key::Policies),
            key("contact", Key::Contact(hash)),
            key("counter", Key::Counter(hash)),
            ("event", of_event(organization, domain::EventId::new(at, entropy))),
            ("audit entry", of_audit(organization, AuditId::new(at, entropy))),
            ("link of the audit chain", of_link(organization, 1)),
            ("head of the audit chain", of_head(organization)),
            ("list of audit chains", of_chain(organization)),
            ("attempt", of_attempt(&attempt)),
            ("login", of_login(&email)),
            ("address", of_address(&email)),
            ("attempts at signing in", of_tally(&email, Tally::Attempts, SignInWindow::of(at))),
        ];
        places.map(|(kind, place)| (kind, place.pk)).into()
    }

    #[test]
    fn each_pattern_of_a_role_is_of_one_kind_and_each_kind_has_one() {
        let conditions = TEMPLATE.split("\"dynamodb:LeadingKeys\":").skip(1);
        let lists = conditions.filter_map(|rest| rest.trim_start().strip_prefix('[')?.split(']').next());
        let patterns: BTreeSet<_> = lists.flat_map(|list| list.split(',').map(str::trim)).collect();
        let partitions = partitions();
        let mut kinds: Vec<_> = patterns
            .iter()
            .map(|pattern| {
                let own: Vec<_> = partitions.iter().filter(|(_, pk)| matches(pattern, pk)).collect();
                let [(kind, _)] = own[..] else { panic!("{pattern} is of {own:?}") };
                *kind
            })
            .collect();
        kinds.sort_unstable();
        let mut all: Vec<_> = partitions.iter().map(|(kind, _)| *kind).collect();
        all.sort_unstable();
        assert_eq!(kinds, all, "one pattern for each kind");
    }
}
