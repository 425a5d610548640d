//! What many responses have in them: who did something and with what, the rule that matched. And the smallest response, that we
//! answer at all.

use domain::base::hours::{DAYS, Hours};
use domain::base::id::Id;
use domain::gate::policy::Step;
use domain::people::access::{Actor, Credential};
use schemars::JsonSchema;
use serde::Serialize;

use crate::base::values::IdOf;

/// A response as text.
pub fn text(view: &impl Serialize) -> String {
    // Views have no maps with other keys than texts: nothing in them can fail.
    serde_json::to_string(view).unwrap_or_default()
}

/// The id of what an earlier response of ours shows.
pub fn id_in<T: Id>(body: &str) -> Option<T> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    T::parse(body.get("id")?.as_str()?).ok()
}

/// Who did something.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Actor")]
pub struct ActorView {
    /// `member`, `token` or `system`.
    r#type: &'static str,
    /// The member's or token's; `system` where it was neither.
    id: String,
    /// What the token was called when it acted; not there for others, nor for what was written down before names were.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

pub(crate) fn actor(actor: &Actor) -> ActorView {
    let kind = match actor {
        Actor::Member { .. } => "member",
        Actor::Token { .. } => "token",
        Actor::System => "system",
    };
    ActorView { r#type: kind, id: actor.id(), name: actor.name().map(str::to_owned) }
}

/// With what somebody decided.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Credential")]
pub struct CredentialView {
    /// `session`, `link` or `token`.
    r#type: &'static str,
    /// The session's or token's id; of a link the hash of its secret.
    id: String,
}

pub(crate) fn credential(credential: &Credential) -> CredentialView {
    CredentialView { r#type: credential.kind(), id: credential.name() }
}

/// A part of the week within which mail does not go.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "QuietHours")]
pub struct HoursView<'a> {
    /// `mon` to `sun`.
    days: Vec<&'static str>,
    /// A time of day such as `20:00`.
    from: String,
    /// Until before this time of day; where it is before `from`, that of the next day.
    to: String,
    time_zone: &'a str,
}

/// A part of the week within which mail does not go.
pub(crate) fn hours(hours: &Hours) -> HoursView<'_> {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let days = (1_i8..).zip(DAYS).filter(|(day, _)| hours.days.contains(day));
    HoursView {
        days: days.map(|(_, name)| name).collect(),
        from: clock(hours.from),
        to: clock(hours.to),
        time_zone: &hours.time_zone,
    }
}

/// A rule that matched.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PolicyStep")]
pub struct StepView<'a> {
    policy_id: IdOf<domain::PolicyId>,
    policy_version: u64,
    policy_name: &'a str,
    /// Its place among the rules of the policy, from 0.
    rule: u64,
    rule_name: &'a str,
    /// `allow`, `hold`, `defer`, `block`, or `unreadable` where the rule could not be judged.
    outcome: &'static str,
    /// The fact that met it, or for which it is not met, in one sentence.
    because: &'a str,
}

/// A rule that matched.
pub fn step(step: &Step) -> StepView<'_> {
    StepView {
        policy_id: IdOf(step.policy_id),
        policy_version: step.policy_version,
        policy_name: &step.policy_name,
        rule: u64::from(step.rule),
        rule_name: &step.rule_name,
        outcome: step.outcome,
        because: &step.because,
    }
}

/// Whether it answers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Health")]
pub struct HealthView {
    /// Always `ok`.
    status: &'static str,
}

impl HealthView {
    /// It does.
    pub const OK: Self = Self { status: "ok" };
}
