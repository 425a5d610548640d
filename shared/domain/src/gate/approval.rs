//! The request for a human decision: who may vote, what their votes come to, and what voids them.
//!
//! ```text
//! pending --votes meet the terms--> approved --cancel (before the claim)--> cancelled
//!    |  ^                              |
//!    |  +--take back (before the claim)+
//!    |--enough rejections--> rejected
//!    |--time is over-------> expired
//!    |--cancel-------------> cancelled
//!    +--edit---------------> superseded   (by a new approval, of the next revision, without votes)
//! ```
//!
//! Who decides may also ask for a revision: the approval stays pending and can still be decided, and nobody is asked to, until whoever asked
//! for the mail has revised it, which is an edit, or it expires.
//!
//! One vote a person. Votes are about one digest, which an approval never changes. Where separation is on, whoever
//! asked, owns the token that asked, or edited last does not approve. [`Approval::releases`] counts again
//! when the mail is about to go: what the row says of itself is not believed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::base::digest::Digest;
use crate::base::hours::{Hours, first_outside};
use crate::gate::notice::Pace;
use crate::gate::policy::{By, Late, Links, Terms};
use crate::gate::risk::{Level, Risk};
use crate::gate::statement::SignedVote;
use crate::gate::upload::RowOf;
use crate::mailbox::account::Provider;
use crate::mailbox::message::Party;
use crate::people::access::{Actor, Credential, Role, Scope};
use crate::people::notifications::{Notifications, When};
use crate::people::signing::SignedVotes;
use crate::{
    ApprovalId, AuditId, DraftId, InboxId, MemberId, MessageId, OrganizationId, StandingApprovalId, ThreadId,
};

/// What was decided, by whom and when.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Not yet.
    Pending,
    /// Let it go.
    Approved {
        /// Whose vote was the last that was needed; none where a policy or a standing approval let it go.
        by: Option<MemberId>,
        /// When.
        at: Timestamp,
    },
    /// Don't.
    Rejected {
        /// Whose vote was the last that was needed.
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
    /// Called off before it was claimed.
    Cancelled {
        /// By whom.
        by: Actor,
        /// When.
        at: Timestamp,
        /// Why: in their words, at most 2,000 characters, or a stable code where Countersign did it.
        reason: String,
    },
    /// The mail was edited: another approval has taken its place.
    Superseded {
        /// By whom.
        by: MemberId,
        /// When.
        at: Timestamp,
        /// The one to decide instead.
        next: ApprovalId,
    },
}

impl Decision {
    /// The names of all statuses that an approval can have.
    pub const STATUSES: [&str; 6] = ["pending", "approved", "rejected", "expired", "cancelled", "superseded"];

    /// The name in the API.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Decision::Pending => "pending",
            Decision::Approved { .. } => "approved",
            Decision::Rejected { .. } => "rejected",
            Decision::Expired { .. } => "expired",
            Decision::Cancelled { .. } => "cancelled",
            Decision::Superseded { .. } => "superseded",
        }
    }
}

/// A member with the role that they have now: read when they vote, never taken from a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Voter {
    /// Their seat.
    pub member_id: MemberId,
    /// Their role.
    pub role: Role,
}

/// What a person says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Let it go.
    Approve,
    /// Stop it, for this reason, at most 2,000 characters.
    Reject(String),
}

/// One person's word on the digest of the approval that it stands in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vote {
    /// Whose.
    pub member_id: MemberId,
    /// The role that they had.
    pub role: Role,
    /// When.
    pub at: Timestamp,
    /// What.
    pub verdict: Verdict,
    /// Given ahead, by this standing approval of theirs.
    pub standing: Option<StandingApprovalId>,
    /// With what; for one that was given ahead, that with which the standing approval was made.
    pub with: Credential,
    /// Given to several mails at once, by somebody who saw of this one what a list shows: that nothing about it deserved a look.
    pub unseen: bool,
    /// What their key signed; absent where no key was asked.
    pub signed: Option<SignedVote>,
}

/// A vote for a mail that whoever gave it took back before the mail was claimed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TakenBack {
    /// The vote, as it was.
    pub vote: Vote,
    /// When it was taken back.
    pub at: Timestamp,
    /// With what: a session.
    pub with: Credential,
}

/// That somebody who decides asked for a mail to be written otherwise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevisionAsked {
    /// Who.
    pub by: MemberId,
    /// When.
    pub at: Timestamp,
    /// What is to be otherwise, in their words, 1 to 2,000 characters.
    pub note: String,
    /// With what.
    pub with: Credential,
}

/// A vote handed on: `to` votes in the place of `from`, with their role and no longer with their own, so that two persons
/// never become one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Delegation {
    /// Who handed it on, and may not vote any more.
    pub from: MemberId,
    /// The role that they had.
    pub role: Role,
    /// Who votes instead.
    pub to: MemberId,
    /// When.
    pub at: Timestamp,
    /// With what it was handed on.
    pub with: Credential,
}

/// What bringing the HTML of a mail into its one form changed about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HtmlChange {
    /// Of which kind, as a stable code.
    pub kind: String,
    /// What was changed: a name, or the beginning of a text.
    pub what: String,
    /// How often.
    pub count: u32,
}

/// A step in the life of an approval that has an entry of its own in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// It was asked for.
    Asked,
    /// This member approved.
    Approved(MemberId),
    /// This member rejected.
    Rejected(MemberId),
    /// This member handed their vote on.
    HandedOn(MemberId),
    /// This member took their approval back.
    TookBack(MemberId),
    /// It was called off, expired, or was superseded by an edit.
    Ended,
}

impl Deed {
    /// The id of the entry that tells of this step of an approval, taken at this time.
    ///
    /// It follows from the step, so that a record names its entries without holding their ids: a receipt asks for the very
    /// entry, and tells one that waits for its place in the chain from one that was never written.
    pub fn entry_id(self, approval_id: ApprovalId, at: Timestamp) -> AuditId {
        let (name, member_id) = match self {
            Deed::Asked => ("asked", None),
            Deed::Approved(member_id) => ("approved", Some(member_id)),
            Deed::Rejected(member_id) => ("rejected", Some(member_id)),
            Deed::HandedOn(member_id) => ("handed_on", Some(member_id)),
            Deed::TookBack(member_id) => ("took_back", Some(member_id)),
            Deed::Ended => ("ended", None),
        };
        let member_id = member_id.map(|id| id.to_string()).unwrap_or_default();
        let parts = [name.as_bytes(), approval_id.body().as_bytes(), member_id.as_bytes()];
        let mut entropy = [0; 10];
        entropy.copy_from_slice(&Digest::of_parts(&parts).as_bytes()[..10]);
        AuditId::new(at, entropy)
    }

    /// Whether it is a vote.
    pub const fn is_vote(self) -> bool {
        matches!(self, Deed::Approved(_) | Deed::Rejected(_))
    }
}

impl Vote {
    /// The step that it is.
    pub const fn deed(&self) -> Deed {
        match self.verdict {
            Verdict::Approve => Deed::Approved(self.member_id),
            Verdict::Reject(_) => Deed::Rejected(self.member_id),
        }
    }

    /// Whether a key signed it, and where that is asked for, one that stays in its device.
    pub fn is_signed(&self, device_bound: bool) -> bool {
        self.signed.as_ref().is_some_and(|signed| signed.device_bound || !device_bound)
    }
}

/// What people write as a reason, as the audit log tells it: their words could not be taken out of a chain again.
pub fn reason_digest(reason: &str) -> Digest {
    Digest::of(reason.as_bytes())
}

