//! One's own sessions and password: who is shown what, what ends when, and what happens side by side.

use std::sync::{Arc, Mutex, PoisonError};

use app::base::enter::enter;
use app::base::store::{
    AddressEntry, Change, Directory, DirectoryWrite, PageRequest, Record, SessionPointer, StoreError, Tally,
};
use app::people::account;
use app::people::password::hash_password;
use app::people::sessions::{self, Doors, SignIn};
use app::{Ports, Refusal};
use async_trait::async_trait;
use domain::SessionId;
use domain::base::address::EmailAddress;
use domain::base::code::Code;
use domain::base::digest::Digest;
use domain::mailbox::domains::{DomainName, Family};
use domain::people::access::Role;
use domain::people::browser::Browser;
use domain::people::credential::{Login, Secret, Session, SignInWindow};
use domain::people::passkey::Ceremony;
use domain::people::registration::BoundWindow;
use domain::people::setup::Setup;
use futures_util::future::BoxFuture;
use testkit::MemoryStore;
use testkit::samples;
use testkit::world::{PlainKeys, World};

const FIRST: &str = "a sentence that is long enough";
const SECOND: &str = "seven words that nobody would expect here";

/// An installation with two people who have a login.
struct House {
    world: World,
}

impl House {
    async fn new() -> Self {
        let world = World::default();
        let mut change = Change::new(samples::organization_id(1)).create(samples::organization(1));
        for n in [1, 2] {
            let login = Login { password_hash: hash_password(FIRST, &[n; 16]).unwrap(), ..samples::login(n) };
            change =
                change.create(samples::member(n, Role::Approver)).directory(DirectoryWrite::NewLogin(login));
        }
        world.ports.store.commit(change).await.unwrap();
        Self { world }
    }

    fn ports(&self) -> &Ports {
        &self.world.ports
    }

    async fn signed_in(&self, n: u8, password: &str) -> Result<(Session, Secret), Refusal> {
        let email = samples::login(n).email;
        let browser = Some(Browser::of("curl/8.5.0"));
        let shown = SignIn { email: &email, password, code: None, browser };
        let doors = Doors { directory: &*self.world.store, data_keys: &PlainKeys };
        sessions::sign_in(self.ports(), &doors, &shown).await
    }

    async fn is_in(&self, secret: &Secret) -> bool {
        enter(self.ports(), Some(secret.reveal()), &[], None).await.is_ok()
    }

    async fn listed(&self, own: &Session) -> Vec<SessionId> {
        let page = PageRequest { limit: 100, cursor: None };
        let page = sessions::list(self.ports(), own, &page).await.unwrap();
        page.items.into_iter().map(|session| session.id).collect()
    }

    /// Sessions that lie in the store, and what leads to them.
    fn stored(&self) -> (usize, usize) {
        let contents = self.world.store.contents();
        let count = |is: fn(&Record) -> bool| contents.records.values().filter(|record| is(record)).count();
        (count(|it| matches!(it, Record::Session(_))), count(|it| matches!(it, Record::SessionPointer(_))))
    }

    fn written(&self, action: &str) -> usize {
        self.world.store.contents().audit.iter().filter(|entry| entry.action == action).count()
    }

    async fn change(&self, own: &Session, current: &str, new: &str) -> Result<(), Code> {
        let changed = account::change_password(self.ports(), &*self.world.store, own, current, new).await;
        changed.map_err(|refusal| refusal.code())
    }
}

