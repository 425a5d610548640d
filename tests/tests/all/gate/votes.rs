//! What can happen between the request and the claim, in memory: votes, edits, cancelling, handing on, pauses, budgets,
//! taint and loops. Each attack has a test of its name.

use app::Refusal;
use app::base::enter::Once;
use app::base::ports::SendOutcome;
use app::base::store::{
    Change, Conflict, Contact, Expect, Key, PageRequest, Record, StoreError, TokenPointer, Write, key, load,
};
use app::gate::approvals::{self, Ballot, Verdict, cancel, decide, decide_several, delegate, take_back};
use app::gate::dispatch::{Dispatched, dispatch};
use app::gate::edit::{Edit, edit, send_again};
use app::gate::pause::{self, pause, resume, waiting};
use app::gate::policies;
use app::gate::standing::{self, NewStanding};
use app::gate::submit::{Answering, Draft, How, Submitted, submit};
use app::gate::sweep::sweep;
use app::mailbox::{messages, trash};
use domain::base::address::{HeaderText, Mailbox};
use domain::delivery::event::EventKind;
use domain::gate::approval::{Approval, Decision};
use domain::gate::seal::Ticket;
use domain::gate::standing::{StandingApproval, Target};
use domain::mailbox::filter::MessageFilter;
use domain::mailbox::lifecycle::Status;
use domain::mailbox::message::{Direction, Message, ThreadUpdate};
use domain::people::access::{Permit, Role, Scope, ScopeType, scope};
use domain::people::credential::Session;
use domain::people::organization::Member;
use jiff::SignedDuration;
use testkit::samples;
use testkit::world::{Told, World};

pub(super) const ANN: &str = "ann@example.org";

pub(super) fn agent<S: ScopeType>() -> Permit<S> {
    token().principal().permit().unwrap()
}

fn token() -> domain::people::credential::Token {
    samples::token(1, Role::Owner, &[Scope::MessagesSend, Scope::MessagesRead]).0
}

/// Whatever time it is by then, they showed lately that it is them.
fn person<S: ScopeType>(n: u8, role: Role) -> Permit<S> {
    let session = Session { proved_at: samples::later(10_000_000), ..samples::session(n, role).0 };
    session.principal(samples::NOW).unwrap().permit().unwrap()
}

/// Whoever owns the token that asks.
pub(super) fn requester<S: ScopeType>() -> Permit<S> {
    person(1, Role::Owner)
}

pub(super) fn approver<S: ScopeType>(n: u8) -> Permit<S> {
    person(n, Role::Approver)
}

pub(super) fn owner<S: ScopeType>() -> Permit<S> {
    person(4, Role::Owner)
}

pub(super) fn to(address: &str) -> Draft {
    Draft {
        to: vec![Mailbox::bare(samples::address(address))],
        cc: vec![],
        bcc: vec![],
        reply_to: vec![],
        subject: Some(HeaderText::lossy("Hello")),
        text: Some("Hello Ann\n".into()),
        html: None,
        strict_html: false,
        attachments: vec![],
        send_at: None,
        ..Draft::default()
    }
}

/// An organization whose token 1 belongs to member 1, with approvers 2 and 3, the owner 4 and the viewer 5.
pub(super) async fn world() -> World {
    let world = World::default();
    let mut change = Change::new(samples::organization_id(1))
        .create(samples::organization(1))
        .create(samples::inbox(1))
        .create(TokenPointer::from(&token()))
        .create(token());
    for (n, role) in
        [(1, Role::Owner), (2, Role::Approver), (3, Role::Approver), (4, Role::Owner), (5, Role::Viewer)]
    {
        change = change.create(samples::member(n, role));
    }
    world.ports.store.commit(change).await.unwrap();
    world
}

/// With one policy of these rules.
pub(super) async fn ruled(rules: &str) -> World {
    let world = world().await;
    let content =
        wire::gate::policies::content(format!(r#"{{"name":"p","rules":[{rules}]}}"#).as_bytes()).unwrap();
    let once = Once::default();
    policies::create(&world.ports, &owner(), content, &once, |_| (201, String::new())).await.unwrap();
    world
}

pub(super) const ALLOW: &str = r#"{"name":"all","when":{"always":true},"outcome":"allow"}"#;
const TWO: &str = r#"{"name":"two","when":{"always":true},"outcome":"hold","terms":{"requirements":[{"quorum":2,"roles":["owner","approver"]}]}}"#;

pub(super) async fn ask(
    world: &World,
    draft: Draft,
    answering: Option<Answering>,
) -> Result<Submitted, Refusal> {
    let once = Once::default();
    submit(&world.sending(), &agent(), samples::inbox_id(1), draft, answering, &once, |_| {
        (202, String::new())
    })
    .await
}

async fn held(world: &World, address: &str) -> Submitted {
    ask(world, to(address), None).await.unwrap()
}

fn ticket(approval: &Approval) -> Ticket {
    Ticket {
        organization_id: approval.organization_id,
        inbox_id: approval.inbox_id,
        message_id: approval.message_id,
        approval_id: approval.id,
        digest: approval.digest,
    }
}

pub(super) async fn send(world: &World, approval: &Approval) -> Dispatched {
    dispatch(
        &world.ports,
        &*world.blobs,
        &world.sender,
        &*world.key_logs,
        world.pace(1_000),
        &ticket(approval),
    )
    .await
    .unwrap()
}

pub(super) async fn vote(
    world: &World,
    approval: &Approval,
    by: &Permit<scope::ApprovalsDecide>,
) -> Result<Approval, Refusal> {
    decide(&world.ports, &*world.workflow, by, approval.id, &Ballot::new(approval.digest, &Verdict::Approve))
        .await
}

async fn message(world: &World, approval: &Approval) -> Message {
    let key = key::Message(samples::inbox_id(1), approval.message_id);
    load(&*world.ports.store, samples::organization_id(1), key).await.unwrap().unwrap()
}

async fn status(world: &World, approval: &Approval) -> Status {
    message(world, approval).await.outbound().unwrap().status()
}

async fn stored(world: &World, approval: &Approval) -> Approval {
    let key = key::Approval(approval.id);
    load(&*world.ports.store, samples::organization_id(1), key).await.unwrap().unwrap()
}

pub(super) fn code(refused: Result<impl std::fmt::Debug, Refusal>) -> &'static str {
    refused.expect_err("it was taken").code().as_str()
}

pub(super) fn counts(world: &World, action: &str) -> usize {
    world.store.contents().audit.iter().filter(|entry| entry.action == action).count()
}

#[tokio::test]
async fn two_of_n_need_two_persons_and_each_votes_once() {
    let world = ruled(TWO).await;
    let approval = held(&world, ANN).await.approval;
    let one = vote(&world, &approval, &approver(2)).await.unwrap();
    assert_eq!(one.decision, Decision::Pending);
    assert_eq!(vote(&world, &approval, &approver(2)).await.unwrap().votes.len(), 1, "the same person again");
    assert_eq!(send(&world, &approval).await, Dispatched::Already(Status::PendingApproval));
    // The requester's owner does not count, nor does a viewer, whatever their credential says.
    assert_eq!(code(vote(&world, &approval, &person(1, Role::Owner)).await), "requester_cannot_decide");
    let forged = person::<scope::ApprovalsDecide>(5, Role::Approver);
    assert_eq!(code(vote(&world, &approval, &forged).await), "role_not_entitled");
    let two = vote(&world, &approval, &approver(3)).await.unwrap();
    assert!(matches!(two.decision, Decision::Approved { .. }));
    assert_eq!(send(&world, &approval).await, Dispatched::Now(Status::Sent));
    assert_eq!(world.sends(), 1);
}

#[tokio::test]
async fn a_removed_member_neither_votes_nor_has_voted() {
    let world = world().await;
    let approval = held(&world, ANN).await.approval;
    let remove = |n: u8, role| {
        Change::new(samples::organization_id(1))
            .write(Write::Delete(Key::Member(samples::member(n, role).id)))
    };
    world.ports.store.commit(remove(2, Role::Approver)).await.unwrap();
    assert_eq!(code(vote(&world, &approval, &approver(2)).await), "member_removed");
    vote(&world, &approval, &approver(3)).await.unwrap();
    // Removed after the vote and before the claim: their vote counts no more, and the mail is called off.
    world.ports.store.commit(remove(3, Role::Approver)).await.unwrap();
    assert_eq!(send(&world, &approval).await, Dispatched::Now(Status::Cancelled));
    assert_eq!(world.sends(), 0);
    let stored = stored(&world, &approval).await;
    assert!(matches!(&stored.decision, Decision::Cancelled { reason, .. } if reason == "approver_removed"));
}

#[tokio::test]
async fn a_demoted_approver_and_a_deleted_token_take_back_what_is_not_claimed() {
    let world = world().await;
    let approval = held(&world, ANN).await.approval;
    vote(&world, &approval, &approver(2)).await.unwrap();
    let demoted: Member = samples::member(2, Role::Viewer);
    let change = Change::new(samples::organization_id(1)).write(Write::put(demoted, Expect::Anything));
    world.ports.store.commit(change).await.unwrap();
    assert_eq!(send(&world, &approval).await, Dispatched::Now(Status::Cancelled));

    let other = held(&world, ANN).await.approval;
    vote(&world, &other, &approver(3)).await.unwrap();
    let change = Change::new(samples::organization_id(1)).write(Write::Delete(Key::Token(token().hash)));
    world.ports.store.commit(change).await.unwrap();
    assert_eq!(send(&world, &other).await, Dispatched::Now(Status::Cancelled));
    assert_eq!(world.sends(), 0);
}

#[tokio::test]
async fn an_edit_voids_votes_and_the_old_digest_is_never_sent() {
    let world = ruled(TWO).await;
    let old = held(&world, ANN).await.approval;
    vote(&world, &old, &approver(2)).await.unwrap();
    let change = Edit { text: Some("Goodbye Ann\n".into()), ..Edit::default() };
    let once = Once::default();
    let answer = |_: &Submitted| (202, String::new());
    let edited =
        edit(&world.sending(), &approver(3), old.id, old.digest, change, &once, answer).await.unwrap();
    let new = edited.approval;
    assert_eq!((new.revision, new.supersedes, new.votes.len()), (2, Some(old.id), 0));
    assert_ne!(new.digest, old.digest);
    assert_eq!(new.message_id, old.message_id);
    // The old approval, the old digest, and the old ticket lead nowhere.
    assert_eq!(code(vote(&world, &old, &owner()).await), "approval_superseded");
    let stale =
        decide(&world.ports, &*world.workflow, &owner(), new.id, &Ballot::new(old.digest, &Verdict::Approve))
            .await;
    assert_eq!(code(stale), "digest_mismatch");
    assert_eq!(send(&world, &old).await, Dispatched::Already(Status::PendingApproval));
    // The last editor does not count; two others do.
    assert_eq!(code(vote(&world, &new, &approver(3)).await), "editor_cannot_decide");
    vote(&world, &new, &approver(2)).await.unwrap();
    assert_eq!(send(&world, &new).await, Dispatched::Already(Status::PendingApproval));
    vote(&world, &new, &owner()).await.unwrap();
    assert_eq!(send(&world, &old).await, Dispatched::Already(Status::Scheduled), "another digest");
    assert_eq!(send(&world, &new).await, Dispatched::Now(Status::Sent));
    let sent = String::from_utf8(world.sender.called.lock().unwrap()[0].clone()).unwrap();
    assert!(sent.contains("Goodbye Ann") && !sent.contains("Hello Ann"), "{sent}");
    assert_eq!(world.sends(), 1);
    // Whoever looks sees what was changed.
    let view = approvals::get(&world.ports, &*world.blobs, &owner(), new.id).await.unwrap();
    let differences = view.differences.unwrap();
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].field, "text");
    assert!(differences[0].after.contains("-Hello Ann") && differences[0].after.contains("+Goodbye Ann"));
}

