//! Conversations, and what leads to them.

use app::base::store::ThreadPointer;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
use domain::base::digest::Digest;
use domain::mailbox::message::{Party, Thread, ThreadUpdate};
use domain::{InboxId, OrganizationId, ThreadId, Timestamp};

use crate::base::field::{Corrupt, record};
use crate::base::item::{IndexKeys, Kind, Listing, Place, key, number, place, text};

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
        let partition = list(self.organization_id, self.inbox_id);
        IndexKeys {
            list: Some(Listing { partition, order: order(self.last_message_at, self.id) }),
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

fn order(at: Timestamp, id: ThreadId) -> String {
    format!("{:013}/{id}", at.as_millisecond())
}

/// Counts one more mail into a conversation, and makes it where there is none.
pub(crate) fn count_in(organization: OrganizationId, update: &ThreadUpdate) -> UpdateBuilder {
    let at_millis = update.at.as_millisecond();
    let name = update.from.name.clone().map_or(AttributeValue::Null(true), text);
    // Only ever set: a clean mail after a hostile one proves nothing.
    let taint = if update.taint { ", tainted = :tainted" } else { "" };
    let tainted = update.taint.then(|| (":tainted".to_owned(), AttributeValue::Bool(true)));
    Update::builder()
        .set_key(Some(key(&at(organization, update.thread_id))))
        .update_expression(format!(
            "SET #kind = :kind, #id = if_not_exists(#id, :id), organization_id = :organization, \
             inbox_id = :inbox, subject = if_not_exists(subject, :subject), preview = :preview, \
             last_from_name = :name, last_from_address = :address, last_message_at = :at, \
             created_at = if_not_exists(created_at, :at), #list = :list, list_at = :list_at{taint} \
             ADD message_count :one",
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
        .expression_attribute_values(":preview", text(&update.preview))
        .expression_attribute_values(":name", name)
        .expression_attribute_values(":address", text(&update.from.address))
        .expression_attribute_values(":at", number(at_millis))
        .expression_attribute_values(":list", text(list(organization, update.inbox_id)))
        .expression_attribute_values(":list_at", text(order(update.at, update.thread_id)))
        .expression_attribute_values(":one", number(1))
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
