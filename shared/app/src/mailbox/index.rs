//! The search index of an inbox is kept: mails go into segments, segments into larger ones, and what was deleted for good leaves them.
//!
//! Whoever writes segments deletes none: what a segment was merged into another, or was never named by a record because its writer
//! died, is deleted by [`sweep`], and all of an inbox that is gone by [`erase`].

use std::collections::{BTreeMap, BTreeSet};

use ::search::{Document, Lookup, MAX_TEXT, Source};
use bytes::Bytes;
use domain::base::digest::Digest;
use domain::mailbox::index::{Index, Segment, is_found};
use domain::mailbox::message::{Direction, Message, Party};
use domain::{InboxId, MessageId, OrganizationId, Timestamp};
use futures_util::future::{join_all, try_join_all};
use jiff::SignedDuration;

use crate::base::error::Refusal;
use crate::base::ports::{Backlog, BlobError, BlobKey, Blobs, Eraser, Ports, Taken};
use crate::base::retry::{Try, commit_first, retry_apart};
use crate::base::store::{Change, Expect, Key, List, PageRequest, Record, Watch, Write, key, load};
use crate::mailbox::messages::raw_bytes;
use crate::mailbox::trash::shown;

/// An index that others change at the same time is loaded again so often.
const TRIES: usize = 8;
const WHY: &str = "the search index kept changing";
/// A segment is made of mails whose texts together have about so many bytes.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// So many mails are read side by side.
const SIDE_BY_SIDE: usize = 8;
/// Or fewer, so that they have no more bytes than this, or one.
const READ_BYTES: u64 = 24 * 1024 * 1024;
/// So many pages of a hundred mails are looked through at a time for those that no segment has.
const PAGES: usize = 6;
/// A message that was taken so often may be about a mail that ends whoever reads it: then no body is read.
const OFTEN: u32 = 4;
/// So many messages are worked on at a time.
const TAKEN: usize = 100;
/// Messages are worked on for so long; then it is time for the rest. Lambda ends a run after 120 seconds, and one part of the work, which
/// is eight mails at most, takes some 30 where strangers made them as slow as they can.
const TAKES: SignedDuration = SignedDuration::from_secs(30);
/// What is due is begun for so long, both together.
const TIME: SignedDuration = SignedDuration::from_secs(80);
/// So many indexes are looked after in one run.
const INDEXES: u16 = 50;
/// Nobody else looks after an index for so long after somebody began: who died doing so does not keep others.
const CLAIMED: SignedDuration = SignedDuration::from_mins(10);
/// An object that no record names was written by somebody who died, if it is so old.
const ORPHANED: SignedDuration = SignedDuration::from_hours(1);
/// A listing has at most so many segments.
const LISTED: usize = 1_000;

/// An inbox with its organization.
pub type Place = (OrganizationId, InboxId);
/// What is said of which mail.
pub type Said = (Place, News, MessageId);

/// What somebody says of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It came in, or went out.
    Came,
    /// It was deleted for good.
    Gone,
}

/// What was said of mails of an inbox.
#[derive(Debug, Clone, Default)]
struct Told {
    came: BTreeSet<MessageId>,
    gone: BTreeSet<MessageId>,
    /// Of these, which came, no body is read.
    careful: BTreeSet<MessageId>,
    times: u32,
    handles: Vec<String>,
}

