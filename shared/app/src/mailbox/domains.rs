//! Domains of organizations: asked for, looked at, verified, deleted.

use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::delivery::event::{Event, EventKind, Subject};
use domain::ledger::audit::AuditEntry;
use domain::mailbox::domains::{Domain, DomainName, DomainStatus, Found, Seen, Turn, Unavailable};
use domain::mailbox::inbox::Inbox;
use domain::people::access::{Actor, Permit, scope};
use domain::people::limit::{Daily, Day, Sender, SendsPerDay};
use domain::{DomainId, OrganizationId};
use futures_util::future::join_all;
use jiff::SignedDuration;

use crate::base::enter::Once;
use crate::base::error::Refusal;
use crate::base::ports::{Dns, Identities, IdentityError, Ports};
use crate::base::retry::{Try, commit_first, retry};
use crate::base::store::{
    Change, Claimed, Conflict, Counter, Directory, DirectoryWrite, Key, List, Page, PageRequest, StoreError,
    Watch, Write, key, load, typed,
};
use crate::mailbox::suppressions::Made;

/// A change that loses against another is made anew at most so often.
const TRIES: usize = 5;
const WHY: &str = "the domain kept changing";

/// What looking at a domain takes beyond the ports of every use case.
pub struct Looking<'a> {
    /// SES.
    pub identities: &'a dyn Identities,
    /// DNS.
    pub dns: &'a dyn Dns,
    /// Which domains others verified.
    pub directory: &'a dyn Directory,
}

/// Asks for a domain: SES makes keys for it, and it waits for its records. One that the organization has is given as it is.
pub async fn create(
    ports: &Ports,
    identities: &dyn Identities,
    directory: &dyn Directory,
    permit: &Permit<scope::DomainsManage>,
    (name, warms_up): (DomainName, bool),
    once: &Once,
    answer: impl Fn(&Made<Domain>) -> (u16, String),
) -> Result<Made<Domain>, Refusal> {
    let organization_id = permit.organization_id();
    check_own(ports, &name)?;
    let (id, counted) = (Domain::id_of(organization_id, &name), count(organization_id));
    let today = count_asked(organization_id, Day::of(ports.now()));
    let wanted = (key::Domain(id), key::Counter(counted), key::Counter(today));
    let (known, counter, asked_today) = load(&*ports.store, organization_id, wanted).await?;
    if let Some(known) = known {
        let made = Made::Known(known);
        let change = once.save(Change::new(organization_id), ports.now(), || answer(&made));
        once.commit(ports, change).await?;
        return Ok(made);
    }
    if let Some(why) = directory.family(&name.look()).await?.hindrance(organization_id, &name) {
        return Err(unavailable(why));
    }
    // Counted for good where it is written; SES need not be asked for one that has no place.
    if counter.is_some_and(|counter: Counter| counter.count >= Domain::MOST) {
        return Err(too_many());
    }
    if asked_today.is_some_and(|counter: Counter| counter.count >= Domain::MOST_A_DAY) {
        return Err(too_many_today());
    }
    no_parent_of_others(identities, &name).await?;
    let at = (&*ports.settings.region, permit.actor().clone(), ports.now());
    let asked = Domain::new(organization_id, (name, warms_up), vec![], at);
    let (tokens, _) = prepare(identities, &asked).await?;
    let domain = Domain { tokens, ..asked };
    let made = Made::New(domain.clone());
    let change = Change::new(organization_id)
        .create(domain.clone())
        .write(Write::Count {
            key: counted,
            by: 1,
            limit: Some(Domain::MOST),
            expires_at: jiff::Timestamp::MAX,
        })
        .write(Write::Count {
            key: today,
            by: 1,
            limit: Some(Domain::MOST_A_DAY),
            expires_at: ports.now() + SignedDuration::from_hours(48),
        })
        .directory(DirectoryWrite::Claim(domain.name.clone(), Claimed::Asked))
        .audit(audit(ports, permit.actor(), "domain.create", &domain));
    let change = once.save(change, ports.now(), || answer(&made));
    match once.try_commit(ports, change).await? {
        Ok(()) => Ok(made),
        // Somebody else asked for it at the same moment.
        Err(conflicts) if conflicts.contains(&Conflict::Record(Key::Domain(id))) => {
            Ok(Made::Known(find(ports, organization_id, id).await?))
        }
        Err(conflicts) if conflicts.contains(&Conflict::Record(Key::Counter(counted))) => Err(too_many()),
        Err(conflicts) if conflicts.contains(&Conflict::Record(Key::Counter(today))) => Err(too_many_today()),
        Err(conflicts) => Err(StoreError::Conflict(conflicts).into()),
    }
}