#[tokio::test]
async fn whoever_is_signed_in_sees_their_own_sessions_newest_first_and_ends_them() {
    let house = House::new().await;
    let (first, secret) = house.signed_in(1, FIRST).await.unwrap();
    house.world.pass(60);
    let (second, other) = house.signed_in(1, FIRST).await.unwrap();
    let (stranger, strangers) = house.signed_in(2, FIRST).await.unwrap();
    assert_eq!(house.listed(&first).await, [second.id, first.id]);
    let unknown = sessions::end(house.ports(), &first, stranger.id).await.map_err(|it| it.code());
    assert_eq!(unknown, Err(Code::NotFound), "another's is not known to be there");
    sessions::end(house.ports(), &first, second.id).await.unwrap();
    let again = sessions::end(house.ports(), &first, second.id).await.map_err(|it| it.code());
    assert_eq!(again, Err(Code::NotFound));
    assert_eq!((house.is_in(&secret).await, house.is_in(&other).await), (true, false));
    assert_eq!(house.listed(&first).await, [first.id]);
    sessions::sign_out(house.ports(), &first).await.unwrap();
    assert_eq!((house.is_in(&secret).await, house.is_in(&strangers).await), (false, true));
    assert_eq!(house.stored(), (1, 1));
    assert_eq!(house.written("session.delete"), 2);
    // What ended by itself is not shown, whether it was removed already or not.
    let (third, _) = house.signed_in(1, FIRST).await.unwrap();
    house.world.pass(13 * 3600);
    let (fourth, _) = house.signed_in(1, FIRST).await.unwrap();
    assert_eq!(house.listed(&fourth).await, [fourth.id]);
    assert_ne!(third.id, fourth.id);
}

#[tokio::test]
async fn signing_out_everywhere_ends_all_there_are_and_leaves_the_one_that_calls_unless_it_is_to_go() {
    let house = House::new().await;
    let (own, secret) = house.signed_in(1, FIRST).await.unwrap();
    // More than one transaction holds, and more than a page.
    for n in 3..133 {
        let session = Session { member_id: own.member_id, ..samples::session(n, Role::Approver).0 };
        let change = Change::new(samples::organization_id(1));
        let change = change.create(SessionPointer::from(&session)).create(session);
        house.ports().store.commit(change).await.unwrap();
    }
    let (_, strangers) = house.signed_in(2, FIRST).await.unwrap();
    sessions::end_others(house.ports(), &own, false).await.unwrap();
    assert!(house.is_in(&secret).await && house.is_in(&strangers).await);
    assert_eq!(house.stored(), (2, 2));
    assert_eq!(house.listed(&own).await, [own.id]);
    let (_, other) = house.signed_in(1, FIRST).await.unwrap();
    sessions::end_others(house.ports(), &own, true).await.unwrap();
    assert!(!house.is_in(&secret).await && !house.is_in(&other).await && house.is_in(&strangers).await);
    assert_eq!(house.stored(), (1, 1));
}

#[tokio::test]
async fn the_hundred_and_first_session_ends_the_oldest() {
    let house = House::new().await;
    let (oldest, secret) = house.signed_in(1, FIRST).await.unwrap();
    house.world.pass(1);
    let (second, other) = house.signed_in(1, FIRST).await.unwrap();
    for n in 3..=u8::try_from(Session::MAX).unwrap() {
        house.world.pass(1);
        let session = Session {
            id: house.ports().session_id(),
            member_id: second.member_id,
            ..samples::session(n, Role::Approver).0
        };
        let change = Change::new(samples::organization_id(1));
        let change = change.create(SessionPointer::from(&session)).create(session);
        house.ports().store.commit(change).await.unwrap();
    }
    assert!(house.is_in(&secret).await);
    house.world.pass(1);
    let (newest, _) = house.signed_in(1, FIRST).await.unwrap();
    assert!(!house.is_in(&secret).await && house.is_in(&other).await);
    let listed = house.listed(&newest).await;
    assert_eq!((listed.len(), listed[0]), (100, newest.id));
    assert!(!listed.contains(&oldest.id) && listed.contains(&second.id));
}

#[tokio::test]
async fn another_password_ends_all_other_sessions_and_the_old_password() {
    let house = House::new().await;
    let (_, other) = house.signed_in(1, FIRST).await.unwrap();
    let (_, strangers) = house.signed_in(2, FIRST).await.unwrap();
    let (own, secret) = house.signed_in(1, FIRST).await.unwrap();
    assert_eq!(house.change(&own, FIRST, SECOND).await, Ok(()));
    assert!(house.is_in(&secret).await && !house.is_in(&other).await && house.is_in(&strangers).await);
    let refused = house.signed_in(1, FIRST).await.map(drop).map_err(|it| it.code());
    assert_eq!(refused, Err(Code::WrongEmailOrPassword));
    assert!(house.signed_in(1, SECOND).await.is_ok());
    assert_eq!(house.written("password.change"), 1);
    let contents = house.world.store.contents();
    let told = format!("{:?}", contents.audit);
    assert!(!told.contains(FIRST) && !told.contains(SECOND) && !told.contains("argon2"), "{told}");
}

