//! Whether an address is known to be somebody's, in memory: asked for by mail, confirmed by the link, and proven by the way.

use app::Refusal;
use app::base::store::{Change, DirectoryWrite, Key};
use app::gate::notify::{DueDigest, Notify, Teller};
use app::people::email::{self, AskedProof};
use app::people::resets;
use domain::base::code::Code;
use domain::people::access::Role;
use domain::people::credential::Session;
use domain::people::email::{EmailProof, EmailSecret};
use testkit::samples::{self, organization_id};
use testkit::world::World;

async fn world() -> (World, Session) {
    let world = World::default();
    let session = samples::session(1, Role::Owner).0;
    let change = Change::new(organization_id(1))
        .create(samples::organization(1))
        .create(samples::member(1, Role::Owner))
        .create(session.clone())
        .directory(DirectoryWrite::NewLogin(samples::login(1)));
    world.ports.store.commit(change).await.unwrap();
    (world, session)
}

/// Mails whom the last entry of the audit log names, and gives the link; none where nobody is mailed.
async fn mailed(world: &World) -> Option<EmailSecret> {
    let entry = world.store.contents().audit.last().cloned().unwrap();
    let member_id = domain::ledger::alerts::asks_for_proof(&(&entry).into()).unwrap();
    let before = world.notifier.called.lock().unwrap().len();
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
    let asked = AskedProof { organization_id: entry.organization_id, member_id, id: entry.id };
    for _ in 0..2 {
        teller.tell(&Notify::Proof(asked.clone())).await.unwrap();
    }
    let sent = world.notifier.called.lock().unwrap().clone();
    let (to, mime) = sent.get(before)?.clone();
    assert_eq!((to.as_str(), sent.len()), (samples::member(1, Role::Owner).email.as_str(), before + 1));
    let text = mail::parse(&mime).text.clone().unwrap();
    let link = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("https://console.test/console/email-verifications/"));
    EmailSecret::parse(link.unwrap())
}

fn code<T>(refused: Result<T, Refusal>) -> Code {
    refused.err().unwrap().code()
}

#[tokio::test]
async fn an_address_is_proven_by_the_last_link_within_a_day() {
    let (world, own) = world().await;
    assert_eq!(email::get(&world.ports, &own).await, Ok(None));
    email::ask(&world.ports, &own).await.unwrap();
    let first = mailed(&world).await.unwrap();
    email::ask(&world.ports, &own).await.unwrap();
    let second = mailed(&world).await.unwrap();
    assert_eq!(code(email::open(&world.ports, &first).await), Code::EmailLinkNotValid);
    assert_eq!(code(email::confirm(&world.ports, &first).await), Code::EmailLinkNotValid);
    let before = world.store.contents().records.clone();
    email::open(&world.ports, &second).await.unwrap();
    assert_eq!(world.store.contents().records, before, "a look changes nothing");
    world.pass(EmailProof::LIFE.as_secs());
    assert_eq!(code(email::confirm(&world.ports, &second).await), Code::EmailLinkExpired);
    email::ask(&world.ports, &own).await.unwrap();
    let third = mailed(&world).await.unwrap();
    email::confirm(&world.ports, &third).await.unwrap();
    email::confirm(&world.ports, &third).await.unwrap();
    let known = email::get(&world.ports, &own).await.unwrap().unwrap();
    assert_eq!(known.proven_at, Some(world.ports.now()));
    assert_eq!(code(email::ask(&world.ports, &own).await), Code::EmailVerified);
    let audit = world.store.contents().audit.clone();
    let confirmed = audit.iter().filter(|entry| entry.action == "email_verification.confirm").count();
    assert_eq!(confirmed, 1);
    assert!(!format!("{audit:?}").contains('@'));
}

#[tokio::test]
async fn so_many_mails_are_asked_for_a_day() {
    let (world, own) = world().await;
    for _ in 0..EmailProof::A_DAY {
        email::ask(&world.ports, &own).await.unwrap();
    }
    assert_eq!(code(email::ask(&world.ports, &own).await), Code::TooManyVerifications);
    world.pass(86_400);
    email::ask(&world.ports, &own).await.unwrap();
}

#[tokio::test]
async fn whoever_resets_their_password_by_mail_has_proven_their_address() {
    let (world, own) = world().await;
    let (reset, secret) = samples::reset(1);
    world.ports.store.commit(Change::new(organization_id(1)).create(reset)).await.unwrap();
    let good = "four words nobody puts together";
    resets::confirm(&world.ports, &*world.store, &secret.reveal(), good).await.unwrap();
    assert!(email::get(&world.ports, &own).await.unwrap().unwrap().proven_at.is_some());
    // What was asked for before is mailed to nobody any more.
    let entry = world.ports.audit(
        organization_id(1),
        &domain::people::access::Actor::Member { member_id: own.member_id },
        "email_verification.ask",
        own.member_id,
    );
    world.ports.store.commit(Change::new(organization_id(1)).audit(entry)).await.unwrap();
    assert!(mailed(&world).await.is_none());
    assert!(
        world.store.contents().records.contains_key(&(organization_id(1), Key::EmailProof(own.member_id)))
    );
}
