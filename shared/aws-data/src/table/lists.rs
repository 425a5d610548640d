//! How each list is read, and the cursors of its pages.

use app::base::store::List;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use domain::base::digest::Digest;
use domain::base::id::Id as _;
use domain::mailbox::filter::Span;
use domain::mailbox::label::Label;
use domain::{
    AccountId, ApprovalId, DomainId, DraftId, EventId, InboxId, InvitationId, ListEntryId, MemberId,
    MessageId, OrganizationId, SessionId, StandingApprovalId, SuppressionId, ThreadId, Timestamp, TokenId,
    UploadId, WebhookId,
};

use crate::base::item::{Item, LISTS, OPEN, RECENT, text};
use crate::delivery::webhook;
use crate::gate::{approval, draft, policy, standing, upload};
use crate::ledger::requests;
use crate::mailbox::{account, domains, inbox, listed, message, screening, thread, trash};
use crate::people::{invitation, member, session, token, usage};

/// How a list is read.
pub(crate) struct Reading {
    /// The index; none for the table itself.
    pub(crate) index: Option<&'static str>,
    /// The partition; of the index `recent`, what the names of its shards begin with.
    pub(crate) partition: String,
    /// Which part of it.
    pub(crate) part: Part,
    /// Whether in the order of the sort key.
    pub(crate) forward: bool,
}

/// A part of a partition.
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// Sort keys between these, both included.
    Between(String, String),
    /// Sort keys that begin so.
    Prefix(String),
}

impl Reading {
    /// The names of the partition key and of the sort key.
    pub(crate) fn names(&self) -> (&'static str, &'static str) {
        match self.index {
            Some(OPEN) => ("open", "open_at"),
            Some(RECENT) => ("recent", "recent_at"),
            Some(_) => ("list", "list_at"),
            None => ("pk", "sk"),
        }
    }

    fn whole(index: Option<&'static str>, partition: String, forward: bool) -> Self {
        Self { index, partition, part: Part::Whole, forward }
    }
}

/// What sorts behind all that begins with an instant.
const BEHIND: &str = "~";

