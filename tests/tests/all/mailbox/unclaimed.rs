//! Mail that came for nobody: it is marked to be deleted, and no mail that an inbox has ever is.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use app::Refusal;
use app::base::ports::{BlobError, BlobKey, Blobs};
use app::base::store::{AddressEntry, Change, DirectoryWrite, Store as _};
use app::mailbox::receive::{EnvelopeView, Reading, Received, receive};
use async_trait::async_trait;
use bytes::Bytes;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::message::Verdicts;
use domain::{InboxId, MessageId, Timestamp};
use testkit::MemoryStore;
use testkit::samples::{self, NOW, later};
use testkit::world::{MemoryBlobs, World};

const KEY: &str = "inbound/1";

/// An inbox with this number, made at this time.
fn inbox(n: u8, at: Timestamp) -> Inbox {
    Inbox { id: InboxId::new(at, [n; 10]), created_at: at, ..samples::inbox(n) }
}

async fn make(store: &MemoryStore, inbox: Inbox) {
    let entry = AddressEntry {
        address: inbox.address.clone(),
        organization_id: inbox.organization_id,
        inbox_id: inbox.id,
    };
    let change =
        Change::new(inbox.organization_id).directory(DirectoryWrite::NewAddress(entry)).create(inbox);
    store.commit(change).await.unwrap();
}

/// The bucket, while things happen beside us.
struct Bucket {
    inner: Arc<MemoryBlobs>,
    store: Arc<MemoryStore>,
    /// Is made just before a mail is marked.
    meanwhile: Mutex<Option<Inbox>>,
    /// Whether marks can be set and taken away.
    away: AtomicBool,
}

impl Bucket {
    fn reach(&self) -> Result<(), BlobError> {
        let away = self.away.load(Ordering::SeqCst);
        if away { Err(BlobError::Transient("away".to_owned())) } else { Ok(()) }
    }
}

#[async_trait]
impl Blobs for Bucket {
    async fn get(&self, key: &BlobKey, max: usize) -> Result<Bytes, BlobError> {
        self.inner.get(key, max).await
    }
    async fn get_part(&self, key: &BlobKey, part: Range<u64>) -> Result<Bytes, BlobError> {
        self.inner.get_part(key, part).await
    }
    async fn put(&self, key: &BlobKey, bytes: Bytes, content_type: &str) -> Result<(), BlobError> {
        self.inner.put(key, bytes, content_type).await
    }
    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.inner.delete(key).await
    }
    async fn mark_unclaimed(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.reach()?;
        let meanwhile = self.meanwhile.lock().unwrap().take();
        if let Some(inbox) = meanwhile {
            make(&self.store, inbox).await;
        }
        self.inner.mark_unclaimed(key).await
    }
    async fn keep(&self, key: &BlobKey) -> Result<(), BlobError> {
        self.reach()?;
        self.inner.keep(key).await
    }
    async fn upload_url(&self, key: &BlobKey, size: u64, content_type: &str) -> Result<String, BlobError> {
        self.inner.upload_url(key, size, content_type).await
    }
    async fn download_url(&self, key: &BlobKey, filename: &str) -> Result<String, BlobError> {
        self.inner.download_url(key, filename).await
    }
}

struct House {
    world: World,
    bucket: Arc<Bucket>,
}

impl House {
    /// With a mail in the bucket.
    async fn new() -> Self {
        let world = World::default();
        let bytes = Bytes::from_static(b"From: ann@example.org\r\nSubject: Hello\r\n\r\nHello\r\n");
        world.blobs.put(&BlobKey::Raw(KEY.to_owned()), bytes, "message/rfc822").await.unwrap();
        let bucket = Arc::new(Bucket {
            inner: Arc::clone(&world.blobs),
            store: Arc::clone(&world.store),
            meanwhile: Mutex::default(),
            away: AtomicBool::default(),
        });
        Self { world, bucket }
    }