/// Works on what was said of mails, and then on indexes that are due. Returns how many mails were added. What fails for one inbox
/// is said in the log and comes again, and keeps no other.
pub async fn keep(
    ports: &Ports,
    blobs: &dyn Blobs,
    watch: &dyn Watch,
    backlog: &dyn Backlog,
    read: &(dyn Fn(&str) -> Option<Said> + Sync),
) -> Result<usize, Refusal> {
    let (mut added, started) = (0, ports.now());
    let until = started + TAKES;
    while ports.now() < until {
        let taken = take(backlog).await;
        if taken.is_empty() {
            break;
        }
        // What was taken often may have ended whoever worked on it, and comes last; of the rest, what has waited longest comes first.
        let mut inboxes: Vec<_> = group(taken, read).into_iter().collect();
        inboxes.sort_by_key(|(_, told)| (told.times >= OFTEN, std::cmp::Reverse(told.times)));
        for ((organization_id, inbox_id), told) in inboxes {
            // What there is no time for is for whoever runs next: until the queue gives it again by itself, minutes pass.
            if ports.now() >= until {
                give_back(backlog, &told.handles).await;
                continue;
            }
            match tell(ports, blobs, (organization_id, inbox_id), &told, until).await {
                Ok((count, true)) => {
                    added += count;
                    for some in told.handles.chunks(10) {
                        // Told again, it changes nothing.
                        if let Err(error) = backlog.done(some).await {
                            tracing::warn!(%inbox_id, %error, "messages of the queue could not be ended");
                        }
                    }
                }
                Ok((count, false)) => {
                    added += count;
                    give_back(backlog, &told.handles).await;
                }
                Err(error) => tracing::warn!(%inbox_id, %error, "mails could not be indexed"),
            }
        }
    }
    for (organization_id, inbox_id) in watch.indexes(ports.now(), INDEXES).await? {
        if ports.now().duration_since(started) >= TIME {
            break;
        }
        match look_after(ports, blobs, organization_id, inbox_id, started + TIME).await {
            Ok(count) => added += count,
            Err(error) => tracing::warn!(%inbox_id, %error, "a search index could not be looked after"),
        }
    }
    Ok(added)
}

async fn take(backlog: &dyn Backlog) -> Vec<Taken> {
    let mut all = vec![];
    while all.len() < TAKEN {
        match backlog.take().await {
            Ok(some) if some.is_empty() => break,
            Ok(some) => all.extend(some),
            Err(error) => {
                tracing::warn!(%error, "the queue of the search index can't be read");
                break;
            }
        }
    }
    all
}

async fn give_back(backlog: &dyn Backlog, handles: &[String]) {
    for some in handles.chunks(10) {
        if let Err(error) = backlog.give_back(some).await {
            tracing::warn!(%error, "messages could not be given back to the queue of the search index");
        }
    }
}

fn group(taken: Vec<Taken>, read: &(dyn Fn(&str) -> Option<Said> + Sync)) -> BTreeMap<Place, Told> {
    let mut inboxes: BTreeMap<Place, Told> = BTreeMap::new();
    for message in taken {
        let Some((place, news, id)) = read(&message.body) else {
            tracing::error!("a message of the queue can't be read");
            continue;
        };
        let told = inboxes.entry(place).or_default();
        match news {
            News::Came => told.came.insert(id),
            News::Gone => told.gone.insert(id),
        };
        if message.times >= OFTEN {
            told.careful.insert(id);
        }
        told.times = told.times.max(message.times);
        told.handles.push(message.handle);
    }
    inboxes
}

/// Adds mails that came to the index of their inbox, and notes which segments have those that are gone. Returns how many were added,
/// and whether that was all there was time for.
async fn tell(
    ports: &Ports,
    blobs: &dyn Blobs,
    (organization_id, inbox_id): Place,
    told: &Told,
    until: Timestamp,
) -> Result<(usize, bool), Refusal> {
    let place = (organization_id, inbox_id);
    let (added, all) = index(ports, blobs, place, &told.came, &told.careful, until).await?;
    if !all {
        return Ok((added, false));
    }
    if !told.gone.is_empty() {
        lose(ports, blobs, organization_id, inbox_id, &told.gone).await?;
    }
    let known = load(&*ports.store, organization_id, key::Index(inbox_id)).await?;
    if known.is_some_and(|it| it.wants_look(ports.now()) && !it.behind) {
        // Looked through it is once the queue had its time.
        change(ports, place, &|index| {
            index.behind = true;
            true
        })
        .await?;
    }
    Ok((added, true))
}

