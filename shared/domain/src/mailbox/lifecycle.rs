//! The life of a mail that is to go out.
//!
//! ```text
//! pending_approval --approve--> scheduled --claim--> sending --accept--> sent --> delivered | deferred
//!   |  |  |  |                   ^  |   ^             |  |  |                      | bounced | complained
//!   |  |  |  +--reject--> rejected  |   +--stand back-+  |  |   (paused meanwhile: nothing was called)
//!   |  |  +--expire--> expired      |   +--put off-------+  |   (quiet hours: nothing was called)
//!   |  |                            |   +--hold off------+  |   (certainly not accepted; at most MAX_ATTEMPTS times)
//!   |  +--cancel--> cancelled <-----+------call off---------+
//!   +--revise--> pending_approval   |                       +--refuse--> failed
//!                                   |                       +--lose--> unknown --accept--> sent
//!   ^                               +--accept--> sent   (the provider's event proves that it went)
//!   +-----------take back-----------+                   (an approver thinks again: the provider was never called)
//! ```
//!
//! Every arrow is a method that takes the state and the time and returns the next state or
//! [`InvalidTransition`]. Nothing else changes a state.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::{ApprovalId, MessageId, TokenId};

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
    /// Called off before it was claimed.
    Cancelled,
    /// It may or may not have been accepted. Never sent again by itself.
    Unknown,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 13] = [
        Status::PendingApproval,
        Status::Scheduled,
        Status::Sending,
        Status::Sent,
        Status::Delivered,
        Status::Deferred,
        Status::Bounced,
        Status::Complained,
        Status::Failed,
        Status::Rejected,
        Status::Expired,
        Status::Cancelled,
        Status::Unknown,
    ];

    /// Reads the name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether it did not go, and will not go by itself.
    pub const fn did_not_go(self) -> bool {
        matches!(self, Status::Failed | Status::Rejected | Status::Expired | Status::Cancelled)
    }

    /// Whether the provider has it, whatever became of it there.
    pub const fn went(self) -> bool {
        matches!(
            self,
            Status::Sent | Status::Delivered | Status::Deferred | Status::Bounced | Status::Complained
        )
    }

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
            Status::Cancelled => "cancelled",
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

/// Tells one claim from another: 8 random bytes, drawn before the claim is written.
pub type Nonce = [u8; 8];

/// Where an outbound mail stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum State {
    /// Waits for a person.
    PendingApproval {
        /// Until when.
        expires_at: Timestamp,
        /// When those who may vote are reminded next.
        remind_at: Option<Timestamp>,
    },
    /// Cleared: may be claimed from `due` on.
    Scheduled {
        /// When to send.
        due: Timestamp,
        /// How often the provider was called already, each time certainly without accepting.
        attempt: u32,
        /// When the sweeper looks after it if nobody has claimed it by then.
        look_at: Timestamp,
    },
    /// Claimed by one dispatcher.
    Sending {
        /// When.
        claimed_at: Timestamp,
        /// Counting this one.
        attempt: u32,
        /// By which claim: a dispatcher whose write was answered by silence finds its own claim again.
        claim: Nonce,
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
    /// Called off before the provider was called, or after it certainly had not accepted it.
    Cancelled {
        /// When.
        at: Timestamp,
        /// A person's words, or a stable code.
        reason: String,
        /// How often the provider had been called.
        attempt: u32,
    },
    /// The provider was called and nobody knows what came of it.
    Unknown {
        /// Since when.
        since: Timestamp,
        /// How often somebody was told of it, the first time not counted.
        told: u8,
    },
}

