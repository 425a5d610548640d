//! Who belongs to an organization: roles and groups, leaving and removing, and to whom it belongs.
//!
//! That an owner stays is no count: each change that takes one away names another in its transaction, who must be owner then. Of two owners
//! who demote each other at one moment one fails, tries again, and is no owner any more.

use std::collections::BTreeSet;

use domain::base::code::Code;
use domain::delivery::event::{EventKind, SeatNotice, Subject};
use domain::gate::group::{Group, GroupName, groups_of, regroup};
use domain::gate::policy::PolicyBook;
use domain::people::access::{Actor, Permit, Principal, Role, scope};
use domain::people::organization::Member;
use domain::people::seats::{InvalidSeat, check_gift, check_taking};
use domain::people::second_factor::SecondFactor;
use domain::{GroupId, MemberId, OrganizationId};

use crate::base::error::{FieldError, Refusal};
use crate::base::ports::Ports;
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, DirectoryWrite, Key, List, Page, PageRequest, Write, key, load, typed};
use crate::gate::policies::check_readable;
use crate::people::{members, openid};

/// A change that loses against another is made anew at most so often.
const TRIES: usize = 8;

/// A member, with the groups that they belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seated {
    /// Their seat.
    pub member: Member,
    /// Their groups.
    pub groups: BTreeSet<GroupId>,
}

/// A group as somebody names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupRef {
    /// By its id.
    Id(GroupId),
    /// By the name that policies know.
    Name(GroupName),
}

/// What changes of a seat; what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SeatChange {
    /// Another role.
    pub role: Option<Role>,
    /// All groups that they are to belong to.
    pub groups: Option<Vec<GroupRef>>,
}

/// The members, oldest first: whoever sees approvals may know by whom they were decided.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsRead>,
    page: &PageRequest,
) -> Result<Page<Seated>, Refusal> {
    let organization_id = permit.organization_id();
    let found = typed::<Member>(ports.store.list(organization_id, &List::Members, page).await?);
    let book = book(ports, organization_id).await?;
    // The list follows the table within moments: who was removed a moment ago is not in it.
    let wanted: Vec<_> = found.items.iter().map(|member| key::Member(member.id)).collect();
    let seats = load(&*ports.store, organization_id, wanted).await?.into_iter().flatten();
    let seated = |member: Member| Seated { groups: groups_of(&book.groups, member.id), member };
    Ok(Page { items: seats.map(seated).collect(), next: found.next })
}

/// One member.
pub async fn get(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsRead>,
    id: MemberId,
) -> Result<Seated, Refusal> {
    let wanted = (key::Member(id), key::Policies);
    let (member, book) = load(&*ports.store, permit.organization_id(), wanted).await?;
    let member: Member = member.ok_or(Refusal::NotFound("member"))?;
    Ok(Seated { groups: groups_of(&book.unwrap_or_default().groups, member.id), member })
}

/// The groups, for whoever sees who belongs to them.
pub async fn groups(ports: &Ports, permit: &Permit<scope::ApprovalsRead>) -> Result<Vec<Group>, Refusal> {
    Ok(book(ports, permit.organization_id()).await?.groups)
}

