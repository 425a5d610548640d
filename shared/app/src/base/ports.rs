//! What the use cases need of the world outside, as object-safe traits, and those that all of them may touch.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::delivery::event::{Event, EventKind, Subject};
use domain::delivery::webhook::{AttemptResult, ResponseHead};
use domain::gate::merge::Plan;
use domain::gate::seal::{Countersigned, Envelope, Ticket};
use domain::gate::sheet::Sheet;
use domain::ledger::audit::{Anchor, AuditEntry, Head};
use domain::mailbox::account::{Provider, Region};
use domain::mailbox::domains::{Answer, RecordType};
use domain::mailbox::lifecycle::Nonce;
use domain::mailbox::mail_server::MailServer;
use domain::people::access::Actor;
use domain::people::key_links::{KeyLink, Senders};
use domain::people::key_log::{KeyLog, LogBroken};
use domain::people::limit::Buckets;
pub use domain::people::registration::SignUp;
use domain::people::signing::Algorithm;
use domain::{
    AccountId, ApprovalId, AttachmentId, AuditId, DraftId, EventId, GroupId, InboxId, InvitationId, MemberId,
    MessageId, OrganizationId, PasskeyId, PolicyId, SessionId, StandingApprovalId, ThreadId, Timestamp,
    TokenId, UploadId, UserId, WebhookId,
};
use futures_util::future::BoxFuture;
use zeroize::Zeroizing;

use crate::base::store::{Store, StoreError};

/// The time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Ends so many milliseconds from now.
    fn wait(&self, milliseconds: u64) -> BoxFuture<'_, ()>;
}

/// Randomness fit for secrets.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// The name of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BlobKey {
    /// A received mail, under the key that the receiving side gave it.
    Raw(String),
    /// A sealed object, by its digest.
    Sealed(OrganizationId, Digest),
    /// A file of a mail.
    Attachment(OrganizationId, AttachmentId),
    /// A file that a client uploads, kept for a day.
    Upload(OrganizationId, AttachmentId),
    /// What a draft says, under a name that is used once; kept for a year at most.
    Draft(OrganizationId, DraftId, Digest),
    /// A segment of the search index of an inbox, by its name.
    Segment(OrganizationId, InboxId, Digest),
}

impl BlobKey {
    /// The object key.
    pub fn path(&self) -> String {
        match self {
            BlobKey::Raw(key) => key.clone(),
            BlobKey::Sealed(organization, digest) => format!("sealed/{organization}/{}", digest.hex()),
            BlobKey::Attachment(organization, id) => format!("attachments/{organization}/{id}"),
            BlobKey::Upload(organization, id) => format!("uploads/{organization}/{id}"),
            BlobKey::Draft(organization, id, name) => format!("drafts/{organization}/{id}/{}", name.hex()),
            BlobKey::Segment(organization, inbox, name) => {
                format!("search/{organization}/{inbox}/{}", name.hex())
            }
        }
    }
}

/// Why an object could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// It is not there.
    #[error("no such object")]
    Missing,
    /// It is larger than the caller takes.
    #[error("the object is too large")]
    TooLarge,
    /// May succeed later.
    #[error("transient: {0}")]
    Transient(String),
    /// Never.
    #[error("permanent: {0}")]
    Permanent(String),
}

/// Objects.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Reads an object of at most `max` bytes.
    async fn get(&self, key: &BlobKey, max: usize) -> Result<Bytes, BlobError>;
    /// Reads these bytes of an object, as many of them as it has.
    async fn get_part(&self, key: &BlobKey, part: Range<u64>) -> Result<Bytes, BlobError>;
    /// Stores an object that is never written again: an existing one of this name is kept.
    async fn put(&self, key: &BlobKey, bytes: Bytes, content_type: &str) -> Result<(), BlobError>;
    /// Removes an object; one that is not there is removed already.
    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError>;
    /// Marks a received mail that came for nobody: it is deleted 30 days after it came.
    async fn mark_unclaimed(&self, key: &BlobKey) -> Result<(), BlobError>;
    /// Takes that mark away, if it is there: the object is kept.
    async fn keep(&self, key: &BlobKey) -> Result<(), BlobError>;
    /// A URL that takes one file of exactly this size and type by `PUT`, for 15 minutes.
    async fn upload_url(&self, key: &BlobKey, size: u64, content_type: &str) -> Result<String, BlobError>;
    /// A URL that gives the file as a download of this name, for 15 minutes.
    async fn download_url(&self, key: &BlobKey, filename: &str) -> Result<String, BlobError>;
}

