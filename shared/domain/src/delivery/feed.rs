//! The feed: an organization's events in the one order in which they are read, in blocks that are only ever added behind the last.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::delivery::event::{Event, EventKind};
use crate::{EventId, InboxId, OrganizationId};

/// An event in the feed: its name, and what a reader chooses by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The event.
    pub event_id: EventId,
    /// Its type; none where a later version wrote one that this does not know.
    pub kind: Option<EventKind>,
    /// The inbox that it is about, if it is about one.
    pub inbox_id: Option<InboxId>,
}

impl From<&Event> for Listed {
    fn from(event: &Event) -> Self {
        Self { event_id: event.id, kind: Some(event.kind), inbox_id: event.subject.inbox_id() }
    }
}

/// Events that were added together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Its place, from 1. Where no block is left of what was there a month ago, it begins with 1 again.
    pub number: u64,
    /// When it was added, in whole milliseconds; always later than the block before.
    pub at: Timestamp,
    /// At least one, at most [`Block::MAX`].
    pub events: Vec<Listed>,
}

impl Block {
    /// At most so many events are added at once.
    pub const MAX: usize = 100;

    /// So long after it was added a block may be deleted. Nobody can read its events any more then.
    pub const KEPT: SignedDuration = SignedDuration::from_hours(33 * 24);

    /// From then on a block may be deleted between being read and a write behind it: a day before the end, which is longer than
    /// anything runs.
    const AGES: SignedDuration = SignedDuration::from_hours(32 * 24);

    /// The block of this number, behind `last`.
    pub fn behind(
        last: Option<&Block>,
        number: u64,
        organization_id: OrganizationId,
        now: Timestamp,
        events: Vec<Listed>,
    ) -> Self {
        let whole = |at: Timestamp| Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
        let next = last.map(|last| whole(last.at + SignedDuration::from_millis(1)));
        let at = next.map_or(whole(now), |next| next.max(whole(now)));
        Self { organization_id, number, at, events }
    }

    /// Whether the block may be deleted at this time, or soon.
    pub fn is_aging(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) >= Self::AGES
    }

    /// The place before its event of this index, which is the place behind the event before.
    pub fn place(&self, index: usize) -> Place {
        Place { number: self.number, at: self.at, index }
    }
}

/// A place between two events of a feed. It stays where it is, whatever is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The number of its block.
    pub number: u64,
    /// When that block was added, which tells it from one that got the number again.
    pub at: Timestamp,
    /// So many events of the block stand before it.
    pub index: usize,
}

impl Place {
    /// The highest number that a stored key has room for.
    const LAST_NUMBER: u64 = 9_999_999_999_999_999;
    /// In the year 2286: one behind it is still a time.
    const LAST_MILLISECOND: i64 = 9_999_999_999_999;

    /// Before all that was ever added.
    pub const START: Place = Place { number: 0, at: Timestamp::UNIX_EPOCH, index: 0 };

    /// The place as a text, which holds in its organization alone, and shows it where it was altered. It is no secret.
    pub fn write(&self, organization_id: OrganizationId) -> String {
        format!("{self}.{}", self.check(organization_id))
    }

    /// Reads what [`Place::write`] wrote.
    pub fn read(text: &str, organization_id: OrganizationId) -> Option<Self> {
        let mut parts = text.splitn(4, '.');
        let number = parts.next()?.parse().ok()?;
        let at = Timestamp::from_millisecond(parts.next()?.parse().ok()?).ok()?;
        let index = parts.next()?.parse().ok()?;
        let place = Self { number, at, index };
        let is_sound =
            number <= Self::LAST_NUMBER && (0..=Self::LAST_MILLISECOND).contains(&at.as_millisecond());
        (is_sound && place.write(organization_id) == text).then_some(place)
    }

    fn check(&self, organization_id: OrganizationId) -> String {
        let (organization, place) = (organization_id.to_string(), self.to_string());
        Digest::of_parts(&[b"events", organization.as_bytes(), place.as_bytes()]).hex()[..12].to_owned()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.number, self.at.as_millisecond(), self.index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organization(n: u8) -> OrganizationId {
        OrganizationId::new(Timestamp::UNIX_EPOCH, [n; 10])
    }

    fn millis(at: i64) -> Timestamp {
        Timestamp::from_millisecond(at).unwrap()
    }

    #[test]
    fn a_place_reads_back_in_its_organization_and_unaltered_alone() {
        let place = Place { number: 12, at: millis(1_767_225_600_123), index: 3 };
        for place in [place, Place::START] {
            let text = place.write(organization(1));
            assert_eq!(Place::read(&text, organization(1)), Some(place));
            assert_eq!(Place::read(&text, organization(2)), None);
            for other in ["1", "0", ".", "é", "\n"] {
                assert_eq!(Place::read(&format!("{text}{other}"), organization(1)), None);
                assert_eq!(Place::read(&format!("{other}{text}"), organization(1)), None);
            }
        }
        let text = place.write(organization(1));
        for altered in
            [text.replacen("12", "13", 1), text.replacen(".3.", ".4.", 1), text.replacen("12", "+12", 1)]
        {
            assert_eq!(Place::read(&altered, organization(1)), None, "{altered}");
        }
        for bad in
            ["", ".", "...", "1.2.3", "-1.0.0.x", "99999999999999999999.0.0.0", "1.99999999999999999.0.0"]
        {
            assert_eq!(Place::read(bad, organization(1)), None, "{bad}");
        }
        // The check is no secret: what nobody can add to is refused for itself.
        for beyond in [
            Place { number: u64::MAX, ..place },
            Place { at: Timestamp::MAX, ..place },
            Place { at: millis(-1), ..place },
        ] {
            assert_eq!(Place::read(&beyond.write(organization(1)), organization(1)), None, "{beyond}");
        }
    }

    #[test]
    fn a_block_is_always_later_than_the_one_before() {
        let first = Block::behind(None, 1, organization(1), millis(5), vec![]);
        assert_eq!(first.at, millis(5));
        let on_time = Block::behind(Some(&first), 2, organization(1), millis(9), vec![]);
        assert_eq!(on_time.at, millis(9));
        for slow in [5, 4, 0] {
            let late = Block::behind(Some(&first), 2, organization(1), millis(slow), vec![]);
            assert_eq!(late.at, millis(6), "a clock that is behind");
        }
        let finer = Timestamp::from_nanosecond(7_999_999).unwrap();
        assert_eq!(Block::behind(Some(&first), 2, organization(1), finer, vec![]).at, millis(7));
    }

    #[test]
    fn a_block_ages_a_day_before_it_may_be_gone() {
        let block = Block::behind(None, 1, organization(1), millis(0), vec![]);
        let day = SignedDuration::from_hours(24);
        let gone = block.at + Block::KEPT;
        assert!(block.is_aging(gone - day));
        assert!(!block.is_aging(gone - day - SignedDuration::from_millis(1)));
    }
}
