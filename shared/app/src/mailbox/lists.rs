//! Reading a list until a page is full of what somebody wants.

use domain::OrganizationId;
use domain::mailbox::message::{Mark, Message};

use crate::base::error::Refusal;
use crate::base::ports::Ports;
use crate::base::store::{List, Page, PageRequest, Record, key, load};

/// Where not all is wanted, so many entries are read in one call.
const CHUNK: u16 = 100;
/// At most so many entries are looked at for one page. Of a filter that takes few, a page may be short, or even empty, and have a
/// cursor all the same.
pub const LOOKED_AT: usize = 1_000;

/// A page of those entries of a list that `takes` takes. Where it takes all but a few, `narrow` is false, and no more is read than
/// the page has.
pub(crate) async fn list_some<T: TryFrom<Record>>(
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
        let entries = resolve(ports, organization_id, found.items).await?;
        looked_at += usize::from(request.limit);
        let count = entries.len();
        for (i, (entry, record)) in entries.into_iter().enumerate() {
            let Ok(item) = T::try_from(record) else { continue };
            if !takes(&item) {
                continue;
            }
            items.push(item);
            if items.len() == usize::from(page.limit) {
                let is_last = i + 1 == count;
                let next =
                    if is_last { found.next } else { ports.store.cursor(organization_id, list, &entry) };
                return Ok(Page { items, next });
            }
        }
        match found.next {
            next @ Some(_) if narrow && looked_at < LOOKED_AT => request.cursor = next,
            next => return Ok(Page { items, next }),
        }
    }
}

/// The entries of a list, each with what it stands for: a mark for its mail, all else for itself.
async fn resolve(
    ports: &Ports,
    organization_id: OrganizationId,
    entries: Vec<Record>,
) -> Result<Vec<(Record, Record)>, Refusal> {
    let marks: Vec<Mark> = entries.iter().filter_map(|entry| Mark::try_from(entry.clone()).ok()).collect();
    if marks.is_empty() {
        return Ok(entries.into_iter().map(|entry| (entry.clone(), entry)).collect());
    }
    let wanted: Vec<_> = marks.iter().map(|mark| key::Message(mark.inbox_id, mark.message_id)).collect();
    let messages: Vec<Option<Message>> = load(&*ports.store, organization_id, wanted).await?;
    let pair = |(mark, message): (Mark, Option<Message>)| Some((Record::from(mark), message?.into()));
    Ok(marks.into_iter().zip(messages).filter_map(pair).collect())
}
