//! What a person's key signs: that this member lets exactly these bytes go, or stops them.
//!
//! A statement is a short text, a line for each field, in a fixed order, and its SHA-256 is the challenge that the authenticator signs
//! (W3C Web Authentication, Level 3, §13.4.3 asks for one that nobody can guess; the ids and the digest in it are such). The dispatcher
//! writes it anew from the sealed object that it is about to send, so nothing that lies in the table decides what was signed:
//!
//! ```text
//! countersign-vote-1
//! organization org_…
//! approval apr_…
//! revision 2
//! digest sha256:…
//! verdict approve
//! member mem_…
//! key sha256:…
//! given 2026-12-01T09:00:00Z
//! not-after 2026-12-08T09:00:00Z
//! ```
//!
//! One signature may stand for many mails. Then the signed text names how many and the root of a tree (RFC 9162, §2.1.1), and each mail
//! keeps its own way up to that root: a receipt proves one of 500 without the others.
//!
//! ```text
//! countersign-votes-1
//! organization org_…
//! count 500
//! root sha256:…
//! verdict approve
//! member mem_…
//! key sha256:…
//! given 2026-12-01T09:00:00Z
//! not-after 2026-12-08T09:00:00Z
//! ```

use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::people::signing::{Assertion, CLOCK, KeyId, TOUCH};
use crate::{ApprovalId, MemberId, OrganizationId};

/// So many mails one signature stands for at most.
pub const MAX_BATCH: u32 = 500;

/// So long a signed vote is good for at most.
pub const MAX_GOOD_FOR: SignedDuration = SignedDuration::from_hours(24 * 400);

/// What is said of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Said {
    /// Let it go.
    Approve,
    /// Stop it.
    Reject,
}

impl Said {
    /// The word in a statement.
    pub const fn word(self) -> &'static str {
        match self {
            Said::Approve => "approve",
            Said::Reject => "reject",
        }
    }
}

/// What somebody's key signed to vote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignedVote {
    /// By which key.
    pub key: KeyId,
    /// Whether that was registered as one that stays in its device. The dispatcher asks the key log instead.
    pub device_bound: bool,
    /// When the page was made.
    pub given: Timestamp,
    /// How long it is good for.
    pub not_after: Timestamp,
    /// What was signed.
    pub assertion: Assertion,
    /// Where it was for many mails at once: the way of this one.
    pub path: Option<Path>,
}

impl SignedVote {
    /// The text that it must be a signature of, for this vote; none where the mail is not of the batch that it names.
    pub fn text(
        &self,
        organization_id: OrganizationId,
        member_id: MemberId,
        said: Said,
        subject: &Subject,
    ) -> Option<String> {
        let Self { key, given, not_after, .. } = *self;
        let signer = Signer { organization_id, member_id, key, given, not_after };
        match &self.path {
            None => Some(one(&signer, said, subject)),
            Some(path) => Some(many(&signer, said, path.count, path.root(subject.leaf())?)),
        }
    }
}

/// Who says it, with which key, when, and how long it is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signer {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The member.
    pub member_id: MemberId,
    /// Their key.
    pub key: KeyId,
    /// When the page was made, in whole seconds.
    pub given: Timestamp,
    /// A mail that is claimed later needs another vote; in whole seconds.
    pub not_after: Timestamp,
}

impl Signer {
    /// Whether it was given just now, and is good for no longer than it may be, both in whole seconds.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.given);
        let is_whole = |at: Timestamp| at.subsec_nanosecond() == 0;
        is_whole(self.given)
            && is_whole(self.not_after)
            && age <= TOUCH
            && age >= -CLOCK
            && self.not_after > now
            && self.not_after.duration_since(self.given) <= MAX_GOOD_FOR
    }

    fn write(&self, text: &mut String, said: Said) {
        let Self { member_id, key, given, not_after, .. } = self;
        // Writing to a text never fails.
        let _ = write!(
            text,
            "verdict {}\nmember {member_id}\nkey {key}\ngiven {given}\nnot-after {not_after}\n",
            said.word()
        );
    }
}

