//! Labels, and what was read.

use std::collections::{BTreeMap, BTreeSet};

use domain::base::code::Code;
use domain::mailbox::label::Label;
use domain::mailbox::message::{Mark, Message, Thread, ThreadMarks};
use domain::people::access::{Permit, scope};
use domain::{InboxId, MessageId, OrganizationId, ThreadId};
use futures_util::future::join_all;

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::retry::{Try, retry_apart};
use crate::base::store::{Change, Expect, Key, List, PageRequest, Write, key, load, typed};
use crate::mailbox::messages::{Several, find_several};
use crate::mailbox::threads;
use crate::mailbox::trash::load_shown;

/// What becomes of a mail's marks. What is not named stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marking {
    /// Labels to have.
    pub add: BTreeSet<Label>,
    /// Labels to lose.
    pub remove: BTreeSet<Label>,
    /// Whether it was read.
    pub read: Option<bool>,
}

impl Marking {
    /// The mail with these marks. One that goes out is never unread.
    fn apply(&self, message: &Message) -> Message {
        let mut labels = message.labels.clone();
        labels.extend(self.add.iter().cloned());
        labels.retain(|label| !self.remove.contains(label));
        let unread = self.read.map_or(message.unread, |read| !read && message.outbound().is_none());
        Message { labels, unread, ..message.clone() }
    }
}

/// A change that loses against another is made anew at most so often.
const TRIES: usize = 8;
/// So many labels the mails of a conversation have together: what the conversation shows of them must not fill its record.
const THREAD_LABELS: usize = 200;
/// So many mails are marked in one transaction, which `DynamoDB` takes up to 4 MB.
const AT_ONCE: usize = 15;
/// So many writes are one transaction, with the conversation's own: `DynamoDB` takes 100.
const WRITES: usize = 90;
/// A conversation with more mails than these is marked in its latest ones.
const MARKED: usize = 500;

/// Conversations of a batch are marked so many side by side.
const SIDE_BY_SIDE: usize = 8;

/// Marks a mail.
pub async fn mark(
    ports: &Ports,
    permit: &Permit<scope::MessagesModify>,
    inbox_id: InboxId,
    id: MessageId,
    marking: &Marking,
) -> Result<Message, Refusal> {
    permit.over(inbox_id)?;
    let mut marked = mark_some(ports, permit.organization_id(), inbox_id, &[id], marking).await?;
    if let Some(marked) = marked.pop() {
        return Ok(marked);
    }
    Err(not_marked(load_shown(ports, permit.organization_id(), inbox_id, id).await?.as_ref()))
}

/// Why a mail can't be marked that is not among those of its inbox.
fn not_marked(found: Option<&Message>) -> Refusal {
    match found {
        Some(_) => Refusal::because(
            Code::MessageInTrash,
            "this mail is in the trash, and keeps its labels there: restore it first (POST …/restore)",
        ),
        None => Refusal::NotFound("message"),
    }
}

/// Marks mails that are named one by one, each once. Those of one conversation are marked together, so that none conflicts with
/// another; one that can't be marked does not keep the others, and is told of.
pub async fn mark_several(
    ports: &Ports,
    permit: &Permit<scope::MessagesModify>,
    named: &[(InboxId, MessageId)],
    marking: &Marking,
) -> Result<Several, Refusal> {
    let mut several = find_several(ports, permit, named).await?;
    let mut conversations: BTreeMap<(InboxId, ThreadId), Vec<MessageId>> = BTreeMap::new();
    for message in several.found.iter().filter(|message| message.trash.is_none()) {
        conversations.entry((message.inbox_id, message.thread_id)).or_default().push(message.id);
    }
    let conversations: Vec<_> = conversations.into_iter().collect();
    let mut marked = BTreeMap::new();
    for some in conversations.chunks(SIDE_BY_SIDE) {
        let all = some.iter().map(|((inbox_id, _), ids)| {
            mark_one_by_one(ports, permit.organization_id(), *inbox_id, ids, marking)
        });
        marked.extend(join_all(all).await.into_iter().flatten());
    }
    for message in std::mem::take(&mut several.found) {
        let name = (message.inbox_id, message.id);
        match marked.remove(&name) {
            Some(Ok(Some(message))) => several.found.push(message),
            Some(Err(refusal)) => several.failed.push((name, refusal)),
            None if message.trash.is_some() => several.failed.push((name, not_marked(Some(&message)))),
            // It went away meanwhile.
            Some(Ok(None)) | None => several.not_found.push(name),
        }
    }
    Ok(several)
}

/// What came of marking a mail: none where it is not there.
type Outcome = ((InboxId, MessageId), Result<Option<Message>, Refusal>);

/// Marks mails of one conversation together where that can be, and each for itself where one of them is in the way.
async fn mark_one_by_one(
    ports: &Ports,
    organization_id: OrganizationId,
    inbox_id: InboxId,
    ids: &[MessageId],
    marking: &Marking,
) -> Vec<Outcome> {
    let mut outcomes = vec![];
    for some in ids.chunks(at_once(marking)) {
        let parts: Vec<&[MessageId]> = match mark_some(ports, organization_id, inbox_id, some, marking).await
        {
            Ok(marked) => {
                let find = |id: &MessageId| marked.iter().find(|message| message.id == *id).cloned();
                outcomes.extend(some.iter().map(|id| ((inbox_id, *id), Ok(find(id)))));
                continue;
            }
            Err(Refusal::Invalid(_)) if some.len() > 1 => some.chunks(1).collect(),
            Err(refusal) => {
                tracing::warn!(%inbox_id, %refusal, "mails of a batch were not marked");
                outcomes.extend(some.iter().map(|id| ((inbox_id, *id), Err(refusal.clone()))));
                continue;
            }
        };
        for one in parts {
            let marked = mark_some(ports, organization_id, inbox_id, one, marking).await;
            outcomes.extend(one.iter().map(|id| {
                ((inbox_id, *id), marked.as_ref().map(|it| it.first().cloned()).map_err(Clone::clone))
            }));
        }
    }
    outcomes
}

