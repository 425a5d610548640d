//! Tokens in memory: how many a member may have, that each is found by its id, when it ends, a secret that was lost, and another in its
//! place.

use app::base::enter::{Entered, Once, Repeatable, enter};
use app::base::store::{Amendment, Change, Key, PageRequest, Record};
use app::gate::pause::{self, Covered};
use app::people::tokens::{MAX_TOKENS, NewToken, amend, create, delete, list, replace_secret, rotate};
use app::{Ports, Refusal};
use domain::base::id::Id as _;
use domain::people::access::{Permit, Role, Scope, ScopeType, scope};
use domain::people::credential::{Secret, Session, Standing, Token};
use domain::people::limit::SendsPerDay;
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
    let session = Session { proved_at: samples::later(10_000_000), ..samples::session(n, Role::Owner).0 };
    session.principal(NOW).unwrap().permit().unwrap()
}

fn new_token(expires_at: Option<Timestamp>) -> NewToken {
    let scopes = [Scope::MessagesRead, Scope::TokensManage].into();
    NewToken { name: "one".into(), scopes, inboxes: None, expires_at, sends_per_day: None }
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
    let released: Permit<scope::TokensManage> = owner(2);
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

/// A world in which member 1 is signed in, with the secret of their session.
async fn signed_in() -> (World, Secret) {
    let world = world().await;
    let (session, secret) = samples::session(1, Role::Owner);
    world.ports.store.commit(Change::new(samples::organization_id(1)).create(session)).await.unwrap();
    (world, secret)
}

async fn comes_in(world: &World, secret: &Secret) -> Result<Entered, Refusal> {
    enter(&world.ports, Some(secret.reveal()), &[], None).await
}

async fn rotated(world: &World, by: &Entered, id: TokenId, overlap: i64) -> Result<(Token, Secret), Refusal> {
    let permit = by.principal.permit().unwrap();
    let overlap = SignedDuration::from_secs(overlap);
    rotate(&world.ports, &permit, id, overlap, &Once::default(), |_| (200, String::new())).await
}

async fn standings(world: &World) -> Vec<Standing> {
    let page = PageRequest { limit: 100, cursor: None };
    let listed = list(&world.ports, &owner(1), &page).await.unwrap();
    listed.items.into_iter().map(|(_, standing)| standing).collect()
}

fn records_of_tokens(world: &World) -> usize {
    world.store.contents().records.values().filter(|record| matches!(record, Record::Token(_))).count()
}

#[tokio::test]
async fn a_rotated_token_is_the_same_with_both_secrets_until_the_first_ends() {
    let (world, session) = signed_in().await;
    let person = comes_in(&world, &session).await.unwrap();
    let (token, first) = made_by(&world.ports, &person, None).await.unwrap();
    let (_, child) = made_by(&world.ports, &comes_in(&world, &first).await.unwrap(), None).await.unwrap();
    let (same, second) = rotated(&world, &person, token.id, 3_600).await.unwrap();
    assert_eq!((same.id, same.hash), (token.id, token.hash));
    assert_eq!(same.last_four, second.last_four());

    // What is asked with either is asked with the same credential, so that neither can be told from the other afterwards.
    let (old, new) = (
        comes_in(&world, &first).await.unwrap().principal,
        comes_in(&world, &second).await.unwrap().principal,
    );
    assert_eq!((&old, old.actor.name()), (&new, Some("one")));
    assert_eq!(new.credential.tokens(), [token.hash]);

    world.pass(3_600);
    assert_eq!(comes_in(&world, &first).await.err().as_ref().map(code), Some("invalid_credential"));
    for secret in [&second, &child] {
        comes_in(&world, secret).await.unwrap();
    }
    // A pause is of the token, whatever its secret, and so is its end.
    let covered = Covered::Token(token.id);
    pause::pause(&world.ports, &owner(2), covered, "to be sure").await.unwrap();
    for secret in [&second, &child] {
        assert_eq!(comes_in(&world, secret).await.err().as_ref().map(code), Some("token_paused"));
    }
    assert_eq!(standings(&world).await, [Standing::Paused; 2]);
    pause::resume(&world.ports, &*world.workflow, &owner::<scope::TokensManage>(2), &owner(2), covered, &[])
        .await
        .unwrap();
    comes_in(&world, &second).await.unwrap();
    assert_eq!(standings(&world).await, [Standing::Active; 2], "a secret is no token more");
    delete(&world.ports, &owner(1), token.id).await.unwrap();
    assert_eq!(standings(&world).await, [Standing::Ended], "what it made ended with it");
    for secret in [&second, &child] {
        assert_eq!(comes_in(&world, secret).await.err().as_ref().map(code), Some("invalid_credential"));
    }
    assert_eq!(records_of_tokens(&world), 1, "the child's alone is left");
}

#[tokio::test]
async fn each_rotation_ends_all_secrets_but_the_last_two_and_one_without_overlap_all_but_one() {
    let (world, session) = signed_in().await;
    let person = comes_in(&world, &session).await.unwrap();
    let (token, first) = made_by(&world.ports, &person, None).await.unwrap();
    let (_, second) = rotated(&world, &person, token.id, 3_600).await.unwrap();
    let (_, third) = rotated(&world, &person, token.id, 3_600).await.unwrap();
    comes_in(&world, &second).await.unwrap();
    comes_in(&world, &third).await.unwrap();
    assert_eq!(comes_in(&world, &first).await.err().as_ref().map(code), Some("invalid_credential"));
    let (_, last) = rotated(&world, &person, token.id, 0).await.unwrap();
    for ended in [&first, &second, &third] {
        assert_eq!(comes_in(&world, ended).await.err().as_ref().map(code), Some("invalid_credential"));
    }
    comes_in(&world, &last).await.unwrap();
    assert!(records_of_tokens(&world) <= 3, "what is over is gone");

    // Of those who rotate it at once one does, and nobody has a secret that does not hold.
    let asked = join_all((0..5).map(|_| rotated(&world, &person, token.id, 60))).await;
    let secrets: Vec<_> = asked.into_iter().filter_map(|asked| Some(asked.ok()?.1)).collect();
    assert!(!secrets.is_empty());
    comes_in(&world, secrets.last().unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_secret_of_a_rotation_that_was_lost_is_replaced_and_the_one_before_keeps_its_time() {
    let (world, session) = signed_in().await;
    let person = comes_in(&world, &session).await.unwrap();
    let (token, first) = made_by(&world.ports, &person, None).await.unwrap();
    let again = async || {
        let request = Repeatable { key: "once", route: "POST …/rotate", body: b"{}", shows_secret: true };
        let entered = enter(&world.ports, Some(session.reveal()), &[], Some(request)).await.unwrap();
        let permit = entered.principal.permit().unwrap();
        let saved = |token: &Token| (200, token.id.to_string());
        let hour = SignedDuration::from_hours(1);
        rotate(&world.ports, &permit, token.id, hour, &entered.once, saved).await.unwrap().1
    };
    let lost = again().await;
    world.pass(599);
    let second = again().await;
    assert_eq!(comes_in(&world, &lost).await.err().as_ref().map(code), Some("invalid_credential"));
    comes_in(&world, &second).await.unwrap();
    world.pass(3_000);
    comes_in(&world, &first).await.unwrap();
    world.pass(1);
    assert_eq!(comes_in(&world, &first).await.err().as_ref().map(code), Some("invalid_credential"));
    comes_in(&world, &second).await.unwrap();
    let actions: Vec<_> = world.store.contents().audit.iter().map(|entry| entry.action).collect();
    assert_eq!(actions.iter().filter(|action| **action == "token.rotate").count(), 1, "{actions:?}");
}

#[tokio::test]
async fn nobody_gets_a_secret_of_another_s_token_nor_a_token_one_of_what_it_did_not_make() {
    let (world, session) = signed_in().await;
    let person = comes_in(&world, &session).await.unwrap();
    let (token, secret) = made_by(&world.ports, &person, None).await.unwrap();
    let (other, _) = made_by(&world.ports, &person, None).await.unwrap();
    let program = comes_in(&world, &secret).await.unwrap();
    let (child, _) = made_by(&world.ports, &program, None).await.unwrap();
    for (id, outcome) in [(token.id, None), (child.id, None), (other.id, Some("person_required"))] {
        let refused = rotated(&world, &program, id, 0).await.err();
        assert_eq!(refused.as_ref().map(code), outcome);
    }
    // Another owner may pause it and delete it; with its secret they would ask in the name of whom they approve.
    let (permit, once) = (owner(2), Once::default());
    let refused =
        rotate(&world.ports, &permit, token.id, Token::OVERLAP, &once, |_| (200, String::new())).await;
    assert_eq!(code(&refused.unwrap_err()), "owner_of_token_required");
}

#[tokio::test]
async fn use_is_written_down_once_an_hour_and_is_no_reason_to_fail() {
    let (world, session) = signed_in().await;
    let mut person = comes_in(&world, &session).await.unwrap();
    let (token, secret) = made_by(&world.ports, &person, None).await.unwrap();
    let used = || {
        let contents = world.store.contents();
        match contents.records.get(&(samples::organization_id(1), Key::Token(token.hash))) {
            Some(Record::Token(token)) => token.last_used_at,
            _ => None,
        }
    };
    assert_eq!(used(), None);
    world.store.fail_commits(vec![app::base::store::StoreError::Transient("down".into())]);
    comes_in(&world, &secret).await.unwrap();
    assert_eq!(used(), None);
    comes_in(&world, &secret).await.unwrap();
    assert_eq!(used(), Some(NOW));
    world.pass(3_599);
    comes_in(&world, &secret).await.unwrap();
    assert_eq!(used(), Some(NOW));
    world.pass(1);
    person.principal.proved_at = Some(samples::later(3_600));
    let (_, second) = rotated(&world, &person, token.id, 60).await.unwrap();
    comes_in(&world, &second).await.unwrap();
    assert_eq!(used(), Some(samples::later(3_600)));
}

#[tokio::test]
async fn a_token_is_renamed_by_whoever_manages_it_and_limited_by_a_person_within_what_made_it() {
    let (world, session) = signed_in().await;
    let person = comes_in(&world, &session).await.unwrap();
    let limited = async |by: &Entered, limit: u64| {
        let new = NewToken { sends_per_day: SendsPerDay::new(limit), ..new_token(None) };
        let permit = by.principal.permit().unwrap();
        create(&world.ports, &permit, new, &Once::default(), |_| (201, String::new())).await
    };
    let (token, secret) = limited(&person, 10).await.unwrap();
    let program = comes_in(&world, &secret).await.unwrap();
    assert_eq!(code(&limited(&program, 11).await.unwrap_err()), "beyond_parent");
    assert_eq!(made_by(&world.ports, &program, None).await.unwrap().0.sends_per_day, SendsPerDay::new(10));

    let rename = Amendment { name: Some("two".into()), sends_per_day: None, ..Amendment::default() };
    let renamed = amend(&world.ports, &program.principal.permit().unwrap(), token.id, rename).await.unwrap();
    assert_eq!((renamed.name.as_str(), renamed.sends_per_day), ("two", SendsPerDay::new(10)));
    let free = Amendment { name: None, sends_per_day: Some(None), ..Amendment::default() };
    let refused = amend(&world.ports, &program.principal.permit().unwrap(), token.id, free.clone()).await;
    assert_eq!(code(&refused.unwrap_err()), "person_required");
    let freed = amend(&world.ports, &owner(1), token.id, free).await.unwrap();
    assert_eq!((freed.name.as_str(), freed.sends_per_day), ("two", None));
    assert_eq!(comes_in(&world, &secret).await.unwrap().principal.actor.name(), Some("two"));
}
