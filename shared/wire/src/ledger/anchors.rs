//! Anchors of the audit log.

use domain::ledger::audit::{Anchor, Head, time as millis};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The text of an anchor, which is what is signed: JSON without spaces, with names in order.
pub fn anchor(head: &Head, now: Timestamp) -> String {
    json!({
        "form": "countersign-anchor-1",
        "organization_id": head.organization_id.to_string(),
        "sequence": head.sequence,
        "hash": head.hash.to_string(),
        "chained_at": millis(head.at),
        "anchored_at": millis(now),
    })
    .to_string()
}

pub(crate) fn anchor_of(anchor: &Anchor) -> Value {
    json!({ "sequence": anchor.sequence, "hash": anchor.hash.to_string(), "at": millis(anchor.at) })
}
