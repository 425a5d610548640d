//! Forgotten passwords in memory: what a stranger learns, the mail and its link, and every way in which it is useless.

use app::Refusal;
use app::base::enter::enter;
use app::base::store::{AddressEntry, Change, DirectoryWrite, Tally};
use app::gate::notify::{DueDigest, Notify, Teller};
use app::people::password::hash_password;
use app::people::resets::{self, AskedReset, Asking};
use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::people::access::Role;
use domain::people::credential::{Login, SignInWindow};
use domain::people::reset::{Reset, ResetSecret};
use testkit::samples::{self, NOW, organization_id};
use testkit::world::World;

const NEW: &str = "four words nobody puts together";

async fn world() -> World {
    let world = World::default();
    let login =
        Login { password_hash: hash_password("the one before", &[1; 16]).unwrap(), ..samples::login(1) };
    let change = Change::new(organization_id(1))
        .create(samples::organization(1))
        .create(samples::member(1, Role::Approver))
        .create(samples::session(1, Role::Approver).0)
        .directory(DirectoryWrite::NewLogin(login));
    world.ports.store.commit(change).await.unwrap();
    world
}

async fn ask(world: &World, email: &EmailAddress) -> Result<(), Refusal> {
    let with =
        Asking { directory: &*world.store, queue: &world.outside, encode: wire::people::resets::write };
    resets::ask(&world.ports, &with, email).await
}

/// What was queued last, as the notifier reads it.
fn queued(world: &World) -> AskedReset {
    let (body, delay) = world.outside.queued.lock().unwrap().last().cloned().unwrap();
    assert_eq!(delay, 0);
    assert!(!body.contains('@'), "{body}");
    match dispatch::notify::read(&body) {
        Some(Notify::Forgot(asked)) => asked,
        other => panic!("{other:?}"),
    }
}

async fn tell(world: &World, asked: AskedReset) {
    let from = samples::address("notifications@mail.example.com");
    let teller = Teller {
        ports: &world.ports,
        directory: &*world.store,
        notifier: &world.notifier,
        queue: &world.outside,
        encode: |_: &DueDigest| String::new(),
        from: &from,
        public_url: "https://console.test",
    };
    teller.tell(&Notify::Forgot(asked)).await.unwrap();
}

fn mails(world: &World) -> Vec<(String, String)> {
    let called = world.notifier.called.lock().unwrap();
    called.iter().map(|(to, mime)| (to.clone(), mail::parse(mime).text.clone().unwrap())).collect()
}

/// What the link of the last mail ends with.
fn link(world: &World) -> String {
    let (_, text) = mails(world).pop().unwrap();
    let behind = text.split("https://console.test/console/password-resets/").nth(1).unwrap();
    behind.split_whitespace().next().unwrap().to_owned()
}

async fn mailed(world: &World) -> String {
    ask(world, &samples::login(1).email).await.unwrap();
    tell(world, queued(world)).await;
    link(world)
}

async fn confirm(world: &World, link: &str, password: &str) -> Result<(), Refusal> {
    resets::confirm(&world.ports, &*world.store, link, password).await
}

fn code(refused: Result<(), Refusal>) -> Code {
    refused.unwrap_err().code()
}

fn hash(world: &World) -> String {
    world.store.contents().logins[&samples::login(1).email.mailbox_key()].password_hash.clone()
}

