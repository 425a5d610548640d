//! What people, and the program that asked, say to each other about a mail that waits.

use jiff::Timestamp;

use crate::people::access::Actor;
use crate::{ApprovalId, OrganizationId};

/// What somebody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// What, 1 to [`Comments::MAX_TEXT`] characters.
    pub text: String,
    /// Whether it asks for a revision.
    pub asks_revision: bool,
}

/// All that was said about one approval, the first first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comments {
    /// Of which.
    pub approval_id: ApprovalId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// At most [`Self::MOST`], of [`Self::MAX_BYTES`] together.
    pub all: Vec<Comment>,
    /// Counts changes.
    pub version: u64,
}

/// There are as many as there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are at most {} comments about a mail, of 256 KB together", Comments::MOST)]
pub struct TooManyComments;

impl Comments {
    /// So many there are of one approval.
    pub const MOST: usize = 50;
    /// Longest of them, in characters.
    pub const MAX_TEXT: usize = 2_000;
    /// All of them together, in bytes of UTF-8: an item of `DynamoDB` holds 400 KB.
    pub const MAX_BYTES: usize = 256 * 1024;

    /// None yet.
    pub fn new(organization_id: OrganizationId, approval_id: ApprovalId) -> Self {
        Self { approval_id, organization_id, all: vec![], version: 0 }
    }

    /// One more.
    pub fn with(mut self, comment: Comment) -> Result<Self, TooManyComments> {
        let bytes: usize = self.all.iter().chain([&comment]).map(|one| one.text.len()).sum();
        if self.all.len() >= Self::MOST || bytes > Self::MAX_BYTES {
            return Err(TooManyComments);
        }
        self.all.push(comment);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_an_end_of_comments_by_their_number_and_by_their_size() {
        let comment = |text: &str| Comment {
            by: Actor::System,
            at: Timestamp::UNIX_EPOCH,
            text: text.to_owned(),
            asks_revision: false,
        };
        let at = Timestamp::UNIX_EPOCH;
        let none = Comments::new(OrganizationId::new(at, [1; 10]), ApprovalId::new(at, [2; 10]));
        let long = "\u{1f980}".repeat(Comments::MAX_TEXT);
        for (text, most) in [("short", Comments::MOST), (long.as_str(), Comments::MAX_BYTES / long.len())] {
            let mut all = none.clone();
            for _ in 0..most {
                all = all.with(comment(text)).unwrap();
            }
            assert_eq!(all.with(comment(text)), Err(TooManyComments));
        }
    }
}
