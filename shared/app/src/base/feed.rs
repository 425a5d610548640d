//! The feeds of events as the use cases see them.

use async_trait::async_trait;
use domain::delivery::event::Event;
use domain::delivery::feed::Block;
use domain::people::usage::Usage;
use domain::{EventId, OrganizationId};

use crate::base::store::StoreError;
use crate::base::trail::Range;

/// A stored block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBlock {
    /// The number under which it is stored.
    pub number: u64,
    /// The block; none where what is stored can't be read as the one of this number.
    pub block: Option<Block>,
}

/// The feeds, one for each organization.
#[async_trait]
pub trait Feed: Send + Sync {
    /// A part of a feed, strongly consistent. May give fewer than `limit` only at the end of the range.
    async fn blocks(
        &self,
        organization_id: OrganizationId,
        range: Range,
    ) -> Result<Vec<StoredBlock>, StoreError>;

    /// Writes a block behind `last`, the newest that could be read; none where there was none. What its events count as is added with it, or
    /// not at all.
    /// [`StoreError::Conflict`] where there is a block of its number, or where `last` may have been deleted meanwhile
    /// ([`Block::is_aging`]) and was.
    async fn add(&self, last: Option<&Block>, block: &Block, counts: &[Usage]) -> Result<(), StoreError>;

    /// Those of these events (at most 100) that are there and can be read, strongly consistent, in any order.
    async fn events(
        &self,
        organization_id: OrganizationId,
        ids: &[EventId],
    ) -> Result<Vec<Event>, StoreError>;
}
