//! The feeds of events.

use app::base::feed::{Feed, StoredBlock};
use app::base::store::{Conflict, Expect, StoreError};
use app::base::trail::Range;
use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::delivery::event::Event;
use domain::delivery::feed::Block;
use domain::people::usage::Usage;
use domain::{EventId, OrganizationId};

use crate::base::item::{Item, decode, encode, number, place_of};
use crate::delivery::{event, feed};
use crate::people::usage;
use crate::table::DynamoTable;

impl DynamoTable {
    /// Writes a block as it is, on the condition that it is still there.
    fn put_again(&self, block: &Block) -> Result<TransactWriteItem, StoreError> {
        let stored = encode(&feed::at(block.organization_id, block.number), block)?;
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(stored))
            .condition_expression("#at = :at")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":at", number(block.at.as_millisecond()))
            .build()
            .map_err(|e| StoreError::Permanent(e.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// A stored block under its number.
fn stored_block(organization_id: OrganizationId, item: Item) -> Option<StoredBlock> {
    let number: u64 = place_of(&item).sk.parse().ok()?;
    let sound = |block: &Block| block.number == number && block.organization_id == organization_id;
    Some(StoredBlock { number, block: decode::<Block>(item).ok().filter(sound) })
}

#[async_trait]
impl Feed for DynamoTable {
    async fn blocks(
        &self,
        organization_id: OrganizationId,
        range: Range,
    ) -> Result<Vec<StoredBlock>, StoreError> {
        let found = self.query_numbered(feed::blocks(organization_id), range).await?;
        Ok(found.into_iter().filter_map(|item| stored_block(organization_id, item)).collect())
    }

    async fn add(&self, last: Option<&Block>, block: &Block, counts: &[Usage]) -> Result<(), StoreError> {
        let stored = encode(&feed::at(block.organization_id, block.number), block)?;
        let mut writes = vec![self.put(stored, Expect::Absent)?];
        if let Some(last) = last.filter(|last| last.is_aging(block.at)) {
            writes.push(self.put_again(last)?);
        }
        for count in counts {
            writes.push(self.update(usage::add(block.organization_id, count))?);
        }
        let conflicts = vec![Conflict::Directory; writes.len()];
        self.transact(writes, &conflicts).await
    }

    async fn events(
        &self,
        organization_id: OrganizationId,
        ids: &[EventId],
    ) -> Result<Vec<Event>, StoreError> {
        let places: Vec<_> = ids.iter().map(|id| event::at(organization_id, *id)).collect();
        let mut events = vec![];
        for (place, item) in self.read(&places).await? {
            match decode::<Event>(item) {
                Ok(event) if event::at(event.organization_id, event.id) == place => events.push(event),
                _ => tracing::error!(event = place.pk, "an event can't be read"),
            }
        }
        Ok(events)
    }
}
