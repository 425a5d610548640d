//! The store, the directory, the watch, the audit trail and the feeds of events on one `DynamoDB` table.
//!
//! | module | what |
//! | --- | --- |
//! | `kinds` | the list of all kinds of record, and where each lies |
//! | `lists` | how each list is read, and its cursors |
//! | `store` | records of one organization |
//! | `directory` | what comes before an organization is known, and the sweeper's look across all |
//! | `places` | the rate at which the account may send |
//! | `trail` | the audit chains |
//! | `feed` | the feeds of events |

mod directory;
mod feed;
#[cfg(test)]
mod forms;
mod kinds;
mod lists;
mod places;
mod store;
mod trail;

use std::collections::HashMap;
use std::time::Duration;

use app::base::store::{Conflict, Expect, Key, StoreError};
use app::base::trail::{LAST_PLACE, Range};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::{ConditionCheckBuilder, DeleteBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, KeysAndAttributes, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};
use aws_types::SdkConfig;
use domain::base::address::EmailAddress;
use domain::mailbox::message::ThreadChange;
use domain::people::access::Role;
use domain::{MemberId, OrganizationId, Timestamp};

use crate::base::item::{Item, Place, SHARDS, WATCH, encode, key, number, numbered, place_of, text};
use crate::mailbox::thread;
use crate::people::member;

/// A write that meets a transaction on the same item is repeated so often.
const CONTENTION_TRIES: u32 = 6;

/// One `DynamoDB` table.
#[derive(Clone)]
pub struct DynamoTable {
    client: Client,
    table: String,
}

impl DynamoTable {
    /// The table of this name.
    pub fn new(config: &SdkConfig, table: impl Into<String>) -> Self {
        Self { client: Client::new(config), table: table.into() }
    }

    async fn read(&self, places: &[Place]) -> Result<HashMap<Place, Item>, StoreError> {
        let mut wanted: Vec<Item> = Vec::with_capacity(places.len());
        for (i, place) in places.iter().enumerate() {
            // BatchGetItem refuses a key that stands twice.
            if !places[..i].contains(place) {
                wanted.push(key(place));
            }
        }
        let mut found = HashMap::with_capacity(wanted.len());
        // One kind of call for one item and for many: it costs the same, and each kind's first use costs a cold start.
        let mut rests = 0;
        while !wanted.is_empty() {
            let chunk = wanted.split_off(wanted.len().saturating_sub(100));
            let keys = KeysAndAttributes::builder().set_keys(Some(chunk)).consistent_read(true).build();
            let keys = keys.map_err(|e| StoreError::Permanent(e.to_string()))?;
            let request = self.client.batch_get_item().request_items(&self.table, keys);
            let answer = request.send().await.map_err(|e| classify(&e))?;
            for item in
                answer.responses.into_iter().filter_map(|mut tables| tables.remove(&self.table)).flatten()
            {
                found.insert(place_of(&item), item);
            }
            // Larger than 16 MB, or throttled in part: ask again for the rest.
            let rest = answer.unprocessed_keys.and_then(|mut tables| tables.remove(&self.table));
            if let Some(keys) = rest {
                wanted.extend(keys.keys);
                rests += 1;
                if rests >= CONTENTION_TRIES {
                    return Err(StoreError::Transient("the table gave only a part".to_owned()));
                }
                tokio::time::sleep(Duration::from_millis(10 << rests)).await;
            }
        }
        Ok(found)
    }