/// The mail that is spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// The approval.
    pub approval_id: ApprovalId,
    /// Its revision, from 1.
    pub revision: u32,
    /// Of the sealed object.
    pub digest: Digest,
}

impl Subject {
    fn write(&self, text: &mut String) {
        let Self { approval_id, revision, digest } = self;
        let _ = writeln!(text, "approval {approval_id}\nrevision {revision}\ndigest {digest}");
    }

    /// Its leaf in the tree of a batch.
    pub fn leaf(&self) -> Digest {
        let mut text = "\0".to_owned();
        self.write(&mut text);
        Digest::of(text.as_bytes())
    }
}

/// The text that is signed for one mail.
pub fn one(signer: &Signer, said: Said, subject: &Subject) -> String {
    let mut text = format!("countersign-vote-1\norganization {}\n", signer.organization_id);
    subject.write(&mut text);
    signer.write(&mut text, said);
    text
}

/// The text that is signed for many mails at once.
pub fn many(signer: &Signer, said: Said, count: u32, root: Digest) -> String {
    let organization_id = signer.organization_id;
    let mut text =
        format!("countersign-votes-1\norganization {organization_id}\ncount {count}\nroot {root}\n");
    signer.write(&mut text, said);
    text
}

/// The way of one mail up to the root that was signed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    /// How many mails the signature stands for.
    pub count: u32,
    /// The place of this one, from 0.
    pub place: u32,
    /// What stands beside it on each step, from the leaf up.
    pub beside: Vec<Digest>,
}

impl Path {
    /// The root that this leaf leads to (RFC 9162, §2.1.3.2); none where the way is not of a tree of this size.
    pub fn root(&self, leaf: Digest) -> Option<Digest> {
        if self.place >= self.count || self.count > MAX_BATCH {
            return None;
        }
        let (mut place, mut last, mut node) = (self.place, self.count - 1, leaf);
        for beside in &self.beside {
            if last == 0 {
                return None;
            }
            if place % 2 == 1 || place == last {
                node = parent(*beside, node);
                while place % 2 == 0 && place != 0 {
                    (place, last) = (place / 2, last / 2);
                }
            } else {
                node = parent(node, *beside);
            }
            (place, last) = (place / 2, last / 2);
        }
        (last == 0).then_some(node)
    }
}

fn parent(left: Digest, right: Digest) -> Digest {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(left.as_bytes());
    bytes[33..].copy_from_slice(right.as_bytes());
    Digest::of(&bytes)
}

/// The root over these leaves, and the way of each; none for no leaf and for too many.
pub fn tree(leaves: &[Digest]) -> Option<(Digest, Vec<Path>)> {
    let count = u32::try_from(leaves.len()).ok().filter(|count| (1..=MAX_BATCH).contains(count))?;
    let ways = (0..count).map(|place| Path { count, place, beside: vec![] });
    let mut paths: Vec<_> = ways.collect();
    let root = climb(leaves, &mut paths);
    Some((root, paths))
}

