//! People for real: invited by mail, in with what the mail has, given another role, removed; and what each may not do.

use std::path::Path;

use serde_json::{Value, json};
use tests::{Stack, unique};

pub(crate) const PASSWORD: &str = "four words nobody puts together";

/// What the links end with that lead to pages of this kind and went to an address, the latest last.
pub(crate) fn links(stack: &Stack, email: &str, page: &str) -> Vec<String> {
    let mut found = vec![];
    for entry in std::fs::read_dir(Path::new(stack.text("/notifications"))).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let Ok(entry) = serde_json::from_slice::<Value>(&std::fs::read(&path).unwrap()) else { continue };
        if entry["destinations"] != json!([email]) {
            continue;
        }
        let mail = std::fs::read(path.with_extension("eml")).unwrap();
        let text = mail::parse(&mail).text.clone().unwrap();
        let Some(link) = text.split(&format!("/console/{page}/")).nth(1) else { continue };
        let written = path.metadata().unwrap().modified().unwrap();
        found.push((written, link.split_whitespace().next().unwrap().to_owned()));
    }
    found.sort();
    found.into_iter().map(|(_, link)| link).collect()
}

/// What the link ends with of the invitation that goes to an address.
pub(crate) fn invited(stack: &Stack, email: &str) -> String {
    stack.until("an invitation", || links(stack, email, "invitations").pop())
}

/// What the link ends with of the mail that goes to somebody who forgot their password.
pub(crate) fn reset(stack: &Stack, email: &str) -> String {
    stack.post("/v1/password-resets", "", &json!({"email": email})).expect(202);
    stack.until("a reset", || links(stack, email, "password-resets").pop())
}

/// The session of somebody who was invited to the organization and accepted.
pub(crate) fn joined(stack: &Stack, role: &str) -> Value {
    let email = format!("{}@else.example", unique("joined").replace(' ', "-"));
    let invitation = json!({"email": email, "role": role});
    stack.post("/v1/invitations", stack.text("/owner/session"), &invitation).expect(201);
    let accept = json!({"invitation": invited(stack, &email), "password": PASSWORD});
    stack.post("/v1/invitations/accept", "", &accept).expect(201)
}

#[test]
fn a_person_from_the_invitation_to_the_removal() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/session");
    let email = format!("{}@else.example", unique("grace").replace(' ', "-"));
    let wanted = json!({"email": email, "role": "approver", "groups": []});
    let made = stack.post("/v1/invitations", owner, &wanted).expect(201);
    assert_eq!((&made["status"], &made["email"]), (&json!("pending"), &json!(email)));
    let again = stack.post("/v1/invitations", owner, &wanted);
    assert_eq!(
        (again.code(), &again.body["error"]["details"]["invitation_id"]),
        ("already_invited", &made["id"])
    );
    let first = invited(&stack, &email);
    let path = format!("/v1/invitations/{}", made["id"].as_str().unwrap());
    stack.post(&format!("{path}/resend"), owner, &Value::Null).expect(202);
    let accept = |link: &str| {
        stack.post("/v1/invitations/accept", "", &json!({"invitation": link, "password": PASSWORD}))
    };
    accept(&first).refused(409, "invitation_not_valid");
    let second = stack
        .until("the newer mail", || links(&stack, &email, "invitations").pop().filter(|link| *link != first));
    let session = accept(&second).expect(201);
    accept(&second).refused(409, "invitation_used");
    let listed = stack.get("/v1/invitations", owner).expect(200);
    assert!(!listed["data"].as_array().unwrap().iter().any(|one| one["id"] == made["id"]), "{listed}");

    let (person, id) = (session["token"].as_str().unwrap(), session["member_id"].as_str().unwrap());
    let me = stack.get("/v1/me", person).expect(200);
    assert_eq!((&me["role"], &me["user"]["email"]), (&json!("approver"), &json!(email)));
    let token = json!({"name": "theirs", "scopes": ["messages.read", "approvals.decide"]});
    let program = stack.post("/v1/tokens", person, &token).expect(201)["token"].as_str().unwrap().to_owned();

    let member = format!("/v1/members/{id}");
    let demoted = stack.call("PATCH", &member, owner, Some(&json!({"role": "viewer"}))).expect(200);
    assert_eq!(demoted["role"], "viewer");
    for credential in [person, &program] {
        let now = stack.get("/v1/me", credential).expect(200);
        assert!(now["role"] == "viewer" && !now["scopes"].to_string().contains("approvals.decide"), "{now}");
    }
    assert_eq!(stack.call("DELETE", &member, owner, None).status, 204);
    for credential in [person, &program] {
        stack.get("/v1/me", credential).refused(401, "invalid_credential");
    }
    let sign_in = json!({"email": email, "password": PASSWORD});
    stack.post("/v1/sessions", "", &sign_in).refused(401, "wrong_email_or_password");
    let people = stack.get("/v1/members?limit=100", owner).expect(200);
    assert!(!people["data"].as_array().unwrap().iter().any(|one| one["id"] == id), "{people}");
    // Their address is free: they are invited again.
    stack.post("/v1/invitations", owner, &wanted).expect(201);
}

