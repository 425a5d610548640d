//! Signing in: how many passwords are compared, what a stranger learns of that, and when a session ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use app::base::enter::enter;
use app::base::store::{
    AddressEntry, Change, Directory, DirectoryWrite, Key, List, ListError, Page, PageRequest, Record, Store,
    StoreError, Tally,
};
use app::people::password;
use app::people::sessions::{self, Doors, SignIn};
use app::{Ports, Refusal};
use async_trait::async_trait;
use domain::OrganizationId;
use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::gate::seal::Ticket;
use domain::mailbox::domains::{DomainName, Family};
use domain::mailbox::lifecycle::Nonce;
use domain::mailbox::message::Message;
use domain::people::access::Role;
use domain::people::credential::{Login, Secret, Session, SignInWindow};
use domain::people::passkey::Ceremony;
use domain::people::registration::BoundWindow;
use domain::people::setup::Setup;
use testkit::MemoryStore;
use testkit::samples;
use testkit::world::{PlainKeys, World};
use tokio::sync::Barrier;

const RIGHT: &str = "a sentence that is long enough";

/// The store and the directory, with what was asked of them.
struct Watched {
    inner: Arc<MemoryStore>,
    calls: Mutex<Vec<&'static str>>,
    /// So many look-ups of a login wait for each other.
    together: Barrier,
    /// Whether nothing can be counted.
    uncountable: bool,
}

impl Watched {
    fn call(&self, name: &'static str) {
        self.calls.lock().unwrap().push(name);
    }

    fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

#[async_trait]
impl Directory for Watched {
    async fn login(&self, email: &EmailAddress) -> Result<Option<Login>, StoreError> {
        self.call("login");
        self.together.wait().await;
        self.inner.login(email).await
    }

    async fn count(
        &self,
        email: &EmailAddress,
        tally: Tally,
        window: SignInWindow,
    ) -> Result<u64, StoreError> {
        if self.uncountable {
            return Err(StoreError::Transient("away".to_owned()));
        }
        self.call("write");
        self.inner.count(email, tally, window).await
    }

    async fn count_registration(&self, of: Digest, window: BoundWindow) -> Result<u64, StoreError> {
        self.inner.count_registration(of, window).await
    }

    async fn addresses(&self, addresses: &[EmailAddress]) -> Result<Vec<AddressEntry>, StoreError> {
        self.inner.addresses(addresses).await
    }

    async fn keep_setup(&self, setup: &Setup) -> Result<(), StoreError> {
        self.inner.keep_setup(setup).await
    }

    async fn setup(&self, hash: Digest) -> Result<Option<Setup>, StoreError> {
        self.inner.setup(hash).await
    }

    async fn keep_ceremony(&self, ceremony: &Ceremony) -> Result<(), StoreError> {
        self.inner.keep_ceremony(ceremony).await
    }

    async fn ceremony(&self, hash: Digest) -> Result<Option<Ceremony>, StoreError> {
        self.inner.ceremony(hash).await
    }

    async fn family(&self, look: &str) -> Result<Family, StoreError> {
        self.inner.family(look).await
    }

    async fn claims(&self, name: &DomainName) -> Result<u64, StoreError> {
        self.inner.claims(name).await
    }
}

#[async_trait]
impl Store for Watched {
    async fn load(
        &self,
        organization_id: OrganizationId,
        keys: &[Key],
    ) -> Result<Vec<Option<Record>>, StoreError> {
        self.call("load");
        self.inner.load(organization_id, keys).await
    }

    async fn list(
        &self,
        organization_id: OrganizationId,
        list: &List,
        page: &PageRequest,
    ) -> Result<Page<Record>, ListError> {
        self.inner.list(organization_id, list, page).await
    }

    fn cursor(&self, organization_id: OrganizationId, list: &List, record: &Record) -> Option<String> {
        self.inner.cursor(organization_id, list, record)
    }

    async fn commit(&self, change: Change) -> Result<(), StoreError> {
        self.call("write");
        self.inner.commit(change).await
    }

    async fn claim(
        &self,
        ticket: &Ticket,
        nonce: Nonce,
        now: domain::Timestamp,
    ) -> Result<Option<Message>, StoreError> {
        self.inner.claim(ticket, nonce, now).await
    }
}

/// An installation with one person who has a login.
struct House {
    world: World,
    watched: Arc<Watched>,
    ports: Ports,
    email: EmailAddress,
}

impl House {
    async fn new() -> Self {
        Self::with(1, false).await
    }

