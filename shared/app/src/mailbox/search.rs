//! Finding mail by its words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use ::search::{
    Basis, Condition, Cursor, Document, Field, Fragment, Hit, Options, Order, Query, Read, Search, Source,
    Step, highlight,
};
use bytes::Bytes;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::base::id::Id as _;
use domain::mailbox::filter::Span;
use domain::mailbox::index::{Index, is_found};
use domain::mailbox::label::Label;
use domain::mailbox::message::Message;
use domain::people::access::{Permit, scope};
use domain::{InboxId, MessageId, OrganizationId};
use futures_util::future::try_join_all;
use jiff::SignedDuration;

use crate::base::error::{FieldError, Refusal};
use crate::base::ports::{BlobError, BlobKey, Blobs, Ports};
use crate::base::store::{List, ListError, Page, PageRequest, key, load, typed};
use crate::mailbox::inboxes;
use crate::mailbox::index::{document, named, read_text, recipients, source_of};

pub use ::search::{Fragment as Piece, Order as Sort};

/// A search looks into so many inboxes at most.
pub const MOST_INBOXES: usize = 20;
/// So many mails of all inboxes that no segment has yet are read as they are, the newest.
const MOST_YOUNG: usize = 50;
/// And so many pages of a hundred mails of each inbox are looked through for them.
const PAGES: usize = 6;
/// Of a young mail that is larger than this, in bytes, only the beginning of the body is known until it is in a segment.
const YOUNG_SIZE: u64 = 256 * 1024;
/// And of those that are older than young mails of so many bytes together: a stranger's mails must not keep a search from its end.
const YOUNG_BYTES: u64 = 2 * 1024 * 1024;
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

/// A page of what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPage {
    /// The mails.
    pub page: Page<FoundMail>,
    /// All mails were looked through. Else the index is behind, and there were more of those that it does not have than are read for
    /// one page.
    pub complete: bool,
}

/// Where the next page begins, and by what it goes.
struct Behind {
    cursor: Cursor,
    basis: Option<Basis>,
    /// The pages before had all mails.
    complete: bool,
}

/// Finds mails.
pub async fn search(
    ports: &Ports,
    blobs: &dyn Blobs,
    permit: &Permit<scope::MessagesRead>,
    wanted: &Wanted,
) -> Result<FoundPage, Refusal> {
    let (query, labels) = read_query(&wanted.query)?;
    let organization_id = permit.organization_id();
    let inboxes = choose(ports, permit, wanted.inbox_ids.as_deref()).await?;
    let about = about(organization_id, wanted);
    let behind = wanted.page.cursor.as_deref().map(|it| open_cursor(it, &about, &query)).transpose()?;
    let shelf =
        open(ports, blobs, organization_id, &inboxes, window(&query, wanted.order, behind.as_ref())).await?;
    let limit = usize::from(wanted.page.limit);
    let filtered =
        query.clauses.iter().any(|it| matches!(it.condition, Condition::Label(_) | Condition::Unread(_)));
    let complete = shelf.complete && behind.as_ref().is_none_or(|it| it.complete);
    let (behind, basis) = behind.map_or((None, None), |it| (Some(it.cursor), it.basis));
    let options =
        Options { order: wanted.order, limit: if filtered { limit.max(100) } else { limit }, behind, basis };
    let mut search = Search::new(&query, options, shelf.sources.clone());
    let page = |items, next: Option<String>| FoundPage { page: Page { items, next }, complete };
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
                let more = hits.next.is_some() || n + 1 < count;
                let next = more.then(|| seal_cursor(&about, cursor, hits.basis.as_ref(), complete));
                return Ok(page(found, next));
            }
        }
        let Some(cursor) = hits.next else { return Ok(page(found, None)) };
        if looked_at >= LOOKED_AT || hits.exhausted {
            let next = seal_cursor(&about, cursor, hits.basis.as_ref(), complete);
            return Ok(page(found, Some(next)));
        }
        search.go_on(cursor, hits.basis);
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

