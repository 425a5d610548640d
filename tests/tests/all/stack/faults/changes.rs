//! Every route that changes something, killed after each of its AWS calls; those of the gate also with the answer to each of
//! them lost. It is asked again as a client would, and then it is done, once, and written down.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tests::listener::Listener;
use tests::{Held, Stack, in_seconds, unique};

use super::{at_each_call, left, rest, status, submit};
use crate::stack::people::members::{invited, joined, reset};
use crate::stack::people::second_factor::joined_with_one;

/// What a client asks for.
struct Asked {
    method: &'static str,
    path: String,
    token: String,
    body: Value,
    /// What the audit log says it was done to; the `id` of the answer where it is made by it.
    target: Option<String>,
}

impl Asked {
    fn of(method: &'static str, path: String, token: &str, body: Value, target: &str) -> Self {
        Self { method, path, token: token.to_owned(), body, target: Some(target.to_owned()) }
    }

    fn makes(path: &str, token: &str, body: Value) -> Self {
        Self { method: "POST", path: path.to_owned(), token: token.to_owned(), body, target: None }
    }

    fn ask(&self, stack: &Stack, key: &str) -> tests::Answer {
        let mut headers = vec![("idempotency-key", key.to_owned())];
        let body = if self.body.is_null() { String::new() } else { self.body.to_string() };
        if !body.is_empty() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        stack.raw(self.method, &self.path, &self.token, headers, body)
    }
}

/// A route that changes something.
struct Route {
    /// Its function, without the name of the stack.
    function: &'static str,
    /// What the audit log calls it; nothing where it is not written down.
    action: &'static str,
    /// Answer when it is done.
    done: u16,
    /// What is said to whoever asks again, where a first request that nobody heard of has done it.
    again: &'static [&'static str],
    /// Asking twice is two changes.
    repeats: bool,
    /// Makes ready what it is asked about, and the request.
    ask: fn(&House<'_>) -> Asked,
}

/// An organization of these tests' own. The stack is seen from inside it.
struct House<'a> {
    stack: Stack,
    listener: &'a Listener,
    /// A received mail of its inbox.
    received: String,
}

impl<'a> House<'a> {
    fn new(listener: &'a Listener) -> Self {
        let stack = Stack::running().organization();
        let subject = unique("to be answered");
        let received = stack.receive(&super::mail(&subject), &subject)["id"].as_str().unwrap().to_owned();
        Self { stack, listener, received }
    }

    fn owner(&self) -> &str {
        self.stack.text("/owner/session")
    }

    /// The same, which showed a moment ago that it is them: what does great harm takes that.
    fn proved(&self) -> &str {
        let password = json!({"password": self.stack.text("/owner/password")});
        self.stack.post("/v1/me/proof", self.owner(), &password).expect(200);
        self.owner()
    }

    fn approver(&self) -> &str {
        self.stack.text("/approver/session")
    }

    fn editor(&self) -> &str {
        self.stack.text("/editor/session")
    }

    fn agent(&self) -> &str {
        self.stack.text("/agent_token")
    }

    /// The viewer's password, and one that they may have next.
    fn passwords(&self) -> (&str, &'static str) {
        let (first, second) =
            (self.stack.text("/viewer/password"), "seven words that nobody would expect here");
        if self.try_signing_in(first).status == 201 {
            (first, second)
        } else {
            (second, "one link for one decision")
        }
    }

    fn try_signing_in(&self, password: &str) -> tests::Answer {
        let body = json!({"email": self.stack.text("/viewer/email"), "password": password});
        self.stack.post("/v1/sessions", "", &body)
    }

    /// Another session of the viewer.
    fn own_session(&self) -> String {
        let session = self.try_signing_in(self.passwords().0).expect(201);
        session["token"].as_str().unwrap().to_owned()
    }

    fn held(&self) -> Held {
        submit(&self.stack, &unique("changed"))
    }

    fn made(&self, path: &str, body: &Value) -> Value {
        self.stack.post(path, self.owner(), body).expect(201)
    }

    fn id(&self, path: &str, body: &Value) -> String {
        self.made(path, body)["id"].as_str().unwrap().to_owned()
    }

    /// A spreadsheet that was read.
    fn uploaded(&self) -> String {
        let file = "Email\nsuccess@simulator.amazonses.com\n";
        let new = json!({"inbox_id": self.stack.inbox(), "filename": "a.csv", "content_type": "text/csv", "size": file.len()});
        let made = self.made("/v1/uploads", &new);
        let headers = vec![("content-type", "text/csv".to_owned())];
        assert_eq!(
            self.stack.raw("PUT", made["upload_url"].as_str().unwrap(), "", headers, file).status,
            200
        );
        let id = made["id"].as_str().unwrap();
        self.stack.until("a sheet that was read", || {
            let upload = self.stack.get(&format!("/v1/uploads/{id}"), self.owner()).expect(200);
            (upload["status"] == "ready").then(|| id.to_owned())
        })
    }

    /// One in the place of those before: an organization has few.
    fn webhook(&self) -> String {
        let all = self.stack.get("/v1/webhooks?limit=100", self.owner()).expect(200);
        for one in all["data"].as_array().unwrap() {
            let path = format!("/v1/webhooks/{}", one["id"].as_str().unwrap());
            self.stack.call("DELETE", &path, self.owner(), None);
        }
        self.id("/v1/webhooks", &json!({"url": self.listener.url}))
    }

    /// What asks for a domain, in the place of those before: an organization has few.
    fn new_domain(&self) -> Value {
        let all = self.stack.get("/v1/domains?limit=100", self.owner()).expect(200);
        for one in all["data"].as_array().unwrap() {
            let path = format!("/v1/domains/{}", one["id"].as_str().unwrap());
            self.stack.call("DELETE", &path, self.owner(), None);
        }
        json!({"name": format!("{}.test", unique("domain").replace(' ', "-"))})
    }

