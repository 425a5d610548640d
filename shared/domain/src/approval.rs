//! The request for a human decision.

use jiff::{SignedDuration, Timestamp};

use crate::access::Actor;
use crate::digest::Digest;
use crate::message::Party;
use crate::{ApprovalId, InboxId, MemberId, MessageId, OrganizationId, ThreadId};

/// What was decided, by whom and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Not yet.
    Pending,
    /// Let it go.
    Approved {
        /// Who.
        by: MemberId,
        /// When.
        at: Timestamp,
    },
    /// Don't.
    Rejected {
        /// Who.
        by: MemberId,
        /// When.
        at: Timestamp,
        /// Why, in their words, at most 2,000 characters.
        reason: String,
    },
    /// Nobody decided in time.
    Expired {
        /// When.
        at: Timestamp,
    },
}

impl Decision {
    /// The names of all statuses an approval can have today.
    pub const STATUSES: [&str; 4] = ["pending", "approved", "rejected", "expired"];

    /// The name in the API.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Decision::Pending => "pending",
            Decision::Approved { .. } => "approved",
            Decision::Rejected { .. } => "rejected",
            Decision::Expired { .. } => "expired",
        }
    }
}

/// A mail that waits for a person, and what a list shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The sending inbox.
    pub inbox_id: InboxId,
    /// The mail.
    pub message_id: MessageId,
    /// The conversation that it belongs to.
    pub thread_id: ThreadId,
    /// The received mail that it answers.
    pub answers: Option<MessageId>,
    /// Of the sealed object.
    pub digest: Digest,
    /// Who asked.
    pub requested_by: Actor,
    /// When.
    pub requested_at: Timestamp,
    /// Until when it can be decided.
    pub expires_at: Timestamp,
    /// Not before this.
    pub send_at: Option<Timestamp>,
    /// Why it was held, as stable codes.
    pub reasons: Vec<String>,
    /// Recipients of all kinds, for the list.
    pub recipients: Vec<Party>,
    /// For the list.
    pub subject: String,
    /// For the list.
    pub preview: String,
    /// For the list.
    pub attachment_count: u32,
    /// What was decided.
    pub decision: Decision,
    /// Where the waiting workflow is resumed; none while it has not parked yet.
    pub task_token: Option<String>,
    /// The message's version while it waits: deciding moves it on without reading it.
    pub message_version: u64,
    /// Counts changes.
    pub version: u64,
}

/// Why a decision is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecisionRefused {
    /// It is decided already, or expired.
    #[error("this approval is {0} already")]
    NotPending(&'static str),
    /// The caller saw something else.
    #[error("the digest is not that of the mail that waits: look at it again")]
    DigestMismatch {
        /// Of the mail that waits.
        current: Digest,
    },
    /// Two persons are the point of it.
    #[error("whoever asked for a mail to be sent, or owns the token that did, can't approve it")]
    Requester,
    /// A machine can't countersign.
    #[error("a decision needs a person")]
    NoPerson,
}

impl Approval {
    /// How long an approval waits where nothing else is said.
    pub const DEFAULT_EXPIRY: SignedDuration = SignedDuration::from_hours(7 * 24);

    /// Whether it can still be decided.
    pub fn is_pending(&self, now: Timestamp) -> bool {
        self.decision == Decision::Pending && now < self.expires_at
    }