/// A mail that waits for a decision, or had one, and what a list shows of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    /// The mail that it answers or passes on.
    pub answers: Option<MessageId>,
    /// Whether it passes that mail on, and is no answer to it.
    pub forward: bool,
    /// The mails of which it is a new attempt, the first of all first, fewer than [`Self::ATTEMPTS`].
    pub resends: Vec<MessageId>,
    /// Whoever asked for one of those, or edited it last.
    pub authors: BTreeSet<MemberId>,
    /// Of the sealed object.
    pub digest: Digest,
    /// Counts edits of the mail, from 1.
    pub revision: u32,
    /// The approval of the revision before.
    pub supersedes: Option<ApprovalId>,
    /// Who made this revision, where it is an edited one.
    pub edited_by: Option<MemberId>,
    /// Who asked.
    pub requested_by: Actor,
    /// With what: by this a token is found when the mail is about to go.
    pub requested_with: Credential,
    /// When.
    pub requested_at: Timestamp,
    /// Until when it can be decided.
    pub expires_at: Timestamp,
    /// Not before this.
    pub send_at: Option<Timestamp>,
    /// Hours within which its mail does not go, decided or not: it waits for their end.
    pub quiet: Vec<Hours>,
    /// What it takes; none where policies let the mail go without a person.
    pub terms: Option<Terms>,
    /// How many signed votes the key log demands, whatever the terms say, as it was read last.
    pub demanded: SignedVotes,
    /// How often it was to go, and waited for signatures instead.
    pub waits: u32,
    /// Why it was held or let go, as stable codes.
    pub reasons: Vec<String>,
    /// What about it deserves a look; nothing is known of one that was asked for before this was looked at.
    pub risks: Option<BTreeSet<Risk>>,
    /// Which rules of which policies matched.
    pub trace: Vec<crate::gate::policy::Step>,
    /// Votes, one a person.
    pub votes: Vec<Vote>,
    /// Votes handed on.
    pub delegations: Vec<Delegation>,
    /// Votes taken back, in the order in which they were, at most [`Self::TAKE_BACKS`].
    pub taken_back: Vec<TakenBack>,
    /// That it was asked to be revised, the last time that it was: nobody's vote is wanted until it is.
    pub revision_asked: Option<RevisionAsked>,
    /// Recipients of all kinds, for the list.
    pub recipients: Vec<Party>,
    /// For the list.
    pub subject: String,
    /// For the list.
    pub preview: String,
    /// For the list.
    pub attachment_count: u32,
    /// What its HTML was changed in before it was sealed.
    pub html_changes: Vec<HtmlChange>,
    /// What was decided.
    pub decision: Decision,
    /// The row of a spreadsheet that it was made of, where it was.
    pub row: Option<RowOf>,
    /// Whose account its mail leaves through, where it is an account's.
    pub provider: Option<Provider>,
    /// The draft that was left of a rejected mail, for another attempt at its words.
    pub draft_id: Option<DraftId>,
    /// Where the waiting workflow is resumed; none while it has not parked yet.
    pub task_token: Option<String>,
    /// Counts changes.
    pub version: u64,
}

/// Why a vote, or another decision, is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecisionRefused {
    /// It is decided already, or expired.
    #[error("this approval is {0} already")]
    NotPending(&'static str),
    /// It was edited meanwhile.
    #[error("the mail was edited: decide about its new revision")]
    Superseded {
        /// The approval of the new revision.
        next: ApprovalId,
    },
    /// The caller saw something else.
    #[error("the digest is not that of the mail that waits: look at it again")]
    DigestMismatch {
        /// Of the mail that waits.
        current: Digest,
    },
    /// Two persons are the point of it.
    #[error("whoever asked for a mail to be sent, or owns the token that did, can't approve it")]
    Requester,
    /// Two persons are the point of it.
    #[error("whoever edited a mail last can't approve it: somebody else has to")]
    Editor,
    /// A machine can't countersign.
    #[error(
        "this needs a person: sign in (POST /v1/sessions, or the console) and decide there. A token decides only where the \
         policy that held the mail says by: any"
    )]
    NoPerson,
    /// The policy trusts no mailbox.
    #[error("the policy that held this mail asks for a sign-in: decide in the console")]
    NoLink,
    /// The terms name other roles.
    #[error("the policy that held this mail asks for a vote of {0}")]
    NotEntitled(String),
    /// They asked for an earlier attempt at this mail, or edited it.
    #[error(
        "you asked for an earlier attempt at this mail, or edited it: another owner, admin or approver has to approve it"
    )]
    Author,
    /// They gave their vote away.
    #[error("you handed your vote on to another member")]
    Delegated,
    /// They voted already.
    #[error("you voted already: a vote that was given can't be handed on")]
    Voted,
    /// There is nothing of theirs to take back.
    #[error(
        "you gave no approval that could be taken back. One that a standing approval gave ahead stays: cancel the mail, or \
         revoke the standing approval"
    )]
    NoVote,
    /// Who gave a vote says what they think of the mail by that.
    #[error("you voted about this mail: take your approval back before you ask for a revision")]
    VotedBefore,
    /// It is not theirs.
    #[error(
        "only whoever asked for this mail revises it when that is asked for; who decides about it edits it"
    )]
    NotAsked,
    /// There is nothing that it could answer.
    #[error(
        "nobody asked for a revision of this mail: cancel it and ask for another, or have it edited by who decides"
    )]
    NoRevisionAsked,
    /// Somebody changes their mind without end.
    #[error(
        "approvals of this mail were taken back {0} times already: cancel it instead, or reject it while it waits"
    )]
    TakenBackTooOften(usize),
    /// What is taken back now could be approved after its time.
    #[error(
        "the time at which this mail goes is over, and its policy lets nobody decide about it after that: cancel it, if it has not gone"
    )]
    TooLate,
    /// They vote in somebody's place already, whose vote counts for something else: one person has one vote.
    #[error(
        "this member votes in the place of another already, with another role or for another group: choose somebody else"
    )]
    NoSecondPlace,
    /// Nobody hands a vote to themselves, or to someone who can't use it.
    #[error(
        "this member can't vote here, or voted already: choose another owner, admin or approver who did not ask for \
         the mail"
    )]
    NoDelegate,
}

impl Approval {
    /// The reason of what carries something out of a conversation that is tainted.
    pub const TAINTED: &str = "thread_tainted";

    /// Whether its mail carries, or answers, something out of a conversation that is tainted.
    pub fn is_tainted(&self) -> bool {
        self.reasons.iter().any(|reason| reason == Self::TAINTED)
    }

    /// How much what is known of it matters. What was not looked at is to be looked at.
    pub fn level(&self) -> Level {
        let worst = |risks: &BTreeSet<Risk>| risks.iter().map(|risk| risk.level()).max();
        let known = self.risks.as_ref().map_or(Some(Level::Caution), worst).unwrap_or(Level::Note);
        if self.is_tainted() { Level::Danger } else { known }
    }

    /// Because of these a person looks at a mail, whatever its policies say.
    const LOOKED_AT: &[&str] = &[
        "edited",
        "sent_again",
        "rejected_before",
        "written_by_others",
        "answers_automatic_mail",
        "paused",
        "organization_unclaimed",
    ];

    /// So many rows of its upload whoever approves it together with others must have decided about alone before; 0 of another mail.
    pub fn rows_to_open(&self) -> usize {
        let asked = self.terms.as_ref().filter(|_| self.row.is_some()).map_or(0, |terms| terms.open_rows);
        usize::from(asked)
    }

    /// Whether it may be approved together with others, by somebody who saw no more of it than a list shows: nothing about it
    /// deserves a look first, and it is none that a person has to look at.
    pub fn may_be_batched(&self) -> bool {
        self.level() == Level::Note
            && self.supersedes.is_none()
            && self.revision_asked.is_none()
            && self.resends.is_empty()
            && !self.reasons.iter().any(|reason| Self::LOOKED_AT.contains(&&**reason))
    }