/// Adds mails of an inbox to its index, those that are there, are [`is_found`] and are not in it yet. Told again, it changes nothing
/// that anybody sees. Of those in `careful` no body is read. Returns how many were added, and whether that was all there was time for.
pub async fn index(
    ports: &Ports,
    blobs: &dyn Blobs,
    (organization_id, inbox_id): Place,
    ids: &BTreeSet<MessageId>,
    careful: &BTreeSet<MessageId>,
    until: Timestamp,
) -> Result<(usize, bool), Refusal> {
    let wanted: Vec<_> =
        ids.iter().map(|id| (key::Message(inbox_id, *id), key::Trashed(inbox_id, *id))).collect();
    let found = load(&*ports.store, organization_id, wanted).await?.into_iter();
    // What is in the trash may come back, and is found then.
    let messages = found.filter_map(|(message, trashed)| shown(ports, message, trashed)).collect();
    let (added, left) = add(ports, blobs, (organization_id, inbox_id), messages, careful, until).await?;
    Ok((added, left.is_none()))
}

/// Adds mails to the index of their inbox, as [`index`]. Returns how many were added, and the first that there was no time for.
async fn add(
    ports: &Ports,
    blobs: &dyn Blobs,
    (organization_id, inbox_id): Place,
    messages: Vec<Message>,
    careful: &BTreeSet<MessageId>,
    until: Timestamp,
) -> Result<(usize, Option<MessageId>), Refusal> {
    let wanted = (key::Index(inbox_id), key::Inbox(inbox_id));
    let (index, inbox) = load(&*ports.store, organization_id, wanted).await?;
    if inbox.is_none() {
        return Ok((0, None));
    }
    let is_new = |it: &Message| is_found(it) && !index.as_ref().is_some_and(|index| index.has(it.id));
    let new: Vec<_> = messages.into_iter().filter(is_new).collect();
    // The first segment that is written takes its place: for what comes behind, it is not there any more.
    let mut young = index.as_ref().and_then(Index::young);
    let (mut added, mut documents, mut bytes, mut left) = (0, vec![], 0, None);
    for (n, some) in in_parts(&new).into_iter().enumerate() {
        // One part at least, so that there is an end to it.
        if n > 0 && ports.now() >= until {
            left = some.first().map(|message| message.id);
            break;
        }
        let read = some.iter().map(|message| read_document(blobs, message, careful.contains(&message.id)));
        for document in try_join_all(read).await? {
            bytes += document.text.len();
            documents.push(document);
        }
        if bytes >= BATCH_BYTES {
            added += add_segment(ports, blobs, (organization_id, inbox_id), &documents, young.take()).await?;
            documents.clear();
            bytes = 0;
        }
    }
    added += add_segment(ports, blobs, (organization_id, inbox_id), &documents, young.take()).await?;
    Ok((added, left))
}

/// Mails that may be held in memory together.
fn in_parts(messages: &[Message]) -> Vec<&[Message]> {
    let (mut parts, mut from, mut bytes) = (vec![], 0, 0);
    for (n, message) in messages.iter().enumerate() {
        if n > from && (n - from == SIDE_BY_SIDE || bytes + message.size > READ_BYTES) {
            parts.push(&messages[from..n]);
            (from, bytes) = (n, 0);
        }
        bytes += message.size;
    }
    parts.push(&messages[from..]);
    parts
}

async fn add_segment(
    ports: &Ports,
    blobs: &dyn Blobs,
    place: Place,
    documents: &[Document],
    young: Option<&Segment>,
) -> Result<usize, Refusal> {
    if documents.is_empty() {
        return Ok(0);
    }
    let ids: Vec<_> = documents.iter().map(|it| MessageId::from_bits(it.id)).collect();
    let built = Bytes::from(::search::build(documents));
    if let Some(young) = young
        && grow(ports, blobs, place, young, (&built, &ids)).await?
    {
        return Ok(ids.len());
    }
    let Some(segment) = put(ports, blobs, place, built).await? else { return Ok(0) };
    let written = change(ports, place, &|index| {
        index.add(segment.clone(), &ids);
        true
    })
    .await?;
    Ok(if written { ids.len() } else { 0 })
}

