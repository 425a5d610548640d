//! Keys that sign: who offers one, what whoever vouches for it is asked to sign, and the one place where the key log is written.

use std::sync::Arc;

use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::ledger::audit::AuditEntry;
use domain::mailbox::domains::DomainName;
use domain::people::access::{Actor, Permit, scope};
use domain::people::credential::Session;
use domain::people::key_links::{KeyLink, KeyLinkSecret};
use domain::people::key_log::{By, DELAY, Deed, Entry, Key, KeyLog, LogBroken, NewKey, OFFER, Scope};
use domain::people::organization::Member;
use domain::people::passkey::{Offer, Passkey};
use domain::people::setup::Setup;
use domain::people::signing::{Assertion, CLOCK, KeyId, SignedVotes, TOUCH};
use domain::{AuditId, MemberId, OrganizationId, PasskeyId, Timestamp};

use crate::base::error::Refusal;
use crate::base::ports::{KeyLinks, KeyLogError, KeyLogWriter, KeyLogs, Ports, StoredLog, StoredSenders};
use crate::base::store::{Change, Directory, key, load};
use crate::gate::attest::not_signed;
use crate::mailbox::domains;
use crate::people::passkeys::{self, Site};

impl From<KeyLogError> for Refusal {
    fn from(error: KeyLogError) -> Self {
        match error {
            KeyLogError::Changed => Refusal::because(
                Code::KeyLogChanged,
                "somebody else wrote the key log at the same moment: begin again, with what it says now",
            ),
            KeyLogError::Broken(why) => Refusal::Internal(why.to_string()),
            KeyLogError::Transient(text) => Refusal::Unavailable(text),
            KeyLogError::Permanent(text) => Refusal::Internal(text),
        }
    }
}

fn refused(why: LogBroken) -> Refusal {
    let code = match why {
        LogBroken::Chain | LogBroken::Time => Code::KeyLogChanged,
        LogBroken::LinkUsed => Code::KeyLinkClosed,
        LogBroken::Signature => Code::SignatureRefused,
        _ => Code::KeyLogRefused,
    };
    Refusal::because(code, why)
}

/// The key log of the caller's organization.
pub async fn read(logs: &dyn KeyLogs, permit: &Permit<scope::ApprovalsRead>) -> Result<Arc<KeyLog>, Refusal> {
    Ok(logs.read(permit.organization_id()).await?.log)
}

/// The key log of the caller's organization, as it is stored.
pub async fn text(logs: &dyn KeyLogs, permit: &Permit<scope::AuditRead>) -> Result<String, Refusal> {
    Ok(logs.read(permit.organization_id()).await?.log.text())
}

/// What a passkey of the caller is asked to sign so that its person offers it: as of now.
pub async fn offer(ports: &Ports, site: &Site<'_>, own: &Session, id: PasskeyId) -> Result<NewKey, Refusal> {
    let now = ports.now();
    let offered = Timestamp::from_second(now.as_second()).unwrap_or(now);
    offered_key(ports, site, own, id, offered).await
}

async fn offered_key(
    ports: &Ports,
    site: &Site<'_>,
    own: &Session,
    id: PasskeyId,
    offered: Timestamp,
) -> Result<NewKey, Refusal> {
    let keys = passkeys::list(ports, own).await?;
    let passkey = keys.iter().find(|key| key.id == id).ok_or(Refusal::NotFound("passkey"))?;
    let (algorithm, public_key) =
        site.authenticators.public_key(&passkey.credential).map_err(passkeys::refusal)?;
    Ok(NewKey {
        member_id: own.member_id,
        id: passkey.key_id(),
        algorithm,
        public_key,
        site: site.origin.to_owned(),
        device_bound: !passkey.synced,
        decides: false,
        manages: false,
        offered,
        from: offered,
    })
}