    async fn with(together: usize, uncountable: bool) -> Self {
        let world = World::default();
        let member = samples::member(1, Role::Approver);
        let login =
            Login { password_hash: password::hash_password(RIGHT, &[7; 16]).unwrap(), ..samples::login(1) };
        let email = login.email.clone();
        let change = Change::new(samples::organization_id(1))
            .create(samples::organization(1))
            .create(member)
            .directory(DirectoryWrite::NewLogin(login));
        world.ports.store.commit(change).await.unwrap();
        let watched = Arc::new(Watched {
            inner: Arc::clone(&world.store),
            calls: Mutex::default(),
            together: Barrier::new(together),
            uncountable,
        });
        let ports = Ports { store: Arc::<Watched>::clone(&watched), ..world.ports.clone() };
        Self { world, watched, ports, email }
    }

    async fn try_with(&self, password: &str) -> Result<(Session, Secret), Refusal> {
        self.try_as(&self.email, password).await
    }

    async fn try_as(&self, email: &EmailAddress, password: &str) -> Result<(Session, Secret), Refusal> {
        let shown = SignIn { email, password, code: None, browser: None };
        let doors = Doors { directory: &*self.watched, data_keys: &PlainKeys };
        sessions::sign_in(&self.ports, &doors, &shown).await
    }

    /// How often each reason of a refusal stands in the audit log.
    fn refused(&self) -> BTreeMap<String, usize> {
        let mut reasons = BTreeMap::new();
        for entry in &self.world.store.contents().audit {
            if entry.action == "session.refuse" {
                assert_eq!(entry.target, samples::login(1).user_id.to_string());
                assert_eq!(entry.details[0].0, "reason");
                *reasons.entry(entry.details[0].1.clone()).or_default() += 1;
            }
        }
        reasons
    }
}

fn reasons(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect()
}

fn is_wrong(answer: &Result<(Session, Secret), Refusal>) -> bool {
    matches!(answer, Err(Refusal::Because { code: Code::WrongEmailOrPassword, .. }))
}

/// All of them are under way before the first is compared: whoever looked first and counted later would compare them all.
#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_passwords_at_once_get_no_more_guesses_than_in_a_row() {
    const MANY: usize = 300;
    let house = Arc::new(House::with(MANY, false).await);
    let attempts = (0..MANY).map(|n| {
        let house = Arc::clone(&house);
        let password = if n == MANY / 2 { RIGHT } else { "not the password at all" };
        tokio::spawn(async move { house.try_with(password).await })
    });
    let answers = futures_util::future::join_all(attempts).await;
    let let_in = answers.iter().filter(|answer| answer.as_ref().unwrap().is_ok()).count();
    // Whether the right one is among the first ten is chance; that no more than ten are compared is not.
    assert_eq!(house.refused(), reasons(&[("locked", MANY - 10), ("wrong_password", 10 - let_in)]));

    let house = House::new().await;
    for n in 1..=30 {
        let answer = house.try_with(if n == 11 { RIGHT } else { "not the password at all" }).await;
        assert!(is_wrong(&answer), "{n}: {answer:?}");
    }
    assert_eq!(house.refused(), reasons(&[("locked", 20), ("wrong_password", 10)]));
}

#[tokio::test]
async fn the_right_password_gives_the_guesses_back() {
    let house = House::new().await;
    for round in 0..3 {
        for _ in 1..SignInWindow::GUESSES {
            assert!(is_wrong(&house.try_with("mistyped").await));
        }
        assert!(house.try_with(RIGHT).await.is_ok(), "{round}");
    }
    assert_eq!(house.refused(), reasons(&[("wrong_password", 27)]));
    for _ in 0..SignInWindow::GUESSES {
        assert!(is_wrong(&house.try_with("mistyped").await));
    }
    assert!(is_wrong(&house.try_with(RIGHT).await), "locked");
}

#[tokio::test]
async fn a_lock_ends_with_its_quarter_of_an_hour_however_many_attempts_there_were() {
    let house = House::new().await;
    house.world.pass(17 * 60);
    for _ in 0..50 {
        assert!(is_wrong(&house.try_with("guessed").await));
    }
    assert!(is_wrong(&house.try_with(RIGHT).await));
    house.world.pass(13 * 60 - 1);
    assert!(is_wrong(&house.try_with(RIGHT).await));
    house.world.pass(1);
    assert!(house.try_with(RIGHT).await.is_ok(), "half past");
}