/// Files of uploads, what was read of them, and what is to be made of it: in a bucket of their own.
#[async_trait]
pub trait Sheets: Send + Sync {
    /// A URL that takes the file of an upload, of exactly this size and type, by `PUT`, for 15 minutes.
    async fn upload_url(&self, of: UploadOf, size: u64, content_type: &str) -> Result<String, BlobError>;
    /// Puts the file of an upload, as its URL takes it.
    async fn put_file(&self, of: UploadOf, file: Bytes, content_type: &str) -> Result<(), BlobError>;
    /// The file.
    async fn file(&self, of: UploadOf) -> Result<Bytes, BlobError>;
    /// Keeps what was read of it, under this name.
    async fn keep_sheet(&self, of: UploadOf, name: Digest, sheet: &Sheet) -> Result<(), BlobError>;
    /// What was read of it.
    async fn sheet(&self, of: UploadOf, name: Digest) -> Result<Sheet, BlobError>;
    /// Keeps a plan, and gives the name that follows from it.
    async fn keep_plan(&self, of: UploadOf, plan: &Plan) -> Result<Digest, BlobError>;
    /// A plan.
    async fn plan(&self, of: UploadOf, name: Digest) -> Result<Plan, BlobError>;
    /// Deletes the file. One that is not there is deleted already.
    async fn delete_file(&self, of: UploadOf) -> Result<(), BlobError>;
    /// Deletes all that is kept of an upload: the file, what was read of it, and plans.
    async fn delete_all(&self, of: UploadOf) -> Result<(), BlobError>;
}

/// Which upload, of which organization.
pub type UploadOf = (OrganizationId, UploadId);

/// A key log as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLog {
    /// The log; an empty one where there is none yet.
    pub log: Arc<KeyLog>,
    /// The version that was read; none where there is none yet.
    pub version: Option<String>,
}

/// Whose senders are, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSenders {
    /// All of them; none where nobody took any.
    pub senders: Arc<Senders>,
    /// The version that was read; none where there is none yet.
    pub version: Option<String>,
}

/// Why a key log could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyLogError {
    /// Somebody else wrote it meanwhile.
    #[error("the key log changed meanwhile")]
    Changed,
    /// It is not of the form.
    #[error("the key log can't be read: {0}")]
    Broken(LogBroken),
    /// May succeed later.
    #[error("transient: {0}")]
    Transient(String),
    /// Will not succeed.
    #[error("permanent: {0}")]
    Permanent(String),
}

/// The key logs of all organizations. They lie where nothing that writes the table can write, so what is read here is not checked again
/// but for its form.
#[async_trait]
pub trait KeyLogs: Send + Sync {
    /// The log of an organization.
    async fn read(&self, organization_id: OrganizationId) -> Result<StoredLog, KeyLogError>;
    /// Who alone sends from which domain or address, of all organizations.
    async fn senders(&self) -> Result<StoredSenders, KeyLogError>;
}

/// Whether a mail may be given to the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// It is noted that it is, in this version of the note.
    Begun(String),
    /// It was before, or was stopped: why it may not.
    Refused(&'static str),
}

