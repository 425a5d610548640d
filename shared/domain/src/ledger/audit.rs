//! What is written down of every decision, setting and use of a credential, and the chain that proves it whole.
//!
//! An [`AuditEntry`] is written in the transaction of the change that it tells of. Later it gets its place in the
//! organization's chain: a [`ChainedEntry`] with a sequence number, the hash of the link before it, and its own. The hash is the
//! SHA-256 of a text with lengths, like that of the sealed object, so that no two links share one:
//!
//! ```text
//! countersign-audit-1
//! organization 30
//! org_…
//! sequence 1
//! 7
//! chained_at 24
//! 2026-12-01T09:00:01.250Z
//! previous 71
//! sha256:…
//! id 30
//! aud_…
//! at 24
//! 2026-12-01T09:00:00.000Z
//! actor 5
//! token
//! member 30
//! mem_…
//! token 30
//! tok_…
//! action 16
//! approval.approve
//! target 30
//! apr_…
//! detail 6
//! digest
//! value 71
//! sha256:…
//! ```
//!
//! Each field is its name, a space, its length in bytes, LF, the bytes, LF. The order is fixed; `actor` is `member`,
//! `token` or `system`; `member` stands for the first two, `token` for the second; `detail` and `value` stand for each
//! detail, in the order of the bytes of its name. Times are RFC 3339 in UTC with milliseconds. The first link's
//! `previous` is the SHA-256 of the first three lines.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::base::id::Id as _;
use crate::gate::approval::Deed;
use crate::people::access::Actor;
use crate::{ApprovalId, AuditId, MessageId, OrganizationId};

const MAGIC: &[u8] = b"countersign-audit-1\n";

/// The actions that receipts are made of: whoever writes such an entry and whoever reads it use the same name.
pub mod action {
    /// A mail was asked for.
    pub const SUBMIT: &str = "message.submit";
    /// A mail moved on; its details say from where to where.
    pub const STATUS: &str = "message.status";
    /// A member approved.
    pub const APPROVE: &str = "approval.approve";
    /// A member rejected.
    pub const REJECT: &str = "approval.reject";
    /// A standing approval cast its maker's vote.
    pub const STANDING_USE: &str = "standing_approval.use";
    /// A member handed their vote on.
    pub const DELEGATE: &str = "approval.delegate";
    /// A member took their approval back.
    pub const TAKE_BACK: &str = "approval.take_back";
    /// What had been approved waits for votes again, which people's keys sign.
    pub const WAIT_FOR_SIGNATURES: &str = "approval.wait_for_signatures";
    /// Somebody who decides asked for a revision.
    pub const ASK_TO_REVISE: &str = "approval.ask_to_revise";
    /// Somebody said something about a mail that waits.
    pub const COMMENT: &str = "approval.comment";
    /// A mail was edited: another approval took the place of this one.
    pub const EDIT: &str = "approval.edit";
    /// A mail was called off.
    pub const CANCEL: &str = "approval.cancel";
    /// Nobody decided in time.
    pub const EXPIRE: &str = "approval.expire";
}

/// One entry. It is written in the transaction of the change that it tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What, as a stable code such as `approval.approve`.
    pub action: &'static str,
    /// To what: an id.
    pub target: String,
    /// Particulars: ids, digests and codes, never addresses or content, and why somebody paused mail, in their words.
    pub details: Vec<(&'static str, String)>,
}

impl AuditEntry {
    /// The entry of a step in an approval's life, under the id by which the approval's record finds it.
    #[must_use]
    pub fn telling_of(self, deed: Deed, approval_id: ApprovalId, at: Timestamp) -> Self {
        Self { id: deed.entry_id(approval_id, at), at, ..self }
    }
}

/// An [`AuditEntry`] as it reads back: its codes may be those of another version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: AuditId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// When, in whole milliseconds.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: String,
    /// To what.
    pub target: String,
    /// Particulars, each name once.
    pub details: BTreeMap<String, String>,
}

impl From<&AuditEntry> for Entry {
    fn from(entry: &AuditEntry) -> Self {
        Self {
            id: entry.id,
            organization_id: entry.organization_id,
            at: whole_millis(entry.at),
            actor: entry.actor.clone(),
            action: entry.action.to_owned(),
            target: entry.target.clone(),
            details: entry.details.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        }
    }
}

