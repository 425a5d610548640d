//! Standing approvals: "the next five mails to this conversation, recipient or domain, until Friday".
//!
//! Using one casts its maker's vote, no more: a mail that needs two votes still waits for the second, and the
//! maker's vote counts only where it would count by hand. Every use is counted in the transaction of the submission.

use jiff::{SignedDuration, Timestamp};

use crate::base::address::EmailAddress;
use crate::gate::approval::Voter;
use crate::people::access::Credential;
use crate::{InboxId, OrganizationId, StandingApprovalId, ThreadId};

/// What a standing approval covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// Answers in this conversation, to addresses that were written to before.
    Thread(ThreadId),
    /// Mail to this address alone.
    Recipient(EmailAddress),
    /// Mail to addresses of this domain alone; its subdomains are others.
    Domain(String),
}

/// A budget of mails that a person approves ahead.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StandingApproval {
    /// Its id.
    pub id: StandingApprovalId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The only inbox that it holds for; all where none is named.
    pub inbox_id: Option<InboxId>,
    /// What it covers.
    pub target: Target,
    /// So many mails, 1 to [`Self::MAX_BUDGET`].
    pub budget: u32,
    /// So many were sent under it.
    pub used: u32,
    /// Until when.
    pub expires_at: Timestamp,
    /// Who made it, with the role that they had then.
    pub made_by: Voter,
    /// With what: a session, or it covers nothing. A program makes none.
    pub made_with: Credential,
    /// When.
    pub created_at: Timestamp,
    /// Since when it holds no more.
    pub revoked_at: Option<Timestamp>,
    /// Counts changes.
    pub version: u64,
}

/// A mail that asks whether it is covered.
#[derive(Debug, Clone, Copy)]
pub struct Mail<'a> {
    /// The sending inbox.
    pub inbox_id: InboxId,
    /// The conversation, where it answers in one.
    pub thread_id: Option<ThreadId>,
    /// Not before this.
    pub send_at: Option<Timestamp>,
    /// Every recipient, with whether they are written to for the first time.
    pub recipients: &'a [(EmailAddress, bool)],
    /// Something in the conversation looked wrong.
    pub tainted: bool,
    /// It answers a mail that a program wrote.
    pub answers_automatic: bool,
}

impl StandingApproval {
    /// Upper bound of a budget.
    pub const MAX_BUDGET: u32 = 1_000;
    /// Upper bound of its time.
    pub const MAX_TIME: SignedDuration = SignedDuration::from_hours(90 * 24);

    /// Whether what was approved by it stands: nobody revoked it, and a person made it.
    pub fn stands(&self) -> bool {
        self.revoked_at.is_none() && self.made_with.is_person()
    }

    /// Whether it could be used at all now.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.stands() && now < self.expires_at && self.used < self.budget
    }

    /// Whether it covers this mail. A tainted conversation, and an answer to a program's mail, always need a person.
    pub fn covers(&self, mail: &Mail<'_>, now: Timestamp) -> bool {
        if !self.is_live(now) || mail.tainted || mail.answers_automatic || mail.recipients.is_empty() {
            return false;
        }
        if mail.send_at.is_some_and(|at| at >= self.expires_at) {
            return false;
        }
        if self.inbox_id.is_some_and(|inbox| inbox != mail.inbox_id) {
            return false;
        }
        mail.recipients.iter().all(|(address, first_contact)| match &self.target {
            Target::Thread(thread) => mail.thread_id == Some(*thread) && !first_contact,
            Target::Recipient(covered) => covered.mailbox_key() == address.mailbox_key(),
            Target::Domain(domain) => address.domain().eq_ignore_ascii_case(domain),
        })
    }

    /// One more mail under it.
    #[must_use]
    pub fn spend(self) -> Self {
        Self { used: self.used.saturating_add(1), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::id::Id as _;
    use crate::people::access::Role;
    use crate::{MemberId, SessionId, TokenId};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn standing(target: Target) -> StandingApproval {
        StandingApproval {
            id: StandingApprovalId::new(NOW, [1; 10]),
            organization_id: OrganizationId::new(NOW, [1; 10]),
            inbox_id: Some(InboxId::new(NOW, [1; 10])),
            target,
            budget: 2,
            used: 0,
            expires_at: NOW + SignedDuration::from_hours(1),
            made_by: Voter { member_id: MemberId::new(NOW, [1; 10]), role: Role::Approver },
            made_with: Credential::Session(SessionId::new(NOW, [1; 10])),
            created_at: NOW,
            revoked_at: None,
            version: 1,
        }
    }

    fn recipients(list: &[(&str, bool)]) -> Vec<(EmailAddress, bool)> {
        list.iter().map(|(text, first)| (EmailAddress::parse(text).unwrap(), *first)).collect()
    }

    fn mail(recipients: &[(EmailAddress, bool)]) -> Mail<'_> {
        Mail {
            inbox_id: InboxId::new(NOW, [1; 10]),
            thread_id: ThreadId::parse("thr_00000000000000000000000000").ok(),
            send_at: None,
            recipients,
            tainted: false,
            answers_automatic: false,
        }
    }

    #[test]
    fn it_covers_what_it_names_and_nothing_beside_it() {
        let ann = EmailAddress::parse("Ann@a.example").unwrap();
        let thread = ThreadId::parse("thr_00000000000000000000000000").unwrap();
        let other = ThreadId::parse("thr_00000000000000000000000001").unwrap();
        let to_ann = recipients(&[("ann@A.example", true)]);
        let to_both = recipients(&[("ann@a.example", false), ("eve@e.example", false)]);
        let to_sub = recipients(&[("ann@x.a.example", false)]);
        let known = recipients(&[("bob@b.example", false)]);
        for (target, to, covered) in [
            (Target::Recipient(ann.clone()), &to_ann, true),
            (Target::Recipient(ann), &to_both, false),
            (Target::Domain("a.example".into()), &to_ann, true),
            (Target::Domain("a.example".into()), &to_both, false),
            (Target::Domain("a.example".into()), &to_sub, false),
            (Target::Thread(thread), &known, true),
            (Target::Thread(thread), &to_ann, false),
            (Target::Thread(other), &known, false),
        ] {
            assert_eq!(standing(target.clone()).covers(&mail(to), NOW), covered, "{target:?}");
        }
    }

    #[test]
    fn taint_programs_time_budget_inbox_and_revocation_end_it() {
        let to = recipients(&[("ann@a.example", false)]);
        let of = || standing(Target::Domain("a.example".into()));
        assert!(of().covers(&mail(&to), NOW));
        assert!(!of().covers(&Mail { tainted: true, ..mail(&to) }, NOW));
        assert!(!of().covers(&Mail { answers_automatic: true, ..mail(&to) }, NOW));
        assert!(!of().covers(&Mail { inbox_id: InboxId::new(NOW, [2; 10]), ..mail(&to) }, NOW));
        assert!(!of().covers(&mail(&[]), NOW));
        let later = Some(NOW + SignedDuration::from_hours(2));
        assert!(!of().covers(&Mail { send_at: later, ..mail(&to) }, NOW), "it leaves after the end");
        assert!(!of().covers(&mail(&to), NOW + SignedDuration::from_hours(1)));
        assert!(!of().spend().spend().covers(&mail(&to), NOW));
        assert!(!StandingApproval { revoked_at: Some(NOW), ..of() }.covers(&mail(&to), NOW));
        let program = Credential::Token { id: TokenId::new(NOW, [1; 10]), chain: vec![] };
        assert!(!StandingApproval { made_with: program, ..of() }.covers(&mail(&to), NOW));
    }
}
