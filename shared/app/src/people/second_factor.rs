//! Setting up a second factor, its recovery codes, and taking it away.

use domain::base::code::Code;
use domain::people::access::Actor;
use domain::people::credential::{OpenedWith, Session};
use domain::people::organization::{Member, Organization};
use domain::people::second_factor::{RecoveryCode, SecondFactor};
use zeroize::Zeroizing;

use crate::base::error::Refusal;
use crate::base::ports::{DataKeys, Ports};
use crate::base::store::{Change, Directory, DirectoryWrite, Expect, Key, StoreError, Write, key, load};
use crate::people::account::{attempt, seat, wrong_password};
use crate::people::codes::{self, Seed};
use crate::people::password::verify_password;
use crate::people::sessions;

/// What an authenticator needs. It is shown once.
pub struct Started {
    /// To be typed: base 32.
    pub secret: Zeroizing<String>,
    /// To be opened, or shown as a picture.
    pub uri: Zeroizing<String>,
}

/// What somebody shows once more before their second factor is changed.
pub enum Proof {
    /// A code of it, or one of its recovery codes.
    Code(String),
    /// Their password.
    Password(String),
}

/// What a code that is not taken is answered.
pub(crate) fn wrong_code() -> Refusal {
    Refusal::field(
        "code",
        Code::WrongCode,
        "is wrong, or was used: take the next one that the authenticator shows, or one of the recovery codes",
    )
}

/// What whoever has none is answered.
fn none_yet() -> Refusal {
    Refusal::because(
        Code::NoSecondFactor,
        "no second factor is set up: POST /v1/me/totp begins, and /v1/me/totp/confirm ends it",
    )
}

fn enabled_already() -> Refusal {
    Refusal::because(
        Code::SecondFactorEnabled,
        "a second factor is set up already: DELETE /v1/me/totp first, with a code of it or your password",
    )
}

/// Whoever calls, and what they have.
async fn known(
    ports: &Ports,
    own: &Session,
) -> Result<(Member, Organization, Option<SecondFactor>), Refusal> {
    let (member, organization) = seat(ports, own).await?;
    let factor = load(&*ports.store, own.organization_id, key::SecondFactor(member.id)).await?;
    Ok((member, organization, factor))
}

/// The second factor of whoever calls, where it is asked for.
pub async fn get(ports: &Ports, own: &Session) -> Result<Option<SecondFactor>, Refusal> {
    let factor = load(&*ports.store, own.organization_id, key::SecondFactor(own.member_id)).await?;
    Ok(factor.filter(SecondFactor::is_enabled))
}

/// Draws a seed. It is asked for once a code of it was shown ([`confirm`]); until then another start takes its place.
pub async fn start(ports: &Ports, data_keys: &dyn DataKeys, own: &Session) -> Result<Started, Refusal> {
    let (member, organization, before) = known(ports, own).await?;
    if before.as_ref().is_some_and(SecondFactor::is_enabled) {
        return Err(enabled_already());
    }
    let seed = Seed::draw(ports);
    let factor = SecondFactor {
        organization_id: organization.id,
        member_id: member.id,
        seed: seed.seal(ports, data_keys, &organization, member.id).await?,
        started_at: ports.now(),
        enabled_at: None,
        last_step: 0,
        recovery: [].into(),
        version: before.as_ref().map_or(1, |before| before.version),
    };
    let expect = before.map_or(Expect::Absent, |before| Expect::Version(before.version));
    let actor = Actor::Member { member_id: member.id };
    let change = Change::new(organization.id).write(Write::put(factor, expect)).audit(ports.audit(
        organization.id,
        &actor,
        "second_factor.start",
        member.id,
    ));
    ports.store.commit(change).await?;
    Ok(Started { secret: seed.base32(), uri: seed.uri(member.email.as_str()) })
}

/// Enables it: whoever shows a first code has it in their authenticator, and whoever shows their password is no thief of a session.
/// Gives the recovery codes, this once. The session that calls counts from now on as one that was opened with it; all others end.
pub async fn confirm(
    ports: &Ports,
    directory: &dyn Directory,
    data_keys: &dyn DataKeys,
    own: &Session,
    (code, password): (&str, &str),
) -> Result<Vec<RecoveryCode>, Refusal> {
    let (member, organization, factor) = known(ports, own).await?;
    if factor.as_ref().is_some_and(SecondFactor::is_enabled) {
        return Err(enabled_already());
    }
    let started = factor.filter(|factor| factor.may_be_confirmed(ports.now())).ok_or_else(|| {
        Refusal::because(
            Code::SecondFactorNotStarted,
            "there is nothing to confirm, or it was begun more than an hour ago: POST /v1/me/totp begins anew",
        )
    })?;
    let (login, attempt) = attempt(ports, directory, &member).await?;
    if !(attempt.is_compared() && verify_password(password, &login.password_hash)) {
        return Err(attempt
            .refused(ports, &login, "second_factor.refuse", wrong_password("password"))
            .await?);
    }
    let taken = codes::take(ports, data_keys, &organization, &started, code).await?;
    let Some((used, opened_with)) = taken else {
        return Err(attempt.refused(ports, &login, "second_factor.refuse", wrong_code()).await?);
    };
    let codes = draw(ports);
    let recovery = codes.iter().map(|code| code.hash(member.id)).collect();
    let enabled = SecondFactor { enabled_at: Some(ports.now()), recovery, ..used };
    let actor = Actor::Member { member_id: member.id };
    let change = Change::new(organization.id)
        .update(enabled)
        .write(Write::OpenedWith { session: own.hash, opened_with })
        .directory(attempt.forgotten(&login.email))
        .audit(ports.audit(organization.id, &actor, "second_factor.enable", member.id));
    match sessions::end_all(ports, change, member.id, Some(own.id), &actor).await {
        Err(Refusal::Because { code: Code::ChangedMeanwhile, .. }) => Err(wrong_code()),
        done => done.map(|()| codes),
    }
}