    async fn transact(
        &self,
        mut writes: Vec<TransactWriteItem>,
        conflicts: &[Conflict],
    ) -> Result<(), StoreError> {
        // What writes nothing is checked in a transaction alone.
        if writes.len() == 1 && writes[0].condition_check.is_none() {
            return self.single(writes.remove(0), &conflicts[0]).await;
        }
        let mut tries = 0;
        loop {
            let request = self.client.transact_write_items().set_transact_items(Some(writes.clone()));
            let Err(error) = request.send().await else { return Ok(()) };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(classify(&error));
            };
            let codes: Vec<_> =
                cancelled.cancellation_reasons().iter().map(|r| r.code().unwrap_or("None")).collect();
            let mut unmet: Vec<_> = codes
                .iter()
                .zip(conflicts)
                .filter(|(code, _)| **code == "ConditionalCheckFailed")
                .map(|(_, conflict)| conflict.clone())
                .collect();
            unmet.dedup();
            if !unmet.is_empty() {
                return Err(StoreError::Conflict(unmet));
            }
            if codes.contains(&"ValidationError") {
                return Err(StoreError::Permanent(format!("transaction refused: {codes:?}")));
            }
            tries += 1;
            if tries >= CONTENTION_TRIES {
                return Err(StoreError::Transient(format!("transaction cancelled: {codes:?}")));
            }
            tokio::time::sleep(Duration::from_millis(10 << tries)).await;
        }
    }

    /// What lies in the watch under this prefix and is due before `now`, the longest overdue first.
    async fn query_watch<T>(
        &self,
        prefix: &str,
        now: Timestamp,
        limit: u16,
        read: impl Fn(&Item) -> Option<(i64, T)> + Send,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = vec![];
        for shard in 0..SHARDS {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(WATCH)
                .key_condition_expression("watch = :watch AND watch_at < :now")
                .expression_attribute_values(":watch", text(format!("{prefix}/{shard}")))
                .expression_attribute_values(":now", number(now.as_millisecond()))
                .limit(i32::from(limit));
            let items = query.send().await.map_err(|e| classify(&e))?.items.unwrap_or_default();
            found.extend(items.iter().filter_map(&read));
        }
        found.sort_by_key(|(at, _)| *at);
        Ok(found.into_iter().take(usize::from(limit)).map(|(_, it)| it).collect())
    }

    /// The first keys of a partition, of the index `open` or of the table itself, in the order of their sort keys behind
    /// `after`.
    async fn keys_of(
        &self,
        index: Option<&str>,
        partition: &str,
        after: Option<String>,
        limit: u16,
    ) -> Result<Vec<Place>, StoreError> {
        let (hash, range) = if index.is_some() { ("open", "open_at") } else { ("pk", "sk") };
        let mut places: Vec<Place> = vec![];
        let mut start = None;
        loop {
            let left = i32::from(limit) - i32::try_from(places.len()).unwrap_or(i32::MAX);
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .set_index_name(index.map(str::to_owned))
                .key_condition_expression("#hash = :hash AND #range > :after")
                .expression_attribute_names("#hash", hash)
                .expression_attribute_names("#range", range)
                .expression_attribute_values(":hash", text(partition))
                // What sorts before all of them: an empty key is refused.
                .expression_attribute_values(":after", text(after.as_deref().unwrap_or(" ")))
                .limit(left)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|e| classify(&e))?;
            places.extend(answer.items.unwrap_or_default().iter().map(place_of));
            start = answer.last_evaluated_key;
            if start.is_none() || places.len() >= usize::from(limit) {
                return Ok(places);
            }
        }
    }

    /// The items of a part of a partition whose sort keys are numbers, strongly consistent.
    async fn query_numbered(&self, partition: String, range: Range) -> Result<Vec<Item>, StoreError> {
        let mut items = vec![];
        let mut start = None;
        if range.from > range.to.min(LAST_PLACE) {
            return Ok(items);
        }
        loop {
            let left = usize::from(range.limit).saturating_sub(items.len());
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":pk", text(&partition))
                .expression_attribute_values(":from", text(numbered(range.from)))
                .expression_attribute_values(":to", text(numbered(range.to.min(LAST_PLACE))))
                .scan_index_forward(!range.newest_first)
                .consistent_read(true)
                .limit(i32::try_from(left).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|e| classify(&e))?;
            items.extend(answer.items.unwrap_or_default());
            // A query ends at 1 MB: go on until the range or the limit does.
            start = answer.last_evaluated_key;
            if start.is_none() || items.len() >= usize::from(range.limit) {
                return Ok(items);
            }
        }
    }

    /// A change of one item needs no transaction, which costs twice as much.
    async fn single(&self, write: TransactWriteItem, conflict: &Conflict) -> Result<(), StoreError> {
        let unmet = |code: Option<&str>| code == Some("ConditionalCheckFailedException");
        let conflict = || StoreError::Conflict(vec![conflict.clone()]);
        if let Some(put) = write.put {
            let request = self
                .client
                .put_item()
                .table_name(put.table_name)
                .set_item(Some(put.item))
                .set_condition_expression(put.condition_expression)
                .set_expression_attribute_names(put.expression_attribute_names)
                .set_expression_attribute_values(put.expression_attribute_values);
            return match retry_contention(|| request.clone().send()).await {
                Ok(_) => Ok(()),
                Err(error) if unmet(error.code()) => Err(conflict()),
                Err(error) => Err(classify(&error)),
            };
        }
        if let Some(update) = write.update {
            let request = self
                .client
                .update_item()
                .table_name(update.table_name)
                .set_key(Some(update.key))
                .update_expression(update.update_expression)
                .set_condition_expression(update.condition_expression)
                .set_expression_attribute_names(update.expression_attribute_names)
                .set_expression_attribute_values(update.expression_attribute_values);
            return match retry_contention(|| request.clone().send()).await {
                Ok(_) => Ok(()),
                Err(error) if unmet(error.code()) => Err(conflict()),
                Err(error) => Err(classify(&error)),
            };
        }
        if let Some(delete) = write.delete {
            let request = self
                .client
                .delete_item()
                .table_name(delete.table_name)
                .set_key(Some(delete.key))
                .set_condition_expression(delete.condition_expression)
                .set_expression_attribute_values(delete.expression_attribute_values);
            return match retry_contention(|| request.clone().send()).await {
                Ok(_) => Ok(()),
                Err(error) if unmet(error.code()) => Err(conflict()),
                Err(error) => Err(classify(&error)),
            };
        }
        Ok(())
    }

    /// An item as a part of a transaction.
    fn put(&self, item: Item, expect: Expect) -> Result<TransactWriteItem, StoreError> {
        let mut put = Put::builder().table_name(&self.table).set_item(Some(item));
        put = match expect {
            Expect::Anything => put,
            Expect::Absent => put.condition_expression("attribute_not_exists(pk)"),
            Expect::Paused(None) => {
                put.condition_expression("attribute_exists(pk) AND attribute_not_exists(paused)")
            }
            Expect::Paused(Some(at)) => put
                .condition_expression("paused.#at = :at")
                .expression_attribute_names("#at", "at")
                .expression_attribute_values(":at", number(at.as_millisecond())),
            Expect::Until(at) => put
                .condition_expression("expires_at = :at")
                .expression_attribute_values(":at", number(at.as_millisecond())),
            Expect::Version(version) => put
                .condition_expression("version = :version")
                .expression_attribute_values(":version", number(version)),
        };
        Ok(TransactWriteItem::builder()
            .put(put.build().map_err(|e| StoreError::Permanent(e.to_string()))?)
            .build())
    }

    /// An update as a part of a transaction.
    fn update(&self, update: UpdateBuilder) -> Result<TransactWriteItem, StoreError> {
        let update = update
            .table_name(&self.table)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::None)
            .build()
            .map_err(|e| StoreError::Permanent(e.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// A check that writes nothing as a part of a transaction.
    fn check(&self, check: ConditionCheckBuilder) -> Result<TransactWriteItem, StoreError> {
        let check =
            check.table_name(&self.table).build().map_err(|e| StoreError::Permanent(e.to_string()))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// A conversation as a whole, as a part of a transaction.
    fn rewrite(
        &self,
        organization_id: OrganizationId,
        change: ThreadChange,
    ) -> Result<TransactWriteItem, StoreError> {
        let place = thread::at(organization_id, change.thread_id);
        let (condition, values) = match &change.seen {
            Some(seen) => {
                let (condition, values) = thread::standing(seen);
                (condition, Some(values))
            }
            None => ("attribute_not_exists(pk)".to_owned(), None),
        };
        let permanent = |e: aws_sdk_dynamodb::error::BuildError| StoreError::Permanent(e.to_string());
        let write = TransactWriteItem::builder();
        Ok(if let Some(wanted) = &change.wanted {
            let put = Put::builder()
                .table_name(&self.table)
                .set_item(Some(encode(&place, wanted)?))
                .condition_expression(condition)
                .set_expression_attribute_values(values);
            write.put(put.build().map_err(permanent)?).build()
        } else {
            let delete = Delete::builder()
                .table_name(&self.table)
                .set_key(Some(key(&place)))
                .condition_expression(condition)
                .set_expression_attribute_values(values);
            write.delete(delete.build().map_err(permanent)?).build()
        })
    }

    /// The removal of a record at a version, as a part of a transaction.
    fn remove_version(
        &self,
        organization_id: OrganizationId,
        record: Key,
        version: u64,
    ) -> Result<(TransactWriteItem, Conflict), StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(&kinds::place(organization_id, &record))))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", number(version))
            .build()
            .map_err(|e| StoreError::Permanent(e.to_string()))?;
        Ok((TransactWriteItem::builder().delete(delete).build(), Conflict::Record(record)))
    }

    /// That a record has this version, or where none is named that nothing lies there, as a part of a transaction.
    fn unchanged(
        &self,
        organization_id: OrganizationId,
        record: Key,
        version: Option<u64>,
    ) -> Result<(TransactWriteItem, Conflict), StoreError> {
        let condition = if version.is_some() { "version = :version" } else { "attribute_not_exists(pk)" };
        let values = version.map(|version| [(":version".to_owned(), number(version))].into());
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key(&kinds::place(organization_id, &record))))
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .build()
            .map_err(|e| StoreError::Permanent(e.to_string()))?;
        Ok((TransactWriteItem::builder().condition_check(check).build(), Conflict::Record(record)))
    }

    /// That a member has this role, as a part of a transaction.
    fn holds_role(
        &self,
        organization_id: OrganizationId,
        member_id: MemberId,
        role: Role,
    ) -> Result<(TransactWriteItem, Conflict), StoreError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key(&member::at(organization_id, member_id))))
            .condition_expression(member::HAS_ROLE)
            .expression_attribute_names("#role", "role")
            .expression_attribute_values(":seen", text(role.as_str()))
            .build()
            .map_err(|e| StoreError::Permanent(e.to_string()))?;
        let conflict = Conflict::Record(Key::Member(member_id));
        Ok((TransactWriteItem::builder().condition_check(check).build(), conflict))
    }

    /// The removal of the seat of a member who has this role, as a part of a transaction.
    fn unseat(
        &self,
        organization_id: OrganizationId,
        member_id: MemberId,
        role: Role,
    ) -> Result<(TransactWriteItem, Conflict), StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(&member::at(organization_id, member_id))))
            .condition_expression(member::HAS_ROLE)
            .expression_attribute_names("#role", "role")
            .expression_attribute_values(":seen", text(role.as_str()))
            .build()
            .map_err(|e| StoreError::Permanent(e.to_string()))?;
        let conflict = Conflict::Record(Key::Member(member_id));
        Ok((TransactWriteItem::builder().delete(delete).build(), conflict))
    }

    /// The removal of the login of a seat, as a part of a transaction.
    fn end_login(&self, email: &EmailAddress, member_id: MemberId) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(&member::login_at(email))))
            .condition_expression("member_id = :member")
            .expression_attribute_values(":member", text(member_id))
            .build()
            .map_err(|e| StoreError::Permanent(e.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// A removal as a part of a transaction.
    fn remove(&self, delete: DeleteBuilder) -> Result<TransactWriteItem, StoreError> {
        let delete =
            delete.table_name(&self.table).build().map_err(|e| StoreError::Permanent(e.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// The removal of a record as a part of a transaction.
    fn delete(
        &self,
        organization_id: OrganizationId,
        record: Key,
        condition: Option<&str>,
    ) -> Result<(TransactWriteItem, Conflict), StoreError> {
        let place = kinds::place(organization_id, &record);
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(&place)))
            .set_condition_expression(condition.map(str::to_owned))
            .build()
            .map_err(|e| StoreError::Permanent(e.to_string()))?;
        Ok((TransactWriteItem::builder().delete(delete).build(), Conflict::Record(record)))
    }
}

/// Makes a write of one item again while a transaction holds the item: `DynamoDB` refuses it then, and the SDK does not repeat it
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html>, "Transaction conflict handling").
async fn retry_contention<T, E, R, F>(send: impl Fn() -> F) -> Result<T, SdkError<E, R>>
where
    F: Future<Output = Result<T, SdkError<E, R>>>,
    SdkError<E, R>: ProvideErrorMetadata,
{
    let mut tries = 0;
    loop {
        match send().await {
            Err(error)
                if error.code() == Some("TransactionConflictException") && tries < CONTENTION_TRIES =>
            {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(10 << tries)).await;
            }
            answered => return answered,
        }
    }
}

/// The class of a failed call. The text names the error's code alone: messages of AWS may quote keys.
fn classify<E, R>(error: &SdkError<E, R>) -> StoreError
where
    SdkError<E, R>: ProvideErrorMetadata,
{
    match error.code() {
        Some(
            code @ ("ValidationException"
            | "ResourceNotFoundException"
            | "AccessDeniedException"
            | "UnrecognizedClientException"
            | "SerializationException"),
        ) => StoreError::Permanent(format!("dynamodb: {code}")),
        Some(code) => StoreError::Transient(format!("dynamodb: {code}")),
        None => StoreError::Transient("dynamodb: no answer".to_owned()),
    }
}
