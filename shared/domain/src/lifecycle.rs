//! The life of a mail that is to go out.
//!
//! ```text
//! pending_approval --approve--> scheduled --claim--> sending --accept--> sent --> delivered | deferred
//!        |                       ^      |              |  |                         | bounced | complained
//!        +--reject--> rejected   |      |              |  +--refuse--> failed
//!        +--expire--> expired    |      |              |
//!                                +--hold off-----------+  (certainly not accepted; at most MAX_ATTEMPTS times)
//!                                       |              |
//!                                       |              +--lose--> unknown --accept--> sent
//!                                       +--accept--> sent   (the provider's event proves that it went)
//! ```
//!
//! Every arrow is a method that takes the state and the time and returns the next state or
//! [`InvalidTransition`]. Nothing else changes a state.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::ApprovalId;
use crate::digest::Digest;

/// What the API calls the state of an outbound mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// A person has not decided yet.
    PendingApproval,
    /// Approved, not yet due or not yet claimed.
    Scheduled,
    /// Claimed: the provider is being called.
    Sending,
    /// The provider accepted it.
    Sent,
    /// Every recipient's server accepted it.
    Delivered,
    /// A recipient's server asked to wait.
    Deferred,
    /// A recipient's server refused it for good.
    Bounced,
    /// A recipient called it spam.
    Complained,
    /// The provider refused it.
    Failed,
    /// A person refused it.
    Rejected,
    /// Nobody decided in time.
    Expired,
    /// It may or may not have been accepted. Never sent again by itself.
    Unknown,
}

impl Status {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::PendingApproval => "pending_approval",
            Status::Scheduled => "scheduled",
            Status::Sending => "sending",
            Status::Sent => "sent",
            Status::Delivered => "delivered",
            Status::Deferred => "deferred",
            Status::Bounced => "bounced",
            Status::Complained => "complained",
            Status::Failed => "failed",
            Status::Rejected => "rejected",
            Status::Expired => "expired",
            Status::Unknown => "unknown",
        }
    }
}

/// What became of the mail at one recipient, in order of gravity: a later word never makes it lighter,
/// so that SES may report in any order and more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Their server asked to wait.
    Deferred,
    /// Their server accepted it.
    Delivered,
    /// Their server refused it for good.
    Bounced,
    /// They called it spam.
    Complained,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Outcome; 4] =
        [Outcome::Deferred, Outcome::Delivered, Outcome::Bounced, Outcome::Complained];

    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Deferred => "deferred",
            Outcome::Delivered => "delivered",
            Outcome::Bounced => "bounced",
            Outcome::Complained => "complained",
        }
    }

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// Where an outbound mail stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Waits for a person.
    PendingApproval {
        /// Until when.
        expires_at: Timestamp,
    },
    /// Approved: may be claimed from `due` on.
    Scheduled {
        /// When to send.
        due: Timestamp,
        /// How often the provider was called already, each time certainly without accepting.
        attempt: u32,
    },
    /// Claimed by one dispatcher.
    Sending {
        /// When.
        claimed_at: Timestamp,
        /// Counting this one.
        attempt: u32,
    },
    /// The provider has it.
    Accepted {
        /// The provider's id of it.
        provider_id: String,
        /// When.
        at: Timestamp,
        /// What is known of each recipient, by lower-case address.
        outcomes: BTreeMap<String, Outcome>,
    },
    /// The provider refused it.
    Failed {
        /// A stable code.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// A person refused it.
    Rejected {
        /// When.
        at: Timestamp,
    },
    /// Nobody decided in time.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// The provider was called and nobody knows what came of it.
    Unknown {
        /// Since when.
        since: Timestamp,
    },
}

/// What an outbound mail has beyond its headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// The approval that decides about it.
    pub approval_id: ApprovalId,
    /// Of the sealed object: what is approved, what is sent.
    pub digest: Digest,
    /// Not before this.
    pub send_at: Option<Timestamp>,
    /// Number of recipients.
    pub recipients: u32,
    /// Where it stands.
    pub state: State,
}

