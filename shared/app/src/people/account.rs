//! What somebody changes of their own way in.

use domain::base::code::Code;
use domain::people::access::Actor;
use domain::people::credential::{Login, Session};
use domain::people::organization::{Member, Organization};

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{Change, Directory, DirectoryWrite, Key, Write, key, load};
use crate::people::attempts::Attempt;
use crate::people::password::{check_new_password, hash_password, verify_password};
use crate::people::sessions;

/// Counts an attempt at showing a password or a code, and reads the login that it is compared with.
pub(crate) async fn attempt(
    ports: &Ports,
    directory: &dyn Directory,
    member: &Member,
) -> Result<(Login, Attempt), Refusal> {
    let attempt = Attempt::count(ports, directory, &member.email).await?;
    let login = directory.login(&member.email).await?.filter(|login| login.member_id == member.id);
    Ok((login.ok_or_else(Refusal::member_removed)?, attempt))
}

/// The seat of whoever calls, and their organization.
pub(crate) async fn seat(ports: &Ports, session: &Session) -> Result<(Member, Organization), Refusal> {
    let wanted = (key::Member(session.member_id), key::Organization);
    match load(&*ports.store, session.organization_id, wanted).await? {
        (Some(member), Some(organization)) => Ok((member, organization)),
        _ => Err(Refusal::member_removed()),
    }
}

/// What a password that is not theirs is answered.
pub(crate) fn wrong_password(field: &str) -> Refusal {
    Refusal::field(
        field,
        Code::WrongPassword,
        "is not your password; after ten attempts within a quarter of an hour even the right one is refused until the next begins",
    )
}

/// Gives whoever calls another password, and ends all their sessions but the one that calls.
///
/// The attempt is counted as one at signing in is. The new password is looked at first: one that can't be had costs no attempt.
pub async fn change_password(
    ports: &Ports,
    directory: &dyn Directory,
    session: &Session,
    current: &str,
    new: &str,
) -> Result<(), Refusal> {
    let (member, organization) = seat(ports, session).await?;
    check_new_password("new_password", new, &member.email, &organization.name)
        .map_err(|error| Refusal::Invalid(vec![error]))?;
    let (login, attempt) = attempt(ports, directory, &member).await?;
    if !(attempt.is_compared() && verify_password(current, &login.password_hash)) {
        let wrong = wrong_password("current_password");
        return Err(attempt.refused(ports, &login, "password.refuse", wrong).await?);
    }
    if current == new {
        let message = "is the one that you have: take another";
        return Err(Refusal::field("new_password", Code::PasswordUnchanged, message));
    }
    let actor = Actor::Member { member_id: login.member_id };
    let forget = attempt.forgotten(&login.email);
    let entry = ports.audit(login.organization_id, &actor, "password.change", login.user_id);
    let (organization_id, member_id) = (login.organization_id, login.member_id);
    let password_hash = hash_password(new, &ports.bytes())?;
    let change = Change::new(organization_id)
        .directory(DirectoryWrite::NewPassword { login, password_hash })
        // A link to another password that was asked for before holds no more.
        .write(Write::Delete(Key::Reset(member_id)))
        .directory(forget)
        .audit(entry);
    sessions::end_all(ports, change, member_id, Some(session.id), &actor).await
}
