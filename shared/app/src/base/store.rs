//! The table as the use cases see it: typed records under typed keys, always within one organization.

use async_trait::async_trait;
use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::delivery::event::Event;
use domain::delivery::webhook::{Attempt, WaitingDelivery, Webhook};
use domain::gate::approval::Approval;
use domain::gate::comment::Comments;
use domain::gate::draft::SavedDraft;
use domain::gate::group::Group;
use domain::gate::link::Link;
use domain::gate::notice::{Notice, Pace};
use domain::gate::policy::{FormerPolicy, PolicyBook};
use domain::gate::seal::Ticket;
use domain::gate::standing::StandingApproval;
use domain::gate::upload::{Opened, Upload, UploadRow};
use domain::ledger::audit::AuditEntry;
use domain::ledger::requests::RequestLine;
use domain::mailbox::account::Account;
use domain::mailbox::domains::{Domain, DomainName, Family};
use domain::mailbox::filter::Span;
use domain::mailbox::inbox::{Inbox, Purge};
use domain::mailbox::index::Index;
use domain::mailbox::label::Label;
use domain::mailbox::lifecycle::{Nonce, Status};
use domain::mailbox::listed::{ListEntry, Side, Standing, Suppression};
use domain::mailbox::message::{
    Attachment, Fate, Mark, Message, Thread, ThreadChange, ThreadMarks, ThreadUpdate, Trashed,
};
use domain::mailbox::opt_out::OptOut;
use domain::mailbox::screening::{Held, Screening};
use domain::people::access::Role;
use domain::people::credential::{Login, OpenedWith, Rotation, Session, SignInWindow, Token};
use domain::people::email::EmailProof;
use domain::people::invitation::Invitation;
use domain::people::limit::SendsPerDay;
use domain::people::notifications::Notifications;
use domain::people::openid::{OpenIdAccount, OpenIdLink};
use domain::people::organization::{Member, Organization, Pause};
use domain::people::passkey::{Ceremony, Passkeys};
use domain::people::pending::PendingSignIn;
use domain::people::registration::{BoundWindow, Registration};
use domain::people::reset::Reset;
use domain::people::second_factor::SecondFactor;
use domain::people::setup::Setup;
use domain::people::usage::{By, Of, Usage};
use domain::{
    AccountId, ApprovalId, AttachmentId, DomainId, DraftId, EventId, InboxId, InvitationId, ListEntryId,
    MemberId, MessageId, OrganizationId, PolicyId, SessionId, StandingApprovalId, SuppressionId, ThreadId,
    Timestamp, TokenId, UploadId, WebhookId,
};
use jiff::civil::Date;

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

/// Leads from the name that a client gave a draft to the draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftPointer {
    /// The inbox.
    pub inbox_id: InboxId,
    /// [`SavedDraft::name_hash`] of the name.
    pub hash: Digest,
    /// Where it leads.
    pub draft_id: DraftId,
    /// When it is forgotten; never while the draft can be changed.
    pub expires_at: Option<Timestamp>,
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

/// Leads from a member and a session's id to its record, which lies under the hash of a secret: by these their sessions are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPointer {
    /// Whose seat.
    pub member_id: MemberId,
    /// The session.
    pub id: SessionId,
    /// What its secret hashes to.
    pub hash: Digest,
    /// When the session ends whatever happens.
    pub ends_at: Timestamp,
}