/// Notes of mails that signed votes let go, beside the key logs: so a row that somebody sets back, or takes from before a mail was
/// rejected, lets nothing go again. A mail is named by its approval, as what keys sign names it, and by nothing that a row could say otherwise.
#[async_trait]
pub trait Departures: KeyLogs {
    /// Notes that a mail is given to the provider now, by whoever made this claim, unless it was before, or was stopped.
    async fn begin(&self, of: OrganizationId, id: ApprovalId, claim: Nonce)
    -> Result<Departure, KeyLogError>;
    /// Notes that the provider certainly did not take it.
    async fn undo(&self, of: OrganizationId, id: ApprovalId, version: String) -> Result<(), KeyLogError>;
    /// Notes that it was rejected, called off, edited, or nobody decided in time. Where it has gone that changes nothing.
    async fn stop(&self, of: OrganizationId, id: ApprovalId) -> Result<(), KeyLogError>;
    /// Notes, once, that a member took their vote for it back at that time.
    async fn take_back(
        &self,
        of: OrganizationId,
        id: ApprovalId,
        one: (MemberId, Timestamp),
    ) -> Result<(), KeyLogError>;
    /// Whether a member took a vote for it back at that time or later.
    async fn has_taken_back(
        &self,
        of: OrganizationId,
        id: ApprovalId,
        since: (MemberId, Timestamp),
    ) -> Result<bool, KeyLogError>;
}

/// Writes key logs. One function has it, and that one writes nothing else.
#[async_trait]
pub trait KeyLogWriter: KeyLogs {
    /// Writes a log in place of the version that was read.
    async fn write(&self, organization_id: OrganizationId, stored: &StoredLog) -> Result<(), KeyLogError>;
    /// Writes senders in place of the version that was read.
    async fn write_senders(&self, stored: &StoredSenders) -> Result<(), KeyLogError>;
    /// A link that registers a key.
    async fn link(&self, hash: Digest) -> Result<Option<KeyLink>, KeyLogError>;
    /// Notes that this organization uses a link. False where another one did.
    async fn use_link(&self, hash: Digest, organization_id: OrganizationId) -> Result<bool, KeyLogError>;
}

/// Draws links that register keys. Whoever owns the AWS account has it, and nothing that answers requests.
#[async_trait]
pub trait KeyLinks: Send + Sync {
    /// Keeps a link that was drawn.
    async fn keep_link(&self, link: &KeyLink) -> Result<(), KeyLogError>;
}

/// Deletes objects for good. Nothing that answers requests has it.
#[async_trait]
pub trait Eraser: Send + Sync {
    /// Deletes an object. One that is not there is deleted already.
    async fn erase(&self, key: &BlobKey) -> Result<(), BlobError>;
    /// The segments of the search index of an inbox that there are, at most 1,000, and when each was written.
    async fn segments(
        &self,
        organization_id: OrganizationId,
        inbox_id: InboxId,
    ) -> Result<Vec<(Digest, Timestamp)>, BlobError>;
}

/// A call that may be repeated, or not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlowError {
    /// The waiting step is gone: it ended, timed out or was lost.
    #[error("nothing waits under this token")]
    Gone,
    /// May succeed later.
    #[error("transient: {0}")]
    Transient(String),
    /// Never.
    #[error("permanent: {0}")]
    Permanent(String),
}

/// The clock of a held send: parks until it is decided, waits until it is due, calls the dispatcher.
#[async_trait]
pub trait Workflow: Send + Sync {
    /// Starts the workflow of a mail. `run` tells a restart from the first run; the same run starts once.
    async fn start(&self, ticket: &Ticket, send_at: Option<Timestamp>, run: u32) -> Result<(), FlowError>;
    /// Lets a parked workflow go on.
    async fn resume(
        &self,
        task_token: &str,
        ticket: &Ticket,
        send_at: Option<Timestamp>,
    ) -> Result<(), FlowError>;
    /// Ends a parked workflow.
    async fn close(&self, task_token: &str) -> Result<(), FlowError>;
}

/// Data keys of organizations.
#[async_trait]
pub trait DataKeys: Send + Sync {
    /// A new data key, plain and encrypted, bound to the organization.
    async fn generate(&self, organization_id: OrganizationId) -> Result<(DataKey, Vec<u8>), FlowError>;
    /// The plain form of an encrypted one.
    async fn open(&self, organization_id: OrganizationId, encrypted: &[u8]) -> Result<DataKey, FlowError>;
}