#[tokio::test]
async fn an_edit_that_a_policy_blocks_or_that_changes_nothing_leaves_all_as_it_was() {
    let world =
        ruled(r#"{"name":"b","when":{"keyword":{"in":["body"],"any_of":["secret"]}},"outcome":"block"}"#)
            .await;
    let old = held(&world, ANN).await.approval;
    let once = Once::default();
    let answer = |_: &Submitted| (202, String::new());
    let secret = Edit { text: Some("the secret".into()), ..Edit::default() };
    let refused = edit(&world.sending(), &approver(2), old.id, old.digest, secret, &once, answer).await;
    assert_eq!(code(refused), "blocked_by_policy");
    let nothing =
        edit(&world.sending(), &approver(2), old.id, old.digest, Edit::default(), &once, answer).await;
    assert_eq!(code(nothing), "nothing_changed");
    let other = domain::base::digest::Digest::of(b"other");
    let stale = Edit { text: Some("x".into()), ..Edit::default() };
    let stale = edit(&world.sending(), &approver(2), old.id, other, stale, &once, answer).await;
    assert_eq!(code(stale), "digest_mismatch");
    assert_eq!(stored(&world, &old).await, old);
}

#[tokio::test]
async fn an_edit_keeps_files_names_and_the_way_back() {
    let world = world().await;
    let mut draft = to(ANN);
    draft.to[0].name = Some(HeaderText::lossy("Ann Anderson"));
    draft.html = Some("<p>Hello <b>Ann</b></p>".into());
    draft.attachments = vec![app::gate::submit::DraftAttachment {
        filename: Some("a.txt".into()),
        content_type: Some("text/plain".into()),
        content_id: None,
        source: app::gate::submit::Source::Inline(b"contents".as_slice().into()),
    }];
    let old = ask(&world, draft, None).await.unwrap();
    let change = Edit { subject: Some(HeaderText::lossy("Hello again")), ..Edit::default() };
    let once = Once::default();
    let edited =
        edit(&world.sending(), &approver(3), old.approval.id, old.approval.digest, change, &once, |_| {
            (202, String::new())
        })
        .await
        .unwrap();
    assert_eq!(edited.message.attachments, old.message.attachments);
    assert_eq!(edited.message.to, old.message.to);
    let view = approvals::get(&world.ports, &*world.blobs, &owner(), edited.approval.id).await.unwrap();
    let fields: Vec<_> = view.differences.unwrap().into_iter().map(|d| d.field).collect();
    assert_eq!(fields, ["subject"]);
    assert_eq!(view.message.text.as_deref(), Some("Hello Ann\n"));
}

async fn take_back_by(
    world: &World,
    approval: &Approval,
    by: &Permit<scope::ApprovalsDecide>,
) -> Result<Approval, Refusal> {
    take_back(&world.ports, &*world.workflow, by, approval.id).await
}

#[tokio::test]
async fn an_approval_that_is_taken_back_lets_nothing_go_until_somebody_approves_anew() {
    let world = world().await;
    let approval = held(&world, ANN).await.approval;
    vote(&world, &approval, &approver(2)).await.unwrap();
    world.pass(60);
    assert_eq!(code(take_back_by(&world, &approval, &approver(3)).await), "no_vote", "not theirs");
    let waits = take_back_by(&world, &approval, &approver(2)).await.unwrap();
    assert_eq!(
        (waits.decision.clone(), waits.votes.len(), waits.digest),
        (Decision::Pending, 0, approval.digest)
    );
    assert_eq!(status(&world, &approval).await, Status::PendingApproval);
    // A run of its own, which parks: the one before goes on to its end and finds nothing to send.
    assert_eq!(world.told().last(), Some(&Told::Started(ticket(&approval), 2)));
    assert_eq!(send(&world, &approval).await, Dispatched::Already(Status::PendingApproval));
    // Asked again, as by somebody who heard no answer: nothing more happens.
    let again = take_back_by(&world, &approval, &approver(2)).await.unwrap();
    assert_eq!((again.version, counts(&world, "approval.take_back")), (waits.version + 1, 1));
    let told = |kind| world.store.contents().events.iter().filter(|event| event.kind == kind).count();
    assert_eq!(told(EventKind::ApprovalTakenBack), 1);
    world.pass(60);
    // The same person, or another: the vote counts as any.
    vote(&world, &approval, &approver(2)).await.unwrap();
    assert_eq!(world.told().last(), Some(&Told::Started(ticket(&approval), 2)), "one that did not park yet");
    world.pass(60);
    take_back_by(&world, &approval, &approver(2)).await.unwrap();
    assert_eq!(world.told().last(), Some(&Told::Started(ticket(&approval), 4)));
    world.pass(60);
    vote(&world, &approval, &approver(3)).await.unwrap();
    assert_eq!(send(&world, &approval).await, Dispatched::Now(Status::Sent));
    assert_eq!(world.sends(), 1);
    assert_eq!(stored(&world, &approval).await.taken_back.len(), 2);
}

#[tokio::test]
async fn one_vote_of_two_is_taken_back_while_the_mail_waits_for_the_other() {
    let world = ruled(TWO).await;
    let approval = held(&world, ANN).await.approval;
    vote(&world, &approval, &approver(2)).await.unwrap();
    let told = world.told().len();
    let waits = take_back_by(&world, &approval, &approver(2)).await.unwrap();
    assert_eq!((waits.progress(), world.told().len()), (vec![(0, 2)], told), "its workflow waits as before");
    world.pass(1);
    vote(&world, &approval, &approver(2)).await.unwrap();
    vote(&world, &approval, &approver(3)).await.unwrap();
    world.pass(1);
    let waits = take_back_by(&world, &approval, &approver(3)).await.unwrap();
    assert_eq!((waits.progress(), status(&world, &approval).await), (vec![(1, 2)], Status::PendingApproval));
    vote(&world, &approval, &owner()).await.unwrap();
    assert_eq!(send(&world, &approval).await, Dispatched::Now(Status::Sent));
}

#[tokio::test]
async fn of_a_mail_that_was_claimed_no_approval_is_taken_back_and_no_program_takes_any() {
    let world = world().await;
    let approval = held(&world, ANN).await.approval;
    vote(&world, &approval, &approver(2)).await.unwrap();
    let (program, _) = samples::token(2, Role::Approver, &[Scope::ApprovalsDecide, Scope::MessagesRead]);
    let by_token = take_back_by(&world, &approval, &program.principal().permit().unwrap()).await;
    assert_eq!(code(by_token), "person_required");
    let claimed = world.ports.store.claim(&ticket(&approval), [1; 8], world.ports.now()).await.unwrap();
    assert!(claimed.is_some());
    assert_eq!(code(take_back_by(&world, &approval, &approver(2)).await), "message_not_waiting");
    assert_eq!(stored(&world, &approval).await.votes.len(), 1);

    let sent = held(&world, ANN).await.approval;
    vote(&world, &sent, &approver(2)).await.unwrap();
    send(&world, &sent).await;
    assert_eq!(code(take_back_by(&world, &sent, &approver(2)).await), "message_not_waiting");
    assert_eq!(status(&world, &sent).await, Status::Sent);
    // What a provider was given once, and did not take, is called off or goes.
    let tried = held(&world, "ben@example.org").await.approval;
    vote(&world, &tried, &approver(2)).await.unwrap();
    world.sender.answers.lock().unwrap().push_back(SendOutcome::NotAccepted("throttled"));
    let _ = dispatch(
        &world.ports,
        &*world.blobs,
        &world.sender,
        &*world.key_logs,
        world.pace(1_000),
        &ticket(&tried),
    )
    .await;
    assert_eq!(status(&world, &tried).await, Status::Scheduled);
    assert_eq!(code(take_back_by(&world, &tried, &approver(2)).await), "message_not_waiting");
    cancel(&world.ports, &*world.workflow, &approver(2), tried.id, "no").await.unwrap();
}

#[tokio::test]
async fn what_waits_again_after_its_time_was_over_waits_as_long_as_its_terms_say() {
    let world = world().await;
    let send_at = samples::later(20 * 24 * 3_600);
    let late = r#"{"name":"p","rules":[{"name":"h","when":{"always":true},"outcome":"hold","terms":{"late":"send"}}]}"#;
    let content = wire::gate::policies::content(late.as_bytes()).unwrap();
    let once = Once::default();
    policies::create(&world.ports, &owner(), content, &once, |_| (201, String::new())).await.unwrap();
    let approval = ask(&world, Draft { send_at: Some(send_at), ..to(ANN) }, None).await.unwrap().approval;
    vote(&world, &approval, &approver(2)).await.unwrap();
    world.pass(10 * 24 * 3_600);
    let waits = take_back_by(&world, &approval, &approver(2)).await.unwrap();
    assert!(waits.expires_at > world.ports.now() && waits.expires_at > approval.expires_at);
    world.pass(8 * 24 * 3_600);
    assert_eq!(sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap().expired, 1);
    assert_eq!(status(&world, &approval).await, Status::Expired);
}

async fn approve_all(
    world: &World,
    by: &Permit<scope::ApprovalsDecide>,
    items: &[&Approval],
) -> Vec<Result<&'static str, &'static str>> {
    let items: Vec<_> = items.iter().map(|approval| (approval.id, approval.digest)).collect();
    decide_all(world, by, &items, &Verdict::Approve).await
}

async fn decide_all(
    world: &World,
    by: &Permit<scope::ApprovalsDecide>,
    items: &[(domain::ApprovalId, domain::base::digest::Digest)],
    verdict: &Verdict,
) -> Vec<Result<&'static str, &'static str>> {
    let (ports, blobs, workflow) = (&world.ports, &*world.blobs, &*world.workflow);
    let all =
        decide_several(ports, blobs, workflow, by, items, verdict, (&*world.key_logs, None)).await.unwrap();
    assert_eq!(
        all.iter().map(|one| one.id).collect::<Vec<_>>(),
        items.iter().map(|it| it.0).collect::<Vec<_>>()
    );
    let said = |one: approvals::Batched| match one.decided {
        Ok(decided) => Ok(decided.decision.as_str()),
        Err(refusal) => Err(refusal.code().as_str()),
    };
    all.into_iter().map(said).collect()
}

#[tokio::test]
async fn of_a_batch_each_mail_is_decided_for_itself() {
    let world = world().await;
    let mut all = vec![];
    for n in 0..7 {
        all.push(held(&world, &format!("person{n}@example.org")).await.approval);
    }
    cancel(&world.ports, &*world.workflow, &approver(3), all[1].id, "no").await.unwrap();
    let other = Approval { digest: all[0].digest, ..all[2].clone() };
    let strange = Approval { id: domain::ApprovalId::new(samples::NOW, [9; 10]), ..all[3].clone() };
    let items = [&all[0], &all[1], &other, &strange, &all[4], &all[5], &all[6]];
    let approved = Ok("approved");
    let said = approve_all(&world, &approver(2), &items).await;
    let expected = [
        approved,
        Err("approval_not_pending"),
        Err("digest_mismatch"),
        Err("not_found"),
        approved,
        approved,
        approved,
    ];
    assert_eq!(said, expected);
    // Whoever hears no answer and asks again is answered as the first time, and nothing is done twice.
    assert_eq!(approve_all(&world, &approver(2), &items).await, expected);
    assert_eq!(counts(&world, "approval.approve"), 4);
    for one in [&all[0], &all[4]] {
        assert_eq!(send(&world, one).await, Dispatched::Now(Status::Sent));
        assert_eq!(send(&world, one).await, Dispatched::Already(Status::Sent));
    }
    assert_eq!(world.sends(), 2);
    assert_eq!(
        approve_all(&world, &person(1, Role::Owner), &[&all[2]]).await,
        [Err("requester_cannot_decide")]
    );
    let (program, _) = samples::token(2, Role::Approver, &[Scope::ApprovalsDecide, Scope::MessagesRead]);
    let by_token = program.principal().permit().unwrap();
    let items = [(all[2].id, all[2].digest)];
    let refused = decide_several(
        &world.ports,
        &*world.blobs,
        &*world.workflow,
        &by_token,
        &items,
        &Verdict::Approve,
        (&*world.key_logs, None),
    )
    .await;
    assert_eq!(code(refused), "person_required");
}

#[tokio::test]
async fn what_deserves_a_look_is_not_approved_in_a_batch() {
    use domain::gate::risk::{Level, Risk};
    let world = world().await;
    let html = |html: &str, text: Option<&str>| Draft {
        html: Some(html.into()),
        text: text.map(Into::into),
        ..to(ANN)
    };
    let plain = held(&world, ANN).await.approval;
    assert_eq!(plain.risks, Some([Risk::FirstContact].into()));
    assert_eq!(plain.level(), Level::Note);
    let mut risky = vec![];
    for (draft, risk) in [
        (html(r#"<p><a href="https://evil.example">https://bank.example</a></p>"#, None), Risk::LinksDiffer),
        (html("<p>Pay 100 euros</p>", Some("Pay 900 euros\n")), Risk::WordsDiffer),
        (Draft { text: Some("Look at http://192.0.2.7/x\n".into()), ..to(ANN) }, Risk::OddLink),
        (Draft { text: Some("Look at https://xn--pple-43d.com/\n".into()), ..to(ANN) }, Risk::OddLink),
        (
            Draft { reply_to: vec![Mailbox::bare(samples::address("x@else.example"))], ..to(ANN) },
            Risk::AnswersElsewhere,
        ),
    ] {
        let approval = ask(&world, draft, None).await.unwrap().approval;
        assert!(approval.risks.as_ref().unwrap().contains(&risk), "{risk:?}: {:?}", approval.risks);
        risky.push(approval);
    }
    let items: Vec<&Approval> = std::iter::once(&plain).chain(&risky).collect();
    let said = approve_all(&world, &approver(2), &items).await;
    assert_eq!(said[0], Ok("approved"));
    assert!(said[1..].iter().all(|one| *one == Err("look_first")), "{said:?}");
    // One whose risks nobody looked at is looked at.
    assert!(!Approval { risks: None, ..plain }.may_be_batched());
    // Alone it is approved.
    assert!(vote(&world, &risky[0], &approver(2)).await.is_ok());
    // What came into a conversation since.
    let later = held(&world, ANN).await.approval;
    let key = key::Thread(later.thread_id);
    let thread = load(&*world.ports.store, samples::organization_id(1), key).await.unwrap().unwrap();
    let message = message(&world, &later).await;
    let tainted = ThreadUpdate { taint: true, ..message.thread_update() };
    assert!(!thread.tainted);
    let change = Change::new(samples::organization_id(1)).write(Write::Thread(tainted));
    world.ports.store.commit(change).await.unwrap();
    assert_eq!(approve_all(&world, &approver(2), &[&later]).await, [Err("look_first")]);
    // What deserves a look is rejected together with others all the same.
    let no = Verdict::Reject("not now".to_owned());
    let items = [(risky[1].id, risky[1].digest), (later.id, later.digest)];
    assert_eq!(decide_all(&world, &approver(2), &items, &no).await, [Ok("rejected"), Ok("rejected")]);
}

/// Marks the conversation of a mail as tainted.
async fn taint(world: &World, approval: &Approval) {
    let tainted = ThreadUpdate { taint: true, ..message(world, approval).await.thread_update() };
    let change = Change::new(samples::organization_id(1)).write(Write::Thread(tainted));
    world.ports.store.commit(change).await.unwrap();
}

#[tokio::test]
async fn a_vote_of_a_batch_lets_nothing_go_that_is_tainted_later_and_one_that_looked_does() {
    let world = world().await;
    for looked in [false, true] {
        let approval = held(&world, ANN).await.approval;
        if looked {
            vote(&world, &approval, &approver(2)).await.unwrap();
        } else {
            assert_eq!(approve_all(&world, &approver(2), &[&approval]).await, [Ok("approved")]);
        }
        assert_eq!(stored(&world, &approval).await.votes[0].unseen, !looked);
        taint(&world, &approval).await;
        let came = send(&world, &approval).await;
        let expected = if looked { Status::Sent } else { Status::Cancelled };
        assert_eq!(came, Dispatched::Now(expected), "{looked}");
    }
}

#[tokio::test]
async fn of_a_row_that_says_something_else_than_what_is_sealed_nothing_is_approved_in_a_batch() {
    let world = world().await;
    let approval = held(&world, ANN).await.approval;
    let row = Approval { subject: "Harmless".to_owned(), ..stored(&world, &approval).await };
    let change = Change::new(row.organization_id).update(row);
    world.ports.store.commit(change).await.unwrap();
    assert_eq!(approve_all(&world, &approver(2), &[&approval]).await, [Err("look_first")]);
}

#[tokio::test]
async fn an_edit_of_a_tainted_mail_stays_tainted() {
    let world = world().await;
    let approval = held(&world, ANN).await.approval;
    taint(&world, &approval).await;
    let change = Edit { text: Some("Other words\n".to_owned()), ..Edit::default() };
    let (once, digest) = (Once::default(), approval.digest);
    let saved = |_: &_| (200, String::new());
    let edited =
        edit(&world.sending(), &approver(2), approval.id, digest, change, &once, saved).await.unwrap();
    assert!(
        edited.approval.is_tainted() && !edited.approval.may_be_batched(),
        "{:?}",
        edited.approval.reasons
    );
}

#[tokio::test]
async fn after_its_time_an_approval_that_would_expire_is_not_taken_back() {
    let world = world().await;
    let send_at = samples::later(3_600);
    let approval = ask(&world, Draft { send_at: Some(send_at), ..to(ANN) }, None).await.unwrap().approval;
    vote(&world, &approval, &approver(2)).await.unwrap();
    world.pass(2 * 3_600);
    assert_eq!(code(take_back_by(&world, &approval, &approver(2)).await), "too_late_to_take_back");
    assert_eq!(status(&world, &approval).await, Status::Scheduled);
}

#[tokio::test]
async fn cancelling_wins_before_the_claim_and_loses_after_it() {
    let world = world().await;
    let waiting = held(&world, ANN).await.approval;
    cancel(&world.ports, &*world.workflow, &agent(), waiting.id, "not needed").await.unwrap();
    assert_eq!(code(vote(&world, &waiting, &approver(2)).await), "approval_not_pending");

    let approved = held(&world, ANN).await.approval;
    vote(&world, &approved, &approver(2)).await.unwrap();
    cancel(&world.ports, &*world.workflow, &approver(3), approved.id, "changed my mind").await.unwrap();
    assert_eq!(send(&world, &approved).await, Dispatched::Already(Status::Cancelled));
    assert_eq!(world.sends(), 0);

    let sent = held(&world, ANN).await.approval;
    vote(&world, &sent, &approver(2)).await.unwrap();
    send(&world, &sent).await;
    assert_eq!(
        code(cancel(&world.ports, &*world.workflow, &approver(3), sent.id, "too late").await),
        "message_not_waiting"
    );
    assert_eq!(status(&world, &sent).await, Status::Sent);
    // Another token, and a viewer, have no say.
    let other = held(&world, ANN).await.approval;
    let (stranger, _) = samples::token(9, Role::Owner, &[Scope::MessagesSend, Scope::MessagesRead]);
    let refused =
        cancel(&world.ports, &*world.workflow, &stranger.principal().permit().unwrap(), other.id, "mine")
            .await;
    assert_eq!(code(refused), "not_requester");
}

/// Met by calling every route in an odd order: a decision about a mail that somebody had deleted was a defect of ours.
#[tokio::test]
async fn what_is_in_the_trash_or_deleted_is_refused_as_what_it_came_to() {
    let world = world().await;
    for for_good in [false, true] {
        let ended = held(&world, ANN).await.approval;
        cancel(&world.ports, &*world.workflow, &agent(), ended.id, "not needed").await.unwrap();
        if for_good {
            trash::delete(&world.ports, &owner(), ended.inbox_id, ended.message_id).await.unwrap();
        } else {
            trash::trash(&world.ports, &owner(), ended.inbox_id, ended.message_id).await.unwrap();
        }
        assert_eq!(code(vote(&world, &ended, &approver(2)).await), "approval_not_pending");
        let no = Verdict::Reject("no".to_owned());
        let refused =
            decide(&world.ports, &*world.workflow, &approver(2), ended.id, &Ballot::new(ended.digest, &no))
                .await;
        assert_eq!(code(refused), "approval_not_pending");
        let called_off = cancel(&world.ports, &*world.workflow, &approver(3), ended.id, "as well").await;
        assert_eq!(code(called_off), "approval_not_pending");
        let to = samples::member(3, Role::Approver).id;
        assert_eq!(code(delegate(&world.ports, &owner(), ended.id, to).await), "approval_not_pending");
    }
}

#[tokio::test]
async fn a_vote_handed_on_counts_once_and_is_written_down() {
    let owners = r#"{"name":"o","when":{"always":true},"outcome":"hold","terms":{"requirements":[{"quorum":1,"roles":["owner"]}]}}"#;
    let world = ruled(owners).await;
    let approval = held(&world, ANN).await.approval;
    assert_eq!(code(vote(&world, &approval, &approver(2)).await), "role_not_entitled");
    delegate(&world.ports, &owner(), approval.id, samples::member(2, Role::Approver).id).await.unwrap();
    assert_eq!(code(vote(&world, &approval, &owner()).await), "vote_delegated");
    vote(&world, &approval, &approver(2)).await.unwrap();
    assert_eq!(send(&world, &approval).await, Dispatched::Now(Status::Sent));
    assert_eq!(counts(&world, "approval.delegate"), 1);
    let again = held(&world, ANN).await.approval;
    let viewer = samples::member(5, Role::Viewer).id;
    assert_eq!(code(delegate(&world.ports, &owner(), again.id, viewer).await), "cannot_vote");
    let requester = samples::member(1, Role::Owner).id;
    assert_eq!(code(delegate(&world.ports, &owner(), again.id, requester).await), "cannot_vote");
}

#[tokio::test]
async fn a_pause_before_the_claim_always_wins_and_resuming_lets_a_person_drop() {
    let world = world().await;
    for scope in [
        pause::Covered::Organization,
        pause::Covered::Inbox(samples::inbox_id(1)),
        pause::Covered::Token(token().id),
    ] {
        let before = world.sends();
        let [one, two] = [held(&world, ANN).await.approval, held(&world, ANN).await.approval];
        vote(&world, &one, &approver(2)).await.unwrap();
        vote(&world, &two, &approver(2)).await.unwrap();
        pause(&world.ports, &approver(2), scope, "look into it").await.unwrap();
        assert_eq!(send(&world, &one).await, Dispatched::Now(Status::Scheduled), "{scope:?}");
        assert_eq!(world.sends(), before, "{scope:?}");
        let page = PageRequest { limit: 50, cursor: None };
        let listed = waiting(&world.ports, &owner::<scope::PoliciesManage>(), scope, &page).await.unwrap();
        let ids: Vec<_> = listed.items.iter().map(|message| message.id).collect();
        assert!(ids.contains(&one.message_id) && ids.contains(&two.message_id), "{scope:?}");
        // The sweeper leaves it alone while mail is paused.
        world.pass(1_200);
        sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap();
        let resumed = resume(
            &world.ports,
            &*world.workflow,
            &owner::<scope::PoliciesManage>(),
            &owner(),
            scope,
            &[two.message_id],
        )
        .await
        .unwrap();
        assert_eq!(resumed.dropped, [two.message_id]);
        assert_eq!(send(&world, &one).await, Dispatched::Now(Status::Sent), "{scope:?}");
        assert_eq!(send(&world, &two).await, Dispatched::Already(Status::Cancelled), "{scope:?}");
        assert_eq!(world.sends(), before + 1);
    }
    assert_eq!(counts(&world, "organization.pause"), 1);
    assert_eq!(counts(&world, "organization.resume"), 1);
    // A mail that is dropped must wait there, or nothing is released.
    pause(&world.ports, &approver(2), pause::Covered::Organization, "again").await.unwrap();
    let permit = owner::<scope::PoliciesManage>();
    let gone = [samples::inbound(3).id];
    let refused =
        resume(&world.ports, &*world.workflow, &permit, &owner(), pause::Covered::Organization, &gone).await;
    assert_eq!(code(refused), "not_waiting");
    let organization = load(&*world.ports.store, samples::organization_id(1), key::Organization).await;
    assert!(organization.unwrap().unwrap().paused.is_some());
}

async fn standing_for(world: &World, target: Target, budget: u32) -> Result<StandingApproval, Refusal> {
    let expires_at = world.ports.now() + SignedDuration::from_hours(24);
    let new = NewStanding { inbox_id: None, target, budget, expires_at };
    standing::create(&world.ports, &approver(2), new, &Once::default(), |_| (201, String::new())).await
}

#[tokio::test]
async fn a_standing_approval_is_spent_exactly_and_revoked_at_once() {
    let world = world().await;
    let made = standing_for(&world, Target::Recipient(samples::address(ANN)), 2).await.unwrap();
    for _ in 0..2 {
        let submitted = held(&world, ANN).await;
        assert!(matches!(submitted.approval.decision, Decision::Approved { by: None, .. }));
        assert_eq!(submitted.approval.votes[0].standing, Some(made.id));
        assert_eq!(send(&world, &submitted.approval).await, Dispatched::Now(Status::Sent));
    }
    let sent = String::from_utf8(world.sender.called.lock().unwrap()[0].clone()).unwrap();
    assert!(sent.contains("Auto-Submitted: auto-generated"), "{sent}");
    assert_eq!(held(&world, ANN).await.approval.decision, Decision::Pending, "it is used up");
    assert_eq!(
        held(&world, "eve@example.org").await.approval.decision,
        Decision::Pending,
        "another recipient"
    );
    assert_eq!(counts(&world, "standing_approval.use"), 2);
    // Revoked after it let a mail go and before that was claimed.
    let next = standing_for(&world, Target::Domain("example.org".into()), 5).await.unwrap();
    let submitted = held(&world, "bob@example.org").await.approval;
    assert!(matches!(submitted.decision, Decision::Approved { .. }));
    standing::revoke(&world.ports, &approver(3), next.id).await.unwrap();
    assert_eq!(send(&world, &submitted).await, Dispatched::Now(Status::Cancelled));
    assert_eq!(world.sends(), 2);
}

#[tokio::test]
async fn a_standing_approval_is_one_vote_and_never_the_requesters_own() {
    let world = ruled(TWO).await;
    standing_for(&world, Target::Recipient(samples::address(ANN)), 5).await.unwrap();
    let approval = held(&world, ANN).await.approval;
    assert_eq!((approval.votes.len(), &approval.decision), (1, &Decision::Pending));
    let again = vote(&world, &approval, &approver(2)).await.unwrap();
    assert_eq!(again.votes.len(), 1, "by hand as well: the same person");
    vote(&world, &approval, &approver(3)).await.unwrap();
    assert_eq!(send(&world, &approval).await, Dispatched::Now(Status::Sent));

    let own = ruled(TWO.replace("\"quorum\":2", "\"quorum\":1").as_str()).await;
    let expires_at = own.ports.now() + SignedDuration::from_hours(24);
    let new = NewStanding {
        inbox_id: None,
        target: Target::Recipient(samples::address(ANN)),
        budget: 5,
        expires_at,
    };
    standing::create(&own.ports, &person(1, Role::Owner), new, &Once::default(), |_| (201, String::new()))
        .await
        .unwrap();
    assert_eq!(held(&own, ANN).await.approval.decision, Decision::Pending, "the owner of the token made it");
}

/// Those who decide beside member 1 leave.
async fn leave(world: &World) {
    let others = [(2, Role::Approver), (3, Role::Approver), (4, Role::Owner)];
    for (n, role) in others {
        let gone = Write::Unseat(samples::member(n, role).id, role);
        world.ports.store.commit(Change::new(samples::organization_id(1)).write(gone)).await.unwrap();
    }
}

#[tokio::test]
async fn whoever_decides_alone_approves_what_their_token_asked_for_unless_a_rule_wants_somebody_else() {
    let alone = world().await;
    let before = held(&alone, ANN).await.approval;
    leave(&alone).await;
    let own = person::<scope::ApprovalsDecide>(1, Role::Owner);
    assert_eq!(
        code(vote(&alone, &before, &own).await),
        "requester_cannot_decide",
        "somebody else decided then"
    );
    let approval = held(&alone, ANN).await.approval;
    assert_eq!(approval.reasons, ["no_policy_allows_it", "nobody_else_decides"]);
    vote(&alone, &approval, &own).await.unwrap();
    assert_eq!(send(&alone, &approval).await, Dispatched::Now(Status::Sent));

    let hold = r#"{"name":"hold","when":{"always":true},"outcome":"hold"}"#;
    let ruled = ruled(hold).await;
    leave(&ruled).await;
    let approval = held(&ruled, ANN).await.approval;
    assert_eq!(approval.reasons, ["policy_holds"]);
    assert_eq!(code(vote(&ruled, &approval, &own).await), "requester_cannot_decide");
    assert_eq!(held(&world().await, ANN).await.approval.reasons, ["no_policy_allows_it"]);
}

/// A received mail in thread 9, that a reply can answer.
async fn received(world: &World, automatic: bool, taint: bool) -> Message {
    let mut parent = samples::inbound(9);
    if let Direction::Inbound { automatic: flag, .. } = &mut parent.direction {
        *flag = automatic;
    }
    let update = ThreadUpdate { taint, ..parent.thread_update() };
    let change = Change::new(samples::organization_id(1)).create(parent.clone()).write(Write::Thread(update));
    world.ports.store.commit(change).await.unwrap();
    parent
}

#[tokio::test]
async fn a_tainted_thread_always_needs_a_person() {
    let world = ruled(ALLOW).await;
    let parent = received(&world, false, true).await;
    let mut draft = to(ANN);
    draft.to.clear();
    let answering = Some(Answering { message_id: parent.id, how: How::Reply { quote: false } });
    let submitted = ask(&world, draft, answering).await.unwrap();
    assert_eq!(submitted.approval.decision, Decision::Pending);
    assert!(submitted.approval.reasons.contains(&"thread_tainted".to_owned()));
    let refused = standing_for(&world, Target::Thread(parent.thread_id), 5).await;
    assert_eq!(code(refused), "thread_tainted");
}

#[tokio::test]
async fn what_a_policy_let_go_stops_where_the_thread_is_tainted_before_the_claim() {
    let world = ruled(ALLOW).await;
    let parent = received(&world, false, false).await;
    let answering = Some(Answering { message_id: parent.id, how: How::Reply { quote: false } });
    let submitted = ask(&world, to(ANN), answering).await.unwrap();
    assert!(!submitted.is_held());
    let later = ThreadUpdate { taint: true, ..parent.thread_update() };
    let change = Change::new(samples::organization_id(1)).write(Write::Thread(later));
    world.ports.store.commit(change).await.unwrap();
    assert_eq!(send(&world, &submitted.approval).await, Dispatched::Now(Status::Cancelled));
    assert_eq!(world.sends(), 0);
}

#[tokio::test]
async fn two_programs_that_answer_each_other_come_to_an_end() {
    let world = ruled(ALLOW).await;
    let parent = received(&world, true, false).await;
    let answering = Some(Answering { message_id: parent.id, how: How::Reply { quote: false } });
    let submitted = ask(&world, to(ANN), answering).await.unwrap();
    assert!(submitted.is_held(), "RFC 3834: a program's mail is not answered by a program");
    assert!(submitted.approval.reasons.contains(&"answers_automatic_mail".to_owned()));
}

#[tokio::test]
async fn a_program_that_hides_that_it_is_one_is_stopped_by_the_caps() {
    let world = ruled(ALLOW).await;
    let parent = received(&world, false, false).await;
    let mut went = 0;
    for _ in 0..15 {
        let answering = Some(Answering { message_id: parent.id, how: How::Reply { quote: false } });
        let submitted = ask(&world, to(ANN), answering).await.unwrap();
        if submitted.is_held() {
            assert!(submitted.approval.reasons.contains(&"thread_cap".to_owned()));
        } else {
            went += 1;
        }
    }
    assert_eq!(went, 10);
    let mut outside = 0;
    for _ in 0..40 {
        outside += u32::from(!held(&world, "bob@example.org").await.is_held());
    }
    assert_eq!(outside, 30);
}

#[tokio::test]
async fn an_allowed_mail_goes_by_itself_and_makes_its_recipient_known() {
    let world =
        ruled(r#"{"name":"known","when":{"every_recipient":{"first_contact":false}},"outcome":"allow"}"#)
            .await;
    let first = held(&world, ANN).await;
    assert!(first.is_held(), "a stranger");
    vote(&world, &first.approval, &approver(2)).await.unwrap();
    assert_eq!(send(&world, &first.approval).await, Dispatched::Now(Status::Sent));
    let contact = key::Contact(Contact::hash_of(&samples::address(ANN)));
    let known = load(&*world.ports.store, samples::organization_id(1), contact).await.unwrap();
    assert!(known.is_some());
    let second = held(&world, ANN).await;
    assert!(!second.is_held());
    assert_eq!(send(&world, &second.approval).await, Dispatched::Now(Status::Sent));
    let trace = &second.approval.trace;
    assert_eq!((trace.len(), trace[0].outcome), (1, "allow"));
}

#[tokio::test]
async fn a_blocked_mail_is_not_stored_and_that_is_written_down() {
    let world = ruled(r#"{"name":"b","when":{"always":true},"outcome":"block"}"#).await;
    assert_eq!(code(ask(&world, to(ANN), None).await), "blocked_by_policy");
    assert_eq!(counts(&world, "message.block"), 1);
    let page = PageRequest { limit: 50, cursor: None };
    let listed =
        messages::list(&world.ports, &agent(), Some(samples::inbox_id(1)), &MessageFilter::default(), &page)
            .await
            .unwrap();
    assert!(listed.items.is_empty());
}

#[tokio::test]
async fn a_book_of_policies_that_cant_be_read_holds_everything() {
    let world = world().await;
    let broken = domain::gate::policy::PolicyBook::broken(0);
    let change = Change::new(samples::organization_id(1)).write(Write::put(broken, Expect::Anything));
    world.ports.store.commit(change).await.unwrap();
    let submitted = held(&world, ANN).await;
    assert!(submitted.is_held());
    assert!(submitted.approval.reasons.contains(&"policy_unreadable".to_owned()));
}

#[tokio::test]
async fn sending_again_is_a_new_mail_that_a_person_decides_about() {
    let world = ruled(ALLOW).await;
    let first = held(&world, ANN).await.approval;
    world.sender.answers.lock().unwrap().push_back(SendOutcome::Ambiguous("timeout"));
    assert_eq!(send(&world, &first).await, Dispatched::Now(Status::Unknown));
    let page = PageRequest { limit: 50, cursor: None };
    let unknown = MessageFilter { status: Some("unknown".to_owned()), ..MessageFilter::default() };
    let unknown = messages::list(&world.ports, &owner(), None, &unknown, &page).await.unwrap();
    assert_eq!(unknown.items.iter().map(|m| m.id).collect::<Vec<_>>(), [first.message_id]);
    let once = Once::default();
    let again = send_again(&world.sending(), &agent(), samples::inbox_id(1), first.message_id, &once, |_| {
        (202, String::new())
    })
    .await
    .unwrap();
    assert!(again.is_held(), "whatever the policy says");
    assert_ne!(again.message.id, first.message_id);
    assert_eq!(again.approval.resends, [first.message_id]);
    assert_eq!(again.message.thread_id, message(&world, &first).await.thread_id);
    vote(&world, &again.approval, &approver(2)).await.unwrap();
    assert_eq!(send(&world, &again.approval).await, Dispatched::Now(Status::Sent));
    let sent = again.message.id;
    let refused =
        send_again(&world.sending(), &agent(), samples::inbox_id(1), sent, &once, |_| (202, String::new()))
            .await;
    assert_eq!(code(refused), "message_not_ended");
}

#[tokio::test]
async fn there_is_one_attempt_at_a_time_at_sending_again() {
    let world = ruled(ALLOW).await;
    let first = held(&world, ANN).await.approval;
    world.sender.answers.lock().unwrap().push_back(SendOutcome::Ambiguous("timeout"));
    assert_eq!(send(&world, &first).await, Dispatched::Now(Status::Unknown));
    let again = async |world: &World, id| {
        let once = Once::default();
        send_again(&world.sending(), &agent(), samples::inbox_id(1), id, &once, |_| (202, String::new()))
            .await
    };
    let refused = |result: Result<Submitted, Refusal>| {
        let Err(Refusal::Because { code, details, .. }) = result else { panic!("{result:?}") };
        (code.as_str(), details[0].1.clone())
    };
    let one = again(&world, first.message_id).await.unwrap();
    let known = one.message.id.to_string();
    assert_eq!(refused(again(&world, first.message_id).await), ("sent_again_already", known.clone()));
    assert_eq!(refused(again(&world, one.message.id).await), ("message_not_ended", known));
    // One that is rejected makes room for another, whichever of the two is named.
    let no = Verdict::Reject("no".into());
    decide(
        &world.ports,
        &*world.workflow,
        &approver(2),
        one.approval.id,
        &Ballot::new(one.approval.digest, &no),
    )
    .await
    .unwrap();
    let two = again(&world, one.message.id).await.unwrap();
    let known = two.message.id.to_string();
    for id in [first.message_id, one.message.id] {
        assert_eq!(refused(again(&world, id).await), ("sent_again_already", known.clone()));
    }
    // One that nobody knows of can be sent again itself: whoever names another may not know of it.
    vote(&world, &two.approval, &approver(2)).await.unwrap();
    world.sender.answers.lock().unwrap().push_back(SendOutcome::Ambiguous("timeout"));
    assert_eq!(send(&world, &two.approval).await, Dispatched::Now(Status::Unknown));
    assert_eq!(refused(again(&world, first.message_id).await), ("sent_again_already", known));
    let three = again(&world, two.message.id).await.unwrap();
    let all = [first.message_id, one.message.id, two.message.id];
    assert_eq!(three.approval.resends, all, "whichever of them went after all stops it");
    let original = message(&world, &first).await;
    let attempts = [one.message.id, two.message.id, three.message.id];
    assert_eq!(original.outbound().unwrap().sent_again_as, attempts);
    // Once one went, none follows.
    vote(&world, &three.approval, &approver(2)).await.unwrap();
    assert_eq!(send(&world, &three.approval).await, Dispatched::Now(Status::Sent));
    for id in all {
        assert_eq!(refused(again(&world, id).await), ("sent_again_already", three.message.id.to_string()));
    }

    // Two who ask at the same moment: the second meets the first one's write, and nothing of it is stored.
    let lost = held(&world, ANN).await.approval;
    cancel(&world.ports, &*world.workflow, &approver(3), lost.id, "no").await.unwrap();
    let conflict = Conflict::Record(Key::Message(samples::inbox_id(1), lost.message_id));
    let records = world.store.contents().records.len();
    world.store.fail_commits(vec![StoreError::Conflict(vec![conflict])]);
    assert_eq!(code(again(&world, lost.message_id).await), "changed_meanwhile");
    assert_eq!(world.store.contents().records.len(), records);
}

#[tokio::test]
async fn nobody_approves_their_own_words_by_having_them_sent_again() {
    let world = world().await;
    let old = held(&world, ANN).await.approval;
    let change = Edit { text: Some("Other words\n".into()), ..Edit::default() };
    let once = Once::default();
    let answer = |_: &Submitted| (202, String::new());
    let edited =
        edit(&world.sending(), &approver(3), old.id, old.digest, change, &once, answer).await.unwrap();
    cancel(&world.ports, &*world.workflow, &approver(3), edited.approval.id, "I do it otherwise")
        .await
        .unwrap();
    let inbox = samples::inbox_id(1);
    let again = send_again(&world.sending(), &agent(), inbox, old.message_id, &once, answer).await.unwrap();
    assert_eq!(code(vote(&world, &again.approval, &approver(3)).await), "author_cannot_decide");
    // Nor in the attempt after that one.
    cancel(&world.ports, &*world.workflow, &agent(), again.approval.id, "no").await.unwrap();
    let again = send_again(&world.sending(), &agent(), inbox, again.message.id, &once, answer).await.unwrap();
    assert_eq!(code(vote(&world, &again.approval, &approver(3)).await), "author_cannot_decide");
    // Nor does it help to name the first of all.
    cancel(&world.ports, &*world.workflow, &agent(), again.approval.id, "no").await.unwrap();
    let again = send_again(&world.sending(), &owner(), inbox, old.message_id, &once, answer).await.unwrap();
    cancel(&world.ports, &*world.workflow, &owner(), again.approval.id, "no").await.unwrap();
    let again = send_again(&world.sending(), &agent(), inbox, old.message_id, &once, answer).await.unwrap();
    for author in [approver(3), owner()] {
        assert_eq!(code(vote(&world, &again.approval, &author).await), "author_cannot_decide");
    }
    vote(&world, &again.approval, &approver(2)).await.unwrap();
    assert_eq!(send(&world, &again.approval).await, Dispatched::Now(Status::Sent));
}

#[tokio::test]
async fn an_edit_is_not_counted_again_and_is_written_down_with_its_editor() {
    let volume =
        r#"{"name":"v","when":{"volume":{"per":"inbox","window":"day","over":2}},"outcome":"block"}"#;
    let secret = r#"{"name":"s","when":{"keyword":{"in":["body"],"any_of":["secret"]}},"outcome":"block"}"#;
    let world = ruled(&format!("{volume},{secret}")).await;
    held(&world, ANN).await;
    let old = held(&world, ANN).await.approval;
    let once = Once::default();
    let answer = |_: &Submitted| (202, String::new());
    let words = |text: &str| Edit { text: Some(text.to_owned()), ..Edit::default() };
    let refused =
        edit(&world.sending(), &approver(3), old.id, old.digest, words("a secret"), &once, answer).await;
    assert_eq!(code(refused), "blocked_by_policy");
    let written = world.store.contents().audit.last().unwrap().clone();
    assert_eq!(
        (written.action, written.actor.member()),
        ("message.block", approver::<scope::MessagesRead>(3).actor().member())
    );
    let edited =
        edit(&world.sending(), &approver(3), old.id, old.digest, words("none"), &once, answer).await.unwrap();
    assert!(edited.is_held(), "the second mail is the second mail");
    assert_eq!(code(ask(&world, to(ANN), None).await), "blocked_by_policy", "and this one the third");
}

#[tokio::test]
async fn an_edit_does_not_get_round_a_count_by_another_recipient() {
    let volume =
        r#"{"name":"v","when":{"volume":{"per":"recipient","window":"day","over":1}},"outcome":"block"}"#;
    let world = ruled(volume).await;
    held(&world, ANN).await;
    let old = held(&world, "bob@example.org").await.approval;
    let once = Once::default();
    let answer = |_: &Submitted| (202, String::new());
    let change = |to: &str| Edit { to: Some(vec![Mailbox::bare(samples::address(to))]), ..Edit::default() };
    let refused = edit(&world.sending(), &approver(3), old.id, old.digest, change(ANN), &once, answer).await;
    assert_eq!(code(refused), "blocked_by_policy", "Ann has had her mail of today");
    let edited =
        edit(&world.sending(), &approver(3), old.id, old.digest, change("eve@example.org"), &once, answer)
            .await;
    assert!(edited.unwrap().is_held());
    let third = ask(&world, to("eve@example.org"), None).await;
    assert_eq!(code(third), "blocked_by_policy", "the edited mail was hers");
}

#[tokio::test]
async fn a_sweep_goes_on_until_nothing_is_overdue() {
    let world = world().await;
    for _ in 0..250 {
        held(&world, ANN).await;
    }
    world.pass(40 * 86_400);
    assert_eq!(sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap().expired, 250);
}

#[tokio::test]
async fn mails_that_can_never_be_moved_do_not_keep_a_sweep_from_the_others() {
    let world = world().await;
    for _ in 0..450 {
        held(&world, ANN).await;
    }
    // Of these nothing says what was to be approved.
    world.store.contents().records.retain(|_, record| !matches!(record, Record::Approval(_)));
    world.pass(60);
    let last = held(&world, ANN).await.approval;
    world.pass(40 * 86_400);
    assert_eq!(sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap().expired, 1);
    assert_eq!(status(&world, &last).await, Status::Expired);
}

#[tokio::test]
async fn a_mail_that_names_somebody_twice_is_delivered_once_their_server_says_so() {
    let world = world().await;
    let mut draft = to(ANN);
    draft.cc = vec![Mailbox::bare(samples::address("Ann@Example.org"))];
    let submitted = ask(&world, draft, None).await.unwrap();
    assert_eq!(submitted.message.outbound().unwrap().recipients, 1);
}

#[tokio::test]
async fn whoever_may_vote_is_reminded_and_unknown_mails_are_told_of_again() {
    let world = world().await;
    let approval = held(&world, ANN).await.approval;
    let reminders = |world: &World| {
        world.store.contents().events.iter().filter(|e| e.kind == EventKind::ApprovalReminder).count()
    };
    world.pass(25 * 3_600);
    assert_eq!(sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap().reminded, 1);
    assert_eq!(sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap().reminded, 0, "not twice");
    world.pass(25 * 3_600);
    assert_eq!(sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap().reminded, 1);
    assert_eq!(reminders(&world), 2);
    vote(&world, &approval, &approver(2)).await.unwrap();
    world.sender.answers.lock().unwrap().push_back(SendOutcome::Ambiguous("timeout"));
    assert_eq!(send(&world, &approval).await, Dispatched::Now(Status::Unknown));
    for hours in [2, 24, 72] {
        world.pass(hours * 3_600);
        assert_eq!(
            sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap().reminded,
            1,
            "after {hours} hours"
        );
    }
    world.pass(500 * 3_600);
    assert_eq!(sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap().reminded, 0, "it rests");
}

#[tokio::test]
async fn by_default_a_mail_is_not_approved_after_its_send_at() {
    let world = world().await;
    let mut draft = to(ANN);
    draft.send_at = Some(world.ports.now() + SignedDuration::from_hours(1));
    let approval = ask(&world, draft.clone(), None).await.unwrap().approval;
    assert_eq!(Some(approval.expires_at), approval.send_at);
    world.pass(2 * 3_600);
    assert_eq!(code(vote(&world, &approval, &approver(2)).await), "approval_not_pending");
    assert_eq!(sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap().expired, 1);

    let late = r#"{"name":"l","when":{"always":true},"outcome":"hold","terms":{"late":"send"}}"#;
    let world = ruled(late).await;
    draft.send_at = Some(world.ports.now() + SignedDuration::from_hours(1));
    let approval = ask(&world, draft, None).await.unwrap().approval;
    world.pass(2 * 3_600);
    vote(&world, &approval, &approver(2)).await.unwrap();
    assert_eq!(send(&world, &approval).await, Dispatched::Now(Status::Sent));
}

#[tokio::test]
async fn a_reply_that_goes_to_somebody_else_is_no_reply() {
    let world = ruled(r#"{"name":"r","when":{"thread":{"kind":"reply"}},"outcome":"allow"}"#).await;
    let parent = received(&world, false, false).await;
    let answering = Some(Answering { message_id: parent.id, how: How::Reply { quote: false } });
    let mut back = to(ANN);
    back.to.clear();
    assert!(!ask(&world, back, answering).await.unwrap().is_held(), "to whoever wrote");
    let widened = ask(&world, to("eve@evil.example"), answering).await.unwrap();
    assert!(widened.is_held(), "the caller chose another recipient");
}

#[tokio::test]
async fn answers_that_go_elsewhere_need_a_person() {
    let world = ruled(ALLOW).await;
    standing_for(&world, Target::Recipient(samples::address(ANN)), 5).await.unwrap();
    let mut draft = to(ANN);
    draft.reply_to = vec![Mailbox::bare(samples::address("eve@evil.example"))];
    let submitted = ask(&world, draft, None).await.unwrap();
    assert_eq!((submitted.is_held(), submitted.approval.votes.len()), (true, 0));
    assert!(submitted.approval.reasons.contains(&"foreign_reply_to".to_owned()));
}

#[tokio::test]
async fn what_is_asked_for_under_a_pause_or_far_ahead_needs_a_person() {
    let world = ruled(ALLOW).await;
    let mut far = to(ANN);
    far.send_at = Some(world.ports.now() + SignedDuration::from_hours(30));
    let far = ask(&world, far, None).await.unwrap();
    assert!(far.is_held() && far.approval.reasons.contains(&"scheduled_far_ahead".to_owned()));
    pause(&world.ports, &approver(2), pause::Covered::Organization, "stop").await.unwrap();
    let under = held(&world, ANN).await;
    assert!(under.is_held() && under.approval.reasons.contains(&"paused".to_owned()));
}

#[tokio::test]
async fn whoever_a_paused_token_belongs_to_does_not_resume_it() {
    let world = world().await;
    let scope = pause::Covered::Token(token().id);
    pause(&world.ports, &approver(2), scope, "wild").await.unwrap();
    let editor = person::<scope::TokensManage>(1, Role::Editor);
    let refused = resume(&world.ports, &*world.workflow, &editor, &owner(), scope, &[]).await;
    assert_eq!(code(refused), "manager_required");
}

#[tokio::test]
async fn a_pause_never_brings_a_deleted_token_back() {
    let world = world().await;
    let seen: domain::people::credential::Token = token();
    let gone = Change::new(samples::organization_id(1)).write(Write::Delete(Key::Token(seen.hash)));
    world.ports.store.commit(gone).await.unwrap();
    let paused = domain::people::credential::Token { paused: Some(samples::pause()), ..seen.clone() };
    let change = Change::new(samples::organization_id(1)).write(Write::put(paused, Expect::Paused(None)));
    assert!(world.ports.store.commit(change).await.is_err());
    let key = key::Token(seen.hash);
    let found = load(&*world.ports.store, samples::organization_id(1), key).await;
    assert_eq!(found.unwrap(), None);
}

#[tokio::test]
async fn a_second_pause_is_not_swallowed_by_a_release_that_saw_the_first() {
    let world = world().await;
    let organization = samples::organization(1);
    let first = pause(&world.ports, &approver(2), pause::Covered::Organization, "first").await.unwrap();
    world.pass(1);
    pause(&world.ports, &approver(3), pause::Covered::Organization, "second").await.unwrap();
    let release = Write::put(organization, Expect::Paused(Some(first.at)));
    let change = Change::new(samples::organization_id(1)).write(release);
    assert!(world.ports.store.commit(change).await.is_err());
}

#[tokio::test]
async fn a_budget_whose_maker_left_casts_no_vote() {
    let world = world().await;
    standing_for(&world, Target::Recipient(samples::address(ANN)), 5).await.unwrap();
    let left = Write::Delete(Key::Member(samples::member(2, Role::Approver).id));
    world.ports.store.commit(Change::new(samples::organization_id(1)).write(left)).await.unwrap();
    let submitted = held(&world, ANN).await;
    assert_eq!((submitted.is_held(), submitted.approval.votes.len()), (true, 0));
}

#[tokio::test]
async fn a_new_attempt_stops_where_the_first_went_after_all() {
    let world = world().await;
    let first = held(&world, ANN).await.approval;
    vote(&world, &first, &approver(2)).await.unwrap();
    world.sender.answers.lock().unwrap().push_back(SendOutcome::Ambiguous("timeout"));
    assert_eq!(send(&world, &first).await, Dispatched::Now(Status::Unknown));
    let once = Once::default();
    let permit = agent();
    let answer = |_: &Submitted| (202, String::new());
    let sending = world.sending();
    let again = send_again(&sending, &permit, samples::inbox_id(1), first.message_id, &once, answer);
    let again = again.await.unwrap().approval;
    let report = app::gate::settle::Report {
        organization_id: samples::organization_id(1),
        inbox_id: samples::inbox_id(1),
        message_id: first.message_id,
        provider_id: "ses-1".into(),
        what: app::gate::settle::What::Accepted,
    };
    app::gate::settle::settle(&world.ports, &report).await.unwrap();
    vote(&world, &again, &approver(2)).await.unwrap();
    assert_eq!(send(&world, &again).await, Dispatched::Now(Status::Cancelled));
    assert_eq!(world.sends(), 1);
}

#[tokio::test]
async fn an_edit_spends_no_budget_and_needs_somebody_who_may_vote() {
    let owners = r#"{"name":"o","when":{"always":true},"outcome":"hold","terms":{"requirements":[{"quorum":1,"roles":["owner"]}]}}"#;
    let world = ruled(owners).await;
    let old = held(&world, ANN).await.approval;
    let once = Once::default();
    let answer = |_: &Submitted| (202, String::new());
    let change = || Edit { text: Some("other\n".into()), ..Edit::default() };
    let refused = edit(&world.sending(), &approver(2), old.id, old.digest, change(), &once, answer).await;
    assert_eq!(code(refused), "role_not_entitled");
    let expires_at = world.ports.now() + SignedDuration::from_hours(24);
    let target = Target::Recipient(samples::address(ANN));
    let new = NewStanding { inbox_id: None, target, budget: 5, expires_at };
    let made = standing::create(&world.ports, &owner(), new, &once, |_| (201, String::new())).await.unwrap();
    let edited = edit(&world.sending(), &owner(), old.id, old.digest, change(), &once, answer).await.unwrap();
    assert_eq!((edited.is_held(), edited.approval.votes.len()), (true, 0));
    assert!(edited.approval.reasons.contains(&"edited".to_owned()));
    let key = key::StandingApproval(made.id);
    let left = load(&*world.ports.store, samples::organization_id(1), key).await;
    assert_eq!(left.unwrap().unwrap().used, 0);
}

/// The types of the events about one mail, by their sequence.
fn told_of(world: &World, message: domain::MessageId) -> Vec<EventKind> {
    let contents = world.store.contents();
    let about = contents.events.iter().filter(|event| event.subject.message_id() == Some(message));
    let mut about: Vec<_> = about.map(|event| (event.sequence.unwrap(), event.kind)).collect();
    let made = about.clone();
    about.sort_unstable();
    assert_eq!(about, made, "who goes by the sequence reads them in the order in which they happened");
    about.windows(2).for_each(|two| assert!(two[0].0 < two[1].0, "no two have one place: {two:?}"));
    about.into_iter().map(|(_, kind)| kind).collect()
}

#[tokio::test]
async fn what_happens_to_a_mail_is_told_in_one_order_edits_and_bounces_too() {
    let world = world().await;
    let old = held(&world, ANN).await.approval;
    delegate(&world.ports, &approver(2), old.id, samples::member(4, Role::Owner).id).await.unwrap();
    let change = Edit { text: Some("other\n".into()), ..Edit::default() };
    let (once, answer) = (Once::default(), |_: &Submitted| (202, String::new()));
    let new = edit(&world.sending(), &approver(3), old.id, old.digest, change, &once, answer).await;
    let new = new.unwrap().approval;
    vote(&world, &new, &approver(2)).await.unwrap();
    send(&world, &new).await;
    let bounce = |address: &str| {
        let recipient = domain::delivery::event::BouncedRecipient {
            address: address.to_owned(),
            status: Some("5.1.1".into()),
            diagnostic: Some("no such user".into()),
        };
        app::gate::settle::What::Bounced(domain::delivery::event::Bounce {
            kind: "permanent".into(),
            subtype: None,
            recipients: vec![recipient],
        })
    };
    let report = |what| app::gate::settle::Report {
        organization_id: samples::organization_id(1),
        inbox_id: samples::inbox_id(1),
        message_id: new.message_id,
        provider_id: "ses-1".into(),
        what,
    };
    for address in [ANN, ANN, "second@example.org"] {
        app::gate::settle::settle(&world.ports, &report(bounce(address))).await.unwrap();
    }
    let told = told_of(&world, new.message_id);
    let expected = [
        EventKind::ApprovalRequested,
        EventKind::ApprovalDelegated,
        EventKind::MessageEdited,
        EventKind::ApprovalSuperseded,
        EventKind::ApprovalRequested,
        EventKind::ApprovalApproved,
        EventKind::MessageSent,
        EventKind::MessageBounced,
        EventKind::MessageBounced,
    ];
    assert_eq!(told, expected, "each recipient that bounced once");
    let contents = world.store.contents();
    let bounced = contents.events.iter().find(|event| event.kind == EventKind::MessageBounced).unwrap();
    let body: serde_json::Value =
        serde_json::from_str(&wire::delivery::events::publish(bounced).body).unwrap();
    let recipient = serde_json::json!({"address": ANN, "status": "5.1.1", "diagnostic": "no such user"});
    assert_eq!(body["data"]["bounce"]["recipients"], serde_json::json!([recipient]));
    assert_eq!(
        (&body["data"]["bounce"]["type"], &body["data"]["message"]["status"]),
        (&"permanent".into(), &"bounced".into())
    );
}

#[tokio::test]
async fn pauses_and_blocked_mails_are_told() {
    let block = r#"{"name":"none","when":{"always":true},"outcome":"block"}"#;
    let world = ruled(block).await;
    assert_eq!(code(ask(&world, to(ANN), None).await), "blocked_by_policy");
    for scope in [
        pause::Covered::Organization,
        pause::Covered::Inbox(samples::inbox_id(1)),
        pause::Covered::Token(token().id),
    ] {
        pause(&world.ports, &approver(2), scope, "Wait").await.unwrap();
        resume::<scope::InboxesManage>(&world.ports, &*world.workflow, &owner(), &owner(), scope, &[])
            .await
            .unwrap();
    }
    let events = world.store.contents().events.clone();
    let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
    let expected = [
        EventKind::MessageBlocked,
        EventKind::OrganizationPaused,
        EventKind::OrganizationResumed,
        EventKind::InboxPaused,
        EventKind::InboxResumed,
        EventKind::TokenPaused,
        EventKind::TokenResumed,
    ];
    assert_eq!(kinds, expected);
    let data = |n: usize| -> serde_json::Value {
        let body: serde_json::Value =
            serde_json::from_str(&wire::delivery::events::publish(&events[n]).body).unwrap();
        assert_eq!(body.get("sequence"), None, "none of them is about one mail");
        body["data"].clone()
    };
    assert_eq!(data(0)["blocked"]["inbox_id"], samples::inbox_id(1).to_string());
    assert_eq!(data(0)["blocked"]["requested_by"]["id"], token().id.to_string());
    assert_eq!(
        (&data(1)["organization"]["paused"]["reason"], &data(1)["organization"]["id"]),
        (&"Wait".into(), &samples::organization_id(1).to_string().into())
    );
    assert_eq!(data(2)["organization"]["paused"], serde_json::Value::Null);
    assert_eq!(data(3)["inbox"]["paused"]["reason"], "Wait");
    assert_eq!(data(5)["token"]["id"], token().id.to_string());
}
