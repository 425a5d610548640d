//! The table as the use cases see it: typed records under typed keys, always within one organization.

use async_trait::async_trait;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::delivery::event::Event;
use domain::delivery::webhook::{Attempt, Webhook};
use domain::gate::approval::Approval;
use domain::gate::link::Link;
use domain::gate::notice::{Notice, Pace};
use domain::gate::policy::PolicyBook;
use domain::gate::seal::Ticket;
use domain::gate::standing::StandingApproval;
use domain::ledger::audit::AuditEntry;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::lifecycle::{Nonce, Status};
use domain::mailbox::message::{Attachment, Message, Thread, ThreadUpdate};
use domain::people::credential::{Login, Session, SignInWindow, Token};
use domain::people::organization::{Member, Organization};
use domain::{
    ApprovalId, AttachmentId, InboxId, MemberId, MessageId, OrganizationId, StandingApprovalId, ThreadId,
    Timestamp, TokenId, WebhookId,
};

/// The name of a record within its organization.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// The organization itself.
    Organization,
    /// A seat.
    Member(MemberId),
    /// A token, by the hash of its secret.
    Token(Digest),
    /// Where a token lies, by its id.
    TokenPointer(TokenId),
    /// A session, by the hash of its secret.
    Session(Digest),
    /// An inbox.
    Inbox(InboxId),
    /// A mail.
    Message(InboxId, MessageId),
    /// A conversation.
    Thread(ThreadId),
    /// The conversation that a `Message-ID`, or a subject with its participants, belongs to.
    ThreadPointer(InboxId, Digest),
    /// An approval.
    Approval(ApprovalId),
    /// A standing approval.
    StandingApproval(StandingApprovalId),
    /// A file.
    Attachment(AttachmentId),
    /// An endpoint.
    Webhook(WebhookId),
    /// A saved answer, by the hash of credential, route and `Idempotency-Key`.
    Answer(Digest),
    /// A one-time link, by the hash of its secret.
    Link(Digest),
    /// A notification, by the hash of what it is about and whom it is for.
    Notice(Digest),
    /// How much notification mail a member has had.
    Pace(MemberId),
    /// All policies.
    Policies,
    /// A mailbox that mail was sent to, by [`Contact::hash`].
    Contact(Digest),
    /// A count of mails within a window of time, by its hash.
    Counter(Digest),
}

/// Leads from a `Message-ID`, or from a subject with its participants, to a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadPointer {
    /// The inbox.
    pub inbox_id: InboxId,
    /// Hash of what leads there.
    pub hash: Digest,
    /// Where it leads.
    pub thread_id: ThreadId,
    /// When it was made or last used.
    pub at: Timestamp,
}

/// Leads from a token's id to its record, which lies under the hash of a secret that nobody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPointer {
    /// The token.
    pub id: TokenId,
    /// What its secret hashes to.
    pub hash: Digest,
}

impl From<&Token> for TokenPointer {
    fn from(token: &Token) -> Self {
        Self { id: token.id, hash: token.hash }
    }
}

/// The saved answer to a request that carried an `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Hash of credential, route and key.
    pub key: Digest,
    /// Hash of the request's body.
    pub request: Digest,
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

/// A mailbox outside that a mail of the organization was accepted for. Who only wrote to us is no contact: else anyone
/// would make himself one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// [`Contact::hash_of`] its address.
    pub hash: Digest,
    /// When the first mail to it was accepted.
    pub first_at: Timestamp,
}

impl Contact {
    /// The hash of an address: two spellings of one mailbox have the same.
    pub fn hash_of(address: &EmailAddress) -> Digest {
        Digest::of_parts(&[b"contact", address.mailbox_key().as_bytes()])
    }
}

/// How many mails there were within a window of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// Hash of what is counted and of the window.
    pub hash: Digest,
    /// How many.
    pub count: u64,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

