//! Passkeys, as devices make and show them, and proofs: what opens a session, what is refused, and what takes a proof of the last ten
//! minutes.

use app::base::enter::{Once, enter};
use app::base::store::{Amendment, Change, DirectoryWrite, Key, Record};
use app::people::passkeys::{Answered, Asked, Site, add, ask_for_new, ask_who, list, remove, sign_in};
use app::people::password::hash_password;
use app::people::sessions::{self, Doors, SignIn};
use app::people::tokens::{self, NewToken};
use app::people::{organization, proof};
use app::{Ports, Refusal};
use domain::base::code::Code;
use domain::people::access::{Principal, Role, Scope, scope};
use domain::people::credential::{Login, OpenedWith, Secret, Session};
use domain::people::passkey::{Ceremony, CeremonySecret, Passkey, Passkeys};
use passkeys::WebAuthn;
use serde_json::Value;
use testkit::samples;
use testkit::world::{PlainKeys, World};

use crate::authenticator::Phone;

const RIGHT: &str = "a sentence that is long enough";
const SITE: &str = "https://console.example.com";

/// What a browser is asked, as it reads it.
struct Question {
    ceremony: CeremonySecret,
    options: Value,
}

/// An installation with one person who has a login.
struct House {
    world: World,
}

fn code<T>(result: Result<T, Refusal>) -> Result<T, Code> {
    result.map_err(|refusal| refusal.code())
}

fn read(asked: Asked) -> Question {
    Question { ceremony: asked.ceremony, options: serde_json::from_str(&asked.options).unwrap() }
}

impl House {
    async fn new() -> Self {
        let world = World::default();
        let login = Login { password_hash: hash_password(RIGHT, &[7; 16]).unwrap(), ..samples::login(1) };
        let change = Change::new(samples::organization_id(1))
            .create(samples::organization(1))
            .create(samples::member(1, Role::Owner))
            .directory(DirectoryWrite::NewLogin(login));
        world.ports.store.commit(change).await.unwrap();
        Self { world }
    }

    fn ports(&self) -> &Ports {
        &self.world.ports
    }

    fn site(&self) -> Site<'_> {
        Site { directory: &*self.world.store, authenticators: &WebAuthn, origin: SITE }
    }

    fn doors(&self) -> Doors<'_> {
        Doors { directory: &*self.world.store, data_keys: &PlainKeys }
    }

    async fn by_password(&self) -> Result<(Session, Secret), Code> {
        let email = samples::login(1).email;
        let shown = SignIn { email: &email, password: RIGHT, code: None, browser: None };
        code(sessions::sign_in(self.ports(), &self.doors(), &shown).await)
    }

    async fn ask_for_new(&self, own: &Session) -> Result<Question, Code> {
        code(ask_for_new(self.ports(), &self.site(), own).await).map(read)
    }

    async fn add(&self, own: &Session, asked: &Question, answer: &Value) -> Result<Passkey, Code> {
        let (ceremony, credential) = (&asked.ceremony, &*answer.to_string());
        code(add(self.ports(), &self.site(), own, Answered { ceremony, credential }, "Phone").await)
    }

    /// A phone with a passkey that was added.
    async fn phone(&self, n: u8, own: &Session) -> Phone {
        let mut phone = Phone::new(n, SITE);
        let asked = self.ask_for_new(own).await.unwrap();
        let answer = phone.make(&asked.options);
        self.add(own, &asked, &answer).await.unwrap();
        phone
    }

    async fn ask_who(&self) -> Question {
        read(ask_who(self.ports(), &self.site()).await.unwrap())
    }

    async fn show(&self, asked: &Question, answer: &Value) -> Result<(Session, Secret), Code> {
        let (ceremony, credential) = (&asked.ceremony, &*answer.to_string());
        let answered = Answered { ceremony, credential };
        code(sign_in(self.ports(), &self.site(), answered, None).await)
    }

    async fn by_passkey(&self, phone: &mut Phone) -> Result<(Session, Secret), Code> {
        let asked = self.ask_who().await;
        let answer = phone.show(&asked.options);
        self.show(&asked, &answer).await
    }

    async fn enters(&self, secret: &Secret) -> Result<(Principal, Session), Code> {
        let entered = code(enter(self.ports(), Some(secret.reveal()), &[], None).await)?;
        Ok((entered.principal, entered.session.unwrap()))
    }

    fn reasons(&self, action: &str) -> Vec<String> {
        let contents = self.world.store.contents();
        let entries = contents.audit.iter().filter(|entry| entry.action == action);
        entries.filter_map(|entry| entry.details.first().map(|(_, value)| value.clone())).collect()
    }
}

