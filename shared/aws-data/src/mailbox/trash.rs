//! The trash: mails in a partition beside their inbox's own, so that no list of mails meets them.

use domain::mailbox::message::{Fate, Message, Trashed};
use domain::{InboxId, MessageId, OrganizationId, ThreadId, Timestamp};

use crate::base::field::{Corrupt, missing, record};
use crate::base::item::{IndexKeys, Kind, Listing, Place, days_after, place, shard};

/// That a mail was there is remembered for so long, far longer than SES, Lambda and our queues tell of one.
const REMEMBERED_DAYS: i64 = 60;

/// What the partitions of the watch begin with in which they lie.
pub(crate) const WATCH: &str = "trash";

record! {
    Trashed as TrashedRecord {
        organization_id: OrganizationId,
        inbox_id: InboxId,
        message_id: MessageId,
        look_at: Timestamp,
        version: u64,
        [fate: split_fate, join_fate] {
            state: String,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            message: Option<Message>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            gone_at: Option<Timestamp>,
        }
    }
}

type FateParts = (String, Option<Message>, Option<Timestamp>);

fn split_fate(fate: &Fate) -> FateParts {
    match fate.clone() {
        Fate::Kept(message) => ("kept".to_owned(), Some(*message), None),
        Fate::Going(message) => ("going".to_owned(), Some(*message), None),
        Fate::Gone(at) => ("gone".to_owned(), None, Some(at)),
    }
}

fn join_fate((state, message, gone_at): FateParts) -> Result<Fate, Corrupt> {
    match state.as_str() {
        "kept" => Ok(Fate::Kept(Box::new(missing(message)?))),
        "going" => Ok(Fate::Going(Box::new(missing(message)?))),
        "gone" => Ok(Fate::Gone(missing(gone_at)?)),
        _ => Err(Corrupt("fate")),
    }
}

impl Kind for Trashed {
    const NAME: &'static str = "trashed";
    fn index_keys(&self) -> IndexKeys {
        let watch = Some((shard(WATCH, self.message_id.body()), self.look_at));
        match &self.fate {
            Fate::Kept(message) => {
                let order = self.message_id.to_string();
                let listing = |partition| Some(Listing { partition, order: order.clone() });
                IndexKeys {
                    list: listing(thread_list(self.organization_id, message.thread_id)),
                    open: listing(list(self.organization_id, self.inbox_id)),
                    recent: listing(shard(&recent_list(self.organization_id), self.message_id.body())),
                    watch,
                    ttl: None,
                }
            }
            Fate::Going(_) => IndexKeys { watch, ..IndexKeys::default() },
            Fate::Gone(at) => {
                IndexKeys { ttl: Some(days_after(*at, REMEMBERED_DAYS)), ..IndexKeys::default() }
            }
        }
    }
}

/// Where a mail lies that is in the trash, or what is left of it.
pub(crate) fn at(organization: OrganizationId, inbox: InboxId, id: MessageId) -> Place {
    place(list(organization, inbox), id.to_string())
}

/// The partition of what an inbox has in the trash; that of the index `open` is called the same, and has what may come back alone.
pub(crate) fn list(organization: OrganizationId, inbox: InboxId) -> String {
    format!("{organization}/{inbox}/trash")
}

/// The list of a conversation's mails in the trash.
pub(crate) fn thread_list(organization: OrganizationId, thread: ThreadId) -> String {
    format!("{organization}/{thread}/trash")
}

/// The partitions of the index `recent` in which an organization's trash lies begin so.
pub(crate) fn recent_list(organization: OrganizationId) -> String {
    format!("{organization}/trash")
}
