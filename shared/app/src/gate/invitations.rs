//! Inviting people: an invitation is written down, mailed by whoever may send mail to people, and accepted once.

use std::collections::BTreeSet;

use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::delivery::event::{EventKind, InvitationNotice, Subject};
use domain::gate::group::{groups_of, regroup};
use domain::people::access::{Permit, Role, scope};
use domain::people::browser::Browser;
use domain::people::credential::{Login, OpenedWith, Secret, Session};
use domain::people::email::EmailProof;
use domain::people::invitation::{Accepted, Invitation, InvitationClosed, InvitationSecret};
use domain::people::openid::OpenIdClaims;
use domain::people::organization::{Member, Organization};
use domain::people::seats::check_gift;
use domain::{GroupId, InvitationId, MemberId, OrganizationId, Timestamp};
use jiff::SignedDuration;

use crate::base::enter::Once;
use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::retry::{Try, retry};
use crate::base::store::{
    Change, Conflict, Directory, DirectoryWrite, Key, List, Page, PageRequest, SessionPointer, StoreError,
    Write, key, load, typed,
};
use crate::gate::seats::{GroupRef, book, person, refused, resolve, seat_event};
use crate::people::openid::Provider;
use crate::people::password::{check_new_password, hash_password};
use crate::people::sessions::fresh;
use crate::people::{members, openid};

/// A change that loses against another is made anew at most so often.
const TRIES: usize = 8;

/// Who is to be invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation {
    /// The address that they are to sign in with.
    pub email: EmailAddress,
    /// The role that they are to have.
    pub role: Role,
    /// The groups that they are to belong to.
    pub groups: Vec<GroupRef>,
}

/// Invites somebody. The mail follows within moments.
///
/// That an address has a login elsewhere is not said here: whoever opens the link learns it.
pub async fn create(
    ports: &Ports,
    directory: &dyn Directory,
    permit: &Permit<scope::MembersManage>,
    new: NewInvitation,
    once: &Once,
    answer: impl FnOnce(&Invitation) -> (u16, String),
) -> Result<Invitation, Refusal> {
    let organization_id = permit.organization_id();
    check_gift(permit.principal(), new.role).map_err(refused)?;
    if new.role.decides() {
        permit.principal().proved(ports.now())?;
    }
    let groups = if new.groups.is_empty() {
        BTreeSet::new()
    } else {
        // Whom a policy asks for votes is as much as the policy.
        permit.principal().permit::<scope::PoliciesManage>()?;
        resolve(&book(ports, organization_id).await?, &new.groups)?
    };
    check_free(ports, directory, organization_id, &new.email).await?;
    let now = ports.now();
    let invitation = Invitation {
        id: ports.invitation_id(),
        organization_id,
        email: new.email,
        role: new.role,
        groups,
        invited_by: permit.actor().clone(),
        created_at: now,
        expires_at: now + Invitation::LIFE,
        secret: None,
        accepted: None,
        version: 1,
    };
    let change = counted(Change::new(organization_id).create(invitation.clone()), &invitation, now)
        .audit(entry(ports, permit, "invitation.create", &invitation))
        .event(event(ports, EventKind::InvitationCreated, &invitation));
    let change = once.save(change, now, || answer(&invitation));
    let written = once.try_commit(ports, change).await?;
    written.map_err(|conflicts| too_many(&conflicts, &invitation, now))?;
    Ok(invitation)
}

/// Invitations that nobody has accepted, the latest first.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::MembersManage>,
    page: &PageRequest,
) -> Result<Page<Invitation>, Refusal> {
    Ok(typed(ports.store.list(permit.organization_id(), &List::Invitations, page).await?))
}

/// Has an invitation sent again: the link of the mail before holds no more, and its seven days begin anew.
pub async fn resend(
    ports: &Ports,
    permit: &Permit<scope::MembersManage>,
    id: InvitationId,
) -> Result<Invitation, Refusal> {
    let organization_id = permit.organization_id();
    retry(TRIES, "the invitation kept changing", || async {
        let now = ports.now();
        let known = waiting(ports, organization_id, id).await?;
        check_gift(permit.principal(), known.role).map_err(refused)?;
        let again = known.again(permit.actor().clone(), now);
        let change = counted(Change::new(organization_id).update(again.clone()), &again, now)
            .audit(entry(ports, permit, "invitation.resend", &again))
            .event(event(ports, EventKind::InvitationResent, &again));
        match ports.store.commit(change).await {
            Err(StoreError::Conflict(conflicts)) if is_counted(&conflicts) => {
                Err(too_many(&conflicts, &again, now))
            }
            written => Try::of(written, Invitation { version: again.version + 1, ..again }),
        }
    })
    .await
}

