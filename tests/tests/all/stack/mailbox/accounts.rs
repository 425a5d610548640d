//! Connected accounts on the local stack: people's own providers, as their public descriptions have them (`tests/providers`).

use runtime::environment::setting;
use serde_json::{Value, json};
use tests::{Held, Stack, unique};

use crate::stack::people::console::{look, send};

const OWNER: &str = "/owner/session";

/// Where what stands for the providers answers.
fn providers() -> String {
    setting("COUNTERSIGN_PROVIDERS").unwrap_or_else(|| "http://127.0.0.1:14571".to_owned())
}

/// A key of a test's own; what its name says the provider does with it.
fn new_key(does: &str) -> String {
    format!("key-{does}-{}", unique("k").replace(' ', "-").to_lowercase())
}

/// What a provider has of a key.
fn received(stack: &Stack, key: &str) -> Vec<Value> {
    received_at(stack, &providers(), key)
}

/// What is recorded of a key by what stands for a provider, or of a user by a mail server.
pub(super) fn received_at(stack: &Stack, place: &str, key: &str) -> Vec<Value> {
    let answer = stack.raw("GET", &format!("{place}/received?key={key}"), "", vec![], "");
    assert_eq!(answer.status, 200, "does something answer at {place}? {}", answer.body);
    answer.body.as_array().cloned().unwrap_or_default()
}

fn connect(stack: &Stack, provider: &str, key: &str) -> tests::Answer {
    let new =
        json!({"provider": provider, "email": "hello@example.com", "display_name": "Hello", "api_key": key});
    stack.post("/v1/accounts", stack.text(OWNER), &new)
}

/// The stack with an account's inbox in place of its own.
fn connected(stack: &Stack, provider: &str, key: &str) -> (Stack, Value) {
    let account = connect(stack, provider, key).expect(201);
    let mut inside = stack.clone();
    // An account's id stands where an inbox's does.
    inside.json["inbox"] = json!({"id": account["id"], "address": account["email"]});
    (inside, account)
}

/// A mail that waits in the account's inbox.
pub(super) fn held(stack: &Stack, subject: &str) -> Held {
    stack.submit_body(&json!({
        "to": [{"address": "success@simulator.amazonses.com", "name": "Ann, of Example"}],
        "bcc": ["hidden@example.org"],
        "subject": subject,
        "text": "Hello Ann",
        "html": "<p>Hello <b>Ann</b></p>",
    }))
}

#[test]
fn a_mail_leaves_through_each_provider_as_it_was_approved() {
    let stack = Stack::running().organization();
    for provider in ["resend", "sendgrid", "mailgun", "brevo"] {
        let (key, subject) = (new_key("fine"), unique("through a provider of one's own"));
        let (inside, account) = connected(&stack, provider, &key);
        assert_eq!(account["last_four"], key[key.len() - 4..], "{account}");
        assert_eq!((&account["status"], &account["send_only"]), (&json!("active"), &json!(true)));
        let held = held(&inside, &subject);
        assert!(received(&stack, &key).is_empty(), "nothing leaves before it is approved");
        let approval = stack.get(&format!("/v1/approvals/{}", held.approval), stack.text(OWNER)).expect(200);
        assert_eq!(approval["provider"], provider, "{approval}");
        stack.approve(&held).expect(200);
        inside.message_with_status(&held.message, "sent");
        let mails = received(&stack, &key);
        assert_eq!(mails.len(), 1, "{mails:#?}");
        let mail = &mails[0];
        let shown = mail.to_string();
        for words in ["hello@example.com", "success@simulator.amazonses.com", "hidden@example.org"] {
            assert!(shown.contains(words), "{provider} lacks {words}: {shown}");
        }
        assert_eq!((&mail["provider"], &mail["subject"]), (&json!(provider), &json!(subject)), "{shown}");
        // Nothing of the key is in what the API tells.
        let listed = stack.get("/v1/accounts", stack.text(OWNER)).expect(200).to_string();
        assert!(!listed.contains(&key) && listed.contains(account["id"].as_str().unwrap()), "{listed}");
    }
}

