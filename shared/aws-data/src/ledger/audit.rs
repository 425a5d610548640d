//! Audit entries, the links of the chain that they are laid into, and where the chain ends.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::Update;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use domain::base::digest::Digest;
use domain::ledger::audit::{ChainedEntry, Entry, Head};
use domain::people::access::Actor;
use domain::{AuditId, MessageId, OrganizationId, Timestamp};

use crate::base::field::record;
use crate::base::item::{self, IndexKeys, Kind, Place, days_after, key, number, numbered, place, shard};

/// An audit entry is kept for so long after it was copied into the chain, which is kept for good.
const CHAINED_DAYS: i64 = 30;

record! {
    Entry as EntryRecord {
        id: AuditId,
        organization_id: OrganizationId,
        at: Timestamp,
        actor: Actor,
        action: String,
        target: String,
        details: BTreeMap<String, String>,
    }
}

impl Kind for Entry {
    const NAME: &'static str = "audit";
    /// It lies in the watch until it is chained.
    fn index_keys(&self) -> IndexKeys {
        IndexKeys {
            watch: Some((shard("audit", self.id.body()), self.at + Entry::CHAIN_LIMIT)),
            ..IndexKeys::default()
        }
    }
}

/// Where an entry lies.
pub(crate) fn at(organization: OrganizationId, id: AuditId) -> Place {
    place(format!("{organization}/{id}"), "audit")
}

/// Notes on an entry that it has its place, so that it gets no other; takes it out of the watch.
pub(crate) fn mark_chained(organization: OrganizationId, link: &ChainedEntry) -> UpdateBuilder {
    Update::builder()
        .set_key(Some(key(&at(organization, link.entry.id))))
        .update_expression("SET #sequence = :sequence, #ttl = :ttl REMOVE watch, watch_at")
        .condition_expression("attribute_exists(pk) AND attribute_not_exists(#sequence)")
        .expression_attribute_names("#sequence", "sequence")
        .expression_attribute_names("#ttl", "ttl")
        .expression_attribute_values(":sequence", number(link.sequence))
        .expression_attribute_values(":ttl", number(days_after(link.chained_at, CHAINED_DAYS)))
}

record! {
    ChainedEntry as ChainedRecord {
        sequence: u64,
        chained_at: Timestamp,
        previous: Digest,
        hash: Digest,
        entry: Entry,
    }
}

impl Kind for ChainedEntry {
    const NAME: &'static str = "audit_link";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { open: telling(self), ..IndexKeys::default() }
    }
}

/// One link of an organization's chain.
pub(crate) fn link_at(organization: OrganizationId, sequence: u64) -> Place {
    place(links(organization), numbered(sequence))
}

/// The partition of an organization's chain. It grows by at most a few hundred links a second, and nobody waits for it.
pub(crate) fn links(organization: OrganizationId) -> String {
    format!("{organization}/audit")
}

/// The partition of the index `open` in which the links lie that tell of a mail.
pub(crate) fn links_about(organization: OrganizationId, message: MessageId) -> String {
    format!("{organization}/{message}/audit")
}

/// Where a link lies in the index `open`, if it tells of a mail.
pub(crate) fn telling(link: &ChainedEntry) -> Option<item::Listing> {
    let partition = links_about(link.entry.organization_id, link.entry.about()?);
    Some(item::Listing { partition, order: numbered(link.sequence) })
}

record! {
    Head as HeadRecord {
        organization_id: OrganizationId,
        sequence: u64,
        hash: Digest,
        at: Timestamp,
    }
}

impl Kind for Head {
    const NAME: &'static str = "audit_head";
}

/// Where the end of a chain lies.
pub(crate) fn head_at(organization: OrganizationId) -> Place {
    place(format!("{organization}/audit-head"), "head")
}

/// The kind of what names an organization with a chain.
pub(crate) const CHAIN: &str = "audit_chain";

/// The partition that names the organizations with a chain. It is written once for each.
pub(crate) const HEADS: &str = "audit-heads";

/// Where it is written down that an organization has a chain.
pub(crate) fn chain_at(organization: OrganizationId) -> Place {
    place(HEADS.to_owned(), organization.to_string())
}
