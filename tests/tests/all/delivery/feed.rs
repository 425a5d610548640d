//! The feed of events in memory: whoever follows it reads each event once, whatever comes late, twice, at once or half.

use std::collections::BTreeSet;
use std::sync::Mutex;

use app::Refusal;
use app::base::feed::{Feed, StoredBlock};
use app::base::store::{Page, PageRequest, StoreError};
use app::base::trail::Range;
use app::delivery::feed::{Filter, LOOKED_BACK, Laid, Order, Told, append, end, get, list};
use async_trait::async_trait;
use domain::base::code::Code;
use domain::delivery::event::{Event, EventKind, Subject};
use domain::delivery::feed::{Block, Listed};
use domain::mailbox::message::Message;
use domain::people::access::{Permit, Role, Scope, scope};
use domain::people::credential::{Session, Token};
use domain::people::usage::Usage;
use domain::{EventId, InboxId, OrganizationId};
use futures_util::future::join_all;
use jiff::SignedDuration;
use testkit::samples::{self, NOW, inbox_id, organization_id};
use testkit::world::World;

const DAY: i64 = 24 * 3_600;

fn owner() -> Permit<scope::EventsRead> {
    samples::session(1, Role::Owner).0.principal(NOW).unwrap().permit().unwrap()
}

fn stranger() -> Permit<scope::EventsRead> {
    let session = Session { organization_id: organization_id(2), ..samples::session(2, Role::Owner).0 };
    session.principal(NOW).unwrap().permit().unwrap()
}

fn limited(inboxes: &[InboxId]) -> Permit<scope::EventsRead> {
    let token = samples::token(1, Role::Owner, &[Scope::EventsRead]).0;
    let token = Token { inboxes: Some(inboxes.iter().copied().collect()), ..token };
    token.principal().permit().unwrap()
}

/// The `n`-th event, which happened now: it is written, and not yet laid down.
fn happen(world: &World, n: u16, kind: EventKind, inbox: u8) -> Listed {
    let mut entropy = [0; 10];
    entropy[..2].copy_from_slice(&n.to_be_bytes());
    let message = Message { inbox_id: inbox_id(inbox), ..samples::inbound(1) };
    let event = Event {
        id: EventId::new(world.ports.now(), entropy),
        kind,
        created_at: world.ports.now(),
        subject: Subject::Message(Box::new(message)),
        ..samples::event(1)
    };
    let listed = Listed::from(&event);
    world.store.contents().events.push(event);
    listed
}

fn received(world: &World, from: u16, to: u16) -> Vec<Listed> {
    (from..to).map(|n| happen(world, n, EventKind::MessageReceived, 1)).collect()
}

fn ids(listed: &[Listed]) -> Vec<EventId> {
    listed.iter().map(|listed| listed.event_id).collect()
}

async fn lay(world: &World, feed: &dyn Feed, events: &[Listed]) -> Result<usize, Refusal> {
    let of_none = |listed: &Listed| Laid { listed: listed.clone(), used: None };
    let events: Vec<_> = events.iter().map(of_none).collect();
    append(&*world.ports.clock, feed, organization_id(1), &events).await
}

/// A page of whoever holds the permit.
async fn page(
    world: &World,
    permit: &Permit<scope::EventsRead>,
    filter: &Filter,
    order: Order,
    limit: u16,
    cursor: Option<&str>,
) -> Result<Page<Told>, Refusal> {
    let page = PageRequest { limit, cursor: cursor.map(str::to_owned) };
    list(&*world.ports.clock, &*world.store, permit, filter, order, &page).await
}

fn named(page: &Page<Told>) -> Vec<EventId> {
    page.items.iter().map(|told| told.event.id).collect()
}

/// Everything from a place on, a page after the other, until one has nothing; and where that ended.
async fn follow(
    world: &World,
    permit: &Permit<scope::EventsRead>,
    filter: &Filter,
    limit: u16,
    cursor: Option<&str>,
) -> (Vec<EventId>, String) {
    let (mut all, mut cursor) = (vec![], cursor.map(str::to_owned));
    loop {
        let found = page(world, permit, filter, Order::OldestFirst, limit, cursor.as_deref()).await.unwrap();
        let next = found.next.clone().unwrap();
        let is_end = found.items.is_empty() && cursor.as_ref() == Some(&next);
        all.extend(named(&found));
        cursor = Some(next.clone());
        if is_end {
            return (all, next);
        }
    }
}

