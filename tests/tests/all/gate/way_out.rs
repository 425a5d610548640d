//! The gate in memory: submit, decide, dispatch, settle, sweep, with every port made to fail in turn.

use std::sync::Arc;

use app::Refusal;
use app::base::enter::Once;
use app::base::ports::{BlobError, BlobKey, DataKeys, FlowError, KeyLogError, SendOutcome};
use app::base::store::{Key, Record, StoreError, key, load};
use app::delivery::webhooks;
use app::gate::approvals::{Ballot, Verdict, decide};
use app::gate::attest::VoteSignature;
use app::gate::dispatch::{DispatchError, Dispatched, dispatch};
use app::gate::settle::{Report, What, settle};
use app::gate::submit::{Draft, Submitted, submit};
use app::gate::sweep::{Swept, sweep};
use domain::base::address::{HeaderText, Mailbox};
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::delivery::event::EventKind;
use domain::delivery::webhook::AttemptResult;
use domain::gate::approval::{Approval, Decision};
use domain::gate::policy::Terms;
use domain::gate::seal::Ticket;
use domain::gate::statement::{Said, SignedVote, Subject};
use domain::mailbox::domains::Domain;
use domain::mailbox::inbox::Inbox;
use domain::mailbox::lifecycle::{Outbound, Outcome, Status};
use domain::mailbox::message::Message;
use domain::people::access::{Permit, Role, Scope, ScopeType, scope};
use domain::people::key_log::{By, Deed, KeyLog, NewKey, Scope as KeyScope};
use domain::people::signing::{Assertion, SignedVotes};
use testkit::samples;
use testkit::world::{PlainKeys, Told, World};

use crate::authenticator::Phone;

fn agent<S: ScopeType>() -> Permit<S> {
    let (token, _) = samples::token(1, Role::Owner, &[Scope::MessagesSend, Scope::MessagesRead]);
    token.principal().permit().unwrap()
}

fn approver<S: ScopeType>(n: u8) -> Permit<S> {
    let (session, _) = samples::session(n, Role::Approver);
    session.principal(samples::NOW).unwrap().permit().unwrap()
}

fn draft() -> Draft {
    Draft {
        to: vec![Mailbox::bare(samples::address("ann@example.org"))],
        cc: vec![],
        bcc: vec![Mailbox::bare(samples::address("hidden@example.org"))],
        reply_to: vec![],
        subject: Some(HeaderText::lossy("Hello")),
        text: Some("Hello Ann".into()),
        html: None,
        strict_html: false,
        attachments: vec![],
        send_at: None,
        ..Draft::default()
    }
}

async fn world() -> World {
    let world = World::default();
    let change = app::base::store::Change::new(samples::organization_id(1))
        .create(samples::organization(1))
        .create(samples::inbox(1))
        .create(samples::token(1, Role::Owner, &[Scope::MessagesSend, Scope::MessagesRead]).0)
        .create(samples::member(1, Role::Owner))
        .create(samples::member(2, Role::Approver))
        .create(samples::member(3, Role::Approver))
        .create(samples::member(4, Role::Owner))
        .create(samples::member(5, Role::Viewer));
    world.ports.store.commit(change).await.unwrap();
    world
}