/// An audit entry of a domain, which names it: of one that is deleted nothing else says which it was.
fn audit(ports: &Ports, actor: &Actor, action: &'static str, domain: &Domain) -> AuditEntry {
    let mut entry = ports.audit(domain.organization_id, actor, action, domain.id);
    entry.details.push(("name", domain.name.to_string()));
    entry.details.push(("warm_up", domain.warms_up.to_string()));
    entry
}

/// An identity of a domain below one that the account sends for otherwise would take that one's place for the names below it.
async fn no_parent_of_others(identities: &dyn Identities, name: &DomainName) -> Result<(), IdentityError> {
    let mut above = name.as_str();
    while above != name.registered() {
        let Some((_, parent)) = above.split_once('.') else { break };
        above = parent;
        // One of this installation is no hindrance: whose it is, the records prove.
        identities.get(above).await?;
    }
    Ok(())
}

/// The installation's own domain is everybody's, and so is what is below it or looks like it.
fn check_own(ports: &Ports, name: &DomainName) -> Result<(), Refusal> {
    let own = &*ports.settings.mail_domain;
    let alike = DomainName::parse(own)
        .is_ok_and(|own| own.look() == name.look() && own.registered() != name.registered());
    let message = if name.is_within(own) {
        "is the installation's own mail domain, or lies below it: inboxes are made there without naming a domain"
    } else if alike {
        "looks like the installation's own mail domain: take another"
    } else {
        return Ok(());
    };
    Err(Refusal::field("name", Code::DomainOfInstallation, message))
}

fn unavailable(why: Unavailable) -> Refusal {
    let (code, message) = match why {
        Unavailable::Taken => (
            Code::DomainTaken,
            "another organization has verified this domain: ask its people to delete it there",
        ),
        Unavailable::OfAnother => (
            Code::DomainOfAnother,
            "another organization has verified a domain above or below this one: take one that is yours alone",
        ),
        Unavailable::LooksAlike => (
            Code::DomainLooksAlike,
            "another organization has verified a domain that a reader takes for this one: take another",
        ),
        Unavailable::Full => (
            Code::DomainNotAvailable,
            "too many domains that look like this one are verified: ask the operator",
        ),
    };
    Refusal::because(code, message)
}

fn too_many() -> Refusal {
    let message = format!("an organization has at most {} domains: delete one first", Domain::MOST);
    Refusal::because(Code::TooManyDomains, message)
}

fn too_many_today() -> Refusal {
    let message =
        format!("an organization asks for at most {} domains a day: repeat it tomorrow", Domain::MOST_A_DAY);
    Refusal::because(Code::TooManyDomains, message)
}

/// What counts those that an organization asks for on a day: each makes an identity, of which an account has a limited number.
fn count_asked(organization_id: OrganizationId, day: Day) -> Digest {
    let day = day.ends_at().as_second().to_string();
    Digest::of_parts(&[b"domains asked for", organization_id.to_string().as_bytes(), day.as_bytes()])
}

/// What counts the domains of an organization.
fn count(organization_id: OrganizationId) -> Digest {
    Digest::of_parts(&[b"domains", organization_id.to_string().as_bytes()])
}

/// What counts the inboxes on a domain.
pub(crate) fn count_inboxes(organization_id: OrganizationId, id: DomainId) -> Digest {
    Digest::of_parts(&[
        b"inboxes of a domain",
        organization_id.to_string().as_bytes(),
        id.to_string().as_bytes(),
    ])
}

/// The identity of a domain, made where it is not there: the names of its keys, and whether SES sends for it.
async fn prepare(identities: &dyn Identities, domain: &Domain) -> Result<(Vec<String>, bool), IdentityError> {
    let (name, host) = (domain.name.as_str(), domain.mail_from());
    let identity = if let Some(identity) = identities.get(name).await? {
        identity
    } else {
        identities.create(name).await?;
        let made = identities.get(name).await?;
        made.ok_or_else(|| IdentityError::Transient("an identity that was made is not there".to_owned()))?
    };
    if identity.mail_from.as_deref() != Some(&*host) {
        identities.set_mail_from(name, &host).await?;
    }
    Ok((identity.tokens, identity.sends))
}

/// All domains, oldest first.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::DomainsManage>,
    page: &PageRequest,
) -> Result<Page<Domain>, Refusal> {
    Ok(typed(ports.store.list(permit.organization_id(), &List::Domains, page).await?))
}

