//! Mail is found by its words: at once, once it is indexed, and after segments were merged; what is gone is not.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use app::base::error::Refusal;
use app::base::ports::{Backlog, BlobError, BlobKey, Blobs as _, FlowError, Taken};
use app::base::store::{
    AddressEntry, Change, DirectoryWrite, Key, List, ListError, Page, PageRequest, Record, Store, StoreError,
    key, load,
};
use app::gate::purge::purge;
use app::mailbox::inboxes;
use app::mailbox::index::{News, Said, index, keep, sweep};
use app::mailbox::receive::{EnvelopeView, Reading, Received, receive};
use app::mailbox::search::{FoundMail, FoundPage, Sort, Wanted, search};
use app::mailbox::trash::{delete, empty, restore, trash};
use async_trait::async_trait;
use bytes::Bytes;
use domain::base::code::Code;
use domain::gate::seal::Ticket;
use domain::mailbox::index::{Index, read_gone_message};
use domain::mailbox::lifecycle::Nonce;
use domain::mailbox::message::{Message, Verdicts};
use domain::people::access::{Permit, Role, ScopeType};
use domain::{MessageId, OrganizationId, Timestamp};
use testkit::memory::MemoryStore;
use testkit::samples::{self, inbox_id, organization_id};
use testkit::world::World;

/// Past the time in which a mail may be filed late.
const LATER: i64 = 21 * 60;

async fn world() -> World {
    let world = World::default();
    let mut change = Change::new(organization_id(1)).create(samples::organization(1));
    for n in [1, 2] {
        let inbox = samples::inbox(n);
        let entry = AddressEntry {
            address: inbox.address.clone(),
            organization_id: inbox.organization_id,
            inbox_id: inbox.id,
        };
        change = change.create(inbox).directory(DirectoryWrite::NewAddress(entry));
    }
    world.ports.store.commit(change).await.unwrap();
    world
}

fn owner<S: ScopeType>() -> Permit<S> {
    let (session, _) = samples::session(1, Role::Owner);
    session.principal(samples::NOW).unwrap().permit().unwrap()
}

/// A queue of messages that were taken so often.
#[derive(Default)]
struct Waiting(Mutex<VecDeque<Taken>>, Mutex<Vec<String>>);

#[async_trait]
impl Backlog for Waiting {
    async fn take(&self) -> Result<Vec<Taken>, FlowError> {
        let mut waiting = self.0.lock().unwrap();
        let some = waiting.len().min(10);
        Ok(waiting.drain(..some).collect())
    }
    async fn done(&self, handles: &[String]) -> Result<(), FlowError> {
        self.1.lock().unwrap().extend_from_slice(handles);
        Ok(())
    }
    async fn give_back(&self, handles: &[String]) -> Result<(), FlowError> {
        let again = handles.iter().map(|it| Taken { handle: it.clone(), body: it.clone(), times: 2 });
        self.0.lock().unwrap().extend(again);
        Ok(())
    }
}

/// A queue whose messages take a minute to come.
struct Slow<'a>(&'a World, &'a Waiting);

#[async_trait]
impl Backlog for Slow<'_> {
    async fn take(&self) -> Result<Vec<Taken>, FlowError> {
        self.0.pass(60);
        self.1.take().await
    }
    async fn done(&self, handles: &[String]) -> Result<(), FlowError> {
        self.1.done(handles).await
    }
    async fn give_back(&self, handles: &[String]) -> Result<(), FlowError> {
        self.1.give_back(handles).await
    }
}

fn read(body: &str) -> Option<Said> {
    let (news, rest) = body.strip_prefix("came ").map_or((News::Gone, body), |rest| (News::Came, rest));
    read_gone_message(rest).map(|(place, id)| (place, news, id))
}

fn came(inbox: u8, id: MessageId) -> String {
    format!("came {}/{}/{id}", organization_id(1), inbox_id(inbox))
}