/// Writes what comes in into one segment with the young one, so that a search has one to open for all that is recent. Returns whether
/// it did; it does not where that would be large, or somebody else was faster.
async fn grow(
    ports: &Ports,
    blobs: &dyn Blobs,
    (organization_id, inbox_id): Place,
    young: &Segment,
    (built, ids): (&Bytes, &[MessageId]),
) -> Result<bool, Refusal> {
    if built.len() as u64 > Index::YOUNG_SIZE {
        return Ok(false);
    }
    let key = BlobKey::Segment(organization_id, inbox_id, young.name);
    let known = match blobs.get(&key, usize::try_from(young.size).unwrap_or(usize::MAX)).await {
        Ok(known) => known,
        // Merged by somebody else, so long ago that it is deleted; if it is lost, whoever merges next says so.
        Err(BlobError::Missing) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    let gone: BTreeSet<_> = young.gone.iter().map(MessageId::bits).collect();
    let Ok(grown) = ::search::merge(&[built.clone(), known], &gone) else {
        // One that is broken keeps no mail out of the index.
        tracing::error!(segment = key.path(), "a segment of the search index is broken");
        return Ok(false);
    };
    let Some(grown) = put(ports, blobs, (organization_id, inbox_id), Bytes::from(grown)).await? else {
        return Ok(false);
    };
    let now = ports.now();
    change(ports, (organization_id, inbox_id), &|index| index.grow(young, grown.clone(), ids, now)).await
}

/// Looks through mails from where it was left, for those that no segment has: they came before there was an index, or their event
/// was lost. What is in the trash may come back, and is looked through as well. Returns how many were added.
async fn look_through(
    ports: &Ports,
    blobs: &dyn Blobs,
    (organization_id, inbox_id): Place,
    until: Timestamp,
) -> Result<usize, Refusal> {
    let place = (organization_id, inbox_id);
    let index = load(&*ports.store, organization_id, key::Index(inbox_id)).await?;
    let since = index.map_or(Timestamp::UNIX_EPOCH, |index| index.through);
    let now = ports.now();
    let (mut added, mut reached) = (0, now);
    for list in [List::MessagesSince(inbox_id, since), List::TrashSince(inbox_id, since)] {
        let (some, end) = look_through_list(ports, blobs, place, &list, (since, until)).await?;
        added += some;
        reached = reached.min(end.unwrap_or(now));
    }
    change(ports, place, &|index| {
        index.move_through(reached, now);
        index.behind = reached < now - Index::SETTLES;
        true
    })
    .await?;
    Ok(added)
}

/// Looks through some pages of a list whose oldest mails come first. Returns how many mails were added, and up to which one; none
/// where that was the last.
async fn look_through_list(
    ports: &Ports,
    blobs: &dyn Blobs,
    place: Place,
    list: &List,
    (since, until): (Timestamp, Timestamp),
) -> Result<(usize, Option<Timestamp>), Refusal> {
    let now = ports.now();
    let (mut messages, mut reached) = (vec![], Some(since));
    let mut page = PageRequest { limit: 100, cursor: None };
    for _ in 0..PAGES {
        let found = ports.store.list(place.0, list, &page).await?;
        page.cursor.clone_from(&found.next);
        for record in found.items {
            match record {
                Record::Message(message) => {
                    reached = Some(message.id.at());
                    messages.push(*message);
                }
                Record::Trashed(trashed) => {
                    reached = Some(trashed.message_id.at());
                    messages.extend(trashed.shown(now).cloned());
                }
                _ => {}
            }
        }
        if page.cursor.is_none() {
            reached = None;
            break;
        }
    }
    let (added, left) = add(ports, blobs, place, messages, &BTreeSet::new(), until).await?;
    Ok((added, left.map_or(reached, |id| Some(id.at()))))
}

/// Notes of each segment which of these mails it has, so that it is written anew without them.
async fn lose(
    ports: &Ports,
    blobs: &dyn Blobs,
    organization_id: OrganizationId,
    inbox_id: InboxId,
    gone: &BTreeSet<MessageId>,
) -> Result<(), Refusal> {
    retry_apart(ports, TRIES, WHY, || async {
        let wanted = (key::Index(inbox_id), key::Inbox(inbox_id));
        let (Some(index), Some(_)) = load(&*ports.store, organization_id, wanted).await? else {
            return Ok(Try::Done(()));
        };
        let mut lost = vec![];
        for segment in &index.segments {
            let may_have = gone.range(segment.oldest..=segment.newest).map(MessageId::bits).collect();
            let found = find_in(blobs, (organization_id, inbox_id), segment, may_have).await?;
            if !found.is_empty() {
                lost.push((segment.name, found));
            }
        }
        // One that was merged meanwhile is looked for in what it was merged into.
        let noted = change(ports, (organization_id, inbox_id), &|index| {
            // Whoever was adding the mail when it was deleted may have left it in a segment that nobody names.
            index.sweep_by(ports.now() + ORPHANED);
            lost.iter().all(|(name, found)| index.lose(*name, found, ports.now()))
        })
        .await?;
        Ok(if noted { Try::Done(()) } else { Try::Again })
    })
    .await
}

/// Which of these mails a segment has.
async fn find_in(
    blobs: &dyn Blobs,
    (organization_id, inbox_id): Place,
    segment: &Segment,
    ids: Vec<u128>,
) -> Result<Vec<MessageId>, Refusal> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let key = BlobKey::Segment(organization_id, inbox_id, segment.name);
    let mut lookup = Lookup::new(source_of(segment), ids);
    loop {
        match lookup.step().map_err(|_| broken(&key))? {
            Ok(found) => return Ok(found.into_iter().map(MessageId::from_bits).collect()),
            Err(reads) => {
                for read in reads {
                    let bytes = match blobs.get_part(&key, read.range.clone()).await {
                        // Somebody else merged it, so long ago that it is deleted.
                        Err(BlobError::Missing) => return Ok(vec![]),
                        bytes => bytes?,
                    };
                    lookup.supply(&read, bytes).map_err(|_| broken(&key))?;
                }
            }
        }
    }
}

