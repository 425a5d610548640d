//! Groups and named members as voters, in memory: made, changed, asked for votes, and what nobody makes weaker afterwards.

use app::Refusal;
use app::base::enter::Once;
use app::base::store::{Change, Conflict, Key, StoreError};
use app::gate::dispatch::Dispatched;
use app::gate::groups::{self, Changed, GroupChange, NewGroup};
use app::gate::policies;
use domain::gate::approval::Decision;
use domain::gate::policy::{Policy, PolicyContent};
use domain::mailbox::lifecycle::Status;
use domain::people::access::Role;
use domain::{GroupId, MemberId, PolicyId};
use testkit::samples;
use testkit::world::World;

use super::votes::{ANN, approver, ask, code, counts, owner, send, to, vote, world};

fn member(n: u8) -> MemberId {
    samples::member(n, Role::Viewer).id
}

async fn made(world: &World, name: &str, members: &[u8]) -> Result<Changed, Refusal> {
    let ids = members.iter().map(|n| format!("\"{}\"", member(*n))).collect::<Vec<_>>().join(",");
    let body = format!(r#"{{"name":"{name}","member_ids":[{ids}]}}"#);
    let new = wire::gate::groups::new(body.as_bytes())?;
    groups::create(&world.ports, &owner(), new, &Once::default(), |_| (201, String::new())).await
}

async fn put(world: &World, id: GroupId, members: &[u8]) -> Changed {
    let members = Some(members.iter().map(|n| member(*n)).collect());
    let change = GroupChange { members, ..GroupChange::default() };
    groups::update(&world.ports, &owner(), id, None, change).await.unwrap()
}

fn asking(requirements: &str) -> PolicyContent {
    let terms = format!(r#"{{"requirements":[{requirements}]}}"#);
    let rule = format!(r#"{{"name":"r","when":{{"always":true}},"outcome":"hold","terms":{terms}}}"#);
    wire::gate::policies::content(format!(r#"{{"name":"p","rules":[{rule}]}}"#).as_bytes()).unwrap()
}

async fn policy(world: &World, requirements: &str) -> Result<Policy, Refusal> {
    let content = asking(requirements);
    policies::create(&world.ports, &owner(), content, &Once::default(), |_| (201, String::new())).await
}

fn fields(refused: Result<impl std::fmt::Debug, Refusal>) -> Vec<(String, &'static str)> {
    match refused {
        Err(Refusal::Invalid(errors)) => {
            errors.into_iter().map(|one| (one.field, one.code.as_str())).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_group_is_made_changed_and_removed_and_each_is_written_down() {
    let world = world().await;
    let legal = made(&world, "legal", &[2, 3]).await.unwrap().group;
    assert_eq!(groups::list(&world.ports, &owner()).await.unwrap(), std::slice::from_ref(&legal));
    assert_eq!(groups::get(&world.ports, &owner(), legal.id).await.unwrap(), legal);
    assert_eq!(code(made(&world, "legal", &[]).await), "group_name_taken");
    assert_eq!(code(made(&world, "Legal", &[]).await), "invalid_group_name");
    assert_eq!(
        fields(made(&world, "other", &[2, 9, 8]).await),
        [("member_ids[1]".to_owned(), "unknown_member"), ("member_ids[2]".to_owned(), "unknown_member"),]
    );
    let changed = put(&world, legal.id, &[2]).await.group;
    assert_eq!((changed.version, changed.members.len()), (2, 1));
    let stale = groups::update(&world.ports, &owner(), legal.id, Some(1), GroupChange::default()).await;
    assert_eq!(code(stale), "revision_mismatch");
    groups::delete(&world.ports, &owner(), legal.id).await.unwrap();
    assert_eq!(code(groups::delete(&world.ports, &owner(), legal.id).await), "not_found");
    for action in ["group.create", "group.update", "group.delete"] {
        assert_eq!(counts(&world, action), 1, "{action}");
    }
    // What others change at the same moment is no concern of whoever changes a group.
    world.store.fail_commits(vec![StoreError::Conflict(vec![Conflict::Record(Key::Policies)]); 3]);
    made(&world, "legal", &[2]).await.unwrap();
    for n in 1..domain::gate::group::Group::MOST {
        made(&world, &format!("group-{n}"), &[]).await.unwrap();
    }
    assert_eq!(code(made(&world, "one-more", &[]).await), "too_many_groups");
}

#[tokio::test]
async fn a_group_that_a_policy_asks_keeps_its_name_and_stays() {
    let world = world().await;
    let legal = made(&world, "legal", &[2, 3]).await.unwrap().group;
    let asks = policy(&world, r#"{"quorum":2,"from":["group:legal"]}"#).await.unwrap();
    let refused = groups::delete(&world.ports, &owner(), legal.id).await;
    let Err(Refusal::Because { code: found, details, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!((found.as_str(), details), ("group_in_use", vec![("policy_ids", asks.id.to_string())]));
    let name = domain::gate::group::GroupName::parse("lawyers");
    let renamed = GroupChange { name, ..GroupChange::default() };
    assert_eq!(
        code(groups::update(&world.ports, &owner(), legal.id, None, renamed.clone()).await),
        "group_in_use"
    );
    // A group that shrinks below what a rule asks for: it is done, and said.
    let shrunk = put(&world, legal.id, &[2]).await;
    let warned: Vec<(PolicyId, u64)> = shrunk.warnings.iter().map(|one| (one.policy_id, one.rule)).collect();
    assert_eq!(warned, [(asks.id, 0)]);
    assert!(put(&world, legal.id, &[2, 3]).await.warnings.is_empty());
    policies::delete(&world.ports, &owner(), asks.id).await.unwrap();
    groups::update(&world.ports, &owner(), legal.id, None, renamed).await.unwrap();
    groups::delete(&world.ports, &owner(), legal.id).await.unwrap();
}

#[tokio::test]
async fn what_is_not_there_or_nobody_can_give_is_refused_when_a_policy_is_written() {
    let world = world().await;
    made(&world, "legal", &[2, 5]).await.unwrap();
    let from = |list: &str| format!(r#"{{"quorum":1,"from":[{list}]}}"#);
    let at = "rules[0].terms.requirements[0]";
    let unknown = policy(&world, &from(&format!(r#""group:nobody","member:{}""#, member(9)))).await;
    assert_eq!(
        fields(unknown),
        [(format!("{at}.from"), "unknown_group"), (format!("{at}.from"), "unknown_member")]
    );
    // The viewer of the group gives no vote.
    for requirements in [
        r#"{"quorum":2,"from":["group:legal"]}"#,
        r#"{"quorum":3,"roles":["owner"]}"#,
        r#"{"quorum":10,"roles":["owner","approver"]}"#,
        r#"{"quorum":1,"roles":["admin"]}"#,
    ] {
        let impossible = policy(&world, requirements).await;
        assert_eq!(fields(impossible), [(format!("{at}.quorum"), "quorum_impossible")], "{requirements}");
    }
    let kept = policy(&world, r#"{"quorum":2,"from":["group:legal","role:owner"]}"#).await.unwrap();
    let again = asking(r#"{"quorum":3,"from":["group:legal"]}"#);
    let refused = policies::replace(&world.ports, &owner(), kept.id, 1, again).await;
    assert_eq!(fields(refused), [(format!("{at}.quorum"), "quorum_impossible")]);
    assert_eq!(policies::get(&world.ports, &owner(), kept.id).await.unwrap(), kept, "nothing was stored");
}

#[tokio::test]
async fn two_votes_of_which_one_is_of_legal() {
    let world = world().await;
    made(&world, "legal", &[3]).await.unwrap();
    policy(&world, r#"{"quorum":2,"roles":["owner","approver"]},{"quorum":1,"from":["group:legal"]}"#)
        .await
        .unwrap();
    let approval = ask(&world, to(ANN), None).await.unwrap().approval;
    vote(&world, &approval, &approver(2)).await.unwrap();
    let two = vote(&world, &approval, &owner()).await.unwrap();
    assert_eq!(two.decision, Decision::Pending, "two voted, and none of them is of legal");
    assert_eq!(two.progress(), [(0, 1), (2, 2)]);
    let three = vote(&world, &approval, &approver(3)).await.unwrap();
    assert!(matches!(three.decision, Decision::Approved { .. }));
    assert_eq!(send(&world, &approval).await, Dispatched::Now(Status::Sent));
}

#[tokio::test]
async fn nobody_makes_an_approval_weaker_by_changing_its_group() {
    let world = world().await;
    let legal = made(&world, "legal", &[3]).await.unwrap().group;
    policy(&world, r#"{"quorum":1,"from":["group:legal"]}"#).await.unwrap();
    let approval = ask(&world, to(ANN), None).await.unwrap().approval;
    assert_eq!(code(vote(&world, &approval, &approver(2)).await), "role_not_entitled");
    put(&world, legal.id, &[2]).await;
    assert_eq!(code(vote(&world, &approval, &approver(2)).await), "role_not_entitled", "who joined later");
    vote(&world, &approval, &approver(3)).await.unwrap();
    assert_eq!(send(&world, &approval).await, Dispatched::Now(Status::Sent), "whom it asked");
    // The next mail asks those who belong to it by then.
    let next = ask(&world, to(ANN), None).await.unwrap().approval;
    assert_eq!(code(vote(&world, &next, &approver(3)).await), "role_not_entitled");
    vote(&world, &next, &approver(2)).await.unwrap();
    // A seat that is gone gives no vote, whatever a group says, also after it was given.
    let gone = app::base::store::Write::Delete(Key::Member(member(2)));
    world.ports.store.commit(Change::new(samples::organization_id(1)).write(gone)).await.unwrap();
    assert_eq!(send(&world, &next).await, Dispatched::Now(Status::Cancelled));
    assert_eq!(world.sends(), 1);
}

#[tokio::test]
async fn new_group_bodies_are_bounded() {
    let many = vec![format!("\"{}\"", member(1)); 51].join(",");
    for body in [
        r#"{"name":"a"}"#.to_owned(),
        format!(r#"{{"name":"a","member_ids":[{many}]}}"#),
        r#"{"name":"a","member_ids":[],"more":1}"#.to_owned(),
        r#"{"name":"","member_ids":["x"]}"#.to_owned(),
    ] {
        let read: Result<NewGroup, Refusal> = wire::gate::groups::new(body.as_bytes());
        assert!(matches!(read, Err(Refusal::Invalid(_))), "{body}");
    }
}