/// A time that ids and orders can tell, which begin with milliseconds since 1970 in 13 digits; what is less is rounded up.
fn clamp(at: Timestamp) -> Timestamp {
    const LAST: i64 = 9_999_999_999_999;
    let rest = i64::from(at.subsec_nanosecond() % 1_000_000 > 0);
    Timestamp::from_millisecond((at.as_millisecond() + rest).clamp(0, LAST)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Mails by their ids, which begin with the instant at which they came or were asked for.
fn by_message(span: Span) -> Part {
    if span == Span::default() {
        return Part::Whole;
    }
    let id = |at: Timestamp| MessageId::new(clamp(at), [0; 10]).to_string();
    let low = id(span.after.unwrap_or(Timestamp::UNIX_EPOCH));
    let high = span.before.map_or_else(|| MessageId::PREFIX.to_owned() + BEHIND, id);
    Part::Between(low, high)
}

/// What is ordered by an instant and an id: conversations by their last mail, lines of a log.
fn by_instant(span: Span) -> Part {
    if span == Span::default() {
        return Part::Whole;
    }
    let low = thread::instant(clamp(span.after.unwrap_or(Timestamp::UNIX_EPOCH)));
    // `/` follows an instant: without it, the instant itself sorts before all of its own.
    let high = span.before.map_or_else(|| BEHIND.to_owned(), |at| thread::instant(clamp(at)));
    Part::Between(low, high)
}

pub(crate) fn reading(organization: OrganizationId, list: &List) -> Reading {
    let on = Reading::whole;
    match list {
        List::Inboxes => on(Some(LISTS), inbox::list(organization), true),
        List::Tokens => on(Some(LISTS), token::list(organization), true),
        List::Webhooks => on(None, webhook::list(organization), true),
        List::Accounts => on(None, account::list(organization), true),
        List::Domains => on(Some(LISTS), domains::list(organization), true),
        List::Members => on(Some(LISTS), member::list(organization), true),
        List::Invitations => on(Some(LISTS), invitation::list(organization), false),
        List::Sessions(member) => on(None, session::list(organization, *member), false),
        List::Messages(inbox, span) => {
            Reading { part: by_message(*span), ..on(None, message::list(organization, *inbox), false) }
        }
        List::MessagesSince(inbox, since) => {
            let span = Span { after: Some(*since), before: None };
            Reading { part: by_message(span), ..on(None, message::list(organization, *inbox), true) }
        }
        List::Unread(inbox) => on(Some(OPEN), message::unread_list(organization, *inbox), false),
        List::Trash(inbox, span) => {
            Reading { part: by_message(*span), ..on(Some(OPEN), trash::list(organization, *inbox), false) }
        }
        List::TrashSince(inbox, since) => {
            let span = Span { after: Some(*since), before: None };
            Reading { part: by_message(span), ..on(Some(OPEN), trash::list(organization, *inbox), true) }
        }
        List::AllTrash(span) => {
            Reading { part: by_message(*span), ..on(Some(RECENT), trash::recent_list(organization), false) }
        }
        List::TrashInThread(thread) => on(Some(LISTS), trash::thread_list(organization, *thread), true),
        List::Labelled(inbox, label) => {
            let part = Part::Prefix(message::mark_prefix(label));
            Reading { part, ..on(None, message::marks(organization, *inbox), false) }
        }
        List::Labels(inbox) => on(None, message::marks(organization, *inbox), true),
        List::AllMessages(span) => {
            Reading { part: by_message(*span), ..on(Some(RECENT), message::recent_list(organization), false) }
        }
        List::ThreadMessages(thread) => on(Some(LISTS), message::thread_list(organization, *thread), true),
        List::LatestInThread(thread) => on(Some(LISTS), message::thread_list(organization, *thread), false),
        List::Threads(inbox, span) => {
            Reading { part: by_instant(*span), ..on(Some(LISTS), thread::list(organization, *inbox), false) }
        }
        List::AllThreads(span) => {
            Reading { part: by_instant(*span), ..on(Some(RECENT), thread::recent_list(organization), false) }
        }
        List::Drafts(inbox) => on(Some(LISTS), draft::list(organization, *inbox), false),
        List::Approvals(status) => on(Some(LISTS), approval::list(organization, status), false),
        List::Waiting => on(Some(LISTS), approval::list(organization, "pending"), true),
        List::Held => on(Some(LISTS), screening::list(organization), false),
        List::HeldIn(inbox) => on(None, screening::held(organization, *inbox), false),
        List::Suppressions => on(Some(LISTS), listed::suppressions(organization), false),
        List::ListEntries(side, standing) => {
            on(Some(LISTS), listed::entries(organization, *side, *standing), false)
        }
        List::StandingApprovals => on(None, standing::list(organization), false),
        List::FormerPolicies(id) => on(None, policy::former(organization, *id), true),
        List::Open(status) => on(Some(OPEN), message::open_list(organization, status.as_str()), true),
        List::Uploads => on(Some(LISTS), upload::list(organization), false),
        List::UploadRows(id) => on(None, upload::rows(organization, *id), true),
        List::WaitingOfUpload(id) => on(Some(OPEN), upload::waiting(organization, *id), true),
        List::Attempts(webhook) => on(None, webhook::attempts(organization, *webhook), false),
        List::Requests(span) => {
            Reading { part: by_instant(*span), ..on(None, requests::list(organization), false) }
        }
        List::Usage(by, from, to) => {
            let (low, high) = usage::days(*from, *to);
            Reading { part: Part::Between(low, high), ..on(None, usage::list(organization, *by), false) }
        }
    }
}

/// A cursor: where an entry stands in its list, behind a check that tells it from those of other lists, and from one that was
/// altered by hand. It is no secret, and can only move within the list.
fn seal_cursor(reading: &Reading, position: &str) -> String {
    BASE64.encode(format!("{}\n{position}", check_of(reading, position)))
}

fn open_cursor(cursor: &str, reading: &Reading) -> Option<String> {
    let decoded = String::from_utf8(BASE64.decode(cursor).ok()?).ok()?;
    let (check, position) = decoded.split_once('\n')?;
    (check == check_of(reading, position)).then(|| position.to_owned())
}

fn check_of(reading: &Reading, position: &str) -> String {
    let index = reading.index.unwrap_or_default();
    let parts = [index.as_bytes(), reading.partition.as_bytes(), position.as_bytes()];
    Digest::of_parts(&parts).hex()[..12].to_owned()
}

/// A cursor of a list over the shards of the index `recent`: where its last entry stands in each of them.
pub(crate) fn write_recent_cursor(order: &str, reading: &Reading) -> String {
    seal_cursor(reading, order)
}

/// The order behind which a page of such a list begins.
pub(crate) fn read_recent_cursor(cursor: &str, list: &List, reading: &Reading) -> Option<String> {
    open_cursor(cursor, reading).filter(|order| is_order_of(list, order))
}

/// A cursor of the labels of an inbox: the label that was last. No mark's sort key is a label.
pub(crate) fn write_label_cursor(label: &str, reading: &Reading) -> String {
    seal_cursor(reading, label)
}

/// The label behind which a page of labels begins.
pub(crate) fn read_label_cursor(cursor: &str, list: &List, reading: &Reading) -> Option<String> {
    open_cursor(cursor, reading).filter(|label| is_order_of(list, label))
}

/// Whether a sort key is one that this list has: a cursor of another list is refused, not answered with nothing.
fn is_order_of(list: &List, order: &str) -> bool {
    let timed = |is_id: fn(&str) -> bool| {
        order
            .split_once('/')
            .is_some_and(|(at, id)| at.len() == 13 && at.bytes().all(|b| b.is_ascii_digit()) && is_id(id))
    };
    let is_message = |text: &str| MessageId::parse(text).is_ok();
    match list {
        List::Inboxes => InboxId::parse(order).is_ok(),
        List::Tokens => TokenId::parse(order).is_ok(),
        List::Webhooks => WebhookId::parse(order).is_ok(),
        List::Accounts => AccountId::parse(order).is_ok(),
        List::Domains => timed(|id| DomainId::parse(id).is_ok()),
        List::Members => MemberId::parse(order).is_ok(),
        List::Invitations => InvitationId::parse(order).is_ok(),
        List::Sessions(_) => SessionId::parse(order).is_ok(),
        List::Messages(..)
        | List::MessagesSince(..)
        | List::Unread(_)
        | List::AllMessages(_)
        | List::Trash(..)
        | List::TrashSince(..)
        | List::AllTrash(_)
        | List::TrashInThread(_)
        | List::ThreadMessages(_)
        | List::LatestInThread(_)
        | List::Held
        | List::HeldIn(_) => is_message(order),
        List::Labelled(_, label) => order.strip_prefix(&message::mark_prefix(label)).is_some_and(is_message),
        List::Labels(_) => Label::stored(order).is_ok(),
        List::Threads(..) | List::AllThreads(_) => timed(|id| ThreadId::parse(id).is_ok()),
        List::Drafts(_) => DraftId::parse(order).is_ok(),
        List::Approvals(_) | List::Waiting | List::WaitingOfUpload(_) => ApprovalId::parse(order).is_ok(),
        List::Suppressions => timed(|id| SuppressionId::parse(id).is_ok()),
        List::ListEntries(..) => timed(|id| ListEntryId::parse(id).is_ok()),
        List::StandingApprovals => StandingApprovalId::parse(order).is_ok(),
        List::FormerPolicies(_) => order.len() == 2 && order.bytes().all(|b| b.is_ascii_digit()),
        List::Open(_) => timed(|id| MessageId::parse(id).is_ok()),
        List::Uploads => UploadId::parse(order).is_ok(),
        List::UploadRows(_) => order.len() == 16 && order.bytes().all(|b| b.is_ascii_digit()),
        List::Attempts(_) => timed(|rest| {
            rest.split_once('/').is_some_and(|(event, number)| {
                EventId::parse(event).is_ok() && number.bytes().all(|b| b.is_ascii_digit())
            })
        }),
        List::Requests(_) => timed(|id| Digest::parse(&format!("sha256:{id}")).is_ok()),
        List::Usage(by, ..) => usage::is_order_of(*by, order),
    }
}

/// The cursor behind an item: the rest of its key, without the partition.
pub(crate) fn write_cursor(last: &Item, reading: &Reading) -> String {
    let sort = reading.names().1;
    let names: &[&str] = if reading.index.is_some() { &[sort, "pk", "sk"] } else { &[sort] };
    let parts: Vec<_> = names
        .iter()
        .map(|name| last.get(*name).and_then(|v| v.as_s().ok()).cloned().unwrap_or_default())
        .collect();
    seal_cursor(reading, &parts.join("\n"))
}

pub(crate) fn read_cursor(
    cursor: &str,
    organization_id: OrganizationId,
    list: &List,
    reading: &Reading,
) -> Option<Item> {
    let position = open_cursor(cursor, reading)?;
    let parts: Vec<_> = position.split('\n').collect();
    let mut start = Item::new();
    match (reading.index, parts.as_slice()) {
        (None, [sk]) if is_order_of(list, sk) => {
            start.insert("pk".to_owned(), text(&reading.partition));
            start.insert("sk".to_owned(), text(sk));
        }
        (Some(_), [at, pk, sk])
            if pk.starts_with(&format!("{organization_id}/")) && is_order_of(list, at) =>
        {
            let names = reading.names();
            start.insert(names.0.to_owned(), text(&reading.partition));
            start.insert(names.1.to_owned(), text(at));
            start.insert("pk".to_owned(), text(pk));
            start.insert("sk".to_owned(), text(sk));
        }
        _ => return None,
    }
    let sound = |v: &AttributeValue| v.as_s().is_ok_and(|s| !s.is_empty() && s.len() < 1_000);
    start.values().all(sound).then_some(start)
}
