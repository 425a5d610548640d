//! The audit log: which part of it is asked for, its entries, and what a check of it found.

use std::collections::HashMap;
use std::hash::BuildHasher;

use app::base::error::{FieldError, Refusal};
use app::ledger::audit::{Filter, Verified};
use domain::base::code::Code;
use domain::ledger::audit::{ChainedEntry, Head, time as millis};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::base::parts::actor;
use crate::ledger::anchors::anchor_of;

/// `actor`, `action`, `target`, `from` and `to` of the audit log.
pub fn filter<S: BuildHasher>(query: &HashMap<String, String, S>) -> Result<Filter, Refusal> {
    let mut errors = vec![];
    let mut text = |name: &str| {
        let text = query.get(name).filter(|text| !text.is_empty())?;
        if text.chars().count() > 100 {
            errors.push(FieldError::new(name, Code::TooLong, "is longer than 100 characters"));
        }
        Some(text.clone())
    };
    let (actor, action, target) = (text("actor"), text("action"), text("target"));
    let (from, to) = (text("from"), text("to"));
    let mut time = |name: &str, text: Option<String>| -> Option<Timestamp> {
        let parsed = text?.parse();
        if parsed.is_err() {
            let message = "must be an RFC 3339 time such as 2026-12-01T09:00:00Z";
            errors.push(FieldError::new(name, Code::InvalidTime, message));
        }
        parsed.ok()
    };
    let (from, to) = (time("from", from), time("to", to));
    if errors.is_empty() {
        Ok(Filter { actor, action, target, from, to })
    } else {
        Err(Refusal::Invalid(errors))
    }
}

/// `from` and `to` of a check of the audit log: places in the chain, from 1.
pub fn part<S: BuildHasher>(
    query: &HashMap<String, String, S>,
) -> Result<(Option<u64>, Option<u64>), Refusal> {
    let mut errors = vec![];
    let mut place = |name: &str| {
        let text = query.get(name)?;
        let place = text.parse().ok().filter(|place| *place >= 1);
        if place.is_none() {
            let message = "must be the place of an entry: a whole number from 1";
            errors.push(FieldError::new(name, Code::InvalidSequence, message));
        }
        place
    };
    let (from, to) = (place("from"), place("to"));
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        errors.push(FieldError::new("to", Code::InvalidSequence, "must not be before from"));
    }
    if errors.is_empty() { Ok((from, to)) } else { Err(Refusal::Invalid(errors)) }
}

/// An entry of the audit log in its place. Whoever checks the chain needs all of it, with times as they are hashed.
pub fn link(link: &ChainedEntry) -> Value {
    let entry = &link.entry;
    let mut by = actor(&entry.actor);
    by["member_id"] = json!(entry.actor.member().map(|id| id.to_string()));
    json!({
        "sequence": link.sequence,
        "id": entry.id.to_string(),
        "organization_id": entry.organization_id.to_string(),
        "at": millis(entry.at),
        "actor": by,
        "action": entry.action,
        "target": entry.target,
        "details": entry.details,
        "chained_at": millis(link.chained_at),
        "previous": link.previous.to_string(),
        "hash": link.hash.to_string(),
    })
}

pub(crate) fn head(head: &Head) -> Value {
    json!({ "sequence": head.sequence, "hash": head.hash.to_string(), "at": millis(head.at) })
}

/// What a check of the audit log found.
pub fn verified(verified: &Verified) -> Value {
    let anchored = &verified.anchored;
    let problem = verified.flaw.map(|flaw| {
        json!({
            "sequence": flaw.sequence,
            "code": flaw.code.as_str(),
            "message": flaw.code.message(),
            "anchor": anchored.differing.as_ref().map(anchor_of),
        })
    });
    json!({
        "verified": verified.flaw.is_none(),
        "from": verified.from,
        "to": verified.to,
        "entries": verified.entries,
        "head": verified.head.as_ref().map(head),
        "anchors": { "agreeing": anchored.agreeing, "newest": anchored.newest.as_ref().map(anchor_of) },
        "next": verified.next,
        "problem": problem,
    })
}
