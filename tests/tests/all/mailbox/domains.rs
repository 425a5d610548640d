//! Domains in memory: who may have which, how their records are followed, and what inboxes on them may do.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use app::Refusal;
use app::base::enter::Once;
use app::base::ports::{BlobKey, Blobs as _, IdentityError};
use app::base::store::{Change, Key, PageRequest, Record};
use app::gate::submit::{Draft, Submitted, submit};
use app::mailbox::domains::{self, Checked, Looking};
use app::mailbox::inboxes::{self, NewInbox};
use app::mailbox::receive::{EnvelopeView, Reading, Received, receive};
use app::mailbox::suppressions::Made;
use domain::base::address::Mailbox;
use domain::delivery::event::{EventKind, Subject};
use domain::mailbox::domains::{Answer, Domain, DomainName, DomainStatus, RecordStatus};
use domain::mailbox::inbox::Inbox;
use domain::mailbox::message::Verdicts;
use domain::people::access::{Permit, Role, ScopeType};
use futures_util::future::join_all;
use testkit::samples::{self, NOW, organization_id};
use testkit::world::World;

/// An owner of the `n`-th organization.
fn owner<S: ScopeType>(n: u8) -> Permit<S> {
    let (mut session, _) = samples::session(1, Role::Owner);
    session.organization_id = organization_id(n);
    session.principal(NOW).unwrap().permit().unwrap()
}

fn looking(world: &World) -> Looking<'_> {
    Looking { identities: &world.identities, dns: &world.dns, directory: &*world.store }
}

async fn asked(world: &World, n: u8, name: &str) -> Result<Made<Domain>, Refusal> {
    let name = DomainName::parse(name).unwrap();
    let (ports, once) = (&world.ports, Once::default());
    let answer = |_: &Made<Domain>| (201, String::new());
    domains::create(ports, &world.identities, &*world.store, &owner(n), (name, true), &once, answer).await
}

async fn added(world: &World, n: u8, name: &str) -> Domain {
    match asked(world, n, name).await.unwrap() {
        Made::New(domain) => domain,
        Made::Known(domain) => panic!("{} was there", domain.name),
    }
}

/// Sets the records of a domain that it is not verified without, or all.
fn set_records(world: &World, domain: &Domain, all: bool) {
    let mut records = world.dns.records.lock().unwrap_or_else(PoisonError::into_inner);
    for wanted in domain.wanted().into_iter().filter(|wanted| all || wanted.is_required()) {
        let answer = Answer { value: wanted.value, priority: wanted.priority };
        records.entry((wanted.name, wanted.kind)).or_default().push(answer);
    }
    world.identities.sending.lock().unwrap().insert(domain.name.to_string());
}

fn clear_records(world: &World, domain: &Domain) {
    world.dns.records.lock().unwrap().clear();
    world.identities.sending.lock().unwrap().remove(domain.name.as_str());
}

async fn verified(world: &World, n: u8, name: &str) -> Domain {
    let domain = added(world, n, name).await;
    set_records(world, &domain, true);
    let domain = verify(world, n, &domain).await.unwrap();
    assert_eq!(domain.status, DomainStatus::Verified);
    domain
}

async fn verify(world: &World, n: u8, domain: &Domain) -> Result<Domain, Refusal> {
    domains::verify(&world.ports, &looking(world), &owner(n), domain.id).await
}

async fn delete(world: &World, n: u8, domain: &Domain) -> Result<(), Refusal> {
    let (ports, identities) = (&world.ports, &world.identities);
    domains::delete(ports, identities, &*world.store, &owner(n), domain.id).await
}

async fn inbox(world: &World, n: u8, domain: &str, username: &str) -> Result<Inbox, Refusal> {
    let new = NewInbox {
        username: Some(username.to_owned()),
        display_name: None,
        domain: Some(DomainName::parse(domain).unwrap()),
    };
    inboxes::create(&world.ports, &owner(n), new, &Once::default(), |_| (201, String::new())).await
}

async fn check(world: &World) -> Checked {
    domains::check(&world.ports, &looking(world), &*world.store).await.unwrap()
}

fn stored(world: &World, domain: &Domain) -> Domain {
    let key = (domain.organization_id, Key::Domain(domain.id));
    let Some(Record::Domain(found)) = world.store.contents().records.get(&key).cloned() else {
        panic!("{} is gone", domain.name)
    };
    *found
}

