//! The page of a set-up link.

use app::base::store::StoreError;
use app::people::setup;
use domain::people::access::Scope;
use domain::people::setup::{Setup, SetupSecret};

use super::*;

const GOOD: &str = "four words nobody puts together";

/// A link that was drawn, and the address of its page.
async fn drawn(console: &Console) -> (SetupSecret, String) {
    let store = &*console.world.store;
    let (_, secret) = setup::draw(console.ports(), store, store, true).await.unwrap();
    let address = format!("/console/setup/{}", secret.reveal());
    (secret, address)
}

impl Console {
    async fn set_up(&self, link: &(SetupSecret, String), fields: [&str; 4]) -> Answer {
        let csrf = link.0.form_token();
        let names = ["organization_name", "email", "password", "username"];
        let fields: Vec<_> = names.into_iter().zip(fields).chain([("csrf", csrf.as_str())]).collect();
        self.post(None, &link.1, &fields).await
    }

    async fn see(&self, address: &str) -> Answer {
        self.call(Self::request("GET", address, None)).await
    }
}

#[tokio::test]
async fn a_set_up_link_makes_an_organization_an_inbox_and_a_token_once() {
    let console = Console::new().await;
    let link = drawn(&console).await;
    let before = console.world.store.contents().clone();
    for _ in 0..3 {
        let blank = console.see(&link.1).await;
        assert_eq!((blank.status(), blank.header("referrer-policy")), (200, "no-referrer"));
        assert!(!has_foreign_script(blank.body()) && blank.field("username") == "agent");
    }
    let after = console.world.store.contents().clone();
    assert_eq!((after.records, after.setups), (before.records, before.setups));
    let stranger = [("csrf", "x"), ("organization_name", "A"), ("email", "a@b.example"), ("password", GOOD)];
    assert_eq!(console.post(None, &link.1, &stranger).await.status(), 403);

    let made = console.set_up(&link, ["Lamps & Co", "grace@lamps.example", GOOD, "Lamps"]).await;
    assert_eq!(made.status(), 200, "{}", made.body());
    for said in
        ["Lamps &#38; Co", "value=\"lamps@mail.example.com\"", "Sign out", "href=\"/console/approvals\""]
    {
        assert!(made.body().contains(said), "{said}: {}", made.body());
    }
    let secret = made.body().split("value=\"cs_live_").nth(1).unwrap().split('"').next().unwrap();
    let secret = Secret::parse(&format!("cs_live_{secret}")).unwrap();
    let contents = console.world.store.contents().clone();
    let own = contents.records.iter().filter(|((id, _), _)| *id == secret.organization_id());
    let own: Vec<_> = own.map(|(_, record)| record).collect();
    let inbox = own.iter().find_map(|it| if let Record::Inbox(it) = it { Some(it) } else { None }).unwrap();
    let token = own.iter().find_map(|it| if let Record::Token(it) = it { Some(it) } else { None }).unwrap();
    assert_eq!((token.hash, &token.inboxes), (secret.hash(), &Some([inbox.id].into())));
    assert_eq!(token.scopes, [Scope::MessagesRead, Scope::MessagesSend, Scope::DraftsManage].into());
    let line = format!("curl https://console.example.com/v1/inboxes/{}/messages/send", inbox.id);
    assert!(made.body().contains(&line), "{}", made.body());

    // They are in, and no other link leads in.
    let session = made.cookie().split(['=', ';']).nth(1).unwrap();
    let session = Secret::parse(session).unwrap();
    let queue = console.call(Console::request("GET", route::QUEUE, Some(&session))).await;
    assert!(queue.status() == 200 && queue.body().contains("grace@lamps.example"), "{}", queue.body());
    let again = console.set_up(&link, ["Another", "eve@lamps.example", GOOD, ""]).await;
    assert!(again.status() == 410 && again.body().contains("This link was used"), "{}", again.body());
    assert_eq!(console.see(&link.1).await.status(), 410);
    let contents = console.world.store.contents();
    let actions: Vec<_> = contents.audit.iter().map(|entry| entry.action).collect();
    assert_eq!(
        actions,
        ["organization.create", "member.create", "session.create", "inbox.create", "token.create"]
    );
    assert!(!format!("{:?}", contents.audit).contains('@'));
}

