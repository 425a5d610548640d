//! Whom no mail may go to, in memory: suppressions and lists are asked before anybody is asked to decide, and again before the provider is
//! called.

use app::Refusal;
use app::base::enter::Once;
use app::base::store::{Change, PageRequest, key, load};
use app::gate::approvals::{Ballot, Verdict, decide};
use app::gate::dispatch::Dispatched;
use app::gate::edit::{Edit, edit};
use app::gate::settle::{Report, What, settle};
use app::gate::submit::{Answering, How, Submitted};
use app::mailbox::entries::{self, NewEntry};
use app::mailbox::suppressions::{self, Made, NewSuppression};
use domain::base::address::Mailbox;
use domain::base::code::Code;
use domain::delivery::event::{Bounce, BouncedRecipient, EventKind, Subject};
use domain::mailbox::lifecycle::{Outcome, State, Status};
use domain::mailbox::listed::{ListEntry, Side, Source, Standing, Suppression};
use domain::mailbox::message::Message;
use domain::mailbox::whom::Whom;
use domain::people::access::{Permit, Role, ScopeType, scope};
use testkit::samples;
use testkit::world::World;

use super::votes::{ALLOW, ANN, approver, ask, code, ruled, send, to};

/// Nothing that matters here.
const HOLD: &str = r#"{"name":"all","when":{"always":true},"outcome":"hold"}"#;

fn owner<S: ScopeType>() -> Permit<S> {
    samples::session(4, Role::Owner).0.principal(samples::NOW).unwrap().permit().unwrap()
}

fn whom(text: &str) -> Whom {
    match text {
        "*" => Whom::Everyone,
        _ if text.contains('@') => Whom::Address(samples::address(text)),
        _ => Whom::Domain(text.to_owned()),
    }
}

pub(super) async fn suppress(world: &World, who: &str) -> Made<Suppression> {
    let new = NewSuppression { whom: whom(who), reason: Some("They asked.".into()) };
    let once = Once::default();
    suppressions::create(&world.ports, &owner(), new, &once, |_| (201, String::new())).await.unwrap()
}

async fn list(world: &World, standing: Standing, who: &str) -> Result<Made<ListEntry>, Refusal> {
    let new = NewEntry { side: Side::Send, standing, whom: whom(who), reason: None };
    let once = Once::default();
    entries::create(&world.ports, &owner(), new, &once, |_| (201, String::new())).await
}

/// Fields and codes of what is refused.
fn fields<T: std::fmt::Debug>(refused: Result<T, Refusal>) -> Vec<(String, Code)> {
    match refused {
        Err(Refusal::Invalid(errors)) => errors.into_iter().map(|one| (one.field, one.code)).collect(),
        other => panic!("{other:?}"),
    }
}

fn kinds(world: &World) -> Vec<EventKind> {
    world.store.contents().events.iter().map(|event| event.kind).collect()
}

fn audited(world: &World, action: &str) -> usize {
    world.store.contents().audit.iter().filter(|entry| entry.action == action).count()
}

async fn approve(world: &World, submitted: &Submitted) {
    let approval = &submitted.approval;
    let verdict = Verdict::Approve;
    decide(
        &world.ports,
        &*world.workflow,
        &approver(2),
        approval.id,
        &Ballot::new(approval.digest, &verdict),
    )
    .await
    .unwrap();
}

async fn message(world: &World, submitted: &Submitted) -> Message {
    let key = key::Message(samples::inbox_id(1), submitted.message.id);
    load(&*world.ports.store, samples::organization_id(1), key).await.unwrap().unwrap()
}

async fn report(world: &World, submitted: &Submitted, what: What) {
    let report = Report {
        organization_id: samples::organization_id(1),
        inbox_id: samples::inbox_id(1),
        message_id: submitted.message.id,
        provider_id: "ses-1".into(),
        what,
    };
    settle(&world.ports, &report).await.unwrap();
}

#[tokio::test]
async fn a_suppressed_recipient_is_refused_before_anybody_is_asked() {
    let world = ruled(HOLD).await;
    suppress(&world, "Ann@Example.org").await;
    suppress(&world, "gone.test").await;
    let stored = |world: &World| {
        let contents = world.store.contents();
        (contents.records.len(), contents.audit.len())
    };
    let before = stored(&world);
    let mut draft = to("bob@example.org");
    draft.cc = vec![Mailbox::bare(samples::address(ANN))];
    draft.bcc = vec![
        Mailbox::bare(samples::address("eve@example.org")),
        Mailbox::bare(samples::address("x@mail.gone.test")),
    ];
    let refused = ask(&world, draft, None).await;
    let suppressed = Code::RecipientSuppressed;
    assert_eq!(fields(refused), [("cc[0]".to_owned(), suppressed), ("bcc[1]".to_owned(), suppressed)]);
    let alone = ask(&world, to(ANN), None).await.unwrap_err();
    assert_eq!(alone.code(), suppressed);
    let Refusal::Invalid(errors) = alone else { panic!("{alone:?}") };
    let id = Suppression::id_of(samples::organization_id(1), &whom(ANN));
    let said = &errors[0].message;
    assert!(said.contains(&id.to_string()) && said.contains("They asked."), "{said}");
    assert_eq!((before, world.told().len()), (stored(&world), 0), "nothing was stored, and nobody was asked");

    suppressions::delete(&world.ports, &owner(), id).await.unwrap();
    assert!(ask(&world, to(ANN), None).await.unwrap().is_held());
    assert_eq!(code(suppressions::delete(&world.ports, &owner(), id).await), "not_found");
    assert_eq!((audited(&world, "suppression.create"), audited(&world, "suppression.delete")), (2, 1));
    assert!(kinds(&world).contains(&EventKind::SuppressionDeleted));
}