async fn held(world: &World, draft: Draft) -> Submitted {
    let once = Once::default();
    submit(&world.sending(), &agent(), samples::inbox_id(1), draft, None, &once, |_| (202, String::new()))
        .await
        .unwrap()
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

async fn status(world: &World, submitted: &Submitted) -> Status {
    message(world, submitted).await.outbound().unwrap().status()
}

async fn message(world: &World, submitted: &Submitted) -> Message {
    let key = key::Message(samples::inbox_id(1), submitted.message.id);
    load(&*world.ports.store, samples::organization_id(1), key).await.unwrap().unwrap()
}

async fn approve(world: &World, submitted: &Submitted) -> Result<Approval, Refusal> {
    let approval = &submitted.approval;
    decide(
        &world.ports,
        &*world.workflow,
        &approver(2),
        approval.id,
        &Ballot::new(approval.digest, &Verdict::Approve),
    )
    .await
}

async fn send(world: &World, submitted: &Submitted) -> Result<Dispatched, DispatchError> {
    dispatch(
        &world.ports,
        &*world.blobs,
        &world.sender,
        &*world.key_logs,
        world.pace(1_000),
        &ticket(&submitted.approval),
    )
    .await
}

fn report(submitted: &Submitted, what: What) -> Report {
    Report {
        organization_id: samples::organization_id(1),
        inbox_id: samples::inbox_id(1),
        message_id: submitted.message.id,
        provider_id: "ses-1".into(),
        what,
    }
}

fn events(world: &World) -> Vec<EventKind> {
    world.store.contents().events.iter().map(|event| event.kind).collect()
}

#[tokio::test]
async fn an_approved_mail_leaves_once_with_the_bytes_that_were_approved() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    assert_eq!(status(&world, &submitted).await, Status::PendingApproval);
    assert_eq!(send(&world, &submitted).await, Ok(Dispatched::Already(Status::PendingApproval)));
    assert_eq!(world.sends(), 0, "nothing leaves before it is approved");

    approve(&world, &submitted).await.unwrap();
    assert_eq!(send(&world, &submitted).await, Ok(Dispatched::Now(Status::Sent)));
    for _ in 0..3 {
        assert_eq!(send(&world, &submitted).await, Ok(Dispatched::Already(Status::Sent)));
    }
    assert_eq!(world.sends(), 1);
    let mime = String::from_utf8(world.sender.called.lock().unwrap()[0].clone()).unwrap();
    assert!(mime.contains("Hello Ann") && !mime.contains("hidden@"), "{mime}");
    assert_eq!(
        events(&world),
        [EventKind::ApprovalRequested, EventKind::ApprovalApproved, EventKind::MessageSent]
    );
}

#[tokio::test]
async fn nothing_leaves_an_inbox_whose_domain_is_verified_no_more() {
    let world = world().await;
    let (verified, waiting) = (samples::domain(2), samples::domain(1));
    let on = |domain: &Domain| {
        let inbox = Inbox { domain_id: Some(domain.id), ..samples::inbox(1) };
        world
            .store
            .contents()
            .records
            .insert((samples::organization_id(1), Key::Inbox(inbox.id)), inbox.into());
    };
    for (domain, stored, sent) in [(&verified, true, true), (&waiting, true, false), (&waiting, false, false)]
    {
        let key = (samples::organization_id(1), Key::Domain(domain.id));
        let as_it_was = Domain { id: domain.id, ..verified.clone() };
        world.store.contents().records.insert(key.clone(), as_it_was.into());
        on(domain);
        let submitted = held(&world, draft()).await;
        approve(&world, &submitted).await.unwrap();
        world.store.contents().records.remove(&key);
        if stored {
            world.store.contents().records.insert(key, domain.clone().into());
        }
        let became = if sent { Status::Sent } else { Status::Cancelled };
        assert_eq!(send(&world, &submitted).await, Ok(Dispatched::Now(became)));
    }
    assert_eq!(world.sends(), 1);
}

#[tokio::test]
async fn a_rejected_mail_never_leaves() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    let approval = &submitted.approval;
    let verdict = Verdict::Reject("wrong price".into());
    decide(
        &world.ports,
        &*world.workflow,
        &approver(2),
        approval.id,
        &Ballot::new(approval.digest, &verdict),
    )
    .await
    .unwrap();
    assert_eq!(send(&world, &submitted).await, Ok(Dispatched::Already(Status::Rejected)));
    assert!(matches!(
        approve(&world, &submitted).await,
        Err(Refusal::Because { code: Code::ApprovalNotPending, .. })
    ));
    assert_eq!(world.sends(), 0);
}

#[tokio::test]
async fn a_wrong_digest_decides_nothing() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    let other = held(&world, draft()).await;
    assert_ne!(submitted.approval.digest, other.approval.digest, "two mails never share a digest");
    for wrong in [Digest::of(b"x"), other.approval.digest] {
        let refused = decide(
            &world.ports,
            &*world.workflow,
            &approver(2),
            submitted.approval.id,
            &Ballot::new(wrong, &Verdict::Approve),
        )
        .await;
        assert!(matches!(refused, Err(Refusal::Because { code: Code::DigestMismatch, .. })), "{refused:?}");
    }
    assert_eq!(status(&world, &submitted).await, Status::PendingApproval);
}