/// Everything, the newest first.
async fn look_back(
    world: &World,
    permit: &Permit<scope::EventsRead>,
    filter: &Filter,
    limit: u16,
) -> Vec<EventId> {
    let (mut all, mut cursor) = (vec![], None);
    loop {
        let found = page(world, permit, filter, Order::NewestFirst, limit, cursor.as_deref()).await.unwrap();
        all.extend(named(&found));
        cursor = found.next;
        if cursor.is_none() {
            return all;
        }
    }
}

/// A feed whose calls take long enough for others to come between.
struct Slow<'a>(&'a World);

#[async_trait]
impl Feed for Slow<'_> {
    async fn blocks(
        &self,
        organization: OrganizationId,
        range: Range,
    ) -> Result<Vec<StoredBlock>, StoreError> {
        tokio::task::yield_now().await;
        let found = self.0.store.blocks(organization, range).await;
        tokio::task::yield_now().await;
        found
    }

    async fn add(&self, last: Option<&Block>, block: &Block, counts: &[Usage]) -> Result<(), StoreError> {
        tokio::task::yield_now().await;
        let added = self.0.store.add(last, block, counts).await;
        tokio::task::yield_now().await;
        added
    }

    async fn events(&self, organization: OrganizationId, ids: &[EventId]) -> Result<Vec<Event>, StoreError> {
        self.0.store.events(organization, ids).await
    }
}

/// A feed of which something goes wrong once, between what was read and what is written, or behind that.
struct Once<'a> {
    world: &'a World,
    wrong: Mutex<Option<Wrong>>,
}

enum Wrong {
    /// Nobody hears that it was written.
    Unheard,
    /// Time deletes all blocks before it is written.
    Deleted,
}

impl<'a> Once<'a> {
    fn new(world: &'a World, wrong: Wrong) -> Self {
        Self { world, wrong: Mutex::new(Some(wrong)) }
    }
}

#[async_trait]
impl Feed for Once<'_> {
    async fn blocks(
        &self,
        organization: OrganizationId,
        range: Range,
    ) -> Result<Vec<StoredBlock>, StoreError> {
        self.world.store.blocks(organization, range).await
    }

    async fn add(&self, last: Option<&Block>, block: &Block, counts: &[Usage]) -> Result<(), StoreError> {
        let wrong = self.wrong.lock().unwrap().take();
        if matches!(wrong, Some(Wrong::Deleted)) {
            self.world.store.contents().blocks.clear();
        }
        let added = self.world.store.add(last, block, counts).await;
        match wrong {
            Some(Wrong::Unheard) => Err(StoreError::Transient("no answer".to_owned())),
            _ => added,
        }
    }

    async fn events(&self, organization: OrganizationId, ids: &[EventId]) -> Result<Vec<Event>, StoreError> {
        self.world.store.events(organization, ids).await
    }
}

#[tokio::test]
async fn publishers_at_once_and_a_reader_between_them_lose_nothing() {
    let world = World::default();
    let slow = Slow(&world);
    let events = received(&world, 0, 400);
    // Six shards of the stream, of which each is told of some events that another has as well.
    let shards: Vec<Vec<Listed>> =
        (0..6).map(|shard| events.iter().skip(shard * 60).take(100).cloned().collect()).collect();
    let (all, between) = (&world, &slow);
    let publishers = shards.iter().map(|shard| async move {
        for batch in shard.chunks(7) {
            // As the stream does, until it is done.
            while lay(all, between, batch).await.is_err() {}
        }
    });
    let reader = async {
        let (mut seen, mut cursor) = (vec![], None::<String>);
        while seen.len() < events.len() {
            let request = PageRequest { limit: 9, cursor: cursor.clone() };
            let order = Order::OldestFirst;
            let found = list(&*world.ports.clock, &slow, &owner(), &Filter::default(), order, &request)
                .await
                .unwrap();
            seen.extend(named(&found));
            assert!(found.next.is_some(), "a reader always has a place to go on from");
            cursor = found.next;
            tokio::task::yield_now().await;
        }
        seen
    };
    let (_, seen) = futures_util::future::join(join_all(publishers), reader).await;
    assert_eq!(seen.len(), events.len());
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), events.len(), "each once");
    let again = follow(&world, &owner(), &Filter::default(), 100, None).await.0;
    assert_eq!(again, seen, "in the order in which they will always be");
    let numbers: Vec<_> = world.store.contents().blocks.keys().map(|(_, number)| *number).collect();
    assert_eq!(numbers, (1..=u64::try_from(numbers.len()).unwrap()).collect::<Vec<_>>(), "without a gap");
}