/// What a browser is asked for a new passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedPasskey<'a> {
    /// What its device keeps, and tells of whose it is: at most 64 bytes.
    pub handle: &'a str,
    /// What its device shows of whose it is.
    pub name: &'a str,
    /// What its device signs.
    pub challenge: Digest,
    /// Those that there are: their devices make no second one.
    pub known: &'a [Vec<u8>],
}

/// A passkey that a device made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Its id, as the device tells it.
    pub credential_id: Vec<u8>,
    /// What its answers are checked with.
    pub credential: String,
    /// Whether its device may hand it on.
    pub synced: bool,
    /// How often it was used.
    pub sign_count: u32,
}

/// Whose an answer says that it is: nothing of it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// What its device kept.
    pub handle: Option<String>,
    /// The id of the passkey.
    pub credential_id: Vec<u8>,
}

/// A passkey that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// What its next answer is checked with.
    pub credential: String,
    /// How often it was used.
    pub sign_count: u32,
}

/// Why a passkey is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    /// Passkeys are of a name, and this installation is reached under none.
    #[error("the site has no name")]
    NoSite,
    /// It is not what a browser gives.
    #[error("is no answer of a browser")]
    Unreadable,
    /// It does not hold, for this reason in a word: `origin`, `challenge`, `signature`, `counter`, `not_verified`, `unknown_passkey`
    /// or `malformed`.
    #[error("{0}")]
    Refused(&'static str),
    /// A defect of ours. The text is for the log alone.
    #[error("{0}")]
    Broken(String),
}

/// What browsers and their devices are asked, and whether an answer holds (W3C Web Authentication, Level 3). Options and answers are
/// JSON as `PublicKeyCredential` has it (§5.1.8); an `origin` is scheme, host and port of the console. It touches nothing outside.
pub trait Authenticators: Send + Sync {
    /// What a browser is to be asked for a new passkey: `PublicKeyCredentialCreationOptionsJSON`.
    fn creation(&self, origin: &str, wanted: &WantedPasskey<'_>) -> Result<String, PasskeyError>;

    /// The passkey that an answer to these options has; its device verified the person.
    fn registered(&self, origin: &str, challenge: Digest, answer: &str) -> Result<Registered, PasskeyError>;

    /// What a browser is to be asked to show a passkey, any of this site or one of `allowed`: `PublicKeyCredentialRequestOptionsJSON`.
    fn request(&self, origin: &str, challenge: Digest, allowed: &[Vec<u8>]) -> Result<String, PasskeyError>;

    /// How a passkey signs, and what its signatures are checked with, as [`domain::people::signing`] has it.
    fn public_key(&self, credential: &str) -> Result<(Algorithm, Vec<u8>), PasskeyError>;

    /// Whose an answer says that it is.
    fn named(&self, answer: &str) -> Result<Named, PasskeyError>;

    /// Whether an answer to these options is by the passkey that is checked with `credential`, and its device verified the person.
    fn verified(
        &self,
        origin: &str,
        challenge: Digest,
        credential: &str,
        answer: &str,
    ) -> Result<Verified, PasskeyError>;
}

/// Signs what leaves the system as proof.
#[async_trait]
pub trait Signer: Send + Sync {
    /// Signs these bytes with ECDSA over P-256 and SHA-256.
    async fn sign(&self, bytes: &[u8]) -> Result<Signature, FlowError>;
}

/// A signature and what checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The key, as its keeper names it. Its public half is no part of this: who checks a signature has it from elsewhere.
    pub key_id: String,
    /// `ECDSA-Sig-Value` in DER (RFC 3279).
    pub signature: Vec<u8>,
}

/// Where heads of chains are written down so that nobody who can write the table can change or remove them.
#[async_trait]
pub trait Anchors: Send + Sync {
    /// The anchors of the places `from` to `to`, in their order; of one place there may be several.
    async fn between(
        &self,
        organization_id: OrganizationId,
        from: u64,
        to: u64,
    ) -> Result<Vec<Anchor>, BlobError>;

    /// The first anchors of place `from` and later ones, in their order: two at least, if there are so many.
    async fn behind(&self, organization_id: OrganizationId, from: u64) -> Result<Vec<Anchor>, BlobError>;