impl Entry {
    /// An entry that has no place in the chain for so long was lost on its way there, and is looked after.
    pub const CHAIN_LIMIT: SignedDuration = SignedDuration::from_mins(10);

    /// The mail that it tells of, as its target or as the detail `message_id`: by this its link is found again.
    pub fn about(&self) -> Option<MessageId> {
        let named = self.detail("message_id").and_then(|text| MessageId::parse(text).ok());
        MessageId::parse(&self.target).ok().or(named)
    }

    /// One of its details.
    pub fn detail(&self, name: &str) -> Option<&str> {
        self.details.get(name).map(String::as_str)
    }
}

/// An entry in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedEntry {
    /// Its place, from 1, without gaps.
    pub sequence: u64,
    /// When it got its place: never before the entry was made, nor before the link before it got its own.
    pub chained_at: Timestamp,
    /// The hash of the link before it.
    pub previous: Digest,
    /// Its own.
    pub hash: Digest,
    /// What it holds.
    pub entry: Entry,
}

impl ChainedEntry {
    /// The hash that it must have.
    pub fn computed(&self) -> Digest {
        Digest::of(&self.form())
    }

    /// Whether it stands where it says, between these hashes: that of the link before it, and what the link behind it, or the
    /// head where it is the last, says of it.
    pub fn stands_between(&self, before: Digest, behind: Digest) -> bool {
        self.previous == before && self.hash == behind && self.hash == self.computed()
    }

    /// The text that is hashed.
    fn form(&self) -> Vec<u8> {
        let entry = &self.entry;
        let mut form = opening(entry.organization_id);
        field(&mut form, "sequence", self.sequence);
        field(&mut form, "chained_at", time(self.chained_at));
        field(&mut form, "previous", self.previous);
        field(&mut form, "id", entry.id);
        field(&mut form, "at", time(entry.at));
        match &entry.actor {
            Actor::Member { member_id } => {
                field(&mut form, "actor", "member");
                field(&mut form, "member", member_id);
            }
            // What it was called is no part of the chain.
            Actor::Token { token_id, member_id, .. } => {
                field(&mut form, "actor", "token");
                field(&mut form, "member", member_id);
                field(&mut form, "token", token_id);
            }
            Actor::System => field(&mut form, "actor", "system"),
        }
        field(&mut form, "action", &entry.action);
        field(&mut form, "target", &entry.target);
        for (name, value) in &entry.details {
            field(&mut form, "detail", name);
            field(&mut form, "value", value);
        }
        form
    }
}

fn opening(organization_id: OrganizationId) -> Vec<u8> {
    let mut form = Vec::with_capacity(600);
    form.extend_from_slice(MAGIC);
    field(&mut form, "organization", organization_id);
    form
}

fn field(form: &mut Vec<u8>, name: &str, value: impl ToString) {
    let value = value.to_string();
    form.extend_from_slice(format!("{name} {}\n{value}\n", value.len()).as_bytes());
}

/// A time as the form writes it: RFC 3339 in UTC with milliseconds.
pub fn time(at: Timestamp) -> String {
    format!("{:.3}", whole_millis(at))
}

fn whole_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// Where a chain ends. What is signed with it can't be taken back: no other chain up to here has this hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The last link's place; 0 where there is none yet.
    pub sequence: u64,
    /// The last link's hash.
    pub hash: Digest,
    /// When the last link got its place; the beginning of 1970 where there is none yet.
    pub at: Timestamp,
}

impl Head {
    /// Of a chain without links.
    pub fn genesis(organization_id: OrganizationId) -> Self {
        let hash = Digest::of(&opening(organization_id));
        Self { organization_id, sequence: 0, hash, at: Timestamp::UNIX_EPOCH }
    }

    /// Of a chain that ends with this link.
    pub fn of(link: &ChainedEntry) -> Self {
        Self {
            organization_id: link.entry.organization_id,
            sequence: link.sequence,
            hash: link.hash,
            at: link.chained_at,
        }
    }