/// What a search is told of a segment.
pub(crate) fn source_of(segment: &Segment) -> Source {
    Source {
        newest: segment.newest.bits(),
        oldest: segment.oldest.bits(),
        docs: segment.mails,
        size: segment.size,
        tail: segment.tail,
    }
}

fn broken(key: &BlobKey) -> Refusal {
    Refusal::Internal(format!("a segment of the search index is broken: {}", key.path()))
}

/// Does what an index waits for: segments become larger ones or lose mails, older mails come in. Returns how many mails were added.
async fn look_after(
    ports: &Ports,
    blobs: &dyn Blobs,
    organization_id: OrganizationId,
    inbox_id: InboxId,
    until: Timestamp,
) -> Result<usize, Refusal> {
    let place = (organization_id, inbox_id);
    let index = load(&*ports.store, organization_id, key::Index(inbox_id)).await?;
    let Some(index) = index.filter(|it| it.has_work(ports.now())) else { return Ok(0) };
    let claimed = Index { look_at: Some(ports.now() + CLAIMED), ..index };
    if !commit_first(ports, Change::new(organization_id).update(claimed)).await? {
        return Ok(0);
    }
    let mut added = 0;
    while ports.now() < until {
        if rewrite(ports, blobs, place).await? {
            continue;
        }
        let index = load(&*ports.store, organization_id, key::Index(inbox_id)).await?;
        if !index.is_some_and(|it| it.behind) {
            break;
        }
        added += look_through(ports, blobs, place, until).await?;
    }
    change(ports, place, &|_| true).await?;
    Ok(added)
}

/// Makes one segment of several, if there are many of a kind, or one anew without what is gone. Returns whether there was anything to
/// do.
async fn rewrite(
    ports: &Ports,
    blobs: &dyn Blobs,
    (organization_id, inbox_id): Place,
) -> Result<bool, Refusal> {
    let index = load(&*ports.store, organization_id, key::Index(inbox_id)).await?;
    let Some(due) = index.and_then(|index| index.rewritable(ports.now())) else { return Ok(false) };
    let key = |it: &Segment| BlobKey::Segment(organization_id, inbox_id, it.name);
    let mut segments = vec![];
    for it in &due {
        match blobs.get(&key(it), usize::try_from(it.size).unwrap_or(usize::MAX)).await {
            Ok(segment) => segments.push(segment),
            Err(BlobError::Missing) => {
                let index = load(&*ports.store, organization_id, key::Index(inbox_id)).await?;
                // Somebody else merged them, so long ago that they are deleted.
                if index.is_none_or(|index| !index.segments.contains(it)) {
                    return Ok(false);
                }
                tracing::error!(segment = key(it).path(), "a segment of the search index is gone");
                return Err(broken(&key(it)));
            }
            Err(error) => return Err(error.into()),
        }
    }
    // A mail in the trash keeps its words: it may come back.
    let gone: BTreeSet<_> = due.iter().flat_map(|it| &it.gone).map(MessageId::bits).collect();
    let merged = ::search::merge(&segments, &gone).map_err(|error| match due.get(error.segment) {
        Some(it) => broken(&key(it)),
        None => Refusal::Internal(error.to_string()),
    })?;
    drop(segments);
    let new = put(ports, blobs, (organization_id, inbox_id), Bytes::from(merged)).await?;
    let now = ports.now();
    change(ports, (organization_id, inbox_id), &|index| index.replace(&due, new.clone(), now)).await
}