#[tokio::test]
async fn a_passkey_opens_a_session_that_counts_as_both_factors() {
    let house = House::new().await;
    let (own, secret) = house.by_password().await.unwrap();
    let mut phone = Phone::new(1, SITE);
    phone.synced = true;
    let asked = house.ask_for_new(&own).await.unwrap();
    let answer = phone.make(&asked.options);
    let key = house.add(&own, &asked, &answer).await.unwrap();
    assert!(key.synced && key.last_used_at.is_none() && key.sign_count == 1);
    assert_eq!(house.add(&own, &asked, &answer).await, Err(Code::CeremonyOver), "an answer is taken once");
    let again = house.ask_for_new(&own).await.unwrap();
    let answer = phone.make(&again.options);
    assert_eq!(house.add(&own, &again, &answer).await, Err(Code::PasskeyKnown));
    assert_eq!(again.options["excludeCredentials"].as_array().unwrap().len(), 1);

    house.world.pass(60);
    let (opened, by_key) = house.by_passkey(&mut phone).await.unwrap();
    assert_eq!(opened.opened_with, OpenedWith::Passkey);
    let known = list(house.ports(), &own).await.unwrap();
    assert_eq!((known[0].last_used_at, known[0].sign_count), (Some(house.ports().now()), phone.count));
    let amendment = Amendment { require_second_factor: Some(true), ..Amendment::default() };
    let (principal, _) = house.enters(&by_key).await.unwrap();
    organization::amend(house.ports(), &principal.permit().unwrap(), amendment).await.unwrap();
    let decides = async |secret: &Secret| {
        let (principal, _) = house.enters(secret).await.unwrap();
        principal.permit::<scope::ApprovalsDecide>().is_ok()
    };
    assert!(decides(&by_key).await && !decides(&secret).await);
    let entries = house.world.store.contents().audit.iter().filter(|it| it.action == "passkey.add").count();
    assert_eq!(entries, 1);
}