#[tokio::test]
async fn another_password_is_chosen_once_and_ends_all_sessions() {
    let world = world().await;
    let secret = samples::session(1, Role::Approver).1;
    let enters = async || enter(&world.ports, Some(secret.reveal()), &[], None).await.map(drop);
    let before = hash(&world);
    let link = mailed(&world).await;
    let (to, text) = mails(&world).pop().unwrap();
    assert_eq!(to, samples::login(1).email.as_str());
    assert!(text.contains("do nothing"), "{text}");
    resets::open(&world.ports, &ResetSecret::parse(&link).unwrap()).await.unwrap();
    enters().await.unwrap();
    assert_eq!(code(confirm(&world, &link, "password1234").await), Code::PasswordGuessable);
    world.pass(1);
    confirm(&world, &link, NEW).await.unwrap();
    assert_ne!(hash(&world), before);
    assert_eq!(code(enters().await), Code::InvalidCredential);
    assert_eq!(code(confirm(&world, &link, NEW).await), Code::ResetUsed);
    let contents = world.store.contents();
    let actions: Vec<_> = contents.audit.iter().map(|entry| entry.action).collect();
    assert_eq!(actions, ["password_reset.ask", "password_reset.confirm"]);
    assert!(!format!("{:?}", contents.audit).contains('@'));
}

#[tokio::test]
async fn every_way_to_be_useless() {
    let world = world().await;
    let first = mailed(&world).await;
    let second = mailed(&world).await;
    assert_eq!(code(confirm(&world, &first, NEW).await), Code::ResetNotValid, "a newer one was mailed");
    let none = samples::reset(9).1.reveal();
    let other = samples::reset(1).1.reveal();
    for stranger in ["", "cs_reset_", &none, &other, &second.replace("cs_reset_", "cs_link_")] {
        assert_eq!(confirm(&world, stranger, NEW).await, confirm(&world, "x", NEW).await, "{stranger}");
    }
    world.pass(3600);
    assert_eq!(code(confirm(&world, &second, NEW).await), Code::ResetExpired);
    // The member was removed meanwhile.
    let third = mailed(&world).await;
    let removed = Change::new(organization_id(1))
        .write(app::base::store::Write::Unseat(samples::member(1, Role::Viewer).id, Role::Approver));
    world.ports.store.commit(removed).await.unwrap();
    assert_eq!(code(confirm(&world, &third, NEW).await), Code::ResetNotValid);
}

#[tokio::test]
async fn an_address_with_a_login_and_one_without_are_answered_alike_and_so_often() {
    let world = world().await;
    let (known, nobody) = (samples::login(1).email, samples::address("nobody@example.com"));
    for email in [&known, &nobody] {
        for n in 1..=Reset::WITHIN_A_WINDOW + 2 {
            ask(&world, email).await.unwrap();
            let counted = world.outside.queued.lock().unwrap().len();
            assert_eq!(u64::try_from(counted).unwrap(), n.min(Reset::WITHIN_A_WINDOW), "{email:?}");
        }
        // Each of the two in its own count: the other's begins anew.
        world.outside.queued.lock().unwrap().clear();
    }
    let window = SignInWindow::of(NOW);
    for email in [&known, &nobody] {
        let key = (email.mailbox_key(), Tally::Resets, window);
        world.store.contents().tallies.insert(key, SignInWindow::ANSWERED);
    }
    assert_eq!(ask(&world, &known).await, ask(&world, &nobody).await);
    assert_eq!(code(ask(&world, &known).await), Code::TooManySignIns);
}

#[tokio::test]
async fn of_nobody_nothing_is_mailed_and_of_an_inbox_neither() {
    let world = world().await;
    ask(&world, &samples::address("nobody@example.com")).await.unwrap();
    tell(&world, queued(&world)).await;
    let entry = AddressEntry {
        address: samples::login(1).email,
        organization_id: organization_id(2),
        inbox_id: samples::inbox_id(1),
    };
    let change = Change::new(organization_id(2)).directory(DirectoryWrite::NewAddress(entry));
    world.ports.store.commit(change).await.unwrap();
    ask(&world, &samples::login(1).email).await.unwrap();
    tell(&world, queued(&world)).await;
    assert_eq!(mails(&world), []);
}

#[tokio::test]
async fn a_request_that_is_told_twice_is_mailed_once() {
    let world = world().await;
    ask(&world, &samples::login(1).email).await.unwrap();
    for _ in 0..3 {
        tell(&world, queued(&world)).await;
    }
    assert_eq!(mails(&world).len(), 1);
    confirm(&world, &link(&world), NEW).await.unwrap();
}
