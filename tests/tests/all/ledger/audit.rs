//! The audit log in memory: chained once, whatever is told twice or at once; read; and proved whole.

use std::sync::Arc;

use app::Refusal;
use app::base::enter::Once;
use app::base::ports::{Anchors, BlobError};
use app::base::store::{Change, Key, PageRequest, Record};
use app::gate::approvals::{Ballot, Verdict, decide};
use app::gate::submit::{Draft, submit};
use app::ledger::anchor::{Form, Known, Means, Ran, run};
use app::ledger::audit::{CHECKED, Filter, Verified, catch_up, chain, list, verify};
use app::ledger::receipts::gather;
use domain::base::address::Mailbox;
use domain::base::code::Code;
use domain::gate::approval::Approval;
use domain::ledger::audit::{AuditEntry, ChainedEntry, Entry, Flaw, FlawCode, Head};
use domain::people::access::{Actor, Permit, Principal, Role, Scope, scope};
use domain::{AuditId, Timestamp};
use serde_json::{Value, json};
use testkit::samples::{self, NOW, later, organization_id};
use testkit::world::{DigestSigner, World};
use wire::ledger::signature::{SignedText, signed};

fn owner() -> Permit<scope::AuditRead> {
    let (session, _) = samples::session(1, Role::Owner);
    session.principal(NOW).unwrap().permit().unwrap()
}

fn id(n: u16, at: Timestamp) -> AuditId {
    let [high, low] = n.to_be_bytes();
    AuditId::new(at, [high, low, 0, 0, 0, 0, 0, 0, 0, 0])
}

/// So many entries, one a second, each by another member about another thing.
async fn written(world: &World, count: u16) -> Vec<AuditId> {
    let mut ids = vec![];
    for n in 0..count {
        let at = later(i64::from(n));
        let kinds = ["approval.approve", "approval.reject", "token.create"];
        let entry = AuditEntry {
            id: id(n, at),
            at,
            actor: Actor::Member { member_id: samples::member(u8::try_from(n % 3).unwrap(), Role::Owner).id },
            action: kinds[usize::from(n) % 3],
            target: format!("apr_{n}"),
            details: vec![("n", n.to_string())],
            ..samples::audit_entry(0)
        };
        ids.push(entry.id);
        world.ports.store.commit(Change::new(organization_id(1)).audit(entry)).await.unwrap();
    }
    ids
}

async fn chained(count: u16) -> World {
    let world = World::default();
    let ids = written(&world, count).await;
    world.pass(i64::from(count));
    assert_eq!(
        chain(&*world.ports.clock, &*world.store, organization_id(1), &ids).await,
        Ok(usize::from(count))
    );
    world
}

async fn verified(world: &World) -> Verified {
    verify(&*world.ports.clock, &*world.store, &*world.anchors, &owner(), None, None).await.unwrap()
}

async fn flaw(world: &World) -> Option<(u64, FlawCode)> {
    verified(world).await.flaw.map(|flaw| (flaw.sequence, flaw.code))
}

/// Changes a stored link.
fn tamper(world: &World, sequence: u64, change: impl FnOnce(&mut ChainedEntry)) {
    change(world.store.contents().links.get_mut(&(organization_id(1), sequence)).unwrap());
}

#[tokio::test]
async fn entries_are_chained_once_in_order_however_often_they_are_told_of() {
    let world = World::default();
    let ids = written(&world, 100).await;
    // Told in parts that overlap, out of order, and all of them again.
    for part in [&ids[30..60], &ids[0..45], &ids[..], &ids[..]] {
        chain(&*world.ports.clock, &*world.store, organization_id(1), part).await.unwrap();
    }
    let found = verified(&world).await;
    assert_eq!((found.entries, found.to, found.next, found.flaw), (100, 100, None, None));
    let contents = world.store.contents();
    let places: Vec<_> = contents.links.values().map(|link| link.entry.id).collect();
    assert_eq!(places[..30], ids[30..60], "the order within a batch is that of the ids");
    let mut all = places;
    all.sort_unstable();
    assert_eq!(all, ids);
}

