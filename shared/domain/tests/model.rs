//! The gate, checked in every interleaving.
//!
//! What moves here are the production types by their production methods: [`Approval`], [`Outbound`], [`Claim::of`] with
//! `gate::check`, [`Sealed`], [`StandingApproval`]. The model adds only the world around them: a table whose writes
//! are conditional on versions, people and dispatchers that read in one step and write in another, tickets that come
//! late, twice or never, answers that are lost, crashes, a provider and its events. The order of steps is that of `app`.
//!
//! The oracle in [`World::entitled`] counts votes again from the rows and asks no method of [`Approval`].
//! Each model has bounds, named in [`Bounds`]; within them every order of steps is tried. The tests at the end turn one
//! safety off each and show that the check finds it. The figures stand in `infra/docs/PROOF.md`.

#![expect(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::time::Instant;

use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::gate::approval::{Approval, Decision, Delegation, Verdict, Vote, Voter};
use domain::gate::last_look::{self, Around, Hindrance};
use domain::gate::policy::{By, DECIDERS, Requirement, Terms};
use domain::gate::seal::{Claim, Envelope, NoClaim, Sealed};
use domain::gate::standing::{Mail, StandingApproval, Target};
use domain::gate::statement::SignedVote;
use domain::mailbox::account::Transport;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::lifecycle::{InvalidTransition, Nonce, Outbound, State, Status};
use domain::mailbox::message::{Direction, Message, Party};
use domain::people::access::{Actor, CalledThen, Credential, Role};
use domain::people::credential::Token;
use domain::people::organization::{Member, Organization, Pause};
use domain::people::signing::{Assertion, SignedVotes};
use domain::{
    ApprovalId, InboxId, MemberId, MessageId, OrganizationId, SessionId, StandingApprovalId, ThreadId,
    TokenId, UserId,
};
use jiff::{SignedDuration, Timestamp};
use stateright::{Checker, HasDiscoveries, Model, Property};

const T0: Timestamp = Timestamp::UNIX_EPOCH;
/// The owner of the token that asks for every mail.
const REQUESTER: usize = 0;
/// Revisions of a mail that are sealed ahead.
const REVISIONS: usize = 3;
/// What can be paused, in the order of `gate::Paused`.
const PAUSES: usize = 3;
/// The tokens of the member who decides by one: it, and the one that it was made with.
const KEYS: usize = 2;

/// How much happens at most in one model. Within this, everything happens in every order.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a kind of step that is on or off")]
struct Bounds {
    /// The clock shows these instants, in seconds, one after the other.
    instants: &'static [i64],
    /// Seats, the requester first.
    roles: &'static [Role],
    /// How many votes of which roles a mail needs; where nothing is asked for, the mails are let go by policy.
    requirements: &'static [(u8, &'static [Role])],
    /// Members who are asked for a vote by name, or as a group: each of these lists is a requirement of its own.
    named: &'static [&'static [usize]],
    /// The member who decides by a token, where the policy allows that.
    program: Option<usize>,
    /// Rejections that end it.
    rejections: u8,
    /// How long an approval waits.
    expires_in: i64,
    /// Whether those who may vote are reminded.
    remind: bool,
    /// Mails.
    messages: usize,
    /// Mails of a standing approval of member 1; none where absent.
    budget: Option<u32>,
    /// Decisions of people that are read and not yet written, at one time.
    in_flight: usize,
    /// Members that vote, in the order of `roles`; the others only stand by as delegates.
    voters: &'static [usize],
    delegations: u8,
    /// Rejections, written or not.
    rejects: u8,
    cancels: u8,
    edits: u8,
    /// Approvals that are taken back, written or not.
    take_backs: u8,
    /// Removals of members, changes of role.
    removals: u8,
    demotions: u8,
    /// Pauses of each kind; each ends at any time.
    pauses: [u8; PAUSES],
    delete_token: bool,
    /// Whether the tokens of `program` are paused or deleted.
    break_keys: bool,
    revoke: bool,
    taint: bool,
    tamper: bool,
    /// Claims of all mails together, and dispatchers at one time.
    claims: u8,
    dispatchers: usize,
    /// Answers of provider or table that are lost or bad, and crashes.
    faults: u8,
    crashes: u8,
    /// Whether the approval that names the rows of the last look is read before the claim.
    asks_first: bool,
    /// Whether member 1 has a key that signs what they approve, which may be revoked.
    signs: bool,
    /// How many signed votes the key log demands at the beginning, and how often it demands one more.
    floor: u8,
    demands: u8,
    /// Rows that somebody forges who writes the table.
    forges: u8,
}

const NOTHING: Bounds = Bounds {
    instants: &[0],
    roles: &[Role::Owner, Role::Approver, Role::Approver],
    requirements: &[],
    named: &[],
    program: None,
    rejections: 1,
    expires_in: 300,
    remind: false,
    messages: 1,
    budget: None,
    in_flight: 0,
    voters: &[],
    delegations: 0,
    rejects: 0,
    cancels: 0,
    edits: 0,
    take_backs: 0,
    removals: 0,
    demotions: 0,
    pauses: [0; PAUSES],
    delete_token: false,
    break_keys: false,
    revoke: false,
    taint: false,
    tamper: false,
    claims: 1,
    dispatchers: 1,
    faults: 0,
    crashes: 0,
    asks_first: false,
    signs: false,
    floor: 0,
    demands: 0,
    forges: 0,
};

/// One safety that is turned off, to see that the check notices.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Off {
    /// A claim is written without its condition, from an earlier read.
    ConditionalClaim,
    /// Nobody looks after the claim.
    LastLook,
    /// The look comes before the claim.
    LookAfterClaim,
    /// An edit keeps the votes.
    VotesEndWithEdit,
    /// The client of the provider repeats a call that was not answered.
    OneCall,
    /// People write without comparing versions.
    CompareAndSwap,
    /// A dispatcher undoes whatever claim it finds.
    OwnClaim,
    /// The sweeper puts back what a silent dispatcher claimed.
    UnknownStaysUnknown,
    /// A standing approval is spent without comparing versions.
    CountedSpending,
    /// The stored bytes are not hashed again.
    HashAgain,
    /// The sweeper starts nothing anew.
    Restart,
    /// The look takes the tokens of whoever decided for good.
    KeysOfVoters,
    /// Whoever votes in another's place votes for both.
    OneVoteEach,
    /// Whoever asks ends a pause.
    PersonsResume,
    /// The look reads the rows that the approval named before the claim, whatever it names by now.
    NamesReadAgain,
    /// A mail that waits again after a vote was taken back keeps that vote.
    VotesTakenBackEnd,
    /// The dispatcher believes what a row says of its signatures.
    KeysChecked,
    /// Whoever writes the table writes the key log too.
    LogOutOfReach,
    /// What a key signs does not name the mail.
    ChallengeNamesMail,
    /// Nothing is noted of what went.
    Departures,
}

#[derive(Clone)]
struct Gate {
    bounds: Bounds,
    off: Option<Off>,
    examples: &'static [Example],
    sealed: Vec<Vec<Sealed>>,
}

/// An approval after a decision, and its mail where that moves or is refused.
type Decided = (Approval, Option<Result<Outbound, InvalidTransition>>);

type Example = (&'static str, fn(&Gate, &World) -> bool);

/// A row with its version.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Row {
    outbound: Outbound,
    version: u64,
}

/// A prepared transaction of a person: what was read is a condition of what is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Tx {
    message: usize,
    /// The approval and the version that it must still have.
    approval: Option<(usize, u64, Arc<Approval>)>,
    create: Option<Arc<Approval>>,
    row: Option<(Option<u64>, Arc<Row>)>,
    standing: Option<(u64, Arc<StandingApproval>)>,
    /// Who voted, for the history.
    voted: Option<usize>,
    /// Who took their vote back, for the history.
    took_back: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Answer {
    Accepted,
    /// The call went through, its answer did not.
    AcceptedInSilence,
    NotAcceptedInSilence,
    NotAccepted,
    Refused,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Phase {
    /// Read what names the rows to look at, and has not claimed yet.
    Asked,
    /// Read a mail that it will claim whatever happens (only where that safety is off).
    Rushing(Arc<Row>),
    /// The claim was written or not: the answer is lost.
    Uncertain,
    Claimed(Arc<Row>),
    /// Read the approval, not yet what is around it.
    Seen(Arc<Row>, Option<Arc<Approval>>),
    /// About to call the provider with this revision.
    Cleared(Arc<Row>, usize),
    Hindered(Arc<Row>, Hindrance, Option<Arc<Approval>>),
    Answered(Arc<Row>, Answer),
}

/// What was true when the claim was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct AtClaim {
    entitled: bool,
    stood: bool,
    /// Whether as many keys had signed as were demanded, when the dispatcher looked.
    signed: bool,
    /// Pauses that stood then and did not end before the look.
    paused_then: [bool; PAUSES],
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Dispatcher {
    approval: usize,
    nonce: Nonce,
    asked: Option<Arc<Approval>>,
    phase: Phase,
    /// Its last write lost, or its answer was: it reads the row again before it goes on.
    rereads: bool,
    at_claim: AtClaim,
}

/// A call of the provider, as the provider and the oracle see it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Call {
    message: usize,
    /// Which revision the bytes are that were given to the provider.
    revision: usize,
    answer: Answer,
    at_claim: AtClaim,
}

impl Call {
    fn may_be_accepted(&self) -> bool {
        matches!(self.answer, Answer::Accepted | Answer::AcceptedInSilence | Answer::NotAcceptedInSilence)
    }
}

/// What happened, kept for the properties alone: no transition reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is something that happened or did not")]
struct History {
    calls: Vec<Call>,
    /// Members that voted, by approval.
    voted: Vec<BTreeSet<usize>>,
    /// Approvals that member 1's key signed for at some time.
    signed: BTreeSet<usize>,
    /// Approvals that were approved at some time.
    approved: BTreeSet<usize>,
    stood_back: bool,
    called_off: bool,
    called_off_without_cause: bool,
    contradicted: bool,
    waited_for_signatures: bool,
    settled: bool,
    resumed_by_others: bool,
    conflicts: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Used {
    delegations: u8,
    rejects: u8,
    cancels: u8,
    edits: u8,
    take_backs: u8,
    removals: u8,
    demotions: u8,
    pauses: [u8; PAUSES],
    claims: u8,
    faults: u8,
    crashes: u8,
    demands: u8,
    forges: u8,
}

/// How a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Good,
    Paused,
    Deleted,
}

/// Who asks that a pause be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resumer {
    Manager,
    ManagersToken,
    Approver,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is something that is so or is not")]
