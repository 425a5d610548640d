//! Notifications for real: a mail is held, an approver is mailed a link, looks as often as a scanner does, and decides.

use std::path::Path;

use serde_json::{Value, json};
use tests::{Answer, Held, Stack, unique};

/// An organization of its own, so that no other test uses up what its members are told in an hour.
pub(crate) struct Organization {
    pub(crate) stack: Stack,
    /// Addresses of the approver and the owner.
    approvers: [String; 2],
    /// Tokens: the owner's, and one that asks for mail.
    pub(crate) owner: String,
    pub(crate) agent: String,
    pub(crate) inbox: String,
}

/// A notification.
pub(crate) struct Mailed {
    subject: String,
    text: String,
    headers: String,
    /// Where its link leads.
    pub(crate) link: String,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

impl Organization {
    pub(crate) fn new(stack: &Stack) -> Self {
        let stack = stack.organization();
        let text = |pointer: &str| stack.text(pointer).to_owned();
        let approvers = [text("/approver/email"), text("/owner/email")];
        let (owner, agent, inbox) = (text("/owner/token"), text("/agent_token"), text("/inbox/id"));
        Self { stack, approvers, owner, agent, inbox }
    }

    pub(crate) fn hold(&self, subject: &str) -> Held {
        let body = json!({
            "to": ["success@simulator.amazonses.com"], "subject": subject, "text": "See https://evil.test/now",
        });
        let path = format!("/v1/inboxes/{}/messages/send", self.inbox);
        Held::of(&self.stack.post(&path, &self.agent, &body).expect(202))
    }

    /// Notifications to one of the approvers about mails with this subject, in any order.
    fn all(&self, to: &str, subject: &str) -> Vec<Mailed> {
        let folder = Path::new(self.stack.text("/notifications"));
        let mut found = vec![];
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|end| end != "json") {
                continue;
            }
            let Ok(entry) = serde_json::from_slice::<Value>(&std::fs::read(&path).unwrap()) else { continue };
            if entry["destinations"] != json!([to]) {
                continue;
            }
            let raw = std::fs::read(path.with_extension("eml")).unwrap();
            let mail = mail::parse(&raw);
            let body = mail.text.clone().unwrap();
            if !mail.subject.contains(subject) {
                continue;
            }
            assert_eq!(
                entry["tags"],
                json!({}),
                "nothing by which it could be taken for a mail that was approved"
            );
            assert_eq!(entry["configuration_set"], "countersign-local-notifications", "which insists on TLS");
            let site = self.stack.text("/console_url").trim_end_matches("/console");
            let link = body.split(site).nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
            let headers: Vec<_> = mail.headers.iter().map(|h| format!("{}: {}", h.name, h.value)).collect();
            let headers = headers.join("\n");
            found.push(Mailed { subject: mail.subject.clone(), text: body, headers, link });
        }
        found
    }

    /// The notification to the approver.
    pub(crate) fn notified(&self, subject: &str) -> Mailed {
        self.stack.until("notification", || self.all(&self.approvers[0], subject).pop())
    }

    fn status(&self, held: &Held) -> String {
        let path = format!("/v1/approvals/{}", held.approval);
        text(&self.stack.get(&path, &self.owner).expect(200)["status"])
    }

    /// Presses a button of the link's page, as it was shown.
    pub(crate) fn press(&self, link: &str, page: &str, verdict: &str) -> Answer {
        let field = |name: &str| {
            let begin = format!("name=\"{name}\" value=\"");
            page.split(&begin).nth(1).unwrap().split('"').next().unwrap().replace(':', "%3A")
        };
        let body = format!("csrf={}&digest={}&reason=no", field("csrf"), field("digest"));
        let headers = vec![
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ("sec-fetch-site", "same-origin".to_owned()),
            ("origin", "null".to_owned()),
        ];
        self.stack.raw("POST", &format!("{link}/{verdict}"), "", headers, body)
    }
}

/// For tests of what closes a link: it shows its dead page and decides nothing.
pub(crate) fn assert_closed(organization: &Organization, mailed: &Mailed, shown: &str, words: &str) {
    let seen = organization.stack.get(&mailed.link, "");
    assert_eq!(seen.status, 410, "{}", seen.body);
    assert!(seen.body.as_str().unwrap().contains(words), "{}", seen.body);
    for verdict in ["approve", "reject"] {
        assert_eq!(organization.press(&mailed.link, shown, verdict).status, 410);
    }
}

