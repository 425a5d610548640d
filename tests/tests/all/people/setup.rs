//! Set-up links in memory: when one is drawn, what it makes, and every way in which it is useless.

use std::sync::Arc;

use app::Refusal;
use app::base::enter::enter;
use app::base::ports::{DataKey, DataKeys, FlowError};
use app::base::store::{Change, DirectoryWrite};
use app::people::sessions::Doors;
use app::people::setup::{self, Made, NewOrganization};
use async_trait::async_trait;
use domain::OrganizationId;
use domain::base::code::Code;
use domain::ledger::audit::Head;
use domain::people::access::{Role, Scope};
use domain::people::setup::{Setup, SetupSecret};
use testkit::samples::{self, organization_id};
use testkit::world::{PlainKeys, World};

const GOOD: &str = "four words nobody puts together";

async fn drawn(world: &World) -> SetupSecret {
    setup::draw(&world.ports, &*world.store, &*world.store, false).await.unwrap().1
}

/// Keys that take a moment, in which somebody else comes as far.
struct Slow;

#[async_trait]
impl DataKeys for Slow {
    async fn generate(&self, organization_id: OrganizationId) -> Result<(DataKey, Vec<u8>), FlowError> {
        tokio::task::yield_now().await;
        PlainKeys.generate(organization_id).await
    }

    async fn open(&self, organization_id: OrganizationId, sealed: &[u8]) -> Result<DataKey, FlowError> {
        PlainKeys.open(organization_id, sealed).await
    }
}

async fn make(world: &World, secret: &SetupSecret, email: &str, password: &str) -> Result<Made, Refusal> {
    let doors = Doors { directory: &*world.store, data_keys: &Slow };
    let email = samples::address(email);
    let new = NewOrganization { name: "Lamps".to_owned(), email, password: password.to_owned() };
    setup::make(&world.ports, &doors, secret, new, None).await
}

fn code<T>(refused: Result<T, Refusal>) -> Code {
    refused.err().unwrap().code()
}

#[tokio::test]
async fn whoever_has_the_link_is_the_owner_of_an_organization_once() {
    let world = World::default();
    let secret = drawn(&world).await;
    let made = make(&world, &secret, "grace@lamps.example", GOOD).await.unwrap();
    let entered = enter(&world.ports, Some(made.secret.reveal()), &[], None).await.unwrap();
    assert_eq!(
        (entered.principal.role, entered.principal.organization_id),
        (Role::Owner, made.organization.id)
    );
    assert!(entered.principal.scopes.contains(&Scope::InboxesManage));
    assert_eq!(code(make(&world, &secret, "eve@lamps.example", GOOD).await), Code::SetupUsed);
    let contents = world.store.contents();
    assert_eq!(contents.logins.len(), 1);
    let actions: Vec<_> = contents.audit.iter().map(|entry| entry.action).collect();
    assert_eq!(actions, ["organization.create", "member.create", "session.create"]);
    assert!(!format!("{:?}", contents.audit).contains('@'));
    // What is stored opens nothing.
    assert!(!format!("{:?}", contents.setups).contains(&secret.reveal()[SetupSecret::PREFIX.len()..]));
}

#[tokio::test]
async fn of_two_at_once_one_has_it() {
    let world = World::default();
    let secret = drawn(&world).await;
    let (one, other) = futures_util::future::join(
        make(&world, &secret, "one@lamps.example", GOOD),
        make(&world, &secret, "other@lamps.example", GOOD),
    )
    .await;
    let (made, refused): (Vec<_>, Vec<_>) = [one, other].into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (1, 1));
    for refused in refused {
        assert_eq!(code(refused), Code::SetupUsed);
    }
    let contents = world.store.contents();
    assert_eq!((contents.logins.len(), contents.audit.len()), (1, 3), "of the other nothing is left");
}

#[tokio::test]
async fn every_way_to_be_useless_leaves_the_link_as_it_is() {
    let world = World::default();
    let secret = drawn(&world).await;
    assert_eq!(
        code(make(&world, &secret, "grace@lamps.example", "password1234").await),
        Code::PasswordGuessable
    );
    assert_eq!(code(make(&world, &secret, "grace@mail.example.com", GOOD).await), Code::AddressOfInbox);
    let known = samples::login(1);
    let taken = Change::new(organization_id(1)).directory(DirectoryWrite::NewLogin(known.clone()));
    world.ports.store.commit(taken).await.unwrap();
    assert_eq!(code(make(&world, &secret, known.email.as_str(), GOOD).await), Code::EmailTaken);
    let stranger = SetupSecret::new([9; 32]);
    assert_eq!(code(make(&world, &stranger, "grace@lamps.example", GOOD).await), Code::SetupNotValid);
    assert!(setup::open(&world.ports, &*world.store, &secret).await.is_ok());
    world.pass(Setup::LIFE.as_secs());
    assert_eq!(code(make(&world, &secret, "grace@lamps.example", GOOD).await), Code::SetupExpired);
    assert_eq!(world.store.contents().audit.len(), 0, "nothing was done");
}

#[tokio::test]
async fn where_there_is_an_organization_a_link_is_drawn_for_whoever_insists() {
    let world = World::default();
    let store = Arc::clone(&world.store);
    let draw = async |another| setup::draw(&world.ports, &*store, &*store, another).await.map(drop);
    assert_eq!(draw(false).await, Ok(()));
    world.store.contents().heads.insert(organization_id(1), Head::genesis(organization_id(1)));
    assert_eq!(code(draw(false).await), Code::OrganizationExists);
    assert_eq!(draw(true).await, Ok(()));
    assert_eq!(world.store.contents().setups.len(), 2);
}