/// The events about domains so far: type, name, status.
fn told(world: &World) -> Vec<(EventKind, String, DomainStatus)> {
    let contents = world.store.contents();
    let about = |event: &domain::delivery::event::Event| match &event.subject {
        Subject::Domain(notice) => Some((event.kind, notice.name.to_string(), notice.status)),
        _ => None,
    };
    contents.events.iter().filter_map(about).collect()
}

fn audited(world: &World) -> Vec<&'static str> {
    world.store.contents().audit.iter().map(|entry| entry.action).collect()
}

fn code(refusal: &Refusal) -> &str {
    refusal.code().as_str()
}

#[tokio::test]
async fn a_domain_is_asked_for_once_and_says_its_records() {
    let world = World::default();
    let domain = added(&world, 1, "Example.com").await;
    assert_eq!((domain.name.as_str(), domain.status), ("example.com", DomainStatus::Pending));
    assert_eq!(domain.wanted().len(), 8);
    let known = world.identities.known.lock().unwrap().clone();
    assert_eq!(known["example.com"].as_deref(), Some("bounce.example.com"));
    // The same again is the one that is there.
    let Made::Known(same) = asked(&world, 1, "example.com.").await.unwrap() else {
        panic!("it was made twice")
    };
    assert_eq!(same, domain);
    assert_eq!(audited(&world), ["domain.create"]);
    let page = PageRequest { limit: 10, cursor: None };
    let listed = domains::list(&world.ports, &owner(1), &page).await.unwrap();
    assert_eq!(listed.items, std::slice::from_ref(&domain));
    assert_eq!(domains::list(&world.ports, &owner(2), &page).await.unwrap().items, []);
    let strange = domains::get(&world.ports, &owner(2), domain.id).await.unwrap_err();
    assert_eq!(code(&strange), "not_found");
}

#[tokio::test]
async fn the_installation_s_own_domain_and_what_looks_like_it_is_nobody_s() {
    let world = World::default();
    for name in ["mail.example.com", "x.mail.example.com", "MAIL.example.com", "mail.exаmple.com"] {
        let refused = asked(&world, 1, name).await.unwrap_err();
        assert_eq!(code(&refused), "domain_of_installation", "{name}");
    }
    assert!(world.identities.known.lock().unwrap().is_empty() && world.store.contents().records.is_empty());
    added(&world, 1, "shop.example.com").await;
}

#[tokio::test]
async fn a_claim_keeps_nobody_off_and_a_verified_domain_does() {
    let world = World::default();
    let stranger = added(&world, 2, "example.org").await;
    let ours = added(&world, 1, "example.org").await;
    assert_ne!(ours.wanted()[0].value, stranger.wanted()[0].value);
    set_records(&world, &ours, true);
    // The keys are there, which both have: the proof is ours alone.
    let pending = verify(&world, 2, &stranger).await.unwrap();
    assert_eq!(pending.status, DomainStatus::Pending);
    assert_eq!(verify(&world, 1, &ours).await.unwrap().status, DomainStatus::Verified);
    for (name, why) in [
        ("example.org", "domain_taken"),
        ("a.b.example.org", "domain_of_another_organization"),
        ("exаmple.org", "domain_looks_alike"),
    ] {
        assert_eq!(code(&asked(&world, 3, name).await.unwrap_err()), why, "{name}");
    }
    added(&world, 1, "eu.example.org").await;
    // Even with a proof of their own they can't have it beside us, whoever looks.
    set_records(&world, &stranger, true);
    world.pass(60);
    assert_eq!(code(&verify(&world, 2, &stranger).await.unwrap_err()), "domain_taken");
    world.pass(3600);
    check(&world).await;
    assert_eq!(stored(&world, &stranger).status, DomainStatus::Failed);
    assert!(told(&world).contains(&(EventKind::DomainFailed, "example.org".into(), DomainStatus::Failed)));
    world.pass(60);
    // Once it is deleted, it is anybody's, and the other's identity stays.
    delete(&world, 1, &ours).await.unwrap();
    assert!(world.identities.known.lock().unwrap().contains_key("example.org"));
    assert_eq!(verify(&world, 2, &stored(&world, &stranger)).await.unwrap().status, DomainStatus::Verified);
    delete(&world, 2, &stranger).await.unwrap();
    assert!(!world.identities.known.lock().unwrap().contains_key("example.org"));
}

