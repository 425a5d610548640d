//! Who may call what: every route without a credential, with too few rights, and for another organization's things.

use domain::people::credential::Secret;
use runtime::http::{Access, Endpoint};
use serde_json::{Value, json};
use tests::{Stack, unique};

use crate::conformance::IDS;

/// A second organization on the same installation, with its owner's token.
pub(crate) fn stranger(stack: &Stack) -> String {
    let email = format!("{}@example.com", unique("stranger").replace(' ', "-"));
    let password = "a sentence that is long enough";
    let event = json!({
        "organization_name": "Strangers",
        "members": [{"email": email, "role": "owner", "password": password}],
    });
    let made = stack.invoke("countersign-operator-provision", &event);
    assert!(made["organization_id"].is_string(), "{made}");
    let session = stack.post("/v1/sessions", "", &json!({"email": email, "password": password})).expect(201);
    session["token"].as_str().unwrap().to_owned()
}

/// Ids of things of the demo organization, to stand in paths.
pub(crate) fn filled(stack: &Stack, path: &str) -> String {
    let held = stack.submit("success@simulator.amazonses.com", "for access tests", "text");
    let thread = stack
        .get(&format!("/v1/inboxes/{}/messages/{}", stack.inbox(), held.message), stack.text("/owner/token"));
    let path = path
        .replace("{inbox_id}", stack.inbox())
        .replace("{message_id}", &held.message)
        .replace("{approval_id}", &held.approval)
        .replace("{thread_id}", thread.body["thread_id"].as_str().unwrap_or_default());
    IDS.iter().fold(path, |path, (name, id)| path.replace(&format!("{{{name}}}"), id))
}

/// A body that the route takes.
fn body(endpoint: &Endpoint) -> Option<Value> {
    let takes = endpoint.method != "GET" && !endpoint.example.is_empty();
    takes.then(|| serde_json::from_str(endpoint.example).unwrap())
}