#[tokio::test]
async fn a_batch_that_comes_again_is_laid_down_once_though_its_writer_died() {
    let world = World::default();
    let events = received(&world, 0, 150);
    let dying = Once::new(&world, Wrong::Unheard);
    assert!(matches!(lay(&world, &dying, &events).await, Err(Refusal::Unavailable(_))));
    assert_eq!(lay(&world, &dying, &events).await, Ok(50), "a hundred are there");
    assert_eq!(lay(&world, &*world.store, &events[20..]).await, Ok(0));
    assert_eq!(lay(&world, &*world.store, &[]).await, Ok(0));
    // Hours later, behind many others.
    world.pass(6 * 3_600);
    for n in 0..80 {
        assert_eq!(lay(&world, &*world.store, &received(&world, 1_000 + n, 1_001 + n)).await, Ok(1));
        world.pass(60);
    }
    assert_eq!(lay(&world, &*world.store, &events).await, Ok(0));
    let seen = follow(&world, &owner(), &Filter::default(), 100, None).await.0;
    assert_eq!((seen.len(), &seen[..150]), (230, &ids(&events)[..]));
}

#[tokio::test]
async fn what_is_told_again_behind_very_much_else_stands_twice_under_one_id() {
    let world = World::default();
    let first = received(&world, 0, 1);
    lay(&world, &*world.store, &first).await.unwrap();
    let others = received(&world, 1, u16::try_from(LOOKED_BACK).unwrap() + 60);
    for other in others.chunks(1) {
        lay(&world, &*world.store, other).await.unwrap();
    }
    assert_eq!(lay(&world, &*world.store, &first).await, Ok(1));
    let seen = follow(&world, &owner(), &Filter::default(), 100, None).await.0;
    assert_eq!(seen.iter().filter(|id| **id == first[0].event_id).count(), 2);
}

#[tokio::test]
async fn an_event_that_comes_late_stands_behind_what_was_read() {
    let world = World::default();
    let late = received(&world, 0, 1);
    world.pass(30);
    let early = received(&world, 1, 3);
    lay(&world, &*world.store, &early).await.unwrap();
    let (seen, place) = follow(&world, &owner(), &Filter::default(), 1, None).await;
    assert_eq!(seen, ids(&early));
    lay(&world, &*world.store, &late).await.unwrap();
    assert_eq!(follow(&world, &owner(), &Filter::default(), 1, Some(&place)).await.0, ids(&late));
}

/// Nothing happens for so long that time deletes all blocks: the numbers begin anew, and followers go on.
#[tokio::test]
async fn a_feed_that_was_forgotten_begins_anew_and_its_followers_lose_nothing() {
    let world = World::default();
    for n in 0..5 {
        lay(&world, &*world.store, &received(&world, n, n + 1)).await.unwrap();
    }
    let (seen, place) = follow(&world, &owner(), &Filter::default(), 100, None).await;
    assert_eq!(seen.len(), 5);
    let half =
        page(&world, &owner(), &Filter::default(), Order::OldestFirst, 2, None).await.unwrap().next.unwrap();
    world.pass(32 * DAY + 1);
    // The writer has seen the last block, which is deleted before it writes behind it.
    let new = received(&world, 10, 12);
    assert_eq!(lay(&world, &Once::new(&world, Wrong::Deleted), &new).await, Ok(2));
    let numbers: Vec<_> = world.store.contents().blocks.keys().map(|(_, number)| *number).collect();
    assert_eq!(numbers, [1]);
    for n in 12..20 {
        world.pass(1);
        lay(&world, &*world.store, &received(&world, n, n + 1)).await.unwrap();
    }
    for place in [&place, &half] {
        let later = follow(&world, &owner(), &Filter::default(), 3, Some(place)).await.0;
        assert_eq!((later.len(), &later[..2]), (10, &ids(&new)[..]));
        let back =
            page(&world, &owner(), &Filter::default(), Order::NewestFirst, 3, Some(place)).await.unwrap();
        assert_eq!((back.items, back.next), (vec![], None), "what stood before it is forgotten");
    }
    // Blocks are deleted in any order: some numbers are given again while older ones are still there.
    world.store.contents().blocks.retain(|(_, number), _| *number < 4);
    let place = follow(&world, &owner(), &Filter::default(), 100, None).await.1;
    world.store.contents().blocks.retain(|(_, number), _| *number != 3);
    world.pass(33 * DAY);
    let last = received(&world, 30, 31);
    assert_eq!(lay(&world, &*world.store, &last).await, Ok(1));
    assert_eq!(follow(&world, &owner(), &Filter::default(), 100, Some(&place)).await.0, ids(&last));
}