impl From<&Session> for SessionPointer {
    fn from(session: &Session) -> Self {
        let Session { member_id, id, hash, ends_at, .. } = *session;
        Self { member_id, id, hash, ends_at }
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

/// Each kind of record: its name, its type, the fields that make up its key, and whether it has a version.
macro_rules! records {
    (
        keyed {$(
            $(#[$doc:meta])*
            $variant:ident($type:ty $(, boxed $box:tt)?) $(by ($($field:ident: $part:ty),+))? $(, $version:ident)?;
        )*}
        listed {$($listed:ident($listed_type:ty);)*}
    ) => {
        /// The name of a record within its organization.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Key {
            $($(#[$doc])* $variant $(($($part),+))?,)*
        }

        /// The same names, of which each knows the type of its record: for [`load`].
        pub mod key {
            use domain::base::digest::Digest;
            use domain::mailbox::label::Label;
            use domain::people::usage::Of;
            use domain::{
                AccountId, ApprovalId, AttachmentId, DomainId, DraftId, EventId, InboxId, InvitationId, ListEntryId, MemberId, MessageId, PolicyId, SessionId, StandingApprovalId, SuppressionId, ThreadId, Timestamp, TokenId, UploadId, WebhookId,
            };
            use jiff::civil::Date;

            $(
                $(#[$doc])*
                #[derive(Debug, Clone, PartialEq, Eq)]
                pub struct $variant $(($(pub $part),+))?;
            )*
        }

        $(
            impl Wanted for key::$variant {
                type Found = Option<$type>;

                fn keys(&self, keys: &mut Vec<Key>) {
                    let key::$variant $(($($field),+))? = self.clone();
                    keys.push(Key::$variant $(($($field),+))?);
                }

                fn take(&self, found: &mut Records) -> Result<Self::Found, StoreError> {
                    found.next().flatten().map(<$type>::try_from).transpose().map_err(|()| {
                        StoreError::Permanent(
                            concat!("the record under a key of ", stringify!($variant), " is of another kind").to_owned(),
                        )
                    })
                }
            }
        )*

        /// What can be stored under a [`Key`].
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each variant holds the domain type of its name")]
        pub enum Record {
            $($variant(records!(@held $type $(, $box)?)),)*
            $($listed($listed_type),)*
        }

        impl Record {
            /// The key that it lies under. An [`Attempt`] is only listed, never loaded: it has none.
            pub fn key(&self) -> Option<Key> {
                match self {
                    $(Record::$variant(_value) => Some(Key::$variant $(($(_value.$field.clone()),+))?),)*
                    $(Record::$listed(_) => None,)*
                }
            }

            /// The version of a record that has one.
            pub fn version(&self) -> Option<u64> {
                match self {
                    $(Record::$variant(_value) => records!(@version _value $(, $version)?),)*
                    $(Record::$listed(_) => None,)*
                }
            }

            /// Raises the version of a record that has one: what a store does where a version is expected.
            pub fn raise_version(&mut self) {
                match self {
                    $(Record::$variant(_value) => records!(@raise _value $(, $version)?),)*
                    $(Record::$listed(_) => {})*
                }
            }
        }

        $(records!(@convert $variant, $type $(, $box)?);)*
        $(records!(@convert $listed, $listed_type);)*
    };
    (@held $type:ty) => { $type };
    (@held $type:ty, $box:tt) => { Box<$type> };
    (@version $value:ident) => { None };
    (@version $value:ident, $version:ident) => { Some($value.$version) };
    (@raise $value:ident) => { {} };
    (@raise $value:ident, $version:ident) => { $value.$version += 1 };
    (@convert $variant:ident, $type:ty $(, $box:tt)?) => {
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
    };
}

records! {
    keyed {
        /// The organization itself.
        Organization(Organization);
        /// How the organization was signed up for, where it was.
        Registration(Registration), version;
        /// A seat.
        Member(Member) by (id: MemberId);
        /// A token, by the hash of its secret.
        Token(Token, boxed *) by (hash: Digest);
        /// Where a token lies, by its id.
        TokenPointer(TokenPointer) by (id: TokenId);
        /// A session, by the hash of its secret.
        Session(Session) by (hash: Digest), version;
        /// Where a session lies, by its member and its id.
        SessionPointer(SessionPointer) by (member_id: MemberId, id: SessionId);
        /// A member's second factor.
        SecondFactor(SecondFactor, boxed *) by (member_id: MemberId), version;
        /// What a member wants to be told of.
        Notifications(Notifications) by (member_id: MemberId), version;
        /// A member's passkeys.
        Passkeys(Passkeys, boxed *) by (member_id: MemberId), version;
        /// A sign-in that waits for its second factor, by the hash of its secret.
        PendingSignIn(PendingSignIn) by (hash: Digest);
        /// With which account at a provider a member's seat is connected.
        OpenIdLink(OpenIdLink) by (member_id: MemberId), version;
        /// An inbox.
        Inbox(Inbox) by (id: InboxId);
        /// A connected account.
        Account(Account, boxed *) by (id: AccountId), version;
        /// A deleted inbox whose mail is still being deleted.
        Purge(Purge) by (inbox_id: InboxId), version;
        /// A mail.
        Message(Message, boxed *) by (inbox_id: InboxId, id: MessageId), version;
        /// A mail in the trash, or what is left of a deleted one.
        Trashed(Trashed, boxed *) by (inbox_id: InboxId, message_id: MessageId), version;
        /// A mail's place among those of a label.
        Mark(Mark) by (inbox_id: InboxId, label: Label, message_id: MessageId);
        /// The search index of an inbox.
        Index(Index) by (inbox_id: InboxId), version;
        /// A conversation.
        Thread(Thread) by (id: ThreadId);
        /// The conversation that a `Message-ID`, or a subject with its participants, belongs to.
        ThreadPointer(ThreadPointer) by (inbox_id: InboxId, hash: Digest);
        /// An approval.
        Approval(Approval, boxed *) by (id: ApprovalId), version;
        /// What was said about an approval.
        Comments(Comments, boxed *) by (approval_id: ApprovalId), version;
        /// A standing approval.
        StandingApproval(StandingApproval, boxed *) by (id: StandingApprovalId), version;
        /// A file.
        Attachment(Attachment) by (id: AttachmentId);
        /// A mail that somebody is still writing.
        Draft(SavedDraft, boxed *) by (id: DraftId), version;
        /// The draft that a client's name leads to, by the hash of the name.
        DraftPointer(DraftPointer) by (inbox_id: InboxId, hash: Digest);
        /// A spreadsheet, and what became of it.
        Upload(Upload, boxed *) by (id: UploadId), version;
        /// What became of a row of it, by its number.
        UploadRow(UploadRow, boxed *) by (upload_id: UploadId, number: u32), version;
        /// Which rows of an upload a member decided about alone.
        Opened(Opened) by (upload_id: UploadId, member_id: MemberId), version;
        /// An endpoint.
        Webhook(Webhook) by (id: WebhookId), version;
        /// A delivery that waits for a later attempt.
        WaitingDelivery(WaitingDelivery, boxed *) by (webhook_id: WebhookId, event_id: EventId), version;
        /// A saved answer, by the hash of credential, route and `Idempotency-Key`.
        Answer(Answer) by (key: Digest);
        /// A one-time link, by the hash of its secret.
        Link(Link) by (hash: Digest), version;
        /// A notification, by the hash of what it is about and whom it is for.
        Notice(Notice) by (key: Digest), version;
        /// How much notification mail a member has had.
        Pace(Pace) by (member_id: MemberId), version;
        /// All policies.
        Policies(PolicyBook), version;
        /// What a policy said before, by its place among those that are kept.
        FormerPolicy(FormerPolicy, boxed *) by (policy_id: PolicyId, slot: u8);
        /// A mailbox that mail was sent to, by the hash of its address.
        Contact(Contact) by (hash: Digest);
        /// The rules for mail that comes in.
        Screening(Screening), version;
        /// A mail that came in and is held.
        Held(Held, boxed *) by (inbox_id: InboxId, message_id: MessageId);
        /// Whom no mail goes to.
        Suppression(Suppression) by (id: SuppressionId);
        /// Who asks for no more mail with the secret of this hash.
        OptOut(OptOut) by (hash: Digest);
        /// Somebody on a list.
        ListEntry(ListEntry) by (id: ListEntryId);
        /// A domain of the organization.
        Domain(Domain, boxed *) by (id: DomainId), version;
        /// A count of mails within a window of time, by its hash.
        Counter(Counter) by (hash: Digest);
        /// A line of the log of requests.
        RequestLine(RequestLine, boxed *) by (at: Timestamp, id: Digest);
        /// That somebody is invited.
        Invitation(Invitation, boxed *) by (id: InvitationId), version;
        /// Whether a member's address is known to be theirs.
        EmailProof(EmailProof) by (member_id: MemberId), version;
        /// A reset of a member's password.
        Reset(Reset) by (member_id: MemberId), version;
        /// A part of what was counted on one day.
        Usage(Usage) by (day: Date, of: Of, part: u8);
    }
    listed {
        Attempt(Attempt);
    }
}

/// What a write expects to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Nothing under this key.
    Absent,
    /// The record with this version; the written one has the next.
    Version(u64),
    /// The record of an inbox as it was seen: paused at this time, or not. One that is gone is not made anew.
    Paused(Option<Timestamp>),
    /// The saved answer, or what leads to a draft that came to an end, that is forgotten at this time.
    Until(Timestamp),
    /// Whatever is there.
    Anything,
}

/// One write of a [`Change`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Stores a record as a whole.
    Put(Box<Record>, Expect),
    /// Counts one more mail into its conversation, or shows it as its last. Where it is to be the last and is not, the conflict is on
    /// [`Key::Thread`].
    Thread(ThreadUpdate),
    /// Changes the marks of a conversation. The conflict is on [`Key::Thread`].
    Marks(ThreadMarks),
    /// Writes a conversation as a whole, as it was seen. The conflict is on [`Key::Thread`].
    Conversation(Box<ThreadChange>),
    /// Writes the end of a session and when it was used, from this version, and nothing else of it: whoever may only prolong sessions
    /// makes none.
    Prolong(Session),
    /// Writes what a session counts as opened with, and nothing else of it. One that is gone is not made anew.
    OpenedWith {
        /// Under which the session lies.
        session: Digest,
        /// With what.
        opened_with: OpenedWith,
    },
    /// Writes when the person of a session showed that it is them, and nothing else of it. One that is gone is not made anew.
    Proved {
        /// Under which the session lies.
        session: Digest,
        /// When.
        at: Timestamp,
    },
    /// Pauses what can be paused, or ends that, where it is as it was seen, and writes nothing else of it. One that is gone is not made
    /// anew.
    Pause {
        /// An organization, an inbox or a token.
        key: Key,
        /// Since when it was paused, if it was.
        seen: Option<Timestamp>,
        /// The pause; none where it ends.
        pause: Option<Pause>,
    },
    /// Writes what somebody changes of an organization or a token, and nothing else of it. One that is gone is not made anew.
    Amend {
        /// Which.
        key: Key,
        /// What changes.
        amendment: Amendment,
    },
    /// Gives a token another secret, where nobody else did so meanwhile, and writes nothing else of it.
    Rotate {
        /// Under which the token lies.
        token: Digest,
        /// What its secret hashed to, where it was not the first.
        seen: Option<Digest>,
        /// The other secret.
        rotation: Rotation,
        /// Its last four characters.
        last_four: String,
    },
    /// Writes when a token was used, and nothing else of it: whoever may only do that makes none.
    Used {
        /// Under which the token lies.
        token: Digest,
        /// When.
        at: Timestamp,
    },
    /// Gives a member another role, where they have the one that was seen, and writes nothing else of their seat.
    GiveRole {
        /// Who.
        member_id: MemberId,
        /// The role that they have.
        seen: Role,
        /// The role that they are to have.
        role: Role,
    },
    /// Writes who belongs to the groups, where the record of the policies has the version that was seen, and nothing else of it: whoever
    /// may only put people into groups changes no policy. The conflict is on [`Key::Policies`].
    Regroup {
        /// All groups.
        groups: Vec<Group>,
        /// The version of the record.
        seen: u64,
    },
    /// Writes nothing: the member must have this role.
    HoldsRole(MemberId, Role),
    /// Ends all sessions of a member that were opened until this time.
    EndSessions(MemberId, Timestamp),
    /// Removes the seat of a member, where they have the role that was seen.
    Unseat(MemberId, Role),
    /// Removes a record.
    Delete(Key),
    /// Removes a record that must be there: of two at once, one conflicts.
    Remove(Key),
    /// Removes a record that has a version, at this one.
    RemoveVersion(Key, u64),
    /// Writes nothing: nothing must lie there.
    Missing(Key),
    /// Writes nothing: a record that has a version must be there, at this one.
    Unchanged(Key, u64),
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
    /// Adds to a part of what was counted on one day, without reading it; one that is not there is 0.
    Use(Usage),
    /// Takes from a count what was added to it before.
    Uncount {
        /// The count.
        key: Digest,
        /// So many fewer.
        by: u64,
    },
}

/// What changes of an organization or a token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Amendment {
    /// Its name; none where it stays.
    pub name: Option<String>,
    /// How many mails a day it may ask for, or that there is no limit; none where it stays.
    pub sends_per_day: Option<Option<SendsPerDay>>,
    /// Of an organization, whether whoever decides needs a second factor; none where it stays.
    pub require_second_factor: Option<bool>,
    /// Of an organization that nobody has claimed, that somebody does.
    pub claimed: bool,
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
    /// Writes nothing: the login must have the password that it was seen with.
    SamePassword(Login),
    /// Another password of a login, in the place of the one that it was seen with.
    NewPassword {
        /// As it was seen.
        login: Login,
        /// The new one, as [`Login::password_hash`] has it.
        password_hash: String,
    },
    /// An account at a provider opens a login from now on; it must open none yet.
    NewOpenIdAccount(OpenIdAccount),
    /// An account opens this seat no more. One that opens none is as it is to be; one that opens another seat is a conflict.
    EndOpenIdAccount(Digest, MemberId),
    /// The login of a seat that is removed: its address may have another.
    EndLogin(EmailAddress, MemberId),
    /// The attempts that were counted of this address within this window ([`Directory::count`]) count as none.
    ForgetAttempts(EmailAddress, SignInWindow),
    /// The registrations that were counted of this within this window count as none.
    ForgetRegistrations(Digest, BoundWindow),
    /// A set-up link is used up: of two who do so at once, one has it.
    UseSetup {
        /// What its secret hashes to.
        hash: Digest,
        /// When.
        at: Timestamp,
    },
    /// What a passkey was asked for is done: of two answers to one question, one is taken.
    EndCeremony(Digest),
    /// A new inbox's address; it must not be taken.
    NewAddress(AddressEntry),
    /// The address of an inbox that is deleted: it leads nowhere, and nobody can take it ever again.
    RetireAddress(AddressEntry),
    /// Which verified domains look alike, where that is as it was seen: the written one has the next version.
    Family(Family),
    /// One more organization asked for this domain, or one fewer.
    Claim(DomainName, Claimed),
}

/// What becomes of the number of organizations that asked for a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// One more.
    Asked,
    /// One fewer.
    Deleted,
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

    /// Whether it writes one audit entry and nothing else. A store takes such a change again without a word: the entry that is
    /// there under this id is this one, written by a request whose response was lost.
    #[must_use]
    pub fn is_one_entry(&self) -> bool {
        let others = self.writes.len() + self.directory.len() + self.events.len();
        others == 0 && self.audit.len() == 1
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

    /// The same change, in which each event about a mail says its place among that mail's events: by the version that the change gives
    /// the mail. So no two who write at once give the same place, and what tells of a mail writes the mail. Every store begins a commit
    /// with it.
    #[must_use]
    pub fn with_sequences(mut self) -> Self {
        let written = |id: MessageId| self.writes.iter().find_map(|write| version_of(write, id));
        let versions: Vec<_> =
            self.events.iter().map(|event| event.subject.message_id().and_then(written)).collect();
        for (n, (event, version)) in self.events.iter_mut().zip(versions).enumerate() {
            event.sequence = version.map(|version| Event::sequence_of(version, n)).or(event.sequence);
        }
        self
    }

    /// Adds an audit entry.
    #[must_use]
    pub fn audit(mut self, entry: AuditEntry) -> Self {
        self.audit.push(entry);
        self
    }
}

/// The version that a write gives a mail, where it writes it.
fn version_of(write: &Write, id: MessageId) -> Option<u64> {
    let Write::Put(record, expect) = write else { return None };
    match &**record {
        Record::Message(message) if message.id == id => {
            Some(message.version + u64::from(matches!(expect, Expect::Version(_))))
        }
        // In the trash it has the version of a later change already.
        Record::Trashed(trashed) => match &trashed.fate {
            Fate::Kept(message) if message.id == id => Some(message.version),
            _ => None,
        },
        _ => None,
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
    /// All domains, oldest first.
    Domains,
    /// All connected accounts, oldest first.
    Accounts,
    /// All members, oldest first.
    Members,
    /// Invitations that nobody has accepted.
    Invitations,
    /// The sessions of a member, as [`SessionPointer`], newest first, also those that ended by themselves lately; read strongly consistent.
    Sessions(MemberId),
    /// The mails of an inbox that came or were asked for within this span.
    Messages(InboxId, Span),
    /// The mails of an inbox that came or were asked for at this time or later, oldest first.
    MessagesSince(InboxId, Timestamp),
    /// The mails of an inbox that nobody has read.
    Unread(InboxId),
    /// The mails of an inbox in the trash that came or were asked for within this span, as [`Trashed`].
    Trash(InboxId, Span),
    /// The mails of an inbox in the trash that came or were asked for since then, as [`Trashed`], oldest first.
    TrashSince(InboxId, Timestamp),
    /// The mails of all inboxes in the trash that came or were asked for within this span, as [`Trashed`].
    AllTrash(Span),
    /// The mails of a conversation in the trash, as [`Trashed`], oldest first.
    TrashInThread(ThreadId),
    /// The [`Mark`]s of the mails of an inbox that have this label.
    Labelled(InboxId, Label),
    /// The labels that mails of an inbox have, in order: of each, one [`Mark`]. Each is a read of its own.
    Labels(InboxId),
    /// The mails of all inboxes that came or were asked for within this span.
    AllMessages(Span),
    /// The mails of a conversation, oldest first.
    ThreadMessages(ThreadId),
    /// The mails of a conversation, newest first.
    LatestInThread(ThreadId),
    /// The conversations of an inbox whose last mail came within this span, by that mail.
    Threads(InboxId, Span),
    /// The conversations of all inboxes whose last mail came within this span, by that mail.
    AllThreads(Span),
    /// The drafts of an inbox that can be changed still.
    Drafts(InboxId),
    /// Approvals with this status, as it is written down.
    Approvals(String),
    /// Approvals that are written down as pending, oldest first.
    Waiting,
    /// Mails that came in and are held.
    Held,
    /// Mails of an inbox that are held.
    HeldIn(InboxId),
    /// Suppressions.
    Suppressions,
    /// Those whom a list has.
    ListEntries(Side, Standing),
    /// Standing approvals; read strongly consistent.
    StandingApprovals,
    /// What a policy said before, by its place among those that are kept: in no order of time.
    FormerPolicies(PolicyId),
    /// Outbound mails of the organization that stand here, those that are due first: `scheduled` and `unknown` alone
    /// are listed.
    Open(Status),
    /// Uploads.
    Uploads,
    /// What became of the rows of an upload, those with the lowest numbers first; read strongly consistent.
    UploadRows(UploadId),
    /// Approvals of mails of an upload that are written down as pending, those that were asked for first first.
    WaitingOfUpload(UploadId),
    /// Attempts to tell a webhook.
    Attempts(WebhookId),
    /// The log of requests within this span.
    Requests(Span),
    /// The parts of what was counted on these days, of the first to the last: those of a day and of whom they are of stand side by side.
    Usage(By, Date, Date),
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

    /// A cursor behind a record that this list gave.
    fn cursor(&self, organization_id: OrganizationId, list: &List, record: &Record) -> Option<String>;

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
    /// Links that were asked for by somebody who forgot their password.
    Resets,
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

    /// Adds one to a count of registrations, as [`Self::count`] does. What is counted goes by a hash.
    async fn count_registration(&self, of: Digest, window: BoundWindow) -> Result<u64, StoreError>;

    /// The owners of these addresses (at most 100), those that have one: of an inbox that was deleted, nobody.
    async fn addresses(&self, addresses: &[EmailAddress]) -> Result<Vec<AddressEntry>, StoreError>;

    /// Keeps a set-up link that was drawn. May be repeated.
    async fn keep_setup(&self, setup: &Setup) -> Result<(), StoreError>;

    /// The set-up link whose secret hashes to this, strongly consistent.
    async fn setup(&self, hash: Digest) -> Result<Option<Setup>, StoreError>;

    /// Keeps that a passkey was asked for. May be repeated.
    async fn keep_ceremony(&self, ceremony: &Ceremony) -> Result<(), StoreError>;

    /// What a passkey was asked for with the secret that hashes to this, strongly consistent.
    async fn ceremony(&self, hash: Digest) -> Result<Option<Ceremony>, StoreError>;

    /// The verified domains that look so, of all organizations.
    async fn family(&self, look: &str) -> Result<Family, StoreError>;

    /// How many organizations asked for this domain, verified or not.
    async fn claims(&self, name: &DomainName) -> Result<u64, StoreError>;
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

/// A waiting delivery that somebody must look after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueDelivery {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The endpoint.
    pub webhook_id: WebhookId,
    /// The event.
    pub event_id: EventId,
}

/// The look across all organizations for what is due: names only, read by time.
#[async_trait]
pub trait Watch: Send + Sync {
    /// At most `limit` mails whose `watch_at` is before `now`, the longest overdue first.
    async fn overdue(&self, now: Timestamp, limit: u16) -> Result<Vec<Watched>, StoreError>;

    /// At most `limit` mails in the trash, or on their way out of it, whose `look_at` is before `now`, the longest overdue first.
    async fn trash(&self, now: Timestamp, limit: u16) -> Result<Vec<Watched>, StoreError>;

    /// At most `limit` held mails whose `expires_at` is before `now`, the longest overdue first.
    async fn held(&self, now: Timestamp, limit: u16) -> Result<Vec<Watched>, StoreError>;

    /// At most `limit` deleted inboxes whose `look_at` is before `now`, the longest overdue first.
    async fn purges(&self, now: Timestamp, limit: u16) -> Result<Vec<(OrganizationId, InboxId)>, StoreError>;

    /// At most `limit` organizations that nobody claimed, whose time is over before `now`, the longest overdue first.
    async fn unclaimed(&self, now: Timestamp, limit: u16) -> Result<Vec<OrganizationId>, StoreError>;

    /// At most `limit` inboxes whose search index has a `look_at` before `now`, the longest overdue first.
    async fn indexes(&self, now: Timestamp, limit: u16)
    -> Result<Vec<(OrganizationId, InboxId)>, StoreError>;

    /// At most `limit` domains whose `look_at` is before `now`, the longest overdue first.
    async fn domains(
        &self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<(OrganizationId, DomainId)>, StoreError>;

    /// At most `limit` uploads whose `look_at` is before `now`, the longest overdue first.
    async fn uploads(
        &self,
        now: Timestamp,
        limit: u16,
    ) -> Result<Vec<(OrganizationId, UploadId)>, StoreError>;

    /// At most `limit` waiting deliveries whose `look_at` is before `now`, the longest overdue first.
    async fn waiting(&self, now: Timestamp, limit: u16) -> Result<Vec<DueDelivery>, StoreError>;
}

/// What a store gave for some keys, in their order.
type Records = std::vec::IntoIter<Option<Record>>;

/// What is to be loaded: a name of [`key`], or an `Option`, a `Vec` or a tuple of such.
pub trait Wanted {
    /// What comes of it: an `Option` of a record for each name, in the same shape. What is not asked for is none.
    type Found;

    /// Adds its keys.
    fn keys(&self, keys: &mut Vec<Key>);

    /// Takes what was found under its keys, in the order in which it added them.
    fn take(&self, found: &mut Records) -> Result<Self::Found, StoreError>;
}

impl<T, W: Wanted<Found = Option<T>>> Wanted for Option<W> {
    type Found = Option<T>;

    fn keys(&self, keys: &mut Vec<Key>) {
        if let Some(one) = self {
            one.keys(keys);
        }
    }

    fn take(&self, found: &mut Records) -> Result<Self::Found, StoreError> {
        self.as_ref().map_or(Ok(None), |one| one.take(found))
    }
}

impl<W: Wanted> Wanted for Vec<W> {
    type Found = Vec<W::Found>;

    fn keys(&self, keys: &mut Vec<Key>) {
        for one in self {
            one.keys(keys);
        }
    }

    fn take(&self, found: &mut Records) -> Result<Self::Found, StoreError> {
        self.iter().map(|one| one.take(found)).collect()
    }
}

macro_rules! wanted_tuples {
    ($($($type:ident $at:tt),+;)+) => {$(
        impl<$($type: Wanted),+> Wanted for ($($type,)+) {
            type Found = ($($type::Found,)+);

            fn keys(&self, keys: &mut Vec<Key>) {
                $(self.$at.keys(keys);)+
            }

            fn take(&self, found: &mut Records) -> Result<Self::Found, StoreError> {
                Ok(($(self.$at.take(found)?,)+))
            }
        }
    )+};
}

wanted_tuples! {
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}

/// Reads records in one call. Their types follow from the keys: a record of another kind is an error, not none.
///
/// `load(store, id, (key::Inbox(inbox_id), key::Policies))` gives an `(Option<Inbox>, Option<PolicyBook>)`.
pub async fn load<W: Wanted>(
    store: &dyn Store,
    organization_id: OrganizationId,
    wanted: W,
) -> Result<W::Found, StoreError> {
    let mut keys = vec![];
    wanted.keys(&mut keys);
    let mut found = store.load(organization_id, &keys).await?.into_iter();
    wanted.take(&mut found)
}

/// Turns a page of records into one of a type.
pub fn typed<T: TryFrom<Record>>(page: Page<Record>) -> Page<T> {
    Page {
        items: page.items.into_iter().filter_map(|record| T::try_from(record).ok()).collect(),
        next: page.next,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::FutureExt as _;

    use super::*;

    /// Has these records, and remembers what it was asked for.
    struct Few {
        records: Vec<(Key, Record)>,
        asked: Mutex<Vec<Vec<Key>>>,
    }

    #[async_trait]
    impl Store for Few {
        async fn load(&self, _: OrganizationId, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
            self.asked.lock().unwrap().push(keys.to_vec());
            let find = |key| self.records.iter().find(|(known, _)| known == key);
            Ok(keys.iter().map(|key| find(key).map(|(_, record)| record.clone())).collect())
        }

        async fn list(
            &self,
            _: OrganizationId,
            _: &List,
            _: &PageRequest,
        ) -> Result<Page<Record>, ListError> {
            Err(ListError::Cursor)
        }

        fn cursor(&self, _: OrganizationId, _: &List, _: &Record) -> Option<String> {
            None
        }

        async fn commit(&self, _: Change) -> Result<(), StoreError> {
            Ok(())
        }

        async fn claim(&self, _: &Ticket, _: Nonce, _: Timestamp) -> Result<Option<Message>, StoreError> {
            Ok(None)
        }
    }

    fn hash(n: u8) -> Digest {
        Digest::from_bytes([n; 32])
    }

    fn counter(n: u8) -> Counter {
        Counter { hash: hash(n), count: n.into(), expires_at: Timestamp::UNIX_EPOCH }
    }

    fn contact(n: u8) -> Contact {
        Contact { hash: hash(n), first_at: Timestamp::UNIX_EPOCH }
    }

    fn few(records: impl IntoIterator<Item = Record>) -> Few {
        let records = records.into_iter().map(|record| (record.key().unwrap(), record)).collect();
        Few { records, asked: Mutex::default() }
    }

    fn loaded<W: Wanted>(store: &Few, wanted: W) -> Result<W::Found, StoreError> {
        load(store, OrganizationId::new(Timestamp::UNIX_EPOCH, [0; 10]), wanted).now_or_never().unwrap()
    }

    #[test]
    fn whatever_is_wanted_comes_in_one_call_and_in_its_place() {
        let store = few([counter(1).into(), contact(2).into(), counter(3).into(), counter(4).into()]);
        let wanted = (
            key::Policies,
            key::Contact(hash(2)),
            None::<key::Contact>,
            vec![key::Counter(hash(3)), key::Counter(hash(9)), key::Counter(hash(1))],
            Some(key::Counter(hash(4))),
        );
        let (book, known, not_asked, counted, last) = loaded(&store, wanted).unwrap();
        assert_eq!((book, known, not_asked), (None, Some(contact(2)), None));
        assert_eq!((counted, last), (vec![Some(counter(3)), None, Some(counter(1))], Some(counter(4))));
        let keys = [
            Key::Policies,
            Key::Contact(hash(2)),
            Key::Counter(hash(3)),
            Key::Counter(hash(9)),
            Key::Counter(hash(1)),
            Key::Counter(hash(4)),
        ];
        assert_eq!(*store.asked.lock().unwrap(), [keys]);
    }

    #[test]
    fn nothing_wanted_is_a_call_all_the_same() {
        let store = few([]);
        assert_eq!(loaded(&store, Vec::<key::Member>::new()), Ok(vec![]));
        assert_eq!(*store.asked.lock().unwrap(), [vec![]]);
    }

    #[test]
    fn a_record_of_another_kind_is_an_error_and_not_none() {
        let store =
            Few { records: vec![(Key::Contact(hash(1)), counter(1).into())], asked: Mutex::default() };
        let error = StoreError::Permanent("the record under a key of Contact is of another kind".to_owned());
        assert_eq!(loaded(&store, key::Contact(hash(1))), Err(error.clone()));
        assert_eq!(loaded(&store, (key::Policies, vec![key::Contact(hash(1))])), Err(error));
    }
}