#[tokio::test]
async fn an_organization_has_twenty_domains_however_many_are_asked_for_at_once() {
    let world = World::default();
    let names: Vec<_> = (0..30).map(|n| format!("d{n}.example.org")).collect();
    let all = join_all(names.iter().map(|name| asked(&world, 1, name))).await;
    let (made, refused): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (20, 10));
    assert!(refused.iter().all(|it| code(it.as_ref().unwrap_err()) == "too_many_domains"));
    let Made::New(first) = made[0].as_ref().unwrap() else { panic!("it was there") };
    delete(&world, 1, first).await.unwrap();
    assert_eq!(code(&delete(&world, 1, first).await.unwrap_err()), "not_found");
    added(&world, 1, "another.example.org").await;
    added(&world, 2, "d99.example.org").await;
}

#[tokio::test]
async fn records_are_followed_by_the_clock_until_they_are_there() {
    let world = World::default();
    let domain = added(&world, 1, "example.org").await;
    assert_eq!(check(&world).await, Checked::default(), "not due yet");
    world.pass(61);
    assert_eq!(check(&world).await, Checked { looked: 1, failed: 0 });
    let looked = stored(&world, &domain);
    assert!(looked.judged().iter().all(|(_, judged)| judged.status == RecordStatus::Missing));
    assert_eq!(check(&world).await, Checked::default(), "looked at a moment ago");
    // DNS and SES that fail make nothing of it.
    world.dns.silent.store(true, Ordering::SeqCst);
    world.pass(61);
    check(&world).await;
    *world.identities.failure.lock().unwrap() = Some(IdentityError::Transient("slow".into()));
    world.pass(61);
    assert_eq!(check(&world).await, Checked { looked: 0, failed: 1 });
    world.dns.silent.store(false, Ordering::SeqCst);
    assert_eq!(told(&world), []);
    set_records(&world, &domain, false);
    assert_eq!(check(&world).await, Checked::default(), "what could not be looked at is not first again");
    world.pass(61);
    assert_eq!(check(&world).await, Checked { looked: 1, failed: 0 });
    assert_eq!(stored(&world, &domain).status, DomainStatus::Verified);
    let verified = (EventKind::DomainVerified, "example.org".to_owned(), DomainStatus::Verified);
    assert_eq!(told(&world), std::slice::from_ref(&verified));
    // Looked at daily; told once when records vanish, and when they were gone for three days.
    clear_records(&world, &domain);
    for _ in 0..(24 * 60) {
        world.pass(600);
        check(&world).await;
    }
    let vanished = (EventKind::DomainFailed, "example.org".to_owned(), DomainStatus::Verified);
    let failed = (EventKind::DomainFailed, "example.org".to_owned(), DomainStatus::Failed);
    assert_eq!(told(&world), [verified, vanished, failed]);
    assert_eq!(
        audited(&world),
        ["domain.create", "domain.verified", "domain.records_vanished", "domain.failed"]
    );
    let asked = world.dns.asked.load(Ordering::SeqCst);
    world.pass(100_000);
    check(&world).await;
    assert_eq!(world.dns.asked.load(Ordering::SeqCst), asked, "nobody looks any more");
    // Another may have it by now.
    let other = verified_by(&world, 2).await;
    assert_eq!(other.status, DomainStatus::Verified);
}

async fn verified_by(world: &World, n: u8) -> Domain {
    verified(world, n, "example.org").await
}

#[tokio::test]
async fn who_waits_for_records_looks_every_ten_seconds_at_most() {
    let world = World::default();
    let domain = added(&world, 1, "example.org").await;
    verify(&world, 1, &domain).await.unwrap();
    let refused = verify(&world, 1, &domain).await.unwrap_err();
    assert_eq!(code(&refused), "looked_just_now");
    assert!(matches!(refused, Refusal::NotBefore { retry_at, .. } if retry_at == NOW + Domain::PAUSE));
    assert_eq!(world.dns.asked.load(Ordering::SeqCst), 8);
    world.pass(10);
    verify(&world, 1, &domain).await.unwrap();
    // Given up after three days, it is waited for anew.
    for _ in 0..100 {
        world.pass(3600);
        check(&world).await;
    }
    assert_eq!(stored(&world, &domain).status, DomainStatus::Failed);
    assert_eq!(told(&world).len(), 1);
    let again = verify(&world, 1, &domain).await.unwrap();
    assert_eq!(again.status, DomainStatus::Pending);
    assert!(again.look_at.is_some());
}