#[tokio::test]
async fn an_event_is_read_for_thirty_days_to_the_millisecond() {
    let world = World::default();
    let old = received(&world, 0, 1);
    lay(&world, &*world.store, &old).await.unwrap();
    world.pass(60);
    let new = received(&world, 1, 2);
    lay(&world, &*world.store, &new).await.unwrap();
    world.pass(30 * DAY - 60);
    let clock = &*world.ports.clock;
    for (seconds, left) in [(0, [old.clone(), new.clone()].concat()), (1, new), (60, vec![])] {
        world.pass(seconds);
        let mut both = follow(&world, &owner(), &Filter::default(), 100, None).await.0;
        assert_eq!(both, ids(&left), "{seconds}");
        both.reverse();
        assert_eq!(look_back(&world, &owner(), &Filter::default(), 100).await, both);
        let found = get(clock, &*world.store, &owner(), old[0].event_id).await;
        assert_eq!(found.is_ok(), left.len() == 2);
    }
}

#[tokio::test]
async fn pages_of_any_size_have_all_in_both_directions() {
    let world = World::default();
    let mut events = vec![];
    for (size, n) in [1_u16, 100, 3, 250, 1, 1].into_iter().zip((0..).step_by(1_000)) {
        let some = received(&world, n, n + size);
        lay(&world, &*world.store, &some).await.unwrap();
        events.extend(ids(&some));
        world.pass(60);
    }
    let newest_first: Vec<_> = events.iter().rev().copied().collect();
    for limit in [1, 7, 50, 100] {
        assert_eq!(follow(&world, &owner(), &Filter::default(), limit, None).await.0, events, "{limit}");
        assert_eq!(look_back(&world, &owner(), &Filter::default(), limit).await, newest_first, "{limit}");
    }
    // A place is between two events, whichever way it was come to.
    for (i, order) in [(3, Order::OldestFirst), (120, Order::NewestFirst), (355, Order::OldestFirst)] {
        let mut cursor = None;
        for _ in 0..i {
            cursor =
                page(&world, &owner(), &Filter::default(), order, 1, cursor.as_deref()).await.unwrap().next;
        }
        let behind = if order == Order::OldestFirst { i } else { events.len() - i };
        let cursor = cursor.as_deref();
        let on = follow(&world, &owner(), &Filter::default(), 100, cursor).await.0;
        assert_eq!(on, events[behind..], "{i}");
        let back = page(&world, &owner(), &Filter::default(), Order::NewestFirst, 2, cursor).await.unwrap();
        assert_eq!(named(&back), [events[behind - 1], events[behind - 2]], "{i}");
    }
    // From a time on.
    for (minutes, left) in [(0, 356), (1, 355), (2, 255), (3, 252), (5, 1), (6, 0)] {
        let after = Some(NOW + SignedDuration::from_mins(minutes));
        let filter = Filter { after, ..Filter::default() };
        assert_eq!(follow(&world, &owner(), &filter, 100, None).await.0, events[356 - left..], "{minutes}");
        assert_eq!(look_back(&world, &owner(), &filter, 100).await, newest_first[..left], "{minutes}");
    }
    // From now on, whether anything is there or not.
    let now = end(&*world.store, &owner()).await.unwrap();
    assert_eq!(follow(&world, &owner(), &Filter::default(), 100, Some(&now)).await.0, []);
    let empty = end(&*world.store, &stranger()).await.unwrap();
    assert_eq!(follow(&world, &stranger(), &Filter::default(), 100, Some(&empty)).await.0, []);
    let next = received(&world, 9_000, 9_002);
    lay(&world, &*world.store, &next).await.unwrap();
    assert_eq!(follow(&world, &owner(), &Filter::default(), 100, Some(&now)).await.0, ids(&next));
}

#[tokio::test]
async fn filters_look_at_a_bounded_part_and_go_on_behind_it() {
    let world = World::default();
    let wanted = |n: u16| n % 1_500 == 1_499;
    let mut rare = vec![];
    for n in 0..4_500 {
        let kind = if wanted(n) { EventKind::MessageSent } else { EventKind::MessageReceived };
        let listed = happen(&world, n, kind, 1);
        if wanted(n) {
            rare.push(listed.event_id);
        }
    }
    let all: Vec<_> = world.store.contents().events.iter().map(Listed::from).collect();
    lay(&world, &*world.store, &all).await.unwrap();
    let filter = Filter { kinds: Some([EventKind::MessageSent].into()), ..Filter::default() };
    let first = page(&world, &owner(), &filter, Order::OldestFirst, 100, None).await.unwrap();
    assert_eq!((named(&first), first.next.is_some()), (rare[..1].to_vec(), true), "no more than a part");
    assert_eq!(follow(&world, &owner(), &filter, 100, None).await.0, rare);
    rare.reverse();
    assert_eq!(look_back(&world, &owner(), &filter, 100).await, rare);
    let none = Filter { kinds: Some([EventKind::InboxCreated].into()), ..Filter::default() };
    assert_eq!(follow(&world, &owner(), &none, 100, None).await.0, []);
    assert_eq!(look_back(&world, &owner(), &none, 100).await, []);
}

