//! The feed of an organization's events: they are laid into one order, and read in it without losing any.
//!
//! An index by time would lose some. A transaction that commits late puts its event before others that were read already, and
//! a reader who goes on behind those never sees it. So the order is not that of time but that in which [`append`] lays events
//! down, out of the table's stream, in blocks: block `n + 1` is written by one conditional write of one item, where there is none,
//! by whoever has read `n` as the newest, strongly consistent. That such a feed loses nothing:
//!
//! 1. *A block is never visible before the one in front of it.* Who writes `n + 1` has seen `n`; nobody changes a block, and of two who
//!    write `n + 1` the second is refused, looks again and comes behind. So whoever has read up to `n` has read all that there will ever
//!    be up to `n`, and a [`Place`] is good for ever.
//! 2. *A block is not deleted while somebody writes behind it.* Time deletes blocks after [`Block::KEPT`]; the last of them too, in an
//!    organization where nothing happens. Behind one that is close to it ([`Block::is_aging`]) the next is written in one
//!    transaction with the condition that it is still there. Without any block the feed begins with 1 again: there, two at once meet in
//!    the same number.
//! 3. *A number that is given again misleads nobody.* Each block is later than all before it, by its own `at`, which a place holds beside
//!    the number. Where the block of a place is gone or another, a reader goes on with the first that is later.
//! 4. *An event that is told twice is laid down once.* Before it writes, [`append`] reads back to blocks that are older than the
//!    event, and so can't have it, and passes over what it finds; what it read can't grow meanwhile without refusing its write. It reads
//!    back [`LOOKED_BACK`] blocks at most: what is told again behind more than that stands twice, under one id.
//!
//! An event that the stream tells of is laid down before it goes to the bus, and the stream comes again from the first that is not on
//! both, so that neither loses one. The order is that of the stream for events that lie in one of its shards; of two that happen within
//! moments of each other in different shards either may be the first.
//!
//! What the events of a block count as ([`Event::used`]) is added in the transaction that writes it, so that each mail that came or went counts
//! once, however often it is told of. One that is told again behind more than [`LOOKED_BACK`] blocks stands twice, and counts twice.
//!
//! A block costs one write unit for each KB, some 12 events: one for an event that comes alone, nine for a hundred. With
//! events that count it is a transaction, which costs twice that, and two units for each count.

use std::collections::{BTreeMap, BTreeSet};

use domain::delivery::event::{Event, EventKind};
use domain::delivery::feed::{Block, Listed, Place};
use domain::people::access::{Permit, scope};
use domain::people::usage::{Usage, UsageCounts, Used};
use domain::{EventId, InboxId, OrganizationId, Timestamp};
use jiff::SignedDuration;

use crate::base::error::Refusal;
use crate::base::feed::Feed;
use crate::base::ports::Clock;
use crate::base::retry::{Try, retry};
use crate::base::store::{ListError, Page, PageRequest};
use crate::base::trail::{LAST_PLACE, Range};

/// Appending loses against another at most so often before it gives up. Each loss is another's success.
const TRIES: usize = 8;
/// The clocks of two functions differ by less than this: an event is laid down at most so long before it was made.
const SKEW: SignedDuration = SignedDuration::from_secs(10);
/// An event is looked for in so many blocks, the newest of those that may have it.
pub const LOOKED_BACK: usize = 500;
/// So many blocks are read in one call.
const CHUNK: u16 = 50;

/// A block is written with at most so many counts: what one transaction has room for, less the block and the one before it.
const MAX_COUNTS: usize = 98;

/// An event that is to be laid down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Laid {
    /// As the feed has it.
    pub listed: Listed,
    /// What it counts as.
    pub used: Option<Used>,
}

impl From<&Event> for Laid {
    fn from(event: &Event) -> Self {
        Self { listed: event.into(), used: event.used() }
    }
}

