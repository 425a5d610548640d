//! The trash in memory: to the instant, and with a job that dies between any two of its steps.

use app::Refusal;
use app::base::ports::{BlobError, BlobKey, Blobs as _};
use app::base::store::{Change, Key, Record, Store as _, StoreError, Write};
use app::mailbox::marks::{Marking, mark};
use app::mailbox::messages::{self, get};
use app::mailbox::trash::{delete, empty, restore, trash};
use bytes::Bytes;
use domain::base::code::Code;
use domain::mailbox::finding::{Finding, FindingKind};
use domain::mailbox::lifecycle::State;
use domain::mailbox::message::{Direction, Fate, Mark, Message, Thread, ThreadChange, Trashed};
use domain::people::access::{Permit, Role, ScopeType};
use testkit::samples::{self, NOW, later};
use testkit::world::World;

const DAY: i64 = 24 * 3600;

fn owner<S: ScopeType>() -> Permit<S> {
    samples::session(1, Role::Owner).0.principal(NOW).unwrap().permit().unwrap()
}

async fn commit(world: &World, change: Change) {
    world.ports.store.commit(change).await.unwrap();
}

/// An inbox with a mail of these, all of one conversation.
async fn house(mails: &[Message]) -> World {
    let world = World::default();
    let mut change = Change::new(samples::organization_id(1)).create(samples::inbox(1));
    let mut thread: Option<Thread> = None;
    for mail in mails {
        change = change.create(mail.clone());
        for label in &mail.labels {
            change =
                change.create(Mark { inbox_id: mail.inbox_id, label: label.clone(), message_id: mail.id });
        }
        thread = Some(thread.map_or_else(|| Thread::of(mail), |thread| thread.with(mail)));
        let text = Bytes::from_static(b"From: ann@example.org\r\nSubject: Hello\r\n\r\nHello\r\n");
        if let Direction::Inbound { raw_key, .. } = &mail.direction {
            world.blobs.put(&BlobKey::Raw(raw_key.clone()), text, "message/rfc822").await.unwrap();
        }
        let file = BlobKey::Attachment(mail.organization_id, mail.attachments[0].id);
        world.blobs.put(&file, Bytes::from_static(b"pdf"), "application/pdf").await.unwrap();
    }
    let thread_id = mails[0].thread_id;
    let thread = ThreadChange { thread_id, seen: None, wanted: thread };
    commit(&world, change.write(Write::Conversation(Box::new(thread)))).await;
    world
}

async fn thread(world: &World) -> Option<Thread> {
    let key = Key::Thread(samples::inbound(1).thread_id);
    let found = world.store.load(samples::organization_id(1), &[key]).await.unwrap().pop().flatten();
    found.and_then(|record| Thread::try_from(record).ok())
}

fn trashed(world: &World, mail: &Message) -> Option<Trashed> {
    let key = (mail.organization_id, Key::Trashed(mail.inbox_id, mail.id));
    let found = world.store.contents().records.get(&key).cloned();
    found.and_then(|record| Trashed::try_from(record).ok())
}

fn deletions(world: &World) -> usize {
    world.store.contents().audit.iter().filter(|entry| entry.action == "message.delete").count()
}

#[tokio::test]
async fn a_mail_is_in_the_trash_for_thirty_days_to_the_instant() {
    let mail = samples::inbound(1);
    let world = house(std::slice::from_ref(&mail)).await;
    let (inbox_id, id) = (mail.inbox_id, mail.id);
    let shown = trash(&world.ports, &owner(), inbox_id, id).await.unwrap();
    assert_eq!(shown.trash.unwrap().deletes_at, later(30 * DAY));
    assert_eq!(thread(&world).await, None, "it had no other mail");
    let marking = Marking { read: Some(true), ..Marking::default() };
    let refused = mark(&world.ports, &owner(), inbox_id, id, &marking).await.unwrap_err();
    assert_eq!(refused.code(), Code::MessageInTrash);
    world.pass(30 * DAY - 1);
    assert_eq!(empty(&world.ports, &*world.blobs, &world.outside, &*world.store).await, Ok(0));
    get(&world.ports, &*world.blobs, &owner(), inbox_id, id).await.unwrap();
    let back = restore(&world.ports, &owner(), inbox_id, id).await.unwrap();
    assert_eq!(back, Message { version: mail.version + 1, ..mail.clone() });
    assert_eq!(thread(&world).await, Some(Thread::of(&mail)));
    trash(&world.ports, &owner(), inbox_id, id).await.unwrap();
    world.pass(30 * DAY);
    let gone = get(&world.ports, &*world.blobs, &owner(), inbox_id, id).await.unwrap_err();
    assert_eq!(gone, Refusal::NotFound("message"));
    for refused in [
        restore(&world.ports, &owner(), inbox_id, id).await.map(drop),
        trash(&world.ports, &owner(), inbox_id, id).await.map(drop),
        delete(&world.ports, &owner(), inbox_id, id).await,
    ] {
        assert_eq!(refused, Err(Refusal::NotFound("message")));
    }
    let several = messages::get_several(&world.ports, &owner(), &[(inbox_id, id)]).await.unwrap();
    assert_eq!((several.found, several.not_found), (vec![], vec![(inbox_id, id)]));
}

