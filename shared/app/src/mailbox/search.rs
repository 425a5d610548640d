//! Finding mail by its words.

use std::collections::{BTreeMap, BTreeSet};

use ::search::{
    Condition, Cursor, Document, Field, Fragment, Hit, Options, Order, Query, Read, Search, Source, Step,
    highlight,
};
use bytes::Bytes;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::mailbox::filter::Span;
use domain::mailbox::index::{Index, is_found};
use domain::mailbox::label::Label;
use domain::mailbox::message::Message;
use domain::people::access::{Permit, scope};
use domain::{InboxId, MessageId, OrganizationId};
use futures_util::future::try_join_all;

use crate::base::error::{FieldError, Refusal};
use crate::base::ports::{BlobError, BlobKey, Blobs, Ports};
use crate::base::store::{List, ListError, Page, PageRequest, key, load, typed};
use crate::mailbox::inboxes;
use crate::mailbox::index::{document, named, read_text, recipients};

pub use ::search::{Fragment as Piece, Order as Sort};

/// A search looks into so many inboxes at most.
pub const MOST_INBOXES: usize = 20;
/// So many young mails of all inboxes are read as they are, because no segment has them yet.
const MOST_YOUNG: usize = 50;
/// Of a young mail that is larger than this, in bytes, only the beginning of the body is known until it is in a segment.
const YOUNG_SIZE: u64 = 1024 * 1024;
/// So many reads are made side by side.
const AT_ONCE: usize = 16;
/// So many mails with the words are looked up for one page; of a filter that takes few of them it may be short, or empty, and have a
/// cursor all the same.
const LOOKED_AT: usize = 500;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The query, as it was written.
    pub query: String,
    /// In these inboxes; none for all that the caller may see.
    pub inbox_ids: Option<Vec<InboxId>>,
    /// In which order.
    pub order: Order,
    /// Which part.
    pub page: PageRequest,
}

/// A mail that was found, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundMail {
    /// The mail.
    pub message: Message,
    /// In its subject.
    pub subject: Vec<Fragment>,
    /// In its author.
    pub from: Vec<Fragment>,
    /// In its recipients.
    pub to: Vec<Fragment>,
    /// In its body, as far as that is kept.
    pub text: Vec<Fragment>,
    /// In names of files.
    pub files: Vec<Fragment>,
}

/// Finds mails.
pub async fn search(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::MessagesRead>,
    wanted: &Wanted,
) -> Result<Page<FoundMail>, Refusal> {
    let (query, labels) = read_query(&wanted.query)?;
    let organization_id = permit.organization_id();
    let inboxes = choose(ports, permit, wanted.inbox_ids.as_deref()).await?;
    let check = check_of(organization_id, wanted);
    let behind = wanted.page.cursor.as_deref().map(|it| open_cursor(it, &check)).transpose()?;
    let shelf = open(ports, blobs, organization_id, &inboxes, &query).await?;
    let limit = usize::from(wanted.page.limit);
    let filtered =
        query.clauses.iter().any(|it| matches!(it.condition, Condition::Label(_) | Condition::Unread(_)));
    let options =
        Options { order: wanted.order, limit: if filtered { limit.max(100) } else { limit }, behind };
    let mut search = Search::new(&query, options, shelf.sources.clone());
    let (mut found, mut looked_at) = (vec![], 0);
    loop {
        let hits = run(blobs, &shelf, &mut search).await?;
        looked_at += hits.hits.len();
        let rows = load_rows(ports, organization_id, &shelf, &hits.hits).await?;
        let count = hits.hits.len();
        for (n, (hit, message)) in hits.hits.into_iter().zip(rows).enumerate() {
            let cursor = hit.cursor;
            if let Some(message) = message.filter(|it| is_found(it) && takes(&query, &labels, it)) {
                found.push(show(&query, hit, message));
            }
            if found.len() == limit {
                let more = hits.more || n + 1 < count;
                return Ok(Page { items: found, next: more.then(|| seal_cursor(&check, cursor)) });
            }
            search.go_on(cursor);
        }
        if !hits.more {
            return Ok(Page { items: found, next: None });
        }
        if looked_at >= LOOKED_AT {
            let next = search.behind().map(|cursor| seal_cursor(&check, cursor));
            return Ok(Page { items: found, next });
        }
    }
}