/// One domain.
pub async fn get(
    ports: &Ports,
    permit: &Permit<scope::DomainsManage>,
    id: DomainId,
) -> Result<Domain, Refusal> {
    find(ports, permit.organization_id(), id).await
}

async fn find(ports: &Ports, organization_id: OrganizationId, id: DomainId) -> Result<Domain, Refusal> {
    load(&*ports.store, organization_id, key::Domain(id)).await?.ok_or(Refusal::NotFound("domain"))
}

/// Looks at a domain's records now, for somebody who waits for it; one that failed is waited for anew.
pub async fn verify(
    ports: &Ports,
    looking: &Looking<'_>,
    permit: &Permit<scope::DomainsManage>,
    id: DomainId,
) -> Result<Domain, Refusal> {
    let (organization_id, actor) = (permit.organization_id(), permit.actor());
    let first = find(ports, organization_id, id).await?;
    let next = first.looked_at.map(|at| at + Domain::PAUSE);
    if let Some(retry_at) = next.filter(|at| *at > ports.now()) {
        let message = "its records were looked at a moment ago: repeat the request in ten seconds".to_owned();
        return Err(Refusal::NotBefore { code: Code::LookedJustNow, message, retry_at });
    }
    let identity = prepare(looking.identities, &first).await?;
    let seen = look(looking, &first, identity).await;
    retry(TRIES, WHY, || async {
        let domain = find(ports, organization_id, id).await?;
        let asked = domain.asked_again(ports.now());
        match settle(ports, looking.directory, asked, seen.clone(), actor).await? {
            Settled::Written(domain) => Ok(Try::Done(domain)),
            Settled::Lost(domain, why) => {
                // It was looked at all the same: whoever asks again waits.
                let looked = Domain { looked_at: Some(ports.now()), status: first.status, ..domain };
                let looked = Domain { verified_at: first.verified_at, look_at: first.look_at, ..looked };
                commit_first(ports, Change::new(organization_id).update(looked)).await?;
                Err(unavailable(why))
            }
            Settled::Again => Ok(Try::Again),
        }
    })
    .await
}

/// What DNS says of a domain now, beside what SES says.
async fn look(looking: &Looking<'_>, domain: &Domain, (tokens, sends): (Vec<String>, bool)) -> Seen {
    let wanted = Domain { tokens: tokens.clone(), ..domain.clone() }.wanted();
    let found = join_all(wanted.into_iter().map(|wanted| async move {
        let mut answers = looking.dns.lookup(&wanted.name, wanted.kind).await.ok();
        // Of many records of a name some are kept: what is looked for is one of these.
        if let Some(answers) = &mut answers {
            answers.sort_by_key(|answer| answer.value != wanted.value);
        }
        Found::new(wanted.name, wanted.kind, answers)
    }));
    Seen { tokens, sends, found: found.await }
}

/// What became of a look.
enum Settled {
    /// It is written down.
    Written(Domain),
    /// Another organization has what it would be verified as. Nothing is written.
    Lost(Domain, Unavailable),
    /// Somebody else was faster.
    Again,
}

/// Writes down what a look brought, with what follows from it.
async fn settle(
    ports: &Ports,
    directory: &dyn Directory,
    domain: Domain,
    seen: Seen,
    actor: &Actor,
) -> Result<Settled, Refusal> {
    let organization_id = domain.organization_id;
    let held = domain.is_verified();
    let (domain, turn) = domain.seen(seen, ports.now());
    let mut change = Change::new(organization_id);
    if held != domain.is_verified() {
        let family = directory.family(&domain.name.look()).await?;
        if domain.is_verified() {
            if let Some(why) = family.hindrance(organization_id, &domain.name) {
                return Ok(Settled::Lost(domain, why));
            }
            change = change.directory(DirectoryWrite::Family(family.with(organization_id, &domain.name)));
        } else {
            change = change.directory(DirectoryWrite::Family(family.without(organization_id, &domain.name)));
        }
    }
    change = told(ports, change, &domain, turn, actor).update(domain.clone());
    Ok(match ports.store.commit(change).await {
        Ok(()) => Settled::Written(Domain { version: domain.version + 1, ..domain }),
        Err(StoreError::Conflict(_)) => Settled::Again,
        Err(error) => return Err(error.into()),
    })
}

/// The change with the event and the audit entry of a turn.
fn told(ports: &Ports, change: Change, domain: &Domain, turn: Option<Turn>, actor: &Actor) -> Change {
    let Some(turn) = turn else { return change };
    let (kind, action) = match turn {
        Turn::Verified => (EventKind::DomainVerified, "domain.verified"),
        Turn::Vanished => (EventKind::DomainFailed, "domain.records_vanished"),
        Turn::Failed => (EventKind::DomainFailed, "domain.failed"),
    };
    change.audit(audit(ports, actor, action, domain)).event(event(ports, kind, domain))
}