/// Each kind of record: its type, the key that it lies under, and whether it has a version.
macro_rules! records {
    ($($variant:ident($type:ty $(, boxed $box:tt)?) $($of:ident => $key:expr)? $(, $version:ident)?;)*) => {
        /// What can be stored under a [`Key`].
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each variant holds the domain type of its name")]
        pub enum Record {
            $($variant(records!(@held $type $(, $box)?)),)*
        }

        impl Record {
            /// The key that it lies under. An [`Attempt`] is only listed, never loaded: it has none.
            pub fn key(&self) -> Option<Key> {
                match self {
                    $(Record::$variant(_value) => records!(@key _value $(, $of => $key)?),)*
                }
            }

            /// The version of a record that has one.
            pub fn version(&self) -> Option<u64> {
                match self {
                    $(Record::$variant(_value) => records!(@version _value $(, $version)?),)*
                }
            }

            /// Raises the version of a record that has one: what a store does where a version is expected.
            pub fn raise_version(&mut self) {
                match self {
                    $(Record::$variant(_value) => records!(@raise _value $(, $version)?),)*
                }
            }
        }

        $(
            impl From<$type> for Record {
                fn from(value: $type) -> Self {
                    Record::$variant(value.into())
                }
            }

            impl TryFrom<Record> for $type {
                type Error = ();
                fn try_from(record: Record) -> Result<Self, ()> {
                    match record {
                        Record::$variant(value) => Ok($($box)? value),
                        _ => Err(()),
                    }
                }
            }
        )*
    };
    (@held $type:ty) => { $type };
    (@held $type:ty, $box:tt) => { Box<$type> };
    (@key $value:ident) => { None };
    (@key $value:ident, $of:ident => $key:expr) => {{
        let $of = $value;
        Some($key)
    }};
    (@version $value:ident) => { None };
    (@version $value:ident, $version:ident) => { Some($value.$version) };
    (@raise $value:ident) => { {} };
    (@raise $value:ident, $version:ident) => { $value.$version += 1 };
}

records! {
    Organization(Organization) _it => Key::Organization;
    Member(Member) it => Key::Member(it.id);
    Token(Token) it => Key::Token(it.hash);
    TokenPointer(TokenPointer) it => Key::TokenPointer(it.id);
    Session(Session) it => Key::Session(it.hash), version;
    Inbox(Inbox) it => Key::Inbox(it.id);
    Message(Message, boxed *) it => Key::Message(it.inbox_id, it.id), version;
    Thread(Thread) it => Key::Thread(it.id);
    ThreadPointer(ThreadPointer) it => Key::ThreadPointer(it.inbox_id, it.hash);
    Attachment(Attachment) it => Key::Attachment(it.id);
    Approval(Approval, boxed *) it => Key::Approval(it.id), version;
    StandingApproval(StandingApproval, boxed *) it => Key::StandingApproval(it.id), version;
    Link(Link) it => Key::Link(it.hash), version;
    Notice(Notice) it => Key::Notice(it.key), version;
    Pace(Pace) it => Key::Pace(it.member_id), version;
    Policies(PolicyBook) _it => Key::Policies, version;
    Contact(Contact) it => Key::Contact(it.hash);
    Counter(Counter) it => Key::Counter(it.hash);
    Webhook(Webhook) it => Key::Webhook(it.id), version;
    Attempt(Attempt);
    Answer(Answer) it => Key::Answer(it.key);
}

/// What a write expects to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Nothing under this key.
    Absent,
    /// The record with this version; the written one has the next.
    Version(u64),
    /// The record of something that can be paused, as it was seen: paused at this time, or not. One that is gone is not
    /// made anew.
    Paused(Option<Timestamp>),
    /// The saved answer that ends at this time.
    Until(Timestamp),
    /// Whatever is there.
    Anything,
}

