//! Tokens in memory: how many a member may have, and that each is found by its id.

use app::base::enter::Once;
use app::base::store::{Change, Key};
use app::gate::pause::{self, Covered};
use app::people::tokens::{MAX_TOKENS, NewToken, create, delete};
use app::{Ports, Refusal};
use domain::people::access::{Permit, Role, Scope, ScopeType};
use domain::people::credential::Token;
use futures_util::future::join_all;
use testkit::samples::{self, NOW};
use testkit::world::World;

async fn world() -> World {
    let world = World::default();
    let change = (1..=2).fold(Change::new(samples::organization_id(1)), |change, n| {
        change.create(samples::member(n, Role::Owner))
    });
    world.ports.store.commit(change).await.unwrap();
    world
}

fn owner<S: ScopeType>(n: u8) -> Permit<S> {
    samples::session(n, Role::Owner).0.principal(NOW).unwrap().permit().unwrap()
}

async fn made(ports: &Ports, member: u8) -> Result<Token, Refusal> {
    let new = NewToken { name: "one".into(), scopes: Some([Scope::MessagesRead].into()), inboxes: None };
    let once = Once::default();
    Ok(create(ports, &owner(member), new, &once, |_| (201, String::new())).await?.0)
}

fn code(refusal: &Refusal) -> &str {
    refusal.code().as_str()
}

#[tokio::test]
async fn a_member_has_a_hundred_tokens_at_most_however_many_are_asked_for_at_once() {
    let world = world().await;
    let asked = usize::try_from(MAX_TOKENS).unwrap() + 20;
    let answers = join_all((0..asked).map(|_| made(&world.ports, 1))).await;
    let (tokens, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((tokens.len(), refused.len()), (100, 20));
    for refusal in refused {
        assert_eq!(code(&refusal.unwrap_err()), "too_many_tokens");
    }
    made(&world.ports, 2).await.expect("another member has their own");

    // Of those who delete the same token at once one does, and it makes room for one.
    let first = tokens[0].as_ref().unwrap().id;
    let manage = owner(1);
    let deleted = join_all((0..5).map(|_| delete(&world.ports, &manage, first))).await;
    assert_eq!(deleted.iter().filter(|deleted| deleted.is_ok()).count(), 1);
    assert!(deleted.iter().filter_map(|deleted| deleted.as_ref().err()).all(|e| code(e) == "not_found"));
    made(&world.ports, 1).await.unwrap();
    assert_eq!(code(&made(&world.ports, 1).await.unwrap_err()), "too_many_tokens");
}

#[tokio::test]
async fn a_token_is_found_by_its_id_until_it_is_deleted() {
    let world = world().await;
    let token = made(&world.ports, 1).await.unwrap();
    let covered = Covered::Token(token.id);
    pause::pause(&world.ports, &owner(2), covered, "to be sure").await.unwrap();
    let stored = |world: &World| {
        let contents = world.store.contents();
        let key = (samples::organization_id(1), Key::Token(token.hash));
        contents.records.get(&key).cloned().and_then(|record| Token::try_from(record).ok())
    };
    assert!(stored(&world).unwrap().paused.is_some());
    let released: Permit<domain::people::access::scope::TokensManage> = owner(2);
    pause::resume(&world.ports, &*world.workflow, &released, &owner(2), covered, &[]).await.unwrap();
    assert_eq!(stored(&world).unwrap().paused, None);
    delete(&world.ports, &released, token.id).await.unwrap();
    assert_eq!(stored(&world), None);
    assert_eq!(code(&delete(&world.ports, &released, token.id).await.unwrap_err()), "not_found");
    let gone = pause::pause(&world.ports, &owner(2), covered, "too late").await;
    assert_eq!(code(&gone.unwrap_err()), "not_found");
}
