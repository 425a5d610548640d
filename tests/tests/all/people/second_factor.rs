//! A second factor: setting it up, signing in with it, and what comes of one code in two hands.

use std::sync::{Arc, Mutex, PoisonError};

use app::base::enter::enter;
use app::base::store::{
    Amendment, Change, DirectoryWrite, Key, List, ListError, Page, PageRequest, Record, Store, StoreError,
};
use app::people::organization;
use app::people::password::hash_password;
use app::people::second_factor::{self, Proof};
use app::people::sessions::{self, Begun, Doors, SignIn};
use app::{Ports, Refusal};
use async_trait::async_trait;
use domain::OrganizationId;
use domain::base::code::Code;
use domain::gate::seal::Ticket;
use domain::mailbox::lifecycle::Nonce;
use domain::mailbox::message::Message;
use domain::people::access::{Role, scope};
use domain::people::credential::{Login, OpenedWith, Secret, Session};
use domain::people::pending::PendingSecret;
use domain::people::second_factor::RecoveryCode;
use futures_util::future::BoxFuture;
use testkit::MemoryStore;
use testkit::samples;
use testkit::world::{PlainKeys, World};

const RIGHT: &str = "a sentence that is long enough";

/// An installation with one person who has a login.
struct House {
    world: World,
}

/// The store, with what others do right before the next commit.
struct Racing {
    inner: Arc<MemoryStore>,
    meanwhile: Mutex<Option<BoxFuture<'static, ()>>>,
}

