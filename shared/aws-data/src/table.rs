//! The store, the directory, the watch and the audit trail on one `DynamoDB` table.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use app::base::store::{
    AddressEntry, Change, Conflict, Directory, DirectoryWrite, Expect, Key, List, ListError, Page,
    PageRequest, Record, Store, StoreError, Tally, Watch, Watched, Write,
};
use app::base::trail::{LAST_PLACE, Range, Trail};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, Delete, KeysAndAttributes, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use aws_types::SdkConfig;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::gate::notice::Notice;
use domain::gate::policy::PolicyBook;
use domain::gate::seal::Ticket;
use domain::ledger::audit::{ChainedEntry, Entry, Head};
use domain::mailbox::lifecycle::{Nonce, Outbound, State};
use domain::mailbox::message::{Message, ThreadUpdate};
use domain::people::credential::{Login, Session, SignInWindow};
use domain::{AuditId, MessageId, OrganizationId, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::layout::{self, Place};
use crate::records::{
    AddressRecord, AnswerRecord, ApprovalRecord, AttachmentRecord, AttemptRecord, AuditRecord, ChainedRecord,
    ContactRecord, Corrupt, CounterRecord, EventRecord, HeadRecord, InboxRecord, LinkRecord, LoginRecord,
    MemberRecord, MessageRecord, NoticeRecord, OrganizationRecord, PaceRecord, PointerRecord, PoliciesRecord,
    SessionRecord, StandingApprovalRecord, Stored, ThreadRecord, TokenPointerRecord, TokenRecord,
    WebhookRecord, hex, kind,
};

#[cfg(test)]
mod forms;

type Item = HashMap<String, AttributeValue>;

/// Events are kept for so long.
const EVENT_DAYS: i64 = 30;
/// Attempts to tell a webhook are kept for so long.
const ATTEMPT_DAYS: i64 = 90;
/// The record of a file that was announced for upload is kept for so long.
const UPLOAD_DAYS: i64 = 1;
/// A standing approval is shown for so long after its end.
const STANDING_DAYS: i64 = 90;
/// An audit entry is kept for so long after it was copied into the chain, which is kept for good.
const CHAINED_DAYS: i64 = 30;
/// A link that has expired is kept for so long, so that its page can say so.
const LINK_DAYS: i64 = 30;
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
            let answer = request.send().await.map_err(|e| failed(&e))?;
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
        if writes.len() == 1 {
            return self.single(writes.remove(0), &conflicts[0]).await;
        }
        let mut tries = 0;
        loop {
            let request = self.client.transact_write_items().set_transact_items(Some(writes.clone()));
            let Err(error) = request.send().await else { return Ok(()) };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(failed(&error));
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
    async fn watched<T>(
        &self,
        prefix: &str,
        now: Timestamp,
        limit: u16,
        read: impl Fn(&Item) -> Option<(i64, T)> + Send,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = vec![];
        for shard in 0..layout::WATCH_SHARDS {
            let query = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(layout::WATCH)
                .key_condition_expression("watch = :watch AND watch_at < :now")
                .expression_attribute_values(":watch", text(format!("{prefix}/{shard}")))
                .expression_attribute_values(":now", number(now.as_millisecond()))
                .limit(i32::from(limit));
            let items = query.send().await.map_err(|e| failed(&e))?.items.unwrap_or_default();
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
                .map_err(|e| failed(&e))?;
            places.extend(answer.items.unwrap_or_default().iter().map(place_of));
            start = answer.last_evaluated_key;
            if start.is_none() || places.len() >= usize::from(limit) {
                return Ok(places);
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
            return match uncontended(|| request.clone().send()).await {
                Ok(_) => Ok(()),
                Err(error) if unmet(error.code()) => Err(conflict()),
                Err(error) => Err(failed(&error)),
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
            return match uncontended(|| request.clone().send()).await {
                Ok(_) => Ok(()),
                Err(error) if unmet(error.code()) => Err(conflict()),
                Err(error) => Err(failed(&error)),
            };
        }
        if let Some(delete) = write.delete {
            let request = self
                .client
                .delete_item()
                .table_name(delete.table_name)
                .set_key(Some(delete.key))
                .set_condition_expression(delete.condition_expression);
            return match uncontended(|| request.clone().send()).await {
                Ok(_) => Ok(()),
                Err(error) if unmet(error.code()) => Err(conflict()),
                Err(error) => Err(failed(&error)),
            };
        }
        Ok(())
    }

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

    fn thread(
        &self,
        organization_id: OrganizationId,
        update: &ThreadUpdate,
    ) -> Result<TransactWriteItem, StoreError> {
        let place = layout::of_key(organization_id, &Key::Thread(update.thread_id));
        let at = update.at.as_millisecond();
        let list = layout::of_list(organization_id, &List::Threads(update.inbox_id)).partition;
        let name = update.from.name.clone().map_or(AttributeValue::Null(true), text);
        // Only ever set: a clean mail after a hostile one proves nothing.
        let taint = if update.taint { ", tainted = :tainted" } else { "" };
        let tainted = update.taint.then(|| (":tainted".to_owned(), AttributeValue::Bool(true)));
        finish(
            Update::builder()
                .table_name(&self.table)
                .set_key(Some(key(&place)))
                .update_expression(format!(
                    "SET #kind = :kind, #id = if_not_exists(#id, :id), organization_id = :organization, \
                     inbox_id = :inbox, subject = if_not_exists(subject, :subject), preview = :preview, \
                     last_from_name = :name, last_from_address = :address, last_message_at = :at, \
                     created_at = if_not_exists(created_at, :at), #list = :list, list_at = :list_at{taint} \
                     ADD message_count :one",
                ))
                // Replaces all values: it has to come before those that are added one by one.
                .set_expression_attribute_values(tainted.map(|value| [value].into()))
                .expression_attribute_names("#kind", "kind")
                .expression_attribute_names("#id", "id")
                .expression_attribute_names("#list", "list")
                .expression_attribute_values(":kind", text("thread"))
                .expression_attribute_values(":id", text(update.thread_id))
                .expression_attribute_values(":organization", text(organization_id))
                .expression_attribute_values(":inbox", text(update.inbox_id))
                .expression_attribute_values(":subject", text(&update.subject))
                .expression_attribute_values(":preview", text(&update.preview))
                .expression_attribute_values(":name", name)
                .expression_attribute_values(":address", text(&update.from.address))
                .expression_attribute_values(":at", number(at))
                .expression_attribute_values(":list", text(list))
                .expression_attribute_values(
                    ":list_at",
                    text(layout::thread_order(update.at, update.thread_id)),
                )
                .expression_attribute_values(":one", number(1)),
        )
    }

    /// The condition makes room for `by`: `limit` is not less.
    fn count(
        &self,
        organization_id: OrganizationId,
        hash: Digest,
        by: u64,
        limit: Option<u64>,
        expires_at: Timestamp,
    ) -> Result<TransactWriteItem, StoreError> {
        let place = layout::of_key(organization_id, &Key::Counter(hash));
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(&place)))
            .update_expression(
                "SET #kind = :kind, #hash = :hash, expires_at = :expires_at, #ttl = :ttl ADD #count :by",
            )
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_names("#hash", "hash")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":kind", text("counter"))
            .expression_attribute_values(":hash", text(hash))
            .expression_attribute_values(":expires_at", number(expires_at.as_millisecond()))
            .expression_attribute_values(":ttl", number(expires_at.as_second()))
            .expression_attribute_values(":by", number(by));
        if let Some(limit) = limit {
            update = update
                .condition_expression("attribute_not_exists(#count) OR #count <= :room")
                .expression_attribute_values(":room", number(limit.saturating_sub(by)));
        }
        finish(update)
    }

    /// Names only the attributes that `template.yaml` lets routes write of a session.
    fn prolong(
        &self,
        organization_id: OrganizationId,
        session: &Session,
    ) -> Result<TransactWriteItem, StoreError> {
        let place = layout::of_key(organization_id, &Key::Session(session.hash));
        finish(
            Update::builder()
                .table_name(&self.table)
                .set_key(Some(key(&place)))
                .update_expression("SET expires_at = :at, #ttl = :ttl, version = version + :one")
                .condition_expression("version = :version")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":at", number(session.expires_at.as_millisecond()))
                .expression_attribute_values(":ttl", number(session_ttl(session)))
                .expression_attribute_values(":one", number(1))
                .expression_attribute_values(":version", number(session.version)),
        )
    }

    /// A count that is forgotten already is 0: it must not keep from being done what goes with it.
    fn uncount(
        &self,
        organization_id: OrganizationId,
        hash: Digest,
        by: u64,
    ) -> Result<TransactWriteItem, StoreError> {
        let place = layout::of_key(organization_id, &Key::Counter(hash));
        finish(
            Update::builder()
                .table_name(&self.table)
                .set_key(Some(key(&place)))
                .update_expression(
                    "SET #kind = :kind, #hash = :hash, expires_at = if_not_exists(expires_at, :zero), \
                     #count = if_not_exists(#count, :by) - :by",
                )
                .expression_attribute_names("#kind", "kind")
                .expression_attribute_names("#hash", "hash")
                .expression_attribute_names("#count", "count")
                .expression_attribute_values(":kind", text("counter"))
                .expression_attribute_values(":hash", text(hash))
                .expression_attribute_values(":zero", number(0))
                .expression_attribute_values(":by", number(by)),
        )
    }

    fn write(
        &self,
        organization_id: OrganizationId,
        write: Write,
    ) -> Result<(TransactWriteItem, Conflict), StoreError> {
        Ok(match write {
            Write::Put(record, expect) => {
                let conflict = record.key().map_or(Conflict::Directory, Conflict::Record);
                (self.put(item_of(organization_id, *record, expect)?, expect)?, conflict)
            }
            Write::Thread(update) => {
                let conflict = Conflict::Record(Key::Thread(update.thread_id));
                (self.thread(organization_id, &update)?, conflict)
            }
            Write::Count { key, by, limit, expires_at } => {
                let conflict = Conflict::Record(Key::Counter(key));
                if limit.is_some_and(|limit| by > limit) {
                    return Err(StoreError::Conflict(vec![conflict]));
                }
                (self.count(organization_id, key, by, limit, expires_at)?, conflict)
            }
            Write::Prolong(session) => {
                let conflict = Conflict::Record(Key::Session(session.hash));
                (self.prolong(organization_id, &session)?, conflict)
            }
            Write::Uncount { key, by } => {
                (self.uncount(organization_id, key, by)?, Conflict::Record(Key::Counter(key)))
            }
            Write::Delete(record) => self.delete(organization_id, record, None)?,
            Write::Remove(record) => self.delete(organization_id, record, Some("attribute_exists(pk)"))?,
        })
    }

    fn delete(
        &self,
        organization_id: OrganizationId,
        record: Key,
        condition: Option<&str>,
    ) -> Result<(TransactWriteItem, Conflict), StoreError> {
        let place = layout::of_key(organization_id, &record);
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key(&place)))
            .set_condition_expression(condition.map(str::to_owned))
            .build()
            .map_err(|e| StoreError::Permanent(e.to_string()))?;
        Ok((TransactWriteItem::builder().delete(delete).build(), Conflict::Record(record)))
    }

    fn directory_write(&self, write: &DirectoryWrite) -> Result<TransactWriteItem, StoreError> {
        match write {
            DirectoryWrite::NewLogin(login) => {
                let place = layout::of_login(&login.email);
                self.put(item("login", &place, &LoginRecord::write(login))?, Expect::Absent)
            }
            DirectoryWrite::ForgetAttempts(email, window) => finish(
                Update::builder()
                    .table_name(&self.table)
                    .set_key(Some(key(&layout::of_tally(email, Tally::Attempts, *window))))
                    .update_expression("SET #count = :none")
                    .condition_expression("attribute_exists(pk)")
                    .expression_attribute_names("#count", "count")
                    .expression_attribute_values(":none", number(0)),
            ),
            DirectoryWrite::NewAddress(entry) => {
                let place = layout::of_address(&entry.address);
                self.put(item("address", &place, &AddressRecord::write(entry))?, Expect::Absent)
            }
        }
    }
}