    /// An event that nobody asked for again yet.
    fn event(&self) -> String {
        let subject = unique("told again");
        let received =
            self.stack.receive(&super::mail(&subject), &subject)["id"].as_str().unwrap().to_owned();
        self.stack.until("its event", || {
            let path = "/v1/events?types=message.received&limit=100";
            let page = self.stack.get(path, self.owner()).expect(200);
            let about = |event: &&Value| event["data"]["message"]["id"] == *received;
            page["data"].as_array()?.iter().find(about).map(|event| event["id"].as_str().unwrap().to_owned())
        })
    }

    /// The approval of a mail that somebody approved and that is not due yet.
    fn approved_for_later(&self) -> String {
        let to = "success@simulator.amazonses.com";
        let body =
            json!({"to": [to], "subject": unique("changed"), "text": "text", "send_at": in_seconds(3_600)});
        let held = self.stack.submit_body(&body);
        self.stack.approve(&held).expect(200);
        held.approval
    }

    fn drafts(&self) -> String {
        format!("/v1/inboxes/{}/drafts", self.stack.inbox())
    }

    fn draft(&self) -> String {
        let draft =
            json!({"to": ["success@simulator.amazonses.com"], "text": "Hello", "client_id": unique("name")});
        self.stack.post(&self.drafts(), self.editor(), &draft).expect(201)["id"].as_str().unwrap().to_owned()
    }

    fn inbox(&self) -> String {
        self.id("/v1/inboxes", &json!({}))
    }

    fn token(&self) -> String {
        self.id("/v1/tokens", &json!({"name": "a token", "scopes": ["messages.read"]}))
    }

    fn policy(&self) -> String {
        self.id("/v1/policies", &policy())
    }

    fn decide(&self, action: &str, token: &str, more: &Value) -> Asked {
        let held = self.held();
        let mut body = json!({"digest": held.digest});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        if ["cancel", "delegate"].contains(&action) {
            body.as_object_mut().unwrap().remove("digest");
        }
        let path = format!("/v1/approvals/{}/{action}", held.approval);
        Asked::of("POST", path, token, body, &held.approval)
    }

    fn received_path(&self) -> String {
        format!("/v1/inboxes/{}/messages/{}", self.stack.inbox(), self.received)
    }

    fn thread_path(&self) -> String {
        let mail = self.stack.get(&self.received_path(), self.owner()).expect(200);
        format!("/v1/threads/{}", mail["thread_id"].as_str().unwrap())
    }

    /// Its received mail is where it was.
    fn restored(&self) {
        let path = format!("{}/restore", self.received_path());
        self.stack.call("POST", &path, self.owner(), None).expect(200);
    }

    /// A received mail of somebody who is blocked.
    fn held_mail(&self) -> String {
        let subject = unique("held");
        let address = format!("{}@else.example", subject.replace(' ', "-"));
        let entry = json!({"direction": "receive", "kind": "block", "address": address});
        self.made("/v1/lists", &entry);
        let mail = format!("From: {address}\r\nSubject: {subject}\r\n\r\nHello\r\n");
        self.stack.smtp(&address, &[self.stack.text("/inbox/address")], mail.as_bytes());
        self.stack.until("held mail", || {
            let all = self.stack.get("/v1/held-messages?limit=100", self.owner()).expect(200);
            let one = all["data"].as_array()?.iter().find(|one| one["subject"] == subject)?;
            one["id"].as_str().map(str::to_owned)
        })
    }

    fn reply(&self, route: &str) -> Asked {
        let path = format!("/v1/inboxes/{}/messages/{}/{route}", self.stack.inbox(), self.received);
        Asked::makes(&path, self.agent(), json!({"text": "Thank you"}))
    }
}

fn policy() -> Value {
    // It matches nothing that these tests send.
    let rule = json!({"name": "a rule", "when": {"size_over": 1_000_000}, "outcome": "block"});
    json!({"name": "a policy", "rules": [rule]})
}

fn group() -> Value {
    json!({"name": unique("group").replace(' ', "-"), "member_ids": []})
}

fn standing() -> Value {
    json!({"recipient": "someone@else.example", "budget": 1, "expires_at": in_seconds(3600)})
}

fn somebody() -> Value {
    json!({"address": format!("{}@else.example", unique("somebody").replace(' ', "-"))})
}

fn listed() -> Value {
    let mut entry = somebody();
    entry
        .as_object_mut()
        .unwrap()
        .extend([("direction".into(), "send".into()), ("kind".into(), "block".into())]);
    entry
}

const REASON: fn() -> Value = || json!({"reason": "to be sure"});

/// What is changed of tokens and of the organization.
fn limit_routes() -> Vec<Route> {
    let route =
        |function, action, ask| Route { function, action, done: 200, again: &[], repeats: false, ask };
    vec![
        route("api-tokens-rotate", "token.rotate", |house| {
            let id = house.token();
            Asked::of("POST", format!("/v1/tokens/{id}/rotate"), house.owner(), json!({"overlap": 60}), &id)
        }),
        route("api-tokens-update", "token.update", |house| {
            let id = house.token();
            let change = json!({"name": "another", "sends_per_day": 7});
            Asked::of("PATCH", format!("/v1/tokens/{id}"), house.owner(), change, &id)
        }),
        Route {
            repeats: true,
            ..route("api-organization-update", "organization.update", |house| {
                let me = house.stack.get("/v1/me", house.owner()).expect(200);
                let id = me["organization_id"].as_str().unwrap();
                let change = json!({"name": unique("renamed")});
                Asked::of("PATCH", "/v1/organization".to_owned(), house.owner(), change, id)
            })
        },
    ]
}

