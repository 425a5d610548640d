//! A whole installation in memory: everything a use case asks for, with knobs to make it fail.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::Ports;
use app::base::ports::{
    Anchors, BlobError, BlobKey, Blobs, Called, Carriage, Clock, DataKey, DataKeys, Departure, Departures,
    Dns, Endpoints, Eraser, FlowError, Identities, Identity, IdentityError, KeyLinks, KeyLogError,
    KeyLogWriter, KeyLogs, KeyVerdict, MailSender, NoAnswer, ProviderKey, ProviderKeys, ProviderSender,
    Queue, Random, Sandbox, SendOutcome, Settings, Sheets, Signature, Signer, StoredLog, StoredSenders,
    TestMail, UploadOf, Workflow,
};
use app::gate::notify::{Notification, Notifier};
use app::gate::rate::Pace;
use app::gate::submit::Sending;
use async_trait::async_trait;
use bytes::Bytes;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::delivery::webhook::{AttemptResult, Health, ResponseHead};
use domain::gate::merge::Plan;
use domain::gate::rate::SendRate;
use domain::gate::seal::{Countersigned, Envelope, Ticket};
use domain::gate::sheet::Sheet;
use domain::ledger::audit::{Anchor, Head};
use domain::mailbox::account::Provider;
use domain::mailbox::domains::{Answer, RecordType};
use domain::mailbox::lifecycle::Nonce;
use domain::mailbox::mail_server::{MailServer, Security};
use domain::people::key_links::{KeyLink, Senders};
use domain::people::key_log::KeyLog;
use domain::{ApprovalId, InboxId, MemberId, OrganizationId, Timestamp};
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use zeroize::Zeroizing;

use crate::memory::MemoryStore;
use crate::samples;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A clock that moves when it is told to.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap_or(samples::NOW)
    }

    fn wait(&self, _: u64) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// Bytes that look random and are the same in every run.
#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl Random for Counted {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let n = self.0.fetch_add(1, Ordering::SeqCst);
            chunk.copy_from_slice(&Digest::of(&n.to_be_bytes()).as_bytes()[..chunk.len()]);
        }
    }
}

/// Uploads in memory.
#[derive(Default)]
pub struct MemorySheets {
    /// Files that were put to a URL.
    pub files: Mutex<BTreeMap<UploadOf, Bytes>>,
    /// What was read of them.
    pub sheets: Mutex<BTreeMap<(UploadOf, Digest), Sheet>>,
    /// What is to be made of it.
    pub plans: Mutex<BTreeMap<(UploadOf, Digest), Plan>>,
}

#[async_trait]
impl Sheets for MemorySheets {
    async fn upload_url(&self, of: UploadOf, size: u64, _: &str) -> Result<String, BlobError> {
        Ok(format!("https://sheets.example.com/files/{}/{}?size={size}", of.0, of.1))
    }

    async fn put_file(&self, of: UploadOf, file: Bytes, _: &str) -> Result<(), BlobError> {
        lock(&self.files).insert(of, file);
        Ok(())
    }

    async fn file(&self, of: UploadOf) -> Result<Bytes, BlobError> {
        lock(&self.files).get(&of).cloned().ok_or(BlobError::Missing)
    }

    async fn keep_sheet(&self, of: UploadOf, name: Digest, sheet: &Sheet) -> Result<(), BlobError> {
        lock(&self.sheets).insert((of, name), sheet.clone());
        Ok(())
    }

    async fn sheet(&self, of: UploadOf, name: Digest) -> Result<Sheet, BlobError> {
        lock(&self.sheets).get(&(of, name)).cloned().ok_or(BlobError::Missing)
    }

    async fn keep_plan(&self, of: UploadOf, plan: &Plan) -> Result<Digest, BlobError> {
        let name = Digest::of(format!("{plan:?}").as_bytes());
        lock(&self.plans).insert((of, name), plan.clone());
        Ok(name)
    }

    async fn plan(&self, of: UploadOf, name: Digest) -> Result<Plan, BlobError> {
        lock(&self.plans).get(&(of, name)).cloned().ok_or(BlobError::Missing)
    }

    async fn delete_file(&self, of: UploadOf) -> Result<(), BlobError> {
        lock(&self.files).remove(&of);
        Ok(())
    }

