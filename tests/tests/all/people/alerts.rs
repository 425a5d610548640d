//! Security alerts in memory: what somebody hears of their own way in, from the entry in the audit log to the mail.

use app::base::store::{Change, DirectoryWrite, Expect, Write};
use app::gate::notify::{Alerted, DueDigest, Notify, OwnersTold, Teller};
use app::people::account;
use app::people::password::hash_password;
use app::people::sessions::{self, Doors, SignIn};
use domain::base::code::Code;
use domain::gate::notice::Pace;
use domain::ledger::alerts;
use domain::ledger::audit::{AuditEntry, Entry};
use domain::people::access::{Actor, CalledThen, Role};
use domain::people::alert::{Alert, Deed, OwnersAlert};
use domain::people::browser::Browser;
use domain::people::credential::{Login, Session};
use domain::people::organization::Member;
use testkit::samples;
use testkit::world::{PlainKeys, World};

const FIRST: &str = "a sentence that is long enough";
const SECOND: &str = "seven words that nobody would expect here";
const FOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

struct House {
    world: World,
}

impl House {
    async fn new() -> Self {
        let world = World::default();
        let login = Login { password_hash: hash_password(FIRST, &[1; 16]).unwrap(), ..samples::login(1) };
        let change = Change::new(samples::organization_id(1))
            .create(samples::organization(1))
            .create(samples::member(1, Role::Approver))
            .directory(DirectoryWrite::NewLogin(login));
        world.ports.store.commit(change).await.unwrap();
        Self { world }
    }

    /// Signs in, and has people told what the audit log has of it.
    async fn sign_in(&self, agent: &str) -> Session {
        let email = samples::login(1).email;
        let shown = SignIn { email: &email, password: FIRST, code: None, browser: Some(Browser::of(agent)) };
        let doors = Doors { directory: &*self.world.store, data_keys: &PlainKeys };
        let (session, _) = sessions::sign_in(&self.world.ports, &doors, &shown).await.unwrap();
        self.tell_last().await;
        self.world.pass(1);
        session
    }

    /// Has people told of the last act, twice, as queues do.
    async fn tell_last(&self) {
        let last = |entry: &&AuditEntry| !alerts::of(&Entry::from(*entry)).is_empty();
        let entry = self.world.store.contents().audit.iter().rfind(last).cloned().unwrap();
        let entry = Entry::from(&entry);
        for (member_id, alert) in alerts::of(&entry) {
            let alerted = Alerted { organization_id: entry.organization_id, member_id, id: entry.id, alert };
            let body = wire::gate::alerts::write(&alerted);
            assert!(!body.contains('@'), "{body}");
            let Some(Notify::Alert(read)) = dispatch::notify::read(&body) else { panic!("{body}") };
            self.tell(&read).await;
            self.tell(&read).await;
        }
    }

    async fn tell(&self, alerted: &Alerted) {
        self.tell_of(Notify::Alert(alerted.clone())).await;
    }

    async fn tell_of(&self, what: Notify) {
        let from = samples::address("notifications@mail.example.com");
        let teller = Teller {
            ports: &self.world.ports,
            directory: &*self.world.store,
            notifier: &self.world.notifier,
            queue: &self.world.outside,
            encode: |_: &DueDigest| String::new(),
            from: &from,
            public_url: "https://console.test",
        };
        teller.tell(&what).await.unwrap();
    }

    /// Addresses, subjects and texts of the mails so far.
    fn mails(&self) -> Vec<(String, String, String)> {
        let called = self.world.notifier.called.lock().unwrap();
        let read = |(to, mime): &(String, Vec<u8>)| {
            let mail = mail::parse(mime);
            (to.clone(), mail.subject.clone(), mail.text.clone().unwrap())
        };
        called.iter().map(read).collect()
    }

    fn alerted(&self, n: u8, alert: Alert) -> Alerted {
        let member = samples::member(n, Role::Approver);
        let id = domain::AuditId::new(self.world.ports.now(), [n; 10]);
        Alerted { organization_id: member.organization_id, member_id: member.id, id, alert }
    }
}

