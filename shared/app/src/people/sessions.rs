//! Signing in and out, and the sessions that somebody has.

use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::people::access::Actor;
use domain::people::browser::Browser;
use domain::people::credential::{CredentialKind, Login, OpenedWith, Secret, Session, Turn};
use domain::people::organization::{Member, Organization};
use domain::people::pending::{PendingSecret, PendingSignIn};
use domain::people::second_factor::SecondFactor;
use domain::{MemberId, OrganizationId, SessionId};

use crate::base::error::Refusal;
use crate::base::ports::{DataKeys, Ports};
use crate::base::store::{
    Change, Conflict, Directory, DirectoryWrite, Key, List, Page, PageRequest, SessionPointer, StoreError,
    Tally, Write, key, load, typed,
};
use crate::people::attempts::Attempt;
use crate::people::codes;
use crate::people::password::{hash_password, verify_password};

/// So many sessions are ended in one transaction: each is two writes of the hundred that it may have.
const ENDED_AT_ONCE: usize = 45;

/// Of so many sessions those are taken that are ended at once: the one that stays may be among them.
const LOOKED_AT: u16 = 46;

/// A sign-in ends at most so many that are beyond [`Session::MAX`], itself among these.
const ENDED_WITH: u16 = 20;

/// Ending all sessions takes at most so many transactions.
const ENDINGS: usize = 20;

/// What somebody shows to sign in.
pub struct SignIn<'a> {
    /// Their address.
    pub email: &'a EmailAddress,
    /// Their password.
    pub password: &'a str,
    /// A code of their second factor, or one of its recovery codes. Who has none needs none.
    pub code: Option<&'a str>,
    /// What they sign in with, where that is known.
    pub browser: Option<Browser>,
}

/// What signing in takes of the world, beside what every use case may touch.
pub struct Doors<'a> {
    /// Logins, and the counts of attempts.
    pub directory: &'a dyn Directory,
    /// Under which second factors are sealed.
    pub data_keys: &'a dyn DataKeys,
}

/// What came of a password.
pub enum Begun {
    /// Nothing more is asked for: a session is open.
    Opened(Box<(Session, Secret)>),
    /// A code is to follow, with this secret, within [`PendingSignIn::LIFE`].
    CodeWanted(PendingSecret),
}

/// What a wrong password and an address without a login are answered, and every attempt while a login is locked.
fn wrong() -> Refusal {
    Refusal::because(
        Code::WrongEmailOrPassword,
        "the address or the password is wrong; after ten attempts within a quarter of an hour even the right \
              password is refused until the next begins",
    )
}

/// What a wrong code behind the right password is answered.
fn wrong_code() -> Refusal {
    Refusal::because(
        Code::WrongSecondFactor,
        "the code is wrong, or was used: take the next one that the authenticator shows, or one of the recovery codes; after ten \
              attempts within a quarter of an hour none is taken until the next begins",
    )
}

/// What the right password without a code is answered. Nobody else learns that a code is asked for.
fn code_wanted() -> Refusal {
    Refusal::because(
        Code::SecondFactorRequired,
        "send `code` as well: what the authenticator shows, or one of the recovery codes",
    )
}