    async fn delete_all(&self, of: UploadOf) -> Result<(), BlobError> {
        lock(&self.files).remove(&of);
        lock(&self.sheets).retain(|(kept, _), _| *kept != of);
        lock(&self.plans).retain(|(kept, _), _| *kept != of);
        Ok(())
    }
}

/// Objects in memory.
#[derive(Default)]
pub struct MemoryBlobs {
    /// By name.
    pub objects: Mutex<BTreeMap<String, Bytes>>,
    /// Names of those that are to be deleted.
    pub unclaimed: Mutex<BTreeSet<String>>,
    /// The next reads fail like this, first come first served.
    pub failures: Mutex<VecDeque<BlobError>>,
    /// Parts that were read, in their order.
    pub parts: Mutex<Vec<(String, Range<u64>)>>,
    /// What others do before the next read.
    pub meanwhile: Mutex<Option<BoxFuture<'static, ()>>>,
}

#[async_trait]
impl Blobs for MemoryBlobs {
    async fn get(&self, key: &BlobKey, max: usize) -> Result<Bytes, BlobError> {
        let meanwhile = lock(&self.meanwhile).take();
        if let Some(happen) = meanwhile {
            happen.await;
        }
        if let Some(error) = lock(&self.failures).pop_front() {
            return Err(error);
        }
        let bytes = lock(&self.objects).get(&key.path()).cloned().ok_or(BlobError::Missing)?;
        if bytes.len() > max { Err(BlobError::TooLarge) } else { Ok(bytes) }
    }
    async fn get_part(&self, key: &BlobKey, part: Range<u64>) -> Result<Bytes, BlobError> {
        let bytes = self.get(key, usize::MAX).await?;
        lock(&self.parts).push((key.path(), part.clone()));
        let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(bytes.len());
        let (start, end) = (at(part.start), at(part.end));
        Ok(if start < end { bytes.slice(start..end) } else { Bytes::new() })
    }
    async fn put(&self, key: &BlobKey, bytes: Bytes, _: &str) -> Result<(), BlobError> {
        lock(&self.objects).entry(key.path()).or_insert(bytes);
        Ok(())
    }
    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        lock(&self.objects).remove(&key.path());
        Ok(())
    }
    async fn mark_unclaimed(&self, key: &BlobKey) -> Result<(), BlobError> {
        if !lock(&self.objects).contains_key(&key.path()) {
            return Err(BlobError::Missing);
        }
        lock(&self.unclaimed).insert(key.path());
        Ok(())
    }
    async fn keep(&self, key: &BlobKey) -> Result<(), BlobError> {
        if !lock(&self.objects).contains_key(&key.path()) {
            return Err(BlobError::Missing);
        }
        lock(&self.unclaimed).remove(&key.path());
        Ok(())
    }
    async fn upload_url(&self, key: &BlobKey, _: u64, _: &str) -> Result<String, BlobError> {
        Ok(format!("https://bucket.test/{}", key.path()))
    }
    async fn download_url(&self, key: &BlobKey, _: &str) -> Result<String, BlobError> {
        Ok(format!("https://bucket.test/{}", key.path()))
    }
}

/// What looks at files: it writes down what it was asked, and gives the answers that it was given.
#[derive(Default)]
pub struct MemorySandbox {
    /// The orders, in theirs.
    pub orders: Mutex<Vec<String>>,
    /// The next answers, first come first served; nothing where there is none.
    pub answers: Mutex<VecDeque<Result<Bytes, FlowError>>>,
}

#[async_trait]
impl Sandbox for MemorySandbox {
    async fn run(&self, order: String) -> Result<Bytes, FlowError> {
        lock(&self.orders).push(order);
        lock(&self.answers).pop_front().unwrap_or_else(|| Ok(Bytes::new()))
    }
}

#[async_trait]
impl Eraser for MemoryBlobs {
    async fn erase(&self, key: &BlobKey) -> Result<(), BlobError> {
        if let Some(error) = lock(&self.failures).pop_front() {
            return Err(error);
        }
        lock(&self.objects).remove(&key.path());
        Ok(())
    }
    async fn segments(
        &self,
        organization_id: OrganizationId,
        inbox_id: InboxId,
    ) -> Result<Vec<(Digest, Timestamp)>, BlobError> {
        let prefix = format!("search/{organization_id}/{inbox_id}/");
        let objects = lock(&self.objects);
        let hex = objects.keys().filter_map(|name| name.strip_prefix(&prefix));
        let names = hex.filter_map(|hex| Digest::parse(&format!("sha256:{hex}")).ok());
        // All were written long ago.
        Ok(names.map(|name| (name, Timestamp::UNIX_EPOCH)).collect())
    }
}

