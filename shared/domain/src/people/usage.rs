//! What an organization uses: requests, mails and bytes, counted by the day in UTC.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::base::named::named;
use crate::{InboxId, TokenId};

/// Of whom something is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Of {
    /// Of all of the organization.
    Organization,
    /// Of an inbox.
    Inbox(InboxId),
    /// Of a token.
    Token(TokenId),
}

named! {
    /// How counts are told apart, beside the day.
    By {
        /// The whole organization.
        Day = "day";
        /// Each inbox.
        Inbox = "inbox";
        /// Each token.
        Token = "token";
    }
}

impl Of {
    /// Among which counts it stands.
    pub const fn by(self) -> By {
        match self {
            Of::Organization => By::Day,
            Of::Inbox(_) => By::Inbox,
            Of::Token(_) => By::Token,
        }
    }
}

/// How much of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amounts {
    /// Requests to the API.
    pub requests: u64,
    /// Mails that the provider accepted.
    pub sent: u64,
    /// Mails that came in and were filed.
    pub received: u64,
    /// The bytes of these mails, as they went or came.
    pub stored_bytes: u64,
}

impl Amounts {
    /// One request.
    pub const REQUEST: Self = Self { requests: 1, sent: 0, received: 0, stored_bytes: 0 };

    /// One mail that went, of so many bytes.
    pub const fn sent(bytes: u64) -> Self {
        Self { requests: 0, sent: 1, received: 0, stored_bytes: bytes }
    }

    /// One mail that came, of so many bytes.
    pub const fn received(bytes: u64) -> Self {
        Self { requests: 0, sent: 0, received: 1, stored_bytes: bytes }
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            sent: self.sent.saturating_add(other.sent),
            received: self.received.saturating_add(other.received),
            stored_bytes: self.stored_bytes.saturating_add(other.stored_bytes),
        }
    }
}

/// A part of what was counted on one day: the parts of a count are added when it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// The day, in UTC.
    pub day: Date,
    /// Of whom.
    pub of: Of,
    /// Which part.
    pub part: u8,
    /// How much.
    pub amounts: Amounts,
}

impl Usage {
    /// Requests are counted in so many parts, so that functions that write at once seldom meet in one.
    pub const REQUEST_PARTS: u8 = 4;
    /// Mails are counted in a part of their own: one organization's are never written by two functions at once.
    pub const MAIL_PART: u8 = Self::REQUEST_PARTS;
    /// A count has so many parts at most.
    pub const PARTS: u8 = Self::REQUEST_PARTS + 1;
    /// So long after its day a count may be deleted.
    pub const KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);
    /// At most so many days are read at once.
    pub const MOST_DAYS: i32 = 90;
}

/// The day of a time, in UTC.
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// Counts that are written together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsageCounts(BTreeMap<(Date, Of), Amounts>);

/// What is counted, of whom and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// When.
    pub at: Timestamp,
    /// The inbox that it is about.
    pub inbox_id: Option<InboxId>,
    /// The token that asked for it.
    pub token_id: Option<TokenId>,
    /// How much.
    pub amounts: Amounts,
}

impl UsageCounts {
    /// What is added at once is in at most so many counts.
    pub const EACH: usize = 3;

    /// Adds to the counts of the organization, the inbox and the token.
    pub fn add(&mut self, used: &Used) {
        let day = day_of(used.at);
        let of = [Some(Of::Organization), used.inbox_id.map(Of::Inbox), used.token_id.map(Of::Token)];
        for of in of.into_iter().flatten() {
            let amounts = self.0.entry((day, of)).or_default();
            *amounts = amounts.plus(used.amounts);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The counts, as parts of this number.
    pub fn parts(&self, part: u8) -> Vec<Usage> {
        self.0
            .iter()
            .map(|((day, of), amounts)| Usage { day: *day, of: *of, part, amounts: *amounts })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_is_counted_of_all_whom_it_concerns_on_its_day() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let inbox = InboxId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        let token = TokenId::new(Timestamp::UNIX_EPOCH, [2; 10]);
        let mut counts = UsageCounts::default();
        for (time, inbox_id, token_id, amounts) in [
            ("2026-11-29T23:59:59.999Z", Some(inbox), Some(token), Amounts::REQUEST),
            ("2026-11-30T00:00:00Z", Some(inbox), None, Amounts::sent(7)),
            ("2026-11-29T00:00:00Z", None, Some(token), Amounts::received(5)),
        ] {
            counts.add(&Used { at: at(time), inbox_id, token_id, amounts });
        }
        let parts = counts.parts(2);
        let (first, second) = (day_of(at("2026-11-29T12:00:00Z")), day_of(at("2026-11-30T12:00:00Z")));
        let part = |day, of, amounts| Usage { day, of, part: 2, amounts };
        let both = Amounts { requests: 1, sent: 0, received: 1, stored_bytes: 5 };
        assert_eq!(
            parts,
            [
                part(first, Of::Organization, both),
                part(first, Of::Inbox(inbox), Amounts::REQUEST),
                part(first, Of::Token(token), both),
                part(second, Of::Organization, Amounts::sent(7)),
                part(second, Of::Inbox(inbox), Amounts::sent(7)),
            ]
        );
        assert_eq!((counts.len(), counts.is_empty(), UsageCounts::default().is_empty()), (5, false, true));
    }

    #[test]
    fn a_count_never_wraps() {
        let most = Amounts { requests: u64::MAX, sent: u64::MAX, received: u64::MAX, stored_bytes: u64::MAX };
        assert_eq!(most.plus(Amounts::REQUEST).plus(Amounts::sent(1)), most);
    }
}
