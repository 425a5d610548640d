//! How each list is read, and the cursors of its pages.

use app::base::store::List;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use domain::OrganizationId;

use crate::base::item::{Item, LISTS, OPEN, text};
use crate::delivery::webhook;
use crate::gate::{approval, standing};
use crate::mailbox::{inbox, message, thread};
use crate::people::{member, token};

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

pub(crate) fn reading(organization: OrganizationId, list: &List) -> Reading {
    let on = |index, partition, forward| Reading { index, partition, forward };
    match list {
        List::Inboxes => on(Some(LISTS), inbox::list(organization), true),
        List::Tokens => on(Some(LISTS), token::list(organization), true),
        List::Webhooks => on(None, webhook::list(organization), true),
        List::Members => on(Some(LISTS), member::list(organization), true),
        List::Messages(inbox) => on(None, message::list(organization, *inbox), false),
        List::ThreadMessages(thread) => on(Some(LISTS), message::thread_list(organization, *thread), true),
        List::LatestInThread(thread) => on(Some(LISTS), message::thread_list(organization, *thread), false),
        List::Threads(inbox) => on(Some(LISTS), thread::list(organization, *inbox), false),
        List::Approvals(status) => on(Some(LISTS), approval::list(organization, status), false),
        List::StandingApprovals => on(None, standing::list(organization), false),
        List::Open(status) => on(Some(OPEN), message::open_list(organization, status.as_str()), true),
        List::Attempts(webhook) => on(None, webhook::attempts(organization, *webhook), false),
    }
}

/// A cursor is the rest of the last item's key, without the partition: it can only move within the list.
pub(crate) fn write_cursor(last: &Item, reading: &Reading) -> String {
    let sort = reading.names().1;
    let names: &[&str] = if reading.index.is_some() { &[sort, "pk", "sk"] } else { &[sort] };
    let parts: Vec<_> = names
        .iter()
        .map(|name| last.get(*name).and_then(|v| v.as_s().ok()).cloned().unwrap_or_default())
        .collect();
    BASE64.encode(parts.join("\n"))
}

pub(crate) fn read_cursor(cursor: &str, organization_id: OrganizationId, reading: &Reading) -> Option<Item> {
    let decoded = String::from_utf8(BASE64.decode(cursor).ok()?).ok()?;
    let parts: Vec<_> = decoded.split('\n').collect();
    let mut start = Item::new();
    match (reading.index, parts.as_slice()) {
        (None, [sk]) => {
            start.insert("pk".to_owned(), text(&reading.partition));
            start.insert("sk".to_owned(), text(sk));
        }
        (Some(_), [at, pk, sk]) if pk.starts_with(&format!("{organization_id}/")) => {
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
