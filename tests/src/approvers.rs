//! Many people who work through one queue of the console at the same moment.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{Answer, Stack, unique};

/// What came of it.
#[derive(Debug, Default)]
pub struct Decided {
    /// Approvals that somebody's own click approved.
    pub approved: Vec<String>,
    /// Clicks that came too late: somebody else had decided meanwhile, and the page said so.
    pub late: usize,
    /// Pages that were looked at, and forms that were sent.
    pub requests: usize,
    /// Answers that no person should meet, with what they said.
    pub troubles: Vec<String>,
}

/// A mail in a queue of its own is asked for, so often; each with its id and its approval's.
///
/// # Panics
/// Where one is refused.
pub async fn fill(inside: &Stack, mails: usize) -> Vec<(String, String)> {
    let ask = |n: usize| {
        let inside = inside.clone();
        tokio::task::spawn_blocking(move || {
            let path = format!("/v1/inboxes/{}/messages/send", inside.inbox());
            let mail = json!({"to": ["success@simulator.amazonses.com"], "subject": format!("Order {n}"), "text": "It left."});
            let held = inside.post(&path, inside.text("/agent_token"), &mail).expect(202);
            let id =
                |pointer: &str| held.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            (id("/message/id"), id("/approval/id"))
        })
    };
    let mut made = vec![];
    for first in (0..mails).step_by(8) {
        let some = join_all((first..mails.min(first + 8)).map(ask)).await;
        made.extend(some.into_iter().map(|one| one.expect("a mail that is asked for")));
    }
    made
}

/// An organization with so many approvers, 19 at most, who are signed in; and their sessions.
///
/// # Panics
/// Where it can't be made.
#[must_use]
pub fn crew(stack: &Stack, people: usize) -> (Stack, Vec<String>) {
    let (name, password) = (unique("crew").replace(' ', "-"), "four words nobody puts together");
    let address = |n: usize| format!("{n}.{name}@else.example");
    let role = |n: usize| if n == 0 { "owner" } else { "approver" };
    let seat = |n| json!({"email": address(n), "password": password, "role": role(n)});
    let event = json!({"organization_name": name, "members": (0..=people).map(seat).collect::<Vec<_>>()});
    let made = stack.invoke("countersign-operator-provision", &event);
    assert!(made["organization_id"].is_string(), "{made}");
    let session = |n| {
        let login = json!({"email": address(n), "password": password});
        let opened = stack.post("/v1/sessions", "", &login).expect(201);
        opened["token"].as_str().unwrap_or_default().to_owned()
    };
    let owner = session(0);
    let inbox = stack.post("/v1/inboxes", &owner, &json!({"username": name})).expect(201);
    let token = json!({"name": "agent", "scopes": ["messages.read", "messages.send"]});
    let token = stack.post("/v1/tokens", &owner, &token).expect(201);
    let mut inside = stack.clone();
    inside.json["inbox"] = json!({"id": inbox["id"], "address": inbox["address"]});
    inside.json["agent_token"] = token["token"].clone();
    inside.json["owner"] = json!({"token": owner, "session": owner});
    (inside, (1..=people).map(session).collect())
}

/// Each of them opens the queue, takes a mail, looks at it and approves it, until nothing waits for anybody.
///
/// # Panics
/// Where one of them does.
pub async fn work_through(inside: &Stack, sessions: &[String]) -> Decided {
    let workers = sessions.iter().enumerate().map(|(n, session)| {
        let (inside, session) = (inside.clone(), session.clone());
        tokio::task::spawn_blocking(move || one(&inside, &session, n))
    });
    let mut all = Decided::default();
    for decided in join_all(workers).await {
        let decided = decided.expect("somebody who works to the end");
        all.approved.extend(decided.approved);
        all.late += decided.late;
        all.requests += decided.requests;
        all.troubles.extend(decided.troubles);
    }
    all
}

fn one(inside: &Stack, session: &str, n: usize) -> Decided {
    let mut all = Decided::default();
    let cookie = || ("cookie", format!("__Host-cs_session={session}"));
    let mut done = BTreeSet::new();
    loop {
        all.requests += 1;
        let queue = inside.raw("GET", "/console/approvals", "", vec![cookie()], "");
        if queue.status != 200 {
            all.troubles.push(format!("the queue answers {}: {}", queue.status, queue.body));
            return all;
        }
        let mut waiting = approvals_in(text(&queue));
        waiting.retain(|id| !done.contains(id));
        // Not all take the first.
        let Some(id) = waiting.get(n % waiting.len().max(1)).cloned() else { return all };
        done.insert(id.clone());
        all.requests += 1;
        let address = format!("/console/approvals/{id}");
        let page = inside.raw("GET", &address, "", vec![cookie()], "");
        let Some((csrf, digest)) = form_in(text(&page), &address) else {
            match page.status {
                200 => all.late += 1,
                other => all.troubles.push(format!("a mail's page answers {other}: {}", page.body)),
            }
            continue;
        };
        let headers = vec![
            cookie(),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
            ("sec-fetch-site", "same-origin".to_owned()),
        ];
        all.requests += 1;
        let form = format!("csrf={csrf}&digest={}", digest.replace(':', "%3A"));
        let answer = inside.raw("POST", &format!("{address}/approve"), "", headers, form);
        match answer.status {
            303 => all.approved.push(id),
            // In words, on the same page.
            409 if text(&answer).contains("role=\"alert\"") => all.late += 1,
            other => all.troubles.push(format!("approving answers {other}: {}", answer.body)),
        }
    }
}

fn text(answer: &Answer) -> &str {
    answer.body.as_str().unwrap_or_default()
}

/// The approvals that a page of the queue leads to, in its order.
fn approvals_in(page: &str) -> Vec<String> {
    let mut found: Vec<String> = vec![];
    for rest in page.split("/console/approvals/").skip(1) {
        let id: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        if id.starts_with("apr_") && !found.contains(&id) {
            found.push(id);
        }
    }
    found
}

/// What the form that approves carries; nothing where there is none.
fn form_in(page: &str, address: &str) -> Option<(String, String)> {
    let form = page.split(&format!("action=\"{address}/approve\"")).nth(1)?;
    let value = |name: &str| {
        let rest = form.split(&format!("name=\"{name}\" value=\"")).nth(1)?;
        Some(rest.split('"').next()?.to_owned())
    };
    Some((value("csrf")?, value("digest")?))
}
