//! Mail that people write in the console: the gate is the same, and each step of it can be followed.

use fantoccini::Locator;
use serde_json::json;
use tests::{Answer, Stack, in_seconds, unique};

use crate::stack::browser::{Driver, shows, sign_in};

/// What somebody's browser is answered.
fn look(stack: &Stack, who: &str, path: &str) -> Answer {
    let cookie = format!("__Host-cs_session={}", stack.text(&format!("/{who}/session")));
    stack.raw("GET", path, "", vec![("cookie", cookie)], "")
}

/// Sends a form with what its page hides in it; what `page` does not have is sent empty.
fn send(stack: &Stack, who: &str, page: &str, path: &str, fields: &str) -> Answer {
    let shown = look(stack, who, page).body.as_str().unwrap_or_default().to_owned();
    let hidden = |name: &str| {
        let found = shown.split(&format!("name=\"{name}\" value=\"")).nth(1);
        found.map_or("", |rest| rest.split('"').next().unwrap()).to_owned()
    };
    let headers = vec![
        ("cookie", format!("__Host-cs_session={}", stack.text(&format!("/{who}/session")))),
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ("sec-fetch-site", "same-origin".to_owned()),
    ];
    // A form with a field twice is refused.
    let given = |name: &str| fields.split('&').any(|one| one.starts_with(&format!("{name}=")));
    let own = ["csrf", "nonce", "revision"].into_iter().filter(|name| !given(name));
    let mut all: Vec<_> = own.map(|name| format!("{name}={}", hidden(name))).collect();
    all.push(fields.to_owned());
    stack.raw("POST", path, "", headers, all.join("&"))
}

