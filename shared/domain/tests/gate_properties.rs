//! The gate, by properties of random values: what a digest covers, what an approval keeps, what the last look never does.

#![expect(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::collections::{BTreeMap, BTreeSet};

use domain::base::address::EmailAddress;
use domain::base::digest::Digest;
use domain::gate::approval::{Approval, Decision, Verdict, Vote, Voter};
use domain::gate::last_look::{self, Around};
use domain::mailbox::account::{Provider, Transport};
use domain::mailbox::inbox::Inbox;
use domain::people::access::{Actor, CalledThen, Credential, Role};
use domain::people::credential::Token;
use domain::people::organization::{Member, Organization, Pause};
use domain::people::signing::{Assertion, SignedVotes};

use domain::gate::policy::{By, Links, Requirement, Terms};
use domain::gate::seal::{Envelope, SealBroken, Sealed};
use domain::gate::standing::{StandingApproval, Target};
use domain::gate::statement::SignedVote;
use domain::{
    AccountId, ApprovalId, InboxId, MemberId, MessageId, OrganizationId, SessionId, StandingApprovalId,
    ThreadId, TokenId, UserId,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
/// Seats; the first is that of the token's owner.
const SEATS: u8 = 5;

fn member(n: u8) -> MemberId {
    MemberId::new(NOW, [n; 10])
}

fn standing_id() -> StandingApprovalId {
    StandingApprovalId::new(NOW, [7; 10])
}

fn address(n: u8) -> EmailAddress {
    EmailAddress::parse(&format!("r{n}@example.org")).unwrap()
}

fn envelopes() -> impl Strategy<Value = Envelope> {
    let list = || prop::collection::vec(0u8..4, 0..4);
    let send_at = prop::option::of(0i64..2_000_000_000);
    (0u8..3, 0u8..3, 0u8..4, list(), list(), list(), send_at).prop_map(|(o, m, from, to, cc, bcc, at)| {
        let all = |list: Vec<u8>| list.into_iter().map(address).collect();
        Envelope {
            organization_id: OrganizationId::new(NOW, [o; 10]),
            message_id: MessageId::new(NOW, [m; 10]),
            transport: Transport::Ses,
            from: address(from),
            to: all(to),
            cc: all(cc),
            bcc: all(bcc),
            send_at: at.map(|s| Timestamp::from_second(s).unwrap()),
        }
    })
}

/// One field of an envelope, changed.
fn changed(mut envelope: Envelope, field: usize) -> Envelope {
    match field {
        0 => envelope.organization_id = OrganizationId::new(NOW, [9; 10]),
        1 => envelope.message_id = MessageId::new(NOW, [9; 10]),
        2 => envelope.from = address(9),
        3 => envelope.to.push(address(9)),
        4 => envelope.cc.push(address(9)),
        5 => envelope.bcc.push(address(9)),
        6 => envelope.to.insert(0, address(9)),
        7 => {
            envelope.send_at = match envelope.send_at {
                Some(_) => None,
                None => Some(NOW),
            }
        }
        8 => envelope.transport = Transport::Account(Provider::Resend, AccountId::new(NOW, [9; 10])),
        // A recipient who moves from one list to another is seen by others, or is not.
        _ => match envelope.bcc.pop() {
            Some(recipient) => envelope.cc.push(recipient),
            None => envelope.bcc.push(address(9)),
        },
    }
    envelope
}

#[derive(Debug, Clone)]
enum Step {
    Vote { by: u8, with: u8, approves: bool, right_digest: bool, standing: bool, signed: u8 },
    Delegate { from: u8, with: u8, to: u8 },
    Expire,
    Cancel,
    Supersede { by: u8 },
    TakeBack { by: u8, with: u8 },
    Wait,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let seat = || 0..SEATS;
    let step = prop_oneof![
        12 => (
            (seat(), 0u8..4, 0u8..3),
            (prop::bool::weighted(0.9), prop::bool::weighted(0.9), prop::bool::weighted(0.2)),
        )
            .prop_map(|((by, with, signed), (approves, right_digest, standing))| Step::Vote {
                by, with, approves, right_digest, standing, signed
            }),
        3 => (seat(), 0u8..4, seat()).prop_map(|(from, with, to)| Step::Delegate { from, with, to }),
        1 => Just(Step::Expire),
        1 => Just(Step::Cancel),
        1 => seat().prop_map(|by| Step::Supersede { by }),
        1 => (seat(), 0u8..2).prop_map(|(by, with)| Step::TakeBack { by, with }),
        1 => Just(Step::Wait),
    ];
    prop::collection::vec(step, 0..16)
}

fn roles() -> impl Strategy<Value = Vec<Role>> {
    let one = prop_oneof![
        4 => prop::sample::select(domain::gate::policy::DECIDERS.to_vec()),
        1 => prop::sample::select(Role::ALL),
    ];
    prop::collection::vec(one, usize::from(SEATS))
}

fn terms() -> impl Strategy<Value = Terms> {
    let deciders = prop::sample::subsequence(domain::gate::policy::DECIDERS.to_vec(), 1..=3);
    // With persons who are named beside the roles, as those of a group are.
    let named = prop::collection::btree_set((0..SEATS).prop_map(member), 0..=2);
    let requirement =
        (1u8..=3, deciders, named, any::<bool>()).prop_map(|(quorum, roles, members, alone)| {
            let roles = if alone && !members.is_empty() { vec![] } else { roles };
            Requirement { members, ..Requirement::of_roles(quorum, roles) }
        });
    let by = prop_oneof![3 => Just(By::Person), 3 => Just(By::Any), 1 => Just(By::Passkey)];
    let links = prop::sample::select(Links::ALL);
    let signed = prop_oneof![
        5 => Just(SignedVotes::NONE),
        1 => (0u8..=2, any::<bool>()).prop_map(|(votes, device_bound)| SignedVotes { votes, device_bound }),
    ];
    (prop::collection::vec(requirement, 1..3), any::<bool>(), 1u8..3, by, links, signed).prop_map(
        |(requirements, separation, rejections, by, links, signed)| Terms {
            signed,
            requirements,
            separation,
            rejections,
            by,
            links,
            expires_in: SignedDuration::from_secs(10),
            ..Terms::default()
        },
    )
}

/// The token that asks for every mail.
fn asking() -> Credential {
    Credential::Token { id: TokenId::new(NOW, [0; 10]), chain: vec![Digest::of(b"secret")] }
}

/// The kinds of what people and their programs decide with: a session, a link, a token, and a token that another made.
fn credential(kind: u8) -> Credential {
    let token = |n: u8, chain: &[u8]| Credential::Token {
        id: TokenId::new(NOW, [n; 10]),
        chain: chain.iter().map(|n| token_hash(*n)).collect(),
    };
    match kind {
        0 => Credential::Session(SessionId::new(NOW, [0; 10])),
        1 => Credential::Link(Digest::of(b"link")),
        2 => token(1, &[1]),
        _ => token(2, &[2, 1]),
    }
}

/// None; that of a key that may be handed on; that of one that stays in its device.
fn signature(kind: u8) -> Option<SignedVote> {
    let assertion = Assertion { client_data: vec![], authenticator_data: vec![], signature: vec![] };
    let (key, device_bound) = (Digest::of(b"key"), kind == 2);
    (kind > 0).then_some(SignedVote { key, device_bound, given: NOW, not_after: NOW, assertion, path: None })
}

/// Whose signatures hold: those that the votes have.
fn signed(approval: &Approval) -> BTreeMap<MemberId, bool> {
    let of = |vote: &Vote| Some((vote.member_id, vote.signed.as_ref()?.device_bound));
    approval.votes.iter().filter_map(of).collect()
}

fn token_hash(n: u8) -> Digest {
    Digest::of(&[n])
}

fn held(terms: Terms, edited_by: Option<u8>) -> Approval {
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
        digest: Digest::of(b"mail"),
        revision: 1,
        supersedes: None,
        edited_by: edited_by.map(member),
        requested_by: Actor::Token {
            token_id: TokenId::new(NOW, [0; 10]),
            member_id: member(0),
            name: CalledThen::default(),
        },
        requested_with: asking(),
        requested_at: NOW,
        expires_at: Approval::expiry(&terms, None, NOW),
        send_at: None,
        quiet: vec![],
        terms: Some(terms),
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

/// One step by the production transitions; what is refused changes nothing.
fn take(approval: Approval, step: &Step, roles: &[Role], now: &mut Timestamp) -> Approval {
    let voter = |n: u8| Voter { member_id: member(n), role: roles[usize::from(n)] };
    let before = approval.clone();
    let next = match *step {
        Step::Vote { by, with, approves, right_digest, standing, signed } => {
            let digest = if right_digest { approval.digest } else { Digest::of(b"other") };
            let verdict = if approves { Verdict::Approve } else { Verdict::Reject("no".into()) };
            let with = credential(with);
            approval.vote(
                voter(by),
                (&with, signature(signed)),
                digest,
                verdict,
                standing.then(standing_id),
                *now,
            )
        }
        Step::Delegate { from, with, to } => {
            approval.delegate(voter(from), &credential(with), voter(to), *now)
        }
        Step::Expire => approval.expire(*now),
        Step::Cancel => approval.cancel(&Actor::System, "why", *now),
        Step::Supersede { by } => {
            let digest = approval.digest;
            approval.supersede(voter(by), &credential(0), digest, ApprovalId::new(NOW, [1; 10]), *now)
        }
        Step::TakeBack { by, with } => approval.take_back(member(by), &credential(with), *now),
        Step::Wait => {
            *now += SignedDuration::from_secs(3);
            return approval;
        }
    };
    next.unwrap_or(before)
}

/// The oracle: seat by seat, from the rows alone. Whoever votes for another is that other person, with that other's role.
fn entitled(approval: &Approval, roles: &[Role]) -> bool {
    let terms = approval.terms.as_ref().unwrap();
    let role = |id: MemberId| (0..SEATS).find(|n| member(*n) == id).map(|n| roles[usize::from(n)]);
    // In whose place somebody votes: the first in line of those who handed theirs on.
    let stands_for = |id: MemberId| {
        let from = approval.delegations.iter().find(|d| d.to == id).map(|d| d.from);
        from.unwrap_or(id)
    };
    let counts = |vote: &&Vote| {
        let id = vote.member_id;
        let excluded = terms.separation && (id == member(0) || approval.edited_by == Some(id));
        let program = matches!(vote.with, Credential::Token { .. });
        let link = matches!(vote.with, Credential::Link(_));
        matches!(role(id), Some(Role::Owner | Role::Admin | Role::Approver))
            && vote.verdict == Verdict::Approve
            && !excluded
            && !approval.delegations.iter().any(|d| d.from == id)
            && !(program && terms.by != By::Any)
            && !(link && terms.links == Links::SignIn)
    };
    let bound = terms.signed.device_bound;
    let by_key = |vote: &&Vote| vote.signed.as_ref().is_some_and(|signed| signed.device_bound || !bound);
    let counts = |vote: &&Vote| counts(vote) && (terms.by != By::Passkey || by_key(vote));
    let takes = |id: MemberId| {
        let named = terms.requirements.iter().any(|requirement| requirement.members.contains(&id));
        named || terms.requirements.iter().any(|one| role(id).is_some_and(|role| one.roles.contains(&role)))
    };
    let by_keys =
        approval.votes.iter().filter(counts).filter(by_key).filter(|vote| takes(stands_for(vote.member_id)));
    let by_keys = by_keys.map(|vote| vote.member_id).collect::<BTreeSet<_>>().len();
    let persons: BTreeSet<MemberId> =
        approval.votes.iter().filter(counts).map(|vote| stands_for(vote.member_id)).collect();
    matches!(approval.decision, Decision::Approved { .. })
        && by_keys >= usize::from(terms.signed.votes)
        && terms.requirements.iter().all(|requirement| {
            let met = persons.iter().filter(|id| {
                let of_role = role(**id).is_some_and(|role| requirement.roles.contains(&role));
                of_role || requirement.members.contains(*id)
            });
            met.count() >= usize::from(requirement.quorum)
        })
}

fn pause() -> Pause {
    Pause { by: Actor::System, at: NOW, reason: String::new() }
}

fn around(roles: &[Role]) -> Around {
    let seat = |n: u8| Member {
        id: member(n),
        organization_id: OrganizationId::new(NOW, [0; 10]),
        user_id: UserId::new(NOW, [n; 10]),
        email: address(n),
        role: roles[usize::from(n)],
        created_at: NOW,
        sessions_since: None,
    };
    Around {
        unfit: None,
        row: None,
        at: NOW,
        organization: Some(Organization {
            id: OrganizationId::new(NOW, [0; 10]),
            name: String::new(),
            data_key: vec![],
            paused: None,
            sends_per_day: None,
            require_second_factor: false,
            unclaimed: false,
            created_at: NOW,
        }),
        inbox: Some(Inbox {
            domain_id: None,
            id: InboxId::new(NOW, [0; 10]),
            organization_id: OrganizationId::new(NOW, [0; 10]),
            address: address(0),
            display_name: None,
            paused: None,
            created_at: NOW,
            provider: None,
        }),
        tokens: [(0, Digest::of(b"secret")), (1, token_hash(1)), (2, token_hash(2))]
            .into_iter()
            .map(|(n, hash)| Token {
                id: TokenId::new(NOW, [n; 10]),
                organization_id: OrganizationId::new(NOW, [0; 10]),
                hash,
                first: None,
                rotation: None,
                last_four: String::new(),
                name: String::new(),
                member_id: member(0),
                role: roles[0],
                scopes: BTreeSet::new(),
                inboxes: None,
                paused: None,
                ancestors: vec![],
                created_at: NOW,
                expires_at: None,
                last_used_at: None,
                sends_per_day: None,
            })
            .collect(),
        members: (0..SEATS).map(seat).collect(),
        standing: vec![StandingApproval {
            id: standing_id(),
            organization_id: OrganizationId::new(NOW, [0; 10]),
            inbox_id: None,
            target: Target::Domain("example.org".into()),
            budget: 5,
            used: 1,
            expires_at: NOW,
            made_by: Voter { member_id: member(1), role: roles[1] },
            made_with: credential(0),
            created_at: NOW,
            revoked_at: None,
            version: 1,
        }],
        original_sent: false,
        domain_lost: false,
        barred: None,
        tainted: false,
        signed: BTreeMap::new(),
        floor: SignedVotes::NONE,
    }
}

/// Something that a person does to stop mail.
fn restricted(mut around: Around, what: usize, seat: u8) -> Around {
    match what {
        0 => around.members.retain(|m| m.id != member(seat)),
        1 => around.members.iter_mut().filter(|m| m.id == member(seat)).for_each(|m| m.role = Role::Viewer),
        2 => around.standing.iter_mut().for_each(|s| s.revoked_at = Some(NOW)),
        3 => around.standing.clear(),
        4 => around.organization.iter_mut().for_each(|o| o.paused = Some(pause())),
        5 => around.inbox.iter_mut().for_each(|i| i.paused = Some(pause())),
        // The token that asked, the one that decided, the one that made that.
        6 => around
            .tokens
            .iter_mut()
            .skip(usize::from(seat % 3))
            .take(1)
            .for_each(|t| t.paused = Some(pause())),
        7 => around.tokens.retain(|t| t.id != TokenId::new(NOW, [seat % 3; 10])),
        8 => around.inbox = None,
        9 => around.organization = None,
        10 => drop(around.signed.remove(&member(seat))),
        11 => around.floor = around.floor.unite(SignedVotes { votes: 1 + seat % 2, device_bound: seat == 0 }),
        _ => around.tainted = true,
    }
    around
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever part of a mail is changed, its digest is another.
    #[test]
    fn the_digest_covers_every_field(envelope in envelopes(), mime: Vec<u8>, field in 0usize..10) {
        let sealed = Sealed::new(envelope.clone(), &mime);
        prop_assert_ne!(Sealed::new(changed(envelope, field), &mime).digest(), sealed.digest());
    }

    /// Bit by bit, and bytes added or taken away at any place.
    #[test]
    fn the_digest_covers_every_octet(
        envelope in envelopes(), mime: Vec<u8>, at: prop::sample::Index, flip in 1u8..=255, how in 0usize..3,
    ) {
        let sealed = Sealed::new(envelope.clone(), &mime);
        let mut bytes = sealed.bytes().to_vec();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] ^= flip,
            1 => bytes.insert(at, flip),
            _ => drop(bytes.remove(at)),
        }
        // An byte put beside its like, or taken from there, may give the same sequence: only then it is the same.
        let same = bytes == sealed.bytes();
        prop_assert_eq!(Digest::of(&bytes) == sealed.digest(), same);
        if !same {
            prop_assert_eq!(Sealed::open(bytes, sealed.digest()), Err(SealBroken::Digest));
        }
        let mut other = mime.clone();
        other.push(flip);
        prop_assert_ne!(Sealed::new(envelope, &other).digest(), sealed.digest());
    }

    /// One vote a person, decided once, and what releases is what the oracle counts.
    #[test]
    fn an_approval_keeps_its_promises(
        terms in terms(), roles in roles(), edited_by in prop::option::of(0..SEATS), steps in steps(),
    ) {
        let (mut approval, mut now) = (held(terms, edited_by), NOW);
        for step in steps {
            let before = approval.clone();
            approval = take(approval, &step, &roles, &mut now);
            let voters: BTreeSet<_> = approval.votes.iter().map(|v| v.member_id).collect();
            prop_assert_eq!(voters.len(), approval.votes.len());
            let givers: BTreeSet<_> = approval.delegations.iter().map(|d| d.from).collect();
            prop_assert_eq!(givers.len(), approval.delegations.len());
            prop_assert!(approval.delegations.iter().all(|d| d.from != d.to && !givers.contains(&d.to)));
            let gave = |v: &&Vote| givers.contains(&v.member_id) && v.verdict == Verdict::Approve;
            prop_assert_eq!(approval.votes.iter().find(gave), None);
            prop_assert_eq!(approval.releases(approval.digest), entitled(&approval, &roles));
            prop_assert!(!approval.releases(Digest::of(b"other")));
            if approval.decision == Decision::Pending {
                let as_if = Approval { decision: Decision::Approved { by: None, at: now }, ..approval.clone() };
                prop_assert!(!entitled(&as_if, &roles), "it has its votes and waits: {approval:?}");
            }
            prop_assert_eq!(approval.digest, before.digest);
            match before.decision {
                Decision::Pending => {}
                // Only the approved can still change, by being called off or by a vote that is taken back; and nothing else of it does.
                Decision::Approved { .. } => {
                    let cancelled = matches!(approval.decision, Decision::Cancelled { .. });
                    let taken = approval.taken_back.len() - before.taken_back.len();
                    let waits = approval.decision == Decision::Pending && taken == 1;
                    prop_assert!(approval.decision == before.decision || cancelled || waits);
                    prop_assert_eq!(approval.votes.len() + taken, before.votes.len());
                    prop_assert!(approval.votes.iter().all(|vote| before.votes.contains(vote)));
                    prop_assert_eq!(&approval.delegations, &before.delegations);
                }
                _ => prop_assert_eq!(&approval, &before),
            }
            let over = before.decision == Decision::Pending && now >= before.expires_at;
            if over {
                let late = matches!(approval.decision, Decision::Pending | Decision::Expired { .. });
                prop_assert!(late, "decided too late: {:?}", approval.decision);
            }
        }
    }

    /// Stopping more never lets more out, in whatever order it is done.
    #[test]
    fn the_last_look_is_monotone(
        terms in terms(), roles in roles(), steps in steps(), policy in prop::bool::weighted(0.1),
        restrictions in prop::collection::vec((0usize..13, 0..SEATS), 1..6),
    ) {
        let mut now = NOW;
        let mut approval = steps.iter().fold(held(terms, None), |a, step| take(a, step, &roles, &mut now));
        if policy {
            approval = Approval {
                terms: None,
                decision: Decision::Approved { by: None, at: NOW },
                votes: vec![],
                delegations: vec![],
                ..approval
            };
        }
        let mut around = Around { signed: signed(&approval), ..around(&roles) };
        let mut passes = last_look::check(Some(&approval), approval.digest, &around).is_ok();
        prop_assert!(last_look::check(Some(&approval), Digest::of(b"other"), &around).is_err());
        prop_assert!(last_look::check(None, approval.digest, &around).is_err());
        for (what, seat) in restrictions {
            around = restricted(around, what, seat);
            let still = last_look::check(Some(&approval), approval.digest, &around).is_ok();
            prop_assert!(passes || !still, "restriction {what} of {seat} let it out");
            passes = still;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whoever can write the table writes what they like about signatures: what goes has those that the key log asks for, and that hold.
    #[test]
    fn no_row_makes_a_signature(
        terms in terms(), roles in roles(), steps in steps(), claimed in prop::collection::vec(0u8..3, 16),
        holding in prop::collection::btree_map((0..SEATS).prop_map(member), any::<bool>(), 0..=4),
        floor in (0u8..=2, any::<bool>()).prop_map(|(votes, device_bound)| SignedVotes { votes, device_bound }),
        policy in prop::bool::weighted(0.2),
    ) {
        let mut now = NOW;
        let mut approval = steps.iter().fold(held(terms, None), |a, step| take(a, step, &roles, &mut now));
        for (vote, kind) in approval.votes.iter_mut().zip(claimed) {
            vote.signed = signature(kind);
        }
        approval.decision = Decision::Approved { by: None, at: NOW };
        if policy {
            approval.terms = None;
        }
        let around = Around { signed: holding.clone(), floor, ..around(&roles) };
        if last_look::check(Some(&approval), approval.digest, &around).is_ok() {
            let holds = |vote: &&Vote| holding.get(&vote.member_id).is_some_and(|bound| *bound || !floor.device_bound);
            let approving = approval.votes.iter().filter(|vote| vote.verdict == Verdict::Approve);
            prop_assert!(approving.filter(holds).count() >= usize::from(floor.votes));
        }
    }
}

/// The properties above would hold of nothing if nothing were ever approved: here is how often something is.
#[test]
fn random_steps_approve_often_enough() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (terms(), roles(), steps());
    let mut approved = 0;
    for _ in 0..1_000 {
        let (terms, roles, steps) = strategy.new_tree(&mut runner).unwrap().current();
        let mut now = NOW;
        let end = steps.iter().fold(held(terms, None), |a, step| take(a, step, &roles, &mut now));
        let around = Around { signed: signed(&end), ..around(&roles) };
        let passes = last_look::check(Some(&end), end.digest, &around).is_ok();
        assert_eq!(passes, end.releases(end.digest), "{end:?}");
        approved += u32::from(passes);
    }
    assert!(approved > 50, "only {approved} of 1,000 were approved");
}