/// What is said about a mail that waits.
fn talk_routes() -> Vec<Route> {
    let route =
        |function, action, done, ask| Route { function, action, done, again: &[], repeats: false, ask };
    vec![
        route("api-approvals-ask-to-revise", "approval.ask_to_revise", 200, |house| {
            house.decide("ask-to-revise", house.approver(), &json!({"note": "Leave out the price"}))
        }),
        route("api-approvals-comment", "approval.comment", 201, |house| {
            let held = house.held();
            let path = format!("/v1/approvals/{}/comments", held.approval);
            Asked::of("POST", path, house.agent(), json!({"text": "It is urgent"}), &held.approval)
        }),
        route("api-approvals-revise", "approval.edit", 202, |house| {
            let held = house.held();
            let path = format!("/v1/approvals/{}", held.approval);
            let note = json!({"digest": held.digest, "note": "Leave out the price"});
            house.stack.post(&format!("{path}/ask-to-revise"), house.approver(), &note).expect(200);
            let change = json!({"digest": held.digest, "text": "Other words"});
            Asked::of("POST", format!("{path}/revise"), house.agent(), change, &held.approval)
        }),
    ]
}

/// What somebody changes of their own way in: the viewer, of whom nothing else is asked here.
fn own_routes() -> Vec<Route> {
    let route =
        |function, action, again, ask| Route { function, action, done: 204, again, repeats: false, ask };
    vec![
        route("api-my-sessions-delete", "session.delete", &["not_found"], |house| {
            let (own, _, other) = (house.own_session(), house.own_session(), house.own_session());
            let me = house.stack.get("/v1/me", &other).expect(200);
            let id = me["id"].as_str().unwrap();
            Asked::of("DELETE", format!("/v1/me/sessions/{id}"), &own, Value::Null, id)
        }),
        Route {
            repeats: true,
            ..route("api-my-sessions-delete-all", "session.delete", &[], |house| {
                let (own, _) = (house.own_session(), house.own_session());
                let me = house.stack.get("/v1/me", &own).expect(200);
                let id = me["member_id"].as_str().unwrap();
                Asked::of("DELETE", "/v1/me/sessions".to_owned(), &own, Value::Null, id)
            })
        },
        Route {
            repeats: true,
            done: 202,
            ..route("api-my-email-verify", "email_verification.ask", &[], |house| {
                let own = house.own_session();
                let me = house.stack.get("/v1/me", &own).expect(200);
                let id = me["member_id"].as_str().unwrap();
                Asked::of("POST", "/v1/me/email/verification".to_owned(), &own, Value::Null, id)
            })
        },
        Route {
            repeats: true,
            // Whose first request did it has another password by now.
            ..route("api-my-password-change", "password.change", &["wrong_password"], |house| {
                let own = house.own_session();
                let me = house.stack.get("/v1/me", &own).expect(200);
                let (current, new) = house.passwords();
                let change = json!({"current_password": current, "new_password": new});
                let id = me["user"]["id"].as_str().unwrap();
                Asked::of("POST", "/v1/me/password".to_owned(), &own, change, id)
            })
        },
        Route {
            repeats: true,
            done: 200,
            ..route("api-my-notifications-update", "notifications.update", &[], |house| {
                let own = house.own_session();
                let me = house.stack.get("/v1/me", &own).expect(200);
                let id = me["member_id"].as_str().unwrap();
                // Another time than the last, or it is no change.
                let known = house.stack.get("/v1/me/notifications", &own).expect(200);
                let other = if known["daily_at"] == "08:00" { "09:00" } else { "08:00" };
                let body = json!({"daily_at": other, "time_zone": "Europe/Berlin"});
                Asked::of("PATCH", "/v1/me/notifications".to_owned(), &own, body, id)
            })
        },
        Route {
            repeats: true,
            done: 200,
            ..route("api-my-proof-create", "session.prove", &[], |house| {
                let own = house.own_session();
                let me = house.stack.get("/v1/me", &own).expect(200);
                let password = json!({"password": house.passwords().0});
                Asked::of("POST", "/v1/me/proof".to_owned(), &own, password, me["id"].as_str().unwrap())
            })
        },
        route("api-my-passkeys-delete", "passkey.remove", &["not_found"], |house| {
            let own = house.own_session();
            let id = crate::stack::people::passkeys::added(&house.stack, &own, 9);
            Asked::of("DELETE", format!("/v1/me/passkeys/{id}"), &own, Value::Null, &id)
        }),
        Route {
            repeats: true,
            done: 201,
            ..route("api-my-totp-start", "second_factor.start", &[], |house| {
                let own = house.own_session();
                let me = house.stack.get("/v1/me", &own).expect(200);
                let id = me["member_id"].as_str().unwrap();
                Asked::of("POST", "/v1/me/totp".to_owned(), &own, json!({}), id)
            })
        },
    ]
}