#[tokio::test]
async fn many_at_once_chain_each_entry_once_without_gaps() {
    let world = World::default();
    let ids = written(&world, 120).await;
    let mut tasks = tokio::task::JoinSet::new();
    for part in ids.chunks(10) {
        let (ports, store, part) = (world.ports.clone(), Arc::clone(&world.store), part.to_vec());
        tasks.spawn(async move {
            // Another shard tells of the same: losing too often is answered with an error, and told again.
            while chain(&*ports.clock, &*store, organization_id(1), &part).await.is_err() {}
        });
        let (ports, store) = (world.ports.clone(), Arc::clone(&world.store));
        let all = ids.clone();
        tasks.spawn(async move {
            while chain(&*ports.clock, &*store, organization_id(1), &all).await.is_err() {}
        });
    }
    tasks.join_all().await;
    let found = verified(&world).await;
    assert_eq!((found.entries, found.flaw), (120, None));
}

#[tokio::test]
async fn what_the_stream_lost_is_found_after_its_time() {
    let world = World::default();
    let ids = written(&world, 50).await;
    chain(&*world.ports.clock, &*world.store, organization_id(1), &ids[..20]).await.unwrap();
    assert_eq!(catch_up(&*world.ports.clock, &*world.store).await, Ok((0, 0)), "not before its time");
    world.pass(Entry::CHAIN_LIMIT.as_secs() + 60);
    assert_eq!(catch_up(&*world.ports.clock, &*world.store).await, Ok((30, 0)));
    assert_eq!(catch_up(&*world.ports.clock, &*world.store).await, Ok((0, 0)));
    let found = verified(&world).await;
    assert_eq!((found.entries, found.flaw), (50, None));
}

#[tokio::test]
async fn any_change_of_any_stored_link_is_named() {
    let count = 12;
    for sequence in 1..=u64::from(count) {
        let world = chained(count).await;
        assert_eq!(flaw(&world).await, None);
        let original = world.store.contents().links[&(organization_id(1), sequence)].clone();
        let changes: [fn(&mut ChainedEntry); 9] = [
            |link| link.entry.actor = Actor::System,
            |link| link.entry.action.push('x'),
            |link| link.entry.target.clear(),
            |link| drop(link.entry.details.insert("via".into(), "link".into())),
            |link| link.entry.details.clear(),
            |link| link.entry.at = later(-1),
            |link| link.entry.id = id(999, NOW),
            |link| link.chained_at = later(10_000),
            |link| link.previous = link.hash,
        ];
        for change in changes {
            tamper(&world, sequence, change);
            assert_eq!(flaw(&world).await, Some((sequence, FlawCode::HashMismatch)));
            // Hashed anew it breaks the next one, and the last one the head.
            tamper(&world, sequence, |link| link.hash = link.computed());
            let expected = if original.previous
                == world.store.contents().links[&(organization_id(1), sequence)].previous
            {
                if sequence == u64::from(count) {
                    (sequence, FlawCode::HeadMismatch)
                } else {
                    (sequence + 1, FlawCode::HashMismatch)
                }
            } else {
                (sequence, FlawCode::HashMismatch)
            };
            assert_eq!(flaw(&world).await, Some(expected));
            tamper(&world, sequence, |link| *link = original.clone());
        }
        assert_eq!(flaw(&world).await, None);
    }
}

