//! Suppressions: whom no mail goes to, by somebody's word, their own among them, or because a mail bounced or was complained of.

use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::delivery::event::{Event, EventKind, Subject};
use domain::mailbox::listed::{Source, Suppression};
use domain::mailbox::whom::Whom;
use domain::people::access::{Actor, Permit, scope};
use domain::{MessageId, OrganizationId, SuppressionId};

use crate::base::enter::Once;
use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::retry::{Try, retry};
use crate::base::store::{
    Change, Conflict, Key, List, Page, PageRequest, StoreError, Write, key, load, typed,
};

/// Whom no mail is to go to any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSuppression {
    /// An address or a domain.
    pub whom: Whom,
    /// Why, in a person's words.
    pub reason: Option<String>,
}

/// What there is after it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made<T> {
    /// It was made.
    New(T),
    /// It was there, and stays as it was.
    Known(T),
}

/// Somebody who is suppressed or listed at the same moment by another is looked for again at most so often.
const TRIES: usize = 5;
const WHY: &str = "it kept changing";
/// So many recipients of one mail are suppressed in a transaction, which takes 100 writes: each is three.
const AT_ONCE: usize = 30;

/// Refuses a domain that no look-up would find.
pub(crate) fn check_whom(whom: &Whom) -> Result<(), Refusal> {
    if whom.is_sound() {
        return Ok(());
    }
    let message = format!("has more than {} parts between its dots: name one above it", Whom::MAX_LABELS);
    Err(Refusal::field("domain", Code::InvalidDomain, message))
}

/// Suppresses an address or a domain. What is suppressed stays as it is.
pub async fn create(
    ports: &Ports,
    permit: &Permit<scope::ListsManage>,
    new: NewSuppression,
    once: &Once,
    answer: impl Fn(&Made<Suppression>) -> (u16, String),
) -> Result<Made<Suppression>, Refusal> {
    check_whom(&new.whom)?;
    let organization_id = permit.organization_id();
    let id = Suppression::id_of(organization_id, &new.whom);
    retry(TRIES, WHY, || async {
        let known = load(&*ports.store, organization_id, key::Suppression(id)).await?;
        let (made, change) = if let Some(known) = known {
            (Made::Known(known), Change::new(organization_id))
        } else {
            let suppression = Suppression {
                id,
                organization_id,
                whom: new.whom.clone(),
                source: Source::Manual,
                reason: new.reason.clone(),
                message_id: None,
                created_at: ports.now(),
                created_by: permit.actor().clone(),
            };
            let change = written(ports, Change::new(organization_id), &suppression);
            (Made::New(suppression), change)
        };
        let change = once.save(change, ports.now(), || answer(&made));
        match once.try_commit(ports, change).await? {
            Ok(()) => Ok(Try::Done(made)),
            // Somebody else was faster.
            Err(conflicts) if conflicts.contains(&Conflict::Record(Key::Suppression(id))) => Ok(Try::Again),
            Err(conflicts) => Err(StoreError::Conflict(conflicts).into()),
        }
    })
    .await
}

/// The change with a new suppression, its audit entry and its event.
fn written(ports: &Ports, change: Change, suppression: &Suppression) -> Change {
    let (organization_id, id) = (suppression.organization_id, suppression.id);
    let mut entry = ports.audit(organization_id, &suppression.created_by, "suppression.create", id);
    entry.details = vec![("source", suppression.source.as_str().to_owned())];
    entry.details.extend(suppression.message_id.map(|id| ("message_id", id.to_string())));
    change.create(suppression.clone()).audit(entry).event(event(
        ports,
        EventKind::SuppressionCreated,
        suppression,
    ))
}

fn event(ports: &Ports, kind: EventKind, suppression: &Suppression) -> Event {
    ports.event(suppression.organization_id, kind, Subject::Suppression(Box::new(suppression.clone())))
}

/// Suppresses recipients of a mail that bounced for good, was complained of, or that they unsubscribed through; those who are suppressed stay so.
pub(crate) async fn suppress(
    ports: &Ports,
    organization_id: OrganizationId,
    recipients: &[EmailAddress],
    (source, message_id): (Source, MessageId),
) -> Result<(), Refusal> {
    for some in recipients.chunks(AT_ONCE) {
        retry(TRIES, WHY, || async {
            let whom: Vec<_> = some.iter().cloned().map(Whom::Address).collect();
            let ids: Vec<_> = whom.iter().map(|whom| Suppression::id_of(organization_id, whom)).collect();
            let wanted: Vec<_> = ids.iter().copied().map(key::Suppression).collect();
            let known = load(&*ports.store, organization_id, wanted).await?;
            let mut change = Change::new(organization_id);
            for ((whom, id), known) in whom.into_iter().zip(ids).zip(known) {
                let suppression = Suppression {
                    id,
                    organization_id,
                    whom,
                    source,
                    reason: None,
                    message_id: Some(message_id),
                    created_at: ports.now(),
                    created_by: Actor::System,
                };
                if known.is_none() {
                    change = written(ports, change, &suppression);
                }
            }
            if change.writes.is_empty() {
                return Ok(Try::Done(()));
            }
            Try::of(ports.store.commit(change).await, ())
        })
        .await?;
    }
    Ok(())
}

/// All of them, newest first.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::ListsManage>,
    page: &PageRequest,
) -> Result<Page<Suppression>, Refusal> {
    Ok(typed(ports.store.list(permit.organization_id(), &List::Suppressions, page).await?))
}

/// One of them.
pub async fn get(
    ports: &Ports,
    permit: &Permit<scope::ListsManage>,
    id: SuppressionId,
) -> Result<Suppression, Refusal> {
    let found = load(&*ports.store, permit.organization_id(), key::Suppression(id)).await?;
    found.ok_or(Refusal::NotFound("suppression"))
}

/// Ends one: mail may be asked for to them again. What the provider's own list says of them stays.
pub async fn delete(
    ports: &Ports,
    permit: &Permit<scope::ListsManage>,
    id: SuppressionId,
) -> Result<(), Refusal> {
    let organization_id = permit.organization_id();
    let suppression = get(ports, permit, id).await?;
    let mut entry = ports.audit(organization_id, permit.actor(), "suppression.delete", id);
    entry.details = vec![("source", suppression.source.as_str().to_owned())];
    let change = Change::new(organization_id)
        .write(Write::Remove(Key::Suppression(id)))
        .audit(entry)
        .event(event(ports, EventKind::SuppressionDeleted, &suppression));
    match ports.store.commit(change).await {
        // Somebody else ended it at the same moment.
        Err(StoreError::Conflict(_)) => Err(Refusal::NotFound("suppression")),
        written => Ok(written?),
    }
}