/// A transition that the state does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a mail that is {} can't {transition}", .from.as_str())]
pub struct InvalidTransition {
    /// Where the mail stands.
    pub from: Status,
    /// What was asked.
    pub transition: &'static str,
}

impl Outbound {
    /// So often the provider is called for one mail, as long as it certainly accepted nothing: over a day.
    pub const MAX_ATTEMPTS: u32 = 104;
    /// The longest pause between two of these calls.
    const MAX_PAUSE: i64 = 900;
    /// A dispatcher that is silent for so long is dead: several times its own time limit.
    pub const CLAIM_LIMIT: SignedDuration = SignedDuration::from_mins(3);
    /// A due mail that nobody claimed for so long has lost its workflow.
    pub const START_LIMIT: SignedDuration = SignedDuration::from_mins(2);

    /// The name of the state.
    pub fn status(&self) -> Status {
        match &self.state {
            State::PendingApproval { .. } => Status::PendingApproval,
            State::Scheduled { .. } => Status::Scheduled,
            State::Sending { .. } => Status::Sending,
            State::Failed { .. } => Status::Failed,
            State::Rejected { .. } => Status::Rejected,
            State::Expired { .. } => Status::Expired,
            State::Unknown { .. } => Status::Unknown,
            State::Accepted { outcomes, .. } => match outcomes.values().max() {
                Some(Outcome::Complained) => Status::Complained,
                Some(Outcome::Bounced) => Status::Bounced,
                _ if outcomes.values().any(|outcome| *outcome == Outcome::Deferred) => Status::Deferred,
                Some(_) if outcomes.len() >= usize::try_from(self.recipients).unwrap_or(usize::MAX) => {
                    Status::Delivered
                }
                _ => Status::Sent,
            },
        }
    }

    /// When somebody must look after it if nothing has happened by then; `None` once it rests.
    pub fn watch_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::PendingApproval { expires_at } => Some(*expires_at),
            State::Scheduled { due, .. } => Some(*due + Self::START_LIMIT),
            State::Sending { claimed_at, .. } => Some(*claimed_at + Self::CLAIM_LIMIT),
            _ => None,
        }
    }

    fn refuse<T>(&self, transition: &'static str) -> Result<T, InvalidTransition> {
        Err(InvalidTransition { from: self.status(), transition })
    }

    fn to(self, state: State) -> Self {
        Self { state, ..self }
    }

    /// The approval was given.
    pub fn approve(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        match self.state {
            State::PendingApproval { expires_at } if now < expires_at => {
                let due = self.send_at.map_or(now, |send_at| send_at.max(now));
                Ok(self.to(State::Scheduled { due, attempt: 0 }))
            }
            _ => self.refuse("be approved"),
        }
    }

    /// The approval was refused.
    pub fn reject(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        match self.state {
            State::PendingApproval { .. } => Ok(self.to(State::Rejected { at: now })),
            _ => self.refuse("be rejected"),
        }
    }

    /// Nobody decided.
    pub fn expire(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        match self.state {
            State::PendingApproval { expires_at } if now >= expires_at => {
                Ok(self.to(State::Expired { at: now }))
            }
            _ => self.refuse("expire"),
        }
    }

    /// Its workflow was lost and is started anew: it is watched from now on again.
    pub fn restart(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        match self.state {
            State::Scheduled { due, attempt } if now >= due => {
                Ok(self.to(State::Scheduled { due: now, attempt }))
            }
            _ => self.refuse("be restarted"),
        }
    }

    /// One dispatcher takes it, before it calls the provider.
    pub fn claim(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        match self.state {
            State::Scheduled { due, attempt } if now >= due => {
                Ok(self.to(State::Sending { claimed_at: now, attempt: attempt + 1 }))
            }
            _ => self.refuse("be claimed"),
        }
    }

    /// The provider certainly did not accept it, and may later: back to the queue, or failed after
    /// [`Self::MAX_ATTEMPTS`].
    pub fn hold_off(self, now: Timestamp, reason: &str) -> Result<Self, InvalidTransition> {
        match self.state {
            State::Sending { attempt, .. } if attempt < Self::MAX_ATTEMPTS => {
                let pause = 2_i64.saturating_pow(attempt).min(Self::MAX_PAUSE);
                Ok(self.to(State::Scheduled { due: now + SignedDuration::from_secs(pause), attempt }))
            }
            State::Sending { .. } => Ok(self.to(State::Failed { reason: reason.to_owned(), at: now })),
            _ => self.refuse("be held off"),
        }
    }

    /// The provider refused it for good.
    pub fn fail(self, now: Timestamp, reason: &str) -> Result<Self, InvalidTransition> {
        match self.state {
            State::Sending { .. } => Ok(self.to(State::Failed { reason: reason.to_owned(), at: now })),
            _ => self.refuse("fail"),
        }
    }

    /// Nobody knows whether the provider accepted it.
    pub fn lose(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        match self.state {
            State::Sending { .. } => Ok(self.to(State::Unknown { since: now })),
            _ => self.refuse("be lost"),
        }
    }

    /// The provider accepted it: by its answer, or by an event that carries our id. An event is believed in
    /// every state after a claim, since it proves that the mail went, whatever we thought of the call.
    pub fn accept(self, now: Timestamp, provider_id: &str) -> Result<Self, InvalidTransition> {
        match self.state {
            State::Accepted { .. } => Ok(self),
            State::Sending { .. } | State::Unknown { .. } | State::Failed { .. } => {
                Ok(self.to(accepted(now, provider_id)))
            }
            State::Scheduled { attempt, .. } if attempt > 0 => Ok(self.to(accepted(now, provider_id))),
            _ => self.refuse("be accepted"),
        }
    }

    /// What a recipient's server said, by the provider's event. Implies that the provider accepted the mail.
    pub fn report(
        self,
        now: Timestamp,
        provider_id: &str,
        outcome: Outcome,
        recipients: &[String],
    ) -> Result<Self, InvalidTransition> {
        let mut next = self.accept(now, provider_id)?;
        if let State::Accepted { outcomes, .. } = &mut next.state {
            for recipient in recipients {
                let known = outcomes.entry(recipient.to_ascii_lowercase()).or_insert(outcome);
                *known = outcome.max(*known);
            }
        }
        Ok(next)
    }
}