#[tokio::test]
async fn what_is_missing_added_or_moved_is_named() {
    let us = organization_id(1);
    let world = chained(8).await;
    let all = world.store.contents().clone();
    let with = |change: &dyn Fn(&mut testkit::memory::Contents)| {
        let mut changed = all.clone();
        change(&mut changed);
        *world.store.contents() = changed;
    };
    with(&|contents| drop(contents.links.remove(&(us, 3))));
    assert_eq!(flaw(&world).await, Some((3, FlawCode::Gap)));
    with(&|contents| drop(contents.links.remove(&(us, 1))));
    assert_eq!(flaw(&world).await, Some((1, FlawCode::Gap)));
    with(&|contents| contents.links.retain(|(_, sequence), _| *sequence < 7));
    assert_eq!(flaw(&world).await, Some((7, FlawCode::Truncated)));
    with(&|contents| contents.links.clear());
    assert_eq!(flaw(&world).await, Some((1, FlawCode::Truncated)));
    // Cut off together with the head's number: what the head says then is not what the last link is.
    with(&|contents| {
        contents.links.retain(|(_, sequence), _| *sequence < 7);
        contents.heads.get_mut(&us).unwrap().sequence = 6;
    });
    assert_eq!(flaw(&world).await, Some((6, FlawCode::HeadMismatch)));
    with(&|contents| {
        contents.heads.remove(&us);
    });
    assert_eq!(flaw(&world).await, Some((0, FlawCode::HeadMismatch)));
    // Added behind the end.
    with(&|contents| {
        let mut end = contents.heads[&us].clone();
        let forged = end.append(contents.links[&(us, 8)].entry.clone(), NOW);
        contents.links.insert((us, 9), forged);
    });
    assert_eq!(flaw(&world).await, Some((8, FlawCode::HeadMismatch)));
    // Two changed places.
    with(&|contents| {
        let (a, b) = (contents.links[&(us, 4)].clone(), contents.links[&(us, 5)].clone());
        contents.links.insert((us, 4), b);
        contents.links.insert((us, 5), a);
    });
    assert_eq!(flaw(&world).await, Some((4, FlawCode::HashMismatch)));
    with(&|_| ());
    assert_eq!(flaw(&world).await, None);
}

#[tokio::test]
async fn a_long_chain_is_checked_in_parts() {
    let count = 2_150;
    let world = chained(count).await;
    let first = verified(&world).await;
    assert_eq!((first.from, first.to, first.entries, first.next), (1, CHECKED, CHECKED, Some(CHECKED + 1)));
    let rest = verify(&*world.ports.clock, &*world.store, &*world.anchors, &owner(), first.next, None)
        .await
        .unwrap();
    assert_eq!((rest.from, rest.to, rest.entries, rest.next), (2_001, 2_150, 150, None));
    assert_eq!(rest.flaw, None);
    let part = verify(&*world.ports.clock, &*world.store, &*world.anchors, &owner(), Some(100), Some(200))
        .await
        .unwrap();
    assert_eq!((part.from, part.to, part.entries, part.next, part.flaw), (100, 200, 101, None, None));
    // A part begins with what the link before it says.
    tamper(&world, 99, |link| link.entry.target.clear());
    let part = verify(&*world.ports.clock, &*world.store, &*world.anchors, &owner(), Some(100), Some(200))
        .await
        .unwrap();
    assert_eq!(part.flaw, Some(Flaw { sequence: 99, code: FlawCode::HashMismatch }));
    let beyond =
        verify(&*world.ports.clock, &*world.store, &*world.anchors, &owner(), Some(2_151), None).await;
    assert!(matches!(beyond, Err(Refusal::Invalid(errors)) if errors[0].code == Code::BeyondTheHead));
}

#[tokio::test]
async fn an_empty_log_is_whole() {
    let world = World::default();
    let found = verified(&world).await;
    assert_eq!((found.entries, found.flaw, found.head.map(|head| head.sequence)), (0, None, Some(0)));
    let page = PageRequest { limit: 50, cursor: None };
    let listed = list(&*world.store, &owner(), &Filter::default(), &page).await.unwrap();
    assert_eq!((listed.items, listed.next), (vec![], None));
}

/// All pages of a list; also how many there were.
async fn pages(world: &World, filter: &Filter, limit: u16) -> (Vec<u64>, usize) {
    let (mut seen, mut count) = (vec![], 0);
    let mut page = PageRequest { limit, cursor: None };
    loop {
        let found = list(&*world.store, &owner(), filter, &page).await.unwrap();
        assert!(found.items.len() <= usize::from(limit));
        seen.extend(found.items.iter().map(|link| link.sequence));
        count += 1;
        page.cursor = found.next;
        if page.cursor.is_none() {
            return (seen, count);
        }
    }
}