    /// Whether a member who may decide about it is told at once, however much they were told of already and whatever they chose: something
    /// about it deserves a look, or it expires within [`Self::SOON`], of now or of the digest that would tell of it. Within their quiet hours
    /// only what expires before those end, or within [`Self::MORNING`] of it, wakes them beside what deserves a look.
    pub fn presses(&self, own: &Notifications, now: Timestamp) -> bool {
        let expires_by = |time: Timestamp, left: SignedDuration| self.expires_at.duration_since(time) <= left;
        if self.level() > Level::Note {
            return true;
        }
        if let Some(until) = own.quiet_until(now) {
            return expires_by(until, Self::MORNING);
        }
        match own.when(now) {
            When::At(told) => expires_by(told, Self::SOON),
            // A digest that fills now may wait for quiet hours to end that begin meanwhile.
            When::Now => {
                let digest = now + Pace::DELAY;
                expires_by(now, Self::SOON)
                    || own.quiet_until(digest).is_some_and(|until| expires_by(until, Self::MORNING))
            }
            // Nothing else tells them of it but a reminder, and those come once a day.
            When::Never => expires_by(now, Self::LAST_DAY),
        }
    }

    /// See [`Self::presses`].
    pub const SOON: SignedDuration = SignedDuration::from_hours(4);
    /// See [`Self::presses`].
    pub const MORNING: SignedDuration = SignedDuration::from_hours(1);
    /// Whoever is told of nothing but what presses is told of what expires within so long.
    pub const LAST_DAY: SignedDuration = SignedDuration::from_hours(24);

    /// So many mails there are of one, itself among them, before it has to be written anew.
    pub const ATTEMPTS: usize = 10;

    /// So often approvals of one mail are taken back, by all members together.
    pub const TAKE_BACKS: usize = 20;

    /// No approval waits longer than this, whatever a policy says: a workflow waits 31 days.
    pub const MAX_EXPIRY: SignedDuration = SignedDuration::from_hours(30 * 24);

    /// The steps that this record names, with the ids of their entries in the audit log.
    pub fn deeds(&self) -> Vec<(Deed, AuditId)> {
        // A revision that an edit made begins where the one before it ended: the two steps are one entry.
        let asked = match self.supersedes {
            Some(before) => Deed::Ended.entry_id(before, self.id.at()),
            None => Deed::Asked.entry_id(self.id, self.id.at()),
        };
        let mut deeds = vec![(Deed::Asked, asked)];
        let mut add = |deed: Deed, at| deeds.push((deed, deed.entry_id(self.id, at)));
        self.votes.iter().for_each(|vote| add(vote.deed(), vote.at));
        self.delegations.iter().for_each(|one| add(Deed::HandedOn(one.from), one.at));
        for one in &self.taken_back {
            add(one.vote.deed(), one.vote.at);
            add(Deed::TookBack(one.vote.member_id), one.at);
        }
        match &self.decision {
            Decision::Pending | Decision::Approved { .. } | Decision::Rejected { .. } => {}
            Decision::Expired { at } | Decision::Cancelled { at, .. } => add(Deed::Ended, *at),
            Decision::Superseded { next, .. } => add(Deed::Ended, next.at()),
        }
        deeds
    }

    /// What the entry of the request tells beside its digest: why the mail was held or let go, and what it takes.
    pub fn asked_details(&self) -> Vec<(&'static str, String)> {
        let mut details = vec![("reasons", self.reasons.join(" "))];
        details.extend(self.terms.iter().flat_map(Terms::details));
        let policies: BTreeSet<String> =
            self.trace.iter().map(|step| format!("{}@{}", step.policy_id, step.policy_version)).collect();
        if !policies.is_empty() {
            details.push(("policies", policies.into_iter().collect::<Vec<_>>().join(" ")));
        }
        if !self.quiet.is_empty() {
            let hours: Vec<_> = self.quiet.iter().map(ToString::to_string).collect();
            details.push(("quiet_hours", hours.join(", ")));
        }
        if !self.html_changes.is_empty() {
            let change = |it: &HtmlChange| format!("{} {} {}", it.kind, it.count, it.what);
            let changes: Vec<String> = self.html_changes.iter().map(change).collect();
            let parts: Vec<&[u8]> = changes.iter().map(String::as_bytes).collect();
            details.push(("html_changes", Digest::of_parts(&parts).to_string()));
        }
        details
    }

    /// What the entry of a vote tells of it, whichever way it was cast. A receipt compares each of these.
    pub fn vote_details(&self, vote: &Vote) -> Vec<(&'static str, String)> {
        let mut details = vec![
            ("digest", self.digest.to_string()),
            ("message_id", self.message_id.to_string()),
            ("role", vote.role.as_str().to_owned()),
            ("via", vote.with.kind().to_owned()),
            ("credential", vote.with.name()),
        ];
        if let Verdict::Reject(reason) = &vote.verdict {
            details.push(("reason_digest", reason_digest(reason).to_string()));
        }
        if vote.unseen {
            details.push(("seen", "in_a_list".to_owned()));
        }
        if vote.standing.is_some() {
            details.push(("approval_id", self.id.to_string()));
            details.push(("member_id", vote.member_id.to_string()));
        }
        details
    }

    /// What the entry tells of a vote that was taken back. A receipt compares each of these.
    pub fn taken_back_details(&self, one: &TakenBack) -> Vec<(&'static str, String)> {
        vec![
            ("digest", self.digest.to_string()),
            ("message_id", self.message_id.to_string()),
            ("vote", one.vote.deed().entry_id(self.id, one.vote.at).to_string()),
            ("via", one.with.kind().to_owned()),
            ("credential", one.with.name()),
        ]
    }

    /// Until when a mail that is held now on these terms can be decided.
    pub fn expiry(terms: &Terms, send_at: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let by_terms = now + terms.expires_in.min(Self::MAX_EXPIRY);
        match (terms.late, send_at) {
            // A mail for now is never late.
            (Late::Expire, Some(send_at)) if send_at > now => by_terms.min(send_at),
            _ => by_terms,
        }
    }

    /// Whether its time to go is over, and its terms let nobody decide about it then. A mail that was asked for as one for now is never late.
    fn is_late(&self, now: Timestamp) -> bool {
        // Of what people let go in time, and keys must sign still, they say again whether it goes.
        let expires = self.waits == 0 && self.terms.as_ref().is_some_and(|terms| terms.late == Late::Expire);
        expires && self.send_at.is_some_and(|at| at > self.requested_at && at <= now)
    }

    /// When its mail would go that is asked for, approved or looked at now: at its time, and not within quiet hours.
    pub fn due(&self, now: Timestamp) -> Timestamp {
        first_outside(&self.quiet, self.send_at.map_or(now, |send_at| send_at.max(now)))
    }

