//! Events and audit entries out of the table's stream: the reading half of the transactional outbox.

use aws_lambda_events::dynamodb::EventRecord as StreamRecord;
use domain::base::id::Id as _;
use domain::delivery::event::Event;
use domain::ledger::audit::Entry;
use domain::{AuditId, OrganizationId};
use serde_dynamo::{AttributeValue, Item};

use crate::base::field::{Corrupt, Field as _};

/// What was inserted, where it is of this kind.
fn new_image<'a>(record: &'a StreamRecord, kind: &str) -> Option<&'a Item> {
    let image = &record.change.new_image;
    (record.event_name == "INSERT" && text(image, "kind") == Some(kind)).then_some(image)
}

fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    match item.get(name) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    }
}

/// The event that a stream record tells of: `None` where the record is of another kind or no insertion.
/// `Err` where it is an event that can't be read.
pub fn event(record: &StreamRecord) -> Option<Result<Event, String>> {
    let image = new_image(record, "event")?;
    let read = || -> Result<Event, String> {
        // What serde says may quote what is stored.
        let stored = serde_dynamo::from_item(image.clone()).map_err(|_| Corrupt("form").to_string())?;
        Event::read(stored).map_err(|e| e.to_string())
    };
    Some(read())
}

/// The audit entry that a stream record tells of, by name: what it says is read from the table. `None` where the record is
/// of another kind or no insertion.
pub fn audit(record: &StreamRecord) -> Option<(OrganizationId, AuditId)> {
    let (organization, id) = text(new_image(record, "audit")?, "pk")?.split_once('/')?;
    Some((OrganizationId::parse(organization).ok()?, AuditId::parse(id).ok()?))
}

/// The audit entry that a stream record tells of, as it was written. `None` and `Err` as of [`event`].
pub fn entry(record: &StreamRecord) -> Option<Result<Entry, String>> {
    let image = new_image(record, "audit")?;
    let read = || -> Result<Entry, String> {
        // What serde says may quote what is stored.
        let stored = serde_dynamo::from_item(image.clone()).map_err(|_| Corrupt("form").to_string())?;
        Entry::read(stored).map_err(|e| e.to_string())
    };
    Some(read())
}

/// Where a record stands in the stream: what Lambda is told to come again from.
pub fn position(record: &StreamRecord) -> String {
    record.change.sequence_number.clone().unwrap_or_default()
}
