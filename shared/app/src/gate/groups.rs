//! Groups: members under a name, whom policies ask for votes. They lie with the policies, and change with them.

use std::collections::BTreeSet;

use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::gate::group::{Group, GroupName};
use domain::gate::policy::PolicyBook;
use domain::people::access::{Permit, Role, scope};
use domain::{GroupId, MemberId, OrganizationId, PolicyId};

use crate::base::enter::Once;
use crate::base::error::{FieldError, Refusal};
use crate::base::ports::Ports;
use crate::base::store::{Change, key, load};
use crate::gate::policies::{alter, book, check_readable};
use crate::people::members::seats;

/// What a group is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGroup {
    /// The name by which policies know it.
    pub name: GroupName,
    /// Who belongs to it.
    pub members: Vec<MemberId>,
}

/// What changes of a group; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupChange {
    /// Another name.
    pub name: Option<GroupName>,
    /// Others who belong to it.
    pub members: Option<Vec<MemberId>>,
}

/// A policy whose rule too few can meet since a group was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The policy.
    pub policy_id: PolicyId,
    /// The rule's place in it, from 0.
    pub rule: u64,
    /// In one sentence.
    pub message: String,
}

/// A group, with what its change made impossible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The group.
    pub group: Group,
    /// Rules that nobody can meet any more.
    pub warnings: Vec<Warning>,
}

/// All groups.
pub async fn list(ports: &Ports, permit: &Permit<scope::PoliciesManage>) -> Result<Vec<Group>, Refusal> {
    Ok(book(ports, permit).await?.groups)
}

/// One group.
pub async fn get(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    id: GroupId,
) -> Result<Group, Refusal> {
    book(ports, permit).await?.group(id).cloned().ok_or(Refusal::NotFound("group"))
}

/// Makes a group.
pub async fn create(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    new: NewGroup,
    once: &Once,
    answer: impl Fn(&Changed) -> (u16, String),
) -> Result<Changed, Refusal> {
    let now = ports.now();
    let members = known(ports, permit.organization_id(), &new.members).await?;
    let group = Group {
        id: ports.group_id(),
        name: new.name,
        members,
        version: 1,
        created_at: now,
        updated_at: now,
        updated_by: permit.actor().clone(),
    };
    let add = |book: &mut PolicyBook| {
        check_readable(book)?;
        if book.groups.len() >= Group::MOST {
            let message = format!("an organization has at most {} groups: delete one first", Group::MOST);
            return Err(Refusal::because(Code::TooManyGroups, message));
        }
        check_free(book, &group.name, group.id)?;
        book.groups.push(group.clone());
        Ok((Changed { group: group.clone(), warnings: vec![] }, details(&group)))
    };
    let save = |change, changed: &Changed| once.save(change, now, || answer(changed));
    alter(ports, permit, ("group.create", group.id), add, once, save).await
}

/// Gives a group another name or other members. What waits for votes already keeps those whom it asked.
pub async fn update(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    id: GroupId,
    seen: Option<u64>,
    change: GroupChange,
) -> Result<Changed, Refusal> {
    let now = ports.now();
    let organization_id = permit.organization_id();
    // Of a group that is not there nothing else is said.
    let known_group = get(ports, permit, id).await?;
    let members = match &change.members {
        Some(members) => Some(known(ports, organization_id, members).await?),
        None => None,
    };
    // Asked again, as after a lost answer, it is so already.
    let is_so = change.name.as_ref().is_none_or(|name| *name == known_group.name)
        && members.as_ref().is_none_or(|members| *members == known_group.members)
        && seen.is_none_or(|seen| seen == known_group.version);
    if is_so {
        return Ok(Changed { group: known_group, warnings: vec![] });
    }
    let seats = seats(ports, organization_id).await?;
    let put = |book: &mut PolicyBook| {
        let before = book.group(id).cloned().ok_or(Refusal::NotFound("group"))?;
        if seen.is_some_and(|seen| seen != before.version) {
            return Err(Refusal::Because {
                code: Code::RevisionMismatch,
                message: format!("it has revision {} by now: load it again", before.version),
                details: vec![("revision", before.version.to_string())],
            });
        }
        let group = Group {
            name: change.name.clone().unwrap_or_else(|| before.name.clone()),
            members: members.clone().unwrap_or_else(|| before.members.clone()),
            version: before.version + 1,
            updated_at: now,
            updated_by: permit.actor().clone(),
            ..before.clone()
        };
        if group.name != before.name {
            check_free(book, &group.name, id)?;
            check_unused(book, &before.name, "renamed")?;
        }
        let short = |book: &PolicyBook| warnings(book, &group.name, &seats);
        let known = short(book);
        let slot = book.groups.iter_mut().find(|group| group.id == id).ok_or(Refusal::NotFound("group"))?;
        *slot = group.clone();
        // What too few could meet before is no news of this change.
        let is_new = |one: &Warning| !known.contains(one);
        let warnings = short(book).into_iter().filter(is_new).collect();
        Ok((Changed { group: group.clone(), warnings }, details(&group)))
    };
    let once = Once::default();
    alter(ports, permit, ("group.update", id), put, &once, |change: Change, _| change).await
}