    /// Writes a head down, with the document that tells of it. One that is written down already stays as it is.
    async fn put(&self, head: &Head, document: String) -> Result<(), BlobError>;
}

/// 32 bytes that are wiped when they are dropped.
pub type DataKey = Zeroizing<[u8; 32]>;

/// What came of the one call to a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// It has the mail, under this id.
    Accepted(String),
    /// It certainly does not have it, and may take it later. A stable code.
    NotAccepted(&'static str),
    /// It refused it for good. A stable code.
    Refused(String),
    /// Nobody knows. A stable code.
    Ambiguous(&'static str),
}

impl SendOutcome {
    /// It was called too fast.
    pub const THROTTLED: Self = Self::NotAccepted("throttled");
}

/// A provider that sends. It is called once for each claim: no retries below this line.
#[async_trait]
pub trait MailSender: Send + Sync {
    /// Sends.
    async fn send(&self, mail: &Countersigned) -> SendOutcome;
}

/// A key of somebody's own sending provider, opened for one use.
pub struct ProviderKey {
    /// Whose key it is.
    pub provider: Provider,
    /// Under which of its hosts.
    pub region: Region,
    /// Which server, where it has no place of its own.
    pub server: Option<MailServer>,
    /// The key, or the password.
    pub secret: Zeroizing<String>,
}

impl std::fmt::Debug for ProviderKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProviderKey({}, {})", self.provider.as_str(), self.region.as_str())
    }
}

/// People's own providers, which send under their key. As with [`MailSender`] there is one call for each claim, but where a provider
/// promises that a repeated call sends nothing twice.
#[async_trait]
pub trait ProviderSender: Send + Sync {
    /// Sends. `now` becomes the `Date` of a mail to a mail server, since none is sealed; providers write their own.
    async fn send(&self, mail: &Countersigned, key: &ProviderKey, now: Timestamp) -> SendOutcome;
}

/// Whether people's own providers can be given a mail as it is: whoever asks for it hears that before anybody decides about it. It calls
/// nobody.
pub trait Carriage: Send + Sync {
    /// Nothing where it can be; else the code under which it would be refused, `not_expressible` or `too_large`.
    fn carries(&self, provider: Provider, envelope: &Envelope, mime: &[u8]) -> Result<(), &'static str>;
}

/// What a provider says of a key before it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyVerdict {
    /// It may send.
    Fine,
    /// It is none, or may not send.
    Refused,
    /// It may send, and not from this address: why, in words for people.
    WrongSender(String),
    /// This server takes no mail from us, or not in this way: why, in words for people.
    WrongServer(&'static str),
    /// The provider can't be asked now: a stable code.
    Unreachable(&'static str),
}

/// A mail by which somebody tries their key: fixed words, to an address that is theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestMail {
    /// From the account's address.
    pub(crate) from: EmailAddress,
    /// To whoever tries it.
    pub(crate) to: EmailAddress,
    /// Its subject.
    pub(crate) subject: &'static str,
    /// What it says.
    pub(crate) text: String,
    /// When it is sent.
    pub(crate) at: Timestamp,
}

impl TestMail {
    /// From the account's address.
    pub fn from(&self) -> &EmailAddress {
        &self.from
    }

    /// To whoever tries it.
    pub fn to(&self) -> &EmailAddress {
        &self.to
    }

    /// Its subject.
    pub fn subject(&self) -> &str {
        self.subject
    }

    /// What it says.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// When it is sent.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

/// Asks people's own providers about a key. Whoever has it sends nothing that somebody else wrote.
#[async_trait]
pub trait ProviderKeys: Send + Sync {
    /// Whether a key may send from an address. Changes nothing there.
    async fn check(&self, key: &ProviderKey, from: &EmailAddress) -> KeyVerdict;
    /// The server that takes the mail of an address, where it is known or the domain of the address names one; entered as `username`, or
    /// by the name that the domain says.
    async fn find_server(&self, address: &EmailAddress, username: Option<&str>) -> Option<MailServer>;
    /// Sends the fixed mail.
    async fn test_send(&self, key: &ProviderKey, mail: &TestMail) -> SendOutcome;
}

/// What SES knows of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its names of the keys that sign the domain's mail.
    pub tokens: Vec<String>,
    /// Whether it signs and sends for the domain.
    pub sends: bool,
    /// The host that bounces go to, where one is set.
    pub mail_from: Option<String>,
}

