//! What takes a fresh proof, carried over the page that asks for it; and the pages on which a browser is asked for a passkey.

use super::*;

const PASSWORD: &str = "a long enough password";

async fn console() -> Console {
    let console = Console::new().await;
    let login = Login { password_hash: hash_password(PASSWORD, &[7; 16]).unwrap(), ..samples::login(OWNER) };
    console.world.store.contents().logins.insert(login.email.mailbox_key(), login);
    console
}

#[tokio::test]
async fn what_takes_a_fresh_proof_is_done_once_it_is_shown_and_nothing_is_lost() {
    let console = console().await;
    let (csrf, new) = (token(OWNER), "/console/tokens/new");
    let fields = [
        ("csrf", csrf.as_str()),
        ("name", "Ops & <more>"),
        ("scope-approvals.decide", "yes"),
        ("reach", "all"),
    ];
    console.world.pass(Session::FRESH.as_secs());
    let asked = console.post(Some(OWNER), new, &fields).await;
    assert_eq!(asked.status(), 403);
    assert!(
        asked.body().contains("Is it you?") && !asked.body().contains("Use a passkey"),
        "{}",
        asked.body()
    );
    let (then, act) = (unescaped(asked.field("then")), unescaped(asked.field("act")));
    assert_eq!(then, new);
    assert!(!act.contains("csrf") && act.contains("Ops"), "{act}");
    let made = |console: &Console| {
        let contents = console.world.store.contents();
        contents.audit.iter().filter(|entry| entry.action == "token.create").count()
    };
    let prove = async |password: &str, then: &str| {
        let fields = [("csrf", csrf.as_str()), ("then", then), ("act", act.as_str()), ("password", password)];
        console.post(Some(OWNER), "/console/prove", &fields).await
    };
    let wrong = prove("guessed", &then).await;
    assert_eq!((wrong.status(), made(&console)), (422, 0));
    assert!(wrong.alert().starts_with("The password is not your password"), "{}", wrong.alert());
    assert_eq!(unescaped(wrong.field("act")), act, "nothing is lost");
    assert_eq!(prove(PASSWORD, "https://evil.test/").await.status(), 404);

    let proved = prove(PASSWORD, &then).await;
    assert_eq!((proved.status(), made(&console)), (200, 0));
    assert!(proved.body().contains("action=\"/console/tokens/new\""), "{}", proved.body());
    assert_eq!(unescaped(proved.field("name")), "Ops & <more>");
    assert!(proved.header("content-security-policy").contains("script-src 'sha256-"));
    assert!(!has_foreign_script(proved.body()));
    assert_eq!(console.post(Some(OWNER), new, &fields).await.status(), 200);
    assert_eq!(made(&console), 1);
}

#[tokio::test]
async fn a_browser_is_asked_for_a_passkey_on_a_page_that_a_form_leads_to() {
    let console = console().await;
    assert!(
        console
            .call(Console::request("GET", "/console/sign-in", None))
            .await
            .body()
            .contains("Sign in with a passkey")
    );
    let asked = console.post(None, "/console/sign-in/passkey", &[("next", "/console/audit")]).await;
    assert_eq!(asked.status(), 200);
    assert!(
        asked.body().contains("data-passkey=\"get\"") && asked.body().contains("<noscript>"),
        "{}",
        asked.body()
    );
    assert_eq!(asked.field("next"), "/console/audit");
    assert!(asked.header("content-security-policy").contains("script-src 'sha256-"));
    assert!(!has_foreign_script(asked.body()));
    let ceremony = asked.field("ceremony_id").to_owned();
    let answer = [("ceremony_id", ceremony.as_str()), ("credential", "{}"), ("next", "/console/audit")];
    let refused = console.post(None, "/console/sign-in/passkey/answer", &answer).await;
    assert_eq!(refused.status(), 422);
    assert!(refused.alert().contains("is not what a browser gives"), "{}", refused.alert());

    let csrf = token(OWNER);
    let unnamed = [("csrf", csrf.as_str()), ("name", " ")];
    let add = "/console/settings/passkeys/new";
    assert_eq!(console.post(Some(OWNER), add, &unnamed).await.status(), 422);
    let named = [("csrf", csrf.as_str()), ("name", "<b>Phone")];
    let asked = console.post(Some(OWNER), add, &named).await;
    assert!(asked.body().contains("data-passkey=\"create\""), "{}", asked.body());
    assert_eq!(unescaped(asked.field("name")), "<b>Phone");
    console.world.pass(Session::FRESH.as_secs());
    let stale = console.post(Some(OWNER), add, &named).await;
    assert!(stale.status() == 403 && stale.body().contains("Is it you?"));
    let none = console.get(OWNER, "/console/settings").await;
    assert!(none.body().contains("You have none yet."));
}