/// Takes an invitation back: its link opens nothing any more.
pub async fn delete(
    ports: &Ports,
    permit: &Permit<scope::MembersManage>,
    id: InvitationId,
) -> Result<(), Refusal> {
    let organization_id = permit.organization_id();
    retry(TRIES, "the invitation kept changing", || async {
        let known = waiting(ports, organization_id, id).await?;
        let change = Change::new(organization_id)
            .write(Write::RemoveVersion(Key::Invitation(id), known.version))
            .audit(entry(ports, permit, "invitation.delete", &known))
            .event(event(ports, EventKind::InvitationDeleted, &known));
        Try::of(ports.store.commit(change).await, ())
    })
    .await
}

/// An invitation, as its link shows it before anything is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The invitation.
    pub invitation: Invitation,
    /// To which organization.
    pub organization: Organization,
    /// Whoever invited them, in the role that they have.
    pub inviter: (MemberId, Role),
}

/// What the link of an invitation opens. Changes nothing.
pub async fn open(ports: &Ports, secret: &InvitationSecret) -> Result<Opened, Refusal> {
    look(ports, &LinkOf::from(secret)).await
}

/// What the link of an invitation says, without its secret.
pub struct LinkOf {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The invitation.
    pub invitation_id: InvitationId,
    /// What the secret hashes to.
    pub hash: Digest,
}

impl From<&InvitationSecret> for LinkOf {
    fn from(secret: &InvitationSecret) -> Self {
        let (organization_id, invitation_id) = (secret.organization_id(), secret.invitation_id());
        Self { organization_id, invitation_id, hash: secret.hash() }
    }
}

async fn look(ports: &Ports, link: &LinkOf) -> Result<Opened, Refusal> {
    let organization_id = link.organization_id;
    let wanted = (key::Invitation(link.invitation_id), key::Organization);
    let (invitation, organization) = load(&*ports.store, organization_id, wanted).await?;
    let invitation = invitation.ok_or_else(|| closed(InvitationClosed::Unknown))?;
    let inviter = inviter(ports, &invitation).await?.map(|member| (member.id, member.role));
    invitation.opens(link.hash, inviter.map(|(_, role)| role), ports.now()).map_err(closed)?;
    let inviter = inviter.ok_or_else(|| closed(InvitationClosed::Unknown))?;
    let organization = organization.ok_or_else(|| closed(InvitationClosed::Unknown))?;
    Ok(Opened { invitation, organization, inviter })
}

/// Accepts an invitation: whoever has the link of its last mail gets the seat, a login with this password, and a session.
pub async fn accept(
    ports: &Ports,
    text: &str,
    password: &str,
    browser: Option<Browser>,
) -> Result<(Session, Secret), Refusal> {
    let secret = InvitationSecret::parse(text).ok_or_else(|| closed(InvitationClosed::Unknown))?;
    // Whoever has no link learns nothing of what a password has to be, and has none hashed.
    let Opened { invitation, organization, .. } = open(ports, &secret).await?;
    check_new_password("password", password, &invitation.email, &organization.name)
        .map_err(|error| Refusal::Invalid(vec![error]))?;
    let password_hash = hash_password(password, &ports.bytes())?;
    join(ports, &LinkOf::from(&secret), &password_hash, None, browser).await
}

/// Accepts an invitation with an account at a provider, which must say that the invited address is theirs: beside seat and session it
/// makes a login with a password that nobody knows, and connects the account.
pub async fn accept_with(
    ports: &Ports,
    way: &Provider<'_>,
    directory: &dyn Directory,
    link: &LinkOf,
    claims: &OpenIdClaims,
    browser: Option<Browser>,
) -> Result<(Session, Secret), Refusal> {
    let Opened { invitation, .. } = look(ports, link).await?;
    let invited = invitation.email.mailbox_key();
    if claims.email.as_ref().is_none_or(|email| email.mailbox_key() != invited) {
        let message = "the account that you took there does not have the address that is invited: take the one that has it, or choose a \
                       password instead";
        return Err(Refusal::because(Code::OpenIdOtherAddress, message));
    }
    openid::free(ports, way, directory, claims).await?;
    let nobody_knows = Digest::from_bytes(ports.bytes()).hex();
    let password_hash = hash_password(&nobody_knows, &ports.bytes())?;
    join(ports, link, &password_hash, Some(claims), browser).await
}