/// Stores a segment under a name of its own, if it has any mail.
async fn put(
    ports: &Ports,
    blobs: &dyn Blobs,
    (organization_id, inbox_id): Place,
    bytes: Bytes,
) -> Result<Option<Segment>, Refusal> {
    let known = Source::of(&bytes).map_err(|error| Refusal::Internal(error.to_string()))?;
    if known.docs == 0 {
        return Ok(None);
    }
    let name = Digest::from_bytes(ports.bytes());
    let key = BlobKey::Segment(organization_id, inbox_id, name);
    blobs.put(&key, bytes, "application/octet-stream").await?;
    Ok(Some(Segment {
        name,
        mails: known.docs,
        size: known.size,
        tail: known.tail,
        newest: MessageId::from_bits(known.newest),
        oldest: MessageId::from_bits(known.oldest),
        gone: vec![],
        gone_at: None,
    }))
}

/// Changes an index, however many others do so at the same time. Returns what the change says; where that is false, or
/// the inbox is gone, nothing is written. What is changed is there already where the answer to an earlier try was lost.
async fn change(
    ports: &Ports,
    (organization_id, inbox_id): Place,
    change: &(dyn Fn(&mut Index) -> bool + Sync),
) -> Result<bool, Refusal> {
    retry_apart(ports, TRIES, WHY, || async {
        let wanted = (key::Index(inbox_id), key::Inbox(inbox_id));
        let (found, inbox) = load(&*ports.store, organization_id, wanted).await?;
        let expect = found.as_ref().map_or(Expect::Absent, |index| Expect::Version(index.version));
        let mut index = found.unwrap_or_else(|| Index::new(organization_id, inbox_id));
        if inbox.is_none() || !change(&mut index) {
            return Ok(Try::Done(false));
        }
        index.look_again(ports.now());
        // Whoever deletes an inbox erases its segments after this is written down: none is named any more.
        let write = Change::new(organization_id)
            .write(Write::put(index, expect))
            .write(Write::Missing(Key::Purge(inbox_id)));
        Try::of(ports.store.commit(write).await, true)
    })
    .await
}

// ------------------------------------------------------------------ what is deleted

/// Deletes segments that nobody reads any more, and those that nobody ever named. Returns how many.
pub async fn sweep(ports: &Ports, eraser: &dyn Eraser, watch: &dyn Watch) -> Result<usize, Refusal> {
    let mut deleted = 0;
    for (organization_id, inbox_id) in watch.indexes(ports.now(), INDEXES).await? {
        match sweep_one(ports, eraser, organization_id, inbox_id).await {
            Ok(count) => deleted += count,
            Err(error) => tracing::warn!(%inbox_id, %error, "segments could not be deleted"),
        }
    }
    Ok(deleted)
}

