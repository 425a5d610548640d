//! Signing in and out, and the sessions that somebody has.

use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::people::access::Actor;
use domain::people::browser::Browser;
use domain::people::credential::{CredentialKind, Login, OpenedWith, Secret, Session, Turn};
use domain::people::organization::{Member, Organization};
use domain::{MemberId, OrganizationId, SessionId};

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{
    Change, Conflict, Directory, DirectoryWrite, Key, List, Page, PageRequest, SessionPointer, StoreError,
    Tally, Write, key, load, typed,
};
use crate::people::attempts::Attempt;
use crate::people::password::{hash_password, verify_password};

/// So many sessions are ended in one transaction: each is two writes of the hundred that it may have.
const ENDED_AT_ONCE: usize = 45;

/// Of so many sessions those are taken that are ended at once: the one that stays may be among them.
const LOOKED_AT: u16 = 46;

/// Ending all sessions takes at most so many transactions.
const ENDINGS: usize = 20;

/// What somebody shows to sign in.
pub struct SignIn<'a> {
    /// Their address.
    pub email: &'a EmailAddress,
    /// Their password.
    pub password: &'a str,
    /// What they sign in with, where that is known.
    pub browser: Option<Browser>,
}

/// What a wrong password and an address without a login are answered, and every attempt while a login is locked.
fn wrong() -> Refusal {
    Refusal::because(
        Code::WrongEmailOrPassword,
        "the address or the password is wrong; after ten attempts within a quarter of an hour even the right \
              password is refused until the next begins",
    )
}

/// Opens a session.
///
/// The attempt is counted first: one that can't be counted compares nothing. An address without a login, a wrong password
/// and a locked login are answered alike, after as much hashing and as many calls. Every refusal of an address that has
/// a login is in its organization's audit log; of more attempts than anybody makes by hand, the first that is turned away
/// stands for the others. The right password gives the attempts back, in the transaction that makes the session.
pub async fn sign_in(
    ports: &Ports,
    directory: &dyn Directory,
    shown: &SignIn<'_>,
) -> Result<(Session, Secret), Refusal> {
    let attempt = Attempt::count(ports, directory, shown.email).await?;
    let login = directory.login(shown.email).await?;
    let (reason, refusal) = match (attempt.turn, &login) {
        (Turn::Compared, Some(login)) if verify_password(shown.password, &login.password_hash) => {
            match open(ports, login, attempt, shown.browser.clone()).await? {
                Some(opened) => return Ok(opened),
                None => ("no_seat", wrong()),
            }
        }
        (Turn::Compared, Some(_)) => ("wrong_password", wrong()),
        (Turn::Flood { .. }, _) => ("flood", attempt.flood()),
        (Turn::Locked, _) | (_, None) => {
            // Whoever waits for the answer must not tell by its time that nothing was compared.
            let _ = hash_password(shown.password, &[0; 16]);
            ("locked", wrong())
        }
    };
    match login {
        Some(login) => {
            let actor = Actor::Member { member_id: login.member_id };
            let mut entry = ports.audit(login.organization_id, &actor, "session.refuse", login.user_id);
            entry.details.push(("reason", reason.to_owned()));
            ports.store.commit(Change::new(login.organization_id).audit(entry)).await?;
        }
        None => drop(directory.count(shown.email, Tally::Refusals, attempt.window).await?),
    }
    Err(refusal)
}

/// A session for whoever showed the right password; none where they have no seat any more, or where the password was changed meanwhile.
async fn open(
    ports: &Ports,
    login: &Login,
    attempt: Attempt,
    browser: Option<Browser>,
) -> Result<Option<(Session, Secret)>, Refusal> {
    let organization_id = login.organization_id;
    let member = load(&*ports.store, organization_id, key::Member(login.member_id)).await?;
    let Some(member) = member else { return Ok(None) };
    let (session, secret) = fresh(ports, &member, browser);
    let actor = Actor::Member { member_id: member.id };
    let mut entry = ports.audit(organization_id, &actor, "session.create", session.id);
    entry.details.push(("opened_with", session.opened_with.as_str().to_owned()));
    let mut change = Change::new(organization_id)
        .create(session.clone())
        .create(SessionPointer::from(&session))
        .directory(attempt.forgotten(&login.email))
        // Whoever ends all sessions with a change of the password must not find one more behind it.
        .directory(DirectoryWrite::SamePassword(login.clone()))
        .audit(entry);
    let known = PageRequest { limit: Session::MAX, cursor: None };
    let known = ports.store.list(organization_id, &List::Sessions(member.id), &known).await?;
    for oldest in typed::<SessionPointer>(known).items.iter().skip(usize::from(Session::MAX) - 1) {
        change = ended(change, oldest);
    }
    match ports.store.commit(change).await {
        Err(StoreError::Conflict(conflicts)) if conflicts.contains(&Conflict::Directory) => Ok(None),
        written => Ok(written.map(|()| Some((session, secret)))?),
    }
}

/// A session of a member, to be stored.
pub(crate) fn fresh(ports: &Ports, member: &Member, browser: Option<Browser>) -> (Session, Secret) {
    let now = ports.now();
    let secret = Secret::new(CredentialKind::Session, member.organization_id, ports.bytes());
    let session = Session {
        id: ports.session_id(),
        organization_id: member.organization_id,
        hash: secret.hash(),
        member_id: member.id,
        role: member.role,
        created_at: now,
        expires_at: now + Session::IDLE,
        ends_at: now + Session::LIFE,
        used_at: now,
        browser,
        opened_with: OpenedWith::Password,
        version: 1,
    };
    (session, secret)
}

/// Adds the end of a session.
fn ended(change: Change, pointer: &SessionPointer) -> Change {
    change
        .write(Write::Delete(Key::Session(pointer.hash)))
        .write(Write::Delete(Key::SessionPointer(pointer.member_id, pointer.id)))
}