/// The function that keeps the index runs, with these messages that were taken so often. Gives those that it is done with.
async fn tell(world: &World, messages: &[String], times: u32) -> Vec<String> {
    let taken = messages.iter().map(|body| Taken { handle: body.clone(), body: body.clone(), times });
    let waiting = Waiting(Mutex::new(taken.collect()), Mutex::default());
    world.pass(1);
    keep(&world.ports, &*world.blobs, &*world.store, &waiting, &read).await.unwrap();
    // What became due of that is for the next minute.
    world.pass(1);
    keep(&world.ports, &*world.blobs, &*world.store, &waiting, &read).await.unwrap();
    waiting.1.into_inner().unwrap()
}

/// The function that deletes runs, and what it says gets to the index.
async fn sweep_all(world: &World) {
    world.pass(1);
    empty(&world.ports, &*world.blobs, &world.outside, &*world.store).await.unwrap();
    let said: Vec<_> = world.outside.queued.lock().unwrap().drain(..).map(|(body, _)| body).collect();
    tell(world, &said, 1).await;
    world.pass(26 * 60);
    sweep(&world.ports, &*world.blobs, &*world.store).await.unwrap();
}

/// The segments that there are.
fn objects(world: &World) -> Vec<(String, Bytes)> {
    let objects = world.blobs.objects.lock().unwrap().clone();
    objects.into_iter().filter(|(name, _)| name.starts_with("search/")).collect()
}

fn said_anywhere(world: &World, words: &str) -> bool {
    objects(world).iter().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains(words))
}