async fn sweep_one(
    ports: &Ports,
    eraser: &dyn Eraser,
    organization_id: OrganizationId,
    inbox_id: InboxId,
) -> Result<usize, Refusal> {
    let now = ports.now();
    let index = load(&*ports.store, organization_id, key::Index(inbox_id)).await?;
    if index.is_none_or(|it| it.deletable(now).is_empty() && it.sweep_at.is_none_or(|at| at > now)) {
        return Ok(0);
    }
    // In this order: what a record names later is younger than an orphan.
    let found = eraser.segments(organization_id, inbox_id).await?;
    let index = load(&*ports.store, organization_id, key::Index(inbox_id)).await?;
    let Some(mut index) = index else { return Ok(0) };
    let mut names: BTreeSet<_> = index.deletable(now).into_iter().collect();
    let unnamed = found.into_iter().filter(|(name, _)| !index.names(*name));
    let (orphans, young): (Vec<_>, Vec<_>) = unnamed.partition(|(_, at)| *at < now - ORPHANED);
    names.extend(orphans.into_iter().map(|(name, _)| name));
    erase_all(eraser, (organization_id, inbox_id), names.iter().copied()).await?;
    // One that is changed meanwhile is swept once more.
    index.retired.retain(|it| !names.contains(&it.name));
    index.sweep_at = index.sweep_at.filter(|at| *at > now);
    // Somebody may be about to name them; if not, they go then.
    if !young.is_empty() {
        index.sweep_by(now + ORPHANED);
    }
    index.look_again(now);
    commit_first(ports, Change::new(organization_id).update(index)).await?;
    Ok(names.len())
}

/// Deletes all segments of an inbox that is gone, and what is known of them. Returns whether that was all.
pub(crate) async fn erase(
    ports: &Ports,
    eraser: &dyn Eraser,
    organization_id: OrganizationId,
    inbox_id: InboxId,
) -> Result<bool, Refusal> {
    let found = eraser.segments(organization_id, inbox_id).await?;
    let all = found.len() < LISTED;
    erase_all(eraser, (organization_id, inbox_id), found.into_iter().map(|(name, _)| name)).await?;
    let change = Change::new(organization_id).write(Write::Delete(Key::Index(inbox_id)));
    ports.store.commit(change).await?;
    Ok(all)
}

async fn erase_all(
    eraser: &dyn Eraser,
    (organization_id, inbox_id): Place,
    names: impl Iterator<Item = Digest>,
) -> Result<(), Refusal> {
    let keys: Vec<_> = names.map(|name| BlobKey::Segment(organization_id, inbox_id, name)).collect();
    for some in keys.chunks(SIDE_BY_SIDE) {
        for erased in join_all(some.iter().map(|key| eraser.erase(key))).await {
            erased?;
        }
    }
    Ok(())
}

// ------------------------------------------------------------------ mails as documents

/// A mail as it is found. Of one that may be dangerous to read, what lists say of it.
async fn read_document(blobs: &dyn Blobs, message: &Message, careful: bool) -> Result<Document, Refusal> {
    let text = if careful { message.preview.clone() } else { read_text(blobs, message).await? };
    Ok(document(message, text))
}

/// The body of a mail as text, as far as it can be read and is found.
pub(crate) async fn read_text(blobs: &dyn Blobs, message: &Message) -> Result<String, Refusal> {
    let unread = matches!(&message.direction, Direction::Inbound { defects, .. } if defects.iter().any(|it| it == "not_processed"));
    if unread {
        return Ok(message.preview.clone());
    }
    match raw_bytes(blobs, message).await {
        Ok(bytes) => {
            let mut text = mail::parse(&bytes).text.unwrap_or_default();
            text.truncate(text.floor_char_boundary(MAX_TEXT));
            text.shrink_to_fit();
            Ok(text)
        }
        // Its bytes are gone: lists still say what it was, and so does a search.
        Err(Refusal::Because { code: domain::base::code::Code::BytesMissing, .. }) => {
            Ok(message.preview.clone())
        }
        Err(refusal) => Err(refusal),
    }
}

/// A mail with its text.
pub(crate) fn document(message: &Message, text: String) -> Document {
    Document {
        id: message.id.bits(),
        from: vec![named(&message.from)],
        to: recipients(message).map(named).collect(),
        subject: message.subject.clone(),
        text,
        files: message.attachments.iter().map(|file| file.filename.clone()).collect(),
    }
}

/// All whom it is for.
pub(crate) fn recipients(message: &Message) -> impl Iterator<Item = &Party> {
    message.to.iter().chain(&message.cc).chain(&message.bcc)
}

/// Name and address in one text.
pub(crate) fn named(party: &Party) -> String {
    match &party.name {
        Some(name) => format!("{name} <{}>", party.address),
        None => party.address.clone(),
    }
}