    /// Told of a mail that came at [`NOW`] for inboxes with these numbers.
    async fn told(&self, recipients: &[u8], reading: Reading) -> Result<Vec<MessageId>, Refusal> {
        let received = Received {
            provider_id: "1".to_owned(),
            at: NOW,
            recipients: recipients.iter().map(|n| samples::inbox(*n).address).collect(),
            raw_key: KEY.to_owned(),
            verdicts: Verdicts::default(),
            envelope: EnvelopeView::default(),
        };
        receive(&self.world.ports, &*self.bucket, &*self.world.store, &received, reading).await
    }

    fn marked(&self) -> bool {
        self.world.blobs.unclaimed.lock().unwrap().contains(KEY)
    }

    /// In how many inboxes it is listed.
    fn listed(&self) -> usize {
        let contents = self.world.store.contents();
        contents
            .records
            .values()
            .filter(|record| matches!(record, app::base::store::Record::Message(_)))
            .count()
    }
}

#[tokio::test]
async fn a_mail_for_nobody_is_marked_and_one_that_an_inbox_has_is_not() {
    for reading in [Reading::Parse, Reading::Quarantine] {
        let house = House::new().await;
        assert_eq!(house.told(&[1, 2], reading).await, Ok(vec![]));
        assert!(house.marked());

        let house = House::new().await;
        make(&house.world.store, inbox(2, later(-3600))).await;
        assert_eq!(house.told(&[1, 2], reading).await.map(|made| made.len()), Ok(1));
        assert!(!house.marked(), "one of two recipients has it");
    }
    // What is no address of anybody's.
    let house = House::new().await;
    assert_eq!(house.told(&[], Reading::Parse).await, Ok(vec![]));
    assert!(house.marked());
}

#[tokio::test]
async fn a_mail_that_has_an_inbox_after_all_loses_its_mark_before_it_is_filed() {
    for reading in [Reading::Parse, Reading::Quarantine] {
        // Clocks differ: an inbox may seem to be a little older than a mail that came before it.
        for made_at in [later(60), later(0), later(-5)] {
            let house = House::new().await;
            assert_eq!(house.told(&[1, 2], reading).await, Ok(vec![]));
            make(&house.world.store, inbox(1, made_at)).await;
            house.bucket.away.store(true, Ordering::SeqCst);
            let refused = house.told(&[1, 2], reading).await;
            assert!(matches!(refused, Err(Refusal::Unavailable(_))), "{refused:?}");
            assert_eq!((house.listed(), house.marked()), (0, true), "not filed while it is to be deleted");
            house.bucket.away.store(false, Ordering::SeqCst);
            assert_eq!(house.told(&[1, 2], reading).await.map(|made| made.len()), Ok(1));
            assert_eq!((house.listed(), house.marked()), (1, false));
            assert_eq!(house.told(&[1, 2], reading).await, Ok(vec![]), "told again");
            assert_eq!((house.listed(), house.marked()), (1, false));
        }
    }
}

#[tokio::test]
async fn an_inbox_that_is_made_while_a_mail_is_marked_gets_it() {
    let house = House::new().await;
    *house.bucket.meanwhile.lock().unwrap() = Some(inbox(1, later(1)));
    assert_eq!(house.told(&[1], Reading::Parse).await.map(|made| made.len()), Ok(1));
    assert_eq!((house.listed(), house.marked()), (1, false));
}

#[tokio::test]
async fn a_mail_for_nobody_that_can_t_be_marked_is_told_of_again() {
    let house = House::new().await;
    house.bucket.away.store(true, Ordering::SeqCst);
    assert!(matches!(house.told(&[1], Reading::Parse).await, Err(Refusal::Unavailable(_))));
    // What is gone from the bucket needs no mark.
    house.bucket.away.store(false, Ordering::SeqCst);
    house.world.blobs.objects.lock().unwrap().clear();
    assert_eq!(house.told(&[1], Reading::Parse).await, Ok(vec![]));
}