/// Lays events of one organization into its feed, in this order. One that is there is passed over, so it may be told of any number of
/// times, by any number of callers at once. Returns how many were laid down.
pub async fn append(
    clock: &dyn Clock,
    feed: &dyn Feed,
    organization_id: OrganizationId,
    events: &[Laid],
) -> Result<usize, Refusal> {
    let (mut laid, mut rest) = (0, events);
    while !rest.is_empty() {
        let (some, behind) = rest.split_at(fitting(rest));
        laid += append_some(clock, feed, organization_id, some).await?;
        rest = behind;
    }
    Ok(laid)
}

/// How many of these events, from the first on, one transaction takes with what they count as.
fn fitting(events: &[Laid]) -> usize {
    let mut counts = UsageCounts::default();
    let fits = |event: &&Laid| {
        event.used.iter().for_each(|used| counts.add(used));
        counts.len() <= MAX_COUNTS
    };
    events.iter().take(Block::MAX).take_while(fits).count().max(1)
}

async fn append_some(
    clock: &dyn Clock,
    feed: &dyn Feed,
    organization_id: OrganizationId,
    events: &[Laid],
) -> Result<usize, Refusal> {
    let Some(oldest) = events.iter().map(|event| event.listed.event_id.at()).min() else { return Ok(0) };
    retry(TRIES, "the feed of events kept growing", || async {
        let End { number, last, mut known } = look_back(feed, organization_id, oldest - SKEW).await?;
        let new: Vec<_> = events.iter().filter(|event| known.insert(event.listed.event_id)).collect();
        if new.is_empty() {
            return Ok(Try::Done(0));
        }
        let mut counts = UsageCounts::default();
        new.iter().filter_map(|event| event.used.as_ref()).for_each(|used| counts.add(used));
        let listed: Vec<_> = new.into_iter().map(|event| event.listed.clone()).collect();
        let laid = listed.len();
        let block = Block::behind(last.as_ref(), number + 1, organization_id, clock.now(), listed);
        Try::of(feed.add(last.as_ref(), &block, &counts.parts(Usage::MAIL_PART)).await, laid)
    })
    .await
}

/// The end of a feed.
struct End {
    /// The number of the newest block; 0 where there is none.
    number: u64,
    /// The newest block that can be read.
    last: Option<Block>,
    /// The events of the blocks that were looked at.
    known: BTreeSet<EventId>,
}

/// The end of a feed, as far back as blocks that were added before `since`.
async fn look_back(
    feed: &dyn Feed,
    organization_id: OrganizationId,
    since: Timestamp,
) -> Result<End, Refusal> {
    let mut end = End { number: 0, last: None, known: BTreeSet::new() };
    let (mut to, mut looked_at) = (LAST_PLACE, 0);
    // The newest few have all, but where events come late or fast.
    let mut limit = 5;
    loop {
        let range = Range { from: 1, to, newest_first: true, limit };
        let found = feed.blocks(organization_id, range).await?;
        let is_whole = found.len() < usize::from(limit);
        for stored in found {
            to = stored.number - 1;
            looked_at += 1;
            end.number = end.number.max(stored.number);
            let Some(block) = stored.block else {
                tracing::error!(%organization_id, number = stored.number, "a block of the feed can't be read");
                continue;
            };
            let is_older = block.at < since;
            end.known.extend(block.events.iter().map(|listed| listed.event_id));
            if end.last.is_none() {
                end.last = Some(block);
            }
            if is_older {
                return Ok(end);
            }
        }
        if is_whole || to == 0 || looked_at >= LOOKED_BACK {
            return Ok(end);
        }
        limit = CHUNK;
    }
}

/// Which events are wanted. All that is named must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Types of which it is one.
    pub kinds: Option<BTreeSet<EventKind>>,
    /// The inbox that it is about.
    pub inbox_id: Option<InboxId>,
    /// Not older than this.
    pub after: Option<Timestamp>,
}

