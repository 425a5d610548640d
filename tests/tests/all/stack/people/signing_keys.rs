//! Keys that sign votes, on the running stack: in Chromium with its virtual authenticator, from the link that begins a log to a mail that
//! only a signed vote let go; and by the API, with everything that must not count.

use domain::OrganizationId;
use domain::base::id::Id as _;
use domain::people::key_log::{KeyLog, NewKey};
use domain::people::signing::Assertion;
use fantoccini::{Client, Locator};
use serde_json::json;
use tests::{Stack, unique};

use super::passkeys::{MakeAuthenticator, press};
use crate::stack::browser::{Driver, shows, sign_in};
use crate::stack::ledger::audit::{Folder, offline, signing_key};

/// A link that registers a key of this organization, as an operator has it drawn.
pub(crate) fn drawn(stack: &Stack) -> String {
    let made = stack
        .invoke("countersign-operator-key-link", &json!({"organization_id": stack.text("/organization_id")}));
    made["url"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

fn end_of(link: &str) -> &str {
    link.rsplit('/').next().unwrap()
}

async fn open(browser: &Client, stack: &Stack, page: &str) {
    browser.goto(&format!("{}/{page}", stack.text("/console_url"))).await.unwrap();
}

async fn fill(browser: &Client, selector: &str, text: &str) {
    let field = browser.find(Locator::Css(selector)).await.unwrap();
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

/// Adds a passkey to whoever is signed in, and leaves the browser on the page of signing keys.
async fn add_passkey(browser: &Client, stack: &Stack, name: &str) {
    open(browser, stack, "settings").await;
    fill(browser, "#passkey-name", name).await;
    press(browser, "form[action$='/passkeys/new'] button").await;
    shows(browser, "The passkey is added").await;
    open(browser, stack, "signing-keys").await;
}

/// Offers the newest passkey, and gives the code that the browser shows.
async fn offer(browser: &Client) -> String {
    press(browser, "li:last-child > form[action$='/offer'] button").await;
    shows(browser, "Your key signs that it is yours").await;
    press(browser, "form[data-offered] button").await;
    shows(browser, "Its code:").await;
    let code = browser.find(Locator::Css("[data-code] output")).await.unwrap().text().await.unwrap();
    press(browser, "form[data-offered] button").await;
    shows(browser, "Offered.").await;
    shows(browser, &code).await;
    code
}

fn log_of(stack: &Stack) -> String {
    let log = stack.get("/v1/signing-keys/log", stack.text("/owner/session")).expect(200);
    log.as_str().unwrap().to_owned()
}

/// What the page says that checks receipts from a disk: of a receipt, the key that signs it, and a key log where there is one.
async fn in_browser(browser: &Client, files: [&str; 3]) -> String {
    let page = concat!("file://", env!("CARGO_MANIFEST_DIR"), "/../infra/verify-receipt.html");
    browser.goto(page).await.unwrap();
    for (id, file) in ["#receipt", "#key", "#log"].into_iter().zip(files) {
        if !file.is_empty() {
            browser.find(Locator::Css(id)).await.unwrap().send_keys(file).await.unwrap();
        }
    }
    press(browser, "button").await;
    let said = browser.wait().for_element(Locator::Css("#said:not([hidden])")).await.unwrap();
    said.text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_offers_a_key_loses_it_and_has_another_vouched_for() {
    let (stack, driver) = (Stack::running().organization(), Driver::start());
    let (owner, approver) = (driver.browser().await, driver.browser().await);
    for (browser, who) in [(&owner, "owner"), (&approver, "approver")] {
        browser.issue_cmd(MakeAuthenticator("internal")).await.unwrap();
        sign_in(browser, &stack, who).await;
        add_passkey(browser, &stack, "Laptop").await;
    }
    open(&owner, &stack, &format!("signing-keys/link/{}", end_of(&drawn(&stack)))).await;
    press(&owner, "form[action*='/link/'] button").await;
    press(&owner, "form[data-entry] button").await;
    shows(&owner, "The key log has it").await;

    // The owner types what the approver tells them; another code does nothing.
    let code = offer(&approver).await;
    open(&owner, &stack, "signing-keys").await;
    fill(&owner, "input[name=code]", "0000 0000 0000 0000").await;
    press(&owner, "form.offer button").await;
    shows(&owner, "that is not the code of this key").await;
    fill(&owner, "input[name=code]", &code.to_uppercase()).await;
    press(&owner, "form.offer button").await;
    shows(&owner, "It counts at once").await;
    press(&owner, "form[data-entry] button").await;
    shows(&owner, "The key log has it").await;

    // The approver's key is lost: the owner revokes it, and vouches for another, which counts after three days.
    let keys = stack.get("/v1/signing-keys", stack.text("/owner/session")).expect(200);
    let lost = keys["data"].as_array().unwrap().iter().find(|key| key["may"] == json!(["decide"])).unwrap();
    let lost = lost["key"].as_str().unwrap();
    press(&owner, &format!("form:has(input[value=revoke]):has(input[value='{lost}']) button")).await;
    shows(&owner, "counts no more").await;
    press(&owner, "form[data-entry] button").await;
    shows(&owner, "The key log has it").await;
    open(&approver, &stack, "signing-keys").await;
    shows(&approver, "Revoked").await;
    approver.close().await.unwrap();
    let approver = driver.browser().await;
    approver.issue_cmd(MakeAuthenticator("internal")).await.unwrap();
    sign_in(&approver, &stack, "approver").await;
    add_passkey(&approver, &stack, "Another").await;
    let code = offer(&approver).await;
    open(&owner, &stack, "signing-keys").await;
    fill(&owner, "input[name=code]", &code).await;
    press(&owner, "form.offer button").await;
    shows(&owner, "everybody who decides is told now").await;
    press(&owner, "form[data-entry] button").await;
    shows(&owner, "The key log has it").await;
    let keys = stack.get("/v1/signing-keys", stack.text("/owner/session")).expect(200);
    let status =
        |status: &str| keys["data"].as_array().unwrap().iter().filter(|key| key["status"] == status).count();
    assert_eq!((status("counts"), status("revoked"), status("pending")), (1, 1, 1), "{keys}");
    // Whoever operates the installation ends any key at once.
    open(&owner, &stack, &format!("signing-keys/link/{}", end_of(&drawn(&stack)))).await;
    let pending = keys["data"].as_array().unwrap().iter().find(|key| key["status"] == "pending").unwrap();
    let pending = pending["key"].as_str().unwrap();
    press(&owner, &format!("form:has(input[value='{pending}']) button")).await;
    shows(&owner, "counts no more").await;
    press(&owner, "form[data-entry] button").await;
    shows(&owner, "The key log has it").await;
    let keys = stack.get("/v1/signing-keys", stack.text("/owner/session")).expect(200);
    let revoked = keys["data"].as_array().unwrap().iter().filter(|key| key["status"] == "revoked").count();
    assert_eq!(revoked, 2, "{keys}");
    // Nobody is locked out of pausing: a session does that.
    stack.post("/v1/organization/pause", stack.text("/approver/session"), &json!({})).expect(200);
    owner.close().await.unwrap();
    approver.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_begins_the_log_demands_a_signature_and_signs_what_they_approve() {
    let (stack, driver) = (Stack::running().organization(), Driver::start());
    let browser = driver.browser().await;
    browser.issue_cmd(MakeAuthenticator("internal")).await.unwrap();
    sign_in(&browser, &stack, "owner").await;
    open(&browser, &stack, "signing-keys").await;
    shows(&browser, "No key signs here yet").await;
    open(&browser, &stack, "settings").await;
    fill(&browser, "#passkey-name", "Laptop").await;
    press(&browser, "form[action$='/passkeys/new'] button").await;
    shows(&browser, "The passkey is added").await;

    let link = drawn(&stack);
    open(&browser, &stack, &format!("signing-keys/link/{}", end_of(&link))).await;
    shows(&browser, "begins the key log").await;
    press(&browser, "form[action*='/link/'] button").await;
    shows(&browser, "It counts at once").await;
    press(&browser, "form[data-entry] button").await;
    shows(&browser, "The key log has it").await;

    press(&browser, "form:has(#votes) button").await;
    shows(&browser, "All mail needs 1 signed vote").await;
    press(&browser, "form[data-entry] button").await;
    shows(&browser, "The key log has it").await;
    let keys = stack.get("/v1/signing-keys", stack.text("/viewer/session")).expect(200);
    assert_eq!((&keys["entries"], &keys["demands"][0]["votes"]), (&json!(2), &json!(1)), "{keys}");
    assert_eq!(keys["data"][0]["status"], "counts", "{keys}");
    let log = stack.get("/v1/signing-keys/log", stack.text("/owner/session")).expect(200);
    let log = log.as_str().unwrap();
    let organization = OrganizationId::parse(stack.text("/organization_id")).unwrap();
    let holds = |key: &NewKey, text: &str, said: &Assertion| signatures::check(key, text, said).is_ok();
    KeyLog::read(organization, log, holds).unwrap();

    let held = stack.submit("ann@example.org", &unique("Signed"), "Hello");
    // A vote of somebody without a key does not let it go.
    let body = json!({"digest": held.digest});
    let path = format!("/v1/approvals/{}/approve", held.approval);
    let voted = stack.post(&path, stack.text("/approver/session"), &body).expect(200);
    assert_eq!(voted["status"], "pending", "{voted}");
    open(&browser, &stack, &format!("approvals/{}", held.approval)).await;
    press(&browser, "form[data-vote] button").await;
    shows(&browser, "You approved").await;
    stack.message_with_status(&held.message, "delivered");

    // Three at once, with one touch.
    let subject = unique("Many");
    let all: Vec<_> =
        (0..3).map(|n| stack.submit("ann@example.org", &format!("{subject} {n}"), "Hello")).collect();
    open(&browser, &stack, "approvals").await;
    for held in &all {
        press(&browser, &format!("input[name='item.{}']", held.approval)).await;
    }
    press(&browser, "button[name='verdict'][value='approve']").await;
    shows(&browser, "approved").await;
    for held in &all {
        stack.message_with_status(&held.message, "delivered");
    }
    // Whoever has the receipts checks the signatures without us, and each of the three by itself: with Python, and in a browser.
    let folder = Folder::new();
    let public = folder.file("key.pem", &signing_key(&stack));
    let log_file = folder.file("key-log.txt", &log_of(&stack));
    for held in all.iter().chain([&held]) {
        let receipt = stack.receipt(&held.approval, stack.text("/owner/session")).expect(200);
        let file = folder.file("receipt.json", &receipt.to_string());
        let with = ["--receipt", &file, "--public-key", &public];
        let (code, said) = offline(&with);
        assert!(
            code == Some(0) && said.contains("1 of the votes are signed") && said.contains("see --key-log"),
            "{said}"
        );
        let (code, said) = offline(&[&with[..], &["--key-log", &log_file]].concat());
        assert!(code == Some(0) && said.contains("their keys counted then, by the 2 entries"), "{said}");
        let said = in_browser(&browser, [&file, &public, ""]).await;
        assert!(said.contains("holds") && said.contains("1 of the votes are signed"), "{said}");
        let said = in_browser(&browser, [&file, &public, &log_file]).await;
        assert!(said.contains("counted then, by the 2 entries"), "{said}");
        // A log that ends before the key was registered, or of which one byte is another; and a receipt that says more than was signed.
        let text = log_of(&stack);
        let empty = folder.file("empty.txt", "");
        let (code, said) = offline(&[&with[..], &["--key-log", &empty]].concat());
        assert!(code == Some(1) && said.contains("does not stand in the key log"), "{said}");
        let other = folder.file("other.txt", &text.replacen("decides yes", "decides no", 1));
        let said = in_browser(&browser, [&file, &public, &other]).await;
        assert!(said.contains("does not follow the one before"), "{said}");
        let changed = receipt.to_string().replacen("approve", "reject", 1);
        let changed = folder.file("changed.json", &changed);
        let said = in_browser(&browser, [&changed, &public, ""]).await;
        assert!(said.contains("the receipt was changed"), "{said}");
    }
    browser.close().await.unwrap();
    // What the log says, the audit log says.
    stack.until("the audit log says what the key log says", || {
        let audit = stack.get("/v1/audit?action=signing_key.", stack.text("/owner/session")).expect(200);
        let told = audit["data"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["action"] == "signing_key.demand")
            .count();
        (told == 1).then_some(())
    });
}
