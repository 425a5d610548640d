//! The audit chains as the use cases see them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::ledger::audit::{ChainedEntry, Entry, Head};
use domain::{AuditId, MessageId, OrganizationId, Timestamp};

use crate::base::store::StoreError;

/// The highest place that a stored key has room for.
pub const LAST_PLACE: u64 = 9_999_999_999_999_999;

/// Which part of a chain, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first place.
    pub from: u64,
    /// The last place.
    pub to: u64,
    /// Whether the last comes first.
    pub newest_first: bool,
    /// At most so many links.
    pub limit: u16,
}

/// A stored link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The place under which it is stored.
    pub sequence: u64,
    /// The link; none where what is stored can't be read as the one of this place.
    pub link: Option<ChainedEntry>,
}

/// The chains, one for each organization.
#[async_trait]
pub trait Trail: Send + Sync {
    /// Where an organization's chain ends, strongly consistent; none where what is stored can't be read.
    async fn head(&self, organization_id: OrganizationId) -> Result<Option<Head>, StoreError>;

    /// A part of a chain, strongly consistent. May give fewer than `limit` only at the end of the range.
    async fn links(&self, organization_id: OrganizationId, range: Range) -> Result<Vec<Stored>, StoreError>;

    /// The places of at most `limit` entries that tell of a mail, in order. They come from an index that follows the chain:
    /// what was chained within the last second may be missing.
    async fn about(
        &self,
        organization_id: OrganizationId,
        message_id: MessageId,
        limit: u16,
    ) -> Result<Vec<u64>, StoreError>;

    /// The links in these places, in the order of their places, strongly consistent. Places without a link are left out.
    async fn links_in(
        &self,
        organization_id: OrganizationId,
        places: &[u64],
    ) -> Result<Vec<Stored>, StoreError>;

    /// Where these entries stand, strongly consistent: none for one that waits for its place. An entry that is not there
    /// is left out: it was never written, or got its place long ago.
    async fn places(
        &self,
        organization_id: OrganizationId,
        ids: &[AuditId],
    ) -> Result<BTreeMap<AuditId, Option<u64>>, StoreError>;

    /// The heads of at most `limit` organizations behind `after`, in the order of their ids; none for one that can't be read.
    async fn heads(
        &self,
        after: Option<OrganizationId>,
        limit: u16,
    ) -> Result<Vec<(OrganizationId, Option<Head>)>, StoreError>;

    /// Those of these entries (at most 100) that have no place yet, strongly consistent.
    async fn unchained(
        &self,
        organization_id: OrganizationId,
        ids: &[AuditId],
    ) -> Result<Vec<Entry>, StoreError>;

    /// Writes links (at most [`BATCH`]) behind `head`, all or none. [`StoreError::Conflict`] where the chain does not end at
    /// `head` any more, or where one of the entries has a place already.
    async fn append(&self, head: &Head, links: &[ChainedEntry]) -> Result<(), StoreError>;

    /// At most `limit` entries of all organizations that had no place for [`Entry::CHAIN_LIMIT`], the oldest first.
    async fn lost(&self, now: Timestamp, limit: u16) -> Result<Vec<(OrganizationId, AuditId)>, StoreError>;
}