#[tokio::test]
async fn the_same_decision_again_is_answered_alike_and_another_person_s_is_refused() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    let first = approve(&world, &submitted).await.unwrap();
    assert_eq!(approve(&world, &submitted).await.unwrap().decision, first.decision);
    let (id, digest) = (submitted.approval.id, submitted.approval.digest);
    let other =
        decide(&world.ports, &*world.workflow, &approver(3), id, &Ballot::new(digest, &Verdict::Approve))
            .await;
    assert!(matches!(other, Err(Refusal::Because { code: Code::ApprovalNotPending, .. })));
    let audited =
        world.store.contents().audit.iter().filter(|entry| entry.action == "approval.approve").count();
    assert_eq!(audited, 1);
}

/// Two credentials of one person are one person: a token that sends and a session that decides don't make two.
#[tokio::test]
async fn nobody_approves_what_their_own_token_asked_for() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    let approval = &submitted.approval;
    let (session, _) = samples::session(1, Role::Owner);
    let (token, _) = samples::token(1, Role::Owner, &[Scope::ApprovalsDecide]);
    for (permit, why) in [
        (session.principal(samples::NOW).unwrap().permit(), "requester_cannot_decide"),
        (token.principal().permit(), "person_required"),
    ] {
        let permit: Permit<scope::ApprovalsDecide> = permit.unwrap();
        let refused = decide(
            &world.ports,
            &*world.workflow,
            &permit,
            approval.id,
            &Ballot::new(approval.digest, &Verdict::Approve),
        )
        .await;
        assert!(
            matches!(&refused, Err(Refusal::Because { code, .. }) if code.as_str() == why),
            "{refused:?}"
        );
    }
    assert_eq!(status(&world, &submitted).await, Status::PendingApproval);
}

#[tokio::test]
async fn a_sealed_object_that_was_altered_is_not_sent() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    approve(&world, &submitted).await.unwrap();
    let path = BlobKey::Sealed(samples::organization_id(1), submitted.approval.digest).path();
    world.blobs.objects.lock().unwrap().entry(path).and_modify(|object| {
        let mut bytes = object.to_vec();
        let end = bytes.len() - 3;
        bytes[end] ^= 1;
        *object = bytes.into();
    });
    assert_eq!(send(&world, &submitted).await, Ok(Dispatched::Now(Status::Failed)));
    assert_eq!(world.sends(), 0);
}

#[tokio::test]
async fn what_is_ambiguous_is_unknown_and_never_sent_again_until_the_provider_s_event_settles_it() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    approve(&world, &submitted).await.unwrap();
    world.sender.answers.lock().unwrap().push_back(SendOutcome::Ambiguous("timeout"));
    assert_eq!(send(&world, &submitted).await, Ok(Dispatched::Now(Status::Unknown)));
    world.pass(3600);
    let swept = sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap();
    assert_eq!(swept, Swept::default(), "time alone resolves nothing");
    assert_eq!(send(&world, &submitted).await, Ok(Dispatched::Already(Status::Unknown)));
    assert_eq!(world.sends(), 1);
    settle(&world.ports, &report(&submitted, What::Accepted)).await.unwrap();
    assert_eq!(status(&world, &submitted).await, Status::Sent);
    assert!(events(&world).contains(&EventKind::MessageUnknown));
}

#[tokio::test]
async fn what_was_certainly_not_accepted_is_tried_again_a_bounded_number_of_times() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    approve(&world, &submitted).await.unwrap();
    let start = world.ports.now();
    for _ in 1..Outbound::MAX_ATTEMPTS {
        world.sender.answers.lock().unwrap().push_back(SendOutcome::NotAccepted("throttled"));
        assert_eq!(send(&world, &submitted).await, Err(DispatchError::NotAccepted("throttled")));
        assert_eq!(status(&world, &submitted).await, Status::Scheduled);
        assert_eq!(send(&world, &submitted).await, Err(DispatchError::NotAccepted("not_due")), "not at once");
        world.pass(900);
    }
    assert!(world.ports.now().duration_since(start).as_hours() >= 24, "a day's outage loses no mail");
    world.sender.answers.lock().unwrap().push_back(SendOutcome::NotAccepted("throttled"));
    assert_eq!(send(&world, &submitted).await, Ok(Dispatched::Now(Status::Failed)));
    assert_eq!(send(&world, &submitted).await, Ok(Dispatched::Already(Status::Failed)));
    assert!(events(&world).contains(&EventKind::MessageFailed));
}