fn routes() -> Vec<Route> {
    let route =
        |function, action, done, again, ask| Route { function, action, done, again, repeats: false, ask };
    let nothing: &[&str] = &[];
    let gone: &[&str] = &["not_found"];
    vec![
        route("api-approvals-reject", "approval.reject", 200, nothing, |house| {
            house.decide("reject", house.approver(), &REASON())
        }),
        route("api-approvals-reject", "approval.reject", 200, nothing, |house| {
            house.decide("reject", house.approver(), &json!({"reason": "to be sure", "revise": true}))
        }),
        route("api-approvals-cancel", "approval.cancel", 200, nothing, |house| {
            house.decide("cancel", house.agent(), &json!({}))
        }),
        route("api-approvals-delegate", "approval.delegate", 200, nothing, |house| {
            let me = house.stack.get("/v1/me", house.owner()).expect(200);
            house.decide("delegate", house.approver(), &json!({"member_id": me["member_id"]}))
        }),
        route("api-approvals-take-back", "approval.take_back", 200, nothing, |house| {
            let id = house.approved_for_later();
            Asked::of("POST", format!("/v1/approvals/{id}/take-back"), house.approver(), Value::Null, &id)
        }),
        route("api-approvals-batch", "approval.approve", 200, nothing, |house| {
            let held = house.held();
            let item = json!({"approval_id": held.approval, "digest": held.digest});
            let body = json!({"verdict": "approve", "items": [item]});
            Asked::of("POST", "/v1/approvals/batch".to_owned(), house.approver(), body, &held.approval)
        }),
        route("api-approvals-edit", "approval.edit", 202, nothing, |house| {
            house.decide("edit", house.approver(), &json!({"text": "Other words"}))
        }),
        route("api-messages-reply", "message.submit", 202, nothing, |house| house.reply("reply")),
        route("api-messages-reply-all", "message.submit", 202, nothing, |house| house.reply("reply-all")),
        route("api-messages-send-again", "message.submit", 202, nothing, |house| {
            let held = house.held();
            let path = format!("/v1/approvals/{}/cancel", held.approval);
            house.stack.post(&path, house.agent(), &json!({})).expect(200);
            let path = format!("/v1/inboxes/{}/messages/{}/send-again", house.stack.inbox(), held.message);
            Asked::makes(&path, house.agent(), json!({}))
        }),
        route("api-inboxes-create", "inbox.create", 201, nothing, |house| {
            let name = unique("made").replace(' ', "-");
            Asked::makes("/v1/inboxes", house.owner(), json!({"username": name}))
        }),
        Route {
            repeats: true,
            ..route("api-inboxes-pause", "inbox.pause", 200, nothing, |house| {
                let id = house.inbox();
                Asked::of("POST", format!("/v1/inboxes/{id}/pause"), house.approver(), REASON(), &id)
            })
        },
        route("api-inboxes-resume", "inbox.resume", 200, nothing, |house| {
            let id = house.inbox();
            house.stack.post(&format!("/v1/inboxes/{id}/pause"), house.owner(), &REASON()).expect(200);
            Asked::of("POST", format!("/v1/inboxes/{id}/resume"), house.proved(), json!({}), &id)
        }),
        Route {
            repeats: true,
            ..route("api-tokens-pause", "token.pause", 200, nothing, |house| {
                let id = house.token();
                Asked::of("POST", format!("/v1/tokens/{id}/pause"), house.approver(), REASON(), &id)
            })
        },
        route("api-tokens-resume", "token.resume", 200, nothing, |house| {
            let id = house.token();
            house.stack.post(&format!("/v1/tokens/{id}/pause"), house.owner(), &REASON()).expect(200);
            Asked::of("POST", format!("/v1/tokens/{id}/resume"), house.proved(), json!({}), &id)
        }),
        route("api-tokens-create", "token.create", 201, nothing, |house| {
            Asked::makes("/v1/tokens", house.owner(), json!({"name": "one", "scopes": ["messages.read"]}))
        }),
        route("api-tokens-delete", "token.delete", 204, gone, |house| {
            let id = house.token();
            Asked::of("DELETE", format!("/v1/tokens/{id}"), house.owner(), Value::Null, &id)
        }),
        route("api-attachments-create", "", 201, nothing, |house| {
            let inbox = house.stack.inbox();
            let file =
                json!({"inbox_id": inbox, "filename": "a.txt", "content_type": "text/plain", "size": 1});
            Asked::makes("/v1/attachments", house.agent(), file)
        }),
        route("api-webhooks-create", "webhook.create", 201, nothing, |house| {
            Asked::makes("/v1/webhooks", house.owner(), json!({"url": house.listener.url}))
        }),
        route("api-webhooks-delete", "webhook.delete", 204, gone, |house| {
            let id = house.id("/v1/webhooks", &json!({"url": house.listener.url}));
            Asked::of("DELETE", format!("/v1/webhooks/{id}"), house.owner(), Value::Null, &id)
        }),
    ]
}

/// Those of policies, groups and standing approvals, of files, and that make and remove webhooks.
fn rule_routes() -> Vec<Route> {
    let route =
        |function, action, done, again, ask| Route { function, action, done, again, repeats: false, ask };
    let nothing: &[&str] = &[];
    let gone: &[&str] = &["not_found"];
    vec![
        route("api-policies-create", "policy.create", 201, nothing, |house| {
            Asked::makes("/v1/policies", house.owner(), policy())
        }),
        route("api-policies-replace", "policy.update", 200, &["policy_changed"], |house| {
            let id = house.policy();
            let mut next = policy();
            next["version"] = json!(1);
            Asked::of("PUT", format!("/v1/policies/{id}"), house.owner(), next, &id)
        }),
        route("api-policies-delete", "policy.delete", 204, gone, |house| {
            let id = house.policy();
            Asked::of("DELETE", format!("/v1/policies/{id}"), house.owner(), Value::Null, &id)
        }),
        route("api-groups-create", "group.create", 201, nothing, |house| {
            Asked::makes("/v1/groups", house.owner(), group())
        }),
        route("api-groups-update", "group.update", 200, nothing, |house| {
            let id = house.id("/v1/groups", &group());
            let change = json!({"name": unique("renamed").replace(' ', "-")});
            Asked::of("PATCH", format!("/v1/groups/{id}"), house.owner(), change, &id)
        }),
        route("api-groups-delete", "group.delete", 204, gone, |house| {
            let id = house.id("/v1/groups", &group());
            Asked::of("DELETE", format!("/v1/groups/{id}"), house.owner(), Value::Null, &id)
        }),
        route("api-standing-approvals-create", "standing_approval.create", 201, nothing, |house| {
            Asked::makes("/v1/standing-approvals", house.owner(), standing())
        }),
        route("api-standing-approvals-delete", "standing_approval.revoke", 204, nothing, |house| {
            let id = house.id("/v1/standing-approvals", &standing());
            Asked::of("DELETE", format!("/v1/standing-approvals/{id}"), house.owner(), Value::Null, &id)
        }),
        route("api-attachments-create", "", 201, nothing, |house| {
            let inbox = house.stack.inbox();
            let file =
                json!({"inbox_id": inbox, "filename": "a.txt", "content_type": "text/plain", "size": 1});
            Asked::makes("/v1/attachments", house.agent(), file)
        }),
        route("api-webhooks-create", "webhook.create", 201, nothing, |house| {
            Asked::makes("/v1/webhooks", house.owner(), json!({"url": house.listener.url}))
        }),
        route("api-webhooks-delete", "webhook.delete", 204, gone, |house| {
            let id = house.id("/v1/webhooks", &json!({"url": house.listener.url}));
            Asked::of("DELETE", format!("/v1/webhooks/{id}"), house.owner(), Value::Null, &id)
        }),
    ]
}

