//! Who belongs to an organization: members with their roles and groups, as JSON.

use std::borrow::Cow;

use app::base::error::Refusal;
use app::gate::seats::{GroupRef, SeatChange, Seated};
use domain::base::code::Code;
use domain::base::id::Id as _;
use domain::gate::group::{Group, GroupName};
use domain::people::access::{Principal, Role, Scope};
use domain::{GroupId, MemberId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::Value;

use crate::base::request::{self, Faults, Field, request};
use crate::base::values::{Choice, IdOf, List, Text, Time};

/// A group, by its id or by the name that policies know: no name is an id.
#[derive(Clone, PartialEq, Eq)]
pub struct GroupNamed(GroupRef);

impl GroupNamed {
    /// What it names.
    pub(crate) fn group(self) -> GroupRef {
        self.0
    }
}

impl Field for GroupNamed {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let text = Text::<200>::read(value, faults)?.0;
        let id = || GroupId::parse(&text).ok().map(GroupRef::Id);
        let named = GroupName::parse(&text).map(GroupRef::Name).or_else(id);
        if named.is_none() {
            faults.note(
                Code::InvalidGroupName,
                "must be the id or the name of a group, such as legal".to_owned(),
            );
        }
        named.map(Self)
    }
}

impl JsonSchema for GroupNamed {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Cow::from("GroupNamed")
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(grp_[0-9a-hjkmnp-tv-z]{26}|[a-z0-9][a-z0-9-]{0,49})$" })
    }
}

/// What is read of a list of groups.
pub(crate) type Groups = List<GroupNamed, { Group::MOST }>;

request! {
    /// What changes of a member; what is left out stays.
    pub struct UpdateMember {
        /// Another role: an owner gives and takes `owner` and `admin`, in a session, as whoever gives `approver` does.
        role: Option<Choice<Role>>,
        /// All groups that they belong to from now on, by ids or names; needs `policies.manage` as well. Mail that waits already asks whom
        /// it asked.
        groups: Option<Groups>,
    }
}

/// Reads [`UpdateMember`].
pub fn change(body: &[u8]) -> Result<SeatChange, Refusal> {
    let UpdateMember { role, groups } = request::body(body)?;
    let groups = groups.map(|groups| groups.0.into_iter().map(GroupNamed::group).collect());
    Ok(SeatChange { role: role.map(|role| role.0), groups })
}

request! {
    /// To whom an organization is to belong.
    pub struct TransferOwnership {
        /// They become owner, and the caller admin.
        member_id: IdOf<MemberId>,
    }
}

/// Reads [`TransferOwnership`].
pub fn transfer(body: &[u8]) -> Result<MemberId, Refusal> {
    let TransferOwnership { member_id } = request::body(body)?;
    Ok(member_id.0)
}

/// A person's seat in an organization.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Member")]
pub struct MemberView<'a> {
    id: IdOf<MemberId>,
    /// The address that they sign in with; `null` for a token without `members.manage`.
    email: Option<&'a str>,
    role: Choice<Role>,
    /// The groups that they belong to.
    groups: Vec<IdOf<GroupId>>,
    /// When they joined.
    created_at: Time,
}

/// A member, as this caller may see them: programs are not told addresses but where they manage members.
pub fn member<'a>(seated: &'a Seated, caller: &Principal) -> MemberView<'a> {
    let told = caller.credential.is_person() || caller.scopes.contains(&Scope::MembersManage);
    let Seated { member, groups } = seated;
    MemberView {
        id: IdOf(member.id),
        email: told.then(|| member.email.as_str()),
        role: Choice(member.role),
        groups: groups.iter().copied().map(IdOf).collect(),
        created_at: Time(member.created_at),
    }
}