#[tokio::test]
async fn storage_that_is_away_for_a_moment_costs_an_attempt_and_no_mail() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    approve(&world, &submitted).await.unwrap();
    world.blobs.failures.lock().unwrap().push_back(BlobError::Transient("s3".into()));
    assert_eq!(send(&world, &submitted).await, Err(DispatchError::NotAccepted("storage_unavailable")));
    world.pass(2);
    assert_eq!(send(&world, &submitted).await, Ok(Dispatched::Now(Status::Sent)));
    assert_eq!(world.sends(), 1);
}

#[tokio::test]
async fn a_dispatcher_that_dies_after_the_call_leaves_no_second_mail() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    approve(&world, &submitted).await.unwrap();
    // The provider takes the mail, and none of the writes after it succeeds.
    world.store.fail_commits(vec![StoreError::Transient("dead".into()); 8]);
    assert!(matches!(send(&world, &submitted).await, Err(DispatchError::Store(_))));
    world.store.fail_commits(vec![]);
    assert_eq!(status(&world, &submitted).await, Status::Sending);
    assert_eq!(send(&world, &submitted).await, Ok(Dispatched::Already(Status::Sending)));
    world.pass(Outbound::CLAIM_LIMIT.as_secs() + 1);
    assert_eq!(sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap().lost, 1);
    assert_eq!(status(&world, &submitted).await, Status::Unknown);
    let delivered =
        What::Outcome(Outcome::Delivered, vec!["ann@example.org".into(), "hidden@example.org".into()]);
    settle(&world.ports, &report(&submitted, delivered)).await.unwrap();
    assert_eq!(status(&world, &submitted).await, Status::Delivered);
    assert_eq!(world.sends(), 1);
}

#[tokio::test]
async fn the_provider_s_events_may_come_first_twice_and_in_any_order() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    approve(&world, &submitted).await.unwrap();
    let claimed =
        world.ports.store.claim(&ticket(&submitted.approval), [1; 8], world.ports.now()).await.unwrap();
    assert!(claimed.is_some(), "as if the dispatcher were just calling");
    let both = vec!["ann@example.org".to_owned(), "hidden@example.org".to_owned()];
    for what in [What::Outcome(Outcome::Delivered, both), What::Accepted] {
        for _ in 0..2 {
            settle(&world.ports, &report(&submitted, what.clone())).await.unwrap();
        }
    }
    assert_eq!(status(&world, &submitted).await, Status::Delivered);
    let delivered = events(&world).into_iter().filter(|kind| *kind == EventKind::MessageDelivered).count();
    assert_eq!(delivered, 1);
    assert!(message(&world, &submitted).await.internet_message_id.is_some());
}

#[tokio::test]
async fn an_event_about_a_mail_that_was_never_claimed_changes_nothing() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    settle(&world.ports, &report(&submitted, What::Accepted)).await.unwrap();
    assert_eq!(status(&world, &submitted).await, Status::PendingApproval);
}

#[tokio::test]
async fn a_decision_stands_whatever_becomes_of_the_workflow() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    *world.workflow.failure.lock().unwrap() = Some(FlowError::Transient("throttled".into()));
    approve(&world, &submitted).await.unwrap();
    assert_eq!(status(&world, &submitted).await, Status::Scheduled);
    world.pass(Outbound::START_LIMIT.as_secs() + 1);
    assert_eq!(sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap().restarted, 1);
    assert!(matches!(world.told().last(), Some(Told::Started(_, run)) if *run > 1));
    assert_eq!(send(&world, &submitted).await, Ok(Dispatched::Now(Status::Sent)));
}

#[tokio::test]
async fn a_parked_workflow_is_resumed_and_a_lost_one_started_again() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    park(&world, &submitted, "token-1").await;
    approve(&world, &submitted).await.unwrap();
    assert_eq!(world.told().last(), Some(&Told::Resumed("token-1".into())));

    let submitted = held(&world, draft()).await;
    park(&world, &submitted, "token-2").await;
    *world.workflow.failure.lock().unwrap() = Some(FlowError::Gone);
    approve(&world, &submitted).await.unwrap();
    assert_eq!(world.told().last(), Some(&Told::Started(ticket(&submitted.approval), 1)));
}

async fn park(world: &World, submitted: &Submitted, token: &str) {
    let key = Key::Approval(submitted.approval.id);
    let found = world.ports.store.load(samples::organization_id(1), &[key]).await.unwrap().pop().flatten();
    let Some(Record::Approval(mut approval)) = found else { panic!("no approval") };
    approval.task_token = Some(token.to_owned());
    let change = app::base::store::Change::new(samples::organization_id(1)).update(*approval);
    world.ports.store.commit(change).await.unwrap();
}