/// What is looked through: the segments of some inboxes, and mails that none of them has as one more.
struct Shelf {
    sources: Vec<Source>,
    /// Where the segment of each source lies; of the last one, nowhere.
    places: Vec<Place>,
    /// The inbox of each young mail.
    young: BTreeMap<MessageId, InboxId>,
    /// There are no other mails than these.
    complete: bool,
}

enum Place {
    Object(InboxId, BlobKey),
    Memory(Bytes),
}

/// The time in which mails of the page may have come.
fn window(query: &Query, order: Order, behind: Option<&Behind>) -> Span {
    let last = behind.map(|behind| match (order, &behind.basis) {
        (Order::Relevance, Some(basis)) => basis.top,
        _ => behind.cursor.id,
    });
    let end = last.map(|id| MessageId::from_bits(id).at() + SignedDuration::from_millis(1));
    Span { after: query.after, before: query.before.into_iter().chain(end).min() }
}

async fn open(
    ports: &Ports,
    blobs: &dyn Blobs,
    organization_id: OrganizationId,
    inboxes: &[InboxId],
    window: Span,
) -> Result<Shelf, Refusal> {
    let wanted: Vec<_> = inboxes.iter().map(|id| key::Index(*id)).collect();
    let indexes: Vec<Option<Index>> = load(&*ports.store, organization_id, wanted).await?;
    let mut shelf = Shelf { sources: vec![], places: vec![], young: BTreeMap::new(), complete: true };
    for (inbox_id, index) in inboxes.iter().zip(&indexes) {
        for segment in index.iter().flat_map(|index| &index.segments) {
            shelf.sources.push(source_of(segment));
            let object = BlobKey::Segment(organization_id, *inbox_id, segment.name);
            shelf.places.push(Place::Object(*inbox_id, object));
        }
    }
    let lists = inboxes
        .iter()
        .zip(&indexes)
        .map(|(inbox_id, index)| list_young(ports, organization_id, *inbox_id, index.as_ref(), window));
    let mut young: Vec<Message> = vec![];
    for (some, all) in try_join_all(lists).await? {
        young.extend(some);
        shelf.complete &= all;
    }
    young.sort_by_key(|it| std::cmp::Reverse(it.id));
    shelf.complete &= young.len() <= MOST_YOUNG;
    young.truncate(MOST_YOUNG);
    let mut left = YOUNG_BYTES;
    let mut whole = vec![];
    for message in &young {
        let reads = message.size <= YOUNG_SIZE.min(left);
        left -= if reads { message.size } else { 0 };
        shelf.complete &= reads;
        whole.push((message, reads));
    }
    let mut documents = vec![];
    for some in whole.chunks(AT_ONCE) {
        documents.extend(
            try_join_all(some.iter().map(|(message, reads)| read_young(blobs, message, *reads))).await?,
        );
    }
    if !documents.is_empty() {
        let segment = Bytes::from(::search::build(&documents));
        shelf.sources.push(Source::of(&segment).map_err(|error| Refusal::Internal(error.to_string()))?);
        shelf.places.push(Place::Memory(segment));
        shelf.young = young.into_iter().map(|it| (it.id, it.inbox_id)).collect();
    }
    Ok(shelf)
}