/// Takes it away, for whoever shows it or their password. All other sessions end, and the one that calls counts as opened without.
pub async fn remove(
    ports: &Ports,
    directory: &dyn Directory,
    data_keys: &dyn DataKeys,
    own: &Session,
    proof: &Proof,
) -> Result<(), Refusal> {
    let (factor, _, forget) = proven(ports, directory, data_keys, own, proof).await?;
    let actor = Actor::Member { member_id: own.member_id };
    let change = Change::new(own.organization_id)
        .write(Write::RemoveVersion(Key::SecondFactor(own.member_id), factor.version))
        .write(Write::OpenedWith { session: own.hash, opened_with: OpenedWith::Password })
        .directory(forget)
        .audit(ports.audit(own.organization_id, &actor, "second_factor.remove", own.member_id));
    sessions::end_all(ports, change, own.member_id, Some(own.id), &actor).await
}

/// Gives ten recovery codes in the place of those before, for whoever shows the second factor or their password.
pub async fn renew_recovery_codes(
    ports: &Ports,
    directory: &dyn Directory,
    data_keys: &dyn DataKeys,
    own: &Session,
    proof: &Proof,
) -> Result<Vec<RecoveryCode>, Refusal> {
    let (_, used, forget) = proven(ports, directory, data_keys, own, proof).await?;
    let codes = draw(ports);
    let recovery = codes.iter().map(|code| code.hash(own.member_id)).collect();
    let actor = Actor::Member { member_id: own.member_id };
    let change = Change::new(own.organization_id)
        .update(SecondFactor { recovery, ..used })
        .directory(forget)
        .audit(ports.audit(own.organization_id, &actor, "second_factor.renew_codes", own.member_id));
    commit(ports, change).await?;
    Ok(codes)
}

/// The second factor as it was seen, and as it is after the proof, which is counted as an attempt at signing in is.
async fn proven(
    ports: &Ports,
    directory: &dyn Directory,
    data_keys: &dyn DataKeys,
    own: &Session,
    proof: &Proof,
) -> Result<(SecondFactor, SecondFactor, DirectoryWrite), Refusal> {
    let (member, organization, factor) = known(ports, own).await?;
    let factor = factor.filter(SecondFactor::is_enabled).ok_or_else(none_yet)?;
    let (login, attempt) = attempt(ports, directory, &member).await?;
    let shown = match proof {
        _ if !attempt.is_compared() => None,
        // The password alone must not do what takes both: a session with a second factor, found open, is no second factor.
        Proof::Password(_) if !(own.opened_with.has_second_factor() && own.is_proved(ports.now())) => {
            let message = "your second factor was not shown within the last ten minutes: show a code or a recovery code, not the password";
            return Err(Refusal::because(Code::SecondFactorNeeded, message));
        }
        Proof::Password(password) => verify_password(password, &login.password_hash).then(|| factor.clone()),
        Proof::Code(code) => {
            codes::take(ports, data_keys, &organization, &factor, code).await?.map(|(used, _)| used)
        }
    };
    if let Some(used) = shown {
        return Ok((factor, used, attempt.forgotten(&login.email)));
    }
    let wrong = match proof {
        Proof::Password(_) => wrong_password("password"),
        Proof::Code(_) => wrong_code(),
    };
    Err(attempt.refused(ports, &login, "second_factor.refuse", wrong).await?)
}

fn draw(ports: &Ports) -> Vec<RecoveryCode> {
    (0..RecoveryCode::GIVEN).map(|_| RecoveryCode::new(ports.bytes())).collect()
}

/// Commits; where the second factor changed meanwhile, its code was used at the same moment.
async fn commit(ports: &Ports, change: Change) -> Result<(), Refusal> {
    match ports.store.commit(change).await {
        Err(StoreError::Conflict(_)) => Err(wrong_code()),
        written => Ok(written?),
    }
}