#[tokio::test]
async fn an_approval_that_nobody_decides_expires() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    park(&world, &submitted, "token").await;
    world.pass(Terms::default().expires_in.as_secs() - 1);
    assert_eq!(sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap().expired, 0);
    world.pass(2);
    let late = approve(&world, &submitted).await;
    assert!(
        matches!(late, Err(Refusal::Because { code: Code::ApprovalNotPending, .. })),
        "exact, sweeper or not"
    );
    assert_eq!(sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap().expired, 1);
    assert_eq!(status(&world, &submitted).await, Status::Expired);
    assert_eq!(world.told().last(), Some(&Told::Closed("token".into())));
    assert_eq!(events(&world).last(), Some(&EventKind::ApprovalExpired));
}

#[tokio::test]
async fn a_mail_with_send_at_waits_for_it() {
    let world = world().await;
    let send_at = samples::later(3600);
    let submitted = held(&world, Draft { send_at: Some(send_at), ..draft() }).await;
    approve(&world, &submitted).await.unwrap();
    assert_eq!(send(&world, &submitted).await, Err(DispatchError::NotAccepted("not_due")));
    world.pass(3600);
    assert_eq!(send(&world, &submitted).await, Ok(Dispatched::Now(Status::Sent)));
}

#[tokio::test]
async fn a_stale_ticket_sends_nothing() {
    let world = world().await;
    let submitted = held(&world, draft()).await;
    approve(&world, &submitted).await.unwrap();
    let stale = Ticket { digest: Digest::of(b"an older revision"), ..ticket(&submitted.approval) };
    let dispatched =
        dispatch(&world.ports, &*world.blobs, &world.sender, &*world.key_logs, world.pace(1_000), &stale)
            .await;
    assert_eq!(dispatched, Ok(Dispatched::Already(Status::Scheduled)));
    let nowhere = Ticket { organization_id: samples::organization_id(2), ..ticket(&submitted.approval) };
    assert_eq!(
        dispatch(&world.ports, &*world.blobs, &world.sender, &*world.key_logs, world.pace(1_000), &nowhere)
            .await,
        Ok(Dispatched::Gone)
    );
    assert_eq!(world.sends(), 0);
}

#[tokio::test]
async fn a_failed_delivery_waits_in_the_table_until_it_is_given_up() {
    let world = world().await;
    let permit =
        samples::session(1, Role::Owner).0.principal(samples::NOW).unwrap().permit::<scope::WebhooksManage>();
    let new = webhooks::NewWebhook {
        url: "https://example.com/hook".into(),
        events: [].into(),
        inbox_ids: [].into(),
    };
    let once = Once::default();
    let created =
        webhooks::create(&world.ports, &PlainKeys, &permit.unwrap(), new, &once, |_| (201, String::new()))
            .await;
    let (webhook, secret) = created.unwrap();
    let event = wire::delivery::events::publish(&samples::event(5));
    let told: serde_json::Value = serde_json::from_str(&event.body).unwrap();
    let body = serde_json::json!({"detail": {
        "organization_id": event.organization_id.to_string(), "event": told,
    }});
    let deliverer = webhooks::Deliverer {
        ports: &world.ports,
        data_keys: &PlainKeys,
        endpoints: &world.outside,
        queue: &world.outside,
        encode: wire::delivery::events::write_next,
        opened: &webhooks::OpenedKeys::default(),
    };
    let mut next = body.to_string();
    let mut hops = 0;
    world.outside.answers.lock().unwrap().extend(vec![AttemptResult::Answered(500); 8]);
    loop {
        deliverer.deliver(wire::delivery::events::read_asked(&next).unwrap()).await.unwrap();
        let waits =
            world.store.contents().records.keys().any(|(_, key)| matches!(key, Key::WaitingDelivery(..)));
        if !waits {
            break;
        }
        // What is due soon waits in the queue, all else for the look after the table.
        let (message, delay) = loop {
            if let Some(asked) = world.outside.queued.lock().unwrap().pop() {
                break asked;
            }
            world.pass(60);
            let encode = wire::delivery::events::write_next;
            webhooks::ask_for_due(&world.ports, &*world.store, &world.outside, encode).await.unwrap();
            hops += 1;
            assert!(hops < 3_000, "it never ends");
        };
        assert!(delay <= 60, "{delay}");
        world.pass(i64::from(delay));
        next = message;
    }
    let called = world.outside.called.lock().unwrap().clone();
    assert_eq!(called.len(), 8, "attempts");
    let waited = world.ports.now().duration_since(samples::NOW);
    assert!(waited.as_hours() >= 24, "{waited}");
    let attempts = world.store.contents().attempts.clone();
    assert_eq!(attempts.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(attempts.last().unwrap().retry_at, None);
    assert!(attempts.iter().all(|attempt| attempt.webhook_id == webhook.id));
    // The id is the same for every attempt, and the reference library accepts each signature.
    let ids: std::collections::BTreeSet<_> = called.iter().map(|(headers, _)| headers[0].1.clone()).collect();
    assert_eq!(ids.len(), 1);
    assert!(secret.starts_with("whsec_"));
}

#[tokio::test]
async fn a_sealed_secret_opens_only_where_it_belongs() {
    use app::base::vault::{Context, open, seal};
    let world = world().await;
    let (key, _) = PlainKeys.generate(samples::organization_id(1)).await.unwrap();
    let (other_key, _) = PlainKeys.generate(samples::organization_id(2)).await.unwrap();
    let context =
        Context { organization_id: samples::organization_id(1), kind: "webhook", record_id: "whk_1" };
    let sealed = seal(&world.ports, &key, context, b"a secret").unwrap();
    assert_eq!(open(&key, context, &sealed).unwrap().as_slice(), b"a secret");
    let elsewhere = [
        Context { organization_id: samples::organization_id(2), ..context },
        Context { kind: "account", ..context },
        Context { record_id: "whk_2", ..context },
    ];
    for context in elsewhere {
        assert!(open(&key, context, &sealed).is_err(), "{context:?}");
    }
    assert!(open(&other_key, context, &sealed).is_err());
    for i in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[i] ^= 1;
        assert!(open(&key, context, &altered).is_err(), "octet {i}");
        assert!(open(&key, context, &sealed[..i]).is_err(), "cut at {i}");
    }
}

