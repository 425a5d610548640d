//! What is known of the search index of an inbox: its segments, each an object that is never changed.

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::mailbox::lifecycle::State;
use crate::mailbox::message::{Direction, Message};
use crate::{InboxId, MessageId, OrganizationId};

/// A segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its name, drawn by lot: none is ever given twice, so that nothing is deleted that came back.
    pub name: Digest,
    /// How many mails it has.
    pub mails: u32,
    /// How long it is, in bytes.
    pub size: u64,
    /// How long its tail is, in bytes: that is read first.
    pub tail: u64,
    /// Its newest mail.
    pub newest: MessageId,
    /// Its oldest one.
    pub oldest: MessageId,
}

/// A segment that was merged into another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// Its name.
    pub name: Digest,
    /// When. A search that began before may still read it.
    pub at: Timestamp,
}

/// The segments of an inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The inbox.
    pub inbox_id: InboxId,
    /// What is searched.
    pub segments: Vec<Segment>,
    /// Young mails that are in a segment, at most [`Index::MOST_RECENT`]: a search reads those that are not.
    pub recent: Vec<MessageId>,
    /// What is to be deleted once nobody reads it any more.
    pub retired: Vec<Retired>,
    /// Counts changes.
    pub version: u64,
}

impl Index {
    /// A mail that is younger than this may not be in a segment yet.
    pub const TAIL: SignedDuration = SignedDuration::from_mins(15);
    /// So many young mails are remembered.
    pub const MOST_RECENT: usize = 200;
    /// A segment that was merged is kept for so long: far longer than a search takes.
    pub const RETIRED_KEPT: SignedDuration = SignedDuration::from_mins(10);
    /// So many segments of a class are merged into one, of at most about [`Index::LARGEST`].
    pub const MERGED: usize = 8;
    /// A segment has at most about so many bytes: merging holds it and what it is made of in memory.
    pub const LARGEST: u64 = 96 * 1024 * 1024;

    /// The index of an inbox that has none yet.
    pub fn new(organization_id: OrganizationId, inbox_id: InboxId) -> Self {
        Self { organization_id, inbox_id, segments: vec![], recent: vec![], retired: vec![], version: 0 }
    }

    /// Adds a segment with these mails. The same one again changes nothing.
    pub fn add(&mut self, segment: Segment, mails: &[MessageId], now: Timestamp) {
        if !self.segments.contains(&segment) {
            self.segments.push(segment);
        }
        self.recent.extend(mails);
        self.recent.retain(|id| now.duration_since(id.at()) < Self::TAIL);
        self.recent.sort_unstable();
        self.recent.dedup();
        let more = self.recent.len().saturating_sub(Self::MOST_RECENT);
        self.recent.drain(..more);
    }

    /// The segments that should become one: eight of about the same number of mails, the oldest of them. Each mail is so merged
    /// once for each power of eight, and a search opens a handful of segments.
    pub fn mergeable(&self) -> Option<Vec<Segment>> {
        let class = |segment: &Segment| segment.mails.max(1).ilog2() / 3;
        let small = || self.segments.iter().filter(|it| it.size <= Self::LARGEST / Self::MERGED as u64);
        let mut classes: Vec<_> = small().map(class).collect();
        classes.sort_unstable();
        let full =
            classes.chunk_by(|a, b| a == b).find(|same| same.len() >= Self::MERGED)?.first().copied()?;
        let mut due: Vec<_> = small().filter(|it| class(it) == full).cloned().collect();
        due.sort_by_key(|it| (it.newest, it.name));
        due.truncate(Self::MERGED);
        Some(due)
    }

    /// Puts one segment in the place of others; none where no mail of theirs is left. Where one of them is gone, somebody else did it,
    /// and nothing changes.
    pub fn replace(&mut self, old: &[Segment], new: Option<Segment>, now: Timestamp) -> bool {
        if !old.iter().all(|it| self.segments.contains(it)) {
            return false;
        }
        self.segments.retain(|it| !old.contains(it));
        self.retired.extend(old.iter().map(|it| Retired { name: it.name, at: now }));
        if let Some(new) = new {
            self.add(new, &[], now);
        }
        true
    }

    /// Those retired segments that nobody reads any more.
    pub fn deletable(&self, now: Timestamp) -> Vec<Digest> {
        let old = self.retired.iter().filter(|it| now.duration_since(it.at) >= Self::RETIRED_KEPT);
        old.map(|it| it.name).collect()
    }
}

/// Whether a mail is found at all: one that came in, or that the provider took. What still may change, or never went, is not.
pub fn is_found(message: &Message) -> bool {
    match &message.direction {
        Direction::Inbound { .. } => true,
        Direction::Outbound(outbound) => matches!(outbound.state, State::Accepted { .. }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(n: u8, mails: u32, size: u64) -> Segment {
        let at = Timestamp::from_second(i64::from(n)).unwrap_or_default();
        let id = MessageId::new(at, [n; 10]);
        Segment { name: Digest::of(&[n]), mails, size, tail: 10, newest: id, oldest: id }
    }

    fn index() -> Index {
        let at = Timestamp::UNIX_EPOCH;
        Index::new(OrganizationId::new(at, [1; 10]), InboxId::new(at, [1; 10]))
    }

    #[test]
    fn segments_of_a_class_are_merged_and_large_ones_left() {
        let mut index = index();
        let now = Timestamp::UNIX_EPOCH;
        for n in 0..7 {
            index.add(segment(n, 1, 1_000), &[], now);
        }
        index.add(segment(20, 8, 1_000), &[], now);
        index.add(segment(21, 1, Index::LARGEST), &[], now);
        assert_eq!(index.mergeable(), None);
        index.add(segment(7, 7, 1_000), &[], now);
        index.add(segment(7, 7, 1_000), &[], now);
        assert_eq!(index.segments.len(), 10, "the same one is added once");
        let due = index.mergeable().unwrap();
        assert_eq!(
            due.iter().map(|it| it.name).collect::<Vec<_>>(),
            (0..8u8).map(|n| Digest::of(&[n])).collect::<Vec<_>>()
        );
        assert!(index.replace(&due, Some(segment(30, 14, 5_000)), now));
        assert!(!index.clone().replace(&due, Some(segment(31, 14, 5_000)), now), "only once");
        assert_eq!((index.segments.len(), index.retired.len()), (3, 8));
        assert_eq!(index.deletable(now + SignedDuration::from_mins(9)), []);
        assert_eq!(index.deletable(now + Index::RETIRED_KEPT).len(), 8);
    }

    #[test]
    fn young_mails_are_remembered_and_no_others() {
        let mut index = index();
        let id = |seconds: i64, n: u8| MessageId::new(Timestamp::from_second(seconds).unwrap(), [n; 10]);
        let now = Timestamp::from_second(2_000).unwrap();
        index.add(segment(1, 1, 1), &[id(1_000, 1), id(1_200, 2), id(1_999, 3), id(1_999, 3)], now);
        assert_eq!(index.recent, [id(1_200, 2), id(1_999, 3)]);
        let many: Vec<_> = (0..250u8).map(|n| id(1_999, n)).collect();
        index.add(segment(2, 250, 1), &many, now);
        assert_eq!(index.recent.len(), Index::MOST_RECENT);
        assert_eq!(index.recent.last(), Some(&id(1_999, 249)));
    }
}