    /// Gives an entry the next place, and returns it as the new last link.
    #[must_use]
    pub fn append(&mut self, entry: Entry, now: Timestamp) -> ChainedEntry {
        let mut link = ChainedEntry {
            sequence: self.sequence + 1,
            // A clock that is behind must not make the chain's times run backwards: lists stop looking by them.
            chained_at: whole_millis(now).max(self.at).max(entry.at),
            previous: self.hash,
            hash: self.hash,
            entry,
        };
        link.hash = link.computed();
        *self = Self::of(&link);
        link
    }

    /// Takes the next stored link of a chain that is checked, or says what is wrong with it.
    pub fn follow(&mut self, link: &ChainedEntry) -> Result<(), Flaw> {
        let flaw = |code| Err(Flaw { sequence: self.sequence + 1, code });
        if link.sequence != self.sequence + 1 {
            return flaw(FlawCode::Gap);
        }
        let ours = link.entry.organization_id == self.organization_id;
        if !ours || link.previous != self.hash || link.hash != link.computed() {
            return flaw(FlawCode::HashMismatch);
        }
        *self = Self::of(link);
        Ok(())
    }
}

/// A head that was written down where nobody who can write the table can change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The place of the last link there was.
    pub sequence: u64,
    /// The hash of that link.
    pub hash: Digest,
    /// When it was written down, by the clock of whoever keeps it.
    pub at: Timestamp,
}

impl Anchor {
    /// An entry that was chained so long ago and is not anchored says that anchoring stands still.
    pub const LIMIT: SignedDuration = SignedDuration::from_hours(1);
}

/// A part of a chain that was checked, held against the anchors that lie in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Anchored {
    /// How many anchors agree with the chain.
    pub agreeing: u64,
    /// The last of them.
    pub newest: Option<Anchor>,
    /// The first one that does not.
    pub differing: Option<Anchor>,
}

impl Anchored {
    /// Compares anchors, in the order of their places, with what the chain has there: hash and time of each link.
    pub fn compare(anchors: &[Anchor], links: &BTreeMap<u64, (Digest, Timestamp)>) -> Self {
        let mut found = Self::default();
        for anchor in anchors {
            if links.get(&anchor.sequence).is_some_and(|(hash, _)| *hash == anchor.hash) {
                found.agreeing += 1;
                found.newest = Some(anchor.clone());
            } else {
                found.differing = Some(anchor.clone());
                break;
            }
        }
        found
    }

    /// The first link behind the newest anchor that should be anchored by now.
    pub fn overdue(&self, links: &BTreeMap<u64, (Digest, Timestamp)>, now: Timestamp) -> Option<u64> {
        let behind = self.newest.as_ref().map_or(0, |anchor| anchor.sequence + 1);
        let (sequence, (_, chained_at)) = links.range(behind..).next()?;
        (now.duration_since(*chained_at) > Anchor::LIMIT).then_some(*sequence)
    }
}

/// What is wrong with a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", .code.message())]
pub struct Flaw {
    /// Where.
    pub sequence: u64,
    /// What.
    pub code: FlawCode,
}

/// The kinds of [`Flaw`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FlawCode {
    /// A link was changed, or put in another's place.
    HashMismatch,
    /// A link is missing, and later ones are there.
    Gap,
    /// The chain does not end as its head says.
    HeadMismatch,
    /// The last links are missing.
    Truncated,
    /// An anchor names another hash for this place: the chain was rewritten.
    AnchorMismatch,
    /// An anchor names this place, and the chain ends before it.
    AnchorBeyondEnd,
    /// This link should be anchored by now, and is not.
    NotAnchored,
}

