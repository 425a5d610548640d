//! Conversations.

use domain::mailbox::message::{Message, Thread};
use domain::people::access::{Permit, scope};
use domain::{InboxId, ThreadId};

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{List, Page, PageRequest, key, load, typed};
use crate::mailbox::inboxes;

/// The conversations of an inbox, those with the latest mail first.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::MessagesRead>,
    inbox_id: InboxId,
    page: &PageRequest,
) -> Result<Page<Thread>, Refusal> {
    inboxes::find(ports, permit, inbox_id).await?;
    Ok(typed(ports.store.list(permit.organization_id(), &List::Threads(inbox_id), page).await?))
}

/// A conversation and a page of its mails, oldest first.
pub async fn get(
    ports: &Ports,
    permit: &Permit<scope::MessagesRead>,
    id: ThreadId,
    page: &PageRequest,
) -> Result<(Thread, Page<Message>), Refusal> {
    let organization_id = permit.organization_id();
    let thread = load(&*ports.store, organization_id, key::Thread(id))
        .await?
        .filter(|thread| permit.over(thread.inbox_id).is_ok())
        .ok_or(Refusal::NotFound("thread"))?;
    let messages = typed(ports.store.list(organization_id, &List::ThreadMessages(id), page).await?);
    Ok((thread, messages))
}