#[test]
fn a_viewer_sees_people_and_does_nothing_but_leave() {
    let stack = Stack::running().organization();
    let (owner, viewer) = (stack.text("/owner/session"), stack.text("/viewer/session"));
    let seat =
        |session: &str| stack.get("/v1/me", session).expect(200)["member_id"].as_str().unwrap().to_owned();
    let people = stack.get("/v1/members", viewer).expect(200);
    assert_eq!(people["data"].as_array().unwrap().len(), 4, "{people}");
    assert!(people["data"].as_array().unwrap().iter().all(|one| one["email"].is_string()));
    let (first, own) = (format!("/v1/members/{}", seat(owner)), format!("/v1/members/{}", seat(viewer)));
    let role = json!({"role": "viewer"});
    for (method, path, body) in [
        ("PATCH", first.as_str(), Some(&role)),
        ("PATCH", &own, Some(&json!({"role": "owner"}))),
        ("DELETE", &first, None),
        ("GET", "/v1/invitations", None),
        ("POST", "/v1/invitations", Some(&json!({"email": "x@else.example", "role": "viewer"}))),
        ("POST", "/v1/organization/transfer-ownership", Some(&json!({"member_id": seat(viewer)}))),
    ] {
        stack.call(method, path, viewer, body).refused(403, "missing_scope");
    }
    assert_eq!(stack.call("DELETE", &own, viewer, None).status, 204);
    stack.get("/v1/me", viewer).refused(401, "invalid_credential");
    stack.call("DELETE", &first, owner, None).refused(409, "last_owner");
    stack.call("PATCH", &first, owner, Some(&role)).refused(409, "last_owner");
}

#[test]
fn whoever_forgot_their_password_chooses_another_and_all_their_sessions_end() {
    let stack = Stack::running().organization();
    let session = joined(&stack, "viewer");
    let person = session["token"].as_str().unwrap();
    let email = stack.get("/v1/me", person).expect(200)["user"]["email"].as_str().unwrap().to_owned();
    stack.post("/v1/password-resets", "", &json!({"email": "nobody@else.example"})).expect(202);
    let link = reset(&stack, &email);
    let other = "other words nobody puts together";
    let confirm = |password: &str| {
        stack.post("/v1/password-resets/confirm", "", &json!({"reset": link, "password": password}))
    };
    confirm("password1234").refused(422, "password_guessable");
    stack.get("/v1/me", person).expect(200);
    assert_eq!(confirm(other).status, 204);
    confirm(other).refused(409, "reset_used");
    stack.get("/v1/me", person).refused(401, "invalid_credential");
    let sign_in =
        |password: &str| stack.post("/v1/sessions", "", &json!({"email": email, "password": password}));
    sign_in(PASSWORD).refused(401, "wrong_email_or_password");
    sign_in(other).expect(201);
    assert!(links(&stack, "nobody@else.example", "password-resets").is_empty());
}