fn finish(update: aws_sdk_dynamodb::types::builders::UpdateBuilder) -> Result<TransactWriteItem, StoreError> {
    let update = update
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::None)
        .build()
        .map_err(|e| StoreError::Permanent(e.to_string()))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

fn key(place: &Place) -> Item {
    HashMap::from([("pk".to_owned(), text(&place.pk)), ("sk".to_owned(), text(&place.sk))])
}

fn place_of(item: &Item) -> Place {
    let part = |name| item.get(name).and_then(|v| v.as_s().ok()).cloned().unwrap_or_default();
    Place { pk: part("pk"), sk: part("sk") }
}

fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn corrupt(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Permanent(error.to_string())
}

/// The class of a failed call. The text names the error's code alone: messages of AWS may quote keys.
/// Makes a write of one item again while a transaction holds the item: `DynamoDB` refuses it then, and the SDK does not repeat it
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html>, "Transaction conflict handling").
async fn uncontended<T, E, R, F>(send: impl Fn() -> F) -> Result<T, SdkError<E, R>>
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

fn failed<E, R>(error: &SdkError<E, R>) -> StoreError
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

fn item<T: Serialize>(kind: &str, place: &Place, record: &T) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(record).map_err(|e| corrupt(&e))?;
    item.extend(key(place));
    item.insert("kind".to_owned(), text(kind));
    Ok(item)
}