/// What a workflow was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Started, with its run.
    Started(Ticket, u32),
    /// Resumed, with the token.
    Resumed(String),
    /// Closed, with the token.
    Closed(String),
}

/// A workflow that writes down what it is told.
#[derive(Debug, Default)]
pub struct NotedWorkflow {
    /// All of it.
    pub told: Mutex<Vec<Told>>,
    /// The next call fails like this.
    pub failure: Mutex<Option<FlowError>>,
}

impl NotedWorkflow {
    fn note(&self, told: Told) -> Result<(), FlowError> {
        if let Some(error) = lock(&self.failure).take() {
            return Err(error);
        }
        lock(&self.told).push(told);
        Ok(())
    }
}

#[async_trait]
impl Workflow for NotedWorkflow {
    async fn start(&self, ticket: &Ticket, _: Option<Timestamp>, run: u32) -> Result<(), FlowError> {
        self.note(Told::Started(ticket.clone(), run))
    }
    async fn resume(&self, token: &str, _: &Ticket, _: Option<Timestamp>) -> Result<(), FlowError> {
        self.note(Told::Resumed(token.to_owned()))
    }
    async fn close(&self, token: &str) -> Result<(), FlowError> {
        self.note(Told::Closed(token.to_owned()))
    }
}

/// Data keys that are derived from the organization's id.
#[derive(Debug, Default)]
pub struct PlainKeys;

#[async_trait]
impl DataKeys for PlainKeys {
    async fn generate(&self, organization_id: OrganizationId) -> Result<(DataKey, Vec<u8>), FlowError> {
        let key = Digest::of(organization_id.to_string().as_bytes());
        Ok((Zeroizing::new(*key.as_bytes()), vec![1]))
    }
    async fn open(&self, organization_id: OrganizationId, _: &[u8]) -> Result<DataKey, FlowError> {
        Ok(self.generate(organization_id).await?.0)
    }
}

/// Signatures that are no more than digests.
#[derive(Debug, Default)]
pub struct DigestSigner;

#[async_trait]
impl Signer for DigestSigner {
    async fn sign(&self, bytes: &[u8]) -> Result<Signature, FlowError> {
        let signature = Digest::of(bytes).as_bytes().to_vec();
        Ok(Signature { key_id: "key".into(), signature })
    }
}

/// The place of an anchor.
pub type AnchorPlace = (OrganizationId, u64, Digest);

/// Anchors in memory, which nobody can take back.
#[derive(Default)]
pub struct MemoryAnchors {
    /// Each with its document, by place.
    pub written: Mutex<BTreeMap<AnchorPlace, (Anchor, String)>>,
    /// The next call fails like this.
    pub failure: Mutex<Option<BlobError>>,
    /// How often somebody looked.
    pub looks: AtomicU64,
    /// What happens right before the next look, as if others had been at work meanwhile.
    pub meanwhile: Mutex<Option<Meanwhile>>,
}

/// Something that others do at a chosen moment.
pub type Meanwhile = Box<dyn FnOnce(&MemoryAnchors) + Send>;

