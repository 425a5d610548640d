//! Groups of members, as JSON.

use std::borrow::Cow;

use app::base::error::Refusal;
use app::gate::groups::{Changed, GroupChange, NewGroup, Warning};
use domain::base::code::Code;
use domain::gate::group::{Group, GroupName};
use domain::{GroupId, MemberId, PolicyId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

use crate::base::parts::{ActorView, actor};
use crate::base::request::{self, Faults, Field, request};
use crate::base::values::{IdOf, List, Text, Time};

/// The name of a group.
#[derive(Clone, PartialEq, Eq)]
pub struct GroupNameOf(GroupName);

impl Field for GroupNameOf {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let text = Text::<200>::read(value, faults)?;
        let name = GroupName::parse(&text.0);
        if name.is_none() {
            let message =
                format!("must be 1 to {} of a-z, 0-9 and hyphens, such as legal or 2nd-line", GroupName::MAX);
            faults.note(Code::InvalidGroupName, message);
        }
        name.map(Self)
    }
}

impl JsonSchema for GroupNameOf {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Cow::from("GroupName")
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,49}$" })
    }
}

request! {
    /// Members under a name, whom policies ask for votes as `group:<name>`.
    pub struct CreateGroup {
        /// Letters of a to z, digits and hyphens; no other group has it.
        name: GroupNameOf,
        /// Who belongs to it, at most 50.
        member_ids: List<IdOf<MemberId>, { Group::MEMBERS }>,
    }
}

/// Reads [`CreateGroup`].
pub fn new(body: &[u8]) -> Result<NewGroup, Refusal> {
    let CreateGroup { name, member_ids } = request::body(body)?;
    Ok(NewGroup { name: name.0, members: member_ids.0.into_iter().map(|id| id.0).collect() })
}

request! {
    /// What changes of a group; what is left out stays.
    pub struct UpdateGroup {
        /// Another name: a group that a policy asks for votes keeps its own.
        name: Option<GroupNameOf>,
        /// All who belong to it from now on, at most 50. Mail that waits already asks whom it asked.
        member_ids: Option<List<IdOf<MemberId>, { Group::MEMBERS }>>,
    }
}

/// Reads [`UpdateGroup`].
pub fn change(body: &[u8]) -> Result<GroupChange, Refusal> {
    let UpdateGroup { name, member_ids } = request::body(body)?;
    let members = member_ids.map(|list| list.0.into_iter().map(|id| id.0).collect());
    Ok(GroupChange { name: name.map(|name| name.0), members })
}

/// Members under a name, whom policies ask for votes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Group")]
pub struct GroupView<'a> {
    id: IdOf<GroupId>,
    name: &'a str,
    member_ids: Vec<IdOf<MemberId>>,
    /// Counts changes: `If-Match` takes it.
    version: u64,
    created_at: Time,
    updated_at: Time,
    updated_by: ActorView,
    /// Rules that too few can meet since this change; empty but in the response to one.
    warnings: Vec<WarningView<'a>>,
}

/// A rule that too few members can meet.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GroupWarning")]
pub struct WarningView<'a> {
    policy_id: IdOf<PolicyId>,
    /// Its place among the rules of the policy, from 0.
    rule: u64,
    message: &'a str,
}

/// A group.
pub fn group(group: &Group) -> GroupView<'_> {
    view(group, &[])
}

/// A group that was made or changed.
pub fn changed(changed: &Changed) -> GroupView<'_> {
    view(&changed.group, &changed.warnings)
}

fn view<'a>(group: &'a Group, warnings: &'a [Warning]) -> GroupView<'a> {
    let warning = |one: &'a Warning| WarningView {
        policy_id: IdOf(one.policy_id),
        rule: one.rule,
        message: &one.message,
    };
    GroupView {
        id: IdOf(group.id),
        name: group.name.as_str(),
        member_ids: group.members.iter().copied().map(IdOf).collect(),
        version: group.version,
        created_at: Time(group.created_at),
        updated_at: Time(group.updated_at),
        updated_by: actor(&group.updated_by),
        warnings: warnings.iter().map(warning).collect(),
    }
}

/// All groups. They are few: there is one page.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Groups")]
pub struct GroupsView<'a> {
    data: Vec<GroupView<'a>>,
    /// Always `null`.
    next_cursor: Option<String>,
}

/// All groups.
pub fn groups(groups: &[Group]) -> GroupsView<'_> {
    GroupsView { data: groups.iter().map(group).collect(), next_cursor: None }
}