fn event(ports: &Ports, kind: EventKind, domain: &Domain) -> Event {
    ports.event(domain.organization_id, kind, Subject::Domain(Box::new(domain.notice())))
}

/// Deletes a domain that no inbox is on: nothing is received or sent there any more.
pub async fn delete(
    ports: &Ports,
    identities: &dyn Identities,
    directory: &dyn Directory,
    permit: &Permit<scope::DomainsManage>,
    id: DomainId,
) -> Result<(), Refusal> {
    let organization_id = permit.organization_id();
    let (inboxes, name) = (count_inboxes(organization_id, id), {
        let domain = find(ports, organization_id, id).await?;
        domain.name
    });
    retry(TRIES, WHY, || async {
        let wanted = (key::Domain(id), key::Counter(inboxes));
        let (domain, counter) = load(&*ports.store, organization_id, wanted).await?;
        let domain = domain.ok_or(Refusal::NotFound("domain"))?;
        let left = counter.map_or(0, |counter: Counter| counter.count);
        if left > 0 {
            return Err(in_use(ports, permit, &domain, left).await?);
        }
        let mut change = Change::new(organization_id)
            .write(Write::RemoveVersion(Key::Domain(id), domain.version))
            .write(Write::Uncount { key: count(organization_id), by: 1 })
            // That there is none still: an inbox that is made at this moment counts first, or misses the domain.
            .write(Write::Count { key: inboxes, by: 0, limit: Some(0), expires_at: jiff::Timestamp::MAX })
            .directory(DirectoryWrite::Claim(domain.name.clone(), Claimed::Deleted))
            .audit(audit(ports, permit.actor(), "domain.delete", &domain));
        if domain.is_verified() {
            let family = directory.family(&domain.name.look()).await?;
            change = change.directory(DirectoryWrite::Family(family.without(organization_id, &domain.name)));
        }
        Try::of(ports.store.commit(change).await, ())
    })
    .await?;
    // Others who asked for the name have the same identity. What is left of one sends for nobody: no domain is verified by it.
    if directory.claims(&name).await? == 0
        && let Err(error) = identities.delete(name.as_str()).await
    {
        tracing::warn!(domain_id = %id, %error, "the identity of a deleted domain is left");
    }
    Ok(())
}

/// So many pages of inboxes are looked through for those on a domain that is to be deleted.
const PAGES: usize = 20;
/// So many of their addresses are named.
const NAMED: usize = 10;

/// The refusal to delete a domain with inboxes, which names some of those that the caller may see.
async fn in_use(
    ports: &Ports,
    permit: &Permit<scope::DomainsManage>,
    domain: &Domain,
    count: u64,
) -> Result<Refusal, Refusal> {
    let (mut addresses, mut cursor) = (vec![], None);
    for _ in 0..PAGES {
        let page = PageRequest { limit: 100, cursor };
        let page = typed::<Inbox>(ports.store.list(permit.organization_id(), &List::Inboxes, &page).await?);
        let on = page.items.into_iter();
        let on = on.filter(|inbox| inbox.domain_id == Some(domain.id) && permit.over(inbox.id).is_ok());
        addresses.extend(on.map(|inbox| inbox.address.to_string()));
        cursor = page.next;
        if addresses.len() >= NAMED || cursor.is_none() {
            break;
        }
    }
    addresses.truncate(NAMED);
    Ok(Refusal::Because {
        code: Code::DomainInUse,
        message: format!(
            "{count} inboxes are on this domain, and would neither receive nor send: delete these first"
        ),
        details: vec![("inboxes", count.to_string()), ("addresses", addresses.join(" "))],
    })
}

/// So many domains are looked at in one go.
const BATCH: u16 = 100;
/// So many of them side by side: SES answers few such questions a second, to the whole account.
const AT_ONCE: usize = 4;
/// A go begins with others for so long; the next follows within a minute.
const TIME: SignedDuration = SignedDuration::from_secs(25);

/// What became of the domains that were due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checked {
    /// They were looked at.
    pub looked: u64,
    /// They could not be: they are due still.
    pub failed: u64,
}

