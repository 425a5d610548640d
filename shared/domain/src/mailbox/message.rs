//! Mails, threads and files.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::mailbox::finding::Finding;
use crate::mailbox::label::Label;
use crate::mailbox::lifecycle::{Outbound, State};
use crate::mailbox::notes::Notes;
use crate::{AttachmentId, InboxId, MessageId, OrganizationId, ThreadId};

/// An address as a received mail writes it: nothing is promised about its form.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Party {
    /// The display name.
    pub name: Option<String>,
    /// The address, or whatever stands in its place.
    pub address: String,
}

/// Mail addresses stay out of logs.
impl std::fmt::Debug for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Party(…)")
    }
}

impl From<&crate::base::address::Mailbox> for Party {
    fn from(mailbox: &crate::base::address::Mailbox) -> Self {
        Self {
            name: mailbox.name.as_ref().map(|name| name.as_str().to_owned()),
            address: mailbox.address.as_str().to_owned(),
        }
    }
}

/// What a receiving server found out about a mail: SES's words, taken from its event and never from
/// a header, which anyone can write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdicts {
    /// `PASS`, `FAIL`, `GRAY`, `PROCESSING_FAILED` or `DISABLED`.
    pub spam: String,
    /// As `spam`.
    pub virus: String,
    /// As `spam`.
    pub spf: String,
    /// As `spam`.
    pub dkim: String,
    /// As `spam`.
    pub dmarc: String,
}

/// A file that came with a received mail or goes out with a sent one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentRef {
    /// Its id.
    pub id: AttachmentId,
    /// Its name, without a path.
    pub filename: String,
    /// Its media type, as declared.
    pub content_type: String,
    /// What its first bytes say that it is; none where they say nothing, or where it was stored before anybody looked.
    pub detected_type: Option<String>,
    /// In bytes, decoded.
    pub size: u64,
    /// Of its bytes.
    pub digest: Digest,
    /// For `cid:` references.
    pub content_id: Option<String>,
    /// Shown within the text.
    pub inline: bool,
}

/// Which way a mail goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Direction {
    /// It came in. The bytes lie in the bucket under this key.
    Inbound {
        /// Object key of the raw mail.
        raw_key: String,
        /// Judgement of the receiving server.
        verdicts: Verdicts,
        /// What could not be read as it should be, as stable codes.
        defects: Vec<String>,
        /// RFC 3834: a program wrote it, nobody waits for an answer.
        automatic: bool,
        /// What looks wrong with it, at most [`Finding::MAX`].
        findings: Vec<Finding>,
        /// The author in `From` is proven to be the one who sent it.
        authenticated: bool,
        /// The same mail in other inboxes, whose bytes are the same object. Unknown of mail that was filed before it was noted.
        siblings: Option<Vec<Sibling>>,
    },
    /// It goes out, or waits to.
    Outbound(Outbound),
}

/// A received mail in another inbox that it came for too, maybe of another organization: never shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sibling {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// Its id there.
    pub message_id: MessageId,
}

/// Since when a mail is in the trash, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trash {
    /// Since when.
    pub at: Timestamp,
    /// From then on it is gone.
    pub deletes_at: Timestamp,
}

impl Trash {
    /// A mail is kept in the trash for so long.
    pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

    /// From now on.
    pub fn since(now: Timestamp) -> Self {
        Self { at: now, deletes_at: now + Self::KEPT }
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.deletes_at <= now
    }
}

/// A mail, without its body: the body is in the raw or sealed object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// The conversation.
    pub thread_id: ThreadId,
    /// Which way, and how far.
    pub direction: Direction,
    /// Author.
    pub from: Party,
    /// Where answers go, if not to the author.
    pub reply_to: Vec<Party>,
    /// Recipients.
    pub to: Vec<Party>,
    /// Recipients of copies.
    pub cc: Vec<Party>,
    /// Recipients that the others don't see.
    pub bcc: Vec<Party>,
    /// Subject, decoded, at most 998 characters.
    pub subject: String,
    /// The first words of the text, at most 200 characters.
    pub preview: String,
    /// The `Message-ID`, without angle brackets; an outbound mail has one once SES gave it.
    pub internet_message_id: Option<String>,
    /// The ids it answers, oldest first, at most 50.
    pub references: Vec<String>,
    /// The id that it answers, without angle brackets: the first of its `In-Reply-To`.
    pub in_reply_to: Option<String>,
    /// `Date`, as the sender's clock had it; one of ours has none, since SES writes it.
    pub date: Option<Timestamp>,
    /// Its labels, at most [`Label::MOST`].
    pub labels: BTreeSet<Label>,
    /// It came in, and nobody has said that it was read.
    pub unread: bool,
    /// What the program that sent it keeps with it; nothing for one that came in.
    pub notes: Notes,
    /// Its files, at most 100.
    pub attachments: Vec<AttachmentRef>,
    /// In bytes, raw.
    pub size: u64,
    /// When it came in or was submitted.
    pub created_at: Timestamp,
    /// Counts changes.
    pub version: u64,
    /// Where it is in the trash.
    pub trash: Option<Trash>,
}

