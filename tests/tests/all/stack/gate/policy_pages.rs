//! Policies in a browser on a phone: from a template to a saved change, tried on mail, with its sentences and its history.

use fantoccini::{Client, Locator};
use serde_json::json;
use tests::{Stack, unique};

use crate::stack::browser::{Driver, shows, sign_in};

async fn press(browser: &Client, css: &str) {
    browser.find(Locator::Css(css)).await.unwrap().click().await.unwrap();
}

async fn fill(browser: &Client, id: &str, text: &str) {
    let field = browser.find(Locator::Css(&format!("#{id}"))).await.unwrap();
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_made_changed_tried_and_taken_back() {
    let (stack, driver) = (Stack::running().organization(), Driver::start());
    let inbox = stack.post("/v1/inboxes", stack.text("/owner/token"), &json!({})).expect(201);
    let browser = driver.browser().await;
    browser.set_window_size(390, 844).await.unwrap();
    sign_in(&browser, &stack, "owner").await;
    let console = stack.text("/console_url").to_owned();
    browser.goto(&format!("{console}/policies/new")).await.unwrap();
    shows(&browser, "Only first contacts wait").await;
    press(&browser, "a[href$='template=first-contacts']").await;
    shows(&browser, "What it says, as it is filled in").await;
    let name = unique("policy");
    fill(&browser, "name", &name).await;
    press(&browser, "button.primary[value=save]").await;
    shows(&browser, "The policy is made").await;
    shows(&browser, "When every recipient was written to before: let it go").await;

    browser.find(Locator::XPath("//a[contains(., 'Change')]")).await.unwrap().click().await.unwrap();
    shows(&browser, &format!("Change {name}")).await;
    press(&browser, "button[value=rule]").await;
    shows(&browser, "Rule 2").await;
    press(&browser, "#r1-add option[value=any_recipient]").await;
    press(&browser, "button[value='add-1']").await;
    shows(&browser, "When: a recipient").await;
    fill(&browser, "r1-name", "Elsewhere").await;
    fill(&browser, "r1-c0-domain_in", "example.org").await;
    press(&browser, "button[value=try]").await;
    shows(&browser, "When a recipient is at example.org: hold it for 1 vote").await;
    press(&browser, &format!("#inbox option[value='{}']", inbox["id"].as_str().unwrap())).await;
    fill(&browser, "to", "ann@example.org").await;
    press(&browser, "form[action='/console/simulate'] button.primary").await;
    shows(&browser, "It would be held for 1 vote").await;
    shows(&browser, "When a recipient is at example.org").await;
    let wide = "return document.documentElement.scrollWidth > window.innerWidth";
    assert_eq!(browser.execute(wide, vec![]).await.unwrap(), json!(false), "nothing stands out to the side");

    press(&browser, "form[action^='/console/policies/'] button").await;
    shows(&browser, "Rule 2").await;
    press(&browser, "button.primary[value=save]").await;
    shows(&browser, "It is saved").await;
    browser.find(Locator::LinkText("History")).await.unwrap().click().await.unwrap();
    shows(&browser, "Version 2").await;
    shows(&browser, "(new)").await;
    press(&browser, "form[action$='/restore'] button").await;
    shows(&browser, "It says again what it said then").await;
    let listed = stack.get("/v1/policies", stack.text("/owner/token")).expect(200);
    let policy = listed["data"].as_array().unwrap().iter().find(|one| one["name"] == name.as_str()).unwrap();
    assert_eq!((&policy["version"], policy["rules"].as_array().unwrap().len()), (&json!(3), 1));
    browser.close().await.unwrap();
}