/// One write of a [`Change`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Stores a record as a whole.
    Put(Box<Record>, Expect),
    /// Counts one more mail into its conversation.
    Thread(ThreadUpdate),
    /// Writes the end of a session, from this version, and nothing else of it: whoever may only prolong sessions makes none.
    Prolong(Session),
    /// Removes a record.
    Delete(Key),
    /// Removes a record that must be there: of two at once, one conflicts.
    Remove(Key),
    /// Adds to a count, without reading it; one that is not there is 0. Where the sum would be more than `limit`,
    /// nothing is written, and the conflict is on [`Key::Counter`].
    Count {
        /// The count.
        key: Digest,
        /// So many more.
        by: u64,
        /// The largest sum that is allowed.
        limit: Option<u64>,
        /// When the count may be forgotten.
        expires_at: Timestamp,
    },
    /// Takes from a count what was added to it before.
    Uncount {
        /// The count.
        key: Digest,
        /// So many fewer.
        by: u64,
    },
}

impl Write {
    /// Stores a record as a whole.
    pub fn put(record: impl Into<Record>, expect: Expect) -> Self {
        Self::Put(Box::new(record.into()), expect)
    }
}

/// A person's or an inbox's place in the directory: found before any organization is known, unique over all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectoryWrite {
    /// A new login; its address must not have one yet.
    NewLogin(Login),
    /// The attempts that were counted of this address within this window ([`Directory::count`]) count as none.
    ForgetAttempts(EmailAddress, SignInWindow),
    /// A new inbox's address; it must not be taken.
    NewAddress(AddressEntry),
}

/// Who owns an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressEntry {
    /// The address.
    pub address: EmailAddress,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The inbox.
    pub inbox_id: InboxId,
}

/// What is written together or not at all: the state, the audit entry and the events of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// At most 100 with the entries and events (`DynamoDB`'s bound of a transaction).
    pub writes: Vec<Write>,
    /// The directory's part.
    pub directory: Vec<DirectoryWrite>,
    /// What is written down.
    pub audit: Vec<AuditEntry>,
    /// What receivers are told, after the commit.
    pub events: Vec<Event>,
}

impl Change {
    /// A change of nothing yet.
    pub fn new(organization_id: OrganizationId) -> Self {
        Self { organization_id, writes: vec![], directory: vec![], audit: vec![], events: vec![] }
    }

    /// Adds a record that must be new.
    #[must_use]
    pub fn create(self, record: impl Into<Record>) -> Self {
        self.write(Write::put(record, Expect::Absent))
    }

    /// Adds the next version of a record: its `version` is raised by the store.
    #[must_use]
    pub fn update(self, record: impl Into<Record>) -> Self {
        let record = record.into();
        let expect = record.version().map_or(Expect::Anything, Expect::Version);
        self.write(Write::put(record, expect))
    }

    /// Adds a write.
    #[must_use]
    pub fn write(mut self, write: Write) -> Self {
        self.writes.push(write);
        self
    }

    /// Adds a write to the directory.
    #[must_use]
    pub fn directory(mut self, write: DirectoryWrite) -> Self {
        self.directory.push(write);
        self
    }

    /// Adds an event.
    #[must_use]
    pub fn event(mut self, event: Event) -> Self {
        self.events.push(event);
        self
    }

    /// Adds an audit entry.
    #[must_use]
    pub fn audit(mut self, entry: AuditEntry) -> Self {
        self.audit.push(entry);
        self
    }
}

/// Why the store did not do it. The class decides what a caller may do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Something is not as the change expected. Nothing was written. Load again.
    #[error("conflict on {0:?}")]
    Conflict(Vec<Conflict>),
    /// Throttled, timed out or contended: the same call may succeed later. A commit may be repeated.
    #[error("transient: {0}")]
    Transient(String),
    /// It will never succeed.
    #[error("permanent: {0}")]
    Permanent(String),
}

/// What was not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// A record.
    Record(Key),
    /// An entry of the directory.
    Directory,
}