/// The seat, the login with this password and the session of whoever accepts an invitation; with an account at a provider, that too.
async fn join(
    ports: &Ports,
    link: &LinkOf,
    password_hash: &str,
    with: Option<&OpenIdClaims>,
    browser: Option<Browser>,
) -> Result<(Session, Secret), Refusal> {
    let organization_id = link.organization_id;
    retry(TRIES, "the invitation kept changing", || async {
        let now = ports.now();
        let Opened { invitation, inviter: (inviter_id, inviter_role), .. } = look(ports, link).await?;
        let member = Member {
            id: ports.member_id(),
            organization_id,
            user_id: ports.user_id(),
            email: invitation.email.clone(),
            role: invitation.role,
            created_at: now,
            sessions_since: None,
        };
        let login = Login {
            user_id: member.user_id,
            email: member.email.clone(),
            password_hash: password_hash.to_owned(),
            organization_id,
            member_id: member.id,
        };
        let opened_with = if with.is_some() { OpenedWith::OpenId } else { OpenedWith::Password };
        let (session, shown) = fresh(ports, &member, browser.clone(), opened_with);
        let actor = person(member.id);
        let accepted = Some(Accepted { at: now, member_id: member.id });
        let mut joined = ports.audit(organization_id, &actor, "invitation.accept", invitation.id);
        let mut change = Change::new(organization_id)
            .update(Invitation { accepted, ..invitation.clone() })
            .create(member.clone())
            .create(EmailProof::by_the_way(organization_id, member.id, now))
            .directory(DirectoryWrite::NewLogin(login.clone()))
            .create(session.clone())
            .create(SessionPointer::from(&session))
            // Of one who is removed at this moment, or has another role, nobody comes in.
            .write(Write::HoldsRole(inviter_id, inviter_role));
        if let Some(claims) = with {
            change = openid::joining(ports, change, &member, &login, claims);
        }
        let mut groups = vec![];
        if !invitation.groups.is_empty() {
            let mut book = book(ports, organization_id).await?;
            let there = |id: &GroupId| book.group(*id).is_some_and(|group| group.members.len() < MEMBERS);
            let wanted: BTreeSet<_> = invitation.groups.iter().copied().filter(there).collect();
            let changed = regroup(&mut book.groups, member.id, &wanted, &invitation.invited_by, now);
            if changed.is_ok_and(|changed| !changed.is_empty()) {
                groups.extend(groups_of(&book.groups, member.id));
                change = change.write(Write::Regroup { groups: book.groups, seen: book.version });
            }
        }
        joined.details = vec![
            ("member_id", member.id.to_string()),
            ("role", member.role.as_str().to_owned()),
            ("groups", groups.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
            ("invited_by", invitation.invited_by.id()),
        ];
        let mut opened = ports.audit(organization_id, &actor, "session.create", session.id);
        opened.details.push(("opened_with", session.opened_with.as_str().to_owned()));
        let change = change.audit(joined).audit(opened).event(seat_event(
            ports,
            organization_id,
            EventKind::MemberCreated,
            member.id,
            member.role,
        ));
        match ports.store.commit(change).await {
            // Accepted by the same click at this moment, it is said to be that.
            Err(StoreError::Conflict(conflicts))
                if conflicts.contains(&Conflict::Directory)
                    && !conflicts.contains(&Conflict::Record(Key::Invitation(invitation.id))) =>
            {
                let message =
                    "this address has a login already: sign in with it, or ask to be invited under another";
                Err(Refusal::because(Code::EmailTaken, message))
            }
            written => Try::of(written, (session, shown)),
        }
    })
    .await
}

/// Members of a group, beyond whom it takes nobody.
const MEMBERS: usize = domain::gate::group::Group::MEMBERS;

/// The seat of whoever invited somebody.
async fn inviter(ports: &Ports, invitation: &Invitation) -> Result<Option<Member>, Refusal> {
    match invitation.invited_by.member() {
        Some(id) => Ok(load(&*ports.store, invitation.organization_id, key::Member(id)).await?),
        None => Ok(None),
    }
}

/// An invitation that nobody has accepted.
async fn waiting(
    ports: &Ports,
    organization_id: OrganizationId,
    id: InvitationId,
) -> Result<Invitation, Refusal> {
    let known: Option<Invitation> = load(&*ports.store, organization_id, key::Invitation(id)).await?;
    let known = known.ok_or(Refusal::NotFound("invitation"))?;
    if known.accepted.is_some() {
        let message = "it was accepted: whoever it was for is a member, whom you may remove";
        return Err(Refusal::because(Code::InvitationUsed, message));
    }
    Ok(known)
}

/// Refuses an address that a program reads, and one that belongs to a member or is invited.
async fn check_free(
    ports: &Ports,
    directory: &dyn Directory,
    organization_id: OrganizationId,
    email: &EmailAddress,
) -> Result<(), Refusal> {
    let is_ours = email.domain().eq_ignore_ascii_case(&ports.settings.mail_domain);
    if is_ours || !directory.addresses(std::slice::from_ref(email)).await?.is_empty() {
        let message = "is an inbox of this installation, which programs read: give a person's own address";
        return Err(Refusal::field("email", Code::AddressOfInbox, message));
    }
    let known = members::all(ports, organization_id).await?;
    if known.iter().any(|member| member.email.mailbox_key() == email.mailbox_key()) {
        let message = "somebody with this address belongs to the organization: change their role instead";
        return Err(Refusal::because(Code::AlreadyMember, message));
    }
    let mut page = PageRequest { limit: 100, cursor: None };
    loop {
        let found = typed::<Invitation>(ports.store.list(organization_id, &List::Invitations, &page).await?);
        if let Some(same) = found.items.iter().find(|one| one.email.mailbox_key() == email.mailbox_key()) {
            return Err(Refusal::Because {
                code: Code::AlreadyInvited,
                message: format!("this address is invited: have {} sent again, or cancel it", same.id),
                details: vec![("invitation_id", same.id.to_string())],
            });
        }
        match found.next {
            Some(next) => page.cursor = Some(next),
            None => return Ok(()),
        }
    }
}

fn entry(
    ports: &Ports,
    permit: &Permit<scope::MembersManage>,
    action: &'static str,
    invitation: &Invitation,
) -> domain::ledger::audit::AuditEntry {
    let mut entry = ports.audit(invitation.organization_id, permit.actor(), action, invitation.id);
    entry.details = vec![
        ("role", invitation.role.as_str().to_owned()),
        ("groups", invitation.groups.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")),
        ("credential", permit.principal().credential.name()),
    ];
    entry
}

fn event(ports: &Ports, kind: EventKind, invitation: &Invitation) -> domain::delivery::event::Event {
    let notice = InvitationNotice { id: invitation.id, role: invitation.role };
    ports.event(invitation.organization_id, kind, Subject::Invitation(notice))
}

/// The day (UTC) as its number since 1970.
fn day(now: Timestamp) -> i64 {
    now.as_second().div_euclid(86_400)
}

/// What counts the invitations of a day: all of the organization, and those to one address.
fn counters(invitation: &Invitation, now: Timestamp) -> [(Digest, u64); 2] {
    let day = day(now).to_string();
    let to = invitation.email.mailbox_key();
    [
        (Digest::of_parts(&[b"invitations", day.as_bytes()]), Invitation::A_DAY),
        (Digest::of_parts(&[b"invitations", day.as_bytes(), to.as_bytes()]), Invitation::TO_ONE),
    ]
}

/// The same change, which counts one mail more: what leaves without anybody's approval is bounded.
fn counted(change: Change, invitation: &Invitation, now: Timestamp) -> Change {
    let expires_at = now + SignedDuration::from_hours(48);
    counters(invitation, now).into_iter().fold(change, |change, (key, limit)| {
        change.write(Write::Count { key, by: 1, limit: Some(limit), expires_at })
    })
}

fn is_counted(conflicts: &[Conflict]) -> bool {
    conflicts.iter().any(|conflict| matches!(conflict, Conflict::Record(Key::Counter(_))))
}

fn too_many(conflicts: &[Conflict], invitation: &Invitation, now: Timestamp) -> Refusal {
    let full = |(key, _): &(Digest, u64)| conflicts.contains(&Conflict::Record(Key::Counter(*key)));
    let [all, to_one] = counters(invitation, now).map(|one| full(&one));
    let message = if to_one {
        format!("this address was sent {} invitations today: tell them otherwise", Invitation::TO_ONE)
    } else if all {
        format!("an organization sends {} invitations a day: go on tomorrow", Invitation::A_DAY)
    } else {
        return StoreError::Conflict(conflicts.to_vec()).into();
    };
    let retry_at = Timestamp::from_second((day(now) + 1) * 86_400).unwrap_or(now);
    Refusal::NotBefore { code: Code::TooManyInvitations, message, retry_at }
}

/// Why a link opens nothing, in words for whoever holds it.
fn closed(why: InvitationClosed) -> Refusal {
    let (code, message) = match why {
        InvitationClosed::Unknown => (
            Code::InvitationNotValid,
            "this link opens no invitation: it was taken back, or a newer mail has the link that holds",
        ),
        InvitationClosed::Withdrawn => (
            Code::InvitationNotValid,
            "whoever invited you may not do so any more: ask somebody else of the organization to invite you",
        ),
        InvitationClosed::Used => (Code::InvitationUsed, "this invitation was accepted: sign in"),
        InvitationClosed::Expired => (
            Code::InvitationExpired,
            "this invitation was open for seven days, which are over: ask whoever invited you to send it again",
        ),
    };
    Refusal::because(code, message)
}
