//! Passkeys: adding one, taking one away, and signing in with one.

use domain::PasskeyId;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::people::access::{Actor, Denied};
use domain::people::browser::Browser;
use domain::people::credential::{OpenedWith, Secret, Session, Turn};
use domain::people::key_log::Key as SigningKey;
use domain::people::passkey::{Ceremony, CeremonySecret, Passkey, Passkeys, Purpose, UserHandle};

use crate::base::error::Refusal;
use crate::base::ports::{Authenticators, KeyLogs, Named, PasskeyError, Ports, WantedPasskey};
use crate::base::store::{Change, Conflict, Directory, DirectoryWrite, Key, StoreError, key, load};
use crate::people::account::seat;
use crate::people::attempts::Attempt;
use crate::people::sessions;

/// What passkeys take of the world, beside what every use case may touch.
pub struct Site<'a> {
    /// Logins, counts of attempts, and what passkeys were asked for.
    pub directory: &'a dyn Directory,
    /// Asks browsers, and checks what they answer.
    pub authenticators: &'a dyn Authenticators,
    /// Scheme, host and port that people reach the console under.
    pub origin: &'a str,
}

/// What a browser is to be asked.
pub struct Asked {
    /// What it shows with the answer, within [`Ceremony::LIFE`].
    pub ceremony: CeremonySecret,
    /// The question, as JSON.
    pub options: String,
}

/// What a browser answered.
#[derive(Clone, Copy)]
pub struct Answered<'a> {
    /// To which question.
    pub ceremony: &'a CeremonySecret,
    /// The answer, as JSON.
    pub credential: &'a str,
}

/// What a passkey that opens nothing is answered, for whatever reason.
fn wrong() -> Refusal {
    Refusal::because(
        Code::WrongPasskey,
        "this passkey opens nothing here: take another, or sign in with your password; after ten attempts within a quarter of an hour none \
              is taken until the next begins",
    )
}

/// What an answer to a question that is done, or too old, is answered.
pub(crate) fn over() -> Refusal {
    Refusal::because(
        Code::CeremonyOver,
        "this was answered already, or asked more than five minutes ago: ask for options again",
    )
}

fn too_many() -> Refusal {
    let message =
        format!("somebody has at most {} passkeys: remove one that you don't use first", Passkeys::MAX);
    Refusal::because(Code::TooManyPasskeys, message)
}

/// What an answer that is not taken is answered, in words for a person.
pub(crate) fn refusal(error: PasskeyError) -> Refusal {
    let why = match error {
        PasskeyError::NoSite => {
            return Refusal::because(
                Code::NoPasskeysHere,
                "passkeys belong to a name, and this installation is reached under none: open it under its name, or as http://localhost",
            );
        }
        PasskeyError::Broken(text) => return Refusal::Internal(text),
        PasskeyError::Unreadable => {
            "is not what a browser gives: send what navigator.credentials gave, as JSON"
        }
        PasskeyError::Refused("origin") => "was made on a page of another site: open the console itself",
        PasskeyError::Refused("challenge") => "is the answer to another question: begin again",
        PasskeyError::Refused("not_verified") => {
            "does not say that its device verified you: unlock it with a fingerprint, your face or its PIN"
        }
        PasskeyError::Refused("counter") => "was used more often elsewhere: it may be a copy; remove it",
        PasskeyError::Refused(_) => "does not fit: begin again, or take another device",
    };
    Refusal::field("credential", Code::PasskeyRefused, why)
}

/// Whose seat a session is of, as their devices keep it.
pub(crate) fn whose(own: &Session) -> UserHandle {
    UserHandle { organization_id: own.organization_id, member_id: own.member_id }
}

/// The passkeys of whoever calls.
pub async fn list(ports: &Ports, own: &Session) -> Result<Vec<Passkey>, Refusal> {
    Ok(of(ports, own).await?.map_or_else(Vec::new, |keys| keys.keys))
}

pub(crate) async fn of(ports: &Ports, own: &Session) -> Result<Option<Passkeys>, Refusal> {
    Ok(load(&*ports.store, own.organization_id, key::Passkeys(own.member_id)).await?)
}

