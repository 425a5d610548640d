//! Keys that sign: who offers one, what whoever vouches for it is asked to sign, and the one place where the key log is written.

use std::sync::Arc;

use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::ledger::audit::AuditEntry;
use domain::mailbox::domains::{Domain, DomainName, DomainStatus};
use domain::mailbox::inbox::Inbox;
use domain::people::access::{Actor, Permit, scope};
use domain::people::credential::Session;
use domain::people::key_links::{KeyLink, KeyLinkSecret, Senders};
use domain::people::key_log::{
    self, By, DELAY, Deed, Entry, Key, KeyLog, LogBroken, NewKey, OFFER, Scope, is_code,
};
use domain::people::organization::Member;
use domain::people::passkey::{Offer, Passkey};
use domain::people::setup::Setup;
use domain::people::signing::{Assertion, CLOCK, KeyId, SignedVotes, TOUCH};
use domain::{AuditId, MemberId, OrganizationId, PasskeyId, Timestamp};

use crate::base::error::Refusal;
use crate::base::ports::{KeyLinks, KeyLogError, KeyLogWriter, KeyLogs, Ports, StoredLog, StoredSenders};
use crate::base::retry::{Try, retry_apart};
use crate::base::store::{Change, Directory, List, PageRequest, Record, key, load, typed};
use crate::gate::attest::not_signed;
use crate::mailbox::domains;
use crate::people::passkeys::{self, Site};

/// Who sends from where is looked at anew at most so often, where other organizations change it at the same moment.
const TRIES: usize = 8;

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
        /// What its person says its code is.
        code: String,
        /// Whether its votes count.
        decides: bool,
        /// Whether it vouches for others.
        manages: bool,
    },
    /// That a passkey of whoever asks signs, which they have at hand: it offers itself on the very page that sends the entry.
    Own(NewKey),
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
    let (new, assertion) = match wanted {
        Wanted::Deed(deed) => return rehearsed(&log, deed, by, now),
        Wanted::Own(new) => {
            let nothing = Assertion { client_data: vec![], authenticator_data: vec![], signature: vec![] };
            (new, nothing)
        }
        Wanted::Register { member_id, key, code, decides, manages } => {
            let (new, assertion) = offered_by(ports, organization_id, member_id, key).await?;
            // Of the same answer of the key that the entry will carry: what lies in the table may have been put in its place.
            if !is_code(&code, &key_log::code(&assertion)) {
                return Err(Refusal::because(
                    Code::KeyNotOffered,
                    "that is not the code of this key: ask its person again; if theirs is another, somebody offers a key in their place",
                ));
            }
            (NewKey { decides, manages, ..new }, assertion)
        }
    };
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
    // Whoever was never shown this log is turned away before any work is done.
    if entry.previous != log.head() {
        return Err(refused(LogBroken::Chain));
    }
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
    }
    if let Deed::Demand(scope, SignedVotes { votes: 1.., .. }) = deed {
        take_senders(ports, logs, directory, organization_id, &scope).await?;
    }
    let stored = StoredLog { log: Arc::new(next), version };
    match logs.write(organization_id, &stored).await {
        // Perhaps it was written, and the answer lost: then what is there ends with this entry.
        Err(KeyLogError::Changed) if logs.read(organization_id).await?.log.head() == stored.log.head() => {}
        written => written?,
    }
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