    /// Not before this its workflow wakes; at once where nothing is said.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        match self.decision {
            Decision::Approved { at, .. } if !self.quiet.is_empty() => Some(self.due(at)),
            _ => self.send_at,
        }
    }

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

    fn refuse(&self, now: Timestamp) -> DecisionRefused {
        match self.decision {
            Decision::Superseded { next, .. } => DecisionRefused::Superseded { next },
            _ => DecisionRefused::NotPending(self.status(now)),
        }
    }

    /// Refuses what can't be decided any more, and says what became of it.
    pub fn check_pending(&self, now: Timestamp) -> Result<(), DecisionRefused> {
        if self.is_pending(now) { Ok(()) } else { Err(self.refuse(now)) }
    }

    fn separation(&self) -> bool {
        self.terms.as_ref().is_none_or(|terms| terms.separation)
    }

    /// Whether the terms keep this member from approving because of what they did.
    fn excluded(&self, member_id: MemberId) -> Option<DecisionRefused> {
        if !self.separation() {
            return None;
        }
        // The owner of a token answers for what it asks: they are the requester as much as the token is.
        if self.requested_by.member() == Some(member_id) {
            return Some(DecisionRefused::Requester);
        }
        if self.edited_by == Some(member_id) {
            return Some(DecisionRefused::Editor);
        }
        self.authors.contains(&member_id).then_some(DecisionRefused::Author)
    }

    /// The place that counts for a member's vote: that of whoever handed theirs on to them, or else their own. One person
    /// has one vote, in one place: a requirement that somebody else should meet is not met by whoever stands in for
    /// another.
    fn place_of(&self, voter: Voter) -> Voter {
        let handed = self.delegations.iter().find(|d| d.to == voter.member_id);
        handed.map_or(voter, |d| Voter { member_id: d.from, role: d.role })
    }

    /// Which requirements a vote in this place counts for.
    fn counts_for(&self, place: Voter) -> Vec<bool> {
        let requirements = self.terms.iter().flat_map(|terms| &terms.requirements);
        requirements.map(|one| one.takes(place.member_id, place.role)).collect()
    }

    /// Whether the terms take a decision that is made with this.
    fn check_credential(&self, with: &Credential) -> Result<(), DecisionRefused> {
        let terms = self.terms.as_ref();
        let by_person = terms.is_none_or(|terms| terms.by != By::Any);
        if by_person && !with.is_person() {
            return Err(DecisionRefused::NoPerson);
        }
        let by_sign_in = terms.is_some_and(|terms| terms.links == Links::SignIn);
        if by_sign_in && matches!(with, Credential::Link(_)) {
            return Err(DecisionRefused::NoLink);
        }
        Ok(())
    }

    /// Whether a member's approval would count.
    pub fn may_vote(&self, voter: &Voter, now: Timestamp) -> Result<(), DecisionRefused> {
        self.check_pending(now)?;
        self.check_entitled(*voter)?;
        self.excluded(voter.member_id).map_or(Ok(()), Err)
    }

    /// Whether this member is among those who decide about it, whatever became of it.
    pub fn is_for(&self, voter: &Voter) -> bool {
        self.check_entitled(*voter).is_ok() && self.excluded(voter.member_id).is_none()
    }

    /// Whether this member is told of it: their vote is wanted, and not given yet.
    pub fn awaits(&self, voter: &Voter, now: Timestamp) -> bool {
        let handed = self.delegations.iter().any(|d| d.to == voter.member_id);
        let told = self.terms.as_ref().is_some_and(|terms| terms.notify.contains(&voter.role));
        (told || handed)
            && self.revision_asked.is_none()
            && self.may_vote(voter, now).is_ok()
            && !self.votes.iter().any(|vote| vote.member_id == voter.member_id && !self.lacks_signature(vote))
    }

    /// How many votes must be signed: as the terms ask, and as the key log demands.
    pub fn signed_asked(&self) -> SignedVotes {
        self.terms.as_ref().map_or(SignedVotes::NONE, |terms| terms.signed).unite(self.demanded)
    }

    /// Whether some of the votes, or all, must be signed.
    pub fn asks_for_signatures(&self) -> bool {
        self.signed_asked().votes > 0 || self.terms.as_ref().is_some_and(|terms| terms.by == By::Passkey)
    }

    /// How many signed votes are missing still.
    pub fn missing_signatures(&self) -> usize {
        let Some(terms) = &self.terms else { return 0 };
        let demanded = usize::from(self.signed_asked().votes).saturating_sub(self.signed_votes());
        if terms.by != By::Passkey {
            return demanded;
        }
        let quorum = terms.requirements.iter().map(|one| usize::from(one.quorum).max(1)).max().unwrap_or(1);
        demanded.max(quorum.saturating_sub(self.signed_votes()))
    }

    /// Whether somebody's approval is to be signed still: it counts, and signatures are missing.
    pub fn lacks_signature(&self, vote: &Vote) -> bool {
        let bound = self.signed_asked().device_bound;
        vote.verdict == Verdict::Approve && !vote.is_signed(bound) && self.missing_signatures() > 0
    }

    fn check_entitled(&self, voter: Voter) -> Result<(), DecisionRefused> {
        if self.delegations.iter().any(|d| d.from == voter.member_id) {
            return Err(DecisionRefused::Delegated);
        }
        let decides = voter.role.scopes().contains(&Scope::ApprovalsDecide);
        if decides && self.counts_for(self.place_of(voter)).contains(&true) {
            return Ok(());
        }
        let requirements = self.terms.iter().flat_map(|terms| &terms.requirements);
        let names: BTreeSet<_> = requirements.map(crate::gate::policy::Requirement::voters).collect();
        Err(DecisionRefused::NotEntitled(names.into_iter().collect::<Vec<_>>().join(" or ")))
    }

    /// How many votes each requirement has, and how many it needs, in the order of the terms.
    pub fn progress(&self) -> Vec<(usize, u8)> {
        self.terms
            .iter()
            .flat_map(|terms| &terms.requirements)
            .map(|requirement| {
                let counts = |vote: &&Vote| {
                    let place = self.place_of(Voter { member_id: vote.member_id, role: vote.role });
                    vote.verdict == Verdict::Approve
                        && self.excluded(vote.member_id).is_none()
                        && self.check_credential(&vote.with).is_ok()
                        && requirement.takes(place.member_id, place.role)
                };
                let members: BTreeSet<_> =
                    self.votes.iter().filter(counts).map(|vote| vote.member_id).collect();
                (members.len(), requirement.quorum)
            })
            .collect()
    }

    fn is_met(&self) -> bool {
        let Some(terms) = &self.terms else { return false };
        let asked = self.signed_asked();
        let enough = |one: &Self| one.has_quorums() && one.signed_votes() >= usize::from(asked.votes);
        if terms.by != By::Passkey {
            return enough(self);
        }
        let mut signed = self.clone();
        signed.votes.retain(|vote| vote.is_signed(asked.device_bound));
        enough(&signed)
    }

    fn has_quorums(&self) -> bool {
        let progress = self.progress();
        !progress.is_empty() && progress.iter().all(|(votes, quorum)| *votes >= usize::from(*quorum).max(1))
    }

    /// How many members' votes for it count that are signed as the terms ask.
    pub fn signed_votes(&self) -> usize {
        let bound = self.signed_asked().device_bound;
        let counts = |vote: &&Vote| {
            vote.verdict == Verdict::Approve
                && vote.is_signed(bound)
                && self.excluded(vote.member_id).is_none()
                && self
                    .counts_for(self.place_of(Voter { member_id: vote.member_id, role: vote.role }))
                    .contains(&true)
        };
        self.votes.iter().filter(counts).map(|vote| vote.member_id).collect::<BTreeSet<_>>().len()
    }

    /// Whether it lets exactly these bytes go: it says so, and its votes, counted again, agree.
    pub fn releases(&self, digest: Digest) -> bool {
        let approved = matches!(self.decision, Decision::Approved { .. });
        approved && self.digest == digest && (self.terms.is_none() || self.is_met())
    }

    /// A member votes. Their vote replaces one that they gave before. Whoever asked for the mail may reject it:
    /// that harms nobody.
    pub fn vote(
        mut self,
        voter: Voter,
        (with, signed): (&Credential, Option<SignedVote>),
        digest: Digest,
        verdict: Verdict,
        standing: Option<StandingApprovalId>,
        now: Timestamp,
    ) -> Result<Self, DecisionRefused> {
        self.check_pending(now)?;
        if digest != self.digest {
            return Err(DecisionRefused::DigestMismatch { current: self.digest });
        }
        self.check_credential(with)?;
        let own = self.requested_by.member() == Some(voter.member_id);
        match &verdict {
            Verdict::Approve => self.may_vote(&voter, now)?,
            Verdict::Reject(_) if own => {}
            Verdict::Reject(_) => self.check_entitled(voter)?,
        }
        let Voter { member_id, role } = voter;
        // Who says the same again without their key keeps what it signed.
        let same = |vote: &&Vote| vote.member_id == member_id && vote.verdict == verdict;
        let signed = signed.or_else(|| self.votes.iter().find(same).and_then(|vote| vote.signed.clone()));
        self.votes.retain(|vote| vote.member_id != member_id);
        let with = with.clone();
        let unseen = false;
        let given = verdict.clone();
        self.votes.push(Vote { member_id, role, at: now, verdict: given, standing, with, unseen, signed });
        let rejections = self.votes.iter().filter(|vote| vote.verdict != Verdict::Approve).count();
        let enough = usize::from(self.terms.as_ref().map_or(1, |terms| terms.rejections)).max(1);
        match verdict {
            // Whoever asked takes it back by rejecting: that needs nobody else.
            Verdict::Reject(reason) if own || rejections >= enough => {
                self.decision = Decision::Rejected { by: member_id, at: now, reason };
            }
            Verdict::Approve if self.is_met() => {
                let by = standing.is_none().then_some(member_id);
                self.decision = Decision::Approved { by, at: now };
            }
            _ => {}
        }
        Ok(self)
    }

    /// Says of a member's vote that it was given to several mails at once: it counts for no mail about which something is found later.
    #[must_use]
    pub fn unseen_by(mut self, member_id: MemberId) -> Self {
        for vote in self.votes.iter_mut().filter(|vote| vote.member_id == member_id) {
            vote.unseen = true;
        }
        self
    }

    /// A member hands their vote on to another.
    pub fn delegate(
        mut self,
        from: Voter,
        with: &Credential,
        to: Voter,
        now: Timestamp,
    ) -> Result<Self, DecisionRefused> {
        self.check_credential(with)?;
        self.may_vote(&from, now)?;
        let place = self.place_of(from);
        let role = place.role;
        if self.votes.iter().any(|vote| vote.member_id == from.member_id) {
            return Err(DecisionRefused::Voted);
        }
        let able = to.role.scopes().contains(&Scope::ApprovalsDecide)
            && to.member_id != from.member_id
            && self.excluded(to.member_id).is_none()
            && !self.delegations.iter().any(|d| d.from == to.member_id)
            // A vote that was given does not grow by another's role behind the back of whoever gave it: it would
            // be enough, and nobody's next vote would say so.
            && !self.votes.iter().any(|vote| vote.member_id == to.member_id);
        if !able {
            return Err(DecisionRefused::NoDelegate);
        }
        let counts = self.counts_for(place);
        let other = |d: &Delegation| {
            d.role != role || self.counts_for(Voter { member_id: d.from, role: d.role }) != counts
        };
        if self.delegations.iter().any(|d| d.to == to.member_id && other(d)) {
            return Err(DecisionRefused::NoSecondPlace);
        }
        // What was handed to them goes on with it, or it could be used by nobody.
        for handed in self.delegations.iter_mut().filter(|d| d.to == from.member_id) {
            handed.to = to.member_id;
        }
        self.delegations.push(Delegation {
            from: from.member_id,
            role,
            to: to.member_id,
            at: now,
            with: with.clone(),
        });
        Ok(self)
    }

    /// A member takes back that they approved. Where the votes that are left are not enough the mail waits again, as long as its terms
    /// say from now on. Whether it still can wait its own state tells. Like a rejection that harms nobody, so that nothing more is
    /// asked of them than to be that person.
    pub fn take_back(
        mut self,
        member_id: MemberId,
        with: &Credential,
        now: Timestamp,
    ) -> Result<Self, DecisionRefused> {
        let approved = matches!(self.decision, Decision::Approved { .. });
        if !approved {
            self.check_pending(now)?;
        }
        if !matches!(with, Credential::Session(_)) {
            return Err(DecisionRefused::NoPerson);
        }
        let own = |vote: &Vote| {
            vote.member_id == member_id && vote.verdict == Verdict::Approve && vote.standing.is_none()
        };
        let place = self.votes.iter().position(own).ok_or(DecisionRefused::NoVote)?;
        if self.taken_back.len() >= Self::TAKE_BACKS {
            return Err(DecisionRefused::TakenBackTooOften(Self::TAKE_BACKS));
        }
        let vote = self.votes.remove(place);
        self.taken_back.push(TakenBack { vote, at: now, with: with.clone() });
        if approved && !self.is_met() {
            // It would wait for longer than its terms let it: late, it is to expire.
            if self.is_late(now) {
                return Err(DecisionRefused::TooLate);
            }
            self.decision = Decision::Pending;
            self.expires_at = self.terms.as_ref().map_or(now, |terms| Self::expiry(terms, self.send_at, now));
            // The workflow that it named has gone on: another parks here.
            self.revision_asked = None;
            self.task_token = None;
        }
        Ok(self)
    }

    /// With what the key log demands by now.
    #[must_use]
    pub fn with_floor(self, demanded: SignedVotes) -> Self {
        Self { demanded, ..self }
    }

    /// It was to go, and the key log demands more signed votes than count now: it waits for them, as long as its terms say from now on,
    /// also past its time. `signed` are those whose signatures hold. Where nobody was asked nothing waits.
    pub fn wait_for_signatures(
        mut self,
        floor: SignedVotes,
        signed: &BTreeMap<MemberId, bool>,
        now: Timestamp,
    ) -> Result<Self, DecisionRefused> {
        if !matches!(self.decision, Decision::Approved { .. }) {
            self.check_pending(now)?;
        }
        let Some(terms) = &self.terms else { return Err(DecisionRefused::TooLate) };
        self.expires_at = Self::expiry(terms, self.send_at.filter(|at| *at > now), now);
        self.waits = self.waits.saturating_add(1);
        self.demanded = floor;
        for vote in self.votes.iter_mut().filter(|vote| !signed.contains_key(&vote.member_id)) {
            vote.signed = None;
        }
        self.decision = Decision::Pending;
        self.revision_asked = None;
        self.task_token = None;
        Ok(self)
    }

    /// When those who may vote are reminded first of what waits from now on.
    pub fn remind_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.terms.as_ref().and_then(|terms| terms.remind_after).map(|after| now + after)
    }

    /// Nobody decided in time.
    pub fn expire(mut self, now: Timestamp) -> Result<Self, DecisionRefused> {
        if self.decision != Decision::Pending || now < self.expires_at {
            return Err(self.refuse(now));
        }
        self.decision = Decision::Expired { at: now };
        Ok(self)
    }

    /// Calls it off, decided or not. Whether the mail still can be called off its own state tells.
    pub fn cancel(mut self, by: &Actor, reason: &str, now: Timestamp) -> Result<Self, DecisionRefused> {
        match self.decision {
            Decision::Approved { .. } => {}
            _ => self.check_pending(now)?,
        }
        self.decision = Decision::Cancelled { by: by.clone(), at: now, reason: reason.to_owned() };
        Ok(self)
    }

    /// Whether this is who asked for the mail. A token answers for what it asked for itself, not for what its owner or their other tokens did.
    pub fn was_asked_by(&self, actor: &Actor) -> bool {
        match (actor, &self.requested_by) {
            (Actor::Token { token_id, .. }, Actor::Token { token_id: asked, .. }) => token_id == asked,
            (Actor::Token { .. }, _) => false,
            (actor, asked) => actor.member().is_some() && actor.member() == asked.member(),
        }
    }

    /// Somebody who decides asks whoever asked for the mail to write it otherwise. Their vote is not given yet; those of others stay, and
    /// count if it is decided about as it is.
    pub fn ask_to_revise(
        mut self,
        voter: Voter,
        with: &Credential,
        digest: Digest,
        note: &str,
        now: Timestamp,
    ) -> Result<Self, DecisionRefused> {
        self.check_pending(now)?;
        if digest != self.digest {
            return Err(DecisionRefused::DigestMismatch { current: self.digest });
        }
        self.check_credential(with)?;
        self.check_entitled(voter)?;
        let by = voter.member_id;
        if self.votes.iter().any(|vote| vote.member_id == by) {
            return Err(DecisionRefused::VotedBefore);
        }
        self.revision_asked = Some(RevisionAsked { by, at: now, note: note.to_owned(), with: with.clone() });
        Ok(self)
    }

    /// Whoever asked for the mail revises it, since that was asked for: this approval ends with all its votes, and `next` takes its place.
    pub fn revise(
        mut self,
        by: &Actor,
        digest: Digest,
        next: ApprovalId,
        now: Timestamp,
    ) -> Result<Self, DecisionRefused> {
        self.check_pending(now)?;
        if digest != self.digest {
            return Err(DecisionRefused::DigestMismatch { current: self.digest });
        }
        let member_id = by.member().filter(|_| self.was_asked_by(by)).ok_or(DecisionRefused::NotAsked)?;
        if self.revision_asked.is_none() {
            return Err(DecisionRefused::NoRevisionAsked);
        }
        self.decision = Decision::Superseded { by: member_id, at: now, next };
        Ok(self)
    }

    /// The mail is edited: this approval ends with all its votes, and `next` takes its place.
    pub fn supersede(
        mut self,
        by: Voter,
        with: &Credential,
        digest: Digest,
        next: ApprovalId,
        now: Timestamp,
    ) -> Result<Self, DecisionRefused> {
        self.check_pending(now)?;
        if digest != self.digest {
            return Err(DecisionRefused::DigestMismatch { current: self.digest });
        }
        // Whoever voids votes must be one of those who give them.
        self.check_credential(with)?;
        self.check_entitled(by)?;
        self.decision = Decision::Superseded { by: by.member_id, at: now, next };
        Ok(self)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::gate::policy::Requirement;
    use crate::{SessionId, TokenId};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn member(n: u8) -> MemberId {
        MemberId::new(NOW, [n; 10])
    }

    fn voter(n: u8, role: Role) -> Voter {
        Voter { member_id: member(n), role }
    }

    fn mail() -> Digest {
        Digest::of(b"mail")
    }

    /// A mail that token 0 of member 1 asked for, which waits on these terms.
    pub(crate) fn held(terms: Terms) -> Approval {
        Approval {
            id: ApprovalId::new(NOW, [0; 10]),
            organization_id: OrganizationId::new(NOW, [0; 10]),
            inbox_id: InboxId::new(NOW, [0; 10]),
            message_id: MessageId::new(NOW, [0; 10]),
            thread_id: ThreadId::new(NOW, [0; 10]),
            answers: None,
            forward: false,
            resends: vec![],
            authors: BTreeSet::new(),
            digest: mail(),
            revision: 1,
            supersedes: None,
            edited_by: None,
            requested_by: Actor::Token {
                token_id: TokenId::new(NOW, [0; 10]),
                member_id: member(1),
                name: crate::people::access::CalledThen::default(),
            },
            requested_with: Credential::Token {
                id: TokenId::new(NOW, [0; 10]),
                chain: vec![Digest::of(b"token")],
            },
            requested_at: NOW,
            expires_at: Approval::expiry(&terms, None, NOW),
            send_at: None,
            quiet: vec![],
            terms: Some(terms),
            reasons: vec![],
            risks: Some(BTreeSet::new()),
            trace: vec![],
            votes: vec![],
            delegations: vec![],
            taken_back: vec![],
            revision_asked: None,
            recipients: vec![],
            subject: String::new(),
            preview: String::new(),
            attachment_count: 0,
            html_changes: vec![],
            decision: Decision::Pending,
            draft_id: None,
            row: None,
            provider: None,
            task_token: None,
            demanded: SignedVotes::NONE,
            waits: 0,
            version: 1,
        }
    }

    /// A person who signed in.
    pub(crate) fn session() -> Credential {
        Credential::Session(SessionId::new(NOW, [1; 10]))
    }

    /// A member's token.
    fn program() -> Credential {
        Credential::Token { id: TokenId::new(NOW, [7; 10]), chain: vec![Digest::of(b"other token")] }
    }

    fn terms(requirements: &[(u8, &[Role])]) -> Terms {
        let requirements = requirements
            .iter()
            .map(|(quorum, roles)| Requirement::of_roles(*quorum, roles.iter().copied()))
            .collect();
        Terms { requirements, ..Terms::default() }
    }

    fn yes(approval: Approval, voter: Voter) -> Result<Approval, DecisionRefused> {
        approval.vote(voter, (&session(), None), mail(), Verdict::Approve, None, NOW)
    }

    fn no(approval: Approval, voter: Voter) -> Result<Approval, DecisionRefused> {
        approval.vote(voter, (&session(), None), mail(), Verdict::Reject("no".into()), None, NOW)
    }

    const ANN: (u8, Role) = (2, Role::Approver);
    const BEN: (u8, Role) = (3, Role::Approver);
    const OWNER: (u8, Role) = (4, Role::Owner);

    fn of(person: (u8, Role)) -> Voter {
        voter(person.0, person.1)
    }

    #[test]
    fn what_presses_follows_what_its_reader_chose() {
        use crate::people::notifications::{Mails, Quiet};

        let own = |mails: Mails| Notifications {
            mails,
            ..Notifications::new(held(Terms::default()).organization_id, member(2))
        };
        // It is midnight.
        let night = Quiet { days: (1..=7).collect(), from: 22 * 60, to: 7 * 60 };
        let asleep = Notifications { quiet: Some(night), ..own(Mails::Each) };
        let after = |hours: i64| Approval {
            expires_at: NOW + SignedDuration::from_hours(hours),
            ..held(Terms::default())
        };
        for (hours, awake, sleeping, daily, pressing) in [
            (2, true, true, true, true),
            (5, false, true, true, true),
            (8, false, true, true, true),
            // The digest of eight o'clock leaves four hours.
            (12, false, false, true, true),
            (13, false, false, false, true),
            (25, false, false, false, false),
        ] {
            let of = [own(Mails::Each), asleep.clone(), own(Mails::Daily), own(Mails::Pressing)];
            assert_eq!(
                of.map(|own| after(hours).presses(&own, NOW)),
                [awake, sleeping, daily, pressing],
                "{hours}"
            );
        }
        let odd = Approval { risks: Some([Risk::OddLink].into()), ..after(99) };
        assert!(
            odd.presses(&asleep, NOW) && odd.presses(&own(Mails::Pressing), NOW),
            "suspicious mail wakes"
        );
    }

    #[test]
    fn another_digest_is_refused_and_the_right_one_named() {
        let refused = held(Terms::default())
            .vote(of(ANN), (&session(), None), Digest::of(b"other"), Verdict::Approve, None, NOW)
            .unwrap_err();
        assert_eq!(refused, DecisionRefused::DigestMismatch { current: mail() });
        let approved = yes(held(Terms::default()), of(ANN)).unwrap();
        assert!(approved.releases(mail()));
        assert!(!approved.releases(Digest::of(b"other")));
    }

    #[test]
    fn the_requester_may_reject_but_not_approve() {
        let requester = voter(1, Role::Owner);
        assert_eq!(yes(held(Terms::default()), requester), Err(DecisionRefused::Requester));
        let rejected = no(held(Terms { rejections: 3, ..Terms::default() }), voter(1, Role::Editor)).unwrap();
        assert_eq!(rejected.decision.as_str(), "rejected");
        let without = Terms { separation: false, ..Terms::default() };
        assert_eq!(yes(held(without), requester).unwrap().decision.as_str(), "approved");
    }

    #[test]
    fn the_last_editor_does_not_approve_alone_unless_separation_is_off() {
        let edited = |separation| Approval {
            edited_by: Some(member(2)),
            ..held(Terms { separation, ..Terms::default() })
        };
        assert_eq!(yes(edited(true), of(ANN)), Err(DecisionRefused::Editor));
        assert!(yes(edited(true), of(BEN)).unwrap().releases(mail()));
        assert!(yes(edited(false), of(ANN)).unwrap().releases(mail()));
    }

    #[test]
    fn two_persons_are_two_persons() {
        let two = held(terms(&[(2, &[Role::Approver, Role::Owner])]));
        let one = yes(yes(two, of(ANN)).unwrap(), of(ANN)).unwrap();
        assert_eq!((one.votes.len(), one.decision.as_str()), (1, "pending"));
        assert!(!one.releases(mail()));
        assert!(yes(one, of(BEN)).unwrap().releases(mail()));
    }

    #[test]
    fn each_requirement_needs_its_roles() {
        let both = held(terms(&[(1, &[Role::Owner]), (2, &[Role::Approver, Role::Owner])]));
        let approvers = yes(yes(both, of(ANN)).unwrap(), of(BEN)).unwrap();
        assert_eq!(approvers.progress(), [(0, 1), (2, 2)]);
        assert_eq!(yes(approvers, of(OWNER)).unwrap().decision.as_str(), "approved");
        let owners = held(terms(&[(1, &[Role::Owner])]));
        assert_eq!(yes(owners.clone(), of(ANN)), Err(DecisionRefused::NotEntitled("owner".into())));
        assert_eq!(no(owners.clone(), of(ANN)), Err(DecisionRefused::NotEntitled("owner".into())));
        assert!(matches!(yes(owners, voter(9, Role::Viewer)), Err(DecisionRefused::NotEntitled(_))));
    }

    #[test]
    fn a_row_that_says_approved_without_votes_releases_nothing() {
        let forged = Approval {
            decision: Decision::Approved { by: Some(member(2)), at: NOW },
            ..held(Terms::default())
        };
        assert!(!forged.releases(mail()));
        let by_policy = Approval { terms: None, ..forged };
        assert!(by_policy.releases(mail()));
    }

    #[test]
    fn a_vote_may_be_changed_while_it_waits_and_so_many_rejections_end_it() {
        let two = Terms { rejections: 2, ..terms(&[(2, &[Role::Approver, Role::Owner])]) };
        let changed = no(yes(held(two), of(ANN)).unwrap(), of(ANN)).unwrap();
        assert_eq!((changed.progress(), changed.decision.as_str()), (vec![(0, 2)], "pending"));
        assert_eq!(no(changed, of(BEN)).unwrap().decision.as_str(), "rejected");
    }

    #[test]
    fn a_vote_is_handed_on_with_its_role_and_not_to_whoever_asked() {
        let owners = held(terms(&[(1, &[Role::Owner])]));
        let handed = owners.clone().delegate(of(OWNER), &session(), of(ANN), NOW).unwrap();
        assert_eq!(yes(handed.clone(), of(OWNER)), Err(DecisionRefused::Delegated));
        assert!(yes(handed, of(ANN)).unwrap().releases(mail()));
        let refused = |to| owners.clone().delegate(of(OWNER), &session(), to, NOW).unwrap_err();
        assert_eq!(refused(voter(1, Role::Owner)), DecisionRefused::NoDelegate);
        assert_eq!(refused(of(OWNER)), DecisionRefused::NoDelegate);
        assert_eq!(refused(voter(7, Role::Viewer)), DecisionRefused::NoDelegate);
        assert!(matches!(
            owners.clone().delegate(of(ANN), &session(), of(BEN), NOW),
            Err(DecisionRefused::NotEntitled(_))
        ));
    }

    #[test]
    fn a_vote_is_not_handed_to_whoever_voted_already() {
        let both = held(terms(&[(1, &[Role::Owner]), (1, &[Role::Approver])]));
        let voted = yes(both, of(ANN)).unwrap();
        assert_eq!(
            voted.clone().delegate(of(OWNER), &session(), of(ANN), NOW),
            Err(DecisionRefused::NoDelegate)
        );
        assert!(voted.delegate(of(OWNER), &session(), of(BEN), NOW).is_ok());
    }

    #[test]
    fn handing_on_never_makes_two_votes_of_one_person() {
        let two = held(terms(&[(2, &[Role::Owner, Role::Approver])]));
        let handed = two.delegate(of(OWNER), &session(), of(ANN), NOW).unwrap();
        let once = yes(handed, of(ANN)).unwrap();
        assert_eq!(once.progress(), [(1, 2)]);
        assert!(yes(once, of(BEN)).unwrap().releases(mail()));
    }

    #[test]
    fn handing_on_never_makes_one_person_of_two() {
        let both = || held(terms(&[(1, &[Role::Owner]), (1, &[Role::Approver])]));
        let handed = both().delegate(of(OWNER), &session(), of(ANN), NOW).unwrap();
        let once = yes(handed.clone(), of(ANN)).unwrap();
        assert_eq!(once.progress(), [(1, 1), (0, 1)], "in the owner's place, and not in her own");
        assert!(yes(once, of(BEN)).unwrap().releases(mail()));
        // Nor by way of somebody between.
        let passed_on = handed.clone().delegate(of(ANN), &session(), of(BEN), NOW).unwrap();
        let once = yes(passed_on.clone(), of(BEN)).unwrap();
        assert_eq!(once.progress(), [(1, 1), (0, 1)]);
        assert_eq!(yes(passed_on, of(ANN)), Err(DecisionRefused::Delegated));
        // Nor by two who hand theirs to the same.
        let other = voter(5, Role::Approver);
        assert_eq!(handed.delegate(other, &session(), of(ANN), NOW), Err(DecisionRefused::NoSecondPlace));
    }

    #[test]
    fn a_token_decides_only_where_a_policy_says_so() {
        let vote =
            |terms: Terms, verdict| held(terms).vote(of(ANN), (&program(), None), mail(), verdict, None, NOW);
        let (any, default) = (|| Terms { by: By::Any, ..Terms::default() }, Terms::default);
        assert_eq!(vote(default(), Verdict::Approve), Err(DecisionRefused::NoPerson));
        assert_eq!(vote(default(), Verdict::Reject(String::new())), Err(DecisionRefused::NoPerson));
        assert!(vote(any(), Verdict::Approve).unwrap().releases(mail()));
        let next = ApprovalId::new(NOW, [9; 10]);
        assert_eq!(
            held(default()).supersede(of(ANN), &program(), mail(), next, NOW),
            Err(DecisionRefused::NoPerson)
        );
        assert_eq!(
            held(default()).delegate(of(ANN), &program(), of(BEN), NOW),
            Err(DecisionRefused::NoPerson)
        );
        assert!(held(any()).delegate(of(ANN), &program(), of(BEN), NOW).is_ok());
        // One policy that asks for a person is enough.
        assert_eq!(any().unite(default()).by, By::Person);
        // What the row says of itself is not believed.
        let forged = Approval { terms: Some(default()), ..vote(any(), Verdict::Approve).unwrap() };
        assert!(!forged.releases(mail()));
    }

    #[test]
    fn a_policy_may_say_that_links_only_lead_to_the_sign_in() {
        let link = Credential::Link(Digest::of(b"link"));
        let vote = |links| {
            held(Terms { links, ..Terms::default() }).vote(
                of(ANN),
                (&link, None),
                mail(),
                Verdict::Approve,
                None,
                NOW,
            )
        };
        assert!(vote(Links::Decide).is_ok());
        assert_eq!(vote(Links::SignIn), Err(DecisionRefused::NoLink));
        let strict = Terms { links: Links::SignIn, ..Terms::default() };
        assert_eq!(Terms::default().unite(strict).links, Links::SignIn);
    }

    #[test]
    fn it_is_decided_once_and_in_time() {
        let approved = yes(held(Terms::default()), of(ANN)).unwrap();
        assert_eq!(no(approved.clone(), of(BEN)), Err(DecisionRefused::NotPending("approved")));
        let late = NOW + Terms::default().expires_in;
        assert!(approved.expire(late).is_err());
        let at = |now| {
            held(Terms::default()).vote(of(ANN), (&session(), None), mail(), Verdict::Approve, None, now)
        };
        assert_eq!(at(late), Err(DecisionRefused::NotPending("expired")));
        assert!(at(late - SignedDuration::from_millis(1)).is_ok());
        assert!(held(Terms::default()).expire(late - SignedDuration::from_secs(1)).is_err());
        assert!(held(Terms::default()).expire(late).is_ok());
    }

    #[test]
    fn what_was_edited_or_cancelled_takes_no_vote() {
        let next = ApprovalId::new(NOW, [9; 10]);
        let superseded = held(Terms::default()).supersede(of(ANN), &session(), mail(), next, NOW).unwrap();
        assert_eq!(yes(superseded, of(BEN)), Err(DecisionRefused::Superseded { next }));
        let approved = yes(held(Terms::default()), of(ANN)).unwrap();
        let cancelled = approved.cancel(&Actor::System, "why", NOW).unwrap();
        assert!(!cancelled.releases(mail()));
        assert_eq!(yes(cancelled, of(BEN)), Err(DecisionRefused::NotPending("cancelled")));
    }

    #[test]
    fn an_approval_is_taken_back_by_its_own_person_in_a_session_and_the_mail_waits_anew() {
        let later = NOW + SignedDuration::from_hours(24);
        let back = |approval: Approval, n: u8| approval.take_back(member(n), &session(), later);
        let approved = Approval {
            task_token: Some("parked".into()),
            ..yes(
                held(Terms { remind_after: Some(SignedDuration::from_hours(2)), ..Terms::default() }),
                of(ANN),
            )
            .unwrap()
        };
        assert_eq!(back(approved.clone(), BEN.0), Err(DecisionRefused::NoVote), "another's vote");
        let by_token = approved.clone().take_back(member(ANN.0), &program(), later);
        assert_eq!(by_token, Err(DecisionRefused::NoPerson));
        let by_link = approved.clone().take_back(member(ANN.0), &Credential::Link(mail()), later);
        assert_eq!(by_link, Err(DecisionRefused::NoPerson));
        let waits = back(approved, ANN.0).unwrap();
        assert_eq!((waits.status(later), waits.votes.len(), waits.task_token.clone()), ("pending", 0, None));
        assert_eq!(
            waits.expires_at,
            later + Terms::default().expires_in,
            "as long as its terms say, from now on"
        );
        assert_eq!(waits.remind_at(later), Some(later + SignedDuration::from_hours(2)));
        assert!(!waits.releases(mail()));
        assert_eq!(back(waits.clone(), ANN.0), Err(DecisionRefused::NoVote), "once");
        assert!(yes(waits, of(BEN)).unwrap().releases(mail()));
    }

    #[test]
    fn one_vote_of_two_is_taken_back_and_the_other_stays() {
        let two = || held(terms(&[(2, &[Role::Approver, Role::Owner])]));
        let first = yes(two(), of(ANN)).unwrap();
        let expires_at = first.expires_at;
        let none = first.clone().take_back(member(ANN.0), &session(), NOW).unwrap();
        assert_eq!(
            (none.votes.len(), none.expires_at),
            (0, expires_at),
            "it waited before, and waits no longer"
        );
        let both = yes(first, of(BEN)).unwrap();
        let one = both.take_back(member(ANN.0), &session(), NOW).unwrap();
        assert_eq!((one.progress(), one.status(NOW)), (vec![(1, 2)], "pending"));
        assert_eq!(one.taken_back.iter().map(|it| it.vote.member_id).collect::<Vec<_>>(), [member(ANN.0)]);
        // A mail that has more votes than it needs goes on those that are left.
        let owner_too = held(terms(&[(1, &[Role::Owner]), (1, &[Role::Approver])]));
        let three = yes(yes(yes(owner_too, of(ANN)).unwrap(), of(BEN)).unwrap(), of(OWNER)).unwrap();
        let left = three.take_back(member(ANN.0), &session(), NOW).unwrap();
        assert!(left.releases(mail()));
    }

    #[test]
    fn what_is_over_or_was_given_ahead_or_refused_is_not_taken_back() {
        let standing = StandingApprovalId::new(NOW, [3; 10]);
        let ahead = held(Terms::default()).vote(
            of(ANN),
            (&session(), None),
            mail(),
            Verdict::Approve,
            Some(standing),
            NOW,
        );
        let back = |approval: Approval, now| approval.take_back(member(ANN.0), &session(), now);
        assert_eq!(back(ahead.unwrap(), NOW), Err(DecisionRefused::NoVote));
        let rejected = no(held(Terms { rejections: 2, ..Terms::default() }), of(ANN)).unwrap();
        assert_eq!(back(rejected, NOW), Err(DecisionRefused::NoVote));
        let cancelled =
            yes(held(Terms::default()), of(ANN)).unwrap().cancel(&Actor::System, "why", NOW).unwrap();
        assert_eq!(back(cancelled, NOW), Err(DecisionRefused::NotPending("cancelled")));
        let two = yes(held(terms(&[(2, &[Role::Approver])])), of(ANN)).unwrap();
        let late = two.expires_at;
        assert_eq!(back(two, late), Err(DecisionRefused::NotPending("expired")));
        let mut approval = held(Terms::default());
        for _ in 0..Approval::TAKE_BACKS {
            approval = back(yes(approval, of(ANN)).unwrap(), NOW).unwrap();
        }
        let once_more = back(yes(approval, of(ANN)).unwrap(), NOW);
        assert_eq!(once_more, Err(DecisionRefused::TakenBackTooOften(Approval::TAKE_BACKS)));
    }

    #[test]
    fn by_default_a_decision_comes_before_send_at() {
        let hour = SignedDuration::from_hours(1);
        let expire = Terms::default();
        assert_eq!(Approval::expiry(&expire, Some(NOW + hour), NOW), NOW + hour);
        assert_eq!(Approval::expiry(&expire, Some(NOW - hour), NOW), NOW + expire.expires_in);
        let send = Terms { late: Late::Send, ..expire };
        assert_eq!(Approval::expiry(&send, Some(NOW + hour), NOW), NOW + send.expires_in);
        let endless = Terms { expires_in: SignedDuration::from_hours(24 * 365), ..send };
        assert_eq!(Approval::expiry(&endless, None, NOW), NOW + Approval::MAX_EXPIRY);
    }
}
