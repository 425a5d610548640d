//! Passkeys on the running stack: by the API with an authenticator in software, and in Chromium with the browser's virtual one.

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, Locator};
use serde_json::json;
use tests::{Answer, Stack};
use ureq::http::Method;
use url::Url;

use crate::authenticator::Phone;
use crate::stack::browser::{Driver, shows, sign_in};

fn site(stack: &Stack) -> String {
    stack.text("/console_url").trim_end_matches("/console").to_owned()
}

/// Adds the passkey of a phone.
fn add(stack: &Stack, session: &str, phone: &mut Phone) -> Answer {
    let asked = stack.post("/v1/me/passkeys/options", session, &json!({})).expect(201);
    let credential = phone.make(&asked["options"]);
    let body = json!({"ceremony_id": asked["ceremony_id"], "name": "Phone", "credential": credential});
    stack.post("/v1/me/passkeys", session, &body)
}

/// The id of a passkey that was added by whoever has this session.
pub(crate) fn added(stack: &Stack, session: &str, n: u8) -> String {
    let added = add(stack, session, &mut Phone::new(n, &site(stack))).expect(201);
    added["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_passkey_is_added_signed_in_with_shown_once_more_and_taken_away() {
    let stack = Stack::running().organization();
    let session = stack.text("/approver/session");
    assert_eq!(stack.get("/v1/me/passkeys", session).expect(200), json!({"data": []}));
    stack.post("/v1/me/proof/options", session, &json!({})).refused(404, "not_found");
    let mut phone = Phone::new(7, &site(&stack));
    let key = add(&stack, session, &mut phone).expect(201);
    assert_eq!(
        (&key["name"], &key["synced"], &key["last_used_at"]),
        (&json!("Phone"), &json!(false), &json!(null))
    );
    add(&stack, session, &mut phone).refused(409, "passkey_known");
    add(&stack, session, &mut Phone::new(8, "https://evil.test")).refused(422, "passkey_refused");
    stack.post("/v1/me/passkeys", session, &json!({})).refused(422, "invalid_request");
    stack.get("/v1/me/passkeys", stack.text("/agent_token")).refused(403, "person_required");

    let asked = stack.post("/v1/sessions/passkey/options", "", &json!({})).expect(201);
    let answer = json!({"ceremony_id": asked["ceremony_id"], "credential": phone.show(&asked["options"])});
    let opened = stack.post("/v1/sessions/passkey", "", &answer).expect(201);
    assert_eq!(opened["opened_with"], "passkey");
    stack.post("/v1/sessions/passkey", "", &answer).refused(409, "ceremony_over");
    let own = opened["token"].as_str().unwrap();
    let asked = stack.post("/v1/me/proof/options", own, &json!({})).expect(201);
    let answer = json!({"ceremony_id": asked["ceremony_id"], "credential": phone.show(&asked["options"])});
    assert!(stack.post("/v1/me/proof", own, &answer).expect(200)["fresh_until"].is_string());
    stack.post("/v1/me/proof", own, &answer).refused(409, "ceremony_over");
    stack.post("/v1/me/proof", own, &json!({"password": "guessed"})).refused(422, "wrong_password");
    stack.post("/v1/me/proof", own, &json!({})).refused(422, "password_or_passkey");

    let path = format!("/v1/me/passkeys/{}", key["id"].as_str().unwrap());
    assert_eq!(stack.call("DELETE", &path, own, None).status, 204);
    stack.call("DELETE", &path, own, None).refused(404, "not_found");
    stack.get("/v1/me", session).refused(401, "invalid_credential");
    let asked = stack.post("/v1/sessions/passkey/options", "", &json!({})).expect(201);
    let answer = json!({"ceremony_id": asked["ceremony_id"], "credential": phone.show(&asked["options"])});
    stack.post("/v1/sessions/passkey", "", &answer).refused(401, "wrong_passkey");
}

/// `WebDriver`'s extension command that makes a virtual authenticator (W3C Web Authentication, Level 3, §11.3).
#[derive(Debug)]
pub(crate) struct MakeAuthenticator(
    /// How the browser reaches it: `internal` for the device itself, `usb` for a key in a socket.
    pub(crate) &'static str,
);

impl WebDriverCompatibleCommand for MakeAuthenticator {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/webauthn/authenticator", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        let wanted = json!({
            "protocol": "ctap2", "transport": self.0, "hasResidentKey": true, "hasUserVerification": true,
            "isUserVerified": true, "isUserConsenting": true,
        });
        (Method::POST, Some(wanted.to_string()))
    }
}

pub(crate) async fn press(browser: &Client, selector: &str) {
    browser.find(Locator::Css(selector)).await.unwrap().click().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_adds_a_passkey_in_a_browser_and_signs_in_with_it() {
    let (stack, driver) = (Stack::running().organization(), Driver::start());
    let browser = driver.browser().await;
    browser.issue_cmd(MakeAuthenticator("internal")).await.unwrap();
    sign_in(&browser, &stack, "approver").await;
    browser.goto(&format!("{}/settings", stack.text("/console_url"))).await.unwrap();
    shows(&browser, "You have none yet").await;
    browser.find(Locator::Css("#passkey-name")).await.unwrap().send_keys("Laptop").await.unwrap();
    press(&browser, "form[action$='/passkeys/new'] button").await;
    shows(&browser, "The passkey is added").await;
    shows(&browser, "Laptop").await;
    press(&browser, "header form button").await;
    shows(&browser, "You are signed out").await;

    press(&browser, "form[action$='/sign-in/passkey'] button").await;
    shows(&browser, "sign out").await;
    browser.goto(&format!("{}/settings", stack.text("/console_url"))).await.unwrap();
    shows(&browser, "with a passkey").await;
    press(&browser, "form[action$='/remove'] button").await;
    shows(&browser, "The passkey is taken away").await;
    press(&browser, "header form button").await;
    shows(&browser, "You are signed out").await;
    press(&browser, "form[action$='/sign-in/passkey'] button").await;
    shows(&browser, "opens nothing here").await;
    browser.close().await.unwrap();
}
