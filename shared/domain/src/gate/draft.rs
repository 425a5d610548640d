//! Mails that somebody is still writing, and what is left of them once they were submitted or deleted.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::base::address::HeaderText;
use crate::base::digest::Digest;
use crate::mailbox::message::Party;
use crate::mailbox::notes::Notes;
use crate::people::access::Actor;
use crate::{ApprovalId, DraftId, InboxId, MemberId, MessageId, OrganizationId};

/// A mail that somebody is still writing. Its text, its HTML and its files lie in the bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct SavedDraft {
    /// Its id.
    pub id: DraftId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The inbox that it is to leave from.
    pub inbox_id: InboxId,
    /// The name that its client gave it: one draft of an inbox has it.
    pub client_id: Option<String>,
    /// Recipients.
    pub to: Vec<Party>,
    /// Recipients of copies.
    pub cc: Vec<Party>,
    /// Recipients that the others don't see.
    pub bcc: Vec<Party>,
    /// Where answers go, if not to the inbox.
    pub reply_to: Vec<Party>,
    /// The subject.
    pub subject: Option<HeaderText>,
    /// The first words of the text, at most 200 characters.
    pub preview: String,
    /// Whether HTML that is not in its normal form is refused when it is submitted, not changed.
    pub strict_html: bool,
    /// Whether its one recipient is to be able to unsubscribe with one click.
    pub unsubscribe: bool,
    /// Its files, in the order in which its object has them.
    pub files: Vec<DraftFile>,
    /// Further header fields, by name.
    pub headers: BTreeMap<String, String>,
    /// What a program keeps with it.
    pub notes: Notes,
    /// Whether it ever had something out of a conversation that is tainted: a person looks at what becomes of it.
    pub tainted: bool,
    /// Not before this.
    pub send_at: Option<Timestamp>,
    /// The mail that it answers.
    pub answers: Option<MessageId>,
    /// Whether that mail's other recipients get the answer too.
    pub reply_all: bool,
    /// Where what it says lies; none where it says nothing yet.
    pub object: Option<DraftObject>,
    /// The mail of which it was left.
    pub rejected: Option<Rejected>,
    /// The members who wrote in it, by themselves or by a token of theirs.
    pub authors: BTreeSet<MemberId>,
    /// Who wrote in it, each once; of many, the first two.
    pub writers: Vec<Actor>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// Whether it can be changed still.
    pub state: DraftState,
    /// Counts changes, from 1: the revision in the API.
    pub version: u64,
}

/// A file of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftFile {
    /// Its name.
    pub filename: String,
    /// Its media type, as declared.
    pub content_type: String,
    /// What its first bytes say that it is; none where they say nothing, or where it was stored before anybody looked.
    pub detected_type: Option<String>,
    /// For `cid:` references.
    pub content_id: Option<String>,
    /// In bytes.
    pub size: u64,
    /// Of its bytes.
    pub digest: Digest,
}

/// The object that holds what a draft says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DraftObject {
    /// Its name, which no other object ever has: a change writes another one, and takes none out of another's hands.
    pub name: Digest,
    /// Of its bytes: one that was lost or swapped is noticed.
    pub digest: Digest,
}

/// The mail of which a draft was left when it was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// What decided.
    pub approval_id: ApprovalId,
    /// The mail.
    pub message_id: MessageId,
    /// Why, in a person's words.
    pub reason: String,
}

/// Whether a draft can be changed still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DraftState {
    /// It can.
    Open,
    /// A mail was made of it.
    Submitted {
        /// The mail.
        message_id: MessageId,
        /// What decides about that.
        approval_id: ApprovalId,
    },
    /// It was deleted.
    Deleted,
}

impl SavedDraft {
    /// What is left of one that was submitted or deleted is kept for so long.
    pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 30);

    /// Notes who writes in it.
    pub fn write_as(&mut self, actor: &Actor) {
        self.authors.extend(actor.member());
        if self.writers.len() < 2 && !self.writers.contains(actor) {
            self.writers.push(actor.clone());
        }
    }

    /// Whether nobody but this actor wrote in it: whose words they are, policies ask of whoever submits it.
    pub fn is_written_by(&self, actor: &Actor) -> bool {
        matches!(self.writers.as_slice(), [writer] if writer == actor)
    }

    /// A draft that says nothing yet.
    pub fn new(id: DraftId, organization_id: OrganizationId, inbox_id: InboxId, now: Timestamp) -> Self {
        Self {
            id,
            organization_id,
            inbox_id,
            client_id: None,
            to: vec![],
            cc: vec![],
            bcc: vec![],
            reply_to: vec![],
            subject: None,
            preview: String::new(),
            strict_html: false,
            unsubscribe: false,
            files: vec![],
            headers: BTreeMap::new(),
            notes: Notes::default(),
            tainted: false,
            send_at: None,
            answers: None,
            reply_all: false,
            object: None,
            rejected: None,
            authors: BTreeSet::new(),
            writers: vec![],
            created_at: now,
            updated_at: now,
            state: DraftState::Open,
            version: 1,
        }
    }

    /// What is left of it once it came to this end: names, and nothing that it said.
    #[must_use]
    pub fn ended(&self, state: DraftState, now: Timestamp) -> Self {
        Self {
            client_id: self.client_id.clone(),
            // Whoever asks again also deletes again what a crash left.
            object: self.object,
            created_at: self.created_at,
            state,
            version: self.version,
            ..Self::new(self.id, self.organization_id, self.inbox_id, now)
        }
    }

    /// When it may be forgotten, where it came to an end.
    pub fn forgotten_at(&self) -> Option<Timestamp> {
        (self.state != DraftState::Open).then(|| self.updated_at + Self::REMEMBERED)
    }

    /// The hash of a client's name for a draft.
    pub fn name_hash(client_id: &str) -> Digest {
        Digest::of_parts(&[b"draft", client_id.as_bytes()])
    }

    /// The hash under which the drafts of an inbox are counted.
    pub fn count_hash(inbox_id: InboxId) -> Digest {
        Digest::of_parts(&[b"drafts", inbox_id.to_string().as_bytes()])
    }
}