/// Why SES did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The account has such an identity, and it is none that this installation made.
    #[error("the identity is not of this installation")]
    Foreign,
    /// May succeed later.
    #[error("transient: {0}")]
    Transient(String),
    /// Never.
    #[error("permanent: {0}")]
    Permanent(String),
}

/// The domains that SES signs and sends for. Nothing that has it can send.
#[async_trait]
pub trait Identities: Send + Sync {
    /// Makes the identity of a domain, with keys of 2048 bits that SES makes and changes itself. One that is there stays as it is.
    async fn create(&self, name: &str) -> Result<(), IdentityError>;
    /// What is known of a domain; none where there is no identity.
    async fn get(&self, name: &str) -> Result<Option<Identity>, IdentityError>;
    /// Says where bounces go. While that host has no records, they go to Amazon's own domain.
    async fn set_mail_from(&self, name: &str, host: &str) -> Result<(), IdentityError>;
    /// Removes the identity; one that is not there is removed already.
    async fn delete(&self, name: &str) -> Result<(), IdentityError>;
}

/// DNS did not say what there is, nor that there is nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("DNS did not answer")]
pub struct NoAnswer;

/// Looks up what the public DNS has.
#[async_trait]
pub trait Dns: Send + Sync {
    /// The records of one name, a bounded number of them within bounded time; none where there are none.
    async fn lookup(&self, name: &str, kind: RecordType) -> Result<Vec<Answer>, NoAnswer>;
}

/// Publishes events, as public JSON.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Up to 10 events at once; returns the positions that were not taken.
    async fn publish(&self, events: &[PublishedEvent]) -> Result<Vec<usize>, FlowError>;
}

/// An event on its way to receivers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedEvent {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The type.
    pub kind: &'static str,
    /// The public JSON, as webhooks get it.
    pub body: String,
}

/// Where deliveries wait for their next attempt.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends a message that appears after `delay_seconds` (at most 900). The queue is fair between organizations.
    async fn send(
        &self,
        organization_id: OrganizationId,
        body: String,
        delay_seconds: u16,
    ) -> Result<(), FlowError>;
}

/// A message that was taken from a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// By which it is said to be done.
    pub handle: String,
    /// What it says.
    pub body: String,
    /// How often it was taken, this time included.
    pub times: u32,
}

/// A queue that is emptied by the clock: no backlog of it takes executions of Lambda that others need.
#[async_trait]
pub trait Backlog: Send + Sync {
    /// Takes up to ten messages, or none where there is none. Those that are not done come again.
    async fn take(&self) -> Result<Vec<Taken>, FlowError>;
    /// Says that these messages (at most ten) are done.
    async fn done(&self, handles: &[String]) -> Result<(), FlowError>;
    /// Says that nobody works on these messages (at most ten): whoever takes next gets them at once.
    async fn give_back(&self, handles: &[String]) -> Result<(), FlowError>;
}

/// A function that looks at bytes of strangers, and may touch nothing: it has what stands in its order, and gives back what it made of that.
#[async_trait]
pub trait Sandbox: Send + Sync {
    /// Has an order worked on, of at most 6 MB, and waits for what comes of it. [`FlowError::Permanent`] where the function died of it.
    async fn run(&self, order: String) -> Result<Bytes, FlowError>;
}

/// What came of one call of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// How it ended; none where it was broken off, since it could go on no longer.
    pub result: Option<AttemptResult>,
    /// What the response said beside its status.
    pub head: ResponseHead,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

impl Called {
    /// A call that ended so, of whose response nothing more is known.
    pub fn new(result: Option<AttemptResult>, duration_ms: u64) -> Self {
        Self { result, head: ResponseHead::default(), duration_ms }
    }
}

