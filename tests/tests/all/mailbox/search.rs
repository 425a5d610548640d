//! Mail is found by its words: at once, once it is indexed, and after segments were merged; what is gone is not.

use std::collections::BTreeSet;

use app::base::error::Refusal;
use app::base::ports::{BlobError, BlobKey, Blobs as _};
use app::base::store::{AddressEntry, Change, DirectoryWrite, Key, Page, PageRequest, Write, key, load};
use app::mailbox::index::index;
use app::mailbox::receive::{EnvelopeView, Reading, Received, receive};
use app::mailbox::search::{FoundMail, Sort, Wanted, search};
use bytes::Bytes;
use domain::MessageId;
use domain::base::code::Code;
use domain::mailbox::index::Index;
use domain::mailbox::message::{Message, Verdicts};
use domain::people::access::{Permit, Role, scope};
use testkit::samples::{self, inbox_id, organization_id};
use testkit::world::World;

/// Past the time in which a mail may be in no segment.
const LATER: i64 = 16 * 60;

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

fn reader() -> Permit<scope::MessagesRead> {
    let (session, _) = samples::session(1, Role::Owner);
    session.principal(samples::NOW).unwrap().permit().unwrap()
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
    index(&world.ports, &*world.blobs, organization_id(1), inbox_id(inbox), &ids).await.unwrap()
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

async fn ask(world: &World, wanted: &Wanted) -> Result<Page<FoundMail>, Refusal> {
    search(&world.ports, &*world.blobs, &reader(), wanted).await
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
async fn segments_are_merged_and_what_is_gone_is_found_nowhere() {
    let world = world().await;
    let mut ids = vec![];
    for n in 0..20 {
        let id = take(&world, 1, &format!("m{n}"), "Report", &format!("number{n} of the reports")).await;
        assert_eq!(add(&world, 1, &[id]).await, 1);
        ids.push(id);
    }
    let known = state(&world, 1).await;
    let sizes: Vec<_> = known.segments.iter().map(|it| it.mails).collect();
    assert_eq!(sizes, [8, 8, 1, 1, 1, 1], "two merges of eight");
    assert_eq!(known.retired.len(), 16);
    world.pass(LATER);
    ids.reverse();
    assert_eq!(find(&world, "report").await, ids);
    assert_eq!(find(&world, "number3").await, [ids[16]]);
    // A mail that the table has no more is not found, though a segment has it.
    let gone = ids[19];
    let delete = Write::Delete(Key::Message(inbox_id(1), gone));
    world.ports.store.commit(Change::new(organization_id(1)).write(delete)).await.unwrap();
    assert_eq!(find(&world, "number0").await, []);
    assert_eq!(find(&world, "report").await, ids[..19]);
    // What was merged is deleted by and by, and a larger segment forgets what is gone.
    for n in 20..80 {
        let id = take(&world, 1, &format!("m{n}"), "Report", "more of them").await;
        assert_eq!(add(&world, 1, &[id]).await, 1);
    }
    let known = state(&world, 1).await;
    assert!(known.segments.iter().any(|it| it.mails > 60), "{known:?}");
    let objects = world.blobs.objects.lock().unwrap().clone();
    let segments: Vec<_> = objects.iter().filter(|(name, _)| name.starts_with("search/")).collect();
    assert_eq!(segments.len(), known.segments.len() + known.retired.len());
    let live = |name: &str| known.segments.iter().any(|it| name.ends_with(&it.name.hex()));
    let told = |bytes: &Bytes| String::from_utf8_lossy(bytes).contains("number0 of");
    assert!(!segments.iter().any(|(name, bytes)| live(name) && told(bytes)));
    assert_eq!(find(&world, "report").await.len(), 50);
}

#[tokio::test]
async fn an_inbox_that_is_gone_leaves_no_segment() {
    let world = world().await;
    let mut ids = vec![];
    for n in 0..9 {
        ids.push(take(&world, 1, &format!("m{n}"), "Report", "words").await);
        add(&world, 1, &ids[n..]).await;
    }
    let other = take(&world, 2, "other", "Report", "words").await;
    add(&world, 2, &[other]).await;
    let delete = Write::Delete(Key::Inbox(inbox_id(1)));
    world.ports.store.commit(Change::new(organization_id(1)).write(delete)).await.unwrap();
    // An event of one of its mails that comes late.
    assert_eq!(add(&world, 1, &ids[..1]).await, 0);
    let index = load(&*world.ports.store, organization_id(1), key::Index(inbox_id(1))).await.unwrap();
    assert_eq!(index, None);
    let objects = world.blobs.objects.lock().unwrap().clone();
    let left: Vec<_> = objects.keys().filter(|name| name.starts_with("search/")).collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].contains(&inbox_id(2).to_string()));
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
    for (query, cursor) in [("zebra", cursor.as_str()), ("weekly", "x"), ("weekly", "a.0.b"), ("weekly", "")]
    {
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
