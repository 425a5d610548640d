//! Groups: members under a name, whom policies ask for votes.
//!
//! Groups lie in the same record as the policies that name them, so that neither changes behind the other's back. A mail
//! that is held takes with it who belongs to the groups at that moment: whoever joins later does not vote about it, so that
//! nobody makes an approval weaker after it was asked for; whoever shall not decide any more loses their seat or role, which
//! counts at once.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

use crate::people::access::Actor;
use crate::{GroupId, MemberId};

/// The name by which policies know a group, such as `legal`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupName(String);

impl GroupName {
    /// Characters of one.
    pub const MAX: usize = 50;

    /// Reads it: 1 to 50 of a-z, 0-9 and hyphens, beginning with a letter or digit.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let bytes = text.as_bytes();
        let sound = bytes.len() <= Self::MAX && bytes.iter().all(|b| plain(*b) || *b == b'-');
        (sound && bytes.first().copied().is_some_and(plain)).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Members under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// The name by which policies know it; no other group of the organization has it.
    pub name: GroupName,
    /// Who belongs to it, at most [`Group::MEMBERS`].
    pub members: BTreeSet<MemberId>,
    /// Counts changes, from 1.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Who changed it last.
    pub updated_by: Actor,
}

impl Group {
    /// Groups of an organization.
    pub const MOST: usize = 50;
    /// Members of a group.
    pub const MEMBERS: usize = 50;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for name in ["legal", "l", "2nd-line", &"a".repeat(50)] {
            assert!(GroupName::parse(name).is_some(), "{name}");
        }
        for name in ["", "Legal", "-a", "a b", "a:b", "é", "a_b", &"a".repeat(51)] {
            assert_eq!(GroupName::parse(name), None, "{name}");
        }
    }
}