struct World {
    clock: usize,
    approvals: Vec<Arc<Approval>>,
    rows: Vec<Option<Arc<Row>>>,
    members: Vec<Option<Role>>,
    pauses: [bool; PAUSES],
    token: bool,
    keys: [Key; KEYS],
    standing: Option<Arc<StandingApproval>>,
    tainted: bool,
    tampered: bool,
    /// The key log: how many signed votes it demands, and whether the key of member 1 counts.
    floor: u8,
    key: bool,
    /// Approvals whose mail is noted as given to the provider.
    departed: BTreeSet<usize>,
    in_flight: Vec<Tx>,
    dispatchers: Vec<Dispatcher>,
    used: Used,
    history: History,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Tick,
    Submit(usize),
    Vote(usize, usize),
    Reject(usize, usize),
    Delegate(usize, usize, usize),
    Cancel(usize),
    Edit(usize, usize),
    TakeBack(usize, usize),
    Commit(usize),
    Sweep(usize),
    Ask(usize),
    /// A ticket comes, or a dispatcher that asked goes on; the second says that the answer is lost.
    Claim(usize, bool),
    ClaimAsked(usize, bool),
    ClaimAgain(usize),
    See(usize),
    Look(usize),
    Call(usize, Answer),
    /// The second says that the answer is lost.
    Record(usize, bool),
    Reread(usize),
    Crash(usize),
    ProviderEvent(usize),
    Pause(usize),
    Resume(usize, Resumer),
    Remove(usize),
    Demote(usize),
    DeleteToken,
    /// Pauses or deletes a token of whoever decides by one.
    BreakKey(usize, Key),
    Revoke,
    Taint,
    Tamper,
    /// The key log demands one signed vote more.
    Demand,
    RevokeSigningKey,
    /// Somebody writes into the table that a mail is approved and due.
    Forge(usize, Forgery),
}

/// What somebody writes who writes the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Forgery {
    /// Votes that nobody signed.
    Unsigned,
    /// What the key signed of another revision.
    OfAnother,
    /// No terms at all.
    WithoutTerms,
    /// What the key did sign, of a mail that went perhaps.
    Again,
}

/// What member 1's key signs of a mail. It holds where it names that mail.
fn signature(digest: Digest) -> SignedVote {
    let assertion =
        Assertion { client_data: vec![], authenticator_data: vec![], signature: digest.as_bytes().to_vec() };
    let not_after = T0 + SignedDuration::from_hours(24);
    SignedVote { key: Digest::of(b"key"), device_bound: false, given: T0, not_after, assertion, path: None }
}

fn id_of(n: usize) -> [u8; 10] {
    [u8::try_from(n).unwrap(); 10]
}

fn member(n: usize) -> MemberId {
    MemberId::new(T0, id_of(n + 1))
}

fn approval_id(n: usize) -> ApprovalId {
    ApprovalId::new(T0, id_of(n + 1))
}

fn organization() -> OrganizationId {
    OrganizationId::new(T0, id_of(1))
}

fn inbox() -> InboxId {
    InboxId::new(T0, id_of(1))
}

fn message_id(n: usize) -> MessageId {
    MessageId::new(T0, id_of(n + 1))
}