#[test]
fn groups_follow_whoever_is_invited_changed_and_removed() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/session");
    let name = unique("legal").replace(' ', "-");
    let made = stack.post("/v1/groups", owner, &json!({"name": name, "member_ids": []})).expect(201);
    let path = format!("/v1/groups/{}", made["id"].as_str().unwrap());
    let belongs = || stack.get(&path, owner).expect(200)["member_ids"].clone();
    let email = format!("{}@else.example", unique("grouped").replace(' ', "-"));
    let unknown = json!({"email": email, "role": "viewer", "groups": ["nobody-there"]});
    stack.post("/v1/invitations", owner, &unknown).refused(422, "unknown_group");
    let wanted = json!({"email": email, "role": "viewer", "groups": [name]});
    assert_eq!(stack.post("/v1/invitations", owner, &wanted).expect(201)["groups"], json!([made["id"]]));
    let accept = json!({"invitation": invited(&stack, &email), "password": PASSWORD});
    let id = stack.post("/v1/invitations/accept", "", &accept).expect(201)["member_id"].clone();
    assert_eq!(belongs(), json!([id]));
    let member = format!("/v1/members/{}", id.as_str().unwrap());
    let put =
        |groups: Value| stack.call("PATCH", &member, owner, Some(&json!({"groups": groups}))).expect(200);
    assert_eq!(put(json!([]))["groups"], json!([]));
    assert_eq!(belongs(), json!([]));
    assert_eq!(put(json!([made["id"]]))["groups"], json!([made["id"]]));
    assert_eq!(stack.call("DELETE", &member, owner, None).status, 204);
    assert_eq!(belongs(), json!([]));
}

/// The texts of the mails with this subject that went to an address.
fn told(stack: &Stack, email: &str, subject: &str) -> Vec<String> {
    let mut found = vec![];
    for entry in std::fs::read_dir(Path::new(stack.text("/notifications"))).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let Ok(entry) = serde_json::from_slice::<Value>(&std::fs::read(&path).unwrap()) else { continue };
        if entry["destinations"] == json!([email]) {
            let mail = std::fs::read(path.with_extension("eml")).unwrap();
            let mail = mail::parse(&mail);
            found.extend(mail.text.clone().filter(|_| mail.subject == subject));
        }
    }
    found
}

#[test]
fn people_are_told_by_mail_what_happened_to_their_own_way_in() {
    let stack = Stack::running().organization();
    let session = joined(&stack, "viewer");
    let (person, id) = (session["token"].as_str().unwrap(), session["member_id"].as_str().unwrap());
    let email = stack.get("/v1/me", person).expect(200)["user"]["email"].as_str().unwrap().to_owned();
    let sign_in = |agent: &str| {
        let headers = vec![("content-type", "application/json".to_owned()), ("user-agent", agent.to_owned())];
        let body = json!({"email": email, "password": PASSWORD});
        let opened = stack.raw("POST", "/v1/sessions", "", headers, body.to_string()).expect(201);
        opened["token"].as_str().unwrap().to_owned()
    };
    let fox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    let (own, new) = (sign_in(fox), "A new sign-in to Countersign");
    let text = stack.until("the alert", || told(&stack, &email, new).pop());
    assert!(text.contains("With: Firefox on Linux.") && text.contains("/console/settings"), "{text}");

    let change =
        json!({"current_password": PASSWORD, "new_password": "seven words that nobody would expect here"});
    assert_eq!(stack.post("/v1/me/password", &own, &change).status, 204);
    let changed = "Your password for Countersign was changed";
    let text = stack.until("the alert", || told(&stack, &email, changed).pop());
    assert!(text.contains("Sign out everywhere") && !text.contains("nobody would expect"), "{text}");

    let member = format!("/v1/members/{id}");
    let role = json!({"role": "editor"});
    stack.call("PATCH", &member, stack.text("/owner/session"), Some(&role)).expect(200);
    let role = "Your role in Countersign was changed";
    let text = stack.until("the alert", || told(&stack, &email, role).pop());
    assert!(text.contains("was viewer, and is editor now"), "{text}");
    assert_eq!((told(&stack, &email, new).len(), told(&stack, &email, changed).len()), (1, 1));
}