/// Those of spreadsheets.
fn upload_routes() -> Vec<Route> {
    let route =
        |function, action, done, again, ask| Route { function, action, done, again, repeats: false, ask };
    let nothing: &[&str] = &[];
    vec![
        route("api-uploads-create", "upload.create", 201, nothing, |house| {
            let inbox = house.stack.inbox();
            let file = json!({"inbox_id": inbox, "filename": "a.csv", "content_type": "text/csv", "size": 9});
            Asked::makes("/v1/uploads", house.owner(), file)
        }),
        route("api-uploads-confirm", "upload.confirm", 202, &["upload_not_ready"], |house| {
            let id = house.uploaded();
            let plan = json!({"mapping": {"to": "Email"}, "subject": "Hello", "text": "Hello"});
            Asked::of("POST", format!("/v1/uploads/{id}/confirm"), house.owner(), plan, &id)
        }),
        route("api-uploads-delete", "upload.delete", 204, &["not_found"], |house| {
            let id = house.uploaded();
            Asked::of("DELETE", format!("/v1/uploads/{id}"), house.owner(), Value::Null, &id)
        }),
    ]
}

/// Those that say whom mail may go to, and what becomes of mail that comes in.
fn list_routes() -> Vec<Route> {
    let route =
        |function, action, done, again, ask| Route { function, action, done, again, repeats: false, ask };
    let nothing: &[&str] = &[];
    let gone: &[&str] = &["not_found"];
    vec![
        route("api-suppressions-create", "suppression.create", 201, nothing, |house| {
            Asked::makes("/v1/suppressions", house.owner(), somebody())
        }),
        route("api-suppressions-delete", "suppression.delete", 204, gone, |house| {
            let id = house.id("/v1/suppressions", &somebody());
            Asked::of("DELETE", format!("/v1/suppressions/{id}"), house.owner(), Value::Null, &id)
        }),
        route("api-lists-create", "list_entry.create", 201, nothing, |house| {
            Asked::makes("/v1/lists", house.owner(), listed())
        }),
        route("api-lists-delete", "list_entry.delete", 204, gone, |house| {
            let id = house.id("/v1/lists", &listed());
            Asked::of("DELETE", format!("/v1/lists/{id}"), house.owner(), Value::Null, &id)
        }),
        Route {
            // An organization has one set of rules.
            repeats: true,
            ..route("api-screening-replace", "screening.update", 200, &["policy_changed"], |house| {
                let version = house.stack.get("/v1/screening", house.owner()).expect(200)["version"].clone();
                // It matches nothing that these tests receive.
                let rule =
                    json!({"name": "a rule", "when": {"senders": ["nobody.example"]}, "outcome": "hold"});
                let body = json!({"version": version, "rules": [rule]});
                let organization = house.stack.text("/organization_id");
                Asked::of("PUT", "/v1/screening".to_owned(), house.owner(), body, organization)
            })
        },
        route("accounts-create", "account.connect", 201, nothing, |house| {
            Asked::makes("/v1/accounts", house.owner(), account())
        }),
        route("accounts-update", "account.replace_key", 200, nothing, |house| {
            let id = house.id("/v1/accounts", &account());
            let changes = json!({"api_key": "key-fine-of-the-faults-0002"});
            Asked::of("PATCH", format!("/v1/accounts/{id}"), house.owner(), changes, &id)
        }),
        route("accounts-delete", "account.disconnect", 204, gone, |house| {
            let id = house.id("/v1/accounts", &account());
            Asked::of("DELETE", format!("/v1/accounts/{id}"), house.owner(), Value::Null, &id)
        }),
        route("domains-create", "domain.create", 201, nothing, |house| {
            Asked::makes("/v1/domains", house.owner(), house.new_domain())
        }),
        route("domains-delete", "domain.delete", 204, gone, |house| {
            let id = house.id("/v1/domains", &house.new_domain());
            Asked::of("DELETE", format!("/v1/domains/{id}"), house.owner(), Value::Null, &id)
        }),
        route("domains-verify", "domain.verified", 200, &["looked_just_now"], |house| {
            let domain = house.made("/v1/domains", &house.new_domain());
            let id = domain["id"].as_str().unwrap();
            house.stack.set_records(&domain, house.owner());
            Asked::of("POST", format!("/v1/domains/{id}/verify"), house.owner(), Value::Null, id)
        }),
        route("api-held-messages-release", "message.release", 200, gone, |house| {
            let id = house.held_mail();
            let path = format!("/v1/inboxes/{}/held-messages/{id}/release", house.stack.inbox());
            Asked::of("POST", path, house.owner(), Value::Null, &id)
        }),
        route("api-held-messages-discard", "message.discard", 204, gone, |house| {
            let id = house.held_mail();
            let path = format!("/v1/inboxes/{}/held-messages/{id}", house.stack.inbox());
            Asked::of("DELETE", path, house.owner(), Value::Null, &id)
        }),
    ]
}

/// An account that is to be connected, at an address of its own.
fn account() -> Value {
    let address = format!("{}@example.com", unique("account").replace(' ', "-").to_lowercase());
    json!({"provider": "mailgun", "email": address, "api_key": "key-fine-of-the-faults-0001"})
}

