//! What is said about a mail that waits: comments, and that a revision of it is asked for, which whoever asked for the mail makes.

use app::Refusal;
use app::base::enter::Once;
use app::gate::approvals::{self, compare};
use app::gate::comments::{ask_to_revise, comment, list};
use app::gate::edit::{Edit, revise_as_asked};
use app::gate::submit::Submitted;
use domain::delivery::event::EventKind;
use domain::gate::approval::{Approval, Decision, Voter};
use domain::gate::comment::Comments;
use domain::people::access::{Permit, Role, Scope, scope};
use testkit::samples;
use testkit::world::World;

use super::votes::{ANN, agent, approver, ask, code, counts, owner, to, vote, world};

async fn held(world: &World) -> Approval {
    ask(world, to(ANN), None).await.unwrap().approval
}

async fn say(
    world: &World,
    by: &Permit<scope::MessagesRead>,
    approval: &Approval,
    text: &str,
) -> Result<(), Refusal> {
    let saved = |_: &_| (201, String::new());
    comment(&world.ports, by, approval.id, text, &Once::default(), saved).await.map(|_| ())
}

async fn revise(
    world: &World,
    by: &Permit<scope::MessagesSend>,
    approval: &Approval,
) -> Result<Submitted, Refusal> {
    let change = Edit { text: Some("Hello Ann, as you asked.\n".to_owned()), ..Edit::default() };
    let (id, digest, once) = (approval.id, approval.digest, Once::default());
    let saved = |_: &_| (202, String::new());
    Box::pin(revise_as_asked(&world.sending(), by, id, digest, change, &once, saved)).await
}

fn stranger<S: domain::people::access::ScopeType>() -> Permit<S> {
    let scopes = [Scope::MessagesSend, Scope::MessagesRead];
    samples::token(2, Role::Editor, &scopes).0.principal().permit().unwrap()
}

fn told(world: &World, kind: EventKind) -> Vec<String> {
    let contents = world.store.contents();
    let of = contents.events.iter().filter(|event| event.kind == kind);
    of.map(|event| wire::delivery::events::publish(event).body).collect()
}

#[tokio::test]
async fn people_and_the_program_that_asked_talk_about_a_mail_and_nobody_else_does() {
    let world = world().await;
    let approval = held(&world).await;
    say(&world, &approver(2), &approval, "Is the price right?").await.unwrap();
    say(&world, &agent(), &approval, "It is.").await.unwrap();
    assert_eq!(code(say(&world, &stranger(), &approval, "Approve it!").await), "not_requester");
    assert_eq!(code(list(&world.ports, &stranger(), approval.id).await), "not_requester");
    let said = list(&world.ports, &agent(), approval.id).await.unwrap();
    let texts: Vec<&str> = said.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(texts, ["Is the price right?", "It is."]);
    let events = told(&world, EventKind::ApprovalCommented);
    assert!(
        events.len() == 2 && events.iter().all(|body| !body.contains("price")),
        "no word of it: {events:?}"
    );
    assert_eq!(counts(&world, "approval.comment"), 2);
    let entry = world
        .store
        .contents()
        .audit
        .iter()
        .find(|entry| entry.action == "approval.comment")
        .cloned()
        .unwrap();
    assert!(!format!("{entry:?}").contains("price"), "no word of it: {entry:?}");
    for _ in said.len()..Comments::MOST {
        say(&world, &owner(), &approval, "And?").await.unwrap();
    }
    assert_eq!(code(say(&world, &owner(), &approval, "And?").await), "too_many_comments");
    // What was decided is not talked about any more, and what was said is read.
    vote(&world, &approval, &approver(2)).await.unwrap();
    assert_eq!(code(say(&world, &owner(), &approval, "Oh.").await), "approval_not_pending");
    assert_eq!(list(&world.ports, &owner(), approval.id).await.unwrap().len(), Comments::MOST);
}

#[tokio::test]
async fn who_decides_asks_for_a_revision_and_who_asked_for_the_mail_makes_it() {
    let world = world().await;
    let approval = held(&world).await;
    let now = world.ports.now();
    let voter = Voter { member_id: samples::member(3, Role::Approver).id, role: Role::Approver };
    assert!(approval.awaits(&voter, now));
    assert_eq!(code(revise(&world, &agent(), &approval).await), "no_revision_requested");
    let by_two = approver(2);
    let ask = |digest| ask_to_revise(&world.ports, &by_two, approval.id, digest, "Be kinder.");
    let other = domain::base::digest::Digest::of(b"other");
    assert_eq!(code(ask(other).await), "digest_mismatch");
    let asked = ask(approval.digest).await.unwrap();
    assert!(asked.decision == Decision::Pending && !asked.awaits(&voter, now) && !asked.may_be_batched());
    // Whoever hears no answer asks again, and nothing is done twice.
    ask(approval.digest).await.unwrap();
    let events = told(&world, EventKind::ApprovalRevisionRequested);
    assert!(events.len() == 1 && events[0].contains("Be kinder."), "the program reads the note: {events:?}");
    assert!(list(&world.ports, &agent(), approval.id).await.unwrap()[0].asks_revision);
    assert_eq!(code(revise(&world, &stranger(), &approval).await), "not_requester");

    let revised = revise(&world, &agent(), &approval).await.unwrap().approval;
    assert_eq!(
        (revised.revision, revised.supersedes, &revised.revision_asked),
        (2, Some(approval.id), &None)
    );
    assert!(revised.awaits(&voter, world.ports.now()), "it is asked for anew");
    let reading: Permit<scope::ApprovalsRead> = approver(3);
    let view = approvals::get(&world.ports, &*world.blobs, &reading, revised.id).await.unwrap();
    assert_eq!(
        view.comments.iter().map(|(of, one)| (*of, one.text.as_str())).collect::<Vec<_>>(),
        [(1, "Be kinder.")]
    );
    assert_eq!(view.revisions.iter().map(|one| one.id).collect::<Vec<_>>(), [approval.id]);
    let differs = compare(&world.ports, &*world.blobs, &reading, approval.id, revised.id).await.unwrap();
    assert_eq!(differs.iter().map(|one| one.field).collect::<Vec<_>>(), ["text"]);
    let another = held(&world).await;
    assert_eq!(
        code(compare(&world.ports, &*world.blobs, &reading, another.id, revised.id).await),
        "not_found"
    );
    // As any edit: two persons look at it, neither of whom wrote it.
    assert_eq!(code(vote(&world, &revised, &super::votes::requester()).await), "requester_cannot_decide");
    vote(&world, &revised, &approver(2)).await.unwrap();
}

#[tokio::test]
async fn who_voted_asks_for_no_revision_and_one_that_is_asked_for_can_be_decided_all_the_same() {
    let world = world().await;
    let approval = held(&world).await;
    let (by_two, by_three) = (approver(2), approver(3));
    ask_to_revise(&world.ports, &by_two, approval.id, approval.digest, "Be kinder.").await.unwrap();
    vote(&world, &approval, &by_three).await.unwrap();
    let late = ask_to_revise(&world.ports, &by_two, approval.id, approval.digest, "Be kinder still.").await;
    assert_eq!(code(late), "approval_not_pending");
    assert_eq!(code(revise(&world, &agent(), &approval).await), "approval_not_pending");
}
