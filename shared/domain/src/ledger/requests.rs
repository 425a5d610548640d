//! The log of an organization's requests: one line each, of ids and codes alone.

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::people::usage::{Amounts, Used};
use crate::{InboxId, MemberId, OrganizationId, SessionId, TokenId};

/// With what a request was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum With {
    /// A program's token.
    Token(TokenId),
    /// A person's session.
    Session(SessionId),
}

impl With {
    /// The token.
    pub const fn token_id(self) -> Option<TokenId> {
        match self {
            With::Token(id) => Some(id),
            With::Session(_) => None,
        }
    }
}

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLine {
    /// Follows from where the log has it: a line that is told twice has one id.
    pub id: Digest,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// When it was answered, in whole milliseconds.
    pub at: Timestamp,
    /// The gateway's id of it.
    pub request_id: String,
    /// The name of the operation, as the `OpenAPI` document has it.
    pub operation: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, with the names of ids in their places.
    pub path: String,
    /// The HTTP status.
    pub status: u16,
    /// The code of the refusal, where it was refused.
    pub code: Option<String>,
    /// With what it was made.
    pub with: With,
    /// The member behind it.
    pub member_id: Option<MemberId>,
    /// The inbox that its path names.
    pub inbox_id: Option<InboxId>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

impl RequestLine {
    /// A line is shown for so long.
    pub const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
    /// A text in a line is at most so long, in bytes.
    pub const MAX_TEXT: usize = 200;
    /// The clock that dates a line may be ahead of ours by this.
    const SKEW: SignedDuration = SignedDuration::from_mins(10);

    /// Whether it is shown still, and not dated ahead.
    pub fn is_of_now(&self, now: Timestamp) -> bool {
        self.at >= now - Self::KEPT && self.at <= now + Self::SKEW
    }

    /// What it counts as. A request that was refused says nothing of whether there is such an inbox: else anybody could fill the counts
    /// with ids that nobody has.
    pub fn used(&self) -> Used {
        let inbox_id = self.inbox_id.filter(|_| self.status < 400);
        Used { at: self.at, inbox_id, token_id: self.with.token_id(), amounts: Amounts::REQUEST }
    }
}

/// Which statuses are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusWanted {
    /// One.
    Exactly(u16),
    /// All with this first digit.
    Class(u16),
}

impl StatusWanted {
    /// Reads `429` or `4xx`.
    pub fn parse(text: &str) -> Option<Self> {
        let digit = |byte: u8| byte.is_ascii_digit().then(|| u16::from(byte - b'0'));
        let [first, rest @ ..] = text.as_bytes() else { return None };
        let first = digit(*first).filter(|first| (1..=5).contains(first))?;
        match rest {
            b"xx" => Some(Self::Class(first)),
            [second, third] => Some(Self::Exactly(first * 100 + digit(*second)? * 10 + digit(*third)?)),
            _ => None,
        }
    }

    /// Whether it is one of them.
    pub const fn takes(self, status: u16) -> bool {
        match self {
            Self::Exactly(wanted) => status == wanted,
            Self::Class(first) => status / 100 == first,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_one_or_all_with_a_first_digit() {
        assert_eq!(StatusWanted::parse("429"), Some(StatusWanted::Exactly(429)));
        assert_eq!(StatusWanted::parse("4xx"), Some(StatusWanted::Class(4)));
        for bad in ["", "4", "42", "4x", "4x9", "xxx", "600", "099", "4290", "٤xx", "4XX", "-29", "+29"] {
            assert_eq!(StatusWanted::parse(bad), None, "{bad}");
        }
        let class = StatusWanted::Class(4);
        assert!(class.takes(400) && class.takes(499) && !class.takes(399) && !class.takes(500));
        assert!(StatusWanted::Exactly(429).takes(429) && !StatusWanted::Exactly(429).takes(428));
    }
}