fn accepted(at: Timestamp, provider_id: &str) -> State {
    State::Accepted { provider_id: provider_id.to_owned(), at, outcomes: BTreeMap::new() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const T0: Timestamp = Timestamp::UNIX_EPOCH;

    fn at(seconds: i64) -> Timestamp {
        T0 + SignedDuration::from_secs(seconds)
    }

    fn outbound(state: State) -> Outbound {
        Outbound {
            approval_id: ApprovalId::new(T0, [0; 10]),
            digest: Digest::of(b"x"),
            send_at: None,
            recipients: 2,
            state,
        }
    }

    fn states() -> Vec<Outbound> {
        [
            State::PendingApproval { expires_at: at(100) },
            State::Scheduled { due: at(10), attempt: 0 },
            State::Scheduled { due: at(10), attempt: 2 },
            State::Sending { claimed_at: at(10), attempt: 1 },
            State::Sending { claimed_at: at(10), attempt: Outbound::MAX_ATTEMPTS },
            accepted(at(10), "p"),
            State::Failed { reason: "r".into(), at: at(10) },
            State::Rejected { at: at(10) },
            State::Expired { at: at(10) },
            State::Unknown { since: at(10) },
        ]
        .map(outbound)
        .into()
    }

    /// Every transition from every state: what is not on this list is refused.
    #[test]
    fn the_whole_table() {
        type Transition = (&'static str, fn(Outbound) -> Result<Outbound, InvalidTransition>);
        let transitions: [Transition; 10] = [
            ("approve", |m| m.approve(at(50))),
            ("reject", |m| m.reject(at(50))),
            ("expire", |m| m.expire(at(150))),
            ("restart", |m| m.restart(at(50))),
            ("claim", |m| m.claim(at(50))),
            ("hold_off", |m| m.hold_off(at(50), "throttled")),
            ("fail", |m| m.fail(at(50), "refused")),
            ("lose", |m| m.lose(at(50))),
            ("accept", |m| m.accept(at(50), "p")),
            ("report", |m| m.report(at(50), "p", Outcome::Bounced, &["a@b.c".into()])),
        ];
        let mut table = Vec::new();
        for (index, state) in states().into_iter().enumerate() {
            for (name, transition) in &transitions {
                if let Ok(next) = transition(state.clone()) {
                    table.push(format!(
                        "{index} {} {name} {}",
                        state.status().as_str(),
                        next.status().as_str()
                    ));
                }
            }
        }
        assert_eq!(
            table,
            [
                "0 pending_approval approve scheduled",
                "0 pending_approval reject rejected",
                "0 pending_approval expire expired",
                "1 scheduled restart scheduled",
                "1 scheduled claim sending",
                "2 scheduled restart scheduled",
                "2 scheduled claim sending",
                "2 scheduled accept sent",
                "2 scheduled report bounced",
                "3 sending hold_off scheduled",
                "3 sending fail failed",
                "3 sending lose unknown",
                "3 sending accept sent",
                "3 sending report bounced",
                "4 sending hold_off failed",
                "4 sending fail failed",
                "4 sending lose unknown",
                "4 sending accept sent",
                "4 sending report bounced",
                "5 sent accept sent",
                "5 sent report bounced",
                "6 failed accept sent",
                "6 failed report bounced",
                "9 unknown accept sent",
                "9 unknown report bounced",
            ]
        );
    }

    #[test]
    fn time_bounds_are_exact() {
        let pending = outbound(State::PendingApproval { expires_at: at(100) });
        assert!(pending.clone().approve(at(99)).is_ok());
        assert!(pending.clone().approve(at(100)).is_err());
        assert!(pending.clone().expire(at(99)).is_err());
        assert!(pending.expire(at(100)).is_ok());
        let scheduled = outbound(State::Scheduled { due: at(10), attempt: 0 });
        assert!(scheduled.clone().claim(at(9)).is_err());
        assert!(scheduled.claim(at(10)).is_ok());
    }

    #[test]
    fn a_mail_is_not_due_before_its_send_at() {
        let mut pending = outbound(State::PendingApproval { expires_at: at(100) });
        pending.send_at = Some(at(500));
        let scheduled = pending.clone().approve(at(5)).unwrap();
        assert_eq!(scheduled.state, State::Scheduled { due: at(500), attempt: 0 });
        pending.send_at = Some(at(1));
        assert_eq!(pending.approve(at(5)).unwrap().state, State::Scheduled { due: at(5), attempt: 0 });
    }

    #[test]
    fn delivered_means_every_recipient() {
        let sent = outbound(accepted(at(1), "p"));
        let one = sent.report(at(2), "p", Outcome::Delivered, &["A@b.c".into()]).unwrap();
        assert_eq!(one.status(), Status::Sent);
        let both = one.clone().report(at(3), "p", Outcome::Delivered, &["d@e.f".into()]).unwrap();
        assert_eq!(both.status(), Status::Delivered);
        let bounced = one.report(at(3), "p", Outcome::Bounced, &["d@e.f".into()]).unwrap();
        assert_eq!(bounced.status(), Status::Bounced);
    }

    #[test]
    fn whatever_moves_is_watched() {
        for state in states() {
            let moves =
                matches!(state.status(), Status::PendingApproval | Status::Scheduled | Status::Sending);
            assert_eq!(state.watch_at().is_some(), moves, "{:?}", state.status());
        }
    }

    proptest! {
        /// SES reports in any order and more than once: the end is the same.
        #[test]
        fn reports_commute(reports in prop::collection::vec((0usize..4, 0usize..2), 0..12), seed: u64) {
            let apply = |list: &[(usize, usize)]| list.iter().fold(outbound(accepted(at(1), "p")), |m, (o, r)| {
                m.report(at(2), "p", Outcome::ALL[*o], &[format!("r{r}@x.y")]).unwrap()
            });
            let mut other = reports.clone();
            other.extend(reports.clone());
            let len = other.len().max(1);
            other.rotate_left(usize::try_from(seed % len as u64).unwrap());
            other.reverse();
            prop_assert_eq!(apply(&reports), apply(&other));
        }
    }
}