impl MemoryAnchors {
    fn called(&self) -> Result<(), BlobError> {
        lock(&self.failure).take().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl Anchors for MemoryAnchors {
    async fn between(
        &self,
        organization_id: OrganizationId,
        from: u64,
        to: u64,
    ) -> Result<Vec<Anchor>, BlobError> {
        self.called()?;
        self.looks.fetch_add(1, Ordering::SeqCst);
        let meanwhile = lock(&self.meanwhile).take();
        if let Some(happen) = meanwhile {
            happen(self);
        }
        let written = lock(&self.written);
        let within = written.values().map(|(anchor, _)| anchor).filter(|anchor| {
            anchor.organization_id == organization_id && (from..=to).contains(&anchor.sequence)
        });
        Ok(within.cloned().collect())
    }
    async fn behind(&self, organization_id: OrganizationId, from: u64) -> Result<Vec<Anchor>, BlobError> {
        self.between(organization_id, from, u64::MAX).await
    }
    async fn put(&self, head: &Head, document: String) -> Result<(), BlobError> {
        self.called()?;
        let Head { organization_id, sequence, hash, .. } = *head;
        let anchor = Anchor { organization_id, sequence, hash, at: head.at };
        lock(&self.written).entry((organization_id, sequence, hash)).or_insert((anchor, document));
        Ok(())
    }
}

/// A provider that keeps what it was given.
#[derive(Debug, Default)]
pub struct NotedSender {
    /// MIME of all mails that it was called with, whatever it answered.
    pub called: Mutex<Vec<Vec<u8>>>,
    /// What it answers next; accepted where nothing is said.
    pub answers: Mutex<VecDeque<SendOutcome>>,
}

#[async_trait]
impl MailSender for NotedSender {
    async fn send(&self, mail: &Countersigned) -> SendOutcome {
        let mut called = lock(&self.called);
        called.push(mail.sealed().mime().to_vec());
        lock(&self.answers).pop_front().unwrap_or(SendOutcome::Accepted(format!("ses-{}", called.len())))
    }
}

/// People's own providers, which keep what they were given.
#[derive(Debug, Default)]
pub struct NotedProviders {
    /// Key and MIME of all mails that they were called with, whatever they answered.
    pub called: Mutex<Vec<(String, Vec<u8>)>>,
    /// Tests that they were asked to send.
    pub tests: Mutex<Vec<TestMail>>,
    /// What they answer next to a mail or a test; accepted where nothing is said.
    pub answers: Mutex<VecDeque<SendOutcome>>,
    /// What they say next of a key; that it is fine where nothing is said.
    pub verdicts: Mutex<VecDeque<KeyVerdict>>,
}

impl NotedProviders {
    fn answer(&self) -> SendOutcome {
        lock(&self.answers).pop_front().unwrap_or(SendOutcome::Accepted("theirs-1".to_owned()))
    }
}

#[async_trait]
impl ProviderSender for NotedProviders {
    async fn send(&self, mail: &Countersigned, key: &ProviderKey, _: Timestamp) -> SendOutcome {
        lock(&self.called).push((key.secret.to_string(), mail.sealed().mime().to_vec()));
        self.answer()
    }
}

#[async_trait]
impl ProviderKeys for NotedProviders {
    async fn check(&self, _: &ProviderKey, _: &EmailAddress) -> KeyVerdict {
        lock(&self.verdicts).pop_front().unwrap_or(KeyVerdict::Fine)
    }

    async fn find_server(&self, address: &EmailAddress, username: Option<&str>) -> Option<MailServer> {
        let username = username.unwrap_or(address.as_str());
        MailServer::new(&format!("smtp.{}", address.domain()), 465, Security::Tls, username).ok()
    }

    async fn test_send(&self, _: &ProviderKey, mail: &TestMail) -> SendOutcome {
        lock(&self.tests).push(mail.clone());
        self.answer()
    }
}

/// Providers that can be given every mail without the word `unspeakable`.
#[derive(Debug, Default)]
pub struct PlainCarriage;

impl Carriage for PlainCarriage {
    fn carries(&self, _: Provider, _: &Envelope, mime: &[u8]) -> Result<(), &'static str> {
        let spoken = !String::from_utf8_lossy(mime).contains("unspeakable");
        spoken.then_some(()).ok_or("not_expressible")
    }
}

/// A way out for notifications that keeps what it was given.
#[derive(Debug, Default)]
pub struct NotedNotifier {
    /// Address and MIME of all notifications that it was called with, whatever it answered.
    pub called: Mutex<Vec<(String, Vec<u8>)>>,
    /// What it answers next; accepted where nothing is said.
    pub answers: Mutex<VecDeque<SendOutcome>>,
}

#[async_trait]
impl Notifier for NotedNotifier {
    async fn notify(&self, notification: &Notification) -> SendOutcome {
        let mut called = lock(&self.called);
        called.push((notification.to().as_str().to_owned(), notification.mime().to_vec()));
        lock(&self.answers).pop_front().unwrap_or(SendOutcome::Accepted(format!("ses-{}", called.len())))
    }
}

/// The headers and the body of a call.
pub type Call = (Vec<(&'static str, String)>, String);

/// Endpoints that answer as they are told, and a queue that keeps what it gets.
#[derive(Default)]
pub struct Outside {
    /// Headers and bodies of all calls.
    pub called: Mutex<Vec<Call>>,
    /// What is answered next; 200 where nothing is said.
    pub answers: Mutex<VecDeque<AttemptResult>>,
    /// What every response says beside its status.
    pub head: Mutex<ResponseHead>,
    /// Every call takes so many milliseconds; one that takes longer than [`Health::QUICK`] asks whether it may.
    pub takes: AtomicU64,
    /// What was queued, with its delay in seconds.
    pub queued: Mutex<Vec<(String, u16)>>,
    /// What happens while the next call is under way, as if others had been at work meanwhile.
    pub meanwhile: Mutex<Option<BoxFuture<'static, ()>>>,
}

#[async_trait]
impl Endpoints for Outside {
    async fn post(
        &self,
        _: &str,
        headers: &[(&'static str, String)],
        body: &str,
        longer: BoxFuture<'_, bool>,
    ) -> Called {
        lock(&self.called).push((headers.to_vec(), body.to_owned()));
        let meanwhile = lock(&self.meanwhile).take();
        if let Some(happen) = meanwhile {
            happen.await;
        }
        let takes = self.takes.load(Ordering::SeqCst);
        if i128::from(takes) > Health::QUICK.as_millis() && !longer.await {
            return Called::new(None, takes);
        }
        let result = lock(&self.answers).pop_front().unwrap_or(AttemptResult::Answered(200));
        Called { head: lock(&self.head).clone(), ..Called::new(Some(result), takes) }
    }
}

#[async_trait]
impl Queue for Outside {
    async fn send(&self, _: OrganizationId, body: String, delay_seconds: u16) -> Result<(), FlowError> {
        lock(&self.queued).push((body, delay_seconds));
        Ok(())
    }
}

/// SES's identities in memory. One sends once a test says so.
#[derive(Debug, Default)]
pub struct MemoryIdentities {
    /// Each with the host of its bounces.
    pub known: Mutex<BTreeMap<String, Option<String>>>,
    /// Those that SES sends for.
    pub sending: Mutex<BTreeSet<String>>,
    /// Those that the account has otherwise.
    pub foreign: Mutex<BTreeSet<String>>,
    /// The next call fails like this.
    pub failure: Mutex<Option<IdentityError>>,
}

impl MemoryIdentities {
    fn called(&self, name: &str) -> Result<(), IdentityError> {
        if let Some(error) = lock(&self.failure).take() {
            return Err(error);
        }
        if lock(&self.foreign).contains(name) { Err(IdentityError::Foreign) } else { Ok(()) }
    }
}

#[async_trait]
impl Identities for MemoryIdentities {
    async fn create(&self, name: &str) -> Result<(), IdentityError> {
        self.called(name)?;
        lock(&self.known).entry(name.to_owned()).or_default();
        Ok(())
    }
    async fn get(&self, name: &str) -> Result<Option<Identity>, IdentityError> {
        self.called(name)?;
        let known = lock(&self.known).get(name).cloned();
        Ok(known.map(|mail_from| Identity {
            tokens: (1..=3).map(|n| format!("key{n}")).collect(),
            sends: lock(&self.sending).contains(name),
            mail_from,
        }))
    }
    async fn set_mail_from(&self, name: &str, host: &str) -> Result<(), IdentityError> {
        self.called(name)?;
        lock(&self.known).insert(name.to_owned(), Some(host.to_owned()));
        Ok(())
    }
    async fn delete(&self, name: &str) -> Result<(), IdentityError> {
        self.called(name)?;
        lock(&self.known).remove(name);
        Ok(())
    }
}

/// DNS in memory.
#[derive(Debug, Default)]
pub struct MemoryDns {
    /// What there is, by name and type.
    pub records: Mutex<BTreeMap<(String, RecordType), Vec<Answer>>>,
    /// Whether nobody answers.
    pub silent: AtomicBool,
    /// How many look-ups there were.
    pub asked: AtomicU64,
}

#[async_trait]
impl Dns for MemoryDns {
    async fn lookup(&self, name: &str, kind: RecordType) -> Result<Vec<Answer>, NoAnswer> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.silent.load(Ordering::SeqCst) {
            return Err(NoAnswer);
        }
        Ok(lock(&self.records).get(&(name.to_owned(), kind)).cloned().unwrap_or_default())
    }
}

/// A link that registers a key, where one was drawn, and the organization that used it.
type DrawnLink = (Option<KeyLink>, Option<OrganizationId>);

/// Key logs in memory.
#[derive(Default)]
pub struct MemoryKeyLogs {
    /// Each with the number of its version.
    pub written: Mutex<BTreeMap<OrganizationId, (Arc<KeyLog>, u64)>>,
    /// Who alone sends from where, with the number of the version.
    pub senders: Mutex<(Arc<Senders>, u64)>,
    /// Links that register keys, and the organization that used each.
    pub links: Mutex<BTreeMap<Digest, DrawnLink>>,
    /// The next call fails like this.
    pub failure: Mutex<Option<KeyLogError>>,
    /// Mails that were given to the provider, or stopped, and what is noted of each.
    pub departures: Mutex<BTreeMap<(OrganizationId, ApprovalId), String>>,
    /// Votes that were taken back, and when.
    pub taken_back: Mutex<BTreeSet<(OrganizationId, ApprovalId, MemberId, Timestamp)>>,
}

#[async_trait]
impl Departures for MemoryKeyLogs {
    async fn begin(
        &self,
        of: OrganizationId,
        id: ApprovalId,
        claim: Nonce,
    ) -> Result<Departure, KeyLogError> {
        let mut all = lock(&self.departures);
        let own = format!("{claim:?}");
        Ok(match all.get(&(of, id)).map(String::as_str) {
            None | Some("open") => {
                all.insert((of, id), own.clone());
                Departure::Begun(own)
            }
            Some("stopped") => Departure::Refused("stopped_before"),
            Some(before) if before == own => Departure::Begun(own),
            Some(_) => Departure::Refused("sent_before"),
        })
    }

    async fn undo(&self, of: OrganizationId, id: ApprovalId, _: String) -> Result<(), KeyLogError> {
        lock(&self.departures).insert((of, id), "open".to_owned());
        Ok(())
    }

    async fn stop(&self, of: OrganizationId, id: ApprovalId) -> Result<(), KeyLogError> {
        let mut all = lock(&self.departures);
        let noted = all.entry((of, id)).or_insert_with(|| "open".to_owned());
        if noted == "open" {
            "stopped".clone_into(noted);
        }
        Ok(())
    }

    async fn take_back(
        &self,
        of: OrganizationId,
        id: ApprovalId,
        (by, at): (MemberId, Timestamp),
    ) -> Result<(), KeyLogError> {
        lock(&self.taken_back).insert((of, id, by, at));
        Ok(())
    }

    async fn has_taken_back(
        &self,
        of: OrganizationId,
        id: ApprovalId,
        (by, since): (MemberId, Timestamp),
    ) -> Result<bool, KeyLogError> {
        Ok(lock(&self.taken_back).range((of, id, by, since)..=(of, id, by, Timestamp::MAX)).next().is_some())
    }
}

#[async_trait]
impl KeyLogs for MemoryKeyLogs {
    async fn read(&self, organization_id: OrganizationId) -> Result<StoredLog, KeyLogError> {
        lock(&self.failure).take().map_or(Ok(()), Err)?;
        Ok(match lock(&self.written).get(&organization_id) {
            Some((log, version)) => StoredLog { log: Arc::clone(log), version: Some(version.to_string()) },
            None => StoredLog { log: Arc::new(KeyLog::new(organization_id)), version: None },
        })
    }

    async fn senders(&self) -> Result<StoredSenders, KeyLogError> {
        let (senders, version) = &*lock(&self.senders);
        Ok(StoredSenders {
            senders: Arc::clone(senders),
            version: (*version > 0).then(|| version.to_string()),
        })
    }
}

#[async_trait]
impl KeyLogWriter for MemoryKeyLogs {
    async fn write(&self, organization_id: OrganizationId, stored: &StoredLog) -> Result<(), KeyLogError> {
        lock(&self.failure).take().map_or(Ok(()), Err)?;
        let mut written = lock(&self.written);
        let version = written.get(&organization_id).map(|(_, version)| *version);
        if version.map(|version| version.to_string()) != stored.version {
            return Err(KeyLogError::Changed);
        }
        written.insert(organization_id, (Arc::clone(&stored.log), version.unwrap_or_default() + 1));
        Ok(())
    }

    async fn write_senders(&self, stored: &StoredSenders) -> Result<(), KeyLogError> {
        let mut kept = lock(&self.senders);
        if (kept.1 > 0).then(|| kept.1.to_string()) != stored.version {
            return Err(KeyLogError::Changed);
        }
        *kept = (Arc::clone(&stored.senders), kept.1 + 1);
        Ok(())
    }

    async fn link(&self, hash: Digest) -> Result<Option<KeyLink>, KeyLogError> {
        Ok(lock(&self.links).get(&hash).and_then(|(link, _)| *link))
    }

    async fn use_link(&self, hash: Digest, organization_id: OrganizationId) -> Result<bool, KeyLogError> {
        let mut links = lock(&self.links);
        let (_, used) = links.entry(hash).or_default();
        Ok(*used.get_or_insert(organization_id) == organization_id)
    }
}

#[async_trait]
impl KeyLinks for MemoryKeyLogs {
    async fn keep_link(&self, link: &KeyLink) -> Result<(), KeyLogError> {
        lock(&self.links).insert(link.hash, (Some(*link), None));
        Ok(())
    }
}

/// A whole installation.
pub struct World {
    /// What use cases get.
    pub ports: Ports,
    /// Behind them: records.
    pub store: Arc<MemoryStore>,
    /// Behind them: objects.
    pub blobs: Arc<MemoryBlobs>,
    /// Behind them: uploads.
    pub sheets: Arc<MemorySheets>,
    /// Behind them: anchors.
    pub anchors: Arc<MemoryAnchors>,
    /// Behind them: key logs.
    pub key_logs: Arc<MemoryKeyLogs>,
    /// Behind them: workflows.
    pub workflow: Arc<NotedWorkflow>,
    /// The provider.
    pub sender: NotedSender,
    /// The way out for notifications.
    pub notifier: NotedNotifier,
    /// Receivers.
    pub outside: Outside,
    /// Domains in SES.
    pub identities: MemoryIdentities,
    /// DNS.
    pub dns: MemoryDns,
    clock: Arc<HandClock>,
}

impl Default for World {
    fn default() -> Self {
        let store = Arc::new(MemoryStore::default());
        let blobs = Arc::new(MemoryBlobs::default());
        let anchors = Arc::new(MemoryAnchors::default());
        let workflow = Arc::new(NotedWorkflow::default());
        let clock = Arc::new(HandClock(AtomicI64::new(samples::NOW.as_millisecond())));
        let settings = Settings {
            mail_domain: "mail.example.com".into(),
            region: "eu-west-1".into(),
            message_id_domain: "eu-west-1.amazonses.com".into(),
            public_url: Some("https://console.example.com".into()),
            sign_up: domain::people::registration::SignUp::Open,
            allow_loopback_webhooks: false,
        };
        let ports = Ports {
            store: Arc::<MemoryStore>::clone(&store),
            clock: Arc::<HandClock>::clone(&clock),
            random: Arc::new(Counted::default()),
            settings: Arc::new(settings),
            rates: Arc::default(),
        };
        Self {
            ports,
            store,
            blobs,
            sheets: Arc::default(),
            anchors,
            key_logs: Arc::default(),
            workflow,
            sender: NotedSender::default(),
            notifier: NotedNotifier::default(),
            outside: Outside::default(),
            identities: MemoryIdentities::default(),
            dns: MemoryDns::default(),
            clock,
        }
    }
}

impl World {
    /// What asking for a mail to be sent takes.
    pub fn sending(&self) -> Sending {
        Sending {
            ports: self.ports.clone(),
            blobs: Arc::<MemoryBlobs>::clone(&self.blobs),
            directory: Arc::<MemoryStore>::clone(&self.store),
            workflow: Arc::<NotedWorkflow>::clone(&self.workflow),
            logs: Arc::<MemoryKeyLogs>::clone(&self.key_logs),
            carriage: Arc::new(PlainCarriage),
        }
    }

    /// Lets so many seconds pass.
    pub fn pass(&self, seconds: i64) {
        let millis = SignedDuration::from_secs(seconds).as_millis();
        self.clock.0.fetch_add(i64::try_from(millis).unwrap_or(0), Ordering::SeqCst);
    }

    /// What workflows were told so far.
    pub fn told(&self) -> Vec<Told> {
        lock(&self.workflow.told).clone()
    }

    /// A rate of so many recipients a second.
    ///
    /// # Panics
    /// Where that is no rate.
    pub fn pace(&self, a_second: u32) -> Pace<'_> {
        let rate = SendRate::new(a_second).unwrap_or_else(|| panic!("{a_second} is no rate"));
        Pace { places: &*self.store, rate }
    }

    /// How often the provider was called.
    pub fn sends(&self) -> usize {
        lock(&self.sender.called).len()
    }
}
