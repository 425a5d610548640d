//! Signing in with a real provider (`tests/openid`), in a browser: an invitation, a second time, somebody whom nobody knows, and a seat
//! that is connected and disconnected.

use fantoccini::{Client, Locator};
use serde_json::json;
use tests::{Stack, unique};

use super::members::invited;
use crate::stack::browser::{Driver, shows};

async fn press(browser: &Client, words: &str) {
    let button = format!("//*[self::button or self::a][contains(normalize-space(.), '{words}')]");
    browser.find(Locator::XPath(&button)).await.unwrap().click().await.unwrap();
}

async fn fill(browser: &Client, name: &str, text: &str) {
    let field = format!("input[name={name}]");
    let field = browser.wait().for_element(Locator::Css(&field)).await.unwrap();
    field.send_keys(text).await.unwrap();
}

/// Signs in at the provider as whoever has this address.
async fn as_whom(browser: &Client, email: &str) {
    fill(browser, "login", email).await;
    fill(browser, "password", "any").await;
    browser.find(Locator::Css("button[type=submit]")).await.unwrap().click().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_joins_comes_back_and_is_not_let_in_as_another() {
    let (stack, driver) = (Stack::running().organization(), Driver::start());
    let console = stack.text("/console_url").to_owned();
    let email = format!("{}@else.example", unique("openid").replace(' ', "-"));
    let wanted = json!({"email": email, "role": "viewer"});
    stack.post("/v1/invitations", stack.text("/owner/session"), &wanted).expect(201);
    let link = format!("{console}/invitations/{}", invited(&stack, &email));
    let browser = driver.browser().await;

    // Whoever has another address there accepts nothing.
    browser.goto(&link).await.unwrap();
    press(&browser, "Accept with 127.0.0.1").await;
    as_whom(&browser, "eve@else.example").await;
    shows(&browser, "That is another address").await;
    // Cookies of the provider go with the browser.
    browser.close().await.unwrap();
    let browser = driver.browser().await;
    browser.goto(&link).await.unwrap();
    press(&browser, "Accept with 127.0.0.1").await;
    as_whom(&browser, &email).await;
    shows(&browser, &email).await;
    browser.goto(&format!("{console}/settings")).await.unwrap();
    shows(&browser, "You have no password yet").await;

    // They come in again, where they asked to go, and are signed in there still.
    press(&browser, "Sign out").await;
    shows(&browser, "You are signed out").await;
    browser.goto(&format!("{console}/settings")).await.unwrap();
    press(&browser, "Sign in with 127.0.0.1").await;
    shows(&browser, "Where you are signed in").await;
    let settings = browser.current_url().await.unwrap();
    assert_eq!(settings.path(), "/console/settings");

    browser.close().await.unwrap();
    let browser = driver.browser().await;
    browser.goto(&format!("{console}/sign-in")).await.unwrap();
    press(&browser, "Sign in with 127.0.0.1").await;
    as_whom(&browser, "nobody@else.example").await;
    shows(&browser, "This account opens nothing here").await;
    let address = browser.current_url().await.unwrap();
    browser.goto(address.as_str()).await.unwrap();
    shows(&browser, "Begin anew").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_is_connected_and_disconnected() {
    let (stack, driver) = (Stack::running().organization(), Driver::start());
    let console = stack.text("/console_url").to_owned();
    let password = stack.text("/editor/password");
    let elsewhere = format!("{}@elsewhere.example", unique("openid").replace(' ', "-"));
    let browser = driver.browser().await;
    crate::stack::browser::sign_in(&browser, &stack, "editor").await;
    browser.goto(&format!("{console}/openid/connect")).await.unwrap();
    fill(&browser, "proof", "not the password").await;
    press(&browser, "Go on to 127.0.0.1").await;
    shows(&browser, "is not your password").await;
    fill(&browser, "proof", password).await;
    press(&browser, "Go on to 127.0.0.1").await;
    as_whom(&browser, &elsewhere).await;
    shows(&browser, "Your account is connected").await;
    press(&browser, "Sign out").await;
    shows(&browser, "You are signed out").await;
    press(&browser, "Sign in with 127.0.0.1").await;
    shows(&browser, stack.text("/editor/email")).await;
    browser.goto(&format!("{console}/openid/disconnect")).await.unwrap();
    fill(&browser, "proof", password).await;
    press(&browser, "Disconnect it").await;
    shows(&browser, "Your account is disconnected").await;
    press(&browser, "Sign out").await;
    shows(&browser, "You are signed out").await;
    press(&browser, "Sign in with 127.0.0.1").await;
    shows(&browser, "This account opens nothing here").await;
}
