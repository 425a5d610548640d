//! Who is not written to any more where somebody uses the secret of a list mail, by the hash of that.

use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::mailbox::opt_out::OptOut;
use domain::{InboxId, MessageId, OrganizationId, Timestamp};

use crate::base::field::record;
use crate::base::item::{IndexKeys, Kind, Place, place};

record! {
    OptOut as OptOutRecord {
        hash: Digest,
        organization_id: OrganizationId,
        inbox_id: InboxId,
        message_id: MessageId,
        address: EmailAddress,
        expires_at: Timestamp,
    }
}

impl Kind for OptOut {
    const NAME: &'static str = "opt_out";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some(self.expires_at.as_second()), ..IndexKeys::default() }
    }
}

/// Where that of the secret with this hash lies.
pub(crate) fn at(organization: OrganizationId, hash: Digest) -> Place {
    place(format!("{organization}/opt-out/{}", hash.hex()), "opt-out")
}
