//! Files: of a mail, or announced for upload.

use domain::base::digest::Digest;
use domain::mailbox::message::Attachment;
use domain::{AttachmentId, InboxId, MessageId, OrganizationId, Timestamp};

use crate::base::field::{Corrupt, record};
use crate::base::item::{IndexKeys, Kind, Place, days_after, place};

/// The record of a file that was announced for upload is kept for so long.
const UPLOAD_DAYS: i64 = 1;

record! {
    Attachment as AttachmentRecord {
        id: AttachmentId,
        organization_id: OrganizationId,
        inbox_id: InboxId,
        filename: String,
        content_type: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        detected_type: Option<String>,
        size: u64,
        created_at: Timestamp,
        [message: split, join] {
            message_id: Option<MessageId>,
            digest: Option<Digest>,
        }
    }
}

#[expect(clippy::ref_option, reason = "as every field is written")]
fn split(message: &Option<(MessageId, Digest)>) -> (Option<MessageId>, Option<Digest>) {
    message.unzip()
}

fn join(parts: (Option<MessageId>, Option<Digest>)) -> Result<Option<(MessageId, Digest)>, Corrupt> {
    match parts {
        (Some(message), Some(digest)) => Ok(Some((message, digest))),
        (None, None) => Ok(None),
        _ => Err(Corrupt("attachment")),
    }
}

impl Kind for Attachment {
    const NAME: &'static str = "attachment";
    fn index_keys(&self) -> IndexKeys {
        let ttl = self.message.is_none().then(|| days_after(self.created_at, UPLOAD_DAYS));
        IndexKeys { ttl, ..IndexKeys::default() }
    }
}

/// Where a file lies.
pub(crate) fn at(organization: OrganizationId, id: AttachmentId) -> Place {
    place(format!("{organization}/{id}"), "attachment")
}
