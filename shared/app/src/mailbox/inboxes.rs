//! Inboxes.

use std::collections::BTreeSet;

use domain::base::address::HeaderText;
use domain::base::code::Code;
use domain::base::id::Id as _;
use domain::delivery::event::{EventKind, Subject};
use domain::mailbox::domains::DomainName;
use domain::mailbox::filter::Span;
use domain::mailbox::inbox::{DomainOf, Inbox, Purge, new_address};
use domain::mailbox::lifecycle::Status;
use domain::mailbox::message::Message;
use domain::people::access::{Permit, scope};
use domain::{InboxId, OrganizationId};

use crate::base::enter::Once;
use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::retry::{Try, retry};
use crate::base::store::{
    AddressEntry, Change, Conflict, DirectoryWrite, Expect, Key, List, ListError, Page, PageRequest,
    StoreError, Write, key, load, typed,
};
use crate::mailbox::domains;

/// What a new inbox is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInbox {
    /// The part before the `@`; none given means a random one.
    pub username: Option<String>,
    /// The name that recipients see.
    pub display_name: Option<HeaderText>,
    /// A verified domain of the organization; none given means the installation's.
    pub domain: Option<DomainName>,
}

/// Makes an inbox, on the installation's domain or on a verified one of the organization.
pub async fn create(
    ports: &Ports,
    permit: &Permit<scope::InboxesManage>,
    new: NewInbox,
    once: &Once,
    answer: impl Fn(&Inbox) -> (u16, String),
) -> Result<Inbox, Refusal> {
    let id = ports.inbox_id();
    let new = NewInbox { username: Some(new.username.unwrap_or_else(|| id.body()[16..].to_owned())), ..new };
    // A domain is written each time that somebody looks whether its records still stand.
    retry(TRIES, "the domain of the inbox kept changing", || async {
        let (inbox, change) = make(ports, permit, id, &new).await?;
        let change = once.save(change, ports.now(), || answer(&inbox));
        match once.try_commit(ports, change).await? {
            Ok(()) => Ok(Try::Done(inbox)),
            // The inbox's own id is random: what can be taken is the address.
            Err(conflicts) if conflicts.contains(&Conflict::Directory) => {
                Err(Refusal::because(Code::AddressTaken, "this address is taken: choose another username"))
            }
            Err(conflicts) if conflicts.iter().any(|it| matches!(it, Conflict::Record(Key::Domain(_)))) => {
                Ok(Try::Again)
            }
            Err(conflicts) => Err(StoreError::Conflict(conflicts).into()),
        }
    })
    .await
}

/// A new inbox, and the change that makes it.
async fn make(
    ports: &Ports,
    permit: &Permit<scope::InboxesManage>,
    id: InboxId,
    new: &NewInbox,
) -> Result<(Inbox, Change), Refusal> {
    let organization_id = permit.organization_id();
    let domain = match &new.domain {
        Some(name) if name.as_str() != ports.settings.mail_domain => {
            Some(domains::verified(ports, organization_id, name).await?)
        }
        _ => None,
    };
    let (name, of) = match &domain {
        Some(domain) => (domain.name.as_str(), DomainOf::Organization),
        None => (&*ports.settings.mail_domain, DomainOf::Installation),
    };
    let address = new_address(new.username.as_deref().unwrap_or_default(), name, of)
        .map_err(|error| Refusal::field("username", Code::InvalidUsername, error))?;
    let inbox = Inbox {
        id,
        organization_id,
        address: address.clone(),
        domain_id: domain.as_ref().map(|domain| domain.id),
        display_name: new.display_name.clone(),
        paused: None,
        created_at: ports.now(),
        provider: None,
    };
    let event =
        ports.event(organization_id, EventKind::InboxCreated, Subject::Inbox(Box::new(inbox.clone())));
    let mut change = Change::new(organization_id).create(inbox.clone());
    if let Some(domain) = &domain {
        let counted = domains::count_inboxes(organization_id, domain.id);
        change = change.write(Write::Unchanged(Key::Domain(domain.id), domain.version)).write(Write::Count {
            key: counted,
            by: 1,
            limit: None,
            expires_at: jiff::Timestamp::MAX,
        });
    }
    let change = change
        .directory(DirectoryWrite::NewAddress(AddressEntry { address, organization_id, inbox_id: id }))
        .audit(ports.audit(organization_id, permit.actor(), "inbox.create", id))
        .event(event);
    Ok((inbox, change))
}

/// One inbox.
pub async fn get(ports: &Ports, permit: &Permit<scope::MessagesRead>, id: InboxId) -> Result<Inbox, Refusal> {
    permit.over(id)?;
    find(ports, permit, id).await
}

/// The inbox, if the permit reaches it.
pub async fn find<S>(ports: &Ports, permit: &Permit<S>, id: InboxId) -> Result<Inbox, Refusal> {
    permit.over(id)?;
    load(&*ports.store, permit.organization_id(), key::Inbox(id)).await?.ok_or(Refusal::NotFound("inbox"))
}

/// A change that loses against another is made anew at most so often.
const TRIES: usize = 5;
/// So many of its latest mails are looked at before an inbox is deleted.
const LATEST: u16 = 100;

