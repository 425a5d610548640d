//! What policies know beside a mail: mailboxes that were written to before, and counts of mails within a time.

use app::base::store::{Contact, Counter};
use aws_sdk_dynamodb::types::Update;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use domain::base::digest::Digest;
use domain::{OrganizationId, Timestamp};

use crate::base::field::record;
use crate::base::item::{IndexKeys, Kind, Place, key, number, place, text};

record! {
    Contact as ContactRecord {
        hash: Digest,
        first_at: Timestamp,
    }
}

impl Kind for Contact {
    const NAME: &'static str = "contact";
}

/// Where the contact of this hash lies.
pub(crate) fn at(organization: OrganizationId, hash: Digest) -> Place {
    place(format!("{organization}/contact/{}", hash.hex()), "contact")
}

record! {
    Counter as CounterRecord {
        hash: Digest,
        count: u64,
        expires_at: Timestamp,
    }
}

impl Kind for Counter {
    const NAME: &'static str = "counter";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some(self.expires_at.as_second()), ..IndexKeys::default() }
    }
}

/// Where the counter of this hash lies.
pub(crate) fn counter_at(organization: OrganizationId, hash: Digest) -> Place {
    place(format!("{organization}/counter/{}", hash.hex()), "counter")
}

/// Adds to a count. The condition makes room for `by`: `limit` is not less.
pub(crate) fn count(
    organization: OrganizationId,
    hash: Digest,
    by: u64,
    limit: Option<u64>,
    expires_at: Timestamp,
) -> UpdateBuilder {
    let update = Update::builder()
        .set_key(Some(key(&counter_at(organization, hash))))
        .update_expression(
            "SET #kind = :kind, #hash = :hash, expires_at = :expires_at, #ttl = :ttl ADD #count :by",
        )
        .expression_attribute_names("#kind", "kind")
        .expression_attribute_names("#hash", "hash")
        .expression_attribute_names("#ttl", "ttl")
        .expression_attribute_names("#count", "count")
        .expression_attribute_values(":kind", text(Counter::NAME))
        .expression_attribute_values(":hash", text(hash))
        .expression_attribute_values(":expires_at", number(expires_at.as_millisecond()))
        .expression_attribute_values(":ttl", number(expires_at.as_second()))
        .expression_attribute_values(":by", number(by));
    match limit {
        None => update,
        Some(limit) => update
            .condition_expression("attribute_not_exists(#count) OR #count <= :room")
            .expression_attribute_values(":room", number(limit.saturating_sub(by))),
    }
}

/// Takes from a count. One that is forgotten already is 0: it must not keep from being done what goes with it.
pub(crate) fn uncount(organization: OrganizationId, hash: Digest, by: u64) -> UpdateBuilder {
    Update::builder()
        .set_key(Some(key(&counter_at(organization, hash))))
        .update_expression(
            "SET #kind = :kind, #hash = :hash, expires_at = if_not_exists(expires_at, :zero), \
             #count = if_not_exists(#count, :by) - :by",
        )
        .expression_attribute_names("#kind", "kind")
        .expression_attribute_names("#hash", "hash")
        .expression_attribute_names("#count", "count")
        .expression_attribute_values(":kind", text(Counter::NAME))
        .expression_attribute_values(":hash", text(hash))
        .expression_attribute_values(":zero", number(0))
        .expression_attribute_values(":by", number(by))
}
