//! Tokens in memory: how many a member may have, that each is found by its id, when it ends, and a secret that was lost.

use app::base::enter::{Entered, Once, Repeatable, enter};
use app::base::store::{Change, Key};
use app::gate::pause::{self, Covered};
use app::people::tokens::{MAX_TOKENS, NewToken, create, delete, replace_secret};
use app::{Ports, Refusal};
use domain::base::id::Id as _;
use domain::people::access::{Permit, Role, Scope, ScopeType};
use domain::people::credential::{Secret, Token};
use domain::{Timestamp, TokenId};
use futures_util::future::join_all;
use jiff::SignedDuration;
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

fn new_token(expires_at: Option<Timestamp>) -> NewToken {
    let scopes = [Scope::MessagesRead, Scope::TokensManage].into();
    NewToken { name: "one".into(), scopes, inboxes: None, expires_at }
}

async fn made(ports: &Ports, member: u8) -> Result<Token, Refusal> {
    let new = new_token(None);
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

async fn made_by(
    ports: &Ports,
    by: &Entered,
    expires_at: Option<Timestamp>,
) -> Result<(Token, Secret), Refusal> {
    let permit = by.principal.permit().unwrap();
    create(ports, &permit, new_token(expires_at), &Once::default(), |_| (201, String::new())).await
}

#[tokio::test]
async fn a_token_ends_when_it_should_and_so_does_what_it_made() {
    let world = world().await;
    let (session, secret) = samples::session(1, Role::Owner);
    world.ports.store.commit(Change::new(samples::organization_id(1)).create(session)).await.unwrap();
    let enters = async |secret: &Secret| enter(&world.ports, Some(secret.reveal()), &[], None).await;
    let person = enters(&secret).await.unwrap();
    let hour = NOW + SignedDuration::from_hours(1);
    let past = made_by(&world.ports, &person, Some(NOW)).await;
    assert_eq!(code(&past.unwrap_err()), "expires_at_in_the_past");
    let (_, parent) = made_by(&world.ports, &person, Some(hour)).await.unwrap();
    let program = enters(&parent).await.unwrap();
    let later = made_by(&world.ports, &program, Some(hour + SignedDuration::from_secs(1))).await;
    assert_eq!(code(&later.unwrap_err()), "beyond_parent");
    let (token, child) = made_by(&world.ports, &program, None).await.unwrap();
    assert_eq!(token.expires_at, Some(hour));
    let (endless, unlimited) = made_by(&world.ports, &person, None).await.unwrap();
    assert_eq!(endless.expires_at, None);

    world.pass(3599);
    for secret in [&parent, &child, &unlimited] {
        enters(secret).await.unwrap();
    }
    world.pass(1);
    for secret in [&parent, &child] {
        assert_eq!(enters(secret).await.err().as_ref().map(code), Some("token_expired"));
    }
    enters(&unlimited).await.unwrap();
}

#[tokio::test]
async fn a_secret_that_was_lost_is_replaced_within_ten_minutes_and_ends() {
    let world = world().await;
    let (session, secret) = samples::session(1, Role::Owner);
    world.ports.store.commit(Change::new(samples::organization_id(1)).create(session)).await.unwrap();
    let ask = async |body: &'static [u8], shows_secret| {
        let request = Repeatable { key: "once", route: "POST /v1/tokens", body, shows_secret };
        enter(&world.ports, Some(secret.reveal()), &[], Some(request)).await
    };
    let enters = async |secret: &Secret| enter(&world.ports, Some(secret.reveal()), &[], None).await;
    let saved = |token: &Token| (201, token.id.to_string());
    let again = async |entered: Entered| {
        let id = TokenId::parse(&entered.once.answered().unwrap().body).unwrap();
        let permit = entered.principal.permit().unwrap();
        replace_secret(&world.ports, &permit, id, &entered.once, saved).await
    };

    let entered = ask(b"{}", true).await.unwrap();
    assert_eq!(entered.once.answered(), None);
    let permit = entered.principal.permit().unwrap();
    let (token, first) = create(&world.ports, &permit, new_token(None), &entered.once, saved).await.unwrap();
    // Another body is another request, and whoever shows no secret answers as it did.
    assert_eq!(ask(b"[]", true).await.err().as_ref().map(code), Some("idempotency_key_reused"));
    assert!(matches!(ask(b"{}", false).await.err(), Some(Refusal::Answered(_))));

    // Each repeat ends the secret before it.
    world.pass(599);
    let (one, two) = (ask(b"{}", true).await.unwrap(), ask(b"{}", true).await.unwrap());
    let (same, second) = again(one).await.unwrap();
    assert_eq!(enters(&second).await.unwrap().principal.scopes, token.scopes);
    let (_, third) = again(two).await.unwrap();
    assert_eq!((same.id, same.created_at), (token.id, token.created_at));
    for ended in [&first, &second] {
        assert_eq!(enters(ended).await.err().as_ref().map(code), Some("invalid_credential"));
    }
    assert_eq!(enters(&third).await.unwrap().principal.scopes, token.scopes);
    // It is the one that its id leads to, and there is one of it.
    let tokens = |key: &Key| matches!(key, Key::Token(_));
    assert_eq!(world.store.contents().records.keys().filter(|(_, key)| tokens(key)).count(), 1);

    // A repeat moves no end.
    world.pass(1);
    assert!(matches!(ask(b"{}", true).await.err(), Some(Refusal::Answered(_))));
    delete(&world.ports, &permit, token.id).await.unwrap();
    assert_eq!(enters(&third).await.err().as_ref().map(code), Some("invalid_credential"));
}