/// Those that change webhooks, and that have them told again.
fn webhook_routes() -> Vec<Route> {
    let route =
        |function, action, done, ask| Route { function, action, done, again: &[], repeats: false, ask };
    vec![
        route("api-webhooks-update", "webhook.update", 200, |house| {
            let id = house.webhook();
            let changes = json!({"events": ["message.*"], "status": "paused"});
            Asked::of("PATCH", format!("/v1/webhooks/{id}"), house.owner(), changes, &id)
        }),
        route("api-webhooks-rotate-secret", "webhook.rotate_secret", 200, |house| {
            let id = house.webhook();
            Asked::of("POST", format!("/v1/webhooks/{id}/rotate-secret"), house.owner(), Value::Null, &id)
        }),
        route("api-webhooks-test", "webhook.test", 202, |house| {
            let id = house.webhook();
            Asked::of("POST", format!("/v1/webhooks/{id}/test"), house.owner(), Value::Null, &id)
        }),
        route("api-webhooks-resend", "webhook.resend", 202, |house| {
            let (id, since) = (house.webhook(), json!({"since": in_seconds(-3_600)}));
            Asked::of("POST", format!("/v1/webhooks/{id}/resend"), house.owner(), since, &id)
        }),
        route("api-webhooks-retry", "event.redeliver", 202, |house| {
            let (id, event) = (house.webhook(), house.event());
            let path = format!("/v1/webhooks/{id}/deliveries/{event}/retry");
            Asked::of("POST", path, house.owner(), Value::Null, &event)
        }),
        route("api-events-redeliver", "event.redeliver", 202, |house| {
            let (id, event) = (house.webhook(), house.event());
            let path = format!("/v1/events/{event}/redeliver");
            Asked::of("POST", path, house.owner(), json!({ "webhook_id": id }), &event)
        }),
    ]
}

/// Those that write drafts, which is not written down, and that submit one.
fn draft_routes() -> Vec<Route> {
    let route =
        |function, action, done, again, ask| Route { function, action, done, again, repeats: false, ask };
    let nothing: &[&str] = &[];
    let gone: &[&str] = &["not_found"];
    vec![
        route("api-drafts-create", "", 201, nothing, |house| {
            Asked::makes(
                &house.drafts(),
                house.editor(),
                json!({"text": "Hello", "client_id": unique("name")}),
            )
        }),
        route("api-drafts-update", "", 200, nothing, |house| {
            let id = house.draft();
            Asked::of(
                "PATCH",
                format!("/v1/drafts/{id}"),
                house.editor(),
                json!({"text": "Other words"}),
                &id,
            )
        }),
        route("api-drafts-delete", "", 204, gone, |house| {
            let id = house.draft();
            Asked::of("DELETE", format!("/v1/drafts/{id}"), house.editor(), Value::Null, &id)
        }),
        route("api-drafts-submit", "message.submit", 202, nothing, |house| {
            Asked::makes(&format!("/v1/drafts/{}/submit", house.draft()), house.editor(), Value::Null)
        }),
    ]
}

/// Those that change an inbox, or delete one.
fn inbox_routes() -> Vec<Route> {
    let route =
        |function, action, done, again, ask| Route { function, action, done, again, repeats: false, ask };
    vec![
        route("api-inboxes-update", "inbox.update", 200, &[], |house| {
            let id = house.inbox();
            let name = json!({"display_name": unique("named")});
            Asked::of("PATCH", format!("/v1/inboxes/{id}"), house.owner(), name, &id)
        }),
        route("api-inboxes-delete", "inbox.delete", 204, &["not_found"], |house| {
            let id = house.inbox();
            Asked::of("DELETE", format!("/v1/inboxes/{id}"), house.owner(), Value::Null, &id)
        }),
    ]
}

/// Those that mark mail, which is not written down, and that pass it on.
fn mail_routes() -> Vec<Route> {
    let route = |function, ask| Route { function, action: "", done: 200, again: &[], repeats: false, ask };
    vec![
        route("api-messages-update", |house| {
            let path = format!("/v1/inboxes/{}/messages/{}", house.stack.inbox(), house.received);
            let label = unique("label");
            Asked::of("PATCH", path, house.owner(), json!({"add_labels": [label], "read": true}), "")
        }),
        route("api-messages-batch", |house| {
            let name = json!({"inbox_id": house.stack.inbox(), "message_id": house.received});
            let body = json!({"messages": [name], "add_labels": [unique("label")], "read": true});
            Asked::of("POST", "/v1/messages/batch".to_owned(), house.owner(), body, "")
        }),
        route("api-threads-update", |house| {
            let path = format!("/v1/inboxes/{}/messages/{}", house.stack.inbox(), house.received);
            let thread = house.stack.get(&path, house.owner()).expect(200)["thread_id"].clone();
            let path = format!("/v1/threads/{}", thread.as_str().unwrap());
            Asked::of("PATCH", path, house.owner(), json!({"add_labels": ["all"], "read": false}), "")
        }),
        Route {
            action: "message.submit",
            done: 202,
            ..route("api-messages-forward", |house| {
                let mut asked = house.reply("forward");
                asked.body["to"] = json!(["someone@example.org"]);
                asked
            })
        },
        Route {
            action: "message.trash",
            repeats: true,
            ..route("api-messages-delete", |house| {
                house.restored();
                Asked::of("DELETE", house.received_path(), house.owner(), Value::Null, &house.received)
            })
        },
        Route {
            action: "message.delete",
            done: 204,
            again: &["not_found"],
            ..route("api-messages-delete", |house| {
                let subject = unique("to be deleted");
                let mail = house.stack.receive(&super::mail(&subject), &subject);
                let id = mail["id"].as_str().unwrap();
                let path = format!("/v1/inboxes/{}/messages/{id}?permanent=true", house.stack.inbox());
                Asked::of("DELETE", path, house.owner(), Value::Null, id)
            })
        },
        Route {
            action: "message.restore",
            repeats: true,
            ..route("api-messages-restore", |house| {
                house.stack.call("DELETE", &house.received_path(), house.owner(), None).expect(200);
                let path = format!("{}/restore", house.received_path());
                Asked::of("POST", path, house.owner(), Value::Null, &house.received)
            })
        },
        route("api-threads-delete", |house| {
            house.restored();
            Asked::of("DELETE", house.thread_path(), house.owner(), Value::Null, "")
        }),
        route("api-threads-restore", |house| {
            house.stack.call("DELETE", &house.received_path(), house.owner(), None).expect(200);
            let path = format!("{}/restore", house.thread_path());
            Asked::of("POST", path, house.owner(), Value::Null, "")
        }),
    ]
}