/// The lists there are. Newest first, except where noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    /// All inboxes, oldest first.
    Inboxes,
    /// All tokens, oldest first.
    Tokens,
    /// All webhooks, oldest first.
    Webhooks,
    /// All members, oldest first.
    Members,
    /// The mails of an inbox.
    Messages(InboxId),
    /// The mails of a conversation, oldest first.
    ThreadMessages(ThreadId),
    /// The mails of a conversation, newest first.
    LatestInThread(ThreadId),
    /// The conversations of an inbox, by their last mail.
    Threads(InboxId),
    /// Approvals with this status, as it is written down.
    Approvals(String),
    /// Standing approvals; read strongly consistent.
    StandingApprovals,
    /// Outbound mails of the organization that stand here, those that are due first: `scheduled` and `unknown` alone
    /// are listed.
    Open(Status),
    /// Attempts to tell a webhook.
    Attempts(WebhookId),
}

/// Which part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageRequest {
    /// At most so many, 1 to 100.
    pub limit: u16,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The records.
    pub items: Vec<T>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// Loads, lists and changes records of one organization.
#[async_trait]
pub trait Store: Send + Sync {
    /// Reads records, however many, strongly consistent and in the order of the keys; a hundred are one call.
    async fn load(
        &self,
        organization_id: OrganizationId,
        keys: &[Key],
    ) -> Result<Vec<Option<Record>>, StoreError>;

    /// Reads a page. A cursor that this list did not give is [`ListError::Cursor`].
    async fn list(
        &self,
        organization_id: OrganizationId,
        list: &List,
        page: &PageRequest,
    ) -> Result<Page<Record>, ListError>;

    /// Writes all of a change or nothing.
    async fn commit(&self, change: Change) -> Result<(), StoreError>;

    /// Takes a scheduled, due mail with this digest in one conditional write, and returns it as `sending`.
    /// `None` where it is in any other state, or not due: it was taken already, or must not be. May be repeated with
    /// the same nonce: a claim whose answer was lost is found again.
    async fn claim(
        &self,
        ticket: &Ticket,
        nonce: Nonce,
        now: Timestamp,
    ) -> Result<Option<Message>, StoreError>;
}

/// Why a page could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// The cursor is not one that this list gave.
    #[error("the cursor is not one that this list gave")]
    Cursor,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is counted of signing in with an address, whether it has a login or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tally {
    /// Attempts.
    Attempts,
    /// Refusals of an address that has no login, where those of others are written down.
    Refusals,
}

/// What comes before an organization is known.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The login of this address.
    async fn login(&self, email: &EmailAddress) -> Result<Option<Login>, StoreError>;

    /// Adds one to a count of this address within this window, and gives what it is then, from 1. One write: any number
    /// of callers at once get a number each. Where the answer is lost, one may be counted twice, and never not at all.
    async fn count(
        &self,
        email: &EmailAddress,
        tally: Tally,
        window: SignInWindow,
    ) -> Result<u64, StoreError>;

    /// The owners of these addresses (at most 100), those that have one.
    async fn addresses(&self, addresses: &[EmailAddress]) -> Result<Vec<AddressEntry>, StoreError>;
}

/// A mail that somebody must look after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// The mail.
    pub message_id: MessageId,
}

/// The sweeper's look across all organizations: names only, read by time.
#[async_trait]
pub trait Watch: Send + Sync {
    /// At most `limit` mails whose `watch_at` is before `now`, the longest overdue first.
    async fn overdue(&self, now: Timestamp, limit: u16) -> Result<Vec<Watched>, StoreError>;
}

/// Reads one record of a type.
pub async fn load<T: TryFrom<Record>>(
    store: &dyn Store,
    organization_id: OrganizationId,
    key: Key,
) -> Result<Option<T>, StoreError> {
    let mut found = store.load(organization_id, &[key]).await?;
    Ok(found.pop().flatten().and_then(|record| T::try_from(record).ok()))
}

/// Turns a page of records into one of a type.
pub fn typed<T: TryFrom<Record>>(page: Page<Record>) -> Page<T> {
    Page {
        items: page.items.into_iter().filter_map(|record| T::try_from(record).ok()).collect(),
        next: page.next,
    }
}
