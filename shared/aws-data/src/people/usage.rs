//! What was counted of an organization's use, by the day.
//!
//! Counts are only ever added to, each in parts that lie side by side: `2026-11-29/tok_…/0`.

use aws_sdk_dynamodb::types::Update;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use domain::people::usage::{Amounts, By, Of, Usage};
use domain::{InboxId, OrganizationId, TokenId};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::base::field::{Corrupt, Field, record};
use crate::base::item::{IndexKeys, Item, Kind, Place, key, number, place, text};

record! {
    Usage as UsageRecord {
        day: Date,
        part: u8,
        [of: split_of, join_of] {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            inbox_id: Option<InboxId>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            token_id: Option<TokenId>,
        }
        [amounts: split_amounts, join_amounts] {
            #[serde(default)]
            requests: u64,
            #[serde(default)]
            sent: u64,
            #[serde(default)]
            received: u64,
            #[serde(default)]
            stored_bytes: u64,
        }
    }
}

/// Days are written as people write them.
impl Field for Date {
    type Form = String;
    fn write(&self) -> String {
        self.to_string()
    }
    fn read(form: String) -> Result<Self, Corrupt> {
        form.parse().map_err(|_| Corrupt("day"))
    }
}

fn split_of(of: &Of) -> (Option<InboxId>, Option<TokenId>) {
    match *of {
        Of::Organization => (None, None),
        Of::Inbox(id) => (Some(id), None),
        Of::Token(id) => (None, Some(id)),
    }
}

fn join_of(ids: (Option<InboxId>, Option<TokenId>)) -> Result<Of, Corrupt> {
    match ids {
        (None, None) => Ok(Of::Organization),
        (Some(id), None) => Ok(Of::Inbox(id)),
        (None, Some(id)) => Ok(Of::Token(id)),
        (Some(_), Some(_)) => Err(Corrupt("count")),
    }
}

fn split_amounts(amounts: &Amounts) -> (u64, u64, u64, u64) {
    let Amounts { requests, sent, received, stored_bytes } = *amounts;
    (requests, sent, received, stored_bytes)
}

#[expect(clippy::unnecessary_wraps, reason = "as every field is read")]
fn join_amounts((requests, sent, received, stored_bytes): (u64, u64, u64, u64)) -> Result<Amounts, Corrupt> {
    Ok(Amounts { requests, sent, received, stored_bytes })
}

impl Kind for Usage {
    const NAME: &'static str = "usage";
    fn index_keys(&self) -> IndexKeys {
        IndexKeys { ttl: Some(ends_at(self.day)), ..IndexKeys::default() }
    }
}

/// When a count may be deleted, in Unix seconds. Of a day beyond all times, now.
fn ends_at(day: Date) -> i64 {
    day.to_zoned(TimeZone::UTC).map_or(0, |day| day.timestamp().as_second()) + Usage::KEPT.as_secs()
}

/// Where a part of a count lies.
pub(crate) fn at(organization: OrganizationId, day: Date, of: Of, part: u8) -> Place {
    let sk = match of {
        Of::Organization => format!("{day}/{part}"),
        Of::Inbox(id) => format!("{day}/{id}/{part}"),
        Of::Token(id) => format!("{day}/{id}/{part}"),
    };
    place(list(organization, of.by()), sk)
}

/// The partition of an organization's counts of one kind.
pub(crate) fn list(organization: OrganizationId, by: By) -> String {
    format!("{organization}/usage/{}", by.as_str())
}

/// Between which sort keys the counts of these days lie.
pub(crate) fn days(from: Date, to: Date) -> (String, String) {
    (from.to_string(), format!("{to}/~"))
}

/// Whether a sort key is one of such a partition.
pub(crate) fn is_order_of(by: By, order: &str) -> bool {
    use domain::base::id::Id as _;
    let mut parts = order.split('/');
    let day = parts.next().is_some_and(|day| day.parse::<Date>().is_ok_and(|read| read.to_string() == day));
    let whose = match by {
        By::Day => true,
        By::Inbox => parts.next().is_some_and(|id| InboxId::parse(id).is_ok()),
        By::Token => parts.next().is_some_and(|id| TokenId::parse(id).is_ok()),
    };
    let part = parts.next().is_some_and(|part| part.parse::<u8>().is_ok());
    day && whose && part && parts.next().is_none()
}

/// Adds to a part of a count.
pub(crate) fn add(organization: OrganizationId, usage: &Usage) -> UpdateBuilder {
    let mut update = Update::builder().set_key(Some(key(&at(organization, usage.day, usage.of, usage.part))));
    let (inbox_id, token_id) = split_of(&usage.of);
    let (requests, sent, received, stored_bytes) = split_amounts(&usage.amounts);
    let mut set = vec!["#kind = :kind", "#day = :day", "#part = :part", "#ttl = :ttl"];
    let mut values: Item = [
        (":kind", text(Usage::NAME)),
        (":day", text(usage.day)),
        (":part", number(usage.part)),
        (":ttl", number(ends_at(usage.day))),
        (":requests", number(requests)),
        (":sent", number(sent)),
        (":received", number(received)),
        (":stored_bytes", number(stored_bytes)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    if let Some(id) = inbox_id {
        set.push("inbox_id = :inbox_id");
        values.insert(":inbox_id".to_owned(), text(id));
    }
    if let Some(id) = token_id {
        set.push("token_id = :token_id");
        values.insert(":token_id".to_owned(), text(id));
    }
    for name in ["kind", "day", "part", "ttl"] {
        update = update.expression_attribute_names(format!("#{name}"), name);
    }
    let add = "requests :requests, sent :sent, received :received, stored_bytes :stored_bytes";
    update
        .update_expression(format!("SET {} ADD {add}", set.join(", ")))
        .set_expression_attribute_values(Some(values))
}
