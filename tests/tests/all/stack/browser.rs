//! The console in a real Chromium, driven through `WebDriver`: deciding, by mouse and by keyboard alone.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::json;
use tests::{Held, Stack, unique};

/// A chromedriver of this test's own.
pub(super) struct Driver {
    process: Child,
    url: String,
}

impl Driver {
    pub(super) fn start() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("chromedriver is missing: `make test` installs it");
        Self { process, url: format!("http://127.0.0.1:{port}") }
    }

    pub(super) async fn browser(&self) -> Client {
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1280,1000",
        ];
        // A click returns before the next page is there: what a test looks for on it is waited for, in milliseconds.
        let options = json!({"goog:chromeOptions": {"args": arguments}, "timeouts": {"implicit": 10_000}});
        let options = options.as_object().unwrap().clone();
        for _ in 0..100 {
            let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
            if let Ok(client) = builder.capabilities(options.clone()).connect(&self.url).await {
                return client;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("no browser");
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Its browsers go with it: a page that is open asks for what is new for ever.
        let _ = Command::new("kill").args(["-9", "--", &format!("-{}", self.process.id())]).status();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn text(browser: &Client) -> String {
    browser.find(Locator::Css("body")).await.unwrap().text().await.unwrap()
}

/// Waits until the page shows a text, in whatever case: a click returns before the next page is there.
pub(super) async fn shows(browser: &Client, wanted: &str) {
    shows_within(browser, wanted, 20).await;
}

/// The same for what takes longer, up to so many seconds.
pub(super) async fn shows_within(browser: &Client, wanted: &str, seconds: u32) {
    for _ in 0..20 * seconds {
        if let Ok(body) = browser.find(Locator::Css("body")).await
            && body.text().await.is_ok_and(|text| text.to_lowercase().contains(&wanted.to_lowercase()))
        {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the page does not show {wanted:?}: {}", text(browser).await);
}

pub(super) async fn sign_in(browser: &Client, stack: &Stack, who: &str) {
    browser.goto(stack.text("/console_url")).await.unwrap();
    let field = |name: &'static str| Locator::Css(name);
    let email = browser.find(field("input[name=email]")).await.unwrap();
    email.send_keys(stack.text(&format!("/{who}/email"))).await.unwrap();
    let password = browser.find(field("input[name=password]")).await.unwrap();
    password.send_keys(stack.text(&format!("/{who}/password"))).await.unwrap();
    browser.find(field("form button")).await.unwrap().click().await.unwrap();
    shows(browser, "sign out").await;
}

pub(super) fn page(stack: &Stack, held: &Held) -> String {
    format!("{}/approvals/{}", stack.text("/console_url"), held.approval)
}

/// A picture of somebody else's.
const PICTURE: &str = "https://tracker.example/p.gif";

fn hostile(stack: &Stack, subject: &str, picture: &str) -> Held {
    stack.submit_body(&json!({
        "to": ["success@simulator.amazonses.com"], "bcc": ["hidden@example.org"], "subject": subject,
        "text": "Good news: it left today.",
        "html": format!("<p>Good news: <b>it left today.</b></p><script>document.title='owned'</script>\
                 <img src=x onerror=\"parent.document.title='owned'\"><img src=\"{picture}\">"),
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_sees_the_mail_and_approves_it() {
    let (stack, driver) = (Stack::running(), Driver::start());
    let subject = unique("<script>alert(1)</script> To approve");
    // Somebody else's server, which wants to know who looks at the mail, and when.
    let tracker = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    tracker.set_nonblocking(true).unwrap();
    let picture = format!("http://{}/p.gif", tracker.local_addr().unwrap());
    let held = hostile(&stack, &subject, &picture);
    let browser = driver.browser().await;
    sign_in(&browser, &stack, "approver").await;
    // Other mails wait on this stack: it is looked for by its words.
    let word = subject.rsplit(' ').next().unwrap();
    browser.goto(&format!("{}/approvals?q={word}", stack.text("/console_url"))).await.unwrap();
    assert!(text(&browser).await.contains(&subject), "the queue shows the subject as text");
    browser.goto(&page(&stack, &held)).await.unwrap();
    let shown = text(&browser).await;
    for part in
        ["success@simulator.amazonses.com", "hidden@example.org", subject.as_str(), &held.digest[7..19]]
    {
        assert!(shown.contains(part), "{part} is not on the page: {shown}");
    }
    let frame = browser.find(Locator::Css("iframe")).await.unwrap();
    // Its own origin lets our page measure it; no script runs in it, no form is sent from it, no page is left by it.
    assert_eq!(frame.attr("sandbox").await.unwrap().as_deref(), Some("allow-same-origin"));
    frame.enter_frame().await.unwrap();
    let inner = text(&browser).await;
    assert!(inner.contains("Good news"), "{inner}");
    browser.enter_parent_frame().await.unwrap();
    let widths = "return [...document.querySelector('iframe.frame').contentDocument.images].map((it) => it.naturalWidth)";
    assert_eq!(browser.execute(widths, vec![]).await.unwrap(), json!([0]), "the one with an address");
    assert!(tracker.accept().is_err(), "a picture of the web was asked for");
    assert_ne!(browser.title().await.unwrap(), "owned");
    browser.find(Locator::Css("form[action$='/approve'] button")).await.unwrap().click().await.unwrap();
    shows(&browser, "approved").await;
    let (id, waiting) = (held.message.clone(), stack.clone());
    tokio::task::spawn_blocking(move || waiting.message_with_status(&id, "delivered")).await.unwrap();
    assert_eq!(stack.accepted(&held.message).len(), 1);
    browser.goto(&page(&stack, &held)).await.unwrap();
    let after = browser.find_all(Locator::Css("form[action$='/approve']")).await.unwrap();
    assert!(after.is_empty(), "there is nothing left to approve");
    browser.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_rejects_with_a_reason() {
    let (stack, driver) = (Stack::running(), Driver::start());
    let held = hostile(&stack, &unique("To reject"), PICTURE);
    let browser = driver.browser().await;
    sign_in(&browser, &stack, "approver").await;
    browser.goto(&page(&stack, &held)).await.unwrap();
    let reason = browser.find(Locator::Css("form[action$='/reject'] [name=reason]")).await.unwrap();
    // The form may be folded away until it is asked for.
    if !reason.is_displayed().await.unwrap() {
        browser
            .find(Locator::XPath("//details[.//form[contains(@action,'/reject')]]/summary"))
            .await
            .unwrap()
            .click()
            .await
            .unwrap();
    }
    reason.send_keys("The price is wrong.").await.unwrap();
    browser.find(Locator::Css("form[action$='/reject'] button")).await.unwrap().click().await.unwrap();
    // The next one may come by itself: what came of this one is said there.
    shows(&browser, "You rejected").await;
    browser.goto(&page(&stack, &held)).await.unwrap();
    shows(&browser, "The price is wrong.").await;
    let seen = stack.get(&format!("/v1/approvals/{}", held.approval), stack.text("/owner/token")).expect(200);
    assert_eq!(seen["decision_reason"], "The price is wrong.");
    browser.close().await.unwrap();
}

/// Two persons are the point of it: whoever edits a mail does not approve what they wrote.
#[tokio::test(flavor = "multi_thread")]
async fn one_person_edits_another_approves_and_it_goes_out_once() {
    let (stack, driver) = (Stack::running(), Driver::start());
    let held = stack.submit_body(&json!({
        "to": ["success@simulator.amazonses.com"], "subject": unique("To edit"),
        "text": "Hello,\nit costs 10.\nGoodbye",
    }));
    let browser = driver.browser().await;
    sign_in(&browser, &stack, "approver").await;
    browser.goto(&page(&stack, &held)).await.unwrap();
    browser.find(Locator::Css("a[href$='/edit']")).await.unwrap().click().await.unwrap();
    shows(&browser, "Save as a new revision").await;
    let text = browser.find(Locator::Css("textarea[name=text]")).await.unwrap();
    text.clear().await.unwrap();
    text.send_keys("Hello,\nit costs 12.\nGoodbye").await.unwrap();
    let offer = std::env::temp_dir().join(format!("{}.txt", unique("offer").replace(' ', "-")));
    std::fs::write(&offer, "The offer, as a file").unwrap();
    let files = browser.find(Locator::Css("input[name=attachments]")).await.unwrap();
    files.send_keys(offer.to_str().unwrap()).await.unwrap();
    browser.find(Locator::Css("form.edit button")).await.unwrap().click().await.unwrap();
    shows(&browser, "This is the mail as you edited it").await;
    shows(&browser, "-it costs 10.").await;
    shows(&browser, "+it costs 12.").await;
    shows(&browser, offer.file_name().unwrap().to_str().unwrap()).await;
    shows(&browser, "You edited this mail last").await;
    let buttons = browser.find_all(Locator::Css("form[action$='/approve']")).await.unwrap();
    assert!(buttons.is_empty(), "whoever edited it does not approve it");
    let edited = browser.current_url().await.unwrap();
    assert!(!edited.path().contains(&held.approval), "the edited mail has an approval of its own");
    browser.close().await.unwrap();

    let browser = driver.browser().await;
    sign_in(&browser, &stack, "owner").await;
    // The old request is closed, and leads to the new one.
    browser.goto(&page(&stack, &held)).await.unwrap();
    shows(&browser, "The mail was edited, so this one is never sent.").await;
    browser.find(Locator::LinkText("Go to the edited mail")).await.unwrap().click().await.unwrap();
    shows(&browser, "+it costs 12.").await;
    assert_eq!(browser.current_url().await.unwrap().path(), edited.path());
    browser.find(Locator::Css("button.approve")).await.unwrap().click().await.unwrap();
    shows(&browser, "You approved").await;
    browser.close().await.unwrap();
    let (id, waiting) = (held.message.clone(), stack.clone());
    let sent =
        tokio::task::spawn_blocking(move || waiting.message_with_status(&id, "delivered")).await.unwrap();
    assert_eq!(sent["attachments"][0]["size"], 20, "{sent}");
    assert_eq!(stack.accepted(&held.message).len(), 1, "it went out once");
    std::fs::remove_file(offer).unwrap();
}

/// Risk before the button, a batch by boxes, the next one by itself, and an approval that is taken back: as somebody works through a queue.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_works_through_the_queue() {
    let (stack, driver) = (Stack::running(), Driver::start());
    let word = unique("worked").replace(' ', "-");
    let later = tests::in_seconds(3_600);
    let mail = |n: u8| json!({"to": ["success@simulator.amazonses.com"], "subject": format!("{word} {n}"), "text": "Hello", "send_at": later});
    let mails: Vec<Held> = (0..3).map(|n| stack.submit_body(&mail(n))).collect();
    let mut risky = mail(9);
    risky["html"] = json!("<p><a href=\"https://evil.example\">https://bank.example</a></p>");
    let risky = stack.submit_body(&risky);
    let browser = driver.browser().await;
    sign_in(&browser, &stack, "approver").await;
    let queue = format!("{}/approvals?q={word}", stack.text("/console_url"));
    browser.goto(&queue).await.unwrap();
    shows(&browser, "Links differ").await;
    let boxes = browser.find_all(Locator::Css("input[type=checkbox]")).await.unwrap();
    assert_eq!(boxes.len(), 3, "the risky one has none");
    for one in &boxes[..2] {
        one.click().await.unwrap();
    }
    browser.find(Locator::Css("button[form=batch]")).await.unwrap().click().await.unwrap();
    shows(&browser, "2 mails are approved").await;
    let focused = "return document.activeElement.getAttribute('role')";
    assert_eq!(browser.execute(focused, vec![]).await.unwrap(), json!("status"), "the result has the focus");

    browser.goto(&page(&stack, &risky)).await.unwrap();
    shows(&browser, "Approve although links differ").await;
    let order = "const at = (it) => document.querySelector(it).getBoundingClientRect().top; \
                 return at('.heeds') < at('article.mail') && at('.warned') < at('button.approve')";
    assert_eq!(browser.execute(order, vec![]).await.unwrap(), json!(true), "the risk comes first");
    browser.find(Locator::Css("body")).await.unwrap().send_keys("a").await.unwrap();
    let focused = "return document.activeElement.className";
    assert_eq!(
        browser.execute(focused, vec![]).await.unwrap(),
        json!("primary approve"),
        "a key leads there"
    );

    let first = &mails[0];
    let seen =
        stack.get(&format!("/v1/approvals/{}", first.approval), stack.text("/owner/token")).expect(200);
    let approved = if seen["status"] == "approved" { first } else { &mails[1] };
    browser.goto(&page(&stack, approved)).await.unwrap();
    browser.find(Locator::Css("form[action$='/take-back'] button")).await.unwrap().click().await.unwrap();
    shows(&browser, "You took your approval back").await;
    let seen =
        stack.get(&format!("/v1/approvals/{}", approved.approval), stack.text("/owner/token")).expect(200);
    assert_eq!(seen["status"], "pending");
    browser.find(Locator::Css("details.reject > summary")).await.unwrap().click().await.unwrap();
    browser.find(Locator::Css("input[value='Not needed any more']")).await.unwrap().click().await.unwrap();
    browser.find(Locator::Css("form[action$='/reject'] button")).await.unwrap().click().await.unwrap();
    shows(&browser, "You rejected").await;
    let seen =
        stack.get(&format!("/v1/approvals/{}", approved.approval), stack.text("/owner/token")).expect(200);
    assert_eq!(seen["decision_reason"], "Not needed any more.");
    browser.close().await.unwrap();
    for held in mails.iter().chain([&risky]) {
        let path = format!("/v1/approvals/{}/cancel", held.approval);
        stack.call("POST", &path, stack.text("/owner/session"), Some(&json!({})));
    }
}

/// Three in a row without a mouse: a key leads to the button, return presses it, and the next one comes with the focus on what was done.
#[tokio::test(flavor = "multi_thread")]
async fn three_are_decided_in_a_row_by_keyboard_alone() {
    let (stack, driver) = (Stack::running(), Driver::start());
    let word = unique("keys").replace(' ', "-");
    let later = tests::in_seconds(3_600);
    let mail = |n: u8| json!({"to": ["success@simulator.amazonses.com"], "subject": format!("{word} {n}"), "text": "Hello", "send_at": later});
    let mails: Vec<Held> = (0..3).map(|n| stack.submit_body(&mail(n))).collect();
    let browser = driver.browser().await;
    sign_in(&browser, &stack, "approver").await;
    browser.goto(&format!("{}/approvals?q={word}", stack.text("/console_url"))).await.unwrap();
    let press = async |keys: &str| browser.active_element().await.unwrap().send_keys(keys).await.unwrap();
    press("j").await;
    press("\u{e007}").await;
    shows(&browser, "1 of 3").await;
    for left in ["1 of 2", "1 waits for you"] {
        press("a").await;
        press("\u{e007}").await;
        shows(&browser, "You approved").await;
        if left == "1 of 2" {
            shows(&browser, left).await;
        }
        let focused = "return document.activeElement.getAttribute('role')";
        assert_eq!(
            browser.execute(focused, vec![]).await.unwrap(),
            json!("status"),
            "what was done has the focus"
        );
    }
    // The last is asked to be written otherwise.
    press("v").await;
    press("Leave out the price.").await;
    press("\t\u{e007}").await;
    shows(&browser, "You asked for a revision").await;
    browser.close().await.unwrap();
    let mut came: Vec<_> = mails
        .iter()
        .map(|held| {
            stack.get(&format!("/v1/approvals/{}", held.approval), stack.text("/owner/token")).expect(200)
        })
        .map(|seen| (seen["status"].clone(), seen["revision_requested"]["note"].clone()))
        .map(|(status, note)| format!("{status} {note}"))
        .collect();
    came.sort();
    assert_eq!(came, ["\"approved\" null", "\"approved\" null", "\"pending\" \"Leave out the price.\""]);
    for held in &mails {
        let path = format!("/v1/approvals/{}/cancel", held.approval);
        stack.call("POST", &path, stack.text("/owner/session"), Some(&json!({})));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_sees_and_has_no_button() {
    let (stack, driver) = (Stack::running(), Driver::start());
    let held = hostile(&stack, &unique("To look at"), PICTURE);
    let browser = driver.browser().await;
    sign_in(&browser, &stack, "viewer").await;
    browser.goto(&page(&stack, &held)).await.unwrap();
    assert!(text(&browser).await.contains("success@simulator.amazonses.com"));
    let forms = "form[action$='/approve'], form[action$='/reject']";
    assert!(browser.find_all(Locator::Css(forms)).await.unwrap().is_empty());
    browser.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_signed_in_or_signs_in_wrongly_sees_the_form() {
    let (stack, driver) = (Stack::running(), Driver::start());
    let browser = driver.browser().await;
    browser.goto(&format!("{}/approvals", stack.text("/console_url"))).await.unwrap();
    assert!(browser.current_url().await.unwrap().path().ends_with("/sign-in"));
    browser
        .find(Locator::Css("input[name=email]"))
        .await
        .unwrap()
        .send_keys("nobody@example.com")
        .await
        .unwrap();
    browser
        .find(Locator::Css("input[name=password]"))
        .await
        .unwrap()
        .send_keys("not a password")
        .await
        .unwrap();
    browser.find(Locator::Css("form button")).await.unwrap().click().await.unwrap();
    shows(&browser, "wrong").await;
    assert!(browser.find(Locator::Css("input[name=password]")).await.is_ok());
    browser.close().await.unwrap();
}

/// Mail scanners follow links, and other sites post forms: neither decides anything.
#[test]
fn a_get_never_decides_and_a_foreign_post_is_refused() {
    let stack = Stack::running();
    let held = hostile(&stack, &unique("Only looked at"), PICTURE);
    let session =
        json!({"email": stack.text("/approver/email"), "password": stack.text("/approver/password")});
    let session = stack.post("/v1/sessions", "", &session).expect(201);
    let cookie = || ("cookie", format!("__Host-cs_session={}", session["token"].as_str().unwrap()));
    let path = format!("/console/approvals/{}", held.approval);
    for suffix in ["", "/approve", "/reject", "/approve?digest=x", "/reject?digest=x"] {
        stack.raw("GET", &format!("{path}{suffix}"), "", vec![cookie()], "");
        stack.raw("HEAD", &format!("{path}{suffix}"), "", vec![cookie()], "");
    }
    let form = ("content-type", "application/x-www-form-urlencoded".to_owned());
    let body = format!("digest={}", held.digest.replace(':', "%3A"));
    let without_csrf = stack.raw("POST", &format!("{path}/approve"), "", vec![cookie(), form.clone()], &body);
    assert_eq!(without_csrf.status, 403);
    let origin = ("origin", "https://evil.example".to_owned());
    let foreign = stack.raw("POST", &format!("{path}/approve"), "", vec![cookie(), form, origin], &body);
    assert_eq!(foreign.status, 403);
    let token_as_cookie = ("cookie", format!("__Host-cs_session={}", stack.text("/approver/token")));
    let refused = stack.raw("GET", &path, "", vec![token_as_cookie], "");
    assert_ne!(refused.status, 200, "an API token opens no console");
    let seen = stack.get(&format!("/v1/approvals/{}", held.approval), stack.text("/owner/token")).expect(200);
    assert_eq!(seen["status"], "pending");
}

/// From a page under `no-referrer` a browser sends its forms with `Origin: null`: they must be taken all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_decides_by_the_link_in_a_notification_without_signing_in() {
    let (stack, driver) = (Stack::running(), Driver::start());
    let organization = super::gate::notify::Organization::new(&stack);
    let subject = unique("By link");
    let held = organization.hold(&subject);
    let mailed = organization.notified(&subject);
    let link = format!("{}{}", stack.text("/api_url"), mailed.link);
    let browser = driver.browser().await;
    browser.goto(&link).await.unwrap();
    let shown = text(&browser).await;
    assert!(shown.contains(&subject) && shown.contains(&held.digest[7..19]), "{shown}");
    browser.find(Locator::Css("button.approve")).await.unwrap().click().await.unwrap();
    shows(&browser, "You approved this mail").await;
    stack.until("mail in the outbox", || stack.accepted(&held.message).pop());
    browser.goto(&link).await.unwrap();
    shows(&browser, "This link was used").await;
    browser.find(Locator::Css("main a.button")).await.unwrap().click().await.unwrap();
    shows(&browser, "password").await;
    browser.close().await.unwrap();
}

/// Nobody presses anything: the page asks by itself, and moves nothing under whoever reads it.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_open_says_what_came_meanwhile() {
    // What other tests ask for and decide would make it say that the list has changed, and no more.
    let (stack, driver) = (Stack::running().organization(), Driver::start());
    let browser = driver.browser().await;
    sign_in(&browser, &stack, "approver").await;
    let subject = unique("Came meanwhile");
    let word = subject.rsplit(' ').next().unwrap();
    browser.goto(&format!("{}/approvals?q={word}", stack.text("/console_url"))).await.unwrap();
    stack.submit_body(
        &json!({"to": ["success@simulator.amazonses.com"], "subject": subject, "text": "Hello"}),
    );
    let note = Locator::Css("[data-meanwhile] .note:not([hidden])");
    let mut waited = 0;
    while browser.find(note).await.is_err() {
        assert!(waited < 15_000, "nothing was said: {}", text(&browser).await);
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        waited += 250;
    }
    let said = text(&browser).await;
    assert!(said.contains("new mail") && !said.contains(&subject), "{said}");
    assert!(browser.title().await.unwrap().starts_with('('), "the title counts what is one's own to decide");
    browser.find(Locator::Css("[data-meanwhile] a")).await.unwrap().click().await.unwrap();
    shows(&browser, &subject).await;
    browser.close().await.unwrap();
}

/// The code of an authenticator that was told this secret, for the time step that is `ahead` of now.
fn code(secret: &str, ahead: u64) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret.replace(' ', "")).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let now = app::base::ports::Clock::now(&runtime::environment::SystemClock).as_second();
    totp.generate(u64::try_from(now).unwrap() + 30 * ahead).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_sets_up_a_second_factor_and_signs_in_with_it() {
    let (stack, driver) = (Stack::running().organization(), Driver::start());
    let browser = driver.browser().await;
    let press = async |selector: &'static str| {
        browser.find(Locator::Css(selector)).await.unwrap().click().await.unwrap();
    };
    let write = async |selector: &'static str, text: &str| {
        browser.find(Locator::Css(selector)).await.unwrap().send_keys(text).await.unwrap();
    };
    sign_in(&browser, &stack, "approver").await;
    browser.goto(&format!("{}/settings", stack.text("/console_url"))).await.unwrap();
    shows(&browser, "Where you are signed in").await;
    press("form[action$='/second-factor/start'] button").await;
    shows(&browser, "Put this into your authenticator").await;
    let secret = browser.find(Locator::Css("code.hash")).await.unwrap().text().await.unwrap();
    write("input[name=code]", &code(&secret, 0)).await;
    write("input[name=password]", stack.text("/approver/password")).await;
    press("form[action$='/confirm'] button").await;
    shows(&browser, "Recovery codes").await;
    assert_eq!(browser.find_all(Locator::Css(".codes code")).await.unwrap().len(), 10);
    press("header form button").await;
    shows(&browser, "You are signed out").await;

    write("input[name=email]", stack.text("/approver/email")).await;
    write("input[name=password]", stack.text("/approver/password")).await;
    press("form button").await;
    shows(&browser, "The six digits that your authenticator shows").await;
    assert!(browser.find_all(Locator::Css("input[type=password]")).await.unwrap().is_empty());
    write("input[name=code]", "000 000 0").await;
    press("form button").await;
    shows(&browser, "The code is wrong").await;
    // That of the next step is good a little early: the one of now may be the one that set it up.
    write("input[name=code]", &code(&secret, 1)).await;
    press("form button").await;
    shows(&browser, "sign out").await;
    browser.close().await.unwrap();
}
