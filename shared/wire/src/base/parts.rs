//! What many answers have in them: times, who did something and with what, the rule that matched.

use domain::gate::policy::Step;
use domain::people::access::{Actor, Credential};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) fn time(at: Timestamp) -> Value {
    Value::String(at.to_string())
}

pub(crate) fn maybe(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, time)
}

pub(crate) fn actor(actor: &Actor) -> Value {
    let kind = match actor {
        Actor::Member { .. } => "member",
        Actor::Token { .. } => "token",
        Actor::System => "system",
    };
    json!({ "type": kind, "id": actor.id() })
}

/// With what somebody decided.
pub(crate) fn credential(credential: &Credential) -> Value {
    json!({ "type": credential.kind(), "id": credential.name() })
}

/// A rule that matched.
pub fn step(step: &Step) -> Value {
    json!({
        "policy_id": step.policy_id.to_string(),
        "policy_version": step.policy_version,
        "policy_name": step.policy_name,
        "rule": step.rule,
        "rule_name": step.rule_name,
        "outcome": step.outcome,
        "because": step.because,
    })
}