/// Asks a browser something, and remembers that.
pub(crate) async fn ask(
    ports: &Ports,
    site: &Site<'_>,
    purpose: Purpose,
    options: impl FnOnce(Digest) -> Result<String, PasskeyError>,
) -> Result<Asked, Refusal> {
    let ceremony = CeremonySecret::new(ports.bytes());
    let options = options(ceremony.challenge()).map_err(refusal)?;
    site.directory.keep_ceremony(&Ceremony::new(&ceremony, purpose, ports.now())).await?;
    Ok(Asked { ceremony, options })
}

/// Refuses an answer to what was not asked, for another purpose or by somebody else, or too long ago.
pub(crate) async fn check_asked(
    ports: &Ports,
    site: &Site<'_>,
    secret: &CeremonySecret,
    purpose: Purpose,
) -> Result<(), Refusal> {
    let asked = site.directory.ceremony(secret.hash()).await?;
    if asked.is_some_and(|asked| asked.takes(purpose, ports.now())) { Ok(()) } else { Err(over()) }
}

/// The passkeys after one of them was shown; or why it is not taken, in a word.
pub(crate) fn shown(
    ports: &Ports,
    site: &Site<'_>,
    keys: &Passkeys,
    named: &Named,
    answered: Answered<'_>,
) -> Result<Result<Passkeys, &'static str>, Refusal> {
    let Some(key) = keys.by_credential(&named.credential_id) else { return Ok(Err("unknown_passkey")) };
    let challenge = answered.ceremony.challenge();
    match site.authenticators.verified(site.origin, challenge, &key.credential, answered.credential) {
        Ok(it) => Ok(Ok(keys.used(key.id, &it.credential, it.sign_count, ports.now()))),
        Err(PasskeyError::Refused(why)) => Ok(Err(why)),
        Err(error) => Err(refusal(error)),
    }
}

/// Asks for a new passkey, of whoever showed lately that it is them.
pub async fn ask_for_new(ports: &Ports, site: &Site<'_>, own: &Session) -> Result<Asked, Refusal> {
    check_fresh(ports, own)?;
    let (member, _) = seat(ports, own).await?;
    let keys = of(ports, own).await?;
    if keys.as_ref().is_some_and(Passkeys::is_full) {
        return Err(too_many());
    }
    let (whose, known) = (whose(own), keys.map_or_else(Vec::new, |keys| keys.credential_ids()));
    let (handle, name) = (whose.reveal(), member.email.as_str());
    ask(ports, site, Purpose::Add(whose), |challenge| {
        let wanted = WantedPasskey { handle: &handle, name, challenge, known: &known };
        site.authenticators.creation(site.origin, &wanted)
    })
    .await
}

/// Adds a passkey, by the answer to what [`ask_for_new`] asked. From now on it opens sessions.
pub async fn add(
    ports: &Ports,
    site: &Site<'_>,
    own: &Session,
    answered: Answered<'_>,
    name: &str,
) -> Result<Passkey, Refusal> {
    check_asked(ports, site, answered.ceremony, Purpose::Add(whose(own))).await?;
    let stored = of(ports, own).await?;
    let known = stored.clone().unwrap_or_else(|| Passkeys::none(own.organization_id, own.member_id));
    if known.is_full() {
        return Err(too_many());
    }
    let challenge = answered.ceremony.challenge();
    let made =
        site.authenticators.registered(site.origin, challenge, answered.credential).map_err(refusal)?;
    if made.credential_id.len() > Passkey::MAX_CREDENTIAL_ID {
        return Err(refusal(PasskeyError::Refused("malformed")));
    }
    if known.by_credential(&made.credential_id).is_some() {
        return Err(Refusal::because(
            Code::PasskeyKnown,
            "this passkey is among yours already: sign in with it",
        ));
    }
    let key = Passkey {
        id: ports.passkey_id(),
        name: name.to_owned(),
        credential_id: made.credential_id,
        credential: made.credential,
        created_at: ports.now(),
        last_used_at: None,
        synced: made.synced,
        sign_count: made.sign_count,
        offer: None,
    };
    let actor = Actor::Member { member_id: own.member_id };
    let mut entry = ports.audit(own.organization_id, &actor, "passkey.add", key.id);
    entry.details.push(("synced", key.synced.to_string()));
    let change = Change::new(own.organization_id)
        .directory(DirectoryWrite::EndCeremony(answered.ceremony.hash()))
        .audit(entry);
    let next = known.with(key.clone());
    let change = if stored.is_some() { change.update(next) } else { change.create(next) };
    match ports.store.commit(change).await {
        Err(StoreError::Conflict(conflicts)) if conflicts.contains(&Conflict::Directory) => Err(over()),
        written => Ok(written.map(|()| key)?),
    }
}

