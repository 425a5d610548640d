//! A domain of an organization, from its first record to a mail that leaves an inbox on it.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Held, Stack, unique};

const OWNER: &str = "/owner/session";

fn new_name() -> String {
    format!("{}.test", unique("shop").replace(' ', "-").to_lowercase())
}

fn statuses(domain: &Value) -> Vec<(&str, &str)> {
    let records = domain["records"].as_array().unwrap().iter();
    records.map(|it| (it["purpose"].as_str().unwrap(), it["status"].as_str().unwrap())).collect()
}

#[test]
fn a_domain_is_verified_by_its_records_and_an_inbox_on_it_receives_and_sends() {
    let stack = Stack::running().organization();
    let (owner, name) = (stack.text(OWNER), new_name());
    let domain = stack.post("/v1/domains", owner, &json!({"name": name.to_uppercase()})).expect(201);
    assert_eq!((&domain["name"], &domain["status"]), (&json!(name), &json!("pending")));
    assert_eq!(stack.post("/v1/domains", owner, &json!({"name": name})).expect(200)["id"], domain["id"]);
    let path = format!("/v1/domains/{}", domain["id"].as_str().unwrap());
    let early = json!({"username": "sales", "domain": name});
    stack.post("/v1/inboxes", owner, &early).refused(409, "domain_not_verified");

    // A zone of before, with an SPF record and a DMARC record that is none.
    let zone = format!(
        "bounce.{name}. 60 IN TXT \"v=spf1 mx -all\"\n_dmarc.{name}. 60 IN TXT \"v=DMARC1\"\n{name}. 60 IN MX 5 mx.other.test.\n"
    );
    stack.control("POST", "/dns", Some(&json!({"domain": name, "zone": zone})));
    let looked = stack.call("POST", &format!("{path}/verify"), owner, None).expect(200);
    assert_eq!(looked["status"], "pending");
    let differing = statuses(&looked).into_iter().filter(|(_, status)| *status == "differs").count();
    assert_eq!(differing, 3, "{looked}");
    let spf =
        looked["records"].as_array().unwrap().iter().find(|it| it["purpose"] == "mail_from_spf").unwrap();
    assert_eq!(spf["merged"], "v=spf1 mx include:amazonses.com -all");
    assert_eq!(spf["found"][0]["value"], "v=spf1 mx -all");
    stack.call("POST", &format!("{path}/verify"), owner, None).refused(429, "looked_just_now");

    // The records that it says, as it says them.
    stack.control("POST", "/dns", Some(&json!({"domain": name, "zone": ""})));
    let zone = stack.get(&format!("{path}/zone-file"), owner);
    assert!(zone.header("content-type").unwrap().starts_with("text/plain"));
    // What was in the way is no more, but the zone file is as the last look found it.
    let lines =
        zone.body.as_str().unwrap().replace("\n; bounce.", "\nbounce.").replace("\n; _dmarc.", "\n_dmarc.");
    let lines = lines.replace(&format!("\n; {name}. "), &format!("\n{name}. "));
    stack.control("POST", "/dns", Some(&json!({"domain": name, "zone": lines})));
    stack.invoke("countersign-domains-check", &json!({}));
    let found = stack.within(Duration::from_mins(1), "that somebody may look again", || {
        let answer = stack.call("POST", &format!("{path}/verify"), owner, None);
        (answer.status == 200).then_some(answer.body)
    });
    assert_eq!(found["status"], "verified", "{found}");
    assert!(statuses(&found).iter().all(|(_, status)| *status == "found"), "{found}");
    let events = stack.until("its event", || {
        let page = stack.get("/v1/events?types=domain.verified", owner).expect(200);
        page["data"].as_array().filter(|all| !all.is_empty()).cloned()
    });
    assert_eq!(events[0]["data"]["domain"]["name"], name);

    // Another organization is kept off, also above and below.
    let elsewhere = Stack::running();
    for other in [name.clone(), format!("eu.{name}")] {
        let refused = elsewhere.post("/v1/domains", elsewhere.text(OWNER), &json!({"name": other}));
        assert_eq!(refused.status, 409, "{other}: {}", refused.body);
    }
    receives_and_sends(&stack, &name, &path);
}

fn receives_and_sends(stack: &Stack, name: &str, path: &str) {
    let owner = stack.text(OWNER);
    let inbox = stack.post("/v1/inboxes", owner, &json!({"username": "sales", "domain": name})).expect(201);
    let (id, address) = (inbox["id"].as_str().unwrap(), inbox["address"].as_str().unwrap());
    assert_eq!(address, format!("sales@{name}"));
    let subject = unique("to a domain of ours");
    let mail = format!("From: ann@example.org\r\nTo: {address}\r\nSubject: {subject}\r\n\r\nHello\r\n");
    stack.smtp("ann@example.org", &[address], mail.as_bytes());
    let messages = format!("/v1/inboxes/{id}/messages");
    stack.until("the mail", || {
        let page = stack.get(&messages, owner).expect(200);
        page["data"].as_array()?.iter().find(|it| it["subject"] == *subject).cloned()
    });

    let send = |subject: &str| {
        let body = json!({"to": ["success@simulator.amazonses.com"], "subject": subject, "text": "Hello"});
        Held::of(&stack.post(&format!("{messages}/send"), stack.text("/editor/session"), &body).expect(202))
    };
    let status = |held: &Held| {
        stack.get(&format!("{messages}/{}", held.message), owner).expect(200)["status"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let sent = send(&unique("from a domain of ours"));
    assert_eq!(stack.approve(&sent).status, 200);
    stack.until("that it is delivered", || (status(&sent) == "delivered").then_some(()));
    assert_eq!(stack.accepted(&sent.message)[0]["from"], address);

    let refused = stack.call("DELETE", path, owner, None);
    refused.refused(409, "domain_in_use");
    assert_eq!(refused.body["error"]["details"], json!({"inboxes": "1", "addresses": address}));
    assert_eq!(stack.call("DELETE", &format!("/v1/inboxes/{id}"), owner, None).status, 204);
    assert_eq!(stack.call("DELETE", path, owner, None).status, 204);
    stack.get(path, owner).refused(404, "not_found");
}

#[test]
fn a_bad_domain_is_refused_with_a_code_that_says_why() {
    let stack = Stack::running().organization();
    let owner = stack.text(OWNER);
    let own = stack.text("/mail_domain").to_owned();
    for (name, code) in [
        ("co.uk", "public_suffix"),
        ("com", "public_suffix"),
        ("github.io", "public_suffix"),
        ("ann@example.com", "invalid_domain"),
        ("192.0.2.1", "invalid_domain"),
        ("-x.example.com", "invalid_domain"),
        ("", "invalid_domain"),
        (&*own, "domain_of_installation"),
        (&*format!("x.{own}"), "domain_of_installation"),
        (&*"a.".repeat(900), "invalid_domain"),
    ] {
        stack.post("/v1/domains", owner, &json!({"name": name})).refused(422, code);
    }
    let all = stack.get("/v1/domains", owner).expect(200);
    assert_eq!(all["data"], json!([]), "nothing is stored");
    stack
        .post("/v1/domains", stack.text("/agent_token"), &json!({"name": "example.com"}))
        .refused(403, "missing_scope");
}