/// A session that has ended is kept for another day.
fn session_ttl(session: &Session) -> i64 {
    session.expires_at.as_second() + 86_400
}

/// The whole item of a record: its fields, its place, and what the indexes need.
#[expect(clippy::too_many_lines, reason = "one arm for each kind of record")]
fn item_of(organization_id: OrganizationId, record: Record, expect: Expect) -> Result<Item, StoreError> {
    let name = kind(&record);
    let place = match (&record, record.key()) {
        (Record::Attempt(attempt), _) => layout::of_attempt(attempt),
        (_, Some(key)) => layout::of_key(organization_id, &key),
        (_, None) => return Err(StoreError::Permanent("a record without a key".to_owned())),
    };
    let raised = |version: u64| if matches!(expect, Expect::Version(_)) { version + 1 } else { version };
    let days = |at: Timestamp, days: i64| at.as_second() + days * 86_400;
    let partition = |list: &List| layout::of_list(organization_id, list).partition;
    let mut listed: Option<(String, String)> = None;
    let mut ttl: Option<i64> = None;
    let mut watched: Option<(Timestamp, String)> = None;
    let mut open: Option<(String, String)> = None;
    let mut item = match &record {
        Record::Organization(value) => item(name, &place, &OrganizationRecord::write(value)),
        Record::Member(value) => {
            listed = Some((partition(&List::Members), value.id.to_string()));
            item(name, &place, &MemberRecord::write(value))
        }
        Record::Token(value) => {
            listed = Some((partition(&List::Tokens), value.id.to_string()));
            item(name, &place, &TokenRecord::write(value))
        }
        Record::TokenPointer(value) => item(name, &place, &TokenPointerRecord::write(value)),
        Record::Session(value) => {
            ttl = Some(session_ttl(value));
            let mut stored = SessionRecord::write(value);
            stored.version = raised(stored.version);
            item(name, &place, &stored)
        }
        Record::Inbox(value) => {
            listed = Some((partition(&List::Inboxes), value.id.to_string()));
            item(name, &place, &InboxRecord::write(value))
        }
        Record::Message(value) => {
            listed = Some((partition(&List::ThreadMessages(value.thread_id)), value.id.to_string()));
            watched =
                value.outbound().and_then(Outbound::watch_at).map(|at| (at, layout::watch_shard(value.id)));
            open = layout::of_open(value);
            let mut stored = MessageRecord::write(value);
            stored.version = raised(stored.version);
            item(name, &place, &stored)
        }
        Record::Thread(value) => {
            let order = layout::thread_order(value.last_message_at, value.id);
            listed = Some((partition(&List::Threads(value.inbox_id)), order));
            item(name, &place, &ThreadRecord::write(value))
        }
        Record::ThreadPointer(value) => item(name, &place, &PointerRecord::write(value)),
        Record::Approval(value) => {
            let list = List::Approvals(value.decision.as_str().to_owned());
            listed = Some((partition(&list), value.id.to_string()));
            let mut stored = ApprovalRecord::write(value);
            stored.version = raised(stored.version);
            item(name, &place, &stored)
        }
        Record::StandingApproval(value) => {
            ttl = Some(days(value.expires_at, STANDING_DAYS));
            let mut stored = StandingApprovalRecord::write(value);
            stored.version = raised(stored.version);
            item(name, &place, &stored)
        }
        Record::Attachment(value) => {
            ttl = value.message.is_none().then(|| days(value.created_at, UPLOAD_DAYS));
            item(name, &place, &AttachmentRecord::write(value))
        }
        Record::Webhook(value) => {
            let mut stored = WebhookRecord::write(value);
            stored.version = raised(stored.version);
            item(name, &place, &stored)
        }
        Record::Answer(value) => {
            ttl = Some(value.expires_at.as_second());
            item(name, &place, &AnswerRecord::write(value))
        }
        Record::Policies(value) => {
            let mut stored = PoliciesRecord::write(value);
            stored.version = raised(stored.version);
            item(name, &place, &stored)
        }
        Record::Contact(value) => item(name, &place, &ContactRecord::write(value)),
        Record::Counter(value) => {
            ttl = Some(value.expires_at.as_second());
            item(name, &place, &CounterRecord::write(value))
        }
        Record::Attempt(value) => {
            ttl = Some(days(value.at, ATTEMPT_DAYS));
            item(name, &place, &AttemptRecord::write(value))
        }
        Record::Link(value) => {
            ttl = Some(days(value.expires_at, LINK_DAYS));
            let mut stored = LinkRecord::write(value);
            stored.version = raised(stored.version);
            item(name, &place, &stored)
        }
        Record::Notice(value) => {
            ttl = Some((value.created_at + Notice::KEPT).as_second());
            let mut stored = NoticeRecord::write(value);
            stored.version = raised(stored.version);
            item(name, &place, &stored)
        }
        Record::Pace(value) => {
            let mut stored = PaceRecord::write(value);
            stored.version = raised(stored.version);
            item(name, &place, &stored)
        }
    }?;
    if let Some((list, at)) = listed {
        item.insert("list".to_owned(), text(list));
        item.insert("list_at".to_owned(), text(at));
    }
    if let Some((at, shard)) = watched {
        item.insert("watch".to_owned(), text(shard));
        item.insert("watch_at".to_owned(), number(at.as_millisecond()));
    }
    if let Some((list, at)) = open {
        item.insert("open".to_owned(), text(list));
        item.insert("open_at".to_owned(), text(at));
    }
    if let Some(ttl) = ttl {
        item.insert("ttl".to_owned(), number(ttl));
    }
    Ok(item)
}