/// The query, and the labels that it names.
fn read_query(text: &str) -> Result<(Query, BTreeMap<String, Label>), Refusal> {
    let wrong = |message: String| Refusal::field("query", Code::InvalidQuery, message);
    let query = ::search::parse(text).map_err(|error| wrong(error.to_string()))?;
    let mut labels = BTreeMap::new();
    for clause in &query.clauses {
        if let Condition::Label(text) = &clause.condition {
            let at = clause.position + 1;
            let label =
                Label::parse(text).map_err(|error| wrong(format!("label: {error} (at character {at})")))?;
            labels.insert(text.clone(), label);
        }
    }
    Ok((query, labels))
}

/// The inboxes to look into.
async fn choose(
    ports: &Ports,
    permit: &Permit<scope::MessagesRead>,
    named: Option<&[InboxId]>,
) -> Result<Vec<InboxId>, Refusal> {
    let too_many = || {
        let message = format!("a search looks into at most {MOST_INBOXES} inboxes: name those that matter");
        Refusal::field("inbox_ids", Code::TooMany, message)
    };
    let Some(named) = named else {
        let most = u16::try_from(MOST_INBOXES + 1).unwrap_or(u16::MAX);
        let all = inboxes::list(ports, permit, &PageRequest { limit: most, cursor: None }).await?;
        if all.items.len() > MOST_INBOXES || all.next.is_some() {
            return Err(too_many());
        }
        return Ok(all.items.into_iter().map(|inbox| inbox.id).collect());
    };
    let named: BTreeSet<_> = named.iter().copied().collect();
    if named.len() > MOST_INBOXES {
        return Err(too_many());
    }
    let wanted: Vec<_> = named.iter().map(|id| key::Inbox(*id)).collect();
    let found = load(&*ports.store, permit.organization_id(), wanted).await?;
    let unknown: Vec<_> = named
        .iter()
        .zip(found)
        .filter(|(id, found)| found.is_none() || permit.over(**id).is_err())
        .map(|(id, _)| FieldError::new("inbox_ids", Code::UnknownInbox, format!("there is no inbox {id}")))
        .collect();
    if unknown.is_empty() { Ok(named.into_iter().collect()) } else { Err(Refusal::Invalid(unknown)) }
}

/// What is looked through: the segments of some inboxes, and their young mails as one more.
struct Shelf {
    sources: Vec<Source>,
    /// Where the segment of each source lies; of the last one, nowhere.
    places: Vec<Place>,
    /// The inbox of each young mail.
    young: BTreeMap<MessageId, InboxId>,
}

enum Place {
    Object(InboxId, BlobKey),
    Memory(Bytes),
}