/// Pauses of a whole organization come last: what is held while one is pulled is judged otherwise.
fn pauses() -> Vec<Route> {
    let route =
        |function, action, repeats, ask| Route { function, action, done: 200, again: &[], repeats, ask };
    vec![
        route("api-organization-pause", "organization.pause", true, |house| {
            let id = house.stack.text("/organization_id").to_owned();
            Asked::of("POST", "/v1/organization/pause".to_owned(), house.approver(), REASON(), &id)
        }),
        route("api-organization-resume", "organization.resume", true, |house| {
            let id = house.stack.text("/organization_id").to_owned();
            house.stack.post("/v1/organization/pause", house.owner(), &REASON()).expect(200);
            Asked::of("POST", "/v1/organization/resume".to_owned(), house.proved(), json!({}), &id)
        }),
    ]
}

/// Those about people come behind them: who owns the organization is another then.
fn people_routes() -> Vec<Route> {
    let route =
        |function, action, done, again, ask| Route { function, action, done, again, repeats: false, ask };
    let nothing: &[&str] = &[];
    let gone: &[&str] = &["not_found"];
    vec![
        route("api-invitations-create", "invitation.create", 201, nothing, |house| {
            Asked::makes("/v1/invitations", house.owner(), invitation("editor"))
        }),
        Route {
            repeats: true,
            ..route("api-invitations-resend", "invitation.resend", 202, nothing, |house| {
                let id = house.id("/v1/invitations", &invitation("viewer"));
                Asked::of("POST", format!("/v1/invitations/{id}/resend"), house.owner(), Value::Null, &id)
            })
        },
        route("api-invitations-delete", "invitation.delete", 204, gone, |house| {
            let id = house.id("/v1/invitations", &invitation("viewer"));
            Asked::of("DELETE", format!("/v1/invitations/{id}"), house.owner(), Value::Null, &id)
        }),
        route("api-invitations-accept", "invitation.accept", 201, &["invitation_used"], |house| {
            let body = invitation("viewer");
            let id = house.id("/v1/invitations", &body);
            let link = invited(&house.stack, body["email"].as_str().unwrap());
            let accept = json!({"invitation": link, "password": "four words nobody puts together"});
            Asked::of("POST", "/v1/invitations/accept".to_owned(), "", accept, &id)
        }),
        route("api-members-delete", "member.delete", 204, gone, |house| {
            let id = joined(&house.stack, "viewer")["member_id"].as_str().unwrap().to_owned();
            Asked::of("DELETE", format!("/v1/members/{id}"), house.owner(), Value::Null, &id)
        }),
        route(
            "api-members-reset-second-factor",
            "second_factor.reset",
            204,
            &["no_second_factor"],
            |house| {
                let id = joined_with_one(&house.stack)["member_id"].as_str().unwrap().to_owned();
                Asked::of("DELETE", format!("/v1/members/{id}/totp"), house.owner(), Value::Null, &id)
            },
        ),
        route("api-members-update", "member.update", 200, nothing, |house| {
            let id = joined(&house.stack, "viewer")["member_id"].as_str().unwrap().to_owned();
            Asked::of("PATCH", format!("/v1/members/{id}"), house.owner(), json!({"role": "editor"}), &id)
        }),
        Route {
            repeats: true,
            ..route("api-password-resets-create", "password_reset.ask", 202, nothing, |house| {
                let (email, user) = user(&house.stack);
                Asked::of("POST", "/v1/password-resets".to_owned(), "", json!({"email": email}), &user)
            })
        },
        route("api-password-resets-confirm", "password_reset.confirm", 204, &["reset_used"], |house| {
            let (email, user) = user(&house.stack);
            let link = reset(&house.stack, &email);
            let confirm = json!({"reset": link, "password": "other words nobody puts together"});
            Asked::of("POST", "/v1/password-resets/confirm".to_owned(), "", confirm, &user)
        }),
        Route {
            repeats: true,
            ..route(
                "api-organization-transfer-ownership",
                "organization.transfer_ownership",
                200,
                &["owners_only"],
                |house| {
                    let path = "/v1/organization/transfer-ownership";
                    let me = |session: &str| house.stack.get("/v1/me", session).expect(200);
                    // Whoever has it after the one before gives it to the other: a call that gave it back would meet the fault itself.
                    let (from, to) = match me(house.owner())["role"].as_str() {
                        Some("owner") => (house.owner(), house.approver()),
                        _ => (house.approver(), house.owner()),
                    };
                    let to = json!({"member_id": me(to)["member_id"]});
                    let who = if from == house.owner() { "/owner/password" } else { "/approver/password" };
                    let password = json!({"password": house.stack.text(who)});
                    house.stack.post("/v1/me/proof", from, &password).expect(200);
                    let organization = house.stack.text("/organization_id").to_owned();
                    Asked::of("POST", path.to_owned(), from, to, &organization)
                },
            )
        },
    ]
}

/// The address and the id of somebody who signs in here.
fn user(stack: &Stack) -> (String, String) {
    let session = joined(stack, "viewer");
    let me = stack.get("/v1/me", session["token"].as_str().unwrap()).expect(200);
    let text = |name: &str| me["user"][name].as_str().unwrap().to_owned();
    (text("email"), text("id"))
}

fn invitation(role: &str) -> Value {
    let email = format!("{}@else.example", unique("invited").replace(' ', "-"));
    json!({"email": email, "role": role})
}