fn decode<T: Stored + DeserializeOwned>(item: Item) -> Result<T::Domain, StoreError> {
    // What serde says may quote what is stored: an address, a subject.
    let stored: T = serde_dynamo::from_item(item).map_err(|_| corrupt(&Corrupt("form")))?;
    stored.read().map_err(|e| corrupt(&e))
}

fn record_of(item: Item) -> Result<Record, StoreError> {
    let kind = item.get("kind").and_then(|v| v.as_s().ok()).cloned().unwrap_or_default();
    Ok(match kind.as_str() {
        "organization" => decode::<OrganizationRecord>(item)?.into(),
        "member" => decode::<MemberRecord>(item)?.into(),
        "token" => decode::<TokenRecord>(item)?.into(),
        "token_pointer" => decode::<TokenPointerRecord>(item)?.into(),
        "session" => decode::<SessionRecord>(item)?.into(),
        "inbox" => decode::<InboxRecord>(item)?.into(),
        "message" => decode::<MessageRecord>(item)?.into(),
        "thread" => decode::<ThreadRecord>(item)?.into(),
        "pointer" => decode::<PointerRecord>(item)?.into(),
        "approval" => decode::<ApprovalRecord>(item)?.into(),
        "standing_approval" => decode::<StandingApprovalRecord>(item)?.into(),
        "attachment" => decode::<AttachmentRecord>(item)?.into(),
        "webhook" => decode::<WebhookRecord>(item)?.into(),
        "answer" => decode::<AnswerRecord>(item)?.into(),
        "attempt" => decode::<AttemptRecord>(item)?.into(),
        "link" => decode::<LinkRecord>(item)?.into(),
        "notice" => decode::<NoticeRecord>(item)?.into(),
        "pace" => decode::<PaceRecord>(item)?.into(),
        "policies" => {
            // A book that can't be read holds every mail; it must not keep the rest of a read from being read.
            let version = item.get("version").and_then(|v| v.as_n().ok()).and_then(|n| n.parse().ok());
            let broken = || PolicyBook::broken(version.unwrap_or_default());
            decode::<PoliciesRecord>(item).unwrap_or_else(|_| broken()).into()
        }
        "contact" => decode::<ContactRecord>(item)?.into(),
        "counter" => decode::<CounterRecord>(item)?.into(),
        other => return Err(StoreError::Permanent(format!("a stored item of the unknown kind {other:?}"))),
    })
}

