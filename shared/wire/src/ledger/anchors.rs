//! Anchors of the audit log.

use domain::ledger::audit::{Anchor, Head, time as millis};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::base::values::Sha256;

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

/// An anchor, as a check of the audit log names it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Anchor")]
pub struct AnchorView {
    sequence: u64,
    hash: Sha256,
    at: String,
}

pub(crate) fn anchor_of(anchor: &Anchor) -> AnchorView {
    AnchorView { sequence: anchor.sequence, hash: Sha256(anchor.hash), at: millis(anchor.at) }
}
