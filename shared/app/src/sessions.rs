//! Signing in and out.

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, PasswordHash};
use domain::access::Actor;
use domain::address::EmailAddress;
use domain::credential::{CredentialKind, Secret, Session};
use domain::organization::{Member, Organization};

use crate::error::Refusal;
use crate::ports::Ports;
use crate::store::{Change, DirectoryWrite, Key, Record, StoreError, Write, audit};

/// A password is 12 to 200 characters: a long sentence is fine, a megabyte to hash is not.
pub const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 12..=200;

/// Hashes a password with Argon2id (RFC 9106, the crate's defaults: 19 MiB, 2 passes) and this salt.
pub fn hash_password(password: &str, salt: &[u8; 16]) -> Result<String, Refusal> {
    let hash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|error| Refusal::Internal(format!("argon2: {error}")))?;
    Ok(hash.to_string())
}

/// Whether the password is the one that was hashed; compares in constant time.
fn verify_password(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Opens a session. An unknown address and a wrong password are answered alike and take as long; only the lock after ten
/// wrong passwords tells that an address has a login.
pub async fn sign_in(
    ports: &Ports,
    email: &EmailAddress,
    password: &str,
) -> Result<(Session, Secret), Refusal> {
    let wrong = Refusal::Unauthenticated {
        code: "wrong_email_or_password",
        message: "the address or the password is wrong",
    };
    let now = ports.now();
    let Some(login) = ports.directory.login(email).await? else {
        let _ = hash_password(password, &[0; 16]);
        return Err(wrong);
    };
    if let Some(until) = login.locked(now) {
        return Err(Refusal::TooMany {
            code: "login_locked",
            message: "too many wrong passwords: wait a quarter of an hour".to_owned(),
            retry_at: until,
        });
    }
    let organization_id = login.organization_id;
    let actor = Actor::Member { member_id: login.member_id };
    if !verify_password(password, &login.password_hash) {
        let entry = audit(ports, organization_id, &actor, "session.refuse", login.user_id);
        let change =
            Change::new(organization_id).directory(DirectoryWrite::Login(login.failed(now))).audit(entry);
        // Of many attempts at once at least one is counted; the others conflict.
        match ports.store.commit(change).await {
            Ok(()) | Err(StoreError::Conflict(_)) => return Err(wrong),
            Err(error) => return Err(error.into()),
        }
    }
    let member =
        crate::store::load::<Member>(&*ports.store, organization_id, Key::Member(login.member_id)).await?;
    let Some(member) = member else { return Err(wrong) };
    let secret = Secret::new(CredentialKind::Session, organization_id, ports.bytes());
    let session = Session {
        id: ports.session_id(),
        organization_id,
        hash: secret.hash(),
        member_id: member.id,
        role: member.role,
        created_at: now,
        expires_at: now + Session::IDLE,
        version: 1,
    };
    let entry = audit(ports, organization_id, &actor, "session.create", session.id);
    let mut change = Change::new(organization_id).create(session.clone()).audit(entry);
    if let Some(reset) = login.succeeded() {
        change = change.directory(DirectoryWrite::Login(reset));
    }
    ports.store.commit(change).await?;
    Ok((session, secret))
}

/// Ends a session.
pub async fn sign_out(ports: &Ports, session: &Session) -> Result<(), Refusal> {
    let actor = Actor::Member { member_id: session.member_id };
    let change = Change::new(session.organization_id)
        .write(Write::Delete(Key::Session(session.hash)))
        .audit(audit(ports, session.organization_id, &actor, "session.delete", session.id));
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
pub async fn me(ports: &Ports, principal: &domain::access::Principal) -> Result<Me, Refusal> {
    let member_id = principal.actor.member().ok_or(Refusal::NotFound("member"))?;
    let keys = [Key::Member(member_id), Key::Organization];
    let found = ports.store.load(principal.organization_id, &keys).await?;
    match <[_; 2]>::try_from(found) {
        Ok([Some(Record::Member(member)), Some(Record::Organization(organization))]) => {
            Ok(Me { member, organization })
        }
        _ => Err(Refusal::NotFound("member")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_hashed_with_argon2id_and_verified() {
        let hash = hash_password("correct horse battery", &[7; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify_password("correct horse battery", &hash));
        assert!(!verify_password("correct horse batterz", &hash));
        assert!(!verify_password("correct horse battery", "not a hash"));
    }
}