/// Notes that nobody else sends from what a demand is about, once the table says that it is this organization's. Of a demand for all mail
/// that is what the organization has now: its verified domains, and its inboxes on the installation's domain.
async fn take_senders(
    ports: &Ports,
    logs: &dyn KeyLogWriter,
    directory: &dyn Directory,
    organization_id: OrganizationId,
    scope: &Scope,
) -> Result<(), Refusal> {
    let wanted = match scope {
        Scope::Organization => senders_of(ports, organization_id).await?,
        Scope::Domain(name) => {
            let unknown = || Refusal::NotFound("domain");
            let domain = DomainName::parse(name).map_err(|_| unknown())?;
            domains::verified(ports, organization_id, &domain).await?;
            vec![name.clone()]
        }
        Scope::Address(address) => {
            let address: &EmailAddress = address;
            let found = directory.addresses(std::slice::from_ref(address)).await?;
            if !found.iter().any(|entry| entry.organization_id == organization_id) {
                return Err(Refusal::NotFound("inbox"));
            }
            vec![address.as_str().to_owned()]
        }
    };
    retry_apart(ports, TRIES, "other organizations took senders at the same moments: try again", || async {
        let StoredSenders { senders, version } = logs.senders().await?;
        let mut missing = vec![];
        for sender in &wanted {
            match senders.of(sender) {
                Some(of) if of == organization_id => {}
                Some(of) if demands(&logs.read(of).await?.log, sender, ports.now()) => {
                    let message =
                        format!("another organization alone sends from {sender}, as the key log says");
                    return Err(Refusal::because(Code::KeyLogRefused, message));
                }
                _ => missing.push(sender.clone()),
            }
        }
        if missing.is_empty() {
            return Ok(Try::Done(()));
        }
        let next = senders.with(&missing, organization_id).ok_or_else(|| {
            Refusal::because(
                Code::KeyLogRefused,
                "an organization alone sends from at most 1,000 domains and addresses, and all together from 10,000: verify a domain, and \
                 demand signed votes for mail from that",
            )
        })?;
        match logs.write_senders(&StoredSenders { senders: Arc::new(next), version }).await {
            Err(KeyLogError::Changed) => Ok(Try::Again),
            written => Ok(Try::Done(written?)),
        }
    })
    .await
}

/// Whether a key log demands a signed vote for mail from this domain or address.
fn demands(log: &KeyLog, sender: &str, now: Timestamp) -> bool {
    let address = if sender.contains('@') { sender.to_owned() } else { format!("postmaster@{sender}") };
    EmailAddress::parse(&address).is_ok_and(|address| log.floor(&address, now).votes > 0)
}

/// The domains and addresses that mail of an organization comes from.
async fn senders_of(ports: &Ports, organization_id: OrganizationId) -> Result<Vec<String>, Refusal> {
    let mut senders = vec![];
    let domains: Vec<Domain> = all(ports, organization_id, &List::Domains).await?;
    let verified = domains.into_iter().filter(|domain| domain.status == DomainStatus::Verified);
    senders.extend(verified.map(|domain| domain.name.as_str().to_owned()));
    let inboxes: Vec<Inbox> = all(ports, organization_id, &List::Inboxes).await?;
    // Of a connected account's address nobody here knows whose it is: it is not taken from others.
    let own = inboxes.into_iter().filter(|inbox| inbox.domain_id.is_none() && inbox.provider.is_none());
    senders.extend(own.map(|inbox| inbox.address.mailbox_key()));
    Ok(senders)
}

/// All of a list, but for what [`Senders`] has no room for anyway.
async fn all<T: TryFrom<Record>>(
    ports: &Ports,
    organization_id: OrganizationId,
    list: &List,
) -> Result<Vec<T>, Refusal> {
    let mut request = PageRequest { limit: 100, cursor: None };
    let mut all = vec![];
    while all.len() <= Senders::MAX_OF_ONE {
        let page = typed(ports.store.list(organization_id, list, &request).await?);
        all.extend(page.items);
        match page.next {
            Some(next) => request.cursor = Some(next),
            None => break,
        }
    }
    Ok(all)
}

/// Where mail of the caller's organization comes from that others could send from as well, though its key log demands signed votes for
/// it: what came after the demand, until it is demanded again.
pub async fn unguarded(
    ports: &Ports,
    logs: &dyn KeyLogs,
    permit: &Permit<scope::ApprovalsRead>,
) -> Result<Vec<String>, Refusal> {
    let organization_id = permit.organization_id();
    let (log, now) = (logs.read(organization_id).await?.log, ports.now());
    if !log.demands(now).any(|(_, _, asked)| asked.votes > 0) {
        return Ok(vec![]);
    }
    let taken = logs.senders().await?.senders;
    let mut left = senders_of(ports, organization_id).await?;
    left.retain(|sender| taken.of(sender) != Some(organization_id) && demands(&log, sender, now));
    Ok(left)
}

/// Lets a set-up link register the first key of the organization that is made with it.
pub async fn bind_setup(links: &dyn KeyLinks, setup: &Setup) -> Result<(), Refusal> {
    let link =
        KeyLink { hash: setup.hash, organization_id: setup.organization_id(), expires_at: setup.expires_at };
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
    let link = KeyLink { hash: secret.hash(), organization_id, expires_at: ports.now() + KeyLink::LIFE };
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