#[tokio::test]
async fn all_that_is_wrong_is_said_at_once_and_what_was_typed_stays() {
    let console = Console::new().await;
    let link = drawn(&console).await;
    let wrong = console.set_up(&link, ["", "no address", "short", "a b"]).await;
    assert_eq!(wrong.status(), 422);
    for field in ["organization_name", "email", "password", "username"] {
        assert!(wrong.body().contains(&format!("id=\"{field}-wrong\"")), "{field}: {}", wrong.body());
    }
    let weak = console.set_up(&link, ["Lamps", "grace@lamps.example", "password1234", "sales"]).await;
    assert_eq!(weak.status(), 422);
    assert!(weak.body().contains("too easy to guess") && !weak.body().contains("password1234"));
    for kept in ["value=\"Lamps\"", "value=\"grace@lamps.example\"", "value=\"sales\""] {
        assert!(weak.body().contains(kept), "{kept}: {}", weak.body());
    }
    // Programs read what comes to an inbox, also a link by which a password is reset.
    let ours = console.set_up(&link, ["Lamps", "grace@mail.example.com", GOOD, ""]).await;
    assert!(ours.status() == 422 && ours.body().contains("id=\"email-wrong\""), "{}", ours.body());
    let taken =
        Change::new(samples::organization_id(1)).directory(DirectoryWrite::NewLogin(samples::login(1)));
    console.world.ports.store.commit(taken).await.unwrap();
    let taken = console.set_up(&link, ["Lamps", samples::login(1).email.as_str(), GOOD, ""]).await;
    assert!(taken.status() == 409 && taken.body().contains("Somebody signs in with this address"));
    // Nothing of it used the link.
    assert_eq!(console.see(&link.1).await.status(), 200);
}

#[tokio::test]
async fn a_link_that_is_over_or_was_never_drawn_opens_nothing() {
    let console = Console::new().await;
    let link = drawn(&console).await;
    let none = SetupSecret::new([9; 32]);
    let none = (none, format!("/console/setup/{}", none.reveal()));
    assert_eq!(console.see(&none.1).await.status(), 404);
    assert_eq!(console.set_up(&none, ["A", "a@b.example", GOOD, ""]).await.status(), 404);
    console.world.pass(Setup::LIFE.as_secs());
    let over = console.set_up(&link, ["A", "a@b.example", GOOD, ""]).await;
    assert!(over.status() == 410 && over.body().contains("It held for 24 hours"), "{}", over.body());
}

#[tokio::test]
async fn who_is_in_stays_in_where_the_rest_fails() {
    let console = Console::new().await;
    let link = drawn(&console).await;
    // The name of the inbox is another organization's: it has one that is made up.
    let first = console.set_up(&link, ["First", "first@lamps.example", GOOD, "desk"]).await;
    assert!(first.body().contains("desk@mail.example.com"), "{}", first.body());
    let link = drawn(&console).await;
    let second = console.set_up(&link, ["Second", "second@lamps.example", GOOD, "desk"]).await;
    assert!(second.body().contains("is taken in this installation"), "{}", second.body());
    assert!(!second.body().contains("desk@mail.example.com") && second.body().contains("value=\"cs_live_"));
    // Where nothing was made the link holds, and what was typed is sent again.
    let link = drawn(&console).await;
    let away = || vec![StoreError::Transient("away".to_owned())];
    let third = ["Third", "third@lamps.example", GOOD, ""];
    console.world.store.fail_commits(away());
    assert_eq!(console.set_up(&link, third).await.status(), 503);
    // The table is away behind the organization, and another time behind the inbox.
    for (spared, email, said) in [
        (1, "third@lamps.example", "The first inbox could not be made"),
        (2, "fourth@lamps.example", "The token for your agent could not be made"),
    ] {
        let link = drawn(&console).await;
        console.world.store.fail_commits_behind(spared, away());
        let made = console.set_up(&link, ["More", email, GOOD, ""]).await;
        assert_eq!(made.status(), 200, "{}", made.body());
        assert!(made.body().contains(said) && !made.body().contains("cs_live_"), "{}", made.body());
        assert!(made.cookie().starts_with("__Host-cs_session=cs_session_"));
    }
}
