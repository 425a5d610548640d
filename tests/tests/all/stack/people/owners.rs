//! The console's pages for owners over HTTP: what they make works, and each of its functions shows its own pages alone.

use serde_json::{Value, json};
use tests::{Answer, Stack};

/// Somebody in a browser.
struct Browser<'a> {
    stack: &'a Stack,
    session: &'a str,
}

impl Browser<'_> {
    fn look(&self, path: &str) -> Answer {
        let cookie = ("cookie", format!("__Host-cs_session={}", self.session));
        self.stack.raw("GET", path, "", vec![cookie], "")
    }

    /// What a page says.
    fn page(&self, path: &str) -> String {
        let seen = self.look(path);
        assert_eq!(seen.status, 200, "{path}: {}", seen.body);
        seen.body.as_str().unwrap_or_default().to_owned()
    }

    /// Sends a form of a page, with what that page hides in it.
    fn send(&self, page: &str, path: &str, fields: &str) -> Answer {
        let shown = self.page(page);
        let csrf = shown.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let cookie = ("cookie", format!("__Host-cs_session={}", self.session));
        let form = ("content-type", "application/x-www-form-urlencoded".to_owned());
        self.stack.raw("POST", path, "", vec![cookie, form], format!("csrf={csrf}&{fields}"))
    }
}

#[test]
fn a_token_that_is_made_in_the_console_works_until_it_is_deleted_there() {
    let stack = Stack::running().organization();
    let owner = Browser { stack: &stack, session: stack.text("/owner/session") };
    let new = "/console/tokens/new";
    let made = owner.send(new, new, "name=Console&scope-messages.read=yes&reach=all");
    let page = made.body.as_str().unwrap_or_default().to_owned();
    assert_eq!(made.status, 200, "{page}");
    let secret = page.split("value=\"cs_live_").nth(1).unwrap().split('"').next().unwrap();
    let secret = format!("cs_live_{secret}");
    stack.get("/v1/inboxes", &secret).expect(200);
    let list = owner.page("/console/tokens");
    assert!(list.contains("Console") && !list.contains(&secret), "{list}");
    let tokens = stack.get("/v1/tokens?limit=100", owner.session).expect(200);
    let made = tokens["data"].as_array().unwrap().iter().find(|token| token["name"] == "Console").unwrap();
    let address = format!("/console/tokens/{}", made["id"].as_str().unwrap());
    assert!(list.contains(&address), "{list}");

    // Its pause is a page of the function that decides.
    let pause = address.replace("/tokens/", "/pause/tokens/");
    assert_eq!(owner.send(&pause, &pause, "reason=It+runs+wild").status, 303);
    assert_ne!(stack.get("/v1/inboxes", &secret).status, 200);
    let resume = pause.replace("/pause/", "/resume/");
    assert_eq!(owner.send(&pause, &resume, "").status, 303);
    stack.get("/v1/inboxes", &secret).expect(200);

    assert_eq!(owner.send(&address, &format!("{address}/delete"), "").status, 303);
    assert_ne!(stack.get("/v1/inboxes", &secret).status, 200);
}

#[test]
fn an_owner_sees_each_page_and_a_viewer_those_of_their_role() {
    let stack = Stack::running().organization();
    let owner = Browser { stack: &stack, session: stack.text("/owner/session") };
    for path in [
        "/console/approvals",
        "/console/unsettled",
        "/console/scheduled",
        "/console/standing-approvals",
        "/console/pause",
        "/console/inboxes",
        "/console/inboxes/search?q=hello",
        "/console/held-messages",
        "/console/tokens",
        "/console/webhooks",
        "/console/requests",
        "/console/domains",
        "/console/suppressions",
        "/console/lists",
        "/console/usage",
        "/console/policies",
        "/console/policies/new",
        "/console/simulate",
        "/console/audit",
        "/console/audit/verify",
        "/console/audit/export",
        "/console/audit/export?format=csv",
        "/console/organization",
        "/console/notifications",
        "/console/security",
        "/console/docs",
    ] {
        let page = owner.page(path);
        assert!(!page.contains("style=\"") || path.contains("approvals/"), "{path}");
    }
    assert_eq!(owner.look("/console/nothing").status, 404);
    let here = "/console/notifications";
    let night = "mails=hourly&daily_at=08%3A00&time_zone=Europe%2FBerlin&quiet=yes&from=22%3A00&to=07%3A00&day.mon=yes";
    assert_eq!(owner.send(here, here, night).status, 303);
    let chosen = stack.get("/v1/me/notifications", stack.text("/owner/session")).expect(200);
    assert_eq!(chosen["quiet_hours"], json!({"days": ["mon"], "from": "22:00", "to": "07:00"}));
}

#[test]
fn a_webhook_and_a_suppression_are_made_in_the_console() {
    let stack = Stack::running().organization();
    let session = stack.text("/owner/session");
    let owner = Browser { stack: &stack, session };
    let new = "/console/webhooks/new";
    let url = "https%3A%2F%2Fexample.com%2Fhook";
    let made = owner.send(new, new, &format!("url={url}&events=some&event-message.%2A=yes&inboxes=all"));
    let page = made.body.as_str().unwrap_or_default().to_owned();
    assert!(made.status == 200 && page.contains("value=\"whsec_"), "{page}");
    let listed = stack.get("/v1/webhooks", session).expect(200);
    assert_eq!(listed["data"][0]["events"], json!(["message.*"]));

    let list = "/console/suppressions";
    let added = owner.send(list, list, "whom=gone%40example.org&reason=They+asked");
    assert_eq!(added.status, 303, "{}", added.body);
    let listed: Value = stack.get("/v1/suppressions", session).expect(200);
    assert_eq!(listed["data"][0]["address"], "gone@example.org");
}
