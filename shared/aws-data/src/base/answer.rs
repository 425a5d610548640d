//! Saved answers of requests with an `Idempotency-Key`.

use app::base::store::Answer;
use domain::base::digest::Digest;
use domain::{OrganizationId, Timestamp};

use crate::base::field::record;
use crate::base::item::{IndexKeys, Kind, Place, place};

record! {
    Answer as AnswerRecord {
        key: Digest,
        request: Digest,
        status: u16,
        body: String,
        expires_at: Timestamp,
    }
}

impl Kind for Answer {
    const NAME: &'static str = "answer";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some(self.expires_at.as_second()), ..IndexKeys::default() }
    }
}

/// Where the answer of this hash lies.
pub(crate) fn at(organization: OrganizationId, hash: Digest) -> Place {
    place(format!("{organization}/answer/{}", hash.hex()), "answer")
}
