//! What is known of the search index of an inbox: its segments, each an object that is never changed.

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::base::id::Id as _;
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
    /// Mails in it that were deleted for good: their words are still to leave it.
    pub gone: Vec<MessageId>,
    /// When the first of them was noticed.
    pub gone_at: Option<Timestamp>,
}

impl Segment {
    /// Whether it is to be written without those that are gone: a small one at once, a large one once for all that go within an hour.
    fn is_due(&self, now: Timestamp) -> bool {
        self.gone_at.is_some_and(|at| {
            self.size <= Index::SMALL || self.gone.len() >= Index::MOST_GONE || now >= at + Index::GONE_WAITS
        })
    }
}

/// A segment that is searched no more: another has its mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// Its name.
    pub name: Digest,
    /// From when on [`Index::RETIRED_KEPT`] counts: when it was replaced, or up to a quarter of an hour later where nothing that was
    /// deleted is in it, so that one look deletes many. A search that began before may still read it.
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
    /// All mails that came or were asked for before this time were looked at, and are in a segment if they were there and
    /// [`is_found`]. Later ones a search looks for in the table.
    pub through: Timestamp,
    /// Later mails that are in a segment all the same, at most [`Index::MOST_KNOWN`]. One that is missing here is read once too often.
    pub known: Vec<MessageId>,
    /// What is to be deleted once nobody reads it any more.
    pub retired: Vec<Retired>,
    /// Older mails are still to be looked at, more than one call does.
    pub behind: bool,
    /// When somebody must look after it: older mails are still to be looked at, segments to be written anew or to be deleted.
    pub look_at: Option<Timestamp>,
    /// When somebody must look for segments that no record names: words of a deleted mail may be in one.
    pub sweep_at: Option<Timestamp>,
    /// Counts changes.
    pub version: u64,
}

impl Index {
    /// A mail is filed so long after it came, if nothing is amiss: [`Index::through`] stays so far behind.
    pub const SETTLES: SignedDuration = SignedDuration::from_mins(15);
    /// So much later it is looked once more, if anything comes in.
    const LOOKED_AFTER: SignedDuration = SignedDuration::from_mins(5);
    /// So many of these mails are remembered.
    pub const MOST_KNOWN: usize = 500;
    /// A segment that was merged is kept for so long: far longer than a search takes.
    pub const RETIRED_KEPT: SignedDuration = SignedDuration::from_mins(10);
    /// So many segments of a class are merged into one, of at most about [`Index::LARGEST`].
    pub const MERGED: usize = 4;
    /// A segment of fewer mails than this is young: what comes in is written into one with it.
    pub const YOUNG: u32 = 512;
    /// And of at most so many bytes, so that each mail that comes in costs a small segment to read and to write.
    pub const YOUNG_SIZE: u64 = 2 * 1024 * 1024;
    /// What is replaced within this time is deleted together.
    const RETIRED_TOGETHER: SignedDuration = SignedDuration::from_mins(15);
    /// A segment has at most about so many bytes: merging holds it and what it is made of in memory.
    pub const LARGEST: u64 = 96 * 1024 * 1024;
    /// One of so many bytes is written anew at once where a mail of it is gone.
    pub const SMALL: u64 = 4 * 1024 * 1024;
    /// A larger one waits so long for more of them.
    pub const GONE_WAITS: SignedDuration = SignedDuration::from_hours(1);
    /// Or until there are so many.
    pub const MOST_GONE: usize = 200;

    /// The index of an inbox that has none yet.
    pub fn new(organization_id: OrganizationId, inbox_id: InboxId) -> Self {
        Self {
            organization_id,
            inbox_id,
            segments: vec![],
            through: Timestamp::UNIX_EPOCH,
            known: vec![],
            retired: vec![],
            behind: false,
            look_at: None,
            sweep_at: None,
            version: 0,
        }
    }

    /// Adds a segment with these mails. The same one again changes nothing.
    pub fn add(&mut self, segment: Segment, mails: &[MessageId]) {
        if !self.names(segment.name) {
            self.segments.push(segment);
        }
        self.known.extend(mails);
        self.forget_recent();
    }

    /// Whether it is time to look which mails of the table it does not have: their events may have been lost.
    pub fn wants_look(&self, now: Timestamp) -> bool {
        self.behind || now.duration_since(self.through) >= Self::SETTLES + Self::LOOKED_AFTER
    }

    /// Whether there is anything to do for whoever writes segments.
    pub fn has_work(&self, now: Timestamp) -> bool {
        self.behind || self.rewritable(now).is_some()
    }