#[tokio::test]
async fn a_policy_that_allows_everything_lets_nothing_out_to_whom_no_mail_goes() {
    let world = ruled(ALLOW).await;
    suppress(&world, ANN).await;
    assert_eq!(code(ask(&world, to(ANN), None).await), "recipient_suppressed");
    assert_eq!(list(&world, Standing::Allow, ANN).await.map(drop), Ok(()), "a list says nothing of it");
    assert_eq!(code(ask(&world, to(ANN), None).await), "recipient_suppressed");
}

#[tokio::test]
async fn an_answer_to_whom_no_mail_goes_is_refused_too() {
    let world = ruled(HOLD).await;
    let parent = samples::inbound(7);
    world.ports.store.commit(Change::new(samples::organization_id(1)).create(parent.clone())).await.unwrap();
    suppress(&world, &parent.from.address).await;
    let answering = Some(Answering { message_id: parent.id, how: How::Reply { quote: false } });
    let mut draft = to(ANN);
    draft.to.clear();
    let refused = ask(&world, draft, answering).await;
    assert_eq!(fields(refused), [("to[0]".to_owned(), Code::RecipientSuppressed)]);
}

#[tokio::test]
async fn nobody_edits_a_mail_to_whom_none_goes() {
    let world = ruled(HOLD).await;
    let submitted = ask(&world, to("bob@example.org"), None).await.unwrap();
    suppress(&world, ANN).await;
    let other = Edit { to: Some(vec![Mailbox::bare(samples::address(ANN))]), ..Edit::default() };
    let (id, digest, once) = (submitted.approval.id, submitted.approval.digest, Once::default());
    let edited =
        edit(&world.sending(), &approver(2), id, digest, other, &once, |_| (202, String::new())).await;
    assert_eq!(fields(edited), [("to[0]".to_owned(), Code::RecipientSuppressed)]);
}

#[tokio::test]
async fn who_is_suppressed_between_the_approval_and_the_call_gets_nothing() {
    for blocked in [false, true] {
        let world = ruled(HOLD).await;
        let submitted = ask(&world, to(ANN), None).await.unwrap();
        approve(&world, &submitted).await;
        let expected = if blocked {
            list(&world, Standing::Block, "example.org").await.unwrap();
            "recipient_blocked"
        } else {
            suppress(&world, ANN).await;
            "recipient_suppressed"
        };
        let came = send(&world, &submitted.approval).await;
        assert_eq!((came, world.sends()), (Dispatched::Now(Status::Cancelled), 0));
        let state = message(&world, &submitted).await.outbound().unwrap().state.clone();
        assert!(matches!(&state, State::Cancelled { reason, .. } if reason == expected), "{state:?}");
        assert!(kinds(&world).contains(&EventKind::ApprovalCancelled));
    }
}

/// What a report of a bounce for good says.
fn bounced(who: Vec<String>) -> What {
    let one = |address| BouncedRecipient { address, status: None, diagnostic: None };
    let recipients = who.into_iter().map(one).collect();
    What::Bounced(Bounce { kind: "permanent".to_owned(), subtype: None, recipients })
}

#[tokio::test]
async fn a_bounce_for_good_and_a_complaint_suppress_by_themselves_once() {
    for (what, source) in [
        (bounced as fn(Vec<String>) -> What, Source::Bounce),
        (|who| What::Outcome(Outcome::Complained, who), Source::Complaint),
    ] {
        let world = ruled(HOLD).await;
        let submitted = ask(&world, to(ANN), None).await.unwrap();
        approve(&world, &submitted).await;
        send(&world, &submitted.approval).await;
        // Whom the mail did not go to, its report says nothing of.
        let named =
            || vec!["Ann@example.org".to_owned(), "boss@example.org".to_owned(), "no address".to_owned()];
        for _ in 0..3 {
            report(&world, &submitted, what(named())).await;
        }
        let page = PageRequest { limit: 10, cursor: None };
        let all = suppressions::list(&world.ports, &owner(), &page).await.unwrap().items;
        let [one] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((one.source, one.message_id), (source, Some(submitted.message.id)));
        assert_eq!(one.whom.key(), ANN);
        let told = kinds(&world).into_iter().filter(|kind| *kind == EventKind::SuppressionCreated);
        assert_eq!((told.count(), audited(&world, "suppression.create")), (1, 1));
        assert_eq!(code(ask(&world, to(ANN), None).await), "recipient_suppressed");
        // Once a person ended it, the same report told again begins no other: the mail says so already.
        assert!(ask(&world, to("boss@example.org"), None).await.is_ok());
    }
}