/// Gives an inbox another name beside its address, or none.
pub async fn update(
    ports: &Ports,
    permit: &Permit<scope::InboxesManage>,
    id: InboxId,
    display_name: Option<&HeaderText>,
) -> Result<Inbox, Refusal> {
    retry(TRIES, "the inbox kept changing", || async {
        let inbox = find(ports, permit, id).await?;
        let named = Inbox { display_name: display_name.cloned(), ..inbox.clone() };
        if named == inbox {
            return Ok(Try::Done(inbox));
        }
        let entry = ports.audit(permit.organization_id(), permit.actor(), "inbox.update", id);
        // One that is gone is not made anew, and a pause that comes meanwhile is not undone.
        let expect = Expect::Paused(inbox.paused.map(|pause| pause.at));
        let change = Change::new(permit.organization_id()).write(Write::put(named.clone(), expect));
        Try::of(ports.store.commit(change.audit(entry)).await, named)
    })
    .await
}

/// Deletes an inbox: from then on it is not there, and its address leads nowhere and stays taken. A job calls off what waits in it and
/// deletes its mail; what the gate let go already is stopped by the last look, which misses the inbox.
pub async fn delete(
    ports: &Ports,
    permit: &Permit<scope::InboxesManage>,
    id: InboxId,
) -> Result<(), Refusal> {
    let (organization_id, inbox) = (permit.organization_id(), find(ports, permit, id).await?);
    if inbox.provider.is_some() {
        return Err(Refusal::Because {
            code: Code::InboxOfAccount,
            message: "this is the inbox of a connected account: disconnect that".to_owned(),
            details: vec![("account_id", id.account_id().to_string())],
        });
    }
    let address = inbox.address.clone();
    let event =
        ports.event(organization_id, EventKind::InboxDeleted, Subject::Inbox(Box::new(inbox.clone())));
    let change = removed(ports, &inbox)
        .await?
        .directory(DirectoryWrite::RetireAddress(AddressEntry { address, organization_id, inbox_id: id }))
        .audit(ports.audit(organization_id, permit.actor(), "inbox.delete", id))
        .event(event);
    let change = match inbox.domain_id {
        Some(domain) => {
            change.write(Write::Uncount { key: domains::count_inboxes(organization_id, domain), by: 1 })
        }
        None => change,
    };
    match ports.store.commit(change).await {
        Err(StoreError::Conflict(conflicts)) if conflicts.contains(&Conflict::Record(Key::Inbox(id))) => {
            Err(Refusal::NotFound("inbox"))
        }
        written => Ok(written?),
    }
}

/// The change that takes an inbox away and has a job delete what is in it, where none of its latest mails is being sent at this moment.
pub(crate) async fn removed(ports: &Ports, inbox: &Inbox) -> Result<Change, Refusal> {
    let (organization_id, id) = (inbox.organization_id, inbox.id);
    let page = PageRequest { limit: LATEST, cursor: None };
    let latest = ports.store.list(organization_id, &List::Messages(id, Span::default()), &page).await?;
    let sending =
        |message: &Message| message.outbound().is_some_and(|outbound| outbound.status() == Status::Sending);
    if let Some(message) = typed::<Message>(latest).items.into_iter().find(sending) {
        return Err(Refusal::Because {
            code: Code::MessageNotEnded,
            message: "a mail of this inbox is being sent at this moment: repeat the request in a minute"
                .to_owned(),
            details: vec![("message_id", message.id.to_string())],
        });
    }
    let change = Change::new(organization_id).write(Write::Remove(Key::Inbox(id)));
    Ok(change.create(Purge::of(inbox, ports.now())))
}

/// A page without what is in inboxes that were deleted: it is there until a job has deleted it.
pub(crate) async fn without_deleted<T>(
    ports: &Ports,
    organization_id: OrganizationId,
    mut page: Page<T>,
    inbox_of: impl Fn(&T) -> InboxId,
) -> Result<Page<T>, Refusal> {
    let inboxes: BTreeSet<_> = page.items.iter().map(&inbox_of).collect();
    if inboxes.is_empty() {
        return Ok(page);
    }
    let wanted: Vec<_> = inboxes.into_iter().map(key::Inbox).collect();
    let found = load(&*ports.store, organization_id, wanted).await?;
    let found: BTreeSet<_> = found.into_iter().flatten().map(|inbox| inbox.id).collect();
    page.items.retain(|item| found.contains(&inbox_of(item)));
    Ok(page)
}

/// The inboxes that the caller may see.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::MessagesRead>,
    page: &PageRequest,
) -> Result<Page<Inbox>, Refusal> {
    let organization_id = permit.organization_id();
    let Some(own) = &permit.principal().inboxes else {
        return Ok(typed::<Inbox>(ports.store.list(organization_id, &List::Inboxes, page).await?));
    };
    // A token that is limited to some has them fetched by name: they may stand far down in the list of all.
    let after = page.cursor.as_deref().map(InboxId::parse).transpose().map_err(|_| ListError::Cursor)?;
    let mut ids = own.iter().copied().filter(|id| after.is_none_or(|after| *id > after)).peekable();
    let some: Vec<_> = ids.by_ref().take(usize::from(page.limit)).collect();
    let next = ids.peek().and(some.last()).map(ToString::to_string);
    let wanted: Vec<_> = some.into_iter().map(key::Inbox).collect();
    let found = load(&*ports.store, organization_id, wanted).await?;
    Ok(Page { items: found.into_iter().flatten().collect(), next })
}
