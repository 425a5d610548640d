//! Forgotten passwords: a link is asked for, and another password is chosen with it.
//!
//! Whoever asks learns nothing of an address: it is counted, looked up, written down and queued alike, whether it has a login or not. What
//! is queued of one that has none names nobody, and whoever would send the mail finds nobody.

use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::people::access::Actor;
use domain::people::credential::{Login, SignInWindow};
use domain::people::organization::{Member, Organization};
use domain::people::reset::{Reset, ResetClosed, ResetSecret};
use domain::{AuditId, MemberId, OrganizationId};

use crate::base::error::Refusal;
use crate::base::ports::{Ports, Queue};
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, Directory, DirectoryWrite, Tally, Write, key, load};
use crate::people::email::proven;
use crate::people::password::{check_new_password, hash_password};

/// A change that loses against another is made anew at most so often.
const TRIES: usize = 8;

/// That somebody asked for a link, as it is queued. It names a member, and no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedReset {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose password.
    pub member_id: MemberId,
    /// What names the request: it is mailed once.
    pub id: AuditId,
}

/// What asking for a link takes beside the ports.
pub struct Asking<'a> {
    /// Logins, and counts of who asked.
    pub directory: &'a dyn Directory,
    /// Where those wait who are to be told.
    pub queue: &'a dyn Queue,
    /// Writes what is queued as a message of the queue.
    pub encode: fn(&AskedReset) -> String,
}

/// Asks for a link by which another password is chosen. It goes to the address alone, whoever asked.
pub async fn ask(ports: &Ports, with: &Asking<'_>, email: &EmailAddress) -> Result<(), Refusal> {
    let window = SignInWindow::of(ports.now());
    let number = with.directory.count(email, Tally::Resets, window).await?;
    if number > SignInWindow::ANSWERED {
        return Err(Refusal::NotBefore {
            code: Code::TooManySignIns,
            message: "too many attempts with this address: wait before the next".to_owned(),
            retry_at: window.ends_at(),
        });
    }
    if number > Reset::WITHIN_A_WINDOW {
        return Ok(());
    }
    let login = with.directory.login(email).await?;
    let (organization_id, member_id) = match &login {
        Some(login) => (login.organization_id, login.member_id),
        None => (ports.organization_id(), ports.member_id()),
    };
    let asked = AskedReset { organization_id, member_id, id: ports.audit_id() };
    match &login {
        Some(login) => {
            let entry = ports.audit(organization_id, &Actor::System, "password_reset.ask", login.user_id);
            ports.store.commit(Change::new(organization_id).audit(entry)).await?;
        }
        None => drop(with.directory.count(email, Tally::Refusals, window).await?),
    }
    Ok(with.queue.send(organization_id, (with.encode)(&asked), 0).await?)
}

/// Whom the link of a reset is for, before anything is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The reset.
    pub reset: Reset,
    /// Whose password.
    pub member: Member,
    /// Of which organization.
    pub organization: Organization,
}

/// What the link of a reset opens. Changes nothing.
pub async fn open(ports: &Ports, secret: &ResetSecret) -> Result<Opened, Refusal> {
    let id = secret.member_id();
    let wanted = (key::Reset(id), key::Member(id), key::Organization);
    let found = load(&*ports.store, secret.organization_id(), wanted).await?;
    let (Some(reset), Some(member), Some(organization)) = found else {
        return Err(closed(ResetClosed::Unknown));
    };
    reset.opens(secret.hash(), ports.now()).map_err(closed)?;
    Ok(Opened { reset, member, organization })
}

/// Chooses another password, once, and ends all sessions of the person. They sign in with it, as ever.
pub async fn confirm(
    ports: &Ports,
    directory: &dyn Directory,
    text: &str,
    password: &str,
) -> Result<(), Refusal> {
    let secret = ResetSecret::parse(text).ok_or_else(|| closed(ResetClosed::Unknown))?;
    // Whoever has no link has nothing hashed.
    let Opened { member, organization, .. } = open(ports, &secret).await?;
    check_new_password("password", password, &member.email, &organization.name)
        .map_err(|error| Refusal::Invalid(vec![error]))?;
    let password_hash = hash_password(password, &ports.bytes())?;
    retry(TRIES, "the login kept changing", || async {
        let now = ports.now();
        let Opened { reset, member, .. } = open(ports, &secret).await?;
        let known = load(&*ports.store, member.organization_id, key::EmailProof(member.id)).await?;
        let own = |login: &Login| login.member_id == member.id;
        let login = directory.login(&member.email).await?.filter(own);
        let login = login.ok_or_else(|| closed(ResetClosed::Unknown))?;
        let actor = Actor::Member { member_id: member.id };
        let entry = ports.audit(member.organization_id, &actor, "password_reset.confirm", login.user_id);
        let change = Change::new(member.organization_id)
            .update(reset.used(now))
            .write(Write::EndSessions(member.id, now))
            .directory(DirectoryWrite::NewPassword { login, password_hash: password_hash.clone() })
            .audit(entry);
        // Whoever has the link had the mail.
        let change = proven(change, &member, known.as_ref(), now);
        Try::of(ports.store.commit(change).await, ())
    })
    .await?;
    // Whoever signed in with the password before, while this was written, did so before now.
    let change = Change::new(member.organization_id).write(Write::EndSessions(member.id, ports.now()));
    Ok(ports.store.commit(change).await?)
}

/// Why a link resets nothing, in words for whoever holds it.
fn closed(why: ResetClosed) -> Refusal {
    let (code, message) = match why {
        ResetClosed::Unknown => (
            Code::ResetNotValid,
            "this link resets no password: a newer mail may have the link that holds, or ask for another",
        ),
        ResetClosed::Used => (
            Code::ResetUsed,
            "a password was chosen with this link: sign in with it, or ask for another link",
        ),
        ResetClosed::Expired => {
            (Code::ResetExpired, "this link held for an hour, which is over: ask for another")
        }
    };
    Refusal::because(code, message)
}