#[test]
fn an_answer_that_is_lost_sends_nothing_twice_at_any_provider() {
    let stack = Stack::running().organization();
    // Resend promises that a repeated call sends nothing twice: it is asked until it is known. Of the others nobody knows.
    for (provider, status) in
        [("resend", "sent"), ("sendgrid", "unknown"), ("mailgun", "unknown"), ("brevo", "unknown")]
    {
        let key = new_key("lost");
        let (inside, _) = connected(&stack, provider, &key);
        let held = held(&inside, &unique("lost"));
        stack.approve(&held).expect(200);
        inside.message_with_status(&held.message, status);
        assert_eq!(received(&stack, &key).len(), 1, "{provider}");
    }
}

#[test]
fn a_key_that_is_taken_away_is_told_and_another_lets_what_waits_go() {
    let stack = Stack::running().organization();
    let (owner, key) = (stack.text(OWNER), new_key("fine"));
    let (inside, account) = connected(&stack, "sendgrid", &key);
    let path = format!("/v1/accounts/{}", account["id"].as_str().unwrap());
    let held = held(&inside, &unique("waits for another key"));
    let revoked = stack.raw("POST", &format!("{}/revoked?key={key}", providers()), "", vec![], "");
    assert_eq!(revoked.status, 204);
    stack.approve(&held).expect(200);
    let broken = stack.until("that the account says so", || {
        Some(stack.get(&path, owner).expect(200)).filter(|account| account["status"] == "error")
    });
    assert_eq!(broken["error"]["reason"], "credentials_refused", "{broken}");
    let events = stack.until("its event", || {
        let page = stack.get("/v1/events?types=account.error", owner).expect(200);
        page["data"].as_array().filter(|all| !all.is_empty()).cloned()
    });
    assert_eq!(events[0]["data"]["account"]["id"], account["id"]);
    assert!(!events[0].to_string().contains("hello@example.com"));

    stack
        .call("PATCH", &path, owner, Some(&json!({"api_key": new_key("wrong")})))
        .refused(422, "api_key_refused");
    let other = new_key("fine");
    let mended = stack.call("PATCH", &path, owner, Some(&json!({"api_key": other}))).expect(200);
    assert_eq!((&mended["status"], &mended["error"]), (&json!("active"), &Value::Null));
    inside.message_with_status(&held.message, "sent");
    assert_eq!((received(&stack, &key).len(), received(&stack, &other).len()), (0, 1));
}

#[test]
fn disconnecting_calls_off_what_waits_and_forgets_the_key() {
    let stack = Stack::running().organization();
    let (owner, key) = (stack.text(OWNER), new_key("fine"));
    let (inside, account) = connected(&stack, "mailgun", &key);
    let id = account["id"].as_str().unwrap();
    let inbox = account["inbox_id"].as_str().unwrap();
    let held = held(&inside, &unique("called off"));
    stack.call("DELETE", &format!("/v1/inboxes/{inbox}"), owner, None).refused(409, "inbox_of_account");
    assert_eq!(stack.call("DELETE", &format!("/v1/accounts/{id}"), owner, None).status, 204);
    assert_eq!(stack.get(&format!("/v1/accounts/{id}"), owner).status, 404);
    assert_eq!(stack.get(&format!("/v1/inboxes/{id}"), owner).status, 404);
    stack.until("that it is called off", || {
        stack.invoke("countersign-background-purge", &json!({}));
        let approval = stack.get(&format!("/v1/approvals/{}", held.approval), owner).body;
        (approval["status"] == "cancelled").then_some(())
    });
    assert!(received(&stack, &key).is_empty());
}