#[async_trait]
impl Store for DynamoTable {
    async fn load(
        &self,
        organization_id: OrganizationId,
        keys: &[Key],
    ) -> Result<Vec<Option<Record>>, StoreError> {
        if keys.is_empty() {
            return Ok(vec![]);
        }
        let places: Vec<_> = keys.iter().map(|key| layout::of_key(organization_id, key)).collect();
        let found = self.read(&places).await?;
        places.iter().map(|place| found.get(place).cloned().map(record_of).transpose()).collect()
    }

    async fn list(
        &self,
        organization_id: OrganizationId,
        list: &List,
        page: &PageRequest,
    ) -> Result<Page<Record>, ListError> {
        let reading = layout::of_list(organization_id, list);
        let names = reading.names();
        let mut query = self
            .client
            .query()
            .table_name(&self.table)
            .set_index_name(reading.index.map(str::to_owned))
            .key_condition_expression("#partition = :partition")
            .expression_attribute_names("#partition", names.0)
            .set_consistent_read(reading.index.is_none().then_some(true))
            .expression_attribute_values(":partition", text(&reading.partition))
            .scan_index_forward(reading.forward)
            .limit(i32::from(page.limit));
        if let Some(cursor) = &page.cursor {
            let start = read_cursor(cursor, organization_id, &reading).ok_or(ListError::Cursor)?;
            query = query.set_exclusive_start_key(Some(start));
        }
        let answer = query.send().await.map_err(|e| match e.code() {
            // The table refuses a start key that is not of this partition.
            Some("ValidationException") if page.cursor.is_some() => ListError::Cursor,
            _ => ListError::Store(failed(&e)),
        })?;
        let next = answer.last_evaluated_key.as_ref().map(|last| write_cursor(last, &reading));
        let mut found = answer.items.unwrap_or_default();
        if reading.index == Some(layout::OPEN) {
            // The index holds keys alone.
            let places: Vec<_> = found.iter().map(place_of).collect();
            let mut items = self.read(&places).await?;
            found = places.iter().filter_map(|place| items.remove(place)).collect();
            // The index follows the table: what it names may have moved on.
            let partition = text(&reading.partition);
            found.retain(|item| item.get(names.0) == Some(&partition));
        }
        // One record that can't be read must not hide the others of its page.
        let read = |item: Item| match record_of(item) {
            Ok(record) => Some(record),
            Err(error) => {
                tracing::error!(%error, "a record of a list can't be read");
                None
            }
        };
        Ok(Page { items: found.into_iter().filter_map(read).collect(), next })
    }

