//! The audit chains.

use std::collections::BTreeMap;

use app::base::store::{Conflict, Expect, StoreError};
use app::base::trail::{Range, Stored, Trail};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::ledger::audit::{ChainedEntry, Entry, Head};
use domain::{AuditId, MessageId, OrganizationId, Timestamp};

use crate::base::field::Corrupt;
use crate::base::item::{self, Item, OPEN, Place, corrupt, decode, encode, key, number, place_of, text};
use crate::ledger::audit;
use crate::table::DynamoTable;

impl DynamoTable {
    /// Moves the head from where it was to the last link.
    fn put_head(&self, before: &Head, last: &ChainedEntry) -> Result<TransactWriteItem, StoreError> {
        let head = Head { organization_id: before.organization_id, ..Head::of(last) };
        let stored = encode(&audit::head_at(head.organization_id), &head)?;
        let mut put = Put::builder().table_name(&self.table).set_item(Some(stored));
        put = if before.sequence == 0 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("#sequence = :sequence AND #hash = :hash")
                .expression_attribute_names("#sequence", "sequence")
                .expression_attribute_names("#hash", "hash")
                .expression_attribute_values(":sequence", number(before.sequence))
                .expression_attribute_values(":hash", text(before.hash))
        };
        let put = put.build().map_err(|e| StoreError::Permanent(e.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// A stored link under its place. Somebody may have changed it in any way: what can't be read is told as such, and so is one
/// that was taken out of the index by which its mail's receipts find it.
fn stored_link(item: Item) -> Option<Stored> {
    let sequence: u64 = place_of(&item).sk.parse().ok()?;
    let part = |name| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    let listed =
        part("open").zip(part("open_at")).map(|(partition, order)| item::Listing { partition, order });
    let sound = |link: &ChainedEntry| link.sequence == sequence && audit::telling(link) == listed;
    let link = decode::<ChainedEntry>(item).ok().filter(sound);
    Some(Stored { sequence, link })
}

#[async_trait]
impl Trail for DynamoTable {
    async fn head(&self, organization_id: OrganizationId) -> Result<Option<Head>, StoreError> {
        let mut found = self.read(&[audit::head_at(organization_id)]).await?;
        let Some((_, item)) = found.drain().next() else { return Ok(Some(Head::genesis(organization_id))) };
        Ok(decode::<Head>(item).ok().filter(|head| head.organization_id == organization_id))
    }

    async fn links(&self, organization_id: OrganizationId, range: Range) -> Result<Vec<Stored>, StoreError> {
        let found = self.query_numbered(audit::links(organization_id), range).await?;
        Ok(found.into_iter().filter_map(stored_link).collect())
    }

    async fn about(
        &self,
        organization_id: OrganizationId,
        message_id: MessageId,
        limit: u16,
    ) -> Result<Vec<u64>, StoreError> {
        let partition = audit::links_about(organization_id, message_id);
        let named = self.keys_of(Some(OPEN), &partition, None, limit).await?;
        // The index may be written by whoever writes the table: what it names is read, and looked at, as a link.
        Ok(named.iter().filter_map(|place| place.sk.parse().ok()).collect())
    }

    async fn links_in(
        &self,
        organization_id: OrganizationId,
        places: &[u64],
    ) -> Result<Vec<Stored>, StoreError> {
        let places: Vec<_> = places.iter().map(|place| audit::link_at(organization_id, *place)).collect();
        let found = self.read(&places).await?;
        let mut links: Vec<_> = found.into_values().filter_map(stored_link).collect();
        links.sort_by_key(|stored| stored.sequence);
        Ok(links)
    }

    async fn places(
        &self,
        organization_id: OrganizationId,
        ids: &[AuditId],
    ) -> Result<BTreeMap<AuditId, Option<u64>>, StoreError> {
        let wanted: Vec<_> = ids.iter().map(|id| audit::at(organization_id, *id)).collect();
        let found = self.read(&wanted).await?;
        let place = |item: &Item| match item.get("sequence") {
            Some(sequence) => sequence.as_n().ok()?.parse().ok().map(Some),
            None => Some(None),
        };
        let mut places = BTreeMap::new();
        for (id, wanted) in ids.iter().zip(&wanted) {
            let Some(item) = found.get(wanted) else { continue };
            let place = place(item).ok_or_else(|| corrupt(&Corrupt("sequence")))?;
            places.insert(*id, place);
        }
        Ok(places)
    }

    async fn heads(
        &self,
        after: Option<OrganizationId>,
        limit: u16,
    ) -> Result<Vec<(OrganizationId, Option<Head>)>, StoreError> {
        use domain::base::id::Id as _;
        let named = self.keys_of(None, audit::HEADS, after.map(|id| id.to_string()), limit).await?;
        let named: Option<Vec<_>> = named.iter().map(|place| OrganizationId::parse(&place.sk).ok()).collect();
        let named = named.ok_or_else(|| corrupt(&Corrupt("organization_id")))?;
        let places: Vec<_> = named.iter().map(|id| audit::head_at(*id)).collect();
        let mut found = self.read(&places).await?;
        let mut head = |place: &Place| decode::<Head>(found.remove(place)?).ok();
        let heads = named
            .into_iter()
            .zip(&places)
            .map(|(id, place)| (id, head(place).filter(|head| head.organization_id == id)));
        Ok(heads.collect())
    }

    async fn unchained(
        &self,
        organization_id: OrganizationId,
        ids: &[AuditId],
    ) -> Result<Vec<Entry>, StoreError> {
        let places: Vec<_> = ids.iter().map(|id| audit::at(organization_id, *id)).collect();
        let found = self.read(&places).await?;
        let mut entries = Vec::with_capacity(found.len());
        for (place, item) in found {
            if item.contains_key("sequence") {
                continue;
            }
            match decode::<Entry>(item) {
                Ok(entry) if audit::at(organization_id, entry.id) == place => entries.push(entry),
                // It stays in the watch, so that this is said again and again.
                _ => tracing::error!(entry = place.pk, "an audit entry that is to be chained can't be read"),
            }
        }
        Ok(entries)
    }

    async fn append(&self, head: &Head, links: &[ChainedEntry]) -> Result<(), StoreError> {
        let Some(last) = links.last() else { return Ok(()) };
        let mut writes = vec![self.put_head(head, last)?];
        if head.sequence == 0 {
            let place = audit::chain_at(head.organization_id);
            let mut named = key(&place);
            named.insert("kind".to_owned(), text(audit::CHAIN));
            writes.push(self.put(named, Expect::Anything)?);
        }
        for link in links {
            let place = audit::link_at(head.organization_id, link.sequence);
            writes.push(self.put(encode(&place, link)?, Expect::Absent)?);
            writes.push(self.update(audit::mark_chained(head.organization_id, link))?);
        }
        let conflicts = vec![Conflict::Directory; writes.len()];
        self.transact(writes, &conflicts).await
    }

    async fn lost(&self, now: Timestamp, limit: u16) -> Result<Vec<(OrganizationId, AuditId)>, StoreError> {
        self.query_watch("audit", now, limit, lost_entry).await
    }
}

fn lost_entry(item: &Item) -> Option<(i64, (OrganizationId, AuditId))> {
    use domain::base::id::Id as _;
    let place = place_of(item);
    let (organization, id) = place.pk.split_once('/')?;
    let at = item.get("watch_at")?.as_n().ok()?.parse().ok()?;
    Some((at, (OrganizationId::parse(organization).ok()?, AuditId::parse(id).ok()?)))
}