/// Ends a session.
pub async fn sign_out(ports: &Ports, session: &Session) -> Result<(), Refusal> {
    let actor = Actor::Member { member_id: session.member_id };
    let change = ended(Change::new(session.organization_id), &session.into());
    let entry = ports.audit(session.organization_id, &actor, "session.delete", session.id);
    Ok(ports.store.commit(change.audit(entry)).await?)
}

/// The session that calls; a token has none.
pub fn own(session: Option<Session>) -> Result<Session, Refusal> {
    session.ok_or_else(|| {
        Refusal::because(
            Code::PersonRequired,
            "a token has no sessions and no password: sign in (POST /v1/sessions) and call this with the session",
        )
    })
}

/// The open sessions of whoever calls, newest first. A page may be short: those that ended by themselves are not shown.
pub async fn list(ports: &Ports, own: &Session, page: &PageRequest) -> Result<Page<Session>, Refusal> {
    let organization_id = own.organization_id;
    let page = ports.store.list(organization_id, &List::Sessions(own.member_id), page).await?;
    let page = typed::<SessionPointer>(page);
    let wanted: Vec<_> = page.items.iter().map(|pointer| key::Session(pointer.hash)).collect();
    let found = if wanted.is_empty() { vec![] } else { load(&*ports.store, organization_id, wanted).await? };
    let now = ports.now();
    Ok(Page {
        items: found.into_iter().flatten().filter(|session| session.is_open(now)).collect(),
        next: page.next,
    })
}

/// Ends one of one's own sessions, which may be the one that calls.
pub async fn end(ports: &Ports, own: &Session, id: SessionId) -> Result<(), Refusal> {
    let (organization_id, member_id) = (own.organization_id, own.member_id);
    let unknown = || Refusal::NotFound("session");
    let pointer = load(&*ports.store, organization_id, key::SessionPointer(member_id, id)).await?;
    let pointer = pointer.ok_or_else(unknown)?;
    let actor = Actor::Member { member_id };
    let change = Change::new(organization_id)
        .write(Write::Delete(Key::Session(pointer.hash)))
        .write(Write::Remove(Key::SessionPointer(member_id, id)))
        .audit(ports.audit(organization_id, &actor, "session.delete", id));
    match ports.store.commit(change).await {
        // Somebody else ended it at the same moment.
        Err(StoreError::Conflict(_)) => Err(unknown()),
        written => Ok(written?),
    }
}

/// Ends all of one's own sessions but the one that calls, or also that one.
pub async fn end_others(ports: &Ports, own: &Session, and_current: bool) -> Result<(), Refusal> {
    let actor = Actor::Member { member_id: own.member_id };
    let mut change = Change::new(own.organization_id);
    if and_current {
        // It goes last of all, but for those that are no more than listed: who lost the answer may repeat the request.
        end_all(ports, change, own.member_id, Some(own.id), &actor).await?;
        change = ended(Change::new(own.organization_id), &own.into()).audit(ports.audit(
            own.organization_id,
            &actor,
            "session.delete",
            own.id,
        ));
        return Ok(ports.store.commit(change).await?);
    }
    end_all(ports, change, own.member_id, Some(own.id), &actor).await
}

/// Writes `first`, and ends all sessions of a member but `except`: the latest in the transaction of `first`, others, where there are
/// more than [`ENDED_AT_ONCE`], in further ones. What fails halfway may be repeated.
pub async fn end_all(
    ports: &Ports,
    first: Change,
    member_id: MemberId,
    except: Option<SessionId>,
    actor: &Actor,
) -> Result<(), Refusal> {
    let organization_id = first.organization_id;
    let mut change = first;
    for _ in 0..ENDINGS {
        let ending = others(ports, organization_id, member_id, except).await?;
        if !ending.is_empty() {
            let mut entry = ports.audit(organization_id, actor, "session.delete", member_id);
            let ids: Vec<_> = ending.iter().map(|pointer| pointer.id.to_string()).collect();
            entry.details.push(("sessions", ids.join(" ")));
            change = ending.iter().fold(change, ended).audit(entry);
        }
        let writes = change.writes.len() + change.directory.len() + change.audit.len();
        if writes > 0 {
            ports.store.commit(change).await?;
        }
        if ending.len() < ENDED_AT_ONCE {
            return Ok(());
        }
        change = Change::new(organization_id);
    }
    Err(Refusal::Unavailable("more sessions were opened than could be ended: end the rest again".to_owned()))
}

/// The latest sessions of a member but one, at most [`ENDED_AT_ONCE`].
async fn others(
    ports: &Ports,
    organization_id: OrganizationId,
    member_id: MemberId,
    except: Option<SessionId>,
) -> Result<Vec<SessionPointer>, Refusal> {
    let page = PageRequest { limit: LOOKED_AT, cursor: None };
    let page = ports.store.list(organization_id, &List::Sessions(member_id), &page).await?;
    let others = typed::<SessionPointer>(page).items.into_iter();
    Ok(others.filter(|pointer| Some(pointer.id) != except).take(ENDED_AT_ONCE).collect())
}

/// Who somebody is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// Their seat.
    pub member: Member,
    /// Their organization.
    pub organization: Organization,
}

/// The person behind a credential.
pub async fn me(ports: &Ports, principal: &domain::people::access::Principal) -> Result<Me, Refusal> {
    let member_id = principal.actor.member().ok_or(Refusal::NotFound("member"))?;
    let wanted = (key::Member(member_id), key::Organization);
    match load(&*ports.store, principal.organization_id, wanted).await? {
        (Some(member), Some(organization)) => Ok(Me { member, organization }),
        _ => Err(Refusal::NotFound("member")),
    }
}