/// The phone of member 2.
fn phone() -> Phone {
    Phone::new(7, "https://console.example.com")
}

/// The world's organization demands one signed vote for each mail.
fn demanding(world: &World, phone: &mut Phone) {
    let mut log = KeyLog::new(samples::organization_id(1));
    let nothing = Assertion { client_data: vec![], authenticator_data: vec![], signature: vec![] };
    let link = By::Link(Digest::of(b"link"));
    let new = phone.new_key(samples::member(2, Role::Approver).id, samples::NOW);
    let mut first = log.next(samples::NOW, Deed::Register(new, nothing.clone()), link);
    if let Deed::Register(new, assertion) = &mut first.deed {
        *assertion = phone.sign(&new.offer(samples::organization_id(1)));
    }
    let holds = |key: &NewKey, text: &str, said: &Assertion| signatures::check(key, text, said).is_ok();
    log.add(first, samples::NOW, holds).unwrap();
    let one = SignedVotes { votes: 1, device_bound: true };
    let by = By::Key(phone.key_id(), nothing);
    let mut demand = log.next(samples::NOW, Deed::Demand(KeyScope::Organization, one), by);
    let text = demand.signed_text();
    if let By::Key(_, assertion) = &mut demand.by {
        *assertion = phone.sign(&text);
    }
    log.add(demand, samples::NOW, holds).unwrap();
    world.key_logs.written.lock().unwrap().insert(samples::organization_id(1), (Arc::new(log), 1));
}