#[tokio::test]
async fn the_log_is_listed_newest_first_by_any_filter() {
    let world = chained(90).await;
    let all: Vec<u64> = (1..=90).rev().collect();
    for limit in [1, 7, 30, 100] {
        assert_eq!(pages(&world, &Filter::default(), limit).await.0, all);
    }
    let by = |wanted: &dyn Fn(u64) -> bool| all.iter().copied().filter(|n| wanted(*n)).collect::<Vec<_>>();
    let text = |text: &str| Some(text.to_owned());
    let action = |action| Filter { action: text(action), ..Filter::default() };
    assert_eq!(pages(&world, &action("approval."), 7).await.0, by(&|n| (n - 1) % 3 < 2));
    assert_eq!(pages(&world, &action("approval.reject"), 100).await.0, by(&|n| (n - 1) % 3 == 1));
    assert!(pages(&world, &action("approval"), 100).await.0.is_empty(), "a beginning ends with a dot");
    let member = samples::member(2, Role::Owner).id.to_string();
    let actor = Filter { actor: text(&member), ..Filter::default() };
    assert_eq!(pages(&world, &actor, 4).await.0, by(&|n| (n - 1) % 3 == 2));
    let target = Filter { target: text("apr_41"), ..Filter::default() };
    assert_eq!(pages(&world, &target, 4).await.0, [42]);
    let between = Filter { from: Some(later(10)), to: Some(later(20)), ..Filter::default() };
    assert_eq!(pages(&world, &between, 4).await.0, by(&|n| (11..=21).contains(&n)));
    for bad in ["", "x", "1", "0", "-3", "99999999999999999999"] {
        let page = PageRequest { limit: 5, cursor: Some(bad.into()) };
        assert!(list(&*world.store, &owner(), &Filter::default(), &page).await.is_err(), "{bad:?}");
    }
}

#[tokio::test]
async fn a_filter_that_takes_little_gives_empty_pages_and_stops_where_nothing_can_follow() {
    let world = chained(4_100).await;
    let rare = Filter { target: Some("apr_0".into()), ..Filter::default() };
    let page = PageRequest { limit: 10, cursor: None };
    let found = list(&*world.store, &owner(), &rare, &page).await.unwrap();
    assert_eq!((found.items.len(), found.next.as_deref()), (0, Some("2101")), "bounded work");
    assert_eq!(pages(&world, &rare, 10).await, (vec![1], 3));
    // Chained an hour later, the newest place belongs to an old entry: a lower bound of time still finds all.
    world.pass(3_600);
    let old = AuditEntry { id: id(9_999, NOW), at: NOW, ..samples::audit_entry(0) };
    let late = old.id;
    world.ports.store.commit(Change::new(organization_id(1)).audit(old)).await.unwrap();
    chain(&*world.ports.clock, &*world.store, organization_id(1), &[late]).await.unwrap();
    let recent = Filter { from: Some(later(4_098)), ..Filter::default() };
    assert_eq!(pages(&world, &recent, 10).await.0, [4_100, 4_099]);
}

/// A mail that waits for member 2, in an organization with two members.
async fn waiting(world: &World) -> Approval {
    let base = Change::new(organization_id(1))
        .create(samples::organization(1))
        .create(samples::inbox(1))
        .create(samples::member(1, Role::Owner))
        .create(samples::member(2, Role::Approver));
    world.ports.store.commit(base).await.unwrap();
    let (token, _) = samples::token(1, Role::Owner, &[Scope::MessagesSend]);
    let draft = Draft {
        to: vec![Mailbox::bare(samples::address("ann@example.org"))],
        cc: vec![],
        bcc: vec![],
        reply_to: vec![],
        subject: None,
        text: Some("A secret body".into()),
        html: None,
        strict_html: false,
        attachments: vec![],
        send_at: None,
        ..Draft::default()
    };
    let permit = token.principal().permit().unwrap();
    let once = Once::default();
    let inbox = samples::inbox_id(1);
    let held = submit(&world.sending(), &permit, inbox, draft, None, &once, |_| (202, String::new())).await;
    held.unwrap().approval
}

fn approver() -> Principal {
    let (session, _) = samples::session(2, Role::Approver);
    session.principal(NOW).unwrap()
}

async fn vote(world: &World, approval: &Approval, verdict: Verdict) {
    // Entries of one millisecond have no order among them.
    world.pass(1);
    let permit = approver().permit().unwrap();
    decide(&world.ports, &*world.workflow, &permit, approval.id, &Ballot::new(approval.digest, &verdict))
        .await
        .unwrap();
}

