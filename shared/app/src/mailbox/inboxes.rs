//! Inboxes.

use domain::InboxId;
use domain::base::address::HeaderText;
use domain::base::code::Code;
use domain::base::id::Id as _;
use domain::delivery::event::{Event, EventKind, Subject};
use domain::mailbox::inbox::{Inbox, new_address};
use domain::people::access::{Permit, scope};

use crate::base::enter::Once;
use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{
    AddressEntry, Change, DirectoryWrite, List, ListError, Page, PageRequest, key, load, typed,
};

/// What a new inbox is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInbox {
    /// The part before the `@`; none given means a random one.
    pub username: Option<String>,
    /// The name that recipients see.
    pub display_name: Option<HeaderText>,
}

/// Makes an inbox on the installation's domain.
pub async fn create(
    ports: &Ports,
    permit: &Permit<scope::InboxesManage>,
    new: NewInbox,
    once: &Once,
    answer: impl FnOnce(&Inbox) -> (u16, String),
) -> Result<Inbox, Refusal> {
    let organization_id = permit.organization_id();
    let id = ports.inbox_id();
    let username = new.username.unwrap_or_else(|| id.body()[16..].to_owned());
    let address = new_address(&username, &ports.settings.mail_domain)
        .map_err(|error| Refusal::field("username", Code::InvalidUsername, error))?;
    let inbox = Inbox {
        id,
        organization_id,
        address: address.clone(),
        display_name: new.display_name,
        paused: None,
        created_at: ports.now(),
    };
    let event = Event {
        id: ports.event_id(),
        organization_id,
        kind: EventKind::InboxCreated,
        created_at: ports.now(),
        subject: Subject::Inbox(Box::new(inbox.clone())),
    };
    let change = Change::new(organization_id)
        .create(inbox.clone())
        .directory(DirectoryWrite::NewAddress(AddressEntry { address, organization_id, inbox_id: id }))
        .audit(ports.audit(organization_id, permit.actor(), "inbox.create", id))
        .event(event);
    let change = once.save(change, ports.now(), || answer(&inbox));
    match once.commit(ports, change).await {
        // The inbox's own id is random: what can be taken is the address.
        Err(Refusal::Because { code: Code::ChangedMeanwhile, .. }) => {
            Err(Refusal::because(Code::AddressTaken, "this address is taken: choose another username"))
        }
        Err(refusal) => Err(refusal),
        Ok(()) => Ok(inbox),
    }
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