impl Message {
    /// Whether it waits, is being sent, or may have gone: it stays where it is until it has come to an end.
    pub fn may_still_go(&self) -> bool {
        self.outbound().is_some_and(|outbound| {
            let status = outbound.status();
            !status.went() && !status.did_not_go()
        })
    }

    /// When its conversation showed it as its last: when it came in, or went out. One that did not go never was.
    pub fn shown_at(&self) -> Option<Timestamp> {
        match &self.direction {
            Direction::Inbound { .. } => Some(self.created_at),
            Direction::Outbound(Outbound { state: State::Accepted { at, .. }, .. }) => Some(*at),
            Direction::Outbound(_) => None,
        }
    }

    /// The status in the API.
    pub fn status(&self) -> &'static str {
        match &self.direction {
            Direction::Inbound { .. } => "received",
            Direction::Outbound(outbound) => outbound.status().as_str(),
        }
    }

    /// The outbound part.
    pub fn outbound(&self) -> Option<&Outbound> {
        match &self.direction {
            Direction::Outbound(outbound) => Some(outbound),
            Direction::Inbound { .. } => None,
        }
    }

    /// What looks wrong with it: nothing with a mail of ours.
    pub fn findings(&self) -> &[Finding] {
        match &self.direction {
            Direction::Inbound { findings, .. } => findings,
            Direction::Outbound(_) => &[],
        }
    }

    /// Whether any finding taints its conversation.
    pub fn taints(&self) -> bool {
        self.findings().iter().any(|finding| finding.kind.taints())
    }

    /// What a new mail does to its thread.
    pub fn thread_update(&self) -> ThreadUpdate {
        ThreadUpdate {
            thread_id: self.thread_id,
            inbox_id: self.inbox_id,
            at: self.created_at,
            counts: if self.unread { Counts::AsUnread } else { Counts::AsRead },
            shows: if self.outbound().is_none() { Shows::Now } else { Shows::Not },
            subject: self.subject.clone(),
            preview: self.preview.clone(),
            from: self.from.clone(),
            taint: self.taints(),
        }
    }
}

/// What became of a mail that is in the trash, or was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is in the trash, and may come back.
    Kept(Box<Message>),
    /// It is gone for everybody; what is stored of it is still being deleted.
    Going(Box<Message>),
    /// Nothing of it is left but that it was there: told of it again, we don't file it again.
    Gone(Timestamp),
}

/// A mail in the trash, or what is left of a deleted one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trashed {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// The mail.
    pub message_id: MessageId,
    /// What became of it.
    pub fate: Fate,
    /// When somebody must look after it; of one that is gone, when it went.
    pub look_at: Timestamp,
    /// Counts changes.
    pub version: u64,
}

impl Trashed {
    /// A mail that goes into the trash.
    pub fn keep(message: &Message, now: Timestamp) -> Self {
        let trash = Trash::since(now);
        let message = Message { trash: Some(trash), ..message.clone() };
        Self::new(&message, Fate::Kept(Box::new(message.clone())), trash.deletes_at)
    }

    /// A mail that is deleted for good.
    pub fn delete(message: &Message, now: Timestamp) -> Self {
        Self::new(message, Fate::Going(Box::new(message.clone())), now)
    }

    fn new(message: &Message, fate: Fate, look_at: Timestamp) -> Self {
        let Message { organization_id, inbox_id, id, .. } = *message;
        Self { organization_id, inbox_id, message_id: id, fate, look_at, version: 1 }
    }

    /// The mail, while it is in the trash and its time is not over.
    pub fn shown(&self, now: Timestamp) -> Option<&Message> {
        match &self.fate {
            Fate::Kept(message) if now < self.look_at => Some(message),
            _ => None,
        }
    }

    /// The same, on its way out for good.
    #[must_use]
    pub fn going(self, now: Timestamp) -> Self {
        match self.fate {
            Fate::Kept(message) => Self { fate: Fate::Going(message), look_at: now, ..self },
            _ => self,
        }
    }