/// Looks at the domains that are due, of all organizations.
pub async fn check(ports: &Ports, looking: &Looking<'_>, watch: &dyn Watch) -> Result<Checked, StoreError> {
    let began = ports.now();
    let due = watch.domains(began, BATCH).await?;
    let mut checked = Checked::default();
    for some in due.chunks(AT_ONCE) {
        if ports.now() > began + TIME {
            break;
        }
        let looked = join_all(
            some.iter().copied().map(|(organization_id, id)| check_one(ports, looking, organization_id, id)),
        );
        for ((_, id), looked) in some.iter().zip(looked.await) {
            match looked {
                Ok(()) => checked.looked += 1,
                Err(error) => {
                    checked.failed += 1;
                    tracing::warn!(domain_id = %id, %error, "a domain could not be looked at");
                }
            }
        }
    }
    Ok(checked)
}

async fn check_one(
    ports: &Ports,
    looking: &Looking<'_>,
    organization_id: OrganizationId,
    id: DomainId,
) -> Result<(), Refusal> {
    let Some(first) = load(&*ports.store, organization_id, key::Domain(id)).await? else { return Ok(()) };
    let identity = match prepare(looking.identities, &first).await {
        Ok(identity) => identity,
        Err(error @ IdentityError::Transient(_)) => {
            // Where somebody else has written it, it is theirs to say when.
            commit_first(ports, Change::new(organization_id).update(first.put_off(ports.now()))).await?;
            return Err(error.into());
        }
        // SES does not send for it, whatever its records say: it is judged all the same, so that it comes to an end.
        Err(error) => {
            tracing::warn!(domain_id = %id, %error, "SES does not send for a domain");
            (first.tokens.clone(), false)
        }
    };
    let seen = look(looking, &first, identity).await;
    retry(TRIES, WHY, || async {
        let found = load(&*ports.store, organization_id, key::Domain(id)).await?;
        // The index follows the table: what it names may be looked at by now, or gone.
        let Some(domain) = found.filter(|domain| domain.look_at.is_some_and(|at| at < ports.now())) else {
            return Ok(Try::Done(()));
        };
        match settle(ports, looking.directory, domain, seen.clone(), &Actor::System).await? {
            Settled::Written(_) => Ok(Try::Done(())),
            Settled::Again => Ok(Try::Again),
            Settled::Lost(domain, _) => {
                let lost = domain.lost(ports.now());
                let change =
                    told(ports, Change::new(organization_id), &lost, Some(Turn::Failed), &Actor::System);
                Try::of(ports.store.commit(change.update(lost)).await, ())
            }
        }
    })
    .await
}

/// The limits of mails a day that mail from an inbox counts towards, whoever asks for it: those of its organization, where it has one,
/// and of its domain while that is warmed up.
pub(crate) async fn daily_limits(
    ports: &Ports,
    inbox: &Inbox,
    of_organization: Option<SendsPerDay>,
) -> Result<Vec<Daily>, Refusal> {
    let domain: Option<Domain> = match inbox.domain_id {
        Some(id) => {
            let domain: Option<Domain> = load(&*ports.store, inbox.organization_id, key::Domain(id)).await?;
            // Nobody is asked to decide about a mail that can't go, and none gathers until the day that it can.
            Some(domain.filter(Domain::is_verified).ok_or_else(|| not_verified(id))?)
        }
        None => None,
    };
    let warming = domain.and_then(|domain| {
        let limit = domain.sends_per_day(ports.now())?;
        Some(Daily { sender: Sender::Domain(domain.id), limit })
    });
    let all = of_organization.map(|limit| Daily { sender: Sender::Organization, limit });
    Ok(all.into_iter().chain(warming).collect())
}

fn not_verified(id: DomainId) -> Refusal {
    let message = "the domain of this inbox is not verified any more: set its records, and POST /v1/domains/{id}/verify";
    Refusal::Because {
        code: Code::DomainNotVerified,
        message: message.to_owned(),
        details: vec![("domain_id", id.to_string())],
    }
}

/// The domain of an organization by its name, for an inbox that is to be on it.
pub(crate) async fn verified(
    ports: &Ports,
    organization_id: OrganizationId,
    name: &DomainName,
) -> Result<Domain, Refusal> {
    let id = Domain::id_of(organization_id, name);
    let found = load(&*ports.store, organization_id, key::Domain(id)).await?.ok_or_else(|| {
        let message = "is no domain of your organization: POST /v1/domains first";
        Refusal::field("domain", Code::UnknownDomain, message)
    })?;
    if found.status != DomainStatus::Verified {
        let message = "the domain is not verified: set its records, and POST /v1/domains/{id}/verify";
        return Err(Refusal::Because {
            code: Code::DomainNotVerified,
            message: message.to_owned(),
            details: vec![("domain_id", id.to_string()), ("status", found.status.as_str().to_owned())],
        });
    }
    Ok(found)
}
