//! Reading a list until a page is full of what somebody wants.

use domain::OrganizationId;
use domain::mailbox::message::{Mark, Message, Trashed};

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{List, Page, PageRequest, Record, key, load};

/// Where not all is wanted, so many entries are read in one call.
const CHUNK: u16 = 100;
/// At most so many entries are looked at for one page. Of a filter that takes few, a page may be short, or even empty, and have a
/// cursor all the same.
const LOOKED_AT: usize = 1_000;

/// A page of those entries of a list that `takes` takes; of marks, the mails that have them. Where the list has all but nothing that
/// it does not take, `narrow` is false, and no more is read than the page has.
pub(crate) async fn list_some<T: TryFrom<Record> + Into<Record> + Clone>(
    ports: &Ports,
    organization_id: OrganizationId,
    list: &List,
    page: &PageRequest,
    narrow: bool,
    takes: impl Fn(&T) -> bool,
) -> Result<Page<T>, Refusal> {
    let mut request = PageRequest { limit: if narrow { CHUNK } else { page.limit }, ..page.clone() };
    let (mut items, mut looked_at) = (vec![], 0);
    loop {
        let found = ports.store.list(organization_id, list, &request).await?;
        looked_at += usize::from(request.limit);
        let records = match list {
            List::Labelled(..) => load_marked(ports, organization_id, found.items).await?,
            List::Trash(..) | List::AllTrash(_) => {
                let now = ports.now();
                let trashed = found.items.into_iter().filter_map(|record| Trashed::try_from(record).ok());
                trashed.filter_map(|it| it.shown(now).cloned()).map(Record::from).collect()
            }
            _ => found.items,
        };
        let mut records = records.into_iter();
        while let Some(record) = records.next() {
            let Ok(item) = T::try_from(record) else { continue };
            if !takes(&item) {
                continue;
            }
            let is_full = items.len() + 1 == usize::from(page.limit);
            let entry = is_full.then(|| item.clone());
            items.push(item);
            if let Some(entry) = entry {
                let is_last = records.len() == 0;
                let next = if is_last {
                    found.next
                } else {
                    ports.store.cursor(organization_id, list, &entry_of(list, entry.into()))
                };
                return Ok(Page { items, next });
            }
        }
        match found.next {
            next @ Some(_) if narrow && looked_at < LOOKED_AT => request.cursor = next,
            next => return Ok(Page { items, next }),
        }
    }
}

/// The mails that marks stand for, those that are there.
async fn load_marked(
    ports: &Ports,
    organization_id: OrganizationId,
    marks: Vec<Record>,
) -> Result<Vec<Record>, Refusal> {
    let marks = marks.into_iter().filter_map(|record| Mark::try_from(record).ok());
    let wanted: Vec<_> = marks.map(|mark| key::Message(mark.inbox_id, mark.message_id)).collect();
    let messages: Vec<Option<Message>> = load(&*ports.store, organization_id, wanted).await?;
    Ok(messages.into_iter().flatten().map(Record::from).collect())
}

/// What a list has in place of a record: of a mail among those of a label, its mark.
fn entry_of(list: &List, record: Record) -> Record {
    match (list, record) {
        (List::Labelled(inbox_id, label), Record::Message(message)) => {
            Mark { inbox_id: *inbox_id, label: label.clone(), message_id: message.id }.into()
        }
        // What places a mail in the trash follows from the mail alone.
        (List::Trash(..) | List::AllTrash(_), Record::Message(message)) => {
            let since = message.trash.map_or(message.created_at, |trash| trash.at);
            Trashed::keep(&message, since).into()
        }
        (_, record) => record,
    }
}