#[tokio::test]
async fn a_job_that_dies_between_any_two_steps_is_taken_up_again_and_deletes_once() {
    let mail = samples::inbound(1);
    let away = || BlobError::Transient("away".to_owned());
    let slow = || StoreError::Transient("slow".to_owned());
    for step in 0..6 {
        let world = house(std::slice::from_ref(&mail)).await;
        trash(&world.ports, &owner(), mail.inbox_id, mail.id).await.unwrap();
        world.pass(30 * DAY + 1);
        let run = async || {
            world.pass(1);
            empty(&world.ports, &*world.blobs, &world.outside, &*world.store).await.unwrap()
        };
        match step {
            // The first write, the first object, and then each of what comes behind them.
            0 => world.store.fail_commits(vec![slow()]),
            1 => world.blobs.failures.lock().unwrap().push_back(away()),
            2..4 => {
                world.blobs.failures.lock().unwrap().push_back(away());
                assert_eq!(run().await, 0);
                assert!(matches!(trashed(&world, &mail).unwrap().fate, Fate::Going(_)));
                if step == 2 {
                    world.store.fail_commits(vec![slow()]);
                } else {
                    world.blobs.failures.lock().unwrap().push_back(away());
                }
            }
            _ => {}
        }
        let first = run().await;
        assert_eq!(first, u32::from(step >= 4), "{step}");
        assert_eq!(first + run().await, 1, "{step}");
        assert_eq!(run().await, 0);
        let left = trashed(&world, &mail).unwrap();
        assert!(matches!(left.fate, Fate::Gone(_)), "{step}: {left:?}");
        assert_eq!(deletions(&world), 1, "{step}");
        assert!(world.blobs.objects.lock().unwrap().is_empty(), "{step}");
    }
}

#[tokio::test]
async fn a_taint_outlives_the_mail_that_made_it() {
    let mut hostile = samples::inbound(1);
    if let Direction::Inbound { findings, .. } = &mut hostile.direction {
        let kind = FindingKind::NotInspected;
        *findings = vec![Finding { kind, evidence: String::new() }];
    }
    assert!(hostile.taints());
    let world = house(std::slice::from_ref(&hostile)).await;
    delete(&world.ports, &owner(), hostile.inbox_id, hostile.id).await.unwrap();
    world.pass(1);
    assert_eq!(empty(&world.ports, &*world.blobs, &world.outside, &*world.store).await, Ok(1));
    let left = thread(&world).await.unwrap();
    assert_eq!((left.message_count, left.tainted, left.subject.as_str()), (0, true, ""));
    let next = samples::inbound(2);
    let change = Change::new(next.organization_id).create(next.clone());
    commit(&world, change.write(Write::Thread(next.thread_update()))).await;
    let after = thread(&world).await.unwrap();
    assert_eq!((after.message_count, after.tainted), (1, true));
}

#[tokio::test]
async fn a_conversation_shows_the_last_mail_that_it_has_left() {
    let mails: Vec<Message> = (1..=3)
        .map(|n| Message { preview: format!("mail {n}"), labels: [].into(), ..samples::inbound(n) })
        .collect();
    let world = house(&mails).await;
    let shown = async || {
        let thread = thread(&world).await.unwrap();
        (thread.preview, thread.message_count, thread.last_message_at)
    };
    trash(&world.ports, &owner(), mails[1].inbox_id, mails[1].id).await.unwrap();
    assert_eq!(shown().await, ("mail 3".to_owned(), 2, mails[2].created_at));
    trash(&world.ports, &owner(), mails[2].inbox_id, mails[2].id).await.unwrap();
    assert_eq!(shown().await, ("mail 1".to_owned(), 1, mails[0].created_at));
    restore(&world.ports, &owner(), mails[1].inbox_id, mails[1].id).await.unwrap();
    assert_eq!(shown().await, ("mail 2".to_owned(), 2, mails[1].created_at));
}

#[tokio::test]
async fn what_may_still_go_is_not_moved_and_what_has_ended_is() {
    let at = later(1);
    for (state, moves) in [
        (State::PendingApproval { expires_at: later(99), remind_at: None }, false),
        (State::Scheduled { due: later(99), attempt: 0, look_at: later(100) }, false),
        (State::Sending { claimed_at: at, attempt: 1, claim: [1; 8] }, false),
        (State::Unknown { since: at, told: 0 }, false),
        (State::Accepted { provider_id: "p".into(), at, outcomes: [].into() }, true),
        (State::Failed { reason: "r".into(), at }, true),
        (State::Rejected { at }, true),
        (State::Expired { at }, true),
        (State::Cancelled { at, reason: "r".into(), attempt: 0 }, true),
    ] {
        let mail = samples::outbound(1, state);
        let world = house(std::slice::from_ref(&mail)).await;
        let code = |done: Result<(), Refusal>| done.err().map(|refusal| refusal.code());
        let expected = (!moves).then_some(Code::MessageNotEnded);
        let done = trash(&world.ports, &owner(), mail.inbox_id, mail.id).await;
        assert_eq!(code(done.map(drop)), expected, "{}", mail.status());
        let done = delete(&world.ports, &owner(), mail.inbox_id, mail.id).await;
        assert_eq!(code(done), expected, "{}", mail.status());
        let there = world.store.contents().records.values().any(|it| matches!(it, Record::Message(_)));
        assert_eq!(there, !moves, "{}", mail.status());
    }
}