/// The newest mails of an inbox within this time that no segment has for certain, and whether those are all.
async fn list_young(
    ports: &Ports,
    organization_id: OrganizationId,
    inbox_id: InboxId,
    index: Option<&Index>,
    window: Span,
) -> Result<(Vec<Message>, bool), Refusal> {
    let after = index.map(|index| index.through).into_iter().chain(window.after).max();
    if after.zip(window.before).is_some_and(|(after, before)| before <= after) {
        return Ok((vec![], true));
    }
    let list = List::Messages(inbox_id, Span { after, before: window.before });
    let mut page = PageRequest { limit: 100, cursor: None };
    let mut young = vec![];
    for _ in 0..PAGES {
        let found = ports.store.list(organization_id, &list, &page).await?;
        page.cursor.clone_from(&found.next);
        let is_new = |it: &Message| is_found(it) && !index.is_some_and(|index| index.has(it.id));
        young.extend(typed::<Message>(found).items.into_iter().filter(is_new));
        if page.cursor.is_none() {
            return Ok((young, true));
        }
        if young.len() > MOST_YOUNG {
            break;
        }
    }
    Ok((young, false))
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

/// A mail that no segment has yet, whole or as lists show it.
async fn read_young(blobs: &dyn Blobs, message: &Message, reads: bool) -> Result<Document, Refusal> {
    if !reads {
        return Ok(document(message, message.preview.clone()));
    }
    let text = match read_text(blobs, message).await {
        Err(error @ Refusal::Unavailable(_)) => return Err(error),
        // One mail that can't be read keeps no other from being found.
        Err(error) => {
            tracing::error!(message_id = %message.id, %error, "a mail can't be read for a search");
            message.preview.clone()
        }
        Ok(text) => text,
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

/// What tells a search from others.
fn about(organization_id: OrganizationId, wanted: &Wanted) -> Digest {
    let inboxes: BTreeSet<_> = wanted.inbox_ids.iter().flatten().map(ToString::to_string).collect();
    let inboxes = inboxes.into_iter().collect::<Vec<_>>().join(",");
    let order: &[u8] = match wanted.order {
        Order::Date => b"date",
        Order::Relevance => b"relevance",
    };
    let parts: [&[u8]; 5] =
        [b"search", organization_id.body().as_bytes(), wanted.query.as_bytes(), inboxes.as_bytes(), order];
    Digest::of_parts(&parts)
}

/// A cursor: whether the pages before had all mails, the place behind which a page begins, by relevance also what all pages go by; behind a check that tells it from those of
/// other searches, and from one that was altered by hand. It is no secret, and can only move within its search.
fn seal_cursor(about: &Digest, cursor: Cursor, basis: Option<&Basis>, complete: bool) -> String {
    let id = MessageId::from_bits(cursor.id);
    let mut position = format!("{}.{:x}.{}", u8::from(complete), cursor.score, id.body());
    if let Some(basis) = basis {
        let _ = write!(position, ".{}.", MessageId::from_bits(basis.top).body());
        basis.rarity.iter().for_each(|rarity| {
            let _ = write!(position, "{:02x}", rarity.min(&255));
        });
    }
    format!("{}.{position}", check_of(about, &position))
}

fn check_of(about: &Digest, position: &str) -> String {
    Digest::of_parts(&[about.hex().as_bytes(), position.as_bytes()]).hex()[..16].to_owned()
}

fn open_cursor(text: &str, about: &Digest, query: &Query) -> Result<Behind, Refusal> {
    let id = |body: &str| MessageId::parse(&format!("msg_{body}")).ok().map(|id| id.bits());
    let read = || {
        let (check, position) = text.split_once('.')?;
        if check != check_of(about, position) {
            return None;
        }
        let mut parts = position.split('.');
        let complete = parts.next()? == "1";
        let cursor = Cursor { score: u32::from_str_radix(parts.next()?, 16).ok()?, id: id(parts.next()?)? };
        let Some(top) = parts.next() else { return Some(Behind { cursor, basis: None, complete }) };
        let digits = parts.next()?;
        let rarity =
            (0..digits.len() / 2).map(|n| u32::from_str_radix(digits.get(2 * n..2 * n + 2)?, 16).ok());
        let rarity = rarity.collect::<Option<Vec<_>>>().filter(|it| it.len() == query.words().len())?;
        Some(Behind { cursor, basis: Some(Basis { top: id(top)?, rarity }), complete })
    };
    read().ok_or_else(|| ListError::Cursor.into())
}
