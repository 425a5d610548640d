//! Mail servers of people's own on the local stack: a real one (`tests/mail`), over TLS, with names and passwords.

use runtime::environment::setting;
use serde_json::{Value, json};
use tests::{Answer, Stack, unique};

use super::accounts::{held, received_at};
use crate::stack::people::console::{look, send};

const OWNER: &str = "/owner/session";

/// Where the server tells what it has.
fn control() -> String {
    setting("COUNTERSIGN_MAIL_SERVER").unwrap_or_else(|| "http://127.0.0.1:14572".to_owned())
}

/// A port of the server, so many behind the one where it tells.
fn port(behind: u16) -> u16 {
    control().rsplit(':').next().unwrap().parse::<u16>().unwrap() + behind
}

/// Ports with TLS from the first byte, with STARTTLS, and with a certificate that has ended.
const TLS: u16 = 1;
const STARTTLS: u16 = 2;
const ENDED: u16 = 3;

/// A user of a test's own; what the name says the server does with it.
fn new_user(does: &str) -> String {
    format!("user-{does}-{}", unique("u").replace(' ', "-").to_lowercase())
}

fn of_server(user: &str, behind: u16) -> Value {
    let security = if behind == TLS { "tls" } else { "starttls" };
    json!({
        "provider": "smtp", "email": "hello@example.com", "display_name": "Hello",
        "smtp": {"host": "localhost", "port": port(behind), "security": security},
        "username": user, "password": format!("password of {user}"),
    })
}

fn connect(stack: &Stack, user: &str, behind: u16) -> Answer {
    stack.post("/v1/accounts", stack.text(OWNER), &of_server(user, behind))
}

/// The stack with an account's inbox in place of its own.
fn connected(stack: &Stack, user: &str, behind: u16) -> (Stack, Value) {
    let account = connect(stack, user, behind).expect(201);
    let mut inside = stack.clone();
    inside.json["inbox"] = json!({"id": account["id"], "address": account["email"]});
    (inside, account)
}

fn received(stack: &Stack, user: &str) -> Vec<Value> {
    received_at(stack, &control(), user)
}

#[test]
fn a_mail_leaves_through_a_server_of_ones_own_byte_for_byte() {
    let stack = Stack::running().organization();
    for behind in [TLS, STARTTLS] {
        let (user, subject) = (new_user("fine"), unique("through a server of one's own"));
        let (inside, account) = connected(&stack, &user, behind);
        assert_eq!((&account["username"], &account["smtp"]["port"]), (&json!(user), &json!(port(behind))));
        let shown = stack.get("/v1/accounts", stack.text(OWNER)).expect(200).to_string();
        assert!(!shown.contains("password of"), "{shown}");
        let held = held(&inside, &subject);
        assert!(received(&stack, &user).is_empty(), "nothing leaves before it is approved");
        stack.approve(&held).expect(200);
        let sent = inside.message_with_status(&held.message, "sent");
        let mails = received(&stack, &user);
        assert_eq!(mails.len(), 1, "{mails:#?}");
        let mail = &mails[0];
        assert_eq!((&mail["from"], &mail["secure"]), (&json!("hello@example.com"), &json!(true)));
        assert_eq!(mail["to"], json!(["success@simulator.amazonses.com", "hidden@example.org"]), "{mail}");
        // What was approved stands behind two lines of ours, as it is.
        let mime = mail["mime"].as_str().unwrap();
        let (date, rest) = mime.split_once("\r\n").unwrap();
        let (id, approved) = rest.split_once("\r\n").unwrap();
        assert!(date.starts_with("Date: "), "{date}");
        assert!(id.starts_with(&format!("Message-ID: <{}.", held.message)), "{id} {sent}");
        let raw = format!("/v1/inboxes/{}/messages/{}/raw", inside.inbox(), held.message);
        let raw = stack.get(&raw, stack.text(OWNER)).expect(200);
        assert_eq!(raw.as_str(), Some(approved));
    }
}

#[test]
fn a_reply_that_is_lost_sends_nothing_twice_and_one_that_says_later_sends_later() {
    let stack = Stack::running().organization();
    for (does, status) in
        [("lost", "unknown"), ("deferred", "sent"), ("refused", "failed"), ("recipient", "failed")]
    {
        let user = new_user(does);
        let (inside, _) = connected(&stack, &user, STARTTLS);
        let held = held(&inside, &unique(does));
        stack.approve(&held).expect(200);
        inside.message_with_status(&held.message, status);
        let taken = usize::from(matches!(does, "lost" | "deferred"));
        assert_eq!(received(&stack, &user).len(), taken, "{does}");
    }
}

#[test]
fn the_server_of_an_address_is_looked_up() {
    let stack = Stack::running().organization();
    let (owner, user) = (stack.text(OWNER), new_user("fine"));
    let mut new = of_server(&user, TLS);
    new["smtp"] = Value::Null;
    new["autodiscover"] = json!(true);
    let account = stack.post("/v1/accounts", owner, &new).expect(201);
    assert_eq!(
        account["smtp"],
        json!({"host": "localhost", "port": port(TLS), "security": "tls"}),
        "{account}"
    );
    new["email"] = json!("hello@example.org");
    stack.post("/v1/accounts", owner, &new).refused(422, "mail_server_unknown");
}