#[tokio::test]
async fn an_identity_that_the_account_has_otherwise_is_left_alone_and_one_that_was_lost_is_made_anew() {
    let world = World::default();
    world.identities.foreign.lock().unwrap().insert("example.net".into());
    assert_eq!(code(&asked(&world, 1, "example.net").await.unwrap_err()), "domain_not_available");
    *world.identities.failure.lock().unwrap() = Some(IdentityError::Transient("slow".into()));
    assert_eq!(code(&asked(&world, 1, "example.org").await.unwrap_err()), "temporarily_unavailable");
    assert!(world.store.contents().records.is_empty(), "nothing is stored");
    let domain = added(&world, 1, "example.org").await;
    world.identities.known.lock().unwrap().clear();
    verify(&world, 1, &domain).await.unwrap();
    let known = world.identities.known.lock().unwrap().clone();
    assert_eq!(known["example.org"].as_deref(), Some("bounce.example.org"));
}

#[tokio::test]
async fn a_name_below_one_that_the_account_sends_for_otherwise_is_left_alone() {
    let world = World::default();
    world.identities.foreign.lock().unwrap().insert("example.net".into());
    assert_eq!(code(&asked(&world, 1, "news.example.net").await.unwrap_err()), "domain_not_available");
    assert_eq!(code(&asked(&world, 1, "a.news.example.net").await.unwrap_err()), "domain_not_available");
    added(&world, 1, "news.example.org").await;
}

#[tokio::test]
async fn so_many_domains_are_asked_for_on_a_day_however_many_are_deleted() {
    let world = World::default();
    for n in 0..Domain::MOST_A_DAY {
        let domain = added(&world, 1, &format!("n{n}.example.net")).await;
        delete(&world, 1, &domain).await.unwrap();
    }
    assert_eq!(code(&asked(&world, 1, "more.example.net").await.unwrap_err()), "too_many_domains");
    added(&world, 2, "more.example.net").await;
    world.pass(24 * 3_600);
    added(&world, 1, "more.example.net").await;
}

#[tokio::test]
async fn one_that_can_t_be_looked_at_keeps_no_other_from_it_and_comes_to_an_end() {
    let world = World::default();
    let domain = verified(&world, 1, "example.org").await;
    *world.identities.failure.lock().unwrap() = Some(IdentityError::Transient("slow".into()));
    world.pass(25 * 3_600);
    assert_eq!(check(&world).await, Checked { looked: 0, failed: 1 });
    assert_eq!(check(&world).await, Checked::default(), "it is not the first again");
    // What the account took for something else is sent for no more, and is said to be lost.
    world.identities.foreign.lock().unwrap().insert("example.org".into());
    for _ in 0..100 {
        world.pass(3_600);
        check(&world).await;
    }
    assert_eq!(stored(&world, &domain).status, DomainStatus::Failed);
}

#[tokio::test]
async fn whatever_comes_of_a_look_the_next_waits() {
    let world = World::default();
    let domain = added(&world, 2, "example.org").await;
    verified(&world, 1, "example.org").await;
    set_records(&world, &domain, true);
    assert_eq!(code(&verify(&world, 2, &domain).await.unwrap_err()), "domain_taken");
    assert_eq!(code(&verify(&world, 2, &domain).await.unwrap_err()), "looked_just_now");
    assert_eq!(stored(&world, &domain).status, DomainStatus::Pending);
}

/// Mail comes in for this address, and so many inboxes get it.
async fn come(world: &World, name: &str, address: &str) -> usize {
    let raw_key = format!("inbound/{name}");
    let bytes = format!("From: ann@elsewhere.example\r\nTo: {address}\r\nSubject: Hello\r\n\r\nHello\r\n");
    world.blobs.put(&BlobKey::Raw(raw_key.clone()), bytes.into(), "message/rfc822").await.unwrap();
    world.pass(60);
    let received = Received {
        provider_id: name.to_owned(),
        at: world.ports.now(),
        recipients: vec![samples::address(address)],
        raw_key,
        verdicts: Verdicts::default(),
        envelope: EnvelopeView::default(),
    };
    receive(&world.ports, &*world.blobs, &*world.store, &received, Reading::Parse).await.unwrap().len()
}

#[tokio::test]
async fn who_lost_a_domain_to_another_organization_neither_reads_its_mail_nor_asks_for_any() {
    let world = World::default();
    let lost = verified(&world, 1, "example.org").await;
    let old = inbox(&world, 1, "example.org", "sales").await.unwrap();
    assert_eq!(come(&world, "1", "sales@example.org").await, 1);
    ask(&world, 1, &old).await.unwrap();
    clear_records(&world, &lost);
    for _ in 0..100 {
        world.pass(3_600);
        check(&world).await;
    }
    assert_eq!(stored(&world, &lost).status, DomainStatus::Failed);
    // Nobody has it: what comes is theirs still. Nobody decides about what can't go.
    assert_eq!(come(&world, "2", "sales@example.org").await, 1);
    assert_eq!(code_of(ask(&world, 1, &old).await), "domain_not_verified");
    verified(&world, 2, "example.org").await;
    assert_eq!(come(&world, "3", "sales@example.org").await, 0);
    inbox(&world, 2, "example.org", "info").await.unwrap();
    assert_eq!(come(&world, "4", "info@example.org").await, 1);
}

