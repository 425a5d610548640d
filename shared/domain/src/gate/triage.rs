//! The order in which a person takes what waits, and which of it is alike.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::gate::approval::Approval;
use crate::gate::risk::Level;
use crate::people::access::Actor;
use crate::{InboxId, MemberId, TokenId};

/// What expires within this comes before everything else.
pub const SOON: SignedDuration = SignedDuration::from_hours(24);

/// What makes two mails alike: who asked, from which inbox, and why they wait.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alike {
    by: (Option<TokenId>, Option<MemberId>),
    inbox_id: InboxId,
    reasons: Vec<String>,
    rules: Vec<String>,
}

/// What a mail has in common with others; none of one about which something deserves a look: that stands alone.
pub fn alike(approval: &Approval) -> Option<Alike> {
    approval.may_be_batched().then(|| Alike {
        by: (approval.requested_by.token(), approval.requested_by.member().filter(|_| is_person(approval))),
        inbox_id: approval.inbox_id,
        reasons: approval.reasons.clone(),
        rules: approval.trace.iter().map(|step| step.rule_name.clone()).collect(),
    })
}

fn is_person(approval: &Approval) -> bool {
    matches!(approval.requested_by, Actor::Member { .. })
}

/// Sorts what waits: what expires within [`SOON`] first, then what matters most, then what expires first. Those that are alike stand
/// where the first of them does.
pub fn sort(items: &mut [Approval], now: Timestamp) {
    let soon = |approval: &Approval| approval.expires_at.duration_since(now) < SOON;
    let mut first: BTreeMap<(bool, Alike), Timestamp> = BTreeMap::new();
    for approval in &*items {
        if let Some(alike) = alike(approval) {
            let known = first.entry((soon(approval), alike)).or_insert(approval.expires_at);
            *known = approval.expires_at.min(*known);
        }
    }
    items.sort_by_cached_key(|approval| {
        let (soon, alike) = (soon(approval), alike(approval));
        let of_group = alike.clone().and_then(|alike| first.get(&(soon, alike)).copied());
        let level: Reverse<Level> = Reverse(approval.level());
        (!soon, level, of_group.unwrap_or(approval.expires_at), alike, approval.expires_at, approval.id)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ApprovalId;
    use crate::gate::approval::tests::held;
    use crate::gate::policy::Terms;
    use crate::gate::risk::Risk;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn waits(n: u8, hours: i64, risks: &[Risk], reason: &str) -> Approval {
        Approval {
            id: ApprovalId::new(NOW, [n; 10]),
            expires_at: NOW + SignedDuration::from_hours(hours),
            risks: Some(risks.iter().copied().collect()),
            reasons: vec![reason.to_owned()],
            ..held(Terms::default())
        }
    }

    #[test]
    fn what_expires_soon_comes_first_then_what_matters_then_what_expires_first() {
        let mut items = vec![
            waits(1, 100, &[], "a"),
            waits(2, 60, &[], "b"),
            waits(3, 90, &[Risk::FirstContact], "a"),
            waits(4, 200, &[Risk::LinksDiffer], "a"),
            waits(5, 300, &[Risk::OddLink], "a"),
            waits(6, 23, &[], "a"),
            waits(7, 20, &[Risk::ThreadTainted], "a"),
            waits(8, 50, &[], "a"),
        ];
        sort(&mut items, NOW);
        let place = |n: u8| items.iter().position(|it| it.id == ApprovalId::new(NOW, [n; 10])).unwrap();
        let places: Vec<usize> = [7, 6, 4, 5, 8, 3, 1, 2].into_iter().map(place).collect();
        assert_eq!(
            places,
            [0, 1, 2, 3, 4, 5, 6, 7],
            "those that are alike stand where the first of them does"
        );
        assert_eq!(alike(&items[2]), None, "what is risky stands alone");
    }

    #[test]
    fn nothing_is_known_of_what_nobody_looked_at() {
        let old = Approval { risks: None, ..waits(1, 100, &[], "a") };
        assert_eq!((old.level(), alike(&old)), (Level::Caution, None));
    }
}
