//! Items of the table: their keys, what the indexes and the time to live need of them, and how they are made and read.

use std::collections::HashMap;

use app::base::store::StoreError;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::base::field::{Corrupt, Field};

/// An item, as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// `pk` and `sk` of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// The place with these keys.
pub(crate) fn place(pk: String, sk: impl Into<String>) -> Place {
    Place { pk, sk: sk.into() }
}

/// A partition of an index, and where an item stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) partition: String,
    pub(crate) order: String,
}

/// What the indexes and the time to live need of an item, written beside its fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct IndexKeys {
    /// In the index `lists`.
    pub(crate) list: Option<Listing>,
    /// In the index `open`.
    pub(crate) open: Option<Listing>,
    /// In the index `recent`.
    pub(crate) recent: Option<Listing>,
    /// In the index `watch`: the shard, and when somebody must look after it.
    pub(crate) watch: Option<(String, Timestamp)>,
    /// When it may be deleted, in Unix seconds.
    pub(crate) ttl: Option<i64>,
}

/// A kind of item: what is stored under one value of `kind`.
pub(crate) trait Kind: Field {
    /// Its name in the table.
    const NAME: &'static str;

    /// What the indexes and the time to live need of its item.
    fn index_keys(&self) -> IndexKeys {
        IndexKeys::default()
    }

    /// What is read in place of an item of this kind that can't be read; none makes it an error.
    fn stand_in(_item: &Item) -> Option<Self> {
        None
    }
}

/// The index behind lists that are not one partition of the table.
pub(crate) const LISTS: &str = "lists";
/// The index of mails that have not come to an end or that nobody has read, and of links by their mail. It holds keys alone.
pub(crate) const OPEN: &str = "open";
/// The index of mails and of conversations over all inboxes of an organization. It holds keys alone.
pub(crate) const RECENT: &str = "recent";
/// The index of what somebody must look after.
pub(crate) const WATCH: &str = "watch";
/// The watch is spread over so many partitions, and so is what is recent of an organization: a reader queries each.
pub(crate) const SHARDS: u8 = 4;

/// The shard for what has this id.
pub(crate) fn shard(prefix: &str, id_body: &str) -> String {
    let last = id_body.as_bytes().last().copied().unwrap_or_default();
    format!("{prefix}/{}", last % SHARDS)
}

/// The sort key of what stands under a number in its partition.
pub(crate) fn numbered(number: u64) -> String {
    format!("{number:016}")
}

/// So many days behind a time, in Unix seconds.
pub(crate) fn days_after(at: Timestamp, days: i64) -> i64 {
    at.as_second() + days * 86_400
}

pub(crate) fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The key of an item.
pub(crate) fn key(place: &Place) -> Item {
    HashMap::from([("pk".to_owned(), text(&place.pk)), ("sk".to_owned(), text(&place.sk))])
}

/// Where an item lies.
pub(crate) fn place_of(item: &Item) -> Place {
    let part = |name| item.get(name).and_then(|v| v.as_s().ok()).cloned().unwrap_or_default();
    Place { pk: part("pk"), sk: part("sk") }
}

pub(crate) fn corrupt(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Permanent(error.to_string())
}

/// The whole item of a value: its fields, its place, and what the indexes need.
pub(crate) fn encode<T: Kind<Form: Serialize>>(place: &Place, value: &T) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(value.write()).map_err(|e| corrupt(&e))?;
    item.extend(key(place));
    item.insert("kind".to_owned(), text(T::NAME));
    let IndexKeys { list, open, recent, watch, ttl } = value.index_keys();
    if let Some(Listing { partition, order }) = list {
        item.insert("list".to_owned(), text(partition));
        item.insert("list_at".to_owned(), text(order));
    }
    if let Some(Listing { partition, order }) = open {
        item.insert("open".to_owned(), text(partition));
        item.insert("open_at".to_owned(), text(order));
    }
    if let Some(Listing { partition, order }) = recent {
        item.insert("recent".to_owned(), text(partition));
        item.insert("recent_at".to_owned(), text(order));
    }
    if let Some((shard, at)) = watch {
        item.insert("watch".to_owned(), text(shard));
        item.insert("watch_at".to_owned(), number(at.as_millisecond()));
    }
    if let Some(ttl) = ttl {
        item.insert("ttl".to_owned(), number(ttl));
    }
    Ok(item)
}

/// The value of an item.
pub(crate) fn decode<T: Kind<Form: DeserializeOwned>>(item: Item) -> Result<T, StoreError> {
    // Made before the item is taken apart; most kinds have none.
    let kept = T::stand_in(&item);
    // What serde says may quote what is stored: an address, a subject.
    let read = serde_dynamo::from_item(item).map_err(|_| Corrupt("form")).and_then(T::read);
    read.or_else(|error| kept.ok_or_else(|| corrupt(&error)))
}