#[tokio::test]
async fn who_is_limited_to_inboxes_sees_what_is_about_those_alone() {
    let world = World::default();
    let mut events: Vec<_> = (0..6)
        .map(|n| happen(&world, n, EventKind::MessageReceived, 1 + u8::try_from(n % 3).unwrap()))
        .collect();
    // A block says that an event is about no inbox, or about another than it is.
    events[4].inbox_id = None;
    events[5].inbox_id = Some(inbox_id(1));
    lay(&world, &*world.store, &events).await.unwrap();
    let (all, clock) = (Filter::default(), &*world.ports.clock);
    let (one, two) = (limited(&[inbox_id(1)]), limited(&[inbox_id(1), inbox_id(2)]));
    assert_eq!(follow(&world, &owner(), &all, 100, None).await.0, ids(&events));
    assert_eq!(follow(&world, &one, &all, 100, None).await.0, [events[0].event_id, events[3].event_id]);
    assert_eq!(look_back(&world, &two, &all, 1).await, [3, 1, 0].map(|n: usize| events[n].event_id));
    assert_eq!(follow(&world, &limited(&[]), &all, 100, None).await.0, []);
    let about = |n| Filter { inbox_id: Some(inbox_id(n)), ..Filter::default() };
    assert_eq!(follow(&world, &owner(), &about(3), 100, None).await.0, [events[2].event_id]);
    assert_eq!(follow(&world, &two, &about(2), 100, None).await.0, [events[1].event_id]);
    let refused = page(&world, &one, &about(2), Order::OldestFirst, 9, None).await;
    assert_eq!(refused, Err(Refusal::NotFound("inbox")));
    for (permit, seen) in [(&owner(), 6), (&one, 2), (&two, 4), (&stranger(), 0)] {
        let mut found = 0;
        for listed in &events {
            match get(clock, &*world.store, permit, listed.event_id).await {
                Ok(event) => found += usize::from(event.id == listed.event_id),
                Err(refusal) => assert_eq!(refusal, Refusal::NotFound("event")),
            }
        }
        assert_eq!(found, seen);
    }
    assert_eq!(follow(&world, &stranger(), &all, 100, None).await.0, []);
    let ours = end(&*world.store, &owner()).await.unwrap();
    for cursor in [ours.as_str(), "", "1", "evt_x", &"9".repeat(5_000)] {
        let refused = page(&world, &stranger(), &all, Order::OldestFirst, 9, Some(cursor)).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidCursor, "{cursor}");
    }
}

/// What can't be read, and what is there no more, does not keep a reader from what follows.
#[tokio::test]
async fn a_hole_is_passed_over() {
    let world = World::default();
    let events = received(&world, 0, 6);
    for one in events.chunks(1) {
        lay(&world, &*world.store, one).await.unwrap();
    }
    {
        let mut contents = world.store.contents();
        contents.events.retain(|event| event.id != events[1].event_id);
        let key = (organization_id(1), 4);
        let block = contents.blocks[&key].clone();
        contents.blocks.insert(key, Block { number: 77, ..block });
    }
    let left = [0, 2, 4, 5].map(|n: usize| events[n].event_id);
    assert_eq!(follow(&world, &owner(), &Filter::default(), 1, None).await.0, left);
    let mut back = look_back(&world, &owner(), &Filter::default(), 1).await;
    back.reverse();
    assert_eq!(back, left);
    // Nor does it keep a writer from writing behind it.
    let key = (organization_id(1), 6);
    let block = world.store.contents().blocks[&key].clone();
    world.store.contents().blocks.insert(key, Block { number: 77, ..block });
    let next = received(&world, 6, 7);
    assert_eq!(lay(&world, &*world.store, &next).await, Ok(1));
    let last = follow(&world, &owner(), &Filter::default(), 100, None).await.0.pop();
    assert_eq!(last, Some(next[0].event_id));
}
