//! Signing up for real: a program by itself, and a person at the console; the local stack is open for it.

use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use tests::{Stack, unique};

use super::members::links;
use crate::stack::browser::{Driver, shows};

const PASSWORD: &str = "four words nobody puts together";

fn somebody() -> String {
    format!("{}@else.example", unique("owner").replace(' ', "-"))
}

#[test]
fn a_program_signs_up_and_its_owner_lets_a_first_mail_go() {
    let stack = Stack::running();
    let email = somebody();
    let wrong = json!({"name": " ", "owner_email": "nobody"});
    assert_eq!(stack.post("/v1/registrations", "", &wrong).status, 422);
    let asked = json!({"name": "Lamps & Co", "owner_email": email});
    let made = stack.post("/v1/registrations", "", &asked).expect(201);
    let (token, organization) = (made["token"]["token"].as_str().unwrap(), &made["organization_id"]);
    let inbox = made["inbox"]["id"].as_str().unwrap();
    assert!(made["inbox"]["address"].as_str().unwrap().starts_with("lamps-co-"), "{made}");
    let mail = json!({"to": ["success@simulator.amazonses.com"], "subject": "A first mail", "text": "Hello"});
    let send = format!("/v1/inboxes/{inbox}/messages/send");
    let sent = stack.post(&send, token, &mail).expect(202);
    let reasons = sent["approval"]["reasons"].to_string();
    assert!(reasons.contains("organization_unclaimed"), "{sent}");

    let first = stack.until("a claim", || links(&stack, &email, "claims").pop());
    let resend = format!("/v1/registrations/{}/resend", organization.as_str().unwrap());
    stack.post(&resend, stack.text("/owner/session"), &Value::Null).refused(404, "not_found");
    assert_eq!(stack.post(&resend, token, &Value::Null).expect(202)["mails"], 2);
    let link =
        stack.until("another link", || links(&stack, &email, "claims").pop().filter(|it| *it != first));
    let page = |link: &str| stack.raw("GET", &format!("/console/claims/{link}"), "", vec![], "");
    let look = stack.until("the link before to hold no more", || {
        let look = page(&link);
        (page(&first).status == 404 && look.status == 200).then_some(look)
    });
    let html = look.body.as_str().unwrap_or_default();
    assert!(html.contains("Lamps &#38; Co") && html.contains("A program asked"), "{html}");
    let csrf = html.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = || vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
    let fields = format!("csrf={csrf}&password={}", PASSWORD.replace(' ', "+"));
    let path = format!("/console/claims/{link}");
    let claimed = stack.raw("POST", &path, "", form(), fields.clone());
    assert_eq!(claimed.status, 303, "{}", claimed.body);
    assert_eq!(stack.raw("POST", &path, "", form(), fields).status, 410);

    let session = claimed.header("set-cookie").and_then(|it| it.split(['=', ';']).nth(1)).unwrap().to_owned();
    let waiting = stack.get("/v1/approvals", &session).expect(200);
    let approval = &waiting["data"][0];
    let approve = format!("/v1/approvals/{}/approve", approval["id"].as_str().unwrap());
    stack.post(&approve, &session, &json!({"digest": approval["digest"]})).expect(200);
    let message = format!("/v1/inboxes/{inbox}/messages/{}", approval["message_id"].as_str().unwrap());
    stack.until("the mail to go", || {
        let message = stack.get(&message, token).expect(200);
        ["sent", "delivered"].contains(&message["status"].as_str()?).then_some(())
    });
}

async fn fill(browser: &Client, name: &str, text: &str) {
    browser.find(Locator::Css(&format!("input[name={name}]"))).await.unwrap().send_keys(text).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_up_on_a_phone_and_comes_to_a_first_inbox() {
    let (stack, driver) = (Stack::running(), Driver::start());
    let browser = driver.browser().await;
    browser.set_window_size(390, 844).await.unwrap();
    let console = stack.text("/console_url").to_owned();
    browser.goto(&format!("{console}/sign-up")).await.unwrap();
    let email = somebody();
    fill(&browser, "name", "By hand").await;
    fill(&browser, "owner_email", &email).await;
    browser.find(Locator::Css("form.card button")).await.unwrap().click().await.unwrap();
    shows(&browser, "A mail is on its way").await;
    let link = stack.until("a claim", || links(&stack, &email, "claims").pop());
    browser.goto(&format!("{console}/claims/{link}")).await.unwrap();
    fill(&browser, "password", PASSWORD).await;
    let wide = "return document.documentElement.scrollWidth > window.innerWidth";
    assert_eq!(browser.execute(wide, vec![]).await.unwrap(), json!(false), "nothing stands out to the side");
    browser.find(Locator::Css("form.card button")).await.unwrap().click().await.unwrap();
    shows(&browser, "Ask for a first mail").await;
    browser.close().await.unwrap();
}