    async fn commit(&self, change: Change) -> Result<(), StoreError> {
        let organization_id = change.organization_id;
        let (mut writes, mut conflicts) = (vec![], vec![]);
        for write in change.writes {
            let (write, conflict) = self.write(organization_id, write)?;
            writes.push(write);
            conflicts.push(conflict);
        }
        for write in &change.directory {
            writes.push(self.directory_write(write)?);
            conflicts.push(Conflict::Directory);
        }
        for entry in &change.audit {
            let place = layout::of_audit(organization_id, entry.id);
            let mut stored = item("audit", &place, &AuditRecord::write(&Entry::from(entry)))?;
            let watch_at = (entry.at + Entry::CHAIN_LIMIT).as_millisecond();
            stored.insert("watch".to_owned(), text(layout::audit_shard(entry.id)));
            stored.insert("watch_at".to_owned(), number(watch_at));
            // Written once: a commit that is repeated must not make an entry new that has its place in the chain.
            writes.push(self.put(stored, Expect::Absent)?);
            conflicts.push(Conflict::Directory);
        }
        for event in &change.events {
            let mut stored =
                item("event", &layout::of_event(organization_id, event.id), &EventRecord::write(event))?;
            stored.insert("ttl".to_owned(), number(event.created_at.as_second() + EVENT_DAYS * 86_400));
            writes.push(self.put(stored, Expect::Anything)?);
            conflicts.push(Conflict::Directory);
        }
        if writes.is_empty() { Ok(()) } else { self.transact(writes, &conflicts).await }
    }

    async fn claim(
        &self,
        ticket: &Ticket,
        nonce: Nonce,
        now: Timestamp,
    ) -> Result<Option<Message>, StoreError> {
        let place = layout::of_key(ticket.organization_id, &Key::Message(ticket.inbox_id, ticket.message_id));
        let at = now.as_millisecond();
        // The same transition as `Outbound::claim`, in one write: the contract suite holds the two together.
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&place)))
            .update_expression(
                "SET outbound.#state = :sending, outbound.#at = :now, watch_at = :watch_at, \
                 outbound.attempt = outbound.attempt + :one, outbound.claim = :claim, version = version + :one \
                 REMOVE outbound.due, outbound.look_at, #open, open_at",
            )
            .condition_expression(
                "outbound.#state = :scheduled AND outbound.due <= :now AND outbound.digest = :digest \
                 AND outbound.approval_id = :approval",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#at", "at")
            .expression_attribute_names("#open", "open")
            .expression_attribute_values(":sending", text("sending"))
            .expression_attribute_values(":scheduled", text("scheduled"))
            .expression_attribute_values(":now", number(at))
            .expression_attribute_values(":watch_at", number((now + Outbound::CLAIM_LIMIT).as_millisecond()))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":claim", text(hex(nonce)))
            .expression_attribute_values(":digest", text(ticket.digest))
            .expression_attribute_values(":approval", text(ticket.approval_id))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_values(ReturnValue::AllNew);
        match uncontended(|| request.clone().send()).await {
            Ok(answer) => answer.attributes.map(decode::<MessageRecord>).transpose(),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    let found = refused.item.clone().map(decode::<MessageRecord>).transpose()?;
                    Ok(found.filter(|message| holds(message, nonce)))
                }
                _ => Err(failed(&error)),
            },
        }
    }
}

/// Whether a mail is claimed by this very claim: an earlier try of it was written, and its answer lost.
fn holds(message: &Message, nonce: Nonce) -> bool {
    message
        .outbound()
        .is_some_and(|outbound| matches!(outbound.state, State::Sending { claim, .. } if claim == nonce))
}

/// A cursor is the rest of the last item's key, without the partition: it can only move within the list.
fn write_cursor(last: &Item, reading: &layout::Reading) -> String {
    let sort = reading.names().1;
    let names: &[&str] = if reading.index.is_some() { &[sort, "pk", "sk"] } else { &[sort] };
    let parts: Vec<_> = names
        .iter()
        .map(|name| last.get(*name).and_then(|v| v.as_s().ok()).cloned().unwrap_or_default())
        .collect();
    BASE64.encode(parts.join("\n"))
}

fn read_cursor(cursor: &str, organization_id: OrganizationId, reading: &layout::Reading) -> Option<Item> {
    let decoded = String::from_utf8(BASE64.decode(cursor).ok()?).ok()?;
    let parts: Vec<_> = decoded.split('\n').collect();
    let mut start = Item::new();
    match (reading.index, parts.as_slice()) {
        (None, [sk]) => {
            start.insert("pk".to_owned(), text(&reading.partition));
            start.insert("sk".to_owned(), text(sk));
        }
        (Some(_), [at, pk, sk]) if pk.starts_with(&format!("{organization_id}/")) => {
            let names = reading.names();
            start.insert(names.0.to_owned(), text(&reading.partition));
            start.insert(names.1.to_owned(), text(at));
            start.insert("pk".to_owned(), text(pk));
            start.insert("sk".to_owned(), text(sk));
        }
        _ => return None,
    }
    let sound = |v: &AttributeValue| v.as_s().is_ok_and(|s| !s.is_empty() && s.len() < 1_000);
    start.values().all(sound).then_some(start)
}

