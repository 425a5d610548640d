//! The audit log in memory: chained once, whatever is told twice or at once; read; and proved whole.

use app::Refusal;
use app::approvals::{Verdict, decide};
use app::audit::{CHECKED, Filter, Verified, catch_up, chain, list, verify};
use app::enter::Once;
use app::store::{Change, PageRequest};
use app::submit::{Draft, submit};
use domain::access::{Actor, Permit, Role, Scope, scope};
use domain::address::Mailbox;
use domain::audit::{AuditEntry, ChainedEntry, Entry, Flaw, FlawCode};
use domain::{AuditId, Timestamp};
use testkit::samples::{self, NOW, later, organization_id};
use testkit::world::World;

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
    assert_eq!(chain(&world.ports, organization_id(1), &ids).await, Ok(usize::from(count)));
    world
}

async fn verified(world: &World) -> Verified {
    verify(&world.ports, &owner(), None, None).await.unwrap()
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
        chain(&world.ports, organization_id(1), part).await.unwrap();
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
        let (ports, part) = (world.ports.clone(), part.to_vec());
        tasks.spawn(async move {
            // Another shard tells of the same: losing too often is answered with an error, and told again.
            while chain(&ports, organization_id(1), &part).await.is_err() {}
        });
        let ports = world.ports.clone();
        let all = ids.clone();
        tasks.spawn(async move { while chain(&ports, organization_id(1), &all).await.is_err() {} });
    }
    tasks.join_all().await;
    let found = verified(&world).await;
    assert_eq!((found.entries, found.flaw), (120, None));
}

#[tokio::test]
async fn what_the_stream_lost_is_found_after_its_time() {
    let world = World::default();
    let ids = written(&world, 50).await;
    chain(&world.ports, organization_id(1), &ids[..20]).await.unwrap();
    assert_eq!(catch_up(&world.ports).await, Ok((0, 0)), "not before its time");
    world.pass(Entry::CHAIN_LIMIT.as_secs() + 60);
    assert_eq!(catch_up(&world.ports).await, Ok((30, 0)));
    assert_eq!(catch_up(&world.ports).await, Ok((0, 0)));
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
    let rest = verify(&world.ports, &owner(), first.next, None).await.unwrap();
    assert_eq!((rest.from, rest.to, rest.entries, rest.next), (2_001, 2_150, 150, None));
    assert_eq!(rest.flaw, None);
    let part = verify(&world.ports, &owner(), Some(100), Some(200)).await.unwrap();
    assert_eq!((part.from, part.to, part.entries, part.next, part.flaw), (100, 200, 101, None, None));
    // A part begins with what the link before it says.
    tamper(&world, 99, |link| link.entry.target.clear());
    let part = verify(&world.ports, &owner(), Some(100), Some(200)).await.unwrap();
    assert_eq!(part.flaw, Some(Flaw { sequence: 99, code: FlawCode::HashMismatch }));
    let beyond = verify(&world.ports, &owner(), Some(2_151), None).await;
    assert!(matches!(beyond, Err(Refusal::Invalid(errors)) if errors[0].code == "beyond_the_head"));
}

#[tokio::test]
async fn an_empty_log_is_whole() {
    let world = World::default();
    let found = verified(&world).await;
    assert_eq!((found.entries, found.flaw, found.head.map(|head| head.sequence)), (0, None, Some(0)));
    let page = PageRequest { limit: 50, cursor: None };
    let listed = list(&world.ports, &owner(), &Filter::default(), &page).await.unwrap();
    assert_eq!((listed.items, listed.next), (vec![], None));
}

/// All pages of a list; also how many there were.
async fn pages(world: &World, filter: &Filter, limit: u16) -> (Vec<u64>, usize) {
    let (mut seen, mut count) = (vec![], 0);
    let mut page = PageRequest { limit, cursor: None };
    loop {
        let found = list(&world.ports, &owner(), filter, &page).await.unwrap();
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
        assert!(list(&world.ports, &owner(), &Filter::default(), &page).await.is_err(), "{bad:?}");
    }
}

