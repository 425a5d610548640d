//! Conversations, and what leads to them.

use std::collections::{BTreeMap, HashMap};

use app::base::store::ThreadPointer;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
use domain::base::digest::Digest;
use domain::mailbox::label::Label;
use domain::mailbox::message::{Counts, Party, Shows, Thread, ThreadMarks, ThreadUpdate};
use domain::{InboxId, OrganizationId, ThreadId, Timestamp};

use crate::base::field::{Corrupt, record};
use crate::base::item::{IndexKeys, Kind, Listing, Place, key, number, place, shard, text};

record! {
    Thread as ThreadRecord {
        id: ThreadId,
        organization_id: OrganizationId,
        inbox_id: InboxId,
        subject: String,
        preview: String,
        message_count: u64,
        created_at: Timestamp,
        last_message_at: Timestamp,
        #[serde(default)]
        tainted: bool,
        #[serde(default)]
        unread_count: u64,
        #[serde(default)]
        labels: BTreeMap<Label, u64>,
        [last_from: split_party, join_party] {
            last_from_name: Option<String>,
            last_from_address: String,
        }
    }
}

fn split_party(party: &Party) -> (Option<String>, String) {
    (party.name.clone(), party.address.clone())
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_party((name, address): (Option<String>, String)) -> Result<Party, Corrupt> {
    Ok(Party { name, address })
}

impl Kind for Thread {
    const NAME: &'static str = "thread";
    fn index_keys(&self) -> IndexKeys {
        if self.message_count == 0 {
            // All its mails are in the trash, or gone: it is remembered, and not listed.
            return IndexKeys::default();
        }
        let partition = list(self.organization_id, self.inbox_id);
        IndexKeys {
            list: Some(Listing { partition, order: order(self.last_message_at, self.id) }),
            recent: Some(Listing {
                partition: recent_shard(self.organization_id, self.id),
                order: order(self.last_message_at, self.id),
            }),
            ..IndexKeys::default()
        }
    }
}

/// Where a conversation lies.
pub(crate) fn at(organization: OrganizationId, id: ThreadId) -> Place {
    place(format!("{organization}/{id}"), "thread")
}

/// The list of an inbox's conversations, by their last mail.
pub(crate) fn list(organization: OrganizationId, inbox: InboxId) -> String {
    format!("{organization}/{inbox}/threads")
}

/// The partitions of the index `recent` in which an organization's conversations lie begin so.
pub(crate) fn recent_list(organization: OrganizationId) -> String {
    format!("{organization}/threads")
}

fn recent_shard(organization: OrganizationId, id: ThreadId) -> String {
    shard(&recent_list(organization), id.body())
}

fn order(at: Timestamp, id: ThreadId) -> String {
    format!("{}/{id}", instant(at))
}

/// What the orders of an instant begin with.
pub(crate) fn instant(at: Timestamp) -> String {
    format!("{:013}", at.as_millisecond())
}

/// What a mail does to a conversation, which is made where there is none.
pub(crate) fn count_in(organization: OrganizationId, update: &ThreadUpdate) -> UpdateBuilder {
    // Only ever set: a clean mail after a hostile one proves nothing.
    let taint = if update.taint { ", tainted = :tainted" } else { "" };
    let tainted = update.taint.then(|| (":tainted".to_owned(), AttributeValue::Bool(true)));
    let shown = [
        ("preview", text(&update.preview)),
        ("last_from_name", update.from.name.clone().map_or(AttributeValue::Null(true), text)),
        ("last_from_address", text(&update.from.address)),
        ("last_message_at", number(update.at.as_millisecond())),
        ("list_at", text(order(update.at, update.thread_id))),
        ("recent_at", text(order(update.at, update.thread_id))),
    ];
    let set = |name: &str| match update.shows {
        Shows::Now | Shows::IfLast => format!(", {name} = :{name}"),
        Shows::Not => format!(", {name} = if_not_exists({name}, :{name})"),
    };
    let shows: String = shown.iter().map(|(name, _)| set(name)).collect();
    let mut builder = Update::builder()
        .set_key(Some(key(&at(organization, update.thread_id))))
        .update_expression(format!(
            "SET #kind = :kind, #id = if_not_exists(#id, :id), organization_id = :organization, \
             inbox_id = :inbox, subject = if_not_exists(subject, :subject), \
             created_at = if_not_exists(created_at, :last_message_at), #list = :list, recent = :recent{shows}{taint} \
             ADD message_count :count, unread_count :unread",
        ))
        // Replaces all values: it has to come before those that are added one by one.
        .set_expression_attribute_values(tainted.map(|value| [value].into()))
        .expression_attribute_names("#kind", "kind")
        .expression_attribute_names("#id", "id")
        .expression_attribute_names("#list", "list")
        .expression_attribute_values(":kind", text(Thread::NAME))
        .expression_attribute_values(":id", text(update.thread_id))
        .expression_attribute_values(":organization", text(organization))
        .expression_attribute_values(":inbox", text(update.inbox_id))
        .expression_attribute_values(":subject", text(&update.subject))
        .expression_attribute_values(":list", text(list(organization, update.inbox_id)))
        .expression_attribute_values(":recent", text(recent_shard(organization, update.thread_id)))
        .expression_attribute_values(":count", number(u8::from(update.counts != Counts::Already)))
        .expression_attribute_values(":unread", number(u8::from(update.counts == Counts::AsUnread)));
    for (name, value) in shown {
        builder = builder.expression_attribute_values(format!(":{name}"), value);
    }
    if update.shows == Shows::IfLast {
        // As `Shows::fits` says it.
        builder = builder.expression_attribute_values(":none", number(0)).condition_expression(
            "attribute_not_exists(pk) OR message_count = :none OR last_message_at <= :last_message_at",
        );
    }
    builder
}

/// Changes the marks of a conversation that is there.
pub(crate) fn mark(organization: OrganizationId, marks: &ThreadMarks) -> UpdateBuilder {
    let builder = Update::builder().set_key(Some(key(&at(organization, marks.thread_id))));
    let builder = builder.expression_attribute_values(":unread", number(marks.unread));
    let Some((seen, wanted)) = &marks.labels else {
        return builder
            .update_expression("ADD unread_count :unread")
            .condition_expression("attribute_exists(pk)");
    };
    let map = |labels: &BTreeMap<Label, u64>| {
        let count = |(label, count): (&Label, &u64)| (label.as_str().to_owned(), number(count));
        AttributeValue::M(labels.iter().map(count).collect())
    };
    // Conversations that were stored before there were labels have no map.
    let none = if seen.is_empty() { "attribute_not_exists(labels) OR " } else { "" };
    builder
        .update_expression("SET labels = :labels ADD unread_count :unread")
        .condition_expression(format!("attribute_exists(pk) AND ({none}labels = :seen)"))
        .expression_attribute_values(":labels", map(wanted))
        .expression_attribute_values(":seen", map(seen))
}

/// That a conversation stands as it was seen: what its mails change of it.
pub(crate) fn standing(seen: &Thread) -> (String, HashMap<String, AttributeValue>) {
    let labels = seen.labels.iter().map(|(label, count)| (label.as_str().to_owned(), number(count)));
    let parts = [
        ("message_count", number(seen.message_count), false),
        ("last_message_at", number(seen.last_message_at.as_millisecond()), false),
        // Of one that was stored before there were these, none is there.
        ("unread_count", number(seen.unread_count), seen.unread_count == 0),
        ("tainted", AttributeValue::Bool(seen.tainted), !seen.tainted),
        ("labels", AttributeValue::M(labels.collect()), seen.labels.is_empty()),
    ];
    let condition = parts.iter().map(|(name, _, or_none)| {
        let none = if *or_none { format!("attribute_not_exists({name}) OR ") } else { String::new() };
        format!("({none}{name} = :{name})")
    });
    let condition = condition.collect::<Vec<_>>().join(" AND ");
    let values = parts.into_iter().map(|(name, value, _)| (format!(":{name}"), value));
    (format!("attribute_exists(pk) AND {condition}"), values.collect())
}

record! {
    ThreadPointer as PointerRecord {
        inbox_id: InboxId,
        hash: Digest,
        thread_id: ThreadId,
        at: Timestamp,
    }
}

impl Kind for ThreadPointer {
    const NAME: &'static str = "pointer";
}

/// Where what leads to a conversation lies.
pub(crate) fn pointer_at(organization: OrganizationId, inbox: InboxId, hash: Digest) -> Place {
    place(format!("{organization}/{inbox}/pointer/{}", hash.hex()), "pointer")
}
