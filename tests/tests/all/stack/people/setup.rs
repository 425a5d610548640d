//! A set-up link for real: from the operator's call to the first mail in the queue.

use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use tests::{Stack, unique};

use crate::stack::browser::{Driver, shows};

/// A link for one more organization, as the operator is given it.
fn drawn(stack: &Stack) -> String {
    let drawn = stack.invoke("countersign-operator-setup", &json!({"another": true}));
    drawn["url"].as_str().unwrap_or_else(|| panic!("{drawn}")).to_owned()
}

#[test]
fn from_the_set_up_link_to_a_first_mail_that_waits() {
    let stack = Stack::running();
    // The demo is there, so a link is drawn only for whoever insists.
    let refused = stack.invoke("countersign-operator-setup", &json!({}));
    assert_eq!(refused["error"]["code"], "organization_exists", "{refused}");
    let url = drawn(&stack);
    let path = &url[url.find("/console/setup/").unwrap()..];

    let look = || stack.raw("GET", path, "", vec![], "");
    let page = look().body.as_str().unwrap_or_default().to_owned();
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let send = |password: &str, name: &str| {
        let form = ("content-type", "application/x-www-form-urlencoded".to_owned());
        let fields = format!(
            "csrf={csrf}&organization_name=First&email={name}%40else.example&password={password}&username={name}"
        );
        stack.raw("POST", path, "", vec![form], fields)
    };
    let name = unique("setup").replace(' ', "-");
    let weak = send("password1234", &name);
    assert_eq!(weak.status, 422, "{}", weak.body);
    assert!(weak.body.as_str().unwrap_or_default().contains(&format!("value=\"{name}\"")));
    let made = send("four+words+nobody+puts+together", &name);
    let page = made.body.as_str().unwrap_or_default().to_owned();
    assert_eq!(made.status, 200, "{page}");
    let again = send("four+words+nobody+puts+together", &unique("later").replace(' ', "-"));
    assert_eq!((again.status, look().status), (410, 410), "{}", again.body);

    // The token reads its inbox and asks for a mail, which waits where the new owner sees it.
    let secret = page.split("value=\"cs_live_").nth(1).unwrap().split('"').next().unwrap();
    let token = format!("cs_live_{secret}");
    let inboxes = stack.get("/v1/inboxes", &token).expect(200);
    let inbox = inboxes["data"][0]["id"].as_str().unwrap();
    assert!(page.contains(&format!("/v1/inboxes/{inbox}/messages/send")), "{page}");
    let mail = json!({"to": ["success@simulator.amazonses.com"], "subject": "A first mail", "text": "Hello"});
    let sent = stack.post(&format!("/v1/inboxes/{inbox}/messages/send"), &token, &mail).expect(202);
    assert_ne!(sent["approval"], Value::Null, "{sent}");
    let session = made.header("set-cookie").and_then(|cookie| cookie.split(['=', ';']).nth(1)).unwrap();
    let waiting = stack.get("/v1/approvals", session).expect(200);
    assert_eq!(waiting["data"].as_array().map(Vec::len), Some(1), "{waiting}");
    let me = stack.get("/v1/me", session).expect(200);
    assert_eq!(me["role"], "owner");

    // Nobody else decides there, so the owner lets go what their own token asked for: on the page, as a person would.
    let approval = &waiting["data"][0];
    let path = format!("/console/approvals/{}", approval["id"].as_str().unwrap());
    let cookie = || vec![("cookie", format!("__Host-cs_session={session}"))];
    let page = stack.raw("GET", &path, "", cookie(), "").body.as_str().unwrap_or_default().to_owned();
    assert!(page.contains("Nobody else of the organization decides about mail"), "{page}");
    let digest = json!({"digest": approval["digest"]});
    let approve = format!("/v1/approvals/{}/approve", approval["id"].as_str().unwrap());
    let approved = stack.post(&approve, session, &digest).expect(200);
    assert_eq!(approved["status"], "approved", "{approved}");
}

async fn fill(browser: &Client, name: &str, text: &str) {
    let field = browser.find(Locator::Css(&format!("input[name={name}]"))).await.unwrap();
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_sets_up_on_a_phone_and_comes_to_the_queue() {
    let (stack, driver) = (Stack::running(), Driver::start());
    let url = drawn(&stack);
    let link = format!("{}{}", stack.text("/console_url"), &url[url.find("/setup/").unwrap()..]);
    let browser = driver.browser().await;
    browser.set_window_size(390, 844).await.unwrap();
    browser.goto(&link).await.unwrap();
    let name = unique("phone").replace(' ', "-");
    fill(&browser, "organization_name", "On a phone").await;
    fill(&browser, "email", &format!("{name}@else.example")).await;
    fill(&browser, "username", &name).await;
    fill(&browser, "password", "password1234").await;
    browser.find(Locator::Css("form.card button")).await.unwrap().click().await.unwrap();
    shows(&browser, "too easy to guess").await;
    // What was typed is there still, and the password alone is typed again.
    fill(&browser, "password", "four words nobody puts together").await;
    browser.find(Locator::Css("form.card button")).await.unwrap().click().await.unwrap();
    shows(&browser, "Ask for a first mail").await;
    let wide = "return document.documentElement.scrollWidth > window.innerWidth";
    assert_eq!(browser.execute(wide, vec![]).await.unwrap(), json!(false), "nothing stands out to the side");
    browser.find(Locator::Css("main a.button")).await.unwrap().click().await.unwrap();
    shows(&browser, "Nothing waits for a decision").await;
    assert!(browser.current_url().await.unwrap().path().ends_with("/console/approvals"));
    browser.close().await.unwrap();
}
