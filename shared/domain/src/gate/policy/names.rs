//! What a policy names of the organization: whoever writes one is told of what is not there.

use std::collections::BTreeSet;

use super::{Condition, Outcome, PolicyBook, PolicyContent, Requirement};
use crate::gate::group::{Group, GroupName};
use crate::people::access::{Role, Scope};
use crate::{InboxId, MemberId, PolicyId, TokenId};

/// Something that a policy names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// An inbox.
    Inbox(InboxId),
    /// A token.
    Token(TokenId),
    /// A member.
    Member(MemberId),
    /// A group.
    Group(GroupName),
}

/// A requirement that fewer can meet than it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impossible {
    /// Where it stands, such as `rules[0].terms.requirements[1]`.
    pub path: String,
    /// The rule's place, from 0.
    pub rule: usize,
    /// How many votes it asks for.
    pub quorum: u8,
    /// How many members could give one.
    pub able: usize,
    /// Whose votes count.
    pub voters: String,
}

impl PolicyContent {
    /// What it names, with where.
    pub fn named(&self) -> Vec<(String, Named)> {
        let mut out: Vec<(String, Named)> =
            self.inboxes.iter().flatten().map(|id| ("inbox_ids".to_owned(), Named::Inbox(*id))).collect();
        for (i, rule) in self.rules.iter().enumerate() {
            walk(&rule.when, &format!("rules[{i}].when"), &mut out);
        }
        for (path, _, requirement) in self.requirements() {
            let at = format!("{path}.from");
            out.extend(requirement.groups.iter().map(|name| (at.clone(), Named::Group(name.clone()))));
            out.extend(requirement.members.iter().map(|id| (at.clone(), Named::Member(*id))));
        }
        out
    }

    /// Whether it asks members of this group for votes.
    pub fn asks(&self, group: &GroupName) -> bool {
        self.requirements().iter().any(|(_, _, requirement)| requirement.groups.contains(group))
    }

    /// Whether any of its holds asks for other votes than one of whoever decides.
    pub fn asks_for_more(&self) -> bool {
        self.requirements().iter().any(|(_, _, requirement)| !requirement.is_plain())
    }

    /// The requirements that too few could meet of these members with their roles.
    pub fn impossible(&self, groups: &[Group], members: &[(MemberId, Role)]) -> Vec<Impossible> {
        let short = |(path, rule, requirement): (String, usize, &Requirement)| {
            let of_groups: BTreeSet<MemberId> = groups
                .iter()
                .filter(|group| requirement.groups.contains(&group.name))
                .flat_map(|group| group.members.iter().copied())
                .collect();
            let able = members.iter().filter(|(id, role)| {
                role.scopes().contains(&Scope::ApprovalsDecide)
                    && (requirement.takes(*id, *role) || of_groups.contains(id))
            });
            let (able, quorum) = (able.count(), requirement.quorum);
            let is_short = !requirement.is_plain() && able < usize::from(quorum);
            is_short.then(|| Impossible { path, rule, quorum, able, voters: requirement.voters() })
        };
        self.requirements().into_iter().filter_map(short).collect()
    }

    /// Its requirements, with where they stand and the place of their rule.
    fn requirements(&self) -> Vec<(String, usize, &Requirement)> {
        let mut out = vec![];
        for (i, rule) in self.rules.iter().enumerate() {
            if let Outcome::Hold(terms) = &rule.outcome {
                let at = |j: usize| format!("rules[{i}].terms.requirements[{j}]");
                out.extend(terms.requirements.iter().enumerate().map(|(j, one)| (at(j), i, one)));
            }
        }
        out
    }
}

impl Requirement {
    /// Whether it is what every mail waits for: one vote of whoever decides. Each organization has an owner.
    fn is_plain(&self) -> bool {
        *self == Requirement::of_roles(1, super::DECIDERS)
    }
}

impl PolicyBook {
    /// The policies that ask members of this group for votes, also those that can't be read any more.
    pub fn asking(&self, group: &GroupName) -> Vec<PolicyId> {
        let asking = self.policies.iter().filter(|policy| policy.content.asks(group)).map(|policy| policy.id);
        let written = format!("\"group:{group}\"");
        let broken = self.unreadable.iter().filter(|one| one.stored.contains(&written));
        asking.chain(broken.filter_map(|one| one.id)).collect()
    }
}

fn walk(condition: &Condition, path: &str, out: &mut Vec<(String, Named)>) {
    let mut several = |list: &[Condition], name: &str| {
        for (i, one) in list.iter().enumerate() {
            walk(one, &format!("{path}.{name}[{i}]"), out);
        }
    };
    match condition {
        Condition::All(list) => several(list, "all"),
        Condition::Any(list) => several(list, "any"),
        Condition::Not(one) => walk(one, &format!("{path}.not"), out),
        Condition::Sender(test) => {
            let at = |field: &str| format!("{path}.sender.{field}");
            out.extend(test.inbox_in.iter().flatten().map(|id| (at("inbox_in"), Named::Inbox(*id))));
            out.extend(test.token_in.iter().flatten().map(|id| (at("token_in"), Named::Token(*id))));
            out.extend(test.member_in.iter().flatten().map(|id| (at("member_in"), Named::Member(*id))));
        }
        _ => {}
    }
}