/// Gives every entry its place.
async fn chain_all(world: &World) {
    let ids: Vec<_> = world.store.contents().audit.iter().map(|entry| entry.id).collect();
    chain(&*world.ports.clock, &*world.store, organization_id(1), &ids).await.unwrap();
}

async fn receipt(world: &World, approval: &Approval) -> Result<Value, Refusal> {
    let permit = approver().permit().unwrap();
    let found = gather(&world.ports, &*world.store, &*world.key_logs, &permit, approval.id).await?;
    let text = wire::ledger::receipts::receipt(&found);
    assert!(!text.contains("secret body") && !text.contains("ann@"), "{text}");
    Ok(serde_json::from_str(&text).unwrap())
}

async fn refused(world: &World, approval: &Approval) -> &'static str {
    match receipt(world, approval).await {
        Err(Refusal::Because { code, .. }) => code.as_str(),
        other => panic!("{other:?}"),
    }
}

/// Changes a record past every use case, as whoever may write the table can.
fn forge(world: &World, approval: &Approval, change: impl FnOnce(&mut Approval)) {
    let mut contents = world.store.contents();
    match contents.records.get_mut(&(organization_id(1), Key::Approval(approval.id))) {
        Some(Record::Approval(record)) => change(record),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_held_mail_leaves_its_traces_and_its_receipt_tells_them() {
    let world = World::default();
    let held = waiting(&world).await;
    assert_eq!(refused(&world, &held).await, "not_chained_yet");
    chain_all(&world).await;
    let pending = receipt(&world, &held).await.unwrap();
    assert_eq!(
        (&pending["approval"]["status"], &pending["approval"]["votes"]),
        (&"pending".into(), &serde_json::json!([]))
    );
    assert_eq!(
        (&pending["audit_head"]["sequence"], &pending["message"]["status"]),
        (&json!(1), &Value::Null)
    );

    vote(&world, &held, Verdict::Approve).await;
    assert_eq!(refused(&world, &held).await, "not_chained_yet");
    chain_all(&world).await;
    let signed = receipt(&world, &held).await.unwrap();
    let approval = &signed["approval"];
    assert_eq!(approval["status"], "approved");
    assert_eq!(approval["asked"]["by"]["type"], "token");
    assert_eq!(approval["asked"]["by"]["email"], "member1@example.com");
    assert_eq!(approval["asked"]["terms"], "1:owner+admin+approver");
    let cast = &approval["votes"][0];
    assert_eq!(cast["by"]["email"], "member2@example.com");
    assert_eq!((&cast["digest"], &cast["role"]), (&json!(held.digest.to_string()), &json!("approver")));
    assert_eq!((&cast["verdict"], &cast["stands"]), (&json!("approve"), &json!(true)));
    let found = verified(&world).await;
    assert_eq!((found.flaw, found.entries), (None, 2));
    let head = found.head.unwrap();
    assert_eq!(signed["audit_head"]["sequence"], head.sequence);
    assert_eq!(signed["audit_head"]["hash"], head.hash.to_string());
    // What it says stands in the chain where it says.
    let links = world.store.contents().links.clone();
    assert_eq!(
        signed["entries"],
        serde_json::json!(links.values().map(wire::ledger::audit::link).collect::<Vec<_>>())
    );
    assert_eq!(cast["entry"]["sequence"], 2);
    assert_eq!(cast["entry"]["hash"], links[&(organization_id(1), 2)].hash.to_string());
    let actions =
        list(&*world.store, &owner(), &Filter::default(), &PageRequest { limit: 9, cursor: None }).await;
    let actions: Vec<_> = actions.unwrap().items.into_iter().map(|link| link.entry.action).collect();
    assert_eq!(actions, ["approval.approve", "message.submit"]);
}

#[tokio::test]
async fn a_vote_that_one_of_record_and_chain_does_not_have_is_never_signed() {
    let world = World::default();
    let held = waiting(&world).await;
    vote(&world, &held, Verdict::Approve).await;
    chain_all(&world).await;
    let record = |world: &World| {
        let contents = world.store.contents();
        match &contents.records[&(organization_id(1), Key::Approval(held.id))] {
            Record::Approval(record) => (**record).clone(),
            other => panic!("{other:?}"),
        }
    };
    let sound = record(&world);
    let put_back = || forge(&world, &held, |it| *it = sound.clone());
    forge(&world, &held, |it| {
        let forged = domain::gate::approval::Vote {
            member_id: samples::member(1, Role::Owner).id,
            ..it.votes[0].clone()
        };
        it.votes.push(forged);
    });
    // At once, though it says to be as young as the other: its entry does not wait for a place, it was never written.
    assert_eq!(refused(&world, &held).await, "vote_not_chained");
    put_back();
    forge(&world, &held, |it| it.votes.clear());
    assert_eq!(refused(&world, &held).await, "vote_not_recorded");
    put_back();
    forge(&world, &held, |it| it.digest = domain::base::digest::Digest::of(b"other bytes"));
    assert_eq!(refused(&world, &held).await, "record_differs");
    put_back();
    forge(&world, &held, |it| it.decision = domain::gate::approval::Decision::Pending);
    assert_eq!(refused(&world, &held).await, "record_differs");
    put_back();
    receipt(&world, &held).await.unwrap();
}

#[tokio::test]
async fn a_link_that_does_not_stand_between_its_neighbours_is_never_signed() {
    let world = World::default();
    let held = waiting(&world).await;
    vote(&world, &held, Verdict::Approve).await;
    chain_all(&world).await;
    let sound = world.store.contents().clone();
    let changes: [fn(&mut ChainedEntry); 3] = [
        |link| drop(link.entry.details.insert("role".into(), "owner".into())),
        |link| {
            link.entry.details.insert("role".into(), "owner".into());
            link.hash = link.computed();
        },
        |link| {
            link.previous = link.hash;
            link.hash = link.computed();
        },
    ];
    for change in changes {
        for sequence in [1, 2] {
            tamper(&world, sequence, change);
            assert_eq!(refused(&world, &held).await, "entry_altered");
            *world.store.contents() = sound.clone();
        }
    }
    // A link that is gone leaves the one before it without a neighbour.
    world.store.contents().links.remove(&(organization_id(1), 2));
    assert_eq!(refused(&world, &held).await, "entry_altered");
}

#[tokio::test]
async fn a_link_that_the_index_does_not_show_yet_is_found_by_its_entry() {
    let world = World::default();
    let held = waiting(&world).await;
    vote(&world, &held, Verdict::Reject("wrong price".into())).await;
    chain_all(&world).await;
    let whole = receipt(&world, &held).await.unwrap();
    assert_eq!(whole["approval"]["votes"][0]["reason"], "wrong price");
    for hidden in [vec![2], vec![1, 2]] {
        world.store.contents().unlisted = hidden.into_iter().collect();
        assert_eq!(receipt(&world, &held).await.unwrap(), whole);
    }
}

#[tokio::test]
async fn every_end_of_an_approval_has_its_receipt() {
    let world = World::default();
    let held = waiting(&world).await;
    world.pass(1);
    let permit = approver().permit().unwrap();
    app::gate::approvals::cancel(&world.ports, &*world.workflow, &permit, held.id, "not today")
        .await
        .unwrap();
    chain_all(&world).await;
    let cancelled = receipt(&world, &held).await.unwrap();
    let ended = &cancelled["approval"]["ended"];
    assert_eq!(
        (&cancelled["approval"]["status"], &ended["action"]),
        (&json!("cancelled"), &json!("approval.cancel"))
    );
    assert_eq!(
        (&ended["reason"], &ended["by"]["email"]),
        (&json!("not today"), &json!("member2@example.com"))
    );

    let world = World::default();
    let held = waiting(&world).await;
    world.pass(held.expires_at.duration_since(NOW).as_secs() + 60);
    app::gate::sweep::sweep(&world.ports, &*world.workflow, &*world.store).await.unwrap();
    chain_all(&world).await;
    let expired = receipt(&world, &held).await.unwrap();
    assert_eq!(expired["approval"]["status"], "expired");
    assert_eq!(expired["approval"]["ended"]["by"]["type"], "system");
}

const FORM: Form = Form {
    text: wire::ledger::anchors::anchor,
    document: |text, signature| wire::base::parts::text(&signed(SignedText::Anchor(text), signature)),
};

async fn anchored(world: &World, known: &Known) -> Ran {
    let means = Means {
        clock: &*world.ports.clock,
        trail: &*world.store,
        anchors: &*world.anchors,
        signer: &DigestSigner,
    };
    run(&means, known, FORM).await.unwrap()
}

fn ran(anchored: u32, failed: u32) -> Ran {
    Ran { anchored, failed, left: 0 }
}

#[tokio::test]
async fn a_head_is_anchored_once_and_only_when_it_moved() {
    let world = chained(3).await;
    let known = Known::default();
    assert_eq!(anchored(&world, &known).await, ran(1, 0));
    let looks = || world.anchors.looks.load(std::sync::atomic::Ordering::SeqCst);
    let before = looks();
    assert_eq!(anchored(&world, &known).await, ran(0, 0));
    assert_eq!(looks(), before, "what did not move costs nothing");
    // Another instance knows nothing, and looks.
    assert_eq!(anchored(&world, &Known::default()).await, ran(0, 0));
    let entry = AuditEntry { id: id(500, later(9)), at: later(9), ..samples::audit_entry(0) };
    let new = entry.id;
    world.ports.store.commit(Change::new(organization_id(1)).audit(entry)).await.unwrap();
    chain(&*world.ports.clock, &*world.store, organization_id(1), &[new]).await.unwrap();
    assert_eq!(anchored(&world, &known).await, ran(1, 0));
    let written = world.anchors.written.lock().unwrap().clone();
    let places: Vec<_> = written.keys().map(|(_, sequence, _)| *sequence).collect();
    assert_eq!(places, [3, 4]);
    let document: Value = serde_json::from_str(&written.values().last().unwrap().1).unwrap();
    let told: Value = serde_json::from_str(document["anchor"].as_str().unwrap()).unwrap();
    assert_eq!((&told["sequence"], &told["form"]), (&json!(4), &json!("countersign-anchor-1")));
    // One that could not be written is written by the next run.
    *world.anchors.failure.lock().unwrap() = Some(BlobError::Transient("s3".into()));
    world.store.contents().heads.get_mut(&organization_id(1)).unwrap().sequence = 5;
    assert_eq!(anchored(&world, &known).await, ran(0, 1));
    assert_eq!(anchored(&world, &known).await, ran(1, 0));
    // One that went back is not anchored, and rings.
    world.store.contents().heads.get_mut(&organization_id(1)).unwrap().sequence = 4;
    for known in [&known, &Known::default()] {
        assert_eq!(anchored(&world, known).await, ran(0, 1));
    }
}

#[tokio::test]
async fn a_chain_that_grew_and_was_anchored_meanwhile_is_no_contradiction() {
    let world = chained(3).await;
    let grow = |by: u64| {
        let store = world.store.clone();
        Box::new(move |anchors: &testkit::world::MemoryAnchors| {
            let mut contents = store.contents();
            let head = contents.heads.get_mut(&organization_id(1)).unwrap();
            head.sequence += by;
            let Head { organization_id, sequence, hash, at, .. } = *head;
            let anchor = domain::ledger::audit::Anchor { organization_id, sequence, hash, at };
            let mut written = anchors.written.lock().unwrap();
            written.insert((organization_id, sequence, hash), (anchor, String::new()));
        })
    };
    // Another run read a later head, and was faster.
    *world.anchors.meanwhile.lock().unwrap() = Some(grow(2));
    assert_eq!(anchored(&world, &Known::default()).await, ran(0, 0));
    let sequences = || world.anchors.written.lock().unwrap().keys().map(|(_, s, _)| *s).collect::<Vec<_>>();
    assert_eq!(sequences(), [5], "the head that was read is behind what is anchored, and needs no anchor");
    // One whose table went back stays refused.
    world.store.contents().heads.get_mut(&organization_id(1)).unwrap().sequence = 3;
    assert_eq!(anchored(&world, &Known::default()).await, ran(0, 1));
}

/// Writes the whole chain anew, from this place on, as whoever may write every row can: it holds in itself.
fn rewrite(world: &World, from: u64, keep: u64, change: impl Fn(&mut Entry)) {
    let us = organization_id(1);
    let mut contents = world.store.contents();
    let mut head = Head::genesis(us);
    let old: Vec<_> = contents.links.values().cloned().collect();
    contents.links.clear();
    for link in old.into_iter().filter(|link| link.sequence <= keep) {
        let mut entry = link.entry;
        if link.sequence == from {
            change(&mut entry);
        }
        let link = head.append(entry, link.chained_at);
        contents.links.insert((us, link.sequence), link);
    }
    contents.heads.insert(us, head);
}

#[tokio::test]
async fn a_chain_that_was_written_anew_differs_from_its_anchors() {
    let world = chained(10).await;
    // Anchored at its end, and in between, as if it had grown.
    let known = Known::default();
    for sequence in [4, 7] {
        let link = world.store.contents().links[&(organization_id(1), sequence)].clone();
        world.anchors.put(&Head::of(&link), String::new()).await.unwrap();
    }
    anchored(&world, &known).await;
    let whole = verified(&world).await;
    assert_eq!((whole.flaw, whole.anchored.agreeing), (None, 3));
    assert_eq!(whole.anchored.newest.map(|anchor| anchor.sequence), Some(10));
    let sound = world.store.contents().clone();

    for (changed, first) in [(1, 4), (4, 4), (5, 7), (8, 10), (10, 10)] {
        rewrite(&world, changed, 10, |entry| entry.target = "apr_other".into());
        let found = verified(&world).await;
        assert_eq!(found.flaw, Some(Flaw { sequence: first, code: FlawCode::AnchorMismatch }), "{changed}");
        assert_eq!(found.anchored.differing.map(|anchor| anchor.sequence), Some(first));
        *world.store.contents() = sound.clone();
    }
    // A part is compared with the anchors in it.
    rewrite(&world, 5, 10, |entry| entry.target = "apr_other".into());
    let part = async |from, to| {
        verify(&*world.ports.clock, &*world.store, &*world.anchors, &owner(), Some(from), Some(to))
            .await
            .unwrap()
    };
    assert_eq!(part(1, 6).await.flaw, None);
    assert_eq!(part(6, 8).await.flaw, Some(Flaw { sequence: 7, code: FlawCode::AnchorMismatch }));
    assert_eq!(part(8, 9).await.flaw, None);
    *world.store.contents() = sound.clone();
    // Cut off, head and all.
    for (keep, first) in [(9, 10), (5, 7), (3, 4), (0, 4)] {
        rewrite(&world, 0, keep, |_| ());
        let found = verified(&world).await;
        assert_eq!(found.flaw, Some(Flaw { sequence: first, code: FlawCode::AnchorBeyondEnd }), "{keep}");
    }
    *world.store.contents() = sound.clone();
    assert_eq!(verified(&world).await.flaw, None);
    // No anchors to be had is no chain that holds.
    *world.anchors.failure.lock().unwrap() = Some(BlobError::Transient("s3".into()));
    assert!(matches!(
        verify(&*world.ports.clock, &*world.store, &*world.anchors, &owner(), None, None).await,
        Err(Refusal::Unavailable(_))
    ));
}

#[tokio::test]
async fn a_chain_that_nobody_anchors_any_more_says_so() {
    let world = chained(10).await;
    let link = world.store.contents().links[&(organization_id(1), 6)].clone();
    world.anchors.put(&Head::of(&link), String::new()).await.unwrap();
    assert_eq!(flaw(&world).await, None);
    world.pass(3_601);
    assert_eq!(flaw(&world).await, Some((7, FlawCode::NotAnchored)));
    let part = async |from, to| {
        verify(&*world.ports.clock, &*world.store, &*world.anchors, &owner(), Some(from), Some(to))
            .await
            .unwrap()
            .flaw
    };
    assert_eq!(part(1, 9).await, None, "a part that does not end with the chain says nothing of it");
    assert_eq!(part(8, 10).await, Some(Flaw { sequence: 8, code: FlawCode::NotAnchored }));
    anchored(&world, &Known::default()).await;
    assert_eq!(flaw(&world).await, None);
}