/// Removes a group that no policy asks for votes.
pub async fn delete(
    ports: &Ports,
    permit: &Permit<scope::PoliciesManage>,
    id: GroupId,
) -> Result<(), Refusal> {
    let take = |book: &mut PolicyBook| {
        let i = book.groups.iter().position(|group| group.id == id).ok_or(Refusal::NotFound("group"))?;
        check_unused(book, &book.groups[i].name, "deleted")?;
        let group = book.groups.remove(i);
        Ok(((), details(&group)))
    };
    alter(ports, permit, ("group.delete", id), take, &Once::default(), |change, ()| change).await
}

fn details(group: &Group) -> Vec<(&'static str, String)> {
    let ids: Vec<String> = group.members.iter().map(ToString::to_string).collect();
    let bytes: Vec<&[u8]> = ids.iter().map(String::as_bytes).collect();
    vec![
        ("group_id", group.id.to_string()),
        ("name", group.name.to_string()),
        ("version", group.version.to_string()),
        ("members", ids.len().to_string()),
        ("digest", Digest::of_parts(&bytes).to_string()),
    ]
}

fn check_free(book: &PolicyBook, name: &GroupName, id: GroupId) -> Result<(), Refusal> {
    if book.groups.iter().any(|group| group.name == *name && group.id != id) {
        let message = format!("there is a group {name} already: take another name, or change that group");
        return Err(Refusal::because(Code::GroupNameTaken, message));
    }
    Ok(())
}

/// Policies name groups by their name: one that is asked for votes keeps it, and stays.
fn check_unused(book: &PolicyBook, name: &GroupName, what: &str) -> Result<(), Refusal> {
    let asking = book.asking(name);
    if asking.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = asking.iter().map(ToString::to_string).collect();
    Err(Refusal::Because {
        code: Code::GroupInUse,
        message: format!(
            "policies ask this group for votes, so it can't be {what}: change {} first",
            ids.join(", ")
        ),
        details: vec![("policy_ids", ids.join(" "))],
    })
}

/// The members with these ids; those that are none are named all at once.
async fn known(
    ports: &Ports,
    organization_id: OrganizationId,
    ids: &[MemberId],
) -> Result<BTreeSet<MemberId>, Refusal> {
    let wanted: Vec<_> = ids.iter().copied().map(key::Member).collect();
    let found = load(&*ports.store, organization_id, wanted).await?;
    let missing = found.iter().enumerate().filter(|(_, member)| member.is_none());
    let errors: Vec<_> = missing
        .map(|(i, _)| FieldError::new(format!("member_ids[{i}]"), Code::UnknownMember, "no such member"))
        .collect();
    if errors.is_empty() { Ok(ids.iter().copied().collect()) } else { Err(Refusal::Invalid(errors)) }
}

/// The rules that ask this group, and that too few can meet.
fn warnings(book: &PolicyBook, group: &GroupName, seats: &[(MemberId, Role)]) -> Vec<Warning> {
    let asking = book.policies.iter().filter(|policy| policy.content.asks(group));
    asking
        .flat_map(|policy| {
            policy.content.impossible(&book.groups, seats).into_iter().map(|short| Warning {
                policy_id: policy.id,
                rule: short.rule as u64,
                message: format!(
                    "the rule asks for {} votes of {}, which {} can give now: what it holds expires",
                    short.quorum, short.voters, short.able
                ),
            })
        })
        .collect()
}