#[test]
fn a_link_in_a_notification_shows_twenty_times_and_decides_once() {
    let stack = Stack::running();
    let organization = Organization::new(&stack);
    let subject = unique("Countersign me");
    let held = organization.hold(&subject);
    let mailed = organization.notified(&subject);
    assert!(mailed.subject.starts_with("Approve? "), "{}", mailed.subject);
    assert!(mailed.headers.contains("Auto-Submitted: auto-generated"), "{}", mailed.headers);
    assert!(
        !mailed.text.contains("evil.test") && mailed.text.contains(&held.digest[..19]),
        "{}",
        mailed.text
    );
    // Whom it goes to stands in it, as a quotation in which there is nothing to click.
    assert!(mailed.text.contains("\"success[@]simulator[.]amazonses[.]com\""), "{}", mailed.text);
    let others = organization.all(&organization.approvers[1], &subject);
    assert!(others.iter().all(|other| other.link != mailed.link), "each has a link of their own");

    let mut shown = String::new();
    for n in 0..20 {
        let method = if n % 2 == 0 { "HEAD" } else { "GET" };
        let seen = stack.raw(method, &mailed.link, "", vec![("sec-purpose", "prefetch".to_owned())], "");
        assert_eq!(seen.status, 200, "{}", seen.body);
        assert_eq!(seen.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(seen.header("cache-control"), Some("no-store"));
        shown = seen.body.as_str().unwrap_or_default().to_owned();
    }
    assert!(shown.contains(&subject) && shown.contains(&organization.approvers[0]), "{shown}");
    assert_eq!(organization.status(&held), "pending");
    assert!(stack.accepted(&held.message).is_empty(), "nothing left");
    // The secret is no credential.
    let secret = mailed.link.rsplit('/').next().unwrap();
    stack.get("/v1/approvals", secret).refused(401, "invalid_credential");

    let done = organization.press(&mailed.link, &shown, "approve");
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(organization.status(&held), "approved");
    let left = stack.until("mail in the outbox", || stack.accepted(&held.message).pop());
    assert_eq!(left["configuration_set"], "countersign-local");
    for (set, policy) in [("countersign-local", "OPTIONAL"), ("countersign-local-notifications", "REQUIRE")] {
        let set = stack.aws(&format!("/v2/email/configuration-sets/{set}"), "ses", None, &Value::Null);
        assert_eq!(set["DeliveryOptions"]["TlsPolicy"], policy, "{set}");
    }
    assert_closed(&organization, &mailed, &shown, "This link was used");
    assert_eq!(stack.accepted(&held.message).len(), 1);
    let everything = stack.control("GET", "/accepted", None).to_string();
    assert!(!everything.contains(&organization.approvers[0]), "a notification is not in the outbox");
}

#[test]
fn a_decision_in_the_console_closes_every_link() {
    let stack = Stack::running();
    let organization = Organization::new(&stack);
    let subject = unique("Not by mail");
    let held = organization.hold(&subject);
    let mailed = organization.notified(&subject);
    let shown = stack.get(&mailed.link, "").body.as_str().unwrap().to_owned();
    let reject = format!("/v1/approvals/{}/reject", held.approval);
    stack.post(&reject, &organization.owner, &json!({"digest": held.digest, "reason": "no"})).expect(200);
    assert_closed(&organization, &mailed, &shown, "Rejected already");
}

#[test]
fn more_than_five_mails_wait_for_a_digest() {
    let stack = Stack::running();
    let organization = Organization::new(&stack);
    let subject = unique("One of many");
    for _ in 0..7 {
        organization.hold(&subject);
    }
    let count = || organization.all(&organization.approvers[0], &subject).len();
    stack.until("five notifications", || (count() == 5).then_some(()));
    // The queue says when the other two were looked at.
    let calls = || {
        let ledger = stack.control("GET", "/ledger?since=0&function=countersign-dispatch-notify", None);
        let calls = ledger["calls"].as_array().cloned().unwrap_or_default();
        calls.iter().filter(|call| call["service"] == "sqs" && call["operation"] == "SendMessage").count()
    };
    stack.until("digest in the queue", || (calls() > 0).then_some(()));
    assert_eq!(count(), 5);
}