#[test]
fn a_server_is_asked_before_anything_is_kept() {
    let stack = Stack::running().organization();
    let owner = stack.text(OWNER);
    connect(&stack, &new_user("wrong"), TLS).refused(422, "password_refused");
    connect(&stack, &new_user("sender"), TLS).refused(422, "sender_not_allowed");
    let ended = connect(&stack, &new_user("fine"), ENDED);
    ended.refused(422, "mail_server_unusable");
    assert!(ended.body.to_string().contains("certificate"), "{}", ended.body);
    for (change, code) in [
        (json!({"smtp": {"host": "localhost", "port": 1, "security": "tls"}}), "mail_server_unusable"),
        (
            json!({"smtp": {"host": "localhost", "port": port(TLS), "security": "starttls"}}),
            "mail_server_unusable",
        ),
        (
            json!({"smtp": {"host": "localhost", "port": port(STARTTLS), "security": "tls"}}),
            "mail_server_unusable",
        ),
        // What answers there is no mail server.
        (json!({"smtp": {"host": "localhost", "port": port(0)}}), "mail_server_unusable"),
        (json!({"smtp": {"host": "169.254.169.254"}}), "invalid_mail_server"),
        (json!({"smtp": {"host": "localhost", "port": 25}}), "invalid_mail_server"),
        (json!({"smtp": null}), "required"),
        (json!({"password": null}), "required"),
        (json!({"password": null, "api_key": "key-of-some-provider-0001"}), "not_of_provider"),
    ] {
        let mut new = of_server(&new_user("fine"), TLS);
        for (field, value) in change.as_object().unwrap() {
            new[field] = value.clone();
        }
        stack.post("/v1/accounts", owner, &new).refused(422, code);
    }
    let none = stack.get("/v1/accounts", owner).expect(200);
    assert_eq!(none["data"], json!([]), "{none}");
}

#[test]
fn a_password_that_is_changed_at_the_server_is_told_and_the_new_one_lets_what_waits_go() {
    let stack = Stack::running().organization();
    let (owner, user) = (stack.text(OWNER), new_user("fine"));
    let (inside, account) = connected(&stack, &user, TLS);
    let path = format!("/v1/accounts/{}", account["id"].as_str().unwrap());
    let revoked = |method: &str| {
        let answer = stack.raw(method, &format!("{}/revoked?key={user}", control()), "", vec![], "");
        assert_eq!(answer.status, 204);
    };
    revoked("POST");
    let held = held(&inside, &unique("waits for another password"));
    stack.approve(&held).expect(200);
    let broken = stack.until("that the account says so", || {
        Some(stack.get(&path, owner).expect(200)).filter(|account| account["status"] == "error")
    });
    assert_eq!(broken["error"]["reason"], "credentials_refused", "{broken}");
    let password = json!({"password": format!("password of {user}")});
    stack.call("PATCH", &path, owner, Some(&password)).refused(422, "password_refused");
    stack
        .call("PATCH", &path, owner, Some(&json!({"api_key": "key-of-some-provider-0001"})))
        .refused(422, "not_of_provider");
    assert!(received(&stack, &user).is_empty());
    revoked("DELETE");
    let mended = stack.call("PATCH", &path, owner, Some(&password)).expect(200);
    assert_eq!(mended["status"], "active", "{mended}");
    inside.message_with_status(&held.message, "sent");
    assert_eq!(received(&stack, &user).len(), 1);
    assert_eq!(stack.call("DELETE", &path, owner, None).status, 204);
}

#[test]
fn the_console_connects_a_server_by_its_form() {
    let stack = Stack::running().organization();
    let (owner, user) = (stack.text(OWNER), new_user("fine"));
    let page = |path: &str| look(&stack, path, owner);
    let list = page("/console/accounts").body.to_string();
    assert!(list.contains("/console/accounts/new?provider=smtp"), "{list}");
    let blank = page("/console/accounts/new?provider=smtp");
    let shown = blank.body.as_str().unwrap();
    assert!(shown.contains("name=\"host\"") && !shown.contains("name=\"api_key\""), "{shown}");
    let form = |user: &str, host: &str| {
        format!(
            "provider=smtp&email=hello%40example.com&host={host}&port={}&security=tls&username={user}&password=password+of+{user}",
            port(TLS)
        )
    };
    let send = |fields: &str| send(&stack, "/console/accounts/new", owner, &blank, fields);
    let wrong = send(&form(&user, "10.0.0.1"));
    assert!(wrong.status == 422 && wrong.body.to_string().contains("host-wrong"), "{}", wrong.body);
    let refused = send(&form(&new_user("wrong"), "localhost"));
    assert!(refused.status == 422 && refused.body.to_string().contains("password-wrong"), "{}", refused.body);
    assert!(!refused.body.to_string().contains("password of"), "{}", refused.body);
    // Left empty it is looked up, and shown before a password goes there.
    let found = send(&form(&user, ""));
    let shown = found.body.as_str().unwrap();
    assert!(
        found.status == 200
            && shown.contains("value=\"localhost\"")
            && shown.contains("type the password once more"),
        "{shown}"
    );
    let made = send(&form(&user, "localhost"));
    assert_eq!(made.status, 303, "{}", made.body);
    let all = stack.get("/v1/accounts", owner).expect(200);
    let id = all["data"][0]["id"].as_str().unwrap();
    let page = page(&format!("/console/accounts/{id}")).body.to_string();
    for words in [&*format!("localhost:{}", port(TLS)), &user, "Name and password"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("password of"), "{page}");
}
