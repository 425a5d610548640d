//! People in the console: who sees and does what there, and the pages that links in mails lead to.

use fantoccini::Locator;
use serde_json::json;
use tests::{Answer, Stack, unique};

use super::members::{invited, joined, links};
use crate::stack::browser::{Driver, shows, sign_in};

const PASSWORD: &str = "four words nobody puts together";

/// Sends a form as a browser does, with what the page of it carries.
pub(crate) fn send(stack: &Stack, path: &str, session: &str, page: &Answer, fields: &str) -> Answer {
    let page = page.body.as_str().unwrap();
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).map_or("", |rest| rest.split('"').next().unwrap());
    let headers = vec![
        ("cookie", format!("__Host-cs_session={session}")),
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ("sec-fetch-site", "same-origin".to_owned()),
    ];
    stack.raw("POST", path, "", headers, format!("csrf={csrf}&{fields}"))
}

/// A page as a browser asks for it.
pub(crate) fn look(stack: &Stack, path: &str, session: &str) -> Answer {
    stack.raw("GET", path, "", vec![("cookie", format!("__Host-cs_session={session}"))], "")
}

#[test]
fn a_viewer_sees_people_and_can_t_act_in_the_page_nor_past_it() {
    let stack = Stack::running().organization();
    let (owner, viewer) = (stack.text("/owner/session"), stack.text("/viewer/session"));
    let people = look(&stack, "/console/people", viewer);
    assert_eq!(people.status, 200);
    let shown = people.body.as_str().unwrap();
    assert!(shown.contains(stack.text("/owner/email")) && !shown.contains("Send the invitation"), "{shown}");
    let seat = stack.get("/v1/me", owner).expect(200)["member_id"].as_str().unwrap().to_owned();
    let one = format!("/console/people/{seat}");
    let page = look(&stack, &one, viewer);
    assert_eq!(page.status, 200);
    assert!(!page.body.as_str().unwrap().contains("<select"), "{}", page.body);
    for (path, fields) in [
        ("/console/people/invitations", "email=x%40else.example&role=viewer"),
        (&format!("{one}/change"), "role=viewer"),
        (&format!("{one}/remove"), ""),
        (&format!("{one}/transfer"), ""),
        ("/console/people/groups", "name=legal"),
    ] {
        let refused = send(&stack, path, viewer, &people, fields);
        assert_eq!(refused.status, 403, "{path}: {}", refused.body);
    }
    let listed = stack.get("/v1/members", owner).expect(200);
    assert_eq!(listed["data"].as_array().unwrap().len(), 4, "{listed}");
}

#[test]
fn the_link_of_an_invitation_is_looked_at_as_often_as_a_scanner_likes_and_accepted_once() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/session");
    let email = format!("{}@else.example", unique("page").replace(' ', "-"));
    let people = look(&stack, "/console/people", owner);
    let fields = format!("email={}&role=approver", email.replace('@', "%40"));
    let sent = send(&stack, "/console/people/invitations", owner, &people, &fields);
    assert_eq!((sent.status, sent.header("location")), (303, Some("/console/people?notice=invited")));
    let again = send(&stack, "/console/people/invitations", owner, &people, &fields);
    assert_eq!(again.status, 409);
    assert!(again.body.as_str().unwrap().contains(&email), "what was typed is not lost");

    let link = format!("/console/invitations/{}", invited(&stack, &email));
    let mut page = stack.get(&link, "");
    for _ in 0..10 {
        page = stack.raw("GET", &link, "", vec![("sec-purpose", "prefetch".to_owned())], "");
        assert_eq!(page.status, 200, "{}", page.body);
    }
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let weak = send(&stack, &link, "", &page, "password=password1234");
    assert_eq!(weak.status, 422, "{}", weak.body);
    let accepted = send(&stack, &link, "", &page, &format!("password={}", PASSWORD.replace(' ', "+")));
    assert_eq!((accepted.status, accepted.header("location")), (303, Some("/console/approvals")));
    assert_eq!(stack.get(&link, "").status, 410);
    assert_eq!(send(&stack, &link, "", &page, "password=x").status, 410);
    let sign_in = json!({"email": email, "password": PASSWORD});
    assert_eq!(stack.post("/v1/sessions", "", &sign_in).expect(201)["role"], "approver");
}

#[test]
fn a_forgotten_password_is_another_one_after_two_pages() {
    let stack = Stack::running().organization();
    let session = joined(&stack, "viewer");
    let email = stack.get("/v1/me", session["token"].as_str().unwrap()).expect(200)["user"]["email"]
        .as_str()
        .unwrap()
        .to_owned();
    let known = send(
        &stack,
        "/console/forgot-password",
        "",
        &stack.get("/console/forgot-password", ""),
        "email=nobody%40else.example",
    );
    let unknown = send(
        &stack,
        "/console/forgot-password",
        "",
        &stack.get("/console/forgot-password", ""),
        &format!("email={}", email.replace('@', "%40")),
    );
    assert_eq!((known.status, known.body), (200, unknown.body));
    let link = format!(
        "/console/password-resets/{}",
        stack.until("a reset", || links(&stack, &email, "password-resets").pop())
    );
    let page = stack.get(&link, "");
    assert_eq!(page.status, 200, "{}", page.body);
    let chosen = send(&stack, &link, "", &page, "password=other+words+nobody+puts+together");
    assert_eq!(
        (chosen.status, chosen.header("location")),
        (303, Some("/console/sign-in?notice=password-changed"))
    );
    assert_eq!(stack.get(&link, "").status, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_invites_on_a_phone_changes_a_role_and_removes_with_one_confirmation() {
    let (stack, driver) = (Stack::running().organization(), Driver::start());
    let member = joined(&stack, "viewer")["member_id"].as_str().unwrap().to_owned();
    let browser = driver.browser().await;
    browser.set_window_size(390, 844).await.unwrap();
    sign_in(&browser, &stack, "owner").await;
    let console = stack.text("/console_url").to_owned();
    browser.goto(&format!("{console}/people")).await.unwrap();
    shows(&browser, "Invite somebody").await;
    let email = format!("{}@else.example", unique("phone").replace(' ', "-"));
    browser.find(Locator::Css("#email")).await.unwrap().send_keys(&email).await.unwrap();
    browser
        .find(Locator::Css("form[action='/console/people/invitations'] button"))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
    shows(&browser, "is on its way").await;
    shows(&browser, &email).await;
    let wide = browser.execute("return document.documentElement.scrollWidth", vec![]).await.unwrap();
    assert!(wide.as_u64().unwrap() <= 390, "{wide}");

    browser.goto(&format!("{console}/people/{member}")).await.unwrap();
    browser.find(Locator::Css("#role option[value=editor]")).await.unwrap().click().await.unwrap();
    browser.find(Locator::Css("form[action$='/change'] button")).await.unwrap().click().await.unwrap();
    shows(&browser, "It is changed").await;
    browser
        .find(Locator::XPath("//summary[contains(., 'Remove them')]"))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
    browser.find(Locator::Css("form[action$='/remove'] button")).await.unwrap().click().await.unwrap();
    shows(&browser, "They are removed").await;
    browser.close().await.unwrap();
}
