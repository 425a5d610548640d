//! Signing up at the console, and the page of the link by which an organization is claimed.

use app::base::ports::Settings;
use app::base::store::Key;
use domain::people::registration::{Bound, ClaimSecret, Registration, SignUp};

use super::*;

const GOOD: &str = "four words nobody puts together";

impl Console {
    async fn sign_up(&self, name: &str, email: &str) -> Answer {
        self.post(None, "/console/sign-up", &[("name", name), ("owner_email", email)]).await
    }

    /// The link of the mail that would have gone: drawn here in the place of whoever mails it.
    async fn claim_link(&self) -> ClaimSecret {
        let found = self.world.store.contents().records.values().find_map(|record| match record {
            Record::Registration(one) => Some(one.clone()),
            _ => None,
        });
        let registration = found.unwrap();
        let secret = ClaimSecret::new(registration.organization_id, [7; 32]);
        let mailed = Registration { secret: Some(secret.hash()), ..registration };
        let change = Change::new(mailed.organization_id).update(mailed);
        self.world.ports.store.commit(change).await.unwrap();
        secret
    }
}

#[tokio::test]
async fn a_person_signs_up_claims_by_the_link_and_has_an_inbox_and_a_token() {
    let console = Console::new().await;
    let look = async |address: &str| console.call(Console::request("GET", address, None)).await;
    assert!(look("/console/sign-in").await.body().contains("href=\"/console/sign-up\""));
    let wrong = console.sign_up(" ", "nobody").await;
    assert_eq!(wrong.status(), 422);
    assert!(
        wrong.body().contains("value=\"nobody\"") && wrong.body().contains("name-wrong"),
        "{}",
        wrong.body()
    );
    let sent = console.sign_up("Lamps & Co", "grace@lamps.example").await;
    assert_eq!(sent.status(), 200);
    assert!(sent.body().contains("A mail is on its way") && sent.cookie().is_empty(), "{}", sent.body());

    let secret = console.claim_link().await;
    let address = format!("/console/claims/{}", secret.reveal());
    let before = console.world.store.contents().records.clone();
    let blank = look(&address).await;
    assert_eq!((blank.status(), blank.header("referrer-policy")), (200, "no-referrer"));
    assert!(blank.body().contains("Lamps &#38; Co"), "{}", blank.body());
    assert_eq!(console.world.store.contents().records, before);
    let csrf = secret.form_token();
    let send = async |csrf: &str, password: &str| {
        console.post(None, &address, &[("csrf", csrf), ("password", password)]).await
    };
    assert_eq!(send("x", GOOD).await.status(), 403);
    assert_eq!(send(&csrf, "password1234").await.status(), 422);
    let made = send(&csrf, GOOD).await;
    assert_eq!(made.status(), 200, "{}", made.body());
    assert!(made.body().contains("Ask for a first mail") && made.body().contains("cs_live_"));
    assert!(made.cookie().starts_with("__Host-cs_session=cs_session_"));
    assert_eq!((send(&csrf, GOOD).await.status(), look(&address).await.status()), (410, 410));
    let contents = console.world.store.contents();
    assert!(contents.logins.contains_key("grace@lamps.example"));
    assert!(
        contents
            .records
            .keys()
            .any(|(id, key)| *id == secret.organization_id() && matches!(key, Key::Inbox(_)))
    );
}

#[tokio::test]
async fn whoever_asks_too_often_waits_and_where_people_are_invited_nobody_is_offered_it() {
    let mut console = Console::new().await;
    for _ in 0..Bound::Owner.limit() {
        assert_eq!(console.sign_up("Lamps", "grace@lamps.example").await.status(), 200);
    }
    let often = console.sign_up("Lamps", "grace@lamps.example").await;
    assert_eq!(often.status(), 429);
    assert!(often.alert().starts_with("Too many organizations"), "{}", often.alert());
    let settings = Settings { sign_up: SignUp::Invite, ..(*console.world.ports.settings).clone() };
    console.world.ports.settings = Arc::new(settings);
    let look = async |address: &str| console.call(Console::request("GET", address, None)).await;
    assert!(!look("/console/sign-in").await.body().contains("sign-up"));
    let closed = look("/console/sign-up").await;
    assert_eq!(closed.status(), 403);
    assert!(closed.body().contains("Ask an owner of one for an invitation"), "{}", closed.body());
    assert_eq!(console.sign_up("Lamps", "other@lamps.example").await.status(), 403);
}