    /// The same, with nothing left of the mail.
    #[must_use]
    pub fn gone(self, now: Timestamp) -> Self {
        Self { fate: Fate::Gone(now), look_at: now, ..self }
    }
}

/// A conversation as it was seen, and as it is to be; none where it is not there, or is to be gone. Where it changed meanwhile,
/// nothing is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadChange {
    /// The conversation.
    pub thread_id: ThreadId,
    /// As it was seen.
    pub seen: Option<Thread>,
    /// As it is to be.
    pub wanted: Option<Thread>,
}

/// How the marks of a conversation's mails change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadMarks {
    /// The conversation.
    pub thread_id: ThreadId,
    /// So many more mails that nobody has read, or fewer.
    pub unread: i64,
    /// The labels as they were seen, and as they are to be; none where they stay. Where others changed them meanwhile, nothing is
    /// written.
    pub labels: Option<(BTreeMap<Label, u64>, BTreeMap<Label, u64>)>,
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Its id.
    pub id: ThreadId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// The subject of its first mail.
    pub subject: String,
    /// The first words of its last mail.
    pub preview: String,
    /// The author of its last mail.
    pub last_from: Party,
    /// How many mails it holds.
    pub message_count: u64,
    /// When it began.
    pub created_at: Timestamp,
    /// When its last mail came.
    pub last_message_at: Timestamp,
    /// Whether one of its mails had a finding that taints. It never becomes clean again.
    pub tainted: bool,
    /// How many of its mails nobody has read.
    pub unread_count: u64,
    /// The labels of its mails, each with how many have it.
    pub labels: BTreeMap<Label, u64>,
}

/// What a conversation shows is written a moment after the mail that it shows.
const SHOWN_WITHIN: SignedDuration = SignedDuration::from_secs(60);

impl Thread {
    /// A conversation that begins with this mail.
    pub fn of(message: &Message) -> Self {
        let empty = Self {
            id: message.thread_id,
            organization_id: message.organization_id,
            inbox_id: message.inbox_id,
            subject: message.subject.clone(),
            preview: String::new(),
            last_from: Party::default(),
            message_count: 0,
            created_at: message.created_at,
            last_message_at: message.created_at,
            tainted: false,
            unread_count: 0,
            labels: BTreeMap::new(),
        };
        empty.with(message)
    }

    /// Whether this may be the mail that it shows as its last.
    pub fn may_show(&self, message: &Message) -> bool {
        let at = message.shown_at().unwrap_or(message.created_at);
        self.preview == message.preview
            && self.last_from == message.from
            && self.last_message_at.duration_since(at).abs() <= SHOWN_WITHIN
    }

    fn show(&mut self, message: &Message) {
        self.preview.clone_from(&message.preview);
        self.last_from.clone_from(&message.from);
        self.last_message_at = message.shown_at().unwrap_or(message.created_at);
    }

    /// The conversation with one more mail, which may be older than those that it has.
    #[must_use]
    pub fn with(mut self, message: &Message) -> Self {
        let is_last = message.shown_at().is_some_and(|at| self.last_message_at <= at);
        if is_last || self.message_count == 0 {
            self.show(message);
        }
        if message.created_at < self.created_at || self.message_count == 0 {
            self.created_at = message.created_at;
            self.subject.clone_from(&message.subject);
        }
        self.message_count += 1;
        self.unread_count += u64::from(message.unread);
        for label in &message.labels {
            *self.labels.entry(label.clone()).or_default() += 1;
        }
        self.tainted |= message.taints();
        self
    }

    /// The conversation without these mails, and with `last` as the one that it shows; none where it has no other and nothing has to
    /// be remembered of it. A taint has.
    pub fn without(&self, messages: &[Message], last: Option<&Message>) -> Option<Self> {
        let mut left = self.clone();
        for message in messages {
            left.message_count = left.message_count.saturating_sub(1);
            left.unread_count = left.unread_count.saturating_sub(u64::from(message.unread));
            for label in &message.labels {
                if let Some(count) = left.labels.get_mut(label) {
                    *count = count.saturating_sub(1);
                }
            }
        }
        left.labels.retain(|_, count| *count > 0);
        if left.message_count == 0 {
            left.subject.clear();
            left.preview.clear();
            left.last_from = Party::default();
            return left.tainted.then_some(left);
        }
        if let Some(last) = last {
            left.show(last);
        }
        Some(left)
    }
}

/// A mail's place among those of its inbox that have a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The inbox.
    pub inbox_id: InboxId,
    /// The label.
    pub label: Label,
    /// The mail.
    pub message_id: MessageId,
}