/// Whoever can write the table writes what they like into an approval: a mail that the key log demands a signature for goes with one.
#[tokio::test]
async fn a_mail_that_needs_a_key_goes_with_its_signature_and_with_nothing_that_is_written_in_its_place() {
    for forged in [None, Some("countersign-vote-1\n")] {
        let (world, mut phone) = (world().await, phone());
        let submitted = held(&world, draft()).await;
        approve(&world, &submitted).await.unwrap();
        demanding(&world, &mut phone);
        if let Some(text) = forged {
            sign(&world, &submitted, |_| phone.sign(text)).await;
        }
        // It waits for somebody to sign it, and is not lost.
        assert_eq!(send(&world, &submitted).await.unwrap(), Dispatched::Now(Status::PendingApproval));
        assert_eq!(world.sends(), 0);
        let again = send(&world, &submitted).await.unwrap();
        assert_eq!(again, Dispatched::Already(Status::PendingApproval));
        assert!(events(&world).contains(&EventKind::ApprovalReminder));
        // Another vote without a key changes nothing.
        let permit = approver(3);
        let ballot = Ballot::new(submitted.approval.digest, &Verdict::Approve).signed(&*world.key_logs, None);
        let id = submitted.approval.id;
        let voted = decide(&world.ports, &*world.workflow, &permit, id, &ballot).await.unwrap();
        assert_eq!((voted.decision, voted.demanded.votes), (Decision::Pending, 1));
    }
    let (world, mut phone) = (world().await, phone());
    let submitted = held(&world, draft()).await;
    approve(&world, &submitted).await.unwrap();
    demanding(&world, &mut phone);
    sign(&world, &submitted, |text| phone.sign(text)).await;
    *world.key_logs.failure.lock().unwrap() = Some(KeyLogError::Transient("s3".into()));
    // Nobody knows then what is demanded: it waits.
    assert_eq!(send(&world, &submitted).await, Err(DispatchError::NotAccepted("storage_unavailable")));
    world.pass(600);
    assert_eq!(send(&world, &submitted).await.unwrap(), Dispatched::Now(Status::Sent));
    assert_eq!(world.sends(), 1);
}

/// The demand was raised when the mail was approved already: its voter signs their vote, and it goes.
#[tokio::test]
async fn a_vote_is_signed_after_it_was_given_and_the_mail_goes() {
    let (world, mut phone) = (world().await, phone());
    let submitted = held(&world, draft()).await;
    approve(&world, &submitted).await.unwrap();
    demanding(&world, &mut phone);
    assert_eq!(send(&world, &submitted).await.unwrap(), Dispatched::Now(Status::PendingApproval));
    let organization_id = samples::organization_id(1);
    let id = submitted.approval.id;
    let waits = load(&*world.ports.store, organization_id, key::Approval(id)).await.unwrap().unwrap();
    let member_id = samples::member(2, Role::Approver).id;
    let voter = domain::gate::approval::Voter { member_id, role: Role::Approver };
    assert_eq!((waits.missing_signatures(), waits.awaits(&voter, world.ports.now())), (1, true));
    world.pass(60);
    let given = jiff::Timestamp::from_second(world.ports.now().as_second()).unwrap();
    let not_after = given + jiff::SignedDuration::from_hours(24);
    let subject = Subject { approval_id: id, revision: waits.revision, digest: waits.digest };
    let nothing = Assertion { client_data: vec![], authenticator_data: vec![], signature: vec![] };
    let key = phone.key_id();
    let vote = SignedVote { key, device_bound: true, given, not_after, assertion: nothing, path: None };
    let text = vote.text(organization_id, member_id, Said::Approve, &subject).unwrap();
    let signature = VoteSignature { key, given, not_after, assertion: phone.sign(&text), leaves: None };
    let ballot = Ballot::new(waits.digest, &Verdict::Approve).signed(&*world.key_logs, Some(&signature));
    let decided = decide(&world.ports, &*world.workflow, &approver(2), id, &ballot).await.unwrap();
    assert!(matches!(decided.decision, Decision::Approved { .. }));
    assert_eq!(send(&world, &submitted).await.unwrap(), Dispatched::Now(Status::Sent));
    assert_eq!(world.sends(), 1);
}

/// Writes into the row of an approval what a key signed, as a function of the text that it should be.
async fn sign(world: &World, submitted: &Submitted, answer: impl FnOnce(&str) -> Assertion) {
    let organization_id = samples::organization_id(1);
    let mut approval = load(&*world.ports.store, organization_id, key::Approval(submitted.approval.id))
        .await
        .unwrap()
        .unwrap();
    let subject = Subject { approval_id: approval.id, revision: approval.revision, digest: approval.digest };
    let vote = &mut approval.votes[0];
    let mut signed = SignedVote {
        key: phone().key_id(),
        device_bound: true,
        given: samples::NOW,
        not_after: samples::NOW + jiff::SignedDuration::from_hours(24),
        assertion: Assertion { client_data: vec![], authenticator_data: vec![], signature: vec![] },
        path: None,
    };
    let text = signed.text(organization_id, vote.member_id, Said::Approve, &subject).unwrap();
    signed.assertion = answer(&text);
    vote.signed = Some(signed);
    let change = app::base::store::Change::new(organization_id).update(approval);
    world.ports.store.commit(change).await.unwrap();
}