/// The same words, and as many calls of each kind.
#[tokio::test]
async fn an_unknown_address_a_wrong_password_and_a_locked_login_are_answered_alike() {
    let house = House::new().await;
    let nobody = samples::address("nobody@example.com");
    let mut answers = vec![];
    for attempt in 1..=SignInWindow::ANSWERED + 3 {
        // The hashing of a thousand would take long and tell nothing new.
        if (13..=SignInWindow::ANSWERED).contains(&attempt) {
            for email in [&house.email, &nobody] {
                house
                    .watched
                    .inner
                    .count(email, Tally::Attempts, SignInWindow::of(samples::NOW))
                    .await
                    .unwrap();
            }
            continue;
        }
        let mut seen = vec![];
        for email in [&house.email, &nobody] {
            let refusal = house.try_as(email, "guessed").await.unwrap_err();
            seen.push((refusal, house.watched.calls()));
        }
        assert_eq!(seen[0], seen[1], "{attempt}");
        answers.push(seen.remove(0));
    }
    let wrong = &answers[0];
    assert!(matches!(wrong.0, Refusal::Because { code: Code::WrongEmailOrPassword, .. }));
    assert_eq!(wrong.1, ["write", "login", "write"]);
    assert!(answers[..12].iter().all(|answer| answer == wrong), "{answers:?}");
    // Who goes on is turned away, and costs one write.
    let flood = |calls: &[&'static str]| {
        let refusal = Refusal::NotBefore {
            code: Code::TooManySignIns,
            message: "too many attempts with this address: wait before the next".to_owned(),
            retry_at: samples::later(900),
        };
        (refusal, calls.to_vec())
    };
    assert_eq!(answers[12..], [flood(&["write", "login", "write"]), flood(&["write"]), flood(&["write"])]);
    // The first of those stands for the others.
    assert_eq!(house.refused(), reasons(&[("flood", 1), ("locked", 2), ("wrong_password", 10)]));
}

#[tokio::test]
async fn an_attempt_that_can_t_be_counted_or_written_down_opens_nothing() {
    let house = House::with(1, true).await;
    let answer = house.try_with(RIGHT).await;
    assert!(matches!(answer, Err(Refusal::Unavailable(_))), "{answer:?}");
    assert_eq!(house.watched.calls(), Vec::<&str>::new(), "nothing is looked at");

    let house = House::new().await;
    house.world.store.fail_commits(vec![StoreError::Transient("away".to_owned())]);
    assert!(matches!(house.try_with(RIGHT).await, Err(Refusal::Unavailable(_))));
    house.world.store.fail_commits(vec![StoreError::Transient("away".to_owned())]);
    assert!(matches!(house.try_with("guessed").await, Err(Refusal::Unavailable(_))));
    assert_eq!(house.refused(), reasons(&[]));
    // They are counted all the same.
    for _ in 2..SignInWindow::GUESSES {
        assert!(is_wrong(&house.try_with("guessed").await));
    }
    assert!(is_wrong(&house.try_with(RIGHT).await));
}

#[tokio::test]
async fn a_login_without_a_seat_opens_nothing_and_that_is_written_down() {
    let house = House::new().await;
    let seat = Key::Member(samples::member(1, Role::Approver).id);
    house.world.store.contents().records.remove(&(samples::organization_id(1), seat));
    assert!(is_wrong(&house.try_with(RIGHT).await));
    assert_eq!(house.refused(), reasons(&[("no_seat", 1)]));
}

#[tokio::test]
async fn a_session_that_is_used_every_hour_ends_after_seven_days() {
    let house = House::new().await;
    let (session, secret) = house.try_with(RIGHT).await.unwrap();
    let end = house.world.ports.now() + Session::LIFE;
    assert_eq!((session.expires_at, session.ends_at), (house.world.ports.now() + Session::IDLE, end));
    for hour in 1..7 * 24 {
        house.world.pass(3600);
        let entered = enter(&house.world.ports, Some(secret.reveal()), &[], None).await;
        let seen = entered.unwrap_or_else(|refusal| panic!("{hour}: {refusal}")).session.unwrap();
        assert!(seen.expires_at <= end && seen.ends_at == end, "{hour}: {seen:?}");
    }
    house.world.pass(3599);
    assert!(enter(&house.world.ports, Some(secret.reveal()), &[], None).await.is_ok());
    house.world.pass(1);
    let ended = enter(&house.world.ports, Some(secret.reveal()), &[], None).await.map(|_| ());
    assert!(matches!(ended, Err(Refusal::Because { code: Code::SessionExpired, .. })), "{ended:?}");
}