impl FlawCode {
    /// The code in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            FlawCode::HashMismatch => "hash_mismatch",
            FlawCode::Gap => "gap",
            FlawCode::HeadMismatch => "head_mismatch",
            FlawCode::Truncated => "truncated",
            FlawCode::AnchorMismatch => "anchor_mismatch",
            FlawCode::AnchorBeyondEnd => "anchor_beyond_end",
            FlawCode::NotAnchored => "not_anchored",
        }
    }

    /// One sentence for a person.
    pub const fn message(self) -> &'static str {
        match self {
            FlawCode::HashMismatch => {
                "this entry was changed after it was written, or stands in another's place"
            }
            FlawCode::Gap => "this entry is missing, and later ones are there",
            FlawCode::HeadMismatch => "the chain does not end here as its head says",
            FlawCode::Truncated => "the chain ends before this entry, and its head says that it goes on",
            FlawCode::AnchorMismatch => {
                "this entry is another than when it was anchored: the chain was rewritten, here or before"
            }
            FlawCode::AnchorBeyondEnd => {
                "this entry was anchored, and the chain ends before it: its end was cut off"
            }
            FlawCode::NotAnchored => {
                "this entry was chained more than an hour ago, and no anchor holds it yet"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::people::access::CalledThen;
    use crate::{MemberId, TokenId};

    const NOW: Timestamp = Timestamp::constant(1_767_225_600, 0);

    fn organization(n: u8) -> OrganizationId {
        OrganizationId::new(NOW, [n; 10])
    }

    fn entry(n: u8) -> Entry {
        Entry {
            id: AuditId::new(NOW, [n; 10]),
            organization_id: organization(1),
            at: NOW,
            actor: Actor::Token {
                token_id: TokenId::new(NOW, [n; 10]),
                member_id: MemberId::new(NOW, [n; 10]),
                name: CalledThen::default(),
            },
            action: "approval.approve".into(),
            target: "apr_x".into(),
            details: [("digest".to_owned(), "sha256:…".to_owned()), ("a".to_owned(), String::new())].into(),
        }
    }

    fn chain(length: u8) -> Vec<ChainedEntry> {
        let mut head = Head::genesis(organization(1));
        (0..length).map(|n| head.append(entry(n), NOW)).collect()
    }

    fn verify(links: &[ChainedEntry]) -> Result<Head, Flaw> {
        let mut head = Head::genesis(organization(1));
        links.iter().try_for_each(|link| head.follow(link)).map(|()| head)
    }

    /// The offline verifier has its own implementation: this text is what both must give.
    #[test]
    fn the_form_is_what_the_documentation_shows() {
        let links = chain(2);
        let (org, previous) = (organization(1), links[0].hash);
        let expected = format!(
            "countersign-audit-1\norganization 30\n{org}\nsequence 1\n2\nchained_at 24\n2026-01-01T00:00:00.000Z\n\
             previous 71\n{previous}\nid 30\n{}\nat 24\n2026-01-01T00:00:00.000Z\nactor 5\ntoken\nmember 30\n{}\n\
             token 30\n{}\naction 16\napproval.approve\ntarget 5\napr_x\ndetail 1\na\nvalue 0\n\ndetail 6\ndigest\n\
             value 10\nsha256:…\n",
            entry(1).id,
            MemberId::new(NOW, [1; 10]),
            TokenId::new(NOW, [1; 10]),
        );
        assert_eq!(String::from_utf8(links[1].form()).unwrap(), expected);
        let genesis = Digest::of(format!("countersign-audit-1\norganization 30\n{org}\n").as_bytes());
        assert_eq!((links[0].sequence, links[0].previous), (1, genesis));
    }

    #[test]
    fn a_chain_verifies_and_every_loss_or_change_of_place_is_noticed() {
        let links = chain(5);
        let head = verify(&links).unwrap();
        assert_eq!((head.sequence, head.hash), (5, links[4].hash));
        for i in 0..4 {
            let mut without = links.clone();
            without.remove(i);
            assert_eq!(verify(&without), Err(Flaw { sequence: i as u64 + 1, code: FlawCode::Gap }));
            let mut swapped = links.clone();
            swapped.swap(i, i + 1);
            assert!(verify(&swapped).is_err());
            // Numbers that were put right don't help.
            (swapped[i].sequence, swapped[i + 1].sequence) = (links[i].sequence, links[i + 1].sequence);
            let flaw = Flaw { sequence: i as u64 + 1, code: FlawCode::HashMismatch };
            assert_eq!(verify(&swapped), Err(flaw));
        }
    }

    #[test]
    fn a_changed_link_that_was_hashed_anew_breaks_the_next() {
        let mut links = chain(3);
        links[1].entry.target = "apr_y".into();
        assert_eq!(verify(&links), Err(Flaw { sequence: 2, code: FlawCode::HashMismatch }));
        links[1].hash = links[1].computed();
        assert_eq!(verify(&links), Err(Flaw { sequence: 3, code: FlawCode::HashMismatch }));
    }

    #[test]
    fn another_organization_s_chain_is_not_ours() {
        let mut other = Head::genesis(organization(2));
        let theirs = other.append(Entry { organization_id: organization(2), ..entry(1) }, NOW);
        assert_eq!(verify(&[theirs]).map_err(|flaw| flaw.code), Err(FlawCode::HashMismatch));
    }

    #[test]
    fn times_never_run_backwards() {
        let mut head = Head::genesis(organization(1));
        let later = NOW + SignedDuration::from_millis(1_500);
        assert_eq!(head.append(entry(1), later).chained_at, later);
        assert_eq!(head.append(entry(2), NOW).chained_at, later);
        let ahead = Entry { at: later + SignedDuration::from_secs(1), ..entry(3) };
        assert_eq!(head.append(ahead.clone(), NOW).chained_at, ahead.at);
        assert_eq!(time(later + SignedDuration::from_micros(999)), "2026-01-01T00:00:01.500Z");
    }

    #[test]
    fn a_link_stands_only_between_its_neighbours() {
        let links = chain(3);
        let (before, behind) = (links[0].hash, links[2].previous);
        assert!(links[1].stands_between(before, behind));
        let mut forged = links[1].clone();
        forged.entry.target = "apr_y".into();
        assert!(!forged.stands_between(before, behind), "its own hash is another");
        forged.hash = forged.computed();
        assert!(!forged.stands_between(before, behind), "the link behind it names another");
        assert!(!links[1].stands_between(links[1].hash, behind));
    }

    #[test]
    fn a_mail_s_entries_name_it_as_target_or_detail() {
        let message = MessageId::new(NOW, [4; 10]);
        assert_eq!(entry(1).about(), None);
        assert_eq!(Entry { target: message.to_string(), ..entry(1) }.about(), Some(message));
        let mut voted = entry(1);
        voted.details.insert("message_id".into(), message.to_string());
        assert_eq!(voted.about(), Some(message));
        voted.details.insert("message_id".into(), "msg_short".into());
        assert_eq!(voted.about(), None);
    }

    #[test]
    fn anchors_are_compared_in_their_order_and_the_first_that_differs_is_named() {
        let links: BTreeMap<_, _> =
            chain(6).iter().map(|link| (link.sequence, (link.hash, link.chained_at))).collect();
        let anchor = |sequence: u64| Anchor {
            organization_id: organization(1),
            sequence,
            hash: links[&sequence].0,
            at: NOW,
        };
        let other = |sequence| Anchor { hash: Digest::of(b"other"), ..anchor(sequence) };
        let whole = Anchored::compare(&[anchor(2), anchor(4)], &links);
        assert_eq!((whole.agreeing, &whole.newest, &whole.differing), (2, &Some(anchor(4)), &None));
        let hour = Anchor::LIMIT;
        assert_eq!(whole.overdue(&links, NOW + hour), None);
        let late = NOW + hour + SignedDuration::from_secs(1);
        assert_eq!(whole.overdue(&links, late), Some(5));
        assert_eq!(Anchored::compare(&[anchor(6)], &links).overdue(&links, late), None);
        assert_eq!(Anchored::default().overdue(&links, late), Some(1));
        let rewritten = Anchored::compare(&[anchor(2), other(4), other(5)], &links);
        assert_eq!((rewritten.agreeing, rewritten.differing), (1, Some(other(4))));
        // Two heads of one place: only one of them can be the chain's.
        assert_eq!(Anchored::compare(&[anchor(3), other(3)], &links).differing, Some(other(3)));
        let beyond = Anchor { sequence: 9, ..anchor(6) };
        assert_eq!(Anchored::compare(std::slice::from_ref(&beyond), &links).differing, Some(beyond));
    }

    fn actors() -> impl Strategy<Value = Actor> {
        let id = || (0u8..3).prop_map(|n| [n; 10]);
        prop_oneof![
            id().prop_map(|n| Actor::Member { member_id: MemberId::new(NOW, n) }),
            (id(), id()).prop_map(|(t, m)| Actor::Token {
                token_id: TokenId::new(NOW, t),
                member_id: MemberId::new(NOW, m),
                name: CalledThen::default(),
            }),
            Just(Actor::System),
        ]
    }

    /// Texts that try to look like the form around them.
    fn texts() -> impl Strategy<Value = String> {
        prop_oneof!["[a-c]{0,2}", Just("a\nvalue 1\nb".to_owned()), Just("value 0\n".to_owned()), ".{0,4}"]
    }

    fn links() -> impl Strategy<Value = ChainedEntry> {
        let details = prop::collection::btree_map(texts(), texts(), 0..3);
        let numbers = (1u64..3, 0i64..2, 0i64..2, 0u8..2, 0u8..2, 0u8..2);
        (numbers, actors(), texts(), texts(), details).prop_map(
            |(numbers, actor, action, target, details)| {
                let (sequence, chained, at, previous, id, organization_id) = numbers;
                let millis = |n: i64| NOW + SignedDuration::from_millis(n);
                let entry = Entry {
                    id: AuditId::new(NOW, [id; 10]),
                    organization_id: organization(organization_id),
                    at: millis(at),
                    actor,
                    action,
                    target,
                    details,
                };
                let previous = Digest::of(&[previous]);
                ChainedEntry { sequence, chained_at: millis(chained), previous, hash: previous, entry }
            },
        )
    }

    /// Reads the form back, field by field.
    fn fields(form: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut rest = form.strip_prefix(MAGIC).unwrap();
        let mut all = vec![];
        while !rest.is_empty() {
            let end = rest.iter().position(|b| *b == b'\n').unwrap();
            let (name, length) = std::str::from_utf8(&rest[..end]).unwrap().split_once(' ').unwrap();
            let length: usize = length.parse().unwrap();
            all.push((name.to_owned(), rest[end + 1..=end + length].to_vec()));
            rest = rest[end + 1 + length..].strip_prefix(b"\n").unwrap();
        }
        all
    }

    proptest! {
        #[test]
        fn different_links_have_different_hashes(a in links(), b in links()) {
            let same = (&a.entry, a.sequence, a.chained_at, a.previous) == (&b.entry, b.sequence, b.chained_at, b.previous);
            prop_assert_eq!(same, a.computed() == b.computed());
        }

        #[test]
        fn the_form_reads_back(link in links()) {
            let fields = fields(&link.form());
            let of = |wanted: &str| fields.iter().filter(|(name, _)| name == wanted)
                .map(|(_, value)| String::from_utf8(value.clone()).unwrap()).collect::<Vec<_>>();
            prop_assert_eq!(of("action"), [link.entry.action.clone()]);
            prop_assert_eq!(of("target"), [link.entry.target.clone()]);
            let read: BTreeMap<_, _> = of("detail").into_iter().zip(of("value")).collect();
            prop_assert_eq!(read, link.entry.details);
        }

        #[test]
        fn any_changed_octet_changes_the_hash(link in links(), at: prop::sample::Index, flip in 1u8..=255) {
            let mut form = link.form();
            let i = at.index(form.len());
            form[i] ^= flip;
            prop_assert_ne!(Digest::of(&form), link.computed());
        }

        #[test]
        fn any_changed_link_of_a_chain_is_noticed(
            length in 1u8..8, at: prop::sample::Index, other in links(), what in 0u8..8,
        ) {
            let mut chain = chain(length);
            let i = at.index(chain.len());
            let before = chain[i].clone();
            let link = &mut chain[i];
            match what {
                0 => link.entry.actor = other.entry.actor,
                1 => link.entry.action = other.entry.action,
                2 => link.entry.target = other.entry.target,
                3 => link.entry.details = other.entry.details,
                4 => link.entry.at += SignedDuration::from_millis(1),
                5 => link.chained_at += SignedDuration::from_millis(1),
                6 => link.previous = other.previous,
                _ => link.hash = other.previous,
            }
            if *link != before {
                let flaw = verify(&chain).unwrap_err();
                prop_assert_eq!(flaw, Flaw { sequence: i as u64 + 1, code: FlawCode::HashMismatch });
            }
        }
    }
}