/// A mail comes in for an inbox.
async fn take(world: &World, inbox: u8, name: &str, subject: &str, text: &str) -> MessageId {
    let raw_key = format!("inbound/{name}");
    let bytes = format!(
        "From: Ann Lee <ann@example.org>\r\nTo: all@example.com\r\nSubject: {subject}\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    );
    world.blobs.put(&BlobKey::Raw(raw_key.clone()), bytes.into(), "message/rfc822").await.unwrap();
    world.pass(1);
    let received = Received {
        provider_id: name.to_owned(),
        at: world.ports.now(),
        recipients: vec![samples::inbox(inbox).address],
        raw_key,
        verdicts: Verdicts::default(),
        envelope: EnvelopeView::default(),
    };
    receive(&world.ports, &*world.blobs, &*world.store, &received, Reading::Parse).await.unwrap()[0]
}

async fn add(world: &World, inbox: u8, ids: &[MessageId]) -> usize {
    let ids: BTreeSet<_> = ids.iter().copied().collect();
    let place = (organization_id(1), inbox_id(inbox));
    let until = world.ports.now() + jiff::SignedDuration::from_mins(1);
    index(&world.ports, &*world.blobs, place, &ids, &BTreeSet::new(), until).await.unwrap().0
}

async fn state(world: &World, inbox: u8) -> Index {
    load(&*world.ports.store, organization_id(1), key::Index(inbox_id(inbox))).await.unwrap().unwrap()
}

fn wanted(query: &str) -> Wanted {
    Wanted {
        query: query.to_owned(),
        inbox_ids: None,
        order: Sort::Date,
        page: PageRequest { limit: 50, cursor: None },
    }
}

async fn ask_all(world: &World, wanted: &Wanted) -> Result<FoundPage, Refusal> {
    search(&world.ports, &*world.blobs, &owner(), wanted).await
}

async fn ask(world: &World, wanted: &Wanted) -> Result<Page<FoundMail>, Refusal> {
    let found = ask_all(world, wanted).await?;
    assert!(found.complete);
    Ok(found.page)
}

async fn find(world: &World, query: &str) -> Vec<MessageId> {
    let page = ask(world, &wanted(query)).await.unwrap();
    page.items.into_iter().map(|it| it.message.id).collect()
}

#[tokio::test]
async fn a_mail_is_found_at_once_and_from_its_segment_with_the_same_highlights() {
    let world = world().await;
    let id = take(&world, 1, "a", "The invoice", "Bitte zahlen Sie die Größe 42.\r\n\r\n東京より").await;
    let shown = |page: Page<FoundMail>| {
        let [found] = page.items.try_into().unwrap();
        assert_eq!((found.message.id, page.next), (id, None));
        (found.subject, found.from, found.text)
    };
    let query = "invoice from:ann größe 東京";
    let young = shown(ask(&world, &wanted(query)).await.unwrap());
    assert_eq!(young.0[0].matches, [(4, 11)]);
    assert_eq!(young.1[0].matches, [(0, 3), (9, 12)]);
    let text = &young.2[0];
    let marked =
        |(from, to): &(usize, usize)| text.text.chars().skip(*from).take(to - from).collect::<String>();
    assert_eq!(text.matches.iter().map(marked).collect::<Vec<_>>(), ["Größe", "東京"]);
    assert_eq!(add(&world, 1, &[id]).await, 1);
    // Told again: nothing.
    assert_eq!(add(&world, 1, &[id]).await, 0);
    assert_eq!(state(&world, 1).await.segments.len(), 1);
    // The mail itself is not read again.
    world.blobs.objects.lock().unwrap().remove("inbound/a");
    assert_eq!(shown(ask(&world, &wanted(query)).await.unwrap()), young);
    world.pass(LATER);
    assert_eq!(shown(ask(&world, &wanted(query)).await.unwrap()), young);
    // Told again after all that.
    assert_eq!(add(&world, 1, &[id]).await, 0);
    assert_eq!(find(&world, query).await, [id]);
    assert_eq!(find(&world, "from:bob").await, []);
}

#[tokio::test]
async fn segments_are_merged_and_the_old_ones_deleted() {
    let world = world().await;
    let mut ids = vec![];
    for n in 0..20 {
        let id = take(&world, 1, &format!("m{n}"), "Report", &format!("number{n} of the reports")).await;
        assert_eq!(tell(&world, &[came(1, id)], 1).await.len(), 1);
        ids.push(id);
    }
    let known = state(&world, 1).await;
    let sizes: Vec<_> = known.segments.iter().map(|it| it.mails).collect();
    assert_eq!(sizes, [20], "what is recent is in one segment");
    assert_eq!(known.retired.len(), 19);
    ids.reverse();
    assert_eq!(find(&world, "report").await, ids);
    // What was merged is kept for whoever reads it still, and what a writer that died left is found.
    let orphan = format!("search/{}/{}/{}", organization_id(1), inbox_id(1), "ab".repeat(32));
    world.blobs.objects.lock().unwrap().insert(orphan, Bytes::from_static(b"half"));
    assert_eq!(sweep(&world.ports, &*world.blobs, &*world.store).await, Ok(0));
    assert_eq!(objects(&world).len(), 1 + 19 + 1);
    world.pass(61 * 60);
    assert_eq!(sweep(&world.ports, &*world.blobs, &*world.store).await, Ok(20));
    assert_eq!(objects(&world).len(), 1);
    let known = state(&world, 1).await;
    assert_eq!((known.retired, known.look_at), (vec![], None));
    assert_eq!(sweep(&world.ports, &*world.blobs, &*world.store).await, Ok(0));
    assert_eq!(find(&world, "report").await, ids);
    assert_eq!(find(&world, "number3").await, [ids[16]]);
}

/// Whoever was adding a mail may die before its segment is named, and the mail be deleted before it is told of again.
#[tokio::test]
async fn a_segment_that_nobody_names_goes_an_hour_after_a_mail_is_deleted() {
    let world = world().await;
    let kept = take(&world, 1, "kept", "Report", "plain words").await;
    tell(&world, &[came(1, kept)], 1).await;
    let gone = take(&world, 1, "gone", "Secret", "hidden words").await;
    let orphan = format!("search/{}/{}/{}", organization_id(1), inbox_id(1), "ab".repeat(32));
    world.blobs.objects.lock().unwrap().insert(orphan, Bytes::from_static(b"hidden words"));
    let said = format!("{}/{}/{gone}", organization_id(1), inbox_id(1));
    assert_eq!(tell(&world, std::slice::from_ref(&said), 1).await, [said]);
    assert_eq!(sweep(&world.ports, &*world.blobs, &*world.store).await, Ok(0));
    assert!(said_anywhere(&world, "hidden words"));
    world.pass(61 * 60);
    assert_eq!(sweep(&world.ports, &*world.blobs, &*world.store).await, Ok(1));
    assert!(!said_anywhere(&world, "hidden words"));
    assert_eq!(state(&world, 1).await.sweep_at, None);
    assert_eq!(find(&world, "report").await, [kept]);
}

#[tokio::test]
async fn what_is_in_the_trash_is_not_found_until_it_comes_back_and_what_is_deleted_leaves_its_segment() {
    let world = world().await;
    let mut ids = vec![];
    for n in 0..3 {
        ids.push(take(&world, 1, &format!("m{n}"), "Report", &format!("number{n} of them")).await);
    }
    // One is trashed before the index knows of it, one behind.
    trash(&world.ports, &owner(), inbox_id(1), ids[0]).await.unwrap();
    let said: Vec<_> = ids.iter().map(|id| came(1, *id)).collect();
    assert_eq!(tell(&world, &said, 1).await.len(), 3);
    assert_eq!(state(&world, 1).await.segments[0].mails, 3);
    trash(&world.ports, &owner(), inbox_id(1), ids[1]).await.unwrap();
    assert_eq!(find(&world, "report").await, [ids[2]]);
    world.pass(LATER);
    assert_eq!(find(&world, "number0").await, []);
    // Merging does not lose it.
    for n in 3..11 {
        let id = take(&world, 1, &format!("m{n}"), "Other", "words").await;
        tell(&world, &[came(1, id)], 1).await;
    }
    assert!(state(&world, 1).await.segments.iter().any(|it| it.mails >= 8));
    for id in &ids[..2] {
        restore(&world.ports, &owner(), inbox_id(1), *id).await.unwrap();
    }
    assert_eq!(find(&world, "report").await, [ids[2], ids[1], ids[0]]);
    // Deleted for good it is found nowhere at once, and its words go.
    delete(&world.ports, &owner(), inbox_id(1), ids[1]).await.unwrap();
    trash(&world.ports, &owner(), inbox_id(1), ids[0]).await.unwrap();
    assert_eq!(find(&world, "number1").await, []);
    assert!(said_anywhere(&world, "number1 of"));
    sweep_all(&world).await;
    assert!(!said_anywhere(&world, "number1 of"), "{:#?}", state(&world, 1).await);
    assert!(said_anywhere(&world, "number0 of"), "it may come back");
    assert!(state(&world, 1).await.segments.iter().all(|it| it.gone.is_empty()));
    assert_eq!(find(&world, "report").await, [ids[2]]);
    // After thirty days in the trash the other goes too; told again, nothing changes.
    world.pass(31 * 24 * 3_600);
    sweep_all(&world).await;
    assert!(!said_anywhere(&world, "number0 of"));
    let known = state(&world, 1).await;
    let gone = format!("{}/{}/{}", organization_id(1), inbox_id(1), ids[0]);
    assert_eq!(tell(&world, std::slice::from_ref(&gone), 1).await, [gone]);
    assert_eq!(state(&world, 1).await.segments, known.segments);
    assert_eq!(find(&world, "words").await.len(), 8);
}

#[tokio::test]
async fn a_deleted_inbox_leaves_no_segment() {
    let world = world().await;
    let mut ids = vec![];
    for n in 0..9 {
        ids.push(take(&world, 1, &format!("m{n}"), "Report", "words").await);
        tell(&world, &[came(1, ids[n])], 1).await;
    }
    let other = take(&world, 2, "other", "Report", "words").await;
    tell(&world, &[came(2, other)], 1).await;
    assert_eq!(objects(&world).len(), 10, "the one that grew, what it was before each mail, and the other's");
    inboxes::delete(&world.ports, &owner(), inbox_id(1)).await.unwrap();
    assert_eq!(find(&world, "report").await, [other]);
    // An event of one of its mails that comes late changes nothing.
    assert_eq!(tell(&world, &[came(1, ids[0])], 1).await.len(), 1);
    let purge = async || {
        world.pass(1);
        purge(&world.ports, &*world.blobs, &*world.workflow, &*world.store).await.unwrap()
    };
    while purge().await > 0 {}
    let index = load(&*world.ports.store, organization_id(1), key::Index(inbox_id(1))).await.unwrap();
    assert_eq!(index, None);
    // Somebody who began before it was deleted puts a segment, and can't name it.
    let late = format!("search/{}/{}/{}", organization_id(1), inbox_id(1), "cd".repeat(32));
    world.blobs.objects.lock().unwrap().insert(late, Bytes::from_static(b"words"));
    world.pass(3_700);
    purge().await;
    let left = objects(&world);
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].0.contains(&inbox_id(2).to_string()));
    sweep_all(&world).await;
    assert_eq!(find(&world, "report").await, [other]);
}