impl Filter {
    fn takes(&self, permit: &Permit<scope::EventsRead>, listed: &Listed) -> bool {
        let wanted = match (&self.kinds, listed.kind) {
            (Some(kinds), Some(kind)) => kinds.contains(&kind),
            (None, Some(_)) => true,
            (_, None) => false,
        };
        wanted
            && may_see(permit, listed.inbox_id)
            && listed.kind.is_none_or(|kind| may_know(permit, kind))
            && self.inbox_id.is_none_or(|wanted| listed.inbox_id == Some(wanted))
    }
}

/// Who is limited to some inboxes sees what is about those, and nothing that is about none.
fn may_see<S>(permit: &Permit<S>, inbox_id: Option<InboxId>) -> bool {
    match inbox_id {
        Some(inbox_id) => permit.over(inbox_id).is_ok(),
        None => !permit.is_limited(),
    }
}

/// That a mail is held, or was and is gone, is for people to know.
fn may_know<S>(permit: &Permit<S>, kind: EventKind) -> bool {
    !kind.is_for_people() || permit.principal().credential.is_person()
}

/// In which direction a feed is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// From a place on to the newest.
    OldestFirst,
    /// From a place back to the oldest.
    #[default]
    NewestFirst,
}

/// An event, and the place behind it in the direction in which it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The event.
    pub event: Event,
    /// The place.
    pub cursor: String,
}

/// At most so many events are looked at for one page: a filter that takes few gives short pages, even empty ones, with a cursor.
const SCANNED: usize = 2_000;

/// A page of the feed. Without a cursor it begins at the oldest or the newest event that is kept. Oldest first, there is always a
/// cursor: what comes later stands behind it. A cursor may be used with another filter and in the other direction.
pub async fn list(
    clock: &dyn Clock,
    feed: &dyn Feed,
    permit: &Permit<scope::EventsRead>,
    filter: &Filter,
    order: Order,
    page: &PageRequest,
) -> Result<Page<Told>, Refusal> {
    let organization_id = permit.organization_id();
    if let Some(inbox_id) = filter.inbox_id {
        permit.over(inbox_id)?;
    }
    let cursor = page.cursor.as_deref();
    let cursor =
        cursor.map(|text| Place::read(text, organization_id).ok_or(ListError::Cursor)).transpose()?;
    let kept = clock.now() - Event::KEPT;
    let since = filter.after.map_or(kept, |after| after.max(kept));
    let wanted = |listed: &Listed| filter.takes(permit, listed);
    let scan = Scan { feed, organization_id, since, wanted: &wanted, limit: page.limit.into() };
    let (picked, next) = match order {
        Order::OldestFirst => scan.forward(cursor.unwrap_or(Place::START)).await?,
        Order::NewestFirst => scan.back(cursor).await?,
    };
    let ids: Vec<_> = picked.iter().map(|(id, _)| *id).collect();
    let found = if ids.is_empty() { vec![] } else { feed.events(organization_id, &ids).await? };
    let mut found: BTreeMap<_, _> = found.into_iter().map(|event| (event.id, event)).collect();
    let told = picked.into_iter().filter_map(|(id, place)| {
        let event = found.remove(&id)?;
        // What a block says of an event was enough to choose it: what is shown is judged by itself.
        let shown = event.created_at >= since && wanted(&Listed::from(&event));
        shown.then(|| Told { event, cursor: place.write(organization_id) })
    });
    Ok(Page { items: told.collect(), next: next.map(|place| place.write(organization_id)) })
}

