//! Showing once more that it is oneself, before what can do great harm: whoever finds a session open, or stole it, can't.

use domain::Timestamp;
use domain::base::code::Code;
use domain::people::access::Actor;
use domain::people::credential::Session;
use domain::people::passkey::Purpose;
use domain::people::second_factor::SecondFactor;

use crate::base::error::Refusal;
use crate::base::ports::{PasskeyError, Ports};
use crate::base::store::{Change, Conflict, DirectoryWrite, StoreError, Write, key, load};
use crate::people::account::{attempt, seat, wrong_password};
use crate::people::codes;
use crate::people::passkeys::{self, Answered, Asked, Site};
use crate::people::password::verify_password;
use crate::people::second_factor::wrong_code;
use crate::people::sessions::Doors;

/// The audit log's word for a proof that was none.
const REFUSED: &str = "session.prove_refuse";

/// Asks for one of the passkeys of whoever calls.
pub async fn ask(ports: &Ports, site: &Site<'_>, own: &Session) -> Result<Asked, Refusal> {
    let keys = passkeys::of(ports, own).await?.filter(|keys| !keys.keys.is_empty());
    let known = keys.ok_or(Refusal::NotFound("passkey"))?.credential_ids();
    let request = |challenge| site.authenticators.request(site.origin, challenge, &known);
    passkeys::ask(ports, site, Purpose::Prove(passkeys::whose(own)), request).await
}

/// By the password and, where a second factor is set up, a code of it or a recovery code. Counted as an attempt at signing in is. Gives
/// until when the proof is fresh.
pub async fn by_password(
    ports: &Ports,
    doors: &Doors<'_>,
    own: &Session,
    (password, code): (&str, Option<&str>),
) -> Result<Timestamp, Refusal> {
    let (member, organization) = seat(ports, own).await?;
    let factor = load(&*ports.store, own.organization_id, key::SecondFactor(own.member_id)).await?;
    let (login, attempt) = attempt(ports, doors.directory, &member).await?;
    if !(attempt.is_compared() && verify_password(password, &login.password_hash)) {
        return Err(attempt.refused(ports, &login, REFUSED, wrong_password("password")).await?);
    }
    let mut with = "password";
    let mut change = Change::new(own.organization_id)
        .directory(attempt.forgotten(&login.email))
        .directory(DirectoryWrite::SamePassword(login.clone()));
    if let Some(factor) = factor.filter(SecondFactor::is_enabled) {
        let Some(code) = code else {
            let message = "is asked for as well: what your authenticator shows, or one of the recovery codes";
            let wanted = Refusal::field("code", Code::Required, message);
            return Err(attempt.refused(ports, &login, REFUSED, wanted).await?);
        };
        let taken = codes::take(ports, doors.data_keys, &organization, &factor, code).await?;
        let Some((used, kind)) = taken else {
            return Err(attempt.refused(ports, &login, REFUSED, wrong_code()).await?);
        };
        with = kind.as_str();
        change = change.update(used);
    }
    match commit(ports, own, change, with).await? {
        Ok(until) => Ok(until),
        Err(conflicts) if conflicts.contains(&Conflict::Directory) => Err(wrong_password("password")),
        Err(_) => Err(wrong_code()),
    }
}

/// By a passkey, the answer to what [`ask`] asked.
pub async fn by_passkey(
    ports: &Ports,
    site: &Site<'_>,
    own: &Session,
    answered: Answered<'_>,
) -> Result<Timestamp, Refusal> {
    let named = site.authenticators.named(answered.credential).map_err(passkeys::refusal)?;
    let whose = passkeys::whose(own);
    passkeys::check_asked(ports, site, answered.ceremony, Purpose::Prove(whose)).await?;
    let (member, _) = seat(ports, own).await?;
    let keys = passkeys::of(ports, own).await?.ok_or(Refusal::NotFound("passkey"))?;
    let (login, attempt) = attempt(ports, site.directory, &member).await?;
    // A passkey is guessed by nobody: whoever tries passwords of theirs keeps them from nothing.
    let shown = passkeys::shown(ports, site, &keys, &named, answered)?;
    let used = match shown {
        Ok(used) => used,
        Err(why) => {
            let wrong = passkeys::refusal(PasskeyError::Refused(why));
            return Err(attempt.refused(ports, &login, REFUSED, wrong).await?);
        }
    };
    let change = Change::new(own.organization_id)
        .update(used)
        .directory(DirectoryWrite::EndCeremony(answered.ceremony.hash()))
        .directory(attempt.forgotten(&login.email));
    commit(ports, own, change, "passkey").await?.map_err(|_| passkeys::over())
}

/// Writes the proof down, with what it uses up. Gives until when it is fresh, or what changed meanwhile.
async fn commit(
    ports: &Ports,
    own: &Session,
    change: Change,
    with: &str,
) -> Result<Result<Timestamp, Vec<Conflict>>, Refusal> {
    let (at, actor) = (ports.now(), Actor::Member { member_id: own.member_id });
    let mut entry = ports.audit(own.organization_id, &actor, "session.prove", own.id);
    entry.details.push(("with", with.to_owned()));
    let change = change.write(Write::Proved { session: own.hash, at }).audit(entry);
    match ports.store.commit(change).await {
        Ok(()) => Ok(Ok(at + Session::FRESH)),
        Err(StoreError::Conflict(conflicts)) => Ok(Err(conflicts)),
        Err(error) => Err(error.into()),
    }
}
