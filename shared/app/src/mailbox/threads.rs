//! Conversations.

use domain::mailbox::filter::{Span, ThreadFilter};
use domain::mailbox::message::{Message, Thread};
use domain::people::access::{Permit, scope};
use domain::{InboxId, ThreadId};
use futures_util::future::join_all;

use crate::base::error::Refusal;
use crate::base::ports::{Blobs, Ports};
use crate::base::store::{List, Page, PageRequest, key, load, typed};
use crate::mailbox::inboxes;
use crate::mailbox::lists::list_some;
use crate::mailbox::messages::read_detail;

/// The conversations of an inbox, or of all inboxes, those with the latest mail first, as far as the filter takes them.
pub async fn list(
    ports: &Ports,
    permit: &Permit<scope::MessagesRead>,
    inbox_id: Option<InboxId>,
    filter: &ThreadFilter,
    page: &PageRequest,
) -> Result<Page<Thread>, Refusal> {
    if let Some(inbox_id) = inbox_id {
        inboxes::find(ports, permit, inbox_id).await?;
    }
    let list =
        inbox_id.map_or(List::AllThreads(filter.span), |inbox_id| List::Threads(inbox_id, filter.span));
    let takes = |thread: &Thread| filter.takes(thread) && permit.over(thread.inbox_id).is_ok();
    // The list has the span.
    let rest = ThreadFilter { span: Span::default(), ..filter.clone() };
    let narrow = rest != ThreadFilter::default() || inbox_id.is_none() && permit.is_limited();
    let found = list_some(ports, permit.organization_id(), &list, page, narrow, takes).await?;
    if inbox_id.is_some() {
        return Ok(found);
    }
    inboxes::without_deleted(ports, permit.organization_id(), found, |thread| thread.inbox_id).await
}

/// A mail of a conversation with what it says that is new.
#[derive(Debug, Clone)]
pub struct Turn {
    /// What the list shows.
    pub message: Message,
    /// Its text without what it quotes; nothing where it has none, or is left out.
    pub text: Option<String>,
    /// Its text is left out: with the mails before it, it is more than one response has, or its bytes can't be had.
    pub left_out: bool,
}

/// The mails of a page are read as long as they have no more bytes than this together, with their files.
const READ: u64 = 8 * 1024 * 1024;
/// Their texts together are no longer than this, in bytes of a response, which takes 6 MB with all else.
const TEXTS: usize = 2 * 1024 * 1024;

/// The length of a text in a response: it is escaped as JSON, and the response is escaped once more on its way.
fn escaped_length(text: &str) -> usize {
    text.bytes()
        .map(|byte| match byte {
            b'"' | b'\\' => 4,
            b'\n' | b'\t' => 3,
            0..0x20 => 7,
            _ => 1,
        })
        .sum()
}

/// The conversation, if the permit reaches it and it has any mail outside of the trash.
pub(crate) async fn find<S>(ports: &Ports, permit: &Permit<S>, id: ThreadId) -> Result<Thread, Refusal> {
    let organization_id = permit.organization_id();
    let thread = load(&*ports.store, organization_id, key::Thread(id))
        .await?
        .filter(|thread| thread.message_count > 0 && permit.over(thread.inbox_id).is_ok())
        .ok_or(Refusal::NotFound("thread"))?;
    let inbox = load(&*ports.store, organization_id, key::Inbox(thread.inbox_id)).await?;
    inbox.map(|_| thread).ok_or(Refusal::NotFound("thread"))
}

/// A conversation and a page of its mails, oldest first, with what each says that is new.
pub async fn get(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::MessagesRead>,
    id: ThreadId,
    page: &PageRequest,
) -> Result<(Thread, Page<Turn>), Refusal> {
    let organization_id = permit.organization_id();
    let thread = find(ports, permit, id).await?;
    let messages =
        typed::<Message>(ports.store.list(organization_id, &List::ThreadMessages(id), page).await?);
    let mut sum = 0;
    let reads = messages.items.into_iter().map(|message| {
        let fits = sum + message.size <= READ;
        if fits {
            sum += message.size;
        }
        async move {
            if !fits {
                return (message, None);
            }
            // A mail whose bytes can't be had does not hide the others.
            let detail = read_detail(blobs, message.clone()).await;
            if let Err(error) = &detail {
                tracing::warn!(message_id = %message.id, %error, "a mail of a conversation can't be read");
            }
            (message, detail.ok())
        }
    });
    let (mut turns, mut texts) = (vec![], 0);
    for (message, detail) in join_all(reads).await {
        let read = detail.is_some();
        let text = detail.and_then(|detail| detail.extracted_text.or(detail.text));
        let length = text.as_deref().map_or(0, escaped_length);
        let fits = texts + length <= TEXTS;
        if fits {
            texts += length;
        }
        turns.push(Turn { message, left_out: !read || !fits, text: text.filter(|_| fits) });
    }
    Ok((thread, Page { items: turns, next: messages.next }))
}