/// Keeps the offer of a passkey, so that somebody who manages keys can vouch for it within a week.
pub async fn keep_offer(
    ports: &Ports,
    site: &Site<'_>,
    own: &Session,
    id: PasskeyId,
    (offered, assertion): (Timestamp, Assertion),
) -> Result<Passkey, Refusal> {
    let age = ports.now().duration_since(offered);
    if age > TOUCH || age < -CLOCK {
        return Err(refused(LogBroken::Time));
    }
    let new = offered_key(ports, site, own, id, offered).await?;
    let text = new.offer(own.organization_id);
    signatures::check(&new, &text, &assertion).map_err(not_signed)?;
    let stored = passkeys::of(ports, own).await?.ok_or(Refusal::NotFound("passkey"))?;
    let NewKey { algorithm, public_key, site, .. } = new;
    let next = stored.offering(id, Offer { at: offered, algorithm, public_key, site, assertion });
    let kept = next.keys.iter().find(|key| key.id == id).cloned().ok_or(Refusal::NotFound("passkey"))?;
    let actor = Actor::Member { member_id: own.member_id };
    let mut entry = ports.audit(own.organization_id, &actor, "signing_key.offer", id);
    entry.details.push(("key", kept.key_id().to_string()));
    ports.store.commit(Change::new(own.organization_id).update(next).audit(entry)).await?;
    Ok(kept)
}

/// The passkeys of a member whose votes count now, that was used last first.
pub async fn of_member(
    ports: &Ports,
    logs: &dyn KeyLogs,
    organization_id: OrganizationId,
    member_id: MemberId,
) -> Result<Vec<Passkey>, Refusal> {
    let now = ports.now();
    let log = logs.read(organization_id).await?.log;
    let counts = |key: &Key| key.new.member_id == member_id && key.new.decides && key.counts(now);
    if !log.keys().any(counts) {
        return Ok(vec![]);
    }
    let stored = load(&*ports.store, organization_id, key::Passkeys(member_id)).await?;
    let mut all = stored.map_or_else(Vec::new, |passkeys| passkeys.keys);
    all.retain(|passkey| log.key(passkey.key_id()).is_some_and(counts));
    all.sort_by_key(|passkey| std::cmp::Reverse(passkey.last_used_at));
    Ok(all)
}

/// The passkeys that members offer, each within a week.
pub async fn offers(
    ports: &Ports,
    permit: &Permit<scope::ApprovalsRead>,
    members: &[Member],
) -> Result<Vec<(MemberId, Passkey)>, Refusal> {
    let now = ports.now();
    let wanted: Vec<_> = members.iter().map(|member| key::Passkeys(member.id)).collect();
    let all = load(&*ports.store, permit.organization_id(), wanted).await?;
    let stands = |key: &Passkey| key.offer.as_ref().is_some_and(|offer| now.duration_since(offer.at) < OFFER);
    let all =
        all.into_iter().flatten().flat_map(|one| one.keys.into_iter().map(move |key| (one.member_id, key)));
    Ok(all.filter(|(_, key)| stands(key)).collect())
}

/// What somebody wants the key log to say next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// That a passkey that its member offered signs from now on, or after three days.
    Register {
        /// Whose.
        member_id: MemberId,
        /// Which.
        key: KeyId,
        /// Whether its votes count.
        decides: bool,
        /// Whether it vouches for others.
        manages: bool,
    },
    /// Anything else.
    Deed(Deed),
}

/// The entry that would come next, unsigned: what whoever vouches is to sign is its text.
///
/// A key that is registered counts at once where the rules allow it, else after three days.
pub async fn propose(
    ports: &Ports,
    logs: &dyn KeyLogs,
    permit: &Permit<scope::ApprovalsRead>,
    wanted: Wanted,
    by: By,
) -> Result<Entry, Refusal> {
    let organization_id = permit.organization_id();
    let log = logs.read(organization_id).await?.log;
    let now = ports.now();
    let deed = match wanted {
        Wanted::Deed(deed) => return rehearsed(&log, deed, by, now),
        Wanted::Register { member_id, key, decides, manages } => {
            let (new, assertion) = offered_by(ports, organization_id, member_id, key).await?;
            (NewKey { decides, manages, ..new }, assertion)
        }
    };
    let (new, assertion) = deed;
    let at_once = NewKey { from: log.next(now, Deed::Revoke(new.id), by.clone()).at, ..new.clone() };
    match rehearsed(&log, Deed::Register(at_once.clone(), assertion.clone()), by.clone(), now) {
        Err(refusal) if refusal.code() == Code::KeyLogRefused => {
            let later = at_once.from.checked_add(DELAY).map_err(|_| refused(LogBroken::Time))?;
            // What is wrong besides is said as it is.
            rehearsed(&log, Deed::Register(NewKey { from: later, ..at_once }, assertion), by, now)
                .map_err(|_| refusal)
        }
        proposed => proposed,
    }
}