#[tokio::test]
async fn an_answer_of_another_page_a_replayed_one_and_one_without_a_fingerprint_open_nothing() {
    let house = House::new().await;
    let (own, _) = house.by_password().await.unwrap();
    let mut phone = house.phone(1, &own).await;
    let asked = house.ask_who().await;
    let answer = phone.show(&asked.options);
    assert!(house.show(&asked, &answer).await.is_ok());
    assert_eq!(house.show(&asked, &answer).await.map(drop), Err(Code::CeremonyOver), "replayed");
    let other = house.ask_who().await;
    assert_eq!(house.show(&other, &answer).await.map(drop), Err(Code::WrongPasskey), "to another question");

    phone.origin = "https://console.example.com.evil.test".to_owned();
    assert_eq!(house.by_passkey(&mut phone).await.map(drop), Err(Code::WrongPasskey));
    phone.origin = SITE.to_owned();
    phone.verifies = false;
    assert_eq!(house.by_passkey(&mut phone).await.map(drop), Err(Code::WrongPasskey));
    phone.verifies = true;
    phone.count = 0;
    assert_eq!(house.by_passkey(&mut phone).await.map(drop), Err(Code::WrongPasskey), "a copy of it");
    phone.count = 100;
    assert!(house.by_passkey(&mut phone).await.is_ok());
    let (asked, mut forged) = (house.ask_who().await, Phone::new(2, SITE));
    let mut answer = phone.show(&asked.options);
    forged.make(&serde_json::json!({"challenge": "", "user": {"id": ""}, "rp": {"id": "x"}}));
    answer["response"]["signature"] = forged.show(&asked.options)["response"]["signature"].clone();
    assert_eq!(house.show(&asked, &answer).await.map(drop), Err(Code::WrongPasskey), "signed by another key");
    let reasons = house.reasons("session.refuse");
    assert_eq!(reasons, ["challenge", "origin", "not_verified", "counter", "signature"]);

    let asked = house.ask_who().await;
    let answer = phone.show(&asked.options);
    house.world.pass(Ceremony::LIFE.as_secs());
    assert_eq!(house.show(&asked, &answer).await.map(drop), Err(Code::CeremonyOver), "too late");
    for nothing in ["null", "{}", r#"{"id": 1}"#] {
        let nothing: Value = serde_json::from_str(nothing).unwrap();
        assert_eq!(house.show(&asked, &nothing).await.map(drop), Err(Code::PasskeyRefused));
    }
}

#[tokio::test]
async fn a_passkey_is_added_by_whoever_was_asked_and_on_this_site_alone() {
    let house = House::new().await;
    let (own, _) = house.by_password().await.unwrap();
    let mut phone = Phone::new(1, "https://evil.test");
    let asked = house.ask_for_new(&own).await.unwrap();
    let answer = phone.make(&asked.options);
    assert_eq!(house.add(&own, &asked, &answer).await, Err(Code::PasskeyRefused), "of another page");
    phone.origin = SITE.to_owned();
    phone.verifies = false;
    let answer = phone.make(&asked.options);
    assert_eq!(house.add(&own, &asked, &answer).await, Err(Code::PasskeyRefused), "without a fingerprint");
    phone.verifies = true;
    let answer = phone.make(&asked.options);
    let other = Session { member_id: samples::member(2, Role::Owner).id, ..own.clone() };
    assert_eq!(house.add(&other, &asked, &answer).await, Err(Code::CeremonyOver), "asked of somebody else");
    assert_eq!(
        house.show(&asked, &phone.show(&serde_json::json!({"challenge": "", "rpId": "x"}))).await.map(drop),
        Err(Code::CeremonyOver)
    );
    assert!(house.add(&own, &asked, &answer).await.is_ok());
    for n in 2..=10 {
        house.phone(n, &own).await;
    }
    assert_eq!(list(house.ports(), &own).await.unwrap().len(), Passkeys::MAX);
    assert_eq!(house.ask_for_new(&own).await.map(drop), Err(Code::TooManyPasskeys));
}

#[tokio::test]
async fn wrong_passkeys_are_counted_as_wrong_passwords_are() {
    let house = House::new().await;
    let (own, _) = house.by_password().await.unwrap();
    let mut phone = house.phone(1, &own).await;
    phone.verifies = false;
    for _ in 0..10 {
        assert_eq!(house.by_passkey(&mut phone).await.map(drop), Err(Code::WrongPasskey));
    }
    phone.verifies = true;
    assert_eq!(house.by_passkey(&mut phone).await.map(drop), Err(Code::WrongPasskey), "locked");
    assert_eq!(
        house.by_password().await.map(drop),
        Err(Code::WrongEmailOrPassword),
        "and so is the password"
    );
    house.world.pass(15 * 60);
    assert!(house.by_passkey(&mut phone).await.is_ok());
}