/// Events that are wanted and happened since a time, at most `limit`, the oldest first: those behind `cursor`, and where what follows
/// begins; none where nothing does.
pub(crate) async fn since(
    clock: &dyn Clock,
    feed: &dyn Feed,
    organization_id: OrganizationId,
    (since, cursor): (Timestamp, Option<&str>),
    limit: usize,
    wanted: &(dyn Fn(&Listed) -> bool + Sync),
) -> Result<(Vec<EventId>, Option<String>), Refusal> {
    let cursor =
        cursor.map(|text| Place::read(text, organization_id).ok_or(ListError::Cursor)).transpose()?;
    let since = since.max(clock.now() - Event::KEPT);
    let is_wanted = |listed: &Listed| listed.event_id.at() >= since && wanted(listed);
    let scan = Scan { feed, organization_id, since, wanted: &is_wanted, limit };
    let (picked, next) = scan.forward(cursor.unwrap_or(Place::START)).await?;
    let last = newest(feed, organization_id).await?;
    let is_behind = |place: &Place| {
        last.as_ref().is_none_or(|last| (place.number, place.index) >= (last.number, last.events.len()))
    };
    let next = next.filter(|place| *place != Place::START && !is_behind(place));
    Ok((picked.into_iter().map(|(id, _)| id).collect(), next.map(|place| place.write(organization_id))))
}

/// The newest block that can be read, if there is one.
async fn newest(feed: &dyn Feed, organization_id: OrganizationId) -> Result<Option<Block>, Refusal> {
    let range = Range { from: 1, to: LAST_PLACE, newest_first: true, limit: CHUNK };
    let found = feed.blocks(organization_id, range).await?;
    Ok(found.into_iter().find_map(|stored| stored.block))
}

/// One event.
pub async fn get<S>(
    clock: &dyn Clock,
    feed: &dyn Feed,
    permit: &Permit<S>,
    id: EventId,
) -> Result<Event, Refusal> {
    let kept = clock.now() - Event::KEPT;
    let found = feed.events(permit.organization_id(), &[id]).await?.pop();
    let shown = |event: &Event| {
        event.created_at >= kept && may_see(permit, event.subject.inbox_id()) && may_know(permit, event.kind)
    };
    found.filter(shown).ok_or(Refusal::NotFound("event"))
}

/// The place behind all that is in the feed now: whoever goes on from there reads what comes next.
pub async fn end(feed: &dyn Feed, permit: &Permit<scope::EventsRead>) -> Result<String, Refusal> {
    let organization_id = permit.organization_id();
    // One that can't be read has no place to name: then it is the end of the one before, and readers pass over it again.
    let last = newest(feed, organization_id).await?;
    let place = last.map_or(Place::START, |block| block.place(block.events.len()));
    Ok(place.write(organization_id))
}

/// Events that were chosen, each with the place behind it.
type Picked = Vec<(EventId, Place)>;

/// The reading of a part of a feed.
struct Scan<'a> {
    feed: &'a dyn Feed,
    organization_id: OrganizationId,
    /// What was made before is not wanted.
    since: Timestamp,
    wanted: &'a (dyn Fn(&Listed) -> bool + Sync),
    limit: usize,
}