#[tokio::test]
async fn inboxes_are_made_on_verified_domains_of_one_s_own_and_keep_them_from_being_deleted() {
    let world = World::default();
    let domain = added(&world, 1, "example.org").await;
    assert_eq!(code(&inbox(&world, 1, "example.org", "a").await.unwrap_err()), "domain_not_verified");
    set_records(&world, &domain, true);
    verify(&world, 1, &domain).await.unwrap();
    assert_eq!(code(&inbox(&world, 2, "example.org", "a").await.unwrap_err()), "unknown_domain");
    assert_eq!(code(&inbox(&world, 1, "example.net", "a").await.unwrap_err()), "unknown_domain");
    assert_eq!(code(&inbox(&world, 1, "example.org", "postmaster").await.unwrap_err()), "invalid_username");
    let first = inbox(&world, 1, "example.org", "sales-0").await.unwrap();
    assert_eq!((first.address.as_str(), first.domain_id), ("sales-0@example.org", Some(domain.id)));
    assert_eq!(code(&inbox(&world, 1, "example.org", "sales-0").await.unwrap_err()), "address_taken");
    let own = inbox(&world, 1, "mail.example.com", "sales-0").await.unwrap();
    assert_eq!(own.domain_id, None, "the installation's own, named");
    let mut others = vec![first];
    for n in 1..12 {
        others.push(inbox(&world, 1, "example.org", &format!("sales-{n}")).await.unwrap());
    }
    let Refusal::Because { code, details, .. } = delete(&world, 1, &domain).await.unwrap_err() else {
        panic!()
    };
    assert_eq!(code.as_str(), "domain_in_use");
    assert_eq!(details[0], ("inboxes", "12".to_owned()));
    assert_eq!(details[1].1.split(' ').filter(|it| it.ends_with("@example.org")).count(), 10);
    for inbox in &others {
        inboxes::delete(&world.ports, &owner(1), inbox.id).await.unwrap();
    }
    delete(&world, 1, &domain).await.unwrap();
    assert!(world.store.contents().families.values().all(|family| family.holdings.is_empty()));
    // The address stays taken, for whoever has the domain next as well.
    let again = verified(&world, 2, "example.org").await;
    assert_eq!(code_of(inbox(&world, 2, again.name.as_str(), "sales-0").await), "address_taken");
}

fn code_of<T>(answer: Result<T, Refusal>) -> String {
    answer.err().map(|refusal| code(&refusal).to_owned()).unwrap_or_default()
}

async fn ask(world: &World, n: u8, inbox: &Inbox) -> Result<Submitted, Refusal> {
    let draft = Draft {
        to: vec![Mailbox::bare(samples::address("ann@a.example"))],
        text: Some("Hello".into()),
        ..Draft::default()
    };
    let (sending, respond) = (world.sending(), |_: &Submitted| (202, String::new()));
    submit(&sending, &owner(n), inbox.id, draft, None, &Once::default(), respond).await
}

#[tokio::test]
async fn from_a_new_domain_few_mails_are_asked_for_at_first_by_all_its_inboxes_together() {
    let world = World::default();
    world.ports.store.commit(Change::new(organization_id(1)).create(samples::inbox(1))).await.unwrap();
    verified(&world, 1, "example.com").await;
    let (one, two) = (
        inbox(&world, 1, "example.com", "one").await.unwrap(),
        inbox(&world, 1, "example.com", "two").await.unwrap(),
    );
    for _ in 0..25 {
        ask(&world, 1, &one).await.unwrap();
        ask(&world, 1, &two).await.unwrap();
    }
    for refused in [ask(&world, 1, &one).await, ask(&world, 1, &two).await] {
        let refused = refused.unwrap_err();
        let Refusal::NotBefore { message, retry_at, .. } = &refused else { panic!("{refused:?}") };
        assert_eq!(code(&refused), "daily_limit_reached");
        assert!(*retry_at > NOW && message.contains("is new") && message.contains("50 mails"), "{message}");
    }
    // The installation's own domain is not new.
    ask(&world, 1, &samples::inbox(1)).await.unwrap();
    world.pass(24 * 3_600);
    for _ in 0..51 {
        ask(&world, 1, &one).await.unwrap();
    }
}