#[test]
fn the_console_connects_changes_and_disconnects() {
    let stack = Stack::running().organization();
    let (owner, key) = (stack.text(OWNER), new_key("fine"));
    let page = look(&stack, "/console/accounts/new", owner);
    let fields = |key: &str| format!("provider=brevo&email=hello%40example.com&region=us&api_key={key}");
    let bad = new_key("wrong");
    let wrong = send(&stack, "/console/accounts/new", owner, &page, &fields(&bad));
    assert!(wrong.status == 422 && !wrong.body.to_string().contains(&bad), "{}", wrong.body);
    let made = send(&stack, "/console/accounts/new", owner, &page, &fields(&key));
    assert_eq!(made.status, 303, "{}", made.body);
    let address = made.header("location").unwrap().split('?').next().unwrap().to_owned();
    let page = look(&stack, &address, owner);
    assert!(page.body.as_str().unwrap().contains(&key[key.len() - 4..]), "{}", page.body);
    let changed =
        send(&stack, &address, owner, &page, &format!("display_name=Ann&api_key={}", new_key("fine")));
    assert_eq!(changed.header("location"), Some(&*format!("{address}?notice=changed")), "{}", changed.body);
    // Nobody has shown that the owner's address is theirs.
    assert_eq!(send(&stack, &format!("{address}/test-send"), owner, &page, "").status, 409);
    let ended = send(&stack, &format!("{address}/disconnect"), owner, &page, "");
    assert_eq!(ended.header("location"), Some("/console/accounts?notice=disconnected"), "{}", ended.body);
    assert_eq!(stack.get("/v1/accounts", owner).expect(200)["data"], json!([]));
}

/// A spreadsheet through a provider of one's own.
#[test]
fn an_account_stands_where_an_inbox_does() {
    let stack = Stack::running().organization();
    let (owner, editor) = (stack.text(OWNER), stack.text("/editor/session"));
    let (inside, account) = connected(&stack, "resend", &new_key("fine"));
    let (id, inbox) = (account["id"].as_str().unwrap(), account["inbox_id"].as_str().unwrap());
    assert_eq!(stack.get(&format!("/v1/inboxes/{id}"), owner).expect(200)["account_id"], id);
    let file = "Email\nsuccess@simulator.amazonses.com\n";
    let new = json!({"account_id": id, "filename": "a.csv", "content_type": "text/csv", "size": file.len()});
    let upload = stack.post("/v1/uploads", editor, &new).expect(201);
    let known = stack.get(&format!("/v1/uploads/{}", upload["id"].as_str().unwrap()), editor).expect(200);
    assert_eq!(known["inbox_id"], inbox, "{known}");
    let both = json!({"account_id": id, "inbox_id": inbox, "filename": "a.csv", "content_type": "text/csv", "size": 9});
    stack.post("/v1/uploads", editor, &both).refused(422, "unknown_field");
    let draft = stack.post(
        &format!("/v1/inboxes/{id}/drafts"),
        stack.text("/editor/session"),
        &json!({"subject": "x"}),
    );
    assert_eq!(draft.expect(201)["inbox_id"], inbox);
    held(&inside, &unique("listed"));
    let listed = stack.get(&format!("/v1/inboxes/{id}/messages"), owner).expect(200);
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed}");
}

#[test]
fn what_a_provider_does_not_take_is_not_connected() {
    let stack = Stack::running().organization();
    for (provider, does, code) in [
        ("resend", "wrong", "api_key_refused"),
        ("sendgrid", "wrong", "api_key_refused"),
        ("mailgun", "wrong", "api_key_refused"),
        ("brevo", "wrong", "api_key_refused"),
        ("resend", "unverified", "sender_not_allowed"),
        ("sendgrid", "unverified", "sender_not_allowed"),
        ("mailgun", "unverified", "sender_not_allowed"),
        ("brevo", "unverified", "sender_not_allowed"),
    ] {
        let key = new_key(does);
        let refused = connect(&stack, provider, &key);
        assert!(!refused.body.to_string().contains(&key), "{}", refused.body);
        refused.refused(422, code);
    }
    assert_eq!(stack.get("/v1/accounts", stack.text(OWNER)).expect(200)["data"], json!([]));
    // A key that sends and reads nothing is what a careful person makes.
    connect(&stack, "resend", &new_key("restricted")).expect(201);
}