#[tokio::test]
async fn a_sign_in_in_another_browser_is_told_of_once_and_the_first_ever_is_not() {
    let house = House::new().await;
    house.sign_in(FOX).await;
    house.sign_in(FOX).await;
    assert!(house.mails().is_empty(), "it is their first, and such a browser is theirs");
    house.sign_in("curl/8.5.0").await;
    house.sign_in("curl/8.6.0").await;
    let mails = house.mails();
    assert_eq!(mails.len(), 1);
    let (to, subject, text) = &mails[0];
    assert_eq!(
        (to.as_str(), subject.as_str()),
        (samples::login(1).email.as_str(), "A new sign-in to Countersign")
    );
    for words in ["UTC. With: A program.", "Sign out everywhere", "https://console.test/console/settings"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // Away for more than a week: nothing is open, and whoever comes is not known.
    house.world.pass(8 * 24 * 3_600);
    house.sign_in(FOX).await;
    assert!(house.mails()[1].2.contains("With: Firefox on Linux."));
}

#[tokio::test]
async fn a_password_that_was_changed_is_told_of_with_the_browser_that_did_it() {
    let house = House::new().await;
    house.sign_in("curl/8.5.0").await;
    let own = house.sign_in(FOX).await;
    let refused = account::change_password(&house.world.ports, &*house.world.store, &own, FIRST, FIRST).await;
    assert_eq!(refused.unwrap_err().code(), Code::PasswordUnchanged);
    account::change_password(&house.world.ports, &*house.world.store, &own, FIRST, SECOND).await.unwrap();
    house.tell_last().await;
    let mails = house.mails();
    let (_, subject, text) = mails.last().unwrap();
    assert_eq!((mails.len(), subject.as_str()), (2, "Your password for Countersign was changed"));
    assert!(text.contains("With: Firefox on Linux.") && text.contains("Forgot your password?"), "{text}");
    assert!(!text.contains(SECOND) && !text.contains("/console/password-resets/"), "{text}");
}

#[tokio::test]
async fn each_kind_has_words_of_its_own() {
    let house = House::new().await;
    for (n, alert, words) in [
        (1, Alert::SecondFactorAdded, "asks for a code"),
        (2, Alert::SecondFactorRemoved, "password alone"),
        (4, Alert::OpenIdConnected, "an account elsewhere"),
        (5, Alert::OpenIdDisconnected, "opens it no more"),
        (3, Alert::RoleChanged { from: Role::Viewer, to: Role::Owner }, "was viewer, and is owner now"),
    ] {
        let told = Alerted { id: domain::AuditId::new(samples::NOW, [n; 10]), ..house.alerted(1, alert) };
        house.tell(&told).await;
        let text = house.mails().last().unwrap().2.clone();
        assert!(text.contains(words) && text.contains("ask an owner") == (n == 3), "{text}");
        assert!(!text.contains("With:"), "nothing is known of it: {text}");
    }
    assert_eq!(house.mails().len(), 5);
}

#[tokio::test]
async fn whoever_opens_sessions_without_end_silences_nothing_but_sign_ins() {
    let house = House::new().await;
    house.sign_in(FOX).await;
    for agent in
        ["Firefox/1", "Chrome/1", "Safari/1", "Edg/1", "OPR/1", "Vivaldi/1", "curl/1", "x", "Chrome/1 iPhone"]
    {
        house.sign_in(agent).await;
    }
    assert_eq!(house.mails().len(), Pace::SIGN_INS);
    for n in 0..5 {
        let alerted = Alerted {
            id: domain::AuditId::new(house.world.ports.now(), [40 + n; 10]),
            ..house.alerted(1, Alert::PasswordChanged)
        };
        house.tell(&alerted).await;
    }
    assert_eq!(house.mails().len(), Pace::ALERTS, "in a day");
    house.world.pass(24 * 3_600);
    house.tell(&house.alerted(1, Alert::PasswordChanged)).await;
    assert_eq!(house.mails().len(), Pace::ALERTS + 1);
}

#[tokio::test]
async fn nobody_is_told_through_an_inbox_of_the_installation_and_nobody_who_left() {
    let house = House::new().await;
    let email = samples::address("somebody@MAIL.example.com");
    let member = Member { email, ..samples::member(2, Role::Approver) };
    let change = Change::new(member.organization_id).write(Write::put(member, Expect::Anything));
    house.world.ports.store.commit(change).await.unwrap();
    house.tell(&house.alerted(2, Alert::PasswordChanged)).await;
    house.tell(&house.alerted(3, Alert::PasswordChanged)).await;
    assert!(house.mails().is_empty());
}

#[tokio::test]
async fn owners_hear_once_of_what_others_did_and_not_of_their_own_deeds() {
    let house = House::new().await;
    let owner = |n: u8| samples::member(n, Role::Owner);
    let seats = Change::new(samples::organization_id(1)).create(owner(2)).create(owner(3));
    house.world.ports.store.commit(seats).await.unwrap();
    let told = |n: u8, deed: Deed, actor: Actor, target: String, roles| {
        let alert = OwnersAlert { deed, actor, target, roles };
        let id = domain::AuditId::new(samples::NOW, [n; 10]);
        Notify::Owners(OwnersTold { organization_id: samples::organization_id(1), id, alert })
    };
    let by = |n: u8| Actor::Member { member_id: owner(n).id };
    let token_id = domain::TokenId::new(samples::NOW, [7; 10]);
    let made = told(1, Deed::TokenMade, by(2), token_id.to_string(), None);
    for _ in 0..2 {
        house.tell_of(made.clone()).await;
    }
    let mails = house.mails();
    let (to, subject, text) = &mails[0];
    assert_eq!((mails.len(), to.as_str()), (1, owner(3).email.as_str()));
    assert_eq!(subject, "An API token was made in your organization on Countersign");
    let who = owner(2).email.as_str().replace('.', "[.]").replace('@', "[@]");
    for words in [
        format!("\"{who}\" made the API token {token_id}."),
        "When: 1 Jan 2026".to_owned(),
        "https://console.test/console/audit".to_owned(),
    ] {
        assert!(text.contains(&words), "{words}: {text}");
    }
    // An owner whose own role it is hears of that by an alert of their own; what a token does, whoever made it hears of as well.
    let roles = Some((Role::Admin, Role::Owner));
    house.tell_of(told(2, Deed::RoleChanged, by(2), owner(3).id.to_string(), roles)).await;
    assert_eq!(house.mails().len(), 1);
    let token = Actor::Token { token_id, member_id: owner(2).id, name: CalledThen::new("https://evil.test") };
    house.tell_of(told(3, Deed::Resumed, token, samples::inbox_id(1).to_string(), None)).await;
    let mails = house.mails();
    assert_eq!(mails.len(), 3);
    assert!(mails.iter().all(|(_, _, text)| !text.contains("evil")));
}

#[tokio::test]
async fn an_owner_gets_twenty_of_them_a_day_and_still_hears_of_their_own_way_in() {
    let house = House::new().await;
    let owner = samples::member(2, Role::Owner);
    let seat = Change::new(owner.organization_id).create(owner.clone());
    house.world.ports.store.commit(seat).await.unwrap();
    for n in 0..30 {
        let actor = Actor::Member { member_id: samples::member(1, Role::Approver).id };
        let alert = OwnersAlert { deed: Deed::Paused, actor, target: "org_x".to_owned(), roles: None };
        let id = domain::AuditId::new(samples::NOW, [n; 10]);
        house.tell_of(Notify::Owners(OwnersTold { organization_id: owner.organization_id, id, alert })).await;
    }
    let mails = house.mails();
    assert_eq!(mails.len(), Pace::OWNER_ALERTS);
    let last = |text: &str| text.contains("This is the last mail of its kind today");
    assert!(last(&mails[Pace::OWNER_ALERTS - 1].2) && !last(&mails[0].2));
    house.tell(&house.alerted(2, Alert::PasswordChanged)).await;
    assert_eq!(house.mails().len(), Pace::OWNER_ALERTS + 1);
}