/// Saves a draft with a file, as a browser sends one.
fn save_with_file(stack: &Stack, compose: &str) -> Answer {
    let shown = look(stack, "editor", compose).body.as_str().unwrap().to_owned();
    let csrf = shown.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let field = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let fields: String = [("csrf", csrf), ("subject", "Later"), ("act", "save")]
        .map(|(name, value)| field(name, value))
        .concat();
    let file = "--b\r\nContent-Disposition: form-data; name=\"attachments\"; filename=\"Gr\u{fc}\u{df}e.txt\"\r\n\
                Content-Type: text/plain\r\n\r\nGr\u{fc}\u{df}e\r\n--b--\r\n";
    let headers = vec![
        ("cookie", format!("__Host-cs_session={}", stack.text("/editor/session"))),
        ("content-type", "multipart/form-data; boundary=b".to_owned()),
    ];
    stack.raw("POST", compose, "", headers, format!("{fields}{file}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_writes_a_mail_another_approves_it_and_its_steps_are_told() {
    let (stack, driver) = (Stack::running(), Driver::start());
    let subject = unique("Written");
    let browser = driver.browser().await;
    // As on a phone.
    browser.set_window_size(390, 900).await.unwrap();
    sign_in(&browser, &stack, "editor").await;
    let console = stack.text("/console_url");
    browser.goto(&format!("{console}/inboxes/{}", stack.inbox())).await.unwrap();
    browser.find(Locator::LinkText("Write a mail")).await.unwrap().click().await.unwrap();
    shows(&browser, "It leaves from").await;
    let write = async |name: &'static str, text: &str| {
        let field = browser.find(Locator::Css(name)).await.unwrap();
        field.send_keys(text).await.unwrap();
    };
    write("[name=subject]", &subject).await;
    browser.find(Locator::Css("button[value=send]")).await.unwrap().click().await.unwrap();
    shows(&browser, "Name at least one recipient").await;
    let kept = browser.find(Locator::Css("[name=subject]")).await.unwrap();
    assert_eq!(kept.prop("value").await.unwrap().as_deref(), Some(&*subject), "what was typed stays");
    write("[name=to]", "success@simulator.amazonses.com").await;
    write("[name=text]", "It is on its way.").await;
    let wide = "return document.documentElement.scrollWidth <= innerWidth";
    assert_eq!(browser.execute(wide, vec![]).await.unwrap(), json!(true), "nothing is beyond the page");
    browser.find(Locator::Css("button[value=send]")).await.unwrap().click().await.unwrap();
    shows(&browser, "somebody else decides").await;
    shows(&browser, "Held: it waits for").await;
    assert_eq!(browser.execute(wide, vec![]).await.unwrap(), json!(true), "nothing is beyond the page");
    let timeline = browser.current_url().await.unwrap();
    let approval = timeline.path().rsplit('/').next().unwrap().to_owned();
    browser.close().await.unwrap();

    let browser = driver.browser().await;
    sign_in(&browser, &stack, "approver").await;
    browser.goto(&format!("{console}/approvals/{approval}")).await.unwrap();
    browser.find(Locator::Css("form[action$='/approve'] button")).await.unwrap().click().await.unwrap();
    shows(&browser, "You approved").await;
    let seen = stack.get(&format!("/v1/approvals/{approval}"), stack.text("/owner/token")).expect(200);
    let (id, waiting) = (seen["message_id"].as_str().unwrap().to_owned(), stack.clone());
    let sent = id.clone();
    tokio::task::spawn_blocking(move || waiting.message_with_status(&id, "delivered")).await.unwrap();
    assert_eq!(stack.accepted(&sent).len(), 1);
    browser.goto(&format!("{console}/requests/{approval}")).await.unwrap();
    for step in ["Asked for", "Approved", "Sent: the provider accepted it", "Delivered", "curl -X POST"] {
        shows(&browser, step).await;
    }
    browser.close().await.unwrap();
}

/// A draft is kept, gone on with and used up; a mail for later is cancelled where it stands; a viewer finds no door.
#[test]
fn drafts_and_scheduled_mail_are_looked_after_in_the_console() {
    let stack = Stack::running().organization();
    let inbox = stack.inbox();
    let (compose, list) = (format!("/console/compose/{inbox}"), format!("/console/drafts/inboxes/{inbox}"));
    let saved = save_with_file(&stack, &compose);
    assert_eq!(saved.status, 303, "{}", saved.body);
    let draft = saved.header("location").unwrap().split('?').next().unwrap().to_owned();
    let api = draft.replace("/console/", "/v1/");
    let files = stack.get(&api, stack.text("/editor/session")).expect(200)["attachments"].clone();
    assert_eq!((&files[0]["filename"], &files[0]["size"]), (&json!("Gr\u{fc}\u{df}e.txt"), &json!(7)));
    assert!(look(&stack, "editor", &list).body.as_str().unwrap().contains(&draft));

    let page = format!("/console/inboxes/{inbox}");
    for (path, fields) in [
        (&compose, "to=success%40simulator.amazonses.com&text=x&act=send"),
        (&draft, "act=send"),
        (&format!("{draft}/delete"), ""),
        (&format!("{compose}/test"), "to=success"),
    ] {
        let refused = send(&stack, "viewer", &page, path, fields);
        assert_eq!(refused.status, 403, "{path}: {}", refused.body);
    }
    assert_eq!(look(&stack, "viewer", &list).status, 403);

    let at = in_seconds(3_600 * 50);
    let time = at[..16].replace(':', "%3A");
    let to = "to=success%40simulator.amazonses.com";
    let fields = format!("{to}&subject=Later&text=Hello&send_at={time}&keep-0=yes&act=send");
    let asked = send(&stack, "editor", &draft, &draft, &fields);
    assert_eq!(asked.status, 303, "{}", asked.body);
    let timeline = asked.header("location").unwrap().split('?').next().unwrap().to_owned();
    let approval = timeline.rsplit('/').next().unwrap();
    assert_eq!(look(&stack, "editor", &draft).header("location"), Some(&*timeline), "it is used up");
    let scheduled = format!("/console/scheduled?month={}", &at[..7]);
    stack.until("the scheduled mail", || {
        let shown = look(&stack, "viewer", &scheduled);
        shown.body.as_str().unwrap().contains(approval).then_some(())
    });
    let cancel = format!("/console/approvals/{approval}/cancel");
    assert_eq!(send(&stack, "editor", &scheduled, &cancel, "reason=Too+late").status, 303);
    let told = look(&stack, "viewer", &timeline);
    assert!(told.status == 200 && told.body.as_str().unwrap().contains("Too late"), "{}", told.body);
}

/// A received mail is read as a file, passed on once by a form that is sent twice, and answered; a draft that is deleted is gone.
#[test]
fn a_received_mail_is_passed_on_and_answered_in_the_console() {
    let stack = Stack::running().organization();
    let (inbox, subject) = (stack.inbox(), unique("Passed on"));
    let mail = format!(
        "From: Ann <ann@example.org>\r\nSubject: {subject}\r\nMessage-ID: <{}@example.org>\r\n\r\nHello\r\n",
        subject.replace(' ', "-")
    );
    let received = stack.receive(&mail, &subject)["id"].as_str().unwrap().to_owned();
    let page = format!("/console/inboxes/{inbox}/messages/{received}");
    let shown = look(&stack, "viewer", &page).body.as_str().unwrap().to_owned();
    assert!(shown.contains("What was checked") && !shown.contains("/console/compose/"), "{shown}");
    let raw = look(&stack, "viewer", &format!("{page}/raw"));
    let file = stack.raw("GET", raw.header("location").unwrap(), "", vec![], "");
    assert!(file.status == 200 && file.body.as_str().unwrap().contains("Message-ID: <"), "{}", file.body);

    let answer = format!("/console/compose/{inbox}/{received}");
    let forward = format!("{answer}/forward");
    let to = "to=success%40simulator.amazonses.com&text=See+below&files=yes";
    // Both with what one copy of the page hides in it.
    let nonce = "7".repeat(64);
    let twice = [(); 2].map(|()| {
        let sent = send(&stack, "editor", "/console/inboxes", &forward, &format!("{to}&nonce={nonce}"));
        assert_eq!(sent.status, 303, "{}", sent.body);
        sent.header("location").unwrap().split('?').next().unwrap().to_owned()
    });
    assert_eq!(twice[0], twice[1]);
    let told = look(&stack, "editor", &twice[0]).body.as_str().unwrap().to_owned();
    assert!(told.contains("Passing a mail on was asked for"), "{told}");

    let reply = format!("{answer}/reply");
    let saved = send(&stack, "editor", &reply, &reply, "to=ann%40example.org&text=Hello&act=save");
    assert_eq!(saved.status, 303, "{}", saved.body);
    let draft = saved.header("location").unwrap().split('?').next().unwrap().to_owned();
    let kept = look(&stack, "editor", &draft).body.as_str().unwrap().to_owned();
    assert!(kept.contains("The mail that it answers") && kept.contains(&subject), "{kept}");
    assert_eq!(send(&stack, "editor", &draft, &format!("{draft}/delete"), "").status, 303);
    assert_eq!(look(&stack, "editor", &draft).status, 404);
}
