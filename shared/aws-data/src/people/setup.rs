//! Set-up links, by the hash of their secret: they belong to no organization.

use aws_sdk_dynamodb::types::Update;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use domain::Timestamp;
use domain::base::digest::Digest;
use domain::people::setup::Setup;

use crate::base::field::record;
use crate::base::item::{IndexKeys, Kind, Place, key, number, place};

record! {
    Setup as SetupRecord {
        hash: Digest,
        created_at: Timestamp,
        expires_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        used_at: Option<Timestamp>,
    }
}

impl Kind for Setup {
    const NAME: &'static str = "setup";
    fn index_keys(&self) -> IndexKeys {
        let ttl = self.expires_at.as_second() + Setup::KEPT.as_secs();
        IndexKeys { ttl: Some(ttl), ..IndexKeys::default() }
    }
}

/// Where the link of this hash lies.
pub(crate) fn at(hash: Digest) -> Place {
    place(format!("setup/{}", hash.hex()), "setup")
}

/// That a link is used up. Names only the attributes that `template.yaml` lets the console write of one, so that it draws none.
pub(crate) fn use_up(hash: Digest, now: Timestamp) -> UpdateBuilder {
    Update::builder()
        .set_key(Some(key(&at(hash))))
        .update_expression("SET used_at = :at")
        .condition_expression("attribute_exists(pk) AND attribute_not_exists(used_at)")
        .expression_attribute_values(":at", number(now.as_millisecond()))
}