impl Scan<'_> {
    async fn blocks(
        &self,
        from: u64,
        to: u64,
        newest_first: bool,
        limit: u16,
    ) -> Result<Vec<(u64, Option<Block>)>, Refusal> {
        let range = Range { from, to, newest_first, limit };
        let found = self.feed.blocks(self.organization_id, range).await?;
        Ok(found.into_iter().map(|stored| (stored.number, stored.block)).collect())
    }

    /// What stands behind a place, the oldest first, and the place behind all that was looked at.
    async fn forward(&self, place: Place) -> Result<(Picked, Option<Place>), Refusal> {
        let (mut picked, mut next, mut scanned) = (vec![], place, 0);
        let mut from = place.number;
        let mut found = if from == 0 { vec![] } else { self.blocks(from, LAST_PLACE, false, CHUNK).await? };
        let is_there = found.first().is_some_and(|(number, block)| {
            *number == place.number && block.as_ref().is_none_or(|block| block.at == place.at)
        });
        // Nothing that is wanted was laid down before this.
        let wanted_from = self.since - SKEW;
        if !is_there || place.at < wanted_from {
            let later = place.at + SignedDuration::from_millis(1);
            let Some(first) = self.first_since(later.max(wanted_from)).await? else {
                return Ok((picked, Some(next)));
            };
            from = first;
            found = self.blocks(from, LAST_PLACE, false, CHUNK).await?;
        }
        loop {
            let is_whole = found.len() < usize::from(CHUNK);
            for (number, block) in found {
                (from, scanned) = (number + 1, scanned + 1);
                let Some(block) = block else {
                    let organization_id = self.organization_id;
                    tracing::error!(%organization_id, number, "a block of the feed can't be read");
                    continue;
                };
                let start =
                    if (block.number, block.at) == (place.number, place.at) { place.index } else { 0 };
                for (i, listed) in block.events.iter().enumerate().skip(start) {
                    (next, scanned) = (block.place(i + 1), scanned + 1);
                    if (self.wanted)(listed) {
                        picked.push((listed.event_id, next));
                        if picked.len() == self.limit {
                            return Ok((picked, Some(next)));
                        }
                    }
                }
                if scanned >= SCANNED {
                    return Ok((picked, Some(next)));
                }
            }
            if is_whole {
                return Ok((picked, Some(next)));
            }
            found = self.blocks(from, LAST_PLACE, false, CHUNK).await?;
        }
    }

    /// What stands before a place, the newest first, and the place before all that was looked at; none where nothing more is wanted.
    async fn back(&self, place: Option<Place>) -> Result<(Picked, Option<Place>), Refusal> {
        let (mut picked, mut next, mut scanned) = (vec![], place, 0);
        let mut to = place.map_or(LAST_PLACE, |place| place.number);
        while to > 0 {
            let found = self.blocks(1, to, true, CHUNK).await?;
            let is_whole = found.len() < usize::from(CHUNK);
            for (number, block) in found {
                (to, scanned) = (number - 1, scanned + 1);
                // One that can't be read is passed over, and so is one that is later than the place: its number was given again.
                let Some(block) = block.filter(|block| place.is_none_or(|place| block.at <= place.at)) else {
                    next = place.map(|place| Place { number, index: 0, ..place });
                    if next.is_some() && scanned >= SCANNED {
                        return Ok((picked, next));
                    }
                    continue;
                };
                if block.at < self.since - SKEW {
                    return Ok((picked, None));
                }
                let all = block.events.len();
                let ends = match place {
                    Some(place) if place.at == block.at => place.index.min(all),
                    _ => all,
                };
                for (i, listed) in block.events.iter().enumerate().take(ends).rev() {
                    scanned += 1;
                    let before = block.place(i);
                    next = Some(before);
                    if (self.wanted)(listed) {
                        picked.push((listed.event_id, before));
                        if picked.len() == self.limit {
                            return Ok((picked, next));
                        }
                    }
                }
                if scanned >= SCANNED {
                    return Ok((picked, next));
                }
            }
            if is_whole {
                break;
            }
        }
        Ok((picked, None))
    }

    /// The number of the first block that was added at this time or later: each is later than the one before, so halves are left out.
    async fn first_since(&self, at: Timestamp) -> Result<Option<u64>, Refusal> {
        let one = async |from, to, newest_first| {
            let found = self.blocks(from, to, newest_first, 1).await?;
            Ok::<_, Refusal>(found.into_iter().next())
        };
        let Some((oldest, _)) = one(1, LAST_PLACE, false).await? else { return Ok(None) };
        let Some((newest, _)) = one(1, LAST_PLACE, true).await? else { return Ok(None) };
        let (mut low, mut high) = (oldest, newest + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            match one(middle, high, false).await? {
                Some((number, Some(block))) if block.at < at => low = number + 1,
                // Where one can't be read, it is better to begin too early.
                _ => high = middle,
            }
        }
        Ok(Some(low))
    }
}