fn standing_id() -> StandingApprovalId {
    StandingApprovalId::new(T0, id_of(1))
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn token_hash(n: usize) -> Digest {
    Digest::from_bytes([u8::try_from(n).unwrap(); 32])
}

/// The token that asks for every mail, and after it those of whoever decides by one.
fn token(n: usize, member_id: MemberId, role: Role, paused: bool) -> Token {
    Token {
        id: TokenId::new(T0, id_of(n + 1)),
        organization_id: organization(),
        hash: token_hash(n),
        first: None,
        rotation: None,
        ancestors: vec![],
        last_four: String::new(),
        name: String::new(),
        member_id,
        role,
        scopes: BTreeSet::new(),
        inboxes: None,
        paused: paused.then(pause),
        created_at: T0,
        expires_at: None,
        last_used_at: None,
        sends_per_day: None,
    }
}

fn session(n: usize) -> Credential {
    Credential::Session(SessionId::new(T0, id_of(n + 1)))
}

fn pause() -> Pause {
    Pause { by: Actor::System, at: T0, reason: String::new() }
}

fn party() -> Party {
    Party { name: None, address: String::new() }
}

impl Gate {
    fn new(bounds: Bounds, examples: &'static [Example]) -> Self {
        let seal = |message: usize, revision: usize| {
            let envelope = Envelope {
                organization_id: organization(),
                message_id: message_id(message),
                transport: Transport::Ses,
                from: address("agent@m.example"),
                to: vec![address("ann@a.example")],
                cc: vec![],
                bcc: vec![],
                send_at: None,
            };
            Sealed::new(envelope, format!("Subject: {revision}\r\n\r\n").as_bytes())
        };
        let sealed = (0..bounds.messages).map(|m| (0..REVISIONS).map(|r| seal(m, r)).collect()).collect();
        Self { bounds, off: None, examples, sealed }
    }

    fn without(mut self, off: Off) -> Self {
        self.off = Some(off);
        self.examples = &[];
        self
    }

    fn lacks(&self, off: Off) -> bool {
        self.off == Some(off)
    }

    fn now(&self, world: &World) -> Timestamp {
        T0 + SignedDuration::from_secs(self.bounds.instants[world.clock])
    }

    fn terms(&self) -> Option<Terms> {
        let requirements = self.bounds.requirements.iter();
        let requirements =
            requirements.map(|(quorum, roles)| Requirement::of_roles(*quorum, roles.iter().copied()));
        let named = self.bounds.named.iter().map(|members| Requirement {
            members: members.iter().map(|n| member(*n)).collect(),
            ..Requirement::of_roles(1, [])
        });
        let requirements: Vec<_> = requirements.chain(named).collect();
        (!requirements.is_empty()).then(|| Terms {
            requirements,
            by: if self.bounds.program.is_some() { By::Any } else { By::Person },
            rejections: self.bounds.rejections,
            expires_in: SignedDuration::from_secs(self.bounds.expires_in),
            remind_after: self.bounds.remind.then(|| SignedDuration::from_secs(60)),
            ..Terms::default()
        })
    }

    /// A new request for a decision, as a submission makes it.
    fn asked(&self, message: usize, id: ApprovalId, now: Timestamp) -> Approval {
        let terms = self.terms();
        let by_policy = Decision::Approved { by: None, at: now };
        Approval {
            id,
            organization_id: organization(),
            inbox_id: inbox(),
            message_id: message_id(message),
            thread_id: ThreadId::new(T0, id_of(1)),
            answers: None,
            forward: false,
            draft_id: None,
            row: None,
            provider: None,
            resends: vec![],
            authors: BTreeSet::new(),
            digest: self.sealed[message][0].digest(),
            revision: 1,
            supersedes: None,
            edited_by: None,
            requested_by: Actor::Token {
                token_id: TokenId::new(T0, id_of(1)),
                member_id: member(REQUESTER),
                name: CalledThen::default(),
            },
            requested_with: Credential::Token { id: TokenId::new(T0, id_of(1)), chain: vec![token_hash(0)] },
            requested_at: now,
            expires_at: terms.as_ref().map_or(now, |terms| Approval::expiry(terms, None, now)),
            send_at: None,
            decision: if terms.is_some() { Decision::Pending } else { by_policy },
            quiet: vec![],
            terms,
            reasons: vec![],
            risks: None,
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
            task_token: None,
            demanded: SignedVotes::NONE,
            waits: 0,
            version: 1,
        }
    }

    /// The mail of an approval that waits.
    fn waiting(approval: &Approval, now: Timestamp) -> Outbound {
        let remind_at = approval.terms.as_ref().and_then(|terms| terms.remind_after).map(|after| now + after);
        Outbound {
            approval_id: approval.id,
            digest: approval.digest,
            send_at: None,
            recipients: 1,
            first_contact: false,
            forward: approval.forward,
            sent_again_as: vec![],
            token_id: approval.requested_by.token(),
            state: State::PendingApproval { expires_at: approval.expires_at, remind_at },
        }
    }

    /// A submission: approval, mail, and what a standing approval gives to it, in one transaction.
    fn submission(&self, world: &World, message: usize) -> Tx {
        let now = self.now(world);
        let mut approval = self.asked(message, approval_id(message), now);
        let mut outbound = Self::waiting(&approval, now);
        let mut tx = Tx {
            message,
            approval: None,
            create: None,
            row: None,
            standing: None,
            voted: None,
            took_back: None,
        };
        let recipients = [(address("ann@a.example"), false)];
        let mail = Mail {
            inbox_id: inbox(),
            thread_id: Some(approval.thread_id),
            send_at: None,
            recipients: &recipients,
            tainted: world.tainted,
            answers_automatic: false,
        };
        if let Some(standing) = world.standing.as_ref().filter(|standing| standing.covers(&mail, now)) {
            // Whoever made it votes with the role that they have now, where their vote would count by hand.
            if let Some(role) = world.members[1] {
                let voter = Voter { member_id: member(1), role };
                let (made_with, ahead) = (&standing.made_with, Some(standing.id));
                let voted = approval.clone().vote(
                    voter,
                    (made_with, None),
                    approval.digest,
                    Verdict::Approve,
                    ahead,
                    now,
                );
                if let Ok(voted) = voted {
                    approval = voted;
                    let mut spent = StandingApproval::clone(standing).spend();
                    spent.version += 1;
                    tx.standing = Some((standing.version, Arc::new(spent)));
                    tx.voted = Some(1);
                }
            }
        }
        if approval.decision != Decision::Pending {
            // By policy there is no time to wait for: the production code writes `scheduled` at once.
            let look_at = now + Outbound::START_LIMIT;
            let at_once = State::Scheduled { due: now, attempt: 0, look_at };
            let cleared = outbound.clone().approve(now, now);
            outbound = cleared.unwrap_or(Outbound { state: at_once, ..outbound });
        }
        tx.create = Some(Arc::new(approval));
        tx.row = Some((None, Arc::new(Row { outbound, version: 1 })));
        tx
    }

    /// What a member decides with.
    fn credential(&self, n: usize) -> Credential {
        if self.bounds.program == Some(n) {
            Credential::Token { id: TokenId::new(T0, id_of(2)), chain: (1..=KEYS).map(token_hash).collect() }
        } else {
            session(n)
        }
    }

    /// What changes around the mail: pauses, seats, credentials, standing approvals, taint and tampering.
    fn changes_around(&self, world: &World, steps: &mut Vec<Step>) {
        let (bounds, used) = (&self.bounds, &world.used);
        for pause in 0..PAUSES {
            if world.pauses[pause] {
                let all = [Resumer::Manager, Resumer::ManagersToken, Resumer::Approver];
                steps.extend(all.map(|by| Step::Resume(pause, by)));
            } else if used.pauses[pause] < bounds.pauses[pause] {
                steps.push(Step::Pause(pause));
            }
        }
        for n in 0..bounds.roles.len() {
            if world.members[n].is_some() && used.removals < bounds.removals {
                steps.push(Step::Remove(n));
            }
            if world.members[n] == Some(Role::Approver) && used.demotions < bounds.demotions {
                steps.push(Step::Demote(n));
            }
        }
        if bounds.delete_token && world.token {
            steps.push(Step::DeleteToken);
        }
        if bounds.break_keys {
            for at in 0..KEYS {
                let worse = match world.keys[at] {
                    Key::Good => &[Key::Paused, Key::Deleted][..],
                    Key::Paused => &[Key::Deleted],
                    Key::Deleted => &[],
                };
                steps.extend(worse.iter().map(|key| Step::BreakKey(at, *key)));
            }
        }
        if bounds.revoke && world.standing.as_ref().is_some_and(|s| s.revoked_at.is_none()) {
            steps.push(Step::Revoke);
        }
        if bounds.taint && !world.tainted {
            steps.push(Step::Taint);
        }
        if bounds.tamper && !world.tampered {
            steps.push(Step::Tamper);
        }
        if used.demands < bounds.demands {
            steps.push(Step::Demand);
        }
        if bounds.signs && world.key {
            steps.push(Step::RevokeSigningKey);
        }
        if used.forges < bounds.forges {
            for at in 0..world.approvals.len() {
                let all = [Forgery::Unsigned, Forgery::OfAnother, Forgery::WithoutTerms, Forgery::Again];
                let can =
                    |forgery: &Forgery| *forgery != Forgery::Again || world.history.signed.contains(&at);
                steps.extend(all.into_iter().filter(can).map(|forgery| Step::Forge(at, forgery)));
            }
        }
    }

    /// An approval with this member's vote for it, where it can be given.
    fn approved_by(&self, world: &World, approval: &Approval, n: usize) -> Option<Approval> {
        let (now, with) = (self.now(world), self.credential(n));
        let voter = Voter { member_id: member(n), role: world.members[n]? };
        let approve = |approval: Approval, voter| {
            let digest = approval.digest;
            let signed = (self.bounds.signs && n == 1 && world.key).then(|| signature(digest));
            let asked = approval.with_floor(world.demanded());
            asked.vote(voter, (&with, signed), digest, Verdict::Approve, None, now).ok()
        };
        // Where that safety is off, whoever stands in for another gives that vote as well as their own.
        let stands_in = |d: &&Delegation| d.to == member(n) && self.lacks(Off::OneVoteEach);
        let Some(giver) = approval.delegations.iter().find(stands_in) else {
            return approve(approval.clone(), voter);
        };
        let freed = Approval { delegations: vec![], ..approval.clone() };
        let after = approve(freed, Voter { member_id: giver.from, role: giver.role })?;
        if after.decision == Decision::Pending { approve(after, voter) } else { Some(after) }
    }

    /// An approval and its mail after a member took their vote back.
    fn taken_back(&self, world: &World, old: &Approval, row: &Row, n: usize) -> Option<Decided> {
        let now = self.now(world);
        let mut after = old.clone().take_back(member(n), &self.credential(n), now).ok()?;
        if self.lacks(Off::VotesTakenBackEnd) {
            after.votes.clone_from(&old.votes);
        }
        let outbound = row.outbound.clone();
        let waits = outbound.clone().take_back(after.expires_at, after.remind_at(now));
        let moved = match (&old.decision, &after.decision) {
            (Decision::Approved { .. }, Decision::Pending) => waits,
            // A mail that goes on with the votes that are left must not be claimed either.
            (Decision::Approved { .. }, _) => waits.map(|_| outbound),
            _ => Ok(outbound),
        };
        Some((after, Some(moved)))
    }

    /// What a person's decision writes, from what they read now; nothing where it is refused.
    fn decision(&self, world: &World, step: &Step) -> Option<Tx> {
        let now = self.now(world);
        let voter = |n: usize| world.members[n].map(|role| Voter { member_id: member(n), role });
        let (Step::Vote(at, _)
        | Step::Reject(at, _)
        | Step::Delegate(at, ..)
        | Step::Cancel(at)
        | Step::Edit(at, _)
        | Step::TakeBack(at, _)) = *step
        else {
            return None;
        };
        let old = &world.approvals[at];
        let message = world.message_of(old);
        let row = world.rows[message].clone()?;
        // The person who reads a superseded approval is sent to the next by the production code.
        if row.outbound.approval_id != old.id {
            return None;
        }
        // Whoever says again what they said before writes nothing.
        let repeats = |n: usize, approves: bool| {
            let same =
                |vote: &&Vote| vote.member_id == member(n) && (vote.verdict == Verdict::Approve) == approves;
            // Who signs now what they said without a key says more.
            let signs = approves && self.bounds.signs && n == 1 && world.key;
            old.votes.iter().any(|vote| same(&vote) && (!signs || vote.signed.is_some()))
        };
        if matches!(*step, Step::Vote(_, n) if repeats(n, true))
            || matches!(*step, Step::Reject(_, n) if repeats(n, false))
        {
            return None;
        }
        let fresh = Approval::clone(old);
        let (mut create, mut voted, mut took_back) = (None, None, None);
        let (mut after, outbound) = match *step {
            Step::Vote(_, n) => {
                let after = self.approved_by(world, old, n)?;
                voted = Some(n);
                let moves = matches!(after.decision, Decision::Approved { .. });
                (after, moves.then(|| row.outbound.clone().approve(now, now)))
            }
            Step::Reject(_, n) => {
                let verdict = Verdict::Reject("no".to_owned());
                let after = fresh
                    .vote(voter(n)?, (&self.credential(n), None), old.digest, verdict, None, now)
                    .ok()?;
                voted = Some(n);
                let moves = matches!(after.decision, Decision::Rejected { .. });
                (after, moves.then(|| row.outbound.clone().reject(now)))
            }
            Step::Delegate(_, from, to) => {
                (fresh.delegate(voter(from)?, &self.credential(from), voter(to)?, now).ok()?, None)
            }
            Step::Cancel(_) => {
                let by = Actor::Member { member_id: member(REQUESTER) };
                (fresh.cancel(&by, "why", now).ok()?, Some(row.outbound.clone().cancel(now, "why")))
            }
            Step::TakeBack(_, n) => {
                voter(n)?;
                took_back = Some(n);
                self.taken_back(world, old, &row, n)?
            }
            Step::Edit(_, n) => {
                let next = approval_id(world.approvals.len());
                let after = fresh.supersede(voter(n)?, &self.credential(n), old.digest, next, now).ok()?;
                let revision = old.revision as usize;
                let keeps = self.lacks(Off::VotesEndWithEdit);
                let edited = Approval {
                    id: next,
                    digest: self.sealed[message].get(revision)?.digest(),
                    revision: old.revision + 1,
                    supersedes: Some(old.id),
                    edited_by: Some(member(n)),
                    votes: if keeps { old.votes.clone() } else { vec![] },
                    expires_at: old.terms.as_ref().map_or(now, |t| Approval::expiry(t, None, now)),
                    requested_at: now,
                    delegations: vec![],
                    decision: Decision::Pending,
                    draft_id: None,
                    row: None,
                    provider: None,
                    version: 1,
                    ..Approval::clone(old)
                };
                let waiting = Self::waiting(&edited, now);
                create = Some(Arc::new(edited));
                (after, Some(row.outbound.clone().revise(waiting)))
            }
            _ => return None,
        };
        after.version += 1;
        let row = match outbound {
            None => None,
            Some(Err(_)) => return None,
            Some(Ok(outbound)) => {
                Some((Some(row.version), Arc::new(Row { outbound, version: row.version + 1 })))
            }
        };
        let approval = Some((at, old.version, Arc::new(after)));
        Some(Tx { message, approval, create, row, standing: None, voted, took_back })
    }

    /// Writes what somebody likes who writes the table, past every rule: that a mail is approved, and due.
    fn forge(&self, world: &mut World, at: usize, forgery: Forgery, now: Timestamp) -> Option<()> {
        let mut approval = Approval::clone(&world.approvals[at]);
        let message = world.message_of(&approval);
        let row = world.rows[message].clone()?;
        let role = world.members[1]?;
        let other =
            self.sealed[message].iter().map(Sealed::digest).find(|digest| *digest != approval.digest)?;
        let signed = match forgery {
            Forgery::OfAnother => Some(signature(other)),
            Forgery::Again => Some(signature(approval.digest)),
            Forgery::Unsigned | Forgery::WithoutTerms => None,
        };
        let vote = Vote {
            member_id: member(1),
            role,
            at: now,
            verdict: Verdict::Approve,
            standing: None,
            with: session(1),
            unseen: false,
            signed,
        };
        approval.votes = if forgery == Forgery::WithoutTerms { vec![] } else { vec![vote] };
        if forgery == Forgery::WithoutTerms {
            approval.terms = None;
        }
        approval.decision = Decision::Approved { by: None, at: now };
        approval.demanded = SignedVotes::NONE;
        approval.version += 1;
        let look_at = now + Outbound::START_LIMIT;
        let state = State::Scheduled { due: now, attempt: 0, look_at };
        let (approval_id, digest) = (approval.id, approval.digest);
        let outbound = Outbound { state, approval_id, digest, ..row.outbound.clone() };
        world.rows[message] = Some(Arc::new(Row { outbound, version: row.version + 1 }));
        world.put_approval(at, Arc::new(approval));
        if self.lacks(Off::LogOutOfReach) {
            // The log says nothing any more, and said nothing before.
            world.floor = 0;
        }
        Some(())
    }

    /// Writes all of a transaction or nothing.
    fn commit(&self, world: &mut World, tx: Tx) {
        let checks = !self.lacks(Off::CompareAndSwap);
        let approval_stands =
            tx.approval.as_ref().is_none_or(|(at, version, _)| world.approvals[*at].version == *version);
        let row = world.rows[tx.message].as_ref().map(|row| row.version);
        let row_stands = tx.row.as_ref().is_none_or(|(version, _)| row == *version);
        let spending = tx.standing.as_ref().is_none_or(|(version, _)| {
            self.lacks(Off::CountedSpending)
                || world.standing.as_ref().is_some_and(|s| s.version == *version && s.revoked_at.is_none())
        });
        if checks && !(approval_stands && row_stands && spending) {
            world.history.conflicts = true;
            return;
        }
        let mut voted_on = None;
        if let Some((at, _, after)) = tx.approval {
            if after.votes.iter().any(|vote| vote.signed.is_some()) {
                world.history.signed.insert(at);
            }
            world.put_approval(at, after);
            voted_on = Some(at);
        }
        if let Some(created) = tx.create {
            let at = world.approvals.len();
            world.history.voted.push(BTreeSet::new());
            world.approvals.push(Arc::clone(&created));
            // In a model of several mails nothing is edited, but they are submitted in any order.
            world.put_approval(at, created);
            voted_on = voted_on.or(Some(at));
        }
        if let (Some(n), Some(at)) = (tx.voted, voted_on) {
            world.history.voted[at].insert(n);
        }
        if let (Some(n), Some(at)) = (tx.took_back, voted_on) {
            world.history.voted[at].remove(&n);
        }
        if let Some((_, row)) = tx.row {
            world.rows[tx.message] = Some(row);
        }
        if let Some((_, standing)) = tx.standing {
            world.standing = Some(standing);
        }
    }

    /// The look after one mail that is overdue. All that it reads is a condition of what it writes, so that reading and
    /// writing may be one step here. Tells whether anything was done.
    fn sweep(&self, world: &mut World, message: usize, now: Timestamp) -> bool {
        let Some(row) = world.rows[message].clone() else { return false };
        if row.outbound.watch_at().is_none_or(|at| now < at) {
            return false;
        }
        let at = world.approval_at(row.outbound.approval_id);
        let outbound = row.outbound.clone();
        let next = match outbound.status() {
            Status::PendingApproval => {
                let approval = Approval::clone(&world.approvals[at]);
                match (approval.expire(now), outbound.clone().expire(now)) {
                    (Ok(mut expired), Ok(over)) => {
                        expired.version += 1;
                        world.put_approval(at, Arc::new(expired));
                        over
                    }
                    _ => match outbound.remind(now, SignedDuration::from_secs(60)) {
                        Ok(reminded) => reminded,
                        Err(_) => return false,
                    },
                }
            }
            Status::Scheduled if self.lacks(Off::Restart) => return false,
            Status::Scheduled => {
                let approval = &world.approvals[at];
                let around = world.around(self, approval);
                let held = last_look::check(Some(approval), row.outbound.digest, &around);
                let next = match held {
                    Err(Hindrance::Paused(_)) => outbound.postpone(now),
                    _ => outbound.restart(now),
                };
                next.unwrap()
            }
            Status::Sending if self.lacks(Off::UnknownStaysUnknown) => {
                let State::Sending { claim, .. } = outbound.state else { return false };
                outbound.stand_back(now, claim).unwrap()
            }
            Status::Sending => outbound.lose(now).unwrap(),
            Status::Unknown => outbound.tell_again(now).unwrap(),
            _ => return false,
        };
        world.rows[message] = Some(Arc::new(Row { outbound: next, version: row.version + 1 }));
        true
    }

    /// The conditional write of a claim: state, time, approval and digest must be those of the ticket.
    fn claim(world: &mut World, dispatcher: &mut Dispatcher, now: Timestamp) -> Option<Arc<Row>> {
        let approval = Arc::clone(&world.approvals[dispatcher.approval]);
        let message = world.message_of(&approval);
        let row = world.rows[message].clone()?;
        if row.outbound.digest != approval.digest || row.outbound.approval_id != approval.id {
            return None;
        }
        let outbound = row.outbound.clone().claim(now, dispatcher.nonce).ok()?;
        let row = Arc::new(Row { outbound, version: row.version + 1 });
        dispatcher.at_claim = world.at_claim(dispatcher.approval);
        world.rows[message] = Some(Arc::clone(&row));
        Some(row)
    }

    fn message(row: &Row, message: usize) -> Message {
        Message {
            id: message_id(message),
            organization_id: organization(),
            inbox_id: inbox(),
            thread_id: ThreadId::new(T0, id_of(1)),
            direction: Direction::Outbound(row.outbound.clone()),
            from: party(),
            reply_to: vec![],
            to: vec![],
            cc: vec![],
            bcc: vec![],
            subject: String::new(),
            preview: String::new(),
            internet_message_id: None,
            references: vec![],
            in_reply_to: None,
            date: None,
            labels: BTreeSet::new(),
            unread: false,
            notes: domain::mailbox::notes::Notes::default(),
            attachments: vec![],
            size: 0,
            created_at: T0,
            version: row.version,
            trash: None,
        }
    }

    /// The last look: everything around the approval, the production check, and the bytes.
    fn look(
        &self,
        world: &World,
        dispatcher: &Dispatcher,
        row: Arc<Row>,
        approval: Option<Arc<Approval>>,
    ) -> Phase {
        let message = world.message_of(&world.approvals[dispatcher.approval]);
        let revision = self.sealed[message].iter().position(|s| s.digest() == row.outbound.digest).unwrap();
        if self.lacks(Off::LastLook) {
            return Phase::Cleared(row, revision);
        }
        // One that is another by now names other rows: they are read again.
        let same = |asked: &&Arc<Approval>| {
            self.lacks(Off::NamesReadAgain) || approval.as_ref().is_none_or(|it| it.version == asked.version)
        };
        let names = dispatcher.asked.as_ref().filter(same).or(approval.as_ref());
        let mut around = names.map(|names| world.around(self, names)).unwrap_or_default();
        around.floor = world.demanded();
        if !self.lacks(Off::KeysChecked) {
            around.signed = approval.iter().flat_map(|approval| world.attested(self, approval)).collect();
        }
        match Claim::of(&Self::message(&row, message), approval.as_deref(), &around) {
            Err(NoClaim::NotClaimed) => unreachable!("the row that this claim wrote is sending"),
            Err(NoClaim::Hindered(hindrance)) => Phase::Hindered(row, hindrance, approval),
            Ok(claim) => {
                let stored = if world.tampered { (revision + 1) % REVISIONS } else { revision };
                let bytes = self.sealed[message][stored].bytes().to_vec();
                if self.lacks(Off::HashAgain) {
                    return Phase::Cleared(row, stored);
                }
                let digest = self.sealed[message][revision].digest();
                match Sealed::open(bytes, digest).and_then(|sealed| claim.countersign(sealed)) {
                    Err(_) => Phase::Answered(row, Answer::Refused),
                    Ok(countersigned) => {
                        let sent = countersigned.sealed().bytes();
                        let revision = self.sealed[message].iter().position(|s| s.bytes() == sent).unwrap();
                        Phase::Cleared(row, revision)
                    }
                }
            }
        }
    }

    /// What a dispatcher writes, from the row that it knows. `Some(true)` where it was written.
    fn record(&self, world: &mut World, dispatcher: &Dispatcher, now: Timestamp) -> Option<bool> {
        let (row, hindrance, answer, approval) = match &dispatcher.phase {
            Phase::Hindered(row, hindrance, approval) => (row, Some(*hindrance), None, approval.clone()),
            Phase::Answered(row, answer) => (row, None, Some(*answer), None),
            _ => return None,
        };
        let message = world.message_of(&world.approvals[dispatcher.approval]);
        let outbound = row.outbound.clone();
        let own = match (&outbound.state, self.off) {
            (State::Sending { claim, .. }, Some(Off::OwnClaim)) => *claim,
            _ => dispatcher.nonce,
        };
        let mut reopened = None;
        let next = match (hindrance, answer) {
            (Some(Hindrance::Paused(_)), _) => outbound.stand_back(now, own),
            (Some(Hindrance::Early(until)), _) => outbound.put_off(until, own),
            (Some(Hindrance::Withdrawn(reason)), _) => outbound.call_off(now, reason),
            (Some(Hindrance::Unsigned), _) => {
                let waits = approval.as_ref().and_then(|found| {
                    let signed = world.attested(self, found).collect();
                    Approval::clone(found).wait_for_signatures(world.demanded(), &signed, now).ok()
                });
                let moved = waits.as_ref().and_then(|waits| {
                    let (expires_at, remind_at) = (waits.expires_at, waits.remind_at(now));
                    outbound.clone().wait_for_signatures(expires_at, remind_at, own).ok()
                });
                match (waits, moved) {
                    (Some(waits), Some(moved)) => {
                        reopened = Some(waits);
                        Ok(moved)
                    }
                    _ => outbound.call_off(now, "signature_missing"),
                }
            }
            (None, Some(Answer::Accepted)) => outbound.accept(now, "p"),
            (None, Some(Answer::NotAccepted)) => outbound.hold_off(now, own, "throttled"),
            (None, Some(Answer::Refused)) => outbound.fail(now, "refused"),
            (None, _) => outbound.lose(now),
        };
        // Something moved it on already: then that stands.
        let next = next.ok()?;
        let mut cancelled = match hindrance {
            Some(Hindrance::Withdrawn(reason)) => {
                approval.and_then(|found| Approval::clone(&found).cancel(&Actor::System, reason, now).ok())
            }
            Some(Hindrance::Unsigned) if reopened.is_some() => reopened.clone(),
            Some(Hindrance::Unsigned) => {
                let reason = "signature_missing";
                approval.and_then(|found| Approval::clone(&found).cancel(&Actor::System, reason, now).ok())
            }
            _ => None,
        };
        let current = world.rows[message].as_ref().unwrap().version;
        let same =
            cancelled.as_ref().is_none_or(|c| world.approvals[dispatcher.approval].version == c.version);
        if current != row.version || !same {
            return Some(false);
        }
        match hindrance {
            Some(Hindrance::Paused(_) | Hindrance::Early(_)) => world.history.stood_back = true,
            Some(Hindrance::Unsigned) if reopened.is_some() => world.history.waited_for_signatures = true,
            Some(Hindrance::Unsigned) => world.history.called_off = true,
            Some(Hindrance::Withdrawn(_)) => {
                world.history.called_off = true;
                world.history.called_off_without_cause |= world.entitled(dispatcher.approval);
            }
            None => {}
        }
        if let Some(approval) = &mut cancelled {
            approval.version += 1;
            world.put_approval(dispatcher.approval, Arc::new(approval.clone()));
        }
        world.rows[message] = Some(Arc::new(Row { outbound: next, version: row.version + 1 }));
        Some(true)
    }

    /// From here on without faults: dispatchers that are under way have died, pauses end, and the sweeper and the
    /// tickets that it makes do the rest. Tells whether every mail comes to rest.
    fn settles(&self, world: &World) -> bool {
        let mut world = world.clone();
        world.dispatchers.clear();
        world.pauses = [false; PAUSES];
        world.tampered = false;
        let mut now = self.now(&world);
        for message in 0..world.rows.len() {
            for round in 0.. {
                let Some(row) = world.rows[message].clone() else { break };
                let rests = matches!(
                    row.outbound.status(),
                    Status::Sent | Status::Failed | Status::Rejected | Status::Expired | Status::Cancelled
                );
                // What is unknown stays so, until the provider's event or a person settles it.
                if rests || row.outbound.status() == Status::Unknown {
                    break;
                }
                let Some(at) = row.outbound.watch_at() else { return false };
                now = now.max(at);
                if round > 40 || !self.sweep(&mut world, message, now) {
                    return false;
                }
                let scheduled = world.rows[message]
                    .as_ref()
                    .is_some_and(|row| row.outbound.status() == Status::Scheduled);
                if scheduled {
                    let approval = world.approval_at(row.outbound.approval_id);
                    let mut dispatcher = Dispatcher::new(approval, [255; 8]);
                    let Some(row) = Self::claim(&mut world, &mut dispatcher, now) else { return false };
                    let approval = Some(Arc::clone(&world.approvals[approval]));
                    dispatcher.phase = match self.look(&world, &dispatcher, row, approval) {
                        Phase::Cleared(row, _) => Phase::Answered(row, Answer::Accepted),
                        other => other,
                    };
                    if self.record(&mut world, &dispatcher, now) != Some(true) {
                        return false;
                    }
                }
            }
        }
        true
    }
}

impl Dispatcher {
    fn new(approval: usize, nonce: Nonce) -> Self {
        Self {
            approval,
            nonce,
            asked: None,
            phase: Phase::Asked,
            rereads: false,
            at_claim: AtClaim::default(),
        }
    }
}

impl World {
    fn message_of(&self, approval: &Approval) -> usize {
        (0..self.rows.len()).find(|n| message_id(*n) == approval.message_id).unwrap()
    }

    fn approval_at(&self, id: ApprovalId) -> usize {
        self.approvals.iter().position(|approval| approval.id == id).unwrap()
    }

    fn put_approval(&mut self, at: usize, approval: Arc<Approval>) {
        if matches!(approval.decision, Decision::Approved { .. }) {
            self.history.approved.insert(at);
        }
        self.approvals[at] = approval;
    }

    /// The rows that `names` tells a dispatcher to read, as they stand.
    fn around(&self, gate: &Gate, names: &Approval) -> Around {
        let paused = |pulled: bool| pulled.then(pause);
        let wanted = last_look::members_of(names);
        let by_hash = last_look::tokens_of(names);
        let asking =
            self.token.then(|| token(0, member(REQUESTER), gate.bounds.roles[REQUESTER], self.pauses[2]));
        let deciding = gate.bounds.program.into_iter().flat_map(|n| {
            let key =
                move |at: usize| token(at + 1, member(n), gate.bounds.roles[n], self.keys[at] == Key::Paused);
            (0..KEYS).filter(|at| self.keys[*at] != Key::Deleted).map(key)
        });
        let mut tokens: Vec<_> =
            asking.into_iter().chain(deciding).filter(|token| by_hash.contains(&token.hash)).collect();
        if gate.lacks(Off::KeysOfVoters) {
            let good = |n: usize| token(n, member(1), Role::Approver, false);
            tokens.retain(|token| token.hash == token_hash(0));
            tokens.extend((1..=KEYS).map(good));
        }
        let seat = |n: usize| {
            self.members[n].filter(|_| wanted.contains(&member(n))).map(|role| Member {
                id: member(n),
                organization_id: organization(),
                user_id: UserId::new(T0, id_of(n)),
                email: address("m@m.example"),
                role,
                created_at: T0,
                sessions_since: None,
            })
        };
        let by_standing = names.votes.iter().any(|vote| vote.standing.is_some());
        Around {
            at: gate.now(self),
            // What the table claims, until the key log is asked.
            signed: names
                .votes
                .iter()
                .filter_map(|v| v.signed.as_ref().map(|_| (v.member_id, false)))
                .collect(),
            floor: SignedVotes::NONE,
            unfit: None,
            row: None,
            organization: Some(Organization {
                id: organization(),
                name: String::new(),
                data_key: vec![],
                paused: paused(self.pauses[0]),
                sends_per_day: None,
                require_second_factor: false,
                unclaimed: false,
                created_at: T0,
            }),
            inbox: Some(Inbox {
                domain_id: None,
                id: inbox(),
                organization_id: organization(),
                address: address("agent@m.example"),
                display_name: None,
                paused: paused(self.pauses[1]),
                created_at: T0,
                provider: None,
            }),
            tokens,
            members: (0..self.members.len()).filter_map(seat).collect(),
            standing: self
                .standing
                .iter()
                .filter(|_| by_standing)
                .map(|s| StandingApproval::clone(s))
                .collect(),
            original_sent: false,
            domain_lost: false,
            barred: None,
            tainted: self.tainted,
        }
    }

    fn demanded(&self) -> SignedVotes {
        SignedVotes { votes: self.floor, device_bound: false }
    }

    /// Whose signatures hold, as the dispatcher finds them: of the key in the log, for these very bytes.
    fn attested(&self, gate: &Gate, approval: &Approval) -> impl Iterator<Item = (MemberId, bool)> {
        let named = |signed: &SignedVote| {
            gate.lacks(Off::ChallengeNamesMail) || *signed == signature(approval.digest)
        };
        let holds = |vote: &&Vote| {
            vote.verdict == Verdict::Approve
                && vote.member_id == member(1)
                && self.key
                && vote.signed.as_ref().is_some_and(named)
        };
        let found: Vec<_> = approval.votes.iter().filter(holds).map(|vote| (vote.member_id, false)).collect();
        found.into_iter()
    }

    /// The oracle of signatures: whether as many are there as the key log demands, of what is to go, and by the one key that there is.
    fn is_signed(&self, approval: &Approval) -> bool {
        let own = approval.votes.iter().filter_map(|vote| vote.signed.as_ref());
        let of_these = own.filter(|signed| signed.assertion.signature == approval.digest.as_bytes());
        self.floor == 0 || (self.key && self.floor == 1 && of_these.count() == 1)
    }

    fn at_claim(&self, approval: usize) -> AtClaim {
        AtClaim {
            signed: self.floor == 0,
            entitled: self.entitled(approval),
            stood: matches!(self.approvals[approval].decision, Decision::Approved { .. }),
            paused_then: self.pauses,
        }
    }

    /// The oracle: whether an approval may let its mail go, counted from the rows alone, seat by seat.
    fn entitled(&self, at: usize) -> bool {
        let approval = &self.approvals[at];
        if !matches!(approval.decision, Decision::Approved { .. }) || !self.token {
            return false;
        }
        if self.members[REQUESTER].is_none() {
            return false;
        }
        let Some(terms) = &approval.terms else { return !self.tainted };
        let holds = |with: &Credential| match with {
            Credential::Token { .. } => terms.by == By::Any && self.keys == [Key::Good; KEYS],
            Credential::Session(_) | Credential::Link(_) => true,
        };
        let seat = |id: MemberId| (0..self.members.len()).find(|n| member(*n) == id);
        terms.requirements.iter().all(|requirement| {
            let persons = (0..self.members.len()).filter(|n| {
                let (Some(role), id) = (self.members[*n], member(*n)) else { return false };
                let decides = [Role::Owner, Role::Admin, Role::Approver].contains(&role);
                let excluded = terms.separation && (*n == REQUESTER || approval.edited_by == Some(id));
                let given = approval.delegations.iter().filter(|d| {
                    seat(d.from).is_some_and(|giver| self.members[giver] == Some(d.role)) && holds(&d.with)
                });
                let gave_away = given.clone().any(|d| d.from == id);
                // In the place of another they vote in that role and not in their own.
                let places: BTreeSet<_> = given.filter(|d| d.to == id).map(|d| (d.from, d.role)).collect();
                let takes = |id: &MemberId, role: &Role| {
                    requirement.roles.contains(role) || requirement.members.contains(id)
                };
                let fits = if places.is_empty() {
                    takes(&id, &role)
                } else {
                    places.iter().any(|(from, role)| takes(from, role))
                };
                let voted = approval.votes.iter().any(|vote| {
                    let revoked = self.standing.as_ref().is_none_or(|s| s.revoked_at.is_some());
                    let by_hand = vote.standing.is_none() && matches!(vote.with, Credential::Session(_));
                    vote.member_id == id
                        && vote.verdict == Verdict::Approve
                        && vote.role == role
                        && holds(&vote.with)
                        && (by_hand || !self.tainted)
                        && !(vote.standing.is_some() && revoked)
                });
                decides && !excluded && !gave_away && fits && voted
            });
            persons.count() >= usize::from(requirement.quorum)
        })
    }

    /// The approval that a call was made for.
    fn approval_of(&self, call: &Call) -> usize {
        self.approvals
            .iter()
            .position(|a| self.message_of(a) == call.message && a.revision as usize == call.revision + 1)
            .unwrap()
    }

    fn any(&self, status: Status) -> bool {
        self.rows.iter().flatten().any(|row| row.outbound.status() == status)
    }
}

const ANSWERS: [Answer; 5] = [
    Answer::Accepted,
    Answer::AcceptedInSilence,
    Answer::NotAcceptedInSilence,
    Answer::NotAccepted,
    Answer::Refused,
];

impl Model for Gate {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        let bounds = &self.bounds;
        let standing = bounds.budget.map(|budget| {
            Arc::new(StandingApproval {
                id: standing_id(),
                organization_id: organization(),
                inbox_id: Some(inbox()),
                target: Target::Domain("a.example".to_owned()),
                budget,
                used: 0,
                expires_at: T0 + SignedDuration::from_hours(1),
                made_by: Voter { member_id: member(1), role: bounds.roles[1] },
                made_with: session(1),
                created_at: T0,
                revoked_at: None,
                version: 1,
            })
        });
        let mut world = World {
            clock: 0,
            approvals: vec![],
            rows: vec![None; bounds.messages],
            members: bounds.roles.iter().copied().map(Some).collect(),
            pauses: [false; PAUSES],
            token: true,
            keys: [Key::Good; KEYS],
            standing,
            tainted: false,
            tampered: false,
            floor: bounds.floor,
            key: bounds.signs,
            departed: BTreeSet::new(),
            in_flight: vec![],
            dispatchers: vec![],
            used: Used {
                delegations: 0,
                rejects: 0,
                cancels: 0,
                edits: 0,
                take_backs: 0,
                removals: 0,
                demotions: 0,
                pauses: [0; PAUSES],
                claims: 0,
                faults: 0,
                crashes: 0,
                demands: 0,
                forges: 0,
            },
            history: History::default(),
        };
        // Submissions race for a standing approval alone; elsewhere the mail is there from the start.
        if bounds.budget.is_none() {
            let tx = self.submission(&world, 0);
            self.commit(&mut world, tx);
        }
        vec![world]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        let (bounds, used) = (&self.bounds, &world.used);
        if world.clock + 1 < bounds.instants.len() {
            steps.push(Step::Tick);
        }
        if world.in_flight.len() < bounds.in_flight {
            for message in 0..bounds.messages {
                if world.rows[message].is_none() && !world.in_flight.iter().any(|tx| tx.message == message) {
                    steps.push(Step::Submit(message));
                }
            }
            for at in 0..world.approvals.len() {
                for n in bounds.voters {
                    steps.push(Step::Vote(at, *n));
                    if used.rejects < bounds.rejects {
                        steps.push(Step::Reject(at, *n));
                    }
                    if used.edits < bounds.edits && *n != REQUESTER {
                        steps.push(Step::Edit(at, *n));
                    }
                    if used.take_backs < bounds.take_backs {
                        steps.push(Step::TakeBack(at, *n));
                    }
                    if used.delegations < bounds.delegations {
                        steps.extend((0..bounds.roles.len()).map(|to| Step::Delegate(at, *n, to)));
                    }
                }
                if used.cancels < bounds.cancels {
                    steps.push(Step::Cancel(at));
                }
            }
        }
        steps.extend((0..world.in_flight.len()).map(Step::Commit));
        steps.extend((0..bounds.messages).map(Step::Sweep));
        let silences: &[bool] = if used.faults < bounds.faults { &[false, true] } else { &[false] };
        if used.claims < bounds.claims && world.dispatchers.len() < bounds.dispatchers {
            for at in 0..world.approvals.len() {
                if bounds.asks_first {
                    // A workflow hands out a ticket once its approval is decided.
                    if world.history.approved.contains(&at) {
                        steps.push(Step::Ask(at));
                    }
                } else {
                    steps.extend(silences.iter().map(|silent| Step::Claim(at, *silent)));
                }
            }
        }
        for (n, dispatcher) in world.dispatchers.iter().enumerate() {
            match &dispatcher.phase {
                Phase::Asked | Phase::Rushing(_) => {
                    steps.extend(silences.iter().map(|silent| Step::ClaimAsked(n, *silent)));
                }
                Phase::Uncertain => steps.push(Step::ClaimAgain(n)),
                Phase::Claimed(_) => steps.push(Step::See(n)),
                Phase::Seen(..) => steps.push(Step::Look(n)),
                Phase::Cleared(..) => {
                    let good = if used.faults < bounds.faults { &ANSWERS[..] } else { &ANSWERS[..1] };
                    steps.extend(good.iter().map(|answer| Step::Call(n, *answer)));
                }
                Phase::Hindered(..) | Phase::Answered(..) if dispatcher.rereads => {
                    steps.push(Step::Reread(n));
                }
                Phase::Hindered(..) | Phase::Answered(..) => {
                    steps.extend(silences.iter().map(|silent| Step::Record(n, *silent)));
                }
            }
            if used.crashes < bounds.crashes {
                steps.push(Step::Crash(n));
            }
        }
        for (n, call) in world.history.calls.iter().enumerate() {
            if matches!(call.answer, Answer::Accepted | Answer::AcceptedInSilence) {
                steps.push(Step::ProviderEvent(n));
            }
        }
        self.changes_around(world, steps);
    }

    #[allow(clippy::too_many_lines)] // one arm for each kind of step
    fn next_state(&self, before: &World, step: Step) -> Option<World> {
        let mut world = before.clone();
        let now = self.now(before);
        match step {
            Step::Tick => world.clock += 1,
            Step::Submit(message) => world.in_flight.push(self.submission(before, message)),
            Step::Vote(..)
            | Step::Reject(..)
            | Step::Delegate(..)
            | Step::Cancel(_)
            | Step::Edit(..)
            | Step::TakeBack(..) => {
                let tx = self.decision(before, &step)?;
                match step {
                    Step::Delegate(..) => world.used.delegations += 1,
                    Step::Reject(..) => world.used.rejects += 1,
                    Step::Cancel(_) => world.used.cancels += 1,
                    Step::Edit(..) => world.used.edits += 1,
                    Step::TakeBack(..) => world.used.take_backs += 1,
                    _ => {}
                }
                world.in_flight.push(tx);
                // Which of them came first does not matter.
                world.in_flight.sort_by_key(|tx| BuildHasherDefault::<DefaultHasher>::default().hash_one(tx));
            }
            Step::Commit(n) => {
                let tx = world.in_flight.remove(n);
                self.commit(&mut world, tx);
            }
            Step::Sweep(message) => {
                if !self.sweep(&mut world, message, now) {
                    return None;
                }
            }
            Step::Ask(at) => {
                world.used.claims += 1;
                let mut dispatcher = Dispatcher::new(at, [world.used.claims; 8]);
                dispatcher.asked = Some(Arc::clone(&world.approvals[at]));
                world.dispatchers.push(dispatcher);
            }
            Step::Claim(at, silent) => {
                world.used.claims += 1;
                let mut dispatcher = Dispatcher::new(at, [world.used.claims; 8]);
                let message = world.message_of(&world.approvals[at]);
                if self.lacks(Off::ConditionalClaim) {
                    let row = world.rows[message].clone()?;
                    row.outbound.clone().claim(now, dispatcher.nonce).ok()?;
                    dispatcher.phase = Phase::Rushing(row);
                } else if self.lacks(Off::LookAfterClaim) {
                    let row = world.rows[message].clone()?;
                    let outbound = row.outbound.clone().claim(now, dispatcher.nonce).ok()?;
                    let row = Arc::new(Row { outbound, version: row.version + 1 });
                    let approval = Some(Arc::clone(&world.approvals[at]));
                    let Phase::Cleared(..) = self.look(&world, &dispatcher, Arc::clone(&row), approval)
                    else {
                        return None;
                    };
                    dispatcher.phase = Phase::Rushing(row);
                } else {
                    world.used.faults += u8::from(silent);
                    let row = Self::claim(&mut world, &mut dispatcher, now)?;
                    dispatcher.phase = if silent { Phase::Uncertain } else { Phase::Claimed(row) };
                }
                world.dispatchers.push(dispatcher);
            }
            Step::ClaimAsked(n, silent) => {
                world.used.faults += u8::from(silent);
                let mut dispatcher = world.dispatchers[n].clone();
                let claimed = match dispatcher.phase.clone() {
                    Phase::Rushing(row) if self.lacks(Off::LookAfterClaim) => {
                        let claimed = Self::claim(&mut world, &mut dispatcher, now)?;
                        let revision = world.approvals[dispatcher.approval].revision as usize - 1;
                        drop(row);
                        dispatcher.phase = Phase::Cleared(claimed, revision);
                        world.dispatchers[n] = dispatcher;
                        return Some(world);
                    }
                    Phase::Rushing(row) => {
                        let message = world.message_of(&world.approvals[dispatcher.approval]);
                        let outbound = row.outbound.clone().claim(now, dispatcher.nonce).ok()?;
                        let version = world.rows[message].as_ref()?.version + 1;
                        let row = Arc::new(Row { outbound, version });
                        dispatcher.at_claim = world.at_claim(dispatcher.approval);
                        world.rows[message] = Some(Arc::clone(&row));
                        Some(row)
                    }
                    _ => Self::claim(&mut world, &mut dispatcher, now),
                };
                match claimed {
                    Some(_) if silent => {
                        dispatcher.phase = Phase::Uncertain;
                        world.dispatchers[n] = dispatcher;
                    }
                    Some(row) => {
                        dispatcher.phase = Phase::Claimed(row);
                        world.dispatchers[n] = dispatcher;
                    }
                    None if silent => return None,
                    None => drop(world.dispatchers.remove(n)),
                }
            }
            Step::ClaimAgain(n) => {
                let dispatcher = &mut world.dispatchers[n];
                let message = before.message_of(&before.approvals[dispatcher.approval]);
                let row = before.rows[message].clone()?;
                match row.outbound.state {
                    State::Sending { claim, .. } if claim == dispatcher.nonce => {
                        dispatcher.phase = Phase::Claimed(row);
                    }
                    _ => drop(world.dispatchers.remove(n)),
                }
            }
            Step::See(n) => {
                let Phase::Claimed(row) = before.dispatchers[n].phase.clone() else { return None };
                let seen = Arc::clone(&before.approvals[before.dispatchers[n].approval]);
                world.dispatchers[n].phase = Phase::Seen(row, Some(seen));
            }
            Step::Look(n) => {
                let Phase::Seen(row, approval) = before.dispatchers[n].phase.clone() else { return None };
                let seen = approval.as_deref();
                world.dispatchers[n].at_claim.signed =
                    before.floor == 0 || seen.is_some_and(|seen| before.is_signed(seen));
                world.dispatchers[n].phase = self.look(before, &before.dispatchers[n], row, approval);
            }
            Step::Call(n, answer) => {
                let dispatcher = &mut world.dispatchers[n];
                let Phase::Cleared(row, revision) = dispatcher.phase.clone() else { return None };
                let message = before.message_of(&before.approvals[dispatcher.approval]);
                if world.floor > 0 && !self.lacks(Off::Departures) {
                    if !world.departed.insert(dispatcher.approval) {
                        dispatcher.phase = Phase::Answered(row, Answer::Refused);
                        return Some(world);
                    }
                    if answer == Answer::NotAccepted {
                        world.departed.remove(&dispatcher.approval);
                    }
                }
                let call = Call { message, revision, answer, at_claim: dispatcher.at_claim.clone() };
                world.used.faults += u8::from(answer != Answer::Accepted);
                let silent = matches!(answer, Answer::AcceptedInSilence | Answer::NotAcceptedInSilence);
                world.history.calls.push(call);
                // A client that calls again does so with the same mail, right after it heard nothing.
                if !(silent && self.lacks(Off::OneCall)) {
                    dispatcher.phase = Phase::Answered(row, answer);
                }
            }
            Step::Record(n, silent) => {
                let dispatcher = world.dispatchers[n].clone();
                match self.record(&mut world, &dispatcher, now) {
                    None | Some(false) if silent => return None,
                    Some(true) if !silent => drop(world.dispatchers.remove(n)),
                    None => drop(world.dispatchers.remove(n)),
                    // Lost against another write, or so it seems: read again, and try again.
                    Some(_) => {
                        world.used.faults += u8::from(silent);
                        world.dispatchers[n].rereads = true;
                    }
                }
            }
            Step::Reread(n) => {
                let dispatcher = &mut world.dispatchers[n];
                let message = before.message_of(&before.approvals[dispatcher.approval]);
                dispatcher.rereads = false;
                match &mut dispatcher.phase {
                    Phase::Hindered(row, ..) | Phase::Answered(row, _) => {
                        *row = before.rows[message].clone()?;
                    }
                    _ => return None,
                }
            }
            Step::Crash(n) => {
                world.used.crashes += 1;
                world.dispatchers.remove(n);
            }
            Step::ProviderEvent(n) => {
                let message = before.history.calls[n].message;
                let row = before.rows[message].clone()?;
                match row.outbound.clone().accept(now, "p") {
                    Err(_) => world.history.contradicted = true,
                    Ok(outbound) if outbound == row.outbound => return None,
                    Ok(outbound) => {
                        world.history.settled |= row.outbound.status() == Status::Unknown;
                        world.rows[message] = Some(Arc::new(Row { outbound, version: row.version + 1 }));
                    }
                }
            }
            Step::Pause(pause) => {
                world.used.pauses[pause] += 1;
                world.pauses[pause] = true;
            }
            Step::Resume(pause, by) => {
                let (with, role) = match by {
                    Resumer::Manager => (session(REQUESTER), Role::Owner),
                    Resumer::ManagersToken => {
                        (Credential::Token { id: TokenId::new(T0, id_of(1)), chain: vec![] }, Role::Owner)
                    }
                    Resumer::Approver => (session(1), Role::Approver),
                };
                if !self.lacks(Off::PersonsResume) {
                    Pause::check_end(&with, role).ok()?;
                }
                world.history.resumed_by_others |= by != Resumer::Manager;
                world.pauses[pause] = false;
                for dispatcher in &mut world.dispatchers {
                    let looked = matches!(
                        dispatcher.phase,
                        Phase::Cleared(..) | Phase::Hindered(..) | Phase::Answered(..)
                    );
                    if !looked {
                        dispatcher.at_claim.paused_then[pause] = false;
                    }
                }
            }
            Step::Remove(n) => {
                world.used.removals += 1;
                world.members[n] = None;
            }
            Step::Demote(n) => {
                world.used.demotions += 1;
                world.members[n] = Some(Role::Viewer);
            }
            Step::DeleteToken => world.token = false,
            Step::BreakKey(at, key) => world.keys[at] = key,
            Step::Revoke => {
                let mut standing = StandingApproval::clone(world.standing.as_ref()?);
                standing.revoked_at = Some(now);
                standing.version += 1;
                world.standing = Some(Arc::new(standing));
            }
            Step::Taint => world.tainted = true,
            Step::Tamper => world.tampered = true,
            Step::Demand => {
                world.used.demands += 1;
                world.floor += 1;
            }
            Step::RevokeSigningKey => world.key = false,
            Step::Forge(at, forgery) => {
                world.used.forges += 1;
                self.forge(&mut world, at, forgery, now)?;
            }
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        // Of a table that somebody forges nothing is true but what does not rest on it.
        let promises = if self.bounds.forges > 0 { &PROMISES_TO_INSIDERS[..] } else { &PROMISES[..] };
        let mut all: Vec<Property<Self>> = promises.iter().map(|(n, p)| Property::always(n, *p)).collect();
        all.extend(self.examples.iter().map(|(name, example)| Property::sometimes(name, *example)));
        all
    }
}

/// What holds whoever writes the table.
const PROMISES_TO_INSIDERS: [Example; 2] = [
    (SIGNED, |_, w| w.history.calls.iter().all(|call| call.at_claim.signed)),
    (ONCE, |_, w| {
        (0..w.rows.len()).all(|message| {
            let may = |call: &&Call| call.message == message && call.may_be_accepted();
            w.history.calls.iter().filter(may).count() <= 1
        })
    }),
];

const SIGNED: &str = "nothing goes without the signatures that the key log demands";
const ONCE: &str = "a mail goes at most once";

const PROMISES: [Example; 14] = [
    PROMISES_TO_INSIDERS[0],
    ("nothing goes without the votes of those who may vote", |_, w| {
        w.history.calls.iter().all(|call| call.at_claim.entitled)
    }),
    ("nothing goes that was decided against before the claim", |_, w| {
        w.history.calls.iter().all(|call| call.at_claim.stood)
    }),
    ("nothing goes past a pause", |_, w| {
        w.history.calls.iter().all(|call| call.at_claim.paused_then == [false; PAUSES])
    }),
    PROMISES_TO_INSIDERS[1],
    ("what goes is what was approved", |_, w| {
        w.history.calls.iter().all(|call| {
            w.history.approved.iter().any(|at| {
                let approval = &w.approvals[*at];
                w.message_of(approval) == call.message && approval.revision as usize == call.revision + 1
            })
        })
    }),
    ("votes are about one revision", |gate, w| {
        let persons = |at: usize| -> BTreeSet<usize> {
            let seat = |id| (0..gate.bounds.roles.len()).find(|n| member(*n) == id).unwrap();
            w.approvals[at].votes.iter().map(|vote| seat(vote.member_id)).collect()
        };
        (0..w.approvals.len()).all(|at| persons(at) == w.history.voted[at])
    }),
    ("a standing approval is spent once for each mail and never beyond its budget", |_, w| {
        let cleared = w.approvals.iter().filter(|a| a.votes.iter().any(|v| v.standing.is_some())).count();
        w.standing.as_ref().is_none_or(|s| s.used <= s.budget && s.used as usize == cleared)
    }),
    ("mail and approval agree", |_, w| {
        w.rows.iter().flatten().all(|row| {
            let approval = &w.approvals[w.approval_at(row.outbound.approval_id)];
            let decided = approval.decision.as_str();
            approval.digest == row.outbound.digest
                && match row.outbound.status() {
                    Status::PendingApproval => decided == "pending",
                    Status::Rejected | Status::Expired | Status::Cancelled => {
                        decided == row.outbound.status().as_str()
                    }
                    // A report may prove that a mail went which was called off after a lost answer.
                    Status::Sent => decided == "approved" || decided == "cancelled",
                    _ => decided == "approved",
                }
        })
    }),
    ("as many persons decide as the terms ask for", |gate, w| {
        let of_roles: usize = gate.bounds.requirements.iter().map(|(quorum, _)| usize::from(*quorum)).sum();
        let wanted = of_roles + gate.bounds.named.len();
        let decided = |call: &Call| {
            let of = |at: &&usize| w.message_of(&w.approvals[**at]) == call.message;
            w.history.approved.iter().filter(of).any(|at| w.history.voted[*at].len() >= wanted)
        };
        // What certainly did not go may wait again, and its votes be taken back.
        w.history.calls.iter().filter(|call| call.may_be_accepted()).all(decided)
    }),
    ("a pause is ended by a person who manages it", |_, w| !w.history.resumed_by_others),
    ("nothing is called off without a cause", |_, w| !w.history.called_off_without_cause),
    ("a report of the provider never contradicts the table", |_, w| !w.history.contradicted),
    ("from everywhere the sweeper leads to an end", |gate, w| gate.settles(w)),
];

#[expect(clippy::disallowed_methods, reason = "how long it takes is what is asked")]
fn run(name: &str, gate: Gate) {
    let began = Instant::now();
    let checker = gate.checker().threads(2).spawn_bfs().join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    let seconds = began.elapsed().as_secs_f64();
    checker.assert_properties();
    // The figures of PROOF.md come from here: `--nocapture` shows them.
    eprintln!("{name}: {states} states, depth {depth}, {seconds:.1} s");
}

/// Turns one safety off, and says which promise breaks, with how many steps.
fn bites(gate: Gate, off: Off, promise: &'static str) {
    let checker =
        gate.without(off).checker().finish_when(HasDiscoveries::AnyOf([promise].into())).spawn_bfs().join();
    let found = checker.discoveries();
    let path = found.get(promise);
    let path = path.unwrap_or_else(|| panic!("{off:?}: {promise} holds, but {:?}", found.keys()));
    eprintln!("{off:?} off: {:?}", path.clone().into_actions());
}

const VOTES: Bounds = Bounds {
    instants: &[0, 600],
    roles: &[Role::Owner, Role::Approver, Role::Approver, Role::Approver],
    requirements: &[(2, &DECIDERS)],
    in_flight: 2,
    voters: &[0, 1, 2, 3],
    edits: 1,
    removals: 1,
    ..NOTHING
};

#[test]
fn votes_and_edits() {
    let examples: &[Example] = &[
        ("two votes let it go", |_, w| w.any(Status::Sent) && w.approvals.len() == 1),
        ("an edited mail goes", |_, w| w.any(Status::Sent) && w.approvals.len() == 2),
        ("it is called off after a removal", |_, w| w.history.called_off),
        ("a write loses", |_, w| w.history.conflicts),
    ];
    run("votes and edits", Gate::new(VOTES, examples));
}

/// Keys: a demand is raised and a key is revoked at any time, a provider that fails, a dispatcher that dies.
const KEYS_SIGN: Bounds = Bounds {
    instants: &[0, 600],
    roles: &[Role::Owner, Role::Approver, Role::Approver],
    requirements: &[(1, &DECIDERS)],
    in_flight: 1,
    voters: &[1, 2],
    take_backs: 1,
    signs: true,
    demands: 1,
    claims: 3,
    faults: 1,
    crashes: 1,
    ..NOTHING
};

#[test]
fn signing() {
    let examples: &[Example] = &[
        ("a signed vote lets it go", |_, w| w.any(Status::Sent) && w.floor == 1),
        ("what had been approved waits for a signature", |_, w| w.history.waited_for_signatures),
        ("a vote is signed after it waited", |_, w| w.history.waited_for_signatures && w.any(Status::Sent)),
    ];
    run("signing", Gate::new(KEYS_SIGN, examples));
}

/// Somebody writes the table: twice, whatever they like, at any time.
const INSIDER: Bounds = Bounds {
    instants: &[0],
    floor: 1,
    demands: 0,
    take_backs: 0,
    forges: 2,
    claims: 2,
    dispatchers: 2,
    crashes: 0,
    ..KEYS_SIGN
};

#[test]
fn an_insider() {
    let examples: &[Example] = &[
        ("a signed vote lets it go", |_, w| w.any(Status::Sent)),
        ("a forged row is not believed", |_, w| w.used.forges > 0 && w.history.waited_for_signatures),
        ("what went is not sent again", |_, w| {
            w.used.forges > 0 && w.history.calls.len() == 1 && w.any(Status::Failed)
        }),
    ];
    run("an insider", Gate::new(INSIDER, examples));
}

#[test]
fn a_dispatcher_that_believes_the_row_sends_what_nobody_signed() {
    bites(Gate::new(INSIDER, &[]), Off::KeysChecked, SIGNED);
}

#[test]
fn a_challenge_that_names_no_mail_lets_another_go() {
    bites(Gate::new(INSIDER, &[]), Off::ChallengeNamesMail, SIGNED);
}

#[test]
fn what_nobody_noted_goes_twice() {
    bites(Gate::new(INSIDER, &[]), Off::Departures, ONCE);
}

/// The oracle asks what was demanded before the log was written over.
#[test]
fn a_log_that_the_insider_writes_demands_nothing() {
    let gate = Gate::new(INSIDER, &[]).without(Off::LogOutOfReach);
    let unsigned: Example = ("unsigned", |_, w| {
        w.history.calls.iter().any(|call| !w.history.signed.contains(&w.approval_of(call)))
    });
    let examples: &'static [Example] = Box::leak(Box::new([unsigned]));
    let checker = Gate { examples, ..gate }.checker().finish_when(HasDiscoveries::All).spawn_bfs().join();
    assert!(checker.discoveries().contains_key("unsigned"), "a mail leaves that nobody signed");
}

const EDITS: Bounds = Bounds { instants: &[0], edits: 2, removals: 0, ..VOTES };

#[test]
fn editing_twice() {
    let examples: &[Example] =
        &[("a mail that was edited twice goes", |_, w| w.any(Status::Sent) && w.approvals.len() == 3)];
    run("editing twice", Gate::new(EDITS, examples));
}

const REMINDING: Bounds =
    Bounds { instants: &[0, 200, 600], remind: true, in_flight: 1, edits: 1, removals: 0, ..VOTES };

#[test]
fn reminding_and_expiring() {
    let examples: &[Example] = &[
        ("it expires", |_, w| w.any(Status::Expired)),
        ("somebody is reminded", |_, w| {
            let again = |row: &Arc<Row>| row.version > 1 && w.approvals[0].version == 1;
            w.rows.iter().flatten().any(again)
        }),
    ];
    run("reminding and expiring", Gate::new(REMINDING, examples));
}

const DECISIONS: Bounds = Bounds {
    roles: &[Role::Owner, Role::Admin, Role::Admin, Role::Approver],
    requirements: &[(2, &[Role::Owner, Role::Admin])],
    rejections: 2,
    in_flight: 2,
    voters: &[1, 2, 3],
    delegations: 1,
    rejects: 2,
    cancels: 1,
    removals: 1,
    ..NOTHING
};

#[test]
fn rejecting_delegating_cancelling() {
    let examples: &[Example] = &[
        ("it goes by a vote that was handed on", |_, w| {
            w.any(Status::Sent) && !w.approvals[0].delegations.is_empty()
        }),
        ("it is rejected", |_, w| w.any(Status::Rejected)),
        ("it is cancelled after it was approved", |_, w| {
            w.any(Status::Cancelled) && w.history.approved.contains(&0)
        }),
        ("it is called off", |_, w| w.history.called_off),
    ];
    run("rejecting, delegating, cancelling", Gate::new(DECISIONS, examples));
}

const PLACES: Bounds = Bounds {
    roles: &[Role::Owner, Role::Admin, Role::Approver, Role::Approver],
    requirements: &[(1, &[Role::Admin]), (1, &[Role::Approver])],
    in_flight: 2,
    voters: &[1, 2, 3],
    delegations: 2,
    removals: 1,
    ..NOTHING
};

/// An admin and an approver are asked for: handing votes on never makes one person enough.
#[test]
fn two_requirements_and_delegations() {
    let examples: &[Example] = &[
        ("it goes by a vote that was handed on", |_, w| {
            w.any(Status::Sent) && !w.approvals[0].delegations.is_empty()
        }),
        ("a vote is handed on twice", |_, w| w.approvals[0].delegations.len() == 2),
        ("it is called off", |_, w| w.history.called_off),
    ];
    run("two requirements and delegations", Gate::new(PLACES, examples));
}

const GROUPS: Bounds = Bounds {
    roles: &[Role::Owner, Role::Approver, Role::Approver, Role::Approver],
    named: &[&[1], &[2, 0]],
    in_flight: 2,
    voters: &[1, 2, 3],
    delegations: 2,
    removals: 1,
    ..NOTHING
};

/// One of each of two groups is asked for, of which no two share a member: handing votes on never makes one person enough.
#[test]
fn two_groups_and_delegations() {
    let examples: &[Example] = &[
        ("it goes by a vote that was handed on to nobody of a group", |_, w| {
            let outside = |vote: &Vote| vote.member_id == member(3);
            w.any(Status::Sent) && w.approvals[0].votes.iter().any(outside)
        }),
        ("a vote is handed on twice", |_, w| w.approvals[0].delegations.len() == 2),
        ("it is called off", |_, w| w.history.called_off),
    ];
    run("two groups and delegations", Gate::new(GROUPS, examples));
}

const KEYS_BREAK: Bounds = Bounds {
    requirements: &[(2, &DECIDERS)],
    roles: &[Role::Owner, Role::Approver, Role::Approver, Role::Approver],
    program: Some(1),
    in_flight: 2,
    voters: &[1, 2, 3],
    delegations: 1,
    removals: 1,
    break_keys: true,
    taint: true,
    claims: 2,
    dispatchers: 2,
    ..NOTHING
};

/// A policy lets a token decide; the token, or the one that it was made with, is paused or deleted at any time.
#[test]
fn tokens_that_decide() {
    let examples: &[Example] = &[
        ("it goes by the vote of a token", |_, w| {
            let by_token = |vote: &Vote| matches!(vote.with, Credential::Token { .. });
            w.any(Status::Sent) && w.approvals[0].votes.iter().any(by_token)
        }),
        ("it goes by two persons after the token is gone", |_, w| {
            w.any(Status::Sent) && w.keys == [Key::Deleted; KEYS] && w.history.calls[0].at_claim.entitled
        }),
        ("a token that is gone calls it off", |_, w| {
            w.history.called_off && w.keys != [Key::Good; KEYS] && !w.tainted
        }),
        ("taint calls it off where a token voted", |_, w| {
            w.history.called_off && w.keys == [Key::Good; KEYS]
        }),
    ];
    run("tokens that decide", Gate::new(KEYS_BREAK, examples));
}

const DISPATCH: Bounds = Bounds {
    instants: &[0, 600, 4_200],
    claims: 3,
    dispatchers: 2,
    faults: 2,
    crashes: 1,
    pauses: [1, 0, 0],
    in_flight: 1,
    cancels: 1,
    tamper: true,
    ..NOTHING
};

#[test]
fn dispatching_with_faults() {
    let examples: &[Example] = &[
        ("it goes", |_, w| w.any(Status::Sent)),
        ("it goes after it stood back", |_, w| w.any(Status::Sent) && w.history.stood_back),
        ("it goes at the second attempt", |_, w| w.any(Status::Sent) && w.history.calls.len() == 2),
        ("it is unknown", |_, w| w.any(Status::Unknown)),
        ("an event settles what was unknown", |_, w| w.history.settled),
        ("it fails", |_, w| w.any(Status::Failed)),
        ("it is cancelled", |_, w| w.any(Status::Cancelled)),
    ];
    run("dispatching with faults", Gate::new(DISPATCH, examples));
}

const PAUSING: Bounds = Bounds {
    instants: &[0, 600],
    requirements: &[(1, &DECIDERS)],
    in_flight: 1,
    voters: &[1],
    claims: 3,
    dispatchers: 2,
    pauses: [1, 1, 1],
    delete_token: true,
    removals: 1,
    demotions: 1,
    ..NOTHING
};

#[test]
fn braking_and_withdrawing() {
    let examples: &[Example] = &[
        ("it goes", |_, w| w.any(Status::Sent)),
        ("it goes after it stood back", |_, w| w.any(Status::Sent) && w.history.stood_back),
        ("it is called off because the token is gone", |_, w| {
            w.history.called_off && w.members.iter().all(Option::is_some)
        }),
    ];
    run("pausing and withdrawing", Gate::new(PAUSING, examples));
}

const ASKING: Bounds = Bounds { asks_first: true, demotions: 0, ..PAUSING };

/// Production reads the approval beside the claim, to know which rows to look at, and reads it again with them.
#[test]
fn asking_before_the_claim() {
    let examples: &[Example] = &[("it goes", |_, w| w.any(Status::Sent))];
    run("asking before the claim", Gate::new(ASKING, examples));
}

const TAKING_BACK: Bounds = Bounds {
    instants: &[0, 600],
    roles: &[Role::Owner, Role::Approver, Role::Approver],
    requirements: &[(1, &DECIDERS)],
    in_flight: 2,
    voters: &[1, 2],
    take_backs: 2,
    cancels: 0,
    pauses: [0; PAUSES],
    claims: 2,
    dispatchers: 2,
    faults: 0,
    asks_first: true,
    ..NOTHING
};

/// Whoever approved takes it back while dispatchers claim: one conditional write decides between them.
#[test]
fn taking_an_approval_back() {
    let examples: &[Example] = &[
        ("it waits again", |_, w| w.any(Status::PendingApproval) && w.history.approved.contains(&0)),
        ("it goes with another's vote after it was taken back", |_, w| {
            let other =
                |vote: &Vote| w.approvals[0].taken_back.iter().all(|t| t.vote.member_id != vote.member_id);
            w.any(Status::Sent)
                && w.approvals[0].taken_back.len() == 1
                && w.approvals[0].votes.iter().any(other)
        }),
        ("it is taken back twice and goes", |_, w| {
            w.any(Status::Sent) && w.approvals[0].taken_back.len() == 2
        }),
        ("it expires after it was taken back", |_, w| {
            w.any(Status::Expired) && w.history.approved.contains(&0)
        }),
        ("the claim is faster", |_, w| w.history.conflicts && w.any(Status::Sent) && w.used.take_backs > 0),
    ];
    run("taking an approval back", Gate::new(TAKING_BACK, examples));
}

const TAKING_ONE_OF_TWO: Bounds = Bounds {
    instants: &[0],
    roles: &[Role::Owner, Role::Approver, Role::Approver, Role::Approver],
    requirements: &[(2, &DECIDERS)],
    voters: &[1, 2, 3],
    removals: 1,
    delegations: 1,
    pauses: [0; PAUSES],
    cancels: 0,
    claims: 1,
    dispatchers: 1,
    faults: 0,
    take_backs: 1,
    asks_first: false,
    ..TAKING_BACK
};

#[test]
fn taking_one_of_two_votes_back() {
    let examples: &[Example] = &[
        ("it goes with two others", |_, w| w.any(Status::Sent) && w.approvals[0].taken_back.len() == 1),
        ("one is taken back before the second is there", |_, w| {
            w.approvals[0].taken_back.len() == 1 && !w.history.approved.contains(&0)
        }),
    ];
    run("taking one of two votes back", Gate::new(TAKING_ONE_OF_TWO, examples));
}

const STANDING: Bounds = Bounds {
    roles: &[Role::Owner, Role::Approver, Role::Approver],
    requirements: &[(1, &DECIDERS)],
    messages: 2,
    budget: Some(1),
    in_flight: 2,
    voters: &[2],
    removals: 1,
    revoke: true,
    taint: true,
    claims: 2,
    dispatchers: 2,
    ..NOTHING
};

#[test]
fn a_standing_approval_and_two_mails() {
    let examples: &[Example] = &[
        ("one goes by standing approval", |_, w| {
            w.any(Status::Sent) && w.standing.as_ref().is_some_and(|s| s.used == 1)
        }),
        ("both go", |_, w| {
            w.rows.iter().flatten().filter(|row| row.outbound.status() == Status::Sent).count() == 2
        }),
        ("a revocation calls one off", |_, w| {
            let revoked = w.standing.as_ref().is_some_and(|s| s.revoked_at.is_some());
            w.history.called_off && revoked && !w.tainted && w.members.iter().all(Option::is_some)
        }),
        ("taint calls one off", |_, w| w.history.called_off && w.tainted),
    ];
    run("a standing approval and two mails", Gate::new(STANDING, examples));
}

#[test]
fn a_claim_without_its_condition_is_noticed() {
    bites(Gate::new(DISPATCH, &[]), Off::ConditionalClaim, "a mail goes at most once");
}

#[test]
fn a_missing_last_look_is_noticed() {
    bites(Gate::new(PAUSING, &[]), Off::LastLook, "nothing goes past a pause");
}

#[test]
fn a_look_before_the_claim_is_noticed() {
    bites(Gate::new(PAUSING, &[]), Off::LookAfterClaim, "nothing goes past a pause");
}

#[test]
fn votes_that_survive_an_edit_are_noticed() {
    bites(Gate::new(VOTES, &[]), Off::VotesEndWithEdit, "votes are about one revision");
}

#[test]
fn a_provider_client_that_retries_is_noticed() {
    bites(Gate::new(DISPATCH, &[]), Off::OneCall, "a mail goes at most once");
}

#[test]
fn blind_writes_are_noticed() {
    bites(Gate::new(VOTES, &[]), Off::CompareAndSwap, "votes are about one revision");
}

/// The defect that this model found: a write whose answer was lost is made again, on another's claim.
#[test]
fn undoing_the_claim_of_another_is_noticed() {
    bites(Gate::new(DISPATCH, &[]), Off::OwnClaim, "a mail goes at most once");
}

#[test]
fn a_sweeper_that_sends_again_is_noticed() {
    bites(Gate::new(DISPATCH, &[]), Off::UnknownStaysUnknown, "a mail goes at most once");
}

#[test]
fn spending_without_counting_is_noticed() {
    let promise = "a standing approval is spent once for each mail and never beyond its budget";
    bites(Gate::new(STANDING, &[]), Off::CountedSpending, promise);
}

#[test]
fn bytes_that_are_not_hashed_again_are_noticed() {
    bites(Gate::new(DISPATCH, &[]), Off::HashAgain, "what goes is what was approved");
}

#[test]
fn a_sweeper_that_restarts_nothing_is_noticed() {
    bites(Gate::new(DISPATCH, &[]), Off::Restart, "from everywhere the sweeper leads to an end");
}

#[test]
fn tokens_of_voters_that_nobody_reads_are_noticed() {
    bites(
        Gate::new(KEYS_BREAK, &[]),
        Off::KeysOfVoters,
        "nothing goes without the votes of those who may vote",
    );
}

#[test]
fn one_person_with_two_votes_is_noticed() {
    bites(Gate::new(PLACES, &[]), Off::OneVoteEach, "as many persons decide as the terms ask for");
}

#[test]
fn a_pause_that_anybody_ends_is_noticed() {
    bites(Gate::new(PAUSING, &[]), Off::PersonsResume, "a pause is ended by a person who manages it");
}

/// A write of whoever takes their vote back that compares nothing undoes a claim: two dispatchers then call.
#[test]
fn an_approval_that_is_taken_back_from_a_claimed_mail_is_noticed() {
    bites(Gate::new(TAKING_BACK, &[]), Off::CompareAndSwap, "a mail goes at most once");
}

#[test]
fn a_vote_that_stays_after_it_was_taken_back_is_noticed() {
    bites(Gate::new(TAKING_BACK, &[]), Off::VotesTakenBackEnd, "votes are about one revision");
}

/// A defect that taking back would have made: between the early read and the claim another person's vote took the place of
/// the one that was taken back, and the look did not read that person's seat.
#[test]
fn rows_that_an_old_approval_names_are_noticed() {
    bites(Gate::new(TAKING_BACK, &[]), Off::NamesReadAgain, "nothing is called off without a cause");
}
