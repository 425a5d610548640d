//! Policies: all of an organization are one item, so that one read gives what judges a mail.

use std::collections::BTreeSet;

use app::base::store::StoreError;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};
use domain::gate::group::{Group, GroupName};
use domain::gate::policy::{FormerPolicy, Policy, PolicyBook, PolicyContent, Tree, Unreadable};
use domain::people::access::Actor;
use domain::{GroupId, MemberId, OrganizationId, PolicyId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::base::field::{Corrupt, Field, record};
use crate::base::item::{Item, Kind, Place, corrupt, key, number, place};

record! {
    /// A policy; its content is the written form that the API takes, read by the same reader.
    Policy as PolicyRecord {
        id: PolicyId,
        version: u64,
        created_at: Timestamp,
        updated_at: Timestamp,
        updated_by: Actor,
        settled_at: Timestamp,
        [content: split_content, join_content] { content: String, }
    }
}

fn split_content(content: &PolicyContent) -> (String,) {
    (content.write().canonical(),)
}

fn join_content((content,): (String,)) -> Result<PolicyContent, Corrupt> {
    let content = serde_json::from_str(&content).map_err(|_| Corrupt("policy"))?;
    PolicyContent::read_stored(&tree(content)).map_err(|_| Corrupt("policy"))
}

/// JSON as the tree that the domain reads; the parser bounds its depth.
fn tree(value: serde_json::Value) -> Tree {
    use serde_json::Value;
    match value {
        Value::Null => Tree::Null,
        Value::Bool(yes) => Tree::Bool(yes),
        Value::Number(n) => n.as_u64().map_or(Tree::OtherNumber, Tree::Number),
        Value::String(text) => Tree::Text(text),
        Value::Array(list) => Tree::List(list.into_iter().map(tree).collect()),
        Value::Object(map) => Tree::Map(map.into_iter().map(|(name, value)| (name, tree(value))).collect()),
    }
}

record! {
    Group as GroupRecord {
        id: GroupId,
        name: GroupName,
        members: BTreeSet<MemberId>,
        version: u64,
        created_at: Timestamp,
        updated_at: Timestamp,
        updated_by: Actor,
    }
}

record! {
    /// What a policy said before, written as its policy is.
    FormerPolicy as FormerPolicyRecord {
        policy_id: PolicyId,
        slot: u8,
        version: u64,
        written_at: Timestamp,
        written_by: Actor,
        ended_at: Timestamp,
        ended_by: Actor,
        [content: split_content, join_content] { content: String, }
    }
}

impl Kind for FormerPolicy {
    const NAME: &'static str = "former_policy";
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PoliciesRecord {
    policies: Vec<PolicyRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<GroupRecord>,
    version: u64,
}

impl Field for PolicyBook {
    type Form = PoliciesRecord;
    fn write(&self) -> PoliciesRecord {
        let unreadable = self.unreadable.iter().map(|one| PolicyRecord {
            id: one.id.map(|id| id.to_string()).unwrap_or_default(),
            content: one.stored.clone(),
            version: 0,
            created_at: 0,
            updated_at: 0,
            updated_by: Actor::System.write(),
            settled_at: 0,
        });
        let policies = self.policies.iter().map(Policy::write).chain(unreadable).collect();
        PoliciesRecord { policies, groups: self.groups.write(), version: self.version }
    }
    /// Of policies never fails: what can't be read holds every mail. Without a group that can't be read it is no book.
    fn read(form: PoliciesRecord) -> Result<Self, Corrupt> {
        let groups = Vec::<Group>::read(form.groups)?;
        let mut book = PolicyBook { policies: vec![], unreadable: vec![], groups, version: form.version };
        for record in form.policies {
            let unreadable =
                Unreadable { id: PolicyId::read(record.id.clone()).ok(), stored: record.content.clone() };
            match Policy::read(record) {
                Ok(policy) => book.policies.push(policy),
                Err(_) => book.unreadable.push(unreadable),
            }
        }
        Ok(book)
    }
}

impl Kind for PolicyBook {
    const NAME: &'static str = "policies";
    /// A book that can't be read holds every mail; it must not keep the rest of a read from being read.
    fn stand_in(item: &Item) -> Option<Self> {
        let version = item.get("version").and_then(|v| v.as_n().ok()).and_then(|n| n.parse().ok());
        Some(PolicyBook::broken(version.unwrap_or_default()))
    }
}

/// Where an organization's policies lie.
pub(crate) fn at(organization: OrganizationId) -> Place {
    place(format!("{organization}/policies"), "policies")
}

/// Who belongs to the groups of the record that lies here, where it has the version that was seen.
pub(crate) fn regroup(place: &Place, groups: &[Group], seen: u64) -> Result<UpdateBuilder, StoreError> {
    let groups: Vec<GroupRecord> = groups.iter().map(Group::write).collect();
    let groups: AttributeValue = serde_dynamo::to_attribute_value(groups).map_err(|e| corrupt(&e))?;
    Ok(Update::builder()
        .set_key(Some(key(place)))
        .update_expression("SET #groups = :groups, #version = :next")
        .condition_expression("#version = :seen")
        .expression_attribute_names("#groups", "groups")
        .expression_attribute_names("#version", "version")
        .expression_attribute_values(":groups", groups)
        .expression_attribute_values(":next", number(seen + 1))
        .expression_attribute_values(":seen", number(seen)))
}

/// Where what a policy said before lies.
pub(crate) fn former_at(organization: OrganizationId, id: PolicyId, slot: u8) -> Place {
    place(former(organization, id), format!("{slot:02}"))
}

/// The partition of what a policy said before.
pub(crate) fn former(organization: OrganizationId, id: PolicyId) -> String {
    format!("{organization}/{id}")
}
