//! Events and audit entries out of the table's stream: the reading half of the transactional outbox.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::Event;
use domain::id::Id as _;
use domain::{AuditId, OrganizationId};
use serde_json::Value;

use crate::records::{Corrupt, EventRecord, Stored as _};

/// The event that a stream record tells of: `None` where the record is of another kind or no insertion.
/// `Err` where it is an event that can't be read.
pub fn event(record: &Value) -> Option<Result<Event, String>> {
    let image = record.get("dynamodb")?.get("NewImage")?.as_object()?;
    if record.get("eventName")? != "INSERT" || image.get("kind")?.get("S")? != "event" {
        return None;
    }
    let item =
        image.iter().map(|(name, value)| Some((name.clone(), attribute(value)?))).collect::<Option<_>>();
    let read = || -> Result<Event, String> {
        let item: std::collections::HashMap<String, AttributeValue> =
            item.ok_or("an unknown attribute type")?;
        // What serde says may quote what is stored.
        let stored: EventRecord = serde_dynamo::from_item(item).map_err(|_| Corrupt("form").to_string())?;
        stored.read().map_err(|e| e.to_string())
    };
    Some(read())
}

/// The audit entry that a stream record tells of, by name: what it says is read from the table. `None` where the record is
/// of another kind or no insertion.
pub fn audit(record: &Value) -> Option<(OrganizationId, AuditId)> {
    let image = record.get("dynamodb")?.get("NewImage")?;
    if record.get("eventName")? != "INSERT" || image.get("kind")?.get("S")? != "audit" {
        return None;
    }
    let (organization, id) = image.get("pk")?.get("S")?.as_str()?.split_once('/')?;
    Some((OrganizationId::parse(organization).ok()?, AuditId::parse(id).ok()?))
}

/// The JSON form of an attribute value, as streams write it. Sets and binaries are not used by our records.
fn attribute(value: &Value) -> Option<AttributeValue> {
    let (kind, value) = value.as_object()?.iter().next()?;
    Some(match kind.as_str() {
        "S" => AttributeValue::S(value.as_str()?.to_owned()),
        "N" => AttributeValue::N(value.as_str()?.to_owned()),
        "BOOL" => AttributeValue::Bool(value.as_bool()?),
        "NULL" => AttributeValue::Null(true),
        "L" => AttributeValue::L(value.as_array()?.iter().map(attribute).collect::<Option<_>>()?),
        "M" => AttributeValue::M(
            value
                .as_object()?
                .iter()
                .map(|(k, v)| Some((k.clone(), attribute(v)?)))
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}