/// What an outbound mail has beyond its headers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Outbound {
    /// The approval that decides about it.
    pub approval_id: ApprovalId,
    /// Of the sealed object: what is approved, what is sent.
    pub digest: Digest,
    /// Not before this.
    pub send_at: Option<Timestamp>,
    /// Number of recipients.
    pub recipients: u32,
    /// Whether one of them was never written to before: the provider's acceptance makes them known.
    pub first_contact: bool,
    /// Whether it passes a mail on, and answers nobody: whoever gets it is no party of the conversation.
    pub forward: bool,
    /// The attempts at sending it once more, the first first: other mails, each with an approval of its own. They stand with
    /// the first mail of all alone.
    pub sent_again_as: Vec<MessageId>,
    /// The token that asked for it, where a program did.
    pub token_id: Option<TokenId>,
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
    /// A paused mail is looked after so often: resuming it may have been missed.
    pub const PAUSED_LOOK: SignedDuration = SignedDuration::from_mins(15);
    /// Whoever asked is told again of a mail that is still unknown after so many hours.
    const UNKNOWN_LOOKS: [i64; 3] = [1, 24, 72];

    /// The name of the state.
    pub fn status(&self) -> Status {
        match &self.state {
            State::PendingApproval { .. } => Status::PendingApproval,
            State::Scheduled { .. } => Status::Scheduled,
            State::Sending { .. } => Status::Sending,
            State::Failed { .. } => Status::Failed,
            State::Rejected { .. } => Status::Rejected,
            State::Expired { .. } => Status::Expired,
            State::Cancelled { .. } => Status::Cancelled,
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
            State::PendingApproval { expires_at, remind_at } => {
                Some(remind_at.map_or(*expires_at, |at| at.min(*expires_at)))
            }
            State::Scheduled { look_at, .. } => Some(*look_at),
            State::Sending { claimed_at, .. } => Some(*claimed_at + Self::CLAIM_LIMIT),
            State::Unknown { since, told } => Self::UNKNOWN_LOOKS
                .get(usize::from(*told))
                .map(|hours| *since + SignedDuration::from_hours(*hours)),
            _ => None,
        }
    }

    fn refuse<T>(&self, transition: &'static str) -> Result<T, InvalidTransition> {
        Err(InvalidTransition { from: self.status(), transition })
    }

    fn to(self, state: State) -> Self {
        Self { state, ..self }
    }

    /// The approval was given, or none was needed: it goes at its time, and not before `not_before`.
    pub fn approve(self, now: Timestamp, not_before: Timestamp) -> Result<Self, InvalidTransition> {
        match self.state {
            State::PendingApproval { expires_at, .. } if now < expires_at => {
                let due = self.send_at.map_or(now, |send_at| send_at.max(now)).max(not_before);
                Ok(self.to(State::Scheduled { due, attempt: 0, look_at: due + Self::START_LIMIT }))
            }
            _ => self.refuse("be approved"),
        }
    }

    /// A vote that it needs was taken back: it waits again. One that was given to the provider before does not: a report of that may
    /// come yet, and whoever wants to stop it calls it off.
    pub fn take_back(
        self,
        expires_at: Timestamp,
        remind_at: Option<Timestamp>,
    ) -> Result<Self, InvalidTransition> {
        match self.state {
            State::Scheduled { attempt: 0, .. } => {
                Ok(self.to(State::PendingApproval { expires_at, remind_at }))
            }
            _ => self.refuse("wait for votes again"),
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
            State::PendingApproval { expires_at, .. } if now >= expires_at => {
                Ok(self.to(State::Expired { at: now }))
            }
            _ => self.refuse("expire"),
        }
    }

    /// Those who may vote were reminded, and are again after `pause`.
    pub fn remind(self, now: Timestamp, pause: SignedDuration) -> Result<Self, InvalidTransition> {
        match self.state {
            State::PendingApproval { expires_at, remind_at: Some(at) } if at <= now && now < expires_at => {
                Ok(self.to(State::PendingApproval { expires_at, remind_at: Some(now + pause) }))
            }
            _ => self.refuse("be reminded of"),
        }
    }

    /// It was edited: other bytes wait under another approval.
    pub fn revise(self, next: Outbound) -> Result<Self, InvalidTransition> {
        match (&self.state, &next.state) {
            (State::PendingApproval { .. }, State::PendingApproval { .. }) => Ok(next),
            _ => self.refuse("be edited"),
        }
    }

    /// It did not go, or nobody knows, and `attempt` is to go in its place. There is one attempt at a time: `earlier` tells
    /// where each of [`Self::sent_again_as`] stands. The last of all must not have gone, or nobody knows and `knowing` says
    /// that it is that one which is to be sent again; and none before it may have gone after all.
    pub fn send_again(
        mut self,
        attempt: MessageId,
        earlier: &[Status],
        knowing: bool,
    ) -> Result<Self, InvalidTransition> {
        let last = earlier.last().copied().unwrap_or(self.status());
        let over = last.did_not_go() || (last == Status::Unknown && knowing);
        let none_went = !self.status().went() && !earlier.iter().any(|status| status.went());
        if over && none_went && earlier.len() == self.sent_again_as.len() {
            self.sent_again_as.push(attempt);
            return Ok(self);
        }
        self.refuse("be sent again")
    }

    /// A person calls it off, before it is claimed.
    pub fn cancel(self, now: Timestamp, reason: &str) -> Result<Self, InvalidTransition> {
        let attempt = match self.state {
            State::PendingApproval { .. } => 0,
            State::Scheduled { attempt, .. } => attempt,
            _ => return self.refuse("be cancelled"),
        };
        Ok(self.to(State::Cancelled { at: now, reason: reason.to_owned(), attempt }))
    }

    /// Its workflow was lost and is started anew: it is watched from now on again.
    pub fn restart(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        self.look_again(now, Self::START_LIMIT, "be restarted")
    }

    /// It may not go while something is paused.
    pub fn postpone(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        self.look_again(now, Self::PAUSED_LOOK, "be postponed")
    }

    fn look_again(
        self,
        now: Timestamp,
        pause: SignedDuration,
        name: &'static str,
    ) -> Result<Self, InvalidTransition> {
        match self.state {
            State::Scheduled { due, attempt, .. } if now >= due => {
                Ok(self.to(State::Scheduled { due, attempt, look_at: now + pause }))
            }
            _ => self.refuse(name),
        }
    }

    /// One dispatcher takes it, before it calls the provider.
    pub fn claim(self, now: Timestamp, claim: Nonce) -> Result<Self, InvalidTransition> {
        match self.state {
            State::Scheduled { due, attempt, .. } if now >= due => {
                Ok(self.to(State::Sending { claimed_at: now, attempt: attempt + 1, claim }))
            }
            _ => self.refuse("be claimed"),
        }
    }

    /// The dispatcher found a pause after it claimed, and called nobody: its own claim is undone, never another's.
    pub fn stand_back(self, now: Timestamp, own: Nonce) -> Result<Self, InvalidTransition> {
        match self.state {
            State::Sending { claimed_at, attempt, claim } if claim == own => Ok(self.to(State::Scheduled {
                due: claimed_at,
                attempt: attempt - 1,
                look_at: now + Self::PAUSED_LOOK,
            })),
            _ => self.refuse("be put back"),
        }
    }

    /// The dispatcher found after it claimed that this is no time to send, and called nobody: its own claim is undone, never
    /// another's, and it is due again at `until`.
    pub fn put_off(self, until: Timestamp, own: Nonce) -> Result<Self, InvalidTransition> {
        match self.state {
            State::Sending { attempt, claim, .. } if claim == own => Ok(self.to(State::Scheduled {
                due: until,
                attempt: attempt - 1,
                look_at: until + Self::START_LIMIT,
            })),
            _ => self.refuse("be put off"),
        }
    }

    /// The dispatcher found after it claimed that people's keys must sign first, and called nobody: its own claim is undone, never
    /// another's, and the mail waits for votes again. One that was given to the provider before does not: a report of that may come yet.
    pub fn wait_for_signatures(
        self,
        expires_at: Timestamp,
        remind_at: Option<Timestamp>,
        own: Nonce,
    ) -> Result<Self, InvalidTransition> {
        match self.state {
            State::Sending { attempt: 1, claim, .. } if claim == own => {
                Ok(self.to(State::PendingApproval { expires_at, remind_at }))
            }
            _ => self.refuse("wait for signatures"),
        }
    }

    /// The dispatcher found after it claimed that the approval holds no more, and called nobody.
    pub fn call_off(self, now: Timestamp, reason: &str) -> Result<Self, InvalidTransition> {
        match self.state {
            State::Sending { attempt, .. } => {
                let attempt = attempt - 1;
                Ok(self.to(State::Cancelled { at: now, reason: reason.to_owned(), attempt }))
            }
            _ => self.refuse("be called off"),
        }
    }

    /// The provider certainly did not accept it, and may later: back to the queue, or failed after
    /// [`Self::MAX_ATTEMPTS`]. A write whose answer was lost is made again; by then another dispatcher may have
    /// claimed the mail and be calling the provider, and its claim must stand: so this undoes the caller's `own` alone.
    pub fn hold_off(self, now: Timestamp, own: Nonce, reason: &str) -> Result<Self, InvalidTransition> {
        match self.state {
            State::Sending { claim, .. } if claim != own => self.refuse("be held off"),
            State::Sending { attempt, .. } if attempt < Self::MAX_ATTEMPTS => {
                let pause = 2_i64.saturating_pow(attempt).min(Self::MAX_PAUSE);
                let due = now + SignedDuration::from_secs(pause);
                Ok(self.to(State::Scheduled { due, attempt, look_at: due + Self::START_LIMIT }))
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
            State::Sending { .. } => Ok(self.to(State::Unknown { since: now, told: 0 })),
            _ => self.refuse("be lost"),
        }
    }

    /// Nobody knows it still: whoever asked is told once more.
    pub fn tell_again(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        match (self.watch_at(), &self.state) {
            (Some(at), State::Unknown { since, told }) if at <= now => {
                let state = State::Unknown { since: *since, told: told + 1 };
                Ok(self.to(state))
            }
            _ => self.refuse("be told of again"),
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
            State::Scheduled { attempt, .. } | State::Cancelled { attempt, .. } if attempt > 0 => {
                Ok(self.to(accepted(now, provider_id)))
            }
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
            first_contact: false,
            forward: false,
            sent_again_as: vec![],
            token_id: None,
            state,
        }
    }

    fn states() -> Vec<Outbound> {
        [
            State::PendingApproval { expires_at: at(100), remind_at: Some(at(40)) },
            State::Scheduled { due: at(10), attempt: 0, look_at: at(20) },
            State::Scheduled { due: at(10), attempt: 2, look_at: at(20) },
            State::Sending { claimed_at: at(10), attempt: 1, claim: [7; 8] },
            State::Sending { claimed_at: at(10), attempt: Outbound::MAX_ATTEMPTS, claim: [7; 8] },
            accepted(at(10), "p"),
            State::Failed { reason: "r".into(), at: at(10) },
            State::Rejected { at: at(10) },
            State::Expired { at: at(10) },
            State::Unknown { since: at(10), told: 0 },
            State::Cancelled { at: at(10), reason: "r".into(), attempt: 0 },
            State::Cancelled { at: at(10), reason: "r".into(), attempt: 1 },
        ]
        .map(outbound)
        .into()
    }

    /// Every transition from every state: what is not on this list is refused.
    #[test]
    fn the_whole_table() {
        type Transition = (&'static str, fn(Outbound) -> Result<Outbound, InvalidTransition>);
        let transitions: [Transition; 19] = [
            ("approve", |m| m.approve(at(50), at(50))),
            ("take_back", |m| m.take_back(at(200), None)),
            ("reject", |m| m.reject(at(50))),
            ("expire", |m| m.expire(at(150))),
            ("remind", |m| m.remind(at(50), SignedDuration::from_secs(9))),
            ("revise", |m| {
                m.revise(outbound(State::PendingApproval { expires_at: at(200), remind_at: None }))
            }),
            ("cancel", |m| m.cancel(at(50), "r")),
            ("restart", |m| m.restart(at(50))),
            ("postpone", |m| m.postpone(at(50))),
            ("claim", |m| m.claim(at(50), [8; 8])),
            ("stand_back", |m| m.stand_back(at(50), [7; 8])),
            ("put_off", |m| m.put_off(at(90), [7; 8])),
            ("call_off", |m| m.call_off(at(50), "r")),
            ("hold_off", |m| m.hold_off(at(50), [7; 8], "throttled")),
            ("fail", |m| m.fail(at(50), "refused")),
            ("lose", |m| m.lose(at(50))),
            ("tell_again", |m| m.tell_again(at(10_000))),
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
                "0 pending_approval remind pending_approval",
                "0 pending_approval revise pending_approval",
                "0 pending_approval cancel cancelled",
                "1 scheduled take_back pending_approval",
                "1 scheduled cancel cancelled",
                "1 scheduled restart scheduled",
                "1 scheduled postpone scheduled",
                "1 scheduled claim sending",
                "2 scheduled cancel cancelled",
                "2 scheduled restart scheduled",
                "2 scheduled postpone scheduled",
                "2 scheduled claim sending",
                "2 scheduled accept sent",
                "2 scheduled report bounced",
                "3 sending stand_back scheduled",
                "3 sending put_off scheduled",
                "3 sending call_off cancelled",
                "3 sending hold_off scheduled",
                "3 sending fail failed",
                "3 sending lose unknown",
                "3 sending accept sent",
                "3 sending report bounced",
                "4 sending stand_back scheduled",
                "4 sending put_off scheduled",
                "4 sending call_off cancelled",
                "4 sending hold_off failed",
                "4 sending fail failed",
                "4 sending lose unknown",
                "4 sending accept sent",
                "4 sending report bounced",
                "5 sent accept sent",
                "5 sent report bounced",
                "6 failed accept sent",
                "6 failed report bounced",
                "9 unknown tell_again unknown",
                "9 unknown accept sent",
                "9 unknown report bounced",
                "11 cancelled accept sent",
                "11 cancelled report bounced",
            ]
        );
    }

    #[test]
    fn time_bounds_are_exact() {
        let pending = outbound(State::PendingApproval { expires_at: at(100), remind_at: None });
        assert!(pending.clone().approve(at(99), at(0)).is_ok());
        assert!(pending.clone().approve(at(100), at(0)).is_err());
        assert!(pending.clone().expire(at(99)).is_err());
        assert!(pending.expire(at(100)).is_ok());
        let scheduled = outbound(State::Scheduled { due: at(10), attempt: 0, look_at: at(20) });
        assert!(scheduled.clone().claim(at(9), [1; 8]).is_err());
        assert!(scheduled.claim(at(10), [1; 8]).is_ok());
    }

    #[test]
    fn a_claim_is_undone_by_its_own_dispatcher_alone() {
        let claimed = outbound(State::Sending { claimed_at: at(10), attempt: 1, claim: [7; 8] });
        assert!(claimed.clone().stand_back(at(50), [8; 8]).is_err());
        assert!(claimed.clone().hold_off(at(50), [8; 8], "throttled").is_err());
        assert!(claimed.clone().put_off(at(50), [8; 8]).is_err());
        assert!(claimed.clone().stand_back(at(50), [7; 8]).is_ok());
        assert!(claimed.hold_off(at(50), [7; 8], "throttled").is_ok());
    }

    #[test]
    fn what_was_given_to_the_provider_once_does_not_wait_for_votes_again() {
        let scheduled = |attempt| outbound(State::Scheduled { due: at(10), attempt, look_at: at(20) });
        let waits = scheduled(0).take_back(at(200), Some(at(90))).unwrap();
        assert_eq!(waits.state, State::PendingApproval { expires_at: at(200), remind_at: Some(at(90)) });
        assert!(scheduled(1).take_back(at(200), None).is_err());
    }

    #[test]
    fn a_mail_is_not_due_before_its_send_at() {
        let mut pending = outbound(State::PendingApproval { expires_at: at(100), remind_at: None });
        pending.send_at = Some(at(500));
        let scheduled = pending.clone().approve(at(5), at(5)).unwrap();
        let at_due = |due| State::Scheduled { due, attempt: 0, look_at: due + Outbound::START_LIMIT };
        assert_eq!(scheduled.state, at_due(at(500)));
        pending.send_at = Some(at(1));
        assert_eq!(pending.approve(at(5), at(0)).unwrap().state, at_due(at(5)));
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
            let moves = matches!(
                state.status(),
                Status::PendingApproval | Status::Scheduled | Status::Sending | Status::Unknown
            );
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

    #[test]
    fn a_mail_is_sent_again_where_nothing_of_it_can_have_gone_or_by_who_knows_that_it_may_have() {
        let attempt = |n: u8| MessageId::new(at(0), [n; 10]);
        for original in states() {
            let (status, name) = (original.status(), original.status().as_str());
            for knowing in [false, true] {
                let alone = original.clone().send_again(attempt(1), &[], knowing);
                let may = |status: Status| status.did_not_go() || (status == Status::Unknown && knowing);
                assert_eq!(alone.is_ok(), may(status), "{name}");
                assert!(alone.is_err() || !status.went(), "{name}");
                let Ok(tried) = alone else { continue };
                assert_eq!(tried.sent_again_as, [attempt(1)]);
                assert!(
                    tried.clone().send_again(attempt(2), &[], knowing).is_err(),
                    "an attempt is left out"
                );
                for last in Status::ALL {
                    let again = tried.clone().send_again(attempt(2), &[last], knowing);
                    assert_eq!(again.is_ok(), may(last), "{name}, then {last:?}");
                    let Ok(again) = again else { continue };
                    for first in Status::ALL {
                        let third = again.clone().send_again(attempt(3), &[first, last], knowing);
                        assert_eq!(third.is_ok(), may(last) && !first.went(), "{name}, {first:?}, {last:?}");
                    }
                }
            }
        }
    }
}
