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

/// The groups that a member belongs to.
pub fn groups_of(groups: &[Group], member_id: MemberId) -> BTreeSet<GroupId> {
    groups.iter().filter(|group| group.members.contains(&member_id)).map(|group| group.id).collect()
}

/// Puts a member into these groups and out of all others. Gives those that changed; fails with one that has no place left, and then
/// changes nothing.
pub fn regroup(
    groups: &mut [Group],
    member_id: MemberId,
    wanted: &BTreeSet<GroupId>,
    by: &Actor,
    now: Timestamp,
) -> Result<Vec<GroupId>, GroupId> {
    let belongs = groups_of(groups, member_id);
    let is_full = |group: &&Group| group.members.len() >= Group::MEMBERS;
    let entered = |group: &&Group| wanted.contains(&group.id) && !belongs.contains(&group.id);
    if let Some(full) = groups.iter().filter(entered).find(is_full) {
        return Err(full.id);
    }
    let mut changed = vec![];
    for group in groups.iter_mut().filter(|group| wanted.contains(&group.id) != belongs.contains(&group.id)) {
        if !group.members.remove(&member_id) {
            group.members.insert(member_id);
        }
        (group.version, group.updated_at, group.updated_by) = (group.version + 1, now, by.clone());
        changed.push(group.id);
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(n: u8, members: impl IntoIterator<Item = u8>) -> Group {
        Group {
            id: GroupId::new(Timestamp::UNIX_EPOCH, [n; 10]),
            name: GroupName::parse("legal").unwrap(),
            members: members.into_iter().map(member).collect(),
            version: 1,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            updated_by: Actor::System,
        }
    }

    fn member(n: u8) -> MemberId {
        MemberId::new(Timestamp::UNIX_EPOCH, [n; 10])
    }

    #[test]
    fn a_member_is_put_into_groups_and_out_of_others() {
        let mut groups = vec![group(1, [7]), group(2, [7, 8]), group(3, [8])];
        let id = |n: usize| group(u8::try_from(n).unwrap(), []).id;
        let wanted = [id(2), id(3)].into();
        let changed = regroup(&mut groups, member(7), &wanted, &Actor::System, Timestamp::UNIX_EPOCH);
        assert_eq!(changed, Ok(vec![id(1), id(3)]));
        assert_eq!(groups_of(&groups, member(7)), wanted);
        assert_eq!(groups.iter().map(|group| group.version).collect::<Vec<_>>(), [2, 1, 2]);
        assert_eq!(groups_of(&groups, member(8)), wanted);
    }

    #[test]
    fn a_full_group_takes_nobody_and_keeps_whom_it_has() {
        let most = u8::try_from(Group::MEMBERS).unwrap();
        let mut groups = vec![group(1, 0..most)];
        let wanted: BTreeSet<_> = [groups[0].id].into();
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(regroup(&mut groups, member(200), &wanted, &Actor::System, at), Err(groups[0].id));
        assert_eq!(regroup(&mut groups, member(1), &wanted, &Actor::System, at), Ok(vec![]));
        assert_eq!(regroup(&mut groups, member(1), &[].into(), &Actor::System, at), Ok(vec![groups[0].id]));
    }

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