/// The entry, if it could be added were it signed.
fn rehearsed(log: &KeyLog, deed: Deed, by: By, now: Timestamp) -> Result<Entry, Refusal> {
    let entry = log.next(now, deed, by);
    log.clone().add(entry.clone(), now, |_, _, _| true).map_err(refused)?;
    Ok(entry)
}

/// The key that a member offers under this name, and what it signed to do so.
async fn offered_by(
    ports: &Ports,
    organization_id: OrganizationId,
    member_id: MemberId,
    id: KeyId,
) -> Result<(NewKey, Assertion), Refusal> {
    let stored = load(&*ports.store, organization_id, key::Passkeys(member_id)).await?;
    let all = stored.into_iter().flat_map(|passkeys| passkeys.keys);
    let offered = all.filter(|key| key.key_id() == id).find_map(|key| key.offered_key(member_id));
    offered.ok_or_else(|| {
        Refusal::because(
            Code::KeyNotOffered,
            "this member offers no such key any more: they offer it again, on their page of passkeys",
        )
    })
}

/// What is asked of the key log, signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The entry.
    pub entry: Entry,
    /// The secret of the link, where it is by one.
    pub link: Option<KeyLinkSecret>,
}

/// Adds an entry to the key log of the organization that it names. Whoever vouches for it signed it: no session is asked for, and none
/// would help.
pub async fn append(
    ports: &Ports,
    logs: &dyn KeyLogWriter,
    directory: &dyn Directory,
    origin: &str,
    Order { entry, link }: Order,
) -> Result<StoredLog, Refusal> {
    let organization_id = entry.organization_id;
    let now = ports.now();
    let StoredLog { log, version } = logs.read(organization_id).await?;
    let mut next = KeyLog::clone(&log);
    let (deed, by) = (entry.deed.clone(), entry.by.clone());
    if let Deed::Register(new, _) = &deed
        && new.site != origin
    {
        return Err(Refusal::because(
            Code::SignatureRefused,
            "this key is one of another site: open the console itself, and begin again",
        ));
    }
    let holds = |key: &NewKey, text: &str, said: &Assertion| signatures::check(key, text, said).is_ok();
    next.add(entry, now, holds).map_err(refused)?;
    match by {
        By::Link(hash) => use_link(logs, organization_id, (hash, link), now).await?,
        By::Key(..) => {}
        By::Member(_) => return Err(refused(LogBroken::Vouch)),
    }
    if let Deed::Demand(scope, asked) = deed
        && asked != SignedVotes::NONE
    {
        take_sender(ports, logs, directory, organization_id, &scope).await?;
    }
    let stored = StoredLog { log: Arc::new(next), version };
    logs.write(organization_id, &stored).await?;
    tracing::info!(%organization_id, entries = stored.log.entries().len(), "the key log was written");
    Ok(stored)
}

async fn use_link(
    logs: &dyn KeyLogWriter,
    organization_id: OrganizationId,
    (hash, secret): (Digest, Option<KeyLinkSecret>),
    now: Timestamp,
) -> Result<(), Refusal> {
    let closed = || {
        Refusal::because(
            Code::KeyLinkClosed,
            "this link registers no key: it is cut short, over, used, or another organization's; whoever deployed this has another drawn",
        )
    };
    if secret.is_none_or(|secret| secret.hash() != hash) {
        return Err(closed());
    }
    let link = logs.link(hash).await?.filter(|link| link.opens(organization_id, now)).ok_or_else(closed)?;
    if logs.use_link(link.hash, organization_id).await? { Ok(()) } else { Err(closed()) }
}

/// Notes that nobody else sends from what a demand names, once the table says that it is this organization's.
async fn take_sender(
    ports: &Ports,
    logs: &dyn KeyLogWriter,
    directory: &dyn Directory,
    organization_id: OrganizationId,
    scope: &Scope,
) -> Result<(), Refusal> {
    let sender = match scope {
        Scope::Organization => return Ok(()),
        Scope::Domain(name) => {
            let unknown = || Refusal::NotFound("domain");
            let domain = DomainName::parse(name).map_err(|_| unknown())?;
            domains::verified(ports, organization_id, &domain).await?;
            name.clone()
        }
        Scope::Address(address) => {
            let address: &EmailAddress = address;
            let found = directory.addresses(std::slice::from_ref(address)).await?;
            if !found.iter().any(|entry| entry.organization_id == organization_id) {
                return Err(Refusal::NotFound("inbox"));
            }
            address.as_str().to_owned()
        }
    };
    let StoredSenders { senders, version } = logs.senders().await?;
    if senders.of(&sender) == Some(organization_id) {
        return Ok(());
    }
    let next = senders.with(&sender, organization_id).ok_or_else(|| {
        Refusal::because(Code::KeyLogRefused, "another organization sends from there, as the key log says")
    })?;
    Ok(logs.write_senders(&StoredSenders { senders: Arc::new(next), version }).await?)
}