#[async_trait]
impl Directory for DynamoTable {
    async fn login(&self, email: &EmailAddress) -> Result<Option<Login>, StoreError> {
        let mut found = self.read(&[layout::of_login(email)]).await?;
        found.drain().next().map(|(_, item)| decode::<LoginRecord>(item)).transpose()
    }

    async fn count(
        &self,
        email: &EmailAddress,
        tally: Tally,
        window: SignInWindow,
    ) -> Result<u64, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(&layout::of_tally(email, tally, window))))
            .update_expression("SET #kind = :kind, #ttl = :ttl ADD #count :one")
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":kind", text("sign_in"))
            // A window longer than it counts, for whoever signs in while it ends.
            .expression_attribute_values(
                ":ttl",
                number((window.ends_at() + SignInWindow::LENGTH).as_second()),
            )
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew);
        // Somebody who signs in with this address at this moment gives the attempts back: nobody is to notice.
        let counted = uncontended(|| request.clone().send()).await.map_err(|e| failed(&e))?;
        let counted = counted.attributes.unwrap_or_default();
        let count = counted.get("count").and_then(|value| value.as_n().ok()?.parse().ok());
        count.ok_or_else(|| corrupt(&Corrupt("count")))
    }

    async fn addresses(&self, addresses: &[EmailAddress]) -> Result<Vec<AddressEntry>, StoreError> {
        if addresses.is_empty() {
            return Ok(vec![]);
        }
        let places: Vec<_> = addresses.iter().map(layout::of_address).collect();
        self.read(&places).await?.into_values().map(decode::<AddressRecord>).collect()
    }
}

#[async_trait]
impl Watch for DynamoTable {
    async fn overdue(&self, now: Timestamp, limit: u16) -> Result<Vec<Watched>, StoreError> {
        self.watched("watch", now, limit, watched).await
    }
}

/// The index holds keys alone: the place of the mail names it.
fn watched(item: &Item) -> Option<(i64, Watched)> {
    use domain::base::id::Id as _;
    let place = place_of(item);
    let mut parts = place.pk.split('/');
    let organization_id = OrganizationId::parse(parts.next()?).ok()?;
    let inbox_id = domain::InboxId::parse(parts.next()?).ok()?;
    let message_id = MessageId::parse(&place.sk).ok()?;
    let at = item.get("watch_at")?.as_n().ok()?.parse().ok()?;
    Some((at, Watched { organization_id, inbox_id, message_id }))
}

impl DynamoTable {
    fn put_link(
        &self,
        organization_id: OrganizationId,
        link: &ChainedEntry,
    ) -> Result<TransactWriteItem, StoreError> {
        let place = layout::of_link(organization_id, link.sequence);
        let mut stored = item("audit_link", &place, &ChainedRecord::write(link))?;
        if let Some((mail, at)) = layout::of_telling(&link.entry, link.sequence) {
            stored.insert("open".to_owned(), text(mail));
            stored.insert("open_at".to_owned(), text(at));
        }
        self.put(stored, Expect::Absent)
    }