/// The root over these leaves; what stands beside each step is added to their ways.
fn climb(leaves: &[Digest], paths: &mut [Path]) -> Digest {
    if let [leaf] = leaves {
        return *leaf;
    }
    // The largest power of two below their number.
    let half = leaves.len().next_power_of_two() / 2;
    let (first, rest) = paths.split_at_mut(half);
    let (left, right) = (climb(&leaves[..half], first), climb(&leaves[half..], rest));
    for path in first {
        path.beside.push(right);
    }
    for path in rest {
        path.beside.push(left);
    }
    parent(left, right)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn signer() -> Signer {
        Signer {
            organization_id: OrganizationId::new(Timestamp::UNIX_EPOCH, [1; 10]),
            member_id: MemberId::new(Timestamp::UNIX_EPOCH, [2; 10]),
            key: Digest::of(b"credential"),
            given: Timestamp::from_second(1_000_000).unwrap(),
            not_after: Timestamp::from_second(2_000_000).unwrap(),
        }
    }

    fn subject(n: u32) -> Subject {
        Subject {
            approval_id: ApprovalId::new(Timestamp::UNIX_EPOCH, [3; 10]),
            revision: n,
            digest: Digest::of(b"sealed"),
        }
    }

    #[test]
    fn the_texts_are_what_the_documentation_shows() {
        let (signer, subject) = (signer(), subject(2));
        let (organization, member) = (signer.organization_id, signer.member_id);
        let (approval, digest, key) = (subject.approval_id, subject.digest, signer.key);
        let end = format!(
            "verdict approve\nmember {member}\nkey {key}\ngiven 1970-01-12T13:46:40Z\nnot-after 1970-01-24T03:33:20Z\n"
        );
        let expected = format!(
            "countersign-vote-1\norganization {organization}\napproval {approval}\nrevision 2\ndigest {digest}\n{end}"
        );
        assert_eq!(one(&signer, Said::Approve, &subject), expected);
        let expected =
            format!("countersign-votes-1\norganization {organization}\ncount 7\nroot {digest}\n{end}");
        assert_eq!(many(&signer, Said::Approve, 7, digest), expected);
    }

    #[test]
    fn a_statement_is_taken_for_ten_minutes() {
        let signer = signer();
        let at = |seconds: i64| signer.given + SignedDuration::from_secs(seconds);
        assert!(signer.is_fresh(at(0)) && signer.is_fresh(at(600)) && signer.is_fresh(at(-60)));
        assert!(!signer.is_fresh(at(601)) && !signer.is_fresh(at(-61)));
        let over = Signer { not_after: at(60), ..signer };
        assert!(over.is_fresh(at(59)) && !over.is_fresh(at(60)));
        let forever =
            Signer { not_after: signer.given + MAX_GOOD_FOR + SignedDuration::from_secs(1), ..signer };
        assert!(!forever.is_fresh(at(0)));
    }

    #[test]
    fn a_tree_is_that_of_rfc_9162() {
        // RFC 9162, §2.1.5: seven leaves d0 to d6, with the nodes that it names.
        let leaves: Vec<_> = (0..7).map(|n| subject(n).leaf()).collect();
        let pair = |n: usize| parent(leaves[n], leaves[n + 1]);
        // Its nodes k and l.
        let (left, right) = (parent(pair(0), pair(2)), parent(pair(4), leaves[6]));
        let (root, paths) = tree(&leaves).unwrap();
        assert_eq!(root, parent(left, right));
        assert_eq!(paths[0].beside, [leaves[1], pair(2), right]);
        assert_eq!(paths[3].beside, [leaves[2], pair(0), right]);
        assert_eq!(paths[4].beside, [leaves[5], leaves[6], left]);
        assert_eq!(paths[6].beside, [pair(4), left]);
    }

    proptest! {
        #[test]
        fn each_mail_of_a_batch_leads_to_its_root_and_nothing_else_does(
            count in 1u32..70, place in 0usize..70, other in 70u32..100,
        ) {
            let leaves: Vec<_> = (0..count).map(|n| subject(n).leaf()).collect();
            let (root, paths) = tree(&leaves).unwrap();
            let path = &paths[place % paths.len()];
            let leaf = leaves[place % paths.len()];
            prop_assert_eq!(path.root(leaf), Some(root));
            prop_assert_ne!(path.root(subject(other).leaf()), Some(root));
            let mut shorter = path.clone();
            if shorter.beside.pop().is_some() {
                prop_assert_ne!(shorter.root(leaf), Some(root));
            }
            let mut longer = path.clone();
            longer.beside.push(root);
            prop_assert_eq!(longer.root(leaf), None);
            let elsewhere = Path { place: (path.place + 1) % count, ..path.clone() };
            prop_assert!(paths.len() == 1 || elsewhere.root(leaf) != Some(root));
        }
    }

    #[test]
    fn no_leaf_is_a_node() {
        let leaves = [subject(1).leaf(), subject(2).leaf()];
        let (root, _) = tree(&leaves).unwrap();
        let alone = Path { count: 1, place: 0, beside: vec![] };
        assert_eq!(alone.root(root), Some(root));
        assert!(tree(&[]).is_none() && tree(&vec![root; MAX_BATCH as usize + 1]).is_none());
        let (of_one, _) = tree(&leaves[..1]).unwrap();
        assert_ne!(of_one, root);
    }
}