async fn open(
    ports: &Ports,
    blobs: &dyn Blobs,
    organization_id: OrganizationId,
    inboxes: &[InboxId],
    query: &Query,
) -> Result<Shelf, Refusal> {
    let wanted: Vec<_> = inboxes.iter().map(|id| key::Index(*id)).collect();
    let indexes: Vec<Option<Index>> = load(&*ports.store, organization_id, wanted).await?;
    let mut shelf = Shelf { sources: vec![], places: vec![], young: BTreeMap::new() };
    for (inbox_id, index) in inboxes.iter().zip(&indexes) {
        for segment in index.iter().flat_map(|index| &index.segments) {
            shelf.sources.push(Source {
                newest: segment.newest.bits(),
                oldest: segment.oldest.bits(),
                docs: segment.mails,
                size: segment.size,
                tail: segment.tail,
            });
            let object = BlobKey::Segment(organization_id, *inbox_id, segment.name);
            shelf.places.push(Place::Object(*inbox_id, object));
        }
    }
    let since = ports.now() - Index::TAIL;
    if query.before.is_some_and(|before| before <= since) {
        return Ok(shelf);
    }
    let page = PageRequest { limit: 100, cursor: None };
    let lists: Vec<_> =
        inboxes.iter().map(|id| List::Messages(*id, Span { after: Some(since), before: None })).collect();
    let lists = try_join_all(lists.iter().map(|list| ports.store.list(organization_id, list, &page))).await?;
    let mut young: Vec<Message> = vec![];
    for (list, index) in lists.into_iter().zip(&indexes) {
        let known = |id: &MessageId| index.as_ref().is_some_and(|index| index.recent.contains(id));
        young.extend(typed::<Message>(list).items.into_iter().filter(|it| is_found(it) && !known(&it.id)));
    }
    young.sort_by_key(|it| std::cmp::Reverse(it.id));
    young.truncate(MOST_YOUNG);
    let mut documents = vec![];
    for some in young.chunks(AT_ONCE) {
        documents.extend(try_join_all(some.iter().map(|message| read_young(blobs, message))).await?);
    }
    if !documents.is_empty() {
        let segment = Bytes::from(::search::build(&documents));
        shelf.sources.push(Source::of(&segment).map_err(|error| Refusal::Internal(error.to_string()))?);
        shelf.places.push(Place::Memory(segment));
        shelf.young = young.into_iter().map(|it| (it.id, it.inbox_id)).collect();
    }
    Ok(shelf)
}

/// Runs a search until it has its page.
async fn run(blobs: &dyn Blobs, shelf: &Shelf, search: &mut Search<'_>) -> Result<::search::Found, Refusal> {
    let broken = |error: ::search::Broken| {
        // Whoever searches may find the rest by naming other inboxes or times; who operates this is called by the alarm on 503.
        let name = match shelf.places.get(error.segment) {
            Some(Place::Object(_, key)) => key.path(),
            _ => "young mails".to_owned(),
        };
        tracing::error!(segment = name, "a segment of the search index is broken");
        Refusal::Unavailable(format!("a segment of the search index is broken: {name}"))
    };
    loop {
        let reads = match search.step().map_err(broken)? {
            Step::Found(found) => {
                let (reads, bytes) = search.cost();
                tracing::debug!(reads, bytes, "searched");
                return Ok(found);
            }
            Step::TooMuch => {
                let message =
                    "this query would have to read too much: name inbox_ids, or a time (after:, before:)";
                return Err(Refusal::field("query", Code::InvalidQuery, message));
            }
            Step::Read(reads) => reads,
        };
        for some in reads.chunks(AT_ONCE) {
            let fetched = try_join_all(some.iter().map(|read| fetch(blobs, shelf, read))).await?;
            for (read, bytes) in some.iter().zip(fetched) {
                search.supply(read, bytes).map_err(broken)?;
            }
        }
    }
}

/// A mail that no segment has yet.
async fn read_young(blobs: &dyn Blobs, message: &Message) -> Result<Document, Refusal> {
    let text = match message.size {
        ..=YOUNG_SIZE => read_text(blobs, message).await?,
        _ => message.preview.clone(),
    };
    Ok(document(message, text))
}

async fn fetch(blobs: &dyn Blobs, shelf: &Shelf, read: &Read) -> Result<Bytes, Refusal> {
    match shelf.places.get(read.source) {
        Some(Place::Object(_, key)) => match blobs.get_part(key, read.range.clone()).await {
            Ok(bytes) => Ok(bytes),
            Err(BlobError::Transient(text)) => Err(Refusal::Unavailable(text)),
            Err(error) => {
                tracing::error!(segment = key.path(), %error, "a segment of the search index can't be read");
                Err(Refusal::Unavailable(format!("{}: {error}", key.path())))
            }
        },
        Some(Place::Memory(bytes)) => {
            let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX);
            let part = at(read.range.start)..at(read.range.end);
            if part.end > bytes.len() || part.start > part.end {
                return Err(Refusal::Internal("young mails: a read beyond their end".to_owned()));
            }
            Ok(bytes.slice(part))
        }
        None => Err(Refusal::Internal("a read of no segment".to_owned())),
    }
}