#[test]
fn every_route_refuses_a_caller_without_a_credential() {
    let stack = Stack::running();
    for endpoint in tests::endpoints().iter().filter(|endpoint| endpoint.access != Access::Public) {
        let (path, body) = (filled(&stack, endpoint.path), body(endpoint));
        for (token, code) in [
            ("", "missing_credential"),
            ("sk_live_abc", "invalid_credential"),
            ("cs_live_abc", "invalid_credential"),
            (
                &*format!("cs_live_{}{}", &stack.text("/organization_id")[4..], "0".repeat(64)),
                "invalid_credential",
            ),
        ] {
            let answer = stack.call(endpoint.method, &path, token, body.as_ref());
            assert_eq!((answer.status, answer.code()), (401, code), "{} {}", endpoint.method, endpoint.path);
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
    }
}

#[test]
fn every_route_refuses_a_token_without_its_scope_and_only_that() {
    let stack = Stack::running();
    for endpoint in tests::endpoints() {
        let Access::Scope(needed) = endpoint.access else { continue };
        let (path, body) = (filled(&stack, endpoint.path), body(endpoint));
        let tokens = [("agent", stack.text("/agent_token")), ("viewer", stack.text("/viewer/token"))];
        for (who, token) in tokens {
            let held = match who {
                "agent" => ["messages.read", "messages.send"].contains(&needed.as_str()),
                _ => domain::people::access::Role::Viewer.scopes().contains(&needed),
            };
            let answer = stack.call(endpoint.method, &path, token, body.as_ref());
            let refused = (answer.status, answer.code()) == (403, "missing_scope");
            assert_eq!(refused, !held, "{who} {} {}: {}", endpoint.method, endpoint.path, answer.body);
            if refused {
                assert!(answer.body["error"]["message"].as_str().unwrap().contains(needed.as_str()));
            }
        }
    }
}

#[test]
fn another_organization_s_things_do_not_exist() {
    let stack = Stack::running();
    let stranger = stranger(&stack);
    for endpoint in tests::endpoints().iter().filter(|endpoint| endpoint.path.contains('{')) {
        let (path, body) = (filled(&stack, endpoint.path), body(endpoint));
        let answer = stack.call(endpoint.method, &path, &stranger, body.as_ref());
        assert_eq!((answer.status, answer.code()), (404, "not_found"), "{} {path}", endpoint.method);
    }
    for list in ["/v1/inboxes", "/v1/approvals", "/v1/webhooks", "/v1/tokens"] {
        let seen = stack.get(list, &stranger).expect(200);
        assert_eq!(seen["data"], json!([]), "{list}");
    }
}

#[test]
fn a_viewer_sees_an_approval_and_cannot_decide_it() {
    let stack = Stack::running();
    let held = stack.submit("success@simulator.amazonses.com", "for the viewer", "text");
    let viewer = stack.text("/viewer/token");
    let path = format!("/v1/approvals/{}", held.approval);
    assert_eq!(stack.get(&path, viewer).expect(200)["digest"], held.digest);
    for verdict in ["approve", "reject"] {
        let answer = stack.post(&format!("{path}/{verdict}"), viewer, &json!({"digest": held.digest}));
        answer.refused(403, "missing_scope");
    }
    assert_eq!(stack.get(&path, viewer).expect(200)["status"], "pending");
}

#[test]
fn no_token_sends_and_decides() {
    let stack = Stack::running();
    let both = json!({"name": "both", "scopes": ["messages.send", "approvals.decide"]});
    let owner = stack.text("/owner/token");
    stack.post("/v1/tokens", owner, &both).refused(422, "scopes_not_grantable");
    let beyond = json!({"name": "x", "scopes": ["policies.manage"]});
    stack.post("/v1/tokens", stack.text("/viewer/token"), &beyond).refused(422, "scopes_not_grantable");
}

#[test]
fn a_deleted_token_ends_at_once_and_a_limited_one_sees_only_its_inbox() {
    let stack = Stack::running();
    let owner = stack.text("/owner/token");
    let other = stack.post("/v1/inboxes", owner, &json!({})).expect(201);
    let limited =
        json!({"name": "limited", "scopes": ["messages.read", "messages.send"], "inbox_ids": [other["id"]]});
    let made = stack.post("/v1/tokens", owner, &limited).expect(201);
    let token = made["token"].as_str().unwrap();
    let own = format!("/v1/inboxes/{}/messages", other["id"].as_str().unwrap());
    let others = format!("/v1/inboxes/{}/messages", stack.inbox());
    stack.get(&own, token).expect(200);
    stack.get(&others, token).refused(404, "not_found");
    let send = json!({"to": ["a@example.com"], "text": "x"});
    stack.post(&format!("{others}/send"), token, &send).refused(404, "not_found");
    let seen = stack.get("/v1/inboxes", token).expect(200);
    assert_eq!(seen["data"].as_array().unwrap().len(), 1);
    let more = stack.post("/v1/inboxes", owner, &json!({})).expect(201);
    let both = json!({"name": "two", "scopes": ["messages.read"], "inbox_ids": [other["id"], more["id"]]});
    let both = stack.post("/v1/tokens", owner, &both).expect(201)["token"].as_str().unwrap().to_owned();
    let first = stack.get("/v1/inboxes?limit=1", &both).expect(200);
    let next = format!("/v1/inboxes?limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    let second = stack.get(&next, &both).expect(200);
    assert_eq!((&first["data"][0]["id"], &second["data"][0]["id"]), (&other["id"], &more["id"]));
    assert_eq!(second["next_cursor"], Value::Null);
    stack.get("/v1/inboxes?cursor=elsewhere", &both).refused(422, "invalid_cursor");
    let listed = stack.get("/v1/tokens?limit=100", owner).expect(200);
    let listed = listed["data"].as_array().unwrap().iter().find(|t| t["id"] == made["id"]).unwrap().clone();
    assert!(listed.get("token").is_none() && token.ends_with(listed["last_four"].as_str().unwrap()));
    let path = format!("/v1/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(stack.call("DELETE", &path, owner, None).status, 204);
    stack.get(&own, token).refused(401, "invalid_credential");
}

#[test]
fn a_member_has_a_hundred_tokens_at_most_and_each_is_found_by_its_id() {
    let stack = Stack::running().organization();
    let viewer = stack.text("/viewer/token");
    let new = json!({"name": "one of many", "scopes": ["messages.read"]});
    // More than there may be, from several sides at once.
    let made: Vec<_> = std::thread::scope(|scope| {
        let side = || (0..15).map(|_| stack.post("/v1/tokens", viewer, &new)).collect::<Vec<_>>();
        let sides: Vec<_> = (0..8).map(|_| scope.spawn(side)).collect();
        sides.into_iter().flat_map(|side| side.join().unwrap()).collect()
    });
    let (made, refused): (Vec<_>, Vec<_>) = made.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((made.len(), refused.len()), (100, 20));
    for answer in refused {
        answer.refused(409, "too_many_tokens");
    }
    let path = |n: usize| format!("/v1/tokens/{}", made[n].body["id"].as_str().unwrap());
    let pause = format!("{}/pause", path(99));
    stack.post(&pause, stack.text("/approver/token"), &json!({})).expect(200);
    stack.get("/v1/me", made[99].body["token"].as_str().unwrap()).refused(403, "token_paused");
    assert_eq!(stack.call("DELETE", &path(0), viewer, None).status, 204);
    stack.call("DELETE", &path(0), viewer, None).refused(404, "not_found");
    stack.post("/v1/tokens", viewer, &new).expect(201);
    stack.post("/v1/tokens", viewer, &new).refused(409, "too_many_tokens");
    stack.post("/v1/tokens", stack.text("/editor/token"), &new).expect(201);
}

#[test]
fn a_secret_whose_answer_was_lost_is_made_anew_and_the_first_ends() {
    let stack = Stack::running().organization();
    let owner = stack.text("/owner/token");
    let ask = |path: &str, key: &str, body: &Value| {
        let headers =
            vec![("content-type", "application/json".to_owned()), ("idempotency-key", key.to_owned())];
        stack.raw("POST", path, owner, headers, body.to_string())
    };
    let new = json!({"name": "agent", "scopes": ["messages.read"], "expires_at": tests::in_seconds(3600)});
    let first = ask("/v1/tokens", "one", &new).expect(201);
    let second = ask("/v1/tokens", "one", &new).expect(201);
    assert_eq!((&first["id"], &first["expires_at"]), (&second["id"], &second["expires_at"]));
    stack.get("/v1/me", first["token"].as_str().unwrap()).refused(401, "invalid_credential");
    let me = stack.get("/v1/me", second["token"].as_str().unwrap()).expect(200);
    assert_eq!((&me["type"], &me["id"]), (&json!("token"), &first["id"]));
    assert_eq!(me["organization_id"], stack.json["organization_id"]);
    let named = stack.get("/v1/tokens?limit=100", owner).expect(200);
    assert_eq!(named["data"].to_string().matches(first["id"].as_str().unwrap()).count(), 1);

    let hook = json!({"url": "https://example.com/hook", "events": ["message.received"]});
    let first = ask("/v1/webhooks", "two", &hook).expect(201);
    let second = ask("/v1/webhooks", "two", &hook).expect(201);
    assert_eq!(first["id"], second["id"]);
    assert!(second["secret"].as_str().unwrap().starts_with("whsec_") && first["secret"] != second["secret"]);
    assert_eq!(stack.get("/v1/webhooks", owner).expect(200)["data"].as_array().unwrap().len(), 1);

    stack.post("/v1/tokens", owner, &json!({"name": "x"})).refused(422, "required");
    let past = json!({"name": "x", "scopes": ["messages.read"], "expires_at": tests::in_seconds(-1)});
    stack.post("/v1/tokens", owner, &past).refused(422, "expires_at_in_the_past");
}

#[test]
fn a_person_signs_in_is_known_and_signs_out() {
    let stack = Stack::running();
    let (email, password) = (stack.text("/approver/email"), stack.text("/approver/password"));
    let session = stack.post("/v1/sessions", "", &json!({"email": email, "password": password})).expect(201);
    let token = session["token"].as_str().unwrap();
    let me = stack.get("/v1/me", token).expect(200);
    assert_eq!((me["user"]["email"].as_str(), me["role"].as_str()), (Some(email), Some("approver")));
    assert_eq!(stack.call("DELETE", "/v1/sessions/current", token, None).status, 204);
    stack.get("/v1/me", token).refused(401, "invalid_credential");
    for (email, password) in [(email, "not the password at all"), ("nobody@example.com", password)] {
        let answer = stack.post("/v1/sessions", "", &json!({"email": email, "password": password}));
        answer.refused(401, "wrong_email_or_password");
    }
}

/// The roles of routes write the end of a session and nothing else of it: `check_roles.py` holds this call against them.
#[test]
fn a_session_that_is_used_half_an_hour_after_its_start_is_prolonged() {
    let stack = Stack::running();
    let session = stranger(&stack);
    let secret = Secret::parse(&session).unwrap();
    let pk = format!("{}/session/{}", secret.organization_id(), secret.hash().hex());
    let key = json!({"pk": {"S": pk}, "sk": {"S": "session"}});
    let stored = || stack.dynamodb("GetItem", json!({"ConsistentRead": true, "Key": key}))["Item"].clone();
    let end = |item: &Value| item["expires_at"]["N"].as_str().unwrap().parse::<i64>().unwrap();
    let made = stored();
    let earlier = (end(&made) - 31 * 60_000).to_string();
    stack.dynamodb(
        "UpdateItem",
        json!({
            "Key": key,
            "UpdateExpression": "SET expires_at = :earlier",
            "ExpressionAttributeValues": {":earlier": {"N": earlier}},
        }),
    );
    stack.get("/v1/me", &session).expect(200);
    let used = stored();
    assert!(end(&used) >= end(&made), "{used}");
    assert_eq!(used["version"]["N"], "2");
    let rest = |mut item: Value| {
        for name in ["expires_at", "ttl", "used_at", "version"] {
            assert!(item.as_object_mut().unwrap().remove(name).is_some(), "{name}");
        }
        item
    };
    assert_eq!(rest(used), rest(made), "whose it is and what it lets do stays as it was");
}