/// Posts to receivers' endpoints.
#[async_trait]
pub trait Endpoints: Send + Sync {
    /// One POST, without redirects, within 10 seconds.
    ///
    /// Where it is not answered within [`Health::QUICK`](domain::delivery::webhook::Health::QUICK), it goes on only if `longer` says
    /// so; else it is broken off, and there is no result.
    async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: &str,
        longer: BoxFuture<'_, bool>,
    ) -> Called;
}

/// What every use case may touch. Whatever more one needs (objects, workflows, keys, logins, the audit chain, the way out)
/// is an argument of its own: a signature names its power.
#[derive(Clone)]
pub struct Ports {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// What an operator set.
    pub settings: Arc<Settings>,
    /// How fast callers of this process asked lately.
    pub rates: Arc<Mutex<Buckets>>,
}

/// What an operator set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The domain that new inboxes get their address on.
    pub mail_domain: String,
    /// The region of AWS: its servers take and send mail.
    pub region: String,
    /// What stands behind the `@` of the `Message-ID` that SES gives: `email.amazonses.com` in us-east-1,
    /// `<region>.amazonses.com` elsewhere.
    pub message_id_domain: String,
    /// Scheme and host that people reach the installation under, without a slash at the end, where it knows them.
    pub public_url: Option<String>,
    /// Whether whoever likes may make an organization.
    pub sign_up: SignUp,
    /// Whether webhooks may go to loopback over plain HTTP: on a developer's machine alone.
    pub allow_loopback_webhooks: bool,
}

macro_rules! new_ids {
    ($($(#[$doc:meta])* $name:ident: $type:ident;)*) => {
        impl Ports {$(
            $(#[$doc])*
            pub fn $name(&self) -> $type {
                $type::new(self.now(), self.bytes())
            }
        )*}
    };
}

new_ids! {
    /// A new id.
    organization_id: OrganizationId;
    /// A new id.
    user_id: UserId;
    /// A new id.
    member_id: MemberId;
    /// A new id.
    token_id: TokenId;
    /// A new id.
    session_id: SessionId;
    /// A new id.
    passkey_id: PasskeyId;
    /// A new id.
    inbox_id: InboxId;
    /// A new id.
    thread_id: ThreadId;
    /// A new id.
    message_id: MessageId;
    /// A new id.
    attachment_id: AttachmentId;
    /// A new id.
    draft_id: DraftId;
    /// A new id.
    approval_id: ApprovalId;
    /// A new id.
    webhook_id: WebhookId;
    /// A new id.
    event_id: EventId;
    /// A new id.
    audit_id: AuditId;
    /// A new id.
    policy_id: PolicyId;
    /// A new id.
    standing_approval_id: StandingApprovalId;
    /// A new id.
    group_id: GroupId;
    /// A new id.
    invitation_id: InvitationId;
    /// A new id.
    upload_id: UploadId;
    /// A new id.
    account_id: AccountId;
}

impl Ports {
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An audit entry of a change that is made now.
    pub fn audit(
        &self,
        organization_id: OrganizationId,
        actor: &Actor,
        action: &'static str,
        target: impl ToString,
    ) -> AuditEntry {
        AuditEntry {
            id: self.audit_id(),
            organization_id,
            at: self.now(),
            actor: actor.clone(),
            action,
            target: target.to_string(),
            details: vec![],
        }
    }

    /// An event that happens now.
    pub fn event(&self, organization_id: OrganizationId, kind: EventKind, subject: Subject) -> Event {
        // Of what is about a mail the store says the sequence, which follows from the change that it stands in.
        Event {
            id: self.event_id(),
            organization_id,
            kind,
            created_at: self.now(),
            sequence: None,
            went: false,
            subject,
        }
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }

    /// The same ports over another store.
    #[must_use]
    pub fn with_store(&self, store: Arc<dyn Store>) -> Self {
        Self { store, ..self.clone() }
    }
}

impl From<BlobError> for StoreError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Transient(text) => StoreError::Transient(text),
            other => StoreError::Permanent(other.to_string()),
        }
    }
}