    /// Notes on an entry that it has its place, so that it gets no other; takes it out of the watch.
    fn mark_chained(
        &self,
        organization_id: OrganizationId,
        link: &ChainedEntry,
    ) -> Result<TransactWriteItem, StoreError> {
        let ttl = link.chained_at.as_second() + CHAINED_DAYS * 86_400;
        finish(
            Update::builder()
                .table_name(&self.table)
                .set_key(Some(key(&layout::of_audit(organization_id, link.entry.id))))
                .update_expression("SET #sequence = :sequence, #ttl = :ttl REMOVE watch, watch_at")
                .condition_expression("attribute_exists(pk) AND attribute_not_exists(#sequence)")
                .expression_attribute_names("#sequence", "sequence")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":sequence", number(link.sequence))
                .expression_attribute_values(":ttl", number(ttl)),
        )
    }

    /// Moves the head from where it was to the last link.
    fn put_head(&self, before: &Head, last: &ChainedEntry) -> Result<TransactWriteItem, StoreError> {
        let head = Head { organization_id: before.organization_id, ..Head::of(last) };
        let stored = item("audit_head", &layout::of_head(head.organization_id), &HeadRecord::write(&head))?;
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
fn stored_link(item: Item) -> Option<app::base::trail::Stored> {
    let sequence: u64 = place_of(&item).sk.parse().ok()?;
    let part = |name| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    let listed = part("open").zip(part("open_at"));
    let sound = |link: &ChainedEntry| {
        link.sequence == sequence && layout::of_telling(&link.entry, sequence) == listed
    };
    let link = decode::<ChainedRecord>(item).ok().filter(sound);
    Some(app::base::trail::Stored { sequence, link })
}

#[async_trait]
impl Trail for DynamoTable {
    async fn head(&self, organization_id: OrganizationId) -> Result<Option<Head>, StoreError> {
        let mut found = self.read(&[layout::of_head(organization_id)]).await?;
        let Some((_, item)) = found.drain().next() else { return Ok(Some(Head::genesis(organization_id))) };
        Ok(decode::<HeadRecord>(item).ok().filter(|head| head.organization_id == organization_id))
    }

    async fn links(
        &self,
        organization_id: OrganizationId,
        range: Range,
    ) -> Result<Vec<app::base::trail::Stored>, StoreError> {
        let mut links = vec![];
        let mut start = None;
        if range.from > range.to.min(LAST_PLACE) {
            return Ok(links);
        }
        loop {
            let left = usize::from(range.limit).saturating_sub(links.len());
            let answer = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .expression_attribute_values(":pk", text(layout::links(organization_id)))
                .expression_attribute_values(":from", text(layout::link_order(range.from)))
                .expression_attribute_values(":to", text(layout::link_order(range.to.min(LAST_PLACE))))
                .scan_index_forward(!range.newest_first)
                .consistent_read(true)
                .limit(i32::try_from(left).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|e| failed(&e))?;
            links.extend(answer.items.unwrap_or_default().into_iter().filter_map(stored_link));
            // A query ends at 1 MB: go on until the range or the limit does.
            start = answer.last_evaluated_key;
            if start.is_none() || links.len() >= usize::from(range.limit) {
                return Ok(links);
            }
        }
    }

    async fn about(
        &self,
        organization_id: OrganizationId,
        message_id: MessageId,
        limit: u16,
    ) -> Result<Vec<u64>, StoreError> {
        let partition = layout::links_about(organization_id, message_id);
        let named = self.keys_of(Some(layout::OPEN), &partition, None, limit).await?;
        // The index may be written by whoever writes the table: what it names is read, and looked at, as a link.
        Ok(named.iter().filter_map(|place| place.sk.parse().ok()).collect())
    }

    async fn links_in(
        &self,
        organization_id: OrganizationId,
        places: &[u64],
    ) -> Result<Vec<app::base::trail::Stored>, StoreError> {
        let places: Vec<_> = places.iter().map(|place| layout::of_link(organization_id, *place)).collect();
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
        let wanted: Vec<_> = ids.iter().map(|id| layout::of_audit(organization_id, *id)).collect();
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
        let named = self.keys_of(None, layout::HEADS, after.map(|id| id.to_string()), limit).await?;
        let named: Option<Vec<_>> = named.iter().map(|place| OrganizationId::parse(&place.sk).ok()).collect();
        let named = named.ok_or_else(|| corrupt(&Corrupt("organization_id")))?;
        let places: Vec<_> = named.iter().map(|id| layout::of_head(*id)).collect();
        let mut found = self.read(&places).await?;
        let mut head = |place: &Place| decode::<HeadRecord>(found.remove(place)?).ok();
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
        let places: Vec<_> = ids.iter().map(|id| layout::of_audit(organization_id, *id)).collect();
        let found = self.read(&places).await?;
        let mut entries = Vec::with_capacity(found.len());
        for (place, item) in found {
            if item.contains_key("sequence") {
                continue;
            }
            match decode::<AuditRecord>(item) {
                Ok(entry) if layout::of_audit(organization_id, entry.id) == place => entries.push(entry),
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
            let place = layout::of_chain(head.organization_id);
            let named = item("audit_chain", &place, &HashMap::<String, String>::new())?;
            writes.push(self.put(named, Expect::Anything)?);
        }
        for link in links {
            writes.push(self.put_link(head.organization_id, link)?);
            writes.push(self.mark_chained(head.organization_id, link)?);
        }
        let conflicts = vec![Conflict::Directory; writes.len()];
        self.transact(writes, &conflicts).await
    }

    async fn lost(&self, now: Timestamp, limit: u16) -> Result<Vec<(OrganizationId, AuditId)>, StoreError> {
        self.watched("audit", now, limit, lost_entry).await
    }
}

fn lost_entry(item: &Item) -> Option<(i64, (OrganizationId, AuditId))> {
    use domain::base::id::Id as _;
    let place = place_of(item);
    let (organization, id) = place.pk.split_once('/')?;
    let at = item.get("watch_at")?.as_n().ok()?.parse().ok()?;
    Some((at, (OrganizationId::parse(organization).ok()?, AuditId::parse(id).ok()?)))
}