/// Why nobody is let in, in a word for the audit log, and what they are told.
pub(crate) type Reason = (&'static str, Refusal);

/// Somebody who showed the right password, as they stood at that moment.
struct Known {
    login: Login,
    attempt: Attempt,
    member: Member,
    organization: Organization,
    factor: Option<SecondFactor>,
}

/// What a code was found to be: the factor after it, if one is asked for.
struct Shown {
    used: Option<SecondFactor>,
    opened_with: OpenedWith,
}

/// Opens a session.
///
/// The attempt is counted first: one that can't be counted compares nothing. An address without a login, a wrong password
/// and a locked login are answered alike, after as much hashing and as many calls. Every refusal of an address that has
/// a login is in its organization's audit log; of more attempts than anybody makes by hand, the first that is turned away
/// stands for the others. The right password, with the code where one is asked for, gives the attempts back, in the transaction that
/// makes the session and uses the code up.
pub async fn sign_in(
    ports: &Ports,
    doors: &Doors<'_>,
    shown: &SignIn<'_>,
) -> Result<(Session, Secret), Refusal> {
    let known = known(ports, doors, shown.email, shown.password).await?;
    let opened = match second_factor(ports, doors, &known, shown.code).await? {
        Ok(factor) => open(ports, &known, factor, shown.browser.clone(), None).await?,
        Err(reason) => Err(reason),
    };
    match opened {
        Ok(opened) => Ok(opened),
        Err(reason) => Err(refused(ports, &known.login, reason).await?),
    }
}

/// As [`sign_in`], for a page that asks for the code on a form of its own: where one is asked for, the password is not needed again.
pub async fn begin(ports: &Ports, doors: &Doors<'_>, shown: &SignIn<'_>) -> Result<Begun, Refusal> {
    let known = known(ports, doors, shown.email, shown.password).await?;
    if known.factor.as_ref().is_some_and(SecondFactor::is_enabled) {
        let organization_id = known.organization.id;
        let secret = PendingSecret::new(organization_id, ports.bytes());
        let pending = PendingSignIn::new(&secret, &known.login, ports.now());
        let actor = Actor::Member { member_id: known.member.id };
        let entry = ports.audit(organization_id, &actor, "session.begin", known.login.user_id);
        ports.store.commit(Change::new(organization_id).create(pending).audit(entry)).await?;
        return Ok(Begun::CodeWanted(secret));
    }
    let without = Shown { used: None, opened_with: OpenedWith::Password };
    match open(ports, &known, without, shown.browser.clone(), None).await? {
        Ok(opened) => Ok(Begun::Opened(Box::new(opened))),
        Err(reason) => Err(refused(ports, &known.login, reason).await?),
    }
}

/// Goes on with a sign-in that was begun. A wrong code is counted as a wrong password is, and may be followed by another; the right one
/// uses the secret up.
pub async fn go_on(
    ports: &Ports,
    doors: &Doors<'_>,
    secret: &PendingSecret,
    code: &str,
    browser: Option<Browser>,
) -> Result<(Session, Secret), Refusal> {
    let organization_id = secret.organization_id();
    let over = || {
        Refusal::because(
            Code::SignedOut,
            "this sign-in took longer than five minutes, or was ended: sign in again",
        )
    };
    let pending = load(&*ports.store, organization_id, key::PendingSignIn(secret.hash())).await?;
    let pending = pending.ok_or_else(over)?;
    let wanted = (key::Member(pending.member_id), key::Organization, key::SecondFactor(pending.member_id));
    let (member, organization, factor) = load(&*ports.store, organization_id, wanted).await?;
    let (Some(member), Some(organization)) = (member, organization) else { return Err(over()) };
    let attempt = Attempt::count(ports, doors.directory, &member.email).await?;
    let login = doors.directory.login(&member.email).await?;
    let login = login.filter(|login| pending.goes_on(login, ports.now())).ok_or_else(over)?;
    let known = Known { login, attempt, member, organization, factor };
    let opened = if attempt.is_compared() {
        match second_factor(ports, doors, &known, Some(code)).await? {
            Ok(factor) => open(ports, &known, factor, browser, Some(&pending)).await?,
            Err(reason) => Err(reason),
        }
    } else if attempt.turn == Turn::Locked {
        Err(("locked", wrong_code()))
    } else {
        Err(("flood", attempt.flood()))
    };
    match opened {
        Ok(opened) => Ok(opened),
        Err(reason) => Err(refused(ports, &known.login, reason).await?),
    }
}

/// Compares a password, and reads what else is asked about whoever shows the right one.
async fn known(
    ports: &Ports,
    doors: &Doors<'_>,
    email: &EmailAddress,
    password: &str,
) -> Result<Known, Refusal> {
    let directory = doors.directory;
    let attempt = Attempt::count(ports, directory, email).await?;
    let login = directory.login(email).await?;
    let reason = match (attempt.turn, &login) {
        (Turn::Compared, Some(login)) if verify_password(password, &login.password_hash) => {
            let id = login.member_id;
            let wanted = (key::Member(id), key::Organization, key::SecondFactor(id));
            match load(&*ports.store, login.organization_id, wanted).await? {
                (Some(member), Some(organization), factor) => {
                    return Ok(Known { login: login.clone(), attempt, member, organization, factor });
                }
                _ => ("no_seat", wrong()),
            }
        }
        (Turn::Compared, Some(_)) => ("wrong_password", wrong()),
        (Turn::Flood { .. }, _) => ("flood", attempt.flood()),
        (Turn::Locked, _) | (_, None) => {
            // Whoever waits for the answer must not tell by its time that nothing was compared.
            let _ = hash_password(password, &[0; 16]);
            ("locked", wrong())
        }
    };
    if let Some(login) = login {
        return Err(refused(ports, &login, reason).await?);
    }
    directory.count(email, Tally::Refusals, attempt.window).await?;
    Err(reason.1)
}

/// Writes a refusal down, and gives what is answered.
pub(crate) async fn refused(
    ports: &Ports,
    login: &Login,
    (reason, refusal): Reason,
) -> Result<Refusal, Refusal> {
    let actor = Actor::Member { member_id: login.member_id };
    let mut entry = ports.audit(login.organization_id, &actor, "session.refuse", login.user_id);
    entry.details.push(("reason", reason.to_owned()));
    ports.store.commit(Change::new(login.organization_id).audit(entry)).await?;
    Ok(refusal)
}

/// Compares a code, where one is asked for. Who has no second factor needs none, and one that is sent is not looked at.
async fn second_factor(
    ports: &Ports,
    doors: &Doors<'_>,
    known: &Known,
    code: Option<&str>,
) -> Result<Result<Shown, Reason>, Refusal> {
    let Some(factor) = known.factor.as_ref().filter(|factor| factor.is_enabled()) else {
        return Ok(Ok(Shown { used: None, opened_with: OpenedWith::Password }));
    };
    let Some(code) = code else { return Ok(Err(("no_code", code_wanted()))) };
    let taken = codes::take(ports, doors.data_keys, &known.organization, factor, code).await?;
    Ok(taken
        .map(|(used, opened_with)| Shown { used: Some(used), opened_with })
        .ok_or_else(|| ("wrong_code", wrong_code())))
}

/// A session for whoever showed all that is asked for; a reason where something of that changed meanwhile.
async fn open(
    ports: &Ports,
    known: &Known,
    shown: Shown,
    browser: Option<Browser>,
    pending: Option<&PendingSignIn>,
) -> Result<Result<(Session, Secret), Reason>, Refusal> {
    let Known { login, attempt, member, organization, factor } = known;
    let factor_key = Key::SecondFactor(member.id);
    let mut change = Change::new(organization.id).directory(attempt.forgotten(&login.email));
    // A code is used up, or none is asked for still: one that was set up meanwhile would have been.
    change = match (&shown.used, factor) {
        (Some(used), _) => change.update(used.clone()),
        (None, Some(seen)) => change.write(Write::Unchanged(factor_key.clone(), seen.version)),
        (None, None) => change.write(Write::Missing(factor_key.clone())),
    };
    if let Some(pending) = pending {
        change = change.write(Write::Remove(Key::PendingSignIn(pending.hash)));
    }
    let opened = open_beside(ports, (member, login), shown.opened_with, browser, change).await?;
    Ok(opened.map_err(|conflicts| {
        if conflicts.contains(&Conflict::Directory) {
            ("password_changed", wrong())
        } else if conflicts.contains(&Conflict::Record(factor_key)) && shown.used.is_none() {
            ("no_code", code_wanted())
        } else {
            ("code_used", wrong_code())
        }
    }))
}

/// Makes a session of whoever showed all that is asked for, in the transaction of what is used up by that, and ends their oldest beyond
/// [`Session::MAX`]. Where something of it changed meanwhile, it says what.
pub(crate) async fn open_beside(
    ports: &Ports,
    (member, login): (&Member, &Login),
    opened_with: OpenedWith,
    browser: Option<Browser>,
    beside: Change,
) -> Result<Result<(Session, Secret), Vec<Conflict>>, Refusal> {
    let organization_id = member.organization_id;
    let (session, secret) = fresh(ports, member, browser, opened_with);
    let actor = Actor::Member { member_id: member.id };
    let mut entry = ports.audit(organization_id, &actor, "session.create", session.id);
    entry.details.push(("opened_with", session.opened_with.as_str().to_owned()));
    let change = beside
        // Whoever ends all sessions with a change of the password must not find one more behind it.
        .directory(DirectoryWrite::SamePassword(login.clone()))
        .audit(entry);
    let change = with_session(ports, change, &session).await?;
    match ports.store.commit(change).await {
        Ok(()) => Ok(Ok((session, secret))),
        Err(StoreError::Conflict(conflicts)) => Ok(Err(conflicts)),
        Err(error) => Err(error.into()),
    }
}

/// Adds a session to a change, what leads to it, and the end of the oldest beyond [`Session::MAX`].
pub(crate) async fn with_session(
    ports: &Ports,
    change: Change,
    session: &Session,
) -> Result<Change, Refusal> {
    let change = change.create(session.clone()).create(SessionPointer::from(session));
    // Some more than there may be: of several that signed in at the same moment none saw the others.
    let latest = PageRequest { limit: Session::MAX + ENDED_WITH, cursor: None };
    let latest =
        ports.store.list(session.organization_id, &List::Sessions(session.member_id), &latest).await?;
    let latest = typed::<SessionPointer>(latest).items;
    Ok(latest.iter().skip(usize::from(Session::MAX) - 1).fold(change, ended))
}

/// A session of a member, to be stored.
pub(crate) fn fresh(
    ports: &Ports,
    member: &Member,
    browser: Option<Browser>,
    opened_with: OpenedWith,
) -> (Session, Secret) {
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
        opened_with,
        proved_at: now,
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
    let wanted = (wanted, key::Member(own.member_id));
    let (found, member) = load(&*ports.store, organization_id, wanted).await?;
    let now = ports.now();
    // Those that were ended all at once are there still.
    let ended = |session: &Session| member.as_ref().is_none_or(|member| member.ended(session.created_at));
    let holds = |session: &Session| session.is_open(now) && !ended(session);
    Ok(Page { items: found.into_iter().flatten().filter(holds).collect(), next: page.next })
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
/// more than [`ENDED_AT_ONCE`] or some were opened while it was written, in further ones. What fails halfway may be repeated.
pub async fn end_all(
    ports: &Ports,
    first: Change,
    member_id: MemberId,
    except: Option<SessionId>,
    actor: &Actor,
) -> Result<(), Refusal> {
    let organization_id = first.organization_id;
    let mut change = first;
    for n in 0..ENDINGS {
        let ending = others(ports, organization_id, member_id, except).await?;
        if ending.is_empty() && n > 0 {
            return Ok(());
        }
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