/// Lets a set-up link register the first key of the organization that is made with it.
pub async fn bind_setup(links: &dyn KeyLinks, setup: &Setup) -> Result<(), Refusal> {
    let link = KeyLink { hash: setup.hash, organization_id: None, expires_at: setup.expires_at };
    Ok(links.keep_link(&link).await?)
}

/// Draws a link that registers one key of an organization. Its secret is returned here and nowhere else, ever.
pub async fn draw_link(
    ports: &Ports,
    links: &dyn KeyLinks,
    organization_id: OrganizationId,
) -> Result<(KeyLink, KeyLinkSecret), Refusal> {
    let organization = load(&*ports.store, organization_id, key::Organization).await?;
    organization.ok_or(Refusal::NotFound("organization"))?;
    let secret = KeyLinkSecret::new(ports.bytes());
    let link = KeyLink {
        hash: secret.hash(),
        organization_id: Some(organization_id),
        expires_at: ports.now() + KeyLink::LIFE,
    };
    links.keep_link(&link).await?;
    Ok((link, secret))
}

/// So many of the last entries are told of anew at most, where somebody was not told of one.
const TOLD: usize = 30;

/// Writes into the audit log what the key log says and it does not say yet: each entry under an id that follows from it, so that it is
/// written once, however often this is called. Owners and those who decide are alerted by that.
pub async fn tell(ports: &Ports, logs: &dyn KeyLogs, organization_id: OrganizationId) -> Result<(), Refusal> {
    let log = logs.read(organization_id).await?.log;
    let entries = log.entries();
    for entry in &entries[entries.len().saturating_sub(TOLD)..] {
        let told = told(&log, entry);
        ports.store.commit(Change::new(organization_id).audit(told)).await?;
    }
    Ok(())
}

fn told(log: &KeyLog, entry: &Entry) -> AuditEntry {
    let digest = Digest::of(entry.text().as_bytes());
    let mut entropy = [0; 10];
    entropy.copy_from_slice(&digest.as_bytes()[..10]);
    let actor = match &entry.by {
        By::Link(_) => Actor::System,
        By::Member(member_id) => Actor::Member { member_id: *member_id },
        By::Key(id, _) => {
            log.key(*id).map_or(Actor::System, |key| Actor::Member { member_id: key.new.member_id })
        }
    };
    let (action, target, mut details) = match &entry.deed {
        Deed::Register(new, _) => (
            "signing_key.register",
            new.member_id.to_string(),
            vec![
                ("key", new.id.to_string()),
                ("decides", new.decides.to_string()),
                ("manages", new.manages.to_string()),
                ("device_bound", new.device_bound.to_string()),
                ("from", new.from.to_string()),
            ],
        ),
        Deed::Revoke(id) => ("signing_key.revoke", id.to_string(), vec![]),
        Deed::Suspend(id) => ("signing_key.suspend", id.to_string(), vec![]),
        Deed::Resume(id) => ("signing_key.resume", id.to_string(), vec![]),
        Deed::Demand(scope, asked) => {
            let scope = match scope {
                Scope::Organization => "organization",
                // No address is written into the audit log.
                Scope::Domain(_) => "domain",
                Scope::Address(_) => "address",
            };
            let target = entry.organization_id.to_string();
            ("signing_key.demand", target, vec![("scope", scope.to_owned()), ("votes", asked.told())])
        }
        Deed::Withdraw(leaf, _) => ("signing_key.withdraw", leaf.to_string(), vec![]),
    };
    details.push(("entry", format!("{} {digest}", entry.number)));
    if matches!(entry.by, By::Link(_)) {
        details.push(("by", "link".to_owned()));
    }
    AuditEntry {
        id: AuditId::new(entry.at, entropy),
        organization_id: entry.organization_id,
        at: entry.at,
        actor,
        action,
        target,
        details,
    }
}