/// So many mails are marked in one transaction: a mail and its marks, and their conversation.
fn at_once(marking: &Marking) -> usize {
    (WRITES / (1 + marking.add.len() + marking.remove.len())).clamp(1, AT_ONCE)
}

/// Marks mails of one conversation in one transaction, and gives those that exist.
async fn mark_some(
    ports: &Ports,
    organization_id: OrganizationId,
    inbox_id: InboxId,
    ids: &[MessageId],
    marking: &Marking,
) -> Result<Vec<Message>, Refusal> {
    retry_apart(ports, TRIES, "the conversation kept changing", || async {
        let wanted: Vec<_> = ids.iter().map(|id| key::Message(inbox_id, *id)).collect();
        let (inbox, messages) = load(&*ports.store, organization_id, (key::Inbox(inbox_id), wanted)).await?;
        // Of an inbox that is gone there is nothing.
        let messages: Vec<Message> = messages.into_iter().flatten().filter(|_| inbox.is_some()).collect();
        let pairs: Vec<(Message, Message)> =
            messages.into_iter().map(|message| (marking.apply(&message), message)).collect();
        if pairs.iter().any(|(marked, _)| marked.labels.len() > Label::MOST) {
            let text = format!("are too many: a mail has at most {}", Label::MOST);
            return Err(Refusal::field("add_labels", Code::TooMany, text));
        }
        let changed: Vec<_> = pairs.iter().filter(|(marked, message)| marked != message).collect();
        let Some((_, first)) = changed.first() else {
            return Ok(Try::Done(pairs.into_iter().map(|(marked, _)| marked).collect()));
        };
        let thread = load(&*ports.store, organization_id, key::Thread(first.thread_id)).await?;
        let change = change(organization_id, &changed, thread.as_ref());
        let labels = change.writes.iter().find_map(|write| match write {
            Write::Marks(marks) => marks.labels.as_ref().map(|(_, labels)| labels.len()),
            _ => None,
        });
        if labels.is_some_and(|count| count > THREAD_LABELS) {
            let text =
                format!("are too many: the mails of a conversation have at most {THREAD_LABELS} labels");
            return Err(Refusal::field("add_labels", Code::TooMany, text));
        }
        let answer = pairs.iter().map(|(marked, message)| {
            let raised = u64::from(marked != message);
            Message { version: marked.version + raised, ..marked.clone() }
        });
        Try::of(ports.store.commit(change).await, answer.collect())
    })
    .await
}

/// Mails with their new marks, what finds them by their labels, and what their conversation shows of both.
fn change(
    organization_id: OrganizationId,
    changed: &[&(Message, Message)],
    thread: Option<&Thread>,
) -> Change {
    let mut change = Change::new(organization_id);
    let mut counts: BTreeMap<Label, u64> = thread.map(|thread| thread.labels.clone()).unwrap_or_default();
    let mut unread = 0;
    for (marked, message) in changed {
        change = change.update(marked.clone());
        unread += i64::from(marked.unread) - i64::from(message.unread);
        let (inbox_id, message_id) = (message.inbox_id, message.id);
        for label in marked.labels.difference(&message.labels) {
            let mark = Mark { inbox_id, label: label.clone(), message_id };
            change = change.write(Write::put(mark, Expect::Anything));
            *counts.entry(label.clone()).or_default() += 1;
        }
        for label in message.labels.difference(&marked.labels) {
            change = change.write(Write::Delete(Key::Mark(inbox_id, label.clone(), message_id)));
            if let Some(count) = counts.get_mut(label) {
                *count = count.saturating_sub(1);
            }
        }
    }
    counts.retain(|_, count| *count > 0);
    let Some(thread) = thread else { return change };
    let labels = (counts != thread.labels).then(|| (thread.labels.clone(), counts));
    if unread == 0 && labels.is_none() {
        return change;
    }
    change.write(Write::Marks(ThreadMarks { thread_id: thread.id, unread, labels }))
}

/// Marks all mails of a conversation, at most its latest [`MARKED`], and gives it as it is then. It is done part by part: where one
/// is refused, those before it are marked.
pub async fn mark_thread(
    ports: &Ports,
    permit: &Permit<scope::MessagesModify>,
    id: ThreadId,
    marking: &Marking,
) -> Result<Thread, Refusal> {
    let organization_id = permit.organization_id();
    let inbox_id = threads::find(ports, permit, id).await?.inbox_id;
    let (mut page, mut seen) = (PageRequest { limit: 100, cursor: None }, 0);
    while seen < MARKED {
        let found = ports.store.list(organization_id, &List::LatestInThread(id), &page).await?;
        let next = found.next.clone();
        let messages = typed::<Message>(found).items;
        seen += messages.len();
        // The index may be behind: each is loaded, and those that stay as they are cost no write.
        let wanted: Vec<_> = messages.iter().map(|message| message.id).collect();
        // One part after the other, since all of them change the conversation.
        for some in wanted.chunks(at_once(marking)) {
            mark_some(ports, organization_id, inbox_id, some, marking).await?;
        }
        page.cursor = next;
        if page.cursor.is_none() {
            break;
        }
    }
    threads::find(ports, permit, id).await
}