    /// Says that all mails before this time were looked at; of those that are settled, it is known for good.
    pub fn move_through(&mut self, to: Timestamp, now: Timestamp) {
        self.through = self.through.max(to.min(now - Self::SETTLES));
        self.forget_recent();
    }

    fn forget_recent(&mut self) {
        self.known.retain(|id| id.at() >= self.through);
        self.known.sort_unstable();
        self.known.dedup();
        let more = self.known.len().saturating_sub(Self::MOST_KNOWN);
        self.known.drain(..more);
    }

    /// Whether a mail is in a segment for certain.
    pub fn has(&self, id: MessageId) -> bool {
        self.known.binary_search(&id).is_ok()
    }

    /// The segment that mails which come in are written into, together with what it has.
    pub fn young(&self) -> Option<&Segment> {
        let young = |it: &&Segment| it.mails < Self::YOUNG && it.size <= Self::YOUNG_SIZE;
        self.segments.iter().filter(young).min_by_key(|it| (it.mails, it.name))
    }

    /// Puts a segment in the place of the young one, which has its mails and these. Whether that one was still there as it was: if not,
    /// nothing changes.
    pub fn grow(&mut self, young: &Segment, grown: Segment, mails: &[MessageId], now: Timestamp) -> bool {
        let replaced = self.replace(std::slice::from_ref(young), Some(grown), now);
        if replaced {
            self.known.extend(mails);
            self.forget_recent();
        }
        replaced
    }