    /// The status in the API: an approval whose time is over has expired, written down or not.
    pub fn status(&self, now: Timestamp) -> &'static str {
        match self.decision {
            Decision::Pending if now >= self.expires_at => "expired",
            _ => self.decision.as_str(),
        }
    }

    fn check(&self, by: &Actor, digest: Digest, now: Timestamp) -> Result<MemberId, DecisionRefused> {
        let member = by.member().ok_or(DecisionRefused::NoPerson)?;
        if !self.is_pending(now) {
            return Err(DecisionRefused::NotPending(self.status(now)));
        }
        if digest != self.digest {
            return Err(DecisionRefused::DigestMismatch { current: self.digest });
        }
        Ok(member)
    }

    /// A person lets exactly these bytes go.
    pub fn approve(mut self, by: &Actor, digest: Digest, now: Timestamp) -> Result<Self, DecisionRefused> {
        let member = self.check(by, digest, now)?;
        // The owner of a token answers for what it asks: they are the requester as much as the token is.
        if self.requested_by.member() == Some(member) {
            return Err(DecisionRefused::Requester);
        }
        self.decision = Decision::Approved { by: member, at: now };
        Ok(self)
    }

    /// A person stops it. Whoever asked for it may: that harms nobody.
    pub fn reject(
        mut self,
        by: &Actor,
        digest: Digest,
        reason: String,
        now: Timestamp,
    ) -> Result<Self, DecisionRefused> {
        let member = self.check(by, digest, now)?;
        self.decision = Decision::Rejected { by: member, at: now, reason };
        Ok(self)
    }

    /// Nobody decided in time.
    pub fn expire(mut self, now: Timestamp) -> Result<Self, DecisionRefused> {
        if self.decision != Decision::Pending || now < self.expires_at {
            return Err(DecisionRefused::NotPending(self.status(now)));
        }
        self.decision = Decision::Expired { at: now };
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenId;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn member(n: u8) -> MemberId {
        MemberId::new(NOW, [n; 10])
    }

    fn approval() -> Approval {
        Approval {
            id: ApprovalId::new(NOW, [0; 10]),
            organization_id: OrganizationId::new(NOW, [0; 10]),
            inbox_id: InboxId::new(NOW, [0; 10]),
            message_id: MessageId::new(NOW, [0; 10]),
            thread_id: ThreadId::new(NOW, [0; 10]),
            answers: None,
            digest: Digest::of(b"mail"),
            requested_by: Actor::Member { member_id: member(1) },
            requested_at: NOW,
            expires_at: NOW + Approval::DEFAULT_EXPIRY,
            send_at: None,
            reasons: vec![],
            recipients: vec![],
            subject: String::new(),
            preview: String::new(),
            attachment_count: 0,
            decision: Decision::Pending,
            task_token: None,
            message_version: 1,
            version: 1,
        }
    }

    #[test]
    fn another_digest_is_refused_and_the_right_one_named() {
        let by = Actor::Member { member_id: member(2) };
        let refused = approval().approve(&by, Digest::of(b"other"), NOW).unwrap_err();
        assert_eq!(refused, DecisionRefused::DigestMismatch { current: Digest::of(b"mail") });
        assert!(approval().approve(&by, Digest::of(b"mail"), NOW).is_ok());
    }

    #[test]
    fn the_requester_may_reject_but_not_approve() {
        let by = Actor::Member { member_id: member(1) };
        assert_eq!(approval().approve(&by, Digest::of(b"mail"), NOW), Err(DecisionRefused::Requester));
        assert!(approval().reject(&by, Digest::of(b"mail"), "no".into(), NOW).is_ok());
        let through_a_token = Actor::Token { token_id: TokenId::new(NOW, [0; 10]), member_id: member(1) };
        assert_eq!(
            approval().approve(&through_a_token, Digest::of(b"mail"), NOW),
            Err(DecisionRefused::Requester)
        );
    }

    #[test]
    fn the_system_never_approves() {
        assert_eq!(
            approval().approve(&Actor::System, Digest::of(b"mail"), NOW),
            Err(DecisionRefused::NoPerson)
        );
    }

    #[test]
    fn it_is_decided_once_and_in_time() {
        let by = Actor::Member { member_id: member(2) };
        let approved = approval().approve(&by, Digest::of(b"mail"), NOW).unwrap();
        assert_eq!(
            approved.clone().reject(&by, Digest::of(b"mail"), "late".into(), NOW),
            Err(DecisionRefused::NotPending("approved"))
        );
        assert!(approved.expire(NOW + Approval::DEFAULT_EXPIRY).is_err());
        let late = NOW + Approval::DEFAULT_EXPIRY;
        assert_eq!(
            approval().approve(&by, Digest::of(b"mail"), late),
            Err(DecisionRefused::NotPending("expired"))
        );
        assert!(approval().expire(late - SignedDuration::from_secs(1)).is_err());
        assert!(approval().expire(late).is_ok());
    }
}