#[tokio::test]
async fn a_password_that_can_t_be_had_costs_no_attempt_and_a_wrong_one_counts_as_at_signing_in() {
    let house = House::new().await;
    let (own, secret) = house.signed_in(1, FIRST).await.unwrap();
    for _ in 0..2 * SignInWindow::GUESSES {
        assert_eq!(house.change(&own, FIRST, "too short").await, Err(Code::PasswordLength));
        assert_eq!(house.change(&own, FIRST, "member1@example.com").await, Err(Code::PasswordGuessable));
    }
    assert_eq!(house.change(&own, FIRST, FIRST).await, Err(Code::PasswordUnchanged));
    for _ in 1..SignInWindow::GUESSES {
        assert_eq!(house.change(&own, "guessed by a thief", SECOND).await, Err(Code::WrongPassword));
    }
    assert_eq!(house.change(&own, FIRST, SECOND).await, Err(Code::WrongPassword), "locked");
    assert!(house.signed_in(1, FIRST).await.is_err(), "here as well");
    assert_eq!(house.written("password.refuse"), 10);
    assert!(house.is_in(&secret).await);
    house.world.pass(15 * 60);
    assert_eq!(house.change(&own, FIRST, SECOND).await, Ok(()));
}

/// The directory, with what others do between the look at a login and what follows.
struct Slow {
    inner: Arc<MemoryStore>,
    meanwhile: Mutex<Option<BoxFuture<'static, ()>>>,
}

#[async_trait]
impl Directory for Slow {
    async fn login(&self, email: &EmailAddress) -> Result<Option<Login>, StoreError> {
        let found = self.inner.login(email).await;
        let meanwhile = self.meanwhile.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(happen) = meanwhile {
            happen.await;
        }
        found
    }

    async fn count(
        &self,
        email: &EmailAddress,
        tally: Tally,
        window: SignInWindow,
    ) -> Result<u64, StoreError> {
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

#[tokio::test]
async fn who_shows_the_old_password_while_it_is_changed_gets_no_session_behind_it() {
    let house = House::new().await;
    let (own, secret) = house.signed_in(1, FIRST).await.unwrap();
    let (ports, store, changer) = (house.ports().clone(), Arc::clone(&house.world.store), own.clone());
    let change = async move {
        account::change_password(&ports, &*store, &changer, FIRST, SECOND).await.unwrap();
    };
    let slow = Slow { inner: Arc::clone(&house.world.store), meanwhile: Mutex::new(Some(Box::pin(change))) };
    let email = samples::login(1).email;
    let shown = SignIn { email: &email, password: FIRST, code: None, browser: None };
    let doors = Doors { directory: &slow, data_keys: &PlainKeys };
    let late = sessions::sign_in(house.ports(), &doors, &shown).await.map(drop).map_err(|it| it.code());
    assert_eq!(late, Err(Code::WrongEmailOrPassword));
    assert_eq!((house.stored(), house.is_in(&secret).await), ((1, 1), true));
    // Of two changes at once, one is done.
    let (ports, store, changer) = (house.ports().clone(), Arc::clone(&house.world.store), own.clone());
    let first = async move {
        account::change_password(&ports, &*store, &changer, SECOND, FIRST).await.unwrap();
    };
    *slow.meanwhile.lock().unwrap() = Some(Box::pin(first));
    let third = "five other words entirely different";
    let late = account::change_password(house.ports(), &slow, &own, SECOND, third).await;
    assert_eq!(late.map_err(|it| it.code()), Err(Code::ChangedMeanwhile));
    assert!(house.signed_in(1, third).await.is_err() && house.signed_in(1, FIRST).await.is_ok());
}