#[tokio::test]
async fn a_filter_that_takes_little_gives_empty_pages_and_stops_where_nothing_can_follow() {
    let world = chained(4_100).await;
    let rare = Filter { target: Some("apr_0".into()), ..Filter::default() };
    let page = PageRequest { limit: 10, cursor: None };
    let found = list(&world.ports, &owner(), &rare, &page).await.unwrap();
    assert_eq!((found.items.len(), found.next.as_deref()), (0, Some("2101")), "bounded work");
    assert_eq!(pages(&world, &rare, 10).await, (vec![1], 3));
    // Chained an hour later, the newest place belongs to an old entry: a lower bound of time still finds all.
    world.pass(3_600);
    let old = AuditEntry { id: id(9_999, NOW), at: NOW, ..samples::audit_entry(0) };
    let late = old.id;
    world.ports.store.commit(Change::new(organization_id(1)).audit(old)).await.unwrap();
    chain(&world.ports, organization_id(1), &[late]).await.unwrap();
    let recent = Filter { from: Some(later(4_098)), ..Filter::default() };
    assert_eq!(pages(&world, &recent, 10).await.0, [4_100, 4_099]);
}

#[tokio::test]
async fn a_held_mail_leaves_its_traces_and_its_receipt_tells_them() {
    let world = World::default();
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
        attachments: vec![],
        send_at: None,
    };
    let permit = token.principal().permit().unwrap();
    let once = Once::default();
    let held =
        submit(&world.ports, &permit, samples::inbox_id(1), draft, None, &once, |_| (202, String::new()))
            .await
            .unwrap();
    let (session, _) = samples::session(2, Role::Approver);
    let approver = session.principal(NOW).unwrap();
    let receipt = async || {
        let permit = approver.permit().unwrap();
        let found = app::receipts::gather(&world.ports, &permit, held.approval.id).await.unwrap();
        let text = wire::views::receipt(&found);
        assert!(!text.contains("secret body") && !text.contains("ann@"), "{text}");
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let pending = receipt().await;
    assert_eq!(
        (&pending["approval"]["status"], &pending["approval"]["votes"]),
        (&"pending".into(), &serde_json::json!([]))
    );
    assert_eq!(pending["audit_head"]["sequence"], 0);

    // Entries of one millisecond have no order among them.
    world.pass(1);
    let (digest, verdict) = (held.approval.digest, Verdict::Approve);
    decide(&world.ports, &approver.permit().unwrap(), held.approval.id, digest, &verdict).await.unwrap();
    let ids: Vec<_> = world.store.contents().audit.iter().map(|entry| entry.id).collect();
    chain(&world.ports, organization_id(1), &ids).await.unwrap();
    let signed = receipt().await;
    let approval = &signed["approval"];
    assert_eq!(approval["status"], "approved");
    assert_eq!(approval["requested_by"]["type"], "token");
    assert_eq!(approval["requested_by"]["email"], "member1@example.com");
    assert_eq!(approval["votes"][0]["by"]["email"], "member2@example.com");
    assert_eq!(approval["votes"][0]["digest"], digest.to_string());
    assert_eq!(signed["message"]["status"], "scheduled");
    let found = verified(&world).await;
    assert_eq!((found.flaw, found.entries), (None, ids.len() as u64));
    let head = found.head.unwrap();
    assert_eq!(signed["audit_head"]["sequence"], head.sequence);
    assert_eq!(signed["audit_head"]["hash"], head.hash.to_string());
    let actions =
        list(&world.ports, &owner(), &Filter::default(), &PageRequest { limit: 9, cursor: None }).await;
    let actions: Vec<_> = actions.unwrap().items.into_iter().map(|link| link.entry.action).collect();
    assert_eq!(actions, ["approval.approve", "message.submit"]);
}