    /// The segments that should become one: four of about the same number of mails, the oldest of them. Each mail is so merged
    /// once for each power of four above [`Index::YOUNG`], and a search opens a handful of segments.
    pub fn mergeable(&self) -> Option<Vec<Segment>> {
        let class =
            |segment: &Segment| (segment.mails / Self::YOUNG).checked_ilog2().map_or(0, |it| 1 + it / 2);
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

    /// What is to be written anew next: segments that should become one, or one that must lose a mail.
    pub fn rewritable(&self, now: Timestamp) -> Option<Vec<Segment>> {
        self.mergeable().or_else(|| self.segments.iter().find(|it| it.is_due(now)).map(|it| vec![it.clone()]))
    }

    /// Notes which mails of a segment were deleted for good. Returns whether it is there.
    pub fn lose(&mut self, name: Digest, gone: &[MessageId], now: Timestamp) -> bool {
        let Some(segment) = self.segments.iter_mut().find(|it| it.name == name) else { return false };
        segment.gone.extend(gone);
        segment.gone.sort_unstable();
        segment.gone.dedup();
        segment.gone_at = segment.gone_at.or(Some(now));
        true
    }

    /// Puts one segment in the place of others; none where no mail of theirs is left. Where one of them is gone or has lost a mail since,
    /// somebody else was faster, and nothing changes; unless it was this very change, whose answer was lost.
    pub fn replace(&mut self, old: &[Segment], new: Option<Segment>, now: Timestamp) -> bool {
        let is_there = |name: Digest| self.segments.iter().any(|it| it.name == name);
        if new.as_ref().is_some_and(|it| is_there(it.name)) {
            return true;
        }
        if !old.iter().all(|it| self.segments.contains(it)) {
            return false;
        }
        self.segments.retain(|it| !old.contains(it));
        let second = now.as_second();
        let together = second + (-second).rem_euclid(Self::RETIRED_TOGETHER.as_secs());
        let together = Timestamp::from_second(together).unwrap_or(now);
        let at = |it: &Segment| if it.gone.is_empty() { together } else { now };
        self.retired.extend(old.iter().map(|it| Retired { name: it.name, at: at(it) }));
        self.segments.extend(new);
        true
    }

    /// Says that segments which no record names are to be looked for, at this time or earlier.
    pub fn sweep_by(&mut self, at: Timestamp) {
        self.sweep_at = self.sweep_at.map_or(Some(at), |known| Some(known.min(at)));
    }

    /// Those retired segments that nobody reads any more.
    pub fn deletable(&self, now: Timestamp) -> Vec<Digest> {
        let old = self.retired.iter().filter(|it| now.duration_since(it.at) >= Self::RETIRED_KEPT);
        old.map(|it| it.name).collect()
    }

    /// Whether an object with this name is one of its segments, also one that is to be deleted.
    pub fn names(&self, name: Digest) -> bool {
        self.segments.iter().any(|it| it.name == name) || self.retired.iter().any(|it| it.name == name)
    }

    /// Says when somebody must look after it next.
    pub fn look_again(&mut self, now: Timestamp) {
        let retired = self.retired.iter().map(|it| it.at + Self::RETIRED_KEPT);
        let gone = self.segments.iter().filter_map(|it| {
            let at = it.gone_at?;
            Some(if it.is_due(now) { now } else { at + Self::GONE_WAITS })
        });
        let more = self.behind || self.mergeable().is_some();
        self.look_at = retired.chain(gone).chain(more.then_some(now)).chain(self.sweep_at).min();
    }
}

/// Whether a mail is found at all: one that came in, or that the provider took. What still may change, or never went, is not.
pub fn is_found(message: &Message) -> bool {
    match &message.direction {
        Direction::Inbound { .. } => true,
        Direction::Outbound(outbound) => matches!(outbound.state, State::Accepted { .. }),
    }
}

/// The message that says to whoever keeps the index of an inbox that a mail was deleted for good.
pub fn gone_message(organization_id: OrganizationId, inbox_id: InboxId, id: MessageId) -> String {
    format!("{organization_id}/{inbox_id}/{id}")
}

/// Reads [`gone_message`].
pub fn read_gone_message(body: &str) -> Option<((OrganizationId, InboxId), MessageId)> {
    let mut parts = body.split('/');
    let place = (OrganizationId::parse(parts.next()?).ok()?, InboxId::parse(parts.next()?).ok()?);
    let id = MessageId::parse(parts.next()?).ok()?;
    parts.next().is_none().then_some((place, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(seconds: i64, n: u8) -> MessageId {
        MessageId::new(Timestamp::from_second(seconds).unwrap(), [n; 10])
    }

    fn segment(n: u8, mails: u32, size: u64) -> Segment {
        let it = id(n.into(), n);
        let name = Digest::of(&[n]);
        Segment { name, mails, size, tail: 10, newest: it, oldest: it, gone: vec![], gone_at: None }
    }

    fn index() -> Index {
        let at = Timestamp::UNIX_EPOCH;
        Index::new(OrganizationId::new(at, [1; 10]), InboxId::new(at, [1; 10]))
    }

    #[test]
    fn segments_of_a_class_are_merged_and_large_ones_left() {
        let mut index = index();
        let now = Timestamp::UNIX_EPOCH;
        for n in 0..3 {
            index.add(segment(n, 1, 1_000), &[]);
        }
        index.add(segment(20, Index::YOUNG, 1_000), &[]);
        index.add(segment(21, 1, Index::LARGEST), &[]);
        assert_eq!(index.mergeable(), None);
        index.add(segment(3, 511, 1_000), &[]);
        index.add(segment(3, 511, 1_000), &[]);
        assert_eq!(index.segments.len(), 6, "the same one is added once");
        let due = index.mergeable().unwrap();
        assert_eq!(
            due.iter().map(|it| it.name).collect::<Vec<_>>(),
            (0..4u8).map(|n| Digest::of(&[n])).collect::<Vec<_>>()
        );
        assert!(index.replace(&due, Some(segment(30, 514, 5_000)), now));
        let known = index.clone();
        assert!(index.replace(&due, Some(segment(30, 514, 5_000)), now), "whose answer was lost");
        assert_eq!(index, known);
        assert!(!index.replace(&due, Some(segment(31, 514, 5_000)), now), "only once");
        assert_eq!(index, known);
        assert_eq!((index.segments.len(), index.retired.len()), (3, 4));
        assert_eq!(index.deletable(now + SignedDuration::from_mins(9)), []);
        assert_eq!(index.deletable(now + Index::RETIRED_KEPT).len(), 4);
        index.look_again(now);
        assert_eq!(index.look_at, Some(now + Index::RETIRED_KEPT));
        index.behind = true;
        index.look_again(now);
        assert_eq!(index.look_at, Some(now));
        index.retired.clear();
        index.behind = false;
        index.look_again(now);
        assert_eq!(index.look_at, None);
    }

    #[test]
    fn what_comes_in_grows_the_young_segment_and_what_is_replaced_goes_together() {
        let mut index = index();
        let now = Timestamp::from_second(1_000).unwrap();
        index.add(segment(1, Index::YOUNG, 1_000), &[]);
        index.add(segment(2, 1, Index::YOUNG_SIZE + 1), &[]);
        assert_eq!(index.young(), None);
        index.add(segment(3, 5, 1_000), &[]);
        let young = index.young().unwrap().clone();
        assert_eq!(young.mails, 5);
        assert!(index.grow(&young, segment(4, 6, 1_200), &[id(999, 1)], now));
        assert!(index.grow(&young, segment(4, 6, 1_200), &[id(999, 1)], now), "whose answer was lost");
        assert!(!index.grow(&young, segment(5, 6, 1_200), &[id(999, 2)], now), "somebody else was faster");
        assert_eq!((index.segments.len(), index.known.clone()), (3, vec![id(999, 1)]));
        let young = index.young().unwrap().clone();
        assert!(index.grow(&young, segment(6, 7, 1_300), &[], now + SignedDuration::from_mins(10)));
        let together = Timestamp::from_second(1_800).unwrap();
        assert_eq!(index.retired.iter().map(|it| it.at).collect::<Vec<_>>(), [together, together]);
        // What has words of a deleted mail waits for nothing else.
        assert!(index.lose(Digest::of(&[6]), &[id(6, 6)], now));
        let young = index.young().unwrap().clone();
        assert!(index.grow(&young, segment(7, 7, 1_300), &[], now));
        assert_eq!(index.retired[2].at, now);
    }

    #[test]
    fn recent_mails_are_remembered_and_no_others() {
        let mut index = index();
        let now = Timestamp::from_second(2_000).unwrap();
        let second = |at| Timestamp::from_second(at).unwrap();
        index.add(segment(1, 1, 1), &[id(1_000, 1), id(1_200, 2), id(1_999, 3), id(1_999, 3)]);
        assert_eq!(index.known, [id(1_000, 1), id(1_200, 2), id(1_999, 3)]);
        // What is younger than it takes to file a mail is not settled.
        index.move_through(second(1_999), now);
        assert_eq!(index.through, now - Index::SETTLES);
        assert_eq!(index.known, [id(1_200, 2), id(1_999, 3)]);
        index.move_through(second(1_000), now);
        assert_eq!(index.through, now - Index::SETTLES, "never back");
        assert!(index.has(id(1_200, 2)) && !index.has(id(1_000, 1)));
        let many: Vec<_> = (0..600).map(|n| id(1_300 + n, 1)).collect();
        index.add(segment(2, 600, 1), &many);
        assert_eq!(index.known.len(), Index::MOST_KNOWN);
        assert_eq!(index.known.last(), Some(&id(1_999, 3)));
    }

    #[test]
    fn what_is_gone_leaves_small_segments_at_once_and_large_ones_together() {
        let mut index = index();
        let now = Timestamp::from_second(2_000).unwrap();
        index.add(segment(1, 5, 1_000), &[]);
        index.add(segment(2, 50_000, Index::LARGEST), &[]);
        assert_eq!(index.rewritable(now), None);
        assert!(index.lose(Digest::of(&[2]), &[id(1, 1), id(1, 1)], now));
        assert!(!index.lose(Digest::of(&[3]), &[id(1, 1)], now));
        assert_eq!(index.segments[1].gone, [id(1, 1)]);
        assert_eq!(index.rewritable(now), None);
        index.look_again(now);
        assert_eq!(index.look_at, Some(now + Index::GONE_WAITS));
        assert_eq!(index.rewritable(now + Index::GONE_WAITS), Some(vec![index.segments[1].clone()]));
        let many: Vec<_> = (0..200u8).map(|n| id(2, n)).collect();
        let mut flooded = index.clone();
        assert!(flooded.lose(Digest::of(&[2]), &many, now + SignedDuration::from_mins(1)));
        assert_eq!(flooded.segments[1].gone_at, Some(now), "since the first of them");
        assert!(flooded.rewritable(now).is_some());
        assert!(index.lose(Digest::of(&[1]), &[id(1, 1)], now));
        let due = index.rewritable(now).unwrap();
        assert_eq!(due, [index.segments[0].clone()]);
        // What is lost meanwhile is not forgotten.
        assert!(index.lose(Digest::of(&[1]), &[id(1, 2)], now));
        assert!(!index.replace(&due, Some(segment(9, 4, 900)), now));
        index.look_again(now);
        assert_eq!(index.look_at, Some(now));
        let due = index.rewritable(now).unwrap();
        assert!(index.replace(&due, None, now));
        assert_eq!(index.segments.len(), 1);
        assert!(
            index.names(Digest::of(&[1])) && index.names(Digest::of(&[2])) && !index.names(Digest::of(&[9]))
        );
    }
}