/// A store of which the answer to one write is lost: the write is done.
struct Deaf {
    inner: Arc<MemoryStore>,
    /// At this commit from now.
    at: AtomicUsize,
    /// What is heard instead.
    heard: StoreError,
}

#[async_trait]
impl Store for Deaf {
    async fn load(
        &self,
        organization_id: OrganizationId,
        keys: &[Key],
    ) -> Result<Vec<Option<Record>>, StoreError> {
        self.inner.load(organization_id, keys).await
    }
    async fn list(
        &self,
        organization_id: OrganizationId,
        list: &List,
        page: &PageRequest,
    ) -> Result<Page<Record>, ListError> {
        self.inner.list(organization_id, list, page).await
    }
    fn cursor(&self, organization_id: OrganizationId, list: &List, record: &Record) -> Option<String> {
        self.inner.cursor(organization_id, list, record)
    }
    async fn commit(&self, change: Change) -> Result<(), StoreError> {
        self.inner.commit(change).await?;
        let left = self.at.fetch_sub(1, Ordering::SeqCst);
        if left == 1 { Err(self.heard.clone()) } else { Ok(()) }
    }
    async fn claim(
        &self,
        ticket: &Ticket,
        nonce: Nonce,
        now: Timestamp,
    ) -> Result<Option<Message>, StoreError> {
        self.inner.claim(ticket, nonce, now).await
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_loses_no_segment() {
    for heard in [StoreError::Conflict(vec![]), StoreError::Transient("no answer".to_owned())] {
        // The new segment, what is gone from the other, the claim, that other anew, and what is written behind it.
        for at in 1..=7 {
            let mut world = world().await;
            let mut ids = vec![];
            for n in 0..8 {
                ids.push(take(&world, 1, &format!("m{n}"), "Report", "words").await);
                add(&world, 1, &ids[n..]).await;
            }
            world.pass(LATER);
            let new = take(&world, 2, "other", "Report", "words").await;
            delete(&world.ports, &owner(), inbox_id(1), ids[0]).await.unwrap();
            let (inner, heard) = (Arc::clone(&world.store), heard.clone());
            world.ports.store = Arc::new(Deaf { inner, at: AtomicUsize::new(at), heard });
            let gone = std::mem::replace(&mut ids[0], new);
            ids[1..].reverse();
            let said = [came(2, new), format!("{}/{}/{gone}", organization_id(1), inbox_id(1))];
            for _ in 0..3 {
                tell(&world, &said, 1).await;
                world.pass(11 * 60);
                sweep(&world.ports, &*world.blobs, &*world.store).await.unwrap();
            }
            let segments = state(&world, 1).await.segments;
            assert_eq!(
                segments.iter().map(|it| (it.mails, it.gone.len())).collect::<Vec<_>>(),
                [(7, 0)],
                "{at}"
            );
            assert_eq!(find(&world, "report").await, ids, "{at}");
            for inbox in [1, 2] {
                for segment in state(&world, inbox).await.segments {
                    let key = BlobKey::Segment(organization_id(1), inbox_id(inbox), segment.name);
                    assert!(world.blobs.get(&key, usize::MAX).await.is_ok(), "{at}: {segment:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn one_inbox_that_fails_keeps_no_other_and_a_mail_that_ends_its_reader_is_found_by_its_subject() {
    let world = world().await;
    let bad = take(&world, 1, "bad", "Poison", "hidden words").await;
    let good = take(&world, 2, "good", "Report", "plain words").await;
    let said = [came(1, bad), came(2, good), "no message".to_owned()];
    world.blobs.failures.lock().unwrap().push_back(BlobError::Permanent("ends it".to_owned()));
    assert_eq!(tell(&world, &said, 1).await, said[1..2]);
    assert_eq!(state(&world, 2).await.segments.len(), 1);
    // It comes again and again: then its body is left out.
    world.blobs.failures.lock().unwrap().push_back(BlobError::Permanent("ends it".to_owned()));
    assert_eq!(tell(&world, &said[..1], 3).await, Vec::<String>::new());
    world.blobs.objects.lock().unwrap().remove("inbound/bad");
    assert_eq!(tell(&world, &said[..1], 4).await, said[..1]);
    world.pass(LATER);
    assert_eq!(find(&world, "poison").await, [bad]);
}

#[tokio::test]
async fn what_there_is_no_time_for_goes_back_to_the_queue_at_once() {
    let world = world().await;
    let mut said = vec![];
    for inbox in 1..3 {
        let id = take(&world, inbox, &format!("mail{inbox}"), "Report", "plain words").await;
        said.push(came(inbox, id));
    }
    let taken = said.iter().map(|it| Taken { handle: it.clone(), body: it.clone(), times: 1 });
    let waiting = Waiting(Mutex::new(taken.collect()), Mutex::default());
    let slow = Slow(&world, &waiting);
    let added = keep(&world.ports, &*world.blobs, &*world.store, &slow, &read).await.unwrap();
    assert_eq!((added, waiting.1.lock().unwrap().len(), waiting.0.lock().unwrap().len()), (0, 0, 2));
    let added = keep(&world.ports, &*world.blobs, &*world.store, &waiting, &read).await.unwrap();
    assert_eq!((added, waiting.1.lock().unwrap().len(), waiting.0.lock().unwrap().len()), (2, 2, 0));
}

#[tokio::test]
async fn a_hostile_mail_is_indexed_beside_others() {
    let world = world().await;
    let unique = (0..200_000).map(|n| format!("u{n} ")).collect::<Vec<_>>().concat();
    let mut said = vec![];
    let mut ids = vec![];
    for n in 0..4 {
        ids.push(take(&world, 1, &format!("u{n}"), "Unique", &unique).await);
        ids.push(take(&world, 1, &format!("s{n}"), "Same", &"spam ".repeat(200_000)).await);
    }
    ids.push(take(&world, 1, "plain", "Report", "plain words").await);
    said.extend(ids.iter().map(|id| came(1, *id)));
    assert_eq!(tell(&world, &said, 1).await.len(), 9);
    world.pass(LATER);
    assert_eq!(find(&world, "plain").await, [ids[8]]);
    assert_eq!(find(&world, "\"spam spam\"").await.len(), 4);
    assert_eq!(find(&world, "u77").await.len(), 4);
    let bytes: usize = objects(&world).iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(bytes < 4 * 1024 * 1024, "{bytes}");
}

#[tokio::test]
async fn older_mail_gets_in_page_by_page_and_until_then_a_search_says_what_it_left_out() {
    let world = world().await;
    let mut ids = vec![];
    for n in 0..230 {
        ids.push(take(&world, 1, &format!("m{n}"), "Report", &format!("number{n}")).await);
    }
    trash(&world.ports, &owner(), inbox_id(1), ids[5]).await.unwrap();
    world.pass(LATER);
    // No event of them came: the newest are read as they are, and that there are others is said.
    let found = ask_all(&world, &wanted("report")).await.unwrap();
    assert!(!found.complete);
    assert_eq!(found.page.items.len(), 50);
    assert_eq!(found.page.items[0].message.id, ids[229]);
    // Whoever goes on finds the others, and is told to the last page that the first ones may have left some out.
    let (mut walked, mut page) = (vec![], PageRequest { limit: 20, cursor: None });
    loop {
        let found = ask_all(&world, &Wanted { page: page.clone(), ..wanted("report") }).await.unwrap();
        assert!(!found.complete, "after {} mails", walked.len());
        walked.extend(found.page.items.iter().map(|it| it.message.id));
        page.cursor = found.page.next;
        if page.cursor.is_none() {
            break;
        }
    }
    let all: Vec<_> = ids.iter().rev().copied().filter(|id| *id != ids[5]).collect();
    assert_eq!(walked, all);
    // Of a time in which there are fewer, all are.
    let until = ids[20].at();
    assert_eq!(find(&world, &format!("report before:{until}")).await.len(), 19);
    // With the next mail all get in, and the one in the trash too.
    let new = take(&world, 1, "new", "Report", "number230").await;
    tell(&world, &[came(1, new)], 1).await;
    let known = state(&world, 1).await;
    assert!(!known.behind && known.through > ids[229].at(), "{known:?}");
    assert!(known.segments.len() < 8 && known.segments.iter().map(|it| it.mails).sum::<u32>() >= 231);
    world.blobs.objects.lock().unwrap().retain(|name, _| name.starts_with("search/"));
    restore(&world.ports, &owner(), inbox_id(1), ids[5]).await.unwrap();
    let (mut seen, mut cursor) = (vec![], None);
    loop {
        let page = PageRequest { limit: 100, cursor };
        let found = ask(&world, &Wanted { page, ..wanted("report") }).await.unwrap();
        seen.extend(found.items.into_iter().map(|it| it.message.id));
        cursor = found.next;
        if cursor.is_none() {
            break;
        }
    }
    ids.push(new);
    ids.reverse();
    assert_eq!(seen, ids);
}

#[tokio::test]
async fn pages_have_no_doubles_and_no_gaps_while_mails_come_in_and_get_into_segments() {
    for order in [Sort::Date, Sort::Relevance] {
        let world = world().await;
        let mut ids = vec![];
        for n in 0..40 {
            let text = format!("number{n} {}", "zebra ".repeat(1 + n * 7 % 11));
            ids.push(take(&world, 1, &format!("m{n}"), "Weekly", &text).await);
        }
        add(&world, 1, &ids[..25]).await;
        let all = ask(&world, &Wanted { order, ..wanted("zebra") }).await.unwrap();
        let all: Vec<_> = all.items.into_iter().map(|it| it.message.id).collect();
        assert_eq!(all.len(), 40);
        let (mut seen, mut cursor, mut n) = (vec![], None, 0);
        loop {
            let page = PageRequest { limit: 7, cursor };
            let found = ask(&world, &Wanted { order, page, ..wanted("zebra") }).await.unwrap();
            seen.extend(found.items.into_iter().map(|it| it.message.id));
            cursor = found.next;
            if cursor.is_none() {
                break;
            }
            // Meanwhile new ones come, and those that were young get into a segment.
            take(&world, 1, &format!("n{n}"), "zebra", "zebra zebra").await;
            add(&world, 1, &ids[25 + n..26 + n]).await;
            n += 1;
        }
        assert_eq!(seen, all, "{order:?}");
    }
}

#[tokio::test]
async fn pages_and_marks_and_what_may_not_be_asked() {
    let world = world().await;
    let mut ids = vec![];
    for n in 0..12u8 {
        let id = take(
            &world,
            1 + n % 2,
            &format!("p{n}"),
            "Weekly",
            &format!("word {}", "zebra ".repeat(n.into())),
        )
        .await;
        if n < 6 {
            add(&world, 1 + n % 2, &[id]).await;
        }
        ids.push(id);
    }
    ids.reverse();
    for order in [Sort::Date, Sort::Relevance] {
        let (mut seen, mut cursor) = (vec![], None);
        loop {
            let page = PageRequest { limit: 5, cursor };
            let found = ask(&world, &Wanted { order, page, ..wanted("zebra") }).await.unwrap();
            assert!(found.items.len() <= 5);
            seen.extend(found.items.into_iter().map(|it| it.message.id));
            cursor = found.next;
            if cursor.is_none() {
                break;
            }
        }
        // More zebras are later mails, and say more of it.
        assert_eq!(seen, ids[..11], "{order:?}");
    }
    // Marks are looked up as they stand.
    let mut message: Message =
        load(&*world.ports.store, organization_id(1), key::Message(inbox_id(2), ids[2]))
            .await
            .unwrap()
            .unwrap();
    message.unread = false;
    message.labels = [samples::label("To do")].into();
    world.ports.store.commit(Change::new(organization_id(1)).update(message)).await.unwrap();
    assert_eq!(find(&world, "zebra is:read").await, [ids[2]]);
    assert_eq!(find(&world, "label:\"To do\"").await, [ids[2]]);
    assert_eq!(find(&world, "zebra -is:unread").await, [ids[2]]);
    assert_eq!(find(&world, "zebra -label:\"To do\"").await.len(), 10);
    // Only where it is asked for, and by whom it may be.
    let one = Wanted { inbox_ids: Some(vec![inbox_id(2)]), ..wanted("weekly") };
    assert_eq!(ask(&world, &one).await.unwrap().items.len(), 6);
    let strange = Wanted { inbox_ids: Some(vec![inbox_id(2), inbox_id(9)]), ..wanted("weekly") };
    assert_eq!(ask(&world, &strange).await.unwrap_err().code(), Code::UnknownInbox);
    let many = Wanted { inbox_ids: Some((1..=21).map(inbox_id).collect()), ..wanted("weekly") };
    assert_eq!(ask(&world, &many).await.unwrap_err().code(), Code::TooMany);
    for bad in ["\"open", "is:starred", "label:", &"x ".repeat(10_000), "", "before:tomorrow"] {
        assert_eq!(ask(&world, &wanted(bad)).await.unwrap_err().code(), Code::InvalidQuery, "{bad}");
    }
    // A cursor belongs to its search.
    let page = |cursor: &str| PageRequest { limit: 1, cursor: Some(cursor.to_owned()) };
    let first = Wanted { page: PageRequest { limit: 1, cursor: None }, ..wanted("weekly") };
    let cursor = ask(&world, &first).await.unwrap().next.unwrap();
    assert_eq!(
        ask(&world, &Wanted { page: page(&cursor), ..wanted("weekly") }).await.unwrap().items.len(),
        1
    );
    let edited = cursor.replace(".0.", ".1.");
    let foreign = [
        ("zebra", cursor.as_str()),
        ("weekly", &edited),
        ("weekly", "x"),
        ("weekly", "a.0.b"),
        ("weekly", ""),
    ];
    for (query, cursor) in foreign {
        let asked = Wanted { page: page(cursor), ..wanted(query) };
        assert_eq!(ask(&world, &asked).await.unwrap_err().code(), Code::InvalidCursor, "{query} {cursor}");
    }
}

#[tokio::test]
async fn a_segment_that_is_away_or_broken_is_no_empty_answer() {
    let world = world().await;
    let id = take(&world, 1, "a", "Report", "some words").await;
    add(&world, 1, &[id]).await;
    let [segment] = state(&world, 1).await.segments.try_into().unwrap();
    let key = BlobKey::Segment(organization_id(1), inbox_id(1), segment.name);
    world.blobs.failures.lock().unwrap().push_back(BlobError::Transient("away".to_owned()));
    assert!(matches!(ask(&world, &wanted("report")).await, Err(Refusal::Unavailable(_))));
    assert_eq!(find(&world, "report").await, [id]);
    let good = world.blobs.objects.lock().unwrap()[&key.path()].clone();
    for at in [0, good.len() / 2, good.len() - 20, good.len() - 1] {
        let mut bytes = good.to_vec();
        bytes[at] ^= 1;
        world.blobs.objects.lock().unwrap().insert(key.path(), bytes.into());
        let found = ask(&world, &wanted("words")).await;
        assert!(matches!(found, Err(Refusal::Unavailable(_))) || at == good.len() / 2, "{at}: {found:?}");
    }
    world.blobs.objects.lock().unwrap().remove(&key.path());
    assert!(matches!(ask(&world, &wanted("report")).await, Err(Refusal::Unavailable(_))));
}