/// What a draft says.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DraftContent {
    /// The body as text.
    pub text: Option<String>,
    /// The body as HTML, as it was given.
    pub html: Option<String>,
    /// The bytes of its files.
    pub files: Vec<Vec<u8>>,
}

/// Words of mails stay out of logs.
impl std::fmt::Debug for DraftContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DraftContent(…)")
    }
}

/// Why bytes are not what a draft says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContentBroken {
    /// They hash to something else.
    #[error("the object of a draft is not the one that was stored")]
    Digest,
    /// They hash right but are not of the form.
    #[error("the object of a draft is not of the form countersign-draft-1")]
    Form,
}

const MAGIC: &[u8] = b"countersign-draft-1\n";
/// More parts no object of a draft has: two bodies, and more files than a mail takes.
const MAX_PARTS: usize = 100;

impl DraftContent {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// As an object, in the form of [`crate::gate::seal`]: after the first line each part is its name, a space, its length in bytes,
    /// LF, the bytes, LF; `text` and `html` may be missing, `file` stands once for each file.
    pub fn write(&self) -> Vec<u8> {
        let files = self.files.iter().map(|file| ("file", file.as_slice()));
        let bodies = [("text", &self.text), ("html", &self.html)].into_iter();
        let bodies = bodies.filter_map(|(name, body)| Some((name, body.as_ref()?.as_bytes())));
        let mut bytes = MAGIC.to_vec();
        for (name, part) in bodies.chain(files) {
            bytes.extend_from_slice(format!("{name} {}\n", part.len()).as_bytes());
            bytes.extend_from_slice(part);
            bytes.push(b'\n');
        }
        bytes
    }

    /// From stored bytes, which must hash to `digest`.
    pub fn read(bytes: &[u8], digest: Digest) -> Result<Self, ContentBroken> {
        if Digest::of(bytes) != digest {
            return Err(ContentBroken::Digest);
        }
        parse(bytes).ok_or(ContentBroken::Form)
    }
}

fn parse(bytes: &[u8]) -> Option<DraftContent> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut content = DraftContent::default();
    for _ in 0..MAX_PARTS {
        if rest.is_empty() {
            return Some(content);
        }
        let line_end = rest.iter().take(40).position(|b| *b == b'\n')?;
        let (name, length) = std::str::from_utf8(&rest[..line_end]).ok()?.split_once(' ')?;
        let end = (line_end + 1).checked_add(length.parse().ok()?)?;
        let part = rest.get(line_end + 1..end)?;
        rest = rest.get(end..)?.strip_prefix(b"\n")?;
        let text = || std::str::from_utf8(part).ok().map(str::to_owned);
        match name {
            "text" if content.text.is_none() => content.text = Some(text()?),
            "html" if content.html.is_none() => content.html = Some(text()?),
            "file" => content.files.push(part.to_vec()),
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_form_is_what_the_documentation_shows() {
        let content = DraftContent { text: Some("Hi\n".into()), html: None, files: vec![b"\n1".to_vec()] };
        assert_eq!(content.write(), b"countersign-draft-1\ntext 3\nHi\n\nfile 2\n\n1\n");
    }

    #[test]
    fn what_ended_says_nothing_and_is_forgotten_after_a_month() {
        let at = Timestamp::UNIX_EPOCH;
        let (id, organization_id) = (DraftId::new(at, [1; 10]), OrganizationId::new(at, [2; 10]));
        let draft = SavedDraft {
            client_id: Some("mine".into()),
            subject: Some(HeaderText::lossy("The offer")),
            preview: "Hello".into(),
            to: vec![Party { name: None, address: "a@example.com".into() }],
            authors: [MemberId::new(at, [4; 10])].into(),
            version: 7,
            ..SavedDraft::new(id, organization_id, InboxId::new(at, [3; 10]), at)
        };
        assert_eq!(draft.forgotten_at(), None);
        let later = at + SignedDuration::from_hours(1);
        let left = draft.ended(DraftState::Deleted, later);
        let expected = SavedDraft {
            client_id: Some("mine".into()),
            updated_at: later,
            state: DraftState::Deleted,
            version: 7,
            ..SavedDraft::new(id, organization_id, draft.inbox_id, at)
        };
        assert_eq!(left, expected);
        assert_eq!(left.forgotten_at(), Some(later + SavedDraft::REMEMBERED));
    }

    proptest! {
        #[test]
        fn what_was_written_reads_back_and_any_changed_byte_is_noticed(
            text: Option<String>, html: Option<String>, files in prop::collection::vec(any::<Vec<u8>>(), 0..4),
            at: prop::sample::Index, flip in 1u8..=255,
        ) {
            let content = DraftContent { text, html, files };
            let mut bytes = content.write();
            let digest = Digest::of(&bytes);
            prop_assert_eq!(DraftContent::read(&bytes, digest), Ok(content));
            let i = at.index(bytes.len());
            bytes[i] ^= flip;
            prop_assert_eq!(DraftContent::read(&bytes, digest), Err(ContentBroken::Digest));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let with_magic = [MAGIC, &bytes].concat();
            for candidate in [bytes, with_magic] {
                let _ = DraftContent::read(&candidate, Digest::of(&candidate));
            }
        }
    }
}
