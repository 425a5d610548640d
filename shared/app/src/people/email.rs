//! Proving that an address is one's own: a mail is asked for, and its link confirms it.

use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::people::access::Actor;
use domain::people::credential::Session;
use domain::people::email::{EmailClosed, EmailProof, EmailSecret};
use domain::people::organization::Member;
use domain::{AuditId, MemberId, OrganizationId, Timestamp};
use jiff::SignedDuration;

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::retry::{Try, retry};
use crate::base::store::{Change, Conflict, Key, StoreError, Write, key, load};

/// A change that loses against another is made anew at most so often.
const TRIES: usize = 8;

/// That somebody asked for such a mail. It names a member, and no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedProof {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Whose address.
    pub member_id: MemberId,
    /// The entry of the audit log: each is mailed once.
    pub id: AuditId,
}

/// What is known of the address of whoever calls; none where nothing is.
pub async fn get(ports: &Ports, own: &Session) -> Result<Option<EmailProof>, Refusal> {
    Ok(load(&*ports.store, own.organization_id, key::EmailProof(own.member_id)).await?)
}

/// Has whoever calls mailed a link that proves their address. The entry in the audit log is what the mail follows from.
pub async fn ask(ports: &Ports, own: &Session) -> Result<(), Refusal> {
    let (organization_id, member_id, now) = (own.organization_id, own.member_id, ports.now());
    if get(ports, own).await?.is_some_and(|known| known.proven_at.is_some()) {
        let message = "the address is known to be yours: there is nothing to do";
        return Err(Refusal::because(Code::EmailVerified, message));
    }
    let day = now.as_second().div_euclid(86_400);
    let counted = Digest::of_parts(&[
        b"email verification",
        member_id.to_string().as_bytes(),
        day.to_string().as_bytes(),
    ]);
    let entry =
        ports.audit(organization_id, &Actor::Member { member_id }, "email_verification.ask", member_id);
    let change = Change::new(organization_id)
        .write(Write::Count {
            key: counted,
            by: 1,
            limit: Some(EmailProof::A_DAY),
            expires_at: now + SignedDuration::from_hours(48),
        })
        .audit(entry);
    match ports.store.commit(change).await {
        Err(StoreError::Conflict(conflicts))
            if conflicts.contains(&Conflict::Record(Key::Counter(counted))) =>
        {
            let message = format!(
                "{} mails were asked for today: look for the newest, or go on tomorrow",
                EmailProof::A_DAY
            );
            let retry_at = Timestamp::from_second((day + 1) * 86_400).unwrap_or(now);
            Err(Refusal::NotBefore { code: Code::TooManyVerifications, message, retry_at })
        }
        written => Ok(written?),
    }
}

/// Whose address a link proves. Changes nothing.
pub async fn open(ports: &Ports, secret: &EmailSecret) -> Result<(EmailProof, Member), Refusal> {
    let wanted = (key::EmailProof(secret.member_id()), key::Member(secret.member_id()));
    let (proof, member) = load(&*ports.store, secret.organization_id(), wanted).await?;
    let (Some(proof), Some(member)) = (proof, member) else { return Err(closed(EmailClosed::Unknown)) };
    let (proof, member): (EmailProof, Member) = (proof, member);
    proof.opens(secret.hash(), ports.now()).map_err(closed)?;
    Ok((proof, member))
}

/// Confirms that the address is theirs.
pub async fn confirm(ports: &Ports, secret: &EmailSecret) -> Result<(), Refusal> {
    retry(TRIES, "the address kept changing", || async {
        let (proof, member) = open(ports, secret).await?;
        if proof.proven_at.is_some() {
            return Ok(Try::Done(()));
        }
        let (organization_id, actor) = (member.organization_id, Actor::Member { member_id: member.id });
        let change = Change::new(organization_id).update(proof.proven(ports.now())).audit(ports.audit(
            organization_id,
            &actor,
            "email_verification.confirm",
            member.id,
        ));
        Try::of(ports.store.commit(change).await, ())
    })
    .await
}

/// The same change, in which a member proves their address by the way; `known` is what is known of it.
pub(crate) fn proven(change: Change, member: &Member, known: Option<&EmailProof>, now: Timestamp) -> Change {
    match known {
        Some(known) if known.proven_at.is_some() => change,
        Some(known) => change.update(known.proven(now)),
        None => change.create(EmailProof::by_the_way(member.organization_id, member.id, now)),
    }
}

/// Why a link proves nothing, in words for whoever holds it.
fn closed(why: EmailClosed) -> Refusal {
    let (code, message) = match why {
        EmailClosed::Unknown => (
            Code::EmailLinkNotValid,
            "this link proves no address: a newer mail may have the link that holds, or ask for another in your settings",
        ),
        EmailClosed::Expired => (
            Code::EmailLinkExpired,
            "this link held for a day, which is over: ask for another in your settings",
        ),
    };
    Refusal::because(code, message)
}