/// The targets of an action in the audit log, as often as they are in it.
fn logged(house: &House<'_>, action: &str) -> BTreeMap<String, usize> {
    let (mut found, mut cursor) = (BTreeMap::new(), String::new());
    loop {
        let path = format!("/v1/audit?limit=100&action={action}{cursor}");
        let page = house.stack.get(&path, house.owner()).expect(200);
        for entry in page["data"].as_array().unwrap() {
            *found.entry(entry["target"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// Asks until it is done; gives the answer that says so.
fn asked_until_done(house: &House<'_>, route: &Route, asked: &Asked, killed: bool, name: &str) -> Value {
    let key = unique("key").replace(' ', "-");
    let first = asked.ask(&house.stack, &key);
    if !killed || first.status < 500 {
        return first.expect(route.done);
    }
    assert!([500, 502, 503, 504].contains(&first.status), "{name}: {}", first.body);
    let second = asked.ask(&house.stack, &key);
    let known = route.again.contains(&second.code());
    assert!(second.status == route.done || known, "{name}: {} {}", second.status, second.body);
    second.body
}

fn every_change_survives(kind: &str, which: fn(&Route) -> bool) {
    let listener = Listener::start();
    let house = House::new(&listener);
    let mut edited = vec![];
    let mut changed: BTreeMap<&str, (bool, BTreeSet<String>)> = BTreeMap::new();
    for route in routes()
        .into_iter()
        .chain(limit_routes())
        .chain(talk_routes())
        .chain(own_routes())
        .chain(rule_routes())
        .chain(list_routes())
        .chain(draft_routes())
        .chain(upload_routes())
        .chain(webhook_routes())
        .chain(inbox_routes())
        .chain(mail_routes())
        .chain(pauses())
        .chain(people_routes())
        .filter(which)
    {
        // Their session is older than what does great harm takes.
        house.proved();
        let function = format!("countersign-{}", route.function);
        let calls = at_each_call(&house.stack, &function, kind, |_, name| {
            let asked = (route.ask)(&house);
            let answer = asked_until_done(&house, &route, &asked, kind == "kill_after", name);
            if route.function == "api-approvals-edit" {
                edited.push(Held::of(&answer));
            }
            let made = ["/id", "/message/id", "/attachment/id"]
                .iter()
                .find_map(|pointer| answer.pointer(pointer).and_then(Value::as_str));
            let target = asked.target.clone().or(made.map(str::to_owned));
            let target = target.unwrap_or_else(|| panic!("{name}: {answer}"));
            let (repeats, targets) = changed.entry(route.action).or_default();
            *repeats = route.repeats;
            targets.insert(target);
        });
        assert!(calls >= 2, "{kind}: {function} makes {calls} calls");
    }
    changed.remove("");
    for (action, (repeats, targets)) in &changed {
        let entries = house.stack.until(action, || {
            let entries = logged(&house, action);
            targets.iter().all(|target| entries.contains_key(target)).then_some(entries)
        });
        for target in targets.iter().filter(|_| !repeats) {
            assert_eq!(entries[target], 1, "{kind}: {action} of {target}");
        }
        // What nobody was told of is not there either, beside what the tests made to have it.
        let lone = matches!(*action, "approval.reject" | "approval.edit" | "policy.update" | "token.delete");
        assert!(!lone || entries.len() == targets.len(), "{kind}: {action}: {entries:?}");
    }
    let verified = house.stack.get("/v1/audit/verify", house.owner()).expect(200);
    assert_eq!(verified["verified"], true, "{verified}");
    for held in &edited {
        assert_eq!((status(&house.stack, held).as_str(), left(&house.stack, held)), ("pending_approval", 0));
        let path = format!("/v1/approvals/{}/approve", held.approval);
        house.stack.post(&path, house.owner(), &json!({"digest": held.digest})).expect(200);
    }
    for held in &edited {
        assert_eq!((rest(&house.stack, held).as_str(), left(&house.stack, held)), ("delivered", 1), "{kind}");
    }
}

#[test]
fn every_route_that_is_killed_after_any_call_and_asked_again_has_changed_what_it_should_once() {
    every_change_survives("kill_after", |_| true);
}

#[test]
fn every_route_of_the_gate_that_loses_any_answer_changes_what_it_should_once_at_the_first_request() {
    let of_the_gate = |route: &Route| {
        let gate = [
            "api-approvals",
            "api-drafts",
            "api-messages",
            "api-organization",
            "api-policies",
            "api-groups",
            "api-standing",
        ];
        gate.iter().any(|resource| route.function.starts_with(resource))
    };
    every_change_survives("drop_after", of_the_gate);
}

/// The entry is all that these write: its put carries no token, and the SDK repeats it where the response is lost.
#[test]
fn a_refusal_whose_audit_entry_was_written_and_not_heard_of_is_that_refusal() {
    let listener = Listener::start();
    let house = House::new(&listener);
    house.made(
        "/v1/policies",
        &json!({"name": "no mail", "rules": [{"name": "all", "when": {"always": true}, "outcome": "block"}]}),
    );
    let email = house.stack.text("/viewer/email");
    let wrong = json!({"email": email, "password": "not the password at all"});
    let mail = json!({"to": ["ann@example.org"], "subject": "blocked", "text": "Hello"});
    let sent = format!("/v1/inboxes/{}/messages/send", house.stack.inbox());
    let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
    for kind in ["drop_after", "error_500"] {
        let calls = at_each_call(&house.stack, "countersign-api-sessions-create", kind, |_, name| {
            let answer = house.stack.post("/v1/sessions", "", &wrong);
            assert_eq!(
                (answer.status, answer.code()),
                (401, "wrong_email_or_password"),
                "{name}: {}",
                answer.body
            );
            *tried.entry("session.refuse").or_default() += 1;
        });
        assert!(calls >= 3, "{calls}");
        let calls = at_each_call(&house.stack, "countersign-api-messages-send", kind, |_, name| {
            let answer = house.stack.post(&sent, house.agent(), &mail);
            assert_eq!((answer.status, answer.code()), (403, "blocked_by_policy"), "{name}: {}", answer.body);
            *tried.entry("message.block").or_default() += 1;
        });
        assert!(calls >= 3, "{calls}");
    }
    for (action, times) in tried {
        house.stack.until(action, || (logged(&house, action).values().sum::<usize>() == times).then_some(()));
    }
}