/// Gives a member another role, or other groups.
pub async fn update(
    ports: &Ports,
    permit: &Permit<scope::MembersManage>,
    id: MemberId,
    change: SeatChange,
) -> Result<Seated, Refusal> {
    let organization_id = permit.organization_id();
    retry(TRIES, "the member kept changing", || async {
        let (caller, member, mut book) = look(ports, permit.principal(), id).await?;
        caller.permit::<scope::MembersManage>()?;
        let role = change.role.unwrap_or(member.role);
        let is_own = caller.actor.member() == Some(id);
        let mut written = Change::new(organization_id);
        if role != member.role {
            check_taking(&caller, member.role).map_err(refused)?;
            check_gift(&caller, role).map_err(refused)?;
            if role.decides() {
                caller.proved(ports.now())?;
            }
            written = written.write(Write::GiveRole { member_id: id, seen: member.role, role });
            written = with_witness(ports, written, &caller, &member, is_own).await?;
        }
        let mut groups = groups_of(&book.groups, id);
        if let Some(wanted) = &change.groups {
            // Whom a policy asks for votes is as much as the policy.
            caller.permit::<scope::PoliciesManage>()?;
            let wanted = resolve(&book, wanted)?;
            if wanted != groups {
                check_readable(&book)?;
                regroup(&mut book.groups, id, &wanted, &caller.actor, ports.now()).map_err(|full| {
                    let message = format!("the group {full} has as many members as a group can have");
                    Refusal::field("groups", Code::TooMany, message)
                })?;
                groups = wanted;
                written = written.write(Write::Regroup { groups: book.groups, seen: book.version });
            }
        }
        let seated = Seated { member: Member { role, ..member.clone() }, groups };
        if written.writes.is_empty() {
            return Ok(Try::Done(seated));
        }
        let mut entry = ports.audit(organization_id, permit.actor(), "member.update", id);
        entry.details = vec![
            ("from", member.role.as_str().to_owned()),
            ("role", role.as_str().to_owned()),
            ("groups", seated.groups.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
            ("credential", caller.credential.name()),
        ];
        let event = seat_event(ports, organization_id, EventKind::MemberUpdated, id, role);
        let committed = ports.store.commit(written.audit(entry).event(event)).await;
        Try::of(committed, seated)
    })
    .await
}

/// Removes a member, or lets one leave: their sessions and tokens are refused from the next request on, what they voted for and asked for
/// does not leave any more, and their address is free.
///
/// Leaving takes no scope; a program does not leave in its owner's place.
pub async fn remove(ports: &Ports, principal: &Principal, id: MemberId) -> Result<(), Refusal> {
    let organization_id = principal.organization_id;
    let is_own = principal.actor.member() == Some(id);
    retry(TRIES, "the member kept changing", || async {
        let (caller, member, mut book) = look(ports, principal, id).await?;
        if is_own {
            if !caller.credential.is_person() {
                let message =
                    "nobody's token leaves in their place: sign in (POST /v1/sessions, or the console)";
                return Err(Refusal::because(Code::PersonRequired, message));
            }
        } else {
            caller.permit::<scope::MembersManage>()?;
            check_taking(&caller, member.role).map_err(refused)?;
        }
        let removed = Change::new(organization_id)
            .write(Write::Unseat(id, member.role))
            .directory(DirectoryWrite::EndLogin(member.email.clone(), id));
        let removed = openid::leaving(ports, removed, organization_id, id).await?;
        let mut removed = with_witness(ports, removed, &caller, &member, is_own).await?;
        // Nobody is put into a group, so none is full.
        let left = regroup(&mut book.groups, id, &BTreeSet::new(), &caller.actor, ports.now());
        let left = left.unwrap_or_default();
        if !left.is_empty() {
            removed = removed.write(Write::Regroup { groups: book.groups, seen: book.version });
        }
        let mut entry = ports.audit(organization_id, &principal.actor, "member.delete", id);
        entry.details = vec![
            ("role", member.role.as_str().to_owned()),
            ("groups", left.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
            ("credential", caller.credential.name()),
        ];
        let event = seat_event(ports, organization_id, EventKind::MemberDeleted, id, member.role);
        let committed = ports.store.commit(removed.audit(entry).event(event)).await;
        Try::of(committed, ())
    })
    .await
}

/// Whether a member's sign-in asks for a second factor, for whoever may take it away.
pub async fn has_second_factor(
    ports: &Ports,
    permit: &Permit<scope::MembersManage>,
    id: MemberId,
) -> Result<bool, Refusal> {
    let factor: Option<SecondFactor> =
        load(&*ports.store, permit.organization_id(), key::SecondFactor(id)).await?;
    Ok(factor.is_some_and(|factor| factor.is_enabled()))
}

/// Takes away the second factor of a member who lost it, so that their password alone signs in, and ends their sessions: they are told by
/// mail. A person does so, of somebody whose role they could take, never of themselves.
pub async fn reset_second_factor(
    ports: &Ports,
    permit: &Permit<scope::MembersManage>,
    id: MemberId,
) -> Result<(), Refusal> {
    let organization_id = permit.organization_id();
    if !permit.principal().credential.is_person() {
        let message =
            "a program takes nobody's second factor away: sign in (POST /v1/sessions, or the console)";
        return Err(Refusal::because(Code::PersonRequired, message));
    }
    if permit.actor().member() == Some(id) {
        let message = "one's own is taken away with a code of it, or the password: DELETE /v1/me/totp; whoever has neither asks somebody else";
        return Err(Refusal::because(Code::OwnSecondFactor, message));
    }
    permit.principal().proved(ports.now())?;
    retry(TRIES, "the member kept changing", || async {
        let (caller, member, _) = look(ports, permit.principal(), id).await?;
        caller.permit::<scope::MembersManage>()?;
        check_taking(&caller, member.role).map_err(refused)?;
        let factor: Option<SecondFactor> =
            load(&*ports.store, organization_id, key::SecondFactor(id)).await?;
        let factor = factor.filter(SecondFactor::is_enabled).ok_or_else(|| {
            Refusal::because(Code::NoSecondFactor, "their sign-in asks for no second factor")
        })?;
        let caller_id = caller.actor.member().ok_or(Refusal::NotFound("member"))?;
        let mut entry = ports.audit(organization_id, permit.actor(), "second_factor.reset", id);
        entry.details = vec![("credential", caller.credential.name())];
        let change = Change::new(organization_id)
            .write(Write::RemoveVersion(Key::SecondFactor(id), factor.version))
            .write(Write::EndSessions(id, ports.now()))
            .write(Write::HoldsRole(caller_id, caller.role))
            .audit(entry);
        Try::of(ports.store.commit(change).await, ())
    })
    .await
}

/// Makes another member owner, and the caller admin.
pub async fn transfer(
    ports: &Ports,
    permit: &Permit<scope::MembersManage>,
    to: MemberId,
) -> Result<Seated, Refusal> {
    let organization_id = permit.organization_id();
    retry(TRIES, "the member kept changing", || async {
        let (caller, member, book) = match look(ports, permit.principal(), to).await {
            Err(Refusal::NotFound(_)) => {
                return Err(Refusal::field("member_id", Code::UnknownMember, "no such member"));
            }
            found => found?,
        };
        check_gift(&caller, Role::Owner).map_err(refused)?;
        caller.proved(ports.now())?;
        let from = caller.actor.member().ok_or(Refusal::NotFound("member"))?;
        if from == to {
            return Err(Refusal::field(
                "member_id",
                Code::UnknownMember,
                "name another member than yourself",
            ));
        }
        let given = match member.role {
            Role::Owner => Write::HoldsRole(to, Role::Owner),
            seen => Write::GiveRole { member_id: to, seen, role: Role::Owner },
        };
        let given_up = Write::GiveRole { member_id: from, seen: Role::Owner, role: Role::Admin };
        let mut entry =
            ports.audit(organization_id, permit.actor(), "organization.transfer_ownership", organization_id);
        entry.details = vec![
            ("to", to.to_string()),
            ("from", member.role.as_str().to_owned()),
            ("credential", caller.credential.name()),
        ];
        let event = |id, role| seat_event(ports, organization_id, EventKind::MemberUpdated, id, role);
        let change = Change::new(organization_id)
            .write(given)
            .write(given_up)
            .audit(entry)
            .event(event(to, Role::Owner))
            .event(event(from, Role::Admin));
        let groups = groups_of(&book.groups, to);
        let seated = Seated { member: Member { role: Role::Owner, ..member }, groups };
        Try::of(ports.store.commit(change).await, seated)
    })
    .await
}

/// The caller with the role that they have now, a member, and the groups.
async fn look(
    ports: &Ports,
    principal: &Principal,
    id: MemberId,
) -> Result<(Principal, Member, PolicyBook), Refusal> {
    let caller_id = principal.actor.member().ok_or(Refusal::NotFound("member"))?;
    let wanted = (key::Member(caller_id), key::Member(id), key::Policies);
    let (caller, member, book) = load(&*ports.store, principal.organization_id, wanted).await?;
    let role = caller.ok_or_else(Refusal::member_removed)?.role;
    let member = member.ok_or(Refusal::NotFound("member"))?;
    Ok((principal.seated_anew(role), member, book.unwrap_or_default()))
}

pub(crate) async fn book(ports: &Ports, organization_id: OrganizationId) -> Result<PolicyBook, Refusal> {
    Ok(load(&*ports.store, organization_id, key::Policies).await?.unwrap_or_default())
}

/// The same change, which holds only where the caller still has their role and, where an owner is taken away, where another one is there.
async fn with_witness(
    ports: &Ports,
    change: Change,
    caller: &Principal,
    member: &Member,
    is_own: bool,
) -> Result<Change, Refusal> {
    let caller_id = caller.actor.member().filter(|_| !is_own);
    let change = match caller_id {
        Some(id) => change.write(Write::HoldsRole(id, caller.role)),
        None => change,
    };
    let is_witness = caller_id.is_some() && caller.role == Role::Owner;
    if member.role != Role::Owner || is_witness {
        return Ok(change);
    }
    let listed = members::all(ports, member.organization_id).await?;
    let listed = listed.into_iter().filter(|other| other.role == Role::Owner && other.id != member.id);
    let wanted: Vec<_> = listed.map(|other| key::Member(other.id)).collect();
    let others = load(&*ports.store, member.organization_id, wanted).await?;
    let other = others.into_iter().flatten().find(|other| other.role == Role::Owner).ok_or_else(|| {
        let message = "an organization keeps an owner: make somebody else one first \
                       (POST /v1/organization/transfer-ownership, or their role)";
        Refusal::because(Code::LastOwner, message)
    })?;
    Ok(change.write(Write::HoldsRole(other.id, Role::Owner)))
}

pub(crate) fn refused(why: InvalidSeat) -> Refusal {
    let code = match why {
        InvalidSeat::OwnersOnly => Code::OwnersOnly,
        InvalidSeat::PersonRequired => Code::PersonRequired,
    };
    Refusal::because(code, why)
}

/// The ids of groups; those that are none are named all at once.
pub(crate) fn resolve(book: &PolicyBook, wanted: &[GroupRef]) -> Result<BTreeSet<GroupId>, Refusal> {
    let find = |wanted: &GroupRef| {
        let found = book.groups.iter().find(|group| match wanted {
            GroupRef::Id(id) => group.id == *id,
            GroupRef::Name(name) => group.name == *name,
        });
        found.map(|group| group.id)
    };
    let found: Vec<_> = wanted.iter().map(find).collect();
    let missing = found.iter().enumerate().filter(|(_, id)| id.is_none());
    let errors: Vec<_> = missing
        .map(|(i, _)| FieldError::new(format!("groups[{i}]"), Code::UnknownGroup, "no such group"))
        .collect();
    if errors.is_empty() { Ok(found.into_iter().flatten().collect()) } else { Err(Refusal::Invalid(errors)) }
}

/// The event of a seat.
pub(crate) fn seat_event(
    ports: &Ports,
    organization_id: OrganizationId,
    kind: EventKind,
    id: MemberId,
    role: Role,
) -> domain::delivery::event::Event {
    ports.event(organization_id, kind, Subject::Seat(SeatNotice { id, role }))
}

/// The actor who is this member.
pub(crate) fn person(member_id: MemberId) -> Actor {
    Actor::Member { member_id }
}