/// The mails as they stand now, those that are there.
async fn load_rows(
    ports: &Ports,
    organization_id: OrganizationId,
    shelf: &Shelf,
    hits: &[Hit],
) -> Result<Vec<Option<Message>>, Refusal> {
    let wanted: Vec<Option<key::Message>> = hits
        .iter()
        .map(|hit| {
            let id = MessageId::from_bits(hit.cursor.id);
            let inbox_id = match shelf.places.get(hit.source)? {
                Place::Object(inbox_id, _) => *inbox_id,
                Place::Memory(_) => *shelf.young.get(&id)?,
            };
            Some(key::Message(inbox_id, id))
        })
        .collect();
    Ok(load(&*ports.store, organization_id, wanted).await?)
}

/// What no segment knows: it may have changed since.
fn takes(query: &Query, labels: &BTreeMap<String, Label>, message: &Message) -> bool {
    query.clauses.iter().all(|clause| {
        let holds = match &clause.condition {
            Condition::Label(text) => labels.get(text).is_some_and(|label| message.labels.contains(label)),
            Condition::Unread(unread) => message.unread == *unread,
            Condition::Words { .. } | Condition::HasAttachment => return true,
        };
        holds != clause.negated
    })
}

fn show(query: &Query, hit: Hit, message: Message) -> FoundMail {
    let each = |field, texts: &mut dyn Iterator<Item = String>| -> Vec<Fragment> {
        texts.flat_map(|text| highlight(query, field, &text)).take(10).collect()
    };
    let to = each(Field::To, &mut recipients(&message).map(named));
    let files = each(Field::File, &mut message.attachments.iter().map(|file| file.filename.clone()));
    FoundMail {
        subject: highlight(query, Field::Subject, &message.subject),
        from: highlight(query, Field::From, &named(&message.from)),
        to,
        text: hit.text.map(|text| highlight(query, Field::Text, &text)).unwrap_or_default(),
        files,
        message,
    }
}

/// What tells the cursors of a search from those of others.
fn check_of(organization_id: OrganizationId, wanted: &Wanted) -> String {
    let inboxes: BTreeSet<_> = wanted.inbox_ids.iter().flatten().map(ToString::to_string).collect();
    let inboxes = inboxes.into_iter().collect::<Vec<_>>().join(",");
    let order: &[u8] = match wanted.order {
        Order::Date => b"date",
        Order::Relevance => b"relevance",
    };
    let parts: [&[u8]; 5] =
        [b"search", organization_id.body().as_bytes(), wanted.query.as_bytes(), inboxes.as_bytes(), order];
    Digest::of_parts(&parts).hex()[..16].to_owned()
}

/// A cursor: the place of the last mail that was looked at. It is no secret, and can only move within its search.
fn seal_cursor(check: &str, cursor: Cursor) -> String {
    format!("{check}.{:x}.{}", cursor.score, MessageId::from_bits(cursor.id).body())
}

fn open_cursor(text: &str, check: &str) -> Result<Cursor, Refusal> {
    let read = || {
        let (own, rest) = text.split_once('.')?;
        let (score, id) = rest.split_once('.')?;
        let score = u32::from_str_radix(score, 16).ok()?;
        let id: MessageId = format!("msg_{id}").parse().ok()?;
        (own == check).then(|| Cursor { score, id: id.bits() })
    };
    read().ok_or_else(|| ListError::Cursor.into())
}
