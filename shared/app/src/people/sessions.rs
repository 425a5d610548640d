//! Signing in and out.

use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::people::access::Actor;
use domain::people::credential::{CredentialKind, Login, Secret, Session, SignInWindow, Turn};
use domain::people::organization::{Member, Organization};

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{Change, Directory, DirectoryWrite, Key, Tally, Write, key, load};
use crate::people::password::{hash_password, verify_password};

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
    email: &EmailAddress,
    password: &str,
) -> Result<(Session, Secret), Refusal> {
    let window = SignInWindow::of(ports.now());
    let turn = Turn::of(directory.count(email, Tally::Attempts, window).await?);
    let flood = Refusal::NotBefore {
        code: Code::TooManySignIns,
        message: "too many attempts with this address: wait before the next".to_owned(),
        retry_at: window.ends_at(),
    };
    if turn == (Turn::Flood { first: false }) {
        return Err(flood);
    }
    let login = directory.login(email).await?;
    let (reason, refusal) = match (turn, &login) {
        (Turn::Compared, Some(login)) if verify_password(password, &login.password_hash) => {
            match open(ports, login, window).await? {
                Some(opened) => return Ok(opened),
                None => ("no_seat", wrong()),
            }
        }
        (Turn::Compared, Some(_)) => ("wrong_password", wrong()),
        (Turn::Flood { .. }, _) => ("flood", flood),
        (Turn::Locked, _) | (_, None) => {
            // Whoever waits for the answer must not tell by its time that nothing was compared.
            let _ = hash_password(password, &[0; 16]);
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
        None => drop(directory.count(email, Tally::Refusals, window).await?),
    }
    Err(refusal)
}

/// A session for whoever showed the right password; none where they have no seat any more.
async fn open(
    ports: &Ports,
    login: &Login,
    window: SignInWindow,
) -> Result<Option<(Session, Secret)>, Refusal> {
    let organization_id = login.organization_id;
    let member = load(&*ports.store, organization_id, key::Member(login.member_id)).await?;
    let Some(member) = member else { return Ok(None) };
    let (session, secret) = fresh(ports, &member);
    let actor = Actor::Member { member_id: member.id };
    let change = Change::new(organization_id)
        .create(session.clone())
        .directory(DirectoryWrite::ForgetAttempts(login.email.clone(), window))
        .audit(ports.audit(organization_id, &actor, "session.create", session.id));
    ports.store.commit(change).await?;
    Ok(Some((session, secret)))
}

/// A session of a member, to be stored.
pub(crate) fn fresh(ports: &Ports, member: &Member) -> (Session, Secret) {
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
        version: 1,
    };
    (session, secret)
}

/// Ends a session.
pub async fn sign_out(ports: &Ports, session: &Session) -> Result<(), Refusal> {
    let actor = Actor::Member { member_id: session.member_id };
    let change = Change::new(session.organization_id)
        .write(Write::Delete(Key::Session(session.hash)))
        .audit(ports.audit(session.organization_id, &actor, "session.delete", session.id));
    Ok(ports.store.commit(change).await?)
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