#[async_trait]
impl Store for Racing {
    async fn load(
        &self,
        organization_id: OrganizationId,
        keys: &[Key],
    ) -> Result<Vec<Option<Record>>, StoreError> {
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
        let meanwhile = self.meanwhile.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(happen) = meanwhile {
            happen.await;
        }
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

/// An authenticator, as the person holds it: told the secret once, it knows the time.
struct Authenticator(totp_rs::Totp);

impl Authenticator {
    fn of(secret: &str) -> Self {
        let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
        Self(totp_rs::Builder::new().with_secret(secret).build().unwrap())
    }

    fn code(&self, ports: &Ports) -> String {
        self.0.generate(u64::try_from(ports.now().as_second()).unwrap()).to_string()
    }
}

fn code<T>(result: Result<T, Refusal>) -> Result<T, Code> {
    result.map_err(|refusal| refusal.code())
}

impl House {
    async fn new() -> Self {
        Self::of(Role::Approver).await
    }

    async fn of(role: Role) -> Self {
        let world = World::default();
        let login = Login { password_hash: hash_password(RIGHT, &[7; 16]).unwrap(), ..samples::login(1) };
        let change = Change::new(samples::organization_id(1))
            .create(samples::organization(1))
            .create(samples::member(1, role))
            .directory(DirectoryWrite::NewLogin(login));
        world.ports.store.commit(change).await.unwrap();
        Self { world }
    }

    fn ports(&self) -> &Ports {
        &self.world.ports
    }

    async fn sign_in(&self, password: &str, code: Option<&str>) -> Result<(Session, Secret), Code> {
        let email = samples::login(1).email;
        let shown = SignIn { email: &email, password, code, browser: None };
        let doors = Doors { directory: &*self.world.store, data_keys: &PlainKeys };
        sessions::sign_in(self.ports(), &doors, &shown).await.map_err(|refusal| refusal.code())
    }

    async fn confirm(&self, own: &Session, typed: &str) -> Result<Vec<RecoveryCode>, Refusal> {
        second_factor::confirm(self.ports(), &*self.world.store, &PlainKeys, own, (typed, RIGHT)).await
    }

    /// Sets it up, and goes on to the next time step: the session, the authenticator and the recovery codes.
    async fn set_up(&self) -> (Session, Authenticator, Vec<RecoveryCode>) {
        let (own, _) = self.sign_in(RIGHT, None).await.unwrap();
        let started = second_factor::start(self.ports(), &PlainKeys, &own).await.unwrap();
        let held = Authenticator::of(&started.secret);
        let shown = held.code(self.ports());
        let codes = self.confirm(&own, &shown).await.unwrap();
        self.world.pass(30);
        let own = Session { opened_with: OpenedWith::Totp, ..own };
        (own, held, codes)
    }

    async fn begin(&self) -> Begun {
        let email = samples::login(1).email;
        let shown = SignIn { email: &email, password: RIGHT, code: None, browser: None };
        let doors = Doors { directory: &*self.world.store, data_keys: &PlainKeys };
        sessions::begin(self.ports(), &doors, &shown).await.unwrap()
    }

    async fn go_on(&self, secret: &PendingSecret, typed: &str) -> Result<(Session, Secret), Code> {
        let doors = Doors { directory: &*self.world.store, data_keys: &PlainKeys };
        code(sessions::go_on(self.ports(), &doors, secret, typed, None).await)
    }

    async fn remove(&self, own: &Session, proof: Proof) -> Result<(), Code> {
        let store = &*self.world.store;
        code(second_factor::remove(self.ports(), store, &PlainKeys, own, &proof).await)
    }

    async fn amend(&self, with: &Secret, amendment: Amendment) -> Result<(), Code> {
        let entered = enter(self.ports(), Some(with.reveal()), &[], None).await.unwrap();
        let permit = code(entered.principal.permit().map_err(Refusal::from))?;
        code(organization::amend(&entered.ports, &permit, amendment).await.map(drop))
    }

    async fn decides(&self, with: &Secret) -> Result<(), Code> {
        let entered = enter(self.ports(), Some(with.reveal()), &[], None).await.unwrap();
        code(entered.principal.permit::<scope::ApprovalsDecide>().map(drop).map_err(Refusal::from))
    }

    fn reasons(&self, action: &str) -> Vec<String> {
        let contents = self.world.store.contents();
        let entries = contents.audit.iter().filter(|entry| entry.action == action);
        entries.filter_map(|entry| entry.details.first().map(|(_, value)| value.clone())).collect()
    }
}

#[tokio::test]
async fn with_a_second_factor_no_password_opens_anything_by_itself_and_only_the_right_one_is_told_why() {
    let house = House::new().await;
    assert!(house.sign_in(RIGHT, Some("123456")).await.is_ok(), "nobody asks for one yet");
    let (own, held, codes) = house.set_up().await;
    assert_eq!(codes.len(), 10);
    let contents = house.world.store.contents().clone();
    let Some(Record::Session(stored)) = contents.records.get(&(own.organization_id, Key::Session(own.hash)))
    else {
        panic!("the session is there")
    };
    assert_eq!(stored.opened_with, OpenedWith::Totp, "whoever confirmed has shown it");

    assert_eq!(house.sign_in(RIGHT, None).await.map(drop), Err(Code::SecondFactorRequired));
    let right = held.code(house.ports());
    assert_eq!(house.sign_in("guessed", Some(&right)).await.map(drop), Err(Code::WrongEmailOrPassword));
    assert_eq!(house.sign_in("guessed", None).await.map(drop), Err(Code::WrongEmailOrPassword));
    for wrong in ["", "000000x", "12345", "nonsense", "0000-0000-0000-0000"] {
        assert_eq!(
            house.sign_in(RIGHT, Some(wrong)).await.map(drop),
            Err(Code::WrongSecondFactor),
            "{wrong}"
        );
    }
    let (session, secret) = house.sign_in(RIGHT, Some(&right)).await.unwrap();
    assert_eq!(session.opened_with, OpenedWith::Totp);
    assert!(enter(house.ports(), Some(secret.reveal()), &[], None).await.is_ok());
    assert_eq!(house.sign_in(RIGHT, Some(&right)).await.map(drop), Err(Code::WrongSecondFactor), "used");
    let expected = ["no_code", "wrong_password", "wrong_password"];
    let reasons = house.reasons("session.refuse");
    assert_eq!((&reasons[..3], reasons.len()), (&expected.map(str::to_owned)[..], 9), "{reasons:?}");
}

#[tokio::test]
async fn wrong_codes_are_counted_as_wrong_passwords_are() {
    let house = House::new().await;
    let (_, held, _) = house.set_up().await;
    for _ in 0..10 {
        assert_eq!(house.sign_in(RIGHT, Some("nonsense")).await.map(drop), Err(Code::WrongSecondFactor));
    }
    let right = held.code(house.ports());
    assert_eq!(house.sign_in(RIGHT, Some(&right)).await.map(drop), Err(Code::WrongEmailOrPassword), "locked");
    house.world.pass(15 * 60);
    let right = held.code(house.ports());
    assert!(house.sign_in(RIGHT, Some(&right)).await.is_ok());
}

#[tokio::test]
async fn a_code_is_taken_a_step_early_and_a_step_late_and_none_behind_a_later_one() {
    let house = House::new().await;
    let (_, held, _) = house.set_up().await;
    let early = held.code(house.ports());
    house.world.pass(30);
    let current = held.code(house.ports());
    assert!(house.sign_in(RIGHT, Some(&early)).await.is_ok(), "a step late");
    assert!(house.sign_in(RIGHT, Some(&current)).await.is_ok());
    assert!(house.sign_in(RIGHT, Some(&early)).await.is_err(), "behind a later one");
    house.world.pass(60);
    let late = held.code(house.ports());
    house.world.pass(60);
    assert!(house.sign_in(RIGHT, Some(&late)).await.is_err(), "two steps late");
}

#[tokio::test]
async fn a_recovery_code_stands_for_the_authenticator_once() {
    let house = House::new().await;
    let (_, _, codes) = house.set_up().await;
    let first = codes[0].reveal();
    let (session, _) = house.sign_in(RIGHT, Some(&first.to_ascii_uppercase())).await.unwrap();
    assert_eq!(session.opened_with, OpenedWith::RecoveryCode);
    assert!(house.sign_in(RIGHT, Some(&first)).await.is_err());
    let left = second_factor::get(house.ports(), &session).await.unwrap().unwrap().recovery.len();
    assert_eq!(left, 9);
    let proof = Proof::Password(RIGHT.to_owned());
    let store = &*house.world.store;
    let renewed =
        second_factor::renew_recovery_codes(house.ports(), store, &PlainKeys, &session, &proof).await;
    let renewed = renewed.unwrap();
    assert!(house.sign_in(RIGHT, Some(&codes[1].reveal())).await.is_err(), "those before are gone");
    assert!(house.sign_in(RIGHT, Some(&renewed[1].reveal())).await.is_ok());
    let proof = Proof::Password("guessed".to_owned());
    let refused =
        second_factor::renew_recovery_codes(house.ports(), store, &PlainKeys, &session, &proof).await;
    assert_eq!(code(refused.map(drop)), Err(Code::WrongPassword));
}

/// Both have compared the code before the first writes.
#[tokio::test]
async fn a_code_that_two_show_at_the_same_moment_opens_one_session() {
    let house = House::new().await;
    let (_, held, codes) = house.set_up().await;
    let email = samples::login(1).email;
    for (shown, with) in
        [(held.code(house.ports()), OpenedWith::Totp), (codes[3].reveal(), OpenedWith::RecoveryCode)]
    {
        // The second is through before the first one writes, behind its look at the second factor: the keys are opened between.
        let (ports, store) = (house.ports().clone(), Arc::clone(&house.world.store));
        let (other, email_of_other) = (shown.clone(), email.clone());
        let meanwhile = async move {
            let shown = SignIn { email: &email_of_other, password: RIGHT, code: Some(&other), browser: None };
            let doors = Doors { directory: &*store, data_keys: &PlainKeys };
            let (session, _) = sessions::sign_in(&ports, &doors, &shown).await.unwrap();
            assert_eq!(session.opened_with, with);
        };
        let racing = Racing {
            inner: Arc::clone(&house.world.store),
            meanwhile: Mutex::new(Some(Box::pin(meanwhile))),
        };
        let ports = Ports { store: Arc::new(racing), ..house.ports().clone() };
        let request = SignIn { email: &email, password: RIGHT, code: Some(&shown), browser: None };
        let doors = Doors { directory: &*house.world.store, data_keys: &PlainKeys };
        let late = code(sessions::sign_in(&ports, &doors, &request).await.map(drop));
        assert_eq!(late, Err(Code::WrongSecondFactor), "{with:?}");
    }
    assert_eq!(house.reasons("session.refuse"), ["code_used", "code_used"]);
}

#[tokio::test]
async fn who_signs_in_while_a_second_factor_is_set_up_gets_no_session_without_it() {
    let house = House::new().await;
    let (own, _) = house.sign_in(RIGHT, None).await.unwrap();
    let started = second_factor::start(house.ports(), &PlainKeys, &own).await.unwrap();
    let shown = Authenticator::of(&started.secret).code(house.ports());
    let (ports, store) = (house.ports().clone(), Arc::clone(&house.world.store));
    let meanwhile = async move {
        second_factor::confirm(&ports, &*store, &PlainKeys, &own, (&shown, RIGHT)).await.unwrap();
    };
    let racing =
        Racing { inner: Arc::clone(&house.world.store), meanwhile: Mutex::new(Some(Box::pin(meanwhile))) };
    let ports = Ports { store: Arc::new(racing), ..house.ports().clone() };
    let email = samples::login(1).email;
    let request = SignIn { email: &email, password: RIGHT, code: None, browser: None };
    let doors = Doors { directory: &*house.world.store, data_keys: &PlainKeys };
    let late = code(sessions::sign_in(&ports, &doors, &request).await.map(drop));
    assert_eq!(late, Err(Code::SecondFactorRequired));
}

#[tokio::test]
async fn of_two_sessions_that_set_one_up_the_later_start_counts_and_the_first_code_enables() {
    let house = House::new().await;
    let (one, _) = house.sign_in(RIGHT, None).await.unwrap();
    let (two, _) = house.sign_in(RIGHT, None).await.unwrap();
    let confirm = async |own: &Session, typed: &str| code(house.confirm(own, typed).await.map(drop));
    assert_eq!(confirm(&one, "123456").await, Err(Code::SecondFactorNotStarted));
    let first = second_factor::start(house.ports(), &PlainKeys, &one).await.unwrap();
    let second = second_factor::start(house.ports(), &PlainKeys, &two).await.unwrap();
    assert!(first.uri.contains(&*first.secret) && first.secret != second.secret);
    let (first, second) = (Authenticator::of(&first.secret), Authenticator::of(&second.secret));
    assert_eq!(confirm(&one, &first.code(house.ports())).await, Err(Code::WrongCode), "its seed is gone");
    assert_eq!(second_factor::get(house.ports(), &one).await.unwrap(), None, "not asked for yet");
    assert_eq!(confirm(&one, &second.code(house.ports())).await, Ok(()));
    assert_eq!(confirm(&two, &second.code(house.ports())).await, Err(Code::SecondFactorEnabled));
    let again = code(second_factor::start(house.ports(), &PlainKeys, &two).await.map(drop));
    assert_eq!(again, Err(Code::SecondFactorEnabled));
}

#[tokio::test]
async fn where_an_owner_asks_for_it_whoever_decides_signs_in_with_a_second_factor() {
    let asked = |required| Amendment { require_second_factor: Some(required), ..Amendment::default() };
    let house = House::of(Role::Admin).await;
    let (_, secret) = house.sign_in(RIGHT, None).await.unwrap();
    assert_eq!(house.amend(&secret, asked(true)).await, Err(Code::OwnerNeeded));

    let house = House::of(Role::Owner).await;
    let (_, secret) = house.sign_in(RIGHT, None).await.unwrap();
    assert_eq!(house.amend(&secret, asked(true)).await, Err(Code::SecondFactorNeeded), "they have none");
    let (own, held, _) = house.set_up().await;
    let (_, strong) = house.sign_in(RIGHT, Some(&held.code(house.ports()))).await.unwrap();
    assert_eq!(house.amend(&strong, asked(true)).await, Ok(()));
    // A session from before ended with the second factor's beginning.
    assert!(enter(house.ports(), Some(secret.reveal()), &[], None).await.is_err());
    assert_eq!(house.decides(&strong).await, Ok(()));
    // Whoever takes their second factor away has none in the session that does it either.
    house.world.pass(30);
    assert_eq!(house.remove(&own, Proof::Password(RIGHT.to_owned())).await, Ok(()));
    let (_, weak) = house.sign_in(RIGHT, None).await.unwrap();
    // It decides nothing, and rules over nothing that does.
    assert_eq!(house.decides(&weak).await, Err(Code::SecondFactorNeeded));
    assert_eq!(house.amend(&weak, asked(false)).await, Err(Code::SecondFactorNeeded));
    let entry = house.reasons("organization.update");
    assert_eq!(entry, ["true"]);
}

#[tokio::test]
async fn a_seed_that_is_not_confirmed_within_an_hour_is_worth_nothing() {
    let house = House::new().await;
    let (own, _) = house.sign_in(RIGHT, None).await.unwrap();
    let started = second_factor::start(house.ports(), &PlainKeys, &own).await.unwrap();
    house.world.pass(3600);
    let typed = Authenticator::of(&started.secret).code(house.ports());
    let late = code(house.confirm(&own, &typed).await.map(drop));
    assert_eq!(late, Err(Code::SecondFactorNotStarted));
}

#[tokio::test]
async fn it_is_taken_away_with_a_code_or_the_password_and_all_other_sessions_end() {
    let house = House::new().await;
    let (own, held, _) = house.set_up().await;
    let wrong = [Proof::Code("000000".to_owned() + "0"), Proof::Password("guessed".to_owned())];
    for (proof, refused) in wrong.into_iter().zip([Code::WrongCode, Code::WrongPassword]) {
        assert_eq!(house.remove(&own, proof).await, Err(refused));
    }
    assert_eq!(house.reasons("second_factor.refuse"), ["wrong", "wrong"]);
    let (_, other) = house.sign_in(RIGHT, Some(&held.code(house.ports()))).await.unwrap();
    house.world.pass(30);
    assert_eq!(house.remove(&own, Proof::Code(held.code(house.ports()))).await, Ok(()));
    assert!(enter(house.ports(), Some(other.reveal()), &[], None).await.is_err());
    assert_eq!(house.remove(&own, Proof::Password(RIGHT.to_owned())).await, Err(Code::NoSecondFactor));
    let (session, _) = house.sign_in(RIGHT, None).await.unwrap();
    assert_eq!(session.opened_with, OpenedWith::Password);
}

#[tokio::test]
async fn a_sign_in_that_waits_for_its_code_is_used_once_and_ends_by_itself_and_with_the_password() {
    let house = House::new().await;
    assert!(matches!(house.begin().await, Begun::Opened(_)), "nothing is asked for yet");
    let (own, held, _) = house.set_up().await;
    let Begun::CodeWanted(secret) = house.begin().await else { panic!("a code is asked for") };
    assert_eq!(house.go_on(&secret, "nonsense").await.map(drop), Err(Code::WrongSecondFactor));
    let (session, _) = house.go_on(&secret, &held.code(house.ports())).await.unwrap();
    assert_eq!(session.opened_with, OpenedWith::Totp);
    house.world.pass(30);
    assert_eq!(house.go_on(&secret, &held.code(house.ports())).await.map(drop), Err(Code::SignedOut), "used");

    let Begun::CodeWanted(secret) = house.begin().await else { panic!("a code is asked for") };
    house.world.pass(300);
    assert_eq!(house.go_on(&secret, &held.code(house.ports())).await.map(drop), Err(Code::SignedOut), "late");

    let Begun::CodeWanted(secret) = house.begin().await else { panic!("a code is asked for") };
    let new = "seven words that nobody would expect here";
    let store = &*house.world.store;
    app::people::account::change_password(house.ports(), store, &own, RIGHT, new).await.unwrap();
    let late = house.go_on(&secret, &held.code(house.ports())).await.map(drop);
    assert_eq!(late, Err(Code::SignedOut), "with another password it begins anew");
    let unknown = PendingSecret::new(samples::organization_id(1), [9; 32]);
    assert_eq!(house.go_on(&unknown, "123456").await.map(drop), Err(Code::SignedOut));
}

#[tokio::test]
async fn nothing_that_is_stored_or_written_down_shows_a_seed_or_a_code() {
    let house = House::new().await;
    let (own, _) = house.sign_in(RIGHT, None).await.unwrap();
    let started = second_factor::start(house.ports(), &PlainKeys, &own).await.unwrap();
    let typed = Authenticator::of(&started.secret).code(house.ports());
    let codes = house.confirm(&own, &typed).await.unwrap();
    let contents = format!("{:?}", house.world.store.contents());
    for secret in codes.iter().map(RecoveryCode::reveal).chain([started.secret.to_string()]) {
        assert!(!contents.contains(&secret) && !contents.contains(&secret.replace('-', "")));
    }
    let audit = format!("{:?}", house.world.store.contents().audit);
    assert!(!audit.contains(&typed), "{audit}");
    let contents = house.world.store.contents();
    let Some(Record::SecondFactor(stored)) =
        contents.records.get(&(own.organization_id, Key::SecondFactor(own.member_id)))
    else {
        panic!("it is there")
    };
    let bytes = totp_rs::Secret::try_from_base32(&*started.secret).unwrap();
    assert!(!stored.seed.windows(20).any(|window| window == bytes.as_bytes()), "it is sealed");
}