#[tokio::test]
async fn a_passkey_that_is_taken_away_opens_nothing_and_the_sessions_of_others_end() {
    let house = House::new().await;
    let (own, secret) = house.by_password().await.unwrap();
    let mut phone = house.phone(1, &own).await;
    let (_, other) = house.by_passkey(&mut phone).await.unwrap();
    let id = list(house.ports(), &own).await.unwrap()[0].id;
    house.world.pass(Session::FRESH.as_secs());
    assert_eq!(code(remove(house.ports(), &*house.world.key_logs, &own, id).await), Err(Code::ProofNeeded));
    proof::by_password(house.ports(), &house.doors(), &own, (RIGHT, None)).await.unwrap();
    let (_, own) = house.enters(&secret).await.unwrap();
    remove(house.ports(), &*house.world.key_logs, &own, id).await.unwrap();
    assert_eq!(code(remove(house.ports(), &*house.world.key_logs, &own, id).await), Err(Code::NotFound));
    assert_eq!(house.enters(&other).await.map(drop), Err(Code::InvalidCredential));
    assert!(house.enters(&secret).await.is_ok());
    assert_eq!(house.by_passkey(&mut phone).await.map(drop), Err(Code::WrongPasskey));
}

#[tokio::test]
async fn what_does_great_harm_takes_a_fresh_proof_by_password_or_passkey() {
    let house = House::new().await;
    let (own, secret) = house.by_password().await.unwrap();
    let mut phone = house.phone(1, &own).await;
    let token = async |scope: Scope| {
        let (principal, _) = house.enters(&secret).await.unwrap();
        let new = NewToken {
            name: "one".into(),
            scopes: [scope].into(),
            inboxes: None,
            expires_at: None,
            sends_per_day: None,
        };
        let (once, answer) = (Once::default(), |_: &_| (201, String::new()));
        code(tokens::create(house.ports(), &principal.permit().unwrap(), new, &once, answer).await.map(drop))
    };
    assert_eq!(token(Scope::ApprovalsDecide).await, Ok(()), "whoever just signed in notices nothing");
    house.world.pass(Session::FRESH.as_secs());
    for scope in [Scope::ApprovalsDecide, Scope::MembersManage, Scope::PoliciesManage, Scope::TokensManage] {
        assert_eq!(token(scope).await, Err(Code::ProofNeeded), "{scope:?}");
    }
    assert_eq!(token(Scope::MessagesRead).await, Ok(()));
    assert_eq!(house.ask_for_new(&own).await.map(drop), Err(Code::ProofNeeded));

    let doors = house.doors();
    let wrong = proof::by_password(house.ports(), &doors, &own, ("guessed", None)).await;
    assert_eq!(code(wrong), Err(Code::WrongPassword));
    let until = proof::by_password(house.ports(), &doors, &own, (RIGHT, None)).await.unwrap();
    assert_eq!(until, house.ports().now() + Session::FRESH);
    assert_eq!(token(Scope::ApprovalsDecide).await, Ok(()));

    house.world.pass(Session::FRESH.as_secs());
    let asked = read(proof::ask(house.ports(), &house.site(), &own).await.unwrap());
    assert_eq!(asked.options["allowCredentials"].as_array().unwrap().len(), 1);
    let answer = phone.show(&asked.options).to_string();
    let answered = Answered { ceremony: &asked.ceremony, credential: &answer };
    let site = house.site();
    proof::by_passkey(house.ports(), &site, &own, answered).await.unwrap();
    let again = proof::by_passkey(house.ports(), &site, &own, answered).await;
    assert_eq!(code(again), Err(Code::CeremonyOver), "replayed");
    assert_eq!(token(Scope::ApprovalsDecide).await, Ok(()));
    assert_eq!(house.reasons("session.prove"), ["password", "passkey"]);
    let contents = house.world.store.contents().clone();
    let stored = &contents.records[&(own.organization_id, Key::Session(own.hash))];
    assert!(
        matches!(stored, Record::Session(it) if it.opened_with == OpenedWith::Password),
        "it stays what it was"
    );
}