/// Takes a passkey away, for whoever showed lately that it is them, and ends all their other sessions. What stands in the key log stays
/// there until a key revokes it; the last one that vouches for others is kept, since no page could ask for it any more.
pub async fn remove(ports: &Ports, logs: &dyn KeyLogs, own: &Session, id: PasskeyId) -> Result<(), Refusal> {
    check_fresh(ports, own)?;
    let keys = of(ports, own).await?;
    let key = keys.iter().flat_map(|keys| &keys.keys).find(|key| key.id == id).map(Passkey::key_id);
    let (log, now) = (logs.read(own.organization_id).await?.log, ports.now());
    let manages = |key: &SigningKey| key.new.manages && key.counts(now) && key.until.is_none();
    let others = log.keys().any(|other| manages(other) && Some(other.new.id) != key);
    if !others && key.and_then(|key| log.key(key)).is_some_and(manages) {
        return Err(Refusal::because(
            Code::LastSigningKey,
            "no other key vouches for signing keys: register another under \u{201C}Signing keys\u{201D}, then remove this passkey",
        ));
    }
    let left = keys.and_then(|keys| keys.without(id)).ok_or(Refusal::NotFound("passkey"))?;
    let actor = Actor::Member { member_id: own.member_id };
    let entry = ports.audit(own.organization_id, &actor, "passkey.remove", id);
    let change = Change::new(own.organization_id).update(left).audit(entry);
    sessions::end_all(ports, change, own.member_id, Some(own.id), &actor).await
}

/// Refuses whoever did not show lately that it is them.
fn check_fresh(ports: &Ports, own: &Session) -> Result<(), Refusal> {
    if own.is_proved(ports.now()) { Ok(()) } else { Err(Denied::Proof.into()) }
}

/// Asks whoever signs in for a passkey, any of this site: it tells whose it is.
pub async fn ask_who(ports: &Ports, site: &Site<'_>) -> Result<Asked, Refusal> {
    let request = |challenge| site.authenticators.request(site.origin, challenge, &[]);
    ask(ports, site, Purpose::SignIn, request).await
}

/// Opens a session, by the answer to what [`ask_who`] asked.
///
/// What an answer names is believed once the key of that member verifies it; until then it only says whose attempts it counts to, which
/// are those of their password. The answer is used up by the session, in one transaction.
pub async fn sign_in(
    ports: &Ports,
    site: &Site<'_>,
    answered: Answered<'_>,
    browser: Option<Browser>,
) -> Result<(Session, Secret), Refusal> {
    let named = site.authenticators.named(answered.credential).map_err(refusal)?;
    check_asked(ports, site, answered.ceremony, Purpose::SignIn).await?;
    let whose = named.handle.as_deref().and_then(UserHandle::parse).ok_or_else(wrong)?;
    let wanted = (key::Member(whose.member_id), key::Passkeys(whose.member_id));
    let (Some(member), Some(keys)) = load(&*ports.store, whose.organization_id, wanted).await? else {
        return Err(wrong());
    };
    let attempt = Attempt::count(ports, site.directory, &member.email).await?;
    let login = site.directory.login(&member.email).await?;
    let login = login.filter(|login| login.member_id == member.id).ok_or_else(wrong)?;
    let used = match attempt.turn {
        Turn::Compared => shown(ports, site, &keys, &named, answered)?.map_err(|why| (why, wrong())),
        Turn::Locked => Err(("locked", wrong())),
        Turn::Flood { .. } => Err(("flood", attempt.flood())),
    };
    let used = match used {
        Ok(used) => used,
        Err(reason) => return Err(sessions::refused(ports, &login, reason).await?),
    };
    let change = Change::new(member.organization_id)
        .update(used)
        .directory(DirectoryWrite::EndCeremony(answered.ceremony.hash()))
        .directory(attempt.forgotten(&login.email));
    let opened =
        sessions::open_beside(ports, (&member, &login), OpenedWith::Passkey, browser, change).await?;
    match opened {
        Ok(opened) => Ok(opened),
        // It was taken away, or another answer was taken, at the same moment.
        Err(conflicts) if conflicts.contains(&Conflict::Record(Key::Passkeys(member.id))) => {
            Err(sessions::refused(ports, &login, ("passkey_changed", wrong())).await?)
        }
        Err(_) => Err(over()),
    }
}