#[tokio::test]
async fn what_may_pass_and_what_is_not_ours_suppresses_nobody() {
    let world = ruled(HOLD).await;
    let submitted = ask(&world, to(ANN), None).await.unwrap();
    // It was never sent: whoever says that it bounced speaks of another mail.
    report(&world, &submitted, bounced(vec![ANN.to_owned()])).await;
    approve(&world, &submitted).await;
    send(&world, &submitted.approval).await;
    let What::Bounced(for_good) = bounced(vec![ANN.to_owned()]) else { panic!() };
    let may_pass = What::Bounced(Bounce { kind: "transient".to_owned(), ..for_good });
    let outcome = |outcome| What::Outcome(outcome, vec![ANN.to_owned()]);
    for what in [outcome(Outcome::Deferred), may_pass, outcome(Outcome::Delivered)] {
        report(&world, &submitted, what).await;
    }
    assert!(!kinds(&world).contains(&EventKind::SuppressionCreated));
    assert!(ask(&world, to(ANN), None).await.is_ok());
}

#[tokio::test]
async fn the_most_specific_entry_of_the_lists_counts() {
    let world = ruled(HOLD).await;
    list(&world, Standing::Block, "*").await.unwrap();
    list(&world, Standing::Allow, "example.org").await.unwrap();
    list(&world, Standing::Block, "sales.example.org").await.unwrap();
    list(&world, Standing::Allow, "bob@sales.example.org").await.unwrap();
    for (address, refused) in [
        ("x@other.test", true),
        (ANN, false),
        ("x@eu.example.org", false),
        ("x@sales.example.org", true),
        ("Bob@Sales.Example.org", false),
    ] {
        let asked = ask(&world, to(address), None).await;
        if refused {
            assert_eq!(fields(asked), [("to[0]".to_owned(), Code::RecipientBlocked)], "{address}");
        } else {
            assert!(asked.unwrap().is_held(), "{address}: to be allowed lets nothing out by itself");
        }
    }
}

#[tokio::test]
async fn nobody_is_on_both_lists_and_twice_on_one_is_once() {
    let world = ruled(HOLD).await;
    let first = list(&world, Standing::Block, ANN).await.unwrap();
    let Made::New(entry) = first else { panic!("{first:?}") };
    assert_eq!(list(&world, Standing::Block, "ANN@example.org").await, Ok(Made::Known(entry.clone())));
    assert_eq!(code(list(&world, Standing::Allow, ANN).await), "listed_otherwise");
    entries::delete(&world.ports, &owner(), entry.id).await.unwrap();
    assert!(matches!(list(&world, Standing::Allow, ANN).await, Ok(Made::New(_))));
    assert_eq!((audited(&world, "list_entry.create"), audited(&world, "list_entry.delete")), (2, 1));

    let made = suppress(&world, ANN).await;
    let Made::New(known) = made else { panic!("{made:?}") };
    world.pass(5);
    assert_eq!(suppress(&world, ANN).await, Made::Known(known), "who made it first, and when, stays");
    let deep = NewSuppression { whom: whom("a.b.c.d.e.f.g.h.example"), reason: None };
    let once = Once::default();
    let refused = suppressions::create(&world.ports, &owner(), deep, &once, |_| (201, String::new())).await;
    assert_eq!(fields(refused), [("domain".to_owned(), Code::InvalidDomain)]);
}

#[tokio::test]
async fn another_organization_s_suppressions_are_its_own() {
    let world = ruled(HOLD).await;
    let other = samples::organization_id(2);
    let theirs = Suppression {
        id: Suppression::id_of(other, &whom(ANN)),
        organization_id: other,
        whom: whom(ANN),
        ..samples::suppression(1)
    };
    world.ports.store.commit(Change::new(other).create(theirs.clone())).await.unwrap();
    assert!(ask(&world, to(ANN), None).await.is_ok());
    assert_eq!(
        code(suppressions::get(&world.ports, &owner::<scope::ListsManage>(), theirs.id).await),
        "not_found"
    );
}

#[tokio::test]
async fn what_a_program_is_told_of_a_suppression_names_nobody_else() {
    let world = ruled(HOLD).await;
    suppress(&world, ANN).await;
    let contents = world.store.contents().clone();
    let event = contents.events.last().unwrap();
    assert!(matches!(&event.subject, Subject::Suppression(one) if one.whom == whom(ANN)));
    assert_eq!(event.subject.inbox_id(), None, "whoever is limited to inboxes is not told");
    let entry = contents.audit.last().unwrap();
    assert!(!format!("{entry:?}").contains("ann"), "no address in the audit log: {entry:?}");
}