/// How a mail counts in its thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// It was counted before.
    Already,
    /// One more.
    AsRead,
    /// One more, which nobody has read.
    AsUnread,
}

/// Whether a conversation shows a mail as its last: its words, its author, its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// It is not the last: it has not gone out, or came before what is shown. The first mail of a conversation is shown all the same,
    /// until there is another.
    Not,
    /// It is, whatever the conversation shows.
    Now,
    /// It is, where the conversation has no mail or shows none that is later. Else nothing is written.
    IfLast,
}

impl Shows {
    /// Whether a conversation may take it as its last, of which what it has is known; none where there is no such conversation.
    pub fn fits(self, at: Timestamp, known: Option<&Thread>) -> bool {
        self != Shows::IfLast
            || known.is_none_or(|known| known.message_count == 0 || known.last_message_at <= at)
    }
}

/// What a mail does to its thread: applied in place, so that two mails at once both count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadUpdate {
    /// The conversation, made if it is new.
    pub thread_id: ThreadId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// When the mail came, was asked for, or went out.
    pub at: Timestamp,
    /// Kept from the first mail.
    pub subject: String,
    /// Replaced, where the mail shows.
    pub preview: String,
    /// Replaced, where the mail shows.
    pub from: Party,
    /// Whether the conversation is tainted from now on; `false` changes nothing.
    pub taint: bool,
    /// How it counts.
    pub counts: Counts,
    /// Whether it is the last mail.
    pub shows: Shows,
}

/// A file with an object of its own, so that it can be fetched without its mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The inbox that received it, or that may send it.
    pub inbox_id: InboxId,
    /// The mail that it is part of, and the digest of its bytes; none while it is only uploaded.
    pub message: Option<(MessageId, Digest)>,
    /// Its name, without a path.
    pub filename: String,
    /// Its media type, as declared.
    pub content_type: String,
    /// What its first bytes say that it is; none where they say nothing, or where it was stored before anybody looked.
    pub detected_type: Option<String>,
    /// In bytes.
    pub size: u64,
    /// When it came or was announced.
    pub created_at: Timestamp,
}

impl Attachment {
    /// Upper bound of one file and of all files of one mail, in bytes.
    pub const MAX_SIZE: u64 = 25 * 1024 * 1024;

    /// The id of a file of a mail. It follows from the mail, the name and the bytes: whoever has it from the mail itself
    /// is led to that file and to no other, whatever a record says. Twice the same file of one mail is one file.
    pub fn id_in(message_id: MessageId, filename: &str, digest: Digest) -> AttachmentId {
        let parts: [&[u8]; 4] =
            [b"file", message_id.body().as_bytes(), filename.as_bytes(), digest.as_bytes()];
        let mut entropy = [0; 10];
        entropy.copy_from_slice(&Digest::of_parts(&parts).as_bytes()[..10]);
        AttachmentId::new(message_id.at(), entropy)
    }

    /// Whether the record is the one that its id was made for. An upload has an id that follows from nothing.
    pub fn is_sound(&self) -> bool {
        self.message
            .is_none_or(|(message_id, digest)| self.id == Self::id_in(message_id, &self.filename, digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_file_follows_from_the_mail_its_name_and_its_bytes() {
        let now = Timestamp::from_second(1_000_000_000).unwrap_or_default();
        let (mail, other) = (MessageId::new(now, [1; 10]), MessageId::new(now, [2; 10]));
        let (digest, changed) = (Digest::of(b"bytes"), Digest::of(b"other bytes"));
        let id = Attachment::id_in(mail, "a.pdf", digest);
        assert_eq!(Attachment::id_in(mail, "a.pdf", digest), id);
        assert_eq!(id.at(), now, "it sorts with its mail");
        for another in [
            Attachment::id_in(other, "a.pdf", digest),
            Attachment::id_in(mail, "a.exe", digest),
            Attachment::id_in(mail, "a.pdf", changed),
        ] {
            assert_ne!(another, id);
        }
        let file = Attachment {
            id,
            organization_id: OrganizationId::new(now, [1; 10]),
            inbox_id: InboxId::new(now, [1; 10]),
            message: Some((mail, digest)),
            filename: "a.pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
            detected_type: None,
            size: 5,
            created_at: now,
        };
        assert!(file.is_sound());
        assert!(!Attachment { filename: "a.exe".to_owned(), ..file.clone() }.is_sound());
        assert!(!Attachment { message: Some((mail, changed)), ..file.clone() }.is_sound());
        assert!(Attachment { message: None, ..file }.is_sound());
    }
}
